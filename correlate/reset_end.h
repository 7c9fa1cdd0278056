/* The ends of a connection as one stage saw them so far: what a RST's form is compared with.
 *
 * Fed with an end's packets, RSTs excepted, in the order in which that stage saw them.
 */
#ifndef CROSSTAP_CORRELATE_RESET_END_H
#define CROSSTAP_CORRELATE_RESET_END_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/dossier.h"

/* A packet as one stage saw it. */
struct facts_look {
	int64_t time_ns;
	uint32_t index, packet; /* at the point; in the dossier */
	uint32_t seq, ack, end;
	uint8_t ttl;
};

/* One end, as one stage saw it so far. */
struct facts_end {
	bool any, syn, synack, fin, data, next_known, ack_known, stamps, df;
	uint8_t ttl;
	uint16_t window, window_max;
	uint32_t next, ack, ip_id, syns;
	int64_t last_ns, data_ns, fin_ns, rst_ns, first_syn_ns;
	/* the oldest segment again and again, and probes of the byte before the next */
	uint32_t repeat_seq, repeats, probes;
	int64_t run_from_ns, run_to_ns, step_ns, step_min_ns; /* steps: longest and shortest between probes */
	uint8_t run_hop;
};

/* All packets of a dossier that a stage saw, in its order, with the sequence numbers that it
 * saw (a hop may shift them); returns how many. `list` has room for dossier->packets. */
uint32_t facts_line_up(struct facts_look *list, const struct dossier *dossier,
		       const struct dossier_source *source, uint32_t stage);

/* Adds a packet of an end, no RST, to what is known of it; peer: the other end so far. */
void end_packet(struct facts_end *end, const struct facts_end *peer, const struct facts_look *look,
		const struct dossier_packet *packet);

static inline bool facts_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
