#include "collect/usual.h"

#include <string.h>

#include "collect/checksum.h"
#include "collect/ip.h"
#include "collect/tunnel.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define TIMESTAMPS_BYTES 12 /* aligned by RFC 7323 appendix A */
#define UDP_BYTES 8

static const uint8_t timestamps[4] = {1, 1, 8, 10}; /* two no-operations, kind, length */

/* A usual packet while it is looked at. */
struct usual {
	const uint8_t *ip, *transport;
	uint32_t ip_bytes, captured_bytes; /* from the IP header on, padding left out */
	uint32_t ip_header_bytes, header_bytes;
	uint8_t proto;
};

/* The transport header's bytes with its options, or 0 where it is not usual. */
static inline uint32_t tcp_bytes(const struct usual *u, uint32_t wire, uint32_t captured)
{
	uint32_t bytes;

	if (captured < TCP_BYTES)
		return 0;
	bytes = (u->transport[12] >> 4) * 4u;
	if (bytes == TCP_BYTES)
		return bytes;
	return bytes == TCP_BYTES + TIMESTAMPS_BYTES && bytes <= wire && bytes <= captured &&
			       memcmp(u->transport + TCP_BYTES, timestamps, sizeof timestamps) == 0 ?
		       bytes :
		       0;
}

static inline uint32_t udp_bytes(const struct usual *u, uint32_t wire, uint32_t captured)
{
	uint16_t bytes;

	if (captured < UDP_BYTES)
		return 0;
	bytes = cursor_be16(u->transport + 4);
	return bytes >= UDP_BYTES && bytes <= wire &&
			       !tunnel_find(TUNNEL_BY_PORT, cursor_be16(u->transport + 2)) ?
		       UDP_BYTES :
		       0;
}

/* The rest of *u, where ip, ip_header_bytes, ip_bytes and proto are known. */
static inline bool usual_measure(struct usual *u, const struct cursor *cursor)
{
	uint32_t wire, captured = cursor_captured(cursor), bytes;

	if (u->ip_bytes < u->ip_header_bytes || u->ip_bytes > cursor_wire(cursor) ||
	    u->ip_bytes > PACKET_AGGREGATED_BYTES)
		return false;
	u->captured_bytes = captured < u->ip_bytes ? captured : u->ip_bytes;
	u->transport = u->ip + u->ip_header_bytes;
	wire = u->ip_bytes - u->ip_header_bytes;
	captured = u->captured_bytes - u->ip_header_bytes;
	if (u->proto == IP_PROTO_TCP)
		bytes = tcp_bytes(u, wire, captured);
	else if (u->proto == IP_PROTO_UDP)
		bytes = udp_bytes(u, wire, captured);
	else
		return false;
	u->header_bytes = u->ip_header_bytes + bytes;
	return bytes != 0;
}

static inline void tcp_fill(struct packet *packet, const uint8_t *h, uint32_t bytes)
{
	packet->seq = cursor_be32(h + 4);
	packet->ack = cursor_be32(h + 8);
	packet->flags |= cursor_be16(h + 12) & 0x1ff;
	packet->window = cursor_be16(h + 14);
	packet->urgent = packet->flags & PACKET_TCP_URG ? cursor_be16(h + 18) : 0;
	if (bytes == TCP_BYTES)
		return;
	packet->options_bytes = TIMESTAMPS_BYTES;
	memcpy(packet->options, timestamps, sizeof timestamps);
	memset(packet->options + sizeof timestamps, 0, TIMESTAMPS_BYTES - sizeof timestamps);
	packet->has_timestamps = true;
	packet->tsval = cursor_be32(h + TCP_BYTES + 4);
	packet->tsecr = cursor_be32(h + TCP_BYTES + 8);
}

/* All but what differs between the two IP headers. */
static inline void usual_fill(struct descent *descent, const struct usual *u)
{
	struct packet *packet = descent->packet;
	bool whole = u->captured_bytes == u->ip_bytes;
	const uint8_t *h = u->transport;

	packet->proto = u->proto;
	packet->ip_bytes = u->ip_bytes;
	packet->header_bytes = (uint16_t)u->header_bytes;
	packet->sport = cursor_be16(h);
	packet->dport = cursor_be16(h + 2);
	if (u->proto == IP_PROTO_TCP)
		tcp_fill(packet, h, u->header_bytes - u->ip_header_bytes);
	else if (cursor_be16(h + 6) == 0)
		packet->marks |= PACKET_ZERO_UDP_CHECKSUM;
	packet->payload_bytes = u->ip_bytes - u->header_bytes;
	packet->payload_captured = u->captured_bytes - u->header_bytes;
	packet->payload = packet->payload_captured ? u->ip + u->header_bytes : NULL;
	packet->transport = whole ? h : NULL;
	packet->transport_bytes = whole ? u->ip_bytes - u->ip_header_bytes : 0;
	descent->cursor.at += u->header_bytes;
}

static bool usual_ipv4(struct descent *descent)
{
	enum { DONT_FRAGMENT = 0x4000, FRAGMENT = 0x3fff };
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_peek(&descent->cursor, IPV4_BYTES);
	struct usual u = {.ip = h, .ip_header_bytes = IPV4_BYTES};
	uint16_t fragment;

	if (!h || h[0] != (4 << 4 | IPV4_BYTES / 4))
		return false;
	fragment = cursor_be16(h + 6);
	u.ip_bytes = cursor_be16(h + 2);
	u.proto = h[9];
	if (fragment & FRAGMENT || !usual_measure(&u, &descent->cursor))
		return false;
	packet->version = 4;
	packet->tos = h[1];
	packet->ip_id = cursor_be16(h + 4);
	packet->flags = fragment & DONT_FRAGMENT ? PACKET_IP_DF : 0;
	packet->ttl = h[8];
	memcpy(packet->src, h + 12, 4);
	memcpy(packet->dst, h + 16, 4);
	if (checksum_fold(checksum_add_20(h)) != 0xffff)
		packet->marks |= PACKET_BAD_IP_CHECKSUM;
	usual_fill(descent, &u);
	return true;
}

static bool usual_ipv6(struct descent *descent)
{
	struct packet *packet = descent->packet;
	const uint8_t *h = cursor_peek(&descent->cursor, IPV6_BYTES);
	struct usual u = {.ip = h, .ip_header_bytes = IPV6_BYTES};

	if (!h || h[0] >> 4 != 6)
		return false;
	/* Length 0, which may stand for another, leaves no room for the transport header. */
	u.ip_bytes = IPV6_BYTES + cursor_be16(h + 4);
	u.proto = h[6];
	if (!usual_measure(&u, &descent->cursor))
		return false;
	packet->version = 6;
	packet->tos = (uint8_t)(cursor_be16(h) >> 4);
	packet->flow_label = cursor_be32(h) & 0xfffff;
	packet->ttl = h[7];
	memcpy(packet->src, h + 8, 16);
	memcpy(packet->dst, h + 24, 16);
	usual_fill(descent, &u);
	return true;
}

bool usual_read(struct descent *descent)
{
	return descent->next == ETHERTYPE_IPV4 ? usual_ipv4(descent) : usual_ipv6(descent);
}
