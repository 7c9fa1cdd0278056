#include "correlate/reset.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/renumber.h"
#include "correlate/reset_cause.h"
#include "correlate/reset_crowd.h"
#include "correlate/reset_facts.h"
#include "correlate/reset_legs.h"

#define RESET_CHUNK_PACKETS (UINT64_C(1) << 20)   /* of the dossiers that are open together */
#define RESET_CHUNKS 32u                          /* each is a pass over all records */
#define RESET_SESSION_PACKETS (UINT64_C(4) << 20) /* a session of more is not opened */
#define RESET_NOWHERE UINT8_MAX

static enum status reset_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "resets");
}

static bool resets_add(struct resets *r, const struct reset *one)
{
	struct reset *list = memory_room(r->list, r->count, &r->room, sizeof *list);

	if (!list)
		return false;
	r->list = list;
	r->list[r->count++] = *one;
	return true;
}

/* ---- where it came from ---- */

static void reset_origin(struct reset *one, const struct judging *j, const struct verdicts *v)
{
	uint32_t stage = j->path->stage[one->point];
	bool forward = one->direction == HOP_FORWARD;
	uint8_t code = v->code[one->point][one->index];
	enum verdict behind = forward ? code & 15 : code >> 4;

	one->hop = RESET_NOWHERE;
	one->verdict = RESET_UNKNOWN;
	if (stage == (forward ? 0 : j->path->stages - 1)) {
		one->verdict = RESET_ENDPOINT;
	} else if (behind == VERDICT_INJECTED) {
		one->verdict = RESET_INJECTED;
		one->hop = (uint8_t)(forward ? stage - 1 : stage);
	} else if (behind == VERDICT_LOCAL) {
		one->verdict = RESET_ENDPOINT;
		one->hop = (uint8_t)(forward ? stage - 1 : stage);
	}
}

/* Follows a journey from its lowest stage; a RST that travels against the path
 * was seen first at the journey's other end. */
static bool reset_take(struct resets *r, const struct judging *j, const struct verdicts *v,
		       uint32_t p, uint32_t index, uint32_t way)
{
	const struct sessions *s = j->sessions;
	bool forward = sessions_forward(s, way);
	struct reset one = {.point = p, .index = index, .way = way, .points = (uint64_t)1 << p,
			    .session = s->of_node[way >> 1],
			    .direction = forward ? HOP_FORWARD : HOP_REVERSE};
	const struct view_point *point;

	while (j->journeys->marks[p][index] & JOURNEY_NEXT) {
		uint32_t next = j->journeys->next[p][index];

		p = j->journeys->next_point[p][index];
		index = next;
		one.points |= (uint64_t)1 << p;
		if (!forward) {
			one.point = p;
			one.index = index;
			one.way = view_way(&j->view->point[p], index);
		}
	}
	point = &j->view->point[one.point];
	one.connection = sessions_connection(s, one.way >> 1);
	one.time_ns = clock_correct(&j->meeting->clock[one.point],
				    view_get(point, RECORD_TIME, one.index));
	one.seq = view_seq(point, one.index);
	one.ack = view_ack(point, one.index);
	one.flags = (uint16_t)view_get(point, RECORD_FLAGS, one.index);
	one.ttl = (uint8_t)view_get(point, RECORD_TTL, one.index);
	one.from_client = (one.way & 1) == s->client_direction[one.way >> 1];
	reset_origin(&one, j, v);
	return resets_add(r, &one);
}

static bool resets_scan(struct resets *r, const struct judging *j, const struct verdicts *v,
			uint32_t p)
{
	uint16_t flags[VIEW_BATCH];
	uint32_t way[VIEW_BATCH], i;
	struct view_batch batch;

	view_first(&batch, &j->view->point[p]);
	while (view_next(&batch)) {
		view_read_16(&batch, RECORD_FLAGS, flags);
		if (!(view_union(flags, batch.rows) & PACKET_TCP_RST))
			continue; /* most batches: nothing else needs reading */
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++) {
			if (!(flags[i] & PACKET_TCP_RST) || way[i] == VIEW_NO_WAY ||
			    j->view->flow[way[i] >> 1].proto != 6 ||
			    (j->journeys->marks[p][batch.index[i]] &
			     (JOURNEY_PREVIOUS | JOURNEY_COPY | JOURNEY_DUPLICATE)))
				continue;
			if (!reset_take(r, j, v, p, batch.index[i], way[i]))
				return false;
		}
	}
	return true;
}

static int reset_compare(const void *x, const void *y)
{
	const struct reset *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* ---- what the dossiers say ---- */

/* Resets by session, then as they are: list[from..to) are one session's. */
struct reset_order {
	const struct reset *reset;
	uint32_t number;
};

static int reset_session_compare(const void *x, const void *y)
{
	const struct reset_order *a = x, *b = y;

	if (a->reset->session != b->reset->session)
		return a->reset->session < b->reset->session ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static int reset_record_compare(const void *x, const void *y)
{
	const struct reset_order *a = x, *b = y;

	if (a->reset->session != b->reset->session)
		return a->reset->session < b->reset->session ? -1 : 1;
	if (a->reset->connection != b->reset->connection)
		return a->reset->connection < b->reset->connection ? -1 : 1;
	if (a->reset->point != b->reset->point)
		return a->reset->point < b->reset->point ? -1 : 1;
	return (a->reset->index > b->reset->index) - (a->reset->index < b->reset->index);
}

/* The numbers of all resets in an order; caller frees. NULL: no memory. */
static uint32_t *resets_order(const struct resets *r, int (*compare)(const void *, const void *))
{
	struct reset_order *order = malloc((r->count + 1) * sizeof *order);
	uint32_t *list = malloc((r->count + 1) * sizeof *list);
	uint64_t i;

	for (i = 0; order && list && i < r->count; i++)
		order[i] = (struct reset_order){&r->list[i], (uint32_t)i};
	if (order && list && r->count)
		qsort(order, r->count, sizeof *order, compare);
	for (i = 0; order && list && i < r->count; i++)
		list[i] = order[i].number;
	if (!order) {
		free(list);
		list = NULL;
	}
	free(order);
	return list;
}

/* The first behind those of list[from]'s session and connection. */
static uint64_t resets_of_connection(const struct resets *r, const uint32_t *list, uint64_t from)
{
	uint64_t to = from;

	while (to < r->count && r->list[list[to]].session == r->list[list[from]].session &&
	       r->list[list[to]].connection == r->list[list[from]].connection)
		to++;
	return to;
}

/* Opens some sessions' dossiers and reads what they say of list[from..). */
static enum status resets_read_chunk(struct resets *r, const uint32_t *list, uint64_t from,
				     const uint32_t *session, const uint32_t *connection,
				     uint32_t sessions, const struct dossier_source *source, struct error *err)
{
	struct dossiers *dossiers = NULL;
	enum status status = dossiers_open(&dossiers, source, session, connection,
					   sessions, err);
	uint64_t to;
	uint32_t k;

	for (k = 0; k < sessions && !status; k++) {
		struct dossier dossier = dossiers_get(dossiers, k);

		while (r->list[list[from]].session != session[k] ||
		       r->list[list[from]].connection != connection[k])
			from++;
		to = resets_of_connection(r, list, from);
		status = reset_facts_find(r->facts, r->list, list + from, (uint32_t)(to - from),
					  &dossier, source, err);
		from = to;
	}
	dossiers_close(&dossiers);
	return status;
}

/* In chunks of sessions, so that memory is bounded whatever there is of RSTs. */
static enum status resets_read(struct resets *r, const uint32_t *list, const struct judging *j,
			       const struct dossier_source *source, struct error *err)
{
	uint32_t *session = malloc((r->count + 1) * sizeof *session), sessions = 0;
	uint32_t *connection = malloc((r->count + 1) * sizeof *connection);
	uint64_t i, first = 0, all = 0, packets = 0, most;
	enum status status = session && connection ? STATUS_OK : reset_memory(err);

	for (i = 0; !status && i < r->count; i = resets_of_connection(r, list, i))
		all += sessions_records(j->sessions, j->flows, r->list[list[i]].session);
	most = all / RESET_CHUNKS > RESET_CHUNK_PACKETS ? all / RESET_CHUNKS : RESET_CHUNK_PACKETS;
	for (i = 0; i < r->count && !status; i = resets_of_connection(r, list, i)) {
		uint64_t more = sessions_records(j->sessions, j->flows, r->list[list[i]].session);

		if (more > RESET_SESSION_PACKETS)
			continue;
		if (sessions && packets + more > most) {
			status = resets_read_chunk(r, list, first, session, connection, sessions, source,
						   err);
			sessions = 0;
			packets = 0;
		}
		first = sessions ? first : i;
		connection[sessions] = r->list[list[i]].connection;
		session[sessions++] = r->list[list[i]].session;
		packets += more;
	}
	if (!status && sessions)
		status = resets_read_chunk(r, list, first, session, connection, sessions, source,
						   err);
	free(session);
	free(connection);
	return status;
}

static enum status resets_explain(struct resets *r, const struct judging *j,
				  const struct verdicts *v, const struct dossier_source *source,
				  struct error *err)
{
	uint32_t *by_record = resets_order(r, reset_record_compare);
	uint32_t *by_time = resets_order(r, reset_session_compare);
	enum status status = STATUS_OK;
	uint64_t i;

	r->facts = malloc((r->count + 1) * sizeof *r->facts);
	r->crowd = malloc(sizeof *r->crowd);
	if (!by_record || !by_time || !r->facts || !r->crowd)
		status = reset_memory(err);
	for (i = 0; i < r->count && !status; i++)
		reset_facts_begin(&r->facts[i]);
	if (!status)
		status = resets_read(r, by_record, j, source, err);
	if (!status)
		status = reset_crowd_gather(r->crowd, r, by_time, j, source, err);
	if (!status)
		status = reset_legs_find(r, j, source, err);
	if (!status)
		reset_causes_find(r, j, v);
	free(by_record);
	free(by_time);
	return status;
}

static enum status resets_gather(struct resets *r, const struct judging *j,
				 const struct verdicts *v, struct error *err)
{
	uint32_t p;

	for (p = 0; p < j->view->points; p++)
		if (j->path->stage[p] != PATH_OFF && !resets_scan(r, j, v, p))
			return reset_memory(err);
	if (r->count >= UINT32_MAX)
		return error_set(err, STATUS_INPUT, "%llu RSTs, and one run takes %u: " VIEW_LESS,
				 (unsigned long long)r->count, UINT32_MAX - 1);
	if (r->count)
		qsort(r->list, r->count, sizeof *r->list, reset_compare);
	return STATUS_OK;
}

enum status resets_find(struct resets **out, const struct judging *judging,
			const struct verdicts *verdicts, const struct dossier_source *source,
			struct error *err)
{
	struct resets *r = calloc(1, sizeof *r);
	enum status status;

	*out = r;
	if (!r)
		return reset_memory(err);
	status = resets_gather(r, judging, verdicts, err);
	if (!status)
		status = resets_explain(r, judging, verdicts, source, err);
	if (status)
		resets_free(out);
	return status;
}

void resets_free(struct resets **resets)
{
	if (*resets) {
		free((*resets)->list);
		free((*resets)->facts);
		free((*resets)->crowd);
	}
	free(*resets);
	*resets = NULL;
}
