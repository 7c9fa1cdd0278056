#include "collect/erf_record.h"

#include "collect/bytes.h"

#define TYPE_EXTENDED 0x80        /* in the type: extension headers follow */
#define EXTENSION_BYTES 8
#define INTERFACE_MASK 0x03       /* in the flags */
#define TYPE_LAST 31              /* above it only ERF_TYPE_PAD is known */
#define NS_PER_S 1000000000

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_PPP 9
#define LINKTYPE_RAW 101
#define LINKTYPE_C_HDLC 104

static const struct erf_type types[] = {
	{1, LINKTYPE_C_HDLC, 0, 0, true},    /* HDLC_POS */
	{2, LINKTYPE_ETHERNET, 2, 4, true},  /* ETH */
	{10, LINKTYPE_C_HDLC, 0, 0, false},  /* COLOR_HDLC_POS */
	{11, LINKTYPE_ETHERNET, 2, 4, false},/* COLOR_ETH */
	{15, LINKTYPE_C_HDLC, 0, 0, false},  /* DSM_COLOR_HDLC_POS */
	{16, LINKTYPE_ETHERNET, 2, 4, false},/* DSM_COLOR_ETH */
	{19, LINKTYPE_C_HDLC, 0, 0, false},  /* COLOR_HASH_POS */
	{20, LINKTYPE_ETHERNET, 2, 4, false},/* COLOR_HASH_ETH */
	{22, LINKTYPE_RAW, 0, 0, true},      /* IPV4 */
	{23, LINKTYPE_RAW, 0, 0, true},      /* IPV6 */
};

/* PPP comes in HDLC_POS records too, and is known by its address and control. */
static const struct erf_type ppp_type = {1, LINKTYPE_PPP, 0, 0, true};
static const struct erf_type color_ppp_type = {10, LINKTYPE_PPP, 0, 0, false};

static const struct erf_type *type_find(uint8_t number)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == number)
			return &types[i];
	return NULL;
}

uint32_t erf_record_length(const uint8_t *header)
{
	uint8_t type = header[8] & (uint8_t)~TYPE_EXTENDED;
	uint32_t length = bytes_u16(header + 10, true);

	if (type == 0 || (type > TYPE_LAST && type != ERF_TYPE_PAD) || length < ERF_HEADER_BYTES)
		return 0;
	return length;
}

/* The chain of extension headers: each one's top bit says that another follows. */
static bool extensions_parse(const uint8_t *bytes, struct erf_record *record)
{
	bool another = bytes[8] & TYPE_EXTENDED;

	record->extension_bytes = 0;
	while (another) {
		uint32_t at = ERF_HEADER_BYTES + record->extension_bytes;

		if (at + EXTENSION_BYTES > record->record_bytes)
			return false;
		another = bytes[at] & 0x80;
		record->extension_bytes += EXTENSION_BYTES;
	}
	return true;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void frame_parse(const uint8_t *bytes, struct erf_record *record)
{
	const struct erf_type *type = record->type;
	uint32_t wire = bytes_u16(bytes + 14, true);
	uint32_t captured = record->record_bytes - record->frame_offset;
	const uint8_t *frame = bytes + record->frame_offset;

	wire -= lesser(wire, type->fcs_bytes);
	record->length_bytes = wire;
	record->caplen_bytes = lesser(captured, wire); /* padding and FCS are behind it */
	record->lost = type->counts_loss ? bytes_u16(bytes + 12, true) : 0;
	if (type->linktype == LINKTYPE_C_HDLC && captured >= 2 && frame[0] == 0xff &&
	    frame[1] == 0x03)
		record->type = type->counts_loss ? &ppp_type : &color_ppp_type;
}

bool erf_record_parse(const uint8_t *bytes, uint32_t size, struct erf_record *record)
{
	*record = (struct erf_record){.record_bytes = size};
	if (size < ERF_HEADER_BYTES || erf_record_length(bytes) != size ||
	    !extensions_parse(bytes, record))
		return false;
	record->time = bytes_u64(bytes, false);
	record->type_number = bytes[8] & (uint8_t)~TYPE_EXTENDED;
	record->interface = bytes[9] & INTERFACE_MASK;
	record->type = type_find(record->type_number);
	if (!record->type)
		return true;
	record->frame_offset =
		ERF_HEADER_BYTES + record->extension_bytes + record->type->pad_bytes;
	if (record->frame_offset > size)
		return false;
	frame_parse(bytes, record);
	return true;
}

int64_t erf_time_ns(uint64_t time)
{
	uint64_t fraction = (time & 0xffffffffu) * NS_PER_S;

	return (int64_t)(time >> 32) * NS_PER_S + (int64_t)((fraction + (1u << 31)) >> 32);
}
