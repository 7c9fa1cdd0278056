/* Legs that nothing but time pairs: see leg_match.h. */
#include "correlate/leg_match.h"

#include <stdlib.h>

#define LEG_TIME_NS 50000000             /* without content a proxy must be that quick: 50 ms */
#define LEG_TIMES 3u                     /* so many backs must meet a front's moments to prove a proxy */
#define LEG_ASKED 4096u                  /* backs that are asked for it, about */
#define LEG_CHANCE 2u                    /* and so many times as many as meet other moments */

/* When a front's request came. */
struct leg_moment {
	int64_t time_ns;
	uint32_t front;
};

static int leg_moment_compare(const void *x, const void *y)
{
	const struct leg_moment *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->front > b->front) - (a->front < b->front);
}

static uint64_t leg_event_behind(const struct leg_events *e, int64_t time_ns)
{
	uint64_t low = 0, high = e->count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (e->list[middle].time_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How long after the back's answer a front sent something to its client; -1: not soon. */
static int64_t leg_answered(const struct leg_matching *m, uint32_t node, int64_t from_ns)
{
	const struct leg_events *e = &m->sides->events;
	uint64_t at = leg_event_behind(e, leg_minus(from_ns, m->sides->slack_ns)), n;

	for (n = 0; at < e->count && n < LEG_EVENTS; at++, n++) {
		if (leg_minus(e->list[at].time_ns, from_ns) > LEG_TIME_NS)
			break;
		if (e->list[at].node == node && !e->list[at].from_client)
			return leg_apart(e->list[at].time_ns, from_ns);
	}
	return -1;
}

/* When the proxy turned to the server: for the first request of a connection it opened that. */
static int64_t leg_turned(const struct leg_exchange *b)
{
	return b->open_ns != INT64_MIN && (b->number == 0 || b->number == LEG_WHOLE) ? b->open_ns
										      : b->begin_ns;
}

/* The front whose client spoke last before a back asked, and who was answered next; confidence 0:
 * another one is as near. As if the back had been `later_ns` later. */
static uint32_t leg_find_time(const struct leg_matching *m, const struct leg_exchange *b,
			      int64_t later_ns, unsigned *confidence)
{
	const struct leg_events *e = &m->sides->events;
	int64_t from = leg_minus(leg_turned(b), -later_ns), best = INT64_MAX, next = INT64_MAX;
	uint64_t at = leg_event_behind(e, leg_minus(from, -m->sides->slack_ns)), n;
	uint32_t node = UINT32_MAX;

	for (n = 0; at > 0 && n < LEG_EVENTS; n++) {
		const struct leg_event *event = &e->list[--at];
		int64_t cost = leg_apart(from, event->time_ns), answered;

		/* what is still earlier can be no nearer */
		if (leg_minus(from, event->time_ns) > LEG_TIME_NS || (event->time_ns <= from && cost >= next))
			break;
		if (!event->from_client || event->node == node ||
		    leg_same_tuple(m->sides->view, event->node, b->way >> 1))
			continue;
		answered = b->end_ns == INT64_MIN ? 0 : leg_answered(m, event->node, leg_minus(b->end_ns, -later_ns));
		if (answered < 0)
			continue;
		cost += answered;
		if (cost < best) {
			next = best;
			best = cost;
			node = event->node;
		} else if (cost < next) {
			next = cost;
		}
	}
	*confidence = next == INT64_MAX ? 75 : next / LEG_CLEAR > best + LEG_QUICK_NS ? 65 : 0;
	return node;
}

/* The fronts that cannot be read and are not paired yet, by node; NULL: no memory. */
static uint32_t *leg_fronts_of_nodes(const struct leg_matching *m)
{
	const struct leg_exchanges *fronts = &m->sides->front;
	uint32_t *front_of_node = malloc(((size_t)m->sides->view->nodes + 1) * sizeof *front_of_node);
	uint64_t i;

	for (i = 0; front_of_node && i < m->sides->view->nodes; i++)
		front_of_node[i] = UINT32_MAX;
	for (i = 0; front_of_node && i < fronts->count; i++)
		if (fronts->list[i].number == LEG_WHOLE && !m->front_taken[i])
			front_of_node[fronts->list[i].way >> 1] = (uint32_t)i;
	return front_of_node;
}

/* The front that a back goes to by its time alone; UINT32_MAX: none, or it is not clear which. */
static uint32_t leg_time_of(const struct leg_matching *m, const uint32_t *front_of_node, uint64_t back,
			    int64_t later_ns, unsigned *confidence)
{
	const struct leg_exchange *b = &m->sides->back.list[back];
	uint32_t node;

	if (m->back_taken[back] || b->empty)
		return UINT32_MAX;
	node = leg_find_time(m, b, later_ns, confidence);
	return node == UINT32_MAX || !*confidence ? UINT32_MAX : front_of_node[node];
}

static uint64_t leg_count_times(const struct leg_matching *m, const uint32_t *front_of_node,
				int64_t later_ns)
{
	unsigned confidence;
	uint64_t i, n = 0;

	for (i = 0; i < m->sides->back.count; i += m->sides->back.count / LEG_ASKED + 1)
		n += leg_time_of(m, front_of_node, i, later_ns, &confidence) != UINT32_MAX;
	return n;
}

bool leg_times_prove(struct leg_matching *m, bool *proved)
{
	/* farther than a proxy takes; no two have a common measure, as what repeats has */
	static const int64_t later_ns[] = {-731000000, -173000000, -67000000, 71000000, 211000000, 613000000};
	uint32_t *front_of_node = leg_fronts_of_nodes(m);
	uint64_t found, chance, most = 0;
	uint32_t i;

	*proved = false;
	if (!front_of_node)
		return false;
	found = m->sides->events.count ? leg_count_times(m, front_of_node, 0) : 0;
	for (i = 0; found >= LEG_TIMES && i < sizeof later_ns / sizeof later_ns[0]; i++) {
		chance = leg_count_times(m, front_of_node, later_ns[i]);
		most = chance > most ? chance : most;
	}
	*proved = found >= LEG_TIMES && found >= LEG_CHANCE * most;
	free(front_of_node);
	return true;
}

/* A front that cannot be read may have any number of backs. */
bool leg_match_time(struct leg_matching *m)
{
	uint32_t *front_of_node = leg_fronts_of_nodes(m), front;
	bool ok = front_of_node != NULL;
	uint64_t i;

	for (i = 0; ok && i < m->sides->back.count && m->sides->events.count; i++) {
		unsigned confidence;

		front = leg_time_of(m, front_of_node, i, 0, &confidence);
		if (front == UINT32_MAX)
			continue;
		ok = leg_take(m, front, (uint32_t)i, LEG_TIME, confidence);
		m->front_taken[front] = 0; /* it may have any number of them */
	}
	free(front_of_node);
	return ok;
}

/* Whether a request may have been meant for a connection that was refused: it was tried again later, or
 * it came to nothing. */
static bool leg_may_be_refused(const struct leg_matching *m, uint32_t front, int64_t at_ns)
{
	const struct leg_exchange *f = &m->sides->front.list[front];

	return m->front_taken[front] ? m->served_ns[front] > at_ns
				     : f->number == LEG_WHOLE || !f->status || f->status >= LEG_ERROR_STATUS;
}

/* A connection that the server refused carries nothing; the one whose request came just before was
 * to be served by it, if there is only one such. */
static uint32_t leg_find_refused(const struct leg_matching *m, const uint32_t *by_time, uint64_t count,
				 const struct leg_exchange *b)
{
	const struct leg_exchange *list = m->sides->front.list;
	int64_t from = leg_turned(b), best = INT64_MAX, next = INT64_MAX;
	uint64_t low = 0, high = count, n;
	uint32_t found = UINT32_MAX;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (list[by_time[middle]].begin_ns <= from)
			low = middle + 1;
		else
			high = middle;
	}
	for (n = 0; low > 0 && n < LEG_EVENTS; n++) {
		const struct leg_exchange *f = &list[by_time[--low]];
		int64_t cost = leg_minus(from, f->begin_ns);

		if (cost > LEG_TIME_NS)
			break;
		if ((f->end_ns != INT64_MIN && leg_minus(f->end_ns, from) < 0) ||
		    leg_same_tuple(m->sides->view, f->way >> 1, b->way >> 1) ||
		    !leg_may_be_refused(m, by_time[low], from))
			continue;
		if (cost < best) {
			next = best;
			best = cost;
			found = by_time[low];
		} else if (cost < next) {
			next = cost;
		}
	}
	return next == INT64_MAX || next / LEG_CLEAR > best + LEG_QUICK_NS ? found : UINT32_MAX;
}

bool leg_match_empty(struct leg_matching *m)
{
	const struct leg_exchanges *fronts = &m->sides->front, *backs = &m->sides->back;
	struct leg_moment *moment = malloc((fronts->count + 1) * sizeof *moment);
	uint32_t *by_time = malloc((fronts->count + 1) * sizeof *by_time), front;
	bool ok = moment && by_time;
	uint64_t i, n = 0;

	for (i = 0; ok && i < fronts->count; i++)
		if (!fronts->list[i].unanswered)
			moment[n++] = (struct leg_moment){fronts->list[i].begin_ns, (uint32_t)i};
	if (n)
		qsort(moment, n, sizeof *moment, leg_moment_compare);
	for (i = 0; i < n; i++)
		by_time[i] = moment[i].front;
	for (i = 0; ok && i < backs->count; i++) {
		if (m->back_taken[i] || !backs->list[i].empty)
			continue;
		front = leg_find_refused(m, by_time, n, &backs->list[i]);
		if (front != UINT32_MAX)
			ok = leg_take(m, front, (uint32_t)i, LEG_TIME, 60);
	}
	free(moment);
	free(by_time);
	return ok;
}
