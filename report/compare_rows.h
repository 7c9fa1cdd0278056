/* compare.csv: the rows of a comparison in the form that all writers take.
 */
#ifndef CROSSTAP_REPORT_COMPARE_ROWS_H
#define CROSSTAP_REPORT_COMPARE_ROWS_H

#include "report/compare.h"
#include "report/rows.h"

enum compare_column {
	COMPARE_SUBJECT, COMPARE_KIND, COMPARE_METRIC, COMPARE_BEFORE, COMPARE_AFTER, COMPARE_CHANGE,
	COMPARE_CHANGE_RATIO, COMPARE_CI_LOW, COMPARE_CI_HIGH, COMPARE_P_VALUE, COMPARE_VERDICT,
	COMPARE_CAUSE, COMPARE_HOP_NAME, COMPARE_UNIT, COMPARE_SAMPLES_BEFORE, COMPARE_SAMPLES_AFTER,
	COMPARE_EVIDENCE, COMPARE_NAME, COMPARE_COLUMNS
};

extern const struct table_schema compare_schema;

/* `compare` is used until the rows are closed. */
enum status compare_rows_open(struct rows **out, const struct compare *compare,
			      struct error *err) MUST_CHECK;

/* What a row rests on, in a sentence; the caller frees. NULL: no memory. */
char *compare_evidence(const struct compare *compare, const struct compare_row *row);

/* "block", "session" or "packet": what the samples are. */
const char *compare_unit(const struct compare_row *row);

#endif
