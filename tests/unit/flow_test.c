/* Flows: packets made field by field, compared with the rules worked out by hand and
 * with a model that keeps a plain list. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>

#include "collect/flow.h"
#include "tests/unit/check.h"

#define S INT64_C(1000000000)

static struct flow_table *table;

static void begin(void)
{
	struct error err;

	flow_table_close(&table);
	CHECK_INT(flow_table_open(&table, 0x1234, &err), STATUS_OK);
}

/* Addresses are 10.0.0.<last byte>. */
static struct packet packet(uint8_t proto, uint8_t src, uint16_t sport, uint8_t dst, uint16_t dport)
{
	struct packet p = {.version = 4, .proto = proto, .sport = sport, .dport = dport,
			   .src = {10, 0, 0, src}, .dst = {10, 0, 0, dst}};

	return p;
}

static struct packet tcp(uint8_t src, uint8_t dst, uint16_t flags, uint32_t seq, uint32_t payload)
{
	struct packet p = packet(IPPROTO_TCP, src, (uint16_t)(src * 1000), dst,
				 (uint16_t)(dst * 1000));

	p.flags = flags;
	p.seq = seq;
	p.payload_bytes = payload;
	return p;
}

/* The answer at once. */
static uint32_t ask(struct packet p, int64_t time_ns)
{
	uint32_t flow = UINT32_MAX;
	struct error err;

	CHECK_INT(flow_ask(table, &p, time_ns, &flow, &err), STATUS_OK);
	CHECK_INT(flow_settle(table, &err), STATUS_OK);
	return flow;
}

static void both_directions(void)
{
	struct capture_flow row;

	begin();
	CHECK_INT(ask(tcp(9, 2, PACKET_TCP_SYN, 1, 0), 0), 0 << 1 | 1);
	CHECK_INT(ask(tcp(2, 9, PACKET_TCP_SYN | PACKET_TCP_ACK, 7, 0), 1), 0 << 1 | 0);
	row = flow_get(table, 0);
	CHECK_INT(row.version, 4);
	CHECK_INT(row.proto, IPPROTO_TCP);
	CHECK(memcmp(row.a, "\x0a\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
	CHECK(memcmp(row.b, "\x0a\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
	CHECK_INT(row.a_port, 2000);
	CHECK_INT(row.b_port, 9000);
	CHECK_INT(row.generation, 0);
	CHECK_INT(flow_count(table), 1);
	check_case("both directions are one flow whose end a has the lesser address");

	begin();
	CHECK_INT(ask(packet(IPPROTO_UDP, 5, 700, 5, 80), 0), 0 << 1 | 1);
	CHECK_INT(ask(packet(IPPROTO_UDP, 5, 80, 5, 700), 0), 0 << 1 | 0);
	CHECK_INT(flow_get(table, 0).a_port, 80);
	check_case("between equal addresses the lesser port is end a");

	begin();
	CHECK_INT(ask(packet(IPPROTO_UDP, 1, 300, 2, 5), 0), 0 << 1 | 0);
	CHECK_INT(ask(packet(IPPROTO_TCP, 1, 300, 2, 5), 0), 1 << 1 | 0);
	CHECK_INT(ask(packet(IPPROTO_UDP, 1, 5, 2, 300), 0), 2 << 1 | 0);
	check_case("another protocol or ports the other way round are another flow");
}

static void address_families(void)
{
	struct packet six = packet(IPPROTO_UDP, 1, 53, 2, 99);
	struct capture_flow row;

	begin();
	ask(six, 0);
	six.version = 6;
	six.src[15] = 0xff;
	CHECK_INT(ask(six, 0), 1 << 1 | 0);
	six.dst[0] = 9; /* now the destination is the lesser */
	CHECK_INT(ask(six, 0), 2 << 1 | 1);
	row = flow_get(table, 2);
	CHECK_INT(row.version, 6);
	CHECK(memcmp(row.a, six.dst, 16) == 0 && memcmp(row.b, six.src, 16) == 0);
	CHECK_INT(row.a_port, 99);
	CHECK_INT(row.b_port, 53);
	check_case("IPv6 addresses are compared over all 16 bytes");
}

static void generations(void)
{
	static const struct {
		const char *name;
		uint16_t flags;     /* of the packet between the two SYNs, from the server */
		uint32_t payload;
		int64_t time_ns;    /* of the second SYN */
		uint32_t seq;       /* of the second SYN; the first has 100 */
		uint32_t generations;
	} rows[] = {
		{"after a RST", PACKET_TCP_RST | PACKET_TCP_ACK, 0, 1 * S, 200, 2},
		{"after a FIN", PACKET_TCP_FIN | PACKET_TCP_ACK, 0, 1 * S, 200, 2},
		{"the same SYN again after a RST", PACKET_TCP_RST | PACKET_TCP_ACK, 0, 1 * S, 100,
		 1},
		{"after 60 s", PACKET_TCP_ACK, 0, 60 * S, 200, 2},
		{"just before 60 s", PACKET_TCP_ACK, 0, 60 * S - 1, 200, 1},
		{"the same SYN again after 60 s", PACKET_TCP_ACK, 0, 60 * S, 100, 1},
		{"after data one way", PACKET_TCP_ACK, 5, 1 * S, 200, 1},
		{"nothing special", PACKET_TCP_ACK, 0, 1 * S, 200, 1},
		{"the clock goes back", PACKET_TCP_ACK, 0, -100 * S, 200, 1},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t flow;

		begin();
		ask(tcp(1, 2, PACKET_TCP_SYN, 100, 0), 0);
		ask(tcp(2, 1, rows[i].flags, 1, rows[i].payload), 0);
		flow = ask(tcp(1, 2, PACKET_TCP_SYN, rows[i].seq, 0), rows[i].time_ns);
		CHECK_INT(flow_count(table), rows[i].generations);
		CHECK_INT(flow >> 1, rows[i].generations - 1);
		CHECK_INT(flow_get(table, flow >> 1).generation, rows[i].generations - 1);
		CHECK_INT(ask(tcp(2, 1, PACKET_TCP_ACK, 2, 0), rows[i].time_ns), flow | 1);
		if (check_failures)
			printf("# %s\n", rows[i].name);
	}
	check_case("a SYN of another sequence number opens a tuple anew after its end or 60 s");

	begin();
	ask(tcp(1, 2, PACKET_TCP_SYN, 100, 0), 0);
	ask(tcp(1, 2, PACKET_TCP_ACK, 101, 10), 0);
	ask(tcp(2, 1, PACKET_TCP_ACK, 1, 10), 0);
	CHECK_INT(ask(tcp(2, 1, PACKET_TCP_SYN | PACKET_TCP_ACK, 55, 0), S), 0 << 1 | 1);
	CHECK_INT(ask(tcp(1, 2, PACKET_TCP_SYN, 100, 0), S), 0 << 1 | 0);
	CHECK_INT(ask(tcp(2, 1, PACKET_TCP_SYN, 55, 0), S), 1 << 1 | 1);
	CHECK_INT(ask(packet(IPPROTO_UDP, 1, 1, 2, 2), 0), 2 << 1 | 0);
	CHECK_INT(ask(packet(IPPROTO_UDP, 1, 1, 2, 2), 90 * S), 2 << 1 | 0);
	check_case("data in both directions makes the next SYN a new flow; SYN-ACK and UDP never");
}

static void icmp(void)
{
	struct packet error = packet(IPPROTO_ICMP, 3, 77, 1, 88);

	begin();
	CHECK_INT(ask(packet(IPPROTO_ICMP, 1, 4242, 2, 4242), 0), 0 << 1 | 0);
	CHECK_INT(ask(packet(IPPROTO_ICMP, 2, 4242, 1, 4242), 0), 0 << 1 | 1);
	CHECK_INT(ask(packet(IPPROTO_ICMP, 1, 4243, 2, 4243), 0), 1 << 1 | 0);
	error.marks = PACKET_ICMP_ERROR;
	CHECK_INT(ask(error, 0), 2 << 1 | 1);
	CHECK_INT(flow_get(table, 2).a_port, 0);
	CHECK_INT(flow_get(table, 2).b_port, 0);
	check_case("an ICMP echo's identifier is both ports, an ICMP error has none");
}

static struct packet fragment(uint32_t ip_id, bool later)
{
	struct packet p = packet(IPPROTO_UDP, 8, later ? 0 : 53, 4, later ? 0 : 9999);

	p.marks = (uint16_t)(PACKET_FRAGMENT | (later ? PACKET_FRAGMENT_LATER : 0));
	p.ip_id = ip_id;
	return p;
}

static void fragments(void)
{
	struct packet six = fragment(7, false), other;

	begin();
	CHECK_INT(ask(fragment(7, true), 0), 0 << 1 | 1);
	CHECK_INT(flow_get(table, 0).a_port, 0);
	CHECK_INT(ask(fragment(7, false), 0), 1 << 1 | 1);
	CHECK_INT(ask(fragment(7, true), 1), 1 << 1 | 1);
	CHECK_INT(ask(fragment(7, true), 60 * S), 1 << 1 | 1);
	CHECK_INT(ask(fragment(8, true), 2), 0 << 1 | 1);
	other = fragment(7, true);
	other.proto = IPPROTO_TCP;
	CHECK_INT(ask(other, 2), 2 << 1 | 1);
	check_case("a later fragment belongs to the flow of its first, else to one without ports");

	CHECK_INT(ask(fragment(7, true), 60 * S + 1), 0 << 1 | 1);
	check_case("after a minute a first fragment is forgotten");

	begin();
	six.version = 6;
	CHECK_INT(ask(six, 0), 0 << 1 | 1);
	six = fragment(7, true);
	six.version = 6;
	six.proto = 60; /* destination options were all that its fragment header knew */
	CHECK_INT(ask(six, 0), 0 << 1 | 1);
	check_case("IPv6 fragments meet whatever protocol the later ones name");
}

/* A model: every tuple in a list, searched from its end. */
struct model_flow {
	struct capture_flow row;
	uint32_t syn[2];
	bool has_syn[2], data[2], end;
	int64_t last_ns;
};

static uint32_t model_ask(struct model_flow *flows, uint32_t *count, const struct packet *p,
			  int64_t time_ns)
{
	int back = memcmp(p->src, p->dst, 16) > 0;
	const uint8_t *a = back ? p->dst : p->src, *b = back ? p->src : p->dst;
	uint16_t a_port = back ? p->dport : p->sport, b_port = back ? p->sport : p->dport;
	struct model_flow *f = NULL;
	bool opens = p->flags == PACKET_TCP_SYN;
	uint32_t i;

	for (i = *count; i-- && !f;)
		if (!memcmp(flows[i].row.a, a, 16) && !memcmp(flows[i].row.b, b, 16) &&
		    flows[i].row.a_port == a_port && flows[i].row.b_port == b_port)
			f = &flows[i];
	if (!f || (opens && !(f->has_syn[back] && f->syn[back] == p->seq) &&
		   (f->end || (f->data[0] && f->data[1]) || time_ns - f->last_ns >= 60 * S))) {
		uint32_t generation = f ? f->row.generation + 1 : 0;

		f = &flows[(*count)++];
		memset(f, 0, sizeof *f);
		memcpy(f->row.a, a, 16);
		memcpy(f->row.b, b, 16);
		f->row.a_port = a_port;
		f->row.b_port = b_port;
		f->row.generation = generation;
	}
	f->last_ns = time_ns;
	f->data[back] |= p->payload_bytes > 0;
	f->end |= (p->flags & (PACKET_TCP_FIN | PACKET_TCP_RST)) != 0;
	if (opens) {
		f->has_syn[back] = true;
		f->syn[back] = p->seq;
	}
	return (uint32_t)(f - flows) << 1 | (uint32_t)back;
}

#define MANY 20000

static void many(void)
{
	static const uint16_t flags[] = {PACKET_TCP_SYN, PACKET_TCP_SYN | PACKET_TCP_ACK,
					 PACKET_TCP_ACK, PACKET_TCP_ACK, PACKET_TCP_ACK,
					 PACKET_TCP_FIN | PACKET_TCP_ACK, PACKET_TCP_RST};
	static struct model_flow model[MANY];
	static uint32_t got[MANY], expected[MANY];
	uint32_t count = 0, i, wrong = 0;
	struct error err;

	begin();
	srand(1);
	for (i = 0; i < MANY; i++) {
		uint8_t src = (uint8_t)(rand() % 12), dst = (uint8_t)(12 + rand() % 12);
		bool back = rand() % 2;
		struct packet p = tcp(back ? dst : src, back ? src : dst, flags[rand() % 7],
				      (uint32_t)(rand() % 3), (uint32_t)(rand() % 2));

		if (rand() % 2)
			p.version = 6;
		p.src[4] = p.dst[4] = p.version == 6; /* so that the model tells them apart */
		expected[i] = model_ask(model, &count, &p, i * S);
		CHECK_INT(flow_ask(table, &p, i * S, &got[i], &err), STATUS_OK);
	}
	CHECK_INT(flow_settle(table, &err), STATUS_OK);
	for (i = 0; i < MANY; i++)
		wrong += got[i] != expected[i];
	CHECK_INT(wrong, 0);
	CHECK_INT(flow_count(table), count);
	for (i = 0; i < count; i++)
		wrong += flow_get(table, i).generation != model[i].row.generation;
	CHECK_INT(wrong, 0);
	check_case("20,000 packets asked for in a row get the flows of a plain list");
}

static void growth(void)
{
	uint32_t i, wrong = 0, *got = calloc(300000, sizeof *got);
	struct packet p = packet(IPPROTO_UDP, 0, 1, 0, 2);
	struct error err;
	int round;

	begin();
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 300000; i++) {
			memcpy(p.src + 1, &i, 3);
			wrong += flow_ask(table, &p, 0, &got[i], &err) != STATUS_OK;
		}
		wrong += flow_settle(table, &err) != STATUS_OK;
		for (i = 0; i < 300000; i++)
			wrong += got[i] >> 1 != i;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(flow_count(table), 300000);
	free(got);
	check_case("300,000 flows keep their numbers while the table grows");
}

int main(void)
{
	both_directions();
	address_families();
	generations();
	icmp();
	fragments();
	many();
	growth();
	flow_table_close(&table);
	flow_table_close(&table);
	return check_exit();
}
