/* Bytes that crossed a hop in other packets than they came in: what is matched
 * by its bytes, and what is a drop all the same. */
#include "tests/unit/scene.h"

static struct scene scene;
static struct scene_talk talk;

/* A connection whose next client byte has sequence number `seq`. */
static void begin(uint32_t seq)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "server");
	scene_frame(&scene, 20000000);
	talk = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	talk.cseq = seq - 1;
	scene_open(&scene, &talk);
}

/* The client's bytes [at, at + length) at a stage. */
static void bytes_at(uint32_t stage, uint32_t at, uint32_t length, int64_t later_us)
{
	struct scene_packet packet = scene_by_client(&talk, ACK, length);

	packet.seq = talk.cseq + at;
	packet.ttl = (uint8_t)(64 - stage);
	packet.mac = (uint8_t)(2 * stage + 2);
	packet.ip_id = scene.next_id++;
	packet.window = 500;
	scene_put(&scene, stage, talk.us + later_us, &packet);
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

static void check(long long forward, long long dropped)
{
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_PACKETS),
		  SCENE_FRAME_FORWARD + forward);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + forward - dropped);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_DROPPED), dropped);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED) + scene_sum(&scene, HOPS_UNCAPTURED), 0);
}

static void answer(uint32_t length)
{
	talk.cseq += length;
	talk.us += 20000;
	scene_server(&scene, &talk, ACK, 0, SCENE_THROUGH);
	scene_exchange(&scene, &talk, 2);
	scene_close(&scene, &talk);
}

static void joined(uint32_t seq, const char *sentence)
{
	uint32_t i;

	begin(seq);
	for (i = 0; i < 5; i++)
		bytes_at(0, i * 1000, 1000, i * 10);
	bytes_at(1, 0, 5000, 300);
	answer(5000);
	check(SCENE_WHOLE_FORWARD(2) + 5, 0);
	CHECK_INT(scene_balance(&scene, "client>server", "server", BALANCE_MATCHED),
		  scene.point[1].file[0].rows);
	end(sentence);
}

static void cut(uint32_t seq, const char *sentence)
{
	uint32_t i;

	begin(seq);
	bytes_at(0, 0, 5000, 0);
	for (i = 0; i < 5; i++)
		bytes_at(1, i * 1000, 1000, 300 + i * 10);
	answer(5000);
	check(SCENE_WHOLE_FORWARD(2) + 1, 0);
	end(sentence);
}

/* The third segment is lost; its retransmission arrives joined with later ones. */
static void lost_and_joined(void)
{
	uint32_t i;

	begin(7000);
	for (i = 0; i < 5; i++)
		bytes_at(0, i * 1000, 1000, i * 10);
	bytes_at(1, 0, 2000, 300);
	bytes_at(1, 3000, 2000, 310);
	bytes_at(0, 2000, 1000, 200000);
	bytes_at(0, 5000, 1000, 200010);
	bytes_at(1, 2000, 1000, 200300);
	bytes_at(1, 5000, 1000, 200310);
	talk.us += 200000;
	answer(6000);
	check(SCENE_WHOLE_FORWARD(2) + 7, 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_TCP_SEQ), 9000);
	end("a segment that was lost stays a drop when its neighbours were joined");

	begin(7000);
	for (i = 0; i < 3; i++)
		bytes_at(0, i * 1000, 1000, i * 10);
	bytes_at(1, 0, 2000, 300);
	bytes_at(0, 2000, 1000, 200000);
	bytes_at(0, 3000, 1000, 200010);
	bytes_at(1, 2000, 2000, 200300); /* the retransmission, joined with what follows */
	talk.us += 200000;
	answer(4000);
	check(SCENE_WHOLE_FORWARD(2) + 5, 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_FRAME), SCENE_WHOLE(20) + 3 + 3);
	end("the bytes that a retransmission brought do not hide that the original was lost");
}

/* What the client has sent so far was acknowledged. */
static void acknowledged(uint32_t bytes)
{
	struct scene_talk to = talk;

	to.cseq += bytes;
	to.us += 1000;
	scene_server(&scene, &to, ACK, 0, SCENE_THROUGH);
}

static const char *evidence(uint32_t row)
{
	return scene_cell(&scene, DROPS, row, PACKETS_EVIDENCE);
}

static void partly_lost(void)
{
	begin(7000);
	bytes_at(0, 0, 3000, 0);
	bytes_at(1, 0, 1000, 300);
	bytes_at(1, 2000, 1000, 310);
	bytes_at(0, 1000, 1000, 200000); /* just what was lost, again */
	bytes_at(1, 1000, 1000, 200300);
	talk.us += 200000;
	answer(3000);
	check(SCENE_WHOLE_FORWARD(2) + 2, 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_TCP_SEQ), 7000);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_LENGTH), 3040);
	CHECK(strstr(evidence(0), "1000 bytes of it are missing at server") != NULL);
	CHECK(strstr(evidence(0), "its retransmission passed") != NULL);
	end("a frame of which one piece is lost is dropped, for that piece");

	begin(7000);
	bytes_at(0, 0, 3000, 0);
	bytes_at(1, 0, 1000, 300);
	bytes_at(1, 2000, 1000, 310);
	answer(3000); /* the server has all of it */
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_UNCAPTURED), 1);
	end("a piece that the server acknowledged without ever getting it again was lost by the capture");
}

/* Segments that a firewall joins to look at, and cuts again: they are alike on both ends. */
static void joined_in_the_middle(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 20000000);
	talk = scene_talk(2000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	scene_open(&scene, &talk);
	for (i = 0; i < 6; i++)
		bytes_at(0, i * 1000, 1000, i * 10);
	bytes_at(1, 0, 4000, 250);
	bytes_at(1, 4000, 2000, 260);
	for (i = 0; i < 6; i++)
		bytes_at(2, i * 1000, 1000, 450 + i * 10);
	answer(6000);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_PACKETS),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(2) + 6);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(2) + 6);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_WHOLE_FORWARD(2) + 2);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_MATCHED),
		  scene.point[2].file[0].rows);
	CHECK_INT(scene_sum(&scene, HOPS_UNCAPTURED) + scene_sum(&scene, HOPS_DROPPED) +
			  scene_sum(&scene, HOPS_INJECTED), 0);
	for (i = 0; i < scene_rows(&scene, STATIONS); i++)
		CHECK_INT(scene_int(&scene, STATIONS, i, SESSION_POINTS_RETRANSMISSIONS_CONFIRMED), 0);
	for (i = 0; i < scene_rows(&scene, STATIONS); i++)
		if (strstr(scene_cell(&scene, STATIONS, i, SESSION_POINTS_DIFFERENCE), "fewer forward"))
			CHECK(strstr(scene_cell(&scene, STATIONS, i, SESSION_POINTS_DIFFERENCE),
				     "4 packets fewer forward than at client (cut or joined on the way)"));
	end("segments joined in the middle of the path and cut again are lost nowhere");
}

/* The pieces of a frame, and one of them again because the sender was impatient. */
static void sent_again_in_pieces(void)
{
	begin(7000);
	bytes_at(0, 0, 2000, 0);
	bytes_at(1, 0, 1000, 300);
	bytes_at(1, 1000, 1000, 310);
	bytes_at(0, 0, 1000, 3000);
	bytes_at(1, 0, 1000, 3300);
	talk.us += 3000;
	answer(2000);
	check(SCENE_WHOLE_FORWARD(2) + 2, 0);
	CHECK_INT(scene_sum(&scene, HOPS_DUPLICATED) + scene_sum(&scene, HOPS_AMBIGUOUS), 0);
	end("a piece that looks like a retransmission that passed, too, is the frame's");
}

static void network_copy(void)
{
	begin(7000);
	bytes_at(0, 0, 2000, 0);
	bytes_at(1, 0, 1000, 300);
	scene.next_id--; /* the same packet */
	bytes_at(1, 0, 1000, 330);
	bytes_at(1, 1000, 1000, 340);
	answer(2000);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_DUPLICATED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED) +
			  scene_sum(&scene, HOPS_UNCAPTURED), 0);
	end("the network's copy of a piece is a copy");
}

/* The network's copy of a retransmission, which acknowledges more than the lost original did. */
static void copy_of_a_retransmission(void)
{
	begin(7000);
	bytes_at(0, 0, 1000, 0);
	talk.sseq++;
	bytes_at(0, 0, 1000, 200000);
	scene.next_id--;
	bytes_at(1, 0, 1000, 200300);
	scene.next_id--;
	bytes_at(1, 0, 1000, 200320);
	talk.sseq--;
	talk.us += 200000;
	answer(1000);
	check(SCENE_WHOLE_FORWARD(2) + 2, 1);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_DUPLICATED), 1);
	end("a copy of the retransmission is not the lost original");
}

/* A piece of a frame looks like a segment that was sent at another time, and died. */
static void twin_of_another_time(void)
{
	begin(7000);
	bytes_at(0, 0, 1000, 0); /* dies */
	bytes_at(0, 0, 2000, 200000); /* with the next bytes, again */
	bytes_at(1, 0, 1000, 200300);
	bytes_at(1, 1000, 1000, 200310);
	talk.us += 200000;
	answer(2000);
	check(SCENE_WHOLE_FORWARD(2) + 2, 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_LENGTH), 1040);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_DELAY_MAX) < 1000000);
	end("a lost segment that was sent again in a bigger frame");

	begin(7000);
	bytes_at(0, 0, 2000, 0);
	bytes_at(1, 0, 1000, 300);
	bytes_at(1, 1000, 1000, 310);
	bytes_at(0, 0, 1000, 200000); /* again, though it was not needed; dies */
	talk.us += 200000;
	answer(2000);
	check(SCENE_WHOLE_FORWARD(2) + 2, 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_LENGTH), 1040);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_DELAY_MIN) > 0);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_DELAY_MAX) < 1000000);
	end("a piece of a frame that was sent again, and died then");

	begin(7000);
	bytes_at(0, 0, 1000, 0); /* late, but it came */
	bytes_at(0, 0, 2000, 200000); /* dies */
	bytes_at(1, 0, 1000, 210000);
	bytes_at(0, 1000, 1000, 400000);
	bytes_at(1, 1000, 1000, 400300);
	talk.us += 400000;
	answer(2000);
	check(SCENE_WHOLE_FORWARD(2) + 3, 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_LENGTH), 2040);
	end("a segment that is only late is not a lost frame's piece");
}

/* More pieces than any segment has at 1448 bytes. */
static void a_thousand_pieces(void)
{
	uint32_t i, pieces = 1000;

	begin(UINT32_MAX - 30000);
	bytes_at(0, 0, 64 * pieces, 0);
	for (i = 0; i < pieces; i++)
		bytes_at(1, i * 64, 64, 300 + i);
	answer(64 * pieces);
	check(SCENE_WHOLE_FORWARD(2) + 1, 0);
	CHECK_INT(scene_balance(&scene, "client>server", "server", BALANCE_MATCHED),
		  scene.point[1].file[0].rows);
	end("a frame in a thousand pieces");

	begin(5);
	for (i = 0; i < pieces; i++)
		bytes_at(0, i * 64, 64, i);
	bytes_at(1, 0, 64 * pieces, 1300);
	talk.us += 2000;
	answer(64 * pieces);
	check(SCENE_WHOLE_FORWARD(2) + pieces, 0);
	end("a frame of a thousand pieces");
}

/* A delay ends when the last byte is there: 5 ms, where other packets take a quarter of one. */
static void last_byte(void)
{
	begin(7000);
	bytes_at(0, 0, 3000, 0);
	bytes_at(1, 0, 1000, 300);
	bytes_at(1, 1000, 1000, 310);
	bytes_at(1, 2000, 1000, 5000);
	talk.us += 5000;
	answer(3000);
	check(SCENE_WHOLE_FORWARD(2) + 1, 0);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_DELAY_MAX) > 4900000);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_DELAY_MAX) < 5100000);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_REORDERED), 0);
	end("the delay of a frame that was cut is that of its last byte");
}

/* Frames that the first point's own card joined are stamped when the last segment is there, 2 ms late:
 * later than the server's card, which joins them alike, stamps them. Clocks are as in all scenes. */
static void joined_for_the_capture(void)
{
	uint32_t i;

	begin(7000);
	for (i = 0; i < 2; i++) {
		bytes_at(0, 5000 * i, 5000, 10000 * i + 2000);
		bytes_at(1, 5000 * i, 5000, 10000 * i + 300);
	}
	talk.us += 200000;
	answer(10000);
	check(SCENE_WHOLE_FORWARD(2) + 2, 0);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_CLOCK_OFFSET) < 50000);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_CLOCK_OFFSET) > -50000);
	CHECK(scene_hop(&scene, "client>server", "forward", HOPS_CLOCK_ERROR) < 300000);
	end("the clock does not go by frames that were joined for the capture");
}

static void fin_and_acknowledgments(void)
{
	struct scene_packet fin;

	begin(7000);
	bytes_at(0, 0, 1000, 0);
	fin = scene_by_client(&talk, ACK | FIN, 500);
	fin.seq += 1000;
	scene_put(&scene, 0, talk.us + 10, &fin);
	fin.seq -= 1000;
	fin.length = 1500;
	fin.ttl = 63;
	scene_put(&scene, 1, talk.us + 300, &fin);
	talk.cseq += 1501;
	talk.us += 20000;
	scene_server(&scene, &talk, ACK | FIN, 0, SCENE_THROUGH);
	scene_client(&scene, &talk, ACK, 0, SCENE_THROUGH);
	check(5, 0);
	end("a FIN that is joined with the data before it");

	begin(7000);
	bytes_at(0, 0, 1000, 0);
	bytes_at(0, 1000, 0, 5); /* an acknowledgment between two segments */
	bytes_at(0, 1000, 1000, 10);
	bytes_at(1, 0, 2000, 300);
	answer(2000);
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_AMBIGUOUS), 1);
	end("an acknowledgment between two segments that arrive as one may be in it");

	begin(7000);
	bytes_at(0, 0, 1000, 0);
	bytes_at(0, 1000, 1000, 10);
	bytes_at(1, 0, 2000, 300);
	acknowledged(2000);
	bytes_at(0, 2000, 0, 9000); /* one behind them is lost as any other */
	answer(2000);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "client>server", "forward", HOPS_DROPPED), 1);
	end("an acknowledgment behind what was joined is lost as any other");
}

/* Probes of a sleeping connection, and of a window that is closed: a byte that was, or was not, sent. */
static void probes(void)
{
	uint32_t i;

	begin(7000);
	bytes_at(0, 0, 3000, 0);
	for (i = 0; i < 3; i++)
		bytes_at(1, i * 1000, 1000, 300 + i);
	talk.us += 100000;
	for (i = 0; i < 3; i++) {
		bytes_at(0, 2999, 1, i * 100000); /* keep-alive: the last byte once more */
		bytes_at(1, 2999, 1, i * 100000 + 250);
	}
	talk.us += 400000;
	bytes_at(0, 3000, 1, 0); /* window probe: the next byte, which is then sent with others */
	bytes_at(1, 3000, 1, 250);
	bytes_at(0, 3000, 2000, 50000);
	bytes_at(1, 3000, 1000, 50300);
	bytes_at(1, 4000, 1000, 50310);
	talk.us += 60000;
	answer(5000);
	check(SCENE_WHOLE_FORWARD(2) + 6, 0);
	CHECK_INT(scene_sum(&scene, HOPS_DUPLICATED), 0);
	end("probes of one byte between frames that are cut");
}

int main(void)
{
	joined(7000, "segments that arrive joined are matched by their bytes");
	joined(UINT32_MAX - 2500, "the same across the wrap of the sequence numbers");
	cut(7000, "a segment that arrives in pieces is matched by its bytes");
	cut(UINT32_MAX - 2500, "the same across the wrap");
	lost_and_joined();
	partly_lost();
	joined_in_the_middle();
	sent_again_in_pieces();
	network_copy();
	copy_of_a_retransmission();
	twin_of_another_time();
	a_thousand_pieces();
	last_byte();
	joined_for_the_capture();
	fin_and_acknowledgments();
	probes();
	return check_exit();
}
