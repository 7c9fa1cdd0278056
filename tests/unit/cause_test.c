/* Why packets were dropped: a scene for each row of the table. */
#include "tests/unit/cause_scene.h"

/* `count` drops, all with this cause, all at fw>server forward. */
static void check(long long count, const char *cause)
{
	uint32_t i;

	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), count);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), count);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED), 0);
	for (i = 0; i < scene_rows(&scene, DROPS); i++)
		CHECK_TEXT(scene_cell(&scene, DROPS, i, PACKETS_CAUSE), cause);
}

static void policy_udp(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 6; i++)
		scene_send(&scene, 2000000 + i * 500000,
			   (struct scene_packet){.src = "10.1.0.1", .sport = 5000, .dst = "10.2.0.9",
						 .dport = 161, .proto = SCENE_UDP, .length = 50,
						 .text = i},
			   0, 1);
	check(6, "policy");
	end("all packets of a UDP service: policy");
}

static void policy_one_client(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 4; i++) { /* one client is kept out of what others use */
		struct scene_talk t = scene_talk(2000000 + ((1 << i) - 1) * 1000000, "10.1.0.66", 41000,
						 "10.2.0.9", 80);

		t.stamps = true;
		t.cseq = 7;
		scene_client(&scene, &t, SYN, 0, 1);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 4);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 4);
	end("a client that is kept out of a service which others use: its SYNs are drops");
}

static void reject(bool icmp)
{
	uint32_t i;

	begin();
	for (i = 0; i < 3; i++) {
		struct scene_talk t = scene_talk(2000000 + i * 1000000, "10.1.0.1", (uint16_t)(41000 + i),
						 "10.2.0.9", 82);
		struct scene_packet syn = scene_by_client(&t, SYN, 0), answer;

		syn.ip_id = 300 + i;
		answer = icmp ? (struct scene_packet){.src = "10.1.0.254", .dst = "10.1.0.1",
						      .proto = SCENE_ICMP, .ack = 3 << 8 | 13,
						      .length = 28, .quotes = &syn}
			      : (struct scene_packet){.src = "10.2.0.9", .sport = 82, .dst = "10.1.0.1",
						      .dport = (uint16_t)(41000 + i), .flags = RST | ACK,
						      .ack = t.cseq + 1, .zero_id = true, .window = 1};
		scene_send(&scene, t.us, syn, 0, 1);
		scene_send(&scene, t.us + 250, answer, 1, 0);
	}
	check(3, "reset_by_hop");
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_INJECTED), icmp ? 0 : 3);
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_LOCAL), icmp ? 3 : 0);
	if (!icmp) {
		CHECK_INT(scene_rows(&scene, RESETS), 3);
		CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_CAUSE), "firewall_reject");
		CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_ORIGIN), "fw>server");
		CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_VERDICT), "injected");
	}
	end(icmp ? "the hop answers with an ICMP error: reset_by_hop"
		 : "the hop answers with a RST: reset_by_hop");
}

static void mtu(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 3);
	for (i = 0; i < 4; i++) { /* the same segment again and again */
		struct scene_talk again = t;

		again.us += ((1 << i) - 1) * 200000;
		scene_client(&scene, &again, ACK, 1460, 1);
	}
	t.us += 5000000;
	scene_client(&scene, &t, ACK | FIN, 0, SCENE_THROUGH); /* the window is not full: something small */
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 4);
	for (i = 0; i < scene_rows(&scene, DROPS); i++)
		CHECK_TEXT(scene_cell(&scene, DROPS, i, PACKETS_CAUSE), "mtu");
	end("only what is bigger than all that passed, with don't-fragment: mtu");
}

static void fragment(void)
{
	struct scene_packet part = {.src = "10.1.0.5", .sport = 5000, .dst = "10.2.0.9", .dport = 80,
				    .proto = SCENE_UDP, .length = 1472, .marks = PACKET_FRAGMENT};
	uint32_t i;

	begin();
	for (i = 0; i < 3; i++) {
		part.ip_id = 90 + i;
		part.text = i;
		part.marks = PACKET_FRAGMENT;
		part.seq = 0;
		part.length = 1472;
		scene_send(&scene, 2000000 + i * 1000000, part, 0, 1);
		part.marks |= PACKET_FRAGMENT_LATER;
		part.seq = 1480;
		part.length = 100;
		scene_send(&scene, 2000020 + i * 1000000, part, 0, 1);
	}
	check(6, "fragment");
	end("fragments where no fragment passes: fragment");
}

static void state(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.9", 80);
	uint32_t i;

	begin();
	for (i = 0; i < 4; i++) { /* in the middle of a session the hop does not know */
		struct scene_talk again = t;

		again.us += ((1 << i) - 1) * 300000;
		scene_client(&scene, &again, ACK | PSH, 200, 1);
	}
	check(4, "state");
	end("packets of a session without a handshake, none of which passes: state");
}

static void burst(void)
{
	struct scene_talk t[8];
	uint32_t i;

	begin();
	for (i = 0; i < 8; i++) {
		t[i] = scene_talk(2000000 + i * 100000, "10.1.0.1", (uint16_t)(40000 + i), "10.2.0.1", 80);
		scene_open(&scene, &t[i]);
		t[i].us = 5000000 + i * 300;
		scene_lose(&scene, &t[i], true, 500, 1);
		t[i].us = 6000000 + i * 100000;
		scene_server(&scene, &t[i], ACK, 0, SCENE_THROUGH);
		scene_exchange(&scene, &t[i], 2);
		scene_close(&scene, &t[i]);
	}
	check(8, "burst");
	end("drops of many sessions within milliseconds: burst");
}

static void expired(void)
{
	begin();
	scene_send(&scene, 2000000,
		   (struct scene_packet){.src = "10.1.0.1", .sport = 5000, .dst = "10.2.0.9", .dport = 80,
					 .proto = SCENE_UDP, .length = 50, .ttl = 2},
		   0, 1);
	check(1, "ttl_expired");
	end("what arrives at the hop with a TTL of 1: ttl_expired");
}

static void not_for_size(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 5; i++)
		scene_send(&scene, 2000000 + i * 500000,
			   (struct scene_packet){.src = "10.1.0.1", .sport = 5000, .dst = "10.2.0.9",
						 .dport = 500, .proto = SCENE_UDP, .length = 1200,
						 .text = i},
			   0, 1);
	check(5, "policy");
	end("a service's packets, larger than all others, none of which passes: policy, not mtu");
}

static void flat(void)
{
	scene_begin(&scene);
	scene.flat = true; /* a bump in the wire leaves the TTL alone */
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 20000000);
	scene_send(&scene, 2000000,
		   (struct scene_packet){.src = "10.1.0.1", .sport = 5000, .dst = "10.2.0.9", .dport = 80,
					 .proto = SCENE_UDP, .length = 50, .ttl = 1},
		   0, 1);
	check(1, "unknown");
	end("a TTL of 1 at a hop that takes none off: not expired");
}

int main(void)
{
	policy_udp();
	policy_one_client();
	reject(false);
	reject(true);
	mtu();
	fragment();
	state();
	burst();
	expired();
	flat();
	not_for_size();
	return check_exit();
}
