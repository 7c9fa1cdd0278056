/* Threads, as all of crosstap begins them and waits for them. */
#ifndef CROSSTAP_COLLECT_THREAD_H
#define CROSSTAP_COLLECT_THREAD_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* pthread_create(), of a thread that leaves every signal to the program's own: SIGPIPE too, so that a
 * write() to nobody fails there. An errno value, or 0. */
int thread_begin(pthread_t *thread, void *(*run)(void *), void *argument);

/* A condition whose waits go by the monotonic clock, as thread_deadline() does. */
void thread_condition_init(pthread_cond_t *condition);
/* So many milliseconds from now, for pthread_cond_timedwait(). */
struct timespec thread_deadline(uint32_t milliseconds);

#endif
