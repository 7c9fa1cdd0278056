/* What a filter did, behind a summary: the same words whenever the same set is made. */
#ifndef CROSSTAP_REPORT_CLOSING_H
#define CROSSTAP_REPORT_CLOSING_H

#include <stdbool.h>

#include "report/filter_match.h"

/* `files`: the rows are in files beside the summary. The caller frees; NULL without memory. */
char *closing_filter(const char *filter, const struct filter_match *match, bool files);

#endif
