#include "collect/excerpt_flow.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/memory.h"

void excerpt_flows_clear(struct excerpt_flows *flows)
{
	flows->count = 0;
	memset(flows->slot, 0xff, sizeof flows->slot);
}

void excerpt_flows_free(struct excerpt_flows *flows)
{
	free(flows->list);
	flows->list = NULL;
}

static uint32_t flow_slot(const struct capture_flow *flow, uint64_t seed)
{
	uint8_t key[38] = {flow->version, flow->proto};

	memcpy(key + 2, flow->a, 16);
	memcpy(key + 18, flow->b, 16);
	memcpy(key + 34, &flow->a_port, 2);
	memcpy(key + 36, &flow->b_port, 2);
	return (uint32_t)(XXH3_64bits_withSeed(key, sizeof key, seed) % EXCERPT_SLOTS);
}

static bool flow_same_ends(const struct capture_flow *a, const struct capture_flow *b)
{
	return a->version == b->version && a->proto == b->proto && a->a_port == b->a_port &&
	       a->b_port == b->b_port && memcmp(a->a, b->a, sizeof a->a) == 0 &&
	       memcmp(a->b, b->b, sizeof a->b) == 0;
}

/* Whether a flow that begins its segment so is the one that was there. Of one segment the capture has told its
 * connections apart already: only the first of them goes on. */
static bool flow_goes_on(const struct excerpt_flow *before, const struct capture_flow *flow, bool syn, uint32_t seq)
{
	return !flow->generation && (!syn || (before->syn && before->syn_seq == seq));
}

uint32_t excerpt_flows_number(struct excerpt_flows *flows, const struct capture_flow *flow, bool syn, uint32_t seq)
{
	uint32_t slot = flow_slot(flow, flows->seed), before = flows->slot[slot];
	struct excerpt_flow one = {.flow = *flow, .next = before, .syn_seq = seq, .syn = syn}, *grown;

	while (before != EXCERPT_NO_FLOW && !flow_same_ends(&flows->list[before].flow, flow))
		before = flows->list[before].next;
	if (before != EXCERPT_NO_FLOW && flow_goes_on(&flows->list[before], flow, syn, seq))
		return before;
	if (before != EXCERPT_NO_FLOW)
		one.flow.generation = flows->list[before].flow.generation + 1;
	grown = memory_room(flows->list, flows->count, &flows->room, sizeof *grown);
	if (!grown)
		return EXCERPT_NO_FLOW;
	flows->list = grown;
	grown[flows->count] = one;
	flows->slot[slot] = flows->count;
	return flows->count++;
}
