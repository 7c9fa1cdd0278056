/* The captures of a store: each is read whole, and what its row says of its records is counted again. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture_row.h"
#include "collect/store_verify_parts.h"
#include "collect/transfer.h"

/* Numbers of a capture's row that its records give, too. */
static const struct {
	const char *name;
	size_t offset;
} counted[] = {
	{"records", offsetof(struct capture, records)},
	{"truncated packets", offsetof(struct capture, truncated)},
	{"short prefixes", offsetof(struct capture, short_prefixes)},
	{"packets that go back in time", offsetof(struct capture, backwards)},
	{"the first time", offsetof(struct capture, first_ns)},
	{"the last time", offsetof(struct capture, last_ns)},
};
#define COUNTED (sizeof counted / sizeof counted[0])

static uint64_t counted_of(const struct capture *capture, size_t i)
{
	uint64_t number;

	memcpy(&number, (const char *)capture + counted[i].offset, sizeof number);
	return number;
}

static void recount_block(struct capture *again, const struct record_block *block, int64_t *before)
{
	uint32_t i;

	for (i = 0; i < block->rows; i++) {
		int64_t time_ns = block->time_ns[i];
		bool first = again->records++ == 0;

		if (block->kind[i] < PACKET_KINDS)
			again->kinds[block->kind[i]]++;
		again->truncated += (block->marks[i] & PACKET_TRUNCATED) != 0;
		again->short_prefixes += (block->marks[i] & PACKET_SHORT_PREFIX) != 0;
		again->backwards += !first && time_ns < *before;
		again->first_ns = first || time_ns < again->first_ns ? time_ns : again->first_ns;
		again->last_ns = first || time_ns > again->last_ns ? time_ns : again->last_ns;
		*before = time_ns;
	}
}

static enum status recount(struct store_txn *txn, const struct capture *capture,
			   struct record_block *block, struct capture *again, struct error *err)
{
	enum status status = STATUS_OK;
	struct record_chunk chunk;
	int64_t before = 0;
	uint32_t b;

	memset(again, 0, sizeof *again);
	for (b = 0; b < capture_blocks(capture) && !status; b++) {
		status = capture_block(txn, capture, b, &chunk, err);
		if (status)
			break;
		record_unpack(block, &chunk);
		recount_block(again, block, &before);
	}
	return status;
}

static void verify_counts(struct verify_store *v, const struct capture *capture,
			  const struct capture *again)
{
	uint64_t kinds = 0;
	size_t i;

	for (i = 0; i < COUNTED; i++)
		if (counted_of(capture, i) != counted_of(again, i))
			verify_store_fault(v, "capture %u (%s): %s: %" PRId64 ", but its records say %" PRId64,
					   capture->number, capture->file, counted[i].name,
					   (int64_t)counted_of(capture, i), (int64_t)counted_of(again, i));
	for (i = 0; i < PACKET_KINDS; i++) {
		kinds += capture->kinds[i];
		if (capture->kinds[i] != again->kinds[i])
			verify_store_fault(v, "capture %u (%s): packets of kind %zu: %" PRIu64
					   ", but its records say %" PRIu64, capture->number, capture->file, i,
					   capture->kinds[i], again->kinds[i]);
	}
	if (kinds != capture->records || capture->packets != capture->records + capture->filtered)
		verify_store_fault(v, "capture %u (%s): its %" PRIu64 " packets are not the %" PRIu64
				   " kept and the %" PRIu64 " filtered out", capture->number, capture->file,
				   capture->packets, capture->records, capture->filtered);
}

/* A capture's values, all of them and no others. */
static enum status verify_capture_values(struct verify_store *v, const struct capture *capture,
					 char kind, uint32_t expected, struct error *err)
{
	uint32_t a = capture->number, b = 0, count = 0;
	enum status status = STATUS_OK;
	bool found = true;

	for (; !status && count <= expected; b++, count++) {
		status = store_seek(v->txn, kind, &a, &b, &found, err);
		if (status || !found || a != capture->number)
			break;
	}
	if (!status && count != expected)
		verify_store_fault(v, "capture %u (%s): %s %u blocks of %s than its row says",
				   capture->number, capture->file, count < expected ? "fewer than" : "more than",
				   expected, kind == 'R' ? "records" : "flows");
	return status;
}

static enum status verify_capture(struct verify_store *v, const struct capture *capture,
				  struct record_block *block, struct error *err)
{
	struct capture *again = malloc(sizeof *again);
	char name[CAPTURE_NAME_MAX];
	enum status status;

	if (!again)
		return error_errno(err, ENOMEM, "%s", store_path(v->store));
	status = capture_point_name(v->txn, capture->point, name, sizeof name, err);
	if (!status)
		status = transfer_look(v->txn, capture, err);
	if (!status)
		status = recount(v->txn, capture, block, again, err);
	if (!status)
		status = verify_capture_values(v, capture, 'R', capture_blocks(capture), err);
	if (!status) {
		verify_counts(v, capture, again);
		v->looked += capture->packets;
	}
	free(again);
	return verify_store_heard(v, status, err);
}

/* Blocks under a number that no row names are of a capture under way, or of one whose writer died: then it
 * has a mark. */
static enum status verify_unfinished(struct verify_store *v, struct error *err)
{
	static const char kinds[] = "RFD";
	enum status status = STATUS_OK;
	uint32_t marked = 0;
	uint64_t next;
	const char *k;

	for (k = kinds; *k && !status; k++)
		for (next = 0; !status && next <= UINT32_MAX; next++) {
			uint32_t a = (uint32_t)next, b = 0, row, mark, zero = 0;
			bool found, has_row, has_mark;

			status = store_seek(v->txn, *k, &a, &b, &found, err);
			if (status || !found)
				break;
			next = row = mark = a;
			status = store_seek(v->txn, 'C', &row, &zero, &has_row, err);
			if (!status)
				status = store_seek(v->txn, 'I', &mark, &zero, &has_mark, err);
			if (status || (has_row && row == a))
				continue;
			if (has_mark && mark == a)
				marked++;
			else
				verify_store_fault(v, "capture %u: it has values, and no row", a);
		}
	if (marked)
		snprintf(v->note, sizeof v->note, "one is under way, or its writer was killed");
	return status;
}

enum status verify_store_captures(struct verify_store *v, struct error *err)
{
	struct record_block *block = malloc(sizeof *block);
	struct capture *capture = malloc(sizeof *capture);
	enum status status = STATUS_OK;
	bool found = true;
	uint64_t next = 0;

	if (!block || !capture)
		status = error_errno(err, ENOMEM, "%s", store_path(v->store));
	while (!status && found) {
		status = capture_row_next(v->txn, &next, capture, &found, err);
		if (!status && found)
			status = verify_capture(v, capture, block, err);
		else
			status = verify_store_heard(v, status, err);
	}
	if (!status)
		status = verify_store_heard(v, verify_unfinished(v, err), err);
	free(capture);
	free(block);
	return status;
}
