/* What a run found of each packet, as rows for another engine: `verdicts`, a row for each packet of each point at
 * each hop of that point. Many stores' rows may lie in one table; with those of `packets` they are joined by
 * point, capture and frame.
 */
#ifndef CROSSTAP_REPORT_EXPORT_VERDICTS_H
#define CROSSTAP_REPORT_EXPORT_VERDICTS_H

#include "collect/export.h"
#include "collect/store.h"

struct progress;

/* Into verdicts.rowbinary or verdicts.csv of a directory, which is made where it is missing, with `captures` beside
 * it (see export_packets.h); NULL: to standard output. Points in the order of their names, frames in that of their captures. STATUS_INPUT: there are no results. */
enum status export_verdicts(struct store_txn *txn, const char *directory, enum export_format format,
			    struct progress *progress, struct error *err) MUST_CHECK;

#endif
