#include "correlate/reset_cause.h"

#define CAUSE_IDLE_NS INT64_C(1000000000)    /* no box has a shorter timer for what is established */
#define CAUSE_LATE_NS INT64_C(900000000)     /* RFC 6298 2.1: the first retransmission is due after 1 s */
#define CAUSE_MSL_NS INT64_C(240000000000)   /* 2 MSL (RFC 9293 3.4.2) */
#define CAUSE_COPIES 4u                      /* of one segment without an answer */
#define CAUSE_PROBES 2u
#define CAUSE_MOMENT_SESSIONS 3u
#define CAUSE_CONTENT_NS INT64_C(1000000000)
/* Of RSTs that one side only shows, how many are injected, before anything is known of them: what
 * a capture misses is weighed against it. */
#define CAUSE_INJECTED_SHARE 0.2

static const char *const cause_names[RESET_CAUSES] = {
	[RESET_CLOSED_PORT] = "closed_port",
	[RESET_FIREWALL_REJECT] = "firewall_reject",
	[RESET_UNREAD_DATA_CLOSE] = "unread_data_close",
	[RESET_LINGER_ABORT] = "linger_abort",
	[RESET_PARALLEL_CONNECT] = "parallel_connect",
	[RESET_DATA_TO_CLOSED] = "data_to_closed",
	[RESET_FIN_TO_CLOSED] = "fin_to_closed",
	[RESET_HALF_OPEN] = "half_open",
	[RESET_PEER_RESTARTED] = "peer_restarted",
	[RESET_UNKNOWN_SESSION] = "unknown_session",
	[RESET_LATE_SYNACK] = "late_synack",
	[RESET_UNKNOWN_SYNACK] = "unknown_synack",
	[RESET_TIME_WAIT_REUSE] = "time_wait_reuse",
	[RESET_RETRANSMISSION_LIMIT] = "retransmission_limit",
	[RESET_KEEPALIVE_TIMEOUT] = "keepalive_timeout",
	[RESET_BAD_SEQUENCE] = "bad_sequence",
	[RESET_CHALLENGED] = "challenged",
	[RESET_IDLE_TIMEOUT_HOP] = "idle_timeout_hop",
	[RESET_STATE_LOST_HOP] = "state_lost_hop",
	[RESET_BOTH_SIDES_INJECTED] = "both_sides_injected",
	[RESET_INJECTED_AFTER_CONTENT] = "injected_after_content",
	[RESET_TIMESTAMP_RECYCLE] = "timestamp_recycle",
	[RESET_PROXY_SERVER_SIDE] = "proxy_server_side",
	[RESET_PROXY_CLIENT_SIDE] = "proxy_client_side",
	[RESET_PROXY_TIMEOUT] = "proxy_timeout",
	[RESET_FORGED] = "forged",
	[RESET_UNEXPLAINED] = "unexplained",
};

const char *reset_cause_name(enum reset_cause cause)
{
	return cause_names[cause];
}

/* ---- of a hop ---- */

static bool by_hop(const struct reset_case *c)
{
	return c->reset->verdict == RESET_INJECTED;
}

static const struct reset_forgotten *cause_crowd(const struct reset_case *c)
{
	return &c->crowd->hop[c->reset->hop];
}

bool reset_one_timer(const struct reset_forgotten *forgotten)
{
	return forgotten->gap_min_ns > forgotten->survived_ns &&
	       forgotten->gap_min_ns >= CAUSE_IDLE_NS;
}

bool reset_one_moment(const struct reset_forgotten *forgotten)
{
	return forgotten->sessions >= CAUSE_MOMENT_SESSIONS &&
	       forgotten->alive_last_ns < forgotten->dead_first_ns;
}

/* The silences are alike to a tenth: those that one timer cuts in a program's steady rhythm. */
static bool cause_gaps_alike(const struct reset_forgotten *forgotten)
{
	return forgotten->gap_max_ns - forgotten->gap_min_ns <= forgotten->gap_min_ns / 10;
}

static bool is_challenged(const struct reset_case *c)
{
	return c->facts->challenged_ns != RESET_NEVER;
}

static bool is_firewall_reject(const struct reset_case *c)
{
	return by_hop(c) && c->facts->answers == RESET_ANSWERS_SYN && !c->facts->crossed;
}

static bool is_rejected(const struct reset_case *c)
{
	return by_hop(c) && c->facts->answers && c->facts->died;
}

static bool is_both_sides(const struct reset_case *c)
{
	return by_hop(c) && c->facts->other_side;
}

static bool is_idle_timeout(const struct reset_case *c)
{
	const struct reset_forgotten *crowd;

	if (!reset_forgotten_by_hop(c->reset, c->facts))
		return false;
	crowd = cause_crowd(c);
	return reset_one_timer(crowd) && (!reset_one_moment(crowd) || cause_gaps_alike(crowd));
}

static bool is_state_lost(const struct reset_case *c)
{
	return reset_forgotten_by_hop(c->reset, c->facts);
}

static bool is_after_content(const struct reset_case *c)
{
	return by_hop(c) && c->facts->crossed && c->facts->answered_ns >= 0 &&
	       (c->facts->answers == RESET_ANSWERS_DATA || !c->facts->answers) &&
	       c->facts->answered_ns <= CAUSE_CONTENT_NS;
}

/* ---- of a proxied session ---- */

/* The server ended it: its own RST, or what the proxy made of that on either leg. */
static bool is_proxy_server(const struct reset_case *c)
{
	return c->facts->ended_by == RESET_LEG_SERVER && (c->facts->by_proxy || c->facts->on_back);
}

static bool is_proxy_client(const struct reset_case *c)
{
	return c->facts->ended_by == RESET_LEG_CLIENT && c->facts->by_proxy;
}

static bool is_proxy_timeout(const struct reset_case *c)
{
	return c->facts->ended_by == RESET_LEG_PROXY && c->facts->by_proxy && c->facts->both_legs &&
	       c->facts->idle_ns >= RESET_GIVEN_UP_NS;
}

/* ---- of an end, or of nobody knows whom ---- */

static bool by_end(const struct reset_case *c)
{
	return !by_hop(c) && c->facts->known;
}

static bool is_closed_port(const struct reset_case *c)
{
	return by_end(c) && c->facts->answers == RESET_ANSWERS_SYN && !c->facts->own_synack;
}

static bool is_recycled(const struct reset_case *c)
{
	return c->facts->recycled;
}

static bool is_time_wait(const struct reset_case *c)
{
	return reset_tuple_in_use(c->reset, c->facts) && c->facts->prior != RESET_PRIOR_OPEN;
}

static bool is_held_open(const struct reset_case *c)
{
	return reset_tuple_in_use(c->reset, c->facts);
}

static bool is_parallel(const struct reset_case *c)
{
	return c->facts->parallel;
}

static bool is_late_synack(const struct reset_case *c)
{
	return by_end(c) && c->facts->bare && c->facts->answers == RESET_ANSWERS_SYNACK &&
	       c->facts->own_syn && !c->facts->foreign_ack && !c->facts->shut &&
	       c->facts->syn_ns >= CAUSE_LATE_NS;
}

static bool is_unknown_synack(const struct reset_case *c)
{
	return by_end(c) && c->facts->bare && c->facts->answers == RESET_ANSWERS_SYNACK &&
	       !c->facts->syn_anywhere;
}

static bool is_bad_sequence(const struct reset_case *c)
{
	return by_end(c) && c->facts->bare && c->facts->foreign_ack &&
	       c->facts->answers >= RESET_ANSWERS_SYNACK;
}

static bool is_keepalive(const struct reset_case *c)
{
	return by_end(c) && !c->facts->bare && c->facts->probes >= CAUSE_PROBES;
}

static bool is_retransmission(const struct reset_case *c)
{
	return by_end(c) && c->facts->repeats + 1 >= CAUSE_COPIES;
}

static bool is_data_to_closed(const struct reset_case *c)
{
	return by_end(c) && c->facts->bare && c->facts->shut &&
	       (c->facts->answers == RESET_ANSWERS_DATA || c->facts->answers == RESET_ANSWERS_ACK);
}

static bool is_fin_to_closed(const struct reset_case *c)
{
	return by_end(c) && c->facts->bare && c->facts->shut &&
	       c->facts->answers == RESET_ANSWERS_FIN;
}

static bool is_restarted(const struct reset_case *c)
{
	return c->facts->host_sessions > 1;
}

static bool is_half_open(const struct reset_case *c)
{
	return reset_forgotten_by_end(c->reset, c->facts);
}

static bool is_unknown_session(const struct reset_case *c)
{
	return by_end(c) && c->facts->bare && !c->facts->own_any && !c->facts->syn_anywhere &&
	       c->facts->answers >= RESET_ANSWERS_FIN;
}

static bool is_abort(const struct reset_case *c)
{
	return by_end(c) && !c->facts->bare && c->facts->at_next && !c->facts->probes;
}

/* A client that has its answer may well have read it; a server that has a request and does not
 * answer, or an end to which more is coming, has hardly. */
static bool is_unread(const struct reset_case *c)
{
	return is_abort(c) && !c->facts->own_fin && c->facts->unread &&
	       (c->facts->window_fell || c->facts->more_came || !c->reset->from_client);
}

static bool is_any(const struct reset_case *c)
{
	return true;
}

/* ---- what makes a row surer ---- */

static bool is_foreign(const struct reset_case *c)
{
	return c->foreign || c->facts->too_quick;
}

static bool syn_died(const struct reset_case *c)
{
	return c->facts->died;
}

static bool many_idle(const struct reset_case *c)
{
	return cause_crowd(c)->sessions > 1 && !reset_one_moment(cause_crowd(c));
}

static bool one_moment(const struct reset_case *c)
{
	return reset_one_moment(cause_crowd(c)) && !reset_one_timer(cause_crowd(c));
}

static bool prior_closed(const struct reset_case *c)
{
	return c->facts->prior == RESET_PRIOR_CLOSED && c->facts->prior_ns <= CAUSE_MSL_NS;
}

static bool many_of_host(const struct reset_case *c)
{
	return c->facts->host_sessions > 2;
}

static bool long_quiet(const struct reset_case *c)
{
	return c->facts->quiet_ns >= CAUSE_IDLE_NS;
}

static bool nothing_unread(const struct reset_case *c)
{
	return !c->facts->unread;
}

static bool window_fell(const struct reset_case *c)
{
	return c->facts->window_fell;
}

static bool at_handshake(const struct reset_case *c)
{
	return c->facts->answers == RESET_ANSWERS_SYNACK;
}

static bool after_fin(const struct reset_case *c)
{
	return c->facts->shut == RESET_SHUT_FIN;
}

static bool not_foreign(const struct reset_case *c)
{
	return !c->foreign;
}

/* First match wins; a cause may have several rows. Confidence in per cent, where `surer` holds
 * and elsewhere. One-sided: rests on one side of a hop not having seen the RST. */
static const struct reset_rule {
	enum reset_cause cause;
	bool (*holds)(const struct reset_case *of);
	bool (*surer)(const struct reset_case *of);
	uint8_t confidence, confidence_surer;
	bool one_sided;
	reset_sentence *say;
} reset_rules[] = {
	{RESET_CHALLENGED, is_challenged, is_any, 90, 90, false, say_challenged},
	{RESET_PROXY_SERVER_SIDE, is_proxy_server, is_any, 90, 90, false, say_proxy_side},
	{RESET_PROXY_CLIENT_SIDE, is_proxy_client, is_any, 90, 90, false, say_proxy_side},
	{RESET_PROXY_TIMEOUT, is_proxy_timeout, is_any, 85, 85, false, say_proxy_timeout},
	{RESET_FIREWALL_REJECT, is_firewall_reject, syn_died, 75, 95, true, say_firewall_reject},
	{RESET_TIMESTAMP_RECYCLE, is_recycled, is_any, 50, 50, false, say_recycled},
	{RESET_CLOSED_PORT, is_closed_port, not_foreign, 70, 90, false, say_closed_port},
	{RESET_BOTH_SIDES_INJECTED, is_both_sides, is_foreign, 97, 99, true, say_both_sides},
	{RESET_IDLE_TIMEOUT_HOP, is_idle_timeout, many_idle, 65, 90, true, say_idle_timeout},
	{RESET_STATE_LOST_HOP, is_state_lost, one_moment, 50, 90, true, say_state_lost},
	{RESET_FIREWALL_REJECT, is_rejected, is_foreign, 60, 70, true, say_rejected},
	{RESET_INJECTED_AFTER_CONTENT, is_after_content, is_foreign, 65, 85, true,
	 say_after_content},
	{RESET_FORGED, by_hop, is_foreign, 80, 95, true, say_forged},
	{RESET_TIME_WAIT_REUSE, is_time_wait, prior_closed, 55, 90, false, say_time_wait},
	{RESET_HALF_OPEN, is_held_open, is_any, 75, 75, false, say_held_open},
	{RESET_PARALLEL_CONNECT, is_parallel, is_any, 70, 70, false, say_parallel},
	{RESET_LATE_SYNACK, is_late_synack, is_any, 90, 90, false, say_late_synack},
	{RESET_UNKNOWN_SYNACK, is_unknown_synack, is_any, 80, 80, false, say_unknown_synack},
	{RESET_BAD_SEQUENCE, is_bad_sequence, at_handshake, 60, 90, false, say_bad_sequence},
	{RESET_KEEPALIVE_TIMEOUT, is_keepalive, is_any, 90, 90, false, say_keepalive},
	{RESET_RETRANSMISSION_LIMIT, is_retransmission, is_any, 80, 80, false, say_retransmission},
	{RESET_DATA_TO_CLOSED, is_data_to_closed, after_fin, 80, 95, false, say_to_closed},
	{RESET_FIN_TO_CLOSED, is_fin_to_closed, after_fin, 80, 95, false, say_to_closed},
	{RESET_PEER_RESTARTED, is_restarted, many_of_host, 65, 85, false, say_restarted},
	{RESET_HALF_OPEN, is_half_open, long_quiet, 55, 75, false, say_half_open},
	{RESET_UNKNOWN_SESSION, is_unknown_session, is_any, 70, 70, false, say_unknown_session},
	{RESET_UNREAD_DATA_CLOSE, is_unread, window_fell, 65, 80, false, say_unread},
	{RESET_LINGER_ABORT, is_abort, nothing_unread, 55, 80, false, say_linger},
	{RESET_UNEXPLAINED, is_any, is_any, 50, 50, false, say_unexplained},
};

/* The share of packets that the side where the RST is missing lost at that hop, as TCP
 * proves it (VERDICT_UNCAPTURED): with it a RST may be missing though it was there. */
static double cause_missed(const struct reset *one, const struct verdicts *v)
{
	const struct account *account =
		&v->hop[one->hop].account[one->direction][one->point];

	return account->packets ? (double)account->verdict[VERDICT_UNCAPTURED] /
					  (double)account->packets
				: 0;
}

static uint8_t cause_confidence(const struct reset_case *c, const struct reset_rule *rule,
				const struct verdicts *v)
{
	double sure = rule->surer(c) ? rule->confidence_surer : rule->confidence;

	if (rule->one_sided && !c->foreign)
		sure *= CAUSE_INJECTED_SHARE /
			(CAUSE_INJECTED_SHARE + cause_missed(c->reset, v));
	if (c->reset->verdict == RESET_UNKNOWN && rule->cause != RESET_UNEXPLAINED)
		sure *= 0.8; /* a hop may have made it after all */
	return (uint8_t)sure;
}

static struct reset_case cause_case(const struct resets *r, const struct judging *j, uint64_t i)
{
	const struct reset *one = &r->list[i];
	uint8_t usual = j->flows[one->way >> 1].ttl[one->way & 1];

	return (struct reset_case){.reset = one, .facts = &r->facts[i], .crowd = r->crowd,
				   .resets = r, .judging = j,
				   .foreign = usual && usual != one->ttl};
}

void reset_causes_find(struct resets *r, const struct judging *j, const struct verdicts *v)
{
	uint64_t i;

	for (i = 0; i < r->count; i++) {
		struct reset_case c = cause_case(r, j, i);
		uint32_t first = c.facts->follows, k = 0;

		if (first && first - 1 < i && !is_challenged(&c) && /* one of a salvo */
		    r->list[first - 1].verdict == r->list[i].verdict &&
		    r->list[first - 1].hop == r->list[i].hop) {
			if (r->facts[first - 1].follows) /* straight to its first one */
				r->facts[i].follows = r->facts[first - 1].follows;
			r->list[i].cause = r->list[first - 1].cause;
			r->list[i].rule = r->list[first - 1].rule;
			r->list[i].confidence = r->list[first - 1].confidence;
			continue;
		}
		r->facts[i].follows = 0;
		while (!reset_rules[k].holds(&c))
			k++;
		r->list[i].rule = (uint8_t)k;
		r->list[i].cause = (uint8_t)reset_rules[k].cause;
		r->list[i].confidence = cause_confidence(&c, &reset_rules[k], v);
	}
}

void reset_say(struct words *words, const struct resets *resets, const struct judging *judging,
	       uint64_t number)
{
	struct reset_case c = cause_case(resets, judging, number);

	if (c.facts->follows) {
		uint64_t first = c.facts->follows - 1;

		words_add(words, "one more within a second of a RST like it; of the first: ");
		while (resets->facts[first].follows)
			first = resets->facts[first].follows - 1;
		c = cause_case(resets, judging, first);
	}
	reset_rules[resets->list[number].rule].say(words, &c);
}
