/* Classic pcap, in each of its variants. */
#include "tests/fuzz/capture_frames.h"

static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34, 0xd4c3b2a1, 0x4d3cb2a1, 0x34cdb2a1};

/* The first byte says which variant it is. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	uint32_t magic = magics[fuzz_number(&in, 1) % (sizeof magics / sizeof *magics)];
	size_t n;
	uint8_t *file = fuzz_copy(&in, in.left, &n);

	memcpy(file, &magic, n < sizeof magic ? n : sizeof magic);
	if (n >= sizeof magic)
		capture_read(file, n);
	free(file);
	return 0;
}
