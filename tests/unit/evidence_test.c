/* What TCP proves of a packet that one side does not show: scenes of one
 * connection at two points or three, with the verdicts worked out by hand. */
#include "tests/unit/scene.h"

static struct scene scene;

static void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 8000000);
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

static void plain_drop(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80), again;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 3);
	again = t;
	scene_client(&scene, &t, ACK | PSH, 400, 0); /* seen at client only */
	again.us += 200000;
	scene_client(&scene, &again, ACK | PSH, 400, SCENE_THROUGH);
	t.us = again.us;
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_PACKETS),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(3) + 2);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(3) + 1);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_MATCHED),
		  SCENE_FRAME_REVERSE + SCENE_WHOLE_REVERSE(3) + 1);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(3) + 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED) + scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_HOP), "client>fw");
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SEEN_AT), "client");
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_MISSING_AT), "fw");
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_CAUSE), "loss");
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_TCP_SEQ), again.cseq - 400);
	/* the original, not the retransmission: 66 of the frame's first connection,
	 * 3 to open, 9 of three exchanges, then it: what the client's file holds before */
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_FRAME), SCENE_WHOLE(20) + 3 + 9 + 1);
	end("a packet whose retransmission passes was dropped where it was last seen");
}

static void lost_capture(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 3);
	scene.blind = 1 << 2;
	scene_client(&scene, &t, ACK | PSH, 400, SCENE_THROUGH);
	scene.blind = 0;
	scene_server(&scene, &t, ACK | PSH, 400, SCENE_THROUGH); /* acknowledges it */
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_UNCAPTURED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED), 1);
	end("what its receiver acknowledged and no other copy brought was lost by the capture");
}

/* One session's data misses the server's capture, others have real losses: each
 * session's pure acknowledgments are judged with its own data. */
static void judged_with_its_session(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80), u;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene.blind = 1 << 2;
	for (i = 0; i < 4; i++) {
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		scene.blind = 0;
		scene_server(&scene, &t, ACK | PSH, 200, SCENE_THROUGH);
		scene.blind = 1 << 2;
		scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
	}
	scene.blind = 0;
	scene_close(&scene, &t);
	for (i = 0; i < 10; i++) {
		u = scene_talk(2000000 + i * 400000, "10.1.0.2", (uint16_t)(41000 + i), "10.2.0.1", 80);
		scene_open(&scene, &u);
		scene_exchange(&scene, &u, 1);
		scene_lose(&scene, &u, true, 100, 1);
		scene_close(&scene, &u);
	}
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 10);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_UNCAPTURED), 8);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 10);
	end("acknowledgments are judged with the data of their session");
}

/* A lone ACK is lost on its way; TCP does not send it again. */
static void lost_acknowledgment(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	scene_server(&scene, &t, ACK | PSH, 300, SCENE_THROUGH);
	scene_client(&scene, &t, ACK, 0, 0);
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED), 0);
	end("a lone acknowledgment that nobody misses was dropped");
}

static void handshake_losses(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80), again;

	begin();
	t.stamps = true;
	again = t;
	scene_client(&scene, &again, SYN, 0, 0); /* the first SYN dies */
	t.us += 1000000;
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	again = t;
	scene_server(&scene, &again, SYNACK, 0, 1); /* the first SYN-ACK dies between fw and client */
	again = t;
	again.us += 1000000;
	again.cseq--;
	scene_client(&scene, &again, SYN, 0, SCENE_THROUGH); /* a third SYN arrives */
	t.us += 1001000;
	scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
	scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 2);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_TCP_FLAGS), "SYN");
	CHECK_TEXT(scene_cell(&scene, DROPS, 1, PACKETS_TCP_FLAGS), "SYN ACK");
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS) + scene_sum(&scene, HOPS_UNCAPTURED), 0);
	end("a lost SYN and a lost SYN-ACK of one handshake, both repeated");
}

/* Nothing but one connection, over 80 ms, and its captures end with it. */
static void little_and_far(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "server");
	scene.delay_us[0] = 80000;
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	scene_lose(&scene, &t, true, 100, 0);
	scene_lose(&scene, &t, false, 100, 0);
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "client>server", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_MATCHED) + 2, scene_sum(&scene, HOPS_PACKETS));
	end("one connection over a hop of 80 ms and nothing else");
}

/* A mirror port stamps what it shows when it gets to it: the retransmission 1.5 ms late at fw,
 * after the client's capture has its acknowledgment, which fw shows later still. */
static void stamped_late(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet again;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 3);
	again = scene_by_client(&t, ACK | PSH, 400);
	again.ip_id = 501;
	again.ttl = 64;
	scene_put(&scene, 0, t.us, &again); /* dropped */
	again.ip_id = 502;
	scene_put(&scene, 0, t.us + 200000, &again);
	again.ttl = 63;
	scene_put(&scene, 1, t.us + 201700, &again);
	again.ttl = 62;
	scene_put(&scene, 2, t.us + 200400, &again);
	t.cseq += 400;
	again = scene_by_server(&t, ACK, 0);
	again.ip_id = 503;
	again.ttl = 64;
	scene_put(&scene, 2, t.us + 200410, &again);
	again.ttl = 63;
	scene_put(&scene, 1, t.us + 201710, &again);
	again.ttl = 62;
	scene_put(&scene, 0, t.us + 200810, &again);
	t.us += 300000;
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED), 0);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	end("an acknowledgment is no older than its data for a late stamp's sake");
}

/* The first SYN was before the captures, and what answered it was lost: both ends repeat. The client's
 * second SYN does not get through; the server's SYN-ACK answers the first. */
static void repeated_from_before(uint64_t us, uint32_t edge, const char *sentence)
{
	struct scene_talk t = scene_talk(us, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	scene_client(&scene, &t, SYN, 0, 0); /* seen at client only */
	scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
	scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_exchange(&scene, &t, 3);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_EDGE), edge);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_UNCAPTURED), 1 - edge);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end(sentence);
}

int main(void)
{
	plain_drop();
	lost_capture();
	judged_with_its_session();
	lost_acknowledgment();
	handshake_losses();
	little_and_far();
	stamped_late();
	repeated_from_before(300000, 1, "an answer soon after the beginning may be to what came before it");
	repeated_from_before(4000000, 0, "a SYN that is answered long after the beginning was there");
	return check_exit();
}
