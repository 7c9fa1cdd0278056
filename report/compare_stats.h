/* The statistics of before and after: is the difference between two samples more than chance, and
 * how large is it? Nothing here knows what was measured.
 *
 * A unit is a session or a stretch of time, never a packet: packets of one burst share their fate,
 * and a test that takes them for independent ones finds differences in identical traffic.
 */
#ifndef CROSSTAP_REPORT_COMPARE_STATS_H
#define CROSSTAP_REPORT_COMPARE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#define STATS_BLOCKS 32u    /* stretches of time into which a run is cut */
#define STATS_UNITS_MIN 5u  /* of each side, for values */
#define STATS_STRETCHES_MIN 8u /* with something in them, to tell a burst from what lasts */

struct stats_result {
	double change;      /* after less before */
	double low, high;   /* its 95 % interval */
	double p;           /* two-sided */
	bool tested;        /* false: too few units; only `change` means something */
};

/* ---- values, such as times ---- */

/* Sorts. */
void stats_sort(int64_t *value, uint32_t count);
/* The value at a share (0..1) of sorted ones, nearest rank; count > 0. */
int64_t stats_quantile(const int64_t *value, uint32_t count, double share);

/* Two sorted samples: `change` is the shift of Hodges and Lehmann (1963), the median of all differences
 * between a value after and one before; its interval that of Hollander and Wolfe (Nonparametric
 * Statistical Methods, section 4.3); p is of the test of Mann and Whitney (1947), by the normal
 * distribution with correction for ties and continuity. All exact where they are differences. */
struct stats_result stats_shift(const int64_t *before, uint32_t before_count,
				const int64_t *after, uint32_t after_count);

/* ---- ratios ---- */

/* How many of how many, by stretch of time. */
struct stats_ratio {
	double part[STATS_BLOCKS], whole[STATS_BLOCKS];
};

double stats_ratio_parts(const struct stats_ratio *ratio);
double stats_ratio_wholes(const struct stats_ratio *ratio);
/* Stretches with something in them. */
unsigned stats_ratio_stretches(const struct stats_ratio *ratio);
/* Of all together, at most 1; 0 where the whole is 0. */
double stats_ratio_value(const struct stats_ratio *ratio);
/* How much more the ratio varies from stretch to stretch than it would if each of the whole had its own
 * fate (Kish's design effect, from the linearised variance of a ratio: Cochran, Sampling Techniques,
 * section 6.4): at least 1. Losses in bursts have a large one. */
double stats_ratio_effect(const struct stats_ratio *ratio);

/* `change` is the difference of the ratios; its interval Newcombe's hybrid of two Wilson intervals
 * (Newcombe 1998, method 10); p is Fisher's exact one where few are expected, otherwise by the normal
 * distribution. Both with the wholes divided by the design effect. */
struct stats_result stats_difference(const struct stats_ratio *before,
				     const struct stats_ratio *after);

/* Fisher's exact test, two-sided: a of m, and b of n; a <= m, b <= n. Of more than STATS_FISHER_MAX tables
 * it is the normal distribution's, which then says the same. */
#define STATS_FISHER_MAX 100000u
double stats_fisher(uint64_t a, uint64_t m, uint64_t b, uint64_t n);

/* ---- many tests ---- */

/* Benjamini and Hochberg (1995): of `count` p-values, the largest that may be called a discovery when a
 * share `rate` of the discoveries may be false; negative when none may. Sorts. */
double stats_discoveries(double *p, uint32_t count, double rate);

#endif
