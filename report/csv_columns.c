#include "report/csv_columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collect/buffer.h"
#include "collect/table_read.h"
#include "report/csv.h"

#define CSV_LEAP 32 /* bytes that are copied at once, however few are wanted */
#define CSV_SEPARATORS (TABLE_COLUMNS_MAX + 1)

/* A column whose cells differ, and what stands before it in every row: cells that do not. */
struct csv_strip {
	struct cell_form form;
	uint8_t column;
	uint8_t kind;           /* enum csv_kind, of texts and addresses */
	uint32_t lead, lead_bytes; /* in `leads` */
	struct cell_second second; /* of the last time */
	int64_t last;           /* bits of the last real; its text: */
	uint32_t last_bytes;
	char last_text[CELL_ROOM + CSV_LEAP];
};

/* What is made of the texts of a block. The same bytes may stand for a text and an address. */
enum csv_kind { CSV_WORD, CSV_FOREIGN_WORD, CSV_HOST, CSV_KINDS };

struct csv_known {
	uint32_t at, bytes; /* in `known`, where nothing begins at 0 */
};

struct csv_block {
	const struct table_reader *table;
	struct csv_strip strip[TABLE_COLUMNS_MAX];
	uint32_t strips;
	uint32_t tail, tail_bytes;         /* what stands behind the last strip */
	struct buffer leads, known;        /* CSV_LEAP bytes more than said */
	struct csv_known *text[CSV_KINDS]; /* by the number of a text in the block */
	uint32_t texts;
	uint32_t row, rows;                /* of those taken: the next, and how many */
	int64_t value[TABLE_COLUMNS_MAX][WRITER_COLUMNS_ROWS]; /* of each strip */
};

static void *csv_columns_open(void)
{
	return calloc(1, sizeof(struct csv_block));
}

static void csv_columns_close(void *context)
{
	struct csv_block *b = context;
	unsigned kind;

	if (!b)
		return;
	for (kind = 0; kind < CSV_KINDS; kind++)
		free(b->text[kind]);
	buffer_free(&b->leads);
	buffer_free(&b->known);
	free(b);
}

/* ---- a block ---- */

static enum csv_kind csv_kind(enum table_type type)
{
	return type == TABLE_ADDRESS ? CSV_HOST : type == TABLE_FOREIGN ? CSV_FOREIGN_WORD : CSV_WORD;
}

/* A text or an address, by its number; out again where it is unknown. */
static char *csv_heap_text(char *out, const struct table_reader *table, enum table_type type, int64_t number)
{
	size_t size;
	const uint8_t *bytes = table_heap(table, number, &size);

	if (type != TABLE_ADDRESS)
		return bytes ? csv_text(out, (const char *)bytes, type == TABLE_FOREIGN) : out;
	return size == 4 || size == 16 ? cell_address(out, bytes, size) : out;
}

static char *csv_real(char *out, const struct cell_form *form, int64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof real);
	return isfinite(real) ? cell_real(out, real, form->decimals) : out;
}

/* Any value. */
static char *csv_value(char *out, const struct table_reader *table, const struct cell_form *form, int64_t value)
{
	const struct cell cell = {.number = value, .known = true};

	if (cell_is_text(form->type) || form->type == TABLE_ADDRESS)
		return csv_heap_text(out, table, form->type, value);
	if (form->type == TABLE_REAL)
		return csv_real(out, form, value);
	return value == TABLE_INT_UNKNOWN ? out : cell_write(out, form, &cell);
}

/* Room for a cell in any case; what is not used is given back. NULL without memory. */
static char *csv_room(struct buffer *buffer)
{
	return (char *)buffer_extend(buffer, WRITER_CELL_MAX + CSV_LEAP);
}

static void csv_used(struct buffer *buffer, const char *end)
{
	buffer->size = (size_t)(end - (char *)buffer->bytes);
}

static bool csv_forget_texts(struct csv_block *b)
{
	uint32_t texts = table_texts(b->table);
	unsigned kind;

	b->known.size = 0;
	if (!buffer_extend(&b->known, CSV_LEAP)) /* so that nothing is at 0 */
		return false;
	for (kind = 0; kind < CSV_KINDS; kind++) {
		if (texts > b->texts || !b->text[kind]) {
			free(b->text[kind]);
			b->text[kind] = malloc(((size_t)texts + 1) * sizeof *b->text[kind]);
			if (!b->text[kind])
				return false;
		}
		memset(b->text[kind], 0, ((size_t)texts + 1) * sizeof *b->text[kind]);
	}
	b->texts = texts > b->texts ? texts : b->texts;
	return true;
}

/* What stands before a cell, from `lead` on, is complete; false without memory. */
static bool csv_add_strip(struct csv_block *b, unsigned column, const struct cell_form *form, uint32_t lead)
{
	struct csv_strip *strip = &b->strip[b->strips++];

	strip->form = *form;
	strip->column = (uint8_t)column;
	strip->kind = csv_kind(form->type);
	strip->lead = lead;
	strip->lead_bytes = (uint32_t)b->leads.size - lead;
	strip->second = cell_second_none();
	strip->last = 0;
	strip->last_bytes = (uint32_t)(csv_real(strip->last_text, form, 0) - strip->last_text);
	return buffer_extend(&b->leads, CSV_LEAP) != NULL;
}

static bool csv_end_block(struct csv_block *b)
{
	char *out = (char *)buffer_extend(&b->leads, 1 + CSV_LEAP);

	if (!out)
		return false;
	*out = '\n';
	b->tail_bytes = (uint32_t)(b->leads.size - CSV_LEAP) - b->tail;
	return true;
}

/* Which columns differ in this block, and the text of all that do not. */
static bool csv_begin_block(struct csv_block *b, const struct table_schema *schema)
{
	uint32_t lead = 0;
	unsigned c;

	b->strips = 0;
	b->leads.size = 0;
	if (!csv_forget_texts(b))
		return false;
	for (c = 0; c < schema->columns; c++) {
		struct cell_form form = cell_form(&schema->column[c]);
		char *out = csv_room(&b->leads);
		int64_t value;

		if (!out)
			return false;
		if (c)
			*out++ = ',';
		if (table_same(b->table, c, &value)) {
			csv_used(&b->leads, csv_value(out, b->table, &form, value));
			continue;
		}
		csv_used(&b->leads, out);
		if (!csv_add_strip(b, c, &form, lead))
			return false;
		lead = (uint32_t)b->leads.size;
	}
	b->tail = lead;
	return csv_end_block(b);
}

static bool csv_columns_take(void *context, const struct table_schema *schema, const struct table_reader *table,
			     uint32_t rows)
{
	struct csv_block *b = context;
	uint32_t s;

	b->table = table;
	if (table_block_begins(table) && !csv_begin_block(b, schema))
		return false;
	for (s = 0; s < b->strips; s++)
		table_values(table, b->strip[s].column, b->value[s]);
	b->row = 0;
	b->rows = rows;
	return true;
}

/* ---- rows ---- */

/* Bytes behind which there are CSV_LEAP more. */
static inline char *csv_copy(char *out, const void *from, uint32_t bytes)
{
	memcpy(out, from, CSV_LEAP);
	if (bytes > CSV_LEAP)
		memcpy(out + CSV_LEAP, (const char *)from + CSV_LEAP, bytes - CSV_LEAP);
	return out + bytes;
}

/* NULL without memory. */
static const struct csv_known *csv_make_known(struct csv_block *b, const struct csv_strip *strip, int64_t number)
{
	struct csv_known *known = &b->text[strip->kind][number];
	char *text = csv_room(&b->known), *end;

	if (!text)
		return NULL;
	end = csv_heap_text(text, b->table, strip->form.type, number);
	known->at = (uint32_t)(text - (char *)b->known.bytes);
	known->bytes = (uint32_t)(end - text);
	csv_used(&b->known, end + CSV_LEAP);
	return known;
}

/* Texts of which there is no memory for a copy are made anew each time. */
static inline char *csv_known_text(char *out, struct csv_block *b, const struct csv_strip *strip, int64_t number)
{
	const struct csv_known *known = &b->text[strip->kind][number];

	if (!number)
		return out;
	if (!known->at)
		known = csv_make_known(b, strip, number);
	return known ? csv_copy(out, b->known.bytes + known->at, known->bytes)
		     : csv_heap_text(out, b->table, strip->form.type, number);
}

static char *csv_known_real(char *out, struct csv_strip *strip, int64_t bits)
{
	if (bits != strip->last) {
		strip->last = bits;
		strip->last_bytes = (uint32_t)(csv_real(strip->last_text, &strip->form, bits) - strip->last_text);
	}
	return csv_copy(out, strip->last_text, strip->last_bytes);
}

static char *csv_cell(char *out, struct csv_block *b, struct csv_strip *strip, int64_t value)
{
	switch (strip->form.type) {
	case TABLE_INT:
		return value == TABLE_INT_UNKNOWN ? out : cell_int(out, value);
	case TABLE_TIME:
		return value == TABLE_INT_UNKNOWN ? out : cell_time_near(out, value, &strip->second);
	case TABLE_NANOS:
		return value == TABLE_INT_UNKNOWN ? out : cell_nanos(out, value, strip->form.unit_digits,
								     strip->form.decimals);
	case TABLE_REAL:
		return csv_known_real(out, strip, value);
	case TABLE_TEXT:
	case TABLE_FOREIGN:
	case TABLE_ADDRESS:
		break;
	}
	return csv_known_text(out, b, strip, value);
}

static char *csv_columns_rows(void *context, char *out, const char *enough, uint32_t *left)
{
	struct csv_block *b = context;
	uint32_t s;

	for (; b->row < b->rows && out < enough; b->row++) {
		for (s = 0; s < b->strips; s++) {
			struct csv_strip *strip = &b->strip[s];
			int64_t value = b->value[s][b->row];

			out = csv_copy(out, b->leads.bytes + strip->lead, strip->lead_bytes);
			if ((uint64_t)value < 10 && strip->form.type == TABLE_INT)
				*out++ = (char)('0' + value);
			else
				out = csv_cell(out, b, strip, value);
		}
		out = csv_copy(out, b->leads.bytes + b->tail, b->tail_bytes);
	}
	*left = b->rows - b->row;
	return out;
}

const struct writer_columns csv_columns = {csv_columns_open, csv_columns_close, csv_columns_take,
					   csv_columns_rows};
