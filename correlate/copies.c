/* repeats_drop_copies(): captures that hold every packet twice or more often.
 *
 * A copy is the later of two equal records of one point within 10 ms, where the
 * link of one of them is known to carry what another carries (meeting.h). The
 * TTL may differ by one and the link addresses differ where both sides of a
 * router are in one file. A packet has one sight on each link, and two only where the
 * link is known to carry everything twice: what is there more often was sent more often.
 */
#include "correlate/repeat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COPIES_MAX 8 /* sights of one packet at one point: a host's bridges, tunnels and interfaces */

struct copy {
	int64_t time_ns; /* reference time */
	uint32_t point, index, link, ip_id, tsval;
	uint16_t window;
	uint8_t version;
	uint8_t sights;  /* of the packet whose first one this is */
	uint32_t seen[COPIES_MAX]; /* the links of those behind the first */
	uint32_t older[COPIES_MAX]; /* by chain: the next older first sight's number, from 1; 0: none */
};

struct copying {
	struct journeys *journeys;
	const struct view *view;
	const struct path *path;
	const struct meeting *meeting;
	struct copy *list;
	uint32_t room;
};

static int copy_compare(const void *x, const void *y)
{
	const struct copy *a = x, *b = y;

	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static bool copying_load(struct copying *c, const uint32_t *from, uint32_t count)
{
	uint32_t i;

	if (count > c->room) {
		free(c->list);
		c->list = malloc(count * sizeof *c->list);
		c->room = c->list ? count : 0;
		if (!c->list)
			return false;
	}
	for (i = 0; i < count; i++) {
		uint32_t p = from[2 * i], index = from[2 * i + 1];
		const struct view_point *point = &c->view->point[p];
		uint32_t way = view_way(point, index);

		c->list[i] = (struct copy){
			.version = way == VIEW_NO_WAY ? 0 : c->view->flow[way >> 1].version,
			.sights = 1,
			.time_ns = clock_correct(&c->meeting->clock[p],
						 view_get(point, RECORD_TIME, index)),
			.point = p,
			.index = index,
			.link = (uint32_t)view_get(point, RECORD_LINK, index) +
				point->block[index >> VIEW_BLOCK_SHIFT].link_base,
			.ip_id = (uint32_t)view_get(point, RECORD_IP_ID, index),
			.tsval = (uint32_t)view_get(point, RECORD_TSVAL, index),
			.window = (uint16_t)view_get(point, RECORD_WINDOW, index),
		};
	}
	qsort(c->list, count, sizeof *c->list, copy_compare);
	return true;
}

/* Whether one more sight on this link may be of the packet whose first sight is given. */
static bool copy_has_place(const struct copying *c, const struct copy *first, uint32_t link)
{
	const uint8_t *doubled = c->meeting->doubled[first->point];
	uint32_t places = doubled[link] & MEETING_DOUBLED_SELF ? 2 : 1, k;
	uint32_t taken = first->link == link;

	for (k = 0; k + 1u < first->sights; k++)
		taken += first->seen[k] == link;
	return first->sights <= COPIES_MAX && taken < places &&
	       (doubled[link] || doubled[first->link]);
}

/* A translator to the other version of IP gives another ID, or none. */
static bool copy_of(const struct copying *c, const struct copy *one, const struct copy *first)
{
	return (one->ip_id == first->ip_id || one->version != first->version) &&
	       one->tsval == first->tsval && one->window == first->window &&
	       copy_has_place(c, first, one->link);
}

/* First sights are chained by the link that may have another one: in a flood of equal packets few
 * have, and no others are asked. Where links are many there is one chain for all. */
static bool chained_by_link(const struct copying *c, const struct copy *one)
{
	return c->view->point[one->point].links <= COPIES_MAX;
}

static void copy_keep(const struct copying *c, struct copy *first, uint32_t number,
		      uint32_t newest[COPIES_MAX])
{
	uint32_t chains = chained_by_link(c, first) ? c->view->point[first->point].links : 1, l;

	for (l = 0; l < chains; l++)
		if (!chained_by_link(c, first) || copy_has_place(c, first, l)) {
			first->older[l] = newest[l];
			newest[l] = number;
		}
}

/* Takes the record to the packet's first sight, if it is in reach; false: it is none. */
static bool copy_take(struct copying *c, const struct copy *one, uint32_t newest[COPIES_MAX])
{
	bool by_link = chained_by_link(c, one);
	uint32_t chain = by_link ? one->link : 0, *at = &newest[chain];

	while (*at) {
		struct copy *first = &c->list[*at - 1];

		if (first->point != one->point || one->time_ns - first->time_ns > MEETING_COPY_NS)
			break;
		if (by_link && !copy_has_place(c, first, chain)) {
			*at = first->older[chain];
			continue;
		}
		if (copy_of(c, one, first)) {
			first->seen[first->sights++ - 1] = one->link;
			return true;
		}
		at = &first->older[chain];
	}
	return false;
}

/* Marks the copies; how many records are left, at the list's beginning. */
static uint32_t copying_mark(struct copying *c, uint32_t count)
{
	uint32_t newest[COPIES_MAX] = {0}, i, kept = 0;

	for (i = 0; i < count; i++) {
		struct copy one = c->list[i];

		if (copy_take(c, &one, newest)) {
			c->journeys->marks[one.point][one.index] |= JOURNEY_COPY;
		} else {
			c->list[kept++] = one;
			copy_keep(c, &c->list[kept - 1], kept, newest);
		}
	}
	return kept;
}

/* Links what is at most once on every stage; false: some stage has more. */
static bool copying_link(struct copying *c, uint32_t count)
{
	const struct copy *at[VIEW_POINTS_MAX] = {NULL}, *last = NULL;
	uint32_t i, s;

	for (i = 0; i < count; i++) {
		s = c->path->stage[c->list[i].point];
		if (at[s])
			return false;
		at[s] = &c->list[i];
	}
	for (s = 0; s < c->path->stages; s++) {
		if (last && at[s])
			journey_link(c->journeys, c->path, last->point, last->index, at[s]->point,
				     at[s]->index);
		last = at[s] ? at[s] : last;
	}
	return true;
}

static bool copying_wanted(const struct view *view, const struct meeting *meeting)
{
	uint32_t p, l;

	for (p = 0; p < view->points; p++)
		for (l = 0; l < view->point[p].links; l++)
			if (meeting->doubled[p][l])
				return true;
	return false;
}

enum status repeats_drop_copies(struct repeats *repeats, struct journeys *journeys,
				const struct view *view, const struct path *path,
				const struct meeting *meeting, struct error *err)
{
	struct copying c = {journeys, view, path, meeting, NULL, 0};
	uint64_t at, next, to = 0;

	if (!copying_wanted(view, meeting))
		return STATUS_OK;
	for (at = 0; at < repeats->size; at = next) {
		uint32_t count = repeats->list[at], kept, i;

		next = at + 1 + 2 * (uint64_t)count;
		if (!copying_load(&c, repeats->list + at + 1, count)) {
			free(c.list);
			return error_errno(err, ENOMEM, "copies");
		}
		kept = copying_mark(&c, count);
		if (copying_link(&c, kept))
			continue;
		repeats->list[to++] = kept; /* never ahead of what is read */
		for (i = 0; i < kept; i++) {
			repeats->list[to++] = c.list[i].point;
			repeats->list[to++] = c.list[i].index;
		}
	}
	repeats->size = to;
	free(c.list);
	return STATUS_OK;
}
