/* What a reader may say of any file: for the targets of pcap and pcapng. */
#ifndef CROSSTAP_TESTS_FUZZ_CAPTURE_FRAMES_H
#define CROSSTAP_TESTS_FUZZ_CAPTURE_FRAMES_H

#include "collect/source.h"
#include "tests/fuzz/bytes_memory.h"

/* Borrowed bytes are read to their ends. */
static uint32_t capture_sum(const uint8_t *bytes, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += bytes[i];
	return sum;
}

static void capture_frame(const struct source *source, const struct frame *frame, const uint8_t *bytes,
			  size_t size, uint64_t number)
{
	static volatile uint32_t sum;
	const struct source_interface *interface = source_interface(source, frame->interface);

	FUZZ_HOLDS(frame->number >= number);
	FUZZ_HOLDS(frame->caplen_bytes <= frame->length_bytes);
	FUZZ_HOLDS(frame->caplen_bytes <= SOURCE_CAPLEN_MAX);
	FUZZ_HOLDS(frame->bytes >= bytes && frame->caplen_bytes <= size);
	FUZZ_HOLDS((size_t)(frame->bytes - bytes) <= size - frame->caplen_bytes);
	FUZZ_HOLDS(frame->offset < size);
	FUZZ_HOLDS(interface && interface->linktype == frame->linktype);
	sum += capture_sum(frame->bytes, frame->caplen_bytes);
}

/* Reads all of it. */
static void capture_read(const uint8_t *bytes, size_t size)
{
	struct source *source = NULL;
	const struct source_info *info;
	struct error err = {0};
	struct frame frame;
	uint64_t frames = 0;
	bool more = true;

	bytes_memory_set(bytes, size);
	if (source_open(&source, "-", &err)) {
		FUZZ_HOLDS(err.status == STATUS_INPUT && err.text[0] && !source);
		return;
	}
	while (!source_next(source, &frame, &more, &err) && more)
		capture_frame(source, &frame, bytes, size, ++frames);
	FUZZ_HOLDS(!more && !err.text[0]);
	info = source_info(source);
	FUZZ_HOLDS(info->frames == frames);
	FUZZ_HOLDS(info->damaged == (info->damage[0] != '\0'));
	FUZZ_HOLDS(!info->damaged || info->damage_offset <= size);
	source_close(&source);
}

#endif
