#include "correlate/story_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/cause.h"

#define FACTS_TCP 6
#define FACTS_ICMP 1
#define FACTS_ICMPV6 58
#define FACTS_TOLD_NS 1000000000 /* an error comes at once: within the second of RFC 6298's first timer */

static void story_tally_add(struct story_tally *tally, uint8_t hop)
{
	if (tally->hop != hop) {
		tally->hop = hop;
		tally->count = 0;
	}
	if (++tally->count > tally->most) {
		tally->most = tally->count;
		tally->best = hop;
	}
}

/* The facts of a session, made when there are none. NULL: no memory. */
static struct story_fact *story_fact(struct story_facts *f, struct memory *memory,
				     uint32_t session)
{
	uint32_t *of = &f->of[session];
	struct story_fact *list;

	if (*of)
		return &f->list[*of];
	list = memory_more(memory, f->list, f->count, &f->room, sizeof *list);
	if (!list)
		return NULL;
	f->list = list;
	*of = f->count;
	f->list[f->count] = (struct story_fact){0};
	return &f->list[f->count++];
}

/* Of what was sent again and again, where one got farthest. */
static void story_tally_farthest(struct story_tally *tally, const struct odd *odd)
{
	if (!tally->most || odd->direction == HOP_FORWARD)
		tally->best = odd->hop;
	tally->most++;
}

static void story_drop(struct story_fact *f, const struct judging *j, const struct verdicts *v,
		       const struct odd *odd)
{
	const struct session *session = &j->sessions->list[odd->session];
	const struct hop_session *passed = &v->hop[odd->hop].session[odd->session];
	int64_t near_ns = hop_near_time(&j->hops->hop[odd->hop], odd->point,
					j->path->stage[odd->point] == odd->hop, odd->time_ns);
	bool by_client = (odd->direction == HOP_FORWARD) == session->client_forward;
	unsigned control = odd->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK | PACKET_TCP_RST);

	f->dropped++;
	story_tally_add(&f->tally[TALLY_DROPS], odd->hop);
	if (odd->cause == DROP_RESET_BY_HOP)
		story_tally_add(&f->tally[TALLY_BOUNCED], odd->hop);
	if (!by_client)
		story_tally_add(&f->tally[TALLY_ANSWERS], odd->hop);
	f->too_big += odd->cause == DROP_MTU;
	if (!passed->matched[odd->direction] || near_ns > passed->last_ns[odd->direction])
		story_tally_add(&f->tally[TALLY_TRAILING], odd->hop);
	if (odd->proto != FACTS_TCP || (odd->marks & PACKET_FRAGMENT_LATER))
		return;
	if (by_client && control == PACKET_TCP_SYN)
		story_tally_farthest(&f->tally[TALLY_SYN], odd);
	else if (by_client && control == PACKET_TCP_ACK)
		story_tally_add(&f->tally[TALLY_ACK], odd->hop);
	else if (!by_client && control == (PACKET_TCP_SYN | PACKET_TCP_ACK))
		story_tally_farthest(&f->tally[TALLY_SYNACK], odd);
}

/* ---- ICMP "too big" ---- */

/* Errors that say "too big": where they go to, and when. */
struct story_told {
	int64_t time_ns;
	uint8_t to[16];          /* network order */
	uint8_t version;
};

struct story_tellings {
	struct story_told *list; /* by receiver, then time */
	uint64_t count;
};

/* RFC 792, RFC 1191: 3/4. RFC 4443 3.2: 2. */
static bool story_too_big(const struct judging *j, const struct odd *odd)
{
	int64_t type_code = view_get(&j->view->point[odd->point], RECORD_ACK, odd->index);

	return (odd->proto == FACTS_ICMP && type_code == (3 << 8 | 4)) ||
	       (odd->proto == FACTS_ICMPV6 && type_code >> 8 == 2);
}

static int story_told_compare(const void *x, const void *y)
{
	const struct story_told *a = x, *b = y;
	int by = memcmp(a->to, b->to, sizeof a->to);

	if (by)
		return by;
	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

/* Only where something was too big: they end up at no partner, so they are odd. */
static bool story_tellings_find(struct story_tellings *t, const struct judging *j,
				const struct verdicts *v)
{
	uint64_t i, errors = 0, big = 0;

	*t = (struct story_tellings){0};
	for (i = 0; i < v->odds; i++) {
		big += v->odd[i].verdict == VERDICT_DROPPED && v->odd[i].cause == DROP_MTU;
		errors += !!(v->odd[i].marks & PACKET_ICMP_ERROR);
	}
	if (!big || !errors)
		return true;
	t->list = malloc(errors * sizeof *t->list);
	if (!t->list)
		return false;
	for (i = 0; i < v->odds; i++) {
		const struct odd *odd = &v->odd[i];
		const struct capture_flow *flow = &j->view->flow[odd->way >> 1];
		struct story_told *told = &t->list[t->count];

		if (!(odd->marks & PACKET_ICMP_ERROR) || !story_too_big(j, odd))
			continue;
		*told = (struct story_told){.time_ns = odd->time_ns, .version = flow->version};
		memcpy(told->to, odd->way & 1 ? flow->a : flow->b, sizeof told->to);
		t->count++;
	}
	qsort(t->list, t->count, sizeof *t->list, story_told_compare);
	return true;
}

/* Whether the sender of a packet that was too big was told. */
static bool story_told(const struct story_tellings *t, const struct judging *j,
		       const struct odd *odd)
{
	const struct capture_flow *flow = &j->view->flow[odd->way >> 1];
	struct story_told key = {.time_ns = odd->time_ns - FACTS_TOLD_NS};
	uint64_t low = 0, high = t->count;

	memcpy(key.to, odd->way & 1 ? flow->b : flow->a, sizeof key.to);
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (story_told_compare(&t->list[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->count && memcmp(t->list[low].to, key.to, sizeof key.to) == 0 &&
	       t->list[low].version == flow->version &&
	       t->list[low].time_ns - odd->time_ns <= FACTS_TOLD_NS;
}

/* ---- all of it ---- */

static bool story_facts_odds(struct story_facts *facts, const struct judging *j,
			     const struct verdicts *v)
{
	struct story_tellings tellings;
	bool ok = story_tellings_find(&tellings, j, v);
	uint64_t i;

	for (i = 0; ok && i < v->odds; i++) {
		const struct odd *odd = &v->odd[i];
		struct story_fact *f;

		if (odd->verdict != VERDICT_INJECTED && odd->verdict != VERDICT_DROPPED)
			continue;
		f = story_fact(facts, j->view->memory, odd->session);
		ok = f;
		if (!f)
			break;
		if (odd->verdict == VERDICT_INJECTED) {
			f->injected++;
			continue;
		}
		story_drop(f, j, v, odd);
		if (odd->cause == DROP_MTU && !f->told)
			f->told = story_told(&tellings, j, odd);
	}
	free(tellings.list);
	return ok;
}

static bool story_facts_resets(struct story_facts *facts, struct memory *memory,
			       const struct resets *resets)
{
	uint64_t i;

	for (i = 0; i < resets->count; i++) {
		const struct reset *reset = &resets->list[i];
		struct story_fact *f = story_fact(facts, memory, reset->session);

		if (!f)
			return false;
		f->resets++;
		if (reset->hop != UINT8_MAX && !f->tally[TALLY_RESET].most) /* the first is what ended it */
			story_tally_add(&f->tally[TALLY_RESET], reset->hop);
	}
	return true;
}

enum status story_facts_gather(struct story_facts *facts, const struct judging *j,
			       const struct verdicts *v, const struct resets *resets,
			       struct error *err)
{
	*facts = (struct story_facts){.count = 1, .room = 64};
	facts->of = memory_take(j->view->memory, (size_t)j->sessions->count + 1, sizeof *facts->of);
	facts->list = memory_take(j->view->memory, facts->room, sizeof *facts->list);
	if (facts->of && facts->list && story_facts_odds(facts, j, v) &&
	    story_facts_resets(facts, j->view->memory, resets))
		return STATUS_OK;
	return memory_fail(j->view->memory, err, "what sessions met with");
}

void story_facts_free(struct story_facts *facts)
{
	memory_give(facts->of);
	memory_give(facts->list);
	*facts = (struct story_facts){0};
}
