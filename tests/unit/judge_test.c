/* Verdicts on packets that one side of a hop does not show, and that TCP says
 * nothing of: edges, the box itself, sessions of one side, deaf captures. */
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

static struct scene_packet udp(const char *src, uint16_t sport, const char *dst, uint16_t dport,
			       uint32_t text)
{
	return (struct scene_packet){.src = src, .sport = sport, .dst = dst, .dport = dport,
				     .proto = SCENE_UDP, .length = 60, .text = text};
}

static void last_packet(void)
{
	struct scene_talk t = scene_talk(22000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	scene_client(&scene, &t, ACK | PSH, 100, 0); /* nothing follows anywhere */
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_EDGE), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("the last packet of a capture is at its edge, not dropped");

	begin();
	scene_put(&scene, 0, -5000,
		  &(struct scene_packet){.src = "10.1.0.1", .sport = 5, .dst = "10.2.0.1", .dport = 6,
					 .ttl = 64, .flags = ACK, .seq = 7, .ack = 8, .mac = 2,
					 .length = 10, .ip_id = 77});
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_EDGE), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("a packet before the other capture began is at its edge");

	begin(); /* the server's capture ends at 10 s, the others go on */
	scene.point[2].file[0].rows = SCENE_WHOLE(20);
	t = scene_talk(5000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	scene_open(&scene, &t);
	t.us = 10000000;
	scene.blind = 1 << 2;
	scene_exchange(&scene, &t, 3);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_EDGE),
		  SCENE_WHOLE_FORWARD(20) + SCENE_WHOLE_FORWARD(3) - 2);
	end("what comes when a capture has ended is at its edge");
}

static void blocked_service(void)
{
	static const int64_t tries_us[] = {0, 1000000, 3000000, 7000000};
	uint32_t i, k;

	begin();
	for (k = 0; k < 3; k++)
		for (i = 0; i < 4; i++) {
			struct scene_talk t = scene_talk(2000000 + k * 500000 + tries_us[i], "10.1.0.1",
							 (uint16_t)(41000 + k), "10.2.0.1", 82);

			t.stamps = true;
			scene_client(&scene, &t, SYN, 0, 1); /* client and fw see it */
		}
	scene_whole(&scene, 4000000, "10.1.0.1", 42000, "10.2.0.1", 80, 3);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 12);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 12);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(3) + 12);
	for (i = 0; i < 12; i++) {
		CHECK_TEXT(scene_cell(&scene, DROPS, i, PACKETS_CAUSE), "policy");
		CHECK_TEXT(scene_cell(&scene, DROPS, i, PACKETS_TCP_FLAGS), "SYN");
		CHECK_TEXT(scene_cell(&scene, DROPS, i, PACKETS_DIRECTION), "forward");
	}
	end("SYNs and their repetitions that never pass a hop are drops of policy");
}

static void box_itself(void)
{
	struct scene_talk t = scene_talk(3000000, "10.1.0.1", 40000, "10.1.0.254", 22);

	begin();
	SCENE_ROAD(&scene, "client", "fw");
	scene_open(&scene, &t); /* ssh to the box behind the point fw: answered with TTL 64 there */
	scene_exchange(&scene, &t, 4);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_LOCAL), SCENE_WHOLE_FORWARD(4));
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_LOCAL), SCENE_WHOLE(4));
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	end("a session that the box between two points answers is local");
}

static void another_way(void)
{
	struct scene_talk t = scene_talk(3000000, "10.1.0.1", 40000, "10.3.0.7", 443);

	begin();
	SCENE_ROAD(&scene, "client", "fw", "elsewhere");
	scene.blind = 1 << 2;
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 4);
	scene_close(&scene, &t);
	scene.points = 3; /* nothing was captured elsewhere */
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_EXCLUDED), SCENE_WHOLE_FORWARD(4));
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_EXCLUDED), SCENE_WHOLE(4));
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	end("a session that is answered without passing the next point is excluded");
}

static void one_direction(void)
{
	struct scene_file *file;
	uint32_t i, kept = 0;

	begin(); /* the server's capture holds only what the server sends */
	scene_whole(&scene, 2000000, "10.1.0.1", 40000, "10.2.0.1", 80, 10);
	for (i = 0; i < 5; i++) /* one way only: nobody answers */
		scene_send(&scene, 3000000 + i * 100000, udp("10.1.0.1", 50000, "10.2.0.2", 514, i), 0, 2);
	file = &scene.point[2].file[0];
	for (i = 0; i < file->rows; i++)
		if (strncmp(file->row[i].packet.src, "10.2.", 5) == 0)
			file->row[kept++] = file->row[i];
	file->rows = kept;
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	/* its first record is the first SYN-ACK, its last one the last FIN: the SYN
	 * before and the ACK behind are at the edges */
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_UNCAPTURED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(10) + 5 - 2);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_EDGE), 2);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_MATCHED),
		  SCENE_FRAME_REVERSE + SCENE_WHOLE_REVERSE(10));
	end("a capture of one direction lost the other: uncaptured, not dropped");

	begin(); /* the client's capture holds only what the client sends */
	scene_whole(&scene, 2000000, "10.1.0.1", 40000, "10.2.0.1", 80, 10);
	file = &scene.point[0].file[0];
	for (i = kept = 0; i < file->rows; i++)
		if (strncmp(file->row[i].packet.src, "10.1.", 5) == 0)
			file->row[kept++] = file->row[i];
	file->rows = kept;
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_UNCAPTURED),
		  SCENE_FRAME_REVERSE + SCENE_WHOLE_REVERSE(10));
	end("the same at the point nearest to the clients");
}

static void box_errors(void)
{
	struct scene_packet error, echo;
	uint32_t i;

	begin();
	for (i = 0; i < 3; i++) {
		struct scene_packet probe = udp("10.1.0.1", 51000, "10.2.0.1", (uint16_t)(33434 + i), i);

		probe.ttl = 2;
		probe.ip_id = 60 + i;
		scene_send(&scene, 2000000 + i * 10000, probe, 0, 1); /* arrives at fw with TTL 1 */
		error = (struct scene_packet){.src = "10.1.0.254", .dst = "10.1.0.1",
					      .proto = SCENE_ICMP, .ack = 11 << 8, .length = 28,
					      .quotes = &probe};
		scene_send(&scene, 2000400 + i * 10000, error, 1, 0);
	}
	/* ping to the box */
	for (i = 0; i < 3; i++) {
		echo = (struct scene_packet){.src = "10.1.0.1", .dst = "10.1.0.254", .sport = 9, .dport = 9,
					     .proto = SCENE_ICMP, .seq = i, .ack = 8 << 8, .length = 56,
					     .text = 100 + i};
		scene_send(&scene, 4000000 + i * 1000000, echo, 0, 1);
		echo.src = "10.1.0.254";
		echo.dst = "10.1.0.1";
		echo.ack = 0;
		scene_send(&scene, 4000600 + i * 1000000, echo, 1, 0);
	}
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 3);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_CAUSE), "ttl_expired");
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 3);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_balance(&scene, "fw>server", "fw", BALANCE_LOCAL), 3 + 6);
	CHECK_INT(scene_hop(&scene, "client>fw", "reverse", HOPS_MATCHED), SCENE_FRAME_REVERSE + 6);
	end("ICMP errors of the box, and pings to it, are local; what it let expire was dropped");
}

/* Two captures behind a balancer, one of which ended early. */
static void alternative_ended(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "lb", "web1");
	(void)scene_point(&scene, "web2");
	scene.path = "client,lb,web1/web2";
	for (i = 0; i < 20; i++) {
		struct scene_talk t = scene_talk(i * 500000, "10.1.0.1", (uint16_t)(40000 + i),
						 "10.9.0.80", 80);

		t.us += 1000;
		scene_nat_end(&scene);
		scene_branch(&scene, 2, i % 2 ? "web1" : "web2");
		scene_nat(&scene, 1, "10.9.0.80", 80, i % 2 ? "10.2.0.1" : "10.2.0.2", 8080);
		t.real = i % 2 ? "10.2.0.1" : "10.2.0.2";
		t.real_port = 8080;
		scene.blind = i % 2 && i > 10 ? 1 << 2 : 0;
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "lb>web1/web2", "forward", HOPS_MATCHED),
		  15 * SCENE_WHOLE_FORWARD(2));
	end("what went to an alternative whose capture had ended is not dropped");
}

/* A ring whose middle file is missing. */
static void hole_in_a_ring(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	for (i = 0; i < 150; i++) { /* 2 s to 17 s; the server's capture has a hole from 7 s to 12 s */
		t.us = 2100000 + i * 100000;
		scene.blind = t.us >= 7000000 && t.us < 12000000 ? 1 << 2 : 0;
		scene.point[2].use = t.us >= 12000000;
		scene_exchange(&scene, &t, 1);
	}
	for (i = 0; i < 20; i++) {
		bool hole = i >= 5 && i < 10;

		scene.blind = hole ? 1 << 2 : 0;
		scene.point[2].use = i >= 10;
		scene_send(&scene, 2050000 + i * 1000000, udp("10.1.0.3", 50000, "10.2.0.2", 514, i), 0, 2);
	}
	for (i = 0; i < scene.point[2].file[0].rows; i++) /* the frame's second connection */
		if (scene.point[2].file[0].row[i].us >= 12000000) {
			struct scene_file *file = &scene.point[2].file[0];
			struct scene_packet packet = file->row[i].packet;
			int64_t us = file->row[i].us;

			scene.point[2].use = 1;
			scene_put(&scene, 2, us, &packet);
			memmove(&file->row[i], &file->row[i + 1],
				(file->rows - i - 1) * sizeof *file->row);
			file->rows--;
			i--;
		}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_MATCHED),
		  scene.point[2].file[0].rows + scene.point[2].file[1].rows);
	end("what comes while a point has no file is not dropped");
}

/* UDP says nothing of itself: only the captures' spans tell what they missed. */
static void unanswered_stream(void)
{
	uint32_t i;

	begin(); /* a hole from 7 s to 12 s between two files */
	for (i = 0; i < 170; i++) {
		int64_t us = 2050000 + i * 100000;

		scene.blind = us >= 7000000 && us < 12000000 ? 1 << 2 : 0;
		scene.point[2].use = us >= 12000000;
		scene_send(&scene, us, udp("10.1.0.3", 50000, "10.2.0.2", 5004, i), 0, i == 30 ? 1 : 2);
	}
	scene_run(&scene);
	/* the frame's second connection is in the first file, which reaches over the hole */
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 1 + 50);
	CHECK_INT(scene_sum(&scene, HOPS_EDGE), 0);
	end("a stretch between files that another file covers is no hole");
}

static void hole_in_a_stream(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_whole(&scene, 0, "10.1.0.9", 30001, "10.2.0.9", 80, 20);
	for (i = 0; i < 170; i++) {
		int64_t us = 2050000 + i * 100000;

		scene.blind = us >= 7000000 && us < 12000000 ? 1 << 2 : 0;
		scene.point[2].use = us >= 12000000;
		scene_send(&scene, us, udp("10.1.0.3", 50000, "10.2.0.2", 5004, i), 0, i == 30 ? 1 : 2);
	}
	scene_whole(&scene, 20000000, "10.1.0.9", 30002, "10.2.0.9", 80, 20);
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_EDGE), 50);
	end("a UDP stream does not drop what comes while a point has no file");
}

static void direction_file_ended(void)
{
	struct scene_file *file;
	uint32_t i, kept;

	begin(); /* at the server, the file of what clients send ends at 10 s */
	for (i = 0; i < 150; i++) {
		scene_send(&scene, 2050000 + i * 100000, udp("10.1.0.3", 50000, "10.2.0.2", 5004, i), 0, 2);
		scene_send(&scene, 2060000 + i * 100000, udp("10.2.0.2", 5004, "10.1.0.3", 50000, 500 + i), 2, 0);
	}
	file = &scene.point[2].file[0];
	scene.point[2].use = 1;
	for (i = kept = 0; i < file->rows; i++) {
		struct scene_packet packet = file->row[i].packet;

		if (strncmp(packet.src, "10.2.", 5) == 0)
			scene_put(&scene, 2, file->row[i].us, &packet);
		else if (file->row[i].us < 10000000)
			file->row[kept++] = file->row[i];
	}
	file->rows = kept;
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	/* 10.05 s to 16.95 s, and the frame's second connection */
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_EDGE), 70 + SCENE_WHOLE_FORWARD(20));
	end("the file of one direction ends before that of the other");
}

static void alternative_stream(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "lb", "web1");
	(void)scene_point(&scene, "web2");
	scene.path = "client,lb,web1/web2";
	for (i = 0; i < 200; i++) { /* web1's capture ends at 10 s */
		scene_branch(&scene, 2, i % 2 ? "web1" : "web2");
		scene.blind = i % 2 && i >= 100 ? 1 << 2 : 0;
		scene_send(&scene, i * 100000,
			   udp("10.1.0.3", (uint16_t)(50000 + i % 2), i % 2 ? "10.2.0.1" : "10.2.0.2", 5004, i),
			   0, i == 40 || i == 41 ? 1 : 2);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 2);
	CHECK_INT(scene_hop(&scene, "lb>web1/web2", "forward", HOPS_EDGE), 50);
	end("of a stream to an alternative whose capture ended, the rest is at the edge");
}

/* The reverse way goes round a point, for one session of two. */
static void asymmetric(void)
{
	struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80), u;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	u = scene_talk(2500000, "10.1.0.1", 40001, "10.2.0.1", 80);
	scene_open(&scene, &u);
	for (i = 0; i < 20; i++) {
		/* of the one, what the client sends is not in the capture at fw */
		scene.blind = 1 << 1;
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		scene.blind = 0;
		scene_server(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		scene.blind = 1 << 1;
		scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
		scene.blind = 0;
		scene_exchange(&scene, &u, 1);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_UNCAPTURED), 40);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + 4 + 40);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_UNCAPTURED), 40);
	end("a gap at a middle point was lost by the capture there");
}

/* What the client sends to others of its own network dies at no hop. */
static void to_a_neighbour(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 10; i++) {
		struct scene_packet packet = udp("10.1.0.1", 50000, "10.1.0.77", 9100, i);

		packet.mac = 99; /* not to the router */
		scene_send(&scene, 2000000 + i * 100000, packet, 0, 0);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_EXCLUDED), 10);
	end("what is sent to another link address than all that passes goes another way");
}

/* A mirror in the middle shows each packet of a session a second time, as a box behind it has rewritten
 * it: other numbers, TTL one less. */
static void mirrored_rewritten(uint32_t packets)
{
	uint32_t i;

	begin();
	scene_whole(&scene, 2000000, "10.1.0.1", 42000, "10.2.0.1", 80, 20);
	for (i = 0; i < packets; i++)
		scene_put(&scene, 1, 2100000 + i * 1000,
			  &(struct scene_packet){.src = "10.1.0.1", .sport = 42000, .dst = "10.2.0.1",
						 .dport = 80, .ttl = 60, .flags = ACK, .mac = 1,
						 .seq = 3000000000u + i * 100, .ack = 7, .length = 100,
						 .ip_id = 50000 + i});
	scene_run(&scene);
}

static void foreign_packets(void)
{
	mirrored_rewritten(40);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_balance(&scene, "client>fw", "fw", BALANCE_INJECTED), 0);
	CHECK_INT(scene_balance(&scene, "client>fw", "fw", BALANCE_AMBIGUOUS), 40);
	end("as many foreign packets as a session has may be its own, rewritten");

	mirrored_rewritten(3);
	CHECK_INT(scene_balance(&scene, "client>fw", "fw", BALANCE_INJECTED), 3);
	end("a few foreign packets in a session are injected");
}

int main(void)
{
	foreign_packets();
	last_packet();
	blocked_service();
	box_itself();
	another_way();
	one_direction();
	box_errors();
	alternative_ended();
	hole_in_a_ring();
	unanswered_stream();
	hole_in_a_stream();
	direction_file_ended();
	alternative_stream();
	asymmetric();
	to_a_neighbour();
	return check_exit();
}
