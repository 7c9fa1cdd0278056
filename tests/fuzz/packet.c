/* A frame of any link type: the decoder, checksums, fingerprints, where headers end, and what makes a frame
 * anonymous. The first two bytes are the link type, the next two say how much longer the frame was on the wire. */
#include "collect/alias_frame.h"
#include "collect/fingerprint.h"
#include "collect/headers.h"
#include "collect/places.h"
#include "tests/fuzz/fuzz.h"

static void packet_check(const struct packet *p, const uint8_t *bytes, uint32_t caplen)
{
	FUZZ_HOLDS((unsigned)p->kind < PACKET_KINDS);
	FUZZ_HOLDS(p->link_bytes <= PACKET_LINK_MAX && p->options_bytes <= PACKET_OPTIONS_MAX);
	FUZZ_HOLDS(p->headers_captured <= caplen);
	FUZZ_HOLDS(p->payload_captured <= p->payload_bytes && p->payload_bytes <= p->ip_bytes);
	FUZZ_HOLDS((p->payload == NULL) == (p->payload_captured == 0));
	FUZZ_HOLDS(!p->payload || (p->payload >= bytes && p->payload + p->payload_captured <= bytes + caplen));
	FUZZ_HOLDS(!p->transport || (p->transport >= bytes && p->transport + p->transport_bytes <= bytes + caplen));
	FUZZ_HOLDS(p->kind != PACKET_IP || p->version == 4 || p->version == 6);
	FUZZ_HOLDS(p->kind != PACKET_IP || p->header_bytes + p->payload_bytes == p->ip_bytes);
}

/* Reading leaves nothing of what was in *packet before, and the same bytes say the same. */
static void packet_read(struct packet *p, uint32_t linktype, const uint8_t *bytes, uint32_t caplen, uint32_t length)
{
	static struct places places;
	struct packet again;

	memset(p, 0xa5, sizeof *p);
	memset(&again, 0x5a, sizeof again);
	packet_parse(p, linktype, bytes, caplen, length);
	places.count = 0;
	packet_places(&again, linktype, bytes, caplen, length, &places);
	packet_verify(p);
	packet_verify(&again);
	packet_check(p, bytes, caplen);
	FUZZ_HOLDS(places.count <= PLACES_MAX);
	FUZZ_HOLDS(p->kind == again.kind && p->marks == again.marks && p->payload == again.payload);
	if (p->kind != PACKET_IP)
		return;
	FUZZ_HOLDS(fingerprint_packet(p, FUZZ_SEED) != 0);
	FUZZ_HOLDS(fingerprint_packet(p, FUZZ_SEED) == fingerprint_packet(&again, FUZZ_SEED));
	FUZZ_HOLDS(fingerprint_digest(p, FUZZ_SEED) == fingerprint_digest(&again, FUZZ_SEED));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct alias *alias;
	struct fuzz in = {bytes, size};
	uint32_t linktype = (uint32_t)fuzz_number(&in, 2), more = (uint32_t)fuzz_number(&in, 2);
	struct packet packet;
	size_t caplen;
	uint8_t *frame = fuzz_copy(&in, 1u << 17, &caplen);

	if (!alias && !(alias = alias_of_key("0123456789abcdef", 16)))
		abort();
	packet_read(&packet, linktype, frame, (uint32_t)caplen, (uint32_t)caplen + more);
	FUZZ_HOLDS(headers_bytes(linktype, frame, (uint32_t)caplen, (uint32_t)caplen + more) <= caplen);
	FUZZ_HOLDS(alias_frame(alias, linktype, frame, (uint32_t)caplen, (uint32_t)caplen + more) <= caplen);
	free(frame);
	return 0;
}
