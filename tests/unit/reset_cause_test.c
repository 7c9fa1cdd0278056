/* Why RSTs were sent, row by row, where the lab's scenes rst-* cannot show it or show it with
 * one number only: built packets. */
#include "tests/unit/scene.h"

static struct scene scene;
static struct scene_talk talk;

static void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw-in", "fw-out", "server");
	scene_frame(&scene, 20000000);
	talk = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

/* A RST in the server's (the client's) name, from one stage to another; `seq` as given. */
static void reset_send(const struct scene_talk *t, bool by_client, uint16_t flags, uint32_t seq,
		       uint32_t from, uint32_t to)
{
	struct scene_packet packet = by_client ? scene_by_client(t, flags, 0)
					       : scene_by_server(t, flags, 0);

	packet.seq = seq;
	packet.zero_id = true;
	packet.ttl = 64;
	scene_send(&scene, t->us, packet, from, to);
}

static void check_cause(uint32_t row, const char *origin, const char *cause, const char *confidence)
{
	CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_ORIGIN), origin);
	CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_CAUSE), cause);
	CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_CONFIDENCE), confidence);
}

static void check_says(uint32_t row, const char *words)
{
	const char *evidence = scene_cell(&scene, RESETS, row, RESETS_EVIDENCE);

	if (!strstr(evidence, words))
		printf("# evidence: %s\n", evidence);
	CHECK(strstr(evidence, words) != NULL);
}

/* ---- ends ---- */

static void bad_sequence(void)
{
	begin(); /* a box adds 5000 to what the SYN-ACK acknowledges */
	scene_client(&scene, &talk, SYN, 0, SCENE_THROUGH);
	talk.cseq += 5000;
	scene_server(&scene, &talk, SYNACK, 0, SCENE_THROUGH);
	reset_send(&talk, true, RST, talk.cseq, 0, 3);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	check_cause(0, "client", "bad_sequence", "0.90");
	check_says(0, "5000 bytes beyond what the client had sent");
	end("a SYN-ACK of what was never sent is answered for its bad sequence");

	begin(); /* the same of data */
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 2);
	talk.sseq += 900;
	scene_client(&scene, &talk, ACK | PSH, 100, SCENE_THROUGH);
	reset_send(&talk, false, RST, talk.sseq, 3, 0);
	scene_run(&scene);
	check_cause(0, "server", "bad_sequence", "0.60");
	check_says(0, "900 bytes beyond what the server had sent");
	end("data that acknowledge what was never sent are answered so, too, less surely");
}

static void unknown_session(void)
{
	begin();
	scene_client(&scene, &talk, ACK | PSH, 100, SCENE_THROUGH);
	reset_send(&talk, false, RST, talk.sseq, 3, 0);
	scene_run(&scene);
	check_cause(0, "server", "unknown_session", "0.70");
	check_says(0, "no point saw a handshake");
	end("a RST to data without any handshake is of an unknown session");
}

static void half_open(int64_t quiet_us, const char *confidence, const char *words, const char *sentence)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 2);
	talk.us += quiet_us;
	scene_client(&scene, &talk, ACK | PSH, 100, SCENE_THROUGH);
	reset_send(&talk, false, RST, talk.sseq, 3, 0);
	talk.us += 3000; /* and the client's next one, too */
	scene_client(&scene, &talk, ACK | PSH, 100, SCENE_THROUGH);
	reset_send(&talk, false, RST, talk.sseq, 3, 0);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 2);
	check_cause(0, "server", "half_open", confidence);
	check_says(0, words);
	check_cause(1, "server", "half_open", confidence);
	check_says(1, "one more within a second");
	end(sentence);
}

static void retransmitted(unsigned copies, const char *cause, const char *sentence)
{
	unsigned i;

	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 1);
	for (i = 0; i < copies; i++) {
		struct scene_talk same = talk;

		scene_server(&scene, &same, ACK | PSH, 300, 0); /* dies behind the server */
		talk.us += 200000 << i;
	}
	scene_client(&scene, &talk, ACK | PSH, 100, SCENE_THROUGH);
	reset_send(&talk, false, RST, talk.sseq, 3, 0);
	scene_run(&scene);
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_CAUSE), cause);
	if (copies >= 4)
		check_says(0, "all of them died at fw-out>server");
	end(sentence);
}

static void keepalives(int64_t third_us, const char *cause, const char *sentence)
{
	const int64_t steps_us[] = {1000000, 1000000, third_us};
	unsigned i;

	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 1);
	for (i = 0; i < 3; i++) {
		struct scene_talk probe = talk;

		probe.us = talk.us += steps_us[i];
		probe.sseq--;
		scene_server(&scene, &probe, ACK, 0, 2); /* to fw-in, behind which it dies */
	}
	talk.us += 1000000;
	reset_send(&talk, false, RST | ACK, talk.sseq, 3, 0);
	scene_run(&scene);
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_CAUSE), cause);
	end(sentence);
}

static void parallel(uint16_t port, const char *cause, const char *sentence)
{
	struct scene_talk other;

	begin();
	talk.sport = talk.real_port = port;
	other = scene_talk(2000500, "10.1.0.1", 40001, "10.2.0.1", 445);
	scene_open(&scene, &talk);
	scene_open(&scene, &other);
	scene_exchange(&scene, &other, 2);
	talk.us += 500000;
	reset_send(&talk, true, RST | ACK, talk.cseq, 0, 3);
	scene_run(&scene);
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_CAUSE), cause);
	end(sentence);
}

static void tuple_in_use(bool closed, const char *cause, const char *confidence,
			 const char *sentence)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 1);
	if (closed)
		scene_close(&scene, &talk);
	talk.us += 1500000;
	talk.cseq -= 100000;
	scene_client(&scene, &talk, SYN, 0, SCENE_THROUGH);
	talk.cseq += 100000 - 1;
	scene_server(&scene, &talk, ACK, 0, SCENE_THROUGH);
	reset_send(&talk, true, RST, talk.cseq, 0, 3);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	check_cause(0, "client", cause, confidence);
	check_says(0, "1.5 s before");
	end(sentence);
}

static void challenged(bool lives, const char *cause, const char *sentence)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 1);
	reset_send(&talk, true, RST, talk.cseq + 33, 2, 3); /* in the client's name, behind fw-in */
	talk.us += 3000;
	if (lives) {
		scene_server(&scene, &talk, ACK, 0, SCENE_THROUGH);
		scene_exchange(&scene, &talk, 1);
	}
	scene_run(&scene);
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_ORIGIN), "fw-in>fw-out");
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_CAUSE), cause);
	if (lives)
		check_says(0, "33 bytes ahead");
	end(sentence);
}

/* Two hosts behind one address: the one has been up for longer. */
static void recycled(uint32_t tsval, const char *cause, const char *sentence)
{
	struct scene_talk first = scene_talk(2000000, "10.1.0.1", 40001, "10.2.0.1", 80);
	struct scene_packet syn;

	begin();
	first.stamps = true;
	scene_open(&scene, &first);
	scene_exchange(&scene, &first, 2); /* its last TSval: 7016 */
	talk.us = 4000000;
	syn = scene_by_client(&talk, SYN, 0);
	syn.tsval = tsval;
	scene_send(&scene, talk.us, syn, 0, 3);
	talk.cseq++;
	talk.us += 2000;
	reset_send(&talk, false, RST | ACK, 0, 3, 0);
	scene_run(&scene);
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_CAUSE), cause);
	if (tsval < 7016)
		check_says(0, "TSval 7015 is less than 7016");
	end(sentence);
}

/* ---- hops ---- */

static void after_content(void)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 1);
	scene_client(&scene, &talk, ACK | PSH, 100, SCENE_THROUGH);
	reset_send(&talk, false, RST, talk.sseq, 1, 0);
	talk.us += 2000;
	scene_server(&scene, &talk, ACK | PSH, 700, SCENE_THROUGH);
	scene_run(&scene);
	check_cause(0, "fw-in>fw-out", "injected_after_content", "0.85");
	check_says(0, "the data of the client crossed fw-in>fw-out");
	check_says(0, "TTL is 64, that of the server's other packets 62");
	end("a one-sided RST to data that crossed is a cut after inspection");
}

static void crossing_ack(void)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 1);
	reset_send(&talk, false, RST, talk.sseq, 1, 0);
	talk.us += 2000;
	scene_server(&scene, &talk, ACK | PSH, 700, SCENE_THROUGH);
	scene_run(&scene);
	check_cause(0, "fw-in>fw-out", "forged", "0.95");
	check_says(0, "the server went on");
	end("one to an ACK without content is not");
}

/* A session that the hop lets pass until `until_us`, a packet every `step_us`; then one after
 * `gap_us` that it answers itself. */
static void forgotten(uint16_t port, int64_t from_us, int64_t until_us, int64_t step_us,
		      int64_t gap_us)
{
	struct scene_talk t = scene_talk(from_us, "10.1.0.1", port, "10.2.0.1", 80);

	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	while (t.us + step_us < until_us) {
		t.us += step_us;
		scene_exchange(&scene, &t, 1);
	}
	t.us = until_us + gap_us;
	scene_client(&scene, &t, ACK | PSH, 100, 1);
	reset_send(&t, false, RST, t.sseq, 1, 0);
}

static void idle_timeout(void)
{
	begin();
	forgotten(40001, 2000000, 2010000, 500000, 3100000);
	scene_run(&scene);
	check_cause(0, "fw-in>fw-out", "idle_timeout_hop", "0.65");
	check_says(0, "one session cannot tell");
	end("one session's packet after a silence that dies at a hop is an idle timeout, perhaps");

	begin();
	forgotten(40001, 2000000, 2010000, 500000, 3100000);
	forgotten(40002, 2000000, 8000000, 700000, 3200000);
	forgotten(40003, 2000000, 12000000, 600000, 4000000);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 3);
	check_cause(0, "fw-in>fw-out", "idle_timeout_hop", "0.90");
	check_cause(2, "fw-in>fw-out", "idle_timeout_hop", "0.90");
	check_says(1, "in 3 sessions at this hop the silence was 3.1 s to 4.");
	check_says(1, "behind which a packet of them passed 702 ms");
	end("three, each after another silence of 3 s and more, are one");
}

static void state_lost(void)
{
	begin(); /* at 9 s: some had been silent for long before, and it had not hurt them */
	forgotten(40001, 2000000, 8900000, 1500000, 300000);
	forgotten(40002, 2000000, 8800000, 700000, 500000);
	forgotten(40003, 2000000, 8700000, 2500000, 900000);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 3);
	check_cause(0, "fw-in>fw-out", "state_lost_hop", "0.90");
	check_cause(2, "fw-in>fw-out", "state_lost_hop", "0.90");
	check_says(0, "all 3 sessions");
	check_says(0, "failover, reload or flush");
	end("three that die at one moment, without a silence longer than before, lost their state");

	begin();
	forgotten(40001, 2000000, 8900000, 1500000, 300000);
	scene_run(&scene);
	check_cause(0, "fw-in>fw-out", "state_lost_hop", "0.50");
	end("one alone is not sure");
}

/* The far side's capture misses packets, which TCP proves: 10 of this session's 1 + 40 + 1 and of
 * SCENE_FRAME_REVERSE = 44. That a RST is missing there says 0.2 / (0.2 + 10 / 86) = 0.63 of what
 * it would say otherwise. */
static void missing_packets(bool misses, const char *confidence, const char *sentence)
{
	struct scene_packet packet;
	int i;

	begin();
	scene_open(&scene, &talk);
	for (i = 0; i < 40; i++) {
		scene.blind = misses && i % 4 == 0 ? 1 << 2 : 0; /* fw-out */
		scene_server(&scene, &talk, ACK | PSH, 700, SCENE_THROUGH);
		scene.blind = 0;
		scene_client(&scene, &talk, ACK, 0, SCENE_THROUGH);
	}
	scene_client(&scene, &talk, ACK | PSH, 100, 1);
	packet = scene_by_server(&talk, RST, 0);
	packet.ttl = 62;
	scene_send(&scene, talk.us, packet, 1, 0);
	scene_run(&scene);
	check_cause(0, "fw-in>fw-out", "state_lost_hop", confidence);
	end(sentence);
}

int main(void)
{
	bad_sequence();
	unknown_session();
	half_open(0, "0.55", "the server had last sent ", "a bare RST without a silence may be half open");
	half_open(5000000, "0.75", "the silence was 5 s", "one after 5 s of silence rather is, and what follows is the same");
	retransmitted(3, "half_open", "three copies without an answer are no limit");
	retransmitted(4, "retransmission_limit", "four are, and where they died is said");
	keepalives(1000000, "keepalive_timeout", "a RST behind equally spaced keep-alives is their timeout");
	keepalives(2500000, "linger_abort", "behind others it is not");
	parallel(139, "parallel_connect", "of SMB's two ports the one that is not used is reset");
	parallel(140, "linger_abort", "another service is another matter");
	tuple_in_use(true, "time_wait_reuse", "0.90", "a SYN on a tuple that was closed is answered from TIME_WAIT");
	tuple_in_use(false, "half_open", "0.75", "on one that was not, from the open connection");
	challenged(true, "challenged", "a RST in the window that is challenged has no effect, whoever sent it");
	challenged(false, "forged", "one that nobody challenges is forged");
	recycled(7015, "timestamp_recycle", "a SYN refused with a TSval behind that of its address may be recycled");
	recycled(7017, "closed_port", "one with a later TSval is not");
	after_content();
	crossing_ack();
	idle_timeout();
	state_lost();
	missing_packets(false, "0.50", "a RST that one side does not show is the hop's");
	missing_packets(true, "0.31", "less surely where the capture there misses packets");
	return check_exit();
}
