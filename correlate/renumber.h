/* Renumbering: boxes that shift TCP's sequence numbers (firewalls that randomise the initial
 * one, SYN proxies, SYN cookies) shift them by a constant for each session and direction. Once the
 * constants are learned (shift.h), everything that compares points reads sequence and
 * acknowledgment numbers as the first point of the session has them, and its packets are the same
 * ones again at all points.
 *
 * A SYN proxy answers the client itself and opens a connection of its own to the server:
 * the packets of the two handshakes look like each other and are not the same.
 */
#ifndef CROSSTAP_CORRELATE_RENUMBER_H
#define CROSSTAP_CORRELATE_RENUMBER_H

#include "correlate/view.h"

enum renumber_handshake {
	RENUMBER_FORWARDED, /* the handshake's packets pass like any other */
	RENUMBER_HELD,      /* not known yet: they match none of another numbering */
	RENUMBER_PROXIED,   /* the box's own on either side */
};

/* Of one flow at one point. */
struct renumber {
	uint32_t by[2];     /* by direction: what its numbers are ahead of the first point's */
	uint32_t first[2];  /* by direction: the initial sequence number, `by` taken off */
	uint32_t class;     /* equal for the flows of one session */
	uint8_t flip;       /* its direction 0 is direction 1 of the class */
	bool shifted;       /* some flow of its session has other numbers: else the rest means nothing */
	uint8_t handshake;  /* enum renumber_handshake */
};

/* What a flow's numbers are ahead, by the direction that the class has in common. */
static inline uint32_t renumber_ahead(const struct renumber *r, unsigned direction)
{
	return r->by[direction ^ r->flip];
}

/* Whether two flows of one class have the same numbers. */
static inline bool renumber_alike(const struct renumber *a, const struct renumber *b)
{
	return renumber_ahead(a, 0) == renumber_ahead(b, 0) &&
	       renumber_ahead(a, 1) == renumber_ahead(b, 1);
}

/* The fingerprint of a record whose flow is renumbered; `fp` is the stored one. */
uint64_t renumber_fingerprint(const struct view *view, const struct view_point *point,
			      uint32_t index, uint64_t fp);

/* Whether a record belongs to a handshake that a SYN proxy may have made up: a SYN, or an ACK
 * behind it that carries nothing. */
bool renumber_is_handshake(const struct view_point *point, uint32_t index);

/* A record's sequence and acknowledgment number as its session's first point has them.
 * TCP only; of a later fragment the columns hold something else, and are left alone. */
uint32_t renumber_seq(const struct view_point *point, uint32_t index);
uint32_t renumber_ack(const struct view_point *point, uint32_t index);

static inline uint32_t view_seq(const struct view_point *point, uint32_t index)
{
	return point->renumber ? renumber_seq(point, index)
			       : (uint32_t)view_get(point, RECORD_SEQ, index);
}

static inline uint32_t view_ack(const struct view_point *point, uint32_t index)
{
	return point->renumber ? renumber_ack(point, index)
			       : (uint32_t)view_get(point, RECORD_ACK, index);
}

/* How a node's flow is renumbered; NULL: its session has the same numbers everywhere. */
static inline const struct renumber *renumber_of(const struct view *view, uint32_t node)
{
	const struct view_point *point = &view->point[view->node_point[node]];
	const struct renumber *r = point->renumber ? &point->renumber[node - point->first_node] : NULL;

	return r && r->shifted ? r : NULL;
}

#endif
