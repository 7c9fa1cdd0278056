#include "report/ladder_stream.h"

#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"

#define TCP 6

/* Numbers are relative to the first ones seen at a point, in each direction: hops may shift
 * them. As tshark has it, a direction that begins without its SYN begins at 1, and the
 * other's first ACK tells its beginning, too. */
struct ladder_base {
	bool known[2];
	uint32_t seq[2];
};

static void ladder_base_learn(struct ladder_base *base, unsigned end, uint16_t flags,
			      uint32_t seq, uint32_t ack)
{
	if (!base->known[end])
		base->seq[end] = seq - !(flags & PACKET_TCP_SYN);
	base->known[end] = true;
	if (!base->known[!end] && (flags & PACKET_TCP_ACK)) {
		base->seq[!end] = ack - 1;
		base->known[!end] = true;
	}
}

/* A point whose capture begins later counts from where the others do: a packet that both saw
 * tells how far apart their numbers are. */
static void ladder_base_share(struct ladder_base *base, const struct dossier *d,
			      const struct dossier_packet *packet, const struct view *view,
			      unsigned end, enum record_column column)
{
	const struct dossier_sight *sight = &d->sight[packet->sight], *from = NULL;
	uint32_t k, known = 0;

	for (k = 0; k < packet->sights && !from; k++)
		if (base[sight[k].point].known[end])
			from = &sight[k];
	if (from)
		known = (uint32_t)view_get(&view->point[from->point], column, from->index) -
			base[from->point].seq[end];
	for (k = 0; from && k < packet->sights; k++) {
		struct ladder_base *one = &base[sight[k].point];

		if (one->known[end])
			continue;
		one->seq[end] = (uint32_t)view_get(&view->point[sight[k].point], column,
						   sight[k].index) -
				known;
		one->known[end] = true;
	}
}

static bool ladder_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static uint32_t ladder_carries(const struct dossier_packet *packet)
{
	return packet->end - packet->seq;
}

/* The last packet of the same end before this one that carried some of its bytes; packets
 * that the network made are no one's. */
static bool ladder_find_original(const struct ladder_stream *stream, const struct dossier *d,
				 uint32_t number, uint32_t *original)
{
	uint32_t begin = stream[number].seq, end = begin + ladder_carries(&d->packet[number]), i;

	for (i = number; i-- > 0;) {
		const struct dossier_packet *one = &d->packet[i];

		if (one->from_client != d->packet[number].from_client ||
		    stream[i].connection != stream[number].connection || one->before == VERDICT_INJECTED || !ladder_carries(one))
			continue;
		if (ladder_before(begin, stream[i].seq + ladder_carries(one)) &&
		    ladder_before(stream[i].seq, end)) {
			*original = i;
			return true;
		}
	}
	return false;
}

static bool ladder_is_keepalive(const struct dossier_packet *packet, uint32_t seq, uint32_t next)
{
	return packet->payload <= 1 && seq == next - 1 &&
	       !(packet->flags & (PACKET_TCP_SYN | PACKET_TCP_FIN | PACKET_TCP_RST));
}

/* `next` is what the end was to send next, as far as is known. */
static void ladder_stream_judge(struct ladder_stream *stream, const struct dossier *d,
				uint32_t number, const uint32_t *next)
{
	const struct dossier_packet *packet = &d->packet[number];
	struct ladder_stream *one = &stream[number];
	bool behind_gap = d->left_out && number >= DOSSIER_PACKETS_MAX / 2;

	if (packet->before == VERDICT_MATCHED && ladder_find_original(stream, d, number, &one->original)) {
		one->repeat = LADDER_RECUT;
		return;
	}
	if (!next || packet->before == VERDICT_INJECTED || packet->before == VERDICT_DUPLICATED ||
	    packet->after == VERDICT_DUPLICATED)
		return;
	if (ladder_is_keepalive(packet, one->seq, *next))
		one->repeat = LADDER_KEEPALIVE;
	else if (!ladder_carries(packet) || !ladder_before(one->seq, *next))
		return;
	else if (ladder_find_original(stream, d, number, &one->original))
		one->repeat = LADDER_RETRANSMISSION;
	else if (!behind_gap) /* else its bytes may be among those left out */
		one->repeat = LADDER_OUT_OF_ORDER;
}

/* What is known of one connection so far. */
struct ladder_connection {
	uint32_t number;
	struct ladder_base base[VIEW_POINTS_MAX];
	uint32_t next[2];
	bool known[2];
};

struct ladder_connections {
	struct ladder_connection *list;
	uint32_t count;
	uint64_t room;
};

/* The connection of a number, a new one where there is none; NULL: no memory. */
static struct ladder_connection *ladder_connection_of(struct ladder_connections *all, uint32_t number)
{
	struct ladder_connection *list;
	uint32_t i;

	for (i = all->count; i-- > 0;) /* mostly the last one */
		if (all->list[i].number == number)
			return &all->list[i];
	list = memory_room(all->list, all->count, &all->room, sizeof *list);
	if (!list)
		return NULL;
	all->list = list;
	memset(&list[all->count], 0, sizeof *list);
	list[all->count].number = number;
	return &list[all->count++];
}

static void ladder_follow(struct ladder_stream *stream, const struct dossier *d, uint32_t i,
			  const struct view *view, struct ladder_connection *c)
{
	const struct dossier_packet *packet = &d->packet[i];
	const struct dossier_sight *sight = &d->sight[packet->sight];
	bool injected = packet->before == VERDICT_INJECTED;
	unsigned end = !packet->from_client;
	struct ladder_base at;
	uint32_t k;

	if (!injected) {
		ladder_base_share(c->base, d, packet, view, end, RECORD_SEQ);
		if (packet->flags & PACKET_TCP_ACK)
			ladder_base_share(c->base, d, packet, view, !end, RECORD_ACK);
	}
	for (k = 0; k < packet->sights && !injected; k++) {
		const struct view_point *point = &view->point[sight[k].point];

		ladder_base_learn(&c->base[sight[k].point], end, packet->flags,
				  (uint32_t)view_get(point, RECORD_SEQ, sight[k].index),
				  (uint32_t)view_get(point, RECORD_ACK, sight[k].index));
	}
	/* What the network made teaches nobody, but is shown as if it began the stream. */
	at = c->base[sight->point];
	if (injected)
		ladder_base_learn(&at, end, packet->flags, packet->seq, packet->ack);
	stream[i].seq = packet->seq - at.seq[end];
	stream[i].ack = packet->ack - at.seq[!end];
	ladder_stream_judge(stream, d, i, c->known[end] ? &c->next[end] : NULL);
	if (injected)
		return;
	if (!c->known[end] || ladder_before(c->next[end], stream[i].seq + ladder_carries(packet)))
		c->next[end] = stream[i].seq + ladder_carries(packet);
	c->known[end] = true;
}

bool ladder_stream_follow(struct ladder_stream *stream, const struct dossier *d,
			  const struct view *view, const uint32_t *connection)
{
	struct ladder_connections all = {0};
	struct ladder_connection *c;
	bool ok = true;
	uint32_t i;

	for (i = 0; i < d->packets && ok; i++) {
		const struct dossier_sight *sight = &d->sight[d->packet[i].sight];

		stream[i] = (struct ladder_stream){.repeat = LADDER_NEW};
		if (d->proto != TCP)
			continue;
		if (connection)
			stream[i].connection =
				connection[view_way(&view->point[sight->point], sight->index) >> 1];
		c = ladder_connection_of(&all, stream[i].connection);
		ok = c != NULL;
		if (ok)
			ladder_follow(stream, d, i, view, c);
	}
	free(all.list);
	return ok;
}
