/* The payload digests: what they cover, and when they say nothing.
 */
#include "collect/fingerprint.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define SEED 7
#define NOTHING 0x00010001u /* the digest of a packet without payload */

/* Of a payload of n bytes of which `there` were captured; byte i is i, but one of them differs. */
static uint32_t digest_of(uint32_t n, uint32_t there, uint32_t changed)
{
	struct packet packet = {.kind = PACKET_IP, .proto = 17, .payload_bytes = n};
	uint8_t *bytes = malloc(there ? there : 1);
	uint32_t digest;

	if (!bytes)
		abort();
	for (uint32_t i = 0; i < there; i++)
		bytes[i] = (uint8_t)(i == changed ? ~i : i);
	packet.payload = there ? bytes : NULL;
	packet.payload_captured = there;
	digest = fingerprint_digest(&packet, SEED);
	free(bytes);
	return digest;
}

static uint16_t low(uint32_t digest)
{
	return digest & 0xffff;
}

static uint16_t high(uint32_t digest)
{
	return digest >> 16;
}

#define NONE UINT32_MAX

static void test_steps(void)
{
	uint32_t whole = digest_of(500, 500, NONE);

	CHECK(low(whole) != 0 && high(whole) != 0);
	CHECK_INT(digest_of(500, 128, NONE), whole);
	CHECK_INT(low(digest_of(500, 127, NONE)), low(whole));
	CHECK_INT(high(digest_of(500, 127, NONE)), 0);
	CHECK_INT(digest_of(500, 48, NONE), low(whole));
	CHECK_INT(digest_of(500, 47, NONE), 0);
	CHECK_INT(digest_of(500, 0, NONE), 0);
	check_case("each half needs its step of captured bytes");

	CHECK(low(digest_of(500, 500, 47)) != low(whole));
	CHECK_INT(low(digest_of(500, 500, 48)), low(whole));
	CHECK(high(digest_of(500, 500, 127)) != high(whole));
	CHECK_INT(digest_of(500, 500, 128), whole);
	check_case("each half covers the bytes of its step");
}

static void test_short_payloads(void)
{
	uint32_t whole = digest_of(100, 100, NONE);

	CHECK_INT(digest_of(0, 0, NONE), NOTHING);
	check_case("no payload has digests of its own");
	for (uint32_t n = 1; n <= 128; n++) {
		CHECK(low(digest_of(n, n, NONE)) != 0 && high(digest_of(n, n, NONE)) != 0);
		CHECK(digest_of(n, n, NONE) != digest_of(n, n, n - 1));
	}
	CHECK_INT(high(digest_of(100, 99, NONE)), 0);
	CHECK_INT(low(digest_of(100, 99, NONE)), low(whole));
	CHECK_INT(digest_of(30, 29, NONE), 0);
	check_case("a short payload is digested whole or not at all");
}

static void test_differ(void)
{
	uint32_t whole = digest_of(500, 500, NONE);

	CHECK(!fingerprint_digests_differ(whole, whole));
	CHECK(!fingerprint_digests_differ(whole, digest_of(500, 60, NONE)));
	CHECK(!fingerprint_digests_differ(whole, 0));
	CHECK(fingerprint_digests_differ(whole, digest_of(500, 60, 10)));
	CHECK(fingerprint_digests_differ(whole, digest_of(500, 500, 100)));
	CHECK(!fingerprint_digests_differ(digest_of(500, 60, NONE), digest_of(500, 500, 100)));
	CHECK(fingerprint_digests_differ(whole, NOTHING));
	check_case("digests contradict each other only where both speak");
}

/* Every value of both halves but 0 comes up about as often: 100000 payloads leave
 * 65535 * exp(-100000 / 65535) = 14249 values out, give or take 80 (one sigma). */
static void test_even(void)
{
	static uint8_t low_seen[65536], high_seen[65536];
	struct packet packet = {.payload_bytes = 64, .payload_captured = 64};
	uint8_t bytes[64] = {0};
	int low_missing = 0, high_missing = 0;

	packet.payload = bytes;
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t digest;

		memcpy(bytes, &i, sizeof i);
		digest = fingerprint_digest(&packet, SEED);
		low_seen[low(digest)] = 1;
		high_seen[high(digest)] = 1;
	}
	CHECK(!low_seen[0] && !high_seen[0]);
	for (int i = 1; i < 65536; i++) {
		low_missing += !low_seen[i];
		high_missing += !high_seen[i];
	}
	CHECK(low_missing > 14249 - 600 && low_missing < 14249 + 600);
	CHECK(high_missing > 14249 - 600 && high_missing < 14249 + 600);
	check_case("digests are even over 1 to 65535");
}

/* A TCP packet of n payload bytes with what its options say. */
static uint32_t digest_of_tcp(uint32_t n, uint32_t sack, uint32_t tsecr)
{
	static const uint8_t bytes[200] = "GET / HTTP/1.1";
	struct packet packet = {.kind = PACKET_IP,
				.proto = 6,
				.sack = sack,
				.tsecr = tsecr,
				.payload = n ? bytes : NULL,
				.payload_bytes = n,
				.payload_captured = n};

	return fingerprint_digest(&packet, SEED);
}

static void test_options(void)
{
	static const uint8_t bytes[200] = "GET / HTTP/1.1";
	static const uint32_t sizes[] = {1, 48, 49, 128, 200};
	struct packet datagram = {.kind = PACKET_IP, .proto = 17, .payload = bytes};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		datagram.payload_bytes = datagram.payload_captured = sizes[i];
		CHECK_INT(digest_of_tcp(sizes[i], 0, 0), fingerprint_digest(&datagram, SEED));
		CHECK_INT(digest_of_tcp(sizes[i], 5, 9), digest_of_tcp(sizes[i], 0, 0));
	}
	check_case("a payload has one digest, whatever the options beside it say");

	CHECK_INT(digest_of_tcp(0, 0, 0), NOTHING);
	CHECK(fingerprint_digests_differ(digest_of_tcp(0, 5, 9), NOTHING));
	CHECK(fingerprint_digests_differ(digest_of_tcp(0, 5, 9), digest_of_tcp(0, 6, 9)));
	CHECK(fingerprint_digests_differ(digest_of_tcp(0, 5, 9), digest_of_tcp(0, 5, 10)));
	check_case("without payload SACK blocks and the echoed timestamp are digested");
}

/* Worked out apart: 9 * 2654435761 mod 2^32 is 0x8FF34739, 10 times it 0x2E2AC0EA. */
static void test_echo(void)
{
	static const uint8_t byte[1] = {'x'};
	struct packet packet = {.kind = PACKET_IP, .proto = 6, .tsecr = 9, .payload = byte,
				.payload_bytes = 1, .payload_captured = 1};

	CHECK_INT(fingerprint_echo(&packet), 0x8f);
	packet.tsecr = 10;
	CHECK_INT(fingerprint_echo(&packet), 0x2e);
	packet.payload_bytes = 0;
	CHECK_INT(fingerprint_echo(&packet), 0);
	packet.payload_bytes = 1;
	packet.tsecr = 0;
	CHECK_INT(fingerprint_echo(&packet), 0);
	check_case("of a segment with payload the echoed timestamp is kept as a small number");
}

static void test_icmp_errors_say_nothing(void)
{
	static const uint8_t quote[48] = {0x45};
	struct packet packet = {.kind = PACKET_IP,
				.proto = 1,
				.marks = PACKET_ICMP_ERROR,
				.payload = quote,
				.payload_bytes = sizeof quote,
				.payload_captured = sizeof quote};

	CHECK_INT(fingerprint_digest(&packet, SEED), 0);
	check_case("an ICMP error's quote is not digested");
}

int main(void)
{
	test_steps();
	test_short_payloads();
	test_differ();
	test_even();
	test_options();
	test_echo();
	test_icmp_errors_say_nothing();
	return check_exit();
}
