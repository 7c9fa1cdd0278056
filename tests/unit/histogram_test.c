/* The oracle is a sorted array: rank and mean are counted out by hand. */
#include "correlate/histogram.h"

#include <stdbool.h>
#include <stdlib.h>

#include "tests/unit/check.h"

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Whether `got` is within 0.4 % (at least one) of `expected`. */
static bool near(int64_t got, int64_t expected)
{
	__int128 away = (__int128)got - expected, size = expected;

	away = away < 0 ? -away : away;
	size = size < 0 ? -size : size;
	return away * 1000 <= size * 4;
}

static void check_against_sorted(int64_t *values, size_t count)
{
	static const unsigned permilles[] = {0,   1,   10,  20,  100, 250, 500,
					     750, 900, 980, 990, 999, 1000};
	struct histogram *h = histogram_new();
	__int128 sum = 0, twice;
	size_t i, rank, negative = 0;
	int64_t mean;

	for (i = 0; i < count; i++) {
		histogram_add(h, values[i]);
		sum += values[i];
		negative += values[i] < 0;
	}
	qsort(values, count, sizeof values[0], compare);
	CHECK_INT(histogram_count(h), count);
	CHECK_INT(histogram_negative(h), negative);
	CHECK_INT(histogram_min(h), values[0]);
	CHECK_INT(histogram_max(h), values[count - 1]);
	mean = histogram_mean(h);
	twice = 2 * (sum - (__int128)mean * (__int128)count);
	CHECK((twice < 0 ? -twice : twice) <= (__int128)count);
	for (i = 0; i < sizeof permilles / sizeof permilles[0]; i++) {
		rank = (count * permilles[i] + 999) / 1000;
		rank = rank ? rank - 1 : 0;
		if (!near(histogram_quantile(h, permilles[i]), values[rank]))
			CHECK_INT(histogram_quantile(h, permilles[i]), values[rank]);
	}
	histogram_free(&h);
	CHECK(!h);
}

static void test_distributions(void)
{
	enum { COUNT = 20000 };
	int64_t *v = malloc(COUNT * sizeof *v);
	size_t i;

	for (i = 0; i < COUNT; i++)
		v[i] = (int64_t)(random_next() % 2000000);
	check_against_sorted(v, COUNT);
	check_case("delays under 2 ms");
	for (i = 0; i < COUNT; i++)
		v[i] = (int64_t)(random_next() >> (random_next() % 64));
	check_against_sorted(v, COUNT);
	check_case("every order of magnitude, both signs");
	for (i = 0; i < COUNT; i++)
		v[i] = -(int64_t)(random_next() % 5000) - 1;
	check_against_sorted(v, COUNT);
	check_case("negative values only");
	for (i = 0; i < COUNT; i++)
		v[i] = i & 1 ? 1000000007 : -1000000007;
	check_against_sorted(v, COUNT);
	check_case("two values, far apart");
	for (i = 0; i < COUNT; i++) {
		unsigned bit = (unsigned)(i / 6 % 63);
		int64_t edge = (int64_t)1 << bit;

		v[i] = i % 2 ? edge + (int64_t)(i / 2 % 3) - 1 : 1 - edge - (int64_t)(i / 2 % 3);
	}
	check_against_sorted(v, COUNT);
	check_case("the edges of all buckets");
	for (i = 0; i < COUNT; i++)
		v[i] = i % 3 == 0 ? INT64_MIN : i % 3 == 1 ? INT64_MAX : 0;
	check_against_sorted(v, COUNT);
	check_case("the ends of int64");
	for (i = 1; i <= 40; i++) {
		size_t k;

		for (k = 0; k < i; k++)
			v[k] = (int64_t)(random_next() % 300) - 20;
		check_against_sorted(v, i);
	}
	check_case("one to forty values");
	free(v);
}

static void test_small_values_exact(void)
{
	struct histogram *h = histogram_new();
	int64_t v;

	for (v = -255; v <= 255; v++)
		histogram_add(h, v);
	/* 511 values: the 256th is 0, the 52nd (10 %) is -204, the 460th (90 %) is 204. */
	CHECK_INT(histogram_quantile(h, 500), 0);
	CHECK_INT(histogram_quantile(h, 100), -204);
	CHECK_INT(histogram_quantile(h, 900), 204);
	CHECK_INT(histogram_mean(h), 0);
	histogram_free(&h);
	check_case("values under 256 are kept exactly");
}

static void test_mean_rounding(void)
{
	static const struct {
		int64_t a, b, c, mean;
	} rows[] = {{1, 2, INT64_MIN, 2}, {-1, -2, INT64_MIN, -2}, {1, 1, 2, 1},
		    {1, 2, 2, 2},         {-1, -2, -2, -2},        {-1, -1, -2, -1}};
	struct histogram *h = histogram_new();
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		histogram_clear(h);
		histogram_add(h, rows[i].a);
		histogram_add(h, rows[i].b);
		if (rows[i].c != INT64_MIN)
			histogram_add(h, rows[i].c);
		CHECK_INT(histogram_mean(h), rows[i].mean);
	}
	histogram_free(&h);
	check_case("the mean rounds to the nearest, ties away from zero");
}

static void test_merge(void)
{
	static const unsigned permilles[] = {1, 20, 500, 900, 999};
	struct histogram *whole = histogram_new(), *part[3];
	size_t i;

	for (i = 0; i < 3; i++)
		part[i] = histogram_new();
	for (i = 0; i < 30000; i++) {
		int64_t v = (int64_t)(random_next() >> (20 + random_next() % 44)) - 50000;

		histogram_add(whole, v);
		histogram_add(part[i % 2], v); /* the third stays empty */
	}
	histogram_merge(part[2], part[0]);
	histogram_merge(part[2], part[1]);
	CHECK_INT(histogram_count(part[2]), 30000);
	CHECK_INT(histogram_negative(part[2]), histogram_negative(whole));
	CHECK_INT(histogram_mean(part[2]), histogram_mean(whole));
	for (i = 0; i < 5; i++)
		CHECK_INT(histogram_quantile(part[2], permilles[i]),
			  histogram_quantile(whole, permilles[i]));
	check_case("two merged histograms say what one over all values says");

	histogram_clear(part[2]);
	histogram_merge(part[2], part[1]);
	histogram_clear(part[1]);
	histogram_merge(part[2], part[1]);
	CHECK_INT(histogram_count(part[2]), 15000);
	CHECK_INT(histogram_count(part[1]), 0);
	histogram_add(part[1], 5);
	CHECK_INT(histogram_min(part[1]), 5);
	CHECK_INT(histogram_max(part[1]), 5);
	CHECK_INT(histogram_quantile(part[1], 500), 5);
	for (i = 0; i < 3; i++)
		histogram_free(&part[i]);
	histogram_free(&whole);
	histogram_free(&whole);
	check_case("a cleared histogram starts afresh");
}

/* Between edges, by looking at each value: what is nearer to an edge than 0.4 % may be on either side. */
static void check_bins(const int64_t *values, size_t values_count, const int64_t *edge, unsigned edges)
{
	struct histogram *h = histogram_new();
	uint64_t count[64], sure[64] = {0}, open[64] = {0}, sum = 0;
	unsigned bin;
	size_t i;

	for (i = 0; i < values_count; i++) {
		histogram_add(h, values[i]);
		for (bin = 0; bin < edges && values[i] >= edge[bin]; bin++)
			;
		if (bin < edges && near(values[i], edge[bin])) {
			open[bin]++;
			open[bin + 1]++;
		} else if (bin > 0 && near(values[i], edge[bin - 1])) {
			open[bin]++;
			open[bin - 1]++;
		} else {
			sure[bin]++;
		}
	}
	histogram_bins(h, edge, edges, count);
	for (bin = 0; bin <= edges; bin++) {
		sum += count[bin];
		CHECK(count[bin] >= sure[bin]);
		CHECK(count[bin] <= sure[bin] + open[bin]);
	}
	CHECK_INT(sum, values_count);
	histogram_free(&h);
}

static void test_bins(void)
{
	static const int64_t edges[] = {-5000, 0, 1, 1000, 1250, 4000, 1000000, 5000000};
	enum { COUNT = 5000, EDGES = sizeof edges / sizeof edges[0] };
	int64_t *v = malloc(COUNT * sizeof *v);
	size_t i;

	for (i = 0; i < COUNT; i++)
		v[i] = (int64_t)(random_next() % 4000) - 1000;
	check_bins(v, COUNT, edges, EDGES);
	for (i = 0; i < COUNT; i++)
		v[i] = (int64_t)(random_next() >> (40 + random_next() % 24)) * (i % 3 ? 1 : -1);
	check_bins(v, COUNT, edges, EDGES);
	free(v);
	check_case("counts between edges are those of the values, but for what lies at an edge");
}

/* 1024 to 1031 share a cell, whose middle is 1028. */
static void test_bins_in_a_cell(void)
{
	static const struct {
		int64_t value[4], edge;
		uint64_t below;
	} rows[] = {
		{{1, 1030, 1031, 2000}, 1029, 3}, /* the cell stands for itself by its middle */
		{{1, 1024, 1025, 2000}, 1028, 1},
		{{1, 2, 3, 1031}, 1029, 3},       /* the greatest is known exactly */
		{{1024, 2000, 2001, 3000}, 1025, 1}, /* so is the least */
		{{1024, 1024, 1031, 1031}, 1028, 1},
		{{1025, 1025, 1025, 1025}, 1028, 4}, /* no value is below the least or above the greatest */
		{{1030, 1030, 1030, 1030}, 1029, 0},
		{{-1, 0, 1, 2}, 0, 1},
	};
	struct histogram *h = histogram_new();
	uint64_t count[2];
	size_t i, k;

	histogram_bins(h, &rows[0].edge, 1, count);
	CHECK_INT(count[0] + count[1], 0);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		histogram_clear(h);
		for (k = 0; k < 4; k++)
			histogram_add(h, rows[i].value[k]);
		histogram_bins(h, &rows[i].edge, 1, count);
		CHECK_INT(count[0], rows[i].below);
		CHECK_INT(count[1], 4 - rows[i].below);
	}
	histogram_free(&h);
	check_case("a cell with an edge in it goes where its middle lies, least and greatest by themselves");
}

/* The quantile of each rank of a thousand values lies in the bin that holds the rank. */
static void test_bins_hold_quantiles(void)
{
	static const int64_t edges[] = {1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000};
	enum { EDGES = sizeof edges / sizeof edges[0] };
	struct histogram *h = histogram_new();
	uint64_t count[EDGES + 1], below = 0;
	unsigned rank, bin = 0;

	for (rank = 0; rank < 1000; rank++)
		histogram_add(h, (int64_t)(900 + random_next() % 4200));
	histogram_bins(h, edges, EDGES, count);
	for (rank = 1; rank <= 1000; rank++) {
		int64_t value = histogram_quantile(h, rank);

		while (below + count[bin] < rank)
			below += count[bin++];
		CHECK(bin == 0 || value >= edges[bin - 1]);
		CHECK(bin == EDGES || value < edges[bin]);
	}
	histogram_free(&h);
	check_case("each quantile lies in the bin that counts it");
}

int main(void)
{
	test_distributions();
	test_small_values_exact();
	test_mean_rounding();
	test_merge();
	test_bins();
	test_bins_in_a_cell();
	test_bins_hold_quantiles();
	return check_exit();
}
