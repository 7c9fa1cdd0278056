/* Tables: results as typed rows in the store.
 *
 * A schema says a table's columns; it is a static const table in the code of
 * whoever writes the rows, and whoever reads them uses the same one. Rows lie
 * packed in blocks, texts in a heap behind the block's columns (equal texts of
 * a block once). A value that is not known is `unknown`, never 0.
 *
 * Results belong to a generation. A run writes all of its tables under a new
 * one and then makes it current in one transaction, which also removes
 * the older ones; a run that dies leaves the former results as they were.
 */
#ifndef CROSSTAP_COLLECT_TABLE_H
#define CROSSTAP_COLLECT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/store.h"

#define TABLE_COLUMNS_MAX 40
#define TABLE_BLOCK_ROWS 4096u
#define TABLE_TEXT_MAX 4096       /* bytes of one text; longer ones are cut */
#define TABLE_INT_UNKNOWN INT64_MIN

enum table_type {
	TABLE_INT,     /* int64; unknown: TABLE_INT_UNKNOWN */
	TABLE_REAL,    /* double; unknown: NaN. Shown with `decimals` digits */
	TABLE_TIME,    /* int64 ns since 1970 UTC; unknown: TABLE_INT_UNKNOWN */
	TABLE_NANOS,   /* int64 ns, a length of time, shown in microseconds (name_us) or seconds (name_s)
	                  as `decimals` and the column's name say */
	TABLE_TEXT,    /* text that crosstap made: words, names of its own lists */
	TABLE_FOREIGN, /* text that came from a packet, a file name or the command line: to be escaped */
	TABLE_ADDRESS, /* 4 or 16 bytes, network order; unknown: no bytes */
};

struct table_column {
	const char *name;             /* as in the CSV header */
	enum table_type type;
	uint8_t decimals;             /* TABLE_REAL, TABLE_NANOS */
};

struct table_schema {
	const char *name;             /* as in the CSV file's name */
	uint8_t number;               /* in the store's keys: never used again for another table */
	uint8_t columns;
	const struct table_column *column;
};

/* ---- writing ---- */

struct table_writer;

/* Begins a table of a generation. The rows are buffered and written block by block
 * in transactions of their own: several threads may each write a table. */
enum status table_begin(struct store *store, uint32_t generation, const struct table_schema *schema,
			struct table_writer **out, struct error *err) MUST_CHECK;
/* Sets a cell of the row under way; cells not set are unknown. */
void table_set_int(struct table_writer *writer, unsigned column, int64_t value); /* TIME and NANOS, too */
void table_set_real(struct table_writer *writer, unsigned column, double value);
void table_set_text(struct table_writer *writer, unsigned column, const char *text); /* NULL: unknown */
/* The same for a text that stays where and what it is until the writer is freed: a
 * literal, a point's name. It is looked at once for each block. */
void table_set_constant(struct table_writer *writer, unsigned column, const char *text);
void table_set_bytes(struct table_writer *writer, unsigned column, const void *bytes, size_t size);
/* Ends the row under way. */
enum status table_row(struct table_writer *writer, struct error *err) MUST_CHECK;
/* Writes what is left and frees the writer; *writer becomes NULL, on failure too. */
enum status table_finish(struct table_writer **writer, struct error *err) MUST_CHECK;
/* Frees without writing. NULL is legal. */
void table_abort(struct table_writer **writer);

/* Packet columns: one blob of bytes per (point, block), any use. */
enum status table_put_blob(struct store *store, uint32_t generation, uint32_t point, uint32_t block,
			   const void *bytes, size_t size, struct error *err) MUST_CHECK;
enum status table_get_blob(struct store_txn *txn, uint32_t generation, uint32_t point,
			   uint32_t block, const uint8_t **bytes, size_t *size,
			   struct error *err) MUST_CHECK;

/* A number for a new generation (not yet current); whatever a dead run left
 * under it is removed. */
enum status table_generation_new(struct store *store, uint32_t *generation, struct error *err)
	MUST_CHECK;
/* Makes it the current one and removes all others. */
enum status table_generation_commit(struct store *store, uint32_t generation, struct error *err)
	MUST_CHECK;

/* ---- reading ---- */

struct table_reader;

/* Opens a table of the current generation. STATUS_INPUT when there are no
 * results yet ("run crosstap-correlate"). The reader must be closed before the
 * transaction ends. */
enum status table_open(struct store_txn *txn, const struct table_schema *schema,
		       struct table_reader **out, struct error *err) MUST_CHECK;
/* The next row; *more is false after the last. */
enum status table_next(struct table_reader *reader, bool *more, struct error *err) MUST_CHECK;
uint64_t table_rows(const struct table_reader *reader); /* of the whole table */
/* Cells of the present row. Texts are borrowed until the next row and end in a zero. */
int64_t table_int(const struct table_reader *reader, unsigned column);
double table_real(const struct table_reader *reader, unsigned column);
const char *table_text(const struct table_reader *reader, unsigned column); /* unknown: "" */
const uint8_t *table_bytes(const struct table_reader *reader, unsigned column, size_t *size);
void table_close(struct table_reader **reader);

#endif
