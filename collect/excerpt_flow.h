/* The flows of an excerpt: those of one segment of a live capture after the other, where a flow that goes on keeps its
 * number. For excerpt*.c. */
#ifndef CROSSTAP_COLLECT_EXCERPT_FLOW_H
#define CROSSTAP_COLLECT_EXCERPT_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"

#define EXCERPT_NO_FLOW UINT32_MAX
#define EXCERPT_SLOTS 65536u

struct excerpt_flow {
	struct capture_flow flow;
	uint32_t next;                     /* in its slot's chain: the latest comes first */
	uint32_t syn_seq;
	bool syn;                          /* a SYN was seen, of that number */
};

/* Begins as {.seed = the store's}, with excerpt_flows_clear(). */
struct excerpt_flows {
	struct excerpt_flow *list;
	uint64_t room, seed;
	uint32_t count;
	uint32_t slot[EXCERPT_SLOTS];
};

void excerpt_flows_clear(struct excerpt_flows *flows);
/* The number of a flow of the segment under way, of which the first row is met; `syn`: that is a SYN without ACK, of
 * number `seq`. It is that of the latest flow of the same ends in the segments before, unless it is opened anew.
 * EXCERPT_NO_FLOW: no memory. */
uint32_t excerpt_flows_number(struct excerpt_flows *flows, const struct capture_flow *flow, bool syn, uint32_t seq);
void excerpt_flows_free(struct excerpt_flows *flows);

#endif
