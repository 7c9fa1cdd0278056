#include "report/filter_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/progress.h"
#include "correlate/results.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/set_sheets.h"

/* The sheets that have a session in each row, and in which column. */
static const struct {
	const struct table_schema *schema;
	unsigned session;
} filter_sheets[] = {
	{&results_sessions, SESSIONS_SESSION},
	{&results_session_points, SESSION_POINTS_SESSION},
	{&results_drops, PACKETS_SESSION},
	{&results_injected, PACKETS_SESSION},
	{&results_resets, RESETS_SESSION},
};

struct filter_rows {
	struct rows rows; /* their total is that of all rows: how far the reading can go */
	struct rows *all;
	const struct filter_match *match;
	unsigned session;
};

static enum status filter_rows_next(struct rows *rows, bool *more, struct error *err)
{
	struct filter_rows *f = (struct filter_rows *)rows;
	enum status status;

	do {
		const struct cell *cell;

		status = rows_next(f->all, more, err);
		if (status || !*more)
			break;
		cell = &rows_cells(f->all)[f->session];
		if (cell->known && filter_match_takes(f->match, cell->number))
			break;
	} while (true);
	if (!status && *more)
		rows_fill(f->all);
	return status;
}

static const struct cell *filter_rows_cells(const struct rows *rows)
{
	return rows_cells(((const struct filter_rows *)rows)->all);
}

static void filter_rows_close(struct rows *rows)
{
	rows_close(&((struct filter_rows *)rows)->all);
	free(rows);
}

static enum status filter_rows_wrap(struct rows **rows, const struct filter_match *match,
				    unsigned session, struct error *err)
{
	static const struct rows_type type = {
		.next = filter_rows_next, .cells = filter_rows_cells, .close = filter_rows_close};
	struct filter_rows *f = calloc(1, sizeof *f);

	if (!f) {
		rows_close(rows);
		return error_errno(err, ENOMEM, "--filter");
	}
	f->rows = (struct rows){&type, (*rows)->schema, (*rows)->total, 1};
	f->all = *rows;
	f->match = match;
	f->session = session;
	rows_want(f->all, (uint64_t)1 << session);
	*rows = &f->rows;
	return STATUS_OK;
}

/* The column of the sessions' numbers; false: the sheet has none. */
static bool filter_rows_session(const struct sheet *sheet, unsigned *session)
{
	size_t i;

	for (i = 0; i < sizeof filter_sheets / sizeof filter_sheets[0]; i++)
		if (sheet->schema == filter_sheets[i].schema) {
			*session = filter_sheets[i].session;
			return true;
		}
	return false;
}

bool filter_rows_concerns(const struct sheet *sheet)
{
	unsigned session;

	return filter_rows_session(sheet, &session);
}

enum status filter_rows_open(struct rows **out, const struct sheet *sheet,
			     const struct filter_match *match, struct store_txn *txn,
			     struct error *err)
{
	enum status status = sheet_open(sheet, out, txn, err);
	unsigned session;

	if (status || !match || !filter_rows_session(sheet, &session))
		return status;
	return filter_rows_wrap(out, match, session, err);
}

/* ---- all sheets ---- */

static enum status filter_write_sheet(const struct sheet *sheet, const struct filter_match *match,
				      struct store_txn *txn, const struct output_folder *folder,
				      struct progress *progress, struct error *err)
{
	char name[SET_NAME_MAX];
	struct output output = {0};
	struct rows *rows = NULL;
	enum status status;

	set_sheets_name(name, sheet);
	status = filter_rows_open(&rows, sheet, match, txn, err);
	if (!status)
		status = output_open_in(&output, folder, name, err);
	if (!status)
		status = csv_write_rows(&output, rows, progress, err);
	if (!status)
		status = output_finish(&output, err);
	output_abort(&output);
	rows_close(&rows);
	return status;
}

enum status filter_write_sheets(const struct filter_match *match, struct store_txn *txn,
				const struct output_folder *folder, struct progress *progress,
				struct error *err)
{
	enum status status = STATUS_OK;
	const struct sheet *sheet;
	size_t i;

	for (i = 0; !status && (sheet = sheet_at(i)); i++)
		if (!sheet_is_last(sheet))
			status = filter_write_sheet(sheet, match, txn, folder, progress, err);
	return status;
}

enum status filter_write_json(struct output *output, const struct filter_match *match,
			      struct store_txn *txn, struct progress *progress, struct error *err)
{
	enum status status = STATUS_OK;
	const struct sheet *sheet;
	size_t i;

	fprintf(output->stream, "{\"version\":%d", JSON_VERSION);
	for (i = 0; !status && (sheet = sheet_at(i)); i++) {
		struct rows *rows;

		status = filter_rows_open(&rows, sheet, match, txn, err);
		if (status)
			break;
		fprintf(output->stream, ",\n\"%s\":", sheet->schema->name);
		status = json_write_rows(output, rows, progress, err);
		rows_close(&rows);
	}
	fputs("}\n", output->stream);
	return status;
}
