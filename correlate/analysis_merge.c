/* What the captures of one point saw of one connection, put together. */
#include "correlate/analysis.h"
#include "correlate/expert.h"

#define SWAP(of)                                     \
	do {                                         \
		__typeof__((of)[0]) first = (of)[0]; \
		(of)[0] = (of)[1];                   \
		(of)[1] = first;                     \
	} while (0)

void analysis_turn(struct analysis_flow *f)
{
	bool rtt = f->end[0].rtt; /* stays with end 0 */

	f->end[0].rtt = 0;
	SWAP(f->next_ns);
	SWAP(f->sent_ns);
	SWAP(f->end);
	SWAP(f->retransmissions);
	SWAP(f->spurious_retransmissions);
	SWAP(f->out_of_order);
	SWAP(f->dup_acks);
	SWAP(f->window_updates);
	SWAP(f->previous_not_captured);
	SWAP(f->acked_unseen);
	SWAP(f->fast_retransmissions);
	SWAP(f->zero_windows);
	SWAP(f->zero_window_probes);
	SWAP(f->window_full);
	SWAP(f->keepalives);
	SWAP(f->keepalive_acks);
	f->end[0].rtt = rtt;
}

static uint16_t analysis_sum(uint16_t a, uint16_t b)
{
	return a + b > UINT16_MAX ? UINT16_MAX : (uint16_t)(a + b);
}

static void analysis_add(struct analysis_flow *into, const struct analysis_flow *from, unsigned d)
{
	into->retransmissions[d] += from->retransmissions[d];
	into->spurious_retransmissions[d] += from->spurious_retransmissions[d];
	into->out_of_order[d] += from->out_of_order[d];
	into->dup_acks[d] += from->dup_acks[d];
	into->window_updates[d] += from->window_updates[d];
	into->previous_not_captured[d] += from->previous_not_captured[d];
	into->acked_unseen[d] += from->acked_unseen[d];
	into->fast_retransmissions[d] =
		analysis_sum(into->fast_retransmissions[d], from->fast_retransmissions[d]);
	into->zero_windows[d] = analysis_sum(into->zero_windows[d], from->zero_windows[d]);
	into->zero_window_probes[d] =
		analysis_sum(into->zero_window_probes[d], from->zero_window_probes[d]);
	into->window_full[d] = analysis_sum(into->window_full[d], from->window_full[d]);
	into->keepalives[d] = analysis_sum(into->keepalives[d], from->keepalives[d]);
	into->keepalive_acks[d] = analysis_sum(into->keepalive_acks[d], from->keepalive_acks[d]);
}

/* `late` is what the later of two captures knows of an end. What only a SYN says it takes from
 * the earlier one, unless it has seen a SYN itself. */
static struct analysis_end analysis_end_merge(const struct analysis_end *early,
					      const struct analysis_end *late)
{
	struct analysis_end end = late->spoke ? *late : *early;

	if (!late->spoke || !early->spoke || late->syn)
		return end;
	end.base = early->base;
	end.mss = early->mss;
	end.sack = early->sack;
	end.shift = early->shift;
	end.syn = early->syn;
	end.fin |= early->fin;
	if (early->acked && (!end.acked || segment_before(end.max_ack, early->max_ack))) {
		end.acked = 1;
		end.max_ack = early->max_ack;
	}
	return end;
}

static int64_t analysis_last(const struct analysis_flow *f)
{
	return f->sent_ns[0] > f->sent_ns[1] ? f->sent_ns[0] : f->sent_ns[1];
}

void analysis_merge(struct analysis_flow *into, const struct analysis_flow *from)
{
	const struct analysis_flow was = *into;
	bool later = analysis_last(from) >= analysis_last(&was);
	const struct analysis_flow *early = later ? &was : from, *late = later ? from : &was;
	unsigned d;

	if (!from->end[0].tcp)
		return;
	if (!was.end[0].tcp) {
		*into = *from;
		return;
	}
	for (d = 0; d < 2; d++) {
		analysis_add(into, from, d);
		into->end[d] = analysis_end_merge(&early->end[d], &late->end[d]);
		into->next_ns[d] = (late->end[d].spoke ? late : early)->next_ns[d];
		into->sent_ns[d] = (late->end[d].spoke ? late : early)->sent_ns[d];
	}
	/* `rtt` and the time that it is about go together. */
	into->end[0].rtt = (early->end[0].rtt ? early : late)->end[0].rtt;
	into->handshake_ns = (early->end[0].rtt ? early : late)->handshake_ns;
	if (from->idle_ns > into->idle_ns) {
		into->idle_ns = from->idle_ns;
		into->idle_from_ns = from->idle_from_ns;
	}
}
