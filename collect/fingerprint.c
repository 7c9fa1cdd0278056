#include "collect/fingerprint.h"

#include <endian.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/ip.h"

#define FLAGS_KEPT (PACKET_TCP_FIN | PACKET_TCP_SYN | PACKET_TCP_RST | PACKET_TCP_ACK)
#define SCTP_CHUNK_MASK 0xff
#define ICMP_SEQUENCE_MASK 0xffff

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

/* Which of the columns count, by protocol. */
static inline void key_fill(uint8_t *key, uint8_t proto, uint16_t marks, uint16_t flags,
			    uint32_t seq, uint32_t ack, uint32_t payload_bytes)
{
	uint32_t class = KEY_PACKET;

	if (proto == IP_PROTO_TCP && !(marks & PACKET_FRAGMENT_LATER)) {
		flags &= FLAGS_KEPT;
		/* Without the flag the field means nothing, and some boxes clear it. */
		if (!(flags & PACKET_TCP_ACK))
			ack = 0;
	} else if (marks & PACKET_FRAGMENT_LATER) {
		class = KEY_FRAGMENT_LATER;
		flags = 0;
	} else if (proto == IP_PROTO_SCTP) {
		flags &= SCTP_CHUNK_MASK;
	} else {
		flags = 0;
		if (proto == IP_PROTO_ICMP || proto == IP_PROTO_ICMPV6)
			seq &= ICMP_SEQUENCE_MASK;
		if (proto == IP_PROTO_ESP)
			payload_bytes = 0;
	}
	key_put(key, proto | (uint32_t)flags << 8 | class << 24, seq);
	key_put(key + 8, ack, payload_bytes);
}

uint64_t fingerprint_header(uint8_t proto, uint16_t marks, uint16_t flags, uint32_t seq,
			    uint32_t ack, uint32_t payload_bytes, uint64_t seed)
{
	uint8_t key[KEY_BYTES];

	key_fill(key, proto, marks, flags, seq, ack, payload_bytes);
	return key_hash(key, KEY_BYTES, seed);
}

/* An ICMP error by what it quotes; nothing of that is rewritten on the way back through NAT. */
static uint64_t icmp_error_hash(const struct packet *packet, uint64_t seed)
{
	uint8_t key[KEY_PREFIX_BYTES] = {0};

	key_put(key, packet->proto | (uint32_t)KEY_ICMP_ERROR << 24, packet->ack);
	key_put(key + 8, packet->inner_proto, packet->inner_ip_id);
	key_put(key + 16, packet->inner_ip_bytes, packet->inner_seq);
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

uint32_t fingerprint_digest(const struct packet *packet, uint64_t seed)
{
	uint32_t bytes = packet->payload_bytes, there = packet->payload_captured;
	uint32_t step_1 = bytes < FINGERPRINT_STEP_1 ? bytes : FINGERPRINT_STEP_1;
	uint32_t step_2 = bytes < FINGERPRINT_STEP_2 ? bytes : FINGERPRINT_STEP_2;
	uint64_t options = digest_options(packet, seed), hash;
	uint32_t digest;

	if (packet->marks & PACKET_ICMP_ERROR)
		return 0;
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
