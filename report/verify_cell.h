/* A cell's text back as its value, by the type of its column. Only what report/cell.c writes is one.
 */
#ifndef CROSSTAP_REPORT_VERIFY_CELL_H
#define CROSSTAP_REPORT_VERIFY_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/table.h"

struct verify_value {
	bool known;
	int64_t number; /* TABLE_INT, TABLE_TIME, TABLE_NANOS */
	double real;    /* TABLE_REAL */
};

/* NULL, or what is wrong with it, in words. */
const char *verify_cell(const struct table_column *column, const char *text,
			struct verify_value *value);

#endif
