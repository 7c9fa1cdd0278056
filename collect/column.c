#include "collect/column.h"

#include <string.h>

#include "collect/column_bits.h"
#include "collect/column_code.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "packed columns are little-endian and read without swapping; port column.[ch] first"
#endif

/* The loops below go in steps of a constant number of values: so even -O2
 * vectorizes them (its cost model refuses loops of unknown length). */
#define COLUMN_STEP 64
#define COLUMN_BITS_STEP 256 /* unpacked at once */

#define COLUMN_CODED_BITS 4 /* narrower ones are plain */

/* ---- the range of the values ---- */

/* Least and greatest value, by lanes. */
#define COLUMN_SCAN(type)                                                                          \
	static void column_scan_##type(const type *v, uint32_t rows, int64_t *least,               \
				       int64_t *greatest)                                          \
	{                                                                                          \
		type lo = v[0], hi = v[0], lane_lo[COLUMN_STEP], lane_hi[COLUMN_STEP];             \
		uint32_t k;                                                                        \
		if (rows >= COLUMN_STEP) {                                                         \
			memcpy(lane_lo, v, sizeof lane_lo);                                        \
			memcpy(lane_hi, v, sizeof lane_hi);                                        \
			for (; rows >= COLUMN_STEP; rows -= COLUMN_STEP) {                         \
				for (k = 0; k < COLUMN_STEP; k++) {                                \
					type x = v[k];                                             \
					lane_lo[k] = x < lane_lo[k] ? x : lane_lo[k];              \
					lane_hi[k] = x > lane_hi[k] ? x : lane_hi[k];              \
				}                                                                  \
				v += COLUMN_STEP;                                                  \
			}                                                                          \
			for (k = 0; k < COLUMN_STEP; k++) {                                        \
				lo = lane_lo[k] < lo ? lane_lo[k] : lo;                            \
				hi = lane_hi[k] > hi ? lane_hi[k] : hi;                            \
			}                                                                          \
		}                                                                                  \
		for (k = 0; k < rows; k++) {                                                       \
			lo = v[k] < lo ? v[k] : lo;                                                \
			hi = v[k] > hi ? v[k] : hi;                                                \
		}                                                                                  \
		*least = (int64_t)lo;                                                              \
		*greatest = (int64_t)hi;                                                           \
	}
COLUMN_SCAN(uint8_t)
COLUMN_SCAN(uint16_t)
COLUMN_SCAN(uint32_t)

/* Of 64 bits without lanes: they have no vector comparison on every machine. It
 * ends as soon as the range wants all 8 bytes, which hashes say at once. */
static void column_scan_int64_t(const int64_t *v, uint32_t rows, int64_t *least, int64_t *greatest)
{
	int64_t lo = v[0], hi = v[0];
	uint32_t i = 0, end;

	while (i < rows && ((uint64_t)hi - (uint64_t)lo) >> 56 == 0) {
		end = rows - i > COLUMN_STEP ? i + COLUMN_STEP : rows;
		for (; i < end; i++) {
			lo = v[i] < lo ? v[i] : lo;
			hi = v[i] > hi ? v[i] : hi;
		}
	}
	*least = lo;
	*greatest = hi;
}

/* Whether the values count up by one; most columns say no at once. */
#define COLUMN_RAMP(type)                                                                          \
	static bool column_ramp_##type(const type *v, uint32_t rows)                               \
	{                                                                                          \
		uint32_t i;                                                                        \
		for (i = 1; i < rows; i++)                                                         \
			if ((uint64_t)v[i] - (uint64_t)v[i - 1] != 1)                              \
				return false;                                                      \
		return rows > 1;                                                                   \
	}
COLUMN_RAMP(uint8_t)
COLUMN_RAMP(uint16_t)
COLUMN_RAMP(uint32_t)
COLUMN_RAMP(int64_t)

#define COLUMN_SURVEY(type)                                                                        \
	do {                                                                                       \
		*ramp = column_ramp_##type(values, rows);                                          \
		if (*ramp)                                                                         \
			*least = *greatest = (int64_t) * (const type *)values;                     \
		else                                                                               \
			column_scan_##type(values, rows, least, greatest);                         \
	} while (0)

static void column_survey(const void *values, size_t element_bytes, uint32_t rows, bool *ramp,
			  int64_t *least, int64_t *greatest)
{
	switch (element_bytes) {
	case 1:
		COLUMN_SURVEY(uint8_t);
		break;
	case 2:
		COLUMN_SURVEY(uint16_t);
		break;
	case 4:
		COLUMN_SURVEY(uint32_t);
		break;
	default:
		COLUMN_SURVEY(int64_t);
		break;
	}
}

/* ---- packing ---- */

size_t column_pack(uint8_t *out, const void *values, size_t element_bytes, uint32_t rows)
{
	int64_t least = 0, greatest = 0;
	size_t bytes, size, coded;
	bool ramp = false;
	unsigned bits;

	if (rows)
		column_survey(values, element_bytes, rows, &ramp, &least, &greatest);
	bits = column_bits_for((uint64_t)greatest - (uint64_t)least);
	size = COLUMN_HEADER_BYTES + column_packed_bytes(rows, bits);
	if (bits >= COLUMN_CODED_BITS) {
		coded = column_code(out, values, element_bytes, rows, bits);
		if (coded)
			return coded;
	}
	if (bits == 64)
		least = 0;
	column_put_head(out, ramp ? COLUMN_RAMP : COLUMN_PLAIN, bits, rows, least);
	column_store(out + COLUMN_HEADER_BYTES, values, element_bytes, rows, (uint64_t)least, bits);
	bytes = COLUMN_HEADER_BYTES + (size_t)(((uint64_t)rows * bits + 7) / 8);
	memset(out + bytes, 0, size - bytes);
	return size;
}

/* ---- reading ---- */

bool column_open(struct column *column, const uint8_t *bytes, size_t size, uint32_t rows,
		 size_t *used)
{
	if (size < COLUMN_HEADER_BYTES)
		return false;
	column->bits = bytes[0];
	column->form = bytes[1];
	memcpy(&column->rows, bytes + 4, sizeof column->rows);
	memcpy(&column->base, bytes + 8, sizeof column->base);
	if (column->rows != rows || column->form >= COLUMN_FORMS ||
	    (column->bits > COLUMN_BITS_MOST && column->bits != 64) ||
	    (column->form == COLUMN_RAMP && column->bits))
		return false;
	column->mask = column->bits ? UINT64_MAX >> (64 - column->bits) : 0;
	column->data = column->more = bytes;
	if (column->form == COLUMN_TABLE || column->form == COLUMN_SPARSE)
		return column_code_open(column, bytes, size, used);
	if (column->bits)
		column->data = bytes + COLUMN_HEADER_BYTES;
	*used = COLUMN_HEADER_BYTES + column_packed_bytes(rows, column->bits);
	return *used <= size;
}

/* Whole bytes. */
#define COLUMN_LOAD(in_type)                                                                       \
	do {                                                                                       \
		in_type d[COLUMN_STEP];                                                            \
		p = column->data + (size_t)from * sizeof d[0];                                     \
		for (; rows >= COLUMN_STEP; rows -= COLUMN_STEP) {                                 \
			memcpy(d, p, sizeof d);                                                    \
			for (i = 0; i < COLUMN_STEP; i++)                                          \
				out[i] = (__typeof__(*out))((uint64_t)column->base + d[i]);        \
			p += sizeof d;                                                             \
			out += COLUMN_STEP;                                                        \
		}                                                                                  \
		for (i = 0; i < rows; i++) {                                                       \
			memcpy(d, p + (size_t)i * sizeof d[0], sizeof d[0]);                       \
			out[i] = (__typeof__(*out))((uint64_t)column->base + d[0]);                \
		}                                                                                  \
	} while (0)

/* Single bits, up to 32 of them. */
#define COLUMN_LOAD_BITS(type)                                                                     \
	do {                                                                                       \
		uint32_t d[COLUMN_BITS_STEP];                                                      \
		for (; rows >= COLUMN_BITS_STEP; rows -= COLUMN_BITS_STEP) {                       \
			column_unpack(column, from, COLUMN_BITS_STEP, d);                          \
			for (i = 0; i < COLUMN_BITS_STEP; i++)                                     \
				out[i] = (type)((uint64_t)column->base + d[i]);                    \
			from += COLUMN_BITS_STEP;                                                  \
			out += COLUMN_BITS_STEP;                                                   \
		}                                                                                  \
		column_unpack(column, from, rows, d);                                              \
		for (i = 0; i < rows; i++)                                                         \
			out[i] = (type)((uint64_t)column->base + d[i]);                            \
	} while (0)

#define COLUMN_READ_PLAIN(bits_of_it, type)                                                        \
	static void column_plain_##bits_of_it(const struct column *column, uint32_t from,          \
					      uint32_t rows, type *restrict out)                   \
	{                                                                                          \
		const uint8_t *p;                                                                  \
		uint32_t i;                                                                        \
		if (column->bits == 0)                                                             \
			for (i = 0; i < rows; i++)                                                 \
				out[i] = (type)column->base;                                       \
		else if (column->bits == 8)                                                        \
			COLUMN_LOAD(uint8_t);                                                      \
		else if (column->bits == 16)                                                       \
			COLUMN_LOAD(uint16_t);                                                     \
		else if (column->bits == 32)                                                       \
			COLUMN_LOAD(uint32_t);                                                     \
		else if (column->bits == 64)                                                       \
			COLUMN_LOAD(uint64_t);                                                     \
		else if (column->bits < 32)                                                        \
			COLUMN_LOAD_BITS(type);                                                    \
		else                                                                               \
			for (i = 0; i < rows; i++)                                                 \
				out[i] = (type)column_get(column, from + i);                       \
	}

#define COLUMN_READ_TABLE(bits_of_it, type)                                                        \
	static void column_table_##bits_of_it(const struct column *column, uint32_t from,          \
					      uint32_t rows, type *restrict out)                   \
	{                                                                                          \
		int64_t value[1u << COLUMN_TABLE_BITS];                                            \
		uint32_t d[COLUMN_BITS_STEP], i, n;                                                \
		memcpy(value, column->more, (size_t)8 << column->bits);                            \
		for (; rows; rows -= n, from += n, out += n) {                                     \
			n = rows < COLUMN_BITS_STEP ? rows : COLUMN_BITS_STEP;                     \
			column_unpack(column, from, n, d);                                         \
			for (i = 0; i < n; i++)                                                    \
				out[i] = (type)value[d[i]];                                        \
		}                                                                                  \
	}

/* Word by word: first all as if there were no others, then these. */
#define COLUMN_READ_SPARSE(bits_of_it, type)                                                       \
	static void column_sparse_##bits_of_it(const struct column *column, uint32_t from,         \
					       uint32_t rows, type *restrict out)                  \
	{                                                                                          \
		uint64_t base = (uint64_t)column_sparse_base(column), word;                        \
		uint32_t rank, i, n;                                                               \
		bool other;                                                                        \
		for (; rows; rows -= n, from += n, out += n) {                                     \
			n = 64 - from % 64 < rows ? 64 - from % 64 : rows;                         \
			for (i = 0; i < n; i++)                                                    \
				out[i] = (type)column->base;                                       \
			word = column_sparse_word(column, from / 64) >> from % 64;                 \
			word &= UINT64_MAX >> (64 - n);                                            \
			rank = column_sparse_rank(column, from, &other);                           \
			for (; word; word &= word - 1)                                             \
				out[__builtin_ctzll(word)] =                                       \
					(type)(base + column_packed(column, rank++));              \
		}                                                                                  \
	}

#define COLUMN_READ(bits_of_it, type)                                                              \
	COLUMN_READ_PLAIN(bits_of_it, type)                                                        \
	COLUMN_READ_TABLE(bits_of_it, type)                                                        \
	COLUMN_READ_SPARSE(bits_of_it, type)                                                       \
	void column_read_##bits_of_it(const struct column *column, uint32_t from, uint32_t rows,   \
				      type *restrict out)                                          \
	{                                                                                          \
		uint32_t i;                                                                        \
		if (column->form == COLUMN_PLAIN)                                                  \
			column_plain_##bits_of_it(column, from, rows, out);                        \
		else if (column->form == COLUMN_TABLE)                                             \
			column_table_##bits_of_it(column, from, rows, out);                        \
		else if (column->form == COLUMN_SPARSE)                                            \
			column_sparse_##bits_of_it(column, from, rows, out);                       \
		else                                                                               \
			for (i = 0; i < rows; i++)                                                 \
				out[i] = (type)((uint64_t)column->base + from + i);                \
	}
COLUMN_READ(64, int64_t)
COLUMN_READ(32, uint32_t)
COLUMN_READ(16, uint16_t)
COLUMN_READ(8, uint8_t)
