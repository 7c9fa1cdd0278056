#include "correlate/shift_vote.h"

#include <stdlib.h>

#include "collect/memory.h"

#define SHIFT_STAMPS_MIN 8u
#define SHIFT_COMPARED_MIN 6u /* fewer packets of one tuple do not tell a proxy from a shift */
#define SHIFT_VOTES_UNSURE 2u /* votes that flows of different tuples need */

bool shift_votes_add(struct shift_votes *votes, const struct shift_vote *vote)
{
	struct shift_vote *list = memory_room(votes->list, votes->count, &votes->room, sizeof *list);

	if (!list)
		return false;
	votes->list = list;
	list[votes->count++] = *vote;
	return true;
}

/* Two nodes as the majority of their votes sees them. */
struct shift_edge {
	uint32_t a, b, by[2], votes;
	uint8_t flip, point_a, point_b;
	bool tuple;
};

static int shift_vote_compare(const void *x, const void *y)
{
	const struct shift_vote *a = x, *b = y;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	if (a->flip != b->flip)
		return a->flip - b->flip;
	if (a->tuple != b->tuple)
		return a->tuple - b->tuple;
	if (a->direction != b->direction)
		return a->direction - b->direction;
	return (a->by > b->by) - (a->by < b->by);
}

/* Those of the same tuple first, then those with the most votes. */
static int shift_edge_compare(const void *x, const void *y)
{
	const struct shift_edge *a = x, *b = y;

	if (a->tuple != b->tuple)
		return a->tuple ? -1 : 1;
	if (a->votes != b->votes)
		return a->votes > b->votes ? -1 : 1;
	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	return a->flip - b->flip;
}

/* Whether a box moved the timestamps by a constant, too. Those of a proxy come from another clock, and
 * differ now by a tick more, now by one less. */
static bool shift_stamps_moved(const struct shift_vote *list, uint64_t n)
{
	uint32_t first[2] = {0, 0};
	uint64_t i, stamps = 0, alike = 0;

	for (i = 0; i < n; i++) {
		if (!list[i].stamp)
			continue;
		if (!first[list[i].sender])
			first[list[i].sender] = list[i].stamp;
		stamps++;
		alike += list[i].stamp == first[list[i].sender];
	}
	return stamps >= SHIFT_STAMPS_MIN && alike * 20 >= stamps * 19;
}

/* Whether the packets of a run of votes are the same ones, forwarded. */
static bool shift_is_forwarded(const struct shift_vote *list, uint64_t n)
{
	uint64_t i, compared = 0, same = 0;

	for (i = 0; i < n; i++) {
		compared += list[i].compared;
		same += list[i].same;
	}
	if (list[0].tuple && compared < SHIFT_COMPARED_MIN)
		return true;
	if (list[0].tuple && shift_stamps_moved(list, n))
		return true;
	return compared && 2 * same >= compared;
}

/* The edge that a run of votes on the same two nodes makes; votes 0: they do not agree. */
static struct shift_edge shift_edge_of(const struct shift_vote *list, uint64_t n)
{
	struct shift_edge edge = {.a = list[0].a, .b = list[0].b, .flip = list[0].flip,
				  .point_a = list[0].point_a, .point_b = list[0].point_b,
				  .tuple = list[0].tuple};
	uint64_t all[2] = {0, 0}, best[2] = {0, 0}, from, to, count;
	unsigned d;

	if (!shift_is_forwarded(list, n))
		return edge;
	for (from = 0; from < n; from = to) {
		d = list[from].direction;
		for (count = 0, to = from;
		     to < n && list[to].direction == d && list[to].by == list[from].by; to++)
			count += list[to].weight;
		all[d] += count;
		if (count > best[d]) {
			best[d] = count;
			edge.by[d] = list[from].by;
		}
	}
	/* a packet speaks of both directions, and has one vote all the same */
	for (d = 0; d < 2; d++)
		if (all[d] && 2 * best[d] <= all[d])
			return (struct shift_edge){.votes = 0};
		else if (best[d] > edge.votes)
			edge.votes = (uint32_t)best[d];
	return edge;
}

/* The list of edges, in place of the votes that they are made of: it is never longer. */
static uint64_t shift_edges(struct shift_edge *edge, const struct shift_votes *votes)
{
	uint64_t from, to, n = 0;

	for (from = 0; from < votes->count; from = to) {
		const struct shift_vote *first = &votes->list[from];

		for (to = from + 1; to < votes->count && votes->list[to].a == first->a &&
				    votes->list[to].b == first->b && votes->list[to].flip == first->flip &&
				    votes->list[to].tuple == first->tuple;
		     to++)
			;
		edge[n] = shift_edge_of(first, to - from);
		n += edge[n].votes > 0;
	}
	return n;
}

/* ---- classes ---- */

/* Takes a step towards the root from a node whose distance to it is `by`: leaves that of the
 * node above. */
static void shift_step_up(const struct shift_classes *c, uint32_t node, uint32_t by[2], uint8_t *flip)
{
	uint32_t up[2] = {by[0] - c->by[node][0], by[1] - c->by[node][1]};

	by[0] = up[c->flip[node]];
	by[1] = up[!c->flip[node]];
	*flip ^= c->flip[node];
}

static uint32_t shift_root(struct shift_classes *c, uint32_t node, uint32_t by[2], uint8_t *flip)
{
	uint32_t root = node, n, up, far[2];
	uint8_t f;

	by[0] = by[1] = 0;
	*flip = 0;
	while (c->up[root] != root) {
		by[0] += c->by[root][*flip];
		by[1] += c->by[root][!*flip];
		*flip ^= c->flip[root];
		root = c->up[root];
	}
	/* the next one's way is short */
	far[0] = by[0];
	far[1] = by[1];
	f = *flip;
	for (n = node; n != root; n = up) {
		uint32_t here[2] = {far[0], far[1]};
		uint8_t turned = f;

		up = c->up[n];
		shift_step_up(c, n, far, &f);
		c->up[n] = root;
		c->by[n][0] = here[0];
		c->by[n][1] = here[1];
		c->flip[n] = turned;
	}
	return root;
}

static void shift_join(struct shift_classes *c, const struct shift_edge *e)
{
	uint32_t by_a[2], by_b[2], low, high, ra, rb;
	uint8_t flip_a, flip_b, flip, s;
	unsigned d;

	ra = shift_root(c, e->a, by_a, &flip_a);
	rb = shift_root(c, e->b, by_b, &flip_b);
	if (ra == rb)
		return;
	flip = flip_a ^ flip_b ^ e->flip;
	low = ra < rb ? ra : rb;
	high = ra < rb ? rb : ra;
	c->up[high] = low;
	c->flip[high] = flip;
	s = c->shifted[high];
	c->shifted[low] |= flip ? (uint8_t)((s << 1 | s >> 1) & 3) : s;
	/* d is a direction at a: number at b - number at a = e->by[d] */
	for (d = 0; d < 2; d++) {
		/* root of b ahead of root of a */
		uint32_t ahead = e->by[d] + by_a[d] - by_b[d ^ e->flip];
		unsigned at_a = d ^ flip_a, at_b = d ^ e->flip ^ flip_b;

		if (high == rb)
			c->by[high][at_b] = ahead;
		else
			c->by[high][at_a] = 0u - ahead;
		if (e->by[d])
			c->shifted[low] |= (uint8_t)(1u << (low == ra ? at_a : at_b));
	}
}

/* Whether one of them has a partner at the other's point. */
static bool shift_is_taken(uint8_t *const *taken, const struct shift_edge *e)
{
	return taken[e->point_b][e->a] || taken[e->point_a][e->b];
}

static void shift_join_edges(struct shift_classes *c, uint8_t *const *taken,
			     const struct shift_edge *edge, uint64_t edges)
{
	uint64_t i;

	for (i = 0; i < edges; i++) {
		const struct shift_edge *e = &edge[i];
		bool unsure = e->votes < SHIFT_VOTES_UNSURE;

		if (e->tuple ? unsure && shift_is_taken(taken, e)
			     : unsure || shift_is_taken(taken, e))
			continue;
		taken[e->point_b][e->a] = taken[e->point_a][e->b] = 1;
		shift_join(c, e);
	}
}

static bool shift_classes_room(struct shift_classes *c, uint8_t **taken, uint32_t nodes,
			       uint32_t points)
{
	uint32_t p, n;

	c->up = memory_zeroed((size_t)nodes + 1, sizeof *c->up);
	c->by = memory_zeroed((size_t)nodes + 1, sizeof *c->by);
	c->flip = memory_zeroed((size_t)nodes + 1, 1);
	c->shifted = memory_zeroed((size_t)nodes + 1, 1);
	if (!taken || !c->up || !c->by || !c->flip || !c->shifted)
		return false;
	for (p = 0; p < points; p++) {
		taken[p] = memory_zeroed((size_t)nodes + 1, 1);
		if (!taken[p])
			return false;
	}
	for (n = 0; n < nodes; n++)
		c->up[n] = n;
	return true;
}

bool shift_classes_join(struct shift_classes *c, struct shift_votes *votes, uint32_t nodes,
			uint32_t points)
{
	struct shift_edge *edge = malloc((votes->count + 1) * sizeof *edge);
	uint8_t **taken = calloc((size_t)points + 1, sizeof *taken);
	bool ok = shift_classes_room(c, taken, nodes, points) && edge;
	uint64_t edges;
	uint32_t p;

	if (ok && votes->count) {
		qsort(votes->list, votes->count, sizeof *votes->list, shift_vote_compare);
		edges = shift_edges(edge, votes);
		qsort(edge, edges, sizeof *edge, shift_edge_compare);
		shift_join_edges(c, taken, edge, edges);
	}
	for (p = 0; taken && p < points; p++)
		free(taken[p]);
	free(taken);
	free(edge);
	return ok;
}

struct shift_place shift_classes_of(struct shift_classes *c, uint32_t node)
{
	struct shift_place place = {.flip = 0};
	uint8_t shifted;

	place.first = shift_root(c, node, place.by, &place.flip);
	shifted = c->shifted[place.first];
	place.shifted[0] = shifted >> place.flip & 1;
	place.shifted[1] = shifted >> !place.flip & 1;
	return place;
}

void shift_classes_free(struct shift_classes *c)
{
	free(c->up);
	free(c->by);
	free(c->flip);
	free(c->shifted);
}
