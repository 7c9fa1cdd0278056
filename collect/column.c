#include "collect/column.h"

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "packed columns are little-endian and read without swapping; port column.[ch] first"
#endif

/* Least and greatest value, and whether the values count up by one. One pass
 * per element size, so that the compiler can vectorize each. */
#define COLUMN_SCAN(type, wide)                                                  \
	static bool column_scan_##type(const type *v, uint32_t rows, int64_t *least, \
				       int64_t *greatest)                        \
	{                                                                        \
		wide lo = v[0], hi = v[0];                                       \
		uint64_t first = (uint64_t)v[0], broken = 0;                     \
		uint32_t i;                                                      \
		for (i = 0; i < rows; i++) {                                     \
			lo = v[i] < lo ? v[i] : lo;                              \
			hi = v[i] > hi ? v[i] : hi;                              \
			broken |= ((uint64_t)v[i] - i) ^ first;                  \
		}                                                                \
		*least = (int64_t)lo;                                            \
		*greatest = (int64_t)hi;                                         \
		return broken == 0;                                              \
	}
COLUMN_SCAN(uint8_t, uint8_t)
COLUMN_SCAN(uint16_t, uint16_t)
COLUMN_SCAN(uint32_t, uint32_t)
COLUMN_SCAN(int64_t, int64_t)

static uint8_t column_width(uint64_t range)
{
	if (range == 0)
		return 0;
	if (range <= UINT8_MAX)
		return 1;
	if (range <= UINT16_MAX)
		return 2;
	return range <= UINT32_MAX ? 4 : 8;
}

#define COLUMN_STORE(out_type, in_type)                                         \
	do {                                                                    \
		const in_type *v = values;                                      \
		for (i = 0; i < rows; i++) {                                    \
			out_type d = (out_type)((uint64_t)v[i] - (uint64_t)base); \
			memcpy(data + (size_t)i * sizeof d, &d, sizeof d);      \
		}                                                               \
	} while (0)

#define COLUMN_STORE_FROM(in_type)                        \
	do {                                              \
		if (width == 1)                           \
			COLUMN_STORE(uint8_t, in_type);   \
		else if (width == 2)                      \
			COLUMN_STORE(uint16_t, in_type);  \
		else if (width == 4)                      \
			COLUMN_STORE(uint32_t, in_type);  \
		else if (width == 8)                      \
			COLUMN_STORE(uint64_t, in_type);  \
	} while (0)

static void column_store(uint8_t *data, const void *values, size_t element_bytes, uint32_t rows,
			 int64_t base, uint8_t width)
{
	uint32_t i;

	switch (element_bytes) {
	case 1:
		COLUMN_STORE_FROM(uint8_t);
		break;
	case 2:
		COLUMN_STORE_FROM(uint16_t);
		break;
	case 4:
		COLUMN_STORE_FROM(uint32_t);
		break;
	case 8:
		COLUMN_STORE_FROM(int64_t);
		break;
	}
}

size_t column_pack(uint8_t *out, const void *values, size_t element_bytes, uint32_t rows)
{
	int64_t least = 0, greatest = 0;
	bool ramp = false;
	uint8_t width;
	size_t bytes;

	if (rows) {
		switch (element_bytes) {
		case 1:
			ramp = column_scan_uint8_t(values, rows, &least, &greatest);
			break;
		case 2:
			ramp = column_scan_uint16_t(values, rows, &least, &greatest);
			break;
		case 4:
			ramp = column_scan_uint32_t(values, rows, &least, &greatest);
			break;
		default:
			ramp = column_scan_int64_t(values, rows, &least, &greatest);
			break;
		}
	}
	ramp = ramp && rows > 1;
	width = ramp ? 0 : column_width((uint64_t)greatest - (uint64_t)least);
	if (width == 8)
		least = 0;
	memset(out, 0, COLUMN_HEADER_BYTES);
	out[0] = width;
	out[1] = ramp;
	memcpy(out + 4, &rows, sizeof rows);
	memcpy(out + 8, &least, sizeof least);
	column_store(out + COLUMN_HEADER_BYTES, values, element_bytes, rows, least, width);
	bytes = COLUMN_HEADER_BYTES + (size_t)rows * width;
	while (bytes % 8)
		out[bytes++] = 0;
	return bytes;
}

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
	if (column->rows != rows || column->ramp > 1 || column->width > 8 ||
	    (column->width & (column->width - 1)))
		return false;
	need = (COLUMN_HEADER_BYTES + (size_t)rows * column->width + 7) / 8 * 8;
	if (need > size)
		return false;
	*used = need;
	return true;
}

#define COLUMN_LOAD(in_type)                                                           \
	do {                                                                           \
		for (i = 0; i < rows; i++) {                                           \
			in_type d;                                                     \
			memcpy(&d, p + (size_t)i * sizeof d, sizeof d);                \
			out[i] = (__typeof__(*out))((uint64_t)column->base + (uint64_t)d); \
		}                                                                      \
	} while (0)

#define COLUMN_READ(bits, type)                                                         \
	void column_read_##bits(const struct column *column, uint32_t from, uint32_t rows, \
				type *out)                                              \
	{                                                                               \
		const uint8_t *p = column->data + (size_t)from * column->width;         \
		uint32_t i;                                                             \
		switch (column->width) {                                                \
		case 0:                                                                 \
			for (i = 0; i < rows; i++)                                      \
				out[i] = (type)((uint64_t)column->base +                \
						(column->ramp ? from + i : 0));         \
			break;                                                          \
		case 1:                                                                 \
			COLUMN_LOAD(uint8_t);                                           \
			break;                                                          \
		case 2:                                                                 \
			COLUMN_LOAD(uint16_t);                                          \
			break;                                                          \
		case 4:                                                                 \
			COLUMN_LOAD(uint32_t);                                          \
			break;                                                          \
		default:                                                                \
			COLUMN_LOAD(uint64_t);                                          \
			break;                                                          \
		}                                                                       \
	}
COLUMN_READ(64, int64_t)
COLUMN_READ(32, uint32_t)
COLUMN_READ(16, uint16_t)
COLUMN_READ(8, uint8_t)
