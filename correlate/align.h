/* Alignment: which of several identical packets is which.
 *
 * When the same fingerprint was seen several times at a point (retransmissions,
 * keep-alives, repeated questions), the copies upstream and downstream are
 * paired in order, at the least cost: a pair costs what its delay deviates from
 * the usual, and a great deal when fields that the hop leaves alone (IP ID,
 * timestamp, window) differ; a packet without a partner costs a fixed price.
 * Where another way of pairing costs nearly the same, the packets concerned are
 * `ambiguous`: nobody can tell which of them is missing. Equal counts whose pairs are all
 * likely are paired in order and never ambiguous.
 *
 * Costs: a pair |delay - usual| / spread, at most 8, and 30 for each of IP ID and
 * timestamp, 12 for the window where they differ; a packet without a partner 10.
 * Costs that differ by less than 3 are nearly the same.
 *
 * Wrong fates of identical packets at 100 us spacing, 2 % loss, delays that spread over
 * 140 us: by index 41 %, by nearest time 20 %, aligned 1.4 %, and all of those are marked
 * ambiguous (tests/unit/align_test.c).
 */
#ifndef CROSSTAP_CORRELATE_ALIGN_H
#define CROSSTAP_CORRELATE_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"

#define ALIGN_NONE UINT32_MAX
/* Pairs thinkable at once; lists with more are done in pieces, cut in gaps. */
#define ALIGN_CELLS_MAX (1u << 20)

struct align_item {
	int64_t time_ns;   /* reference time */
	uint32_t ip_id;    /* 0 says nothing */
	uint32_t tsval;    /* 0 says nothing */
	uint32_t digest;   /* see fingerprint.h */
	uint16_t window;
	/* results */
	uint32_t partner;  /* index in the other list, or ALIGN_NONE */
	bool ambiguous;    /* whether this one or an identical one is paired cannot be told */
};

/* What is usual at this hop in this direction, learned from packets seen once. */
struct align_habits {
	int64_t delay_ns;      /* median */
	int64_t spread_ns;     /* about the 1 %..99 % range; > 0 */
	int64_t slack_ns;      /* how much before its departure a packet may seem to arrive:
				  the clock's error */
	int64_t delay_max_ns;  /* Tmax */
	bool keeps_ip_id, keeps_tsval, keeps_window; /* whether the hop leaves these alone */
	bool keeps_digest; /* for strangers; a list to align has no digests of hops that do not */
};

/* Aligns two lists, each sorted by time. Fills partner and ambiguous of every
 * item. Takes time in proportion to the lists, with a bounded factor, however long they
 * are, and 8 bytes for each upstream item plus what ALIGN_CELLS_MAX needs. Fails only for
 * want of memory. */
enum status align_lists(struct align_item *upstream, uint32_t upstream_count,
			struct align_item *downstream, uint32_t downstream_count,
			const struct align_habits *habits, struct error *err) MUST_CHECK;

#endif
