/* crosstap-collect: captures into a store. See crosstap-collect(1). */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/batch.h"
#include "collect/capture.h"
#include "collect/capture_words.h"
#include "collect/erf.h"
#include "collect/export_ask.h"
#include "collect/export_packets.h"
#include "collect/handover.h"
#include "collect/limits.h"
#include "collect/listing.h"
#include "collect/live_setup.h"
#include "collect/options.h"
#include "collect/plan.h"
#include "collect/privilege.h"
#include "collect/process.h"
#include "collect/progress.h"
#include "collect/sandbox.h"
#include "collect/seed.h"
#include "collect/store.h"
#include "collect/store_verify.h"
#include "collect/terminal.h"

#define SEED_DIGITS 16
#define STOP_PATIENCE_MS 2000 /* for workers that wait for bytes of a pipe */
#define MALLOC_KEPT_BYTES (256 << 20) /* freed memory that is not given back to the system... */
#define MALLOC_MAPPED_BYTES (32 << 20) /* ...and below which it is kept at all: glibc's maximum */

static const char program[] = "crosstap-collect";
static volatile sig_atomic_t interrupted, asked; /* asked: SIGUSR1, how things are */

/* What the command line says. */
struct command {
	struct option_common common;
	const char *store, *verify, *user;
	bool list, temporary, no_checksums, has_seed;
	uint64_t seed, threads, max_store_mb, max_memory_mb;
	int64_t start_ns, end_ns;
	struct plan plan;
	struct handover handover;
	struct export_ask export;
	struct live_setup live;
};

/* ---- the command line ---- */

static enum status take_point(void *target, const char *argument, struct error *err)
{
	return plan_point(&((struct command *)target)->plan, argument, err);
}

static enum status take_filter(void *target, const char *argument, struct error *err)
{
	return plan_filter(&((struct command *)target)->plan, argument, err);
}

static enum status take_operand(void *target, const char *argument, struct error *err)
{
	return plan_operand(&((struct command *)target)->plan, argument, err);
}

static enum status take_live(void *target, const char *argument, struct error *err)
{
	return plan_interface(&((struct command *)target)->plan, argument, err);
}

static enum status take_start(void *target, const char *argument, struct error *err)
{
	return selection_time(argument, &((struct command *)target)->start_ns, err);
}

static enum status take_end(void *target, const char *argument, struct error *err)
{
	return selection_time(argument, &((struct command *)target)->end_ns, err);
}

static enum status take_import(void *target, const char *argument, struct error *err)
{
	return handover_add_import(&((struct command *)target)->handover, argument, err);
}

static enum status take_seed(void *target, const char *argument, struct error *err)
{
	struct command *command = target;

	if (strlen(argument) != SEED_DIGITS ||
	    strspn(argument, "0123456789abcdefABCDEF") != SEED_DIGITS)
		return error_set(err, STATUS_USAGE, "--seed \"%s\": it takes %d hexadecimal digits",
				 argument, SEED_DIGITS);
	command->seed = strtoull(argument, NULL, 16);
	command->has_seed = true;
	return STATUS_OK;
}

#define AT(member) offsetof(struct command, member)

static const struct option_row rows[] = {
	{'s', "store", OPTION_TEXT, AT(store), "STORE",
	 "the store; made when it is not there", NULL},
	{'p', "point", OPTION_CALL, 0, "POINT",
	 "where the files behind it were captured", take_point},
	{'f', "filter", OPTION_CALL, 0, "BPF",
	 "take only these packets (pcap-filter(7)) of the point's files; before the first -p: "
	 "of all points that have none of their own",
	 take_filter},
	{'i', "interface", OPTION_CALL, 0, "IFACE",
	 "capture the point's packets live, until SIGINT; each -p may have one", take_live},
	{0, "duration", OPTION_DECIMAL, AT(live.duration_s), "S", "end a live capture after so many seconds", NULL},
	{0, "packets", OPTION_NUMBER, AT(live.packets), "N", "end a live capture after so many packets", NULL},
	{0, "snaplen", OPTION_NUMBER, AT(live.snaplen), "N",
	 "bytes of each packet that a live capture takes; default: 262144", NULL},
	{0, "ring", OPTION_NUMBER, AT(live.ring_mib), "MIB",
	 "the kernel's ring for packets not taken yet; default: 64", NULL},
	{0, "segment", OPTION_DECIMAL, AT(live.segment_s), "S",
	 "commit a live capture every so many seconds; 0: at its end; default: 3600", NULL},
	{0, "keep-age", OPTION_DECIMAL, AT(live.keep_age_s), "S",
	 "remove the live points' segments when they are older than the newest by so many seconds", NULL},
	{0, "keep-size", OPTION_NUMBER, AT(live.keep_mb), "MB",
	 "remove the live points' oldest segments when the store holds more", NULL},
	{0, "max-memory", OPTION_NUMBER, AT(max_memory_mb), "MB",
	 "end with an error rather than hold more memory", NULL},
	{0, "max-store", OPTION_NUMBER, AT(max_store_mb), "MB",
	 "end with an error rather than let the store's file grow beyond", NULL},
	{'w', "write", OPTION_TEXT, AT(live.write), "FILE", "keep a live capture's packets, too, as pcapng", NULL},
	{0, "no-promiscuous", OPTION_FLAG, AT(live.no_promiscuous), NULL,
	 "take what is for this host only", NULL},
	{0, "user", OPTION_TEXT, AT(user), "USER",
	 "whom root becomes before packets are read; default: nobody", NULL},
	{0, "start", OPTION_CALL, 0, "TIME",
	 "no packets before it: 2024-05-01T12:00:00Z, or seconds since 1970", take_start},
	{0, "end", OPTION_CALL, 0, "TIME", "no packets of this time and later", take_end},
	{0, "anonymize", OPTION_TEXT, AT(handover.key_file), "KEYFILE",
	 "hold no payload, and aliases of addresses and names, made with the bytes of this file", NULL},
	{0, "without-payload", OPTION_FLAG, AT(handover.without_payload), NULL,
	 "hold nothing of payload but keyed hashes", NULL},
	{0, "import", OPTION_CALL, 0, "STORE",
	 "take over the captures of another store of the same seed; may be given again", take_import},
	{'l', "list", OPTION_FLAG, AT(list), NULL, "show the captures that the store has", NULL},
	{0, "verify", OPTION_TEXT, AT(verify), "STORE",
	 "read all of a store: its pages, checksums, counts; 3 when anything is wrong", NULL},
	{0, "export", OPTION_TEXT, AT(export.directory), "DIR",
	 "write a row for each frame of the store's captures there, for ClickHouse and the like; - is "
	 "standard output", NULL},
	{0, "export-format", OPTION_TEXT, AT(export.format), "FORMAT",
	 "what the rows are: rowbinary (the default) or csv", NULL},
	{0, "export-headers", OPTION_FLAG, AT(export.headers), NULL,
	 "export fingerprints without payload, where the snaplen of any point left too little of it", NULL},
	{'j', "threads", OPTION_NUMBER, AT(threads), "N",
	 "captures read at once; default: one for each processor", NULL},
	{0, "no-checksums", OPTION_FLAG, AT(no_checksums), NULL,
	 "do not verify TCP and UDP checksums", NULL},
	{0, "seed", OPTION_CALL, 0, "HEX",
	 "the key of a new store's fingerprints, 16 digits; default: from the files", take_seed},
	{0, "temporary", OPTION_FLAG, AT(temporary), NULL,
	 "the store need not survive a power failure", NULL},
	OPTIONS_COMMON(struct command, common),
	{0, NULL, OPTION_FLAG, 0, NULL, NULL, NULL},
};

static const struct option_tool tool = {
	.name = program,
	.usage = "-s STORE -p POINT [-f BPF] FILE[@IFACE]... [-p POINT FILE...]...\n"
		 "-s STORE -p POINT [-f BPF] -i IFACE [-p POINT -i IFACE]...\n"
		 "-s STORE --import STORE...\n"
		 "-s STORE --list\n"
		 "--verify STORE\n"
		 "-s STORE --export DIR|- [--export-format FORMAT]",
	.about = "Collects packet captures, each taken at a point of a path, into a store. A FILE "
		 "is pcap, pcapng or ERF, packed or not; - is standard input; FILE@IFACE takes one "
		 "interface's packets, FILE@mac:MAC or FILE@vlan:N those of one side of a router. Collecting the same capture twice changes nothing.",
	.rows = rows,
	.operand = take_operand,
};

static bool command_collects(const struct command *command)
{
	return command->plan.group_count || command->handover.imports;
}

static enum status command_check(struct command *command, struct error *err)
{
	enum status status = export_ask_check(&command->export, err);

	if (status)
		return status;
	if (command->verify && (command->store || command->list || command->export.directory ||
				command_collects(command)))
		return error_set(err, STATUS_USAGE, "--verify reads the store that it names: give nothing else");
	if (command->verify)
		return STATUS_OK;
	if (!command->store)
		return error_set(err, STATUS_USAGE, "which store? (-s STORE)");
	if (command->threads > BATCH_THREADS_MAX)
		return error_set(err, STATUS_USAGE, "--threads: %u at most", BATCH_THREADS_MAX);
	if (command->max_memory_mb && (command->max_memory_mb < LIMITS_MEMORY_MB_MIN ||
				       command->max_memory_mb > LIMITS_MEMORY_MB_MAX))
		return error_set(err, STATUS_USAGE, "--max-memory: from %d to %d MB", LIMITS_MEMORY_MB_MIN,
				 LIMITS_MEMORY_MB_MAX);
	if (command->max_store_mb > STORE_MB_MAX)
		return error_set(err, STATUS_USAGE, "--max-store: from 1 to %d MB", STORE_MB_MAX);
	if (command->list && (command_collects(command) || command->export.directory))
		return error_set(err, STATUS_USAGE, "--list collects nothing: give no point");
	if (command->list || (command->export.directory && !command_collects(command)))
		return STATUS_OK;
	if (command->start_ns >= command->end_ns)
		return error_set(err, STATUS_USAGE, "--end is not later than --start");
	if (command->handover.imports && !command->plan.group_count)
		return STATUS_OK;
	status = plan_check(&command->plan, err);
	return status ? status
		      : live_setup_check(&command->live, &command->plan, plan_is_live(&command->plan), err);
}

/* ---- words about captures ---- */

static void say_damage(const char *path, const struct capture *capture)
{
	char line[CAPTURE_WORDS_MAX];

	if (capture_words_damage(line, path, capture))
		terminal_say(stderr, program, line);
}

static void say_capture(const char *point, const char *path, const struct ingest_result *result,
			bool verbose)
{
	char line[CAPTURE_WORDS_MAX];

	capture_words(line, path, result, verbose);
	terminal_say(stderr, point, line);
}

static void say_import(const char *store, const struct transfer_result *result)
{
	char line[CAPTURE_WORDS_MAX];

	capture_words_import(line, store, result);
	terminal_say(stderr, "import", line);
}

/* ---- the work ---- */

struct run {
	struct command *command;
	struct store *store;
	struct ingest_job *jobs;
	struct ingest_stream *streams; /* of the jobs, where files are opened before rights are given up */
	uint32_t *job_of; /* by file; UINT32_MAX: the file is not to be read */
	uint32_t job_count;
	uint64_t total_bytes; /* 0: not known */
	struct batch *batch;
	struct live_run *live;
	struct progress progress;
	enum status status; /* the gravest until now */
};

static void on_signal(int number)
{
	interrupted = number;
}

static void run_watch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	/* The second signal ends the program at once. */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
}

static enum status run_add_points(struct run *run, struct plan *plan, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < plan->group_count && !status; i++)
		status = capture_point_add(run->store, plan->groups[i].point,
					   &plan->groups[i].number, err);
	return status;
}

/* What root may read nobody may not: such files are open before root becomes nobody. NULL: the next job
 * opens its file itself, or file->status says why there is none. */
static const struct ingest_stream *run_open_file(struct run *run, struct plan_file *file)
{
	struct ingest_stream *stream = &run->streams[run->job_count];

	if (file->status || strcmp(file->file.path, "-") == 0)
		return NULL;
	*stream = (struct ingest_stream){.fd = open(file->file.path, O_RDONLY | O_CLOEXEC | O_NOCTTY), .copy_fd = -1};
	if (stream->fd < 0)
		file->status = error_errno(&file->error, errno, "%s", file->file.path);
	return stream;
}

static enum status run_make_jobs(struct run *run, struct plan *plan, struct error *err)
{
	bool sizes_known = true, early = privilege_have();
	uint32_t i;

	run->jobs = calloc(plan->file_count, sizeof *run->jobs);
	run->streams = calloc(plan->file_count, sizeof *run->streams);
	run->job_of = calloc(plan->file_count, sizeof *run->job_of);
	if (!run->jobs || !run->streams || !run->job_of)
		return error_errno(err, ENOMEM, "%s", program);
	privilege_open_many();
	for (i = 0; i < plan->file_count; i++) {
		struct plan_file *file = &plan->files[i];
		const struct plan_group *group = &plan->groups[file->group];
		const struct ingest_stream *stream = early ? run_open_file(run, file) : NULL;

		run->job_of[i] = file->status ? UINT32_MAX : run->job_count;
		if (file->status)
			continue;
		run->total_bytes += file->size_bytes;
		sizes_known = sizes_known && file->size_bytes;
		run->jobs[run->job_count++] = (struct ingest_job){
			.point = group->number,
			.path = file->file.path,
			.stream = stream,
			.selection = {file->file.interface, group->filter, run->command->start_ns,
				      run->command->end_ns},
			.checksums = !run->command->no_checksums,
			.holding = &run->command->handover.holding,
		};
	}
	if (!sizes_known)
		run->total_bytes = 0;
	return STATUS_OK;
}

/* From here on strangers' bytes are read: with no more rights than that takes. */
static enum status run_confine(struct run *run, uint32_t writers, bool names, struct error *err)
{
	enum sandbox_role role = names ? SANDBOX_PARSER_OF_NAMES : SANDBOX_PARSER;
	enum status status = store_reserve_locks(run->store, writers + 1, err);
	struct sandbox_walls walls;

	if (!status)
		status = privilege_drop(run->command->user, err);
	if (!status)
		status = sandbox_enter(role, &walls, err);
	if (!status && run->command->common.verbose)
		terminal_say(stderr, program,
			     walls.calls && walls.files ? "in a sandbox: seccomp and Landlock"
			     : walls.calls	      ? "in a sandbox: seccomp"
			     : walls.files	      ? "in a sandbox: Landlock"
						      : "the kernel has no sandbox for it");
	return status;
}

/* The outcome of a job; NULL when the patience after a signal is over. */
static const struct batch_outcome *run_await(struct run *run, uint32_t job)
{
	const struct batch_outcome *outcome;
	uint32_t patience_ms = STOP_PATIENCE_MS;

	while (!(outcome = batch_wait(run->batch, job, PROGRESS_INTERVAL_MS))) {
		struct batch_progress now = batch_progress(run->batch);
		struct progress_count count = {.done = now.read_bytes, .total = run->total_bytes,
					       .bytes = true, .packets = now.packets};

		if (!interrupted) {
			progress_show(&run->progress, &count);
			continue;
		}
		batch_stop(run->batch);
		if (patience_ms < PROGRESS_INTERVAL_MS)
			return NULL;
		patience_ms -= PROGRESS_INTERVAL_MS;
	}
	progress_clear(&run->progress);
	return outcome;
}

static void run_failed(struct run *run, enum status status, const struct error *error)
{
	if (status > run->status)
		run->status = status;
	if (!interrupted)
		terminal_say(stderr, program, error->text);
}

/* One line for each file, in the order of the command line. */
static void run_report(struct run *run, const struct plan *plan)
{
	uint32_t i;

	for (i = 0; i < plan->file_count; i++) {
		const struct plan_file *file = &plan->files[i];
		const struct batch_outcome *outcome;

		if (file->status) {
			run_failed(run, file->status, &file->error);
			continue;
		}
		outcome = run_await(run, run->job_of[i]);
		if (!outcome) { /* only what is committed is in the store, as after kill -9 */
			terminal_say(stderr, program, "interrupted while waiting for input");
			_exit(STATUS_SYSTEM);
		}
		if (outcome->status) {
			run_failed(run, outcome->status, &outcome->error);
			continue;
		}
		say_damage(file->file.path, &outcome->result.capture);
		if (!run->command->common.quiet)
			say_capture(plan->groups[file->group].point, file->file.path,
				    &outcome->result, run->command->common.verbose);
	}
}

/* A seed that was given must be the store's; one that was made up must not: the
 * store may be there already, with a seed of its own. */
static enum status run_open_store(struct run *run, const struct plan *plan, struct error *err)
{
	const struct command *command = run->command;
	bool fresh = access(command->store, F_OK) != 0;
	uint64_t seed = command->seed;
	bool told = command->has_seed || (fresh && (handover_seed(&command->handover, &seed) ||
						    seed_from_files(plan, &seed)));
	enum status status = store_open(&run->store, command->store, STORE_CREATE,
					command->temporary, told ? &seed : NULL, err);

	if (status == STATUS_USAGE && !command->has_seed) { /* somebody else was first */
		err->text[0] = 0;
		status = store_open(&run->store, command->store, STORE_CREATE, command->temporary,
				    NULL, err);
	}
	if (!status && command->max_store_mb)
		status = store_bound(run->store, command->max_store_mb * 1000000, err);
	return status;
}

static enum status run_import(struct run *run, struct error *err)
{
	const struct handover *handover = &run->command->handover;
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < handover->imports && !status; i++) {
		struct transfer_result result;

		status = handover_import(handover, i, run->store, &result, err);
		if (!status && !run->command->common.quiet)
			say_import(handover->import[i], &result);
	}
	return status;
}

static enum status run_work(struct run *run, struct plan *plan, struct error *err)
{
	uint32_t threads = (uint32_t)run->command->threads;
	enum status status;

	status = run_open_store(run, plan, err);
	if (!status)
		status = handover_bind(&run->command->handover, run->store, err);
	if (!status)
		status = run_import(run, err);
	if (!status && !plan->file_count)
		return store_sync(run->store, err);
	if (!status)
		status = run_add_points(run, plan, err);
	if (!status)
		status = run_make_jobs(run, plan, err);
	if (!threads)
		threads = batch_threads();
	if (!status)
		status = run_confine(run, threads < run->job_count ? threads : run->job_count,
				     plan_has_filter(plan), err);
	if (!status)
		status = batch_open(&run->batch, run->store, run->jobs, run->job_count,
				    threads, err);
	if (status)
		return status;
	run_watch_signals();
	progress_begin(&run->progress, stderr, !run->command->common.quiet, "collecting");
	run_report(run, plan);
	progress_clear(&run->progress);
	status = store_sync(run->store, err);
	if (!status && interrupted)
		status = error_set(err, STATUS_SYSTEM,
				   "interrupted: what was not finished is not in the store");
	return status;
}

/* ---- verify ---- */

static void say_fault(void *context, const char *text)
{
	terminal_say(stderr, program, text);
}

static enum status command_verify(const struct command *command, struct error *err)
{
	const struct store_verify_options options = {
		.stream = stdout,
		.quiet = command->common.quiet,
		.say = say_fault,
	};

	return store_verify(command->verify, &options, err);
}

/* ---- live ---- */

static void on_question(int number)
{
	asked = number;
}

static void run_watch_questions(void)
{
	struct sigaction action = {.sa_handler = on_question, .sa_flags = (int)SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
}

/* A segment is in the store, or is not. */
static void live_told(void *context, const struct live_job *job, enum status status,
		      const struct live_segment *segment, const struct error *error)
{
	struct run *run = context;
	char line[CAPTURE_WORDS_MAX];

	progress_clear(&run->progress);
	if (status) {
		if (status > run->status)
			run->status = status;
		terminal_say(stderr, program, error->text);
		return;
	}
	say_damage(job->request.interface, &segment->result.capture);
	if (run->command->common.quiet)
		return;
	if (!segment->result.widened)
		say_capture(job->point_name, job->request.interface, &segment->result,
		    run->command->common.verbose);
	if (capture_words_removed(line, &segment->removed))
		terminal_say(stderr, program, line);
}

static void live_say(const struct run *run)
{
	const struct live_setup *setup = &run->command->live;
	uint32_t k;

	for (k = 0; k < setup->count; k++) {
		struct live_counts counts = live_run_counts(run->live, k);
		char line[CAPTURE_WORDS_MAX];

		capture_words_live(line, setup->jobs[k].request.interface, &counts);
		terminal_say(stderr, setup->jobs[k].point_name, line);
	}
}

/* From now on nothing passes unseen. */
static void live_say_begun(const struct run *run)
{
	const struct live_setup *setup = &run->command->live;
	uint32_t k;

	for (k = 0; k < setup->count && !run->command->common.quiet; k++) {
		char line[CAPTURE_WORDS_MAX];

		snprintf(line, sizeof line, "%s: capturing", setup->jobs[k].request.interface);
		terminal_say(stderr, setup->jobs[k].point_name, line);
	}
}

static void live_watch(struct run *run)
{
	bool stopped = false;

	while (!live_run_wait(run->live, PROGRESS_INTERVAL_MS)) {
		struct progress_count count = {.bytes = true};
		uint32_t k;

		if (interrupted && !stopped) {
			live_run_stop(run->live);
			stopped = true;
		}
		if (asked) {
			asked = 0;
			progress_clear(&run->progress);
			live_say(run);
		}
		for (k = 0; k < run->command->live.count; k++) {
			struct live_counts now = live_run_counts(run->live, k);

			count.done += now.bytes;
			count.packets += now.packets;
		}
		progress_show(&run->progress, &count);
	}
	progress_clear(&run->progress);
}

/* Devices first: whoever may not open them makes no store. All that is opened from here on is open
 * before the rights are given up. */
static enum status live_open_all(struct run *run, struct error *err)
{
	struct command *command = run->command;
	const struct ingest_job ingest = {.selection = {"", "", INT64_MIN, INT64_MAX},
					  .checksums = !command->no_checksums,
					  .holding = &command->handover.holding};
	enum status status = live_setup_open(&command->live, &command->plan, command->user,
					     &ingest, err);
	uint32_t k;

	if (!status)
		status = live_run_open(&run->live, command->live.jobs, command->live.count, err);
	if (!status)
		status = run_open_store(run, &command->plan, err);
	if (!status)
		status = handover_bind(&command->handover, run->store, err);
	if (!status)
		status = run_add_points(run, &command->plan, err);
	for (k = 0; k < command->plan.group_count && !status; k++)
		command->live.jobs[k].ingest.point = command->plan.groups[k].number;
	if (!status)
		status = live_setup_write(&command->live, err);
	return status ? status : run_confine(run, command->live.count, false, err);
}

static enum status run_live(struct run *run, struct error *err)
{
	enum status status;

	run_watch_signals(); /* those in between are not lost */
	run_watch_questions();
	status = live_open_all(run, err);
	if (!status) {
		live_say_begun(run);
		progress_begin(&run->progress, stderr, !run->command->common.quiet, "capturing");
		status = live_run_start(run->live, run->store, &run->command->live.keep, live_told, run, err);
	}
	if (!status) {
		live_watch(run);
		live_say(run);
	}
	live_run_close(&run->live);
	if (!status)
		status = live_setup_written(&run->command->live, err);
	return status ? status : store_sync(run->store, err);
}

static enum status command_run(struct command *command, struct error *err)
{
	struct run run = {.command = command};
	enum status status = limits_set(command->max_memory_mb * 1000000, err);
	uint32_t i, missing = 0;

	if (status)
		return status;

	/* LMDB allocates every block of a transaction and frees it at the commit: to have the
	 * system map and clear those pages each time costs a twentieth of the run. */
	mallopt(M_MMAP_THRESHOLD, MALLOC_MAPPED_BYTES);
	mallopt(M_TRIM_THRESHOLD, MALLOC_KEPT_BYTES);
	for (i = 0; i < command->plan.file_count; i++)
		missing += command->plan.files[i].status != STATUS_OK;
	if (plan_is_live(&command->plan))
		status = run_live(&run, err);
	else if (missing == command->plan.file_count && !command->handover.imports) /* no store for nothing */
		run_report(&run, &command->plan);
	else
		status = run_work(&run, &command->plan, err);
	batch_close(&run.batch);
	store_close(&run.store);
	free(run.jobs);
	free(run.job_of);
	free(run.streams);
	return status ? status : run.status;
}

/* Waits for the process that collects, and hands signals on to it. */
static enum status command_await(pid_t child, const sigset_t *signals, struct error *err)
{
	int number, how;

	while (waitpid(child, &how, WNOHANG) == 0)
		if (sigwait(signals, &number) == 0 && number != SIGCHLD)
			kill(child, number);
	return WIFEXITED(how) ? (enum status)WEXITSTATUS(how)
			      : error_set(err, STATUS_SYSTEM, "the process that collects has died");
}

/* Who has given up the right to open files cannot export them: then another process collects. */
static enum status command_run_apart(struct command *command, struct error *err)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD};
	sigset_t signals, before;
	enum status status;
	pid_t child;
	size_t i;

	sigemptyset(&signals);
	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaddset(&signals, numbers[i]);
	fflush(NULL);
	sigprocmask(SIG_BLOCK, &signals, &before);
	child = fork();
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		status = command_run(command, err);
		if (*err->text)
			terminal_say(stderr, program, err->text);
		_exit((int)status);
	}
	status = child < 0 ? error_errno(err, errno, "%s", program)
			   : command_await(child, &signals, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static enum status command_export(struct command *command, struct error *err)
{
	struct progress progress;
	const struct export_request request = {
		.store = command->store,
		.directory = export_ask_directory(&command->export),
		.format = export_ask_format(&command->export),
		.headers = command->export.headers,
		.progress = &progress,
	};
	struct export_result result;
	enum status status;

	progress_begin(&progress, stderr,
		       !command->common.quiet && (request.directory || !isatty(STDOUT_FILENO)), "exporting");
	status = export_packets(&request, &result, err);
	progress_clear(&progress);
	if (!status && result.short_prefixes && !request.headers)
		terminal_say(stderr, program,
			     "warning: the snaplen left too little payload of some packets: rows of all "
			     "points match only with --export-headers");
	return status;
}

int main(int argc, char **argv)
{
	struct command command = {.start_ns = INT64_MIN, .end_ns = INT64_MAX, .user = PRIVILEGE_USER, .live = live_setup_new()};
	struct error err = {.text = ""};
	enum status status;

	if (argc > 1 && strcmp(argv[1], ERF_CHILD_OPTION) == 0)
		return erf_child_main(argc, argv);
	process_begin();
	status = options_parse(&tool, argc, argv, &command, &err);
	if (status == STATUS_OK && !options_answer(&tool, &command.common, stdout)) {
		status = command_check(&command, &err);
		if (status == STATUS_OK && command.verify)
			status = command_verify(&command, &err);
		else if (status == STATUS_OK && command.list)
			status = listing_write(command.store, stdout, &err);
		else if (status == STATUS_OK)
			status = handover_open(&command.handover, command.store,
					       command.plan.group_count > 0, &err);
		if (status == STATUS_OK && !command.list && !command.verify && !command.export.directory)
			status = command_run(&command, &err);
		else if (status == STATUS_OK && command_collects(&command))
			status = command_run_apart(&command, &err);
		if (status == STATUS_OK && command.export.directory)
			status = command_export(&command, &err);
	}
	if (fflush(stdout) != 0 && status == STATUS_OK)
		status = error_errno(&err, errno, "standard output");
	if (*err.text)
		terminal_say(stderr, program, err.text);
	if (status == STATUS_USAGE && *err.text)
		fprintf(stderr, "Try '%s --help'.\n", program);
	handover_free(&command.handover);
	live_setup_free(&command.live);
	plan_free(&command.plan);
	return (int)status;
}
