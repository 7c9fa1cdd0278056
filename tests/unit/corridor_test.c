/* The corridor against clocks that the test made itself: the true offset is
 * known, and must lie within offset +- error whatever the delays are. */
#include "correlate/clock.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/check.h"

#define NOW 1763000000000000000 /* November 2025 */
#define US 1000
#define MS 1000000
#define SECOND INT64_C(1000000000)

static uint64_t random_state = 0x2545f4914f6cdd1d;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static double random_unit(void)
{
	return (double)(random_next() >> 11) / 9007199254740992.0;
}

static int64_t random_delay(double mean_ns)
{
	return (int64_t)(-mean_ns * log(1 - random_unit()));
}

/* A hop whose far clock is offset + skew * (time - NOW) ahead of the near one. */
struct hop {
	int64_t offset_ns;
	double skew;
};

static int64_t hop_offset(const struct hop *hop, int64_t time_ns)
{
	return hop->offset_ns + llround(hop->skew * (double)(time_ns - NOW));
}

static void hop_pass(struct clock_corridor *corridor, const struct hop *hop, bool forward,
		     int64_t time_ns, int64_t delay_ns)
{
	clock_corridor_add(corridor, forward, time_ns,
			   hop_offset(hop, time_ns) + (forward ? delay_ns : -delay_ns));
}

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* 200 random pairs each way with delays from 50 us up, over 100 s. */
static void test_plain_hop(void)
{
	struct hop hop = {-7 * MS, 20e-6};
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;
	int i;

	for (i = 0; i < 400; i++)
		hop_pass(c, &hop, i % 2, NOW + (int64_t)i * 250 * MS,
			 50 * US + random_delay(200e3));
	clock_corridor_fit(c, &fit);
	CHECK(fit.known && fit.feasible);
	CHECK_INT(fit.forward, 200);
	CHECK_INT(fit.reverse, 200);
	CHECK(distance(fit.offset_ns, hop_offset(&hop, fit.at_ns)) <= fit.error_ns);
	/* Least delays of about 50 us each way: half their sum is the error. */
	CHECK(fit.error_ns > 50 * US && fit.error_ns < 65 * US);
	CHECK(distance(fit.offset_ns, hop_offset(&hop, fit.at_ns)) < 10 * US);
	CHECK(fabs(fit.skew - hop.skew) < 0.2e-6);
	CHECK(fit.forward_min_ns > 45 * US && fit.forward_min_ns < 70 * US);
	CHECK(fit.reverse_min_ns > 45 * US && fit.reverse_min_ns < 70 * US);
	clock_corridor_free(&c);
	clock_corridor_free(&c);
	check_case("offset, skew and least delays of a plain hop");
}

/* By hand: forward 100 and reverse -60 at the same time allow -60..100. */
static void test_one_pair_each_way(void)
{
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;

	clock_corridor_add(c, true, NOW, 100);
	clock_corridor_add(c, false, NOW, -60);
	clock_corridor_fit(c, &fit);
	CHECK(fit.known && fit.feasible);
	CHECK_INT(fit.at_ns, NOW);
	CHECK_INT(fit.offset_ns, 20);
	CHECK(fit.error_ns == 80 || fit.error_ns == 81); /* and the stamps' grain */
	CHECK(fit.skew == 0);
	CHECK_INT(fit.forward_min_ns, 80);
	CHECK_INT(fit.reverse_min_ns, 80);
	clock_corridor_free(&c);
	check_case("one pair each way gives the middle of both");

	c = clock_corridor_new();
	clock_corridor_add(c, true, NOW, 3 * MS);
	clock_corridor_add(c, false, NOW + 4 * SECOND, 1 * MS);
	clock_corridor_fit(c, &fit);
	CHECK(fit.feasible && fit.skew == 0);
	CHECK_INT(fit.offset_ns, 2 * MS);
	/* 1000 ppm are thinkable over the 2 s to either side: 3 ms + 2 ms and 1 ms - 2 ms. */
	CHECK(distance(fit.error_ns, 3 * MS) <= 2);
	clock_corridor_free(&c);
	check_case("two pairs far apart claim no skew but own up to it in the error");
}

static void test_one_direction(void)
{
	struct hop hop = {3 * SECOND, -50e-6};
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;
	int i;

	clock_corridor_fit(c, &fit);
	CHECK(!fit.known);
	CHECK_INT(fit.forward + fit.reverse, 0);
	for (i = 0; i < 2000; i++)
		hop_pass(c, &hop, false, NOW + (int64_t)i * 50 * MS,
			 400 * US + random_delay(100e3));
	clock_corridor_fit(c, &fit);
	CHECK(!fit.known);
	CHECK(fit.feasible);
	CHECK_INT(fit.reverse, 2000);
	CHECK(fabs(fit.skew - hop.skew) < 0.5e-6);
	CHECK(fit.reverse_min_ns >= 0 && fit.reverse_min_ns <= 1);
	/* All delay seems offset: what is left varies from 0. */
	CHECK(distance(fit.offset_ns, hop_offset(&hop, fit.at_ns) - 400 * US) < 5 * US);
	clock_corridor_free(&c);
	check_case("one direction only: drift, but no offset that is known");
}

static void test_same_time(void)
{
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;
	int i;

	for (i = 0; i < 1000; i++) {
		clock_corridor_add(c, true, NOW, 500 + i * 7 % 1000);
		clock_corridor_add(c, false, NOW, 100 - i * 7 % 1000);
	}
	clock_corridor_fit(c, &fit);
	CHECK(fit.feasible);
	CHECK_INT(fit.offset_ns, 300);
	CHECK_INT(fit.forward_min_ns, 200);
	CHECK_INT(fit.reverse_min_ns, 200);
	CHECK(fit.skew == 0);
	clock_corridor_free(&c);
	check_case("all pairs at one time");
}

/* Everything random: count, span, offset, skew, delays, order. */
static void test_truth_within_error(void)
{
	static const int spreads[] = {1, 1000, 50000, 3000000, 200000000};
	int run, i;

	for (run = 0; run < 3000; run++) {
		struct hop hop = {(int64_t)(random_next() % (20 * (uint64_t)SECOND)) - 10 * SECOND,
				  (random_unit() - 0.5) * (run % 3 ? 200e-6 : 1990e-6)};
		int pairs = 2 + (int)(random_next() % (run % 2 ? 10 : 600));
		double span = pow(10, 3 + random_unit() * 11), mean = spreads[run % 5];
		struct clock_corridor *c = clock_corridor_new();
		struct clock_fit fit;

		for (i = 0; i < pairs; i++) {
			int64_t time = NOW + (int64_t)(random_unit() * span);
			bool forward = i == 0 || (i > 1 && random_next() % 4);

			hop_pass(c, &hop, forward, time, random_delay(mean));
		}
		clock_corridor_fit(c, &fit);
		CHECK(fit.known);
		CHECK(fit.feasible);
		CHECK(distance(fit.offset_ns, hop_offset(&hop, fit.at_ns)) <= fit.error_ns);
		CHECK(fit.forward_min_ns >= 0 && fit.reverse_min_ns >= 0);
		CHECK(fabs(fit.skew) <= 1e-3);
		clock_corridor_free(&c);
	}
	check_case("the true offset is within the error, always");
}

/* The oracle: the lines through two points each that keep all points on their
 * side, tried one by one. */
static void test_against_all_lines(void)
{
	enum { PAIRS = 24 };
	int run, i, k, m;

	for (run = 0; run < 300; run++) {
		struct clock_corridor *c = clock_corridor_new();
		double x[PAIRS], y[PAIRS], upper = -1e18, lower = 1e18, at;
		struct clock_fit fit;

		for (i = 0; i < PAIRS; i++) {
			int64_t time = (int64_t)(random_next() % 1000000000);
			int64_t difference = (int64_t)(random_next() % 90000);

			difference = i % 2 ? difference + 1000 : -difference - 1000;
			x[i] = (double)time;
			y[i] = (double)difference;
			clock_corridor_add(c, i % 2, NOW + time, difference);
		}
		clock_corridor_fit(c, &fit);
		at = (double)(fit.at_ns - NOW);
		for (i = 0; i < PAIRS; i++) {
			for (k = 0; k < i; k++) {
				double b = (y[i] - y[k]) / (x[i] - x[k]);
				double h = y[i] + b * (at - x[i]);
				bool fits = fabs(b) <= 1e-3;

				for (m = 0; m < PAIRS; m++) {
					double rest = y[m] - (h + b * (x[m] - at));

					fits = fits && (m % 2 ? rest >= -1e-3 : rest <= 1e-3);
				}
				if (fits) {
					upper = fmax(upper, h);
					lower = fmin(lower, h);
				}
			}
		}
		CHECK(fit.feasible);
		CHECK(fabs((double)fit.offset_ns - (upper + lower) / 2) <= 3);
		CHECK(fabs((double)fit.error_ns - (upper - lower) / 2) <= 4);
		clock_corridor_free(&c);
	}
	check_case("offset and error are those of all lines that fit");
}

static void test_order_does_not_matter(void)
{
	enum { PAIRS = 5000 };
	struct hop hop = {123456789, -3e-6};
	int64_t *delay = malloc(PAIRS * sizeof *delay);
	struct clock_fit sorted, backwards, shuffled;
	struct clock_corridor *a = clock_corridor_new(), *b = clock_corridor_new();
	struct clock_corridor *c = clock_corridor_new();
	int i;

	for (i = 0; i < PAIRS; i++)
		delay[i] = random_delay(1e6);
	for (i = 0; i < PAIRS; i++) {
		int back = PAIRS - 1 - i, mixed = (int)((int64_t)i * 2741 % PAIRS);

		hop_pass(a, &hop, i & 2, NOW + (int64_t)i * MS, delay[i]);
		hop_pass(b, &hop, back & 2, NOW + (int64_t)back * MS, delay[back]);
		hop_pass(c, &hop, mixed & 2, NOW + (int64_t)mixed * MS, delay[mixed]);
	}
	clock_corridor_fit(a, &sorted);
	clock_corridor_fit(b, &backwards);
	clock_corridor_fit(c, &shuffled);
	CHECK_INT(backwards.offset_ns, sorted.offset_ns);
	CHECK_INT(backwards.error_ns, sorted.error_ns);
	CHECK(backwards.skew == sorted.skew);
	CHECK_INT(shuffled.offset_ns, sorted.offset_ns);
	CHECK_INT(shuffled.error_ns, sorted.error_ns);
	CHECK(shuffled.skew == sorted.skew);
	clock_corridor_free(&a);
	clock_corridor_free(&b);
	clock_corridor_free(&c);
	free(delay);
	check_case("late pairs are put in their place");
}

static void test_bent_clock(void)
{
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;
	int64_t i;

	/* Every forward point is on the hull: more than it holds. The reverse ones
	 * leave 2 ms of room: the line y = 0 passes, and only lines near it. */
	for (i = -20000; i <= 20000; i++) {
		clock_corridor_add(c, true, NOW + i * MS, i * i * 50 / 1000 + MS);
		clock_corridor_add(c, false, NOW + i * MS, -i * i * 50 / 1000 - MS);
	}
	clock_corridor_fit(c, &fit);
	CHECK(fit.feasible);
	CHECK_INT(fit.forward, 40001);
	CHECK(distance(fit.offset_ns, 0) < 2 * US);
	CHECK(fit.error_ns >= MS && fit.error_ns < MS + 2 * US);
	clock_corridor_free(&c);
	check_case("a hull with more corners than there is room for only loses sharpness");
}

/* Stamps that jitter by more than the delay: no line fits. */
static void test_jitter(void)
{
	struct hop hop = {40 * MS, 30e-6};
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;
	int i;

	for (i = 0; i < 200000; i++) {
		double jitter = (random_unit() + random_unit() + random_unit() - 1.5) * 200e3;

		hop_pass(c, &hop, i % 2, NOW + (int64_t)i * 500 * US,
			 20 * US + random_delay(20e3) + (int64_t)jitter);
	}
	clock_corridor_fit(c, &fit);
	CHECK(fit.known && !fit.feasible);
	CHECK(distance(fit.offset_ns, hop_offset(&hop, fit.at_ns)) <= fit.error_ns);
	CHECK(distance(fit.offset_ns, hop_offset(&hop, fit.at_ns)) < 20 * US);
	CHECK(fit.error_ns < 400 * US);
	CHECK(fabs(fit.skew - hop.skew) < 0.5e-6);
	CHECK(fit.forward_min_ns < 0);
	clock_corridor_free(&c);
	check_case("jitter beyond the delay: robust line, and not called feasible");
}

static void test_step(void)
{
	struct hop before = {0, 0}, after = {5 * MS, 0};
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;
	int64_t i;

	for (i = 0; i < 20000; i++)
		hop_pass(c, i < 10000 ? &before : &after, i % 2, NOW + i * MS,
			 MS + random_delay(1e5));
	clock_corridor_fit(c, &fit);
	CHECK(!fit.feasible);
	/* Whichever side of the step is asked for, the error covers it. */
	CHECK(distance(fit.offset_ns, 0) <= fit.error_ns);
	CHECK(distance(fit.offset_ns, 5 * MS) <= fit.error_ns);
	CHECK(fit.error_ns < 6 * MS);
	clock_corridor_free(&c);
	check_case("a step: not feasible, and the error covers it");
}

static void test_hostile_numbers(void)
{
	static const int64_t ends[] = {
		INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
	struct clock_corridor *c = clock_corridor_new();
	struct clock_fit fit;
	size_t i, k;

	for (i = 0; i < 7; i++) {
		for (k = 0; k < 7; k++) {
			clock_corridor_add(c, (i + k) % 2, ends[i], ends[k]);
			clock_corridor_fit(c, &fit);
			clock_fit_offset(&fit, INT64_MIN);
			clock_fit_offset(&fit, INT64_MAX);
		}
	}
	CHECK_INT(fit.forward + fit.reverse, 49);
	clock_corridor_free(&c);
	for (i = 0; i < 100; i++) {
		c = clock_corridor_new();
		for (k = 0; k < 2000; k++)
			clock_corridor_add(c, random_next() & 1, (int64_t)random_next(),
					   (int64_t)random_next());
		clock_corridor_fit(c, &fit);
		CHECK(fit.error_ns >= 0);
		clock_corridor_free(&c);
	}
	check_case("numbers at the ends of int64 do no harm");
}

int main(void)
{
	test_plain_hop();
	test_one_pair_each_way();
	test_one_direction();
	test_same_time();
	test_truth_within_error();
	test_against_all_lines();
	test_order_does_not_matter();
	test_bent_clock();
	test_jitter();
	test_step();
	test_hostile_numbers();
	return check_exit();
}
