/* Blocks of records: every column comes back as its own, and a damaged blob is
 * refused or harmless. */
#include "collect/record.h"

#include <stdlib.h>

#include "collect/fingerprint.h"

#include "tests/unit/check.h"

#define BLOB_HEADER 16 /* magic, rows, columns, whether places follow */

/* A value for a column's row that no other column has there. */
static uint64_t value_of(int column, uint32_t row)
{
	return ((uint64_t)row + 1) * 0x9e3779b97f4a7c15 * (2 * (uint64_t)column + 1);
}

/* Where a frame of every 1024th row lies: 6 bytes are needed. */
static uint64_t place_of(uint32_t place)
{
	return 24 + ((uint64_t)place << 40);
}

static void fill(struct record_block *b, uint32_t rows)
{
	uint32_t i;

	for (i = 0; i < RECORD_PLACES; i++)
		b->place[i] = place_of(i);
	b->rows = rows;
	for (i = 0; i < rows; i++) {
		b->time_ns[i] = (int64_t)value_of(RECORD_TIME, i);
		b->fp[i] = value_of(RECORD_FP, i);
		b->frame[i] = (uint32_t)value_of(RECORD_FRAME, i);
		b->flow[i] = (uint32_t)value_of(RECORD_FLOW, i);
		b->digest[i] = (uint32_t)value_of(RECORD_DIGEST, i);
		b->link[i] = (uint32_t)value_of(RECORD_LINK, i);
		b->options[i] = (uint32_t)value_of(RECORD_OPTIONS, i);
		b->seq[i] = (uint32_t)value_of(RECORD_SEQ, i);
		b->ack[i] = (uint32_t)value_of(RECORD_ACK, i);
		b->tsval[i] = (uint32_t)value_of(RECORD_TSVAL, i);
		b->ip_id[i] = (uint32_t)value_of(RECORD_IP_ID, i);
		b->length[i] = (uint32_t)value_of(RECORD_LENGTH, i);
		b->header[i] = (uint16_t)value_of(RECORD_HEADER, i);
		b->flags[i] = (uint16_t)value_of(RECORD_FLAGS, i);
		b->window[i] = (uint16_t)value_of(RECORD_WINDOW, i);
		b->marks[i] = (uint16_t)value_of(RECORD_MARKS, i);
		b->ttl[i] = (uint8_t)value_of(RECORD_TTL, i);
		b->tos[i] = (uint8_t)value_of(RECORD_TOS, i);
		b->kind[i] = (uint8_t)value_of(RECORD_KIND, i);
		b->sack[i] = (uint32_t)value_of(RECORD_SACK, i);
		b->flow_label[i] = (uint32_t)value_of(RECORD_FLOW_LABEL, i);
		b->urgent[i] = (uint16_t)value_of(RECORD_URGENT, i);
		b->echo[i] = (uint8_t)value_of(RECORD_ECHO, i);
	}
}

static const int column_bits[RECORD_COLUMNS] = {
	[RECORD_TIME] = 64,   [RECORD_FRAME] = 32,   [RECORD_FP] = 64,     [RECORD_FLOW] = 32,
	[RECORD_DIGEST] = 32, [RECORD_LINK] = 32,    [RECORD_OPTIONS] = 32, [RECORD_SEQ] = 32,
	[RECORD_ACK] = 32,    [RECORD_TSVAL] = 32,   [RECORD_IP_ID] = 32,  [RECORD_LENGTH] = 32,
	[RECORD_HEADER] = 16, [RECORD_FLAGS] = 16,   [RECORD_WINDOW] = 16, [RECORD_MARKS] = 16,
	[RECORD_TTL] = 8,     [RECORD_TOS] = 8,      [RECORD_KIND] = 8,    [RECORD_SACK] = 32,
	[RECORD_FLOW_LABEL] = 32, [RECORD_URGENT] = 16, [RECORD_ECHO] = 8,
};

static void test_round_trip(void)
{
	static const uint32_t sizes[] = {1, 2, 1000, RECORD_BLOCK_ROWS - 1, RECORD_BLOCK_ROWS};
	struct record_block *block = malloc(sizeof *block);
	uint8_t *blob = malloc(record_pack_max());
	struct record_chunk chunk;
	size_t size = 0, s;
	uint32_t i;
	int c;

	for (s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		uint32_t wrong = 0;

		fill(block, sizes[s]);
		size = record_pack(blob, block);
		CHECK(record_open(&chunk, blob, size));
		CHECK_INT(chunk.rows, sizes[s]);
		for (c = 0; c < RECORD_COLUMNS; c++)
			for (i = 0; i < sizes[s]; i++)
				wrong += (uint64_t)column_get(&chunk.column[c], i) !=
					 value_of(c, i) << (64 - column_bits[c]) >>
						 (64 - column_bits[c]);
		for (i = 0; i < sizes[s]; i++)
			wrong += record_place(&chunk, i) != place_of(i / 1024);
		CHECK_INT(wrong, 0);
	}
	/* 2 columns of 8 bytes, 12 of 4, 5 of 2, 4 of 1, and places of 6. */
	CHECK_INT(size, BLOB_HEADER + (RECORD_COLUMNS + 1) * (COLUMN_HEADER_BYTES + COLUMN_PAD_BYTES) +
				RECORD_BLOCK_ROWS * (16 + 48 + 10 + 4) + RECORD_PLACES * 44 / 8);
	CHECK(size <= record_pack_max());
	free(block);
	free(blob);
	check_case("all columns of a block come back, each as its own");
}

static void test_size(void)
{
	struct record_block *block = calloc(1, sizeof *block);
	uint8_t *blob = malloc(record_pack_max());
	uint32_t i;

	block->rows = RECORD_BLOCK_ROWS;
	for (i = 0; i < RECORD_BLOCK_ROWS; i++) {
		block->time_ns[i] = 1700000000000000000 + (int64_t)i * 1000; /* 24 bits */
		block->frame[i] = 100 + i;                                  /* 0 */
		block->fp[i] = value_of(RECORD_FP, i);                      /* 64 */
		block->length[i] = 40 + i % 1461;                           /* 11 */
		block->ttl[i] = 63;                                         /* 0 */
	}
	CHECK_INT(record_pack(blob, block), BLOB_HEADER + (RECORD_COLUMNS + 1) * COLUMN_HEADER_BYTES +
						    3 * COLUMN_PAD_BYTES +
						    RECORD_BLOCK_ROWS / 8 * (24 + 64 + 11));
	free(block);
	free(blob);
	check_case("a column takes only the bits that its range in the block needs");
}

/* TCP's are 0 as they are stored, those of what is no IP are, too. */
static void test_fingerprints(void)
{
	enum { ROWS = 700, SEED = 99 };
	struct record_block *block = calloc(1, sizeof *block);
	uint8_t *blob = malloc(record_pack_max());
	uint64_t fp[ROWS], one, wrong = 0;
	struct record_chunk chunk;
	uint32_t i;

	fill(block, ROWS);
	for (i = 0; i < ROWS; i++) {
		block->kind[i] = i % 7 == 3 ? PACKET_NON_IP : PACKET_IP;
		block->flow[i] = i % 7 == 3 ? RECORD_NO_FLOW : i;
		block->fp[i] = i % 5 == 2 && i % 7 != 3 ? value_of(RECORD_FP, i) : 0;
	}
	CHECK(record_open(&chunk, blob, record_pack(blob, block)));
	record_fingerprints(&chunk, 0, ROWS, SEED, fp);
	for (i = 0; i < ROWS; i++) {
		uint64_t right = fingerprint_header(6, 0, block->flags[i], block->seq[i], block->ack[i],
						    block->length[i] - block->header[i], SEED);

		right = i % 7 == 3 ? 0 : block->fp[i] ? block->fp[i] : right;
		record_fingerprints(&chunk, i, 1, SEED, &one);
		wrong += fp[i] != right || one != right;
	}
	CHECK_INT(wrong, 0);
	free(block);
	free(blob);
	check_case("fingerprints that are not stored follow from other columns");
}

/* Opens a copy at the end of memory and reads everything. */
static bool opens(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size + !size);
	struct record_chunk chunk;
	volatile int64_t sum = 0;
	uint32_t i;
	bool good;
	int c;

	if (size)
		memcpy(exact, bytes, size);
	good = record_open(&chunk, exact, size);
	for (c = 0; good && c < RECORD_COLUMNS; c++)
		for (i = 0; i < chunk.rows; i++)
			sum ^= column_get(&chunk.column[c], i);
	free(exact);
	return good;
}

static void put_number(uint8_t *blob, size_t at, uint32_t number)
{
	memcpy(blob + at, &number, sizeof number);
}

static void test_damage(void)
{
	static const uint32_t rows[] = {0, 6, 8, RECORD_BLOCK_ROWS, RECORD_BLOCK_ROWS + 1,
					UINT32_MAX};
	static const uint32_t columns[] = {0, RECORD_COLUMNS - 1, RECORD_COLUMNS + 1, UINT32_MAX};
	struct record_block *block = malloc(sizeof *block);
	uint8_t *blob = malloc(record_pack_max());
	size_t size, i;
	int bit;

	fill(block, 7);
	size = record_pack(blob, block);
	CHECK(opens(blob, size));
	for (i = 0; i < size; i++)
		CHECK(!opens(blob, i));
	memset(blob + size, 0, 8);
	CHECK(!opens(blob, size + 8));
	check_case("a block that is too short or too long is refused");

	put_number(blob, 12, 0);
	CHECK(opens(blob, size - COLUMN_HEADER_BYTES)); /* of one place */
	CHECK(!opens(blob, size));
	put_number(blob, 12, 2);
	CHECK(!opens(blob, size));
	put_number(blob, 12, 1);
	check_case("a block of a version that noted no places has none");

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		put_number(blob, 4, rows[i]);
		CHECK(!opens(blob, size));
	}
	put_number(blob, 4, 7);
	for (i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		put_number(blob, 8, columns[i]);
		CHECK(!opens(blob, size));
	}
	put_number(blob, 8, RECORD_COLUMNS);
	blob[0] ^= 1;
	CHECK(!opens(blob, size));
	blob[0] ^= 1;
	CHECK(opens(blob, size));
	check_case("a block of other rows, other columns or another kind is refused");

	for (i = 0; i < size; i++) {
		for (bit = 0; bit < 8; bit++) {
			blob[i] ^= (uint8_t)(1 << bit);
			opens(blob, size);
			blob[i] ^= (uint8_t)(1 << bit);
		}
	}
	free(block);
	free(blob);
	check_case("no bit of a block leads outside of it");
}

int main(void)
{
	test_round_trip();
	test_size();
	test_fingerprints();
	test_damage();
	return check_exit();
}
