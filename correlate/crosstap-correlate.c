/* crosstap-correlate: matches the packets of all points. See crosstap-correlate(1). */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/options.h"
#include "collect/process.h"
#include "collect/progress.h"
#include "collect/store.h"
#include "collect/terminal.h"
#include "correlate/correlate.h"
#include "correlate/follow_run.h"

#define TMAX_MS_MAX 3600000.0
#define THREADS_MAX 256
#define FOLLOW_SECONDS_MAX 86400
#define MEMORY_MB_MIN 16
#define MEMORY_MB_MAX 1000000000

static const char program[] = "crosstap-correlate";
static volatile sig_atomic_t interrupted; /* --follow is to end */

struct command {
	struct option_common common;
	const char *store, *path, *expect;
	double tmax_ms;
	uint64_t threads, memory_mb, max_store_mb;
	bool temporary, follow, csv;
	uint64_t rounds;
	double window_s, every_s;
	struct correlate_clock clock[CAPTURE_POINTS_MAX];
	char clock_point[CAPTURE_POINTS_MAX][CAPTURE_NAME_MAX];
	uint32_t clocks;
};

/* POINT=+S: the point's clock is S seconds ahead of the true time. */
static enum status take_clock(void *target, const char *argument, struct error *err)
{
	struct command *command = target;
	const char *equals = strchr(argument, '=');
	struct correlate_clock *clock = &command->clock[command->clocks];
	char *name = command->clock_point[command->clocks], *end;
	double seconds;

	if (!equals || equals == argument || equals - argument >= CAPTURE_NAME_MAX)
		return error_set(err, STATUS_USAGE, "--clock \"%s\": it is POINT=SECONDS", argument);
	if (command->clocks == CAPTURE_POINTS_MAX)
		return error_set(err, STATUS_USAGE, "--clock: given more than %d times",
				 CAPTURE_POINTS_MAX);
	seconds = strtod(equals + 1, &end);
	if (end == equals + 1 || *end || !isfinite(seconds) || fabs(seconds) > 9e9)
		return error_set(err, STATUS_USAGE, "--clock \"%s\": \"%s\" is no number of seconds",
				 argument, equals + 1);
	memcpy(name, argument, (size_t)(equals - argument));
	clock->point = name;
	clock->offset_ns = (int64_t)llround(seconds * 1e9);
	command->clocks++;
	return STATUS_OK;
}

#define AT(member) offsetof(struct command, member)

static const struct option_row rows[] = {
	{'s', "store", OPTION_TEXT, AT(store), "STORE", "the store that crosstap-collect filled", NULL},
	{0, "path", OPTION_TEXT, AT(path), "P",
	 "the points in a client's packet's order, like client,fw-in,fw-out,web1/web2; "
	 "default: found from the packets", NULL},
	{0, "tmax", OPTION_DECIMAL, AT(tmax_ms), "MS",
	 "a packet that takes longer counts as lost; default: 2000", NULL},
	{0, "clock", OPTION_CALL, 0, "POINT=+S",
	 "this point's clock is S seconds ahead; default: found from the packets", take_clock},
	{0, "expect", OPTION_TEXT, AT(expect), "FILE",
	 "a CSV file of what the rule base says (name,src,dst,proto,dport,expect), to be compared with "
	 "what was done", NULL},
	{0, "follow", OPTION_FLAG, AT(follow), NULL,
	 "while captures go on into the store, show what the last seconds say; writes no results", NULL},
	{0, "window", OPTION_DECIMAL, AT(window_s), "S", "with --follow: so many seconds; default: 60", NULL},
	{0, "every", OPTION_DECIMAL, AT(every_s), "S", "with --follow: look so often; default: 2", NULL},
	{0, "rounds", OPTION_NUMBER, AT(rounds), "N", "with --follow: end after so many windows", NULL},
	{0, "csv", OPTION_FLAG, AT(csv), NULL, "with --follow: rows of CSV", NULL},
	{'j', "threads", OPTION_NUMBER, AT(threads), "N",
	 "threads; default: one for each processor. The result does not depend on it", NULL},
	{0, "memory", OPTION_NUMBER, AT(memory_mb), "MB",
	 "hold about as much in memory, and put what is more into files beside the store; default: 1600. "
	 "The result does not depend on it", NULL},
	{0, "max-store", OPTION_NUMBER, AT(max_store_mb), "MB",
	 "end with an error rather than let the store's file grow beyond", NULL},
	{0, "temporary", OPTION_FLAG, AT(temporary), NULL,
	 "the store need not survive a power failure", NULL},
	OPTIONS_COMMON(struct command, common),
	{0, NULL, OPTION_FLAG, 0, NULL, NULL, NULL},
};

static const struct option_tool tool = {
	.name = program,
	.usage = "-s STORE [--path P] [--tmax MS] [--clock POINT=+S]... [--expect FILE]\n"
		 "-s STORE --follow [--window S] [--every S] [--rounds N] [--csv]",
	.about = "Matches the packets of all points in a store and says what became of each at every "
		 "hop. The results replace earlier ones in the store, once they are complete.",
	.rows = rows,
	.operand = NULL,
};

static enum status command_check_follow(const struct command *command, struct error *err)
{
	bool given = command->window_s != 0 || command->every_s != 0 || command->rounds || command->csv;

	if (!command->follow)
		return given ? error_set(err, STATUS_USAGE, "--window, --every, --rounds and --csv are for --follow")
			     : STATUS_OK;
	if (command->expect)
		return error_set(err, STATUS_USAGE, "--expect compares whole captures: not with --follow");
	if (command->window_s < 0 || (command->window_s > 0 && command->window_s < 1) ||
	    command->window_s > FOLLOW_SECONDS_MAX)
		return error_set(err, STATUS_USAGE, "--window: from 1 to %d seconds", FOLLOW_SECONDS_MAX);
	if (command->every_s < 0 || (command->every_s > 0 && command->every_s < 0.1) ||
	    command->every_s > FOLLOW_SECONDS_MAX)
		return error_set(err, STATUS_USAGE, "--every: from 0.1 to %d seconds", FOLLOW_SECONDS_MAX);
	return STATUS_OK;
}

static enum status command_check(const struct command *command, struct error *err)
{
	if (!command->store)
		return error_set(err, STATUS_USAGE, "which store? (-s STORE)");
	if (!(command->tmax_ms > 0) || command->tmax_ms > TMAX_MS_MAX)
		return error_set(err, STATUS_USAGE, "--tmax: above 0 and at most %.0f ms",
				 TMAX_MS_MAX);
	if (command->threads > THREADS_MAX)
		return error_set(err, STATUS_USAGE, "--threads: %d at most", THREADS_MAX);
	if (command->memory_mb && (command->memory_mb < MEMORY_MB_MIN || command->memory_mb > MEMORY_MB_MAX))
		return error_set(err, STATUS_USAGE, "--memory: from %d to %d MB", MEMORY_MB_MIN,
				 MEMORY_MB_MAX);
	if (command->max_store_mb > STORE_MB_MAX)
		return error_set(err, STATUS_USAGE, "--max-store: from 1 to %d MB", STORE_MB_MAX);
	return command_check_follow(command, err);
}

struct show {
	struct progress progress;
	bool verbose;
	double begun_s, begun_cpu_s;
	const char *what; /* the step under way */
};

static double show_seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The seconds that a step took, by the wall's clock and, of all threads, by the processor's. */
static void show_step_end(struct show *show)
{
	double now_s = show_seconds(CLOCK_MONOTONIC), cpu_s = show_seconds(CLOCK_PROCESS_CPUTIME_ID);
	char line[128];

	if (show->verbose && show->what) {
		snprintf(line, sizeof line, "%-16s %6.2f s, CPU %6.2f s", show->what,
			 now_s - show->begun_s, cpu_s - show->begun_cpu_s);
		progress_clear(&show->progress);
		terminal_say(stderr, program, line);
	}
	show->begun_s = now_s;
	show->begun_cpu_s = cpu_s;
}

static void show_step(void *user, unsigned step, const char *what)
{
	struct progress_count count = {.done = step, .total = CORRELATE_STEPS};
	struct show *show = user;

	show_step_end(show);
	show->what = what;
	show->progress.label = what;
	show->progress.drawn_ns = 0;
	progress_show(&show->progress, &count);
}

static struct correlate_options run_options(const struct command *command)
{
	return (struct correlate_options){
		.path = command->path,
		.tmax_ns = (int64_t)(command->tmax_ms * 1e6),
		.threads = command->threads ? (unsigned)command->threads
					    : (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
		.clock = command->clock,
		.clocks = command->clocks,
		.memory_bytes = command->memory_mb * 1000000,
		.expect = command->expect,
	};
}

static void on_signal(int number)
{
	interrupted = number;
}

static enum status run_follow(const struct command *command, struct error *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct correlate_options options = run_options(command);
	/* The second signal ends the program at once. */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	const struct follow_work work = {
		.options = {command->store,
			    (int64_t)((command->window_s > 0 ? command->window_s : FOLLOW_WINDOW_S) * 1e9),
			    (int64_t)((command->every_s > 0 ? command->every_s : FOLLOW_EVERY_S) * 1e9), &options},
		.rounds = command->rounds,
		.csv = command->csv,
		.out = stdout,
		.stop = &interrupted,
	};
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
	return follow_run(&work, err);
}

static enum status run(const struct command *command, struct error *err)
{
	struct correlate_options options = run_options(command);
	struct correlate_summary *summary = calloc(1, sizeof *summary);
	struct show show = {.verbose = command->common.verbose};
	struct store *store = NULL;
	enum status status;
	char line[sizeof summary->path + 512];

	if (!summary)
		return error_errno(err, ENOMEM, "%s", command->store);
	progress_begin(&show.progress, stderr, !command->common.quiet, "opening");
	options.step = show_step;
	options.user = &show;
	status = store_open(&store, command->store, STORE_WRITE, command->temporary, NULL, err);
	if (!status && command->max_store_mb)
		status = store_bound(store, command->max_store_mb * 1000000, err);
	if (!status)
		status = correlate_run(store, &options, summary, err);
	if (!status)
		status = store_sync(store, err);
	show_step_end(&show);
	progress_clear(&show.progress);
	if (!status && summary->doubt[0]) {
		snprintf(line, sizeof line, "warning: --path: %s", summary->doubt);
		terminal_say(stderr, program, line);
	}
	if (!status && command->common.verbose) {
		snprintf(line, sizeof line, "path %s (%s)", summary->path, summary->evidence);
		terminal_say(stderr, program, line);
	}
	store_close(&store);
	free(summary);
	return status;
}

int main(int argc, char **argv)
{
	static struct command command = {.tmax_ms = CORRELATE_TMAX_DEFAULT_NS / 1e6};
	struct error err = {0};
	enum status status;

	process_begin();
	status = options_parse(&tool, argc, argv, &command, &err);
	if (!status && options_answer(&tool, &command.common, stdout))
		return STATUS_OK;
	if (!status)
		status = command_check(&command, &err);
	if (!status)
		status = command.follow ? run_follow(&command, &err) : run(&command, &err);
	if (status)
		terminal_say(stderr, program, err.text);
	return status;
}
