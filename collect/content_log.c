#include "collect/content_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 256u         /* contents between two settlements */
#define SEEN_OF_SEGMENT 8u    /* of one segment, at most */
#define PARTIALS 64u          /* heads that wait for their next segment; a power of two */
#define PARTIAL_AGE 65536u    /* records after which nothing more is expected */
#define NO_WAY UINT32_MAX     /* the flow is not known yet */

/* A head that was cut by the end of its segment. */
struct partial {
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
	uint32_t next;        /* seq that goes on */
	uint32_t seq, record, way; /* of its first segment */
	uint32_t bytes, parts;
	uint8_t version;
	bool used;
	uint8_t head[CONTENT_HEAD_MAX];
};

struct content_work {
	struct content_seen seen[SEEN_MAX];
	uint32_t seen_count;
	struct partial *partial; /* PARTIALS of them, once one is there */
	struct content_keep keep;
	uint8_t joined[CONTENT_HEAD_MAX];
};

/* Bytes of a flow in which contents may begin: a payload, or a head and what goes on behind it. */
struct stretch {
	const uint8_t *bytes;
	uint32_t captured, wire;
	uint32_t seq, record, way; /* of the first byte */
	uint32_t later;            /* from this offset on they are of the record at hand */
	uint32_t parts;
};

static enum status log_no_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "contents of a capture");
}

/* ---- heads in parts ---- */

static struct partial *partial_place(const struct content_work *w, const struct packet *p,
				     uint32_t seq)
{
	uint32_t hash = (seq ^ (uint32_t)p->sport << 16 ^ p->dport) * 2654435761u;

	return &w->partial[hash >> 16 & (PARTIALS - 1)];
}

/* The head that goes on in this packet, or NULL. */
static struct partial *partial_find(const struct content_work *w, const struct packet *p)
{
	struct partial *partial = partial_place(w, p, p->seq);

	return partial->used && partial->next == p->seq && partial->sport == p->sport &&
			       partial->dport == p->dport && partial->version == p->version &&
			       memcmp(partial->src, p->src, sizeof p->src) == 0 &&
			       memcmp(partial->dst, p->dst, sizeof p->dst) == 0
		       ? partial
		       : NULL;
}

/* One place fewer waits. */
static void partial_end(struct content_log *log, struct partial *partial)
{
	log->waiting -= partial->used;
	partial->used = false;
}

/* The place of the next content; log_add() takes it. */
static struct content *log_next(struct content_work *w)
{
	return &w->seen[w->seen_count].content;
}

/* By what the n bytes of a content are known again. */
static void log_mark(const struct content_log *log, struct content_seen *seen, const uint8_t *bytes,
		     uint32_t n)
{
	uint8_t kind = seen->content.kind;

	memset(seen->mark, 0, sizeof seen->mark);
	if (kind == CONTENT_REQUEST || kind == CONTENT_RESPONSE)
		content_marks(bytes, n, log->seed, seen->mark);
	if (kind == CONTENT_CLIENT_HELLO && n >= CONTENT_RANDOM_AT + CONTENT_RANDOM_BYTES)
		seen->mark[0] = content_mark_of(bytes + CONTENT_RANDOM_AT, CONTENT_RANDOM_BYTES,
						log->seed);
}

/* The content stands in `bytes`, in front of `end`; `seq` is that of the first of them. */
static void log_add(struct content_log *log, uint32_t way, uint32_t record, uint32_t seq,
		    const uint8_t *bytes, uint32_t end)
{
	struct content_seen *seen = &log->work->seen[log->work->seen_count++];
	uint32_t at = seen->content.at;

	seen->way = way;
	seen->record = record;
	seen->seq = seq + at;
	log_mark(log, seen, bytes + at, end - at);
}

/* The content of the bytes that are there, when no more are coming. */
static void partial_give_up(struct content_log *log, struct partial *partial)
{
	struct content_work *w = log->work;
	struct cursor cursor = {partial->head, partial->bytes, 0, partial->bytes};

	if (content_next(&cursor, log_next(w)) == CONTENT_PARTIAL)
		log_add(log, partial->way, partial->record, partial->seq, partial->head,
			partial->bytes);
	partial_end(log, partial);
}

/* Lays the bytes from the content on aside, to wait for more. */
static enum status partial_keep(struct content_log *log, const struct packet *p,
				const struct stretch *from, uint32_t at, uint32_t record,
				struct error *err)
{
	struct content_work *w = log->work;
	struct partial *to;
	bool begun = at < from->later;

	if (!w->partial)
		w->partial = calloc(PARTIALS, sizeof *w->partial);
	if (!w->partial)
		return log_no_memory(err);
	to = partial_place(w, p, from->seq + from->captured);
	if (to->used && to->seq == from->seq + at && to->sport == p->sport)
		return STATUS_OK; /* sent again */
	if (to->used)
		partial_give_up(log, to);
	log->waiting++;
	to->used = true;
	to->version = p->version;
	memcpy(to->src, p->src, sizeof to->src);
	memcpy(to->dst, p->dst, sizeof to->dst);
	to->sport = p->sport;
	to->dport = p->dport;
	to->next = from->seq + from->captured;
	to->seq = from->seq + at;
	to->record = begun ? from->record : record;
	to->way = begun ? from->way : NO_WAY;
	to->parts = begun ? from->parts + 1 : 1;
	to->bytes = from->captured - at;
	memcpy(to->head, from->bytes + at, to->bytes);
	return STATUS_OK;
}

/* ---- a segment ---- */

static enum status log_read(struct content_log *log, const struct packet *p,
			    const struct stretch *s, uint32_t record, struct error *err)
{
	struct cursor cursor = {s->bytes, s->captured, 0, s->wire};
	enum content_finding found = CONTENT_FOUND;
	uint32_t k;

	for (k = 0; k < SEEN_OF_SEGMENT && found != CONTENT_NONE && found != CONTENT_PARTIAL; k++) {
		const struct content *content = log_next(log->work);
		bool begun;

		found = content_next(&cursor, log_next(log->work));
		if (found != CONTENT_FOUND && found != CONTENT_PARTIAL)
			continue;
		begun = content->at < s->later;
		if (found == CONTENT_PARTIAL && s->captured == s->wire &&
		    s->captured - content->at < CONTENT_HEAD_MAX &&
		    (!begun || s->parts < CONTENT_PARTS))
			return partial_keep(log, p, s, content->at, record, err);
		log_add(log, begun ? s->way : NO_WAY, begun ? s->record : record, s->seq, s->bytes,
			cursor.at);
	}
	return STATUS_OK;
}

/* The head that goes on here, and this packet's bytes behind it. */
static struct stretch log_join(struct content_log *log, struct partial *begun,
			       const struct packet *p)
{
	uint8_t *joined = log->work->joined;
	uint32_t room = CONTENT_HEAD_MAX - begun->bytes;
	uint32_t n = p->payload_captured < room ? p->payload_captured : room;
	struct stretch s = {joined, begun->bytes + n, begun->bytes + p->payload_bytes,
			    begun->seq, begun->record, begun->way, begun->bytes, begun->parts};

	memcpy(joined, begun->head, begun->bytes);
	memcpy(joined + begun->bytes, p->payload, n);
	partial_end(log, begun);
	return s;
}

enum status content_log_see(struct content_log *log, const struct packet *p, uint32_t record,
			    bool *full, struct error *err)
{
	struct partial *begun = log->waiting ? partial_find(log->work, p) : NULL;
	struct stretch s = {p->payload, p->payload_captured, p->payload_bytes, p->seq, record,
			    NO_WAY, 0, 0};
	enum status status;

	*full = false;
	if (!begun && (!content_first[*s.bytes] || p->marks & PACKET_FRAGMENT_LATER))
		return STATUS_OK;
	if (!log->work)
		log->work = calloc(1, sizeof *log->work);
	if (!log->work)
		return log_no_memory(err);
	if (content_keep_is_full(&log->work->keep)) {
		log->work->keep.left_out += content_looks(s.bytes, s.captured);
		return STATUS_OK;
	}
	if (begun)
		s = log_join(log, begun, p);
	status = log_read(log, p, &s, record, err);
	*full = log->work->seen_count + SEEN_OF_SEGMENT + 1 > SEEN_MAX;
	return status;
}

/* ---- what is known of flows later ---- */

static enum status log_keep_seen(struct content_work *w, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < w->seen_count; i++)
		content_keep_fetch(&w->keep, &w->seen[i]);
	for (i = 0; i < w->seen_count && !status; i++)
		if (w->seen[i].way != NO_WAY)
			status = content_keep_add(&w->keep, &w->seen[i], err);
	w->seen_count = 0;
	return status;
}

enum status content_log_settle(struct content_log *log, const struct record_block *block,
			       uint32_t first, struct error *err)
{
	struct content_work *w = log->work;
	enum status status;
	uint32_t i;

	if (!w)
		return STATUS_OK;
	for (i = 0; i < w->seen_count; i++)
		if (w->seen[i].way == NO_WAY)
			w->seen[i].way = block->flow[w->seen[i].record - first];
	status = log_keep_seen(w, err);
	for (i = 0; i < PARTIALS && log->waiting; i++) {
		struct partial *p = &w->partial[i];

		if (!p->used)
			continue;
		if (p->way == NO_WAY)
			p->way = block->flow[p->record - first];
		if (first + block->rows - p->record > PARTIAL_AGE)
			partial_give_up(log, p);
	}
	return status ? status : log_keep_seen(w, err);
}

enum status content_log_pack(struct content_log *log, struct buffer *out, struct error *err)
{
	struct content_keep nothing = {0};
	struct content_work *w = log->work;
	enum status status;
	uint32_t i;

	for (i = 0; i < PARTIALS && log->waiting; i++)
		if (w->partial[i].used)
			partial_give_up(log, &w->partial[i]);
	status = w ? log_keep_seen(w, err) : STATUS_OK;
	return status ? status : content_keep_pack(w ? &w->keep : &nothing, out, err);
}

void content_log_close(struct content_log *log)
{
	if (log->work) {
		free(log->work->partial);
		content_keep_free(&log->work->keep);
	}
	free(log->work);
	*log = (struct content_log){0, NULL, 0};
}
