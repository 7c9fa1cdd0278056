#include "correlate/recut.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/packet.h"

#define RECUT_REACH 256 /* pieces of the other side looked at for one packet */

/* By session and direction, then sequence number, then time. */
static int recut_compare(const void *x, const void *y)
{
	const struct odd *a = *(struct odd *const *)x, *b = *(struct odd *const *)y;

	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction - b->direction;
	if (a->seq != b->seq) /* the circle of sequence numbers is cut at 0: a packet across it stays odd */
		return a->seq < b->seq ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a > b) - (a < b);
}

static bool recut_candidate(const struct odd *odd)
{
	return odd->proto == 6 && odd->end > odd->seq &&
	       !(odd->flags & (PACKET_TCP_RST | PACKET_TCP_SYN)) &&
	       !(odd->marks & PACKET_FRAGMENT_LATER);
}

/* Whether `piece`, of the other side, may carry bytes of `odd`. */
static bool recut_fits(const struct odd *odd, const struct odd *piece, int64_t tmax_ns)
{
	int64_t later = odd->upstream ? piece->time_ns - odd->time_ns
				      : odd->time_ns - piece->time_ns;

	return piece->upstream != odd->upstream && later > -tmax_ns / 16 && later <= tmax_ns;
}

/* The bytes of list[at] that the other side's pieces carry. They come sorted by
 * their beginnings, so one sweep covers them. */
static uint32_t recut_covered(struct odd **list, uint64_t from, uint64_t to, uint64_t at,
			      int64_t tmax_ns)
{
	const struct odd *odd = list[at];
	uint32_t reached = odd->seq, covered = 0;
	uint64_t k = at > from + RECUT_REACH ? at - RECUT_REACH : from;

	for (; k < to && k < at + RECUT_REACH && list[k]->seq < odd->end; k++) {
		const struct odd *piece = list[k];
		uint32_t begin, end;

		if (k == at || piece->end <= reached || !recut_fits(odd, piece, tmax_ns))
			continue;
		begin = piece->seq > reached ? piece->seq : reached;
		end = piece->end < odd->end ? piece->end : odd->end;
		if (end > begin)
			covered += end - begin;
		reached = end > reached ? end : reached;
	}
	return covered;
}

enum status recut_find(struct odd *odd, uint64_t odds, int64_t tmax_ns, struct error *err)
{
	struct odd **list = malloc((odds + 1) * sizeof *list);
	uint64_t n = 0, i, from, to;

	if (!list)
		return error_errno(err, ENOMEM, "re-cut segments");
	for (i = 0; i < odds; i++)
		if (recut_candidate(&odd[i]))
			list[n++] = &odd[i];
	qsort(list, n, sizeof *list, recut_compare);
	for (from = 0; from < n; from = to) {
		for (to = from; to < n && list[to]->session == list[from]->session &&
				list[to]->direction == list[from]->direction;
		     to++)
			;
		for (i = from; i < to; i++) {
			uint32_t covered = recut_covered(list, from, to, i, tmax_ns);

			list[i]->recut = covered == list[i]->end - list[i]->seq;
			list[i]->partly = covered && !list[i]->recut;
		}
	}
	free(list);
	return STATUS_OK;
}
