#include "correlate/synproxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/renumber.h"

struct synproxy_service {
	uint8_t version, address[16];
	uint16_t port;
};

static int synproxy_service_compare(const void *x, const void *y)
{
	const struct synproxy_service *a = x, *b = y;
	int by;

	if (a->version != b->version)
		return a->version - b->version;
	by = memcmp(a->address, b->address, sizeof a->address);
	return by ? by : a->port - b->port;
}

static struct synproxy_service synproxy_service_of(const struct judging *j, uint32_t node)
{
	const struct capture_flow *flow = &j->view->flow[node];
	struct session_service service = sessions_service(j->sessions, flow, node);
	struct synproxy_service one = {.version = flow->version, .port = service.port};

	memcpy(one.address, service.server, sizeof one.address);
	return one;
}

bool synproxy_made(const struct judging *j, uint32_t hop, uint32_t session)
{
	const struct renumber *near = NULL, *far = NULL;
	uint32_t n;

	for (n = j->sessions->list[session].first_node; n != UINT32_MAX;
	     n = j->sessions->next_node[n]) {
		const struct renumber *r = renumber_of(j->view, n);
		uint32_t stage = j->path->stage[j->view->node_point[n]];

		if (!r || r->handshake != RENUMBER_PROXIED)
			continue;
		if (stage == hop)
			near = r;
		else if (stage == hop + 1)
			far = r;
	}
	return near && far && !renumber_alike(near, far);
}

static bool synproxy_add(struct synproxy *p, uint64_t *room, uint32_t node)
{
	struct synproxy_service *list = memory_room(p->service, p->services, room, sizeof *list);

	if (!list)
		return false;
	p->service = list;
	list[p->services++] = synproxy_service_of(p->judging, node);
	return true;
}

enum status synproxy_find(struct synproxy *p, const struct judging *j, uint32_t hop,
			  struct error *err)
{
	const struct sessions *s = j->sessions;
	bool any = false, ok = true;
	uint64_t room = 0;
	uint32_t i, n;

	*p = (struct synproxy){.judging = j};
	for (i = 0; i < j->view->points; i++)
		any |= j->view->point[i].renumber != NULL;
	if (!any)
		return STATUS_OK;
	p->proxied = memory_zeroed((size_t)s->count + 1, 1);
	ok = p->proxied != NULL;
	for (i = 0; i < s->count && ok; i++) {
		p->proxied[i] = synproxy_made(j, hop, i);
		for (n = s->list[i].first_node; p->proxied[i] && n != UINT32_MAX && ok; n = s->next_node[n])
			ok = synproxy_add(p, &room, n);
	}
	if (p->services)
		qsort(p->service, p->services, sizeof *p->service, synproxy_service_compare);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "SYN proxy");
}

void synproxy_free(struct synproxy *p)
{
	free(p->proxied);
	free(p->service);
}

/* What the near and the far side show of a session. */
struct synproxy_sight {
	bool there[2], answered[2], data;
};

static struct synproxy_sight synproxy_look(const struct judging *j, const struct odd *odd)
{
	struct synproxy_sight sight = {.data = false};
	uint32_t n;

	for (n = j->sessions->list[odd->session].first_node; n != UINT32_MAX;
	     n = j->sessions->next_node[n]) {
		const struct survey_flow *flow = &j->flows[n];
		uint32_t side = j->path->stage[j->view->node_point[n]] - (uint32_t)odd->hop;

		if (side > 1)
			continue;
		sight.there[side] = true;
		sight.data |= survey_has(flow, 0, SURVEY_DATA) || survey_has(flow, 1, SURVEY_DATA);
		sight.answered[side] |=
			(survey_has(flow, 0, SURVEY_SYN) && survey_has(flow, 1, SURVEY_SYNACK)) ||
			(survey_has(flow, 1, SURVEY_SYN) && survey_has(flow, 0, SURVEY_SYNACK));
	}
	return sight;
}

/* A session that carried nothing, and whose SYN was answered on one side: of which the other saw
 * nothing, or where the box asked behind its answer to the client, and got none. */
static bool synproxy_never_came(const struct synproxy *p, const struct odd *odd)
{
	const struct judging *j = p->judging;
	struct synproxy_sight sight = synproxy_look(j, odd);
	struct synproxy_service one = synproxy_service_of(j, odd->way >> 1);
	uint32_t side = j->path->stage[odd->point] - (uint32_t)odd->hop;
	uint32_t client = !j->sessions->list[odd->session].client_forward;

	return odd->proto == 6 && !sight.data &&
	       (sight.there[!side] ? sight.answered[client] && !sight.answered[!client]
				   : sight.answered[side]) &&
	       bsearch(&one, p->service, p->services, sizeof one, synproxy_service_compare);
}

bool synproxy_explains(const struct synproxy *p, const struct odd *odd)
{
	const struct view_point *point = &p->judging->view->point[odd->point];

	if (!p->services)
		return false;
	if (p->proxied[odd->session])
		return odd->proto == 6 && renumber_is_handshake(point, odd->index);
	return synproxy_never_came(p, odd);
}
