#include "collect/transport.h"

#include <string.h>

#include "collect/ip.h"

#define TCP_BYTES 20
#define UDP_BYTES 8
#define ICMP_BYTES 8
#define SCTP_BYTES 12
#define ESP_BYTES 8
#define QUOTE_BYTES 8 /* what RFC 792 promises of the quoted transport header */

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_SACK = 5, OPTION_TIMESTAMPS = 8 };

/* FNV-1a, byte by byte. */
static uint32_t number_mix(uint32_t mixed, uint32_t number, uint32_t bytes)
{
	while (bytes-- > 0) {
		mixed = (mixed ^ (number & 0xff)) * 16777619u;
		number >>= 8;
	}
	return mixed;
}

/* RFC 2018 section 3: pairs of sequence numbers, which count as `ack` does. What is no
 * whole number at the end is taken as it is. */
static void sack_read(struct packet *packet, const uint8_t *edges, uint32_t size)
{
	uint32_t mixed = 2166136261u, at;

	if (size >= 4)
		packet->sack_left = cursor_be32(edges) - packet->ack;
	for (at = 0; size - at >= 4; at += 4)
		mixed = number_mix(mixed, cursor_be32(edges + at) - packet->ack, 4);
	for (; at < size; at++)
		mixed = number_mix(mixed, edges[at], 1);
	packet->sack = mixed;
}

/* Takes the values that change from packet to packet out of the options copied
 * to packet->options. An option that ends behind the copy, cut or wrong, ends
 * the walk; what is there of its values is zeroed all the same. */
static void options_clean(struct packet *packet)
{
	uint8_t *at = packet->options, *end = at + packet->options_bytes;
	uint8_t bytes, there;

	while (at < end && *at != OPTION_END) {
		if (*at == OPTION_NOP) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2)
			return;
		bytes = at[1];
		there = (uint8_t)(bytes < end - at ? bytes : end - at);
		if (*at == OPTION_TIMESTAMPS && bytes == 10 && there == 10) {
			packet->has_timestamps = true;
			packet->tsval = cursor_be32(at + 2);
			packet->tsecr = cursor_be32(at + 6);
		}
		if (*at == OPTION_SACK)
			sack_read(packet, at + 2, there - 2u);
		if (*at == OPTION_TIMESTAMPS || *at == OPTION_SACK)
			memset(at + 2, 0, there - 2u);
		at += there;
	}
}

/* RFC 9293 section 3.1. */
static enum packet_kind tcp_read(struct descent *descent)
{
	static const uint8_t usual[] = {OPTION_NOP, OPTION_NOP, OPTION_TIMESTAMPS, 10};
	struct cursor *cursor = &descent->cursor;
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_take(cursor, TCP_BYTES);
	uint32_t options, there;

	if (!h)
		return cursor_short(cursor, TCP_BYTES);
	options = (h[12] >> 4) * 4u;
	if (options < TCP_BYTES || options - TCP_BYTES > cursor_wire(cursor))
		return PACKET_MALFORMED;
	options -= TCP_BYTES;
	packet->sport = cursor_be16(h);
	packet->dport = cursor_be16(h + 2);
	packet->seq = cursor_be32(h + 4);
	packet->ack = cursor_be32(h + 8);
	packet->flags |= cursor_be16(h + 12) & 0x1ff;
	packet->window = cursor_be16(h + 14);
	packet->urgent = packet->flags & PACKET_TCP_URG ? cursor_be16(h + 18) : 0;
	there = options < cursor_captured(cursor) ? options : cursor_captured(cursor);
	h = cursor_take(cursor, there);
	/* What is cut of the options is no payload. */
	cursor->wire_end -= options - there;
	packet->options_bytes = (uint8_t)there;
	/* Nearly every segment has just timestamps, aligned by RFC 7323 appendix A. */
	if (there == 12 && memcmp(h, usual, sizeof usual) == 0) {
		memcpy(packet->options, usual, sizeof usual);
		memset(packet->options + sizeof usual, 0, 8);
		packet->has_timestamps = true;
		packet->tsval = cursor_be32(h + 4);
		packet->tsecr = cursor_be32(h + 8);
	} else if (there > 0) {
		memcpy(packet->options, h, there);
		options_clean(packet);
	}
	return PACKET_IP;
}

/* RFC 768. The length may be 0 where it cannot be said: RFC 2675 and offload. */
static enum packet_kind udp_read(struct descent *descent)
{
	const uint16_t lengthless = PACKET_AGGREGATED | PACKET_FRAGMENT;
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_take(&descent->cursor, UDP_BYTES);
	uint16_t bytes;

	if (!h)
		return cursor_short(&descent->cursor, UDP_BYTES);
	bytes = cursor_be16(h + 4);
	if (!(packet->marks & lengthless) &&
	    (bytes < UDP_BYTES || bytes - UDP_BYTES > (int64_t)cursor_wire(&descent->cursor)))
		return PACKET_MALFORMED;
	packet->sport = cursor_be16(h);
	packet->dport = cursor_be16(h + 2);
	if (cursor_be16(h + 6) == 0)
		packet->marks |= PACKET_ZERO_UDP_CHECKSUM;
	return PACKET_IP;
}

/* What an ICMP type is, by IP version. */
enum icmp_class {
	ICMP_OTHER = 0,
	ICMP_QUERY, /* has an identifier */
	ICMP_ERROR, /* quotes a packet */
	ICMP_LINK,  /* neighbour and listener discovery: no router forwards it */
};

static const uint8_t icmp_classes[256] = {
	[0] = ICMP_QUERY,  [8] = ICMP_QUERY,   /* echo */
	[13] = ICMP_QUERY, [14] = ICMP_QUERY,  /* timestamp */
	[15] = ICMP_QUERY, [16] = ICMP_QUERY,  /* information */
	[17] = ICMP_QUERY, [18] = ICMP_QUERY,  /* address mask */
	[3] = ICMP_ERROR,                      /* unreachable */
	[4] = ICMP_ERROR,                      /* source quench */
	[5] = ICMP_ERROR,                      /* redirect */
	[11] = ICMP_ERROR,                     /* time exceeded */
	[12] = ICMP_ERROR,                     /* parameter problem */
};

static const uint8_t icmpv6_classes[256] = {
	[128] = ICMP_QUERY, [129] = ICMP_QUERY, /* echo */
	[1] = ICMP_ERROR,                       /* unreachable */
	[2] = ICMP_ERROR,                       /* packet too big */
	[3] = ICMP_ERROR,                       /* time exceeded */
	[4] = ICMP_ERROR,                       /* parameter problem */
	[130] = ICMP_LINK,  [131] = ICMP_LINK,  [132] = ICMP_LINK, /* MLD */
	[133] = ICMP_LINK,  [134] = ICMP_LINK,  /* router solicitation, advertisement */
	[135] = ICMP_LINK,  [136] = ICMP_LINK,  /* neighbour solicitation, advertisement */
	[137] = ICMP_LINK,                      /* redirect */
	[141] = ICMP_LINK,  [142] = ICMP_LINK,  /* inverse neighbour discovery, RFC 3122 */
	[143] = ICMP_LINK,                      /* MLDv2, RFC 3810 */
	[148] = ICMP_LINK,  [149] = ICMP_LINK,  /* certification path, RFC 3971 */
	[151] = ICMP_LINK,  [152] = ICMP_LINK,  [153] = ICMP_LINK, /* RFC 4286 */
};

static enum icmp_class icmp_class(const struct packet *packet)
{
	const uint8_t *classes = packet->proto == IP_PROTO_ICMP ? icmp_classes : icmpv6_classes;

	return classes[packet->ack >> 8];
}

/* The first bytes of the quoted transport header. */
static void quote_read_transport(struct packet *packet, const struct packet *quoted,
				 const struct cursor *cursor)
{
	const uint8_t *h = cursor_peek(cursor, QUOTE_BYTES);

	if (!h || (quoted->marks & PACKET_FRAGMENT_LATER))
		return;
	switch (quoted->proto) {
	case IP_PROTO_TCP:
		packet->inner_seq = cursor_be32(h + 4);
		break;
	case IP_PROTO_UDP:
		packet->inner_seq = cursor_be16(h + 4);
		break;
	case IP_PROTO_SCTP:
		break;
	case IP_PROTO_ICMP:
	case IP_PROTO_ICMPV6:
		packet->inner_seq = cursor_be16(h + 6);
		packet->inner_sport = packet->inner_dport = cursor_be16(h + 4);
		return;
	default:
		return;
	}
	packet->inner_sport = cursor_be16(h);
	packet->inner_dport = cursor_be16(h + 2);
}

/* The packet that an ICMP error quotes. A quote too short to name its session
 * counts as none. */
static void quote_read(struct packet *packet, const struct cursor *at)
{
	struct packet quoted = {0};
	struct descent descent = {.cursor = *at, .packet = &quoted, .quoted = true};

	descent.next = packet->version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	if (ip_step(&descent) != PACKET_IP || !cursor_peek(&descent.cursor, QUOTE_BYTES))
		return;
	packet->has_inner = true;
	packet->inner_version = quoted.version;
	packet->inner_proto = quoted.proto;
	memcpy(packet->inner_src, quoted.src, sizeof quoted.src);
	memcpy(packet->inner_dst, quoted.dst, sizeof quoted.dst);
	packet->inner_ip_id = quoted.ip_id;
	packet->inner_ip_bytes = quoted.ip_bytes;
	packet->inner_sport = packet->inner_dport = 0;
	packet->inner_seq = 0;
	quote_read_transport(packet, &quoted, &descent.cursor);
}

/* RFC 792, RFC 4443. */
static enum packet_kind icmp_read(struct descent *descent)
{
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_take(&descent->cursor, ICMP_BYTES);

	if (!h)
		return cursor_short(&descent->cursor, ICMP_BYTES);
	packet->ack = cursor_be16(h);
	packet->seq = cursor_be32(h + 4);
	switch (icmp_class(packet)) {
	case ICMP_QUERY:
		packet->sport = packet->dport = cursor_be16(h + 4);
		break;
	case ICMP_ERROR:
		packet->marks |= PACKET_ICMP_ERROR;
		quote_read(packet, &descent->cursor);
		break;
	case ICMP_LINK:
		return PACKET_LINK_SCOPE;
	case ICMP_OTHER:
		break;
	}
	return PACKET_IP;
}

/* RFC 9260 section 3. */
static enum packet_kind sctp_read(struct descent *descent)
{
	/* Where in a chunk its TSN lies; 0 = it has none. */
	static const uint8_t tsn_at[256] = {
		[0] = 4,                /* DATA */
		[1] = 16,   [2] = 16,   /* INIT, INIT ACK: the initial one */
		[3] = 4,                /* SACK: the cumulative one */
		[7] = 4,                /* SHUTDOWN: the cumulative one */
		[64] = 4,               /* I-DATA */
		[192] = 4,  [194] = 4,  /* FORWARD TSN, I-FORWARD-TSN */
	};
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_take(&descent->cursor, SCTP_BYTES), *chunk;
	uint8_t at;

	if (!h)
		return cursor_short(&descent->cursor, SCTP_BYTES);
	packet->sport = cursor_be16(h);
	packet->dport = cursor_be16(h + 2);
	packet->ack = cursor_be32(h + 4);
	if (cursor_wire(&descent->cursor) < 4)
		return PACKET_IP;
	chunk = cursor_peek(&descent->cursor, 4);
	if (!chunk)
		return PACKET_CUT;
	packet->flags |= chunk[0];
	at = tsn_at[chunk[0]];
	if (at == 0 || cursor_wire(&descent->cursor) < at + 4u)
		return PACKET_IP;
	chunk = cursor_peek(&descent->cursor, at + 4u);
	if (!chunk)
		return PACKET_CUT;
	packet->seq = cursor_be32(chunk + at);
	return PACKET_IP;
}

/* RFC 4303. */
static enum packet_kind esp_read(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, ESP_BYTES);

	if (!h)
		return cursor_short(&descent->cursor, ESP_BYTES);
	descent->packet->ack = cursor_be32(h);
	descent->packet->seq = cursor_be32(h + 4);
	return PACKET_IP;
}

static descent_step *const steps[256] = {
	[IP_PROTO_TCP] = tcp_read,   [IP_PROTO_UDP] = udp_read,
	[IP_PROTO_ICMP] = icmp_read, [IP_PROTO_ICMPV6] = icmp_read,
	[IP_PROTO_SCTP] = sctp_read, [IP_PROTO_ESP] = esp_read,
};

enum packet_kind transport_step(struct descent *descent)
{
	struct packet *packet = descent->packet;
	struct cursor *cursor = &descent->cursor;
	enum packet_kind kind = PACKET_IP;
	uint32_t start = cursor->at;
	bool whole = cursor->captured_end == cursor->wire_end;

	if (packet->marks & PACKET_FRAGMENT_LATER) {
		packet->seq = packet->fragment_offset;
		packet->ack = packet->ip_id;
	} else if (steps[packet->proto]) {
		descent_note(descent, PLACE_TRANSPORT, packet->proto, cursor->bytes + start);
		kind = steps[packet->proto](descent);
	}
	if (kind != PACKET_IP && kind != PACKET_LINK_SCOPE)
		return kind;
	packet->payload_bytes = cursor_wire(cursor);
	packet->payload_captured = cursor_captured(cursor);
	packet->header_bytes = (uint16_t)(packet->ip_bytes - packet->payload_bytes);
	if (packet->payload_captured > 0)
		packet->payload = cursor_peek(cursor, 0);
	if (whole && !descent->rerouted && !(packet->marks & PACKET_FRAGMENT)) {
		packet->transport = cursor->bytes + start;
		packet->transport_bytes = cursor->wire_end - start;
	}
	return kind;
}
