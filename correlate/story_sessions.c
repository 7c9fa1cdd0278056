/* The rows of sessions.csv. */
#include "correlate/story.h"

#include <stdio.h>

#include "correlate/emit.h"
#include "correlate/results.h"

static void session_points(const struct judging *j, const struct station *list, uint32_t count,
			   char *text, size_t room)
{
	size_t n = 0;
	uint32_t i;

	text[0] = 0;
	for (i = 0; i < count && n < room; i++)
		n += (size_t)snprintf(text + n, room - n, "%s%s", i ? "," : "",
				      j->view->point[list[i].point].name);
}

static uint64_t session_greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Packets are counted where most were seen. The points of one stage are
 * alternatives: each has a part of them. */
static void session_counts(struct table_writer *w, const struct judging *j,
			   const struct station *list, uint32_t count, uint8_t proto,
			   bool client_forward)
{
	uint64_t packets[2] = {0}, again = 0, stage_packets[2] = {0}, stage_again = 0;
	uint32_t i;
	unsigned d;

	for (i = 0; i < count; i++) {
		const struct survey_flow *f = &list[i].flow;

		if (i && j->path->stage[list[i].point] != j->path->stage[list[i - 1].point])
			stage_packets[0] = stage_packets[1] = stage_again = 0;
		stage_again += (uint64_t)f->retransmissions[0] + f->retransmissions[1];
		again = session_greater(again, stage_again);
		for (d = 0; d < 2; d++) {
			stage_packets[d] += f->packets[d];
			packets[d] = session_greater(packets[d], stage_packets[d]);
		}
	}
	table_set_int(w, SESSIONS_PACKETS_FORWARD, (int64_t)packets[!client_forward]);
	table_set_int(w, SESSIONS_PACKETS_REVERSE, (int64_t)packets[client_forward]);
	if (proto == 6)
		table_set_int(w, SESSIONS_RETRANSMISSIONS, (int64_t)again);
}

/* From one moment of a station to a later one; INT64_MIN: one was not seen, or
 * they come the other way round. */
static int64_t session_lasts(const struct judging *j, const struct station *s, int64_t from_ns,
			     int64_t to_ns)
{
	int64_t from = station_time(j, s, from_ns), to = station_time(j, s, to_ns);

	if (from == INT64_MIN || to == INT64_MIN || to < from)
		return INT64_MIN;
	return (int64_t)((uint64_t)to - (uint64_t)from);
}

/* The time between SYN and SYN-ACK at a station. */
static int64_t session_reply(const struct judging *j, const struct station *s)
{
	return session_lasts(j, s, s->flow.syn_ns, s->flow.synack_ns);
}

/* The handshake's time falls into three: the server's, which passes at the point
 * nearest to it; the path's between that point and the one nearest to the client; and the
 * client's, who has to answer there. Needs no clock: each part is of one point, or the
 * difference of two such. */
static void session_times(struct table_writer *w, const struct judging *j,
			  const struct station *list, uint32_t count, bool client_forward)
{
	const struct station *near = NULL, *far = NULL;
	uint32_t i;

	for (i = 0; i < count; i++) {
		const struct station *s = &list[client_forward ? i : count - 1 - i];

		if (session_reply(j, s) == INT64_MIN)
			continue;
		near = near ? near : s;
		far = s;
	}
	if (!near)
		return;
	table_set_int(w, SESSIONS_HANDSHAKE,
		      session_lasts(j, near, near->flow.syn_ns, near->flow.ack_ns));
	table_set_int(w, SESSIONS_CLIENT_TIME,
		      session_lasts(j, near, near->flow.synack_ns, near->flow.ack_ns));
	table_set_int(w, SESSIONS_SERVER_TIME, session_reply(j, far));
	if (far != near && session_reply(j, near) >= session_reply(j, far))
		table_set_int(w, SESSIONS_PATH_TIME,
			      session_reply(j, near) - session_reply(j, far));
}

static void session_ends(struct table_writer *w, const struct judging *j,
			 const struct station *client)
{
	struct station_ends ends = station_ends(j, client);

	table_set_bytes(w, SESSIONS_CLIENT, ends.client, ends.bytes);
	table_set_bytes(w, SESSIONS_SERVER, ends.server, ends.bytes);
	if (!ends.ports)
		return;
	table_set_int(w, SESSIONS_CLIENT_PORT, ends.client_port);
	table_set_int(w, SESSIONS_SERVER_PORT, ends.server_port);
}

static enum status session_row(struct table_writer *w, const struct stories *stories,
			       const struct judging *j, uint32_t number, struct error *err)
{
	const struct session *session = &j->sessions->list[number];
	const struct story *s = &stories->list[number];
	struct station list[VIEW_POINTS_MAX];
	uint32_t count = stories_stations(stories, j, number, list);
	char text[2 * PATH_TEXT_MAX + 2], proto[4];

	table_set_int(w, SESSIONS_SESSION, (int64_t)number + 1);
	table_set_text(w, SESSIONS_PROTO, emit_proto(session->proto, proto));
	session_ends(w, j, &list[session->client_forward ? 0 : count - 1]);
	table_set_int(w, SESSIONS_START, session->start_ns);
	table_set_int(w, SESSIONS_DURATION,
		      (int64_t)((uint64_t)session->end_ns - (uint64_t)session->start_ns));
	session_points(j, list, count, text, sizeof text);
	table_set_text(w, SESSIONS_POINTS, text);
	table_set_text(w, SESSIONS_STATE, station_state_name(s->state));
	table_set_text(w, SESSIONS_OUTCOME, session_outcome_name(s->outcome));
	table_set_text(w, SESSIONS_CAUSE, session_cause_name(s->cause));
	if (s->hop != STORY_NOWHERE) {
		emit_hop_name(j, s->hop, text, sizeof text);
		table_set_text(w, SESSIONS_HOP, text);
	}
	session_counts(w, j, list, count, session->proto, session->client_forward);
	table_set_int(w, SESSIONS_DROPPED, s->dropped);
	table_set_int(w, SESSIONS_INJECTED, s->injected);
	table_set_int(w, SESSIONS_RESETS, s->resets);
	if (session->proto == 6)
		session_times(w, j, list, count, session->client_forward);
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
		status = session_row(w, stories, judging, k, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
