#include "report/text_bars.h"

#include <string.h>

#include "correlate/results.h"

#define BARS_ROWS_MAX 100000

static const char *const bars_levels[2][9] = {
	{"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	{".", "_", "_", "-", "-", "=", "=", "#", "#"},
};

enum status text_bars_read(struct text_bars *bars, struct store_txn *txn, bool ascii,
			   struct error *err)
{
	enum status status;

	*bars = (struct text_bars){.ascii = ascii};
	status = held_read(&bars->delays, txn, "delays", BARS_ROWS_MAX, NULL, err);
	held_span(&bars->delays, DELAYS_BUCKET_START, DELAYS_BUCKET, &bars->first_ns, &bars->last_ns);
	return status;
}

void text_bars_free(struct text_bars *bars)
{
	held_free(&bars->delays);
}

/* The place of a moment among the stretches. */
static unsigned bars_place(const struct text_bars *bars, int64_t time_ns)
{
	double at = ((double)time_ns - (double)bars->first_ns) /
		    ((double)bars->last_ns - (double)bars->first_ns);

	return at >= 1 ? TEXT_BARS - 1 : at <= 0 ? 0 : (unsigned)(at * TEXT_BARS);
}

const char *text_bars_line(const struct text_bars *bars, const char *hop, const char *direction,
			   char line[TEXT_BARS_ROOM])
{
	int64_t most[TEXT_BARS], greatest = 0;
	bool some = false, known[TEXT_BARS] = {false};
	char *out = line;
	uint32_t i;

	*line = '\0';
	for (i = 0; i < bars->delays.count; i++) {
		const struct cell *cell = held_row(&bars->delays, i);
		int64_t p50 = cell[DELAYS_P50].number;
		unsigned place;

		if (!cell[DELAYS_P50].known || strcmp(held_text(&bars->delays, i, DELAYS_HOP), hop) != 0 ||
		    strcmp(held_text(&bars->delays, i, DELAYS_DIRECTION), direction) != 0)
			continue;
		place = bars_place(bars, cell[DELAYS_BUCKET_START].number);
		if (!known[place] || p50 > most[place])
			most[place] = p50;
		known[place] = some = true;
		greatest = p50 > greatest ? p50 : greatest;
	}
	for (i = 0; some && i < TEXT_BARS; i++) {
		unsigned level = 0;

		if (known[i])
			level = most[i] <= 0 || !greatest
					? 1
					: 1 + (unsigned)(7.999 * (double)most[i] / (double)greatest);
		out = stpcpy(out, bars_levels[bars->ascii][level]);
	}
	return line;
}
