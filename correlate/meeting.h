/* The meeting: what the points have in common, from a sample of packets.
 *
 * A packet is in the sample when its fingerprint says so, hence at every point
 * or at none (RFC 5475 hash-based selection; trajectory sampling). From the
 * packets that were seen just once at two points come the coarse clocks, the
 * order of the points on the path, and which points are alternatives of each
 * other; from the packets seen twice at one point, where a capture holds
 * everything twice (SPAN, `-i any`).
 */
#ifndef CROSSTAP_CORRELATE_MEETING_H
#define CROSSTAP_CORRELATE_MEETING_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/clock.h"
#include "correlate/survey.h"
#include "correlate/view.h"

/* Packets in the sample, about: of one point at most, of all together, of one of many at least. Every
 * pair of points is compared, and every point is sorted. */
#define MEETING_SAMPLE_MAX (1u << 18)
#define MEETING_SAMPLE_ALL (1u << 20)
#define MEETING_SAMPLE_MIN (1u << 16)
#define MEETING_COPY_NS 10000000             /* a copy follows within 10 ms */

enum meeting_doubled { /* of a link, 0: neither */
	MEETING_DOUBLED = 1 << 0,     /* it carries what another link carries, too */
	MEETING_DOUBLED_SELF = 1 << 1 /* it carries everything twice itself */
};

/* How two points lie to each other; counts of packets of the sample. */
struct meeting_pair {
	uint32_t shared;      /* seen once at each */
	uint32_t delay_before, delay_after; /* neighbours in time that went opposite ways: the first point is
					       nearer to the clients, or farther */
	uint32_t ttl_before, ttl_after;     /* the TTL says so */
	uint32_t kin;         /* requests that both saw, on connections of their own: see kin.h */
	int64_t kin_error_ns; /* how far the clock that they give may be off */
};

struct samples;

struct meeting {
	uint32_t sampled[VIEW_POINTS_MAX];   /* different packets of each point in the sample */
	bool sides_doubtful;  /* which end of the path is the clients' is not clear */
	struct meeting_pair pair[VIEW_POINTS_MAX][VIEW_POINTS_MAX]; /* [i][j], i != j; mirrored */
	struct clock clock[VIEW_POINTS_MAX]; /* local time -> reference time */
	uint32_t reference;                  /* the point whose clock is the reference */
	struct samples *samples;             /* meeting.c's, by point */
	struct clock_pair *kin[VIEW_POINTS_MAX][VIEW_POINTS_MAX]; /* [i][j], i < j: when point i, and point j
						saw them, local times; pair[i][j].kin of them */
	uint8_t *doubled[VIEW_POINTS_MAX];   /* by link of the point: enum meeting_doubled */
};

/* `flows` are the survey's, by node. The clocks are not set yet. */
enum status meeting_hold(struct meeting **out, const struct view *view,
			 const struct survey_flow *flows, unsigned threads,
			 struct error *err) MUST_CHECK;
struct path;
/* Sets the points' clocks, relative to that of the path's first point. STATUS_INPUT when a point shares
 * nothing with any other: the text names it and says what to look at. An alternative of the given
 * path that saw no session at all may: its clock is taken to be right. The sample is given up. */
enum status meeting_set_clocks(struct meeting *meeting, const struct view *view,
			       const struct path *path, struct error *err) MUST_CHECK;
void meeting_free(struct meeting **meeting);

/* Whether two points share a fair part of their packets. */
bool meeting_share(const struct meeting *meeting, uint32_t i, uint32_t j);
/* Whether every point shares a fair part of its packets with another one, and all hang together by
 * that: where not, something between them rewrites what packets are known by. */
bool meeting_hangs_together(const struct meeting *meeting, const struct view *view);

#endif
