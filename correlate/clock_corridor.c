#include "correlate/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/hull.h"
#include "correlate/robust.h"

#define CORRIDOR_KEPT_MAX 4096     /* pairs each way kept for when no line fits; a power of two */
#define CORRIDOR_SKEW_MAX 1e-3
#define CORRIDOR_GRAIN_NS 1.0      /* two stamps cut to whole nanoseconds are that far off */
#define CORRIDOR_SURE_PAIRS 10.0   /* with fewer pairs than this each way the skew is left at 0 */
#define CORRIDOR_BLOCKS_MAX 64
#define CORRIDOR_BLOCK_PAIRS 32
#define CORRIDOR_BLOCKS_FOR_SKEW 8 /* of both sides */
#define CORRIDOR_HALVINGS 200      /* of an interval; ends sooner, when no double lies between */

enum { FORWARD, REVERSE, SIDES };

/* One direction. Differences of the reverse direction are negated, so that on
 * both sides the offset (negated, too) lies below every point, and the lower
 * hull says all that the points say. */
struct corridor_side {
	uint64_t pairs;
	uint64_t every; /* mask: pair i is kept when (i & every) == 0 */
	unsigned kept_count, waiting_count;
	struct hull hull;
	struct hull_point waiting[HULL_ADD_MAX]; /* not yet in the hull */
	struct hull_point kept[CORRIDOR_KEPT_MAX];
};

struct clock_corridor {
	struct corridor_side side[SIDES];
};

struct clock_corridor *clock_corridor_new(void)
{
	return calloc(1, sizeof(struct clock_corridor));
}

void clock_corridor_free(struct clock_corridor **corridor)
{
	free(*corridor);
	*corridor = NULL;
}

static inline int64_t corridor_held(int64_t ns)
{
	if (ns > HULL_REACH)
		return HULL_REACH;
	return ns < -HULL_REACH ? -HULL_REACH : ns;
}

static void corridor_keep(struct corridor_side *side, struct hull_point p)
{
	unsigned i;

	if (side->kept_count == CORRIDOR_KEPT_MAX) {
		for (i = 0; i < CORRIDOR_KEPT_MAX / 2; i++)
			side->kept[i] = side->kept[2 * i];
		side->kept_count = CORRIDOR_KEPT_MAX / 2;
		side->every = 2 * side->every + 1;
	}
	side->kept[side->kept_count++] = p;
}

void clock_corridor_add(struct clock_corridor *corridor, bool forward, int64_t time_ns,
			int64_t difference_ns)
{
	struct corridor_side *side = &corridor->side[forward ? FORWARD : REVERSE];
	struct hull_point p = {corridor_held(time_ns), corridor_held(difference_ns)};

	if (!forward)
		p.y = -p.y;
	if (!(side->pairs++ & side->every))
		corridor_keep(side, p);
	side->waiting[side->waiting_count++] = p;
	if (side->waiting_count == HULL_ADD_MAX) {
		hull_add(&side->hull, side->waiting, HULL_ADD_MAX);
		side->waiting_count = 0;
	}
}

/* The hulls in doubles: x from the middle of all pairs, y from some difference.
 * Nanoseconds of a hundred days are exact in them. */
struct corridor_sight {
	int64_t at_ns, base_ns;
	double span;  /* of x, over both sides */
	unsigned points[SIDES];
	double x[SIDES][HULL_POINTS_MAX], y[SIDES][HULL_POINTS_MAX];
};

static void corridor_look(const struct hull hull[SIDES], struct corridor_sight *sight)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	unsigned s, i;

	sight->base_ns = hull[FORWARD].points ? hull[FORWARD].point[0].y
					      : -hull[REVERSE].point[0].y;
	for (s = 0; s < SIDES; s++) {
		if (!hull[s].points)
			continue;
		if (hull[s].point[0].x < first)
			first = hull[s].point[0].x;
		if (hull[s].point[hull[s].points - 1].x > last)
			last = hull[s].point[hull[s].points - 1].x;
	}
	sight->at_ns = first + (last - first) / 2;
	sight->span = (double)(last - first);
	for (s = 0; s < SIDES; s++) {
		int64_t base = s == FORWARD ? sight->base_ns : -sight->base_ns;

		sight->points[s] = hull[s].points;
		for (i = 0; i < hull[s].points; i++) {
			sight->x[s][i] = (double)(hull[s].point[i].x - sight->at_ns);
			sight->y[s][i] = (double)(hull[s].point[i].y - base);
		}
	}
}

/* The height at x = 0 of the line of slope b that touches a side from below, and
 * where it touches. On the reverse side the slope turns round with the differences. */
static double corridor_touch(const struct corridor_sight *sight, unsigned s, double b,
			     double *touch_x)
{
	const double *x = sight->x[s], *y = sight->y[s];
	double slope = s == FORWARD ? b : -b, least = INFINITY;
	unsigned i, at = 0;

	for (i = 0; i < sight->points[s]; i++) {
		double height = y[i] - slope * x[i];

		if (height < least) {
			least = height;
			at = i;
		}
	}
	*touch_x = x[at];
	return least;
}

/* How wide the corridor of slope b is; concave in b. */
static double corridor_width(const struct corridor_sight *sight, double b)
{
	double x;

	return corridor_touch(sight, FORWARD, b, &x) + corridor_touch(sight, REVERSE, b, &x) +
	       2 * CORRIDOR_GRAIN_NS;
}

/* What a search over slopes makes greatest: the heights of the sides chosen,
 * less `pull` per unit of slope away from `towards`. */
struct corridor_aim {
	bool side[SIDES];
	double pull, towards;
};

static const struct corridor_aim aim_width = {.side = {true, true}};
static const struct corridor_aim aim_upper = {.side = {true, false}};
static const struct corridor_aim aim_lower = {.side = {false, true}};

static double corridor_rise(const struct corridor_sight *sight, const struct corridor_aim *aim,
			    double b)
{
	double rise = 0, x;

	if (aim->side[FORWARD]) {
		corridor_touch(sight, FORWARD, b, &x);
		rise -= x;
	}
	if (aim->side[REVERSE]) {
		corridor_touch(sight, REVERSE, b, &x);
		rise += x;
	}
	return rise;
}

/* The slope in [low, high] where the aim is greatest. The aim is concave, so its
 * derivative's sign halves the interval until no double lies between. */
static double corridor_climb(const struct corridor_sight *sight, const struct corridor_aim *aim,
			     double low, double high)
{
	unsigned i;

	if (aim->pull > 0 && aim->towards >= low && aim->towards <= high) {
		double rise = corridor_rise(sight, aim, aim->towards);

		if (fabs(rise) <= aim->pull)
			return aim->towards;
		*(rise > 0 ? &low : &high) = aim->towards;
	}
	for (i = 0; i < CORRIDOR_HALVINGS; i++) {
		double b = low + (high - low) / 2, rise = corridor_rise(sight, aim, b);

		if (b <= low || b >= high)
			break;
		rise -= b > aim->towards ? aim->pull : -aim->pull;
		if (rise == 0)
			return b;
		*(rise > 0 ? &low : &high) = b;
	}
	return low;
}

/* Where the corridor closes between a slope that it allows and one beyond; the
 * outer side of it, so that nothing that fits is left out. */
static double corridor_edge(const struct corridor_sight *sight, double inside, double outside)
{
	unsigned i;

	if (corridor_width(sight, outside) >= 0)
		return outside;
	for (i = 0; i < CORRIDOR_HALVINGS; i++) {
		double b = inside + (outside - inside) / 2;

		if (b == inside || b == outside)
			break;
		*(corridor_width(sight, b) >= 0 ? &inside : &outside) = b;
	}
	return outside;
}

static int64_t corridor_round(double ns)
{
	if (ns >= 0x1p63)
		return INT64_MAX;
	return ns <= -0x1p63 ? INT64_MIN : (int64_t)llround(ns);
}

static int64_t corridor_ceil(double ns)
{
	return corridor_round(ceil(ns));
}

/* Few pairs must not tilt the line: without a pull towards no skew at all, one
 * pair each way would be explained best by the greatest skew. The pull is that
 * of the whole span where there are up to CORRIDOR_SURE_PAIRS pairs (nothing
 * is stronger) and fades as they become more. */
static double corridor_pull(const struct corridor_sight *sight, uint64_t pairs)
{
	double n = (double)pairs;

	return sight->span * (n > CORRIDOR_SURE_PAIRS ? CORRIDOR_SURE_PAIRS / n : 1);
}

/* Of the slopes that a line through `height` at x = 0 may have without leaving the
 * corridor, the one nearest to b. */
static double corridor_turn(const struct corridor_sight *sight, double height, double b)
{
	double low = -CORRIDOR_SKEW_MAX, high = CORRIDOR_SKEW_MAX;
	unsigned s, i;

	for (s = 0; s < SIDES; s++) {
		double sign = s == FORWARD ? 1 : -1;

		for (i = 0; i < sight->points[s]; i++) {
			double x = sight->x[s][i], bound;

			if (x == 0)
				continue;
			bound = sign * (sight->y[s][i] - sign * height) / x;
			if ((x > 0) == (s == FORWARD))
				high = fmin(high, bound);
			else
				low = fmax(low, bound);
		}
	}
	if (low > high) /* by a rounding, or the stamps' grain */
		return fmax(-CORRIDOR_SKEW_MAX, fmin(CORRIDOR_SKEW_MAX, (low + high) / 2));
	return b < low ? low : b > high ? high : b;
}

/* All lines that pass below every forward point and above every reverse one
 * make a convex set in (slope, height). The offset at at_ns is the middle of its
 * shadow on the height axis and the error half of that: if every packet took
 * no negative time and the clocks keep a line, the true line is in the set, and
 * its height is within the shadow. The middle of the widest corridor alone would
 * promise no such thing, since the true slope may be another. */
static void corridor_fit_feasible(const struct corridor_sight *sight, double peak,
				  struct clock_fit *fit)
{
	double low = corridor_edge(sight, peak, -CORRIDOR_SKEW_MAX);
	double high = corridor_edge(sight, peak, CORRIDOR_SKEW_MAX);
	uint64_t fewer = fit->forward < fit->reverse ? fit->forward : fit->reverse;
	struct corridor_aim aim = aim_width;
	double x, upper, lower, height;

	aim.pull = corridor_pull(sight, fewer);
	aim.towards = corridor_width(sight, 0) >= 0 ? 0 : low + (high - low) / 2;
	upper = corridor_touch(sight, FORWARD, corridor_climb(sight, &aim_upper, low, high), &x);
	lower = -corridor_touch(sight, REVERSE, corridor_climb(sight, &aim_lower, low, high), &x);
	height = round(lower + (upper - lower) / 2);
	fit->offset_ns = sight->base_ns + corridor_round(height);
	fit->error_ns = corridor_ceil(fmax(upper - height, height - lower) + CORRIDOR_GRAIN_NS);
	fit->skew = corridor_turn(sight, height, corridor_climb(sight, &aim, low, high));
}

/* One direction bounds the offset from one side only: the line that touches its
 * hull around the middle (Moon, Skelly, Towsley, INFOCOM 1999) removes the drift. */
static void corridor_fit_one(const struct corridor_sight *sight, unsigned s, struct clock_fit *fit)
{
	struct corridor_aim aim = s == FORWARD ? aim_upper : aim_lower;
	double x, height;

	aim.pull = corridor_pull(sight, fit->forward + fit->reverse);
	fit->skew = corridor_climb(sight, &aim, -CORRIDOR_SKEW_MAX, CORRIDOR_SKEW_MAX);
	height = corridor_touch(sight, s, fit->skew, &x);
	fit->offset_ns = sight->base_ns + corridor_round(s == FORWARD ? height : -height);
	fit->feasible = true;
}

static int corridor_compare_x(const void *a, const void *b)
{
	const struct hull_point *p = a, *q = b;

	if (p->x != q->x)
		return p->x < q->x ? -1 : 1;
	return (p->y > q->y) - (p->y < q->y);
}

/* The floor of a side: the 2 % quantiles of stretches of its time, as differences
 * that are not negated. Returns how many there are. */
static unsigned corridor_floor(const struct corridor_side *side, const struct corridor_sight *sight,
			       unsigned s, struct robust_point *floor)
{
	struct hull_point sorted[CORRIDOR_KEPT_MAX];
	double y[CORRIDOR_KEPT_MAX], sign = s == FORWARD ? 1 : -1;
	int64_t base = s == FORWARD ? sight->base_ns : -sight->base_ns;
	unsigned n = side->kept_count, count = n / CORRIDOR_BLOCK_PAIRS, k, i, from, to;

	memcpy(sorted, side->kept, n * sizeof sorted[0]);
	qsort(sorted, n, sizeof sorted[0], corridor_compare_x);
	count = count > CORRIDOR_BLOCKS_MAX ? CORRIDOR_BLOCKS_MAX : count ? count : 1;
	for (k = 0; k < count; k++) {
		from = k * n / count;
		to = (k + 1) * n / count;
		for (i = from; i < to; i++)
			y[i - from] = (double)(sorted[i].y - base);
		floor[k] = (struct robust_point){
			.x = (double)(sorted[(from + to) / 2].x - sight->at_ns),
			.y = sign * robust_quantile(y, to - from, 0.02),
			.group = s,
		};
	}
	return count;
}

/* When no line fits (stamps that jitter, a step): a line through the floors of both
 * sides instead of the hulls. The floors' heights are medians; where most do not agree on
 * them (nine in ten), the error says so. */
static void corridor_fit_robust(const struct clock_corridor *corridor,
				const struct corridor_sight *sight, struct clock_fit *fit)
{
	struct robust_point floor[SIDES * CORRIDOR_BLOCKS_MAX];
	double rest[CORRIDOR_BLOCKS_MAX], away[SIDES * CORRIDOR_BLOCKS_MAX], height[SIDES];
	unsigned s, i, n = 0, count[SIDES];

	for (s = 0; s < SIDES; s++) {
		count[s] = corridor_floor(&corridor->side[s], sight, s, floor + n);
		n += count[s];
	}
	fit->skew = n < CORRIDOR_BLOCKS_FOR_SKEW ? 0 : robust_slope(floor, n, n);
	fit->skew = fmin(fmax(fit->skew, -CORRIDOR_SKEW_MAX), CORRIDOR_SKEW_MAX);
	for (s = 0, n = 0; s < SIDES; s++, n += count[FORWARD]) {
		for (i = 0; i < count[s]; i++)
			rest[i] = floor[n + i].y -= fit->skew * floor[n + i].x;
		height[s] = robust_quantile(rest, count[s], 0.5);
		for (i = 0; i < count[s]; i++)
			away[n + i] = fabs(floor[n + i].y - height[s]);
	}
	n = count[FORWARD] + count[REVERSE];
	fit->offset_ns = sight->base_ns + corridor_round((height[FORWARD] + height[REVERSE]) / 2);
	fit->error_ns = corridor_ceil(fabs(height[FORWARD] - height[REVERSE]) / 2 +
				      robust_quantile(away, n, 0.9) + CORRIDOR_GRAIN_NS);
}

/* The least delay of a side under the fit, reckoned as callers do. */
static int64_t corridor_least(const struct hull *hull, unsigned s, const struct clock_fit *fit)
{
	__int128 least = INT64_MAX;
	unsigned i;

	for (i = 0; i < hull->points; i++) {
		__int128 offset = clock_fit_offset(fit, hull->point[i].x);
		__int128 delay = hull->point[i].y + (s == FORWARD ? -offset : offset);

		if (delay < least)
			least = delay;
	}
	if (fit->feasible && least < 0) /* by the stamps' grain */
		return 0;
	return hull->points ? (int64_t)(least < INT64_MIN ? INT64_MIN : least) : 0;
}

/* The hull of a side with what still waits; the corridor itself stays as it is. */
static void corridor_outline(const struct corridor_side *side, struct hull *hull)
{
	struct hull_point waiting[HULL_ADD_MAX];

	hull->points = side->hull.points;
	memcpy(hull->point, side->hull.point, hull->points * sizeof hull->point[0]);
	memcpy(waiting, side->waiting, side->waiting_count * sizeof waiting[0]);
	hull_add(hull, waiting, side->waiting_count);
}

void clock_corridor_fit(const struct clock_corridor *corridor, struct clock_fit *fit)
{
	struct hull hull[SIDES];
	struct corridor_sight sight;
	unsigned s;
	double peak;

	*fit = (struct clock_fit){.forward = corridor->side[FORWARD].pairs,
				  .reverse = corridor->side[REVERSE].pairs};
	if (!fit->forward && !fit->reverse)
		return;
	for (s = 0; s < SIDES; s++)
		corridor_outline(&corridor->side[s], &hull[s]);
	corridor_look(hull, &sight);
	fit->at_ns = sight.at_ns;
	fit->known = fit->forward && fit->reverse;
	if (!fit->known) {
		corridor_fit_one(&sight, fit->forward ? FORWARD : REVERSE, fit);
	} else {
		peak = corridor_climb(&sight, &aim_width, -CORRIDOR_SKEW_MAX, CORRIDOR_SKEW_MAX);
		fit->feasible = corridor_width(&sight, peak) >= 0;
		if (fit->feasible)
			corridor_fit_feasible(&sight, peak, fit);
		else
			corridor_fit_robust(corridor, &sight, fit);
	}
	fit->forward_min_ns = corridor_least(&hull[FORWARD], FORWARD, fit);
	fit->reverse_min_ns = corridor_least(&hull[REVERSE], REVERSE, fit);
}
