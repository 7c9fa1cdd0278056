/* The moment at which a hop forgot the sessions that it had let pass: a table that was emptied, a
 * reload, a failover without its state. Each of them dies with all that follows, in both
 * directions, while new sessions of the same client and service pass meanwhile: of those
 * a rule would let none through, nor would an outage or a full queue. */
#include "correlate/cause_hop.h"

#define MOMENT_SESSIONS 3u /* fewer may be anything */
#define MOMENT_DROPS 2u    /* one drop at a session's end is a lost packet */

static bool moment_is_of(const struct cause_hop *c, const struct cause_session *s)
{
	return c->j->sessions->list[s->session].proto == 6 && s->passed_ns != INT64_MIN &&
	       s->reset_ns == INT64_MAX && s->trailing >= MOMENT_DROPS &&
	       cause_no_chance(c, s->trailing);
}

static int64_t moment_passed(const struct cause_hop *c, uint32_t session)
{
	const struct hop_session *at = &c->result->session[session];
	int64_t last_ns = INT64_MIN;
	unsigned d;

	for (d = 0; d < 2; d++)
		if (at->matched[d] && at->last_ns[d] > last_ns)
			last_ns = at->last_ns[d];
	return last_ns;
}

/* Whoever was there before and passes behind it was not forgotten. */
static bool moment_survived(const struct cause_hop *c, const struct cause_moment *moment)
{
	uint32_t k;

	for (k = 0; k < c->j->sessions->count; k++) {
		const struct session *s = &c->j->sessions->list[k];

		if (s->proto == 6 && s->start_ns < moment->from_ns &&
		    moment_passed(c, k) > moment->to_ns)
			return true;
	}
	return false;
}

/* A new session of the same client and service had passed when this one's last packet died. */
static bool moment_renewed(const struct cause_hop *c, const struct cause_session *s)
{
	const struct odd *last = c->drop[c->by_session[s->first + s->drops - 1]].odd;

	return cause_near_time(c, last) > cause_service_of(c, last, true)->renewed_ns;
}

void cause_moment_find(struct cause_hop *c)
{
	struct cause_moment moment = {.from_ns = INT64_MIN, .to_ns = INT64_MAX};
	uint32_t k;

	for (k = 0; k < c->sessions; k++) {
		const struct cause_session *s = &c->session[k];

		if (!moment_is_of(c, s))
			continue;
		if (s->passed_ns > moment.from_ns)
			moment.from_ns = s->passed_ns;
		if (s->passed_ns + s->silence_ns < moment.to_ns)
			moment.to_ns = s->passed_ns + s->silence_ns;
		moment.sessions++;
	}
	if (moment.sessions < MOMENT_SESSIONS || moment.from_ns >= moment.to_ns ||
	    moment_survived(c, &moment))
		return;
	cause_services_renew(c, moment.from_ns);
	for (moment.sessions = 0, k = 0; k < c->sessions; k++)
		moment.sessions += moment_is_of(c, &c->session[k]) && moment_renewed(c, &c->session[k]);
	if (moment.sessions >= MOMENT_SESSIONS)
		c->moment = moment;
}
