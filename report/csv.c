#include "report/csv.h"

#include <csv.h>
#include <string.h>

#include "collect/progress.h"
#include "report/cell.h"
#include "report/utf8.h"

#define CSV_PROGRESS_ROWS 1024
#define CSV_CLEAN_MAX (4 * (size_t)TABLE_TEXT_MAX)

static bool csv_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Leading and trailing blanks are quoted because libcsv, among others, reads
 * unquoted cells without them. */
static bool csv_needs_quotes(const char *text, size_t length)
{
	return length && (csv_is_blank(text[0]) || csv_is_blank(text[length - 1]) ||
			  strpbrk(text, ",\"\r\n"));
}

void csv_write_cell(FILE *stream, const char *text, bool foreign)
{
	char clean[CSV_CLEAN_MAX + 2], quoted[2 * CSV_CLEAN_MAX + 4];
	char cut[TABLE_TEXT_MAX + 1];
	size_t length = 0;

	if (!text || !*text)
		return;
	if (strnlen(text, sizeof cut) == sizeof cut) { /* no table holds such a text */
		memcpy(cut, text, TABLE_TEXT_MAX);
		cut[TABLE_TEXT_MAX] = '\0';
		text = cut;
	}
	if (foreign && strchr("=+-@\t\r", *text))
		clean[length++] = '\'';
	length += utf8_clean(clean + length, text);
	if (csv_needs_quotes(clean, length)) {
		/* libcsv quotes whatever it is given */
		length = csv_write(quoted, sizeof quoted, clean, length);
		fwrite(quoted, 1, length, stream);
	} else {
		fwrite(clean, 1, length, stream);
	}
}

static void csv_write_row(FILE *stream, const struct rows *rows)
{
	char room[CELL_ROOM];
	unsigned c;

	for (c = 0; c < rows->schema->columns; c++) {
		const struct table_column *column = &rows->schema->column[c];
		const char *text;
		struct cell cell;

		rows_cell(rows, c, &cell);
		text = cell_format(column, &cell, room);
		if (c)
			putc_unlocked(',', stream);
		if (text == room)
			fputs_unlocked(text, stream);
		else
			csv_write_cell(stream, text, column->type == TABLE_FOREIGN);
	}
	putc_unlocked('\n', stream);
}

enum status csv_write_rows(struct output *output, struct rows *rows, struct progress *progress,
			   struct error *err)
{
	FILE *stream = output->stream;
	struct progress_count count = {.total = rows->total};
	enum status status;
	bool more;
	unsigned c;

	for (c = 0; c < rows->schema->columns; c++)
		fprintf(stream, "%s%s", c ? "," : "", rows->schema->column[c].name);
	putc('\n', stream);
	for (;;) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			return status;
		csv_write_row(stream, rows);
		status = output_check(output, err);
		if (status)
			return status;
		if (progress && ++count.done % CSV_PROGRESS_ROWS == 0)
			progress_show(progress, &count);
	}
}
