#include "correlate/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/robust.h"
#include "correlate/step.h"

#define COARSE_HELD_NS INT64_C(4500000000000000000) /* 142 years; differences of two fit int64 */
#define COARSE_NEAR_NS 20e6      /* 20 ms: what agrees in any case, and the least window of a mode */
#define COARSE_FAR_NS 2e9        /* 2 s: no delay is longer */
#define COARSE_SKEW_MAX 600e-6   /* quartz and the fastest slewing (500 ppm) */
#define COARSE_SPAN_NS 1e9       /* in a second a drift does not show */
#define COARSE_DRIFT_NS 1e6      /* 1 ms over the span: less is left to the fine fit */
#define COARSE_BLOCKS 256
#define COARSE_BLOCK_PAIRS 8
#define COARSE_RAW_PAIRS 32      /* up to so many pairs are their own blocks */
#define COARSE_EVIDENT 3         /* standard errors */
#define COARSE_FEW_PAIRS 20      /* below, only a glaring drift is believed */
#define COARSE_GLARING 12
#define COARSE_OWN_PAIRS 200     /* a stretch with fewer pairs or of less time has the skew of all */
#define COARSE_OWN_NS 60e9
#define COARSE_NEIGHBOURS 8      /* one block in so many is near: few pairs of those have a step between */
#define COARSE_REACH_MIN 8
#define COARSE_ROUNDS 4
#define COARSE_JOIN_NS (1e6 * 1e9) /* exact in doubles */
#define COARSE_NO_LINE UINT8_MAX

/* A level around which differences lie for some of the time. */
struct coarse_line {
	int64_t level_ns; /* the difference at the first pair's local time */
	double skew;
};

/* A stretch of time without a step: members from..to - 1, around a line. */
struct coarse_stretch {
	size_t from, to;
	unsigned line;
};

/* A member, on its way to the order of the reference's time. */
struct coarse_turn {
	double reference_ns, rest;
	size_t place;
};

struct coarse {
	const struct clock_pair *pairs; /* sorted by local time */
	size_t count;
	double span_ns;                 /* of their times, but for a few wrong stamps */
	int64_t *difference;            /* by pair: local - reference */
	int64_t *sorted;                /* scratch */
	double *time_ns;                /* by pair: since the first */
	uint8_t *line_of;               /* by pair */
	/* The pairs near the line of their time, in order of time; x is their
	 * time, y their difference less the line's level. */
	size_t members;
	double *x, *y, *rest, *other;
	struct coarse_turn *turn;
	unsigned lines, stretches;
	struct coarse_line line[CLOCK_SEGMENTS_MAX];
	struct coarse_stretch stretch[CLOCK_SEGMENTS_MAX];
};

void clock_identity(struct clock *clock)
{
	*clock = (struct clock){.segments = 1, .segment[0] = {.from_ns = INT64_MIN}};
}

static int coarse_compare_pairs(const void *a, const void *b)
{
	const struct clock_pair *p = a, *q = b;

	if (p->local_ns != q->local_ns)
		return p->local_ns < q->local_ns ? -1 : 1;
	return (p->reference_ns > q->reference_ns) - (p->reference_ns < q->reference_ns);
}

static int coarse_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t coarse_held(__int128 ns)
{
	if (ns > COARSE_HELD_NS)
		return COARSE_HELD_NS;
	return ns < -COARSE_HELD_NS ? -COARSE_HELD_NS : (int64_t)ns;
}

static int64_t coarse_round(double ns)
{
	if (fabs(ns) >= 0x1p62)
		return ns < 0 ? -INT64_MAX / 2 : INT64_MAX / 2;
	return (int64_t)llround(ns);
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

/* The middle of the half of the values that lies around the median: with two
 * levels, one per direction, halfway between both rather than one of them. */
static double coarse_middle(double *values, size_t count)
{
	double high = robust_quantile(values, count, 0.75);

	return (values[(size_t)(0.25 * (double)(count - 1) + 0.5)] + high) / 2;
}

/* Gathers members into blocks of time, a point for each. */
static unsigned coarse_blocks(const struct coarse *c, const struct coarse_stretch *stretch,
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

/* The slope that stretches have in common, or 0 when it does not matter or does not
 * stand out of the noise. */
static double coarse_slope(const struct coarse *c, const struct coarse_stretch *stretch,
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
	qsort(c->sorted, n, sizeof c->sorted[0], coarse_compare);
	most = coarse_densest(c->sorted, n, width, &first);
	if (most)
		line->level_ns = coarse_held((__int128)line->level_ns + c->sorted[first + most / 2]);
	return most;
}

/* Puts the pairs near a line on it; returns how many. */
static size_t coarse_mark(struct coarse *c, const struct coarse_line *line)
{
	size_t i, n = 0;

	for (i = 0; i < c->count; i++) {
		if (c->line_of[i] != COARSE_NO_LINE || fabs(coarse_rest(c, line, i)) > COARSE_FAR_NS)
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
		struct coarse_stretch stretch = c->stretch[s], *last = &c->stretch[kept ? kept - 1 : 0];
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
			c->stretch[kept++] = (struct coarse_stretch){from, c->members, stretch.line};
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

static int coarse_compare_turns(const void *a, const void *b)
{
	const struct coarse_turn *p = a, *q = b;

	if (p->reference_ns != q->reference_ns)
		return p->reference_ns < q->reference_ns ? -1 : 1;
	return (p->place > q->place) - (p->place < q->place);
}

/* The first member behind the clearest step of a stretch, counted from its start; 0 when
 * there is none. `rest` is what the members' differences are without drift. */
static size_t coarse_find_step(const struct coarse *c, const struct coarse_stretch *stretch,
			       double *size)
{
	size_t from = stretch->from, n = stretch->to - from, i, cut, best = 0;
	size_t step = step_find(c->rest + from, n, size);
	long wrong = 0, least = 0;

	if (step || n < 2 * STEP_SIDE_MIN)
		return step;
	/* A clock set back passes some of its time twice: sorted by that clock, both
	 * levels mix. By the other one they do not. */
	for (i = 0; i < n; i++)
		c->turn[i] = (struct coarse_turn){c->x[from + i] - c->y[from + i],
						  c->rest[from + i], i};
	qsort(c->turn, n, sizeof *c->turn, coarse_compare_turns);
	for (i = 0; i < n; i++)
		c->other[i] = c->turn[i].rest;
	cut = step_find(c->other, n, size);
	if (!cut)
		return 0;
	/* The cut in local time that puts the fewest on the wrong side. */
	for (i = 0; i < n; i++)
		c->other[c->turn[i].place] = i < cut;
	for (i = 0; i < n; i++) {
		wrong += c->other[i] != 0 ? -1 : 1;
		if (wrong < least) {
			least = wrong;
			best = i + 1;
		}
	}
	return best < n ? best : 0;
}

/* Cuts the stretch with the clearest step, again and again; returns how many there are. */
static unsigned coarse_cut(struct coarse *c, struct coarse_stretch *stretch, unsigned stretches,
			   double slope)
{
	size_t at[CLOCK_SEGMENTS_MAX], k;
	double size[CLOCK_SEGMENTS_MAX];
	unsigned s, best, fresh = stretches;

	for (k = 0; k < c->members; k++)
		c->rest[k] = c->y[k] - slope * c->x[k];
	for (s = 0; s < stretches; s++)
		at[s] = coarse_find_step(c, &stretch[s], &size[s]);
	while (stretches < CLOCK_SEGMENTS_MAX) {
		for (s = 1, best = 0; s < stretches; s++)
			if (at[s] && (!at[best] || size[s] > size[best]))
				best = s;
		if (!at[best])
			break;
		fresh = best + 1;
		memmove(&stretch[fresh], &stretch[best], (stretches - best) * sizeof *stretch);
		memmove(&at[fresh], &at[best], (stretches - best) * sizeof *at);
		memmove(&size[fresh], &size[best], (stretches - best) * sizeof *size);
		stretches++;
		stretch[best].to = stretch[fresh].from = stretch[best].from + at[best];
		for (s = best; s <= fresh; s++)
			at[s] = coarse_find_step(c, &stretch[s], &size[s]);
	}
	return stretches;
}

static bool coarse_same(const struct coarse_stretch *a, const struct coarse_stretch *b, unsigned n)
{
	unsigned s;

	for (s = 0; s < n; s++)
		if (a[s].from != b[s].from)
			return false;
	return true;
}

/* The slope to look for steps with, before any is known. Most slopes between
 * neighbours have no step between them, and the farther they are apart, the
 * better they are known; but where steps are many (a clock set right every hour
 * against its drift) only the nearest tell the drift: from block to block less
 * changes, then, than under the other slope. */
static double coarse_first_slope(const struct coarse *c)
{
	struct robust_point points[ROBUST_POINTS_MAX] = {{0}};
	double slope = coarse_slope(c, c->stretch, c->stretches, COARSE_NEIGHBOURS), near;
	unsigned n = coarse_blocks(c, c->stretch, c->stretches, c->members, points);

	if (n < COARSE_BLOCKS / 4)
		return slope;
	near = robust_slope(points, n, 2);
	if (fabs(near) > COARSE_SKEW_MAX ||
	    robust_change(points, n, near) * 2 > robust_change(points, n, slope))
		return slope;
	return near;
}

/* Steps stand out once the drift is taken off, and the drift is clear once the steps
 * are cut out: both in turns, until they agree. */
static double coarse_find_steps(struct coarse *c)
{
	struct coarse_stretch stretch[CLOCK_SEGMENTS_MAX], before[CLOCK_SEGMENTS_MAX];
	double slope = coarse_first_slope(c);
	unsigned round, n = 0, n_before;

	for (round = 0; round < COARSE_ROUNDS; round++) {
		n_before = n;
		memcpy(before, stretch, n * sizeof stretch[0]);
		n = c->stretches;
		memcpy(stretch, c->stretch, n * sizeof stretch[0]);
		n = coarse_cut(c, stretch, n, slope);
		slope = coarse_slope(c, stretch, n, 1);
		if (n == n_before && coarse_same(stretch, before, n))
			break;
	}
	memcpy(c->stretch, stretch, n * sizeof stretch[0]);
	c->stretches = n;
	return slope;
}

/* The line of one stretch; returns how many pairs agree with it. */
static size_t coarse_settle(const struct coarse *c, const struct coarse_stretch *stretch,
			    double slope, struct clock_segment *segment)
{
	const double *x = c->x + stretch->from, *y = c->y + stretch->from;
	double *rest = c->rest + stretch->from, height, middle, limit;
	size_t n = stretch->to - stretch->from, i, agreeing = 0;

	middle = x[0] + (x[n - 1] - x[0]) / 2;
	if (n >= COARSE_OWN_PAIRS && x[n - 1] - x[0] >= COARSE_OWN_NS) {
		double own = coarse_slope(c, stretch, 1, 1);

		slope = own != 0 ? own : slope;
	}
	for (i = 0; i < n; i++)
		rest[i] = y[i] - slope * (x[i] - middle);
	height = coarse_middle(rest, n);
	for (i = 0; i < n; i++)
		rest[i] = fabs(y[i] - slope * (x[i] - middle) - height);
	limit = fmax(COARSE_NEAR_NS, 8 * robust_quantile(rest, n, 0.5));
	for (i = 0; i < n; i++) {
		double r = y[i] - slope * (x[i] - middle);

		if (fabs(r - height) <= limit)
			rest[agreeing++] = r;
	}
	if (agreeing)
		height = coarse_middle(rest, agreeing);
	segment->origin_ns = coarse_held((__int128)c->pairs[0].local_ns + coarse_round(middle));
	segment->offset_ns = coarse_held((__int128)c->line[stretch->line].level_ns +
					 coarse_round(height));
	segment->skew = slope;
	return agreeing;
}

/* A segment starts halfway between the pairs around the step. */
static void coarse_publish(const struct coarse *c, double slope, struct clock *clock,
			   size_t *agreeing)
{
	unsigned s;

	*agreeing = 0;
	clock->segments = c->stretches;
	for (s = 0; s < c->stretches; s++) {
		const struct coarse_stretch *stretch = &c->stretch[s];
		double from = c->x[stretch->from];

		*agreeing += coarse_settle(c, stretch, slope, &clock->segment[s]);
		if (s)
			from -= (from - c->x[stretch->from - 1]) / 2;
		clock->segment[s].from_ns = coarse_held((__int128)c->pairs[0].local_ns +
							coarse_round(from));
	}
}

static void coarse_prepare(struct coarse *c)
{
	size_t i, edge = c->count / 20;

	for (i = 0; i < c->count; i++) {
		const struct clock_pair *p = &c->pairs[i];

		c->difference[i] = coarse_held((__int128)p->local_ns - p->reference_ns);
		c->time_ns[i] = (double)((uint64_t)p->local_ns - (uint64_t)c->pairs[0].local_ns);
	}
	c->span_ns = c->time_ns[c->count - 1 - edge] - c->time_ns[edge];
}

enum status clock_fit_coarse(struct clock *clock, struct clock_pair *pairs, size_t count,
			     size_t *agreeing, struct error *err)
{
	struct coarse c = {.pairs = pairs, .count = count};
	enum status status = STATUS_OK;

	clock_identity(clock);
	*agreeing = 0;
	if (!count)
		return error_set(err, STATUS_INPUT, "no packet was seen at both points");
	qsort(pairs, count, sizeof *pairs, coarse_compare_pairs);
	c.difference = malloc(count * sizeof *c.difference);
	c.sorted = malloc(count * sizeof *c.sorted);
	c.time_ns = malloc(count * sizeof *c.time_ns);
	c.line_of = malloc(count);
	c.x = malloc(count * sizeof *c.x);
	c.y = malloc(count * sizeof *c.y);
	c.rest = malloc(count * sizeof *c.rest);
	c.other = malloc(count * sizeof *c.other);
	c.turn = malloc(count * sizeof *c.turn);
	if (!c.difference || !c.sorted || !c.time_ns || !c.line_of || !c.x || !c.y || !c.rest ||
	    !c.other || !c.turn) {
		status = error_set(err, STATUS_SYSTEM, "no memory for %zu pairs of a clock", count);
		goto out;
	}
	coarse_prepare(&c);
	coarse_find_lines(&c);
	status = coarse_find_turns(&c, err);
	if (status == STATUS_OK)
		coarse_publish(&c, coarse_find_steps(&c), clock, agreeing);
out:
	free(c.difference);
	free(c.sorted);
	free(c.time_ns);
	free(c.line_of);
	free(c.x);
	free(c.y);
	free(c.rest);
	free(c.other);
	free(c.turn);
	return status;
}
