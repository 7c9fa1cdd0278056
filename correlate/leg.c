#include "correlate/leg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/leg_mark.h"
#include "correlate/leg_match.h"


static const char *const leg_evidence_names[LEG_EVIDENCES] = {"named", "content", "request", "time"};

const char *leg_evidence_name(enum leg_evidence evidence)
{
	return leg_evidence_names[evidence];
}

/* ---- who may be a leg ---- */

/* A stage's flows that nothing links over the hop; false: there are none. */
static bool leg_want(uint8_t *wanted, const struct leg_source *from, const struct link_count *links,
		     uint32_t stage, bool ahead)
{
	bool any = false;
	uint32_t k, n;

	for (k = 0; k < from->path->points[stage]; k++) {
		const struct view_point *point = &from->view->point[from->path->point[stage][k]];

		for (n = point->first_node; n < point->first_node + point->nodes; n++) {
			wanted[n] = leg_is_alone(from, links, n, ahead) && from->flows[n].packets[0] &&
				    from->flows[n].packets[1]; /* who is not answered has no other leg */
			any |= wanted[n];
		}
	}
	return any;
}

/* ---- a hop ---- */

static int leg_event_compare(const void *x, const void *y)
{
	const struct leg_event *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return a->from_client - b->from_client;
}

static bool leg_add_event(struct leg_events *e, const struct leg_event *one)
{
	struct leg_event *list = memory_room(e->list, e->count, &e->room, sizeof *list);

	if (!list)
		return false;
	e->list = list;
	list[e->count++] = *one;
	return true;
}

/* The data packets of fronts that cannot be read. */
static bool leg_take_events(struct leg_sides *sides, const struct leg_source *from, uint32_t p,
			    const uint8_t *client_way)
{
	const struct view_point *point = &from->view->point[p];
	uint32_t way[VIEW_BATCH], length[VIEW_BATCH], i;
	uint16_t header[VIEW_BATCH];
	struct view_batch batch;
	bool ok = true;

	view_first(&batch, point);
	while (ok && view_next(&batch)) {
		view_read_ways(&batch, way);
		view_read_32(&batch, RECORD_LENGTH, length);
		view_read_16(&batch, RECORD_HEADER, header);
		for (i = 0; i < batch.rows && ok; i++) {
			uint8_t kind = way[i] == VIEW_NO_WAY ? 0 : client_way[way[i] >> 1];

			if (!kind || length[i] == header[i])
				continue;
			ok = leg_add_event(
				&sides->events,
				&(struct leg_event){
					clock_correct(&from->clock[p],
						      view_get(point, RECORD_TIME, batch.index[i])),
					way[i] >> 1, (way[i] & 1) == kind - 1u});
		}
	}
	return ok;
}

static bool leg_find_events(struct leg_sides *sides, const struct leg_source *from, uint32_t stage)
{
	uint8_t *client_way = memory_zeroed((size_t)from->view->nodes + 1, 1);
	bool ok = client_way != NULL, any = false;
	uint64_t i;
	uint32_t k;

	for (i = 0; ok && i < sides->front.count; i++)
		if (sides->front.list[i].number == LEG_WHOLE) {
			client_way[sides->front.list[i].way >> 1] = 1 + (sides->front.list[i].way & 1);
			any = true;
		}
	for (k = 0; ok && any && k < from->path->points[stage]; k++)
		ok = leg_take_events(sides, from, from->path->point[stage][k], client_way);
	if (ok && sides->events.count)
		qsort(sides->events.list, sides->events.count, sizeof *sides->events.list,
		      leg_event_compare);
	free(client_way);
	return ok;
}

static enum status leg_take_stage(struct leg_exchanges *e, const struct leg_source *from,
				  uint32_t stage, bool front, const uint8_t *wanted,
				  struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t k;

	for (k = 0; k < from->path->points[stage] && !status; k++)
		status = leg_exchanges_take(e, from, from->path->point[stage][k], front, wanted, err);
	return status;
}

/* How far the clocks of two stages may be off. */
static int64_t leg_slack(const struct leg_source *from, uint32_t front, uint32_t back)
{
	int64_t slack_ns = INT64_MAX, error_ns = 0;
	uint32_t i, k;

	if (from->hops)
		slack_ns = hop_clock_error(&from->hops->hop[front < back ? front : back]);
	for (i = 0; slack_ns == INT64_MAX && i < from->path->points[front]; i++)
		for (k = 0; k < from->path->points[back]; k++) {
			const struct meeting_pair *pair =
				&from->meeting->pair[from->path->point[front][i]][from->path->point[back][k]];

			if (!pair->kin)
				return LEG_SLACK_NS;
			error_ns = pair->kin_error_ns > error_ns ? pair->kin_error_ns : error_ns;
		}
	if (slack_ns == INT64_MAX)
		slack_ns = error_ns;
	return slack_ns < LEG_SLACK_NS - LEG_QUICK_NS ? slack_ns + LEG_QUICK_NS : LEG_SLACK_NS;
}

/* Clients at stage `front`, servers at stage `back`. */
static enum status leg_hop(struct legs *legs, const struct leg_source *from, const uint8_t *wanted,
			   uint32_t front, uint32_t back, struct error *err)
{
	struct leg_sides sides = {.view = from->view, .hop = (uint8_t)(front < back ? front : back)};
	enum status status = leg_take_stage(&sides.front, from, front, true, wanted, err);

	if (!status)
		status = leg_take_stage(&sides.back, from, back, false, wanted, err);
	sides.slack_ns = leg_slack(from, front, back);
	if (!status && sides.front.count && sides.back.count) {
		if (!leg_find_events(&sides, from, front))
			status = error_errno(err, ENOMEM, "legs of proxied sessions");
		if (!status)
			status = leg_match(&sides, legs, err);
	}
	free(sides.front.list);
	free(sides.back.list);
	free(sides.events.list);
	return status;
}

/* ---- all ---- */

static int leg_pair_compare(const void *x, const void *y)
{
	const struct leg_pair *a = x, *b = y;

	if (a->front != b->front)
		return a->front < b->front ? -1 : 1;
	if (a->front_number != b->front_number)
		return a->front_number < b->front_number ? -1 : 1;
	if (a->back != b->back)
		return a->back < b->back ? -1 : 1;
	return (a->back_number > b->back_number) - (a->back_number < b->back_number);
}

static int leg_alone_compare(const void *x, const void *y)
{
	const struct leg_alone *a = x, *b = y;

	if (a->front != b->front)
		return a->front < b->front ? -1 : 1;
	return a->status - b->status;
}

/* How many pairs more have the longer exchange in front than behind; one that names the client
 * settles it. */
static int64_t legs_sense(const struct legs *legs, uint64_t from)
{
	int64_t sense = 0;
	uint64_t i;

	for (i = from; i < legs->pairs; i++) {
		const struct leg_pair *p = &legs->pair[i];

		if (p->evidence == LEG_NAMED)
			return INT64_MAX;
		if (p->request_ns == INT64_MIN)
			continue;
		sense += leg_minus(p->request_ns, p->response_ns == INT64_MIN ? 0 : -p->response_ns) >= 0 ? 1 : -1;
	}
	return sense;
}

/* Clients may be behind the hop: whichever way makes more sense. */
static enum status legs_find_turned(struct legs *legs, const struct leg_source *from, const uint8_t *wanted,
				    uint32_t hop, uint64_t before, uint64_t alones_before, struct error *err)
{
	uint64_t middle = legs->pairs, alones_middle = legs->alones, n;
	enum status status = leg_hop(legs, from, wanted, hop + 1, hop, err);
	int64_t turned;

	if (status || legs->pairs == middle)
		return status;
	n = legs->pairs;
	turned = legs_sense(legs, middle);
	legs->pairs = middle;
	if (middle > before && turned <= legs_sense(legs, before)) {
		legs->alones = alones_middle;
		return STATUS_OK;
	}
	memmove(legs->pair + before, legs->pair + middle, (n - middle) * sizeof *legs->pair);
	legs->pairs = before + n - middle;
	if (alones_middle == alones_before)
		return STATUS_OK;
	n = legs->alones - alones_middle;
	memmove(legs->alone + alones_before, legs->alone + alones_middle, n * sizeof *legs->alone);
	legs->alones = alones_before + n;
	return STATUS_OK;
}

static enum status legs_find_hop(struct legs *legs, const struct leg_source *from,
				 const struct link_count *links, uint8_t *wanted, uint32_t hop,
				 struct error *err)
{
	uint64_t before = legs->pairs, alones = legs->alones;
	enum status status;

	/* each says for itself whether it has any */
	if (!leg_want(wanted, from, links, hop, true) || !leg_want(wanted, from, links, hop + 1, false))
		return STATUS_OK;
	status = leg_hop(legs, from, wanted, hop, hop + 1, err);
	if (!status && (legs->pairs == before || legs_sense(legs, before) < 0))
		status = legs_find_turned(legs, from, wanted, hop, before, alones, err);
	return status;
}

enum status legs_find(struct legs **out, const struct leg_source *from, struct error *err)
{
	uint8_t *wanted = memory_zeroed((size_t)from->view->nodes + 1, 1);
	struct legs *legs = calloc(1, sizeof *legs);
	struct link_count *links = NULL;
	enum status status = STATUS_OK;
	bool any = false;
	uint32_t hop;

	*out = legs;
	if (!legs || !wanted)
		status = error_errno(err, ENOMEM, "legs of proxied sessions");
	for (hop = 0; hop + 1u < from->path->stages && !status; hop++)
		any |= leg_want(wanted, from, from->links, hop, true) &&
		       leg_want(wanted, from, from->links, hop + 1, false);
	/* some were linked since they were counted */
	if (any && !status)
		status = links_count(&links, from->view, from->journeys, from->threads, err);
	for (hop = 0; any && hop + 1u < from->path->stages && !status; hop++)
		status = legs_find_hop(legs, from, links, wanted, hop, err);
	if (!status && legs->pairs) {
		qsort(legs->pair, legs->pairs, sizeof *legs->pair, leg_pair_compare);
		if (legs->alones)
			qsort(legs->alone, legs->alones, sizeof *legs->alone, leg_alone_compare);
		status = legs_mark(legs, from, links, err);
	}
	memory_give(links);
	free(wanted);
	if (status)
		legs_free(out);
	return status;
}

void legs_free(struct legs **legs)
{
	if (!*legs)
		return;
	free((*legs)->pair);
	free((*legs)->alone);
	free((*legs)->ends);
	free(*legs);
	*legs = NULL;
}

const struct leg_pair *legs_of_front(const struct legs *legs, uint32_t node, uint64_t *count)
{
	uint64_t low = 0, high = legs->pairs, end;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (legs->pair[middle].front < node)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < legs->pairs && legs->pair[end].front == node; end++)
		;
	*count = end - low;
	return legs->pair + low;
}

bool legs_differ(const struct legs *legs, uint32_t front)
{
	uint64_t count, low = 0, high = legs->alones, i;
	const struct leg_pair *pair = legs_of_front(legs, front, &count);

	for (i = 0; i < count; i++)
		if (!pair[i].failed && pair[i].confidence >= LEG_SURE &&
		    pair[i].front_status >= LEG_ERROR_STATUS && pair[i].front_status != pair[i].back_status)
			return true;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (legs->alone[middle].front < front)
			low = middle + 1;
		else
			high = middle;
	}
	/* who ends at the proxy, that is: others may have asked somebody else on this side */
	for (; low < legs->alones && legs->alone[low].front == front && legs->ends[front]; low++)
		if (legs->alone[low].status >= LEG_ERROR_STATUS)
			return true;
	return false;
}

/* Who uses a back: the root of the client's session; several: LEG_MANY. */
#define LEG_NOBODY UINT32_MAX
#define LEG_MANY (UINT32_MAX - 1)

enum status legs_join(const struct legs *legs, struct sessions *sessions,
		      const struct survey_flow *flows, const struct view *view, struct error *err)
{
	uint32_t *user = memory_zeroed((size_t)view->nodes + 1, sizeof *user), root;
	uint64_t i;
	uint8_t flip;

	if (!user)
		return error_errno(err, ENOMEM, "legs of proxied sessions");
	sessions->connection = memory_take(view->memory, (size_t)view->nodes + 1,
					   sizeof *sessions->connection);
	if (!sessions->connection) {
		free(user);
		return error_errno(err, ENOMEM, "legs of proxied sessions");
	}
	for (i = 0; i < view->nodes; i++)
		sessions->connection[i] = sessions_root(sessions, (uint32_t)i, &flip);
	memset(user, 0xff, ((size_t)view->nodes + 1) * sizeof *user);
	for (i = 0; i < legs->pairs; i++) {
		const struct leg_pair *p = &legs->pair[i];
		uint32_t back = sessions->connection[p->back];

		root = sessions->connection[p->front];
		user[back] = user[back] == LEG_NOBODY || user[back] == root ? root : LEG_MANY;
	}
	for (i = 0; i < legs->pairs; i++) {
		const struct leg_pair *p = &legs->pair[i];
		unsigned front, back;
		bool sure;

		if (p->confidence < LEG_SURE || user[sessions->connection[p->back]] == LEG_MANY)
			continue;
		front = survey_client_direction(&flows[p->front], &view->flow[p->front], &sure);
		back = survey_client_direction(&flows[p->back], &view->flow[p->back], &sure);
		sessions_join(sessions, p->front, p->back, (uint8_t)(front != back));
	}
	free(user);
	return STATUS_OK;
}
