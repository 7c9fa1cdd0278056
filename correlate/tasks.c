#include "correlate/tasks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#define TASKS_THREADS_MAX 64u

struct tasks {
	const struct task *list;
	uint32_t count;
	atomic_uint next;
};

static void *tasks_work(void *argument)
{
	struct tasks *tasks = argument;
	uint32_t i;

	while ((i = atomic_fetch_add(&tasks->next, 1)) < tasks->count)
		tasks->list[i].run(tasks->list[i].argument);
	return NULL;
}

void tasks_run(const struct task *list, uint32_t count, unsigned threads)
{
	struct tasks tasks = {.list = list, .count = count};
	pthread_t thread[TASKS_THREADS_MAX];
	uint32_t started = 0;

	while (started + 1 < threads && started + 1 < count && started < TASKS_THREADS_MAX &&
	       pthread_create(&thread[started], NULL, tasks_work, &tasks) == 0)
		started++;
	tasks_work(&tasks);
	while (started > 0)
		pthread_join(thread[--started], NULL);
}
