#include "correlate/robust.h"

#include <math.h>
#include <stdlib.h>

#define ROBUST_ROUNDS_MAX 64

static int robust_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void robust_sort(double *values, size_t count)
{
	qsort(values, count, sizeof values[0], robust_compare);
}

/* The median of the first, middle and last value: splits sorted rows in halves, too. */
static double robust_pivot(const double *v, size_t low, size_t high)
{
	double a = v[low], b = v[low + (high - low) / 2], c = v[high];

	return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* Hoare's selection; a row that was made to defeat it is sorted after all. */
double robust_quantile(double *values, size_t count, double share)
{
	size_t wanted = (size_t)(share * (double)(count - 1) + 0.5);
	ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, i, k;
	unsigned rounds;

	for (rounds = 0; low < high; rounds++) {
		double pivot = robust_pivot(values, (size_t)low, (size_t)high);

		if (rounds == ROBUST_ROUNDS_MAX) {
			robust_sort(values, count);
			break;
		}
		for (i = low, k = high; i <= k;) {
			while (values[i] < pivot)
				i++;
			while (values[k] > pivot)
				k--;
			if (i <= k) {
				double swapped = values[i];

				values[i++] = values[k];
				values[k--] = swapped;
			}
		}
		if ((ptrdiff_t)wanted <= k)
			high = k;
		else if ((ptrdiff_t)wanted >= i)
			low = i;
		else
			break;
	}
	return values[wanted];
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

double robust_change(const struct robust_point *points, unsigned count, double slope)
{
	double change[ROBUST_POINTS_MAX];
	unsigned i, n = 0;

	for (i = 1; i < count; i++)
		if (points[i].group == points[i - 1].group)
			change[n++] = fabs(points[i].y - points[i - 1].y -
					   slope * (points[i].x - points[i - 1].x));
	return n ? robust_quantile(change, n, 0.5) : 0;
}

/* The slope of a least squares fit to n points over a span has the error
 * sigma / span * sqrt(12 / n); Theil and Sen's is hardly worse. 1.48 MAD is the
 * sigma of a normal distribution. */
double robust_evidence(const struct robust_point *points, unsigned count, double slope,
		       double *span)
{
	double rest[ROBUST_POINTS_MAX], away[ROBUST_POINTS_MAX], height, sigma;
	unsigned i, from, to, n = 0, widest = 0;

	*span = 0;
	for (from = 0; from < count; from = to) {
		for (to = from; to < count && points[to].group == points[from].group; to++)
			rest[to - from] = points[to].y - slope * points[to].x;
		height = robust_quantile(rest, to - from, 0.5);
		for (i = from; i < to && to - from > 1; i++)
			away[n++] = fabs(points[i].y - slope * points[i].x - height);
		if (points[to - 1].x - points[from].x > *span) {
			*span = points[to - 1].x - points[from].x;
			widest = to - from;
		}
	}
	if (widest < ROBUST_EVIDENCE_MIN)
		return 0;
	sigma = 1.4826 * robust_quantile(away, n, 0.5);
	return fabs(slope) * *span / (sigma * sqrt(12.0 / widest) + 1e-9);
}
