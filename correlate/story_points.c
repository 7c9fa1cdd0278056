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
		memcpy(words->text + words->size, ", ", 3);
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

static void words_ends(struct words *words, const struct judging *j, const struct station *before,
		       const struct station *here)
{
	struct station_ends a = station_ends(j, before), b = station_ends(j, here);
	char from[INET6_ADDRSTRLEN + 16], to[INET6_ADDRSTRLEN + 16];

	if (station_same_ends(&a, &b))
		return;
	words_end(from, sizeof from, a.client, a.bytes, a.ports, a.client_port);
	words_end(to, sizeof to, b.client, b.bytes, b.ports, b.client_port);
	if (strcmp(from, to) != 0)
		words_add(words, "client %s -> %s", from, to);
	words_end(from, sizeof from, a.server, a.bytes, a.ports, a.server_port);
	words_end(to, sizeof to, b.server, b.bytes, b.ports, b.server_port);
	if (strcmp(from, to) != 0)
		words_add(words, "server %s -> %s", from, to);
}

static void words_count(struct words *words, const char *what, const char *point, uint64_t before,
			uint64_t here)
{
	uint64_t n = here > before ? here - before : before - here;

	if (n)
		words_add(words, "%llu %s%s %s than at %s", (unsigned long long)n, what,
			  n == 1 ? "" : "s", here > before ? "more" : "fewer", point);
}

static void words_difference(struct words *words, const struct judging *j,
			     const struct station *list, uint32_t count, uint32_t at)
{
	const struct station *before = &list[at - 1], *here = &list[at];
	const char *point = j->view->point[before->point].name;
	uint32_t k, elsewhere = 0;

	words_ends(words, j, before, here);
	words_count(words, "packet", point,
		    (uint64_t)before->flow.packets[0] + before->flow.packets[1],
		    (uint64_t)here->flow.packets[0] + here->flow.packets[1]);
	words_count(words, "retransmission", point,
		    (uint64_t)before->flow.retransmissions[0] + before->flow.retransmissions[1],
		    (uint64_t)here->flow.retransmissions[0] + here->flow.retransmissions[1]);
	for (k = 0; k < count; k++)
		elsewhere += k != at && list[k].flow.rst;
	if (here->flow.rst && !elsewhere)
		words_add(words, "RST seen here only");
	else if (here->flow.rst != before->flow.rst)
		words_add(words, "%u RST instead of %u", here->flow.rst, before->flow.rst);
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
	if (at)
		words_difference(&words, j, list, count, at);
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
		count = stations_of(judging, k, list);
		for (at = 0; at < count && !status; at++)
			status = point_row(w, judging, k, list, count, at, err);
	}
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
