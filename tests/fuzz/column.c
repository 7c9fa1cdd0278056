/* Columns: any bytes are one or are refused, and of one every way to read a value gives the same; what is packed
 * comes out as it went in. */
#include "collect/column.h"
#include "tests/fuzz/fuzz.h"

enum { ROWS_MAX = 1024 };

static void column_check(const struct column *column)
{
	static int64_t all[ROWS_MAX];
	static uint32_t words[ROWS_MAX];
	static uint16_t halves[ROWS_MAX];
	static uint8_t octets[ROWS_MAX];
	uint32_t from = column->rows / 3, rows = column->rows - from;

	column_read_64(column, from, rows, all);
	column_read_32(column, from, rows, words);
	column_read_16(column, from, rows, halves);
	column_read_8(column, from, rows, octets);
	for (uint32_t i = 0; i < rows; i++) {
		FUZZ_HOLDS(column_get(column, from + i) == all[i]);
		FUZZ_HOLDS(words[i] == (uint32_t)all[i]);
		FUZZ_HOLDS(halves[i] == (uint16_t)all[i] && octets[i] == (uint8_t)all[i]);
	}
}

/* Of what was packed every row is known. */
static void round_trip(struct fuzz *in)
{
	static int64_t values[ROWS_MAX], back[ROWS_MAX];
	static uint8_t packed[COLUMN_BYTES_MAX(ROWS_MAX)];
	unsigned bytes = 1 + (unsigned)fuzz_number(in, 1) % 8;
	uint8_t *copy;
	struct column column;
	uint32_t rows = 0;
	size_t size, used;

	while (in->left && rows < ROWS_MAX)
		values[rows++] = (int64_t)fuzz_number(in, bytes);
	if (!rows)
		return;
	size = column_pack(packed, values, sizeof *values, rows);
	FUZZ_HOLDS(size <= column_bytes_max(rows));
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, packed, size);
	FUZZ_HOLDS(column_open(&column, copy, size, rows, &used) && used == size);
	column_read_64(&column, 0, rows, back);
	FUZZ_HOLDS(memcmp(values, back, rows * sizeof *values) == 0);
	column_check(&column);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	uint32_t rows = (uint32_t)fuzz_number(&in, 2);
	struct column column;
	size_t n, used;
	uint8_t *copy;

	if (rows >> 15) {
		round_trip(&in);
		return 0;
	}
	copy = fuzz_copy(&in, in.left, &n);
	if (column_open(&column, copy, n, rows % ROWS_MAX + 1, &used)) {
		FUZZ_HOLDS(used <= n);
		column_check(&column);
	}
	free(copy);
	return 0;
}
