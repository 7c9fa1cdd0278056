/* Clocks: how far one point's clock is from another's, and what is known of it.
 *
 * Two fits. The coarse one needs nothing but packets seen at both points; it
 * survives wrong dates, time zones, drift and steps, and is good enough to look for
 * a packet's copy in a window of time. The fine one (Zhang, Liu, Xia: Clock
 * synchronization algorithms for network measurements, INFOCOM 2002) needs to know which way
 * each packet went: a packet cannot arrive before it left, so every forward
 * difference bounds the offset from above and every reverse one from below.
 * The lines between the lower hull of the ones and the upper hull of the
 * others are what the packets allow; half the corridor's width is the error.
 */
#ifndef CROSSTAP_CORRELATE_CLOCK_H
#define CROSSTAP_CORRELATE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define CLOCK_SEGMENTS_MAX 32

/* One stretch of time between steps of the clock. */
struct clock_segment {
	int64_t from_ns;    /* local time from which it holds */
	int64_t origin_ns;  /* local time at which the offset is offset_ns */
	int64_t offset_ns;  /* local clock minus reference clock */
	double skew;        /* change of the offset per unit of local time; 12e-6 = 12 ppm */
};

/* Turns a point's local time into reference time; read-only once made, any number
 * of threads may correct with it. */
struct clock {
	unsigned segments;  /* at least 1; the first also holds before its from_ns */
	struct clock_segment segment[CLOCK_SEGMENTS_MAX];
};

/* The offset at a time of a line given by its value at origin_ns. Times are of
 * captures, hence anything: sums wrap around, and are not undefined. */
static inline int64_t clock_line(int64_t offset_ns, double skew, int64_t origin_ns, int64_t time_ns)
{
	double elapsed_ns = (double)(int64_t)((uint64_t)time_ns - (uint64_t)origin_ns);

	return (int64_t)((uint64_t)offset_ns + (uint64_t)(int64_t)(skew * elapsed_ns));
}

/* a - b, or the end of the range that it lies beyond. */
static inline int64_t clock_minus(int64_t a, int64_t b)
{
	int64_t d;

	if (__builtin_sub_overflow(a, b, &d))
		return a < b ? INT64_MIN : INT64_MAX;
	return d;
}

/* How far two times are apart. */
static inline uint64_t clock_apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

void clock_identity(struct clock *clock);

/* The segment that holds at a local time. */
static inline const struct clock_segment *clock_segment_local(const struct clock *clock,
							      int64_t local_ns)
{
	unsigned s = clock->segments - 1;

	while (s > 0 && local_ns < clock->segment[s].from_ns)
		s--;
	return &clock->segment[s];
}

/* Reference time of a local time. */
static inline int64_t clock_correct(const struct clock *clock, int64_t local_ns)
{
	const struct clock_segment *s = clock_segment_local(clock, local_ns);

	return (int64_t)((uint64_t)local_ns -
			 (uint64_t)clock_line(s->offset_ns, s->skew, s->origin_ns, local_ns));
}

/* The segment that holds at a reference time. */
static inline const struct clock_segment *clock_segment_at(const struct clock *clock,
							   int64_t reference_ns)
{
	unsigned s = clock->segments - 1;

	while (s > 0 && reference_ns + clock->segment[s].offset_ns < clock->segment[s].from_ns)
		s--;
	return &clock->segment[s];
}

/* Local clock minus reference clock at a reference time, and its change. */
static inline int64_t clock_offset(const struct clock *clock, int64_t reference_ns)
{
	const struct clock_segment *s = clock_segment_at(clock, reference_ns);

	return s->offset_ns +
	       (int64_t)(s->skew * (double)(reference_ns + s->offset_ns - s->origin_ns));
}

static inline double clock_skew(const struct clock *clock, int64_t reference_ns)
{
	return clock_segment_at(clock, reference_ns)->skew;
}

/* One packet seen at both points. */
struct clock_pair {
	int64_t reference_ns; /* when the reference saw it, reference time */
	int64_t local_ns;     /* when the point saw it, local time */
};

/* The coarse fit over `count` pairs in any order (they are sorted in place by
 * local time). Wrong pairs among them (a minority) are outvoted: the mode of the
 * differences first, then a line through the middles of blocks of time (Theil-Sen), then
 * steps: places where the differences on both sides, 50 pairs at least, lie in ranges that
 * are 1 ms apart, near them and farther off. The offset lies within the delay of the truth,
 * halfway between the directions where both are busy. A drift of less than 1 ms over the
 * pairs is left to the fine fit (skew 0). *agreeing becomes the number of pairs that fit.
 * Depends on nothing but the set of pairs. Fails only for want of memory (STATUS_SYSTEM) or
 * count 0 (STATUS_INPUT). */
enum status clock_fit_coarse(struct clock *clock, struct clock_pair *pairs, size_t count,
			     size_t *agreeing, struct error *err) MUST_CHECK;

/* The fine fit: corridor between two hulls, built pair by pair in order of time.
 * A hop's clock = downstream point's clock (already coarsely corrected) against the
 * upstream point's. */
struct clock_corridor;
struct clock_corridor *clock_corridor_new(void);  /* NULL: no memory */
void clock_corridor_free(struct clock_corridor **corridor);
/* A packet that passed the hop at time_ns (of the near point's corrected clock) with
 * difference_ns = far point's time - near point's time, where forward packets go from
 * near to far. Times need not be sorted exactly: out-of-order ones are put in their
 * place. */
void clock_corridor_add(struct clock_corridor *corridor, bool forward, int64_t time_ns,
			int64_t difference_ns);

struct clock_fit {
	bool known;           /* offset and error mean something: both directions were seen */
	bool feasible;        /* one line fits all pairs; if not, the offset is of robust quantiles */
	int64_t at_ns;        /* the time in the middle of the pairs, where offset and error hold */
	int64_t offset_ns;    /* far clock minus near clock: the middle of what the packets allow */
	int64_t error_ns;     /* half of that width. Feasible: the true offset at at_ns is within
				 it, if no packet took less than no time and the clocks kept
				 a line of at most 1000 ppm */
	double skew;          /* of the line with the widest corridor, as far as the offset allows
				 it; 0 where so few pairs tell nothing else */
	uint64_t forward, reverse; /* pairs */
	int64_t forward_min_ns, reverse_min_ns; /* least delay each way under this fit (>= 0 when
						   feasible); their sum needs no clock */
};

/* With one direction only the line is the one that its least delays touch: it takes the
 * drift out, and what remains of the delays is how they vary. offset_ns is then the offset
 * if the least delay were 0, and error_ns is 0: neither is known. */

/* Works the fit out; the corridor may be fed and fitted again. */
void clock_corridor_fit(const struct clock_corridor *corridor, struct clock_fit *fit);

/* The offset of the fit at a time. */
static inline int64_t clock_fit_offset(const struct clock_fit *fit, int64_t time_ns)
{
	return clock_line(fit->offset_ns, fit->skew, fit->at_ns, time_ns);
}

#endif
