#include "correlate/recut.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/packet.h"

#define RECUT_REACH 256 /* pieces looked at for one packet */

/* A candidate, its bytes numbered from the first of its session and direction
 * on, so that nothing wraps. */
struct recut {
	int64_t begin, end;
	int64_t again_ns;  /* upstream: when its sender sent some of its bytes again; INT64_MAX: never */
	struct odd *odd;
};

/* By session and direction, then time. */
static int recut_compare_time(const void *x, const void *y)
{
	const struct odd *a = ((const struct recut *)x)->odd, *b = ((const struct recut *)y)->odd;

	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction - b->direction;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a > b) - (a < b);
}

static int recut_compare_place(const void *x, const void *y)
{
	const struct recut *a = x, *b = y;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return recut_compare_time(a, b);
}

static bool recut_candidate(const struct odd *odd)
{
	return odd->proto == 6 && odd->end != odd->seq && !odd->resequenced &&
	       !odd->maybe_resequenced &&
	       !(odd->flags & (PACKET_TCP_RST | PACKET_TCP_SYN)) &&
	       !(odd->marks & PACKET_FRAGMENT_LATER);
}

/* Numbers the bytes: each packet lies within 2 GB of the one before (RFC 9293 3.4). */
static void recut_number(struct recut *list, uint64_t count)
{
	int64_t last = list->odd->seq;
	uint64_t i;

	for (i = 0; i < count; i++) {
		const struct odd *odd = list[i].odd;

		last += (int32_t)(odd->seq - (uint32_t)last);
		list[i].begin = last;
		list[i].end = last + (uint32_t)(odd->end - odd->seq);
	}
}

/* The place from which on packets may reach into list[at]. */
static uint64_t recut_from(uint64_t at)
{
	return at > RECUT_REACH ? at - RECUT_REACH : 0;
}

static void recut_find_again(struct recut *list, uint64_t count, uint64_t at)
{
	struct recut *one = &list[at];
	uint64_t k;

	one->again_ns = INT64_MAX;
	for (k = recut_from(at); k < count && k < at + RECUT_REACH && list[k].begin < one->end; k++)
		if (list[k].odd->upstream && list[k].end > one->begin &&
		    list[k].odd->time_ns > one->odd->time_ns &&
		    list[k].odd->time_ns < one->again_ns)
			one->again_ns = list[k].odd->time_ns;
}

/* Whether `piece`, of the other side, may carry bytes of `one`: it is there in
 * time, and not only after the sender had sent them again. */
static bool recut_fits(const struct recut *one, const struct recut *piece, int64_t tmax_ns)
{
	const struct recut *up = one->odd->upstream ? one : piece;
	const struct recut *down = one->odd->upstream ? piece : one;
	int64_t later = down->odd->time_ns - up->odd->time_ns;

	return piece->odd->upstream != one->odd->upstream && later > -tmax_ns / 16 &&
	       later <= tmax_ns && (up == piece || down->odd->time_ns < up->again_ns);
}

/* The bytes of list[at] that the other side's pieces carry. They come sorted by
 * their beginnings, so one sweep covers them. */
static int64_t recut_covered(const struct recut *list, uint64_t count, uint64_t at, int64_t tmax_ns)
{
	const struct recut *one = &list[at];
	int64_t reached = one->begin, covered = 0;
	uint64_t k;

	for (k = recut_from(at); k < count && k < at + RECUT_REACH && list[k].begin < one->end; k++) {
		const struct recut *piece = &list[k];
		int64_t begin, end;

		if (k == at || piece->end <= reached || !recut_fits(one, piece, tmax_ns))
			continue;
		begin = piece->begin > reached ? piece->begin : reached;
		end = piece->end < one->end ? piece->end : one->end;
		if (end > begin)
			covered += end - begin;
		reached = end > reached ? end : reached;
	}
	return covered;
}

/* One session and direction. */
static void recut_session(struct recut *list, uint64_t count, int64_t tmax_ns)
{
	uint64_t i;

	recut_number(list, count);
	qsort(list, count, sizeof *list, recut_compare_place);
	for (i = 0; i < count; i++)
		recut_find_again(list, count, i);
	for (i = 0; i < count; i++) {
		int64_t covered = recut_covered(list, count, i, tmax_ns);

		list[i].odd->recut = covered == list[i].end - list[i].begin;
		list[i].odd->partly = covered && !list[i].odd->recut;
	}
}

enum status recut_find(struct odd *odd, uint64_t odds, int64_t tmax_ns, struct error *err)
{
	struct recut *list = malloc((odds + 1) * sizeof *list);
	uint64_t n = 0, i, from, to;

	if (!list)
		return error_errno(err, ENOMEM, "re-cut segments");
	for (i = 0; i < odds; i++)
		if (recut_candidate(&odd[i]))
			list[n++] = (struct recut){.odd = &odd[i]};
	qsort(list, n, sizeof *list, recut_compare_time);
	for (from = 0; from < n; from = to) {
		for (to = from; to < n && list[to].odd->session == list[from].odd->session &&
				list[to].odd->direction == list[from].odd->direction;
		     to++)
			;
		recut_session(list + from, to - from, tmax_ns);
	}
	free(list);
	return STATUS_OK;
}
