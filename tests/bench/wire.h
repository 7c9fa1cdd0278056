/* The bytes of a benchmark frame: Ethernet, IP, TCP or UDP or ICMP echo, with
 * valid checksums over the whole payload even where only its start is kept.
 *
 * Payload is a head (the bytes that carry meaning) and then filler: a window
 * on one random block whose running sums are known, so that the checksum of
 * any stretch of it costs two look-ups. The functions are in headers because
 * the Makefile makes one program of every .c in this folder.
 */
#ifndef CROSSTAP_TESTS_BENCH_WIRE_H
#define CROSSTAP_TESTS_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIRE_HEAD_MAX    128  /* payload bytes that are not filler */
#define WIRE_PAYLOAD_MAX 1460
#define WIRE_FRAME_MAX   (14 + 40 + 60 + WIRE_PAYLOAD_MAX)
#define WIRE_FILLER      65536 /* a power of two */

enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_PSH = 8, WIRE_ACK = 16 };
enum { WIRE_ICMP = 1, WIRE_TCP = 6, WIRE_UDP = 17, WIRE_ICMP6 = 58 };

struct filler {
	uint8_t bytes[WIRE_FILLER + WIRE_PAYLOAD_MAX + 2];
	/* sums[i + 2] = sums[i] + the 16-bit word at i: one chain for even
	 * starts and one for odd ones. It wraps; only differences are used. */
	uint32_t sums[WIRE_FILLER + WIRE_PAYLOAD_MAX + 2];
};

/* All that a frame says, in host byte order but for the addresses. */
struct wire {
	uint8_t version;          /* 4 or 6 */
	uint8_t proto;            /* WIRE_TCP... */
	uint8_t ttl;
	uint8_t flags;            /* TCP; for ICMP the type */
	bool timestamps;          /* the TCP option is there */
	const uint8_t *macs;      /* 12 bytes, destination first */
	const uint8_t *src, *dst; /* 4 or 16 bytes */
	uint16_t sport, dport;    /* ICMP: sport is the identifier */
	uint16_t ip_id;
	uint16_t window;
	uint16_t mss;             /* for a SYN */
	uint32_t seq, ack;        /* ICMP: the sequence number in seq */
	uint32_t tsval, tsecr;
	uint32_t sack_from, sack_to; /* no block when equal */
	uint32_t payload_bytes;
	uint32_t filler_at;       /* where in the filler payload byte 0 would be */
	uint32_t head_bytes;
	uint8_t head[WIRE_HEAD_MAX + 1];
};

static inline void wire_put16(uint8_t *at, uint16_t value)
{
	value = __builtin_bswap16(value);
	memcpy(at, &value, sizeof value);
}

static inline void wire_put32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, sizeof value);
}

static inline void filler_init(struct filler *filler, uint64_t (*draw)(uint64_t *), uint64_t *seed)
{
	for (size_t i = 0; i < sizeof filler->bytes; i++)
		filler->bytes[i] = i < WIRE_FILLER ? (uint8_t)draw(seed)
						   : filler->bytes[i - WIRE_FILLER];
	filler->sums[0] = filler->sums[1] = 0;
	for (size_t i = 0; i + 2 < sizeof filler->bytes; i++)
		filler->sums[i + 2] = filler->sums[i] +
				      (uint32_t)(filler->bytes[i] << 8 | filler->bytes[i + 1]);
}

static inline uint16_t wire_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The ones' complement sum does not mind the byte order (RFC 1071 section 2 B),
 * so it is taken in the machine's words and swapped at the end. */
static inline uint32_t wire_sum(const uint8_t *bytes, size_t count)
{
	uint64_t sum = 0;
	uint32_t word;

	for (; count >= 4; bytes += 4, count -= 4) {
		memcpy(&word, bytes, 4);
		sum += word;
	}
	word = 0;
	memcpy(&word, bytes, count);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(wire_fold(sum + word));
#else
	return wire_fold(sum + word);
#endif
}

static inline uint32_t filler_sum(const struct filler *filler, uint32_t at, uint32_t count)
{
	const uint32_t *sums = filler->sums + (at & (WIRE_FILLER - 1));
	uint32_t even = count & ~1u, sum = wire_fold(sums[even] - sums[0]);

	if (count & 1)
		sum += (uint32_t)filler->bytes[(at & (WIRE_FILLER - 1)) + even] << 8;
	return sum;
}

/* Bytes of `wire` that are laid out one by one: the head, made even so that
 * the filler behind it starts a 16-bit word. */
static inline uint32_t wire_staged(const struct filler *filler, struct wire *wire)
{
	uint32_t staged = wire->head_bytes;

	if (staged & 1) {
		wire->head[staged] =
			filler->bytes[(wire->filler_at + staged) & (WIRE_FILLER - 1)];
		staged++;
	}
	return staged < wire->payload_bytes ? staged : wire->payload_bytes;
}

static inline uint8_t *wire_tcp_options(uint8_t *at, const struct wire *wire)
{
	if (wire->flags & WIRE_SYN) {
		wire_put32(at, 0x02040000u | wire->mss);
		wire_put32(at + 4, 0x0402080a); /* SACK permitted, timestamps */
		wire_put32(at + 8, wire->tsval);
		wire_put32(at + 12, wire->tsecr);
		wire_put32(at + 16, 0x01030307); /* window scale 7 */
		return at + 20;
	}
	if (wire->timestamps) {
		wire_put32(at, 0x0101080a);
		wire_put32(at + 4, wire->tsval);
		wire_put32(at + 8, wire->tsecr);
		at += 12;
	}
	if (wire->sack_from != wire->sack_to) {
		wire_put32(at, 0x0101050a);
		wire_put32(at + 4, wire->sack_from);
		wire_put32(at + 8, wire->sack_to);
		at += 12;
	}
	return at;
}

/* Writes the transport header and says where its checksum belongs. */
static inline uint8_t *wire_transport(uint8_t *at, const struct wire *wire, uint8_t **checksum)
{
	uint8_t *end = at + 8;

	wire_put16(at, wire->sport);
	wire_put16(at + 2, wire->dport);
	if (wire->proto == WIRE_TCP) {
		wire_put32(at + 4, wire->seq);
		wire_put32(at + 8, wire->ack);
		end = wire_tcp_options(at + 20, wire);
		at[12] = (uint8_t)((end - at) << 2);
		at[13] = wire->flags;
		wire_put16(at + 14, wire->window);
		wire_put16(at + 18, 0);
		*checksum = at + 16;
	} else if (wire->proto == WIRE_UDP) {
		wire_put16(at + 4, (uint16_t)(8 + wire->payload_bytes));
		*checksum = at + 6;
	} else {
		wire_put16(at, (uint16_t)(wire->flags << 8));
		wire_put16(at + 4, wire->sport);
		wire_put16(at + 6, (uint16_t)wire->seq);
		*checksum = at + 2;
	}
	wire_put16(*checksum, 0);
	return end;
}

static inline uint8_t *wire_ip(uint8_t *at, const struct wire *wire, size_t body_bytes)
{
	if (wire->version == 6) {
		wire_put32(at, 0x60000000);
		wire_put16(at + 4, (uint16_t)body_bytes);
		at[6] = wire->proto;
		at[7] = wire->ttl;
		memcpy(at + 8, wire->src, 16);
		memcpy(at + 24, wire->dst, 16);
		return at + 40;
	}
	wire_put16(at, 0x4500);
	wire_put16(at + 2, (uint16_t)(20 + body_bytes));
	wire_put16(at + 4, wire->ip_id);
	wire_put16(at + 6, wire->proto == WIRE_TCP ? 0x4000 : 0); /* don't fragment */
	at[8] = wire->ttl;
	at[9] = wire->proto;
	wire_put16(at + 10, 0);
	memcpy(at + 12, wire->src, 4);
	memcpy(at + 16, wire->dst, 4);
	wire_put16(at + 10, (uint16_t)~wire_fold(wire_sum(at, 20)));
	return at + 20;
}

/* Lays the frame out at `out`, which has room for WIRE_FRAME_MAX bytes, but
 * payload only as far as `keep` bytes of frame reach. Returns the length that
 * the frame has on the wire. */
static inline uint32_t wire_build(uint8_t *out, const struct filler *filler, struct wire *wire,
				  uint32_t keep)
{
	uint8_t *ip = out + 14, *body = ip + (wire->version == 6 ? 40 : 20), *checksum;
	uint8_t *payload = wire_transport(body, wire, &checksum);
	uint32_t header_bytes = (uint32_t)(payload - out), kept = wire->payload_bytes;
	uint32_t staged = wire_staged(filler, wire), addresses = wire->version == 6 ? 32 : 8;
	uint32_t body_bytes = (uint32_t)(payload - body) + wire->payload_bytes;
	uint32_t from = wire->filler_at + staged;
	uint64_t sum;

	memcpy(out, wire->macs, 12);
	wire_put16(out + 12, wire->version == 6 ? 0x86dd : 0x0800);
	wire_ip(ip, wire, body_bytes);

	sum = wire_sum(body, (size_t)(payload - body)) + wire_sum(wire->head, staged) +
	      filler_sum(filler, from, wire->payload_bytes - staged);
	if (wire->proto != WIRE_ICMP) /* the pseudo header of RFC 9293 3.1, RFC 8200 8.1 */
		sum += wire_sum(body - addresses, addresses) + wire->proto + body_bytes;
	sum = (uint16_t)~wire_fold(sum);
	wire_put16(checksum, (uint16_t)(sum || wire->proto != WIRE_UDP ? sum : 0xffff));

	if (header_bytes + kept > keep)
		kept = keep > header_bytes ? keep - header_bytes : 0;
	memcpy(payload, wire->head, staged < kept ? staged : kept);
	if (kept > staged)
		memcpy(payload + staged, filler->bytes + (from & (WIRE_FILLER - 1)), kept - staged);
	return header_bytes + wire->payload_bytes;
}

#endif
