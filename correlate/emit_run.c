#include "correlate/emit.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/holding.h"
#include "collect/packet.h"
#include "collect/terminal.h"
#include "correlate/change.h"
#include "correlate/change_field.h"
#include "correlate/dossier.h"
#include "correlate/emit_clock.h"
#include "correlate/names.h"
#include "correlate/results.h"

#define RUN_VALUE_MAX PATH_TEXT_MAX /* the longest is the path, then a filter */

struct emit_run {
	const struct emit_run_source *source;
	const struct judging *j;
	struct table_writer *w;
	enum status status;     /* the first failure; nothing is written behind it */
	struct error *err;
};

static void run_put(struct emit_run *run, const char *key, const char *of, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A row; the key is "KEY", or "KEY.OF". */
static void run_put(struct emit_run *run, const char *key, const char *of, const char *format, ...)
{
	char name[2 * PATH_TEXT_MAX], value[RUN_VALUE_MAX];
	va_list list;

	if (run->status)
		return;
	va_start(list, format);
	vsnprintf(value, sizeof value, format, list);
	va_end(list);
	snprintf(name, sizeof name, "%s%s%s", key, *of ? "." : "", of);
	table_set_text(run->w, RUN_KEY, name);
	table_set_text(run->w, RUN_VALUE, value);
	run->status = table_row(run->w, run->err);
}

/* A number in units of 10^digits, with that many decimals: exact, and without a locale. */
static void run_put_decimal(struct emit_run *run, const char *key, const char *of, bool plus,
			    int64_t value, int digits)
{
	int64_t one = digits == 9 ? 1000000000 : 1000;
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

	run_put(run, key, of, "%s%llu.%0*llu", value < 0 ? "-" : plus ? "+" : "",
		(unsigned long long)(size / (uint64_t)one), digits,
		(unsigned long long)(size % (uint64_t)one));
}

/* ---- how it was asked ---- */

/* What the store does not hold: see collect/holding.h. */
static void run_held(struct emit_run *run)
{
	struct store_header header = {.holds = STORE_HOLDS_ALL};
	char check[HOLDING_CHECK_ROOM];

	if (!run->status)
		run->status = store_header_get(run->j->view->txn, &header, run->err);
	if (header.holds == STORE_HOLDS_NO_PAYLOAD)
		run_put(run, "payload", "", "%s", "no");
	if (header.holds != STORE_HOLDS_ALIASES)
		return;
	run_put(run, "anonymized", "", "%s", "yes");
	run_put(run, "anonymized_key_check", "", "%s",
		holding_check_text(check, header.key_check));
}

/* In whole nanoseconds where it has any: the same run can be made again from these rows. */
static void run_tmax(struct emit_run *run, int64_t tmax_ns)
{
	if (tmax_ns % 1000)
		run_put(run, "tmax_ms", "", "%lld.%06lld", (long long)(tmax_ns / 1000000),
			(long long)(tmax_ns % 1000000));
	else
		run_put_decimal(run, "tmax_ms", "", false, tmax_ns / 1000, 3);
}

static void run_asked(struct emit_run *run)
{
	const struct correlate_options *options = run->source->options;
	const struct judging *j = run->j;
	uint32_t i;

	run_put(run, "version", "", "%s", CROSSTAP_VERSION);
	run_put(run, "path", "", "%s", j->path->text);
	run_put(run, "path_evidence", "", "%s", j->path->evidence);
	run_put(run, "path_doubt", "", "%s", j->path->doubt);
	run_put(run, "points", "", "%u", j->view->points);
	run_tmax(run, options->tmax_ns);
	run_put(run, "clock_reference", "", "%s", j->view->point[j->meeting->reference].name);
	for (i = 0; i < options->clocks; i++)
		run_put_decimal(run, "clock_given", options->clock[i].point, true,
				options->clock[i].offset_ns, 9);
	if (run->source->policy) {
		run_put(run, "expect", "", "%s", run->source->policy->file);
		run_put(run, "expect_sha256", "", "%s", run->source->policy->sha256);
		run_put(run, "expect_rows", "", "%u", run->source->policy->rows);
	}
	run_put(run, "csv_version", "", "%d", RESULTS_CSV_VERSION);
	run_put(run, "store_version", "", "%d", STORE_VERSION);
	run_put(run, "captures", "", "%u", j->view->captures);
	run_held(run);
}

/* ---- the clocks ---- */

static void run_clock(struct emit_run *run, uint32_t p)
{
	struct emit_clock clock = emit_clock_of_point(run->j, &run->source->clock[p], p);
	const char *name = run->j->view->point[p].name;

	run_put_decimal(run, "clock_offset_us", name, false, clock.offset_ns, 3);
	run_put_decimal(run, "clock_skew_ppm", name, false, llround(clock.skew * 1e9), 3);
	if (clock.known)
		run_put_decimal(run, "clock_error_us", name, false, clock.error_ns, 3);
	else
		run_put(run, "clock_error_us", name, "%s", "");
	if (clock.steps)
		run_put(run, "clock_steps", name, "%u", clock.steps);
}

static void run_clocks(struct emit_run *run)
{
	const struct path *path = run->j->path;
	uint32_t s, k;

	for (s = 0; s < path->stages; s++)
		for (k = 0; k < path->points[s]; k++)
			run_clock(run, path->point[s][k]);
}

/* ---- what was taken of the captures ---- */

static void run_time(struct emit_run *run, const char *key, const char *of, int64_t time_ns)
{
	char text[TERMINAL_TIME_MAX];

	run_put(run, key, of, "%s", terminal_time(text, time_ns));
}

static void run_capture(struct emit_run *run, const struct capture *c, uint32_t row)
{
	char of[16];

	snprintf(of, sizeof of, "%u", row);
	if (*c->filter)
		run_put(run, "capture_filter", of, "%s", c->filter);
	if (c->start_ns != INT64_MIN)
		run_time(run, "capture_start", of, c->start_ns);
	if (c->end_ns != INT64_MAX)
		run_time(run, "capture_end", of, c->end_ns);
}

/* The points in the order of the manifest: those on the path, then the others. */
static uint32_t run_points(struct emit_run *run, uint32_t point[VIEW_POINTS_MAX])
{
	const struct path *path = run->j->path;
	uint32_t s, k, p, points = 0;

	for (s = 0; s < path->stages; s++)
		for (k = 0; k < path->points[s]; k++)
			point[points++] = path->point[s][k];
	for (p = 0; p < run->j->view->points; p++)
		if (path->stage[p] == PATH_OFF)
			point[points++] = p;
	return points;
}

static int run_compare(const void *x, const void *y)
{
	return capture_compare(*(const struct capture *const *)x, *(const struct capture *const *)y);
}

static void run_captures(struct emit_run *run, const uint32_t *point, uint32_t points)
{
	const struct view *view = run->j->view;
	const struct capture **list = calloc((size_t)view->captures + 1, sizeof *list);
	uint32_t k, c, row = 0;

	if (!list) {
		run->status = error_errno(run->err, ENOMEM, "captures");
		return;
	}
	for (k = 0; k < points; k++) {
		const struct view_point *p = &view->point[point[k]];

		for (c = 0; c < p->captures; c++)
			list[c] = &view->capture[p->first_capture + c];
		if (p->captures)
			qsort(list, p->captures, sizeof *list, run_compare);
		for (c = 0; c < p->captures; c++)
			run_capture(run, list[c], ++row);
	}
	free(list);
}

/* ---- what could not be compared, and why ---- */

static void run_excluded_of(struct emit_run *run, uint32_t point)
{
	static const char *const keys[PACKET_KINDS] = {
		[PACKET_NON_IP] = "excluded_no_ip",
		[PACKET_LINK_SCOPE] = "excluded_link_scope",
		[PACKET_MALFORMED] = "excluded_malformed",
		[PACKET_CUT] = "excluded_cut",
		[PACKET_UNKNOWN_LINK] = "excluded_unknown_link",
	};
	const struct view_point *p = &run->j->view->point[point];
	uint64_t kinds[PACKET_KINDS] = {0}, filtered = 0;
	uint32_t c, k;

	for (c = p->first_capture; c < p->first_capture + p->captures; c++) {
		filtered += run->j->view->capture[c].filtered;
		for (k = 0; k < PACKET_KINDS; k++)
			kinds[k] += run->j->view->capture[c].kinds[k];
	}
	for (k = 0; k < PACKET_KINDS; k++)
		if (keys[k] && kinds[k])
			run_put(run, keys[k], p->name, "%llu", (unsigned long long)kinds[k]);
	if (filtered)
		run_put(run, "excluded_filter", p->name, "%llu", (unsigned long long)filtered);
}

/* Comparable ones, of sessions that take another way: a hop's, of both its sides. */
static void run_excluded_at(struct emit_run *run, uint32_t hop)
{
	const struct hop_result *r = &run->source->verdicts->hop[hop];
	char name[2 * PATH_TEXT_MAX];
	uint64_t packets = 0;
	uint32_t p, d;

	for (d = 0; d < HOP_NO_DIRECTION; d++)
		for (p = 0; p < run->j->view->points; p++)
			packets += r->account[d][p].verdict[VERDICT_EXCLUDED];
	emit_hop_name(run->j, hop, name, sizeof name);
	if (packets)
		run_put(run, "excluded_other_way", name, "%llu", (unsigned long long)packets);
}

/* ---- the sums ---- */

static bool run_closes(const struct account *a)
{
	uint64_t sum = 0;
	uint32_t v;

	for (v = 0; v < VERDICTS; v++)
		sum += a->verdict[v];
	return sum == a->packets;
}

static void run_balance(struct emit_run *run)
{
	const struct path *path = run->j->path;
	uint32_t rows = 0, open = 0, h, d, s, k;

	for (h = 0; h < run->source->verdicts->hops; h++)
		for (d = 0; d < HOP_DIRECTIONS; d++)
			for (s = h; s <= h + 1; s++)
				for (k = 0; k < path->points[s]; k++, rows++)
					open += !run_closes(&run->source->verdicts->hop[h]
								    .account[d][path->point[s][k]]);
	run_put(run, "balanced", "", "%s", open ? "no" : "yes");
	run_put(run, "balance_rows", "", "%u", rows);
	run_put(run, "balance_rows_open", "", "%u", open);
}

/* ---- limits that were hit ---- */

/* Of a session that has more at one point the middle is not read. */
static uint64_t run_long_sessions(const struct judging *j)
{
	uint64_t sessions = 0;
	uint32_t s, n;

	for (s = 0; s < j->sessions->count; s++) {
		uint64_t packets[VIEW_POINTS_MAX] = {0}, most = 0;

		if (sessions_records(j->sessions, j->flows, s) <= DOSSIER_PACKETS_MAX)
			continue;
		for (n = j->sessions->list[s].first_node; n != UINT32_MAX;
		     n = j->sessions->next_node[n]) {
			uint64_t *here = &packets[j->view->node_point[n]];

			*here += (uint64_t)j->flows[n].packets[0] + j->flows[n].packets[1];
			most = *here > most ? *here : most;
		}
		sessions += most > DOSSIER_PACKETS_MAX;
	}
	return sessions;
}

static uint64_t run_gathered_changes(const struct verdicts *v)
{
	uint32_t h, d, i, count;
	uint64_t rows = 0;

	for (h = 0; h < v->hops; h++)
		for (d = 0; d < HOP_NO_DIRECTION; d++) {
			const struct change_row *row = changes_rows(v->hop[h].changes[d], &count);

			for (i = 0; i < count; i++)
				rows += strcmp(row[i].to, CHANGE_OTHERS) == 0;
		}
	return rows;
}

static uint64_t run_full_drop_places(const struct view *view)
{
	uint64_t captures = 0;
	uint32_t c;

	for (c = 0; c < view->captures; c++)
		captures += view->capture[c].drop_places == CAPTURE_DROPS_MAX;
	return captures;
}

/* A row for each limit that took something away. */
static void run_limits(struct emit_run *run)
{
	const struct judging *j = run->j;
	const struct {
		const char *key;
		uint64_t count;
	} limits[] = {
		{"limit_findings_gathered", run->source->findings_gathered},
		{"limit_changes_gathered", run_gathered_changes(run->source->verdicts)},
		{"limit_sessions_unread", run->source->stories->unread},
		{"limit_sessions_cut", run_long_sessions(j)},
		{"limit_contents_left_out", contents_left_out(j->contents)},
		{"limit_capture_drops", run_full_drop_places(j->view)},
	};
	size_t i;

	for (i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (limits[i].count)
			run_put(run, limits[i].key, "", "%llu",
				(unsigned long long)limits[i].count);
}

enum status emit_run(const struct emit_run_source *source, struct store *store,
		     uint32_t generation, struct error *err)
{
	struct emit_run run = {.source = source, .j = source->judging, .err = err};
	uint32_t point[VIEW_POINTS_MAX], points, k;

	run.status = table_begin(store, generation, &results_run, &run.w, err);
	points = run_points(&run, point);
	run_asked(&run);
	run_clocks(&run);
	run_captures(&run, point, points);
	for (k = 0; k < points; k++)
		run_excluded_of(&run, point[k]);
	for (k = 0; k < source->verdicts->hops; k++)
		run_excluded_at(&run, k);
	run_balance(&run);
	run_limits(&run);
	if (!run.status)
		run.status = table_finish(&run.w, err);
	table_abort(&run.w);
	return run.status;
}
