/* The statistics of before and after: against examples of the papers that they are from, and against
 * what a few loops over all pairs and all permutations say. */
#include "report/compare_stats.h"

#include <math.h>

#include "tests/unit/check.h"

#define CHECK_NEAR(got, expected, within)                                                         \
	do {                                                                                      \
		double got_ = (got), expected_ = (expected);                                      \
		if (!(fabs(got_ - expected_) <= (within))) {                                      \
			printf("# %s:%d: %s is %.6f, expected %.6f\n", __FILE__, __LINE__, #got,  \
			       got_, expected_);                                                  \
			check_failures++;                                                         \
		}                                                                                 \
	} while (0)

/* The whole in two stretches that have the ratio alike, so that the design effect is 1. */
static struct stats_ratio ratio(double part, double whole)
{
	return (struct stats_ratio){{part / 2, part / 2}, {whole / 2, whole / 2}};
}

/* Newcombe 1998, Table II, method 10. */
static void test_newcombe(void)
{
	static const struct {
		double a, m, b, n, low, high;
	} examples[] = {
		{56, 70, 48, 80, 0.0524, 0.3339},  {9, 10, 3, 10, 0.1705, 0.8090},
		{6, 7, 2, 7, 0.0582, 0.8062},      {5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775},   {0, 10, 0, 10, -0.2775, 0.2775},
		{10, 10, 0, 20, 0.6791, 1.0000},   {10, 10, 0, 10, 0.6075, 1.0000},
	};
	size_t i;

	for (i = 0; i < sizeof examples / sizeof examples[0]; i++) {
		struct stats_ratio before = ratio(examples[i].b, examples[i].n);
		struct stats_ratio after = ratio(examples[i].a, examples[i].m);
		struct stats_result r = stats_difference(&before, &after);

		CHECK_NEAR(r.low, examples[i].low, 5e-5);
		CHECK_NEAR(r.high, examples[i].high, 5e-5);
	}
	check_case("a difference of ratios has the interval of Newcombe's table");
}

static double choose(unsigned n, unsigned k)
{
	double c = 1;
	unsigned i;

	for (i = 1; i <= k; i++)
		c = c * (n - k + i) / i;
	return c;
}

/* By its definition: all tables of the same margins that are no likelier. */
static double fisher(unsigned a, unsigned m, unsigned b, unsigned n)
{
	double own = choose(m, a) * choose(n, b), all = choose(m + n, a + b), p = 0;
	unsigned k;

	for (k = 0; k <= m; k++)
		if (k <= a + b && a + b - k <= n && choose(m, k) * choose(n, a + b - k) <= own * (1 + 1e-7))
			p += choose(m, k) * choose(n, a + b - k) / all;
	return p;
}

static void test_fisher(void)
{
	unsigned a, b;

	CHECK_NEAR(stats_fisher(3, 4, 1, 4), 0.485714, 1e-6); /* the lady tasting tea */
	CHECK_NEAR(stats_fisher(0, 0, 0, 0), 1, 0);
	for (a = 0; a <= 9; a++)
		for (b = 0; b <= 14; b++)
			CHECK_NEAR(stats_fisher(a, 9, b, 14), fisher(a, 9, b, 14), 1e-9);
	CHECK_NEAR(stats_fisher(0, 10000000, 3, 10000000), 0.25, 1e-6);
	check_case("Fisher's test is the sum over all tables");
}

/* Hollander and Wolfe, section 4.1: permeability of human chorioamnion, in hundredths. */
static const int64_t term[] = {73, 80, 83, 104, 138, 145, 146, 164, 189, 191};
static const int64_t early[] = {74, 88, 90, 115, 121};

static void test_shift(void)
{
	struct stats_result r = stats_shift(term, 10, early, 5);
	int64_t all[50];
	unsigned i, j, n = 0;

	for (i = 0; i < 10; i++)
		for (j = 0; j < 5; j++)
			all[n++] = early[j] - term[i];
	stats_sort(all, n);
	CHECK_NEAR(r.change, (double)(all[24] + all[25]) / 2, 1e-9);
	CHECK_NEAR(r.change, -30.5, 1e-9); /* as the book has it */
	CHECK_NEAR(r.low, -76, 1e-9);
	CHECK_NEAR(r.high, 15, 1e-9);
	CHECK(r.tested);
	check_case("a shift is the median of all differences, with the book's interval");

	CHECK_NEAR(r.p, 0.2544, 0.012); /* exact, over all 3,003 ways to choose five of fifteen */
	r = stats_shift(early, 5, term, 10);
	CHECK_NEAR(r.change, 30.5, 1e-9);
	CHECK_NEAR(r.p, 0.2544, 0.012);
	r = stats_shift(term, 10, term, 10);
	CHECK_NEAR(r.change, 0, 0);
	CHECK_NEAR(r.p, 1, 0);
	check_case("its test agrees with all permutations, either way round");

	r = stats_shift(term, 4, early, 5);
	CHECK(!r.tested);
	r = stats_shift(term, 0, early, 5);
	CHECK(!r.tested && r.change == 0);
	r = stats_shift((int64_t[]){INT64_MIN + 1, 0, 1, 2, 3}, 5, (int64_t[]){-1, 0, 1, 2, INT64_MAX}, 5);
	CHECK(r.tested && r.p > 0.05);
	check_case("too few are not tested, and no value is too large");
}

static void test_effect(void)
{
	struct stats_ratio even = {{0}, {0}}, burst = {{0}, {0}};
	struct stats_result r;
	unsigned b;

	for (b = 0; b < STATS_BLOCKS; b++) {
		even.whole[b] = burst.whole[b] = 100;
		even.part[b] = 1;
	}
	burst.part[5] = 32;
	CHECK_NEAR(stats_ratio_value(&burst), stats_ratio_value(&even), 1e-12);
	CHECK_NEAR(stats_ratio_effect(&even), 1, 0);
	/* (31^2 + 31) * 32 / 31 / (3200 * 0.01 * 0.99) */
	CHECK_NEAR(stats_ratio_effect(&burst), 32.3232, 1e-4);
	check_case("a burst counts as one event, what is spread as many");

	even = (struct stats_ratio){{0}, {100, 100, 100}};
	r = stats_difference(&even, &burst);
	CHECK(r.tested && r.p > 0.05 && r.low < 0);
	r = stats_difference(&even, &(struct stats_ratio){{0}, {0}});
	CHECK(!r.tested);
	check_case("so one burst is no proof of a change");
}

/* Benjamini and Hochberg 1995, section 4.1. */
static void test_discoveries(void)
{
	double p[] = {.6528, .0001, .0344, .0004, 1, .0019, .0201, .0278, .0298, .0459, .3240, .4262, .5719,
		      .7590, .0095};

	CHECK_NEAR(stats_discoveries(p, 15, 0.05), 0.0095, 0);
	CHECK_NEAR(stats_discoveries((double[]){0.4, 0.5}, 2, 0.05), -1, 0);
	CHECK_NEAR(stats_discoveries(p, 0, 0.05), -1, 0);
	check_case("of the paper's fifteen hypotheses four are rejected");
}

static void test_quantile(void)
{
	CHECK_INT(stats_quantile(term, 10, 0.5), 138);
	CHECK_INT(stats_quantile(term, 10, 0), 73);
	CHECK_INT(stats_quantile(term, 10, 1), 191);
	CHECK_INT(stats_quantile(early, 5, 0.5), 90);
	check_case("quantiles are of the nearest rank");
}

int main(void)
{
	test_newcombe();
	test_fisher();
	test_shift();
	test_effect();
	test_discoveries();
	test_quantile();
	return check_exit();
}
