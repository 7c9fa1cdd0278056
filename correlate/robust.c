#include "correlate/robust.h"

#include <stdlib.h>

static int robust_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double robust_quantile(double *values, size_t count, double share)
{
	qsort(values, count, sizeof values[0], robust_compare);
	return values[(size_t)(share * (double)(count - 1) + 0.5)];
}

double robust_slope(const struct robust_point *points, unsigned count, unsigned reach)
{
	double slopes[ROBUST_POINTS_MAX * (ROBUST_POINTS_MAX - 1) / 2];
	unsigned i, k;
	size_t n = 0;

	for (i = 0; i < count; i++) {
		for (k = i + 1; k < count && k - i <= reach; k++) {
			if (points[k].group != points[i].group)
				break;
			if (points[k].x > points[i].x)
				slopes[n++] = (points[k].y - points[i].y) /
					      (points[k].x - points[i].x);
		}
	}
	return n ? robust_quantile(slopes, n, 0.5) : 0;
}
