/* Aliases of addresses: what two have in common they have in common afterwards, and what means
 * something means it still. Common bits are counted and meanings told here in other ways than the
 * table of alias_address.c does; tests/anonymous.sh compares with the paper's algorithm. */
#include "collect/alias.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tests/unit/check.h"

#define PAIRS_4 500000
#define PAIRS_6 30000

static struct alias *some_alias(const char *key)
{
	struct alias *alias = alias_of_key(key, strlen(key));

	if (!alias)
		exit(4);
	return alias;
}

/* xorshift64*: the same numbers in every run. */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static void random_fill(uint64_t *state, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(random_next(state) >> 40);
}

static int bits_common(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	int n = 0;

	for (size_t i = 0; i < bytes; i++) {
		if (a[i] == b[i]) {
			n += 8;
			continue;
		}
		return n + __builtin_clz((unsigned)(a[i] ^ b[i])) - 24;
	}
	return n;
}

/* b: a's first bits, another one, then whatever there is. */
static void random_pair(uint64_t *state, uint8_t *a, uint8_t *b, size_t bytes)
{
	size_t common = random_next(state) % (8 * bytes);

	random_fill(state, b, bytes);
	for (size_t i = 0; i < 8 * bytes; i++) {
		uint8_t mask = (uint8_t)(0x80 >> i % 8);

		if (i < common)
			b[i / 8] = (uint8_t)((b[i / 8] & ~mask) | (a[i / 8] & mask));
		else if (i == common)
			b[i / 8] = (uint8_t)((b[i / 8] & ~mask) | (~a[i / 8] & mask));
	}
}

static void case_pairs(void)
{
	struct alias *alias = some_alias("sixteen bytes...");
	uint8_t a[16], b[16], x[16], y[16];
	uint64_t state = 1;
	int wrong = 0, same = 0;

	for (int i = 0; i < PAIRS_4; i++) {
		random_fill(&state, a, 4);
		random_pair(&state, a, b, 4);
		alias_ipv4(alias, a, x);
		alias_ipv4(alias, b, y);
		wrong += bits_common(a, b, 4) != bits_common(x, y, 4);
		same += memcmp(a, x, 4) == 0;
	}
	CHECK_INT(wrong, 0);
	CHECK(same < PAIRS_4 / 4); /* 0, 127 and groups stay: 18 of 256 */
	check_case("half a million pairs of IPv4 addresses keep as many bits in common");
	for (int i = 0; i < PAIRS_6; i++) {
		random_fill(&state, a, 16);
		if (i % 4)
			a[0] = "\x20\xfd\xfe"[i % 4 - 1];
		if (i % 4 == 3)
			memcpy(a, "\xfe\x80\0\0\0\0\0", 8);
		random_pair(&state, a, b, 16);
		alias_ipv6(alias, a, x);
		alias_ipv6(alias, b, y);
		wrong += bits_common(a, b, 16) != bits_common(x, y, 16);
	}
	CHECK_INT(wrong, 0);
	check_case("so do IPv6 addresses: global, unique local, link-local and any others");
	alias_close(&alias);
}

static void case_one_to_one(void)
{
	static const uint16_t networks[] = {0x0a00, 0xac10, 0xc0a8, 0xc0a9, 0xa9fe, 0xcb00, 0xff80};
	struct alias *alias = some_alias("sixteen bytes...");
	uint8_t *seen = calloc(65536, 1), a[4], x[4];
	int twice = 0, left = 0;

	for (size_t n = 0; seen && n < sizeof networks / sizeof *networks; n++) {
		uint8_t first[2];

		memset(seen, 0, 65536);
		for (uint32_t i = 0; i < 65536; i++) {
			a[0] = (uint8_t)(networks[n] >> 8);
			a[1] = (uint8_t)networks[n];
			a[2] = (uint8_t)(i >> 8);
			a[3] = (uint8_t)i;
			alias_ipv4(alias, a, x);
			if (i == 0)
				memcpy(first, x, 2);
			left += memcmp(first, x, 2) != 0;
			twice += seen[x[2] << 8 | x[3]]++;
		}
	}
	CHECK(seen != NULL);
	CHECK_INT(twice, 0);
	CHECK_INT(left, 0);
	check_case("all 65536 addresses of a /16 become all of one other /16");
	free(seen);
	alias_close(&alias);
}

/* What an IPv4 address is, without a table. */
static int meaning_4(const uint8_t *a)
{
	uint32_t n = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];

	return a[0] == 0	       ? 1
	       : a[0] == 10	       ? 2
	       : a[0] == 127	       ? 3
	       : n >> 16 == 0xa9fe     ? 4
	       : n >> 20 == 0xac1	       ? 5
	       : n >> 16 == 0xc0a8     ? 6
	       : n == UINT32_MAX       ? 7
	       : a[0] >= 224 && a[0] < 240 ? 8
				       : 0;
}

static void case_meanings(void)
{
	struct alias *alias = some_alias("another key of some length");
	uint64_t state = 77;
	uint8_t a[4], x[4];
	int wrong = 0, moved = 0;

	for (int i = 0; i < 300000; i++) {
		random_fill(&state, a, 4);
		if (i % 3 == 0)
			a[0] = (uint8_t)"\x0a\xac\xc0\xa9\x7f\xe0\xff\x00"[i / 3 % 8];
		if (i % 6 == 0)
			a[1] = (uint8_t)"\x10\xa8\xfe\xff"[i / 6 % 4];
		if (i % 24 == 0)
			a[2] = a[3] = 0xff;
		alias_ipv4(alias, a, x);
		wrong += meaning_4(a) != meaning_4(x);
		if (meaning_4(a) == 1 || meaning_4(a) == 3 || meaning_4(a) >= 7)
			moved += memcmp(a, x, 4) != 0;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(moved, 0);
	check_case("private addresses stay private, link-local ones link-local, and nothing becomes either");
	check_case("multicast, broadcast, loopback and unspecified addresses stay, and nothing becomes one");
	alias_close(&alias);
}

static void alias_text(const struct alias *alias, const char *text, char *out)
{
	uint8_t a[16] = {0};
	bool six = strchr(text, ':') != NULL;

	inet_pton(six ? AF_INET6 : AF_INET, text, a);
	alias_address(alias, six ? 6 : 4, a);
	inet_ntop(six ? AF_INET6 : AF_INET, a, out, INET6_ADDRSTRLEN);
}

static void case_meanings_6(void)
{
	static const char *const stay[] = {"::", "::1", "ff02::1", "ff05::1:3", "ff0e::101"};
	static const char *const begin[][2] = {
		{"fe80::211:22ff:fe33:4455", "fe80::"}, {"fd12:3456:789a::1", "fd"},
		{"ff02::1:ff33:4455", "ff02::1:ff"},    {"ff3e:30:2001:db8::1", "ff3e:"},
	};
	struct alias *alias = some_alias("another key of some length");
	char x[INET6_ADDRSTRLEN], y[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) {
		alias_text(alias, stay[i], x);
		CHECK_TEXT(x, stay[i]);
	}
	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) {
		alias_text(alias, begin[i][0], x);
		CHECK(strncmp(x, begin[i][1], strlen(begin[i][1])) == 0);
		CHECK(strcmp(x, begin[i][0]) != 0);
	}
	check_case("IPv6 addresses that mean something mean it still, without the host in them");
	alias_text(alias, "192.0.2.33", y);
	alias_text(alias, "64:ff9b::192.0.2.33", x);
	CHECK(strncmp(x, "64:ff9b::", 9) == 0);
	alias_text(alias, "::ffff:192.0.2.33", x);
	CHECK_TEXT(x + 7, y);
	check_case("an IPv4 address inside an IPv6 one has the alias that it has alone");
	alias_close(&alias);
}

static void case_keys(void)
{
	struct alias *one = some_alias("sixteen bytes..."), *again = some_alias("sixteen bytes...");
	struct alias *other = some_alias("sixteen bytes..!");
	char x[INET6_ADDRSTRLEN], y[INET6_ADDRSTRLEN], z[INET6_ADDRSTRLEN];

	alias_text(one, "198.51.100.7", x);
	alias_text(again, "198.51.100.7", y);
	alias_text(other, "198.51.100.7", z);
	CHECK_TEXT(x, y);
	CHECK(strcmp(x, z) != 0);
	CHECK(alias_check(one) == alias_check(again) && alias_check(one) != alias_check(other));
	CHECK(alias_seed(one) == alias_seed(again) && alias_seed(one) != alias_seed(other));
	CHECK(alias_seed(one) != alias_check(one));
	check_case("the same key gives the same aliases, another one others");
	alias_close(&one);
	alias_close(&again);
	alias_close(&other);
}

static void case_macs(void)
{
	static const struct {
		uint8_t mac[6];
		int kept; /* bytes */
	} rows[] = {
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 6}, {{0}, 6},
		{{0x01, 0x00, 0x5e, 1, 2, 3}, 6},          {{0x33, 0x33, 0, 0, 0, 1}, 6},
		{{0x33, 0x33, 0xff, 1, 2, 3}, 2},          {{0x02, 1, 2, 3, 4, 5}, 0},
		{{0x00, 0x11, 0x22, 3, 4, 5}, 0},          {{0x03, 9, 9, 9, 9, 9}, 0},
	};
	struct alias *alias = some_alias("sixteen bytes...");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t mac[6];

		memcpy(mac, rows[i].mac, 6);
		alias_mac(alias, mac);
		CHECK_INT(memcmp(mac, rows[i].mac, (size_t)rows[i].kept), 0);
		CHECK_INT(memcmp(mac, rows[i].mac, 6) == 0, rows[i].kept == 6);
		CHECK_INT(mac[0] & 3, rows[i].mac[0] & 3);
	}
	check_case("MAC addresses keep the group and local bits and nothing else that names a host");
	alias_close(&alias);
}

static void case_names(void)
{
	struct alias *alias = some_alias("sixteen bytes...");
	char host[13] = "", again[13] = "", target[13] = "";
	uint8_t a[40], b[40];

	alias_name(alias, ALIAS_HOST, "www.example", 11, host);
	alias_name(alias, ALIAS_HOST, "www.example", 11, again);
	alias_name(alias, ALIAS_TARGET, "www.example", 11, target);
	CHECK_TEXT(host, again);
	CHECK(strcmp(host, target) != 0);
	CHECK_INT(strspn(host, "0123456789abcdef"), 12);
	memset(a, 'a', sizeof a);
	memset(b, 'a', sizeof b);
	alias_bytes(alias, a, sizeof a);
	alias_bytes(alias, b, sizeof b);
	CHECK(memcmp(a, b, sizeof a) == 0 && !memchr(a, 'a', 3));
	check_case("names and bytes are equal afterwards where they were equal before");
	alias_close(&alias);
}

int main(void)
{
	case_pairs();
	case_one_to_one();
	case_meanings();
	case_meanings_6();
	case_keys();
	case_macs();
	case_names();
	return check_exit();
}
