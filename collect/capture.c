#include "collect/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/buffer.h"

#define CAPTURE_PENDING_BYTES (24u << 20) /* packed blocks kept before a transaction takes them */
#define CAPTURE_PENDING_BLOCKS 64
#define CAPTURE_FLOW_BYTES 44
#define CAPTURE_FLOWS_BLOCK 16384u
#define CAPTURE_DICTIONARIES 2
#define CAPTURE_DROP_DICTIONARY 2 /* the 'D' value behind the two dictionaries */

/* ---- points ---- */

enum status capture_point_name(struct store_txn *txn, uint32_t point, char *name, size_t room,
			       struct error *err)
{
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	size_t size;

	status = store_get(txn, 'P', point, 0, &value, &size, err);
	if (status)
		return status;
	if (!value)
		return error_set(err, STATUS_INPUT, "the store has no point %u", point);
	in = buffer_reader(value, size);
	buffer_get_text(&in, name, room);
	return STATUS_OK;
}

static enum status capture_point_new(struct store_txn *txn, struct store_header *header,
				     const char *name, struct error *err)
{
	uint8_t bytes[CAPTURE_NAME_MAX + 8];
	struct buffer out = buffer_fixed(bytes, sizeof bytes);
	enum status status;
	void *value;

	if (header->points >= CAPTURE_POINTS_MAX)
		return error_set(err, STATUS_INPUT, "more than %d points in one store",
				 CAPTURE_POINTS_MAX);
	buffer_put_text(&out, name);
	if (out.failed)
		return error_set(err, STATUS_USAGE, "a point's name may have %d bytes",
				 CAPTURE_NAME_MAX - 1);
	status = store_put(txn, 'P', header->points, 0, out.size, &value, err);
	if (status)
		return status;
	memcpy(value, bytes, out.size);
	header->points++;
	return store_header_put(txn, header, err);
}

enum status capture_point_add(struct store *store, const char *name, uint32_t *point,
			      struct error *err)
{
	struct store_header header;
	struct store_txn *txn;
	enum status status;
	uint32_t p;

	status = store_begin(store, true, &txn, err);
	if (status)
		return status;
	status = store_header_get(txn, &header, err);
	for (p = 0; !status && p < header.points; p++) {
		char known[CAPTURE_NAME_MAX];

		status = capture_point_name(txn, p, known, sizeof known, err);
		if (!status && strcmp(known, name) == 0) {
			*point = p;
			goto out;
		}
	}
	if (!status)
		status = capture_point_new(txn, &header, name, err);
	*point = p;
	if (!status)
		status = store_commit(&txn, err);
out:
	store_abort(&txn);
	return status;
}

/* ---- the row of a capture ---- */

static void capture_row_put(struct buffer *out, const struct capture *c)
{
	int k;

	buffer_put_number(out, c->point);
	buffer_put_text(out, c->file);
	buffer_put_text(out, c->interface);
	buffer_put_text(out, c->filter);
	buffer_put_number(out, (uint64_t)c->start_ns);
	buffer_put_number(out, (uint64_t)c->end_ns);
	buffer_put_text(out, c->format);
	buffer_put_text(out, c->link_types);
	buffer_put_number(out, c->bytes);
	buffer_put_bytes(out, c->sha256, sizeof c->sha256);
	buffer_put_number(out, c->packets);
	buffer_put_number(out, c->records);
	buffer_put_number(out, c->filtered);
	for (k = 0; k < PACKET_KINDS; k++)
		buffer_put_number(out, c->kinds[k]);
	buffer_put_number(out, c->truncated);
	buffer_put_number(out, c->short_prefixes);
	buffer_put_number(out, c->backwards);
	buffer_put_number(out, (uint64_t)c->first_ns);
	buffer_put_number(out, (uint64_t)c->last_ns);
	buffer_put_number(out, c->snaplen);
	buffer_put_number(out, c->drops_known);
	buffer_put_number(out, c->drops);
	buffer_put_number(out, c->damaged);
	buffer_put_number(out, c->damage_offset);
	buffer_put_text(out, c->damage);
	buffer_put_number(out, c->flows);
	buffer_put_number(out, c->links);
	buffer_put_number(out, c->options);
	buffer_put_number(out, c->drop_places);
}

static bool capture_row_get(struct buffer_reader *in, struct capture *c)
{
	const uint8_t *sha;
	size_t size;
	int k;

	c->point = (uint32_t)buffer_get_number(in);
	buffer_get_text(in, c->file, sizeof c->file);
	buffer_get_text(in, c->interface, sizeof c->interface);
	buffer_get_text(in, c->filter, sizeof c->filter);
	c->start_ns = (int64_t)buffer_get_number(in);
	c->end_ns = (int64_t)buffer_get_number(in);
	buffer_get_text(in, c->format, sizeof c->format);
	buffer_get_text(in, c->link_types, sizeof c->link_types);
	c->bytes = buffer_get_number(in);
	sha = buffer_get_bytes(in, &size);
	if (!sha || size != sizeof c->sha256)
		return false;
	memcpy(c->sha256, sha, sizeof c->sha256);
	c->packets = buffer_get_number(in);
	c->records = buffer_get_number(in);
	c->filtered = buffer_get_number(in);
	for (k = 0; k < PACKET_KINDS; k++)
		c->kinds[k] = buffer_get_number(in);
	c->truncated = buffer_get_number(in);
	c->short_prefixes = buffer_get_number(in);
	c->backwards = buffer_get_number(in);
	c->first_ns = (int64_t)buffer_get_number(in);
	c->last_ns = (int64_t)buffer_get_number(in);
	c->snaplen = (uint32_t)buffer_get_number(in);
	c->drops_known = buffer_get_number(in) != 0;
	c->drops = buffer_get_number(in);
	c->damaged = buffer_get_number(in) != 0;
	c->damage_offset = buffer_get_number(in);
	buffer_get_text(in, c->damage, sizeof c->damage);
	c->flows = (uint32_t)buffer_get_number(in);
	c->links = (uint32_t)buffer_get_number(in);
	c->options = (uint32_t)buffer_get_number(in);
	c->drop_places = (uint32_t)buffer_get_number(in);
	return !in->broken && c->flows <= CAPTURE_FLOWS_MAX &&
	       c->drop_places <= CAPTURE_DROPS_MAX;
}

enum status capture_list(struct store_txn *txn, struct capture **captures, uint32_t *count,
			 struct error *err)
{
	struct capture *list = NULL, *grown;
	uint32_t a = 0, b = 0, n = 0, room = 0;
	enum status status;

	for (;; a++) {
		struct buffer_reader in;
		const uint8_t *value;
		size_t size;

		b = 0;
		status = store_seek(txn, 'C', &a, &b, &value, &size, err);
		if (status || !value)
			break;
		if (n == room) {
			room = room ? 2 * room : 8;
			grown = realloc(list, room * sizeof *list);
			if (!grown) {
				status = error_errno(err, ENOMEM, "list of captures");
				break;
			}
			list = grown;
		}
		in = buffer_reader(value, size);
		memset(&list[n], 0, sizeof list[n]);
		list[n].number = a;
		if (!capture_row_get(&in, &list[n])) {
			status = error_set(err, STATUS_INPUT,
					   "the store is damaged: row of capture %u", a);
			break;
		}
		n++;
	}
	if (status) {
		free(list);
		return status;
	}
	*captures = list;
	*count = n;
	return STATUS_OK;
}

/* ---- writing ---- */

struct capture_writer {
	struct store *store;
	int lock;
	uint32_t number, point, blocks, written;
	uint64_t records;
	uint8_t *pending; /* packed blocks not yet in the store, back to back */
	size_t pending_bytes, pending_room;
	size_t pending_size[CAPTURE_PENDING_BLOCKS];
	struct buffer flows, drops;
	struct buffer entries[CAPTURE_DICTIONARIES];
	uint32_t flow_count, drop_count, entry_count[CAPTURE_DICTIONARIES];
};

/* Everything under a capture's number, whether finished or not. */
static enum status capture_delete(struct store_txn *txn, uint32_t number, struct error *err)
{
	static const char kinds[] = "CRFDI";
	enum status status = STATUS_OK;
	const char *k;

	for (k = kinds; *k && !status; k++)
		status = store_delete(txn, *k, number, err);
	return status;
}

/* Captures in progress whose writer is dead: their lock is free. */
static enum status capture_sweep(struct store *store, struct store_txn *txn, struct error *err)
{
	uint32_t a = 0, b;

	for (;; a++) {
		const uint8_t *value;
		enum status status;
		size_t size;
		int lock = -1;

		b = 0;
		status = store_seek(txn, 'I', &a, &b, &value, &size, err);
		if (status || !value)
			return status;
		status = store_lock(store, a, &lock, err);
		if (status)
			return status;
		if (lock < 0)
			continue;
		status = capture_delete(txn, a, err);
		store_unlock(&lock);
		if (status)
			return status;
	}
}

static void capture_writer_free(struct capture_writer **writer)
{
	struct capture_writer *w = *writer;
	int d;

	if (!w)
		return;
	store_unlock(&w->lock);
	buffer_free(&w->flows);
	buffer_free(&w->drops);
	for (d = 0; d < CAPTURE_DICTIONARIES; d++)
		buffer_free(&w->entries[d]);
	free(w->pending);
	free(w);
	*writer = NULL;
}

enum status capture_begin(struct store *store, uint32_t point, struct capture_writer **out,
			  struct error *err)
{
	struct capture_writer *w = calloc(1, sizeof *w);
	struct store_header header;
	struct store_txn *txn = NULL;
	enum status status;
	void *value;

	*out = NULL;
	if (!w)
		return error_errno(err, ENOMEM, "capture writer");
	w->store = store;
	w->lock = -1;
	w->point = point;
	w->pending_room = CAPTURE_PENDING_BYTES + record_pack_max();
	w->pending = malloc(w->pending_room);
	if (!w->pending) {
		free(w);
		return error_errno(err, ENOMEM, "capture writer");
	}
	status = store_begin(store, true, &txn, err);
	if (!status)
		status = capture_sweep(store, txn, err);
	if (!status)
		status = store_header_get(txn, &header, err);
	if (!status) {
		w->number = header.captures++;
		status = store_header_put(txn, &header, err);
	}
	if (!status)
		status = store_lock(store, w->number, &w->lock, err);
	if (!status && w->lock < 0)
		status = error_set(err, STATUS_SYSTEM, "%s: capture %u is locked by another writer",
				   store_path(store), w->number);
	if (!status)
		status = store_put(txn, 'I', w->number, 0, 1, &value, err);
	if (!status) {
		*(uint8_t *)value = 1;
		status = store_commit(&txn, err);
	}
	store_abort(&txn);
	if (status)
		capture_writer_free(&w);
	*out = w;
	return status;
}

static enum status capture_write_pending(struct capture_writer *w, struct store_txn *txn,
					 struct error *err)
{
	const uint8_t *from = w->pending;
	enum status status;

	for (; w->written < w->blocks; w->written++) {
		size_t size = w->pending_size[w->written % CAPTURE_PENDING_BLOCKS];
		void *value;

		status = store_put(txn, 'R', w->number, w->written, size, &value, err);
		if (status)
			return status;
		memcpy(value, from, size);
		from += size;
	}
	w->pending_bytes = 0;
	return STATUS_OK;
}

static enum status capture_flush(struct capture_writer *w, struct error *err)
{
	struct store_txn *txn;
	enum status status = store_begin(w->store, true, &txn, err);

	if (status)
		return status;
	status = capture_write_pending(w, txn, err);
	if (!status)
		status = store_commit(&txn, err);
	store_abort(&txn);
	return status;
}

enum status capture_put_block(struct capture_writer *w, const struct record_block *block,
			      struct error *err)
{
	size_t size;

	if (!block->rows)
		return STATUS_OK;
	size = record_pack(w->pending + w->pending_bytes, block);
	w->pending_size[w->blocks % CAPTURE_PENDING_BLOCKS] = size;
	w->pending_bytes += size;
	w->blocks++;
	w->records += block->rows;
	if (w->pending_bytes >= CAPTURE_PENDING_BYTES ||
	    w->blocks - w->written == CAPTURE_PENDING_BLOCKS)
		return capture_flush(w, err);
	return STATUS_OK;
}

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

enum status capture_put_flows(struct capture_writer *w, const struct capture_flow *flows,
			      uint32_t count, struct error *err)
{
	uint8_t *p = buffer_extend(&w->flows, (size_t)count * CAPTURE_FLOW_BYTES);
	uint32_t i;

	if (!p || w->flow_count > CAPTURE_FLOWS_MAX - count)
		return error_errno(err, ENOMEM, "flows of a capture");
	for (i = 0; i < count; i++)
		capture_flow_put(p + (size_t)i * CAPTURE_FLOW_BYTES, &flows[i]);
	w->flow_count += count;
	return STATUS_OK;
}

enum status capture_put_entry(struct capture_writer *w, enum capture_dictionary which,
			      const uint8_t *bytes, uint32_t size, struct error *err)
{
	uint8_t *p = buffer_extend(&w->entries[which], size + 2);

	if (!p || size > UINT16_MAX)
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

static bool capture_same(const struct capture *a, const struct capture *b)
{
	return a->point == b->point && memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0 &&
	       strcmp(a->interface, b->interface) == 0 && strcmp(a->filter, b->filter) == 0 &&
	       a->start_ns == b->start_ns && a->end_ns == b->end_ns;
}

static enum status capture_find(struct store_txn *txn, const struct capture *capture, bool *known,
				struct error *err)
{
	struct capture *list;
	enum status status;
	uint32_t n, i;

	status = capture_list(txn, &list, &n, err);
	if (status)
		return status;
	*known = false;
	for (i = 0; i < n && !*known; i++)
		*known = capture_same(&list[i], capture);
	free(list);
	return STATUS_OK;
}

static enum status capture_put_value(struct store_txn *txn, char kind, uint32_t a, uint32_t b,
				     const void *bytes, size_t size, struct error *err)
{
	void *value;
	enum status status = store_put(txn, kind, a, b, size, &value, err);

	if (!status && size)
		memcpy(value, bytes, size);
	return status;
}

static enum status capture_write_rest(struct capture_writer *w, struct store_txn *txn,
				      struct capture *capture, struct error *err)
{
	enum status status = capture_write_pending(w, txn, err);
	struct buffer row = {0};
	uint32_t i, d;

	for (i = 0; !status && i < w->flow_count; i += CAPTURE_FLOWS_BLOCK) {
		uint32_t n = w->flow_count - i;

		n = n < CAPTURE_FLOWS_BLOCK ? n : CAPTURE_FLOWS_BLOCK;
		status = capture_put_value(txn, 'F', w->number, i / CAPTURE_FLOWS_BLOCK,
					   w->flows.bytes + (size_t)i * CAPTURE_FLOW_BYTES,
					   (size_t)n * CAPTURE_FLOW_BYTES, err);
	}
	for (d = 0; !status && d < CAPTURE_DICTIONARIES; d++)
		status = capture_put_value(txn, 'D', w->number, d, w->entries[d].bytes,
					   w->entries[d].size, err);
	if (!status)
		status = capture_put_value(txn, 'D', w->number, CAPTURE_DROP_DICTIONARY,
					   w->drops.bytes, w->drops.size, err);
	if (status)
		return status;
	capture->number = w->number;
	capture->point = w->point;
	capture->records = w->records;
	capture->flows = w->flow_count;
	capture->links = w->entry_count[CAPTURE_LINKS];
	capture->options = w->entry_count[CAPTURE_OPTIONS];
	capture->drop_places = w->drop_count;
	capture_row_put(&row, capture);
	status = row.failed ? error_errno(err, ENOMEM, "row of a capture")
			    : capture_put_value(txn, 'C', w->number, 0, row.bytes, row.size, err);
	buffer_free(&row);
	if (!status)
		status = store_delete(txn, 'I', w->number, err);
	return status;
}

enum status capture_finish(struct capture_writer **writer, struct capture *capture, bool *known,
			   struct error *err)
{
	struct capture_writer *w = *writer;
	struct store_txn *txn = NULL;
	enum status status;

	*known = false;
	capture->point = w->point;
	status = store_begin(w->store, true, &txn, err);
	if (!status)
		status = capture_find(txn, capture, known, err);
	if (!status)
		status = *known ? capture_delete(txn, w->number, err)
				: capture_write_rest(w, txn, capture, err);
	if (!status)
		status = store_commit(&txn, err);
	store_abort(&txn);
	if (status)
		capture_abort(writer);
	else
		capture_writer_free(writer);
	return status;
}

void capture_abort(struct capture_writer **writer)
{
	struct store_txn *txn = NULL;
	struct error ignored;

	if (!*writer)
		return;
	/* What cannot be deleted now, on a full disk, the next writer sweeps. */
	if (store_begin((*writer)->store, true, &txn, &ignored) == STATUS_OK &&
	    capture_delete(txn, (*writer)->number, &ignored) == STATUS_OK &&
	    store_commit(&txn, &ignored) != STATUS_OK)
		txn = NULL;
	store_abort(&txn);
	capture_writer_free(writer);
}

/* ---- reading ---- */

static enum status capture_damaged(const struct capture *capture, const char *what,
				   struct error *err)
{
	return error_set(err, STATUS_INPUT, "the store is damaged: %s of capture %u (%s)", what,
			 capture->number, capture->file);
}

uint32_t capture_blocks(const struct capture *capture)
{
	return (uint32_t)((capture->records + RECORD_BLOCK_ROWS - 1) / RECORD_BLOCK_ROWS);
}

enum status capture_block(struct store_txn *txn, const struct capture *capture, uint32_t block,
			  struct record_chunk *chunk, struct error *err)
{
	uint64_t before = (uint64_t)block * RECORD_BLOCK_ROWS;
	uint64_t rows = capture->records - before;
	const uint8_t *value;
	enum status status;
	size_t size;

	status = store_get(txn, 'R', capture->number, block, &value, &size, err);
	if (status)
		return status;
	if (!value || !record_open(chunk, value, size) || before >= capture->records ||
	    chunk->rows != (rows < RECORD_BLOCK_ROWS ? rows : RECORD_BLOCK_ROWS))
		return capture_damaged(capture, "records", err);
	return STATUS_OK;
}

enum status capture_flows(struct store_txn *txn, const struct capture *capture,
			  struct capture_flow **flows, struct error *err)
{
	struct capture_flow *list = calloc(capture->flows + (size_t)1, sizeof *list);
	uint32_t i, k, n;

	if (!list)
		return error_errno(err, ENOMEM, "flows of capture %s", capture->file);
	for (i = 0; i < capture->flows; i += n) {
		const uint8_t *value;
		enum status status;
		size_t size;

		n = capture->flows - i;
		n = n < CAPTURE_FLOWS_BLOCK ? n : CAPTURE_FLOWS_BLOCK;
		status = store_get(txn, 'F', capture->number, i / CAPTURE_FLOWS_BLOCK, &value,
				   &size, err);
		if (!status && (!value || size != (size_t)n * CAPTURE_FLOW_BYTES))
			status = capture_damaged(capture, "flows", err);
		if (status) {
			free(list);
			return status;
		}
		for (k = 0; k < n; k++)
			capture_flow_get(value + (size_t)k * CAPTURE_FLOW_BYTES, &list[i + k]);
	}
	*flows = list;
	return STATUS_OK;
}

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
	list = calloc(capture->drop_places + (size_t)1, sizeof *list);
	if (!list)
		return error_errno(err, ENOMEM, "drop places of capture %s", capture->file);
	in = buffer_reader(value, size);
	for (i = 0; i < capture->drop_places; i++) {
		list[i].time_ns = (int64_t)buffer_get_number(&in);
		list[i].packets = buffer_get_number(&in);
	}
	if (in.broken) {
		free(list);
		return capture_damaged(capture, "drop places", err);
	}
	*drops = list;
	return STATUS_OK;
}

enum status capture_entries_open(struct store_txn *txn, const struct capture *capture,
				 enum capture_dictionary which, struct capture_entries *entries,
				 struct error *err)
{
	uint32_t count = which == CAPTURE_LINKS ? capture->links : capture->options;
	const uint8_t *value;
	enum status status;
	size_t size, at = 0;
	uint32_t i;

	memset(entries, 0, sizeof *entries);
	status = store_get(txn, 'D', capture->number, which, &value, &size, err);
	if (status)
		return status;
	if (!value || count > size / 2)
		return capture_damaged(capture, "dictionary", err);
	entries->offset = calloc((size_t)count + 1, sizeof *entries->offset);
	if (!entries->offset)
		return error_errno(err, ENOMEM, "dictionary of capture %s", capture->file);
	for (i = 0; i < count; i++) {
		uint32_t n;

		if (size - at < 2)
			break;
		n = value[at] | (uint32_t)value[at + 1] << 8;
		if (size - at - 2 < n)
			break;
		entries->offset[i] = (uint32_t)at + 2;
		at += 2 + n;
	}
	if (i < count || at != size) {
		capture_entries_close(entries);
		return capture_damaged(capture, "dictionary", err);
	}
	entries->bytes = value;
	entries->count = count;
	entries->offset[count] = (uint32_t)at + 2;
	return STATUS_OK;
}

void capture_entries_close(struct capture_entries *entries)
{
	free(entries->offset);
	memset(entries, 0, sizeof *entries);
}
