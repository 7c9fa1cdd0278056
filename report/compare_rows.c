#include "report/compare_rows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"

static const struct table_column compare_columns[COMPARE_COLUMNS] = {
	{"subject", TABLE_FOREIGN, 0},      {"kind", TABLE_TEXT, 0},
	{"metric", TABLE_TEXT, 0},          {"before", TABLE_REAL, 6},
	{"after", TABLE_REAL, 6},           {"change", TABLE_REAL, 6},
	{"change_ratio", TABLE_REAL, 6},    {"ci_low", TABLE_REAL, 6},
	{"ci_high", TABLE_REAL, 6},         {"p_value", TABLE_REAL, 9},
	{"verdict", TABLE_TEXT, 0},         {"cause", TABLE_FOREIGN, 0},
	{"hop", TABLE_FOREIGN, 0},          {"unit", TABLE_TEXT, 0},
	{"samples_before", TABLE_INT, 0},   {"samples_after", TABLE_INT, 0},
	{"evidence", TABLE_FOREIGN, 0},     {"name", TABLE_FOREIGN, 0},
};
const struct table_schema compare_schema = {"compare", 0, COMPARE_COLUMNS, compare_columns};

struct compare_rows {
	struct rows rows;
	const struct compare *compare;
	uint32_t next;
	char *evidence;
	struct cell cell[COMPARE_COLUMNS];
};

const char *compare_unit(const struct compare_row *row)
{
	if (row->by_block)
		return "block";
	return row->metric == METRIC_LOSS || row->metric == METRIC_INJECTED ||
			       row->metric == METRIC_RETRANSMISSION
		       ? "packet" : "session";
}

/* ---- evidence ---- */

static void number_of(char room[TERMINAL_NUMBER_MAX], double count)
{
	terminal_number(room, (uint64_t)llround(count));
}

static int evidence_ratio(char **text, const struct compare_row *row)
{
	char parts[2][TERMINAL_NUMBER_MAX], wholes[2][TERMINAL_NUMBER_MAX], effect[96] = "";

	number_of(parts[0], row->before_parts);
	number_of(parts[1], row->after_parts);
	number_of(wholes[0], row->before_units);
	number_of(wholes[1], row->after_units);
	if (row->effect >= 1.5)
		snprintf(effect, sizeof effect, "; it comes in bursts, so that %.1f count as one", row->effect);
	return asprintf(text, "%s of %s %ss before, %s of %s after%s", parts[0], wholes[0],
			compare_unit(row), parts[1], wholes[1], effect);
}

static int evidence_times(char **text, const struct compare_row *row)
{
	if (row->blind)
		return asprintf(text, "no clock: a delay of one direction means nothing there");
	return asprintf(text, "medians of %.0f stretches of time before, %.0f after", row->before_units,
			row->after_units);
}

static int evidence_rate(char **text, const struct compare_row *row)
{
	if (row->presence)
		return asprintf(text, "%.0f sessions before, %.0f after, in %u of %u stretches of time",
				row->before_parts, row->after_parts, row->stretches, STATS_BLOCKS);
	return asprintf(text, "%.0f sessions before, %.0f after", row->before_parts, row->after_parts);
}

/* Why nothing is concluded; first that holds. */
static const char *evidence_closing(const struct compare *c, const struct compare_row *row)
{
	const struct stats_result *r = &row->result;
	const struct {
		bool holds;
		const char *text;
	} reasons[] = {
		{row->verdict != COMPARE_INSUFFICIENT || row->blind, ""},
		{row->other, "; other than before, which is neither better nor worse by itself"},
		{row->presence && row->cut, "; not all that was there has a row"},
		{row->presence, "; that is too little to say that it is not chance"},
		{!row->before_known || !row->after_known, "; the other side has nothing to compare with"},
		{row->few, "; all of that is in a few stretches of time, which prove nothing"},
		{!r->tested, "; too few"},
		{row->likely, "; a change by itself, but of so many rows one or another looks so by chance"},
		{row->error > 0 && fabs(r->change) < row->matters + row->error, "; within what clocks may be wrong by, "
		 "and what does not matter"},
		{r->low > 0 || r->high < 0, "; other than before, but whether that matters the interval does not tell"},
		{c->runs > 1, "; the interval against all runs before is too wide to tell"},
		{true, "; the interval is too wide to tell"},
	};
	size_t i;

	for (i = 0; !reasons[i].holds; i++)
		;
	return reasons[i].text;
}

char *compare_evidence(const struct compare *c, const struct compare_row *row)
{
	char *text, *all;
	int size;

	switch (metrics[row->metric].sample) {
	case SAMPLE_RATIO:
		size = evidence_ratio(&text, row);
		break;
	case SAMPLE_RATE:
		size = evidence_rate(&text, row);
		break;
	default:
		size = evidence_times(&text, row);
		break;
	}
	if (size < 0)
		return NULL;
	if (asprintf(&all, "%s%s", text, evidence_closing(c, row)) < 0)
		all = NULL;
	free(text);
	return all;
}

/* ---- cells ---- */

static struct cell compare_text(const char *text)
{
	return (struct cell){.known = *text != '\0', .text = text};
}

static struct cell compare_real(bool known, double value)
{
	return (struct cell){.known = known && isfinite(value), .real = value};
}

static struct cell compare_count(bool known, double count)
{
	return (struct cell){.known = known, .number = llround(count)};
}

static void compare_fill(struct compare_rows *rows, const struct compare_row *row)
{
	const struct stats_result *r = &row->result;
	bool both = row->before_known && row->after_known, tested = r->tested && !row->blind;
	bool interval = tested && !row->presence;
	double change = row->after - row->before;
	struct cell *cell = rows->cell;

	cell[COMPARE_SUBJECT] = compare_text(row->subject);
	cell[COMPARE_KIND] = compare_text(compare_kind_names[row->kind]);
	cell[COMPARE_METRIC] = compare_text(metrics[row->metric].name);
	cell[COMPARE_BEFORE] = compare_real(row->before_known, row->before);
	cell[COMPARE_AFTER] = compare_real(row->after_known, row->after);
	cell[COMPARE_CHANGE] = compare_real(both, change);
	cell[COMPARE_CHANGE_RATIO] = compare_real(both && row->before != 0, change / row->before);
	cell[COMPARE_CI_LOW] = compare_real(interval, r->low);
	cell[COMPARE_CI_HIGH] = compare_real(interval, r->high);
	cell[COMPARE_P_VALUE] = compare_real(tested, r->p);
	cell[COMPARE_VERDICT] = compare_text(compare_verdict_names[row->verdict]);
	cell[COMPARE_CAUSE] = compare_text(row->cause);
	cell[COMPARE_HOP_NAME] = compare_text(row->hop);
	cell[COMPARE_UNIT] = compare_text(compare_unit(row));
	cell[COMPARE_SAMPLES_BEFORE] = compare_count(row->before_known, row->before_units);
	cell[COMPARE_SAMPLES_AFTER] = compare_count(row->after_known, row->after_units);
	cell[COMPARE_EVIDENCE] = compare_text(rows->evidence);
	cell[COMPARE_NAME] = compare_text(row->name);
}

static enum status compare_rows_next(struct rows *base, bool *more, struct error *err)
{
	struct compare_rows *rows = (struct compare_rows *)base;
	const struct compare *c = rows->compare;

	*more = rows->next < c->rows;
	if (!*more)
		return STATUS_OK;
	free(rows->evidence);
	rows->evidence = compare_evidence(c, &c->row[rows->next]);
	if (!rows->evidence)
		return error_errno(err, ENOMEM, "compare");
	compare_fill(rows, &c->row[rows->next++]);
	return STATUS_OK;
}

static const struct cell *compare_rows_cells(const struct rows *base)
{
	return ((const struct compare_rows *)base)->cell;
}

static void compare_rows_close(struct rows *base)
{
	free(((struct compare_rows *)base)->evidence);
	free(base);
}

enum status compare_rows_open(struct rows **out, const struct compare *compare, struct error *err)
{
	static const struct rows_type type = {
		.next = compare_rows_next, .cells = compare_rows_cells, .close = compare_rows_close};
	struct compare_rows *rows = calloc(1, sizeof *rows);

	*out = NULL;
	if (!rows)
		return error_errno(err, ENOMEM, "compare");
	rows->rows = (struct rows){&type, &compare_schema, compare->rows, 1};
	rows->compare = compare;
	*out = &rows->rows;
	return STATUS_OK;
}
