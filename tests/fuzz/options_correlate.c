/* Command lines of crosstap-correlate. */
#include "tests/fuzz/options_words.h"

#define main tool_main
#include "correlate/crosstap-correlate.c"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct command command;
	struct fuzz in = {bytes, size};
	struct error err = {0};
	char *word[WORDS_MAX + 2];
	int words = words_take(&in, word);

	memset(&command, 0, sizeof command);
	if (!words_parse(&tool, words, word, &command))
		FUZZ_HOLDS(!command_check(&command, &err) || err.status == STATUS_USAGE);
	FUZZ_HOLDS(command.clocks <= CAPTURE_POINTS_MAX);
	words_free(words, word);
	return 0;
}
