/* Work that several threads share. */
#ifndef CROSSTAP_CORRELATE_TASKS_H
#define CROSSTAP_CORRELATE_TASKS_H

#include <stdint.h>

struct task {
	void (*run)(void *argument);
	void *argument;
};

/* Runs all tasks, begun in their order, on at most `threads` threads, of which the calling
 * one is one; returns when all are done. Where the system has no thread to give, the others
 * do its share. Tasks may not wait for each other. */
void tasks_run(const struct task *tasks, uint32_t count, unsigned threads);

#endif
