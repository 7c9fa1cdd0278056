#include "correlate/cause_hop.h"

#include <stdio.h>

/* Three digits are enough: what is timed is a person's matter, or a timer's. */
void cause_say_time(struct words *words, int64_t ns)
{
	static const struct {
		int64_t below_ns, unit_ns;
		const char *name;
	} units[] = {
		{1000000, 1000, "us"},
		{1000000000, 1000000, "ms"},
		{INT64_C(600000000000), 1000000000, "s"},
		{INT64_MAX, INT64_C(60000000000), "min"},
	};
	char text[48];
	size_t u = 0;

	while (u < 3 && ns >= units[u].below_ns)
		u++;
	snprintf(text, sizeof text, ns < 10 * units[u].unit_ns ? "%.2f %s" : "%.1f %s",
		 (double)ns / (double)units[u].unit_ns, units[u].name);
	words_add(words, text);
}

void cause_say_count(struct words *words, uint64_t count, const char *one, const char *several)
{
	words_add_number(words, count);
	words_add(words, " ");
	words_add(words, count == 1 ? one : several);
}

void cause_say_percent(struct words *words, double ratio)
{
	char text[32];

	snprintf(text, sizeof text, ratio < 0.0995 ? "%.2f %%" : "%.0f %%", 100 * ratio);
	words_add(words, text);
}
