/* Heads of HTTP messages, TLS hellos and alerts: built payloads, and each cut at every byte. */
#include "collect/content.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define END "\r\n\r\n"
#define STRING(s) s, sizeof s - 1

/* ---- HTTP ---- */

static const struct sample {
	const char *sentence, *bytes;
	size_t size;
	enum content_finding found;
	enum content_kind kind;
	int code;               /* a request's method as a number: 0 GET, 1 HEAD, 2 POST, 5 CONNECT */
	const char *name, *more;
	int marks, head, body, behind; /* behind: where the cursor stands then */
} samples[] = {
	{"a request has method, host and target", STRING("GET /a/b HTTP/1.1\r\nHost: Web1.example\r\n\r\n"),
	 CONTENT_FOUND, CONTENT_REQUEST, 0, "web1.example", "/a/b", 0, 41, 0, 41},
	{"a body of known length is passed", STRING("POST /p HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET"),
	 CONTENT_FOUND, CONTENT_REQUEST, 2, "", "/p", 0, 39, 3, 42},
	{"secrets stay out", STRING("GET /in?user=u&pass=p HTTP/1.1\r\nCookie: id=1\r\nAuthorization: Basic eA==\r\nHost: h\r\n\r\n"),
	 CONTENT_FOUND, CONTENT_REQUEST, 0, "h", "/in", 0, 84, 0, 84},
	{"a session id behind a semicolon is one", STRING("GET /x;jsessionid=12?a=b HTTP/1.0" END),
	 CONTENT_FOUND, CONTENT_REQUEST, 0, "", "/x", 0, 37, 0, 37},
	{"an absolute target names the host, without its user", STRING("GET http://me:word@Proxied.example:8080/x?y HTTP/1.1\r\nHost: other\r\n\r\n"),
	 CONTENT_FOUND, CONTENT_REQUEST, 0, "proxied.example:8080", "/x", 0, 69, 0, 69},
	{"CONNECT has an authority", STRING("CONNECT far.example:443 HTTP/1.1\r\nhost:\t far.example:443 \r\n\r\n"),
	 CONTENT_FOUND, CONTENT_REQUEST, 5, "far.example:443", "far.example:443", 0, 61, 0, 61},
	{"CONNECT loses its user", STRING("CONNECT me:word@far:443 HTTP/1.1\r\nHost: far\r\n\r\n"),
	 CONTENT_FOUND, CONTENT_REQUEST, 5, "far", "far:443", 0, 47, 0, 47},
	{"a password with a slash in it is no path, nor its user a host", STRING("GET http://me:wo/rd@far/x HTTP/1.1\r\nHost: far\r\n\r\n"),
	 CONTENT_FOUND, CONTENT_REQUEST, 0, "far", "far/x", 0, 49, 0, 49},
	{"lines may end in a bare LF", STRING("HEAD / HTTP/1.1\nHOST:x\n\nrest"),
	 CONTENT_FOUND, CONTENT_REQUEST, 1, "x", "/", 0, 24, 0, 24},
	{"bytes that are not plain are escaped", STRING("GET /\xff\\\"' HTTP/1.1\r\nHost: a\x1b[m\r\n\r\n"),
	 CONTENT_FOUND, CONTENT_REQUEST, 0, "a\\x1b[m", "/\\xff\\x5c\\x22\\x27", 0, 34, 0, 34},
	{"a head that goes on is partial", STRING("GET /a HTTP/1.1\r\nHost: hal"),
	 CONTENT_PARTIAL, CONTENT_REQUEST, 0, "", "/a", CONTENT_CUT, 0, 0, 26},
	{"a line that goes on is taken for what begins like a path", STRING("GET /index.h"),
	 CONTENT_PARTIAL, CONTENT_REQUEST, 0, "", "/index.h", CONTENT_CUT, 0, 0, 12},
	{"of a URL that goes on nothing is kept: its user may stand there", STRING("GET http://user:pa"),
	 CONTENT_PARTIAL, CONTENT_REQUEST, 0, "", "", CONTENT_CUT, 0, 0, 18},
	{"RTSP is not HTTP", STRING("OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"), .found = CONTENT_NONE},
	{"SIP is not HTTP, even cut", STRING("OPTIONS sip:a@b SIP/2.0\r"), .found = CONTENT_NONE},
	{"HTTP/2 is not HTTP/1", STRING("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), .found = CONTENT_NONE},
	{"a method must be known", STRING("GETS /a HTTP/1.1" END), .found = CONTENT_NONE},
	{"text is not a request", STRING("GET that done, please\r\n"), .found = CONTENT_NONE},
	{"a response has a status", STRING("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
	 CONTENT_FOUND, CONTENT_RESPONSE, 404, "", "", 0, 45, 2, 47},
	{"a response needs no reason", STRING("HTTP/1.0 503\r\n\r\n"),
	 CONTENT_FOUND, CONTENT_RESPONSE, 503, "", "", 0, 16, 0, 16},
	{"a body without length takes the rest", STRING("HTTP/1.1 200 OK" END "HTTX/1.1 500"),
	 CONTENT_FOUND, CONTENT_RESPONSE, 200, "", "", 0, 19, 0, 31},
	{"what a HEAD is answered has a length and no body", STRING("HTTP/1.1 200 OK\r\nContent-Length: 9" END "HTTP/1.1 304 N"),
	 CONTENT_FOUND, CONTENT_RESPONSE, 200, "", "", 0, 38, 0, 38},
	{"304 has no body", STRING("HTTP/1.1 304 N\r\nContent-Length: 9" END "HTTPx"),
	 CONTENT_FOUND, CONTENT_RESPONSE, 304, "", "", 0, 37, 0, 37},
	{"an interim response is passed over", STRING("HTTP/1.1 100 Continue" END), .found = CONTENT_SKIPPED,
	 .behind = 25},
	{"101 is final", STRING("HTTP/1.1 101 Switching Protocols" END), CONTENT_FOUND,
	 CONTENT_RESPONSE, 101, "", "", 0, 36, 0, 36},
	{"a status has three digits", STRING("HTTP/1.1 20x OK\r\n\r\n"), .found = CONTENT_NONE},
	{"a status is below 600", STRING("HTTP/1.1 700 OK\r\n\r\n"), .found = CONTENT_NONE},
	{"a length that no body has is clipped", STRING("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999" END),
	 CONTENT_FOUND, CONTENT_RESPONSE, 200, "", "", 0, 57, 0x7fffffff, 57},
	{"an alert has level and description", STRING("\x15\x03\x03\x00\x02\x02\x28"), CONTENT_FOUND,
	 CONTENT_ALERT, 2 << 8 | 40, "", "", 0, 0, 0, 7},
	{"an alert that is longer is encrypted", STRING("\x15\x03\x03\x00\x03\x02\x28\x00"),
	 .found = CONTENT_SKIPPED, .behind = 8},
	{"an alert has level 1 or 2", STRING("\x15\x03\x03\x00\x02\x03\x28"), .found = CONTENT_SKIPPED, .behind = 7},
	{"TLS has versions 3.0 to 3.4", STRING("\x15\x03\x05\x00\x02\x02\x28"), .found = CONTENT_NONE},
	{"a handshake message other than a hello is passed over", STRING("\x16\x03\x03\x00\x04\x0e\x00\x00\x00"),
	 .found = CONTENT_SKIPPED, .behind = 9},
};
#define SAMPLES (sizeof samples / sizeof samples[0])

static struct content content;

/* Reads what lies at the end of a page of its own making, so that ASan sees any byte too many. */
static enum content_finding read_bytes(const char *bytes, size_t captured, size_t wire, uint32_t *at)
{
	uint8_t *copy = malloc(captured + !captured);
	struct cursor cursor = {copy, (uint32_t)captured, 0, (uint32_t)wire};
	enum content_finding found;

	memcpy(copy, bytes, captured);
	memset(&content, 0xa5, sizeof content);
	found = content_next(&cursor, &content);
	CHECK(cursor.at <= captured);
	*at = cursor.at;
	free(copy);
	return found;
}

static void check_text(const struct content_text *got, const char *expected)
{
	char text[CONTENT_NAME_BYTES + 1] = "";

	memcpy(text, got->text, got->bytes);
	text[got->bytes] = '\0';
	CHECK_TEXT(text, expected);
}

static void check_sample(const struct sample *s)
{
	uint32_t at;

	CHECK_INT(read_bytes(s->bytes, s->size, s->size, &at), s->found);
	if (s->found != CONTENT_NONE)
		CHECK_INT(at, s->behind);
	if (s->found == CONTENT_FOUND || s->found == CONTENT_PARTIAL) {
		CHECK_INT(content.kind, s->kind);
		CHECK_INT(content.code, s->code);
		CHECK_INT(content.marks, s->marks);
		CHECK_INT(content.head_bytes, s->head);
		CHECK_INT(content.body_bytes, s->body);
		check_text(&content.name, s->name);
		check_text(&content.more, s->more);
	}
	check_case(s->sentence);
}

/* ---- TLS ---- */

/* A hello, put together from the inside out. */
struct hello {
	uint8_t bytes[2048];
	size_t size;
};

static void hello_add(struct hello *h, const void *bytes, size_t n)
{
	memcpy(h->bytes + h->size, bytes, n);
	h->size += n;
}

static void hello_16(struct hello *h, size_t at, size_t value)
{
	h->bytes[at] = (uint8_t)(value >> 8);
	h->bytes[at + 1] = (uint8_t)value;
}

static void hello_begin(struct hello *h, uint8_t type, const char *suites, size_t n)
{
	*h = (struct hello){.size = 0};
	hello_add(h, "\x16\x03\x01\0\0", 5);
	hello_add(h, &type, 1);
	hello_add(h, "\0\0\0\x03\x03", 5);
	hello_add(h, "0123456789abcdef0123456789abcdef", 32);
	hello_add(h, "\x04sess", 5);
	hello_add(h, suites, n);
}

/* Fills the lengths in; `extensions` is where their bytes begin. */
static void hello_end(struct hello *h, size_t extensions)
{
	if (extensions)
		hello_16(h, extensions - 2, h->size - extensions);
	hello_16(h, 3, h->size - 5);
	hello_16(h, 7, h->size - 9);
}

static void client_hello(struct hello *h)
{
	hello_begin(h, 1, STRING("\0\x04\x13\x01\x0a\x0a\x01\0"));
	hello_add(h, "\0\0", 2);
	hello_add(h, STRING("\x2a\x2a\0\0"                                /* GREASE */
			    "\0\x10\0\x0e\0\x0c\x02h2\x08http/1.1"
			    "\0\x2b\0\x07\x06\x6a\x6a\x03\x04\x03\x03"
			    "\0\0\0\x13\0\x11\0\0\x0eWww.Example.EU"));
	hello_end(h, 5 + 4 + 2 + 32 + 5 + 8 + 2);
}

static enum content_finding read_hello(const struct hello *h, size_t n, size_t wire)
{
	uint32_t at;

	return read_bytes((const char *)h->bytes, n, wire, &at);
}

static void test_client_hello(void)
{
	struct hello h;
	size_t n, name;

	client_hello(&h);
	CHECK_INT(read_hello(&h, h.size, h.size), CONTENT_FOUND);
	CHECK_INT(content.kind, CONTENT_CLIENT_HELLO);
	CHECK_INT(content.code, 0x0304);
	CHECK_INT(content.marks, 0);
	check_text(&content.name, "www.example.eu");
	check_text(&content.more, "h2,http/1.1");
	check_case("a client's hello tells SNI, ALPN and the highest version that means something");

	name = h.size; /* it ends in the name: no part of it is a name */
	for (n = 11; n < h.size; n++) {
		CHECK_INT(read_hello(&h, n, n), CONTENT_PARTIAL);
		CHECK(content.marks & CONTENT_CUT);
		check_text(&content.name, n < name ? "" : "www.example.eu");
		CHECK_INT(content.code, n < name - 23 ? 0 : 0x0304); /* behind SNI's 23 bytes */
		CHECK_INT(read_hello(&h, n, h.size), CONTENT_PARTIAL);
	}
	check_case("a client's hello that is cut gives what is whole in it, and says that it is cut");

	hello_begin(&h, 1, STRING("\0\x02\0\x2f\x01\0"));
	hello_end(&h, 0);
	CHECK_INT(read_hello(&h, h.size, h.size), CONTENT_FOUND);
	CHECK_INT(content.code, 0x0303);
	CHECK_INT(content.marks, 0);
	CHECK_INT(content.name.bytes, 0);
	check_case("a hello without extensions is whole");

	hello_16(&h, 7, 30);
	CHECK_INT(read_hello(&h, h.size, h.size), CONTENT_SKIPPED);
	check_case("a hello too short to be one is none");
}

static void test_server_hello(void)
{
	struct hello h;

	hello_begin(&h, 2, STRING("\x13\x01\0"));
	hello_add(&h, "\0\0", 2);
	hello_add(&h, STRING("\0\x2b\0\x02\x03\x04"));
	hello_end(&h, h.size - 6);
	CHECK_INT(read_hello(&h, h.size, h.size), CONTENT_FOUND);
	CHECK_INT(content.kind, CONTENT_SERVER_HELLO);
	CHECK_INT(content.code, 0x0304);
	check_case("a server's hello of TLS 1.3 says its version in an extension");

	hello_begin(&h, 2, STRING("\0\x2f\0"));
	hello_add(&h, "\0\0", 2);
	hello_add(&h, STRING("\0\x10\0\x05\0\x03\x02h2"));
	hello_end(&h, h.size - 9);
	hello_add(&h, "\x15\x03\x03\0\x02\x01\0", 7);
	CHECK_INT(read_hello(&h, h.size, h.size), CONTENT_FOUND);
	CHECK_INT(content.code, 0x0303);
	check_text(&content.more, "h2");
	check_case("a server's hello of TLS 1.2 says the protocol it chose");
}

/* ---- any bytes ---- */

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void check_plain(const struct content_text *text)
{
	uint32_t i;

	CHECK(text->bytes <= CONTENT_NAME_BYTES);
	for (i = 0; i < text->bytes && i < CONTENT_NAME_BYTES; i++)
		CHECK(text->text[i] > ' ' && text->text[i] < 0x7f);
}

static void check_sane(enum content_finding found)
{
	if (found != CONTENT_FOUND && found != CONTENT_PARTIAL)
		return;
	CHECK(content.kind < CONTENT_KINDS);
	check_plain(&content.name);
	check_plain(&content.more);
}

static void test_cuts(void)
{
	struct hello h;
	uint32_t at;
	size_t n;

	for (size_t i = 0; i < SAMPLES; i++)
		for (n = 0; n <= samples[i].size; n++) {
			check_sane(read_bytes(samples[i].bytes, n, n, &at));
			check_sane(read_bytes(samples[i].bytes, n, samples[i].size, &at));
		}
	client_hello(&h);
	for (n = 0; n <= h.size; n++)
		check_sane(read_hello(&h, n, h.size));
	check_case("no sample, cut at any byte, is read beyond its end");
}

static void test_flips(void)
{
	struct hello h;
	uint32_t state = 1, round, at;
	char bytes[256];

	for (round = 0; round < 60000; round++) {
		const struct sample *s = &samples[random_next(&state) % SAMPLES];
		size_t n = s->size < sizeof bytes ? s->size : sizeof bytes;

		memcpy(bytes, s->bytes, n);
		bytes[random_next(&state) % n] ^= (char)random_next(&state);
		bytes[random_next(&state) % n] ^= (char)random_next(&state);
		check_sane(read_bytes(bytes, n, n, &at));
		client_hello(&h);
		h.bytes[3 + random_next(&state) % (h.size - 3)] = (uint8_t)random_next(&state);
		h.bytes[3 + random_next(&state) % (h.size - 3)] = (uint8_t)random_next(&state);
		check_sane(read_hello(&h, h.size, h.size));
	}
	check_case("whatever bytes there are, what is kept is printable and within its bounds");
}

static void test_long(void)
{
	static char bytes[20000];
	uint32_t at;
	int n = sprintf(bytes, "GET /%0*d HTTP/1.1\r\nHost: %0*d\r\n\r\n", 300, 0, 250, 0);

	CHECK_INT(read_bytes(bytes, (size_t)n, (size_t)n, &at), CONTENT_FOUND);
	CHECK_INT(content.marks, CONTENT_CLIPPED);
	CHECK_INT(content.name.bytes, CONTENT_NAME_BYTES);
	CHECK_INT(content.more.bytes, CONTENT_NAME_BYTES);
	check_case("long names are clipped, and marked so");

	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "GET / HTTP/1.1\r\n", 16);
	CHECK_INT(read_bytes(bytes, sizeof bytes, sizeof bytes, &at), CONTENT_FOUND);
	CHECK_INT(content.marks, CONTENT_CUT);
	check_case("a head that does not end is given up at a bound");
}

int main(void)
{
	for (size_t i = 0; i < SAMPLES; i++)
		check_sample(&samples[i]);
	test_client_hello();
	test_server_hello();
	test_cuts();
	test_flips();
	test_long();
	CHECK_TEXT(content_method(0), "GET");
	CHECK_TEXT(content_method(2), "POST");
	CHECK(content_method(1000) == NULL);
	check_case("methods have names");
	return check_exit();
}
