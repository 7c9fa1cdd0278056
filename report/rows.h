/* Rows to be written out, wherever they come from: the one protocol between the
 * tables of a store (and the list of its captures) and the writers of CSV, JSON
 * and text.
 *
 * Rows come one after the other; the cells of a row are borrowed until the next
 * one. Whatever opens rows makes a struct that begins with a `struct rows`.
 *
 * Large rows have several parts, which follow on each other; whoever wants one of
 * them only, because others are busy with the rest, says so before the first row.
 */
#ifndef CROSSTAP_REPORT_ROWS_H
#define CROSSTAP_REPORT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/store.h"
#include "collect/table.h"

struct cell {
	union {
		int64_t number;       /* TABLE_INT, TABLE_TIME, TABLE_NANOS */
		double real;          /* TABLE_REAL */
		const char *text;     /* TABLE_TEXT, TABLE_FOREIGN; never NULL */
		const uint8_t *bytes; /* TABLE_ADDRESS */
	};
	uint32_t size;                /* of an address: 4 or 16 */
	bool known;
};

struct rows;
struct table_reader;

struct rows_type {
	enum status (*next)(struct rows *rows, bool *more, struct error *err);
	const struct cell *(*cells)(const struct rows *rows);
	void (*close)(struct rows *rows);
	void (*part)(struct rows *rows, uint32_t part); /* NULL: there is one only */
	struct table_reader *(*table)(struct rows *rows); /* NULL: they are of no table */
	void (*want)(struct rows *rows, uint64_t columns); /* NULL: all cells are read anyway */
	void (*fill)(struct rows *rows);
};

struct rows {
	const struct rows_type *type;
	const struct table_schema *schema;
	uint64_t total; /* rows in all */
	uint32_t parts; /* at least 1 */
};

/* The next row; *more is false after the last. */
static inline enum status MUST_CHECK rows_next(struct rows *rows, bool *more, struct error *err)
{
	return rows->type->next(rows, more, err);
}

/* The cells of the present row, one for each column; only the fields of its type mean
 * something. */
static inline const struct cell *rows_cells(const struct rows *rows)
{
	return rows->type->cells(rows);
}

static inline void rows_cell(const struct rows *rows, unsigned column, struct cell *cell)
{
	*cell = rows_cells(rows)[column];
}

/* The next rows are those of this part (below rows->parts), and then there are no more. */
static inline void rows_part(struct rows *rows, uint32_t part)
{
	if (rows->type->part)
		rows->type->part(rows, part);
}

/* For who looks at many rows and wants few: of those that are to come only these columns (bits, from 1 << 0 on)
 * have cells, until rows_fill() is asked for the present row's others. */
static inline void rows_want(struct rows *rows, uint64_t columns)
{
	if (rows->type->want)
		rows->type->want(rows, columns);
}

static inline void rows_fill(struct rows *rows)
{
	if (rows->type->fill)
		rows->type->fill(rows);
}

/* The table whose rows these are, one by one and as they are, for who takes the next ones column by column,
 * all of them, and asks for no cells; NULL: there is none. */
static inline struct table_reader *rows_table(struct rows *rows)
{
	return rows->type->table ? rows->type->table(rows) : NULL;
}

/* NULL is legal; *rows becomes NULL. */
static inline void rows_close(struct rows **rows)
{
	if (*rows)
		(*rows)->type->close(*rows);
	*rows = NULL;
}

/* The rows of a table of the results. To be closed before the transaction ends. */
enum status rows_open_table(struct rows **out, struct store_txn *txn,
			    const struct table_schema *schema, struct error *err) MUST_CHECK;

#endif
