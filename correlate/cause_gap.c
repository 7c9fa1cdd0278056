#include "correlate/cause_gap.h"

#include <stdlib.h>

#include "correlate/loss_chance.h"

/* Gaps are of one length when the longest is at most a tenth longer than the shortest. What
 * shows is the applications' own period (a keep-alive, a poll), late by an answer or a
 * retransmission, and boxes look after their timers in steps: both are far less than a tenth of
 * the timers in use (30, 60, 300, 900, 3600 s), of which no two lie so close together. The window
 * is a hard one: lengths that follow each other closely do not chain into one. */
#define GAP_SPREAD_PART 10

/* Lengths spread evenly, on a logarithmic scale, from 1 s to 10 minutes: so many lie in the
 * window around one of them (2 x ln 1.1 / ln 600). */
#define GAP_WINDOW_SHARE 0.03

static int gap_compare(const void *x, const void *y)
{
	const struct gap *a = x, *b = y;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return (a->session > b->session) - (a->session < b->session);
}

/* The window with the most gaps that are in no cluster yet: [*from, *to). Returns how many. */
static uint32_t gap_window(const struct gap *gap, uint32_t gaps, uint32_t *from, uint32_t *to)
{
	uint32_t first, end = 0, inside = 0, most = 0;

	for (first = 0; first < gaps; first++) {
		if (gap[first].cluster)
			continue;
		if (end <= first) {
			end = first;
			inside = 0;
		}
		for (; end < gaps && gap[end].ns - gap[first].ns <= gap[first].ns / GAP_SPREAD_PART; end++)
			inside += !gap[end].cluster;
		if (inside > most) {
			most = inside;
			*from = first;
			*to = end;
		}
		inside--;
	}
	return most;
}

static void gap_take(struct gap *gap, uint32_t from, uint32_t to, uint32_t number,
		     struct gap_cluster *cluster)
{
	uint32_t i, seen = 0;

	for (i = from; i < to; i++) {
		if (gap[i].cluster)
			continue;
		gap[i].cluster = number + 1;
		if (!seen)
			cluster->least_ns = gap[i].ns;
		if (seen++ == (cluster->sessions - 1) / 2)
			cluster->median_ns = gap[i].ns;
		cluster->most_ns = gap[i].ns;
	}
}

uint32_t gaps_cluster(struct gap *gap, uint32_t gaps, uint8_t hop,
		      struct gap_cluster cluster[GAP_CLUSTERS_MAX])
{
	uint32_t n, from = 0, to = 0, left = gaps;

	if (gaps)
		qsort(gap, gaps, sizeof *gap, gap_compare);
	for (n = 0; n < gaps; n++)
		gap[n].cluster = 0;
	for (n = 0; n < GAP_CLUSTERS_MAX; n++, left -= cluster[n - 1].sessions) {
		uint32_t most = gap_window(gap, gaps, &from, &to);

		if (most < GAP_CLUSTER_MIN ||
		    !loss_no_chance(GAP_WINDOW_SHARE, most - 1, left - 1, left))
			break;
		cluster[n] = (struct gap_cluster){.sessions = most, .hop = hop};
		gap_take(gap, from, to, n, &cluster[n]);
	}
	return n;
}
