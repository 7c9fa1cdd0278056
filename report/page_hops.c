/* The hops of the page, each with its numbers, charts and header changes. */
#include <string.h>

#include "correlate/results.h"
#include "report/html.h"
#include "report/page_table.h"

static const char *const hops_directions[] = {"forward", "reverse"};

static const struct page_column hops_counts[] = {
	{HOPS_DIRECTION, LOOK_TEXT, "direction", "forward: along the path; none: of packets that have none"},
	{HOPS_FROM, LOOK_TEXT, "from", "where packets of this direction come from"},
	{HOPS_TO, LOOK_TEXT, "to", "where they go to"},
	{HOPS_PACKETS, LOOK_COUNT, "packets", "seen at the upstream point, without copies in the capture"},
	{HOPS_MATCHED, LOOK_COUNT, "matched", "seen at both points"},
	{HOPS_DROPPED, LOOK_COUNT, "dropped",
	 "seen upstream, never downstream, where the capture would have shown them"},
	{HOPS_LOSS_RATIO, LOOK_PERCENT, "loss %", "dropped, of those that could be compared"},
	{HOPS_INJECTED, LOOK_COUNT, "injected",
	 "seen downstream only, in the name of a host that did not send them"},
	{HOPS_DUPLICATED, LOOK_COUNT, "duplicated", "further copies that the network made"},
	{HOPS_LOCAL, LOOK_COUNT, "local", "to or from the box between the points itself"},
	{HOPS_UNCAPTURED, LOOK_COUNT, "uncaptured", "passed, but the capture on the other side lost them"},
	{HOPS_EDGE, LOOK_COUNT, "edge", "too near the start or end of the common window to say"},
	{HOPS_AMBIGUOUS, LOOK_COUNT, "ambiguous", "identical packets that cannot be told apart"},
	{HOPS_EXCLUDED, LOOK_COUNT, "excluded", "not comparable: not IP, link scope, filtered out, malformed"},
	{HOPS_REORDERED, LOOK_COUNT, "reordered", "overtaken within their session (RFC 4737)"},
	{HOPS_MODIFIED, LOOK_COUNT, "modified", "with a header field changed that should not change"},
};

static const struct page_column hops_delays[] = {
	{HOPS_DIRECTION, LOOK_TEXT, "direction", "forward: along the path"},
	{HOPS_FROM, LOOK_TEXT, "from", "where packets of this direction come from"},
	{HOPS_TO, LOOK_TEXT, "to", "where they go to"},
	{HOPS_DELAY_MIN, LOOK_DURATION, "min", "least delay"},
	{HOPS_DELAY_P50, LOOK_DURATION, "p50", "median delay: half of the packets took no longer"},
	{HOPS_DELAY_P90, LOOK_DURATION, "p90", "nine in ten packets took no longer"},
	{HOPS_DELAY_P99, LOOK_DURATION, "p99", "99 in 100 packets took no longer"},
	{HOPS_DELAY_MAX, LOOK_DURATION, "max", "greatest delay"},
	{HOPS_DELAY_MEAN, LOOK_DURATION, "mean", "mean delay"},
	{HOPS_DELAY_VARIATION, LOOK_DURATION, "variation", "p99 less p50 (RFC 5481)"},
	{HOPS_CLOCK_OFFSET, LOOK_OFFSET, "clock offset",
	 "how far the clock behind the hop is ahead of the one before"},
	{HOPS_CLOCK_SKEW, LOOK_REAL, "skew ppm", "how much faster it runs"},
	{HOPS_CLOCK_ERROR, LOOK_DURATION, "± error", "half the width of what the packets allow"},
	{HOPS_DIRECTION_EVIDENCE, LOOK_TEXT, "direction by", "what told which way the packets went"},
};

static const struct page_column hops_changes[] = {
	{CHANGES_DIRECTION, LOOK_TEXT, "direction", "forward: along the path"},
	{CHANGES_FIELD, LOOK_TEXT, "field", "the header field"},
	{CHANGES_CLASS, LOOK_TEXT, "class", "expected of a router or NAT, or notable"},
	{CHANGES_FROM, LOOK_TEXT, "from", "its value before the hop"},
	{CHANGES_TO, LOOK_TEXT, "to", "its value behind the hop"},
	{CHANGES_PACKETS, LOOK_COUNT, "packets", "how many packets were changed so"},
	{CHANGES_SESSIONS, LOOK_COUNT, "sessions", "of how many sessions"},
	{CHANGES_EXAMPLE_SESSION, LOOK_COUNT, "e.g. session", "an example to look at"},
	{CHANGES_EXAMPLE_FRAME, LOOK_COUNT, "frame", "the example's frame number before the hop"},
};

/* A row of that hop; its name is the first column of hops and of changes. */
static bool hops_takes(const void *hop, const struct cell *row)
{
	return row[0].known && strcmp(row[0].text, hop) == 0;
}

/* The same, but for the row `none`. */
static bool hops_takes_directed(const void *hop, const struct cell *row)
{
	return hops_takes(hop, row) &&
	       !(row[HOPS_DIRECTION].known && strcmp(row[HOPS_DIRECTION].text, "none") == 0);
}

static bool hops_has_changes(const struct page *page, const char *hop)
{
	uint32_t i;

	for (i = 0; i < page->changes.count; i++)
		if (strcmp(held_text(&page->changes, i, CHANGES_HOP), hop) == 0)
			return true;
	return false;
}

/* A hop that did something is open. */
static bool hops_is_open(const struct page *page, const char *hop)
{
	uint64_t acts = 0;
	uint32_t i;

	for (i = 0; i < page->hops.count; i++)
		if (strcmp(held_text(&page->hops, i, HOPS_HOP), hop) == 0)
			acts += held_count(&page->hops, i, HOPS_DROPPED) +
				held_count(&page->hops, i, HOPS_INJECTED) +
				held_count(&page->hops, i, HOPS_MODIFIED);
	return acts || page->hop_count <= 1;
}

static bool hops_charts(struct page *page, const char *hop)
{
	bool ok = true;
	size_t d;

	for (d = 0; d < 2 && ok; d++) {
		uint32_t row = page_hop_row(page, hop, hops_directions[d]);

		if (row >= page->hops.count || !held_count(&page->hops, row, HOPS_PACKETS))
			continue;
		fprintf(page->stream, "<h4 class=\"%s\">", hops_directions[d]);
		ok = html_text(page->stream, held_text(&page->hops, row, HOPS_FROM));
		fputs(" → ", page->stream);
		ok = ok && html_text(page->stream, held_text(&page->hops, row, HOPS_TO));
		fputs("</h4>\n", page->stream);
		ok = ok && page_charts(page, hop, hops_directions[d]);
	}
	return ok;
}

static bool hops_one(struct page *page, uint32_t place)
{
	const char *hop = page->hop[place];
	bool ok;

	fprintf(page->stream, "<details class=\"hop\" id=\"hop-%u\"%s><summary><h3>", place + 1,
		hops_is_open(page, hop) ? " open" : "");
	ok = html_hop(page->stream, hop);
	fputs("</h3></summary>\n", page->stream);
	ok = ok && page_table(page, "Packets", &page->hops, hops_takes, hop, PAGE_COLUMNS(hops_counts));
	ok = ok && page_table(page, "Delay", &page->hops, hops_takes_directed, hop,
			      PAGE_COLUMNS(hops_delays));
	ok = ok && hops_charts(page, hop);
	if (ok && hops_has_changes(page, hop))
		ok = page_table(page, "Header changes", &page->changes, hops_takes, hop,
				PAGE_COLUMNS(hops_changes));
	fputs("</details>\n", page->stream);
	return ok;
}

/* What did not fit is said. */
static void hops_left_out(const struct page *page, const struct held *held)
{
	if (held->total <= held->count)
		return;
	fputs("<p class=\"note\">Shown are the first ", page->stream);
	html_count(page->stream, held->count);
	fputs(" rows of ", page->stream);
	html_count(page->stream, held->total);
	fprintf(page->stream, " in %s.csv.</p>\n", held->schema->name);
}

enum status page_hops(struct page *page, struct error *err)
{
	uint32_t i;

	for (i = 0; i < page->hop_count; i++)
		if (!hops_one(page, i))
			return page_memory(err);
	hops_left_out(page, &page->delays);
	hops_left_out(page, &page->distributions);
	hops_left_out(page, &page->changes);
	if (!page->hop_count)
		fputs("<p>There is no hop: nothing to compare.</p>\n", page->stream);
	return STATUS_OK;
}
