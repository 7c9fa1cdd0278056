/* measure: runs a command and appends one line to a file:
 *
 *     LABEL wall_s user_s sys_s peak_kib status
 *
 * CPU times are of the command and of all its descendants that were waited
 * for; peak_kib is the greatest resident set among them (not their sum), as
 * getrusage(2) counts it: pages of mapped files are in it. Exits as the
 * command did, or with 128 + the signal that killed it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEASURE_FAILED   125 /* measure itself */
#define COMMAND_MISSING  127

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int measure_fail(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	return MEASURE_FAILED;
}

/* Runs the command to its end. -1: it could not be (errno). */
static int measure_run(char **command, struct rusage *used, double *wall_s)
{
	struct timespec begin, end;
	int status;
	pid_t child;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0) {
		execvp(command[0], command);
		measure_fail(command[0]);
		_exit(COMMAND_MISSING);
	}
	while (wait4(child, &status, 0, used) < 0)
		if (errno != EINTR)
			return -1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	*wall_s = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct rusage used;
	double wall_s;
	FILE *file;
	int status;

	if (argc < 4) {
		fprintf(stderr, "usage: measure FILE LABEL COMMAND [ARGUMENT...]\n");
		return 2;
	}
	status = measure_run(argv + 3, &used, &wall_s);
	if (status < 0)
		return measure_fail(argv[3]);
	file = fopen(argv[1], "a");
	if (!file)
		return measure_fail(argv[1]);
	fprintf(file, "%s %.3f %.3f %.3f %ld %d\n", argv[2], wall_s, seconds_of(used.ru_utime),
		seconds_of(used.ru_stime), used.ru_maxrss, status);
	if (fclose(file) != 0)
		return measure_fail(argv[1]);
	return status;
}
