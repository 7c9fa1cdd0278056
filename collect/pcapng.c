#include "collect/pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_OVERHEAD 12     /* type, length, and the length again */
#define SECTION_BLOCK 0x0a0d0d0au
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_MAX (SOURCE_CAPLEN_MAX + (1u << 20)) /* bytes of a block that must be read whole */
#define NS_PER_S 1000000000
#define DROPS_NOT_KNOWN 0xffff /* in an obsolete packet block */

_Static_assert(BLOCK_MAX <= BYTES_NEED_MAX, "a block must fit in the window");

/* Option codes, each with the block where it stands. */
enum {
	OPTION_END = 0,
	OPTION_IF_NAME = 2,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_TSOFFSET = 14,
	OPTION_EPB_DROPCOUNT = 4,
	OPTION_SHB_USERAPPL = 4,
	OPTION_ISB_STARTTIME = 2,
	OPTION_ISB_ENDTIME = 3,
	OPTION_ISB_IFDROP = 5,
	OPTION_ISB_OSDROP = 7,
};

/* An interface of the section that is being read. */
struct section_interface {
	uint32_t index;               /* the source's number of it */
	uint32_t snaplen;
	uint32_t linktype;
	/* A time is units * multiply / divide, or (units * multiply) >> shift. */
	uint64_t multiply, divide;
	unsigned shift;
	int64_t offset_s;
	uint64_t drops_by_packets;    /* the sum of epb_dropcount */
	uint64_t drops_by_statistics; /* of the last such block, which counts from the start */
};

struct pcapng_reader {
	struct reader base;
	bool big_endian;
	bool own;                     /* crosstap wrote the section */
	struct section_interface *interfaces;
	uint32_t count, room;
	uint64_t number;              /* of the last frame */
	uint64_t offset;              /* of the block that is being read */
	bool got_frame;
	bool over;                    /* the bytes ended */
};

/* What is left of a block's body. */
struct body {
	const uint8_t *at;
	size_t left;
	bool broken;                  /* an option ran out of it */
};

struct option {
	uint16_t code, size;
	const uint8_t *value;
};

/* Reads one option; false at the end of them, or where one runs out of the
 * block. The latter is damage only where it hides how times are to be read. */
static bool option_next(const struct pcapng_reader *reader, struct body *body,
			struct option *option)
{
	size_t padded;

	if (body->left < 4)
		return false;
	option->code = bytes_u16(body->at, reader->big_endian);
	option->size = bytes_u16(body->at + 2, reader->big_endian);
	option->value = body->at + 4;
	if (option->code == OPTION_END)
		return false;
	padded = (option->size + 3u) & ~3u;
	body->broken = padded > body->left - 4;
	if (body->broken)
		return false;
	body->at += 4 + padded;
	body->left -= 4 + padded;
	return true;
}

static struct section_interface *interface_find(struct pcapng_reader *reader, uint32_t id)
{
	if (id < reader->count)
		return &reader->interfaces[id];
	notes_damage(reader->base.notes, reader->offset,
		     "interface %u is used, the section has %u so far", id, reader->count);
	return NULL;
}

/* ---- section and interfaces ---- */

static bool section_is_own(const struct pcapng_reader *reader, struct body body)
{
	static const char own[] = "crosstap ";
	struct option option;

	body.at += 16;
	body.left -= 16;
	while (option_next(reader, &body, &option))
		if (option.code == OPTION_SHB_USERAPPL)
			return option.size >= strlen(own) && memcmp(option.value, own, strlen(own)) == 0;
	return false;
}

static enum status read_section(struct pcapng_reader *reader, struct body body,
				struct frame *frame, struct error *err)
{
	uint16_t major = bytes_u16(body.at + 4, reader->big_endian);

	if (major != 1)
		notes_damage(reader->base.notes, reader->offset,
			     "pcapng version %u.%u is not known", major,
			     bytes_u16(body.at + 6, reader->big_endian));
	reader->own = section_is_own(reader, body);
	reader->count = 0; /* interfaces are numbered anew; the source keeps the old ones */
	return STATUS_OK;
}

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

/* if_tsresol: 10^-n, or 2^-n when the top bit is set. False: no 64 bits hold that. */
static bool interface_set_resolution(struct section_interface *interface, uint8_t resolution)
{
	unsigned exponent = resolution & 0x7f;
	bool binary = resolution & 0x80;

	if (exponent > (binary ? 63 : 19))
		return false;
	interface->multiply = binary ? NS_PER_S : exponent <= 9 ? power_of_ten(9 - exponent) : 1;
	interface->divide = !binary && exponent > 9 ? power_of_ten(exponent - 9) : 1;
	interface->shift = binary ? exponent : 0;
	return true;
}

static void read_interface_option(struct pcapng_reader *reader, const struct option *option,
				  struct section_interface *interface,
				  struct source_interface *shown)
{
	size_t size = option->size;

	switch (option->code) {
	case OPTION_IF_NAME:
		if (size >= sizeof shown->name)
			size = sizeof shown->name - 1;
		memcpy(shown->name, option->value, size);
		shown->name[size] = 0;
		break;
	case OPTION_IF_TSRESOL:
		if (size >= 1 && !interface_set_resolution(interface, option->value[0]))
			notes_damage(reader->base.notes, reader->offset,
				     "a time resolution of %s^-%u s",
				     option->value[0] & 0x80 ? "2" : "10",
				     option->value[0] & 0x7f);
		break;
	case OPTION_IF_TSOFFSET:
		if (size >= 8)
			interface->offset_s = (int64_t)bytes_u64(option->value, reader->big_endian);
		break;
	}
}

static enum status interface_add(struct pcapng_reader *reader,
				 const struct section_interface *interface, struct error *err)
{
	if (reader->count == reader->room) {
		uint32_t room = reader->room ? reader->room * 2 : 8;
		struct section_interface *more =
			realloc(reader->interfaces, room * sizeof *reader->interfaces);

		if (!more)
			return error_errno(err, ENOMEM, "%s", bytes_name(reader->base.bytes));
		reader->interfaces = more;
		reader->room = room;
	}
	reader->interfaces[reader->count++] = *interface;
	return STATUS_OK;
}

static enum status read_interface(struct pcapng_reader *reader, struct body body,
				  struct frame *frame, struct error *err)
{
	struct section_interface interface = {
		.linktype = bytes_u16(body.at, reader->big_endian),
		.snaplen = bytes_u32(body.at + 4, reader->big_endian),
	};
	struct source_interface shown = {
		.linktype = interface.linktype,
		.snaplen = interface.snaplen,
	};
	struct option option = {0};
	enum status status;

	interface_set_resolution(&interface, 6); /* the default is microseconds */
	body.at += 8;
	body.left -= 8;
	while (option_next(reader, &body, &option))
		read_interface_option(reader, &option, &interface, &shown);
	if (body.broken)
		notes_damage(reader->base.notes, reader->offset,
			     "option %u of an interface claims %u bytes where %zu are left",
			     option.code, option.size, body.left - 4);
	status = notes_add_interface(reader->base.notes, &shown, reader->offset, &interface.index,
				     err);
	if (status == STATUS_OK && !reader->base.notes->damaged)
		status = interface_add(reader, &interface, err);
	return status;
}

/* The packets' own counters and the statistics tell the same losses. */
static void interface_note_drops(struct pcapng_reader *reader,
				 const struct section_interface *interface)
{
	struct source_interface *shown = &reader->base.notes->interfaces[interface->index];

	shown->drops_known = true;
	shown->drops = interface->drops_by_packets > interface->drops_by_statistics
			       ? interface->drops_by_packets
			       : interface->drops_by_statistics;
}

static int64_t interface_time_ns(const struct section_interface *interface, uint64_t units)
{
	unsigned __int128 scaled = (unsigned __int128)units * interface->multiply;
	__int128 time_ns;

	if (interface->divide > 1)
		scaled /= interface->divide;
	time_ns = (__int128)(scaled >> interface->shift) +
		  (__int128)interface->offset_s * NS_PER_S;
	if (time_ns > INT64_MAX) /* beyond the year 2262 */
		return INT64_MAX;
	return time_ns < INT64_MIN ? INT64_MIN : (int64_t)time_ns;
}

/* When the capture ran: crosstap's own says between which times nothing passed unseen. Others say when they
 * were started and stopped, and what the kernel still had then is nowhere. */
static void interface_note_times(struct pcapng_reader *reader, const struct section_interface *interface,
				 const struct option *option)
{
	struct source_interface *shown = &reader->base.notes->interfaces[interface->index];
	uint64_t units = bytes_u64(option->value, reader->big_endian);
	int64_t time_ns = interface_time_ns(interface, reader->big_endian ? units : units >> 32 | units << 32);

	if (option->code == OPTION_ISB_STARTTIME)
		shown->ran_from_ns = time_ns;
	else
		shown->ran_until_ns = time_ns;
}

static enum status read_statistics(struct pcapng_reader *reader, struct body body,
				   struct frame *frame, struct error *err)
{
	struct section_interface *interface =
		interface_find(reader, bytes_u32(body.at, reader->big_endian));
	struct option option;
	uint64_t drops = 0;
	bool known = false;

	body.at += 12;
	body.left -= 12;
	while (interface && option_next(reader, &body, &option)) {
		if ((option.code == OPTION_ISB_IFDROP || option.code == OPTION_ISB_OSDROP) &&
		    option.size >= 8) {
			drops += bytes_u64(option.value, reader->big_endian);
			known = true;
		}
		if ((option.code == OPTION_ISB_STARTTIME || option.code == OPTION_ISB_ENDTIME) &&
		    option.size == 8 && reader->own)
			interface_note_times(reader, interface, &option);
	}
	if (known) {
		interface->drops_by_statistics = drops;
		interface_note_drops(reader, interface);
	}
	return STATUS_OK;
}

/* ---- packets ---- */

/* Fills in the frame whose captured bytes begin at body->at; takes them. */
static bool frame_fill(struct pcapng_reader *reader, const struct section_interface *interface,
		       struct body *body, uint32_t caplen, uint32_t length, struct frame *frame)
{
	size_t padded = ((size_t)caplen + 3) & ~(size_t)3;

	if (caplen > SOURCE_CAPLEN_MAX || caplen > body->left) {
		notes_damage(reader->base.notes, reader->offset,
			     "packet %llu claims %u captured bytes where its block has %zu",
			     (unsigned long long)reader->number + 1, caplen, body->left);
		return false;
	}
	frame->number = ++reader->number;
	frame->offset = reader->offset;
	frame->interface = interface->index;
	frame->linktype = interface->linktype;
	frame->caplen_bytes = caplen;
	frame->length_bytes = length < caplen ? caplen : length;
	frame->dropped_before = 0;
	frame->bytes = body->at;
	if (padded > body->left)
		padded = body->left;
	body->at += padded;
	body->left -= padded;
	reader->got_frame = true;
	return true;
}

static void frame_note_drops(struct pcapng_reader *reader, struct section_interface *interface,
			     uint64_t drops, struct frame *frame)
{
	frame->dropped_before = drops > UINT32_MAX ? UINT32_MAX : (uint32_t)drops;
	interface->drops_by_packets += drops;
	interface_note_drops(reader, interface);
}

/* What enhanced and obsolete blocks have in common, from their second word on. */
static struct section_interface *packet_read(struct pcapng_reader *reader, uint32_t id,
					     struct body *body, struct frame *frame)
{
	bool big = reader->big_endian;
	struct section_interface *interface = interface_find(reader, id);
	uint64_t units =
		(uint64_t)bytes_u32(body->at + 4, big) << 32 | bytes_u32(body->at + 8, big);
	uint32_t caplen = bytes_u32(body->at + 12, big), length = bytes_u32(body->at + 16, big);

	body->at += 20;
	body->left -= 20;
	if (!interface || !frame_fill(reader, interface, body, caplen, length, frame))
		return NULL;
	frame->time_ns = interface_time_ns(interface, units);
	return interface;
}

static enum status read_packet(struct pcapng_reader *reader, struct body body, struct frame *frame,
			       struct error *err)
{
	bool big = reader->big_endian;
	struct section_interface *interface =
		packet_read(reader, bytes_u32(body.at, big), &body, frame);
	struct option option;

	while (interface && option_next(reader, &body, &option))
		if (option.code == OPTION_EPB_DROPCOUNT && option.size >= 8)
			frame_note_drops(reader, interface, bytes_u64(option.value, big), frame);
	return STATUS_OK;
}

/* Simple packets are of the section's first interface; its snaplen alone tells
 * where they were cut. */
static enum status read_simple_packet(struct pcapng_reader *reader, struct body body,
				      struct frame *frame, struct error *err)
{
	struct section_interface *interface = interface_find(reader, 0);
	uint32_t length = bytes_u32(body.at, reader->big_endian);
	uint32_t caplen = length;

	if (!interface)
		return STATUS_OK;
	if (interface->snaplen && caplen > interface->snaplen)
		caplen = interface->snaplen;
	body.at += 4;
	body.left -= 4;
	if (frame_fill(reader, interface, &body, caplen, length, frame))
		frame->time_ns = 0;
	return STATUS_OK;
}

static enum status read_obsolete_packet(struct pcapng_reader *reader, struct body body,
					struct frame *frame, struct error *err)
{
	uint16_t drops = bytes_u16(body.at + 2, reader->big_endian);
	struct section_interface *interface =
		packet_read(reader, bytes_u16(body.at, reader->big_endian), &body, frame);

	if (interface && drops != DROPS_NOT_KNOWN)
		frame_note_drops(reader, interface, drops, frame);
	return STATUS_OK;
}

/* ---- blocks ---- */

/* Every block that is not merely skipped; the most frequent first. Those
 * without a function are skipped, but Wireshark numbers them like packets. */
static const struct block_type {
	uint32_t type;
	uint32_t body_least;          /* bytes that the function may read unasked */
	const char *name;
	enum status (*read)(struct pcapng_reader *, struct body, struct frame *, struct error *);
} block_types[] = {
	{6, 20, "enhanced packet", read_packet},
	{3, 4, "simple packet", read_simple_packet},
	{2, 20, "obsolete packet", read_obsolete_packet},
	{5, 12, "interface statistics", read_statistics},
	{1, 8, "interface description", read_interface},
	{SECTION_BLOCK, 16, "section header", read_section},
	{9, 0, "systemd journal", NULL},
	{0x00000bad, 0, "custom", NULL},
	{0x40000bad, 0, "custom", NULL},
	{0x00000204, 0, "sysdig event", NULL},
	{0x00000216, 0, "sysdig event", NULL},
	{0x00000221, 0, "sysdig event", NULL},
};

static const struct block_type *block_find(uint32_t type)
{
	for (size_t i = 0; i < sizeof block_types / sizeof block_types[0]; i++)
		if (block_types[i].type == type)
			return &block_types[i];
	return NULL;
}

/* The order of a section's bytes stands in its header, behind a type that
 * reads the same either way. */
static bool section_set_order(struct pcapng_reader *reader, const uint8_t *magic)
{
	for (int big = 0; big < 2; big++)
		if (bytes_u32(magic, big) == BYTE_ORDER_MAGIC) {
			reader->big_endian = big;
			return true;
		}
	notes_damage(reader->base.notes, reader->offset, "a section without byte-order magic");
	return false;
}

static enum status block_cut(struct pcapng_reader *reader, const struct block_type *type,
			     uint32_t length, struct error *err)
{
	char inside[96];

	reader->over = true;
	if (!length)
		snprintf(inside, sizeof inside, "a block's header");
	else
		snprintf(inside, sizeof inside, "a block (%s) of %u bytes",
			 type ? type->name : "unknown", length);
	return notes_end(reader->base.notes, reader->base.bytes, reader->offset, inside, err);
}

static bool block_has_trailer(struct pcapng_reader *reader, const uint8_t *trailer,
			      uint32_t length)
{
	uint32_t again = bytes_u32(trailer, reader->big_endian);

	if (again == length)
		return true;
	notes_damage(reader->base.notes, reader->offset, "a block of %u bytes ends in %u", length,
		     again);
	return false;
}

/* A block that says nothing to us may have any size: it goes by in pieces. */
static enum status block_skip(struct pcapng_reader *reader, const struct block_type *type,
			      uint32_t length, struct error *err)
{
	struct bytes *bytes = reader->base.bytes;
	const uint8_t *trailer;

	if (!bytes_skip(bytes, length - 4) || !(trailer = bytes_need(bytes, 4)))
		return block_cut(reader, type, length, err);
	block_has_trailer(reader, trailer, length);
	bytes_take(bytes, 4);
	return STATUS_OK;
}

static enum status block_read(struct pcapng_reader *reader, const struct block_type *type,
			      uint32_t length, struct frame *frame, struct error *err)
{
	struct bytes *bytes = reader->base.bytes;
	const uint8_t *at;
	struct body body = {0};

	if (length > BLOCK_MAX || length < BLOCK_OVERHEAD + type->body_least) {
		notes_damage(reader->base.notes, reader->offset, "a block (%s) of %u bytes",
			     type->name, length);
		return STATUS_OK;
	}
	at = bytes_need(bytes, length);
	if (!at)
		return block_cut(reader, type, length, err);
	if (!block_has_trailer(reader, at + length - 4, length))
		return STATUS_OK;
	body.at = at + 8;
	body.left = length - BLOCK_OVERHEAD;
	bytes_take(bytes, length);
	return type->read(reader, body, frame, err);
}

/* Reads or skips one block. */
static enum status block_next(struct pcapng_reader *reader, struct frame *frame,
			      struct error *err)
{
	struct bytes *bytes = reader->base.bytes;
	const uint8_t *at = bytes_need(bytes, BLOCK_OVERHEAD);
	const struct block_type *type;
	uint32_t length;

	reader->offset = bytes_offset(bytes);
	if (!at)
		return block_cut(reader, NULL, 0, err);
	if (bytes_u32(at, reader->big_endian) == SECTION_BLOCK &&
	    !section_set_order(reader, at + 8))
		return STATUS_OK;
	type = block_find(bytes_u32(at, reader->big_endian));
	length = bytes_u32(at + 4, reader->big_endian);
	if (length < BLOCK_OVERHEAD || length % 4) {
		notes_damage(reader->base.notes, reader->offset, "a block claims %u bytes", length);
		return STATUS_OK;
	}
	if (type && type->read)
		return block_read(reader, type, length, frame, err);
	reader->number += type != NULL;
	return block_skip(reader, type, length, err);
}

static enum status pcapng_reader_next(struct reader *base, struct frame *frame, bool *more,
				      struct error *err)
{
	struct pcapng_reader *reader = (struct pcapng_reader *)base;
	enum status status = STATUS_OK;

	reader->got_frame = false;
	while (status == STATUS_OK && !reader->got_frame && !reader->over && !base->notes->damaged)
		status = block_next(reader, frame, err);
	*more = reader->got_frame && status == STATUS_OK;
	return status;
}

static bool pcapng_reader_recognise(const uint8_t *bytes, size_t size, bool all)
{
	return size >= 4 && bytes_u32(bytes, false) == SECTION_BLOCK;
}

static enum status pcapng_reader_open(struct reader **out, struct bytes *bytes,
				      struct notes *notes, struct error *err)
{
	struct pcapng_reader *reader = calloc(1, sizeof *reader);
	struct frame frame;

	if (!reader)
		return error_errno(err, ENOMEM, "%s", bytes_name(bytes));
	reader->base = (struct reader){&pcapng_reader_type, bytes, notes};
	*out = &reader->base;
	return block_next(reader, &frame, err);
}

static void pcapng_reader_close(struct reader *base)
{
	free(((struct pcapng_reader *)base)->interfaces);
	free(base);
}

const struct reader_type pcapng_reader_type = {
	.name = "pcapng",
	.sniff_bytes = 4,
	.recognise = pcapng_reader_recognise,
	.open = pcapng_reader_open,
	.next = pcapng_reader_next,
	.close = pcapng_reader_close,
};
