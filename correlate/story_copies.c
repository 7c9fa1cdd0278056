#include "correlate/story_copies.h"

#include <errno.h>

#include "collect/memory.h"
#include "collect/packet.h"

static bool story_copies_at(const struct verdicts *verdicts, uint32_t point)
{
	uint32_t h, d;

	for (h = 0; h < verdicts->hops; h++)
		for (d = 0; d < HOP_DIRECTIONS; d++)
			if (verdicts->hop[h].account[d][point].verdict[VERDICT_COPIES])
				return true;
	return false;
}

/* What survey_packet() counted for the copy. Its twin had sent the same bytes, so
 * that the one or the other was taken for a retransmission. */
static void story_copy_count(struct story_copies *copies, const struct view_point *point,
			     uint32_t index, unsigned dir, bool tcp)
{
	uint16_t flags = (uint16_t)view_get(point, RECORD_FLAGS, index);
	uint16_t marks = (uint16_t)view_get(point, RECORD_MARKS, index);
	const uint16_t control = PACKET_TCP_RST | PACKET_TCP_SYN | PACKET_TCP_FIN;

	copies->packets[dir]++;
	copies->bytes[dir] += (uint64_t)view_get(point, RECORD_LENGTH, index);
	copies->truncated += !!(marks & PACKET_TRUNCATED);
	copies->bad_checksums += !!(marks & PACKET_BAD_L4_CHECKSUM);
	if (!tcp || (marks & PACKET_FRAGMENT_LATER))
		return;
	copies->syn += (flags & PACKET_TCP_SYN) && !(flags & PACKET_TCP_ACK);
	copies->synack += (flags & PACKET_TCP_SYN) && (flags & PACKET_TCP_ACK);
	copies->fin += !!(flags & PACKET_TCP_FIN);
	copies->rst += !!(flags & PACKET_TCP_RST);
	copies->zero_windows += !(flags & control) && !view_get(point, RECORD_WINDOW, index);
	if (!(flags & PACKET_TCP_RST) &&
	    (view_payload(point, index) || (flags & (PACKET_TCP_SYN | PACKET_TCP_FIN))))
		copies->retransmissions[dir]++;
}

static void story_copies_scan(struct story_copies *copies, const struct judging *j, uint32_t p)
{
	const struct view_point *point = &j->view->point[p];
	uint32_t way[VIEW_BATCH], i;
	struct view_batch batch;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++)
			if (way[i] != VIEW_NO_WAY &&
			    (j->journeys->marks[p][batch.index[i]] & JOURNEY_COPY))
				story_copy_count(&copies[way[i] >> 1], point, batch.index[i],
						 (way[i] & 1) ^
							 j->sessions->client_direction[way[i] >> 1],
						 j->view->flow[way[i] >> 1].proto == 6);
	}
}

enum status story_copies_count(struct story_copies **out, const struct judging *j,
			       const struct verdicts *verdicts, struct error *err)
{
	uint32_t p;

	*out = NULL;
	for (p = 0; p < j->view->points; p++) {
		if (j->path->stage[p] == PATH_OFF || !story_copies_at(verdicts, p))
			continue;
		if (!*out)
			*out = memory_zeroed((size_t)j->view->nodes + 1, sizeof **out);
		if (!*out)
			return error_errno(err, ENOMEM, "copies");
		story_copies_scan(*out, j, p);
	}
	return STATUS_OK;
}

/* A survey's counter that was held at 65535 says no more than that. */
static uint16_t story_copies_less(uint16_t count, uint32_t copies)
{
	if (count == UINT16_MAX)
		return count;
	return count > copies ? (uint16_t)(count - copies) : 0;
}

static void story_copies_subtract(struct survey_flow *f, const struct story_copies *copies)
{
	unsigned d;

	for (d = 0; d < 2; d++) {
		f->packets[d] -= copies->packets[d];
		f->bytes[d] -= copies->bytes[d];
		f->retransmissions[d] -= f->retransmissions[d] < copies->retransmissions[d]
						 ? f->retransmissions[d]
						 : copies->retransmissions[d];
	}
	f->syn = story_copies_less(f->syn, copies->syn);
	f->synack = story_copies_less(f->synack, copies->synack);
	f->fin = story_copies_less(f->fin, copies->fin);
	f->rst = story_copies_less(f->rst, copies->rst);
	f->truncated = story_copies_less(f->truncated, copies->truncated);
	f->bad_checksums = story_copies_less(f->bad_checksums, copies->bad_checksums);
	f->zero_windows = story_copies_less(f->zero_windows, copies->zero_windows);
}

void story_copies_take_off(const struct story_copies *copies, const struct judging *j,
			   uint32_t session, struct station *list, uint32_t count)
{
	uint32_t n, k;

	if (!copies)
		return;
	for (n = j->sessions->list[session].first_node; n != UINT32_MAX;
	     n = j->sessions->next_node[n])
		for (k = 0; k < count; k++)
			if (list[k].point == j->view->node_point[n])
				story_copies_subtract(&list[k].flow, &copies[n]);
}
