/* The comparison in some ten lines for people.
 */
#ifndef CROSSTAP_REPORT_COMPARE_TEXT_H
#define CROSSTAP_REPORT_COMPARE_TEXT_H

#include "report/compare.h"
#include "report/output.h"
#include "report/wording.h"

struct compare_text_options {
	bool colour;
	const char *closing; /* a last paragraph; NULL: none. Not escaped */
};

enum status compare_text_write(struct output *output, const struct compare *compare,
			       const struct compare_text_options *options, struct error *err)
	MUST_CHECK;

/* ---- sentences, for the page, too; raw text that the caller frees; NULL: no memory ---- */

/* "3 regressions, 1 gone, 2 new, 1 improvement; 214 the same, 31 that cannot be told". */
char *compare_say_counts(const struct compare *compare);
/* A value of the row's metric: "12.5 %", "1.2 ms", "3.1 per second". */
const char *compare_say_value(char room[WORDING_ROOM], const struct compare_row *row, double value);
/* "2 h 10 min from 2026-11-21 10:00:20 UTC, 3,411 sessions, 1,234,567 packets". */
char *compare_say_run(const struct profile *profile);

#endif
