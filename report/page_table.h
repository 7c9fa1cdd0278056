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

/* A list of them, and how many. */
#define PAGE_COLUMNS(list) list, sizeof list / sizeof list[0]

/* All of it: the rows that `takes` wants (NULL: all); the caption may be NULL. False: no memory. */
bool page_table(struct page *page, const char *caption, const struct held *held, held_takes *takes,
		const void *context, const struct page_column *columns, unsigned count);

/* ---- its parts, for a table with columns of its own ---- */

/* The cells of the head's row. */
void page_table_headings(struct page *page, const struct page_column *columns, unsigned count);
/* The cells of a row, without its <tr>. False: no memory. */
bool page_table_cells(struct page *page, const struct held *held, uint32_t row,
		      const struct page_column *columns, unsigned count);
void page_table_end(struct page *page);

#endif
