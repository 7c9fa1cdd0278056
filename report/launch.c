#include "report/launch.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const int launch_signals[] = {SIGINT, SIGTERM, SIGHUP};

/* ---- words ---- */

void launch_add(struct launch_words *words, const char *word)
{
	if (words->count + 1 >= words->room) { /* there is always a NULL behind them */
		size_t room = words->room ? 2 * words->room : 32;
		const char **grown = realloc(words->word, room * sizeof *grown);

		if (!grown) {
			words->failed = true;
			return;
		}
		words->word = grown;
		words->room = room;
	}
	words->word[words->count++] = word;
	words->word[words->count] = NULL;
}

void launch_add_pair(struct launch_words *words, const char *option, const char *argument)
{
	if (!argument)
		return;
	launch_add(words, option);
	launch_add(words, argument);
}

void launch_words_free(struct launch_words *words)
{
	free(words->word);
	*words = (struct launch_words){0};
}

void launch_show(FILE *stream, const struct launch_words *words)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@_";
	const char *p;
	size_t i;

	for (i = 0; i < words->count; i++) {
		const char *word = words->word[i];

		fputs(i ? " " : "", stream);
		if (*word && strspn(word, plain) == strlen(word)) {
			fputs(word, stream);
			continue;
		}
		putc('\'', stream);
		for (p = word; *p; p++) {
			if (*p == '\'')
				fputs("'\\''", stream);
			else
				putc(*p, stream);
		}
		putc('\'', stream);
	}
}

/* ---- running ---- */

static enum status launch_find(struct launch *launch, struct error *err)
{
	char path[sizeof launch->directory];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	if (n < 0)
		return error_errno(err, errno, "/proc/self/exe");
	path[n] = '\0';
	slash = strrchr(path, '/');
	snprintf(launch->directory, sizeof launch->directory, "%.*s",
		 slash ? (int)(slash - path) : 0, path);
	return STATUS_OK;
}

enum status launch_begin(struct launch *launch, struct error *err)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	size_t i;

	*launch = (struct launch){.signal = 0};
	sigemptyset(&launch->watched);
	sigaddset(&launch->watched, SIGCHLD);
	for (i = 0; i < sizeof launch_signals / sizeof launch_signals[0]; i++) {
		struct sigaction former;

		/* what our parent ignores (nohup), we and the tools go on ignoring */
		if (sigaction(launch_signals[i], NULL, &former) == 0 &&
		    former.sa_handler != SIG_IGN)
			sigaddset(&launch->watched, launch_signals[i]);
	}
	sigaction(SIGCHLD, &action, NULL);
	sigprocmask(SIG_BLOCK, &launch->watched, &launch->former);
	return launch_find(launch, err);
}

static enum status launch_spawn(const struct launch *launch, const char *path, bool search,
				const char *const *words, pid_t *child, struct error *err)
{
	posix_spawnattr_t attributes;
	short flags = POSIX_SPAWN_SETSIGMASK;
	int failed;

	failed = posix_spawnattr_init(&attributes);
	if (failed)
		return error_errno(err, failed, "%s", path);
	if (search)
		flags |= POSIX_SPAWN_SETSID;
	posix_spawnattr_setsigmask(&attributes, &launch->former);
	posix_spawnattr_setflags(&attributes, flags);
	failed = (search ? posix_spawnp : posix_spawn)(child, path, NULL, &attributes,
						       (char *const *)words, environ);
	posix_spawnattr_destroy(&attributes);
	return failed ? error_errno(err, failed, "%s", path) : STATUS_OK;
}

/* Waits for the child; a signal meanwhile is handed on to it. */
static enum status launch_wait(struct launch *launch, pid_t child, int *how, struct error *err)
{
	for (;;) {
		pid_t ended = waitpid(child, how, WNOHANG);
		siginfo_t info;
		int number;

		if (ended == child)
			return STATUS_OK;
		if (ended < 0)
			return error_errno(err, errno, "waiting for a tool");
		number = sigwaitinfo(&launch->watched, &info);
		if (number < 0 || number == SIGCHLD)
			continue;
		launch->signal = number;
		/* From a terminal the child has had it, too; a second one would be taken for
		 * impatience. */
		if (info.si_code != SI_KERNEL)
			kill(child, number);
	}
}

enum status launch_run(struct launch *launch, const struct launch_words *words, int *exit,
		       struct error *err)
{
	char path[PATH_MAX + 64];
	enum status status;
	pid_t child;
	int how;

	if (words->failed)
		return error_errno(err, ENOMEM, "command line");
	snprintf(path, sizeof path, "%s/%s", launch->directory, words->word[0]);
	status = launch_spawn(launch, path, false, words->word, &child, err);
	if (!status)
		status = launch_wait(launch, child, &how, err);
	if (status)
		return status;
	if (launch->signal)
		return error_set(err, STATUS_SYSTEM, "interrupted");
	if (WIFSIGNALED(how))
		return error_set(err, STATUS_SYSTEM, "%s was ended by signal %d (%s)",
				 words->word[0], WTERMSIG(how), strsignal(WTERMSIG(how)));
	*exit = WEXITSTATUS(how);
	return STATUS_OK;
}

enum status launch_detach(const struct launch *launch, const char *program, const char *argument,
			  struct error *err)
{
	const char *const words[] = {program, argument, NULL};
	pid_t child;

	return launch_spawn(launch, program, true, words, &child, err);
}

void launch_end(struct launch *launch)
{
	struct timespec now = {0};

	/* SIGCHLD is taken off first, since nobody waits for a detached program */
	while (sigtimedwait(&launch->watched, NULL, &now) == SIGCHLD)
		;
	if (launch->signal)
		raise(launch->signal);
	sigprocmask(SIG_SETMASK, &launch->former, NULL);
}
