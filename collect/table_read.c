#include "collect/table_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/buffer.h"
#include "collect/column.h"
#include "collect/table_block.h"

#define TABLE_STEP 64u

struct table_reader {
	struct store_txn *txn;
	uint32_t generation;
	const struct table_schema *schema;
	uint32_t block, blocks;         /* to be read next; of the table */
	uint32_t end;                   /* of the blocks to read: `blocks`, or one behind `block` */
	bool part;                      /* only some blocks are read */
	uint64_t rows_all, rows_seen;
	uint32_t rows;                  /* of the present block */
	uint32_t row, step;             /* the present rows: first and number */
	struct column column[TABLE_COLUMNS_MAX];
	int64_t hole[TABLE_COLUMNS_MAX];
	struct column text_end;
	uint32_t texts;
	const uint8_t *heap;            /* borrowed from the transaction */
};

static enum status table_damaged(const struct table_reader *r, struct error *err)
{
	return error_set(err, STATUS_INPUT,
			 "%s: the store is damaged: table %s, block %u (crosstap-correlate makes it "
			 "anew)",
			 store_path(store_of(r->txn)), r->schema->name, r->block);
}

static enum status table_read_tail(struct table_reader *r, struct error *err)
{
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	uint64_t columns, blocks;
	char name[TABLE_NAME_MAX] = "";
	size_t size;

	status = store_get(r->txn, 'T', r->generation << 8 | r->schema->number, TABLE_TAIL, &value,
			   &size, err);
	if (status)
		return status;
	in = buffer_reader(value, size);
	columns = buffer_get_number(&in);
	blocks = buffer_get_number(&in);
	r->rows_all = buffer_get_number(&in);
	if (in.left) /* a tail of before has no name */
		buffer_get_text(&in, name, sizeof name);
	if (!value || (!in.broken && columns != r->schema->columns))
		return error_set(err, STATUS_INPUT,
				 "the results are of another version of crosstap (table %s): run "
				 "crosstap-correlate again",
				 r->schema->name);
	if (in.broken || in.left || blocks >= TABLE_TAIL || r->rows_all > blocks * TABLE_BLOCK_ROWS ||
	    (*name && strcmp(name, r->schema->name) != 0))
		return table_damaged(r, err);
	r->blocks = r->end = (uint32_t)blocks;
	return STATUS_OK;
}

enum status table_open(struct store_txn *txn, const struct table_schema *schema,
		       struct table_reader **out, struct error *err)
{
	struct store_header header;
	struct table_reader *r;
	enum status status;

	*out = NULL;
	status = store_header_get(txn, &header, err);
	if (status)
		return status;
	if (!header.generation)
		return error_set(err, STATUS_INPUT,
				 "the store holds no results yet: run crosstap-correlate");
	r = calloc(1, sizeof *r);
	if (!r)
		return error_errno(err, ENOMEM, "table %s", schema->name);
	r->txn = txn;
	r->generation = header.generation;
	r->schema = schema;
	status = table_read_tail(r, err);
	if (status)
		table_close(&r);
	*out = r;
	return status;
}

void table_close(struct table_reader **reader)
{
	free(*reader);
	*reader = NULL;
}

/* Ends rise, and each text ends in a zero. */
static bool table_heap_valid(const struct table_reader *r, uint64_t heap_bytes)
{
	uint64_t before = 0;
	uint32_t i;

	for (i = 0; i < r->texts; i++) {
		uint64_t end = (uint64_t)column_get(&r->text_end, i);

		if (end <= before || end > heap_bytes || r->heap[end - 1] != '\0')
			return false;
		before = end;
	}
	return before == heap_bytes;
}

/* No number of a text or an address is above the last of them. In steps of a constant number of values, which
 * -O2 vectorizes: the uppermost bit is set of what is above, and of what is above by far. */
static bool table_column_valid(const struct table_reader *r, unsigned c)
{
	uint64_t value[TABLE_STEP] = {0}, above = 0;
	uint32_t i, k;

	if (!table_in_heap(r->schema->column[c].type))
		return true;
	for (i = 0; i < r->rows; i += TABLE_STEP) {
		uint32_t left = r->rows - i; /* behind the last, those from before are looked at once more */

		column_read_64(&r->column[c], i, left < TABLE_STEP ? left : TABLE_STEP, (int64_t *)value);
		for (k = 0; k < TABLE_STEP; k++)
			above |= value[k] | (r->texts - value[k]);
	}
	return above >> 63 == 0;
}

static bool table_open_column(struct buffer_reader *in, struct column *column, uint32_t rows)
{
	size_t used;

	if (in->broken || !column_open(column, in->bytes, in->left, rows, &used))
		return false;
	in->bytes += used;
	in->left -= used;
	return true;
}

static bool table_block_open(struct table_reader *r, const uint8_t *value, size_t size)
{
	struct buffer_reader in = buffer_reader(value, size);
	uint64_t rows = buffer_get_number(&in), columns = buffer_get_number(&in);
	uint64_t texts = buffer_get_number(&in), heap_bytes = buffer_get_number(&in);
	unsigned c;

	if (in.broken || rows == 0 || rows > TABLE_BLOCK_ROWS || columns != r->schema->columns ||
	    texts > size || heap_bytes > size)
		return false;
	r->rows = (uint32_t)rows;
	r->texts = (uint32_t)texts;
	for (c = 0; c < r->schema->columns; c++) {
		r->hole[c] = (int64_t)buffer_get_number(&in);
		if (!table_open_column(&in, &r->column[c], r->rows) || !table_column_valid(r, c))
			return false;
	}
	if (!table_open_column(&in, &r->text_end, r->texts) || in.left != heap_bytes)
		return false;
	r->heap = in.bytes;
	return table_heap_valid(r, heap_bytes);
}

/* Loads the next block; r->rows is 0 when there is none. */
static enum status table_next_block(struct table_reader *r, struct error *err)
{
	const uint8_t *value;
	enum status status;
	size_t size;

	r->rows = r->row = r->step = 0;
	if (r->block == r->end)
		return r->part || r->rows_seen == r->rows_all ? STATUS_OK : table_damaged(r, err);
	status = store_get(r->txn, 'T', r->generation << 8 | r->schema->number, r->block, &value,
			   &size, err);
	if (status)
		return status == STATUS_INPUT ? table_damaged(r, err) : status;
	if (!value || !table_block_open(r, value, size)) {
		r->rows = 0;
		return table_damaged(r, err);
	}
	r->block++;
	r->rows_seen += r->rows;
	return STATUS_OK;
}

enum status table_next_rows(struct table_reader *r, uint32_t most, uint32_t *rows,
			    struct error *err)
{
	enum status status = STATUS_OK;

	r->row += r->step;
	if (r->row >= r->rows)
		status = table_next_block(r, err);
	r->step = r->rows - r->row < most ? r->rows - r->row : most;
	*rows = r->step;
	return status;
}

enum status table_next(struct table_reader *r, bool *more, struct error *err)
{
	uint32_t rows;
	enum status status = table_next_rows(r, 1, &rows, err);

	*more = rows > 0;
	return status;
}

uint32_t table_blocks(const struct table_reader *r)
{
	return r->blocks;
}

void table_read_block(struct table_reader *r, uint32_t block)
{
	r->block = block;
	r->end = block + 1;
	r->part = true;
	r->rows = r->row = r->step = 0;
}

uint64_t table_rows(const struct table_reader *r)
{
	return r->rows_all;
}

int64_t table_int(const struct table_reader *r, unsigned column)
{
	int64_t value = column_get(&r->column[column], r->row);

	return value == r->hole[column] ? TABLE_INT_UNKNOWN : value;
}

double table_real(const struct table_reader *r, unsigned column)
{
	int64_t bits = column_get(&r->column[column], r->row);
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

void table_values(const struct table_reader *r, unsigned column, int64_t *values)
{
	enum table_type type = r->schema->column[column].type;
	int64_t hole = r->hole[column];
	uint32_t i;

	column_read_64(&r->column[column], r->row, r->step, values);
	if (table_in_heap(type) || type == TABLE_REAL)
		return;
	for (i = 0; i < r->step; i++)
		values[i] = values[i] == hole ? TABLE_INT_UNKNOWN : values[i];
}

bool table_same(const struct table_reader *r, unsigned column, int64_t *value)
{
	enum table_type type = r->schema->column[column].type;
	const struct column *c = &r->column[column];

	*value = c->base;
	if (!table_in_heap(type) && type != TABLE_REAL && c->base == r->hole[column])
		*value = TABLE_INT_UNKNOWN;
	return column_is_same(c);
}

bool table_block_begins(const struct table_reader *r)
{
	return r->row == 0;
}

uint32_t table_texts(const struct table_reader *r)
{
	return r->texts;
}

const uint8_t *table_heap(const struct table_reader *r, int64_t number, size_t *size)
{
	uint32_t text = (uint32_t)number;
	size_t start;

	*size = 0;
	if (!text)
		return NULL;
	start = text > 1 ? (size_t)column_get(&r->text_end, text - 2) : 0;
	*size = (size_t)column_get(&r->text_end, text - 1) - start - 1;
	return r->heap + start;
}

const uint8_t *table_bytes(const struct table_reader *r, unsigned column, size_t *size)
{
	return table_heap(r, column_get(&r->column[column], r->row), size);
}

const char *table_text(const struct table_reader *r, unsigned column)
{
	size_t size;
	const uint8_t *bytes = table_bytes(r, column, &size);

	return bytes ? (const char *)bytes : "";
}
