#include "correlate/align.h"

#include <stdlib.h>

#include "collect/fingerprint.h"
#include "correlate/clock.h"

/* Costs, in 1/256. */
#define ALIGN_UNIT 256u
#define ALIGN_UNPAIRED (10 * ALIGN_UNIT)
#define ALIGN_DELAY_MAX (8 * ALIGN_UNIT)
#define ALIGN_FIELD (30 * ALIGN_UNIT)
#define ALIGN_WINDOW (12 * ALIGN_UNIT)
#define ALIGN_NEARLY (3 * ALIGN_UNIT) /* a difference that decides nothing */
#define ALIGN_NEVER (1u << 30) /* no pair; with it no sum of costs goes over 32 bits */

#define ALIGN_NO_WAY UINT32_MAX

#define ALIGN_BAND_MAX 256u /* candidates for one packet, where the lists are too large for all */
#define ALIGN_IN_ORDER (4 * ALIGN_UNIT) /* cost of a pair that need not be questioned */
#define ALIGN_SMALL 1536 /* numbers that fit on the stack: enough for most lists */

/* The alignment is a path through a grid: row r = so many upstream packets are
 * done, column j = so many downstream ones. A step down leaves an upstream packet
 * unpaired, a step right a downstream one, a diagonal step pairs both.
 *
 * first[i] .. behind[i] - 1 are the downstream packets that upstream packet i
 * can be paired with. Only the cells between are kept: row r holds the columns from
 * first[r - 1] (what lies before can no more be paired) to behind[r] (what
 * lies behind cannot yet), both relative to the piece of the lists at hand. */
struct align {
	struct align_item *up, *down;
	uint32_t up_count, down_count;
	const struct align_habits *habits;
	int64_t slack_ns;
	double per_ns; /* cost of a deviation */
	uint32_t *first, *behind;
	/* The piece: upstream from..to - 1, downstream start..end - 1. What is unpaired
	 * from `open` on costs nothing at its end: the next piece may have it. */
	uint32_t from, to, start, end, open;
	uint32_t *row;                 /* where each row begins in the tables */
	uint32_t *pair, *ahead, *back; /* costs: of the diagonal step, from the start, to the end */
	uint32_t *paired, *unpaired, *other; /* least cost of the whole with that packet so */
};

static uint32_t align_cost(const struct align *a, uint32_t i, uint32_t j)
{
	const struct align_item *p = &a->up[i], *q = &a->down[j];
	const struct align_habits *h = a->habits;
	double deviation = (double)clock_minus(q->time_ns, p->time_ns) - (double)h->delay_ns;
	double cost = (deviation < 0 ? -deviation : deviation) * a->per_ns;
	uint32_t sum = cost < ALIGN_DELAY_MAX ? (uint32_t)cost : ALIGN_DELAY_MAX;

	if (fingerprint_digests_differ(p->digest, q->digest))
		return ALIGN_NEVER;
	if (h->keeps_ip_id && p->ip_id && q->ip_id && p->ip_id != q->ip_id)
		sum += ALIGN_FIELD;
	if (h->keeps_tsval && p->tsval && q->tsval && p->tsval != q->tsval)
		sum += ALIGN_FIELD;
	if (h->keeps_window && p->window != q->window)
		sum += ALIGN_WINDOW;
	return sum;
}

/* Finds each upstream packet's candidates: those whose delay is possible, or, with
 * a limit, as many around the usual delay. Both ends rise with i. Returns the cells
 * that the whole grid would take. */
static uint64_t align_find_candidates(struct align *a, uint32_t limit)
{
	uint32_t i, first = 0, behind = 0, usual = 0;
	uint64_t cells = 0;

	for (i = 0; i < a->up_count; i++) {
		int64_t time = a->up[i].time_ns;
		uint32_t low = i ? a->first[i - 1] : 0, high = i ? a->behind[i - 1] : 0;
		const struct align_item *down = a->down;

		while (first < a->down_count &&
		       clock_minus(down[first].time_ns, time) < -a->slack_ns)
			first++;
		while (behind < a->down_count &&
		       clock_minus(down[behind].time_ns, time) <= a->habits->delay_max_ns)
			behind++;
		while (usual < a->down_count &&
		       clock_minus(down[usual].time_ns, time) < a->habits->delay_ns)
			usual++;
		a->first[i] = first;
		a->behind[i] = behind > first ? behind : first;
		if (behind > first && behind - first > limit) {
			if (usual > limit / 2 && usual - limit / 2 > first)
				a->first[i] = usual - limit / 2;
			if (behind - a->first[i] > limit)
				a->behind[i] = a->first[i] + limit;
		}
		a->first[i] = a->first[i] > low ? a->first[i] : low;
		a->behind[i] = a->behind[i] > high ? a->behind[i] : high;
		a->behind[i] = a->behind[i] > a->first[i] ? a->behind[i] : a->first[i];
		cells += (uint64_t)a->behind[i] - (i && high > a->first[i] ? low : a->first[i]) + 1;
		if (i && high <= a->first[i])
			cells += (uint64_t)high - low + 1;
	}
	return cells + 1 + a->behind[a->up_count - 1] - a->first[a->up_count - 1];
}

static uint32_t align_row_first(const struct align *a, uint32_t r)
{
	uint32_t first = r ? a->first[a->from + r - 1] : a->start;

	return first > a->start ? first : a->start;
}

static uint32_t align_row_last(const struct align *a, uint32_t r)
{
	uint32_t last = a->from + r < a->to ? a->behind[a->from + r] : a->end;

	return last > a->start ? last : a->start;
}

static uint64_t align_row_cells(const struct align *a, uint32_t r)
{
	return (uint64_t)align_row_last(a, r) - align_row_first(a, r) + 1;
}

/* The time before an upstream packet without another. */
static int64_t align_gap(const struct align *a, uint32_t i)
{
	return clock_minus(a->up[i].time_ns, a->up[i - 1].time_ns);
}

/* Where the piece that starts at `from` ends: before the next packet that shares no
 * candidate with the one before it; or, when that is too far, in the widest gap
 * between packets in the last half of what fits. */
static void align_choose_piece(struct align *a)
{
	uint64_t cells = 0;
	uint32_t i, k;

	if (a->first[a->from] > a->start)
		a->start = a->first[a->from];
	a->to = a->up_count;
	for (i = a->from; i < a->up_count; i++) {
		if (i > a->from && a->behind[i - 1] <= a->first[i]) {
			a->to = i;
			break;
		}
		cells += align_row_cells(a, i - a->from);
		if (cells + 2 * ALIGN_BAND_MAX > ALIGN_CELLS_MAX && i > a->from) {
			a->to = i;
			for (k = i - 1; k > a->from + (i - a->from) / 2; k--)
				if (align_gap(a, k) > align_gap(a, a->to))
					a->to = k;
			break;
		}
	}
	a->end = a->behind[a->to - 1] > a->start ? a->behind[a->to - 1] : a->start;
	a->open = a->to < a->up_count ? a->first[a->to] : a->end;
	a->open = a->open < a->start ? a->start : a->open > a->end ? a->end : a->open;
}

/* The cell of row r and column j in a table. */
static uint32_t *align_at(const struct align *a, uint32_t *table, uint32_t r, uint32_t j)
{
	return &table[a->row[r] + (j - align_row_first(a, r))];
}

/* The price of leaving downstream packet j unpaired in row r. */
static uint32_t align_right(const struct align *a, uint32_t r, uint32_t j)
{
	return a->from + r == a->to && j >= a->open ? 0 : ALIGN_UNPAIRED;
}

/* Lays the rows out, and fills in what each diagonal step costs. */
static void align_fill_pairs(struct align *a)
{
	uint32_t rows = a->to - a->from, r, j, n = 0;

	for (r = 0; r <= rows; r++) {
		uint32_t last = align_row_last(a, r), i = a->from + r;

		a->row[r] = n;
		for (j = align_row_first(a, r); j <= last; j++)
			a->pair[n++] = r < rows && j >= a->first[i] && j < a->behind[i]
					       ? align_cost(a, i, j)
					       : ALIGN_NEVER;
	}
}

static void align_fill_back(struct align *a)
{
	uint32_t rows = a->to - a->from, r = rows, j = align_row_last(a, r);

	*align_at(a, a->back, r, j) = 0;
	while (j-- > align_row_first(a, r))
		*align_at(a, a->back, r, j) =
			*align_at(a, a->back, r, j + 1) + align_right(a, r, j);
	while (r-- > 0) {
		uint32_t first = align_row_first(a, r), shift = align_row_first(a, r + 1) - first;
		uint32_t k = align_row_last(a, r) - first, best = ALIGN_NEVER * 2, way;
		const uint32_t *pair = &a->pair[a->row[r]], *below = &a->back[a->row[r + 1]];
		uint32_t *here = &a->back[a->row[r]];

		/* Columns that the row below does not have can only be left to the right. */
		for (k++; k-- > shift;) {
			best += ALIGN_UNPAIRED;
			way = below[k - shift] + ALIGN_UNPAIRED;
			best = way < best ? way : best;
			if (pair[k] != ALIGN_NEVER) {
				way = below[k + 1 - shift] + pair[k];
				best = way < best ? way : best;
			}
			here[k] = best;
		}
		for (k++; k-- > 0;)
			here[k] = best += ALIGN_UNPAIRED;
	}
}

static void align_fill_ahead(struct align *a)
{
	uint32_t rows = a->to - a->from, r, j;

	for (r = 0; r <= rows; r++) {
		uint32_t first = align_row_first(a, r), last = align_row_last(a, r);
		uint32_t above_first = r ? align_row_first(a, r - 1) : 0;
		uint32_t above_last = r ? align_row_last(a, r - 1) : 0, best, way;
		const uint32_t *above = r ? &a->ahead[a->row[r - 1]] : NULL;
		const uint32_t *pair = r ? &a->pair[a->row[r - 1]] : NULL;
		uint32_t *here = &a->ahead[a->row[r]];

		best = r ? ALIGN_NEVER * 2 : 0;
		for (j = first; j <= last; j++) {
			uint32_t k = j - above_first;

			if (j > first)
				best += align_right(a, r, j - 1);
			if (r && j <= above_last) {
				way = above[k] + ALIGN_UNPAIRED;
				best = way < best ? way : best;
			}
			if (r && k && j - 1 <= above_last && pair[k - 1] != ALIGN_NEVER) {
				way = above[k - 1] + pair[k - 1];
				best = way < best ? way : best;
			}
			here[j - first] = best;
		}
	}
}

/* Walks the cheapest path; of equal ones, the one that pairs earliest. Counts what it
 * leaves unpaired, and finds where the next piece starts downstream. */
static void align_walk(struct align *a, uint32_t *up_left, uint32_t *down_left, uint32_t *next)
{
	uint32_t rows = a->to - a->from, r = 0, j = a->start;

	*up_left = *down_left = 0;
	*next = a->open;
	while (r < rows || j < a->end) {
		uint32_t best = *align_at(a, a->back, r, j), cost = *align_at(a, a->pair, r, j);

		if (cost != ALIGN_NEVER && best == *align_at(a, a->back, r + 1, j + 1) + cost) {
			a->up[a->from + r].partner = j;
			a->down[j++].partner = a->from + r++;
			*next = j > *next ? j : *next;
		} else if (j < align_row_last(a, r) &&
			   best == *align_at(a, a->back, r, j + 1) + align_right(a, r, j)) {
			*down_left += align_right(a, r, j) != 0;
			j++;
		} else {
			*up_left += 1;
			r++;
		}
	}
}

static void align_least(uint32_t *least, uint32_t value)
{
	if (value < *least)
		*least = value;
}

/* For each packet, what the best alignment costs in which it is paired, in which it
 * is not, and in which it is paired with another than it is. Upstream packets
 * come first in these tables. */
static void align_weigh(struct align *a)
{
	uint32_t rows = a->to - a->from, r, j, k, whole;

	for (k = 0; k < rows + a->end - a->start; k++)
		a->paired[k] = a->unpaired[k] = a->other[k] = ALIGN_NO_WAY;
	for (r = 0; r <= rows; r++) {
		uint32_t first = align_row_first(a, r), last = align_row_last(a, r);
		uint32_t shift = r < rows ? align_row_first(a, r + 1) - first : UINT32_MAX;
		const uint32_t *pair = &a->pair[a->row[r]], *ahead = &a->ahead[a->row[r]];
		const uint32_t *back = &a->back[a->row[r]];
		const uint32_t *below = r < rows ? &a->back[a->row[r + 1]] : NULL;

		for (j = first; j <= last; j++) {
			uint32_t right = rows + j - a->start;

			k = j - first;
			if (k >= shift)
				align_least(&a->unpaired[r],
					    ahead[k] + ALIGN_UNPAIRED + below[k - shift]);
			if (j < last)
				align_least(&a->unpaired[right],
					    ahead[k] + align_right(a, r, j) + back[k + 1]);
			if (pair[k] == ALIGN_NEVER)
				continue;
			whole = ahead[k] + pair[k] + below[k + 1 - shift];
			align_least(&a->paired[r], whole);
			align_least(&a->paired[right], whole);
			if (a->up[a->from + r].partner == j)
				continue;
			align_least(&a->other[r], whole);
			align_least(&a->other[right], whole);
		}
	}
}

static bool align_undecided(const struct align *a, uint32_t k)
{
	uint32_t p = a->paired[k], u = a->unpaired[k];

	return p != ALIGN_NO_WAY && u != ALIGN_NO_WAY && (p > u ? p - u : u - p) < ALIGN_NEARLY;
}

/* A packet is ambiguous when it might as well be the other way round, paired or
 * not, and there is a packet on its side that would take its place; its partner, then,
 * when it might as well belong to that one. */
static void align_mark(struct align *a, uint32_t up_left, uint32_t down_left, uint32_t next)
{
	uint32_t rows = a->to - a->from, columns = next - a->start, k, partner;
	uint32_t best = *align_at(a, a->back, 0, a->start);

	for (k = 0; k < rows && up_left; k++) {
		struct align_item *item = &a->up[a->from + k];

		item->ambiguous = align_undecided(a, k);
		partner = item->partner;
		if (item->ambiguous && partner != ALIGN_NONE &&
		    a->other[rows + partner - a->start] - best < ALIGN_NEARLY)
			a->down[partner].ambiguous = true;
	}
	for (k = 0; k < columns && down_left; k++) {
		struct align_item *item = &a->down[a->start + k];

		if (!align_undecided(a, rows + k))
			continue;
		item->ambiguous = true;
		partner = item->partner;
		if (partner != ALIGN_NONE && a->other[partner - a->from] - best < ALIGN_NEARLY)
			a->up[partner].ambiguous = true;
	}
}

static void align_piece(struct align *a)
{
	uint32_t up_left, down_left, next;

	align_choose_piece(a);
	align_fill_pairs(a);
	align_fill_back(a);
	align_walk(a, &up_left, &down_left, &next);
	if (up_left || down_left) {
		align_fill_ahead(a);
		align_weigh(a);
		align_mark(a, up_left, down_left, next);
	}
	a->from = a->to;
	a->start = next;
}

/* As many on both sides, and each pair of them likely: then they are paired in order.
 * To shift some by one would please the delays a little where they run high for a while,
 * at the price of a loss and an injection that nothing else speaks for. */
static bool align_in_order(struct align_item *up, struct align_item *down, uint32_t count,
			   const struct align *a)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		int64_t delay_ns = clock_minus(down[i].time_ns, up[i].time_ns);

		if (delay_ns < -a->slack_ns || delay_ns > a->habits->delay_max_ns ||
		    align_cost(a, i, i) > ALIGN_IN_ORDER)
			return false;
	}
	for (i = 0; i < count; i++)
		up[i].partner = down[i].partner = i;
	return true;
}

static enum status align_run(struct align *a, struct error *err)
{
	uint32_t small[ALIGN_SMALL], *bands = small, *tables = small;
	uint64_t cells, packets = (uint64_t)a->up_count + a->down_count, rows, bands_size;
	enum status status = STATUS_OK;

	bands_size = 2 * (uint64_t)a->up_count;
	if (bands_size > ALIGN_SMALL / 2 && !(bands = malloc(bands_size * sizeof *bands)))
		return error_set(err, STATUS_SYSTEM, "no memory to align %llu packets",
				 (unsigned long long)packets);
	a->first = bands;
	a->behind = bands + a->up_count;
	cells = align_find_candidates(a, UINT32_MAX);
	if (cells > ALIGN_CELLS_MAX) {
		align_find_candidates(a, ALIGN_BAND_MAX);
		cells = ALIGN_CELLS_MAX;
	}
	/* A piece has no more rows, and no more packets, than cells. */
	rows = (uint64_t)a->up_count + 1 < cells ? (uint64_t)a->up_count + 1 : cells;
	packets = packets < cells ? packets : cells;
	if (bands == small)
		tables = small + bands_size;
	if ((bands != small || bands_size + rows + 3 * cells + 3 * packets > ALIGN_SMALL) &&
	    !(tables = malloc((rows + 3 * cells + 3 * packets) * sizeof *tables))) {
		status = error_set(err, STATUS_SYSTEM, "no memory to align %llu packets",
				   (unsigned long long)packets);
		goto out;
	}
	a->row = tables;
	a->pair = a->row + rows;
	a->ahead = a->pair + cells;
	a->back = a->ahead + cells;
	a->paired = a->back + cells;
	a->unpaired = a->paired + packets;
	a->other = a->unpaired + packets;
	while (a->from < a->up_count)
		align_piece(a);
	if (tables < small || tables >= small + ALIGN_SMALL)
		free(tables);
out:
	if (bands != small)
		free(bands);
	return status;
}

enum status align_lists(struct align_item *upstream, uint32_t upstream_count,
			struct align_item *downstream, uint32_t downstream_count,
			const struct align_habits *habits, struct error *err)
{
	struct align a = {.up = upstream, .down = downstream, .up_count = upstream_count,
			  .down_count = downstream_count, .habits = habits};
	uint32_t i;

	for (i = 0; i < upstream_count; i++) {
		upstream[i].partner = ALIGN_NONE;
		upstream[i].ambiguous = false;
	}
	for (i = 0; i < downstream_count; i++) {
		downstream[i].partner = ALIGN_NONE;
		downstream[i].ambiguous = false;
	}
	if (!upstream_count || !downstream_count)
		return STATUS_OK;
	a.slack_ns = habits->slack_ns > 0 ? habits->slack_ns : 0;
	a.per_ns = (double)ALIGN_UNIT / (double)(habits->spread_ns > 0 ? habits->spread_ns : 1);
	if (upstream_count == downstream_count &&
	    align_in_order(upstream, downstream, upstream_count, &a))
		return STATUS_OK;
	return align_run(&a, err);
}
