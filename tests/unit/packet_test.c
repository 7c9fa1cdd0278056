/* IP and transport headers, field by field, and what becomes of link scope,
 * damage, cuts and wrong checksums.
 */
#include "collect/fingerprint.h"
#include "tests/unit/packet_fault_samples.h"
#include "tests/unit/packet_samples.h"

static void test_kinds_have_names(void)
{
	CHECK_TEXT(packet_kind_name(PACKET_IP), "ip");
	CHECK_TEXT(packet_kind_name(PACKET_NON_IP), "non-ip");
	CHECK_TEXT(packet_kind_name(PACKET_LINK_SCOPE), "link-scope");
	CHECK_TEXT(packet_kind_name(PACKET_MALFORMED), "malformed");
	CHECK_TEXT(packet_kind_name(PACKET_CUT), "cut");
	CHECK_TEXT(packet_kind_name(PACKET_UNKNOWN_LINK), "unknown-link");
	CHECK_TEXT(packet_kind_name(PACKET_KINDS), "unknown");
	check_case("every kind has a name");
}

/* A whole packet of the given IP length, TCP without options, checksums left wrong. */
static uint16_t marks_of_length(uint32_t ip_bytes)
{
	static const uint8_t header[40] = {[0] = 0x45, [6] = 0x40,  [8] = 64,
					   [9] = 6,    [12] = 192,  [14] = 2,
					   [15] = 1,   [16] = 192,  [18] = 2,
					   [19] = 2,   [32] = 0x50};
	uint8_t *bytes = calloc(1, ip_bytes);
	struct packet packet;

	if (!bytes)
		abort();
	memcpy(bytes, header, sizeof header);
	bytes[2] = (uint8_t)(ip_bytes >> 8);
	bytes[3] = (uint8_t)ip_bytes;
	packet_parse(&packet, 101, bytes, ip_bytes, ip_bytes);
	CHECK_INT(packet.kind, PACKET_IP);
	CHECK_INT(packet.payload_bytes, ip_bytes - 40);
	free(bytes);
	return packet.marks & PACKET_AGGREGATED;
}

static void test_aggregated_is_what_no_link_carries(void)
{
	CHECK_INT(marks_of_length(1500), 0);
	CHECK_INT(marks_of_length(9216), 0);
	CHECK_INT(marks_of_length(9217), PACKET_AGGREGATED);
	CHECK_INT(marks_of_length(65535), PACKET_AGGREGATED);
	check_case("a packet is aggregated from 9217 bytes on");
}

/* A bare acknowledgment with two SACK blocks, all of them moved on by the given numbers. */
static struct packet acknowledgment(uint32_t ack_by, uint32_t edges_by)
{
	static const uint32_t edges[4] = {0xfffffff0, 0x00000200, 0x00000300, 0x00000400};
	uint8_t bytes[60] = {[0] = 0x45, [3] = 60,  [8] = 64,   [9] = 6,   [12] = 192, [14] = 2,
			     [15] = 1,   [16] = 192, [18] = 2,  [19] = 2,  [32] = 0xa0, [33] = 0x10,
			     [40] = 1,   [41] = 1,  [42] = 5,  [43] = 18};
	struct packet packet;

	sample_put_32(bytes + 28, 0xffffff00 + ack_by);
	for (int i = 0; i < 4; i++)
		sample_put_32(bytes + 44 + 4 * i, edges[i] + edges_by);
	packet_parse(&packet, 101, bytes, sizeof bytes, sizeof bytes);
	CHECK_INT(packet.kind, PACKET_IP);
	return packet;
}

static void test_sack_blocks_count_from_the_acknowledgment(void)
{
	struct packet sent = acknowledgment(0, 0), moved = acknowledgment(0x12345, 0x12345),
		      broken = acknowledgment(0x12345, 0);

	CHECK_INT(sent.sack_left, 0xf0);
	CHECK_INT(moved.sack_left, 0xf0);
	CHECK(sent.sack != 0);
	CHECK_INT(moved.sack, sent.sack);
	CHECK(fingerprint_digest(&sent, 7) == fingerprint_digest(&moved, 7));
	check_case("a shift of all sequence numbers leaves SACK blocks and digest alone");

	CHECK_INT(broken.sack_left, (uint32_t)(0xf0 - 0x12345));
	CHECK(broken.sack != sent.sack);
	CHECK(fingerprint_digests_differ(fingerprint_digest(&sent, 7),
					 fingerprint_digest(&broken, 7)));
	check_case("SACK blocks that were not shifted along differ");
}

int main(void)
{
	test_sack_blocks_count_from_the_acknowledgment();
	SAMPLES_CHECK(ip_samples);
	SAMPLES_CHECK(fault_samples);
	test_kinds_have_names();
	test_aggregated_is_what_no_link_carries();
	return check_exit();
}
