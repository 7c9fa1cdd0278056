#include "correlate/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/pairs.h"

#define SESSION_NONE UINT32_MAX
#define SESSION_RECENT 4               /* earlier flows of a tuple at a point that a flow is held against */
#define SESSION_RING_GAP_NS 60000000000 /* a flow goes on in the next file of a ring after at most 60 s */
#define SESSION_AHEAD 16u              /* links whose nodes are on their way from memory */
#define SESSION_LEAN_ENOUGH 64         /* votes after which a node's direction needs no more */
#define SESSION_NEAR_NS 1000000000     /* packets within 1 s of each other: clocks do not drift between them */

/* ---- union and find, with directions ---- */

uint32_t sessions_root(struct sessions *s, uint32_t node, uint8_t *flip)
{
	uint8_t f = 0;

	while (s->parent[node] != node) {
		uint32_t up = s->parent[node];

		/* halve the way for the next one */
		s->flip[node] ^= s->flip[up];
		s->parent[node] = s->parent[up];
		f ^= s->flip[node];
		node = s->parent[node];
	}
	*flip = f;
	return node;
}

void sessions_join(struct sessions *s, uint32_t a, uint32_t b, uint8_t flip)
{
	uint8_t fa, fb;
	uint32_t ra = sessions_root(s, a, &fa), rb = sessions_root(s, b, &fb), low, high;

	if (ra == rb)
		return;
	low = ra < rb ? ra : rb;
	high = ra < rb ? rb : ra;
	s->parent[high] = low;
	s->flip[high] = fa ^ fb ^ flip;
	s->lean[low].delay += s->flip[high] ? -s->lean[high].delay : s->lean[high].delay;
	s->lean[low].ttl += s->flip[high] ? -s->lean[high].ttl : s->lean[high].ttl;
	s->lean[high].delay = s->lean[high].ttl = 0;
}

/* ---- the same tuple ---- */

/* Whether two nodes bear the same tuple. */
static bool session_tuple_equal(const struct capture_flow *a, const struct capture_flow *b)
{
	return a->a_port == b->a_port && a->b_port == b->b_port && a->proto == b->proto &&
	       a->version == b->version && memcmp(a->a, b->a, sizeof a->a) == 0 &&
	       memcmp(a->b, b->b, sizeof a->b) == 0;
}

static uint64_t session_tuple_hash(const struct capture_flow *flow, uint64_t seed)
{
	uint8_t key[38] = {flow->version, flow->proto};

	memcpy(key + 2, flow->a, 16);
	memcpy(key + 18, flow->b, 16);
	memcpy(key + 34, &flow->a_port, 2);
	memcpy(key + 36, &flow->b_port, 2);
	return XXH3_64bits_withSeed(key, sizeof key, seed);
}

/* All nodes by tuple: a chain for each tuple, begun by its last node. */
struct session_tuples {
	uint32_t *slot;  /* head of a chain, SESSION_NONE: free */
	uint32_t *next;  /* by node */
	uint64_t slots;  /* power of two */
};

/* The slots of the next SESSION_AHEAD nodes, asked of memory all at once, and then the
 * tuples that they are held against. */
static void session_tuples_ahead(const struct session_tuples *t, const struct view *view,
				 uint32_t from, uint64_t slot[SESSION_AHEAD])
{
	uint32_t i;

	for (i = 0; i < SESSION_AHEAD && from + i < view->nodes; i++) {
		slot[i] = session_tuple_hash(&view->flow[from + i], view->seed) & (t->slots - 1);
		__builtin_prefetch(&t->slot[slot[i]], 1);
	}
	for (i = 0; i < SESSION_AHEAD && from + i < view->nodes; i++)
		if (t->slot[slot[i]] != SESSION_NONE)
			__builtin_prefetch(&view->flow[t->slot[slot[i]]]);
}

static bool session_tuples_build(struct session_tuples *t, const struct view *view)
{
	uint64_t ahead[SESSION_AHEAD];
	uint32_t n;

	for (t->slots = 1024; t->slots < 2 * (uint64_t)view->nodes; t->slots *= 2)
		;
	t->slot = memory_take(view->memory, t->slots, sizeof *t->slot);
	t->next = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *t->next);
	if (!t->slot || !t->next)
		return false;
	memset(t->slot, 0xff, t->slots * sizeof *t->slot);
	for (n = 0; n < view->nodes; n++) {
		uint64_t s;

		if (n % SESSION_AHEAD == 0)
			session_tuples_ahead(t, view, n, ahead);
		s = ahead[n % SESSION_AHEAD];
		while (t->slot[s] != SESSION_NONE &&
		       !session_tuple_equal(&view->flow[t->slot[s]], &view->flow[n]))
			s = (s + 1) & (t->slots - 1);
		t->next[n] = t->slot[s];
		t->slot[s] = n;
	}
	return true;
}

struct session_sort {
	int64_t first_ns;
	uint32_t node;
};

static int session_sort_compare(const void *x, const void *y)
{
	const struct session_sort *a = x, *b = y;

	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

struct session_span {
	int64_t first_ns, last_ns;
	uint32_t node, isn;
	bool opens; /* it begins with a SYN */
};

static struct session_span session_span(const struct view *view, const struct meeting *meeting,
					const struct survey_flow *flows, uint32_t node)
{
	const struct clock *clock = &meeting->clock[view->node_point[node]];
	const struct survey_flow *f = &flows[node];

	return (struct session_span){clock_correct(clock, f->first_ns),
				     clock_correct(clock, f->last_ns), node, f->isn,
				     f->syn && f->syn_ns == f->first_ns};
}

/* Whether two flows of one tuple are the same conversation. At different
 * points: the same opening SYN, or beginnings close together, or lives that
 * overlap. At one point (files of a ring, one file per direction): lives that
 * touch, unless the later one opens anew. */
static bool session_same(const struct session_span *a, const struct session_span *b,
			 bool same_point, int64_t tmax_ns)
{
	bool overlap = a->first_ns <= b->last_ns && b->first_ns <= a->last_ns;
	int64_t apart = a->first_ns > b->first_ns ? a->first_ns - b->first_ns
						  : b->first_ns - a->first_ns;

	if (same_point && b->opens && !(a->opens && a->isn == b->isn)) /* a SYN again is no other one */
		return overlap;
	if (same_point)
		return overlap || b->first_ns - a->last_ns < SESSION_RING_GAP_NS;
	if (a->opens && b->opens && a->isn == b->isn)
		return overlap || apart <= tmax_ns;
	if (a->opens && b->opens)
		return apart <= tmax_ns && overlap;
	return apart <= tmax_ns || overlap;
}

static void session_join_tuple(struct sessions *s, const struct view *view,
			       const struct meeting *meeting, const struct survey_flow *flows,
			       const struct session_sort *sort, uint32_t count, int64_t tmax_ns)
{
	struct session_span recent[VIEW_POINTS_MAX][SESSION_RECENT];
	uint32_t kept[VIEW_POINTS_MAX] = {0}, i, p, k;

	for (i = 0; i < count; i++) {
		struct session_span span = session_span(view, meeting, flows, sort[i].node);
		uint32_t here = view->node_point[sort[i].node];

		for (p = 0; p < view->points; p++)
			for (k = 0; k < kept[p] && k < SESSION_RECENT; k++)
				if (session_same(&recent[p][k], &span, p == here, tmax_ns))
					sessions_join(s, recent[p][k].node, span.node, 0);
		recent[here][kept[here]++ % SESSION_RECENT] = span;
	}
}

/* Chains some slots on are asked of memory: first their links, then their nodes' lives. */
MEMORY_AHEAD session_chain_ahead(const struct session_tuples *t,
				       const struct survey_flow *flows, uint64_t at)
{
	uint32_t far = t->slot[at + 2 * SESSION_AHEAD], near = t->slot[at + SESSION_AHEAD];

	if (far != SESSION_NONE)
		__builtin_prefetch(&t->next[far]);
	if (near == SESSION_NONE || t->next[near] == SESSION_NONE)
		return;
	__builtin_prefetch(&flows[near]);
	__builtin_prefetch((const char *)&flows[near] + SURVEY_LINE_BYTES);
	__builtin_prefetch(&flows[t->next[near]]);
	__builtin_prefetch((const char *)&flows[t->next[near]] + SURVEY_LINE_BYTES);
}

enum status sessions_new(struct sessions **out, const struct view *view,
			 const struct meeting *meeting, const struct survey_flow *flows,
			 int64_t tmax_ns, struct error *err)
{
	struct sessions *s = calloc(1, sizeof *s);
	size_t n = (size_t)view->nodes + 1;
	struct session_sort *sort = memory_resize(view->memory, NULL, n, sizeof *sort);
	struct session_tuples tuples = {0};
	uint32_t i, count;
	uint64_t at;
	bool built = session_tuples_build(&tuples, view);

	*out = s;
	if (s) {
		s->nodes = view->nodes;
		s->parent = memory_take(view->memory, n, sizeof *s->parent);
		s->flip = memory_take(view->memory, n, 1);
		s->lean = memory_take(view->memory, n, sizeof *s->lean);
		s->of_node = memory_take(view->memory, n, sizeof *s->of_node);
		s->next_node = memory_take(view->memory, n, sizeof *s->next_node);
		s->client_direction = memory_take(view->memory, n, 1);
		s->lane = memory_take(view->memory, n, 1);
	}
	if (!s || !sort || !built || !s->parent || !s->flip || !s->lean || !s->of_node || !s->next_node ||
	    !s->client_direction || !s->lane) {
		memory_give(sort);
		memory_give(tuples.slot);
		memory_give(tuples.next);
		sessions_free(out);
		return memory_fail(view->memory, err, "sessions");
	}
	for (i = 0; i < view->nodes; i++)
		s->parent[i] = i;
	for (at = 0; at < tuples.slots; at++) {
		if (at + 2 * SESSION_AHEAD < tuples.slots)
			session_chain_ahead(&tuples, flows, at);
		if (tuples.slot[at] == SESSION_NONE || tuples.next[tuples.slot[at]] == SESSION_NONE)
			continue;
		for (count = 0, i = tuples.slot[at]; i != SESSION_NONE; i = tuples.next[i])
			sort[count++] = (struct session_sort){
				clock_correct(&meeting->clock[view->node_point[i]],
					      flows[i].first_ns),
				i};
		qsort(sort, count, sizeof *sort, session_sort_compare);
		session_join_tuple(s, view, meeting, flows, sort, count, tmax_ns);
	}
	memory_give(sort);
	memory_give(tuples.slot);
	memory_give(tuples.next);
	return STATUS_OK;
}

void sessions_set_lanes(struct sessions *s)
{
	uint32_t n;

	for (n = 0; n < s->nodes; n++) {
		const struct session *session = s->list + s->of_node[n];

		if (s->of_node[n] < s->count) /* points off the path have none */
			s->lane[n] = (uint8_t)(session->evidence << 1 |
					       (s->client_direction[n] ^ !session->client_forward));
	}
}

void sessions_forget(struct sessions *s)
{
	memory_give(s->parent);
	memory_give(s->flip);
	memory_give(s->lean);
	s->parent = NULL;
	s->flip = NULL;
	s->lean = NULL;
}

void sessions_free(struct sessions **sessions)
{
	struct sessions *s = *sessions;

	if (!s)
		return;
	memory_give(s->list);
	memory_give(s->of_node);
	memory_give(s->next_node);
	memory_give(s->client_direction);
	memory_give(s->lane);
	memory_give(s->connection);
	sessions_forget(s);
	free(s);
	*sessions = NULL;
}

/* ---- what links say ---- */

/* The flow at a later point that most links of a node lead to (Boyer and
 * Moore's majority vote: constant memory, whatever the number of rivals). */
struct session_vote {
	uint32_t other, count; /* other: node << 1 | flip */
};

static void session_vote(struct session_vote *vote, uint32_t other)
{
	if (vote->count && vote->other == other) {
		vote->count++;
	} else if (!vote->count) {
		vote->other = other;
		vote->count = 1;
	} else {
		vote->count--;
	}
}

/* Two neighbours in time that went opposite ways: the one that goes along the
 * path shows the greater difference. */
static void session_lean_vote(struct session_lean *lean, unsigned dir, int64_t time_ns,
			      int64_t difference_ns, int ttl_near, int ttl_far)
{
	if (ttl_near != ttl_far)
		lean->ttl += (ttl_near > ttl_far) == (dir == 0) ? 1 : -1;
	if (lean->seen[!dir] && time_ns - lean->time_ns[!dir] < SESSION_NEAR_NS) {
		int64_t more = difference_ns - lean->difference_ns[!dir];

		if (more)
			lean->delay += (more > 0) == (dir == 0) ? 1 : -1;
	}
	lean->seen[dir] = true;
	lean->time_ns[dir] = time_ns;
	lean->difference_ns[dir] = difference_ns;
}

/* One packet and its next sight. */
struct session_link {
	uint32_t near_index, near_way, far_way;
	int64_t near_ns, far_ns; /* reference time */
	int near_ttl, far_ttl;
};

/* Calls `each` for every link of a point, in the order of time. */
typedef void session_link_fn(void *user, const struct session_link *link);

static void session_each_link(const struct sessions *s, const struct journeys *journeys,
			      const struct view *view, const struct meeting *meeting, uint32_t p,
			      session_link_fn *each, void *user)
{
	uint8_t near_ttl[VIEW_BATCH], far_ttl[VIEW_BATCH], near_point[VIEW_BATCH];
	uint32_t far_way[VIEW_BATCH], i;
	struct pairs pairs;

	memset(near_point, (int)p, sizeof near_point);
	pairs_first(&pairs, journeys, view, meeting, p);
	while (pairs_next(&pairs)) {
		pairs_read_far(&pairs);
		view_gather_ways(view, pairs.far_point, pairs.far, pairs.rows, far_way);
		view_gather_8(view, RECORD_TTL, near_point, pairs.near, pairs.rows, near_ttl);
		view_gather_8(view, RECORD_TTL, pairs.far_point, pairs.far, pairs.rows, far_ttl);
		for (i = 0; i < pairs.rows; i++) {
			struct session_link link = {pairs.near[i], pairs.near_way[i], far_way[i],
						    pairs.near_ns[i], pairs.far_ns[i],
						    near_ttl[i], far_ttl[i]};

			if (i + SESSION_AHEAD < pairs.rows) {
				uint32_t near = pairs.near_way[i + SESSION_AHEAD] >> 1;

				__builtin_prefetch(&s->lean[near], 1);
				__builtin_prefetch(&s->parent[near]);
				__builtin_prefetch(&s->parent[far_way[i + SESSION_AHEAD] >> 1]);
			}
			each(user, &link);
		}
	}
}

struct session_learning {
	struct sessions *sessions;
	struct journeys *journeys;
	const struct view *view;
	struct session_vote *near, *far; /* by node */
	uint32_t point;
	int64_t tmax_ns;
	bool doubtful;   /* some link joins different sessions, or took too long */
};

static void session_learn_link(void *user, const struct session_link *link)
{
	struct session_learning *learning = user;
	struct sessions *s = learning->sessions;
	uint32_t near = link->near_way >> 1, far = link->far_way >> 1;
	struct session_lean *lean = &s->lean[near];
	uint8_t flip_near, flip_far, flip;

	if (lean->delay < SESSION_LEAN_ENOUGH && lean->delay > -SESSION_LEAN_ENOUGH)
		session_lean_vote(lean, link->near_way & 1, link->near_ns,
				  link->far_ns - link->near_ns, link->near_ttl, link->far_ttl);
	learning->doubtful |= link->far_ns - link->near_ns > learning->tmax_ns ||
			      link->near_ns - link->far_ns > learning->tmax_ns;
	if (s->parent[near] == s->parent[far] ||
	    sessions_root(s, near, &flip_near) == sessions_root(s, far, &flip_far))
		return;
	learning->doubtful = true;
	flip = (link->near_way ^ link->far_way) & 1;
	session_vote(&learning->near[near], far << 1 | flip);
	session_vote(&learning->far[far], near << 1 | flip);
}

static void session_check_link(void *user, const struct session_link *link)
{
	struct session_learning *learning = user;
	struct sessions *s = learning->sessions;
	uint8_t flip_near, flip_far;
	int64_t apart = link->far_ns - link->near_ns;

	if (apart > learning->tmax_ns || -apart > learning->tmax_ns ||
	    ((s->parent[link->near_way >> 1] != s->parent[link->far_way >> 1]) &&
	     sessions_root(s, link->near_way >> 1, &flip_near) !=
		     sessions_root(s, link->far_way >> 1, &flip_far)))
		journey_unlink(learning->journeys, learning->point, link->near_index);
}

/* An IPv4 address is the same in IPv6 behind a prefix of 96 bits (RFC 6052 section 2.2). */
static bool session_address_equal(uint8_t a_version, const uint8_t *a, uint8_t b_version,
				  const uint8_t *b)
{
	if (a_version == b_version)
		return memcmp(a, b, 16) == 0;
	return memcmp(a + (a_version == 6 ? 12 : 0), b + (b_version == 6 ? 12 : 0), 4) == 0;
}

/* As ICMPv6, which a translator makes of ICMP. */
static uint8_t session_proto(uint8_t proto)
{
	return proto == 1 ? 58 : proto;
}

/* Whether two flows have one end in common, address and port: a translation
 * rewrites the other one. */
static bool session_share_end(const struct capture_flow *near, const struct capture_flow *far,
			      bool flip)
{
	const uint8_t *a = flip ? far->b : far->a, *b = flip ? far->a : far->b;
	uint16_t a_port = flip ? far->b_port : far->a_port;
	uint16_t b_port = flip ? far->a_port : far->b_port;

	return session_proto(near->proto) == session_proto(far->proto) &&
	       ((near->a_port == a_port &&
		 session_address_equal(near->version, near->a, far->version, a)) ||
		(near->b_port == b_port &&
		 session_address_equal(near->version, near->b, far->version, b)));
}

/* A flow that became several others: a translation that was forgotten and made
 * anew, a balancer that sends each packet elsewhere. They stay one session. */
static void session_join_partial(struct session_learning *learning, const struct session_vote *votes)
{
	const struct view *view = learning->view;
	uint32_t node;

	for (node = 0; node < view->nodes; node++)
		if (votes[node].count &&
		    session_share_end(&view->flow[node], &view->flow[votes[node].other >> 1],
				      votes[node].other & 1))
			sessions_join(learning->sessions, node, votes[node].other >> 1,
				      votes[node].other & 1);
}

enum status sessions_learn(struct sessions *s, struct journeys *journeys, const struct view *view,
			   const struct path *path, const struct meeting *meeting, int64_t tmax_ns,
			   struct error *err)
{
	struct session_learning learning = {
		.sessions = s, .journeys = journeys, .view = view, .tmax_ns = tmax_ns};
	uint32_t node, p;

	learning.near = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *learning.near);
	learning.far = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *learning.far);
	if (!learning.near || !learning.far) {
		memory_give(learning.near);
		memory_give(learning.far);
		return memory_fail(view->memory, err, "sessions");
	}
	for (p = 0; p < view->points; p++) {
		if (path->stage[p] == PATH_OFF || path->stage[p] + 1u == path->stages)
			continue; /* nothing leads on from there */
		learning.point = p;
		session_each_link(s, journeys, view, meeting, p, session_learn_link, &learning);
	}
	for (node = 0; node < view->nodes; node++) {
		struct session_vote *near = &learning.near[node];
		uint32_t far = near->other >> 1;

		/* both sides must see it so: the far flow's packets come from here, mostly */
		if (near->count && learning.far[far].count &&
		    learning.far[far].other == (node << 1 | (near->other & 1)))
			sessions_join(s, node, far, near->other & 1);
	}
	session_join_partial(&learning, learning.near);
	session_join_partial(&learning, learning.far);
	for (p = 0; p < view->points && learning.doubtful; p++) {
		if (path->stage[p] == PATH_OFF || path->stage[p] + 1u == path->stages)
			continue; /* nothing leads on from there */
		learning.point = p;
		session_each_link(s, journeys, view, meeting, p, session_check_link, &learning);
	}
	for (node = 0; node < view->nodes; node++) {
		uint8_t flip;
		uint32_t root = sessions_root(s, node, &flip);

		if (root == node)
			continue;
		s->lean[root].delay += flip ? -s->lean[node].delay : s->lean[node].delay;
		s->lean[root].ttl += flip ? -s->lean[node].ttl : s->lean[node].ttl;
		s->lean[node].delay = s->lean[node].ttl = 0;
	}
	memory_give(learning.near);
	memory_give(learning.far);
	return STATUS_OK;
}

int sessions_lean(const struct sessions *s, uint32_t root, uint8_t *evidence)
{
	const struct session_lean *lean = &s->lean[root];

	*evidence = DIRECTION_DELAY;
	if (lean->delay > 1 || lean->delay < -1)
		return lean->delay > 0 ? 1 : -1;
	*evidence = DIRECTION_TTL;
	if (lean->ttl)
		return lean->ttl > 0 ? 1 : -1;
	*evidence = DIRECTION_DELAY;
	return lean->delay;
}
