#include "correlate/refragment.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/packet.h"
#include "correlate/cut.h"

#define REFRAGMENT_SLACK_NS 1000000 /* that clocks may be wrong, or ... */
#define REFRAGMENT_LOOSE 16         /* ... where they are not known, the waiting time divided by this */
#define REFRAGMENT_NO_PORTS ((uint64_t)1 << 63) /* the group of fragments that belong to no session */

struct refragment {
	struct cut_piece piece;
	uint64_t address;   /* addresses, protocol and ID as they were at the point, hashed */
	uint64_t group;     /* the session, or the address and REFRAGMENT_NO_PORTS */
	uint32_t id;        /* of the datagram */
	bool ports;         /* its flow bears them: it belongs to that session */
};

/* ---- one packet ---- */

static uint64_t refragment_address(const struct view *view, const struct odd *odd)
{
	const struct capture_flow *flow = &view->flow[odd->way >> 1];
	bool back = odd->way & 1, v4 = flow->version == 4;
	uint8_t key[40] = {flow->version, v4 ? flow->proto : 0, odd->direction};

	memcpy(key + 4, &odd->ip_id, 4);
	memcpy(key + 8, back ? flow->b : flow->a, 16);
	memcpy(key + 24, back ? flow->a : flow->b, 16);
	return XXH3_64bits_withSeed(key, sizeof key, view->seed) & ~REFRAGMENT_NO_PORTS;
}

/* What of the headers is the datagram's: the transport header, which first fragments bear.
 * TCP's has options; the IP header then is one without. */
static uint32_t refragment_transport(const struct odd *odd, uint8_t version)
{
	static const struct {
		uint8_t proto, bytes;
	} headers[] = {{1, 8}, {17, 8}, {50, 8}, {58, 8}, {132, 12}};
	uint32_t ip = version == 4 ? 20 : odd->marks & PACKET_FRAGMENT ? 48 : 40;
	size_t i;

	if (odd->marks & PACKET_FRAGMENT_LATER)
		return 0;
	if (odd->proto == 6)
		return odd->header > ip ? odd->header - ip : 0;
	for (i = 0; i < sizeof headers / sizeof headers[0]; i++)
		if (headers[i].proto == odd->proto)
			return headers[i].bytes;
	return 0;
}

static struct refragment refragment_make(const struct view *view, struct odd *odd)
{
	const struct capture_flow *flow = &view->flow[odd->way >> 1];
	struct refragment f = {.piece.odd = odd, .address = refragment_address(view, odd),
			       .id = odd->ip_id};

	f.piece.begin = odd->marks & PACKET_FRAGMENT_LATER ? odd->seq : 0;
	f.piece.end = f.piece.begin + odd->length - odd->header +
		      refragment_transport(odd, flow->version);
	f.ports = !(odd->marks & PACKET_FRAGMENT_LATER) || flow->a_port || flow->b_port;
	f.group = f.ports ? odd->session : f.address | REFRAGMENT_NO_PORTS;
	return f;
}

/* ---- datagrams ---- */

static int refragment_compare_address(const void *x, const void *y)
{
	const struct refragment *a = x, *b = y;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->piece.odd->time_ns != b->piece.odd->time_ns)
		return a->piece.odd->time_ns < b->piece.odd->time_ns ? -1 : 1;
	return (a->piece.odd > b->piece.odd) - (a->piece.odd < b->piece.odd);
}

static int refragment_compare_group(const void *x, const void *y)
{
	const struct refragment *a = x, *b = y;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->piece.odd->direction != b->piece.odd->direction)
		return a->piece.odd->direction - b->piece.odd->direction;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->piece.odd > b->piece.odd) - (a->piece.odd < b->piece.odd);
}

static bool refragment_same(const struct refragment *a, const struct refragment *b)
{
	return a->group == b->group && a->piece.odd->direction == b->piece.odd->direction &&
	       a->id == b->id;
}

/* Fragments without ports go with the last one before them that has some, or else the first behind. */
static void refragment_adopt(struct refragment *list, uint64_t count)
{
	uint64_t i, last = UINT64_MAX;

	qsort(list, count, sizeof *list, refragment_compare_address);
	for (i = 0; i < count; i++) {
		if (list[i].ports)
			last = i;
		else if (last != UINT64_MAX && list[last].address == list[i].address)
			list[i].group = list[last].group;
	}
	for (last = UINT64_MAX, i = count; i-- > 0;) {
		if (!(list[i].group & REFRAGMENT_NO_PORTS))
			last = i;
		else if (last != UINT64_MAX && list[last].address == list[i].address)
			list[i].group = list[last].group;
	}
}

static bool refragment_known(const struct refragment *list, uint64_t count,
			     const struct refragment *whole)
{
	uint64_t low = 0, high = count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		const struct odd *odd = list[middle].piece.odd, *like = whole->piece.odd;
		bool less = list[middle].group != whole->group ? list[middle].group < whole->group
			    : odd->direction != like->direction ? odd->direction < like->direction
								 : list[middle].id < whole->id;

		if (less)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && refragment_same(&list[low], whole);
}

/* Whole packets that fragments of the same ID may be pieces of. */
static uint64_t refragment_add_whole(struct refragment *list, uint64_t fragments, struct odd *odd,
				     uint64_t odds, const struct view *view)
{
	uint64_t n = fragments, i;

	for (i = 0; i < odds; i++) {
		struct refragment f;

		if (odd[i].marks & (PACKET_FRAGMENT | PACKET_AGGREGATED) ||
		    view->flow[odd[i].way >> 1].version != 4)
			continue;
		f = refragment_make(view, &odd[i]);
		if (!refragment_known(list, fragments, &f)) {
			f.group = f.address | REFRAGMENT_NO_PORTS;
			if (!refragment_known(list, fragments, &f))
				continue;
		}
		list[n++] = f;
	}
	return n;
}

/* ---- IPv6 datagrams that are whole on one side ---- */

/* One on one side: whole, or in fragments that the other side has none of. */
struct refragment_datagram {
	uint64_t group;
	int64_t bytes, time_ns; /* near stage's time, less what clocks may be wrong for one upstream */
	struct odd *whole;      /* NULL: in fragments */
	uint32_t id;
	uint8_t direction;
	bool upstream;
};

static int refragment_compare_datagram(const void *x, const void *y)
{
	const struct refragment_datagram *a = x, *b = y;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction - b->direction;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->whole > b->whole) - (a->whole < b->whole);
}

static struct refragment_datagram refragment_datagram(const struct refragment *f, uint32_t hop,
						      const struct judging *j)
{
	const struct hop *measured = &j->hops->hop[hop];
	const struct odd *odd = f->piece.odd;
	int64_t slack_ns = measured->known ? REFRAGMENT_SLACK_NS : j->tmax_ns / REFRAGMENT_LOOSE;

	return (struct refragment_datagram){
		.group = f->group, .bytes = f->piece.end, .id = f->id,
		.direction = odd->direction, .upstream = odd->upstream,
		.time_ns = hop_near_time(measured, odd->point, j->path->stage[odd->point] == hop,
					 odd->time_ns) -
			   (odd->upstream ? slack_ns : 0)};
}

/* The datagrams in fragments that one side only has. */
static uint64_t refragment_lone(const struct refragment *list, uint64_t count, uint32_t hop,
				const struct judging *j, struct refragment_datagram *datagram)
{
	uint64_t from, to, n = 0;

	for (from = 0; from < count; from = to) {
		struct refragment_datagram one = refragment_datagram(&list[from], hop, j);
		bool both = j->view->flow[list[from].piece.odd->way >> 1].version != 6;

		for (to = from; to < count && refragment_same(&list[from], &list[to]); to++) {
			both |= list[to].piece.odd->upstream != one.upstream;
			one.bytes = list[to].piece.end > one.bytes ? list[to].piece.end : one.bytes;
		}
		if (!both)
			datagram[n++] = one;
	}
	return n;
}

static bool refragment_group_known(const struct refragment *list, uint64_t count, uint64_t group)
{
	uint64_t low = 0, high = count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (list[middle].group < group)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && list[low].group == group;
}

/* Gives whole ones the ID of the fragments of the same session and length that came out next, or
 * that went in last: `list` has room for them behind the others. */
static void refragment_pair(struct refragment_datagram *d, uint64_t count, struct refragment *list,
			    uint64_t *n, const struct judging *j)
{
	uint64_t i, open = 0; /* d[0..open) again: upstream ones of this session and length */

	for (i = 0; i < count; i++) {
		struct refragment_datagram now = d[i];
		const struct refragment_datagram *up = open ? &d[open - 1] : NULL;

		if (up && (up->group != now.group || up->direction != now.direction ||
			   up->bytes != now.bytes)) {
			open = 0;
			up = NULL;
		}
		if (now.upstream) {
			d[open++] = now;
			continue;
		}
		if (!up || !up->whole == !now.whole || now.time_ns - up->time_ns > j->tmax_ns)
			continue;
		list[*n] = refragment_make(j->view, up->whole ? up->whole : now.whole);
		list[(*n)++].id = up->whole ? now.id : up->id;
		open--;
	}
}

/* Fragments come first in the list, by group, then `*n - fragments` others. */
static bool refragment_name(struct refragment *list, uint64_t fragments, uint64_t *n,
			    struct odd *odd, uint64_t odds, uint32_t hop, const struct judging *j)
{
	struct refragment_datagram *datagram = malloc((odds + 1) * sizeof *datagram);
	uint64_t lone, i, count;

	if (!datagram)
		return false;
	count = lone = refragment_lone(list, fragments, hop, j, datagram);
	for (i = 0; i < odds && lone; i++) {
		struct refragment f;

		if (odd[i].marks & (PACKET_FRAGMENT | PACKET_AGGREGATED) ||
		    j->view->flow[odd[i].way >> 1].version != 6)
			continue;
		f = refragment_make(j->view, &odd[i]);
		if (!refragment_group_known(list, fragments, f.group))
			continue;
		datagram[count] = refragment_datagram(&f, hop, j);
		datagram[count++].whole = &odd[i];
	}
	if (count)
		qsort(datagram, count, sizeof *datagram, refragment_compare_datagram);
	refragment_pair(datagram, count, list, n, j);
	free(datagram);
	return true;
}

/* ---- all of them ---- */

/* Of a TCP segment that was cut, what is missing in the stream's numbers. */
static void refragment_gap(const struct refragment *f, uint8_t version)
{
	struct odd *odd = f->piece.odd;
	uint32_t header = refragment_transport(odd, version);

	if (odd->proto != 6 || odd->marks & PACKET_FRAGMENT_LATER || !odd->partly)
		return;
	odd->gap_from -= odd->gap_from > header ? header : odd->gap_from;
	odd->gap_to -= odd->gap_to > header ? header : odd->gap_to;
}

static bool refragment_datagrams(const struct refragment *list, uint64_t count, uint32_t hop,
				 const struct judging *judging, const struct hop_result *result)
{
	struct cut_piece *piece = malloc(count * sizeof *piece);
	uint64_t from, to, k, n, most = 0;
	struct cut *cut = NULL;
	bool ok = piece;

	for (from = 0; from < count; from = to) {
		for (to = from; to < count && refragment_same(&list[from], &list[to]); to++)
			;
		most = to - from > most ? to - from : most;
	}
	if (ok)
		cut = cut_open(judging, result, hop, (uint32_t)most);
	ok = cut;
	for (from = 0; from < count && ok; from = to) {
		for (to = from, n = 0; to < count && refragment_same(&list[from], &list[to]); to++)
			if (list[to].piece.end > list[to].piece.begin)
				piece[n++] = list[to].piece;
		ok = cut_pieces(cut, piece, (uint32_t)n);
		for (k = from; k < to && ok; k++)
			refragment_gap(&list[k],
				       judging->view->flow[list[k].piece.odd->way >> 1].version);
	}
	cut_close(&cut);
	free(piece);
	return ok;
}

bool refragment_find(struct odd *odd, uint64_t odds, uint32_t hop, const struct judging *judging,
		     const struct hop_result *result)
{
	struct refragment *list;
	uint64_t fragments = 0, n, i;
	bool ok;

	for (i = 0; i < odds; i++)
		fragments += (odd[i].marks & PACKET_FRAGMENT) != 0;
	if (!fragments)
		return true;
	list = malloc(odds * sizeof *list);
	if (!list)
		return false;
	for (n = i = 0; i < odds; i++)
		if (odd[i].marks & PACKET_FRAGMENT)
			list[n++] = refragment_make(judging->view, &odd[i]);
	refragment_adopt(list, n);
	qsort(list, n, sizeof *list, refragment_compare_group);
	fragments = n;
	n = refragment_add_whole(list, n, odd, odds, judging->view);
	ok = refragment_name(list, fragments, &n, odd, odds, hop, judging);
	qsort(list, n, sizeof *list, refragment_compare_group);
	ok = ok && refragment_datagrams(list, n, hop, judging, result);
	free(list);
	return ok;
}
