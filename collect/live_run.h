/* Several live captures side by side, each at a point, into one store: a thread for each
 * collects its segments one after the other, as a file would be.
 *
 * The devices are opened first, before there is a store and before there are threads. One
 * that fails ends the others: half a path says nothing.
 */
#ifndef CROSSTAP_COLLECT_LIVE_RUN_H
#define CROSSTAP_COLLECT_LIVE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture_keep.h"
#include "collect/error.h"
#include "collect/ingest.h"
#include "collect/live.h"

struct live_job {
	const char *point_name;
	struct live_request request;
	struct ingest_job ingest; /* `point` is to be known when the threads start; the stream is not its caller's */
	int copy_fd;              /* gets all segments' bytes, one behind the other; -1: nobody. Borrowed */
};

/* What became of a segment. */
struct live_segment {
	struct ingest_result result;
	struct keep_count removed; /* of older ones, to make room for it */
};

/* A segment is in the store, or it failed: `error` then. Called by one thread at a time. */
typedef void live_tell(void *context, const struct live_job *job, enum status status,
		       const struct live_segment *segment, const struct error *error);

struct live_run;

/* Opens all devices. The jobs are borrowed until live_run_close(). */
enum status live_run_open(struct live_run **out, struct live_job *jobs, uint32_t count,
			  struct error *err) MUST_CHECK;
/* Begins to collect, and keeps what is collected at the jobs' points to `keep`, which is borrowed. */
enum status live_run_start(struct live_run *run, struct store *store, const struct keep *keep,
			   live_tell *tell, void *context, struct error *err) MUST_CHECK;
/* Waits until all are over (true), or for so many milliseconds. */
bool live_run_wait(struct live_run *run, uint32_t timeout_ms);
/* Asks all for their end. */
void live_run_stop(struct live_run *run);
/* Of job `k`. */
struct live_counts live_run_counts(const struct live_run *run, uint32_t k);
/* Waits for the threads. NULL is legal; *run becomes NULL. */
void live_run_close(struct live_run **run);

#endif
