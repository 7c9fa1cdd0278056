/* The rows of run.csv in a set: those of the store, and behind them how the set was made and what is
 * in it, which no store knows.
 */
#ifndef CROSSTAP_REPORT_RUN_ROWS_H
#define CROSSTAP_REPORT_RUN_ROWS_H

#include "report/evidence_file.h"
#include "report/rows.h"
#include "report/stories.h"

/* The keys that the making of a set anew is asked for by. */
#define RUN_FILTER "filter"
#define RUN_HEADERS_ONLY "headers_only"
#define RUN_EVIDENCE_PACKETS "evidence_packets"
#define RUN_EVIDENCE_MISSING "evidence_packets_missing"

struct run_made {
	const char *filter;       /* --filter as it was given; NULL: none */
	bool headers_only;
	const struct stories *stories;
	struct evidence_result evidence; /* its counts; no notes */
};

/* As rows_open_table(); `made` is read here only. */
enum status run_rows_open(struct rows **out, struct store_txn *txn, const struct run_made *made,
			  struct error *err) MUST_CHECK;

#endif
