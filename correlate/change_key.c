#include "correlate/change_key.h"

#include <stdlib.h>
#include <string.h>

#include "collect/fingerprint.h"
#include "collect/packet.h"
#include "correlate/renumber.h"

/* FIN, SYN, RST and ACK are in the fingerprint: the same on both sides. */
#define KEY_FLAGS                                                                             \
	(PACKET_TCP_PSH | PACKET_TCP_URG | PACKET_TCP_ECE | PACKET_TCP_CWR | PACKET_TCP_AE |  \
	 PACKET_IP_DF)
/* Where a checksum that is not said to be bad may be so. */
#define KEY_NOT_SUMMED                                                                        \
	(PACKET_TRUNCATED | PACKET_AGGREGATED | PACKET_FRAGMENT | PACKET_ZERO_UDP_CHECKSUM |  \
	 PACKET_PARTIAL_CHECKSUM)

enum { PROTO_ICMP = 1, PROTO_ICMPV6 = 58 };
#define TCP_BYTES 20u

struct key_side {
	uint32_t options[VIEW_BATCH], link[VIEW_BATCH], tsval[VIEW_BATCH], sack[VIEW_BATCH],
		label[VIEW_BATCH];
	uint16_t urgent[VIEW_BATCH], marks[VIEW_BATCH];
	uint8_t ttl[VIEW_BATCH];
};

/* How two links differ, for those met last. */
#define KEY_LINKS 256u /* a power of two */
struct key_links {
	uint32_t from, to;       /* 0, 0: the place is free, since a point's links are its own */
	uint32_t road[2];
	uint32_t bits;           /* CHANGE_MACS */
};

struct change_reader {
	const struct change_book *book;
	const struct judging *j;
	struct hop_session *session;
	unsigned direction;
	bool tsval, sack, label, urgent; /* whether some record of some point has any */
	struct key_links links[KEY_LINKS];
	struct key_side side[2];  /* near, far */
	struct change_key key[VIEW_BATCH];
};

struct change_reader *change_reader_new(const struct change_book *book,
					const struct judging *judging, unsigned direction,
					struct hop_session *session)
{
	struct change_reader *r = calloc(1, sizeof *r);
	uint32_t p;

	if (!r)
		return NULL;
	for (p = 0; p < judging->view->points; p++) {
		r->tsval |= change_book_uses(book, p, RECORD_TSVAL);
		r->sack |= change_book_uses(book, p, RECORD_SACK);
		r->label |= change_book_uses(book, p, RECORD_FLOW_LABEL);
		r->urgent |= change_book_uses(book, p, RECORD_URGENT);
	}
	r->book = book;
	r->j = judging;
	r->direction = direction;
	r->session = session;
	return r;
}

void change_reader_free(struct change_reader **reader)
{
	free(*reader);
	*reader = NULL;
}

/* ---- reading ---- */

/* Numbers of options and of links are a capture's own: as the book has them. */
static void key_renumber(const struct change_reader *r, const struct change_side *from, uint32_t rows,
			 struct key_side *to)
{
	const uint32_t *book = NULL; /* by the capture's number */
	uint32_t block = UINT32_MAX, point = UINT32_MAX, options = 0, first_link = 0, i;

	for (i = 0; i < rows; i++) {
		uint32_t p = from->point[i], b = from->index[i] >> VIEW_BLOCK_SHIFT;

		if (b != block || p != point) {
			block = b;
			point = p;
			book = change_book_options(r->book, r->j->view->point[p].block[b].capture,
						   &options);
			first_link = change_book_first_link(r->book, p, b);
		}
		/* A damaged store may name an entry that is not there. */
		to->options[i] = to->options[i] < options ? book[to->options[i]] : CHANGE_UNKNOWN;
		to->link[i] += first_link;
	}
}

/* One side's columns. */
static void key_read_side(const struct change_reader *r, const struct change_side *from,
			  uint32_t rows, struct key_side *to)
{
	const struct view *view = r->j->view;

	view_gather_32(view, RECORD_OPTIONS, from->point, from->index, rows, to->options);
	view_gather_32(view, RECORD_LINK, from->point, from->index, rows, to->link);
	view_gather_16(view, RECORD_MARKS, from->point, from->index, rows, to->marks);
	view_gather_8(view, RECORD_TTL, from->point, from->index, rows, to->ttl);
	if (r->tsval)
		view_gather_32(view, RECORD_TSVAL, from->point, from->index, rows, to->tsval);
	if (r->sack)
		view_gather_32(view, RECORD_SACK, from->point, from->index, rows, to->sack);
	if (r->label)
		view_gather_32(view, RECORD_FLOW_LABEL, from->point, from->index, rows, to->label);
	if (r->urgent)
		view_gather_16(view, RECORD_URGENT, from->point, from->index, rows, to->urgent);
	key_renumber(r, from, rows, to);
}

/* ---- what differs ---- */

static bool key_macs_differ(const struct change_reader *r, uint32_t near, uint32_t far)
{
	const struct change_macs *a = change_book_macs(r->book, near);
	const struct change_macs *b = change_book_macs(r->book, far);

	return (a->has_src && b->has_src && memcmp(a->src, b->src, sizeof a->src) != 0) ||
	       (a->has_dst && b->has_dst && memcmp(a->dst, b->dst, sizeof a->dst) != 0);
}

static void key_links(struct change_reader *r, uint32_t from, uint32_t to, struct change_key *key)
{
	struct key_links *pair = &r->links[(from * 31 + to) & (KEY_LINKS - 1)];

	if (pair->from != from || pair->to != to) {
		uint32_t a = change_book_road(r->book, from), b = change_book_road(r->book, to);

		*pair = (struct key_links){from, to, {a != b ? a : 0, a != b ? b : 0},
					   key_macs_differ(r, from, to) ? CHANGE_MACS : 0};
	}
	memcpy(key->road, pair->road, sizeof key->road);
	key->bits |= pair->bits;
}

/* Addresses and ports of a packet in front of and behind the hop. */
static uint32_t key_nat(const struct change_reader *r, uint32_t near_way, uint32_t far_way)
{
	const struct capture_flow *a = &r->j->view->flow[near_way >> 1];
	const struct capture_flow *b = &r->j->view->flow[far_way >> 1];
	bool a_back = near_way & 1, b_back = far_way & 1;
	bool echo = a->proto == PROTO_ICMP || a->proto == PROTO_ICMPV6;
	uint16_t a_port[2] = {a_back ? a->b_port : a->a_port, a_back ? a->a_port : a->b_port};
	uint16_t b_port[2] = {b_back ? b->b_port : b->a_port, b_back ? b->a_port : b->b_port};
	uint32_t bits = 0;

	if (a->version != b->version)
		bits |= CHANGE_VERSION;
	if (memcmp(a_back ? a->b : a->a, b_back ? b->b : b->a, sizeof a->a) != 0)
		bits |= CHANGE_SRC;
	if (memcmp(a_back ? a->a : a->b, b_back ? b->a : b->b, sizeof a->a) != 0)
		bits |= CHANGE_DST;
	if (a_port[0] != b_port[0])
		bits |= echo ? CHANGE_ICMP_ID : CHANGE_SPORT;
	if (a_port[1] != b_port[1])
		bits |= echo ? CHANGE_ICMP_ID : CHANGE_DPORT;
	return bits;
}

/* Sequence and acknowledgment numbers of a session that the hop shifts: see renumber.h. */
static uint32_t key_shift(const struct change_reader *r, const struct change_batch *batch,
			  uint32_t i)
{
	const struct change_side *far = &batch->side[1];
	const struct view *view = r->j->view;
	uint32_t way[2] = {batch->way[i],
			   view_way(&view->point[far->point[i]], far->index[i])};
	uint32_t seq[2] = {0}, ack[2] = {0};
	unsigned k;

	for (k = 0; k < 2 && way[1] != VIEW_NO_WAY; k++) {
		const struct renumber *shift = renumber_of(view, way[k] >> 1);

		seq[k] = shift ? shift->by[way[k] & 1] : 0;
		ack[k] = shift ? shift->by[!(way[k] & 1)] : 0;
	}
	return (seq[0] != seq[1]) * (uint32_t)CHANGE_SEQ |
	       (ack[0] != ack[1] && far->flags[i] & PACKET_TCP_ACK) * (uint32_t)CHANGE_ACK;
}

/* The same for all of a session's packets but where it has several flows at a point. */
static uint32_t key_nat_of(const struct change_reader *r, const struct change_batch *batch,
			   uint32_t i, struct hop_session *s)
{
	const struct change_side *far = &batch->side[1];
	uint32_t way, pair;

	way = view_way(&r->j->view->point[far->point[i]], far->index[i]);
	if (way == VIEW_NO_WAY)
		return 0;
	pair = batch->way[i] * 2654435761u ^ way;
	if (!s->change[r->direction] || s->ways[r->direction] != pair) {
		s->ways[r->direction] = pair;
		s->nat[r->direction] =
			(uint8_t)(key_nat(r, batch->way[i], way) / CHANGE_SRC);
	}
	return s->nat[r->direction] * (uint32_t)CHANGE_SRC;
}

/* Whether the record's options are all there: with them, the headers are as long as they say. */
static bool key_options_cut(const struct change_reader *r, const struct change_side *side,
			    uint32_t i, uint16_t marks, uint32_t options)
{
	const struct view_point *point = &r->j->view->point[side->point[i]];
	uint32_t header, way;
	size_t size;

	if (!(marks & PACKET_TRUNCATED))
		return false;
	way = view_way(point, side->index[i]);
	if (way == VIEW_NO_WAY)
		return true;
	change_book_option_bytes(r->book, options, &size);
	header = (uint32_t)view_get(point, RECORD_HEADER, side->index[i]);
	return header != (r->j->view->flow[way >> 1].version == 4 ? 20u : 40u) + TCP_BYTES + size;
}

static void key_options(const struct change_reader *r, const struct change_batch *batch,
			uint32_t i, struct change_key *key)
{
	unsigned k;

	for (k = 0; k < 2; k++) {
		unsigned side = k ^ (r->direction == HOP_REVERSE);
		uint32_t options = r->side[side].options[i];

		key->options[k] = options;
		if (options != CHANGE_UNKNOWN &&
		    key_options_cut(r, &batch->side[side], i, r->side[side].marks[i], options))
			key->bits |= k ? CHANGE_CUT_TO : CHANGE_CUT_FROM;
	}
}

/* SACK edges are kept relative to the acknowledgment number. A box that shifts these numbers
 * and forgets the blocks leaves the edges themselves as they were. */
static uint32_t key_sack(const struct change_reader *r, const struct change_batch *batch,
			 uint32_t i)
{
	uint32_t ack[2], edge[2];
	unsigned k;

	for (k = 0; k < 2; k++) {
		const struct view_point *point = &r->j->view->point[batch->side[k].point[i]];

		ack[k] = (uint32_t)view_get(point, RECORD_ACK, batch->side[k].index[i]);
		edge[k] = r->side[k].sack[i] + ack[k];
	}
	return edge[0] == edge[1] && ack[0] != ack[1] ? CHANGE_SACK_LEFT : CHANGE_SACK;
}

/* Why the digests may differ: what they cover and what is not known otherwise. */
static uint32_t key_digest(const struct change_reader *r, const struct change_batch *batch,
			   uint32_t i)
{
	const struct key_side *near = &r->side[0], *far = &r->side[1];
	const struct view_point *point = &r->j->view->point[batch->side[0].point[i]];
	uint32_t a = near->options[i], b = far->options[i], bits = 0;

	if (view_payload(point, batch->side[0].index[i]))
		return CHANGE_PAYLOAD;
	if (a == CHANGE_UNKNOWN || b == CHANGE_UNKNOWN ||
	    change_book_stamped(r->book, a) != change_book_stamped(r->book, b) ||
	    change_book_sacked(r->book, a) != change_book_sacked(r->book, b) ||
	    near->sack[i] != far->sack[i])
		return 0;
	if (change_book_stamped(r->book, a))
		bits |= CHANGE_DIGEST_ECHO;
	if (change_book_sacked(r->book, a))
		bits |= CHANGE_DIGEST_SACK;
	return bits;
}

/* What was wrong in front and is right behind, or the other way round. */
static uint32_t key_sums(uint16_t from, uint16_t to)
{
	uint32_t bits = 0;

	if ((from ^ to) & PACKET_BAD_IP_CHECKSUM)
		bits |= to & PACKET_BAD_IP_CHECKSUM ? CHANGE_IP_SUM_BROKEN
						    : CHANGE_IP_SUM_REPAIRED;
	if (((from ^ to) & PACKET_BAD_L4_CHECKSUM) && !((from | to) & KEY_NOT_SUMMED))
		bits |= to & PACKET_BAD_L4_CHECKSUM ? CHANGE_SUM_BROKEN : CHANGE_SUM_REPAIRED;
	return bits;
}

static uint32_t key_cleared(uint32_t from, uint32_t to, uint32_t differs, uint32_t cleared)
{
	return from == to ? 0 : to ? differs : cleared;
}

/* All that is one number on each side. */
static void key_numbers(const struct change_reader *r, const struct change_batch *batch,
			uint32_t i, struct change_key *key)
{
	unsigned f = r->direction == HOP_REVERSE, t = !f;
	const struct change_side *from = &batch->side[f], *to = &batch->side[t];
	const struct key_side *a = &r->side[f], *b = &r->side[t];
	uint16_t flags = (from->flags[i] ^ to->flags[i]) & KEY_FLAGS;
	uint8_t ttl = a->ttl[i] != b->ttl[i] ? 0xff : 0;
	uint8_t tos = from->tos[i] != to->tos[i] ? 0xff : 0;

	key->ttl[0] = a->ttl[i] & ttl;
	key->ttl[1] = b->ttl[i] & ttl;
	key->tos[0] = from->tos[i] & tos;
	key->tos[1] = to->tos[i] & tos;
	key->flags[0] = from->flags[i] & flags;
	key->flags[1] = to->flags[i] & flags;
	key->bits = key_cleared(from->ip_id[i], to->ip_id[i], CHANGE_IP_ID, CHANGE_IP_ID_CLEARED) |
		    key_cleared(a->label[i], b->label[i], CHANGE_LABEL, CHANGE_LABEL_CLEARED) |
		    (from->window[i] != to->window[i]) * (uint32_t)CHANGE_WINDOW |
		    (a->urgent[i] != b->urgent[i]) * (uint32_t)CHANGE_URGENT |
		    (a->tsval[i] != b->tsval[i]) * (uint32_t)CHANGE_TSVAL;
	/* A timestamp that came or went is another thing. */
	if (key->bits & CHANGE_TSVAL && (!change_book_stamped(r->book, a->options[i]) ||
					 !change_book_stamped(r->book, b->options[i])))
		key->bits &= ~(uint32_t)CHANGE_TSVAL;
}

static void key_make(struct change_reader *r, const struct change_batch *batch, uint32_t i,
		     struct change_key *key)
{
	const struct judging *j = r->j;
	const struct key_side *s = r->side;
	const struct change_side *near = &batch->side[0], *far = &batch->side[1];
	unsigned f = r->direction == HOP_REVERSE;
	uint32_t session = j->sessions->of_node[batch->way[i] >> 1];

	memset(key, 0, sizeof *key);
	key_numbers(r, batch, i, key);
	key_links(r, s[f].link[i], s[!f].link[i], key);
	if (s[0].options[i] != s[1].options[i])
		key_options(r, batch, i, key);
	if (s[0].sack[i] && s[1].sack[i] && s[0].sack[i] != s[1].sack[i])
		key->bits |= key_sack(r, batch, i);
	if (fingerprint_digests_differ(near->digest[i], far->digest[i]))
		key->bits |= key_digest(r, batch, i);
	if (s[0].marks[i] != s[1].marks[i])
		key->bits |= key_sums(s[f].marks[i], s[!f].marks[i]);
	if (j->view->point[near->point[i]].renumber || j->view->point[far->point[i]].renumber)
		key->bits |= key_shift(r, batch, i);
	if (j->sessions->list[session].translated)
		key->bits |= key_nat_of(r, batch, i, &r->session[session]);
	if (j->journeys->marks[near->point[i]][near->index[i]] & JOURNEY_REPEATED)
		key->bits |= CHANGE_REPEATED;
}

const struct change_key *change_read(struct change_reader *r, const struct change_batch *batch)
{
	uint32_t i;

	key_read_side(r, &batch->side[0], batch->rows, &r->side[0]);
	key_read_side(r, &batch->side[1], batch->rows, &r->side[1]);
	for (i = 0; i < batch->rows; i++)
		key_make(r, batch, i, &r->key[i]);
	return r->key;
}
