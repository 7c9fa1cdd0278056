#include "report/page_table.h"

#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"
#include "report/cell.h"
#include "report/html.h"
#include "report/wording.h"

#define PAGE_DIGEST 12 /* characters of a digest that are shown */

/* Whether its cells are set flush right. */
static bool page_is_number(uint8_t look)
{
	return look != LOOK_TEXT && look != LOOK_WORD && look != LOOK_HOP && look != LOOK_DIGEST;
}

void page_table_headings(struct page *page, const struct page_column *columns, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		fprintf(page->stream, "<th scope=\"col\"%s title=\"%s\">%s</th>",
			page_is_number(columns[i].look) ? " class=\"n\"" : "", columns[i].explains,
			columns[i].heading);
}

void page_table_end(struct page *page)
{
	fputs("</tbody></table></div>\n", page->stream);
}

/* ---- cells ---- */

/* "10:00:20.450123" of the time's text in CSV. */
static void page_clock(FILE *stream, int64_t time_ns)
{
	char text[CELL_ROOM];

	*cell_time(text, time_ns) = '\0';
	fprintf(stream, "%.15s", strchr(text, 'T') + 1);
}

static bool page_show(FILE *stream, const struct table_column *column, const struct cell *cell,
		      uint8_t look)
{
	char room[WORDING_ROOM];

	switch (look) {
	case LOOK_HOP:
		return html_hop(stream, cell->text);
	case LOOK_COUNT:
		html_count(stream, cell->number < 0 ? 0 : (uint64_t)cell->number);
		return true;
	case LOOK_PERCENT:
		return html_text(stream, wording_percent(room, cell->real));
	case LOOK_DURATION:
		html_duration(stream, cell->number);
		return true;
	case LOOK_OFFSET:
		html_offset(stream, cell->number);
		return true;
	case LOOK_CLOCK:
		page_clock(stream, cell->number);
		return true;
	case LOOK_DIGEST:
		fprintf(stream, "%.*s…", PAGE_DIGEST, cell->text);
		return true;
	default:
		return html_exact(stream, column, cell);
	}
}

/* The exact value is beside one that is shown otherwise. */
static bool page_table_cell(FILE *stream, const struct table_column *column,
			    const struct cell *cell, uint8_t look)
{
	bool exact = look == LOOK_TEXT || look == LOOK_WORD || look == LOOK_REAL, ok = true;

	fputs("<td", stream);
	if (look == LOOK_WORD && cell->known) {
		fputs(" class=\"", stream);
		ok = html_text(stream, cell->text);
		fputs("\"", stream);
	} else if (page_is_number(look)) {
		fputs(look == LOOK_COUNT && cell->known && !cell->number ? " class=\"n z\""
									 : " class=\"n\"", stream);
	}
	if (!cell->known) {
		fputs("></td>", stream);
		return true;
	}
	if (!exact) {
		fputs(" data-v=\"", stream);
		ok = ok && html_exact(stream, column, cell);
		fputs("\"", stream);
	}
	if (look == LOOK_CLOCK || look == LOOK_DIGEST) {
		fputs(" title=\"", stream);
		ok = ok && html_exact(stream, column, cell);
		fputs("\"", stream);
	}
	fputs(">", stream);
	ok = ok && page_show(stream, column, cell, look);
	fputs("</td>", stream);
	return ok;
}

bool page_table_cells(struct page *page, const struct held *held, uint32_t row,
		      const struct page_column *columns, unsigned count)
{
	const struct cell *cell = held_row(held, row);
	bool ok = true;
	unsigned i;

	for (i = 0; i < count && ok; i++)
		ok = page_table_cell(page->stream, &held->schema->column[columns[i].column],
				     &cell[columns[i].column], columns[i].look);
	return ok;
}

bool page_table(struct page *page, const char *caption, const struct held *held, held_takes *takes,
		const void *context, const struct page_column *columns, unsigned count)
{
	bool ok = true;
	uint32_t i;

	fputs("<div class=\"wide\"><table>\n", page->stream);
	if (caption)
		fprintf(page->stream, "<caption>%s</caption>\n", caption);
	fputs("<thead><tr>", page->stream);
	page_table_headings(page, columns, count);
	fputs("</tr></thead>\n<tbody>\n", page->stream);
	for (i = 0; i < held->count && ok; i++) {
		if (takes && !takes(context, held_row(held, i)))
			continue;
		fputs("<tr>", page->stream);
		ok = page_table_cells(page, held, i, columns, count);
		fputs("</tr>\n", page->stream);
	}
	page_table_end(page);
	return ok;
}
