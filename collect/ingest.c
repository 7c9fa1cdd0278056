#include "collect/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/content_log.h"
#include "collect/fingerprint.h"
#include "collect/flow.h"
#include "collect/link.h"
#include "collect/numbering.h"
#include "collect/packet.h"
#include "collect/record.h"
#include "collect/source.h"
#include "collect/tunnel_rest.h"

#define INGEST_WATCH_PACKETS 4096u /* between two looks at the watch; a power of two */
#define INGEST_FLOWS_AT_ONCE 1024u
#define INGEST_LINKTYPES_MAX 8 /* named in the capture's row */

struct ingest {
	const struct ingest_job *job;
	struct store *store;
	uint64_t seed;
	struct source *source;
	bool took_stream; /* the job's stream is the source's */
	struct selector *selector;
	struct flow_table *flows;
	struct tunnel_rests rests;
	struct numbering numbering;
	struct content_log contents;
	struct holding_flows held;
	struct capture_writer *writer;
	struct capture *capture;
	struct record_block *block;
	int64_t time_ns; /* of the record before */
	bool torn;       /* the times between which it ran do not hang together */
	uint32_t linktypes[INGEST_LINKTYPES_MAX];
	uint32_t linktype_count;
};

static const char *ingest_name(const struct ingest_job *job)
{
	return strcmp(job->path, "-") == 0 ? "standard input" : job->path;
}

static bool ingest_is_live(const struct ingest_job *job)
{
	return job->stream && job->stream->live;
}

static bool ingest_is_stopped(const struct ingest_watch *watch)
{
	return atomic_load_explicit(&watch->stop, memory_order_relaxed);
}

/* ---- a packet ---- */

/* The columns that every record has. */
static inline void ingest_put_frame(struct record_block *b, uint32_t row, const struct frame *frame,
				    const struct packet *packet)
{
	b->time_ns[row] = frame->time_ns;
	b->frame[row] = (uint32_t)frame->number;
	b->marks[row] = packet->marks;
	b->kind[row] = (uint8_t)packet->kind;
}

static void ingest_put_excluded(struct record_block *b, uint32_t row, const struct frame *frame)
{
	b->fp[row] = 0;
	b->flow[row] = RECORD_NO_FLOW;
	b->digest[row] = 0;
	b->options[row] = 0;
	b->seq[row] = b->ack[row] = b->tsval[row] = b->ip_id[row] = 0;
	b->length[row] = frame->length_bytes;
	b->header[row] = b->flags[row] = b->window[row] = 0;
	b->ttl[row] = b->tos[row] = 0;
	b->sack[row] = b->flow_label[row] = b->urgent[row] = 0;
	b->echo[row] = 0;
}

/* Not in the way of the many packets that say nothing. */
static __attribute__((noinline)) enum status ingest_put_contents(struct ingest *in,
								 const struct packet *packet,
								 struct error *err)
{
	uint32_t record = (uint32_t)in->capture->records;
	enum status status;
	bool full;

	status = content_log_see(&in->contents, packet, record, &full, err);
	if (!status && full)
		status = flow_settle(in->flows, err);
	if (!status && full)
		status = content_log_settle(&in->contents, in->block, record - in->block->rows, err);
	return status;
}

static enum status ingest_put_ip(struct ingest *in, uint32_t row, const struct frame *frame,
				 struct packet *packet, struct error *err)
{
	struct record_block *b = in->block;
	enum status status;

	b->fp[row] = fingerprint_follows(packet) ? 0 : fingerprint_packet(packet, in->seed);
	b->digest[row] = fingerprint_digest(packet, in->seed);
	b->seq[row] = packet->seq;
	b->ack[row] = packet->ack;
	b->tsval[row] = packet->tsval;
	b->ip_id[row] = packet->ip_id;
	b->length[row] = packet->ip_bytes;
	b->header[row] = packet->header_bytes;
	b->flags[row] = packet->flags;
	b->window[row] = packet->window;
	b->ttl[row] = packet->ttl;
	b->tos[row] = packet->tos;
	b->sack[row] = packet->sack_left;
	b->flow_label[row] = packet->flow_label;
	b->urgent[row] = packet->urgent;
	b->echo[row] = fingerprint_echo(packet);
	status = flow_ask(in->flows, packet, frame->time_ns, &b->flow[row], err);
	if (!status)
		status = numbering_options(&in->numbering, packet, &b->options[row], err);
	if (!status && content_log_may(&in->contents, packet))
		status = ingest_put_contents(in, packet, err);
	return status;
}

static void ingest_count(struct ingest *in, const struct frame *frame, const struct packet *packet)
{
	struct capture *c = in->capture;
	bool first = c->records == 0;

	c->records++;
	c->kinds[packet->kind]++;
	c->truncated += (packet->marks & PACKET_TRUNCATED) != 0;
	c->short_prefixes += (packet->marks & PACKET_SHORT_PREFIX) != 0;
	c->backwards += !first && frame->time_ns < in->time_ns;
	if (first || frame->time_ns < c->first_ns)
		c->first_ns = frame->time_ns;
	if (first || frame->time_ns > c->last_ns)
		c->last_ns = frame->time_ns;
	in->time_ns = frame->time_ns;
}

/* The flows that are known and not put yet, as they are kept. */
static enum status ingest_put_flows(struct ingest *in, struct error *err)
{
	struct capture_flow some[INGEST_FLOWS_AT_ONCE];
	uint32_t count = flow_count(in->flows), n = 0;
	enum status status = STATUS_OK;

	while (in->held.count < count && !status) {
		some[n] = flow_get(in->flows, in->held.count);
		status = holding_add_flow(&in->held, &some[n++], err);
		if (!status && (n == INGEST_FLOWS_AT_ONCE || in->held.count == count)) {
			status = capture_put_flows(in->writer, some, n, err);
			n = 0;
		}
	}
	return status;
}

static enum status ingest_put_block(struct ingest *in, struct error *err)
{
	enum status status = flow_settle(in->flows, err); /* into the block */
	uint32_t first = (uint32_t)(in->capture->records - in->block->rows);

	if (!status)
		status = content_log_settle(&in->contents, in->block, first, err);
	if (!status && in->held.holding->alias) /* their directions count now */
		status = ingest_put_flows(in, err);
	if (!status) {
		holding_block(&in->held, in->block);
		status = capture_put_block(in->writer, in->block, err);
	}
	in->block->rows = 0;
	return status;
}

static enum status ingest_record(struct ingest *in, const struct frame *frame,
				 struct packet *packet, struct error *err)
{
	struct record_block *b = in->block;
	uint32_t row = b->rows;
	enum status status = STATUS_OK;

	if (row % RECORD_AHEAD == 0)
		record_fetch(b, row + RECORD_AHEAD);
	if (row % RECORD_PLACE_ROWS == 0)
		b->place[row / RECORD_PLACE_ROWS] = frame->offset;
	if (packet->transport && in->job->checksums)
		packet_verify(packet);
	if (tunnel_rests_may(packet))
		status = tunnel_rests_see(&in->rests, packet, frame->time_ns, err);
	if (status)
		return status;
	if (packet->kind == PACKET_IP)
		status = ingest_put_ip(in, row, frame, packet, err);
	else
		ingest_put_excluded(b, row, frame);
	if (!status)
		status = numbering_link(&in->numbering, packet, frame, &b->link[row], err);
	if (status)
		return status;
	ingest_put_frame(b, row, frame, packet);
	ingest_count(in, frame, packet);
	return ++b->rows < RECORD_BLOCK_ROWS ? STATUS_OK : ingest_put_block(in, err);
}

/* ---- a frame ---- */

static void ingest_note_linktype(struct ingest *in, uint32_t linktype)
{
	uint32_t i;

	for (i = 0; i < in->linktype_count; i++)
		if (in->linktypes[i] == linktype)
			return;
	if (in->linktype_count < INGEST_LINKTYPES_MAX)
		in->linktypes[in->linktype_count++] = linktype;
}

static enum status ingest_note_drop(struct ingest *in, const struct frame *frame,
				    struct error *err)
{
	struct capture_drop drop = {frame->time_ns, frame->dropped_before};

	return frame->dropped_before ? capture_put_drop(in->writer, drop, err) : STATUS_OK;
}

/* Without interface and filter the time decides: most often, for all packets. */
static inline enum status ingest_judge(struct ingest *in, const struct frame *frame,
				       const struct packet *packet,
				       enum selection_verdict *verdict, struct error *err)
{
	const struct selection *selection = &in->job->selection;

	*verdict = SELECTION_TAKEN;
	if (!*selection->interface && !*selection->filter &&
	    frame->time_ns >= selection->start_ns && frame->time_ns < selection->end_ns)
		return STATUS_OK;
	return selector_judge(in->selector, frame, packet, verdict, err);
}

static enum status ingest_frame(struct ingest *in, const struct frame *frame, struct error *err)
{
	enum selection_verdict verdict;
	struct packet packet;
	enum status status;

	if (frame->number > UINT32_MAX)
		return error_set(err, STATUS_INPUT, "%s: more than %u frames in one file: cut it into several",
				 ingest_name(in->job), UINT32_MAX);
	packet_parse(&packet, frame->linktype, frame->bytes, frame->caplen_bytes,
		     frame->length_bytes);
	status = ingest_judge(in, frame, &packet, &verdict, err);
	if (status)
		return status;
	if (verdict == SELECTION_FOREIGN)
		return selector_shares_losses(in->selector) ? ingest_note_drop(in, frame, err) :
							      STATUS_OK;
	if (!in->linktype_count || in->linktypes[in->linktype_count - 1] != frame->linktype)
		ingest_note_linktype(in, frame->linktype);
	in->capture->packets++;
	status = ingest_note_drop(in, frame, err);
	if (status)
		return status;
	if (verdict == SELECTION_FILTERED) {
		in->capture->filtered++;
		return STATUS_OK;
	}
	return ingest_record(in, frame, &packet, err);
}

static void ingest_watched(struct ingest *in, struct ingest_watch *watch, uint64_t packets)
{
	uint64_t read_bytes, size_bytes;

	source_progress(in->source, &read_bytes, &size_bytes);
	atomic_store_explicit(&watch->read_bytes, read_bytes, memory_order_relaxed);
	atomic_store_explicit(&watch->packets, packets, memory_order_relaxed);
}

static enum status ingest_frames(struct ingest *in, struct ingest_watch *watch, struct error *err)
{
	enum status status;
	struct frame frame;
	uint64_t frames;
	bool more;

	for (frames = 0;; frames++) {
		if (frames % INGEST_WATCH_PACKETS == 0)
			ingest_watched(in, watch, frames);
		if (ingest_is_stopped(watch))
			return error_set(err, STATUS_SYSTEM, "%s: interrupted",
					 ingest_name(in->job));
		status = source_next(in->source, &frame, &more, err);
		if (!status && more)
			status = ingest_frame(in, &frame, err);
		if (status || !more)
			break;
	}
	if (!status)
		status = source_drain(in->source, err);
	if (!status)
		status = selector_check(in->selector, ingest_name(in->job), err);
	ingest_watched(in, watch, frames);
	return status;
}

/* ---- the end ---- */

static enum status ingest_put_entries(struct ingest *in, enum capture_dictionary which,
				      const struct dictionary *dictionary, struct error *err)
{
	uint32_t count = dictionary_entries(dictionary), i;
	enum status status = STATUS_OK;

	for (i = 0; i < count && !status; i++) {
		uint8_t entry[DICTIONARY_ENTRY_MAX];
		size_t size;
		const uint8_t *bytes = dictionary_entry(dictionary, i, &size);

		if (size)
			memcpy(entry, bytes, size);
		holding_entry(in->held.holding, which, entry, (uint32_t)size);
		status = capture_put_entry(in->writer, which, entry, (uint32_t)size, err);
	}
	return status;
}

/* "Ethernet, raw IP, link type 147" */
static void ingest_name_linktypes(const struct ingest *in, char *out, size_t room)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < in->linktype_count && n < room; i++) {
		const struct link_row *row = link_find(in->linktypes[i]);

		if (row)
			n += (size_t)snprintf(out + n, room - n, "%s%s", i ? ", " : "", row->name);
		else
			n += (size_t)snprintf(out + n, room - n, "%slink type %u", i ? ", " : "",
					      in->linktypes[i]);
	}
}

/* The sections of a live capture follow each other without a gap; of what was put together otherwise nothing
 * is said. */
static void ingest_describe_times(struct ingest *in, const struct source_interface *interface)
{
	const struct selection *selection = &in->job->selection;
	struct capture *c = in->capture;

	if (!interface->ran_until_ns || in->torn)
		return;
	in->torn = interface->ran_from_ns > interface->ran_until_ns ||
		   (c->ran_until_ns && interface->ran_from_ns > c->ran_until_ns);
	if (!c->ran_until_ns)
		c->ran_from_ns = interface->ran_from_ns;
	c->ran_until_ns = in->torn ? 0 : interface->ran_until_ns;
	if (c->ran_from_ns < selection->start_ns)
		c->ran_from_ns = selection->start_ns;
	if (c->ran_until_ns > selection->end_ns)
		c->ran_until_ns = selection->end_ns;
}

/* Snaplen and losses of the interfaces that the selection wants. */
static void ingest_describe_interfaces(struct ingest *in)
{
	uint32_t count = source_info(in->source)->interfaces, i;
	struct capture *c = in->capture;
	bool unlimited = false;

	for (i = 0; i < count; i++) {
		const struct source_interface *interface = source_interface(in->source, i);

		if (!selector_wants(in->selector, i))
			continue;
		unlimited = unlimited || interface->snaplen == 0;
		c->snaplen = interface->snaplen > c->snaplen ? interface->snaplen : c->snaplen;
		c->drops_known = c->drops_known || interface->drops_known;
		c->drops += interface->drops;
		ingest_describe_times(in, interface);
		/* No frame named a link type: the interfaces do. */
		if (!c->packets)
			ingest_note_linktype(in, interface->linktype);
	}
	if (unlimited)
		c->snaplen = 0;
}

/* A path that is cut would be that of another file. */
static void ingest_describe_path(const struct ingest *in)
{
	const char *path = in->job->path, *slash = strrchr(path, '/');
	struct capture *c = in->capture;

	snprintf(c->file, sizeof c->file, "%s", slash ? slash + 1 : path);
	if (!ingest_is_live(in->job) && strcmp(path, "-") != 0 && strlen(path) < sizeof c->path)
		snprintf(c->path, sizeof c->path, "%s", path);
}

static void ingest_describe(struct ingest *in)
{
	const struct source_info *info = source_info(in->source);
	struct capture *c = in->capture;

	ingest_describe_path(in);
	snprintf(c->interface, sizeof c->interface, "%s", in->job->selection.interface);
	snprintf(c->filter, sizeof c->filter, "%s", in->job->selection.filter);
	snprintf(c->format, sizeof c->format, "%s",
		 ingest_is_live(in->job) ? "live" : info->format);
	c->start_ns = in->job->selection.start_ns;
	c->end_ns = in->job->selection.end_ns;
	c->bytes = info->bytes;
	memcpy(c->sha256, info->sha256, sizeof c->sha256);
	c->damaged = info->damaged;
	c->damage_offset = info->damage_offset;
	memcpy(c->damage, info->damage, sizeof c->damage);
	ingest_describe_interfaces(in);
	ingest_name_linktypes(in, c->link_types, sizeof c->link_types);
	holding_row(in->held.holding, c);
}

static enum status ingest_put_all_contents(struct ingest *in, struct error *err)
{
	bool all = in->held.holding->holds == STORE_HOLDS_ALL;
	struct buffer contents = {0}, kept = {0};
	enum status status = content_log_pack(&in->contents, &contents, err);

	if (!status && all)
		capture_put_contents(in->writer, &contents);
	else if (!status)
		status = holding_contents(&in->held, contents.bytes, contents.size, &kept, err);
	if (!status && !all)
		capture_put_contents(in->writer, &kept);
	buffer_free(&contents);
	buffer_free(&kept);
	return status;
}

/* A segment in which nothing happened. */
static enum status ingest_widen(struct ingest *in, bool *widened, struct error *err)
{
	const struct ingest_stream *stream = in->job->stream;
	const struct capture *c = in->capture;

	if (!stream || !stream->goes_on || c->packets || c->drops || c->damaged || !c->ran_until_ns)
		return STATUS_OK;
	return capture_widen(in->store, stream->before, c->ran_until_ns, widened, err);
}

static enum status ingest_finish(struct ingest *in, struct ingest_result *result, struct error *err)
{
	const struct source_info *info = source_info(in->source);
	enum status status;

	if (info->damaged && !info->frames)
		return error_set(err, STATUS_INPUT, "%s: byte %llu: %s", ingest_name(in->job),
				 (unsigned long long)info->damage_offset, info->damage);
	ingest_describe(in);
	status = ingest_widen(in, &result->widened, err);
	if (status || result->widened)
		return status;
	status = ingest_put_block(in, err);
	if (!status)
		status = ingest_put_flows(in, err);
	if (!status)
		status = ingest_put_entries(in, CAPTURE_LINKS, in->numbering.links, err);
	if (!status)
		status = ingest_put_entries(in, CAPTURE_OPTIONS, in->numbering.options, err);
	if (!status)
		status = ingest_put_all_contents(in, err);
	return status ? status : capture_finish(&in->writer, in->capture, &result->known, err);
}

/* ---- the beginning ---- */

static enum status ingest_seed(struct store *store, uint64_t *seed, struct error *err)
{
	struct store_header header;
	struct store_txn *txn;
	enum status status = store_begin(store, false, &txn, err);

	if (status)
		return status;
	status = store_header_get(txn, &header, err);
	store_abort(&txn);
	*seed = header.seed;
	return status;
}

static enum status ingest_open_source(struct ingest *in, struct error *err)
{
	const struct ingest_stream *stream = in->job->stream;

	in->took_stream = true;
	return stream ? source_open_stream(&in->source, stream->fd, stream->copy_fd, in->job->path, err)
		      : source_open(&in->source, in->job->path, err);
}

/* The store last: what is no capture leaves no trace there. */
static enum status ingest_open(struct ingest *in, struct store *store, pthread_mutex_t *compiling,
			       struct error *err)
{
	enum status status;

	in->block = malloc(sizeof *in->block);
	if (!in->block)
		return error_errno(err, ENOMEM, "%s", ingest_name(in->job));
	in->block->rows = 0;
	status = ingest_seed(store, &in->seed, err);
	in->rests.seed = in->seed;
	in->contents.seed = in->seed;
	if (!status)
		status = ingest_open_source(in, err);
	if (!status)
		status = selector_open(&in->selector, &in->job->selection, in->source, compiling,
				       err);
	if (!status)
		status = flow_table_open(&in->flows, in->seed, err);
	if (!status)
		status = numbering_open(&in->numbering, in->seed, err);
	if (!status)
		status = capture_begin(store, in->job->point, &in->writer, err);
	return status;
}

static void ingest_close(struct ingest *in)
{
	if (in->job->stream && !in->took_stream)
		close(in->job->stream->fd);
	capture_abort(&in->writer);
	selector_close(&in->selector);
	source_close(&in->source);
	flow_table_close(&in->flows);
	numbering_close(&in->numbering);
	content_log_close(&in->contents);
	holding_flows_free(&in->held);
	tunnel_rests_free(&in->rests);
	free(in->block);
}

enum status ingest_run(struct store *store, const struct ingest_job *job,
		       pthread_mutex_t *compiling, struct ingest_watch *watch,
		       struct ingest_result *result, struct error *err)
{
	static const struct holding all = {STORE_HOLDS_ALL, 0, NULL};
	struct ingest in = {.job = job, .capture = &result->capture,
			    .held.holding = job->holding ? job->holding : &all, .store = store};
	enum status status;

	memset(result, 0, sizeof *result);
	status = ingest_is_stopped(watch)
			 ? error_set(err, STATUS_SYSTEM, "%s: interrupted", ingest_name(job))
			 : ingest_open(&in, store, compiling, err);
	if (!status)
		status = ingest_frames(&in, watch, err);
	if (!status)
		status = ingest_finish(&in, result, err);
	ingest_close(&in);
	return status;
}
