/* The drawings of a comparison: pairs of dots on an axis of their measure, and distributions of delay
 * over each other.
 */
#ifndef CROSSTAP_REPORT_COMPARE_CHARTS_H
#define CROSSTAP_REPORT_COMPARE_CHARTS_H

#include <stdio.h>

#include "report/compare.h"

/* Rows of each measure, those of the ranking's front first. False: no memory. */
bool compare_charts_pairs(FILE *stream, const struct compare *compare, const uint32_t *ranking);
/* Each hop and direction that the first run before and the one after have. */
bool compare_charts_delays(FILE *stream, const struct compare *compare);

#endif
