#include "report/compare_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"
#include "report/cell.h"
#include "report/compare_rows.h"
#include "report/wording.h"

#define TEXT_WIDTH 100u
#define TEXT_ROWS_MAX 7u /* of what changed: the largest change of each subject */

static const struct {
	const char *one, *many, *colour;
} text_verdicts[COMPARE_VERDICTS] = {
	[COMPARE_REGRESSION] = {"regression", "regressions", "\033[1;31m"},
	[COMPARE_GONE] = {"gone", "gone", "\033[33m"},
	[COMPARE_NEW] = {"new", "new", "\033[33m"},
	[COMPARE_IMPROVEMENT] = {"improvement", "improvements", "\033[32m"},
	[COMPARE_SAME] = {"the same", "the same", ""},
	[COMPARE_INSUFFICIENT] = {"that cannot be told", "that cannot be told", ""},
};

/* ---- sentences ---- */

const char *compare_say_value(char room[WORDING_ROOM], const struct compare_row *row, double value)
{
	char text[WORDING_ROOM];

	switch (metrics[row->metric].sample) {
	case SAMPLE_RATIO:
		snprintf(room, WORDING_ROOM, "%s%.20s %%", value < 0 ? "-" : "",
			 wording_percent(text, fabs(value)));
		return room;
	case SAMPLE_RATE:
		snprintf(room, WORDING_ROOM, "%.3g a second", value);
		return room;
	default:
		return wording_duration(room, (int64_t)fmax(-9e18, fmin(9e18, value * 1e3)));
	}
}

/* How many rows have a verdict before "the same". */
static uint32_t text_changed(const struct compare *c)
{
	uint32_t changed = 0;
	unsigned v;

	for (v = 0; v < COMPARE_SAME; v++)
		changed += c->count[v];
	return changed;
}

char *compare_say_counts(const struct compare *c)
{
	char number[TERMINAL_NUMBER_MAX], *text = NULL;
	uint32_t changed = text_changed(c);
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	unsigned v;

	if (!stream)
		return NULL;
	if (!changed)
		fputs(c->tested ? "nothing got better or worse that can be told; "
				: "nothing can be told: no row has enough to compare; ", stream);
	for (v = 0; v < COMPARE_SAME; v++)
		if (c->count[v])
			fprintf(stream, "%s %s%s", terminal_number(number, c->count[v]),
				c->count[v] == 1 ? text_verdicts[v].one : text_verdicts[v].many,
				(changed -= c->count[v]) ? ", " : "; ");
	if (c->others)
		fprintf(stream, "%s other than before, neither better nor worse; ",
			terminal_number(number, c->others));
	fprintf(stream, "%s the same, ", terminal_number(number, c->count[COMPARE_SAME]));
	fprintf(stream, "%s that cannot be told",
		terminal_number(number, c->count[COMPARE_INSUFFICIENT] - c->others));
	if (fclose(stream) != 0 || !text) {
		free(text);
		return NULL;
	}
	return text;
}

char *compare_say_run(const struct profile *p)
{
	char sessions[WORDING_ROOM], packets[WORDING_ROOM], length[WORDING_ROOM], first[CELL_ROOM + 1] = "";
	char *text;

	if (p->first_ns <= p->last_ns)
		*cell_time(first, p->first_ns) = '\0';
	if (asprintf(&text, "%s from %.10s %.8s UTC, %s, %s",
		     wording_duration(length, (int64_t)fmin(9e18, profile_duration_s(p) * 1e9)), first,
		     *first ? first + 11 : "", wording_count(sessions, p->sessions, "session"),
		     wording_count(packets, p->packets, "packet")) < 0)
		return NULL;
	return text;
}

/* ---- the summary ---- */

struct compare_text {
	FILE *stream;
	const struct compare *compare;
	bool colour;
};

/* A paragraph behind a word; frees the text. False: no memory. */
static bool text_paragraph(const struct compare_text *t, const char *colour, const char *word, char *raw)
{
	char *safe = raw ? wording_safe(raw) : NULL;

	free(raw);
	if (!safe)
		return false;
	if (t->colour && *colour)
		fprintf(t->stream, "%s%s%s", colour, word, "\033[0m");
	else
		fputs(word, t->stream);
	wording_wrap(t->stream, safe, (unsigned)strlen(word), 4, TEXT_WIDTH);
	free(safe);
	return true;
}

/* In a line, if it can be. */
static bool text_row(const struct compare_text *t, const struct compare_row *row)
{
	char before[WORDING_ROOM], after[WORDING_ROOM], word[64], *evidence, *line = NULL;
	const char *at = *row->hop && !strstr(row->subject, row->hop) ? " at " : "";
	bool ok;

	evidence = compare_evidence(t->compare, row);
	ok = evidence && asprintf(&line, "%s%s%s%s: %s %s -> %s%s%s%s%s; %s", row->subject,
				  *row->name ? " (" : "", row->name, *row->name ? ")" : "",
				  metrics[row->metric].name,
				  row->before_known ? compare_say_value(before, row, row->before) : "nothing",
				  row->after_known ? compare_say_value(after, row, row->after) : "nothing",
				  *row->cause ? ", " : "", row->cause, at, *at ? row->hop : "", evidence) >= 0;
	snprintf(word, sizeof word, "  %s: ", row->other ? "other" : text_verdicts[row->verdict].one);
	free(evidence);
	return ok && text_paragraph(t, text_verdicts[row->verdict].colour, word, line);
}

/* Whether a row of the same subject was shown already. */
static bool text_was_shown(const struct compare *c, const uint32_t *shown, uint32_t count,
			   const struct compare_row *row)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (strcmp(c->row[shown[i]].subject, row->subject) == 0)
			return true;
	return false;
}

/* Of the same subject and verdict, the first of the ranking that says why; or this one. */
static const struct compare_row *text_with_cause(const struct compare *c, const uint32_t *ranking,
						 const struct compare_row *row)
{
	uint32_t i;

	for (i = 0; i < c->rows && !*row->cause; i++) {
		const struct compare_row *other = &c->row[ranking[i]];

		if (*other->cause && other->verdict == row->verdict && strcmp(other->subject, row->subject) == 0)
			return other;
	}
	return row;
}

/* What changed for better or worse, then what changed otherwise. */
static bool text_rows(const struct compare_text *t)
{
	const struct compare *c = t->compare;
	uint32_t *ranking = compare_ranking(c), shown[TEXT_ROWS_MAX], count = 0, i;
	uint32_t all = text_changed(c) + c->others;
	bool ok = ranking != NULL;

	for (i = 0; ok && i < all && count < TEXT_ROWS_MAX; i++) {
		const struct compare_row *row = &c->row[ranking[i]];

		if (text_was_shown(c, shown, count, row))
			continue;
		ok = text_row(t, text_with_cause(c, ranking, row));
		shown[count++] = ranking[i];
	}
	free(ranking);
	if (all > count)
		fprintf(t->stream, "  ... and %u more rows, of these subjects and others: --csv compare\n",
			all - count);
	return ok;
}

static bool text_runs(const struct compare_text *t)
{
	const struct compare *c = t->compare;
	bool ok = true;
	uint32_t i;

	for (i = 0; i < c->runs && ok; i++)
		ok = text_paragraph(t, "", "Before: ", compare_say_run(c->before[i]));
	return ok && text_paragraph(t, "", "After:  ", compare_say_run(c->after));
}

static bool text_notes(const struct compare_text *t)
{
	bool ok = true;
	uint32_t i;

	for (i = 0; i < t->compare->notes && ok; i++)
		ok = text_paragraph(t, "\033[33m", "Note: ", strdup(t->compare->note[i]));
	return ok;
}

static bool text_all(const struct compare_text *t, const char *closing)
{
	char *counts = compare_say_counts(t->compare), *line = NULL;
	bool ok = counts && asprintf(&line, "%s (%u rows, %u tested)", counts, t->compare->rows,
				     t->compare->tested) >= 0;

	free(counts);
	if (!ok || !text_paragraph(t, "", "After the change: ", line) || !text_runs(t) || !text_notes(t))
		return false;
	if (!text_rows(t))
		return false;
	if (closing)
		wording_wrap(t->stream, closing, 0, 0, TEXT_WIDTH);
	return true;
}

enum status compare_text_write(struct output *output, const struct compare *compare,
			       const struct compare_text_options *options, struct error *err)
{
	struct compare_text text = {output->stream, compare, options->colour};

	if (!text_all(&text, options->closing))
		return error_errno(err, ENOMEM, "summary");
	return output_check(output, err);
}
