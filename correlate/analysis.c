#include "correlate/analysis.h"

#include <stddef.h>

#include "collect/memory.h"
#include "correlate/expert.h"
#include "correlate/journey.h"

#define ANALYSIS_AHEAD 16u /* records whose flows are on their way from memory */
#define ANALYSIS_TCP 6

#define OPENING (PACKET_TCP_SYN | PACKET_TCP_ACK)

/* ---- counting ---- */

/* The counter of each mark, by its bit. */
static const struct {
	uint8_t bytes; /* 0: not counted */
	uint8_t offset;
} analysis_counter[EXPERTS] = {
#define COUNTER(name) {sizeof(((struct analysis_flow *)0)->name[0]), \
		       offsetof(struct analysis_flow, name)}
	COUNTER(retransmissions), COUNTER(fast_retransmissions),
	COUNTER(spurious_retransmissions), COUNTER(out_of_order), COUNTER(dup_acks),
	COUNTER(zero_windows), COUNTER(zero_window_probes), {0, 0}, COUNTER(window_full),
	COUNTER(keepalives), COUNTER(keepalive_acks), COUNTER(acked_unseen),
	COUNTER(previous_not_captured), COUNTER(window_updates),
#undef COUNTER
};

static void analysis_count(struct analysis_flow *flow, unsigned direction, uint16_t marks)
{
	for (; marks; marks &= (uint16_t)(marks - 1)) {
		int bit = __builtin_ctz(marks);
		char *counters = (char *)flow + analysis_counter[bit].offset;

		if (analysis_counter[bit].bytes == sizeof(uint32_t))
			((uint32_t *)counters)[direction]++;
		else if (analysis_counter[bit].bytes &&
			 ((uint16_t *)counters)[direction] < UINT16_MAX)
			((uint16_t *)counters)[direction]++;
	}
}

/* ---- states ---- */

static void analysis_event(struct analysis_end *end, enum tcp_event event)
{
	end->state = (uint8_t)tcp_state_after((enum tcp_state)end->state, event);
}

/* What the segment says of who sends it. */
static void analysis_sender(const struct segment *s)
{
	struct analysis_end *own = s->own;

	if (s->flags & PACKET_TCP_RST) {
		analysis_event(own, TCP_SENDS_RST);
		return;
	}
	if (s->flags & PACKET_TCP_SYN) {
		analysis_event(own, s->flags & PACKET_TCP_ACK ? TCP_SENDS_SYN_ACK : TCP_SENDS_SYN);
		return;
	}
	if (segment_end(s) != s->seq && own->next && segment_before(own->next, segment_end(s)))
		analysis_event(own, TCP_SENDS_NEW);
	if (s->flags & PACKET_TCP_FIN)
		analysis_event(own, s->peer->fin && segment_before(s->ack, s->peer->next)
					    ? TCP_SENDS_FIN_ACROSS
					    : TCP_SENDS_FIN);
	else if (s->flags & PACKET_TCP_ACK)
		analysis_event(own, TCP_SENDS_ACK);
}

/* RFC 9293 section 3.10.7.3 and 3.10.7.4: in SYN-SENT a RST has to acknowledge the SYN, later it
 * has to lie in the window; of that, what this end acknowledged up to what was sent to it
 * is sure (RFC 5961 section 3.2). */
static bool analysis_believes(const struct segment *s)
{
	const struct analysis_end *peer = s->peer;

	if (peer->state == TCP_STATE_SYN_SENT)
		return s->flags & PACKET_TCP_ACK && s->ack == peer->next;
	return !peer->acked || !s->own->next ||
	       (!segment_before(s->seq, peer->max_ack) && !segment_before(s->own->next, s->seq));
}

/* What it does to who gets it. */
static void analysis_receiver(const struct segment *s)
{
	struct analysis_end *peer = s->peer;

	if (s->flags & PACKET_TCP_RST) {
		if (analysis_believes(s))
			analysis_event(peer, TCP_HEARS_RST);
		return;
	}
	if ((s->flags & OPENING) == PACKET_TCP_SYN)
		analysis_event(peer, TCP_HEARS_SYN);
	if (s->flags & PACKET_TCP_ACK && peer->next) {
		if (segment_before(peer->base, s->ack))
			analysis_event(peer, TCP_HEARS_ACK_OF_SYN);
		if (peer->fin && !segment_before(s->ack, peer->next))
			analysis_event(peer, TCP_HEARS_ACK_OF_FIN);
	}
	if (s->flags & PACKET_TCP_FIN)
		analysis_event(peer, TCP_HEARS_FIN);
}

/* ---- the connection ---- */

/* The tuple's next connection; what the last one counted stays. */
static void analysis_reopen(struct analysis_flow *flow)
{
	const struct analysis_end fresh = {.shift = ANALYSIS_SHIFT_UNKNOWN, .tcp = 1};

	flow->end[0] = flow->end[1] = fresh;
	flow->handshake_ns = INT64_MIN;
}

static void analysis_begin(struct analysis_flow *flow, bool tcp, int64_t time_ns)
{
	if (!tcp) {
		flow->end[0].foreign = flow->end[1].foreign = 1;
		return;
	}
	analysis_reopen(flow);
	flow->sent_ns[0] = flow->sent_ns[1] = time_ns;
}

/* As dissect_tcp() does: a SYN with another number than the one that this end began with opens
 * the next connection; the same again takes back what a RST with a strange number moved. */
static void analysis_base(const struct segment *s)
{
	struct analysis_end *own = s->own, *peer = s->peer;

	if ((s->flags & OPENING) == PACKET_TCP_SYN && own->based) {
		if (s->seq == own->base)
			own->next = own->unbroken;
		else
			analysis_reopen(s->flow);
	}
	if (!own->based)
		own->base = s->flags & PACKET_TCP_SYN ? s->seq : s->seq - 1;
	else if ((s->flags & OPENING) == OPENING)
		own->base = s->seq;
	own->based = 1;
	if (!peer->based && s->flags & PACKET_TCP_ACK) {
		peer->base = s->ack - 1;
		peer->based = 1;
	}
}

/* Windows are scaled where both SYNs offered to (RFC 7323 section 2.2). */
static void analysis_options(const struct segment *s)
{
	struct analysis_end *own = s->own, *peer = s->peer;

	if (s->option.shift != SYN_SHIFT_NONE)
		own->shift = s->option.shift;
	if (!(s->flags & PACKET_TCP_SYN))
		return;
	own->mss = s->option.mss;
	own->sack = s->option.sack;
	if (own->shift == ANALYSIS_SHIFT_UNKNOWN)
		own->shift = peer->shift = ANALYSIS_SHIFT_UNUSED;
	else if (s->flags & PACKET_TCP_ACK && peer->shift == ANALYSIS_SHIFT_UNUSED)
		own->shift = ANALYSIS_SHIFT_UNUSED;
}

static void analysis_handshake(const struct segment *s)
{
	struct analysis_flow *flow = s->flow;

	if (s->flags & PACKET_TCP_SYN) {
		s->own->syn = s->own->unscaled = 1;
		if (!(s->flags & PACKET_TCP_ACK) && !flow->end[0].rtt)
			flow->handshake_ns = s->time_ns;
	} else if (s->flags & PACKET_TCP_ACK) {
		s->own->unscaled = 0;
		if (!flow->end[0].rtt && flow->handshake_ns != INT64_MIN &&
		    flow->handshake_ns != s->time_ns) {
			flow->handshake_ns = (int64_t)((uint64_t)s->time_ns -
						       (uint64_t)flow->handshake_ns);
			flow->end[0].rtt = 1;
		}
	}
}

static void analysis_silence(struct analysis_flow *flow, int64_t time_ns)
{
	int64_t last_ns = flow->sent_ns[0] > flow->sent_ns[1] ? flow->sent_ns[0] : flow->sent_ns[1];
	int64_t silence_ns;

	if (time_ns > last_ns && !__builtin_sub_overflow(time_ns, last_ns, &silence_ns) &&
	    silence_ns > flow->idle_ns) {
		flow->idle_ns = silence_ns;
		flow->idle_from_ns = last_ns;
	}
}

static void analysis_states(const struct segment *s)
{
	const bool established = s->own->state == TCP_STATE_ESTABLISHED &&
				 s->peer->state == TCP_STATE_ESTABLISHED;

	if (established && !(s->flags & SEGMENT_CONTROL))
		return; /* and so it stays */
	analysis_sender(s);
	analysis_receiver(s);
}

static void analysis_segment(const struct segment *s)
{
	struct analysis_end *own = s->own;

	analysis_silence(s->flow, s->time_ns);
	analysis_base(s);
	analysis_states(s);
	analysis_count(s->flow, s->direction, expert_judge(s));
	own->spoke = 1;
	own->fin |= (s->flags & PACKET_TCP_FIN) != 0;
	if (s->flags & PACKET_TCP_ACK && (!own->acked || segment_before(own->max_ack, s->ack))) {
		own->max_ack = s->ack;
		own->acked = 1;
	}
	analysis_handshake(s);
	analysis_options(s);
}

/* ---- segments that came in IP fragments ---- */

/* The first fragments seen last, by flow, direction and IP ID. */
#define ANALYSIS_FRAGMENTS 64u

struct analysis_fragments {
	struct analysis_fragment {
		uint32_t way, ip_id;
		uint32_t seq;
		uint16_t header; /* bytes, IP and TCP; 0: nothing here */
		bool fin;
	} first[ANALYSIS_FRAGMENTS];
};

static struct analysis_fragment *fragment_place(struct analysis_fragments *fragments, uint32_t way,
						uint32_t ip_id)
{
	return &fragments->first[(way * 2654435761u ^ ip_id) % ANALYSIS_FRAGMENTS];
}

/* A later fragment brings the bytes behind those of the first: `offset` counts from the TCP
 * header, `header` is IP's alone. */
static void fragment_later(const struct analysis_fragment *first, struct analysis_flow *flow,
			   uint32_t offset, uint16_t header, uint32_t length, int64_t time_ns)
{
	unsigned direction = first->way & 1;
	struct analysis_end *own = &flow->end[direction];
	uint32_t start = first->seq + offset - (uint32_t)(first->header - header);
	uint32_t end = start + length + first->fin;

	if (segment_before(own->next, end)) {
		own->next = end;
		flow->next_ns[direction] = time_ns;
	}
	if (own->unbroken == start + first->fin)
		own->unbroken = own->next;
}

/* ---- the pass ---- */

struct analysis_columns {
	int64_t time[VIEW_BATCH];
	uint32_t way[VIEW_BATCH], seq[VIEW_BATCH], ack[VIEW_BATCH], length[VIEW_BATCH],
		options[VIEW_BATCH];
	uint16_t flags[VIEW_BATCH], header[VIEW_BATCH], marks[VIEW_BATCH], window[VIEW_BATCH];
};

static void analysis_read(const struct view_batch *batch, struct analysis_columns *c)
{
	view_read_64(batch, RECORD_TIME, c->time);
	view_read_ways(batch, c->way);
	view_read_32(batch, RECORD_SEQ, c->seq);
	view_read_32(batch, RECORD_ACK, c->ack);
	view_read_32(batch, RECORD_LENGTH, c->length);
	view_read_32(batch, RECORD_OPTIONS, c->options);
	view_read_16(batch, RECORD_FLAGS, c->flags);
	view_read_16(batch, RECORD_HEADER, c->header);
	view_read_16(batch, RECORD_MARKS, c->marks);
	view_read_16(batch, RECORD_WINDOW, c->window);
}

/* Of a later fragment `seq` is the offset and `ack` the IP ID (collect/packet.h). */
static void analysis_fragment(struct analysis_fragments *fragments, const struct view_batch *batch,
			      struct analysis_flow *flow, const struct analysis_columns *c,
			      uint32_t i)
{
	bool later = c->marks[i] & PACKET_FRAGMENT_LATER;
	uint32_t ip_id = later ? c->ack[i]
			       : (uint32_t)view_get(batch->point, RECORD_IP_ID, batch->index[i]);
	struct analysis_fragment *first = fragment_place(fragments, c->way[i], ip_id);

	if (!later)
		*first = (struct analysis_fragment){c->way[i], ip_id, c->seq[i], c->header[i],
						    c->flags[i] & PACKET_TCP_FIN};
	else if (first->header && first->way == c->way[i] && first->ip_id == ip_id)
		fragment_later(first, flow, c->seq[i], c->header[i], c->length[i] - c->header[i],
			       c->time[i]);
}

static void analysis_record(const struct view *view, struct analysis_flow *flow,
			    const struct analysis_columns *c, uint32_t i, struct syn_option option)
{
	unsigned direction = c->way[i] & 1;
	const struct segment segment = {
		.flow = flow,
		.own = &flow->end[direction],
		.peer = &flow->end[!direction],
		.direction = direction,
		.time_ns = c->time[i],
		.seq = c->seq[i],
		.ack = c->ack[i],
		.length = c->length[i] - c->header[i],
		.flags = c->flags[i],
		.window = c->window[i],
		.option = option,
	};

	if (!flow->end[0].tcp && !flow->end[0].foreign)
		analysis_begin(flow, view->flow[c->way[i] >> 1].proto == ANALYSIS_TCP, c->time[i]);
	if (flow->end[0].tcp && !(c->marks[i] & PACKET_FRAGMENT_LATER))
		analysis_segment(&segment);
}

/* The counters are in the third line, and seldom needed. */
MEMORY_AHEAD analysis_ahead(const struct analysis_flow *flow)
{
	__builtin_prefetch(flow, 1);
	__builtin_prefetch((const char *)flow + ANALYSIS_LINE_BYTES, 1);
}

void analysis_point(const struct view *view, uint32_t point, const struct syn_options *options,
		    const uint8_t *marks, struct analysis_flow *flows)
{
	const struct syn_option none = {.shift = SYN_SHIFT_NONE}, *entries;
	struct analysis_fragments fragments = {0};
	struct view_point filed = view->point[point];
	struct analysis_columns c;
	struct analysis_flow *flow;
	struct view_batch batch;
	uint32_t count, ahead, i;

	filed.order = NULL; /* of its files */
	view_first(&batch, &filed);
	while (view_next(&batch)) {
		analysis_read(&batch, &c);
		entries = syn_options_of(
			options, filed.block[batch.index[0] >> VIEW_BLOCK_SHIFT].capture, &count);
		for (i = 0; i < batch.rows; i++) {
			ahead = i + ANALYSIS_AHEAD;
			if (ahead < batch.rows && c.way[ahead] != VIEW_NO_WAY)
				analysis_ahead(&flows[(c.way[ahead] >> 1) - filed.first_node]);
			if (c.way[i] == VIEW_NO_WAY ||
			    (marks && marks[batch.index[i]] & JOURNEY_COPY))
				continue;
			flow = &flows[(c.way[i] >> 1) - filed.first_node];
			analysis_record(view, flow, &c, i,
					c.options[i] < count ? entries[c.options[i]] : none);
			if (c.marks[i] & PACKET_FRAGMENT && flow->end[0].tcp)
				analysis_fragment(&fragments, &batch, flow, &c, i);
		}
	}
}

uint32_t analysis_unacked(const struct analysis_flow *flow, unsigned direction)
{
	const struct analysis_end *end = &flow->end[direction], *other = &flow->end[!direction];
	uint32_t from = other->acked ? other->max_ack : end->base + 1;

	return end->next && segment_before(from, end->next) ? end->next - from : 0;
}
