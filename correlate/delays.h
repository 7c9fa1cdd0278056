/* Delays over time: a hop's delay, by direction, in buckets of time.
 */
#ifndef CROSSTAP_CORRELATE_DELAYS_H
#define CROSSTAP_CORRELATE_DELAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/histogram.h"

struct delays_cell {
	struct histogram *delay; /* NULL: no packet */
	uint64_t dropped;
};

struct delays {
	int64_t from_ns, bucket_ns; /* begin of the first bucket, width of each: 1, 2 or 5 times a
				       power of ten */
	uint32_t buckets;
	struct delays_cell *cell;   /* [bucket][direction] */
};

/* About 100 buckets for the given span of time. NULL: no memory. */
struct delays *delays_new(int64_t start_ns, int64_t end_ns);
void delays_free(struct delays **delays);

/* The cell of a moment; one outside the span falls into the nearest. */
struct delays_cell *delays_at(struct delays *delays, int64_t time_ns, unsigned direction);
/* Adds one delay. False: no memory. */
bool delays_add(struct delays *delays, int64_t time_ns, unsigned direction, int64_t delay_ns);

#endif
