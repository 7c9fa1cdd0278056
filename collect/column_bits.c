#include "collect/column_bits.h"

/* The loops below go in steps of a constant number of values: so even -O2
 * vectorizes them (its cost model refuses loops of unknown length). */
#define COLUMN_STEP 64

/* ---- packing ---- */

/* Differences modulo the narrow type are what the low bytes of the true ones are. */
#define STORE_BYTES(out_type, in_type)                                                             \
	do {                                                                                       \
		out_type d[COLUMN_STEP];                                                           \
		for (; rows >= COLUMN_STEP; rows -= COLUMN_STEP) {                                 \
			for (k = 0; k < COLUMN_STEP; k++)                                          \
				d[k] = (out_type)((out_type)v[k] - (out_type)base);                \
			memcpy(data, d, sizeof d);                                                 \
			data += sizeof d;                                                          \
			v += COLUMN_STEP;                                                          \
		}                                                                                  \
		for (k = 0; k < rows; k++) {                                                       \
			d[0] = (out_type)((out_type)v[k] - (out_type)base);                        \
			memcpy(data + k * sizeof d[0], d, sizeof d[0]);                            \
		}                                                                                  \
	} while (0)

/* As many at once as 56 bits take: each step waits for the one before. */
#define STORE_BITS(in_type)                                                                        \
	do {                                                                                       \
		struct column_bits out = {data, 0, 0};                                             \
		k = 0;                                                                             \
		if (bits <= COLUMN_BITS_MOST / 4)                                                  \
			for (; k + 4 <= rows; k += 4)                                              \
				column_bits_put(&out,                                              \
						DIFF(k) | DIFF(k + 1) << bits |                    \
							DIFF(k + 2) << 2 * bits |                  \
							DIFF(k + 3) << 3 * bits,                   \
						4 * bits);                                         \
		else if (bits <= COLUMN_BITS_MOST / 2)                                             \
			for (; k + 2 <= rows; k += 2)                                              \
				column_bits_put(&out, DIFF(k) | DIFF(k + 1) << bits, 2 * bits);    \
		for (; k < rows; k++)                                                              \
			column_bits_put(&out, DIFF(k), bits);                                      \
	} while (0)
#define DIFF(k) ((uint64_t)v[k] - base)

#define STORE_FROM(in_type)                                                                        \
	static void column_store_##in_type(uint8_t *restrict data, const in_type *restrict v,      \
					   uint32_t rows, uint64_t base, unsigned bits)            \
	{                                                                                          \
		uint32_t k;                                                                        \
		if (bits == 8)                                                                     \
			STORE_BYTES(uint8_t, in_type);                                             \
		else if (bits == 16)                                                               \
			STORE_BYTES(uint16_t, in_type);                                            \
		else if (bits == 32)                                                               \
			STORE_BYTES(uint32_t, in_type);                                            \
		else if (bits == 64)                                                               \
			STORE_BYTES(uint64_t, in_type);                                            \
		else                                                                               \
			STORE_BITS(in_type);                                                       \
	}
STORE_FROM(uint8_t)
STORE_FROM(uint16_t)
STORE_FROM(uint32_t)
STORE_FROM(int64_t)

void column_store(uint8_t *data, const void *values, size_t element_bytes, uint32_t rows,
		  uint64_t base, unsigned bits)
{
	if (!bits)
		return;
	switch (element_bytes) {
	case 1:
		column_store_uint8_t(data, values, rows, base, bits);
		break;
	case 2:
		column_store_uint16_t(data, values, rows, base, bits);
		break;
	case 4:
		column_store_uint32_t(data, values, rows, base, bits);
		break;
	default:
		column_store_int64_t(data, values, rows, base, bits);
		break;
	}
}

/* ---- reading ---- */

/* Eight numbers take as many bytes as one takes bits: with these known to the compiler,
 * their places are, too. */
static inline __attribute__((always_inline)) void unpack_eights(const uint8_t *p, uint32_t eights,
								 unsigned bits, uint32_t *out)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1, v;
	unsigned k;

	for (; eights; eights--, p += bits, out += 8)
#pragma GCC unroll 8
		for (k = 0; k < 8; k++) {
			memcpy(&v, p + k * bits / 8, sizeof v);
			out[k] = (uint32_t)(v >> (k * bits & 7) & mask);
		}
}

/* The same by vectors of eight, of up to 25 bits: with 7 in front of them they lie in 4 bytes. */
#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR_BITS_MOST 25

static __attribute__((target("avx2"))) void unpack_vectors(const uint8_t *p, uint32_t eights,
							   unsigned bits, uint32_t *out)
{
	uint8_t from[32];
	uint32_t by[8], k;
	__m256i places, shifts, mask = _mm256_set1_epi32((1 << bits) - 1), v;

	for (k = 0; k < 8; k++) {
		uint32_t first = k * bits / 8 - (k < 4 ? 0 : bits / 2), i;

		by[k] = k * bits % 8;
		for (i = 0; i < 4; i++)
			from[4 * k + i] = (uint8_t)(first + i);
	}
	places = _mm256_loadu_si256((const __m256i *)from);
	shifts = _mm256_loadu_si256((const __m256i *)by);
	for (; eights; eights--, p += bits, out += 8) {
		v = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p));
		v = _mm256_inserti128_si256(v, _mm_loadu_si128((const __m128i *)(p + bits / 2)), 1);
		v = _mm256_srlv_epi32(_mm256_shuffle_epi8(v, places), shifts);
		_mm256_storeu_si256((__m256i *)out, _mm256_and_si256(v, mask));
	}
}

static bool unpack_has_vectors(unsigned bits)
{
	return bits <= VECTOR_BITS_MOST && __builtin_cpu_supports("avx2");
}
#else
static void unpack_vectors(const uint8_t *p, uint32_t eights, unsigned bits, uint32_t *out)
{
}

static bool unpack_has_vectors(unsigned bits)
{
	return false;
}
#endif

#define EIGHTS(bits)                                                                               \
	case bits:                                                                                 \
		unpack_eights(p, eights, bits, out);                                               \
		break;
#define EIGHTS_8(bits)                                                                             \
	EIGHTS(bits) EIGHTS(bits + 1) EIGHTS(bits + 2) EIGHTS(bits + 3) EIGHTS(bits + 4)           \
	EIGHTS(bits + 5) EIGHTS(bits + 6) EIGHTS(bits + 7)

void column_unpack(const struct column *column, uint64_t from, uint32_t rows, uint32_t *out)
{
	uint32_t eights, k;
	const uint8_t *p;

	for (; rows && from % 8; rows--)
		*out++ = (uint32_t)column_packed(column, from++);
	p = column->data + from / 8 * column->bits;
	eights = rows / 8;
	if (unpack_has_vectors(column->bits))
		unpack_vectors(p, eights, column->bits, out);
	else switch (column->bits) {
		EIGHTS_8(1)
		EIGHTS_8(9)
		EIGHTS_8(17)
		EIGHTS_8(25)
	}
	for (k = eights * 8; k < rows; k++)
		out[k] = (uint32_t)column_packed(column, from + k);
}
