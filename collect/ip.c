#include "collect/ip.h"

#include <string.h>

#include "collect/checksum.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40

/* The extension headers of RFC 8200 and AH: their length is (length byte + add) * unit. */
static const struct {
	uint8_t unit, add;
} extensions[256] = {
	[0] = {8, 1},          /* hop-by-hop options */
	[43] = {8, 1},         /* routing */
	[44] = {8, 1},         /* fragment: the length byte is reserved */
	[60] = {8, 1},         /* destination options */
	[IP_PROTO_AH] = {4, 2} /* RFC 4302 */
};

enum { EXTENSION_ROUTING = 43, EXTENSION_FRAGMENT = 44 };

/* Ends the cursor where the IP header says that the packet ends. A frame that is
 * shorter was cut by something that also forged the wire length, unless an
 * outer header holds it: then it cannot be. */
static enum packet_kind length_apply(struct descent *descent, uint32_t bytes)
{
	struct cursor *cursor = &descent->cursor;
	struct packet *packet = descent->packet;

	packet->ip_bytes = bytes;
	if (bytes > PACKET_AGGREGATED_BYTES)
		packet->marks |= PACKET_AGGREGATED;
	if (bytes > cursor_wire(cursor)) {
		if (descent->nested && !descent->partial)
			return PACKET_MALFORMED;
		if (!descent->quoted)
			packet->marks |= PACKET_TRUNCATED;
		cursor->wire_end = cursor->at + bytes;
	}
	cursor_limit(cursor, bytes);
	return PACKET_IP;
}

/* The extension headers of which `proto` is the first. */
static enum packet_kind extensions_read(struct descent *descent, uint8_t proto)
{
	struct packet *packet = descent->packet;
	struct cursor *cursor = &descent->cursor;
	const uint8_t *h;
	uint32_t bytes;
	uint8_t type;

	for (int i = 0; extensions[proto].unit != 0; i++) {
		if (packet->version == 4 && proto != IP_PROTO_AH)
			break;
		h = cursor_peek(cursor, 8);
		if (!h)
			return cursor_short(cursor, 8);
		if (i == IP_EXTENSIONS_MAX)
			return PACKET_MALFORMED;
		bytes = (uint32_t)(h[1] + extensions[proto].add) * extensions[proto].unit;
		if (proto == EXTENSION_FRAGMENT) {
			bytes = 8;
			packet->fragment_offset = cursor_be16(h + 2) & 0xfff8;
			packet->fragment_more = h[3] & 1;
			packet->ip_id = cursor_be32(h + 4);
		} else if (proto == EXTENSION_ROUTING && h[3] != 0) {
			descent->rerouted = true;
		}
		type = proto;
		proto = h[0];
		if (!cursor_take(cursor, bytes))
			return cursor_short(cursor, bytes);
		descent_note(descent, PLACE_EXTENSION, type, h);
		/* What follows in a later fragment is no header. */
		if (packet->fragment_offset != 0)
			break;
	}
	packet->proto = proto;
	return PACKET_IP;
}

static bool ipv4_checksum_holds(const uint8_t *header, uint32_t header_bytes)
{
	uint64_t sum = checksum_add_20(header);

	if (header_bytes > IPV4_BYTES)
		sum = checksum_add(sum, header + IPV4_BYTES, header_bytes - IPV4_BYTES);
	return checksum_fold(sum) == 0xffff;
}

static enum packet_kind ipv4_read(struct descent *descent)
{
	enum { DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET_MASK = 0x1fff };
	struct cursor *cursor = &descent->cursor;
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_peek(cursor, IPV4_BYTES);
	uint32_t header_bytes, bytes;
	uint16_t fragment;

	if (!h)
		return cursor_short(cursor, IPV4_BYTES);
	header_bytes = (h[0] & 15) * 4u;
	bytes = cursor_be16(h + 2);
	if (bytes == 0) {
		/* TSO: the length that the card will write does not fit or is not yet known. */
		bytes = cursor_wire(cursor);
		packet->marks |= PACKET_AGGREGATED;
	}
	if (h[0] >> 4 != 4 || header_bytes < IPV4_BYTES || bytes < header_bytes)
		return PACKET_MALFORMED;
	packet->version = 4;
	packet->tos = h[1];
	packet->ip_id = cursor_be16(h + 4);
	fragment = cursor_be16(h + 6);
	packet->flags = fragment & DONT_FRAGMENT ? PACKET_IP_DF : 0;
	packet->fragment_more = fragment & MORE_FRAGMENTS;
	packet->fragment_offset = (uint16_t)((fragment & OFFSET_MASK) * 8);
	packet->ttl = h[8];
	packet->proto = h[9];
	memcpy(packet->src, h + 12, 4);
	memcpy(packet->dst, h + 16, 4);
	if (length_apply(descent, bytes) != PACKET_IP)
		return PACKET_MALFORMED;
	if (!cursor_take(cursor, header_bytes))
		return cursor_short(cursor, header_bytes);
	descent_note(descent, PLACE_IP, 4, h);
	if (!ipv4_checksum_holds(h, header_bytes))
		packet->marks |= PACKET_BAD_IP_CHECKSUM;
	return packet->proto == IP_PROTO_AH && packet->fragment_offset == 0 ?
		       extensions_read(descent, IP_PROTO_AH) :
		       PACKET_IP;
}

static enum packet_kind ipv6_read(struct descent *descent)
{
	struct cursor *cursor = &descent->cursor;
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_peek(cursor, IPV6_BYTES);
	uint32_t bytes;

	if (!h)
		return cursor_short(cursor, IPV6_BYTES);
	if (h[0] >> 4 != 6)
		return PACKET_MALFORMED;
	bytes = IPV6_BYTES + cursor_be16(h + 4);
	/* Length 0 is a jumbogram (RFC 2675) or BIG TCP, whose true length only
	 * the frame has; it is also an honest empty packet where no header follows. */
	if (bytes == IPV6_BYTES && h[6] != IP_PROTO_NONE && cursor_wire(cursor) > IPV6_BYTES) {
		bytes = cursor_wire(cursor);
		packet->marks |= PACKET_AGGREGATED;
	}
	packet->version = 6;
	packet->tos = (uint8_t)(cursor_be16(h) >> 4);
	packet->flow_label = cursor_be32(h) & 0xfffff;
	packet->ttl = h[7];
	packet->proto = h[6];
	memcpy(packet->src, h + 8, 16);
	memcpy(packet->dst, h + 24, 16);
	if (length_apply(descent, bytes) != PACKET_IP)
		return PACKET_MALFORMED;
	cursor_take(cursor, IPV6_BYTES);
	descent_note(descent, PLACE_IP, 6, h);
	return extensions_read(descent, h[6]);
}

enum packet_kind ip_step(struct descent *descent)
{
	struct packet *packet = descent->packet;
	enum packet_kind kind =
		descent->next == ETHERTYPE_IPV4 ? ipv4_read(descent) : ipv6_read(descent);

	if (packet->fragment_more || packet->fragment_offset != 0)
		packet->marks |= PACKET_FRAGMENT;
	if (packet->fragment_offset != 0)
		packet->marks |= PACKET_FRAGMENT_LATER;
	return kind;
}
