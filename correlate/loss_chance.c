#include "correlate/loss_chance.h"

#include <math.h>

#define LOSS_CHANCE 0.01 /* what is rarer is no chance */

double loss_rate(uint64_t dropped, uint64_t passed)
{
	return ((double)dropped + 0.5) / ((double)dropped + (double)passed + 1.0);
}

/* The natural logarithm of Chernoff's bound (Hoeffding 1963, theorem 1) of the probability
 * that at least `dropped` of `packets` die, each by itself: it is never too small. */
static double loss_log_bound(double rate, uint64_t dropped, uint64_t packets)
{
	double n = (double)packets, share = (double)dropped / n;

	if (share <= rate)
		return 0;
	if (dropped >= packets)
		return n * log(rate);
	return -n * (share * log(share / rate) + (1 - share) * log((1 - share) / (1 - rate)));
}

bool loss_no_chance(double rate, uint64_t dropped, uint64_t packets, uint64_t trials)
{
	if (!dropped || !packets)
		return false;
	return loss_log_bound(rate, dropped, packets) + log((double)(trials ? trials : 1)) <
	       log(LOSS_CHANCE);
}
