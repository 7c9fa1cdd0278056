/* Whose handshakes are a SYN proxy's own. See shift.h.
 */
#include "correlate/shift.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"

/* A flow whose handshake is held. */
struct shift_handshake {
	uint32_t class, isn, node;
	int64_t syn_ns, synack_ns; /* reference time; INT64_MIN: not seen */
	int64_t data_ns[2];        /* likewise, the first data: of the client, of the server */
	bool proxied;              /* of a session's first flow in the list: it is */
};

/* A flow that showed a question after another one, with other numbers, showed an answer. */
struct shift_doubt {
	uint32_t hop;    /* the two points */
	uint32_t session; /* its first flow in the list of handshakes */
	int64_t wait_ns; /* from that answer to the question */
	int64_t lag_ns;  /* from the client's first data there to the same here; INT64_MAX: none */
};

struct shift_doubts {
	struct shift_doubt *list;
	uint32_t count;
	uint64_t room;
};

static int shift_doubt_compare(const void *x, const void *y)
{
	const struct shift_doubt *a = x, *b = y;

	if (a->hop != b->hop)
		return a->hop < b->hop ? -1 : 1;
	return (a->lag_ns > b->lag_ns) - (a->lag_ns < b->lag_ns);
}

static int shift_handshake_compare(const void *x, const void *y)
{
	const struct shift_handshake *a = x, *b = y;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->isn != b->isn)
		return a->isn < b->isn ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

static struct renumber *shift_renumber_of(struct view *view, uint32_t node)
{
	struct view_point *point = &view->point[view->node_point[node]];

	return &point->renumber[node - point->first_node];
}

/* The earliest answers: of all flows, and of those with other numbers than that one. */
struct shift_answers {
	const struct shift_handshake *first, *other;
};

static void shift_answers_add(struct shift_answers *a, struct view *view,
			      const struct shift_handshake *one)
{
	bool earlier = !a->first || one->synack_ns < a->first->synack_ns;
	bool alike = a->first && renumber_alike(shift_renumber_of(view, one->node),
						shift_renumber_of(view, a->first->node));

	if (earlier) {
		if (a->first && !alike)
			a->other = a->first;
		a->first = one;
	} else if (!alike && (!a->other || one->synack_ns < a->other->synack_ns)) {
		a->other = one;
	}
}

/* Times are of captures, hence anything. */
static int64_t shift_between(int64_t from_ns, int64_t to_ns)
{
	return from_ns == INT64_MIN || to_ns == INT64_MIN
		       ? INT64_MIN
		       : (int64_t)((uint64_t)to_ns - (uint64_t)from_ns);
}

/* The earliest answer of a flow with other numbers. */
static const struct shift_handshake *shift_answer_to(const struct shift_answers *a,
						     struct view *view,
						     const struct shift_handshake *one)
{
	if (a->first && renumber_alike(shift_renumber_of(view, one->node),
				       shift_renumber_of(view, a->first->node)))
		return a->other;
	return a->first;
}

/* At the point nearer to the client the server's data come later after the client's. */
static bool shift_nearer_to_client(const struct shift_handshake *near,
				   const struct shift_handshake *far)
{
	int64_t near_ns = shift_between(near->data_ns[0], near->data_ns[1]);
	int64_t far_ns = shift_between(far->data_ns[0], far->data_ns[1]);

	return near_ns == INT64_MIN || far_ns == INT64_MIN || near_ns >= far_ns;
}

/* A session's flows over all points: n of the list, from its place `from` on. False: no memory. */
static bool shift_doubts_add(struct shift_doubts *d, struct view *view,
			     const struct shift_handshake *list, uint32_t from, uint32_t n)
{
	struct shift_answers answers = {NULL, NULL};
	uint32_t i;

	for (i = from; i < from + n; i++)
		if (list[i].synack_ns != INT64_MIN)
			shift_answers_add(&answers, view, &list[i]);
	for (i = from; i < from + n; i++) {
		const struct shift_handshake *answer = shift_answer_to(&answers, view, &list[i]);
		struct shift_doubt *grown;
		int64_t lag_ns;

		if (!answer || answer->synack_ns >= list[i].syn_ns ||
		    !shift_nearer_to_client(answer, &list[i]))
			continue;
		grown = memory_room(d->list, d->count, &d->room, sizeof *grown);
		if (!grown)
			return false;
		d->list = grown;
		lag_ns = shift_between(answer->data_ns[0], list[i].data_ns[0]);
		grown[d->count++] = (struct shift_doubt){
			view->node_point[answer->node] * VIEW_POINTS_MAX +
				view->node_point[list[i].node],
			from, shift_between(answer->synack_ns, list[i].syn_ns),
			lag_ns == INT64_MIN ? INT64_MAX : lag_ns};
	}
	return true;
}

/* Those of two points. The clocks are coarse: they may be off by more than a round trip. But by as
 * much the client's data come late, and by the way there, too; a question that was forwarded
 * comes less late after the answer, one that a SYN proxy asked comes later, by the client's round
 * trip. Data that were lost at first are no measure: then those of the other sessions are. */
static void shift_doubts_settle(struct shift_handshake *list, const struct shift_doubt *doubt,
				uint32_t n)
{
	int64_t usual_ns = 0;
	uint32_t known = 0, i;

	while (known < n && doubt[known].lag_ns != INT64_MAX)
		known++;
	if (known)
		usual_ns = doubt[known / 2].lag_ns;
	for (i = 0; i < n; i++)
		list[doubt[i].session].proxied |=
			doubt[i].wait_ns > (doubt[i].lag_ns < usual_ns ? doubt[i].lag_ns : usual_ns);
}

static void shift_doubts_settle_all(struct shift_handshake *list, struct shift_doubts *d)
{
	uint32_t from, to;

	if (d->count)
		qsort(d->list, d->count, sizeof *d->list, shift_doubt_compare);
	for (from = 0; from < d->count; from = to) {
		for (to = from + 1; to < d->count && d->list[to].hop == d->list[from].hop; to++)
			;
		shift_doubts_settle(list, d->list + from, to - from);
	}
}

/* The flows behind one of the list that are of its session, too: a tuple that is used again may be
 * in the class twice, with another first number. */
static uint32_t shift_session_flows(const struct shift_handshake *list, uint32_t from, uint32_t count)
{
	uint32_t to = from + 1;

	while (to < count && list[to].class == list[from].class && list[to].isn == list[from].isn)
		to++;
	return to - from;
}

/* Of the sorted list. False: no memory. */
static bool shift_settle_list(struct view *view, struct shift_handshake *list, uint32_t count)
{
	struct shift_doubts doubts = {.list = NULL};
	uint32_t from, n, i;
	bool ok = true;

	for (from = 0; from < count && ok; from += n) {
		n = shift_session_flows(list, from, count);
		ok = shift_doubts_add(&doubts, view, list, from, n);
	}
	if (ok)
		shift_doubts_settle_all(list, &doubts);
	for (from = 0; from < count && ok; from += n) {
		n = shift_session_flows(list, from, count);
		for (i = from; i < from + n; i++)
			shift_renumber_of(view, list[i].node)->handshake =
				list[from].proxied ? RENUMBER_PROXIED : RENUMBER_FORWARDED;
	}
	free(doubts.list);
	return ok;
}

static int64_t shift_reference_time(const struct clock *clock, int64_t local_ns)
{
	return local_ns == INT64_MIN ? INT64_MIN : clock_correct(clock, local_ns);
}

static struct shift_handshake shift_handshake_of(const struct view *view,
						 const struct survey_flow *flows,
						 const struct clock *clock, uint32_t node)
{
	const struct survey_flow *flow = &flows[node];
	unsigned client = !survey_has(flow, 0, SURVEY_SYN);

	return (struct shift_handshake){
		.class = renumber_of(view, node)->class,
		.isn = flow->isn,
		.node = node,
		.syn_ns = shift_reference_time(clock, flow->syn_ns),
		.synack_ns = shift_reference_time(clock, flow->synack_ns),
		.data_ns = {shift_reference_time(clock, flow->data_ns[client]),
			    shift_reference_time(clock, flow->data_ns[!client])}};
}

enum status shifts_settle(struct view *view, const struct survey_flow *flows,
			  const struct meeting *meeting, struct error *err)
{
	struct shift_handshake *list = NULL;
	uint64_t room = 0;
	uint32_t count = 0, n;
	bool ok;

	for (n = 0; n < view->nodes; n++) {
		const struct renumber *r = renumber_of(view, n);
		const struct clock *clock = &meeting->clock[view->node_point[n]];
		struct shift_handshake *grown;

		if (!r || r->handshake == RENUMBER_FORWARDED)
			continue;
		grown = memory_room(list, count, &room, sizeof *list);
		if (!grown) {
			free(list);
			return error_errno(err, ENOMEM, "handshakes");
		}
		list = grown;
		list[count++] = shift_handshake_of(view, flows, clock, n);
	}
	if (count)
		qsort(list, count, sizeof *list, shift_handshake_compare);
	ok = shift_settle_list(view, list, count);
	free(list);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "handshakes");
}
