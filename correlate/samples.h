/* Samples: the packets of each point whose fingerprint says that they are in the sample, and
 * what two points have in common of them. For the meeting.
 */
#ifndef CROSSTAP_CORRELATE_SAMPLES_H
#define CROSSTAP_CORRELATE_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/view.h"

struct sample {
	uint64_t fp;
	int64_t time_ns;  /* local */
	uint32_t index, way, link, ip_id;
	uint8_t ttl, version;
	bool copy;        /* another one of the same packet at the same point precedes it closely */
	bool once;        /* the only one of its fingerprint at this point, but for copies */
};

/* What is asked of a sample in order of time, and its place in the list. */
struct moment {
	int64_t time_ns;
	uint32_t index, at, way;
	uint8_t ttl;
};

struct samples {
	struct sample *list; /* by fingerprint */
	uint32_t count;
	uint64_t room;
	struct moment *once; /* those seen once, in order of time */
	uint32_t once_count;
};

struct common {
	const struct moment *at;
	const struct sample *other;
};

/* Room for what any two points have in common. */
struct commons {
	struct common *list;
	uint32_t *partner; /* by place in the first one's list: the place in the other one's */
};

/* False here and below: no memory. A sample is of the packets whose fingerprint has none of the
 * bits; it starts zeroed. */
bool samples_take(struct samples *samples, const struct view *view, uint32_t point, uint64_t mask);
void samples_free(struct samples *samples);
/* Marks copies and the packets seen once; counts the different packets. */
uint32_t samples_mark(struct samples *samples);
/* Fills `once`, of marked samples: every pair of points asks for this order. */
bool samples_order(struct samples *samples);
/* Links that carry, mostly, what another link (or the same) carried just before; *doubled is
 * enum meeting_doubled by link, caller frees. */
bool samples_find_doubled(const struct samples *samples, uint32_t links, uint8_t **doubled);

bool commons_open(struct commons *commons, uint32_t room);
void commons_close(struct commons *commons);
/* Packets seen once at both, in the first point's order of time; returns how many. `out` has room
 * for the first one's sample. */
uint32_t samples_join(const struct samples *a, const struct samples *b, struct commons *out);

#endif
