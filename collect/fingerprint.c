#include "collect/fingerprint.h"

#include <endian.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/ip.h"

#define FLAGS_KEPT (PACKET_TCP_FIN | PACKET_TCP_SYN | PACKET_TCP_RST | PACKET_TCP_ACK)
#define SCTP_CHUNK_MASK 0xff
#define ICMP_SEQUENCE_MASK 0xffff
#define FRAGMENT_ID_MASK 0xffff /* what IPv4 has of it: RFC 7915 sections 4.1 and 5.1 */

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define KEY_BYTES 16 /* four words: class, flags and protocol; seq; ack; payload length */
#define KEY_PREFIX_BYTES (KEY_BYTES + FINGERPRINT_PREFIX)

/* What a key's words mean, so that a fragment never equals a whole packet by chance. */
enum key_class { KEY_PACKET = 0, KEY_FRAGMENT_LATER = 1, KEY_ICMP_ERROR = 2 };

/* Two words, little-endian, so that stores of different machines compare; written
 * at once, as the hash reads them. */
static inline void key_put(uint8_t *at, uint32_t low, uint32_t high)
{
	uint64_t words = htole64((uint64_t)high << 32 | low);

	memcpy(at, &words, sizeof words);
}

static inline uint64_t key_hash(const uint8_t *key, size_t bytes, uint64_t seed)
{
	uint64_t hash = XXH3_64bits_withSeed(key, bytes, seed);

	return hash ? hash : 1;
}

/* What a translator between IPv4 and IPv6 makes of ICMP (RFC 7915 sections 4.2 and 5.2): ICMP's
 * types and codes on the left, ICMPv6's on the right. Where one side has finer codes than the
 * other, they are one here. */
static const struct {
	uint16_t icmp, icmpv6; /* type << 8 | code */
} icmp_rows[] = {
	{8 << 8, 128 << 8},     {0 << 8, 129 << 8},                             /* echo */
	{3 << 8 | 1, 1 << 8},   {3 << 8 | 0, 1 << 8},   {3 << 8 | 5, 1 << 8},   /* no route, host */
	{3 << 8 | 6, 1 << 8},   {3 << 8 | 7, 1 << 8},   {3 << 8 | 8, 1 << 8},
	{3 << 8 | 11, 1 << 8},  {3 << 8 | 12, 1 << 8},
	{3 << 8 | 10, 1 << 8 | 1}, {3 << 8 | 9, 1 << 8 | 1},                    /* prohibited */
	{3 << 8 | 13, 1 << 8 | 1}, {3 << 8 | 15, 1 << 8 | 1},
	{3 << 8 | 3, 1 << 8 | 4},                                               /* port */
	{3 << 8 | 4, 2 << 8},                                                   /* too big */
	{3 << 8 | 2, 4 << 8 | 1},                                               /* protocol */
	{11 << 8 | 0, 3 << 8 | 0}, {11 << 8 | 1, 3 << 8 | 1},                   /* time exceeded */
	{12 << 8 | 0, 4 << 8},  {12 << 8 | 2, 4 << 8},                          /* parameter problem */
};
#define ICMP_ROWS (sizeof icmp_rows / sizeof *icmp_rows)

/* Addresses beyond scope and addresses that are unreachable become what "no route" becomes. */
#define ICMPV6_BEYOND_SCOPE (1 << 8 | 2)
#define ICMPV6_ADDRESS (1 << 8 | 3)

/* As ICMPv6 says it, where a translator would let it say so; else as it is. */
static void icmp_version_free(uint32_t *proto, uint32_t *type_code)
{
	if (*proto == IP_PROTO_ICMPV6) {
		if (*type_code == ICMPV6_BEYOND_SCOPE || *type_code == ICMPV6_ADDRESS)
			*type_code = 1 << 8;
		return;
	}
	for (size_t i = 0; i < ICMP_ROWS; i++) {
		if (icmp_rows[i].icmp != *type_code)
			continue;
		*proto = IP_PROTO_ICMPV6;
		*type_code = icmp_rows[i].icmpv6;
		return;
	}
}

/* Which of the columns count, by protocol. */
static inline void key_fill(uint8_t *key, uint8_t proto, uint16_t marks, uint16_t flags,
			    uint32_t seq, uint32_t ack, uint32_t payload_bytes)
{
	uint32_t class = KEY_PACKET, named = proto;

	if (proto == IP_PROTO_TCP && !(marks & PACKET_FRAGMENT_LATER)) {
		flags &= FLAGS_KEPT;
		/* Without the flag the field means nothing, and some boxes clear it. */
		if (!(flags & PACKET_TCP_ACK))
			ack = 0;
	} else if (marks & PACKET_FRAGMENT_LATER) {
		class = KEY_FRAGMENT_LATER;
		flags = 0;
		ack &= FRAGMENT_ID_MASK;
		if (proto == IP_PROTO_ICMP)
			named = IP_PROTO_ICMPV6;
	} else if (proto == IP_PROTO_SCTP) {
		flags &= SCTP_CHUNK_MASK;
	} else {
		flags = 0;
		if (proto == IP_PROTO_ICMP || proto == IP_PROTO_ICMPV6) {
			seq &= ICMP_SEQUENCE_MASK;
			icmp_version_free(&named, &ack);
		}
		if (proto == IP_PROTO_ESP)
			payload_bytes = 0;
	}
	key_put(key, named | (uint32_t)flags << 8 | class << 24, seq);
	key_put(key + 8, ack, payload_bytes);
}

uint64_t fingerprint_header(uint8_t proto, uint16_t marks, uint16_t flags, uint32_t seq,
			    uint32_t ack, uint32_t payload_bytes, uint64_t seed)
{
	uint8_t key[KEY_BYTES];

	key_fill(key, proto, marks, flags, seq, ack, payload_bytes);
	return key_hash(key, KEY_BYTES, seed);
}

void fingerprint_rows(const uint16_t *flags, const uint32_t *seq, const uint32_t *ack,
		      const uint32_t *payload_bytes, uint32_t rows, uint64_t seed, uint64_t *fp)
{
	uint8_t key[KEY_BYTES];
	uint32_t i;

	for (i = 0; i < rows; i++) {
		if (fp[i])
			continue;
		key_fill(key, IP_PROTO_TCP, 0, flags[i], seq[i], ack[i], payload_bytes[i]);
		fp[i] = key_hash(key, KEY_BYTES, seed);
	}
}

/* An ICMP error by what it quotes; nothing of that is rewritten on the way back through NAT,
 * nor, but for the IP header, by a translator to the other version of IP. */
static uint64_t icmp_error_hash(const struct packet *packet, uint64_t seed)
{
	uint32_t proto = packet->proto, type_code = packet->ack, inner = packet->inner_proto;
	uint32_t header_bytes = packet->inner_version == 6 ? IPV6_BYTES : IPV4_BYTES;
	uint8_t key[KEY_PREFIX_BYTES] = {0};

	icmp_version_free(&proto, &type_code);
	if (inner == IP_PROTO_ICMP)
		inner = IP_PROTO_ICMPV6;
	key_put(key, proto | (uint32_t)KEY_ICMP_ERROR << 24, type_code);
	key_put(key + 8, inner, packet->inner_ip_bytes - header_bytes);
	key_put(key + 16, packet->inner_seq, 0);
	return key_hash(key, sizeof key, seed);
}

static bool has_prefix(const struct packet *packet)
{
	/* The protocol first: whether there is payload nobody can foretell. */
	if (packet->proto == IP_PROTO_TCP || packet->proto == IP_PROTO_SCTP ||
	    packet->proto == IP_PROTO_ESP)
		return packet->marks & PACKET_FRAGMENT_LATER && packet->payload_bytes;
	return packet->payload_bytes != 0;
}

uint64_t fingerprint_packet(struct packet *packet, uint64_t seed)
{
	uint8_t key[KEY_PREFIX_BYTES];
	uint32_t prefix;

	key_fill(key, packet->proto, packet->marks, packet->flags, packet->seq, packet->ack,
		 packet->payload_bytes);
	if (!has_prefix(packet))
		return key_hash(key, KEY_BYTES, seed);
	prefix = packet->payload_bytes < FINGERPRINT_PREFIX ? packet->payload_bytes :
							      FINGERPRINT_PREFIX;
	if (packet->marks & PACKET_ICMP_ERROR) {
		if (packet->has_inner)
			return icmp_error_hash(packet, seed);
		prefix = UINT32_MAX;
	}
	if (packet->payload_captured < prefix) {
		packet->marks |= PACKET_SHORT_PREFIX;
		return key_hash(key, KEY_BYTES, seed);
	}
	memset(key + KEY_BYTES, 0, FINGERPRINT_PREFIX);
	memcpy(key + KEY_BYTES, packet->payload, prefix);
	return key_hash(key, KEY_PREFIX_BYTES, seed);
}

/* 1 to 65535, evenly. */
static inline uint32_t digest_narrow(uint32_t half)
{
	return (uint32_t)(((uint64_t)half * UINT16_MAX) >> 32) + 1;
}

/* What a TCP packet without payload says in its SACK blocks and echoed timestamp tells repeated
 * acknowledgments from each other. A payload speaks for itself, whatever connection bears it:
 * the two legs of a proxy have the same bytes and other options. */
static uint64_t digest_options(const struct packet *packet, uint64_t seed)
{
	uint32_t says[2] = {packet->sack, packet->tsecr};

	if (packet->proto != IP_PROTO_TCP || packet->payload_bytes || (!says[0] && !says[1]))
		return 0;
	return XXH3_64bits_withSeed(says, sizeof says, seed);
}

/* The IP ID of the packet that an ICMP error quotes tells one error from the next; IPv6
 * has none. */
static uint32_t digest_quoted(const struct packet *packet, uint64_t seed)
{
	uint32_t id = htole32(packet->inner_ip_id), narrow;

	if (!packet->has_inner || packet->inner_version != 4)
		return 0;
	narrow = digest_narrow((uint32_t)XXH3_64bits_withSeed(&id, sizeof id, seed));
	return narrow | narrow << 16;
}

uint32_t fingerprint_digest(const struct packet *packet, uint64_t seed)
{
	uint32_t bytes = packet->payload_bytes, there = packet->payload_captured;
	uint32_t step_1 = bytes < FINGERPRINT_STEP_1 ? bytes : FINGERPRINT_STEP_1;
	uint32_t step_2 = bytes < FINGERPRINT_STEP_2 ? bytes : FINGERPRINT_STEP_2;
	uint64_t options = digest_options(packet, seed), hash;
	uint32_t digest;

	if (packet->marks & PACKET_ICMP_ERROR)
		return digest_quoted(packet, seed);
	if (bytes == 0 && !options)
		return 1u << 16 | 1;
	if (there < step_1)
		return 0;
	hash = options ^ (step_1 ? XXH3_64bits_withSeed(packet->payload, step_1, seed) : 0);
	digest = digest_narrow((uint32_t)hash);
	if (there < step_2)
		return digest;
	if (step_2 > step_1)
		hash = options ^ XXH3_64bits_withSeed(packet->payload, step_2, seed);
	return digest | digest_narrow((uint32_t)(hash >> 32)) << 16;
}
