#include "report/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/evidence_rows.h"
#include "report/fail_on.h"
#include "report/sheet.h"

static enum status take_before(void *target, const char *argument, struct error *err)
{
	return compare_show_add(&((struct request *)target)->compare, argument, err);
}

static enum status take_session(void *target, const char *argument, struct error *err)
{
	struct request *request = target;
	size_t digits = strspn(argument, "0123456789");

	errno = 0;
	request->session = strtoull(argument, NULL, 10);
	if (!digits || argument[digits] || errno || !request->session)
		return error_set(err, STATUS_USAGE,
				 "--session: a number of sessions.csv, from 1 on (got \"%s\")",
				 argument);
	return STATUS_OK;
}

static enum status take_captures(void *target, const char *argument, struct error *err)
{
	struct request *request = target;
	const char **list = realloc(request->captures, (request->captures_count + 1) * sizeof *list);

	if (!list)
		return error_errno(err, ENOMEM, "--captures %s", argument);
	request->captures = list;
	list[request->captures_count++] = argument;
	return STATUS_OK;
}

static const struct option_row rows[] = {
	{'s', "store", OPTION_TEXT, offsetof(struct request, store), "STORE",
	 "the store to report on, with the results of crosstap-correlate", NULL},
	{'o', "output", OPTION_TEXT, offsetof(struct request, directory), "DIR",
	 "write the whole set there: summary.txt, report.html, evidence.pcapng and all CSV files", NULL},
	{0, "csv", OPTION_TEXT, offsetof(struct request, csv), "NAME",
	 "write one table to standard output: hops, balance, drops, injected, resets, sessions, "
	 "session_points, delays, translations, changes, findings, manifest, run, distributions, expect "
	 "or offers",
	 NULL},
	{0, "format", OPTION_TEXT, offsetof(struct request, format), "FORMAT",
	 "what to write to standard output: text (the summary), csv (with --csv), json (all "
	 "tables), html (the page) or pcapng (packets for Wireshark, out of the captures)",
	 NULL},
	{0, "verdict", OPTION_TEXT, offsetof(struct request, verdicts), "LIST",
	 "with --format pcapng: single packets in place of sessions: dropped or injected", NULL},
	{0, "captures", OPTION_CALL, 0, "DIR",
	 "look for the captures there first, by their names; may be given again", take_captures},
	{0, "headers-only", OPTION_FLAG, offsetof(struct request, headers_only), NULL,
	 "cut each packet behind its headers, so that no payload is written", NULL},
	{0, "anonymize", OPTION_TEXT, offsetof(struct request, key_file), "KEYFILE",
	 "write aliases in place of addresses and names, made with the bytes of this file, and no "
	 "payload", NULL},
	{0, "expect", OPTION_TEXT, offsetof(struct request, expect), "FILE",
	 "compare with the rule base in this CSV file, as crosstap-correlate --expect does; the store stays "
	 "as it is", NULL},
	{0, "fail-on", OPTION_TEXT, offsetof(struct request, fail_on), "LIST",
	 "end with status 1 when there are: drops, resets (made by a hop), modifications, expect (rows of "
	 "the policy that are violated); with --before and --after: regression, gone, new", NULL},
	{0, "session", OPTION_CALL, 0, "ID",
	 "write one session's story to standard output, packet by packet", take_session},
	{0, "filter", OPTION_TEXT, offsetof(struct request, filter), "EXPR",
	 "write the rows of some sessions only, such as 'host 10.9.2.2 and outcome failed'; of the "
	 "tables sessions, session_points, drops, injected and resets, and of packets", NULL},
	{0, "verify", OPTION_TEXT, offsetof(struct request, verify), "DIR",
	 "check a set that -o wrote: digests, tables, sums; with -s STORE that the store gives the same, "
	 "and with --captures the captures", NULL},
	{0, "export", OPTION_TEXT, offsetof(struct request, export.directory), "DIR",
	 "write a row for each packet's verdict at each hop there, for ClickHouse and the like; - is standard "
	 "output", NULL},
	{0, "export-format", OPTION_TEXT, offsetof(struct request, export.format), "FORMAT",
	 "what the rows are: rowbinary (the default) or csv", NULL},
	{0, "before", OPTION_CALL, 0, "STORE",
	 "compare: the store of a run before a change; given again, the normal range is wider", take_before},
	{0, "after", OPTION_TEXT, offsetof(struct request, compare.after), "STORE",
	 "compare: the store of the run after it; what differs, and whether that is more than chance", NULL},
	OPTIONS_COMMON(struct request, common),
	{0},
};

const struct option_tool request_tool = {
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

/* ---- what is asked for ---- */

static const char *const formats[] = {
	[REQUEST_TEXT] = "text", [REQUEST_CSV] = "csv", [REQUEST_JSON] = "json",
	[REQUEST_HTML] = "html", [REQUEST_PCAPNG] = "pcapng",
};

static enum status check_format(struct request *request, struct error *err)
{
	const char *format = request->format ? request->format : request->csv ? "csv" : "text";
	size_t i;

	for (i = REQUEST_TEXT; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(format, formats[i]) == 0)
			break;
	if (i == sizeof formats / sizeof formats[0])
		return error_set(err, STATUS_USAGE, "--format: \"%s\" is none of text, csv, json, html, "
				 "pcapng",
				 format);
	request->what = (enum request_what)i;
	if (request->what == REQUEST_CSV && !request->csv)
		return error_set(err, STATUS_USAGE, "--format csv: which table? --csv NAME");
	if (request->what != REQUEST_CSV && request->csv)
		return error_set(err, STATUS_USAGE, "--csv and --format %s: only one of them",
				 format);
	return STATUS_OK;
}

/* What only packets have. */
static enum status check_packets(const struct request *request, struct error *err)
{
	bool packets = request->what == REQUEST_PCAPNG;

	if (!packets && request->verdicts)
		return error_set(err, STATUS_USAGE, "--verdict goes with --format pcapng");
	if (!packets && !request->directory && (request->captures || request->headers_only))
		return error_set(err, STATUS_USAGE, "%s goes with -o DIR or --format pcapng",
				 request->captures ? "--captures" : "--headers-only");
	if (packets && request->session && request->filter) /* without --verdict one would do nothing */
		return error_set(err, STATUS_USAGE,
				 "--format pcapng: --session or --filter, only one of them; in a "
				 "filter, 'session %llu' takes that session",
				 (unsigned long long)request->session);
	if (packets && isatty(STDOUT_FILENO))
		return error_set(err, STATUS_USAGE,
				 "--format pcapng is nothing to read on a terminal: send it to a "
				 "file (> evidence.pcapng) or a program (| wireshark -k -i -)");
	return request->verdicts ? evidence_check_verdicts(request->verdicts, err) : STATUS_OK;
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
static enum status check_verify(const struct request *request, struct error *err)
{
	const struct check_other others[] = {
		{"-o", request->directory != NULL},     {"--csv", request->csv != NULL},
		{"--format", request->format != NULL},  {"--verdict", request->verdicts != NULL},
		{"--headers-only", request->headers_only}, {"--fail-on", request->fail_on != NULL},
		{"--session", request->session != 0},   {"--filter", request->filter != NULL},
		{"--export", request->export.directory != NULL},
	};

	if ((request->key_file || request->expect) && !request->store)
		return error_set(err, STATUS_USAGE, "--verify and %s: of which store? -s STORE",
				 request->key_file ? "--anonymize" : "--expect");
	return check_none(others, sizeof others / sizeof others[0], "--verify",
			  "a set tells by itself how it was made", err);
}

/* Rows go out beside whatever else is asked for, but not to the same place. */
static enum status check_export(const struct request *request, struct error *err)
{
	const struct check_other others[] = {
		{"--session", request->session != 0}, {"--filter", request->filter != NULL}};
	const struct check_other outputs[] = {
		{"--csv", request->csv != NULL}, {"--format", request->format != NULL}};
	enum status status = export_ask_check(&request->export, err);

	if (status || !request->export.directory)
		return status;
	status = check_none(others, sizeof others / sizeof others[0], "--export",
			    "rows are of all packets", err);
	if (!status && !export_ask_directory(&request->export))
		status = check_none(outputs, sizeof outputs / sizeof outputs[0], "--export -",
				    "standard output is for one of them", err);
	return status;
}

/* Two runs are compared, instead of one being shown. */
bool request_is_comparison(const struct request *request)
{
	return request->compare.runs || request->compare.after;
}

static enum status check_comparison(struct request *request, struct error *err)
{
	const struct check_other others[] = {
		{"-s", request->store != NULL},            {"--session", request->session != 0},
		{"--filter", request->filter != NULL},     {"--verdict", request->verdicts != NULL},
		{"--captures", request->captures != NULL}, {"--headers-only", request->headers_only},
		{"--anonymize", request->key_file != NULL}, {"--expect", request->expect != NULL},
		{"--export", request->export.directory != NULL},
	};
	struct compare_request *compare = &request->compare;
	enum status status = check_none(others, sizeof others / sizeof others[0], "--before and --after",
					"a comparison is of whole runs", err);

	if (status)
		return status;
	if (request->csv && strcmp(request->csv, "compare") != 0)
		return error_set(err, STATUS_USAGE, "--csv: a comparison has one table, \"compare\"");
	if (request->csv && request->format && strcmp(request->format, "csv") != 0)
		return error_set(err, STATUS_USAGE, "--csv and --format %s: only one of them", request->format);
	compare->directory = request->directory;
	compare->verify = request->verify;
	compare->fail_on = request->fail_on;
	compare->format = request->csv ? "csv" : request->format ? request->format
			  : request->common.quiet || request->verify ? NULL : "text";
	return compare_show_check(compare, err);
}

enum status request_check(struct request *request, struct error *err)
{
	enum status status;

	if (request_is_comparison(request))
		return check_comparison(request, err);
	if (request->expect && request->key_file)
		return error_set(err, STATUS_USAGE, "--expect: with --anonymize the store has no "
						    "address of the policy's");
	if (request->verify)
		return check_verify(request, err);
	if (!request->store)
		return error_set(err, STATUS_USAGE, "which store? -s STORE");
	status = check_export(request, err);
	if (!status)
		status = check_format(request, err);
	if (!status && request->csv && !sheet_find(request->csv))
		status = error_set(err, STATUS_USAGE, "--csv: there is no table \"%s\"",
				   request->csv);
	if (!status)
		status = check_packets(request, err);
	if (!status && request->session && request->what != REQUEST_TEXT && request->what != REQUEST_PCAPNG)
		status = error_set(err, STATUS_USAGE,
				   "--session is text: for a session's rows, --filter 'session %llu'",
				   (unsigned long long)request->session);
	if (!status && request->fail_on)
		status = fail_on_check(request->fail_on, err);
	if (!status && request->filter)
		status = query_parse(&request->query, request->filter, &request->fault, err);
	if (request->session && request->what != REQUEST_PCAPNG)
		request->what = REQUEST_SESSION;
	else if ((request->common.quiet || request->export.directory) && !request->format && !request->csv)
		request->what = REQUEST_NOTHING;
	return status;
}

void request_free(struct request *request)
{
	query_free(&request->query);
	free(request->captures);
	free(request->compare.before);
}
