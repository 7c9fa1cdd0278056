/* What becomes of samples that were made by hand: when a difference is called one, and when nothing is
 * said. */
#include "report/compare.h"

#include <stdlib.h>

#include "tests/unit/check.h"

static struct compare runs; /* with one run before, or two; profiles are not asked for */
static struct measures before[2], after;

static struct measure *sample(struct measures *m, enum metric_number metric)
{
	m->list = realloc(m->list, (m->count + 1) * sizeof *m->list);
	m->list[m->count] = (struct measure){.metric = (uint8_t)metric, .suffix = strdup(""),
					     .cause = strdup(""), .hop = strdup("")};
	m->present = true;
	return &m->list[m->count++];
}

/* `part` of `whole` in each of so many stretches. */
static void ratio(struct measures *m, enum metric_number metric, double part, double whole, unsigned stretches)
{
	struct measure *one = sample(m, metric);
	unsigned b;

	for (b = 0; b < stretches; b++) {
		one->ratio.part[b] = part;
		one->ratio.whole[b] = m->whole[b] = whole;
	}
}

/* Delays of so many stretches around a value, in us. */
static struct measure *delays(struct measures *m, int64_t us, unsigned stretches, double error_us)
{
	struct measure *one = sample(m, METRIC_DELAY_P50);
	unsigned b;

	one->value = calloc(STATS_BLOCKS, sizeof *one->value);
	for (b = 0; b < stretches; b++)
		one->value[one->count++] = 1000 * us + 100 * b;
	one->error_us = error_us;
	return one;
}

static const char *verdict(enum compare_kind kind)
{
	static char name[32];
	uint32_t i;

	CHECK(compare_subject(&runs, &(struct compare_subject){kind, "it", ""}, before, &after));
	CHECK(compare_judge(&runs));
	snprintf(name, sizeof name, "%s", runs.rows ? compare_verdict_names[runs.row[0].verdict] : "(no row)");
	for (i = 0; i < runs.rows; i++) {
		free(runs.row[i].subject);
		free(runs.row[i].cause);
		free(runs.row[i].hop);
		free(runs.row[i].name);
	}
	free(runs.row);
	runs = (struct compare){.runs = runs.runs};
	measures_free(&before[0]);
	measures_free(&before[1]);
	measures_free(&after);
	return name;
}

static void test_bursts(void)
{
	ratio(&before[0], METRIC_LOSS, 0, 10000, 1);
	ratio(&after, METRIC_LOSS, 100, 10000, 1);
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	ratio(&before[0], METRIC_LOSS, 0, 1000, 32);
	ratio(&after, METRIC_LOSS, 10, 1000, 32);
	CHECK_TEXT(verdict(COMPARE_HOP), "regression");
	ratio(&before[0], METRIC_LOSS, 10, 1000, 32);
	ratio(&after, METRIC_LOSS, 0, 1000, 32);
	CHECK_TEXT(verdict(COMPARE_HOP), "improvement");
	check_case("losses of one moment prove nothing, lasting ones do");

	ratio(&before[0], METRIC_SUCCESS, 12, 12, 1);
	ratio(&after, METRIC_SUCCESS, 0, 12, 1);
	CHECK_TEXT(verdict(COMPARE_SERVICE), "regression");
	ratio(&before[0], METRIC_SUCCESS, 12, 12, 1);
	ratio(&after, METRIC_SUCCESS, 3, 12, 1);
	CHECK_TEXT(verdict(COMPARE_SERVICE), "insufficient");
	check_case("unless all of a service's sessions failed where none had");
}

static void test_same(void)
{
	ratio(&before[0], METRIC_LOSS, 1, 100000, 32);
	ratio(&after, METRIC_LOSS, 1, 100000, 32);
	CHECK_TEXT(verdict(COMPARE_HOP), "same");
	/* 0.105 % and 0.195 %: surely other, and some of what the interval holds matters */
	ratio(&before[0], METRIC_LOSS, 10.5, 10000, 32);
	ratio(&after, METRIC_LOSS, 19.5, 10000, 32);
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	ratio(&before[0], METRIC_LOSS, 0, 20, 32);
	ratio(&after, METRIC_LOSS, 0, 20, 32);
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	check_case("the same is said only where nothing that the interval holds matters");
}

static void test_clocks(void)
{
	delays(&before[0], 1000, 32, 0);
	delays(&after, 4000, 32, 0);
	CHECK_TEXT(verdict(COMPARE_HOP), "regression");
	delays(&before[0], 1000, 32, 2000);
	delays(&after, 4000, 32, 2000); /* each may be wrong by 2 ms, its own way */
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	delays(&before[0], 1000, 32, 5000);
	delays(&after, 1000, 32, 5000);
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	delays(&before[0], 1000, 32, 0)->blind = true;
	delays(&after, 4000, 32, 0);
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	check_case("what clocks may hide is neither a change nor the same");

	delays(&before[0], 1000, 7, 0);
	delays(&after, 4000, 7, 0);
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	delays(&before[0], 10, 32, 0);
	delays(&after, 40, 32, 0);
	CHECK_TEXT(verdict(COMPARE_HOP), "same");
	check_case("seven stretches are too few, and 30 us do not matter");
}

static void test_presence(void)
{
	ratio(&before[0], METRIC_BACKEND, 3, 6, 32);
	ratio(&after, METRIC_BACKEND, 0, 6, 32);
	CHECK_TEXT(verdict(COMPARE_SERVICE), "gone");
	ratio(&before[0], METRIC_BACKEND, 0, 6, 32);
	ratio(&after, METRIC_BACKEND, 3, 6, 32);
	CHECK_TEXT(verdict(COMPARE_SERVICE), "new");
	ratio(&before[0], METRIC_OFFERED, 0, 900, 1);
	ratio(&after, METRIC_OFFERED, 500, 900, 1);
	CHECK_TEXT(verdict(COMPARE_FIELD), "new");
	ratio(&before[0], METRIC_OFFERED, 0, 900, 1);
	before[0].cut = true;
	ratio(&after, METRIC_OFFERED, 500, 900, 1);
	CHECK_TEXT(verdict(COMPARE_FIELD), "insufficient");
	check_case("new and gone are said where all that was there has a row");

	runs.runs = 2;
	ratio(&before[0], METRIC_OFFERED, 0, 1000, 1);
	ratio(&before[1], METRIC_OFFERED, 50, 1000, 1);
	ratio(&after, METRIC_OFFERED, 600, 1000, 1);
	CHECK_TEXT(verdict(COMPARE_FIELD), "insufficient");
	ratio(&before[0], METRIC_OFFERED, 0, 1000, 1);
	ratio(&before[1], METRIC_OFFERED, 0, 1000, 1);
	ratio(&after, METRIC_OFFERED, 600, 1000, 1);
	CHECK_TEXT(verdict(COMPARE_FIELD), "new");
	ratio(&before[0], METRIC_LOSS, 0, 1000, 32);
	ratio(&before[1], METRIC_LOSS, 20, 1000, 32);
	ratio(&after, METRIC_LOSS, 20, 1000, 32);
	CHECK_TEXT(verdict(COMPARE_HOP), "insufficient");
	runs.runs = 1;
	check_case("of several runs before each must say so");

	ratio(&before[0], METRIC_MODIFIED, 0, 1000, 1);
	ratio(&after, METRIC_MODIFIED, 800, 1000, 1);
	CHECK_TEXT(verdict(COMPARE_FIELD), "regression");
	ratio(&before[0], METRIC_MODIFIED, 500, 1000, 1);
	ratio(&after, METRIC_MODIFIED, 900, 1000, 1);
	CHECK_TEXT(verdict(COMPARE_FIELD), "insufficient");
	check_case("a field that is rewritten anew got worse, one in more sessions did not");
}

/* Only the first run before has the row. */
static void test_only_one_run(void)
{
	static const uint8_t metric[] = {METRIC_MODIFIED_EXPECTED, METRIC_SESSIONS, METRIC_HTTP, METRIC_DELAY_P50};
	unsigned b;
	size_t i;

	for (i = 0; i < sizeof metric; i++) {
		runs.runs = 2;
		if (metric[i] == METRIC_DELAY_P50)
			delays(&before[0], 1000, 32, 0);
		else
			ratio(&before[0], metric[i], 9, 10, 32);
		before[1].present = after.present = true;
		for (b = 0; b < STATS_BLOCKS; b++)
			before[1].whole[b] = after.whole[b] = 10;
		CHECK_TEXT(verdict(COMPARE_FIELD), "insufficient");
		memset(before, 0, sizeof before);
		memset(&after, 0, sizeof after);
	}
	runs.runs = 1;
	check_case("what one of several runs before has, another and the one after have not, is no difference");
}

int main(void)
{
	runs.runs = 1;
	test_bursts();
	test_same();
	test_clocks();
	test_presence();
	test_only_one_run();
	return check_exit();
}
