/* sessions_settle(): who is the client of each session, and which way its
 * packets travel. What the packets of a session cannot say by themselves (it
 * was seen on one side of a hop only) is read off the others: link addresses
 * and hosts keep their side.
 */
#include "correlate/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/hosts.h"

#define SETTLE_SYN_WEIGHT 1000 /* a SYN against any number of guesses */
#define SETTLE_SURE 20 /* a link or host counts for one side when 19 of 20 packets agree */

/* ---- evidence from others ---- */

/* What travels which way: packets of a link, or sessions in which a host sends. */
struct settle_tally {
	uint64_t forward, reverse;
};

struct settling {
	struct sessions *s;
	const struct view *view;
	const struct survey_flow *flows;
	struct hosts *hosts;
	struct settle_tally *host;             /* by host */
	struct settle_tally *link[VIEW_POINTS_MAX]; /* by link of the point */
};

static int settle_side(const struct settle_tally *tally)
{
	if (tally->forward > tally->reverse * (SETTLE_SURE - 1))
		return 1;
	return tally->reverse > tally->forward * (SETTLE_SURE - 1) ? -1 : 0;
}

static void settle_count(struct settle_tally *tally, bool forward, uint64_t n)
{
	*(forward ? &tally->forward : &tally->reverse) += n;
}

static struct settle_tally *settle_host(struct settling *t, uint32_t node, unsigned d)
{
	const struct capture_flow *key = &t->view->flow[node];

	return &t->host[hosts_find(t->hosts, key->version, d ? key->b : key->a)];
}

/* All hosts are numbered beforehand, so that their tallies can be an array. */
static bool settle_number_hosts(struct settling *t)
{
	uint32_t n;

	t->hosts = hosts_new(t->view->seed);
	for (n = 0; t->hosts && n < t->view->nodes; n++) {
		const struct capture_flow *key = &t->view->flow[n];

		if (hosts_add(t->hosts, key->version, key->a) == HOSTS_NONE ||
		    hosts_add(t->hosts, key->version, key->b) == HOSTS_NONE)
			return false;
	}
	if (t->hosts)
		t->host = memory_zeroed((size_t)hosts_count(t->hosts) + 1, sizeof *t->host);
	return t->host != NULL;
}

/* What a node whose direction is known teaches. */
static void settle_teach(struct settling *t, uint32_t node, bool zero_forward)
{
	const struct survey_flow *f = &t->flows[node];
	unsigned d;

	for (d = 0; d < 2; d++) {
		bool forward = (d == 0) == zero_forward;

		if (!f->packets[d])
			continue;
		if (f->ttl[d])
			settle_count(&t->link[t->view->node_point[node]][f->link[d]], forward,
				     f->packets[d]);
		settle_count(settle_host(t, node, d), forward, 1);
	}
}

/* +1 when direction 0 of the node goes along the path, by the others' word. */
static int settle_by_link(struct settling *t, uint32_t node)
{
	const struct survey_flow *f = &t->flows[node];
	uint32_t point = t->view->node_point[node], d;
	int sum = 0;

	for (d = 0; d < 2; d++) {
		int side = f->packets[d] ? settle_side(&t->link[point][f->link[d]]) : 0;

		sum += d ? -side : side;
	}
	return sum;
}

static int settle_by_host(struct settling *t, uint32_t node)
{
	return settle_side(settle_host(t, node, 0)) - settle_side(settle_host(t, node, 1));
}

/* ---- numbering ---- */

struct settle_order {
	const struct capture_flow *key;
	int64_t start_ns, end_ns;
	uint32_t root, first_node;
};

static int settle_order_compare(const void *x, const void *y)
{
	const struct settle_order *a = x, *b = y;
	int by;

	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	by = memcmp(a->key->a, b->key->a, 16);
	if (!by)
		by = memcmp(a->key->b, b->key->b, 16);
	if (!by)
		by = (a->key->a_port > b->key->a_port) - (a->key->a_port < b->key->a_port);
	if (!by)
		by = (a->key->b_port > b->key->b_port) - (a->key->b_port < b->key->b_port);
	return by ? by : (a->first_node > b->first_node) - (a->first_node < b->first_node);
}

/* Chains the nodes of each session in the order of stages, and numbers the
 * sessions by their start. */
static enum status settle_number(struct sessions *s, const struct view *view,
				 const struct path *path, const struct meeting *meeting,
				 const struct survey_flow *flows, struct error *err)
{
	uint32_t *first = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *first);
	uint32_t *last = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *last);
	struct settle_order *order = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *order);
	uint32_t stage, k, n, i, count = 0;
	uint8_t flip;

	if (!first || !last || !order) {
		memory_give(first);
		memory_give(last);
		memory_give(order);
		return memory_fail(view->memory, err, "sessions");
	}
	memset(first, 0xff, ((size_t)view->nodes + 1) * sizeof *first);
	for (stage = 0; stage < path->stages; stage++)
		for (k = 0; k < path->points[stage]; k++) {
			const struct view_point *point = &view->point[path->point[stage][k]];
			const struct clock *clock = &meeting->clock[path->point[stage][k]];

			for (n = point->first_node; n < point->first_node + point->nodes; n++) {
				uint32_t root = sessions_root(s, n, &flip);
				int64_t from = clock_correct(clock, flows[n].first_ns);
				int64_t to = clock_correct(clock, flows[n].last_ns);
				struct settle_order *o = &order[root];

				s->next_node[n] = UINT32_MAX;
				if (first[root] == UINT32_MAX) {
					first[root] = n;
					*o = (struct settle_order){&view->flow[n], from, to, root, n};
				} else {
					s->next_node[last[root]] = n;
					o->start_ns = from < o->start_ns ? from : o->start_ns;
					o->end_ns = to > o->end_ns ? to : o->end_ns;
				}
				last[root] = n;
			}
		}
	for (i = 0; i < view->nodes; i++)
		if (first[i] != UINT32_MAX)
			order[count++] = order[i];
	qsort(order, count, sizeof *order, settle_order_compare);
	s->list = memory_take(view->memory, (size_t)count + 1, sizeof *s->list);
	if (s->list) {
		s->count = count;
		for (i = 0; i < count; i++) {
			s->list[i].start_ns = order[i].start_ns;
			s->list[i].end_ns = order[i].end_ns;
			s->list[i].first_node = order[i].first_node;
			s->list[i].proto = order[i].key->proto;
			for (n = order[i].first_node; n != UINT32_MAX; n = s->next_node[n]) {
				s->of_node[n] = i;
				s->list[i].nodes++;
			}
		}
	}
	memory_give(first);
	memory_give(last);
	memory_give(order);
	return s->list ? STATUS_OK : memory_fail(view->memory, err, "sessions");
}

/* ---- client and direction ---- */

/* The client by the vote of all nodes: a SYN outweighs any guess. */
static void settle_client(struct sessions *s, struct session *session, const struct view *view,
			  const struct survey_flow *flows)
{
	int64_t zero = 0; /* > 0: direction 0 at the root is the client's */
	const struct capture_flow *key = &view->flow[session->first_node];
	uint8_t flip, root_direction;
	uint32_t n;

	for (n = session->first_node; n != UINT32_MAX; n = s->next_node[n]) {
		bool sure;
		unsigned dir = survey_client_direction(&flows[n], &view->flow[n], &sure);

		(void)sessions_root(s, n, &flip);
		/* of guesses the one nearest to the path's beginning counts double: no ties */
		zero += ((dir ^ flip) ? -1 : 1) *
			(sure ? SETTLE_SYN_WEIGHT : n == session->first_node ? 2 : 1);
		session->client_sure |= sure;
		session->translated |= memcmp(key->a, view->flow[n].a, 16) != 0 ||
				       memcmp(key->b, view->flow[n].b, 16) != 0 ||
				       key->a_port != view->flow[n].a_port ||
				       key->b_port != view->flow[n].b_port;
	}
	root_direction = zero < 0;
	for (n = session->first_node; n != UINT32_MAX; n = s->next_node[n]) {
		(void)sessions_root(s, n, &flip);
		s->client_direction[n] = root_direction ^ flip;
	}
}

/* What the session's packets say of their direction: 1, the client's go along the path; -1;
 * 0, nothing. *sure is false of a single vote by delay, which the clocks' error may have cast. */
static int settle_lean(struct sessions *s, const struct session *session, uint8_t *evidence,
		       bool *sure)
{
	uint8_t flip;
	uint32_t root = sessions_root(s, session->first_node, &flip);
	int lean = sessions_lean(s, root, evidence);

	*sure = *evidence == DIRECTION_TTL || s->lean[root].delay > 1 || s->lean[root].delay < -1;
	return s->client_direction[session->first_node] ^ flip ? -lean : lean;
}

static void settle_direction(struct settling *t, struct session *session)
{
	struct sessions *s = t->s;
	uint32_t n;
	bool sure;
	int sum;

	session->evidence = DIRECTION_MAC;
	for (sum = 0, n = session->first_node; n != UINT32_MAX; n = s->next_node[n])
		sum += s->client_direction[n] ? -settle_by_link(t, n) : settle_by_link(t, n);
	if (!sum)
		sum = settle_lean(s, session, &session->evidence, &sure);
	if (!sum) {
		session->evidence = DIRECTION_HOST;
		for (n = session->first_node; n != UINT32_MAX; n = s->next_node[n])
			sum += s->client_direction[n] ? -settle_by_host(t, n)
						      : settle_by_host(t, n);
	}
	if (!sum)
		session->evidence = DIRECTION_SYN;
	session->client_forward = sum >= 0;
}

static void settle_known(struct settling *t)
{
	struct sessions *s = t->s;
	uint32_t i, n;

	for (i = 0; i < s->count; i++) {
		struct session *session = &s->list[i];
		uint8_t evidence;
		bool sure;
		int lean;

		settle_client(s, session, t->view, t->flows);
		lean = settle_lean(s, session, &evidence, &sure);
		session->evidence = DIRECTION_EVIDENCES;
		if (!lean || !sure)
			continue;
		session->evidence = evidence;
		session->client_forward = lean > 0;
		for (n = session->first_node; n != UINT32_MAX; n = s->next_node[n])
			settle_teach(t, n, (s->client_direction[n] == 0) == (lean > 0));
	}
}

enum status sessions_settle(struct sessions *s, const struct view *view, const struct path *path,
			    const struct meeting *meeting, const struct survey_flow *flows,
			    struct error *err)
{
	struct settling t = {.s = s, .view = view, .flows = flows};
	enum status status = settle_number(s, view, path, meeting, flows, err);
	bool ok = status == STATUS_OK;
	uint32_t p, i;

	for (p = 0; ok && p < view->points; p++) {
		t.link[p] = calloc((size_t)view->point[p].links + 1, sizeof *t.link[p]);
		ok = t.link[p] != NULL;
	}
	ok = ok && settle_number_hosts(&t);
	if (ok)
		settle_known(&t);
	for (i = 0; ok && i < s->count; i++)
		if (s->list[i].evidence == DIRECTION_EVIDENCES)
			settle_direction(&t, &s->list[i]);
	if (ok)
		sessions_set_lanes(s);
	sessions_forget(s);
	for (p = 0; p < view->points; p++)
		free(t.link[p]);
	hosts_free(&t.hosts);
	free(t.host);
	if (!status && !ok)
		status = error_errno(err, ENOMEM, "sessions");
	return status;
}
