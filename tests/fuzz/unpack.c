/* gzip, bzip2, xz, zstd and lz4 that are damaged, or none: what comes out is bounded by what is asked for. */
#include "collect/unpack.h"
#include "tests/fuzz/fuzz.h"

enum { ROOM = 1 << 16, READS = 32 };

static ssize_t give(void *context, const uint8_t **bytes)
{
	struct fuzz *in = context;
	size_t n = in->left < 4096 ? in->left : 4096;

	*bytes = in->at;
	in->at += n;
	in->left -= n;
	return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t out[ROOM];
	struct fuzz in = {bytes, size};
	const struct unpack_packing *packing = unpack_recognise(bytes, size);
	struct unpack *unpack;
	ssize_t got = 1;

	if (!packing)
		return 0;
	unpack = unpack_open(packing, give, &in);
	if (!unpack)
		abort();
	for (int i = 0; i < READS && got > 0; i++) {
		got = unpack_read(unpack, out, sizeof out);
		FUZZ_HOLDS(got <= ROOM);
	}
	FUZZ_HOLDS(got >= 0 || unpack_text(unpack)[0]);
	unpack_close(&unpack);
	return 0;
}
