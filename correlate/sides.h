/* Sides: which hosts sit at which end of the path.
 *
 * The two ends of a flow are on different sides. Colouring all hosts so
 * (breadth first over the flows, heaviest flows first where they contradict each other) makes
 * two sides without asking who opened a session, so that it does not matter
 * when sessions are opened from both. Which of the two is the clients' is a
 * vote of the sessions whose opener is known.
 */
#ifndef CROSSTAP_CORRELATE_SIDES_H
#define CROSSTAP_CORRELATE_SIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/survey.h"
#include "correlate/view.h"

struct sides {
	uint8_t *of_a;    /* by node: the side of the flow's end a: 0 the clients', 1 the other, 2 not known */
	bool doubtful;    /* sessions are opened from both sides about as often */
};

enum status sides_find(struct sides *sides, const struct view *view,
		       const struct survey_flow *flows, struct error *err) MUST_CHECK;
void sides_free(struct sides *sides);

/* Whether a packet of this way came from the clients' side; -1: not known. */
static inline int sides_from_clients(const struct sides *sides, uint32_t way)
{
	uint8_t side = sides->of_a[way >> 1];

	return side > 1 ? -1 : (side ^ (way & 1)) == 0;
}

#endif
