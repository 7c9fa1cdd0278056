#include "correlate/reset_crowd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

#define CROWD_TOGETHER_NS INT64_C(1000000000) /* two injected RSTs of one cut come within a second */
#define CROWD_PARALLEL_NS INT64_C(2000000000) /* connections opened together, and given up so */
#define CROWD_LOOKED_AT 64u                   /* sessions beside one that are looked at, either way */

static enum status crowd_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "resets");
}

bool reset_forgotten_by_hop(const struct reset *r, const struct reset_facts *f)
{
	return r->verdict == RESET_INJECTED && f->known && f->died &&
	       f->answers != RESET_ANSWERS_SYN && f->alive_at_ns != RESET_NEVER &&
	       f->dead_at_ns != RESET_NEVER && f->shut == RESET_SHUT_NOT;
}

bool reset_forgotten_by_end(const struct reset *r, const struct reset_facts *f)
{
	return r->verdict != RESET_INJECTED && f->known && f->bare && f->own_any &&
	       f->answers >= RESET_ANSWERS_FIN && f->shut == RESET_SHUT_NOT && !f->foreign_ack &&
	       (f->own_synack || !f->own_syn || f->own_data || f->at_next);
}

bool reset_unused(const struct reset *r, const struct reset_facts *f)
{
	return r->verdict != RESET_INJECTED && f->known && f->own_syn && !f->own_data &&
	       !f->peer_data && f->shut == RESET_SHUT_NOT &&
	       (f->answers == RESET_ANSWERS_SYNACK || (!f->bare && f->at_next));
}

bool reset_tuple_in_use(const struct reset *r, const struct reset_facts *f)
{
	return r->verdict != RESET_INJECTED && f->known && f->bare && f->own_syn && !f->own_data &&
	       !f->peer_syn && f->answers == RESET_ANSWERS_ACK && !f->at_next;
}

bool reset_refused_stamp(const struct reset *r, const struct reset_facts *f)
{
	return r->verdict != RESET_INJECTED && f->known && f->answers == RESET_ANSWERS_SYN &&
	       f->answered_tsval && !f->own_synack;
}

/* ---- within a session: RSTs to both ends ---- */

/* One session's, by time: list[from..to). Forth and back, so that each finds its nearest. */
static void crowd_sides(const struct resets *r, const uint32_t *list, uint64_t from, uint64_t to)
{
	int64_t last_ns[HOP_DIRECTIONS] = {0};
	bool have[HOP_DIRECTIONS] = {false};
	uint32_t injected = 0;
	uint64_t i;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		memset(have, 0, sizeof have);
		for (i = from; i < to; i++) {
			uint32_t k = list[pass ? to - 1 - (i - from) : i];
			const struct reset *one = &r->list[k];
			struct reset_facts *f = &r->facts[k];
			int64_t apart_ns;

			if (one->verdict != RESET_INJECTED)
				continue;
			injected += !pass;
			f->injected = injected;
			apart_ns = reset_apart(one->time_ns, last_ns[!one->direction]);
			apart_ns = apart_ns < 0 ? -apart_ns : apart_ns;
			if (have[!one->direction] && apart_ns <= CROWD_TOGETHER_NS &&
			    (!f->other_side || apart_ns < f->other_ns)) {
				f->other_side = true;
				f->other_ns = apart_ns;
			}
			last_ns[one->direction] = one->time_ns;
			have[one->direction] = true;
		}
	}
}

/* ---- hops that forget ---- */

static void crowd_forgotten(struct reset_forgotten *c, const struct reset_facts *f)
{
	if (!c->sessions++) {
		*c = (struct reset_forgotten){1, f->gap_ns, f->gap_ns, f->survived_ns,
					      f->alive_at_ns, f->dead_at_ns, f->dead_at_ns};
		return;
	}
	c->gap_min_ns = f->gap_ns < c->gap_min_ns ? f->gap_ns : c->gap_min_ns;
	c->gap_max_ns = f->gap_ns > c->gap_max_ns ? f->gap_ns : c->gap_max_ns;
	c->survived_ns = f->survived_ns > c->survived_ns ? f->survived_ns : c->survived_ns;
	c->alive_last_ns = f->alive_at_ns > c->alive_last_ns ? f->alive_at_ns : c->alive_last_ns;
	c->dead_first_ns = f->dead_at_ns < c->dead_first_ns ? f->dead_at_ns : c->dead_first_ns;
	c->dead_last_ns = f->dead_at_ns > c->dead_last_ns ? f->dead_at_ns : c->dead_last_ns;
}

static void crowd_sessions(struct reset_crowd *crowd, const struct resets *r, const uint32_t *list)
{
	uint64_t from, to, i;

	for (from = 0; from < r->count; from = to) {
		bool counted = false;

		for (to = from; to < r->count &&
				r->list[list[to]].session == r->list[list[from]].session; to++)
			;
		crowd_sides(r, list, from, to);
		for (i = from; i < to && !counted; i++) {
			const struct reset *one = &r->list[list[i]];

			counted = reset_forgotten_by_hop(one, &r->facts[list[i]]);
			if (counted)
				crowd_forgotten(&crowd->hop[one->hop], &r->facts[list[i]]);
		}
	}
}

/* ---- candidates by address ---- */

int crowd_address_compare(const struct crowd_key *a, const struct crowd_key *b)
{
	if (a->version != b->version)
		return a->version < b->version ? -1 : 1;
	return memcmp(a->address, b->address, sizeof a->address);
}

static int crowd_time_compare(const void *x, const void *y)
{
	const struct crowd_key *a = x, *b = y;
	int order = crowd_address_compare(a, b);

	if (order)
		return order;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->session > b->session) - (a->session < b->session);
}

static int crowd_session_compare(const void *x, const void *y)
{
	const struct crowd_key *a = x, *b = y;
	int order = crowd_address_compare(a, b);

	if (order)
		return order;
	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* The end of a flow in whose direction `way` goes. */
static void crowd_end(struct crowd_key *key, const struct capture_flow *flow, bool b)
{
	key->version = flow->version;
	memcpy(key->address, b ? flow->b : flow->a, 16);
	memcpy(key->other, b ? flow->a : flow->b, 16);
	key->port = b ? flow->b_port : flow->a_port;
	key->other_port = b ? flow->a_port : flow->b_port;
}

bool crowd_keys(const struct resets *r, const struct judging *j,
		bool (*asks)(const struct reset *, const struct reset_facts *),
		struct crowd_key **out, uint64_t *count)
{
	struct crowd_key *key;
	uint64_t i, n = 0;

	for (i = 0; i < r->count; i++)
		n += asks(&r->list[i], &r->facts[i]);
	*count = n;
	*out = key = n ? calloc(n, sizeof *key) : NULL;
	if (!key)
		return !n;
	for (i = n = 0; i < r->count; i++) {
		const struct reset *one = &r->list[i];

		if (!asks(one, &r->facts[i]))
			continue;
		crowd_end(&key[n], &j->view->flow[one->way >> 1], one->way & 1);
		key[n].number = (uint32_t)i;
		key[n].session = one->session;
		key[n].time_ns = r->facts[i].at_ns;
		n++;
	}
	qsort(key, n, sizeof *key, crowd_session_compare);
	return true;
}

/* ---- hosts whose sessions died together ---- */

static void crowd_host(const struct resets *r, const struct crowd_key *key, uint64_t count)
{
	int64_t from_ns = INT64_MIN, to_ns = INT64_MAX;
	uint32_t sessions = 0;
	uint64_t i;

	for (i = 0; i < count; i++) {
		const struct reset_facts *f = &r->facts[key[i].number];

		if (i && key[i].session == key[i - 1].session)
			continue; /* the session's first one counts */
		sessions++;
		from_ns = f->own_at_ns > from_ns ? f->own_at_ns : from_ns;
		to_ns = f->at_ns < to_ns ? f->at_ns : to_ns;
	}
	for (i = 0; i < count && sessions > 1 && from_ns < to_ns; i++) {
		struct reset_facts *f = &r->facts[key[i].number];

		f->host_sessions = sessions;
		f->host_from_ns = from_ns;
		f->host_to_ns = to_ns;
	}
}

static enum status crowd_hosts(const struct resets *r, const struct judging *j, struct error *err)
{
	uint64_t count, from, to;
	struct crowd_key *key;

	if (!crowd_keys(r, j, reset_forgotten_by_end, &key, &count))
		return crowd_memory(err);
	for (from = 0; from < count; from = to) {
		for (to = from + 1; to < count && !crowd_address_compare(&key[from], &key[to]); to++)
			;
		crowd_host(r, key + from, to - from);
	}
	free(key);
	return STATUS_OK;
}

/* ---- connections opened together ---- */

static bool crowd_has_address(const struct crowd_key *sorted, uint64_t count,
			      const struct crowd_key *key)
{
	uint64_t low = 0, high = count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (crowd_address_compare(&sorted[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && !crowd_address_compare(&sorted[low], key);
}

bool crowd_openings(const struct judging *j, const struct crowd_key *client, uint64_t clients,
		    struct crowd_key **out, uint64_t *count)
{
	uint64_t room = 0, n = 0;
	struct crowd_key *list = NULL, *grown;
	uint32_t s;

	for (s = 0; s < j->sessions->count; s++) {
		uint32_t node = j->sessions->list[s].first_node;
		const struct survey_flow *flow = &j->flows[node];
		struct crowd_key key = {.session = s};

		if (j->sessions->list[s].proto != 6 || flow->ack_ns == INT64_MIN || !flow->syn)
			continue;
		crowd_end(&key, &j->view->flow[node], j->sessions->client_direction[node]);
		if (!crowd_has_address(client, clients, &key))
			continue;
		key.time_ns = clock_correct(&j->meeting->clock[j->view->node_point[node]],
					    flow->ack_ns);
		grown = memory_room(list, n, &room, sizeof *list);
		if (!grown) {
			free(list);
			return false;
		}
		list = grown;
		list[n++] = key;
	}
	if (n)
		qsort(list, n, sizeof *list, crowd_time_compare);
	*out = list;
	*count = n;
	return true;
}

uint64_t crowd_from(const struct crowd_key *open, uint64_t opens, const struct crowd_key *key,
		    int64_t time_ns)
{
	struct crowd_key from = *key;
	uint64_t low = 0, high = opens;

	from.time_ns = time_ns;
	from.session = 0;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (crowd_time_compare(&open[middle], &from) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* SMB over TCP and over NetBIOS are tried together; other services at several addresses are. */
static bool crowd_same_purpose(const struct crowd_key *a, const struct crowd_key *b)
{
	bool smb = (a->other_port == 445 && b->other_port == 139) ||
		   (a->other_port == 139 && b->other_port == 445);

	return memcmp(a->other, b->other, sizeof a->other) == 0
		       ? smb
		       : a->other_port == b->other_port;
}

static void crowd_find_parallel(const struct resets *r, const struct judging *j,
				const struct crowd_key *asks, const struct crowd_key *open,
				uint64_t opens)
{
	const struct reset *one = &r->list[asks->number];
	int64_t start_ns = j->sessions->list[one->session].start_ns;
	uint64_t low = crowd_from(open, opens, asks, reset_apart(one->time_ns, CROWD_PARALLEL_NS));
	uint64_t k;

	for (k = low; k < opens && k - low < CROWD_LOOKED_AT; k++) {
		int64_t apart_ns;

		if (crowd_address_compare(&open[k], asks) || open[k].time_ns > one->time_ns)
			return;
		apart_ns = reset_apart(j->sessions->list[open[k].session].start_ns, start_ns);
		if (open[k].session == one->session || apart_ns > CROWD_PARALLEL_NS ||
		    apart_ns < -CROWD_PARALLEL_NS || !crowd_same_purpose(asks, &open[k]))
			continue;
		r->facts[asks->number].parallel = open[k].session + 1;
		return;
	}
}

static enum status crowd_parallel(const struct resets *r, const struct judging *j, struct error *err)
{
	uint64_t count, opens = 0, i;
	struct crowd_key *key, *open = NULL;
	enum status status = STATUS_OK;

	if (!crowd_keys(r, j, reset_unused, &key, &count) ||
	    (count && !crowd_openings(j, key, count, &open, &opens)))
		status = crowd_memory(err);
	for (i = 0; i < count && !status; i++)
		crowd_find_parallel(r, j, &key[i], open, opens);
	free(key);
	free(open);
	return status;
}

/* ---- the connection before, on the same tuple ---- */

static int crowd_tuple_compare(const void *x, const void *y)
{
	const struct crowd_key *a = x, *b = y;
	int order = crowd_address_compare(a, b);

	if (!order)
		order = memcmp(a->other, b->other, sizeof a->other);
	if (order)
		return order;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->other_port != b->other_port)
		return a->other_port < b->other_port ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* A node of the tuple of key[0..]: the latest at the RST's own point that began before is kept. */
static void crowd_prior(const struct resets *r, const struct judging *j, const struct crowd_key *key,
			uint64_t count, uint32_t node)
{
	const struct survey_flow *prior = &j->flows[node];
	uint64_t i;

	for (i = 0; i < count && i < CROWD_LOOKED_AT; i++) {
		const struct reset *one = &r->list[key[i].number];
		struct reset_facts *f = &r->facts[key[i].number];
		const struct survey_flow *own = &j->flows[one->way >> 1];
		int64_t since_ns = reset_apart(own->first_ns, prior->last_ns);

		if (j->view->node_point[node] != one->point || prior->first_ns >= own->first_ns ||
		    since_ns < 0 || (f->prior && since_ns >= f->prior_ns))
			continue;
		f->prior = survey_has(prior, 0, SURVEY_FIN) && survey_has(prior, 1, SURVEY_FIN)
				   ? RESET_PRIOR_CLOSED
				   : RESET_PRIOR_OPEN;
		f->prior_ns = since_ns;
	}
}

static uint64_t crowd_tuple_find(const struct crowd_key *key, uint64_t count, struct crowd_key *tuple,
				 uint64_t *end)
{
	uint64_t low = 0, high = count;

	tuple->number = 0;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (crowd_tuple_compare(&key[middle], tuple) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*end = low; *end < count && *end - low < CROWD_LOOKED_AT; ++*end) {
		tuple->number = key[*end].number;
		if (crowd_tuple_compare(&key[*end], tuple))
			break;
	}
	return low;
}

static enum status crowd_priors(const struct resets *r, const struct judging *j, struct error *err)
{
	uint64_t count;
	struct crowd_key *key, tuple;
	uint32_t n, turned;

	if (!crowd_keys(r, j, reset_tuple_in_use, &key, &count))
		return crowd_memory(err);
	if (count)
		qsort(key, count, sizeof *key, crowd_tuple_compare);
	for (n = 0; count && n < j->view->nodes; n++)
		for (turned = 0; turned < 2 && j->view->flow[n].proto == 6; turned++) {
			uint64_t from, to;

			memset(&tuple, 0, sizeof tuple);
			crowd_end(&tuple, &j->view->flow[n], turned);
			from = crowd_tuple_find(key, count, &tuple, &to);
			crowd_prior(r, j, key + from, to - from, n);
		}
	free(key);
	return STATUS_OK;
}

enum status reset_crowd_gather(struct reset_crowd *crowd, const struct resets *r,
			       const uint32_t *list, const struct judging *j,
			       const struct dossier_source *source, struct error *err)
{
	enum status status;

	memset(crowd, 0, sizeof *crowd);
	crowd_sessions(crowd, r, list);
	status = crowd_hosts(r, j, err);
	if (!status)
		status = crowd_parallel(r, j, err);
	if (!status)
		status = crowd_priors(r, j, err);
	if (!status)
		status = reset_recycle_find(r, j, source, err);
	return status;
}
