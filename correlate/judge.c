#include "correlate/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/capture_loss.h"
#include "correlate/coverage.h"
#include "correlate/gateway.h"
#include "correlate/hosts.h"
#include "correlate/namesake.h"
#include "correlate/synproxy.h"

#define JUDGE_DELAY_SLACK_NS 1000000
#define JUDGE_MANY 8                 /* packets of one session and direction */

/* ---- what is known of the hop ---- */

static bool judge_has(const struct hosts *hosts, uint8_t version, const uint8_t *address)
{
	return hosts_find(hosts, version, address) != HOSTS_NONE;
}

struct judge {
	const struct judging *j;
	const struct hop_session *session;
	const struct hop_result *result;
	const struct hop *measured;
	uint32_t hop;
	int64_t delay_min_ns[2], delay_max_ns[2]; /* by direction, on the near stage's clock */
	struct coverage coverage[VIEW_POINTS_MAX][2]; /* of the hop's points, by direction */
	bool deaf[2][2];                   /* [direction][side]: that side shows nothing of that direction */
	uint64_t proven_dropped[2], proven_uncaptured[2][2]; /* [direction], [direction][side] */
	struct judge_proof {
		uint32_t dropped[2], uncaptured[2];
	} *proof;                          /* by session: the same for its upstream packets */
	struct gateways gateways;
	struct synproxy synproxy;
	struct namesakes namesakes;
	struct hosts *across;              /* hosts of sessions that pass the hop */
	struct hosts *box;                 /* addresses of the box between the points */
	struct capture_losses losses[2];   /* of the near and the far stage */
};

static bool judge_ttl_initial(uint8_t ttl)
{
	return ttl == 64 || ttl == 128 || ttl == 255;
}

static const uint8_t *judge_source(const struct judge *g, uint32_t way)
{
	const struct capture_flow *flow = &g->j->view->flow[way >> 1];

	return way & 1 ? flow->b : flow->a;
}

/* Whether both ends of a session that only one stage saw spoke to each other:
 * then somebody on this side of the other point answered. */
static bool judge_answered(const struct judge *g, uint32_t session, uint32_t stage,
			   uint32_t *answering)
{
	const struct sessions *s = g->j->sessions;
	bool spoke[2] = {false, false};
	uint32_t n, d;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n]) {
		if (g->j->path->stage[g->j->view->node_point[n]] != stage)
			continue;
		for (d = 0; d < 2; d++) {
			if (!survey_has(&g->j->flows[n], d, SURVEY_PLAIN))
				continue;
			spoke[sessions_forward(s, n << 1 | d)] = true;
			/* the way of the packets that come out of the hop */
			if (sessions_forward(s, n << 1 | d) == (stage != g->hop))
				*answering = n << 1 | d;
		}
	}
	return spoke[0] && spoke[1];
}

/* Most often a session has the same addresses at all points: they are added once. */
static bool judge_learn_across(struct judge *g)
{
	const struct sessions *s = g->j->sessions;
	const struct capture_flow *last = NULL;
	uint32_t i, n;

	for (i = 0; i < s->count; i++) {
		if (!g->session[i].matched[0] && !g->session[i].matched[1])
			continue;
		for (n = s->list[i].first_node; n != UINT32_MAX; n = s->next_node[n]) {
			const struct capture_flow *flow = &g->j->view->flow[n];

			if (last && last->version == flow->version &&
			    memcmp(last->a, flow->a, sizeof flow->a) == 0 &&
			    memcmp(last->b, flow->b, sizeof flow->b) == 0)
				continue;
			last = flow;
			if (hosts_add(g->across, flow->version, flow->a) == HOSTS_NONE ||
			    hosts_add(g->across, flow->version, flow->b) == HOSTS_NONE)
				return false;
		}
	}
	return true;
}

/* An address that answers out of the hop, from no distance, in sessions that
 * end there, and that has no session across: the box itself. */
static bool judge_learn_box(struct judge *g, const struct odd *odd, uint64_t odds)
{
	uint64_t i;

	for (i = 0; i < odds; i++) {
		uint32_t answering = VIEW_NO_WAY;
		const struct capture_flow *flow;
		uint32_t node;

		if (!odd[i].alone ||
		    !judge_answered(g, odd[i].session, g->j->path->stage[odd[i].point],
				    &answering) ||
		    answering == VIEW_NO_WAY)
			continue;
		node = answering >> 1;
		flow = &g->j->view->flow[node];
		if (judge_ttl_initial(g->j->flows[node].ttl[answering & 1]) &&
		    !judge_has(g->across, flow->version, judge_source(g, answering)) &&
		    hosts_add(g->box, flow->version, judge_source(g, answering)) == HOSTS_NONE)
			return false;
	}
	return true;
}

/* The longest delay that is no accident: the greatest seen, but not a stray far
 * beyond the others. */
static int64_t judge_delay_most(const struct histogram *delay)
{
	int64_t p99 = histogram_quantile(delay, 990), most = histogram_max(delay);
	int64_t bound = p99 + 10 * (p99 - histogram_quantile(delay, 500)) + JUDGE_DELAY_SLACK_NS;

	return most < bound ? most : bound;
}

static void judge_window(struct judge *g)
{
	const struct path *path = g->j->path;
	uint32_t side, k, c;
	unsigned d;

	for (d = 0; d < 2; d++) {
		const struct histogram *delay = g->result->delay[d];

		if (histogram_count(delay)) {
			g->delay_min_ns[d] = histogram_min(delay);
			g->delay_max_ns[d] = judge_delay_most(delay);
		}
		for (side = 0; side < 2; side++) {
			uint64_t packets = 0;
			uint32_t stage = d == HOP_FORWARD ? g->hop + side : g->hop + !side;

			for (k = 0; k < path->points[stage]; k++) {
				c = path->point[stage][k];
				packets += g->result->account[d][c].packets;
			}
			g->deaf[d][side] = packets == 0;
		}
	}
}

static enum status judge_cover(struct judge *g, struct error *err)
{
	const struct path *path = g->j->path;
	enum status status = STATUS_OK;
	uint32_t side, k;
	unsigned d;

	for (side = 0; side < 2; side++)
		for (k = 0; k < path->points[g->hop + side]; k++)
			for (d = 0; d < 2 && !status; d++) {
				uint32_t p = path->point[g->hop + side][k];

				status = coverage_find(&g->coverage[p][d], g->j, g->hop, p, d, err);
			}
	return status;
}

static enum status judge_load_drops(struct judge *g, struct error *err)
{
	enum status status = capture_losses_load(&g->losses[0], g->j, g->hop, g->hop, err);

	return status ? status : capture_losses_load(&g->losses[1], g->j, g->hop, g->hop + 1u, err);
}

static bool judge_capture_lost(const struct judge *g, const struct odd *odd, int64_t now)
{
	return capture_losses_at(&g->losses[odd_missing_stage(g->j->path, odd) != g->hop], now);
}

/* ---- one packet ---- */

static void judge_say(struct odd *odd, enum verdict verdict, enum reason reason,
		      unsigned confidence)
{
	odd->verdict = (uint8_t)verdict;
	odd->reason = (uint8_t)reason;
	odd->confidence = (uint8_t)confidence;
}

/* Whether a session was seen at a point, and whether anywhere on its stage. */
static bool judge_session_at(const struct judge *g, uint32_t session, uint32_t p, bool *on_stage)
{
	const struct sessions *s = g->j->sessions;
	bool there = false;
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n]) {
		uint32_t at = g->j->view->node_point[n];

		*on_stage |= g->j->path->stage[at] == g->j->path->stage[p];
		there |= at == p;
	}
	return there;
}

/* Whether the other side's capture did not run when the packet was or would
 * have been there. Where it may have gone to any of several alternatives, all
 * must have run. */
static bool judge_edge(const struct judge *g, struct odd *odd)
{
	static const enum reason reasons[] = {[COVERAGE_BEFORE] = REASON_EDGE_START,
					      [COVERAGE_BEHIND] = REASON_EDGE_END,
					      [COVERAGE_HOLE] = REASON_EDGE_HOLE};
	uint32_t stage = odd_missing_stage(g->j->path, odd), k;
	bool near = g->j->path->stage[odd->point] == g->hop;
	int64_t now = hop_near_time(g->measured, odd->point, near, odd->time_ns);
	int64_t least = g->delay_min_ns[odd->direction], most = g->delay_max_ns[odd->direction];
	int64_t from = odd->upstream ? now + least : now - most;
	int64_t to = odd->upstream ? now + most : now - least;

	for (k = 0; k < g->j->path->points[stage]; k++) {
		uint32_t p = g->j->path->point[stage][k];
		enum coverage_answer answer = coverage_ask(&g->coverage[p][odd->direction], from, to);
		bool on_stage = false;

		if (answer == COVERAGE_YES ||
		    (!judge_session_at(g, odd->session, p, &on_stage) && on_stage))
			continue;
		judge_say(odd, VERDICT_EDGE, reasons[answer], 100);
		return true;
	}
	return false;
}

static bool judge_local(const struct judge *g, struct odd *odd)
{
	uint8_t version = g->j->view->flow[odd->way >> 1].version;

	if (judge_has(g->box, version, judge_source(g, odd->way)) ||
	    judge_has(g->box, version, judge_source(g, odd->way ^ 1)))
		judge_say(odd, VERDICT_LOCAL, REASON_BOX_ADDRESS, 95);
	else if (!odd->upstream && (odd->marks & PACKET_ICMP_ERROR))
		judge_say(odd, VERDICT_LOCAL, REASON_BOX_ERROR, 90);
	else
		return false;
	return true;
}

/* Whether the one to whom an upstream packet goes opened the session, with a SYN that came to
 * this side, and not past the other. */
static bool judge_opened_behind(const struct judge *g, const struct odd *odd)
{
	const struct sessions *s = g->j->sessions;
	const struct path *path = g->j->path;
	uint32_t n, d;

	for (n = s->list[odd->session].first_node; n != UINT32_MAX; n = s->next_node[n])
		for (d = 0; d < 2; d++)
			if (path->stage[g->j->view->node_point[n]] == path->stage[odd->point] &&
			    survey_has(&g->j->flows[n], d, SURVEY_SYN) &&
			    sessions_forward(s, n << 1 | d) != (odd->direction == HOP_FORWARD))
				return true;
	return false;
}

/* A session of which the other side shows nothing. */
static void judge_alone(const struct judge *g, struct odd *odd)
{
	uint8_t version = g->j->view->flow[odd->way >> 1].version;
	uint32_t answering = VIEW_NO_WAY;
	bool answered = judge_answered(g, odd->session, g->j->path->stage[odd->point], &answering);

	if (!answered && g->deaf[odd->direction][odd->upstream]) {
		judge_say(odd, VERDICT_UNCAPTURED, REASON_CAPTURE_DEAF, 80);
	} else if (!odd->upstream && (odd->flags & PACKET_TCP_RST) && odd->proto == 6 && !answered) {
		judge_say(odd, VERDICT_INJECTED, REASON_RESET_ONE_SIDE, 90);
	} else if (answered && answering != VIEW_NO_WAY &&
		   judge_ttl_initial(g->j->flows[answering >> 1].ttl[answering & 1])) {
		judge_say(odd, VERDICT_LOCAL, REASON_BOX_SESSION, 80);
	} else if (namesakes_has(&g->namesakes, odd)) {
		judge_say(odd, VERDICT_AMBIGUOUS, REASON_NAMESAKE, 60);
	} else if (answered) {
		judge_say(odd, VERDICT_EXCLUDED, REASON_OTHER_WAY, 60);
	} else if (!odd->upstream) {
		if (judge_ttl_initial(odd->ttl))
			judge_say(odd, VERDICT_LOCAL, REASON_BOX_SESSION, 60);
		else
			judge_say(odd, VERDICT_EXCLUDED, REASON_OTHER_WAY, 50);
	} else if (judge_opened_behind(g, odd)) {
		judge_say(odd, VERDICT_EXCLUDED, REASON_OTHER_WAY, 60);
	} else if (judge_has(g->across, version, judge_source(g, odd->way ^ 1))) {
		judge_say(odd, VERDICT_DROPPED, REASON_ONE_SIDE, 95);
	} else if (gateways_passed_by(&g->gateways, g->j->view, odd->point, odd->index)) {
		judge_say(odd, VERDICT_EXCLUDED, REASON_OTHER_LINK, 90);
	} else {
		judge_say(odd, VERDICT_DROPPED, REASON_ONE_SIDE_HOST, 60);
	}
}

/* What TCP proves; false when it proves nothing. What it cannot prove (an ACK
 * that carries nothing) is judged with the rest of its session, or of all. */
static bool judge_proven(struct odd *odd, bool foreign)
{
	if (odd->upstream && odd->acked && !odd->acked_early)
		judge_say(odd, VERDICT_UNCAPTURED, REASON_ACKED, 97);
	else if (odd->upstream && odd->copy_passed)
		judge_say(odd, VERDICT_DROPPED, REASON_RETRANSMISSION_PASSED, 99);
	else if (!odd->upstream && odd->went_on && !foreign)
		judge_say(odd, VERDICT_UNCAPTURED, REASON_SENDER_WENT_ON, 95);
	else if (!odd->upstream && odd->copy_passed)
		judge_say(odd, foreign ? VERDICT_INJECTED : VERDICT_UNCAPTURED,
			  REASON_SENDER_REPEATS, foreign ? 85 : 60);
	else
		return false;
	return true;
}

/* TTL unlike that of the other packets of its flow and direction, here. Whoever's bytes came
 * from the other side was not made here. */
static bool judge_foreign(const struct judge *g, const struct odd *odd)
{
	uint8_t usual = g->j->flows[odd->way >> 1].ttl[odd->way & 1];

	return usual && usual != odd->ttl && !odd->partly;
}

static void judge_upstream(const struct judge *g, struct odd *odd)
{
	unsigned d = odd->direction;
	const struct judge_proof *own = &g->proof[odd->session];
	uint64_t lost = own->uncaptured[d] ? own->uncaptured[d] : g->proven_uncaptured[d][1];
	uint64_t dropped = own->uncaptured[d] ? own->dropped[d] : g->proven_dropped[d];
	bool near = g->j->path->stage[odd->point] == g->hop;
	int64_t near_ns = hop_near_time(g->measured, odd->point, near, odd->time_ns);

	if (g->deaf[d][1])
		judge_say(odd, VERDICT_UNCAPTURED, REASON_CAPTURE_DEAF, 90);
	else if (odd->swallowed)
		judge_say(odd, VERDICT_AMBIGUOUS, REASON_SWALLOWED, 60);
	else if (judge_capture_lost(g, odd, near_ns))
		judge_say(odd, VERDICT_UNCAPTURED, REASON_CAPTURE_DROPS, 60);
	else if (odd->acked && !lost) /* where captures lose packets, this will be one of those */
		judge_say(odd, VERDICT_EDGE, REASON_EDGE_START, 60);
	else if (!lost && near_ns > g->session[odd->session].last_ns[d])
		judge_say(odd, VERDICT_DROPPED, REASON_SESSION_ENDS, 95);
	else if (!lost)
		judge_say(odd, VERDICT_DROPPED, REASON_NO_COPY, 90);
	else if (lost > dropped)
		judge_say(odd, VERDICT_UNCAPTURED, REASON_CAPTURE_MISSES,
			  (unsigned)(100 * lost / (lost + dropped)));
	else
		judge_say(odd, VERDICT_DROPPED, REASON_NO_COPY_DOUBT,
			  (unsigned)(100 * dropped / (lost + dropped)));
}

/* Nobody injects about as many packets into a session as it has: they may be its own, rewritten, as a
 * mirror of both sides of such a box shows them. */
static bool judge_too_many(const struct judge *g, const struct odd *odd)
{
	const struct hop_session *s = &g->session[odd->session];
	uint32_t many = s->downstream[odd->direction];

	return many >= JUDGE_MANY && 2 * (uint64_t)many > s->matched[odd->direction];
}

static void judge_downstream(const struct judge *g, struct odd *odd, bool foreign)
{
	bool reset = odd->proto == 6 && (odd->flags & PACKET_TCP_RST);

	if (reset && foreign)
		judge_say(odd, VERDICT_INJECTED, REASON_FOREIGN_RESET, 97);
	else if (g->deaf[odd->direction][0])
		judge_say(odd, VERDICT_UNCAPTURED, REASON_CAPTURE_DEAF, 90);
	else if (reset && !g->proven_uncaptured[odd->direction][0])
		judge_say(odd, VERDICT_INJECTED, REASON_RESET_ONE_SIDE, 80);
	else if (foreign && judge_too_many(g, odd))
		judge_say(odd, VERDICT_AMBIGUOUS, REASON_FOREIGN_MANY, 50);
	else if (foreign)
		judge_say(odd, VERDICT_INJECTED, REASON_FOREIGN_PACKET, 70);
	else
		judge_say(odd, VERDICT_UNCAPTURED, REASON_LIKE_ITS_FLOW, 50);
}

static void judge_count(struct judge *g, const struct odd *odd)
{
	struct judge_proof *own = &g->proof[odd->session];

	own->uncaptured[odd->direction] += odd->reason == REASON_ACKED;
	own->dropped[odd->direction] += odd->reason == REASON_RETRANSMISSION_PASSED;
	if (odd->reason == REASON_ACKED)
		g->proven_uncaptured[odd->direction][1]++;
	else if (odd->reason == REASON_SENDER_WENT_ON)
		g->proven_uncaptured[odd->direction][0]++;
	else if (odd->reason == REASON_RETRANSMISSION_PASSED)
		g->proven_dropped[odd->direction]++;
}

static enum status judge_prepare(struct judge *g, const struct odd *odd, uint64_t odds,
				 struct error *err)
{
	enum status status = judge_load_drops(g, err);

	judge_window(g);
	if (!status)
		status = judge_cover(g, err);
	if (!status)
		status = gateways_find(&g->gateways, g->j, g->hop, g->session, err);
	if (!status)
		status = synproxy_find(&g->synproxy, g->j, g->hop, err);
	g->across = hosts_new(g->j->view->seed);
	g->box = hosts_new(g->j->view->seed);
	g->proof = memory_take(g->j->view->memory, (size_t)g->j->sessions->count + 1, sizeof *g->proof);
	if (!status && (!g->across || !g->box || !g->proof || !judge_learn_across(g) ||
			!judge_learn_box(g, odd, odds) ||
			!namesakes_find(&g->namesakes, odd, odds, g->j->sessions->count)))
		status = error_errno(err, ENOMEM, "judging");
	return status;
}

static void judge_clear(struct judge *g)
{
	uint32_t p;

	for (p = 0; p < VIEW_POINTS_MAX; p++) {
		coverage_free(&g->coverage[p][0]);
		coverage_free(&g->coverage[p][1]);
	}
	gateways_free(&g->gateways);
	synproxy_free(&g->synproxy);
	namesakes_free(&g->namesakes);
	memory_give(g->proof);
	hosts_free(&g->across);
	hosts_free(&g->box);
	capture_losses_free(&g->losses[0]);
	capture_losses_free(&g->losses[1]);
}

/* What needs no comparison with the other odd packets. */
static void judge_first(struct judge *g, struct odd *odd)
{
	if (odd->recut)
		judge_say(odd, VERDICT_MATCHED, REASON_RECUT, 95);
	else if (odd->resequenced)
		judge_say(odd, VERDICT_MATCHED, REASON_RESEQUENCED, 90);
	else if (odd->twice)
		judge_say(odd, VERDICT_DUPLICATED, REASON_TWICE, 90);
	else if (synproxy_explains(&g->synproxy, odd))
		judge_say(odd, VERDICT_LOCAL, REASON_SYN_PROXY, 95);
	else if (judge_edge(g, odd) || judge_local(g, odd))
		return;
	else if (odd->maybe_resequenced)
		judge_say(odd, VERDICT_AMBIGUOUS, REASON_MAYBE_RESEQUENCED, 60);
	else if (odd->alone)
		judge_alone(g, odd);
	else if (judge_proven(odd, judge_foreign(g, odd)))
		judge_count(g, odd);
}

enum status judge_hop(struct odd *odd, uint64_t odds, uint32_t hop,
		      const struct hop_session *session, const struct hop_result *result,
		      const struct judging *judging, struct error *err)
{
	struct judge g = {.j = judging, .session = session, .result = result, .hop = hop,
			  .measured = &judging->hops->hop[hop]};
	enum status status;
	uint64_t i;

	if (!odds)
		return STATUS_OK;
	status = judge_prepare(&g, odd, odds, err);
	for (i = 0; i < odds && !status; i++)
		judge_first(&g, &odd[i]);
	for (i = 0; i < odds && !status; i++) {
		if (odd[i].verdict != VERDICT_NONE)
			continue;
		if (odd[i].upstream)
			judge_upstream(&g, &odd[i]);
		else
			judge_downstream(&g, &odd[i], judge_foreign(&g, &odd[i]));
	}
	judge_clear(&g);
	return status;
}

/* ---- sentences ---- */

/* %m is where the packet is missing, %s where it was seen. */
static const char *const judge_sentences[REASONS] = {
	[REASON_NONE] = "",
	[REASON_EDGE_START] = "the capture at %m had not begun when it would have been there",
	[REASON_EDGE_END] = "the capture at %m holds nothing later",
	[REASON_EDGE_HOLE] = "no file of %m covers the time when it would have been there",
	[REASON_BOX_ADDRESS] = "to or from the box between %s and %m itself",
	[REASON_BOX_ERROR] = "an ICMP error of the box between %s and %m",
	[REASON_BOX_SESSION] = "a session that ends at the box: answered at %s from no distance, unknown at %m",
	[REASON_OTHER_WAY] = "a session that is answered without passing %m: it goes another way",
	[REASON_OTHER_LINK] = "sent to another link address than whatever passes to %m: it goes another way",
	[REASON_ACKED] = "its receiver acknowledged it although no copy is in the capture at %m",
	[REASON_LATER_POINT] = "a point behind %m has it",
	[REASON_CAPTURE_DROPS] = "the capture at %m counted lost packets just then",
	[REASON_CAPTURE_DEAF] = "the capture at %m shows no packet of this direction",
	[REASON_CAPTURE_MISSES] = "most of what TCP can prove missing at %m was lost by the capture there",
	[REASON_SENDER_WENT_ON] = "its sender went on behind it, which the capture at %m shows, but not the packet",
	[REASON_RETRANSMISSION_PASSED] = "no copy at %m; its retransmission passed",
	[REASON_SESSION_ENDS] = "no copy at %m; nothing of its session and direction passed after it",
	[REASON_ONE_SIDE] = "%m shows no packet of this session, though others of the same host pass",
	[REASON_ONE_SIDE_HOST] = "%m shows no packet of this session, nor any of its receiver; it may have left another way",
	[REASON_NO_COPY] = "no copy at %m",
	[REASON_NO_COPY_DOUBT] = "no copy at %m, whose capture misses packets, too",
	[REASON_FOREIGN_RESET] = "a RST seen at %s only, with a TTL unlike its flow's",
	[REASON_RESET_ONE_SIDE] = "a RST seen at %s only: the host in whose name it is never sent it past %m",
	[REASON_FOREIGN_MANY] = "seen at %s only, with a TTL unlike its flow's, as are half as many as passed: injected, or the session's own packets, rewritten",
	[REASON_FOREIGN_PACKET] = "seen at %s only, with a TTL unlike its flow's",
	[REASON_SENDER_REPEATS] = "seen at %s only; its sender sends the same bytes later, past %m",
	[REASON_RECUT] = "its bytes are at %m, cut into other packets",
	[REASON_SYN_PROXY] = "a handshake of the box between %s and %m, which answers in the server's name: a SYN proxy",
	[REASON_NAMESAKE] = "%s and %m show a session of these addresses and ports, and no packet alike: rewritten on the way, or another session",
	[REASON_RESEQUENCED] = "it is at %m under other sequence numbers, which changed in mid-session",
	[REASON_MAYBE_RESEQUENCED] = "no copy at %m under these sequence numbers, which changed in mid-session; it may be there rewritten",
	[REASON_SWALLOWED] = "an acknowledgment without data; what was sent before and behind it is one packet at %m, which may stand for it",
	[REASON_TWICE] = "the same bytes in the same packet had come to %s before",
	[REASON_LIKE_ITS_FLOW] = "seen at %s only, but like its flow in every way: the capture at %m must have lost it",
};

void reason_text(const struct judging *judging, const struct odd *odd, char *text, size_t room)
{
	const char *from = judge_sentences[odd->reason];
	char missing[256];
	size_t n = 0;

	path_stage_name(judging->path, judging->view, odd_missing_stage(judging->path, odd),
			missing, sizeof missing);
	if (odd->partly)
		n = (size_t)snprintf(text, room,
				     "%u bytes of it are missing at %s, where the others are in other packets; ",
				     odd->missing, missing);
	n = n < room ? n : room - 1;
	for (; *from && n + 1 < room; from++) {
		const char *name = from[0] == '%' && from[1] == 'm'   ? missing
				   : from[0] == '%' && from[1] == 's' ? judging->view->point[odd->point].name
								      : NULL;

		if (!name) {
			text[n++] = *from;
			continue;
		}
		from++;
		while (*name && n + 1 < room)
			text[n++] = *name++;
	}
	text[n] = 0;
}
