/* Pairs: the packets of a point that a point farther on saw, too, read many at a
 * time in the near point's order of time.
 *
 * What a user does with a pair hangs on the packet's direction and session, which
 * change from packet to packet. So a batch is narrowed first to what is asked for
 * (pairs_drop()), without a branch, and only then is the far side read.
 */
#ifndef CROSSTAP_CORRELATE_PAIRS_H
#define CROSSTAP_CORRELATE_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/journey.h"
#include "correlate/meeting.h"
#include "correlate/view.h"

struct pairs {
	const struct journeys *journeys;
	const struct view *view;
	const struct meeting *meeting;
	uint32_t point;                /* the near one */
	struct view_batch batch;
	uint32_t rows;
	uint32_t near[VIEW_BATCH], near_way[VIEW_BATCH];
	int64_t near_ns[VIEW_BATCH];   /* reference time */
	uint8_t far_point[VIEW_BATCH];
	uint32_t far[VIEW_BATCH];      /* index at the far point */
	int64_t far_ns[VIEW_BATCH];    /* reference time, by pairs_read_far() */
};

void pairs_first(struct pairs *pairs, const struct journeys *journeys, const struct view *view,
		 const struct meeting *meeting, uint32_t point);
/* The near sides of the next pairs, perhaps none; false behind the last. */
bool pairs_next(struct pairs *pairs);
/* Keeps pair `i` as pair `n` <= i: to narrow a batch, in order. */
static inline void pairs_keep(struct pairs *pairs, uint32_t i, uint32_t n)
{
	pairs->near[n] = pairs->near[i];
	pairs->near_way[n] = pairs->near_way[i];
	pairs->near_ns[n] = pairs->near_ns[i];
	pairs->far_point[n] = pairs->far_point[i];
	pairs->far[n] = pairs->far[i];
}
/* Reads when the far points saw the batch's pairs. */
void pairs_read_far(struct pairs *pairs);

#endif
