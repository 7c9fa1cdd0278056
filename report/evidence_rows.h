/* The packets of drops.csv and injected.csv as a file for Wireshark: each with its row's words
 * as a comment. */
#ifndef CROSSTAP_REPORT_EVIDENCE_ROWS_H
#define CROSSTAP_REPORT_EVIDENCE_ROWS_H

#include "report/evidence_file.h"
#include "report/filter_match.h"

/* Which rows. */
struct evidence_choice {
	const char *verdicts;             /* "dropped", "injected", or both with a comma */
	const struct filter_match *match; /* of these sessions; NULL: all */
	uint64_t session;                 /* of this one; 0: all */
};

/* STATUS_USAGE: a word of the list is no verdict that has rows. */
enum status evidence_check_verdicts(const char *verdicts, struct error *err) MUST_CHECK;

/* STATUS_USAGE: there is no such session. `options->comment` is ignored: the file says which packets it has. */
enum status evidence_write_rows(struct output *output, struct store_txn *txn,
				const struct evidence_choice *choice,
				const struct evidence_options *options,
				struct evidence_result *result, struct error *err) MUST_CHECK;

#endif
