/* A packed column: numbers of one kind, stored as differences from the least
 * of them in the fewest whole bytes that hold the widest (frame of reference).
 * A column of equal values takes no space but its header, nor does one that
 * counts up by one (frame numbers). Byte order is little-endian everywhere.
 *
 * All values travel as 64-bit two's complement; unsigned 64-bit values such as
 * fingerprints come back bit by bit as they went in.
 *
 * Packed: width (1 byte), ramp (1), 0 (2), rows (4), base (8), the values, and
 * zeros up to a multiple of 8.
 */
#ifndef CROSSTAP_COLLECT_COLUMN_H
#define CROSSTAP_COLLECT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLUMN_HEADER_BYTES 16

/* A column as read back. `data` points into the blob it was opened from and
 * lives as long as that. */
struct column {
	const uint8_t *data; /* of the first value; the header lies before it */
	int64_t base;
	uint32_t rows;
	uint8_t width; /* bytes a value: 0 to 8 */
	uint8_t ramp;  /* 1: the row number is added to every value; then width is 0 */
};

/* The most bytes that a packed column of `rows` values can take. */
static inline size_t column_bytes_max(uint32_t rows)
{
	return COLUMN_HEADER_BYTES + (size_t)rows * 8;
}

/* Packs `rows` values of `element_bytes` (1, 2, 4 unsigned, or 8 signed) into
 * `out`, which has room for column_bytes_max(rows). Returns the bytes written,
 * a multiple of 8; what lies behind them is undefined then. */
size_t column_pack(uint8_t *out, const void *values, size_t element_bytes, uint32_t rows);

/* Opens a packed column at the start of `bytes`. *used becomes the bytes it
 * takes. False when the bytes are no column of `rows` values. */
bool column_open(struct column *column, const uint8_t *bytes, size_t size, uint32_t rows,
		 size_t *used);

/* One value; row < column->rows. */
static inline int64_t column_get(const struct column *column, uint32_t row)
{
	/* The 8 bytes that end with the value are always there, and in a little-endian
	 * number the value is what is left when those before it are shifted out. */
	const uint8_t *end = column->data + ((size_t)row + 1) * column->width;
	uint64_t v;

	if (column->width == 0)
		return (int64_t)((uint64_t)column->base + (column->ramp ? row : 0));
	__builtin_memcpy(&v, end - 8, 8);
	return (int64_t)((uint64_t)column->base + (v >> (64 - 8 * column->width)));
}

/* Many values in a row, `from + rows` <= column->rows, as the given type; bits
 * that do not fit are cut off. */
void column_read_64(const struct column *column, uint32_t from, uint32_t rows, int64_t *out);
void column_read_32(const struct column *column, uint32_t from, uint32_t rows, uint32_t *out);
void column_read_16(const struct column *column, uint32_t from, uint32_t rows, uint16_t *out);
void column_read_8(const struct column *column, uint32_t from, uint32_t rows, uint8_t *out);

#endif
