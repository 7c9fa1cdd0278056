/* Where the causes of drops look alike: which is named, what is said of the others, how sure it is. */
#include "tests/unit/cause_scene.h"

/* A session that is silent for so long; then the client's data dies, thrice. */
static void idle(uint32_t i, int64_t from_us, int64_t silence_us)
{
	struct scene_talk t = scene_talk(from_us, "10.1.0.1", (uint16_t)(40000 + i), "10.2.0.1", 22);
	uint32_t k;

	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	t.us += silence_us - scene_step_us(&scene); /* from packet to packet */
	for (k = 0; k < 3; k++) {
		struct scene_talk again = t;

		again.us += ((1 << k) - 1) * 200000;
		scene_client(&scene, &again, ACK | PSH, 50, 1);
	}
}

static void idle_timeout(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 45000, "10.2.0.1", 22);
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 200000000);
	passing(60, 60000000, 1000000);
	for (i = 0; i < 8; i++)
		idle(i, 2000000 + i * 300000, 60500000 + i * 100000);
	scene_open(&scene, &t); /* 50 s of silence are not too long */
	t.us += 50000000;
	scene_exchange(&scene, &t, 1);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 24);
	CHECK_INT(caused("state", "8 sessions were dropped after 60.5 s to 61.2 s of silence: an idle "
				  "timeout of 50.0 s at least (after that packets still passed) and 60.5 s "
				  "at most"),
		  24);
	CHECK(confidence(0) > 0.8 && confidence(0) < 0.9); /* 8 of 9 */
	end("one length of silence before the drops of many sessions: state, and the timer's bounds");
}

static void idle_once(void)
{
	begin();
	passing(60, 3000000, 200000);
	idle(0, 2000000, 5000000);
	scene_run(&scene);
	CHECK_INT(caused("state", "idle for 5.0"), 3);
	CHECK_INT(caused("state", "one session alone"), 3);
	CHECK(confidence(0) < 0.5);
	end("the same of one session alone: state, but hardly sure");
}

static void revived(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 22);
	uint32_t k;

	begin();
	passing(60, 3000000, 200000);
	scene_open(&scene, &t);
	t.us += 4000000;
	for (k = 0; k < 3; k++) { /* the server's data is let die until the client says something */
		struct scene_talk again = t;

		again.us += ((1 << k) - 1) * 200000;
		scene_server(&scene, &again, ACK | PSH, 50, 1);
	}
	t.us += 3000000;
	scene_client(&scene, &t, ACK | PSH, 20, SCENE_THROUGH);
	scene_server(&scene, &t, ACK | PSH, 50, SCENE_THROUGH);
	scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_DROPPED), 3);
	CHECK_INT(caused("state", "nothing passed before the other end spoke"), 3);
	end("a silent session whose packets pass again when the other end speaks: state");
}

static void cut_off(void)
{
	struct scene_talk t = scene_talk(4000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	uint32_t k;

	begin();
	passing(60, 3000000, 200000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	for (k = 0; k < 4; k++) {
		struct scene_talk again = t;

		again.us += ((1 << k) - 1) * 200000;
		scene_client(&scene, &again, ACK | PSH, 100, 1);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 4);
	CHECK_INT(caused("unknown", "4 packets of its session died this way and none passed behind them"), 4);
	end("a session cut off in mid-stream without a silence: unknown, neither loss nor state");
}

/* Five sessions of one client that speak until 8 s; then all dies that it sends, until 9.4 s or,
 * where it gives up early, until 8.2 s. */
static void forget(bool early)
{
	uint32_t i, k;

	for (i = 0; i < 5; i++) {
		struct scene_talk t = scene_talk(7900000 + i * 10000, "10.1.0.1", (uint16_t)(40000 + i),
						 "10.2.0.1", 80);

		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 1);
		for (k = 0; k < 4; k++) {
			struct scene_talk again = t;

			again.us = 8000000 + i * 1000 + ((1 << k) - 1) * (early ? 20000 : 200000);
			scene_client(&scene, &again, ACK | PSH, 100, 1);
		}
	}
}

enum moment { FORGOTTEN, SURVIVED, AFTERWARDS, ANOTHER, MOMENTS };

/* What passes beside it tells what it was. */
static void one_moment(enum moment which)
{
	static const char *const sentences[MOMENTS] = {
		[FORGOTTEN] = "all sessions die at one moment, new ones of their client and service pass: state",
		[SURVIVED] = "the same, but one that was there before lives on: not state",
		[AFTERWARDS] = "the same, but new ones pass only when all has died: not state",
		[ANOTHER] = "the same, but the new ones are another client's: not state",
	};
	struct scene_talk old = scene_talk(7800000, "10.1.0.1", 42000, "10.2.0.1", 80);
	uint32_t i;

	begin();
	passing(20, 3000000, 200000);
	forget(which == AFTERWARDS);
	if (which == SURVIVED) {
		scene_open(&scene, &old);
		old.us = 9000000;
		scene_exchange(&scene, &old, 1);
	}
	for (i = 0; i < 10; i++)
		scene_whole(&scene, 8300000 + i * 50000, which == ANOTHER ? "10.1.0.2" : "10.1.0.1",
			    (uint16_t)(43000 + i), "10.2.0.1", 80, 2);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 20);
	if (which == FORGOTTEN)
		CHECK_INT(caused("state", "5 sessions that had passed died from one moment on"), 20);
	else
		CHECK_INT(caused("state", "died"), 0);
	end(sentences[which]);
}

static void cut_by_reset(void)
{
	struct scene_talk t = scene_talk(4000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	uint32_t k;

	begin();
	passing(20, 3000000, 200000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_send(&scene, t.us, scene_by_server(&t, RST, 0), 1, 0);
	for (k = 0; k < 3; k++) { /* the server knows nothing of it */
		struct scene_talk again = t;

		again.us += 5000 + ((1 << k) - 1) * 200000;
		scene_server(&scene, &again, ACK | PSH, 300, 0);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	CHECK_INT(caused("reset_by_hop", "the hop put a RST into this session"), scene_rows(&scene, DROPS));
	CHECK_INT(scene_rows(&scene, DROPS), 3);
	end("what dies in a session that the hop has reset: reset_by_hop");
}

static void one_drop(bool again)
{
	struct scene_talk t = scene_talk(4000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	scene_open(&scene, &t);
	if (again) {
		scene_lose(&scene, &t, true, 100, 1);
		scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	} else {
		scene_send(&scene, 4100000,
			   (struct scene_packet){.src = "10.1.0.1", .sport = 5000, .dst = "10.2.0.9",
						 .dport = 53, .proto = SCENE_UDP, .length = 50},
			   0, 1);
	}
	scene_exchange(&scene, &t, 2);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 1);
	CHECK_INT(caused(again ? "loss" : "unknown", again ? "1 of " : "so few drops"), 1);
	CHECK(!again || confidence(0) < 0.5);
	end(again ? "one packet that passed when it was sent again: loss, with little confidence"
		  : "one packet of a service that nobody else uses: unknown");
}

static void outage(void)
{
	struct scene_talk t[6], late;
	uint32_t i;

	begin();
	passing(40, 3000000, 100000);
	for (i = 0; i < 6; i++) { /* one was silent for 5 s before, the others spoke all the time */
		t[i] = scene_talk(3000000 + i * 10000, "10.1.0.1", (uint16_t)(40000 + i), "10.2.0.1", 80);
		scene_open(&scene, &t[i]);
		t[i].us = 7700000 + i * 20000;
		if (i)
			scene_exchange(&scene, &t[i], 2);
	}
	for (i = 0; i < 24; i++) {
		struct scene_talk *one = &t[i % 6];

		one->us = 8000000 + i * 7000;
		scene_client(&scene, one, ACK | PSH, 100, 1);
	}
	late = scene_talk(8050000, "10.1.0.1", 42000, "10.2.0.7", 8080); /* a service asked for only then */
	scene_client(&scene, &late, SYN, 0, 1);
	late = scene_talk(8100500, "10.1.0.1", 42001, "10.2.0.7", 8080);
	scene_client(&scene, &late, SYN, 0, 1);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 26);
	CHECK_INT(caused("burst", "of 26 packets this way died within 161.0 ms"), 26);
	end("all that an outage takes is a burst: a silent session and a new service, too");
}

static void loss_pattern(void)
{
	struct scene_talk t;
	uint32_t i, k;

	begin();
	for (i = 0; i < 40; i++) { /* of 8 sessions one segment each, of 2 two in a row, sent again later */
		t = scene_talk(2000000 + i * 400000, "10.1.0.1", (uint16_t)(40000 + i), "10.2.0.1", 80);
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 2);
		for (k = 0; k < (i % 4 ? 0 : i % 20 ? 1 : 2); k++) {
			struct scene_talk lost = t;

			lost.us += k * 50;
			lost.cseq += k * 100;
			scene_client(&scene, &lost, ACK | PSH, 100, 1);
		}
		t.us += 200000;
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 12);
	CHECK_INT(caused("loss", "died this way without a pattern, in 10 sessions and 10 loss periods "
				 "(RFC 3357) of 2 packets at most"),
		  12);
	CHECK(confidence(0) > 0.85);
	end("scattered drops: loss, with its loss periods");
}

static void much_loss(void)
{
	struct scene_talk t;
	uint32_t i, k, random = 1;

	begin();
	for (i = 0; i < 40; i++) { /* one datagram in four, whatever was before */
		t = scene_talk(2000000 + i * 400000, "10.1.0.1", (uint16_t)(40000 + i), "10.2.0.1", 80);
		for (k = 0; k < 20; k++) {
			struct scene_packet one = {.src = "10.1.0.1", .sport = t.cport, .dst = "10.2.0.1",
						   .dport = 443, .proto = SCENE_UDP, .length = 200 + k,
						   .text = i * 100 + k};

			random = random * 1103515245 + 12345;
			scene_send(&scene, t.us + k * 500, one, 0, (random >> 16) % 4 ? 2 : 1);
		}
	}
	scene_run(&scene);
	CHECK(scene_rows(&scene, DROPS) > 150);
	CHECK_INT(caused("loss", "without a pattern"), scene_rows(&scene, DROPS));
	end("a quarter of all packets, at random: loss and no bursts");
}

static void beside_reject(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 8; i++) {
		struct scene_talk to = scene_talk(2000000 + i * 500000, "10.1.0.1", (uint16_t)(41000 + i),
						  "10.2.0.9", 82);
		struct scene_talk t = scene_talk(2000000 + i * 500000, "10.1.0.1", (uint16_t)(42000 + i),
						 "10.2.0.9", 80);
		struct scene_packet syn = scene_by_client(&to, SYN, 0), answer;

		scene_open(&scene, &t);
		syn.ip_id = 300 + i;
		answer = (struct scene_packet){.src = "10.1.0.254", .dst = "10.1.0.1", .proto = SCENE_ICMP,
					       .ack = 3 << 8 | 13, .length = 28, .quotes = &syn};
		to.us = t.us + 100;
		scene_send(&scene, to.us, syn, 0, 1);
		scene_lose(&scene, &t, true, 100, 1); /* 100 us before the answer to another one */
		scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
		scene_send(&scene, to.us + 250, answer, 1, 0);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 16);
	CHECK_INT(caused("reset_by_hop", "10.1.0.254 answered it"), 8);
	CHECK_INT(caused("loss", "8 of "), 8);
	end("an ICMP error explains the packet that it quotes and no other of that host");
}

/* Six packets of a blocked service, and as many that passed and were not captured behind the hop. */
static void missed(void)
{
	uint32_t i;

	begin();
	passing(10, 3000000, 200000);
	for (i = 0; i < 6; i++) {
		struct scene_talk t = scene_talk(6000000 + i * 300000, "10.1.0.1", (uint16_t)(40000 + i),
						 "10.2.0.1", 80);

		scene_open(&scene, &t);
		scene.blind = 1 << 2;
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		scene.blind = 0;
		scene_server(&scene, &t, ACK | PSH, 50, SCENE_THROUGH);
		scene_close(&scene, &t);
		scene_send(&scene, t.us,
			   (struct scene_packet){.src = "10.1.0.1", .sport = 5000, .dst = "10.2.0.9",
						 .dport = 161, .proto = SCENE_UDP, .length = 50,
						 .text = i},
			   0, 1);
	}
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_UNCAPTURED), 6);
	CHECK_INT(caused("policy", "none of 6 packets"), 6);
	CHECK(confidence(0) > 0.39 && confidence(0) < 0.43); /* 0.97 x 6/7 x 6/12 */
	end("a capture that misses as many packets as the hop drops halves the confidence");
}

/* A frame of three segments, and behind the hop the segments. */
static void aggregated(struct scene_talk *t, bool passes)
{
	struct scene_packet frame = scene_by_client(t, ACK | PSH, 4380), piece;
	uint32_t k;

	scene_send(&scene, t->us, frame, 0, 1);
	if (!passes)
		return;
	for (k = 0; k < 3; k++) {
		piece = frame;
		piece.seq += k * 1460;
		piece.length = 1460;
		piece.ttl = 62;
		scene_send(&scene, t->us + 450 + k, piece, 2, 2);
	}
	t->cseq += 4380;
	t->us += 3000;
	scene_server(&scene, t, ACK, 0, SCENE_THROUGH);
}

static void large_frames(void)
{
	struct scene_talk t;
	uint32_t i;

	begin();
	passing(20, 3000000, 200000);
	for (i = 0; i < 12; i++) {
		t = scene_talk(4000000 + i * 300000, "10.1.0.1", (uint16_t)(40000 + i), "10.2.0.1", 80);
		scene_open(&scene, &t);
		if (i % 4 == 1)
			aggregated(&t, false);
		t.us += 200000;
		aggregated(&t, true);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 3);
	CHECK_INT(caused("loss", "3 of "), 3);
	end("frames of many segments die where others are cut and pass: loss, not mtu");
}

int main(void)
{
	large_frames();
	missed();
	idle_timeout();
	idle_once();
	revived();
	cut_off();
	for (int which = 0; which < MOMENTS; which++)
		one_moment((enum moment)which);
	cut_by_reset();
	one_drop(true);
	one_drop(false);
	outage();
	loss_pattern();
	much_loss();
	beside_reject();
	return check_exit();
}
