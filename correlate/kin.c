#include "correlate/kin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/leg_match.h"

#define KIN_BACKS_MAX 256u      /* of equal exchanges at the servers' side so many are looked at */
#define KIN_FRONTS_MAX 4096u    /* and are held against so many at the clients' side */
#define KIN_INTERVALS_MAX (1u << 21)
#define KIN_LEAST 5u            /* exchanges that must be enclosed */
#define KIN_PER_CENT 80u        /* of those that have an equal at the other point */
#define KIN_NEARLY 32u          /* one in so many less is next to all */
#define KIN_BLOCK 32u           /* exchanges that tell a clock that drifts, stretch by stretch */

/* Offsets of the back's clock for which a front's exchange encloses a back's; later the union
 * of all fronts'. */
struct kin_interval {
	int64_t low_ns, high_ns;
	uint32_t back;
};

struct kin_event {
	int64_t at_ns;
	int step;
};

struct kin {
	struct meeting *meeting;
	const struct view *view;
	struct leg_exchanges at[VIEW_POINTS_MAX]; /* by their own clocks */
	struct kin_interval *interval;
	uint64_t intervals, interval_room;
	struct kin_event *event;
	uint64_t event_room;
	uint32_t *back;                           /* that have an equal at the front, in order of time */
	uint64_t backs, back_room;
};

/* What the best offset encloses. */
struct kin_fit {
	int64_t offset_ns, error_ns;
	uint64_t enclosed, backs;
};

/* ---- exchanges ---- */

static enum status kin_take(struct kin *k, const struct survey_flow *flows,
			    const struct contents *contents, struct error *err)
{
	struct clock *clock = malloc(VIEW_POINTS_MAX * sizeof *clock);
	uint8_t *wanted = memory_zeroed((size_t)k->view->nodes + 1, 1);
	struct leg_source from = {.view = k->view, .clock = clock, .flows = flows, .contents = contents};
	enum status status = clock && wanted ? STATUS_OK : error_errno(err, ENOMEM, "requests");
	uint32_t p, n;

	for (n = 0; !status && n < k->view->nodes; n++)
		wanted[n] = k->view->flow[n].proto == 6;
	for (p = 0; p < k->view->points && !status; p++) {
		clock_identity(&clock[p]);
		status = leg_exchanges_take(&k->at[p], &from, p, true, wanted, err);
		if (!status && k->at[p].count)
			qsort(k->at[p].list, k->at[p].count, sizeof *k->at[p].list, leg_exchange_compare);
	}
	free(wanted);
	free(clock);
	return status;
}

static uint64_t kin_group(const struct leg_exchanges *e, uint64_t from, bool readable)
{
	uint64_t to = from + 1;

	while (to < e->count && (!readable || e->list[to].asks == e->list[from].asks))
		to++;
	return to - from;
}

/* ---- intervals ---- */

/* The stretch that an exchange takes. Of encrypted connections it is not known, but they last
 * longer than what is sent on, in the clear, because of them. */
static bool kin_stretch(const struct leg_exchange *x, bool readable, bool front, int64_t *from, int64_t *to)
{
	bool whole = front && !readable, closed = x->rare || !x->asks;

	*from = whole && x->open_ns != INT64_MIN ? x->open_ns : x->begin_ns;
	*to = whole ? x->last_ns : x->end_ns;
	return *to != INT64_MIN && *to >= *from && !x->empty && (readable || closed == front);
}

static bool kin_add(struct kin *k, const struct kin_interval *one)
{
	struct kin_interval *list = memory_room(k->interval, k->intervals, &k->interval_room, sizeof *list);

	if (!list)
		return false;
	k->interval = list;
	list[k->intervals++] = *one;
	return true;
}

static bool kin_add_back(struct kin *k, uint32_t back)
{
	uint32_t *list = memory_room(k->back, k->backs, &k->back_room, sizeof *list);

	if (!list)
		return false;
	k->back = list;
	list[k->backs++] = back;
	return true;
}

/* One back against the fronts of its group: its clock's offset is at most the difference of the
 * beginnings, and at least that of the ends. The same client at both points has not come through a proxy
 * that ends connections: it is the proxy itself, which asks two servers in the same words. */
static bool kin_hold(struct kin *k, const struct leg_exchange *front, uint64_t fronts,
		     const struct leg_exchange *back, uint32_t number, bool readable)
{
	int64_t from, to, begin, end;
	bool others = false;
	uint64_t i;

	if (!kin_stretch(back, readable, false, &begin, &end))
		return true;
	for (i = 0; i < fronts && i < KIN_FRONTS_MAX && k->intervals < KIN_INTERVALS_MAX; i++) {
		struct kin_interval one = {.back = number};

		if (front[i].host == back->host)
			continue;
		others = true;
		if (!kin_stretch(&front[i], readable, true, &from, &to))
			continue;
		one.low_ns = leg_minus(end, to);
		one.high_ns = leg_minus(begin, from);
		if (one.low_ns <= one.high_ns && !kin_add(k, &one))
			return false;
	}
	return !others || kin_add_back(k, number);
}

static int kin_interval_compare(const void *x, const void *y)
{
	const struct kin_interval *a = x, *b = y;

	if (a->back != b->back)
		return a->back < b->back ? -1 : 1;
	if (a->low_ns != b->low_ns)
		return a->low_ns < b->low_ns ? -1 : 1;
	return (a->high_ns > b->high_ns) - (a->high_ns < b->high_ns);
}

/* A back counts once at an offset, however many fronts enclose it there. */
static void kin_unite(struct kin *k)
{
	uint64_t i, n = 0;

	if (!k->intervals)
		return;
	qsort(k->interval, k->intervals, sizeof *k->interval, kin_interval_compare);
	for (i = 1; i < k->intervals; i++) {
		struct kin_interval *last = &k->interval[n];
		const struct kin_interval *one = &k->interval[i];

		if (one->back != last->back || one->low_ns > last->high_ns)
			k->interval[++n] = *one;
		else if (one->high_ns > last->high_ns)
			last->high_ns = one->high_ns;
	}
	k->intervals = n + 1;
}

static bool kin_hold_all(struct kin *k, const struct leg_exchanges *front,
			 const struct leg_exchanges *back, bool readable)
{
	uint64_t i = 0, j = 0, nf, nb, b;

	for (k->intervals = k->backs = 0; i < front->count && j < back->count; i += nf, j += nb) {
		uint64_t asks_f = readable ? front->list[i].asks : 0;
		uint64_t asks_b = readable ? back->list[j].asks : 0, step;

		nf = asks_f <= asks_b ? kin_group(front, i, readable) : 0;
		nb = asks_b <= asks_f ? kin_group(back, j, readable) : 0;
		if (!nf || !nb || (readable && !asks_f))
			continue;
		step = nb / KIN_BACKS_MAX + 1;
		for (b = 0; b < nb; b += step)
			if (!kin_hold(k, front->list + i, nf, &back->list[j + b], (uint32_t)(j + b), readable))
				return false;
	}
	kin_unite(k);
	return true;
}

/* ---- offsets ---- */

static int kin_event_compare(const void *x, const void *y)
{
	const struct kin_event *a = x, *b = y;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	return b->step - a->step; /* what begins comes first */
}

/* The offset at which most backs are enclosed. Where next to all of these are enclosed by another
 * one nearby, too, the truth may be there as well: the middle of all such, and half of their width. */
static struct kin_fit kin_sweep(struct kin *k, const struct kin_interval *list, uint64_t n)
{
	struct kin_fit fit = {0, 0, 0, 0};
	int64_t low = INT64_MAX, high = INT64_MIN;
	uint64_t i, now = 0;

	for (i = 0; i < n; i++) {
		k->event[2 * i] = (struct kin_event){list[i].low_ns, 1};
		k->event[2 * i + 1] = (struct kin_event){list[i].high_ns, -1};
	}
	if (n)
		qsort(k->event, 2 * n, sizeof *k->event, kin_event_compare);
	for (i = 0; i < 2 * n; i++) {
		now += (uint64_t)k->event[i].step;
		if (now > fit.enclosed) {
			fit.enclosed = now;
			fit.offset_ns = k->event[i].at_ns / 2 + k->event[i + 1].at_ns / 2;
		}
	}
	for (now = 0, i = 0; i + 1 < 2 * n; i++) {
		now += (uint64_t)k->event[i].step;
		if (now + fit.enclosed / KIN_NEARLY < fit.enclosed ||
		    leg_apart(k->event[i].at_ns, fit.offset_ns) > LEG_SLACK_NS ||
		    leg_apart(k->event[i + 1].at_ns, fit.offset_ns) > LEG_SLACK_NS)
			continue;
		low = k->event[i].at_ns < low ? k->event[i].at_ns : low;
		high = k->event[i + 1].at_ns > high ? k->event[i + 1].at_ns : high;
	}
	if (low <= high) {
		fit.offset_ns = low / 2 + high / 2;
		fit.error_ns = high / 2 - low / 2 + 1;
	} else {
		fit.error_ns = LEG_SLACK_NS;
	}
	return fit;
}

static bool kin_is_good(const struct kin_fit *fit)
{
	return fit->enclosed >= KIN_LEAST && fit->enclosed * 100 >= fit->backs * KIN_PER_CENT;
}

static bool kin_room(struct kin *k)
{
	free(k->event);
	k->event = malloc((2 * k->intervals + 1) * sizeof *k->event);
	return k->event != NULL;
}

/* What one offset encloses, and as pairs of a clock that has it. */
static struct kin_fit kin_whole(struct kin *k, const struct leg_exchanges *back, struct clock_pair *pair,
				uint64_t *pairs)
{
	struct kin_fit fit = kin_sweep(k, k->interval, k->intervals);
	uint64_t i;

	fit.backs = k->backs;
	for (i = 0; i < k->backs; i++) {
		int64_t at_ns = back->list[k->back[i]].begin_ns;

		pair[i] = (struct clock_pair){leg_minus(at_ns, fit.offset_ns), at_ns};
	}
	*pairs = k->backs;
	return fit;
}

struct kin_place {
	int64_t time_ns;
	uint32_t back;
};

static int kin_place_compare(const void *x, const void *y)
{
	const struct kin_place *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->back > b->back) - (a->back < b->back);
}

/* Room for what a sweep stretch by stretch needs. */
struct kin_stretches {
	struct kin_place *place;   /* the backs in order of time */
	struct kin_interval *of;   /* intervals, stretch by stretch */
	uint64_t *first;           /* of each stretch, and the end */
	uint32_t *stretch_of;      /* by back */
	uint64_t count;
};

static bool kin_stretches_room(struct kin_stretches *s, const struct kin *k, uint64_t backs)
{
	s->count = k->backs / KIN_BLOCK;
	s->place = malloc((k->backs + 1) * sizeof *s->place);
	s->of = malloc((k->intervals + 1) * sizeof *s->of);
	s->first = calloc(s->count + 2, sizeof *s->first);
	s->stretch_of = calloc(backs + 1, sizeof *s->stretch_of);
	return s->place && s->of && s->first && s->stretch_of;
}

static void kin_stretches_free(struct kin_stretches *s)
{
	free(s->place);
	free(s->of);
	free(s->first);
	free(s->stretch_of);
}

static void kin_stretches_fill(struct kin_stretches *s, const struct kin *k, const struct leg_exchange *back)
{
	uint64_t i;

	for (i = 0; i < k->backs; i++)
		s->place[i] = (struct kin_place){back[k->back[i]].begin_ns, k->back[i]};
	qsort(s->place, k->backs, sizeof *s->place, kin_place_compare);
	for (i = 0; i < k->backs; i++)
		s->stretch_of[s->place[i].back] = (uint32_t)(i * s->count / k->backs);
	for (i = 0; i < k->intervals; i++)
		s->first[s->stretch_of[k->interval[i].back] + 2]++;
	for (i = 2; i < s->count + 2; i++)
		s->first[i] += s->first[i - 1];
	for (i = 0; i < k->intervals; i++)
		s->of[s->first[s->stretch_of[k->interval[i].back] + 1]++] = k->interval[i];
}

/* Stretch by stretch of time: a clock that drifts has another offset in each. False: no memory. */
static bool kin_blocks(struct kin *k, const struct leg_exchanges *back, struct clock_pair *pair,
		       uint64_t *pairs, struct kin_fit *sum)
{
	struct kin_stretches s = {NULL, NULL, NULL, NULL, 0};
	bool ok = kin_stretches_room(&s, k, back->count);
	uint64_t i = 0, n;

	*pairs = 0;
	*sum = (struct kin_fit){0, 0, 0, k->backs};
	if (ok)
		kin_stretches_fill(&s, k, back->list);
	for (n = 0; ok && n < s.count; n++) {
		struct kin_fit fit = kin_sweep(k, s.of + s.first[n], s.first[n + 1] - s.first[n]);

		sum->enclosed += fit.enclosed;
		sum->error_ns = fit.error_ns > sum->error_ns ? fit.error_ns : sum->error_ns;
		for (; i < k->backs && s.stretch_of[s.place[i].back] == n; i++)
			pair[(*pairs)++] = (struct clock_pair){leg_minus(s.place[i].time_ns, fit.offset_ns),
							       s.place[i].time_ns};
	}
	kin_stretches_free(&s);
	return ok;
}

/* ---- two points ---- */

/* Whether the exchanges of the one point enclose those of the other, and the pairs that say with
 * which clock. */
static enum status kin_try(struct kin *k, uint32_t front, uint32_t back, bool readable,
			   struct clock_pair **pair, uint64_t *pairs, struct kin_fit *best,
			   struct error *err)
{
	struct kin_fit fit;

	*pair = NULL;
	*best = (struct kin_fit){0, 0, 0, 0};
	if (!kin_hold_all(k, &k->at[front], &k->at[back], readable) || !kin_room(k))
		return error_errno(err, ENOMEM, "requests");
	*pair = malloc((k->backs + 1) * sizeof **pair);
	if (!*pair)
		return error_errno(err, ENOMEM, "requests");
	fit = kin_whole(k, &k->at[back], *pair, pairs);
	if (!kin_is_good(&fit) && k->backs >= 2 * KIN_BLOCK &&
	    !kin_blocks(k, &k->at[back], *pair, pairs, &fit))
		return error_errno(err, ENOMEM, "requests");
	if (kin_is_good(&fit))
		*best = fit;
	return STATUS_OK;
}

/* Pairs as the lower point's times and the higher one's. */
static void kin_note(struct kin *k, uint32_t front, uint32_t back, struct clock_pair *pair,
		     uint64_t pairs, const struct kin_fit *fit)
{
	struct meeting_pair *ahead = &k->meeting->pair[front][back];
	struct meeting_pair *behind = &k->meeting->pair[back][front];
	uint64_t i;

	for (i = 0; front > back && i < pairs; i++)
		pair[i] = (struct clock_pair){pair[i].local_ns, pair[i].reference_ns};
	k->meeting->kin[front < back ? front : back][front < back ? back : front] = pair;
	ahead->kin = behind->kin = (uint32_t)pairs;
	ahead->kin_error_ns = behind->kin_error_ns = fit->error_ns;
	ahead->delay_before += (uint32_t)fit->enclosed;
	behind->delay_after += (uint32_t)fit->enclosed;
}

static enum status kin_meet(struct kin *k, uint32_t i, uint32_t j, bool readable, struct error *err)
{
	struct clock_pair *pair[2] = {NULL, NULL};
	struct kin_fit fit[2];
	uint64_t pairs[2];
	enum status status = kin_try(k, i, j, readable, &pair[0], &pairs[0], &fit[0], err);
	unsigned best;

	if (!status)
		status = kin_try(k, j, i, readable, &pair[1], &pairs[1], &fit[1], err);
	best = !status && (fit[1].enclosed > fit[0].enclosed ||
			   /* as many: which is in front is not known; not by the order of the inputs */
			   (fit[1].enclosed == fit[0].enclosed &&
			    strcmp(k->view->point[j].name, k->view->point[i].name) < 0));
	if (!status && fit[best].enclosed) {
		kin_note(k, best ? j : i, best ? i : j, pair[best], pairs[best], &fit[best]);
		pair[best] = NULL; /* given away */
	}
	free(pair[0]);
	free(pair[1]);
	return status;
}

enum status kin_find(struct meeting *meeting, const struct view *view,
		     const struct survey_flow *flows, const struct contents *contents,
		     struct error *err)
{
	struct kin k = {.meeting = meeting, .view = view};
	enum status status = kin_take(&k, flows, contents, err);
	uint32_t i, j;

	for (i = 0; i < view->points && !status; i++)
		for (j = i + 1; j < view->points && !status; j++) {
			if (meeting_share(meeting, i, j))
				continue;
			status = kin_meet(&k, i, j, true, err);
			if (!status && !meeting->pair[i][j].kin)
				status = kin_meet(&k, i, j, false, err);
		}
	for (i = 0; i < view->points; i++)
		free(k.at[i].list);
	free(k.interval);
	free(k.event);
	free(k.back);
	return status;
}
