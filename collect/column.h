/* A packed column: numbers of one kind, in the least space of four forms, all of which give any
 * row at once:
 *
 *   plain   differences from the least of them, in the fewest bits that hold the widest (frame of
 *           reference); no bits at all where all are equal
 *   ramp    they count up by one (frame numbers): no bits either
 *   table   few different ones: the number of each in a table of them
 *   sparse  one of them most often: a bit for each row says which are others, and these are
 *           packed as in plain
 *
 * Byte order is little-endian everywhere. All values travel as 64-bit two's complement; unsigned
 * 64-bit values such as fingerprints come back bit by bit as they went in.
 *
 * Packed: bits a value (1 byte), form (1), 0 (2), rows (4), base (8); then
 *   table   1 << bits values of 8 bytes
 *   sparse  the base of the others (8; the one in front is what is most often), a bit a row in words
 *           of 8 bytes, for each word how many others lie in front of it (2), zeros up to a multiple of 8
 * and, where there are bits, the packed values, zeros up to a multiple of 8, and 16 more.
 */
#ifndef CROSSTAP_COLLECT_COLUMN_H
#define CROSSTAP_COLLECT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLUMN_HEADER_BYTES 16
#define COLUMN_PAD_BYTES 16         /* so that any 8 values can be read as parts of 16 bytes */
#define COLUMN_CODED_ROWS 16384u    /* longer columns are plain */
#define COLUMN_TABLE_BITS 8u        /* of a number in a table, at most */

/* Stored: only append. */
enum column_form { COLUMN_PLAIN, COLUMN_RAMP, COLUMN_TABLE, COLUMN_SPARSE, COLUMN_FORMS };

/* A column as read back. It points into the blob it was opened from and lives as long as that. */
struct column {
	const uint8_t *data; /* of the first packed value; where bits is 0: anything readable */
	const uint8_t *more; /* of a table and of sparse: see column_code.h */
	int64_t base;
	uint64_t mask;       /* the lowest `bits` bits */
	uint32_t rows;
	uint8_t bits;        /* 0 to 56, or 64 */
	uint8_t form;        /* enum column_form */
};

/* The most bytes that a packed column of `rows` values can take. */
#define COLUMN_BYTES_MAX(rows) (COLUMN_HEADER_BYTES + (size_t)(rows) * 8 + COLUMN_PAD_BYTES + 8)
static inline size_t column_bytes_max(uint32_t rows)
{
	return COLUMN_BYTES_MAX(rows);
}

/* Packs `rows` values of `element_bytes` (1, 2, 4 unsigned, or 8 signed) into
 * `out`, which has room for column_bytes_max(rows). Returns the bytes written,
 * a multiple of 8; what lies behind them is undefined then. */
size_t column_pack(uint8_t *out, const void *values, size_t element_bytes, uint32_t rows);

/* Opens a packed column at the start of `bytes`. *used becomes the bytes it
 * takes. False when the bytes are no column of `rows` values. */
bool column_open(struct column *column, const uint8_t *bytes, size_t size, uint32_t rows,
		 size_t *used);

/* Of the forms that are seldom asked for one value. */
int64_t column_get_seldom(const struct column *column, uint32_t row);

/* The packed number at `place`, in order: 8 bytes can be read from where it begins. */
static inline uint64_t column_packed(const struct column *column, uint64_t place)
{
	uint64_t at = place * column->bits, v;

	__builtin_memcpy(&v, column->data + (at >> 3), 8);
	return v >> (at & 7) & column->mask;
}

/* One value; row < column->rows. */
static inline int64_t column_get(const struct column *column, uint32_t row)
{
	int64_t v;

	if (column->form == COLUMN_PLAIN)
		return (int64_t)((uint64_t)column->base + column_packed(column, row));
	if (column->form != COLUMN_TABLE)
		return column_get_seldom(column, row);
	__builtin_memcpy(&v, column->more + 8 * column_packed(column, row), 8);
	return v;
}

/* Whether all values are column->base, as column_pack() says it. */
static inline bool column_is_same(const struct column *column)
{
	return column->form == COLUMN_PLAIN && !column->bits;
}

/* Many values in a row, `from + rows` <= column->rows, as the given type; bits
 * that do not fit are cut off. */
void column_read_64(const struct column *column, uint32_t from, uint32_t rows, int64_t *out);
void column_read_32(const struct column *column, uint32_t from, uint32_t rows, uint32_t *out);
void column_read_16(const struct column *column, uint32_t from, uint32_t rows, uint16_t *out);
void column_read_8(const struct column *column, uint32_t from, uint32_t rows, uint8_t *out);

#endif
