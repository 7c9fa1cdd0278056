#include "report/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/progress.h"
#include "collect/table_read.h"

#define WRITER_PIECE (1u << 20) /* a block of the longest ordinary rows is less */
#define WRITER_ROOM (WRITER_PIECE + TABLE_COLUMNS_MAX * WRITER_CELL_MAX)

size_t writer_text_bytes(const char *text)
{
	return strnlen(text, TABLE_TEXT_MAX);
}

enum status writer_open(struct writer *w, struct error *err)
{
	w->text = malloc(WRITER_ROOM); /* what is never written takes no memory */
	w->columns = w->text && w->format->columns ? w->format->columns->open() : NULL;
	return w->text && (w->columns || !w->format->columns) ? STATUS_OK
							      : error_errno(err, ENOMEM, "report");
}

void writer_close(struct writer *w)
{
	if (w->columns)
		w->format->columns->close(w->columns);
	free(w->text);
	w->columns = NULL;
	w->text = NULL;
}

static void writer_row_begin(struct writer_row *row, const struct table_schema *schema)
{
	unsigned c;

	row->schema = schema;
	for (c = 0; c < schema->columns; c++)
		row->form[c] = cell_form(&schema->column[c]);
}

/* The writing of some rows. */
struct writer_run {
	struct writer *w;
	struct rows *rows;
	char *out;
	uint64_t count; /* of rows in the text so far */
	bool begin;     /* these are the first */
};

/* Hands on what is a piece already. */
static enum status writer_hand_on(struct writer_run *run, struct error *err)
{
	struct writer *w = run->w;
	size_t bytes = (size_t)(run->out - w->text);

	if (bytes < WRITER_PIECE)
		return STATUS_OK;
	run->out = w->text;
	return w->put(w->context, w->text, bytes, run->count, err);
}

static enum status writer_run_cells(struct writer_run *run, struct error *err)
{
	enum status status = STATUS_OK;
	struct writer_row row;
	bool more;

	writer_row_begin(&row, run->rows->schema);
	while (!status) {
		status = rows_next(run->rows, &more, err);
		if (status || !more)
			break;
		row.cell = rows_cells(run->rows);
		row.first = run->begin && !run->count;
		run->out = run->w->format->row(run->out, &row);
		run->count++;
		status = writer_hand_on(run, err);
	}
	return status;
}

static enum status writer_run_columns(struct writer_run *run, struct table_reader *table, struct error *err)
{
	const struct writer_columns *columns = run->w->format->columns;
	const struct table_schema *schema = run->rows->schema;
	enum status status = STATUS_OK;
	void *context = run->w->columns;
	uint32_t rows = 1, left;

	while (!status && rows) {
		status = table_next_rows(table, WRITER_COLUMNS_ROWS, &rows, err);
		if (!status && rows && !columns->take(context, schema, table, rows))
			status = error_errno(err, ENOMEM, "report");
		for (left = rows; !status && left;) {
			uint32_t before = left;

			run->out = columns->rows(context, run->out, run->w->text + WRITER_PIECE, &left);
			run->count += before - left;
			status = writer_hand_on(run, err);
		}
	}
	return status;
}

/* The rows that are to come. */
static enum status writer_run(struct writer *w, struct rows *rows, bool begin, bool end,
			      uint64_t *written, struct error *err)
{
	struct writer_run run = {w, rows, w->text, 0, begin};
	struct table_reader *table = w->columns ? rows_table(rows) : NULL;
	enum status status;

	if (begin)
		run.out = w->format->begin(run.out, rows->schema);
	status = table ? writer_run_columns(&run, table, err) : writer_run_cells(&run, err);
	if (!status && end)
		run.out = w->format->end(run.out);
	if (!status)
		status = w->put(w->context, w->text, (size_t)(run.out - w->text), run.count, err);
	*written = run.count;
	return status;
}

enum status writer_part(struct writer *w, struct rows *rows, uint32_t part, uint64_t *written,
			struct error *err)
{
	rows_part(rows, part);
	return writer_run(w, rows, part == 0, part + 1 == rows->parts, written, err);
}

/* ---- a whole output ---- */

struct writer_target {
	struct output *output;
	struct progress *progress;
	uint64_t total;
};

static enum status writer_target_put(void *context, const char *text, size_t bytes, uint64_t rows,
				     struct error *err)
{
	const struct writer_target *target = context;
	struct progress_count count = {.done = rows, .total = target->total};

	if (target->progress)
		progress_show(target->progress, &count);
	return output_write(target->output, text, bytes, err);
}

enum status writer_rows(const struct writer_format *format, struct output *output,
			struct rows *rows, struct progress *progress, struct error *err)
{
	struct writer_target target = {output, progress, rows->total};
	struct writer writer = {.format = format, .put = writer_target_put, .context = &target};
	enum status status = writer_open(&writer, err);
	uint64_t written;

	if (!status)
		status = writer_run(&writer, rows, true, true, &written, err);
	writer_close(&writer);
	return status;
}
