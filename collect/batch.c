#include "collect/batch.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "collect/thread.h"

struct batch_slot {
	struct ingest_watch watch;
	struct batch_outcome outcome;
	bool over; /* the outcome is there and does not change any more */
};

struct batch {
	struct store *store;
	const struct ingest_job *jobs;
	uint32_t count;
	pthread_mutex_t lock;      /* of `next` and what is `over` */
	pthread_mutex_t compiling; /* see filter.h */
	pthread_cond_t changed;    /* an outcome is there */
	uint32_t next;             /* the first job that nobody has begun */
	struct batch_slot *slots;
	uint32_t threads;
	pthread_t *thread;
};

uint32_t batch_threads(void)
{
	cpu_set_t set;

	/* It fails on machines of more processors than the set holds. */
	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return BATCH_THREADS_MAX;
	return (uint32_t)CPU_COUNT(&set);
}

/* The next job to begin, or count. */
static uint32_t batch_take(struct batch *batch)
{
	uint32_t job;

	pthread_mutex_lock(&batch->lock);
	job = batch->next;
	if (job < batch->count)
		batch->next++;
	pthread_mutex_unlock(&batch->lock);
	return job;
}

static void *batch_work(void *argument)
{
	struct batch *batch = argument;
	uint32_t job;

	while ((job = batch_take(batch)) < batch->count) {
		struct batch_slot *slot = &batch->slots[job];
		struct batch_outcome *outcome = &slot->outcome;

		outcome->status = ingest_run(batch->store, &batch->jobs[job], &batch->compiling,
					     &slot->watch, &outcome->result, &outcome->error);
		pthread_mutex_lock(&batch->lock);
		slot->over = true;
		pthread_cond_broadcast(&batch->changed);
		pthread_mutex_unlock(&batch->lock);
	}
	return NULL;
}

static int batch_start_workers(struct batch *batch, uint32_t threads)
{
	int failure = 0;

	while (batch->threads < threads && !failure) {
		failure = thread_begin(&batch->thread[batch->threads], batch_work, batch);
		batch->threads += failure == 0;
	}
	return batch->threads ? 0 : failure; /* fewer than asked for will do */
}

enum status batch_open(struct batch **out, struct store *store, const struct ingest_job *jobs,
		       uint32_t count, uint32_t threads, struct error *err)
{
	struct batch *batch = calloc(1, sizeof *batch);
	int failure = ENOMEM;

	*out = batch;
	if (!batch)
		return error_errno(err, ENOMEM, "threads");
	batch->store = store;
	batch->jobs = jobs;
	batch->count = count;
	pthread_mutex_init(&batch->lock, NULL);
	pthread_mutex_init(&batch->compiling, NULL);
	thread_condition_init(&batch->changed);
	threads = threads < 1 ? 1 : threads > BATCH_THREADS_MAX ? BATCH_THREADS_MAX : threads;
	threads = threads < count ? threads : count;
	batch->slots = calloc(count + (size_t)1, sizeof *batch->slots);
	batch->thread = calloc(threads + (size_t)1, sizeof *batch->thread);
	if (batch->slots && batch->thread)
		failure = count ? batch_start_workers(batch, threads) : 0;
	if (failure) {
		batch_close(out);
		return error_errno(err, failure, "threads");
	}
	return STATUS_OK;
}

const struct batch_outcome *batch_wait(struct batch *batch, uint32_t job, uint32_t timeout_ms)
{
	struct batch_slot *slot = &batch->slots[job];
	struct timespec until = thread_deadline(timeout_ms);
	bool over;

	pthread_mutex_lock(&batch->lock);
	while (!slot->over &&
	       pthread_cond_timedwait(&batch->changed, &batch->lock, &until) == 0)
		continue;
	over = slot->over;
	pthread_mutex_unlock(&batch->lock);
	return over ? &slot->outcome : NULL;
}

struct batch_progress batch_progress(const struct batch *batch)
{
	struct batch_progress sum = {0};
	uint32_t i;

	for (i = 0; i < batch->count; i++) {
		const struct ingest_watch *watch = &batch->slots[i].watch;

		sum.read_bytes += atomic_load_explicit(&watch->read_bytes, memory_order_relaxed);
		sum.packets += atomic_load_explicit(&watch->packets, memory_order_relaxed);
	}
	return sum;
}

void batch_stop(struct batch *batch)
{
	uint32_t i;

	for (i = 0; i < batch->count; i++)
		atomic_store_explicit(&batch->slots[i].watch.stop, true, memory_order_relaxed);
}

void batch_close(struct batch **batch)
{
	struct batch *b = *batch;
	uint32_t i;

	if (!b)
		return;
	for (i = 0; i < b->threads; i++)
		pthread_join(b->thread[i], NULL);
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
	pthread_mutex_destroy(&b->compiling);
	free(b->slots);
	free(b->thread);
	free(b);
	*batch = NULL;
}
