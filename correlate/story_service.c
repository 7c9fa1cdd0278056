#include "correlate/story_service.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/memory.h"

#define SERVICE_SAMPLES 1024u /* of a service's sessions: the median's rank is then right to 3 % */
#define SERVICE_KEY offsetof(struct story_service, sessions)

/* Nodes are chained in the order of stages. */
static uint32_t service_end_node(const struct judging *j, uint32_t session, bool first)
{
	uint32_t node = j->sessions->list[session].first_node;

	while (!first && j->sessions->next_node[node] != UINT32_MAX)
		node = j->sessions->next_node[node];
	return node;
}

uint32_t story_near_node(const struct judging *j, uint32_t session)
{
	return service_end_node(j, session, j->sessions->list[session].client_forward);
}

uint32_t story_far_node(const struct judging *j, uint32_t session)
{
	return service_end_node(j, session, !j->sessions->list[session].client_forward);
}

static void service_key(struct story_service *key, const struct judging *j, uint32_t node)
{
	const struct capture_flow *flow = &j->view->flow[node];
	struct session_service service = sessions_service(j->sessions, flow, node);

	memset(key, 0, SERVICE_KEY);
	memcpy(key->server, service.server, sizeof key->server);
	key->port = service.port;
	key->version = flow->version;
	key->proto = flow->proto;
}

/* Where the key is, or the free place for it. */
static uint32_t *service_slot(const struct story_services *s, const struct story_service *key,
			      uint64_t seed)
{
	uint64_t h = XXH3_64bits_withSeed(key, SERVICE_KEY, seed);

	for (;; h++) {
		uint32_t *slot = &s->slot[h & (s->slots - 1)];

		if (!*slot || memcmp(&s->list[*slot - 1], key, SERVICE_KEY) == 0)
			return slot;
	}
}

static bool services_grow(struct story_services *s, uint64_t seed)
{
	uint32_t room = s->room ? 2 * s->room : 256, i;
	struct story_service *list = realloc(s->list, (size_t)room * sizeof *list);

	if (!list)
		return false;
	s->list = list;
	free(s->slot);
	s->slot = calloc(2 * (size_t)room, sizeof *s->slot);
	if (!s->slot)
		return false;
	s->room = room;
	s->slots = 2 * room;
	for (i = 0; i < s->count; i++)
		*service_slot(s, &s->list[i], seed) = i + 1;
	return true;
}

static bool services_name(struct story_services *s, const struct judging *j, uint32_t session)
{
	uint32_t node = story_near_node(j, session), *slot;
	struct story_service key;
	const struct survey_flow *flow = &j->flows[node];

	service_key(&key, j, node);
	if (s->count == s->room && !services_grow(s, j->view->seed))
		return false;
	slot = service_slot(s, &key, j->view->seed);
	if (!*slot) {
		memset(&s->list[s->count], 0, sizeof *s->list);
		memcpy(&s->list[s->count], &key, SERVICE_KEY);
		s->list[s->count].reply_ns = s->list[s->count].duration_ns = INT64_MIN;
		*slot = ++s->count;
	}
	s->of[session] = *slot - 1;
	s->list[*slot - 1].sessions++;
	s->list[*slot - 1].answers |=
		survey_has(flow, !j->sessions->client_direction[node], SURVEY_DATA);
	return true;
}

enum status story_services_find(struct story_services *s, const struct judging *j,
				struct error *err)
{
	uint32_t count = j->sessions->count, i;
	bool ok;

	*s = (struct story_services){0};
	s->of = memory_zeroed((size_t)count + 1, sizeof *s->of);
	ok = s->of;
	for (i = 0; ok && i < count; i++)
		ok = services_name(s, j, i);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "services");
}

void story_services_free(struct story_services *s)
{
	free(s->list);
	free(s->of);
	free(s->slot);
	*s = (struct story_services){0};
}

static int service_value_compare(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

enum status story_services_usual(struct story_services *s, uint32_t sessions,
				 int64_t (*value)(const void *user, uint32_t session,
						  unsigned which),
				 const void *user, struct error *err)
{
	uint32_t i, first = 0;
	int64_t *sample;
	unsigned which;

	for (i = 0; i < s->count; i++) {
		struct story_service *one = &s->list[i];

		one->first = first;
		one->stride = one->sessions / SERVICE_SAMPLES + 1;
		first += one->sessions / one->stride + 1;
	}
	sample = malloc(((size_t)first + 1) * sizeof *sample);
	if (!sample)
		return error_errno(err, ENOMEM, "what is usual");
	for (which = 0; which < 2; which++) {
		for (i = 0; i < s->count; i++)
			s->list[i].samples = s->list[i].seen = 0;
		for (i = 0; i < sessions; i++) {
			struct story_service *one = &s->list[s->of[i]];
			int64_t v;

			if (one->sessions < SERVICE_USUAL_MIN || one->seen++ % one->stride)
				continue;
			v = value(user, i, which);
			if (v != INT64_MIN)
				sample[one->first + one->samples++] = v;
		}
		for (i = 0; i < s->count; i++) {
			struct story_service *one = &s->list[i];

			if (one->samples < SERVICE_USUAL_MIN)
				continue;
			qsort(sample + one->first, one->samples, sizeof *sample,
			      service_value_compare);
			*(which ? &one->duration_ns : &one->reply_ns) =
				sample[one->first + (one->samples - 1) / 2];
		}
	}
	free(sample);
	return STATUS_OK;
}
