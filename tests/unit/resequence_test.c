/* A box that rewrites payload to another length: what it adds to the numbers changes with each such
 * packet. The scene's box makes some of the client's questions longer.
 */
#include "tests/unit/shift_scene.h"

#define GROWTH 9

/* How a session is known apart from its numbers. */
struct known {
	bool ids, stamps;
};

/* A packet of the client: before the box as it is, behind it further on in numbers. */
static void by_client(struct scene_talk *t, const struct known *how, uint16_t flags, uint32_t length,
		      uint32_t growth, bool lost)
{
	struct scene_packet p = scene_by_client(t, flags, length), q;

	p.zero_id = !how->ids;
	p.ip_id = how->ids ? scene.next_id++ : 0;
	scene_go(&scene, t->us, p, 0, 1, true);
	q = p;
	q.ttl = 62;
	q.seq += t->cmoved;
	q.shifted = t->cmoved;
	q.length += growth;
	if (!lost)
		scene_go(&scene, t->us + 450, q, 2, 2, true);
	t->cseq += length + !!(flags & FIN);
	t->cmoved += growth;
	t->us += 2000;
}

/* One of the server, which acknowledges what came to it. */
static void by_server(struct scene_talk *t, const struct known *how, uint16_t flags, uint32_t length,
		      bool lost)
{
	struct scene_packet p = scene_by_server(t, flags, length);

	p.zero_id = !how->ids;
	p.ip_id = how->ids ? scene.next_id++ : 0;
	scene_go(&scene, t->us, p, 2, 2, false);
	p.ttl = 63;
	p.ack -= t->cmoved;
	if (!lost)
		scene_go(&scene, t->us + 230, p, 1, 0, false);
	t->sseq += length + !!(flags & FIN);
	t->us += 2000;
}

static void exchange(struct scene_talk *t, const struct known *how, uint32_t growth)
{
	by_client(t, how, ACK | PSH, 100, growth, false);
	by_server(t, how, ACK | PSH, 700, false);
	by_client(t, how, ACK, 0, 0, false);
}

static void growing_session(uint32_t number, const struct known *how)
{
	struct scene_talk t = shift_talk_at(number), again;
	uint32_t i;

	t.stamps = how->stamps;
	scene_open(&scene, &t);
	for (i = 0; i < 9; i++) {
		exchange(&t, how, i % 3 == 1 ? GROWTH : 0);
		if (i != 6)
			continue;
		again = t;
		by_client(&again, how, ACK | PSH, 90, 0, true);
		t.us += 250000;
		by_client(&t, how, ACK | PSH, 90, 0, false);
		again = t;
		by_server(&again, how, ACK | PSH, 500, true);
		t.us += 250000;
		by_server(&t, how, ACK | PSH, 500, false);
	}
	by_client(&t, how, ACK | FIN, 0, 0, false);
	by_server(&t, how, ACK | FIN, 0, false);
	by_client(&t, how, ACK, 0, 0, false);
}

/* Open 2, exchanges 18, twice 90 bytes, close 2; open 1, exchanges 9, twice 500 bytes, close 1. */
#define GROWING_FORWARD 24
#define GROWING_REVERSE 13

static void grown(void)
{
	static const struct known known[] = {{true, false}, {true, true}};
	uint32_t k, i, row;

	for (k = 0; k < 2; k++) {
		begin();
		for (i = 0; i < 4; i++)
			growing_session(i, &known[k]);
		scene_run(&scene);
		shift_check_hop("fw>server", "forward", SCENE_FRAME_FORWARD + 4 * GROWING_FORWARD, 4);
		shift_check_hop("fw>server", "reverse", SCENE_FRAME_REVERSE + 4 * GROWING_REVERSE, 4);
		shift_check_hop("client>fw", "forward", SCENE_FRAME_FORWARD + 4 * GROWING_FORWARD, 0);
		for (row = 0; row < scene_rows(&scene, DROPS); row++)
			CHECK_INT(scene_int(&scene, DROPS, row, PACKETS_LENGTH),
				  strcmp(scene_cell(&scene, DROPS, row, PACKETS_SEEN_AT), "fw") == 0
					  ? 40 + 12 * k + 90
					  : 40 + 12 * k + 500);
		end(k ? "questions made longer on the way, of hosts with timestamps"
		      : "questions made longer on the way: what was lost among them is told, and nothing else");
	}
}

/* Without IDs nothing tells a question that was made longer (3 of each session) from one that was
 * lost. */
static void without_ids(void)
{
	static const struct known known = {false, true};
	uint32_t i;

	begin();
	for (i = 0; i < 4; i++)
		growing_session(i, &known);
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_AMBIGUOUS), 4 * (3 + 1));
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_AMBIGUOUS), 4 * 3);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), 4);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	end("questions made longer, of hosts whose IDs are 0, are ambiguous");
}

/* A shift that neither a SYN nor payloads nor timestamps tell: the IDs do. */
static void known_by_ids(void)
{
	static const struct shift_talk how = {.midstream = true, .loses = true, .text = 0x55555555,
					      .exchanges = 12};

	begin();
	shift_talks(3, SHIFT_FORWARD, SHIFT_BACK, &how);
	scene_run(&scene);
	shift_check_talks(3, &how);
	end("a shift that nothing but IP IDs tell");
}

/* Packets that are cut anew, the piece number `same` of each of which bears its ID. */
static void cut_anew(uint32_t same)
{
	struct scene_talk t = shift_talk_at(0);
	uint32_t i, k;

	begin();
	scene_open(&scene, &t);
	for (i = 0; i < 10; i++) {
		struct scene_packet big = scene_by_client(&t, ACK | PSH, 3000), small = big;

		big.ip_id = 5000 + i;
		scene_go(&scene, t.us, big, 0, 1, true);
		for (k = 0; k < 3; k++) {
			small.seq = big.seq + 1000 * k;
			small.length = 1000;
			small.ttl = 62;
			small.ip_id = k == same ? big.ip_id : 6000 + 3 * i + k;
			scene_go(&scene, t.us + 450, small, 2, 2, true);
		}
		t.cseq += 3000;
		t.us += 2000;
		scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	}
	scene_close(&scene, &t);
	scene_run(&scene);
	shift_check_hop("fw>server", "forward", SCENE_FRAME_FORWARD + 2 + 10 + 2, 0);
	CHECK_INT(scene_balance(&scene, "fw>server", "server", BALANCE_MATCHED),
		  SCENE_FRAME_FORWARD + SCENE_FRAME_REVERSE + 2 + 30 + 2 + 1 + 10 + 1);
	end(same ? "segments cut anew are told by their bytes, though a later piece bears the ID"
		 : "segments cut anew are told by their bytes; the first piece bears the ID");
}

int main(void)
{
	grown();
	without_ids();
	known_by_ids();
	cut_anew(0);
	cut_anew(1);
	return check_exit();
}
