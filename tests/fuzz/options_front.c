/* Command lines of crosstap, the front door. */
#include "tests/fuzz/options_words.h"

#define main tool_main
#include "report/crosstap.c"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct command command = {.store = NULL};
	struct fuzz in = {bytes, size};
	struct error err = {0};
	char *word[WORDS_MAX + 2];
	int words = words_take(&in, word);

	if (!words_parse(&tool, words, word, &command))
		FUZZ_HOLDS(!command_check(&command, &err) || (err.text[0] && err.status == STATUS_USAGE));
	launch_words_free(&command.clocks);
	operands_free(&command.operands);
	words_free(words, word);
	return 0;
}
