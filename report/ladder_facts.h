/* What the tables say of one session: its row, what each point saw of it, which hops' times
 * are known, and the rows of its packets that were dropped, injected or resets. */
#ifndef CROSSTAP_REPORT_LADDER_FACTS_H
#define CROSSTAP_REPORT_LADDER_FACTS_H

#include "correlate/names.h"
#include "correlate/trace.h"
#include "report/rows.h"

enum ladder_note { LADDER_DROP, LADDER_INJECTION, LADDER_RESET, LADDER_NOTES };

/* A session at a point. Texts are raw; ours to free. */
struct ladder_point {
	char *tuple;          /* "10.1.0.1:40000 > 10.2.0.1:80"; NULL: not seen there */
	char *difference;     /* "" where there is none */
};

struct ladder_facts {
	uint64_t sessions;              /* of the store */
	bool found;
	char *value[TABLE_COLUMNS_MAX]; /* the session's row as CSV has it, raw; "" unknown */
	struct ladder_point point[VIEW_POINTS_MAX]; /* by point of the view */
	bool clocked[VIEW_POINTS_MAX];  /* by hop: its clock error is known, its delays mean something */
	int64_t error_ns[VIEW_POINTS_MAX];
	char *(*note)[LADDER_NOTES];    /* by packet of the dossier; NULL: none */
};

/* The session's row; `found` says whether there is one. */
enum status ladder_facts_session(struct ladder_facts *facts, struct store_txn *txn,
				 uint64_t session, struct error *err) MUST_CHECK;
/* All the rest. */
enum status ladder_facts_read(struct ladder_facts *facts, struct store_txn *txn,
			      const struct trace *trace, const struct names *names,
			      const struct dossier *dossier, struct error *err) MUST_CHECK;
void ladder_facts_free(struct ladder_facts *facts, uint32_t packets);

#endif
