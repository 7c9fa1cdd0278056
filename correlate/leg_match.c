#include "correlate/leg_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

#define LEG_CONFIDENT 95
#define LEG_LEARN 8u                     /* clear pairs that teach how quick the proxy is */
#define LEG_GUESS 90u                    /* per cent that rivals share */
#define LEG_HOLD_NS (INT64_C(30) * 1000000000) /* a proxy holds a request that long, at most */
#define LEG_RIVALS 64u                   /* fronts that are held against one back */

/* A back and a front that it may go to, in the order of the backs' requests. */
struct leg_turn {
	int64_t begin_ns, end_ns; /* of the back's request; of the front's answer */
	uint32_t back, front;
};

enum { LEG_RANK_NAMED = 1000, LEG_RANK_HOST = 5 };

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

static int leg_order(const struct leg_exchange *a, const struct leg_exchange *b)
{
	if (a->asks != b->asks)
		return a->asks < b->asks ? -1 : 1;
	if (a->begin_ns != b->begin_ns)
		return a->begin_ns < b->begin_ns ? -1 : 1;
	if (a->way != b->way)
		return a->way < b->way ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static int leg_exchange_compare(const void *x, const void *y)
{
	return leg_order(x, y);
}

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

/* Whether the front's exchange lasted while the back's did. */
static bool leg_encloses(const struct leg_matching *m, const struct leg_exchange *f,
			 const struct leg_exchange *b)
{
	int64_t later = leg_minus(b->begin_ns, f->begin_ns);

	if (later < m->least_request_ns || later > LEG_HOLD_NS ||
	    leg_same_tuple(m->sides->view, f->way >> 1, b->way >> 1))
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
	uint32_t b, tried;
	uint64_t at;

	for (m->count = 0, b = 0; b < backs->count; b++) {
		const struct leg_exchange *back = &backs->list[b];
		int64_t until;

		if (m->back_taken[b] || !back->asks)
			continue;
		until = leg_minus(back->begin_ns, m->least_request_ns);
		at = leg_behind(fronts, back->asks, until);
		for (tried = 0; at > 0 && tried < LEG_RIVALS && fronts->list[at - 1].asks == back->asks; tried++)
			if (!leg_consider(m, (uint32_t)--at, b))
				return false;
	}
	if (m->count)
		qsort(m->list, m->count, sizeof *m->list, leg_candidate_compare);
	return true;
}

/* How many others each front and back could be, with as much in common. */
struct leg_rivals {
	uint32_t *of_back, *best_of_back; /* candidates of the highest rank; that rank */
};

static bool leg_count_rivals(const struct leg_matching *m, struct leg_rivals *r)
{
	size_t n = m->sides->back.count + 1;
	uint64_t i;

	r->of_back = calloc(n, sizeof *r->of_back);
	r->best_of_back = calloc(n, sizeof *r->best_of_back);
	if (!r->of_back || !r->best_of_back)
		return false;
	for (i = 0; i < m->count; i++) { /* the highest rank comes first */
		const struct leg_candidate *c = &m->list[i];

		if (!r->of_back[c->back])
			r->best_of_back[c->back] = c->rank;
		r->of_back[c->back] += c->rank == r->best_of_back[c->back];
	}
	return true;
}

static bool leg_is_open(const struct leg_matching *m, const struct leg_candidate *c,
			const struct leg_rivals *r)
{
	return !m->front_taken[c->front] && !m->back_taken[c->back] && c->rank == r->best_of_back[c->back];
}

/* Takes the pairs that nothing rivals: a back that can only be one front's, which then is no
 * candidate for others, so that they may have only one left. */
static bool leg_take_clear(struct leg_matching *m, struct leg_rivals *r)
{
	uint32_t *left = r->of_back;
	bool again = true;
	uint64_t i;

	while (again) {
		again = false;
		memset(left, 0, (m->sides->back.count + 1) * sizeof *left);
		for (i = 0; i < m->count; i++)
			left[m->list[i].back] += leg_is_open(m, &m->list[i], r);
		for (i = 0; i < m->count; i++) {
			const struct leg_candidate *c = &m->list[i];
			bool rare = m->sides->back.list[c->back].rare;

			if (!leg_is_open(m, c, r) || left[c->back] != 1)
				continue;
			if (!leg_take(m, c->front, c->back,
				      c->rank >= LEG_RANK_NAMED ? LEG_NAMED : rare ? LEG_RARE : LEG_REQUEST,
				      c->rank >= LEG_RANK_NAMED ? 99 : rare ? 97 : 95))
				return false;
			again = true;
		}
	}
	return true;
}

static int leg_turn_compare(const void *x, const void *y)
{
	const struct leg_turn *a = x, *b = y;

	if (a->begin_ns != b->begin_ns)
		return a->begin_ns < b->begin_ns ? -1 : 1;
	if (a->back != b->back)
		return a->back < b->back ? -1 : 1;
	if (a->end_ns != b->end_ns)
		return a->end_ns < b->end_ns ? -1 : 1;
	return (a->front > b->front) - (a->front < b->front);
}

/* The others, by time: each back in its turn goes to the front, of those that enclose it and have
 * as much in common, that was answered first. No other order serves more of them. Equal requests
 * that ran at the same time cannot be told apart for sure: confidence is what guessing would give, or
 * a little more where the next best is far off. */
static bool leg_take_likely(struct leg_matching *m, const struct leg_rivals *r)
{
	struct leg_turn *turn = malloc((m->count + 1) * sizeof *turn);
	uint64_t i, n = 0;
	bool ok = turn != NULL;

	for (i = 0; ok && i < m->count; i++) {
		const struct leg_candidate *c = &m->list[i];

		if (leg_is_open(m, c, r))
			turn[n++] = (struct leg_turn){m->sides->back.list[c->back].begin_ns,
						      m->sides->front.list[c->front].end_ns == INT64_MIN
							      ? INT64_MAX
							      : m->sides->front.list[c->front].end_ns,
						      c->back, c->front};
	}
	if (ok && n)
		qsort(turn, n, sizeof *turn, leg_turn_compare);
	for (i = 0; ok && i < n; i++) {
		uint32_t rivals = r->of_back[turn[i].back];

		if (m->front_taken[turn[i].front] || m->back_taken[turn[i].back])
			continue;
		ok = leg_take(m, turn[i].front, turn[i].back, LEG_TIME,
			      rivals > 1 ? LEG_GUESS / rivals : LEG_GUESS);
	}
	free(turn);
	return ok;
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
	struct leg_rivals rivals = {NULL, NULL};
	unsigned round;
	bool ok = true;

	for (round = 0; round < 2 && ok; round++) {
		ok = leg_consider_all(m) && leg_count_rivals(m, &rivals) && leg_take_clear(m, &rivals);
		if (ok && !round)
			leg_learn_least(m);
		else if (ok)
			ok = leg_take_likely(m, &rivals);
		free(rivals.of_back);
		free(rivals.best_of_back);
	}
	return ok;
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

enum status leg_match(struct leg_sides *sides, struct legs *legs, struct error *err)
{
	struct leg_matching m = {.sides = sides, .legs = legs, .first_pair = legs->pairs,
				 .least_request_ns = -sides->slack_ns,
				 .least_response_ns = -sides->slack_ns};
	bool ok = leg_match_begin(&m) && leg_match_names(&m) && leg_match_content(&m) &&
		  leg_match_time(&m) && leg_match_empty(&m) && leg_note_alone(&m);

	free(m.front_taken);
	free(m.back_taken);
	free(m.served_ns);
	free(m.list);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "legs of proxied sessions");
}
