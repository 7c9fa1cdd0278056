/* The Internet checksum (RFC 1071), over bytes that were bounds-checked before.
 *
 * Sums are kept unfolded in 64 bits, in host byte order: RFC 1071 section 2(B)
 * lets the swap wait until the end, and a comparison with 0 needs none.
 */
#ifndef CROSSTAP_COLLECT_CHECKSUM_H
#define CROSSTAP_COLLECT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds n bytes to `sum`. Only the last block of a sum may be odd. */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t n);

/* Adds a number as its two big-endian 16-bit words. */
static inline uint64_t checksum_add_be32(uint64_t sum, uint32_t number)
{
	uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
			    (uint8_t)(number >> 8), (uint8_t)number};
	uint32_t word;

	memcpy(&word, bytes, sizeof word);
	return sum + word;
}

/* 16 bits, host order; 0xffff (never 0 unless all was 0) when the bytes hold their own checksum. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* For the 20 bytes of an IPv4 header without options, inline. */
static inline uint64_t checksum_add_20(const uint8_t *bytes)
{
	uint64_t sum = 0;
	uint32_t word;

	for (size_t i = 0; i < 20; i += 4) {
		memcpy(&word, bytes + i, sizeof word);
		sum += word;
	}
	return sum;
}

#endif
