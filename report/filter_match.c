#include "report/filter_match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture.h"
#include "correlate/results.h"
#include "report/rows.h"

/* What a test looks at; which column that is, each table says. */
enum match_role {
	MATCH_CLIENT, MATCH_SERVER, MATCH_CLIENT_PORT, MATCH_SERVER_PORT, MATCH_PROTO,
	MATCH_OUTCOME, MATCH_CAUSE, MATCH_STATE, MATCH_HOP, MATCH_POINT, MATCH_ROLES
};
#define COLUMN(number) ((number) + 1) /* 0: the table has none */

/* The tables that tell of sessions. A session passes a test when one of its rows does,
 * whatever the table. */
static const struct match_source {
	const struct table_schema *schema;
	uint8_t session;              /* the column with its number */
	uint8_t counter;              /* the column of sessions that counts these rows; 0: none */
	uint8_t column[MATCH_ROLES];
} match_sources[] = {
	{&results_sessions, SESSIONS_SESSION, 0,
	 {[MATCH_CLIENT] = COLUMN(SESSIONS_CLIENT), [MATCH_SERVER] = COLUMN(SESSIONS_SERVER),
	  [MATCH_CLIENT_PORT] = COLUMN(SESSIONS_CLIENT_PORT),
	  [MATCH_SERVER_PORT] = COLUMN(SESSIONS_SERVER_PORT),
	  [MATCH_PROTO] = COLUMN(SESSIONS_PROTO), [MATCH_OUTCOME] = COLUMN(SESSIONS_OUTCOME),
	  [MATCH_CAUSE] = COLUMN(SESSIONS_CAUSE), [MATCH_STATE] = COLUMN(SESSIONS_STATE),
	  [MATCH_HOP] = COLUMN(SESSIONS_HOP)}},
	{&results_session_points, SESSION_POINTS_SESSION, 0,
	 {[MATCH_CLIENT] = COLUMN(SESSION_POINTS_SRC), [MATCH_SERVER] = COLUMN(SESSION_POINTS_DST),
	  [MATCH_CLIENT_PORT] = COLUMN(SESSION_POINTS_SPORT),
	  [MATCH_SERVER_PORT] = COLUMN(SESSION_POINTS_DPORT),
	  [MATCH_POINT] = COLUMN(SESSION_POINTS_POINT)}},
	{&results_drops, PACKETS_SESSION, SESSIONS_DROPPED,
	 {[MATCH_CAUSE] = COLUMN(PACKETS_CAUSE), [MATCH_HOP] = COLUMN(PACKETS_HOP)}},
	{&results_injected, PACKETS_SESSION, SESSIONS_INJECTED,
	 {[MATCH_HOP] = COLUMN(PACKETS_HOP)}},
	{&results_resets, RESETS_SESSION, SESSIONS_RESETS,
	 {[MATCH_CAUSE] = COLUMN(RESETS_CAUSE), [MATCH_HOP] = COLUMN(RESETS_HOP)}},
};
#define MATCH_SOURCES (sizeof match_sources / sizeof match_sources[0])

/* How each kind of test is answered; `role` is the column it looks at, or its first one. */
static const struct match_kind {
	uint8_t role;
	bool at_ends;       /* the client's column, or the server's behind it */
	const char *called; /* said when nothing bears its word; NULL: that is no surprise */
} match_kinds[] = {
	[QUERY_ADDRESS] = {MATCH_CLIENT, true, NULL},
	[QUERY_PORT] = {MATCH_CLIENT_PORT, true, NULL},
	[QUERY_PROTO] = {MATCH_PROTO, false, NULL},
	[QUERY_VERSION] = {MATCH_CLIENT, false, NULL},
	[QUERY_OUTCOME] = {MATCH_OUTCOME, false, NULL},
	[QUERY_CAUSE] = {MATCH_CAUSE, false, "cause"},
	[QUERY_STATE] = {MATCH_STATE, false, "state"},
	[QUERY_HOP] = {MATCH_HOP, false, NULL},
	[QUERY_POINT] = {MATCH_POINT, false, NULL},
	[QUERY_NUMBER] = {MATCH_ROLES, false, NULL},
};

struct match_work {
	const struct query *query;
	uint64_t sessions, words;
	uint64_t *bits[QUERY_NODES_MAX];   /* the sessions that pass the node */
	uint32_t *count[QUERY_NODES_MAX];  /* rows by session, of numbers with a scope */
};

/* ---- one row ---- */

static bool match_prefix(const struct query_node *node, const struct cell *cell)
{
	unsigned whole = node->prefix_bits / 8, rest = node->prefix_bits % 8;

	return cell->known && cell->size == node->address_bytes &&
	       memcmp(cell->bytes, node->address, whole) == 0 &&
	       (!rest || (cell->bytes[whole] ^ node->address[whole]) >> (8 - rest) == 0);
}

static bool match_compare(const struct query_node *node, int64_t number)
{
	switch (node->compare) {
	case QUERY_LESS:
		return number < node->from;
	case QUERY_LESS_EQUAL:
		return number <= node->from;
	case QUERY_EQUAL:
		return number == node->from;
	case QUERY_NOT_EQUAL:
		return number != node->from;
	case QUERY_GREATER_EQUAL:
		return number >= node->from;
	default:
		return number > node->from;
	}
}

static bool match_cell(const struct query_node *node, const struct cell *cell)
{
	switch (node->kind) {
	case QUERY_ADDRESS:
		return match_prefix(node, cell);
	case QUERY_PORT:
		return cell->known && cell->number >= node->from && cell->number <= node->to;
	case QUERY_VERSION:
		return cell->known && cell->size == (node->from == 4 ? 4u : 16u);
	case QUERY_NUMBER:
		return cell->known && match_compare(node, cell->number);
	default:
		return cell->known && strcmp(cell->text, node->text) == 0;
	}
}

static bool match_row(const struct match_source *source, const struct query_node *node,
		      const struct cell *cell)
{
	const struct match_kind *kind = &match_kinds[node->kind];
	const uint8_t *column = &source->column[kind->role];

	if (node->kind == QUERY_NUMBER)
		return match_cell(node, &cell[node->column]);
	if (!kind->at_ends)
		return match_cell(node, &cell[column[0] - 1]);
	return (node->end != QUERY_SERVER && match_cell(node, &cell[column[0] - 1])) ||
	       (node->end != QUERY_CLIENT && match_cell(node, &cell[column[1] - 1]));
}

/* ---- tables ---- */

static bool match_scoped(const struct query_node *node)
{
	return node->kind == QUERY_NUMBER && node->scope &&
	       (node->column == SESSIONS_DROPPED || node->column == SESSIONS_INJECTED ||
		node->column == SESSIONS_RESETS);
}

/* Whether the table has something to say to the test. */
static bool match_concerns(const struct match_source *source, const struct query_node *node)
{
	if (node->kind <= QUERY_NOT)
		return false;
	if (match_scoped(node))
		return source->counter == node->column;
	if (node->kind == QUERY_NUMBER)
		return source->schema == &results_sessions;
	return source->column[match_kinds[node->kind].role] > 0;
}

/* The hops of the query that the row is of, as bits of a scope. */
static uint64_t match_hops(const struct query *query, const char *hop)
{
	uint64_t hops = 0;
	uint32_t i;

	for (i = 0; i < query->hops; i++)
		hops |= (uint64_t)(strcmp(query->node[query->hop[i]].text, hop) == 0) << i;
	return hops;
}

static void match_take_row(struct match_work *w, const struct match_source *source,
			   const uint16_t *nodes, uint32_t count, const struct cell *cell)
{
	int64_t session = cell[source->session].number;
	uint64_t hops = 0;
	uint32_t k;

	if (!cell[source->session].known || session < 1 || (uint64_t)session > w->sessions)
		return;
	if (source->counter)
		hops = match_hops(w->query, cell[source->column[MATCH_HOP] - 1].text);
	for (k = 0; k < count; k++) {
		const struct query_node *node = &w->query->node[nodes[k]];

		if (w->count[nodes[k]])
			w->count[nodes[k]][session] += (node->scope & hops) != 0;
		else if (match_row(source, node, cell))
			w->bits[nodes[k]][session / 64] |= (uint64_t)1 << session % 64;
	}
}

static enum status match_read(struct match_work *w, const struct match_source *source,
			      struct store_txn *txn, struct error *err)
{
	uint16_t nodes[QUERY_NODES_MAX];
	struct rows *rows = NULL;
	enum status status = STATUS_OK;
	uint32_t count = 0, i;
	bool more = true;

	for (i = 0; i < w->query->nodes; i++)
		if (match_concerns(source, &w->query->node[i]))
			nodes[count++] = (uint16_t)i;
	if (!count)
		return STATUS_OK;
	status = rows_open_table(&rows, txn, source->schema, err);
	while (!status) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		match_take_row(w, source, nodes, count, rows_cells(rows));
	}
	rows_close(&rows);
	return status;
}

/* ---- names ---- */

static enum status match_check_hops(const struct query *query, struct store_txn *txn,
				    struct query_fault *fault, struct error *err)
{
	uint64_t missing = 0;
	struct rows *rows = NULL;
	enum status status = STATUS_OK;
	char names[128] = "";
	bool more = true;
	size_t n = 0;

	if (!query->hops)
		return STATUS_OK;
	missing = UINT64_MAX >> (64 - query->hops);
	status = rows_open_table(&rows, txn, &results_hops, err);
	while (!status) {
		const struct cell *cell;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		missing &= ~match_hops(query, cell[HOPS_HOP].text);
		/* a row for each direction: each hop's name once */
		if (strcmp(cell[HOPS_DIRECTION].text, "forward") == 0 && n < sizeof names)
			n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "",
					      cell[HOPS_HOP].text);
	}
	rows_close(&rows);
	if (!status && missing) {
		const struct query_node *node = &query->node[query->hop[__builtin_ctzll(missing)]];

		status = query_wrong(fault, err, node->offset,
				     "there is no hop \"%.60s\"; there are: %s%s", node->text,
				     names, n >= sizeof names ? "..." : "");
	}
	return status;
}

static enum status match_check_points(const struct query *query, struct store_txn *txn,
				      struct query_fault *fault, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i, point;

	for (i = 0; i < query->nodes && !status; i++) {
		const struct query_node *node = &query->node[i];
		char name[CAPTURE_NAME_MAX] = "";

		if (node->kind != QUERY_POINT)
			continue;
		for (point = 0; point < CAPTURE_POINTS_MAX; point++)
			if (capture_point_name(txn, point, name, sizeof name, err) ||
			    strcmp(name, node->text) == 0)
				break;
		if (strcmp(name, node->text) != 0)
			status = query_wrong(fault, err, node->offset,
					     "there is no point \"%.60s\"", node->text);
	}
	return status;
}

/* ---- the whole ---- */

static enum status match_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "--filter");
}

static enum status match_make_room(struct match_work *w, struct error *err)
{
	uint32_t i;

	for (i = 0; i < w->query->nodes; i++) {
		const struct query_node *node = &w->query->node[i];

		if (node->kind <= QUERY_NOT)
			continue;
		w->bits[i] = calloc(w->words, sizeof *w->bits[i]);
		if (match_scoped(node))
			w->count[i] = calloc(w->sessions + 1, sizeof *w->count[i]);
		if (!w->bits[i] || (match_scoped(node) && !w->count[i]))
			return match_memory(err);
	}
	return STATUS_OK;
}

/* Sessions whose number of rows passes the comparison. */
static void match_settle_count(struct match_work *w, uint32_t number)
{
	uint64_t s;

	for (s = 1; s <= w->sessions; s++)
		if (match_compare(&w->query->node[number], w->count[number][s]))
			w->bits[number][s / 64] |= (uint64_t)1 << s % 64;
}

/* An operator takes its left operand's bits over. */
static void match_settle(struct match_work *w, uint32_t number)
{
	const struct query_node *node = &w->query->node[number];
	uint64_t *left = w->bits[node->left], *right = w->bits[node->right], i;

	if (w->count[number])
		match_settle_count(w, number);
	if (node->kind > QUERY_NOT)
		return;
	for (i = 0; i < w->words; i++) {
		if (node->kind == QUERY_NOT)
			left[i] = ~left[i];
		else if (node->kind == QUERY_AND)
			left[i] &= right[i];
		else
			left[i] |= right[i];
	}
	w->bits[number] = left;
	w->bits[node->left] = NULL;
}

static uint64_t match_taken(const uint64_t *bits, uint64_t sessions)
{
	uint64_t taken = 0, s;

	for (s = 1; s <= sessions; s++)
		taken += bits[s / 64] >> s % 64 & 1;
	return taken;
}

/* A word that no session bears may be a slip of the pen: to be said, but no error, since
 * scripts ask for what is not there, too. */
static void match_note(struct filter_match *match, const struct match_work *w, uint32_t number)
{
	const struct query_node *node = &w->query->node[number];

	if (!*match->note && match_kinds[node->kind].called &&
	    !match_taken(w->bits[number], w->sessions))
		snprintf(match->note, sizeof match->note, "--filter: nothing has the %s \"%.60s\"",
			 match_kinds[node->kind].called, node->text);
}

static enum status match_work_run(struct match_work *w, struct filter_match *match,
				  struct store_txn *txn, struct error *err)
{
	enum status status = match_make_room(w, err);
	uint32_t i;

	for (i = 0; i < MATCH_SOURCES && !status; i++)
		status = match_read(w, &match_sources[i], txn, err);
	if (status)
		return status;
	for (i = 0; i < w->query->nodes; i++) {
		match_settle(w, i);
		if (w->query->node[i].kind > QUERY_NOT)
			match_note(match, w, i);
	}
	match->bits = w->bits[w->query->nodes - 1];
	w->bits[w->query->nodes - 1] = NULL;
	match->taken = match_taken(match->bits, match->sessions);
	return STATUS_OK;
}

static enum status match_count_sessions(struct store_txn *txn, uint64_t *sessions,
					struct error *err)
{
	struct rows *rows = NULL;
	enum status status = rows_open_table(&rows, txn, &results_sessions, err);

	*sessions = rows ? rows->total : 0;
	rows_close(&rows);
	if (!status && *sessions > UINT32_MAX)
		status = error_set(err, STATUS_INPUT, "the store is damaged: table sessions");
	return status;
}

enum status filter_match_make(struct filter_match **out, const struct query *query,
			      struct store_txn *txn, struct query_fault *fault, struct error *err)
{
	struct filter_match *match = calloc(1, sizeof *match);
	struct match_work *w = calloc(1, sizeof *w);
	enum status status = match && w ? STATUS_OK : match_memory(err);
	uint32_t i;

	*out = match;
	if (!status)
		status = match_check_hops(query, txn, fault, err);
	if (!status)
		status = match_check_points(query, txn, fault, err);
	if (!status)
		status = match_count_sessions(txn, &match->sessions, err);
	if (!status) {
		w->query = query;
		w->sessions = match->sessions;
		w->words = w->sessions / 64 + 1;
		status = match_work_run(w, match, txn, err);
	}
	for (i = 0; w && i < query->nodes; i++) {
		free(w->bits[i]);
		free(w->count[i]);
	}
	free(w);
	if (status)
		filter_match_free(out);
	return status;
}

void filter_match_free(struct filter_match **match)
{
	if (*match)
		free((*match)->bits);
	free(*match);
	*match = NULL;
}
