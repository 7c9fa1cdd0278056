#include "correlate/shift.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/shift_vote.h"

#define SHIFT_SIGHTS_MAX 64u          /* of a flow about so many packets are looked at, drawn alike at all points */
#define SHIFT_SIGHTS_MIN 4u
#define SHIFT_SIGHTS_ALL (1u << 22)   /* of all flows together, about */
#define SHIFT_SYNS_MAX 16u            /* a flow with more is no connection, and its SYNs say nothing */

#define SHIFT_WEIGHT_SYN 200          /* the only SYN of a tuple at both points outweighs what looks alike by chance */

enum shift_key { SHIFT_KEY_SYN, SHIFT_KEY_PAYLOAD, SHIFT_KEY_TIMESTAMP };

/* A packet by what a shift leaves alone. */
struct shift_sight {
	uint64_t key;
	uint32_t way, seq, ack, ip_id, tsval;
	uint16_t flags;
	uint8_t point;
	bool tuple;  /* the key holds the flow's tuple */
};

/* Points by name and their nodes in that order: `way` and `point` of sights are so, in order that
 * nothing hangs on the order of the inputs. */
struct shift_order {
	uint8_t rank[VIEW_POINTS_MAX]; /* of each point */
	uint32_t base[VIEW_POINTS_MAX]; /* of each point: what its nodes' numbers are ahead here; may wrap */
};

static int shift_sight_compare(const void *x, const void *y)
{
	const struct shift_sight *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->point != b->point)
		return a->point - b->point;
	if (a->way != b->way)
		return a->way < b->way ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return (a->ack > b->ack) - (a->ack < b->ack);
}

struct shift_columns {
	uint32_t way[VIEW_BATCH], seq[VIEW_BATCH], ack[VIEW_BATCH], length[VIEW_BATCH];
	uint32_t digest[VIEW_BATCH], tsval[VIEW_BATCH], ip_id[VIEW_BATCH];
	uint16_t flags[VIEW_BATCH], header[VIEW_BATCH], marks[VIEW_BATCH];
};

struct shift_learning {
	struct view *view;
	struct survey_flow *flows;
	const uint8_t *wanted;      /* by node; NULL: all */
	uint32_t most;              /* sights of a flow */
	uint32_t point;
	struct shift_order order;
	struct view_batch batch;
	struct shift_columns c;
	struct shift_sight *list;
	uint64_t count, room;
	struct shift_votes votes;
	struct shift_classes classes;
};

/* ---- order ---- */

static void shift_put_in_order(struct shift_order *order, const struct view *view)
{
	uint32_t by_name[VIEW_POINTS_MAX], rank, before = 0;

	view_order_names(view, by_name);
	for (rank = 0; rank < view->points; rank++) {
		const struct view_point *point = &view->point[by_name[rank]];

		order->rank[by_name[rank]] = (uint8_t)rank;
		order->base[by_name[rank]] = before - point->first_node;
		before += point->nodes;
	}
}

static uint32_t shift_ordered(const struct shift_learning *l, uint32_t node)
{
	return node + l->order.base[l->view->node_point[node]];
}

/* ---- sights ---- */

static void shift_read_columns(struct shift_learning *l)
{
	view_read_32(&l->batch, RECORD_SEQ, l->c.seq);
	view_read_32(&l->batch, RECORD_ACK, l->c.ack);
	view_read_32(&l->batch, RECORD_LENGTH, l->c.length);
	view_read_32(&l->batch, RECORD_DIGEST, l->c.digest);
	view_read_32(&l->batch, RECORD_TSVAL, l->c.tsval);
	view_read_32(&l->batch, RECORD_IP_ID, l->c.ip_id);
	view_read_16(&l->batch, RECORD_FLAGS, l->c.flags);
	view_read_16(&l->batch, RECORD_HEADER, l->c.header);
	view_read_16(&l->batch, RECORD_MARKS, l->c.marks);
}

static bool shift_wants(const struct shift_learning *l, uint32_t way)
{
	return way != VIEW_NO_WAY && (!l->wanted || l->wanted[way >> 1]) &&
	       l->view->flow[way >> 1].proto == 6;
}

/* What all keys of a flow's direction bear: its tuple. */
static uint64_t shift_tuple(const struct shift_learning *l, uint32_t way)
{
	const struct capture_flow *flow = &l->view->flow[way >> 1];
	uint8_t key[38] = {flow->version, (uint8_t)(way & 1)};

	memcpy(key + 2, flow->a, 16);
	memcpy(key + 18, flow->b, 16);
	memcpy(key + 34, &flow->a_port, 2);
	memcpy(key + 36, &flow->b_port, 2);
	return XXH3_64bits_withSeed(key, sizeof key, l->view->seed);
}

/* Whether a long flow's packet is in the draw; a flow that is longer at one point than at
 * another draws fewer there, and all of those are in the other's draw, too. */
static bool shift_drawn(const struct shift_learning *l, uint32_t way, uint64_t key)
{
	const struct survey_flow *flow = &l->flows[way >> 1];
	uint64_t packets = (uint64_t)flow->packets[0] + flow->packets[1];

	return packets <= l->most || key / l->most <= UINT64_MAX / packets;
}

static bool shift_add_key(struct shift_learning *l, uint32_t i, enum shift_key kind, uint32_t what,
			  bool tuple)
{
	uint32_t way = l->c.way[i];
	uint32_t word[4] = {(uint32_t)kind,
			    l->c.flags[i] & (PACKET_TCP_FIN | PACKET_TCP_SYN | PACKET_TCP_ACK),
			    l->c.length[i] - l->c.header[i], what};
	uint64_t key = XXH3_64bits_withSeed(word, sizeof word, l->view->seed);
	struct shift_sight *list;

	if (kind != SHIFT_KEY_SYN && !shift_drawn(l, way, key))
		return true;
	list = memory_room(l->list, l->count, &l->room, sizeof *list);
	if (!list)
		return false;
	l->list = list;
	if (tuple)
		key ^= shift_tuple(l, way);
	list[l->count++] = (struct shift_sight){key, way + 2 * l->order.base[l->point],
						l->c.seq[i], l->c.ack[i], l->c.ip_id[i],
						l->c.tsval[i], l->c.flags[i],
						l->order.rank[l->point], tuple};
	return true;
}

/* SYNs are not drawn; what floods one tuple with them is left out. */
static bool shift_add_syn(struct shift_learning *l, uint32_t i)
{
	const struct survey_flow *flow = &l->flows[l->c.way[i] >> 1];
	uint32_t tsval = l->c.tsval[i];

	if (flow->syn > SHIFT_SYNS_MAX || flow->synack > SHIFT_SYNS_MAX)
		return true;
	return shift_add_key(l, i, SHIFT_KEY_SYN, 0, true) &&
	       (!tsval || shift_add_key(l, i, SHIFT_KEY_SYN, tsval, false));
}

/* Of another tuple's packets only what is rare is believed: all digits of the digest. */
static bool shift_add_packet(struct shift_learning *l, uint32_t i)
{
	uint32_t digest = l->c.digest[i], tsval = l->c.tsval[i];
	uint16_t flags = l->c.flags[i];
	bool ok = true;

	if (l->c.marks[i] & PACKET_FRAGMENT_LATER || flags & PACKET_TCP_RST)
		return true;
	if (flags & PACKET_TCP_SYN)
		return shift_add_syn(l, i);
	if (l->c.length[i] == l->c.header[i])
		return true;
	if (digest & 0xffff)
		ok = shift_add_key(l, i, SHIFT_KEY_PAYLOAD, digest & 0xffff, true);
	if (ok && (digest & 0xffff) && digest >> 16)
		ok = shift_add_key(l, i, SHIFT_KEY_PAYLOAD, digest, false);
	if (ok && tsval)
		ok = shift_add_key(l, i, SHIFT_KEY_TIMESTAMP, tsval, true) &&
		     shift_add_key(l, i, SHIFT_KEY_TIMESTAMP, tsval, false);
	return ok;
}

static bool shift_take_point(struct shift_learning *l)
{
	bool any, ok = true;
	uint32_t i;

	view_first(&l->batch, &l->view->point[l->point]);
	while (ok && view_next(&l->batch)) {
		view_read_ways(&l->batch, l->c.way);
		for (any = false, i = 0; i < l->batch.rows && !any; i++)
			any = shift_wants(l, l->c.way[i]);
		if (!any)
			continue;
		shift_read_columns(l);
		for (i = 0; i < l->batch.rows && ok; i++)
			if (shift_wants(l, l->c.way[i]))
				ok = shift_add_packet(l, i);
	}
	return ok;
}

static bool shift_take(struct shift_learning *l)
{
	uint32_t n, nodes = 0;
	bool ok = true;

	for (n = 0; n < l->view->nodes; n++)
		nodes += !l->wanted || l->wanted[n];
	l->most = nodes ? SHIFT_SIGHTS_ALL / nodes : SHIFT_SIGHTS_MAX;
	if (l->most < SHIFT_SIGHTS_MIN)
		l->most = SHIFT_SIGHTS_MIN;
	if (l->most > SHIFT_SIGHTS_MAX)
		l->most = SHIFT_SIGHTS_MAX;
	for (; ok && l->point < l->view->points; l->point++)
		ok = shift_take_point(l);
	return ok;
}

/* ---- votes ---- */

/* The sight of one point among those of one key: NULL where they are of several flows, or the
 * same thing was said at several places. */
static const struct shift_sight *shift_only(const struct shift_sight *list, uint64_t n)
{
	uint64_t i;

	for (i = 1; i < n; i++)
		if (list[i].way != list[0].way || list[i].seq != list[0].seq)
			return NULL;
	return &list[0];
}

/* A box that shifts numbers forwards the packet, with its ID or its timestamp; a proxy writes one of
 * its own of the same bytes. */
static void shift_compare(struct shift_vote *vote, const struct shift_sight *a,
			  const struct shift_sight *b)
{
	vote->compared = (a->ip_id && b->ip_id) || (a->tsval && b->tsval);
	vote->same = (a->ip_id && a->ip_id == b->ip_id) || (a->tsval && a->tsval == b->tsval);
	vote->sender = (uint8_t)(a->way & 1);
	vote->stamp = a->tsval && b->tsval ? b->tsval - a->tsval : 0;
}

static bool shift_vote_pair(struct shift_votes *votes, const struct shift_sight *a,
			    const struct shift_sight *b)
{
	struct shift_vote vote = {.a = a->way >> 1, .b = b->way >> 1, .tuple = a->tuple,
				  .point_a = a->point, .point_b = b->point,
				  .weight = a->tuple && a->flags & PACKET_TCP_SYN ? SHIFT_WEIGHT_SYN : 1,
				  .flip = (uint8_t)((a->way ^ b->way) & 1)};

	shift_compare(&vote, a, b);
	vote.direction = (uint8_t)(a->way & 1);
	vote.by = b->seq - a->seq;
	if (!shift_votes_add(votes, &vote))
		return false;
	if (!(a->flags & b->flags & PACKET_TCP_ACK))
		return true;
	vote.direction ^= 1;
	vote.by = b->ack - a->ack;
	return shift_votes_add(votes, &vote);
}

/* Each point's sight of a key against the next point's. */
static bool shift_vote_key(struct shift_votes *votes, const struct shift_sight *list, uint64_t n)
{
	const struct shift_sight *before = NULL, *only;
	uint64_t from, to;

	for (from = 0; from < n; from = to) {
		for (to = from + 1; to < n && list[to].point == list[from].point; to++)
			;
		only = shift_only(list + from, to - from);
		if (!only)
			continue;
		if (before && !shift_vote_pair(votes, before, only))
			return false;
		before = only;
	}
	return true;
}

static bool shift_vote_all(struct shift_learning *l)
{
	uint64_t from, to;

	if (l->count)
		qsort(l->list, l->count, sizeof *l->list, shift_sight_compare);
	for (from = 0; from < l->count; from = to) {
		for (to = from + 1; to < l->count && l->list[to].key == l->list[from].key; to++)
			;
		if (!shift_vote_key(&l->votes, l->list + from, to - from))
			return false;
	}
	return true;
}

/* ---- renumbering ---- */

static bool shift_renumber(struct shift_learning *l, uint32_t node, const struct renumber *to)
{
	struct view_point *point = &l->view->point[l->view->node_point[node]];
	struct survey_flow *flow = &l->flows[node];
	unsigned opener = survey_has(flow, 1, SURVEY_SYN);
	struct renumber *r;

	if (!point->renumber)
		point->renumber = memory_take(l->view->memory, (size_t)point->nodes + 1,
					      sizeof *point->renumber);
	if (!point->renumber)
		return false;
	r = &point->renumber[node - point->first_node];
	flow->max_end[0] -= to->by[0] - r->by[0];
	flow->max_end[1] -= to->by[1] - r->by[1];
	if (flow->syn_ns != INT64_MIN)
		flow->isn -= to->by[opener] - r->by[opener];
	*r = *to;
	return true;
}

void shifts_renumber_survey(const struct view_point *point, struct survey_flow *flows)
{
	uint32_t n;

	for (n = 0; point->renumber && n < point->nodes; n++) {
		const struct renumber *r = &point->renumber[n];

		flows[n].max_end[0] -= r->by[0];
		flows[n].max_end[1] -= r->by[1];
		if (flows[n].syn_ns != INT64_MIN)
			flows[n].isn -= r->by[survey_has(&flows[n], 1, SURVEY_SYN)];
	}
}

/* Where the numbers of the one who was asked are shifted and a SYN was seen, the box may have
 * answered it itself. */
static bool shift_may_be_proxied(const struct survey_flow *flow, const bool shifted[2])
{
	return flow->syn_ns != INT64_MIN && shifted[!survey_has(flow, 1, SURVEY_SYN)];
}

/* The initial numbers, by which the packets of a handshake are known. */
static void shift_note_openings(struct shift_learning *l)
{
	uint32_t p, way;
	uint64_t i;

	for (p = 0; p < l->view->points; p++) {
		const struct view_point *point = &l->view->point[p];

		for (i = 0; point->renumber && i < l->count; i++) {
			const struct shift_sight *s = &l->list[i];
			struct renumber *r;

			if (s->point != l->order.rank[p] || !(s->flags & PACKET_TCP_SYN))
				continue;
			way = s->way - 2 * l->order.base[p];
			r = &point->renumber[(way >> 1) - point->first_node];
			r->first[way & 1] = s->seq - r->by[way & 1];
		}
	}
}

static bool shift_apply(struct shift_learning *l, uint32_t *found)
{
	uint32_t n;

	for (*found = 0, n = 0; n < l->view->nodes; n++) {
		struct renumber to = {.shifted = true, .handshake = RENUMBER_FORWARDED};
		struct shift_place place;

		if (l->wanted && !l->wanted[n])
			continue;
		place = shift_classes_of(&l->classes, shift_ordered(l, n));
		if (!place.shifted[0] && !place.shifted[1])
			continue;
		to.class = place.first;
		to.flip = place.flip;
		memcpy(to.by, place.by, sizeof to.by);
		if (shift_may_be_proxied(&l->flows[n], place.shifted))
			to.handshake = RENUMBER_HELD;
		if (!shift_renumber(l, n, &to))
			return false;
		*found += to.by[0] || to.by[1];
	}
	shift_note_openings(l);
	return true;
}

static bool shift_begin(struct shift_learning **out, struct view *view, struct survey_flow *flows,
			const uint8_t *wanted)
{
	struct shift_learning *l = calloc(1, sizeof *l);

	*out = l;
	if (!l)
		return false;
	l->view = view;
	l->flows = flows;
	l->wanted = wanted;
	shift_put_in_order(&l->order, view);
	return shift_take(l) && shift_vote_all(l) &&
	       shift_classes_join(&l->classes, &l->votes, view->nodes, view->points);
}

static void shift_end(struct shift_learning *l)
{
	if (!l)
		return;
	shift_classes_free(&l->classes);
	free(l->votes.list);
	free(l->list);
	free(l);
}

bool shift_learn_of(struct view *view, struct survey_flow *flows, const uint8_t *wanted,
		    uint32_t *found)
{
	struct shift_learning *l;
	bool ok = shift_begin(&l, view, flows, wanted);

	*found = 0;
	ok = ok && shift_apply(l, found);
	shift_end(l);
	return ok;
}

enum status shifts_learn(struct view *view, struct survey_flow *flows, uint32_t *found,
			 struct error *err)
{
	return shift_learn_of(view, flows, NULL, found)
		       ? STATUS_OK
		       : error_errno(err, ENOMEM, "sequence shifts");
}

bool shift_pick(struct view *view, struct survey_flow *flows, uint8_t *wanted, bool *any)
{
	struct shift_learning *l;
	bool ok = shift_begin(&l, view, flows, wanted);
	uint32_t n;

	*any = false;
	for (n = 0; ok && n < view->nodes; n++) {
		struct shift_place place;

		if (!wanted[n])
			continue;
		place = shift_classes_of(&l->classes, shift_ordered(l, n));
		wanted[n] = place.shifted[0] || place.shifted[1];
		*any |= wanted[n];
	}
	shift_end(l);
	return ok;
}
