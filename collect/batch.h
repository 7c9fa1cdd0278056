/* A batch: several captures ingested side by side, one worker thread for each
 * capture at a time, begun in the order in which they are given.
 *
 * A capture that fails does not stop the others. One thread (the one that
 * opened the batch) waits, looks at the progress and asks for a stop; the
 * workers write to nothing but the store and their own outcome.
 */
#ifndef CROSSTAP_COLLECT_BATCH_H
#define CROSSTAP_COLLECT_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/ingest.h"

#define BATCH_THREADS_MAX 256u

/* What became of one job. */
struct batch_outcome {
	enum status status;
	struct error error; /* where status is not STATUS_OK */
	struct ingest_result result;
};

struct batch_progress {
	uint64_t read_bytes;
	uint64_t packets;
};

struct batch;

/* How many threads the machine gives this process. */
uint32_t batch_threads(void);

/* Begins to work. `store` and `jobs` are borrowed until batch_close(). */
enum status batch_open(struct batch **out, struct store *store, const struct ingest_job *jobs,
		       uint32_t count, uint32_t threads, struct error *err) MUST_CHECK;

/* Waits until job `job` is over, or for so many milliseconds. Its outcome once
 * it is over (valid until batch_close()), else NULL. */
const struct batch_outcome *batch_wait(struct batch *batch, uint32_t job, uint32_t timeout_ms);

/* The sum over all jobs, done and running. */
struct batch_progress batch_progress(const struct batch *batch);

/* Asks all workers to give up; what is not committed yet fails as interrupted.
 * A worker that waits for a pipe does not hear it before bytes come. */
void batch_stop(struct batch *batch);

/* Waits for the workers. NULL is legal; *batch becomes NULL. */
void batch_close(struct batch **batch);

#endif
