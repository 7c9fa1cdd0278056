/* The set of files that -o DIR makes: summary.txt and a CSV file for each sheet.
 * Each is whole or as it was before; the first that fails ends the writing. */
#ifndef CROSSTAP_REPORT_SET_H
#define CROSSTAP_REPORT_SET_H

#include "collect/error.h"
#include "collect/store.h"

struct progress;

/* Makes the directory where it is missing. `progress` may be NULL. */
enum status set_write(struct store_txn *txn, const char *directory, struct progress *progress,
		      struct error *err) MUST_CHECK;

/* "summary.txt, hops.csv, balance.csv, ..."; the caller frees, NULL without memory. */
char *set_file_names(void);

#endif
