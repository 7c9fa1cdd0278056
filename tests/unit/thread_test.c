/* Threads: whose the signals are, and when a wait is over. */
#include "collect/thread.h"

#include <signal.h>

#include "tests/unit/check.h"

static void *blocked(void *argument)
{
	pthread_sigmask(SIG_SETMASK, NULL, argument);
	return NULL;
}

static void test_signals(void)
{
	sigset_t there, here;
	pthread_t thread;

	sigemptyset(&there);
	CHECK_INT(thread_begin(&thread, blocked, &there), 0);
	pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &here);
	CHECK(sigismember(&there, SIGINT) && sigismember(&there, SIGPIPE) &&
	      sigismember(&there, SIGUSR1));
	CHECK(!sigismember(&here, SIGINT) && !sigismember(&here, SIGPIPE));
	check_case("a thread has no signals, and who began it has them as before");
}

static void test_deadline(void)
{
	struct timespec before, until, after;
	int64_t least, most;
	uint32_t ms;

	for (ms = 0; ms <= 3000; ms += 250) {
		clock_gettime(CLOCK_MONOTONIC, &before);
		until = thread_deadline(ms);
		clock_gettime(CLOCK_MONOTONIC, &after);
		least = (until.tv_sec - before.tv_sec) * INT64_C(1000000000) + until.tv_nsec - before.tv_nsec;
		most = (until.tv_sec - after.tv_sec) * INT64_C(1000000000) + until.tv_nsec - after.tv_nsec;
		CHECK(until.tv_nsec >= 0 && until.tv_nsec < 1000000000);
		CHECK(least >= ms * INT64_C(1000000) && most <= ms * INT64_C(1000000));
	}
	check_case("a deadline is so many milliseconds from now");
}

static void test_wait(void)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct timespec until = thread_deadline(0);
	pthread_cond_t condition;

	thread_condition_init(&condition);
	pthread_mutex_lock(&lock);
	while (pthread_cond_timedwait(&condition, &lock, &until) == 0)
		;
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&condition);
	check_case("a condition waits by the deadline's clock: one that is past ends at once");
}

int main(void)
{
	test_signals();
	test_deadline();
	test_wait();
	return check_exit();
}
