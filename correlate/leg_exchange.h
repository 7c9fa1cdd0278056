/* Exchanges of connections that may be legs of a proxy, as pairing wants them; for leg*.c only.
 */
#ifndef CROSSTAP_CORRELATE_LEG_EXCHANGE_H
#define CROSSTAP_CORRELATE_LEG_EXCHANGE_H

#include "collect/content_marks.h"
#include "correlate/leg.h"

struct leg_exchange {
	int64_t open_ns;     /* its connection's SYN; INT64_MIN: not seen */
	int64_t begin_ns;    /* the request's first byte, or what came first; reference time */
	int64_t last_ns;     /* of its connection */
	int64_t end_ns;      /* the answer's first byte; INT64_MIN: not seen */
	uint64_t asks;       /* hash of what is asked: method and target, hello, first bytes; 0: not known */
	uint64_t client;     /* front: hash of its client's address and port; back: of the one that it names; 0 */
	uint64_t host;       /* the same without the port */
	uint64_t tie;        /* of equals the order, by flow and point: whatever the order of the inputs */
	uint32_t way;        /* node << 1 | the client's direction */
	uint32_t number;     /* on its connection; LEG_WHOLE: that is not read */
	uint16_t status;     /* HTTP; 0: none, or not known */
	uint32_t mark[CONTENT_MARKS]; /* rare pieces of the request */
	bool rare;           /* `asks` is random: equal is the same */
	bool empty;          /* its client sent nothing */
	bool unanswered;     /* nothing was sent, and nobody accepted the connection: a proxy did not see it */
};

struct leg_exchanges {
	struct leg_exchange *list;
	uint64_t count, room;
};

/* Adds the exchanges of a point's flows that `wanted` names (a byte by node), as clients' legs (`front`) or as
 * servers'. Begins as {0}; list is the owner's to free. */
enum status leg_exchanges_take(struct leg_exchanges *exchanges, const struct leg_source *source,
			       uint32_t point, bool front, const uint8_t *wanted,
			       struct error *err) MUST_CHECK;

/* By what is asked, then time; for qsort(). */
int leg_exchange_compare(const void *x, const void *y);

#endif
