#include "correlate/story_times.h"

/* From one moment to a later one at one point; INT64_MIN: one was not seen, or they come the
 * other way round. */
static int64_t times_between(const struct judging *j, const struct station *s, int64_t from_ns,
			     int64_t to_ns)
{
	int64_t from, to;

	if (from_ns == INT64_MIN || to_ns == INT64_MIN)
		return INT64_MIN;
	from = station_time(j, s, from_ns);
	to = station_time(j, s, to_ns);
	return to < from ? INT64_MIN : (int64_t)((uint64_t)to - (uint64_t)from);
}

/* The stretch from the point before, which took what its replies came later. */
static void times_stretch(struct story_times *t, const struct path *path,
			  const struct station *before, int64_t before_ns,
			  const struct station *here, int64_t here_ns)
{
	uint8_t a = path->stage[before->point], b = path->stage[here->point];
	uint8_t low = a < b ? a : b;

	if (before_ns - here_ns <= t->worst_ns)
		return;
	t->worst_ns = before_ns - here_ns;
	t->worst_hop = (a < b ? b - a : a - b) == 1 ? low : UINT8_MAX;
}

struct story_times story_times(const struct judging *j, const struct station *list, uint32_t count,
			       bool client_forward)
{
	struct story_times t = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN,
				INT64_MIN, 0,	      UINT8_MAX};
	const struct station *before = NULL;
	uint32_t i;

	for (i = 0; i < count; i++) {
		const struct station *s = &list[client_forward ? i : count - 1 - i];
		const struct survey_flow *f = &s->flow;
		int64_t reply = times_between(j, s, f->syn_ns, f->synack_ns);

		/* behind a proxy another handshake begins */
		if (reply == INT64_MIN ||
		    (before && sessions_connection(j->sessions, before->node) !=
				       sessions_connection(j->sessions, s->node)))
			continue;
		if (!before) {
			t.reply_ns = reply;
			t.handshake_ns = times_between(j, s, f->syn_ns, f->ack_ns);
			t.client_ns = times_between(j, s, f->synack_ns, f->ack_ns);
		} else {
			times_stretch(&t, j->path, before, t.server_ns, s, reply);
		}
		before = s;
		if (t.server_ns != INT64_MIN)
			t.path_ns = t.reply_ns >= reply ? t.reply_ns - reply : INT64_MIN;
		t.server_ns = reply;
	}
	return t;
}
