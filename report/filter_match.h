/* Which sessions of a store a query takes: worked out once, column by column, and then one
 * bit for each session. */
#ifndef CROSSTAP_REPORT_FILTER_MATCH_H
#define CROSSTAP_REPORT_FILTER_MATCH_H

#include <stdbool.h>

#include "collect/store.h"
#include "report/query.h"

struct filter_match {
	uint64_t sessions; /* of the store */
	uint64_t taken;    /* of these */
	uint64_t *bits;    /* by session number, which count from 1 */
	char note[256];    /* a word that nothing in the store bears, or "" */
};

/* STATUS_USAGE with *fault filled: the query names a hop or a point that is not there. */
enum status filter_match_make(struct filter_match **out, const struct query *query,
			      struct store_txn *txn, struct query_fault *fault, struct error *err)
	MUST_CHECK;
/* NULL is legal; *match becomes NULL. */
void filter_match_free(struct filter_match **match);

static inline bool filter_match_takes(const struct filter_match *match, int64_t session)
{
	return session >= 1 && (uint64_t)session <= match->sessions &&
	       (match->bits[session / 64] >> session % 64 & 1);
}

#endif
