/* Sessions as rows: outcome, cause and place, and what each point saw. Every case
 * is a scene whose answer follows from what was sent. */
#include "tests/unit/story_scene.h"

static struct scene_talk talk(int64_t us, uint16_t server_port)
{
	return scene_talk(us, "10.1.0.1", 40000, "10.2.0.1", server_port);
}

static struct scene_packet udp(uint16_t dport, uint32_t text)
{
	return (struct scene_packet){.src = "10.1.0.1", .sport = 5353, .dst = "10.2.0.1",
				     .dport = dport, .proto = SCENE_UDP, .length = 60,
				     .text = text};
}

static struct scene_packet udp_answer(uint16_t sport, uint32_t text)
{
	struct scene_packet p = udp(sport, text);

	p.src = "10.2.0.1";
	p.sport = sport;
	p.dst = "10.1.0.1";
	p.dport = 5353;
	return p;
}

/* ---- sessions that are well ---- */

static void whole_session(void)
{
	struct scene_talk t = talk(2000000, 443);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_STORY(443, "closed", "ok", "", "");
	CHECK_TEXT(cell_of(443, SESSIONS_PROTO), "tcp");
	CHECK_TEXT(cell_of(443, SESSIONS_CLIENT), "10.1.0.1");
	CHECK_TEXT(cell_of(443, SESSIONS_CLIENT_PORT), "40000");
	CHECK_TEXT(cell_of(443, SESSIONS_SERVER), "10.2.0.1");
	CHECK_TEXT(cell_of(443, SESSIONS_POINTS), "client,fw,server");
	CHECK_TEXT(cell_of(443, SESSIONS_PACKETS_FORWARD), "8"); /* SYN, ACK, 2 x 2, FIN, ACK */
	CHECK_TEXT(cell_of(443, SESSIONS_PACKETS_REVERSE), "4");
	CHECK_TEXT(cell_of(443, SESSIONS_RETRANSMISSIONS), "0");
	CHECK_TEXT(cell_of(443, SESSIONS_TRANSLATED), "no");
	CHECK_TEXT(cell_of(443, SESSIONS_HTTP_STATUS), "");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_STATE), "closed");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_DIFFERENCE), "");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_SYN), "1");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_FIN), "2");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_DUP_ACKS), "0");
	/* 8 and 4 headers of 40 bytes, and the payloads */
	CHECK_TEXT(cell_at(443, "server", SESSION_POINTS_BYTES_FORWARD), "520");
	CHECK_TEXT(cell_at(443, "server", SESSION_POINTS_BYTES_REVERSE), "1560");
	end("a whole session is closed and ok, and the same at all points");
}

static void handshake_times(void)
{
	struct scene_talk t = talk(2000000, 443);
	long long client, path, server, whole;

	begin();
	scene_clock(&scene, "fw", 5000000, 20);
	scene_clock(&scene, "server", -7000000, -30);
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);  /* 200 us and jitter for each hop */
	t.us += 3000;                                     /* sent 5000 us behind the SYN */
	scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
	t.us += 8000;                                     /* 10000 us behind the SYN-ACK */
	scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_exchange(&scene, &t, 2);
	scene_run(&scene);
	whole = scene_int(&scene, SESSIONS, row_of(443), SESSIONS_HANDSHAKE);
	client = scene_int(&scene, SESSIONS, row_of(443), SESSIONS_CLIENT_TIME);
	path = scene_int(&scene, SESSIONS, row_of(443), SESSIONS_PATH_TIME);
	server = scene_int(&scene, SESSIONS, row_of(443), SESSIONS_SERVER_TIME);
	CHECK_INT(client + path + server, whole);
	CHECK(whole > 14999000 && whole < 15001000);
	CHECK(path >= 800000 && path <= 960000); /* four hops of 200..240 us */
	CHECK(server > 4500000 && server < 4601000);
	CHECK_STORY(443, "open", "open", "", "");
	end("the handshake's time is divided between client, path and server, whatever the clocks");
}

static void one_direction_only(void)
{
	struct scene_talk t = talk(2000000, 443);

	begin();
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	t.sseq++;
	scene_client(&scene, &t, ACK, 0, SCENE_THROUGH);
	scene_client(&scene, &t, ACK | PSH, 300, SCENE_THROUGH);
	scene_client(&scene, &t, ACK | FIN, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_TEXT(cell_of(443, SESSIONS_OUTCOME), "ok");
	CHECK_TEXT(cell_of(443, SESSIONS_CAUSE), "");
	end("a session of which one direction only was captured did not fail");
}

static void from_the_far_side(void)
{
	struct scene_talk t = scene_talk(2000000, "10.2.0.1", 50000, "10.1.0.1", 25);

	begin();
	t.back = true;
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_STORY(25, "closed", "ok", "", "");
	CHECK_TEXT(cell_of(25, SESSIONS_CLIENT), "10.2.0.1");
	CHECK_TEXT(cell_of(25, SESSIONS_PACKETS_FORWARD), "3"); /* the server's */
	CHECK_TEXT(cell_of(25, SESSIONS_PACKETS_REVERSE), "6");
	CHECK_TEXT(cell_at(25, "fw", SESSION_POINTS_SRC), "10.2.0.1");
	CHECK_TEXT(cell_at(25, "fw", SESSION_POINTS_PACKETS_FORWARD), "3");
	end("of a session opened at the path's end, forward packets are its server's");
}

static void ring_of_files(void)
{
	struct scene_talk t = talk(2000000, 443);
	uint32_t p;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	for (p = 0; p < 3; p++)
		scene.point[p].use = 1;
	scene_exchange(&scene, &t, 3);
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_STORY(443, "closed", "ok", "", "");
	CHECK_TEXT(cell_of(443, SESSIONS_POINTS), "client,fw,server");
	CHECK_TEXT(cell_of(443, SESSIONS_PACKETS_FORWARD), "14");
	CHECK_TEXT(cell_at(443, "server", SESSION_POINTS_PACKETS_FORWARD), "14");
	CHECK_INT(scene_rows(&scene, STATIONS), 3 * 3);
	end("the files of a ring make one row for each session and point");
}

static void mirrored_twice(void)
{
	struct scene_talk t = talk(2000000, 443);
	struct scene_point *fw;
	uint32_t i, rows;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 3);
	scene_close(&scene, &t);
	fw = &scene.point[scene_point(&scene, "fw")];
	for (rows = fw->file[0].rows, i = 0; i < rows; i++) {
		struct scene_row row = fw->file[0].row[i];
		struct scene_packet copy = row.packet;

		copy.mac += 100;
		scene_put(&scene, scene_point(&scene, "fw"),
			  row.time_ns / 1000 - SCENE_EPOCH_US + 5, &copy);
	}
	scene_run(&scene);
	CHECK_TEXT(cell_of(443, SESSIONS_PACKETS_FORWARD), "10");
	CHECK_TEXT(cell_of(443, SESSIONS_RETRANSMISSIONS), "0");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_PACKETS_FORWARD), "10");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_RETRANSMISSIONS), "0");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_SYN), "1");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_BYTES_FORWARD), "700");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_DIFFERENCE), "");
	end("a capture that holds everything twice changes no count of a session");
}

/* ---- sessions that never came up ---- */

static void blocked(void)
{
	int64_t again_us[] = {0, 1000000, 3000000, 7000000};
	uint32_t i;

	begin();
	for (i = 0; i < 4; i++) {
		struct scene_talk t = talk(2000000, 82);

		t.us += again_us[i];
		scene_client(&scene, &t, SYN, 0, 1); /* passes client>fw */
	}
	scene_run(&scene);
	CHECK_STORY(82, "syn_sent", "failed", "syn_dropped", "fw>server");
	CHECK_TEXT(cell_of(82, SESSIONS_POINTS), "client,fw");
	CHECK_TEXT(cell_of(82, SESSIONS_DROPPED), "4");
	CHECK_TEXT(cell_of(82, SESSIONS_RETRANSMISSIONS), "3");
	/* from the first SYN at client to the last one at fw, 200..240 us later */
	CHECK(scene_int(&scene, SESSIONS, row_of(82), SESSIONS_DURATION) >= 7000150000);
	CHECK(scene_int(&scene, SESSIONS, row_of(82), SESSIONS_DURATION) <= 7000300000);
	CHECK_TEXT(cell_of(82, SESSIONS_HANDSHAKE), "");
	end("SYNs that no point behind a hop sees: syn_dropped there");
}

static void answer_lost(void)
{
	int64_t again_us[] = {0, 1000000, 3000000};
	uint32_t i;

	begin();
	for (i = 0; i < 3; i++) {
		struct scene_talk t = talk(2000000, 81);

		t.us += again_us[i];
		/* the first SYN is lost, too */
		scene_client(&scene, &t, SYN, 0, i ? SCENE_THROUGH : 0);
		if (i)
			scene_server(&scene, &t, SYNACK, 0, 1); /* no farther than fw */
	}
	scene_run(&scene);
	CHECK_STORY(81, "syn_received", "failed", "synack_lost", "client>fw");
	CHECK_TEXT(cell_of(81, SESSIONS_DROPPED), "3");
	CHECK_TEXT(cell_at(81, "client", SESSION_POINTS_STATE), "syn_sent");
	CHECK_TEXT(cell_at(81, "fw", SESSION_POINTS_DIFFERENCE),
		   "1 packet fewer forward than at client; "
		   "2 packets more in reverse than at client");
	end("SYN-ACKs that die on their way: synack_lost, although a SYN had died before");
}

static void silent_server(void)
{
	struct scene_talk t = talk(2000000, 81);

	begin();
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	t = talk(3000000, 81);
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_STORY(81, "syn_sent", "failed", "server_silent", "");
	end("a SYN that reaches the last point and gets no answer: server_silent");
}

static void silent_client(void)
{
	struct scene_talk t = talk(2000000, 81), again;

	begin();
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	again = t;
	again.us += 1000000;
	scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
	scene_server(&scene, &again, SYNACK, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_STORY(81, "syn_received", "failed", "synack_unanswered", "");
	end("a SYN-ACK that reaches the client and gets no answer: synack_unanswered");
}

static void handshake_ack_lost(void)
{
	struct scene_talk t = talk(2000000, 81), again;
	uint32_t i;

	begin();
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	again = t;
	scene_server(&scene, &t, SYNACK, 0, SCENE_THROUGH);
	for (i = 0; i < 3; i++) {
		scene_client(&scene, &t, ACK, 0, 1);
		again.us = t.us += 1000000;
		scene_server(&scene, &again, SYNACK, 0, SCENE_THROUGH);
		t.us += 1000;
	}
	scene_run(&scene);
	CHECK_TEXT(cell_of(81, SESSIONS_OUTCOME), "failed");
	CHECK_TEXT(cell_of(81, SESSIONS_CAUSE), "ack_lost");
	CHECK_TEXT(cell_of(81, SESSIONS_HOP), "fw>server");
	end("the handshake's last ACK dies at a hop: ack_lost, the server never has a connection");
}

static void closed_port(void)
{
	struct scene_talk t = talk(2000000, 84);
	struct scene_packet rst;

	begin();
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	rst = scene_by_server(&t, RST | ACK, 0);
	rst.seq = 0;
	scene_travel(&scene, &t, rst, false, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_STORY(84, "reset", "failed", "refused", "");
	CHECK_TEXT(cell_of(84, SESSIONS_RESETS), "1");
	end("a RST of the server itself to a SYN: refused, at no hop");
}

static void rejected_by_hop(void)
{
	struct scene_talk t = talk(2000000, 83);
	struct scene_packet rst;

	begin();
	scene_client(&scene, &t, SYN, 0, 1);
	rst = scene_by_server(&t, RST | ACK, 0);
	rst.seq = 0;
	scene_send(&scene, t.us, rst, 1, 0); /* begins at fw: made between fw and server */
	scene_run(&scene);
	CHECK_STORY(83, "reset", "failed", "refused", "fw>server");
	CHECK_TEXT(cell_of(83, SESSIONS_DROPPED), "1");
	CHECK_TEXT(cell_of(83, SESSIONS_INJECTED), "1");
	end("a RST that a hop made to a SYN that it dropped: refused by this hop");
}

static void waiting_at_the_end(void)
{
	struct scene_talk t = talk(29999000, 81);

	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 29950000);
	scene_client(&scene, &t, SYN, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_STORY(81, "syn_sent", "open", "", "");
	end("a SYN just before the captures end is open: its answer was not due");
}

/* ---- sessions that suffered ---- */

static void cut_by_both_sides(void)
{
	struct scene_talk t = talk(2000000, 443);
	struct scene_packet rst;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	rst = scene_by_server(&t, RST | ACK, 0);
	rst.ttl = 200;
	scene_send(&scene, t.us, rst, 0, 0); /* made between client and fw, to the client */
	rst = scene_by_client(&t, RST | ACK, 0);
	rst.ttl = 200;
	scene_send(&scene, t.us, rst, 1, 2);
	scene_run(&scene);
	CHECK_STORY(443, "reset", "aborted", "reset", "client>fw");
	CHECK_TEXT(cell_of(443, SESSIONS_INJECTED), "2");
	CHECK_TEXT(cell_of(443, SESSIONS_RESETS), "2");
	CHECK_TEXT(cell_at(443, "client", SESSION_POINTS_DIFFERENCE), "");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_DIFFERENCE),
		   "1 packet more forward than at client; "
		   "1 packet fewer in reverse than at client; "
		   "RST from the client not seen at client; no RST from the server");
	CHECK_TEXT(cell_at(443, "server", SESSION_POINTS_DIFFERENCE), "");
	end("a session that a hop resets to both ends is aborted there");
}

static void reset_by_server(void)
{
	struct scene_talk t = talk(2000000, 443), late = talk(5000000, 444);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_server(&scene, &t, RST | ACK, 0, SCENE_THROUGH);
	scene_open(&scene, &late);
	scene_exchange(&scene, &late, 1);
	scene_client(&scene, &late, ACK | FIN, 0, SCENE_THROUGH);
	scene_server(&scene, &late, ACK | FIN, 0, SCENE_THROUGH);
	scene_client(&scene, &late, RST, 0, SCENE_THROUGH);
	scene_run(&scene);
	CHECK_STORY(443, "reset", "aborted", "reset", "");
	CHECK_STORY(444, "closed", "ok", "", "");
	end("a RST aborts a session, but not one that both ends have closed");
}

static void losses_at_two_hops(void)
{
	struct scene_talk t = talk(2000000, 443);

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	scene_lose(&scene, &t, true, 100, 0);
	scene_lose(&scene, &t, true, 100, 0);
	scene_lose(&scene, &t, true, 100, 1);
	scene_lose(&scene, &t, true, 100, 1);
	scene_lose(&scene, &t, false, 100, 0); /* at fw>server, too */
	scene_close(&scene, &t);
	scene_run(&scene);
	CHECK_STORY(443, "closed", "degraded", "path_loss", "fw>server");
	CHECK_TEXT(cell_of(443, SESSIONS_DROPPED), "5");
	/* all of the client's, at its own point */
	CHECK_TEXT(cell_of(443, SESSIONS_RETRANSMISSIONS), "4");
	CHECK_TEXT(cell_at(443, "fw", SESSION_POINTS_DIFFERENCE),
		   "2 packets fewer forward than at client");
	end("a session that came through with drops names the hop with the most");
}

static void cut_in_silence(void)
{
	struct scene_talk t = talk(2000000, 443), lost;
	uint32_t i;

	begin();
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 2);
	for (i = 0; i < 4; i++) {
		t.us += 500000 << i;
		lost = t;
		scene_client(&scene, &lost, ACK | PSH, 100, 1);
	}
	scene_run(&scene);
	CHECK_STORY(443, "timeout", "aborted", "path_loss", "fw>server");
	end("a session that a hop stopped passing was cut there");
}

/* ---- other protocols ---- */

static void datagrams(void)
{
	uint32_t i;

	begin();
	for (i = 0; i < 3; i++) { /* asked and answered */
		scene_send(&scene, 2000000 + i * 10000, udp(53, 100 + i), 0, 2);
		scene_send(&scene, 2005000 + i * 10000, udp_answer(53, 200 + i), 2, 0);
	}
	for (i = 0; i < 3; i++) /* blocked */
		scene_send(&scene, 3000000 + i * 1000000, udp(69, 300 + i), 0, 1);
	for (i = 0; i < 3; i++) { /* the answers die */
		scene_send(&scene, 6000000 + i * 1000000, udp(161, 400 + i), 0, 2);
		scene_send(&scene, 6005000 + i * 1000000, udp_answer(161, 500 + i), 2, 1);
	}
	for (i = 0; i < 20; i++) /* a stream that nobody answers, complete; and one with a loss */
		scene_send(&scene, 10000000 + i * 100000, udp(514, 600 + i), 0, 2);
	for (i = 0; i < 20; i++)
		scene_send(&scene, 13000000 + i * 100000, udp(515, 700 + i), 0, i == 9 ? 1 : 2);
	scene_run(&scene);
	CHECK_STORY(53, "answered", "ok", "", "");
	CHECK_STORY(69, "unanswered", "failed", "path_loss", "fw>server");
	CHECK_TEXT(cell_of(161, SESSIONS_OUTCOME), "failed");
	CHECK_TEXT(cell_of(161, SESSIONS_HOP), "client>fw");
	CHECK_STORY(514, "unanswered", "ok", "", "");
	CHECK_STORY(515, "unanswered", "degraded", "path_loss", "fw>server");
	CHECK_TEXT(cell_of(53, SESSIONS_PROTO), "udp");
	CHECK_TEXT(cell_of(53, SESSIONS_RETRANSMISSIONS), "");
	CHECK_TEXT(cell_at(53, "fw", SESSION_POINTS_SYN), "");
	end("UDP is answered, blocked, or a stream, and each has its outcome");
}

static void refused_datagram(void)
{
	struct scene_packet asked = udp(123, 1), error;

	begin();
	scene_send(&scene, 2000000, asked, 0, 2);
	error = (struct scene_packet){.src = "10.2.0.1", .dst = "10.1.0.1", .proto = SCENE_ICMP,
				      .ack = 3 << 8 | 3, .length = 60, .quotes = &asked};
	scene_send(&scene, 2002000, error, 2, 0);
	scene_send(&scene, 6000000, udp(124, 2), 0, 2); /* another one, that nobody refused */
	scene_run(&scene);
	CHECK_STORY(123, "unanswered", "failed", "refused", "");
	CHECK_STORY(124, "unanswered", "ok", "", "");
	end("a datagram that its receiver answers with an ICMP error was refused");
}

int main(void)
{
	whole_session();
	handshake_times();
	one_direction_only();
	from_the_far_side();
	ring_of_files();
	mirrored_twice();
	blocked();
	answer_lost();
	silent_server();
	silent_client();
	handshake_ack_lost();
	closed_port();
	rejected_by_hop();
	waiting_at_the_end();
	cut_by_both_sides();
	reset_by_server();
	losses_at_two_hops();
	cut_in_silence();
	datagrams();
	refused_datagram();
	return check_exit();
}
