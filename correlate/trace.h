/* Traces: what a run decided of every packet, kept in the store beside its tables, so that
 * a session's packets can be shown on another day without deciding anything again.
 *
 * Per block of records: verdicts, and the link to the next point's record. Per point: its
 * stage and clock, and the session, directions and connection of each flow.
 */
#ifndef CROSSTAP_CORRELATE_TRACE_H
#define CROSSTAP_CORRELATE_TRACE_H

#include "correlate/dossier.h"
#include "correlate/verdict.h"

/* Writes the traces of a run, whose results they belong to. */
enum status trace_write(const struct dossier_source *source, struct store *store,
			uint32_t generation, struct error *err) MUST_CHECK;

struct trace_block;

/* The traces of the store's present results. */
struct trace {
	struct view *view;
	struct path path;                       /* no text: stages and points */
	struct clock clock[VIEW_POINTS_MAX];
	struct sessions *sessions;              /* of_node, client_direction, next_node, list: proto, first_node,
						   nodes and client_forward only */
	bool connections;
	uint32_t *connection;                   /* of each node; NULL: no session is of several, see struct sessions */
	struct trace_block *block[VIEW_POINTS_MAX]; /* verdicts and links, as the store has them */
	uint64_t *led[VIEW_POINTS_MAX];         /* bit per record: trace_next() led there */
	struct dossier_source source;           /* of all of these */
};

/* Reads them; `txn` is used until trace_close(). STATUS_INPUT: there are no results. */
enum status trace_open(struct trace **out, struct store_txn *txn, struct error *err) MUST_CHECK;
/* The same without what it says of single packets and sessions: view, path and clock only,
 * for little time and memory. */
enum status trace_open_clocks(struct trace **out, struct store_txn *txn,
			      struct error *err) MUST_CHECK;

/* What the store has of a record: of trace_open() only. */

/* Verdicts: see struct verdicts. */
uint8_t trace_code(const struct trace *trace, uint32_t point, uint32_t index);
/* The next record of the same packet; false: there is none, or the trace is *damaged. */
bool trace_next(struct trace *trace, uint32_t *point, uint32_t *index, bool *damaged);
/* Whether a packet's journey begins with it. To be asked of all records of a session, stage by stage, while
 * trace_next() follows those with which one begins. */
bool trace_begins(struct trace *trace, uint32_t point, uint32_t index, bool *damaged);
enum status trace_damaged(struct error *err) MUST_CHECK;

/* NULL is legal; *trace becomes NULL. */
void trace_close(struct trace **trace);

#endif
