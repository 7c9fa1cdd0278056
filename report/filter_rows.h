/* The sheets as a filter leaves them: of those that have a session in each row, the rows of
 * the sessions that are taken; all others as they are. */
#ifndef CROSSTAP_REPORT_FILTER_ROWS_H
#define CROSSTAP_REPORT_FILTER_ROWS_H

#include "report/filter_match.h"
#include "report/output.h"
#include "report/sheet.h"

struct progress;

/* Like sheet_open(). `match` may be NULL (all rows), and is used until the rows are closed. */
enum status filter_rows_open(struct rows **out, const struct sheet *sheet,
			     const struct filter_match *match, struct store_txn *txn,
			     struct error *err) MUST_CHECK;

/* Whether a filter changes the sheet. */
bool filter_rows_concerns(const struct sheet *sheet);

/* Like set_sheets_write() and json_write(), filtered. `progress` may be NULL. */
enum status filter_write_sheets(const struct filter_match *match, struct store_txn *txn,
				const struct output_folder *folder, struct progress *progress,
				struct error *err) MUST_CHECK;
enum status filter_write_json(struct output *output, const struct filter_match *match,
			      struct store_txn *txn, struct progress *progress,
			      struct error *err) MUST_CHECK;

#endif
