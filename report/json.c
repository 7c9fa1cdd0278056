#include "report/json.h"

#include <string.h>

#include "collect/progress.h"
#include "report/cell.h"
#include "report/sheet.h"
#include "report/utf8.h"

#define JSON_PROGRESS_ROWS 1024

void json_write_text(FILE *stream, const char *text)
{
	putc_unlocked('"', stream);
	while (*text) {
		size_t n = utf8_character(text);

		if (!n) /* no UTF-8: as in the CSV files, \xNN, its backslash escaped */
			fprintf(stream, "\\\\x%02x", (uint8_t)*text++);
		else if (n == 1 && (uint8_t)*text < 0x20)
			fprintf(stream, "\\u%04x", (uint8_t)*text++);
		else if (*text == '"' || *text == '\\')
			fprintf(stream, "\\%c", *text++);
		else
			for (; n; n--)
				putc_unlocked(*text++, stream);
	}
	putc_unlocked('"', stream);
}

static void json_write_row(FILE *stream, const struct rows *rows)
{
	char room[CELL_ROOM];
	unsigned c;

	for (c = 0; c < rows->schema->columns; c++) {
		const struct table_column *column = &rows->schema->column[c];
		const char *text;
		struct cell cell;

		rows_cell(rows, c, &cell);
		text = cell_format(column, &cell, room);
		fputs_unlocked(c ? ",\"" : "{\"", stream);
		fputs_unlocked(column->name, stream);
		fputs_unlocked("\":", stream);
		if (!text)
			fputs_unlocked("null", stream);
		else if (cell_is_number(column->type))
			fputs_unlocked(text, stream);
		else
			json_write_text(stream, text);
	}
	putc_unlocked('}', stream);
}

enum status json_write_rows(struct output *output, struct rows *rows, struct progress *progress,
			    struct error *err)
{
	FILE *stream = output->stream;
	struct progress_count count = {.total = rows->total};
	enum status status;
	bool more;

	putc_unlocked('[', stream);
	for (;;) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		fputs(count.done ? ",\n" : "\n", stream);
		json_write_row(stream, rows);
		status = output_check(output, err);
		if (status)
			return status;
		if (++count.done % JSON_PROGRESS_ROWS == 0 && progress)
			progress_show(progress, &count);
	}
	putc_unlocked(']', stream);
	return status;
}

enum status json_write(struct output *output, struct store_txn *txn, struct progress *progress,
		       struct error *err)
{
	const struct sheet *sheet;
	enum status status = STATUS_OK;
	size_t i;

	fprintf(output->stream, "{\"version\":%d", JSON_VERSION);
	for (i = 0; !status && (sheet = sheet_at(i)); i++) {
		struct rows *rows;

		status = sheet_open(sheet, &rows, txn, err);
		if (status)
			break;
		fprintf(output->stream, ",\n\"%s\":", sheet->schema->name);
		status = json_write_rows(output, rows, progress, err);
		rows_close(&rows);
	}
	fputs("}\n", output->stream);
	return status;
}
