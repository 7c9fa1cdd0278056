/* ERF and TSH: which records follow each other, and what each holds, as far as that is read before libtrace, which
 * has a process of its own. */
#include "collect/erf.h"
#include "collect/erf_record.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct erf_record record;
	size_t n;
	uint8_t *file = fuzz_copy(&in, in.left, &n);

	erf_reader_type.recognise(file, n, true);
	tsh_reader_type.recognise(file, n, false);
	for (size_t at = 0; n - at >= ERF_HEADER_BYTES;) {
		uint32_t length = erf_record_length(file + at);

		FUZZ_HOLDS(length <= ERF_RECORD_MAX);
		if (!length || length > n - at)
			break;
		if (erf_record_parse(file + at, length, &record)) {
			FUZZ_HOLDS(record.record_bytes == length);
			FUZZ_HOLDS(!record.type || (record.frame_offset <= length &&
						    record.caplen_bytes <= length - record.frame_offset));
			erf_time_ns(record.time);
		}
		at += length;
	}
	free(file);
	return 0;
}
