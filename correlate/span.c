#include "correlate/span.h"

#include <stdbool.h>
#include <stdlib.h>

static int span_compare(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	if (a->from_ns != b->from_ns)
		return a->from_ns < b->from_ns ? -1 : 1;
	return (a->to_ns > b->to_ns) - (a->to_ns < b->to_ns);
}

/* Times are of captures, hence anything. */
static bool span_apart(const struct span *last, const struct span *next, int64_t gap_ns)
{
	return next->from_ns > last->to_ns &&
	       (uint64_t)next->from_ns - (uint64_t)last->to_ns > (uint64_t)gap_ns;
}

uint32_t spans_merge(struct span *span, uint32_t spans, int64_t gap_ns)
{
	uint32_t i, kept = 0;

	if (!spans)
		return 0;
	qsort(span, spans, sizeof *span, span_compare);
	for (i = 1; i < spans; i++) {
		if (span_apart(&span[kept], &span[i], gap_ns))
			span[++kept] = span[i];
		else if (span[i].to_ns > span[kept].to_ns)
			span[kept].to_ns = span[i].to_ns;
	}
	return kept + 1;
}

uint32_t spans_find(const struct span *span, uint32_t spans, int64_t time_ns)
{
	uint32_t low = 0, high = spans;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (span[middle].to_ns < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
