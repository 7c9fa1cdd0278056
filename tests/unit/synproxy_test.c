/* SYN proxies: the box on a hop answers the client's SYN itself, by a cookie, and asks the
 * server when the client has acknowledged that. Both handshakes are the box's own.
 */
#include "tests/unit/shift_scene.h"

#define COOKIE 0x51ced00du
#define PROXIED 5
#define QUEUED 20
#define QUEUE_US 40000

/* The handshake before the box, which stands on this hop: SYN and ACK come to it, the SYN-ACK comes
 * of it. */
static void near_handshake(struct scene_talk *t, uint32_t hop)
{
	struct scene_packet answer;

	scene_client(&scene, t, SYN, 0, hop);
	answer = scene_by_server(t, SYNACK, 0);
	answer.src = t->server;
	answer.sport = t->sport;
	answer.dst = t->client;
	answer.dport = t->cport;
	answer.seq += t->smoved;
	answer.window = 1;
	scene_go(&scene, t->us, answer, hop, 0, false);
	t->us += 2000;
	t->sseq++;
	scene_client(&scene, t, ACK, 0, hop);
}

/* The one behind it: what the box sends has the client's numbers; its SYN gets as far as this. */
static void far_syn(struct scene_talk *t, uint32_t hop, uint32_t reach)
{
	struct scene_packet ask = scene_by_client(t, SYN, 0);

	ask.seq--;
	scene_go(&scene, t->us, ask, hop + 1, reach, true);
	t->us += 1000;
}

static void far_handshake(struct scene_talk *t, uint32_t hop)
{
	struct scene_packet answer = scene_by_server(t, SYNACK, 0), last;

	far_syn(t, hop, scene.stages - 1);
	answer.seq--;
	t->us += 1000;
	scene_go(&scene, t->us, answer, scene.stages - 1, hop + 1, false);
	last = scene_by_client(t, ACK, 0);
	last.ack -= t->smoved;
	t->us += 1000;
	scene_go(&scene, t->us, last, hop + 1, scene.stages - 1, true);
	t->us += 1000;
}

static struct scene_talk proxied_talk(uint32_t number, uint32_t hop)
{
	struct scene_talk t = shift_talk_at(number);

	(void)shift_box(&t, hop, 0, COOKIE + number);
	return t;
}

static void proxied(uint32_t sessions, uint32_t hop, const struct shift_talk *how)
{
	uint32_t i;

	for (i = 0; i < sessions; i++) {
		struct scene_talk t = proxied_talk(i, hop);

		near_handshake(&t, hop);
		far_handshake(&t, hop);
		shift_talk(&t, how);
		scene_close(&scene, &t);
	}
}

/* Packets that passed the box: all but the handshakes; 3 of the close. */
static long long passed_forward(const struct shift_talk *how)
{
	return shift_talk_forward(how) + 2;
}

static long long passed_reverse(const struct shift_talk *how)
{
	return shift_talk_reverse(how) + 1;
}

static void check_proxied(long long sessions, long long lost, const struct shift_talk *how)
{
	long long forward = SCENE_FRAME_FORWARD + sessions * passed_forward(how);
	long long reverse = SCENE_FRAME_REVERSE + sessions * passed_reverse(how);

	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED), forward - lost);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_MATCHED), reverse - lost);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), lost);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), lost);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED), 0);
}

static void both_handshakes(void)
{
	struct shift_talk how = {.loses = true, .exchanges = 4, .midstream = true};
	uint32_t kind;

	for (kind = 0; kind < 2; kind++) {
		begin();
		how.stamps = kind;
		proxied(PROXIED, 1, &how);
		scene_run(&scene);
		check_proxied(PROXIED, PROXIED, &how);
		/* SYN, SYN-ACK and ACK on either side */
		CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_LOCAL), 3 * PROXIED);
		CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_LOCAL), 3 * PROXIED);
		CHECK_INT(scene_sum(&scene, HOPS_LOCAL), 3 * PROXIED);
		CHECK_INT(shift_rows("syn_proxy"), PROXIED);
		CHECK_INT(shift_rows("seq_shift"), 0);
		CHECK_INT(shift_said("fw>server", SHIFT_PORT), COOKIE);
		end(kind ? "a SYN proxy's two handshakes are its own, with timestamps"
			 : "a SYN proxy's two handshakes are its own; what is lost behind them is told");
	}
}

/* A flood: SYNs of hosts that never answer the cookie. */
static void half_open(void)
{
	static const struct shift_talk how = {.exchanges = 2, .midstream = true};
	uint32_t i;

	begin();
	proxied(PROXIED, 1, &how);
	for (i = 0; i < 20; i++) {
		struct scene_talk t = scene_talk(9000000 + i * 10000, "10.1.0.77",
						 (uint16_t)(1024 + i), "10.2.0.1", SHIFT_PORT);
		struct scene_packet answer;

		scene_client(&scene, &t, SYN, 0, 1);
		answer = scene_by_server(&t, SYNACK, 0);
		scene_go(&scene, t.us, answer, 1, 0, false);
	}
	scene_run(&scene);
	check_proxied(PROXIED, 0, &how);
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_LOCAL), 3 * PROXIED + 2 * 20);
	end("SYNs that a SYN proxy answered and that never came to more are its own");
}

static void not_answered(void)
{
	static const struct shift_talk how = {.exchanges = 2, .midstream = true};
	struct scene_talk t = scene_talk(9000000, "10.1.0.77", 1024, "10.2.0.1", SHIFT_PORT);

	begin();
	proxied(PROXIED, 1, &how);
	scene_client(&scene, &t, SYN, 0, 1);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_rows(&scene, DROPS), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SRC), "10.1.0.77");
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_LOCAL), 3 * PROXIED);
	end("a SYN that a SYN proxy does not answer and that comes no farther is dropped");
}

/* The client is let in, and the server does not answer the box, which asks once or twice; its
 * SYN is the client's, number and all. */
static void dead_server(void)
{
	static const struct shift_talk how = {.exchanges = 2, .midstream = true};
	struct scene_talk t;
	uint32_t asked;

	for (asked = 1; asked < 3; asked++) {
		long long passed = 0;

		begin();
		proxied(PROXIED, 1, &how);
		t = proxied_talk(PROXIED, 1);
		near_handshake(&t, 1);
		far_syn(&t, 1, 2);
		t.us += 1000000;
		if (asked == 2)
			far_syn(&t, 1, 2);
		scene_run(&scene);
		CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
		CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
		passed = scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED) -
			 SCENE_FRAME_FORWARD - PROXIED * passed_forward(&how);
		/* the SYNs may be taken for one that passed: they are alike */
		CHECK(passed == 0 || passed == 1);
		CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_LOCAL),
			  3 * PROXIED + 3 - passed);
		CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_LOCAL),
			  3 * PROXIED + asked - passed);
		end("a SYN proxy that gets no answer of the server: its handshake is its own, too");
	}
}

/* The other way round: a forwarded session to such a service, whose answer is lost in the box. */
static void answer_lost(void)
{
	static const struct shift_talk how = {.exchanges = 2, .midstream = true};
	struct scene_talk t;

	begin();
	proxied(PROXIED, 1, &how);
	t = shift_talk_at(PROXIED);
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	scene_server(&scene, &t, SYNACK, 0, 0);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_LOCAL), 3 * PROXIED);
	end("a server's answer that is lost is lost, though others are the proxy's");
}

/* Behind the proxy the packets pass a hop that rewrites the server's address to a lesser one than
 * the client's, and loses a SYN and a SYN-ACK of the box's handshake. */
static void hop_behind(void)
{
	static const struct shift_talk how = {.exchanges = 2, .midstream = true};
	struct scene_packet answer;
	struct scene_talk t;
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "lb", "server");
	scene_frame(&scene, 30000000);
	for (i = 0; i < PROXIED; i++) {
		t = proxied_talk(i, 1);
		t.real = "9.0.0.1";
		t.real_port = SHIFT_PORT;
		scene_nat_end(&scene);
		scene_nat(&scene, 2, "10.2.0.1", SHIFT_PORT, "9.0.0.1", SHIFT_PORT);
		near_handshake(&t, 1);
		if (i == 2) {
			far_syn(&t, 1, 2);
			t.us += 1000000;
			far_syn(&t, 1, 3);
			answer = scene_by_server(&t, SYNACK, 0);
			answer.seq--;
			scene_go(&scene, t.us, answer, 3, 3, false);
			t.us += 1000000;
		}
		far_handshake(&t, 1);
		shift_talk(&t, &how);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "lb>server", "forward", HOPS_LOCAL), 0);
	CHECK_INT(scene_hop(&scene, "lb>server", "reverse", HOPS_LOCAL), 0);
	CHECK_INT(scene_hop(&scene, "lb>server", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "lb>server", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "fw>lb", "forward", HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "fw>lb", "forward", HOPS_LOCAL), 2 * PROXIED);
	CHECK_INT(scene_hop(&scene, "fw>lb", "reverse", HOPS_LOCAL), PROXIED);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	end("a SYN proxy's handshake passes the hops behind it, and is lost there like any other");
}

/* A box that shifts numbers and has a long queue for the server's data only: clocks that are fitted
 * to what passed it are off by more than a handshake's round trip. */
static void long_queue(void)
{
	uint32_t i, k;

	begin();
	for (i = 0; i < QUEUED; i++) {
		struct scene_talk t = shift_talk_at(i);

		(void)shift_box(&t, 1, SHIFT_FORWARD + i, SHIFT_BACK + i);
		scene_open(&scene, &t);
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		for (k = 0; k < 20; k++) {
			scene.delay_us[1] = QUEUE_US;
			scene_server(&scene, &t, ACK | PSH, 700, SCENE_THROUGH);
			scene.delay_us[1] = SCENE_DELAY_US;
		}
		t.us += QUEUE_US;
		scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(shift_rows("syn_proxy"), 0);
	CHECK_INT(shift_rows("seq_shift"), 2 * QUEUED);
	CHECK_INT(scene_sum(&scene, HOPS_LOCAL), 0);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("handshakes that pass a box with a long queue are no SYN proxy's, though clocks are off");
}

int main(void)
{
	both_handshakes();
	half_open();
	not_answered();
	dead_server();
	answer_lost();
	hop_behind();
	long_queue();
	return check_exit();
}
