/* A small TCP for the benchmark's sessions: handshake, a fixed window,
 * delayed ACKs, SACK, retransmission after three duplicate ACKs or a timeout,
 * keepalives, FIN. Enough to react to loss as a real one would. The links do
 * not reorder.
 */
#ifndef CROSSTAP_TESTS_BENCH_TCP_H
#define CROSSTAP_TESTS_BENCH_TCP_H

#include "tests/bench/world.h"

#define TCP_DELAYED_ACK_NS (40 * MS)
#define TCP_RTO_NS         (200 * MS)  /* beyond the path's own round trip */
#define TCP_SYN_RTO_NS     (1000 * MS) /* RFC 6298 2.1 */
#define TCP_BACKOFF_MAX    6
#define TCP_DUP_ACKS       3           /* RFC 5681 3.2 */

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline uint32_t tcp_mss(const struct session *session)
{
	return session->version == 6 ? 1428 : 1448; /* beside the timestamps */
}

/* Makes sure that tcp_timer() runs at `time_ns` or before. */
static inline void tcp_want(struct world *world, uint32_t at, enum side side, uint64_t time_ns)
{
	struct end *end = &world->sessions[at].end[side];

	if (end->timer_ns && end->timer_ns <= time_ns)
		return;
	end->timer_ns = time_ns;
	world_schedule(world, time_ns, EVENT_TIMER, at * 2 + side, at);
}

static inline void tcp_set_rto(struct world *world, uint32_t at, enum side side)
{
	struct session *session = &world->sessions[at];
	struct end *end = &session->end[side];
	uint64_t rto_ns = TCP_RTO_NS + session->access_ns[CLIENT] + session->access_ns[SERVER];

	if (end->una == end->first)
		rto_ns = TCP_SYN_RTO_NS;
	end->rto_at_ns = world->now_ns + (rto_ns << end->backoff);
	tcp_want(world, at, side, end->rto_at_ns);
}

static inline void tcp_send(struct world *world, uint32_t at, enum side side, uint8_t flags,
			    uint32_t seq, uint32_t payload_bytes)
{
	struct end *end = &world->sessions[at].end[side];
	struct flight flight = {
		.session = at,
		.from = side,
		.flags = flags,
		.seq = seq,
		.message = end->message,
		.message_bytes = end->message_to - end->message_from,
		.offset = seq - end->message_from,
		.payload_bytes = (uint16_t)payload_bytes,
	};

	if (flags & WIRE_ACK) {
		flight.ack = end->acked = end->expected;
		flight.tsecr = end->ts_recent;
		end->unacked = 0;
		end->ack_at_ns = 0;
		if (end->held_count) {
			flight.sack_from = end->held[0].from;
			flight.sack_to = end->held[0].to;
		}
	}
	session_send(world, &flight);
}

/* Sends what the sequence number stands for: SYN, a segment of data, or FIN.
 * Returns the number behind it. */
static inline uint32_t tcp_send_at(struct world *world, uint32_t at, enum side side, uint32_t seq)
{
	struct session *session = &world->sessions[at];
	struct end *end = &session->end[side];
	uint32_t left = end->message_to - seq, bytes;

	if (seq == end->first) {
		tcp_send(world, at, side, WIRE_SYN | (side == SERVER ? WIRE_ACK : 0), seq, 0);
		return seq + 1;
	}
	if (!left) {
		end->fin_sent = true;
		tcp_send(world, at, side, WIRE_FIN | WIRE_ACK, seq, 0);
		return seq + 1;
	}
	bytes = left < tcp_mss(session) ? left : tcp_mss(session);
	tcp_send(world, at, side, WIRE_ACK | (bytes == left ? WIRE_PSH : 0), seq, bytes);
	return seq + bytes;
}

/* Sends what the window lets through. */
static inline void tcp_transmit(struct world *world, uint32_t at, enum side side)
{
	struct session *session = &world->sessions[at];
	struct end *end = &session->end[side];
	uint32_t window = world->plan->window_segments * tcp_mss(session);
	bool idle = end->una == end->next;

	while ((seq_before(end->next, end->message_to) && end->next - end->una < window) ||
	       (end->next == end->message_to && end->closing && !end->fin_sent))
		end->next = tcp_send_at(world, at, side, end->next);
	if (idle && end->una != end->next)
		tcp_set_rto(world, at, side);
}

static inline void tcp_connect(struct world *world, uint32_t at, enum side side)
{
	struct end *end = &world->sessions[at].end[side];

	end->next = tcp_send_at(world, at, side, end->first);
	tcp_set_rto(world, at, side);
}

static inline void tcp_resend(struct world *world, uint32_t at, enum side side)
{
	struct end *end = &world->sessions[at].end[side];

	world->retransmissions++;
	tcp_send_at(world, at, side, end->una);
	tcp_set_rto(world, at, side);
}

/* A probe one byte before what the peer expects (RFC 9293 3.8.4). */
static inline void tcp_keepalive(struct world *world, uint32_t at, enum side side)
{
	world->keepalives++;
	tcp_send(world, at, side, WIRE_ACK, world->sessions[at].end[side].next - 1, 0);
}

static inline void tcp_timer(struct world *world, uint32_t at, enum side side)
{
	struct end *end = &world->sessions[at].end[side];

	if (end->timer_ns != world->now_ns)
		return; /* an earlier one was wanted since */
	end->timer_ns = 0;
	if (end->dead)
		return;
	if (end->ack_at_ns && end->ack_at_ns <= world->now_ns)
		tcp_send(world, at, side, WIRE_ACK, end->next, 0);
	if (end->rto_at_ns && end->rto_at_ns <= world->now_ns) {
		end->dead = end->backoff == TCP_BACKOFF_MAX;
		if (end->dead)
			return;
		end->backoff++;
		end->recover = end->next;
		tcp_resend(world, at, side);
	}
	if (end->ack_at_ns)
		tcp_want(world, at, side, end->ack_at_ns);
	if (end->rto_at_ns)
		tcp_want(world, at, side, end->rto_at_ns);
}

static inline void tcp_take_ack(struct world *world, uint32_t at, enum side side,
				const struct flight *flight)
{
	struct end *end = &world->sessions[at].end[side];

	if (seq_before(end->una, flight->ack) && !seq_before(end->next, flight->ack)) {
		end->una = flight->ack;
		end->backoff = end->dup_acks = 0;
		if (end->una == end->next)
			end->rto_at_ns = 0;
		else if (seq_before(end->una, end->recover))
			tcp_resend(world, at, side); /* the next gap (RFC 6582 3.2) */
		else
			tcp_set_rto(world, at, side);
		tcp_transmit(world, at, side);
	} else if (end->una != end->next && flight->sack_from != flight->sack_to &&
		   ++end->dup_acks == TCP_DUP_ACKS && !seq_before(end->una, end->recover)) {
		end->recover = end->next;
		tcp_resend(world, at, side);
	}
}

/* Keeps a stretch that came behind a gap. It grows the one it adjoins. */
static inline void tcp_hold(struct end *end, uint32_t from, uint32_t to)
{
	for (int i = 0; i < end->held_count; i++) {
		if (!seq_before(from, end->held[i].from) && !seq_before(end->held[i].to, from)) {
			if (seq_before(end->held[i].to, to))
				end->held[i].to = to;
			return;
		}
	}
	if (end->held_count < OOO_MAX)
		end->held[end->held_count++] = (struct stretch){from, to};
}

/* Takes back what is held and has been reached. */
static inline void tcp_unhold(struct end *end)
{
	for (int i = 0; i < end->held_count;) {
		if (seq_before(end->expected, end->held[i].from)) {
			i++;
			continue;
		}
		if (seq_before(end->expected, end->held[i].to))
			end->expected = end->held[i].to;
		end->held_count--;
		memmove(&end->held[i], &end->held[i + 1],
			(end->held_count - i) * sizeof *end->held);
		i = 0;
	}
}

static inline void tcp_take_data(struct world *world, uint32_t at, enum side side,
				 const struct flight *flight)
{
	struct end *end = &world->sessions[at].end[side];
	uint32_t length = flight->payload_bytes + !!(flight->flags & WIRE_FIN);
	bool had_gap = end->held_count != 0;

	if (!seq_before(end->acked, flight->seq))
		end->ts_recent = flight->tsval; /* RFC 7323 4.3 */
	if (!length && flight->seq == end->expected)
		return; /* a mere ACK */
	if (flight->seq == end->expected) {
		end->expected += length;
		end->unacked++;
		tcp_unhold(end);
	} else if (seq_before(end->expected, flight->seq)) {
		if (!length)
			return;
		tcp_hold(end, flight->seq, flight->seq + length);
		had_gap = true;
	} else {
		had_gap = true; /* had it before, or a keepalive */
	}
	if (had_gap || end->unacked >= 2 || (end->fin_sent && flight->flags & WIRE_FIN)) {
		tcp_send(world, at, side, WIRE_ACK, end->next, 0);
	} else {
		end->ack_at_ns = world->now_ns + TCP_DELAYED_ACK_NS;
	}
}

/* True when the peer's SYN was all there was to see to. */
static inline bool tcp_take_syn(struct world *world, uint32_t at, enum side side,
				const struct flight *flight)
{
	struct end *end = &world->sessions[at].end[side];

	if (!(flight->flags & WIRE_SYN))
		return !end->open; /* nothing is expected but a SYN */
	if (end->open && side == SERVER) {
		world->retransmissions++;
		tcp_send_at(world, at, side, end->first);
		return true;
	}
	if (end->open) {
		tcp_send(world, at, side, WIRE_ACK, end->next, 0);
		return true;
	}
	end->open = true;
	end->expected = flight->seq + 1;
	end->ts_recent = flight->tsval;
	if (side == SERVER) {
		tcp_connect(world, at, side);
		return true;
	}
	tcp_take_ack(world, at, side, flight);
	tcp_send(world, at, side, WIRE_ACK, end->next, 0);
	world_schedule(world, world->now_ns + world_random(world, 5, 200) * US, EVENT_SAY,
		       at * 2 + side, at);
	return true;
}

/* True when a packet made the peer's present message whole. A delayed ACK may
 * then be due, and the caller sees to tcp_want(): an answer may carry it. */
static inline bool tcp_receive(struct world *world, uint32_t at, enum side side,
			       const struct flight *flight)
{
	struct end *end = &world->sessions[at].end[side], *peer = &world->sessions[at].end[!side];

	if (end->dead)
		return false;
	if (flight->flags & WIRE_RST) {
		end->dead = true;
		return false;
	}
	if (tcp_take_syn(world, at, side, flight))
		return false;
	tcp_take_ack(world, at, side, flight);
	tcp_take_data(world, at, side, flight);
	if (peer->fin_sent && end->expected == peer->message_to + 1 && !end->closing) {
		end->closing = true;
		tcp_transmit(world, at, side);
	}
	if (end->expected != peer->message_to || end->heard == peer->message)
		return false;
	end->heard = peer->message;
	return true;
}

#endif
