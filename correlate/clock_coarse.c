#include "correlate/coarse.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/order.h"

#define COARSE_OWN_PAIRS 200 /* a stretch with fewer pairs or of less time has the skew of all */
#define COARSE_OWN_NS 60e9
#define COARSE_ROUNDS 4

void clock_identity(struct clock *clock)
{
	*clock = (struct clock){.segments = 1, .segment[0] = {.from_ns = INT64_MIN}};
}

static uint64_t coarse_pair_local(const void *pair)
{
	return order_of_int(((const struct clock_pair *)pair)->local_ns);
}

static uint64_t coarse_pair_reference(const void *pair)
{
	return order_of_int(((const struct clock_pair *)pair)->reference_ns);
}

static uint64_t coarse_turn_reference(const void *turn)
{
	return order_of_double(((const struct coarse_turn *)turn)->reference_ns);
}

/* The first member behind the clearest step of a stretch, counted from its start; 0 when
 * there is none. `rest` is what the members' differences are without drift. */
static size_t coarse_find_step(struct coarse *c, const struct coarse_stretch *stretch,
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
	c->no_memory |= !order_by(NULL, c->turn, n, sizeof *c->turn, coarse_turn_reference);
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
	c.no_memory = !order_by(NULL, pairs, count, sizeof *pairs, coarse_pair_reference) ||
		      !order_by(NULL, pairs, count, sizeof *pairs, coarse_pair_local);
	c.difference = malloc(count * sizeof *c.difference);
	c.sorted = calloc(count, 2 * sizeof *c.sorted);
	c.time_ns = malloc(count * sizeof *c.time_ns);
	c.line_of = malloc(count);
	c.x = malloc(count * sizeof *c.x);
	c.y = malloc(count * sizeof *c.y);
	c.rest = malloc(count * sizeof *c.rest);
	c.other = malloc(count * sizeof *c.other);
	c.turn = malloc(count * sizeof *c.turn);
	c.no_memory |= !c.difference || !c.sorted || !c.time_ns || !c.line_of || !c.x || !c.y || !c.rest ||
		       !c.other || !c.turn;
	if (!c.no_memory) {
		coarse_prepare(&c);
		status = coarse_find_stretches(&c, err);
		if (status == STATUS_OK && c.members)
			coarse_publish(&c, coarse_find_steps(&c), clock, agreeing);
	}
	if (c.no_memory)
		status = error_set(err, STATUS_SYSTEM, "no memory for %zu pairs of a clock", count);
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
