/* Tables of the page, by a table of their columns.
 */
#ifndef CROSSTAP_REPORT_PAGE_TABLE_H
#define CROSSTAP_REPORT_PAGE_TABLE_H

#include "report/page_data.h"

enum page_look {
	LOOK_TEXT,     /* as it is */
	LOOK_WORD,     /* one of our own words, which is its class, too */
	LOOK_HOP,
	LOOK_COUNT,    /* 4,311 */
	LOOK_PERCENT,  /* of a ratio, without the sign */
	LOOK_DURATION, /* in a fitting unit */
	LOOK_OFFSET,   /* the same, to compare clocks by */
	LOOK_CLOCK,    /* a time, UTC, to the microsecond; the day on hover */
	LOOK_REAL,
	LOOK_DIGEST,   /* its first characters */
};

struct page_column {
	uint8_t column;
	uint8_t look;           /* enum page_look */
	const char *heading, *explains; /* what the number is, on hover */
};

/* Whether its cells are set flush right. */
bool page_is_number(uint8_t look);

/* The head of a table with this caption (may be NULL); `sortable` for the script. */
void page_table_begin(struct page *page, const char *caption, const struct page_column *columns,
		      unsigned count, bool sortable);
/* The cells of a row, without its <tr>. False: no memory. */
bool page_table_cells(struct page *page, const struct held *held, uint32_t row,
		      const struct page_column *columns, unsigned count);
void page_table_end(struct page *page);
/* All of it: the rows of a hop (NULL: all) and of those `takes` lets through (NULL: all). */
bool page_table(struct page *page, const char *caption, const struct held *held,
		const struct page_column *columns, unsigned count);

#endif
