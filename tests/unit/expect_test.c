/* What a policy's rows are said to have met with: each case is a scene whose answer follows from what was
 * sent, and from the policy. */
#include "tests/unit/scene.h"

#define HEAD "name,src,dst,proto,dport,expect\n"
#define FRAME "frame,10.1.0.9,10.2.0.9,tcp,80,allow\n" /* what scene_frame() sends */

static struct scene scene;

/* Three points, so that two hops may be the one. */
static void begin(const char *policy)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 30000000);
	scene.expect = policy;
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

/* The row of this name; "": the one of what no row covers. */
static const char *cell(const char *name, enum expect_column column)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, EXPECTS); row++)
		if (strcmp(scene_cell(&scene, EXPECTS, row, EXPECT_NAME), name) == 0)
			return scene_cell(&scene, EXPECTS, row, column);
	return "no such row";
}

#define CHECK_ROW(name, sessions, good, bad, unknown, verdict)                                     \
	do {                                                                                       \
		CHECK_TEXT(cell(name, EXPECT_SESSIONS), sessions);                                 \
		CHECK_TEXT(cell(name, EXPECT_GOOD), good);                                         \
		CHECK_TEXT(cell(name, EXPECT_BAD), bad);                                           \
		CHECK_TEXT(cell(name, EXPECT_NOT_TOLD), unknown);                                  \
		CHECK_TEXT(cell(name, EXPECT_VERDICT), verdict);                                   \
	} while (0)

static uint32_t finding(const char *kind)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, FINDINGS); row++)
		if (strcmp(scene_cell(&scene, FINDINGS, row, FINDINGS_KIND), kind) == 0)
			return row;
	return UINT32_MAX;
}

/* Findings about expectations that are more than information. */
static uint32_t faults(void)
{
	uint32_t row, found = 0;

	for (row = 0; row < scene_rows(&scene, FINDINGS); row++)
		found += strncmp(scene_cell(&scene, FINDINGS, row, FINDINGS_KIND), "expect.", 7) == 0 &&
			 strcmp(scene_cell(&scene, FINDINGS, row, FINDINGS_SEVERITY), "info") != 0;
	return found;
}

static struct scene_talk talk(int64_t us, uint16_t cport, uint16_t dport)
{
	return scene_talk(us, "10.1.0.1", cport, "10.2.0.1", dport);
}

/* SYNs at 0, 1 and 3 s that get no farther than stage `reach`. */
static void refuse(int64_t us, uint16_t cport, uint16_t dport, uint32_t reach)
{
	static const int64_t tries_us[] = {0, 1000000, 3000000};
	uint32_t i;

	for (i = 0; i < 3; i++) {
		struct scene_talk t = talk(us, cport, dport);

		t.us = us + tries_us[i];
		scene_client(&scene, &t, SYN, 0, reach);
	}
}

/* A SYN that gets no farther than `reach`, and is answered there by a RST, or by an ICMP error. */
static void reject(int64_t us, uint16_t cport, uint16_t dport, uint32_t reach, bool icmp)
{
	struct scene_talk t = talk(us, cport, dport);
	struct scene_packet syn = scene_by_client(&t, SYN, 0), answer;

	syn.ip_id = cport;
	t.cseq++;
	answer = icmp ? (struct scene_packet){.src = "10.1.0.254", .dst = "10.1.0.1", .proto = SCENE_ICMP,
					      .ack = 3 << 8 | 13, .length = 28, .quotes = &syn}
		      : scene_by_server(&t, RST | ACK, 0);
	scene_send(&scene, us, syn, 0, reach);
	scene_send(&scene, us + 900, answer, reach, 0);
}

/* The server itself has no such port. */
static void closed(int64_t us, uint16_t cport, uint16_t dport)
{
	struct scene_talk t = talk(us, cport, dport);

	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	scene_server(&scene, &t, RST | ACK, 0, SCENE_THROUGH);
}

static void whole(int64_t us, uint16_t cport, uint16_t dport)
{
	scene_whole(&scene, us, "10.1.0.1", cport, "10.2.0.1", dport, 2);
}

static struct scene_packet udp(uint16_t sport, uint16_t dport, bool back, uint32_t text)
{
	return (struct scene_packet){.src = back ? "10.2.0.1" : "10.1.0.1",
				     .dst = back ? "10.1.0.1" : "10.2.0.1",
				     .sport = back ? dport : sport, .dport = back ? sport : dport,
				     .proto = SCENE_UDP, .length = 60, .text = text};
}

static void fulfilled(void)
{
	uint16_t i;

	begin(HEAD FRAME "web,any,10.2.0.1,tcp,80,allow\nclosed,any,any,tcp,81,allow\n"
			 "out,any,any,tcp,82,deny\nrst,any,any,tcp,83,reject\nicmp,any,any,tcp,84,reject\n");
	for (i = 0; i < 4; i++) {
		whole(2000000 + i * 10000, (uint16_t)(40000 + i), 80);
		closed(3000000 + i * 10000, (uint16_t)(41000 + i), 81);
		refuse(4000000 + i * 10000, (uint16_t)(42000 + i), 82, 1);
		reject(5000000 + i * 10000, (uint16_t)(43000 + i), 83, 1, false);
		reject(6000000 + i * 10000, (uint16_t)(44000 + i), 84, 1, true);
	}
	scene_run(&scene);
	CHECK_ROW("frame", "2", "2", "0", "0", "as_expected");
	CHECK_ROW("web", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("closed", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("out", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("rst", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("icmp", "4", "4", "0", "0", "as_expected");
	CHECK_TEXT(cell("out", EXPECT_HOP), "fw>server");
	CHECK_TEXT(cell("out", EXPECT_EVIDENCE), "4 sessions: 4 were dropped at fw>server without an answer");
	CHECK_TEXT(cell("rst", EXPECT_EVIDENCE), "4 sessions: 4 were rejected at fw>server");
	CHECK_TEXT(cell("web", EXPECT_EVIDENCE), "4 sessions: 4 came through past fw>server");
	CHECK_TEXT(cell("out", EXPECT_EXAMPLE_FILE), "fw0.pcap");
	CHECK_TEXT(cell("web", EXPECT_EXAMPLE_FILE), "server0.pcap");
	CHECK_INT(scene_rows(&scene, EXPECTS), 6);
	CHECK_INT(faults(), 0);
	CHECK_INT(finding("expect.untried"), UINT32_MAX);
	end("allow, deny and reject are fulfilled, whatever the server says of its ports");
}

static void violated(void)
{
	uint16_t i;

	begin(HEAD FRAME "web,any,10.2.0.1,tcp,80,deny\nmail,any,any,tcp,81,reject\n"
			 "out,any,any,tcp,82,reject\nrst,any,any,tcp,83,allow\nicmp,any,any,tcp,84,deny\n"
			 "gone,any,any,tcp,85,allow\n");
	for (i = 0; i < 4; i++) {
		whole(2000000 + i * 10000, (uint16_t)(40000 + i), 80);
		whole(3000000 + i * 10000, (uint16_t)(41000 + i), 81);
		refuse(4000000 + i * 10000, (uint16_t)(42000 + i), 82, 1);
		reject(5000000 + i * 10000, (uint16_t)(43000 + i), 83, 1, false);
		reject(6000000 + i * 10000, (uint16_t)(44000 + i), 84, 1, true);
		refuse(12000000 + i * 10000, (uint16_t)(45000 + i), 85, 1);
	}
	scene_run(&scene);
	CHECK_ROW("web", "4", "0", "4", "0", "violated");
	CHECK_ROW("mail", "4", "0", "4", "0", "violated");
	CHECK_ROW("out", "4", "0", "4", "0", "violated");
	CHECK_ROW("rst", "4", "0", "4", "0", "violated");
	CHECK_ROW("icmp", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("gone", "4", "0", "4", "0", "violated");
	CHECK_INT(faults(), 5);
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.denied_passed"), FINDINGS_TEXT),
		   "row 2 (web) denies, but 4 of 4 sessions came through past fw > server");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.allowed_dropped"), FINDINGS_TEXT),
		   "row 7 (gone) allows, but 4 of 4 sessions were dropped at fw > server, without an answer");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.allowed_rejected"), FINDINGS_TEXT),
		   "row 5 (rst) allows, but 4 of 4 sessions were rejected at fw > server");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.reject_silent"), FINDINGS_TEXT),
		   "row 4 (out) rejects, but 4 of 4 sessions were dropped at fw > server, without an answer");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.denied_answered"), FINDINGS_SEVERITY), "info");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.reject_silent"), FINDINGS_SEVERITY), "medium");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.denied_passed"), FINDINGS_SEVERITY), "high");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.denied_passed"), FINDINGS_SUBJECT), "row 2 (web)");
	end("each way to violate a row is a finding of its own; a deny that answers is said, and no fault");
}

/* At which hop is said, and a row may have several. */
static void two_hops(void)
{
	uint16_t i;

	begin(HEAD FRAME "out,any,any,tcp,82,deny\nweb,any,any,tcp,80,deny\n");
	for (i = 0; i < 3; i++) {
		refuse(4000000 + i * 10000, (uint16_t)(42000 + i), 82, 0);
		refuse(9000000 + i * 10000, (uint16_t)(43000 + i), 82, 1);
	}
	refuse(14000000, 43900, 82, 1);
	whole(2000000, 40000, 80);
	scene_run(&scene);
	CHECK_ROW("out", "7", "7", "0", "0", "as_expected");
	CHECK_TEXT(cell("out", EXPECT_HOP), "fw>server");
	CHECK_TEXT(cell("out", EXPECT_EVIDENCE), "7 sessions: 3 were dropped at client>fw without an "
						 "answer, 4 were dropped at fw>server without an answer");
	CHECK_ROW("web", "1", "0", "1", "0", "violated");
	CHECK_TEXT(cell("web", EXPECT_HOP), "");
	end("the hop is that where most ended; which one lets through is not said where two stop others");
}

static void chance(void)
{
	uint16_t i;

	begin(HEAD FRAME "web,any,any,tcp,80,allow\nout,any,any,tcp,82,deny\n");
	for (i = 0; i < 40; i++) {
		struct scene_talk t = talk(2000000 + i * 100000, (uint16_t)(40000 + i), 80);

		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 1);
		if (i % 4 == 0)
			scene_lose(&scene, &t, true, 100, 1);
		scene_close(&scene, &t);
	}
	for (i = 0; i < 2; i++) { /* SYNs that nobody sent again */
		struct scene_talk t = talk(8000000, (uint16_t)(50000 + i), i ? 82 : 80);

		scene_client(&scene, &t, SYN, 0, 1);
	}
	scene_run(&scene);
	CHECK_ROW("web", "41", "40", "0", "1", "as_expected");
	CHECK_ROW("out", "1", "0", "0", "1", "unknown");
	CHECK_TEXT(cell("out", EXPECT_CONFIDENCE), "");
	CHECK_INT(faults(), 0);
	end("one SYN that a lossy hop drops proves no rule, neither way");

	begin(HEAD FRAME "web,any,any,tcp,80,allow\nout,any,any,tcp,any,deny\n");
	for (i = 0; i < 20; i++)
		whole(2000000 + i * 100000, (uint16_t)(40000 + i), 80);
	for (i = 0; i < 30; i++) { /* a scan: a SYN for each port */
		struct scene_talk t = talk(8000000 + i * 20000, (uint16_t)(50000 + i), (uint16_t)(1000 + i));

		scene_client(&scene, &t, SYN, 0, 1);
	}
	scene_run(&scene);
	CHECK_ROW("out", "30", "30", "0", "0", "as_expected");
	end("many services of a row, each asked for once and dropped, are no chance together");

	begin(HEAD FRAME "web,any,any,tcp,80,deny\n");
	{
		struct scene_talk t = talk(8000000, 50000, 80), again = t;

		scene_client(&scene, &t, SYN, 0, 1);
		again.us += 1000000;
		scene_open(&scene, &again);
		scene_exchange(&scene, &again, 1);
		scene_close(&scene, &again);
	}
	scene_run(&scene);
	CHECK_ROW("web", "1", "0", "1", "0", "violated");
	end("a session whose first SYN was lost came through with the second");
}

static void not_told(void)
{
	struct scene_talk t;

	begin(HEAD FRAME "all,any,any,any,any,deny\n");
	t = talk(4000000, 40000, 80); /* its SYN came before the captures */
	scene_exchange(&scene, &t, 3);
	scene_close(&scene, &t);
	scene_send(&scene, 5000000, udp(50000, 53, true, 7), 2, 0); /* answers alone */
	scene_send(&scene, 5100000, udp(50000, 53, true, 8), 2, 0);
	scene_run(&scene);
	CHECK_ROW("all", "2", "0", "0", "2", "unknown");
	CHECK_TEXT(cell("all", EXPECT_EVIDENCE), "2 sessions; what became of 2 cannot be told: 2 whose "
						 "beginning is in no capture");
	CHECK_INT(faults(), 0);
	end("what began before the captures is of nobody knows which row's making");

	begin(HEAD FRAME "all,any,any,any,any,deny\n");
	t = talk(40000000, 40000, 80); /* behind everything else */
	scene_client(&scene, &t, SYN, 0, 1);
	scene_run(&scene);
	CHECK_ROW("all", "1", "0", "0", "1", "unknown");
	CHECK_TEXT(cell("all", EXPECT_EVIDENCE), "1 session; what became of 1 cannot be told: 1 too near "
						 "to where a capture begins, ends or has a gap");
	end("what the edge of a capture hides is unknown");

	begin(HEAD FRAME "all,any,any,any,any,deny\n");
	t = talk(4000000, 40000, 80);
	scene.blind = 1 << 1 | 1 << 2; /* answered past the other points */
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	scene.blind = 1 << 0 | 1 << 1;
	whole(6000000, 41000, 80); /* at the server only */
	scene.blind = 0;
	scene_run(&scene);
	CHECK_TEXT(cell("all", EXPECT_SESSIONS), "2");
	CHECK_TEXT(cell("all", EXPECT_NOT_TOLD), "2");
	CHECK_INT(faults(), 0);
	end("what one point alone saw is unknown");

	begin(HEAD FRAME "all,any,any,any,any,deny\n");
	scene.blind = 1 << 1;
	whole(6000000, 41000, 80);
	scene.blind = 0;
	scene_run(&scene);
	CHECK_ROW("all", "1", "0", "1", "0", "violated");
	end("what a capture on the way does not have, and the last one has, came through");

	begin(HEAD FRAME "all,any,any,tcp,80,allow\n");
	{
		uint16_t i; /* nothing passes for two seconds, of many sessions */

		for (i = 0; i < 60; i++) {
			t = talk(4000000 + i * 100000, (uint16_t)(41000 + i), 80);
			if (i >= 20 && i < 40) {
				scene_client(&scene, &t, SYN, 0, 1);
				continue;
			}
			scene_open(&scene, &t);
			scene_exchange(&scene, &t, 1);
			scene_close(&scene, &t);
		}
	}
	scene_run(&scene);
	CHECK_ROW("all", "60", "40", "0", "20", "as_expected");
	CHECK_INT(faults(), 0);
	end("an outage is no rule where others came through");
}

static void other_protocols(void)
{
	uint32_t i;

	begin(HEAD FRAME "dns,any,any,udp,53,allow\nntp,any,any,udp,123,deny\nping,any,any,icmp,any,allow\n"
			 "nfs,any,any,udp,111,reject\n");
	for (i = 0; i < 4; i++) {
		struct scene_packet echo = {.src = "10.1.0.1", .dst = "10.2.0.1", .sport = 7, .dport = 7,
					    .proto = SCENE_ICMP, .seq = i, .ack = 8 << 8, .length = 56,
					    .text = 5};
		struct scene_packet reply = echo;

		scene_send(&scene, 2000000 + i * 100000, udp((uint16_t)(50000 + i), 53, false, 2 * i), 0, 2);
		scene_send(&scene, 2010000 + i * 100000, udp((uint16_t)(50000 + i), 53, true, 2 * i + 1), 2, 0);
		scene_send(&scene, 3000000 + i * 100000, udp((uint16_t)(50000 + i), 123, false, 100 + i), 0, 1);
		scene_send(&scene, 3500000 + i * 100000, udp((uint16_t)(50000 + i), 111, false, 200 + i), 0, 1);
		reply.src = "10.2.0.1";
		reply.dst = "10.1.0.1";
		reply.ack = 0;
		scene_send(&scene, 5000000 + i * 100000, echo, 0, 2);
		scene_send(&scene, 5010000 + i * 100000, reply, 2, 0);
	}
	/* an answer of the hop's own to one of them */
	{
		struct scene_packet asked = udp(50100, 111, false, 300), quoted, answer;

		asked.ip_id = 4711;
		quoted = asked; /* UDP's header is shorter than TCP's, and has its length */
		quoted.length = asked.length - 12;
		quoted.seq = asked.length + 8;
		answer = (struct scene_packet){.src = "10.1.0.254", .dst = "10.1.0.1", .proto = SCENE_ICMP,
					       .ack = 3 << 8 | 13, .length = 28, .quotes = &quoted};
		scene_send(&scene, 3400000, asked, 0, 1);
		scene_send(&scene, 3400900, answer, 1, 0);
	}
	scene_run(&scene);
	CHECK_ROW("dns", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("ntp", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("ping", "1", "1", "0", "0", "as_expected");
	CHECK_ROW("nfs", "5", "1", "0", "4", "as_expected");
	CHECK_INT(scene_rows(&scene, EXPECTS), 5); /* the ICMP error is of its session */
	end("UDP and pings by their first packet; ICMP errors are no traffic, and may be too few");

	begin(HEAD FRAME "ping,10.2.0.1,any,icmp,any,deny\n");
	for (i = 0; i < 3; i++) /* replies, whose requests were before */
		scene_send(&scene, 5000000 + i * 100000,
			   (struct scene_packet){.src = "10.2.0.1", .dst = "10.1.0.1", .sport = 7, .dport = 7,
						 .proto = SCENE_ICMP, .seq = i, .length = 56, .text = 5},
			   2, 0);
	scene_run(&scene);
	CHECK_ROW("ping", "1", "0", "0", "1", "unknown");
	end("an echo reply is nothing that its sender asked for");
}

/* The near side's addresses are what the client asks for. */
static void translated(void)
{
	begin(HEAD FRAME "near,10.1.0.1,203.0.113.5,tcp,8080,allow\nfar,198.51.100.1,any,any,any,deny\n");
	{
		struct scene_talk t = scene_talk(2000000, "10.1.0.1", 40000, "203.0.113.5", 8080);

		scene_nat(&scene, 1, "10.1.0.1", 40000, "198.51.100.1", 61000);
		scene_nat(&scene, 1, "203.0.113.5", 8080, "10.2.0.1", 80);
		t.seen = "198.51.100.1";
		t.seen_port = 61000;
		t.real = "10.2.0.1";
		t.real_port = 80;
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 4);
		scene_close(&scene, &t);
		scene_nat_end(&scene);
	}
	scene_run(&scene);
	CHECK_ROW("near", "1", "1", "0", "0", "as_expected");
	CHECK_ROW("far", "0", "0", "0", "0", "untried");
	end("a session is of the row of what its client asked for, before NAT");

	begin(HEAD FRAME "in,10.2.0.7,10.1.0.7,tcp,22,deny\nout,10.2.0.7,10.1.0.7,tcp,23,deny\n");
	{
		struct scene_talk t = scene_talk(2000000, "10.2.0.7", 40000, "10.1.0.7", 22);
		uint16_t i;

		t.back = true;
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 4);
		scene_close(&scene, &t);
		for (i = 0; i < 3; i++) {
			t = scene_talk(5000000, "10.2.0.7", 41000, "10.1.0.7", 23);
			t.back = true;
			t.us += i * 1000000;
			scene_client(&scene, &t, SYN, 0, 1);
		}
	}
	scene_run(&scene);
	CHECK_ROW("in", "1", "0", "1", "0", "violated");
	CHECK_TEXT(cell("in", EXPECT_EXAMPLE_FILE), "client0.pcap");
	CHECK_ROW("out", "1", "1", "0", "0", "as_expected");
	CHECK_TEXT(cell("out", EXPECT_HOP), "client>fw");
	end("clients at the other end of the path are judged their way");
}

static void rows_as_they_come(void)
{
	begin(HEAD "a,10.1.0.0/16,any,tcp,80-81,allow\nb,any,any,tcp,81,deny\nc,10.1.0.1,any,tcp,80,deny\n");
	whole(2000000, 40000, 80);
	whole(3000000, 40001, 81);
	whole(4000000, 40002, 82);
	whole(5000000, 40003, 83);
	scene_run(&scene);
	CHECK_ROW("a", "4", "4", "0", "0", "as_expected");
	CHECK_ROW("b", "0", "0", "0", "0", "untried");
	CHECK_TEXT(cell("b", EXPECT_EVIDENCE), "no session asked for it");
	CHECK_TEXT(cell("c", EXPECT_EVIDENCE),
		   "no session asked for it, and none ever can: row 1 (a) takes all of it before");
	CHECK_TEXT(cell("", EXPECT_SESSIONS), "2");
	CHECK_TEXT(cell("", EXPECT_VERDICT), "uncovered");
	CHECK_TEXT(cell("", EXPECT_ROW), "");
	CHECK_TEXT(cell("", EXPECT_GOOD), "");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.uncovered"), FINDINGS_TEXT),
		   "no row of policy.csv covers 2 sessions, of which 2 came through");
	CHECK(strstr(scene_cell(&scene, FINDINGS, finding("expect.uncovered"), FINDINGS_EVIDENCE),
		     "; 1 to 10.2.0.1:82, 1 to 10.2.0.1:83"));
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("expect.untried"), FINDINGS_EVIDENCE),
		   "row 2 (b), row 3 (c); row 3 (c) never can be: row 1 (a) takes all of it before");
	CHECK_INT(faults(), 1);
	end("the first row that matches holds; what none covers and what nothing tried is said");

	begin(NULL);
	whole(2000000, 40000, 80);
	scene_run(&scene);
	CHECK_INT(scene_rows(&scene, EXPECTS), 0);
	CHECK_INT(finding("expect.untried"), UINT32_MAX);
	end("without a policy there are no rows and nothing is said");

	begin(HEAD "a,any,any,tcp,8o,allow\n");
	CHECK_INT(scene_correlate(&scene), STATUS_INPUT);
	CHECK(strstr(scene.err.text, "policy.csv:2: dport: \"8o\" is no port") != NULL);
	end("a bad policy ends the run");
}

/* Without packets that come back, silence says nothing of a reject; of a deny it does. */
static void unheard(void)
{
	uint16_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "in", "out");
	scene.expect = HEAD "silent,any,any,tcp,82,reject\ndropped,any,any,tcp,83,deny\nrest,any,any,any,any,allow\n";
	for (i = 0; i < 40; i++) {
		struct scene_talk t = talk(i * 500000, (uint16_t)(45000 + i), 80);

		scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
		t.sseq++;
		scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
	}
	for (i = 0; i < 3; i++) {
		refuse(4000000 + i * 10000, (uint16_t)(42000 + i), 82, 0);
		refuse(9000000 + i * 10000, (uint16_t)(43000 + i), 83, 0);
	}
	scene_run(&scene);
	CHECK_ROW("silent", "3", "0", "0", "3", "unknown");
	CHECK_ROW("dropped", "3", "3", "0", "0", "as_expected");
	CHECK_ROW("rest", "40", "40", "0", "0", "as_expected");
	end("where one direction was captured, a reject that does not show is unknown");
}

int main(void)
{
	fulfilled();
	violated();
	two_hops();
	chance();
	not_told();
	other_protocols();
	translated();
	rows_as_they_come();
	unheard();
	return check_exit();
}
