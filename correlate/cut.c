#include "correlate/cut.h"

#include <stdlib.h>

#define CUT_SAMPLES 16        /* matched packets whose least delay is none of chance */
#define CUT_SLACK_NS 20000    /* stamps of one clock are that far off */
#define CUT_UNKNOWN_NS 1000000/* ... and delays of few packets by clocks that are not known */
#define CUT_TIMES 8           /* so many times the spread above the median hardly any packet is */
#define CUT_LOOSE 16          /* the last look's slack is the waiting time divided by this */

/* What is known of a piece so far. */
struct cut_state {
	int64_t near_ns;
	int64_t covered, gap_from, gap_to; /* the first gap; empty: all is there */
	uint32_t copy_of;
	bool again;
	uint32_t last; /* by which packet its last byte came or came out */
};

struct cut {
	const struct judging *judging;
	const struct hop *measured;
	uint32_t hop;
	int64_t floor_ns[2], most_ns[2]; /* by direction: no packet is faster, hardly any slower */
	struct ranges *ranges;
	struct range *range;
	struct cut_state *state;
};

/* ---- the least delay ---- */

static int64_t cut_clock_error(const struct hop *measured)
{
	int64_t error_ns = 0;
	uint32_t k;

	for (k = 0; k < measured->fits; k++)
		if (measured->fit[k].known && measured->fit[k].error_ns > error_ns)
			error_ns = measured->fit[k].error_ns;
	return error_ns;
}

static int64_t cut_floor(const struct cut *cut, const struct histogram *delay)
{
	uint64_t count = histogram_count(delay);
	int64_t least, error_ns = cut_clock_error(cut->measured);

	if (!count)
		return -cut->judging->tmax_ns / CUT_LOOSE;
	least = histogram_min(delay);
	if (!cut->measured->known)
		return least - (count < CUT_SAMPLES ? CUT_UNKNOWN_NS : CUT_SLACK_NS);
	if (least > 0)
		least = count < CUT_SAMPLES ? 0 : least - least / 4;
	return least - error_ns - CUT_SLACK_NS;
}

static int64_t cut_most(const struct cut *cut, const struct histogram *delay)
{
	int64_t middle;

	if (histogram_count(delay) < CUT_SAMPLES)
		return cut->judging->tmax_ns;
	middle = histogram_quantile(delay, 500);
	return middle + CUT_TIMES * (histogram_quantile(delay, 900) - middle) + CUT_UNKNOWN_NS;
}

/* Alternatives have clocks of their own, of which the near stage's time knows one only. */
static bool cut_one_clock(const struct cut *cut)
{
	const struct path *path = cut->judging->path;

	return path->points[cut->hop] == 1 && path->points[cut->hop + 1] == 1;
}

struct cut *cut_open(const struct judging *judging, const struct hop_result *result, uint32_t hop,
		     uint32_t most)
{
	struct cut *cut = calloc(1, sizeof *cut);
	unsigned d;

	if (!cut)
		return NULL;
	cut->judging = judging;
	cut->measured = &judging->hops->hop[hop];
	cut->hop = hop;
	for (d = 0; d < 2; d++) {
		cut->floor_ns[d] = cut_floor(cut, result->delay[d]);
		cut->most_ns[d] = cut_most(cut, result->delay[d]);
		if (!cut_one_clock(cut))
			cut->floor_ns[d] -= CUT_UNKNOWN_NS;
	}
	cut->ranges = ranges_open(most);
	cut->range = malloc((size_t)most * sizeof *cut->range);
	cut->state = malloc((size_t)most * sizeof *cut->state);
	if (!cut->ranges || !cut->range || !cut->state)
		cut_close(&cut);
	return cut;
}

void cut_close(struct cut **cut)
{
	struct cut *c = *cut;

	if (!c)
		return;
	ranges_close(&c->ranges);
	free(c->range);
	free(c->state);
	free(c);
	*cut = NULL;
}

int64_t cut_time(const struct cut *cut, const struct odd *odd)
{
	return hop_near_time(cut->measured, odd->point,
			     cut->judging->path->stage[odd->point] == cut->hop, odd->time_ns);
}

/* ---- what passed ---- */

static int cut_compare_up(const void *x, const void *y)
{
	const struct range_passage *a = x, *b = y;

	if (a->up != b->up)
		return a->up < b->up ? -1 : 1;
	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return (a->down > b->down) - (a->down < b->down);
}

static int cut_compare_down(const void *x, const void *y)
{
	const struct range_passage *a = x, *b = y;

	if (a->down != b->down)
		return a->down < b->down ? -1 : 1;
	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return (a->up > b->up) - (a->up < b->up);
}

/* Whether the marks of one of two packets know better: with equal ends nothing was cut, and a copy
 * or one of many alike is not of a packet sent long before. */
static bool cut_void(const struct cut *cut, const struct cut_piece *piece, uint32_t up, uint32_t down)
{
	const struct cut_piece *a = &piece[up], *b = &piece[down];
	uint8_t marks[2] = {a->odd->marked, b->odd->marked};
	bool alike = marks[0] == VERDICT_DUPLICATED || marks[0] == VERDICT_AMBIGUOUS ||
		     marks[1] == VERDICT_DUPLICATED || marks[1] == VERDICT_AMBIGUOUS;

	if (!marks[0] && !marks[1])
		return false;
	return (a->begin == b->begin && a->end == b->end) ||
	       (alike && cut->state[down].near_ns - cut->state[up].near_ns >
				 cut->most_ns[a->odd->direction]);
}

/* A piece with what the other side carries of it; passages in order of its bytes. */
static void cut_sum(const struct cut *cut, const struct cut_piece *piece, uint32_t k,
		    const struct range_passage *passage, uint32_t count)
{
	struct cut_state *s = &cut->state[k];
	int64_t reached = piece[k].begin;
	uint32_t i;

	s->covered = 0;
	s->again = false;
	s->gap_from = s->gap_to = piece[k].end;
	s->last = RANGES_NONE;
	for (i = 0; i < count; i++) {
		uint32_t other = piece[k].odd->upstream ? passage[i].down : passage[i].up;

		if (cut_void(cut, piece, passage[i].up, passage[i].down))
			continue;
		if (passage[i].begin > reached && s->gap_from == s->gap_to) {
			s->gap_from = reached;
			s->gap_to = passage[i].begin;
		}
		reached = passage[i].end > reached ? passage[i].end : reached;
		s->covered += passage[i].end - passage[i].begin;
		s->again |= passage[i].again;
		if (s->last == RANGES_NONE ||
		    cut->state[other].near_ns > cut->state[s->last].near_ns)
			s->last = other;
	}
	if (reached < piece[k].end && s->gap_from == s->gap_to)
		s->gap_from = reached;
}

/* Each side's pieces with their passages. */
static void cut_sum_all(const struct cut *cut, const struct cut_piece *piece, uint32_t count)
{
	uint32_t side, k, i, next, passages;
	struct range_passage *list = ranges_passages(cut->ranges, &passages);

	for (side = 0; side < 2; side++) {
		if (passages)
			qsort(list, passages, sizeof *list, side ? cut_compare_down : cut_compare_up);
		for (k = i = 0; k < count; k++) {
			if (piece[k].odd->upstream != !side)
				continue;
			for (next = i; next < passages &&
				       (side ? list[next].down : list[next].up) == k;
			     next++)
				;
			cut_sum(cut, piece, k, list + i, next - i);
			i = next;
		}
	}
}

/* ---- two looks ---- */

static bool cut_look(struct cut *cut, const struct cut_piece *piece, uint32_t count)
{
	uint32_t k;

	for (k = 0; k < count; k++) {
		const struct odd *odd = piece[k].odd;
		int64_t from = odd->upstream ? cut->floor_ns[odd->direction] : 0;

		cut->state[k].near_ns = cut_time(cut, odd);
		cut->range[k] = (struct range){.begin = piece[k].begin, .end = piece[k].end,
					       .time_ns = cut->state[k].near_ns + from,
					       .packet = k, .upstream = odd->upstream};
	}
	if (!ranges_pair(cut->ranges, cut->range, count, cut->judging->tmax_ns))
		return false;
	for (k = 0; k < count; k++)
		cut->state[cut->range[k].packet].copy_of = cut->range[k].copy_of;
	cut_sum_all(cut, piece, count);
	return true;
}

/* Of what is left of each piece, the first gap: by clocks that may be wrong. */
static bool cut_look_again(struct cut *cut, const struct cut_piece *piece, uint32_t count)
{
	uint32_t k, n = 0, sides[2] = {0, 0};

	for (k = 0; k < count; k++) {
		const struct cut_state *s = &cut->state[k];
		bool up = piece[k].odd->upstream;

		if (s->gap_from == s->gap_to || s->copy_of != RANGES_NONE)
			continue;
		cut->range[n++] = (struct range){
			.begin = s->gap_from, .end = s->gap_to, .packet = k, .upstream = up,
			.time_ns = s->near_ns - (up ? cut->judging->tmax_ns / CUT_LOOSE : 0)};
		sides[up]++;
	}
	if (!sides[0] || !sides[1])
		return true;
	if (!ranges_pair(cut->ranges, cut->range, n, cut->judging->tmax_ns))
		return false;
	cut_sum_all(cut, piece, count);
	return true;
}

/* ---- what it means ---- */

/* A second copy of a packet whose bytes had passed; by its ID it is the same packet. */
static bool cut_copy(const struct cut *cut, const struct cut_piece *piece, uint32_t k)
{
	uint32_t first = cut->state[k].copy_of;

	return first != RANGES_NONE && !cut->state[k].covered && !piece[k].odd->marked &&
	       piece[first].odd->recut && piece[first].odd->ip_id == piece[k].odd->ip_id &&
	       piece[first].odd->point == piece[k].odd->point;
}

static void cut_say(const struct cut *cut, const struct cut_piece *piece, uint32_t k)
{
	const struct cut_state *s = &cut->state[k];
	struct odd *odd = piece[k].odd;
	int64_t bytes = piece[k].end - piece[k].begin;

	odd->recut = s->covered == bytes;
	odd->partly = s->covered && s->covered < bytes;
	odd->missing = (uint32_t)(odd->partly ? bytes - s->covered : 0);
	odd->gap_from = (uint32_t)(s->gap_from - piece[k].begin);
	odd->gap_to = (uint32_t)(s->gap_to - piece[k].begin);
	odd->arrived_at = (uint8_t)(odd->recut ? piece[s->last].odd->point : odd->point);
	odd->arrived_ns = odd->recut && odd->upstream && !s->again ? piece[s->last].odd->time_ns
								    : INT64_MIN;
}

bool cut_pieces(struct cut *cut, const struct cut_piece *piece, uint32_t count)
{
	uint32_t k, sides[2] = {0, 0};

	for (k = 0; k < count; k++)
		sides[piece[k].odd->upstream]++;
	if (!sides[0] || !sides[1])
		return true;
	ranges_forget(cut->ranges);
	if (!cut_look(cut, piece, count) || !cut_look_again(cut, piece, count))
		return false;
	for (k = 0; k < count; k++)
		cut_say(cut, piece, k);
	for (k = 0; k < count; k++)
		piece[k].odd->twice = cut_copy(cut, piece, k);
	return true;
}
