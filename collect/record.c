#include "collect/record.h"

#include <string.h>

#include "collect/fingerprint.h"
#include "collect/packet.h"

#define RECORD_BLOB_HEADER 16
static const uint32_t record_magic = 0x32435258; /* "XRC2" */

#define ROW(id, member)                                                             \
	[id] = {offsetof(struct record_block, member),                              \
		sizeof(((struct record_block *)0)->member[0])}

static const struct {
	size_t offset, element_bytes;
} record_layout[RECORD_COLUMNS] = {
	ROW(RECORD_TIME, time_ns),     ROW(RECORD_FRAME, frame),   ROW(RECORD_FP, fp),
	ROW(RECORD_FLOW, flow),        ROW(RECORD_DIGEST, digest), ROW(RECORD_LINK, link),
	ROW(RECORD_OPTIONS, options),  ROW(RECORD_SEQ, seq),       ROW(RECORD_ACK, ack),
	ROW(RECORD_TSVAL, tsval),      ROW(RECORD_IP_ID, ip_id),   ROW(RECORD_LENGTH, length),
	ROW(RECORD_HEADER, header),    ROW(RECORD_FLAGS, flags),   ROW(RECORD_WINDOW, window),
	ROW(RECORD_MARKS, marks),      ROW(RECORD_TTL, ttl),       ROW(RECORD_TOS, tos),
	ROW(RECORD_KIND, kind),        ROW(RECORD_SACK, sack),     ROW(RECORD_URGENT, urgent),
	ROW(RECORD_FLOW_LABEL, flow_label), ROW(RECORD_ECHO, echo),
};

void record_fetch(struct record_block *block, uint32_t row)
{
	int c;

	if (row > RECORD_BLOCK_ROWS - RECORD_AHEAD)
		return;
	for (c = 0; c < RECORD_COLUMNS; c++) {
		size_t bytes = record_layout[c].element_bytes;
		char *at = (char *)block + record_layout[c].offset + row * bytes;

		__builtin_prefetch(at, 1);
		if (bytes == 8)
			__builtin_prefetch(at + RECORD_AHEAD * bytes / 2, 1);
	}
}

size_t record_pack_max(void)
{
	return RECORD_BLOB_HEADER + RECORD_COLUMNS * column_bytes_max(RECORD_BLOCK_ROWS) +
	       column_bytes_max(RECORD_PLACES);
}

static uint32_t record_places(uint32_t rows)
{
	return (rows + RECORD_PLACE_ROWS - 1) / RECORD_PLACE_ROWS;
}

size_t record_pack(uint8_t *out, const struct record_block *block)
{
	uint32_t columns = RECORD_COLUMNS, placed = 1;
	size_t at = RECORD_BLOB_HEADER;
	int c;

	memcpy(out, &record_magic, 4);
	memcpy(out + 4, &block->rows, 4);
	memcpy(out + 8, &columns, 4);
	memcpy(out + 12, &placed, 4);
	for (c = 0; c < RECORD_COLUMNS; c++)
		at += column_pack(out + at, (const char *)block + record_layout[c].offset,
				  record_layout[c].element_bytes, block->rows);
	return at + column_pack(out + at, block->place, sizeof *block->place, record_places(block->rows));
}

bool record_open(struct record_chunk *chunk, const uint8_t *bytes, size_t size)
{
	uint32_t magic, columns, placed;
	size_t at = RECORD_BLOB_HEADER, used;
	int c;

	if (size < RECORD_BLOB_HEADER)
		return false;
	memcpy(&magic, bytes, 4);
	memcpy(&chunk->rows, bytes + 4, 4);
	memcpy(&columns, bytes + 8, 4);
	memcpy(&placed, bytes + 12, 4);
	if (magic != record_magic || columns != RECORD_COLUMNS || !chunk->rows ||
	    chunk->rows > RECORD_BLOCK_ROWS || placed > 1)
		return false;
	for (c = 0; c < RECORD_COLUMNS; c++) {
		if (!column_open(&chunk->column[c], bytes + at, size - at, chunk->rows, &used))
			return false;
		at += used;
	}
	chunk->place = (struct column){.rows = 0};
	if (!placed) /* by a version that did not note them */
		return at == size;
	return column_open(&chunk->place, bytes + at, size - at, record_places(chunk->rows), &used) &&
	       at + used == size;
}

uint64_t record_place(const struct record_chunk *chunk, uint32_t row)
{
	uint32_t place = row / RECORD_PLACE_ROWS;

	return place < chunk->place.rows ? (uint64_t)column_get(&chunk->place, place) : 0;
}

/* Rows whose fingerprints are looked at together. */
#define RECORD_STEP 256u

/* The columns from which those of TCP follow. */
struct record_numbers {
	uint32_t seq[RECORD_STEP], ack[RECORD_STEP], payload[RECORD_STEP];
	uint16_t flags[RECORD_STEP], header[RECORD_STEP];
	uint8_t kind[RECORD_STEP];
};

static void record_follow(const struct record_chunk *chunk, uint32_t from, uint32_t rows, uint64_t seed,
			  uint64_t *out)
{
	const struct column *kind = &chunk->column[RECORD_KIND];
	struct record_numbers n;
	uint32_t i;

	column_read_32(&chunk->column[RECORD_SEQ], from, rows, n.seq);
	column_read_32(&chunk->column[RECORD_ACK], from, rows, n.ack);
	column_read_32(&chunk->column[RECORD_LENGTH], from, rows, n.payload);
	column_read_16(&chunk->column[RECORD_FLAGS], from, rows, n.flags);
	column_read_16(&chunk->column[RECORD_HEADER], from, rows, n.header);
	for (i = 0; i < rows; i++)
		n.payload[i] -= n.header[i];
	fingerprint_rows(n.flags, n.seq, n.ack, n.payload, rows, seed, out);
	if (column_is_same(kind) && kind->base == PACKET_IP)
		return;
	column_read_8(kind, from, rows, n.kind);
	for (i = 0; i < rows; i++)
		out[i] = n.kind[i] == PACKET_IP ? out[i] : 0;
}

void record_fingerprints(const struct record_chunk *chunk, uint32_t from, uint32_t rows, uint64_t seed,
			 uint64_t *out)
{
	uint32_t step, i, follow;

	for (; rows; rows -= step, from += step, out += step) {
		step = rows < RECORD_STEP ? rows : RECORD_STEP;
		column_read_64(&chunk->column[RECORD_FP], from, step, (int64_t *)out);
		for (i = 0, follow = 0; i < step; i++)
			follow += !out[i];
		if (follow)
			record_follow(chunk, from, step, seed, out);
	}
}

void record_append(struct record_block *to, const struct record_block *from, uint32_t first, uint32_t rows)
{
	int c;

	memset(to->place, 0, sizeof to->place);
	for (c = 0; c < RECORD_COLUMNS; c++) {
		size_t bytes = record_layout[c].element_bytes;

		memcpy((char *)to + record_layout[c].offset + to->rows * bytes,
		       (const char *)from + record_layout[c].offset + first * bytes, rows * bytes);
	}
	to->rows += rows;
}

void record_unpack(struct record_block *block, const struct record_chunk *chunk)
{
	int c;

	memset(block->place, 0, sizeof block->place);
	column_read_64(&chunk->place, 0, chunk->place.rows, (int64_t *)block->place);
	block->rows = chunk->rows;
	for (c = 0; c < RECORD_COLUMNS; c++) {
		const struct column *column = &chunk->column[c];
		void *to = (char *)block + record_layout[c].offset;

		switch (record_layout[c].element_bytes) {
		case 1:
			column_read_8(column, 0, chunk->rows, to);
			break;
		case 2:
			column_read_16(column, 0, chunk->rows, to);
			break;
		case 4:
			column_read_32(column, 0, chunk->rows, to);
			break;
		default:
			column_read_64(column, 0, chunk->rows, to);
		}
	}
}
