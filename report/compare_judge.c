/* From samples to rows, and from rows to verdicts. */
#include "report/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

#define JUDGE_BLOCKS_MIN 8u  /* stretches with enough sessions, of each side, to be the units */
#define JUDGE_SESSIONS_MIN 5u /* enough */
#define JUDGE_QUANTILE_PACKETS 368u /* packets that a p99 needs: of fewer it is nearly the largest */
#define JUDGE_QUANTILE_RATIO 2u     /* ... and then it depends on how many they are */

const char *const compare_kind_names[] = {"total", "service", "hop", "field"};
const char *const compare_verdict_names[] = {"regression", "gone", "new", "improvement", "same",
					     "insufficient"};

/* ---- units of times ---- */

struct judge_units {
	int64_t *value;  /* sorted */
	uint32_t count;
	bool by_block;
};

/* The median of each stretch with enough sessions. */
static uint32_t judge_medians(const struct measure *m, int64_t medians[STATS_BLOCKS], int64_t *room)
{
	uint32_t b, i, n, count = 0;

	for (b = 0; b < STATS_BLOCKS; b++) {
		for (i = n = 0; i < m->count; i++)
			if (m->block[i] == b)
				room[n++] = m->value[i];
		if (n < JUDGE_SESSIONS_MIN)
			continue;
		stats_sort(room, n);
		medians[count++] = stats_quantile(room, n, 0.5);
	}
	return count;
}

/* Stretches where there are enough of them, and on both sides; otherwise each session. */
static bool judge_units(struct judge_units *u, const struct measure *m, bool by_block)
{
	int64_t medians[STATS_BLOCKS];
	uint32_t count;

	*u = (struct judge_units){calloc((size_t)m->count + 1, sizeof *u->value), m->count, by_block};
	if (!u->value)
		return false;
	if (m->block && by_block) {
		count = judge_medians(m, medians, u->value);
		memcpy(u->value, medians, count * sizeof *medians);
		u->count = count;
	} else if (m->count) {
		memcpy(u->value, m->value, m->count * sizeof *u->value);
	}
	stats_sort(u->value, u->count);
	return true;
}

static bool judge_has_blocks(const struct measure *m)
{
	uint32_t sessions[STATS_BLOCKS] = {0}, i, blocks = 0;

	if (!m->block)
		return true;
	for (i = 0; i < m->count; i++)
		sessions[m->block[i]]++;
	for (i = 0; i < STATS_BLOCKS; i++)
		blocks += sessions[i] >= JUDGE_SESSIONS_MIN;
	return blocks >= JUDGE_BLOCKS_MIN;
}

/* ---- one side against another ---- */

/* Of one run before and the one after; either may lack the row. */
struct judge_pair {
	const struct measure *before, *after; /* NULL: none */
	struct measure none;                  /* what stands for the one that is not there */
};

static void judge_widen(struct compare_row *row, const struct stats_result *one, bool first)
{
	struct stats_result *all = &row->result;

	if (first) {
		*all = *one;
		return;
	}
	all->tested = all->tested && one->tested;
	all->p = fmax(all->p, one->p);
	all->low = fmin(all->low, one->low);
	all->high = fmax(all->high, one->high);
	/* against the run from which it differs least */
	if (all->change * one->change <= 0)
		all->change = 0;
	else if (fabs(one->change) < fabs(all->change))
		all->change = one->change;
}

/* From thousandths: ns to us, sessions to thousandths of sessions a second. */
static void judge_scale(struct stats_result *result)
{
	result->change /= 1e3;
	result->low /= 1e3;
	result->high /= 1e3;
}

/* Whether quantiles of so many packets each can be compared. */
static bool judge_same_size(uint64_t a, uint64_t b)
{
	uint64_t less = a < b ? a : b, more = a < b ? b : a;

	return less >= JUDGE_QUANTILE_PACKETS || more <= JUDGE_QUANTILE_RATIO * less || !less;
}

static bool judge_times(struct compare_row *row, const struct judge_pair *pair,
			struct stats_result *result)
{
	bool by_block = (!pair->before || judge_has_blocks(pair->before)) &&
			(!pair->after || judge_has_blocks(pair->after));
	static const struct measure nothing;
	struct judge_units before, after = {0};
	const struct measure *side[2] = {pair->before ? pair->before : &nothing,
					 pair->after ? pair->after : &nothing};
	bool ok = judge_units(&before, side[0], by_block) && judge_units(&after, side[1], by_block);

	if (ok) {
		*result = stats_shift(before.value, before.count, after.value, after.count);
		judge_scale(result);
		result->tested = result->tested && judge_same_size(side[0]->packets, side[1]->packets);
		row->by_block = by_block;
		row->before_units = before.count;
		row->after_units = after.count;
		row->before_known = before.count > 0;
		row->after_known = after.count > 0;
		if (before.count)
			row->before = (double)stats_quantile(before.value, before.count, 0.5) / 1e3;
		if (after.count)
			row->after = (double)stats_quantile(after.value, after.count, 0.5) / 1e3;
	}
	free(before.value);
	free(after.value);
	return ok;
}

/* Whether something is there at all: by stretches in which it was, or by sessions where there is one
 * stretch only. */
static double judge_presence(const struct stats_ratio *before, const struct stats_ratio *after)
{
	const struct stats_ratio *side[2] = {before, after};
	uint64_t part[2] = {0, 0}, whole[2] = {0, 0};
	unsigned i, b;

	for (i = 0; i < 2; i++)
		for (b = 0; b < STATS_BLOCKS; b++) {
			part[i] += side[i]->part[b] > 0;
			whole[i] += side[i]->whole[b] > 0;
		}
	if (whole[0] <= 1 && whole[1] <= 1)
		for (i = 0; i < 2; i++) {
			part[i] = (uint64_t)stats_ratio_parts(side[i]);
			whole[i] = (uint64_t)stats_ratio_wholes(side[i]);
		}
	return stats_fisher(part[0], whole[0], part[1], whole[1]);
}

/* Sessions a second: stretch by stretch, in thousandths. */
static struct stats_result judge_rates(const struct stats_ratio *before, const struct stats_ratio *after)
{
	int64_t value[2][STATS_BLOCKS];
	struct stats_result result;
	unsigned b;

	for (b = 0; b < STATS_BLOCKS; b++) {
		value[0][b] = before->whole[b] > 0 ? llround(1e3 * before->part[b] / before->whole[b]) : 0;
		value[1][b] = after->whole[b] > 0 ? llround(1e3 * after->part[b] / after->whole[b]) : 0;
	}
	stats_sort(value[0], STATS_BLOCKS);
	stats_sort(value[1], STATS_BLOCKS);
	result = stats_shift(value[0], STATS_BLOCKS, value[1], STATS_BLOCKS);
	judge_scale(&result);
	return result;
}

/* What only one side has is a matter of presence: a service, a backend, a value. */
static bool judge_by_presence(uint8_t metric)
{
	return metric == METRIC_SESSIONS || metric == METRIC_BACKEND || metric == METRIC_VALUE ||
	       metric == METRIC_OFFERED;
}

static void judge_ratio(struct compare_row *row, const struct judge_pair *pair,
			struct stats_result *result)
{
	const struct stats_ratio *before = &pair->before->ratio, *after = &pair->after->ratio;
	bool rate = metrics[row->metric].sample == SAMPLE_RATE;

	row->before_parts = stats_ratio_parts(before);
	row->after_parts = stats_ratio_parts(after);
	row->before_units = rate ? STATS_BLOCKS : stats_ratio_wholes(before);
	row->after_units = rate ? STATS_BLOCKS : stats_ratio_wholes(after);
	row->before_known = row->before_units > 0;
	row->after_known = row->after_units > 0;
	row->before = stats_ratio_value(before);
	row->after = stats_ratio_value(after);
	row->effect = fmax(stats_ratio_effect(before), stats_ratio_effect(after));
	row->by_block = rate;
	*result = rate ? judge_rates(before, after) : stats_difference(before, after);
	if (judge_by_presence(row->metric) && (row->before_parts > 0) != (row->after_parts > 0)) {
		row->presence = true;
		result->p = judge_presence(before, after);
		result->tested = true;
	}
}

/* The side that has no row has none of so many, or nothing is known of it. */
static void judge_complete(struct judge_pair *pair, const struct measures *before,
			   const struct measures *after, uint8_t metric)
{
	const struct measures *side = pair->before ? after : before;
	const struct measure *other = pair->before ? pair->before : pair->after;

	if ((pair->before && pair->after) || metrics[metric].sample == SAMPLE_TIMES)
		return;
	if (metric == METRIC_SESSIONS) /* its run is as long as the other */
		memcpy(pair->none.ratio.whole, other->ratio.whole, sizeof other->ratio.whole);
	else if (metric != METRIC_RETRANSMISSION && metric != METRIC_HTTP) /* those have wholes of their own */
		memcpy(pair->none.ratio.whole, side->whole, sizeof side->whole);
	if (pair->before)
		pair->after = &pair->none;
	else
		pair->before = &pair->none;
}

/* ---- a row ---- */

/* A ratio matters by a tenth of its rarer side: 99.9 % that become 99.8 % are twice as many failures. */
static double judge_matters(const struct compare_row *row, double error_us)
{
	const struct metric *metric = &metrics[row->metric];
	double base = row->before_known ? fabs(row->before) : 0;

	if (metric->sample == SAMPLE_RATIO)
		base = fmin(base, 1 - base);
	return fmax(COMPARE_SHARE * base, metric->floor + error_us);
}

static struct compare_row *judge_add(struct compare *c, const struct compare_subject *subject,
				     const struct measure *sample)
{
	struct compare_row *list = memory_room(c->row, c->rows, &c->room, sizeof *list), *row;

	if (!list)
		return NULL;
	c->row = list;
	row = &list[c->rows++];
	*row = (struct compare_row){.kind = (uint8_t)subject->kind, .metric = sample->metric, .result = {.p = 1},
				    .verdict = COMPARE_INSUFFICIENT, .effect = 1,
				    .cause = strdup(sample->cause), .hop = strdup(sample->hop),
				    .name = strdup(subject->name)};
	if (asprintf(&row->subject, "%s%s", subject->text, sample->suffix) < 0)
		row->subject = NULL;
	return row->subject && row->cause && row->hop && row->name ? row : NULL;
}

static const struct measure *judge_find(const struct measures *m, const struct measure *like)
{
	uint32_t low = 0, high = m->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (measure_compare(&m->list[middle], like) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < m->count && measure_compare(&m->list[low], like) == 0 ? &m->list[low] : NULL;
}

static int judge_compare_doubles(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static double judge_median(double *value, uint32_t count)
{
	qsort(value, count, sizeof *value, judge_compare_doubles);
	return count % 2 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
}

/* What the runs before that were looked at had in a row. */
struct judge_seen {
	double value[COMPARE_RUNS_MAX];
	uint32_t values, tests;
	double error_us;
};

static void judge_note(struct compare_row *row, struct judge_seen *seen, const struct measure *one)
{
	if (!one)
		return;
	seen->error_us = fmax(seen->error_us, one->error_us);
	row->blind = row->blind || one->blind;
}

/* Against one run before; false: no memory. */
static bool judge_against(struct compare_row *row, struct judge_seen *seen,
			  const struct measures *before, const struct measures *after,
			  const struct measure *sample)
{
	struct judge_pair pair = {.before = judge_find(before, sample), .after = judge_find(after, sample)};
	struct stats_result one = {.p = 1};

	judge_note(row, seen, pair.before);
	judge_note(row, seen, pair.after);
	judge_complete(&pair, before, after, sample->metric);
	if (metrics[sample->metric].sample != SAMPLE_TIMES)
		judge_ratio(row, &pair, &one);
	else if (!judge_times(row, &pair, &one))
		return false;
	if (row->before_known)
		seen->value[seen->values++] = row->before;
	judge_widen(row, &one, seen->tests++ == 0);
	return true;
}

/* A run before that lacks the subject says nothing, unless all lack it. */
static bool judge_row(struct compare *c, const struct compare_subject *subject,
		      const struct measures *before, const struct measures *after,
		      const struct measure *sample)
{
	struct compare_row *row = judge_add(c, subject, sample);
	struct judge_seen seen = {.values = 0};
	bool any = false, ok = row != NULL;
	uint32_t i;

	for (i = 0; i < c->runs; i++)
		any = any || before[i].present;
	for (i = 0; ok && i < c->runs; i++)
		if (!any || before[i].present)
			ok = judge_against(row, &seen, &before[i], after, sample);
	if (!ok)
		return false;
	row->before_known = seen.values > 0;
	if (seen.values)
		row->before = judge_median(seen.value, seen.values);
	row->matters = judge_matters(row, seen.error_us);
	return true;
}

/* Goes on behind the sample, which is one of theirs, on all sides. */
static void judge_pass(const struct compare *c, const struct measures *before,
		       const struct measures *after, const struct measure *sample,
		       uint32_t next[COMPARE_RUNS_MAX + 1])
{
	uint32_t i;

	for (i = 0; i <= c->runs; i++) {
		const struct measures *m = i < c->runs ? &before[i] : after;

		next[i] += next[i] < m->count && measure_compare(&m->list[next[i]], sample) == 0;
	}
}

bool compare_subject(struct compare *c, const struct compare_subject *subject,
		     const struct measures *before, const struct measures *after)
{
	uint32_t next[COMPARE_RUNS_MAX + 1] = {0}, i, lead = c->rows;

	for (;;) { /* the least of what any side has next */
		const struct measure *least = NULL;

		for (i = 0; i <= c->runs; i++) {
			const struct measures *m = i < c->runs ? &before[i] : after;

			if (next[i] < m->count &&
			    (!least || measure_compare(&m->list[next[i]], least) < 0))
				least = &m->list[next[i]];
		}
		if (!least)
			return true;
		if (!judge_row(c, subject, before, after, least))
			return false;
		c->row[c->rows - 1].lead = lead;
		judge_pass(c, before, after, least, next);
	}
}

/* ---- verdicts ---- */

static bool judge_is_trial(const struct compare_row *row)
{
	return row->result.tested && !row->blind &&
	       (row->presence || metrics[row->metric].worse != WORSE_NEITHER);
}

/* One side has nothing to compare with. */
static bool judge_is_alone(const struct compare_row *row)
{
	return !row->presence && row->before_known != row->after_known;
}

static enum compare_verdict judge_verdict(const struct compare_row *row, double discovery)
{
	const struct stats_result *r = &row->result;
	bool sure = r->p <= discovery && (r->low > 0 || r->high < 0);
	bool beyond = fabs(r->change) >= row->matters;
	enum metric_worse worse = (enum metric_worse)metrics[row->metric].worse;

	if (!r->tested || row->blind)
		return COMPARE_INSUFFICIENT;
	if (row->presence)
		return r->p > fmin(discovery, COMPARE_PRESENCE) ? COMPARE_INSUFFICIENT
		       : row->before_parts > 0 ? COMPARE_GONE : COMPARE_NEW;
	if (sure && beyond && worse != WORSE_NEITHER)
		return (r->change > 0) == (worse == WORSE_MORE) ? COMPARE_REGRESSION
								: COMPARE_IMPROVEMENT;
	if (r->low > -row->matters && r->high < row->matters)
		return COMPARE_SAME;
	return sure && !beyond ? COMPARE_SAME : COMPARE_INSUFFICIENT;
}

bool compare_judge(struct compare *c)
{
	double *p = calloc((size_t)c->rows + 1, sizeof *p), discovery;
	uint32_t i;

	if (!p)
		return false;
	for (i = 0; i < c->rows; i++)
		if (judge_is_trial(&c->row[i]))
			p[c->tested++] = c->row[i].result.p;
	discovery = stats_discoveries(p, c->tested, COMPARE_DISCOVERIES);
	free(p);
	for (i = 0; i < c->rows; i++) {
		const struct compare_row *lead = &c->row[c->row[i].lead];

		c->row[i].verdict = (uint8_t)judge_verdict(&c->row[i], discovery);
		if (lead->presence && judge_is_alone(&c->row[i]))
			c->row[i].verdict = lead->verdict;
		c->count[c->row[i].verdict]++;
	}
	return true;
}
