#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture_row.h"

static enum status capture_damaged(struct store_txn *txn, const struct capture *capture,
				   const char *what, struct error *err)
{
	return error_set(err, STATUS_INPUT, "%s: the store is damaged: %s of capture %u (%s)",
			 store_path(store_of(txn)), what, capture->number, capture->file);
}

static enum status capture_no_memory(const struct capture *capture, const char *what,
				     struct error *err)
{
	return error_errno(err, ENOMEM, "%s of capture %s", what, capture->file);
}

/* ---- records ---- */

uint32_t capture_blocks(const struct capture *capture)
{
	return (uint32_t)(capture->records / RECORD_BLOCK_ROWS +
			  (capture->records % RECORD_BLOCK_ROWS != 0));
}

enum status capture_block(struct store_txn *txn, const struct capture *capture, uint32_t block,
			  struct record_chunk *chunk, struct error *err)
{
	uint64_t before = (uint64_t)block * RECORD_BLOCK_ROWS;
	const uint8_t *value;
	enum status status;
	uint64_t rows;
	size_t size;

	status = store_get(txn, 'R', capture->number, block, &value, &size, err);
	if (status)
		return status;
	if (!value || before >= capture->records || !record_open(chunk, value, size))
		return capture_damaged(txn, capture, "records", err);
	rows = capture->records - before;
	if (chunk->rows != (rows < RECORD_BLOCK_ROWS ? rows : RECORD_BLOCK_ROWS))
		return capture_damaged(txn, capture, "number of records", err);
	return STATUS_OK;
}

/* ---- flows ---- */

static void capture_flow_get(const uint8_t *p, struct capture_flow *flow)
{
	flow->version = p[0];
	flow->proto = p[1];
	memcpy(&flow->a_port, p + 2, 2);
	memcpy(&flow->b_port, p + 4, 2);
	memcpy(flow->a, p + 8, 16);
	memcpy(flow->b, p + 24, 16);
	memcpy(&flow->generation, p + 40, 4);
}

/* Block `block` of the flows: *bytes of *count flows. */
static enum status capture_flows_block(struct store_txn *txn, const struct capture *capture,
				       uint32_t block, const uint8_t **bytes, uint32_t *count,
				       struct error *err)
{
	uint32_t left = capture->flows - block * CAPTURE_FLOWS_BLOCK;
	enum status status;
	size_t size;

	*count = left < CAPTURE_FLOWS_BLOCK ? left : CAPTURE_FLOWS_BLOCK;
	status = store_get(txn, 'F', capture->number, block, bytes, &size, err);
	if (!status && (!*bytes || size != (size_t)*count * CAPTURE_FLOW_BYTES))
		status = capture_damaged(txn, capture, "flows", err);
	return status;
}

static uint32_t capture_flows_blocks(const struct capture *capture)
{
	return capture->flows / CAPTURE_FLOWS_BLOCK + (capture->flows % CAPTURE_FLOWS_BLOCK != 0);
}

enum status capture_flows_there(struct store_txn *txn, const struct capture *capture,
				struct error *err)
{
	enum status status = STATUS_OK;
	const uint8_t *bytes;
	uint32_t b, n;

	for (b = 0; b < capture_flows_blocks(capture) && !status; b++)
		status = capture_flows_block(txn, capture, b, &bytes, &n, err);
	return status;
}

enum status capture_flows_read(struct store_txn *txn, const struct capture *capture,
			       struct capture_flow *flows, struct error *err)
{
	enum status status = STATUS_OK;
	const uint8_t *bytes;
	uint32_t b, k, n;

	for (b = 0; b < capture_flows_blocks(capture) && !status; b++) {
		status = capture_flows_block(txn, capture, b, &bytes, &n, err);
		for (k = 0; !status && k < n; k++)
			capture_flow_get(bytes + (size_t)k * CAPTURE_FLOW_BYTES,
					 &flows[(size_t)b * CAPTURE_FLOWS_BLOCK + k]);
	}
	return status;
}

enum status capture_flows(struct store_txn *txn, const struct capture *capture,
			  struct capture_flow **flows, struct error *err)
{
	enum status status = capture_flows_there(txn, capture, err);
	struct capture_flow *list;

	if (status)
		return status;
	list = calloc(capture->flows + (size_t)1, sizeof *list);
	if (!list)
		return capture_no_memory(capture, "flows", err);
	status = capture_flows_read(txn, capture, list, err);
	if (status) {
		free(list);
		return status;
	}
	*flows = list;
	return STATUS_OK;
}

/* ---- drop places ---- */

enum status capture_drops(struct store_txn *txn, const struct capture *capture,
			  struct capture_drop **drops, struct error *err)
{
	struct capture_drop *list;
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	size_t size;
	uint32_t i;

	status = store_get(txn, 'D', capture->number, CAPTURE_DROP_DICTIONARY, &value, &size, err);
	if (status)
		return status;
	if (size != (size_t)capture->drop_places * CAPTURE_DROP_BYTES)
		return capture_damaged(txn, capture, "drop places", err);
	list = calloc(capture->drop_places + (size_t)1, sizeof *list);
	if (!list)
		return capture_no_memory(capture, "drop places", err);
	in = buffer_reader(value, size);
	for (i = 0; i < capture->drop_places; i++) {
		list[i].time_ns = (int64_t)buffer_get_number(&in);
		list[i].packets = buffer_get_number(&in);
	}
	*drops = list;
	return STATUS_OK;
}

/* ---- contents ---- */

enum status capture_contents(struct store_txn *txn, const struct capture *capture,
			     const uint8_t **bytes, size_t *size, struct error *err)
{
	return store_get(txn, 'D', capture->number, CAPTURE_CONTENTS, bytes, size, err);
}

/* ---- dictionaries ---- */

/* Where each entry begins; false when they do not fill the bytes exactly. */
static bool capture_entries_find(const uint8_t *bytes, size_t size, uint32_t count,
				 uint32_t *offset)
{
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint32_t n;

		if (size - at < 2)
			return false;
		n = bytes[at] | (uint32_t)bytes[at + 1] << 8;
		if (size - at - 2 < n)
			return false;
		offset[i] = (uint32_t)at + 2;
		at += 2 + n;
	}
	offset[count] = (uint32_t)at + 2;
	return at == size;
}

enum status capture_entries_open(struct store_txn *txn, const struct capture *capture,
				 enum capture_dictionary which, struct capture_entries *entries,
				 struct error *err)
{
	uint32_t count = which == CAPTURE_LINKS ? capture->links : capture->options;
	const uint8_t *value;
	enum status status;
	size_t size;

	memset(entries, 0, sizeof *entries);
	status = store_get(txn, 'D', capture->number, which, &value, &size, err);
	if (status)
		return status;
	if (!value || count > size / 2)
		return capture_damaged(txn, capture, "dictionary", err);
	entries->offset = calloc((size_t)count + 1, sizeof *entries->offset);
	if (!entries->offset)
		return capture_no_memory(capture, "dictionary", err);
	if (!capture_entries_find(value, size, count, entries->offset)) {
		capture_entries_close(entries);
		return capture_damaged(txn, capture, "dictionary", err);
	}
	entries->bytes = value;
	entries->count = count;
	return STATUS_OK;
}

void capture_entries_close(struct capture_entries *entries)
{
	free(entries->offset);
	memset(entries, 0, sizeof *entries);
}

/* ---- their order ---- */

static int capture_sign(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int capture_compare(const struct capture *a, const struct capture *b)
{
	int order = capture_sign(a->first_ns, b->first_ns);

	order = order ? order : memcmp(a->sha256, b->sha256, sizeof a->sha256);
	/* the same bytes with another selection */
	order = order ? order : strcmp(a->file, b->file);
	order = order ? order : strcmp(a->interface, b->interface);
	order = order ? order : strcmp(a->filter, b->filter);
	order = order ? order : capture_sign(a->start_ns, b->start_ns);
	return order ? order : capture_sign(a->end_ns, b->end_ns);
}
