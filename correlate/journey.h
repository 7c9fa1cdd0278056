/* Journeys: each packet's passage over the points.
 *
 * A journey is kept as links: each record knows the record of the same packet
 * at the next point of the path that saw it, and whether there was one before.
 * `next` leads to a later stage always, whichever way the packet travelled;
 * stages in between that did not see it are gaps.
 */
#ifndef CROSSTAP_CORRELATE_JOURNEY_H
#define CROSSTAP_CORRELATE_JOURNEY_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/path.h"
#include "correlate/tasks.h"
#include "correlate/view.h"

enum journey_mark {
	JOURNEY_NEXT = 1 << 0,       /* `next` and `next_point` mean something */
	JOURNEY_PREVIOUS = 1 << 1,   /* some record leads here */
	JOURNEY_GAP_BEHIND = 1 << 2, /* ... and a stage before this one was left out */
	JOURNEY_COPY = 1 << 3,       /* the capture holds this packet twice: not part of any journey */
	JOURNEY_DUPLICATE = 1 << 4,  /* a further copy that the network made; its twin has the journey */
	JOURNEY_AMBIGUOUS = 1 << 5,  /* identical packets: cannot be told apart at the hop to the next stage */
	JOURNEY_AMBIGUOUS_BEHIND = 1 << 6, /* ... at the hop to the stage before */
	JOURNEY_REPEATED = 1 << 7,   /* its fingerprint was seen more than once at some point */
};

struct journeys {
	uint32_t points;
	uint32_t *next[VIEW_POINTS_MAX];       /* by index of the record */
	uint8_t *next_point[VIEW_POINTS_MAX];
	uint8_t *marks[VIEW_POINTS_MAX];       /* enum journey_mark */
};

enum status journeys_new(struct journeys **out, const struct view *view, struct error *err)
	MUST_CHECK;
void journeys_free(struct journeys **journeys);

/* Makes two records neighbours on one journey; `near` is on the earlier stage. */
void journey_link(struct journeys *journeys, const struct path *path, uint32_t near_point,
		  uint32_t near_index, uint32_t far_point, uint32_t far_index);
/* Takes the link from `near` to the next record back. */
void journey_unlink(struct journeys *journeys, uint32_t near_point, uint32_t near_index);

/* Records of one fingerprint that were seen more than once at some point:
 * groups of (point, index), one behind the other. */
struct repeats {
	uint32_t *list;      /* count, then count pairs of point and index; and so on */
	uint64_t size, room; /* of list */
};

/* The windowed join: one pass over all points in the order of corrected time.
 * Packets seen at most once at every point are linked; the others become
 * repeats (the caller gives repeats->list back). Memory is packet rate x tmax. The
 * result does not depend on the number of threads. `beside` is other work that
 * needs no journeys, and is done meanwhile. */
enum status journeys_join(struct journeys *journeys, const struct view *view,
			  const struct path *path, const struct meeting *meeting, int64_t tmax_ns,
			  unsigned threads, const struct task *beside,
			  struct repeats *repeats, struct error *err) MUST_CHECK;

#endif
