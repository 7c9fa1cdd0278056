/* The comparison as a page: what changed, before and after side by side, as dots that belong together,
 * and distributions over each other.
 */
#ifndef CROSSTAP_REPORT_COMPARE_PAGE_H
#define CROSSTAP_REPORT_COMPARE_PAGE_H

#include "report/compare.h"
#include "report/output.h"

enum status compare_page_write(struct output *output, const struct compare *compare,
			       struct error *err) MUST_CHECK;

#endif
