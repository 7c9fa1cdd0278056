/* Fingerprints: what routers and NAT change changes none, whatever the packet; and what is kept in the columns
 * of a record gives the fingerprint that the packet had. */
#include "collect/fingerprint.h"
#include "tests/fuzz/fuzz.h"

enum { RAW_IP = 101 };

/* What a router, NAT and a firewall that is allowed to do so rewrite. */
static void packet_travel(struct packet *p, struct fuzz *in)
{
	p->ttl = (uint8_t)fuzz_number(in, 1);
	p->tos = (uint8_t)fuzz_number(in, 1);
	p->src[3] = (uint8_t)fuzz_number(in, 1);
	p->dst[2] = (uint8_t)fuzz_number(in, 1);
	p->window = (uint16_t)fuzz_number(in, 2);
	p->flow_label = (uint32_t)fuzz_number(in, 2);
	p->flags ^= PACKET_IP_DF;
	if (p->proto == 6 || p->proto == 17) {
		p->sport = (uint16_t)fuzz_number(in, 2);
		p->dport = (uint16_t)fuzz_number(in, 2);
	}
	p->options_bytes = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size}, how = {bytes, size < 12 ? size : 12};
	struct packet packet;
	uint32_t digest;
	uint64_t fp;
	size_t n;
	uint8_t *frame;

	fuzz_number(&in, 8);
	fuzz_number(&in, 4);
	frame = fuzz_copy(&in, 1u << 16, &n);
	packet_parse(&packet, RAW_IP, frame, (uint32_t)n, (uint32_t)n);
	if (packet.kind == PACKET_IP) {
		fp = fingerprint_packet(&packet, FUZZ_SEED);
		digest = fingerprint_digest(&packet, FUZZ_SEED);
		FUZZ_HOLDS(fp && fp == fingerprint_packet(&packet, FUZZ_SEED));
		if (fingerprint_follows(&packet))
			FUZZ_HOLDS(fp == fingerprint_header(packet.proto, packet.marks, packet.flags, packet.seq,
							    packet.ack, packet.payload_bytes, FUZZ_SEED));
		packet_travel(&packet, &how);
		FUZZ_HOLDS(fp == fingerprint_packet(&packet, FUZZ_SEED));
		FUZZ_HOLDS(!fingerprint_digests_differ(digest, fingerprint_digest(&packet, FUZZ_SEED)));
	}
	free(frame);
	return 0;
}
