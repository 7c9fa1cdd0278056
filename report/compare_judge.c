/* From samples to rows, and from rows to verdicts. */
#include "report/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

#define JUDGE_SESSIONS_MIN 5u /* of a stretch whose median is a good one */
#define JUDGE_QUANTILE_PACKETS 368u /* packets that a p99 needs: of fewer it is nearly the largest */
#define JUDGE_QUANTILE_RATIO 2.0    /* ... and then it depends on how many they are */
#define JUDGE_SPARSE_RATIO 1.25     /* the more so, the fewer they are */

const char *const compare_kind_names[] = {"total", "service", "hop", "field"};
const char *const compare_verdict_names[] = {"regression", "gone", "new", "improvement", "same",
					     "insufficient"};

/* ---- units of times ---- */

/* The medians of stretches, sorted. Sessions of one moment share its load: they are no units. */
struct judge_units {
	int64_t value[STATS_BLOCKS];
	uint32_t count;
};

/* Of the stretches with at least so many sessions. False: no memory. */
static bool judge_medians(struct judge_units *u, const struct measure *m, uint32_t sessions_min)
{
	int64_t *room = calloc((size_t)m->count + 1, sizeof *room);
	uint32_t b, i, n;

	u->count = 0;
	for (b = 0; room && b < STATS_BLOCKS; b++) {
		for (i = n = 0; i < m->count; i++)
			if (m->block[i] == b)
				room[n++] = m->value[i];
		if (!n || n < sessions_min)
			continue;
		stats_sort(room, n);
		u->value[u->count++] = stats_quantile(room, n, 0.5);
	}
	free(room);
	return room != NULL;
}

/* Of well filled stretches where there are enough, or else of all. */
static bool judge_units(struct judge_units *u, const struct measure *m, bool sparse)
{
	const int64_t *value = sparse ? m->sparse : m->value;
	uint32_t count = sparse ? m->sparse_count : m->count;
	bool ok = true;

	*u = (struct judge_units){.count = 0};
	if (!count)
		return true;
	if (!m->block) {
		u->count = count < STATS_BLOCKS ? count : STATS_BLOCKS;
		memcpy(u->value, value, u->count * sizeof *u->value);
	} else {
		ok = judge_medians(u, m, JUDGE_SESSIONS_MIN);
		if (ok && u->count < STATS_STRETCHES_MIN)
			ok = judge_medians(u, m, 1);
	}
	stats_sort(u->value, u->count);
	return ok;
}

/* ---- one side against another ---- */

/* Of one run before and the one after; either may lack the row. */
struct judge_pair {
	const struct measure *before, *after; /* NULL: none */
	struct measure none[2];               /* what stands for those that are not there */
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
static bool judge_same_size(uint64_t a, uint64_t b, double ratio)
{
	uint64_t less = a < b ? a : b, more = a < b ? b : a;

	return less >= JUDGE_QUANTILE_PACKETS || (double)more <= ratio * (double)less || !less;
}

static bool judge_times(struct compare_row *row, const struct judge_pair *pair,
			struct stats_result *result)
{
	static const struct measure nothing;
	const struct measure *side[2] = {pair->before ? pair->before : &nothing,
					 pair->after ? pair->after : &nothing};
	bool sparse = side[0]->sparse && side[1]->sparse &&
		      (side[0]->count < STATS_STRETCHES_MIN || side[1]->count < STATS_STRETCHES_MIN);
	struct judge_units before, after;

	if (!judge_units(&before, side[0], sparse) || !judge_units(&after, side[1], sparse))
		return false;
	*result = stats_shift(before.value, before.count, after.value, after.count);
	judge_scale(result);
	row->few = row->few || before.count < STATS_STRETCHES_MIN || after.count < STATS_STRETCHES_MIN;
	result->tested = result->tested && judge_same_size(side[0]->packets, side[1]->packets,
							   sparse ? JUDGE_SPARSE_RATIO : JUDGE_QUANTILE_RATIO);
	row->by_block = true;
	row->before_units = before.count;
	row->after_units = after.count;
	row->before_known = before.count > 0;
	row->after_known = after.count > 0;
	if (before.count)
		row->before = (double)stats_quantile(before.value, before.count, 0.5) / 1e3;
	if (after.count)
		row->after = (double)stats_quantile(after.value, after.count, 0.5) / 1e3;
	return true;
}

/* Stretches in which there was any. */
static unsigned judge_stretches(const struct stats_ratio *ratio)
{
	unsigned b, stretches = 0;

	for (b = 0; b < STATS_BLOCKS; b++)
		stretches += ratio->part[b] > 0;
	return stretches;
}

/* Whether something is there at all: by stretches in which it was, or by sessions where there is one
 * stretch only. */
static double judge_presence(const struct stats_ratio *before, const struct stats_ratio *after)
{
	unsigned was = stats_ratio_stretches(before), is = stats_ratio_stretches(after);

	if (was <= 1 && is <= 1)
		return stats_fisher((uint64_t)stats_ratio_parts(before), (uint64_t)stats_ratio_wholes(before),
				    (uint64_t)stats_ratio_parts(after), (uint64_t)stats_ratio_wholes(after));
	return stats_fisher(judge_stretches(before), was, judge_stretches(after), is);
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

/* What only one side has is a matter of presence: a service, a backend, a value, a field that is
 * rewritten at all. */
static bool judge_by_presence(uint8_t metric)
{
	return metric == METRIC_SESSIONS || metric == METRIC_BACKEND || metric == METRIC_VALUE ||
	       metric == METRIC_OFFERED || metric == METRIC_MODIFIED || metric == METRIC_MODIFIED_EXPECTED;
}

/* A difference of ratios rests on how they vary from stretch to stretch, so a few stretches prove nothing;
 * unless it is all of the sessions here and none there. Fields have no stretches, and are no matter of chance. */
static bool judge_is_few(const struct compare_row *row, const struct stats_ratio *before,
			 const struct stats_ratio *after)
{
	bool total = row->before + row->after == 1 && row->before * row->after == 0;

	if (row->kind == COMPARE_FIELD || (total && row->kind != COMPARE_HOP && row->metric != METRIC_RETRANSMISSION))
		return false;
	return stats_ratio_stretches(before) < STATS_STRETCHES_MIN ||
	       stats_ratio_stretches(after) < STATS_STRETCHES_MIN;
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
	row->few = row->few || (!rate && !row->presence && judge_is_few(row, before, after));
	if (row->presence) {
		row->stretches = judge_stretches(row->after_parts > 0 ? after : before);
		result->p = judge_presence(before, after);
		result->tested = true;
	}
}

/* A side that has no row has none of so many, or nothing is known of it. Of several runs before, the one at hand
 * may lack what another has, and the one after, too. */
static const struct measure *judge_none(struct measure *none, const struct measures *side, const struct measure *other,
					uint8_t metric)
{
	if (metric == METRIC_SESSIONS && other) /* its run is as long as the other */
		memcpy(none->ratio.whole, other->ratio.whole, sizeof other->ratio.whole);
	else if (metric != METRIC_SESSIONS && metric != METRIC_RETRANSMISSION &&
		 metric != METRIC_HTTP) /* those have wholes of their own */
		memcpy(none->ratio.whole, side->whole, sizeof side->whole);
	return none;
}

static void judge_complete(struct judge_pair *pair, const struct measures *before,
			   const struct measures *after, uint8_t metric)
{
	const struct measure *was = pair->before, *is = pair->after;

	if (metrics[metric].sample == SAMPLE_TIMES)
		return;
	pair->before = was ? was : judge_none(&pair->none[0], before, is, metric);
	pair->after = is ? is : judge_none(&pair->none[1], after, was, metric);
}

/* ---- a row ---- */

/* A ratio matters by a tenth of its rarer side: 99.9 % that become 99.8 % are twice as many failures. */
static double judge_matters(const struct compare_row *row)
{
	const struct metric *metric = &metrics[row->metric];
	double base = row->before_known ? fabs(row->before) : 0;

	if (metric->sample == SAMPLE_RATIO)
		base = fmin(base, 1 - base);
	return fmax(COMPARE_SHARE * base, metric->floor);
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
};

/* Both clocks may be wrong, each its own way. */
static void judge_note(struct compare_row *row, const struct judge_pair *pair)
{
	double error_us = 0;

	if (pair->before) {
		error_us += pair->before->error_us;
		row->blind = row->blind || pair->before->blind;
	}
	if (pair->after) {
		error_us += pair->after->error_us;
		row->blind = row->blind || pair->after->blind;
	}
	row->error = fmax(row->error, error_us);
}

/* Whether it is there after and in no run before, or the other way round: in all of those looked at. */
static bool judge_is_presence(const struct compare *c, const struct measures *before, bool any,
			      const struct measures *after, const struct measure *sample)
{
	const struct measure *one = judge_find(after, sample);
	bool there = one && stats_ratio_parts(&one->ratio) > 0;
	uint32_t i;

	if (!judge_by_presence(sample->metric))
		return false;
	for (i = 0; i < c->runs; i++) {
		if (any && !before[i].present)
			continue;
		one = judge_find(&before[i], sample);
		if ((one && stats_ratio_parts(&one->ratio) > 0) == there)
			return false;
	}
	return true;
}

/* Against one run before; false: no memory. */
static bool judge_against(struct compare_row *row, struct judge_seen *seen,
			  const struct measures *before, const struct measures *after,
			  const struct measure *sample)
{
	struct judge_pair pair = {.before = judge_find(before, sample), .after = judge_find(after, sample)};
	struct stats_result one = {.p = 1};

	judge_note(row, &pair);
	row->cut = row->cut || before->cut || after->cut;
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
	if (ok)
		row->presence = judge_is_presence(c, before, any, after, sample);
	for (i = 0; ok && i < c->runs; i++)
		if (!any || before[i].present)
			ok = judge_against(row, &seen, &before[i], after, sample);
	if (!ok)
		return false;
	row->before_known = seen.values > 0;
	if (seen.values)
		row->before = judge_median(seen.value, seen.values);
	row->matters = judge_matters(row);
	return true;
}

/* Those of run `i` before, or of the one after. */
static const struct measures *judge_side(const struct compare *c, const struct measures *before,
					 const struct measures *after, uint32_t i)
{
	return i < c->runs ? &before[i] : after;
}

/* Goes on behind the sample, which is one of theirs, on all sides. */
static void judge_pass(const struct compare *c, const struct measures *before,
		       const struct measures *after, const struct measure *sample,
		       uint32_t next[COMPARE_RUNS_MAX + 1])
{
	uint32_t i;

	for (i = 0; i <= c->runs; i++) {
		const struct measures *m = judge_side(c, before, after, i);

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
			const struct measures *m = judge_side(c, before, after, i);

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

/* Worse when there is more of it, also where that is a matter of presence. */
static bool judge_has_side(const struct compare_row *row)
{
	return metrics[row->metric].worse != WORSE_NEITHER;
}

static bool judge_is_tested(const struct compare_row *row)
{
	return row->result.tested && !row->blind && !row->few && !(row->presence && row->cut);
}

static bool judge_is_trial(const struct compare_row *row)
{
	return judge_is_tested(row) && (row->presence || judge_has_side(row)) &&
	       (row->presence || row->metric != METRIC_MODIFIED);
}

/* One side has nothing to compare with. */
static bool judge_is_alone(const struct compare_row *row)
{
	return !row->presence && row->before_known != row->after_known;
}

/* By at least what matters, whatever the clocks' errors; and the medians say the same as the shift does. */
static bool judge_is_beyond(const struct compare_row *row)
{
	double change = row->result.change;

	return fabs(change) >= row->matters + row->error && change * (row->after - row->before) > 0;
}

/* What the interval holds, and what clocks may hide, does not matter. */
static bool judge_is_same(const struct compare_row *row)
{
	return row->result.low - row->error > -row->matters && row->result.high + row->error < row->matters;
}

static enum compare_verdict judge_presence_verdict(const struct compare_row *row, double discovery)
{
	bool gone = row->before_parts > 0;

	if (row->result.p > fmin(discovery, COMPARE_PRESENCE))
		return COMPARE_INSUFFICIENT;
	if (judge_has_side(row))
		return gone ? COMPARE_IMPROVEMENT : COMPARE_REGRESSION;
	return gone ? COMPARE_GONE : COMPARE_NEW;
}

/* Fields that were rewritten before, too, in more or fewer sessions: these are other sessions. */
static bool judge_is_neutral(const struct compare_row *row)
{
	return !judge_has_side(row) || (row->metric == METRIC_MODIFIED && !row->presence);
}

static enum compare_verdict judge_verdict(struct compare_row *row, double discovery)
{
	const struct stats_result *r = &row->result;
	bool apart = r->low > 0 || r->high < 0, beyond = judge_is_beyond(row);

	if (!judge_is_tested(row))
		return COMPARE_INSUFFICIENT;
	if (row->presence)
		return judge_presence_verdict(row, discovery);
	if (judge_is_same(row))
		return COMPARE_SAME;
	if (judge_is_neutral(row)) {
		row->other = apart && beyond && r->p <= COMPARE_PRESENCE;
		return COMPARE_INSUFFICIENT;
	}
	if (!apart || !beyond)
		return COMPARE_INSUFFICIENT;
	row->likely = r->p > discovery;
	return row->likely ? COMPARE_INSUFFICIENT
	       : (r->change > 0) == (metrics[row->metric].worse == WORSE_MORE) ? COMPARE_REGRESSION
									       : COMPARE_IMPROVEMENT;
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
		c->others += c->row[i].other;
	}
	return true;
}
