/* Bins: the edges by which delays and lengths are counted, the same in all runs, so that two can
 * be laid over each other.
 */
#ifndef CROSSTAP_CORRELATE_BINS_H
#define CROSSTAP_CORRELATE_BINS_H

#include <stdbool.h>
#include <stdint.h>

/* Delays: 0 and 1 ns, so that what is negative and what is 0 lie apart; then from 0.1 us to 1000 s
 * ten edges for each decade, the preferred numbers R10 of ISO 3 (1, 1.25, 1.6, 2, ...): equal steps
 * of the logarithm to 1 %, and whole nanoseconds. */
#define BINS_DELAY_DECADES 10
#define BINS_DELAY_EDGES (2 + 10 * BINS_DELAY_DECADES + 1)
void bins_delay_edges(int64_t edge_ns[BINS_DELAY_EDGES]); /* rising */

/* Lengths of IP packets: classes as RFC 2819's up to 1023, then such as end with an MTU that is in
 * use (1280, 1400, 1500, 9000). Each begins here and ends in front of the next. */
#define BINS_LENGTHS 11
extern const uint32_t bins_length_bytes[BINS_LENGTHS];

/* Packets are counted by the length itself, up to where classes are wide: a class costs who
 * counts them nothing. */
#define BINS_LENGTH_SINGLE 1501u
#define BINS_LENGTH_JUMBO 9001u
#define BINS_LENGTH_CELLS (BINS_LENGTH_SINGLE + 2)

struct bins_lengths {
	uint64_t packets[BINS_LENGTH_CELLS]; /* with the dropped ones */
	uint64_t dropped[BINS_LENGTH_CELLS];
};

static inline void bins_add_length(struct bins_lengths *lengths, uint32_t bytes, bool dropped)
{
	uint32_t cell = bytes < BINS_LENGTH_SINGLE
				? bytes
				: BINS_LENGTH_SINGLE + (bytes >= BINS_LENGTH_JUMBO);

	lengths->packets[cell]++;
	lengths->dropped[cell] += dropped;
}

struct bins_class {
	uint64_t packets, dropped;
};

/* The counts by class. */
void bins_gather_lengths(const struct bins_lengths *lengths, struct bins_class out[BINS_LENGTHS]);

#endif
