#include "correlate/repeat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/fingerprint.h"
#include "collect/memory.h"
#include "correlate/clock.h"
#include "correlate/renumber.h"
#include "correlate/stranger.h"
#include "correlate/unmistakable.h"

#define REPEAT_COPY_NS MEETING_COPY_NS /* without an ID, twins must be as close as a capture's copies */
#define REPEAT_NEAR 64                 /* records before and behind among which twins are looked for */
#define REPEAT_FAR 512                 /* ... among which departures are counted */
#define REPEAT_SEEN 65536u            /* digests are told apart by so many values */
#define REPEAT_NONE UINT32_MAX
#define REPEAT_DUPLICATE_NS 1000000000 /* the network's second copy of the same bytes follows within 1 s */
#define REPEAT_KEEP 1024u             /* groups between two looks at what is held in memory */

/* What a hop leaves alone, besides what align_habits says. */
struct repeat_keeps {
	bool zero_ip_id, echo;
};

static struct repeat_keeps repeat_keeps(const struct hop *hop, unsigned direction)
{
	return (struct repeat_keeps){hop_keeps_zero_ip_id(hop, direction),
				     hop_keeps_echo(hop, direction)};
}

/* A flow of the group: list[from..to - 1]. */
struct repeat_part {
	int64_t time_ns; /* of its first record */
	uint32_t from, to;
};

struct repeating {
	struct journeys *journeys;
	struct sessions *sessions;
	const struct hops *hops;
	const struct view *view;
	const struct path *path;
	const struct meeting *meeting;
	struct align_habits (*habits)[2]; /* of each hop and direction */
	struct repeat_keeps (*keeps)[2];
	uint64_t *stages;                 /* by root: on which stages its session is */
	struct repeat *list;
	struct align_item *item;  /* 2 x room */
	uint32_t *pick;           /* 2 x room */
	struct repeat_part *part; /* room */
	uint32_t *slot;           /* slots: the last record of the same bytes */
	uint32_t room, slots;
	struct error *err;
};

static int repeat_compare(const void *x, const void *y)
{
	const struct repeat *a = x, *b = y;

	if (a->root != b->root)
		return a->root < b->root ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction - b->direction;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static enum status repeat_room(struct repeating *r, uint32_t count)
{
	if (count <= r->room)
		return STATUS_OK;
	free(r->list);
	free(r->item);
	free(r->pick);
	free(r->part);
	free(r->slot);
	r->room = 0;
	for (r->slots = 2; r->slots < 2 * (uint64_t)count; r->slots *= 2)
		;
	r->list = malloc(count * sizeof *r->list);
	r->item = malloc(2 * (size_t)count * sizeof *r->item);
	r->pick = malloc(2 * (size_t)count * sizeof *r->pick);
	r->part = malloc(count * sizeof *r->part);
	r->slot = malloc(r->slots * sizeof *r->slot);
	if (!r->list || !r->item || !r->pick || !r->part || !r->slot)
		return error_errno(r->err, ENOMEM, "repeated packets");
	r->room = count;
	return STATUS_OK;
}

static void repeat_load(struct repeating *r, const uint32_t *from, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct repeat *one = &r->list[i];
		const struct view_point *p = &r->view->point[from[2 * i]];
		uint32_t index = from[2 * i + 1];
		uint8_t flip;

		memset(one, 0, sizeof *one);
		one->point = from[2 * i];
		one->index = index;
		one->stage = r->path->stage[one->point];
		one->time_ns = clock_correct(&r->meeting->clock[one->point],
					     view_get(p, RECORD_TIME, index));
		one->way = view_way(p, index);
		one->ip_id = (uint32_t)view_get(p, RECORD_IP_ID, index);
		one->tsval = (uint32_t)view_get(p, RECORD_TSVAL, index);
		one->digest = (uint32_t)view_get(p, RECORD_DIGEST, index);
		one->echo = (uint8_t)view_get(p, RECORD_ECHO, index);
		one->shifted_sack = renumber_of(r->view, one->way >> 1) &&
				    view_get(p, RECORD_SACK, index);
		one->window = (uint16_t)view_get(p, RECORD_WINDOW, index);
		one->ttl = (uint8_t)view_get(p, RECORD_TTL, index);
		one->root = sessions_root(r->sessions, one->way >> 1, &flip);
		one->direction = (one->way & 1) ^ flip;
		r->journeys->marks[one->point][index] |= JOURNEY_REPEATED;
	}
}

static bool repeat_same_fields(const struct repeat *a, const struct repeat *b)
{
	return a->ip_id == b->ip_id && a->tsval == b->tsval && a->window == b->window &&
	       a->echo == b->echo;
}

static bool repeat_same_bytes(const struct repeat *a, const struct repeat *b)
{
	return repeat_same_fields(a, b) && !fingerprint_digests_differ(a->digest, b->digest);
}

/* The slot of the records that have one's fields. */
static uint32_t *repeat_slot(struct repeating *r, const struct repeat *list,
			     const struct repeat *one, uint32_t mask)
{
	uint32_t key[3] = {one->ip_id, one->tsval, (uint32_t)one->window << 8 | one->echo};
	/* with a key of its own: who sends packets chooses all of these */
	uint32_t at = (uint32_t)XXH3_64bits_withSeed(key, sizeof key, r->view->seed);

	while (r->slot[at & mask] != REPEAT_NONE &&
	       !repeat_same_fields(&list[r->slot[at & mask]], one))
		at++;
	return &r->slot[at & mask];
}

/* Each record of a long list knows the next one before and behind it that may have the same
 * bytes; in a short one it is the next one of all. */
static void repeat_chain(struct repeating *r, struct repeat *list, uint32_t count)
{
	uint32_t mask = 1, i, *slot;

	for (i = 0; i < count && count <= REPEAT_NEAR; i++) {
		list[i].before = i ? i - 1 : REPEAT_NONE;
		list[i].behind = i + 1 < count ? i + 1 : REPEAT_NONE;
	}
	if (count <= REPEAT_NEAR)
		return;
	while (mask < 2 * (uint64_t)count - 1)
		mask = 2 * mask + 1;
	memset(r->slot, 0xff, ((size_t)mask + 1) * sizeof *r->slot); /* REPEAT_NONE */
	for (i = 0; i < count; i++) {
		slot = repeat_slot(r, list, &list[i], mask);
		list[i].before = *slot;
		list[i].behind = REPEAT_NONE;
		if (*slot != REPEAT_NONE)
			list[*slot].behind = i;
		*slot = i;
	}
}

/* ---- one session and direction ---- */

/* The digest, with what the packet echoes in each half that is known; 0: it says nothing. */
static uint32_t repeat_digest(const struct repeat *one, const struct repeat_keeps *keeps,
			      const struct align_habits *habits)
{
	uint32_t low = one->digest & 0xffff, high = one->digest >> 16;

	if (!habits->keeps_digest)
		return 0;
	if (!keeps->echo || !one->echo)
		return one->digest;
	if (low)
		low = (low ^ one->echo * 0x0101u) ? low ^ one->echo * 0x0101u : 0xffff;
	if (high)
		high = (high ^ one->echo * 0x0101u) ? high ^ one->echo * 0x0101u : 0xffff;
	return high << 16 | low;
}

/* An ID of 0 says nothing to align_lists(); where the hop leaves it alone it is a
 * value like others, and is moved out of the way. */
static void repeat_item(struct align_item *item, const struct repeat *one,
			const struct repeat_keeps *keeps, const struct align_habits *habits)
{
	*item = (struct align_item){.time_ns = one->time_ns,
				    .ip_id = one->ip_id + keeps->zero_ip_id,
				    .tsval = one->tsval,
				    .digest = repeat_digest(one, keeps, habits),
				    .window = one->window};
}

static void repeat_mark_ambiguous(struct repeating *r, struct repeat *one, bool on, bool forward)
{
	if (on)
		one->ambiguous_on = true;
	else
		one->ambiguous_from = true;
	r->journeys->marks[one->point][one->index] |=
		on == forward ? JOURNEY_AMBIGUOUS : JOURNEY_AMBIGUOUS_BEHIND;
}

/* Whether two records of one stage can be one packet and the network's copy of it. */
static bool repeat_twins(const struct repeat *a, const struct repeat *b)
{
	uint64_t apart = clock_apart(a->time_ns, b->time_ns);

	return a->stage == b->stage && apart < REPEAT_DUPLICATE_NS && repeat_same_bytes(a, b) &&
	       (a->ip_id || a->tsval || apart < REPEAT_COPY_NS);
}

/* Whether list[at], which arrived, is one more than departed of the same
 * bytes: a duplicate that must not take another packet's place. All departures count that the
 * arrivals may stem from; where they are too many to look at, and nothing but time tells them
 * apart, it is no surplus. */
static bool repeat_surplus(const struct repeat *list, uint32_t at, uint32_t from,
			   const struct align_habits *habits)
{
	const struct repeat *one = &list[at];
	int64_t twins_ns = one->ip_id || one->tsval ? REPEAT_DUPLICATE_NS : REPEAT_COPY_NS;
	int64_t first_ns = clock_minus(one->time_ns, twins_ns + habits->delay_max_ns);
	int64_t last_ns = clock_minus(one->time_ns, -habits->slack_ns);
	uint32_t k, departed = 0, before = 0;

	if (twins_ns == REPEAT_COPY_NS && at >= REPEAT_FAR &&
	    list[at - REPEAT_FAR].time_ns >= first_ns)
		return false;
	for (k = one->before; k != REPEAT_NONE && at - k <= REPEAT_FAR && list[k].time_ns >= first_ns;
	     k = list[k].before) {
		const struct repeat *other = &list[k];

		if (other->stage == from)
			departed += !other->linked_on && repeat_same_bytes(other, one);
		else
			before += !other->linked_from && repeat_twins(other, one);
	}
	if (!before)
		return false;
	for (k = one->behind; k != REPEAT_NONE && k - at < REPEAT_FAR && list[k].time_ns <= last_ns;
	     k = list[k].behind)
		if (list[k].stage == from)
			departed += !list[k].linked_on && repeat_same_bytes(&list[k], one);
	return departed && before >= departed;
}

static void repeat_link(struct repeating *r, struct repeat *up, struct repeat *down,
			unsigned direction)
{
	up->linked_on = down->linked_from = true;
	if (direction)
		journey_link(r->journeys, r->path, down->point, down->index, up->point, up->index);
	else
		journey_link(r->journeys, r->path, up->point, up->index, down->point, down->index);
}

static uint32_t repeat_compact(struct align_item *list, uint32_t *pick, uint32_t count)
{
	uint32_t i, kept = 0;

	for (i = 0; i < count; i++) {
		if (list[i].partner != ALIGN_NONE)
			continue;
		list[kept] = list[i];
		pick[kept++] = pick[i];
	}
	return kept;
}

/* What is unmistakable is linked first, in whatever order it arrives: the network may have
 * reordered it, and aligning keeps the order. */
static enum status repeat_pair_unmistakable(struct repeating *r, struct repeat *list,
					    uint32_t *nu, uint32_t *nd, unsigned direction,
					    const struct align_habits *habits)
{
	struct align_item *up = r->item, *down = r->item + r->room;
	uint32_t *pick_up = r->pick, *pick_down = r->pick + r->room, i;

	if (!unmistakable_pair(up, *nu, down, *nd, habits))
		return error_errno(r->err, ENOMEM, "repeated packets");
	for (i = 0; i < *nu; i++)
		if (up[i].partner != ALIGN_NONE)
			repeat_link(r, &list[pick_up[i]], &list[pick_down[up[i].partner]],
				    direction);
	*nu = repeat_compact(up, pick_up, *nu);
	*nd = repeat_compact(down, pick_down, *nd);
	return STATUS_OK;
}

/* A box that shifts sequence numbers may have left the edges of SACK blocks as they were. Then
 * no two digests are equal on both sides, and they say nothing. */
static void repeat_forget_sacks(struct align_item *up, const uint32_t *pick_up, uint32_t nu,
				struct align_item *down, const uint32_t *pick_down, uint32_t nd,
				const struct repeat *list)
{
	uint64_t seen[REPEAT_SEEN / 64];
	uint32_t i, at;

	for (i = 0; i < nu && !list[pick_up[i]].shifted_sack; i++)
		;
	if (i == nu)
		return; /* as a rule */
	memset(seen, 0, sizeof seen);
	for (i = 0; i < nu; i++)
		if (list[pick_up[i]].shifted_sack) {
			at = up[i].digest % REPEAT_SEEN;
			seen[at / 64] |= (uint64_t)1 << at % 64;
		}
	for (i = 0; i < nd; i++) {
		at = down[i].digest % REPEAT_SEEN;
		if (list[pick_down[i]].shifted_sack && (seen[at / 64] >> at % 64 & 1))
			return;
	}
	for (i = 0; i < nu; i++)
		if (list[pick_up[i]].shifted_sack)
			up[i].digest = 0;
	for (i = 0; i < nd; i++)
		if (list[pick_down[i]].shifted_sack)
			down[i].digest = 0;
}

/* Aligns what has not gone on from stage `from` with what has not come from
 * anywhere at stage `to`; the packets travel from `from` to `to`. */
static enum status repeat_align_stages(struct repeating *r, struct repeat *list, uint32_t count,
				       uint32_t from, uint32_t to)
{
	struct align_item *up = r->item, *down = r->item + r->room;
	uint32_t *pick_up = r->pick, *pick_down = r->pick + r->room;
	uint32_t nu = 0, nd = 0, i;
	unsigned direction = from > to;
	uint32_t near_hop = direction ? from - 1 : from;
	const struct align_habits *habits = &r->habits[near_hop][direction];
	const struct repeat_keeps *keeps = &r->keeps[near_hop][direction];
	enum status status;

	for (i = 0; i < count; i++) {
		if (list[i].stage == from && !list[i].linked_on && !list[i].ambiguous_on) {
			repeat_item(&up[nu], &list[i], keeps, habits);
			pick_up[nu++] = i;
		} else if (list[i].stage == to && !list[i].linked_from &&
			   !list[i].ambiguous_from &&
			   !repeat_surplus(list, i, from, habits)) {
			repeat_item(&down[nd], &list[i], keeps, habits);
			pick_down[nd++] = i;
		}
	}
	if (!nu || !nd)
		return STATUS_OK;
	repeat_forget_sacks(up, pick_up, nu, down, pick_down, nd, list);
	status = repeat_pair_unmistakable(r, list, &nu, &nd, direction, habits);
	if (status || !nu || !nd)
		return status;
	status = align_lists(up, nu, down, nd, habits, r->err);
	if (status)
		return status;
	for (i = 0; i < nu; i++) {
		struct repeat *a = &list[pick_up[i]], *b;

		if (up[i].ambiguous) {
			repeat_mark_ambiguous(r, a, true, direction == 0);
		} else if (up[i].partner != ALIGN_NONE && !down[up[i].partner].ambiguous) {
			b = &list[pick_down[up[i].partner]];
			repeat_link(r, a, b, direction);
		}
	}
	for (i = 0; i < nd; i++)
		if (down[i].ambiguous)
			repeat_mark_ambiguous(r, &list[pick_down[i]], false,
					      direction == 0);
	return STATUS_OK;
}

/* What arrives at a stage without a departure, but with the same bytes as one
 * that has one, is the network's duplicate. */
static void repeat_find_duplicates(struct repeating *r, struct repeat *list, uint32_t count,
				   uint32_t stage)
{
	uint32_t i, k;

	for (i = 0; i < count; i++) {
		if (list[i].stage != stage || list[i].linked_from || list[i].ambiguous_from)
			continue;
		for (k = i > REPEAT_NEAR ? i - REPEAT_NEAR : 0; k < count && k < i + REPEAT_NEAR; k++)
			if (list[k].linked_from && repeat_twins(&list[i], &list[k])) {
				r->journeys->marks[list[i].point][list[i].index] |=
					JOURNEY_DUPLICATE;
				break;
			}
	}
}

/* Whether the records' packets went along the path. What their session does not
 * know for certain these records may say, and it remembers. */
static bool repeat_forward(struct repeating *r, const struct repeat *list, uint32_t count)
{
	struct session_lean *known = &r->sessions->lean[list[0].root];
	bool sure = known->ttl || known->delay > 1 || known->delay < -1, by_ttl;
	uint8_t evidence;
	int lean;

	if (!sure) {
		lean = strangers_lean(list, count, (const struct align_habits (*)[2])r->habits, &by_ttl);
		*(by_ttl ? &known->ttl : &known->delay) += list[0].direction ? -lean : lean;
	}
	lean = sessions_lean(r->sessions, list[0].root, &evidence);
	return !lean || (lean > 0) == !list[0].direction;
}

/* All records of one fingerprint, session and direction, in order of time. */
static enum status repeat_walk(struct repeating *r, struct repeat *list, uint32_t count)
{
	int stages = (int)r->path->stages, s, back, from;
	bool forward = repeat_forward(r, list, count);
	int step = forward ? 1 : -1, first = forward ? 0 : stages - 1;
	enum status status;

	repeat_chain(r, list, count);
	for (s = 1; s < stages; s++) {
		int to = first + s * step;

		for (back = 1; back <= s; back++) {
			from = to - back * step;
			status = repeat_align_stages(r, list, count, (uint32_t)from, (uint32_t)to);
			if (status)
				return status;
		}
		repeat_find_duplicates(r, list, count, (uint32_t)to);
	}
	return STATUS_OK;
}

/* Two sessions that turned out to be one, unless another group joined one of them since. */
static bool repeat_join(struct repeating *r, const struct repeat *a, const struct repeat *b)
{
	uint8_t flip;
	uint32_t x = sessions_root(r->sessions, a->way >> 1, &flip);
	uint32_t y = sessions_root(r->sessions, b->way >> 1, &flip);
	uint64_t both = r->stages[x] | r->stages[y];

	if (x == y || (r->stages[x] & r->stages[y]))
		return false;
	sessions_join(r->sessions, a->way >> 1, b->way >> 1, (a->way ^ b->way) & 1);
	r->stages[sessions_root(r->sessions, a->way >> 1, &flip)] = both;
	return true;
}

/* A flow that may have become any of several: at the stage where it is lost
 * from sight, what happened to its packets cannot be told. */
static void repeat_mark_doubt(struct repeating *r, const struct stranger *part)
{
	uint8_t low = UINT8_MAX, high = 0;
	uint32_t i;

	for (i = part->from; i < part->to; i++) {
		low = r->list[i].stage < low ? r->list[i].stage : low;
		high = r->list[i].stage > high ? r->list[i].stage : high;
	}
	for (i = part->from; i < part->to; i++) {
		uint8_t *marks = &r->journeys->marks[r->list[i].point][r->list[i].index];

		if (part->doubt_ahead && r->list[i].stage == high)
			*marks |= JOURNEY_AMBIGUOUS;
		if (part->doubt_behind && r->list[i].stage == low)
			*marks |= JOURNEY_AMBIGUOUS_BEHIND;
	}
}

/* A window over the flows of a group, in the order of their first records. */
struct repeat_window {
	struct stranger part[STRANGERS_MAX];
	uint32_t parts;
};

/* Joins those of the window that are settled: pairs that begin in front of `settled`, since flows that
 * are not in the window yet begin too late to be theirs. The rest stays for the next one. */
static bool repeat_join_window(struct repeating *r, struct repeat_window *w, uint32_t settled)
{
	uint32_t i, k, kept = 0;
	bool joined = false;

	strangers_pair(w->part, w->parts, r->list, (const struct align_habits (*)[2])r->habits);
	for (i = 0; i < w->parts; i++) {
		k = w->part[i].partner;
		if (i < settled)
			repeat_mark_doubt(r, &w->part[i]);
		if (k != STRANGER_NONE && k > i && i < settled)
			joined |= repeat_join(r, &r->list[w->part[i].from], &r->list[w->part[k].from]);
	}
	for (i = settled; i < w->parts; i++)
		if (w->part[i].partner == STRANGER_NONE || w->part[i].partner >= settled)
			w->part[kept++] = w->part[i];
	w->parts = kept;
	return joined;
}

static int repeat_compare_parts(const void *x, const void *y)
{
	const struct repeat_part *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

/* The flows of the list, which has each one's records together; in the order of their first ones. */
static uint32_t repeat_parts(struct repeating *r, uint32_t count)
{
	uint32_t i, k, parts = 0;

	for (i = 0; i < count; i = k) {
		for (k = i; k < count && r->list[k].root == r->list[i].root &&
			    r->list[k].direction == r->list[i].direction;
		     k++)
			;
		r->part[parts++] = (struct repeat_part){r->list[i].time_ns, i, k};
	}
	qsort(r->part, parts, sizeof *r->part, repeat_compare_parts);
	return parts;
}

/* Flows that each are on stages where the other is not, and that bear this
 * fingerprint at the same times: one conversation whose addresses were rewritten. */
static void repeat_join_strangers(struct repeating *r, uint32_t count)
{
	struct repeat_window window = {.parts = 0};
	uint32_t i, next = 0, parts = repeat_parts(r, count);
	bool joined = false;
	uint8_t flip;

	while (next < parts || window.parts) {
		while (next < parts && window.parts < STRANGERS_MAX) {
			const struct repeat_part *one = &r->part[next++];

			window.part[window.parts++] = (struct stranger){
				.from = one->from, .to = one->to,
				.stages = r->stages[r->list[one->from].root]};
		}
		joined |= repeat_join_window(r, &window,
					     next < parts ? STRANGERS_MAX / 2 : window.parts);
	}
	if (!joined)
		return;
	for (i = 0; i < count; i++) {
		r->list[i].root = sessions_root(r->sessions, r->list[i].way >> 1, &flip);
		r->list[i].direction = (r->list[i].way & 1) ^ flip;
	}
	qsort(r->list, count, sizeof *r->list, repeat_compare);
}

/* Several flows on each side that are nowhere else: which became which when
 * the addresses were rewritten, these packets cannot tell. */
static void repeat_mark_strangers(struct repeating *r, uint32_t count)
{
	uint32_t i, k;

	for (i = 0; i < count; i++)
		for (k = i > REPEAT_NEAR ? i - REPEAT_NEAR : 0; k < count && k < i + REPEAT_NEAR; k++) {
			struct repeat *near = &r->list[i], *far = &r->list[k];
			uint64_t near_stages = r->stages[near->root];
			uint64_t far_stages = r->stages[far->root];

			if (far->stage != near->stage + 1 || near->root == far->root ||
			    (near_stages >> far->stage & 1) || (far_stages >> near->stage & 1))
				continue;
			r->journeys->marks[near->point][near->index] |= JOURNEY_AMBIGUOUS;
			r->journeys->marks[far->point][far->index] |= JOURNEY_AMBIGUOUS_BEHIND;
		}
}

static enum status repeat_group(struct repeating *r, const uint32_t *from, uint32_t count)
{
	uint32_t i, begin, parts = 1;
	enum status status = repeat_room(r, count);

	if (status)
		return status;
	repeat_load(r, from, count);
	qsort(r->list, count, sizeof *r->list, repeat_compare);
	for (i = 1; i < count; i++)
		if (r->list[i].root != r->list[i - 1].root ||
		    r->list[i].direction != r->list[i - 1].direction)
			parts++;
	if (parts > 1)
		repeat_join_strangers(r, count);
	for (begin = 0, i = 1; i <= count; i++) {
		if (i < count && r->list[i].root == r->list[begin].root &&
		    r->list[i].direction == r->list[begin].direction)
			continue;
		status = repeat_walk(r, r->list + begin, i - begin);
		if (status)
			return status;
		begin = i;
	}
	if (parts > 2)
		repeat_mark_strangers(r, count);
	return STATUS_OK;
}

static bool repeats_find_stages(struct repeating *r)
{
	uint32_t n, root;
	uint8_t flip;

	r->stages = memory_take(r->view->memory, (size_t)r->view->nodes + 1, sizeof *r->stages);
	for (n = 0; r->stages && n < r->view->nodes; n++) {
		uint8_t stage = r->path->stage[r->view->node_point[n]];

		root = sessions_root(r->sessions, n, &flip);
		if (stage != PATH_OFF)
			r->stages[root] |= (uint64_t)1 << stage;
	}
	return r->stages != NULL;
}

enum status repeats_resolve(const struct repeats *repeats, struct journeys *journeys,
			    struct sessions *sessions, const struct hops *hops,
			    const struct view *view, const struct path *path,
			    const struct meeting *meeting, int64_t tmax_ns, struct error *err)
{
	struct repeating r = {.journeys = journeys, .sessions = sessions, .hops = hops,
			      .view = view, .path = path, .meeting = meeting, .err = err};
	enum status status = STATUS_OK;
	uint64_t at, groups = 0;
	uint32_t h;

	r.habits = calloc((size_t)hops->count + 1, sizeof *r.habits);
	r.keeps = calloc((size_t)hops->count + 1, sizeof *r.keeps);
	if (!r.habits || !r.keeps || !repeats_find_stages(&r)) {
		free(r.habits);
		free(r.keeps);
		memory_give(r.stages);
		return error_errno(err, ENOMEM, "repeated packets");
	}
	for (h = 0; h < hops->count; h++) {
		r.habits[h][0] = hop_align_habits(&hops->hop[h], 0, tmax_ns);
		r.habits[h][1] = hop_align_habits(&hops->hop[h], 1, tmax_ns);
		r.keeps[h][0] = repeat_keeps(&hops->hop[h], 0);
		r.keeps[h][1] = repeat_keeps(&hops->hop[h], 1);
	}
	for (at = 0; at < repeats->size && !status; at += 1 + 2 * (uint64_t)repeats->list[at]) {
		if (++groups % REPEAT_KEEP == 0)
			memory_keep(view->memory);
		status = repeat_group(&r, repeats->list + at + 1, repeats->list[at]);
	}
	free(r.habits);
	free(r.keeps);
	memory_give(r.stages);
	free(r.list);
	free(r.item);
	free(r.pick);
	free(r.part);
	free(r.slot);
	return status;
}
