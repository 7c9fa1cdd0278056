/* The top of the page: the answer in a sentence, and the path as a picture. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/html.h"
#include "report/page_data.h"
#include "report/text.h"
#include "report/text_hops.h"
#include "report/wording.h"

enum status page_answer(struct page *page, struct error *err)
{
	struct text_hops *hops = NULL;
	enum status status = text_hops_read(&hops, page->txn, err);
	char *answer = status ? NULL : text_hops_answer(hops);

	if (!status) {
		fputs("<p class=\"answer\">", page->stream);
		if (!answer || !html_text(page->stream, answer))
			status = page_memory(err);
		fputs("</p>\n", page->stream);
	}
	free(answer);
	text_hops_free(&hops);
	return status;
}

/* ---- points ---- */

/* A point's rows at one hop of balance.csv sum to the packets of all its captures. */
static uint64_t path_packets(const struct page *page, const char *point, size_t length)
{
	const char *hop = NULL;
	uint64_t packets = 0;
	uint32_t i;

	for (i = 0; i < page->balance.count; i++) {
		const char *name = held_text(&page->balance, i, BALANCE_POINT);
		const char *at = held_text(&page->balance, i, BALANCE_HOP);

		if (strlen(name) != length || memcmp(name, point, length) != 0 ||
		    (hop && strcmp(hop, at) != 0))
			continue;
		hop = at;
		packets += held_count(&page->balance, i, BALANCE_PACKETS);
	}
	return packets;
}

/* One stage: "web1/web2", each with what was captured there. */
static bool path_stage(const struct page *page, const char *stage, size_t length)
{
	const char *end = stage + length, *point = stage, *next;
	bool ok = true;

	fputs("<li class=\"point\"><span class=\"dot\"></span>", page->stream);
	for (; ok && point < end; point = next + 1) {
		char *name;

		next = memchr(point, '/', (size_t)(end - point));
		next = next ? next : end;
		name = strndup(point, (size_t)(next - point));
		fputs("<span class=\"name\">", page->stream);
		ok = name && html_text(page->stream, name);
		fputs("</span><span class=\"sub\">", page->stream);
		html_count(page->stream, path_packets(page, point, (size_t)(next - point)));
		fputs(" packets</span>", page->stream);
		free(name);
	}
	fputs("</li>\n", page->stream);
	return ok;
}

/* ---- hops ---- */

static void path_badge(FILE *stream, const char *class, const char *sign, uint64_t count,
		       const char *word)
{
	if (!count)
		return;
	fprintf(stream, "<span class=\"badge %s\"><span aria-hidden=\"true\">%s</span> ", class, sign);
	html_count(stream, count);
	fprintf(stream, " %s</span>", word);
}

/* RSTs that are the hop's own, this way. */
static uint64_t path_resets(const struct page *page, const char *hop, const char *direction)
{
	const struct reset_kind *kind = page->reset_kinds.list;
	uint64_t count = 0;
	uint32_t k;

	for (k = 0; k < page->reset_kinds.count; k++)
		if (strcmp(kind[k].origin, hop) == 0 && strcmp(kind[k].direction, direction) == 0)
			count += kind[k].count;
	return count;
}

static uint64_t path_changes(const struct page *page, const char *hop, const char *direction)
{
	uint64_t count = 0;
	uint32_t i;

	for (i = 0; i < page->changes.count; i++)
		count += strcmp(held_text(&page->changes, i, CHANGES_HOP), hop) == 0 &&
			 strcmp(held_text(&page->changes, i, CHANGES_DIRECTION), direction) == 0 &&
			 strcmp(held_text(&page->changes, i, CHANGES_CLASS), "notable") == 0;
	return count;
}

/* What there is to say of loss, as far as packets could be told. */
static void path_loss(const struct page *page, uint32_t row)
{
	const struct cell *ratio = &held_row(&page->hops, row)[HOPS_LOSS_RATIO];
	uint64_t dropped = held_count(&page->hops, row, HOPS_DROPPED);
	FILE *stream = page->stream;
	char room[WORDING_ROOM];

	if (dropped) {
		fputs("<span class=\"badge drop\"><span aria-hidden=\"true\">✕</span> ", stream);
		html_count(stream, dropped);
		fputs(" dropped (", stream);
		html_text(stream, wording_percent(room, ratio->known ? ratio->real : 0));
		fputs("&nbsp;%)</span>", stream);
	} else if (held_count(&page->hops, row, HOPS_MATCHED)) {
		fputs("<span class=\"badge none\">no loss</span>", stream);
	} else {
		fprintf(stream, "<span class=\"badge\">%s</span>",
			2 * held_count(&page->hops, row, HOPS_LOCAL) >=
					held_count(&page->hops, row, HOPS_PACKETS)
				? "▢ the box’s own, as a proxy’s are" : "nothing to compare");
	}
	path_badge(stream, "change", "?", held_count(&page->hops, row, HOPS_AMBIGUOUS), "ambiguous");
	path_badge(stream, "change", "?", held_count(&page->hops, row, HOPS_UNCAPTURED), "uncaptured");
}

static void path_way(const struct page *page, const char *hop, const char *direction, bool forward)
{
	uint32_t row = page_hop_row(page, hop, direction);
	const struct cell *cell = row < page->hops.count ? held_row(&page->hops, row) : NULL;
	FILE *stream = page->stream;

	fprintf(stream, "<span class=\"way %s\"><span class=\"hide\">%s: </span>", direction,
		forward ? "along the path" : "against the path");
	if (!cell || !held_count(&page->hops, row, HOPS_PACKETS)) {
		fputs("<span class=\"badge none\">no packets</span></span>\n", stream);
		return;
	}
	path_loss(page, row);
	path_badge(stream, "inject", "✱", held_count(&page->hops, row, HOPS_INJECTED), "injected");
	path_badge(stream, "rst", "↯", path_resets(page, hop, direction), "RST");
	path_badge(stream, "change", "△", path_changes(page, hop, direction), "notable changes");
	if (cell[HOPS_DELAY_P50].known) {
		fputs("<span class=\"badge delay\" title=\"median delay\">", stream);
		html_duration(stream, cell[HOPS_DELAY_P50].number);
		fputs("</span>", stream);
	}
	fputs("</span>\n", stream);
}

static bool path_hop(const struct page *page, uint32_t place)
{
	const char *hop = page->hop[place];

	fprintf(page->stream, "<li class=\"hop\"><a href=\"#hop-%u\" aria-label=\"hop ", place + 1);
	if (!html_hop(page->stream, hop))
		return false;
	fputs("\">\n", page->stream);
	path_way(page, hop, "forward", true);
	fputs("<span class=\"line\" aria-hidden=\"true\"></span>", page->stream);
	path_way(page, hop, "reverse", false);
	fputs("</a></li>\n", page->stream);
	return true;
}

static bool path_found(const struct page *page)
{
	const char *evidence = page_run(page, "path_evidence");
	bool ok = true;

	if (!*evidence)
		return true;
	fputs("<p class=\"note\">The path is ", page->stream);
	ok = html_text(page->stream, text_path_how(evidence));
	fprintf(page->stream, ".%s</p>\n",
		*page_run(page, "path_doubt") ? " It is doubtful: see the findings." : "");
	return ok;
}

enum status page_path(struct page *page, struct error *err)
{
	const char *path = page_run(page, "path"), *next;
	uint32_t stage = 0;
	bool ok = true;

	fputs("<nav class=\"scroll\" aria-label=\"The path\"><ol class=\"path\">\n", page->stream);
	for (; ok && *path; path = *next ? next + 1 : next, stage++) {
		next = strchrnul(path, ',');
		if (stage && stage - 1 < page->hop_count)
			ok = path_hop(page, stage - 1);
		ok = ok && path_stage(page, path, (size_t)(next - path));
	}
	fputs("</ol></nav>\n", page->stream);
	ok = ok && path_found(page);
	return ok ? STATUS_OK : page_memory(err);
}
