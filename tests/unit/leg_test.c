/* The two legs of proxied sessions: what is paired, how surely, and what is not. */
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

/* ---- by what they carry ---- */

static void one_request(void)
{
	struct leg_line front, back;
	int row;

	leg_scene(&scene);
	front = leg_front(&scene, 1000000, 5000, CLIENT, 5000, LEG_GET("/one"), LEG_OK);
	back = leg_back(&scene, 1000700, 4000, 6000, LEG_GET("/one"), LEG_OK);
	leg_close(&front, 1010000);
	leg_close(&back, 1011000);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.95 request");
	row = leg_row(&scene, 5000, 6000);
	/* in 0, out 700; the answer out 4700, in 5000; the clocks are known to a hop's delay, 200 us */
	CHECK(row >= 0 && llabs(scene_int(&scene, TRANSLATIONS, (uint32_t)row, TRANSLATIONS_REQUEST) - 700000) < 200000);
	CHECK(row >= 0 && llabs(scene_int(&scene, TRANSLATIONS, (uint32_t)row, TRANSLATIONS_RESPONSE) - 300000) < 200000);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, (uint32_t)row, TRANSLATIONS_FROM_DST), LEG_VIP);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, (uint32_t)row, TRANSLATIONS_TO_SRC), LEG_OWN);
	CHECK_INT(scene_rows(&scene, SESSIONS), 3);
	/* forward the client's five, reverse the server's three */
	CHECK_INT(scene_sum(&scene, HOPS_LOCAL), 5 + 3);
	CHECK_INT(scene_balance(&scene, "in>out", "in", BALANCE_LOCAL), front.packets);
	CHECK_INT(scene_balance(&scene, "in>out", "out", BALANCE_LOCAL), back.packets);
	CHECK_INT(dropped(), 0);
	CHECK_INT(leg_count(&scene, FINDINGS, FINDINGS_KIND, "hop.proxy"), 1);
	end("a request that is on both sides pairs two connections to one session, and both end at the hop");
}

static void equal_requests(void)
{
	leg_scene(&scene);
	leg_front(&scene, 1000000, 9000, CLIENT, 5000, LEG_GET("/same"), LEG_OK);
	leg_front(&scene, 1000100, 9000, OTHER, 5001, LEG_GET("/same"), LEG_OK);
	leg_back(&scene, 1001000, 4000, 6000, LEG_GET("/same"), LEG_OK);
	leg_back(&scene, 1001200, 4000, 6001, LEG_GET("/same"), LEG_OK);
	leg_front(&scene, 2000000, 5000, CLIENT, 5002, LEG_GET("/other"), LEG_OK);
	leg_back(&scene, 2000700, 4000, 6002, LEG_GET("/other"), LEG_OK);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.45 time");
	CHECK_TEXT(leg_told(&scene, 5001, 6001), "0.45 time");
	CHECK_TEXT(leg_told(&scene, 5002, 6002), "0.95 request");
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 4 + 1);
	end("equal requests at the same time share the confidence, and their sessions stay apart");

	/* the server's health is asked in the same words while the client waits */
	leg_scene(&scene);
	leg_front(&scene, 1000000, 9000, CLIENT, 5000, LEG_GET("/same"), LEG_OK);
	leg_back(&scene, 1001000, 4000, 6000, LEG_GET("/same"), LEG_OK);
	leg_back(&scene, 1001200, 4000, 6001, LEG_GET("/same"), LEG_OK);
	leg_front(&scene, 2000000, 5000, CLIENT, 5002, LEG_GET("/other"), LEG_OK);
	leg_back(&scene, 2000700, 4000, 6002, LEG_GET("/other"), LEG_OK);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.45 time");
	CHECK_TEXT(leg_told(&scene, 5000, 6001), "none ");
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 3 + 1);
	end("two equal requests behind for one in front: neither is sure");
}

/* Two clients always ask the same at the same time: a load test. */
static void load(void)
{
	uint32_t i, local = 0;

	leg_scene(&scene);
	for (i = 0; i < 10; i++) {
		int64_t us = 1000000 + i / 2 * 20000;

		local += leg_front(&scene, us + i % 2 * 10, 9000, CLIENT, (uint16_t)(5000 + i), LEG_GET("/"), LEG_OK).packets;
		leg_back(&scene, us + 1000 + i % 2 * 10, 4000, (uint16_t)(6000 + i), LEG_GET("/"), LEG_OK);
	}
	leg_run(&scene);
	for (i = 0; i < 10; i++)
		CHECK_TEXT(leg_told(&scene, (uint16_t)(5000 + i), (uint16_t)(6000 + i)), "0.45 time");
	CHECK_INT(scene_balance(&scene, "in>out", "in", BALANCE_LOCAL), local);
	CHECK_INT(leg_count(&scene, FINDINGS, FINDINGS_KIND, "hop.proxy"), 1);
	end("many equal requests prove a proxy even where none is sure");

	/* health is asked in the same words on both sides, by others, and once at the same time */
	leg_scene(&scene);
	for (i = 0; i < 40; i++)
		leg_front(&scene, 1000000 + i * 500000, 9000, CLIENT, (uint16_t)(5000 + i), LEG_GET("/"), LEG_OK);
	for (i = 0; i < 28; i++)
		leg_back(&scene, 1002000 + i * 713000, 4000, (uint16_t)(6000 + i), LEG_GET("/"), LEG_OK);
	leg_run(&scene);
	CHECK_INT(leg_rows_of(&scene), 0);
	CHECK_INT(leg_count(&scene, FINDINGS, FINDINGS_KIND, "hop.proxy"), 0);
	end("equal requests on both sides that meet once in many are no proxy");
}

/* 400 equal requests of which each could be one of two clients', but the first: all are clear then. */
static void chain(void)
{
	enum { LINKS = 400 };
	uint32_t i;

	leg_scene(&scene);
	for (i = 0; i < LINKS; i++) {
		int64_t us = 1000000 + i * 10000;

		leg_front(&scene, us, 13000, CLIENT, (uint16_t)(10000 + i), LEG_GET("/chain"), LEG_OK);
		leg_back(&scene, us + 1000, 11000, (uint16_t)(20000 + i), LEG_GET("/chain"), LEG_OK);
	}
	leg_run(&scene);
	for (i = 0; i < LINKS; i++)
		CHECK_TEXT(leg_told(&scene, (uint16_t)(10000 + i), (uint16_t)(20000 + i)), "0.95 request");
	CHECK_INT(leg_rows_of(&scene), LINKS);
	end("what is clear makes others clear, one by one");
}

static void named(void)
{
	static const char *const first = "PROXY TCP4 10.1.0.5 10.1.0.1 5000 80\r\n" LEG_GET("/same");
	static const char *const second = "PROXY TCP4 10.1.0.6 10.1.0.1 5001 80\r\n" LEG_GET("/same");

	leg_scene(&scene);
	leg_front(&scene, 1000000, 9000, CLIENT, 5000, LEG_GET("/same"), LEG_OK);
	leg_front(&scene, 1000100, 9000, OTHER, 5001, LEG_GET("/same"), LEG_OK);
	leg_back(&scene, 1001000, 4000, 6000, second, LEG_OK);
	leg_back(&scene, 1001200, 4000, 6001, first, LEG_OK);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5001, 6000), "0.99 named");
	CHECK_TEXT(leg_told(&scene, 5000, 6001), "0.99 named");
	CHECK_INT(leg_rows_of(&scene), 2);
	CHECK_INT(scene_rows(&scene, SESSIONS), 4);
	end("a PROXY header names the client, whatever else is equal");
}

static void marked(void)
{
#define LEG_MARKED(id) "GET /same HTTP/1.1\r\nHost: shop.example\r\nCookie: session=" id "\r\n\r\n"
	leg_scene(&scene);
	leg_front(&scene, 1000000, 9000, CLIENT, 5000, LEG_MARKED("c81e728d9d4c2f636f067f89cc14862c7e1b"), LEG_OK);
	leg_front(&scene, 1000100, 9000, OTHER, 5001, LEG_MARKED("eccbc87e4b5ce2fe28308fd9f2a7baf30a94"), LEG_OK);
	leg_back(&scene, 1001000, 4000, 6000, LEG_MARKED("eccbc87e4b5ce2fe28308fd9f2a7baf30a94"), LEG_OK);
	leg_back(&scene, 1001200, 4000, 6001, LEG_MARKED("c81e728d9d4c2f636f067f89cc14862c7e1b"), LEG_OK);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5001, 6000), "0.95 request");
	CHECK_TEXT(leg_told(&scene, 5000, 6001), "0.95 request");
	CHECK_INT(leg_rows_of(&scene), 2);
	end("rare pieces of a request tell equal targets apart");
}

static void hellos(void)
{
	static const char *const answer = "\x17\x03\x03 sealed";
	static const struct {
		uint32_t stage;
		int64_t us;
		const char *client, *server;
		uint16_t port, service;
		char random;
	} lines[] = {
		{LEG_NEAR, 1000000, CLIENT, LEG_VIP, 5000, 443, 'a'},
		{LEG_NEAR, 1000100, OTHER, LEG_VIP, 5001, 443, 'b'},
		{LEG_FAR, 1000900, LEG_OWN, LEG_WEB, 6000, 8443, 'b'},
		{LEG_FAR, 1001000, LEG_OWN, LEG_WEB, 6001, 8443, 'a'},
	};
	uint32_t i, bytes;

	leg_scene(&scene);
	for (i = 0; i < 4; i++) {
		struct leg_line l = leg_open(&scene, lines[i].stage, lines[i].us, lines[i].client,
					     lines[i].port, lines[i].server, lines[i].service);
		const char *h = leg_hello(lines[i].random, &bytes);

		leg_send(&l, lines[i].us, true, ACK | PSH, h, bytes);
		leg_say(&l, lines[i].us + (lines[i].stage == LEG_NEAR ? 9000 : 4000), false, answer);
	}
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5001, 6000), "0.97 content");
	CHECK_TEXT(leg_told(&scene, 5000, 6001), "0.97 content");
	CHECK_INT(leg_rows_of(&scene), 2);
	end("TLS that passes through is known by the random of its hello");
}

/* ---- by time ---- */

static const char *const sealed[8] = {"\x17\x03\x03 one", "\x17\x03\x03 two", "\x17\x03\x03 three",
				      "\x17\x03\x03 four", "\x17\x03\x03 five", "\x17\x03\x03 six",
				      "\x17\x03\x03 seven", "\x17\x03\x03 eight"};
static const int64_t sealed_us[8] = {1000000, 1690000, 3110000, 4730000, 7190000, 9970000, 13110000, 17770000};

static void encrypted_front(void)
{
	uint32_t i;

	leg_scene(&scene);
	for (i = 0; i < 8; i++) {
		leg_front(&scene, sealed_us[i], 6000, CLIENT, (uint16_t)(5000 + i), sealed[i], "\x17\x03\x03 back");
		leg_back(&scene, sealed_us[i] + 1000, 4000, (uint16_t)(6000 + i), LEG_GET("/"), LEG_OK);
	}
	leg_run(&scene);
	for (i = 0; i < 8; i++)
		CHECK_TEXT(leg_told(&scene, (uint16_t)(5000 + i), (uint16_t)(6000 + i)), "0.75 time");
	CHECK_INT(leg_rows_of(&scene), 8);
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 16);
	CHECK_INT(dropped(), 0);
	end("encrypted in front, clear behind: paired by time again and again, no session with another");

	leg_scene(&scene);
	for (i = 0; i < 2; i++) {
		leg_front(&scene, sealed_us[i], 6000, CLIENT, (uint16_t)(5000 + i), sealed[i], "\x17\x03\x03 back");
		leg_back(&scene, sealed_us[i] + 1000, 4000, (uint16_t)(6000 + i), LEG_GET("/"), LEG_OK);
	}
	leg_run(&scene);
	CHECK_INT(leg_rows_of(&scene), 0);
	CHECK_INT(leg_count(&scene, FINDINGS, FINDINGS_KIND, "hop.proxy"), 0);
	end("twice at the same time is no proxy yet");

	/* every 7 ms somebody asks in front, every 11 ms somebody else behind */
	leg_scene(&scene);
	for (i = 0; i < 300; i++)
		leg_front(&scene, 1000000 + i * 7000, 3000, CLIENT, (uint16_t)(5000 + i), sealed[i % 8],
			  "\x17\x03\x03 back");
	for (i = 0; i < 190; i++)
		leg_back(&scene, 1000000 + i * 11000, 2000, (uint16_t)(6000 + i), LEG_GET("/"), LEG_OK);
	leg_run(&scene);
	CHECK_INT(leg_rows_of(&scene), 0);
	end("much traffic on both sides meets by chance: no proxy");
}

/* ---- sessions ---- */

static void pooled(void)
{
	struct leg_line back, front;

	leg_scene(&scene);
	leg_front(&scene, 1000000, 5000, CLIENT, 5000, LEG_GET("/one"), LEG_OK);
	leg_front(&scene, 2000000, 5000, OTHER, 5001, LEG_GET("/two"), LEG_OK);
	back = leg_back(&scene, 1000700, 4000, 6000, LEG_GET("/one"), LEG_OK);
	leg_say(&back, 2000700, true, LEG_GET("/two"));
	leg_say(&back, 2004700, false, LEG_OK);
	front = leg_front(&scene, 3000000, 5000, CLIENT, 5002, LEG_GET("/three"), LEG_OK);
	leg_say(&front, 4000000, true, LEG_GET("/four"));
	leg_say(&front, 4005000, false, LEG_OK);
	leg_back(&scene, 3000700, 4000, 6001, LEG_GET("/three"), LEG_OK);
	leg_back(&scene, 4000700, 4000, 6002, LEG_GET("/four"), LEG_OK);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.95 request");
	CHECK_TEXT(leg_told(&scene, 5001, 6000), "0.95 request");
	CHECK_TEXT(leg_told(&scene, 5002, 6001), "0.95 request");
	CHECK_TEXT(leg_told(&scene, 5002, 6002), "0.95 request");
	/* two that pass; two clients and what they share; one client with all it has */
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 3 + 1);
	end("a connection that two clients share is no one's; what one alone uses is its session");
}

static void refused(void)
{
	struct leg_line line;

	leg_scene(&scene);
	leg_front(&scene, 1000000, 9000, CLIENT, 5000, LEG_GET("/one"), LEG_OK);
	line = (struct leg_line){.scene = &scene, .talk = scene_talk(1000500, LEG_OWN, 6000, "10.2.0.7", 8080),
				 .stage = LEG_FAR, .forward = true};
	leg_send(&line, 1000500, true, SYN, NULL, 0);
	leg_send(&line, 1000700, false, RST | ACK, NULL, 0);
	leg_back(&scene, 1002000, 4000, 6001, LEG_GET("/one"), LEG_OK);
	leg_run(&scene);
	CHECK_TEXT(leg_told(&scene, 5000, 6000), "0.60 refused");
	CHECK_TEXT(leg_told(&scene, 5000, 6001), "0.95 request");
	CHECK_INT(dropped(), 0);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	end("a server that refuses is a try, the next one is the request's");
}

/* The answer is the proxy's own, or the server's is another one. */
static void other_answers(void)
{
	static const char *const bad = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
	struct leg_line line;

	leg_scene(&scene);
	leg_front(&scene, 1000000, 5000, CLIENT, 5000, LEG_GET("/one"), bad);
	leg_back(&scene, 1000700, 4000, 6000, LEG_GET("/one"), LEG_OK);
	leg_front(&scene, 2000000, 5000, CLIENT, 5001, LEG_GET("/two"), bad);
	line = leg_open(&scene, LEG_NEAR, 3000000, CLIENT, 5002, "10.1.0.99", 80);
	leg_say(&line, 3000000, true, LEG_GET("/three"));
	leg_say(&line, 3005000, false, bad);
	leg_run(&scene);
	CHECK_INT(leg_count(&scene, SESSIONS, SESSIONS_CAUSE, "http_differs"), 2);
	end("an error that no server sent is told; a neighbour's own is not");
}

/* ---- RSTs ---- */

static void resets(void)
{
	static const char *const targets[] = {LEG_GET("/server"), LEG_GET("/client"), LEG_GET("/idle")};
	struct leg_line front[3], back[3];
	uint32_t i;

	leg_scene(&scene);
	for (i = 0; i < 3; i++) {
		int64_t us = 1000000 * (i + 1);

		front[i] = leg_front(&scene, us, 5000, CLIENT, (uint16_t)(5000 + i), targets[i], LEG_OK);
		back[i] = leg_back(&scene, us + 700, 4000, (uint16_t)(6000 + i), targets[i], LEG_OK);
	}
	leg_send(&back[0], 1300000, false, RST | ACK, NULL, 0); /* the server, and then the proxy */
	leg_send(&front[0], 1300500, false, RST | ACK, NULL, 0);
	leg_send(&front[1], 2300000, true, RST | ACK, NULL, 0); /* the client, and then the proxy */
	leg_send(&back[1], 2300500, true, RST | ACK, NULL, 0);
	leg_send(&front[2], 5000000, false, RST | ACK, NULL, 0); /* the proxy, after two seconds */
	leg_send(&back[2], 5000100, true, RST | ACK, NULL, 0);
	leg_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 6);
	CHECK_INT(leg_count(&scene, RESETS, RESETS_CAUSE, "proxy_server_side"), 2);
	CHECK_INT(leg_count(&scene, RESETS, RESETS_CAUSE, "proxy_client_side"), 1);
	CHECK_INT(leg_count(&scene, RESETS, RESETS_CAUSE, "proxy_timeout"), 2);
	end("a RST on one leg has its cause on the other: the server, the client, or the proxy's patience");
}

int main(void)
{
	one_request();
	equal_requests();
	load();
	chain();
	named();
	marked();
	hellos();
	encrypted_front();
	pooled();
	refused();
	other_answers();
	resets();
	return check_exit();
}
