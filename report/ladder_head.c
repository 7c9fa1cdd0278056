#include "report/ladder_head.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/ladder.h"
#include "report/wording.h"

#define HEAD_LABEL 14 /* columns of "  outcome     " */

static enum status head_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "--session");
}

/* "  outcome     failed: ...", escaped and broken. Frees the text, which may be NULL: no
 * memory. */
static enum status head_line(const struct ladder_head *h, const char *label, char *text,
			     struct error *err)
{
	char *safe = text ? wording_safe(text) : NULL, *safe_label = wording_safe(label);
	bool some = safe && safe_label;

	if (some) {
		int columns = fprintf(h->stream, "  %-*s", HEAD_LABEL - 2, safe_label);

		if (columns > HEAD_LABEL) { /* a long name has a line of its own */
			putc('\n', h->stream);
			columns = 0;
		}
		fprintf(h->stream, "%*s", HEAD_LABEL - columns, "");
		wording_wrap(h->stream, safe, HEAD_LABEL, HEAD_LABEL, LADDER_WIDTH);
	}
	free(safe);
	free(safe_label);
	free(text);
	return some ? STATUS_OK : head_memory(err);
}

static char *head_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *head_format(const char *format, ...)
{
	va_list list;
	char *text;
	int n;

	va_start(list, format);
	n = vasprintf(&text, format, list);
	va_end(list);
	return n < 0 ? NULL : text;
}

/* ---- the session ---- */

/* "[2001:db8::1]:80", or without port where there is none. */
static char *head_end(const char *address, const char *port)
{
	bool brackets = *port && strchr(address, ':');

	return head_format("%s%s%s%s%s", brackets ? "[" : "", address, brackets ? "]" : "",
			   *port ? ":" : "", port);
}

static enum status head_title(const struct ladder_head *h, struct error *err)
{
	char *const *v = h->session->facts->value;
	char *client = head_end(v[SESSIONS_CLIENT], v[SESSIONS_CLIENT_PORT]);
	char *server = head_end(v[SESSIONS_SERVER], v[SESSIONS_SERVER_PORT]);
	char *title = client && server ? head_format("Session %s: %s from %s to %s",
						     v[SESSIONS_SESSION], v[SESSIONS_PROTO],
						     client, server)
				       : NULL;
	char *safe = title ? wording_safe(title) : NULL;

	if (safe)
		fprintf(h->stream, "%s\n", safe);
	free(client);
	free(server);
	free(title);
	free(safe);
	return safe ? STATUS_OK : head_memory(err);
}

static char *head_outcome(char *const *v)
{
	return head_format("%s%s%s%s%s; state %s", v[SESSIONS_OUTCOME],
			   *v[SESSIONS_CAUSE] ? ": " : "", v[SESSIONS_CAUSE],
			   *v[SESSIONS_HOP] ? " at " : "", v[SESSIONS_HOP],
			   *v[SESSIONS_STATE] ? v[SESSIONS_STATE] : "not known");
}

static char *head_packets(char *const *v)
{
	return head_format("%s along the path, %s against it; dropped %s, injected %s, resets %s, "
			   "retransmissions %s", v[SESSIONS_PACKETS_FORWARD],
			   v[SESSIONS_PACKETS_REVERSE], v[SESSIONS_DROPPED],
			   v[SESSIONS_INJECTED], v[SESSIONS_RESETS], v[SESSIONS_RETRANSMISSIONS]);
}

/* The lengths of time that are known. */
static char *head_times(char *const *v)
{
	static const struct {
		uint8_t column;
		const char *name;
	} times[] = {
		{SESSIONS_HANDSHAKE, "handshake"}, {SESSIONS_CLIENT_TIME, "client"},
		{SESSIONS_PATH_TIME, "path"}, {SESSIONS_SERVER_TIME, "server"},
	};
	char *text = strdup("");
	size_t i;

	for (i = 0; text && i < sizeof times / sizeof times[0]; i++) {
		char *more;

		if (!*v[times[i].column])
			continue;
		more = head_format("%s%s%s %s us", text, *text ? ", " : "", times[i].name,
				   v[times[i].column]);
		free(text);
		text = more;
	}
	return text;
}

static enum status head_session(const struct ladder_head *h, struct error *err)
{
	char *const *v = h->session->facts->value;
	enum status status = head_line(h, "outcome", head_outcome(v), err);
	char *times;

	if (!status)
		status = head_line(h, "begins", head_format("%s, lasts %s s", v[SESSIONS_START],
							    v[SESSIONS_DURATION]), err);
	if (!status)
		status = head_line(h, "packets", head_packets(v), err);
	times = head_times(v);
	if (!status && (!times || *times))
		return head_line(h, "times", times, err);
	free(times);
	return status;
}

/* ---- the points ---- */

static enum status head_points(const struct ladder_head *h, struct error *err)
{
	const struct path *path = &h->all->trace->path;
	const char *before = NULL;
	enum status status = STATUS_OK;
	uint32_t stage, k;

	for (stage = 0; stage < path->stages; stage++)
		for (k = 0; k < path->points[stage] && !status; k++) {
			uint32_t p = path->point[stage][k];
			const struct ladder_point *one = &h->session->facts->point[p];
			bool same = before && one->tuple && strcmp(before, one->tuple) == 0;
			char *text = !one->tuple ? strdup("not seen here")
						 : head_format("%s%s%s",
							       same ? "the same" : one->tuple,
							       *one->difference ? "; " : "",
							       one->difference);

			status = head_line(h, h->all->trace->view->point[p].name, text, err);
			before = one->tuple ? one->tuple : before;
		}
	return status;
}

/* How exact the delays are, or that there are none. */
static enum status head_hops(const struct ladder_head *h, struct error *err)
{
	enum status status = STATUS_OK;
	char room[WORDING_ROOM];
	uint32_t hop;

	for (hop = 0; hop + 1 < h->all->trace->path.stages && !status; hop++)
		status = head_line(h, hop ? "" : "delays",
				   h->all->clocks.known[hop]
					   ? head_format("%s: +-%s", h->all->names->hop[hop],
							 wording_duration(room, h->all->clocks.error_ns[hop]))
					   : head_format("%s: not known, as the clocks are not",
							 h->all->names->hop[hop]),
				   err);
	return status;
}

/* ---- the columns ---- */

/* The tuple that a stage knows the session by, or NULL. */
static const char *head_tuple(const struct ladder_head *h, uint32_t stage)
{
	const struct path *path = &h->all->trace->path;
	uint32_t k;

	for (k = 0; k < path->points[stage]; k++)
		if (h->session->facts->point[path->point[stage][k]].tuple)
			return h->session->facts->point[path->point[stage][k]].tuple;
	return NULL;
}

/* The hops behind which the session bears another tuple. */
static uint64_t head_translations(const struct ladder_head *h)
{
	const char *before = NULL, *tuple;
	uint64_t hops = 0;
	uint32_t stage;

	for (stage = 0; stage < h->all->trace->path.stages; stage++) {
		tuple = head_tuple(h, stage);
		if (before && tuple && strcmp(before, tuple) != 0)
			hops |= (uint64_t)1 << (stage - 1);
		before = tuple ? tuple : before;
	}
	return hops;
}

/* The hops of which the two sides have connections of their own: proxies. */
static uint64_t head_proxies(const struct ladder_head *h, uint32_t session)
{
	const struct trace *t = h->all->trace;
	uint32_t connection[VIEW_POINTS_MAX] = {0}, n, stage;
	uint64_t seen = 0, hops = 0;

	if (!t->connection)
		return 0;
	for (n = t->sessions->list[session].first_node; n != UINT32_MAX; n = t->sessions->next_node[n]) {
		stage = t->path.stage[t->view->node_point[n]];
		connection[stage] = t->connection[n];
		seen |= (uint64_t)1 << stage;
	}
	for (stage = 1; stage < t->path.stages; stage++)
		if ((seen >> stage & 1) && (seen >> (stage - 1) & 1) &&
		    connection[stage] != connection[stage - 1])
			hops |= (uint64_t)1 << (stage - 1);
	return hops;
}

/* The alternative that saw the session, or all of the stage. */
static const char *head_stage(const struct ladder_head *h, uint32_t stage)
{
	const struct path *path = &h->all->trace->path;
	uint32_t k, seen = 0, point = 0;

	for (k = 0; k < path->points[stage]; k++)
		if (h->session->facts->point[path->point[stage][k]].tuple) {
			point = path->point[stage][k];
			seen++;
		}
	return seen == 1 ? h->all->trace->view->point[point].name : h->all->names->stage[stage];
}

/* A name in the columns up to the next stage; what is longer is cut. */
static enum status head_column(const struct ladder_head *h, uint32_t stage, struct error *err)
{
	bool last = stage + 1 == h->all->trace->path.stages;
	char *safe = wording_safe(head_stage(h, stage));
	uint32_t columns = 0, most = last ? LADDER_WIDTH : h->grid->step - 1;
	size_t n;

	if (!safe)
		return head_memory(err);
	for (n = 0; safe[n] && columns + (((uint8_t)safe[n] & 0xc0) != 0x80) <= most; n++)
		columns += ((uint8_t)safe[n] & 0xc0) != 0x80;
	fwrite(safe, 1, n, h->stream);
	fprintf(h->stream, "%*s", last ? 0 : (int)(h->grid->step - columns), "");
	free(safe);
	return STATUS_OK;
}

static enum status head_columns(const struct ladder_head *h, struct error *err)
{
	uint64_t proxies = head_proxies(h, h->session->session);
	uint64_t translations = head_translations(h) & ~proxies;
	enum status status = STATUS_OK;
	char line[LADDER_LINE_MAX];
	uint32_t stage;

	fprintf(h->stream, "\n%*s ", (int)h->indent - 1, "seconds");
	for (stage = 0; stage < h->all->trace->path.stages && !status; stage++)
		status = head_column(h, stage, err);
	putc('\n', h->stream);
	if (translations) {
		ladder_draw_hops(line, h->grid, translations, "NAT");
		fprintf(h->stream, "%*s%s\n", (int)h->indent, "", line);
	}
	if (proxies) {
		ladder_draw_hops(line, h->grid, proxies, "proxy");
		fprintf(h->stream, "%*s%s\n", (int)h->indent, "", line);
	}
	return status;
}

enum status ladder_head_write(const struct ladder_head *h, struct error *err)
{
	enum status status = head_title(h, err);

	if (!status)
		status = head_session(h, err);
	if (!status)
		status = head_points(h, err);
	if (!status)
		status = head_hops(h, err);
	return status ? status : head_columns(h, err);
}
