#include "report/compare_stats.h"

#include <math.h>
#include <stdlib.h>

#define STATS_Z 1.959963984540054 /* of 95 %, two-sided */
#define STATS_EXPECTED_MIN 10.0   /* fewer than that of any kind: Fisher */

static double stats_p(double z)
{
	return erfc(fabs(z) / sqrt(2));
}

/* ---- values ---- */

static int stats_compare(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

void stats_sort(int64_t *value, uint32_t count)
{
	if (count)
		qsort(value, count, sizeof *value, stats_compare);
}

int64_t stats_quantile(const int64_t *value, uint32_t count, double share)
{
	double rank = ceil(share * count);

	return value[rank < 1 ? 0 : rank > count ? count - 1 : (uint32_t)rank - 1];
}

/* Pairs whose difference, after less before, is at most `limit`. */
static uint64_t stats_pairs(const int64_t *before, uint32_t m, const int64_t *after, uint32_t n,
			    int64_t limit)
{
	uint64_t pairs = 0;
	uint32_t i, j = 0;

	for (i = 0; i < m; i++) {
		while (j < n && (__int128)after[j] - before[i] <= limit)
			j++;
		pairs += j;
	}
	return pairs;
}

/* The difference of that rank, from 1 on, of all pairs. */
static int64_t stats_rank(const int64_t *before, uint32_t m, const int64_t *after, uint32_t n,
			  uint64_t rank)
{
	int64_t low = INT64_MIN, high = INT64_MAX;

	while (low < high) {
		int64_t middle = (int64_t)(((__int128)low + high) >> 1);

		if (stats_pairs(before, m, after, n, middle) < rank)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The sum of t^3 - t over all groups of t equal values of both samples. */
static double stats_ties(const int64_t *a, uint32_t m, const int64_t *b, uint32_t n)
{
	double ties = 0;
	uint32_t i = 0, j = 0;

	while (i < m || j < n) {
		int64_t value = j == n || (i < m && a[i] < b[j]) ? a[i] : b[j];
		double t = 0;

		for (; i < m && a[i] == value; i++)
			t++;
		for (; j < n && b[j] == value; j++)
			t++;
		ties += t * t * t - t;
	}
	return ties;
}

static double stats_mann_whitney(const int64_t *before, uint32_t m, const int64_t *after, uint32_t n)
{
	double pairs = (double)m * n, total = (double)m + n;
	double not_above = (double)stats_pairs(before, m, after, n, 0);
	double below = (double)stats_pairs(before, m, after, n, -1);
	double u = pairs - (not_above + below) / 2; /* pairs in which the one after is larger */
	double variance = pairs / 12 *
			  (total + 1 - stats_ties(before, m, after, n) / (total * (total - 1)));
	double away = fabs(u - pairs / 2) - 0.5;

	return variance > 0 && away > 0 ? stats_p(away / sqrt(variance)) : 1;
}

struct stats_result stats_shift(const int64_t *before, uint32_t m, const int64_t *after, uint32_t n)
{
	struct stats_result result = {.p = 1};
	uint64_t pairs = (uint64_t)m * n;
	double spread, outside;
	uint64_t rank;

	if (!m || !n)
		return result;
	result.change = ((double)stats_rank(before, m, after, n, (pairs + 1) / 2) +
			 (double)stats_rank(before, m, after, n, pairs / 2 + 1)) / 2;
	if (m < STATS_UNITS_MIN || n < STATS_UNITS_MIN)
		return result;
	spread = STATS_Z * sqrt((double)pairs * ((double)m + n + 1) / 12);
	outside = round((double)pairs / 2 - spread);
	rank = outside < 1 ? 1 : (uint64_t)outside;
	result.low = (double)stats_rank(before, m, after, n, rank);
	result.high = (double)stats_rank(before, m, after, n, pairs + 1 - rank);
	result.p = stats_mann_whitney(before, m, after, n);
	result.tested = true;
	return result;
}

/* ---- ratios ---- */

static double stats_sum(const double *value)
{
	double sum = 0;
	unsigned i;

	for (i = 0; i < STATS_BLOCKS; i++)
		sum += value[i];
	return sum;
}

double stats_ratio_parts(const struct stats_ratio *ratio)
{
	return stats_sum(ratio->part);
}

double stats_ratio_wholes(const struct stats_ratio *ratio)
{
	return stats_sum(ratio->whole);
}

unsigned stats_ratio_stretches(const struct stats_ratio *ratio)
{
	unsigned i, stretches = 0;

	for (i = 0; i < STATS_BLOCKS; i++)
		stretches += ratio->whole[i] > 0;
	return stretches;
}

double stats_ratio_value(const struct stats_ratio *ratio)
{
	double whole = stats_ratio_wholes(ratio);

	return whole > 0 ? fmin(1, stats_ratio_parts(ratio) / whole) : 0;
}

double stats_ratio_effect(const struct stats_ratio *ratio)
{
	double r = stats_ratio_value(ratio), whole = stats_ratio_wholes(ratio), squares = 0, blocks = 0;
	unsigned i;

	for (i = 0; i < STATS_BLOCKS; i++)
		if (ratio->whole[i] > 0) {
			double residue = ratio->part[i] - r * ratio->whole[i];

			squares += residue * residue;
			blocks++;
		}
	if (blocks < 2 || r <= 0 || r >= 1)
		return 1;
	return fmax(1, squares * blocks / (blocks - 1) / (whole * r * (1 - r)));
}

/* Wilson's interval (1927) of a ratio of n. */
static void stats_wilson(double r, double n, double *low, double *high)
{
	double z2 = STATS_Z * STATS_Z, centre = r + z2 / (2 * n);
	double half = STATS_Z * sqrt(r * (1 - r) / n + z2 / (4 * n * n));

	*low = fmax(0, (centre - half) / (1 + z2 / n));
	*high = fmin(1, (centre + half) / (1 + z2 / n));
}

static double stats_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* Of two ratios' difference, by the normal distribution. */
static double stats_normal_p(double ra, double m, double rb, double n)
{
	double pooled = (ra * m + rb * n) / (m + n);

	return stats_p((rb - ra) / sqrt(pooled * (1 - pooled) * (1 / m + 1 / n)));
}

double stats_fisher(uint64_t a, uint64_t m, uint64_t b, uint64_t n)
{
	uint64_t parts = a + b, least, most, k;
	double all, own, p = 0;

	if (parts > m + n - parts) /* the rarer kind is counted */
		return stats_fisher(m - a, m, n - b, n);
	least = parts > n ? parts - n : 0;
	most = parts < m ? parts : m;
	if (most - least > STATS_FISHER_MAX)
		return stats_normal_p((double)a / (double)m, (double)m, (double)b / (double)n, (double)n);
	all = stats_choose((double)(m + n), (double)parts);
	own = stats_choose((double)m, (double)a) + stats_choose((double)n, (double)b) - all;
	for (k = least; k <= most; k++) {
		double one = stats_choose((double)m, (double)k) +
			     stats_choose((double)n, (double)(parts - k)) - all;

		if (one <= own + 1e-7)
			p += exp(one);
	}
	return fmin(1, p);
}

/* ra of m and rb of n. */
static double stats_ratios_p(double ra, double m, double rb, double n)
{
	double pooled = (ra * m + rb * n) / (m + n), rare = fmin(pooled, 1 - pooled);

	if (rare * fmin(m, n) < STATS_EXPECTED_MIN) {
		uint64_t whole_m = (uint64_t)llround(m), whole_n = (uint64_t)llround(n);

		return stats_fisher((uint64_t)llround(ra * (double)whole_m), whole_m,
				    (uint64_t)llround(rb * (double)whole_n), whole_n);
	}
	return stats_normal_p(ra, m, rb, n);
}

struct stats_result stats_difference(const struct stats_ratio *before,
				     const struct stats_ratio *after)
{
	double ra = stats_ratio_value(before), rb = stats_ratio_value(after);
	double effect = fmax(stats_ratio_effect(before), stats_ratio_effect(after));
	double m = stats_ratio_wholes(before) / effect, n = stats_ratio_wholes(after) / effect;
	struct stats_result result = {.change = rb - ra, .p = 1};
	double la, ha, lb, hb;

	if (m < 1 || n < 1)
		return result;
	stats_wilson(ra, m, &la, &ha);
	stats_wilson(rb, n, &lb, &hb);
	result.low = result.change - sqrt((rb - lb) * (rb - lb) + (ha - ra) * (ha - ra));
	result.high = result.change + sqrt((hb - rb) * (hb - rb) + (ra - la) * (ra - la));
	result.p = stats_ratios_p(ra, m, rb, n);
	result.tested = true;
	return result;
}

/* ---- many tests ---- */

static int stats_compare_p(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

double stats_discoveries(double *p, uint32_t count, double rate)
{
	uint32_t i;

	if (count)
		qsort(p, count, sizeof *p, stats_compare_p);
	for (i = count; i > 0; i--)
		if (p[i - 1] <= rate * i / count)
			return p[i - 1];
	return -1;
}
