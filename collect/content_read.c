#include "collect/content_read.h"

#include "collect/content_keep.h"

static uint16_t get_16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get_32(const uint8_t *at)
{
	return get_16(at) | (uint32_t)get_16(at + 2) << 16;
}

bool content_reader_open(struct content_reader *reader, const uint8_t *bytes, size_t size)
{
	*reader = (struct content_reader){bytes, size, CONTENT_PACKED_HEAD, 0, 0};
	if (size < CONTENT_PACKED_HEAD || get_32(bytes) != CONTENT_PACKED_VERSION)
		return false;
	reader->left = get_32(bytes + 4);
	reader->left_out = get_32(bytes + 8) | (uint64_t)get_32(bytes + 12) << 32;
	return reader->left <= (size - CONTENT_PACKED_HEAD) / CONTENT_PACKED_ROW;
}

static bool text_is_plain(const char *text, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	return true;
}

bool content_reader_next(struct content_reader *r, struct content_row *row, bool *more)
{
	const uint8_t *at = r->bytes + r->at;

	*more = r->left > 0;
	if (!*more)
		return r->at == r->size;
	if (r->size - r->at < CONTENT_PACKED_ROW)
		return false;
	*row = (struct content_row){
		.way = get_32(at),
		.record = get_32(at + 4),
		.seq = get_32(at + 8),
		.code = get_16(at + 12),
		.kind = at[14],
		.marks = at[15],
		.name_bytes = at[16],
		.more_bytes = at[17],
		.name = (const char *)at + CONTENT_PACKED_ROW,
		.more = (const char *)at + CONTENT_PACKED_ROW + at[16],
	};
	r->at += CONTENT_PACKED_ROW;
	if (r->size - r->at < (size_t)row->name_bytes + row->more_bytes)
		return false;
	r->at += (size_t)row->name_bytes + row->more_bytes;
	r->left--;
	return row->kind < CONTENT_KINDS && row->name_bytes <= CONTENT_NAME_BYTES &&
	       row->more_bytes <= CONTENT_NAME_BYTES &&
	       text_is_plain(row->name, (uint32_t)row->name_bytes + row->more_bytes);
}
