#include "collect/export_packets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/fingerprint.h"
#include "collect/progress.h"

#define PROTO_TCP 6

enum packets_column {
	PACKETS_POINT, PACKETS_CAPTURE, PACKETS_FRAME, PACKETS_TIME, PACKETS_FP, PACKETS_KIND,
	PACKETS_MARKS, PACKETS_PROTO, PACKETS_SRC, PACKETS_SPORT, PACKETS_DST, PACKETS_DPORT,
	PACKETS_LENGTH, PACKETS_PAYLOAD, PACKETS_TTL, PACKETS_TOS, PACKETS_IP_ID,
	PACKETS_FLAGS, PACKETS_SEQ, PACKETS_ACK, PACKETS_WINDOW, PACKETS_TSVAL, PACKETS_COLUMNS
};

static const char *const packet_words[PACKET_KINDS] = {
	"ip", "no_ip", "link_scope", "malformed", "cut", "unknown_link"};

static const struct export_schema packets_schema = {
	"packets", PACKETS_COLUMNS, (const struct export_column[]){
	[PACKETS_POINT] = {"point", EXPORT_TEXT, NULL},
	[PACKETS_CAPTURE] = {"capture", EXPORT_UINT64, NULL},
	[PACKETS_FRAME] = {"frame", EXPORT_UINT32, NULL},
	[PACKETS_TIME] = {"time_ns", EXPORT_INT64, NULL},
	[PACKETS_FP] = {"fp", EXPORT_UINT64, NULL},
	[PACKETS_KIND] = {"kind", EXPORT_WORD, packet_words},
	[PACKETS_MARKS] = {"marks", EXPORT_UINT16, NULL},
	[PACKETS_PROTO] = {"proto", EXPORT_UINT8, NULL},
	[PACKETS_SRC] = {"src", EXPORT_ADDRESS, NULL},
	[PACKETS_SPORT] = {"sport", EXPORT_UINT16, NULL},
	[PACKETS_DST] = {"dst", EXPORT_ADDRESS, NULL},
	[PACKETS_DPORT] = {"dport", EXPORT_UINT16, NULL},
	[PACKETS_LENGTH] = {"length_bytes", EXPORT_UINT32, NULL},
	[PACKETS_PAYLOAD] = {"payload_bytes", EXPORT_UINT32, NULL},
	[PACKETS_TTL] = {"ttl", EXPORT_UINT8, NULL},
	[PACKETS_TOS] = {"tos", EXPORT_UINT8, NULL},
	[PACKETS_IP_ID] = {"ip_id", EXPORT_UINT32, NULL},
	[PACKETS_FLAGS] = {"tcp_flags", EXPORT_UINT16, NULL},
	[PACKETS_SEQ] = {"tcp_seq", EXPORT_UINT32, NULL},
	[PACKETS_ACK] = {"tcp_ack", EXPORT_UINT32, NULL},
	[PACKETS_WINDOW] = {"tcp_window", EXPORT_UINT16, NULL},
	[PACKETS_TSVAL] = {"tcp_tsval", EXPORT_UINT32, NULL},
}};

enum captures_column {
	CAPTURES_POINT, CAPTURES_CAPTURE, CAPTURES_FILE, CAPTURES_INTERFACE, CAPTURES_FILTER,
	CAPTURES_FORMAT, CAPTURES_SHA256, CAPTURES_BYTES, CAPTURES_PACKETS, CAPTURES_FIRST,
	CAPTURES_LAST, CAPTURES_SNAPLEN, CAPTURES_DROPS, CAPTURES_SHORT, CAPTURES_HEADERS,
	CAPTURES_DAMAGED, CAPTURES_SEED, CAPTURES_COLUMNS
};

static const struct export_schema captures_schema = {
	"captures", CAPTURES_COLUMNS, (const struct export_column[]){
	[CAPTURES_POINT] = {"point", EXPORT_TEXT, NULL},
	[CAPTURES_CAPTURE] = {"capture", EXPORT_UINT64, NULL},
	[CAPTURES_FILE] = {"file", EXPORT_TEXT, NULL},
	[CAPTURES_INTERFACE] = {"interface", EXPORT_TEXT, NULL},
	[CAPTURES_FILTER] = {"filter", EXPORT_TEXT, NULL},
	[CAPTURES_FORMAT] = {"format", EXPORT_TEXT, NULL},
	[CAPTURES_SHA256] = {"sha256", EXPORT_TEXT, NULL},
	[CAPTURES_BYTES] = {"bytes", EXPORT_UINT64, NULL},
	[CAPTURES_PACKETS] = {"packets", EXPORT_UINT64, NULL},
	[CAPTURES_FIRST] = {"first_ns", EXPORT_INT64_OR_NULL, NULL},
	[CAPTURES_LAST] = {"last_ns", EXPORT_INT64_OR_NULL, NULL},
	[CAPTURES_SNAPLEN] = {"snaplen", EXPORT_UINT32, NULL},
	[CAPTURES_DROPS] = {"capture_drops", EXPORT_INT64_OR_NULL, NULL},
	[CAPTURES_SHORT] = {"short_prefixes", EXPORT_UINT64, NULL},
	[CAPTURES_HEADERS] = {"headers", EXPORT_UINT8, NULL},
	[CAPTURES_DAMAGED] = {"damaged", EXPORT_UINT8, NULL},
	[CAPTURES_SEED] = {"seed_check", EXPORT_UINT64, NULL},
}};

/* A capture and its point's name. */
struct export_source {
	char point[CAPTURE_NAME_MAX];
	const struct capture *capture;
};

/* One export under way. */
struct packets_export {
	const struct export_request *request;
	struct store_txn *txn;
	uint64_t seed;
	struct capture *captures;
	struct export_source *source; /* in the order of the rows */
	uint32_t sources;
	struct record_block *block;
	struct capture_flow *flows;   /* of the capture at hand */
	struct export *out;
	uint64_t done, total;
};

uint64_t export_capture_id(const struct capture *capture)
{
	uint64_t id = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		id = id << 8 | capture->sha256[i];
	return id;
}

static int export_order(const void *a, const void *b)
{
	const struct export_source *x = a, *y = b;
	int order = strcmp(x->point, y->point);

	return order ? order : capture_compare(x->capture, y->capture);
}

static enum status export_list(struct packets_export *e, struct error *err)
{
	struct store_header header;
	enum status status = store_header_get(e->txn, &header, err);
	uint32_t i;

	if (!status)
		status = capture_list(e->txn, &e->captures, &e->sources, err);
	if (status)
		return status;
	e->seed = header.seed;
	e->source = calloc(e->sources + (size_t)1, sizeof *e->source);
	e->block = malloc(sizeof *e->block);
	if (!e->source || !e->block)
		return error_errno(err, ENOMEM, "%s", e->request->store);
	if (!e->sources)
		return error_set(err, STATUS_INPUT, "%s: no captures in it", e->request->store);
	for (i = 0; i < e->sources && !status; i++) {
		e->source[i].capture = &e->captures[i];
		e->total += e->captures[i].records;
		status = capture_point_name(e->txn, e->captures[i].point, e->source[i].point,
					    sizeof e->source[i].point, err);
	}
	if (!status)
		qsort(e->source, e->sources, sizeof *e->source, export_order);
	return status;
}

/* ---- packets ---- */

/* What the row of a frame that is not comparable has. */
static void packet_cells(struct export_cell *cell, const struct record_block *b, uint32_t i)
{
	unsigned c;

	for (c = PACKETS_FP; c < PACKETS_COLUMNS; c++)
		cell[c].unknown = true;
	cell[PACKETS_FRAME].number = b->frame[i];
	cell[PACKETS_TIME].number = (uint64_t)b->time_ns[i];
	cell[PACKETS_KIND] = (struct export_cell){.number = b->kind[i]};
	cell[PACKETS_MARKS] = (struct export_cell){.number = b->marks[i]};
	cell[PACKETS_LENGTH] = (struct export_cell){.number = b->length[i]};
}

static void packet_known(struct export_cell *cell, enum packets_column column, uint64_t number)
{
	cell[column].number = number;
	cell[column].unknown = false;
}

static void packet_ends(struct export_cell *cell, const struct capture_flow *flow, bool turned,
			uint8_t ends[2][16])
{
	export_address(ends[0], flow->version, turned ? flow->b : flow->a);
	export_address(ends[1], flow->version, turned ? flow->a : flow->b);
	cell[PACKETS_SRC] = (struct export_cell){.address = ends[0]};
	cell[PACKETS_DST] = (struct export_cell){.address = ends[1]};
	packet_known(cell, PACKETS_SPORT, turned ? flow->b_port : flow->a_port);
	packet_known(cell, PACKETS_DPORT, turned ? flow->a_port : flow->b_port);
}

static uint64_t packet_fingerprint(const struct packets_export *e, const struct record_block *b,
				   uint32_t i, uint8_t proto)
{
	if (b->fp[i] && (!e->request->headers || proto == PROTO_TCP)) /* else it follows: see record.h */
		return b->fp[i];
	return fingerprint_header(proto, b->marks[i], b->flags[i], b->seq[i], b->ack[i],
				  b->length[i] - b->header[i], e->seed);
}

static void packet_ip(const struct packets_export *e, struct export_cell *cell, uint32_t i,
		      uint8_t ends[2][16])
{
	const struct record_block *b = e->block;
	const struct capture_flow *flow = &e->flows[b->flow[i] >> 1];

	packet_ends(cell, flow, b->flow[i] & 1, ends);
	packet_known(cell, PACKETS_FP, packet_fingerprint(e, b, i, flow->proto));
	packet_known(cell, PACKETS_PROTO, flow->proto);
	packet_known(cell, PACKETS_PAYLOAD, b->length[i] - b->header[i]);
	packet_known(cell, PACKETS_TTL, b->ttl[i]);
	packet_known(cell, PACKETS_TOS, b->tos[i]);
	packet_known(cell, PACKETS_IP_ID, b->ip_id[i]);
	if (flow->proto != PROTO_TCP)
		return;
	packet_known(cell, PACKETS_FLAGS, b->flags[i] & ~PACKET_IP_DF);
	packet_known(cell, PACKETS_SEQ, b->seq[i]);
	packet_known(cell, PACKETS_ACK, b->ack[i]);
	packet_known(cell, PACKETS_WINDOW, b->window[i]);
	packet_known(cell, PACKETS_TSVAL, b->tsval[i]);
}

static enum status packets_block(struct packets_export *e, const struct export_source *source,
				 struct error *err)
{
	struct export_cell cell[PACKETS_COLUMNS] = {
		[PACKETS_POINT] = {.text = source->point},
		[PACKETS_CAPTURE] = {.number = export_capture_id(source->capture)},
	};
	const struct record_block *b = e->block;
	enum status status = STATUS_OK;
	uint8_t ends[2][16];
	uint32_t i;

	for (i = 0; i < b->rows && !status; i++) {
		bool ip = b->kind[i] == PACKET_IP;

		if (b->kind[i] >= PACKET_KINDS ||
		    (ip && (b->flow[i] == RECORD_NO_FLOW || b->flow[i] >> 1 >= source->capture->flows)))
			return error_set(err, STATUS_INPUT, "%s: capture %s, frame %u: damaged record",
					 e->request->store, source->capture->file, b->frame[i]);
		packet_cells(cell, b, i);
		if (ip)
			packet_ip(e, cell, i, ends);
		status = export_row(e->out, cell, err);
	}
	return status;
}

static enum status packets_capture(struct packets_export *e, const struct export_source *source,
				   struct error *err)
{
	enum status status = capture_flows(e->txn, source->capture, &e->flows, err);
	uint32_t n;

	for (n = 0; n < capture_blocks(source->capture) && !status; n++) {
		struct record_chunk chunk;

		status = capture_block(e->txn, source->capture, n, &chunk, err);
		if (status)
			break;
		record_unpack(e->block, &chunk);
		status = packets_block(e, source, err);
		e->done += e->block->rows;
		if (e->request->progress)
			progress_show(e->request->progress,
				      &(struct progress_count){.done = e->done, .total = e->total});
	}
	free(e->flows);
	e->flows = NULL;
	return status;
}

static enum status packets_write(struct packets_export *e, struct error *err)
{
	enum status status = export_open(&e->out, e->request->directory, &packets_schema,
					 e->request->format, err);
	uint32_t i;

	for (i = 0; i < e->sources && !status; i++)
		status = packets_capture(e, &e->source[i], err);
	if (!status)
		return export_finish(&e->out, err);
	export_abort(&e->out);
	return status;
}

/* ---- captures ---- */

static void capture_cells(struct export_cell *cell, const struct packets_export *e,
			  const struct export_source *source, char *sha256)
{
	const struct capture *c = source->capture;
	unsigned i;

	for (i = 0; i < SOURCE_SHA256_BYTES; i++)
		snprintf(sha256 + 2 * (size_t)i, 3, "%02x", c->sha256[i]);
	cell[CAPTURES_POINT].text = source->point;
	cell[CAPTURES_CAPTURE].number = export_capture_id(c);
	cell[CAPTURES_FILE].text = c->file;
	cell[CAPTURES_INTERFACE].text = c->interface;
	cell[CAPTURES_FILTER].text = c->filter;
	cell[CAPTURES_FORMAT].text = c->format;
	cell[CAPTURES_SHA256].text = sha256;
	cell[CAPTURES_BYTES].number = c->bytes;
	cell[CAPTURES_PACKETS].number = c->records;
	cell[CAPTURES_FIRST] = (struct export_cell){.number = (uint64_t)c->first_ns, .unknown = !c->records};
	cell[CAPTURES_LAST] = (struct export_cell){.number = (uint64_t)c->last_ns, .unknown = !c->records};
	cell[CAPTURES_SNAPLEN].number = c->snaplen;
	cell[CAPTURES_DROPS] = (struct export_cell){.number = c->drops, .unknown = !c->drops_known};
	cell[CAPTURES_SHORT].number = c->short_prefixes;
	cell[CAPTURES_HEADERS].number = e->request->headers;
	cell[CAPTURES_DAMAGED].number = c->damaged;
	/* some packet's fingerprint: equal where the seed is, and the seed is not told */
	cell[CAPTURES_SEED].number = fingerprint_header(0, 0, 0, 0, 0, 0, e->seed);
}

static enum status captures_write(struct packets_export *e, struct error *err)
{
	enum status status = export_open(&e->out, e->request->directory, &captures_schema,
					 e->request->format, err);
	uint32_t i;

	for (i = 0; i < e->sources && !status; i++) {
		struct export_cell cell[CAPTURES_COLUMNS] = {{0}};
		char sha256[2 * SOURCE_SHA256_BYTES + 1];

		capture_cells(cell, e, &e->source[i], sha256);
		status = export_row(e->out, cell, err);
	}
	if (!status)
		return export_finish(&e->out, err);
	export_abort(&e->out);
	return status;
}

static void export_free(struct packets_export *e)
{
	free(e->block);
	free(e->source);
	free(e->captures);
}

enum status export_captures(struct store_txn *txn, const char *directory, enum export_format format,
			    struct error *err)
{
	const struct export_request request = {
		.store = store_path(store_of(txn)), .directory = directory, .format = format};
	struct packets_export e = {.request = &request, .txn = txn};
	enum status status = export_list(&e, err);

	if (!status)
		status = captures_write(&e, err);
	export_free(&e);
	return status;
}

enum status export_packets(const struct export_request *request, struct export_result *result,
			   struct error *err)
{
	struct packets_export e = {.request = request};
	struct store *store = NULL;
	enum status status = store_open(&store, request->store, STORE_READ, false, NULL, err);
	uint32_t i;

	if (!status)
		status = store_begin(store, false, &e.txn, err);
	if (!status)
		status = export_list(&e, err);
	if (!status && request->directory)
		status = aside_make_directory(request->directory, err);
	if (!status)
		status = packets_write(&e, err);
	if (!status && request->directory)
		status = captures_write(&e, err);
	*result = (struct export_result){.packets = e.done};
	for (i = 0; i < e.sources && !status; i++)
		result->short_prefixes += e.captures[i].short_prefixes;
	export_free(&e);
	store_abort(&e.txn);
	store_close(&store);
	return status;
}
