#include "collect/export.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"

#define EXPORT_BYTES (1u << 18)                    /* written at once */
#define EXPORT_CELL_MAX (8 * EXPORT_TEXT_MAX + 16) /* escaped, quotes doubled */
#define EXPORT_ROW_MAX (EXPORT_COLUMNS_MAX * 64 + 8 * EXPORT_CELL_MAX) /* not all cells are texts */

struct export {
	const struct export_schema *schema;
	enum export_format format;
	struct aside file;
	char *at, *end; /* of what is filled of `bytes`, and where there is no room for another row */
	char bytes[EXPORT_BYTES + EXPORT_ROW_MAX];
};

static const struct {
	const char *name, *ending;
} export_formats[] = {
	[EXPORT_ROWBINARY] = {"rowbinary", "rowbinary"},
	[EXPORT_CSV] = {"csv", "csv"},
};

enum status export_format_named(const char *name, enum export_format *format, struct error *err)
{
	size_t i;

	*format = EXPORT_ROWBINARY;
	for (i = 0; name && i < sizeof export_formats / sizeof export_formats[0]; i++) {
		*format = (enum export_format)i;
		if (strcmp(name, export_formats[i].name) == 0)
			return STATUS_OK;
	}
	if (name)
		return error_set(err, STATUS_USAGE,
				 "--export-format: \"%s\" is none of rowbinary, csv", name);
	return STATUS_OK;
}

static const uint8_t export_mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 2.5.5.2 */

void export_address(uint8_t out[16], uint8_t version, const uint8_t bytes[16])
{
	if (version == 6) {
		memcpy(out, bytes, 16);
		return;
	}
	memcpy(out, export_mapped, sizeof export_mapped);
	memcpy(out + sizeof export_mapped, bytes, 4);
}

/* ---- RowBinary ---- */

static char *binary_number(char *at, uint64_t number, unsigned bytes)
{
	while (bytes--) {
		*at++ = (char)(number & 0xff);
		number >>= 8;
	}
	return at;
}

static char *binary_text(char *at, const char *text)
{
	size_t size = text ? strnlen(text, EXPORT_TEXT_MAX) : 0, left = size;

	for (; left > 0x7f; left >>= 7)
		*at++ = (char)(left | 0x80);
	*at++ = (char)left;
	if (size)
		memcpy(at, text, size);
	return at + size;
}

static char *binary_cell(char *at, enum export_type type, const struct export_cell *cell)
{
	static const unsigned width[] = {[EXPORT_UINT8] = 1,  [EXPORT_UINT16] = 2,
					 [EXPORT_UINT32] = 4, [EXPORT_UINT64] = 8,
					 [EXPORT_INT64] = 8,  [EXPORT_WORD] = 1};

	switch (type) {
	case EXPORT_INT64_OR_NULL:
		*at++ = cell->unknown;
		return cell->unknown ? at : binary_number(at, cell->number, 8);
	case EXPORT_ADDRESS:
		if (cell->unknown)
			memset(at, 0, 16);
		else
			memcpy(at, cell->address, 16);
		return at + 16;
	case EXPORT_TEXT:
		return binary_text(at, cell->unknown ? NULL : cell->text);
	default:
		return binary_number(at, cell->unknown ? 0 : cell->number, width[type]);
	}
}

static char *binary_row(char *at, const struct export_schema *schema,
			const struct export_cell *cells)
{
	unsigned i;

	for (i = 0; i < schema->columns; i++)
		at = binary_cell(at, schema->column[i].type, &cells[i]);
	return at;
}

/* ---- CSV ---- */

/* What a terminal or a spreadsheet would obey is made harmless. */
static char *csv_foreign(char *at, const char *text)
{
	char clean[4 * EXPORT_TEXT_MAX + 2], *from = clean;
	size_t size = strnlen(text, EXPORT_TEXT_MAX);

	if (!size)
		return at;
	*from = '\'';
	from += strchr("=+-@\t\r", *text) != NULL;
	terminal_escape(from, sizeof clean - 1, text, size);
	if (!strpbrk(clean, "\",") && clean[0] != ' ' && clean[strlen(clean) - 1] != ' ')
		return stpcpy(at, clean);
	*at++ = '"';
	for (from = clean; *from; from++) {
		if (*from == '"')
			*at++ = '"';
		*at++ = *from;
	}
	*at++ = '"';
	return at;
}

static char *csv_address(char *at, const uint8_t address[16])
{
	bool mapped = memcmp(address, export_mapped, sizeof export_mapped) == 0;

	if (!inet_ntop(mapped ? AF_INET : AF_INET6, address + (mapped ? 12 : 0), at, INET6_ADDRSTRLEN))
		return at;
	return at + strlen(at);
}

static char *csv_decimal(char *at, uint64_t number)
{
	char digits[20], *digit = digits + sizeof digits;

	do
		*--digit = (char)('0' + number % 10);
	while (number /= 10);
	memcpy(at, digit, (size_t)(digits + sizeof digits - digit));
	return at + (digits + sizeof digits - digit);
}

static char *csv_export_cell(char *at, const struct export_column *column,
			     const struct export_cell *cell)
{
	if (cell->unknown)
		return at;
	switch (column->type) {
	case EXPORT_ADDRESS:
		return csv_address(at, cell->address);
	case EXPORT_TEXT:
		return cell->text ? csv_foreign(at, cell->text) : at;
	case EXPORT_WORD:
		return stpcpy(at, column->words[cell->number]);
	case EXPORT_INT64:
	case EXPORT_INT64_OR_NULL:
		if ((int64_t)cell->number >= 0)
			return csv_decimal(at, cell->number);
		*at++ = '-';
		return csv_decimal(at, 0 - cell->number);
	default:
		return csv_decimal(at, cell->number);
	}
}

static char *csv_row(char *at, const struct export_schema *schema, const struct export_cell *cells)
{
	unsigned i;

	for (i = 0; i < schema->columns; i++) {
		at = csv_export_cell(at, &schema->column[i], &cells[i]);
		*at++ = i + 1 < schema->columns ? ',' : '\n';
	}
	return at;
}

static char *csv_header(char *at, const struct export_schema *schema)
{
	unsigned i;

	for (i = 0; i < schema->columns; i++) {
		at = stpcpy(at, schema->column[i].name);
		*at++ = i + 1 < schema->columns ? ',' : '\n';
	}
	return at;
}

/* ---- the file ---- */

enum status export_open(struct export **out, const char *directory,
			const struct export_schema *schema, enum export_format format,
			struct error *err)
{
	struct export *export = malloc(sizeof *export);
	char name[64];
	enum status status = STATUS_OK;

	*out = NULL;
	if (!export)
		return error_errno(err, ENOMEM, "%s", schema->name);
	export->schema = schema;
	export->format = format;
	export->at = export->bytes;
	export->end = export->bytes + EXPORT_BYTES;
	snprintf(name, sizeof name, "%s.%s", schema->name, export_formats[format].ending);
	if (directory)
		status = aside_open(&export->file, directory, name, err);
	else
		aside_open_stdout(&export->file);
	if (status) {
		free(export);
		return status;
	}
	if (format == EXPORT_CSV)
		export->at = csv_header(export->at, schema);
	*out = export;
	return STATUS_OK;
}

static enum status export_flush(struct export *export, struct error *err)
{
	fwrite(export->bytes, 1, (size_t)(export->at - export->bytes), export->file.stream);
	export->at = export->bytes;
	return aside_check(&export->file, err);
}

enum status export_row(struct export *export, const struct export_cell *cells, struct error *err)
{
	export->at = export->format == EXPORT_CSV
			     ? csv_row(export->at, export->schema, cells)
			     : binary_row(export->at, export->schema, cells);
	return export->at < export->end ? STATUS_OK : export_flush(export, err);
}

enum status export_finish(struct export **out, struct error *err)
{
	struct export *export = *out;
	enum status status = export_flush(export, err);

	if (status)
		aside_abort(&export->file);
	else
		status = aside_finish(&export->file, err);
	free(export);
	*out = NULL;
	return status;
}

void export_abort(struct export **out)
{
	if (!*out)
		return;
	aside_abort(&(*out)->file);
	free(*out);
	*out = NULL;
}
