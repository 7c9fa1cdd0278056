#include "correlate/survey.h"

#include "collect/memory.h"
#include "collect/packet.h"

#define SURVEY_WELL_KNOWN 1024
#define SURVEY_AHEAD 16u /* records whose flows are on their way from memory */

static inline void survey_count(uint16_t *counter)
{
	if (*counter < UINT16_MAX)
		++*counter;
}

struct survey_columns {
	int64_t time[VIEW_BATCH];
	uint32_t way[VIEW_BATCH], seq[VIEW_BATCH], length[VIEW_BATCH], link[VIEW_BATCH];
	uint16_t flags[VIEW_BATCH], header[VIEW_BATCH], marks[VIEW_BATCH], window[VIEW_BATCH];
	uint8_t ttl[VIEW_BATCH];
};

static void survey_read(const struct view_batch *batch, struct survey_columns *c)
{
	view_read_64(batch, RECORD_TIME, c->time);
	view_read_ways(batch, c->way);
	view_read_32(batch, RECORD_SEQ, c->seq);
	view_read_32(batch, RECORD_LENGTH, c->length);
	view_read_32(batch, RECORD_LINK, c->link);
	view_read_16(batch, RECORD_FLAGS, c->flags);
	view_read_16(batch, RECORD_HEADER, c->header);
	view_read_16(batch, RECORD_MARKS, c->marks);
	view_read_16(batch, RECORD_WINDOW, c->window);
	view_read_8(batch, RECORD_TTL, c->ttl);
}

static void survey_handshake(struct survey_flow *flow, unsigned dir, uint16_t flags, uint32_t seq,
			     int64_t time)
{
	if (flags & PACKET_TCP_SYN) {
		if (flags & PACKET_TCP_ACK) {
			survey_count(&flow->synack);
			if (flow->synack_ns == INT64_MIN)
				flow->synack_ns = time;
		} else {
			survey_count(&flow->syn);
			if (flow->syn_ns == INT64_MIN) {
				flow->syn_ns = time;
				flow->isn = seq;
			}
		}
		return;
	}
	if (flow->ack_ns == INT64_MIN && flow->synack_ns != INT64_MIN &&
	    survey_has(flow, dir, SURVEY_SYN) && (flags & PACKET_TCP_ACK) &&
	    !(flags & PACKET_TCP_RST))
		flow->ack_ns = time;
}

/* A segment counts as sent before when it carries something (data, SYN, FIN)
 * and ends at or below what this end had already sent (RFC 9293 3.4 order). */
static void survey_tcp(struct survey_flow *flow, unsigned dir, uint16_t flags, uint32_t seq,
		       uint32_t payload, int64_t time)
{
	uint32_t carries = payload + !!(flags & PACKET_TCP_SYN) + !!(flags & PACKET_TCP_FIN);
	uint16_t mark = 0;

	survey_handshake(flow, dir, flags, seq, time);
	if (flags & PACKET_TCP_SYN)
		mark |= flags & PACKET_TCP_ACK ? SURVEY_SYNACK | SURVEY_PLAIN : SURVEY_SYN;
	if (flags & PACKET_TCP_FIN) {
		mark |= SURVEY_FIN;
		survey_count(&flow->fin);
	}
	if (flags & PACKET_TCP_RST) {
		mark |= SURVEY_RST;
		survey_count(&flow->rst);
	} else if (!(flags & PACKET_TCP_SYN)) {
		mark |= SURVEY_PLAIN;
	}
	if (payload)
		mark |= SURVEY_DATA;
	flow->marks |= (uint16_t)(mark << (8 * dir));
	if (flags & PACKET_TCP_RST || !carries)
		return;
	if (survey_has(flow, dir, SURVEY_SEQ_KNOWN)) {
		if ((int32_t)(seq + carries - flow->max_end[dir]) <= 0) {
			flow->retransmissions[dir]++;
			return;
		}
	}
	flow->max_end[dir] = seq + carries;
	flow->marks |= (uint16_t)(SURVEY_SEQ_KNOWN << (8 * dir));
}

static void survey_packet(const struct view *view, struct survey_flow *flow, uint32_t node,
			  const struct survey_columns *c, uint32_t i)
{
	unsigned dir = c->way[i] & 1;
	bool reset = false;

	if (!flow->packets[0] && !flow->packets[1]) {
		flow->proto = view->flow[node].proto;
		flow->first_ns = c->time[i];
		flow->syn_ns = flow->synack_ns = flow->ack_ns = INT64_MIN;
		flow->data_ns[0] = flow->data_ns[1] = INT64_MIN;
		flow->marks |= (uint16_t)(SURVEY_FIRST << (8 * dir));
	}
	flow->last_ns = c->time[i];
	flow->packets[dir]++;
	flow->bytes[dir] += c->length[i];
	if (flow->data_ns[dir] == INT64_MIN && c->length[i] != c->header[i])
		flow->data_ns[dir] = c->time[i];
	if (flow->proto == 6 && !(c->marks[i] & PACKET_FRAGMENT_LATER)) {
		survey_tcp(flow, dir, c->flags[i], c->seq[i], c->length[i] - c->header[i],
			   c->time[i]);
		reset = c->flags[i] & PACKET_TCP_RST;
		if (!c->window[i] && !(c->flags[i] & (PACKET_TCP_RST | PACKET_TCP_SYN | PACKET_TCP_FIN)))
			survey_count(&flow->zero_windows);
	} else if (!(c->marks[i] & PACKET_ICMP_ERROR)) {
		flow->marks |= (uint16_t)(SURVEY_PLAIN << (8 * dir));
	}
	if (flow->packets[dir] == 1)
		flow->link[dir] = c->link[i];
	if (!reset && !flow->ttl[dir]) {
		flow->ttl[dir] = c->ttl[i];
		flow->link[dir] = c->link[i];
	}
	if (c->marks[i] & PACKET_TRUNCATED)
		survey_count(&flow->truncated);
	if (c->marks[i] & PACKET_BAD_L4_CHECKSUM)
		survey_count(&flow->bad_checksums);
}

MEMORY_AHEAD survey_ahead(const struct survey_flow *flow)
{
	__builtin_prefetch(flow, 1);
	__builtin_prefetch((const char *)flow + SURVEY_LINE_BYTES, 1);
}

void survey_point(const struct view *view, uint32_t point, struct survey_flow *flows)
{
	const struct view_point *p = &view->point[point];
	struct survey_columns c;
	struct view_batch batch;
	uint32_t i;

	view_first(&batch, p);
	while (view_next(&batch)) {
		survey_read(&batch, &c);
		for (i = 0; i < batch.rows; i++) {
			uint32_t node = c.way[i] >> 1;

			if (c.way[i] == VIEW_NO_WAY)
				continue;
			if (i + SURVEY_AHEAD < batch.rows && c.way[i + SURVEY_AHEAD] != VIEW_NO_WAY)
				survey_ahead(&flows[(c.way[i + SURVEY_AHEAD] >> 1) - p->first_node]);
			c.link[i] += p->block[batch.index[i] >> VIEW_BLOCK_SHIFT].link_base;
			survey_packet(view, &flows[node - p->first_node], node, &c, i);
		}
	}
}

static int64_t survey_earlier(int64_t a, int64_t b)
{
	if (a == INT64_MIN || b == INT64_MIN)
		return a == INT64_MIN ? b : a;
	return a < b ? a : b;
}

static uint16_t survey_sum(uint16_t a, uint16_t b)
{
	return a + b > UINT16_MAX ? UINT16_MAX : (uint16_t)(a + b);
}

void survey_merge(struct survey_flow *into, const struct survey_flow *from)
{
	const uint16_t firsts = SURVEY_FIRST | SURVEY_FIRST << 8;
	unsigned d;

	if (!from->packets[0] && !from->packets[1])
		return;
	if (!into->packets[0] && !into->packets[1]) {
		*into = *from;
		return;
	}
	if (from->first_ns < into->first_ns) {
		into->marks = (uint16_t)((into->marks & ~firsts) | (from->marks & firsts));
		into->first_ns = from->first_ns;
	}
	into->marks |= from->marks & (uint16_t)~firsts;
	into->last_ns = from->last_ns > into->last_ns ? from->last_ns : into->last_ns;
	if (into->syn_ns == INT64_MIN || (from->syn_ns != INT64_MIN && from->syn_ns < into->syn_ns))
		into->isn = from->isn;
	into->syn_ns = survey_earlier(into->syn_ns, from->syn_ns);
	into->synack_ns = survey_earlier(into->synack_ns, from->synack_ns);
	into->ack_ns = survey_earlier(into->ack_ns, from->ack_ns);
	for (d = 0; d < 2; d++) {
		into->bytes[d] += from->bytes[d];
		into->data_ns[d] = survey_earlier(into->data_ns[d], from->data_ns[d]);
		into->packets[d] += from->packets[d];
		into->retransmissions[d] += from->retransmissions[d];
		if (!into->ttl[d]) {
			into->ttl[d] = from->ttl[d];
			into->link[d] = from->link[d];
		}
	}
	into->syn = survey_sum(into->syn, from->syn);
	into->synack = survey_sum(into->synack, from->synack);
	into->fin = survey_sum(into->fin, from->fin);
	into->rst = survey_sum(into->rst, from->rst);
	into->truncated = survey_sum(into->truncated, from->truncated);
	into->bad_checksums = survey_sum(into->bad_checksums, from->bad_checksums);
	into->zero_windows = survey_sum(into->zero_windows, from->zero_windows);
}

unsigned survey_client_direction(const struct survey_flow *flow, const struct capture_flow *key,
				 bool *sure)
{
	bool a_known = key->a_port < SURVEY_WELL_KNOWN, b_known = key->b_port < SURVEY_WELL_KNOWN;

	*sure = true;
	if (survey_has(flow, 0, SURVEY_SYN) != survey_has(flow, 1, SURVEY_SYN))
		return survey_has(flow, 1, SURVEY_SYN);
	if (survey_has(flow, 0, SURVEY_SYNACK) != survey_has(flow, 1, SURVEY_SYNACK))
		return survey_has(flow, 0, SURVEY_SYNACK);
	*sure = false;
	if (a_known != b_known)
		return a_known;
	return survey_has(flow, 1, SURVEY_FIRST);
}
