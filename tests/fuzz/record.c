/* Blocks of records as a store gives them back. */
#include "collect/record.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct record_block *block;
	static uint64_t fp[RECORD_BLOCK_ROWS];
	struct fuzz in = {bytes, size};
	struct record_chunk chunk;
	size_t n;
	uint8_t *copy = fuzz_copy(&in, in.left, &n);

	if (!block && !(block = calloc(1, sizeof *block)))
		abort();
	if (record_open(&chunk, copy, n)) {
		FUZZ_HOLDS(chunk.rows && chunk.rows <= RECORD_BLOCK_ROWS);
		record_unpack(block, &chunk);
		record_fingerprints(&chunk, 0, chunk.rows, FUZZ_SEED, fp);
		record_place(&chunk, chunk.rows - 1);
		FUZZ_HOLDS(block->rows == chunk.rows);
		FUZZ_HOLDS(block->time_ns[chunk.rows - 1] ==
			   column_get(&chunk.column[RECORD_TIME], chunk.rows - 1));
	}
	free(copy);
	return 0;
}
