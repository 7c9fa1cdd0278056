/* A CSV file row by row, as RFC 4180 has it, with the line that each row begins in. The file may
 * be anything: memory is bounded, whatever it holds.
 */
#ifndef CROSSTAP_REPORT_CSV_READ_H
#define CROSSTAP_REPORT_CSV_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define CSV_READ_CELLS 64u            /* in a row */
#define CSV_READ_BYTES (1u << 20)     /* of a row */

/* The cells are borrowed until the next row; each ends in a zero. */
struct csv_row {
	uint64_t line; /* from 1 */
	unsigned cells;
	const char *cell[CSV_READ_CELLS];
};

/* False: no further rows are wanted. */
typedef bool csv_take(void *context, const struct csv_row *row);

/* Where a file is no CSV. */
struct csv_fault {
	uint64_t line;
	const char *why; /* NULL: it is one */
};

/* Reads what the descriptor has from here on. STATUS_SYSTEM where it cannot be read. */
enum status csv_read(int fd, csv_take *take, void *context, struct csv_fault *fault,
		     struct error *err) MUST_CHECK;

#endif
