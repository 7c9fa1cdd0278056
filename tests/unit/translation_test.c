/* Translations as rows: what the points' tuples of one session say of a hop. */
#include "tests/unit/story_scene.h"

static void masquerading(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 6; i++) {
		const char *client = i < 4 ? "10.1.0.1" : "10.1.0.2";
		struct scene_talk t = scene_talk(2000000 + i * 300000, client,
						 (uint16_t)(40000 + i % 4), "10.2.0.1",
						 i == 3 ? 443 : 80);

		scene_nat_end(&scene);
		scene_nat(&scene, 0, t.client, t.cport, "192.0.2.1", (uint16_t)(61000 + i));
		t.seen = "192.0.2.1";
		t.seen_port = (uint16_t)(61000 + i);
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 3);
	for (i = 0; i < 3; i++) {
		static const char *const from[] = {"10.1.0.1", "10.1.0.1", "10.1.0.2"};
		static const char *const port[] = {"80", "443", "80"};
		static const char *const sessions[] = {"3", "1", "2"};

		CHECK_TEXT(translation(i, TRANSLATIONS_HOP), "client>fw");
		CHECK_TEXT(translation(i, TRANSLATIONS_KIND), "nat");
		CHECK_TEXT(translation(i, TRANSLATIONS_FROM_SRC), from[i]);
		CHECK_TEXT(translation(i, TRANSLATIONS_TO_SRC), "192.0.2.1");
		CHECK_TEXT(translation(i, TRANSLATIONS_FROM_DPORT), port[i]);
		CHECK_TEXT(translation(i, TRANSLATIONS_TO_DPORT), port[i]);
		CHECK_TEXT(translation(i, TRANSLATIONS_SESSIONS), sessions[i]);
		CHECK_TEXT(translation(i, TRANSLATIONS_SEQ_SHIFT), "");
	}
	CHECK_TEXT(translation(0, TRANSLATIONS_TO_SPORT), "");        /* 61000, 61001, 61002 */
	CHECK_TEXT(translation(1, TRANSLATIONS_FROM_SPORT), "40003");
	CHECK_TEXT(translation(1, TRANSLATIONS_TO_SPORT), "61003");
	CHECK_TEXT(cell_of(443, SESSIONS_TRANSLATED), "yes");
	CHECK_TEXT(cell_of(443, SESSIONS_CLIENT), "10.1.0.1");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_SRC), "192.0.2.1");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_DIFFERENCE),
		   "NAT: client 10.1.0.1:40003 -> 192.0.2.1:61003");
	CHECK_TEXT(cell_at(443, "server", SESSION_POINTS_DIFFERENCE), "");
	end("port translation is one row for each client and service; a single port is named");
}

static void balanced(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "lb", "web1");
	(void)scene_point(&scene, "web2");
	for (i = 0; i < 12; i++) {
		struct scene_talk t = scene_talk(i * 500000, "10.1.0.1", (uint16_t)(40000 + i),
						 "10.9.0.80", 80);

		t.us += 1000;
		scene_nat_end(&scene);
		scene_branch(&scene, 2, i % 3 ? "web1" : "web2");
		t.real = i % 3 ? "10.2.0.1" : "10.2.0.2";
		t.real_port = 8080;
		scene_nat(&scene, 1, "10.9.0.80", 80, t.real, 8080);
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 2);
	for (i = 0; i < 2; i++) {
		CHECK_TEXT(translation(i, TRANSLATIONS_HOP), "lb>web1/web2");
		CHECK_TEXT(translation(i, TRANSLATIONS_KIND), "balance");
		CHECK_TEXT(translation(i, TRANSLATIONS_FROM_SRC), "10.1.0.1");
		CHECK_TEXT(translation(i, TRANSLATIONS_FROM_SPORT), "");
		CHECK_TEXT(translation(i, TRANSLATIONS_FROM_DST), "10.9.0.80");
		CHECK_TEXT(translation(i, TRANSLATIONS_FROM_DPORT), "80");
		CHECK_TEXT(translation(i, TRANSLATIONS_TO_DST), i ? "10.2.0.2" : "10.2.0.1");
		CHECK_TEXT(translation(i, TRANSLATIONS_TO_DPORT), "8080");
		CHECK_TEXT(translation(i, TRANSLATIONS_SESSIONS), i ? "4" : "8");
	}
	CHECK_TEXT(scene_cell(&scene, SESSIONS, 1, SESSIONS_SERVER), "10.9.0.80");
	CHECK_TEXT(scene_cell(&scene, SESSIONS, 1, SESSIONS_POINTS), "client,lb,web1");
	end("a balancer's choices are one row for each server, with the sessions it got");
}

/* The client is behind the far end: its packets travel in reverse, and are translated so. */
static void masquerading_in_reverse(void)
{
	struct scene_talk t = scene_talk(2000000, "10.2.0.1", 50000, "10.1.0.1", 25);

	begin();
	t.back = true;
	scene_nat(&scene, 1, "198.51.100.7", 62000, "10.2.0.1", 50000);
	t.seen = "198.51.100.7";
	t.seen_port = 62000;
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 3);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 1);
	CHECK_TEXT(translation(0, TRANSLATIONS_HOP), "fw>server");
	CHECK_TEXT(translation(0, TRANSLATIONS_KIND), "nat");
	CHECK_TEXT(translation(0, TRANSLATIONS_FROM_SRC), "10.2.0.1");
	CHECK_TEXT(translation(0, TRANSLATIONS_TO_SRC), "198.51.100.7");
	CHECK_TEXT(cell_of(25, SESSIONS_CLIENT), "10.2.0.1");
	CHECK_TEXT(cell_at(25, "server", SESSION_POINTS_DIFFERENCE),
		   "NAT: client 10.2.0.1:50000 -> 198.51.100.7:62000");
	end("a translation goes from the client's side to the other, whichever way that is");
}

static void pings(void)
{
	uint32_t i, k;

	begin();
	for (i = 0; i < 3; i++) {
		struct scene_packet ask = {.src = "10.1.0.1", .dst = "10.2.0.1",
					   .sport = (uint16_t)(700 + i),
					   .dport = (uint16_t)(700 + i),
					   .proto = SCENE_ICMP, .ack = 8 << 8, .length = 56};
		struct scene_packet answer = {.src = "10.2.0.1", .dst = "192.0.2.1",
					      .sport = (uint16_t)(900 + i),
					      .dport = (uint16_t)(900 + i), .proto = SCENE_ICMP,
					      .length = 56};

		scene_nat_end(&scene);
		scene_nat(&scene, 0, "10.1.0.1", (uint16_t)(700 + i), "192.0.2.1",
			  (uint16_t)(900 + i));
		for (k = 0; k < 4; k++) {
			ask.seq = answer.seq = k;
			ask.text = answer.text = 1000 * i + k;
			scene_send(&scene, 2000000 + i * 100000 + k * 10000, ask, 0, 2);
			scene_send(&scene, 2003000 + i * 100000 + k * 10000, answer, 2, 0);
		}
	}
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 1);
	CHECK_TEXT(translation(0, TRANSLATIONS_KIND), "nat");
	CHECK_TEXT(translation(0, TRANSLATIONS_TO_SRC), "192.0.2.1");
	CHECK_TEXT(translation(0, TRANSLATIONS_FROM_DPORT), "");
	CHECK_TEXT(translation(0, TRANSLATIONS_SESSIONS), "3");
	end("pings behind NAT are one mapping, whatever their identifiers");
}

int main(void)
{
	masquerading();
	balanced();
	masquerading_in_reverse();
	pings();
	return check_exit();
}
