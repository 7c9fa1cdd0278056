/* What the points together know of repeats, disorder and gaps: scenes of one connection, the
 * counts worked out by hand. */
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

/* A number of the connection from port 40000 at a point. */
static long long at(const char *point, uint32_t column)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, STATIONS); row++)
		if (scene_int(&scene, STATIONS, row, SESSION_POINTS_SPORT) == 40000 &&
		    strcmp(scene_cell(&scene, STATIONS, row, SESSION_POINTS_POINT), point) == 0)
			return scene_int(&scene, STATIONS, row, column);
	return -1;
}

static void check_at(uint32_t column, long long client, long long fw, long long server)
{
	CHECK_INT(at("client", column), client);
	CHECK_INT(at("fw", column), fw);
	CHECK_INT(at("server", column), server);
}

/* Three segments; the first dies behind fw and is sent again. Only client and fw see two of it; the
 * server's point sees a gap, and then a segment that comes late. */
static void lost(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80), again;

	begin();
	scene_open(&scene, &t);
	again = t;
	scene_client(&scene, &t, ACK | PSH, 400, 1);
	scene_client(&scene, &t, ACK | PSH, 400, SCENE_THROUGH);
	scene_client(&scene, &t, ACK | PSH, 400, SCENE_THROUGH);
	again.us = t.us + 250000;
	scene_client(&scene, &again, ACK | PSH, 400, SCENE_THROUGH);
	t.us = again.us;
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_close(&scene, &t);
	scene_run(&scene);
	check_at(SESSION_POINTS_RETRANSMISSIONS, 1, 1, 1);
	check_at(SESSION_POINTS_PREVIOUS_NOT_CAPTURED, 0, 0, 1);
	check_at(SESSION_POINTS_RETRANSMISSIONS_CONFIRMED, 1, 1, 1);
	check_at(SESSION_POINTS_PREVIOUS_CONFIRMED, 0, 0, 1);
	check_at(SESSION_POINTS_OUT_OF_ORDER_CONFIRMED, 0, 0, 0);
	end("a loss behind fw: its gap, and its repeat at every point");
}

/* The second of three segments is held up behind fw, and arrives last. */
static void overtaken(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet held;
	int64_t us;

	begin();
	scene_open(&scene, &t);
	scene_client(&scene, &t, ACK | PSH, 400, SCENE_THROUGH);
	held = scene_by_client(&t, ACK | PSH, 400);
	held.ip_id = 777;
	us = t.us;
	held.ttl = 64;
	scene_put(&scene, 0, us, &held);
	held.ttl = 63;
	scene_put(&scene, 1, us + 220, &held);
	held.ttl = 62;
	scene_put(&scene, 2, us + 3500, &held);
	t.cseq += 400;
	t.us += 1000;
	scene_client(&scene, &t, ACK | PSH, 400, SCENE_THROUGH);
	t.us += 10000;
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_close(&scene, &t);
	scene_run(&scene);
	check_at(SESSION_POINTS_RETRANSMISSIONS_CONFIRMED, 0, 0, 0);
	check_at(SESSION_POINTS_OUT_OF_ORDER_CONFIRMED, 0, 0, 1);
	check_at(SESSION_POINTS_PREVIOUS_NOT_CAPTURED, 0, 0, 1);
	check_at(SESSION_POINTS_PREVIOUS_CONFIRMED, 0, 0, 0); /* nobody dropped it */
	CHECK_TEXT(scene_cell(&scene, STATIONS, 0, SESSION_POINTS_CLIENT_STATE), "TIME-WAIT");
	end("a segment that is overtaken behind fw: disorder there, no repeat, no loss");
}

int main(void)
{
	lost();
	overtaken();
	return check_exit();
}
