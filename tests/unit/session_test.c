/* Sessions over all points: NAT of every kind learned from the packets, who is
 * the client, which way packets travel. */
#include "tests/unit/scene.h"

static struct scene scene;

static void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 20000000);
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

/* Nothing but matches, but for `dropped` and `edge` packets in all. */
static void check_clean(long long dropped)
{
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), dropped);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
	CHECK_INT(scene_sum(&scene, HOPS_EXCLUDED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_LOCAL), 0);
	CHECK_INT(scene_sum(&scene, HOPS_MATCHED) + scene_sum(&scene, HOPS_DROPPED) +
			  scene_sum(&scene, HOPS_EDGE),
		  scene_sum(&scene, HOPS_PACKETS));
}

static struct scene_packet udp(const char *src, uint16_t sport, const char *dst, uint16_t dport,
			       uint32_t text)
{
	return (struct scene_packet){.src = src, .sport = sport, .dst = dst, .dport = dport,
				     .proto = SCENE_UDP, .length = 60, .text = text};
}

static void port_translation(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 8; i++) { /* four clients with the same port, one drop each */
		static const char *const clients[] = {"10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4"};
		struct scene_talk t = scene_talk(1000000 + i * 300000, clients[i % 4],
						 (uint16_t)(40000 + i / 4), "10.2.0.1", 80);

		scene_nat_end(&scene);
		scene_nat(&scene, 0, t.client, t.cport, "10.2.0.254", (uint16_t)(61000 + i));
		t.seen = "10.2.0.254";
		t.seen_port = (uint16_t)(61000 + i);
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 2);
		scene_lose(&scene, &t, true, 300, 0);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	check_clean(8);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 8);
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 8);
	end("sessions behind NAT that changes ports are joined, and their drops are found");
}

static void balancer(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "lb", "web1");
	(void)scene_point(&scene, "web2");
	for (i = 0; i < 20; i++) {
		struct scene_talk t = scene_talk(i * 500000, "10.1.0.1", (uint16_t)(40000 + i),
						 "10.9.0.80", 80);

		t.us += 1000;
		scene_nat_end(&scene);
		scene_branch(&scene, 2, i % 2 ? "web1" : "web2");
		scene_nat(&scene, 1, "10.9.0.80", 80, i % 2 ? "10.2.0.1" : "10.2.0.2", 8080);
		t.real = i % 2 ? "10.2.0.1" : "10.2.0.2";
		t.real_port = 8080;
		scene_open(&scene, &t);
		if (i == 7) /* the answer is lost between web1 and lb */
			scene_lose(&scene, &t, false, 500, 0);
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_TEXT(scene.summary.path, "client,lb,web1/web2");
	check_clean(1);
	CHECK_INT(scene_hop(&scene, "lb>web1/web2", "reverse", HOPS_DROPPED), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SEEN_AT), "web1");
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_MISSING_AT), "lb");
	CHECK_INT(scene_rows(&scene, SESSIONS), 20);
	end("DNAT to two points makes them alternatives, and one session of each pair");
}

static void from_both_sides(void)
{
	struct scene_talk t = scene_talk(2000000, "10.2.0.1", 50000, "10.1.0.1", 25);
	uint32_t i;

	begin();
	t.back = true;
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 3);
	scene_lose(&scene, &t, true, 200, 0); /* between server and fw */
	scene_close(&scene, &t);
	for (i = 0; i < 4; i++) { /* a SYN from the far side that dies at the far hop */
		t = scene_talk(4000000 + i * 1000000, "10.2.0.1", 50001, "10.1.0.1", 26);
		t.back = t.stamps = true;
		scene_client(&scene, &t, SYN, 0, 0);
	}
	scene_run(&scene);
	check_clean(5);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), 5);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_MATCHED),
		  SCENE_FRAME_REVERSE + SCENE_WHOLE_FORWARD(3) + 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 1, PACKETS_CAUSE), "policy");
	end("sessions opened from the far side travel in reverse, blocked ones too");
}

static void one_way_udp(bool nat)
{
	uint32_t i;

	begin();
	if (nat)
		scene_nat(&scene, 1, "10.1.0.7", 5000, "10.2.0.254", 6000);
	for (i = 0; i < 40; i++) /* nobody answers, every packet says the same */
		scene_send(&scene, 1000000 + i * 100000, udp("10.1.0.7", 5000, "10.2.0.2", 514, 1), 0,
			   i == 20 ? 1 : 2);
	scene_run(&scene);
	check_clean(1);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_rows(&scene, SESSIONS), 3);
}

/* Two hosts send the same thing at the same pace through one NAT. */
static void two_alike(void)
{
	uint32_t i;

	begin();
	scene_nat(&scene, 0, "10.1.0.7", 5000, "10.2.0.254", 6000);
	scene_nat(&scene, 0, "10.1.0.8", 5000, "10.2.0.254", 6001);
	for (i = 0; i < 40; i++) {
		scene_send(&scene, 1000000 + i * 100000, udp("10.1.0.7", 5000, "10.2.0.2", 514, 1), 0, 2);
		scene_send(&scene, 1037000 + i * 100000, udp("10.1.0.8", 5000, "10.2.0.2", 514, 1), 0,
			   i == 20 ? 0 : 2);
	}
	scene_run(&scene);
	check_clean(1);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_rows(&scene, SESSIONS), 4);
	end("two senders of the same constant payload behind one NAT are told apart");
}

/* ... but not when they send within the hop's delay, without IP IDs. */
static void too_much_alike(void)
{
	struct scene_packet packet;
	uint32_t i;

	begin();
	scene.delay_us[0] = 20000;
	scene_nat(&scene, 0, "10.1.0.7", 5000, "10.2.0.254", 6000);
	scene_nat(&scene, 0, "10.1.0.8", 5000, "10.2.0.254", 6001);
	for (i = 0; i < 200; i++) {
		packet = udp(i % 2 ? "10.1.0.8" : "10.1.0.7", 5000, "10.2.0.2", 514, 1);
		packet.zero_id = true;
		scene_send(&scene, 1000000 + i * 3000 + i * i * 7 % 900, packet, 0, 2);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_MATCHED) + scene_sum(&scene, HOPS_AMBIGUOUS),
		  scene_sum(&scene, HOPS_PACKETS));
	end("two senders that cannot be told apart have nothing dropped");
}

static void alike_reverse(int64_t delay_us)
{
	uint32_t i;

	begin();
	scene.delay_us[0] = delay_us;
	for (i = 0; i < 40; i++) {
		scene_send(&scene, 1000000 + i * 100000, udp("10.2.0.5", 5000, "10.1.0.2", 514, 1), 2, 0);
		scene_send(&scene, 1050000 + i * 100000, udp("10.1.0.2", 514, "10.2.0.5", 5000, 2), 0, 2);
	}
	scene_run(&scene);
	check_clean(0);
}

/* The NAT forgets an idle UDP flow and gives it another port. */
static void rebinding(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 30; i++) {
		scene_nat_end(&scene);
		scene_nat(&scene, 0, "10.1.0.7", 5060, "10.2.0.254", (uint16_t)(6000 + i / 10));
		scene_send(&scene, 1000000 + i * 500000, udp("10.1.0.7", 5060, "10.2.0.2", 5060, 10 + i), 0, 2);
		scene_send(&scene, 1010000 + i * 500000,
			   udp("10.2.0.2", 5060, "10.2.0.254", (uint16_t)(6000 + i / 10), 100 + i), 2, 0);
	}
	scene_run(&scene);
	check_clean(0);
	end("a UDP flow that gets other ports in its life is matched all along");
}

/* Each packet of one flow to another server. */
static void per_packet_balancing(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 30; i++) {
		const char *real = i % 3 == 0 ? "10.2.0.2" : i % 3 == 1 ? "10.2.0.3" : "10.2.0.4";

		scene_nat_end(&scene);
		scene_nat(&scene, 1, "10.9.0.53", 53, real, 53);
		scene_send(&scene, 1000000 + i * 500000, udp("10.1.0.7", 4000, "10.9.0.53", 53, 10 + i), 0, 2);
		scene_send(&scene, 1010000 + i * 500000, udp(real, 53, "10.1.0.7", 4000, 100 + i), 2, 0);
	}
	scene_run(&scene);
	check_clean(0);
	end("a flow whose packets are balanced one by one is matched all along");
}

static void echo_identifier(void)
{
	struct scene_packet echo = {.proto = SCENE_ICMP, .length = 32, .text = 5};
	uint32_t i, host;

	begin();
	scene_nat(&scene, 0, "10.1.0.7", 1, "10.2.0.254", 700);
	scene_nat(&scene, 0, "10.1.0.8", 1, "10.2.0.254", 701);
	for (i = 0; i < 10; i++)
		for (host = 0; host < 2; host++) { /* the same identifier, numbers and text from both */
			echo.src = host ? "10.1.0.8" : "10.1.0.7";
			echo.dst = "10.2.0.3";
			echo.sport = echo.dport = 1;
			echo.seq = i;
			echo.ack = 8 << 8;
			scene_send(&scene, 2000000 + i * 1000000 + host * 3000, echo, 0,
				   i == 5 && host ? 0 : 2);
			if (i == 5 && host)
				continue;
			echo.src = "10.2.0.3";
			echo.dst = "10.2.0.254";
			echo.sport = echo.dport = (uint16_t)(700 + host);
			echo.ack = 0;
			scene_send(&scene, 2001000 + i * 1000000 + host * 3000, echo, 2, 0);
		}
	scene_run(&scene);
	check_clean(1);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SRC), "10.1.0.8");
	end("pings of two hosts with the same identifier and text through NAT are told apart");
}

static void port_reuse(void)
{
	uint32_t round;

	begin();
	for (round = 0; round < 2; round++) {
		struct scene_talk t = scene_talk(1000000 + round * 3000000, "10.1.0.1", 40000, "10.2.0.1", 80);

		scene_open(&scene, &t);
		scene_lose(&scene, &t, true, 300, 1);
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	check_clean(2);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 2);
	CHECK_INT(scene_rows(&scene, SESSIONS), 4);
	CHECK(strcmp(scene_cell(&scene, DROPS, 0, PACKETS_SESSION),
		     scene_cell(&scene, DROPS, 1, PACKETS_SESSION)) != 0);
	end("a tuple used again is another session, with drops of its own");
}

/* The same tuple again within a second, while the old one's last words are on the way. */
static void quick_reuse(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	t.us += 100000;
	t.cseq += 5000000;
	t.sseq += 6000000;
	scene_open(&scene, &t);
	scene_lose(&scene, &t, false, 300, 1);
	scene_close(&scene, &t);
	t.us += 100000;
	t.cseq += 5000000;
	t.sseq += 6000000;
	scene_client(&scene, &t, SYN, 0, 1); /* and a third time: blocked */
	scene_run(&scene);
	check_clean(2);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 3);
	end("a tuple used again at once, and a third time in vain: three sessions");
}

/* A SYN and its repetitions pass the NAT and die behind it; the file at the
 * NAT's far side ends between them. */
static void syn_over_two_files(void)
{
	static const int64_t tries_us[] = {0, 1000000, 3000000, 7000000};
	uint32_t i;

	begin();
	scene_nat(&scene, 0, "10.1.0.1", 40000, "10.2.0.254", 61000);
	for (i = 0; i < 4; i++) {
		struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.9", 82);

		t.us += tries_us[i];
		scene.point[1].use = i == 3;
		scene_client(&scene, &t, SYN, 0, 1);
	}
	scene_run(&scene);
	check_clean(4);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 4);
	CHECK_INT(scene_rows(&scene, SESSIONS), 3);
	end("SYNs of one connection in two files behind NAT are one session");
}

/* DNS, and nothing else, seen from points in any order. */
static void nothing_but_udp(void)
{
	uint32_t i;

	scene_begin(&scene);
	(void)scene_point(&scene, "server");
	(void)scene_point(&scene, "client");
	SCENE_ROAD(&scene, "client", "fw", "server");
	for (i = 0; i < 100; i++) {
		scene_send(&scene, i * 50000, udp("10.1.0.1", (uint16_t)(50000 + i), "10.2.0.1", 53, i), 0,
			   i == 60 ? 1 : 2);
		if (i != 60)
			scene_send(&scene, i * 50000 + 2000,
				   udp("10.2.0.1", 53, "10.1.0.1", (uint16_t)(50000 + i), 1000 + i), 2,
				   i == 30 ? 1 : 0);
	}
	scene_run(&scene);
	check_clean(2);
	CHECK_TEXT(scene.summary.path, "client,fw,server");
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_DROPPED), 1);
	end("questions and answers over UDP only: the path and the drops are found");
}

static void version_six(void)
{
	struct scene_talk t = scene_talk(1000000, "2001:db8:1::1", 40000, "2001:db8:2::1", 443);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 5);
	scene_lose(&scene, &t, true, 90, 1);
	scene_close(&scene, &t);
	scene_run(&scene);
	check_clean(1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_DST), "2001:db8:2::1");
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_IP_ID), "");
	end("IPv6 is matched like IPv4, and its drops have no IP ID");
}

int main(void)
{
	port_translation();
	balancer();
	from_both_sides();
	one_way_udp(false);
	end("one-way UDP with a constant payload is matched in order, its drop found");
	one_way_udp(true);
	end("the same behind NAT");
	two_alike();
	too_much_alike();
	alike_reverse(200);
	end("constant payloads both ways are matched");
	alike_reverse(20000);
	end("the same over a hop of 20 ms");
	rebinding();
	per_packet_balancing();
	echo_identifier();
	port_reuse();
	quick_reuse();
	syn_over_two_files();
	nothing_but_udp();
	version_six();
	return check_exit();
}
