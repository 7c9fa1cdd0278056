#include "collect/checksum.h"

/* Two 64-bit lanes; any SIMD unit has them, and compilers split them where there is none. */
typedef uint64_t lanes __attribute__((vector_size(16)));

#define LOW_HALVES ((lanes){0xffffffff, 0xffffffff})

/* 32-bit words into 64-bit lanes: no carry can be lost below 2^32 words. */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t n)
{
	lanes low = {0, 0}, high = {0, 0}, a, b;
	uint64_t word;

	for (; n >= 2 * sizeof(lanes); n -= 2 * sizeof(lanes), bytes += 2 * sizeof(lanes)) {
		memcpy(&a, bytes, sizeof a);
		memcpy(&b, bytes + sizeof a, sizeof b);
		low += (a & LOW_HALVES) + (b & LOW_HALVES);
		high += (a >> 32) + (b >> 32);
	}
	low += high;
	sum += (low[0] & 0xffffffff) + (low[0] >> 32) + (low[1] & 0xffffffff) + (low[1] >> 32);
	for (; n > 0; n -= n < 8 ? n : 8, bytes += 8) {
		word = 0;
		memcpy(&word, bytes, n < 8 ? n : 8);
		sum += (word & 0xffffffff) + (word >> 32);
		if (n < 8)
			break;
	}
	return sum;
}
