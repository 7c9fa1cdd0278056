#include "correlate/follow_run.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "correlate/follow_screen.h"
#include "correlate/follow_show.h"

#define NS_PER_S INT64_C(1000000000)

static int64_t run_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Waits until then, or for a signal or a key. True: go on. The signals come through here only, so that none is
 * lost between the question and the waiting. */
static bool run_wait(const struct follow_work *work, bool keys, int64_t until_ns, const sigset_t *open)
{
	int64_t left_ns = until_ns - run_now_ns();

	while (!*work->stop && left_ns > 0) {
		struct timespec wait = {left_ns / NS_PER_S, left_ns % NS_PER_S};
		struct pollfd key = {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN};

		if (ppoll(&key, 1, &wait, open) > 0) {
			char letter = 'q'; /* a terminal that is gone ends it, too */

			if (read(STDIN_FILENO, &letter, 1) <= 0 || letter == 'q' || letter == 'Q')
				return false;
		}
		left_ns = until_ns - run_now_ns();
	}
	return !*work->stop;
}

static enum status run_show(const struct follow_work *work, struct follow_screen *screen,
			    const struct follow_round *round, struct error *err)
{
	if (screen)
		return follow_screen_draw(screen, round, err);
	if (work->csv)
		follow_csv(work->out, round);
	else
		follow_show(work->out, round);
	return fflush(work->out) != 0 ? error_errno(err, errno, "standard output") : STATUS_OK;
}

static enum status run_rounds(const struct follow_work *work, struct follow *follow,
			      struct follow_screen *screen, const sigset_t *open, struct error *err)
{
	enum status status = STATUS_OK;
	int64_t next_ns = run_now_ns();
	uint64_t done = 0;

	if (work->csv)
		follow_csv_header(work->out);
	while (!status && (!work->rounds || done < work->rounds)) {
		const struct follow_round *round;
		bool news;

		status = follow_look(follow, &round, &news, err);
		if (!status && news)
			status = run_show(work, screen, round, err);
		done += news;
		if (status || (work->rounds && done == work->rounds))
			break;
		next_ns += work->options.every_ns;
		if (next_ns < run_now_ns())
			next_ns = run_now_ns();
		if (!run_wait(work, screen != NULL, next_ns, open))
			break;
	}
	return status;
}

enum status follow_run(const struct follow_work *work, struct error *err)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct follow_screen *screen = NULL;
	struct follow *follow = NULL;
	sigset_t signals, open;
	enum status status = follow_open(&follow, &work->options, err);
	size_t i;

	if (status)
		return status;
	sigemptyset(&signals);
	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaddset(&signals, numbers[i]);
	sigprocmask(SIG_BLOCK, &signals, &open);
	if (!work->csv)
		status = follow_screen_open(&screen, work->out, work->options.store, err);
	if (!status)
		status = run_rounds(work, follow, screen, &open, err);
	follow_screen_close(&screen);
	follow_close(&follow);
	sigprocmask(SIG_SETMASK, &open, NULL);
	return status;
}
