/* The tunnel tables row by row, and headers nested beyond measure.
 */
#include "collect/descent.h"
#include "collect/ip.h"
#include "collect/tunnel.h"
#include "tests/unit/packet_overlay_samples.h"
#include "tests/unit/packet_tag_samples.h"
#include "tests/unit/packet_tunnel_samples.h"

static const struct {
	const struct packet_sample *samples;
	size_t count;
} tables[] = {
	{tag_samples, sizeof tag_samples / sizeof *tag_samples},
	{tunnel_samples, sizeof tunnel_samples / sizeof *tunnel_samples},
	{overlay_samples, sizeof overlay_samples / sizeof *overlay_samples},
};

static bool has_sample(const char *row)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (size_t j = 0; j < tables[i].count; j++)
			if (sample_named_after(&tables[i].samples[j], row))
				return true;
	return false;
}

static void test_every_row_has_a_sample(void)
{
	const struct tunnel_row *row;

	for (enum tunnel_key key = 0; key < TUNNEL_KEYS; key++) {
		for (size_t i = 0; (row = tunnel_row(key, i)) != NULL; i++) {
			if (!has_sample(row->name))
				CHECK_TEXT(row->name, "the name of a sample");
			CHECK(tunnel_find(key, row->number) == row);
		}
		CHECK(tunnel_find(key, 1) == NULL);
	}
	check_case("every row of the tunnel tables has a sample named after it");
}

/* A frame of `head` bytes, `count` times `unit`, and an IPv4 TCP packet. */
static void parse_repeated(struct packet *packet, uint32_t linktype, const char *head,
			   const char *unit, int count, const char *tail)
{
	uint8_t bytes[4096];
	uint32_t n = sample_hex(bytes, head);

	for (int i = 0; i < count; i++)
		n += sample_hex(bytes + n, unit);
	n += sample_hex(bytes + n, tail);
	packet_parse(packet, linktype, bytes, n, n);
}

#define TCP_SEGMENT                                                                        \
	"4500002800004000400600000a0000010a000002"                                         \
	"01bb9c40112233445566778850100200" "00000000"

static void test_nesting_has_an_end(void)
{
	struct packet packet;

	parse_repeated(&packet, 1, "02000000000b02000000000a8100", "00018100", 20,
		       "00010800" TCP_SEGMENT);
	CHECK_INT(packet.kind, PACKET_IP);
	CHECK_INT(packet.sport, 443);
	check_case("twenty VLAN tags are taken off");

	parse_repeated(&packet, 1, "02000000000b02000000000a8100", "00018100", DESCENT_STEPS_MAX,
		       "00010800" TCP_SEGMENT);
	CHECK_INT(packet.kind, PACKET_MALFORMED);
	check_case("too many VLAN tags are malformed");

	parse_repeated(&packet, 1, "02000000000b02000000000a8847", "00064040", DESCENT_STEPS_MAX,
		       "00064140" TCP_SEGMENT);
	CHECK_INT(packet.kind, PACKET_MALFORMED);
	check_case("too many MPLS labels are malformed");
}

/* IPv6 in IPv6, each header with the length that is right for it. */
static void test_nested_ip(void)
{
	enum { HEADERS = DESCENT_STEPS_MAX + 4 };
	uint8_t bytes[40 * HEADERS] = {0};
	struct packet packet;
	uint32_t payload;

	for (uint32_t i = 0; i < HEADERS; i++) {
		payload = 40 * (HEADERS - 1 - i);
		bytes[40 * i] = 0x60;
		bytes[40 * i + 4] = (uint8_t)(payload >> 8);
		bytes[40 * i + 5] = (uint8_t)payload;
		bytes[40 * i + 6] = i + 1 < HEADERS ? 41 : IP_PROTO_NONE;
		bytes[40 * i + 7] = (uint8_t)(i + 1); /* the hop limit tells the header */
		bytes[40 * i + 8] = bytes[40 * i + 24] = 0x20;
	}
	packet_parse(&packet, 101, bytes, sizeof bytes, sizeof bytes);
	CHECK_INT(packet.kind, PACKET_IP);
	CHECK_INT(packet.ttl, DESCENT_STEPS_MAX);
	CHECK_INT(packet.proto, 41);
	CHECK_INT(packet.payload_bytes, 40 * (HEADERS - DESCENT_STEPS_MAX));
	check_case("too many nested IP headers leave the last one that was read");
	CHECK_INT(packet.link_bytes, 5 + 33 + 33);
	check_case("outer addresses that do not fit the description are left out");
}

static void test_extension_headers_have_an_end(void)
{
	/* 17 * 8 + 12 bytes, destination options. */
	static const char head[] = "60000000" "0094" "3c40"
				   "20010db8000000000000000000000001"
				   "20010db8000000000000000000000002";
	struct packet packet;

	parse_repeated(&packet, 101, head, "3c00010400000000", IP_EXTENSIONS_MAX - 1,
		       "fd00010400000000" "0102030405060708090a0b0c" "0000000000000000");
	CHECK_INT(packet.kind, PACKET_IP);
	CHECK_INT(packet.proto, 253);
	CHECK_INT(packet.header_bytes, 40 + 8 * IP_EXTENSIONS_MAX);
	check_case("sixteen IPv6 extension headers are read");

	parse_repeated(&packet, 101, head, "3c00010400000000", IP_EXTENSIONS_MAX,
		       "fd00010400000000" "0102030405060708090a0b0c");
	CHECK_INT(packet.kind, PACKET_MALFORMED);
	check_case("more are malformed");
}

int main(void)
{
	SAMPLES_CHECK(tag_samples);
	SAMPLES_CHECK(tunnel_samples);
	SAMPLES_CHECK(overlay_samples);
	test_every_row_has_a_sample();
	test_nesting_has_an_end();
	test_nested_ip();
	test_extension_headers_have_an_end();
	return check_exit();
}
