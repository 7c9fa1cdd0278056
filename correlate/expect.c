#include "correlate/expect.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/loss_chance.h"
#include "correlate/story_service.h"

#define EXPECT_MEMO_BITS 14

/* A session while rows are counted. */
struct expect_session {
	uint32_t row, drops;
	uint8_t fate, doubt, hop, confidence;
	bool sure, burst, tcp, forward;
};

/* The row of what was asked before: the same clients ask the same servers for the same again and again. */
struct expect_memo {
	struct policy_ask ask; /* version 0: none yet */
	uint32_t row;
};

struct expecting {
	struct expects *e;
	const struct judging *j;
	struct expect_fates *fates;
	struct expect_session *session;
	struct expect_memo *memo; /* 1 << EXPECT_MEMO_BITS of them */
};

static const char *const expect_verdict_names[EXPECT_VERDICTS] = {
	[EXPECT_AS_EXPECTED] = "as_expected", [EXPECT_VIOLATED] = "violated",
	[EXPECT_UNKNOWN] = "unknown",         [EXPECT_UNTRIED] = "untried",
	[EXPECT_UNCOVERED] = "uncovered",
};

const char *expect_verdict_name(enum expect_verdict verdict)
{
	return expect_verdict_names[verdict];
}

/* What is denied and gets an answer is denied all the same. */
bool expect_is_good(enum policy_expect expect, enum expect_fate fate)
{
	static const bool good[POLICY_EXPECTS][FATES] = {
		[POLICY_ALLOW] = {[FATE_ARRIVED] = true},
		[POLICY_DENY] = {[FATE_STOPPED] = true, [FATE_REJECTED] = true},
		[POLICY_REJECT] = {[FATE_REJECTED] = true},
	};

	return good[expect][fate];
}

/* ---- each session ---- */

/* What the client asks for, as the point nearest to it shows it. */
static struct policy_ask expect_ask(const struct judging *j, uint32_t session)
{
	uint32_t node = story_near_node(j, session);
	const struct capture_flow *flow = &j->view->flow[node];
	bool client_is_b = j->sessions->client_direction[node];

	return (struct policy_ask){
		.src = policy_address(flow->version, client_is_b ? flow->b : flow->a),
		.dst = policy_address(flow->version, client_is_b ? flow->a : flow->b),
		.dport = client_is_b ? flow->a_port : flow->b_port,
		.version = flow->version,
		.proto = flow->proto,
	};
}

static bool expect_same_ask(const struct policy_ask *a, const struct policy_ask *b)
{
	return a->src.high == b->src.high && a->src.low == b->src.low &&
	       a->dst.high == b->dst.high && a->dst.low == b->dst.low && a->dport == b->dport &&
	       a->version == b->version && a->proto == b->proto;
}

static uint32_t expect_find_row(struct expecting *x, const struct policy_ask *ask)
{
	const uint64_t part[] = {ask->src.high, ask->src.low, ask->dst.high, ask->dst.low,
				 (uint64_t)ask->proto << 16 | ask->dport};
	struct expect_memo *memo;
	uint64_t hash = 0;
	unsigned i;

	for (i = 0; i < sizeof part / sizeof part[0]; i++)
		hash = (hash ^ part[i]) * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 over the golden ratio */
	memo = &x->memo[hash >> (64 - EXPECT_MEMO_BITS)];

	if (!expect_same_ask(&memo->ask, ask)) {
		memo->ask = *ask;
		memo->row = policy_find(x->e->policy, ask);
	}
	return memo->row;
}

static void expect_session_find(struct expecting *x, uint32_t number)
{
	const struct session *session = &x->j->sessions->list[number];
	struct expect_session *s = &x->session[number];
	struct expect_outcome o = expect_fate_of(x->fates, number);
	struct policy_ask ask = expect_ask(x->j, number);
	uint32_t row = expect_find_row(x, &ask);

	*s = (struct expect_session){.row = row == POLICY_NO_ROW ? x->e->rows : row,
				     .drops = o.drops, .fate = o.fate, .doubt = o.doubt,
				     .hop = o.hop, .confidence = o.confidence, .sure = o.sure,
				     .burst = o.burst, .tcp = session->proto == 6, .forward = session->client_forward};
}

/* ---- what may be chance ---- */

static double expect_rate(const struct expecting *x, const struct expect_session *s)
{
	return expect_loss_rate(x->fates, s->hop, s->forward ? HOP_FORWARD : HOP_REVERSE);
}

/* Drops of sessions that chance may have ended, by row. */
static void expect_count_doubtful(struct expecting *x)
{
	uint32_t i;

	for (i = 0; i < x->j->sessions->count; i++) {
		const struct expect_session *s = &x->session[i];
		struct expect_row *row = &x->e->row[s->row];

		row->fate[FATE_ARRIVED] += s->fate == FATE_ARRIVED;
		if (s->fate != FATE_STOPPED || s->sure)
			continue;
		row->doubtful_drops += s->drops;
		if (expect_rate(x, s) > row->worst_rate)
			row->worst_rate = expect_rate(x, s);
	}
}

/* Whether the row's sessions died more often than packets do here, or this one did; else why that is no
 * rule's doing. */
static enum expect_doubt expect_doubt_of(const struct expecting *x, const struct expect_session *s)
{
	const struct expect_row *row = &x->e->row[s->row];

	if (s->burst && row->fate[FATE_ARRIVED])
		return DOUBT_NO_RULE;
	return !loss_no_chance(row->worst_rate, row->doubtful_drops,
			       row->doubtful_drops + row->fate[FATE_ARRIVED], x->e->rows + 1u) &&
	       !loss_no_chance(expect_rate(x, s), s->drops, s->drops, x->j->sessions->count)
		       ? DOUBT_CHANCE
		       : DOUBT_NONE;
}

static void expect_settle_chance(struct expecting *x)
{
	uint32_t i, r;

	expect_count_doubtful(x);
	for (i = 0; i < x->j->sessions->count; i++) {
		struct expect_session *s = &x->session[i];

		if (s->fate != FATE_STOPPED || s->sure)
			continue;
		s->doubt = (uint8_t)expect_doubt_of(x, s);
		if (s->doubt != DOUBT_NONE)
			s->fate = FATE_UNKNOWN;
	}
	for (r = 0; r <= x->e->rows; r++)
		x->e->row[r].fate[FATE_ARRIVED] = 0;
}

/* ---- rejects that may not show ---- */

/* Of a row that rejects, silence is one only where an answer would have shown and was due: ICMP errors are
 * limited in rate (RFC 1812 4.3.2.8), so where some got one, others need not; TCP asks again. */
static void expect_settle_silence(struct expecting *x)
{
	uint32_t count = x->j->sessions->count, i;
	uint8_t *answered = calloc((size_t)x->e->rows + 1, 1);

	for (i = 0; answered && i < count; i++)
		answered[x->session[i].row] |= x->session[i].fate == FATE_REJECTED;
	for (i = 0; i < count; i++) {
		struct expect_session *s = &x->session[i];

		if (s->fate != FATE_STOPPED || s->row == x->e->rows ||
		    x->e->policy->row[s->row].expect != POLICY_REJECT)
			continue;
		if (!expect_hears(x->fates, s->hop, s->forward ? HOP_FORWARD : HOP_REVERSE))
			s->doubt = DOUBT_UNHEARD;
		else if (!s->tcp && (!answered || answered[s->row]))
			s->doubt = DOUBT_LIMITED;
		if (s->doubt != DOUBT_NONE)
			s->fate = FATE_UNKNOWN;
	}
	free(answered);
}

/* ---- rows ---- */

static void expect_count(struct expecting *x, uint32_t number)
{
	const struct expect_session *s = &x->session[number];
	int64_t start_ns = x->j->sessions->list[number].start_ns;
	struct expect_row *row = &x->e->row[s->row];

	if (s->fate == FATE_NONE)
		return;
	if (s->row == x->e->rows)
		x->e->uncovered[row->sessions] = number;
	row->sessions++;
	row->doubt[s->doubt] += s->doubt != DOUBT_NONE;
	row->sure[s->fate] += s->confidence;
	if (!row->fate[s->fate]++) {
		row->example[s->fate] = number;
		row->first_ns[s->fate] = row->last_ns[s->fate] = start_ns;
	}
	if (start_ns < row->first_ns[s->fate])
		row->first_ns[s->fate] = start_ns;
	if (start_ns > row->last_ns[s->fate])
		row->last_ns[s->fate] = start_ns;
	if (s->fate == FATE_STOPPED || s->fate == FATE_REJECTED)
		x->e->ended[((size_t)s->row * x->e->hops + s->hop) * 2 + (s->fate - FATE_STOPPED)]++;
}

/* The session that shows what the row is about: one that went wrong, else one that did not. */
static uint32_t expect_shown(const struct expects *e, uint32_t r)
{
	static const enum expect_fate order[] = {FATE_ARRIVED, FATE_REJECTED, FATE_STOPPED};
	const struct expect_row *row = &e->row[r];
	unsigned good, k;

	for (good = 0; good < 2; good++)
		for (k = 0; k < 3; k++)
			if (row->fate[order[k]] &&
			    (r == e->rows || expect_is_good(e->policy->row[r].expect, order[k]) == good))
				return row->example[order[k]];
	return row->fate[FATE_UNKNOWN] ? row->example[FATE_UNKNOWN] : EXPECT_NONE;
}

static void expect_sum_up(struct expects *e)
{
	uint32_t r, f, h, guards = 0;

	for (r = 0; r <= e->rows; r++) {
		struct expect_row *row = &e->row[r];

		row->hidden_by = POLICY_NO_ROW;
		row->point = EXPECT_NONE;
		row->shown = expect_shown(e, r);
		for (f = 0; f < FATE_UNKNOWN && r < e->rows; f++)
			*(expect_is_good(e->policy->row[r].expect, f) ? &row->good : &row->bad) +=
				row->fate[f];
		if (!row->sessions && r < e->rows)
			row->hidden_by = policy_hidden_by(e->policy, r);
	}
	e->guard = EXPECT_NO_HOP;
	for (h = 0; h < e->hops; h++) {
		uint32_t ended = 0;

		for (r = 0; r <= e->rows; r++)
			ended += expect_ended(e, r, h, FATE_STOPPED) +
				 expect_ended(e, r, h, FATE_REJECTED);
		if (ended && !guards++)
			e->guard = h;
	}
	if (guards > 1)
		e->guard = EXPECT_NO_HOP;
	else if (!guards && e->hops == 1)
		e->guard = 0;
}

/* ---- examples ---- */

static int expect_number_compare(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Where the client's first packet was seen last on its way. */
static void expect_place(struct expect_row *row, const struct dossier *d)
{
	uint32_t i;

	for (i = 0; i < d->packets; i++) {
		const struct dossier_packet *p = &d->packet[i];
		unsigned control = p->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK);

		if (!p->from_client || !p->sights || (d->proto == 6 && control != PACKET_TCP_SYN))
			continue;
		if (row->point != EXPECT_NONE && p->after != VERDICT_NONE)
			continue;
		row->point = d->sight[p->sight + p->sights - 1u].point;
		row->index = d->sight[p->sight + p->sights - 1u].index;
		if (p->after == VERDICT_NONE)
			return; /* it got to the end */
	}
}

/* Two rows show no session in common: each is of one row. */
static enum status expect_find_examples(struct expects *e, const struct dossier_source *source,
					struct error *err)
{
	uint32_t *session = malloc(((size_t)e->rows + 1) * sizeof *session), count = 0, r;
	struct dossiers *dossiers = NULL;
	enum status status = STATUS_OK;

	if (!session)
		return error_errno(err, ENOMEM, "expectations");
	for (r = 0; r <= e->rows; r++)
		if (e->row[r].shown != EXPECT_NONE)
			session[count++] = e->row[r].shown;
	qsort(session, count, sizeof *session, expect_number_compare);
	if (count)
		status = dossiers_open(&dossiers, source, session, NULL, count, err);
	for (r = 0; r <= e->rows && !status; r++) {
		const uint32_t *found;
		struct dossier dossier;

		if (e->row[r].shown == EXPECT_NONE)
			continue;
		found = bsearch(&e->row[r].shown, session, count, sizeof *session,
				expect_number_compare);
		dossier = dossiers_get(dossiers, (uint32_t)(found - session));
		expect_place(&e->row[r], &dossier);
	}
	dossiers_close(&dossiers);
	free(session);
	return status;
}

/* ---- all of it ---- */

static enum status expects_new(struct expects **out, const struct policy *policy,
			       const struct judging *j, const struct verdicts *v, struct error *err)
{
	struct expects *e = calloc(1, sizeof *e);

	*out = e;
	if (!e)
		return error_errno(err, ENOMEM, "expectations");
	e->policy = policy;
	e->j = j;
	e->rows = policy->rows;
	e->hops = v->hops;
	e->row = calloc((size_t)e->rows + 1, sizeof *e->row);
	e->ended = calloc(((size_t)e->rows + 1) * e->hops * 2 + 1, sizeof *e->ended);
	e->uncovered = memory_zeroed((size_t)j->sessions->count + 1, sizeof *e->uncovered);
	return e->row && e->ended && e->uncovered ? STATUS_OK : error_errno(err, ENOMEM, "expectations");
}

enum status expects_find(struct expects **out, const struct policy *policy,
			 const struct judging *j, const struct verdicts *v,
			 const struct causes *causes, const struct dossier_source *source,
			 struct error *err)
{
	struct expecting x = {.j = j};
	enum status status;
	uint32_t i;

	*out = NULL;
	if (!policy)
		return STATUS_OK;
	status = expects_new(out, policy, j, v, err);
	if (!status)
		status = expect_fates_open(&x.fates, j, v, causes, err);
	x.e = *out;
	x.session = memory_zeroed((size_t)j->sessions->count + 1, sizeof *x.session);
	x.memo = calloc((size_t)1 << EXPECT_MEMO_BITS, sizeof *x.memo);
	if (!status && (!x.session || !x.memo))
		status = error_errno(err, ENOMEM, "expectations");
	if (!status) {
		for (i = 0; i < j->sessions->count; i++)
			expect_session_find(&x, i);
		expect_settle_chance(&x);
		expect_settle_silence(&x);
		for (i = 0; i < j->sessions->count; i++)
			expect_count(&x, i);
		expect_sum_up(x.e);
		status = expect_find_examples(x.e, source, err);
	}
	expect_fates_close(&x.fates);
	free(x.session);
	free(x.memo);
	if (status)
		expects_free(out);
	return status;
}

void expects_free(struct expects **expects)
{
	if (!*expects)
		return;
	free((*expects)->row);
	free((*expects)->ended);
	free((*expects)->uncovered);
	free(*expects);
	*expects = NULL;
}

/* ---- what is asked of a row ---- */

enum expect_verdict expect_verdict_of(const struct expects *e, uint32_t r)
{
	const struct expect_row *row = &e->row[r];

	return r == e->rows	? EXPECT_UNCOVERED
	       : row->bad	? EXPECT_VIOLATED
	       : row->good	? EXPECT_AS_EXPECTED
	       : row->sessions	? EXPECT_UNKNOWN
				: EXPECT_UNTRIED;
}

/* Where most of its sessions ended; of those that did not end, the hop that ends others. */
uint8_t expect_hop(const struct expects *e, uint32_t r)
{
	const struct expect_row *row = &e->row[r];
	uint32_t h, most = 0;
	uint8_t hop = EXPECT_NO_HOP;

	for (h = 0; h < e->hops; h++) {
		uint32_t ended = expect_ended(e, r, h, FATE_STOPPED) +
				 expect_ended(e, r, h, FATE_REJECTED);

		if (ended > most) {
			most = ended;
			hop = (uint8_t)h;
		}
	}
	return most || !row->fate[FATE_ARRIVED] ? hop : (uint8_t)e->guard;
}

uint32_t expect_confidence(const struct expects *e, uint32_t r)
{
	const struct expect_row *row = &e->row[r];
	bool violated = row->bad > 0;
	uint64_t sure = 0, sessions = 0;
	unsigned f;

	for (f = 0; f < FATE_UNKNOWN; f++) {
		if (r < e->rows && expect_is_good(e->policy->row[r].expect, f) == violated)
			continue;
		sure += row->sure[f];
		sessions += row->fate[f];
	}
	return sessions ? (uint32_t)(sure / sessions) : 0;
}
