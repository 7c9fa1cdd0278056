/* Why sessions suffered, by what their packets show one by one: every case is a scene whose answer
 * follows from what was sent. What Linux makes itself is in tests/lab/scenes/session-* as well. */
#include "tests/unit/story_scene.h"

static struct scene_talk talk(int64_t us, uint16_t server_port)
{
	return scene_talk(us, "10.1.0.1", 40000, "10.2.0.1", server_port);
}

/* The last row of each point is the packet that was sent last: it bears another window there. */
static void last_window(uint16_t window)
{
	uint32_t p;

	for (p = 0; p < scene.points; p++)
		scene.point[p].file[0].row[scene.point[p].file[0].rows - 1].packet.window = window;
}

static void last_marks(const char *point, uint16_t marks)
{
	struct scene_file *file = &scene.point[scene_point(&scene, point)].file[0];

	file->row[file->rows - 1].packet.marks |= marks;
}

/* The row of the finding of this kind; UINT32_MAX: none. */
static uint32_t finding(const char *kind)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, FINDINGS); row++)
		if (strcmp(scene_cell(&scene, FINDINGS, row, FINDINGS_KIND), kind) == 0)
			return row;
	return UINT32_MAX;
}

static bool finding_says(const char *kind, enum findings_column column, const char *words)
{
	return strstr(scene_cell(&scene, FINDINGS, finding(kind), column), words);
}

/* ---- handshakes ---- */

/* Nine sessions of a service: the SYN-ACK is 2 ms away from the SYN, and once 400 ms. */
static void late_synacks(int64_t hop_us, int64_t server_us)
{
	uint32_t i;

	begin();
	for (i = 0; i < 9; i++) {
		struct scene_talk t =
			scene_talk(2000000 + i * 2000000, "10.1.0.1", (uint16_t)(40000 + i),
				   "10.2.0.1", 443);

		if (i == 4)
			scene.delay_us[1] += hop_us;
		scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
		t.us += i == 4 ? server_us : 0;
		scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
		scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
		scene.delay_us[1] = SCENE_DELAY_US;
		scene_exchange(&scene, &t, 2);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
}

static uint32_t slow_ones(const char *cause, const char *outcome, const char *hop)
{
	uint32_t row, n = 0;

	for (row = 0; row < scene_rows(&scene, SESSIONS); row++)
		n += strcmp(scene_cell(&scene, SESSIONS, row, SESSIONS_CAUSE), cause) == 0 &&
		     strcmp(scene_cell(&scene, SESSIONS, row, SESSIONS_OUTCOME), outcome) == 0 &&
		     strcmp(scene_cell(&scene, SESSIONS, row, SESSIONS_HOP), hop) == 0;
	return n;
}

static void slow_synack_by_server(void)
{
	late_synacks(0, 400000);
	CHECK_INT(slow_ones("slow_synack", "degraded", ""), 1);
	CHECK_INT(slow_ones("", "ok", ""), 10);
	CHECK(finding_says("session.slow_synack", FINDINGS_TEXT, "by the server"));
	CHECK(finding_says("session.slow_synack", FINDINGS_TEXT, "in 1 of 9 sessions to 10.2.0.1:443"));
	end("a SYN-ACK far later than the service's others, at the server's own point: slow_synack");
}

static void slow_synack_by_path(void)
{
	late_synacks(200000, 0);
	CHECK_INT(slow_ones("slow_synack", "degraded", "fw>server"), 1);
	CHECK_INT(slow_ones("", "ok", ""), 10);
	CHECK(finding_says("session.slow_synack", FINDINGS_TEXT, "by the path"));
	end("a SYN-ACK that the path held: slow_synack at the hop that took most");
}

static void usual_synack(void)
{
	late_synacks(0, 80000);
	CHECK_INT(slow_ones("slow_synack", "degraded", ""), 0);
	CHECK_INT(slow_ones("", "ok", ""), 11);
	end("a SYN-ACK 80 ms later than usual is no cause");
}

/* RFC 9293 3.10.7.4; Linux answers so while in TIME-WAIT, when the sequence number is too low. */
static void reuse(bool comes_up)
{
	struct scene_talk t = talk(2000000, 443), old;
	struct scene_packet plain;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_close(&scene, &t);
	old = t;
	old.us = t.us = 6000000;
	t.cseq -= 500000;
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	plain = scene_by_server(&old, ACK, 0);
	scene_send(&scene, t.us, plain, 2, 0);
	t.us += 1000000;
	t.cseq--;
	t.sseq += 700000;
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	if (comes_up) {
		scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
		scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
		scene_exchange(&scene, &t, 1);
		scene_close(&scene, &t);
	} else {
		scene_send(&scene, t.us, plain, 2, 0);
	}
	scene_run(&scene);
}

static void port_reuse(void)
{
	reuse(true);
	CHECK_INT(slow_ones("port_reuse", "degraded", ""), 1);
	CHECK_INT(slow_ones("", "ok", ""), 3);
	end("a SYN answered by the ACK of the connection before, that comes up later: port_reuse");
	reuse(false);
	CHECK_INT(slow_ones("port_reuse", "failed", ""), 1);
	CHECK(finding("session.port_reuse") != UINT32_MAX);
	end("and one that never comes up failed for it");
}

/* ---- applications ---- */

static void slow_server(void)
{
	struct scene_talk t = talk(2000000, 443), quick = talk(2000000, 444);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	t.us += 2500000;
	scene_server(&scene, &t, ACK | PSH, 700, SCENE_THROUGH);
	scene_close(&scene, &t);
	/* speaks unasked after 2.5 s: nobody waited */
	scene_open(&scene, &quick);
	scene_exchange(&scene, &quick, 1);
	quick.us += 2500000;
	scene_server(&scene, &quick, ACK | PSH, 700, SCENE_THROUGH);
	scene_close(&scene, &quick);
	scene_run(&scene);
	CHECK_STORY(443, "closed", "degraded", "server_slow", "");
	CHECK_STORY(444, "closed", "ok", "", "");
	CHECK(finding_says("session.server_slow", FINDINGS_TEXT, "up to 2.5 s"));
	end("an answer 2.5 s behind its request, at the server's own point: server_slow");
}

static void no_answer(void)
{
	struct scene_talk well = scene_talk(1500000, "10.1.0.1", 40001, "10.2.0.1", 443);
	struct scene_talk t = talk(2000000, 443), push = talk(2000000, 514);

	begin();
	scene_open(&scene, &well);
	scene_exchange(&scene, &well, 1);
	scene_close(&scene, &well);
	scene_open(&scene, &t);
	scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	t.us += 3000000;
	scene_client(&scene, &t, RST | ACK, 0, SCENE_THROUGH);
	/* a service that never says anything */
	scene_open(&scene, &push);
	scene_client(&scene, &push, ACK | PSH, 100, SCENE_THROUGH);
	scene_server(&scene, &push, ACK, 0, SCENE_THROUGH);
	push.us += 3000000;
	scene_close(&scene, &push);
	scene_run(&scene);
	CHECK_INT(slow_ones("server_slow", "aborted", ""), 1);
	CHECK_STORY(514, "closed", "ok", "", "");
	CHECK(finding_says("session.server_slow", FINDINGS_TEXT, "up to 3.0 s"));
	end("a client that gives up on a server that took its request: server_slow, though reset");
}

/* The server's point has the requests and not the answers: nobody can say how long it took. */
static void unseen_answer(void)
{
	struct scene_talk t = talk(2000000, 443);
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	for (i = 0; i < 2; i++) {
		scene_client(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
		scene_send(&scene, t.us + 1500000, scene_by_server(&t, ACK | PSH, 700), 1, 0);
		t.us += 1502000;
		t.sseq += 700;
		scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
	}
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK(strcmp(cell_of(443, SESSIONS_CAUSE), "server_slow") != 0);
	CHECK_INT(finding("session.server_slow"), UINT32_MAX);
	end("where the server's point missed the answers, nothing is said of its slowness");
}

static void slow_client(void)
{
	struct scene_talk t = talk(2000000, 443);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	t.us += 4000000;
	scene_exchange(&scene, &t, 1);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_STORY(443, "closed", "ok", "client_slow", "");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("session.client_slow"), FINDINGS_SEVERITY),
		   "info");
	end("a client that pauses for most of the session: client_slow, and all is well");
}

/* A receiver that closes its window for three seconds. */
static void closed_window(bool server)
{
	struct scene_talk t = talk(2000000, 443);
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	(server ? scene_client : scene_server)(&scene, &t, ACK | PSH, 1000, SCENE_THROUGH);
	for (i = 0; i < 3; i++) {
		(server ? scene_server : scene_client)(&scene, &t, ACK, 0, SCENE_THROUGH);
		last_window(0);
		t.us += 1000000;
	}
	(server ? scene_server : scene_client)(&scene, &t, ACK, 0, SCENE_THROUGH);
	(server ? scene_client : scene_server)(&scene, &t, ACK | PSH, 1000, SCENE_THROUGH);
	(server ? scene_server : scene_client)(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_exchange(&scene, &t, 1);
	scene_close(&scene, &t);
	scene_run(&scene);
}

static void closed_windows(void)
{
	closed_window(true);
	CHECK_STORY(443, "closed", "degraded", "zero_window_server", "");
	CHECK(finding_says("session.zero_window_server", FINDINGS_TEXT, "for up to 3.0 s"));
	end("a server whose window stays closed: zero_window_server");
	closed_window(false);
	CHECK_STORY(443, "closed", "degraded", "zero_window_client", "");
	end("a client whose window stays closed: zero_window_client");
}

/* ---- the path ---- */

static void corrupted(void)
{
	struct scene_talk t = talk(2000000, 443), offload = talk(2000000, 444);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_client(&scene, &t, ACK | PSH, 300, SCENE_THROUGH);
	last_marks("server", PACKET_BAD_L4_CHECKSUM);
	t.us += 300000;
	t.cseq -= 300;
	scene_client(&scene, &t, ACK | PSH, 300, SCENE_THROUGH);
	scene_close(&scene, &t);
	scene_open(&scene, &offload);
	scene_client(&scene, &offload, ACK | PSH, 300, SCENE_THROUGH);
	last_marks("client", PACKET_BAD_L4_CHECKSUM);
	scene_server(&scene, &offload, ACK | PSH, 300, SCENE_THROUGH);
	scene_close(&scene, &offload);
	scene_run(&scene);
	CHECK_STORY(443, "closed", "degraded", "checksum_error", "fw>server");
	CHECK_STORY(444, "closed", "ok", "", "");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("changes.checksum_broken"), FINDINGS_HOP),
		   "fw>server");
	CHECK_INT(finding("session.checksum_error"), UINT32_MAX); /* once is enough */
	end("a checksum that becomes wrong at a hop: checksum_error; the sender's offload is none");
}

static void slow_path(void)
{
	struct scene_talk t = talk(12000000, 443);

	begin();
	scene_open(&scene, &t);
	scene.delay_us[0] += 150000;
	scene_exchange(&scene, &t, 6);
	scene.delay_us[0] = SCENE_DELAY_US;
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_STORY(443, "closed", "degraded", "path_delay", "client>fw");
	CHECK(finding_says("session.path_delay", FINDINGS_TEXT, "for up to 15"));
	end("a session whose packets a hop holds far longer than others': path_delay there");
}

/* Two big segments die again and again; `told`: the hop says so. */
static void too_big(bool told)
{
	struct scene_talk t = talk(2000000, 443), lost;
	struct scene_packet big, error;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 4);
	for (i = 0; i < 4; i++) {
		lost = t;
		big = scene_by_client(&lost, ACK | PSH | PACKET_IP_DF, 1400);
		scene_send(&scene, t.us, big, 0, 1);
		error = (struct scene_packet){.src = "10.1.0.254", .dst = "10.1.0.1",
					      .proto = SCENE_ICMP, .ack = 3 << 8 | 4, .seq = 1300,
					      .marks = PACKET_ICMP_ERROR, .length = 548,
					      .quotes = &big};
		if (told)
			scene_send(&scene, t.us + 500, error, 1, 0);
		t.us += 300000 << i;
	}
	scene_client(&scene, &t, ACK | PSH, 700, SCENE_THROUGH);
	scene_client(&scene, &t, ACK | PSH, 700, SCENE_THROUGH);
	scene_server(&scene, &t, ACK | PSH, 100, SCENE_THROUGH);
	scene_close(&scene, &t);
	scene_run(&scene);
}

static void black_hole(void)
{
	too_big(false);
	CHECK_STORY(443, "closed", "degraded", "mtu_black_hole", "fw>server");
	end("big packets die and nobody is told: mtu_black_hole");
	too_big(true);
	CHECK_STORY(443, "closed", "degraded", "path_loss", "fw>server");
	end("where ICMP says \"too big\", it is no black hole");
}

/* ---- ends ---- */

static void unanswered_fin(void)
{
	struct scene_talk t = talk(2000000, 443), again;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	for (i = 0; i < 3; i++) {
		again = t;
		scene_client(&scene, &again, ACK | FIN, 0, SCENE_THROUGH);
		t.us += 300000 << i;
	}
	scene_run(&scene);
	CHECK_STORY(443, "fin_unanswered", "open", "", "");
	CHECK(finding("session.fin_unanswered") != UINT32_MAX);
	CHECK_INT(finding("session.close_wait"), UINT32_MAX);
	end("a FIN that is sent again and never acknowledged: fin_unanswered");
}

static void close_wait(void)
{
	struct scene_talk t = talk(2000000, 443);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_client(&scene, &t, ACK | FIN, 0, SCENE_THROUGH);
	scene_server(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_STORY(443, "half_closed", "open", "", "");
	CHECK(finding_says("session.close_wait", FINDINGS_TEXT, "the server did not"));
	CHECK(finding_says("session.close_wait", FINDINGS_TEXT, "up to 28."));
	end("a FIN that is acknowledged and never answered by another: CLOSE-WAIT, and whose");
}

static void last_ack(void)
{
	struct scene_talk t = talk(2000000, 443), again;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_client(&scene, &t, ACK | FIN, 0, SCENE_THROUGH);
	for (i = 0; i < 3; i++) {
		again = t;
		scene_server(&scene, &again, ACK | FIN, 0, SCENE_THROUGH);
		t.us += 300000 << i;
	}
	scene_run(&scene);
	CHECK_TEXT(cell_of(443, SESSIONS_STATE), "last_ack");
	CHECK_TEXT(cell_of(443, SESSIONS_OUTCOME), "ok");
	end("FINs both ways, the second sent again and again: last_ack");
}

static void timeout(void)
{
	struct scene_talk t = talk(2000000, 443), lost;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	for (i = 0; i < 4; i++) {
		t.us += 500000 << i;
		lost = t;
		scene_client(&scene, &lost, ACK | PSH, 100, SCENE_THROUGH);
	}
	scene_run(&scene);
	CHECK_STORY(443, "timeout", "aborted", "", "");
	CHECK(finding_says("session.timeout", FINDINGS_TEXT, "in 1 of 1 sessions"));
	end("what reaches the last point and is never acknowledged: timeout, at no hop");
}

/* ---- findings ---- */

static void long_session(void)
{
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 200000000);
	for (i = 0; i < 9; i++) {
		struct scene_talk t =
			scene_talk(2000000 + i * 2000000, "10.1.0.1", (uint16_t)(40000 + i),
				   "10.2.0.1", 443);

		scene_open(&scene, &t);
		scene_server(&scene, &t, ACK | PSH, 50, SCENE_THROUGH);
		t.us += i == 4 ? 150000000 : 0;
		scene_server(&scene, &t, ACK | PSH, 50, SCENE_THROUGH);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("session.long"), FINDINGS_COUNT), "1");
	CHECK(finding_says("session.long", FINDINGS_TEXT, "up to 150.0 s"));
	end("a session that lasts far longer than its service's others is a finding");
}

static void syn_flood(uint32_t sources)
{
	char address[60][16];
	uint32_t i;

	begin();
	for (i = 0; i < 60; i++) {
		struct scene_talk t;

		snprintf(address[i], sizeof address[i], "10.1.7.%u", 1 + i % sources);
		t = scene_talk(2000000 + i * 10000, address[i], (uint16_t)(40000 + i), "10.2.0.1",
			       443);
		scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
		scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
		t.us += 1000000;
		t.sseq--;
		scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
	}
	scene_run(&scene);
}

static void floods(void)
{
	syn_flood(30);
	CHECK(finding_says("session.syn_flood", FINDINGS_TEXT,
			   "60 of 60 sessions to 10.2.0.1:443 stayed half open, from 30 addresses"));
	CHECK_INT(finding("session.synack_unanswered"), UINT32_MAX);
	CHECK_TEXT(scene_cell(&scene, FINDINGS, 0, FINDINGS_KIND), "session.syn_flood");
	end("half-open sessions from many addresses are a SYN flood, and come first");
	syn_flood(3);
	CHECK_INT(finding("session.syn_flood"), UINT32_MAX);
	CHECK(finding("session.synack_unanswered") != UINT32_MAX);
	end("from three addresses they are none");
}

/* Twenty silent services: eight are named, the rest is one row. */
static void few_findings(void)
{
	uint32_t i, row, named = 0;

	begin();
	for (i = 0; i < 20; i++) {
		struct scene_talk t = talk(2000000 + i * 100000, (uint16_t)(1000 + i)), again = t;

		scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
		again.us += 1000000;
		scene_client(&scene, &again, SYN, 0, SCENE_THROUGH);
	}
	scene_run(&scene);
	for (row = 0; row < scene_rows(&scene, FINDINGS); row++)
		named += strcmp(scene_cell(&scene, FINDINGS, row, FINDINGS_KIND),
				"session.server_silent") == 0;
	CHECK_INT(named, 9);
	CHECK(finding_says("session.server_silent", FINDINGS_TEXT, "no SYN-ACK left"));
	CHECK_INT(slow_ones("server_silent", "failed", ""), 20);
	for (row = 0; row < scene_rows(&scene, FINDINGS); row++)
		if (strstr(scene_cell(&scene, FINDINGS, row, FINDINGS_TEXT), "the same of 12 more"))
			break;
	CHECK_TEXT(scene_cell(&scene, FINDINGS, row, FINDINGS_COUNT), "12");
	end("of many findings of a kind, eight are named and the rest is one");
}

/* The SYN dies in one session of ten: no word of the service, but of the hop. */
static void scattered(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 10; i++) {
		struct scene_talk t =
			scene_talk(2000000 + i * 200000, "10.1.0.1", (uint16_t)(40000 + i),
				   "10.2.0.1", 443);

		if (i == 3) {
			scene_client(&scene, &t, SYN, 0, 1);
			continue;
		}
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 1);
		scene_close(&scene, &t);
	}
	scene_run(&scene);
	CHECK_INT(slow_ones("syn_dropped", "failed", "fw>server"), 1);
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("session.syn_dropped"), FINDINGS_SEVERITY),
		   "medium");
	CHECK_TEXT(scene_cell(&scene, FINDINGS, finding("session.syn_dropped"), FINDINGS_SUBJECT), "");
	end("a SYN that dies in some sessions of a service is the hop's loss");
}

int main(void)
{
	slow_synack_by_server();
	slow_synack_by_path();
	usual_synack();
	port_reuse();
	slow_server();
	no_answer();
	unseen_answer();
	slow_client();
	closed_windows();
	corrupted();
	slow_path();
	black_hole();
	unanswered_fin();
	close_wait();
	last_ack();
	timeout();
	long_session();
	floods();
	few_findings();
	scattered();
	return check_exit();
}
