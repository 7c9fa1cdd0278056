/* distributions.csv: how many packets of which length went into a hop and did not come out, and
 * which delays are there. Every scene of other tests checks its sums as well. */
#include "tests/unit/scene.h"

#define HEADERS 28 /* of IPv4 and UDP */

static struct scene scene;

static void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 20000000);
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

static const char *cell(uint32_t row, enum distributions_column column)
{
	return scene_cell(&scene, DISTRIBUTIONS, row, column);
}

static bool is_of(uint32_t row, const char *direction)
{
	return strcmp(cell(row, DISTRIBUTIONS_HOP), "fw>server") == 0 &&
	       strcmp(cell(row, DISTRIBUTIONS_DIRECTION), direction) == 0;
}

/* A datagram of so many IP bytes; lost between `fw` and `server` when `lost`. */
static void datagram(int64_t us, uint32_t bytes, bool forward, bool lost)
{
	struct scene_packet packet = {.src = forward ? "10.1.0.1" : "10.2.0.1",
				      .dst = forward ? "10.2.0.1" : "10.1.0.1",
				      .sport = forward ? 50000 : 514, .dport = forward ? 514 : 50000,
				      .proto = SCENE_UDP, .length = bytes - HEADERS,
				      .text = (uint32_t)us};

	if (forward)
		scene_send(&scene, us, packet, 0, lost ? 1 : 2);
	else
		scene_send(&scene, us, packet, 2, lost ? 2 : 0);
}

/* A column of the class that begins with `from`; 0: no such row. */
static long long class(const char *direction, const char *from, uint32_t column)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, DISTRIBUTIONS); row++)
		if (is_of(row, direction) && strcmp(cell(row, DISTRIBUTIONS_FROM_BYTES), from) == 0)
			return scene_int(&scene, DISTRIBUTIONS, row, column);
	return 0;
}

/* Lengths on both sides of every edge, each several times, of which the last ones die. */
static void loss_by_length(void)
{
	static const struct {
		uint32_t bytes;
		const char *from;
	} rows[] = {
		{127, "64"},    {128, "128"},   {255, "128"},   {256, "256"},   {511, "256"},
		{512, "512"},   {1023, "512"},  {1024, "1024"}, {1280, "1024"}, {1281, "1281"},
		{1400, "1281"}, {1401, "1401"}, {1499, "1401"}, {1500, "1500"}, {1501, "1501"},
		{9000, "1501"}, {9001, "9001"}, {60000, "9001"},
	};
	enum { LENGTHS = sizeof rows / sizeof rows[0] };
	int64_t us = 2000000;
	uint32_t i, k, way;

	begin();
	for (i = 0; i < LENGTHS; i++)
		for (k = 0; k < 5; k++, us += 50000)
			for (way = 0; way < 2; way++)
				datagram(us + way * 20000, rows[i].bytes, way, k > 4 - way - i % 3);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), LENGTHS + LENGTHS);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), LENGTHS);
	for (way = 0; way < 2; way++)
		for (i = 0; i < LENGTHS; i++) {
			const char *direction = way ? "forward" : "reverse";
			long long packets = 0, dropped = 0;

			for (k = 0; k < LENGTHS; k++) {
				bool same = strcmp(rows[k].from, rows[i].from) == 0;

				packets += same ? 5 : 0;
				dropped += same ? way + k % 3 : 0;
			}
			if (strcmp(rows[i].from, "64") != 0 && strcmp(rows[i].from, "128") != 0 &&
			    strcmp(rows[i].from, "512") != 0) /* the frame's packets are of these */
				CHECK_INT(class(direction, rows[i].from, DISTRIBUTIONS_PACKETS),
					  packets);
			CHECK_INT(class(direction, rows[i].from, DISTRIBUTIONS_DROPPED), dropped);
		}
	CHECK_INT(class("forward", "9001", DISTRIBUTIONS_TO_BYTES), 0); /* empty */
	CHECK_INT(class("forward", "1501", DISTRIBUTIONS_TO_BYTES), 9000);
	end("each length is counted in its class, in both directions, with what died of it");
}

/* The hop takes options off: 12 bytes forward, 8 back. */
static void strip(struct scene *s, uint32_t hop, bool forward, struct scene_packet *packet)
{
	(void)s, (void)hop;
	if (packet->options && packet->length)
		packet->options = forward ? NULL : "01010101";
}

/* 20 + 20 + 12 + 1448 or 1452 bytes in front of the hop: 1500 and 1504; fewer than 1500 behind. */
static void length_upstream(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet packet;
	uint32_t i, way, payload;

	begin();
	SCENE_ROAD(&scene, "fw", "server");
	scene_open(&scene, &t);
	scene.touch = strip;
	for (i = 0; i < 14; i++)
		for (way = 0; way < 2; way++, t.us += 20000) {
			payload = i % 2 ? 1448 : 1452;
			packet = (way ? scene_by_client : scene_by_server)(&t, ACK | PSH, payload);
			packet.options = "0101080a0000000100000002";
			scene_travel(&scene, &t, packet, way, SCENE_THROUGH);
			*(way ? &t.cseq : &t.sseq) += payload;
		}
	scene.touch = NULL;
	scene_close(&scene, &t);
	scene_run(&scene);
	for (way = 0; way < 2; way++) {
		CHECK_INT(class(way ? "forward" : "reverse", "1500", DISTRIBUTIONS_PACKETS), 7);
		CHECK_INT(class(way ? "forward" : "reverse", "1501", DISTRIBUTIONS_PACKETS), 7);
		CHECK_INT(class(way ? "forward" : "reverse", "1401", DISTRIBUTIONS_PACKETS), 0);
	}
	end("a packet's length is the one that it had in front of the hop");
}

/* The server's capture holds only what the server sends. */
static void clock_unknown(void)
{
	struct scene_file *file;
	uint32_t i, kept = 0, row;

	begin();
	scene_whole(&scene, 2000000, "10.1.0.1", 40000, "10.2.0.1", 80, 10);
	file = &scene.point[2].file[0];
	for (i = 0; i < file->rows; i++)
		if (strncmp(file->row[i].packet.src, "10.2.", 5) == 0)
			file->row[kept++] = file->row[i];
	file->rows = kept;
	scene_run(&scene);
	for (row = 0; row < scene_rows(&scene, DISTRIBUTIONS); row++)
		if (strcmp(cell(row, DISTRIBUTIONS_HOP), "fw>server") == 0)
			CHECK_TEXT(cell(row, DISTRIBUTIONS_KIND), "length_bytes");
	CHECK(scene_hop(&scene, "fw>server", "reverse", HOPS_MATCHED) > 0);
	CHECK_INT(scene_distributed(&scene, "client>fw", "reverse", "delay_us",
				    DISTRIBUTIONS_PACKETS),
		  scene_hop(&scene, "client>fw", "reverse", HOPS_MATCHED));
	end("where no clock can be known there are no delays, but lengths");
}

/* Ten packets take 2.2 ms, ten 22 ms and ten 220 ms; the others 0.2 ms. */
static void slow_packets(void)
{
	static const int64_t slow_us[] = {2000, 20000, 200000};
	uint32_t i, k, row;
	long long seen[3] = {0};

	begin();
	for (k = 0; k < 3; k++) {
		scene.delay_us[1] = slow_us[k] + slow_us[k] / 10; /* far from both edges */
		for (i = 0; i < 10; i++)
			datagram(2000000 + k * 4000000 + i * 300000, 400, true, false);
	}
	scene_run(&scene);
	for (row = 0; row < scene_rows(&scene, DISTRIBUTIONS); row++) {
		long long from_ns = scene_int(&scene, DISTRIBUTIONS, row, DISTRIBUTIONS_FROM);
		long long to_ns = scene_int(&scene, DISTRIBUTIONS, row, DISTRIBUTIONS_TO);

		for (k = 0; k < 3 && is_of(row, "forward"); k++)
			if (from_ns == slow_us[k] * 1000 && 4 * to_ns == 5 * from_ns) {
				seen[k] = scene_int(&scene, DISTRIBUTIONS, row, DISTRIBUTIONS_PACKETS);
				CHECK_TEXT(cell(row, DISTRIBUTIONS_DROPPED), "");
			}
	}
	for (k = 0; k < 3; k++)
		CHECK_INT(seen[k], 10);
	end("packets that are slow by a power of ten lie in the same bin of another decade");
}

/* Five packets have times that cannot be: the server has them 3 ms before `fw`. */
static void negative_delays(void)
{
	uint32_t i;

	begin();
	scene_whole(&scene, 2000000, "10.1.0.1", 40000, "10.2.0.1", 80, 300);
	for (i = 0; i < 5; i++) {
		struct scene_packet packet = {.src = "10.1.0.1", .dst = "10.2.0.1", .sport = 50000,
					      .dport = 514, .proto = SCENE_UDP, .length = 60,
					      .text = i, .ttl = 63, .ip_id = 77 + i, .mac = 4};

		scene_put(&scene, 1, 5000000 + i * 500000, &packet);
		packet.ttl--;
		packet.mac = 6;
		scene_put(&scene, 2, 5000000 + i * 500000 - 3000, &packet);
	}
	scene_run(&scene);
	CHECK(scene_hop(&scene, "fw>server", "forward", HOPS_DELAY_MIN) < 0);
	CHECK_TEXT(cell(0, DISTRIBUTIONS_HOP), "client>fw");
	for (i = 0; i < scene_rows(&scene, DISTRIBUTIONS) && !is_of(i, "forward"); i++)
		;
	CHECK_TEXT(cell(i, DISTRIBUTIONS_FROM), "");
	CHECK_TEXT(cell(i, DISTRIBUTIONS_TO), "0");
	CHECK_TEXT(cell(i, DISTRIBUTIONS_PACKETS), "5");
	end("negative delays have a bin of their own, which has no beginning");
}

int main(void)
{
	loss_by_length();
	length_upstream();
	clock_unknown();
	slow_packets();
	negative_delays();
	return check_exit();
}
