/* The sheets: everything that is written as rows, each of them a CSV file and a
 * member of the JSON document. One table, in the order in which they are listed.
 */
#ifndef CROSSTAP_REPORT_SHEET_H
#define CROSSTAP_REPORT_SHEET_H

#include "report/rows.h"

struct sheet {
	const struct table_schema *schema; /* its name is the sheet's */
	/* As rows_open_table(). */
	enum status (*open)(struct rows **out, struct store_txn *txn,
			    const struct table_schema *schema, struct error *err);
};

/* Sheet `index`, or NULL behind the last. */
const struct sheet *sheet_at(size_t index);

/* Whether its file is written when all others are, because it speaks of them. */
bool sheet_is_last(const struct sheet *sheet);

/* The sheet of that name, or NULL. */
const struct sheet *sheet_find(const char *name);

static inline enum status MUST_CHECK sheet_open(const struct sheet *sheet, struct rows **out,
						struct store_txn *txn, struct error *err)
{
	return sheet->open(out, txn, sheet->schema, err);
}

/* The value of a row of the run sheet (its last one), cut to `room`; "" where there is none. */
enum status sheet_run_value(struct store_txn *txn, const char *key, char *value, size_t room,
			    struct error *err) MUST_CHECK;

#endif
