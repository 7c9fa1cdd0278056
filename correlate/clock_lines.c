#include "correlate/coarse.h"

#include <stdlib.h>
#include <string.h>

#define COARSE_FAR_NS 2e9        /* 2 s: no delay is longer */
#define COARSE_JOIN_NS 1e15      /* 11 days: exact in doubles */
#define COARSE_SPAN_NS 1e9       /* in a second a drift does not show */
#define COARSE_DRIFT_NS 1e6      /* 1 ms over the span: less is left to the fine fit */
#define COARSE_BLOCK_PAIRS 8
#define COARSE_RAW_PAIRS 32      /* up to so many pairs are their own blocks */
#define COARSE_REACH_MIN 8       /* blocks */
#define COARSE_EVIDENT 3         /* standard errors */
#define COARSE_FEW_PAIRS 20      /* below, only a glaring drift is believed */
#define COARSE_GLARING 12
#define COARSE_NO_LINE UINT8_MAX

/* Sorts by bytes, the low ones first. Bytes that all values share cost one look. */
static void coarse_sort(int64_t *values, int64_t *other, size_t count)
{
	size_t at[256], i, sum, n;
	unsigned shift, k;

	for (shift = 0; shift < 64; shift += 8) {
		/* The sign goes below the other values. */
		uint64_t flip = shift == 56 ? 0x80 : 0;

		memset(at, 0, sizeof at);
		for (i = 0; i < count; i++)
			at[((uint64_t)values[i] >> shift & 0xff) ^ flip]++;
		if (count && at[((uint64_t)values[0] >> shift & 0xff) ^ flip] == count)
			continue;
		for (k = 0, sum = 0; k < 256; k++) {
			n = at[k];
			at[k] = sum;
			sum += n;
		}
		for (i = 0; i < count; i++)
			other[at[((uint64_t)values[i] >> shift & 0xff) ^ flip]++] = values[i];
		memcpy(values, other, count * sizeof *values);
	}
}

/* The densest window of a width over sorted values: its first and last value. */
static size_t coarse_densest(const int64_t *sorted, size_t count, double width, size_t *first)
{
	int64_t limit = coarse_round(width);
	size_t i, k = 0, most = 0;

	for (i = 0; i < count; i++) {
		while (sorted[i] - sorted[k] > limit)
			k++;
		if (i - k + 1 > most) {
			most = i - k + 1;
			*first = k;
		}
	}
	return most;
}

double coarse_middle(double *values, size_t count)
{
	return (robust_quantile(values, count, 0.25) + robust_quantile(values, count, 0.75)) / 2;
}

unsigned coarse_blocks(const struct coarse *c, const struct coarse_stretch *stretch,
		       unsigned stretches, size_t pairs, struct robust_point *points)
{
	size_t wanted = pairs / COARSE_BLOCK_PAIRS, own, k, from, to, members;
	unsigned s, n = 0;

	wanted = wanted < COARSE_RAW_PAIRS ? COARSE_RAW_PAIRS : wanted;
	wanted = wanted > COARSE_BLOCKS ? COARSE_BLOCKS : wanted > pairs ? pairs : wanted;
	for (s = 0; s < stretches; s++) {
		members = stretch[s].to - stretch[s].from;
		own = wanted * members / pairs;
		own = own ? own : 1;
		for (k = 0; k < own; k++) {
			from = stretch[s].from + k * members / own;
			to = stretch[s].from + (k + 1) * members / own;
			memcpy(c->rest + from, c->y + from, (to - from) * sizeof *c->rest);
			points[n].group = s;
			points[n].x = c->x[(from + to) / 2];
			points[n++].y = coarse_middle(c->rest + from, to - from);
		}
	}
	return n;
}

double coarse_slope(const struct coarse *c, const struct coarse_stretch *stretch,
		    unsigned stretches, unsigned reach_divisor)
{
	struct robust_point points[ROBUST_POINTS_MAX] = {{0}};
	double slope, span, evidence;
	size_t pairs = 0;
	unsigned s, n, reach;

	for (s = 0; s < stretches; s++)
		pairs += stretch[s].to - stretch[s].from;
	if (!pairs)
		return 0;
	n = coarse_blocks(c, stretch, stretches, pairs, points);
	reach = n / reach_divisor;
	slope = robust_slope(points, n, reach < COARSE_REACH_MIN ? COARSE_REACH_MIN : reach);
	slope = fmin(fmax(slope, -COARSE_SKEW_MAX), COARSE_SKEW_MAX);
	evidence = robust_evidence(points, n, slope, &span);
	if (span < COARSE_SPAN_NS || fabs(slope) * span < COARSE_DRIFT_NS)
		return 0;
	return evidence > (pairs < COARSE_FEW_PAIRS ? COARSE_GLARING : COARSE_EVIDENT) ? slope : 0;
}

static double coarse_rest(const struct coarse *c, const struct coarse_line *line, size_t i)
{
	return (double)(c->difference[i] - line->level_ns) - line->skew * c->time_ns[i];
}

/* Members become the pairs on no line yet that are within `reach` of this one. */
static void coarse_gather(struct coarse *c, const struct coarse_line *line, double reach)
{
	size_t i, n = 0;

	for (i = 0; i < c->count; i++) {
		if (c->line_of[i] != COARSE_NO_LINE || fabs(coarse_rest(c, line, i)) > reach)
			continue;
		c->x[n] = c->time_ns[i];
		c->y[n++] = (double)(c->difference[i] - line->level_ns);
	}
	c->members = n;
}

/* Moves a line's level to the densest window of what is on no line yet; returns how
 * many pairs are in it. */
static size_t coarse_center(struct coarse *c, struct coarse_line *line, double width)
{
	size_t i, n = 0, first = 0, most;

	for (i = 0; i < c->count; i++)
		if (c->line_of[i] == COARSE_NO_LINE)
			c->sorted[n++] = coarse_round(coarse_rest(c, line, i));
	coarse_sort(c->sorted, c->sorted + c->count, n);
	most = coarse_densest(c->sorted, n, width, &first);
	if (most)
		line->level_ns = coarse_held((__int128)line->level_ns +
					     c->sorted[first + most / 2]);
	return most;
}

/* Puts the pairs near a line on it; returns how many. */
static size_t coarse_mark(struct coarse *c, const struct coarse_line *line)
{
	size_t i, n = 0;

	for (i = 0; i < c->count; i++) {
		if (c->line_of[i] != COARSE_NO_LINE ||
		    fabs(coarse_rest(c, line, i)) > COARSE_FAR_NS)
			continue;
		c->line_of[i] = (uint8_t)c->lines;
		n++;
	}
	return n;
}

/* Finds lines, the fullest first. The first window is wide enough for some of a
 * drifting clock's time; each look at the drift allows for a narrower one. */
static void coarse_find_lines(struct coarse *c)
{
	static const double widths[] = {200e-6, 20e-6, 2e-6}; /* of the span */
	struct coarse_stretch all = {0};
	size_t k, most;

	memset(c->line_of, COARSE_NO_LINE, c->count);
	for (c->lines = 0; c->lines < CLOCK_SEGMENTS_MAX; c->lines++) {
		struct coarse_line line = {0};
		double width = fmax(COARSE_NEAR_NS, widths[0] * c->span_ns);

		most = coarse_center(c, &line, width);
		if (c->lines && most < STEP_SIDE_MIN)
			break;
		coarse_gather(c, &line, width);
		for (k = 0; k < sizeof widths / sizeof widths[0]; k++) {
			all.to = c->members;
			line.skew = coarse_slope(c, &all, 1, COARSE_NEIGHBOURS);
			width = fmax(COARSE_NEAR_NS, widths[k] * c->span_ns);
			coarse_center(c, &line, width);
			coarse_gather(c, &line, COARSE_FAR_NS + width);
		}
		if (!coarse_mark(c, &line)) { /* only with times that are no times */
			if (c->lines)
				break;
			line = (struct coarse_line){.level_ns = c->difference[c->count / 2]};
			coarse_mark(c, &line);
		}
		c->line[c->lines] = line;
	}
}

/* Which line holds when: the sequence of lines that contradicts the fewest
 * pairs, where each change costs as much as `price` pairs (Viterbi). Bit l of
 * entered[i]: to be on line l at pair i is best done by a change to it there, from
 * best[i - 1]. */
static unsigned coarse_turns(struct coarse *c, uint32_t price, uint32_t *entered, uint8_t *best)
{
	uint64_t cost[CLOCK_SEGMENTS_MAX] = {0};
	struct coarse_stretch *stretch = c->stretch;
	unsigned l, line, n;
	size_t i;

	for (i = 0; i < c->count; i++) {
		uint64_t change = i ? cost[best[i - 1]] + price : UINT64_MAX;

		entered[i] = 0;
		best[i] = 0;
		for (l = 0; l < c->lines; l++) {
			if (cost[l] > change) {
				cost[l] = change;
				entered[i] |= (uint32_t)1 << l;
			}
			cost[l] += c->line_of[i] != l && c->line_of[i] != COARSE_NO_LINE;
			if (cost[l] < cost[best[i]])
				best[i] = (uint8_t)l;
		}
	}
	/* Walk back; the stretches come out last first. */
	line = best[c->count - 1];
	stretch[0] = (struct coarse_stretch){.to = c->count, .line = line};
	for (i = c->count, n = 1; i-- > 0;) {
		if (!(entered[i] >> line & 1))
			continue;
		if (n == CLOCK_SEGMENTS_MAX)
			return 0;
		line = best[i - 1];
		stretch[n - 1].from = i;
		stretch[n++] = (struct coarse_stretch){.to = i, .line = line};
	}
	for (i = 0; i < n / 2; i++) {
		struct coarse_stretch swapped = stretch[i];

		stretch[i] = stretch[n - 1 - i];
		stretch[n - 1 - i] = swapped;
	}
	return n;
}

/* Turns ranges of pairs into ranges of members. Stretches on lines that are not
 * years apart become one: where exactly the step is, and whether it is one at
 * all, is found out below. */
static void coarse_take_members(struct coarse *c)
{
	size_t i, from;
	unsigned s, kept = 0;

	c->members = 0;
	for (s = 0; s < c->stretches; s++) {
		struct coarse_stretch *last = &c->stretch[kept ? kept - 1 : 0];
		struct coarse_stretch stretch = c->stretch[s];
		const struct coarse_line *line = &c->line[stretch.line];
		bool join = kept && fabs((double)line->level_ns -
					 (double)c->line[last->line].level_ns) < COARSE_JOIN_NS;
		int64_t level = c->line[join ? last->line : stretch.line].level_ns;

		from = c->members;
		for (i = stretch.from; i < stretch.to; i++) {
			if (fabs(coarse_rest(c, line, i)) > COARSE_FAR_NS)
				continue;
			c->x[c->members] = c->time_ns[i];
			c->y[c->members++] = (double)(c->difference[i] - level);
		}
		if (c->members == from)
			continue;
		if (join)
			last->to = c->members;
		else
			c->stretch[kept++] =
				(struct coarse_stretch){from, c->members, stretch.line};
	}
	c->stretches = kept;
}

static enum status coarse_find_turns(struct coarse *c, struct error *err)
{
	uint32_t *entered = malloc(c->count * sizeof *entered), price = STEP_SIDE_MIN - 1;
	uint8_t *best = malloc(c->count);

	if (!entered || !best) {
		free(entered);
		free(best);
		return error_set(err, STATUS_SYSTEM, "no memory for a clock's steps");
	}
	while (!(c->stretches = coarse_turns(c, price, entered, best)))
		price *= 2; /* too many for the segments there are */
	free(entered);
	free(best);
	coarse_take_members(c);
	return STATUS_OK;
}

enum status coarse_find_stretches(struct coarse *c, struct error *err)
{
	coarse_find_lines(c);
	return coarse_find_turns(c, err);
}
