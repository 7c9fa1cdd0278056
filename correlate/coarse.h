/* The coarse clock's workings, shared by its two halves: clock_lines.c finds which
 * pairs lie around which level of difference and when, clock_coarse.c makes
 * lines and steps of them. Nobody else includes this.
 */
#ifndef CROSSTAP_CORRELATE_COARSE_H
#define CROSSTAP_CORRELATE_COARSE_H

#include <math.h>

#include "correlate/clock.h"
#include "correlate/robust.h"
#include "correlate/step.h"

#define COARSE_HELD_NS INT64_C(4500000000000000000) /* 142 years; differences of two fit int64 */
#define COARSE_NEAR_NS 20e6 /* 20 ms: what agrees in any case, and the least window of a mode */
#define COARSE_NEIGHBOURS 8 /* one block in so many is near: few of those have a step between */
#define COARSE_SKEW_MAX 600e-6 /* quartz, and the fastest slewing: 500 ppm */
#define COARSE_BLOCKS 256

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
	int64_t *sorted;                /* scratch, for two of each pair */
	double *time_ns;                /* by pair: since the first */
	uint8_t *line_of;               /* by pair */
	/* The pairs near the line of their time, in order of time; x is their
	 * time, y their difference less the line's level. */
	size_t members;
	double *x, *y, *rest, *other;
	struct coarse_turn *turn;
	bool no_memory;
	unsigned lines, stretches;
	struct coarse_line line[CLOCK_SEGMENTS_MAX];
	struct coarse_stretch stretch[CLOCK_SEGMENTS_MAX];
};

static inline int64_t coarse_held(__int128 ns)
{
	if (ns > COARSE_HELD_NS)
		return COARSE_HELD_NS;
	return ns < -COARSE_HELD_NS ? -COARSE_HELD_NS : (int64_t)ns;
}

static inline int64_t coarse_round(double ns)
{
	if (fabs(ns) >= 0x1p62)
		return ns < 0 ? -INT64_MAX / 2 : INT64_MAX / 2;
	return (int64_t)llround(ns);
}

/* Finds c->line[], and what c->stretch[] of time is on each; gathers their members. */
enum status coarse_find_stretches(struct coarse *c, struct error *err) MUST_CHECK;

/* The middle of the half of the values that lies around the median: with two
 * levels, one per direction, halfway between both rather than one of them. Changes
 * the values' order. */
double coarse_middle(double *values, size_t count);

/* Gathers members into blocks of time, at most ROBUST_POINTS_MAX points; `pairs` is
 * the number of the stretches' members. Uses c->rest. */
unsigned coarse_blocks(const struct coarse *c, const struct coarse_stretch *stretch,
		       unsigned stretches, size_t pairs, struct robust_point *points);

/* The slope that stretches have in common, or 0 when it does not matter or does not
 * stand out of the noise. Uses c->rest. */
double coarse_slope(const struct coarse *c, const struct coarse_stretch *stretch,
		    unsigned stretches, unsigned reach_divisor);

#endif
