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
#include "report/request.h"
#include "report/set.h"
#include "report/sheet.h"
#include "report/subject.h"
#include "report/text.h"
#include "report/verify.h"
#include "report/wording.h"

struct tool {
	struct request request;
	struct policy *policy;      /* of --expect; NULL: none */
	struct subject subject;
	struct filter_match *match; /* what the filter takes; NULL: everything */
	struct progress progress;
	struct progress *beside; /* standard output; NULL where that is a terminal, too */
};

/* ---- what is shown ---- */

/* Where the files are, or how to get them; the caller frees. */
static char *show_closing(const struct tool *tool)
{
	char *names, *safe, *filter = NULL, *closing = NULL;

	if (tool->match)
		filter = closing_filter(tool->request.filter, tool->match, tool->request.directory != NULL);
	if (!tool->request.directory)
		return filter ? filter
			      : strdup("-o DIR writes this and the CSV files behind it, which name "
				       "each packet.");
	names = set_file_names();
	safe = wording_safe(tool->request.directory);
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
	const struct sheet *sheet = sheet_find(tool->request.csv);
	struct rows *sheet_rows;
	enum status status = filter_rows_open(&sheet_rows, sheet, tool->match, txn, err);

	if (tool->match && !filter_rows_concerns(sheet) && !tool->request.common.quiet)
		terminal_say(stderr, request_tool.name,
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
	return ladder_write(output, txn, tool->request.session, terminal_colour(output->stream), err);
}

static struct evidence_options evidence_options(const struct tool *tool)
{
	return (struct evidence_options){.headers_only = tool->request.headers_only,
					 .directory = tool->request.captures,
					 .directories = tool->request.captures_count,
					 .store = tool->request.store,
					 .anonymous = tool->subject.anonymous};
}

/* Says what is missing, and frees. */
static void say_missing(const struct tool *tool, struct evidence_result *result)
{
	uint32_t i;

	for (i = 0; i < result->notes && !tool->request.common.quiet; i++)
		terminal_say(stderr, request_tool.name, result->note[i]);
	evidence_result_free(result);
}

static enum status show_stories(struct tool *tool, struct output *output, struct store_txn *txn,
				const struct evidence_options *options,
				struct evidence_result *result, struct error *err)
{
	struct stories stories;
	enum status status = tool->request.session ? stories_open_one(&stories, txn, tool->request.session, err)
					   : stories_open(&stories, txn, tool->match, err);

	if (!status)
		status = evidence_write_stories(output, &stories, options, result, err);
	stories_close(&stories);
	return status;
}

static enum status show_pcapng(struct tool *tool, struct output *output, struct store_txn *txn,
			       struct error *err)
{
	struct evidence_choice choice = {tool->request.verdicts, tool->match, tool->request.session};
	struct evidence_options options = evidence_options(tool);
	struct evidence_result result = {0};
	enum status status = tool->request.verdicts
				     ? evidence_write_rows(output, txn, &choice, &options, &result, err)
				     : show_stories(tool, output, txn, &options, &result, err);

	say_missing(tool, &result);
	return status;
}

static enum status write_set(struct tool *tool, struct store_txn *txn, struct error *err)
{
	char *closing = tool->match ? closing_filter(tool->request.filter, tool->match, true) : NULL;
	struct evidence_result result = {0};
	struct set_options options = {tool->match, tool->request.filter, closing, evidence_options(tool),
				      &result, NULL};
	enum status status = closing || !tool->match
				     ? set_write(txn, tool->request.directory, &options, &tool->progress, err)
				     : error_errno(err, ENOMEM, "summary");

	say_missing(tool, &result);
	free(closing);
	return status;
}

static void say_fault(void *context, const char *text)
{
	(void)context;
	terminal_say(stderr, request_tool.name, text);
}

static enum status verify(struct tool *tool, struct error *err)
{
	struct verify_options options = {
		.directory = tool->request.verify,
		.store = tool->request.store,
		.key_file = tool->request.key_file,
		.expect = tool->request.expect,
		.policy = tool->policy,
		.captures = tool->request.captures,
		.captures_count = tool->request.captures_count,
		.quiet = tool->request.common.quiet,
		.verbose = tool->request.common.verbose,
		.say = say_fault,
		.progress = &tool->progress,
	};
	struct output output;
	enum status status;

	output_open_stdout(&output);
	status = verify_run(&output, &options, err);
	return status ? status : output_finish(&output, err);
}

typedef enum status show(struct tool *tool, struct output *output, struct store_txn *txn,
			 struct error *err);

static show *const shows[] = {
	[REQUEST_TEXT] = show_text,   [REQUEST_CSV] = show_csv,	      [REQUEST_JSON] = show_json,
	[REQUEST_HTML] = show_html,   [REQUEST_PCAPNG] = show_pcapng, [REQUEST_SESSION] = show_session,
};

static enum status show_on_stdout(struct tool *tool, struct store_txn *txn, struct error *err)
{
	struct output output;
	enum status status;

	output_open_stdout(&output);
	tool->beside = isatty(STDOUT_FILENO) ? NULL : &tool->progress;
	status = shows[tool->request.what](tool, &output, txn, err);
	progress_clear(&tool->progress);
	return status ? status : output_finish(&output, err);
}

static enum status report_comparison(struct tool *tool, struct error *err)
{
	bool found = false;
	enum status status = compare_show(&tool->request.compare, terminal_colour(stdout), &found, err);

	if (!status && tool->request.verify && !tool->request.common.quiet)
		puts("ok - all files as the stores give them");
	return status ? status : found ? STATUS_FINDING : STATUS_OK;
}

/* What the store does not hold is not shown of its captures either. */
static enum status report_open(struct tool *tool, struct error *err)
{
	const struct subject_request request = {tool->request.store, tool->request.key_file, tool->policy, &tool->progress};
	struct subject *subject = &tool->subject;
	enum status status = subject_open(subject, &request, err);

	if (!status && subject->policy_left_out && !tool->request.common.quiet)
		terminal_say(stderr, request_tool.name, "--anonymize leaves out what --expect came to: a "
			     "policy has addresses, and the rows would have none");
	if (!status && subject->header.holds != STORE_HOLDS_ALL)
		tool->request.headers_only = true;
	return status;
}

static enum status report(struct tool *tool, struct error *err)
{
	enum status status = report_open(tool, err);
	struct store_txn *txn = tool->subject.txn;
	bool found = false;

	if (!status && tool->request.query)
		status = filter_match_make(&tool->match, tool->request.query, txn, &tool->request.fault, err);
	if (!status && tool->match && *tool->match->note && !tool->request.common.quiet)
		terminal_say(stderr, request_tool.name, tool->match->note);
	if (!status && tool->request.directory)
		status = write_set(tool, txn, err);
	if (!status && tool->request.export.directory)
		status = export_verdicts(txn, export_ask_directory(&tool->request.export),
					 export_ask_format(&tool->request.export),
					 isatty(STDOUT_FILENO) && !export_ask_directory(&tool->request.export)
						 ? NULL : &tool->progress,
					 err);
	if (!status && tool->request.what != REQUEST_NOTHING)
		status = show_on_stdout(tool, txn, err);
	if (!status && tool->request.fail_on)
		status = fail_on_ask(tool->request.fail_on, txn, &found, err);
	filter_match_free(&tool->match);
	subject_close(&tool->subject);
	return status ? status : found ? STATUS_FINDING : STATUS_OK;
}

/* What went wrong, and where in the filter. */
static void complain(const struct tool *tool, const struct error *err)
{
	char *caret = *tool->request.fault.text ? query_caret(tool->request.filter, tool->request.fault.offset) : NULL;

	terminal_say(stderr, request_tool.name, err->text);
	if (caret)
		fputs(caret, stderr);
	free(caret);
	if (err->status == STATUS_USAGE)
		fprintf(stderr, "Try '%s --help'.\n", request_tool.name);
}

int main(int argc, char **argv)
{
	struct tool tool = {.request.common = {false}};
	struct error err = {.status = STATUS_OK};
	enum status status;

	if (argc > 1 && strcmp(argv[1], ERF_CHILD_OPTION) == 0) /* a capture may be one of ERF */
		return erf_child_main(argc, argv);
	process_begin();
	status = options_parse(&request_tool, argc, argv, &tool.request, &err);
	if (!status && options_answer(&request_tool, &tool.request.common, stdout))
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_SYSTEM;
	if (!status)
		status = request_check(&tool.request, &err);
	if (!status && tool.request.expect) /* a slip in it is not to be found out later */
		status = policy_read(&tool.policy, tool.request.expect, &err);
	if (!status) {
		progress_begin(&tool.progress, stderr, !tool.request.common.quiet, "reporting");
		status = request_is_comparison(&tool.request) ? report_comparison(&tool, &err)
			 : tool.request.verify ? verify(&tool, &err) : report(&tool, &err);
	}
	request_free(&tool.request);
	policy_free(&tool.policy);
	if (status && status != STATUS_FINDING)
		complain(&tool, &err);
	return (int)status;
}
