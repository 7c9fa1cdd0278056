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

int main(void)
{
	plain_drop();
	lost_capture();
	return check_exit();
}
