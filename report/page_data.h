/* What the page's sections show: the tables held in memory, and where they write.
 * For page*.c only.
 */
#ifndef CROSSTAP_REPORT_PAGE_DATA_H
#define CROSSTAP_REPORT_PAGE_DATA_H

#include <stdio.h>

#include "report/held.h"
#include "report/reset_kinds.h"
#include "report/stories.h"

#define PAGE_HOPS_MAX 64

struct page {
	FILE *stream;
	struct store_txn *txn;
	const struct stories *stories;
	struct held findings, hops, delays, distributions, changes, resets, sessions, balance,
		manifest, run, expect;
	struct reset_kinds reset_kinds; /* all of them; `resets` are only those drawn */
	const char *hop[PAGE_HOPS_MAX]; /* names, in the order of the path; borrowed from `hops` */
	uint32_t hop_count;
};

/* The row of a hop and direction ("forward", "reverse", "none") in hops.csv; count: none. */
uint32_t page_hop_row(const struct page *page, const char *hop, const char *direction);
/* The hop's place on the path; hop_count: it is none of them. */
uint32_t page_hop_place(const struct page *page, const char *hop);
/* A value of the run; "" where there is none. */
const char *page_run(const struct page *page, const char *key);

/* ---- sections: each writes its part; STATUS_SYSTEM: no memory ---- */

typedef enum status page_section(struct page *page, struct error *err);

page_section page_answer, page_path, page_findings, page_hops, page_resets, page_sessions,
	page_balance, page_inputs, page_words, page_data;

enum status page_memory(struct error *err);

/* The charts of one direction of a hop. */
bool page_charts(struct page *page, const char *hop, const char *direction);

#endif
