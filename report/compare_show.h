/* crosstap-report --before --after: what is asked for, and the files of its set: compare.csv,
 * summary.txt, report.html.
 */
#ifndef CROSSTAP_REPORT_COMPARE_SHOW_H
#define CROSSTAP_REPORT_COMPARE_SHOW_H

#include <stdbool.h>

#include "report/compare.h"

struct compare_request {
	const char **before;     /* stores; the list is ours to free */
	uint32_t runs;
	const char *after;
	const char *directory;   /* -o; NULL: none */
	const char *verify;      /* a set of these stores, to be checked; NULL: none */
	const char *format;      /* text, csv, html or json; NULL: nothing on standard output */
	const char *fail_on;     /* of words that compare_show_fails() knows; NULL: none */
};

/* Another --before. */
enum status compare_show_add(struct compare_request *request, const char *store,
			     struct error *err) MUST_CHECK;
/* Whether the words are there that --fail-on may have here: regression, gone, new. STATUS_USAGE names
 * another. */
enum status compare_show_check(const struct compare_request *request, struct error *err) MUST_CHECK;
/* Compares and shows. *found: something is there that --fail-on names. */
enum status compare_show(const struct compare_request *request, bool colour, bool *found,
			 struct error *err) MUST_CHECK;

#endif
