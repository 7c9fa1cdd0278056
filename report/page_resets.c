/* The RSTs of the page: a timeline by origin, and their causes. */
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/cell.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/page_table.h"

#define RESETS_ORIGINS_MAX (PAGE_HOPS_MAX + 4) /* the hops, both ends, not known */
#define RESETS_WIDTH 900.0
#define RESETS_LANE 30.0

/* How an origin's marks look: by verdict. */
static const struct {
	const char *verdict, *class, *path;
} resets_marks[] = {
	{"injected", "inject", "l5 5l-5 5l-5 -5z"},             /* a diamond */
	{"endpoint", "endpoint", "m-4 1h8v8h-8z"},              /* a square */
	{"unknown", "unknown", "m-4 9l4 -8l4 8z"},              /* a triangle */
};
#define RESETS_MARKS (sizeof resets_marks / sizeof resets_marks[0])

/* A row of the causes: kinds of both directions together. */
struct resets_cause {
	const struct reset_kind *kind; /* the first of them */
	uint64_t count;
};

static const char *resets_said(const char *origin)
{
	return *origin ? origin : "unknown";
}

static const char *resets_origin(const struct page *page, uint32_t row)
{
	return resets_said(held_text(&page->resets, row, RESETS_ORIGIN));
}

static uint32_t resets_origins(const struct page *page, const char *origin[RESETS_ORIGINS_MAX])
{
	uint32_t count = 0, i, k;

	for (i = 0; i < page->resets.count; i++) {
		for (k = 0; k < count && strcmp(origin[k], resets_origin(page, i)) != 0; k++)
			;
		if (k == count && count < RESETS_ORIGINS_MAX)
			origin[count++] = resets_origin(page, i);
	}
	return count;
}

static struct chart_axis resets_time(const struct page *page)
{
	int64_t first_ns, last_ns;
	uint32_t i;

	held_span(&page->delays, DELAYS_BUCKET_START, DELAYS_BUCKET, &first_ns, &last_ns);
	for (i = 0; i < page->resets.count; i++) {
		int64_t at_ns = held_row(&page->resets, i)[RESETS_TIME].number;

		first_ns = at_ns < first_ns ? at_ns : first_ns;
		last_ns = at_ns > last_ns ? at_ns : last_ns;
	}
	return chart_axis_time(first_ns, last_ns);
}

static bool resets_mark(const struct page *page, const struct chart *chart, uint32_t row, double y)
{
	const struct cell *cell = held_row(&page->resets, row);
	const char *verdict = held_text(&page->resets, row, RESETS_VERDICT);
	char time[CELL_ROOM];
	bool ok;
	size_t m;

	for (m = 0; m < RESETS_MARKS - 1 && strcmp(verdict, resets_marks[m].verdict) != 0; m++)
		;
	*cell_time(time, cell[RESETS_TIME].number) = '\0';
	fprintf(page->stream, "<path class=\"mark-%s\" d=\"M%.1f %.1f%s\"><title>%.15s",
		resets_marks[m].class, chart_x_time(chart, cell[RESETS_TIME].number), y - 5,
		resets_marks[m].path, strchr(time, 'T') + 1);
	if (cell[RESETS_SESSION].known)
		fprintf(page->stream, ", session %lld", (long long)cell[RESETS_SESSION].number);
	fputs(": ", page->stream);
	ok = html_text(page->stream, held_text(&page->resets, row, RESETS_CAUSE));
	fputs("</title></path>\n", page->stream);
	return ok;
}

static bool resets_timeline(struct page *page)
{
	const char *origin[RESETS_ORIGINS_MAX];
	uint32_t lanes = resets_origins(page, origin), i, k;
	struct chart chart;
	bool ok;

	fputs("<figure class=\"scroll\">", page->stream);
	ok = chart_begin(&chart, page->stream, RESETS_WIDTH, 70 + lanes * RESETS_LANE, resets_time(page),
			 chart_axis_classes(lanes), "time", "origin", "RSTs over time, by their origin");
	for (k = 0; ok && k < lanes; k++) {
		fprintf(page->stream, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text class=\"lane\" x=\"%.1f\" "
			"y=\"%.1f\">", chart.left, chart_y(&chart, k), chart.right, chart.left + 4,
			chart_y(&chart, k) - 7);
		ok = html_hop(page->stream, origin[k]);
		fputs("</text>\n", page->stream);
	}
	for (i = 0; ok && i < page->resets.count; i++) {
		for (k = 0; k < lanes && strcmp(origin[k], resets_origin(page, i)) != 0; k++)
			;
		ok = k == lanes || resets_mark(page, &chart, i, chart_y(&chart, k));
	}
	chart_end(&chart);
	fputs("<figcaption><b>RSTs over time, by origin.</b> <span class=\"key inject\">◆</span> injected by a hop, "
	      "<span class=\"key\">■</span> sent by an end, <span class=\"key\">▲</span> not to be "
	      "told.</figcaption></figure>\n", page->stream);
	return ok;
}

/* ---- causes ---- */

static int resets_compare(const void *x, const void *y)
{
	const struct resets_cause *a = x, *b = y;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

static uint32_t resets_gather(const struct page *page, struct resets_cause *cause)
{
	uint32_t count = 0, i, k;

	for (i = 0; i < page->reset_kinds.count; i++) {
		const struct reset_kind *kind = &page->reset_kinds.list[i];

		for (k = 0; k < count; k++)
			if (strcmp(cause[k].kind->origin, kind->origin) == 0 &&
			    strcmp(cause[k].kind->cause, kind->cause) == 0 &&
			    strcmp(cause[k].kind->verdict, kind->verdict) == 0)
				break;
		if (k == count && kind->taken)
			cause[count++] = (struct resets_cause){kind, 0};
		if (k < count)
			cause[k].count += kind->taken;
	}
	qsort(cause, count, sizeof *cause, resets_compare);
	return count;
}

static bool resets_causes(struct page *page)
{
	struct resets_cause *cause = malloc(((size_t)page->reset_kinds.count + 1) * sizeof *cause);
	uint32_t count = cause ? resets_gather(page, cause) : 0, i;
	bool ok = cause != NULL;

	fputs("<div class=\"wide\"><table><caption>Causes</caption><thead><tr><th scope=\"col\">origin</th>"
	      "<th scope=\"col\">cause</th><th scope=\"col\">verdict</th><th scope=\"col\" class=\"n\">RSTs</th>"
	      "<th scope=\"col\">evidence of the first</th></tr></thead><tbody>\n", page->stream);
	for (i = 0; ok && i < count; i++) {
		const struct reset_kind *kind = cause[i].kind;

		fputs("<tr><td>", page->stream);
		ok = html_hop(page->stream, resets_said(kind->origin));
		fputs("</td><td>", page->stream);
		ok = ok && html_text(page->stream, kind->cause);
		fputs("</td><td>", page->stream);
		ok = ok && html_text(page->stream, kind->verdict);
		fprintf(page->stream, "</td><td class=\"n\" data-v=\"%llu\">",
			(unsigned long long)cause[i].count);
		html_count(page->stream, cause[i].count);
		fputs("</td><td>", page->stream);
		ok = ok && html_text(page->stream, kind->evidence);
		fputs("</td></tr>\n", page->stream);
	}
	page_table_end(page);
	free(cause);
	return ok;
}

enum status page_resets(struct page *page, struct error *err)
{
	fprintf(page->stream, "<p class=\"about\">Every RST of the %s: where it came from, and why.</p>\n",
		page->stories->match ? "sessions that --filter takes" : "run");
	if (!page->reset_kinds.taken) {
		fputs("<p>No RST was seen.</p>\n", page->stream);
		return STATUS_OK;
	}
	if (page->reset_kinds.taken > page->resets.count) {
		fputs("<p class=\"note\">Of ", page->stream);
		html_count(page->stream, page->reset_kinds.taken);
		fputs(" RSTs ", page->stream);
		html_count(page->stream, page->resets.count);
		fputs(" are drawn, some of every kind; the causes count all, and all are in "
		      "resets.csv.</p>\n", page->stream);
	}
	return resets_timeline(page) && resets_causes(page) ? STATUS_OK : page_memory(err);
}
