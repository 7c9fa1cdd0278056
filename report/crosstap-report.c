/* crosstap-report: shows the results that a store holds. See crosstap-report(1). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/erf.h"
#include "collect/export_ask.h"
#include "collect/options.h"
#include "collect/process.h"
#include "collect/progress.h"
#include "collect/store.h"
#include "collect/terminal.h"
#include "report/closing.h"
#include "report/compare_show.h"
#include "report/csv.h"
#include "report/evidence_rows.h"
#include "report/evidence_stories.h"
#include "report/export_verdicts.h"
#include "report/fail_on.h"
#include "report/filter_rows.h"
#include "report/json.h"
#include "report/ladder.h"
#include "report/output.h"
#include "report/page.h"
#include "report/set.h"
#include "report/sheet.h"
#include "report/subject.h"
#include "report/text.h"
#include "report/verify.h"
#include "report/wording.h"

struct tool {
	struct option_common common;
	const char *verify; /* a set to be checked, and nothing else done */
	const char *key_file;       /* --anonymize; NULL: as the store is */
	const char *expect;         /* --expect; NULL: as the store is */
	struct policy *policy;      /* that, read */
	struct subject subject;
	const char *store, *directory, *csv, *format, *fail_on, *filter, *verdicts;
	const char **captures;      /* directories */
	size_t captures_count;
	bool headers_only;
	struct export_ask export;
	struct compare_request compare; /* --before, --after */
	uint64_t session;           /* 0: none */
	struct query *query;        /* of the filter; NULL: none */
	struct query_fault fault;   /* where it is wrong, if its text is not "" */
	struct filter_match *match; /* what it takes; NULL: everything */
	struct progress progress;
	struct progress *beside; /* standard output; NULL where that is a terminal, too */
};

/* What is asked of the standard output. */
typedef enum status show(struct tool *tool, struct output *output, struct store_txn *txn,
			 struct error *err);

static show show_text, show_csv, show_json, show_html, show_pcapng, show_session;

static const struct {
	const char *name;
	show *show;
} formats[] = {
	{"text", show_text}, {"csv", show_csv},   {"json", show_json},
	{"html", show_html}, {"pcapng", show_pcapng},
};

static enum status take_before(void *target, const char *argument, struct error *err)
{
	return compare_show_add(&((struct tool *)target)->compare, argument, err);
}

static enum status take_session(void *target, const char *argument, struct error *err)
{
	struct tool *tool = target;
	size_t digits = strspn(argument, "0123456789");

	errno = 0;
	tool->session = strtoull(argument, NULL, 10);
	if (!digits || argument[digits] || errno || !tool->session)
		return error_set(err, STATUS_USAGE,
				 "--session: a number of sessions.csv, from 1 on (got \"%s\")",
				 argument);
	return STATUS_OK;
}

static enum status take_captures(void *target, const char *argument, struct error *err)
{
	struct tool *tool = target;
	const char **list = realloc(tool->captures, (tool->captures_count + 1) * sizeof *list);

	if (!list)
		return error_errno(err, ENOMEM, "--captures %s", argument);
	tool->captures = list;
	list[tool->captures_count++] = argument;
	return STATUS_OK;
}

static const struct option_row rows[] = {
	{'s', "store", OPTION_TEXT, offsetof(struct tool, store), "STORE",
	 "the store to report on, with the results of crosstap-correlate", NULL},
	{'o', "output", OPTION_TEXT, offsetof(struct tool, directory), "DIR",
	 "write the whole set there: summary.txt, report.html, evidence.pcapng and all CSV files", NULL},
	{0, "csv", OPTION_TEXT, offsetof(struct tool, csv), "NAME",
	 "write one table to standard output: hops, balance, drops, injected, resets, sessions, "
	 "session_points, delays, translations, changes, findings, manifest, run, distributions, expect "
	 "or offers",
	 NULL},
	{0, "format", OPTION_TEXT, offsetof(struct tool, format), "FORMAT",
	 "what to write to standard output: text (the summary), csv (with --csv), json (all "
	 "tables), html (the page) or pcapng (packets for Wireshark, out of the captures)",
	 NULL},
	{0, "verdict", OPTION_TEXT, offsetof(struct tool, verdicts), "LIST",
	 "with --format pcapng: single packets in place of sessions: dropped or injected", NULL},
	{0, "captures", OPTION_CALL, 0, "DIR",
	 "look for the captures there first, by their names; may be given again", take_captures},
	{0, "headers-only", OPTION_FLAG, offsetof(struct tool, headers_only), NULL,
	 "cut each packet behind its headers, so that no payload is written", NULL},
	{0, "anonymize", OPTION_TEXT, offsetof(struct tool, key_file), "KEYFILE",
	 "write aliases in place of addresses and names, made with the bytes of this file, and no "
	 "payload", NULL},
	{0, "expect", OPTION_TEXT, offsetof(struct tool, expect), "FILE",
	 "compare with the rule base in this CSV file, as crosstap-correlate --expect does; the store stays "
	 "as it is", NULL},
	{0, "fail-on", OPTION_TEXT, offsetof(struct tool, fail_on), "LIST",
	 "end with status 1 when there are: drops, resets (made by a hop), modifications, expect (rows of "
	 "the policy that are violated); with --before and --after: regression, gone, new", NULL},
	{0, "session", OPTION_CALL, 0, "ID",
	 "write one session's story to standard output, packet by packet", take_session},
	{0, "filter", OPTION_TEXT, offsetof(struct tool, filter), "EXPR",
	 "write the rows of some sessions only, such as 'host 10.9.2.2 and outcome failed'; of the "
	 "tables sessions, session_points, drops, injected and resets, and of packets", NULL},
	{0, "verify", OPTION_TEXT, offsetof(struct tool, verify), "DIR",
	 "check a set that -o wrote: digests, tables, sums; with -s STORE that the store gives the same, "
	 "and with --captures the captures", NULL},
	{0, "export", OPTION_TEXT, offsetof(struct tool, export.directory), "DIR",
	 "write a row for each packet's verdict at each hop there, for ClickHouse and the like; - is standard "
	 "output", NULL},
	{0, "export-format", OPTION_TEXT, offsetof(struct tool, export.format), "FORMAT",
	 "what the rows are: rowbinary (the default) or csv", NULL},
	{0, "before", OPTION_CALL, 0, "STORE",
	 "compare: the store of a run before a change; given again, the normal range is wider", take_before},
	{0, "after", OPTION_TEXT, offsetof(struct tool, compare.after), "STORE",
	 "compare: the store of the run after it; what differs, and whether that is more than chance", NULL},
	OPTIONS_COMMON(struct tool, common),
	{0},
};

static const struct option_tool about = {
	.name = "crosstap-report",
	.usage = "-s STORE [-o DIR] [--csv NAME | --format text|json|html] [--filter EXPR] [--expect FILE] "
		 "[--fail-on LIST]\n"
		 "-s STORE --session ID\n"
		 "-s STORE --format pcapng [--verdict LIST] [--captures DIR] [--headers-only] "
		 "[--filter EXPR | --session ID]\n"
		 "-s STORE --export DIR|- [--export-format FORMAT]\n"
		 "--verify DIR [-s STORE [--anonymize KEYFILE | --expect FILE]] [--captures DIR]...\n"
		 "--before STORE [--before STORE]... --after STORE [-o DIR] [--format text|csv|html|json] "
		 "[--fail-on regression]",
	.about = "Shows what the hops of a path did to the packets: a summary for people, CSV "
		 "files or one JSON document for programs.",
	.rows = rows,
};

/* ---- what is shown ---- */

/* Where the files are, or how to get them; the caller frees. */
static char *show_closing(const struct tool *tool)
{
	char *names, *safe, *filter = NULL, *closing = NULL;

	if (tool->match)
		filter = closing_filter(tool->filter, tool->match, tool->directory != NULL);
	if (!tool->directory)
		return filter ? filter
			      : strdup("-o DIR writes this and the CSV files behind it, which name "
				       "each packet.");
	names = set_file_names();
	safe = wording_safe(tool->directory);
	if (!names || !safe || (tool->match && !filter) ||
	    asprintf(&closing, "Written to %s: %s.%s%s", safe, names, filter ? " " : "",
		     filter ? filter : "") < 0)
		closing = NULL;
	free(safe);
	free(names);
	free(filter);
	return closing;
}

static enum status show_text(struct tool *tool, struct output *output, struct store_txn *txn,
			     struct error *err)
{
	char *closing = show_closing(tool);
	struct text_options options = {terminal_colour(output->stream),
				       terminal_ascii(output->stream), closing};
	enum status status = closing ? text_write(output, txn, &options, err)
				     : error_errno(err, ENOMEM, "summary");

	free(closing);
	return status;
}

static enum status show_csv(struct tool *tool, struct output *output, struct store_txn *txn,
			    struct error *err)
{
	const struct sheet *sheet = sheet_find(tool->csv);
	struct rows *sheet_rows;
	enum status status = filter_rows_open(&sheet_rows, sheet, tool->match, txn, err);

	if (tool->match && !filter_rows_concerns(sheet) && !tool->common.quiet)
		terminal_say(stderr, about.name,
			     "--filter leaves this table as it is: its rows are not of one session");
	if (!status)
		status = csv_write_rows(output, sheet_rows, tool->beside, err);
	rows_close(&sheet_rows);
	return status;
}

static enum status show_json(struct tool *tool, struct output *output, struct store_txn *txn,
			     struct error *err)
{
	return tool->match ? filter_write_json(output, tool->match, txn, tool->beside, err)
			   : json_write(output, txn, tool->beside, err);
}

static enum status show_html(struct tool *tool, struct output *output, struct store_txn *txn,
			     struct error *err)
{
	struct stories stories;
	enum status status = stories_open(&stories, txn, tool->match, err);

	if (!status)
		status = page_write(output, txn, &stories, err);
	stories_close(&stories);
	return status;
}

static enum status show_session(struct tool *tool, struct output *output, struct store_txn *txn,
				struct error *err)
{
	return ladder_write(output, txn, tool->session, terminal_colour(output->stream), err);
}

static struct evidence_options evidence_options(const struct tool *tool)
{
	return (struct evidence_options){.headers_only = tool->headers_only,
					 .directory = tool->captures,
					 .directories = tool->captures_count,
					 .store = tool->store,
					 .anonymous = tool->subject.anonymous};
}

/* Says what is missing, and frees. */
static void say_missing(const struct tool *tool, struct evidence_result *result)
{
	uint32_t i;

	for (i = 0; i < result->notes && !tool->common.quiet; i++)
		terminal_say(stderr, about.name, result->note[i]);
	evidence_result_free(result);
}

static enum status show_stories(struct tool *tool, struct output *output, struct store_txn *txn,
				const struct evidence_options *options,
				struct evidence_result *result, struct error *err)
{
	struct stories stories;
	enum status status = tool->session ? stories_open_one(&stories, txn, tool->session, err)
					   : stories_open(&stories, txn, tool->match, err);

	if (!status)
		status = evidence_write_stories(output, &stories, options, result, err);
	stories_close(&stories);
	return status;
}

static enum status show_pcapng(struct tool *tool, struct output *output, struct store_txn *txn,
			       struct error *err)
{
	struct evidence_choice choice = {tool->verdicts, tool->match, tool->session};
	struct evidence_options options = evidence_options(tool);
	struct evidence_result result = {0};
	enum status status = tool->verdicts
				     ? evidence_write_rows(output, txn, &choice, &options, &result, err)
				     : show_stories(tool, output, txn, &options, &result, err);

	say_missing(tool, &result);
	return status;
}

static enum status write_set(struct tool *tool, struct store_txn *txn, struct error *err)
{
	char *closing = tool->match ? closing_filter(tool->filter, tool->match, true) : NULL;
	struct evidence_result result = {0};
	struct set_options options = {tool->match, tool->filter, closing, evidence_options(tool),
				      &result, NULL};
	enum status status = closing || !tool->match
				     ? set_write(txn, tool->directory, &options, &tool->progress, err)
				     : error_errno(err, ENOMEM, "summary");

	say_missing(tool, &result);
	free(closing);
	return status;
}

/* ---- what is asked for ---- */

static enum status check_format(const struct tool *tool, show **what, struct error *err)
{
	const char *format = tool->format ? tool->format : tool->csv ? "csv" : "text";
	size_t i;

	for (i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(format, formats[i].name) == 0)
			break;
	if (i == sizeof formats / sizeof formats[0])
		return error_set(err, STATUS_USAGE, "--format: \"%s\" is none of text, csv, json, html, "
				 "pcapng",
				 format);
	*what = formats[i].show;
	if (*what == show_csv && !tool->csv)
		return error_set(err, STATUS_USAGE, "--format csv: which table? --csv NAME");
	if (*what != show_csv && tool->csv)
		return error_set(err, STATUS_USAGE, "--csv and --format %s: only one of them",
				 format);
	return STATUS_OK;
}

/* What only packets have. */
static enum status check_packets(const struct tool *tool, show *what, struct error *err)
{
	bool packets = what == show_pcapng;

	if (!packets && tool->verdicts)
		return error_set(err, STATUS_USAGE, "--verdict goes with --format pcapng");
	if (!packets && !tool->directory && (tool->captures || tool->headers_only))
		return error_set(err, STATUS_USAGE, "%s goes with -o DIR or --format pcapng",
				 tool->captures ? "--captures" : "--headers-only");
	if (packets && tool->session && tool->filter) /* without --verdict one would do nothing */
		return error_set(err, STATUS_USAGE,
				 "--format pcapng: --session or --filter, only one of them; in a "
				 "filter, 'session %llu' takes that session",
				 (unsigned long long)tool->session);
	if (packets && isatty(STDOUT_FILENO))
		return error_set(err, STATUS_USAGE,
				 "--format pcapng is nothing to read on a terminal: send it to a "
				 "file (> evidence.pcapng) or a program (| wireshark -k -i -)");
	return tool->verdicts ? evidence_check_verdicts(tool->verdicts, err) : STATUS_OK;
}

/* Options that something has no use for. */
struct check_other {
	const char *option;
	bool given;
};

static enum status check_none(const struct check_other *others, size_t count, const char *what,
			      const char *why, struct error *err)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (others[i].given)
			return error_set(err, STATUS_USAGE, "%s and %s: %s", what, others[i].option, why);
	return STATUS_OK;
}

/* A set is checked, and nothing else done beside. */
static enum status check_verify(const struct tool *tool, struct error *err)
{
	const struct check_other others[] = {
		{"-o", tool->directory != NULL},     {"--csv", tool->csv != NULL},
		{"--format", tool->format != NULL},  {"--verdict", tool->verdicts != NULL},
		{"--headers-only", tool->headers_only}, {"--fail-on", tool->fail_on != NULL},
		{"--session", tool->session != 0},   {"--filter", tool->filter != NULL},
		{"--export", tool->export.directory != NULL},
	};

	if ((tool->key_file || tool->expect) && !tool->store)
		return error_set(err, STATUS_USAGE, "--verify and %s: of which store? -s STORE",
				 tool->key_file ? "--anonymize" : "--expect");
	return check_none(others, sizeof others / sizeof others[0], "--verify",
			  "a set tells by itself how it was made", err);
}

/* Rows go out beside whatever else is asked for, but not to the same place. */
static enum status check_export(const struct tool *tool, struct error *err)
{
	const struct check_other others[] = {
		{"--session", tool->session != 0}, {"--filter", tool->filter != NULL}};
	const struct check_other outputs[] = {
		{"--csv", tool->csv != NULL}, {"--format", tool->format != NULL}};
	enum status status = export_ask_check(&tool->export, err);

	if (status || !tool->export.directory)
		return status;
	status = check_none(others, sizeof others / sizeof others[0], "--export",
			    "rows are of all packets", err);
	if (!status && !export_ask_directory(&tool->export))
		status = check_none(outputs, sizeof outputs / sizeof outputs[0], "--export -",
				    "standard output is for one of them", err);
	return status;
}

/* Two runs are compared, instead of one being shown. */
static bool is_comparison(const struct tool *tool)
{
	return tool->compare.runs || tool->compare.after;
}

static enum status check_comparison(struct tool *tool, struct error *err)
{
	const struct check_other others[] = {
		{"-s", tool->store != NULL},            {"--session", tool->session != 0},
		{"--filter", tool->filter != NULL},     {"--verdict", tool->verdicts != NULL},
		{"--captures", tool->captures != NULL}, {"--headers-only", tool->headers_only},
		{"--anonymize", tool->key_file != NULL}, {"--expect", tool->expect != NULL},
		{"--export", tool->export.directory != NULL},
	};
	struct compare_request *request = &tool->compare;
	enum status status = check_none(others, sizeof others / sizeof others[0], "--before and --after",
					"a comparison is of whole runs", err);

	if (status)
		return status;
	if (tool->csv && strcmp(tool->csv, "compare") != 0)
		return error_set(err, STATUS_USAGE, "--csv: a comparison has one table, \"compare\"");
	if (tool->csv && tool->format && strcmp(tool->format, "csv") != 0)
		return error_set(err, STATUS_USAGE, "--csv and --format %s: only one of them", tool->format);
	request->directory = tool->directory;
	request->verify = tool->verify;
	request->fail_on = tool->fail_on;
	request->format = tool->csv ? "csv" : tool->format ? tool->format
			  : tool->common.quiet || tool->verify ? NULL : "text";
	return compare_show_check(request, err);
}

static void say_fault(void *context, const char *text)
{
	(void)context;
	terminal_say(stderr, about.name, text);
}

static enum status verify(struct tool *tool, struct error *err)
{
	struct verify_options options = {
		.directory = tool->verify,
		.store = tool->store,
		.key_file = tool->key_file,
		.expect = tool->expect,
		.policy = tool->policy,
		.captures = tool->captures,
		.captures_count = tool->captures_count,
		.quiet = tool->common.quiet,
		.verbose = tool->common.verbose,
		.say = say_fault,
		.progress = &tool->progress,
	};
	struct output output;
	enum status status;

	output_open_stdout(&output);
	status = verify_run(&output, &options, err);
	return status ? status : output_finish(&output, err);
}

/* Checks the arguments; *what is NULL when nothing is to be shown. */
static enum status check(struct tool *tool, show **what, struct error *err)
{
	enum status status;

	if (is_comparison(tool))
		return check_comparison(tool, err);
	if (tool->expect && tool->key_file)
		return error_set(err, STATUS_USAGE, "--expect: with --anonymize the store has no "
						    "address of the policy's");
	if (tool->verify)
		return check_verify(tool, err);
	if (!tool->store)
		return error_set(err, STATUS_USAGE, "which store? -s STORE");
	status = check_export(tool, err);
	if (!status)
		status = check_format(tool, what, err);
	if (!status && tool->csv && !sheet_find(tool->csv))
		status = error_set(err, STATUS_USAGE, "--csv: there is no table \"%s\"",
				   tool->csv);
	if (!status)
		status = check_packets(tool, *what, err);
	if (!status && tool->session && *what != show_text && *what != show_pcapng)
		status = error_set(err, STATUS_USAGE,
				   "--session is text: for a session's rows, --filter 'session %llu'",
				   (unsigned long long)tool->session);
	if (!status && tool->fail_on)
		status = fail_on_check(tool->fail_on, err);
	if (!status && tool->filter)
		status = query_parse(&tool->query, tool->filter, &tool->fault, err);
	if (tool->session && *what != show_pcapng)
		*what = show_session;
	else if ((tool->common.quiet || tool->export.directory) && !tool->format && !tool->csv)
		*what = NULL;
	return status;
}

static enum status show_on_stdout(struct tool *tool, show *what, struct store_txn *txn,
				  struct error *err)
{
	struct output output;
	enum status status;

	output_open_stdout(&output);
	tool->beside = isatty(STDOUT_FILENO) ? NULL : &tool->progress;
	status = what(tool, &output, txn, err);
	progress_clear(&tool->progress);
	return status ? status : output_finish(&output, err);
}

static enum status report_comparison(struct tool *tool, struct error *err)
{
	bool found = false;
	enum status status = compare_show(&tool->compare, terminal_colour(stdout), &found, err);

	if (!status && tool->verify && !tool->common.quiet)
		puts("ok - all files as the stores give them");
	return status ? status : found ? STATUS_FINDING : STATUS_OK;
}

/* What the store does not hold is not shown of its captures either. */
static enum status report_open(struct tool *tool, struct error *err)
{
	const struct subject_request request = {tool->store, tool->key_file, tool->policy, &tool->progress};
	struct subject *subject = &tool->subject;
	enum status status = subject_open(subject, &request, err);

	if (!status && subject->policy_left_out && !tool->common.quiet)
		terminal_say(stderr, about.name, "--anonymize leaves out what --expect came to: a "
			     "policy has addresses, and the rows would have none");
	if (!status && subject->header.holds != STORE_HOLDS_ALL)
		tool->headers_only = true;
	return status;
}

static enum status report(struct tool *tool, show *what, struct error *err)
{
	enum status status = report_open(tool, err);
	struct store_txn *txn = tool->subject.txn;
	bool found = false;

	if (!status && tool->query)
		status = filter_match_make(&tool->match, tool->query, txn, &tool->fault, err);
	if (!status && tool->match && *tool->match->note && !tool->common.quiet)
		terminal_say(stderr, about.name, tool->match->note);
	if (!status && tool->directory)
		status = write_set(tool, txn, err);
	if (!status && tool->export.directory)
		status = export_verdicts(txn, export_ask_directory(&tool->export),
					 export_ask_format(&tool->export),
					 isatty(STDOUT_FILENO) && !export_ask_directory(&tool->export)
						 ? NULL : &tool->progress,
					 err);
	if (!status && what)
		status = show_on_stdout(tool, what, txn, err);
	if (!status && tool->fail_on)
		status = fail_on_ask(tool->fail_on, txn, &found, err);
	filter_match_free(&tool->match);
	subject_close(&tool->subject);
	return status ? status : found ? STATUS_FINDING : STATUS_OK;
}

/* What went wrong, and where in the filter. */
static void complain(const struct tool *tool, const struct error *err)
{
	char *caret = *tool->fault.text ? query_caret(tool->filter, tool->fault.offset) : NULL;

	terminal_say(stderr, about.name, err->text);
	if (caret)
		fputs(caret, stderr);
	free(caret);
	if (err->status == STATUS_USAGE)
		fprintf(stderr, "Try '%s --help'.\n", about.name);
}

int main(int argc, char **argv)
{
	struct tool tool = {.common = {false}};
	struct error err = {.status = STATUS_OK};
	enum status status;
	show *what = NULL;

	if (argc > 1 && strcmp(argv[1], ERF_CHILD_OPTION) == 0) /* a capture may be one of ERF */
		return erf_child_main(argc, argv);
	process_begin();
	status = options_parse(&about, argc, argv, &tool, &err);
	if (!status && options_answer(&about, &tool.common, stdout))
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_SYSTEM;
	if (!status)
		status = check(&tool, &what, &err);
	if (!status && tool.expect) /* a slip in it is not to be found out later */
		status = policy_read(&tool.policy, tool.expect, &err);
	if (!status) {
		progress_begin(&tool.progress, stderr, !tool.common.quiet, "reporting");
		status = is_comparison(&tool) ? report_comparison(&tool, &err)
			 : tool.verify ? verify(&tool, &err) : report(&tool, what, &err);
	}
	query_free(&tool.query);
	policy_free(&tool.policy);
	free(tool.captures);
	free(tool.compare.before);
	if (status && status != STATUS_FINDING)
		complain(&tool, &err);
	return (int)status;
}
