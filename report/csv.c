#include "report/csv.h"

#include <csv.h>
#include <string.h>

#include "collect/terminal.h"
#include "report/csv_columns.h"
#include "report/utf8.h"

/* Which bytes of a text let it stand as it is? */
#define CSV_QUOTED 1  /* one of these wants quotes around */
#define CSV_FOREIGN 2 /* these may be no UTF-8 */
#define CSV_CONTROL 4 /* these a terminal would obey */
static const uint8_t csv_bytes[256] = {
	[1 ... '\n' - 1] = CSV_CONTROL,
	['\n'] = CSV_QUOTED | CSV_CONTROL,
	['\n' + 1 ... '\r' - 1] = CSV_CONTROL,
	['\r'] = CSV_QUOTED | CSV_CONTROL,
	['\r' + 1 ... 0x1f] = CSV_CONTROL,
	['"'] = CSV_QUOTED,
	[','] = CSV_QUOTED,
	[0x7f] = CSV_CONTROL,
	[0x80 ... 0xff] = CSV_FOREIGN,
};

static bool csv_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What csv_bytes says of all bytes; leading and trailing blanks are quoted because
 * libcsv, among others, reads unquoted cells without them. */
static unsigned csv_survey(const char *text, size_t bytes)
{
	unsigned found = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		found |= csv_bytes[(uint8_t)text[i]];
	if (bytes && (csv_is_blank(text[0]) || csv_is_blank(text[bytes - 1])))
		found |= CSV_QUOTED;
	return found;
}

char *csv_text(char *out, const char *text, bool foreign)
{
	char clean[4 * TABLE_TEXT_MAX + 2], cut[TABLE_TEXT_MAX + 1];
	size_t bytes = writer_text_bytes(text), mark = 0;
	unsigned found = csv_survey(text, bytes), clear = CSV_FOREIGN | (foreign ? CSV_CONTROL : 0);

	if (!bytes)
		return out;
	if (foreign && strchr("=+-@\t\r", *text))
		clean[mark++] = '\'';
	if (mark || (found & clear)) {
		memcpy(cut, text, bytes);
		cut[bytes] = '\0';
		/* what others wrote must not reach a terminal raw that shows the file */
		bytes = mark + (foreign ? terminal_escape(clean + mark, sizeof clean - mark, cut, bytes)
					: utf8_clean(clean + mark, cut));
		text = clean;
		found = csv_survey(text, bytes);
	}
	if (found & CSV_QUOTED) /* libcsv quotes whatever it is given */
		return out + csv_write(out, WRITER_CELL_MAX, text, bytes);
	memcpy(out, text, bytes);
	return out + bytes;
}

static char *csv_begin(char *out, const struct table_schema *schema)
{
	unsigned c;

	for (c = 0; c < schema->columns; c++) {
		if (c)
			*out++ = ',';
		out = stpcpy(out, schema->column[c].name);
	}
	*out = '\n';
	return out + 1;
}

/* Only texts can need quotes. */
static char *csv_row(char *out, const struct writer_row *row)
{
	unsigned c;

	for (c = 0; c < row->schema->columns; c++) {
		enum table_type type = row->form[c].type;

		if (c)
			*out++ = ',';
		if (!row->cell[c].known)
			continue;
		if (cell_is_text(type))
			out = csv_text(out, row->cell[c].text, type == TABLE_FOREIGN);
		else
			out = cell_write(out, &row->form[c], &row->cell[c]);
	}
	*out = '\n';
	return out + 1;
}

static char *csv_end(char *out)
{
	return out;
}

const struct writer_format csv_format = {csv_begin, csv_row, csv_end, &csv_columns};

enum status csv_write_rows(struct output *output, struct rows *rows, struct progress *progress,
			   struct error *err)
{
	return writer_rows(&csv_format, output, rows, progress, err);
}
