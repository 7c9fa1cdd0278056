#include "correlate/sides.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "correlate/hosts.h"

#define SIDES_CLEAR 10 /* openers on one side outweigh the other's by a tenth of all: no doubt */

/* Union and find over hosts, with sides. */
struct side_host {
	uint32_t up;
	uint8_t turned;    /* on the other side than `up` */
	int64_t openers;   /* at a root: sessions opened by hosts on its side, less the others */
	int64_t guessed;   /* the same of sessions whose opener is only guessed */
	uint64_t sessions; /* at a root: sessions whose opener is known */
};

struct side_edge {
	uint64_t packets;
	uint32_t a, b, node;
};

static uint32_t side_root(struct side_host *host, uint32_t h, uint8_t *turned)
{
	uint8_t t = 0;

	while (host[h].up != h) {
		uint32_t up = host[h].up;

		host[h].turned ^= host[up].turned;
		host[h].up = host[up].up;
		t ^= host[h].turned;
		h = host[h].up;
	}
	*turned = t;
	return h;
}

static int side_edge_compare(const void *x, const void *y)
{
	const struct side_edge *p = x, *q = y;

	if (p->packets != q->packets)
		return p->packets > q->packets ? -1 : 1;
	return (p->node > q->node) - (p->node < q->node);
}

/* Puts the ends of a flow on different sides; false: they are on one already. */
static bool sides_join(struct side_host *host, const struct side_edge *edge)
{
	uint8_t ta, tb;
	uint32_t ra = side_root(host, edge->a, &ta), rb = side_root(host, edge->b, &tb);

	if (ra == rb)
		return ta != tb;
	host[rb].up = ra;
	host[rb].turned = !(ta ^ tb);
	return true;
}

/* Colours all hosts, flow by flow. False: some flow contradicts those before it,
 * so that the order matters. */
static bool sides_colour(struct side_host *host, uint32_t hosts, const struct side_edge *edge,
			 uint32_t edges)
{
	bool agree = true;
	uint32_t i;

	for (i = 0; i < hosts; i++)
		host[i] = (struct side_host){.up = i};
	for (i = 0; i < edges; i++)
		agree &= sides_join(host, &edge[i]);
	return agree;
}

static void sides_vote(struct side_host *host, const struct side_edge *edge,
		       const struct survey_flow *flow, const struct capture_flow *key)
{
	uint8_t ta, tb;
	uint32_t root = side_root(host, edge->a, &ta);
	unsigned dir;
	bool sure;

	(void)side_root(host, edge->b, &tb);
	dir = survey_client_direction(flow, key, &sure);
	if (ta == tb)
		return;
	*(sure ? &host[root].openers : &host[root].guessed) += (dir ? tb : ta) == 0 ? 1 : -1;
	host[root].sessions += sure;
}

static void sides_settle(struct sides *sides, struct side_host *host,
			 const struct side_edge *edge, uint32_t count, uint32_t hosts)
{
	uint64_t clear = 0, sessions = 0;
	uint32_t i;

	for (i = 0; i < hosts; i++)
		if (host[i].up == i) {
			if (!host[i].sessions)
				host[i].openers = host[i].guessed;
			clear += (uint64_t)(host[i].openers < 0 ? -host[i].openers : host[i].openers);
			sessions += host[i].sessions;
		}
	sides->doubtful = clear * SIDES_CLEAR < sessions;
	for (i = 0; i < count; i++) {
		uint8_t ta, tb;
		uint32_t root = side_root(host, edge[i].a, &ta);

		(void)side_root(host, edge[i].b, &tb);
		sides->of_a[edge[i].node] = ta == tb ? 2 : ta ^ (host[root].openers < 0);
	}
}

enum status sides_find(struct sides *sides, const struct view *view,
		       const struct survey_flow *flows, struct error *err)
{
	struct side_edge *edge = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *edge);
	struct hosts *hosts = hosts_new(view->seed);
	struct side_host *host = NULL;
	enum status status = STATUS_OK;
	bool ok = edge && hosts;
	uint32_t n;

	sides->of_a = memory_take(view->memory, (size_t)view->nodes + 1, 1);
	for (n = 0; ok && n < view->nodes; n++) {
		const struct capture_flow *f = &view->flow[n];

		edge[n] = (struct side_edge){(uint64_t)flows[n].packets[0] + flows[n].packets[1],
					     hosts_add(hosts, f->version, f->a),
					     hosts_add(hosts, f->version, f->b), n};
		ok = edge[n].a != HOSTS_NONE && edge[n].b != HOSTS_NONE;
	}
	if (ok)
		host = memory_zeroed((size_t)hosts_count(hosts) + 1, sizeof *host);
	if (!ok || !host || !sides->of_a) {
		status = memory_fail(view->memory, err, "sides of the path");
		sides_free(sides);
		goto out;
	}
	if (!sides_colour(host, hosts_count(hosts), edge, view->nodes)) {
		qsort(edge, view->nodes, sizeof *edge, side_edge_compare);
		(void)sides_colour(host, hosts_count(hosts), edge, view->nodes);
	}
	for (n = 0; n < view->nodes; n++)
		sides_vote(host, &edge[n], &flows[edge[n].node], &view->flow[edge[n].node]);
	sides_settle(sides, host, edge, view->nodes, hosts_count(hosts));
out:
	hosts_free(&hosts);
	free(host);
	memory_give(edge);
	return status;
}

void sides_free(struct sides *sides)
{
	memory_give(sides->of_a);
	sides->of_a = NULL;
}
