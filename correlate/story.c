#include "correlate/story.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "correlate/reject.h"
#include "correlate/story_look.h"
#include "correlate/story_rules.h"
#include "correlate/story_state.h"
#include "correlate/tasks.h"

#define STORY_TCP 6
#define STORY_PARTS 64u         /* of the sessions, for threads to share */
#define STORY_DELAYS_LEAST 10u  /* packets: fewer show no delay of a session's */
#define STORY_MISSED_TIMES 5    /* a capture that misses 1 % of the packets takes 5 % off what it proves */
#define STORY_SEEN_LEAST 40

/* What stories are told from. */
struct storying {
	const struct judging *j;
	const struct verdicts *v;
	struct stories *stories;
	struct story_facts facts;
	struct rejects rejects;
	struct story_stripped *stripped;   /* by session, or NULL */
	struct story_slow_times slow;
	uint8_t seen_percent;
};

/* ---- one session ---- */

static uint32_t story_more(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint16_t story_more_16(uint16_t a, uint16_t b)
{
	return a > b ? a : b;
}

/* What any of the stations saw; of what is counted, as many as one of them saw. */
static struct survey_flow story_whole(const struct station *list, uint32_t count)
{
	struct survey_flow whole = list[0].flow;
	uint32_t i;
	unsigned d;

	for (i = 1; i < count; i++) {
		const struct survey_flow *f = &list[i].flow;

		whole.marks |= f->marks;
		for (d = 0; d < 2; d++) {
			whole.packets[d] = story_more(whole.packets[d], f->packets[d]);
			whole.retransmissions[d] =
				story_more(whole.retransmissions[d], f->retransmissions[d]);
		}
		whole.syn = story_more_16(whole.syn, f->syn);
		whole.synack = story_more_16(whole.synack, f->synack);
		whole.fin = story_more_16(whole.fin, f->fin);
		whole.rst = story_more_16(whole.rst, f->rst);
		whole.zero_windows = story_more_16(whole.zero_windows, f->zero_windows);
		whole.bad_checksums = story_more_16(whole.bad_checksums, f->bad_checksums);
	}
	return whole;
}

static bool story_again(const struct judging *j, uint32_t session)
{
	uint32_t n;

	for (n = j->sessions->list[session].first_node; n != UINT32_MAX;
	     n = j->sessions->next_node[n])
		if (j->view->flow[n].generation)
			return true;
	return false;
}

/* Silence behind the session's last packet, in which something should have come. */
static bool story_went_quiet(const struct story_case *c)
{
	return (uint64_t)c->j->end_ns - (uint64_t)c->session->end_ns >= STORY_WAIT_NS;
}

/* What of it only its packets can tell. */
static uint8_t story_suspect(const struct storying *t, const struct story_case *c)
{
	const struct survey_flow *w = c->whole;
	bool lasts = (uint64_t)c->session->end_ns - (uint64_t)c->session->start_ns >=
		     STORY_WAIT_NS;
	bool talks = survey_has(w, 0, SURVEY_DATA) || survey_has(w, 1, SURVEY_DATA);
	bool lives = c->state == SESSION_OPEN || c->state == SESSION_MID_STREAM;
	uint8_t suspect = 0;

	if (!c->tcp || c->pending)
		return 0;
	if (w->zero_windows && lasts)
		suspect |= SUSPECT_WINDOW;
	if (c->state == SESSION_HALF_CLOSED || (c->state == SESSION_CLOSED && w->fin > 2))
		suspect |= SUSPECT_FIN;
	if (lives && w->retransmissions[0] + w->retransmissions[1] >= 2 && story_went_quiet(c))
		suspect |= SUSPECT_VAIN;
	if (w->bad_checksums)
		suspect |= SUSPECT_CHECKSUM;
	if (c->again && (w->syn > 1 || w->rst))
		suspect |= SUSPECT_REUSE;
	if (talks && (lasts || (survey_has(w, 0, SURVEY_DATA) && lives && story_went_quiet(c))))
		suspect |= SUSPECT_SLOW;
	if (t->slow.count && w->packets[0] + w->packets[1] >= STORY_DELAYS_LEAST &&
	    story_slow_times_hold(&t->slow, c->session->start_ns, c->session->end_ns))
		suspect |= SUSPECT_DELAY;
	return suspect;
}

static void story_keep_times(struct story *story, const struct story_times *times)
{
	story->handshake_ns = times->handshake_ns;
	story->client_ns = times->client_ns;
	story->path_ns = times->path_ns;
	story->server_ns = times->server_ns;
}

static void story_tell(const struct storying *t, uint32_t number, const struct story_note *note)
{
	const struct judging *j = t->j;
	const struct session *session = &j->sessions->list[number];
	const struct story_services *services = &t->stories->services;
	struct story *story = &t->stories->list[number];
	uint32_t last = session->client_forward ? j->path->stages - 1 : 0, count, i;
	struct station list[VIEW_POINTS_MAX];
	struct story_times times;
	struct survey_flow whole;
	struct story_case c = {.j = j, .v = t->v, .session = session, .number = number,
			       .fact = story_facts_of(&t->facts, number), .note = note,
			       .service = &services->list[services->of[number]],
			       .times = &times, .whole = &whole,
			       .tcp = session->proto == STORY_TCP,
			       .seen_percent = t->seen_percent};

	count = stories_stations(t->stories, j, number, list);
	whole = story_whole(list, count);
	times = story_times(j, list, c.tcp ? count : 0, session->client_forward);
	c.near = &list[session->client_forward ? 0 : count - 1].flow;
	c.far = &list[session->client_forward ? count - 1 : 0].flow;
	for (i = 0; i < count; i++)
		c.at_server |= j->path->stage[list[i].point] == last &&
			       survey_has(&list[i].flow, 0, SURVEY_SYN);
	/* the client sends nothing but SYN and RST before it has a SYN-ACK */
	c.pending = c.tcp && survey_has(&whole, 0, SURVEY_SYN) &&
		    !survey_has(&whole, 0, SURVEY_PLAIN);
	c.silent = !c.tcp && !survey_has(c.near, 1, SURVEY_PLAIN);
	c.rejected = (c.pending || c.silent) &&
		     rejects_have(&t->rejects, j, &list[session->client_forward ? 0 : count - 1]);
	c.again = c.tcp && story_again(j, number);
	if (t->stripped)
		c.stripped = t->stripped[number];
	story->state = c.state = (uint8_t)session_state(&whole, note, session->proto);
	story->dropped = c.fact->dropped;
	story->injected = c.fact->injected;
	story->resets = c.fact->resets;
	story_keep_times(story, &times);
	story_judge(story, &c);
	story->suspect = story_suspect(t, &c);
}

uint32_t stories_stations(const struct stories *stories, const struct judging *judging,
			  uint32_t session, struct station *list)
{
	uint32_t count = stations_of(judging, session, list);

	story_copies_take_off(stories->copies, judging, session, list, count);
	return count;
}

/* ---- all of them ---- */

/* Some of the sessions, told by one of the threads. */
struct story_part {
	const struct storying *t;
	uint32_t from, to;
};

static void story_part_tell(void *argument)
{
	static const struct story_note nothing;
	const struct story_part *part = argument;
	uint32_t i;

	for (i = part->from; i < part->to; i++)
		story_tell(part->t, i, &nothing);
}

/* No session's story depends on another's. */
static void storying_tell(const struct storying *t, unsigned threads)
{
	struct story_part part[STORY_PARTS];
	struct task task[STORY_PARTS];
	uint64_t count = t->stories->count;
	uint32_t k;

	for (k = 0; k < STORY_PARTS; k++) {
		part[k] = (struct story_part){t, (uint32_t)(count * k / STORY_PARTS),
					      (uint32_t)(count * (k + 1) / STORY_PARTS)};
		task[k] = (struct task){story_part_tell, &part[k]};
	}
	tasks_run(task, STORY_PARTS, threads);
}

/* A session's SYN-ACK, as its client had to wait for it; or how long the session lasted. */
static int64_t storying_value(const void *user, uint32_t session, unsigned which)
{
	const struct storying *t = user;
	const struct story *s = &t->stories->list[session];
	const struct session *of = &t->j->sessions->list[session];

	if (which)
		return (int64_t)((uint64_t)of->end_ns - (uint64_t)of->start_ns);
	return s->server_ns == INT64_MIN || s->path_ns == INT64_MIN ? s->server_ns
								    : s->server_ns + s->path_ns;
}

/* Once it is known what is usual, some were slow; and some were looked at. */
static enum status storying_tell_again(struct storying *t, const struct dossier_source *source,
				       struct error *err)
{
	static const struct story_note nothing;
	struct stories *stories = t->stories;
	struct story_looks looks;
	uint32_t i, k = 0;
	enum status status = story_services_usual(&stories->services, stories->count,
						  storying_value, t, err);

	if (status)
		return status;
	status = story_looks_take(&looks, stories, t->j, t->v, source, err);
	for (i = 0; i < stories->count && !status; i++) {
		int64_t usual = stories->services.list[stories->services.of[i]].reply_ns;

		if (k < looks.count && looks.session[k] == i)
			story_tell(t, i, &looks.note[k++]);
		else if (usual != INT64_MIN && storying_value(t, i, 0) > usual + STORY_DELAY_LEAST_NS)
			story_tell(t, i, &nothing);
	}
	stories->unread = looks.passed_over;
	story_looks_free(&looks);
	return status;
}

/* How much of what it ought to have the worst capture has, for what rests on its silence. */
static uint8_t storying_seen(const struct verdicts *v, const struct path *path)
{
	uint64_t missed[VIEW_POINTS_MAX] = {0}, had[VIEW_POINTS_MAX] = {0}, worst = 0;
	uint32_t h, s, k;
	unsigned d;

	for (h = 0; h < v->hops; h++)
		for (s = h; s <= h + 1; s++)
			for (k = 0; k < path->points[s]; k++)
				for (d = 0; d < 2; d++) {
					const struct account *a =
						&v->hop[h].account[d][path->point[s][k]];

					had[s] += a->packets;
					missed[2 * h + 1 - s] += a->verdict[VERDICT_UNCAPTURED];
				}
	for (s = 0; s < path->stages; s++)
		if (missed[s] && missed[s] * 100 * STORY_MISSED_TIMES / (missed[s] + had[s]) > worst)
			worst = missed[s] * 100 * STORY_MISSED_TIMES / (missed[s] + had[s]);
	return worst > 100 - STORY_SEEN_LEAST ? STORY_SEEN_LEAST : (uint8_t)(100 - worst);
}

static enum status storying_begin(struct storying *t, const struct resets *resets,
				  struct error *err)
{
	uint32_t count = t->j->sessions->count;
	enum status status;

	t->stories->count = count;
	t->stories->list = memory_take(t->j->view->memory, (size_t)count + 1,
				       sizeof *t->stories->list);
	if (!t->stories->list)
		return memory_fail(t->j->view->memory, err, "stories");
	t->seen_percent = storying_seen(t->v, t->j->path);
	status = story_facts_gather(&t->facts, t->j, t->v, resets, err);
	if (!status)
		status = story_copies_count(&t->stories->copies, t->j, t->v, err);
	if (!status)
		status = rejects_find(&t->rejects, t->j, err);
	if (!status)
		status = story_options_find(&t->stripped, t->j, err);
	if (!status)
		status = story_slow_times_find(&t->slow, t->v, t->j, err);
	if (!status)
		status = story_services_find(&t->stories->services, t->j, err);
	return status;
}

enum status stories_tell(struct stories **out, const struct judging *judging,
			 const struct verdicts *verdicts, const struct resets *resets,
			 const struct dossier_source *source, unsigned threads, struct error *err)
{
	struct storying t = {.j = judging, .v = verdicts};
	enum status status;

	t.stories = *out = calloc(1, sizeof **out);
	if (!t.stories)
		return error_errno(err, ENOMEM, "stories");
	t.stories->verdicts = verdicts;
	status = storying_begin(&t, resets, err);
	if (!status) {
		storying_tell(&t, threads);
		status = storying_tell_again(&t, source, err);
	}
	story_facts_free(&t.facts);
	rejects_free(&t.rejects);
	free(t.stripped);
	free(t.slow.span);
	if (status)
		stories_free(out);
	return status;
}

void stories_free(struct stories **stories)
{
	if (!*stories)
		return;
	story_services_free(&(*stories)->services);
	memory_give((*stories)->list);
	free((*stories)->copies);
	free(*stories);
	*stories = NULL;
}

/* ---- names ---- */

const char *session_outcome_name(enum session_outcome outcome)
{
	static const char *const names[OUTCOMES] = {"failed", "aborted", "degraded", "open", "ok"};

	return names[outcome];
}

const char *session_cause_name(enum session_cause cause)
{
	static const char *const names[SESSION_CAUSES] = {
		[SESSION_NO_CAUSE] = NULL,
		[SESSION_SYN_DROPPED] = "syn_dropped",
		[SESSION_SYNACK_LOST] = "synack_lost",
		[SESSION_ACK_LOST] = "ack_lost",
		[SESSION_SYNACK_UNANSWERED] = "synack_unanswered",
		[SESSION_SERVER_SILENT] = "server_silent",
		[SESSION_REFUSED] = "refused",
		[SESSION_RESET] = "reset",
		[SESSION_PATH_LOSS] = "path_loss",
		[SESSION_MTU_BLACK_HOLE] = "mtu_black_hole",
		[SESSION_PORT_REUSE] = "port_reuse",
		[SESSION_SLOW_SYNACK] = "slow_synack",
		[SESSION_PATH_DELAY] = "path_delay",
		[SESSION_SERVER_SLOW] = "server_slow",
		[SESSION_CLIENT_SLOW] = "client_slow",
		[SESSION_ZERO_WINDOW_SERVER] = "zero_window_server",
		[SESSION_ZERO_WINDOW_CLIENT] = "zero_window_client",
		[SESSION_CHECKSUM_ERROR] = "checksum_error",
		[SESSION_OPTIONS_STRIPPED] = "options_stripped",
		[SESSION_SACK_BROKEN] = "sack_broken",
		[SESSION_HTTP_DIFFERS] = "http_differs",
		[SESSION_HTTP_ERROR] = "http_error",
	};

	return names[cause];
}
