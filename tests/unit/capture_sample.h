/* Captures of made-up records and flows, written and read back, for the tests of captures. */
#ifndef CROSSTAP_TESTS_CAPTURE_SAMPLE_H
#define CROSSTAP_TESTS_CAPTURE_SAMPLE_H

#include "collect/capture.h"
#include "tests/unit/store_sample.h"

/* ---- made-up records and flows ---- */

/* Does not shrink when packed: with it, a writer begins to write to the store
 * after 26 blocks of records. */
static inline uint64_t noise(uint32_t seed, uint32_t row, uint32_t column)
{
	uint64_t x = ((uint64_t)seed << 40 ^ (uint64_t)row << 8 ^ column) * 0x9e3779b97f4a7c15;

	return x ^ x >> 29;
}

static inline void fill_block(struct record_block *b, uint32_t seed, uint32_t first, uint32_t rows)
{
	uint32_t i;

	b->rows = rows;
	for (i = 0; i < rows; i++) {
		uint32_t row = first + i;

		b->time_ns[i] = (int64_t)noise(seed, row, 0);
		b->frame[i] = row + 1;
		b->fp[i] = noise(seed, row, 1);
		b->seq[i] = (uint32_t)noise(seed, row, 2);
		b->ack[i] = (uint32_t)noise(seed, row, 3);
		b->tsval[i] = (uint32_t)noise(seed, row, 4);
		b->digest[i] = (uint32_t)noise(seed, row, 5);
		b->ip_id[i] = (uint32_t)noise(seed, row, 6);
		b->flow[i] = (uint32_t)noise(seed, row, 7);
		b->link[i] = (uint32_t)noise(seed, row, 8);
		b->options[i] = (uint32_t)noise(seed, row, 9);
		b->length[i] = (uint32_t)noise(seed, row, 10);
		b->header[i] = (uint16_t)noise(seed, row, 11);
		b->flags[i] = (uint16_t)noise(seed, row, 12);
		b->window[i] = b->marks[i] = 0;
		b->ttl[i] = b->tos[i] = b->kind[i] = 0;
		b->sack[i] = b->flow_label[i] = b->urgent[i] = 0;
		b->echo[i] = 0;
	}
}

static inline struct capture_flow flow_of(uint32_t i)
{
	struct capture_flow flow = {.version = i % 2 ? 6 : 4, .proto = (uint8_t)(i * 7)};

	flow.a_port = (uint16_t)(i * 3);
	flow.b_port = (uint16_t)(i >> 4);
	flow.generation = ~i;
	memset(flow.a, (int)i, sizeof flow.a);
	memcpy(flow.b, &i, sizeof i);
	return flow;
}

/* ---- writing and reading whole captures ---- */

static inline struct capture named(const char *file)
{
	struct capture capture = {.start_ns = INT64_MIN, .end_ns = INT64_MAX};

	snprintf(capture.file, sizeof capture.file, "%s", file);
	memcpy(capture.sha256, file, strlen(file));
	return capture;
}

/* A capture of `rows` records that are noise of `seed`. */
static inline enum status write_records(struct store *store, uint32_t point, uint32_t seed,
					uint32_t rows, struct capture *capture, bool *known,
					struct error *error)
{
	struct record_block *block = malloc(sizeof *block);
	struct capture_writer *writer = NULL;
	enum status status = capture_begin(store, point, &writer, error);
	uint32_t at;

	for (at = 0; !status && at < rows; at += RECORD_BLOCK_ROWS) {
		fill_block(block, seed, at,
			   rows - at < RECORD_BLOCK_ROWS ? rows - at : RECORD_BLOCK_ROWS);
		status = capture_put_block(writer, block, error);
	}
	free(block);
	if (status)
		capture_abort(&writer);
	else
		status = capture_finish(&writer, capture, known, error);
	return status;
}

static inline uint32_t wrong_records(struct store *store, const struct capture *capture,
				     uint32_t seed)
{
	uint32_t wrong = 0, rows = 0, b, i;
	struct store_txn *txn = NULL;

	MUST(store_begin(store, false, &txn, &err));
	for (b = 0; b < capture_blocks(capture); b++) {
		struct record_chunk chunk = {0};

		MUST(capture_block(txn, capture, b, &chunk, &err));
		for (i = 0; i < chunk.rows; i++, rows++)
			wrong += column_get(&chunk.column[RECORD_FRAME], i) != rows + 1 ||
				 (uint64_t)column_get(&chunk.column[RECORD_FP], i) !=
					 noise(seed, rows, 1) ||
				 column_get(&chunk.column[RECORD_TIME], i) !=
					 (int64_t)noise(seed, rows, 0) ||
				 column_get(&chunk.column[RECORD_ACK], i) !=
					 (uint32_t)noise(seed, rows, 3);
	}
	store_abort(&txn);
	return wrong + (rows != capture->records);
}

/* All captures, to be freed. */
static inline struct capture *list_of(struct store *store, uint32_t *count)
{
	struct capture *list = NULL;
	struct store_txn *txn = NULL;

	*count = 0;
	MUST(store_begin(store, false, &txn, &err));
	MUST(capture_list(txn, &list, count, &err));
	store_abort(&txn);
	return list;
}

static inline uint32_t captures_in(struct store *store)
{
	uint32_t count;

	free(list_of(store, &count));
	return count;
}

/* A store with one capture of two blocks. */
static inline struct store *store_with_one(void)
{
	struct store *store = sample_new();
	struct capture capture = named("first");
	bool known;

	MUST(write_records(store, 0, 1, 20000, &capture, &known, &err));
	CHECK_INT(sample_count(store, 'R'), 2);
	return store;
}

#endif
