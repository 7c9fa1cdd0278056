/* Shifted sequence numbers where it is less easy: repeated ACKs, resets, clocks set back, payloads that
 * say nothing, and the same answer whatever the order of the points.
 */
#include <stdlib.h>

#include "tests/unit/shift_scene.h"

/* ---- repeated acknowledgments ---- */

/* The server's segment is lost before the box, three more come, and the client repeats its ACK
 * with a SACK block that grows by 500 bytes each time; the second of these is lost in the box. */
static void sack_talk(struct scene_talk *t, bool leaves_sacks)
{
	uint32_t missing, i;
	struct scene_packet ack;

	shift_box(t, 1, SHIFT_FORWARD, SHIFT_BACK)->leaves_sacks = leaves_sacks;
	scene_open(&scene, t);
	scene_exchange(&scene, t, 3);
	missing = t->sseq;
	scene_server(&scene, t, ACK | PSH, 500, 0);
	for (i = 0; i < 3; i++) {
		scene_server(&scene, t, ACK | PSH, 500, SCENE_THROUGH);
		ack = scene_by_client(t, ACK, 0);
		ack.ack = missing + t->smoved;
		ack.sack = missing + t->smoved + 500 + 7 * i;
		scene_travel(&scene, t, ack, true, i == 1 ? 1 : SCENE_THROUGH);
		t->us += 2000;
	}
	t->sseq = missing;
	scene_server(&scene, t, ACK | PSH, 500, SCENE_THROUGH);
	t->sseq += 1500;
	scene_client(&scene, t, ACK, 0, SCENE_THROUGH);
	scene_close(&scene, t);
}

static void sacks(void)
{
	uint32_t leaves;

	for (leaves = 0; leaves < 2; leaves++) {
		struct scene_talk t = shift_talk_at(0);

		begin();
		sack_talk(&t, leaves);
		scene_run(&scene);
		/* open 2, exchanges 6, repeats 3, the last ACK, close 2 */
		shift_check_hop("fw>server", "forward", SCENE_FRAME_FORWARD + 14, 1);
		shift_check_hop("fw>server", "reverse", SCENE_FRAME_REVERSE + 1 + 3 + 5 + 1, 1);
		CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
		end(leaves ? "a repeated ACK whose SACK block the box leaves as it is, and one is lost"
			   : "a repeated ACK whose SACK block is shifted with the rest, and one is lost");
	}
}

/* ---- resets ---- */

/* The server resets one session; the box another in both directions. */
static void resets(void)
{
	static const struct shift_talk how = {.exchanges = 2, .midstream = true};
	struct scene_talk t = shift_talk_at(0);
	struct scene_packet reset;
	uint32_t row;

	begin();
	(void)shift_box(&t, 1, SHIFT_FORWARD, SHIFT_BACK);
	scene_open(&scene, &t);
	shift_talk(&t, &how);
	reset = scene_by_server(&t, RST | ACK, 0);
	scene_travel(&scene, &t, reset, false, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 1);
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_FIRST_SEEN_AT), "server");
	CHECK_INT(scene_int(&scene, RESETS, 0, RESETS_TCP_SEQ), t.sseq);
	CHECK_INT(scene_int(&scene, RESETS, 0, RESETS_TCP_ACK), t.cseq + SHIFT_FORWARD);
	CHECK_TEXT(scene_cell(&scene, RESETS, 0, RESETS_VERDICT), "endpoint");
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	end("a server's RST crosses the shift, and is named by the numbers where it was first seen");

	t = shift_talk_at(0);
	begin();
	(void)shift_box(&t, 1, SHIFT_FORWARD, SHIFT_BACK);
	scene_open(&scene, &t);
	shift_talk(&t, &how);
	reset = scene_by_client(&t, RST, 0);
	reset.seq += SHIFT_FORWARD;
	scene_go(&scene, t.us, reset, 2, 2, true);
	reset = scene_by_server(&t, RST, 0);
	reset.seq += SHIFT_BACK;
	scene_go(&scene, t.us + 100, reset, 1, 0, false);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, RESETS), 2);
	for (row = 0; row < 2; row++) {
		bool to_server = strcmp(scene_cell(&scene, RESETS, row, RESETS_FIRST_SEEN_AT),
					"server") == 0;

		CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_VERDICT), "injected");
		CHECK_TEXT(scene_cell(&scene, RESETS, row, RESETS_ORIGIN), "fw>server");
		CHECK_INT(scene_int(&scene, RESETS, row, RESETS_TCP_SEQ),
			  to_server ? t.cseq + SHIFT_FORWARD : t.sseq + SHIFT_BACK);
	}
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 2);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 0);
	end("a box that shifts and resets: both RSTs are its own, by the numbers of the side they went to");
}

/* ---- the same bytes ---- */

static char *told(void)
{
	size_t room = 1 << 20, used = 0;
	char *text = malloc(room);
	uint32_t t, row, c;

	for (t = 0; text && t < SCENE_TABLES; t++)
		for (row = 0; row < scene.table[t].rows; row++)
			for (c = 0; c < scene.table[t].schema->columns; c++)
				used += (size_t)snprintf(text + used, used < room ? room - used : 0,
							 "%s,", scene_cell(&scene, t, row, c));
	CHECK(text && used > 1000 && used < room);
	return text;
}

static void any_order(void)
{
	static const char *const names[][3] = {{"client", "fw", "server"}, {"server", "fw", "client"},
					       {"fw", "server", "client"}, {"server", "client", "fw"}};
	struct shift_talk how = {.loses = true, .exchanges = 5};
	char *first = NULL, *text;
	uint32_t run, k, i;

	for (run = 0; run < 8; run++) {
		scene_begin(&scene);
		for (k = 0; k < 3; k++)
			(void)scene_point(&scene, names[run % 4][k]);
		SCENE_ROAD(&scene, "client", "fw", "server");
		scene.threads = run < 4 ? 1 : 2;
		scene_frame(&scene, 30000000);
		for (i = 0; i < 12; i++) {
			struct scene_talk t = shift_talk_at(i);

			how.midstream = i % 3 == 1;
			how.stamps = i % 4 == 1;
			how.seen = i == 5 ? "192.0.2.1" : NULL;
			(void)shift_box(&t, i & 1, SHIFT_FORWARD + i, i % 3 ? SHIFT_BACK : 0);
			shift_talk(&t, &how);
		}
		scene_run(&scene);
		text = told();
		if (first)
			CHECK(strcmp(text, first) == 0);
		CHECK_INT(scene_rows(&scene, DROPS), 2 * 12);
		scene_end(&scene);
		if (first)
			free(text);
		else
			first = text;
	}
	free(first);
	check_case("points in any order, one thread or two: the same answer, letter for letter");
}

/* ---- clocks ---- */

/* The server's clock is set back by 0.3 s, so that its records are put in order once the clocks
 * are known, and the flows' numbers are looked at anew: no worse than without a shift. */
static void clock_set_back(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 200, .stamps = true};
	static const enum hops_column columns[] = {HOPS_PACKETS, HOPS_MATCHED, HOPS_DROPPED,
						   HOPS_INJECTED, HOPS_LOCAL};
	long long got[2][2][sizeof columns / sizeof columns[0]];
	uint32_t shifted, k;

	for (shifted = 0; shifted < 2; shifted++) {
		begin();
		scene_clock_step(&scene, "server", 12500000, -300000);
		shift_talks(20, shifted ? SHIFT_FORWARD : 0, shifted ? SHIFT_BACK : 0, &how);
		scene_run(&scene);
		for (k = 0; k < sizeof columns / sizeof columns[0]; k++) {
			got[shifted][0][k] = scene_hop(&scene, "fw>server", "forward", columns[k]);
			got[shifted][1][k] = scene_hop(&scene, "fw>server", "reverse", columns[k]);
		}
		CHECK_INT(shift_rows("seq_shift"), shifted * 40);
		scene_end(&scene);
	}
	for (k = 0; k < sizeof columns / sizeof columns[0]; k++) {
		CHECK_INT(got[1][0][k], got[0][0][k]);
		CHECK_INT(got[1][1][k], got[0][1][k]);
	}
	check_case("a clock that is set back at one point, with a shift as without one");
}

/* ---- tuples used again ---- */

/* The second use's first question is lost in the box, so that its answer to the same question
 * as the first use's is seen once on either side: of another use. */
static void same_words(void)
{
	struct scene_packet ask;
	uint32_t i;

	begin();
	for (i = 0; i < 2; i++) {
		struct scene_talk t = shift_talk_at(0);

		t.us += i * 3000000;
		t.cseq += i * 123456789;
		t.sseq += i * 234567891;
		scene_shift_end(&scene);
		(void)shift_box(&t, 1, SHIFT_FORWARD + i * 55555, SHIFT_BACK + i * 66666);
		scene_open(&scene, &t);
		ask = scene_by_client(&t, ACK | PSH, 77);
		ask.text = 0xabcdef01;
		/* asked once before the box, and once behind it */
		scene_travel(&scene, &t, ask, true, i ? 1 : SCENE_THROUGH);
		if (i) {
			t.us += 250000;
			ask.text = 0x10fedcba;
			scene_travel(&scene, &t, ask, true, SCENE_THROUGH);
		}
		t.cseq += 77;
		t.us += 3000;
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED), 1);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_LOCAL), 0);
	CHECK_INT(shift_rows("seq_shift"), 4);
	CHECK_INT(shift_rows("syn_proxy"), 0);
	end("two uses of a tuple that say the same thing are two sessions, and no SYN proxy");
}

/* Crafted: one tuple, SYN upon SYN, each with a number of its own. */
static void flood_of_one_tuple(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 4};
	uint32_t i;

	begin();
	shift_talks(3, SHIFT_FORWARD, SHIFT_BACK, &how);
	for (i = 0; i < 20000; i++) {
		struct scene_packet syn = {.src = "10.1.0.66", .dst = "10.2.0.1", .sport = 666,
					   .dport = SHIFT_PORT, .flags = SYN, .tsval = 9 + i,
					   .seq = i * 2654435761u};

		scene_send(&scene, 7000000 + i * 50, syn, 0, i % 3 ? 1 : 2);
	}
	scene_run(&scene);
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_INJECTED), 0);
	CHECK_INT(scene_hop(&scene, "fw>server", "reverse", HOPS_DROPPED), 3);
	/* every third SYN passes, the first of them too */
	CHECK_INT(scene_hop(&scene, "fw>server", "forward", HOPS_DROPPED), 3 + 20000 - 6667);
	CHECK_INT(shift_rows("seq_shift"), 6);
	end("20,000 SYNs of one tuple teach nothing");
}

int main(void)
{
	sacks();
	resets();
	any_order();
	clock_set_back();
	same_words();
	flood_of_one_tuple();
	return check_exit();
}
