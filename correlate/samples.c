#include "correlate/samples.h"

#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/meeting.h"
#include "correlate/order.h"

#define SAMPLES_DOUBLED_MIN 8 /* packets of a link before it can be called doubled */
#define COMMON_NONE UINT32_MAX

static uint64_t sample_fp(const void *sample)
{
	return ((const struct sample *)sample)->fp;
}

static uint64_t sample_time(const void *sample)
{
	return order_of_int(((const struct sample *)sample)->time_ns);
}

static bool samples_add(struct samples *s, const struct sample *one)
{
	struct sample *list = memory_room(s->list, s->count, &s->room, sizeof *list);

	if (!list)
		return false;
	s->list = list;
	s->list[s->count++] = *one;
	return true;
}

bool samples_take(struct samples *s, const struct view *view, uint32_t p, uint64_t mask)
{
	const struct view_point *point = &view->point[p];
	uint64_t fp[VIEW_BATCH];
	struct view_batch batch;
	uint32_t i;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_fingerprints(view, &batch, fp);
		for (i = 0; i < batch.rows; i++) {
			uint32_t index = batch.index[i];
			struct sample one = {.fp = fp[i], .index = index};

			if (fp[i] & mask)
				continue;
			one.way = view_way(point, index);
			if (one.way == VIEW_NO_WAY)
				continue;
			one.time_ns = view_get(point, RECORD_TIME, index);
			one.version = view->flow[one.way >> 1].version;
			one.ttl = (uint8_t)view_get(point, RECORD_TTL, index);
			one.ip_id = (uint32_t)view_get(point, RECORD_IP_ID, index);
			one.link = (uint32_t)view_get(point, RECORD_LINK, index) +
				   point->block[index >> VIEW_BLOCK_SHIFT].link_base;
			if (!samples_add(s, &one))
				return false;
		}
	}
	/* those of one time are in the order of their indexes */
	return order_by(view->memory, s->list, s->count, sizeof *s->list, sample_time) &&
	       order_by(view->memory, s->list, s->count, sizeof *s->list, sample_fp);
}

void samples_free(struct samples *s)
{
	free(s->list);
	free(s->once);
	memset(s, 0, sizeof *s);
}

/* A translator to the other version of IP gives another ID, or none. */
static bool sample_copies(const struct sample *one, const struct sample *before)
{
	return one->time_ns - before->time_ns <= MEETING_COPY_NS &&
	       (one->ip_id == before->ip_id || one->version != before->version);
}

uint32_t samples_mark(struct samples *s)
{
	uint32_t from, to, i, different = 0, originals;

	for (from = 0; from < s->count; from = to) {
		originals = 1;
		for (to = from + 1; to < s->count && s->list[to].fp == s->list[from].fp; to++) {
			s->list[to].copy = sample_copies(&s->list[to], &s->list[to - 1]);
			originals += !s->list[to].copy;
		}
		for (i = from; i < to; i++)
			s->list[i].once = i == from && originals == 1;
		different++;
	}
	return different;
}

bool samples_find_doubled(const struct samples *s, uint32_t links, uint8_t **doubled)
{
	uint32_t *all = calloc(3 * ((size_t)links + 1), sizeof *all), i;
	uint32_t *copies = all + links + 1, *own = copies + links + 1;

	*doubled = calloc((size_t)links + 1, 1);
	if (!all || !*doubled) {
		free(all);
		return false;
	}
	for (i = 0; i < s->count; i++) {
		bool copy = s->list[i].copy, followed = i + 1 < s->count && s->list[i + 1].copy;
		uint32_t link = s->list[i].link;

		all[link]++;
		copies[link] += copy || followed;
		own[link] += (copy && s->list[i - 1].link == link) ||
			     (followed && s->list[i + 1].link == link);
	}
	for (i = 0; i < links; i++) {
		if (all[i] >= SAMPLES_DOUBLED_MIN && copies[i] * 2 > all[i])
			(*doubled)[i] |= MEETING_DOUBLED;
		if (all[i] >= SAMPLES_DOUBLED_MIN && own[i] * 2 > all[i])
			(*doubled)[i] |= MEETING_DOUBLED_SELF;
	}
	free(all);
	return true;
}

static uint64_t moment_time(const void *moment)
{
	return order_of_int(((const struct moment *)moment)->time_ns);
}

static uint64_t moment_index(const void *moment)
{
	return ((const struct moment *)moment)->index;
}

bool samples_order(struct samples *s)
{
	uint32_t i;

	s->once = malloc(((size_t)s->count + 1) * sizeof *s->once);
	if (!s->once)
		return false;
	for (i = 0; i < s->count; i++)
		if (s->list[i].once)
			s->once[s->once_count++] = (struct moment){s->list[i].time_ns, s->list[i].index,
								   i, s->list[i].way, s->list[i].ttl};
	return order_by(NULL, s->once, s->once_count, sizeof *s->once, moment_index) &&
	       order_by(NULL, s->once, s->once_count, sizeof *s->once, moment_time);
}

bool commons_open(struct commons *commons, uint32_t room)
{
	commons->list = malloc(((size_t)room + 1) * sizeof *commons->list);
	commons->partner = malloc(((size_t)room + 1) * sizeof *commons->partner);
	return commons->list && commons->partner;
}

void commons_close(struct commons *commons)
{
	free(commons->list);
	free(commons->partner);
}

uint32_t samples_join(const struct samples *a, const struct samples *b,
			     struct commons *out)
{
	uint32_t i, j = 0, n = 0, k;

	for (i = 0; i < a->count; i++) {
		uint64_t fp = a->list[i].fp;

		while (j < b->count && b->list[j].fp < fp)
			j++;
		out->partner[i] =
			j < b->count && b->list[j].fp == fp && b->list[j].once ? j : COMMON_NONE;
	}
	for (k = 0; k < a->once_count; k++) {
		i = out->partner[a->once[k].at];
		if (i != COMMON_NONE)
			out->list[n++] = (struct common){&a->once[k], &b->list[i]};
	}
	return n;
}
