/* The page's plain parts: findings, the account, the inputs, what the words mean. */
#include <string.h>

#include "correlate/results.h"
#include "report/html.h"
#include "report/manifest.h"
#include "report/page_table.h"

static const struct page_column balance_columns[] = {
	{BALANCE_HOP, LOOK_HOP, "hop", "two neighbouring points"},
	{BALANCE_DIRECTION, LOOK_TEXT, "direction", "forward: along the path"},
	{BALANCE_POINT, LOOK_TEXT, "point", "whose packets this row counts"},
	{BALANCE_SIDE, LOOK_TEXT, "side", "whether packets come from it or go to it"},
	{BALANCE_PACKETS, LOOK_COUNT, "packets", "all of them"},
	{BALANCE_MATCHED, LOOK_COUNT, "matched", "seen at both points"},
	{BALANCE_DROPPED, LOOK_COUNT, "dropped", "lost at the hop"},
	{BALANCE_INJECTED, LOOK_COUNT, "injected", "made by the hop in another's name"},
	{BALANCE_DUPLICATED, LOOK_COUNT, "duplicated", "copies that the network made"},
	{BALANCE_LOCAL, LOOK_COUNT, "local", "to or from the box itself"},
	{BALANCE_UNCAPTURED, LOOK_COUNT, "uncaptured", "missed by the other capture"},
	{BALANCE_EDGE, LOOK_COUNT, "edge", "too near an end of the common window"},
	{BALANCE_AMBIGUOUS, LOOK_COUNT, "ambiguous", "not to be told apart"},
	{BALANCE_EXCLUDED, LOOK_COUNT, "excluded", "not comparable"},
	{BALANCE_COPIES, LOOK_COUNT, "copies", "held twice by the capture"},
	{BALANCE_BALANCED, LOOK_TEXT, "balanced", "whether the row sums up"},
};

static const struct page_column input_columns[] = {
	{MANIFEST_POINT, LOOK_TEXT, "point", "where it was captured"},
	{MANIFEST_CAPTURE, LOOK_TEXT, "capture", "the file"},
	{MANIFEST_FORMAT, LOOK_TEXT, "format", "as told from its bytes"},
	{MANIFEST_LINK_TYPE, LOOK_TEXT, "link type", "what the frames begin with"},
	{MANIFEST_BYTES, LOOK_COUNT, "bytes", "of the file"},
	{MANIFEST_PACKETS, LOOK_COUNT, "packets", "frames in it"},
	{MANIFEST_FIRST, LOOK_CLOCK, "first", "time of the first packet, by the capture's own clock"},
	{MANIFEST_LAST, LOOK_CLOCK, "last", "time of the last one"},
	{MANIFEST_SNAPLEN, LOOK_COUNT, "snaplen", "bytes kept of a packet"},
	{MANIFEST_CAPTURE_DROPS, LOOK_COUNT, "capture drops", "packets that the capture itself lost, as it says"},
	{MANIFEST_TRUNCATED_PACKETS, LOOK_COUNT, "truncated", "packets cut by the snaplen"},
	{MANIFEST_DAMAGE, LOOK_TEXT, "damage", "where the file could not be read further, why"},
	{MANIFEST_SHA256, LOOK_DIGEST, "SHA-256", "of the file"},
};

static const struct page_column run_columns[] = {
	{RUN_KEY, LOOK_TEXT, "key", "what"},
	{RUN_VALUE, LOOK_TEXT, "value", "its value"},
};

static const struct page_column expect_columns[] = {
	{EXPECT_ROW, LOOK_COUNT, "row", "of the policy"},
	{EXPECT_NAME, LOOK_TEXT, "name", "as the policy calls it"},
	{EXPECT_SRC, LOOK_TEXT, "src", "whose sessions"},
	{EXPECT_DST, LOOK_TEXT, "dst", "to whom"},
	{EXPECT_PROTO, LOOK_TEXT, "proto", "by which protocol"},
	{EXPECT_DPORT, LOOK_TEXT, "dport", "to which port"},
	{EXPECT_EXPECT, LOOK_TEXT, "expect", "what the row says"},
	{EXPECT_VERDICT, LOOK_WORD, "verdict", "what its sessions say"},
	{EXPECT_SESSIONS, LOOK_COUNT, "sessions", "that this row is the first to match"},
	{EXPECT_GOOD, LOOK_COUNT, "as expected", "of these"},
	{EXPECT_BAD, LOOK_COUNT, "not so", "of these"},
	{EXPECT_NOT_TOLD, LOOK_COUNT, "unknown", "of these: it cannot be told"},
	{EXPECT_EVIDENCE, LOOK_TEXT, "evidence", "in numbers, and at which hop"},
};

/* ---- findings ---- */

static bool findings_one(struct page *page, uint32_t row)
{
	const struct held *held = &page->findings;
	const char *hop = held_text(held, row, FINDINGS_HOP);
	const char *evidence = held_text(held, row, FINDINGS_EVIDENCE);
	uint32_t place = page_hop_place(page, hop);
	bool ok;

	fputs("<li><span class=\"severity ", page->stream);
	ok = html_text(page->stream, held_text(held, row, FINDINGS_SEVERITY));
	fputs("\">", page->stream);
	ok = ok && html_text(page->stream, held_text(held, row, FINDINGS_SEVERITY));
	fputs("</span> <span class=\"said\">", page->stream);
	ok = ok && html_text(page->stream, held_text(held, row, FINDINGS_TEXT));
	fputs("</span><span class=\"evidence\">", page->stream);
	ok = ok && html_text(page->stream, evidence);
	fputs(" <code title=\"the kind of finding, as in findings.csv\">", page->stream);
	ok = ok && html_text(page->stream, held_text(held, row, FINDINGS_KIND));
	fputs("</code>", page->stream);
	if (place < page->hop_count)
		fprintf(page->stream, " <a href=\"#hop-%u\">see the hop</a>", place + 1);
	fputs("</span>", page->stream);
	fputs("</li>\n", page->stream);
	return ok;
}

/* The policy's rows, where there is one. */
static bool findings_expect(struct page *page)
{
	if (!page->expect.count)
		return true;
	if (!page_table(page, "What the rule base says, and what was done", &page->expect, NULL, NULL,
			PAGE_COLUMNS(expect_columns)))
		return false;
	if (page->expect.total > page->expect.count)
		fputs("<p class=\"note\">The rest is in expect.csv.</p>\n", page->stream);
	return true;
}

enum status page_findings(struct page *page, struct error *err)
{
	bool ok = true;
	uint32_t i;

	if (!page->findings.count) {
		fputs("<p>No findings.</p>\n", page->stream);
		return findings_expect(page) ? STATUS_OK : page_memory(err);
	}
	fputs("<ol class=\"findings\">\n", page->stream);
	for (i = 0; i < page->findings.count && ok; i++)
		ok = findings_one(page, i);
	fputs("</ol>\n", page->stream);
	if (page->findings.total > page->findings.count) {
		fputs("<p class=\"note\">", page->stream);
		html_count(page->stream, page->findings.total - page->findings.count);
		fputs(" more are in findings.csv.</p>\n", page->stream);
	}
	return ok && findings_expect(page) ? STATUS_OK : page_memory(err);
}

/* ---- the account and the inputs ---- */

enum status page_balance(struct page *page, struct error *err)
{
	uint32_t i, off = 0;

	for (i = 0; i < page->balance.count; i++)
		off += strcmp(held_text(&page->balance, i, BALANCE_BALANCED), "yes") != 0;
	if (off)
		fprintf(page->stream, "<p class=\"warn\">%u rows do not sum up.</p>\n", off);
	else
		fputs("<p>Every packet of every capture is in one of these columns; each row sums up.</p>\n",
		      page->stream);
	return page_table(page, NULL, &page->balance, NULL, NULL, PAGE_COLUMNS(balance_columns))
		       ? STATUS_OK : page_memory(err);
}

enum status page_inputs(struct page *page, struct error *err)
{
	bool ok = page_table(page, "Captures", &page->manifest, NULL, NULL, PAGE_COLUMNS(input_columns));

	if (ok && page->manifest.total > page->manifest.count)
		fputs("<p class=\"note\">The rest is in manifest.csv.</p>\n", page->stream);
	return ok && page_table(page, "Run", &page->run, NULL, NULL, PAGE_COLUMNS(run_columns))
		       ? STATUS_OK : page_memory(err);
}

/* ---- words ---- */

static const struct {
	const char *word, *means;
} words_rows[] = {
	{"point", "a place where packets were captured"},
	{"hop", "two neighbouring points on the path; forward is along the path, reverse against it"},
	{"session", "one conversation, both directions, at all points, through NAT and proxies"},
	{"frame", "a packet’s number in its file, as Wireshark shows it"},
	{"matched", "seen at both points of the hop"},
	{"dropped", "seen upstream, never downstream, and the capture there would have shown it"},
	{"injected", "seen downstream only, in the name of a host that did not send it"},
	{"duplicated", "a further copy that the network made"},
	{"local", "to or from the box between the points itself: ends or begins there, not lost"},
	{"uncaptured", "passed, but the capture on that side lost it"},
	{"edge", "too near the start or the end of the common window to say"},
	{"ambiguous", "one of identical packets that cannot be told apart"},
	{"excluded", "not comparable: not IP, link scope, filtered out, malformed"},
	{"copies", "held twice by one capture"},
	{"confidence", "0 to 1: how sure a cause is"},
};

enum status page_words(struct page *page, struct error *err)
{
	size_t i;

	(void)err;
	fputs("<dl class=\"words\">\n", page->stream);
	for (i = 0; i < sizeof words_rows / sizeof words_rows[0]; i++)
		fprintf(page->stream, "<dt>%s</dt><dd>%s</dd>\n", words_rows[i].word, words_rows[i].means);
	fputs("</dl>\n", page->stream);
	return STATUS_OK;
}
