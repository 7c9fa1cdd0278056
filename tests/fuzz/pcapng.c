/* pcapng: sections, interfaces, packets of every kind of block. */
#include "tests/fuzz/capture_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint8_t section[4] = {0x0a, 0x0d, 0x0d, 0x0a};
	struct fuzz in = {bytes, size};
	size_t n;
	uint8_t *file = fuzz_copy(&in, in.left, &n);

	memcpy(file, section, n < sizeof section ? n : sizeof section);
	if (n >= sizeof section)
		capture_read(file, n);
	free(file);
	return 0;
}
