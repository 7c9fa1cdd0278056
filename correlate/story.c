#include "correlate/story.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/emit.h"
#include "correlate/results.h"
#include "correlate/station.h"

#define STORY_NOWHERE UINT8_MAX

enum story_cause {
	STORY_NONE,
	STORY_SYN_DROPPED,
	STORY_SYNACK_LOST,
	STORY_SERVER_SILENT,
	STORY_SYNACK_UNANSWERED,
	STORY_REFUSED,
	STORY_RESET,
	STORY_PATH_LOSS,
	STORY_UNANSWERED,
	STORY_CAUSES
};

static const char *const story_causes[STORY_CAUSES] = {
	[STORY_NONE] = NULL,
	[STORY_SYN_DROPPED] = "syn_dropped",
	[STORY_SYNACK_LOST] = "synack_lost",
	[STORY_SERVER_SILENT] = "server_silent",
	[STORY_SYNACK_UNANSWERED] = "synack_unanswered",
	[STORY_REFUSED] = "refused",
	[STORY_RESET] = "reset",
	[STORY_PATH_LOSS] = "path_loss",
	[STORY_UNANSWERED] = "server_silent",
};

const char *session_outcome_name(enum session_outcome outcome)
{
	static const char *const names[OUTCOMES] = {"failed", "aborted", "degraded", "open", "ok"};

	return names[outcome];
}

/* ---- what the packets without a partner add ---- */

/* Per session: the hop that dropped most of it, and what of the handshake died. */
struct story_loss {
	uint32_t dropped;          /* at that hop */
	uint8_t hop, syn_hop, synack_hop, reset_hop;
	bool syn, synack;          /* dropped somewhere */
};

static void story_count_odd(struct story *story, struct story_loss *loss, const struct odd *odd)
{
	bool syn = odd->proto == 6 && (odd->flags & 0x02), ack = odd->flags & 0x10;

	if (odd->verdict == VERDICT_INJECTED)
		story->injected++;
	if (odd->verdict != VERDICT_DROPPED)
		return;
	story->dropped++;
	if (syn && !ack) {
		loss->syn = true;
		loss->syn_hop = odd->hop;
	}
	if (syn && ack) {
		loss->synack = true;
		loss->synack_hop = odd->hop;
	}
	/* odd packets come hop by hop: the hop with most of them so far is kept */
	if (loss->hop != odd->hop || !loss->dropped) {
		if (loss->dropped > 1)
			return;
		loss->hop = odd->hop;
		loss->dropped = 0;
	}
	loss->dropped++;
}

/* ---- one session ---- */

struct story_facts {
	const struct judging *j;
	const struct session *session;
	const struct station *station;
	uint32_t stations;
	const struct station *client, *server; /* nearest to each end */
	const struct story_loss *loss;
	uint8_t state;
};

static void story_set(struct story *s, enum session_outcome outcome, enum story_cause cause,
		      uint8_t hop)
{
	s->outcome = (uint8_t)outcome;
	s->cause = (uint8_t)cause;
	s->hop = hop;
}

/* The place of the silence is the answer. */
static void story_of_silence(struct story *s, const struct story_facts *f)
{
	if (f->loss->syn)
		story_set(s, OUTCOME_FAILED, STORY_SYN_DROPPED, f->loss->syn_hop);
	else if (f->loss->synack)
		story_set(s, OUTCOME_FAILED, STORY_SYNACK_LOST, f->loss->synack_hop);
	else if (f->client->flow.synack)
		story_set(s, OUTCOME_FAILED, STORY_SYNACK_UNANSWERED, STORY_NOWHERE);
	else
		story_set(s, OUTCOME_FAILED, STORY_SERVER_SILENT, STORY_NOWHERE);
}

static void story_of_tcp(struct story *s, const struct story_facts *f)
{
	const struct survey_flow *client = &f->client->flow, *server = &f->server->flow;
	bool opened = client->syn || server->syn;
	bool established = survey_has(client, 0, SURVEY_PLAIN) &&
			   survey_has(server, 1, SURVEY_PLAIN);

	if (opened && !established && (client->rst || server->rst))
		story_set(s, OUTCOME_FAILED, STORY_REFUSED, f->loss->reset_hop);
	else if (opened && !established)
		story_of_silence(s, f);
	else if (f->state == STATE_RESET)
		story_set(s, OUTCOME_ABORTED, STORY_RESET, f->loss->reset_hop);
	else if (s->dropped)
		story_set(s, OUTCOME_DEGRADED, STORY_PATH_LOSS, f->loss->hop);
	else
		story_set(s, f->state == STATE_CLOSED ? OUTCOME_OK : OUTCOME_OPEN, STORY_NONE,
			  STORY_NOWHERE);
}

static void story_of_others(struct story *s, const struct story_facts *f)
{
	bool answered = f->state == STATE_ANSWERED;

	if (!answered && s->dropped)
		story_set(s, OUTCOME_FAILED, STORY_PATH_LOSS, f->loss->hop);
	else if (s->dropped)
		story_set(s, OUTCOME_DEGRADED, STORY_PATH_LOSS, f->loss->hop);
	else
		story_set(s, OUTCOME_OK, STORY_NONE, STORY_NOWHERE);
}

static void story_of(struct story *s, const struct judging *j, uint32_t number,
		     const struct story_loss *loss)
{
	struct station station[VIEW_POINTS_MAX];
	struct story_facts f = {.j = j, .session = &j->sessions->list[number], .station = station,
				.loss = loss};

	f.stations = stations_of(j, number, station);
	f.client = &station[f.session->client_forward ? 0 : f.stations - 1];
	f.server = &station[f.session->client_forward ? f.stations - 1 : 0];
	f.state = (uint8_t)station_state(f.client, f.session->proto);
	/* what only the server's side saw of the end counts, too */
	if (f.session->proto == 6 && f.state == STATE_OPEN)
		f.state = (uint8_t)station_state(f.server, f.session->proto);
	s->state = f.state;
	if (f.session->proto == 6)
		story_of_tcp(s, &f);
	else
		story_of_others(s, &f);
}

enum status stories_tell(struct stories **out, const struct judging *j,
			 const struct verdicts *v, const struct resets *resets, struct error *err)
{
	struct stories *s = calloc(1, sizeof *s);
	size_t n = (size_t)j->sessions->count + 1;
	struct story_loss *loss = memory_zeroed(n, sizeof *loss);
	uint64_t i;
	uint32_t k;

	*out = s;
	if (s)
		s->list = memory_zeroed(n, sizeof *s->list);
	if (!s || !s->list || !loss) {
		free(loss);
		stories_free(out);
		return error_errno(err, ENOMEM, "sessions");
	}
	s->count = j->sessions->count;
	for (k = 0; k < s->count; k++)
		loss[k].reset_hop = STORY_NOWHERE;
	for (i = 0; i < v->odds; i++)
		story_count_odd(&s->list[v->odd[i].session], &loss[v->odd[i].session], &v->odd[i]);
	for (i = 0; i < resets->count; i++) {
		s->list[resets->list[i].session].resets++;
		if (resets->list[i].hop != UINT8_MAX)
			loss[resets->list[i].session].reset_hop = resets->list[i].hop;
	}
	for (k = 0; k < s->count; k++)
		story_of(&s->list[k], j, k, &loss[k]);
	free(loss);
	return STATUS_OK;
}

void stories_free(struct stories **stories)
{
	if (*stories)
		free((*stories)->list);
	free(*stories);
	*stories = NULL;
}

/* ---- rows of sessions.csv ---- */

static void story_points(const struct judging *j, const struct station *station, uint32_t count,
			 char *text, size_t room)
{
	size_t n = 0;
	uint32_t k;

	text[0] = 0;
	for (k = 0; k < count && n < room; k++)
		n += (size_t)snprintf(text + n, room - n, "%s%s", k ? "," : "",
				      j->view->point[station[k].point].name);
}

static void story_counts(struct table_writer *w, const struct station *station, uint32_t count,
			 bool client_forward)
{
	uint32_t packets[2] = {0, 0}, again = 0, k, d;

	for (k = 0; k < count; k++) {
		const struct survey_flow *f = &station[k].flow;
		uint32_t sum = f->retransmissions[0] + f->retransmissions[1];

		again = sum > again ? sum : again;
		for (d = 0; d < 2; d++)
			packets[d] = f->packets[d] > packets[d] ? f->packets[d] : packets[d];
	}
	table_set_int(w, SESSIONS_PACKETS_FORWARD, packets[!client_forward]);
	table_set_int(w, SESSIONS_PACKETS_REVERSE, packets[client_forward]);
	table_set_int(w, SESSIONS_RETRANSMISSIONS, again);
}

static void story_times(struct table_writer *w, const struct station *client,
			const struct station *server)
{
	const struct survey_flow *c = &client->flow, *s = &server->flow;
	int64_t handshake = station_handshake(client);
	int64_t reply = c->syn_ns == INT64_MIN || c->synack_ns == INT64_MIN ? INT64_MIN
									    : c->synack_ns - c->syn_ns;

	if (handshake != INT64_MIN) {
		table_set_int(w, SESSIONS_HANDSHAKE, handshake);
		if (c->synack_ns != INT64_MIN)
			table_set_int(w, SESSIONS_CLIENT_TIME, c->ack_ns - c->synack_ns);
	}
	if (s == c || s->syn_ns == INT64_MIN || s->synack_ns == INT64_MIN)
		return;
	table_set_int(w, SESSIONS_SERVER_TIME, s->synack_ns - s->syn_ns);
	/* with retransmitted SYNs the two would not belong together */
	if (reply != INT64_MIN && reply >= s->synack_ns - s->syn_ns)
		table_set_int(w, SESSIONS_PATH_TIME, reply - (s->synack_ns - s->syn_ns));
}

static enum status story_row(struct table_writer *w, const struct story *s,
			     const struct judging *j, uint32_t number, struct error *err)
{
	const struct session *session = &j->sessions->list[number];
	struct station station[VIEW_POINTS_MAX];
	const struct station *client, *server;
	uint32_t count = stations_of(j, number, station);
	char text[PATH_TEXT_MAX], proto[4];
	struct station_ends ends;

	client = &station[session->client_forward ? 0 : count - 1];
	server = &station[session->client_forward ? count - 1 : 0];
	ends = station_ends(j, client);
	table_set_int(w, SESSIONS_SESSION, (int64_t)number + 1);
	table_set_text(w, SESSIONS_PROTO, emit_proto(session->proto, proto));
	table_set_bytes(w, SESSIONS_CLIENT, ends.client, ends.bytes);
	table_set_bytes(w, SESSIONS_SERVER, ends.server, ends.bytes);
	if (ends.ports) {
		table_set_int(w, SESSIONS_CLIENT_PORT, ends.client_port);
		table_set_int(w, SESSIONS_SERVER_PORT, ends.server_port);
	}
	table_set_int(w, SESSIONS_START, session->start_ns);
	table_set_int(w, SESSIONS_DURATION, session->end_ns - session->start_ns);
	story_points(j, station, count, text, sizeof text);
	table_set_text(w, SESSIONS_POINTS, text);
	table_set_text(w, SESSIONS_STATE, station_state_name(s->state));
	table_set_text(w, SESSIONS_OUTCOME, session_outcome_name(s->outcome));
	table_set_text(w, SESSIONS_CAUSE, story_causes[s->cause]);
	if (s->hop != STORY_NOWHERE && s->cause != STORY_NONE) {
		emit_hop_name(j, s->hop, text, sizeof text);
		table_set_text(w, SESSIONS_HOP, text);
	}
	story_counts(w, station, count, session->client_forward);
	table_set_int(w, SESSIONS_DROPPED, s->dropped);
	table_set_int(w, SESSIONS_INJECTED, s->injected);
	table_set_int(w, SESSIONS_RESETS, s->resets);
	if (session->proto == 6)
		story_times(w, client, server);
	table_set_text(w, SESSIONS_TRANSLATED, session->translated ? "yes" : "no");
	return table_row(w, err);
}

enum status stories_write_sessions(const struct stories *stories, const struct judging *judging,
				   struct store *store, uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_sessions, &w, err);
	uint32_t k;

	for (k = 0; k < stories->count && !status; k++)
		status = story_row(w, &stories->list[k], judging, k, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
