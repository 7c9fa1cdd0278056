#include "correlate/story_note.h"

#include <stdlib.h>
#include <string.h>

#include "collect/packet.h"

#define NOTE_SENDS_MIN 3        /* the same bytes so often: the first, and two more in vain */
#define NOTE_DELAYS_MAX 512u    /* of one session, hop and direction */
#define NOTE_DELAYS_MIN 5u
#define NOTE_NEVER INT64_MIN
#define NOTE_NO_STAGE UINT8_MAX

/* Serial number arithmetic: RFC 9293 3.4. */
static bool note_behind(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* One end while the packets go by. */
struct note_end {
	int64_t closed_ns;       /* since when its window is closed; NOTE_NEVER: it is not */
	int64_t came_ns;         /* when the last new byte came in to its own point, unanswered */
	uint32_t came_end;       /* highest sequence number behind what came in */
	uint32_t sent_end;       /* ... behind what it sent */
	uint32_t sent_seq;       /* of the segment that begins at or behind the last ACK */
	uint32_t sends;          /* of the segment at the edge of what is acknowledged */
	uint32_t acked;          /* by the other end */
	bool came, sent, ever_acked;
	bool fin;
	uint32_t fin_end, fins;
	bool asked;              /* data of the other end has come in */
};

struct note_case {
	const struct story_noting *n;
	const struct dossier *d;
	struct story_note *note;
	struct note_end end[2];
	uint8_t own_stage[2];
	bool syn, synack;
	uint32_t syn_end;        /* of the client's last SYN */
};

/* When the packet was at the stage; NOTE_NEVER: it was not. */
static int64_t note_at(const struct note_case *c, const struct dossier_packet *p, uint8_t stage)
{
	uint32_t i;

	for (i = 0; i < p->sights; i++)
		if (c->d->sight[p->sight + i].stage == stage)
			return c->d->sight[p->sight + i].time_ns;
	return NOTE_NEVER;
}

static int64_t note_longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- closed windows ---- */

/* RFC 9293 3.8.6.1. A SYN's or RST's window says nothing; a FIN's needs none. */
static void note_window(struct note_case *c, const struct dossier_packet *p)
{
	struct note_end *e = &c->end[!p->from_client];
	int64_t *stall = &c->note->stall_ns[!p->from_client];

	if (p->flags & (PACKET_TCP_SYN | PACKET_TCP_RST | PACKET_TCP_FIN))
		return;
	if (!p->window) {
		if (e->closed_ns == NOTE_NEVER)
			e->closed_ns = p->time_ns;
		*stall = note_longer(*stall, p->time_ns - e->closed_ns);
		return;
	}
	if (e->closed_ns != NOTE_NEVER)
		*stall = note_longer(*stall, p->time_ns - e->closed_ns);
	e->closed_ns = NOTE_NEVER;
}

/* ---- questions and answers ---- */

/* Bytes that an end has not had before reach it: it may answer from now on. */
static void note_comes(struct note_case *c, const struct dossier_packet *p, bool server)
{
	struct note_end *e = &c->end[server];
	int64_t at = note_at(c, p, c->own_stage[server]);

	if (at == NOTE_NEVER || (e->came && !note_behind(p->end, e->came_end)))
		return;
	e->came = true;
	e->came_end = p->end;
	e->came_ns = at;
	e->asked |= p->payload > 0;
}

static void note_answers(struct note_case *c, const struct dossier_packet *p, bool server)
{
	struct note_end *e = &c->end[server];
	int64_t at = note_at(c, p, c->own_stage[server]), gap;

	if (e->came_ns == NOTE_NEVER || (e->sent && !note_behind(p->end, e->sent_end)))
		return;
	if (at == NOTE_NEVER) { /* its own point missed it: it answered, but when? */
		e->came_ns = NOTE_NEVER;
		return;
	}
	if (at < e->came_ns)
		return;
	gap = at - e->came_ns;
	e->came_ns = NOTE_NEVER;
	if (server && gap > c->note->gap_ns[server])
		c->note->too_late = c->end[0].fin;
	c->note->gap_ns[server] = note_longer(c->note->gap_ns[server], gap);
	c->note->gaps_ns[server] += gap;
}

/* The handshake's ACK counts as a question: a server that speaks first answers it. */
static void note_talk(struct note_case *c, const struct dossier_packet *p)
{
	bool server = !p->from_client;
	bool opens = p->from_client && !c->end[1].came && (p->flags & PACKET_TCP_ACK) &&
		     !(p->flags & (PACKET_TCP_SYN | PACKET_TCP_RST | PACKET_TCP_FIN)) && c->synack;

	if (p->payload)
		note_answers(c, p, server);
	/* who closes first has nothing more to say, and that is no slow answer */
	if ((p->flags & PACKET_TCP_RST) || ((p->flags & PACKET_TCP_FIN) && !c->end[!server].fin))
		c->end[server].came_ns = NOTE_NEVER;
	if (p->payload || opens)
		note_comes(c, p, !server);
}

/* ---- what is sent in vain ---- */

static void note_sends(struct note_case *c, const struct dossier_packet *p)
{
	struct note_end *e = &c->end[!p->from_client];
	bool fin = p->flags & PACKET_TCP_FIN;

	if (p->flags & PACKET_TCP_RST || p->end == p->seq)
		return;
	if (fin) {
		e->fin = true;
		e->fin_end = p->end;
		e->fins++;
	}
	if (!e->sent || note_behind(p->end, e->sent_end)) {
		if (!e->sent || (e->ever_acked && !note_behind(e->sent_end, e->acked)))
			e->sends = 0; /* all before it was acknowledged: a new edge */
		e->sent_seq = e->sends ? e->sent_seq : p->seq;
		e->sent_end = p->end;
		e->sent = true;
	}
	/* the segment that the other end waits for, however it was cut anew */
	if (!note_behind(p->seq, e->sent_seq) && note_behind(p->end, e->sent_seq))
		e->sends++;
}

static void note_acks(struct note_case *c, const struct dossier_packet *p)
{
	struct note_end *other = &c->end[p->from_client];

	if (!(p->flags & PACKET_TCP_ACK) || (p->flags & PACKET_TCP_RST) ||
	    p->after == VERDICT_DROPPED)
		return;
	if (other->ever_acked && !note_behind(p->ack, other->acked))
		return;
	other->acked = p->ack;
	other->ever_acked = true;
	if (other->sent && note_behind(other->sent_end, p->ack)) {
		other->sent_seq = p->ack; /* what comes next is at the edge now */
		other->sends = 1;
	}
}

/* ---- checksums ---- */

/* Whether the copy that a point saw sums up wrongly. One that is left to the network card is
 * marked PACKET_PARTIAL_CHECKSUM and no fault. */
static bool note_bad(const struct note_case *c, const struct dossier_sight *s)
{
	return view_get(&c->n->judging->view->point[s->point], RECORD_MARKS, s->index) &
	       PACKET_BAD_L4_CHECKSUM;
}

/* Verified: neither wrong nor such that it cannot be told. */
static bool note_right(const struct note_case *c, const struct dossier_sight *s)
{
	const uint64_t untold = PACKET_BAD_L4_CHECKSUM | PACKET_PARTIAL_CHECKSUM |
				PACKET_TRUNCATED | PACKET_FRAGMENT;

	return !((uint64_t)view_get(&c->n->judging->view->point[s->point], RECORD_MARKS, s->index) &
		 untold);
}

/* Wrong at the first point only is the sender's offload, caught before its card; from there on
 * a wrong sum shows where it became wrong. */
static void note_checksums(struct note_case *c, const struct dossier_packet *p)
{
	const struct dossier_sight *s = &c->d->sight[p->sight];
	uint32_t i;

	for (i = 1; i < p->sights; i++) {
		bool adjacent = s[i].stage == s[i - 1].stage + 1 || s[i - 1].stage == s[i].stage + 1;

		if (!adjacent || !note_right(c, &s[i - 1]) || !note_bad(c, &s[i]))
			continue;
		if (!c->note->corrupted++)
			c->note->corrupt_hop = s[i].stage < s[i - 1].stage ? s[i].stage
									   : s[i - 1].stage;
		return;
	}
}

/* ---- delays ---- */

static int note_delay_compare(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* The session's median delay at a hop in a direction, of its first packets; INT64_MIN: too few. */
static int64_t note_delay(const struct dossier *d, uint32_t hop, bool forward)
{
	int64_t delay[NOTE_DELAYS_MAX];
	uint32_t n = 0, i, k;

	for (i = 0; i < d->packets && n < NOTE_DELAYS_MAX; i++) {
		const struct dossier_packet *p = &d->packet[i];
		const struct dossier_sight *s = &d->sight[p->sight];

		if (p->forward != forward)
			continue;
		for (k = 1; k < p->sights && n < NOTE_DELAYS_MAX; k++)
			if (s[k - 1].stage == (forward ? hop : hop + 1) &&
			    s[k].stage == (forward ? hop + 1 : hop))
				delay[n++] = s[k].time_ns - s[k - 1].time_ns;
	}
	if (n < NOTE_DELAYS_MIN)
		return INT64_MIN;
	qsort(delay, n, sizeof *delay, note_delay_compare);
	return delay[n / 2];
}

static void note_delays(struct note_case *c)
{
	uint32_t hop;
	unsigned way;

	for (hop = 0; hop < c->n->verdicts->hops; hop++)
		for (way = 0; way < 2; way++) {
			int64_t usual = c->n->usual_ns[hop][way], delay;

			if (usual == INT64_MIN)
				continue;
			delay = note_delay(c->d, hop, way == HOP_FORWARD);
			if (delay == INT64_MIN || !story_far_above(delay, usual) ||
			    delay <= c->note->delay_ns)
				continue;
			c->note->delay_ns = delay;
			c->note->delay_hop = (uint8_t)hop;
		}
}

void story_noting_begin(struct story_noting *n, const struct judging *judging,
			const struct verdicts *verdicts)
{
	uint32_t hop;
	unsigned way;

	n->judging = judging;
	n->verdicts = verdicts;
	for (hop = 0; hop < VIEW_POINTS_MAX; hop++)
		for (way = 0; way < 2; way++)
			n->usual_ns[hop][way] = INT64_MIN;
	for (hop = 0; hop < verdicts->hops; hop++)
		for (way = 0; way < 2; way++)
			if (judging->hops->hop[hop].known &&
			    histogram_count(verdicts->hop[hop].delay[way]))
				n->usual_ns[hop][way] =
					histogram_quantile(verdicts->hop[hop].delay[way], 500);
}

/* ---- all of it ---- */

/* A point that saw one direction only shows no gap between question and answer. */
static void note_stages(struct note_case *c)
{
	const struct session *session = &c->n->judging->sessions->list[c->d->session];
	bool seen[VIEW_POINTS_MAX][2] = {{false}};
	uint8_t first = NOTE_NO_STAGE, last = NOTE_NO_STAGE;
	uint32_t i, k;

	for (i = 0; i < c->d->packets; i++)
		for (k = 0; k < c->d->packet[i].sights; k++)
			seen[c->d->sight[c->d->packet[i].sight + k].stage]
			    [c->d->packet[i].from_client] = true;
	for (i = 0; i < c->n->judging->path->stages; i++) {
		if (!seen[i][0] || !seen[i][1])
			continue;
		first = first == NOTE_NO_STAGE ? (uint8_t)i : first;
		last = (uint8_t)i;
	}
	c->own_stage[0] = session->client_forward ? first : last;
	c->own_stage[1] = session->client_forward ? last : first;
}

static void note_handshake(struct note_case *c, const struct dossier_packet *p)
{
	const uint16_t control = PACKET_TCP_SYN | PACKET_TCP_ACK | PACKET_TCP_RST | PACKET_TCP_FIN;

	if (p->from_client) {
		if ((p->flags & control) == PACKET_TCP_SYN) {
			c->syn = true;
			c->syn_end = p->end;
		}
		return;
	}
	if (c->syn && !c->synack && !p->payload && (p->flags & control) == PACKET_TCP_ACK &&
	    p->ack != c->syn_end)
		c->note->old_ack = true;
	c->synack |= (p->flags & control) == (PACKET_TCP_SYN | PACKET_TCP_ACK);
}

static void note_ending(struct note_case *c)
{
	const struct dossier_packet *last = &c->d->packet[c->d->packets - 1];
	const struct note_end *client = &c->end[0], *server = &c->end[1];
	int64_t until_ns = last->time_ns;
	unsigned d;

	for (d = 0; d < 2; d++) {
		const struct note_end *e = &c->end[d];

		c->note->in_vain[d] = e->sends >= NOTE_SENDS_MIN && e->ever_acked &&
				      note_behind(e->sent_end, e->acked);
		c->note->fin_in_vain[d] = e->fins >= 2 && e->ever_acked &&
					  note_behind(e->fin_end, e->acked);
		if (e->closed_ns != NOTE_NEVER)
			c->note->stall_ns[d] =
				note_longer(c->note->stall_ns[d], until_ns - e->closed_ns);
	}
	c->note->spent_ns = until_ns - c->d->packet[0].time_ns;
	if (server->came_ns == NOTE_NEVER || !server->asked || !client->ever_acked ||
	    note_behind(server->came_end, client->acked))
		return;
	c->note->gave_up |= client->fin;
	if (!c->note->gave_up)
		until_ns = c->n->judging->end_ns;
	c->note->waited_ns = note_longer(0, until_ns - server->came_ns);
}

/* Behind packets that the dossier leaves out, nothing of before goes on. */
static void note_forget(struct note_case *c)
{
	unsigned d;

	for (d = 0; d < 2; d++) {
		c->end[d].closed_ns = c->end[d].came_ns = NOTE_NEVER;
		c->end[d].came = c->end[d].sent = c->end[d].ever_acked = false;
		c->end[d].sends = 0;
	}
}

void story_note_take(struct story_note *note, const struct story_noting *noting,
		     const struct dossier *dossier)
{
	struct note_case c = {.n = noting, .d = dossier, .note = note};
	uint32_t i;

	*note = (struct story_note){0};
	if (!dossier->packets)
		return;
	note_forget(&c);
	note_stages(&c);
	for (i = 0; i < dossier->packets; i++) {
		const struct dossier_packet *p = &dossier->packet[i];

		if (dossier->left_out && i == DOSSIER_PACKETS_MAX / 2)
			note_forget(&c);
		if (p->marks & PACKET_FRAGMENT_LATER)
			continue;
		note_handshake(&c, p);
		note_window(&c, p);
		note_talk(&c, p);
		note_sends(&c, p);
		note_acks(&c, p);
		note_checksums(&c, p);
		note->gave_up |= p->from_client && (p->flags & PACKET_TCP_RST);
	}
	note_ending(&c);
	note_delays(&c);
}
