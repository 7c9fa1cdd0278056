#include "correlate/step.h"

#include <math.h>
#include <string.h>

#include "correlate/robust.h"

#define STEP_NEAR 200           /* values on each side that show a step */
#define STEP_FAR 2000           /* and that must confirm it */
#define STEP_SURE_NS 500000000.0 /* 0.5 s: no queue; needs no confirmation */
#define STEP_BLOCK 25           /* values whose ranges are looked at first */
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
	robust_sort(left, l);
	robust_sort(right, r);
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

/* A step found, and the best place of the run of places at hand that all show one. */
struct step_search {
	const double *values;
	size_t count;
	struct step_window left, right;
	size_t best, top_at;
	double size, top;
};

/* Keeps the better of the best step and the run that ends. */
static void step_weigh(struct step_search *s)
{
	if (s->top_at && s->top > s->size &&
	    (s->top >= STEP_SURE_NS ||
	     step_confirm(s->values, s->count, s->top_at) > STEP_LEAST_NS)) {
		s->best = s->top_at;
		s->size = s->top;
	}
	s->top = STEP_LEAST_NS;
	s->top_at = 0;
}

/* Looks at every place of a block. */
static void step_scan(struct step_search *s, size_t block)
{
	size_t i = block * STEP_BLOCK, k;
	double gap;

	s->left.count = s->right.count = 0;
	for (k = i < STEP_NEAR ? 0 : i - STEP_NEAR; k < i; k++)
		step_put(&s->left, s->values[k]);
	for (k = i; k < s->count && k < i + STEP_NEAR; k++)
		step_put(&s->right, s->values[k]);
	for (k = 0; k < STEP_BLOCK && s->count - i >= STEP_SIDE_MIN; k++, i++) {
		gap = step_gap(s->left.value, s->left.count, s->right.value, s->right.count);
		if (gap > s->top) {
			s->top = gap;
			s->top_at = i;
		} else if (gap <= STEP_LEAST_NS) {
			step_weigh(s);
		}
		step_take(&s->right, s->values[i]);
		if (s->count - i > STEP_NEAR)
			step_put(&s->right, s->values[i + STEP_NEAR]);
		if (s->left.count == STEP_NEAR)
			step_take(&s->left, s->values[i - STEP_NEAR]);
		step_put(&s->left, s->values[i]);
	}
}

/* The range of a block, but for as many values on either end as may lie outside
 * the range of a whole window. */
struct step_range {
	double low, high;
};

static struct step_range step_range(const double *values)
{
	double sorted[STEP_BLOCK];
	unsigned i, k;

	for (i = 0; i < STEP_BLOCK; i++) {
		for (k = i; k > 0 && sorted[k - 1] > values[i]; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = values[i];
	}
	return (struct step_range){sorted[STEP_NEAR / STEP_TAIL],
				   sorted[STEP_BLOCK - 1 - STEP_NEAR / STEP_TAIL]};
}

/* A step in a block is only possible where the ranges of the two blocks before it and
 * those behind it do not meet: few places need a close look. */
size_t step_find(const double *values, size_t count, double *size_ns)
{
	struct step_search s = {.values = values, .count = count, .size = STEP_LEAST_NS,
				.top = STEP_LEAST_NS};
	struct step_range r[5]; /* of blocks b - 2 .. b + 2 */
	size_t b, blocks = count / STEP_BLOCK;

	*size_ns = 0;
	if (count < 2 * STEP_SIDE_MIN)
		return 0;
	for (b = 0; b < 4; b++)
		r[b + 1] = step_range(values + b * STEP_BLOCK);
	for (b = 2; b + 1 < blocks; b++) {
		memmove(r, r + 1, 4 * sizeof r[0]);
		r[4] = b + 2 < blocks ? step_range(values + (b + 2) * STEP_BLOCK) : r[3];
		if (fmin(r[3].low, r[4].low) - fmax(r[0].high, r[1].high) > STEP_LEAST_NS ||
		    fmin(r[0].low, r[1].low) - fmax(r[3].high, r[4].high) > STEP_LEAST_NS)
			step_scan(&s, b);
		else
			step_weigh(&s);
	}
	step_weigh(&s);
	if (!s.best)
		return 0;
	*size_ns = s.size;
	return step_sharpen(values, count, s.best);
}
