/* The hops between the points: how long each holds a packet, what it drops, and
 * the clocks of the points.
 *
 * The first hop is the busy one: it resets sessions and translates addresses.
 * With two points it is the only one.
 */
#ifndef CROSSTAP_TESTS_BENCH_HOP_H
#define CROSSTAP_TESTS_BENCH_HOP_H

#include "tests/bench/world.h"

#define POINTS_MAX          26 /* they are called a to z */
#define HOP_BUSY            0
#define HOP_DROP_PER_MILLE  1           /* of one that is not busy */
#define HOP_DELAY_LEAST_NS  (60 * US)
#define HOP_DELAY_MORE_NS   (7 * US)    /* at least, from one hop to the next */
#define HOP_DELAY_MEAN_NS   (45 * US)   /* above the least; exponential */
#define HOP_DELAY_TAIL_NS   (2000 * US) /* at most on top, for one packet in 1000 */
#define HOP_GAP_NS          300         /* between packets of a session; none overtakes */
#define HOP_RST_LATENESS_NS (20 * US)

#define CLOCK_BEGIN_NS  1767225600000000000ull /* 2026-01-01 00:00:00 UTC */
#define CLOCK_OFFSET_NS 2345000000ll           /* of each point against the one before */

static inline int64_t clock_skew_ppm(unsigned point)
{
	static const int64_t skews[] = {0, 12, -7, 4};

	return skews[point % 4];
}

static inline bool hop_drops(struct world *world, uint8_t hop)
{
	return world_random(world, 0, 999) <
	       (hop == HOP_BUSY ? world->plan->drop_per_mille : HOP_DROP_PER_MILLE);
}

/* When the hop lets out the packet that came in now. */
static inline uint64_t hop_exit_ns(struct world *world, uint8_t hop, uint32_t session,
				   enum side from)
{
	uint64_t *exit_ns = session_exit(world, session, hop, from);
	uint64_t delay_ns = HOP_DELAY_LEAST_NS + hop * HOP_DELAY_MORE_NS +
			    world_exponential(world, HOP_DELAY_MEAN_NS);

	if (world_random(world, 0, 999) == 0)
		delay_ns += world_random(world, 0, HOP_DELAY_TAIL_NS);
	if (*exit_ns + HOP_GAP_NS > world->now_ns + delay_ns)
		*exit_ns += HOP_GAP_NS;
	else
		*exit_ns = world->now_ns + delay_ns;
	return *exit_ns;
}

/* The two addresses of a frame that the hops' next ones exchange at a point, destination first. */
static inline void hop_macs(uint8_t macs[12], unsigned point, enum side from)
{
	static const uint8_t both[12] = {2, 0, 0, 0, 0, 0, 2};
	uint16_t left = (uint16_t)(0xa1 + 16 * point), right = (uint16_t)(left + 1);

	memcpy(macs, both, sizeof both);
	wire_put16(macs + 4, from == CLIENT ? right : left);
	wire_put16(macs + 10, from == CLIENT ? left : right);
}

#endif
