/* The set of files that -o DIR makes: a CSV file for each sheet, summary.txt, the page,
 * the annotated capture.
 * Each is whole or as it was before; the first that fails ends the writing. */
#ifndef CROSSTAP_REPORT_SET_H
#define CROSSTAP_REPORT_SET_H

#include "collect/error.h"
#include "collect/store.h"
#include "report/evidence_file.h"
#include "report/filter_match.h"

struct progress;

struct set_options {
	const struct filter_match *match; /* the sessions that are written; NULL: all */
	const char *closing;              /* the summary's last paragraph; NULL: where the rows are */
	struct evidence_options evidence;
	struct evidence_result *result;   /* what became of the captures' packets; the caller frees */
};

/* Makes the directory where it is missing. `progress` may be NULL. The result is to be freed
 * on failure, too. */
enum status set_write(struct store_txn *txn, const char *directory, const struct set_options *options,
		      struct progress *progress, struct error *err) MUST_CHECK;

/* "summary.txt, hops.csv, balance.csv, ..."; the caller frees, NULL without memory. */
char *set_file_names(void);

#endif
