/* Findings: what packets say - drops, injections, resets - gathered by cause, hop and service. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/cause.h"
#include "correlate/finding_list.h"

#define FINDING_LOSS_HIGH 100 /* one packet in so many lost is serious */

enum finding_what { FINDING_DROPS, FINDING_RESETS, FINDING_INJECTED, FINDING_ENDS };

/* One packet of a finding. */
struct finding_item {
	struct finding_key key;
	int64_t time_ns;
	uint32_t session;
	bool opening;      /* a SYN */
};

struct packet_findings {
	struct findings *f;
	struct finding_item *item;
	uint64_t items, room;
};

static void finding_item_add(struct packet_findings *p, const struct finding_item *item)
{
	struct finding_item *list = memory_room(p->item, p->items, &p->room, sizeof *list);

	if (!list) {
		p->f->failed = true;
		return;
	}
	p->item = list;
	p->item[p->items++] = *item;
}

static void finding_service(struct finding_key *key, const struct judging *j, uint32_t node)
{
	const struct capture_flow *flow = &j->view->flow[node];
	struct session_service service = sessions_service(j->sessions, flow, node);

	memcpy(key->server, service.server, 16);
	key->port = service.port;
	key->version = flow->version;
	key->proto = flow->proto;
}

/* Causes that are about a service rather than about the hop as a whole. */
static bool finding_by_service(uint8_t cause)
{
	return cause == DROP_POLICY || cause == DROP_RESET_BY_HOP || cause == DROP_STATE;
}

static void findings_gather_odds(struct packet_findings *p)
{
	const struct findings *f = p->f;
	uint64_t i;

	for (i = 0; i < f->v->odds && !f->failed; i++) {
		const struct odd *odd = &f->v->odd[i];
		struct finding_item item = {.time_ns = odd->time_ns, .session = odd->session};

		if (odd->verdict == VERDICT_DROPPED)
			item.key.what = FINDING_DROPS;
		else if (odd->verdict == VERDICT_INJECTED &&
			 !(odd->proto == 6 && (odd->flags & PACKET_TCP_RST)))
			item.key.what = FINDING_INJECTED;
		else
			continue;
		item.key.hop = odd->hop;
		item.key.direction = odd->direction;
		item.key.cause = odd->cause;
		item.opening = odd->proto == 6 && (odd->flags & PACKET_TCP_SYN) &&
			       !(odd->flags & PACKET_TCP_ACK);
		if (item.key.what == FINDING_DROPS && finding_by_service(odd->cause))
			finding_service(&item.key, f->j, odd->way >> 1);
		finding_item_add(p, &item);
	}
}

#define FINDING_BY_BOX 2 /* neither the server (0) nor the client (1): a proxy, or the box itself */

/* A RST that an end sent for no known reason is no finding: many end their sessions so. */
static void findings_gather_resets(struct packet_findings *p, const struct resets *resets)
{
	uint64_t i;

	for (i = 0; i < resets->count && !p->f->failed; i++) {
		const struct reset *r = &resets->list[i];
		struct finding_item item = {.time_ns = r->time_ns, .session = r->session};

		item.key.cause = r->cause;
		if (r->hop != UINT8_MAX && r->verdict == RESET_INJECTED) {
			item.key.what = FINDING_RESETS;
			item.key.hop = r->hop;
			item.key.direction = r->cause == RESET_BOTH_SIDES_INJECTED
						     ? HOP_NO_DIRECTION
						     : r->direction;
		} else if (r->cause != RESET_UNEXPLAINED) {
			item.key.what = FINDING_ENDS;
			item.key.direction = r->hop != UINT8_MAX ? FINDING_BY_BOX : r->from_client;
			finding_service(&item.key, p->f->j, r->way >> 1);
		} else {
			continue;
		}
		finding_item_add(p, &item);
	}
}

static int finding_item_compare(const void *x, const void *y)
{
	const struct finding_item *a = x, *b = y;
	int by = memcmp(&a->key, &b->key, sizeof a->key);

	if (by)
		return by;
	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

struct finding_group {
	const struct finding_item *item;
	uint64_t count, openings;
	uint32_t sessions;
	int64_t first_ns, last_ns;
};

/* What passed and what was offered at a hop in a direction. */
static uint64_t finding_offered(const struct findings *f, uint32_t hop, unsigned direction)
{
	uint32_t stage = direction == HOP_REVERSE ? hop + 1 : hop, k;
	uint64_t n = 0;

	for (k = 0; k < f->j->path->points[stage]; k++) {
		const struct account *a =
			&f->v->hop[hop].account[direction][f->j->path->point[stage][k]];

		n += a->packets - a->verdict[VERDICT_COPIES];
	}
	return n;
}

static void finding_drops(struct findings *f, const struct finding_group *g)
{
	const struct finding_key *key = &g->item->key;
	const char *cause = drop_cause_name(key->cause);
	uint64_t offered = finding_offered(f, key->hop, key->direction);
	char kind[48], hop[FINDING_HOP], count[32], of[32], sessions[32], other[256];
	enum severity severity = SEVERITY_MEDIUM;
	struct finding *one;

	snprintf(kind, sizeof kind, "drop.%s", cause);
	if (finding_by_service(key->cause) || key->cause == DROP_MTU || key->cause == DROP_BURST ||
	    g->count * FINDING_LOSS_HIGH >= offered)
		severity = SEVERITY_HIGH;
	one = finding_new(f, severity, kind);
	if (!one)
		return;
	finding_hop(f->j, key->hop, key->direction, hop, sizeof hop);
	path_stage_name(f->j->path, f->j->view,
			key->direction == HOP_REVERSE ? key->hop : key->hop + 1u, other,
			sizeof other);
	finding_number(count, sizeof count, g->count);
	finding_number(of, sizeof of, offered);
	finding_number(sessions, sizeof sessions, g->sessions);
	if (finding_by_service(key->cause)) {
		const char *what = g->openings == g->count ? (g->count == 1 ? "a SYN" : "all SYNs")
				   : g->openings		   ? "SYNs and others"
								   : "none of them a SYN";

		finding_server(key, one->subject, sizeof one->subject);
		if (key->proto != 6)
			snprintf(one->text, sizeof one->text,
				 "%s dropped %s packet%s of %s", hop, count,
				 finding_plural(g->count), one->subject);
		else
			snprintf(one->text, sizeof one->text,
				 "%s dropped %s packet%s, %s %s %s", hop, count,
				 finding_plural(g->count), what,
				 key->direction == HOP_FORWARD || g->openings ? "to" : "of",
				 one->subject);
		snprintf(one->evidence, sizeof one->evidence,
			 key->cause == DROP_POLICY
				 ? "none of these sessions' packets of that direction reached %s (%s session%s)"
			 : key->cause == DROP_RESET_BY_HOP
				 ? "%s has no copy, and the hop answered in its place (%s session%s)"
				 : "%s has no copy; what shows the cause is in drops.csv (%s session%s)",
			 other, sessions, finding_plural(g->sessions));
	} else {
		snprintf(one->text, sizeof one->text,
			 "%s dropped %s of %s packets (%.2f %%): %s, in %s session%s", hop, count, of,
			 offered ? 100.0 * (double)g->count / (double)offered : 0.0, cause, sessions,
			 finding_plural(g->sessions));
		snprintf(one->evidence, sizeof one->evidence,
			 "no copy at %s; each packet's own evidence is in drops.csv", other);
	}
	one->hop = key->hop;
	one->direction = key->direction;
}

static void finding_resets(struct findings *f, const struct finding_group *g)
{
	const struct finding_key *key = &g->item->key;
	const char *cause = reset_cause_name(key->cause);
	char kind[48], hop[FINDING_HOP], count[32], sessions[32];
	struct finding *one;

	snprintf(kind, sizeof kind, "rst.%s", cause);
	one = finding_new(f, SEVERITY_HIGH, kind);
	if (!one)
		return;
	finding_hop(f->j, key->hop, key->direction, hop, sizeof hop);
	finding_number(count, sizeof count, g->count);
	finding_number(sessions, sizeof sessions, g->sessions);
	snprintf(one->text, sizeof one->text,
		 key->cause == RESET_FIREWALL_REJECT
			 ? "%s rejected %s connection attempt%s with a RST of its own, in %s session%s"
		 : key->cause == RESET_BOTH_SIDES_INJECTED
			 ? "%s cut sessions: %s RST%s injected, to both ends of %s session%s"
			 : "%s injected %s RST%s, in %s session%s",
		 hop, count, finding_plural(g->count), sessions, finding_plural(g->sessions));
	snprintf(one->evidence, sizeof one->evidence,
		 "each RST is seen on its receiver's side of the hop only");
	one->hop = key->hop;
	one->direction = key->direction == HOP_NO_DIRECTION ? -1 : key->direction;
}

static void finding_injected(struct findings *f, const struct finding_group *g)
{
	struct finding *one = finding_new(f, SEVERITY_MEDIUM, "injected");
	const struct finding_key *key = &g->item->key;
	char hop[FINDING_HOP], count[32];

	if (!one)
		return;
	finding_hop(f->j, key->hop, key->direction, hop, sizeof hop);
	finding_number(count, sizeof count, g->count);
	snprintf(one->text, sizeof one->text,
		 "%s injected %s packet%s in the name of hosts that did not send them", hop, count,
		 finding_plural(g->count));
	snprintf(one->evidence, sizeof one->evidence,
		 "seen on one side only, with a TTL unlike their flows'");
	one->hop = key->hop;
	one->direction = key->direction;
}

static void finding_refused(struct finding *one, const char *count, const struct finding_group *g)
{
	snprintf(one->text, sizeof one->text, "%s refused %s connection attempt%s itself",
		 one->subject, count, finding_plural(g->count));
	snprintf(one->evidence, sizeof one->evidence,
		 "the RST comes from the server's end of the path: no socket listens, or its own firewall rejects");
}

/* RSTs that an end sent, or that nobody can say a hop sent. */
static void finding_ends(struct findings *f, const struct finding_group *g)
{
	const struct finding_key *key = &g->item->key;
	const char *cause = reset_cause_name(key->cause);
	static const char *const senders[] = {"server", "client", "box that ends its connection"};
	char kind[48], count[32], sessions[32];
	struct finding *one;

	snprintf(kind, sizeof kind, "rst.%s", cause);
	one = finding_new(f, key->cause == RESET_CLOSED_PORT ? SEVERITY_MEDIUM : SEVERITY_LOW, kind);
	if (!one)
		return;
	finding_server(key, one->subject, sizeof one->subject);
	finding_number(count, sizeof count, g->count);
	if (key->cause == RESET_CLOSED_PORT) {
		finding_refused(one, count, g);
		return;
	}
	finding_number(sessions, sizeof sessions, g->sessions);
	snprintf(one->text, sizeof one->text, "%s: %s RST%s from the %s, %s, in %s session%s",
		 one->subject, count, finding_plural(g->count), senders[key->direction],
		 cause, sessions, finding_plural(g->sessions));
	snprintf(one->evidence, sizeof one->evidence, "each RST's own evidence is in resets.csv");
}

static void (*const finding_make[])(struct findings *, const struct finding_group *) = {
	[FINDING_DROPS] = finding_drops,
	[FINDING_RESETS] = finding_resets,
	[FINDING_INJECTED] = finding_injected,
	[FINDING_ENDS] = finding_ends,
};

/* The items that share `from`'s key; returns the first behind them. */
static uint64_t finding_gather_group(const struct packet_findings *p, uint64_t from,
				     struct finding_group *g)
{
	uint64_t to;

	*g = (struct finding_group){.item = &p->item[from], .first_ns = INT64_MAX,
				    .last_ns = INT64_MIN};
	for (to = from; to < p->items && memcmp(&p->item[to].key, &g->item->key,
						sizeof g->item->key) == 0; to++) {
		const struct finding_item *item = &p->item[to];

		g->sessions += to == from || item->session != item[-1].session;
		g->openings += item->opening;
		g->first_ns = item->time_ns < g->first_ns ? item->time_ns : g->first_ns;
		g->last_ns = item->time_ns > g->last_ns ? item->time_ns : g->last_ns;
	}
	g->count = to - from;
	return to;
}

void findings_of_packets(struct findings *f, const struct resets *resets)
{
	struct packet_findings p = {.f = f};
	struct finding_group g;
	uint64_t from;

	findings_gather_odds(&p);
	findings_gather_resets(&p, resets);
	if (p.items)
		qsort(p.item, p.items, sizeof *p.item, finding_item_compare);
	for (from = 0; from < p.items && !f->failed;) {
		uint32_t before;

		findings_bound(f);
		before = f->count;
		from = finding_gather_group(&p, from, &g);
		finding_make[g.item->key.what](f, &g);
		if (f->count > before) {
			f->list[before].count = g.count;
			f->list[before].first_ns = g.first_ns;
			f->list[before].last_ns = g.last_ns;
		}
	}
	free(p.item);
}
