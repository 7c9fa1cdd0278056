#include "correlate/ranges.h"

#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

#define RANGES_LEVELS 6 /* of 64 each: more than 2 ends of each of 2^32 ranges */

/* What became of a stretch's bytes. */
struct ranges_stretch {
	uint32_t owner;     /* in the list: who sent them last, and they have not come out */
	uint32_t replaced;  /* who had sent them before that, and they had not come out either */
	uint32_t brought;   /* by whom they came out last */
	bool sent, again;   /* ever; by one more since they came out */
};

struct ranges_end {
	int64_t at;
	uint32_t range; /* << 1, | 1: its end */
};

struct ranges {
	uint32_t most;
	struct ranges_end *end;
	uint32_t *place[2];            /* by range: where it begins and ends, among the ends' places */
	int64_t *at;                   /* by place */
	struct ranges_stretch *stretch;/* by the place where it begins */
	uint64_t *begins[RANGES_LEVELS]; /* bit by place: a stretch begins there; above, by 64 of the level below */
	uint32_t places;
	struct range_passage *passage;
	uint64_t passages, passage_room;
};

/* ---- where stretches begin ---- */

static void ranges_mark(struct ranges *r, uint32_t place)
{
	unsigned l;

	for (l = 0; l < RANGES_LEVELS; l++, place >>= 6)
		r->begins[l][place >> 6] |= (uint64_t)1 << (place & 63);
}

static void ranges_unmark(struct ranges *r, uint32_t place)
{
	unsigned l;

	for (l = 0; l < RANGES_LEVELS; l++, place >>= 6) {
		uint64_t *word = &r->begins[l][place >> 6];

		*word &= ~((uint64_t)1 << (place & 63));
		if (*word)
			return;
	}
}

/* The stretch that `place` is in: place 0 always begins one. */
static uint32_t ranges_before(const struct ranges *r, uint32_t place)
{
	uint64_t word;
	unsigned l = 0;

	for (;; l++) {
		word = r->begins[l][place >> 6] & (UINT64_MAX >> (63 - (place & 63)));
		if (word)
			break;
		if (!(place >> 6) || l + 1 == RANGES_LEVELS) /* cannot be: place 0 is set */
			return 0;
		place = (place >> 6) - 1;
	}
	place = (place & ~63u) | (63 - (uint32_t)__builtin_clzll(word));
	while (l-- > 0)
		place = place << 6 | (63 - (uint32_t)__builtin_clzll(r->begins[l][place]));
	return place;
}

/* The next stretch behind `place`, or the number of places. */
static uint32_t ranges_behind(const struct ranges *r, uint32_t place)
{
	uint32_t words = (r->places >> 6) + 1;
	uint64_t word;
	unsigned l = 0;

	for (place++;; l++, place = (place >> 6) + 1) {
		if (l == RANGES_LEVELS || place >> 6 >= words)
			return r->places;
		word = r->begins[l][place >> 6] & (UINT64_MAX << (place & 63));
		if (word)
			break;
		words = (words >> 6) + 1;
	}
	place = (place & ~63u) | (uint32_t)__builtin_ctzll(word);
	while (l-- > 0)
		place = place << 6 | (uint32_t)__builtin_ctzll(r->begins[l][place]);
	return place;
}

static void ranges_split(struct ranges *r, uint32_t place)
{
	uint32_t from = ranges_before(r, place);

	if (from == place)
		return;
	r->stretch[place] = r->stretch[from];
	ranges_mark(r, place);
}

static bool ranges_alike(const struct ranges_stretch *a, const struct ranges_stretch *b)
{
	return a->owner == b->owner && a->replaced == b->replaced && a->brought == b->brought &&
	       a->sent == b->sent && a->again == b->again;
}

/* ---- one range ---- */

static bool ranges_pass(struct ranges *r, const struct range *list, uint32_t up, uint32_t down,
			uint32_t from, uint32_t to, bool again)
{
	struct range_passage *grown = memory_room(r->passage, r->passages, &r->passage_room,
						  sizeof *grown);

	if (!grown)
		return false;
	r->passage = grown;
	r->passage[r->passages++] = (struct range_passage){
		r->at[from], r->at[to], list[up].packet, list[down].packet, again};
	return true;
}

static void ranges_send(struct ranges_stretch *s, uint32_t range)
{
	*s = (struct ranges_stretch){.owner = range,
				     .replaced = s->owner,
				     .brought = s->brought,
				     .sent = true,
				     .again = s->sent};
}

static bool ranges_in_time(const struct range *list, uint32_t up, uint32_t down, int64_t tmax_ns)
{
	return up != RANGES_NONE && list[down].time_ns - list[up].time_ns <= tmax_ns;
}

/* What was sent is afterwards one stretch with its neighbours: only what may still be another's
 * keeps apart. */
static bool ranges_bring(struct ranges *r, const struct range *list, uint32_t range,
			 uint32_t from, uint32_t to, int64_t tmax_ns)
{
	struct ranges_stretch *s = &r->stretch[from];
	bool ok = true;

	if (s->owner != RANGES_NONE) {
		if (ranges_in_time(list, s->owner, range, tmax_ns))
			ok = ranges_pass(r, list, s->owner, range, from, to, s->again);
	} else if (s->replaced != RANGES_NONE) {
		if (ranges_in_time(list, s->replaced, range, tmax_ns))
			ok = ranges_pass(r, list, s->replaced, range, from, to, true);
		s->replaced = RANGES_NONE;
	}
	s->owner = RANGES_NONE;
	s->brought = range;
	s->sent = true;
	s->again = false;
	return ok;
}

/* Whether all that the range brings had come out in one packet with the same ends. */
static void ranges_compare(const struct ranges *r, struct range *list, uint32_t range,
			   uint32_t from, uint32_t to)
{
	const struct ranges_stretch *s = &r->stretch[from];

	if (s->brought != RANGES_NONE && s->owner == RANGES_NONE && s->replaced == RANGES_NONE &&
	    ranges_behind(r, from) == to && r->place[0][s->brought] == from &&
	    r->place[1][s->brought] == to)
		list[range].copy_of = list[s->brought].packet;
}

static bool ranges_take(struct ranges *r, struct range *list, uint32_t range, int64_t tmax_ns)
{
	uint32_t from = r->place[0][range], to = r->place[1][range], at, next, last = RANGES_NONE;
	bool ok = true;

	ranges_split(r, from);
	ranges_split(r, to);
	if (!list[range].upstream)
		ranges_compare(r, list, range, from, to);
	for (at = from; at < to && ok; at = next) {
		next = ranges_behind(r, at);
		if (list[range].upstream)
			ranges_send(&r->stretch[at], range);
		else
			ok = ranges_bring(r, list, range, at, next, tmax_ns);
		if (last != RANGES_NONE && ranges_alike(&r->stretch[last], &r->stretch[at]))
			ranges_unmark(r, at);
		else
			last = at;
	}
	return ok;
}

/* ---- all of them ---- */

static int ranges_compare_time(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->upstream != b->upstream)
		return a->upstream ? -1 : 1;
	if (a->packet != b->packet)
		return a->packet < b->packet ? -1 : 1;
	return (a->begin > b->begin) - (a->begin < b->begin);
}

static int ranges_compare_end(const void *x, const void *y)
{
	const struct ranges_end *a = x, *b = y;

	return (a->at > b->at) - (a->at < b->at);
}

/* Numbers the places between the ends. */
static void ranges_place(struct ranges *r, const struct range *list, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		r->end[2 * i] = (struct ranges_end){list[i].begin, i << 1};
		r->end[2 * i + 1] = (struct ranges_end){list[i].end, i << 1 | 1};
	}
	qsort(r->end, 2 * (size_t)count, sizeof *r->end, ranges_compare_end);
	for (r->places = 0, i = 0; i < 2 * count; i++) {
		if (!r->places || r->at[r->places - 1] != r->end[i].at)
			r->at[r->places++] = r->end[i].at;
		r->place[r->end[i].range & 1][r->end[i].range >> 1] = r->places - 1;
	}
}

bool ranges_pair(struct ranges *r, struct range *list, uint32_t count, int64_t tmax_ns)
{
	size_t words = 2 * (size_t)count;
	bool ok = true;
	uint32_t i;
	unsigned l;

	if (!count || count > r->most)
		return count == 0;
	qsort(list, count, sizeof *list, ranges_compare_time);
	ranges_place(r, list, count);
	for (l = 0; l < RANGES_LEVELS; l++) {
		words = (words >> 6) + 1;
		memset(r->begins[l], 0, words * sizeof *r->begins[l]);
	}
	r->stretch[0] = (struct ranges_stretch){RANGES_NONE, RANGES_NONE, RANGES_NONE, false, false};
	ranges_mark(r, 0);
	for (i = 0; i < count && ok; i++) {
		list[i].copy_of = RANGES_NONE;
		ok = ranges_take(r, list, i, tmax_ns);
	}
	return ok;
}

struct ranges *ranges_open(uint32_t most)
{
	struct ranges *r = calloc(1, sizeof *r);
	size_t places = 2 * (size_t)most + 1, words = places;
	unsigned l;
	bool ok;

	if (!r || most > RANGES_NONE >> 1) {
		free(r);
		return NULL;
	}
	r->most = most;
	r->end = malloc(places * sizeof *r->end);
	r->at = malloc(places * sizeof *r->at);
	r->stretch = malloc(places * sizeof *r->stretch);
	r->place[0] = malloc(places * sizeof *r->place[0]);
	r->place[1] = malloc(places * sizeof *r->place[1]);
	ok = r->end && r->at && r->stretch && r->place[0] && r->place[1];
	for (l = 0; l < RANGES_LEVELS; l++) {
		words = (words >> 6) + 1;
		r->begins[l] = malloc(words * sizeof *r->begins[l]);
		ok = ok && r->begins[l];
	}
	if (!ok)
		ranges_close(&r);
	return r;
}

void ranges_close(struct ranges **ranges)
{
	struct ranges *r = *ranges;
	unsigned l;

	if (!r)
		return;
	for (l = 0; l < RANGES_LEVELS; l++)
		free(r->begins[l]);
	free(r->end);
	free(r->at);
	free(r->stretch);
	free(r->place[0]);
	free(r->place[1]);
	free(r->passage);
	free(r);
	*ranges = NULL;
}

struct range_passage *ranges_passages(struct ranges *r, uint32_t *count)
{
	*count = (uint32_t)r->passages;
	return r->passage;
}

void ranges_forget(struct ranges *r)
{
	r->passages = 0;
}
