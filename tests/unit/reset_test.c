/* Where each RST came from, and why. */
#include "tests/unit/scene.h"

static struct scene scene;
static struct scene_talk talk;

static void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw-in", "fw-out", "server");
	scene_frame(&scene, 20000000);
	talk = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.9", 80);
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

static struct scene_packet reset_from_server(uint16_t flags, uint8_t ttl)
{
	struct scene_packet packet = scene_by_server(&talk, flags, 0);

	packet.ttl = ttl;
	packet.zero_id = true;
	packet.window = 1;
	return packet;
}

static struct scene_packet reset_from_client(uint8_t ttl)
{
	struct scene_packet packet = scene_by_client(&talk, RST | ACK, 0);

	packet.ttl = ttl;
	packet.zero_id = true;
	packet.window = 1;
	return packet;
}

static void check_reset(uint32_t row, const char *verdict, const char *origin, const char *cause,
			const char *points)
{
	CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_VERDICT), verdict);
	CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_ORIGIN), origin);
	CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_CAUSE), cause);
	CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_POINTS_SEEN), points);
}

static void closed_port(void)
{
	begin();
	talk.sport = talk.real_port = 81;
	scene_client(&scene, &talk, SYN, 0, SCENE_THROUGH);
	talk.sseq = 0;
	scene_send(&scene, talk.us, reset_from_server(RST | ACK, 64), 3, 0);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	check_reset(0, "endpoint", "server", "closed_port", "client,fw-in,fw-out,server");
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	end("a RST that answers a SYN from the server's own point is a closed port");
}

static void rejected(void)
{
	begin();
	talk.sport = talk.real_port = 82;
	scene_client(&scene, &talk, SYN, 0, 1);
	talk.sseq = 0;
	scene_send(&scene, talk.us, reset_from_server(RST | ACK, 64), 1, 0);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	check_reset(0, "injected", "fw-in>fw-out", "firewall_reject", "client,fw-in");
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "reverse", HOPS_INJECTED), 1);
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "forward", HOPS_DROPPED), 1);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_CAUSE), "reset_by_hop");
	CHECK_TEXT(scene_cell(&scene, INJECTED, 0, PACKETS_SEEN_AT), "fw-in");
	CHECK_TEXT(scene_cell(&scene, INJECTED, 0, PACKETS_MISSING_AT), "fw-out");
	end("a RST that answers a SYN in front of a hop is the hop's reject");
}

static void both_sides(void)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 3);
	scene_send(&scene, talk.us, reset_from_server(RST | ACK, 64), 1, 0);
	scene_send(&scene, talk.us + 10, reset_from_client(64), 2, 3);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 2);
	check_reset(0, "injected", "fw-in>fw-out", "both_sides_injected", "client,fw-in");
	check_reset(1, "injected", "fw-in>fw-out", "both_sides_injected", "fw-out,server");
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "forward", HOPS_INJECTED), 1);
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "reverse", HOPS_INJECTED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 2);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("a hop that resets both ends injects a RST each way");
}

static void forged(uint8_t ttl, const char *sentence)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 3);
	scene_send(&scene, talk.us, reset_from_server(RST, ttl), 0, 0); /* only the client has it */
	talk.us += 4000;
	scene_server(&scene, &talk, ACK | PSH, 300, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	check_reset(0, "injected", "client>fw-in", "forged", "client");
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_DIRECTION), "reverse");
	CHECK_INT(scene_hop(&scene, "client>fw-in", "reverse", HOPS_INJECTED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end(sentence);
}

static void from_the_ends(void)
{
	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 3);
	scene_send(&scene, talk.us, reset_from_client(64), 0, 3);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	/* 700 bytes had come, and the window of 1 is less than those of 500 before */
	check_reset(0, "endpoint", "client", "unread_data_close", "client,fw-in,fw-out,server");
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	end("a RST of the client that all points saw is the client's");

	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 3);
	scene_send(&scene, talk.us, reset_from_server(RST, 64), 3, 2); /* dies on its way */
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	check_reset(0, "endpoint", "server", "half_open", "fw-out,server");
	CHECK_INT(scene_hop(&scene, "fw-in>fw-out", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	end("a RST of the server that dies on its way is the server's, and a drop");

	begin();
	scene_open(&scene, &talk);
	scene_exchange(&scene, &talk, 3);
	scene.blind = 1 << 2;
	scene_send(&scene, talk.us, reset_from_server(RST, 64), 3, 0);
	scene.blind = 0;
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	check_reset(0, "endpoint", "server", "half_open", "client,fw-in,server");
	CHECK_INT(scene_hop(&scene, "fw-out>server", "reverse", HOPS_UNCAPTURED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED) + scene_sum(&scene, HOPS_DROPPED), 0);
	end("a RST that a middle point did not capture is one RST, of the server");
}

int main(void)
{
	closed_port();
	rejected();
	both_sides();
	forged(200, "a RST with a foreign TTL that only its receiver saw is forged");
	forged(61, "the same with the flow's TTL");
	from_the_ends();
	return check_exit();
}
