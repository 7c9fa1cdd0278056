/* Whom an intermediary names: header fields of requests, PROXY headers, each cut at every byte. */
#include "collect/content.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define STRING(s) s, sizeof s - 1

static struct content content;

/* What lies at the end of its memory, so that ASan sees any byte too many. */
static enum content_finding read_bytes(const void *bytes, size_t captured, size_t wire, uint32_t *at)
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

static void check_text(const char *got, uint8_t bytes, const char *expected)
{
	char text[CONTENT_NAME_BYTES + 1] = "";

	CHECK(bytes <= CONTENT_NAME_BYTES);
	memcpy(text, got, bytes);
	text[bytes] = '\0';
	CHECK_TEXT(text, expected);
}

static void check_ends(const char *client, const char *server)
{
	check_text(content.client.text, content.client.bytes, client);
	check_text(content.more.text, content.more.bytes, server);
}

/* ---- header fields ---- */

static const struct {
	const char *sentence, *fields, *client;
} fields[] = {
	{"nobody is named where no field does", "Host: a\r\nAccept: 192.0.2.1\r\n", ""},
	{"X-Forwarded-For names one", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
	{"the first of several is the client", "X-Forwarded-For: 192.0.2.1, 10.0.0.1,10.0.0.2\r\n", "192.0.2.1"},
	{"a field's name has no case", "x-FORWARDED-for:192.0.2.1\r\n", "192.0.2.1"},
	{"of several lines the first counts", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n", "192.0.2.1"},
	{"what is no address is passed over", "X-Forwarded-For: unknown, _hidden, a.example, ,192.0.2.9\r\n", "192.0.2.9"},
	{"a list without addresses names nobody", "X-Forwarded-For: unknown, 192.0.2, 192.0.2.256, 1.2.3.4.5\r\n", ""},
	{"a port is kept", "X-Forwarded-For: 192.0.2.1:4711, 10.0.0.1\r\n", "192.0.2.1 4711"},
	{"a port is a number", "X-Forwarded-For: 192.0.2.1:47a, 192.0.2.2:65536, 192.0.2.3:, 192.0.2.4:65535\r\n", "192.0.2.4 65535"},
	{"a port of 0 is none", "X-Forwarded-For: 192.0.2.1:0\r\n", "192.0.2.1"},
	{"IPv6 is written as RFC 5952 wants it", "X-Forwarded-For: 2001:0DB8:0:0:0:0:0:01\r\n", "2001:db8::1"},
	{"IPv6 may stand in brackets, with a port", "X-Forwarded-For: [2001:db8::1]:80\r\n", "2001:db8::1 80"},
	{"... or without", "X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1"},
	{"brackets hold IPv6 and are closed", "X-Forwarded-For: [192.0.2.1], [2001:db8::1, [2001:db8::2]80, [], [\r\n", ""},
	{"IPv4 inside IPv6 is IPv4", "X-Forwarded-For: ::ffff:192.0.2.1\r\n", "192.0.2.1"},
	{"an interface behind IPv6 is no address", "X-Forwarded-For: fe80::1%eth0\r\n", ""},
	{"Forwarded names one", "Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43\r\n", "192.0.2.60"},
	{"its pairs come in any order", "Forwarded: proto=http;by=203.0.113.43; For=192.0.2.60\r\n", "192.0.2.60"},
	{"by and host are not the client", "Forwarded: by=203.0.113.43;host=192.0.2.1;before=192.0.2.2\r\n", ""},
	{"the first element is the client", "Forwarded: for=192.0.2.43, for=198.51.100.17\r\n", "192.0.2.43"},
	{"IPv6 is quoted", "Forwarded: for=\"[2001:db8:cafe::17]:4711\"\r\n", "2001:db8:cafe::17 4711"},
	{"a quoted IPv4 has a port", "Forwarded: for=\"192.0.2.43:47011\"\r\n", "192.0.2.43 47011"},
	{"a hidden port is none", "Forwarded: for=\"192.0.2.43:_gazonk\"\r\n", "192.0.2.43"},
	{"unknown and hidden names are left out", "Forwarded: for=unknown, for=_secret;by=1.2.3.4, for=\"_mdn:80\", for=192.0.2.7\r\n", "192.0.2.7"},
	{"what is quoted separates nothing", "Forwarded: host=\"a,for=192.0.2.1;for=192.0.2.2\";for=192.0.2.3\r\n", "192.0.2.3"},
	{"a quote may be quoted", "Forwarded: host=\"a\\\",for=192.0.2.1\";for=192.0.2.3\r\n", "192.0.2.3"},
	{"a quote that does not end holds all", "Forwarded: host=\"a;for=192.0.2.3\r\n", ""},
	{"X-Real-IP names one", "X-Real-IP: 192.0.2.8\r\n", "192.0.2.8"},
	{"X-Forwarded-For goes before Forwarded", "Forwarded: for=192.0.2.2\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
	{"... whatever the order", "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n", "192.0.2.1"},
	{"Forwarded goes before X-Real-IP", "X-Real-IP: 192.0.2.8\r\nForwarded: for=192.0.2.2\r\n", "192.0.2.2"},
	{"where the first names nobody, the next does", "X-Forwarded-For: unknown\r\nX-Real-IP: 192.0.2.8\r\n", "192.0.2.8"},
	{"another field with such a name is another", "X-Forwarded-For-Not: 192.0.2.1\r\nX-Real: 192.0.2.1\r\n", ""},
	{"the longest is kept whole", "X-Forwarded-For: [2001:1db8:2db8:3db8:4db8:5db8:6db8:7db8]:65535\r\n",
	 "2001:1db8:2db8:3db8:4db8:5db8:6db8:7db8 65535"},
};

static void test_fields(void)
{
	char text[512];
	uint32_t at;

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		int n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", fields[i].fields);

		CHECK_INT(read_bytes(text, (size_t)n, (size_t)n, &at), CONTENT_FOUND);
		check_ends(fields[i].client, "/");
		for (int cut = 16; cut < n; cut++)
			read_bytes(text, (size_t)cut, (size_t)n, &at);
		n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s\r\n", fields[i].fields);
		CHECK_INT(read_bytes(text, (size_t)n, (size_t)n, &at), CONTENT_FOUND);
		check_ends("", "");
		check_case(fields[i].sentence);
	}
	CHECK_INT(read_bytes(STRING("GET / HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1, 10.0"), 200, &at),
		  CONTENT_PARTIAL);
	check_ends("", "/");
	check_case("a field that is cut names nobody");
}

/* ---- PROXY headers ---- */

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR "\xc0\0\x02\x01" "\xc6\x33\x64\x02"
#define SIX "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define PORTS "\xde\xad\x01\xbb" /* 57005, 443 */

static const struct {
	const char *sentence, *bytes;
	size_t size;
	enum content_finding found;
	const char *client, *server;
	int head;
} headers[] = {
	{"a line names two ends", STRING("PROXY TCP4 192.0.2.1 198.51.100.2 57005 443\r\n"), CONTENT_FOUND,
	 "192.0.2.1 57005", "198.51.100.2 443", 45},
	{"a line names IPv6", STRING("PROXY TCP6 2001:DB8::0:1 2001:db8::2 57005 443\r\n"), CONTENT_FOUND,
	 "2001:db8::1 57005", "2001:db8::2 443", 48},
	{"a line is as long as the longest of its kind",
	 STRING("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535 _______________________________________________\r\n"),
	 CONTENT_FOUND, "", "", 107},
	{"a line that is longer is none",
	 STRING("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535 ________________________________________________\r\n"),
	 CONTENT_NONE, "", "", 0},
	{"UNKNOWN names nobody", STRING("PROXY UNKNOWN\r\n"), CONTENT_FOUND, "", "", 15},
	{"a line ends in CR LF", STRING("PROXY TCP4 192.0.2.1 198.51.100.2 57005 443\n"), CONTENT_NONE, "", "", 0},
	{"a line of another protocol is none", STRING("PROXY UDP4 192.0.2.1 198.51.100.2 57005 443\r\n"), CONTENT_NONE, "", "", 0},
	{"a line's addresses are of its family", STRING("PROXY TCP4 2001:db8::1 198.51.100.2 57005 443\r\n"), CONTENT_NONE, "", "", 0},
	{"a line has two ports", STRING("PROXY TCP4 192.0.2.1 198.51.100.2 57005\r\n"), CONTENT_NONE, "", "", 0},
	{"a port is below 65536", STRING("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n"), CONTENT_NONE, "", "", 0},
	{"a port is a number", STRING("PROXY TCP4 192.0.2.1 198.51.100.2 5x 443\r\n"), CONTENT_NONE, "", "", 0},
	{"nothing stands behind the ports", STRING("PROXY TCP4 192.0.2.1 198.51.100.2 5 443 9\r\n"), CONTENT_NONE, "", "", 0},
	{"a block names two ends", STRING(SIGNATURE "\x21\x11\0\x0c" FOUR PORTS), CONTENT_FOUND,
	 "192.0.2.1 57005", "198.51.100.2 443", 28},
	{"a block names IPv6", STRING(SIGNATURE "\x21\x21\0\x24" SIX PORTS), CONTENT_FOUND,
	 "2001:db8::1 57005", "2001:db8::2 443", 52},
	{"a block may have more behind the ends", STRING(SIGNATURE "\x21\x11\0\x13" FOUR PORTS "\x03\0\x04" "crc3"),
	 CONTENT_FOUND, "192.0.2.1 57005", "198.51.100.2 443", 35},
	{"LOCAL names nobody", STRING(SIGNATURE "\x20\x11\0\x0c" FOUR PORTS), CONTENT_FOUND, "", "", 28},
	{"LOCAL needs no ends", STRING(SIGNATURE "\x20\0\0\0"), CONTENT_FOUND, "", "", 16},
	{"an unspecified family names nobody", STRING(SIGNATURE "\x21\0\0\x03" "abc"), CONTENT_FOUND, "", "", 19},
	{"UNIX sockets name nobody", STRING(SIGNATURE "\x21\x31\0\x02" "//"), CONTENT_FOUND, "", "", 18},
	{"datagrams name nobody", STRING(SIGNATURE "\x21\x12\0\x0c" FOUR PORTS), CONTENT_FOUND, "", "", 28},
	{"a block has room for its ends", STRING(SIGNATURE "\x21\x11\0\x0b" FOUR PORTS), CONTENT_NONE, "", "", 0},
	{"... of its family", STRING(SIGNATURE "\x21\x21\0\x0c" FOUR PORTS), CONTENT_NONE, "", "", 0},
	{"a block is of version 2", STRING(SIGNATURE "\x11\x11\0\x0c" FOUR PORTS), CONTENT_NONE, "", "", 0},
	{"a block's command is known", STRING(SIGNATURE "\x22\x11\0\x0c" FOUR PORTS), CONTENT_NONE, "", "", 0},
	{"a block's family is known", STRING(SIGNATURE "\x21\x41\0\x0c" FOUR PORTS), CONTENT_NONE, "", "", 0},
	{"a signature that differs is none", STRING("\r\n\r\n\0\r\nQUIX\n\x21\x11\0\x0c" FOUR PORTS), CONTENT_NONE, "", "", 0},
	{"empty lines are none", STRING("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), CONTENT_NONE, "", "", 0},
};

/* The header, and a request in the same segment. */
static void test_headers(void)
{
	static const char request[] = "GET /behind HTTP/1.1\r\n\r\n";
	uint8_t bytes[256];
	uint32_t at;

	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		size_t size = headers[i].size, all = size + sizeof request - 1;

		memcpy(bytes, headers[i].bytes, size);
		memcpy(bytes + size, request, sizeof request - 1);
		CHECK_INT(read_bytes(bytes, all, all, &at), headers[i].found);
		CHECK_INT(content_looks(bytes, (uint32_t)all) || headers[i].found == CONTENT_NONE, true);
		if (headers[i].found == CONTENT_FOUND) {
			CHECK_INT(content.kind, CONTENT_PROXY);
			CHECK_INT(content.marks, 0);
			CHECK_INT(content.name.bytes, 0);
			CHECK_INT(content.head_bytes, headers[i].head);
			CHECK_INT(content.head_bytes, size);
			CHECK_INT(at, size);
			check_ends(headers[i].client, headers[i].server);
		}
		check_case(headers[i].sentence);
	}
}

/* How much of "address port" is known when `there` bytes are: all of it, the address, nothing. */
static const char *known(size_t there, size_t address_end, size_t port_end, const char *address, const char *all)
{
	return there >= port_end ? all : there >= address_end ? address : "";
}

static void test_line_cut(void)
{
	static const char line[] = "PROXY TCP4 192.0.2.1 198.51.100.2 57005 443\r\n";
	size_t n, size = sizeof line - 1;
	uint32_t at;

	for (n = 0; n < size; n++) {
		enum content_finding found = read_bytes(line, n, n, &at);

		CHECK_INT(found, n < CONTENT_LEAST_BYTES ? CONTENT_NONE : CONTENT_PARTIAL);
		CHECK_INT(read_bytes(line, n, size, &at), found);
		if (found != CONTENT_PARTIAL)
			continue;
		CHECK_INT(content.marks, CONTENT_CUT);
		CHECK_INT(at, n);
		/* A word is whole when the space behind it is there. */
		check_ends(known(n, 21, 40, "192.0.2.1", "192.0.2.1 57005"),
			   known(n, 34, size, "198.51.100.2", "198.51.100.2 443"));
	}
	check_case("a line cut at any byte says as much as is whole in it");
}

static void test_block_cut(void)
{
	static const char block[] = SIGNATURE "\x21\x21\0\x2b" SIX PORTS "\x03\0\x04" "crc3";
	size_t n, size = sizeof block - 1;
	uint32_t at;

	for (n = 0; n < size; n++) {
		enum content_finding found = read_bytes(block, n, n, &at);

		CHECK_INT(found, n < CONTENT_LEAST_BYTES ? CONTENT_NONE : CONTENT_PARTIAL);
		CHECK_INT(read_bytes(block, n, size, &at), found);
		if (found != CONTENT_PARTIAL)
			continue;
		CHECK_INT(content.marks, CONTENT_CUT);
		CHECK_INT(at, n);
		check_ends(n < 52 ? "" : "2001:db8::1 57005", n < 52 ? "" : "2001:db8::2 443");
	}
	check_case("a block cut at any byte names its ends when they are there");
}

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* "address" or "address port", in digits, colons and dots. */
static void check_sane(const char *text, uint8_t bytes)
{
	uint8_t spaces = 0;

	CHECK(bytes <= CONTENT_CLIENT_BYTES);
	for (uint8_t i = 0; i < bytes; i++) {
		spaces = (uint8_t)(spaces + (text[i] == ' '));
		CHECK(text[i] && strchr("0123456789abcdef:. ", text[i]));
	}
	CHECK(spaces <= 1);
}

static void test_flips(void)
{
	uint32_t state = 1, round, at;
	uint8_t bytes[512];

	for (round = 0; round < 100000; round++) {
		size_t i = random_next(&state) % (sizeof headers / sizeof headers[0]), n = headers[i].size, f;

		memcpy(bytes, headers[i].bytes, n);
		if (round & 1) {
			f = random_next(&state) % (sizeof fields / sizeof fields[0]);
			n = (size_t)snprintf((char *)bytes, sizeof bytes, "GET / HTTP/1.1\r\n%s\r\n", fields[f].fields);
		}
		bytes[random_next(&state) % n] ^= (uint8_t)random_next(&state);
		bytes[random_next(&state) % n] = (uint8_t)random_next(&state);
		content.kind = CONTENT_KINDS;
		if (read_bytes(bytes, n - random_next(&state) % 4, n, &at) < CONTENT_FOUND)
			continue;
		check_sane(content.client.text, content.client.bytes);
		if (content.kind == CONTENT_PROXY)
			check_sane(content.more.text, content.more.bytes);
	}
	check_case("whatever bytes there are, what is named is an address");
}

int main(void)
{
	test_fields();
	test_headers();
	test_line_cut();
	test_block_cut();
	test_flips();
	return check_exit();
}
