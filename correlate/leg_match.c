#include "correlate/leg_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

#define LEG_CONFIDENT 95
#define LEG_LEARN 8u                     /* clear pairs that teach how quick the proxy is */
#define LEG_HOLD_NS (INT64_C(30) * 1000000000) /* a proxy holds a request that long, at most */
#define LEG_BELIEVED 3u                  /* weight of pairs that make a proxy, */
#define LEG_SOME 10u                     /* if they are so many per cent of what might be paired; */
#define LEG_MANY_PAIRS 5u                /* or so many weak ones, */
#define LEG_MOST 80u                     /* if they are so many per cent of it */
#define LEG_RIVALS 64u                   /* fronts that are held against one back */

#define LEG_CANDIDATES_MAX (UINT64_C(1) << 23) /* so many are held in memory */

enum { LEG_RANK_HOST = 5 };

static bool leg_add_pair(struct leg_matching *m, const struct leg_pair *pair)
{
	struct leg_pair *list = memory_room(m->legs->pair, m->legs->pairs, &m->legs->room, sizeof *list);

	if (!list)
		return false;
	m->legs->pair = list;
	list[m->legs->pairs++] = *pair;
	return true;
}

bool leg_take(struct leg_matching *m, uint32_t front, uint32_t back, enum leg_evidence evidence,
		     unsigned confidence)
{
	const struct leg_exchange *f = &m->sides->front.list[front], *b = &m->sides->back.list[back];
	bool response = f->end_ns != INT64_MIN && b->end_ns != INT64_MIN && f->number != LEG_WHOLE;
	struct leg_pair pair = {.front = f->way >> 1, .back = b->way >> 1,
				.front_number = f->number, .back_number = b->number,
				.request_ns = b->empty ? INT64_MIN : leg_minus(b->begin_ns, f->begin_ns),
				.response_ns = response ? leg_minus(f->end_ns, b->end_ns) : INT64_MIN,
				.hop = m->sides->hop, .evidence = (uint8_t)evidence,
				.confidence = (uint8_t)confidence, .failed = b->empty,
				.front_status = f->status, .back_status = b->status};

	m->back_taken[back] = 1;
	if (!b->empty) {
		m->front_taken[front] = 1;
		m->served_ns[front] = b->begin_ns;
	}
	return leg_add_pair(m, &pair);
}

/* ---- by content ---- */

static uint32_t leg_marks_shared(const struct leg_exchange *a, const struct leg_exchange *b)
{
	uint32_t i, k, n = 0;

	for (i = 0; i < CONTENT_MARKS; i++)
		for (k = 0; a->mark[i] && k < CONTENT_MARKS; k++)
			n += a->mark[i] == b->mark[k];
	return n;
}

bool leg_same_tuple(const struct view *view, uint32_t a, uint32_t b)
{
	const struct capture_flow *x = &view->flow[a], *y = &view->flow[b];

	return x->version == y->version && x->a_port == y->a_port && x->b_port == y->b_port &&
	       memcmp(x->a, y->a, sizeof x->a) == 0 && memcmp(x->b, y->b, sizeof x->b) == 0;
}

/* A request that can be read goes in before it comes out, and its answer, too: whatever the clocks, the
 * front's exchange is the longer one. */
static bool leg_is_longer(const struct leg_exchange *f, const struct leg_exchange *b)
{
	return f->number == LEG_WHOLE || b->number == LEG_WHOLE || f->end_ns == INT64_MIN ||
	       b->end_ns == INT64_MIN ||
	       leg_minus(leg_minus(b->end_ns, b->begin_ns), leg_minus(f->end_ns, f->begin_ns)) <= LEG_QUICK_NS;
}

/* Whether the front's exchange lasted while the back's did. */
static bool leg_encloses(const struct leg_matching *m, const struct leg_exchange *f,
			 const struct leg_exchange *b)
{
	int64_t later = leg_minus(b->begin_ns, f->begin_ns);

	if (later < m->least_request_ns || later > LEG_HOLD_NS ||
	    leg_same_tuple(m->sides->view, f->way >> 1, b->way >> 1) || !leg_is_longer(f, b))
		return false;
	if (f->end_ns == INT64_MIN)
		return true;
	return leg_minus(f->end_ns, b->begin_ns) >= m->least_response_ns &&
	       (b->end_ns == INT64_MIN || leg_minus(f->end_ns, b->end_ns) >= m->least_response_ns);
}

static bool leg_consider(struct leg_matching *m, uint32_t front, uint32_t back)
{
	const struct leg_exchange *f = &m->sides->front.list[front], *b = &m->sides->back.list[back];
	struct leg_candidate *list;
	struct leg_candidate one = {.front = front, .back = back};

	if (m->front_taken[front] || !leg_encloses(m, f, b))
		return true;
	one.rank = leg_marks_shared(f, b) + (f->host && f->host == b->host ? LEG_RANK_HOST : 0) +
		   (f->client && f->client == b->client ? LEG_RANK_NAMED : 0);
	list = memory_room(m->list, m->count, &m->room, sizeof *list);
	if (!list)
		return false;
	m->list = list;
	list[m->count++] = one;
	return true;
}

static int leg_candidate_compare(const void *x, const void *y)
{
	const struct leg_candidate *a = x, *b = y;

	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	if (a->back != b->back)
		return a->back < b->back ? -1 : 1;
	return (a->front > b->front) - (a->front < b->front);
}

/* The place of the first front of these words that began after a time. */
static uint64_t leg_behind(const struct leg_exchanges *e, uint64_t asks, int64_t time_ns)
{
	uint64_t low = 0, high = e->count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		const struct leg_exchange *x = &e->list[middle];

		if (x->asks < asks || (x->asks == asks && x->begin_ns <= time_ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool leg_consider_all(struct leg_matching *m)
{
	const struct leg_exchanges *fronts = &m->sides->front, *backs = &m->sides->back;
	uint64_t at, most = LEG_CANDIDATES_MAX / (backs->count + 1) + 1;
	uint32_t b, tried;

	most = most < LEG_RIVALS ? most : LEG_RIVALS;
	for (m->count = 0, b = 0; b < backs->count; b++) {
		const struct leg_exchange *back = &backs->list[b];
		int64_t until;

		if (m->back_taken[b] || !back->asks)
			continue;
		until = leg_minus(back->begin_ns, m->least_request_ns);
		at = leg_behind(fronts, back->asks, until);
		for (tried = 0; at > 0 && tried < most && fronts->list[at - 1].asks == back->asks; tried++)
			if (!leg_consider(m, (uint32_t)--at, b))
				return false;
	}
	if (m->count)
		qsort(m->list, m->count, sizeof *m->list, leg_candidate_compare);
	return true;
}

/* Half of the least that the proxy took with the pairs that are clear: of those to come one may well be
 * quicker than all that were seen, but hardly so much. */
static void leg_learn_least(struct leg_matching *m)
{
	int64_t request = INT64_MAX, response = INT64_MAX;
	uint64_t i, n = 0;

	for (i = m->first_pair; i < m->legs->pairs; i++) {
		const struct leg_pair *p = &m->legs->pair[i];

		if (p->confidence < LEG_CONFIDENT || p->request_ns == INT64_MIN || p->response_ns == INT64_MIN)
			continue;
		request = p->request_ns < request ? p->request_ns : request;
		response = p->response_ns < response ? p->response_ns : response;
		n++;
	}
	if (n < LEG_LEARN)
		return;
	if (request / 2 - LEG_QUICK_NS > m->least_request_ns)
		m->least_request_ns = request / 2 - LEG_QUICK_NS;
	if (response / 2 - LEG_QUICK_NS > m->least_response_ns)
		m->least_response_ns = response / 2 - LEG_QUICK_NS;
}

/* What is clear teaches how quick the proxy is; then more is clear. What is left is only likely. */
static bool leg_match_content(struct leg_matching *m)
{
	if (!leg_consider_all(m) || !leg_choose(m, false))
		return false;
	leg_learn_least(m);
	return leg_consider_all(m) && leg_choose(m, true);
}

/* ---- by name alone: what is asked was not read, but the back leg names the client ---- */

struct leg_name {
	uint64_t client;
	uint32_t front;
};

static int leg_name_compare(const void *x, const void *y)
{
	const struct leg_name *a = x, *b = y;

	if (a->client != b->client)
		return a->client < b->client ? -1 : 1;
	return (a->front > b->front) - (a->front < b->front);
}

static bool leg_match_names(struct leg_matching *m)
{
	const struct leg_exchanges *fronts = &m->sides->front, *backs = &m->sides->back;
	struct leg_name *name = malloc((fronts->count + 1) * sizeof *name);
	uint64_t n = 0, low, high, i;
	bool ok = name != NULL;

	for (i = 0; ok && i < fronts->count; i++)
		if (fronts->list[i].client && !m->front_taken[i])
			name[n++] = (struct leg_name){fronts->list[i].client, (uint32_t)i};
	if (ok && n)
		qsort(name, n, sizeof *name, leg_name_compare);
	for (i = 0; ok && i < backs->count; i++) {
		const struct leg_exchange *b = &backs->list[i];

		if (m->back_taken[i] || !b->client)
			continue;
		for (low = 0, high = n; low < high;) {
			uint64_t middle = low + (high - low) / 2;

			if (name[middle].client < b->client)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < n && name[low].client == b->client && !m->back_taken[i] && ok; low++)
			if (!m->front_taken[name[low].front] &&
			    leg_encloses(m, &fronts->list[name[low].front], b))
				ok = leg_take(m, name[low].front, (uint32_t)i, LEG_NAMED, 99);
	}
	free(name);
	return ok;
}

/* ---- what says nothing ---- */

struct leg_mark {
	uint32_t mark, node, front, number;
};

static int leg_mark_compare(const void *x, const void *y)
{
	const struct leg_mark *a = x, *b = y;

	if (a->mark != b->mark)
		return a->mark < b->mark ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

/* Takes away the marks that several connections of clients bear: a piece of a header that many send
 * ("Connection: close") is one that a proxy writes, too, and tells nobody's requests apart. */
static bool leg_forget_common(struct leg_exchanges *fronts)
{
	struct leg_mark *list = malloc((fronts->count * CONTENT_MARKS + 1) * sizeof *list);
	uint64_t n = 0, from, to, i;
	uint32_t k;

	for (i = 0; list && i < fronts->count; i++)
		for (k = 0; k < CONTENT_MARKS && fronts->list[i].number != LEG_WHOLE; k++)
			if (fronts->list[i].mark[k])
				list[n++] = (struct leg_mark){fronts->list[i].mark[k],
							      fronts->list[i].way >> 1, (uint32_t)i, k};
	if (n)
		qsort(list, n, sizeof *list, leg_mark_compare);
	for (from = 0; from < n; from = to) {
		for (to = from; to < n && list[to].mark == list[from].mark; to++)
			;
		for (i = from; i < to && list[to - 1].node != list[from].node; i++)
			fronts->list[list[i].front].mark[list[i].number] = 0;
	}
	free(list);
	return list != NULL;
}

/* ---- all ---- */

static bool leg_match_begin(struct leg_matching *m)
{
	const struct leg_sides *sides = m->sides;

	if (sides->front.count)
		qsort(sides->front.list, sides->front.count, sizeof *sides->front.list, leg_exchange_compare);
	if (sides->back.count)
		qsort(sides->back.list, sides->back.count, sizeof *sides->back.list, leg_exchange_compare);
	m->front_taken = calloc(sides->front.count + 1, 1);
	m->back_taken = calloc(sides->back.count + 1, 1);
	m->served_ns = calloc(sides->front.count + 1, sizeof *m->served_ns);
	return m->front_taken && m->back_taken && m->served_ns && leg_forget_common(&m->sides->front);
}

/* Requests for which no server's exchange was found. */
static bool leg_note_alone(struct leg_matching *m)
{
	struct legs *legs = m->legs;
	uint64_t i;

	for (i = 0; i < m->sides->front.count && legs->pairs > m->first_pair; i++) {
		const struct leg_exchange *f = &m->sides->front.list[i];
		struct leg_alone *list;

		if (m->front_taken[i] || f->number == LEG_WHOLE)
			continue;
		list = memory_room(legs->alone, legs->alones, &legs->alone_room, sizeof *list);
		if (!list)
			return false;
		legs->alone = list;
		list[legs->alones++] = (struct leg_alone){f->way >> 1, f->status};
	}
	return true;
}

/* ---- whether it is a proxy at all ---- */

/* What a pair proves. That equal first bytes which nobody can read, or requests that nobody answered,
 * were there at the same time may be an accident where it happens once. */
static unsigned leg_weight(const struct leg_pair *pair)
{
	if (pair->evidence != LEG_REQUEST || pair->confidence < LEG_SURE)
		return 0;
	return pair->response_ns != INT64_MIN ? LEG_BELIEVED : 1;
}

/* How many backs ask what some front asks, too. */
static uint64_t leg_count_askers(const struct leg_matching *m)
{
	const struct leg_exchanges *fronts = &m->sides->front, *backs = &m->sides->back;
	uint64_t i, at, n = 0;

	for (i = 0; i < backs->count; i++) {
		at = backs->list[i].asks ? leg_behind(fronts, backs->list[i].asks, INT64_MAX) : 0;
		n += at > 0 && fronts->list[at - 1].asks == backs->list[i].asks;
	}
	return n;
}

/* One weak pair makes no proxy of a firewall, nor do a few of many that asked the same on both sides;
 * that nearly all of them go while an equal one waits does, even if nobody can say which is whose. */
static bool leg_is_believed(const struct leg_matching *m)
{
	uint64_t found = m->legs->pairs - m->first_pair, askers = leg_count_askers(m), i;
	unsigned weight = 0;

	for (i = m->first_pair; i < m->legs->pairs; i++) {
		const struct leg_pair *pair = &m->legs->pair[i];

		if (pair->evidence == LEG_NAMED || pair->evidence == LEG_RARE)
			return true;
		weight += weight < LEG_BELIEVED ? leg_weight(pair) : 0;
	}
	return (weight >= LEG_BELIEVED && found * 100 >= askers * LEG_SOME) ||
	       (found >= LEG_MANY_PAIRS && found * 100 >= askers * LEG_MOST);
}

/* What content does not prove, moments may: many, and more than meet by chance. */
static bool leg_match_rest(struct leg_matching *m)
{
	bool believed = leg_is_believed(m), ok = true;

	if (!believed)
		ok = leg_times_prove(m, &believed);
	if (ok && believed)
		ok = leg_match_time(m) && leg_match_empty(m) && leg_note_alone(m);
	else
		m->legs->pairs = m->first_pair;
	return ok;
}

enum status leg_match(struct leg_sides *sides, struct legs *legs, struct error *err)
{
	struct leg_matching m = {.sides = sides, .legs = legs, .first_pair = legs->pairs,
				 .least_request_ns = -sides->slack_ns,
				 .least_response_ns = -sides->slack_ns};
	bool ok = leg_match_begin(&m) && leg_match_names(&m) && leg_match_content(&m) &&
		  leg_match_rest(&m);

	free(m.front_taken);
	free(m.back_taken);
	free(m.served_ns);
	free(m.list);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "legs of proxied sessions");
}
