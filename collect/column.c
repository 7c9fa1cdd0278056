#include "collect/column.h"

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "packed columns are little-endian and read without swapping; port column.[ch] first"
#endif

/* The loops below go in steps of a constant number of values: so even -O2
 * vectorizes them (its cost model refuses loops of unknown length). */
#define COLUMN_STEP 64

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

static uint8_t column_width(uint64_t range)
{
	return range ? (uint8_t)(8 - __builtin_clzll(range) / 8) : 0;
}

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

/* Differences modulo the narrow type are what the low bytes of the true ones are. */
#define COLUMN_STORE(out_type, in_type)                                                            \
	do {                                                                                       \
		const in_type *v = values;                                                         \
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

/* Widths that no type has: 8 bytes are written, and the next value covers what
 * is too much of them. */
#define COLUMN_STORE_ODD(in_type)                                                                  \
	do {                                                                                       \
		const in_type *v = values;                                                         \
		for (k = 0; k < rows; k++) {                                                       \
			uint64_t d = (uint64_t)v[k] - (uint64_t)base;                              \
			memcpy(data + (size_t)k * width, &d, sizeof d);                            \
		}                                                                                  \
	} while (0)

#define COLUMN_STORE_FROM(in_type)                                                                 \
	static void column_store_##in_type(uint8_t *restrict data, const void *restrict values,    \
					   uint32_t rows, uint64_t base, uint8_t width)            \
	{                                                                                          \
		uint32_t k;                                                                        \
		if (width == 1)                                                                    \
			COLUMN_STORE(uint8_t, in_type);                                            \
		else if (width == 2)                                                               \
			COLUMN_STORE(uint16_t, in_type);                                           \
		else if (width == 4)                                                               \
			COLUMN_STORE(uint32_t, in_type);                                           \
		else if (width == 8)                                                               \
			COLUMN_STORE(uint64_t, in_type);                                           \
		else                                                                               \
			COLUMN_STORE_ODD(in_type);                                                 \
	}
COLUMN_STORE_FROM(uint8_t)
COLUMN_STORE_FROM(uint16_t)
COLUMN_STORE_FROM(uint32_t)
COLUMN_STORE_FROM(int64_t)

static void column_store(uint8_t *data, const void *values, size_t element_bytes, uint32_t rows,
			 uint64_t base, uint8_t width)
{
	if (width == 0)
		return;
	switch (element_bytes) {
	case 1:
		column_store_uint8_t(data, values, rows, base, width);
		break;
	case 2:
		column_store_uint16_t(data, values, rows, base, width);
		break;
	case 4:
		column_store_uint32_t(data, values, rows, base, width);
		break;
	default:
		column_store_int64_t(data, values, rows, base, width);
		break;
	}
}

size_t column_pack(uint8_t *out, const void *values, size_t element_bytes, uint32_t rows)
{
	int64_t least = 0, greatest = 0;
	bool ramp = false;
	uint8_t width;
	size_t bytes;

	if (rows)
		column_survey(values, element_bytes, rows, &ramp, &least, &greatest);
	width = column_width((uint64_t)greatest - (uint64_t)least);
	if (width == 8)
		least = 0;
	memset(out, 0, COLUMN_HEADER_BYTES);
	out[0] = width;
	out[1] = ramp;
	memcpy(out + 4, &rows, sizeof rows);
	memcpy(out + 8, &least, sizeof least);
	column_store(out + COLUMN_HEADER_BYTES, values, element_bytes, rows, (uint64_t)least,
		     width);
	bytes = COLUMN_HEADER_BYTES + (size_t)rows * width;
	while (bytes % 8)
		out[bytes++] = 0;
	return bytes;
}

/* ---- reading ---- */

bool column_open(struct column *column, const uint8_t *bytes, size_t size, uint32_t rows,
		 size_t *used)
{
	size_t need;

	if (size < COLUMN_HEADER_BYTES)
		return false;
	column->width = bytes[0];
	column->ramp = bytes[1];
	memcpy(&column->rows, bytes + 4, sizeof column->rows);
	memcpy(&column->base, bytes + 8, sizeof column->base);
	column->data = bytes + COLUMN_HEADER_BYTES;
	if (column->rows != rows || column->width > 8 || column->ramp > 1 ||
	    (column->ramp && column->width))
		return false;
	need = (COLUMN_HEADER_BYTES + (size_t)rows * column->width + 7) / 8 * 8;
	if (need > size)
		return false;
	*used = need;
	return true;
}

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

/* The widths that no type has are read as column_get() does. */
#define COLUMN_READ(bits, type)                                                                    \
	void column_read_##bits(const struct column *column, uint32_t from, uint32_t rows,         \
				type *restrict out)                                                \
	{                                                                                          \
		unsigned width = column->width, shift = 64 - 8 * width;                            \
		const uint8_t *p;                                                                  \
		uint64_t v;                                                                        \
		uint32_t i;                                                                        \
		switch (width) {                                                                   \
		case 0:                                                                            \
			for (i = 0; i < rows; i++)                                                 \
				out[i] = (type)column_get(column, from + i);                       \
			break;                                                                     \
		case 1:                                                                            \
			COLUMN_LOAD(uint8_t);                                                      \
			break;                                                                     \
		case 2:                                                                            \
			COLUMN_LOAD(uint16_t);                                                     \
			break;                                                                     \
		case 4:                                                                            \
			COLUMN_LOAD(uint32_t);                                                     \
			break;                                                                     \
		case 8:                                                                            \
			COLUMN_LOAD(uint64_t);                                                     \
			break;                                                                     \
		default:                                                                           \
			p = column->data + ((size_t)from + 1) * width - sizeof v;                  \
			for (i = 0; i < rows; i++) {                                               \
				memcpy(&v, p + (size_t)i * width, sizeof v);                       \
				out[i] = (type)((uint64_t)column->base + (v >> shift));            \
			}                                                                          \
			break;                                                                     \
		}                                                                                  \
	}
COLUMN_READ(64, int64_t)
COLUMN_READ(32, uint32_t)
COLUMN_READ(16, uint16_t)
COLUMN_READ(8, uint8_t)
