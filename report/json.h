/* The whole report as one JSON document (RFC 8259): an object with a member for each
 * sheet, an array of objects whose members are the columns. Numbers stand as in
 * the CSV files; times, addresses and texts are strings; unknown is null.
 */
#ifndef CROSSTAP_REPORT_JSON_H
#define CROSSTAP_REPORT_JSON_H

#include "report/writer.h"

#define JSON_VERSION 1 /* of the columns' names and meaning, as of the CSV files */

/* `progress` may be NULL. */
enum status json_write(struct output *output, struct store_txn *txn, struct progress *progress,
		       struct error *err) MUST_CHECK;

/* An array of the rows. */
enum status json_write_rows(struct output *output, struct rows *rows, struct progress *progress,
			    struct error *err) MUST_CHECK;

/* Writes a string in quotes to `out`, where WRITER_CELL_MAX bytes are free; returns its end. */
char *json_text(char *out, const char *text);

#endif
