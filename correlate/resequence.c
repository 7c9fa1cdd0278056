#include "correlate/resequence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/packet.h"
#include "correlate/renumber.h"

#define RESEQUENCE_ALIKE 2u /* pairs that must be as far apart */

/* A candidate; later, by its upstream packet, a pair. */
struct resequence {
	uint64_t key;
	struct odd *odd, *down;
	uint32_t session, seq, ack; /* of a pair: downstream ahead of upstream */
	uint8_t direction;
	bool upstream, by_id;
};

struct resequencing {
	const struct judging *judging;
	bool keeps_id[2];     /* by direction */
	struct resequence *list, *pair;
	uint64_t count, pairs;
};

static int resequence_compare_place(const struct resequence *a, const struct resequence *b)
{
	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	return a->direction - b->direction;
}

static int resequence_compare_key(const void *x, const void *y)
{
	const struct resequence *a = x, *b = y;
	int by = resequence_compare_place(a, b);

	if (by)
		return by;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->upstream != b->upstream)
		return a->upstream - b->upstream;
	return (a->odd > b->odd) - (a->odd < b->odd);
}

static int resequence_compare_apart(const void *x, const void *y)
{
	const struct resequence *a = x, *b = y;
	int by = resequence_compare_place(a, b);

	if (by)
		return by;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	if (a->ack != b->ack)
		return a->ack < b->ack ? -1 : 1;
	return (a->odd > b->odd) - (a->odd < b->odd);
}

static bool resequence_candidate(const struct odd *odd)
{
	return odd->proto == 6 && !odd->marked &&
	       !(odd->flags & (PACKET_TCP_SYN | PACKET_TCP_RST)) &&
	       !(odd->marks & PACKET_FRAGMENT_LATER);
}

/* By what a packet is known apart from its numbers; false: by nothing. */
static bool resequence_key(const struct resequencing *r, const struct odd *odd, bool by_id,
			   uint64_t *key)
{
	const struct view_point *point = &r->judging->view->point[odd->point];
	uint32_t ip_id = (uint32_t)view_get(point, RECORD_IP_ID, odd->index);
	uint32_t digest = (uint32_t)view_get(point, RECORD_DIGEST, odd->index);
	uint32_t word[4] = {(uint32_t)view_get(point, RECORD_TSVAL, odd->index),
			    odd->flags & (PACKET_TCP_FIN | PACKET_TCP_ACK), ip_id, 0};

	if (by_id && (!ip_id || !r->keeps_id[odd->direction]))
		return false;
	if (!by_id) {
		word[2] = digest;
		word[3] = view_payload(point, odd->index);
		if ((!word[3] && !word[0]) || !(digest & 0xffff) || !(digest >> 16))
			return false;
	}
	*key = XXH3_64bits_withSeed(word, sizeof word, r->judging->view->seed);
	return true;
}

/* Downstream not earlier than the clocks allow, nor later than a packet may be. */
static bool resequence_in_time(const struct resequencing *r, const struct odd *up,
			       const struct odd *down)
{
	int64_t later = down->time_ns - up->time_ns;

	return later > -r->judging->tmax_ns / 16 && later <= r->judging->tmax_ns;
}

static void resequence_add_pair(struct resequencing *r, struct odd *up, struct odd *down, bool by_id)
{
	const struct view *view = r->judging->view;
	struct resequence *pair = &r->pair[r->pairs++];

	*pair = (struct resequence){.odd = up, .down = down, .session = up->session,
				    .direction = up->direction, .by_id = by_id,
				    .seq = down->seq - up->seq};
	if (up->flags & PACKET_TCP_ACK)
		pair->ack = view_ack(&view->point[down->point], down->index) -
			    view_ack(&view->point[up->point], up->index);
}

/* Pairs of what is there once on either side. */
static void resequence_pair(struct resequencing *r, struct odd *odd, uint64_t odds, bool by_id)
{
	uint64_t from, to, i;

	r->count = r->pairs = 0;
	for (i = 0; i < odds; i++) {
		struct resequence one = {.odd = &odd[i], .session = odd[i].session,
					 .direction = odd[i].direction,
					 .upstream = odd[i].upstream};

		if (resequence_candidate(&odd[i]) && resequence_key(r, &odd[i], by_id, &one.key))
			r->list[r->count++] = one;
	}
	if (r->count)
		qsort(r->list, r->count, sizeof *r->list, resequence_compare_key);
	for (from = 0; from < r->count; from = to) {
		const struct resequence *a = &r->list[from];

		for (to = from + 1; to < r->count && !resequence_compare_place(a, &r->list[to]) &&
				    r->list[to].key == a->key; to++)
			;
		/* those that the pass before took are a measure for the others */
		if (to - from == 2 && !a->upstream && a[1].upstream &&
		    a->odd->resequenced == a[1].odd->resequenced &&
		    resequence_in_time(r, a[1].odd, a->odd))
			resequence_add_pair(r, a[1].odd, a->odd, by_id);
	}
	if (r->pairs)
		qsort(r->pair, r->pairs, sizeof *r->pair, resequence_compare_apart);
}

static void resequence_take(struct resequence *pair)
{
	pair->odd->resequenced = pair->down->resequenced = true;
}

/* The pairs of one session and direction. */
static void resequence_settle(struct resequence *pair, uint64_t n)
{
	uint64_t from, to, i;
	uint32_t whole;
	bool any = false;

	for (from = 0; from < n; from = to) {
		/* a piece of a packet that was cut may bear its ID, and lies behind its beginning */
		for (whole = 0, to = from; to < n && pair[to].seq == pair[from].seq &&
					   pair[to].ack == pair[from].ack; to++)
			whole += pair[to].odd->length == pair[to].down->length;
		if ((!pair[from].seq && !pair[from].ack) || whole < RESEQUENCE_ALIKE)
			continue;
		any = true;
		for (i = from; i < to; i++)
			resequence_take(&pair[i]);
	}
	/* the rewritten packets, and what stands alone between two of them */
	for (i = 0; i < n && any; i++)
		if (pair[i].by_id)
			resequence_take(&pair[i]);
}

/* Whether the packet's ID would have told of it. */
static bool resequence_has_id(const struct resequencing *r, const struct odd *odd)
{
	return r->keeps_id[odd->direction] &&
	       view_get(&r->judging->view->point[odd->point], RECORD_IP_ID, odd->index);
}

/* What is left of one session and direction where others were found: on both sides, and without
 * an ID, it may be the same, rewritten. */
static void resequence_doubt_of(const struct resequencing *r, struct resequence *list, uint64_t n)
{
	bool any = false, left[2] = {false, false};
	uint64_t i;

	for (i = 0; i < n; i++) {
		any |= list[i].odd->resequenced;
		if (!list[i].odd->resequenced && !resequence_has_id(r, list[i].odd))
			left[list[i].upstream] = true;
	}
	for (i = 0; i < n && any && left[0] && left[1]; i++)
		list[i].odd->maybe_resequenced = !list[i].odd->resequenced &&
						 !resequence_has_id(r, list[i].odd);
}

static void resequence_doubt(struct resequencing *r, struct odd *odd, uint64_t odds)
{
	uint64_t from, to, i;

	for (r->count = 0, i = 0; i < odds; i++)
		if (resequence_candidate(&odd[i]))
			r->list[r->count++] = (struct resequence){.odd = &odd[i],
								  .session = odd[i].session,
								  .direction = odd[i].direction,
								  .upstream = odd[i].upstream};
	if (r->count)
		qsort(r->list, r->count, sizeof *r->list, resequence_compare_key);
	for (from = 0; from < r->count; from = to) {
		for (to = from + 1; to < r->count &&
				    !resequence_compare_place(&r->list[from], &r->list[to]); to++)
			;
		resequence_doubt_of(r, r->list + from, to - from);
	}
}

static void resequence_settle_all(struct resequencing *r)
{
	uint64_t from, to;

	for (from = 0; from < r->pairs; from = to) {
		for (to = from + 1; to < r->pairs &&
				    !resequence_compare_place(&r->pair[from], &r->pair[to]); to++)
			;
		resequence_settle(r->pair + from, to - from);
	}
}

enum status resequence_find(struct odd *odd, uint64_t odds, uint32_t hop,
			    const struct judging *judging, struct error *err)
{
	struct resequencing r = {.judging = judging};
	enum status status = STATUS_OK;
	unsigned d;

	if (!odds)
		return STATUS_OK;
	r.list = malloc(odds * sizeof *r.list);
	r.pair = malloc((odds / 2 + 1) * sizeof *r.pair);
	for (d = 0; d < 2; d++)
		r.keeps_id[d] = hop_align_habits(&judging->hops->hop[hop], d,
						 judging->tmax_ns).keeps_ip_id;
	if (r.list && r.pair) {
		resequence_pair(&r, odd, odds, true);
		resequence_settle_all(&r);
		resequence_pair(&r, odd, odds, false);
		resequence_settle_all(&r);
		resequence_doubt(&r, odd, odds);
	} else {
		status = error_errno(err, ENOMEM, "resequenced packets");
	}
	free(r.list);
	free(r.pair);
	return status;
}
