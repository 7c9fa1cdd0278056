/* CSV (RFC 4180) with a header row and LF line ends, UTF-8.
 *
 * A cell is quoted where a reader needs it: it holds a comma, a quote or a line
 * end, or begins or ends with a blank. A cell of a TABLE_FOREIGN column that a
 * spreadsheet would run as a formula gets a ' in front, and is escaped as for a terminal
 * (collect/terminal.h), on which somebody may look at the file.
 */
#ifndef CROSSTAP_REPORT_CSV_H
#define CROSSTAP_REPORT_CSV_H

#include "report/writer.h"

extern const struct writer_format csv_format;

/* Writes the header and all rows. `progress` may be NULL. */
enum status csv_write_rows(struct output *output, struct rows *rows, struct progress *progress,
			   struct error *err) MUST_CHECK;

/* Writes a text to `out`, where WRITER_CELL_MAX bytes are free; returns its end. */
char *csv_text(char *out, const char *text, bool foreign);

#endif
