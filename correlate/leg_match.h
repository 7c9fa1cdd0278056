/* Which exchange of a front leg is which one of a back leg, at one hop; for leg*.c only.
 */
#ifndef CROSSTAP_CORRELATE_LEG_MATCH_H
#define CROSSTAP_CORRELATE_LEG_MATCH_H

#include "correlate/leg_exchange.h"

/* A moment at which an unreadable front leg carried data. */
struct leg_event {
	int64_t time_ns;  /* reference time */
	uint32_t node;
	bool from_client;
};

struct leg_events {
	struct leg_event *list;  /* by time, way */
	uint64_t count, room;
};

struct leg_sides {
	struct leg_exchanges front, back;
	struct leg_events events;  /* of front legs that cannot be read */
	const struct view *view;
	int64_t slack_ns;          /* how far the points' clocks may be off */
	uint8_t hop;
};

#define LEG_SLACK_NS 1000000             /* the points' clocks are that far off, at most: 1 ms */
#define LEG_EVENTS 256u                  /* moments looked at around one back */
#define LEG_CLEAR 3                      /* the runner-up is so many times farther off: no doubt */
#define LEG_QUICK_NS 20000               /* differences below this tell nothing: 20 us */

/* A front and a back that may belong together. */
struct leg_candidate {
	uint32_t front, back;   /* numbers in the lists */
	uint32_t rank;          /* what they have in common; more is better */
};

struct leg_matching {
	struct leg_sides *sides;
	struct legs *legs;
	struct leg_candidate *list;
	uint64_t count, room;
	uint64_t first_pair;       /* of this hop */
	uint8_t *front_taken, *back_taken;
	int64_t *served_ns;        /* by front taken: when its back asked */
	int64_t least_request_ns, least_response_ns; /* what the proxy takes, at least; < 0: the clocks' error */
};

enum { LEG_RANK_NAMED = 1000 }; /* the back names the front's client */

static inline int64_t leg_minus(int64_t a, int64_t b)
{
	int64_t d;

	if (__builtin_sub_overflow(a, b, &d))
		return a < b ? INT64_MIN + 1 : INT64_MAX;
	return d;
}

static inline int64_t leg_apart(int64_t a, int64_t b)
{
	int64_t d = leg_minus(a, b);

	return d < 0 ? -d : d;
}

/* Whether two nodes bear the same tuple: a proxy opens a connection of its own. */
bool leg_same_tuple(const struct view *view, uint32_t a, uint32_t b);
/* Notes a pair; the front is free for others where the server never took it. False: no memory. */
bool leg_take(struct leg_matching *matching, uint32_t front, uint32_t back,
	      enum leg_evidence evidence, unsigned confidence);
/* Takes of the candidates, which are in the order of their rank, back and front, the pairs that
 * nothing rivals; the likely ones of the others, too, if asked for. False: no memory. */
bool leg_choose(struct leg_matching *matching, bool likely);
/* Whether moments alone prove that a proxy is there. False: no memory. */
bool leg_times_prove(struct leg_matching *matching, bool *proved);
/* What content did not pair: by the moments at which fronts that cannot be read spoke and were
 * answered. False: no memory. */
bool leg_match_time(struct leg_matching *matching);
/* Backs to which nothing was sent, because the server refused them. False: no memory. */
bool leg_match_empty(struct leg_matching *matching);

/* Pairs what can be paired, and adds it to the list of pairs. */
enum status leg_match(struct leg_sides *sides, struct legs *legs, struct error *err) MUST_CHECK;

#endif
