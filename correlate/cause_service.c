/* Services: what of each passed the hop, and what died there. */
#include "correlate/cause_hop.h"

#include "collect/memory.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define CAUSE_SERVICE_KEY offsetof(struct cause_service, passed)

static bool service_same(const struct cause_service *a, const struct cause_service *b)
{
	return memcmp(a, b, CAUSE_SERVICE_KEY) == 0;
}

/* Its place, or the free one where it would be. There is always a free one. */
static struct cause_service *service_slot(const struct cause_services *s,
					  const struct cause_service *key)
{
	uint64_t h = XXH3_64bits_withSeed(key, CAUSE_SERVICE_KEY, s->seed);

	for (;; h++) {
		struct cause_service *at = &s->slot[h & (s->slots - 1)];

		if (!at->version || service_same(at, key))
			return at;
	}
}

static bool service_grow(struct cause_services *s)
{
	struct cause_services grown = {.memory = s->memory, .slots = s->slots ? 2 * s->slots : 256, .used = s->used,
				       .seed = s->seed};
	uint32_t i;

	grown.slot = memory_take(s->memory, grown.slots, sizeof *grown.slot);
	if (!grown.slot)
		return false;
	for (i = 0; i < s->slots; i++)
		if (s->slot[i].version)
			*service_slot(&grown, &s->slot[i]) = s->slot[i];
	memory_give(s->slot);
	*s = grown;
	return true;
}

static struct cause_service *service_add(struct cause_services *s, const struct cause_service *key)
{
	struct cause_service *at;

	if (2 * (s->used + 1) > s->slots && !service_grow(s))
		return NULL;
	at = service_slot(s, key);
	if (!at->version) {
		*at = *key;
		at->renewed_ns = INT64_MAX;
		s->used++;
	}
	return at;
}

/* The service of a node as seen there: behind a hop it may bear another address. */
static void service_key(struct cause_service *key, const struct cause_hop *c, uint32_t node,
			bool of_client)
{
	const struct capture_flow *flow = &c->j->view->flow[node];
	struct session_service service = sessions_service(c->j->sessions, flow, node);

	memset(key, 0, sizeof *key);
	memcpy(key->server, service.server, 16);
	if (of_client)
		memcpy(key->client, service.server == flow->a ? flow->b : flow->a, 16);
	key->port = service.port;
	key->version = flow->version;
	key->proto = flow->proto;
}

struct cause_service *cause_service_of(const struct cause_hop *c, const struct odd *odd,
				       bool of_client)
{
	struct cause_service key;

	service_key(&key, c, odd->way >> 1, of_client);
	return service_slot(&c->services, &key);
}

static bool service_count_drops(struct cause_hop *c)
{
	struct cause_service key, *at;
	uint32_t k, i, of_client;
	unsigned d;

	for (k = 0; k < c->sessions; k++) {
		const struct cause_session *s = &c->session[k];

		for (i = s->first; i < s->first + s->drops; i++)
			for (of_client = 0; of_client < 2; of_client++) {
				const struct odd *odd = c->drop[c->by_session[i]].odd;

				service_key(&key, c, odd->way >> 1, of_client);
				at = service_add(&c->services, &key);
				if (!at)
					return false;
				at->dropped[odd->direction]++;
				for (d = 0; d < 2 && i == s->first; d++)
					at->sessions[d] += s->dropped[d] != 0;
			}
	}
	return true;
}

/* Whether the node is of a point at one of the hop's two ends. */
static bool service_is_here(const struct cause_hop *c, uint32_t node)
{
	uint32_t stage = c->j->path->stage[c->j->view->node_point[node]];

	return stage == c->hop || stage == c->hop + 1;
}

/* What passed of a session, to each service that it is of at the hop and that lost something there:
 * one that is the same at both ends counts once. */
static void service_add_passed(struct cause_hop *c, uint32_t session, bool of_client)
{
	const struct hop_session *at = &c->result->session[session];
	const struct sessions *s = c->j->sessions;
	struct cause_service key, last = {0};
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n]) {
		struct cause_service *service;

		if (!service_is_here(c, n))
			continue;
		service_key(&key, c, n, of_client);
		if (service_same(&key, &last))
			continue;
		last = key;
		service = service_slot(&c->services, &key);
		if (!service->version)
			continue;
		service->passed[0] += at->matched[0];
		service->passed[1] += at->matched[1];
	}
}

bool cause_services_gather(struct cause_hop *c)
{
	uint32_t k;

	c->services.memory = c->j->view->memory;
	c->services.seed = c->j->view->seed;
	if (!service_grow(&c->services) || !service_count_drops(c))
		return false;
	for (k = 0; k < c->j->sessions->count && c->drops; k++)
		if (c->result->session[k].matched[0] || c->result->session[k].matched[1]) {
			service_add_passed(c, k, false);
			service_add_passed(c, k, true);
		}
	return true;
}

void cause_services_renew(struct cause_hop *c, int64_t after_ns)
{
	const struct sessions *s = c->j->sessions;
	struct cause_service key, *service;
	uint32_t k, n;

	for (k = 0; k < s->count; k++) {
		const struct hop_session *at = &c->result->session[k];
		int64_t last_ns = at->last_ns[0] > at->last_ns[1] ? at->last_ns[0] : at->last_ns[1];

		if (s->list[k].start_ns <= after_ns || !at->matched[0] || !at->matched[1])
			continue;
		for (n = s->list[k].first_node; n != UINT32_MAX; n = s->next_node[n]) {
			if (!service_is_here(c, n))
				continue;
			service_key(&key, c, n, true);
			service = service_slot(&c->services, &key);
			if (service->version && last_ns < service->renewed_ns)
				service->renewed_ns = last_ns;
		}
	}
}
