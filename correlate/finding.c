#include "correlate/finding.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/packet.h"
#include "correlate/cause.h"
#include "correlate/emit.h"
#include "correlate/results.h"

#define FINDING_TEXT 768
#define FINDING_LOSS_HIGH 100 /* one packet in so many lost is serious */

enum severity { SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO };
static const char *const severity_names[] = {"high", "medium", "low", "info"};

/* What packets must share to be one finding. */
struct finding_key {
	uint8_t what;      /* enum finding_what */
	uint8_t hop, direction, cause;
	uint8_t version, proto;
	uint16_t port;
	uint8_t server[16]; /* zero where the finding is not about a service */
};

enum finding_what { FINDING_DROPS, FINDING_RESETS, FINDING_INJECTED, FINDING_REFUSED };

/* One packet of a finding. */
struct finding_item {
	struct finding_key key;
	int64_t time_ns;
	uint32_t session;
	bool opening;      /* a SYN */
};

struct finding {
	uint8_t severity;
	char kind_text[48];
	uint32_t hop;      /* UINT32_MAX: of no hop */
	int direction;     /* -1: of none */
	char subject[96];
	uint64_t count;
	int64_t first_ns, last_ns;
	char text[FINDING_TEXT], evidence[FINDING_TEXT];
	uint32_t order;    /* in which it was made */
};

struct findings {
	const struct judging *j;
	const struct verdicts *v;
	struct finding_item *item;
	uint64_t items, item_room;
	struct finding *list;
	uint32_t count, room;
	bool failed;
};

/* ---- gathering ---- */

static void finding_item_add(struct findings *f, const struct finding_item *item)
{
	if (f->items == f->item_room) {
		uint64_t room = f->item_room ? 2 * f->item_room : 1024;
		struct finding_item *grown = realloc(f->item, room * sizeof *grown);

		if (!grown) {
			f->failed = true;
			return;
		}
		f->item = grown;
		f->item_room = room;
	}
	f->item[f->items++] = *item;
}

static void finding_service(struct finding_key *key, const struct judging *j, uint32_t node)
{
	const struct capture_flow *flow = &j->view->flow[node];
	struct session_service service = sessions_service(j->sessions, flow, node);

	memcpy(key->server, service.server, 16);
	key->port = service.port;
	key->version = flow->version;
	key->proto = flow->proto;
}

/* Causes that are about a service rather than about the hop as a whole. */
static bool finding_by_service(uint8_t cause)
{
	return cause == DROP_POLICY || cause == DROP_RESET_BY_HOP || cause == DROP_STATE;
}

static void findings_gather(struct findings *f, const struct resets *resets)
{
	uint64_t i;

	for (i = 0; i < f->v->odds && !f->failed; i++) {
		const struct odd *odd = &f->v->odd[i];
		struct finding_item item = {.time_ns = odd->time_ns, .session = odd->session};

		if (odd->verdict == VERDICT_DROPPED)
			item.key.what = FINDING_DROPS;
		else if (odd->verdict == VERDICT_INJECTED &&
			 !(odd->proto == 6 && (odd->flags & PACKET_TCP_RST)))
			item.key.what = FINDING_INJECTED;
		else
			continue;
		item.key.hop = odd->hop;
		item.key.direction = odd->direction;
		item.key.cause = odd->cause;
		item.opening = odd->proto == 6 && (odd->flags & PACKET_TCP_SYN) &&
			       !(odd->flags & PACKET_TCP_ACK);
		if (item.key.what == FINDING_DROPS && finding_by_service(odd->cause))
			finding_service(&item.key, f->j, odd->way >> 1);
		finding_item_add(f, &item);
	}
	for (i = 0; i < resets->count && !f->failed; i++) {
		const struct reset *r = &resets->list[i];
		struct finding_item item = {.time_ns = r->time_ns, .session = r->session};

		item.key.cause = r->cause;
		if (r->verdict == RESET_INJECTED) {
			item.key.what = FINDING_RESETS;
			item.key.hop = r->hop;
			item.key.direction = r->cause == RESET_BOTH_SIDES_INJECTED
						     ? HOP_NO_DIRECTION
						     : r->direction;
		} else if (r->cause == RESET_CLOSED_PORT) {
			item.key.what = FINDING_REFUSED;
			finding_service(&item.key, f->j, r->way >> 1);
		} else {
			continue;
		}
		finding_item_add(f, &item);
	}
}

static int finding_item_compare(const void *x, const void *y)
{
	const struct finding_item *a = x, *b = y;
	int by = memcmp(&a->key, &b->key, sizeof a->key);

	if (by)
		return by;
	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

/* ---- words ---- */

static void finding_number(char *text, size_t room, uint64_t n)
{
	char digits[32];
	size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), i, k;

	for (i = k = 0; i < length && k + 2 < room; i++) {
		if (i && (length - i) % 3 == 0)
			text[k++] = ',';
		text[k++] = digits[i];
	}
	text[k] = 0;
}

static void finding_server(const struct finding_key *key, char *text, size_t room)
{
	char address[INET6_ADDRSTRLEN], number[4];

	inet_ntop(key->version == 4 ? AF_INET : AF_INET6, key->server, address, sizeof address);
	if (!key->port)
		snprintf(text, room, "%s %s", emit_proto(key->proto, number), address);
	else if (key->proto == 6)
		snprintf(text, room, key->version == 4 ? "%s:%u" : "[%s]:%u", address, key->port);
	else
		snprintf(text, room, key->version == 4 ? "%s %s:%u" : "%s [%s]:%u",
			 emit_proto(key->proto, number), address, key->port);
}

/* "fw-in > fw-out", in the direction of travel. */
static void finding_hop(const struct judging *j, uint32_t hop, int direction, char *text,
			size_t room)
{
	char from[256], to[256];

	path_stage_name(j->path, j->view, direction == HOP_REVERSE ? hop + 1 : hop, from,
			sizeof from);
	path_stage_name(j->path, j->view, direction == HOP_REVERSE ? hop : hop + 1, to, sizeof to);
	snprintf(text, room, "%s > %s", from, to);
}

static struct finding *finding_new(struct findings *f, enum severity severity, const char *kind)
{
	struct finding *one;

	if (f->count == f->room) {
		uint32_t room = f->room ? 2 * f->room : 64;
		struct finding *grown = realloc(f->list, room * sizeof *grown);

		if (!grown) {
			f->failed = true;
			return NULL;
		}
		f->list = grown;
		f->room = room;
	}
	one = &f->list[f->count];
	memset(one, 0, sizeof *one);
	one->severity = (uint8_t)severity;
	snprintf(one->kind_text, sizeof one->kind_text, "%s", kind);
	one->hop = UINT32_MAX;
	one->direction = -1;
	one->first_ns = one->last_ns = TABLE_INT_UNKNOWN;
	one->order = f->count++;
	return one;
}

struct finding_group {
	const struct finding_item *item;
	uint64_t count, openings;
	uint32_t sessions;
	int64_t first_ns, last_ns;
};

/* What passed and what was offered at a hop in a direction. */
static uint64_t finding_offered(const struct findings *f, uint32_t hop, unsigned direction)
{
	uint32_t stage = direction == HOP_REVERSE ? hop + 1 : hop, k;
	uint64_t n = 0;

	for (k = 0; k < f->j->path->points[stage]; k++) {
		const struct account *a =
			&f->v->hop[hop].account[direction][f->j->path->point[stage][k]];

		n += a->packets - a->verdict[VERDICT_COPIES];
	}
	return n;
}

static const char *finding_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void finding_drops(struct findings *f, const struct finding_group *g)
{
	const struct finding_key *key = &g->item->key;
	const char *cause = drop_cause_name(key->cause);
	uint64_t offered = finding_offered(f, key->hop, key->direction);
	char kind[48], hop[560], count[32], of[32], sessions[32], other[256];
	enum severity severity = SEVERITY_MEDIUM;
	struct finding *one;

	snprintf(kind, sizeof kind, "drop.%s", cause);
	if (finding_by_service(key->cause) || key->cause == DROP_MTU || key->cause == DROP_BURST ||
	    g->count * FINDING_LOSS_HIGH >= offered)
		severity = SEVERITY_HIGH;
	one = finding_new(f, severity, kind);
	if (!one)
		return;
	finding_hop(f->j, key->hop, key->direction, hop, sizeof hop);
	path_stage_name(f->j->path, f->j->view,
			key->direction == HOP_REVERSE ? key->hop : key->hop + 1u, other,
			sizeof other);
	finding_number(count, sizeof count, g->count);
	finding_number(of, sizeof of, offered);
	finding_number(sessions, sizeof sessions, g->sessions);
	if (finding_by_service(key->cause)) {
		const char *what = g->openings == g->count ? (g->count == 1 ? "a SYN" : "all SYNs")
				   : g->openings		   ? "SYNs and others"
								   : "none of them a SYN";

		finding_server(key, one->subject, sizeof one->subject);
		if (key->proto != 6)
			snprintf(one->text, sizeof one->text,
				 "%s dropped %s packet%s of %s", hop, count,
				 finding_plural(g->count), one->subject);
		else
			snprintf(one->text, sizeof one->text,
				 "%s dropped %s packet%s, %s %s %s", hop, count,
				 finding_plural(g->count), what,
				 key->direction == HOP_FORWARD || g->openings ? "to" : "of",
				 one->subject);
		snprintf(one->evidence, sizeof one->evidence,
			 key->cause == DROP_POLICY
				 ? "nothing of that service and direction reached %s (%s session%s)"
			 : key->cause == DROP_RESET_BY_HOP
				 ? "%s has no copy, and the hop answered in its place (%s session%s)"
				 : "%s has no copy, and no handshake of theirs was seen (%s session%s)",
			 other, sessions, finding_plural(g->sessions));
	} else {
		snprintf(one->text, sizeof one->text,
			 "%s dropped %s of %s packets (%.2f %%): %s, in %s session%s", hop, count, of,
			 offered ? 100.0 * (double)g->count / (double)offered : 0.0, cause, sessions,
			 finding_plural(g->sessions));
		snprintf(one->evidence, sizeof one->evidence,
			 "no copy at %s; each packet's own evidence is in drops.csv", other);
	}
	one->hop = key->hop;
	one->direction = key->direction;
}

static void finding_resets(struct findings *f, const struct finding_group *g)
{
	const struct finding_key *key = &g->item->key;
	const char *cause = reset_cause_name(key->cause);
	char kind[48], hop[560], count[32], sessions[32];
	struct finding *one;

	snprintf(kind, sizeof kind, "rst.%s", cause);
	one = finding_new(f, SEVERITY_HIGH, kind);
	if (!one)
		return;
	finding_hop(f->j, key->hop, key->direction, hop, sizeof hop);
	finding_number(count, sizeof count, g->count);
	finding_number(sessions, sizeof sessions, g->sessions);
	snprintf(one->text, sizeof one->text,
		 key->cause == RESET_FIREWALL_REJECT
			 ? "%s rejected %s connection attempt%s with a RST of its own, in %s session%s"
		 : key->cause == RESET_BOTH_SIDES_INJECTED
			 ? "%s cut sessions: %s RST%s injected, to both ends of %s session%s"
			 : "%s injected %s RST%s, in %s session%s",
		 hop, count, finding_plural(g->count), sessions, finding_plural(g->sessions));
	snprintf(one->evidence, sizeof one->evidence,
		 "each RST is seen on its receiver's side of the hop only");
	one->hop = key->hop;
	one->direction = key->direction == HOP_NO_DIRECTION ? -1 : key->direction;
}

static void finding_injected(struct findings *f, const struct finding_group *g)
{
	struct finding *one = finding_new(f, SEVERITY_MEDIUM, "injected");
	const struct finding_key *key = &g->item->key;
	char hop[560], count[32];

	if (!one)
		return;
	finding_hop(f->j, key->hop, key->direction, hop, sizeof hop);
	finding_number(count, sizeof count, g->count);
	snprintf(one->text, sizeof one->text,
		 "%s injected %s packet%s in the name of hosts that did not send them", hop, count,
		 finding_plural(g->count));
	snprintf(one->evidence, sizeof one->evidence,
		 "seen on one side only, with a TTL unlike their flows'");
	one->hop = key->hop;
	one->direction = key->direction;
}

static void finding_refused(struct findings *f, const struct finding_group *g)
{
	struct finding *one = finding_new(f, SEVERITY_MEDIUM, "rst.closed_port");
	char count[32];

	if (!one)
		return;
	finding_server(&g->item->key, one->subject, sizeof one->subject);
	finding_number(count, sizeof count, g->count);
	snprintf(one->text, sizeof one->text, "%s refused %s connection attempt%s itself",
		 one->subject, count, finding_plural(g->count));
	snprintf(one->evidence, sizeof one->evidence,
		 "the RST comes from the server's end of the path: no socket listens, or its own firewall rejects");
}

static void findings_group(struct findings *f)
{
	static void (*const make[])(struct findings *, const struct finding_group *) = {
		[FINDING_DROPS] = finding_drops,
		[FINDING_RESETS] = finding_resets,
		[FINDING_INJECTED] = finding_injected,
		[FINDING_REFUSED] = finding_refused,
	};
	uint64_t from, to;

	if (f->items)
		qsort(f->item, f->items, sizeof *f->item, finding_item_compare);
	for (from = 0; from < f->items && !f->failed; from = to) {
		struct finding_group g = {.item = &f->item[from], .first_ns = INT64_MAX,
					  .last_ns = INT64_MIN};
		uint32_t before = f->count;

		for (to = from; to < f->items && memcmp(&f->item[to].key, &g.item->key,
							sizeof g.item->key) == 0; to++) {
			const struct finding_item *item = &f->item[to];

			g.sessions += to == from || item->session != item[-1].session;
			g.openings += item->opening;
			g.first_ns = item->time_ns < g.first_ns ? item->time_ns : g.first_ns;
			g.last_ns = item->time_ns > g.last_ns ? item->time_ns : g.last_ns;
		}
		g.count = to - from;
		make[g.item->key.what](f, &g);
		if (f->count > before) {
			f->list[before].count = g.count;
			f->list[before].first_ns = g.first_ns;
			f->list[before].last_ns = g.last_ns;
		}
	}
}

/* ---- what the hops' own counts say ---- */

static uint64_t finding_verdicts(const struct findings *f, uint32_t hop, unsigned direction,
				 bool upstream, enum verdict verdict)
{
	uint32_t stage = (direction == HOP_FORWARD) == upstream ? hop : hop + 1, k;
	uint64_t n = 0;

	for (k = 0; k < f->j->path->points[stage]; k++)
		n += f->v->hop[hop]
			     .account[direction][f->j->path->point[stage][k]]
			     .verdict[verdict];
	return n;
}

static void finding_count(struct findings *f, uint32_t hop, unsigned direction,
			  enum severity severity, const char *kind, uint64_t count,
			  const char *format, const char *evidence)
{
	struct finding *one = count ? finding_new(f, severity, kind) : NULL;
	char name[560], number[32];

	if (!one)
		return;
	finding_hop(f->j, hop, (int)direction, name, sizeof name);
	finding_number(number, sizeof number, count);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(one->text, sizeof one->text, format, name, number, finding_plural(count));
#pragma GCC diagnostic pop
	snprintf(one->evidence, sizeof one->evidence, "%s", evidence);
	one->count = count;
	one->hop = hop;
	one->direction = (int)direction;
}

/* No answer is better than "nothing was dropped" where nothing was compared. */
static void finding_nothing_matched(struct findings *f, uint32_t hop)
{
	uint64_t matched = finding_verdicts(f, hop, HOP_FORWARD, true, VERDICT_MATCHED) +
			   finding_verdicts(f, hop, HOP_REVERSE, true, VERDICT_MATCHED);
	struct finding *one;
	char name[560];

	if (matched)
		return;
	one = finding_new(f, SEVERITY_HIGH, "hop.unmatched");
	if (!one)
		return;
	finding_hop(f->j, hop, HOP_FORWARD, name, sizeof name);
	snprintf(one->text, sizeof one->text,
		 "%s: no packet was matched, so nothing can be said of this hop", name);
	snprintf(one->evidence, sizeof one->evidence,
		 "a clock that was given, the path, or the span of the captures may be wrong");
	one->hop = hop;
}

static void findings_hops(struct findings *f)
{
	uint32_t h, d;

	for (h = 0; h < f->v->hops; h++)
		finding_nothing_matched(f, h);
	for (h = 0; h < f->v->hops; h++)
		for (d = 0; d < 2; d++) {
			const struct hop_result *r = &f->v->hop[h];

			finding_count(f, h, d, SEVERITY_LOW, "duplicated",
				      finding_verdicts(f, h, d, false, VERDICT_DUPLICATED),
				      "%s duplicated %s packet%s",
				      "the same bytes twice behind the hop, once before it");
			finding_count(f, h, d, SEVERITY_LOW, "capture.uncaptured",
				      finding_verdicts(f, h, d, true, VERDICT_UNCAPTURED) +
					      finding_verdicts(f, h, d, false, VERDICT_UNCAPTURED),
				      "%s: a capture lost %s packet%s that passed",
				      "TCP acknowledges them, or a point farther on has them");
			finding_count(f, h, d, SEVERITY_INFO, "reordered", r->reordered[d],
				      "%s reordered %s packet%s", "RFC 4737, within a session");
			finding_count(f, h, d, SEVERITY_INFO, "modified", r->modified[d],
				      "%s changed header fields of %s packet%s",
				      "DSCP, ECN, flags, window, IP ID or payload differ");
			finding_count(f, h, d, SEVERITY_INFO, "ambiguous",
				      finding_verdicts(f, h, d, true, VERDICT_AMBIGUOUS),
				      "%s: %s identical packet%s cannot be told apart",
				      "closer together than the hop's delay varies");
		}
	if (f->j->path->doubt[0]) {
		struct finding *one = finding_new(f, SEVERITY_MEDIUM, "path.doubt");

		if (one)
			snprintf(one->text, sizeof one->text, "the given path is doubtful: %s",
				 f->j->path->doubt);
	}
}

/* ---- rows ---- */

static int finding_compare(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;

	if (a->severity != b->severity)
		return a->severity - b->severity;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static enum status finding_row(struct table_writer *w, const struct finding *one, uint32_t rank,
			       const struct judging *j, struct error *err)
{
	char hop[PATH_TEXT_MAX];

	table_set_int(w, FINDINGS_RANK, rank);
	table_set_text(w, FINDINGS_SEVERITY, severity_names[one->severity]);
	table_set_text(w, FINDINGS_KIND, one->kind_text);
	if (one->hop != UINT32_MAX) {
		emit_hop_name(j, one->hop, hop, sizeof hop);
		table_set_text(w, FINDINGS_HOP, hop);
	}
	if (one->direction >= 0)
		table_set_text(w, FINDINGS_DIRECTION, hop_direction_name(one->direction));
	if (one->subject[0])
		table_set_text(w, FINDINGS_SUBJECT, one->subject);
	table_set_int(w, FINDINGS_COUNT, (int64_t)one->count);
	table_set_int(w, FINDINGS_FIRST, one->first_ns);
	table_set_int(w, FINDINGS_LAST, one->last_ns);
	table_set_text(w, FINDINGS_TEXT, one->text);
	table_set_text(w, FINDINGS_EVIDENCE, one->evidence);
	return table_row(w, err);
}

enum status findings_write(const struct judging *judging, const struct verdicts *verdicts,
			   const struct resets *resets, const struct stories *stories,
			   struct store *store, uint32_t generation, struct error *err)
{
	struct findings f = {.j = judging, .v = verdicts};
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_findings, &w, err);
	uint32_t i;

	findings_gather(&f, resets);
	findings_group(&f);
	findings_hops(&f);
	if (!status && f.failed)
		status = error_errno(err, ENOMEM, "findings");
	if (f.count)
		qsort(f.list, f.count, sizeof *f.list, finding_compare);
	for (i = 0; i < f.count && !status; i++)
		status = finding_row(w, &f.list[i], i + 1, judging, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	free(f.item);
	free(f.list);
	return status;
}
