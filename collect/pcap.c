#include "collect/pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORD_HEADER_BYTES 16
#define LINKTYPE_MASK 0xffffu /* above it: the FCS length, its flag, reserved bits */
#define NS_PER_S 1000000000

struct pcap_variant {
	uint32_t magic;               /* as the writing host saw it */
	uint32_t ns_per_unit;
	uint32_t record_header_bytes; /* Kuznetzov: interface, protocol and packet type behind */
};

static const struct pcap_variant variants[] = {
	{0xa1b2c3d4, 1000, RECORD_HEADER_BYTES},
	{0xa1b23c4d, 1, RECORD_HEADER_BYTES},
	{0xa1b2cd34, 1000, RECORD_HEADER_BYTES + 8},
};

/* 543 is the major version of DG/UX. */
static const struct pcap_version {
	uint16_t major, least_minor, greatest_minor;
	enum pcap_lengths order;
} versions[] = {
	{2, 4, 0xffff, CAPLEN_FIRST},
	{2, 3, 3, CAPLEN_IS_LESS},
	{2, 0, 2, CAPLEN_SECOND},
	{543, 0, 0xffff, CAPLEN_SECOND},
};

struct pcap_reader {
	struct reader base;
	struct pcap_layout layout;
	uint64_t number;              /* of the last frame */
};

static const struct pcap_variant *variant_find(const uint8_t *bytes, bool *big_endian)
{
	for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
		for (int big = 0; big < 2; big++)
			if (bytes_u32(bytes, big) == variants[i].magic) {
				*big_endian = big;
				return &variants[i];
			}
	return NULL;
}

static const struct pcap_version *version_find(uint16_t major, uint16_t minor)
{
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
		if (major == versions[i].major && minor >= versions[i].least_minor &&
		    minor <= versions[i].greatest_minor)
			return &versions[i];
	return NULL;
}

static bool pcap_reader_recognise(const uint8_t *bytes, size_t size, bool all)
{
	bool big_endian;

	return size >= 4 && variant_find(bytes, &big_endian);
}

bool pcap_layout_read(struct pcap_layout *layout, const uint8_t header[PCAP_HEADER_BYTES])
{
	bool big = false;
	const struct pcap_variant *variant = variant_find(header, &big);
	const struct pcap_version *version =
		variant ? version_find(bytes_u16(header + 4, big), bytes_u16(header + 6, big)) : NULL;

	if (!version)
		return false;
	*layout = (struct pcap_layout){big, variant->ns_per_unit, variant->record_header_bytes, version->order,
				       bytes_u32(header + 20, big) & LINKTYPE_MASK};
	return true;
}

/* The magic number is a known one. */
static enum status pcap_reader_header(struct pcap_reader *reader, const uint8_t *header,
				      struct error *err)
{
	struct source_interface interface = {0};
	uint32_t index;
	bool big = false;

	variant_find(header, &big);
	if (!pcap_layout_read(&reader->layout, header))
		return error_set(err, STATUS_INPUT, "%s: pcap version %u.%u is not known",
				 bytes_name(reader->base.bytes), bytes_u16(header + 4, big),
				 bytes_u16(header + 6, big));
	interface.snaplen = bytes_u32(header + 16, big);
	interface.linktype = reader->layout.linktype;
	return notes_add_interface(reader->base.notes, &interface, 0, &index, err);
}

static enum status pcap_reader_open(struct reader **out, struct bytes *bytes, struct notes *notes,
				    struct error *err)
{
	const uint8_t *header = bytes_need(bytes, PCAP_HEADER_BYTES);
	struct pcap_reader *reader;
	enum status status;

	if (!header)
		return notes_end(notes, bytes, 0, "the pcap header", err);
	reader = calloc(1, sizeof *reader);
	if (!reader)
		return error_errno(err, ENOMEM, "%s", bytes_name(bytes));
	reader->base = (struct reader){&pcap_reader_type, bytes, notes};
	*out = &reader->base;
	status = pcap_reader_header(reader, header, err);
	bytes_take(bytes, PCAP_HEADER_BYTES);
	return status;
}

static void pcap_reader_close(struct reader *base)
{
	free(base);
}

/* No next record: the end, or a damage that is now told. */
static enum status pcap_reader_end(struct pcap_reader *reader, uint32_t caplen, struct error *err)
{
	struct bytes *bytes = reader->base.bytes;
	unsigned long long number = reader->number + 1;
	char inside[96];

	if (caplen > SOURCE_CAPLEN_MAX) {
		notes_damage(reader->base.notes, bytes_offset(bytes),
			     "packet %llu claims %u captured bytes", number, caplen);
		return STATUS_OK;
	}
	if (bytes_left(bytes) < reader->layout.header_bytes)
		snprintf(inside, sizeof inside, "the header of packet %llu", number);
	else
		snprintf(inside, sizeof inside, "packet %llu of %u captured bytes", number, caplen);
	return notes_end(reader->base.notes, bytes, bytes_offset(bytes), inside, err);
}

static void layout_lengths(const struct pcap_layout *layout, const uint8_t *header,
			   uint32_t *caplen, uint32_t *length)
{
	uint32_t first = bytes_u32(header + 8, layout->big_endian);
	uint32_t second = bytes_u32(header + 12, layout->big_endian);
	bool swapped = layout->order == CAPLEN_SECOND ||
		       (layout->order == CAPLEN_IS_LESS && first > second);

	*caplen = swapped ? second : first;
	*length = swapped ? first : second;
}

void pcap_layout_frame(const struct pcap_layout *layout, const uint8_t *header, struct frame *frame)
{
	bool big = layout->big_endian;
	uint32_t length;

	layout_lengths(layout, header, &frame->caplen_bytes, &length);
	frame->time_ns = (int64_t)bytes_u32(header, big) * NS_PER_S +
			 (int64_t)bytes_u32(header + 4, big) * layout->ns_per_unit;
	frame->interface = 0;
	frame->linktype = layout->linktype;
	frame->length_bytes = length < frame->caplen_bytes ? frame->caplen_bytes : length;
	frame->dropped_before = 0;
}

static enum status pcap_reader_next(struct reader *base, struct frame *frame, bool *more,
				    struct error *err)
{
	struct pcap_reader *reader = (struct pcap_reader *)base;
	uint32_t header_bytes = reader->layout.header_bytes, caplen;
	struct bytes *bytes = base->bytes;
	const uint8_t *at = bytes_need(bytes, header_bytes);

	if (!at)
		return pcap_reader_end(reader, 0, err);
	pcap_layout_frame(&reader->layout, at, frame);
	caplen = frame->caplen_bytes;
	if (caplen > SOURCE_CAPLEN_MAX || !(at = bytes_need(bytes, header_bytes + caplen)))
		return pcap_reader_end(reader, caplen, err);
	frame->number = ++reader->number;
	frame->offset = bytes_offset(bytes);
	frame->bytes = at + header_bytes;
	bytes_take(bytes, header_bytes + caplen);
	*more = true;
	return STATUS_OK;
}

const struct reader_type pcap_reader_type = {
	.name = "pcap",
	.sniff_bytes = 4,
	.recognise = pcap_reader_recognise,
	.open = pcap_reader_open,
	.next = pcap_reader_next,
	.close = pcap_reader_close,
};
