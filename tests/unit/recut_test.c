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

int main(void)
{
	joined(7000, "segments that arrive joined are matched by their bytes");
	joined(UINT32_MAX - 2500, "the same across the wrap of the sequence numbers");
	cut(7000, "a segment that arrives in pieces is matched by its bytes");
	cut(UINT32_MAX - 2500, "the same across the wrap");
	lost_and_joined();
	return check_exit();
}
