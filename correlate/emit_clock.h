/* Clocks as the results tell them: a hop's, and a point's against the reference.
 */
#ifndef CROSSTAP_CORRELATE_EMIT_CLOCK_H
#define CROSSTAP_CORRELATE_EMIT_CLOCK_H

#include "correlate/odd.h"

struct emit_clock {
	int64_t offset_ns, error_ns;
	double skew;
	unsigned steps;     /* how often it was set; of points only */
	bool known;         /* the error is; the offset is what fits best where it is not */
};

/* Far clock minus near clock in all. Alternatives have clocks of their own: the offset is one
 * number only where they agree within their errors, else it is not known. */
struct emit_clock emit_clock_of_hop(const struct judging *judging, uint32_t hop);

/* The point's clock minus the reference's in the middle of what it captured: what its times are
 * corrected by. `clock` is that of hops_clocks(). The error is that of the hops in between. */
struct emit_clock emit_clock_of_point(const struct judging *judging, const struct clock *clock,
				      uint32_t point);

#endif
