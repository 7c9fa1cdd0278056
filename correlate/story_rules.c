#include "correlate/story_rules.h"

#include "correlate/change.h"
#include "correlate/content_differ.h"
#include "correlate/story_state.h"

#define STORY_CUT_MIN 3          /* so many packets in vain, and nothing after them: cut */
#define STORY_SLOW_LEAST_NS 100000000 /* a SYN-ACK less than 100 ms later than usual harms nobody */
#define STORY_SLOW_TIMES 3
#define STORY_CONFIDENT 100
#define HTTP_ERROR 400           /* RFC 9110 15: statuses from here on are errors */

static bool case_fell(const struct story_case *c, enum story_tally_of of)
{
	return c->fact->tally[of].most > 0;
}

static bool case_synack(const struct story_case *c)
{
	return survey_has(c->whole, 1, SURVEY_SYNACK);
}

/* ---- how it ended ---- */

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
	bool first_try = !c->fact->dropped && c->whole->syn <= 1 && c->whole->synack <= 1;
	/* It was answered, perhaps after tries that were lost, and all of it is younger than a retry. */
	bool just_answered = survey_has(c->near, 1, SURVEY_SYNACK) &&
			     (uint64_t)c->session->end_ns - (uint64_t)c->session->start_ns <
				     STORY_WAIT_NS;

	return c->pending && !c->fact->resets && (first_try || just_answered) &&
	       (uint64_t)c->j->end_ns - (uint64_t)c->session->end_ns < STORY_WAIT_NS;
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

/* RFC 9293 3.10.7.4: TIME-WAIT answers a SYN that looks old by the ACK of the connection before. */
static bool case_reuse_fails(const struct story_case *c)
{
	return c->pending && c->again && !case_synack(c) && survey_has(c->whole, 1, SURVEY_PLAIN);
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
	return c->tcp && c->state == SESSION_STATE_RESET;
}

/* Nothing came behind what died, or the sender sent that again and again. */
static bool case_cut(const struct story_case *c)
{
	return c->tcp && c->state != SESSION_CLOSED &&
	       (c->fact->tally[TALLY_TRAILING].most >= STORY_CUT_MIN ||
		(c->fact->dropped >= STORY_CUT_MIN &&
		 (c->note->in_vain[0] || c->note->in_vain[1])));
}

static bool case_cut_off(const struct story_case *c)
{
	return case_cut(c) && c->fact->tally[TALLY_TRAILING].most >= STORY_CUT_MIN;
}

/* Who was told of the size sends less: RFC 1191. A black hole tells nobody. */
static bool case_big_ones_fell(const struct story_case *c)
{
	return !c->fact->told && 2 * (uint64_t)c->fact->too_big > c->fact->dropped;
}

static bool case_cut_by_size(const struct story_case *c)
{
	return case_cut(c) && case_big_ones_fell(c);
}

static bool case_timeout(const struct story_case *c)
{
	return c->tcp && c->state == SESSION_TIMEOUT;
}

/* Of other protocols: all that the client said died at one hop. */
static bool case_nothing_passed(const struct story_case *c)
{
	unsigned out = c->session->client_forward ? HOP_FORWARD : HOP_REVERSE;
	uint8_t hop = c->fact->tally[TALLY_DROPS].best;

	return c->silent && case_fell(c, TALLY_DROPS) &&
	       !c->v->hop[hop].session[c->number].matched[out];
}

static bool case_answer_lost(const struct story_case *c)
{
	return c->silent && case_fell(c, TALLY_ANSWERS);
}

static bool case_losses_by_size(const struct story_case *c)
{
	return c->tcp && c->fact->dropped && case_big_ones_fell(c);
}

static bool case_losses(const struct story_case *c)
{
	return c->fact->dropped > 0;
}

/* Where one direction only was captured, its FIN is all that can be seen of the end. */
static bool case_unfinished(const struct story_case *c)
{
	bool fin = survey_has(c->whole, 0, SURVEY_FIN) || survey_has(c->whole, 1, SURVEY_FIN);
	bool one_way = !c->whole->packets[0] || !c->whole->packets[1];

	return c->tcp && c->state != SESSION_CLOSED && c->state != SESSION_LAST_ACK &&
	       !(one_way && fin);
}

static bool case_any(const struct story_case *c)
{
	return true;
}

/* First match wins; the hop is where most of the tally's packets are. Confidence in per cent.
 * What rests on a packet that nobody saw is `one_sided`: worth no more than the captures are whole. */
static const struct story_rule {
	uint8_t outcome, cause, tally, confidence;
	bool one_sided;
	bool (*holds)(const struct story_case *c);
} story_rules[] = {
	{OUTCOME_FAILED, SESSION_REFUSED, TALLY_RESET, 90, false, case_reset_answers},
	{OUTCOME_FAILED, SESSION_REFUSED, TALLY_BOUNCED, 90, false, case_hop_answers},
	{OUTCOME_FAILED, SESSION_REFUSED, TALLY_NOWHERE, 90, false, case_server_answers},
	{OUTCOME_OPEN, SESSION_NO_CAUSE, TALLY_NOWHERE, 0, false, case_waiting},
	{OUTCOME_FAILED, SESSION_ACK_LOST, TALLY_ACK, 90, true, case_ack_lost},
	{OUTCOME_FAILED, SESSION_SYNACK_LOST, TALLY_SYNACK, 90, true, case_synack_lost},
	{OUTCOME_FAILED, SESSION_PORT_REUSE, TALLY_NOWHERE, 80, false, case_reuse_fails},
	{OUTCOME_FAILED, SESSION_SYNACK_UNANSWERED, TALLY_NOWHERE, 80, true, case_synack_unanswered},
	{OUTCOME_FAILED, SESSION_SERVER_SILENT, TALLY_NOWHERE, 80, true, case_server_silent},
	{OUTCOME_FAILED, SESSION_SYN_DROPPED, TALLY_SYN, 90, true, case_syn_dropped},
	{OUTCOME_FAILED, SESSION_NO_CAUSE, TALLY_NOWHERE, 0, false, case_never_up},
	{OUTCOME_ABORTED, SESSION_MTU_BLACK_HOLE, TALLY_DROPS, 90, true, case_cut_by_size},
	{OUTCOME_ABORTED, SESSION_RESET, TALLY_RESET, 95, false, case_reset},
	{OUTCOME_ABORTED, SESSION_PATH_LOSS, TALLY_TRAILING, 85, true, case_cut_off},
	{OUTCOME_ABORTED, SESSION_PATH_LOSS, TALLY_DROPS, 80, true, case_cut},
	{OUTCOME_ABORTED, SESSION_NO_CAUSE, TALLY_NOWHERE, 0, false, case_timeout},
	{OUTCOME_FAILED, SESSION_PATH_LOSS, TALLY_DROPS, 85, true, case_nothing_passed},
	{OUTCOME_FAILED, SESSION_PATH_LOSS, TALLY_ANSWERS, 85, true, case_answer_lost},
	{OUTCOME_DEGRADED, SESSION_MTU_BLACK_HOLE, TALLY_DROPS, 80, true, case_losses_by_size},
	{OUTCOME_DEGRADED, SESSION_PATH_LOSS, TALLY_DROPS, 85, true, case_losses},
	{OUTCOME_OPEN, SESSION_NO_CAUSE, TALLY_NOWHERE, 0, false, case_unfinished},
	{OUTCOME_OK, SESSION_NO_CAUSE, TALLY_NOWHERE, 0, false, case_any},
};

/* ---- what it suffered from ---- */

static bool suffers_corruption(const struct story_case *c)
{
	return c->note->corrupted > 0;
}

static bool suffers_closed_server(const struct story_case *c)
{
	return c->note->stall_ns[1] >= STORY_WAIT_NS &&
	       c->note->stall_ns[1] >= c->note->stall_ns[0];
}

static bool suffers_closed_client(const struct story_case *c)
{
	return c->note->stall_ns[0] >= STORY_WAIT_NS;
}

static bool suffers_reuse(const struct story_case *c)
{
	return c->again && c->note->old_ack;
}

/* A service that never says anything is not slow to answer. */
static bool suffers_no_answer(const struct story_case *c)
{
	return c->note->waited_ns >= STORY_WAIT_NS && c->service->answers &&
	       !c->note->in_vain[0] && !c->note->in_vain[1];
}

static bool suffers_slow_server(const struct story_case *c)
{
	return c->note->gap_ns[1] >= STORY_WAIT_NS;
}

/* What came so late that the client had closed was answered by its RST. */
static bool suffers_late_answer(const struct story_case *c)
{
	return suffers_slow_server(c) && c->note->too_late;
}

static bool suffers_slow_synack(const struct story_case *c)
{
	int64_t reply = c->times->reply_ns, usual = c->service->reply_ns;

	if (reply == INT64_MIN)
		return false;
	return reply >= STORY_WAIT_NS ||
	       (usual != INT64_MIN && reply / STORY_SLOW_TIMES > usual &&
		reply - usual > STORY_SLOW_LEAST_NS);
}

static bool suffers_delay(const struct story_case *c)
{
	return c->note->delay_ns > 0;
}

/* Its own pauses are most of the time that it took. */
static bool suffers_slow_client(const struct story_case *c)
{
	return c->note->gap_ns[0] >= STORY_WAIT_NS &&
	       2 * c->note->gaps_ns[0] >= c->note->spent_ns;
}

/* The hop that shifts its numbers and leaves its SACK blocks behind; STORY_NOWHERE: none does. */
static uint8_t hop_stale_sack(const struct story_case *c)
{
	uint32_t hop;

	for (hop = 0; c->tcp && hop < c->v->hops; hop++)
		if (changes_broke_sack(c->v->hop[hop].changes[0], c->number) ||
		    changes_broke_sack(c->v->hop[hop].changes[1], c->number))
			return (uint8_t)hop;
	return STORY_NOWHERE;
}

static bool suffers_stale_sack(const struct story_case *c)
{
	return hop_stale_sack(c) != STORY_NOWHERE;
}

static bool suffers_strip(const struct story_case *c)
{
	return c->stripped.options;
}

/* What the point nearest to the client saw of the session's HTTP, or to the server. */
static bool case_content(const struct story_case *c, bool near, struct content_story *story)
{
	uint32_t node = near ? story_near_node(c->j, c->number) : story_far_node(c->j, c->number);

	return contents_at(c->j->contents, c->j->sessions, c->number,
			   c->j->view->node_point[node], story);
}

/* What a proxy answered of its own, or instead of the server. */
static bool suffers_proxy_answer(const struct story_case *c)
{
	uint32_t n;

	if (!c->j->legs->pairs)
		return false;
	for (n = c->session->first_node; n != UINT32_MAX; n = c->j->sessions->next_node[n])
		if (legs_differ(c->j->legs, n))
			return true;
	return false;
}

/* Where no packet of the session is missing, two answers to one request are two answers. */
static bool suffers_two_answers(const struct story_case *c)
{
	struct content_story near, far;
	struct content_verdict verdict;

	return c->session->nodes > 1 && !c->fact->dropped && !c->fact->injected &&
	       case_content(c, true, &near) && content_status(&near) >= HTTP_ERROR &&
	       case_content(c, false, &far) && contents_differ(&near, &far, &verdict) &&
	       !verdict.one_sided;
}

static bool suffers_http(const struct story_case *c)
{
	struct content_story near;
	struct content_verdict verdict;

	return case_content(c, true, &near) && contents_error(&near, &verdict);
}

static uint8_t hop_none(const struct story_case *c)
{
	return STORY_NOWHERE;
}

/* The hop at which the client's connection ends. */
static uint8_t hop_proxied(const struct story_case *c)
{
	const uint8_t *ends = c->j->legs->ends;
	uint32_t n;

	for (n = c->session->first_node; n != UINT32_MAX; n = c->j->sessions->next_node[n]) {
		uint8_t stage = c->j->path->stage[c->j->view->node_point[n]];

		if (legs_differ(c->j->legs, n) && ends[n])
			return ends[n] & LEG_ENDS_AHEAD ? stage : (uint8_t)(stage - 1);
	}
	return STORY_NOWHERE;
}

static uint8_t hop_corrupting(const struct story_case *c)
{
	return c->note->corrupt_hop;
}

/* Whichever took more of it. */
static uint8_t hop_slow_synack(const struct story_case *c)
{
	return c->times->path_ns != INT64_MIN && c->times->path_ns > c->times->server_ns
		       ? c->times->worst_hop
		       : STORY_NOWHERE;
}

static uint8_t hop_delaying(const struct story_case *c)
{
	return c->note->delay_hop;
}

static uint8_t hop_stripping(const struct story_case *c)
{
	return c->stripped.hop;
}

static int64_t lasts_unknown(const struct story_case *c)
{
	return INT64_MIN;
}

static int64_t lasts_closed_server(const struct story_case *c)
{
	return c->note->stall_ns[1];
}

static int64_t lasts_closed_client(const struct story_case *c)
{
	return c->note->stall_ns[0];
}

static int64_t lasts_no_answer(const struct story_case *c)
{
	return c->note->waited_ns;
}

static int64_t lasts_server(const struct story_case *c)
{
	return c->note->gap_ns[1];
}

static int64_t lasts_reply(const struct story_case *c)
{
	return c->times->reply_ns;
}

static int64_t lasts_delay(const struct story_case *c)
{
	return c->note->delay_ns;
}

static int64_t lasts_client(const struct story_case *c)
{
	return c->note->gap_ns[0];
}

#define OVER(cause) (1u << (cause))
#define OVER_NONE OVER(SESSION_NO_CAUSE)
#define OVER_LOSS (OVER_NONE | OVER(SESSION_PATH_LOSS))
#define OVER_END (OVER_LOSS | OVER(SESSION_RESET))

/* Of sessions that came up. `over`: the causes that it explains better than the first table did.
 * A session that was well and `degrades` was not so well. */
static const struct story_suffering {
	uint8_t cause, confidence;
	uint32_t over;
	bool degrades, one_sided;
	bool (*holds)(const struct story_case *c);
	uint8_t (*hop)(const struct story_case *c);
	int64_t (*lasts)(const struct story_case *c);
} story_sufferings[] = {
	{SESSION_CHECKSUM_ERROR, 90, OVER_LOSS, true, false, suffers_corruption, hop_corrupting,
	 lasts_unknown},
	{SESSION_SACK_BROKEN, 90, OVER_LOSS, true, false, suffers_stale_sack, hop_stale_sack,
	 lasts_unknown},
	{SESSION_ZERO_WINDOW_SERVER, 95, OVER_END, true, false, suffers_closed_server, hop_none,
	 lasts_closed_server},
	{SESSION_ZERO_WINDOW_CLIENT, 95, OVER_END, true, false, suffers_closed_client, hop_none,
	 lasts_closed_client},
	{SESSION_PORT_REUSE, 80, OVER_LOSS, true, false, suffers_reuse, hop_none, lasts_reply},
	{SESSION_HTTP_DIFFERS, 90, OVER_END, true, false, suffers_proxy_answer, hop_proxied,
	 lasts_unknown},
	{SESSION_SERVER_SLOW, 70, OVER_END, true, true, suffers_no_answer, hop_none,
	 lasts_no_answer},
	{SESSION_SERVER_SLOW, 70, OVER_END, true, false, suffers_late_answer, hop_none,
	 lasts_server},
	{SESSION_SERVER_SLOW, 70, OVER_LOSS, true, false, suffers_slow_server, hop_none,
	 lasts_server},
	{SESSION_SLOW_SYNACK, 80, OVER_NONE, true, true, suffers_slow_synack, hop_slow_synack,
	 lasts_reply},
	{SESSION_PATH_DELAY, 80, OVER_NONE, true, false, suffers_delay, hop_delaying, lasts_delay},
	{SESSION_CLIENT_SLOW, 50, OVER_NONE, false, false, suffers_slow_client, hop_none,
	 lasts_client},
	{SESSION_HTTP_DIFFERS, 90, OVER_NONE, true, false, suffers_two_answers, hop_none,
	 lasts_unknown},
	{SESSION_HTTP_ERROR, 90, OVER_NONE, false, false, suffers_http, hop_none, lasts_unknown},
	{SESSION_OPTIONS_STRIPPED, 95, OVER_NONE, false, false, suffers_strip, hop_stripping,
	 lasts_unknown},
};

/* ---- all of it ---- */

static uint8_t case_confidence(const struct story_case *c, uint8_t confidence, bool one_sided)
{
	return (uint8_t)(one_sided ? confidence * c->seen_percent / STORY_CONFIDENT : confidence);
}

static void story_suffer(struct story *story, const struct story_case *c)
{
	size_t i;

	for (i = 0; i < sizeof story_sufferings / sizeof *story_sufferings; i++) {
		const struct story_suffering *s = &story_sufferings[i];

		if (!(s->over >> story->cause & 1) || !s->holds(c))
			continue;
		story->cause = s->cause;
		story->hop = s->hop(c);
		story->lasted_ns = s->lasts(c);
		story->confidence = case_confidence(c, s->confidence, s->one_sided);
		if (s->degrades && story->outcome == OUTCOME_OK)
			story->outcome = OUTCOME_DEGRADED;
		return;
	}
}

void story_judge(struct story *story, const struct story_case *c)
{
	const struct story_rule *rule = story_rules;

	while (!rule->holds(c))
		rule++;
	story->outcome = rule->outcome;
	story->cause = rule->cause;
	story->lasted_ns = INT64_MIN;
	story->confidence = case_confidence(c, rule->confidence, rule->one_sided);
	story->hop = rule->tally != TALLY_NOWHERE && case_fell(c, rule->tally)
			     ? c->fact->tally[rule->tally].best
			     : STORY_NOWHERE;
	if (c->tcp && story->outcome != OUTCOME_FAILED)
		story_suffer(story, c);
}
