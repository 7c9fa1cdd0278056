/* The stories of some sessions, read together: their packets at all points, what these are to
 * each other, and what the tables say of them. Whoever shows a story (the ladder as text, the
 * page, an annotated capture) reads it here and concludes nothing.
 */
#ifndef CROSSTAP_REPORT_LADDERS_H
#define CROSSTAP_REPORT_LADDERS_H

#include "collect/store.h"
#include "report/ladder_clocks.h"
#include "report/ladder_facts.h"
#include "report/ladder_stream.h"

struct ladder_session {
	uint32_t session;               /* from 0 on: its number less 1 */
	struct dossier dossier;
	struct ladder_stream *follow;   /* of each packet */
	const struct ladder_facts *facts;
	int64_t begin_ns;               /* of its first packet; 0: it has none */
};

struct ladders {
	struct trace *trace;            /* NULL, and all the rest empty: none was asked for */
	struct names *names;
	struct dossiers *dossiers;
	struct ladder_clocks clocks;
	struct ladder_session *list;    /* as asked for */
	struct ladder_facts *facts;     /* of each */
	uint32_t count;
	uint64_t sessions;              /* of the store */
};

/* `session` are numbers of sessions.csv less 1, ascending. `txn` is used until ladders_close().
 * STATUS_USAGE: there is no such session. */
enum status ladders_open(struct ladders **out, struct store_txn *txn, const uint32_t *session,
			 uint32_t count, struct error *err) MUST_CHECK;
/* Of one session, by its number as it was given, however great. */
enum status ladders_open_one(struct ladders **out, struct store_txn *txn, uint64_t number,
			     struct error *err) MUST_CHECK;
/* STATUS_USAGE: the store has no session of that number. */
enum status ladders_check_session(struct store_txn *txn, uint64_t number, struct error *err) MUST_CHECK;
/* NULL is legal; *ladders becomes NULL. */
void ladders_close(struct ladders **ladders);

#endif
