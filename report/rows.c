#include "report/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct rows_table {
	struct rows rows;
	struct table_reader *reader;
};

static enum status rows_table_next(struct rows *rows, bool *more, struct error *err)
{
	return table_next(((struct rows_table *)rows)->reader, more, err);
}

static void rows_table_cell(const struct rows *rows, unsigned column, struct cell *cell)
{
	const struct table_reader *reader = ((const struct rows_table *)rows)->reader;

	switch (rows->schema->column[column].type) {
	case TABLE_INT:
	case TABLE_TIME:
	case TABLE_NANOS:
		cell->number = table_int(reader, column);
		cell->known = cell->number != TABLE_INT_UNKNOWN;
		break;
	case TABLE_REAL:
		cell->real = table_real(reader, column);
		cell->known = isfinite(cell->real);
		break;
	case TABLE_TEXT:
	case TABLE_FOREIGN:
		cell->text = table_text(reader, column);
		cell->known = *cell->text != '\0';
		break;
	case TABLE_ADDRESS:
		cell->bytes = table_bytes(reader, column, &cell->size);
		cell->known = cell->size == 4 || cell->size == 16;
		break;
	}
}

static void rows_table_close(struct rows *rows)
{
	table_close(&((struct rows_table *)rows)->reader);
	free(rows);
}

enum status rows_open_table(struct rows **out, struct store_txn *txn,
			    const struct table_schema *schema, struct error *err)
{
	static const struct rows_type type = {rows_table_next, rows_table_cell, rows_table_close};
	struct rows_table *table = calloc(1, sizeof *table);
	enum status status;

	*out = NULL;
	if (!table)
		return error_errno(err, ENOMEM, "table %s", schema->name);
	table->rows.type = &type;
	table->rows.schema = schema;
	status = table_open(txn, schema, &table->reader, err);
	if (status) {
		free(table);
		return status;
	}
	table->rows.total = table_rows(table->reader);
	*out = &table->rows;
	return STATUS_OK;
}
