/* Bursts: drops so close together that chance does not make them. A queue that is full
 * lets one of several packets through, so a burst may hold more than one loss period. */
#include "correlate/cause.h"
#include "correlate/cause_hop.h"

#include <stdlib.h>

#include "collect/memory.h"
#include "correlate/loss_chance.h"

#define CAUSE_BURST_DROPS 5u    /* fewer may be anything */
#define CAUSE_BURST_DISTANCE 4u /* loss distance within a burst: one in four at least dies */
#define CAUSE_BURST_APART_NS 50000000 /* where packets pass between: a slow link's queue lets 3 of 1500
				       * bytes out in that time at 0.7 Mbit/s */
#define CAUSE_BURST_SHARE 0.5   /* of a single session's burst that was sent again and passed */

/* Drops of one direction that follow each other closely. */
struct burst_chain {
	uint32_t first, last;    /* drops */
	uint64_t scattered, packets, again;
	uint64_t run, longest;
};

static int burst_compare(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* How many sessions lost something in it. Sessions are counted by sorting; 0: no memory. */
static uint32_t burst_sessions(const struct cause_hop *c, const struct burst_chain *chain)
{
	unsigned d = c->drop[chain->first].odd->direction;
	uint32_t *list = malloc((size_t)chain->scattered * sizeof *list), n = 0, i, sessions = 0;

	for (i = chain->first; list && i <= chain->last; i++)
		if (c->drop[i].odd->direction == d && c->drop[i].scattered)
			list[n++] = c->drop[i].session;
	if (list)
		qsort(list, n, sizeof *list, burst_compare);
	for (i = 0; i < n; i++)
		sessions += !i || list[i] != list[i - 1];
	free(list);
	return sessions;
}

static bool burst_is_one(const struct cause_hop *c, const struct burst_chain *chain, unsigned d)
{
	uint64_t others = c->scattered[d] - chain->scattered;
	uint64_t passed = c->passed[d] + chain->scattered - chain->packets;

	if (chain->scattered < CAUSE_BURST_DROPS)
		return false;
	if (chain->packets > c->passed[d] + chain->scattered)
		passed = 0;
	return loss_no_chance(loss_rate(others, passed), chain->scattered, chain->packets,
			      c->passed[d] + c->dropped[d]);
}

static bool burst_end(struct cause_hop *c, const struct burst_chain *chain, unsigned d)
{
	struct cause_burst *list, burst = {.from_ns = c->drop[chain->first].odd->time_ns,
					    .to_ns = c->drop[chain->last].odd->time_ns,
					    .drops = chain->scattered, .packets = chain->packets,
					    .longest = chain->longest};
	uint32_t i;

	if (!burst_is_one(c, chain, d))
		return true;
	burst.sessions = burst_sessions(c, chain);
	if (!burst.sessions)
		return false;
	/* one session alone: something about it may be wrong, unless the same bytes passed later */
	if (burst.sessions == 1 &&
	    (double)chain->again < CAUSE_BURST_SHARE * (double)chain->scattered)
		return true;
	list = memory_room(c->burst, c->bursts, &c->burst_room, sizeof *list);
	if (!list)
		return false;
	c->burst = list;
	c->burst[c->bursts++] = burst;
	for (i = chain->first; i <= chain->last; i++)
		if (c->drop[i].odd->direction == d)
			c->drop[i].burst = c->bursts;
	return true;
}

static void burst_add(struct burst_chain *chain, const struct cause_drop *drop, uint32_t i)
{
	chain->last = i;
	chain->packets += chain->first == i ? 1 : drop->distance;
	chain->run = chain->first != i && drop->distance == 1 ? chain->run + 1 : 1;
	if (chain->run > chain->longest)
		chain->longest = chain->run;
	if (drop->scattered) {
		chain->scattered++;
		chain->again += drop->odd->copy_passed;
	} else {
		chain->packets--; /* a rule's business: as if it had never been there */
	}
}

/* An outage lasts as long as nothing passes; a queue lets some through, but not for long. */
static bool burst_goes_on(const struct cause_hop *c, const struct burst_chain *chain,
			  const struct cause_drop *drop)
{
	const struct odd *last = c->drop[chain->last].odd;

	return drop->odd->point == last->point &&
	       (drop->distance == 1 ||
		(drop->distance && drop->distance <= CAUSE_BURST_DISTANCE &&
		 drop->odd->time_ns - last->time_ns <= CAUSE_BURST_APART_NS));
}

bool cause_bursts_find(struct cause_hop *c)
{
	struct burst_chain chain[2] = {{0}, {0}};
	bool under_way[2] = {false, false};
	uint32_t i;
	unsigned d;

	for (i = 0; i < c->drops; i++) {
		const struct cause_drop *drop = &c->drop[i];

		d = drop->odd->direction;
		if (under_way[d] && !burst_goes_on(c, &chain[d], drop)) {
			if (!burst_end(c, &chain[d], d))
				return false;
			under_way[d] = false;
		}
		if (!under_way[d]) {
			under_way[d] = true;
			chain[d] = (struct burst_chain){.first = i};
		}
		burst_add(&chain[d], drop, i);
	}
	for (d = 0; d < 2; d++)
		if (under_way[d] && !burst_end(c, &chain[d], d))
			return false;
	return true;
}

void cause_bursts_recount(struct cause_hop *c)
{
	uint32_t i, k;

	for (i = 0; i < c->bursts; i++) {
		c->burst[i].packets -= c->burst[i].drops; /* leaves those that passed */
		c->burst[i].drops = c->burst[i].sessions = 0;
	}
	for (k = 0; k < c->sessions; k++) {
		uint32_t last[2] = {0, 0};

		for (i = c->session[k].first; i < c->session[k].first + c->session[k].drops; i++) {
			const struct cause_drop *drop = &c->drop[c->by_session[i]];
			unsigned d = drop->odd->direction;

			if (!drop->burst || drop->odd->cause != DROP_BURST)
				continue;
			c->burst[drop->burst - 1].drops++;
			c->burst[drop->burst - 1].packets++;
			c->burst[drop->burst - 1].sessions += drop->burst != last[d];
			last[d] = drop->burst;
		}
	}
}
