/* The page: report.html, one file that opens from disk and asks nobody for anything.
 *
 * All that is concluded stands in it as text, tables and SVG; its script only sorts, filters
 * and draws the ladders of the sessions from the data in the page. A Content-Security-Policy
 * allows that one script and style sheet, by their digests, and nothing else. Numbers are those
 * of the CSV files: where one is shown rounded, its exact text is beside it (data-v).
 */
#ifndef CROSSTAP_REPORT_PAGE_H
#define CROSSTAP_REPORT_PAGE_H

#include "collect/store.h"
#include "report/output.h"
#include "report/stories.h"

#define PAGE_SHOWN_MAX 9000 /* packets in all ladders together */
#define PAGE_LADDER_MAX 160 /* packets in one */
#define PAGE_RESETS_MAX 3000 /* RSTs that are drawn; all are counted */

enum status page_write(struct output *output, struct store_txn *txn, const struct stories *stories,
		       struct error *err) MUST_CHECK;

#endif
