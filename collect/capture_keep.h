/* A store that is kept to an age or a size: while live captures go on, whole old ones are removed.
 *
 * Only captures of the points that are captured live, and never the last one of a point. The pages become
 * free, and LMDB writes them again before the file grows. What was removed is counted for each point, in
 * the same transaction: every packet that ever came in is in a capture or in that count.
 */
#ifndef CROSSTAP_COLLECT_CAPTURE_KEEP_H
#define CROSSTAP_COLLECT_CAPTURE_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/store.h"

struct keep {
	int64_t age_ns;  /* before the newest time that any of these points reached; 0: any age */
	uint64_t bytes;  /* of pages in use, results, too; 0: any size */
};

/* Captures that are not in the store any more. */
struct keep_count {
	uint64_t captures, packets, drops; /* packets: frames, as struct capture has them */
	int64_t until_ns;                  /* the last of them; 0: they had none */
};

/* Removes what is too old or too much, of the points in `points` (by number). *removed is of this call. */
enum status capture_keep(struct store *store, const struct keep *keep, const bool points[CAPTURE_POINTS_MAX],
		       struct keep_count *removed, struct error *err) MUST_CHECK;

/* What was removed of a point since the store was made. */
enum status capture_removed(struct store_txn *txn, uint32_t point, struct keep_count *count,
			 struct error *err) MUST_CHECK;

#endif
