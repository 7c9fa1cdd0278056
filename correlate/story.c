#include "correlate/story.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/cause.h"
#include "correlate/reject.h"
#include "correlate/tasks.h"

#define STORY_TCP 6
#define STORY_WAIT_NS 1000000000 /* RFC 6298 2: so long one SYN waits for its answer */
#define STORY_PARTS 64u          /* of the sessions, for threads to share */
#define STORY_CUT_MIN 3          /* so many packets in vain, and nothing after them: cut */

/* ---- what verdicts and resets say of a session ---- */

/* Which packets of a session, counted hop by hop. */
enum story_tally_of {
	TALLY_DROPS, TALLY_SYN, TALLY_SYNACK, TALLY_ACK, /* dropped: all, and of the handshake */
	TALLY_ANSWERS,           /* dropped: the server's packets */
	TALLY_BOUNCED,           /* dropped, and answered by the hop itself */
	TALLY_TRAILING,          /* dropped, and nothing of that direction passed after them */
	TALLY_RESET,             /* RSTs that came out of a hop */
	TALLIES,
	TALLY_NOWHERE = TALLIES
};

/* They come ordered by hop: only the hop under way and the best so far are kept. */
struct story_tally {
	uint32_t count, most;
	uint8_t hop, best;       /* of equals the first */
};

struct story_facts {
	struct story_tally tally[TALLIES];
	uint32_t too_big;        /* drops for their size */
};

struct storying {
	const struct judging *j;
	const struct verdicts *v;
	struct stories *stories;
	struct rejects rejects;
	uint32_t *facts_of;      /* by session: number of its facts; 0: none */
	struct story_facts *facts; /* [0] says nothing */
	uint32_t count, room;
};

static void story_tally_add(struct story_tally *tally, uint8_t hop)
{
	if (tally->hop != hop) {
		tally->hop = hop;
		tally->count = 0;
	}
	if (++tally->count > tally->most) {
		tally->most = tally->count;
		tally->best = hop;
	}
}

/* The facts of a session, made when there are none. NULL: no memory. */
static struct story_facts *story_facts(struct storying *t, uint32_t session)
{
	uint32_t *of = &t->facts_of[session];

	if (*of)
		return &t->facts[*of];
	if (t->count == t->room) {
		uint32_t room = t->room ? 2 * t->room : 1024;
		struct story_facts *grown = realloc(t->facts, (size_t)room * sizeof *grown);

		if (!grown)
			return NULL;
		t->facts = grown;
		t->room = room;
	}
	*of = t->count;
	t->facts[t->count] = (struct story_facts){0};
	return &t->facts[t->count++];
}

static void story_drop(struct story_facts *f, const struct storying *t, const struct odd *odd)
{
	const struct session *session = &t->j->sessions->list[odd->session];
	const struct hop_session *passed = &t->v->hop[odd->hop].session[odd->session];
	bool by_client = (odd->direction == HOP_FORWARD) == session->client_forward;
	unsigned control = odd->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK | PACKET_TCP_RST);

	story_tally_add(&f->tally[TALLY_DROPS], odd->hop);
	if (odd->cause == DROP_RESET_BY_HOP)
		story_tally_add(&f->tally[TALLY_BOUNCED], odd->hop);
	if (!by_client)
		story_tally_add(&f->tally[TALLY_ANSWERS], odd->hop);
	f->too_big += odd->cause == DROP_MTU;
	if (!passed->matched[odd->direction] || odd->time_ns > passed->last_ns[odd->direction])
		story_tally_add(&f->tally[TALLY_TRAILING], odd->hop);
	if (odd->proto != STORY_TCP || (odd->marks & PACKET_FRAGMENT_LATER))
		return;
	if (by_client && control == PACKET_TCP_SYN)
		story_tally_add(&f->tally[TALLY_SYN], odd->hop);
	else if (by_client && control == PACKET_TCP_ACK)
		story_tally_add(&f->tally[TALLY_ACK], odd->hop);
	else if (!by_client && control == (PACKET_TCP_SYN | PACKET_TCP_ACK))
		story_tally_add(&f->tally[TALLY_SYNACK], odd->hop);
}

static bool storying_gather(struct storying *t, const struct resets *resets)
{
	struct story_facts *f;
	uint64_t i;

	for (i = 0; i < t->v->odds; i++) {
		const struct odd *odd = &t->v->odd[i];
		struct story *story = &t->stories->list[odd->session];

		story->injected += odd->verdict == VERDICT_INJECTED;
		if (odd->verdict != VERDICT_DROPPED)
			continue;
		story->dropped++;
		f = story_facts(t, odd->session);
		if (!f)
			return false;
		story_drop(f, t, odd);
	}
	for (i = 0; i < resets->count; i++) {
		const struct reset *reset = &resets->list[i];

		t->stories->list[reset->session].resets++;
		if (reset->hop == UINT8_MAX)
			continue;
		f = story_facts(t, reset->session);
		if (!f)
			return false;
		if (!f->tally[TALLY_RESET].most) /* the first is what ended it */
			story_tally_add(&f->tally[TALLY_RESET], reset->hop);
	}
	return true;
}

/* ---- rules ---- */

/* A session as the rules look at it. */
struct story_case {
	const struct storying *t;
	const struct session *session;
	const struct story *story;
	const struct story_facts *facts;
	uint32_t number;
	const struct survey_flow *whole;      /* of all points together */
	const struct survey_flow *near, *far; /* nearest to the client, to the server */
	bool tcp;
	bool pending;            /* TCP: a SYN was seen, and nothing that follows a handshake */
	bool silent;             /* not TCP: the client never got an answer */
	bool rejected;           /* its server sent an ICMP error at its beginning */
	bool at_server;          /* the last point of its way saw the SYN */
};

static bool case_fell(const struct story_case *c, enum story_tally_of of)
{
	return c->facts->tally[of].most > 0;
}

static bool case_synack(const struct story_case *c)
{
	return survey_has(c->whole, 1, SURVEY_SYNACK);
}

static bool case_reset_answers(const struct story_case *c)
{
	return c->pending && survey_has(c->whole, 1, SURVEY_RST);
}

static bool case_hop_answers(const struct story_case *c)
{
	return case_fell(c, TALLY_BOUNCED) && (c->pending || c->silent) && !case_synack(c);
}

static bool case_server_answers(const struct story_case *c)
{
	return c->rejected && !case_synack(c);
}

/* The capture ended before an answer was due. */
static bool case_waiting(const struct story_case *c)
{
	return c->pending && !c->story->dropped && !c->story->resets && c->whole->syn <= 1 &&
	       c->whole->synack <= 1 &&
	       (uint64_t)c->t->j->end_ns - (uint64_t)c->session->end_ns < STORY_WAIT_NS;
}

/* The server goes on waiting for what the client, who is done with the handshake, sent. */
static bool case_ack_lost(const struct story_case *c)
{
	return c->tcp && case_fell(c, TALLY_ACK) && survey_has(c->far, 0, SURVEY_SYN) &&
	       survey_has(c->far, 1, SURVEY_SYNACK) && !survey_has(c->far, 0, SURVEY_PLAIN);
}

static bool case_synack_lost(const struct story_case *c)
{
	return c->pending && case_fell(c, TALLY_SYNACK) &&
	       !survey_has(c->near, 1, SURVEY_SYNACK);
}

static bool case_synack_unanswered(const struct story_case *c)
{
	return c->pending && survey_has(c->near, 1, SURVEY_SYNACK);
}

static bool case_server_silent(const struct story_case *c)
{
	return c->pending && c->at_server && !case_synack(c);
}

static bool case_syn_dropped(const struct story_case *c)
{
	return c->pending && case_fell(c, TALLY_SYN) && !case_synack(c);
}

static bool case_never_up(const struct story_case *c)
{
	return c->pending;
}

static bool case_reset(const struct story_case *c)
{
	return c->tcp && c->story->state == STATE_RESET;
}

static bool case_cut(const struct story_case *c)
{
	return c->tcp && c->story->state != STATE_CLOSED &&
	       c->facts->tally[TALLY_TRAILING].most >= STORY_CUT_MIN;
}

static bool case_cut_by_size(const struct story_case *c)
{
	return case_cut(c) && 2 * (uint64_t)c->facts->too_big > c->story->dropped;
}

/* Of other protocols: all that the client said died at one hop. */
static bool case_nothing_passed(const struct story_case *c)
{
	unsigned out = c->session->client_forward ? HOP_FORWARD : HOP_REVERSE;
	uint8_t hop = c->facts->tally[TALLY_DROPS].best;

	return c->silent && case_fell(c, TALLY_DROPS) &&
	       !c->t->v->hop[hop].session[c->number].matched[out];
}

static bool case_answer_lost(const struct story_case *c)
{
	return c->silent && case_fell(c, TALLY_ANSWERS);
}

static bool case_losses(const struct story_case *c)
{
	return c->story->dropped > 0;
}

/* Where one direction only was captured, its FIN is all that can be seen of the end. */
static bool case_unfinished(const struct story_case *c)
{
	bool fin = survey_has(c->whole, 0, SURVEY_FIN) || survey_has(c->whole, 1, SURVEY_FIN);
	bool one_way = !c->whole->packets[0] || !c->whole->packets[1];

	return c->tcp && c->story->state != STATE_CLOSED && !(one_way && fin);
}

static bool case_any(const struct story_case *c)
{
	return true;
}

/* First match wins; the hop is where most of the tally's packets are. */
static const struct story_rule {
	uint8_t outcome, cause, tally;
	bool (*holds)(const struct story_case *c);
} story_rules[] = {
	{OUTCOME_FAILED, SESSION_REFUSED, TALLY_RESET, case_reset_answers},
	{OUTCOME_FAILED, SESSION_REFUSED, TALLY_BOUNCED, case_hop_answers},
	{OUTCOME_FAILED, SESSION_REFUSED, TALLY_NOWHERE, case_server_answers},
	{OUTCOME_OPEN, SESSION_NO_CAUSE, TALLY_NOWHERE, case_waiting},
	{OUTCOME_FAILED, SESSION_ACK_LOST, TALLY_ACK, case_ack_lost},
	{OUTCOME_FAILED, SESSION_SYNACK_LOST, TALLY_SYNACK, case_synack_lost},
	{OUTCOME_FAILED, SESSION_SYNACK_UNANSWERED, TALLY_NOWHERE, case_synack_unanswered},
	{OUTCOME_FAILED, SESSION_SERVER_SILENT, TALLY_NOWHERE, case_server_silent},
	{OUTCOME_FAILED, SESSION_SYN_DROPPED, TALLY_SYN, case_syn_dropped},
	{OUTCOME_FAILED, SESSION_NO_CAUSE, TALLY_NOWHERE, case_never_up},
	{OUTCOME_ABORTED, SESSION_MTU_BLACK_HOLE, TALLY_TRAILING, case_cut_by_size},
	{OUTCOME_ABORTED, SESSION_RESET, TALLY_RESET, case_reset},
	{OUTCOME_ABORTED, SESSION_PATH_LOSS, TALLY_TRAILING, case_cut},
	{OUTCOME_FAILED, SESSION_PATH_LOSS, TALLY_DROPS, case_nothing_passed},
	{OUTCOME_FAILED, SESSION_PATH_LOSS, TALLY_ANSWERS, case_answer_lost},
	{OUTCOME_DEGRADED, SESSION_PATH_LOSS, TALLY_DROPS, case_losses},
	{OUTCOME_OPEN, SESSION_NO_CAUSE, TALLY_NOWHERE, case_unfinished},
	{OUTCOME_OK, SESSION_NO_CAUSE, TALLY_NOWHERE, case_any},
};

/* ---- telling ---- */

/* What any of the stations saw; of the handshake's packets, how many one of them saw. */
static struct station story_whole(const struct station *list, uint32_t count)
{
	struct station whole = list[0];
	uint32_t i;

	for (i = 1; i < count; i++) {
		const struct survey_flow *f = &list[i].flow;

		whole.flow.marks |= f->marks;
		whole.flow.packets[0] |= f->packets[0];
		whole.flow.packets[1] |= f->packets[1];
		whole.flow.syn = f->syn > whole.flow.syn ? f->syn : whole.flow.syn;
		whole.flow.synack = f->synack > whole.flow.synack ? f->synack : whole.flow.synack;
		whole.flow.rst |= f->rst;
	}
	return whole;
}

static void story_tell(struct storying *t, uint32_t number)
{
	const struct judging *j = t->j;
	const struct session *session = &j->sessions->list[number];
	struct story *story = &t->stories->list[number];
	uint32_t last = session->client_forward ? j->path->stages - 1 : 0, count, i;
	struct story_case c = {.t = t, .session = session, .story = story, .number = number,
			       .facts = &t->facts[t->facts_of[number]],
			       .tcp = session->proto == STORY_TCP};
	const struct story_rule *rule = story_rules;
	struct station list[VIEW_POINTS_MAX], whole;

	count = stories_stations(t->stories, j, number, list);
	whole = story_whole(list, count);
	c.whole = &whole.flow;
	c.near = &list[session->client_forward ? 0 : count - 1].flow;
	c.far = &list[session->client_forward ? count - 1 : 0].flow;
	for (i = 0; i < count; i++)
		c.at_server |= j->path->stage[list[i].point] == last &&
			       survey_has(&list[i].flow, 0, SURVEY_SYN);
	/* the client sends nothing but SYN and RST before it has a SYN-ACK */
	c.pending = c.tcp && survey_has(c.whole, 0, SURVEY_SYN) &&
		    !survey_has(c.whole, 0, SURVEY_PLAIN);
	c.silent = !c.tcp && !survey_has(c.near, 1, SURVEY_PLAIN);
	c.rejected = (c.pending || c.silent) &&
		     rejects_have(&t->rejects, j, &list[session->client_forward ? 0 : count - 1]);
	story->state = (uint8_t)station_state(&whole, session->proto);
	while (!rule->holds(&c))
		rule++;
	story->outcome = rule->outcome;
	story->cause = rule->cause;
	story->hop = rule->tally != TALLY_NOWHERE && case_fell(&c, rule->tally)
			     ? c.facts->tally[rule->tally].best
			     : STORY_NOWHERE;
}

uint32_t stories_stations(const struct stories *stories, const struct judging *judging,
			  uint32_t session, struct station *list)
{
	uint32_t count = stations_of(judging, session, list);

	story_copies_take_off(stories->copies, judging, session, list, count);
	return count;
}

static bool storying_begin(struct storying *t)
{
	uint32_t count = t->j->sessions->count;

	t->stories->list = memory_zeroed((size_t)count + 1, sizeof *t->stories->list);
	t->facts_of = memory_zeroed((size_t)count + 1, sizeof *t->facts_of);
	t->facts = calloc(1, sizeof *t->facts);
	t->count = t->room = 1;
	t->stories->count = count;
	return t->stories->list && t->facts_of && t->facts;
}

/* Some of the sessions, told by one of the threads. */
struct story_part {
	struct storying *t;
	uint32_t from, to;
};

static void story_part_tell(void *argument)
{
	const struct story_part *part = argument;
	uint32_t i;

	for (i = part->from; i < part->to; i++)
		story_tell(part->t, i);
}

/* No session's story depends on another's. */
static void storying_tell(struct storying *t, unsigned threads)
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

enum status stories_tell(struct stories **out, const struct judging *judging,
			 const struct verdicts *verdicts, const struct resets *resets,
			 unsigned threads, struct error *err)
{
	struct storying t = {.j = judging, .v = verdicts};
	enum status status = STATUS_OK;

	t.stories = *out = calloc(1, sizeof **out);
	if (!t.stories || !storying_begin(&t) || !storying_gather(&t, resets))
		status = error_errno(err, ENOMEM, "stories");
	if (!status)
		status = story_copies_count(&t.stories->copies, judging, verdicts, err);
	if (!status)
		status = rejects_find(&t.rejects, judging, err);
	if (!status)
		storying_tell(&t, threads);
	rejects_free(&t.rejects);
	free(t.facts_of);
	free(t.facts);
	if (status)
		stories_free(out);
	return status;
}

void stories_free(struct stories **stories)
{
	if (!*stories)
		return;
	free((*stories)->list);
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
	};

	return names[cause];
}
