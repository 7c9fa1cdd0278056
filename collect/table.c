#include "collect/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/buffer.h"
#include "collect/column.h"
#include "collect/table_block.h"

#define TABLE_HEAP_FULL (1u << 20)      /* a block ends when its texts take this much */
#define TABLE_SLOTS (1u << 15)          /* of the hash over the heap; a power of two */
#define TABLE_PROBES 8                  /* then a text is kept twice: no input makes it slow */
#define TABLE_GENERATION_MAX 0xffffffu  /* 24 bits of the key */
#define TABLE_POINTS_MAX 64u
#define TABLE_CONSTANTS 64u             /* texts remembered by where they are; a power of two */
#define TABLE_STEP 64u                  /* cells cleared at a time; divides TABLE_BLOCK_ROWS */
/* Columns lie so many cells apart: a cache line more than a power of two, or the
 * cells of one row would push each other out of the cache. */
#define TABLE_STRIDE (TABLE_BLOCK_ROWS + 8)
static const char table_kinds[] = {'T', 'V'};

struct table_writer {
	struct store *store;
	uint32_t generation;
	const struct table_schema *schema;
	uint32_t rows, blocks;
	uint64_t rows_before;           /* in the blocks written */
	bool failed;                    /* no memory: said by the next table_row() */
	int64_t *cells;                 /* column by column; unknown from the row under way on */
	bool known[TABLE_COLUMNS_MAX];  /* columns with a cell that was set, in this block */
	struct buffer heap, packed;
	uint32_t *text_end;             /* of each text of the heap */
	uint32_t texts, texts_room;
	uint32_t *slot;                 /* hash -> number of the text, 0 = free */
	struct table_constant {
		const char *text;       /* NULL: free */
		uint32_t number;
	} constant[TABLE_CONSTANTS];
};

static int64_t table_real_bits(double value)
{
	int64_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static int64_t table_unknown(enum table_type type)
{
	if (table_in_heap(type))
		return 0;
	return type == TABLE_REAL ? table_real_bits(NAN) : TABLE_INT_UNKNOWN;
}

/* ---- generations ---- */

/* Deletes all generations but one; *greatest becomes the highest seen, if it is higher. */
static enum status table_sweep(struct store_txn *txn, uint32_t keep, uint32_t *greatest,
			       struct error *err)
{
	size_t k;

	for (k = 0; k < sizeof table_kinds; k++) {
		uint64_t next = 0;

		while (next <= UINT32_MAX) {
			uint32_t a = (uint32_t)next, b = 0;
			enum status status;
			bool found;

			status = store_seek(txn, table_kinds[k], &a, &b, &found, err);
			if (status)
				return status;
			if (!found)
				break;
			*greatest = a >> 8 > *greatest ? a >> 8 : *greatest;
			next = (uint64_t)a + 1;
			if (a >> 8 == keep)
				continue;
			status = store_delete(txn, table_kinds[k], a, err);
			if (status)
				return status;
		}
	}
	return STATUS_OK;
}

/* Another run that began later has swept this one away: its mark is gone. */
static enum status table_check_mark(struct store *store, struct store_txn *txn,
				    uint32_t generation, struct error *err)
{
	const uint8_t *value;
	enum status status;
	size_t size;

	status = store_get(txn, 'T', generation << 8 | TABLE_MARK, 0, &value, &size, err);
	if (!status && !value)
		status = error_set(err, STATUS_SYSTEM,
				   "%s: another run began to write results meanwhile",
				   store_path(store));
	return status;
}

enum status table_generation_new(struct store *store, uint32_t *generation, struct error *err)
{
	struct store_header header;
	struct store_txn *txn = NULL;
	uint32_t greatest;
	enum status status;
	void *value;

	status = store_begin(store, true, &txn, err);
	if (!status)
		status = store_header_get(txn, &header, err);
	if (status)
		goto out;
	/* A number that no run has: one that still lives must not write under it, too. */
	greatest = header.generation;
	status = table_sweep(txn, header.generation, &greatest, err);
	if (!status && greatest >= TABLE_GENERATION_MAX)
		status = error_set(err, STATUS_SYSTEM, "%s: no number left for new results",
				   store_path(store));
	*generation = greatest + 1;
	if (!status)
		status = store_put(txn, 'T', *generation << 8 | TABLE_MARK, 0, 1, &value, err);
	if (!status) {
		*(uint8_t *)value = 1;
		status = store_commit(&txn, err);
	}
out:
	store_abort(&txn);
	return status;
}

enum status table_generation_commit(struct store *store, uint32_t generation, struct error *err)
{
	struct store_header header;
	struct store_txn *txn = NULL;
	uint32_t greatest = 0;
	enum status status;

	status = store_begin(store, true, &txn, err);
	if (!status)
		status = table_check_mark(store, txn, generation, err);
	if (!status)
		status = store_header_get(txn, &header, err);
	if (!status) {
		header.generation = generation;
		status = store_header_put(txn, &header, err);
	}
	if (!status)
		status = table_sweep(txn, generation, &greatest, err);
	if (!status)
		status = store_commit(&txn, err);
	store_abort(&txn);
	return status ? status : store_sync(store, err);
}

/* One value of a generation, in a transaction of its own. */
static enum status table_put(struct store *store, char kind, uint32_t generation, uint32_t low,
			     uint32_t b, const void *bytes, size_t size, struct error *err)
{
	struct store_txn *txn = NULL;
	enum status status;
	void *value;

	status = store_begin(store, true, &txn, err);
	if (!status)
		status = table_check_mark(store, txn, generation, err);
	if (!status)
		status = store_put(txn, kind, generation << 8 | low, b, size, &value, err);
	if (!status) {
		if (size)
			memcpy(value, bytes, size);
		status = store_commit(&txn, err);
	}
	store_abort(&txn);
	return status;
}

enum status table_put_blob(struct store *store, uint32_t generation, uint32_t point, uint32_t block,
			   const void *bytes, size_t size, struct error *err)
{
	if (point >= TABLE_POINTS_MAX)
		return error_set(err, STATUS_SYSTEM, "%s: point %u is one too many",
				 store_path(store), point);
	return table_put(store, 'V', generation, point, block, bytes, size, err);
}

enum status table_get_blob(struct store_txn *txn, uint32_t generation, uint32_t point,
			   uint32_t block, const uint8_t **bytes, size_t *size, struct error *err)
{
	return store_get(txn, 'V', generation << 8 | point, block, bytes, size, err);
}

/* ---- writing ---- */

static int64_t *table_cells(struct table_writer *w, unsigned column)
{
	return w->cells + (size_t)column * TABLE_STRIDE;
}

/* In steps of a constant number of cells, which -O2 vectorizes. */
static void table_column_clear(struct table_writer *w, unsigned column, uint32_t rows)
{
	int64_t *cells = table_cells(w, column);
	int64_t unknown = table_unknown(w->schema->column[column].type);
	uint32_t i, k;

	for (i = 0; i < rows; i += TABLE_STEP, cells += TABLE_STEP)
		for (k = 0; k < TABLE_STEP; k++)
			cells[k] = unknown;
	w->known[column] = false;
}

static void table_block_clear(struct table_writer *w)
{
	unsigned c;

	for (c = 0; c < w->schema->columns; c++)
		if (w->known[c])
			table_column_clear(w, c, w->rows);
	w->rows = 0;
	w->heap.size = 0;
	w->texts = 0;
	memset(w->slot, 0, TABLE_SLOTS * sizeof *w->slot);
	memset(w->constant, 0, sizeof w->constant);
}

enum status table_begin(struct store *store, uint32_t generation, const struct table_schema *schema,
			struct table_writer **out, struct error *err)
{
	struct table_writer *w = calloc(1, sizeof *w);
	unsigned c;

	*out = NULL;
	if (!w)
		return error_errno(err, ENOMEM, "table %s", schema->name);
	w->store = store;
	w->generation = generation;
	w->schema = schema;
	w->cells = calloc((size_t)schema->columns * TABLE_STRIDE, sizeof *w->cells);
	w->slot = calloc(TABLE_SLOTS, sizeof *w->slot);
	if (!w->cells || !w->slot || schema->columns > TABLE_COLUMNS_MAX) {
		table_abort(&w);
		return error_errno(err, ENOMEM, "table %s", schema->name);
	}
	for (c = 0; c < schema->columns; c++)
		table_column_clear(w, c, TABLE_BLOCK_ROWS);
	*out = w;
	return STATUS_OK;
}

void table_abort(struct table_writer **writer)
{
	struct table_writer *w = *writer;

	if (!w)
		return;
	buffer_free(&w->heap);
	buffer_free(&w->packed);
	free(w->cells);
	free(w->text_end);
	free(w->slot);
	free(w);
	*writer = NULL;
}

static void table_set(struct table_writer *w, unsigned column, int64_t value)
{
	table_cells(w, column)[w->rows] = value;
	w->known[column] = true;
}

void table_set_int(struct table_writer *w, unsigned column, int64_t value)
{
	table_set(w, column, value);
}

void table_set_real(struct table_writer *w, unsigned column, double value)
{
	table_set(w, column, table_real_bits(isfinite(value) ? value : NAN));
}

/* Appends a text to the heap; its number, 0 without memory. */
static uint32_t table_heap_append(struct table_writer *w, const void *bytes, size_t size)
{
	uint8_t *p;

	if (w->texts == w->texts_room) {
		uint32_t room = w->texts_room ? 2 * w->texts_room : 256;
		uint32_t *grown = realloc(w->text_end, room * sizeof *grown);

		if (!grown)
			return 0;
		w->text_end = grown;
		w->texts_room = room;
	}
	p = buffer_extend(&w->heap, size + 1);
	if (!p)
		return 0;
	memcpy(p, bytes, size);
	p[size] = '\0';
	w->text_end[w->texts++] = (uint32_t)w->heap.size;
	return w->texts;
}

static bool table_heap_equal(const struct table_writer *w, uint32_t text, const void *bytes,
			     size_t size)
{
	uint32_t start = text > 1 ? w->text_end[text - 2] : 0;
	const uint8_t *there = w->heap.bytes + start;

	if (w->text_end[text - 1] - start != size + 1)
		return false;
	if (size == 4) /* IPv4 addresses: compared without a call */
		return memcmp(there, bytes, 4) == 0;
	return memcmp(there, bytes, size) == 0;
}

/* The number of a text, which is put into the heap if it is not there. 0: no memory. */
static uint32_t table_heap_number(struct table_writer *w, const void *bytes, size_t size)
{
	uint32_t slot = (uint32_t)XXH3_64bits(bytes, size) & (TABLE_SLOTS - 1), text, probe;

	for (probe = 0; probe < TABLE_PROBES; probe++) {
		text = w->slot[slot];
		if (!text)
			break;
		if (table_heap_equal(w, text, bytes, size))
			return text;
		slot = (slot + 1) & (TABLE_SLOTS - 1);
	}
	text = table_heap_append(w, bytes, size);
	w->failed = w->failed || !text;
	if (probe < TABLE_PROBES)
		w->slot[slot] = text;
	return text;
}

void table_set_bytes(struct table_writer *w, unsigned column, const void *bytes, size_t size)
{
	uint32_t before = w->rows ? (uint32_t)table_cells(w, column)[w->rows - 1] : 0;

	if (size > TABLE_TEXT_MAX)
		size = TABLE_TEXT_MAX;
	if (!size)
		table_set(w, column, 0);
	else if (before && table_heap_equal(w, before, bytes, size))
		table_set(w, column, before);
	else
		table_set(w, column, table_heap_number(w, bytes, size));
}

void table_set_text(struct table_writer *w, unsigned column, const char *text)
{
	size_t size = text ? strlen(text) : 0;

	if (size > TABLE_TEXT_MAX) {
		size = TABLE_TEXT_MAX;
		while (size > TABLE_TEXT_MAX - 3 && ((uint8_t)text[size] & 0xc0) == 0x80)
			size--; /* not inside a UTF-8 character */
	}
	table_set_bytes(w, column, text, size);
}

void table_set_constant(struct table_writer *w, unsigned column, const char *text)
{
	struct table_constant *constant =
		&w->constant[(uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15) >> 32 &
			     (TABLE_CONSTANTS - 1)];

	if (!text || constant->text != text) {
		table_set_text(w, column, text);
		*constant = (struct table_constant){
			text, (uint32_t)table_cells(w, column)[w->rows]};
	}
	table_set(w, column, constant->number);
}

/* Gives the unknown cells of a column the value below its least known one, so
 * that they do not widen it. Returns that value. No branch depends on a cell: which
 * are unknown cannot be foretold. */
static int64_t table_fill_holes(int64_t *cells, uint32_t rows)
{
	/* above the unknown, which is the least of all numbers, and comes out as the greatest */
	uint64_t least = UINT64_MAX, most = 0;
	int64_t hole;
	uint32_t i;

	for (i = 0; i < rows; i++) {
		uint64_t above = (uint64_t)cells[i] - (uint64_t)TABLE_INT_UNKNOWN - 1;

		least = above < least ? above : least;
		most = above > most ? above : most;
	}
	hole = (int64_t)((uint64_t)TABLE_INT_UNKNOWN + least);
	for (i = 0; i < rows && most == UINT64_MAX; i++)
		cells[i] = cells[i] == TABLE_INT_UNKNOWN ? hole : cells[i];
	return hole;
}

static void table_pack(struct buffer *out, const void *values, size_t element_bytes, uint32_t rows)
{
	size_t most = column_bytes_max(rows);
	uint8_t *p = buffer_extend(out, most);

	if (p)
		out->size -= most - column_pack(p, values, element_bytes, rows);
}

/* A column's hole and cells. Where nothing is known, the cells as they are stand for that. */
static void table_pack_column(struct table_writer *w, unsigned column)
{
	enum table_type type = w->schema->column[column].type;
	int64_t *cells = table_cells(w, column), hole = 0;

	if (!table_in_heap(type) && type != TABLE_REAL)
		hole = w->known[column] ? table_fill_holes(cells, w->rows) : TABLE_INT_UNKNOWN;
	buffer_put_number(&w->packed, (uint64_t)hole);
	table_pack(&w->packed, cells, sizeof *cells, w->rows);
}

static enum status table_flush(struct table_writer *w, struct error *err)
{
	struct buffer *out = &w->packed;
	enum status status;
	unsigned c;
	uint8_t *p;

	if (!w->rows)
		return STATUS_OK;
	out->size = 0;
	buffer_put_number(out, w->rows);
	buffer_put_number(out, w->schema->columns);
	buffer_put_number(out, w->texts);
	buffer_put_number(out, w->heap.size);
	for (c = 0; c < w->schema->columns; c++)
		table_pack_column(w, c);
	table_pack(out, w->text_end, sizeof *w->text_end, w->texts);
	p = w->heap.size ? buffer_extend(out, w->heap.size) : NULL;
	if (p)
		memcpy(p, w->heap.bytes, w->heap.size);
	if (out->failed)
		return error_errno(err, ENOMEM, "table %s", w->schema->name);
	status = table_put(w->store, 'T', w->generation, w->schema->number, w->blocks, out->bytes,
			   out->size, err);
	w->blocks++;
	w->rows_before += w->rows;
	table_block_clear(w);
	return status;
}

enum status table_row(struct table_writer *w, struct error *err)
{
	if (w->failed)
		return error_errno(err, ENOMEM, "table %s", w->schema->name);
	w->rows++;
	if (w->rows == TABLE_BLOCK_ROWS || w->heap.size >= TABLE_HEAP_FULL)
		return table_flush(w, err);
	return STATUS_OK;
}

enum status table_finish(struct table_writer **writer, struct error *err)
{
	struct table_writer *w = *writer;
	uint8_t bytes[24 + TABLE_NAME_MAX];
	struct buffer tail = buffer_fixed(bytes, sizeof bytes);
	enum status status = table_flush(w, err);

	buffer_put_number(&tail, w->schema->columns);
	buffer_put_number(&tail, w->blocks);
	buffer_put_number(&tail, w->rows_before);
	buffer_put_text(&tail, w->schema->name);
	if (!status)
		status = table_put(w->store, 'T', w->generation, w->schema->number, TABLE_TAIL,
				   tail.bytes, tail.size, err);
	table_abort(writer);
	return status;
}
