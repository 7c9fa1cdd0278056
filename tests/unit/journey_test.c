/* Journeys over many points: gaps, duplicates, copies, several files of a
 * point, identical packets, clocks that are off, drift and step. */
#include "tests/unit/scene.h"

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

static void check_clean(long long dropped)
{
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), dropped);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
	CHECK_INT(scene_sum(&scene, HOPS_EXCLUDED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_LOCAL), 0);
}

static struct scene_packet udp(const char *src, uint16_t sport, const char *dst, uint16_t dport,
			       uint32_t text)
{
	return (struct scene_packet){.src = src, .sport = sport, .dst = dst, .dport = dport,
				     .proto = SCENE_UDP, .length = 60, .text = text};
}

/* Twelve connections over the time of the scene, each with a loss. */
static void busy(void)
{
	uint32_t i;

	for (i = 0; i < 12; i++) {
		struct scene_talk t = scene_talk(1000000 + i * 1500000, "10.1.0.1", (uint16_t)(40000 + i),
						 "10.2.0.1", 80);

		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 4);
		scene_lose(&scene, &t, i % 2, 300, i % (scene.stages - 1));
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
}

static void gap(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	scene_open(&scene, &t);
	scene.blind = 1 << 1;
	scene_exchange(&scene, &t, 3);
	scene.blind = 0;
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_UNCAPTURED), 6);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_UNCAPTURED), 3);
	CHECK_INT(scene_balance(&scene, "client>fw", "client", BALANCE_UNCAPTURED), 9);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_UNCAPTURED), 9);
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_UNCAPTURED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	end("what the points around one have and it has not, its capture lost");
}

static void network_duplicate(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet packet;

	begin();
	scene_open(&scene, &t);
	packet = scene_by_client(&t, ACK | PSH, 100);
	packet.ip_id = 7777;
	scene_client(&scene, &t, ACK | PSH, 0, SCENE_THROUGH); /* an ACK in front */
	scene_send(&scene, t.us, packet, 0, 2);
	packet.ttl = 63;
	scene_send(&scene, t.us + 900, packet, 1, 2); /* the first hop makes a second one */
	t.cseq += 100;
	t.us += 5000;
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	scene_run(&scene);
	check_clean(0);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DUPLICATED), 1);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DUPLICATED), 0);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(2) + 2);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(2) + 3);
	end("a second copy that a hop made is duplicated there and matched further on");
}

/* The capture holds some packets twice, without any system in it. */
static void sporadic_copy(uint32_t point, const char *sentence)
{
	struct scene_file *file;
	struct scene_packet packet;
	uint32_t i;

	begin();
	busy();
	file = &scene.point[point].file[0];
	for (i = 0; i < 3; i++) {
		struct scene_row *row = &file->row[SCENE_WHOLE(20) + 150 + i * 31];

		packet = row->packet;
		scene_put(&scene, point, row->us + 20, &packet);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 12);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED) + scene_sum(&scene, HOPS_UNCAPTURED), 0);
	end(sentence);
}

static void span_copies(uint32_t point, int64_t delay_us, const char *sentence)
{
	struct scene_file *file;
	struct scene_packet packet;
	uint32_t i, rows;

	begin();
	scene.delay_us[1] = delay_us;
	busy();
	file = &scene.point[point].file[0];
	rows = file->rows;
	for (i = 0; i < rows; i++) {
		packet = file->row[i].packet;
		scene_put(&scene, point, file->row[i].us + 15, &packet);
	}
	scene_run(&scene);
	check_clean(12);
	CHECK_INT(scene_balance(&scene, "fw>server", scene.point[point].name, BALANCE_COPIES), rows);
	CHECK_INT(scene_sum(&scene, HOPS_DUPLICATED), 0);
	end(sentence);
}

static void span_and_nat(void)
{
	struct scene_packet packet;
	uint32_t i, rows;

	begin();
	scene.delay_us[1] = 15000;
	for (i = 0; i < 6; i++) {
		struct scene_talk t = scene_talk(1000000 + i * 1500000, "10.1.0.1", (uint16_t)(40000 + i),
						 "10.2.0.1", 80);

		scene_nat_end(&scene);
		scene_nat(&scene, 1, t.client, t.cport, "10.2.0.254", (uint16_t)(61000 + i));
		t.seen = "10.2.0.254";
		t.seen_port = (uint16_t)(61000 + i);
		scene_open(&scene, &t);
		t.us += 40000;
		scene_exchange(&scene, &t, 2);
		scene_lose(&scene, &t, true, 300, 1);
		t.us += 40000;
		scene_close(&scene, &t);
	}
	rows = scene.point[2].file[0].rows;
	for (i = 0; i < rows; i++) {
		packet = scene.point[2].file[0].row[i].packet;
		scene_put(&scene, 2, scene.point[2].file[0].row[i].us + 15,
			  &packet);
	}
	scene_run(&scene);
	check_clean(6);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_COPIES), rows);
	end("copies behind NAT leave the translation to be learned");
}

static void ring_and_directions(void)
{
	struct scene_file *file;
	uint32_t i, kept;

	begin();
	busy();
	file = &scene.point[1].file[0];
	scene.point[1].use = 1;
	for (i = kept = 0; i < file->rows; i++) {
		struct scene_packet packet = file->row[i].packet;
		int64_t us = file->row[i].us;

		if (us >= 8800000)
			scene_put(&scene, 1, us, &packet);
		else
			file->row[kept++] = file->row[i];
	}
	file->rows = kept;
	scene_run(&scene);
	check_clean(12);
	end("two files of a ring are one capture");

	begin();
	busy();
	file = &scene.point[1].file[0];
	scene.point[1].use = 1;
	for (i = kept = 0; i < file->rows; i++) {
		struct scene_packet packet = file->row[i].packet;

		if (strncmp(packet.src, "10.2.", 5) == 0)
			scene_put(&scene, 1, file->row[i].us, &packet);
		else
			file->row[kept++] = file->row[i];
	}
	file->rows = kept;
	scene_run(&scene);
	check_clean(12);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 6);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), 6);
	end("a file for each direction is one capture");
}

static void keepalives(bool zero_id)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet probe, echo;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	for (i = 0; i < 12; i++) { /* probes of SND.NXT - 1 once a second; the sixth is lost */
		t.us = 3000000 + i * 1000000;
		probe = scene_by_client(&t, ACK, 0);
		probe.seq--;
		probe.zero_id = zero_id;
		echo = scene_by_server(&t, ACK, 0);
		echo.zero_id = zero_id;
		scene_send(&scene, t.us, probe, 0, i == 5 ? 1 : 2);
		if (i != 5)
			scene_send(&scene, t.us + 1000, echo, 2, 0);
	}
	scene_close(&scene, &t);
	scene_run(&scene);
	check_clean(1);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 1);
	/* 66 of the frame, 3 + 6 before the probes, five probes with answers: the next one */
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_FRAME), SCENE_WHOLE(20) + 9 + 10 + 1);
}

static void clocks(int64_t offset_us, double ppm, int64_t step_us, const char *sentence)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_clock(&scene, "fw", offset_us, ppm);
	scene_clock(&scene, "server", -offset_us / 3, -ppm);
	if (step_us)
		scene_clock_step(&scene, "fw", 10100000, step_us);
	scene_frame(&scene, 20000000);
	busy();
	scene_run(&scene);
	check_clean(12);
	CHECK_TEXT(scene.summary.path, "client,fw,server");
	/* the hop takes 200 to 239 us, whatever the clocks say */
	if (!step_us) {
		CHECK(scene_hop(&scene, "client>fw", "forward", HOPS_DELAY_P50) > 150000);
		CHECK(scene_hop(&scene, "client>fw", "forward", HOPS_DELAY_P50) < 290000);
	}
	end(sentence);
}

static void fragments(void)
{
	struct scene_packet whole = udp("10.1.0.5", 5000, "10.2.0.2", 2049, 3), part;
	uint32_t i;

	begin();
	for (i = 0; i < 20; i++) {
		whole.ip_id = 500 + i;
		whole.text = 3 + i;
		whole.length = 1472;
		whole.marks = PACKET_FRAGMENT;
		scene_send(&scene, 2000000 + i * 100000, whole, 0, 2);
		part = whole;
		part.marks = PACKET_FRAGMENT | PACKET_FRAGMENT_LATER;
		part.seq = 1480;
		part.length = 520;
		scene_send(&scene, 2000010 + i * 100000, part, 0, i == 7 ? 1 : 2);
	}
	scene_run(&scene);
	check_clean(1);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED), SCENE_FRAME_FORWARD + 39);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_LENGTH), 540);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_CAUSE), "unknown");
	end("fragments are matched one by one, and a lost one is a drop");
}

/* More flows with one payload than are compared with each other at once. */
static void many_alike(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 600; i++) {
		uint16_t flow = (uint16_t)(i % 200);
		struct scene_packet alive = udp("10.1.0.7", (uint16_t)(7000 + flow), "10.2.0.2", 5001, 9);

		alive.ip_id = 1 + i * 7;
		scene_nat_end(&scene);
		scene_nat(&scene, 1, "10.1.0.7", (uint16_t)(7000 + flow), "10.2.0.254",
			  (uint16_t)(30000 + flow));
		scene_send(&scene, 2000000 + i / 200 * 1000000 + flow * 2000, alive, 0, 2);
	}
	scene_run(&scene);
	check_clean(0);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED), SCENE_FRAME_FORWARD + 600);
	end("keep-alives of 200 flows behind NAT, all alike, are no loss");
}

static void wrap(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	t.cseq = UINT32_MAX - 250;
	t.sseq = UINT32_MAX - 900;
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_lose(&scene, &t, true, 300, 0); /* across the wrap */
	scene_lose(&scene, &t, false, 700, 0);
	scene.blind = 1 << 1;
	scene_client(&scene, &t, ACK | PSH, 50, SCENE_THROUGH);
	scene.blind = 1 << 2;
	scene_client(&scene, &t, ACK | PSH, 50, SCENE_THROUGH);
	scene.blind = 0;
	scene_exchange(&scene, &t, 3);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 2);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_UNCAPTURED), 1);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_UNCAPTURED), 1);
	end("sequence numbers wrap");
}

static void file_out_of_order(void)
{
	uint32_t i;

	begin();
	busy();
	scene.point[1].as_sent = true; /* the frame's second connection lies in front of the rest */
	for (i = 0; i < 2; i++) {
		scene.threads = i ? 4 : 1;
		scene_run(&scene);
		check_clean(12);
	}
	end("a file out of order is read in the order of time, with one thread or four");
}

int main(void)
{
	gap();
	network_duplicate();
	sporadic_copy(0, "a packet that the first capture holds twice is no drop");
	sporadic_copy(1, "the same at a point in the middle");
	sporadic_copy(2, "the same at the last point");
	span_copies(2, 200, "a capture that holds everything twice has copies");
	span_copies(1, 200, "the same in the middle");
	span_copies(2, 20000, "the same over a hop of 20 ms");
	span_and_nat();
	ring_and_directions();
	keepalives(false);
	end("of equal keep-alives the one that is lost is found");
	keepalives(true);
	end("the same when all have the IP ID 0");
	clocks(INT64_C(31536000000000), 0, 0, "a clock one year off");
	clocks(-3700000, 35, 0, "a clock 35 ppm fast and 3.7 s late, another as slow");
	clocks(0, 0, INT64_C(3600000000), "a clock that steps an hour ahead");
	clocks(0, 0, INT64_C(-3600000000), "a clock that steps an hour back");
	fragments();
	many_alike();
	wrap();
	file_out_of_order();
	return check_exit();
}
