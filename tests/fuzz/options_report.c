/* Command lines of crosstap-report, with what they ask for: tables, filters, formats. */
#include "tests/fuzz/options_words.h"

#define main tool_main
#include "report/crosstap-report.c"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct tool command = {.common = {false}};
	struct fuzz in = {bytes, size};
	struct error err = {0};
	show *what = NULL;
	char *word[WORDS_MAX + 2];
	int words = words_take(&in, word);

	if (!words_parse(&about, words, word, &command))
		FUZZ_HOLDS(!check(&command, &what, &err) || (err.text[0] && err.status == STATUS_USAGE));
	query_free(&command.query);
	free(command.captures);
	free(command.compare.before);
	words_free(words, word);
	return 0;
}
