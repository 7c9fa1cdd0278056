#include "correlate/expect_fate.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/loss_chance.h"

#define FATE_TCP 6
#define FATE_ICMP 1
#define FATE_ICMPV6 58
#define FATE_ARRIVED_SURE 99 /* per cent: it was seen on both sides */
#define FATE_DOUBTFUL 50     /* per cent: a drop that is less sure than that is no evidence */

/* What a session's client sent and did not get through, at the hop farthest on its way. */
struct fate_stop {
	uint32_t dropped;        /* packets */
	uint32_t answered, sure; /* of these: the hop answered; the cause is no chance */
	uint32_t no_rule, burst; /* of these: the cause is nothing that a rule does; is a burst */
	uint8_t hop, verdict;    /* verdict: one other than dropped, edge last; VERDICT_NONE: none */
	uint8_t confidence, answered_confidence;
};

struct expect_fates {
	const struct judging *j;
	const struct verdicts *v;
	const struct causes *causes;
	uint32_t *of;            /* by session: number of its stop; 0: none */
	struct fate_stop *stop;  /* [0] is none */
	uint32_t stops;
	uint64_t room;
	uint8_t *asked;          /* by session: ICMP, and its client asked for an echo */
	double rate[VIEW_POINTS_MAX][2];
};

/* ---- what was dropped ---- */

static struct fate_stop *fate_stop(struct expect_fates *f, uint32_t session)
{
	uint32_t *of = &f->of[session];
	struct fate_stop *list;

	if (*of)
		return &f->stop[*of];
	list = memory_room(f->stop, f->stops, &f->room, sizeof *list);
	if (!list)
		return NULL;
	f->stop = list;
	*of = f->stops;
	list[f->stops] = (struct fate_stop){.hop = EXPECT_NO_HOP};
	return &list[f->stops++];
}

/* Which causes of drops are a rule's, may be chance, or are neither. */
static const enum { FATE_SURE, FATE_CHANCE, FATE_BURST, FATE_NO_RULE } fate_causes[DROP_CAUSES] = {
	[DROP_UNKNOWN] = FATE_CHANCE, [DROP_POLICY] = FATE_SURE,
	[DROP_MTU] = FATE_NO_RULE,    [DROP_STATE] = FATE_SURE,
	[DROP_RESET_BY_HOP] = FATE_SURE, [DROP_FRAGMENT] = FATE_CHANCE,
	[DROP_TTL_EXPIRED] = FATE_NO_RULE, [DROP_LOSS] = FATE_CHANCE,
	[DROP_BURST] = FATE_BURST,
};

static void fate_add_drop(struct fate_stop *stop, const struct odd *odd, uint8_t cause_confidence)
{
	stop->dropped++;
	stop->sure += fate_causes[odd->cause] == FATE_SURE;
	stop->burst += fate_causes[odd->cause] == FATE_BURST;
	stop->no_rule += fate_causes[odd->cause] == FATE_NO_RULE;
	if (odd->confidence > stop->confidence)
		stop->confidence = odd->confidence;
	if (odd->cause != DROP_RESET_BY_HOP)
		return;
	stop->answered++;
	if (cause_confidence > stop->answered_confidence)
		stop->answered_confidence = cause_confidence;
}

static bool fate_is_told(enum verdict verdict)
{
	return verdict == VERDICT_DROPPED || verdict == VERDICT_LOCAL ||
	       verdict == VERDICT_UNCAPTURED || verdict == VERDICT_EDGE ||
	       verdict == VERDICT_AMBIGUOUS || verdict == VERDICT_EXCLUDED;
}

/* Odd packets come by hop: of packets that go against the path, the first hop is the farthest. */
static bool fate_add(struct expect_fates *f, const struct odd *odd, uint8_t cause_confidence)
{
	bool client_forward = f->j->sessions->list[odd->session].client_forward;
	struct fate_stop *stop;

	if (!odd->upstream || !fate_is_told(odd->verdict) ||
	    (odd->direction == HOP_FORWARD) != client_forward)
		return true;
	stop = fate_stop(f, odd->session);
	if (!stop)
		return false;
	if (stop->hop != odd->hop) {
		if (stop->hop != EXPECT_NO_HOP && !client_forward)
			return true;
		*stop = (struct fate_stop){.hop = odd->hop};
	}
	if (odd->verdict == VERDICT_DROPPED)
		fate_add_drop(stop, odd, cause_confidence);
	else if (odd->verdict != VERDICT_EDGE || stop->verdict == VERDICT_NONE)
		stop->verdict = odd->verdict;
	return true;
}

static bool fates_gather(struct expect_fates *f)
{
	const struct verdicts *v = f->v;
	uint64_t i, drop = 0, died[VIEW_POINTS_MAX][2] = {{0}}, passed;
	uint32_t h, s;
	unsigned d;

	for (i = 0; i < v->odds; i++) {
		const struct odd *odd = &v->odd[i];
		bool dropped = odd->verdict == VERDICT_DROPPED;

		if (!fate_add(f, odd, dropped ? causes_confidence(f->causes, drop) : 0))
			return false;
		drop += dropped;
		died[odd->hop][odd->direction] +=
			dropped && v->hop[odd->hop].session[odd->session].matched[odd->direction];
	}
	for (h = 0; h < v->hops; h++)
		for (d = 0; d < 2; d++) {
			for (passed = 0, s = 0; s < f->j->sessions->count; s++)
				passed += v->hop[h].session[s].matched[d];
			f->rate[h][d] = loss_rate(died[h][d], passed);
		}
	return true;
}

/* ---- who asked for an echo ---- */

/* RFC 792, RFC 950: echo, timestamp, information, address mask; RFC 4443 4.1, RFC 4620. */
static bool fate_is_request(uint8_t proto, int64_t type_code)
{
	int64_t type = type_code >> 8;

	if (proto == FATE_ICMPV6)
		return type == 128 || type == 139;
	return type == 8 || type == 13 || type == 15 || type == 17;
}

static bool fate_has_pings(const struct view *view, const struct view_point *point)
{
	uint32_t n;

	for (n = point->first_node; n < point->first_node + point->nodes; n++)
		if (view->flow[n].proto == FATE_ICMP || view->flow[n].proto == FATE_ICMPV6)
			return true;
	return false;
}

/* The first packet of a ping that was captured may be the answer, which would be taken for the client's. */
static void fates_scan_pings(struct expect_fates *f, uint32_t p)
{
	const struct view_point *point = &f->j->view->point[p];
	const struct sessions *s = f->j->sessions;
	uint32_t way[VIEW_BATCH], i;
	struct view_batch batch;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++) {
			uint32_t node = way[i] >> 1;
			uint8_t proto;

			if (way[i] == VIEW_NO_WAY)
				continue;
			proto = f->j->view->flow[node].proto;
			if ((proto != FATE_ICMP && proto != FATE_ICMPV6) ||
			    (way[i] & 1) != s->client_direction[node])
				continue;
			if (fate_is_request(proto, view_get(point, RECORD_ACK, batch.index[i])))
				f->asked[s->of_node[node]] = 1;
		}
	}
}

enum status expect_fates_open(struct expect_fates **out, const struct judging *j,
			      const struct verdicts *v, const struct causes *causes,
			      struct error *err)
{
	struct expect_fates *f = calloc(1, sizeof *f);
	uint32_t p;

	*out = f;
	if (!f)
		return error_errno(err, ENOMEM, "expectations");
	f->j = j;
	f->v = v;
	f->causes = causes;
	f->stops = 1;
	f->room = 64;
	f->of = memory_zeroed((size_t)j->sessions->count + 1, sizeof *f->of);
	f->asked = memory_zeroed((size_t)j->sessions->count + 1, sizeof *f->asked);
	f->stop = calloc(f->room, sizeof *f->stop);
	if (!f->of || !f->asked || !f->stop || !fates_gather(f)) {
		expect_fates_close(out);
		return error_errno(err, ENOMEM, "expectations");
	}
	f->stop[0].hop = EXPECT_NO_HOP;
	for (p = 0; p < j->view->points; p++)
		if (j->path->stage[p] != PATH_OFF && fate_has_pings(j->view, &j->view->point[p]))
			fates_scan_pings(f, p);
	return STATUS_OK;
}

void expect_fates_close(struct expect_fates **fates)
{
	if (!*fates)
		return;
	free((*fates)->of);
	free((*fates)->asked);
	free((*fates)->stop);
	free(*fates);
	*fates = NULL;
}

/* ---- a session ---- */

/* What a session's captures show at the stages of the path; bits are stages. */
struct fate_sights {
	uint64_t client, answered; /* packets of its client's; signs of life of its server's */
	uint64_t local;            /* the connection ends at a proxy next to it */
	bool opened;               /* the client's opening is there */
	bool plain;                /* anything but openings, RSTs and errors, of either end */
	bool client_first;         /* not TCP: the first packet is the client's */
};

static struct fate_sights fate_look(const struct expect_fates *f, uint32_t session)
{
	const struct sessions *s = f->j->sessions;
	int64_t first_ns = INT64_MAX;
	struct fate_sights sights = {0};
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n]) {
		const struct survey_flow *flow = &f->j->flows[n];
		uint32_t point = f->j->view->node_point[n];
		unsigned client = s->client_direction[n];
		int64_t at_ns = clock_correct(&f->j->meeting->clock[point], flow->first_ns);
		uint64_t bit;

		if (f->j->path->stage[point] == PATH_OFF)
			continue;
		bit = UINT64_C(1) << f->j->path->stage[point];
		sights.client |= flow->packets[client] ? bit : 0;
		sights.answered |= survey_has(flow, !client, SURVEY_PLAIN) ? bit : 0;
		sights.local |= f->j->legs->ends && f->j->legs->ends[n] ? bit : 0;
		sights.opened |= survey_has(flow, client, SURVEY_SYN);
		sights.plain |= survey_has(flow, 0, SURVEY_PLAIN) || survey_has(flow, 1, SURVEY_PLAIN);
		if (at_ns < first_ns) {
			first_ns = at_ns;
			sights.client_first = survey_has(flow, client, SURVEY_FIRST);
		}
	}
	return sights;
}

static struct expect_outcome fate_unknown(enum expect_doubt doubt, uint8_t hop)
{
	return (struct expect_outcome){.fate = FATE_UNKNOWN, .doubt = (uint8_t)doubt, .hop = hop};
}

static struct expect_outcome fate_arrived(void)
{
	return (struct expect_outcome){.fate = FATE_ARRIVED, .hop = EXPECT_NO_HOP,
				       .confidence = FATE_ARRIVED_SURE};
}

static enum expect_doubt fate_doubt(uint8_t verdict)
{
	return verdict == VERDICT_EDGE		? DOUBT_EDGE
	       : verdict == VERDICT_UNCAPTURED	? DOUBT_UNCAPTURED
	       : verdict == VERDICT_EXCLUDED	? DOUBT_OTHER_WAY
	       : verdict == VERDICT_LOCAL	? DOUBT_LOCAL
	       : verdict == VERDICT_AMBIGUOUS	? DOUBT_AMBIGUOUS
						: DOUBT_ONE_POINT;
}

/* Nothing of it is behind the hop. `passed`: hops that it has passed; `answered`: its server spoke here;
 * `local`: a proxy at the hop takes it. */
static struct expect_outcome fate_ended(const struct fate_stop *stop, uint8_t hop, uint32_t passed,
					bool answered, bool local)
{
	struct expect_outcome o = {.fate = FATE_STOPPED, .hop = hop, .confidence = stop->confidence,
				   .sure = stop->sure > 0, .burst = stop->burst > 0,
				   .drops = stop->dropped};
	bool edge = stop->verdict == VERDICT_EDGE && stop->dropped; /* others were well within */

	if (stop->hop != hop) /* nothing was judged: a proxy's, or packets that are all alike */
		return fate_unknown(local ? DOUBT_LOCAL : DOUBT_AMBIGUOUS, hop);
	/* It left the path behind what is captured, and came to its server. */
	if (!stop->dropped && stop->verdict == VERDICT_EXCLUDED && passed && answered)
		return fate_arrived();
	if ((stop->verdict != VERDICT_NONE && !edge) || answered)
		return fate_unknown(stop->verdict ? fate_doubt(stop->verdict) : DOUBT_AMBIGUOUS, hop);
	if (stop->confidence < FATE_DOUBTFUL)
		return fate_unknown(DOUBT_UNCAPTURED, hop);
	if (stop->answered) {
		o.fate = FATE_REJECTED;
		o.confidence = stop->answered_confidence;
	} else if (!stop->sure && stop->no_rule) {
		return fate_unknown(DOUBT_NO_RULE, hop);
	}
	return o;
}

/* It is seen farther on, though no packet of it was found on both sides: `around` a point that has none
 * of it, or as that capture missed it, or as a proxy's. Where nothing was judged, packets that are all alike
 * are on both sides, or were found farther on. */
static bool fate_goes_on(const struct fate_stop *stop, uint8_t hop, bool around)
{
	if (stop->hop != hop)
		return true;
	return !stop->dropped &&
	       (stop->verdict == VERDICT_UNCAPTURED || stop->verdict == VERDICT_EDGE ||
		stop->verdict == VERDICT_LOCAL || (stop->verdict == VERDICT_EXCLUDED && around));
}

/* The client's packets from point to point, up to where they are no more. */
static struct expect_outcome fate_follow(const struct expect_fates *f, uint32_t session,
					 const struct fate_sights *sights)
{
	const struct fate_stop *stop = &f->stop[f->of[session]];
	bool forward = f->j->sessions->list[session].client_forward;
	unsigned d = forward ? HOP_FORWARD : HOP_REVERSE;
	int step = forward ? 1 : -1, last = forward ? (int)f->j->path->stages - 1 : 0;
	int at = forward ? 0 : (int)f->j->path->stages - 1, next;
	uint32_t passed = 0;

	while (at != last && !(sights->client >> at & 1))
		at += step;
	if (at == last)
		return fate_unknown(DOUBT_ONE_POINT, EXPECT_NO_HOP);
	for (; at != last; at = next) {
		uint8_t hop = (uint8_t)(forward ? at : at - 1);
		const struct hop_session *here = &f->v->hop[hop].session[session];

		next = at + step;
		if (here->matched[d] || here->recut[d]) {
			passed++;
			continue;
		}
		while (next != last && !(sights->client >> next & 1))
			next += step;
		if (!(sights->client >> next & 1))
			return fate_ended(stop, hop, passed, sights->answered >> at & 1,
					  sights->local >> at & 1);
		if (!fate_goes_on(stop, hop, next != at + step))
			return fate_unknown(stop->dropped ? DOUBT_AMBIGUOUS
							  : fate_doubt(stop->verdict),
					    hop);
	}
	return fate_arrived();
}

struct expect_outcome expect_fate_of(const struct expect_fates *f, uint32_t session)
{
	uint8_t proto = f->j->sessions->list[session].proto;
	struct fate_sights sights = fate_look(f, session);
	bool icmp = proto == FATE_ICMP || proto == FATE_ICMPV6;

	if (icmp && !sights.plain)
		return (struct expect_outcome){.fate = FATE_NONE, .hop = EXPECT_NO_HOP};
	if (proto == FATE_TCP ? !sights.opened : icmp ? !f->asked[session] : !sights.client_first)
		return fate_unknown(DOUBT_BEGINNING, EXPECT_NO_HOP);
	return fate_follow(f, session, &sights);
}

double expect_loss_rate(const struct expect_fates *f, uint32_t hop, unsigned direction)
{
	return f->rate[hop][direction];
}

bool expect_hears(const struct expect_fates *f, uint32_t hop, unsigned direction)
{
	const struct path *path = f->j->path;
	uint32_t near = direction == HOP_FORWARD ? hop : hop + 1, k;
	unsigned back = direction == HOP_FORWARD ? HOP_REVERSE : HOP_FORWARD;

	for (k = 0; k < path->points[near]; k++)
		if (f->v->hop[hop].account[back][path->point[near][k]].packets)
			return true;
	return false;
}
