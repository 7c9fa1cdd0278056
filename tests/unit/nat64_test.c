/* NAT64: IPv6 on the client's side, IPv4 on the server's. TCP, UDP, pings and ICMP errors
 * match over the translator, and a session is one on both sides (RFC 6146, RFC 7915). */
#include "tests/unit/scene_frames.h"

#define CLIENT6 "2001:db8:1::1"
#define SERVER6 "64:ff9b::192.0.2.1"
#define CLIENT4 "198.51.100.9"
#define SERVER4 "192.0.2.1"
#define ROUTER6 "64:ff9b::203.0.113.5"
#define ROUTER4 "203.0.113.5"
#define PORT6 40000
#define PORT4 61000

static struct scene scene;

static const struct wrap ethernet = {"Ethernet", 1, {WRAP_ETH}, 0, NULL, NULL};

/* RFC 7915 sections 4.2 and 5.2, worked out by hand for what the scenes send. */
static const struct {
	uint16_t six, four; /* type << 8 | code */
} icmp_types[] = {
	{128 << 8, 8 << 8}, {129 << 8, 0}, {1 << 8 | 4, 3 << 8 | 3}, {3 << 8, 11 << 8},
	{2 << 8, 3 << 8 | 4}, {1 << 8 | 1, 3 << 8 | 10}, {1 << 8, 3 << 8 | 1},
};
#define ICMP_TYPES (sizeof icmp_types / sizeof *icmp_types)

static const char *other_address(const char *address)
{
	static const char *const pairs[][2] = {
		{CLIENT6, CLIENT4}, {SERVER6, SERVER4}, {ROUTER6, ROUTER4}};
	size_t i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++)
		for (int k = 0; k < 2; k++)
			if (strcmp(address, pairs[i][k]) == 0)
				return pairs[i][!k];
	CHECK_TEXT(address, "an address of the scene");
	return address;
}

static uint16_t other_port(uint16_t port)
{
	if (port >= PORT6 && port < PORT6 + 1000)
		return (uint16_t)(port - PORT6 + PORT4);
	if (port >= PORT4 && port < PORT4 + 1000)
		return (uint16_t)(port - PORT4 + PORT6);
	return port;
}

static void other_version(struct scene_packet *p)
{
	bool six = strchr(p->src, ':') != NULL;

	p->src = other_address(p->src);
	p->dst = other_address(p->dst);
	p->sport = other_port(p->sport);
	p->dport = other_port(p->dport);
	p->ip_id = six ? 7 : 0; /* the translator's own; IPv6 has none */
	for (size_t i = 0; (p->proto == 58 || p->proto == 1) && i < ICMP_TYPES; i++) {
		if (p->ack != (six ? icmp_types[i].six : icmp_types[i].four))
			continue;
		p->ack = six ? icmp_types[i].four : icmp_types[i].six;
		break;
	}
	if (p->proto == 58 || p->proto == 1)
		p->proto = six ? 1 : 58;
}

/* The hop between the two firewall points. */
static void nat64(uint32_t hop, bool forward, struct scene_packet *packet)
{
	static struct scene_packet quoted;

	(void)forward;
	if (hop != 1)
		return;
	other_version(packet);
	if (!packet->quotes)
		return;
	quoted = *packet->quotes;
	other_version(&quoted);
	packet->quotes = &quoted;
}

static void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw-in", "fw-out", "server");
	scene.translate = nat64;
}

static void end(const char *sentence)
{
	scene_end(&scene);
	check_case(sentence);
}

static struct scene_talk talk(int64_t us, uint16_t number)
{
	struct scene_talk t = scene_talk(us, CLIENT6, (uint16_t)(PORT6 + number), SERVER6, 80);

	t.seen = CLIENT4;
	t.seen_port = (uint16_t)(PORT4 + number);
	t.real = SERVER4;
	t.real_port = 80;
	return t;
}

static void whole(int64_t us, uint16_t number, bool loses)
{
	struct scene_talk t = talk(us, number);

	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 4);
	if (loses)
		scene_lose(&scene, &t, true, 300, 1);
	scene_exchange(&scene, &t, 4);
	scene_close(&scene, &t);
}

static void run(void)
{
	const struct wrap *wraps[] = {&ethernet, &ethernet, &ethernet, &ethernet};

	scene_run_wrapped(&scene, wraps);
	CHECK_TEXT(scene.summary.path, "client,fw-in,fw-out,server");
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
	CHECK_INT(scene_sum(&scene, HOPS_LOCAL), 0);
}

static int sessions_of(const char *proto, const char *client)
{
	int found = 0;
	uint32_t i;

	for (i = 0; i < scene_rows(&scene, SESSIONS); i++)
		found += strcmp(scene_cell(&scene, SESSIONS, i, SESSIONS_PROTO), proto) == 0 &&
			 strcmp(scene_cell(&scene, SESSIONS, i, SESSIONS_CLIENT), client) == 0;
	return found;
}

static void connections(void)
{
	uint16_t i;

	begin();
	for (i = 0; i < 10; i++)
		whole(i * 500000, i, i == 4);
	run();
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "forward", HOPS_MATCHED),
		  10 * SCENE_WHOLE_FORWARD(8) + 1);
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "reverse", HOPS_MATCHED),
		  10 * SCENE_WHOLE_REVERSE(8));
	CHECK_INT(scene_rows(&scene, SESSIONS), 10);
	for (i = 0; i < 10; i++) {
		CHECK_TEXT(scene_cell(&scene, SESSIONS, i, SESSIONS_CLIENT), CLIENT6);
		CHECK_TEXT(scene_cell(&scene, SESSIONS, i, SESSIONS_POINTS),
			   "client,fw-in,fw-out,server");
		CHECK_TEXT(scene_cell(&scene, SESSIONS, i, SESSIONS_TRANSLATED), "yes");
	}
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 1);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, 0, TRANSLATIONS_HOP), "fw-in>fw-out");
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, 0, TRANSLATIONS_KIND), "nat64");
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, 0, TRANSLATIONS_FROM_SRC), CLIENT6);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, 0, TRANSLATIONS_FROM_DST), "64:ff9b::c000:201");
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, 0, TRANSLATIONS_TO_SRC), CLIENT4);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, 0, TRANSLATIONS_TO_DST), SERVER4);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, 0, TRANSLATIONS_SESSIONS), "10");
	end("connections over a NAT64 match, are one session each, and one mapping");
}

static void datagrams_and_pings(void)
{
	struct scene_packet ask = {.src = CLIENT6, .sport = PORT6 + 5, .dst = SERVER6, .dport = 53,
				   .proto = SCENE_UDP, .length = 40};
	struct scene_packet answer = {.src = SERVER4, .sport = 53, .dst = CLIENT4,
				      .dport = PORT4 + 5, .proto = SCENE_UDP, .length = 200};
	struct scene_packet echo = {.src = CLIENT6, .dst = SERVER6, .sport = PORT6 + 9,
				    .dport = PORT6 + 9, .proto = 58, .ack = 128 << 8, .length = 56};
	struct scene_packet reply = {.src = SERVER4, .dst = CLIENT4, .sport = PORT4 + 9,
				     .dport = PORT4 + 9, .proto = 1, .ack = 0, .length = 56};
	uint32_t i;

	begin();
	whole(0, 0, false);
	for (i = 0; i < 30; i++) {
		ask.text = answer.text = 0x100 + i;
		echo.seq = reply.seq = i;
		echo.text = reply.text = 0x200 + i;
		scene_send(&scene, 300000 + i * 50000, ask, 0, i == 7 ? 1 : 3);
		scene_send(&scene, 305000 + i * 50000, answer, 3, 0);
		scene_send(&scene, 310000 + i * 50000, echo, 0, i == 8 ? 1 : 3);
		scene_send(&scene, 315000 + i * 50000, reply, 3, i == 9 ? 2 : 0);
	}
	whole(2500000, 1, false);
	run();
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "forward", HOPS_DROPPED), 2);
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 3);
	CHECK_INT(scene_rows(&scene, SESSIONS), 4);
	for (i = 0; i < scene_rows(&scene, SESSIONS); i++)
		CHECK_TEXT(scene_cell(&scene, SESSIONS, i, SESSIONS_POINTS),
			   "client,fw-in,fw-out,server");
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 3);
	for (i = 0; i < scene_rows(&scene, TRANSLATIONS); i++)
		CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, i, TRANSLATIONS_KIND), "nat64");
	CHECK_INT(sessions_of("icmpv6", CLIENT6), 1);
	CHECK_INT(sessions_of("udp", CLIENT6), 1);
	end("datagrams and pings over a NAT64 match, as ICMPv6 here and ICMP there");
}

/* A router behind the translator says of the client's datagrams what each type says. */
static void errors(void)
{
	struct scene_packet ask = {.src = CLIENT6, .sport = PORT6 + 5, .dst = SERVER6,
				   .dport = 33434, .proto = SCENE_UDP};
	struct scene_packet arrived = {.src = CLIENT4, .sport = PORT4 + 5, .dst = SERVER4,
				       .dport = 33434, .proto = SCENE_UDP};
	struct scene_packet error = {.src = ROUTER4, .dst = CLIENT4, .proto = 1,
				     .marks = PACKET_ICMP_ERROR, .quotes = &arrived};
	uint32_t i, sent = 0;

	begin();
	whole(0, 0, false);
	for (i = 2; i < ICMP_TYPES; i++) {
		for (uint32_t k = 0; k < 3; k++, sent++) {
			ask.text = 100 * i + k;
			ask.length = arrived.length = 40 + 4 * sent;
			arrived.ip_id = 5000 + sent;
			error.ack = icmp_types[i].four;
			scene_send(&scene, 300000 + sent * 50000, ask, 0, 3);
			scene_send(&scene, 305000 + sent * 50000, error, 3, 0);
		}
	}
	whole(2500000, 1, false);
	run();
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "reverse", HOPS_MATCHED),
		  2 * SCENE_WHOLE_REVERSE(8) + sent);
	CHECK_INT(sessions_of("icmp", ROUTER4), 1); /* as the router speaks it */
	end("ICMP errors are translated, too, and match");
}

/* The same error three times over, for datagrams of one length that differ in their IP ID only. */
static void equal_errors(void)
{
	struct scene_packet ask = {.src = CLIENT6, .sport = PORT6 + 5, .dst = SERVER6,
				   .dport = 33434, .proto = SCENE_UDP, .length = 40};
	struct scene_packet arrived = {.src = CLIENT4, .sport = PORT4 + 5, .dst = SERVER4,
				       .dport = 33434, .proto = SCENE_UDP, .length = 40};
	struct scene_packet error = {.src = ROUTER4, .dst = CLIENT4, .proto = 1,
				     .ack = 11 << 8, .quotes = &arrived,
				     .marks = PACKET_ICMP_ERROR};
	uint32_t i;

	begin();
	whole(0, 0, false);
	for (i = 0; i < 6; i++) {
		ask.text = 100 + i;
		arrived.ip_id = 5000 + i;
		scene_send(&scene, 300000 + i * 100000, ask, 0, 3);
		scene_send(&scene, 305000 + i * 100000, error, 3, i == 3 ? 2 : 0);
	}
	whole(2500000, 1, false);
	run();
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	end("of equal errors the one that is lost is found");
}

int main(void)
{
	connections();
	datagrams_and_pings();
	errors();
	equal_errors();
	return check_exit();
}
