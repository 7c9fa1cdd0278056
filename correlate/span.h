/* Spans of time: sorted and merged, and the one that a moment lies in. */
#ifndef CROSSTAP_CORRELATE_SPAN_H
#define CROSSTAP_CORRELATE_SPAN_H

#include <stdint.h>

struct span {
	int64_t from_ns, to_ns; /* both are in it */
};

/* Puts spans in order of time, and makes one of those that are at most gap_ns apart; returns how
 * many are left. */
uint32_t spans_merge(struct span *span, uint32_t spans, int64_t gap_ns);

/* Of merged spans the first that ends at the time or later; `spans`: there is none. */
uint32_t spans_find(const struct span *span, uint32_t spans, int64_t time_ns);

#endif
