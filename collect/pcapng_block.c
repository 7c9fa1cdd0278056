#include "collect/pcapng_block.h"

#include <string.h>

#define NS_PER_S 1000000000
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

enum { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_SHB_USERAPPL = 4,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_FILTER = 11,
	OPTION_IF_TSOFFSET = 14,
	OPTION_EPB_DROPCOUNT = 4,
	OPTION_ISB_STARTTIME = 2,
	OPTION_ISB_ENDTIME = 3,
	OPTION_ISB_IFRECV = 4,
	OPTION_ISB_IFDROP = 5,
	OPTION_ISB_OSDROP = 7,
};

static uint8_t *number_at(uint8_t *p, uint64_t value, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
	return p + bytes;
}

static void put_number(struct buffer *to, uint64_t value, size_t bytes)
{
	uint8_t *p = buffer_extend(to, bytes);

	if (p)
		number_at(p, value, bytes);
}

/* To a multiple of 4 bytes, with zeros. */
static void put_padded(struct buffer *to, const void *bytes, size_t size)
{
	size_t padding = -size & 3;
	uint8_t *p = buffer_extend(to, size + padding);

	if (!p)
		return;
	if (size)
		memcpy(p, bytes, size);
	memset(p + size, 0, padding);
}

static void put_option(struct buffer *to, uint16_t code, const void *value, size_t size)
{
	put_number(to, code, 2);
	put_number(to, size, 2);
	put_padded(to, value, size);
}

static void put_count(struct buffer *to, uint16_t code, uint64_t value)
{
	put_number(to, code, 2);
	put_number(to, 8, 2);
	put_number(to, value, 8);
}

static void put_text(struct buffer *to, uint16_t code, const char *text)
{
	size_t size = text ? strlen(text) : 0;

	if (!text)
		return;
	if (size > PCAPNG_OPTION_MAX)
		for (size = PCAPNG_OPTION_MAX; (text[size] & 0xc0) == 0x80; size--)
			;
	put_option(to, code, text, size);
}

/* Where the block begins, for block_end(). */
static size_t block_begin(struct buffer *to, uint32_t type)
{
	size_t at = to->size;

	put_number(to, type, 4);
	put_number(to, 0, 4); /* the length */
	return at;
}

static void block_end(struct buffer *to, size_t at)
{
	uint32_t length = (uint32_t)(to->size - at) + 4;

	put_number(to, length, 4);
	if (!to->failed)
		number_at(to->bytes + at + 4, length, 4);
}

void pcapng_block_section(struct buffer *to, const char *application, const char *comment)
{
	size_t at = block_begin(to, BLOCK_SECTION);

	put_number(to, BYTE_ORDER_MAGIC, 4);
	put_number(to, 1, 2);          /* version 1.0 */
	put_number(to, 0, 2);
	put_number(to, UINT64_MAX, 8); /* the section's length is not given */
	put_text(to, OPTION_COMMENT, comment);
	put_text(to, OPTION_SHB_USERAPPL, application);
	put_option(to, OPTION_END, NULL, 0);
	block_end(to, at);
}

/* The filter's option begins with a byte: 0, it is a text. */
static void put_filter(struct buffer *to, const char *filter)
{
	size_t size = filter ? strlen(filter) : 0;

	if (!size || size >= PCAPNG_OPTION_MAX)
		return;
	put_number(to, OPTION_IF_FILTER, 2);
	put_number(to, size + 1, 2);
	put_number(to, 0, 1);
	if (buffer_extend(to, size + (-(size + 1) & 3))) {
		uint8_t *p = to->bytes + to->size - size - (-(size + 1) & 3);

		memcpy(p, filter, size);
		memset(p + size, 0, -(size + 1) & 3);
	}
}

void pcapng_block_interface(struct buffer *to, const struct pcapng_interface *interface)
{
	static const uint8_t nanoseconds = 9; /* 10^-9 s */
	size_t at = block_begin(to, BLOCK_INTERFACE);

	put_number(to, interface->linktype, 2);
	put_number(to, 0, 2);
	put_number(to, interface->snaplen, 4);
	put_text(to, OPTION_IF_NAME, interface->name);
	put_text(to, OPTION_IF_DESCRIPTION, interface->description);
	put_option(to, OPTION_IF_TSRESOL, &nanoseconds, sizeof nanoseconds);
	put_filter(to, interface->filter);
	if (interface->offset_s)
		put_count(to, OPTION_IF_TSOFFSET, (uint64_t)interface->offset_s);
	put_option(to, OPTION_END, NULL, 0);
	block_end(to, at);
}

/* 64 bits without a sign have room for 584 years from the offset on, which is all of int64 but
 * its last second. */
static uint64_t time_units(int64_t time_ns, int64_t offset_s)
{
	__int128 units = (__int128)time_ns - (__int128)offset_s * NS_PER_S;

	return units > UINT64_MAX ? UINT64_MAX : (uint64_t)units;
}

void pcapng_block_packet(struct buffer *to, const struct pcapng_packet *packet)
{
	uint32_t caplen = packet->caplen_bytes < PCAPNG_CAPLEN_MAX ? packet->caplen_bytes
								   : PCAPNG_CAPLEN_MAX;
	uint64_t units = time_units(packet->time_ns, packet->offset_s);
	size_t at = block_begin(to, BLOCK_PACKET);
	uint8_t *p = buffer_extend(to, 20);
	uint32_t i;

	if (!p)
		return;
	p = number_at(p, packet->interface, 4);
	p = number_at(p, units >> 32, 4);
	p = number_at(p, units & UINT32_MAX, 4);
	p = number_at(p, caplen, 4);
	number_at(p, packet->length_bytes, 4);
	put_padded(to, packet->bytes, caplen);
	for (i = 0; i < packet->comments; i++)
		put_text(to, OPTION_COMMENT, packet->comment[i]);
	if (packet->dropped)
		put_count(to, OPTION_EPB_DROPCOUNT, packet->dropped);
	if (packet->comments || packet->dropped)
		put_option(to, OPTION_END, NULL, 0);
	block_end(to, at);
}

/* Two halves, the higher first, in the bytes of 64 bits with the lower half first. */
static void put_time(struct buffer *to, uint16_t code, int64_t time_ns)
{
	uint64_t units = time_units(time_ns, 0);

	put_count(to, code, units >> 32 | units << 32);
}

void pcapng_block_statistics(struct buffer *to, const struct pcapng_statistics *statistics)
{
	uint64_t units = time_units(statistics->time_ns, 0);
	size_t at = block_begin(to, BLOCK_STATISTICS);

	put_number(to, statistics->interface, 4);
	put_number(to, units >> 32, 4);
	put_number(to, units & UINT32_MAX, 4);
	if (statistics->until_ns) {
		put_time(to, OPTION_ISB_STARTTIME, statistics->from_ns);
		put_time(to, OPTION_ISB_ENDTIME, statistics->until_ns);
	}
	put_count(to, OPTION_ISB_IFRECV, statistics->received);
	put_count(to, OPTION_ISB_IFDROP, statistics->missed);
	put_count(to, OPTION_ISB_OSDROP, statistics->dropped);
	put_option(to, OPTION_END, NULL, 0);
	block_end(to, at);
}
