#include "collect/content_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The latest message of a flow's direction, as far as it was told apart from what is around it. */
struct content_side {
	uint32_t record, seq, head_bytes, body_bytes;
	uint8_t of_kind[2]; /* requests, responses kept */
	uint8_t hellos;     /* and alerts, PROXY headers: bit per kind */
	bool cut;           /* the latest message was */
	bool kept;          /* it was kept */
};

struct content_flow {
	struct content_side side[2];
	uint32_t left_out;
};

static enum status keep_no_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "contents of a capture");
}

/* ---- rows ---- */

static void put_16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put_32(uint8_t *at, uint32_t value)
{
	put_16(at, (uint16_t)value);
	put_16(at + 2, (uint16_t)(value >> 16));
}

/* Those that are there stand in front. */
static uint8_t row_marks(const struct content_seen *seen)
{
	uint8_t n = 0;

	while (n < CONTENT_MARKS && seen->mark[n])
		n++;
	return n;
}

static uint8_t *put_text(uint8_t *to, const char *text, uint8_t bytes)
{
	memcpy(to, text, bytes);
	return to + bytes;
}

static enum status row_put(struct content_keep *keep, const struct content_seen *seen,
			   struct error *err)
{
	const struct content *c = &seen->content;
	uint8_t marks = row_marks(seen), i, *to;

	if (!keep->packed.size)
		buffer_extend(&keep->packed, CONTENT_PACKED_HEAD);
	to = buffer_extend(&keep->packed, CONTENT_PACKED_ROW + 4u * marks + c->name.bytes +
						  c->more.bytes + c->client.bytes);
	if (!to)
		return keep_no_memory(err);
	put_32(to, seen->way);
	put_32(to + 4, seen->record);
	put_32(to + 8, seen->seq);
	put_16(to + 12, c->code);
	to[14] = c->kind;
	to[15] = c->marks;
	to[16] = c->name.bytes;
	to[17] = c->more.bytes;
	to[18] = c->client.bytes;
	to[19] = marks;
	to += CONTENT_PACKED_ROW;
	for (i = 0; i < marks; i++, to += 4)
		put_32(to, seen->mark[i]);
	to = put_text(to, c->name.text, c->name.bytes);
	to = put_text(to, c->more.text, c->more.bytes);
	put_text(to, c->client.text, c->client.bytes);
	keep->count++;
	return STATUS_OK;
}

/* ---- what a flow has already ---- */

enum keep_verdict { KEEP, KEEP_REPEAT, KEEP_NO_MORE };

/* A PROXY header stands in front of all that its direction says, or is a body's text. */
static enum keep_verdict side_judge_hello(struct content_side *side, uint8_t kind)
{
	uint8_t bit = (uint8_t)(1u << kind);

	if (side->hellos & bit)
		return KEEP_REPEAT;
	if (kind == CONTENT_PROXY && (side->hellos || side->of_kind[0] || side->of_kind[1]))
		return KEEP_REPEAT;
	side->hellos |= bit;
	return KEEP;
}

/* A body may hold text that looks like a message. Where it would begin, another message may:
 * see content_http.c. Sequence numbers more than 2^31 ahead count as behind. */
static bool side_has(const struct content_side *side, const struct content_seen *seen)
{
	uint32_t ahead = seen->seq - side->seq;

	if (!side->of_kind[CONTENT_REQUEST] && !side->of_kind[CONTENT_RESPONSE])
		return false;
	if (ahead == 0) /* a copy that says more, or that was there before, is kept beside it */
		return (!side->cut || seen->content.marks & CONTENT_CUT) &&
		       seen->record >= side->record;
	return ahead >> 31 || (ahead != side->head_bytes && side->head_bytes &&
			       ahead < (uint64_t)side->head_bytes + side->body_bytes);
}

static enum keep_verdict side_judge_message(struct content_side *side,
					    const struct content_seen *seen)
{
	const struct content *c = &seen->content;
	uint8_t *of_kind = &side->of_kind[c->kind == CONTENT_RESPONSE];
	bool again;

	if (side_has(side, seen))
		return KEEP_REPEAT;
	again = seen->seq == side->seq && *of_kind && side->kept;
	side->record = seen->record;
	side->seq = seen->seq;
	side->head_bytes = c->head_bytes;
	side->body_bytes = c->body_bytes;
	side->cut = c->marks & CONTENT_CUT;
	side->kept = again || *of_kind < CONTENT_MESSAGES_MAX;
	if (!side->kept)
		return KEEP_NO_MORE;
	*of_kind = (uint8_t)(*of_kind + !again);
	return KEEP;
}

static bool kind_is_message(uint8_t kind)
{
	return kind == CONTENT_REQUEST || kind == CONTENT_RESPONSE;
}

/* ---- for others ---- */

static enum status keep_make_room(struct content_keep *keep, uint32_t flow, struct error *err)
{
	uint32_t room = keep->flows ? keep->flows : 256;
	struct content_flow *grown;

	while (room <= flow)
		room *= 2;
	grown = realloc(keep->flow, room * sizeof *grown);
	if (!grown)
		return keep_no_memory(err);
	memset(grown + keep->flows, 0, (room - keep->flows) * sizeof *grown);
	keep->flow = grown;
	keep->flows = room;
	return STATUS_OK;
}

void content_keep_fetch(const struct content_keep *keep, const struct content_seen *seen)
{
	if (seen->way >> 1 < keep->flows)
		__builtin_prefetch(&keep->flow[seen->way >> 1], 1);
}

enum status content_keep_add(struct content_keep *keep, const struct content_seen *seen,
			     struct error *err)
{
	const struct content *c = &seen->content;
	uint32_t flow = seen->way >> 1;
	enum status status = STATUS_OK;
	enum keep_verdict verdict;
	struct content_side *side;

	if (content_keep_is_full(keep)) {
		keep->left_out++;
		return STATUS_OK;
	}
	if (flow >= keep->flows)
		status = keep_make_room(keep, flow, err);
	if (status)
		return status;
	side = &keep->flow[flow].side[seen->way & 1];
	verdict = kind_is_message(c->kind) ? side_judge_message(side, seen)
					   : side_judge_hello(side, c->kind);
	if (verdict == KEEP_NO_MORE && keep->flow[flow].left_out < UINT32_MAX)
		keep->flow[flow].left_out++;
	return verdict == KEEP ? row_put(keep, seen, err) : STATUS_OK;
}

/* How many messages a flow had beyond those kept. */
static enum status row_put_left_out(struct content_keep *keep, uint32_t flow, struct error *err)
{
	struct content_seen sum = {.way = flow << 1, .seq = keep->flow[flow].left_out,
				   .content.kind = CONTENT_LEFT_OUT};

	return row_put(keep, &sum, err);
}

enum status content_keep_pack(struct content_keep *keep, struct buffer *out, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t f;

	for (f = 0; f < keep->flows && !status; f++)
		if (keep->flow[f].left_out)
			status = row_put_left_out(keep, f, err);
	if (!keep->packed.size)
		buffer_extend(&keep->packed, CONTENT_PACKED_HEAD);
	if (keep->packed.failed)
		return keep_no_memory(err);
	put_32(keep->packed.bytes, CONTENT_PACKED_VERSION);
	put_32(keep->packed.bytes + 4, keep->count);
	put_32(keep->packed.bytes + 8, (uint32_t)keep->left_out);
	put_32(keep->packed.bytes + 12, (uint32_t)(keep->left_out >> 32));
	*out = keep->packed;
	keep->packed = (struct buffer){0};
	return status;
}

void content_keep_free(struct content_keep *keep)
{
	buffer_free(&keep->packed);
	free(keep->flow);
	memset(keep, 0, sizeof *keep);
}
