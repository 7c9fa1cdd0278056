#include "correlate/sighting.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/packet.h"

/* ---- copies ---- */

static bool sighting_point_copies(const struct verdicts *verdicts, uint32_t point)
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
static void sighting_copy_count(struct sighting_copies *copies, const struct view_point *point,
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

static void sighting_copies_point(struct sighting_copies *copies, const struct judging *j,
				  uint32_t p)
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
				sighting_copy_count(&copies[way[i] >> 1], point, batch.index[i],
						    way[i] & 1,
						    j->view->flow[way[i] >> 1].proto == 6);
	}
}

enum status sighting_copies_count(struct sighting_copies **out, const struct judging *j,
				  const struct verdicts *verdicts, struct error *err)
{
	uint32_t p;

	*out = NULL;
	for (p = 0; p < j->view->points; p++) {
		if (j->path->stage[p] == PATH_OFF || !sighting_point_copies(verdicts, p))
			continue;
		if (!*out)
			*out = calloc((size_t)j->view->nodes + 1, sizeof **out);
		if (!*out)
			return error_errno(err, ENOMEM, "copies");
		sighting_copies_point(*out, j, p);
	}
	return STATUS_OK;
}

/* A survey's counter that was held at 65535 says no more than that. */
static uint16_t sighting_less(uint16_t count, uint32_t copies)
{
	if (count == UINT16_MAX)
		return count;
	return count > copies ? (uint16_t)(count - copies) : 0;
}

static void sighting_take_off(struct survey_flow *f, const struct sighting_copies *copies)
{
	unsigned d;

	for (d = 0; d < 2; d++) {
		f->packets[d] -= copies->packets[d];
		f->bytes[d] -= copies->bytes[d];
		f->retransmissions[d] -= f->retransmissions[d] < copies->retransmissions[d]
						 ? f->retransmissions[d]
						 : copies->retransmissions[d];
	}
	f->syn = sighting_less(f->syn, copies->syn);
	f->synack = sighting_less(f->synack, copies->synack);
	f->fin = sighting_less(f->fin, copies->fin);
	f->rst = sighting_less(f->rst, copies->rst);
	f->truncated = sighting_less(f->truncated, copies->truncated);
	f->bad_checksums = sighting_less(f->bad_checksums, copies->bad_checksums);
	f->zero_windows = sighting_less(f->zero_windows, copies->zero_windows);
}

/* ---- gathering ---- */

#define SIGHTING_SWAP(pair)                                                                        \
	do {                                                                                       \
		__typeof__((pair)[0]) first_ = (pair)[0];                                          \
		(pair)[0] = (pair)[1];                                                             \
		(pair)[1] = first_;                                                                \
	} while (0)

static void sighting_turn(struct survey_flow *f)
{
	SIGHTING_SWAP(f->bytes);
	SIGHTING_SWAP(f->packets);
	SIGHTING_SWAP(f->max_end);
	SIGHTING_SWAP(f->retransmissions);
	SIGHTING_SWAP(f->ttl);
	SIGHTING_SWAP(f->link);
	f->marks = (uint16_t)(f->marks << 8 | f->marks >> 8);
}

uint32_t sightings_gather(struct sighting list[VIEW_POINTS_MAX], const struct judging *j,
			  const struct sighting_copies *copies, uint32_t session)
{
	const struct sessions *s = j->sessions;
	uint32_t count = 0, n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n]) {
		uint32_t point = j->view->node_point[n];
		struct survey_flow flow = j->flows[n];
		struct sighting *last = count ? &list[count - 1] : NULL;

		if (copies)
			sighting_take_off(&flow, &copies[n]);
		if (s->client_direction[n])
			sighting_turn(&flow);
		if (last && last->point == point) {
			if (!last->flow.packets[0] && !last->flow.packets[1])
				last->node = n;
			survey_merge(&last->flow, &flow);
			continue;
		}
		list[count++] = (struct sighting){point, j->path->stage[point], n, flow};
	}
	return count;
}

struct sighting_ends sighting_ends(const struct judging *j, uint32_t node)
{
	const struct capture_flow *flow = &j->view->flow[node];
	bool back = j->sessions->client_direction[node];

	return (struct sighting_ends){
		.client = back ? flow->b : flow->a,
		.server = back ? flow->a : flow->b,
		.client_port = back ? flow->b_port : flow->a_port,
		.server_port = back ? flow->a_port : flow->b_port,
		.version = flow->version,
		.ports = flow->proto == 6 || flow->proto == 17 || flow->proto == 132,
	};
}

int64_t sighting_lasts(const struct judging *j, const struct sighting *sighting, int64_t from_ns,
		       int64_t to_ns)
{
	const struct clock *clock = &j->meeting->clock[sighting->point];
	int64_t from, to;

	if (from_ns == INT64_MIN || to_ns == INT64_MIN)
		return INT64_MIN;
	from = clock_correct(clock, from_ns);
	to = clock_correct(clock, to_ns);
	return to >= from ? (int64_t)((uint64_t)to - (uint64_t)from) : INT64_MIN;
}
