/* Changes: how they are gathered, what all hops do, and which copy of a packet it was. */
#include "tests/unit/change_scene.h"

static const struct sample none = {"", NULL, NULL, {{0}}, {0}, NULL};

/* ---- what all hops do ---- */

static void routers(void)
{
	uint32_t row;

	begin(&none);
	scene_run(&scene);
	row = row_of("client>fw", "forward", "mac", 0);
	CHECK_TEXT(cell(row, CHANGES_CLASS), "expected");
	CHECK_TEXT(cell(row, CHANGES_FROM), "");
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), SCENE_FRAME_FORWARD);
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_SESSIONS), 2);
	CHECK_TEXT(cell(row, CHANGES_EXAMPLE_SESSION), "1");
	CHECK_TEXT(cell(row, CHANGES_EXAMPLE_FRAME), "1");
	row = row_of("client>fw", "reverse", "ttl", 0);
	CHECK_TEXT(cell(row, CHANGES_CLASS), "expected");
	CHECK_TEXT(cell(row, CHANGES_FROM), "63");
	CHECK_TEXT(cell(row, CHANGES_TO), "62");
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), SCENE_FRAME_REVERSE);
	/* the SYN-ACK, at fw: behind the SYN */
	CHECK_TEXT(cell(row, CHANGES_EXAMPLE_FRAME), "2");
	CHECK_INT(scene_rows(&scene, CHANGES), 8);
	scene_end(&scene);
	check_case("mac and ttl: gathered, with the first packet as the example");
}

static void nat(void)
{
	static const char *const fields[][2] = {{"src", "dst"}, {"sport", "dport"}};
	struct scene_talk t;
	uint32_t row, k;

	begin(&none);
	t = scene_talk(AT_US, "10.1.0.1", 40000, "10.2.0.1", 443);
	t.seen = "192.0.2.1";
	t.seen_port = 61000;
	scene_nat(&scene, 1, "10.1.0.1", 40000, "192.0.2.1", 61000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, EXCHANGES);
	scene_close(&scene, &t);
	scene_run(&scene);
	for (k = 0; k < 2; k++) {
		row = row_of(HOP, "forward", fields[k][0], 0);
		CHECK_TEXT(cell(row, CHANGES_CLASS), "expected");
		CHECK_TEXT(cell(row, CHANGES_FROM), "");
		CHECK_TEXT(cell(row, CHANGES_TO), "translated");
		CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), FORWARD);
		row = row_of(HOP, "reverse", fields[k][1], 0);
		CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), REVERSE);
		CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_SESSIONS), 1);
		CHECK(row_of(HOP, "forward", fields[k][1], 0) == scene_rows(&scene, CHANGES));
		CHECK(row_of("client>fw", "forward", fields[k][0], 0) ==
		      scene_rows(&scene, CHANGES));
	}
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_MODIFIED), 0);
	scene_end(&scene);
	check_case("src, dst, sport, dport: one row each for all that NAT rewrote");
}

/* A pair of echoes that NAT gives another identifier, and one address each. */
static void echoes(void)
{
	uint32_t k, row;

	begin(&none);
	scene_nat(&scene, 1, "10.1.0.1", 77, "192.0.2.1", 99);
	for (k = 0; k < 5; k++) {
		struct scene_packet ask = {.src = "10.1.0.1", .dst = "10.2.0.1", .sport = 77,
					   .dport = 77, .proto = SCENE_ICMP, .seq = k,
					   .ack = 8 << 8, .length = 56, .text = 5 + k};

		scene_send(&scene, AT_US + k * 100000, ask, 0, 2);
	}
	scene_run(&scene);
	row = row_of(HOP, "forward", "icmp_id", 0);
	CHECK_TEXT(cell(row, CHANGES_CLASS), "expected");
	CHECK_TEXT(cell(row, CHANGES_TO), "translated");
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), 5);
	CHECK(row_of(HOP, "forward", "sport", 0) == scene_rows(&scene, CHANGES));
	row = row_of(HOP, "forward", "src", 0);
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), 5);
	scene_end(&scene);
	check_case("icmp_id: of echoes, which have no ports");
}

/* IPv6 in front, IPv4 behind: another IP ID and DF are no change. */
static void versions(void)
{
	struct scene_talk t;
	uint32_t row;

	begin(&none);
	t = scene_talk(AT_US, "2001:db8::1", 40000, "64:ff9b::a02:1", 443);
	t.seen = "192.0.2.1";
	t.real = "10.2.0.1";
	scene_nat(&scene, 1, t.client, 40000, t.seen, 40000);
	scene_nat(&scene, 1, t.server, 443, t.real, 443);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, EXCHANGES);
	scene_close(&scene, &t);
	scene_run(&scene);
	row = row_of(HOP, "forward", "ip_version", 0);
	CHECK_TEXT(cell(row, CHANGES_CLASS), "expected");
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), FORWARD);
	row = row_of(HOP, "reverse", "dst", 0);
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), REVERSE);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_MODIFIED), 0);
	scene_end(&scene);
	check_case("ip_version: NAT64");
}

/* Every packet of the frame and of the session. */
static void touch_all_sums(struct scene *s, uint32_t hop, bool forward, struct scene_packet *packet)
{
	packet->marks |= hop == 1 && forward ? PACKET_BAD_L4_CHECKSUM : 0;
}

static void offload(void)
{
	uint32_t row;

	sample = &none;
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene.path = "client,fw,server";
	scene.touch = touch_all_sums;
	scene_frame(&scene, 60000000);
	scene_run(&scene);
	row = row_of(HOP, "forward", "checksum", 0);
	CHECK_TEXT(cell(row, CHANGES_CLASS), "expected");
	CHECK_TEXT(cell(row, CHANGES_TO), "left to the card");
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), SCENE_FRAME_FORWARD);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_MODIFIED), 0);
	CHECK_INT(findings_of_changes(), 0);
	scene_end(&scene);
	check_case("checksums that are wrong in all packets, and answered, are left to the card");
}

/* ---- gathering ---- */

#define MANY 30

static uint32_t many_dscp;

static void sent_many(bool client, struct scene_packet *p)
{
	p->tos = (uint8_t)(many_dscp << 2);
}

static void touch_dscp(bool forward, struct scene_packet *p)
{
	p->tos = forward ? p->tos & 3 : p->tos;
}

static const struct sample many = {"", sent_many, touch_dscp, {{0}}, {0}, NULL};

/* Session k of MANY is sent with DSCP k + 1, which comes out as 0; the first ones are longer. */
static void send_many(void)
{
	begin(&many);
	for (many_dscp = 1; many_dscp <= MANY; many_dscp++) {
		uint16_t port = (uint16_t)(40000 + many_dscp);

		session(AT_US + many_dscp * 100000, "10.1.0.1", port, "10.2.0.1");
		if (many_dscp <= 25)
			session(AT_US + many_dscp * 100000 + 50000, "10.1.0.2", port, "10.2.0.1");
	}
	many_dscp = 0;
}

static void rows_are_few(void)
{
	uint32_t row, k, packets = 0, sessions = 0;

	send_many();
	scene_run(&scene);
	row = row_of(HOP, "forward", "dscp", 0);
	for (k = 0; k < 20; k++) { /* with most packets; of equals, by name */
		CHECK_INT(scene_int(&scene, CHANGES, row + k, CHANGES_PACKETS), 2 * FORWARD);
		CHECK_INT(scene_int(&scene, CHANGES, row + k, CHANGES_SESSIONS), 2);
		CHECK_TEXT(cell(row + k, CHANGES_TO), "0");
	}
	CHECK_TEXT(cell(row, CHANGES_FROM), "1");
	CHECK_TEXT(cell(row + 1, CHANGES_FROM), "10");
	CHECK_TEXT(cell(row + 20, CHANGES_FIELD), "dscp");
	CHECK_TEXT(cell(row + 20, CHANGES_FROM), "others");
	CHECK_TEXT(cell(row + 20, CHANGES_TO), "others");
	CHECK_TEXT(cell(row + 20, CHANGES_CLASS), "notable");
	CHECK_INT(scene_int(&scene, CHANGES, row + 20, CHANGES_PACKETS), (5 * 2 + 5) * FORWARD);
	CHECK_INT(scene_int(&scene, CHANGES, row + 20, CHANGES_SESSIONS), 5 * 2 + 5);
	CHECK(row_of(HOP, "forward", "dscp", row + 21) == scene_rows(&scene, CHANGES));
	for (k = 0; k < 21; k++) {
		packets += (uint32_t)scene_int(&scene, CHANGES, row + k, CHANGES_PACKETS);
		sessions += (uint32_t)scene_int(&scene, CHANGES, row + k, CHANGES_SESSIONS);
	}
	CHECK_INT(packets, (25 * 2 + 5) * FORWARD);
	CHECK_INT(sessions, 25 * 2 + 5);
	scene_end(&scene);
	check_case("of a field with many values the rest is one row, and nothing is lost");
}

static void the_same_whatever_the_threads(void)
{
	static const unsigned threads[] = {1, 3};
	char *text[2] = {NULL, NULL};
	uint32_t k, row, c;

	for (k = 0; k < 2; k++) {
		size_t size;
		FILE *out = open_memstream(&text[k], &size);

		scene_begin(&scene);
		if (k) /* and in another order of inputs */
			(void)scene_point(&scene, "server");
		sample = &many;
		SCENE_ROAD(&scene, "client", "fw", "server");
		scene.path = "client,fw,server";
		scene.touch = touch;
		scene.threads = threads[k];
		scene_frame(&scene, 60000000);
		for (many_dscp = 1; many_dscp <= MANY; many_dscp++)
			session(AT_US + many_dscp * 100000, "10.1.0.1",
				(uint16_t)(40000 + many_dscp), "10.2.0.1");
		many_dscp = 0;
		scene_run(&scene);
		for (row = 0; row < scene_rows(&scene, CHANGES); row++)
			for (c = 0; c < CHANGES_COLUMNS; c++)
				fprintf(out, "%s,", cell(row, c));
		fclose(out);
		scene_end(&scene);
	}
	CHECK(strlen(text[0]) > 100);
	CHECK_TEXT(text[1], text[0]);
	free(text[0]);
	free(text[1]);
	check_case("the same rows whatever the threads and the order of inputs");
}

/* ---- which copy it was ---- */

static bool again;

/* IP IDs: of repeated packets only, or of all. */
static void touch_again(bool forward, struct scene_packet *p)
{
	if (forward && (p->length == 333 || again))
		p->ip_id += 77;
}

static void repeated(bool all)
{
	static const struct sample s = {"", NULL, touch_again, {{0}}, {0}, NULL};
	struct scene_talk t = scene_talk(AT_US, "10.1.0.1", 40000, "10.2.0.1", 443);
	int i;

	again = all;
	begin(&s);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, EXCHANGES);
	for (i = 0; i < 3; i++) {
		scene_client(&scene, &t, ACK | PSH, 333, SCENE_THROUGH);
		t.cseq -= 333;
		t.us += 200000;
	}
	t.cseq += 333;
	scene_close(&scene, &t);
	scene_run(&scene);
}

static void repeated_packets(void)
{
	uint32_t row;

	repeated(false);
	CHECK(row_of(HOP, "forward", "ip_id", 0) == scene_rows(&scene, CHANGES));
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_MODIFIED), 0);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_DROPPED), 0);
	scene_end(&scene);
	check_case("that copies of a packet differ is no change of the hop's");

	repeated(true);
	row = row_of(HOP, "forward", "ip_id", 0);
	CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), FORWARD + 3);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_MODIFIED), FORWARD + 3);
	scene_end(&scene);
	check_case("a field that the hop changes anyway is changed in copies, too");
}

int main(void)
{
	routers();
	nat();
	echoes();
	versions();
	offload();
	rows_are_few();
	the_same_whatever_the_threads();
	repeated_packets();
	return check_exit();
}
