/* What is no chance, against the binomial distribution summed up term by term. */
#include <math.h>

#include "correlate/loss_chance.h"
#include "tests/unit/check.h"

/* The probability that at least `least` of `packets` die. */
static double tail(double rate, uint64_t least, uint64_t packets)
{
	double sum = 0;
	uint64_t n;

	for (n = least; n <= packets; n++)
		sum += exp(lgamma((double)packets + 1) - lgamma((double)n + 1) -
			   lgamma((double)(packets - n) + 1) + (double)n * log(rate) +
			   (double)(packets - n) * log1p(-rate));
	return sum;
}

static void never_too_sure(void)
{
	static const double rates[] = {0.0001, 0.001, 0.01, 0.05, 0.2, 0.5, 0.9};
	uint64_t sure = 0, packets, dropped;
	size_t r;

	for (r = 0; r < sizeof rates / sizeof rates[0]; r++)
		for (packets = 1; packets <= 60; packets++)
			for (dropped = 1; dropped <= packets; dropped++) {
				if (!loss_no_chance(rates[r], dropped, packets, 7))
					continue;
				sure++;
				CHECK(7 * tail(rates[r], dropped, packets) < 0.01);
			}
	CHECK(sure > 1000);
	check_case("what is called no chance has a probability under one in a hundred");
}

static void sure_enough(void)
{
	CHECK(loss_no_chance(0.001, 2, 2, 100));       /* 1e-6 x 100 */
	CHECK(!loss_no_chance(0.01, 2, 2, 1000));      /* 1e-4 x 1000 */
	CHECK(loss_no_chance(0.01, 8, 8, 1000000));
	CHECK(!loss_no_chance(0.2, 5, 20, 1));         /* about what is expected */
	CHECK(!loss_no_chance(0.2, 2, 20, 1));         /* fewer */
	CHECK(!loss_no_chance(0.2, 0, 0, 1));
	check_case("runs of drops are no chance where packets seldom die, and may be where they often do");
}

static void rates(void)
{
	CHECK(loss_rate(0, 99) > 0 && loss_rate(0, 99) < 0.01);
	CHECK(fabs(loss_rate(20, 980) - 0.02) < 0.001);
	CHECK(loss_rate(5, 0) < 1);
	CHECK(fabs(loss_rate(0, 0) - 0.5) < 1e-9);
	check_case("a rate is never 0 or 1, however few packets there were");
}

int main(void)
{
	never_too_sure();
	sure_enough();
	rates();
	return check_exit();
}
