/* compare_inputs.csv: the captures behind a comparison: the rows of each run's manifest.csv, and whose
 * they are.
 */
#ifndef CROSSTAP_REPORT_COMPARE_INPUTS_H
#define CROSSTAP_REPORT_COMPARE_INPUTS_H

#include "report/compare.h"
#include "report/manifest.h"

enum compare_inputs_column { INPUTS_RUN, INPUTS_MANIFEST, INPUTS_COLUMNS = INPUTS_MANIFEST + MANIFEST_COLUMNS };

extern const struct table_schema compare_inputs_schema;

/* `compare` is used until the rows are closed. */
enum status compare_inputs_open(struct rows **out, const struct compare *compare,
				struct error *err) MUST_CHECK;

#endif
