/* The set of files that -o DIR makes: a CSV file for each sheet, summary.txt, the page,
 * the annotated capture, and the digests of all of these.
 * Each is whole or as it was before; the first that fails ends the writing.
 */
#ifndef CROSSTAP_REPORT_SET_H
#define CROSSTAP_REPORT_SET_H

#include "collect/error.h"
#include "collect/store.h"
#include "report/evidence_file.h"
#include "report/filter_match.h"
#include "report/output_against.h"
#include "report/set_sheets.h"

#define SET_FILES_MAX 64

struct progress;

/* What a set says of its own evidence.pcapng. */
struct set_said {
	uint64_t written, missing; /* packets */
};

struct set_options {
	const struct filter_match *match; /* the sessions that are written; NULL: all */
	const char *filter;               /* the text of that; NULL: none */
	const char *closing;              /* the summary's last paragraph; NULL: where the rows are */
	struct evidence_options evidence;
	struct evidence_result *result;   /* what became of the captures' packets; the caller frees */
	const struct set_said *said;      /* of the set that is compared with; else NULL */
};

/* Makes the directory where it is missing. `progress` may be NULL. The result is to be freed
 * on failure, too. */
enum status set_write(struct store_txn *txn, const char *directory, const struct set_options *options,
		      struct progress *progress, struct error *err) MUST_CHECK;

/* Makes the same set, but only compares it with the files that are there: see output_against.h. */
enum status set_compare(struct store_txn *txn, struct output_against *against,
			const struct set_options *options, struct progress *progress,
			struct error *err) MUST_CHECK;

/* The name of a file of the set; all but SHA256SUMS, in no order. False behind the last. */
bool set_file_at(size_t index, char name[SET_NAME_MAX]);

/* "summary.txt, hops.csv, balance.csv, ..."; the caller frees, NULL without memory. */
char *set_file_names(void);

#endif
