#include "correlate/reset_legs.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/reset_facts.h"

/* How one connection ended, [0] by the one who opened it, [1] by the one who was asked; the path's
 * time, RESET_NEVER: not so. */
struct leg_ending {
	int64_t end_ns[2];   /* first FIN or RST */
	bool by_reset[2];
	int64_t data_ns[2];  /* last payload before the first end, by who sent it */
};

struct leg_endings {
	struct leg_ending *of;   /* by connection, which is a node's number */
	uint8_t *wanted;         /* by node */
};

static void leg_see(struct leg_ending *e, unsigned by, uint16_t flags, bool data, int64_t at_ns)
{
	if (flags & (PACKET_TCP_FIN | PACKET_TCP_RST) &&
	    (e->end_ns[by] == RESET_NEVER || at_ns < e->end_ns[by])) {
		e->end_ns[by] = at_ns;
		e->by_reset[by] = flags & PACKET_TCP_RST;
	}
	if (data && e->end_ns[0] == RESET_NEVER && e->end_ns[1] == RESET_NEVER)
		e->data_ns[by] = at_ns;
}

static void leg_read_point(struct leg_endings *all, const struct judging *j,
			   const struct dossier_source *source, uint32_t p)
{
	const struct view_point *point = &j->view->point[p];
	const struct sessions *s = j->sessions;
	uint32_t way[VIEW_BATCH], length[VIEW_BATCH], i;
	uint16_t flags[VIEW_BATCH], header[VIEW_BATCH];
	struct view_batch batch;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		view_read_16(&batch, RECORD_FLAGS, flags);
		view_read_16(&batch, RECORD_HEADER, header);
		view_read_32(&batch, RECORD_LENGTH, length);
		for (i = 0; i < batch.rows; i++) {
			uint32_t node = way[i] >> 1;

			if (way[i] == VIEW_NO_WAY || !all->wanted[node])
				continue;
			leg_see(&all->of[s->connection[node]], (way[i] & 1) != s->client_direction[node],
				flags[i], length[i] != header[i],
				clock_correct(&source->clock[p],
					      view_get(point, RECORD_TIME, batch.index[i])));
		}
	}
}

/* The nodes of sessions that have a RST. */
static bool leg_want(struct leg_endings *all, const struct resets *r, const struct judging *j)
{
	uint64_t i;
	uint32_t n;

	all->of = memory_zeroed((size_t)j->view->nodes + 1, sizeof *all->of);
	all->wanted = memory_zeroed((size_t)j->view->nodes + 1, 1);
	if (!all->of || !all->wanted)
		return false;
	for (n = 0; n < j->view->nodes; n++)
		all->of[n] = (struct leg_ending){.end_ns = {RESET_NEVER, RESET_NEVER},
					     .data_ns = {RESET_NEVER, RESET_NEVER}};
	for (i = 0; i < r->count; i++)
		for (n = j->sessions->list[r->list[i].session].first_node; n != UINT32_MAX && !all->wanted[n];
		     n = j->sessions->next_node[n])
			all->wanted[n] = 1;
	return true;
}

static int64_t leg_earlier(int64_t a, int64_t b)
{
	if (a == RESET_NEVER || b == RESET_NEVER)
		return a == RESET_NEVER ? b : a;
	return a < b ? a : b;
}

/* Whether an end came before a RST, and before those of the two others. */
static bool leg_first(int64_t one_ns, int64_t other_ns, int64_t third_ns, int64_t at_ns)
{
	return one_ns != RESET_NEVER && one_ns <= at_ns &&
	       (other_ns == RESET_NEVER || one_ns < other_ns) &&
	       (third_ns == RESET_NEVER || one_ns <= third_ns);
}

/* How long the proxy waited for a server that said nothing more, before it answered the client
 * itself; RESET_NEVER: it did not. Whoever closed first then, that was the end. */
static int64_t leg_given_up(const struct leg_ending *front, const struct leg_ending *back)
{
	int64_t asked_ns = front->data_ns[0], answered_ns = front->data_ns[1];

	if (asked_ns == RESET_NEVER || answered_ns == RESET_NEVER || answered_ns < asked_ns ||
	    (back->data_ns[1] != RESET_NEVER && back->data_ns[1] >= asked_ns))
		return RESET_NEVER;
	return reset_apart(answered_ns, asked_ns);
}

/* Two connections of one session: a RST on either. */
static void leg_tell(struct reset_facts *f, const struct reset *one, int64_t at_ns,
		     const struct leg_ending *front, const struct leg_ending *back, bool on_back)
{
	int64_t client_ns = front->end_ns[0], server_ns = back->end_ns[1];
	int64_t proxy_ns = leg_earlier(front->end_ns[1], back->end_ns[0]);
	/* the proxy's own last words are no sign of life */
	int64_t data_ns = front->data_ns[0] > back->data_ns[1] ? front->data_ns[0] : back->data_ns[1];

	f->on_back = on_back;
	f->by_proxy = on_back == one->from_client;
	if (f->by_proxy && on_back && leg_given_up(front, back) >= RESET_GIVEN_UP_NS &&
	    (server_ns == RESET_NEVER || server_ns > at_ns)) {
		f->ended_by = RESET_LEG_PROXY;
		f->both_legs = true;
		f->idle_ns = leg_given_up(front, back);
	} else if (leg_first(server_ns, client_ns, proxy_ns, at_ns)) {
		f->ended_by = RESET_LEG_SERVER;
		f->ended_by_reset = back->by_reset[1];
		f->ended_ns = reset_apart(at_ns, server_ns);
	} else if (leg_first(client_ns, server_ns, proxy_ns, at_ns)) {
		f->ended_by = RESET_LEG_CLIENT;
		f->ended_by_reset = front->by_reset[0];
		f->ended_ns = reset_apart(at_ns, client_ns);
	} else if (proxy_ns != RESET_NEVER) {
		f->ended_by = RESET_LEG_PROXY;
		f->both_legs = front->end_ns[1] != RESET_NEVER && back->end_ns[0] != RESET_NEVER;
		f->idle_ns = data_ns == RESET_NEVER ? 0 : reset_apart(proxy_ns, data_ns);
	}
}

/* The leg pair that a RST is on: of several the one whose server's connection was the last to end. */
static void leg_find(struct resets *r, uint64_t number, const struct judging *j,
		     const struct dossier_source *source, const struct leg_endings *all)
{
	const struct reset *one = &r->list[number];
	const struct sessions *s = j->sessions;
	const struct leg_pair *best = NULL;
	bool on_back = false;
	uint64_t count, i;
	uint32_t n;

	for (n = s->list[one->session].first_node; n != UINT32_MAX; n = s->next_node[n]) {
		const struct leg_pair *pair = legs_of_front(j->legs, n, &count);

		for (i = 0; i < count; i++) {
			bool back = s->connection[pair[i].back] == one->connection;

			if (s->of_node[pair[i].back] != one->session ||
			    (!back && s->connection[pair[i].front] != one->connection) ||
			    (best && !back && j->flows[pair[i].back].last_ns < j->flows[best->back].last_ns))
				continue;
			best = &pair[i];
			on_back = back;
		}
	}
	if (best)
		leg_tell(&r->facts[number], one,
			 clock_correct(&source->clock[one->point],
				       view_get(&j->view->point[one->point], RECORD_TIME, one->index)),
			 &all->of[s->connection[best->front]],
			 &all->of[s->connection[best->back]], on_back);
}

enum status reset_legs_find(struct resets *r, const struct judging *j,
			    const struct dossier_source *source, struct error *err)
{
	struct leg_endings all = {NULL, NULL};
	enum status status = STATUS_OK;
	uint64_t i;
	uint32_t p;

	if (!j->sessions->connection || !r->count)
		return STATUS_OK;
	if (!leg_want(&all, r, j))
		status = error_errno(err, ENOMEM, "resets");
	for (p = 0; p < j->view->points && !status; p++)
		if (j->path->stage[p] != PATH_OFF)
			leg_read_point(&all, j, source, p);
	for (i = 0; i < r->count && !status; i++)
		leg_find(r, i, j, source, &all);
	free(all.of);
	free(all.wanted);
	return status;
}
