/* CSV (RFC 4180) with a header row and LF line ends, UTF-8.
 *
 * A cell is quoted where a reader needs it: it holds a comma, a quote or a line
 * end, or begins or ends with a blank. A cell of a TABLE_FOREIGN column that a
 * spreadsheet would run as a formula gets a ' in front.
 */
#ifndef CROSSTAP_REPORT_CSV_H
#define CROSSTAP_REPORT_CSV_H

#include <stdio.h>

#include "collect/error.h"
#include "report/output.h"
#include "report/rows.h"

struct progress;

/* Writes the header and all rows. `progress` may be NULL. */
enum status csv_write_rows(struct output *output, struct rows *rows, struct progress *progress,
			   struct error *err) MUST_CHECK;

/* Writes one cell of a text; NULL is an empty one. */
void csv_write_cell(FILE *stream, const char *text, bool foreign);

#endif
