#include "collect/live_run.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "collect/thread.h"

struct live_thread {
	struct live_run *run;
	struct live_job *job;
	struct live *live;
	struct ingest_watch watch;
	uint32_t before;  /* the last segment's capture, where there is one */
	bool goes_on;
	pthread_t thread;
	bool running;
};

struct live_run {
	struct store *store;
	const struct keep *keep;
	bool points[CAPTURE_POINTS_MAX]; /* of the jobs */
	uint32_t count, over; /* over: threads that came to their end; under `lock` */
	struct live_thread *of;
	pthread_mutex_t lock;      /* of `over` and of telling */
	pthread_mutex_t compiling; /* see filter.h */
	pthread_cond_t changed;
	live_tell *tell;
	void *context;
};

enum status live_run_open(struct live_run **out, struct live_job *jobs, uint32_t count,
			  struct error *err)
{
	struct live_run *run = calloc(1, sizeof *run);
	enum status status = STATUS_OK;
	uint32_t k;

	*out = run;
	if (run)
		run->of = calloc(count + (size_t)1, sizeof *run->of);
	if (!run || !run->of) {
		free(run);
		*out = NULL;
		return error_errno(err, ENOMEM, "live captures");
	}
	pthread_mutex_init(&run->lock, NULL);
	pthread_mutex_init(&run->compiling, NULL);
	thread_condition_init(&run->changed);
	for (k = 0; k < count && !status; k++) {
		run->of[k].run = run;
		run->of[k].job = &jobs[k];
		status = live_open(&run->of[k].live, &jobs[k].request, err);
		run->count += !status;
	}
	if (status)
		live_run_close(out);
	return status;
}

static enum status live_run_segment(struct live_thread *t, int fd, struct live_segment *segment,
				    struct error *err)
{
	enum status status;
	const struct ingest_stream stream = {.fd = fd, .copy_fd = t->job->copy_fd, .live = true,
					      .goes_on = t->goes_on, .before = t->before};
	struct ingest_job job = t->job->ingest;

	job.path = t->job->request.interface;
	job.stream = &stream;
	status = ingest_run(t->run->store, &job, &t->run->compiling, &t->watch, &segment->result, err);
	if (!status && !segment->result.widened && !segment->result.known) {
		t->before = segment->result.capture.number;
		t->goes_on = true;
	}
	return status ? status
		      : capture_keep(t->run->store, t->run->keep, t->run->points, &segment->removed, err);
}

static void live_run_tell(struct live_thread *t, enum status status,
			  const struct live_segment *segment, const struct error *err)
{
	pthread_mutex_lock(&t->run->lock);
	t->run->tell(t->run->context, t->job, status, segment, err);
	pthread_mutex_unlock(&t->run->lock);
}

static void *live_run_work(void *argument)
{
	struct live_thread *t = argument;
	struct live_run *run = t->run;
	enum status status = STATUS_OK;
	int fd;

	while (!status) {
		struct live_segment segment = {.result.known = false};
		struct error err = {.text = ""};

		status = live_next(t->live, &fd, &err);
		if (!status && fd < 0)
			break;
		if (!status)
			status = live_run_segment(t, fd, &segment, &err);
		live_run_tell(t, status, &segment, &err);
	}
	if (status)
		live_run_stop(run);
	pthread_mutex_lock(&run->lock);
	run->over++;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

enum status live_run_start(struct live_run *run, struct store *store, const struct keep *keep,
			   live_tell *tell, void *context, struct error *err)
{
	int failure = 0;
	uint32_t k;

	run->store = store;
	run->keep = keep;
	run->tell = tell;
	run->context = context;
	for (k = 0; k < run->count; k++)
		run->points[run->of[k].job->ingest.point] = true;
	for (k = 0; k < run->count && !failure; k++) {
		failure = thread_begin(&run->of[k].thread, live_run_work, &run->of[k]);
		run->of[k].running = !failure;
	}
	return failure ? error_errno(err, failure, "threads") : STATUS_OK;
}

bool live_run_wait(struct live_run *run, uint32_t timeout_ms)
{
	struct timespec until = thread_deadline(timeout_ms);
	bool over;

	pthread_mutex_lock(&run->lock);
	while (run->over < run->count &&
	       pthread_cond_timedwait(&run->changed, &run->lock, &until) == 0)
		;
	over = run->over == run->count;
	pthread_mutex_unlock(&run->lock);
	return over;
}

void live_run_stop(struct live_run *run)
{
	uint32_t k;

	for (k = 0; k < run->count; k++)
		live_stop(run->of[k].live);
}

struct live_counts live_run_counts(const struct live_run *run, uint32_t k)
{
	return live_counts(run->of[k].live);
}

void live_run_close(struct live_run **out)
{
	struct live_run *run = *out;
	uint32_t k;

	if (!run)
		return;
	for (k = 0; k < run->count; k++)
		if (run->of[k].running) {
			live_stop(run->of[k].live);
			pthread_join(run->of[k].thread, NULL);
		}
	for (k = 0; k < run->count; k++)
		live_close(&run->of[k].live);
	pthread_cond_destroy(&run->changed);
	pthread_mutex_destroy(&run->lock);
	pthread_mutex_destroy(&run->compiling);
	free(run->of);
	free(run);
	*out = NULL;
}
