/* Command lines of crosstap-collect. Filters are libpcap's matter, and may ask for names: they are not compiled. */
#include "tests/fuzz/options_words.h"

#define main tool_main
#include "collect/crosstap-collect.c"

static bool filters(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].filter)
			return true;
	return plan->filter != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct command command = {.start_ns = INT64_MIN, .end_ns = INT64_MAX, .live = live_setup_new()};
	struct fuzz in = {bytes, size};
	struct error err = {0};
	char *word[WORDS_MAX + 2];
	int words = words_take(&in, word);
	enum status status = words_parse(&tool, words, word, &command);

	if (!status && !filters(&command.plan))
		status = command_check(&command, &err);
	FUZZ_HOLDS(!status || status == STATUS_USAGE || status == STATUS_INPUT);
	handover_free(&command.handover);
	live_setup_free(&command.live);
	plan_free(&command.plan);
	words_free(words, word);
	return 0;
}
