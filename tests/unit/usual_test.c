/* The short cut for usual packets gives what the long way gives, whatever the bytes. */
#include <stdlib.h>

#include "collect/ip.h"
#include "collect/transport.h"
#include "collect/tunnel.h"
#include "collect/usual.h"
#include "tests/unit/check.h"

#define MUTATIONS 200000
#define BYTES_MAX 112

/* 192.0.2.1 > 198.51.100.2, 2001:db8::1 > 2001:db8::2; 12 bytes of payload. */
static const uint8_t ipv4[20] = {0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 0, 0, 0,
				 192, 0, 2, 1, 198, 51, 100, 2};
static const uint8_t ipv6[40] = {0x60, 2, 3, 4, 0, 0, 0, 64, 0x20, 1, 0x0d, 0xb8, [23] = 1,
				 0x20, 1, 0x0d, 0xb8, [39] = 2};
static const uint8_t tcp[32] = {0x9c, 0x40, 1, 0xbb, 1, 2, 3, 4, 5, 6, 7, 8, 0x80, 0x18, 1, 0xf6,
				0xab, 0xcd, 0, 0, 1, 1, 8, 10, 9, 8, 7, 6, 5, 4, 3, 2};
static const uint8_t udp[8] = {0x9c, 0x40, 0, 53, 0, 20, 0xab, 0xcd};

static const struct {
	const char *name;
	uint8_t version, proto;
	const uint8_t *transport;
	uint32_t transport_bytes;
} rows[] = {
	{"IPv4, TCP", 4, IP_PROTO_TCP, tcp, 20},
	{"IPv4, TCP with timestamps", 4, IP_PROTO_TCP, tcp, 32},
	{"IPv4, UDP", 4, IP_PROTO_UDP, udp, 8},
	{"IPv6, TCP", 6, IP_PROTO_TCP, tcp, 20},
	{"IPv6, TCP with timestamps", 6, IP_PROTO_TCP, tcp, 32},
	{"IPv6, UDP", 6, IP_PROTO_UDP, udp, 8},
};
#define ROWS (sizeof rows / sizeof *rows)

/* Row `r` as bytes; how many. */
static uint32_t build(uint8_t bytes[BYTES_MAX], size_t r)
{
	bool v4 = rows[r].version == 4;
	uint32_t header = v4 ? sizeof ipv4 : sizeof ipv6;
	uint32_t payload = rows[r].transport_bytes + 12;

	memset(bytes, 0x5a, BYTES_MAX);
	memcpy(bytes, v4 ? ipv4 : ipv6, header);
	memcpy(bytes + header, rows[r].transport, rows[r].transport_bytes);
	if (rows[r].proto == IP_PROTO_TCP)
		bytes[header + 12] = (uint8_t)(rows[r].transport_bytes / 4 << 4);
	bytes[v4 ? 9 : 6] = rows[r].proto;
	bytes[v4 ? 3 : 5] = (uint8_t)(v4 ? header + payload : payload);
	return header + payload;
}

static struct descent begin(struct packet *packet, uint8_t version, const uint8_t *bytes,
			    uint32_t caplen, uint32_t length)
{
	memset(packet, 0, sizeof *packet);
	return (struct descent){
		.cursor = {.bytes = bytes, .captured_end = caplen, .wire_end = length},
		.packet = packet,
		.next = version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6,
	};
}

/* Whether the short cut took the packet; what it gave is compared. */
static bool compare(uint8_t version, const uint8_t *frame, uint32_t caplen, uint32_t length)
{
	uint8_t *bytes = malloc(caplen ? caplen : 1); /* just as many, for ASan */
	struct packet short_cut, long_way;
	struct descent descent;
	uint32_t behind;
	bool usual;

	if (!bytes)
		abort();
	memcpy(bytes, frame, caplen);
	descent = begin(&short_cut, version, bytes, caplen, length);
	usual = usual_read(&descent);
	behind = descent.cursor.at;
	descent = begin(&long_way, version, bytes, caplen, length);
	if (usual) {
		CHECK_INT(ip_step(&descent), PACKET_IP);
		CHECK(long_way.proto != IP_PROTO_UDP ||
		      !tunnel_find(TUNNEL_BY_PORT, cursor_be16(cursor_peek(&descent.cursor, 4) + 2)));
		CHECK_INT(transport_step(&descent), PACKET_IP);
	}
	CHECK_INT(behind, descent.cursor.at);
	CHECK(memcmp(&short_cut, &long_way, sizeof short_cut) == 0);
	free(bytes);
	return usual;
}

static void usual_ones_are_taken(void)
{
	uint8_t bytes[BYTES_MAX];

	for (size_t r = 0; r < ROWS; r++) {
		uint32_t size = build(bytes, r);

		CHECK(compare(rows[r].version, bytes, size, size));
		CHECK(compare(rows[r].version, bytes, size + 6, size + 6));
		CHECK(compare(rows[r].version, bytes, size - 5, size));
		CHECK(compare(rows[r].version, bytes, size - 12, size + 6));
		CHECK(!compare(rows[r].version, bytes, size - 13, size));
		CHECK(!compare(rows[r].version, bytes, size - 1, size - 1));
		check_case(rows[r].name);
	}
}

static uint32_t xorshift(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void mutated_ones_are_the_same(void)
{
	uint32_t state = 2463534242, taken = 0;
	uint8_t bytes[BYTES_MAX];

	for (int i = 0; i < MUTATIONS; i++) {
		size_t r = xorshift(&state) % ROWS;
		uint32_t size = build(bytes, r), caplen = size, length = size;

		for (uint32_t n = xorshift(&state) % 4; n > 0; n--)
			bytes[xorshift(&state) % size] = (uint8_t)xorshift(&state);
		if (xorshift(&state) % 4 == 0)
			caplen = xorshift(&state) % (size + 1);
		if (xorshift(&state) % 4 == 0)
			length = caplen + xorshift(&state) % 32;
		taken += compare(rows[r].version, bytes, caplen, length < caplen ? caplen : length);
	}
	CHECK(taken > MUTATIONS / 4);
	CHECK(taken < MUTATIONS * 3 / 4);
	check_case("mutated and cut packets are read alike or left alone");
}

int main(void)
{
	usual_ones_are_taken();
	mutated_ones_are_the_same();
	return check_exit();
}
