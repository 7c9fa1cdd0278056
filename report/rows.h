/* Rows to be written out, wherever they come from: the one protocol between the
 * tables of a store (and the list of its captures) and the writers of CSV, JSON
 * and text.
 *
 * Rows come one after the other; the cells of a row are borrowed until the next
 * one. Whatever opens rows makes a struct that begins with a `struct rows`.
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
	bool known;
	int64_t number;       /* TABLE_INT, TABLE_TIME, TABLE_NANOS */
	double real;          /* TABLE_REAL */
	const char *text;     /* TABLE_TEXT, TABLE_FOREIGN */
	const uint8_t *bytes; /* TABLE_ADDRESS */
	size_t size;
};

struct rows;

struct rows_type {
	enum status (*next)(struct rows *rows, bool *more, struct error *err);
	void (*cell)(const struct rows *rows, unsigned column, struct cell *cell);
	void (*close)(struct rows *rows);
};

struct rows {
	const struct rows_type *type;
	const struct table_schema *schema;
	uint64_t total; /* rows in all */
};

/* The next row; *more is false after the last. */
static inline enum status MUST_CHECK rows_next(struct rows *rows, bool *more, struct error *err)
{
	return rows->type->next(rows, more, err);
}

/* A cell of the present row; only the fields of its type mean something. */
static inline void rows_cell(const struct rows *rows, unsigned column, struct cell *cell)
{
	rows->type->cell(rows, column, cell);
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
