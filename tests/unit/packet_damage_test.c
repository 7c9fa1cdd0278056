/* Whatever is done to a frame's bytes, the parser ends, stays inside them and
 * gives a packet without contradictions. Worth running under ASan and UBSan.
 */
#include "collect/fingerprint.h"
#include "tests/unit/packet_fault_samples.h"
#include "tests/unit/packet_link_samples.h"
#include "tests/unit/packet_overlay_samples.h"
#include "tests/unit/packet_samples.h"
#include "tests/unit/packet_tag_samples.h"
#include "tests/unit/packet_tunnel_samples.h"

#define MUTATIONS 100000
#define SEED 42

static const struct {
	const struct packet_sample *samples;
	size_t count;
} tables[] = {
	{ip_samples, sizeof ip_samples / sizeof *ip_samples},
	{fault_samples, sizeof fault_samples / sizeof *fault_samples},
	{link_samples, sizeof link_samples / sizeof *link_samples},
	{tag_samples, sizeof tag_samples / sizeof *tag_samples},
	{tunnel_samples, sizeof tunnel_samples / sizeof *tunnel_samples},
	{overlay_samples, sizeof overlay_samples / sizeof *overlay_samples},
};

/* What holds for any bytes. */
static void check_invariants(const struct packet *packet, const uint8_t *bytes, uint32_t caplen)
{
	CHECK((unsigned)packet->kind < PACKET_KINDS);
	CHECK(packet->link_bytes <= PACKET_LINK_MAX);
	CHECK(packet->options_bytes <= PACKET_OPTIONS_MAX);
	CHECK(packet->payload_captured <= packet->payload_bytes);
	CHECK(packet->payload_bytes <= packet->ip_bytes);
	CHECK((packet->payload == NULL) == (packet->payload_captured == 0));
	if (packet->payload)
		CHECK(packet->payload >= bytes &&
		      packet->payload + packet->payload_captured <= bytes + caplen);
	if (packet->transport)
		CHECK(packet->transport >= bytes &&
		      packet->transport + packet->transport_bytes <= bytes + caplen);
	if (packet->kind == PACKET_IP) {
		CHECK(packet->version == 4 || packet->version == 6);
		CHECK_INT(packet->header_bytes + packet->payload_bytes, packet->ip_bytes);
	}
	CHECK((packet->marks & (PACKET_BAD_L4_CHECKSUM | PACKET_PARTIAL_CHECKSUM)) !=
	      (PACKET_BAD_L4_CHECKSUM | PACKET_PARTIAL_CHECKSUM));
}

/* Everything that the collector does with a frame, on a copy of the right size. */
static void parse_all(struct packet *packet, uint32_t linktype, const uint8_t *frame,
		      uint32_t caplen, uint32_t length)
{
	uint8_t *bytes = malloc(caplen ? caplen : 1);

	if (!bytes)
		abort();
	memcpy(bytes, frame, caplen);
	memset(packet, 0xa5, sizeof *packet);
	packet_parse(packet, linktype, bytes, caplen, length);
	packet_verify(packet);
	CHECK(fingerprint_packet(packet, SEED) != 0);
	fingerprint_digest(packet, SEED);
	check_invariants(packet, bytes, caplen);
	free(bytes);
}

/* A cut frame is either said to be cut or reads like the whole one, as far as it goes. */
static void check_cut(const struct packet_sample *sample, const struct packet *whole,
		      const struct sample_frame *frame, uint32_t caplen)
{
	struct packet packet;

	parse_all(&packet, sample->linktype, frame->bytes, caplen, frame->length);
	if (caplen < frame->length)
		CHECK(packet.marks & PACKET_TRUNCATED);
	CHECK(packet.kind == PACKET_CUT || packet.kind == whole->kind);
	if (packet.kind != PACKET_IP)
		return;
	CHECK_INT(packet.version, whole->version);
	CHECK(memcmp(packet.src, whole->src, sizeof packet.src) == 0);
	CHECK(memcmp(packet.dst, whole->dst, sizeof packet.dst) == 0);
	CHECK_INT(packet.proto, whole->proto);
	CHECK_INT(packet.sport, whole->sport);
	CHECK_INT(packet.dport, whole->dport);
	CHECK_INT(packet.flags, whole->flags);
	CHECK_INT(packet.seq, whole->seq);
	CHECK_INT(packet.ack, whole->ack);
	CHECK_INT(packet.ip_bytes, whole->ip_bytes);
	CHECK_INT(packet.payload_bytes, whole->payload_bytes);
	CHECK_INT(packet.link_bytes, whole->link_bytes);
	CHECK(!(packet.marks & ~whole->marks & ~(PACKET_TRUNCATED | PACKET_SHORT_PREFIX)));
}

static void test_cut_at_every_byte(const struct packet_sample *sample)
{
	struct sample_frame frame = sample_frame(sample);
	struct packet whole;
	char name[160];

	parse_all(&whole, sample->linktype, frame.bytes, frame.caplen, frame.length);
	for (uint32_t caplen = 0; caplen < frame.caplen; caplen++)
		check_cut(sample, &whole, &frame, caplen);
	free(frame.bytes);
	snprintf(name, sizeof name, "cut at every byte: %s", sample->name);
	check_case(name);
}

static uint32_t xorshift(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* One to eight wrong bytes, most of them in the headers; one frame in four is cut as well, and
 * one in four claims another link type. */
static void test_mutated_bytes(void)
{
	static const uint32_t linktypes[] = {0, 1, 9, 50, 51, 100, 101, 104, 108, 109, 113, 276};
	uint32_t state = 2463534242, linktype, caplen, length, which;
	struct packet packet;

	for (int i = 0; i < MUTATIONS; i++) {
		const struct packet_sample *sample;
		struct sample_frame frame;

		which = xorshift(&state) % (sizeof tables / sizeof *tables);
		sample = &tables[which].samples[xorshift(&state) % tables[which].count];
		frame = sample_frame(sample);
		for (uint32_t n = xorshift(&state) % 8 + 1; n > 0; n--)
			frame.bytes[xorshift(&state) % frame.caplen] = (uint8_t)xorshift(&state);
		linktype = sample->linktype;
		caplen = frame.caplen;
		length = frame.length;
		if (xorshift(&state) % 4 == 0)
			caplen = xorshift(&state) % (caplen + 1);
		if (xorshift(&state) % 4 == 0)
			linktype = linktypes[xorshift(&state) %
					     (sizeof linktypes / sizeof *linktypes)];
		if (xorshift(&state) % 16 == 0)
			length = xorshift(&state);
		parse_all(&packet, linktype, frame.bytes, caplen, length);
		free(frame.bytes);
	}
	check_case("a hundred thousand mutated frames");
}

int main(void)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (size_t j = 0; j < tables[i].count; j++)
			test_cut_at_every_byte(&tables[i].samples[j]);
	test_mutated_bytes();
	return check_exit();
}
