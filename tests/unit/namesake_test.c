/* Namesakes: both sides of a hop show a session of one tuple, and not one packet of it is the same. */
#include "tests/unit/shift_scene.h"

static void nothing_to_learn(void)
{
	static const struct shift_talk how = {.midstream = true, .text = 0x55555555, .exchanges = 12,
					      .no_ids = true};

	begin();
	shift_talks(3, SHIFT_FORWARD, SHIFT_BACK, &how);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_AMBIGUOUS), 3 * 24);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_AMBIGUOUS), 3 * 12);
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_AMBIGUOUS), 3 * 36);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_AMBIGUOUS), 3 * 36);
	shift_check_hop("client>fw", "forward", SCENE_FRAME_FORWARD + 3 * 24, 0);
	end("shifted sessions whose packets teach nothing are ambiguous, not lost");
}

/* One direction on either side: that is no session twice, and says nothing of a namesake. */
static void one_way_each(void)
{
	static const struct shift_talk how = {.exchanges = 4};
	struct scene_talk t = shift_talk_at(1);
	uint32_t i;

	begin();
	shift_talks(1, 0, 0, &how);
	for (i = 0; i < 5; i++) {
		scene_client(&scene, &t, ACK | PSH, 100, 1);
		scene_server(&scene, &t, ACK | PSH, 100, 0);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 5);
	end("what neither side's packets get past is dropped: no namesake");
}

/* A box that sends a RST in the client's name, of a session that it lets through no packet of. */
static void reset_behind(void)
{
	static const struct shift_talk how = {.exchanges = 4};
	struct scene_talk t = shift_talk_at(1);
	struct scene_packet reset;
	uint32_t i;

	begin();
	shift_talks(1, 0, 0, &how);
	for (i = 0; i < 5; i++)
		scene_client(&scene, &t, ACK | PSH, 100, 1);
	reset = scene_by_client(&t, RST, 0);
	scene_go(&scene, t.us, reset, 2, 2, true);
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 5);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_INJECTED), 1);
	end("a RST alone on the far side makes no namesake of what was dropped");
}

int main(void)
{
	nothing_to_learn();
	one_way_each();
	reset_behind();
	return check_exit();
}
