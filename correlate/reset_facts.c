#include "correlate/reset_facts.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/packet.h"
#include "correlate/reset.h"
#include "correlate/reset_end.h"

#define FACTS_RECENT 16u                        /* peer's packets that a RST may answer */
#define FACTS_PENDING 16u                       /* RSTs that wait for a challenge ACK */
#define FACTS_FOLLOWS_NS INT64_C(1000000000)
#define FACTS_CHALLENGE_NS INT64_C(1000000000)
#define FACTS_WINDOW_SHIFT_MAX 14               /* RFC 7323 2.3 */
#define FACTS_NONE UINT32_MAX

struct facts_walk {
	struct reset_facts *facts;
	const struct reset *resets;
	const uint32_t *list;
	uint32_t count;
	const struct dossier *d;
	const struct dossier_source *source;
	struct facts_look *look; /* room for the dossier's packets */
	uint32_t looks;
	uint32_t stage, other;   /* other: behind the hop that the RST seems to come from; FACTS_NONE */
	bool from_client;
	struct facts_end own, peer;
	const struct facts_look *recent[FACTS_RECENT]; /* peer's, a ring */
	uint32_t recents;
	int64_t last_ns, quiet_ns; /* of the session; see struct reset_facts */
	int64_t alive_at_ns, dead_at_ns, gap_ns, survived_ns;
	uint32_t peer_next_at_own_data;
	uint32_t *order;         /* this walk's RSTs so far: [open, closed) wait for own's next packet */
	uint32_t open, closed, peer_open; /* [peer_open, closed) wait for peer's next data */
	int64_t rtt_to_ns;       /* own's first SYN-ACK */
	uint32_t last_rst;       /* own's last RST: number, FACTS_NONE */
};

static int64_t facts_since(int64_t now_ns, int64_t then_ns)
{
	return then_ns == RESET_NEVER ? RESET_NEVER : reset_apart(now_ns, then_ns);
}

/* ---- RSTs ---- */

/* Which of the session's RSTs a look is; FACTS_NONE: none of this walk. */
static uint32_t facts_reset_of(const struct facts_walk *w, const struct facts_look *look)
{
	const struct dossier_sight *first = &w->d->sight[w->d->packet[look->packet].sight];
	uint32_t low = 0, high = w->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct reset *r = &w->resets[w->list[middle]];

		if (r->point < first->point ||
		    (r->point == first->point && r->index < first->index))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == w->count || w->resets[w->list[low]].point != first->point ||
	    w->resets[w->list[low]].index != first->index)
		return FACTS_NONE;
	return w->list[low];
}

/* ---- what a RST answers ---- */

static enum reset_answer facts_kind(const struct dossier_packet *p)
{
	if (p->flags & PACKET_TCP_SYN)
		return p->flags & PACKET_TCP_ACK ? RESET_ANSWERS_SYNACK : RESET_ANSWERS_SYN;
	if (p->payload)
		return RESET_ANSWERS_DATA;
	return p->flags & PACKET_TCP_FIN ? RESET_ANSWERS_FIN : RESET_ANSWERS_ACK;
}

static bool facts_answer_fits(const struct facts_look *rst, const struct dossier_packet *p,
			      const struct facts_look *look, const struct dossier_packet *asked)
{
	if (!(p->flags & PACKET_TCP_ACK))
		return (asked->flags & PACKET_TCP_ACK) && rst->seq == look->ack;
	return rst->ack == look->end &&
	       rst->seq == (asked->flags & PACKET_TCP_ACK ? look->ack : 0);
}

/* The newest packet that it can answer; NULL: none. */
static const struct facts_look *facts_answered(const struct facts_walk *w,
					       const struct facts_look *rst)
{
	uint32_t k, n = w->recents < FACTS_RECENT ? w->recents : FACTS_RECENT;

	for (k = 1; k <= n; k++) {
		const struct facts_look *look = w->recent[(w->recents - k) % FACTS_RECENT];

		if (reset_apart(rst->time_ns, look->time_ns) > RESET_ANSWER_NS)
			break;
		if (facts_answer_fits(rst, &w->d->packet[rst->packet], look,
				      &w->d->packet[look->packet]))
			return look;
	}
	return NULL;
}

static void facts_answer(struct facts_walk *w, struct reset_facts *f, const struct facts_look *rst)
{
	const struct facts_look *look = facts_answered(w, rst);
	const struct facts_end *own = &w->own;
	const struct dossier_packet *p;

	f->answered_ns = RESET_NEVER;
	if (!look) {
		const struct facts_look *last = rst > w->look ? rst - 1 : NULL;

		p = last ? &w->d->packet[last->packet] : NULL;
		f->crossed = p && p->payload && w->other != FACTS_NONE && f->at_next &&
			     p->from_client == w->from_client &&
			     dossier_seen(w->d, p, w->other);
		f->answered_ns = f->crossed ? reset_apart(rst->time_ns, last->time_ns) : RESET_NEVER;
		return;
	}
	p = &w->d->packet[look->packet];
	f->answers = facts_kind(p);
	f->answered_ns = reset_apart(rst->time_ns, look->time_ns);
	f->answered_tsval = p->tsval;
	f->died = w->other != FACTS_NONE && p->after == VERDICT_DROPPED &&
		  p->after_hop == (w->other < w->stage ? w->other : w->stage);
	f->crossed = w->other != FACTS_NONE && dossier_seen(w->d, p, w->other);
	f->shift = look->ack - own->next;
	f->foreign_ack = (p->flags & PACKET_TCP_ACK) && own->next_known &&
			 ((int32_t)f->shift > 0 ||
			  (own->syn && (p->flags & PACKET_TCP_SYN) && f->shift));
	if (f->answers == RESET_ANSWERS_SYNACK && own->syns)
		f->syn_ns = reset_apart(look->time_ns, own->first_syn_ns);
}

/* ---- the RST itself ---- */

static void facts_shut(struct reset_facts *f, const struct facts_walk *w, int64_t now_ns)
{
	const struct {
		enum reset_shut shut;
		int64_t at_ns;
	} ways[] = {
		{RESET_SHUT_PEER_RST, w->peer.rst_ns},
		{RESET_SHUT_FIN, w->own.fin_ns},
		{RESET_SHUT_OWN_RST, w->own.rst_ns},
	};
	size_t k;

	f->shut_ns = RESET_NEVER;
	for (k = 0; k < sizeof ways / sizeof ways[0]; k++)
		if (ways[k].at_ns != RESET_NEVER) {
			f->shut = ways[k].shut;
			f->shut_ns = reset_apart(now_ns, ways[k].at_ns);
			return;
		}
}

static void facts_form(struct reset_facts *f, const struct facts_walk *w,
		       const struct facts_look *rst)
{
	const struct dossier_packet *p = &w->d->packet[rst->packet];
	const struct facts_end *own = &w->own;

	f->bare = !(p->flags & PACKET_TCP_ACK);
	f->at_next = own->next_known && rst->seq == own->next;
	f->live = own->stamps && p->tsval;
	f->ip_id = p->ip_id;
	f->own_ip_id = own->ip_id;
	f->own_ttl = own->ttl;
	f->window = p->window;
	f->scaled_alike = p->window && own->window_max;
	f->window_fell = f->scaled_alike && p->window < own->window_max;
	f->df_differs = own->any && own->df != !!(p->flags & PACKET_IP_DF);
}

static void facts_ends(struct reset_facts *f, const struct facts_walk *w, int64_t now_ns)
{
	const struct facts_end *own = &w->own, *peer = &w->peer;

	f->own_any = own->any;
	f->own_syn = own->syn;
	f->own_synack = own->synack;
	f->own_fin = own->fin;
	f->own_data = own->data;
	f->peer_any = peer->any;
	f->peer_syn = peer->syn;
	f->peer_fin = peer->fin;
	f->peer_data = peer->data;
	f->syns = own->syns;
	f->syn_ns = facts_since(now_ns, own->syns ? own->first_syn_ns : RESET_NEVER);
	f->own_ns = facts_since(now_ns, own->last_ns);
	f->own_at_ns = own->last_ns;
	f->own_data_ns = facts_since(now_ns, own->data_ns);
	f->peer_data_ns = facts_since(now_ns, peer->data_ns);
	f->unread = peer->data && peer->next_known ? peer->next - w->peer_next_at_own_data : 0;
	f->unread -= f->unread && peer->fin;
	f->repeats = own->repeats;
	f->probes = own->probes;
	f->step_ns = own->step_ns;
	if (own->probes >= 2 && own->step_ns - own->step_min_ns > own->step_ns / 4)
		f->probes = 0; /* not equally spaced */
	f->run_ns = own->repeats || own->probes ? reset_apart(own->run_to_ns, own->run_from_ns) : 0;
	f->run_hop = own->run_hop;
}

/* Whether it is of the kind of own's RST before it, and came with it. */
static void facts_follow(struct facts_walk *w, struct reset_facts *f, uint32_t number)
{
	const struct reset_facts *last = w->last_rst == FACTS_NONE ? NULL : &w->facts[w->last_rst];

	if (last && last->bare && f->bare && reset_apart(f->at_ns, last->at_ns) <= FACTS_FOLLOWS_NS)
		f->follows = w->last_rst + 1;
	w->last_rst = number;
}

static void facts_reset(struct facts_walk *w, const struct facts_look *rst, uint32_t number)
{
	struct reset_facts *f = &w->facts[number];
	int64_t now_ns = rst->time_ns, rtt_ns;

	f->known = true;
	f->at_ns = now_ns;
	facts_form(f, w, rst);
	facts_ends(f, w, now_ns);
	facts_shut(f, w, now_ns);
	facts_answer(w, f, rst);
	f->quiet_ns = w->quiet_ns;
	f->alive_at_ns = w->alive_at_ns;
	f->dead_at_ns = w->dead_at_ns;
	f->gap_ns = w->gap_ns;
	f->survived_ns = w->survived_ns;
	/* from there to own and back, by the handshake */
	rtt_ns = w->own.synack && w->peer.syn ? reset_apart(w->rtt_to_ns, w->peer.first_syn_ns) : 0;
	f->too_quick = f->answers && f->answered_ns >= 0 && w->peer.syns == 1 &&
		       f->answered_ns < rtt_ns / 2;
	facts_follow(w, f, number);
}

/* ---- the walk ---- */

static void facts_passes(struct facts_walk *w, const struct dossier_packet *p, bool own,
			 int64_t now_ns)
{
	int64_t silence_ns = w->last_ns == RESET_NEVER ? 0 : reset_apart(now_ns, w->last_ns);

	if (w->other == FACTS_NONE)
		return;
	if (dossier_seen(w->d, p, w->other)) {
		w->alive_at_ns = now_ns;
		w->dead_at_ns = RESET_NEVER;
		if (silence_ns > w->survived_ns)
			w->survived_ns = silence_ns;
	} else if (!own && w->dead_at_ns == RESET_NEVER && p->after == VERDICT_DROPPED) {
		w->dead_at_ns = now_ns;
		w->gap_ns = silence_ns;
	}
}

static void facts_own(struct facts_walk *w, const struct facts_look *look,
		      const struct dossier_packet *p)
{
	for (; w->open < w->closed; w->open++) {
		struct reset_facts *f = &w->facts[w->order[w->open]];

		f->after_ns = reset_apart(look->time_ns, f->at_ns);
	}
	end_packet(&w->own, &w->peer, look, p);
	if ((p->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK)) == (PACKET_TCP_SYN | PACKET_TCP_ACK) &&
	    w->rtt_to_ns == RESET_NEVER)
		w->rtt_to_ns = look->time_ns;
	w->quiet_ns = 0;
	if (look->end != look->seq)
		w->peer_next_at_own_data = w->peer.next;
}

static void facts_peer(struct facts_walk *w, const struct facts_look *look,
		       const struct dossier_packet *p)
{
	int64_t silence_ns = w->last_ns == RESET_NEVER ? 0 : reset_apart(look->time_ns, w->last_ns);

	for (; p->payload && w->peer_open < w->closed; w->peer_open++) {
		struct reset_facts *f = &w->facts[w->order[w->peer_open]];

		f->more_came = reset_apart(look->time_ns, f->at_ns) <= FACTS_FOLLOWS_NS;
	}
	if (silence_ns > w->quiet_ns)
		w->quiet_ns = silence_ns;
	w->recent[w->recents++ % FACTS_RECENT] = look;
	if (!w->peer.next_known && !w->peer.any)
		w->peer_next_at_own_data = look->seq + !!(p->flags & PACKET_TCP_SYN);
	end_packet(&w->peer, &w->own, look, p);
	w->own.probes = 0;
	if (p->flags & PACKET_TCP_ACK && facts_before(w->own.repeat_seq, look->ack))
		w->own.repeats = 0;
}

static void facts_rst(struct facts_walk *w, const struct facts_look *look,
		      const struct dossier_packet *p)
{
	struct facts_end *end = p->from_client == w->from_client ? &w->own : &w->peer;
	uint32_t number = FACTS_NONE;

	if (end == &w->own && w->d->sight[p->sight].stage == w->stage)
		number = facts_reset_of(w, look);
	if (number != FACTS_NONE) {
		facts_reset(w, look, number);
		w->order[w->closed++] = number;
	}
	end->rst_ns = look->time_ns;
}

static void facts_begin(struct facts_walk *w, uint32_t stage, bool from_client, bool forward)
{
	const struct facts_end nothing = {.last_ns = RESET_NEVER, .data_ns = RESET_NEVER,
					  .fin_ns = RESET_NEVER, .rst_ns = RESET_NEVER,
					  .first_syn_ns = RESET_NEVER, .run_hop = RESET_ARRIVED};

	w->stage = stage;
	w->from_client = from_client;
	w->other = forward ? stage - 1 : stage + 1; /* - 1 of 0 is FACTS_NONE */
	if (w->other >= w->source->path->stages)
		w->other = FACTS_NONE;
	w->own = w->peer = nothing;
	w->recents = 0;
	w->last_ns = w->alive_at_ns = w->dead_at_ns = w->rtt_to_ns = RESET_NEVER;
	w->quiet_ns = w->gap_ns = w->survived_ns = 0;
	w->peer_next_at_own_data = 0;
	w->open = w->closed = w->peer_open = 0;
	w->last_rst = FACTS_NONE;
}

static void facts_walk(struct facts_walk *w, uint32_t stage, bool from_client, bool forward)
{
	uint32_t i;

	facts_begin(w, stage, from_client, forward);
	w->looks = facts_line_up(w->look, w->d, w->source, stage);
	for (i = 0; i < w->looks; i++) {
		const struct facts_look *look = &w->look[i];
		const struct dossier_packet *p = &w->d->packet[look->packet];
		bool own = p->from_client == from_client;

		if (p->flags & PACKET_TCP_RST) {
			facts_rst(w, look, p);
			continue;
		}
		facts_passes(w, p, own, look->time_ns);
		(own ? facts_own : facts_peer)(w, look, p);
		w->last_ns = look->time_ns;
	}
}

/* ---- challenges (RFC 5961 3.2): what the receiver did, at the RST's last sight ---- */

struct facts_pending {
	uint32_t number, expected;
	int64_t at_ns, ack_ns;   /* ack_ns: to the empty ACK; RESET_NEVER: not yet */
};

/* A packet of the receiver: an empty ACK of what it still expects, then one that goes on. */
static void facts_challenge(struct facts_walk *w, struct facts_pending *pending, uint32_t *count,
			    const struct facts_look *look, const struct dossier_packet *p)
{
	bool empty = look->seq == look->end, goes_on;
	uint32_t i, kept = 0;

	for (i = 0; i < *count; i++) {
		struct facts_pending *one = &pending[i];
		int64_t since_ns = reset_apart(look->time_ns, one->at_ns);

		goes_on = !empty || look->ack != one->expected;
		if (one->ack_ns != RESET_NEVER && goes_on) {
			w->facts[one->number].challenged_ns = one->ack_ns;
			continue;
		}
		if (one->ack_ns == RESET_NEVER && (goes_on || since_ns > FACTS_CHALLENGE_NS))
			continue;
		if (one->ack_ns == RESET_NEVER)
			one->ack_ns = since_ns;
		pending[kept++] = *one;
	}
	*count = kept;
}

static void facts_challenges(struct facts_walk *w, uint32_t stage, bool from_client)
{
	struct facts_pending pending[FACTS_PENDING];
	uint32_t i, number, pendings = 0, expected = 0, window = 0;
	bool known = false;

	w->looks = facts_line_up(w->look, w->d, w->source, stage);
	for (i = 0; i < w->looks; i++) {
		const struct facts_look *look = &w->look[i];
		const struct dossier_packet *p = &w->d->packet[look->packet];

		if (p->from_client != from_client) { /* the receiver */
			if (p->flags & PACKET_TCP_RST)
				return;
			facts_challenge(w, pending, &pendings, look, p);
			known |= !!(p->flags & PACKET_TCP_ACK);
			expected = p->flags & PACKET_TCP_ACK ? look->ack : expected;
			window = p->window;
			continue;
		}
		if (!(p->flags & PACKET_TCP_RST) || !known || look->seq == expected ||
		    w->d->sight[p->sight + p->sights - 1].stage != stage ||
		    look->seq - expected > window << FACTS_WINDOW_SHIFT_MAX)
			continue;
		number = facts_reset_of(w, look);
		if (number == FACTS_NONE || pendings == FACTS_PENDING)
			continue;
		w->facts[number].ahead = look->seq - expected;
		pending[pendings++] = (struct facts_pending){number, expected, look->time_ns,
							     RESET_NEVER};
	}
}

/* ---- all of a session's ---- */

static void facts_all(struct facts_walk *w)
{
	uint64_t walked[2] = {0, 0}, challenged[2] = {0, 0}; /* by the client; bit per stage */
	bool syn = false;
	uint32_t i;

	for (i = 0; i < w->d->packets; i++) {
		const struct dossier_packet *p = &w->d->packet[i];
		const struct dossier_sight *s = w->d->sight + p->sight;
		uint64_t first, last;

		syn |= (p->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK)) == PACKET_TCP_SYN;
		if (!(p->flags & PACKET_TCP_RST))
			continue;
		first = (uint64_t)1 << s[0].stage;
		last = (uint64_t)1 << s[p->sights - 1].stage;
		if (!(walked[p->from_client] & first))
			facts_walk(w, s[0].stage, p->from_client, p->forward);
		if (!(challenged[p->from_client] & last))
			facts_challenges(w, s[p->sights - 1].stage, p->from_client);
		walked[p->from_client] |= first;
		challenged[p->from_client] |= last;
	}
	for (i = 0; i < w->count; i++)
		w->facts[w->list[i]].syn_anywhere = syn;
}

enum status reset_facts_find(struct reset_facts *facts, const struct reset *resets,
			     const uint32_t *list, uint32_t count, const struct dossier *dossier,
			     const struct dossier_source *source, struct error *err)
{
	struct facts_walk w = {.facts = facts, .resets = resets, .list = list, .count = count,
			       .d = dossier, .source = source};
	enum status status = STATUS_OK;

	w.look = malloc(((size_t)dossier->packets + 1) * sizeof *w.look);
	w.order = malloc(((size_t)count + 1) * sizeof *w.order);
	if (w.look && w.order)
		facts_all(&w);
	else
		status = error_errno(err, ENOMEM, "resets");
	free(w.look);
	free(w.order);
	return status;
}
