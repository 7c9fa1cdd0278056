/* The sessions of the page: a table that sorts and filters, worst first. */
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/html.h"
#include "report/page_table.h"

/* The first columns, whose cells are made here, */
static const struct page_column sessions_first[] = {
	{SESSIONS_SESSION, LOOK_COUNT, "session", "its number in sessions.csv; opens the ladder"},
	{SESSIONS_PROTO, LOOK_TEXT, "proto", "transport protocol"},
	{SESSIONS_CLIENT, LOOK_TEXT, "client", "who opened it, as the first point saw it"},
	{SESSIONS_SERVER, LOOK_TEXT, "server", "whom the client called"},
	{SESSIONS_NAME, LOOK_TEXT, "name", "from TLS (SNI) or HTTP (Host)"},
};

/* and the others. */
static const struct page_column sessions_columns[] = {
	{SESSIONS_OUTCOME, LOOK_WORD, "outcome",
	 "ok, failed (never established), aborted (reset or cut), degraded, or open"},
	{SESSIONS_CAUSE, LOOK_TEXT, "cause", "why it failed or suffered"},
	{SESSIONS_HOP, LOOK_HOP, "at", "the hop where"},
	{SESSIONS_DROPPED, LOOK_COUNT, "dropped", "its packets that were dropped, at all hops"},
	{SESSIONS_INJECTED, LOOK_COUNT, "injected", "packets that hops made in its name"},
	{SESSIONS_RESETS, LOOK_COUNT, "RST", "resets of it"},
	{SESSIONS_RETRANSMISSIONS, LOOK_COUNT, "retrans.", "its retransmissions, as the ends sent them"},
	{SESSIONS_PACKETS_FORWARD, LOOK_COUNT, "pkts →", "packets along the path"},
	{SESSIONS_PACKETS_REVERSE, LOOK_COUNT, "pkts ←", "packets against it"},
	{SESSIONS_START, LOOK_CLOCK, "start", "its first packet, UTC"},
	{SESSIONS_DURATION, LOOK_DURATION, "lasts", "from its first packet to its last"},
	{SESSIONS_HANDSHAKE, LOOK_DURATION, "handshake", "from the SYN to the handshake's end"},
	{SESSIONS_SERVER_TIME, LOOK_DURATION, "server", "the server's part of the answer time"},
	{SESSIONS_STATE, LOOK_TEXT, "state", "how far it got (RFC 9293)"},
};

/* The number as the button that opens the ladder, the ends, the name. */
static bool sessions_end(struct page *page, const struct cell *cell, unsigned address, unsigned port)
{
	bool brackets = cell[port].known && cell[address].known && cell[address].size == 16, ok;

	fputs("<td>", page->stream);
	fputs(brackets ? "[" : "", page->stream);
	ok = html_exact(page->stream, &results_sessions.column[address], &cell[address]);
	fputs(brackets ? "]" : "", page->stream);
	if (cell[port].known)
		fprintf(page->stream, ":%lld", (long long)cell[port].number);
	fputs("</td>", page->stream);
	return ok;
}

static uint32_t sessions_find(const struct held *held, uint32_t session)
{
	uint32_t low = 0, high = held->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (held_row(held, middle)[SESSIONS_SESSION].number < (int64_t)session + 1)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool sessions_row(struct page *page, const struct worst_session *one)
{
	uint32_t row = sessions_find(&page->sessions, one->session), number = one->session + 1;
	const struct cell *cell;
	bool ok;

	if (row == page->sessions.count)
		return true;
	cell = held_row(&page->sessions, row);
	fprintf(page->stream, "<tr><td class=\"n\" data-v=\"%u\">", number);
	if (stories_ladder(page->stories, one->session))
		fprintf(page->stream, "<button type=\"button\" class=\"open\" data-session=\"%u\" "
			"aria-expanded=\"false\" title=\"open the ladder\">%u</button>", number, number);
	else
		fprintf(page->stream, "<span title=\"crosstap-report --session %u\">%u</span>", number, number);
	fputs("</td>", page->stream);
	fputs("<td>", page->stream);
	ok = html_exact(page->stream, &results_sessions.column[SESSIONS_PROTO], &cell[SESSIONS_PROTO]);
	fputs("</td>", page->stream);
	ok = ok && sessions_end(page, cell, SESSIONS_CLIENT, SESSIONS_CLIENT_PORT);
	ok = ok && sessions_end(page, cell, SESSIONS_SERVER, SESSIONS_SERVER_PORT);
	fputs("<td>", page->stream);
	ok = ok && html_exact(page->stream, &results_sessions.column[SESSIONS_NAME], &cell[SESSIONS_NAME]);
	fputs("</td>", page->stream);
	ok = ok && page_table_cells(page, &page->sessions, row, PAGE_COLUMNS(sessions_columns));
	fputs("</tr>\n", page->stream);
	return ok;
}

static void sessions_intro(struct page *page)
{
	fputs("<p>", page->stream);
	html_count(page->stream, page->stories->worst.sessions);
	fputs(page->stories->filtered ? " sessions that --filter takes, " : " sessions, ", page->stream);
	html_count(page->stream, page->stories->worst.bad);
	fputs(" of them failed, aborted or degraded, or with a packet dropped, injected or reset. ", page->stream);
	if (page->stories->worst.count < page->stories->worst.sessions) {
		fputs("<b>Here are the worst ", page->stream);
		html_count(page->stream, page->stories->worst.count);
		fputs(", some of every kind first; all are in sessions.csv.</b> ", page->stream);
	}
	fputs("A session’s number opens its ladder", page->stream);
	if (page->stories->ladders->count < page->stories->worst.count)
		fputs("; of numbers without a button, <code>crosstap-report --session N</code> tells the story",
		      page->stream);
	fputs(".</p>\n", page->stream);
}

enum status page_sessions(struct page *page, struct error *err)
{
	bool ok = true;
	uint32_t i;

	sessions_intro(page);
	fputs("<form class=\"filter\" role=\"search\"><label for=\"filter\">Filter</label> "
	      "<input id=\"filter\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" "
	      "placeholder=\"10.9.2.2 failed :443\"> <span id=\"shown\" role=\"status\"></span></form>\n",
	      page->stream);
	fputs("<div class=\"wide\"><table class=\"sort\" id=\"sessions-table\"><thead><tr>", page->stream);
	page_table_headings(page, PAGE_COLUMNS(sessions_first));
	page_table_headings(page, PAGE_COLUMNS(sessions_columns));
	fputs("</tr></thead>\n<tbody>\n", page->stream);
	for (i = 0; i < page->stories->worst.count && ok; i++)
		ok = sessions_row(page, &page->stories->worst.list[i]);
	page_table_end(page);
	return ok ? STATUS_OK : page_memory(err);
}
