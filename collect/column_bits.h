/* Numbers of any number of bits, one behind the other, lowest bits first: for column*.c only. */
#ifndef CROSSTAP_COLLECT_COLUMN_BITS_H
#define CROSSTAP_COLLECT_COLUMN_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "collect/column.h"

#define COLUMN_BITS_MOST 56 /* above it: all 64 */

/* The fewest bits for numbers up to `greatest`; where one more makes whole bytes, which are
 * the faster to read, these. */
static inline unsigned column_bits_for(uint64_t greatest)
{
	unsigned bits = greatest ? 64 - (unsigned)__builtin_clzll(greatest) : 0;

	if (bits > COLUMN_BITS_MOST)
		return 64;
	if (bits == 7 || bits == 15 || bits == 31)
		return bits + 1;
	return bits;
}

/* What `count` packed numbers take with the zeros behind them. */
static inline size_t column_packed_bytes(uint64_t count, unsigned bits)
{
	return bits ? (size_t)((count * bits + 63) / 64 * 8 + COLUMN_PAD_BYTES) : 0;
}

struct column_bits {
	uint8_t *at;
	uint64_t word; /* what is begun at `at` */
	unsigned n;    /* bits of it: 0 to 7 */
};

/* Appends up to 56 bits. 8 bytes are written, and the next ones cover what is too much of them. */
static inline void column_bits_put(struct column_bits *out, uint64_t bits, unsigned n)
{
	out->word |= bits << out->n;
	memcpy(out->at, &out->word, sizeof out->word);
	out->n += n;
	out->at += out->n >> 3;
	out->word >>= out->n & ~7u;
	out->n &= 7;
}

/* Packs `rows` differences from `base`, room for column_packed_bytes(); the zeros behind them are the
 * caller's. */
void column_store(uint8_t *data, const void *values, size_t element_bytes, uint32_t rows,
		  uint64_t base, unsigned bits);

/* `rows` packed numbers from `from` on; bits <= 32. */
void column_unpack(const struct column *column, uint64_t from, uint32_t rows, uint32_t *out);

/* The head of a packed column. */
static inline void column_put_head(uint8_t *out, enum column_form form, unsigned bits, uint32_t rows,
				   int64_t base)
{
	memset(out, 0, COLUMN_HEADER_BYTES);
	out[0] = (uint8_t)bits;
	out[1] = (uint8_t)form;
	memcpy(out + 4, &rows, sizeof rows);
	memcpy(out + 8, &base, sizeof base);
}

#endif
