#include "correlate/pass.h"

#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/change.h"
#include "correlate/delays.h"
#include "correlate/renumber.h"

#define PASS_AHEAD 16u /* records whose sessions are on their way from memory */

/* A batch's records of one direction: picked out first, and without a branch, since a
 * processor guesses the next packet's direction wrong every other time. */
struct pass_batch {
	struct view_batch batch;
	uint32_t way[VIEW_BATCH], length[VIEW_BATCH];
	uint32_t rows, others;       /* of the direction; without one */
	uint16_t row[VIEW_BATCH], other[VIEW_BATCH];
};

/* Matched records among them: the fields of both sides. */
struct pass_pairs {
	uint32_t rows;
	uint32_t way[VIEW_BATCH], near[VIEW_BATCH], far[VIEW_BATCH];
	uint8_t near_point[VIEW_BATCH], far_point[VIEW_BATCH];
	struct pass_fields {
		int64_t time[VIEW_BATCH];
		uint32_t digest[VIEW_BATCH], ip_id[VIEW_BATCH];
		uint16_t flags[VIEW_BATCH], window[VIEW_BATCH];
		uint8_t tos[VIEW_BATCH];
	} side[2];
	int64_t near_ns[VIEW_BATCH]; /* reference time */
	uint32_t length[VIEW_BATCH]; /* near */
	uint16_t marks[VIEW_BATCH];  /* near */
};

static bool pass_add_odd(struct pass_part *part, const struct odd *odd)
{
	struct odd *list = memory_more(part->pass->judging->view->memory, part->odd,
				       part->odds, &part->odd_room, sizeof *list);

	if (!list)
		return false;
	part->odd = list;
	part->odd[part->odds++] = *odd;
	return true;
}

static uint32_t pass_carries(uint16_t flags, uint32_t payload)
{
	return payload + !!(flags & PACKET_TCP_SYN) + !!(flags & PACKET_TCP_FIN);
}

static bool pass_odd(struct pass_part *part, uint32_t p, uint32_t index, uint32_t way,
		     bool upstream, enum verdict marked)
{
	const struct hop_pass *pass = part->pass;
	const struct view_point *point = &pass->judging->view->point[p];
	struct odd odd = {.point = p, .index = index, .way = way, .hop = (uint8_t)pass->hop,
			  .direction = (uint8_t)part->direction, .upstream = upstream,
			  .marked = (uint8_t)marked, .arrived_ns = INT64_MIN};

	odd.session = pass->judging->sessions->of_node[way >> 1];
	odd.time_ns = clock_correct(&pass->judging->meeting->clock[p],
				    view_get(point, RECORD_TIME, index));
	odd.proto = pass->judging->view->flow[way >> 1].proto;
	odd.flags = (uint16_t)view_get(point, RECORD_FLAGS, index);
	odd.marks = (uint16_t)view_get(point, RECORD_MARKS, index);
	odd.ttl = (uint8_t)view_get(point, RECORD_TTL, index);
	odd.length = (uint32_t)view_get(point, RECORD_LENGTH, index);
	odd.header = (uint16_t)view_get(point, RECORD_HEADER, index);
	odd.ip_id = (uint32_t)view_get(point, RECORD_IP_ID, index);
	odd.seq = view_seq(point, index);
	odd.end = odd.seq + pass_carries(odd.flags, view_payload(point, index));
	return pass_add_odd(part, &odd);
}

static void pass_read_side(const struct view *view, const uint8_t *point, const uint32_t *index,
			   uint32_t rows, struct pass_fields *f)
{
	view_gather_64(view, RECORD_TIME, point, index, rows, f->time);
	view_gather_32(view, RECORD_DIGEST, point, index, rows, f->digest);
	view_gather_32(view, RECORD_IP_ID, point, index, rows, f->ip_id);
	view_gather_16(view, RECORD_FLAGS, point, index, rows, f->flags);
	view_gather_16(view, RECORD_WINDOW, point, index, rows, f->window);
	view_gather_8(view, RECORD_TOS, point, index, rows, f->tos);
}

/* What the hop made of them. */
static bool pass_changes(const struct pass_part *part, const struct pass_pairs *m)
{
	const struct pass_fields *near = &m->side[0], *far = &m->side[1];
	const struct change_batch batch = {
		m->rows, m->way, m->near_ns,
		{{m->near_point, m->near, near->digest, near->ip_id, near->flags, near->window,
		  near->tos},
		 {m->far_point, m->far, far->digest, far->ip_id, far->flags, far->window,
		  far->tos}}};

	return changes_see(part->pass->result->changes[part->direction], &batch);
}

/* RFC 4737 3.3: a packet is reordered when it arrives behind one of its session
 * that was sent after it. Records come in the near stage's order of time: of
 * reverse packets that is the order of arrival, and the far time is when they
 * were sent. Of forward packets it is the order of sending: an arrival that is earlier than
 * the latest one only shows that there is reordering, and it is counted in the order
 * of arrival then. */
static bool pass_out_of_order(const struct pass_part *part, uint32_t way, int64_t far_ns)
{
	int64_t *latest = &part->pass->latest[(way & ~1u) | part->direction];

	if (far_ns < *latest)
		return true;
	*latest = far_ns;
	return false;
}

/* What the matched records tell, in the order of time. */
static void pass_matched(struct pass_part *part, uint32_t p, struct pass_pairs *m)
{
	const struct hop_pass *pass = part->pass;
	const struct judging *j = pass->judging;
	const struct clock *clock = j->meeting->clock;
	struct hop_result *result = pass->result;
	const unsigned direction = part->direction;
	uint32_t late = 0, length_max = 0, fragments[2] = {0}, i;

	pass_read_side(j->view, m->near_point, m->near, m->rows, &m->side[0]);
	pass_read_side(j->view, m->far_point, m->far, m->rows, &m->side[1]);
	view_gather_16(j->view, RECORD_MARKS, m->near_point, m->near, m->rows, m->marks);
	for (i = 0; i < m->rows; i++) {
		struct hop_session *s = &result->session[j->sessions->of_node[m->way[i] >> 1]];
		uint32_t q = m->far_point[i];
		int64_t near_ns = clock_correct(&clock[p], m->side[0].time[i]), delay;
		int64_t far_ns = clock_correct(&clock[q], m->side[1].time[i]);

		if (!s->matched[direction]++ || near_ns > s->last_ns[direction])
			s->last_ns[direction] = near_ns;
		if (hop_difference(&j->hops->hop[pass->hop], p, near_ns, q, far_ns, &delay)) {
			delay = direction == HOP_REVERSE ? -delay : delay;
			histogram_add(result->delay[direction], delay);
			part->ok &= delays_add(result->delays, near_ns, direction, delay);
		}
		m->near_ns[i] = near_ns;
		late += pass_out_of_order(part, m->way[i], far_ns);
		length_max = m->length[i] > length_max ? m->length[i] : length_max;
		if (m->marks[i] & PACKET_FRAGMENT)
			fragments[(m->marks[i] & PACKET_FRAGMENT_LATER) != 0]++;
	}
	part->ok &= pass_changes(part, m);
	if (direction == HOP_REVERSE)
		result->reordered[HOP_REVERSE] += late;
	part->overtaken |= late && direction == HOP_FORWARD;
	if (length_max > result->length_max[direction])
		result->length_max[direction] = length_max;
	result->fragments[direction][0] += fragments[0];
	result->fragments[direction][1] += fragments[1];
}

/* The verdict that a record's marks give at this hop; VERDICT_NONE: it is odd. */
static enum verdict pass_verdict(uint8_t marks, bool near, bool adjacent, bool upstream, bool ends)
{
	bool linked = near ? marks & JOURNEY_NEXT : marks & JOURNEY_PREVIOUS;

	if (marks & JOURNEY_COPY)
		return VERDICT_COPIES;
	if (ends)
		return VERDICT_LOCAL;
	if (linked)
		return adjacent ? VERDICT_MATCHED : VERDICT_UNCAPTURED;
	if (marks & (near ? JOURNEY_AMBIGUOUS : JOURNEY_AMBIGUOUS_BEHIND))
		return VERDICT_AMBIGUOUS;
	if (!upstream && (marks & JOURNEY_DUPLICATE))
		return VERDICT_DUPLICATED;
	return VERDICT_NONE;
}

/* Whether what its marks say of a record may be wrong, because its bytes crossed in a packet cut
 * otherwise: then it is looked at with the odd ones. */
static bool pass_may_be_cut(const struct pass_part *part, uint32_t p, uint32_t index, uint32_t way,
			    enum verdict verdict)
{
	const struct judging *j = part->pass->judging;
	const struct view_point *point = &j->view->point[p];

	if (verdict != VERDICT_UNCAPTURED && verdict != VERDICT_AMBIGUOUS &&
	    verdict != VERDICT_DUPLICATED)
		return false;
	return j->view->flow[way >> 1].proto == 6
		       ? view_payload(point, index) != 0
		       : (view_get(point, RECORD_MARKS, index) & PACKET_FRAGMENT) != 0;
}

void pass_set(const struct hop_pass *pass, uint32_t p, uint32_t index, unsigned direction,
	      enum verdict verdict)
{
	bool near = pass->judging->path->stage[p] == pass->hop;

	pass->verdicts->code[p][index] |= (uint8_t)(verdict << (near ? 4 : 0));
	pass->result->account[direction][p].verdict[verdict]++;
}

void pass_set_odd(const struct hop_pass *pass, const struct odd *odd, enum verdict verdict)
{
	pass_set(pass, odd->point, odd->index, odd->direction, verdict);
	if (odd->upstream && verdict_is_sent(verdict))
		bins_add_length(&pass->result->lengths[odd->direction], odd->length,
				verdict == VERDICT_DROPPED);
}

/* Picks out the batch's records of the part's direction. Where their sessions are found is
 * asked of memory some records ahead, and then what is kept of those. */
static void pass_pick(const struct pass_part *part, struct pass_batch *b, bool near)
{
	const struct hop_pass *pass = part->pass;
	const struct sessions *s = pass->judging->sessions;
	uint32_t rows = b->batch.rows, i;

	view_read_ways(&b->batch, b->way);
	b->rows = b->others = 0;
	for (i = 0; i < rows + PASS_AHEAD; i++) {
		if (i < rows && b->way[i] != VIEW_NO_WAY) {
			__builtin_prefetch(&s->lane[b->way[i] >> 1]);
			if (near)
				__builtin_prefetch(&s->of_node[b->way[i] >> 1]);
		}
		if (near && i >= PASS_AHEAD / 2 && i - PASS_AHEAD / 2 < rows &&
		    b->way[i - PASS_AHEAD / 2] != VIEW_NO_WAY) {
			uint32_t way = b->way[i - PASS_AHEAD / 2], session = s->of_node[way >> 1];

			__builtin_prefetch(&pass->result->session[session], 1);
			__builtin_prefetch(&pass->latest[way & ~1u], 1);
		}
		if (i >= PASS_AHEAD) {
			uint32_t row = i - PASS_AHEAD, way = b->way[row];

			b->row[b->rows] = b->other[b->others] = (uint16_t)row;
			if (way == VIEW_NO_WAY)
				b->others++;
			else
				b->rows += sessions_forward(s, way) == (part->direction == HOP_FORWARD);
		}
	}
}

static void pass_without_direction(const struct pass_part *part, uint32_t p,
				   const struct pass_batch *b)
{
	uint32_t k;

	if (part->direction != HOP_FORWARD)
		return;
	part->pass->result->account[HOP_NO_DIRECTION][p].packets += b->others;
	for (k = 0; k < b->others; k++)
		pass_set(part->pass, p, b->batch.index[b->other[k]], HOP_NO_DIRECTION,
			 VERDICT_EXCLUDED);
}

static void pass_add_pair(struct pass_pairs *m, const struct journeys *journeys, uint32_t p,
			  uint32_t index, uint32_t way, uint32_t length)
{
	m->way[m->rows] = way;
	m->length[m->rows] = length;
	m->near[m->rows] = index;
	m->far[m->rows] = journeys->next[p][index];
	m->far_point[m->rows++] = journeys->next_point[p][index];
}

/* The verdicts of the batch; what matched on the near stage goes to `m`. */
static bool pass_verdicts(struct pass_part *part, uint32_t p, bool near,
			  const struct pass_batch *b, struct pass_pairs *m)
{
	const struct hop_pass *pass = part->pass;
	const struct judging *j = pass->judging;
	const struct sessions *s = j->sessions;
	const uint8_t *marks = j->journeys->marks[p], *next_point = j->journeys->next_point[p];
	const uint8_t *leg_ends = j->legs->ends;
	struct bins_lengths *lengths = &pass->result->lengths[part->direction];
	uint64_t evidence[DIRECTION_EVIDENCES] = {0};
	bool upstream = near == (part->direction == HOP_FORWARD);
	uint32_t k, e;

	m->rows = 0;
	pass->result->account[part->direction][p].packets += b->rows;
	for (k = 0; k < b->rows; k++) {
		uint32_t index = b->batch.index[b->row[k]], way = b->way[b->row[k]];
		bool adjacent = near ? (marks[index] & JOURNEY_NEXT) &&
					       j->path->stage[next_point[index]] == pass->hop + 1
				     : !(marks[index] & JOURNEY_GAP_BEHIND);
		bool ends = leg_ends && (leg_ends[way >> 1] & (near ? LEG_ENDS_AHEAD : LEG_ENDS_BEHIND));
		enum verdict verdict = pass_verdict(marks[index], near, adjacent, upstream, ends);

		evidence[sessions_evidence(s, way)]++;
		if (verdict == VERDICT_NONE || pass_may_be_cut(part, p, index, way, verdict)) {
			if (!pass_odd(part, p, index, way, upstream, verdict))
				return false;
			continue;
		}
		pass_set(pass, p, index, part->direction, verdict);
		if (upstream && verdict_is_sent(verdict))
			bins_add_length(lengths, b->length[b->row[k]], false);
		if (verdict == VERDICT_MATCHED && near)
			pass_add_pair(m, j->journeys, p, index, way, b->length[b->row[k]]);
	}
	for (e = 0; upstream && e < DIRECTION_EVIDENCES; e++)
		pass->result->evidence[part->direction][e] += evidence[e];
	return true;
}

static void pass_point(struct pass_part *part, uint32_t p)
{
	const struct hop_pass *pass = part->pass;
	bool near = pass->judging->path->stage[p] == pass->hop;
	struct pass_batch *b = malloc(sizeof *b);
	struct pass_pairs *m = malloc(sizeof *m);

	part->ok = b && m;
	if (part->ok) {
		memset(m->near_point, (int)p, sizeof m->near_point);
		view_first(&b->batch, &pass->judging->view->point[p]);
	}
	while (part->ok && view_next(&b->batch)) {
		pass_pick(part, b, near);
		if (near || part->direction == HOP_REVERSE)
			view_read_32(&b->batch, RECORD_LENGTH, b->length);
		pass_without_direction(part, p, b);
		part->ok = pass_verdicts(part, p, near, b, m);
		if (m->rows)
			pass_matched(part, p, m);
	}
	free(b);
	free(m);
}

/* Frames that have no record: the filter took them out. */
static void pass_filtered(const struct hop_pass *pass, uint32_t p)
{
	const struct view *view = pass->judging->view;
	const struct view_point *point = &view->point[p];
	struct account *account = &pass->result->account[HOP_NO_DIRECTION][p];
	uint32_t c;

	for (c = point->first_capture; c < point->first_capture + point->captures; c++) {
		account->packets += view->capture[c].filtered;
		account->verdict[VERDICT_EXCLUDED] += view->capture[c].filtered;
	}
}

void pass_part_run(void *argument)
{
	struct pass_part *part = argument;
	const struct path *path = part->pass->judging->path;
	uint32_t k;

	part->ok = true;
	for (k = 0; k < path->points[part->stage] && part->ok; k++) {
		pass_point(part, path->point[part->stage][k]);
		if (part->direction == HOP_FORWARD)
			pass_filtered(part->pass, path->point[part->stage][k]);
	}
}
