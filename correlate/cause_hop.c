#include "correlate/cause_hop.h"

#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/loss_chance.h"

#define CAUSE_TTL_SAMPLES 64u /* sessions of which the TTL is compared on both sides */

int64_t cause_near_time(const struct cause_hop *c, const struct odd *odd)
{
	return hop_near_time(c->measured, odd->point, c->j->path->stage[odd->point] == c->hop,
			     odd->time_ns);
}

/* ---- drops ---- */

/* A frame of many segments (TSO) that was cut on the way passed, whatever its length. */
static void cause_gather_longest(struct cause_hop *c)
{
	uint64_t i;

	c->longest[0] = c->result->length_max[0];
	c->longest[1] = c->result->length_max[1];
	for (i = 0; i < c->odds; i++) {
		const struct odd *odd = &c->odd[i];

		if (odd->upstream && (odd->recut || odd->partly) && odd->length > c->longest[odd->direction])
			c->longest[odd->direction] = odd->length;
	}
}

static bool cause_gather_drops(struct cause_hop *c)
{
	struct memory *memory = c->j->view->memory;
	uint64_t i;

	for (i = 0; i < c->odds; i++)
		c->drops += c->odd[i].verdict == VERDICT_DROPPED;
	c->drop = memory_take(memory, (size_t)c->drops + 1, sizeof *c->drop);
	c->by_session = memory_resize(memory, NULL, (size_t)c->drops + 1, sizeof *c->by_session);
	if (!c->drop || !c->by_session)
		return false;
	cause_gather_longest(c);
	for (c->drops = 0, i = 0; i < c->odds; i++) {
		struct odd *odd = &c->odd[i];

		if (odd->verdict != VERDICT_DROPPED)
			continue;
		c->drop[c->drops++] = (struct cause_drop){
			.odd = odd, .distance = loss_distance(c->j, c->code, odd)};
		c->dropped[odd->direction]++;
		c->fragments_dropped[odd->direction] += (odd->marks & PACKET_FRAGMENT) != 0;
		c->bigger_dropped[odd->direction] += odd->length > c->longest[odd->direction];
	}
	return true;
}

/* ---- sessions ---- */

struct cause_key {
	uint32_t session, drop;
};

static int cause_key_compare(const void *x, const void *y)
{
	const struct cause_key *a = x, *b = y;

	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	return (a->drop > b->drop) - (a->drop < b->drop);
}

struct cause_session *cause_session_find(const struct cause_hop *c, uint32_t session)
{
	uint32_t low = 0, high = c->sessions;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (c->session[middle].session < session)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->sessions && c->session[low].session == session ? &c->session[low] : NULL;
}

static bool cause_opened(const struct cause_hop *c, uint32_t session)
{
	const struct sessions *s = c->j->sessions;
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n])
		if (survey_has(&c->j->flows[n], 0, SURVEY_SYN | SURVEY_SYNACK) ||
		    survey_has(&c->j->flows[n], 1, SURVEY_SYN | SURVEY_SYNACK))
			return true;
	return false;
}

static void cause_session_fill(struct cause_hop *c, struct cause_session *s)
{
	const struct hop_session *at = &c->result->session[s->session];
	unsigned d;
	uint32_t i;

	s->passed_ns = INT64_MIN;
	for (d = 0; d < 2; d++)
		if (at->matched[d] && at->last_ns[d] > s->passed_ns)
			s->passed_ns = at->last_ns[d];
	s->opened = cause_opened(c, s->session);
	s->reset_ns = INT64_MAX;
	for (i = s->first; i < s->first + s->drops; i++) {
		struct cause_drop *drop = &c->drop[c->by_session[i]];
		int64_t now = cause_near_time(c, drop->odd);

		drop->session = (uint32_t)(s - c->session);
		drop->trailing = now > s->passed_ns;
		d = drop->odd->direction;
		s->dropped[d]++;
		s->behind[d] += !at->matched[d] || now > at->last_ns[d];
		if (drop->trailing && !s->trailing++ && s->passed_ns != INT64_MIN)
			s->silence_ns = now - s->passed_ns;
	}
}

static bool cause_gather_sessions(struct cause_hop *c)
{
	struct memory *memory = c->j->view->memory;
	struct cause_key *key = memory_resize(memory, NULL, (size_t)c->drops + 1, sizeof *key);
	uint32_t i, k;

	c->session = memory_take(memory, (size_t)c->drops + 1, sizeof *c->session);
	if (!key || !c->session) {
		memory_give(key);
		return false;
	}
	for (i = 0; i < c->drops; i++)
		key[i] = (struct cause_key){c->drop[i].odd->session, i};
	if (c->drops)
		qsort(key, c->drops, sizeof *key, cause_key_compare);
	for (i = 0; i < c->drops; i = k) {
		struct cause_session *s = &c->session[c->sessions++];

		for (k = i; k < c->drops && key[k].session == key[i].session; k++)
			c->by_session[k] = key[k].drop;
		*s = (struct cause_session){.session = key[i].session, .first = i, .drops = k - i};
		cause_session_fill(c, s);
		c->unknown_sessions += s->passed_ns == INT64_MIN && !s->opened &&
				       c->drop[c->by_session[i]].odd->proto == 6;
	}
	memory_give(key);
	return true;
}

/* ---- totals ---- */

/* Drops of which one thing is sure: it was no rule that would have held for what followed. */
static bool cause_sporadic(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct odd *odd = drop->odd;
	const struct hop_session *at = &c->result->session[odd->session];

	return !(odd->marks & PACKET_FRAGMENT) &&
	       odd->length <= c->longest[odd->direction] &&
	       (odd->copy_passed || (at->matched[odd->direction] &&
				     cause_near_time(c, odd) < at->last_ns[odd->direction]));
}

static void cause_gather_rates(struct cause_hop *c)
{
	uint64_t sporadic[2] = {0, 0};
	uint32_t i;
	unsigned d;

	for (i = 0; i < c->drops; i++)
		sporadic[c->drop[i].odd->direction] += cause_sporadic(c, &c->drop[i]);
	for (d = 0; d < 2; d++) {
		uint64_t uncaptured = 0;
		uint32_t stage = d == HOP_FORWARD ? c->hop : c->hop + 1, k;

		for (k = 0; k < c->j->path->points[stage]; k++)
			uncaptured += c->result->account[d][c->j->path->point[stage][k]]
					      .verdict[VERDICT_UNCAPTURED];
		c->passed[d] = histogram_count(c->result->delay[d]);
		c->rate[d] = loss_rate(sporadic[d], c->passed[d]);
		c->certain[d] = c->dropped[d] ? (double)c->dropped[d] /
							(double)(c->dropped[d] + uncaptured)
					      : 1;
	}
}

bool cause_no_chance(const struct cause_hop *c, uint32_t dropped)
{
	double rate = c->rate[0] > c->rate[1] ? c->rate[0] : c->rate[1];

	return loss_no_chance(rate, dropped, dropped, c->j->sessions->count);
}

/* The TTL of a session's packets of a direction at a stage; 0: none. */
static uint8_t cause_ttl_at(const struct cause_hop *c, uint32_t session, uint32_t stage,
			    unsigned direction)
{
	const struct sessions *s = c->j->sessions;
	uint32_t n;
	unsigned d;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n])
		for (d = 0; d < 2; d++)
			if (c->j->path->stage[c->j->view->node_point[n]] == stage &&
			    sessions_forward(s, n << 1 | d) == (direction == HOP_FORWARD) &&
			    c->j->flows[n].ttl[d])
				return c->j->flows[n].ttl[d];
	return 0;
}

/* The least that is taken off: a session whose first packets were others on either side may
 * seem to lose more. */
static void cause_gather_ttl(struct cause_hop *c)
{
	uint32_t k, samples[2] = {0, 0};
	unsigned d;

	for (k = 0; k < c->j->sessions->count; k++) {
		const struct hop_session *at = &c->result->session[k];

		for (d = 0; d < 2; d++) {
			uint8_t in, out;

			if (!at->matched[d] || samples[d] == CAUSE_TTL_SAMPLES)
				continue;
			in = cause_ttl_at(c, k, c->hop + (d == HOP_REVERSE), d);
			out = cause_ttl_at(c, k, c->hop + (d == HOP_FORWARD), d);
			if (!in || out > in || !out)
				continue;
			if (!samples[d]++ || in - out < c->hops_taken[d])
				c->hops_taken[d] = in - out;
			c->hops_known[d] = true;
		}
		if (samples[0] == CAUSE_TTL_SAMPLES && samples[1] == CAUSE_TTL_SAMPLES)
			return;
	}
}

bool cause_hop_gather(struct cause_hop *c)
{
	if (!cause_gather_drops(c) || !cause_gather_sessions(c))
		return false;
	cause_gather_rates(c);
	cause_gather_ttl(c);
	return cause_services_gather(c) && cause_answers_gather(c);
}

void cause_hop_clear(struct cause_hop *c)
{
	memory_give(c->drop);
	memory_give(c->by_session);
	memory_give(c->session);
	memory_give(c->services.slot);
	free(c->answer);
	free(c->burst);
}
