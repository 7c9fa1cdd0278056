#include "collect/excerpt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/content_keep.h"
#include "collect/content_read.h"
#include "collect/excerpt_flow.h"

#define TCP_SYN 0x02
#define TCP_ACK 0x10

struct excerpt {
	struct store_txn *txn;
	const struct excerpt_span *span;
	struct store *to;
	struct record_block *in, *out;
	/* of what is written: one capture, or the segments of a live one */
	struct capture capture;            /* what is said of it */
	struct capture_writer *writer;
	struct excerpt_flows flows;
	uint32_t links, options;           /* entries of the dictionaries of the segments before */
	uint64_t written;                  /* their records */
	uint32_t content_count;
	int64_t time_ns;                   /* of the record before */
	struct buffer contents;
	/* of one that is read */
	const struct capture *from;
	uint64_t first, behind;            /* its rows */
	uint32_t *flow;                    /* new numbers of its flows, or EXCERPT_NO_FLOW */
	struct capture_flow *from_flows;
	struct capture_drop *drops;
};

static enum status excerpt_damaged(const struct excerpt *x, const char *what, struct error *err)
{
	return error_set(err, STATUS_INPUT, "%s: the store is damaged: %s of capture %u",
			 store_path(store_of(x->txn)), what, x->from->number);
}

/* ---- which rows ---- */

/* The first row of that time or later: records are in the order of time but for a few. */
static enum status excerpt_row_at(const struct excerpt *x, int64_t time_ns, uint64_t *row, struct error *err)
{
	uint32_t low = 0, high = capture_blocks(x->from), i;
	struct record_chunk chunk;
	enum status status;

	while (low < high) { /* the first block that begins at the time or later */
		uint32_t middle = low + (high - low) / 2;

		status = capture_block(x->txn, x->from, middle, &chunk, err);
		if (status)
			return status;
		if (column_get(&chunk.column[RECORD_TIME], 0) < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	*row = (uint64_t)low * RECORD_BLOCK_ROWS;
	if (!low)
		return STATUS_OK;
	status = capture_block(x->txn, x->from, low - 1, &chunk, err);
	for (i = 0; !status && i < chunk.rows && column_get(&chunk.column[RECORD_TIME], i) < time_ns; i++)
		;
	if (!status)
		*row = (uint64_t)(low - 1) * RECORD_BLOCK_ROWS + i;
	return status;
}

static enum status excerpt_choose(struct excerpt *x, struct error *err)
{
	const struct capture *c = x->from;
	enum status status = STATUS_OK;

	x->first = 0;
	x->behind = c->records;
	if (c->records && c->first_ns < x->span->from_ns)
		status = excerpt_row_at(x, x->span->from_ns, &x->first, err);
	if (!status && c->records && c->last_ns >= x->span->to_ns)
		status = excerpt_row_at(x, x->span->to_ns, &x->behind, err);
	if (x->behind < x->first)
		x->behind = x->first;
	return status;
}

/* ---- records ---- */

/* Flows get their numbers as they are met. */
static enum status excerpt_flow(struct excerpt *x, uint32_t row, struct error *err)
{
	struct record_block *b = x->out;
	uint32_t number = b->flow[row] >> 1;
	const struct capture_flow *flow;

	if (b->flow[row] == RECORD_NO_FLOW)
		return STATUS_OK;
	if (number >= x->from->flows)
		return excerpt_damaged(x, "records", err);
	flow = &x->from_flows[number];
	if (x->flow[number] == EXCERPT_NO_FLOW)
		x->flow[number] = excerpt_flows_number(
			&x->flows, flow, flow->proto == 6 && (b->flags[row] & (TCP_SYN | TCP_ACK)) == TCP_SYN, b->seq[row]);
	if (x->flow[number] == EXCERPT_NO_FLOW)
		return error_errno(err, ENOMEM, "flows of a capture");
	b->flow[row] = x->flow[number] << 1 | (b->flow[row] & 1);
	return STATUS_OK;
}

static enum status excerpt_count(struct excerpt *x, uint32_t row, struct error *err)
{
	struct record_block *b = x->out;
	struct capture *c = &x->capture;
	int64_t time_ns = b->time_ns[row];

	if (b->kind[row] >= PACKET_KINDS || b->link[row] >= x->from->links ||
	    b->options[row] >= x->from->options)
		return excerpt_damaged(x, "records", err);
	b->link[row] += x->links;
	b->options[row] += x->options;
	c->backwards += c->records && time_ns < x->time_ns;
	x->time_ns = time_ns;
	if (!c->records || time_ns < c->first_ns)
		c->first_ns = time_ns;
	if (!c->records || time_ns > c->last_ns)
		c->last_ns = time_ns;
	c->records++;
	c->kinds[b->kind[row]]++;
	c->truncated += (b->marks[row] & PACKET_TRUNCATED) != 0;
	c->short_prefixes += (b->marks[row] & PACKET_SHORT_PREFIX) != 0;
	return excerpt_flow(x, row, err);
}

static enum status excerpt_flush(struct excerpt *x, struct error *err)
{
	enum status status = capture_put_block(x->writer, x->out, err);

	x->out->rows = 0;
	return status;
}

/* Rows first .. behind of the block that was read. */
static enum status excerpt_rows(struct excerpt *x, uint32_t first, uint32_t behind, struct error *err)
{
	while (first < behind) {
		uint32_t room = RECORD_BLOCK_ROWS - x->out->rows, row = x->out->rows;
		uint32_t rows = behind - first < room ? behind - first : room;
		enum status status = STATUS_OK;

		record_append(x->out, x->in, first, rows);
		for (; row < x->out->rows && !status; row++)
			status = excerpt_count(x, row, err);
		if (!status && x->out->rows == RECORD_BLOCK_ROWS)
			status = excerpt_flush(x, err);
		if (status)
			return status;
		first += rows;
	}
	return STATUS_OK;
}

static enum status excerpt_records(struct excerpt *x, struct error *err)
{
	enum status status = STATUS_OK;
	uint64_t at;

	for (at = x->first; at < x->behind && !status;) {
		uint32_t block = (uint32_t)(at / RECORD_BLOCK_ROWS), row = (uint32_t)(at % RECORD_BLOCK_ROWS);
		struct record_chunk chunk;
		uint64_t rows;

		status = capture_block(x->txn, x->from, block, &chunk, err);
		if (status)
			break;
		record_unpack(x->in, &chunk);
		rows = x->behind - at < chunk.rows - row ? x->behind - at : chunk.rows - row;
		status = excerpt_rows(x, row, row + (uint32_t)rows, err);
		at += rows;
	}
	return status;
}

static enum status excerpt_flows(struct excerpt *x, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < x->flows.count && !status; i++)
		status = capture_put_flows(x->writer, &x->flows.list[i].flow, 1, err);
	return status;
}

/* ---- what goes with them ---- */

static enum status excerpt_dictionary(struct excerpt *x, enum capture_dictionary which, struct error *err)
{
	struct capture_entries entries;
	enum status status = capture_entries_open(x->txn, x->from, which, &entries, err);
	uint32_t i, size;

	if (status)
		return status;
	for (i = 0; i < entries.count && !status; i++) {
		const uint8_t *bytes = capture_entry(&entries, i, &size);

		status = capture_put_entry(x->writer, which, bytes, size, err);
	}
	capture_entries_close(&entries);
	return status;
}

static enum status excerpt_drops(struct excerpt *x, struct error *err)
{
	bool whole = x->first == 0 && x->behind == x->from->records;
	enum status status = capture_drops(x->txn, x->from, &x->drops, err);
	uint32_t i;

	x->capture.drops += whole ? x->from->drops : 0;
	for (i = 0; i < x->from->drop_places && !status; i++) {
		if (x->drops[i].time_ns < x->span->from_ns || x->drops[i].time_ns >= x->span->to_ns)
			continue;
		x->capture.drops += whole ? 0 : x->drops[i].packets;
		status = capture_put_drop(x->writer, x->drops[i], err);
	}
	return status;
}

static void number_put(uint8_t *to, uint32_t number)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

/* A content's row begins with its flow and its record, and both have other numbers now. */
static bool excerpt_content(struct excerpt *x, const struct content_row *row, const uint8_t *bytes, size_t size)
{
	uint32_t flow = row->way >> 1 < x->from->flows ? x->flow[row->way >> 1] : EXCERPT_NO_FLOW;
	uint8_t *to;

	if (flow == EXCERPT_NO_FLOW || row->record < x->first || row->record >= x->behind)
		return true;
	to = buffer_extend(&x->contents, size);
	if (!to)
		return false;
	memcpy(to, bytes, size);
	number_put(to, flow << 1 | (row->way & 1));
	number_put(to + 4, (uint32_t)(row->record - x->first + x->written));
	x->content_count++;
	return true;
}

static enum status excerpt_contents(struct excerpt *x, struct error *err)
{
	struct content_reader reader;
	struct content_row row;
	const uint8_t *bytes;
	bool more = true;
	size_t size, at;
	uint8_t *head;
	enum status status = capture_contents(x->txn, x->from, &bytes, &size, err);

	if (status || !bytes)
		return status;
	if (!content_reader_open(&reader, bytes, size))
		return excerpt_damaged(x, "contents", err);
	if (!x->contents.size) {
		head = buffer_extend(&x->contents, CONTENT_PACKED_HEAD);
		if (!head)
			return error_errno(err, ENOMEM, "contents of a capture");
		memcpy(head, bytes, CONTENT_PACKED_HEAD);
	}
	for (at = reader.at; content_reader_next(&reader, &row, &more); at = reader.at) {
		if (!more)
			return STATUS_OK;
		if (!excerpt_content(x, &row, bytes + at, reader.at - at))
			return error_errno(err, ENOMEM, "contents of a capture");
	}
	return excerpt_damaged(x, "contents", err);
}

/* ---- one capture, or one segment of it ---- */

static void excerpt_describe(struct excerpt *x)
{
	struct capture *c = &x->capture;

	*c = *x->from;
	c->packets = c->records = c->truncated = c->short_prefixes = c->backwards = c->filtered = 0;
	c->drops = 0;
	c->first_ns = c->last_ns = 0;
	memset(c->kinds, 0, sizeof c->kinds);
	if (c->ran_until_ns && c->ran_from_ns < x->span->from_ns)
		c->ran_from_ns = x->span->from_ns;
}

/* Segments of a live capture follow each other without a gap. */
static bool excerpt_goes_on(const struct excerpt *x, const struct capture *next)
{
	const struct capture *c = &x->capture;

	return x->writer && next->point == c->point && c->ran_until_ns && next->ran_from_ns == c->ran_until_ns &&
	       strcmp(next->file, c->file) == 0 && strcmp(next->format, c->format) == 0 &&
	       strcmp(next->link_types, c->link_types) == 0 && strcmp(next->filter, c->filter) == 0 &&
	       strcmp(next->interface, c->interface) == 0 && next->snaplen == c->snaplen;
}

static enum status excerpt_begin(struct excerpt *x, struct error *err)
{
	excerpt_describe(x);
	excerpt_flows_clear(&x->flows);
	x->links = x->options = x->content_count = 0;
	x->written = 0;
	x->out->rows = 0;
	return capture_begin(x->to, x->from->point, &x->writer, err);
}

static enum status excerpt_end(struct excerpt *x, struct excerpt_point *point, struct error *err)
{
	enum status status;
	bool known;

	if (!x->writer)
		return STATUS_OK;
	status = excerpt_flush(x, err);
	if (!status)
		status = excerpt_flows(x, err);
	if (!status && x->contents.size) {
		number_put(x->contents.bytes + 4, x->content_count);
		capture_put_contents(x->writer, &x->contents);
	}
	x->capture.packets = x->capture.records;
	if (x->capture.ran_until_ns > x->span->to_ns)
		x->capture.ran_until_ns = x->span->to_ns;
	point->captures++;
	point->packets += x->capture.records;
	point->drops += x->capture.drops;
	return status ? status : capture_finish(&x->writer, &x->capture, &known, err);
}

static enum status excerpt_flows_open(struct excerpt *x, struct error *err)
{
	enum status status = capture_flows(x->txn, x->from, &x->from_flows, err);

	if (status)
		return status;
	x->flow = malloc(((size_t)x->from->flows + 1) * sizeof *x->flow);
	if (!x->flow)
		return error_errno(err, ENOMEM, "flows of a capture");
	memset(x->flow, 0xff, ((size_t)x->from->flows + 1) * sizeof *x->flow);
	return STATUS_OK;
}

static void excerpt_forget(struct excerpt *x)
{
	free(x->from_flows);
	free(x->flow);
	free(x->drops);
	x->from_flows = NULL;
	x->flow = NULL;
	x->drops = NULL;
}

static enum status excerpt_add(struct excerpt *x, struct error *err)
{
	enum status status = excerpt_choose(x, err);

	if (!status)
		status = excerpt_flows_open(x, err);
	if (!status)
		status = excerpt_records(x, err);
	if (!status)
		status = excerpt_dictionary(x, CAPTURE_LINKS, err);
	if (!status)
		status = excerpt_dictionary(x, CAPTURE_OPTIONS, err);
	if (!status)
		status = excerpt_drops(x, err);
	if (!status)
		status = excerpt_contents(x, err);
	x->links += x->from->links;
	x->options += x->from->options;
	x->written = x->capture.records;
	x->capture.ran_until_ns = x->from->ran_until_ns;
	x->capture.drops_known |= x->from->drops_known;
	excerpt_forget(x);
	return status;
}

/* ---- all of them ---- */

struct excerpt_order {
	const struct capture *capture;
};

static int excerpt_compare(const void *a, const void *b)
{
	const struct capture *x = ((const struct excerpt_order *)a)->capture;
	const struct capture *y = ((const struct excerpt_order *)b)->capture;

	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	if (capture_from(x) != capture_from(y))
		return capture_from(x) < capture_from(y) ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Those of the span, by point and time. */
static uint32_t excerpt_order(struct excerpt_order *order, const struct capture *list, uint32_t count,
			      const struct excerpt_span *span)
{
	uint32_t i, n = 0;

	for (i = 0; i < count; i++)
		if (list[i].point < CAPTURE_POINTS_MAX && span->points[list[i].point] &&
		    capture_from(&list[i]) < span->to_ns && capture_until(&list[i]) >= span->from_ns)
			order[n++].capture = &list[i];
	if (n)
		qsort(order, n, sizeof *order, excerpt_compare);
	return n;
}

static enum status excerpt_all(struct excerpt *x, const struct excerpt_order *order, uint32_t count,
			       struct excerpt_point *point, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < count && !status; i++) {
		x->from = order[i].capture;
		if (!excerpt_goes_on(x, x->from)) {
			status = excerpt_end(x, &point[x->capture.point], err);
			if (!status)
				status = excerpt_begin(x, err);
		}
		if (!status)
			status = excerpt_add(x, err);
	}
	return status ? status : excerpt_end(x, &point[x->capture.point], err);
}

enum status excerpt_run(struct store_txn *txn, const struct capture *list, uint32_t count,
			const struct excerpt_span *span, struct store *to,
			struct excerpt_point point[CAPTURE_POINTS_MAX], struct error *err)
{
	struct excerpt_order *order = calloc((size_t)count + 1, sizeof *order);
	struct excerpt *x = calloc(1, sizeof *x);
	struct store_header header;
	enum status status = store_header_get(txn, &header, err);

	memset(point, 0, CAPTURE_POINTS_MAX * sizeof *point);
	if (x) {
		*x = (struct excerpt){.txn = txn, .span = span, .to = to, .flows.seed = header.seed};
		x->in = malloc(sizeof *x->in);
		x->out = malloc(sizeof *x->out);
	}
	if (!status && (!order || !x || !x->in || !x->out))
		status = error_errno(err, ENOMEM, "excerpt of captures");
	if (!status)
		status = excerpt_all(x, order, excerpt_order(order, list, count, span), point, err);
	if (x) {
		capture_abort(&x->writer);
		buffer_free(&x->contents);
		excerpt_flows_free(&x->flows);
		free(x->in);
		free(x->out);
	}
	free(x);
	free(order);
	return status;
}

enum status excerpt_prepare(struct store_txn *txn, struct store *to, struct error *err)
{
	struct store_header from, header;
	struct store_txn *write = NULL;
	char name[CAPTURE_NAME_MAX];
	enum status status = store_header_get(txn, &from, err);
	uint32_t p, point;

	if (!status)
		status = store_begin(to, true, &write, err);
	if (!status)
		status = store_header_get(write, &header, err);
	header.holds = from.holds;
	header.key_check = from.key_check;
	if (!status)
		status = store_header_put(write, &header, err);
	if (!status)
		status = store_commit(&write, err);
	store_abort(&write);
	for (p = 0; !status && p < from.points; p++) {
		status = capture_point_name(txn, p, name, sizeof name, err);
		if (!status)
			status = capture_point_add(to, name, &point, err);
	}
	return status;
}
