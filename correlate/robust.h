/* Robust statistics of measured times: quantiles, and slopes that a minority of
 * wrong points does not bend. No value may be NaN.
 */
#ifndef CROSSTAP_CORRELATE_ROBUST_H
#define CROSSTAP_CORRELATE_ROBUST_H

#include <stddef.h>
#include <stdint.h>

#define ROBUST_POINTS_MAX 288
#define ROBUST_EVIDENCE_MIN 5 /* points of the widest group */

/* A point of a line; points of different groups (the two directions, the
 * stretches between steps) lie on lines of the same slope but different height. */
struct robust_point {
	double x, y;
	unsigned group;
};

void robust_sort(double *values, size_t count);

/* The value at a share (0..1) of `count` > 0 values, nearest rank. Changes their order. */
double robust_quantile(double *values, size_t count, double share);

/* The slope after Theil and Sen: the median of the slopes between any two points
 * of a group that are at most `reach` places apart. Points are sorted by group and
 * x within it; at most ROBUST_POINTS_MAX. 0 when there are no two points. */
double robust_slope(const struct robust_point *points, unsigned count, unsigned reach);

/* How much a point differs from the next one of its group, the slope taken off; the
 * median. 0 when there are no two points. */
double robust_change(const struct robust_point *points, unsigned count, double slope);

/* By how many standard errors a slope is more than the noise of the points around it;
 * 0 for fewer than ROBUST_EVIDENCE_MIN points. *span becomes the x of the widest
 * group from its first point to its last. */
double robust_evidence(const struct robust_point *points, unsigned count, double slope,
		       double *span);

#endif
