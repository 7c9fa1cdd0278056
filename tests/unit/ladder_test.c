/* The ladder: arrows as they are drawn, and the story of a scene's session, whose packets are
 * known one by one. */
#include "report/ladder.h"

#include "report/ladder_arrow.h"
#include "tests/unit/scene.h"

/* ---- arrows ---- */

struct drawn {
	const char *sentence;
	struct ladder_arrow arrow;
	uint8_t stage[3];
	const char *line;
};

/* Three stages, twelve columns apart; a hop's middle is column 6 behind its beginning. */
static const struct drawn arrows[] = {
	{"all the way", {.forward = true, .sights = 3, .delay = {"200 us", "9 us"}}, {0, 1, 2},
	 "o--200 us---+---9 us--->|"},
	{"all the way back", {.sights = 3, .delay = {"200 us", NULL}}, {2, 1, 0},
	 "|<----------+--200 us---o"},
	{"dropped", {.forward = true, .sights = 2, .end = 'X', .end_hop = 1}, {0, 1},
	 "o-----------+-----X     :"},
	{"dropped at once", {.forward = true, .sights = 1, .end = 'X', .end_hop = 0}, {0},
	 "o-----X     :           :"},
	{"dropped on its way back", {.sights = 2, .end = 'X', .end_hop = 0}, {2, 1},
	 ":     X-----+-----------o"},
	{"injected", {.sights = 2, .begin = '*', .begin_hop = 1, .delay = {"1 ms"}}, {1, 0},
	 "|<--1 ms----+-----*     :"},
	{"injected along the path", {.forward = true, .sights = 1, .begin = '*'}, {1},
	 ":     *---->|           :"},
	{"injected and dropped", {.forward = true, .sights = 1, .begin = '*', .end = 'X',
				  .end_hop = 1}, {1}, ":     *-----+-----X     :"},
	{"seen at one point only", {.forward = true, .sights = 1}, {1}, ":           o           :"},
	{"not seen on its way", {.forward = true, .sights = 2, .delay = {"3 ms"}}, {0, 2},
	 "o---------3 ms--------->|"},
	{"a time that is too long for its hop is left out",
	 {.forward = true, .sights = 2, .delay = {"123456.7 s"}}, {0, 1},
	 "o---------->|           :"},
};

static void draw(void)
{
	static const struct ladder_grid grid = {3, 12};
	char line[LADDER_LINE_MAX];
	size_t i;

	for (i = 0; i < sizeof arrows / sizeof arrows[0]; i++) {
		struct ladder_arrow arrow = arrows[i].arrow;

		arrow.stage = arrows[i].stage;
		ladder_draw(line, &grid, &arrow);
		CHECK_TEXT(line, arrows[i].line);
		check_case(arrows[i].sentence);
	}
	ladder_draw_hops(line, &grid, 2, "NAT");
	CHECK_TEXT(line, ":           :    NAT    :");
	CHECK_INT(ladder_step(4, 48), 15);
	CHECK_INT(ladder_step(2, 48), LADDER_STEP_MAX);
	CHECK_INT(ladder_step(1, 48), LADDER_STEP_MIN);
	CHECK_INT(ladder_step(VIEW_POINTS_MAX, 48), LADDER_STEP_MIN);
	check_case("columns get narrower with more stages, to a point");
}

/* ---- scenes ---- */

static struct scene scene;
static uint64_t wanted;
static bool colour;
static char *text; /* what was written */

static void look(struct scene *s, struct store *store)
{
	struct output output = {0};
	struct store_txn *txn = NULL;
	size_t size;

	CHECK_INT(store_begin(store, false, &txn, &s->err), STATUS_OK);
	output.stream = open_memstream(&text, &size);
	CHECK_INT(ladder_write(&output, txn, wanted, colour, &s->err), STATUS_OK);
	fclose(output.stream);
	CHECK_INT(ladder_write(&output, txn, 77, colour, &s->err), STATUS_USAGE);
	CHECK(strstr(s->err.text, "--session 77: there is no such session; the store has 3"));
	CHECK_INT(ladder_write(&output, txn, UINT64_C(1) << 32 | 1, colour, &s->err), STATUS_USAGE);
	CHECK(strstr(s->err.text, "--session 4294967297: there is no such session; the store has 3"));
	store_abort(&txn);
}

static void begin(const char *middle)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", middle, "server");
	scene_clock(&scene, "server", 5000000, 20);
	scene_clock(&scene, middle, -700000, -10);
	scene.look = look;
	wanted = 2; /* the first one is the frame's */
	colour = false;
}

/* Correlates, and tells the story; without one there is nothing to look at. */
static void tell(void)
{
	scene_run(&scene);
	if (!text)
		text = strdup("");
}

static void end(const char *sentence)
{
	check_case(sentence);
	free(text);
	text = NULL;
	scene_end(&scene);
}

/* Whether a line is that of a packet: it begins with a time of six decimals. */
static bool is_packet(const char *line)
{
	const char *at = line + strspn(line, " ");

	at += strspn(at, "0123456789");
	return at > line && at <= line + 4 && *at == '.' && strspn(at + 1, "0123456789") == 6;
}

/* Where the line of packet `number`, from 0 on, begins; "" behind the last. */
static const char *packet_begin(unsigned number)
{
	const char *at = text;

	for (; *at; at += strcspn(at, "\n"), at += *at != 0)
		if (is_packet(at) && number-- == 0)
			break;
	return at;
}

static const char *packet_line(unsigned number, char line[512])
{
	const char *at = packet_begin(number);

	snprintf(line, 512, "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

/* What stands below a packet, before the next one, as one line without indents. */
static const char *notes_of(unsigned number, char notes[1024])
{
	const char *at = packet_begin(number), *next = packet_begin(number + 1);
	char *out = notes;

	for (at += strcspn(at, "\n"); at < next && out < notes + 1022; at++)
		if (*at != ' ' && *at != '\n')
			*out++ = *at;
		else if (out > notes && out[-1] != ' ')
			*out++ = ' ';
	*out = '\0';
	return notes;
}

/* 100 - 12 - 40 columns for three stages: 23 apart. */
#define STEP 23
#define STAGE(n) (12 + STEP * (n))
#define MIDDLE(n) (STAGE(n) + STEP / 2)
#define WORDS (STAGE(2) + 2)

/* A packet's line: its time, what stands at the stages, and its words. */
static void check_packet(unsigned number, double seconds, const char *stages, const char *words)
{
	char line[512];
	unsigned s;

	packet_line(number, line);
	CHECK(strlen(line) > WORDS);
	if (strlen(line) <= WORDS)
		return;
	CHECK(atof(line) > seconds - 0.001 && atof(line) < seconds + 0.001);
	for (s = 0; s < 3; s++)
		CHECK_INT(line[STAGE(s)], stages[s]);
	CHECK_TEXT(line + WORDS, words);
}

/* The time over a hop that stands in a line, in us; -1: none. */
static double delay_of(unsigned number, unsigned hop)
{
	char line[512];
	const char *at;

	packet_line(number, line);
	at = line + STAGE(hop) + 1;
	at += strspn(at, "<-");
	return at < line + STAGE(hop + 1) && strstr(at, " us") ? atof(at) : -1;
}

/* A sentence with a cell of the results in it: what causes there are is not this test's. */
static const char *said(char room[256], const char *format, enum scene_tables table, uint32_t row,
			uint32_t column)
{
	const char *hole = strstr(format, "%s");

	snprintf(room, 256, "%.*s%s%s", (int)(hole - format), format,
		 scene_cell(&scene, table, row, column), hole + 2);
	return room;
}

static void check_story(void)
{
	char line[512], notes[1024], expected[256];
	unsigned i, hop;

	CHECK(strncmp(text, "Session 2: tcp from 10.1.0.1:40000 to 10.2.0.1:80\n", 50) == 0);
	CHECK(strstr(text, said(expected, "outcome     aborted: %s at fw>server; state reset\n",
				SESSIONS, 1, SESSIONS_CAUSE)));
	CHECK(strstr(text, "dropped 1, injected 1, resets 1, retransmissions 1\n"));
	CHECK(strstr(text, "  client      10.1.0.1:40000 > 10.2.0.1:80\n"));
	CHECK(strstr(text, "  fw          the same"));
	CHECK(strstr(text, "  server      10.9.9.9:61000 > 10.2.0.1:80"));
	CHECK(strstr(text, "\n            :                      :         NAT          :\n"));
	check_packet(0, 0.000, "o+|", "[SYN] Seq=0 Len=0");
	check_packet(1, 0.002, "|+o", "[SYN,ACK] Seq=0 Ack=1 Len=0");
	check_packet(2, 0.004, "o+|", "[ACK] Seq=1 Ack=1 Len=0");
	check_packet(3, 0.006, "o+|", "[PSH,ACK] Seq=1 Ack=1 Len=100");
	check_packet(4, 0.008, "|+o", "[PSH,ACK] Seq=1 Ack=101 Len=700");
	check_packet(5, 0.010, "o+|", "[ACK] Seq=101 Ack=701 Len=0");
	for (i = 0; i < 6; i++)
		for (hop = 0; hop < 2; hop++) /* SCENE_DELAY_US and what the road adds */
			CHECK(delay_of(i, hop) > 190 && delay_of(i, hop) < 250);
	CHECK_TEXT(notes_of(4, notes), "");
	check_packet(6, 0.012, "o+:", "[PSH,ACK] Seq=101 Ack=701 Len=400");
	CHECK_INT(packet_line(6, line)[MIDDLE(1)], 'X');
	CHECK(strstr(notes_of(6, notes), said(expected, "dropped at fw>server: %s (confidence 0.",
					      DROPS, 0, PACKETS_CAUSE)));
	CHECK(strstr(notes, said(expected, "): %s", DROPS, 0, PACKETS_EVIDENCE)));
	check_packet(7, 0.262, "o+|", "[PSH,ACK] Seq=101 Ack=701 Len=400");
	CHECK(strncmp(notes_of(7, notes), "retransmission of 0.012", 23) == 0);
	CHECK(strstr(notes, ", which was dropped"));
	check_packet(8, 0.264, "|+:", "[RST,ACK] Seq=701 Ack=501 Len=0");
	CHECK_INT(packet_line(8, line)[MIDDLE(1)], '*');
	CHECK(strncmp(notes_of(8, notes), "injected at fw>server: ", 23) == 0);
	CHECK(strstr(notes, said(expected, "): %s ", INJECTED, 0, PACKETS_EVIDENCE)));
	CHECK(strstr(notes, said(expected, " cause: %s (confidence ", RESETS, 0, RESETS_CAUSE)));
	CHECK(!strchr(text, 0x1b));
}

static void story(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet reset;

	begin("fw");
	scene_frame(&scene, 8000000);
	t.seen = "10.9.9.9";
	t.seen_port = 61000;
	scene_nat(&scene, 1, "10.1.0.1", 40000, "10.9.9.9", 61000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_lose(&scene, &t, true, 400, 1);
	reset = scene_by_server(&t, RST | ACK, 0);
	reset.dst = t.client;
	reset.dport = t.cport;
	reset.ttl = 63;
	scene_send(&scene, t.us, reset, 1, 0);
	tell();
	check_story();
	end("a session's story: NAT, clocks that differ, a drop, its retransmission, an injected RST");
}

static void hostile(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin("f\x1b[2J\nw");
	scene_frame(&scene, 8000000);
	scene_open(&scene, &t);
	scene_lose(&scene, &t, true, 400, 1);
	scene_close(&scene, &t);
	tell();
	CHECK(!strchr(text, 0x1b));
	CHECK(strstr(text, "  dropped at f\\x1b[2J\\x0aw>server: "));
	end("a name that would write to the terminal is escaped");
}

static void colours(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	begin("fw");
	colour = true;
	scene_frame(&scene, 8000000);
	scene_open(&scene, &t);
	scene_lose(&scene, &t, true, 400, 1);
	scene_close(&scene, &t);
	tell();
	CHECK(strstr(text, "\033[1;31mdropped at fw>server: "));
	end("on a terminal that has colours, a drop is red");
}

static void silence(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet probe;
	char notes[1024];

	begin("fw");
	scene_frame(&scene, 400000000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1); /* ends at 0.010 s */
	t.us += 300000000;
	probe = scene_by_client(&t, ACK, 0); /* 0 bytes just before the next one */
	probe.seq--;
	scene_send(&scene, t.us, probe, 0, 2);
	t.us += 2000;
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
	tell();
	CHECK_TEXT(notes_of(5, notes), "... 300.00 s without a packet ... ");
	check_packet(6, 300.012, "o+|", "[ACK] Seq=100 Ack=701 Len=0, keep-alive");
	check_packet(7, 300.014, "|+o", "[ACK] Seq=701 Ack=101 Len=0");
	check_packet(8, 300.016, "o+|", "[PSH,ACK] Seq=101 Ack=701 Len=100");
	end("a long silence is a line; what keeps the session alive is said");
}

/* As tshark counts: a direction whose SYN is not there begins at 1, and the other's ACK tells
 * where it begins. */
static void mid_stream(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80), late;
	char notes[1024];

	begin("fw");
	scene_frame(&scene, 8000000);
	scene_exchange(&scene, &t, 1);
	late = t;
	t.cseq += 100;
	scene_client(&scene, &t, ACK | PSH, 50, SCENE_THROUGH);
	late.us = t.us;
	scene_client(&scene, &late, ACK | PSH, 100, SCENE_THROUGH);
	t.us = late.us;
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	tell();
	check_packet(0, 0.000, "o+|", "[PSH,ACK] Seq=1 Ack=1 Len=100");
	check_packet(1, 0.002, "|+o", "[PSH,ACK] Seq=1 Ack=101 Len=700");
	check_packet(2, 0.004, "o+|", "[ACK] Seq=101 Ack=701 Len=0");
	check_packet(3, 0.006, "o+|", "[PSH,ACK] Seq=201 Ack=701 Len=50");
	check_packet(4, 0.008, "o+|", "[PSH,ACK] Seq=101 Ack=701 Len=100");
	CHECK_TEXT(notes_of(4, notes), "out of order ");
	check_packet(5, 0.010, "|+o", "[ACK] Seq=701 Ack=251 Len=0");
	end("a session whose beginning is missing is counted from 1; older bytes are out of order");
}

static void middle(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	char expected[64];
	unsigned lines = 0;
	const char *at;

	begin("fw");
	scene_frame(&scene, 30000000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 4000);
	scene_close(&scene, &t);
	tell();
	snprintf(expected, sizeof expected, "\n            ... %d,%03d packets left out ...\n",
		 (SCENE_WHOLE(4000) - 8192) / 1000, (SCENE_WHOLE(4000) - 8192) % 1000);
	CHECK(strstr(text, expected));
	for (at = text; (at = strstr(at, " Seq=")); at++)
		lines++;
	CHECK_INT(lines, 8192);
	CHECK(!strstr(text, "retransmission of") && !strstr(text, "out of order"));
	end("of a long session it is said how many packets are left out");
}

/* A frame of 2000 bytes that the last hop cuts; of another, sent later, the second half is new. */
static void cut(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet piece;
	char notes[1024];

	begin("fw");
	scene_frame(&scene, 30000000);
	scene_open(&scene, &t);
	scene_travel(&scene, &t, scene_by_client(&t, ACK, 2000), true, 1);
	piece = scene_by_client(&t, ACK, 1000);
	piece.ttl = 62;
	scene_put(&scene, 2, t.us + 700, &piece);
	piece.seq += 1000;
	scene_put(&scene, 2, t.us + 710, &piece);
	t.cseq += 2000;
	t.us += 2000;
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_close(&scene, &t);
	tell();
	CHECK(!strstr(text, "retransmission of") && !strstr(text, "out of order"));
	CHECK(strncmp(notes_of(4, notes), "bytes of 0.006", 14) == 0);
	CHECK(strncmp(notes_of(5, notes), "bytes of 0.006", 14) == 0);
	CHECK(strstr(notes, "cut or joined on the way"));
	end("the pieces of a frame that was cut are no retransmissions");
}

/* A direction alone says nothing of the clocks. */
static void one_way(void)
{
	struct scene_packet p = {.src = "10.1.0.1", .dst = "10.2.0.1", .sport = 5000, .dport = 514,
				 .proto = SCENE_UDP, .length = 200};
	char line[512];
	unsigned i;

	begin("fw");
	wanted = 1;
	scene.look = look;
	for (i = 0; i < 30; i++) {
		unsigned k;

		for (k = 0; k < 3; k++) {
			p.sport = (uint16_t)(5000 + k);
			p.text = 3 * i + k;
			scene_send(&scene, 1000000 + 10000 * i + 3000 * k, p, 0, 2);
		}
	}
	tell();
	CHECK(strstr(text, "delays      client>fw: not known"));
	CHECK_TEXT(packet_line(0, line),
		   "   0.000000 o----------------------+--------------------->| udp Len=200");
	end("without a clock no delays are told");
}

/* Rows of resets name no frame: three alike, each with its own cause all the same. */
static void alike(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	const char *at;
	unsigned i, causes = 0;

	begin("fw");
	scene_frame(&scene, 8000000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	for (i = 0; i < 3; i++)
		scene_server(&scene, &t, RST, 0, SCENE_THROUGH);
	tell();
	for (at = text; (at = strstr(at, " cause: ")); at++)
		causes++;
	CHECK_INT(causes, 3);
	end("RSTs that are alike have a cause each");
}

int main(void)
{
	draw();
	story();
	hostile();
	colours();
	silence();
	mid_stream();
	middle();
	cut();
	one_way();
	alike();
	return check_exit();
}
