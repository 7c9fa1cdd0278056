#include "correlate/cause.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/packet.h"

#define CAUSE_ANSWER_NS 1000000000  /* the hop's own answer to what it drops comes within a second */
#define CAUSE_BURST_GAP_NS 5000000  /* drops of one burst are at most 5 ms apart */
#define CAUSE_BURST_MIN 5           /* drops of at least 2 sessions */
#define CAUSE_BURST_SHARE 3         /* at least a third of the packets between the first and the last */
#define CAUSE_ONLY_EXPECTED 3       /* drops expected of the other kinds: none is then no chance (5 %) */
#define CAUSE_ONLY_MIN 3            /* drops of a kind that passes, too: fewer are chance */
#define CAUSE_MTU_LEAST 576         /* RFC 791: every link carries that much */

/* ---- services ---- */

/* What of a service passed a hop, and what died there, by direction. */
struct service {
	uint8_t server[16];
	uint16_t port;
	uint8_t version, proto; /* version 0: free */
	uint64_t matched[2], dropped[2];
};

struct services {
	struct service *slot;
	uint32_t slots, used;
	uint64_t seed;
};

static bool service_same(const struct service *a, const struct service *b)
{
	return memcmp(a, b, offsetof(struct service, matched)) == 0;
}

static struct service *service_slot(const struct services *s, const struct service *key)
{
	uint64_t h = XXH3_64bits_withSeed(key, offsetof(struct service, matched), s->seed);

	for (;; h++) {
		struct service *at = &s->slot[h & (s->slots - 1)];

		if (!at->version || service_same(at, key))
			return at;
	}
}

static struct service *service_at(struct services *s, const struct service *key)
{
	struct service *at;
	uint32_t i;

	if (2 * (s->used + 1) > s->slots) {
		struct services grown = {.slots = s->slots ? 2 * s->slots : 256, .used = s->used,
					 .seed = s->seed};

		grown.slot = calloc(grown.slots, sizeof *grown.slot);
		if (!grown.slot)
			return NULL;
		for (i = 0; i < s->slots; i++)
			if (s->slot[i].version)
				*service_slot(&grown, &s->slot[i]) = s->slot[i];
		free(s->slot);
		*s = grown;
	}
	at = service_slot(s, key);
	if (!at->version) {
		*at = *key;
		s->used++;
	}
	return at;
}

/* The service of a node: its server's address and port, as seen there. */
static void service_key(struct service *key, const struct judging *j, uint32_t node)
{
	const struct capture_flow *flow = &j->view->flow[node];
	struct session_service service = sessions_service(j->sessions, flow, node);

	memset(key, 0, sizeof *key);
	memcpy(key->server, service.server, 16);
	key->port = service.port;
	key->version = flow->version;
	key->proto = flow->proto;
}

/* ---- the hop ---- */

struct cause_answer {
	int64_t time_ns;
	uint32_t session;      /* of a RST */
	uint8_t to[16];        /* of an ICMP error: its receiver; version 0 for a RST */
	uint8_t version;
};

struct causing {
	const struct judging *j;
	const struct resets *resets;
	const struct hop_result *result;
	struct odd *odd;       /* of this hop, in order of time */
	uint64_t odds;
	uint32_t hop;
	struct services services;
	struct cause_answer *answer; /* in order of time */
	uint64_t answers;
	uint8_t *burst;        /* by odd packet */
	uint64_t matched[2], dropped[2], dropped_fragments[2], dropped_later[2]; /* by direction */
};

static bool causing_services(struct causing *c)
{
	const struct sessions *s = c->j->sessions;
	struct service key, *at;
	uint64_t i;
	uint32_t k, n;

	for (k = 0; k < s->count; k++) {
		const struct hop_session *hs = &c->result->session[k];

		if (!hs->matched[0] && !hs->matched[1])
			continue;
		/* as seen at either side: a service may bear another address behind the hop */
		at = NULL;
		for (n = s->list[k].first_node; n != UINT32_MAX; n = s->next_node[n]) {
			service_key(&key, c->j, n);
			if (!at || !service_same(at, &key))
				at = service_at(&c->services, &key);
			if (!at)
				return false;
			at->matched[0] += hs->matched[0];
			at->matched[1] += hs->matched[1];
		}
	}
	for (i = 0; i < c->odds; i++) {
		if (c->odd[i].verdict != VERDICT_DROPPED)
			continue;
		service_key(&key, c->j, c->odd[i].way >> 1);
		at = service_at(&c->services, &key);
		if (!at)
			return false;
		at->dropped[c->odd[i].direction]++;
	}
	return true;
}

/* The hop's own answers: RSTs it injected, ICMP errors it sent. */
static bool causing_answers(struct causing *c)
{
	uint64_t i;

	c->answer = malloc((c->odds + 1) * sizeof *c->answer);
	if (!c->answer)
		return false;
	for (i = 0; i < c->odds; i++) {
		const struct odd *odd = &c->odd[i];
		struct cause_answer *a = &c->answer[c->answers];
		const struct capture_flow *flow = &c->j->view->flow[odd->way >> 1];

		if (odd->upstream)
			continue;
		if (odd->verdict == VERDICT_INJECTED && odd->proto == 6 &&
		    (odd->flags & PACKET_TCP_RST)) {
			*a = (struct cause_answer){.time_ns = odd->time_ns,
						   .session = odd->session};
			c->answers++;
		} else if (odd->verdict == VERDICT_LOCAL && (odd->marks & PACKET_ICMP_ERROR)) {
			*a = (struct cause_answer){.time_ns = odd->time_ns,
						   .version = flow->version};
			memcpy(a->to, odd->way & 1 ? flow->a : flow->b, 16);
			c->answers++;
		}
	}
	return true;
}

/* Many drops at once: a queue that was full, or an outage (RFC 3357 loss periods). */
static bool causing_bursts(struct causing *c)
{
	uint64_t last[2] = {UINT64_MAX, UINT64_MAX}, from[2] = {0, 0}, count[2] = {0, 0}, i, k;
	bool several[2] = {false, false};
	unsigned d;

	c->burst = calloc(c->odds + 1, 1);
	if (!c->burst)
		return false;
	for (i = 0; i <= c->odds; i++) {
		for (d = 0; d < 2; d++) {
			bool mine = i < c->odds && c->odd[i].verdict == VERDICT_DROPPED &&
				    c->odd[i].direction == d;

			if (i < c->odds && !mine)
				continue;
			if (i < c->odds && last[d] != UINT64_MAX &&
			    c->odd[i].time_ns - c->odd[last[d]].time_ns <= CAUSE_BURST_GAP_NS) {
				several[d] |= c->odd[i].session != c->odd[last[d]].session;
				count[d]++;
				last[d] = i;
				continue;
			}
			if (count[d] >= CAUSE_BURST_MIN && several[d] &&
			    c->odd[from[d]].point == c->odd[last[d]].point &&
			    c->odd[last[d]].index - c->odd[from[d]].index <
				    CAUSE_BURST_SHARE * count[d])
				for (k = from[d]; k <= last[d]; k++)
					c->burst[k] |= c->odd[k].direction == d;
			from[d] = last[d] = i;
			count[d] = 1;
			several[d] = false;
		}
	}
	return true;
}

/* ---- the table ---- */

static bool cause_ttl(const struct causing *c, const struct odd *odd)
{
	return odd->ttl <= 1;
}

static bool cause_answered(const struct causing *c, const struct odd *odd)
{
	const struct capture_flow *flow = &c->j->view->flow[odd->way >> 1];
	const uint8_t *source = odd->way & 1 ? flow->b : flow->a;
	uint64_t low = 0, high = c->answers;

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (c->answer[middle].time_ns < odd->time_ns - CAUSE_ANSWER_NS)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < c->answers && c->answer[low].time_ns <= odd->time_ns + CAUSE_ANSWER_NS; low++) {
		const struct cause_answer *a = &c->answer[low];

		if (!a->version ? a->session == odd->session
				: a->time_ns >= odd->time_ns && a->version == flow->version &&
					  memcmp(a->to, source, 16) == 0)
			return true;
	}
	return false;
}

static bool cause_policy(const struct causing *c, const struct odd *odd)
{
	struct service key;
	const struct service *at;
	bool opening = odd->proto == 6 &&
		       (odd->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK)) == PACKET_TCP_SYN;

	service_key(&key, c->j, odd->way >> 1);
	at = service_slot(&c->services, &key);
	if (at->matched[odd->direction])
		return false;
	if (odd->proto == 6 && !opening)
		return survey_has(&c->j->flows[odd->way >> 1], 0, SURVEY_SYN) ||
		       survey_has(&c->j->flows[odd->way >> 1], 1, SURVEY_SYN);
	return opening || at->dropped[odd->direction] > 1;
}

static bool cause_mtu(const struct causing *c, const struct odd *odd)
{
	return (odd->flags & PACKET_IP_DF) && odd->length > CAUSE_MTU_LEAST &&
	       odd->length > c->result->length_max[odd->direction];
}

/* Whether all that was dropped is of one kind, and so much of the other kinds
 * passed that at the same rate some of it would have died, too. */
static bool cause_only(uint64_t dropped, uint64_t dropped_kind, uint64_t matched,
		       uint64_t matched_kind)
{
	return dropped == dropped_kind && (dropped_kind >= CAUSE_ONLY_MIN || !matched_kind) &&
	       (matched - matched_kind) * dropped_kind >=
		       CAUSE_ONLY_EXPECTED * (matched_kind + dropped_kind);
}

static bool cause_fragment(const struct causing *c, const struct odd *odd)
{
	unsigned d = odd->direction;
	uint64_t later = c->result->fragments[d][1], fragments = c->result->fragments[d][0] + later;

	return (odd->marks & PACKET_FRAGMENT) &&
	       (cause_only(c->dropped[d], c->dropped_later[d], c->matched[d], later) ||
		cause_only(c->dropped[d], c->dropped_fragments[d], c->matched[d], fragments));
}

static bool cause_state(const struct causing *c, const struct odd *odd)
{
	return odd->alone && odd->proto == 6 &&
	       !survey_has(&c->j->flows[odd->way >> 1], 0, SURVEY_SYN) &&
	       !survey_has(&c->j->flows[odd->way >> 1], 1, SURVEY_SYN);
}

static bool cause_burst(const struct causing *c, const struct odd *odd)
{
	return c->burst[odd - c->odd];
}

static bool cause_loss(const struct causing *c, const struct odd *odd)
{
	return odd->confidence >= 70;
}

/* First match wins. */
static const struct {
	enum drop_cause cause;
	bool (*holds)(const struct causing *causing, const struct odd *odd);
} cause_rules[] = {
	{DROP_TTL_EXPIRED, cause_ttl}, {DROP_MTU, cause_mtu},
	{DROP_FRAGMENT, cause_fragment}, {DROP_RESET_BY_HOP, cause_answered},
	{DROP_POLICY, cause_policy},   {DROP_STATE, cause_state},
	{DROP_BURST, cause_burst},     {DROP_LOSS, cause_loss},
};

static const char *const cause_names[DROP_CAUSES] = {
	[DROP_UNKNOWN] = "unknown",           [DROP_POLICY] = "policy",
	[DROP_MTU] = "mtu",                   [DROP_STATE] = "state",
	[DROP_RESET_BY_HOP] = "reset_by_hop", [DROP_FRAGMENT] = "fragment",
	[DROP_TTL_EXPIRED] = "ttl_expired",   [DROP_LOSS] = "loss",
	[DROP_BURST] = "burst",
};

const char *drop_cause_name(enum drop_cause cause)
{
	return cause_names[cause];
}

static void causing_count(struct causing *c)
{
	uint64_t i;
	unsigned d;

	for (i = 0; i < c->odds; i++) {
		const struct odd *odd = &c->odd[i];

		if (odd->verdict != VERDICT_DROPPED)
			continue;
		c->dropped[odd->direction]++;
		c->dropped_fragments[odd->direction] += (odd->marks & PACKET_FRAGMENT) != 0;
		c->dropped_later[odd->direction] += (odd->marks & PACKET_FRAGMENT_LATER) != 0;
	}
	for (d = 0; d < 2; d++)
		c->matched[d] = histogram_count(c->result->delay[d]);
}

static bool causing_hop(struct causing *c)
{
	uint64_t i;
	size_t r;

	causing_count(c);
	if (!causing_services(c) || !causing_answers(c) || !causing_bursts(c))
		return false;
	for (i = 0; i < c->odds; i++) {
		if (c->odd[i].verdict != VERDICT_DROPPED)
			continue;
		c->odd[i].cause = DROP_UNKNOWN;
		for (r = 0; r < sizeof cause_rules / sizeof cause_rules[0]; r++)
			if (cause_rules[r].holds(c, &c->odd[i])) {
				c->odd[i].cause = cause_rules[r].cause;
				break;
			}
	}
	return true;
}

enum status causes_find(struct verdicts *verdicts, const struct resets *resets,
			const struct judging *judging, struct error *err)
{
	uint64_t from = 0, to;
	bool ok = true;

	for (; from < verdicts->odds && ok; from = to) {
		struct causing c = {.j = judging, .resets = resets, .odd = verdicts->odd + from,
				    .hop = verdicts->odd[from].hop,
				    .services = {.seed = judging->view->seed}};

		for (to = from; to < verdicts->odds && verdicts->odd[to].hop == c.hop; to++)
			;
		c.odds = to - from;
		c.result = &verdicts->hop[c.hop];
		ok = causing_hop(&c);
		free(c.services.slot);
		free(c.answer);
		free(c.burst);
	}
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "causes of drops");
}
