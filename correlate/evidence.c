#include "correlate/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/packet.h"
#include "correlate/renumber.h"

#define EVIDENCE_NONE UINT32_MAX
#define EVIDENCE_OPEN_MAX 256 /* odd packets of one session and direction waiting for evidence */
#define EVIDENCE_CLOSE_NS 1000000 /* two captures' stamps this close are in no order: 1 ms */
#define EVIDENCE_NEVER INT64_MAX
/* So long after the beginning a packet is no repetition of one from before: most systems repeat data after
 * 0.2 s and a SYN after 1 s (RFC 6298 section 2), and then ever later. */
#define EVIDENCE_BEGINNING_NS 1500000000

/* One session with odd packets. Sides: 0 upstream, 1 downstream, of the direction. */
struct evidence_session {
	uint32_t max_end[2][2]; /* [direction][side]: highest sequence number behind what passed there */
	bool known[2][2];
	uint32_t acked[2];      /* [direction]: highest number by which its data was acknowledged */
	bool acked_known[2];
	uint32_t open[2];       /* [direction]: chain of odd packets that wait */
	uint16_t waiting[2];
};

/* What is read of one point and not yet looked at: TCP records of sessions with odd packets. */
struct evidence_input {
	struct view_batch batch;
	uint32_t point, at, rows;
	bool near, ended;
	int64_t time[VIEW_BATCH]; /* on the near stage's clock */
	uint32_t way[VIEW_BATCH], index[VIEW_BATCH];
};

struct evidence {
	const struct judging *judging;
	const struct hop *hop;
	struct odd *odd;
	uint64_t odds;
	uint32_t *next;                   /* by odd: chain of the open ones */
	int64_t *acked_ns;                /* by odd: when another capture showed its ACK, or EVIDENCE_NEVER */
	uint32_t *place;                  /* by session: its evidence_session, or EVIDENCE_NONE */
	uint64_t *wanted;                 /* bit per node: TCP, of a session that has one */
	struct evidence_session *session;
	uint32_t sessions;
	bool one_downstream[2];           /* by direction: its downstream stage is one capture's clock */
	int64_t begun_ns;                 /* when both stages are captured, on the near stage's clock */
};

/* When an odd packet was seen, on the near stage's clock. */
static int64_t evidence_odd_time(const struct evidence *e, const struct odd *odd)
{
	return hop_near_time(e->hop, odd->point, e->judging->path->stage[odd->point] == odd->hop,
			     odd->time_ns);
}

static bool evidence_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* The bytes that are asked for: of a packet that came in part, the first that are missing. What of it
 * is there would else pass for a copy. */
static uint32_t evidence_seq(const struct odd *odd)
{
	return odd->partly ? odd->seq + odd->gap_from : odd->seq;
}

static uint32_t evidence_seq_end(const struct odd *odd)
{
	return odd->partly ? odd->seq + odd->gap_to : odd->end;
}

static bool evidence_asks(const struct odd *odd)
{
	return odd->proto == 6 && odd->end != odd->seq && !(odd->flags & PACKET_TCP_RST) &&
	       !(odd->marks & PACKET_FRAGMENT_LATER) && !odd->recut && !odd->twice;
}

/* Whether the receiver may have had the packet before the captures began, and this is a repetition. That it
 * had it not it says itself, by an ACK of no more than what is in front of it. */
static bool evidence_early(const struct evidence *e, const struct evidence_session *s,
			   const struct odd *odd)
{
	unsigned d = odd->direction;

	if (s->acked_known[d])
		return evidence_before(evidence_seq(odd), s->acked[d]);
	return evidence_odd_time(e, odd) < e->begun_ns + EVIDENCE_BEGINNING_NS;
}

static void evidence_open(struct evidence *e, uint32_t number)
{
	struct odd *odd = &e->odd[number];
	struct evidence_session *s = &e->session[e->place[odd->session]];
	unsigned d = odd->direction, other = odd->upstream ? 1 : 0, own = !other;

	if (!evidence_asks(odd))
		return;
	odd->acked_early = evidence_early(e, s, odd);
	odd->covered_before = s->known[d][other] &&
			      !evidence_before(s->max_end[d][other], evidence_seq_end(odd));
	if (!odd->upstream && odd->covered_before &&
	    (!s->known[d][own] || !evidence_before(evidence_seq(odd), s->max_end[d][own])))
		odd->went_on = true; /* new here, while the sender's side is past it already */
	if (!s->known[d][own] || evidence_before(s->max_end[d][own], odd->end)) {
		s->known[d][own] = true;
		s->max_end[d][own] = odd->end;
	}
	if (odd->went_on || s->waiting[d] == EVIDENCE_OPEN_MAX)
		return;
	e->next[number] = s->open[d];
	s->open[d] = number;
	s->waiting[d]++;
}

/* What is seen while odd packets wait for evidence. */
struct evidence_sight {
	int64_t now_ns;
	bool downstream; /* of the odd packets' direction */
	bool is_ack;
	uint32_t seq, end; /* of data; of an ACK, `end` is its number */
};

/* What a record of the same direction says; true: nothing more to wait for. */
static bool evidence_from_data(struct odd *odd, const struct evidence_sight *sight)
{
	if (odd->upstream != sight->downstream)
		return false; /* it is of the odd packet's own side */
	if (evidence_before(sight->seq, evidence_seq_end(odd)) &&
	    evidence_before(evidence_seq(odd), sight->end)) {
		odd->copy_passed = true;
		return true;
	}
	if (!odd->upstream && !odd->covered_before && !evidence_before(sight->seq, evidence_seq_end(odd))) {
		odd->went_on = true;
		return true;
	}
	return false;
}

/* An ACK that comes back says which is true of the packet: it arrived, or a copy of it did before.
 * Downstream that is the order of one capture. An ACK that only the upstream capture shows is
 * as late as the two clocks say, and they are not exact: within EVIDENCE_CLOSE_NS it proves nothing. */
static bool evidence_settled(const struct evidence *e, uint32_t number,
			     const struct evidence_sight *sight)
{
	struct odd *odd = &e->odd[number];
	int64_t *acked_ns = &e->acked_ns[number];

	if (*acked_ns != EVIDENCE_NEVER && sight->now_ns - *acked_ns > EVIDENCE_CLOSE_NS) {
		odd->acked = !odd->covered_before;
		return true;
	}
	if (!sight->is_ack) {
		if (!evidence_from_data(odd, sight))
			return false;
		odd->copy_passed &= *acked_ns == EVIDENCE_NEVER;
		return true;
	}
	if (!odd->upstream || evidence_before(sight->end, evidence_seq_end(odd)))
		return false;
	if (sight->downstream && e->one_downstream[odd->direction]) {
		odd->acked = !odd->covered_before;
		return true;
	}
	if (*acked_ns == EVIDENCE_NEVER)
		*acked_ns = sight->now_ns;
	return false;
}

static void evidence_visit(struct evidence *e, struct evidence_session *s, unsigned direction,
			   const struct evidence_sight *sight)
{
	uint32_t *link = &s->open[direction];

	while (*link != EVIDENCE_NONE) {
		if (evidence_settled(e, *link, sight)) {
			*link = e->next[*link];
			s->waiting[direction]--;
		} else {
			link = &e->next[*link];
		}
	}
}

/* Behind the last record: what was acknowledged and never repeated. */
static void evidence_end(struct evidence *e)
{
	uint32_t i, number;
	unsigned d;

	for (i = 0; i < e->sessions; i++)
		for (d = 0; d < 2; d++)
			for (number = e->session[i].open[d]; number != EVIDENCE_NONE;
			     number = e->next[number])
				if (e->acked_ns[number] != EVIDENCE_NEVER)
					e->odd[number].acked = !e->odd[number].covered_before;
}

static void evidence_note_ack(struct evidence_session *s, unsigned direction, uint32_t ack)
{
	if (s->acked_known[direction] && !evidence_before(s->acked[direction], ack))
		return;
	s->acked_known[direction] = true;
	s->acked[direction] = ack;
}

static void evidence_record(struct evidence *e, struct evidence_session *s,
			    const struct view_point *point, uint32_t index, bool near,
			    unsigned direction, int64_t now_ns)
{
	uint16_t flags = (uint16_t)view_get(point, RECORD_FLAGS, index);
	uint32_t seq = view_seq(point, index), end;
	bool downstream = near != (direction == HOP_FORWARD);

	if (flags & PACKET_TCP_RST || view_get(point, RECORD_MARKS, index) & PACKET_FRAGMENT_LATER)
		return;
	if ((flags & PACKET_TCP_ACK) && s->open[!direction] != EVIDENCE_NONE)
		evidence_visit(e, s, !direction,
			       &(struct evidence_sight){
				       .now_ns = now_ns,
				       .downstream = !downstream,
				       .is_ack = true,
				       .end = view_ack(point, index)});
	if (flags & PACKET_TCP_ACK)
		evidence_note_ack(s, !direction, view_ack(point, index));
	end = seq + view_payload(point, index) + !!(flags & PACKET_TCP_SYN) +
	      !!(flags & PACKET_TCP_FIN);
	if (end == seq)
		return;
	if (s->open[direction] != EVIDENCE_NONE)
		evidence_visit(e, s, direction,
			       &(struct evidence_sight){.now_ns = now_ns,
							.downstream = downstream,
							.seq = seq,
							.end = end});
	if (!s->known[direction][downstream] ||
	    evidence_before(s->max_end[direction][downstream], end)) {
		s->known[direction][downstream] = true;
		s->max_end[direction][downstream] = end;
	}
}

static bool evidence_wants(const struct evidence *e, uint32_t way)
{
	return way != VIEW_NO_WAY && (e->wanted[way >> 7] >> (way >> 1 & 63) & 1);
}

/* Most records are of sessions that miss nothing: those are passed over here. */
static void evidence_load(struct evidence *e, struct evidence_input *in)
{
	const struct clock *clock = &e->judging->meeting->clock[in->point];
	int64_t time[VIEW_BATCH];
	uint32_t way[VIEW_BATCH], i;

	in->at = in->rows = 0;
	while (!in->rows) {
		if (!view_next(&in->batch)) {
			in->ended = true;
			return;
		}
		view_read_ways(&in->batch, way);
		for (i = 0; i < in->batch.rows; i++) {
			in->index[in->rows] = i;
			in->rows += evidence_wants(e, way[i]);
		}
		if (in->rows)
			view_read_64(&in->batch, RECORD_TIME, time);
		for (i = 0; i < in->rows; i++) {
			uint32_t row = in->index[i];

			in->way[i] = way[row];
			in->index[i] = in->batch.index[row];
			in->time[i] = hop_near_time(e->hop, in->point, in->near,
						    clock_correct(clock, time[row]));
		}
	}
}

static struct evidence_input *evidence_earliest(struct evidence_input *in, uint32_t inputs)
{
	struct evidence_input *first = NULL;
	uint32_t k;

	for (k = 0; k < inputs; k++)
		if (!in[k].ended && (!first || in[k].time[in[k].at] < first->time[first->at]))
			first = &in[k];
	return first;
}

static void evidence_pass(struct evidence *e, struct evidence_input *in, uint32_t inputs,
			  const uint32_t *order)
{
	const struct judging *j = e->judging;
	struct evidence_input *first;
	uint64_t opened = 0;

	while ((first = evidence_earliest(in, inputs)) != NULL) {
		uint32_t way = first->way[first->at];
		int64_t now = first->time[first->at];

		for (; opened < e->odds && evidence_odd_time(e, &e->odd[order[opened]]) <= now; opened++)
			evidence_open(e, order[opened]);
		evidence_record(e, &e->session[e->place[j->sessions->of_node[way >> 1]]],
				&j->view->point[first->point], first->index[first->at], first->near,
				sessions_forward(j->sessions, way) ? HOP_FORWARD : HOP_REVERSE, now);
		if (++first->at == first->rows)
			evidence_load(e, first);
	}
	evidence_end(e);
}

struct evidence_key {
	int64_t time_ns;
	uint32_t number;
};

static int evidence_key_compare(const void *x, const void *y)
{
	const struct evidence_key *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* The odd packets in order of the near stage's time. */
static uint32_t *evidence_order(const struct evidence *e)
{
	struct evidence_key *key = malloc((e->odds + 1) * sizeof *key);
	uint32_t *order = malloc((e->odds + 1) * sizeof *order);
	uint64_t i;

	for (i = 0; key && order && i < e->odds; i++) {
		key[i] = (struct evidence_key){evidence_odd_time(e, &e->odd[i]), (uint32_t)i};
	}
	if (key && order) {
		qsort(key, e->odds, sizeof *key, evidence_key_compare);
		for (i = 0; i < e->odds; i++)
			order[i] = key[i].number;
	} else {
		free(order);
		order = NULL;
	}
	free(key);
	return order;
}

static void evidence_want(struct evidence *e, uint32_t session)
{
	const struct sessions *s = e->judging->sessions;
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n])
		if (e->judging->view->flow[n].proto == 6)
			e->wanted[n >> 6] |= (uint64_t)1 << (n & 63);
}

static bool evidence_sessions(struct evidence *e)
{
	uint32_t count = e->judging->sessions->count, i;
	uint64_t k;

	e->place = malloc(((size_t)count + 1) * sizeof *e->place);
	e->wanted = calloc((size_t)e->judging->view->nodes / 64 + 1, sizeof *e->wanted);
	e->next = malloc((e->odds + 1) * sizeof *e->next);
	e->acked_ns = malloc((e->odds + 1) * sizeof *e->acked_ns);
	if (!e->place || !e->wanted || !e->next || !e->acked_ns)
		return false;
	memset(e->place, 0xff, ((size_t)count + 1) * sizeof *e->place);
	for (k = 0; k < e->odds; k++) {
		e->acked_ns[k] = EVIDENCE_NEVER;
		if (e->place[e->odd[k].session] != EVIDENCE_NONE)
			continue;
		e->place[e->odd[k].session] = e->sessions++;
		evidence_want(e, e->odd[k].session);
	}
	e->session = calloc((size_t)e->sessions + 1, sizeof *e->session);
	for (i = 0; e->session && i < e->sessions; i++)
		e->session[i].open[0] = e->session[i].open[1] = EVIDENCE_NONE;
	return e->session != NULL;
}

/* The later of the two stages' first records. */
static int64_t evidence_begun(const struct evidence *e, uint32_t hop)
{
	const struct judging *j = e->judging;
	int64_t begun_ns = INT64_MIN;
	uint32_t stage, k;

	for (stage = hop; stage <= hop + 1; stage++) {
		int64_t first_ns = INT64_MAX, at;

		for (k = 0; k < j->path->points[stage]; k++) {
			uint32_t p = j->path->point[stage][k];

			at = hop_near_time(e->hop, p, stage == hop,
					   clock_correct(&j->meeting->clock[p], j->view->point[p].first_ns));
			first_ns = at < first_ns ? at : first_ns;
		}
		begun_ns = first_ns > begun_ns ? first_ns : begun_ns;
	}
	return begun_ns > INT64_MAX - EVIDENCE_BEGINNING_NS ? INT64_MAX - EVIDENCE_BEGINNING_NS
							     : begun_ns;
}

enum status evidence_gather(struct odd *odd, uint64_t odds, uint32_t hop,
			    const struct judging *judging, struct error *err)
{
	struct evidence e = {.judging = judging, .hop = &judging->hops->hop[hop],
			     .odd = odd, .odds = odds};
	const struct path *path = judging->path;
	uint32_t inputs = path->points[hop] + path->points[hop + 1u], k, n = 0, stage;
	struct evidence_input *in;
	uint32_t *order;
	bool ok;

	if (!odds)
		return STATUS_OK;
	if (odds >= UINT32_MAX)
		return error_set(err, STATUS_INPUT, "%llu packets without a partner at one hop, and one run "
				 "takes %u: " VIEW_LESS, (unsigned long long)odds, UINT32_MAX - 1);
	e.one_downstream[HOP_FORWARD] = path->points[hop + 1u] == 1;
	e.one_downstream[HOP_REVERSE] = path->points[hop] == 1;
	e.begun_ns = evidence_begun(&e, hop);
	in = calloc(inputs, sizeof *in);
	order = evidence_order(&e);
	ok = in && order && evidence_sessions(&e);
	for (stage = hop; ok && stage <= hop + 1; stage++)
		for (k = 0; k < path->points[stage]; k++, n++) {
			in[n].point = path->point[stage][k];
			in[n].near = stage == hop;
			view_first(&in[n].batch, &judging->view->point[in[n].point]);
			evidence_load(&e, &in[n]);
		}
	if (ok)
		evidence_pass(&e, in, inputs, order);
	free(in);
	free(order);
	free(e.place);
	free(e.wanted);
	free(e.next);
	free(e.acked_ns);
	free(e.session);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "evidence");
}
