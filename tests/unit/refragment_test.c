/* Fragments that a hop cut otherwise, joined or cut anew: no loss; one that is missing is. */
#include "tests/unit/scene.h"

static struct scene scene;
static uint32_t salt; /* makes contents differ */

#define HOP "client>server"
#define PORTS 8 /* bytes of UDP's and ICMP's header */

static void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "server");
	scene_frame(&scene, 20000000);
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

/* Who speaks to whom; forward from the client. */
static struct scene_packet speaker = {.src = "10.1.0.1", .sport = 4000, .dst = "10.2.0.1",
				      .dport = 443, .proto = SCENE_UDP};

/* Bytes [from, to) of a datagram, whose first 8 are UDP's header; `whole`: all of it. */
static void piece(uint32_t stage, int64_t us, uint32_t id, uint32_t from, uint32_t to, bool whole)
{
	struct scene_packet packet = speaker;

	packet.ip_id = id;
	packet.ttl = (uint8_t)(64 - stage);
	packet.mac = (uint8_t)(2 * stage + 2);
	packet.text = id * 1000 + from + salt;
	packet.length = to - from - (from ? 0 : PORTS);
	packet.marks = from ? PACKET_FRAGMENT | PACKET_FRAGMENT_LATER : whole ? 0 : PACKET_FRAGMENT;
	if (from)
		packet.seq = from;
	scene_put(&scene, stage, us, &packet);
}

/* A datagram in pieces of `most` bytes, all but `but`. */
static void pieces(uint32_t stage, int64_t us, uint32_t id, uint32_t bytes, uint32_t most,
		   uint32_t but)
{
	uint32_t from, k;

	for (from = k = 0; from < bytes; from += most, k++)
		if (k != but)
			piece(stage, us + k * 10, id, from, from + most < bytes ? from + most : bytes,
			      most >= bytes);
}
#define ALL UINT32_MAX

static void check(long long upstream, long long dropped)
{
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_PACKETS), SCENE_FRAME_FORWARD + upstream);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + upstream - dropped);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_DROPPED), dropped);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED) + scene_sum(&scene, HOPS_UNCAPTURED) +
			  scene_sum(&scene, HOPS_LOCAL) + scene_sum(&scene, HOPS_AMBIGUOUS) +
			  scene_sum(&scene, HOPS_DUPLICATED), 0);
}

static bool missing(uint32_t row, const char *words)
{
	return strstr(scene_cell(&scene, DROPS, row, PACKETS_EVIDENCE), words) != NULL;
}

static void cut_otherwise(void)
{
	begin();
	pieces(0, 2000000, 77, 4008, 1480, ALL);
	pieces(1, 2000300, 77, 4008, 1000, ALL);
	check(3, 0);
	CHECK_INT(scene_balance(&scene, HOP, "server", BALANCE_MATCHED), scene.point[1].file[0].rows);
	end("three fragments in, five out");

	begin();
	pieces(0, 2000000, 77, 4008, 4008, ALL);
	pieces(1, 2000300, 77, 4008, 1480, ALL);
	check(1, 0);
	end("a datagram is cut");

	begin();
	pieces(0, 2000000, 77, 4008, 1480, ALL);
	pieces(1, 2000300, 77, 4008, 4008, ALL);
	check(3, 0);
	end("a datagram is joined");

	begin();
	piece(0, 2000000, 77, 1480, 2960, false);
	piece(0, 2000010, 77, 2960, 4008, false);
	piece(0, 2000020, 77, 0, 1480, false); /* the one with the ports comes last */
	pieces(1, 2000300, 77, 4008, 1000, ALL);
	check(3, 0);
	end("fragments out of order are joined and cut anew");

	begin();
	scene_nat(&scene, 0, "10.1.0.1", 4000, "192.0.2.1", 5000);
	speaker.length = 100;
	scene_send(&scene, 1500000, speaker, 0, 1); /* by which the translation is learned */
	pieces(0, 2000000, 77, 4008, 1480, ALL);
	speaker.src = "192.0.2.1";
	speaker.sport = 5000;
	pieces(1, 2000300, 77, 4008, 1000, ALL);
	speaker.src = "10.1.0.1";
	speaker.sport = 4000;
	check(4, 0);
	end("the same behind another address");
}

/* IPv6 tells the ID in fragments only. Three datagrams are joined on the way, the second is lost. */
static void without_a_number(void)
{
	struct scene_packet v4 = speaker;
	uint32_t i;

	begin();
	speaker.src = "fd00:1::1";
	speaker.dst = "fd00:2::1";
	for (i = 0; i < 3; i++) {
		pieces(0, 2000000 + i * 5000, 70000 + i, 3008, 1448, ALL);
		if (i != 1)
			pieces(1, 2000300 + i * 5000, 0, 3008, 3008, ALL);
	}
	pieces(0, 3000000, 80000, 2008, 2008, ALL); /* one goes in whole, and is cut */
	scene.point[0].file[0].row[scene.point[0].file[0].rows - 1].packet.zero_id = true;
	scene.point[0].file[0].row[scene.point[0].file[0].rows - 1].packet.ip_id = 0;
	pieces(1, 3000300, 80000, 2008, 1448, ALL);
	speaker = v4;
	check(10, 3);
	for (i = 0; i < 3; i++)
		CHECK_INT(scene_int(&scene, DROPS, i, PACKETS_FRAME), SCENE_WHOLE(20) + 4 + i);
	end("IPv6 datagrams that are whole on one side");
}

static void same_number(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 4; i++) { /* one ID after the other, 3 ms apart; the second dies whole */
		pieces(0, 2000000 + i * 3000, 77, 4008, 1480, ALL);
		if (i != 1)
			pieces(1, 2000300 + i * 3000, 77, 4008, 1000, ALL);
	}
	check(12, 3);
	for (i = 0; i < 3; i++)
		CHECK_INT(scene_int(&scene, DROPS, i, PACKETS_FRAME), SCENE_WHOLE(20) + 4 + i);
	end("datagrams that bear one ID are told apart by time");

	begin();
	speaker.sport = 4001;
	pieces(0, 2000000, 77, 3000, 1480, ALL);
	speaker.dst = "10.2.0.2";
	pieces(0, 2000005, 77, 3000, 1480, ALL); /* to another host: lost */
	speaker.dst = "10.2.0.1";
	pieces(1, 2000300, 77, 3000, 1000, ALL);
	speaker.sport = 4000;
	check(6, 3);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_DST), "10.2.0.2");
	CHECK_TEXT(scene_cell(&scene, DROPS, 2, PACKETS_DST), "10.2.0.2");
	end("another host's datagram with the same ID brings nothing");
}

static void lost_pieces(void)
{
	begin();
	pieces(0, 2000000, 77, 4008, 1480, ALL);
	pieces(1, 2000300, 77, 4008, 1000, 1); /* [1000, 2000) is missing: 480 of the first, 520 of the second */
	check(3, 2);
	CHECK(missing(0, "480 bytes of it are missing at server"));
	CHECK(missing(1, "520 bytes of it are missing at server"));
	end("a fragment that is missing behind the hop is a drop of those that it is cut from");

	begin();
	pieces(0, 2000000, 77, 4008, 4008, ALL);
	pieces(1, 2000300, 77, 4008, 1480, 2); /* 1048 bytes */
	check(1, 1);
	CHECK(missing(0, "1048 bytes of it are missing at server"));
	end("a datagram whose last fragment is missing is dropped for that");

	begin();
	pieces(0, 2000000, 77, 4008, 1480, ALL);
	pieces(1, 2000300, 77, 4008, 1480, 1);
	check(3, 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_LENGTH), 1500);
	end("a fragment that nobody cuts and that is missing is a drop");

	begin();
	pieces(0, 2000000, 77, 4008, 1480, ALL); /* the box waits in vain for one that never came in */
	check(3, 3);
	end("fragments of which none comes out are drops");
}

/* A ping of 3000 bytes and its answer. */
static void pings(void)
{
	struct scene_packet udp = speaker;

	begin();
	speaker.proto = SCENE_ICMP;
	speaker.sport = speaker.dport = 99;
	speaker.ack = 8 << 8;
	pieces(0, 2000000, 501, 3008, 1480, ALL);
	pieces(1, 2000300, 501, 3008, 1000, ALL);
	speaker.src = "10.2.0.1";
	speaker.dst = "10.1.0.1";
	speaker.ack = 0;
	pieces(1, 2001000, 502, 3008, 1000, ALL);
	pieces(0, 2001300, 502, 3008, 1480, ALL);
	speaker = udp;
	check(3, 0);
	CHECK_INT(scene_hop(&scene, HOP, "reverse", HOPS_MATCHED), SCENE_FRAME_REVERSE + 4);
	CHECK_INT(scene_hop(&scene, HOP, "reverse", HOPS_DROPPED), 0);
	end("a long ping and its answer");
}

/* A segment of 1400 bytes that a router may cut: 20 bytes of header and 1000 in the first fragment. */
static void segment(void)
{
	struct scene_talk talk = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet first, later;
	bool lost;

	for (lost = false;; lost = true) {
		begin();
		talk = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
		scene_open(&scene, &talk);
		first = scene_by_client(&talk, ACK, 1400);
		first.ttl = 64;
		first.ip_id = 900;
		scene_put(&scene, 0, talk.us, &first);
		later = first;
		first.ttl = later.ttl = 63;
		first.length = 1000;
		first.marks = PACKET_FRAGMENT;
		scene_put(&scene, 1, talk.us + 300, &first);
		later.length = 400;
		later.seq = 1020;
		later.marks = PACKET_FRAGMENT | PACKET_FRAGMENT_LATER;
		if (!lost)
			scene_put(&scene, 1, talk.us + 310, &later);
		if (lost) { /* again, so that it need not be cut */
			talk.us += 250000;
			scene_client(&scene, &talk, ACK, 700, SCENE_THROUGH);
			scene_client(&scene, &talk, ACK, 700, SCENE_THROUGH);
		} else {
			talk.us += 2000;
			talk.cseq += 1400;
		}
		scene_server(&scene, &talk, ACK, 0, SCENE_THROUGH);
		scene_close(&scene, &talk);
		check(5 + 2 * lost, lost);
		if (lost) {
			CHECK(missing(0, "400 bytes of it are missing at server"));
			CHECK(missing(0, "its retransmission passed"));
		}
		end(lost ? "a TCP segment whose second fragment is lost" : "a TCP segment in two fragments");
		if (lost)
			return;
	}
}

/* Beginnings of datagrams, over each other, that never become whole; every third is there behind the
 * hop, cut into two. */
static void hostile(void)
{
	enum { MANY = 100000 };
	uint32_t i;

	begin();
	scene.path = "client,server";
	for (i = 0; i < MANY; i++) {
		uint32_t from = 8 + i % 7 * 8, id = i % 5;

		salt = i * 10000;
		piece(0, 2000000 + i * 100, id, from, from + 1200, false);
		if (i % 3)
			continue;
		piece(1, 2000050 + i * 100, id, from, from + 600, false);
		piece(1, 2000060 + i * 100, id, from + 600, from + 1200, false);
	}
	salt = 0;
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_PACKETS), SCENE_FRAME_FORWARD + MANY);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK(scene_hop(&scene, HOP, "forward", HOPS_MATCHED) <= SCENE_FRAME_FORWARD + MANY);
	end("a hundred thousand fragments over each other");
}

int main(void)
{
	cut_otherwise();
	without_a_number();
	same_number();
	lost_pieces();
	pings();
	segment();
	hostile();
	return check_exit();
}
