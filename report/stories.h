/* The stories that a report tells: the worst sessions, and the ladders of the first of them. Read
 * once for the page and for the annotated capture.
 */
#ifndef CROSSTAP_REPORT_STORIES_H
#define CROSSTAP_REPORT_STORIES_H

#include "report/ladders.h"
#include "report/worst.h"

#define STORIES_SESSIONS_MAX 400u   /* sessions that are named */
#define STORIES_LADDERS_MAX 300u    /* ... of which so many have a ladder, */
#define STORIES_PACKETS_MAX 100000u /* while their packets are no more */

struct stories {
	struct worst worst;
	struct ladders *ladders;
	bool filtered;              /* the sessions are those that a filter takes */
	const struct filter_match *match; /* that filter, or NULL; borrowed */
};

/* Of all sessions, or of those that a filter takes (`match` may be NULL). `txn` is used until
 * stories_close(). */
enum status stories_open(struct stories *stories, struct store_txn *txn,
			 const struct filter_match *match, struct error *err) MUST_CHECK;
/* Of one session, by its number. STATUS_USAGE: there is no such one. */
enum status stories_open_one(struct stories *stories, struct store_txn *txn, uint64_t number,
			     struct error *err) MUST_CHECK;
/* The ladder of a session, from 0 on; NULL: it has none. */
const struct ladder_session *stories_ladder(const struct stories *stories, uint32_t session);
/* Zeroed ones are legal. */
void stories_close(struct stories *stories);

#endif
