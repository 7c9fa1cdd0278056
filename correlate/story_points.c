/* The rows of session_points.csv: each session at each point, and what differs
 * there from the point before. */
#include "correlate/story.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "correlate/results.h"
#include "correlate/station.h"

struct words {
	char text[1024];
	size_t size;
};

static void words_add(struct words *words, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void words_add(struct words *words, const char *format, ...)
{
	size_t room = sizeof words->text - words->size;
	va_list args;
	int n;

	if (words->size && room > 2) {
		memcpy(words->text + words->size, "; ", 3);
		words->size += 2;
		room -= 2;
	}
	va_start(args, format);
	n = vsnprintf(words->text + words->size, room, format, args);
	va_end(args);
	words->size += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void words_end(char *text, size_t room, const uint8_t *address, uint8_t bytes, bool ports,
		      uint16_t port)
{
	char name[INET6_ADDRSTRLEN];

	inet_ntop(bytes == 4 ? AF_INET : AF_INET6, address, name, sizeof name);
	if (!ports)
		snprintf(text, room, "%s", name);
	else
		snprintf(text, room, bytes == 4 ? "%s:%u" : "[%s]:%u", name, port);
}

/* What a station is held against: the stage before it on the path that saw the session. */
struct words_before {
	const struct station *station; /* of that stage, the first */
	char name[256];
	struct station_ends ends;
	uint64_t packets[2];           /* of all the stage: [0] by the client, [1] by the server */
	uint16_t marks;
};

/* Addresses are told as the client's packets meet them. */
static void words_ends(struct words *words, const struct judging *j,
		       const struct words_before *before, const struct station *here,
		       bool client_forward)
{
	struct station_ends ends = station_ends(j, here);
	const struct station_ends *a = client_forward ? &before->ends : &ends;
	const struct station_ends *b = client_forward ? &ends : &before->ends;
	char from[INET6_ADDRSTRLEN + 16], to[INET6_ADDRSTRLEN + 16];

	words_end(from, sizeof from, a->client, a->bytes, a->ports, a->client_port);
	words_end(to, sizeof to, b->client, b->bytes, b->ports, b->client_port);
	if (strcmp(from, to) != 0)
		words_add(words, "NAT: client %s -> %s", from, to);
	words_end(from, sizeof from, a->server, a->bytes, a->ports, a->server_port);
	words_end(to, sizeof to, b->server, b->bytes, b->ports, b->server_port);
	if (strcmp(from, to) != 0)
		words_add(words, "NAT: server %s -> %s", from, to);
}

static void words_packets(struct words *words, const struct words_before *before,
			  const struct station *here, bool client_forward)
{
	static const char *const ways[] = {"forward", "in reverse"};
	unsigned way;

	for (way = 0; way < 2; way++) {
		unsigned d = way ^ !client_forward;
		uint64_t now = here->flow.packets[d], then = before->packets[d];
		uint64_t n = now > then ? now - then : then - now;

		if (n)
			words_add(words, "%llu packet%s %s %s than at %s", (unsigned long long)n,
				  n == 1 ? "" : "s", now > then ? "more" : "fewer", ways[way],
				  before->name);
	}
}

/* Which RSTs were here and there. */
static void words_resets(struct words *words, const struct words_before *before,
			 const struct station *list, uint32_t count, const struct station *here)
{
	static const char *const senders[] = {"client", "server"};
	uint32_t k, seen;
	unsigned d;

	for (d = 0; d < 2; d++) {
		bool now = survey_has(&here->flow, d, SURVEY_RST);
		bool then = before->marks & (SURVEY_RST << (8 * d));

		for (seen = k = 0; k < count; k++)
			seen += survey_has(&list[k].flow, d, SURVEY_RST);
		if (now && seen == 1)
			words_add(words, "RST from the %s seen here only", senders[d]);
		else if (now && !then)
			words_add(words, "RST from the %s not seen at %s", senders[d],
				  before->name);
		else if (then && !now)
			words_add(words, "no RST from the %s", senders[d]);
	}
}

/* The words on list[at]. Of alternatives, each sees a part of the packets: theirs are
 * not compared. */
static void words_difference(struct words *words, const struct judging *j,
			     const struct station *list, uint32_t count, uint32_t at,
			     bool client_forward)
{
	const uint8_t *stage = j->path->stage;
	uint32_t here = stage[list[at].point], k;
	struct words_before before = {0};
	bool alone = true;

	for (k = 0; k < count; k++)
		alone &= k == at || stage[list[k].point] != here;
	for (k = at; k-- > 0;) {
		if (stage[list[k].point] == here)
			continue;
		if (before.station && stage[list[k].point] != stage[before.station->point])
			break;
		before.station = &list[k];
		before.packets[0] += list[k].flow.packets[0];
		before.packets[1] += list[k].flow.packets[1];
		before.marks |= list[k].flow.marks;
	}
	if (here && (!before.station || stage[before.station->point] + 1u != here)) {
		path_stage_name(j->path, j->view, here - 1, before.name, sizeof before.name);
		words_add(words, "not seen at %s", before.name);
	}
	if (!before.station)
		return;
	path_stage_name(j->path, j->view, stage[before.station->point], before.name,
			sizeof before.name);
	before.ends = station_ends(j, before.station);
	words_ends(words, j, &before, &list[at], client_forward);
	if (alone)
		words_packets(words, &before, &list[at], client_forward);
	if (j->sessions->list[j->sessions->of_node[list[at].node]].proto == 6)
		words_resets(words, &before, list, count, &list[at]);
}

static void point_counts(struct table_writer *w, const struct survey_flow *f, bool client_forward)
{
	table_set_int(w, SESSION_POINTS_PACKETS_FORWARD, f->packets[!client_forward]);
	table_set_int(w, SESSION_POINTS_PACKETS_REVERSE, f->packets[client_forward]);
	table_set_int(w, SESSION_POINTS_BYTES_FORWARD, (int64_t)f->bytes[!client_forward]);
	table_set_int(w, SESSION_POINTS_BYTES_REVERSE, (int64_t)f->bytes[client_forward]);
	table_set_int(w, SESSION_POINTS_TRUNCATED, f->truncated);
	table_set_int(w, SESSION_POINTS_BAD_CHECKSUMS, f->bad_checksums);
}

static void point_tcp(struct table_writer *w, const struct station *s)
{
	const struct survey_flow *f = &s->flow;
	int64_t handshake = station_handshake(s);

	table_set_int(w, SESSION_POINTS_SYN, f->syn);
	table_set_int(w, SESSION_POINTS_SYNACK, f->synack);
	table_set_int(w, SESSION_POINTS_FIN, f->fin);
	table_set_int(w, SESSION_POINTS_RST, f->rst);
	table_set_int(w, SESSION_POINTS_RETRANSMISSIONS,
		      (int64_t)f->retransmissions[0] + f->retransmissions[1]);
	table_set_int(w, SESSION_POINTS_ZERO_WINDOWS, f->zero_windows);
	if (handshake != INT64_MIN)
		table_set_int(w, SESSION_POINTS_HANDSHAKE, handshake);
}

static enum status point_row(struct table_writer *w, const struct judging *j, uint32_t number,
			     const struct station *list, uint32_t count, uint32_t at,
			     struct error *err)
{
	const struct session *session = &j->sessions->list[number];
	const struct station *s = &list[at];
	struct station_ends ends = station_ends(j, s);
	struct words words = {.size = 0};

	table_set_int(w, SESSION_POINTS_SESSION, (int64_t)number + 1);
	table_set_text(w, SESSION_POINTS_POINT, j->view->point[s->point].name);
	table_set_bytes(w, SESSION_POINTS_SRC, ends.client, ends.bytes);
	table_set_bytes(w, SESSION_POINTS_DST, ends.server, ends.bytes);
	if (ends.ports) {
		table_set_int(w, SESSION_POINTS_SPORT, ends.client_port);
		table_set_int(w, SESSION_POINTS_DPORT, ends.server_port);
	}
	table_set_int(w, SESSION_POINTS_FIRST, station_time(j, s, s->flow.first_ns));
	table_set_int(w, SESSION_POINTS_LAST, station_time(j, s, s->flow.last_ns));
	point_counts(w, &s->flow, session->client_forward);
	if (session->proto == 6)
		point_tcp(w, s);
	table_set_text(w, SESSION_POINTS_STATE,
		       station_state_name(station_state(s, session->proto)));
	words_difference(&words, j, list, count, at, session->client_forward);
	if (words.size)
		table_set_text(w, SESSION_POINTS_DIFFERENCE, words.text);
	return table_row(w, err);
}

enum status stories_write_points(const struct stories *stories, const struct judging *judging,
				 struct store *store, uint32_t generation, struct error *err)
{
	struct station list[VIEW_POINTS_MAX];
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_session_points, &w, err);
	uint32_t k, at, count;

	for (k = 0; k < stories->count && !status; k++) {
		count = stories_stations(stories, judging, k, list);
		for (at = 0; at < count && !status; at++)
			status = point_row(w, judging, k, list, count, at, err);
	}
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
