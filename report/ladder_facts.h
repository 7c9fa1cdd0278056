/* What the tables say of some sessions: each one's row, what each point saw of it, and the rows of
 * its packets that were dropped, injected or resets. Each table is read once, however many
 * sessions there are.
 */
#ifndef CROSSTAP_REPORT_LADDER_FACTS_H
#define CROSSTAP_REPORT_LADDER_FACTS_H

#include "correlate/trace.h"
#include "report/rows.h"

enum ladder_note { LADDER_DROP, LADDER_INJECTION, LADDER_RESET, LADDER_NOTES };

/* A session at a point. Texts are raw; ours to free. */
struct ladder_point {
	char *tuple;          /* "10.1.0.1:40000 > 10.2.0.1:80"; NULL: not seen there */
	char *difference;     /* "" where there is none */
};

struct ladder_facts {
	bool found;
	char *value[TABLE_COLUMNS_MAX]; /* the session's row as CSV has it, raw; "" unknown */
	struct ladder_point *point;     /* by point of the view */
	char *(*note)[LADDER_NOTES];    /* by packet of the dossier; NULL: none */
};

/* What is asked for, and where the answers go. */
struct ladder_question {
	struct store_txn *txn;
	const uint32_t *session;        /* count of them, ascending, from 0 on */
	struct ladder_facts *facts;     /* of each, zeroed */
	uint32_t count;
};

/* The sessions' rows; `found` says of each whether there is one. *sessions becomes the
 * number of sessions in the store. */
enum status ladder_facts_sessions(const struct ladder_question *question, uint64_t *sessions,
				  struct error *err) MUST_CHECK;
/* All the rest; `dossiers` are those of the sessions. */
enum status ladder_facts_read(const struct ladder_question *question, const struct trace *trace,
			      const struct dossiers *dossiers, struct error *err) MUST_CHECK;
/* "dropped at fw-in>fw-out: policy (confidence 0.98): no SYN of this service passed": what a row of drops or
 * injected says of its packet. The caller frees; NULL without memory. */
char *ladder_packet_sentence(const char *verdict, const struct cell *row);
void ladder_facts_free(struct ladder_facts *facts, uint32_t packets, uint32_t points);

#endif
