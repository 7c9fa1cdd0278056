#include "correlate/reject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"

#define REJECT_WITHIN_NS 1000000000 /* RFC 6298 2: by then a sender has asked again */
#define REJECT_ICMP 1
#define REJECT_ICMPV6 58

/* RFC 792: 3, unreachable, but for 4, "too big". RFC 4443 3.1: 1, unreachable. */
static bool reject_code(uint8_t proto, int64_t type_code)
{
	if (proto == REJECT_ICMPV6)
		return type_code >> 8 == 1;
	return type_code >> 8 == 3 && (type_code & 255) != 4;
}

/* Errors have flows without ports: most points have none and need no reading. */
static bool reject_possible(const struct view *view, const struct view_point *point)
{
	uint32_t n;

	for (n = point->first_node; n < point->first_node + point->nodes; n++) {
		const struct capture_flow *flow = &view->flow[n];

		if ((flow->proto == REJECT_ICMP || flow->proto == REJECT_ICMPV6) &&
		    !flow->a_port && !flow->b_port)
			return true;
	}
	return false;
}

static bool rejects_add(struct rejects *r, const struct judging *j, uint32_t p, uint32_t index,
			uint32_t way, int64_t time_ns)
{
	const struct capture_flow *flow = &j->view->flow[way >> 1];
	struct reject *one, *list;

	if (!reject_code(flow->proto, view_get(&j->view->point[p], RECORD_ACK, index)))
		return true;
	list = memory_room(r->list, r->count, &r->room, sizeof *list);
	if (!list)
		return false;
	r->list = list;
	one = &r->list[r->count++];
	*one = (struct reject){.point = p, .version = flow->version, .time_ns = time_ns};
	memcpy(one->from, way & 1 ? flow->b : flow->a, 16);
	memcpy(one->to, way & 1 ? flow->a : flow->b, 16);
	return true;
}

static bool rejects_scan(struct rejects *r, const struct judging *j, uint32_t p)
{
	uint32_t way[VIEW_BATCH], i;
	uint16_t marks[VIEW_BATCH];
	int64_t time[VIEW_BATCH];
	struct view_batch batch;

	view_first(&batch, &j->view->point[p]);
	while (view_next(&batch)) {
		view_read_16(&batch, RECORD_MARKS, marks);
		view_read_ways(&batch, way);
		view_read_64(&batch, RECORD_TIME, time);
		for (i = 0; i < batch.rows; i++)
			if ((marks[i] & PACKET_ICMP_ERROR) && way[i] != VIEW_NO_WAY &&
			    !rejects_add(r, j, p, batch.index[i], way[i], time[i]))
				return false;
	}
	return true;
}

static int reject_compare_key(const struct reject *a, const struct reject *b)
{
	int by;

	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	if (a->version != b->version)
		return a->version < b->version ? -1 : 1;
	by = memcmp(a->from, b->from, 16);
	return by ? by : memcmp(a->to, b->to, 16);
}

static int reject_compare(const void *x, const void *y)
{
	const struct reject *a = x, *b = y;
	int by = reject_compare_key(a, b);

	return by ? by : (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

enum status rejects_find(struct rejects *r, const struct judging *j, struct error *err)
{
	uint32_t p;

	*r = (struct rejects){0};
	for (p = 0; p < j->view->points; p++) {
		if (j->path->stage[p] == PATH_OFF || !reject_possible(j->view, &j->view->point[p]))
			continue;
		if (!rejects_scan(r, j, p)) {
			rejects_free(r);
			return error_errno(err, ENOMEM, "ICMP errors");
		}
	}
	if (r->count)
		qsort(r->list, r->count, sizeof *r->list, reject_compare);
	return STATUS_OK;
}

void rejects_free(struct rejects *r)
{
	free(r->list);
	*r = (struct rejects){0};
}

bool rejects_have(const struct rejects *r, const struct judging *j,
		  const struct station *station)
{
	struct station_ends ends = station_ends(j, station);
	struct reject wanted = {.point = station->point, .version = ends.bytes == 4 ? 4 : 6,
				.time_ns = station->flow.first_ns};
	uint64_t low = 0, high = r->count;

	if (!r->count)
		return false;
	memcpy(wanted.from, ends.server, 16);
	memcpy(wanted.to, ends.client, 16);
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (reject_compare(&r->list[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->count && reject_compare_key(&r->list[low], &wanted) == 0 &&
	       (uint64_t)r->list[low].time_ns - (uint64_t)wanted.time_ns <= REJECT_WITHIN_NS;
}
