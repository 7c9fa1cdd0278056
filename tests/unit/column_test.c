/* Packed columns, against a packing and an unpacking that go byte by byte. */
#include "collect/column.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define ROWS_MAX 16384u

/* xorshift64: the same numbers in every run. */
static uint64_t next_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Writes values as an array of elements of the given size. */
static void *elements(const int64_t *values, size_t element_bytes, uint32_t rows)
{
	uint8_t *bytes = malloc((size_t)rows * element_bytes + 1);
	uint32_t i;

	for (i = 0; i < rows; i++) /* little-endian: the low bytes come first */
		memcpy(bytes + i * element_bytes, &values[i], element_bytes);
	return bytes;
}

/* The fewest bits, but whole bytes where one more makes them, and all 64 beyond 56. */
static int bits_of(uint64_t range)
{
	int n = 0;

	for (; range; range >>= 1)
		n++;
	return n > 56 ? 64 : n == 7 || n == 15 || n == 31 ? n + 1 : n;
}

/* What the bytes of a column should be that is neither a table nor sparse. */
static size_t pack_slowly(uint8_t *out, const int64_t *values, size_t element_bytes, uint32_t rows)
{
	int64_t least = rows ? values[0] : 0, greatest = least;
	int ramp = rows > 1, bits, k;
	size_t size;
	uint32_t i;

	for (i = 0; i < rows; i++) {
		least = values[i] < least ? values[i] : least;
		greatest = values[i] > greatest ? values[i] : greatest;
		/* Narrow elements do not count on past their greatest value. */
		ramp = ramp && (i == 0 || values[i] == (int64_t)((uint64_t)values[i - 1] + 1)) &&
		       (i == 0 || element_bytes == 8 || values[i] > values[i - 1]);
	}
	bits = ramp ? 0 : bits_of((uint64_t)greatest - (uint64_t)least);
	if (ramp)
		least = values[0];
	if (bits == 64)
		least = 0;
	size = COLUMN_HEADER_BYTES + (bits ? ((size_t)rows * bits + 63) / 64 * 8 + 16 : 0);
	memset(out, 0, size);
	out[0] = (uint8_t)bits;
	out[1] = (uint8_t)ramp;
	for (k = 0; k < 4; k++)
		out[4 + k] = (uint8_t)(rows >> 8 * k);
	for (k = 0; k < 8; k++)
		out[8 + k] = (uint8_t)((uint64_t)least >> 8 * k);
	for (i = 0; i < rows; i++)
		for (k = 0; k < bits; k++) {
			size_t at = (size_t)i * bits + k;
			uint64_t bit = ((uint64_t)values[i] - (uint64_t)least) >> k & 1;

			out[COLUMN_HEADER_BYTES + at / 8] |= (uint8_t)(bit << at % 8);
		}
	return size;
}

static void check_reads(const struct column *column, const int64_t *values, uint32_t from,
			uint32_t rows)
{
	int64_t *out64 = malloc(rows * sizeof *out64 + 1);
	uint32_t *out32 = malloc(rows * sizeof *out32 + 1);
	uint16_t *out16 = malloc(rows * sizeof *out16 + 1);
	uint8_t *out8 = malloc(rows + 1);
	uint32_t i, wrong = 0;

	column_read_64(column, from, rows, out64);
	column_read_32(column, from, rows, out32);
	column_read_16(column, from, rows, out16);
	column_read_8(column, from, rows, out8);
	for (i = 0; i < rows; i++) {
		int64_t value = values[from + i];

		wrong += out64[i] != value || out32[i] != (uint32_t)value ||
			 out16[i] != (uint16_t)value || out8[i] != (uint8_t)value ||
			 column_get(column, from + i) != value;
	}
	CHECK_INT(wrong, 0);
	free(out64);
	free(out32);
	free(out16);
	free(out8);
}

/* Packs values in memory of just the size that is promised, into both kinds of
 * dirt, and reads them back in several ways. Returns bits, and the form in the second byte. */
static int round_trip(const int64_t *values, size_t element_bytes, uint32_t rows)
{
	uint8_t *packed = malloc(column_bytes_max(rows)), *again = malloc(column_bytes_max(rows));
	uint8_t *slowly = malloc(column_bytes_max(rows)), *exact;
	void *from = elements(values, element_bytes, rows);
	struct column column;
	size_t size, used = 0;
	int how;

	memset(packed, 0xff, column_bytes_max(rows));
	memset(again, 0, column_bytes_max(rows));
	size = column_pack(packed, from, element_bytes, rows);
	CHECK_INT(column_pack(again, from, element_bytes, rows), size);
	CHECK(memcmp(packed, again, size) == 0);
	if (packed[1] <= COLUMN_RAMP) {
		CHECK_INT(pack_slowly(slowly, values, element_bytes, rows), size);
		CHECK(memcmp(packed, slowly, size) == 0);
	} else {
		CHECK(size < pack_slowly(slowly, values, element_bytes, rows));
	}
	exact = malloc(size);
	memcpy(exact, packed, size);
	CHECK(column_open(&column, exact, size, rows, &used));
	CHECK_INT(used, size);
	CHECK_INT(column.rows, rows);
	check_reads(&column, values, 0, rows);
	check_reads(&column, values, rows / 3, rows - rows / 3);
	check_reads(&column, values, rows / 2, rows ? 1 : 0);
	how = column.bits | (column.form == COLUMN_RAMP ? 0 : column.form << 8);
	free(packed);
	free(again);
	free(slowly);
	free(exact);
	free(from);
	return how;
}

static void test_example(void)
{
	static const uint16_t values[] = {300, 301, 555};
	static const uint8_t bytes[] = {8, 0, 0, 0, 3, 0, 0, 0, 0x2c, 1, 0, 0, 0, 0, 0, 0,
					0, 1, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					0, 0, 0, 0, 0, 0, 0, 0};
	uint8_t out[COLUMN_BYTES_MAX(3)];

	CHECK_INT(column_pack(out, values, 2, 3), sizeof bytes);
	CHECK(memcmp(out, bytes, sizeof bytes) == 0);
	check_case("300, 301, 555 become a base of 300 and the bytes 0, 1, 255");
}

static void test_widths(void)
{
	static const uint32_t sizes[] = {2, 3, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000, ROWS_MAX};
	static const size_t element_bytes[] = {1, 2, 4, 8};
	int64_t *values = malloc(ROWS_MAX * sizeof *values);
	uint32_t i;
	size_t e, s;
	int width;

	for (e = 0; e < 4; e++) {
		for (width = 0; width <= (int)element_bytes[e]; width++) {
			uint64_t range = width == 0 ? 0 : UINT64_MAX >> (64 - 8 * width);
			/* Of elements that the range does not fill, somewhere inside. */
			int64_t base = element_bytes[e] < 8 ? 77
							    : -((int64_t)1 << (8 * width % 64));

			if (width == (int)element_bytes[e])
				base = width == 8 ? INT64_MIN : 0;
			for (s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
				for (i = 0; i < sizes[s]; i++)
					values[i] = (int64_t)((uint64_t)base +
							      (range ? next_random() & range : 0));
				values[sizes[s] / 2] = base;
				values[sizes[s] - 1] = (int64_t)((uint64_t)base + range);
				if (sizes[s] / 2 != sizes[s] - 1)
					CHECK_INT(round_trip(values, element_bytes[e], sizes[s]),
						  8 * width);
			}
		}
	}
	free(values);
	check_case("every width of every element, at every edge of a step, comes back");
}

static void test_ranges(void)
{
	static const struct {
		int64_t least, greatest;
		int bits;
	} rows[] = {
		{5, 6, 1},
		{0, 2, 2},
		{0, 0x3f, 6},
		{0, 0x7f, 8},
		{0, 0xff, 8},
		{0, 0x100, 9},
		{0, 0x7fff, 16},
		{-1, 0xffff, 17},
		{0, 0xffffff, 24},
		{1, 0x1000001, 25},
		{0, 0x3fffffff, 30},
		{0, 0x7fffffff, 32},
		{-5, 0xffffffff - 5, 32},
		{-5, 0x100000000 - 5, 33},
		{INT64_MIN, INT64_MIN + 0xffffffffff, 40},
		{INT64_MAX - 0x10000000000, INT64_MAX, 41},
		{0, 0xffffffffffffff, 56},
		{0, 0x100000000000000, 64},
		{INT64_MIN, INT64_MAX, 64},
		{INT64_MIN, 0, 64},
		{-1, INT64_MAX, 64},
		{INT64_MAX - 1, INT64_MAX - 1, 0},
		{INT64_MIN, INT64_MIN, 0},
		{1700000000000000000, 1700000000016777215, 24}, /* 16.7 ms of nanoseconds */
		{1700000000000000000, 1700000004294967296, 33}, /* 4.3 s */
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const int64_t values[] = {rows[i].greatest, rows[i].least, rows[i].greatest,
					  rows[i].least};

		CHECK_INT(round_trip(values, 8, 4), rows[i].bits);
	}
	check_case("a value takes the fewest bits for the range, over all of 64 bits");
}

static void test_late_range(void)
{
	static int64_t values[300];
	size_t at;

	for (at = 0; at < 300; at++) {
		memset(values, 0, sizeof values);
		values[at] = INT64_MIN;
		CHECK_INT(round_trip(values, 8, 300), 1 | COLUMN_TABLE << 8);
		values[at] = 0x1ff;
		CHECK_INT(round_trip(values, 4, 300), 1 | COLUMN_TABLE << 8);
		values[at] = 7; /* as narrow as a table's number need be */
		CHECK_INT(round_trip(values, 1, 300), 3);
	}
	check_case("one value out of the way is seen wherever it stands");
}

static void test_ramps(void)
{
	static const struct {
		int64_t first;
		uint32_t rows;
		size_t element_bytes;
		int ramp;
	} rows[] = {
		{1, 2, 4, 1},
		{1, ROWS_MAX, 4, 1},
		{0, 256, 1, 1},
		{0, 257, 1, 0},          /* 255, 0 */
		{250, 10, 1, 0},
		{65530, 6, 2, 1},
		{65530, 7, 2, 0},
		{UINT32_MAX - 99, 100, 4, 1},
		{UINT32_MAX - 99, 101, 4, 0},
		{-5, 10, 8, 1},
		{INT64_MAX - 4, 5, 8, 1},
		{INT64_MAX - 4, 10, 8, 1}, /* goes on below, and so does the reader */
		{7, 1, 8, 0},            /* one value counts nothing */
	};
	int64_t *values = malloc(ROWS_MAX * sizeof *values);
	uint8_t *packed = malloc(column_bytes_max(ROWS_MAX));
	size_t r, bits;
	uint32_t i;

	for (r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		void *from;

		bits = 8 * rows[r].element_bytes;
		for (i = 0; i < rows[r].rows; i++) {
			uint64_t value = (uint64_t)rows[r].first + i;

			values[i] = (int64_t)(bits == 64 ? value : value & ((1ull << bits) - 1));
		}
		from = elements(values, rows[r].element_bytes, rows[r].rows);
		column_pack(packed, from, rows[r].element_bytes, rows[r].rows);
		CHECK_INT(packed[1], rows[r].ramp);
		free(from);
		round_trip(values, rows[r].element_bytes, rows[r].rows);
	}
	for (i = 0; i < 1000; i++)
		values[i] = i + (i >= 500); /* frame 500 is missing */
	CHECK_INT(round_trip(values, 4, 1000), 10);
	free(values);
	free(packed);
	check_case("values that count up by one take no space, unless they wrap");
}

static void test_few(void)
{
	static const int64_t one[] = {-12345};
	uint8_t header[COLUMN_HEADER_BYTES];

	CHECK_INT(round_trip(one, 8, 0), 0);
	CHECK_INT(round_trip(one, 8, 1), 0);
	CHECK_INT(column_pack(header, one, 8, 0), COLUMN_HEADER_BYTES);
	CHECK_INT(column_pack(header, one, 8, 1), COLUMN_HEADER_BYTES + 0);
	check_case("no values and one value are columns, too");
}

/* Values of which `percent` in a hundred are `often`, the others of `range` above `least`. */
static void fill_mostly(int64_t *values, uint32_t rows, unsigned percent, int64_t often, int64_t least,
			uint64_t range)
{
	uint32_t i;

	for (i = 0; i < rows; i++)
		values[i] = next_random() % 100 < percent
				    ? often
				    : (int64_t)((uint64_t)least + (next_random() >> 8) % range);
}

static void test_tables(void)
{
	static const uint32_t sizes[] = {64, 65, 100, 1000, ROWS_MAX - 1, ROWS_MAX};
	static const struct {
		uint32_t different;
		int bits;
	} rows[] = {{2, 1}, {3, 2}, {4, 2}, {5, 3}, {8, 3}, {9, 4}, {16, 4}};
	int64_t *values = malloc(ROWS_MAX * sizeof *values);
	uint32_t i;
	size_t r, s;

	for (r = 0; r < sizeof rows / sizeof rows[0]; r++)
		for (s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
			for (i = 0; i < sizes[s]; i++)
				values[i] = (int64_t)(i % rows[r].different * 1000000007);
			CHECK_INT(round_trip(values, 8, sizes[s]), rows[r].bits | COLUMN_TABLE << 8);
			for (i = 0; i < sizes[s]; i++)
				values[i] = i % rows[r].different * 4001;
			round_trip(values, 2, sizes[s]);
			round_trip(values, 4, sizes[s]);
		}
	free(values);
	check_case("few different values are numbers in a table of them");
}

static void test_sparse(void)
{
	static const uint32_t sizes[] = {64, 127, 128, 129, 1000, ROWS_MAX - 1, ROWS_MAX};
	int64_t *values = malloc(ROWS_MAX * sizeof *values);
	int how = 0;
	unsigned percent;
	size_t s;

	for (s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
		for (percent = 97; percent > 50; percent -= 7) {
			fill_mostly(values, sizes[s], percent, 0, 1, UINT32_MAX);
			round_trip(values, 4, sizes[s]);
			fill_mostly(values, sizes[s], percent, INT64_MIN, -3, UINT64_MAX >> 9);
			how = round_trip(values, 8, sizes[s]);
			fill_mostly(values, sizes[s], percent, 255, 0, 255);
			round_trip(values, 1, sizes[s]);
		}
	CHECK_INT(how, 55 | COLUMN_SPARSE << 8);
	memset(values, 0, ROWS_MAX * sizeof *values);
	for (s = 0; s < 600; s++)
		values[ROWS_MAX - 1 - s] = (int64_t)s * 77777;
	CHECK_INT(round_trip(values, 4, ROWS_MAX) >> 8, COLUMN_SPARSE);
	free(values);
	check_case("a value that is there most often takes a bit, the others what they are");
}

/* Opens a copy at the end of memory and reads all of what it says it holds. */
static bool opens(const uint8_t *bytes, size_t size, uint32_t rows)
{
	uint8_t *exact = malloc(size + !size);
	struct column column;
	size_t used;
	bool good;

	if (size)
		memcpy(exact, bytes, size);
	good = column_open(&column, exact, size, rows, &used);
	if (good) {
		int64_t *out = malloc(rows * sizeof *out + 1);
		uint32_t i;

		CHECK(used <= size);
		column_read_64(&column, 0, rows, out);
		for (i = 0; i < rows; i++)
			CHECK(out[i] == column_get(&column, i));
		free(out);
	}
	free(exact);
	return good;
}

static void test_damage(void)
{
	static const uint16_t values[] = {5, 900, 7, 1, 44, 2000, 3, 9, 12};
	uint8_t out[COLUMN_BYTES_MAX(9)];
	size_t size = column_pack(out, values, 2, 9), i;
	int value;

	CHECK_INT(size, 48); /* 16 + 9 * 11 bits, zeros and 16 more */
	CHECK(opens(out, size, 9));
	for (i = 0; i < size; i++)
		CHECK(!opens(out, i, 9));
	CHECK(!opens(out, size, 8));
	CHECK(!opens(out, size, 10));
	CHECK(!opens(out, size, 0));
	check_case("a column that was cut, or of another length, is refused");

	for (value = 0; value < 256; value++) {
		out[0] = (uint8_t)value;
		CHECK_INT(opens(out, size, 9), value <= 14); /* more bits are not there */
	}
	out[0] = 11;
	for (value = 0; value < 256; value++) {
		out[1] = (uint8_t)value;
		CHECK_INT(opens(out, size, 9), value == 0);
		out[0] = 0;
		CHECK_INT(opens(out, size, 9), value <= 1);
		out[0] = 11;
	}
	check_case("numbers of bits and forms that cannot be are refused");

	out[1] = 0;
	for (i = 0; i < size; i++) {
		for (value = 1; value < 256; value += 2) {
			out[i] ^= (uint8_t)value;
			opens(out, size, 9);
			out[i] ^= (uint8_t)value;
		}
	}
	memset(out, 0xff, sizeof out);
	CHECK(!opens(out, sizeof out, UINT32_MAX));
	check_case("no byte of a column leads outside of it");
}

/* Every byte of a coded column but its values is changed in every bit. */
static void test_coded_damage(void)
{
	enum { ROWS = 200 };
	int64_t values[ROWS], few;
	uint8_t out[COLUMN_BYTES_MAX(ROWS)];
	size_t size, i;
	int bit;

	for (few = 0; few < 2; few++) {
		fill_mostly(values, ROWS, few ? 40 : 80, 5, -70000, few ? 6 : 1000000);
		size = column_pack(out, values, 8, ROWS);
		CHECK_INT(out[1], few ? COLUMN_TABLE : COLUMN_SPARSE);
		CHECK(opens(out, size, ROWS));
		for (i = 0; i < size; i++) {
			CHECK(!opens(out, i, ROWS));
			for (bit = 0; bit < 8; bit++) {
				out[i] ^= (uint8_t)(1 << bit);
				opens(out, size, ROWS);
				out[i] ^= (uint8_t)(1 << bit);
			}
		}
		for (i = 0; i < 4; i++) { /* too short, or too long, for a coded one */
			static const uint32_t wrong[] = {0, 63, COLUMN_CODED_ROWS + 1, UINT32_MAX};

			memcpy(out + 4, &wrong[i], 4);
			CHECK(!opens(out, size, wrong[i]));
		}
	}
	check_case("no byte of a table or of a sparse column leads outside of it");
}

int main(void)
{
	test_example();
	test_widths();
	test_ranges();
	test_late_range();
	test_ramps();
	test_few();
	test_tables();
	test_sparse();
	test_damage();
	test_coded_damage();
	return check_exit();
}
