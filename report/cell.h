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

#define CELL_SECOND_BYTES 20

/* How the values of a column are written. */
struct cell_form {
	enum table_type type;
	uint8_t unit_digits; /* TABLE_NANOS: in units of 10^unit_digits nanoseconds */
	uint8_t decimals;
};

/* The end of the column's name is the unit of its lengths of time. */
struct cell_form cell_form(const struct table_column *column);

/* Whether the column holds texts, which are quoted or escaped in each format's own way. */
static inline bool cell_is_text(enum table_type type)
{
	return type == TABLE_TEXT || type == TABLE_FOREIGN;
}

/* Whether the text is a number as JSON writes them. */
static inline bool cell_is_number(enum table_type type)
{
	return type == TABLE_INT || type == TABLE_REAL || type == TABLE_NANOS;
}

/* Each writes to `out`, where CELL_ROOM bytes are free, and returns where the text
 * ends; no zero stands there. */

/* Decimal. */
char *cell_int(char *out, int64_t value);
/* With a fixed number of decimals; a zero has no sign. `value` is finite. */
char *cell_real(char *out, double value, unsigned decimals);
/* ISO 8601, UTC: 2024-02-29T23:59:59.000000001Z. Any value from 1677 to 2262. */
char *cell_time(char *out, int64_t time_ns);
/* The same; the text of the time's second is that of the last one, where that was the same. */
struct cell_second {
	int64_t begin_ns;
	char text[CELL_SECOND_BYTES]; /* with the dot behind */
};
char *cell_time_near(char *out, int64_t time_ns, struct cell_second *last);
/* To begin with. */
struct cell_second cell_second_none(void);
/* A length of time in the unit of 10^unit_digits nanoseconds (us: 3, s: 9),
 * rounded half away from zero. */
char *cell_nanos(char *out, int64_t value_ns, unsigned unit_digits, unsigned decimals);
/* Dotted, or as RFC 5952 has it. `size` is 4 or 16. */
char *cell_address(char *out, const uint8_t *bytes, size_t size);

/* The end of a stretch of time; what tables say may lie beyond what 64 bits hold. */
static inline int64_t cell_after(int64_t time_ns, int64_t length_ns)
{
	int64_t end_ns;

	return __builtin_add_overflow(time_ns, length_ns, &end_ns)
		       ? (length_ns < 0 ? INT64_MIN : INT64_MAX) : end_ns;
}

/* A known cell that is no text. */
static inline char *cell_write(char *out, const struct cell_form *form, const struct cell *cell)
{
	switch (form->type) {
	case TABLE_INT:
		return cell_int(out, cell->number);
	case TABLE_REAL:
		return cell_real(out, cell->real, form->decimals);
	case TABLE_TIME:
		return cell_time(out, cell->number);
	case TABLE_NANOS:
		return cell_nanos(out, cell->number, form->unit_digits, form->decimals);
	case TABLE_ADDRESS:
		return cell_address(out, cell->bytes, cell->size);
	case TABLE_TEXT:
	case TABLE_FOREIGN:
		break;
	}
	return out;
}

#endif
