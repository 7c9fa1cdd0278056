#include "report/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/progress.h"

#define WRITER_PIECE (1u << 20) /* a block of the longest ordinary rows is less */
#define WRITER_ROOM (WRITER_PIECE + TABLE_COLUMNS_MAX * WRITER_CELL_MAX)

size_t writer_text_bytes(const char *text)
{
	return strnlen(text, TABLE_TEXT_MAX);
}

enum status writer_open(struct writer *w, struct error *err)
{
	w->text = malloc(WRITER_ROOM); /* what is never written takes no memory */
	return w->text ? STATUS_OK : error_errno(err, ENOMEM, "report");
}

void writer_close(struct writer *w)
{
	free(w->text);
	w->text = NULL;
}

static void writer_row_begin(struct writer_row *row, const struct table_schema *schema)
{
	unsigned c;

	row->schema = schema;
	for (c = 0; c < schema->columns; c++)
		row->form[c] = cell_form(&schema->column[c]);
}

/* The rows that are to come. */
static enum status writer_run(struct writer *w, struct rows *rows, bool begin, bool end,
			      uint64_t *written, struct error *err)
{
	enum status status = STATUS_OK;
	struct writer_row row;
	char *out = w->text;
	uint64_t count = 0;
	bool more;

	writer_row_begin(&row, rows->schema);
	if (begin)
		out = w->format->begin(out, rows->schema);
	while (!status) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		row.cell = rows_cells(rows);
		row.first = begin && !count;
		out = w->format->row(out, &row);
		count++;
		if ((size_t)(out - w->text) >= WRITER_PIECE) {
			status = w->put(w->context, w->text, (size_t)(out - w->text), count, err);
			out = w->text;
		}
	}
	if (!status && end)
		out = w->format->end(out);
	if (!status)
		status = w->put(w->context, w->text, (size_t)(out - w->text), count, err);
	*written = count;
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
