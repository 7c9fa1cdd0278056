#include "report/pcapng_out.h"

#include <errno.h>
#include <string.h>

#define NS_PER_S 1000000000
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

enum { BLOCK_INTERFACE = 1, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_SHB_USERAPPL = 4,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_TSOFFSET = 14,
};

static void put_number(struct buffer *block, uint64_t value, size_t bytes)
{
	uint8_t *p = buffer_extend(block, bytes);
	size_t i;

	for (i = 0; p && i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/* To a multiple of 4 bytes, with zeros. */
static void put_padded(struct buffer *block, const void *bytes, size_t size)
{
	size_t padding = -size & 3;
	uint8_t *p = buffer_extend(block, size + padding);

	if (!p)
		return;
	if (size)
		memcpy(p, bytes, size);
	memset(p + size, 0, padding);
}

static void put_option(struct buffer *block, uint16_t code, const void *value, size_t size)
{
	put_number(block, code, 2);
	put_number(block, size, 2);
	put_padded(block, value, size);
}

static void put_text(struct buffer *block, uint16_t code, const char *text)
{
	size_t size = strlen(text);

	if (size > PCAPNG_OPTION_MAX)
		for (size = PCAPNG_OPTION_MAX; (text[size] & 0xc0) == 0x80; size--)
			;
	put_option(block, code, text, size);
}

static void block_begin(struct pcapng_out *out, uint32_t type)
{
	out->block.size = 0;
	put_number(&out->block, type, 4);
	put_number(&out->block, 0, 4); /* the length */
}

static enum status block_end(struct pcapng_out *out, struct error *err)
{
	struct buffer *block = &out->block;
	uint32_t length = (uint32_t)block->size + 4;
	size_t i;

	put_number(block, length, 4);
	if (block->failed)
		return error_errno(err, ENOMEM, "a block of pcapng");
	for (i = 0; i < 4; i++)
		block->bytes[4 + i] = (uint8_t)(length >> (8 * i));
	return output_write(out->output, (const char *)block->bytes, block->size, err);
}

enum status pcapng_out_begin(struct pcapng_out *out, int64_t earliest_ns, const char *application,
			     const char *comment, struct error *err)
{
	struct buffer *block = &out->block;

	out->offset_s = earliest_ns < 0 ? earliest_ns / NS_PER_S - 1 : 0;
	block_begin(out, BLOCK_SECTION);
	put_number(block, BYTE_ORDER_MAGIC, 4);
	put_number(block, 1, 2);          /* version 1.0 */
	put_number(block, 0, 2);
	put_number(block, UINT64_MAX, 8); /* the section's length is not given */
	if (comment)
		put_text(block, OPTION_COMMENT, comment);
	put_text(block, OPTION_SHB_USERAPPL, application);
	put_option(block, OPTION_END, NULL, 0);
	return block_end(out, err);
}

enum status pcapng_out_interface(struct pcapng_out *out, const struct pcapng_interface *interface,
				 struct error *err)
{
	static const uint8_t nanoseconds = 9; /* 10^-9 s */
	struct buffer *block = &out->block;

	block_begin(out, BLOCK_INTERFACE);
	put_number(block, interface->linktype, 2);
	put_number(block, 0, 2);
	put_number(block, interface->snaplen, 4);
	put_text(block, OPTION_IF_NAME, interface->name);
	put_text(block, OPTION_IF_DESCRIPTION, interface->description);
	put_option(block, OPTION_IF_TSRESOL, &nanoseconds, sizeof nanoseconds);
	if (out->offset_s) {
		put_number(block, OPTION_IF_TSOFFSET, 2);
		put_number(block, 8, 2);
		put_number(block, (uint64_t)out->offset_s, 8);
	}
	put_option(block, OPTION_END, NULL, 0);
	return block_end(out, err);
}

/* 64 bits without a sign have room for 584 years from the offset on, which is all of int64 but
 * its last second. */
static uint64_t packet_units(const struct pcapng_out *out, int64_t time_ns)
{
	__int128 units = (__int128)time_ns - (__int128)out->offset_s * NS_PER_S;

	return units > UINT64_MAX ? UINT64_MAX : (uint64_t)units;
}

enum status pcapng_out_packet(struct pcapng_out *out, const struct pcapng_packet *packet,
			      struct error *err)
{
	uint64_t units = packet_units(out, packet->time_ns);
	uint32_t caplen = packet->caplen_bytes, i;
	struct buffer *block = &out->block;

	if (caplen > PCAPNG_CAPLEN_MAX)
		caplen = PCAPNG_CAPLEN_MAX;
	block_begin(out, BLOCK_PACKET);
	put_number(block, packet->interface, 4);
	put_number(block, units >> 32, 4);
	put_number(block, units & UINT32_MAX, 4);
	put_number(block, caplen, 4);
	put_number(block, packet->length_bytes, 4);
	put_padded(block, packet->bytes, caplen);
	for (i = 0; i < packet->comments; i++)
		put_text(block, OPTION_COMMENT, packet->comment[i]);
	if (packet->comments)
		put_option(block, OPTION_END, NULL, 0);
	return block_end(out, err);
}

void pcapng_out_free(struct pcapng_out *out)
{
	buffer_free(&out->block);
}
