/* Findings: what sessions came to, by cause, service and hop, where the drops and resets of the
 * packets have not said it already; and what only shows in many sessions together.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/finding_list.h"
#include "correlate/finding_words.h"
#include "correlate/story_state.h"

#define SESSIONS_FLOOD_MIN 50u      /* half-open sessions to one service */
#define SESSIONS_FLOOD_SOURCES 10u  /* addresses that they come from */
#define SESSIONS_QUIET_NS 1000000000 /* a side that has not closed for so long does not close */
#define SESSIONS_LONG_NS 60000000000 /* a session shorter than a minute is not long */
#define SESSIONS_LONG_TIMES 10      /* so many times its service's median */
#define SESSIONS_LONG_PACKET_NS 1000000000 /* "few packets": less than one in so long */
#define SESSIONS_NONE UINT32_MAX

/* A session that is part of a finding. */
struct session_item {
	uint32_t service;      /* SESSIONS_NONE: of none */
	uint8_t find, hop;
	uint32_t session;
	int64_t lasted_ns;     /* INT64_MIN: not known */
};

/* Items that are one finding. */
struct session_group {
	const struct session_item *item;
	uint32_t count;
	int64_t longest_ns;    /* INT64_MIN: not known */
	int64_t first_ns, last_ns;
	uint8_t confidence;    /* the least, per cent */
};

/* A hop and a service that the packets' findings have named. */
struct session_said {
	uint32_t hop;
	char subject[96];
};

struct session_findings {
	struct findings *f;
	struct session_said *said;
	uint32_t saids;
	struct session_group scattered; /* of services, at the hop under way */
	uint32_t services;
	struct session_item *item;
	uint64_t items, room;
};

/* ---- what is a finding ---- */

static const uint8_t find_of_cause[SESSION_CAUSES] = {
	[SESSION_NO_CAUSE] = FIND_NOTHING,
	[SESSION_SYN_DROPPED] = FIND_SYN_DROPPED,
	[SESSION_SYNACK_LOST] = FIND_SYNACK_LOST,
	[SESSION_ACK_LOST] = FIND_ACK_LOST,
	[SESSION_SYNACK_UNANSWERED] = FIND_SYNACK_UNANSWERED,
	[SESSION_SERVER_SILENT] = FIND_SERVER_SILENT,
	[SESSION_REFUSED] = FIND_REFUSED,
	[SESSION_PORT_REUSE] = FIND_PORT_REUSE,
	/* the packets' own findings say these */
	[SESSION_RESET] = FIND_NOTHING,
	[SESSION_PATH_LOSS] = FIND_NOTHING,
	[SESSION_MTU_BLACK_HOLE] = FIND_NOTHING,
	[SESSION_SLOW_SYNACK] = FIND_SLOW_SYNACK_SERVER,
	[SESSION_PATH_DELAY] = FIND_PATH_DELAY,
	[SESSION_SERVER_SLOW] = FIND_SERVER_SLOW,
	[SESSION_CLIENT_SLOW] = FIND_CLIENT_SLOW,
	[SESSION_ZERO_WINDOW_SERVER] = FIND_ZERO_WINDOW_SERVER,
	[SESSION_ZERO_WINDOW_CLIENT] = FIND_ZERO_WINDOW_CLIENT,
	[SESSION_CHECKSUM_ERROR] = FIND_CHECKSUM_ERROR,
	[SESSION_OPTIONS_STRIPPED] = FIND_OPTIONS_STRIPPED,
	[SESSION_SACK_BROKEN] = FIND_SACK_BROKEN,
	[SESSION_HTTP_DIFFERS] = FIND_HTTP_DIFFERS,
	[SESSION_HTTP_ERROR] = FIND_HTTP_ERROR,
};

static int64_t session_quiet_ns(const struct findings *f, uint32_t session)
{
	return (int64_t)((uint64_t)f->j->end_ns -
			 (uint64_t)f->j->sessions->list[session].end_ns);
}

static bool session_fin_by_client(const struct findings *f, uint32_t session)
{
	const struct sessions *s = f->j->sessions;
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n])
		if (survey_has(&f->j->flows[n], s->client_direction[n], SURVEY_FIN))
			return true;
	return false;
}

static bool session_long(const struct findings *f, uint32_t session)
{
	const struct session *s = &f->j->sessions->list[session];
	const struct story_services *services = &f->stories->services;
	const struct survey_flow *flow = &f->j->flows[s->first_node];
	uint64_t packets = (uint64_t)flow->packets[0] + flow->packets[1];
	uint64_t lasts = (uint64_t)s->end_ns - (uint64_t)s->start_ns;
	int64_t usual = services->list[services->of[session]].duration_ns;

	return s->proto == 6 && lasts >= SESSIONS_LONG_NS && usual != INT64_MIN &&
	       lasts / SESSIONS_LONG_TIMES > (uint64_t)usual &&
	       packets < lasts / SESSIONS_LONG_PACKET_NS;
}

/* The first that holds. */
static struct session_item session_item(const struct findings *f, uint32_t session)
{
	const struct story *s = &f->stories->list[session];
	struct session_item item = {.find = find_of_cause[s->cause], .hop = s->hop,
				    .session = session, .lasted_ns = s->lasted_ns};

	if (item.find == FIND_REFUSED && s->resets)
		item.find = FIND_NOTHING;
	if (item.find == FIND_SLOW_SYNACK_SERVER && s->hop != STORY_NOWHERE)
		item.find = FIND_SLOW_SYNACK_PATH;
	if (item.find != FIND_NOTHING || s->cause != SESSION_NO_CAUSE)
		return item;
	if (s->state == SESSION_TIMEOUT && !s->dropped) {
		item.find = FIND_TIMEOUT;
	} else if (s->state == SESSION_FIN_UNANSWERED) {
		item.find = FIND_FIN_UNANSWERED;
	} else if (s->state == SESSION_HALF_CLOSED) {
		item.lasted_ns = session_quiet_ns(f, session);
		if (item.lasted_ns >= SESSIONS_QUIET_NS)
			item.find = session_fin_by_client(f, session) ? FIND_CLOSE_WAIT_SERVER
								      : FIND_CLOSE_WAIT_CLIENT;
	} else if (session_long(f, session)) {
		const struct session *of = &f->j->sessions->list[session];

		item.find = FIND_LONG_SESSION;
		item.lasted_ns = (int64_t)((uint64_t)of->end_ns - (uint64_t)of->start_ns);
	}
	return item;
}

static void sessions_gather(struct session_findings *s)
{
	struct findings *f = s->f;
	uint32_t i;

	for (i = 0; i < f->stories->count; i++) {
		struct session_item item = session_item(f, i), *list;

		if (item.find == FIND_NOTHING)
			continue;
		item.service = session_words[item.find].by_service ? f->stories->services.of[i]
								   : SESSIONS_NONE;
		list = memory_room(s->item, s->items, &s->room, sizeof *list);
		if (!list) {
			f->failed = true;
			return;
		}
		s->item = list;
		s->item[s->items++] = item;
	}
}

static int session_item_compare(const void *x, const void *y)
{
	const struct session_item *a = x, *b = y;

	if (a->find != b->find)
		return a->find < b->find ? -1 : 1;
	if (a->hop != b->hop)
		return a->hop < b->hop ? -1 : 1;
	if (a->service != b->service)
		return a->service < b->service ? -1 : 1;
	return (a->session > b->session) - (a->session < b->session);
}

/* ---- words ---- */

/* "3.1 s", "250 ms", "900 us": two digits at least. */
static void session_time(struct words *words, int64_t ns)
{
	char text[48];

	if (ns >= 1000000000)
		snprintf(text, sizeof text, "%.1f s", (double)ns / 1e9);
	else if (ns >= 10000000)
		snprintf(text, sizeof text, "%lld ms", (long long)(ns / 1000000));
	else
		snprintf(text, sizeof text, "%lld us", (long long)(ns / 1000));
	words_add(words, text);
}

static void session_count(struct words *words, uint64_t n)
{
	char text[32];

	finding_number(text, sizeof text, n);
	words_add(words, text);
}

/* A sentence with the names of the points in it: those nearest to the ends that saw the session. */
static void session_sentence(struct words *words, const struct findings *f, uint32_t session,
			     const char *text)
{
	const char *at;
	char name[256];


	while ((at = strchr(text, '{'))) {
		uint32_t node = strncmp(at, "{near}", 6) == 0 ? story_near_node(f->j, session)
							      : story_far_node(f->j, session);

		words_add_cut(words, text, (size_t)(at - text));
		path_stage_name(f->j->path, f->j->view,
				f->j->path->stage[f->j->view->node_point[node]], name, sizeof name);
		words_add(words, name);
		text = strchr(at, '}') + 1;
	}
	words_add(words, text);
}

static void session_subject(const struct findings *f, uint32_t service, char *text, size_t room)
{
	const struct story_service *s = &f->stories->services.list[service];
	struct finding_key key = {.version = s->version, .proto = s->proto, .port = s->port};

	memcpy(key.server, s->server, sizeof key.server);
	finding_server(&key, text, room);
}

static void session_text(struct finding *one, const struct findings *f,
			 const struct session_group *g)
{
	const struct session_words *w = &session_words[g->item->find];
	struct words words;
	char hop[FINDING_HOP];

	words_begin(&words);
	if (g->item->hop != STORY_NOWHERE) {
		finding_hop(f->j, g->item->hop, HOP_FORWARD, hop, sizeof hop);
		words_add(&words, hop);
		words_add(&words, ": ");
	}
	session_sentence(&words, f, g->item->session, w->what);
	if (g->longest_ns != INT64_MIN && w->lasting) {
		words_add(&words, ", ");
		words_add(&words, w->lasting);
		session_time(&words, g->longest_ns);
	}
	words_add(&words, ", in ");
	session_count(&words, g->count);
	if (w->by_service) {
		words_add(&words, " of ");
		session_count(&words, f->stories->services.list[g->item->service].sessions);
		words_add(&words, " sessions to ");
		words_add(&words, one->subject);
	} else {
		words_add(&words, g->count == 1 ? " session" : " sessions");
	}
	finding_say(one->text, &words);
}

static void session_evidence(struct finding *one, const struct findings *f,
			     const struct session_group *g)
{
	const struct session_words *w = &session_words[g->item->find];
	bool client_forward = f->j->sessions->list[g->item->session].client_forward;
	bool slow = g->item->find == FIND_SLOW_SYNACK_SERVER ||
		    g->item->find == FIND_SLOW_SYNACK_PATH;
	struct words words;
	char text[96];

	words_begin(&words);
	session_sentence(&words, f, client_forward, w->evidence);
	if (slow && f->stories->services.list[g->item->service].reply_ns != INT64_MIN) {
		words_sentence(&words, "the service's median is ");
		session_time(&words, f->stories->services.list[g->item->service].reply_ns);
	}
	if (g->confidence) {
		snprintf(text, sizeof text, "confidence %.2f", g->confidence / 100.0);
		words_sentence(&words, text);
	}
	snprintf(text, sizeof text, "for example session %lu", (unsigned long)g->item->session + 1);
	words_sentence(&words, text);
	finding_say(one->evidence, &words);
}

/* ---- floods ---- */

static int session_address_compare(const void *x, const void *y)
{
	return memcmp(x, y, 16);
}

/* From how many addresses the group's sessions come. */
static uint32_t session_sources(const struct findings *f, const struct session_group *g)
{
	uint8_t(*source)[16] = malloc(((size_t)g->count + 1) * sizeof *source);
	uint32_t i, n = 0;

	if (!source)
		return 0;
	for (i = 0; i < g->count; i++) {
		uint32_t node = story_near_node(f->j, g->item[i].session);
		const struct capture_flow *flow = &f->j->view->flow[node];

		memcpy(source[i],
		       f->j->sessions->client_direction[node] ? flow->b : flow->a, 16);
	}
	qsort(source, g->count, sizeof *source, session_address_compare);
	for (i = 0; i < g->count; i++)
		n += !i || memcmp(source[i], source[i - 1], sizeof *source) != 0;
	free(source);
	return n;
}

static bool session_flood(struct findings *f, const struct session_group *g)
{
	const struct story_service *service = &f->stories->services.list[g->item->service];
	struct words words;
	struct finding *one;
	uint32_t sources;

	if (g->count < SESSIONS_FLOOD_MIN || 2 * (uint64_t)g->count < service->sessions)
		return false;
	sources = session_sources(f, g);
	if (sources < SESSIONS_FLOOD_SOURCES)
		return false;
	one = finding_new(f, SEVERITY_HIGH, "session.syn_flood");
	if (!one)
		return true;
	session_subject(f, g->item->service, one->subject, sizeof one->subject);
	words_begin(&words);
	session_count(&words, g->count);
	words_add(&words, " of ");
	session_count(&words, service->sessions);
	words_add(&words, " sessions to ");
	words_add(&words, one->subject);
	words_add(&words, " stayed half open, from ");
	session_count(&words, sources);
	words_add(&words, " addresses within ");
	session_time(&words, g->last_ns - g->first_ns);
	finding_say(one->text, &words);
	snprintf(one->evidence, sizeof one->evidence,
		 "SYN-ACKs that nobody answered: a SYN flood with forged addresses, a scan, or clients "
		 "whose ACKs the captures do not see");
	return true;
}

/* ---- all of them ---- */

static int session_said_compare(const void *x, const void *y)
{
	const struct session_said *a = x, *b = y;

	if (a->hop != b->hop)
		return a->hop < b->hop ? -1 : 1;
	return strcmp(a->subject, b->subject);
}

/* What the packets' findings have said. */
static void sessions_said(struct session_findings *s)
{
	uint32_t i;

	s->said = calloc((size_t)s->f->count + 1, sizeof *s->said);
	if (!s->said) {
		s->f->failed = true;
		return;
	}
	s->saids = s->f->count;
	for (i = 0; i < s->saids; i++) {
		s->said[i].hop = s->f->list[i].hop;
		memcpy(s->said[i].subject, s->f->list[i].subject, sizeof s->said[i].subject);
	}
	qsort(s->said, s->saids, sizeof *s->said, session_said_compare);
}

/* Whether the packets' findings name this service at this hop. */
static bool session_said(const struct session_findings *s, const struct session_group *g)
{
	struct session_said key = {.hop = g->item->hop};

	session_subject(s->f, g->item->service, key.subject, sizeof key.subject);
	return bsearch(&key, s->said, s->saids, sizeof key, session_said_compare);
}

static void session_frame(struct finding *one, const struct session_group *g)
{
	one->count = g->count;
	one->first_ns = g->first_ns;
	one->last_ns = g->last_ns;
	if (g->item->hop != STORY_NOWHERE)
		one->hop = g->item->hop;
}

/* Most sessions of a service: that is the service's. Some: that is loss. */
static bool session_mostly(const struct findings *f, const struct session_group *g)
{
	return 2 * (uint64_t)g->count >= f->stories->services.list[g->item->service].sessions;
}

/* What some sessions of many services met with at a hop. */
static void session_scattered(struct session_findings *s)
{
	const struct session_group *g = &s->scattered;
	struct finding *one;
	char hop[FINDING_HOP], count[32], services[32];

	if (!g->count)
		return;
	one = finding_new(s->f, SEVERITY_MEDIUM, session_words[g->item->find].kind);
	if (one) {
		finding_hop(s->f->j, g->item->hop, HOP_FORWARD, hop, sizeof hop);
		finding_number(count, sizeof count, g->count);
		finding_number(services, sizeof services, s->services);
		snprintf(one->text, sizeof one->text, "%s: %s, in %s session%s to %s service%s", hop,
			 session_words[g->item->find].what, count, finding_plural(g->count),
			 services, finding_plural(s->services));
		session_evidence(one, s->f, g);
		session_frame(one, g);
	}
	s->scattered.count = s->services = 0;
}

static void session_scatter(struct session_findings *s, const struct session_group *g)
{
	struct session_group *all = &s->scattered;

	if (!all->count) {
		*all = *g;
	} else {
		all->count += g->count;
		all->first_ns = g->first_ns < all->first_ns ? g->first_ns : all->first_ns;
		all->last_ns = g->last_ns > all->last_ns ? g->last_ns : all->last_ns;
		all->confidence = g->confidence < all->confidence ? g->confidence : all->confidence;
	}
	s->services++;
}

static void session_finding(struct session_findings *s, const struct session_group *g)
{
	const struct session_words *w = &session_words[g->item->find];
	struct findings *f = s->f;
	struct finding *one;
	uint32_t mine;

	if (s->scattered.count && (s->scattered.item->find != g->item->find ||
				   s->scattered.item->hop != g->item->hop))
		session_scattered(s);
	if (w->by_drops && !session_mostly(f, g)) {
		session_scatter(s, g);
		return;
	}
	if ((w->by_drops && session_said(s, g)) || finding_said_by_changes(f, g->item->hop, g->item->find))
		return;
	findings_bound(f);
	mine = f->count;
	if (g->item->find != FIND_SYNACK_UNANSWERED || !session_flood(f, g)) {
		one = finding_new(f, w->severity, w->kind);
		if (!one)
			return;
		if (w->by_service)
			session_subject(f, g->item->service, one->subject, sizeof one->subject);
		if (w->severity == SEVERITY_HIGH && w->by_service && !session_mostly(f, g))
			one->severity = SEVERITY_MEDIUM;
		session_text(one, f, g);
		session_evidence(one, f, g);
	}
	if (f->count > mine)
		session_frame(&f->list[mine], g);
}

/* The items that belong with the first; returns how many. */
static uint64_t session_group(const struct session_findings *s, uint64_t from,
			      struct session_group *g)
{
	const struct findings *f = s->f;
	uint64_t to;

	*g = (struct session_group){.item = &s->item[from], .longest_ns = INT64_MIN,
				    .first_ns = INT64_MAX, .last_ns = INT64_MIN,
				    .confidence = UINT8_MAX};
	for (to = from; to < s->items; to++) {
		const struct session_item *item = &s->item[to];
		const struct session *session = &f->j->sessions->list[item->session];
		const struct story *story = &f->stories->list[item->session];

		if (item->find != g->item->find || item->hop != g->item->hop ||
		    item->service != g->item->service)
			break;
		g->longest_ns = item->lasted_ns > g->longest_ns ? item->lasted_ns : g->longest_ns;
		g->first_ns = session->start_ns < g->first_ns ? session->start_ns : g->first_ns;
		g->last_ns = session->end_ns > g->last_ns ? session->end_ns : g->last_ns;
		g->confidence =
			story->confidence < g->confidence ? story->confidence : g->confidence;
	}
	g->count = (uint32_t)(to - from);
	return to - from;
}

void findings_of_sessions(struct findings *f)
{
	struct session_findings s = {.f = f};
	struct session_group g;
	uint64_t from;

	sessions_said(&s);
	sessions_gather(&s);
	if (s.items)
		qsort(s.item, s.items, sizeof *s.item, session_item_compare);
	for (from = 0; from < s.items && !f->failed;) {
		from += session_group(&s, from, &g);
		session_finding(&s, &g);
	}
	session_scattered(&s);
	free(s.said);
	free(s.item);
}
