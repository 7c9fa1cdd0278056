#include "correlate/dossier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/order.h"
#include "correlate/renumber.h"
#include "correlate/trace.h"

/* With a trace, so many packets of all sessions are there before those in the middle are left out. */
#define DOSSIER_BESIDE (1u << 15)

struct dossiers {
	const struct dossier_source *source;
	const uint32_t *session, *connection; /* borrowed until dossiers_open() is done */
	uint32_t count;
	uint64_t *wanted;        /* bit per node */
	struct dossier_packet *packet;
	struct dossier_sight *sight;
	uint32_t packets, sights;
	uint32_t pruned;         /* packets that are left out if there are more */
	uint64_t packet_room, sight_room;
	struct dossier *list;
	bool damaged;            /* a trace is none */
};

static enum status dossier_memory(const struct dossier_source *source, struct error *err)
{
	return memory_fail(source->view->memory, err, "dossiers of sessions");
}

/* ---- what is wanted ---- */

/* Which dossier a node's packets belong to. */
static uint32_t dossier_of(const struct dossiers *d, uint32_t node)
{
	uint32_t session = d->source->sessions->of_node[node], low = 0, high = d->count;
	uint32_t connection = d->connection ? sessions_connection(d->source->sessions, node) : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (d->session[middle] < session ||
		    (d->connection && d->session[middle] == session && d->connection[middle] < connection))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool dossiers_want(struct dossiers *d)
{
	const struct sessions *s = d->source->sessions;
	uint32_t i, n;

	d->wanted = memory_take(d->source->view->memory, (size_t)d->source->view->nodes / 64 + 1,
				sizeof *d->wanted);
	if (!d->wanted)
		return false;
	for (i = 0; i < d->count; i++) {
		uint32_t connection = d->connection ? d->connection[i] : sessions_front(s, d->session[i]);

		for (n = s->list[d->session[i]].first_node; n != UINT32_MAX; n = s->next_node[n])
			if (sessions_connection(s, n) == connection)
				d->wanted[n >> 6] |= (uint64_t)1 << (n & 63);
	}
	return true;
}

/* ---- collecting ---- */

static bool dossier_add_sight(struct dossiers *d, uint32_t p, uint32_t index)
{
	const struct dossier_source *from = d->source;
	struct dossier_sight *list =
		memory_more(from->view->memory, d->sight, d->sights, &d->sight_room, sizeof *list);

	if (!list || d->sights == UINT32_MAX)
		return false;
	d->sight = list;
	d->sight[d->sights++] = (struct dossier_sight){
		.time_ns = clock_correct(&from->clock[p],
					 view_get(&from->view->point[p], RECORD_TIME, index)),
		.index = index,
		.point = (uint8_t)p,
		.stage = from->path->stage[p],
		.ttl = (uint8_t)view_get(&from->view->point[p], RECORD_TTL, index)};
	return true;
}

/* Sights were collected along the path; a packet that travels against it saw the last one first. */
static void dossier_turn(struct dossier_sight *sight, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count / 2; i++) {
		struct dossier_sight first = sight[i];

		sight[i] = sight[count - 1 - i];
		sight[count - 1 - i] = first;
	}
}

/* What was decided of a record: see struct verdicts. */
static uint8_t dossier_code(const struct dossiers *d, uint32_t p, uint32_t index)
{
	const struct dossier_source *from = d->source;

	return from->trace ? trace_code(from->trace, p, index) : from->code[p][index];
}

/* The next record on its journey; false: there is none. */
static bool dossier_next(struct dossiers *d, uint32_t *p, uint32_t *index)
{
	const struct journeys *j = d->source->journeys;
	uint32_t next;

	if (d->source->trace)
		return trace_next(d->source->trace, p, index, &d->damaged);
	if (!(j->marks[*p][*index] & JOURNEY_NEXT))
		return false;
	next = j->next[*p][*index];
	*p = j->next_point[*p][*index];
	*index = next;
	return true;
}

/* Whether a journey begins with it. */
static bool dossier_begins(struct dossiers *d, uint32_t p, uint32_t index)
{
	if (d->source->trace)
		return trace_begins(d->source->trace, p, index, &d->damaged);
	return !(d->source->journeys->marks[p][index] & (JOURNEY_PREVIOUS | JOURNEY_COPY));
}

static void dossier_describe(const struct dossiers *d, struct dossier_packet *packet, uint32_t way)
{
	const struct dossier_source *from = d->source;
	const struct dossier_sight *first = &d->sight[packet->sight];
	const struct dossier_sight *last = first + packet->sights - 1;
	const struct view_point *point = &from->view->point[first->point];
	uint8_t behind = dossier_code(d, first->point, first->index);
	uint8_t ahead = dossier_code(d, last->point, last->index);

	packet->time_ns = first->time_ns;
	packet->ttl = first->ttl;
	packet->from_client = (way & 1) == from->sessions->client_direction[way >> 1];
	packet->before = packet->forward ? behind & 15 : behind >> 4;
	packet->after = packet->forward ? ahead >> 4 : ahead & 15;
	packet->before_hop = (uint8_t)(packet->forward ? first->stage - 1 : first->stage);
	packet->after_hop = (uint8_t)(packet->forward ? last->stage : last->stage - 1);
	packet->flags = (uint16_t)view_get(point, RECORD_FLAGS, first->index);
	packet->window = (uint16_t)view_get(point, RECORD_WINDOW, first->index);
	packet->marks = (uint16_t)view_get(point, RECORD_MARKS, first->index);
	packet->seq = view_seq(point, first->index);
	packet->ack = view_ack(point, first->index);
	packet->payload = view_payload(point, first->index);
	packet->end = packet->seq + packet->payload + !!(packet->flags & PACKET_TCP_SYN) +
		      !!(packet->flags & PACKET_TCP_FIN);
	packet->tsval = (uint32_t)view_get(point, RECORD_TSVAL, first->index);
	packet->ip_id = (uint32_t)view_get(point, RECORD_IP_ID, first->index);
	packet->options = (uint32_t)view_get(point, RECORD_OPTIONS, first->index);
}

/* Follows a journey from its lowest stage. */
static bool dossier_take(struct dossiers *d, uint32_t p, uint32_t index, uint32_t way)
{
	struct dossier_packet packet = {.forward = sessions_forward(d->source->sessions, way),
					.sight = d->sights};
	struct dossier_packet *list =
		memory_more(d->source->view->memory, d->packet, d->packets, &d->packet_room,
			    sizeof *list);

	if (!list)
		return false;
	d->packet = list;
	do
		if (!dossier_add_sight(d, p, index))
			return false;
	while (dossier_next(d, &p, &index));
	packet.sights = (uint8_t)(d->sights - packet.sight);
	if (!packet.forward) {
		dossier_turn(&d->sight[packet.sight], packet.sights);
		way = view_way(&d->source->view->point[d->sight[packet.sight].point],
			       d->sight[packet.sight].index);
	}
	dossier_describe(d, &packet, way);
	d->packet[d->packets++] = packet;
	return !d->damaged;
}

/* ---- sorting ---- */

static uint32_t dossier_of_packet(const struct dossiers *d, uint32_t packet)
{
	const struct dossier_sight *first = &d->sight[d->packet[packet].sight];

	return dossier_of(d, view_way(&d->source->view->point[first->point], first->index) >> 1);
}

/* The packets' numbers by dossier, and in each by time. */
static bool dossiers_order(const struct dossiers *d, struct order_key *key)
{
	struct memory *memory = d->source->view->memory;
	uint32_t i;

	for (i = 0; i < d->packets; i++)
		key[i] = (struct order_key){order_of_int(d->packet[i].time_ns), i};
	if (!order_sort(memory, key, d->packets))
		return false;
	for (i = 0; i < d->packets; i++)
		key[i].key = dossier_of_packet(d, key[i].number);
	return order_sort(memory, key, d->packets);
}

/* Lays the packets of each dossier one behind the other, in the order of time; of a long one
 * the middle is left out. */
static bool dossiers_sort(struct dossiers *d)
{
	struct memory *memory = d->source->view->memory;
	struct order_key *key = memory_resize(memory, NULL, (size_t)d->packets + 1, sizeof *key);
	struct dossier_packet *sorted =
		memory_resize(memory, NULL, (size_t)d->packets + 1, sizeof *sorted);
	uint32_t i, k, n = 0;
	bool ok = key && sorted && dossiers_order(d, key);

	for (i = 0; ok && i < d->packets; i = k) {
		struct dossier *one = &d->list[key[i].key];
		uint32_t all;

		for (k = i + 1; k < d->packets && key[k].key == key[i].key; k++)
			;
		all = k - i;
		one->packet = sorted + n;
		one->packets = all < DOSSIER_PACKETS_MAX ? all : DOSSIER_PACKETS_MAX;
		one->left_out += all - one->packets; /* ... and before */
		for (all = i; all < k; all++) {
			if (k - i > one->packets && all == i + DOSSIER_PACKETS_MAX / 2)
				all += k - i - one->packets;
			sorted[n++] = d->packet[key[all].number];
		}
	}
	memory_give(key);
	if (!ok) {
		memory_give(sorted);
		return false;
	}
	memory_give(d->packet);
	d->packet = sorted;
	d->packet_room = (uint64_t)d->packets + 1;
	d->packets = n;
	return true;
}

/* Leaves out now what would be left out in the end: what is in the middle of some packets is in the middle of
 * more. */
static bool dossiers_prune(struct dossiers *d)
{
	struct dossier_sight *kept;
	uint32_t i, n = 0;

	if (!dossiers_sort(d))
		return false;
	for (i = 0; i < d->packets; i++)
		n += d->packet[i].sights;
	kept = memory_resize(d->source->view->memory, NULL, (size_t)n + 1, sizeof *kept);
	if (!kept)
		return false;
	for (i = n = 0; i < d->packets; i++) {
		memcpy(kept + n, d->sight + d->packet[i].sight, d->packet[i].sights * sizeof *kept);
		d->packet[i].sight = n;
		n += d->packet[i].sights;
	}
	memory_give(d->sight);
	d->sight = kept;
	d->sight_room = (uint64_t)n + 1;
	d->sights = n;
	d->pruned = 2 * d->packets > DOSSIER_BESIDE ? 2 * d->packets : DOSSIER_BESIDE;
	return true;
}

/* ---- all packets of a point ---- */

/* What has no flow is of no session: its bit lies behind those of all nodes. */
static inline bool dossiers_wants(const struct dossiers *d, uint32_t way)
{
	uint32_t node = way >> 1, nodes = d->source->view->nodes;

	node = node < nodes ? node : nodes;
	return d->wanted[node >> 6] >> (node & 63) & 1;
}

/* Few packets are of wanted sessions: those are picked out first, without a branch. */
static bool dossier_point(struct dossiers *d, uint32_t p)
{
	uint32_t way[VIEW_BATCH], row[VIEW_BATCH], rows, i;
	struct view_batch batch;

	view_first(&batch, &d->source->view->point[p]);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		for (rows = i = 0; i < batch.rows; i++) {
			row[rows] = i;
			rows += dossiers_wants(d, way[i]);
		}
		for (i = 0; i < rows; i++) {
			uint32_t index = batch.index[row[i]];

			if (dossier_begins(d, p, index) && !dossier_take(d, p, index, way[row[i]]))
				return false;
			if (d->damaged)
				return false;
		}
		if (d->packets > d->pruned && !dossiers_prune(d))
			return false;
	}
	return true;
}

enum status dossiers_open(struct dossiers **out, const struct dossier_source *source,
			  const uint32_t *session, const uint32_t *connection, uint32_t count,
			  struct error *err)
{
	struct dossiers *d = calloc(1, sizeof *d);
	const struct path *path = source->path;
	uint32_t stage, k;
	bool ok, damaged;

	*out = d;
	if (!d)
		return dossier_memory(source, err);
	d->source = source;
	d->session = session;
	d->connection = connection;
	d->count = count;
	d->pruned = source->trace ? DOSSIER_BESIDE : UINT32_MAX;
	d->list = memory_take(source->view->memory, (size_t)count + 1, sizeof *d->list);
	ok = d->list && dossiers_want(d);
	for (stage = 0; ok && stage < path->stages; stage++)
		for (k = 0; ok && k < path->points[stage]; k++)
			ok = dossier_point(d, path->point[stage][k]);
	ok = ok && dossiers_sort(d);
	for (k = 0; ok && k < count; k++) {
		d->list[k].session = session[k];
		d->list[k].proto = source->sessions->list[session[k]].proto;
		d->list[k].sight = d->sight;
	}
	if (ok)
		return STATUS_OK;
	damaged = d->damaged;
	dossiers_close(out);
	return damaged ? trace_damaged(err) : dossier_memory(source, err);
}

struct dossier dossiers_get(const struct dossiers *d, uint32_t k)
{
	return d->list[k];
}

void dossiers_close(struct dossiers **dossiers)
{
	struct dossiers *d = *dossiers;

	if (!d)
		return;
	memory_give(d->wanted);
	memory_give(d->packet);
	memory_give(d->sight);
	memory_give(d->list);
	free(d);
	*dossiers = NULL;
}

bool dossier_seen(const struct dossier *d, const struct dossier_packet *packet, uint32_t stage)
{
	uint32_t i;

	for (i = 0; i < packet->sights; i++)
		if (d->sight[packet->sight + i].stage == stage)
			return true;
	return false;
}
