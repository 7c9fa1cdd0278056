/* crosstap: the front door. Runs crosstap-collect, crosstap-correlate and crosstap-report, one
 * after the other, over the same store. See crosstap(1). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/options.h"
#include "collect/process.h"
#include "collect/scratch.h"
#include "collect/terminal.h"
#include "correlate/policy.h"
#include "report/fail_on.h"
#include "report/launch.h"
#include "report/operand.h"

struct command {
	struct option_common common;
	const char *store, *directory, *path, *filter, *start, *end, *tmax, *threads, *fail_on,
		*expect;
	const char *key_file; /* --anonymize; NULL: not given */
	bool open, headers_only, without_payload;
	char **folder;        /* of the captures: a store of aliases does not say where they are */
	size_t folders;
	struct launch_words clocks; /* --clock, again and again */
	struct operands operands;
	struct scratch scratch;
	struct launch launch;
};

/* ---- the command line ---- */

static enum status take_operand(void *target, const char *argument, struct error *err)
{
	return operands_add(&((struct command *)target)->operands, argument, err);
}

static enum status take_clock(void *target, const char *argument, struct error *err)
{
	struct launch_words *clocks = &((struct command *)target)->clocks;

	if (!strchr(argument, '='))
		return error_set(err, STATUS_USAGE, "--clock \"%s\": it is POINT=SECONDS",
				 argument);
	launch_add_pair(clocks, "--clock", argument);
	return clocks->failed ? error_errno(err, ENOMEM, "--clock %s", argument) : STATUS_OK;
}

/* Looked at here already, so that a slip is not found out when all has been read. */
static enum status take_tmax(void *target, const char *argument, struct error *err)
{
	char *end;

	if (!(strtod(argument, &end) > 0) || *end)
		return error_set(err, STATUS_USAGE, "--tmax \"%s\": milliseconds, above 0",
				 argument);
	((struct command *)target)->tmax = argument;
	return STATUS_OK;
}

static enum status take_threads(void *target, const char *argument, struct error *err)
{
	if (!*argument || argument[strspn(argument, "0123456789")])
		return error_set(err, STATUS_USAGE, "--threads \"%s\": a whole number", argument);
	((struct command *)target)->threads = argument;
	return STATUS_OK;
}

#define AT(member) offsetof(struct command, member)

static const struct option_row rows[] = {
	{'o', "output", OPTION_TEXT, AT(directory), "DIR",
	 "write the summary, the page (report.html), the packets for Wireshark (evidence.pcapng) and "
	 "all CSV files there", NULL},
	{0, "headers-only", OPTION_FLAG, AT(headers_only), NULL,
	 "no payload in evidence.pcapng (with -o)", NULL},
	{0, "anonymize", OPTION_TEXT, AT(key_file), "KEYFILE",
	 "aliases in place of addresses and names, made with the bytes of this file, and no payload", NULL},
	{0, "without-payload", OPTION_FLAG, AT(without_payload), NULL,
	 "no names out of payloads in the store, and no payload in evidence.pcapng", NULL},
	{0, "path", OPTION_TEXT, AT(path), "P",
	 "the points in a client's packet's order, like client,fw-in,fw-out,web1/web2; "
	 "default: found from the packets", NULL},
	{'s', "store", OPTION_TEXT, AT(store), "STORE",
	 "keep what was read in this store; default: a temporary one", NULL},
	{0, "open", OPTION_FLAG, AT(open), NULL, "open the report at the end (with -o)", NULL},
	{'f', "filter", OPTION_TEXT, AT(filter), "BPF", "take only these packets (pcap-filter(7))",
	 NULL},
	{0, "start", OPTION_TEXT, AT(start), "TIME",
	 "no packets before it: 2024-05-01T12:00:00Z, or seconds since 1970", NULL},
	{0, "end", OPTION_TEXT, AT(end), "TIME", "no packets of this time and later", NULL},
	{0, "tmax", OPTION_CALL, 0, "MS",
	 "a packet that takes longer counts as lost; default: 2000", take_tmax},
	{0, "clock", OPTION_CALL, 0, "POINT=+S",
	 "this point's clock is S seconds ahead; default: found from the packets", take_clock},
	{0, "expect", OPTION_TEXT, AT(expect), "FILE",
	 "a CSV file of what the rule base says (name,src,dst,proto,dport,expect), to be compared with "
	 "what was done", NULL},
	{0, "fail-on", OPTION_TEXT, AT(fail_on), "LIST",
	 "end with status 1 when there are: drops, resets (made by a hop), modifications, expect (rows of "
	 "the policy that are violated)", NULL},
	{'j', "threads", OPTION_CALL, 0, "N",
	 "threads; default: one for each processor", take_threads},
	OPTIONS_COMMON(struct command, common),
	{0, NULL, OPTION_FLAG, 0, NULL, NULL, NULL},
};

static const struct option_tool tool = {
	.name = "crosstap",
	.usage = "[-o DIR] [--path P] [-s STORE] POINT=FILE[,FILE...]...",
	.about = "Compares packet captures taken at several points of a path and says what each "
		 "hop dropped, injected and delayed: crosstap client=a.pcap fw-in=b.pcap "
		 "fw-out=c.pcap server=d.pcap -o report. Two points out of one capture: FILE@IFACE, "
		 "FILE@mac:MAC, FILE@vlan:N, as crosstap-collect(1) says.",
	.rows = rows,
	.operand = take_operand,
};

static enum status command_check(const struct command *command, struct error *err)
{
	enum status status;

	if (!command->operands.points)
		return error_set(err, STATUS_USAGE, "which captures? POINT=FILE");
	if (command->operands.points < 2 && !command->store)
		return error_set(err, STATUS_USAGE,
				 "one point only (%s): there is nothing to compare it with",
				 command->operands.point[0].name);
	if (command->headers_only && !command->directory)
		return error_set(err, STATUS_USAGE, "--headers-only is about a file of -o DIR");
	if (command->open && !command->directory)
		return error_set(err, STATUS_USAGE, "--open: what? It goes with -o DIR");
	if (command->expect && command->key_file)
		return error_set(err, STATUS_USAGE, "--expect: with --anonymize the store has no "
						    "address of the policy's");
	status = command->fail_on ? fail_on_check(command->fail_on, err) : STATUS_OK;
	if (!status && command->fail_on && !command->expect && fail_on_needs_policy(command->fail_on))
		status = error_set(err, STATUS_USAGE, "--fail-on: expect needs --expect FILE");
	return status;
}

/* A slip in the policy is not to be found out when all captures were read. */
static enum status policy_check(const struct command *command, struct error *err)
{
	struct policy *policy = NULL;
	enum status status =
		command->expect ? policy_read(&policy, command->expect, err) : STATUS_OK;

	policy_free(&policy);
	return status;
}

/* ---- the three steps ---- */

static void add_common(struct launch_words *words, const struct command *command)
{
	launch_add_pair(words, "-s", command->store ? command->store : command->scratch.store);
	if (command->common.quiet)
		launch_add(words, "-q");
	if (command->common.verbose)
		launch_add(words, "-v");
}

static void add_work(struct launch_words *words, const struct command *command)
{
	add_common(words, command);
	launch_add_pair(words, "-j", command->threads);
	if (!command->store)
		launch_add(words, "--temporary");
}

static void collect_words(struct launch_words *words, const struct command *command)
{
	size_t p, f;

	launch_add(words, "crosstap-collect");
	add_work(words, command);
	launch_add_pair(words, "-f", command->filter);
	launch_add_pair(words, "--start", command->start);
	launch_add_pair(words, "--end", command->end);
	launch_add_pair(words, "--anonymize", command->key_file);
	if (command->without_payload)
		launch_add(words, "--without-payload");
	for (p = 0; p < command->operands.points; p++) {
		const struct operand_point *point = &command->operands.point[p];

		launch_add_pair(words, "-p", point->name);
		for (f = 0; f < point->files; f++)
			launch_add(words, point->file[f]);
	}
}

static void correlate_words(struct launch_words *words, const struct command *command)
{
	size_t i;

	launch_add(words, "crosstap-correlate");
	add_work(words, command);
	launch_add_pair(words, "--path", command->path);
	launch_add_pair(words, "--tmax", command->tmax);
	launch_add_pair(words, "--expect", command->expect);
	for (i = 0; i < command->clocks.count; i++)
		launch_add(words, command->clocks.word[i]);
}

static void report_words(struct launch_words *words, const struct command *command)
{
	size_t i;

	launch_add(words, "crosstap-report");
	add_common(words, command);
	launch_add_pair(words, "-o", command->directory);
	if (command->headers_only)
		launch_add(words, "--headers-only");
	launch_add_pair(words, "--anonymize", command->key_file);
	for (i = 0; i < command->folders; i++)
		launch_add_pair(words, "--captures", command->folder[i]);
	launch_add_pair(words, "--fail-on", command->fail_on);
}

typedef void step(struct launch_words *words, const struct command *command);

static step *const steps[] = {collect_words, correlate_words, report_words};

static void show_command(const struct launch_words *words)
{
	char *line = NULL;
	size_t size;
	FILE *stream = open_memstream(&line, &size);

	if (!stream)
		return;
	launch_show(stream, words);
	if (fclose(stream) == 0) {
		fputs("+ ", stderr);
		terminal_print(stderr, line);
		putc('\n', stderr);
	}
	free(line);
}

/* The first step that does not end in 0 is the last. */
static enum status run_steps(struct command *command, int *exit, struct error *err)
{
	enum status status = STATUS_OK;
	size_t i;

	*exit = 0;
	for (i = 0; !status && !*exit && i < sizeof steps / sizeof steps[0]; i++) {
		struct launch_words words = {0};

		steps[i](&words, command);
		if (command->common.verbose && !words.failed)
			show_command(&words);
		status = launch_run(&command->launch, &words, exit, err);
		launch_words_free(&words);
	}
	return status;
}

/* Opening is a courtesy: that it fails says nothing of the report. */
static void open_report(const struct command *command)
{
	struct error err;
	char *page = NULL;

	if (asprintf(&page, "%s/report.html", command->directory) < 0)
		return;
	if (launch_detach(&command->launch, "xdg-open",
			  access(page, F_OK) == 0 ? page : command->directory, &err))
		terminal_say(stderr, "crosstap: --open", err.text);
	free(page);
}

static enum status run(struct command *command, struct error *err)
{
	enum status status = launch_begin(&command->launch, err);
	int exit = 0;

	if (!status && command->key_file && command->directory &&
	    !operands_folders(&command->operands, &command->folder, &command->folders))
		status = error_errno(err, ENOMEM, "captures");
	if (!status && !command->store)
		status = scratch_make(&command->scratch, err);
	if (!status)
		status = run_steps(command, &exit, err);
	if (!status && command->open && (exit == STATUS_OK || exit == STATUS_FINDING))
		open_report(command);
	operands_free_folders(command->folder, command->folders);
	scratch_remove(&command->scratch);
	if (status)
		terminal_say(stderr, tool.name, err->text);
	launch_end(&command->launch);
	return status ? status : (enum status)exit;
}

int main(int argc, char **argv)
{
	struct command command = {.store = NULL};
	struct error err = {.status = STATUS_OK};
	enum status status;

	process_begin();
	status = options_parse(&tool, argc, argv, &command, &err);
	if (!status && options_answer(&tool, &command.common, stdout)) {
		if (fflush(stdout) != 0)
			status = STATUS_SYSTEM;
		goto out;
	}
	if (!status)
		status = command_check(&command, &err);
	if (!status)
		status = policy_check(&command, &err);
	if (status) {
		terminal_say(stderr, tool.name, err.text);
		if (status == STATUS_USAGE)
			fprintf(stderr, "Try '%s --help'.\n", tool.name);
	} else {
		status = run(&command, &err);
	}
out:
	launch_words_free(&command.clocks);
	operands_free(&command.operands);
	return (int)status;
}
