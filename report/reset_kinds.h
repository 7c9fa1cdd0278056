/* RSTs counted by kind: those of the same origin, direction, verdict and cause are one. There
 * may be millions of RSTs, and some two dozen kinds.
 */
#ifndef CROSSTAP_REPORT_RESET_KINDS_H
#define CROSSTAP_REPORT_RESET_KINDS_H

#include "report/filter_match.h"
#include "report/held.h"

struct reset_kind {
	char *origin, *direction, *verdict, *cause; /* "" where it is not known; owned */
	char *evidence;                             /* of the first one; owned */
	uint64_t count;
	uint64_t taken;                             /* of these by the filter */
};

struct reset_kinds {
	struct reset_kind *list; /* in the order of each one's first RST */
	uint32_t count;
	uint64_t taken;
};

/* `match` may be NULL: all are taken. */
enum status reset_kinds_read(struct reset_kinds *kinds, struct store_txn *txn,
			     const struct filter_match *match, struct error *err) MUST_CHECK;
/* A zeroed one is legal. */
void reset_kinds_free(struct reset_kinds *kinds);

/* Holds at most `most` rows of resets, or one of each kind: of every kind the same share, evenly
 * from the first to the last of those taken. */
enum status reset_kinds_hold(const struct reset_kinds *kinds, struct held *held,
			     struct store_txn *txn, const struct filter_match *match,
			     uint32_t most, struct error *err) MUST_CHECK;

#endif
