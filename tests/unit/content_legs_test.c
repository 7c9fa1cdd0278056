/* What the two connections of a proxied session are known by, from captures to stories: the client
 * that is named, PROXY headers, marks. */
#include "collect/content_read.h"
#include "tests/unit/content_talk.h"

#define SEED 0x5eed /* of talk_fresh() */
#define REQUEST "GET /one HTTP/1.1\r\nHost: a.example\r\nX-Request-ID: 4f2c1b\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" "twenty bytes of text"

static struct talk talk;

static void end(const char *sentence)
{
	talk_close();
	check_case(sentence);
}

/* The marks of a text that stands alone. */
static void check_marks(const uint32_t got[CONTENT_MARKS], const char *text)
{
	uint32_t mark[CONTENT_MARKS], i;

	content_marks((const uint8_t *)text, (uint32_t)strlen(text), SEED, mark);
	for (i = 0; i < CONTENT_MARKS; i++)
		CHECK_INT(got[i], mark[i]);
}

static bool has_marks(const uint32_t mark[CONTENT_MARKS])
{
	uint32_t i, any = 0;

	for (i = 0; i < CONTENT_MARKS; i++)
		any |= mark[i];
	return any != 0;
}

/* ---- marks ---- */

static void marks(void)
{
	struct content_story s, t;

	talk_begin(&talk);
	client(&talk, REQUEST);
	server(&talk, ANSWER);
	talk_port(&talk, 40001);
	talk.seq[0] = 777;
	client(&talk, "GET /one HTTP/1.1\r\nHost: a.exa");
	client(&talk, "mple\r\nX-Request-ID: 4f2c1b\r\n\r\n" "POST /two HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
	server(&talk, ANSWER "HTTP/1.1 204 No Content\r\n\r\n");
	s = talk_tell(&talk);
	t = talk_story(40000);
	CHECK_INT(t.exchanges, 1);
	check_marks(t.exchange[0].request_mark, REQUEST);
	check_marks(t.exchange[0].response_mark, ANSWER);
	end("an exchange has the marks of its request and of its answer, bodies with them");

	CHECK_INT(s.exchanges, 2);
	check_marks(s.exchange[0].request_mark, REQUEST);
	check_marks(s.exchange[0].response_mark, ANSWER);
	check_marks(s.exchange[1].request_mark, "POST /two HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
	check_marks(s.exchange[1].response_mark, "HTTP/1.1 204 No Content\r\n\r\n");
	check_case("marks are the same in other segments, on another connection, in front of other messages");
}

static void cut_marks(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "POST /up HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" "the first bytes of many");
	client(&talk, "the next ones");
	server(&talk, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsome \r\n");
	talk.seq[0] += 3000; /* not captured */
	client(&talk, "GET /cut HTTP/1.1\r\nHost: ne");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 2);
	check_marks(s.exchange[0].request_mark,
		    "POST /up HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" "the first bytes of many");
	check_marks(s.exchange[0].response_mark,
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsome \r\n");
	check_marks(s.exchange[1].request_mark, "GET /cut HTTP/1.1\r\nHost: ne");
	CHECK(!has_marks(s.exchange[1].response_mark));
	end("of a message that goes on its first segment has marks, and what was not seen has none");

	talk_begin(&talk);
	talk.caplen = 40 + 24;
	client(&talk, REQUEST);
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 1);
	check_marks(s.exchange[0].request_mark, "GET /one HTTP/1.1\r\nHost:");
	end("of what the snaplen cut, what is there has marks");

	talk_begin(&talk);
	talk.silent[0] = true;
	client(&talk, REQUEST);
	server(&talk, ANSWER);
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 1);
	CHECK(!has_marks(s.exchange[0].request_mark));
	check_marks(s.exchange[0].response_mark, ANSWER);
	end("an answer alone has its own marks");

	talk_begin(&talk);
	client(&talk, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
	server(&talk, ANSWER);
	client(&talk, "GET /3 HTTP/1.1\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 3);
	CHECK_INT(s.exchange[0].status, 0);
	CHECK(!has_marks(s.exchange[0].response_mark));
	end("where it cannot be known whose an answer is, nobody has its marks");
}

/* ---- who is named ---- */

static void clients(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "GET /1 HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1:4711, 10.0.0.1\r\n\r\n");
	server(&talk, ANSWER);
	client(&talk, "GET /2 HTTP/1.1\r\nforwarded: for=\"[2001:DB8::1]\"\r\n\r\n");
	server(&talk, "HTTP/1.1 200 OK\r\nX-Forwarded-For: 192.0.2.9\r\nContent-Length: 0\r\n\r\n");
	client(&talk, "GET /3 HTTP/1.1\r\n\r\n");
	s = talk_tell(&talk);
	CHECK_INT(s.exchanges, 3);
	check_words(s.exchange[0].client, "192.0.2.1 4711");
	check_words(s.exchange[1].client, "2001:db8::1");
	check_words(s.exchange[2].client, "");
	check_words(s.proxied, "");
	check_words(s.exchange[0].target, "/1");
	end("each request names its own client");
}

static void proxied(void)
{
	struct content_story s;

	talk_begin(&talk);
	client(&talk, "PROXY TCP4 192.0.2.1 198.51.100.2 57005 443\r\n" REQUEST);
	server(&talk, ANSWER);
	s = talk_tell(&talk);
	check_words(s.proxied, "192.0.2.1 57005");
	check_words(s.proxied_to, "198.51.100.2 443");
	CHECK_INT(s.exchanges, 1);
	CHECK_INT(s.exchange[0].status, 200);
	check_words(s.exchange[0].client, "");
	check_marks(s.exchange[0].request_mark, REQUEST);
	end("a PROXY header names the session's client, and the request stands behind it");

	talk_begin(&talk);
	client(&talk, "PROXY TCP4 192.0.");
	client(&talk, "2.1 198.51.100.2 57005 443\r\nGET /one HT");
	client(&talk, "TP/1.1\r\n\r\n");
	s = talk_tell(&talk);
	check_words(s.proxied, "192.0.2.1 57005");
	CHECK_INT(s.exchanges, 1);
	check_words(s.exchange[0].target, "/one");
	CHECK_INT(s.exchange[0].request_frame, 2);
	end("a PROXY header in two segments is put together");

	talk_begin(&talk);
	client(&talk, "PROXY TCP4 192.0.2.1 198.51.100.2 57005 443\r\n");
	again(&talk, 0, 0xfffffff0u, "PROXY TCP4 192.0.2.7 198.51.100.2 57005 443\r\n");
	s = talk_tell(&talk);
	check_words(s.proxied, "192.0.2.1 57005");
	CHECK_INT(s.exchanges, 0);
	end("the first PROXY header counts");

	talk_begin(&talk);
	client(&talk, "POST /up HTTP/1.1\r\nContent-Length: 44\r\n\r\n");
	client(&talk, "PROXY TCP4 192.0.2.1 198.51.100.2 57005 443\r\n");
	s = talk_tell(&talk);
	check_words(s.proxied, "");
	CHECK_INT(s.exchanges, 1);
	end("a body's text that looks like a PROXY header names nobody");

	talk_begin(&talk);
	server(&talk, "PROXY TCP4 192.0.2.1 198.51.100.2 57005 443\r\n");
	client(&talk, REQUEST);
	s = talk_tell(&talk);
	check_words(s.proxied, "");
	CHECK_INT(s.exchanges, 1);
	end("a server's PROXY header names nobody");
}

/* ---- hellos ---- */

/* A ClientHello of TLS 1.2 whose random begins with a byte of its own. */
static const char hello[] = "\x16\x03\x01\0\x31\x01\0\0\x2d\x03\x03" "0123456789abcdef0123456789abcdef"
			    "\x04" "sess" "\0\x02\0\x2f\x01\0";
#define HELLO_BYTES (5 + 0x31)

static void hello_send(uint16_t port, char first, size_t n)
{
	char bytes[HELLO_BYTES];

	memcpy(bytes, hello, sizeof bytes);
	bytes[11] = first;
	bytes[44] = (char)port; /* of the session id */
	talk_port(&talk, port);
	talk_send(&talk, 0, bytes, n);
}

static void hellos(void)
{
	static const char block[] = "\r\n\r\n\0\r\nQUIT\n" "\x21\x11\0\x0c" "\xc0\0\x02\x01" "\xc6\x33\x64\x02"
				    "\xde\xad\x01\xbb";
	struct content_story a;
	uint32_t mark;

	talk_begin(&talk);
	hello_send(40000, 'a', HELLO_BYTES);
	hello_send(40001, 'a', HELLO_BYTES);
	hello_send(40002, 'b', HELLO_BYTES);
	hello_send(40003, 'a', 43);
	hello_send(40004, 'a', 42);
	talk_port(&talk, 40005);
	talk_send(&talk, 0, block, sizeof block - 1);
	talk_send(&talk, 0, hello, HELLO_BYTES);
	a = talk_tell(&talk);
	check_words(a.proxied, "192.0.2.1 57005");
	check_words(a.proxied_to, "198.51.100.2 443");
	CHECK(a.hello[0]);
	mark = talk_story(40000).hello_mark;
	CHECK(mark != 0);
	CHECK_INT(talk_story(40001).hello_mark, mark);
	CHECK(talk_story(40002).hello_mark != mark);
	CHECK(talk_story(40003).hello_mark == mark);
	CHECK(talk_story(40004).hello[0]);
	CHECK_INT(talk_story(40004).hello_mark, 0);
	CHECK(a.hello_mark != 0 && a.hello_mark != mark);
	end("a hello is known again by its random alone, where that is there");
}

/* ---- rows ---- */

static void damaged_rows(const struct buffer *packed, size_t at, uint8_t mask)
{
	uint8_t *copy = malloc(packed->size);
	struct content_reader reader;
	struct content_row row;
	uint32_t rows = 0;
	bool more = true;

	memcpy(copy, packed->bytes, packed->size);
	copy[at] ^= mask;
	if (content_reader_open(&reader, copy, packed->size))
		while (content_reader_next(&reader, &row, &more) && more) {
			const char *last = row.client + row.client_bytes;

			CHECK((const uint8_t *)last <= copy + packed->size);
			CHECK(row.name + row.name_bytes == row.more && row.more + row.more_bytes == row.client);
			for (uint32_t i = 1; i < CONTENT_MARKS; i++)
				CHECK(!row.mark[i] || (row.mark[i - 1] && row.mark[i - 1] < row.mark[i]));
			CHECK(row.kind < CONTENT_KINDS && row.client_bytes <= CONTENT_CLIENT_BYTES);
			CHECK(++rows <= 4);
		}
	free(copy);
}

static void rows(void)
{
	static const struct content_seen seen[] = {
		{.way = 2, .seq = 1, .content = {.kind = CONTENT_PROXY, .more = {5, "1.1 9"}, .client = {3, "::1"}}},
		{.way = 2, .seq = 50, .mark = {1, 2, UINT32_MAX},
		 .content = {.kind = CONTENT_REQUEST, .name = {1, "h"}, .more = {2, "/a"}, .client = {9, "192.0.2.1"}}},
		{.way = 3, .seq = 1, .mark = {9}, .content = {.kind = CONTENT_RESPONSE, .code = 200}},
	};
	struct content_keep keep = {.count = 0};
	struct content_reader reader;
	struct buffer packed = {0};
	struct content_row row;
	bool more;
	size_t i;
	int mask;

	for (i = 0; i < 3; i++)
		TALK_MUST(content_keep_add(&keep, &seen[i], &talk_err));
	TALK_MUST(content_keep_pack(&keep, &packed, &talk_err));
	CHECK(content_reader_open(&reader, packed.bytes, packed.size));
	for (i = 0; i < 3; i++) {
		CHECK(content_reader_next(&reader, &row, &more) && more);
		CHECK_INT(row.kind, seen[i].content.kind);
		CHECK(memcmp(row.mark, seen[i].mark, sizeof row.mark) == 0);
		check_words((struct content_words){row.client, row.client_bytes}, seen[i].content.client.text);
		check_words((struct content_words){row.more, row.more_bytes}, seen[i].content.more.text);
	}
	CHECK(content_reader_next(&reader, &row, &more) && !more);
	check_case("rows come back as they were kept");

	for (i = 0; i < packed.size; i++)
		for (mask = 1; mask < 256; mask++)
			damaged_rows(&packed, i, (uint8_t)mask);
	content_keep_free(&keep);
	buffer_free(&packed);
	check_case("rows with any byte damaged are refused, or stay within their bytes");
}

int main(void)
{
	marks();
	cut_marks();
	clients();
	proxied();
	hellos();
	rows();
	return check_exit();
}
