#include "report/compare_page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/compare_charts.h"
#include "report/compare_rows.h"
#include "report/compare_text.h"
#include "report/html.h"
#include "report/page_frame.h"
#include "report/wording.h"

#define PAGE_CHANGES_MAX 200u
#define PAGE_ROWS_MAX 3000u

struct compare_page {
	FILE *stream;
	const struct compare *compare;
	const uint32_t *ranking;
};

typedef bool compare_section(struct compare_page *page);

static compare_section section_answer, section_changes, section_pairs, section_distributions,
	section_rows, section_words;

static const struct {
	const char *id, *title, *about;
	compare_section *write;
} sections[] = {
	{NULL, NULL, NULL, section_answer},
	{"findings", "What changed", "More than chance, and enough to matter. Largest first.", section_changes},
	{"pairs", "Side by side", "Hollow: before. Filled: after. One axis for each measure.", section_pairs},
	{"delays", "Delays over each other", "The share of packets by delay: a line before, bars after.",
	 section_distributions},
	{"rows", "All rows", "As in compare.csv.", section_rows},
	{"words", "Words", NULL, section_words},
};
#define SECTIONS (sizeof sections / sizeof sections[0])

/* Text that was made for this and is freed. */
static bool page_say(FILE *stream, char *text)
{
	bool ok = text && html_text(stream, text);

	free(text);
	return ok;
}

/* ---- the answer ---- */

static bool answer_run(struct compare_page *page, const char *word, const struct profile *profile)
{
	fprintf(page->stream, "<tr><th scope=\"row\">%s</th><td>", word);
	if (!page_say(page->stream, compare_say_run(profile)))
		return false;
	fputs("</td><td>", page->stream);
	if (!html_text(page->stream, profile_run(profile, "path")))
		return false;
	fputs("</td></tr>\n", page->stream);
	return true;
}

static bool section_answer(struct compare_page *page)
{
	const struct compare *c = page->compare;
	bool ok;
	uint32_t i;

	fputs("<p class=\"answer\">After the change: ", page->stream);
	ok = page_say(page->stream, compare_say_counts(c));
	fputs(".</p>\n<div class=\"wide\"><table><thead><tr><th></th><th scope=\"col\">captures</th>"
	      "<th scope=\"col\">path</th></tr></thead><tbody>\n", page->stream);
	for (i = 0; i < c->runs && ok; i++)
		ok = answer_run(page, "before", c->before[i]);
	ok = ok && answer_run(page, "after", c->after);
	fputs("</tbody></table></div>\n", page->stream);
	for (i = 0; i < c->notes && ok; i++) {
		fputs("<p class=\"warn\">", page->stream);
		ok = html_text(page->stream, c->note[i]);
		fputs("</p>\n", page->stream);
	}
	return ok;
}

/* ---- what changed ---- */

static bool cell_text(struct compare_page *page, const char *text)
{
	bool ok;

	fputs("<td>", page->stream);
	ok = html_text(page->stream, text);
	fputs("</td>", page->stream);
	return ok;
}

static void cell_value(struct compare_page *page, const struct compare_row *row, bool known, double value)
{
	char room[WORDING_ROOM];

	if (known) /* our own words and digits */
		fprintf(page->stream, "<td class=\"n\" data-v=\"%.6f\">%s</td>", value,
			compare_say_value(room, row, value));
	else
		fputs("<td></td>", page->stream);
}

/* Before, after, the interval of the change. */
static void cells_values(struct compare_page *page, const struct compare_row *row)
{
	const struct stats_result *r = &row->result;
	char low[WORDING_ROOM], high[WORDING_ROOM];

	cell_value(page, row, row->before_known, row->before);
	cell_value(page, row, row->after_known, row->after);
	if (r->tested && !row->presence && !row->blind)
		fprintf(page->stream, "<td class=\"n\">%s to %s</td>", compare_say_value(low, row, r->low),
			compare_say_value(high, row, r->high));
	else
		fputs("<td></td>", page->stream);
}

static bool row_write(struct compare_page *page, const struct compare_row *row)
{
	const char *verdict = compare_verdict_names[row->verdict];
	bool ok;

	fprintf(page->stream, "<tr><td class=\"%s\">%s</td>", verdict, verdict);
	fputs("<td>", page->stream);
	ok = html_text(page->stream, row->subject);
	if (*row->name) {
		fputs("<span class=\"evidence\">", page->stream);
		ok = ok && html_text(page->stream, row->name);
		fputs("</span>", page->stream);
	}
	fputs("</td>", page->stream);
	ok = ok && cell_text(page, metrics[row->metric].name);
	cells_values(page, row);
	ok = ok && cell_text(page, row->cause) && cell_text(page, row->hop);
	fputs("<td>", page->stream);
	ok = ok && page_say(page->stream, compare_evidence(page->compare, row));
	fputs("</td></tr>\n", page->stream);
	return ok;
}

static void rows_head(struct compare_page *page)
{
	fputs("<div class=\"wide\"><table><thead><tr><th scope=\"col\" title=\"see Words\">verdict</th>"
	      "<th scope=\"col\" title=\"a service as the client asked for it, a hop, a header field\">subject</th>"
	      "<th scope=\"col\" title=\"what is measured\">metric</th><th scope=\"col\" class=\"n\">before</th>"
	      "<th scope=\"col\" class=\"n\">after</th><th scope=\"col\" class=\"n\" title=\"95 % interval of the "
	      "change\">change</th><th scope=\"col\">cause</th><th scope=\"col\">hop</th>"
	      "<th scope=\"col\">evidence</th></tr></thead><tbody>\n", page->stream);
}

static void rows_end(struct compare_page *page, uint32_t left)
{
	fputs("</tbody></table></div>\n", page->stream);
	if (left)
		fprintf(page->stream, "<p class=\"note\">%u more are in compare.csv.</p>\n", left);
}

static bool section_changes(struct compare_page *page)
{
	const struct compare *c = page->compare;
	uint32_t i, changed = 0;
	bool ok = true;

	for (i = 0; i < COMPARE_SAME; i++)
		changed += c->count[i];
	if (!changed) {
		fputs("<p>Nothing that can be told.</p>\n", page->stream);
		return true;
	}
	rows_head(page);
	for (i = 0; i < changed && i < PAGE_CHANGES_MAX && ok; i++)
		ok = row_write(page, &c->row[page->ranking[i]]);
	rows_end(page, changed > i ? changed - i : 0);
	return ok;
}

static bool section_rows(struct compare_page *page)
{
	const struct compare *c = page->compare;
	bool ok = true;
	uint32_t i;

	rows_head(page);
	for (i = 0; i < c->rows && i < PAGE_ROWS_MAX && ok; i++)
		ok = row_write(page, &c->row[i]);
	rows_end(page, c->rows - i);
	return ok;
}

static bool section_pairs(struct compare_page *page)
{
	return compare_charts_pairs(page->stream, page->compare, page->ranking);
}

static bool section_distributions(struct compare_page *page)
{
	return compare_charts_delays(page->stream, page->compare);
}

/* ---- words ---- */

static const struct {
	const char *word, *meaning;
} words[] = {
	{"regression, improvement", "worse or better: the interval excludes no change, of all that is called a "
	 "change at most one in a hundred is expected to be chance (Benjamini and Hochberg), and it is at least a "
	 "tenth and the metric’s floor"},
	{"gone, new", "there before or after only, in so many stretches of time or sessions that chance cannot have "
	 "hidden it"},
	{"same", "whatever difference there is does not matter"},
	{"insufficient", "the interval holds differences that would matter as well as none: nothing can be concluded"},
	{"stretch of time", "a thirty-second part of a run: what packets and sessions of one moment share is no proof"},
};

static bool section_words(struct compare_page *page)
{
	size_t i;

	fputs("<dl class=\"words\">\n", page->stream);
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		fprintf(page->stream, "<dt>%s</dt><dd>%s</dd>\n", words[i].word, words[i].meaning);
	fputs("</dl>\n", page->stream);
	return true;
}

/* ---- all of it ---- */

static bool page_sections(struct compare_page *page)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < SECTIONS && ok; i++) {
		if (sections[i].id)
			fprintf(page->stream, "<section id=\"%s\"><h2>%s</h2>\n", sections[i].id,
				sections[i].title);
		if (sections[i].about)
			fprintf(page->stream, "<p class=\"about\">%s</p>\n", sections[i].about);
		ok = sections[i].write(page);
		fputs(sections[i].id ? "</section>\n" : "", page->stream);
	}
	return ok;
}

enum status compare_page_write(struct output *output, const struct compare *compare,
			       struct error *err)
{
	uint32_t *ranking = compare_ranking(compare);
	struct compare_page page = {output->stream, compare, ranking};
	bool ok = ranking && page_frame_begin(page.stream, "crosstap: before and after", false);
	size_t i;

	for (i = 0; ok && i < SECTIONS; i++)
		if (sections[i].id)
			page_frame_link(page.stream, sections[i].id, sections[i].title);
	if (ok) {
		page_frame_main(page.stream, "Before and after the change");
		ok = page_sections(&page);
		page_frame_end(page.stream, "All numbers are those of compare.csv beside this page.", false);
	}
	free(ranking);
	return ok ? output_check(output, err) : error_errno(err, ENOMEM, "report.html");
}
