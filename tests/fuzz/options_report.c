/* Command lines of crosstap-report, with what they ask for: tables, filters, formats. */
#include "tests/fuzz/options_words.h"

#include "report/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct request command = {.common = {false}};
	struct fuzz in = {bytes, size};
	struct error err = {0};
	char *word[WORDS_MAX + 2];
	int words = words_take(&in, word);

	if (!words_parse(&request_tool, words, word, &command))
		FUZZ_HOLDS(!request_check(&command, &err) || (err.text[0] && err.status == STATUS_USAGE));
	request_free(&command);
	words_free(words, word);
	return 0;
}
