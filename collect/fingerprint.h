/* Fingerprints: what a packet keeps on its way, hashed.
 *
 * XXH3 (64 bit) seeded per store, because captures are bytes that an attacker
 * chose; two sites that compare stores must share the seed. The fingerprint
 * holds what routers, NAT and load balancers leave alone and nothing else:
 *
 *   never   link layer, addresses, ports, TTL, TOS, checksums, DF, IP ID, IP
 *           options, flow label, TCP window, options and PSH, caplen
 *   TCP     protocol, FIN|SYN|RST|ACK, seq, ack (where the ACK flag is set), payload length
 *   UDP     protocol, payload length, payload prefix
 *   ICMP    type, code, (not the identifier, NAT rewrites it) sequence, payload prefix;
 *           errors by the inner packet's protocol, length behind the IP header and sequence.
 *           ICMP and ICMPv6 are one where RFC 7915 translates them into each other
 *   SCTP    verification tag, first chunk's type and TSN, length
 *   ESP     SPI and sequence
 *   else    protocol, length, payload prefix
 *   later fragments   protocol, IP ID (16 bits of it), offset, length, payload prefix
 *
 * Lengths come from the IP header. A first fragment counts as a packet of the
 * fragment's length.
 *
 * The prefix is FINGERPRINT_PREFIX bytes, or the payload where that is
 * shorter. Where a capture's snaplen left fewer (of an ICMP error: too little
 * of the inner packet) the record is marked PACKET_SHORT_PREFIX and the prefix is left out.
 *
 * The same packet has the same fingerprint on every machine.
 */
#ifndef CROSSTAP_COLLECT_FINGERPRINT_H
#define CROSSTAP_COLLECT_FINGERPRINT_H

#include <stdint.h>

#include "collect/packet.h"

#define FINGERPRINT_PREFIX 16
#define FINGERPRINT_STEP_1 48   /* payload bytes under the digest's low half */
#define FINGERPRINT_STEP_2 128  /* payload bytes under the digest's high half */

/* The fingerprint of a packet of kind PACKET_IP. Sets PACKET_SHORT_PREFIX in
 * packet->marks where it applies. Never 0. */
uint64_t fingerprint_packet(struct packet *packet, uint64_t seed);

/* The fingerprint without any payload, from columns that a record keeps: what
 * remains comparable when a snaplen cut even the prefix. It equals what
 * fingerprint_packet() gives for a packet with PACKET_SHORT_PREFIX, without
 * payload, or of a protocol whose fingerprint has no prefix (TCP, SCTP, ESP).
 * Arguments as in struct packet; of `marks` only PACKET_FRAGMENT_LATER
 * counts. Never 0. */
uint64_t fingerprint_header(uint8_t proto, uint16_t marks, uint16_t flags, uint32_t seq,
			    uint32_t ack, uint32_t payload_bytes, uint64_t seed);

/* The same of many TCP packets that are no later fragments; those that are not 0 stay. */
void fingerprint_rows(const uint16_t *flags, const uint32_t *seq, const uint32_t *ack,
		      const uint32_t *payload_bytes, uint32_t rows, uint64_t seed, uint64_t *fp);

/* Whether fingerprint_header() of a record's columns gives it, so that it need not be kept. */
static inline int fingerprint_follows(const struct packet *packet)
{
	return packet->proto == 6 && !(packet->marks & PACKET_FRAGMENT_LATER);
}

/* Two 16-bit digests of the payload's first FINGERPRINT_STEP_1 (low half) and
 * FINGERPRINT_STEP_2 (high half) bytes, each 0 when that many were not captured
 * although the packet has more; never 0 otherwise. A payload shorter than the step is digested
 * whole, and nothing but payload is: equal payloads of two connections have equal digests.
 * Of a TCP packet without payload the SACK blocks and the echoed timestamp are digested. No
 * payload and none of those: both digests are 1. Of ICMP errors, whose quoted packet NAT
 * rewrites, both are of its IP ID where it is IPv4; else 0. */
uint32_t fingerprint_digest(const struct packet *packet, uint64_t seed);

/* What a TCP packet with payload says in its SACK blocks and echoed timestamp, as a small number; 0: nothing, or
 * it has no payload, and its digest says it. It tells a segment from its retransmission where both
 * were sent in one tick of the clock. */
static inline uint8_t fingerprint_echo(const struct packet *packet)
{
	uint8_t echo = (uint8_t)((packet->tsecr + packet->sack) * 2654435761u >> 24);

	if (packet->proto != 6 || !packet->payload_bytes || (!packet->tsecr && !packet->sack))
		return 0;
	return echo ? echo : 1;
}

/* Whether two digests contradict each other (a half that is 0 says nothing). */
static inline int fingerprint_digests_differ(uint32_t a, uint32_t b)
{
	return ((a & 0xffff) && (b & 0xffff) && (a & 0xffff) != (b & 0xffff)) ||
	       ((a >> 16) && (b >> 16) && (a >> 16) != (b >> 16));
}

#endif
