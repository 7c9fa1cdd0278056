#include "correlate/mislink.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/pairs.h"

#define MISLINK_SAMPLES 16u      /* links that say what a hop's delay is */
#define MISLINK_TIMES 8          /* so many times the spread away, and ... */
#define MISLINK_SLACK_NS 1000000 /* ... so much more, is no delay of the hop's */
#define MISLINK_REACH 256u       /* packets of a session before the one in question */
#define MISLINK_FRAMES 4u        /* of those that had sent its bytes */

/* A segment without a partner, or the two ends of a link in doubt. */
struct mislink_item {
	uint32_t root;               /* of the session */
	uint32_t seq, end;
	int64_t time_ns;             /* reference time; of a link, the downstream end's */
	int64_t sent_ns;             /* of a link, the upstream end's */
	uint32_t index;              /* of a link: of its near end */
	uint8_t point, direction;
	bool upstream, link;
};

/* One hop. */
struct mislink {
	struct journeys *journeys;
	struct sessions *sessions;
	const struct hops *hops;
	const struct view *view;
	const struct path *path;
	const struct meeting *meeting;
	uint32_t stage;
	int64_t least_ns[2], most_ns[2]; /* of delays, by direction and the coarse clocks */
	uint64_t *wanted;                /* bit by root: a link of its is in doubt */
	struct mislink_item *item;
	uint64_t items, room;
	bool taken;
};

/* ---- what a hop's delay is ---- */

/* False: no link of the hop is far from the others. */
static bool mislink_bounds(struct mislink *m)
{
	bool doubt = false;
	unsigned d;

	for (d = 0; d < 2; d++) {
		const struct histogram *delay = m->hops->hop[m->stage].habits.delay[d];
		int64_t low, middle, high;

		m->least_ns[d] = INT64_MIN;
		m->most_ns[d] = INT64_MAX;
		if (histogram_count(delay) < MISLINK_SAMPLES)
			continue;
		low = histogram_quantile(delay, 100);
		middle = histogram_quantile(delay, 500);
		high = histogram_quantile(delay, 900);
		m->least_ns[d] = middle - MISLINK_TIMES * (middle - low) - MISLINK_SLACK_NS;
		m->most_ns[d] = middle + MISLINK_TIMES * (high - middle) + MISLINK_SLACK_NS;
		doubt |= histogram_min(delay) < m->least_ns[d] || histogram_max(delay) > m->most_ns[d];
	}
	return doubt;
}

/* ---- what is looked at ---- */

static bool mislink_add(struct mislink *m, const struct mislink_item *item)
{
	struct mislink_item *list = memory_room(m->item, m->items, &m->room, sizeof *list);

	if (!list)
		return false;
	m->item = list;
	m->item[m->items++] = *item;
	return true;
}

/* A segment with data, of a session whose direction is known. */
static bool mislink_segment(const struct mislink *m, uint32_t p, uint32_t index, uint32_t way,
			    struct mislink_item *item)
{
	const struct view_point *point = &m->view->point[p];
	uint16_t flags;
	uint8_t flip;

	if (way == VIEW_NO_WAY || m->view->flow[way >> 1].proto != 6 || !m->hops->lean[way >> 1])
		return false;
	flags = (uint16_t)view_get(point, RECORD_FLAGS, index);
	item->seq = (uint32_t)view_get(point, RECORD_SEQ, index);
	item->end = item->seq + view_payload(point, index);
	if (flags & (PACKET_TCP_SYN | PACKET_TCP_RST) || item->end == item->seq ||
	    view_get(point, RECORD_MARKS, index) & PACKET_FRAGMENT_LATER)
		return false;
	item->root = sessions_root(m->sessions, way >> 1, &flip);
	item->direction = (m->hops->lean[way >> 1] > 0) == (way & 1);
	return true;
}

static bool mislink_add_link(struct mislink *m, const struct pairs *pairs, uint32_t i)
{
	int8_t lean = m->hops->lean[pairs->near_way[i] >> 1];
	bool reverse = (lean > 0) == (pairs->near_way[i] & 1);
	int64_t delay = pairs->far_ns[i] - pairs->near_ns[i];
	struct mislink_item item = {.link = true, .point = (uint8_t)pairs->point,
				    .index = pairs->near[i],
				    .time_ns = reverse ? pairs->near_ns[i] : pairs->far_ns[i],
				    .sent_ns = reverse ? pairs->far_ns[i] : pairs->near_ns[i]};

	delay = reverse ? -delay : delay;
	if ((delay >= m->least_ns[reverse] && delay <= m->most_ns[reverse]) ||
	    m->path->stage[pairs->far_point[i]] != m->stage + 1 ||
	    !mislink_segment(m, pairs->point, pairs->near[i], pairs->near_way[i], &item))
		return true;
	m->wanted[item.root >> 6] |= (uint64_t)1 << (item.root & 63);
	return mislink_add(m, &item);
}

static bool mislink_links(struct mislink *m)
{
	struct pairs pairs;
	uint32_t k, i;

	for (k = 0; k < m->path->points[m->stage]; k++) {
		pairs_first(&pairs, m->journeys, m->view, m->meeting, m->path->point[m->stage][k]);
		while (pairs_next(&pairs)) {
			pairs_read_far(&pairs);
			for (i = 0; i < pairs.rows; i++)
				if (!mislink_add_link(m, &pairs, i))
					return false;
		}
	}
	return true;
}

/* The segments of a point that have no partner at the hop, of sessions that are asked for. */
static bool mislink_lone(struct mislink *m, uint32_t p)
{
	const uint8_t *marks = m->journeys->marks[p];
	bool near = m->path->stage[p] == m->stage;
	uint8_t other = JOURNEY_COPY | JOURNEY_DUPLICATE | JOURNEY_REPEATED |
			(near ? JOURNEY_NEXT : JOURNEY_PREVIOUS);
	uint32_t way[VIEW_BATCH], i;
	struct view_batch batch;

	view_first(&batch, &m->view->point[p]);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++) {
			uint32_t index = batch.index[i];
			struct mislink_item item = {.point = (uint8_t)p, .index = index};

			if (marks[index] & other || !mislink_segment(m, p, index, way[i], &item) ||
			    !(m->wanted[item.root >> 6] >> (item.root & 63) & 1))
				continue;
			item.upstream = near == !item.direction;
			item.time_ns = clock_correct(&m->meeting->clock[p],
						     view_get(&m->view->point[p], RECORD_TIME, index));
			if (!mislink_add(m, &item))
				return false;
		}
	}
	return true;
}

/* ---- judgement ---- */

static int mislink_compare(const void *x, const void *y)
{
	const struct mislink_item *a = x, *b = y;

	if (a->root != b->root)
		return a->root < b->root ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction - b->direction;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->point != b->point)
		return a->point - b->point;
	return (a->index > b->index) - (a->index < b->index);
}

static bool mislink_overlap(const struct mislink_item *a, const struct mislink_item *b)
{
	return (int32_t)(a->seq - b->end) < 0 && (int32_t)(b->seq - a->end) < 0;
}

static bool mislink_talk(const struct mislink_item *a, const struct mislink_item *b)
{
	return a->root == b->root && a->direction == b->direction;
}

/* Whether the frame's other bytes came out soon after it, without a partner. */
static bool mislink_came_out(const struct mislink *m, uint64_t frame, const struct mislink_item *link)
{
	const struct mislink_item *v = &m->item[frame];
	int64_t least = m->least_ns[v->direction], most = m->most_ns[v->direction];
	uint64_t from = frame, k;

	while (from > 0 && frame - from < MISLINK_REACH && mislink_talk(&m->item[from - 1], v) &&
	       m->item[from - 1].time_ns - v->time_ns >= least)
		from--;
	for (k = from; k < m->items && k - from < 2 * MISLINK_REACH && mislink_talk(&m->item[k], v); k++) {
		const struct mislink_item *w = &m->item[k];

		if (w->time_ns - v->time_ns > most)
			return false;
		if (!w->upstream && !w->link && mislink_overlap(w, v) && !mislink_overlap(w, link))
			return true;
	}
	return false;
}

static bool mislink_wrong(const struct mislink *m, uint64_t at)
{
	const struct mislink_item *link = &m->item[at];
	int64_t least = m->least_ns[link->direction], most = m->most_ns[link->direction];
	bool late = link->time_ns - link->sent_ns > most;
	uint64_t k = at, reach = 0;
	uint32_t frames = 0;

	/* what was sent a little later by the clocks may have come out, too */
	while (k + 1 < m->items && reach++ < MISLINK_REACH && mislink_talk(&m->item[k + 1], link) &&
	       link->time_ns - m->item[k + 1].time_ns >= least)
		k++;
	for (k++, reach = 0; k-- > 0 && reach++ < 2 * MISLINK_REACH;) {
		const struct mislink_item *v = &m->item[k];

		if (!mislink_talk(v, link) || link->time_ns - v->time_ns > most)
			return false;
		if (v->upstream && !v->link && mislink_overlap(v, link) &&
		    !(v->seq == link->seq && v->end == link->end) &&
		    (!late || v->time_ns > link->sent_ns)) {
			if (mislink_came_out(m, k, link))
				return true;
			if (++frames == MISLINK_FRAMES)
				return false;
		}
	}
	return false;
}

static bool mislink_hop(struct mislink *m)
{
	uint64_t i, links;
	uint32_t s, k;

	m->items = 0;
	if (!mislink_bounds(m))
		return true;
	if (!mislink_links(m))
		return false;
	links = m->items;
	for (s = m->stage; links && s <= m->stage + 1; s++)
		for (k = 0; k < m->path->points[s]; k++)
			if (!mislink_lone(m, m->path->point[s][k]))
				return false;
	if (links == m->items)
		return true;
	qsort(m->item, m->items, sizeof *m->item, mislink_compare);
	for (i = 0; i < m->items; i++)
		if (m->item[i].link && mislink_wrong(m, i)) {
			journey_unlink(m->journeys, m->item[i].point, m->item[i].index);
			m->taken = true;
		}
	return true;
}

enum status mislinks_take_back(struct journeys *journeys, struct sessions *sessions,
			       const struct hops *hops, const struct view *view,
			       const struct path *path, const struct meeting *meeting,
			       bool *taken, struct error *err)
{
	struct mislink m = {.journeys = journeys, .sessions = sessions, .hops = hops, .view = view,
			    .path = path, .meeting = meeting};
	bool ok;

	m.wanted = memory_zeroed((size_t)view->nodes / 64 + 1, sizeof *m.wanted);
	ok = m.wanted;
	for (; m.stage < hops->count && ok; m.stage++)
		ok = mislink_hop(&m);
	*taken = m.taken;
	free(m.wanted);
	free(m.item);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "links in doubt");
}
