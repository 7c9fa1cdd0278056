#include "collect/table_check.h"

#include <stdio.h>
#include <string.h>

#include "collect/buffer.h"
#include "collect/column.h"
#include "collect/table_block.h"

/* What a tail says, and where we are. */
struct table_walk {
	struct store_txn *txn;
	uint32_t generation, number, block;
	uint64_t columns, blocks, rows;
	struct table_found *found;
};

static enum status table_fault(const struct table_walk *w, const char *why, struct error *err)
{
	char number[16];

	snprintf(number, sizeof number, "%u", w->number);
	return error_set(err, STATUS_INPUT, "%s: table %s, block %u: %s", store_path(store_of(w->txn)),
			 *w->found->name ? w->found->name : number, w->block, why);
}

static bool table_check_column(struct buffer_reader *in, struct column *column, uint32_t rows)
{
	size_t used;

	if (in->broken || !column_open(column, in->bytes, in->left, rows, &used))
		return false;
	in->bytes += used;
	in->left -= used;
	return true;
}

/* The texts end where the column of ends says, each in a zero. */
static bool table_check_heap(const struct column *ends, uint32_t texts, const uint8_t *heap,
			     uint64_t heap_bytes)
{
	uint64_t before = 0;
	uint32_t i;

	for (i = 0; i < texts; i++) {
		uint64_t end = (uint64_t)column_get(ends, i);

		if (end <= before || end > heap_bytes || heap[end - 1] != '\0')
			return false;
		before = end;
	}
	return before == heap_bytes;
}

/* NULL, or what is wrong with a block; *rows it has. */
static const char *table_check_block(const struct table_walk *w, const uint8_t *value, size_t size,
				     uint64_t *rows)
{
	struct buffer_reader in = buffer_reader(value, size);
	uint64_t columns, texts, heap_bytes, c;
	struct column column;

	*rows = buffer_get_number(&in);
	columns = buffer_get_number(&in);
	texts = buffer_get_number(&in);
	heap_bytes = buffer_get_number(&in);
	if (in.broken || *rows == 0 || *rows > TABLE_BLOCK_ROWS || texts > size || heap_bytes > size)
		return "its head is damaged";
	if (columns != w->columns)
		return "another number of columns than the table has";
	for (c = 0; c < columns; c++) {
		(void)buffer_get_number(&in); /* the hole */
		if (!table_check_column(&in, &column, (uint32_t)*rows))
			return "a column is damaged";
	}
	if (!table_check_column(&in, &column, (uint32_t)texts) || in.left != heap_bytes ||
	    !table_check_heap(&column, (uint32_t)texts, in.bytes, heap_bytes))
		return "its texts are damaged";
	return NULL;
}

static enum status table_check_tail(struct table_walk *w, struct error *err)
{
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	size_t size;

	status = store_get(w->txn, 'T', w->generation << 8 | w->number, TABLE_TAIL, &value, &size, err);
	if (status)
		return status;
	in = buffer_reader(value, size);
	w->columns = buffer_get_number(&in);
	w->blocks = buffer_get_number(&in);
	w->rows = buffer_get_number(&in);
	if (in.left)
		buffer_get_text(&in, w->found->name, sizeof w->found->name);
	if (!value || in.broken || w->blocks >= TABLE_TAIL || w->columns > TABLE_COLUMNS_MAX)
		return table_fault(w, value ? "its tail is damaged" : "it has no tail", err);
	return STATUS_OK;
}

/* Behind the last block there is the tail, and no more. */
static enum status table_check_end(struct table_walk *w, struct error *err)
{
	uint32_t a = w->generation << 8 | w->number, b = w->block;
	enum status status;
	bool found;

	status = store_seek(w->txn, 'T', &a, &b, &found, err);
	if (!status && (!found || a != (w->generation << 8 | w->number) || b != TABLE_TAIL))
		return table_fault(w, "one block too many", err);
	if (!status && w->found->rows != w->rows)
		return table_fault(w, "another number of rows in all than the table has", err);
	return status;
}

enum status table_check(struct store_txn *txn, uint32_t generation, uint32_t number,
			struct table_found *found, struct error *err)
{
	struct table_walk w = {.txn = txn, .generation = generation, .number = number, .found = found};
	enum status status;

	*found = (struct table_found){.rows = 0};
	status = table_check_tail(&w, err);
	for (; !status && w.block < w.blocks; w.block++) {
		const char *why = "it is missing";
		const uint8_t *value;
		uint64_t rows = 0;
		size_t size;

		status = store_get(txn, 'T', generation << 8 | number, w.block, &value, &size, err);
		if (status)
			return status;
		if (value)
			why = table_check_block(&w, value, size, &rows);
		if (why)
			return table_fault(&w, why, err);
		found->rows += rows;
	}
	return status ? status : table_check_end(&w, err);
}
