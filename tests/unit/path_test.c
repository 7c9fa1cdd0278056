/* The path and the meeting of the points: in whatever order they are named, of
 * whatever number, with alternatives, and when one shares nothing. */
#include "tests/unit/scene.h"

static struct scene scene;

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

static void any_order(void)
{
	static const char *const orders[][3] = {
		{"client", "fw", "server"}, {"client", "server", "fw"}, {"fw", "client", "server"},
		{"fw", "server", "client"}, {"server", "client", "fw"}, {"server", "fw", "client"},
	};
	uint32_t i, k, flat;

	for (flat = 0; flat < 2; flat++) {
		for (i = 0; i < 6; i++) {
			scene_begin(&scene);
			scene.flat = flat;
			for (k = 0; k < 3; k++)
				(void)scene_point(&scene, orders[i][k]);
			SCENE_ROAD(&scene, "client", "fw", "server");
			scene_frame(&scene, 2000000);
			scene_run(&scene);
			CHECK_TEXT(scene.summary.path, "client,fw,server");
			CHECK_TEXT(scene.summary.evidence, flat ? "delay" : "ttl");
			CHECK_INT(scene_sum(&scene, HOPS_MATCHED), scene_sum(&scene, HOPS_PACKETS));
			scene_end(&scene);
		}
		check_case(flat ? "bridges leave the TTL alone: the delays tell the order"
				: "three points in any order are put in the order of the path");
	}
}

static void twenty(void)
{
	static const char *const names[] = {"p00", "p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08",
					    "p09", "p10", "p11", "p12", "p13", "p14", "p15", "p16", "p17",
					    "p18", "p19", NULL};
	struct scene_talk t;
	uint32_t i;

	scene_begin(&scene);
	for (i = 0; i < 20; i++)
		(void)scene_point(&scene, names[i * 7 % 20]);
	scene_road(&scene, names);
	t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	scene_frame(&scene, 4000000);
	scene_open(&scene, &t);
	for (i = 0; i < 19; i++) {
		t.us += 10000;
		scene_lose(&scene, &t, true, 200, i); /* one at each hop */
	}
	t.us += 10000;
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_TEXT(scene.summary.path, "p00,p01,p02,p03,p04,p05,p06,p07,p08,p09,p10,p11,p12,p13,p14,"
				       "p15,p16,p17,p18,p19");
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 19);
	for (i = 0; i < 19; i++) {
		char hop[16];

		snprintf(hop, sizeof hop, "%s>%s", names[i], names[i + 1]);
		CHECK_INT(scene_hop(&scene, hop, "forward", HOPS_DROPPED), 1);
	}
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED) + scene_sum(&scene, HOPS_UNCAPTURED) +
			  scene_sum(&scene, HOPS_EDGE) + scene_sum(&scene, HOPS_AMBIGUOUS),
		  0);
	end("twenty points in a row, each hop with a loss");
}

static void nothing_shared(void)
{
	struct scene_talk t = scene_talk(1000000, "10.7.0.1", 40000, "10.8.0.1", 80);

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "server");
	scene_frame(&scene, 2000000);
	SCENE_ROAD(&scene, "stranger");
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 10);
	CHECK_INT(scene_correlate(&scene), STATUS_INPUT);
	CHECK(strstr(scene.err.text, "stranger") != NULL);
	CHECK(strstr(scene.err.text, "shares no packet") != NULL);
	end("a point that shares no packet with the others is an error that names it");

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "server");
	scene_frame(&scene, 2000000);
	(void)scene_point(&scene, "empty");
	CHECK_INT(scene_correlate(&scene), STATUS_INPUT);
	CHECK(strstr(scene.err.text, "empty") != NULL);
	end("a point without a packet, too");

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "server");
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 10);
	scene_lose(&scene, &t, true, 100, 0);
	scene_exchange(&scene, &t, 10);
	(void)scene_point(&scene, "spare");
	scene.path = "client,server/spare";
	scene_run(&scene);
	CHECK_TEXT(scene.summary.path, "client,server/spare");
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	end("unless the given path says that another may have had them all");

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client");
	scene_frame(&scene, 2000000);
	CHECK_INT(scene_correlate(&scene), STATUS_INPUT);
	end("one point alone is an error");
}

static void given(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 2000000);
	scene.path = "server,fw,client";
	scene_run(&scene);
	CHECK_TEXT(scene.summary.path, "server,fw,client");
	CHECK(strstr(scene.summary.doubt, "TTL") != NULL);
	CHECK_INT(scene_sum(&scene, HOPS_MATCHED), scene_sum(&scene, HOPS_PACKETS));
	CHECK_INT(scene_hop(&scene, "fw>client", "reverse", HOPS_MATCHED), SCENE_FRAME_FORWARD);
	scene.path = "client,server";
	scene_run(&scene);
	CHECK_TEXT(scene.summary.doubt, "");
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_MATCHED), SCENE_FRAME_FORWARD);
	scene.path = "client,nobody";
	CHECK_INT(scene_correlate(&scene), STATUS_USAGE);
	scene.path = "client,client";
	CHECK_INT(scene_correlate(&scene), STATUS_USAGE);
	scene.path = "client";
	CHECK_INT(scene_correlate(&scene), STATUS_USAGE);
	scene.path = "client,,server";
	CHECK_INT(scene_correlate(&scene), STATUS_USAGE);
	end("a path that is given is taken, checked against the packets, and may leave points out");
}

/* A firewall that lets hardly anything pass: both points still make a hop. */
static void nearly_all_blocked(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "outside", "inside");
	scene_frame(&scene, 60000000);
	for (i = 0; i < 4000; i++) {
		struct scene_talk t = scene_talk(1000000 + i * 14000, "10.1.0.1", (uint16_t)(10000 + i),
						 "10.2.0.9", (uint16_t)(1 + i % 1000 + 100));

		scene_client(&scene, &t, SYN, 0, 0);
	}
	scene_run(&scene);
	CHECK_TEXT(scene.summary.path, "outside,inside");
	CHECK_INT(scene_hop(&scene, "outside>inside", "forward", HOPS_DROPPED), 4000);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_CAUSE), "policy");
	end("a hop that blocks 4000 ports of a host and passes one is a hop");
}

int main(void)
{
	any_order();
	twenty();
	nothing_shared();
	given();
	nearly_all_blocked();
	return check_exit();
}
