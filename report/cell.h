/* One cell as text, by the type of its column. The same text stands in CSV, in
 * JSON and wherever else a value is shown exactly.
 *
 * All arithmetic on times is in whole nanoseconds, and nothing depends on the
 * locale or the time zone.
 */
#ifndef CROSSTAP_REPORT_CELL_H
#define CROSSTAP_REPORT_CELL_H

#include "report/rows.h"

#define CELL_ROOM 400 /* a double of 309 digits, and its decimals */

/* The cell's text: in `room`, or the cell's own. NULL when it is not known. */
const char *cell_format(const struct table_column *column, const struct cell *cell,
			char room[CELL_ROOM]);

/* Whether the text is a number as JSON writes them. */
bool cell_is_number(enum table_type type);

/* Each writes to `room`, which is returned. */

/* Decimal. */
const char *cell_int(char room[CELL_ROOM], int64_t value);
/* With a fixed number of decimals; a zero has no sign. `value` is finite. */
const char *cell_real(char room[CELL_ROOM], double value, unsigned decimals);
/* ISO 8601, UTC: 2024-02-29T23:59:59.000000001Z. Any value from 1677 to 2262. */
const char *cell_time(char room[CELL_ROOM], int64_t time_ns);
/* A length of time in the unit of 10^unit_digits nanoseconds (us: 3, s: 9),
 * rounded half away from zero. */
const char *cell_nanos(char room[CELL_ROOM], int64_t value_ns, unsigned unit_digits,
		       unsigned decimals);
/* Dotted, or as RFC 5952 has it. `size` is 4 or 16. */
const char *cell_address(char room[CELL_ROOM], const uint8_t *bytes, size_t size);

#endif
