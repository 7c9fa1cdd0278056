#include "collect/packet.h"

#include <string.h>

#include "collect/checksum.h"
#include "collect/descent.h"
#include "collect/ip.h"
#include "collect/link.h"
#include "collect/transport.h"
#include "collect/tunnel.h"
#include "collect/usual.h"

#define UDP_BYTES 8

const char *packet_kind_name(enum packet_kind kind)
{
	static const char *const names[PACKET_KINDS] = {
		[PACKET_IP] = "ip",
		[PACKET_NON_IP] = "non-ip",
		[PACKET_LINK_SCOPE] = "link-scope",
		[PACKET_MALFORMED] = "malformed",
		[PACKET_CUT] = "cut",
		[PACKET_UNKNOWN_LINK] = "unknown-link",
	};

	return (unsigned)kind < PACKET_KINDS ? names[kind] : "unknown";
}

/* RFC 3927 section 2.7, RFC 1812 section 5.3.4, and what is no unicast source. 127/8 is not
 * among them: captures on a loopback interface are to be compared too. */
static bool ipv4_link_scope(const struct descent *descent)
{
	enum { LOCAL_GROUPS = 0xe00000, LINK_LOCAL = 0xa9fe, MULTICAST = 0xe0 };
	const struct packet *packet = descent->packet;
	uint32_t src = cursor_be32(packet->src), dst = cursor_be32(packet->dst);

	return src == 0 || dst == UINT32_MAX || dst >> 8 == LOCAL_GROUPS ||
	       src >> 16 == LINK_LOCAL || dst >> 16 == LINK_LOCAL ||
	       packet->proto == IP_PROTO_IGMP ||
	       (descent->to_all && packet->dst[0] < MULTICAST);
}

/* RFC 4291 sections 2.5.2, 2.5.6 and 2.7 (multicast scopes 1 and 2). */
static bool ipv6_link_scope(const struct descent *descent)
{
	static const uint8_t unspecified[16];
	enum { LINK_LOCAL = 0x3fa, MULTICAST = 0xff };
	const struct packet *packet = descent->packet;
	uint8_t scope = packet->dst[1] & 15;

	if (cursor_be16(packet->src) >> 6 == LINK_LOCAL ||
	    cursor_be16(packet->dst) >> 6 == LINK_LOCAL)
		return true;
	if (packet->dst[0] == MULTICAST)
		return scope == 1 || scope == 2;
	return descent->to_all || memcmp(packet->src, unspecified, sizeof unspecified) == 0;
}

/* The tunnel that the IP packet at the cursor carries; NULL when it is to be read as an
 * ordinary packet. */
static const struct tunnel_row *tunnel_at(const struct descent *descent)
{
	const uint8_t *udp;

	if (descent->packet->marks & PACKET_FRAGMENT_LATER ||
	    descent->packet->proto == IP_PROTO_TCP)
		return NULL;
	if (descent->packet->proto != IP_PROTO_UDP)
		return tunnel_find(TUNNEL_BY_PROTO, descent->packet->proto);
	udp = cursor_peek(&descent->cursor, UDP_BYTES);
	return udp ? tunnel_find(TUNNEL_BY_PORT, cursor_be16(udp + 2)) : NULL;
}

/* Clears what the last IP header and those behind it filled. */
static void network_forget(struct descent *descent)
{
	struct packet *packet = descent->packet;

	memset(&packet->version, 0,
	       offsetof(struct packet, link) - offsetof(struct packet, version));
	packet->marks &= PACKET_TRUNCATED | PACKET_OUTGOING | PACKET_TUNNELED;
	descent->rerouted = false;
}

/* The rest of the packet goes without its headers: see tunnel_rest.h. */
static void outer_note(struct descent *descent)
{
	struct packet *packet = descent->packet;
	struct packet_outer *outer = &packet->outer;

	descent->partial = true;
	if (outer->opened)
		return; /* the outermost is what is seen on the wire */
	*outer = (struct packet_outer){.opened = true, .version = packet->version,
				       .proto = packet->proto, .ip_id = packet->ip_id};
	memcpy(outer->src, packet->src, sizeof outer->src);
	memcpy(outer->dst, packet->dst, sizeof outer->dst);
}

/* Goes from the outer IP header into the tunnel at the cursor. */
static enum packet_kind tunnel_enter(struct descent *descent, const struct tunnel_row *row)
{
	struct packet *packet = descent->packet;
	size_t bytes = packet->version == 4 ? 4 : 16;
	uint8_t ends[32];

	memcpy(ends, packet->src, bytes);
	memcpy(ends + bytes, packet->dst, bytes);
	link_append(packet, packet->version == 4 ? LINK_ITEM_OUTER4 : LINK_ITEM_OUTER6, ends,
		    2 * bytes);
	if (packet->marks & PACKET_FRAGMENT)
		outer_note(descent);
	packet->marks |= PACKET_TUNNELED;
	packet->link_broadcast = descent->to_all = false;
	descent->nested = true;
	return row->step(descent);
}

/* What stood in front of a tunnel's outer IP header, to come back to. */
struct outer {
	struct cursor cursor;
	uint16_t marks, next;
	uint8_t link_bytes;
	bool link_broadcast, to_all, nested, partial, opened;
	bool valid;
	uint32_t places;
};

/* Called behind the IP header, which began at offset `at`: what it has set until now it
 * sets again when it is read again. */
static void outer_keep(struct outer *outer, const struct descent *descent, uint32_t at,
		       uint32_t places)
{
	*outer = (struct outer){
		.cursor = descent->cursor,
		.marks = descent->packet->marks,
		.next = descent->next,
		.link_bytes = descent->packet->link_bytes,
		.link_broadcast = descent->packet->link_broadcast,
		.to_all = descent->to_all,
		.nested = descent->nested,
		.partial = descent->partial,
		.opened = descent->packet->outer.opened,
		.valid = true,
		.places = places,
	};
	outer->cursor.at = at;
}

/* The tunnel did not hold what it promised: its outer packet is the packet. */
static enum packet_kind outer_read(const struct outer *outer, struct descent *descent)
{
	enum packet_kind kind;

	network_forget(descent);
	descent->cursor = outer->cursor;
	descent->next = outer->next;
	descent->to_all = outer->to_all;
	descent->nested = outer->nested;
	descent->partial = outer->partial;
	descent->packet->outer.opened = outer->opened;
	descent->packet->marks = outer->marks;
	descent->packet->link_bytes = outer->link_bytes;
	descent->packet->link_broadcast = outer->link_broadcast;
	descent->packet->has_inner = false;
	if (descent->places)
		descent->places->count = outer->places;
	kind = ip_step(descent);
	return kind == PACKET_IP ? transport_step(descent) : kind;
}

/* Ethertypes of what never leaves its link. */
static bool ethertype_link_only(uint16_t type)
{
	static const uint16_t types[] = {
		0x0806, /* ARP */
		0x8035, /* RARP */
		0x8809, /* LACP and others: IEEE 802.3 annex 57A */
		0x888e, /* 802.1X */
		0x88cc, /* LLDP */
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i] == type)
			return true;
	return false;
}

/* Through the headers that have an ethertype, to an IP header. */
static enum packet_kind network_reach(struct descent *descent)
{
	const struct tunnel_row *row;
	enum packet_kind kind = PACKET_IP;

	while (kind == PACKET_IP) {
		if (++descent->steps > DESCENT_STEPS_MAX)
			return PACKET_MALFORMED;
		if (descent->next == ETHERTYPE_IPV4 || descent->next == ETHERTYPE_IPV6)
			return PACKET_IP;
		row = tunnel_find(TUNNEL_BY_ETHERTYPE, descent->next);
		kind = row ? row->step(descent) : PACKET_NON_IP;
		descent->link_only |= !row && ethertype_link_only(descent->next);
	}
	return kind;
}

/* Down to the innermost IP packet. */
static enum packet_kind descend(struct descent *descent)
{
	const struct tunnel_row *row = NULL;
	struct outer outer = {.valid = false};
	enum packet_kind kind;
	uint32_t at, places;

	do {
		kind = network_reach(descent);
		if (kind != PACKET_IP)
			break;
		if (outer.valid)
			network_forget(descent);
		if (!descent->places && usual_read(descent))
			break;
		at = descent->cursor.at;
		places = descent->places ? descent->places->count : 0;
		kind = ip_step(descent);
		if (kind != PACKET_IP)
			break;
		row = tunnel_at(descent);
		if (row) {
			outer_keep(&outer, descent, at, places);
			if (descent->packet->proto == IP_PROTO_UDP)
				descent_note(descent, PLACE_TRANSPORT, IP_PROTO_UDP,
					     cursor_take(&descent->cursor, UDP_BYTES));
		}
		kind = row ? tunnel_enter(descent, row) : transport_step(descent);
	} while (row && kind == PACKET_IP);
	if (!outer.valid || (kind != PACKET_NON_IP && kind != PACKET_MALFORMED))
		return kind;
	/* The tunnel's end keeps what is said of the link inside: its outer packet goes nowhere. */
	if (kind == PACKET_NON_IP && descent->link_only) {
		network_forget(descent);
		return kind;
	}
	return outer_read(&outer, descent);
}

static inline void packet_read(struct packet *packet, uint32_t linktype, const uint8_t *bytes,
			       uint32_t caplen, uint32_t length, struct places *places)
{
	const uint8_t linktype_be[4] = {(uint8_t)(linktype >> 24), (uint8_t)(linktype >> 16),
					(uint8_t)(linktype >> 8), (uint8_t)linktype};
	struct descent descent = {
		.cursor = {.bytes = bytes,
			   .captured_end = caplen,
			   .wire_end = caplen > length ? caplen : length},
		.packet = packet,
		.places = places,
	};
	const struct link_row *row = link_find(linktype);
	enum packet_kind kind;

	/* In two parts, because compilers make something slow of one that is larger. */
	memset(packet, 0, offsetof(struct packet, ip_bytes));
	memset(&packet->ip_bytes, 0,
	       offsetof(struct packet, link) - offsetof(struct packet, ip_bytes));
	packet->has_inner = packet->outer.opened = false;
	packet->marks = (uint16_t)((caplen < length) * PACKET_TRUNCATED);
	link_append(packet, LINK_ITEM_TYPE, linktype_be, sizeof linktype_be);
	kind = row ? row->step(&descent) : PACKET_UNKNOWN_LINK;
	if (kind == PACKET_IP)
		kind = descend(&descent);
	if (kind == PACKET_IP && (packet->version == 4 ? ipv4_link_scope(&descent) :
							   ipv6_link_scope(&descent)))
		kind = PACKET_LINK_SCOPE;
	packet->kind = kind;
	packet->headers_captured = descent.cursor.at;
}

void packet_parse(struct packet *packet, uint32_t linktype, const uint8_t *bytes,
		  uint32_t caplen, uint32_t length)
{
	packet_read(packet, linktype, bytes, caplen, length, NULL);
}

void packet_places(struct packet *packet, uint32_t linktype, const uint8_t *bytes, uint32_t caplen,
		   uint32_t length, struct places *places)
{
	packet_read(packet, linktype, bytes, caplen, length, places);
}

/* Where the checksum lies in the transport header, and whether it covers the
 * pseudo header too (RFC 9293 section 3.1, RFC 8200 section 8.1). */
static const struct {
	uint8_t at;
	bool used, pseudo;
} checksums[256] = {
	[IP_PROTO_TCP] = {16, true, true},
	[IP_PROTO_UDP] = {6, true, true},
	[IP_PROTO_ICMP] = {2, true, false},
	[IP_PROTO_ICMPV6] = {2, true, true},
};

/* In words no wider than those that were written: wider ones would wait for them. */
static uint64_t addresses_sum(const struct packet *packet)
{
	uint32_t src, dst;
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof packet->src; i += sizeof src) {
		memcpy(&src, packet->src + i, sizeof src);
		memcpy(&dst, packet->dst + i, sizeof dst);
		sum += (uint64_t)src + dst;
	}
	return sum;
}

void packet_verify(struct packet *packet)
{
	uint64_t pseudo = 0;
	uint16_t field;
	uint8_t at = checksums[packet->proto].at;

	if (!packet->transport || !checksums[packet->proto].used ||
	    packet->transport_bytes < at + 2u || (packet->marks & PACKET_ZERO_UDP_CHECKSUM))
		return;
	if (checksums[packet->proto].pseudo) {
		pseudo = addresses_sum(packet);
		pseudo = checksum_add_be32(pseudo, packet->transport_bytes);
		pseudo = checksum_add_be32(pseudo, packet->proto);
	}
	if (checksum_fold(checksum_add(pseudo, packet->transport, packet->transport_bytes)) ==
	    0xffff)
		return;
	/* Linux leaves the pseudo header's sum, not inverted, for the card to complete. */
	memcpy(&field, packet->transport + at, sizeof field);
	packet->marks |= checksums[packet->proto].pseudo && field == checksum_fold(pseudo) ?
				 PACKET_PARTIAL_CHECKSUM :
				 PACKET_BAD_L4_CHECKSUM;
}
