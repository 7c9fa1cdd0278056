#include "report/run_rows.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/query.h"

#define RUN_NUMBER 24

struct run_pair {
	const char *key;
	char number[RUN_NUMBER]; /* its value, where that is a number */
	const char *text;        /* else */
};

enum run_pair_place {
	PAIR_FILTER, PAIR_HEADERS_ONLY, PAIR_PAGE, PAIR_EVIDENCE_SESSIONS, PAIR_EVIDENCE_ALL,
	PAIR_EVIDENCE_PACKETS, PAIR_EVIDENCE_LEFT_OUT, PAIR_EVIDENCE_MISSING, PAIRS
};

struct run_rows {
	struct rows rows;
	struct rows *table;
	bool behind; /* the table's last row */
	struct run_pair pair[PAIRS];
	unsigned next;
	struct cell cell[RUN_COLUMNS];
	char *filter;
};

static enum status run_rows_next(struct rows *rows, bool *more, struct error *err)
{
	struct run_rows *run = (struct run_rows *)rows;
	enum status status = STATUS_OK;
	const struct run_pair *pair;
	const char *value;

	if (!run->behind) {
		status = rows_next(run->table, more, err);
		if (status || *more)
			return status;
		run->behind = true;
	}
	*more = run->next < PAIRS;
	if (!*more)
		return STATUS_OK;
	pair = &run->pair[run->next++];
	value = pair->text ? pair->text : pair->number;
	run->cell[RUN_KEY] = (struct cell){.known = true, .text = pair->key};
	run->cell[RUN_VALUE] = (struct cell){.known = *value != '\0', .text = value};
	return STATUS_OK;
}

static const struct cell *run_rows_cells(const struct rows *rows)
{
	const struct run_rows *run = (const struct run_rows *)rows;

	return run->behind ? run->cell : rows_cells(run->table);
}

static void run_rows_close(struct rows *rows)
{
	struct run_rows *run = (struct run_rows *)rows;

	rows_close(&run->table);
	free(run->filter);
	free(run);
}

static void run_number(struct run_rows *run, enum run_pair_place place, const char *key,
		       uint64_t number)
{
	run->pair[place].key = key;
	snprintf(run->pair[place].number, RUN_NUMBER, "%llu", (unsigned long long)number);
}

/* On one line: what stands between words does not count, and no name has a control character. */
static bool run_filter(struct run_rows *run, const char *filter)
{
	char *at;

	run->filter = strdup(filter ? filter : "");
	for (at = run->filter; at && *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = ' ';
	run->pair[PAIR_FILTER] = (struct run_pair){.key = RUN_FILTER, .text = run->filter};
	return run->filter != NULL;
}

static bool run_say(struct run_rows *run, const struct run_made *made)
{
	const struct stories *stories = made->stories;
	const struct evidence_result *e = &made->evidence;

	run->pair[PAIR_HEADERS_ONLY] = (struct run_pair){
		.key = RUN_HEADERS_ONLY, .text = made->headers_only ? "yes" : "no"};
	run_number(run, PAIR_PAGE, "page_sessions", stories->worst.count);
	run_number(run, PAIR_EVIDENCE_SESSIONS, "evidence_sessions", e->sessions);
	run_number(run, PAIR_EVIDENCE_ALL, "evidence_sessions_all",
		   stories->filtered ? stories->worst.sessions : stories->worst.bad);
	run_number(run, PAIR_EVIDENCE_PACKETS, RUN_EVIDENCE_PACKETS, e->written);
	run_number(run, PAIR_EVIDENCE_LEFT_OUT, "evidence_packets_left_out", e->left_out);
	run_number(run, PAIR_EVIDENCE_MISSING, RUN_EVIDENCE_MISSING, e->missing);
	return run_filter(run, made->filter);
}

enum status run_rows_open(struct rows **out, struct store_txn *txn, const struct run_made *made,
			  struct error *err)
{
	static const struct rows_type type = {
		.next = run_rows_next, .cells = run_rows_cells, .close = run_rows_close};
	struct run_rows *run = calloc(1, sizeof *run);
	enum status status;

	*out = NULL;
	if (!run || !run_say(run, made)) {
		free(run);
		return error_errno(err, ENOMEM, "run.csv");
	}
	status = rows_open_table(&run->table, txn, &results_run, err);
	if (status) {
		run_rows_close(&run->rows);
		return status;
	}
	run->rows = (struct rows){&type, &results_run, run->table->total + PAIRS, 1};
	*out = &run->rows;
	return STATUS_OK;
}
