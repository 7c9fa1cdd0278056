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
};

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

/* Whether a flow with other numbers showed an answer before this one showed the question. */
static bool shift_answered_before(const struct shift_answers *a, struct view *view,
				  const struct shift_handshake *one)
{
	const struct shift_handshake *answer = a->first;

	if (answer && renumber_alike(shift_renumber_of(view, one->node),
				     shift_renumber_of(view, answer->node)))
		answer = a->other;
	return answer && answer->synack_ns < one->syn_ns;
}

/* The flows of one session, over all points. */
static void shift_settle_session(struct view *view, const struct shift_handshake *list, uint32_t n)
{
	struct shift_answers answers = {NULL, NULL};
	bool proxied = false;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (list[i].synack_ns != INT64_MIN)
			shift_answers_add(&answers, view, &list[i]);
	for (i = 0; i < n; i++)
		proxied |= shift_answered_before(&answers, view, &list[i]);
	for (i = 0; i < n; i++)
		shift_renumber_of(view, list[i].node)->handshake =
			proxied ? RENUMBER_PROXIED : RENUMBER_FORWARDED;
}

enum status shifts_settle(struct view *view, const struct survey_flow *flows,
			  const struct meeting *meeting, struct error *err)
{
	struct shift_handshake *list = NULL;
	uint64_t room = 0;
	uint32_t count = 0, n, from, to;

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
		list[count++] = (struct shift_handshake){
			r->class, flows[n].isn, n, clock_correct(clock, flows[n].syn_ns),
			flows[n].synack_ns == INT64_MIN ? INT64_MIN
							: clock_correct(clock, flows[n].synack_ns)};
	}
	if (count)
		qsort(list, count, sizeof *list, shift_handshake_compare);
	for (from = 0; from < count; from = to) {
		/* a tuple that is used again may be in the class twice, with another first number */
		for (to = from + 1; to < count && list[to].class == list[from].class &&
				    list[to].isn == list[from].isn; to++)
			;
		shift_settle_session(view, list + from, to - from);
	}
	free(list);
	return STATUS_OK;
}
