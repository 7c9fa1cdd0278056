#include "report/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/page_data.h"
#include "report/page_frame.h"

/* Rows held of each table. What is beyond is in its CSV file, and the page says so. */
static const struct {
	const char *sheet;
	uint32_t most;
	size_t held; /* where, in struct page */
} page_tables[] = {
	{"findings", 100, offsetof(struct page, findings)},
	{"hops", 3 * PAGE_HOPS_MAX, offsetof(struct page, hops)},
	{"delays", 40000, offsetof(struct page, delays)},
	{"distributions", 40000, offsetof(struct page, distributions)},
	{"changes", 2000, offsetof(struct page, changes)},
	{"balance", 6 * PAGE_HOPS_MAX, offsetof(struct page, balance)},
	{"manifest", 500, offsetof(struct page, manifest)},
	{"run", 200, offsetof(struct page, run)},
	{"expect", 1000, offsetof(struct page, expect)},
};
#define PAGE_TABLES (sizeof page_tables / sizeof page_tables[0])

/* The page from top to bottom, as the summary has it. */
static const struct {
	const char *id, *title, *about;
	page_section *write;
} page_sections[] = {
	{NULL, NULL, NULL, page_answer},
	{NULL, NULL, NULL, page_path},
	{"findings", "Findings", "What a person should read first, most serious first.", page_findings},
	{"hops", "Hops", "What each hop did to the packets. Forward is along the path.", page_hops},
	{"resets", "Resets", NULL, page_resets},
	{"sessions", "Sessions", NULL, page_sessions},
	{"account", "The account", NULL, page_balance},
	{"inputs", "Inputs", NULL, page_inputs},
	{"words", "Words", NULL, page_words},
	{NULL, NULL, NULL, page_data},
};
#define PAGE_SECTIONS (sizeof page_sections / sizeof page_sections[0])

enum status page_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "report.html");
}

uint32_t page_hop_row(const struct page *page, const char *hop, const char *direction)
{
	uint32_t i;

	for (i = 0; i < page->hops.count; i++)
		if (strcmp(held_text(&page->hops, i, HOPS_HOP), hop) == 0 &&
		    strcmp(held_text(&page->hops, i, HOPS_DIRECTION), direction) == 0)
			break;
	return i;
}

uint32_t page_hop_place(const struct page *page, const char *hop)
{
	uint32_t i;

	for (i = 0; i < page->hop_count && strcmp(page->hop[i], hop) != 0; i++)
		;
	return i;
}

const char *page_run(const struct page *page, const char *key)
{
	return held_find(&page->run, RUN_KEY, key, RUN_VALUE);
}

/* ---- what is shown ---- */

/* The numbers of the sessions, ascending. */
struct page_wanted {
	uint32_t *session, count;
};

static bool page_takes_session(const void *context, const struct cell *row)
{
	const struct page_wanted *wanted = context;
	uint32_t session = (uint32_t)(row[SESSIONS_SESSION].number - 1);

	return bsearch(&session, wanted->session, wanted->count, sizeof session,
		       worst_compare_numbers) != NULL;
}

static enum status page_read_sessions(struct page *page, struct error *err)
{
	const struct worst *worst = &page->stories->worst;
	struct page_wanted wanted = {calloc((size_t)worst->count + 1, sizeof(uint32_t)), worst->count};
	const struct held_choice choice = {page_takes_session, &wanted, (uint64_t)1 << SESSIONS_SESSION};
	enum status status;
	uint32_t i;

	if (!wanted.session)
		return page_memory(err);
	for (i = 0; i < worst->count; i++)
		wanted.session[i] = worst->list[i].session;
	qsort(wanted.session, wanted.count, sizeof *wanted.session, worst_compare_numbers);
	status = held_read(&page->sessions, page->txn, "sessions", worst->count, &choice, err);
	free(wanted.session);
	return status;
}

static enum status page_read(struct page *page, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;
	size_t t;

	for (t = 0; t < PAGE_TABLES && !status; t++) {
		struct held *held = (struct held *)((char *)page + page_tables[t].held);

		status = held_read(held, page->txn, page_tables[t].sheet, page_tables[t].most, NULL, err);
	}
	for (i = 0; i < page->hops.count && !status; i++) {
		const char *hop = held_text(&page->hops, i, HOPS_HOP);

		if (page->hop_count < PAGE_HOPS_MAX && page_hop_place(page, hop) == page->hop_count)
			page->hop[page->hop_count++] = hop;
	}
	if (!status)
		status = reset_kinds_read(&page->reset_kinds, page->txn, page->stories->match, err);
	if (!status)
		status = reset_kinds_hold(&page->reset_kinds, &page->resets, page->txn, page->stories->match,
					  PAGE_RESETS_MAX, err);
	return status ? status : page_read_sessions(page, err);
}

static void page_free(struct page *page)
{
	size_t t;

	for (t = 0; t < PAGE_TABLES; t++)
		held_free((struct held *)((char *)page + page_tables[t].held));
	held_free(&page->resets);
	reset_kinds_free(&page->reset_kinds);
	held_free(&page->sessions);
}

/* ---- the frame ---- */

static bool page_head(const struct page *page)
{
	char *title;
	bool ok = asprintf(&title, "crosstap: %s", page_run(page, "path")) >= 0;
	size_t i;

	if (!ok)
		return false;
	ok = page_frame_begin(page->stream, title, true);
	free(title);
	for (i = 0; i < PAGE_SECTIONS; i++)
		if (page_sections[i].id)
			page_frame_link(page->stream, page_sections[i].id, page_sections[i].title);
	page_frame_main(page->stream, "What each hop did to the packets");
	return ok;
}

static enum status page_body(struct page *page, const struct output *output, struct error *err)
{
	enum status status = STATUS_OK;
	size_t i;

	for (i = 0; i < PAGE_SECTIONS && !status; i++) {
		if (page_sections[i].id)
			fprintf(page->stream, "<section id=\"%s\"><h2>%s</h2>\n", page_sections[i].id,
				page_sections[i].title);
		if (page_sections[i].about)
			fprintf(page->stream, "<p class=\"about\">%s</p>\n", page_sections[i].about);
		status = page_sections[i].write(page, err);
		fputs(page_sections[i].id ? "</section>\n" : "", page->stream);
		if (!status)
			status = output_check(output, err);
	}
	return status;
}

enum status page_write(struct output *output, struct store_txn *txn, const struct stories *stories,
		       struct error *err)
{
	struct page page = {.stream = output->stream, .txn = txn, .stories = stories};
	enum status status = page_read(&page, err);

	if (!status && !page_head(&page))
		status = page_memory(err);
	if (!status)
		status = page_body(&page, output, err);
	if (!status) {
		page_frame_end(page.stream, "All numbers are those of the CSV files beside this page; where one "
			       "is shown rounded, its exact value is in the page’s source.", true);
		status = output_check(output, err);
	}
	page_free(&page);
	return status;
}
