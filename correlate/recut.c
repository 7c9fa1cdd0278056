#include "correlate/recut.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/packet.h"
#include "correlate/cut.h"
#include "correlate/delays.h"
#include "correlate/refragment.h"

#define RECUT_ACK_REACH 64 /* joined segments looked at for one acknowledgment */

/* By session and direction, then time. */
static int recut_compare_time(const void *x, const void *y)
{
	const struct odd *a = ((const struct cut_piece *)x)->odd;
	const struct odd *b = ((const struct cut_piece *)y)->odd;

	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction - b->direction;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a > b) - (a < b);
}

/* Those with bytes first, each kind by its place. */
static int recut_compare_place(const void *x, const void *y)
{
	const struct cut_piece *a = x, *b = y;
	bool a_empty = a->begin == a->end, b_empty = b->begin == b->end;

	if (a_empty != b_empty)
		return a_empty ? 1 : -1;
	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return recut_compare_time(a, b);
}

static bool recut_candidate(const struct odd *odd)
{
	return odd->proto == 6 && !(odd->flags & (PACKET_TCP_RST | PACKET_TCP_SYN)) &&
	       !(odd->marks & PACKET_FRAGMENT_LATER) && !odd->recut && !odd->partly &&
	       !odd->resequenced && !odd->maybe_resequenced &&
	       (odd->end != odd->seq || (odd->upstream && !odd->marked));
}

/* Numbers the bytes, so that nothing wraps: each packet lies within 2 GB of the one
 * before (RFC 9293 3.4). */
static void recut_number(struct cut_piece *list, uint64_t count)
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

/* Whether a joined segment holds the bytes on both sides of the acknowledgment, of which the later
 * ones were sent behind it. */
static bool recut_swallows(const struct cut *cut, const struct cut_piece *joined,
			   const struct cut_piece *ack, int64_t tmax_ns)
{
	int64_t later = cut_time(cut, joined->odd) - cut_time(cut, ack->odd);

	return !joined->odd->upstream && joined->odd->recut && joined->begin < ack->begin &&
	       joined->end > ack->begin && later >= 0 && later <= tmax_ns;
}

static void recut_acknowledgments(const struct cut *cut, const struct cut_piece *list,
				  uint64_t pieces, uint64_t count, int64_t tmax_ns)
{
	uint64_t i, behind = 0, k;

	for (i = pieces; i < count; i++) {
		while (behind < pieces && list[behind].begin < list[i].begin)
			behind++;
		for (k = behind; k-- > 0 && k + RECUT_ACK_REACH >= behind;)
			if (recut_swallows(cut, &list[k], &list[i], tmax_ns)) {
				list[i].odd->swallowed = true;
				break;
			}
	}
}

/* One session and direction. */
static bool recut_session(struct cut *cut, struct cut_piece *list, uint64_t count, int64_t tmax_ns)
{
	uint64_t pieces = count;

	recut_number(list, count);
	qsort(list, count, sizeof *list, recut_compare_place);
	while (pieces && list[pieces - 1].begin == list[pieces - 1].end)
		pieces--;
	if (!cut_pieces(cut, list, (uint32_t)pieces))
		return false;
	recut_acknowledgments(cut, list, pieces, count, tmax_ns);
	return true;
}

static uint64_t recut_same(const struct cut_piece *list, uint64_t from, uint64_t count)
{
	uint64_t to = from;

	while (to < count && list[to].odd->session == list[from].odd->session &&
	       list[to].odd->direction == list[from].odd->direction)
		to++;
	return to;
}

static bool recut_tcp(struct cut_piece *list, uint64_t count, uint32_t hop,
		      const struct judging *judging, const struct hop_result *result)
{
	uint64_t from, to, most = 0;
	struct cut *cut;
	bool ok;

	qsort(list, count, sizeof *list, recut_compare_time);
	for (from = 0; from < count; from = to) {
		to = recut_same(list, from, count);
		most = to - from > most ? to - from : most;
	}
	cut = cut_open(judging, result, hop, (uint32_t)most);
	ok = cut;
	for (from = 0; from < count && ok; from = to) {
		to = recut_same(list, from, count);
		ok = recut_session(cut, list + from, to - from, judging->tmax_ns);
	}
	cut_close(&cut);
	return ok;
}

enum status recut_find(struct odd *odd, uint64_t odds, uint32_t hop, const struct judging *judging,
		       const struct hop_result *result, struct error *err)
{
	struct cut_piece *list;
	uint64_t n = 0, i;
	bool ok = false;

	if (odds >= UINT32_MAX / 4)
		return error_set(err, STATUS_INPUT, "%llu packets without a partner at one hop, and one run "
				 "takes %u: " VIEW_LESS, (unsigned long long)odds, UINT32_MAX / 4 - 1);
	list = malloc((odds + 1) * sizeof *list);
	if (list && refragment_find(odd, odds, hop, judging, result)) {
		for (i = 0; i < odds; i++)
			if (recut_candidate(&odd[i]))
				list[n++] = (struct cut_piece){.odd = &odd[i]};
		ok = !n || recut_tcp(list, n, hop, judging, result);
	}
	free(list);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "re-cut packets");
}

/* How long the packet took until its last byte was there; false: nobody can tell. */
static bool recut_delay(const struct odd *odd, const struct judging *j, uint32_t hop,
			int64_t *near_ns, int64_t *delay_ns)
{
	bool near = j->path->stage[odd->point] == hop;
	uint32_t p = near ? odd->point : odd->arrived_at, q = near ? odd->arrived_at : odd->point;
	int64_t far_ns = near ? odd->arrived_ns : odd->time_ns;

	if (odd->arrived_ns == INT64_MIN)
		return false;
	*near_ns = near ? odd->time_ns : odd->arrived_ns;
	if (!hop_difference(&j->hops->hop[hop], p, *near_ns, q, far_ns, delay_ns))
		return false;
	*delay_ns = near ? *delay_ns : -*delay_ns;
	return true;
}

bool recut_measure(const struct odd *odd, uint64_t odds, uint32_t hop,
		   const struct judging *j, struct hop_result *result)
{
	int64_t near_ns, delay_ns;
	bool ok = true;
	uint64_t i;

	for (i = 0; i < odds && ok; i++) {
		unsigned d = odd[i].direction;
		struct hop_session *s = &result->session[odd[i].session];

		if (!odd[i].recut)
			continue;
		s->recut[d]++;
		if (!odd[i].upstream)
			continue;
		near_ns = j->path->stage[odd[i].point] == hop || odd[i].arrived_ns == INT64_MIN
				  ? odd[i].time_ns
				  : odd[i].arrived_ns;
		if (!s->matched[d]++ || near_ns > s->last_ns[d])
			s->last_ns[d] = near_ns;
		if (odd[i].marks & PACKET_FRAGMENT)
			result->fragments[d][(odd[i].marks & PACKET_FRAGMENT_LATER) != 0]++;
		if (!recut_delay(&odd[i], j, hop, &near_ns, &delay_ns))
			continue;
		histogram_add(result->delay[d], delay_ns);
		ok = delays_add(result->delays, near_ns, d, delay_ns);
	}
	return ok;
}
