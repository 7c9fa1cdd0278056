#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture_row.h"

#define PENDING_BYTES (2u << 20) /* kept before a transaction takes them, from the cache still */
#define PENDING_VALUES 64

/* A value that waits for its transaction. */
struct pending {
	char kind;
	uint32_t block;
	size_t size;
};

struct capture_writer {
	struct store *store;
	int lock;
	uint32_t number, point;
	uint32_t blocks, flow_blocks;   /* begun so far */
	uint64_t records;
	uint8_t *bytes;                 /* of the pending values, back to back */
	size_t bytes_used;
	struct pending pending[PENDING_VALUES];
	uint32_t pending_count;
	struct buffer flows;            /* of the block under way */
	struct buffer drops, entries[CAPTURE_DICTIONARIES], contents;
	uint32_t flow_count, drop_count, entry_count[CAPTURE_DICTIONARIES];
};

/* Everything under a capture's number, whether finished or not. */
static const char capture_kinds[] = "CRFDI";

static enum status capture_delete(struct store_txn *txn, uint32_t number, struct error *err)
{
	enum status status = STATUS_OK;
	const char *k;

	for (k = capture_kinds; *k && !status; k++)
		status = store_delete(txn, *k, number, err);
	return status;
}

enum status capture_remove(struct store_txn *txn, uint32_t number, struct error *err)
{
	return capture_delete(txn, number, err);
}

/* ---- begin ---- */

/* Captures in progress whose writer is dead: their lock is free. */
static enum status capture_sweep(struct store *store, struct store_txn *txn, struct error *err)
{
	uint64_t next = 0;

	while (next <= UINT32_MAX) {
		uint32_t a = (uint32_t)next, b = 0;
		enum status status;
		bool found;
		int lock = -1;

		status = store_seek(txn, 'I', &a, &b, &found, err);
		if (status || !found)
			return status;
		next = (uint64_t)a + 1;
		status = store_lock(store, a, &lock, err);
		if (!status && lock >= 0)
			status = capture_delete(txn, a, err);
		store_unlock(store, &lock);
		if (status)
			return status;
	}
	return STATUS_OK;
}

/* A number that nothing lies under yet. */
static enum status capture_number_new(struct store_txn *txn, uint32_t *number, struct error *err)
{
	struct store_header header;
	enum status status;
	const char *k;

	status = store_header_get(txn, &header, err);
	if (status)
		return status;
	if (header.captures == UINT32_MAX)
		return error_set(err, STATUS_SYSTEM, "%s: no number left for a capture",
				 store_path(store_of(txn)));
	*number = header.captures++;
	for (k = capture_kinds; *k && !status; k++) {
		uint32_t a = *number, b = 0;
		bool found;

		status = store_seek(txn, *k, &a, &b, &found, err);
		if (!status && found && a == *number)
			status = error_set(err, STATUS_INPUT,
					   "%s: the store is damaged: capture %u is there already",
					   store_path(store_of(txn)), a);
	}
	return status ? status : store_header_put(txn, &header, err);
}

static enum status capture_register(struct capture_writer *w, struct error *err)
{
	struct store_txn *txn = NULL;
	enum status status;
	void *value;

	status = store_begin(w->store, true, &txn, err);
	if (!status)
		status = capture_sweep(w->store, txn, err);
	if (!status)
		status = capture_number_new(txn, &w->number, err);
	if (!status)
		status = store_lock(w->store, w->number, &w->lock, err);
	if (!status && w->lock < 0)
		status = error_set(err, STATUS_SYSTEM, "%s: capture %u is locked by another writer",
				   store_path(w->store), w->number);
	if (!status)
		status = store_put(txn, 'I', w->number, 0, 1, &value, err);
	if (!status) {
		*(uint8_t *)value = 1;
		status = store_commit(&txn, err);
	}
	store_abort(&txn);
	return status;
}

static void capture_writer_free(struct capture_writer **writer)
{
	struct capture_writer *w = *writer;
	int d;

	store_unlock(w->store, &w->lock);
	buffer_free(&w->flows);
	buffer_free(&w->drops);
	buffer_free(&w->contents);
	for (d = 0; d < CAPTURE_DICTIONARIES; d++)
		buffer_free(&w->entries[d]);
	free(w->bytes);
	free(w);
	*writer = NULL;
}

enum status capture_begin(struct store *store, uint32_t point, struct capture_writer **out,
			  struct error *err)
{
	struct capture_writer *w = calloc(1, sizeof *w);
	enum status status;

	*out = NULL;
	if (!w)
		return error_errno(err, ENOMEM, "capture writer");
	w->store = store;
	w->lock = -1;
	w->point = point;
	w->bytes = malloc(PENDING_BYTES + record_pack_max());
	status = w->bytes ? capture_register(w, err) : error_errno(err, ENOMEM, "capture writer");
	if (status)
		capture_writer_free(&w);
	*out = w;
	return status;
}

/* ---- values on their way ---- */

static enum status capture_put_value(struct store_txn *txn, char kind, uint32_t a, uint32_t b,
				     const void *bytes, size_t size, struct error *err)
{
	enum status status;
	void *value;

	status = store_put(txn, kind, a, b, size, &value, err);
	if (!status && size)
		memcpy(value, bytes, size);
	return status;
}

static enum status capture_put_pending(struct capture_writer *w, struct store_txn *txn,
				       struct error *err)
{
	const uint8_t *from = w->bytes;
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < w->pending_count && !status; i++) {
		const struct pending *p = &w->pending[i];

		status = capture_put_value(txn, p->kind, w->number, p->block, from, p->size, err);
		from += p->size;
	}
	w->pending_count = 0;
	w->bytes_used = 0;
	return status;
}

/* Takes the `size` bytes behind the pending ones as a value, too. */
static enum status capture_pend(struct capture_writer *w, char kind, uint32_t block, size_t size,
				struct error *err)
{
	struct store_txn *txn = NULL;
	enum status status;

	w->pending[w->pending_count++] = (struct pending){kind, block, size};
	w->bytes_used += size;
	if (w->bytes_used < PENDING_BYTES && w->pending_count < PENDING_VALUES)
		return STATUS_OK;
	status = store_begin(w->store, true, &txn, err);
	if (!status)
		status = capture_put_pending(w, txn, err);
	if (!status)
		status = store_commit(&txn, err);
	store_abort(&txn);
	return status;
}

enum status capture_put_block(struct capture_writer *w, const struct record_block *block,
			      struct error *err)
{
	if (!block->rows)
		return STATUS_OK;
	if (w->records % RECORD_BLOCK_ROWS || block->rows > RECORD_BLOCK_ROWS)
		return error_set(err, STATUS_SYSTEM, "%s: a block of records behind the last one",
				 store_path(w->store));
	w->records += block->rows;
	return capture_pend(w, 'R', w->blocks++, record_pack(w->bytes + w->bytes_used, block), err);
}

/* ---- flows ---- */

_Static_assert(CAPTURE_FLOWS_BLOCK * CAPTURE_FLOW_BYTES <= RECORD_COLUMNS * 8 * RECORD_BLOCK_ROWS,
	       "a block of flows must fit where a block of records does");

static void capture_flow_put(uint8_t *p, const struct capture_flow *flow)
{
	p[0] = flow->version;
	p[1] = flow->proto;
	memcpy(p + 2, &flow->a_port, 2);
	memcpy(p + 4, &flow->b_port, 2);
	p[6] = p[7] = 0;
	memcpy(p + 8, flow->a, 16);
	memcpy(p + 24, flow->b, 16);
	memcpy(p + 40, &flow->generation, 4);
}

static enum status capture_pend_flows(struct capture_writer *w, struct error *err)
{
	size_t size = w->flows.size;

	if (!size)
		return STATUS_OK;
	memcpy(w->bytes + w->bytes_used, w->flows.bytes, size);
	w->flows.size = 0;
	return capture_pend(w, 'F', w->flow_blocks++, size, err);
}

enum status capture_put_flows(struct capture_writer *w, const struct capture_flow *flows,
			      uint32_t count, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	if (count > CAPTURE_FLOWS_MAX - w->flow_count)
		return error_set(err, STATUS_INPUT, "more than %u flows in one capture",
				 CAPTURE_FLOWS_MAX);
	for (i = 0; i < count && !status; i++) {
		uint8_t *p = buffer_extend(&w->flows, CAPTURE_FLOW_BYTES);

		if (!p)
			return error_errno(err, ENOMEM, "flows of a capture");
		capture_flow_put(p, &flows[i]);
		w->flow_count++;
		if (w->flow_count % CAPTURE_FLOWS_BLOCK == 0)
			status = capture_pend_flows(w, err);
	}
	return status;
}

/* ---- the rest ---- */

enum status capture_put_entry(struct capture_writer *w, enum capture_dictionary which,
			      const uint8_t *bytes, uint32_t size, struct error *err)
{
	struct buffer *entries = &w->entries[which];
	uint8_t *p;

	if (size > UINT16_MAX || entries->size > UINT32_MAX - 2 - size)
		return error_set(err, STATUS_INPUT, "the dictionary of a capture grows too big");
	p = buffer_extend(entries, (size_t)size + 2);
	if (!p)
		return error_errno(err, ENOMEM, "dictionary of a capture");
	p[0] = (uint8_t)size;
	p[1] = (uint8_t)(size >> 8);
	if (size)
		memcpy(p + 2, bytes, size);
	w->entry_count[which]++;
	return STATUS_OK;
}

enum status capture_put_drop(struct capture_writer *w, struct capture_drop drop, struct error *err)
{
	if (w->drop_count == CAPTURE_DROPS_MAX)
		return STATUS_OK; /* the sum in the capture's row stays right */
	buffer_put_number(&w->drops, (uint64_t)drop.time_ns);
	buffer_put_number(&w->drops, drop.packets);
	if (w->drops.failed)
		return error_errno(err, ENOMEM, "drop places of a capture");
	w->drop_count++;
	return STATUS_OK;
}

void capture_put_contents(struct capture_writer *w, struct buffer *contents)
{
	buffer_free(&w->contents);
	w->contents = *contents;
	*contents = (struct buffer){0};
}

/* ---- end ---- */

static bool capture_same(const struct capture *a, const struct capture *b)
{
	return a->point == b->point && memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0 &&
	       strcmp(a->interface, b->interface) == 0 && strcmp(a->filter, b->filter) == 0 &&
	       a->start_ns == b->start_ns && a->end_ns == b->end_ns;
}

static enum status capture_find(struct store_txn *txn, const struct capture *capture, bool *known,
				struct error *err)
{
	struct capture *other = malloc(sizeof *other);
	enum status status = STATUS_OK;
	uint64_t next = 0;
	uint32_t count;
	bool found;

	if (!other)
		return error_errno(err, ENOMEM, "row of a capture");
	for (count = 0; !status && !*known; count++) {
		status = capture_row_next(txn, &next, other, &found, err);
		if (status || !found)
			break;
		*known = capture_same(other, capture);
	}
	free(other);
	if (!status && !*known && count >= CAPTURES_MAX)
		status = error_set(err, STATUS_INPUT, "%s: more than %u captures in one store",
				   store_path(store_of(txn)), CAPTURES_MAX);
	return status;
}

static enum status capture_put_row(struct store_txn *txn, const struct capture *capture,
				   struct error *err)
{
	struct buffer row = {0};
	enum status status;

	capture_row_put(&row, capture);
	if (row.failed)
		status = error_errno(err, ENOMEM, "row of a capture");
	else
		status = capture_put_value(txn, 'C', capture->number, 0, row.bytes, row.size, err);
	buffer_free(&row);
	return status;
}

static enum status capture_put_rest(struct capture_writer *w, struct store_txn *txn,
				    struct capture *capture, struct error *err)
{
	enum status status;
	uint32_t d;

	status = capture_put_pending(w, txn, err);
	for (d = 0; !status && d < CAPTURE_DICTIONARIES; d++)
		status = capture_put_value(txn, 'D', w->number, d, w->entries[d].bytes,
					   w->entries[d].size, err);
	if (!status)
		status = capture_put_value(txn, 'D', w->number, CAPTURE_DROP_DICTIONARY,
					   w->drops.bytes, w->drops.size, err);
	if (!status && w->contents.size)
		status = capture_put_value(txn, 'D', w->number, CAPTURE_CONTENTS, w->contents.bytes,
					   w->contents.size, err);
	capture->number = w->number;
	capture->records = w->records;
	capture->flows = w->flow_count;
	capture->links = w->entry_count[CAPTURE_LINKS];
	capture->options = w->entry_count[CAPTURE_OPTIONS];
	capture->drop_places = w->drop_count;
	if (!status)
		status = capture_put_row(txn, capture, err);
	return status ? status : store_delete(txn, 'I', w->number, err);
}

enum status capture_finish(struct capture_writer **writer, struct capture *capture, bool *known,
			   struct error *err)
{
	struct capture_writer *w = *writer;
	struct store_txn *txn = NULL;
	enum status status;

	*known = false;
	capture->point = w->point;
	status = capture_pend_flows(w, err);
	if (!status)
		status = store_begin(w->store, true, &txn, err);
	if (!status)
		status = capture_find(txn, capture, known, err);
	if (!status)
		status = *known ? capture_delete(txn, w->number, err)
				: capture_put_rest(w, txn, capture, err);
	if (!status)
		status = store_commit(&txn, err);
	store_abort(&txn);
	if (!status) {
		capture_writer_free(writer);
		return STATUS_OK;
	}
	*known = false;
	capture_abort(writer);
	return status;
}

static enum status capture_widen_row(struct store_txn *txn, uint32_t number, int64_t until_ns,
				     struct capture *capture, bool *found, struct error *err)
{
	uint64_t next = number;
	enum status status = capture_row_next(txn, &next, capture, found, err);

	*found = *found && capture->number == number;
	if (status || !*found)
		return status;
	capture->ran_until_ns = until_ns;
	return capture_put_row(txn, capture, err);
}

enum status capture_widen(struct store *store, uint32_t number, int64_t until_ns, bool *found,
			  struct error *err)
{
	struct capture *capture = malloc(sizeof *capture);
	struct store_txn *txn = NULL;
	enum status status;

	*found = false;
	if (!capture)
		return error_errno(err, ENOMEM, "row of a capture");
	status = store_begin(store, true, &txn, err);
	if (!status)
		status = capture_widen_row(txn, number, until_ns, capture, found, err);
	if (!status && *found)
		status = store_commit(&txn, err);
	store_abort(&txn);
	free(capture);
	return status;
}

void capture_abort(struct capture_writer **writer)
{
	struct store_txn *txn = NULL;
	struct error ignored;
	enum status status;

	if (!*writer)
		return;
	/* What cannot be deleted now, on a full disk, the next writer sweeps. */
	status = store_begin((*writer)->store, true, &txn, &ignored);
	if (!status)
		status = capture_delete(txn, (*writer)->number, &ignored);
	if (!status)
		status = store_commit(&txn, &ignored);
	store_abort(&txn);
	capture_writer_free(writer);
}
