#include "correlate/verdict.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "collect/fingerprint.h"
#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/delays.h"
#include "correlate/evidence.h"
#include "correlate/judge.h"
#include "correlate/recut.h"

static const char *const verdict_names[VERDICTS] = {
	"",      "matched",    "dropped", "injected",  "duplicated", "local",
	"uncaptured", "edge", "ambiguous", "excluded", "copies",
};

const char *verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

const char *hop_direction_name(enum hop_direction direction)
{
	static const char *const names[HOP_DIRECTIONS] = {"forward", "reverse", "none"};

	return names[direction];
}

/* One hop under way. */
struct hop_pass {
	struct verdicts *verdicts;
	struct hop_result *result;
	const struct judging *judging;
	uint32_t hop, stage;
	bool ok;
	struct hop_session *session;
	int64_t *latest[2];  /* by direction and node: see pass_order() */
	bool overtaken;
	struct odd *odd;
	uint64_t odds, odd_room;
};

static enum status pass_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "verdicts");
}

static bool pass_add_odd(struct hop_pass *pass, const struct odd *odd)
{
	if (pass->odds == pass->odd_room) {
		uint64_t room = pass->odd_room ? 2 * pass->odd_room : 1024;
		struct odd *grown = realloc(pass->odd, room * sizeof *grown);

		if (!grown)
			return false;
		pass->odd = grown;
		pass->odd_room = room;
	}
	pass->odd[pass->odds++] = *odd;
	return true;
}

static uint32_t pass_carries(uint16_t flags, uint32_t payload)
{
	return payload + !!(flags & PACKET_TCP_SYN) + !!(flags & PACKET_TCP_FIN);
}

static bool pass_odd(struct hop_pass *pass, uint32_t p, uint32_t index, uint32_t way,
		     unsigned direction, bool upstream)
{
	const struct view_point *point = &pass->judging->view->point[p];
	struct odd odd = {.point = p, .index = index, .way = way, .hop = (uint8_t)pass->hop,
			  .direction = (uint8_t)direction, .upstream = upstream};

	odd.session = pass->judging->sessions->of_node[way >> 1];
	odd.time_ns = clock_correct(&pass->judging->meeting->clock[p],
				    view_get(point, RECORD_TIME, index));
	odd.proto = pass->judging->view->flow[way >> 1].proto;
	odd.flags = (uint16_t)view_get(point, RECORD_FLAGS, index);
	odd.marks = (uint16_t)view_get(point, RECORD_MARKS, index);
	odd.ttl = (uint8_t)view_get(point, RECORD_TTL, index);
	odd.length = (uint32_t)view_get(point, RECORD_LENGTH, index);
	odd.seq = (uint32_t)view_get(point, RECORD_SEQ, index);
	odd.end = odd.seq + pass_carries(odd.flags, view_payload(point, index));
	return pass_add_odd(pass, &odd);
}

/* Header fields that a hop rewrote, but for those it is expected to. */
static bool pass_modified(const struct view_point *near, uint32_t near_index,
			  const struct view_point *far, uint32_t far_index)
{
	return view_get(near, RECORD_TOS, near_index) != view_get(far, RECORD_TOS, far_index) ||
	       view_get(near, RECORD_FLAGS, near_index) != view_get(far, RECORD_FLAGS, far_index) ||
	       view_get(near, RECORD_WINDOW, near_index) !=
		       view_get(far, RECORD_WINDOW, far_index) ||
	       view_get(near, RECORD_IP_ID, near_index) != view_get(far, RECORD_IP_ID, far_index) ||
	       fingerprint_digests_differ((uint32_t)view_get(near, RECORD_DIGEST, near_index),
					  (uint32_t)view_get(far, RECORD_DIGEST, far_index));
}

/* RFC 4737 3.3: a packet is reordered when it arrives behind one of its session
 * that was sent after it. Records come in the near stage's order of time: of
 * reverse packets that is the order of arrival, and the far time is when they
 * were sent. Of forward packets it is the order of sending: an arrival that is earlier than
 * the latest one only shows that there is reordering, and pass_reordered()
 * counts it then. */
static void pass_order(struct hop_pass *pass, uint32_t way, unsigned direction, int64_t far_ns)
{
	int64_t *latest = &pass->latest[direction][way >> 1];

	if (far_ns >= *latest)
		*latest = far_ns;
	else if (direction == HOP_REVERSE)
		pass->result->reordered[HOP_REVERSE]++;
	else
		pass->overtaken = true;
}

static void pass_matched(struct hop_pass *pass, uint32_t p, uint32_t index, uint32_t way,
			 unsigned direction, int64_t near_local_ns)
{
	const struct judging *j = pass->judging;
	uint32_t q = j->journeys->next_point[p][index], far_index = j->journeys->next[p][index];
	const struct view_point *near = &j->view->point[p], *far = &j->view->point[q];
	int64_t near_ns = clock_correct(&j->meeting->clock[p], near_local_ns), far_ns, delay;
	uint32_t length = (uint32_t)view_get(near, RECORD_LENGTH, index);
	uint16_t marks;

	far_ns = clock_correct(&j->meeting->clock[q], view_get(far, RECORD_TIME, far_index));
	if (hop_difference(&j->hops->hop[pass->hop], p, near_ns, q, far_ns, &delay)) {
		delay = direction ? -delay : delay;
		histogram_add(pass->result->delay[direction], delay);
		pass->ok &= delays_add(pass->result->delays, near_ns, direction, delay);
	}
	pass->result->modified[direction] += pass_modified(near, index, far, far_index);
	if (length > pass->result->length_max[direction])
		pass->result->length_max[direction] = length;
	marks = (uint16_t)view_get(near, RECORD_MARKS, index);
	if (marks & PACKET_FRAGMENT)
		pass->result->fragments[direction][(marks & PACKET_FRAGMENT_LATER) != 0]++;
	pass_order(pass, way, direction, far_ns);
}

/* The verdict that a record's marks give at this hop; VERDICT_NONE: it is odd. */
static enum verdict pass_verdict(uint8_t marks, bool near, bool adjacent, bool upstream)
{
	bool linked = near ? marks & JOURNEY_NEXT : marks & JOURNEY_PREVIOUS;

	if (marks & JOURNEY_COPY)
		return VERDICT_COPIES;
	if (linked)
		return adjacent ? VERDICT_MATCHED : VERDICT_UNCAPTURED;
	if (marks & (near ? JOURNEY_AMBIGUOUS : JOURNEY_AMBIGUOUS_BEHIND))
		return VERDICT_AMBIGUOUS;
	if (!upstream && (marks & JOURNEY_DUPLICATE))
		return VERDICT_DUPLICATED;
	return VERDICT_NONE;
}

static void pass_set(struct hop_pass *pass, uint32_t p, uint32_t index, unsigned direction,
		     enum verdict verdict)
{
	bool near = pass->judging->path->stage[p] == pass->hop;

	pass->verdicts->code[p][index] |= (uint8_t)(verdict << (near ? 4 : 0));
	pass->result->account[direction][p].verdict[verdict]++;
}

static bool pass_record(struct hop_pass *pass, uint32_t p, bool near, uint32_t index, uint32_t way,
			int64_t time)
{
	const struct judging *j = pass->judging;
	const uint8_t marks = j->journeys->marks[p][index];
	const struct session *session;
	enum verdict verdict;
	unsigned direction;
	bool adjacent, upstream;

	if (way == VIEW_NO_WAY) {
		pass->result->account[HOP_NO_DIRECTION][p].packets++;
		pass_set(pass, p, index, HOP_NO_DIRECTION, VERDICT_EXCLUDED);
		return true;
	}
	session = &j->sessions->list[j->sessions->of_node[way >> 1]];
	direction = sessions_forward(j->sessions, way) ? HOP_FORWARD : HOP_REVERSE;
	upstream = near == (direction == HOP_FORWARD);
	adjacent = near ? (marks & JOURNEY_NEXT) &&
				  j->path->stage[j->journeys->next_point[p][index]] == pass->hop + 1
			: !(marks & JOURNEY_GAP_BEHIND);
	verdict = pass_verdict(marks, near, adjacent, upstream);
	pass->result->account[direction][p].packets++;
	if (upstream)
		pass->result->evidence[direction][session->evidence]++;
	if (verdict == VERDICT_NONE)
		return pass_odd(pass, p, index, way, direction, upstream);
	pass_set(pass, p, index, direction, verdict);
	if (verdict == VERDICT_MATCHED) {
		if (near) {
			struct hop_session *s = &pass->session[session - j->sessions->list];

			s->matched[direction]++;
			s->last_ns[direction] = clock_correct(&j->meeting->clock[p], time);
			pass_matched(pass, p, index, way, direction, time);
		}
	}
	return true;
}

static bool pass_point(struct hop_pass *pass, uint32_t p)
{
	const struct view_point *point = &pass->judging->view->point[p];
	bool near = pass->judging->path->stage[p] == pass->hop;
	uint32_t way[VIEW_BATCH], i;
	int64_t time[VIEW_BATCH];
	struct view_batch batch;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		view_read_64(&batch, RECORD_TIME, time);
		for (i = 0; i < batch.rows; i++)
			if (!pass_record(pass, p, near, batch.index[i], way[i], time[i]))
				return false;
	}
	return true;
}

/* When each record of a far point was sent, by index; INT64_MIN: nothing leads there. */
static int64_t *pass_sent(const struct hop_pass *pass, uint32_t q)
{
	const struct judging *j = pass->judging;
	int64_t *sent = malloc(((size_t)j->view->point[q].indexes + 1) * sizeof *sent);
	int64_t time[VIEW_BATCH];
	struct view_batch batch;
	uint32_t i, k;

	for (i = 0; sent && i < j->view->point[q].indexes; i++)
		sent[i] = INT64_MIN;
	for (k = 0; sent && k < j->path->points[pass->hop]; k++) {
		uint32_t p = j->path->point[pass->hop][k];

		view_first(&batch, &j->view->point[p]);
		while (view_next(&batch)) {
			view_read_64(&batch, RECORD_TIME, time);
			for (i = 0; i < batch.rows; i++)
				if ((j->journeys->marks[p][batch.index[i]] & JOURNEY_NEXT) &&
				    j->journeys->next_point[p][batch.index[i]] == q)
					sent[j->journeys->next[p][batch.index[i]]] =
						clock_correct(&j->meeting->clock[p], time[i]);
		}
	}
	return sent;
}

/* Counts the reordered forward packets, in the order of their arrival. */
static bool pass_reordered(struct hop_pass *pass)
{
	const struct judging *j = pass->judging;
	uint32_t way[VIEW_BATCH], i, k, n;
	struct view_batch batch;

	for (n = 0; n < j->view->nodes; n++)
		pass->latest[HOP_FORWARD][n] = INT64_MIN;
	for (k = 0; k < j->path->points[pass->hop + 1]; k++) {
		uint32_t q = j->path->point[pass->hop + 1][k];
		int64_t *sent = pass_sent(pass, q);

		if (!sent)
			return false;
		view_first(&batch, &j->view->point[q]);
		while (view_next(&batch)) {
			view_read_ways(&batch, way);
			for (i = 0; i < batch.rows; i++) {
				int64_t at = sent[batch.index[i]], *latest;

				if (at == INT64_MIN || !sessions_forward(j->sessions, way[i]))
					continue;
				latest = &pass->latest[HOP_FORWARD][way[i] >> 1];
				pass->result->reordered[HOP_FORWARD] += at < *latest;
				*latest = at > *latest ? at : *latest;
			}
		}
		free(sent);
	}
	return true;
}

static int pass_odd_compare(const void *x, const void *y)
{
	const struct odd *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* Frames that have no record: the filter took them out. */
static void pass_filtered(struct hop_pass *pass, uint32_t p)
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

static void pass_count_odds(struct hop_pass *pass)
{
	struct hop_session *s;
	uint64_t i;

	if (pass->odds)
		qsort(pass->odd, pass->odds, sizeof *pass->odd, pass_odd_compare);
	for (i = 0; i < pass->odds; i++) {
		s = &pass->session[pass->odd[i].session];
		(pass->odd[i].upstream ? s->upstream : s->downstream)[pass->odd[i].direction]++;
	}
	for (i = 0; i < pass->odds; i++) {
		s = &pass->session[pass->odd[i].session];
		pass->odd[i].alone = !s->matched[0] && !s->matched[1];
	}
}

static enum status pass_judge(struct hop_pass *pass, struct error *err)
{
	enum status status;
	uint64_t i;

	pass_count_odds(pass);
	status = recut_find(pass->odd, pass->odds, pass->judging->tmax_ns, err);
	if (!status)
		status = evidence_gather(pass->odd, pass->odds, pass->hop, pass->judging, err);
	if (!status)
		status = judge_hop(pass->odd, pass->odds, pass->hop, pass->session, pass->result,
				   pass->judging, err);
	for (i = 0; i < pass->odds && !status; i++)
		pass_set(pass, pass->odd[i].point, pass->odd[i].index, pass->odd[i].direction,
			 pass->odd[i].verdict);
	return status;
}

/* One stage of the hop: its points' records, and the odd ones among them. The
 * two stages share nothing that is written, so each has a thread. */
static void *pass_stage(void *argument)
{
	struct hop_pass *pass = argument;
	const struct path *path = pass->judging->path;
	uint32_t k;

	pass->ok = true;
	for (k = 0; k < path->points[pass->stage] && pass->ok; k++) {
		pass->ok = pass_point(pass, path->point[pass->stage][k]);
		pass_filtered(pass, path->point[pass->stage][k]);
	}
	return NULL;
}

static bool pass_take_odds(struct hop_pass *pass, const struct hop_pass *far)
{
	uint64_t i;

	for (i = 0; i < far->odds; i++)
		if (!pass_add_odd(pass, &far->odd[i]))
			return false;
	return true;
}

static enum status pass_run(struct hop_pass *pass, unsigned threads, struct error *err)
{
	const struct judging *j = pass->judging;
	struct hop_pass far;
	pthread_t thread;
	bool started, ok;
	uint32_t n;

	pass->session = memory_zeroed((size_t)j->sessions->count + 1, sizeof *pass->session);
	pass->result->session = pass->session;
	pass->latest[0] = memory_zeroed((size_t)j->view->nodes + 1, sizeof(int64_t));
	pass->latest[1] = memory_zeroed((size_t)j->view->nodes + 1, sizeof(int64_t));
	pass->result->delay[0] = histogram_new();
	pass->result->delay[1] = histogram_new();
	pass->result->delays = delays_new(j->start_ns, j->end_ns);
	if (!pass->session || !pass->result->delays || !pass->latest[0] || !pass->latest[1] || !pass->result->delay[0] ||
	    !pass->result->delay[1])
		return pass_memory(err);
	for (n = 0; n < j->view->nodes; n++)
		pass->latest[0][n] = pass->latest[1][n] = INT64_MIN;
	far = *pass;
	far.stage = pass->hop + 1;
	pass->stage = pass->hop;
	started = threads > 1 && pthread_create(&thread, NULL, pass_stage, &far) == 0;
	pass_stage(pass);
	if (started)
		pthread_join(thread, NULL);
	else
		pass_stage(&far);
	ok = pass->ok && far.ok && pass_take_odds(pass, &far) &&
	     (!pass->overtaken || pass_reordered(pass));
	free(far.odd);
	return ok ? pass_judge(pass, err) : pass_memory(err);
}

static enum status verdicts_take_odds(struct verdicts *v, struct hop_pass *pass, struct error *err)
{
	struct odd *grown;

	if (!pass->odds)
		return STATUS_OK;
	grown = realloc(v->odd, (v->odds + pass->odds) * sizeof *grown);
	if (!grown)
		return pass_memory(err);
	v->odd = grown;
	memcpy(v->odd + v->odds, pass->odd, pass->odds * sizeof *grown);
	v->odds += pass->odds;
	return STATUS_OK;
}

enum status verdicts_give(struct verdicts **out, const struct judging *judging, unsigned threads,
			  struct error *err)
{
	struct verdicts *v = calloc(1, sizeof *v);
	enum status status = STATUS_OK;
	uint32_t p, h;

	*out = v;
	if (!v)
		return pass_memory(err);
	v->hops = judging->path->stages - 1;
	v->hop = calloc(judging->path->stages, sizeof *v->hop);
	if (!v->hop)
		status = pass_memory(err);
	for (p = 0; p < judging->view->points && !status; p++) {
		v->code[p] = memory_zeroed((size_t)judging->view->point[p].indexes + 1, 1);
		if (!v->code[p])
			status = pass_memory(err);
	}
	for (h = 0; h < v->hops && !status; h++) {
		struct hop_pass pass = {
			.verdicts = v, .result = &v->hop[h], .judging = judging, .hop = h};

		status = pass_run(&pass, threads, err);
		if (!status)
			status = verdicts_take_odds(v, &pass, err);
		free(pass.latest[0]);
		free(pass.latest[1]);
		free(pass.odd);
	}
	if (status)
		verdicts_free(out);
	return status;
}

void verdicts_free(struct verdicts **verdicts)
{
	struct verdicts *v = *verdicts;
	uint32_t p, h;

	if (!v)
		return;
	for (h = 0; v->hop && h < v->hops; h++) {
		histogram_free(&v->hop[h].delay[0]);
		histogram_free(&v->hop[h].delay[1]);
		free(v->hop[h].session);
		delays_free(&v->hop[h].delays);
	}
	for (p = 0; p < VIEW_POINTS_MAX; p++)
		free(v->code[p]);
	free(v->hop);
	free(v->odd);
	free(v);
	*verdicts = NULL;
}
