/* An excerpt: what captures have of a span of time, as captures of another store, to be looked at there while the
 * first store goes on.
 *
 * A capture's records are taken from the first one of the span up to the last, in the capture's order, with
 * their flows, contents and losses, and the capture's row says of them what it said of all. Frames keep
 * their numbers. A capture that lies in the span comes over whole.
 *
 * Segments of a live capture that follow each other without a gap become one capture, and a flow that goes on from
 * one to the next becomes one flow: what is analysed flow by flow is not cut where a segment ended.
 */
#ifndef CROSSTAP_COLLECT_EXCERPT_H
#define CROSSTAP_COLLECT_EXCERPT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/store.h"

struct excerpt_span {
	int64_t from_ns, to_ns;                 /* from the one on, before the other; by the captures' clocks */
	const bool *points;                     /* by number in the store that is read: the wanted ones */
};

/* What came of each point, by its number there. */
struct excerpt_point {
	uint32_t captures;
	uint64_t packets, drops;                /* drops: packets that the capture itself lost in the span */
};

/* Copies out of `list`, which `txn` read, into `to`, a store of the same seed that has the same points, by their
 * numbers. */
enum status excerpt_run(struct store_txn *txn, const struct capture *list, uint32_t count,
			const struct excerpt_span *span, struct store *to,
			struct excerpt_point point[CAPTURE_POINTS_MAX], struct error *err) MUST_CHECK;
/* Makes `to`, which is empty, a store of the same points and holdings. */
enum status excerpt_prepare(struct store_txn *txn, struct store *to, struct error *err) MUST_CHECK;

#endif
