#include "correlate/renumber.h"

#include "collect/fingerprint.h"
#include "collect/packet.h"

static const struct renumber *renumber_at(const struct view_point *point, uint32_t index,
					  unsigned *direction)
{
	uint32_t way = view_way(point, index);
	const struct renumber *r;

	if (way == VIEW_NO_WAY)
		return NULL;
	*direction = way & 1;
	r = &point->renumber[(way >> 1) - point->first_node];
	if (!r->shifted)
		return NULL;
	return (view_get(point, RECORD_MARKS, index) & PACKET_FRAGMENT_LATER) ? NULL : r;
}

uint32_t renumber_seq(const struct view_point *point, uint32_t index)
{
	uint32_t seq = (uint32_t)view_get(point, RECORD_SEQ, index);
	unsigned direction;
	const struct renumber *r = renumber_at(point, index, &direction);

	return r ? seq - r->by[direction] : seq;
}

uint32_t renumber_ack(const struct view_point *point, uint32_t index)
{
	uint32_t ack = (uint32_t)view_get(point, RECORD_ACK, index);
	unsigned direction;
	const struct renumber *r = renumber_at(point, index, &direction);

	/* without the flag the field says nothing, and no box touches it */
	if (!r || !(view_get(point, RECORD_FLAGS, index) & PACKET_TCP_ACK))
		return ack;
	return ack - r->by[!direction];
}

static bool renumber_opens(const struct view_point *point, const struct renumber *r,
			   uint32_t index, unsigned direction)
{
	uint16_t flags = (uint16_t)view_get(point, RECORD_FLAGS, index);

	if (flags & PACKET_TCP_SYN)
		return true;
	return !(flags & (PACKET_TCP_FIN | PACKET_TCP_RST)) && (flags & PACKET_TCP_ACK) &&
	       !view_payload(point, index) &&
	       renumber_seq(point, index) == r->first[direction] + 1 &&
	       renumber_ack(point, index) == r->first[!direction] + 1;
}

bool renumber_is_handshake(const struct view_point *point, uint32_t index)
{
	unsigned direction;
	const struct renumber *r = point->renumber ? renumber_at(point, index, &direction) : NULL;

	return r && renumber_opens(point, r, index, direction);
}

uint64_t renumber_fingerprint(const struct view *view, const struct view_point *point,
			      uint32_t index, uint64_t fp)
{
	unsigned direction;
	const struct renumber *r = renumber_at(point, index, &direction);

	if (!r)
		return fp;
	fp = fingerprint_header(6, 0, (uint16_t)view_get(point, RECORD_FLAGS, index),
				renumber_seq(point, index), renumber_ack(point, index),
				view_payload(point, index), view->seed);
	if (r->handshake == RENUMBER_FORWARDED || !renumber_opens(point, r, index, direction))
		return fp;
	/* equal among points of one numbering, and no others */
	fp ^= fingerprint_header(6, 0, PACKET_TCP_ACK, renumber_ahead(r, 0), renumber_ahead(r, 1), 1,
				 view->seed);
	return fp ? fp : 1;
}
