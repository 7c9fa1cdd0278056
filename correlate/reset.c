#include "correlate/reset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/packet.h"
#include "correlate/emit.h"
#include "correlate/results.h"

#define RESET_TOGETHER_NS 1000000000 /* two injected RSTs of one cut come within a second */
#define RESET_NOWHERE UINT8_MAX

static enum status reset_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "resets");
}

static bool resets_add(struct resets *r, const struct reset *one)
{
	if (r->count == r->room) {
		uint64_t room = r->room ? 2 * r->room : 256;
		struct reset *grown = realloc(r->list, room * sizeof *grown);

		if (!grown)
			return false;
		r->list = grown;
		r->room = room;
	}
	r->list[r->count++] = *one;
	return true;
}

/* ---- where it came from ---- */

static void reset_origin(struct reset *one, const struct judging *j, const struct verdicts *v)
{
	uint32_t stage = j->path->stage[one->point];
	bool forward = one->direction == HOP_FORWARD;
	uint8_t code = v->code[one->point][one->index];
	enum verdict behind = forward ? code & 15 : code >> 4;

	one->hop = RESET_NOWHERE;
	one->verdict = RESET_UNKNOWN;
	if (stage == (forward ? 0 : j->path->stages - 1)) {
		one->verdict = RESET_ENDPOINT;
	} else if (behind == VERDICT_INJECTED) {
		one->verdict = RESET_INJECTED;
		one->hop = (uint8_t)(forward ? stage - 1 : stage);
	} else if (behind == VERDICT_LOCAL) {
		one->verdict = RESET_ENDPOINT;
		one->hop = (uint8_t)(forward ? stage - 1 : stage);
	}
}

/* Follows a journey from its lowest stage; a RST that travels against the path
 * was seen first at the journey's other end. */
static bool reset_take(struct resets *r, const struct judging *j, const struct verdicts *v,
		       uint32_t p, uint32_t index, uint32_t way)
{
	const struct sessions *s = j->sessions;
	bool forward = sessions_forward(s, way);
	struct reset one = {.point = p, .index = index, .way = way, .points = (uint64_t)1 << p,
			    .session = s->of_node[way >> 1],
			    .direction = forward ? HOP_FORWARD : HOP_REVERSE};
	const struct view_point *point;

	while (j->journeys->marks[p][index] & JOURNEY_NEXT) {
		uint32_t next = j->journeys->next[p][index];

		p = j->journeys->next_point[p][index];
		index = next;
		one.points |= (uint64_t)1 << p;
		if (!forward) {
			one.point = p;
			one.index = index;
			one.way = view_way(&j->view->point[p], index);
		}
	}
	point = &j->view->point[one.point];
	one.time_ns = clock_correct(&j->meeting->clock[one.point],
				    view_get(point, RECORD_TIME, one.index));
	one.seq = (uint32_t)view_get(point, RECORD_SEQ, one.index);
	one.ack = (uint32_t)view_get(point, RECORD_ACK, one.index);
	one.flags = (uint16_t)view_get(point, RECORD_FLAGS, one.index);
	one.ttl = (uint8_t)view_get(point, RECORD_TTL, one.index);
	one.from_client = (one.way & 1) == s->client_direction[one.way >> 1];
	reset_origin(&one, j, v);
	return resets_add(r, &one);
}

/* Whether any of a batch's records is a RST: of most batches nothing else needs reading. */
static bool resets_any(const uint16_t *flags, uint32_t rows)
{
	uint16_t any = 0;
	uint32_t i;

	for (i = 0; i < rows; i++)
		any |= flags[i];
	return any & PACKET_TCP_RST;
}

static bool resets_scan(struct resets *r, const struct judging *j, const struct verdicts *v,
			uint32_t p)
{
	uint16_t flags[VIEW_BATCH];
	uint32_t way[VIEW_BATCH], i;
	struct view_batch batch;

	view_first(&batch, &j->view->point[p]);
	while (view_next(&batch)) {
		view_read_16(&batch, RECORD_FLAGS, flags);
		if (!resets_any(flags, batch.rows))
			continue;
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++) {
			if (!(flags[i] & PACKET_TCP_RST) || way[i] == VIEW_NO_WAY ||
			    j->view->flow[way[i] >> 1].proto != 6 ||
			    (j->journeys->marks[p][batch.index[i]] &
			     (JOURNEY_PREVIOUS | JOURNEY_COPY | JOURNEY_DUPLICATE)))
				continue;
			if (!reset_take(r, j, v, p, batch.index[i], way[i]))
				return false;
		}
	}
	return true;
}

static int reset_compare(const void *x, const void *y)
{
	const struct reset *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* ---- why ---- */

struct reset_facts {
	const struct reset *reset;
	bool answers_syn;      /* RST+ACK, sequence number 0, and the session was never established */
	bool other_side;       /* another RST was injected the other way within a second */
	bool foreign;          /* TTL unlike the flow's */
};

static bool cause_closed_port(const struct reset_facts *f)
{
	return f->reset->verdict == RESET_ENDPOINT && f->answers_syn;
}

static bool cause_firewall_reject(const struct reset_facts *f)
{
	return f->reset->verdict == RESET_INJECTED && f->answers_syn;
}

static bool cause_both_sides(const struct reset_facts *f)
{
	return f->reset->verdict == RESET_INJECTED && f->other_side;
}

static bool cause_forged(const struct reset_facts *f)
{
	return f->reset->verdict == RESET_INJECTED;
}

static bool cause_any(const struct reset_facts *f)
{
	return true;
}

/* First match wins. */
static const struct reset_rule {
	const char *name;
	bool (*holds)(const struct reset_facts *facts);
	uint8_t confidence, confidence_foreign;
	const char *sentence;
} reset_rules[RESET_CAUSES] = {
	[RESET_CLOSED_PORT] = {"closed_port", cause_closed_port, 90, 90,
			       "the answer to a SYN by the end itself: nothing listens there, or its own "
			       "firewall rejects"},
	[RESET_FIREWALL_REJECT] = {"firewall_reject", cause_firewall_reject, 95, 95,
				   "the answer to a SYN that never passed, seen on this side of the hop only"},
	[RESET_BOTH_SIDES_INJECTED] = {"both_sides_injected", cause_both_sides, 97, 99,
				       "the hop sent a RST to both ends, each seen on its receiver's side only"},
	[RESET_FORGED] = {"forged", cause_forged, 80, 95,
			  "seen on its receiver's side of the hop only: the end in whose name it is did not send it"},
	[RESET_UNEXPLAINED] = {"unexplained", cause_any, 50, 50, ""},
};

const char *reset_cause_name(enum reset_cause cause)
{
	return reset_rules[cause].name;
}

static bool reset_session_established(const struct judging *j, uint32_t session)
{
	uint32_t n;

	for (n = j->sessions->list[session].first_node; n != UINT32_MAX;
	     n = j->sessions->next_node[n])
		if (j->flows[n].synack || (survey_has(&j->flows[n], 0, SURVEY_PLAIN) &&
					   survey_has(&j->flows[n], 1, SURVEY_PLAIN)))
			return true;
	return false;
}

static void resets_explain(struct resets *r, const struct judging *j)
{
	uint64_t i, k;

	for (i = 0; i < r->count; i++) {
		struct reset *one = &r->list[i];
		const struct survey_flow *flow = &j->flows[one->way >> 1];
		uint8_t usual = flow->ttl[one->way & 1];
		struct reset_facts facts = {.reset = one, .foreign = usual && usual != one->ttl};
		uint32_t c;

		facts.answers_syn = (one->flags & PACKET_TCP_ACK) && !one->seq &&
				    !reset_session_established(j, one->session);
		for (k = i; one->verdict == RESET_INJECTED && k-- > 0 && !facts.other_side;) {
			if (one->time_ns - r->list[k].time_ns > RESET_TOGETHER_NS)
				break;
			facts.other_side = r->list[k].session == one->session &&
					   r->list[k].verdict == RESET_INJECTED &&
					   r->list[k].direction != one->direction;
		}
		for (k = i + 1; one->verdict == RESET_INJECTED && k < r->count && !facts.other_side;
		     k++) {
			if (r->list[k].time_ns - one->time_ns > RESET_TOGETHER_NS)
				break;
			facts.other_side = r->list[k].session == one->session &&
					   r->list[k].verdict == RESET_INJECTED &&
					   r->list[k].direction != one->direction;
		}
		for (c = 0; !reset_rules[c].holds(&facts); c++)
			;
		one->cause = (uint8_t)c;
		one->confidence = facts.foreign ? reset_rules[c].confidence_foreign
						: reset_rules[c].confidence;
	}
}

enum status resets_find(struct resets **out, const struct judging *judging,
			const struct verdicts *verdicts, struct error *err)
{
	struct resets *r = calloc(1, sizeof *r);
	uint32_t p;

	*out = r;
	if (!r)
		return reset_memory(err);
	for (p = 0; p < judging->view->points; p++) {
		if (judging->path->stage[p] == PATH_OFF)
			continue;
		if (!resets_scan(r, judging, verdicts, p)) {
			resets_free(out);
			return reset_memory(err);
		}
	}
	if (r->count)
		qsort(r->list, r->count, sizeof *r->list, reset_compare);
	resets_explain(r, judging);
	return STATUS_OK;
}

void resets_free(struct resets **resets)
{
	if (*resets)
		free((*resets)->list);
	free(*resets);
	*resets = NULL;
}

/* ---- rows ---- */

static void reset_points_seen(const struct reset *one, const struct judging *j, char *text,
			      size_t room)
{
	uint32_t s, k;
	size_t n = 0;

	text[0] = 0;
	for (s = 0; s < j->path->stages; s++)
		for (k = 0; k < j->path->points[s] && n < room; k++) {
			uint32_t p = j->path->point[s][k];

			if (one->points >> p & 1)
				n += (size_t)snprintf(text + n, room - n, "%s%s", n ? "," : "",
						      j->view->point[p].name);
		}
}

static enum status reset_row(struct table_writer *w, const struct reset *one,
			     const struct judging *j, struct error *err)
{
	static const char *const verdicts[] = {"injected", "endpoint", "unknown"};
	const struct capture_flow *flow = &j->view->flow[one->way >> 1];
	bool back = one->way & 1;
	size_t bytes = flow->version == 4 ? 4 : 16;
	char text[PATH_TEXT_MAX];

	table_set_int(w, RESETS_SESSION, (int64_t)one->session + 1);
	table_set_int(w, RESETS_TIME, one->time_ns);
	if (one->hop != RESET_NOWHERE) {
		emit_hop_name(j, one->hop, text, sizeof text);
		table_set_text(w, RESETS_HOP, text);
		table_set_text(w, RESETS_ORIGIN, text);
	} else if (one->verdict == RESET_ENDPOINT) {
		table_set_text(w, RESETS_ORIGIN, one->from_client ? "client" : "server");
	}
	table_set_text(w, RESETS_DIRECTION, hop_direction_name(one->direction));
	table_set_text(w, RESETS_FIRST_SEEN_AT, j->view->point[one->point].name);
	reset_points_seen(one, j, text, sizeof text);
	table_set_text(w, RESETS_POINTS_SEEN, text);
	table_set_bytes(w, RESETS_SRC, back ? flow->b : flow->a, bytes);
	table_set_bytes(w, RESETS_DST, back ? flow->a : flow->b, bytes);
	table_set_int(w, RESETS_SPORT, back ? flow->b_port : flow->a_port);
	table_set_int(w, RESETS_DPORT, back ? flow->a_port : flow->b_port);
	table_set_int(w, RESETS_TCP_SEQ, one->seq);
	table_set_int(w, RESETS_TCP_ACK, one->ack);
	table_set_int(w, RESETS_TTL, one->ttl);
	table_set_text(w, RESETS_VERDICT, verdicts[one->verdict]);
	table_set_text(w, RESETS_CAUSE, reset_rules[one->cause].name);
	table_set_real(w, RESETS_CONFIDENCE, one->confidence / 100.0);
	table_set_text(w, RESETS_EVIDENCE, reset_rules[one->cause].sentence);
	return table_row(w, err);
}

enum status resets_write(const struct resets *resets, const struct judging *judging,
			 struct store *store, uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_resets, &w, err);
	uint64_t i;

	for (i = 0; i < resets->count && !status; i++)
		status = reset_row(w, &resets->list[i], judging, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
