/* Which flows end at a proxy, and which the hop dropped; where clients and proxies may be. */
#include "tests/unit/leg_scene.h"

static struct scene scene;

#define CLIENT "10.1.0.5"
#define OTHER "10.1.0.6"

static void end(const char *sentence)
{
	scene_end(&scene);
	check_case(sentence);
}

static long long dropped(void)
{
	return scene_sum(&scene, HOPS_DROPPED);
}

static const char *const sealed[2] = {"\x17\x03\x03 one", "\x17\x03\x03 two"};

/* ---- a hop that is none ---- */

static void blocked(void)
{
	struct leg_line blocked;
	struct leg_line refused = {.scene = &scene, .stage = LEG_FAR, .forward = true};

	leg_scene(&scene);
	blocked = (struct leg_line){.scene = &scene, .talk = scene_talk(1000000, CLIENT, 5000, "10.2.0.9", 22),
				    .stage = LEG_NEAR, .forward = true};
	leg_send(&blocked, 1000000, true, SYN, NULL, 0);
	refused.talk = scene_talk(1002000, "10.2.0.77", 6000, LEG_WEB, 8080);
	leg_send(&refused, 1002000, true, SYN, NULL, 0);
	leg_send(&refused, 1002200, false, RST | ACK, NULL, 0);
	leg_run(&scene);
	CHECK_INT(leg_rows_of(&scene), 0);
	CHECK_INT(dropped(), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SPORT), "5000");
	end("a blocked SYN has nothing to do with who is refused behind the hop: it is dropped");

	leg_scene(&scene);
	leg_front(&scene, 1000000, 6000, CLIENT, 5000, sealed[0], sealed[1]);
	leg_back(&scene, 1001000, 4000, 6000, LEG_GET("/"), LEG_OK);
	blocked = (struct leg_line){.scene = &scene, .talk = scene_talk(2000000, CLIENT, 5001, LEG_VIP, 80),
				    .stage = LEG_NEAR, .forward = true};
	leg_send(&blocked, 2000000, true, SYN, NULL, 0);
	leg_run(&scene);
	CHECK_INT(leg_rows_of(&scene), 0);
	CHECK_INT(leg_count(&scene, FINDINGS, FINDINGS_KIND, "hop.proxy"), 0);
	end("one pair by time alone makes no proxy of a firewall");
}

/* A proxy for 10.1.0.5 that answers in the server's name; nobody else is let through. */
static void transparent(void)
{
	struct leg_line line;

	leg_scene(&scene);
	line = leg_open(&scene, LEG_NEAR, 1000000, CLIENT, 5000, LEG_WEB, 80);
	leg_say(&line, 1000000, true, LEG_GET("/one"));
	leg_say(&line, 1005000, false, LEG_OK);
	line = leg_open(&scene, LEG_FAR, 1000700, LEG_OWN, 6000, LEG_WEB, 80);
	leg_say(&line, 1000700, true, LEG_GET("/one"));
	leg_say(&line, 1004700, false, LEG_OK);
	line = (struct leg_line){.scene = &scene, .talk = scene_talk(2000000, OTHER, 5001, LEG_WEB, 80),
				 .stage = LEG_NEAR, .forward = true};
	leg_send(&line, 2000000, true, SYN, NULL, 0);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.95 request");
	CHECK_INT(dropped(), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SPORT), "5001");
	end("where a proxy answers in the server's name, a SYN to that server is dropped, not local");
}

/* The same service is proxied for one client and routed for others. */
static void routed_beside(void)
{
	struct leg_line line;

	leg_scene(&scene);
	line = leg_open(&scene, LEG_NEAR, 1000000, CLIENT, 5000, "10.2.0.9", 80);
	leg_say(&line, 1000000, true, LEG_GET("/one"));
	leg_say(&line, 1005000, false, LEG_OK);
	leg_back(&scene, 1000700, 4000, 6000, LEG_GET("/one"), LEG_OK);
	line = (struct leg_line){.scene = &scene, .talk = scene_talk(2000000, OTHER, 5001, "10.2.0.9", 80),
				 .stage = LEG_NEAR, .forward = true};
	leg_send(&line, 2000000, true, SYN, NULL, 0);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.95 request");
	CHECK_INT(dropped(), 1);
	end("a service that other sessions reach as packets is not the proxy's own: its SYN is dropped");
}

/* ---- what belongs to the proxy ---- */

static void own_flows(void)
{
	struct leg_line line;

	leg_scene(&scene);
	leg_front(&scene, 1000000, 5000, CLIENT, 5000, LEG_GET("/one"), LEG_OK);
	leg_back(&scene, 1000700, 4000, 6000, LEG_GET("/one"), LEG_OK);
	line = (struct leg_line){.scene = &scene, .talk = scene_talk(2000000, LEG_OWN, 6001, "10.2.0.7", 8080),
				 .stage = LEG_FAR, .forward = true};
	leg_send(&line, 2000000, false, ACK, NULL, 0); /* late, to a check that is over */
	line.talk = scene_talk(3000000, OTHER, 5001, LEG_VIP, 80);
	line.stage = LEG_NEAR;
	leg_send(&line, 3000000, true, SYN, NULL, 0);
	line.talk = scene_talk(4000000, OTHER, 5002, "10.2.0.9", 22);
	leg_send(&line, 4000000, true, SYN, NULL, 0);
	leg_run(&scene);
	CHECK_INT(dropped(), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SPORT), "5002");
	CHECK_INT(scene_balance(&scene, "in>out", "in", BALANCE_LOCAL), 5 + 1);
	CHECK_INT(scene_balance(&scene, "in>out", "out", BALANCE_LOCAL), 5 + 1);
	end("what nobody's request explains is local by the proxy's service or address, and nothing else is");
}

/* Beside its proxied sessions the hop rejects one that it should route; a check of health is refused then, too. */
static void rejected_beside(void)
{
	struct leg_line line;

	leg_scene(&scene);
	leg_front(&scene, 1000000, 5000, CLIENT, 5000, LEG_GET("/one"), LEG_OK);
	leg_back(&scene, 1000700, 4000, 6000, LEG_GET("/one"), LEG_OK);
	line = (struct leg_line){.scene = &scene, .talk = scene_talk(5000000, CLIENT, 5001, "10.2.0.9", 23),
				 .stage = LEG_NEAR, .forward = true};
	leg_send(&line, 5000000, true, SYN, NULL, 0);
	leg_send(&line, 5000100, false, RST | ACK, NULL, 0);
	line = (struct leg_line){.scene = &scene, .talk = scene_talk(5002000, LEG_OWN, 6001, "10.2.0.7", 8080),
				 .stage = LEG_FAR, .forward = true};
	leg_send(&line, 5002000, true, SYN, NULL, 0);
	leg_send(&line, 5002200, false, RST | ACK, NULL, 0);
	leg_run(&scene);
	CHECK_INT(leg_rows_of(&scene), 1);
	CHECK_INT(dropped(), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_SPORT), "5001");
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 1);
	end("who is rejected beside a proxy was no client of it: dropped, and the RST injected");
}

/* ---- places ---- */

static void clients_behind(void)
{
	struct leg_line line;
	uint32_t i;

	leg_scene(&scene);
	for (i = 0; i < 4; i++) {
		int64_t us = 1000000 * (i + 1);

		line = leg_open(&scene, LEG_FAR, us, "10.2.0.50", (uint16_t)(5000 + i), LEG_OWN, 80);
		line.forward = false;
		leg_say(&line, us, true, LEG_GET("/inside"));
		leg_say(&line, us + 5000, false, LEG_OK);
		line = leg_open(&scene, LEG_NEAR, us + 400, LEG_VIP, (uint16_t)(6000 + i), "10.1.0.60", 8080);
		leg_say(&line, us + 400, true, LEG_GET("/inside"));
		leg_say(&line, us + 4600, false, LEG_OK);
	}
	leg_run(&scene);
	for (i = 0; i < 4; i++)
		CHECK_TEXT(leg_told(&scene, (uint16_t)(5000 + i), (uint16_t)(6000 + i)), "0.95 request");
	CHECK_INT(leg_rows_of(&scene), 4);
	CHECK_INT(dropped(), 0);
	end("clients may be behind the hop");
}

static void in_a_row(void)
{
	struct leg_line line;
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "a", "b", "c");
	scene_frame(&scene, LEG_END_US);
	for (i = 0; i < 2; i++) { /* two clients share what is between the proxies */
		int64_t us = 1000000 * (i + 1);

		line = leg_open(&scene, 0, us, CLIENT, (uint16_t)(5000 + i), LEG_VIP, 80);
		leg_say(&line, us, true, i ? LEG_GET("/b") : LEG_GET("/a"));
		leg_say(&line, us + 9000, false, LEG_OK);
	}
	line = leg_open(&scene, 1, 1001000, LEG_OWN, 6000, "10.2.0.2", 80);
	for (i = 0; i < 2; i++) {
		leg_say(&line, 1001000 + 1000000 * i, true, i ? LEG_GET("/b") : LEG_GET("/a"));
		leg_say(&line, 1008000 + 1000000 * i, false, LEG_OK);
	}
	line = leg_open(&scene, 2, 1002000, "10.3.0.1", 7000, "10.3.0.8", 80);
	for (i = 0; i < 2; i++) {
		leg_say(&line, 1002000 + 1000000 * i, true, i ? LEG_GET("/b") : LEG_GET("/a"));
		leg_say(&line, 1007000 + 1000000 * i, false, LEG_OK);
	}
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.95 request");
	CHECK_TEXT(leg_told(&scene, 5001, 6000), "0.95 request");
	CHECK_TEXT(leg_told(&scene, 6000, 7000), "0.95 request");
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 2 + 1);
	CHECK_INT(dropped(), 0);
	end("two proxies in a row: what is shared between them is one session with what it alone uses");
}

static void path_without(void)
{
	struct leg_line line;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "in", "out", "aside");
	scene_frame(&scene, LEG_END_US);
	leg_front(&scene, 1000000, 5000, CLIENT, 5000, LEG_GET("/one"), LEG_OK);
	leg_back(&scene, 1000700, 4000, 6000, LEG_GET("/one"), LEG_OK);
	line = leg_open(&scene, 2, 1001400, LEG_OWN, 6001, LEG_WEB, 8080);
	leg_say(&line, 1001400, true, LEG_GET("/one"));
	leg_say(&line, 1004000, false, LEG_OK);
	scene.path = "in,out";
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.95 request");
	CHECK_INT(leg_rows_of(&scene), 1);
	end("a point that --path leaves out takes no part");
}

/* ---- determinism ---- */

static void build_ties(bool turned)
{
	uint32_t i;

	scene_begin(&scene);
	if (turned) { /* alternatives in the other order: as the command line would name them */
		scene_point(&scene, "web2");
		scene_point(&scene, "web1");
	}
	SCENE_ROAD(&scene, "in", "web1");
	scene_frame(&scene, LEG_END_US);
	scene_branch(&scene, 1, "web2");
	scene_whole(&scene, 100000, "10.1.0.9", 30003, "10.2.0.10", 80, 20);
	for (i = 0; i < 6; i++) { /* all at the same moments */
		leg_front(&scene, 1000000, 9000, CLIENT, (uint16_t)(5000 + i), LEG_GET("/same"), LEG_OK);
		scene_branch(&scene, 1, i % 2 ? "web2" : "web1");
		leg_back(&scene, 1001000, 4000, (uint16_t)(6000 + i), LEG_GET("/same"), LEG_OK);
	}
	leg_front(&scene, 2000000, 5000, CLIENT, 5010, LEG_GET("/other"), LEG_OK);
	leg_back(&scene, 2000700, 4000, 6010, LEG_GET("/other"), LEG_OK);
	scene.threads = turned ? 1 : 2;
	scene.path = "in,web1/web2";
	leg_run(&scene);
}

static void ties(void)
{
	char *text[2][400];
	uint32_t turn, row, column, n[2] = {0, 0};

	for (turn = 0; turn < 2; turn++) {
		build_ties(turn);
		for (row = 0; row < scene_rows(&scene, TRANSLATIONS); row++)
			for (column = 0; column < TRANSLATIONS_COLUMNS && n[turn] < 400; column++)
				text[turn][n[turn]++] = strdup(scene_cell(&scene, TRANSLATIONS, row, column));
		scene_end(&scene);
	}
	CHECK_INT(n[0], 7 * TRANSLATIONS_COLUMNS);
	CHECK_INT(n[1], n[0]);
	for (row = 0; row < n[0] && row < n[1]; row++)
		CHECK_TEXT(text[1][row], text[0][row]);
	for (turn = 0; turn < 2; turn++)
		for (row = 0; row < n[turn]; row++)
			free(text[turn][row]);
	check_case("what came at the same moment is paired alike, whatever the order of inputs and the threads");
}

int main(void)
{
	blocked();
	transparent();
	routed_beside();
	own_flows();
	rejected_beside();
	clients_behind();
	in_a_row();
	path_without();
	ties();
	return check_exit();
}
