/* crosstap-report: shows the results that a store holds. See crosstap-report(1). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/options.h"
#include "collect/progress.h"
#include "collect/store.h"
#include "collect/terminal.h"
#include "report/csv.h"
#include "report/fail_on.h"
#include "report/json.h"
#include "report/output.h"
#include "report/set.h"
#include "report/sheet.h"
#include "report/text.h"
#include "report/wording.h"

struct tool {
	struct option_common common;
	const char *store, *directory, *csv, *format, *fail_on;
	struct progress progress;
	struct progress *beside; /* standard output; NULL where that is a terminal, too */
};

/* What is asked of the standard output. */
typedef enum status show(struct tool *tool, struct output *output, struct store_txn *txn,
			 struct error *err);

static show show_text, show_csv, show_json;

/* A format without a function is in the interface, but not in this version. */
static const struct {
	const char *name;
	show *show;
} formats[] = {
	{"text", show_text}, {"csv", show_csv},   {"json", show_json},
	{"html", NULL},	     {"pcapng", NULL},
};

static enum status later(void *target, const char *argument, struct error *err)
{
	(void)target;
	return error_set(err, STATUS_USAGE,
			 "--session, --filter, --before and --after are not in this version yet "
			 "(got \"%s\")",
			 argument);
}

static const struct option_row rows[] = {
	{'s', "store", OPTION_TEXT, offsetof(struct tool, store), "STORE",
	 "the store to report on, with the results of crosstap-correlate", NULL},
	{'o', "output", OPTION_TEXT, offsetof(struct tool, directory), "DIR",
	 "write the whole set there: summary.txt and all CSV files", NULL},
	{0, "csv", OPTION_TEXT, offsetof(struct tool, csv), "NAME",
	 "write one table to standard output: hops, balance, drops, injected, resets, sessions, "
	 "session_points, delays, translations, findings, manifest or run",
	 NULL},
	{0, "format", OPTION_TEXT, offsetof(struct tool, format), "FORMAT",
	 "what to write to standard output: text (the summary), csv (with --csv) or json "
	 "(all tables)",
	 NULL},
	{0, "fail-on", OPTION_TEXT, offsetof(struct tool, fail_on), "LIST",
	 "end with status 1 when there are: drops, resets (made by a hop), modifications", NULL},
	{0, "session", OPTION_CALL, 0, "ID", NULL, later},
	{0, "filter", OPTION_CALL, 0, "EXPR", NULL, later},
	{0, "before", OPTION_CALL, 0, "STORE", NULL, later},
	{0, "after", OPTION_CALL, 0, "STORE", NULL, later},
	OPTIONS_COMMON(struct tool, common),
	{0},
};

static const struct option_tool about = {
	.name = "crosstap-report",
	.usage = "-s STORE [-o DIR] [--csv NAME | --format text|json] [--fail-on LIST]",
	.about = "Shows what the hops of a path did to the packets: a summary for people, CSV "
		 "files or one JSON document for programs.",
	.rows = rows,
};

/* ---- what is shown ---- */

/* Where the files are, or how to get them; the caller frees. */
static char *show_closing(const char *directory)
{
	char *names, *safe, *closing = NULL;

	if (!directory)
		return strdup("-o DIR writes this and the CSV files behind it, which name each "
			      "packet.");
	names = set_file_names();
	safe = wording_safe(directory);
	if (!names || !safe || asprintf(&closing, "Written to %s: %s.", safe, names) < 0)
		closing = NULL;
	free(safe);
	free(names);
	return closing;
}

static enum status show_text(struct tool *tool, struct output *output, struct store_txn *txn,
			     struct error *err)
{
	char *closing = show_closing(tool->directory);
	struct text_options options = {terminal_colour(output->stream), closing};
	enum status status = closing ? text_write(output, txn, &options, err)
				     : error_errno(err, ENOMEM, "summary");

	free(closing);
	return status;
}

static enum status show_csv(struct tool *tool, struct output *output, struct store_txn *txn,
			    struct error *err)
{
	struct rows *sheet_rows;
	enum status status = sheet_open(sheet_find(tool->csv), &sheet_rows, txn, err);

	if (!status)
		status = csv_write_rows(output, sheet_rows, tool->beside, err);
	rows_close(&sheet_rows);
	return status;
}

static enum status show_json(struct tool *tool, struct output *output, struct store_txn *txn,
			     struct error *err)
{
	return json_write(output, txn, tool->beside, err);
}

/* ---- what is asked for ---- */

/* Checks the arguments; *what is NULL when nothing is to be shown. */
static enum status check(const struct tool *tool, show **what, struct error *err)
{
	const char *format = tool->format ? tool->format : tool->csv ? "csv" : "text";
	size_t i;

	if (!tool->store)
		return error_set(err, STATUS_USAGE, "which store? -s STORE");
	for (i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(format, formats[i].name) == 0)
			break;
	if (i == sizeof formats / sizeof formats[0])
		return error_set(err, STATUS_USAGE, "--format: \"%s\" is none of text, csv, json",
				 format);
	if (!formats[i].show)
		return error_set(err, STATUS_USAGE, "--format %s is not in this version yet",
				 format);
	*what = formats[i].show;
	if (*what == show_csv && !tool->csv)
		return error_set(err, STATUS_USAGE, "--format csv: which table? --csv NAME");
	if (*what != show_csv && tool->csv)
		return error_set(err, STATUS_USAGE, "--csv and --format %s: only one of them",
				 format);
	if (tool->csv && !sheet_find(tool->csv))
		return error_set(err, STATUS_USAGE, "--csv: there is no table \"%s\"", tool->csv);
	if (tool->common.quiet && !tool->format && !tool->csv)
		*what = NULL;
	return tool->fail_on ? fail_on_check(tool->fail_on, err) : STATUS_OK;
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

static enum status report(struct tool *tool, show *what, struct error *err)
{
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	struct store_header header;
	enum status status = store_open(&store, tool->store, STORE_READ, false, NULL, err);
	bool found = false;

	if (!status)
		status = store_begin(store, false, &txn, err);
	if (!status)
		status = store_header_get(txn, &header, err);
	if (!status && !header.generation)
		status = error_set(err, STATUS_INPUT,
				   "%s: no results yet: run crosstap-correlate -s %s first",
				   tool->store, tool->store);
	if (!status && tool->directory)
		status = set_write(txn, tool->directory, &tool->progress, err);
	if (!status && what)
		status = show_on_stdout(tool, what, txn, err);
	if (!status && tool->fail_on)
		status = fail_on_ask(tool->fail_on, txn, &found, err);
	store_abort(&txn);
	store_close(&store);
	return status ? status : found ? STATUS_FINDING : STATUS_OK;
}

int main(int argc, char **argv)
{
	struct tool tool = {.common = {false}};
	struct error err = {.status = STATUS_OK};
	enum status status = options_parse(&about, argc, argv, &tool, &err);
	show *what = NULL;

	if (!status && options_answer(&about, &tool.common, stdout))
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_SYSTEM;
	if (!status)
		status = check(&tool, &what, &err);
	if (!status) {
		progress_begin(&tool.progress, stderr, !tool.common.quiet, "reporting");
		status = report(&tool, what, &err);
	}
	if (status && status != STATUS_FINDING)
		terminal_say(stderr, about.name, err.text);
	if (status == STATUS_USAGE)
		fprintf(stderr, "Try '%s --help'.\n", about.name);
	return (int)status;
}
