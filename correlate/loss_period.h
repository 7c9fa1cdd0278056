/* Loss patterns of a hop and direction, by RFC 3357: the loss distance of a drop is how many
 * packets later it comes than the one that died before it, a loss period is a run of drops at a
 * distance of 1.
 *
 * The stream is all packets of one direction at one point upstream, of whatever session: what
 * a queue or a link carries.
 */
#ifndef CROSSTAP_CORRELATE_LOSS_PERIOD_H
#define CROSSTAP_CORRELATE_LOSS_PERIOD_H

#include <stdint.h>

#include "correlate/odd.h"

#define LOSS_DISTANCE_MAX 8 /* farther back nobody looks */

/* The loss distance of a dropped packet; 0: none died among the LOSS_DISTANCE_MAX before it.
 * `code` is that of struct verdicts. */
uint8_t loss_distance(const struct judging *judging, uint8_t *const *code, const struct odd *odd);

struct loss_periods {
	uint64_t drops, periods, longest; /* longest: drops of one period */
	uint64_t run;                     /* of the period under way */
};

/* Adds the drops of a stream in the order of time. */
static inline void loss_periods_add(struct loss_periods *periods, uint8_t distance)
{
	periods->drops++;
	periods->periods += distance != 1;
	periods->run = distance == 1 ? periods->run + 1 : 1;
	if (periods->run > periods->longest)
		periods->longest = periods->run;
}

#endif
