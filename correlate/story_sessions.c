/* The rows of sessions.csv. */
#include "correlate/story.h"

#include <stdio.h>
#include <string.h>

#include "correlate/emit.h"
#include "correlate/names.h"
#include "correlate/results.h"
#include "correlate/story_state.h"

/* What the rows have in common. */
struct session_rows {
	struct table_writer *w;
	const struct stories *stories;
	const struct judging *j;
	struct names *names;
	uint32_t count;                  /* points of the session before, and their names */
	uint8_t point[VIEW_POINTS_MAX];
	char points[PATH_TEXT_MAX];
};

/* Most sessions pass the points that the one before has passed. */
static bool session_points_again(const struct session_rows *rows, const struct station *list,
				 uint32_t count)
{
	uint32_t i;

	if (count != rows->count)
		return false;
	for (i = 0; i < count; i++)
		if (rows->point[i] != list[i].point)
			return false;
	return true;
}

static void session_points(struct session_rows *rows, const struct station *list, uint32_t count)
{
	size_t n = 0, room = sizeof rows->points;
	uint32_t i;

	if (session_points_again(rows, list, count))
		return;
	rows->count = count;
	rows->points[0] = 0;
	for (i = 0; i < count; i++) {
		rows->point[i] = (uint8_t)list[i].point;
		if (n < room)
			n += (size_t)snprintf(rows->points + n, room - n, "%s%s", i ? "," : "",
					      rows->j->view->point[list[i].point].name);
	}
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

/* INT64_MIN is TABLE_INT_UNKNOWN. */
static void session_times(struct table_writer *w, const struct story *s)
{
	table_set_int(w, SESSIONS_HANDSHAKE, s->handshake_ns);
	table_set_int(w, SESSIONS_CLIENT_TIME, s->client_ns);
	table_set_int(w, SESSIONS_PATH_TIME, s->path_ns);
	table_set_int(w, SESSIONS_SERVER_TIME, s->server_ns);
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

/* What the point nearest to the client read in the clear. */
static void session_content(struct table_writer *w, const struct judging *j, uint32_t number,
			    uint32_t point)
{
	char name[UINT8_MAX + 1];
	struct content_story story;
	uint16_t version;
	unsigned d;

	if (!contents_at(j->contents, j->sessions, number, point, &story))
		return;
	if (content_status(&story))
		table_set_int(w, SESSIONS_HTTP_STATUS, content_status(&story));
	if (story.name.bytes) {
		memcpy(name, story.name.text, story.name.bytes);
		name[story.name.bytes] = 0;
		table_set_text(w, SESSIONS_NAME, name);
	}
	version = story.tls_chosen ? story.tls_chosen : story.tls_offered;
	if (content_tls_name(version))
		table_set_constant(w, SESSIONS_TLS_VERSION, content_tls_name(version));
	for (d = 0; d < 2; d++)
		if (story.alert[d].seen && content_alert_name(story.alert[d].description)) {
			table_set_constant(w, SESSIONS_TLS_ALERT,
					   content_alert_name(story.alert[d].description));
			return;
		}
}

static enum status session_row(struct session_rows *rows, uint32_t number, struct error *err)
{
	const struct judging *j = rows->j;
	const struct session *session = &j->sessions->list[number];
	const struct story *s = &rows->stories->list[number];
	struct table_writer *w = rows->w;
	struct station list[VIEW_POINTS_MAX];
	uint32_t count = stories_stations(rows->stories, j, number, list);
	const struct station *client = &list[session->client_forward ? 0 : count - 1];
	char number_text[4];

	table_set_int(w, SESSIONS_SESSION, (int64_t)number + 1);
	/* ICMP may be ICMPv6 elsewhere: the protocol as the client speaks it, like its address */
	table_set_text(w, SESSIONS_PROTO,
		       emit_proto(j->view->flow[client->node].proto, number_text));
	session_ends(w, j, client);
	table_set_int(w, SESSIONS_START, session->start_ns);
	table_set_int(w, SESSIONS_DURATION,
		      (int64_t)((uint64_t)session->end_ns - (uint64_t)session->start_ns));
	session_points(rows, list, count);
	table_set_text(w, SESSIONS_POINTS, rows->points);
	table_set_constant(w, SESSIONS_STATE, session_state_name(s->state));
	table_set_constant(w, SESSIONS_OUTCOME, session_outcome_name(s->outcome));
	table_set_constant(w, SESSIONS_CAUSE, session_cause_name(s->cause));
	if (s->hop != STORY_NOWHERE)
		table_set_constant(w, SESSIONS_HOP, rows->names->hop[s->hop]);
	session_counts(w, j, list, count, session->proto, session->client_forward);
	table_set_int(w, SESSIONS_DROPPED, s->dropped);
	table_set_int(w, SESSIONS_INJECTED, s->injected);
	table_set_int(w, SESSIONS_RESETS, s->resets);
	if (session->proto == 6)
		session_times(w, s);
	table_set_constant(w, SESSIONS_TRANSLATED, session->translated ? "yes" : "no");
	session_content(w, j, number, list[session->client_forward ? 0 : count - 1].point);
	return table_row(w, err);
}

enum status stories_write_sessions(const struct stories *stories, const struct judging *judging,
				   struct store *store, uint32_t generation, struct error *err)
{
	struct session_rows rows = {.stories = stories, .j = judging};
	enum status status = names_make(&rows.names, judging->path, judging->view, err);
	uint32_t k;

	if (!status)
		status = table_begin(store, generation, &results_sessions, &rows.w, err);
	for (k = 0; k < stories->count && !status; k++)
		status = session_row(&rows, k, err);
	if (!status)
		status = table_finish(&rows.w, err);
	table_abort(&rows.w);
	names_free(&rows.names);
	return status;
}
