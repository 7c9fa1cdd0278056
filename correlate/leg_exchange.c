#include "correlate/leg_exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/memory.h"

/* The digests of the first packets with payload, by direction; 0: none, or too little was captured. */
struct leg_first {
	uint16_t digest[2];
	bool seen[2];
};

static int64_t leg_time(const struct leg_source *from, uint32_t point, int64_t local_ns)
{
	return local_ns == INT64_MIN ? INT64_MIN : clock_correct(&from->clock[point], local_ns);
}

static uint64_t leg_hash(const char *text, size_t bytes, uint64_t seed)
{
	return bytes ? XXH3_64bits_withSeed(text, bytes, seed) | 1 : 0;
}

/* "address" or "address port". */
static void leg_name(struct leg_exchange *one, const char *text, uint8_t bytes, uint64_t seed)
{
	const char *space = bytes ? memchr(text, ' ', bytes) : NULL;

	one->host = leg_hash(text, space ? (size_t)(space - text) : bytes, seed);
	one->client = space ? leg_hash(text, bytes, seed) : 0;
}

/* The client by its own address, in the words in which a proxy would name it. */
static void leg_name_client(struct leg_exchange *one, const struct view *view)
{
	const struct capture_flow *flow = &view->flow[one->way >> 1];
	bool b = one->way & 1;
	struct content_client name;

	content_client_set(&name, b ? flow->b : flow->a, flow->version == 4 ? 4 : 16,
			   b ? flow->b_port : flow->a_port);
	leg_name(one, name.text, name.bytes, view->seed);
}

/* Whom a back leg names. */
static void leg_take_name(struct leg_exchange *one, const struct content_words *words, uint64_t seed)
{
	if (words->bytes)
		leg_name(one, words->text, words->bytes, seed);
}

static uint64_t leg_tie(const struct view *view, uint32_t node)
{
	const struct capture_flow *f = &view->flow[node];
	const char *name = view->point[view->node_point[node]].name;
	uint64_t tie = XXH3_64bits_withSeed(name, strlen(name), view->seed);

	tie = XXH3_64bits_withSeed(f->a, sizeof f->a, tie + f->a_port);
	return XXH3_64bits_withSeed(f->b, sizeof f->b, tie + f->b_port);
}

static bool leg_add(struct leg_exchanges *e, const struct leg_exchange *one)
{
	struct leg_exchange *list = memory_room(e->list, e->count, &e->room, sizeof *list);

	if (!list)
		return false;
	e->list = list;
	list[e->count++] = *one;
	return true;
}

static uint64_t leg_hash_request(const struct content_exchange *x, uint64_t seed)
{
	return XXH3_64bits_withSeed(x->target.text, x->target.bytes, seed + x->method) | 1;
}

/* A connection that nobody can read: known by its hello, or by its first bytes. */
static bool leg_add_whole(struct leg_exchanges *e, const struct leg_source *from,
			  const struct content_story *story, const struct leg_first *first,
			  struct leg_exchange *one)
{
	const struct survey_flow *flow = &from->flows[one->way >> 1];
	uint32_t point = from->view->node_point[one->way >> 1];
	unsigned d = one->way & 1;

	one->number = LEG_WHOLE;
	one->empty = flow->data_ns[d] == INT64_MIN;
	one->unanswered = one->empty && flow->data_ns[!d] == INT64_MIN && !survey_has(flow, !d, SURVEY_PLAIN);
	one->begin_ns = leg_time(from, point, one->empty ? flow->first_ns : flow->data_ns[d]);
	one->end_ns = leg_time(from, point, flow->data_ns[!d]);
	if (story->hello_mark) {
		one->asks = story->hello_mark;
		one->rare = true;
	} else if (first->digest[d]) {
		one->asks = (uint64_t)first->digest[d] << 1 | 1;
		one->mark[0] = first->digest[!d] ? 0x10000u | first->digest[!d] : 0;
	}
	return leg_add(e, one);
}

static bool leg_add_node(struct leg_exchanges *e, const struct leg_source *from, uint32_t node,
			 bool front, const struct leg_first *first, struct content_story *story)
{
	const struct view *view = from->view;
	uint32_t point = view->node_point[node], i;
	struct leg_exchange one = {0};
	bool sure;

	one.way = node << 1 | survey_client_direction(&from->flows[node], &view->flow[node], &sure);
	one.tie = leg_tie(view, node);
	one.open_ns = leg_time(from, point, from->flows[node].syn_ns);
	one.last_ns = leg_time(from, point, from->flows[node].last_ns);
	contents_tell(from->contents, &one.way, 1, story);
	leg_name_client(&one, view);
	if (!front)
		leg_take_name(&one, &story->proxied, view->seed);
	if (!story->exchanges)
		return leg_add_whole(e, from, story, first, &one);
	for (i = 0; i < story->exchanges; i++) {
		const struct content_exchange *x = &story->exchange[i];
		struct leg_exchange each = one;

		if (x->request_ns == INT64_MIN)
			continue;
		each.number = i;
		each.begin_ns = leg_time(from, point, x->request_ns);
		each.end_ns = leg_time(from, point, x->response_ns);
		each.asks = leg_hash_request(x, view->seed);
		each.status = x->status;
		memcpy(each.mark, x->request_mark, sizeof each.mark);
		if (!front && !story->proxied.bytes)
			leg_take_name(&each, &x->client, view->seed);
		if (!leg_add(e, &each))
			return false;
	}
	return true;
}

static void leg_note_first(struct leg_first *first, const struct view_point *point,
			   const uint8_t *wanted)
{
	uint32_t way[VIEW_BATCH], length[VIEW_BATCH], digest[VIEW_BATCH], i;
	uint16_t header[VIEW_BATCH];
	struct view_batch batch;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		view_read_32(&batch, RECORD_LENGTH, length);
		view_read_32(&batch, RECORD_DIGEST, digest);
		view_read_16(&batch, RECORD_HEADER, header);
		for (i = 0; i < batch.rows; i++) {
			struct leg_first *f;

			if (way[i] == VIEW_NO_WAY || !wanted[way[i] >> 1] || length[i] == header[i])
				continue;
			f = &first[(way[i] >> 1) - point->first_node];
			if (!f->seen[way[i] & 1])
				f->digest[way[i] & 1] = (uint16_t)digest[i];
			f->seen[way[i] & 1] = true;
		}
	}
}

enum status leg_exchanges_take(struct leg_exchanges *e, const struct leg_source *from,
			       uint32_t point, bool front, const uint8_t *wanted,
			       struct error *err)
{
	const struct view_point *p = &from->view->point[point];
	struct content_story *story = malloc(sizeof *story);
	struct leg_first *first = memory_zeroed((size_t)p->nodes + 1, sizeof *first);
	bool ok = story && first;
	uint32_t n;

	if (ok)
		leg_note_first(first, p, wanted);
	for (n = p->first_node; ok && n < p->first_node + p->nodes; n++)
		if (wanted[n])
			ok = leg_add_node(e, from, n, front, &first[n - p->first_node], story);
	free(story);
	free(first);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "legs of proxied sessions");
}

int leg_exchange_compare(const void *x, const void *y)
{
	const struct leg_exchange *a = x, *b = y;

	if (a->asks != b->asks)
		return a->asks < b->asks ? -1 : 1;
	if (a->begin_ns != b->begin_ns)
		return a->begin_ns < b->begin_ns ? -1 : 1;
	if (a->tie != b->tie)
		return a->tie < b->tie ? -1 : 1;
	if (a->way != b->way)
		return a->way < b->way ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}
