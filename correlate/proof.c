#include "correlate/proof.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"

#define PROOF_PACKETS_AT_ONCE (1u << 18) /* of dossiers in memory ... */
#define PROOF_PASSES 16u                 /* ... or more, so that there are no more passes */
#define PROOF_LOOK_BACK 64u           /* packets of a direction that one is held against */
#define PROOF_LOOK_FAR 512u           /* ... and one that was cut from others: there are many such */

/* A dossier under way. */
struct proof_work {
	const struct dossier_source *source;
	struct proof *proof;           /* by node */
	bool *repeat, *behind;         /* by packet of the dossier: a repeat; behind later ones at its first point */
	struct proof_sight *sight;     /* all sights, by point and index */
	uint64_t packet_room, behind_room, sight_room;
};

struct proof_sight {
	uint32_t packet, index, stage;
	uint8_t point;
	bool first;                    /* on its way */
};

static bool proof_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool proof_has_bytes(const struct dossier_packet *p)
{
	return p->end != p->seq && !(p->flags & PACKET_TCP_RST) &&
	       !(p->marks & PACKET_FRAGMENT_LATER);
}

/* A probe of a byte that was acknowledged long ago carries nothing (RFC 9293 3.8.4). */
static bool proof_overlap(const struct dossier_packet *a, const struct dossier_packet *b)
{
	return proof_before(a->seq, b->end) && proof_before(b->seq, a->end);
}

/* Packets that were cut, or joined, on the way to their first point repeat bytes if one did of those
 * that they were made of: packets that the stage before saw, and this one did not. */
static bool proof_made_of_repeat(const struct proof_work *w, const struct dossier *d, uint32_t packet)
{
	const struct dossier_packet *p = &d->packet[packet];
	uint32_t here = d->sight[p->sight].stage, before = p->forward ? here - 1 : here + 1, k, looked;

	for (k = packet, looked = 0; k-- > 0 && looked < PROOF_LOOK_FAR;) {
		const struct dossier_packet *o = &d->packet[k];

		if (o->from_client != p->from_client || !proof_has_bytes(o))
			continue;
		looked++;
		if (w->repeat[k] && proof_overlap(o, p) && dossier_seen(d, o, before) &&
		    !dossier_seen(d, o, here))
			return true;
	}
	return false;
}

/* Which packets repeat bytes of an earlier one. */
static void proof_repeats(struct proof_work *w, const struct dossier *d)
{
	uint32_t i, k, looked;

	for (i = 0; i < d->packets; i++) {
		const struct dossier_packet *p = &d->packet[i];

		w->repeat[i] = w->behind[i] = false;
		if (!proof_has_bytes(p) || p->after == VERDICT_DUPLICATED ||
		    p->before == VERDICT_DUPLICATED)
			continue;
		if (p->before == VERDICT_MATCHED) {
			w->repeat[i] = proof_made_of_repeat(w, d, i);
			continue;
		}
		for (k = i, looked = 0; k-- > 0 && looked < PROOF_LOOK_BACK && !w->repeat[i];) {
			const struct dossier_packet *o = &d->packet[k];

			if (o->from_client != p->from_client || !proof_has_bytes(o))
				continue;
			w->repeat[i] = proof_overlap(o, p);
			looked++;
		}
	}
}

static int proof_sight_compare(const void *x, const void *y)
{
	const struct proof_sight *a = x, *b = y;

	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static bool proof_room(struct proof_work *w, const struct dossier *d, uint32_t *sights)
{
	uint32_t i, k, count = 0;

	for (i = 0; i < d->packets; i++) {
		struct proof_sight *sight;
		bool *repeat, *behind;

		repeat = memory_room(w->repeat, i, &w->packet_room, sizeof *repeat);
		w->repeat = repeat ? repeat : w->repeat;
		behind = memory_room(w->behind, i, &w->behind_room, sizeof *behind);
		w->behind = behind ? behind : w->behind;
		if (!repeat || !behind)
			return false;
		for (k = 0; k < d->packet[i].sights; k++) {
			const struct dossier_sight *s = &d->sight[d->packet[i].sight + k];

			sight = memory_room(w->sight, count, &w->sight_room, sizeof *sight);
			if (!sight)
				return false;
			w->sight = sight;
			sight[count++] =
				(struct proof_sight){i, s->index, s->stage, s->point, k == 0};
		}
	}
	qsort(w->sight, count, sizeof *w->sight, proof_sight_compare);
	*sights = count;
	return true;
}

/* Whether a packet that a hop dropped before this stage had bytes between the two numbers. */
static bool proof_dropped(const struct dossier *d, uint32_t packet, uint32_t stage, uint32_t from,
			  uint32_t to)
{
	const struct dossier_packet *here = &d->packet[packet];
	uint32_t k, looked;

	for (k = packet, looked = 0; k-- > 0 && looked < PROOF_LOOK_BACK;) {
		const struct dossier_packet *o = &d->packet[k];
		uint32_t hop = o->after_hop;

		if (o->from_client != here->from_client || !proof_has_bytes(o))
			continue;
		looked++;
		if (o->after == VERDICT_DROPPED && (here->forward ? hop < stage : hop >= stage) &&
		    proof_before(o->seq, to) && proof_before(from, o->end))
			return true;
	}
	return false;
}

/* One point's sights of the dossier, in the order of its file. */
static void proof_point(struct proof_work *w, const struct dossier *d,
			const struct proof_sight *sight, uint32_t sights, bool firsts)
{
	const struct view_point *point = &w->source->view->point[sight[0].point];
	uint32_t highest[2] = {0}, i;
	bool known[2] = {false};

	for (i = 0; i < sights; i++) {
		const struct dossier_packet *p = &d->packet[sight[i].packet];
		struct proof *proof = &w->proof[view_way(point, sight[i].index) >> 1];
		unsigned c = p->from_client;
		bool late;

		if (!proof_has_bytes(p))
			continue;
		late = known[c] && proof_before(p->seq, highest[c]);
		if (firsts) {
			w->behind[sight[i].packet] |= late && sight[i].first;
		} else {
			proof->retransmissions += w->repeat[sight[i].packet];
			proof->out_of_order += late && !w->repeat[sight[i].packet] &&
					       !sight[i].first && !w->behind[sight[i].packet];
			proof->losses += known[c] && proof_before(highest[c], p->seq) &&
					 proof_dropped(d, sight[i].packet, sight[i].stage,
						       highest[c], p->seq);
		}
		if (!known[c] || proof_before(highest[c], p->end))
			highest[c] = p->end;
		known[c] = true;
	}
}

static bool proof_dossier(struct proof_work *w, const struct dossier *d)
{
	uint32_t sights, from, to, pass;

	if (!proof_room(w, d, &sights))
		return false;
	proof_repeats(w, d);
	for (pass = 0; pass < 2; pass++)
		for (from = 0; from < sights; from = to) {
			for (to = from + 1; to < sights && w->sight[to].point == w->sight[from].point;
			     to++)
				;
			proof_point(w, d, w->sight + from, to - from, pass == 0);
		}
	return true;
}

static bool proof_wanted(const struct analysis_flow *a)
{
	unsigned d;

	for (d = 0; d < 2; d++)
		if (a->retransmissions[d] || a->out_of_order[d] || a->previous_not_captured[d])
			return true;
	return false;
}

/* How many packets the dossier of a session will hold, at most; 0: it needs none. */
static uint64_t proof_packets(const struct sessions *s, const struct survey_flow *flows,
			      const struct analysis_flow *analysis, uint32_t session)
{
	uint32_t n;

	if (s->list[session].proto != 6)
		return 0;
	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n])
		if (proof_wanted(&analysis[n]))
			return sessions_records(s, flows, session);
	return 0;
}

static void proof_leave_out(struct proof *proof, const struct sessions *s, uint32_t session)
{
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n])
		proof[n].unknown = true;
}

static enum status proof_some(struct proof_work *w, const uint32_t *session, uint32_t count,
			      struct error *err)
{
	struct dossiers *dossiers = NULL;
	enum status status = dossiers_open(&dossiers, w->source, session, NULL, count,
					   err);
	uint32_t k;

	for (k = 0; k < count && !status; k++) {
		struct dossier dossier = dossiers_get(dossiers, k);

		if (dossier.left_out)
			proof_leave_out(w->proof, w->source->sessions, session[k]);
		else if (!proof_dossier(w, &dossier))
			status = error_errno(err, ENOMEM, "proofs of TCP analysis");
	}
	dossiers_close(&dossiers);
	return status;
}

enum status proofs_find(struct proof **out, const struct dossier_source *source,
			const struct survey_flow *flows, const struct analysis_flow *analysis,
			struct error *err)
{
	const struct sessions *sessions = source->sessions;
	struct proof_work w = {.source = source};
	struct memory *memory = source->view->memory;
	uint32_t *session = memory_resize(memory, NULL, (size_t)sessions->count + 1, sizeof *session);
	uint32_t count = 0, i;
	enum status status = STATUS_OK;
	uint64_t sum = 0, packets, most = 0;

	for (i = 0; i < source->view->points; i++)
		most += source->view->point[i].rows / PROOF_PASSES;
	if (most < PROOF_PACKETS_AT_ONCE)
		most = PROOF_PACKETS_AT_ONCE;
	*out = w.proof = memory_take(memory, (size_t)source->view->nodes + 1, sizeof *w.proof);
	if (!w.proof || !session)
		status = memory_fail(memory, err, "proofs of TCP analysis");
	for (i = 0; i < sessions->count && !status; i++) {
		packets = proof_packets(sessions, flows, analysis, i);
		if (packets > most)
			proof_leave_out(w.proof, sessions, i);
		if (!packets || packets > most)
			continue;
		if (count && sum + packets > most) {
			status = proof_some(&w, session, count, err);
			sum = count = 0;
		}
		session[count++] = i;
		sum += packets;
	}
	/* of the legs behind a proxy nobody asks: see dossiers_open() */
	for (i = 0; sessions->connection && !status && i < source->view->nodes; i++)
		w.proof[i].unknown |= source->path->stage[source->view->node_point[i]] != PATH_OFF &&
				      sessions->connection[i] !=
					      sessions_front(sessions, sessions->of_node[i]);
	if (count && !status)
		status = proof_some(&w, session, count, err);
	memory_give(session);
	free(w.repeat);
	free(w.behind);
	free(w.sight);
	return status;
}
