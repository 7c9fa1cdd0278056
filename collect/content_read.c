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

static bool text_is_plain(const char *text, uint32_t n, char least)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (text[i] < least || text[i] >= 0x7f)
			return false;
	return true;
}

/* An end has a space in front of its port. */
static bool row_is_sound(const struct content_row *row)
{
	uint32_t i;

	for (i = 1; i < CONTENT_MARKS; i++)
		if (row->mark[i] && row->mark[i] <= row->mark[i - 1])
			return false;
	return row->kind < CONTENT_KINDS && row->name_bytes <= CONTENT_NAME_BYTES &&
	       row->more_bytes <= CONTENT_NAME_BYTES && row->client_bytes <= CONTENT_CLIENT_BYTES &&
	       text_is_plain(row->name, row->name_bytes, '!') &&
	       text_is_plain(row->more, row->more_bytes, row->kind == CONTENT_PROXY ? ' ' : '!') &&
	       text_is_plain(row->client, row->client_bytes, ' ');
}

bool content_reader_next(struct content_reader *r, struct content_row *row, bool *more)
{
	const uint8_t *at = r->bytes + r->at, *texts;
	uint8_t i, marks;
	size_t size;

	*more = r->left > 0;
	if (!*more)
		return r->at == r->size;
	if (r->size - r->at < CONTENT_PACKED_ROW)
		return false;
	marks = at[19];
	size = CONTENT_PACKED_ROW + (size_t)4 * marks + at[16] + at[17] + at[18];
	if (marks > CONTENT_MARKS || r->size - r->at < size)
		return false;
	texts = at + CONTENT_PACKED_ROW + 4 * marks;
	*row = (struct content_row){
		.way = get_32(at),
		.record = get_32(at + 4),
		.seq = get_32(at + 8),
		.code = get_16(at + 12),
		.kind = at[14],
		.marks = at[15],
		.name_bytes = at[16],
		.more_bytes = at[17],
		.client_bytes = at[18],
		.name = (const char *)texts,
		.more = (const char *)texts + at[16],
		.client = (const char *)texts + at[16] + at[17],
	};
	for (i = 0; i < marks; i++) {
		row->mark[i] = get_32(at + CONTENT_PACKED_ROW + 4 * i);
		if (!row->mark[i])
			return false;
	}
	r->at += size;
	r->left--;
	return row_is_sound(row);
}
