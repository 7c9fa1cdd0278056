#include "report/json.h"

#include <stdio.h>
#include <string.h>

#include "report/sheet.h"
#include "report/utf8.h"

char *json_text(char *out, const char *text)
{
	const char *end = text + writer_text_bytes(text);

	*out++ = '"';
	while (text < end) {
		size_t n = utf8_character(text);

		if (!n || n > (size_t)(end - text)) {
			/* no UTF-8: as in the CSV files, \xNN, its backslash escaped */
			out += sprintf(out, "\\\\x%02x", (uint8_t)*text++);
		} else if (n == 1 && (uint8_t)*text < 0x20) {
			out += sprintf(out, "\\u%04x", (uint8_t)*text++);
		} else {
			if (*text == '"' || *text == '\\')
				*out++ = '\\';
			for (; n; n--)
				*out++ = *text++;
		}
	}
	*out = '"';
	return out + 1;
}

static char *json_begin(char *out, const struct table_schema *schema)
{
	(void)schema;
	*out = '[';
	return out + 1;
}

static char *json_row(char *out, const struct writer_row *row)
{
	unsigned c;

	out = stpcpy(out, row->first ? "\n{" : ",\n{");
	for (c = 0; c < row->schema->columns; c++) {
		const struct cell *cell = &row->cell[c];
		enum table_type type = row->form[c].type;
		bool quoted = cell->known && !cell_is_text(type) && !cell_is_number(type);

		out = stpcpy(out, c ? ",\"" : "\"");
		out = stpcpy(out, row->schema->column[c].name);
		out = stpcpy(out, quoted ? "\":\"" : "\":");
		if (!cell->known)
			out = stpcpy(out, "null");
		else if (cell_is_text(type))
			out = json_text(out, cell->text);
		else
			out = cell_write(out, &row->form[c], cell);
		if (quoted)
			*out++ = '"';
	}
	*out = '}';
	return out + 1;
}

static char *json_end(char *out)
{
	*out = ']';
	return out + 1;
}

enum status json_write_rows(struct output *output, struct rows *rows, struct progress *progress,
			    struct error *err)
{
	static const struct writer_format format = {json_begin, json_row, json_end, NULL};

	return writer_rows(&format, output, rows, progress, err);
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
