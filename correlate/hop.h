/* Hops: what is measured at two neighbouring stages of the path over all
 * packets that both saw.
 *
 * Direction 0 is forward (along the path), 1 reverse.
 */
#ifndef CROSSTAP_CORRELATE_HOP_H
#define CROSSTAP_CORRELATE_HOP_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/align.h"
#include "correlate/clock.h"
#include "correlate/histogram.h"
#include "correlate/journey.h"
#include "correlate/meeting.h"
#include "correlate/path.h"
#include "correlate/session.h"
#include "correlate/view.h"

struct hop_habits {
	uint64_t pairs[2];
	uint64_t ip_ids[2], ip_ids_kept[2];   /* pairs that both bear an ID; the same one */
	uint64_t ip_ids_all_kept[2];          /* pairs with the same ID, 0 counted as one */
	uint64_t tsvals[2], tsvals_kept[2];
	uint64_t windows[2], windows_kept[2];
	struct histogram *delay[2];           /* upstream to downstream, by the coarse clocks */
};

struct hop {
	struct hop_habits habits;
	struct clock_fit fit;  /* far stage's clock (coarsely corrected) against the near stage's */
};

struct hops {
	uint32_t count;        /* path->stages - 1 */
	struct hop *hop;
	int8_t *lean;          /* by node: +1 direction 0 goes along the path, -1 against, 0 unknown */
};

/* Measures all hops over the links found so far. */
enum status hops_measure(struct hops **out, struct sessions *sessions,
			 const struct journeys *journeys, const struct view *view,
			 const struct path *path, const struct meeting *meeting,
			 unsigned threads, struct error *err) MUST_CHECK;
void hops_free(struct hops **hops);

/* Whether an ID of 0 is an ID like others there: the hop leaves it alone, too. */
bool hop_keeps_zero_ip_id(const struct hop *hop, unsigned direction);

/* What align_lists() wants to know of a hop in a direction. */
struct align_habits hop_align_habits(const struct hop *hop, unsigned direction, int64_t tmax_ns);

#endif
