#include "report/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collect/table_read.h"

/* Rows are taken out of the store's columns a few at a time, column by column: what depends
 * on the column is asked once for all of them, and they fit the processor's first cache. */
#define ROWS_BATCH 32

_Static_assert(TABLE_COLUMNS_MAX <= 64, "a bit for each column");

struct rows_table {
	struct rows rows;
	struct table_reader *reader;
	uint32_t row, count; /* the present one, and how many are in the batch */
	uint64_t wanted, read; /* columns: of every batch, and of this one */
	struct cell cell[ROWS_BATCH][TABLE_COLUMNS_MAX];
};

static void rows_table_numbers(struct rows_table *t, unsigned c, const int64_t *value)
{
	uint32_t i;

	for (i = 0; i < t->count; i++) {
		t->cell[i][c].number = value[i];
		t->cell[i][c].known = value[i] != TABLE_INT_UNKNOWN;
	}
}

static void rows_table_reals(struct rows_table *t, unsigned c, const int64_t *value)
{
	uint32_t i;

	for (i = 0; i < t->count; i++) {
		struct cell *cell = &t->cell[i][c];

		memcpy(&cell->real, &value[i], sizeof cell->real);
		cell->known = isfinite(cell->real);
	}
}

static void rows_table_texts(struct rows_table *t, unsigned c, const int64_t *value)
{
	size_t size;
	uint32_t i;

	for (i = 0; i < t->count; i++) {
		const uint8_t *bytes = table_heap(t->reader, value[i], &size);

		t->cell[i][c].text = bytes ? (const char *)bytes : "";
		t->cell[i][c].known = bytes && *bytes;
	}
}

static void rows_table_addresses(struct rows_table *t, unsigned c, const int64_t *value)
{
	size_t size;
	uint32_t i;

	for (i = 0; i < t->count; i++) {
		t->cell[i][c].bytes = table_heap(t->reader, value[i], &size);
		t->cell[i][c].size = (uint32_t)size;
		t->cell[i][c].known = size == 4 || size == 16;
	}
}

static void rows_table_column(struct rows_table *t, unsigned c)
{
	int64_t value[ROWS_BATCH];

	table_values(t->reader, c, value);
	switch (t->rows.schema->column[c].type) {
	case TABLE_INT:
	case TABLE_TIME:
	case TABLE_NANOS:
		rows_table_numbers(t, c, value);
		break;
	case TABLE_REAL:
		rows_table_reals(t, c, value);
		break;
	case TABLE_TEXT:
	case TABLE_FOREIGN:
		rows_table_texts(t, c, value);
		break;
	case TABLE_ADDRESS:
		rows_table_addresses(t, c, value);
		break;
	}
}

/* Those columns that are not there yet. */
static void rows_table_read(struct rows_table *t, uint64_t columns)
{
	unsigned c;

	columns &= ~t->read;
	for (c = 0; c < t->rows.schema->columns; c++)
		if (columns >> c & 1)
			rows_table_column(t, c);
	t->read |= columns;
}

static enum status rows_table_next(struct rows *rows, bool *more, struct error *err)
{
	struct rows_table *t = (struct rows_table *)rows;
	enum status status = STATUS_OK;

	if (++t->row >= t->count) {
		status = table_next_rows(t->reader, ROWS_BATCH, &t->count, err);
		t->read = 0;
		if (t->count)
			rows_table_read(t, t->wanted);
		t->row = 0;
	}
	*more = t->count > 0;
	return status;
}

static const struct cell *rows_table_cells(const struct rows *rows)
{
	const struct rows_table *t = (const struct rows_table *)rows;

	return t->cell[t->row];
}

static void rows_table_part(struct rows *rows, uint32_t part)
{
	struct rows_table *t = (struct rows_table *)rows;

	t->count = 0;
	if (part < table_blocks(t->reader)) /* a table without rows has a part, but no block */
		table_read_block(t->reader, part);
}

static void rows_table_want(struct rows *rows, uint64_t columns)
{
	((struct rows_table *)rows)->wanted = columns;
}

static void rows_table_fill(struct rows *rows)
{
	rows_table_read((struct rows_table *)rows, UINT64_MAX);
}

static struct table_reader *rows_table_reader(struct rows *rows)
{
	return ((struct rows_table *)rows)->reader;
}

static void rows_table_close(struct rows *rows)
{
	table_close(&((struct rows_table *)rows)->reader);
	free(rows);
}

enum status rows_open_table(struct rows **out, struct store_txn *txn,
			    const struct table_schema *schema, struct error *err)
{
	static const struct rows_type type = {rows_table_next, rows_table_cells, rows_table_close,
					      rows_table_part, rows_table_reader, rows_table_want,
					      rows_table_fill};
	struct rows_table *table = calloc(1, sizeof *table);
	enum status status;

	*out = NULL;
	if (!table)
		return error_errno(err, ENOMEM, "table %s", schema->name);
	table->rows.type = &type;
	table->rows.schema = schema;
	table->wanted = UINT64_MAX;
	status = table_open(txn, schema, &table->reader, err);
	if (status) {
		free(table);
		return status;
	}
	table->rows.total = table_rows(table->reader);
	table->rows.parts = table_blocks(table->reader);
	table->rows.parts += !table->rows.parts;
	*out = &table->rows;
	return STATUS_OK;
}
