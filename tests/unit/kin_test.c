/* Points that share no packet, but requests: their order, their clocks, who is whose alternative. */
#include "tests/unit/leg_scene.h"

static struct scene scene;
static char target[512][64];

static void end(const char *sentence)
{
	scene_end(&scene);
	check_case(sentence);
}

/* Never the same time between two: no other offset than the right one encloses many. */
static int64_t moment_us(uint32_t i)
{
	return 1000000 + (int64_t)i * 1000000 + (int64_t)(i * 2654435761u % 700000);
}

static const char *get(uint32_t i)
{
	snprintf(target[i], sizeof target[i], "GET /page/%u HTTP/1.1\r\n\r\n", i);
	return target[i];
}

/* Requests that take 5 ms in front, and behind 3 ms from the second on. */
static void ask(uint32_t requests)
{
	uint32_t i;

	for (i = 0; i < requests; i++) {
		leg_front(&scene, moment_us(i), 5000, "10.1.0.5", (uint16_t)(10000 + i), get(i), LEG_OK);
		leg_back(&scene, moment_us(i) + 1000, 3000, (uint16_t)(20000 + i), get(i), LEG_OK);
	}
}

static uint32_t sure_pairs(uint32_t requests)
{
	uint32_t i, n = 0;

	for (i = 0; i < requests; i++)
		n += strcmp(leg_told(&scene, (uint16_t)(10000 + i), (uint16_t)(20000 + i)), "0.95 request") == 0;
	return n;
}

/* All that the proxy took is known to what the enclosures leave: 1 ms on either side of 1 ms. */
static uint32_t right_times(void)
{
	uint32_t row, n = 0;

	for (row = 0; row < scene_rows(&scene, TRANSLATIONS); row++) {
		long long request = scene_int(&scene, TRANSLATIONS, row, TRANSLATIONS_REQUEST);
		long long response = scene_int(&scene, TRANSLATIONS, row, TRANSLATIONS_RESPONSE);

		n += request >= 0 && request <= 2000000 && llabs(request + response - 2000000) < 1000;
	}
	return n;
}

static void offset(void)
{
	leg_scene_bare(&scene);
	scene_clock(&scene, "out", INT64_C(3600) * 1000000, 0);
	ask(60);
	leg_run(&scene);
	CHECK_TEXT(scene.summary.path, "in,out");
	CHECK_INT(sure_pairs(60), 60);
	CHECK_INT(leg_rows_of(&scene), 60);
	CHECK_INT(right_times(), 60);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("a clock that is an hour off is found from requests that enclose requests");

	scene_begin(&scene);
	scene_point(&scene, "out");
	SCENE_ROAD(&scene, "in", "out");
	ask(60);
	leg_run(&scene);
	CHECK_TEXT(scene.summary.path, "in,out");
	CHECK_INT(sure_pairs(60), 60);
	end("whose requests last longer is in front, whatever the order of the inputs");
}

/* 60 ppm are 24 ms in 400 s: more than any exchange lasts. */
static void drift(void)
{
	leg_scene_bare(&scene);
	scene_clock(&scene, "out", -5000000, 60);
	ask(400);
	leg_run(&scene);
	CHECK_TEXT(scene.summary.path, "in,out");
	CHECK(sure_pairs(400) >= 390);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("a clock that drifts is followed stretch by stretch");
}

static void sealed_front(void)
{
	uint32_t i;

	leg_scene_bare(&scene);
	scene_clock(&scene, "out", 7000000, 0);
	for (i = 0; i < 40; i++) {
		struct leg_line line = leg_open(&scene, LEG_NEAR, moment_us(i), "10.1.0.5",
						(uint16_t)(10000 + i), LEG_VIP, 443);
		uint32_t bytes;
		const char *hello = leg_hello((char)('0' + i), &bytes);

		memcpy(target[511 - i], hello, bytes);
		leg_send(&line, moment_us(i), true, ACK | PSH, target[511 - i], bytes);
		leg_say(&line, moment_us(i) + 5000, false, "\x17\x03\x03 answer");
		leg_close(&line, moment_us(i) + 5200);
		leg_back(&scene, moment_us(i) + 1000, 3000, (uint16_t)(20000 + i), get(i), LEG_OK);
	}
	leg_run(&scene);
	CHECK_TEXT(scene.summary.path, "in,out");
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("encrypted connections in front enclose what is asked in the clear behind");
}

/* ---- alternatives ---- */

static void balanced(bool checks)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "in", "web1");
	for (i = 0; i < 60; i++) {
		scene_branch(&scene, 1, i % 2 ? "web2" : "web1");
		leg_front(&scene, moment_us(i), 5000, "10.1.0.5", (uint16_t)(10000 + i), get(i), LEG_OK);
		leg_back(&scene, moment_us(i) + 1000, 3000, (uint16_t)(20000 + i), get(i), LEG_OK);
	}
	for (i = 0; checks && i < 250; i++) { /* four a second; the second server is the quicker one */
		scene_branch(&scene, 1, "web1");
		leg_back(&scene, 1000000 + i * 250000, 2000, (uint16_t)(30000 + i), LEG_GET("/health"), LEG_OK);
		scene_branch(&scene, 1, "web2");
		leg_back(&scene, 1100000 + i * 250000, 900, (uint16_t)(31000 + i), LEG_GET("/health"), LEG_OK);
	}
}

static void alternatives(void)
{
	balanced(false);
	leg_run(&scene);
	CHECK_TEXT(scene.summary.path, "in,web1/web2");
	CHECK_INT(sure_pairs(60), 60);
	end("servers between which a proxy chooses are alternatives");

	balanced(true);
	leg_run(&scene);
	CHECK_TEXT(scene.summary.path, "in,web1/web2");
	CHECK_INT(sure_pairs(60), 60);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("equal checks of two servers' health make them no kin");
}

int main(void)
{
	offset();
	drift();
	sealed_front();
	alternatives();
	return check_exit();
}
