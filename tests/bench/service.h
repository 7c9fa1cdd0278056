/* The services of the benchmark's servers, and how a session with one begins. */
#ifndef CROSSTAP_TESTS_BENCH_SERVICE_H
#define CROSSTAP_TESTS_BENCH_SERVICE_H

#include <stdio.h>

#include "tests/bench/world.h"

#define RESET_ONE_IN 2000 /* TCP sessions... */
#define RESET_BEFORE 8    /* ...at one of their first requests */
#define IPV6_PERCENT 10

static inline void head_digits(uint8_t *out, uint32_t value, int digits, uint32_t base)
{
	while (digits--) {
		out[digits] = (uint8_t)"0123456789abcdef"[value % base];
		value /= base;
	}
}

static inline uint32_t head_http(uint8_t *out, const struct session *session,
				 const struct flight *flight)
{
	static const char request[] = "POST /00000000/00 HTTP/1.1\r\nHost: www.example.net\r\n"
				      "Content-Length: 000000\r\n\r\n";
	static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 000000\r\n\r\n";
	uint32_t bytes = flight->from == CLIENT ? sizeof request - 1 : sizeof response - 1;

	memcpy(out, flight->from == CLIENT ? request : response, bytes);
	head_digits(out + bytes - 10, flight->message_bytes - bytes, 6, 10);
	if (flight->from == CLIENT) {
		head_digits(out + 6, session->serial, 8, 16);
		head_digits(out + 15, flight->message, 2, 10);
	}
	return bytes;
}

/* An application data record of TLS 1.2 with its explicit nonce (RFC 5246 6.2.3). */
static inline uint32_t head_tls(uint8_t *out, const struct session *session,
				const struct flight *flight)
{
	wire_put32(out, 0x17030300);
	wire_put16(out + 3, (uint16_t)(flight->message_bytes - 5));
	wire_put32(out + 5, session->serial);
	wire_put32(out + 9, flight->message << 8 | flight->from);
	return 13;
}

static inline uint32_t head_binary(uint8_t *out, const struct session *session,
				   const struct flight *flight)
{
	wire_put32(out, flight->message_bytes);
	wire_put32(out + 4, session->serial);
	wire_put32(out + 8, flight->message << 8 | flight->from);
	return 12;
}

static inline uint32_t head_dns(uint8_t *out, const struct session *session,
				const struct flight *flight)
{
	static const uint8_t query[] = "\0\0\1\0\0\1\0\0\0\0\0\0"
				       "\11w00000000\7example\3net\0\0\1\0\1";
	static const uint8_t answer[] = "\xc0\x0c\0\1\0\1\0\0\0\74\0\4\xc0\0\2\1";

	memcpy(out, query, sizeof query - 1);
	wire_put16(out, (uint16_t)(session->serial * 40503u));
	head_digits(out + 14, session->serial, 8, 16);
	if (flight->from == CLIENT)
		return sizeof query - 1;
	wire_put16(out + 2, 0x8180);
	wire_put16(out + 6, 1);
	memcpy(out + sizeof query - 1, answer, sizeof answer - 1);
	return sizeof query - 1 + sizeof answer - 1;
}

/* clang-format off */
static const struct service services[] = {
	{33, WIRE_TCP, 80, 2, 8, {30000, 3000}, false, false,
	 {100, 90, 500}, {{84, 60, 600}, {12, 1000, 4300}, {4, 4300, 15900}}, head_http},
	{35, WIRE_TCP, 443, 2, 8, {30000, 3000}, false, false,
	 {100, 40, 500}, {{84, 40, 600}, {12, 1000, 4300}, {4, 4300, 15900}}, head_tls},
	{4, WIRE_TCP, 20202, 2, 4, {20000, 500}, true, false,
	 {100, 16, 120}, {{100, 16, 200}, {0, 0, 0}, {0, 0, 0}}, head_binary},
	{26, WIRE_UDP, 53, 1, 1, {0, 0}, false, false,
	 {100, 39, 39}, {{100, 55, 55}, {0, 0, 0}, {0, 0, 0}}, head_dns},
	{2, WIRE_ICMP, 0, 3, 5, {50000, 0}, false, false,
	 {100, 56, 56}, {{100, 56, 56}, {0, 0, 0}, {0, 0, 0}}, NULL},
};

/* All sessions stay open, and seldom say anything. */
static const struct service services_idle[] = {
	{45, WIRE_TCP, 80, 200, 200, {10000000, 3000}, false, false,
	 {100, 90, 500}, {{84, 60, 600}, {16, 1000, 4300}, {0, 0, 0}}, head_http},
	{45, WIRE_TCP, 443, 200, 200, {10000000, 3000}, false, false,
	 {100, 40, 500}, {{84, 40, 600}, {16, 1000, 4300}, {0, 0, 0}}, head_tls},
	{10, WIRE_TCP, 20202, 200, 200, {10000000, 500}, false, false,
	 {100, 16, 120}, {{100, 16, 200}, {0, 0, 0}, {0, 0, 0}}, head_binary},
};

static const struct service services_bulk[] = {
	{100, WIRE_TCP, 20202, 250, 250, {20000, 500}, false, false,
	 {100, 16, 120}, {{100, 500000000, 900000000}, {0, 0, 0}, {0, 0, 0}}, head_binary},
};

static const struct service storm = {
	0, WIRE_TCP, 20202, 250, 250, {20000, 500}, true, true,
	{100, 16, 120}, {{100, 16, 200}, {0, 0, 0}, {0, 0, 0}}, head_binary,
};

/* The first is what is not asked for; 15.4 packets of a session at one point, as comes out of the
 * table, make a million per second. */
static const struct plan plans[] = {
	{NULL, services, NULL, 0, 15400, 0, 10 /* RFC 6928 */, 5, false, NULL},
	{"concurrent", services_idle, NULL, WARM_UP_NS, 4000, 10, 10, 5, false,
	 "PACKETS / 10 sessions, all open at the end"},
	{"elephant", services_bulk, NULL, WARM_UP_NS, 1, 0, 500, 1, true,
	 "all packets are one session's"},
	{"keepalives", services, &storm, WARM_UP_NS, 1000000, 0, 10, 5, false,
	 "nearly all are one session's probes and answers, all alike"},
};
/* clang-format on */

static inline uint32_t service_draw_bytes(struct world *world, const struct service *service,
					  enum side side)
{
	const struct sizes *sizes = side == CLIENT ? &service->request : service->response;
	uint32_t percent = world_random(world, 0, 99);

	for (; percent >= sizes->percent; sizes++)
		percent -= sizes->percent;
	return world_random(world, sizes->least, sizes->most);
}

/* A permutation of 0..65535 for every server: ports look random, and none comes
 * again at the same server before all others have been there. */
static inline uint16_t session_nat_port(struct world *world, uint16_t server)
{
	uint16_t port;

	do {
		port = world->nat_port[server]++;
		port = (uint16_t)(port * 40503u + server * 12289u);
		port ^= port >> 7;
		port = (uint16_t)(port * 27655u);
	} while (port < 1024);
	return port;
}

/* Begins a session and schedules its client's first step. */
static inline void session_begin(struct world *world)
{
	uint32_t at = session_take(world), percent = world_random(world, 0, 99);
	const struct service *service = world->plan->services;
	struct session *session;

	if (at == SLOT_NONE)
		return;
	if (world->plan->first && !world->serial)
		service = world->plan->first;
	else
		for (; percent >= service->share; service++)
			percent -= service->share;
	session = &world->sessions[at];
	session->service = service;
	session->serial = ++world->serial;
	session->client = (uint16_t)world_random(world, 0, CLIENTS - 1);
	session->server = (uint16_t)world_random(world, 0, SERVERS - 1);
	session->version = world_random(world, 0, 99) < IPV6_PERCENT ? 6 : 4;
	session->port[CLIENT] = (uint16_t)(32768 + world->client_port[session->client]++ % 28232);
	session->port[SERVER] = service->port;
	session->nat_port = session_nat_port(world, session->server);
	session->left = (uint8_t)world_random(world, service->exchanges_least,
					      service->exchanges_most);
	if (service->proto == WIRE_TCP && world_random(world, 1, RESET_ONE_IN) == 1 &&
	    !world->plan->one_session && !service->storm)
		session->reset_at = (uint8_t)world_random(
			world, 1, session->left < RESET_BEFORE ? session->left : RESET_BEFORE);
	session->access_ns[CLIENT] = MS + world_exponential(world, 4 * MS);
	session->access_ns[SERVER] = world_random(world, 100, 600) * US;
	for (int side = CLIENT; side <= SERVER; side++) {
		struct end *end = &session->end[side];

		end->first = (uint32_t)random_next(&world->random);
		end->una = end->next = end->first;
		end->message_from = end->message_to = end->recover = end->first + 1;
	}
	world_schedule(world, world->now_ns, EVENT_SAY, at * 2 + CLIENT, at);
}

#endif
