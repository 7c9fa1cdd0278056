#include "correlate/bins.h"

#include <string.h>

const uint32_t bins_length_bytes[BINS_LENGTHS] = {
	0, 64, 128, 256, 512, 1024, 1281, 1401, 1500, BINS_LENGTH_SINGLE, BINS_LENGTH_JUMBO,
};

void bins_delay_edges(int64_t edge_ns[BINS_DELAY_EDGES])
{
	static const int64_t preferred_ns[] = {100, 125, 160, 200, 250, 315, 400, 500, 630, 800};
	unsigned n = 0, decade, i;
	int64_t scale = 1;

	edge_ns[n++] = 0;
	edge_ns[n++] = 1;
	for (decade = 0; decade < BINS_DELAY_DECADES; decade++, scale *= 10)
		for (i = 0; i < sizeof preferred_ns / sizeof preferred_ns[0]; i++)
			edge_ns[n++] = scale * preferred_ns[i];
	edge_ns[n] = scale * preferred_ns[0];
}

void bins_gather_lengths(const struct bins_lengths *lengths, struct bins_class out[BINS_LENGTHS])
{
	uint32_t cell, class = 0;

	memset(out, 0, BINS_LENGTHS * sizeof *out);
	for (cell = 0; cell < BINS_LENGTH_CELLS; cell++) {
		uint32_t bytes = cell > BINS_LENGTH_SINGLE ? BINS_LENGTH_JUMBO : cell;

		while (class + 1 < BINS_LENGTHS && bytes >= bins_length_bytes[class + 1])
			class++;
		out[class].packets += lengths->packets[cell];
		out[class].dropped += lengths->dropped[cell];
	}
}
