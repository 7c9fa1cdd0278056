#include "correlate/step.h"

#include <math.h>
#include <string.h>

#include "correlate/robust.h"

#define STEP_NEAR 200           /* values on each side that show a step */
#define STEP_FAR 2000           /* and that must confirm it */
#define STEP_SURE_NS 500000000.0 /* 0.5 s: no queue; needs no confirmation */
#define STEP_TAIL 50            /* one value in so many (2 %) may lie outside a range */

/* The values next to a place, sorted. */
struct step_window {
	unsigned count;
	double value[STEP_NEAR];
};

static unsigned step_place(const struct step_window *w, double value)
{
	unsigned low = 0, high = w->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (w->value[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void step_put(struct step_window *w, double value)
{
	unsigned at = step_place(w, value);

	memmove(&w->value[at + 1], &w->value[at], (w->count - at) * sizeof value);
	w->value[at] = value;
	w->count++;
}

static void step_take(struct step_window *w, double value)
{
	unsigned at = step_place(w, value);

	w->count--;
	memmove(&w->value[at], &w->value[at + 1], (w->count - at) * sizeof value);
}

/* How far the ranges of two sorted rows are apart; negative when they meet. */
static double step_gap(const double *left, size_t left_count, const double *right,
		       size_t right_count)
{
	size_t l = left_count / STEP_TAIL, r = right_count / STEP_TAIL;
	double up = right[r] - left[left_count - 1 - l];
	double down = left[l] - right[right_count - 1 - r];

	return fmax(up, down);
}

/* A burst that fills a queue looks like a step from nearby. From farther away the
 * row shows that it came down again. */
static double step_confirm(const double *values, size_t count, size_t at)
{
	double left[STEP_FAR], right[STEP_FAR];
	size_t l = at < STEP_FAR ? at : STEP_FAR, r = count - at < STEP_FAR ? count - at : STEP_FAR;

	memcpy(left, values + at - l, l * sizeof left[0]);
	memcpy(right, values + at, r * sizeof right[0]);
	robust_quantile(left, l, 0.5);
	robust_quantile(right, r, 0.5);
	return step_gap(left, l, right, r);
}

/* The place near `at` that leaves the fewest values on the wrong side. */
static size_t step_sharpen(const double *values, size_t count, size_t at)
{
	size_t from = at < STEP_NEAR ? 0 : at - STEP_NEAR;
	size_t to = count - at < STEP_NEAR ? count : at + STEP_NEAR, i, best = from;
	double left[STEP_NEAR], right[STEP_NEAR], low, high, level;
	long wrong = 0, least = 0;

	memcpy(left, values + from, (at - from) * sizeof left[0]);
	memcpy(right, values + at, (to - at) * sizeof right[0]);
	low = robust_quantile(left, at - from, 0.5);
	high = robust_quantile(right, to - at, 0.5);
	level = low + (high - low) / 2;
	for (i = from; i < to; i++) {
		wrong += (values[i] < level) == (low < high) ? -1 : 1;
		if (wrong < least) {
			least = wrong;
			best = i + 1;
		}
	}
	return best;
}

/* Keeps the better of the best step and the one at `at`. */
static void step_weigh(const double *values, size_t count, size_t at, double gap, size_t *best,
		       double *size)
{
	if (gap <= *size)
		return;
	if (gap < STEP_SURE_NS && step_confirm(values, count, at) <= STEP_LEAST_NS)
		return;
	*best = at;
	*size = gap;
}

size_t step_find(const double *values, size_t count, double *size_ns)
{
	struct step_window left = {0}, right = {0};
	size_t i, best = 0, top_at = 0;
	double size = STEP_LEAST_NS, top = STEP_LEAST_NS, gap;

	*size_ns = 0;
	if (count < 2 * STEP_SIDE_MIN)
		return 0;
	for (i = 0; i < count && i < STEP_NEAR; i++)
		step_put(&right, values[i]);
	for (i = 0; i < count; i++) {
		gap = i < STEP_SIDE_MIN || count - i < STEP_SIDE_MIN
			      ? 0
			      : step_gap(left.value, left.count, right.value, right.count);
		if (gap > top) {
			top = gap;
			top_at = i;
		} else if (gap <= STEP_LEAST_NS && top_at) {
			step_weigh(values, count, top_at, top, &best, &size);
			top = STEP_LEAST_NS;
			top_at = 0;
		}
		step_take(&right, values[i]);
		if (count - i > STEP_NEAR)
			step_put(&right, values[i + STEP_NEAR]);
		if (left.count == STEP_NEAR)
			step_take(&left, values[i - STEP_NEAR]);
		step_put(&left, values[i]);
	}
	if (!best)
		return 0;
	*size_ns = size;
	return step_sharpen(values, count, best);
}
