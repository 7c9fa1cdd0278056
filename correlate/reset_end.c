#include "correlate/reset_end.h"

#include <stdlib.h>

#include "collect/packet.h"
#include "correlate/renumber.h"
#include "correlate/reset_facts.h"

static int facts_look_compare(const void *x, const void *y)
{
	const struct facts_look *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return (a->packet > b->packet) - (a->packet < b->packet);
}

static bool facts_counts(const struct dossier_packet *p)
{
	return p->before != VERDICT_DUPLICATED && p->after != VERDICT_DUPLICATED &&
	       !(p->marks & PACKET_FRAGMENT_LATER);
}

uint32_t facts_line_up(struct facts_look *list, const struct dossier *d,
		       const struct dossier_source *source, uint32_t stage)
{
	uint32_t i, k, count = 0;

	for (i = 0; i < d->packets; i++) {
		const struct dossier_packet *p = &d->packet[i];
		const struct dossier_sight *s = d->sight + p->sight;
		struct facts_look *look = &list[count];

		for (k = 0; k < p->sights && s[k].stage != stage; k++)
			;
		if (k == p->sights || !facts_counts(p))
			continue;
		*look = (struct facts_look){s[k].time_ns, s[k].index, i, p->seq, p->ack, p->end,
					    s[k].ttl};
		if (k) {
			const struct view_point *point = &source->view->point[s[k].point];

			look->seq = view_seq(point, s[k].index);
			look->ack = view_ack(point, s[k].index);
			look->end = look->seq + (p->end - p->seq);
		}
		count++;
	}
	if (count)
		qsort(list, count, sizeof *list, facts_look_compare);
	return count;
}

static void end_run_add(struct facts_end *e, const struct dossier_packet *p, int64_t now_ns,
			bool first)
{
	uint8_t hop = p->after == VERDICT_DROPPED ? p->after_hop : RESET_ARRIVED;

	if (first) {
		e->run_from_ns = now_ns;
		e->run_hop = hop;
	} else if (e->run_hop != hop) {
		e->run_hop = RESET_WHICHEVER;
	}
	e->run_to_ns = now_ns;
}

/* A keep-alive: the byte before the next one, or nothing at its place (RFC 1122 4.2.3.6). A
 * closed window is probed alike. */
static bool end_probes(const struct facts_end *e, const struct facts_end *peer,
		       const struct facts_look *look, const struct dossier_packet *p)
{
	return e->next_known && p->payload <= 1 && look->seq == e->next - 1 &&
	       !(p->flags & (PACKET_TCP_SYN | PACKET_TCP_FIN)) && peer->ack_known &&
	       peer->ack == e->next && peer->window;
}

static void end_probe(struct facts_end *e, const struct dossier_packet *p, int64_t now_ns)
{
	int64_t step_ns = e->probes ? reset_apart(now_ns, e->run_to_ns) : 0;

	if (e->probes == 1)
		e->step_ns = e->step_min_ns = step_ns;
	e->step_ns = step_ns > e->step_ns ? step_ns : e->step_ns;
	if (e->probes && step_ns < e->step_min_ns)
		e->step_min_ns = step_ns;
	end_run_add(e, p, now_ns, !e->probes);
	e->repeats = 0;
	e->probes++;
}

/* Segments that carry something: new ones, or the oldest again. */
static void end_carry(struct facts_end *e, const struct facts_look *look,
		      const struct dossier_packet *p)
{
	bool again = e->next_known && !facts_before(e->next, look->end);

	if (again && p->before == VERDICT_MATCHED)
		return; /* cut from what was looked at already */
	if (!again) {
		e->next = look->end;
		e->next_known = true;
	}
	if (again && e->repeat_seq == look->seq) {
		end_run_add(e, p, look->time_ns, false);
		e->repeats++;
		return;
	}
	e->repeat_seq = look->seq;
	e->repeats = again;
	end_run_add(e, p, look->time_ns, true);
}

void end_packet(struct facts_end *e, const struct facts_end *peer,
		       const struct facts_look *look, const struct dossier_packet *p)
{
	bool syn = p->flags & PACKET_TCP_SYN, ack = p->flags & PACKET_TCP_ACK;

	if (end_probes(e, peer, look, p))
		end_probe(e, p, look->time_ns);
	else if (look->end != look->seq)
		end_carry(e, look, p);
	else if (!e->next_known) {
		e->next = look->seq; /* begun before the capture */
		e->next_known = true;
	}
	if (syn && !ack) {
		e->first_syn_ns = e->syns ? e->first_syn_ns : look->time_ns;
		e->syns++;
	}
	e->syn |= syn && !ack;
	e->synack |= syn && ack;
	if (p->flags & PACKET_TCP_FIN && !e->fin) {
		e->fin = true;
		e->fin_ns = look->time_ns;
	}
	if (p->payload && !e->probes) {
		e->data = true;
		e->data_ns = look->time_ns;
	}
	if (ack && (!e->ack_known || facts_before(e->ack, look->ack))) {
		e->ack = look->ack;
		e->ack_known = true;
	}
	e->any = true;
	e->stamps |= p->tsval && !syn;
	e->df = p->flags & PACKET_IP_DF;
	e->ttl = look->ttl;
	e->ip_id = p->ip_id;
	e->window = p->window;
	if (!syn && p->window > e->window_max)
		e->window_max = p->window;
	e->last_ns = look->time_ns;
}
