/* The worst sessions: which ones a person should see first, where there are too many for all.
 *
 * Sessions that came to the same at the same hop and service are one kind. Some of every kind
 * come first, so that a thousand blocked SYNs do not hide one session that a firewall cut off;
 * then those of which there are more. A share is kept for sessions with which nothing is
 * wrong, to compare with; of these the first ones will do. Among themselves they are in the order:
 * failed, aborted, degraded, open, ok; then by their packets dropped and injected; then by number.
 */
#ifndef CROSSTAP_REPORT_WORST_H
#define CROSSTAP_REPORT_WORST_H

#include "report/filter_match.h"

struct worst_session {
	uint32_t session; /* its number less 1 */
	uint32_t packets; /* of both directions, as counted in sessions.csv */
	uint32_t turn;    /* its place where some of every kind come first */
	bool bad;         /* failed, aborted or degraded, or with a packet dropped, injected or reset */
};

struct worst {
	uint64_t sessions, bad;     /* in the store, or as the filter takes them */
	uint32_t count;
	struct worst_session *list; /* worst first */
};

/* At most `most` of them. `match` may be NULL: all sessions. */
enum status worst_find(struct worst *worst, struct store_txn *txn, const struct filter_match *match,
		       uint32_t most, struct error *err) MUST_CHECK;
/* A zeroed one is legal. */
void worst_free(struct worst *worst);

/* The places in the list by turn. The caller frees; NULL without memory. */
uint32_t *worst_by_turn(const struct worst *worst);

/* For qsort(): numbers of sessions, ascending. */
int worst_compare_numbers(const void *x, const void *y);

#endif
