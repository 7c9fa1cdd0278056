/* Shifted sequence numbers: what a box adds to them is learned, and then packets are matched as
 * anywhere else. Each scene's box loses what the scene says, and nothing more.
 */
#include "tests/unit/shift_scene.h"

static void one_direction(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 4};
	static const struct {
		uint32_t forward, back;
		const char *sentence;
	} row[] = {
		{SHIFT_FORWARD, 0, "the client's numbers shifted: its losses are told, and the server's"},
		{0, SHIFT_BACK, "the server's numbers shifted: its losses are told, and the client's"},
		{SHIFT_FORWARD, SHIFT_BACK, "both directions shifted by constants of their own"},
		{1, UINT32_MAX, "shifted by 1 and by -1"},
	};
	uint32_t r, i;

	for (r = 0; r < sizeof row / sizeof row[0]; r++) {
		begin();
		shift_talks(6, row[r].forward, row[r].back, &how);
		scene_run(&scene);
		shift_check_talks(6, &how);
		CHECK_INT(shift_rows("seq_shift"), 6 * (!!row[r].forward + !!row[r].back));
		for (i = 0; i < 6 && row[r].forward; i++)
			CHECK_INT(shift_said("fw>server", (uint16_t)(SHIFT_CLIENT_PORT + i)),
				  row[r].forward + i * 0x01010101u);
		end(row[r].sentence);
	}
}

/* A row of translations for each direction: by ports, since the server's is the same in all. */
static void said_in_translations(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 4};
	uint32_t row;

	begin();
	shift_talks(1, SHIFT_FORWARD, SHIFT_BACK, &how);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 2);
	CHECK_INT(shift_said("fw>server", SHIFT_CLIENT_PORT), SHIFT_FORWARD);
	CHECK_INT(shift_said("fw>server", SHIFT_PORT), SHIFT_BACK);
	for (row = 0; row < 2; row++) {
		CHECK_TEXT(translation(row, TRANSLATIONS_KIND), "seq_shift");
		CHECK_TEXT(translation(row, TRANSLATIONS_SESSIONS), "1");
		CHECK_TEXT(translation(row, TRANSLATIONS_FROM_SRC), row ? "10.2.0.1" : "10.1.0.1");
		CHECK_TEXT(translation(row, TRANSLATIONS_FROM_DST), row ? "10.1.0.1" : "10.2.0.1");
	}
	end("translations say what the hop adds, for each direction's sender");
}

/* Numbers of the client and of the server come to 2^32 in the middle of the session, at the
 * near points and behind the box at another time. */
static void over_the_top(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 6};
	uint32_t i;

	begin();
	for (i = 0; i < 4; i++) {
		struct scene_talk t = shift_talk_at(i);

		t.cseq = 0u - 250 - (i & 1) * 400000;
		t.sseq = 0u - 1500 - (i >> 1) * 400000;
		(void)shift_box(&t, 1, 399700, 398000);
		shift_talk(&t, &how);
	}
	scene_run(&scene);
	shift_check_talks(4, &how);
	CHECK_INT(shift_said("fw>server", SHIFT_CLIENT_PORT), 399700);
	end("numbers that wrap on one side of the box, on the other, or on both");
}

static void translated(void)
{
	struct shift_talk how = {.loses = true, .exchanges = 8, .seen = "192.0.2.1"};
	uint32_t kind;

	for (kind = 0; kind < 4; kind++) {
		how.stamps = kind & 1;
		how.midstream = kind >> 1;
		begin();
		shift_talks(6, SHIFT_FORWARD, SHIFT_BACK, &how);
		scene_run(&scene);
		shift_check_talks(6, &how);
		CHECK_INT(shift_said("fw>server", SHIFT_CLIENT_PORT), SHIFT_FORWARD);
		CHECK_INT(shift_rows("seq_shift"), 12);
		CHECK_INT(shift_rows("nat"), 1);
		CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 6);
		end(kind == 0   ? "NAT and a shift, without timestamps: payloads tell"
		    : kind == 1 ? "NAT and a shift, with timestamps"
		    : kind == 2 ? "NAT and a shift, in mid-stream without timestamps"
				: "NAT and a shift, in mid-stream with timestamps");
	}
}

static void in_midstream(void)
{
	struct shift_talk how = {.loses = true, .exchanges = 8, .midstream = true};

	begin();
	shift_talks(6, SHIFT_FORWARD, SHIFT_BACK, &how);
	scene_run(&scene);
	shift_check_talks(6, &how);
	CHECK_INT(shift_said("fw>server", SHIFT_CLIENT_PORT), SHIFT_FORWARD);
	end("a session that was open before the captures, told by its payloads");
}

static void stamps_moved(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 4, .stamps = true};
	uint32_t i;

	begin();
	for (i = 0; i < 5; i++) {
		struct scene_talk t = shift_talk_at(i);
		struct scene_shift *shift = shift_box(&t, 1, SHIFT_FORWARD + i, SHIFT_BACK);

		shift->stamps[0] = 7777777;
		shift->stamps[1] = 9999999;
		shift_talk(&t, &how);
	}
	scene_run(&scene);
	shift_check_talks(5, &how);
	end("timestamps are moved with the numbers");
}

static void three_points(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 4};
	uint32_t i;

	begin();
	for (i = 0; i < 4; i++) {
		struct scene_talk t = shift_talk_at(i);

		(void)shift_box(&t, 0, 1000000 + i, 3000000);
		(void)shift_box(&t, 1, SHIFT_FORWARD, i & 1 ? 0 : 0u - 3000000u);
		shift_talk(&t, &how);
	}
	scene_run(&scene);
	shift_check_talks(4, &how);
	CHECK_INT(shift_said("client>fw", SHIFT_CLIENT_PORT + 3), 1000003);
	CHECK_INT(shift_said("fw>server", SHIFT_CLIENT_PORT + 3), SHIFT_FORWARD);
	CHECK_INT(shift_said("client>fw", SHIFT_PORT), 3000000);
	CHECK_INT(shift_said("fw>server", SHIFT_PORT), 0u - 3000000u);
	CHECK_INT(shift_rows("seq_shift"), 4 * 3 + 2);
	end("two hops that shift, the second of which takes back what the first one did");
}

static void some_sessions(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 4};
	uint32_t i;

	begin();
	for (i = 0; i < 8; i++) {
		struct scene_talk t = shift_talk_at(i);

		if (i % 4 == 1)
			(void)shift_box(&t, 1, SHIFT_FORWARD, SHIFT_BACK);
		shift_talk(&t, &how);
	}
	scene_run(&scene);
	shift_check_talks(8, &how);
	CHECK_INT(shift_rows("seq_shift"), 4);
	end("two of eight sessions are shifted, the others are not");
}

/* The same tuple three times, each time with other constants. */
static void port_reused(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 4};
	uint32_t i;

	begin();
	for (i = 0; i < 3; i++) {
		struct scene_talk t = shift_talk_at(0);

		t.us += i * 3000000;
		t.cseq += i * 123456789;
		t.sseq += i * 234567891;
		scene_shift_end(&scene);
		(void)shift_box(&t, 1, SHIFT_FORWARD + i * 55555,
			    SHIFT_BACK + i * 66666);
		shift_talk(&t, &how);
	}
	scene_run(&scene);
	shift_check_talks(3, &how);
	CHECK_INT(scene_rows(&scene, SESSIONS), 2 + 3);
	CHECK_INT(shift_rows("seq_shift"), 6);
	CHECK_INT(shift_said("fw>server", SHIFT_CLIENT_PORT), SHIFT_FORWARD);
	end("a tuple that is used again is shifted anew");
}

/* The SYN is lost behind the box's near side, and sent again with the same number. */
static void syn_sent_again(void)
{
	static const struct shift_talk how = {.exchanges = 4};
	struct scene_talk t = shift_talk_at(0), lost = t;

	begin();
	(void)shift_box(&t, 1, SHIFT_FORWARD, SHIFT_BACK);
	scene_client(&scene, &lost, SYN, 0, 1);
	t.us += 1000000;
	shift_talk(&t, &how);
	scene_run(&scene);
	shift_check_hop("fw>server", "forward", SCENE_FRAME_FORWARD + 1 + shift_talk_forward(&how), 1);
	shift_check_hop("fw>server", "reverse", SCENE_FRAME_REVERSE + shift_talk_reverse(&how), 0);
	CHECK_INT(scene_rows(&scene, DROPS), 1);
	CHECK_INT(scene_int(&scene, DROPS, 0, PACKETS_TCP_SEQ), t.cseq - 4 * 100 - 2);
	CHECK_TEXT(scene_cell(&scene, DROPS, 0, PACKETS_TCP_FLAGS), "SYN");
	end("a lost SYN of a shifted session is told from its retransmission");
}

/* What drops says of a packet is what Wireshark shows at the point named. */
static void raw_numbers(void)
{
	static const struct shift_talk how = {.loses = true, .exchanges = 2};
	struct scene_talk t = shift_talk_at(0);
	uint32_t row, cseq = t.cseq + 1 + 2 * 100, sseq = t.sseq + 1 + 2 * 700;

	begin();
	(void)shift_box(&t, 1, SHIFT_FORWARD, SHIFT_BACK);
	shift_talk(&t, &how);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, DROPS), 2);
	for (row = 0; row < 2; row++) {
		bool forward = strcmp(scene_cell(&scene, DROPS, row, PACKETS_SEEN_AT), "fw") == 0;

		/* each where it came to the box: the sender's own, and the other's as shifted by then */
		CHECK_INT(scene_int(&scene, DROPS, row, PACKETS_TCP_SEQ),
			  forward ? cseq : sseq);
		CHECK_INT(scene_int(&scene, DROPS, row, PACKETS_TCP_ACK),
			  forward ? sseq + SHIFT_BACK : cseq + 90 + SHIFT_FORWARD);
	}
	end("drops name a packet's numbers as they are at the point where it was seen");
}

int main(void)
{
	one_direction();
	said_in_translations();
	over_the_top();
	translated();
	in_midstream();
	stamps_moved();
	three_points();
	some_sessions();
	port_reused();
	syn_sent_again();
	raw_numbers();
	return check_exit();
}
