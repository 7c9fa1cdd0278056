/* What the applications at the ends of a session do: who speaks next, when,
 * and how much; and the services that talk in datagrams.
 */
#ifndef CROSSTAP_TESTS_BENCH_TALK_H
#define CROSSTAP_TESTS_BENCH_TALK_H

#include "tests/bench/service.h"
#include "tests/bench/tcp.h"

#define TALK_KEEPALIVE_NS   (150 * MS) /* into an idle time of twice that */
#define TALK_STORM_NS       (10 * US)
#define TALK_DNS_TIMEOUT_NS (1000 * MS)
#define TALK_DNS_TRIES      3

static inline void talk_later(struct world *world, uint32_t at, enum side side, uint64_t delay_ns)
{
	world_schedule(world, world->now_ns + delay_ns, EVENT_SAY, at * 2 + side, at);
}

/* How long the application takes to act on what it has heard. */
static inline uint64_t talk_think_ns(struct world *world, uint32_t at, enum side side)
{
	const struct session *session = &world->sessions[at];

	if (side == CLIENT && session->left && session->service->keepalive)
		return TALK_KEEPALIVE_NS;
	return 20 * US + world_exponential(world, (uint64_t)session->service->think_us[side] * US);
}

/* A DNS query or answer, an echo request or reply. */
static inline void talk_datagram(struct world *world, uint32_t at, enum side side, uint32_t message)
{
	static const uint8_t echo_types[2][2] = {{8, 0}, {128, 129}}; /* RFC 792, RFC 4443 */
	struct session *session = &world->sessions[at];
	uint32_t bytes = service_draw_bytes(world, session->service, side);
	struct flight flight = {
		.session = at,
		.from = side,
		.seq = message,
		.message = message,
		.message_bytes = bytes,
		.payload_bytes = (uint16_t)bytes,
	};

	if (session->service->proto == WIRE_ICMP)
		flight.flags = echo_types[session->version == 6][side];
	session_send(world, &flight);
}

static inline void talk_say_datagram(struct world *world, uint32_t at, enum side side)
{
	struct session *session = &world->sessions[at];
	struct end *end = &session->end[side];

	if (session->service->proto == WIRE_ICMP) {
		talk_datagram(world, at, side, ++end->message);
		if (--session->left)
			talk_later(world, at, side, session->service->think_us[side] * US);
	} else if (!end->heard && end->message < TALK_DNS_TRIES) {
		end->message++;
		talk_datagram(world, at, side, 1);
		talk_later(world, at, side, TALK_DNS_TIMEOUT_NS);
	}
}

/* EVENT_SAY: the application of one end has something to do. */
static inline void talk_say(struct world *world, uint32_t at, enum side side)
{
	struct session *session = &world->sessions[at];
	struct end *end = &session->end[side];

	if (end->dead)
		return;
	if (session->service->proto != WIRE_TCP) {
		talk_say_datagram(world, at, side);
	} else if (end->next == end->first) {
		tcp_connect(world, at, side);
	} else if (side == CLIENT && !session->left) {
		end->closing = true;
		tcp_transmit(world, at, side);
	} else if (side == CLIENT && session->service->keepalive && end->message &&
		   !session->keepalive_sent) {
		session->keepalive_sent = !session->service->storm;
		tcp_keepalive(world, at, side);
		talk_later(world, at, side,
			   session->service->storm ? TALK_STORM_NS : TALK_KEEPALIVE_NS);
	} else {
		session->keepalive_sent = false;
		session->left -= side == CLIENT;
		end->message++;
		end->message_from = end->message_to;
		end->message_to += service_draw_bytes(world, session->service, side);
		tcp_transmit(world, at, side);
	}
}

/* A packet has arrived at the end that it was for. */
static inline void talk_receive(struct world *world, const struct flight *flight)
{
	uint32_t at = flight->session;
	struct session *session = &world->sessions[at];
	enum side side = !flight->from;
	struct end *end = &session->end[side];
	uint64_t think_ns = UINT32_MAX; /* that is, 4 s: nothing to say yet */

	if (session->service->proto != WIRE_TCP) {
		session->end[side].heard = flight->message;
		if (side == SERVER)
			talk_datagram(world, at, side, flight->message);
		return;
	}
	if (tcp_receive(world, at, side, flight)) {
		think_ns = talk_think_ns(world, at, side);
		talk_later(world, at, side, think_ns);
	}
	if (end->ack_at_ns > world->now_ns + think_ns)
		return; /* what it says will carry the ACK */
	if (end->ack_at_ns)
		tcp_want(world, at, side, end->ack_at_ns);
}

#endif
