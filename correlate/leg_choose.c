/* Which of the candidates are pairs: see leg_match.h. */
#include "correlate/leg_match.h"

#include <stdlib.h>
#include <string.h>

#define LEG_GUESS 90u /* per cent that rivals share */

/* A back and a front that it may go to, in the order of the backs' requests. */
struct leg_turn {
	int64_t begin_ns, end_ns; /* of the back's request; of the front's answer */
	uint32_t back, front;
};

/* What each front and back could be, with as much in common as there is. */
struct leg_rivals {
	uint32_t *best_of_back;            /* the highest rank of its candidates */
	uint32_t *of_back, *of_front;      /* open candidates of that rank */
	uint32_t *claims;                  /* by front: backs that have no other, in this round */
	uint32_t *best_claim;              /* by front: the highest rank of these */
	uint64_t *first_of_front, *by_front; /* candidates by front: where each one's begin; their numbers */
	uint64_t *first_of_back;           /* where a back's candidates begin; they follow each other by rank */
	uint64_t *turn, *next;             /* candidates that are the only ones of their backs */
	uint64_t turns, nexts;
};

static bool leg_is_open(const struct leg_matching *m, const struct leg_candidate *c,
			const struct leg_rivals *r)
{
	return !m->front_taken[c->front] && !m->back_taken[c->back] && c->rank == r->best_of_back[c->back];
}

static void leg_rivals_free(struct leg_rivals *r)
{
	free(r->best_of_back);
	free(r->of_back);
	free(r->of_front);
	free(r->claims);
	free(r->best_claim);
	free(r->first_of_front);
	free(r->by_front);
	free(r->first_of_back);
	free(r->turn);
	free(r->next);
}

static bool leg_rivals_room(struct leg_rivals *r, uint64_t fronts, uint64_t backs, uint64_t candidates)
{
	r->best_of_back = calloc(backs + 1, sizeof *r->best_of_back);
	r->of_back = calloc(backs + 1, sizeof *r->of_back);
	r->of_front = calloc(fronts + 1, sizeof *r->of_front);
	r->claims = calloc(fronts + 1, sizeof *r->claims);
	r->best_claim = calloc(fronts + 1, sizeof *r->best_claim);
	r->first_of_front = calloc(fronts + 2, sizeof *r->first_of_front);
	r->by_front = malloc((candidates + 1) * sizeof *r->by_front);
	r->first_of_back = malloc((backs + 1) * sizeof *r->first_of_back);
	r->turn = malloc((backs + 1) * sizeof *r->turn);
	r->next = malloc((backs + 1) * sizeof *r->next);
	return r->best_of_back && r->of_back && r->of_front && r->claims && r->best_claim &&
	       r->first_of_front && r->by_front && r->first_of_back && r->turn && r->next;
}

/* The highest rank comes first, and of a back's candidates those of one rank follow each other. */
static bool leg_count_rivals(const struct leg_matching *m, struct leg_rivals *r)
{
	uint64_t fronts = m->sides->front.count, i;

	if (!leg_rivals_room(r, fronts, m->sides->back.count, m->count))
		return false;
	for (i = 0; i < m->count; i++) {
		const struct leg_candidate *c = &m->list[i];

		if (!r->of_back[c->back]) {
			r->best_of_back[c->back] = c->rank;
			r->first_of_back[c->back] = i;
		}
		if (!leg_is_open(m, c, r))
			continue;
		r->of_back[c->back]++;
		r->of_front[c->front]++;
		r->first_of_front[c->front + 2]++;
	}
	for (i = 2; i < fronts + 2; i++)
		r->first_of_front[i] += r->first_of_front[i - 1];
	for (i = 0; i < m->count; i++)
		if (leg_is_open(m, &m->list[i], r))
			r->by_front[r->first_of_front[m->list[i].front + 1]++] = i;
	return true;
}

/* The only candidate that a back has left. */
static uint64_t leg_last_candidate(const struct leg_matching *m, const struct leg_rivals *r, uint32_t back)
{
	uint64_t i = r->first_of_back[back];

	while (!leg_is_open(m, &m->list[i], r))
		i++;
	return i;
}

static int leg_number_compare(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* A front was taken: other backs that it could have been have one candidate less. */
static void leg_leave(const struct leg_matching *m, struct leg_rivals *r, uint32_t front)
{
	uint64_t i;

	for (i = r->first_of_front[front]; i < r->first_of_front[front + 1]; i++) {
		uint32_t back = m->list[r->by_front[i]].back;

		if (m->back_taken[back] || --r->of_back[back] != 1)
			continue;
		r->next[r->nexts++] = leg_last_candidate(m, r, back);
	}
}

/* Of two backs that can only be the same front's nothing tells which one is. */
static void leg_count_claims(const struct leg_matching *m, struct leg_rivals *r)
{
	uint64_t i;

	for (i = 0; i < r->turns; i++) {
		const struct leg_candidate *c = &m->list[r->turn[i]];

		if (r->claims[c->front] && r->best_claim[c->front] > c->rank)
			continue;
		if (r->best_claim[c->front] < c->rank)
			r->claims[c->front] = 0;
		r->best_claim[c->front] = c->rank;
		r->claims[c->front]++;
	}
}

static bool leg_take_turn(struct leg_matching *m, struct leg_rivals *r, const struct leg_candidate *c)
{
	bool rare = m->sides->back.list[c->back].rare, named = c->rank >= LEG_RANK_NAMED;

	if (!leg_is_open(m, c, r) || r->claims[c->front] != 1 || r->best_claim[c->front] != c->rank)
		return true;
	if (!leg_take(m, c->front, c->back, named ? LEG_NAMED : rare ? LEG_RARE : LEG_REQUEST,
		      named ? 99 : rare ? 97 : 95))
		return false;
	leg_leave(m, r, c->front);
	return true;
}

/* Takes the pairs that nothing rivals: a back that can only be one front's, which then is no
 * candidate for others, so that they may have only one left. */
static bool leg_take_clear(struct leg_matching *m, struct leg_rivals *r)
{
	uint64_t *list, i;

	for (i = 0; i < m->count; i++)
		if (leg_is_open(m, &m->list[i], r) && r->of_back[m->list[i].back] == 1)
			r->turn[r->turns++] = i;
	while (r->turns) {
		leg_count_claims(m, r);
		for (r->nexts = 0, i = 0; i < r->turns; i++)
			if (!leg_take_turn(m, r, &m->list[r->turn[i]]))
				return false;
		if (r->nexts)
			qsort(r->next, r->nexts, sizeof *r->next, leg_number_compare);
		list = r->turn;
		r->turn = r->next;
		r->turns = r->nexts;
		r->next = list;
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
 * that ran at the same time cannot be told apart for sure: confidence is what guessing would give. */
static bool leg_take_likely(struct leg_matching *m, struct leg_rivals *r)
{
	struct leg_turn *turn = malloc((m->count + 1) * sizeof *turn);
	uint64_t i, n = 0;
	bool ok = turn != NULL;

	memset(r->of_front, 0, m->sides->front.count * sizeof *r->of_front);
	for (i = 0; ok && i < m->count; i++) {
		const struct leg_candidate *c = &m->list[i];
		int64_t end_ns = m->sides->front.list[c->front].end_ns;

		if (!leg_is_open(m, c, r))
			continue;
		r->of_front[c->front]++;
		turn[n++] = (struct leg_turn){m->sides->back.list[c->back].begin_ns,
					      end_ns == INT64_MIN ? INT64_MAX : end_ns, c->back, c->front};
	}
	if (ok && n)
		qsort(turn, n, sizeof *turn, leg_turn_compare);
	for (i = 0; ok && i < n; i++) {
		uint32_t back = turn[i].back, front = turn[i].front;
		/* a back with one front left, which others have left, too, is as doubtful as they are */
		uint32_t rivals = r->of_back[back] > 1 ? r->of_back[back] : r->of_front[front];

		if (m->front_taken[front] || m->back_taken[back])
			continue;
		ok = leg_take(m, front, back, LEG_TIME, rivals > 1 ? LEG_GUESS / rivals : LEG_GUESS);
	}
	free(turn);
	return ok;
}

bool leg_choose(struct leg_matching *m, bool likely)
{
	struct leg_rivals rivals = {0};
	bool ok = leg_count_rivals(m, &rivals) && leg_take_clear(m, &rivals) &&
		  (!likely || leg_take_likely(m, &rivals));

	leg_rivals_free(&rivals);
	return ok;
}
