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
	uint64_t pairs[2];                    /* looked at for what follows */
	uint64_t ip_ids[2], ip_ids_kept[2];   /* pairs that both bear an ID; the same one */
	uint64_t ip_ids_all_kept[2];          /* pairs with the same ID, 0 counted as one */
	uint64_t tsvals[2], tsvals_kept[2];
	uint64_t windows[2], windows_kept[2];
	uint64_t digests_kept[2];             /* pairs whose digests do not contradict */
	uint64_t echoes_kept[2];              /* pairs of the same RECORD_ECHO */
	struct histogram *delay[2];           /* upstream to downstream, by the coarse clocks */
};

struct hop {
	struct hop_habits habits;
	uint8_t slot[VIEW_POINTS_MAX]; /* of a point among its stage's */
	uint32_t far_points;
	uint32_t fits;                 /* near points x far points */
	struct clock_fit *fit;         /* far point's clock (coarsely corrected) against the near point's */
	struct clock_fit *best[VIEW_POINTS_MAX]; /* by slot of a far point: the fit with the most packets */
	bool known;                    /* some fit is: delays can be told */
};

/* The fit of two points. Alternatives are different machines: each pair has its own. */
static inline const struct clock_fit *hop_fit(const struct hop *hop, uint32_t near, uint32_t far)
{
	return &hop->fit[hop->slot[near] * hop->far_points + hop->slot[far]];
}

/* A reference time of one of the hop's points, moved to the near stage's clock. */
static inline int64_t hop_near_time(const struct hop *hop, uint32_t point, bool near,
				    int64_t reference_ns)
{
	const struct clock_fit *fit = near ? NULL : hop->best[hop->slot[point]];

	return fit && fit->known ? reference_ns - clock_fit_offset(fit, reference_ns)
				 : reference_ns;
}

/* How much later the far point saw a packet than the near one, by the fit; where
 * no fit of the hop is known, by the coarse clocks. False: this pair cannot be told
 * although others of the hop can. */
static inline bool hop_difference(const struct hop *hop, uint32_t near, int64_t near_ns,
				  uint32_t far, int64_t far_ns, int64_t *difference_ns)
{
	const struct clock_fit *fit = hop_fit(hop, near, far);

	*difference_ns = far_ns - near_ns - (fit->known ? clock_fit_offset(fit, near_ns) : 0);
	return fit->known || !hop->known;
}

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

/* Each point's clock with the hops' fits in it, told against the path's first stage: by
 * these, packets stand on one axis of time. `clock` has room for all points. */
void hops_clocks(const struct hops *hops, const struct path *path, const struct meeting *meeting,
		 struct clock *clock);

/* How far the clocks of its points may be off each other, at most, ns; INT64_MAX: not known. */
int64_t hop_clock_error(const struct hop *hop);

/* Whether an ID of 0 is an ID like others there: the hop leaves it alone, too. */
bool hop_keeps_zero_ip_id(const struct hop *hop, unsigned direction);
/* Whether payload, SACK blocks and echoed timestamps come through unchanged. */
bool hop_keeps_digest(const struct hop *hop, unsigned direction);

/* Whether what a segment echoes comes through unchanged. */
bool hop_keeps_echo(const struct hop *hop, unsigned direction);

/* What align_lists() wants to know of a hop in a direction. */
struct align_habits hop_align_habits(const struct hop *hop, unsigned direction, int64_t tmax_ns);

#endif
