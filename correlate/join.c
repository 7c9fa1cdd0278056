/* The windowed join of journeys_join(). The fingerprints are split into a
 * fixed number of parts, each joined by itself with two hash tables: the
 * present one and the one before. Whatever was not touched for a full window
 * is finished when the tables change places, so that no entry needs a timer.
 * Within a slice of time the order of points does not matter: a group is a set.
 */
#include "correlate/journey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/meeting.h"

#define JOIN_PARTS 4            /* of the fingerprints; fixed, so that the result is */
#define JOIN_SLICES 512         /* slices of time in a window: what the points saw of one is in cache */
#define JOIN_GROUP_MAX (1u << 21) /* records in one group; a longer one is cut here, and what is on its way then is lost */
#define JOIN_SLOTS_MIN 4096u
#define JOIN_AHEAD 16u          /* probes under way at once: random loads in batches */
#define JOIN_END UINT32_MAX

struct join_entry {
	uint64_t fp;
	uint32_t index[2];      /* the first two records */
	uint32_t more, last;    /* chain of the others, in order; JOIN_END */
	uint8_t point[2];
	uint32_t count;         /* 0: moved to the other table */
};

struct join_more {
	uint32_t index, next;
	uint32_t point;
};

/* Another entry than the one that is looked for is told without a look at it. */
struct join_slot {
	uint32_t entry;         /* number + 1, 0 = free */
	uint32_t tag;           /* of its fingerprint */
};

struct join_table {
	struct join_entry *entry;
	uint32_t entries;
	uint64_t entry_room;
	struct join_more *more;
	uint32_t mores;
	uint64_t more_room;
	struct join_slot *slot;
	uint32_t slots;         /* power of two */
};

struct join_part {
	const struct view *view;
	const struct path *path;
	const struct meeting *meeting;
	struct journeys *journeys;
	int64_t tmax_ns;
	uint32_t part;
	struct join_table table[2]; /* present, before */
	struct repeats repeats;
	enum status status;
	struct error err;
};

/* What is read of one point and not yet joined. */
struct join_input {
	struct view_batch batch;
	uint32_t at, rows;
	bool ended;
	int64_t time[VIEW_BATCH];
	uint64_t fp[VIEW_BATCH];
	uint32_t index[VIEW_BATCH];
};

/* ---- tables ---- */

static inline uint32_t join_place(const struct join_table *t, uint64_t fp)
{
	return (uint32_t)(fp >> 4) & (t->slots - 1);
}

static inline uint32_t join_tag(uint64_t fp)
{
	return (uint32_t)(fp >> 32);
}

static bool join_table_init(struct join_table *t)
{
	memset(t, 0, sizeof *t);
	t->slots = JOIN_SLOTS_MIN;
	t->slot = memory_zeroed(t->slots, sizeof *t->slot);
	return t->slot != NULL;
}

static void join_table_free(struct join_table *t)
{
	free(t->entry);
	free(t->more);
	free(t->slot);
}

static void join_table_clear(struct join_table *t)
{
	t->entries = t->mores = 0;
	memset(t->slot, 0, t->slots * sizeof *t->slot);
}

static bool join_table_grow(struct join_table *t)
{
	struct join_entry *list = memory_room(t->entry, t->entries, &t->entry_room, sizeof *list);
	struct join_slot *slot;
	uint32_t slots, e, s;

	if (!list)
		return false;
	t->entry = list;
	if ((t->entries + 1) * 2 <= t->slots)
		return true;
	slots = 2 * t->slots;
	slot = memory_zeroed(slots, sizeof *slot);
	if (!slot)
		return false;
	free(t->slot);
	t->slot = slot;
	t->slots = slots;
	for (e = 0; e < t->entries; e++) {
		uint64_t fp = t->entry[e].fp;

		for (s = join_place(t, fp); slot[s].entry; s = (s + 1) & (slots - 1))
			;
		slot[s] = (struct join_slot){e + 1, join_tag(fp)};
	}
	return true;
}

static struct join_entry *join_find(struct join_table *t, uint64_t fp)
{
	uint32_t tag = join_tag(fp), s;

	for (s = join_place(t, fp); t->slot[s].entry; s = (s + 1) & (t->slots - 1)) {
		struct join_entry *entry = &t->entry[t->slot[s].entry - 1];

		if (t->slot[s].tag == tag && entry->fp == fp && entry->count)
			return entry;
	}
	return NULL;
}

static struct join_entry *join_insert(struct join_table *t, uint64_t fp)
{
	struct join_entry *entry;
	uint32_t s;

	if (!join_table_grow(t))
		return NULL;
	for (s = join_place(t, fp); t->slot[s].entry; s = (s + 1) & (t->slots - 1))
		;
	entry = &t->entry[t->entries++];
	t->slot[s] = (struct join_slot){t->entries, join_tag(fp)};
	entry->fp = fp;
	entry->count = 0;
	entry->more = entry->last = JOIN_END;
	return entry;
}

static bool join_append(struct join_table *t, struct join_entry *entry, uint32_t point,
			uint32_t index)
{
	struct join_more *more;

	if (entry->count < 2) {
		entry->point[entry->count] = (uint8_t)point;
		entry->index[entry->count] = index;
		entry->count++;
		return true;
	}
	more = memory_room(t->more, t->mores, &t->more_room, sizeof *more);
	if (!more)
		return false;
	t->more = more;
	more = &t->more[t->mores];
	*more = (struct join_more){index, JOIN_END, point};
	if (entry->more == JOIN_END)
		entry->more = t->mores;
	else
		t->more[entry->last].next = t->mores;
	entry->last = t->mores++;
	entry->count++;
	return true;
}

/* ---- finished groups ---- */

static bool repeats_add(struct memory *memory, struct repeats *r, uint32_t value)
{
	uint32_t *list = memory_more(memory, r->list, r->size, &r->room, sizeof *list);

	if (!list)
		return false;
	r->list = list;
	r->list[r->size++] = value;
	return true;
}

static bool join_repeat(struct join_part *part, const struct join_table *t,
			const struct join_entry *entry)
{
	uint32_t m, k;
	bool ok = repeats_add(part->view->memory, &part->repeats, entry->count);

	for (k = 0; k < 2 && ok; k++)
		ok = repeats_add(part->view->memory, &part->repeats, entry->point[k]) &&
		     repeats_add(part->view->memory, &part->repeats, entry->index[k]);
	for (m = entry->more; m != JOIN_END && ok; m = t->more[m].next)
		ok = repeats_add(part->view->memory, &part->repeats, t->more[m].point) &&
		     repeats_add(part->view->memory, &part->repeats, t->more[m].index);
	return ok;
}

/* Links the records of an entry that is at most once on every stage, in the
 * order of stages; false when some stage has it twice. */
static bool join_link(struct join_part *part, const struct join_table *t,
		      const struct join_entry *entry)
{
	const struct path *path = part->path;
	uint32_t index[VIEW_POINTS_MAX], m, s, last;
	uint8_t point[VIEW_POINTS_MAX]; /* + 1, by stage */

	if (entry->count == 2) {
		uint32_t near = path->stage[entry->point[0]] > path->stage[entry->point[1]];

		if (path->stage[entry->point[0]] == path->stage[entry->point[1]])
			return false;
		journey_link(part->journeys, path, entry->point[near], entry->index[near],
			     entry->point[!near], entry->index[!near]);
		return true;
	}
	if (entry->count > path->stages)
		return false;
	memset(point, 0, path->stages);
	for (s = 0; s < 2; s++) {
		uint32_t stage = path->stage[entry->point[s]];

		if (point[stage])
			return false;
		point[stage] = entry->point[s] + 1;
		index[stage] = entry->index[s];
	}
	for (m = entry->more; m != JOIN_END; m = t->more[m].next) {
		uint32_t stage = path->stage[t->more[m].point];

		if (point[stage])
			return false;
		point[stage] = (uint8_t)(t->more[m].point + 1);
		index[stage] = t->more[m].index;
	}
	for (s = 0, last = JOIN_END; s < path->stages; s++) {
		if (!point[s])
			continue;
		if (last != JOIN_END)
			journey_link(part->journeys, path, point[last] - 1u, index[last],
				     point[s] - 1u, index[s]);
		last = s;
	}
	return true;
}

static bool join_finish(struct join_part *part, struct join_table *t)
{
	uint32_t e;

	for (e = 0; e < t->entries; e++) {
		const struct join_entry *entry = &t->entry[e];

		if (e + JOIN_AHEAD < t->entries && t->entry[e + JOIN_AHEAD].count == 2) {
			const struct join_entry *next = &t->entry[e + JOIN_AHEAD];

			__builtin_prefetch(&part->journeys->next[next->point[0]][next->index[0]], 1);
			__builtin_prefetch(&part->journeys->marks[next->point[0]][next->index[0]], 1);
			__builtin_prefetch(&part->journeys->marks[next->point[1]][next->index[1]], 1);
		}
		if (entry->count < 2 || join_link(part, t, entry))
			continue;
		if (!join_repeat(part, t, entry))
			return false;
	}
	join_table_clear(t);
	return true;
}

/* ---- the pass ---- */

/* An entry that is touched again moves to the present table, chain and all. */
static struct join_entry *join_move(struct join_table *to, const struct join_table *from,
				    struct join_entry *old)
{
	struct join_entry *entry = join_insert(to, old->fp);
	uint32_t m, k;

	for (k = 0; entry && k < 2 && k < old->count; k++)
		(void)join_append(to, entry, old->point[k], old->index[k]);
	for (m = old->more; entry && m != JOIN_END; m = from->more[m].next)
		if (!join_append(to, entry, from->more[m].point, from->more[m].index))
			return NULL;
	old->count = 0;
	return entry;
}

static bool join_record(struct join_part *part, uint32_t point, uint64_t fp, uint32_t index)
{
	struct join_table *present = &part->table[0], *before = &part->table[1];
	struct join_entry *entry = join_find(present, fp), *old;

	if (!entry) {
		old = before->entries ? join_find(before, fp) : NULL;
		entry = old ? join_move(present, before, old) : join_insert(present, fp);
		if (!entry)
			return false;
	}
	if (entry->count == JOIN_GROUP_MAX) {
		if (!join_repeat(part, present, entry))
			return false;
		entry->count = 0;
		entry->more = entry->last = JOIN_END;
	}
	return join_append(present, entry, point, index);
}

/* Reads the next rows of this part from a point. What is not comparable has no fingerprint: 0. */
static void join_read(struct join_part *part, uint32_t point, struct join_input *in)
{
	const struct clock *clock = &part->meeting->clock[point];
	int64_t time[VIEW_BATCH];
	uint64_t fp[VIEW_BATCH];
	uint32_t i;

	in->at = in->rows = 0;
	while (!in->rows) {
		if (!view_next(&in->batch)) {
			in->ended = true;
			return;
		}
		view_read_fingerprints(part->view, &in->batch, fp);
		for (i = 0; i < in->batch.rows; i++) {
			in->index[in->rows] = i;
			in->rows += fp[i] && fp[i] % JOIN_PARTS == part->part;
		}
	}
	view_read_64(&in->batch, RECORD_TIME, time);
	for (i = 0; i < in->rows; i++) {
		uint32_t row = in->index[i];

		in->fp[i] = fp[row];
		in->index[i] = in->batch.index[row];
		in->time[i] = clock_correct(clock, time[row]);
		if (in->time[i] == INT64_MAX) /* which stands for no time at all */
			in->time[i]--;
	}
}

/* Loads are begun before they are needed: the slots of a fingerprint, and when those have come
 * the entry that one of them leads to. */
MEMORY_AHEAD join_ahead_slots(const struct join_part *part, uint64_t fp)
{
	__builtin_prefetch(&part->table[0].slot[join_place(&part->table[0], fp)]);
	__builtin_prefetch(&part->table[1].slot[join_place(&part->table[1], fp)]);
}

MEMORY_AHEAD join_ahead_entry(const struct join_table *t, uint64_t fp)
{
	struct join_slot slot = t->slot[join_place(t, fp)];

	if (slot.entry && slot.tag == join_tag(fp))
		__builtin_prefetch(&t->entry[slot.entry - 1]);
}

/* Joins a point's rows before `until`. */
static bool join_slice(struct join_part *part, uint32_t point, struct join_input *in, int64_t until)
{
	while (!in->ended) {
		uint32_t i, end;

		for (end = in->at; end < in->rows && in->time[end] < until; end++)
			;
		for (i = in->at; i < end && i < in->at + JOIN_AHEAD; i++)
			join_ahead_slots(part, in->fp[i]);
		for (i = in->at; i < end; i++) {
			if (i + JOIN_AHEAD < end)
				join_ahead_slots(part, in->fp[i + JOIN_AHEAD]);
			if (i + JOIN_AHEAD / 2 < end) {
				join_ahead_entry(&part->table[0], in->fp[i + JOIN_AHEAD / 2]);
				join_ahead_entry(&part->table[1], in->fp[i + JOIN_AHEAD / 2]);
			}
			if (!join_record(part, point, in->fp[i], in->index[i]))
				return false;
		}
		in->at = end;
		if (end < in->rows)
			return true;
		join_read(part, point, in);
	}
	return true;
}

static bool join_swap(struct join_part *part)
{
	struct join_table done = part->table[1];

	if (!join_finish(part, &done))
		return false;
	part->table[1] = part->table[0];
	part->table[0] = done;
	return true;
}

static int64_t join_earliest(const struct join_part *part, const struct join_input *in)
{
	int64_t earliest = INT64_MAX;
	uint32_t p;

	for (p = 0; p < part->view->points; p++)
		if (!in[p].ended && in[p].time[in[p].at] < earliest)
			earliest = in[p].time[in[p].at];
	return earliest;
}

static bool join_pass(struct join_part *part, struct join_input *in)
{
	int64_t step = part->tmax_ns / JOIN_SLICES + 1, until = INT64_MIN, turned, earliest;
	uint64_t lasted;
	uint32_t p;

	for (p = 0; p < part->view->points; p++) {
		view_first(&in[p].batch, &part->view->point[p]);
		in[p].ended = part->path->stage[p] == PATH_OFF;
		if (!in[p].ended)
			join_read(part, p, &in[p]);
	}
	turned = join_earliest(part, in);
	while ((earliest = join_earliest(part, in)) != INT64_MAX) {
		if (until < earliest || until == INT64_MIN)
			until = earliest;
		until = until > INT64_MAX - step ? INT64_MAX : until + step;
		lasted = (uint64_t)until - (uint64_t)turned; /* times may be anything */
		if (lasted > (uint64_t)part->tmax_ns) {
			if (!join_swap(part))
				return false;
			if (lasted / 3 > (uint64_t)part->tmax_ns && !join_swap(part))
				return false;
			turned = until;
		}
		for (p = 0; p < part->view->points; p++)
			if (!join_slice(part, p, &in[p], until))
				return false;
	}
	return join_swap(part) && join_swap(part);
}

static void join_run(void *argument)
{
	struct join_part *part = argument;
	struct join_input *in = calloc(part->view->points, sizeof *in);

	if (!in || !join_table_init(&part->table[0]) || !join_table_init(&part->table[1]) ||
	    !join_pass(part, in))
		part->status = error_errno(&part->err, ENOMEM, "matching");
	join_table_free(&part->table[0]);
	join_table_free(&part->table[1]);
	free(in);
}

static enum status join_gather(struct join_part *parts, struct repeats *repeats, struct error *err)
{
	uint32_t p;

	memset(repeats, 0, sizeof *repeats);
	for (p = 0; p < JOIN_PARTS; p++) {
		uint32_t *grown;

		if (parts[p].status) {
			*err = parts[p].err;
			return parts[p].status;
		}
		grown = memory_resize(parts[p].view->memory, repeats->list,
				      repeats->size + parts[p].repeats.size + 1, sizeof *grown);
		if (!grown)
			return memory_fail(parts[p].view->memory, err, "matching");
		if (parts[p].repeats.size)
			memcpy(grown + repeats->size, parts[p].repeats.list,
			       parts[p].repeats.size * sizeof *grown);
		repeats->list = grown;
		repeats->size += parts[p].repeats.size;
	}
	return STATUS_OK;
}

enum status journeys_join(struct journeys *journeys, const struct view *view,
			  const struct path *path, const struct meeting *meeting, int64_t tmax_ns,
			  unsigned threads, const struct task *beside, struct repeats *repeats,
			  struct error *err)
{
	struct join_part parts[JOIN_PARTS];
	struct task task[JOIN_PARTS + 1];
	enum status status;
	uint32_t p;

	memset(parts, 0, sizeof parts);
	for (p = 0; p < JOIN_PARTS; p++) {
		parts[p].view = view;
		parts[p].path = path;
		parts[p].meeting = meeting;
		parts[p].journeys = journeys;
		parts[p].tmax_ns = tmax_ns;
		parts[p].part = p;
		task[p + 1] = (struct task){join_run, &parts[p]};
	}
	task[0] = *beside;
	tasks_run(task, JOIN_PARTS + 1, threads);
	status = join_gather(parts, repeats, err);
	for (p = 0; p < JOIN_PARTS; p++)
		memory_give(parts[p].repeats.list);
	if (status) {
		memory_give(repeats->list);
		memset(repeats, 0, sizeof *repeats);
	}
	return status;
}
