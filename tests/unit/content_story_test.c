/* What sessions say in the clear, from captures made byte by byte to their stories. */
#include "collect/content_read.h"
#include "tests/unit/content_talk.h"

#define OK_2 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static struct talk talk;

static const char *named(const char *name)
{
	return name ? name : "none";
}

static void end(const char *sentence)
{
	talk_close();
	check_case(sentence);
}

/* ---- one connection ---- */

static void exchanges(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "GET /one HTTP/1.1\r\nHost: Web.Example\r\n\r\n"); /* segment 1 */
	server(&talk, OK_2);
	client(&talk, "POST /two?secret HTTP/1.1\r\nHost: b.example\r\nContent-Length: 4\r\n\r\n");
	client(&talk, "body"); /* 4 */
	server(&talk, "HTTP/1.1 100 Continue\r\n\r\n");
	server(&talk, "HTTP/1.1 503 Service Unavailable\r\n\r\n"); /* 6 */
	s = talk_tell(&talk);
	CHECK(s.known);
	CHECK_INT(s.exchanges, 2);
	check_words(s.name, "web.example");
	CHECK_TEXT(content_method(s.exchange[0].method), "GET");
	check_words(s.exchange[0].target, "/one");
	CHECK_INT(s.exchange[0].status, 200);
	CHECK_INT(s.exchange[0].request_ns, talk_ns(1));
	CHECK_INT(s.exchange[0].response_ns, talk_ns(2));
	CHECK_INT(s.exchange[0].request_frame, 1);
	CHECK_INT(s.exchange[0].response_frame, 2);
	CHECK_TEXT(content_method(s.exchange[1].method), "POST");
	check_words(s.exchange[1].host, "b.example");
	check_words(s.exchange[1].target, "/two");
	CHECK_INT(s.exchange[1].status, 503);
	CHECK_INT(s.exchange[1].response_frame, 6);
	CHECK_INT(content_first_byte_ns(&s.exchange[1]), 3 * TALK_STEP_US * 1000);
	CHECK_INT(content_status(&s), 503);
	CHECK_INT(s.left_out, 0);
	CHECK(!s.hello[0] && !s.alert[0].seen && !s.alert[1].seen);
	end("requests and answers are paired, timed and named");
}

static void parts(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "GET /long HTTP/1.1\r\nCookie: 1234\r\nX-");
	talk_send_at(&talk, 1, talk.seq[1], "", 0);
	client(&talk, "Other: 1\r\nHo");
	client(&talk, "st: late.example\r\n\r\nGET /next HTTP/1.1\r\n");
	client(&talk, "Host: next.example\r\n\r\n");
	server(&talk, "HTTP/1.1 204 No Content\r\n");
	server(&talk, "\r\nHTTP/1.1 304 Not Modified\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 2);
	check_words(s.exchange[0].host, "late.example");
	CHECK_INT(s.exchange[0].request_frame, 1);
	CHECK(!s.exchange[0].cut);
	check_words(s.exchange[1].host, "next.example");
	CHECK_INT(s.exchange[1].request_frame, 4);
	CHECK_INT(s.exchange[0].status, 204);
	CHECK_INT(s.exchange[0].response_frame, 6);
	CHECK_INT(s.exchange[1].status, 304);
	CHECK_INT(s.exchange[1].response_frame, 7);
	end("a head in several segments is put together, and begins with the first");

	talk_begin(&talk);
	client(&talk, "GET /cut HTTP/1.1\r\nHost: ne");
	server(&talk, OK_2);
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 1);
	CHECK(s.exchange[0].cut);
	check_words(s.name, "");
	check_words(s.exchange[0].target, "/cut");
	CHECK_INT(s.exchange[0].status, 200);
	end("a head whose rest never comes is told as far as it went");

	talk_begin(&talk);
	talk.caplen = 40 + 24;
	client(&talk, "GET /snap/len HTTP/1.1\r\nHost: web.example\r\n\r\n");
	server(&talk, OK_2);
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 1);
	CHECK(s.exchange[0].cut);
	check_words(s.exchange[0].target, "/snap/len");
	check_words(s.name, "");
	CHECK_INT(s.exchange[0].status, 200);
	end("of segments that the snaplen cut, what is there is told");
}

static void repeats(void)
{
	struct content_story s;
	uint32_t first;

	talk_begin(&talk);
	first = talk.seq[0];
	client(&talk, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	again(&talk, 0, first, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, OK_2);
	again(&talk, 1, 5000, OK_2);
	client(&talk, "GET /b HTTP/1.1\r\n\r\n");
	again(&talk, 0, first, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, "HTTP/1.1 404 Not Found\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 2);
	CHECK_INT(s.exchange[0].request_frame, 1);
	CHECK_INT(s.exchange[0].response_frame, 3);
	CHECK_INT(s.exchange[0].status, 200);
	check_words(s.exchange[1].target, "/b");
	CHECK_INT(s.exchange[1].status, 404);
	end("what is sent again is one request, from its first time on");

	talk_begin(&talk);
	client(&talk, "GET /a HTTP/1.1\r\nHost: x\r\nCoo");
	again(&talk, 0, 0xfffffff0u, "GET /a HTTP/1.1\r\nHost: x\r\nCookie: 1\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 1);
	CHECK(!s.exchange[0].cut);
	check_words(s.exchange[0].host, "x");
	CHECK_INT(s.exchange[0].request_frame, 1);
	end("a copy that is longer completes what was cut");
}

static void bodies(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "GET /log HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 51\r\n\r\n0123456789");
	server(&talk, "HTTP/1.1 500 in a log, 40 bytes of it\r\n\r\n");
	client(&talk, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, OK_2);
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 2);
	CHECK_INT(s.exchange[0].status, 200);
	CHECK_INT(s.exchange[1].status, 200);
	CHECK_INT(content_status(&s), 200);
	end("text in a body of known length is no answer");

	talk_begin(&talk);
	client(&talk, "GET /log HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n");
	server(&talk, "HTTP/1.1 500 in a log\r\n\r\n");
	client(&talk, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 2);
	CHECK_INT(s.exchange[0].status, 200);
	CHECK_INT(s.exchange[1].status, 302);
	end("text in a body of unknown length answers no other request");

	talk_begin(&talk);
	client(&talk, "HEAD /1 HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, "HTTP/1.1 200 OK\r\nContent-Length: 5100\r\n\r\n");
	client(&talk, "HEAD /2 HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, "HTTP/1.1 404 Not Found\r\nContent-Length: 5100\r\n\r\n");
	client(&talk, "HEAD /3 HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, "HTTP/1.1 410 Gone\r\nContent-Length: 5100\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 3);
	CHECK_INT(s.exchange[1].status, 404);
	CHECK_INT(s.exchange[2].status, 410);
	end("answers to HEAD have no body, whatever their length says");
}

static void losses(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "GET /1 HTTP/1.1\r\n\r\n");
	talk.silent[1] = true;
	server(&talk, "HTTP/1.1 500 Lost\r\nContent-Length: 0\r\n\r\n");
	talk.silent[1] = false;
	client(&talk, "GET /2 HTTP/1.1\r\n\r\n");
	server(&talk, OK_2);
	client(&talk, "GET /3 HTTP/1.1\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 3);
	CHECK_INT(s.exchange[0].status, 0);
	CHECK_INT(content_first_byte_ns(&s.exchange[0]), INT64_MIN);
	CHECK_INT(s.exchange[1].status, 200);
	CHECK_INT(s.exchange[2].status, 0);
	end("an answer that was not captured does not shift the others");

	talk_begin(&talk);
	talk.silent[0] = true;
	client(&talk, "GET /1 HTTP/1.1\r\n\r\n");
	server(&talk, OK_2);
	client(&talk, "GET /2 HTTP/1.1\r\n\r\n");
	server(&talk, "HTTP/1.1 403 Forbidden\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 2);
	CHECK_INT(s.exchange[0].method, CONTENT_NO_METHOD);
	CHECK_INT(s.exchange[1].status, 403);
	CHECK_INT(s.exchange[1].request_ns, INT64_MIN);
	CHECK_INT(content_first_byte_ns(&s.exchange[1]), INT64_MIN);
	end("where one direction was captured, answers stand alone");

	talk_begin(&talk);
	server(&talk, "HTTP/1.1 500 Of before\r\nContent-Length: 0\r\n\r\n");
	client(&talk, "GET /1 HTTP/1.1\r\n\r\n");
	server(&talk, OK_2);
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 1);
	CHECK_INT(s.exchange[0].status, 200);
	end("an answer to a request from before the capture answers no later one");
}

static void pipelines(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
	client(&talk, "GET /3 HTTP/1.1\r\n\r\n");
	server(&talk, OK_2 "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx");
	client(&talk, "GET /4 HTTP/1.1\r\n\r\n");
	server(&talk, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
	server(&talk, "HTTP/1.1 201 No\r\nContent-Length: 0\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 4);
	CHECK_INT(s.exchange[0].status, 200);
	CHECK_INT(s.exchange[1].status, 404);
	CHECK_INT(s.exchange[2].status, 503);
	CHECK_INT(s.exchange[3].status, 201);
	end("requests sent ahead of answers are answered in order");

	talk_begin(&talk);
	client(&talk, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
	server(&talk, OK_2);
	client(&talk, "GET /3 HTTP/1.1\r\n\r\n");
	server(&talk, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 3);
	CHECK_INT(s.exchange[0].status, 0);
	CHECK_INT(s.exchange[2].status, 0);
	end("where that order cannot be known, no answer is told");
}

/* ---- many ---- */

static void bounds(void)
{
	char text[64];
	struct content_story s;
	uint32_t i;

	talk_begin(&talk);
	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof text, "GET /%u HTTP/1.1\r\n\r\n", i);
		client(&talk, text);
		server(&talk, i == 31 ? "HTTP/1.1 404 N\r\n\r\n" : i > 31 ? "HTTP/1.1 500 N\r\n\r\n" : OK_2);
	}
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 32);
	check_words(s.exchange[31].target, "/31");
	CHECK_INT(s.exchange[31].status, 404);
	CHECK_INT(content_status(&s), 404);
	CHECK_INT(s.left_out, 8 + 8);
	end("a connection's first 32 exchanges are kept, the others counted");
}

static void many(void)
{
	char text[64];
	uint32_t i;

	talk_begin(&talk);
	for (i = 0; i < 20000; i++) {
		talk_port(&talk, (uint16_t)(20000 + i % 5000));
		talk.seq[0] += i / 5000 * 100;
		talk.seq[1] += i / 5000 * 100;
		snprintf(text, sizeof text, "GET /%u HTTP/1.1\r\nHost: h%u\r\n\r\n", i, i % 5000);
		client(&talk, text);
		snprintf(text, sizeof text, "HTTP/1.1 %u X\r\nContent-Length: 0\r\n\r\n", 200 + i % 300);
		server(&talk, text);
	}
	talk_fresh();
	talk_collect(&talk, "fw");
	talk_open();
	for (i = 0; i < 5000; i += 7) {
		struct content_story s = talk_story((uint16_t)(20000 + i));

		snprintf(text, sizeof text, "h%u", i);
		check_words(s.name, text);
		CHECK_INT(s.exchanges, 4);
		CHECK_INT(s.exchange[0].status, 200 + i % 300);
	}
	end("each of many connections has its own, over blocks of records");
}

static void captures(void)
{
	struct content_story s;
	int side;

	talk_fresh();
	for (side = 0; side < 2; side++) {
		talk_begin(&talk);
		talk.silent[!side] = true;
		client(&talk, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
		server(&talk, OK_2);
		client(&talk, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
		server(&talk, "HTTP/1.1 404 N\r\n\r\n");
		talk_collect(&talk, "fw");
	}
	talk_begin(&talk); /* all of it, once more */
	client(&talk, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, OK_2);
	talk_collect(&talk, "fw");
	talk_open();
	CHECK_INT(talk_view->points, 1);
	CHECK_INT(talk_view->captures, 3);
	s = talk_story(talk.port);
	CHECK_INT(s.exchanges, 2);
	CHECK_INT(s.exchange[0].status, 200);
	CHECK_INT(s.exchange[1].status, 404);
	CHECK_INT(content_first_byte_ns(&s.exchange[1]), TALK_STEP_US * 1000);
	end("captures of one point, one for each direction, make one story");
}

/* ---- TLS ---- */

/* A ClientHello of TLS 1.3 for "a.example", whose name stands behind 40 bytes of padding. */
static const char hello[] =
	"\x16\x03\x01\0\x71\x01\0\0\x6d\x03\x03" "0123456789abcdef0123456789abcdef" "\0\0\x02\x13\x01\x01\0"
	"\0\x42\0\x15\0\x24" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"\0\x2b\0\x03\x02\x03\x04" "\0\0\0\x0e\0\x0c\0\0\x09" "a.Example" "\0\x17\0\0";

static void tls(void)
{
	static const char answer[] = "\x16\x03\x03\0\x2c\x02\0\0\x28\x03\x03"
				     "0123456789abcdef0123456789abcdef" "\0\xc0\x2f\0\0\0";
	struct content_story s;
	size_t n = 5 + 0x71;

	talk_begin(&talk);
	talk_send(&talk, 0, hello, 90);
	talk_send(&talk, 0, hello + 90, n - 90);
	talk_send(&talk, 1, answer, 5 + 0x2c);
	talk_send(&talk, 0, "\x15\x03\x03\0\x02\x02\x30", 7);
	talk_send(&talk, 1, "\x15\x03\x03\0\x1a" "encrypted, whatever it says", 31);
	s = talk_tell(&talk);
	CHECK(s.hello[0] && s.hello[1]);
	CHECK_TEXT(named(content_tls_name(s.tls_offered)), "TLS 1.3");
	CHECK_TEXT(named(content_tls_name(s.tls_chosen)), "TLS 1.2");
	check_words(s.name, "a.example");
	CHECK(s.alert[0].seen && !s.alert[1].seen);
	CHECK_INT(s.alert[0].level, 2);
	CHECK_TEXT(named(content_alert_name(s.alert[0].description)), "unknown_ca");
	CHECK_INT(s.alert[0].frame, 4);
	CHECK_INT(s.exchanges, 0);
	CHECK_INT(content_status(&s), 0);
	end("a TLS session has a name over two segments, versions, and the client's alert");

	talk_begin(&talk);
	talk_send(&talk, 0, hello, 90);
	talk_send(&talk, 1, "\x15\x03\x01\0\x02\x02\x46", 7);
	s = talk_tell(&talk);
	check_words(s.name, "");
	CHECK_INT(s.tls_offered, 0);
	CHECK(s.hello[0] && !s.hello[1] && s.alert[1].seen);
	CHECK_TEXT(named(content_alert_name(s.alert[1].description)), "protocol_version");
	end("of half a hello no version is told, and the alert is the server's");
}

/* ---- stores ---- */

static void old_store(void)
{
	static struct capture capture;
	struct capture_writer *writer = NULL;
	uint32_t point;
	const uint8_t *bytes;
	size_t size;
	bool known;

	talk_fresh();
	TALK_MUST(capture_point_add(talk_store, "fw", &point, &talk_err));
	TALK_MUST(capture_begin(talk_store, point, &writer, &talk_err));
	TALK_MUST(capture_finish(&writer, &capture, &known, &talk_err));
	talk_open();
	TALK_MUST(capture_contents(talk_txn, &capture, &bytes, &size, &talk_err));
	CHECK(bytes == NULL);
	CHECK_INT(contents_left_out(talk_contents), 0);
	end("a capture that was collected without contents is read without");
}

static void damaged(uint8_t *bytes, size_t size, size_t was, bool sure)
{
	struct store_txn *txn = NULL;
	enum status status;
	void *value;

	TALK_MUST(store_begin(talk_store, true, &txn, &talk_err));
	TALK_MUST(store_put(txn, 'D', 0, 3, size, &value, &talk_err));
	memcpy(value, bytes, size);
	TALK_MUST(store_commit(&txn, &talk_err));
	TALK_MUST(store_begin(talk_store, false, &talk_txn, &talk_err));
	TALK_MUST(view_open(&talk_view, talk_txn, &talk_err));
	status = contents_open(&talk_contents, talk_view, &talk_err);
	CHECK(status == STATUS_OK || status == STATUS_INPUT);
	CHECK(!sure || status == STATUS_INPUT);
	if (!status)
		talk_story(talk.port);
	contents_close(&talk_contents);
	view_close(&talk_view);
	store_abort(&talk_txn);
}

static void damage(void)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	const uint8_t *value;
	uint8_t bytes[512];
	size_t size, at, m;

	talk_begin(&talk);
	client(&talk, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
	server(&talk, OK_2);
	talk_tell(&talk);
	TALK_MUST(store_get(talk_txn, 'D', 0, 3, &value, &size, &talk_err));
	CHECK_INT(size, CONTENT_PACKED_HEAD + 2 * CONTENT_PACKED_ROW + 2 * 4 * CONTENT_MARKS +
				strlen("x/1"));
	memcpy(bytes, value, size);
	contents_close(&talk_contents);
	view_close(&talk_view);
	store_abort(&talk_txn);
	for (at = 1; at < size; at++) {
		damaged(bytes, at, size, true);
		for (m = 0; m < 3; m++) {
			bytes[at] ^= masks[m];
			damaged(bytes, size, size, false);
			bytes[at] ^= masks[m];
		}
	}
	end("damaged contents are refused, or harmless");
}

static void full(void)
{
	struct content_seen seen = {.content.kind = CONTENT_REQUEST};
	struct content_keep keep = {.count = 0};
	struct content_reader reader;
	struct buffer packed = {0};
	uint32_t i;

	talk_fresh();
	for (i = 0; i < CONTENT_KEPT_MAX + 5; i++) {
		seen.way = i << 1;
		TALK_MUST(content_keep_add(&keep, &seen, &talk_err));
	}
	TALK_MUST(content_keep_pack(&keep, &packed, &talk_err));
	CHECK(content_reader_open(&reader, packed.bytes, packed.size));
	CHECK_INT(reader.left, CONTENT_KEPT_MAX);
	CHECK_INT(reader.left_out, 5);
	content_keep_free(&keep);
	buffer_free(&packed);
	end("a capture keeps so many contents, and counts the others");
}

int main(void)
{
	exchanges();
	parts();
	repeats();
	bodies();
	losses();
	pipelines();
	bounds();
	many();
	captures();
	tls();
	old_store();
	damage();
	full();
	return check_exit();
}
