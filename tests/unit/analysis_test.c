/* What tshark marks, one row for each kind and for each of its limits, worked out by hand from
 * Wireshark 4.0's source; tests/analysis.sh compares with tshark itself. */
#include "tests/unit/analysis_story.h"

#define LATER (PACKET_FRAGMENT | PACKET_FRAGMENT_LATER)

static const struct story stories[] = {
	{"a connection in which nothing went wrong has no marks", "", "TIME-WAIT CLOSED",
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), S(2000, ACK, 5001, 700, 1101, 500),
	  C(3000, ACK, 1101, 0, 5701, 600), C(4000, ACK | FIN, 1101, 0, 5701, 600),
	  S(5000, ACK | FIN, 5701, 0, 1102, 500), C(6000, ACK, 1102, 0, 5702, 600)}},
	{"data sent again is a retransmission", "c.retransmissions 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), C(301000, ACK, 1001, 100, 5001, 600)}},
	{"so is a SYN sent again", "c.retransmissions 2", "SYN-SENT LISTEN",
	 {C(0, SYN, 1000, 0, 0, 600), C(1000000, SYN, 1000, 0, 0, 600),
	  C(3000000, SYN, 1000, 0, 0, 600)}},
	{"and a FIN", "c.retransmissions 1", "FIN-WAIT-1 CLOSE-WAIT",
	 {HELLO, C(1000, ACK | FIN, 1001, 0, 5001, 600), C(301000, ACK | FIN, 1001, 0, 5001, 600)}},
	{"asked for by two duplicate ACKs less than 20 ms before, it is a fast one",
	 "c.retransmissions 1 c.fast_retransmissions 1 s.dup_acks 2", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), C(1100, ACK, 1101, 100, 5001, 600),
	  C(1200, ACK, 1201, 100, 5001, 600), S(2000, ACK, 5001, 0, 1101, 500),
	  S(2100, ACK, 5001, 0, 1101, 500), S(2200, ACK, 5001, 0, 1101, 500),
	  C(22199, ACK, 1101, 100, 5001, 600)}},
	{"20 ms behind the last of them it is not",
	 "c.retransmissions 1 s.dup_acks 2", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), C(1100, ACK, 1101, 100, 5001, 600),
	  C(1200, ACK, 1201, 100, 5001, 600), S(2000, ACK, 5001, 0, 1101, 500),
	  S(2100, ACK, 5001, 0, 1101, 500), S(2200, ACK, 5001, 0, 1101, 500),
	  C(22200, ACK, 1101, 100, 5001, 600)}},
	{"nor with one duplicate ACK", "c.retransmissions 1 s.dup_acks 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), C(1100, ACK, 1101, 100, 5001, 600),
	  C(1200, ACK, 1201, 100, 5001, 600), S(2000, ACK, 5001, 0, 1101, 500),
	  S(2100, ACK, 5001, 0, 1101, 500), C(2300, ACK, 1101, 100, 5001, 600)}},
	{"nor when they ask for other data", "c.retransmissions 1 s.dup_acks 2", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), C(1100, ACK, 1101, 100, 5001, 600),
	  C(1200, ACK, 1201, 100, 5001, 600), S(2000, ACK, 5001, 0, 1101, 500),
	  S(2100, ACK, 5001, 0, 1101, 500), S(2200, ACK, 5001, 0, 1101, 500),
	  C(2300, ACK, 1201, 100, 5001, 600)}},
	{"what was acknowledged before is a spurious one",
	 "c.retransmissions 1 c.spurious_retransmissions 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), S(2000, ACK, 5001, 0, 1101, 500),
	  C(301000, ACK, 1001, 100, 5001, 600)}},
	{"but for one byte of it", "c.retransmissions 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), S(2000, ACK, 5001, 0, 1100, 500),
	  C(301000, ACK, 1001, 100, 5001, 600)}},
	{"what fills a gap sooner than the handshake took was out of order",
	 "c.out_of_order 1 c.previous_not_captured 1", NULL,
	 {HELLO, C(1000, ACK, 1101, 100, 5001, 600), C(1199, ACK, 1001, 100, 5001, 600)}},
	{"later, it is a retransmission", "c.retransmissions 1 c.previous_not_captured 1", NULL,
	 {HELLO, C(1000, ACK, 1101, 100, 5001, 600), C(1200, ACK, 1001, 100, 5001, 600)}},
	{"without a handshake 3 ms are the limit", "c.out_of_order 1 c.previous_not_captured 1",
	 "ESTABLISHED ",
	 {C(0, ACK, 1001, 100, 5001, 600), C(1000, ACK, 1201, 100, 5001, 600),
	  C(3999, ACK, 1101, 100, 5001, 600)}},
	{"and no more", "c.retransmissions 1 c.previous_not_captured 1", NULL,
	 {C(0, ACK, 1001, 100, 5001, 600), C(1000, ACK, 1201, 100, 5001, 600),
	  C(4000, ACK, 1101, 100, 5001, 600)}},
	{"the last segment again is never out of order", "c.retransmissions 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), C(1001, ACK, 1001, 100, 5001, 600)}},
	{"an ACK that says the same again is a duplicate", "s.dup_acks 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), S(2000, ACK, 5001, 0, 1101, 500),
	  S(3000, ACK, 5001, 0, 1101, 500)}},
	{"with another window it is an update", "s.window_updates 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), S(2000, ACK, 5001, 0, 1101, 500),
	  S(3000, ACK, 5001, 0, 1101, 501)}},
	{"a window of 0 is one, but not with a RST", "s.zero_windows 1", NULL,
	 {HELLO, S(2000, ACK, 5001, 0, 1001, 0), S(3000, RST, 5001, 0, 0, 0)}},
	{"a byte into a closed window is a probe", "c.zero_window_probes 1 s.zero_windows 2", NULL,
	 {HELLO, S(2000, ACK, 5001, 0, 1001, 0), C(3000, ACK, 1001, 1, 5001, 600),
	  S(4000, ACK, 5001, 0, 1001, 0)}},
	{"a probe takes no sequence number: the same byte again is one, too",
	 "c.zero_window_probes 2 s.zero_windows 1", NULL,
	 {HELLO, S(2000, ACK, 5001, 0, 1001, 0), C(3000, ACK, 1001, 1, 5001, 600),
	  C(4000, ACK, 1001, 1, 5001, 600)}},
	{"data up to the edge fills the window", "c.window_full 1 s.window_updates 1", NULL,
	 {HELLO, S(300, ACK, 5001, 0, 1001, 1000), C(1000, ACK, 1001, 900, 5001, 600),
	  C(2000, ACK, 1901, 100, 5001, 600)}},
	{"a byte short of it does not", "s.window_updates 1", NULL,
	 {HELLO, S(300, ACK, 5001, 0, 1001, 1001),
	  C(1000, ACK, 1001, 1000, 5001, 600)}},
	{"the edge is scaled where both ends offered it",
	 "c.window_full 1 s.window_updates 1", NULL,
	 {{0, 'c', SYN, 1000, 0, 0, 600, OFFERS, 0, 0},
	  {100, 's', SYNACK, 5000, 0, 1001, 500, OFFERS, 0, 0}, C(200, ACK, 1001, 0, 5001, 600),
	  S(300, ACK, 5001, 0, 1001, 250), C(1000, ACK, 1001, 1000, 5001, 600)}},
	{"not where one of them did not", "c.window_full 1 s.window_updates 1", NULL,
	 {{0, 'c', SYN, 1000, 0, 0, 600, OFFERS, 0, 0},
	  {100, 's', SYNACK, 5000, 0, 1001, 500, OFFERS_LESS, 0, 0},
	  C(200, ACK, 1001, 0, 5001, 600), S(300, ACK, 5001, 0, 1001, 250),
	  C(1000, ACK, 1001, 250, 5001, 600)}},
	{"a SYN-ACK's window is not scaled yet", "c.window_full 1", NULL,
	 {{0, 'c', SYN, 1000, 0, 0, 600, OFFERS, 0, 0},
	  {100, 's', SYNACK, 5000, 0, 1001, 500, OFFERS, 0, 0}, C(200, ACK, 1001, 0, 5001, 600),
	  C(1000, ACK, 1001, 500, 5001, 600)}},
	{"where no SYN was seen the edge is not known", "", NULL,
	 {C(0, ACK, 1001, 0, 5001, 600), S(300, ACK, 5001, 0, 1001, 1000),
	  C(1000, ACK, 1001, 1000, 5001, 600)}},
	/* tshark begins with a window of 2^32 - 1 */
	{"of an end that was never heard it is at 2^32 - 1", "c.window_full 1", NULL,
	 {C(0, SYN, 0xffffff9b, 0, 0, 600), C(1000, ACK, 0xffffff9c, 99, 5001, 600),
	  C(2000, ACK, 0xffffffff, 1, 5001, 600)}},
	{"the byte before the next is a keep-alive, and what answers it no duplicate ACK",
	 "c.keepalives 2 s.keepalive_acks 2", "ESTABLISHED ESTABLISHED",
	 {HELLO, C(9000000, ACK, 1000, 0, 5001, 600),
	  S(9000100, ACK, 5001, 0, 1001, 500), C(18000000, ACK, 1000, 1, 5001, 600),
	  S(18000100, ACK, 5001, 0, 1001, 500)}},
	{"an ACK of what was not seen says so once", "s.acked_unseen 1", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), S(2000, ACK, 5001, 0, 1301, 500),
	  S(3000, ACK, 5001, 0, 1401, 500)}},
	{"what is behind a gap says so", "c.previous_not_captured 1", NULL,
	 {HELLO, C(1000, ACK, 1201, 100, 5001, 600)}},
	{"but not a RST", "", "CLOSED ESTABLISHED",
	 {HELLO, C(1000, RST, 9999, 0, 0, 0)}},
	{"sequence numbers run over 2^32", "c.retransmissions 1", NULL,
	 {C(0, SYN, 0xffffff80, 0, 0, 600), S(100, SYNACK, 5000, 0, 0xffffff81, 500),
	  C(200, ACK, 0xffffff81, 0, 5001, 600), C(1000, ACK, 0xffffff81, 200, 5001, 600),
	  S(1100, ACK, 5001, 0, 0x49, 500), C(1200, ACK, 0x49, 100, 5001, 600),
	  C(301000, ACK, 0x49, 100, 5001, 600)}},
	{"a SYN with another number begins anew, and what was counted stays",
	 "c.retransmissions 1", "SYN-SENT LISTEN",
	 {C(0, SYN, 1000, 0, 0, 600), C(1000000, SYN, 1000, 0, 0, 600),
	  C(3000000, SYN, 800, 0, 0, 600)}},
	{"but not one with the number of a later SYN-ACK", "s.previous_not_captured 2", NULL,
	 {C(0, SYN, 1000, 0, 0, 600), S(1000, SYNACK, 5000, 0, 1001, 500),
	  S(2000, SYNACK, 6000, 0, 1001, 500), S(3000, SYN, 6000, 0, 0, 500)}},
	{"a segment in fragments is as long as all of them", "", NULL,
	 {HELLO, {1000, 'c', ACK, 1001, 1480, 5001, 600, 0, PACKET_FRAGMENT, 77},
	  {1001, 'c', 0, 1500, 200, 0, 0, 0, LATER, 77}, C(1100, ACK, 2681, 100, 5001, 600),
	  S(2000, ACK, 5001, 0, 2781, 500)}},
	{"a fragment of another packet is none of it", "c.previous_not_captured 1", NULL,
	 {HELLO, {1000, 'c', ACK, 1001, 1480, 5001, 600, 0, PACKET_FRAGMENT, 77},
	  {1001, 'c', 0, 1500, 200, 0, 0, 0, LATER, 78}, C(1100, ACK, 2681, 100, 5001, 600)}},
	/* Sorted by time, the second would fill a gap that the first left. */
	{"segments count in the order of the file", "", NULL,
	 {HELLO, C(1000, ACK, 1001, 100, 5001, 600), C(900, ACK, 1101, 100, 5001, 600)}},
};
enum { STORIES = sizeof stories / sizeof stories[0] };

static void check_stories(void)
{
	static struct analysis_flow flows[STORIES];
	uint32_t i;

	story_analyse(stories, STORIES, 6, flows);
	check_case("stories can be analysed");
	for (i = 0; i < STORIES; i++) {
		CHECK_TEXT(story_counts(&flows[i]), stories[i].counts);
		if (stories[i].states)
			CHECK_TEXT(story_states(&flows[i]), stories[i].states);
		check_case(stories[i].sentence);
	}
}

/* ---- states ---- */

/* What happens, a step at a time; the states behind each. */
static const struct ladder {
	const char *sentence;
	struct {
		struct step step;
		const char *states;
	} rung[12];
} ladders[] = {
	{"an active close goes by TIME-WAIT, a passive one by LAST-ACK",
	 {{C(0, SYN, 1000, 0, 0, 600), "SYN-SENT LISTEN"},
	  {S(100, SYNACK, 5000, 0, 1001, 500), "SYN-SENT SYN-RECEIVED"},
	  {C(200, ACK, 1001, 0, 5001, 600), "ESTABLISHED ESTABLISHED"},
	  {C(300, ACK | FIN, 1001, 10, 5001, 600), "FIN-WAIT-1 CLOSE-WAIT"},
	  {S(400, ACK, 5001, 0, 1011, 500), "FIN-WAIT-1 CLOSE-WAIT"},
	  {S(500, ACK, 5001, 0, 1012, 500), "FIN-WAIT-2 CLOSE-WAIT"},
	  {S(600, ACK | FIN, 5001, 0, 1012, 500), "TIME-WAIT LAST-ACK"},
	  {C(700, ACK, 1012, 0, 5002, 600), "TIME-WAIT CLOSED"}}},
	{"FINs that cross make both ends CLOSING",
	 {{C(0, ACK, 1001, 0, 5001, 600), "ESTABLISHED "},
	  {S(100, ACK, 5001, 0, 1001, 500), "ESTABLISHED ESTABLISHED"},
	  {C(200, ACK | FIN, 1001, 0, 5001, 600), "FIN-WAIT-1 CLOSE-WAIT"},
	  {S(300, ACK | FIN, 5001, 0, 1001, 500), "CLOSING CLOSING"},
	  {C(400, ACK, 1002, 0, 5002, 600), "CLOSING TIME-WAIT"},
	  {S(500, ACK, 5002, 0, 1002, 500), "TIME-WAIT TIME-WAIT"}}},
	{"SYNs that cross make both ends SYN-RECEIVED",
	 {{C(0, SYN, 1000, 0, 0, 600), "SYN-SENT LISTEN"},
	  {S(10, SYN, 5000, 0, 0, 600), "SYN-RECEIVED SYN-SENT"},
	  {C(100, SYNACK, 1000, 0, 5001, 600), "SYN-RECEIVED SYN-SENT"},
	  {S(110, SYNACK, 5000, 0, 1001, 600), "ESTABLISHED SYN-RECEIVED"},
	  {C(200, ACK, 1001, 0, 5001, 600), "ESTABLISHED ESTABLISHED"}}},
	{"a SYN that is refused leaves two closed ends",
	 {{C(0, SYN, 1000, 0, 0, 600), "SYN-SENT LISTEN"},
	  {S(100, RST | ACK, 0, 0, 1001, 0), "CLOSED CLOSED"}}},
	{"a RST that acknowledges no SYN does not refuse it",
	 {{C(0, SYN, 1000, 0, 0, 600), "SYN-SENT LISTEN"},
	  {S(100, RST | ACK, 0, 0, 1000, 0), "SYN-SENT CLOSED"}}},
	{"a RST in its place closes both ends, and who sent it is not alive by an old segment",
	 {{C(0, ACK, 1001, 100, 5001, 600), "ESTABLISHED "},
	  {S(100, ACK, 5001, 0, 1101, 500), "ESTABLISHED ESTABLISHED"},
	  {C(200, RST, 1101, 0, 0, 0), "CLOSED CLOSED"},
	  {C(300, ACK, 1001, 100, 5001, 600), "CLOSED CLOSED"}}},
	{"a RST out of its place closes nobody else, and new data shows who lives",
	 {{C(0, ACK, 1001, 100, 5001, 600), "ESTABLISHED "},
	  {S(100, ACK, 5001, 0, 1101, 500), "ESTABLISHED ESTABLISHED"},
	  {C(200, RST, 1100, 0, 0, 0), "CLOSED ESTABLISHED"},
	  {S(300, ACK, 5001, 0, 1101, 500), "CLOSED ESTABLISHED"},
	  {C(400, ACK, 1101, 100, 5001, 600), "ESTABLISHED ESTABLISHED"}}},
	{"a tuple in TIME-WAIT opens again",
	 {{C(0, ACK | FIN, 1001, 0, 5001, 600), "FIN-WAIT-1 "},
	  {S(100, ACK | FIN, 5001, 0, 1002, 500), "TIME-WAIT FIN-WAIT-1"},
	  {C(200, ACK, 1002, 0, 5002, 600), "TIME-WAIT FIN-WAIT-2"},
	  {C(300, SYN, 7000, 0, 0, 600), "SYN-SENT LISTEN"}}},
};
enum { LADDERS = sizeof ladders / sizeof ladders[0] };

static void check_ladder(const struct ladder *ladder)
{
	static struct story climbs[12];
	static struct analysis_flow flows[12];
	uint32_t rungs = 0, i, k;

	memset(climbs, 0, sizeof climbs);
	while (rungs < 12 && ladder->rung[rungs].states)
		rungs++;
	for (i = 0; i < rungs; i++)
		for (k = 0; k <= i; k++)
			climbs[i].step[k] = ladder->rung[k].step;
	story_analyse(climbs, rungs, 6, flows);
	for (i = 0; i < rungs; i++)
		CHECK_TEXT(story_states(&flows[i]), ladder->rung[i].states);
	check_case(ladder->sentence);
}

/* ---- what else is known at the end ---- */

static const struct story told[] = {
	{.step = {{0, 'c', SYN, 1000, 0, 0, 600, OFFERS, 0, 0},
		  {100, 's', SYNACK, 5000, 0, 1001, 500, OFFERS_LESS, 0, 0},
		  C(350, ACK, 1001, 0, 5001, 600), C(1000, ACK, 1001, 300, 5001, 600),
		  S(2000, ACK, 5001, 0, 1101, 500), C(60002000, ACK, 1301, 50, 5001, 600),
		  C(60003000, ACK, 1351, 50, 5001, 600)}},
	{.step = {C(0, ACK, 1001, 200, 5001, 600), C(10, ACK, 1201, 200, 5001, 600)}},
};

static void check_told(void)
{
	struct analysis_flow flows[2];
	const struct analysis_flow *f = &flows[0];

	story_analyse(told, 2, 6, flows);
	CHECK_INT(f->end[0].mss, 1460);
	CHECK_INT(f->end[1].mss, 1200);
	CHECK_INT(f->end[0].sack, 1);
	CHECK_INT(f->end[1].sack, 0);
	CHECK_INT(f->end[0].shift, ANALYSIS_SHIFT_UNUSED);
	CHECK_INT(f->end[1].shift, ANALYSIS_SHIFT_UNUSED);
	CHECK_INT(flows[1].end[0].shift, ANALYSIS_SHIFT_UNKNOWN);
	check_case("what the SYNs offer is kept; a scale that one did not offer is not used");
	CHECK_INT(f->end[0].next, 1401);
	CHECK_INT(f->end[1].next, 5001);
	CHECK_INT(f->end[0].max_ack, 5001);
	CHECK_INT(f->end[1].max_ack, 1101);
	CHECK_INT(analysis_unacked(f, 0), 300);
	CHECK_INT(analysis_unacked(f, 1), 0);
	CHECK_INT(analysis_unacked(&flows[1], 0), 400);
	check_case("so is how far each end got, and what the other did not acknowledge");
	CHECK_INT(f->handshake_ns, 350000);
	CHECK_INT(f->end[0].rtt, 1);
	CHECK_INT(f->idle_ns, 60000000000);
	CHECK_INT(f->idle_from_ns, 2000000);
	check_case("how long the handshake took, and the longest silence");
	CHECK_INT(analysis_midstream(f), false);
	CHECK_INT(analysis_midstream(&flows[1]), true);
	check_case("a connection whose SYNs were not seen began midstream");
	story_analyse(told, 2, 17, flows);
	CHECK_TEXT(story_counts(f), "");
	CHECK_TEXT(story_states(f), " ");
	CHECK_INT(analysis_midstream(f), false);
	check_case("what is not TCP is left alone");
}

static const struct {
	const char *sentence;
	uint8_t bytes[12];
	uint32_t size;
	struct syn_option option;
} options[] = {
	/* tcpdump: mss 1460,sackOK,TS val 0 ecr 0 */
	{"MSS and SACK are read, other options passed over",
	 {2, 4, 5, 180, 4, 2, 8, 10}, 8, {1460, SYN_SHIFT_NONE, true, false}},
	{"timestamps are ten bytes", {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0}, 12, {0, SYN_SHIFT_NONE, false, true}},
	{"a scale above 14 is 14", {3, 3, 15}, 3, {0, 14, false, false}},
	{"a scale of 0 is one", {1, 3, 3, 0}, 4, {0, 0, false, false}},
	{"nothing is read behind the end", {0, 3, 3, 7}, 4, {0, SYN_SHIFT_NONE, false, false}},
	{"an option of the wrong length says nothing, what follows does",
	 {2, 3, 5, 3, 3, 7}, 6, {0, 7, false, false}},
	{"an option that is cut ends them", {3, 3}, 2, {0, SYN_SHIFT_NONE, false, false}},
	{"a length below 2 ends them", {9, 1, 3, 3, 7}, 5, {0, SYN_SHIFT_NONE, false, false}},
	{"a kind without a length ends them", {4}, 1, {0, SYN_SHIFT_NONE, false, false}},
};

static void check_options(void)
{
	struct syn_option got;
	uint32_t i;

	for (i = 0; i < sizeof options / sizeof options[0]; i++) {
		got = syn_option_parse(options[i].bytes, options[i].size);
		CHECK_INT(got.mss, options[i].option.mss);
		CHECK_INT(got.shift, options[i].option.shift);
		CHECK_INT(got.sack, options[i].option.sack);
		CHECK_INT(got.timestamps, options[i].option.timestamps);
		check_case(options[i].sentence);
	}
}

/* ---- captures of one point put together ---- */

static const struct story halves[] = {
	{.step = {{0, 'c', SYN, 1000, 0, 0, 600, OFFERS, 0, 0},
		  {100, 's', SYNACK, 5000, 0, 1001, 500, OFFERS, 0, 0},
		  C(200, ACK, 1001, 0, 5001, 600), C(1000, ACK, 1001, 100, 5001, 600),
		  C(301000, ACK, 1001, 100, 5001, 600)}},
	{.step = {S(302000, ACK, 5001, 0, 1101, 500), S(303000, ACK, 5001, 0, 1101, 500),
		  C(402000, ACK, 1101, 100, 5001, 600), C(902000, ACK, 1101, 100, 5001, 600)}},
	/* the first two in one direction each */
	{.step = {{0, 'c', SYN, 1000, 0, 0, 600, OFFERS, 0, 0},
		  C(200, ACK, 1001, 0, 5001, 600), C(1000, ACK, 1001, 100, 5001, 600),
		  C(301000, ACK, 1001, 100, 5001, 600)}},
	{.step = {{100, 's', SYNACK, 5000, 0, 1001, 500, OFFERS, 0, 0},
		  S(302000, ACK, 5001, 0, 1101, 500), S(303000, ACK, 5001, 0, 1101, 500)}},
};

static void check_together(void)
{
	struct analysis_flow flows[4], turned, none = {0};
	unsigned way;

	for (way = 0; way < 2; way++) { /* whichever is added to the other */
		story_analyse(halves, 4, 6, flows);
		analysis_merge(&flows[way], &flows[!way]);
		CHECK_TEXT(story_counts(&flows[way]), "c.retransmissions 2 s.dup_acks 1");
		CHECK_TEXT(story_states(&flows[way]), "ESTABLISHED ESTABLISHED");
		CHECK_INT(flows[way].end[0].mss, 1460);
		CHECK_INT(flows[way].end[1].shift, 2);
		CHECK_INT(flows[way].end[0].next, 1201);
		CHECK_INT(flows[way].handshake_ns, 200000);
		CHECK_INT(flows[way].idle_ns, 500000000);
		CHECK_INT(analysis_unacked(&flows[way], 0), 100);
		CHECK_INT(analysis_midstream(&flows[way]), false);
		analysis_merge(&flows[2 + way], &flows[2 + !way]);
		CHECK_TEXT(story_counts(&flows[2 + way]), "c.retransmissions 1 s.dup_acks 1");
		CHECK_INT(flows[2 + way].end[0].next, 1101);
		CHECK_INT(flows[2 + way].end[1].max_ack, 1101);
		CHECK_INT(analysis_unacked(&flows[2 + way], 0), 0);
	}
	check_case("two captures of one connection are put together, by time or by direction");
	turned = flows[1];
	analysis_turn(&turned);
	CHECK_TEXT(story_counts(&turned), "c.dup_acks 1 s.retransmissions 2");
	CHECK_INT(turned.end[1].next, 1201);
	CHECK_INT(turned.end[0].rtt, 1);
	analysis_turn(&turned);
	CHECK(memcmp(&turned, &flows[1], sizeof turned) == 0);
	check_case("turned twice it is as before");
	analysis_merge(&flows[1], &none);
	CHECK(memcmp(&turned, &flows[1], sizeof turned) == 0);
	analysis_merge(&none, &flows[1]);
	CHECK(memcmp(&none, &flows[1], sizeof none) == 0);
	check_case("nothing put to it changes nothing");
}

int main(void)
{
	uint32_t i;

	sample_begin();
	check_stories();
	for (i = 0; i < LADDERS; i++)
		check_ladder(&ladders[i]);
	check_told();
	check_options();
	check_together();
	sample_end();
	return check_exit();
}
