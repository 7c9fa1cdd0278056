#include "report/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/progress.h"
#include "collect/terminal.h"
#include "report/verify_set.h"

#define VERIFY_SAID 20 /* faults of one check; the others are counted */

/* In their order: each knows what those before it read. */
static const struct {
	const char *name, *what; /* "17 files are as they were written" */
	enum status (*run)(struct verify *v, struct error *err);
} checks[] = {
	{"files", "file%s as written, by SHA256SUMS", verify_files},
	{"tables", "row%s read, with what they name", verify_tables},
	{"sums", "sum%s compared", verify_sums},
	{"store", "file%s as the store gives it", verify_store},
	{"captures", "capture%s as manifest.csv has it", verify_captures},
	{"packets", "packet%s found in the captures", verify_packets},
};
#define CHECKS (sizeof checks / sizeof checks[0])

/* ---- words ---- */

static void verify_say(struct verify *v, const char *before, const char *format, va_list list)
{
	char *text, *whole;

	if (vasprintf(&text, format, list) < 0) {
		v->no_memory = true;
		return;
	}
	if (asprintf(&whole, "%s%s", before, text) < 0) {
		v->no_memory = true;
	} else {
		if (v->options->progress)
			progress_clear(v->options->progress);
		v->options->say(v->options->context, whole);
		free(whole);
	}
	free(text);
}

void verify_fault(struct verify *v, const char *format, ...)
{
	va_list list;

	if (v->faults++ >= VERIFY_SAID)
		return;
	va_start(list, format);
	verify_say(v, "", format, list);
	va_end(list);
}

void verify_fault_at(struct verify *v, const struct sheet *sheet, uint64_t line, const char *column,
		     const char *format, ...)
{
	char *before;
	va_list list;

	if (v->faults++ >= VERIFY_SAID)
		return;
	if (asprintf(&before, "%s/%s.csv: line %" PRIu64 "%s%s: ", v->options->directory,
		     sheet->schema->name, line, column ? ", column " : "", column ? column : "") < 0) {
		v->no_memory = true;
		return;
	}
	va_start(list, format);
	verify_say(v, before, format, list);
	va_end(list);
	free(before);
}

void verify_note(struct verify *v, const char *format, ...)
{
	va_list list;

	if (v->options->quiet)
		return;
	va_start(list, format);
	verify_say(v, "note: ", format, list);
	va_end(list);
}

void verify_skip(struct verify *v, const char *format, ...)
{
	va_list list;

	free(v->skipped);
	va_start(list, format);
	if (vasprintf(&v->skipped, format, list) < 0) {
		v->skipped = NULL;
		v->no_memory = true;
	}
	va_end(list);
}

char *verify_copy(struct verify *v, const char *text)
{
	char *copy = strdup(text);

	v->no_memory |= !copy;
	return copy;
}

/* ---- the checks ---- */

static void verify_line(struct verify *v, struct output *output, size_t check)
{
	char number[TERMINAL_NUMBER_MAX], *safe;
	const char *behind = strstr(checks[check].what, "%s") + 2;

	if (v->options->quiet && !v->faults)
		return;
	if (v->faults) {
		fprintf(output->stream, "not ok - %s: %s fault%s\n", checks[check].name,
			terminal_number(number, v->faults), v->faults == 1 ? "" : "s");
	} else if (v->looked || !v->skipped) {
		fprintf(output->stream, "ok - %s: %s %.*s%s%s\n", checks[check].name,
			terminal_number(number, v->looked),
			(int)(behind - 2 - checks[check].what), checks[check].what,
			v->looked == 1 ? "" : "s", behind);
	}
	safe = v->skipped ? malloc(4 * strlen(v->skipped) + 1) : NULL;
	if (safe) {
		terminal_escape(safe, 4 * strlen(v->skipped) + 1, v->skipped, strlen(v->skipped));
		fprintf(output->stream, "not checked - %s: %s\n", checks[check].name, safe);
	}
	free(safe);
}

static enum status verify_checks(struct verify *v, struct output *output, struct error *err)
{
	enum status status = STATUS_OK;
	size_t i;

	for (i = 0; !status && i < CHECKS; i++) {
		v->faults = v->looked = 0;
		status = checks[i].run(v, err);
		if (!status && v->no_memory)
			status = error_errno(err, ENOMEM, "%s", v->options->directory);
		if (v->options->progress)
			progress_clear(v->options->progress);
		if (!status) {
			if (v->faults > VERIFY_SAID)
				v->options->say(v->options->context, "and further ones, which are counted");
			verify_line(v, output, i);
			status = output_check(output, err);
		}
		v->all_faults += v->faults;
		free(v->skipped);
		v->skipped = NULL;
	}
	return status;
}

static void verify_free(struct verify *v)
{
	uint32_t i;

	for (i = 0; i < v->points; i++)
		free(v->point[i].name);
	for (i = 0; i < v->captures; i++) {
		free(v->capture[i].name);
		free(v->capture[i].path);
	}
	for (i = 0; i < v->hops; i++)
		free(v->hop[i]);
	verify_sums_free(v);
	free(v->capture);
	free(v->session);
	free(v->frame);
	free(v->filter);
	free(v->path);
	free(v->expect);
	free(v->expect_sha256);
	free(v->version);
	free(v->skipped);
	if (v->directory >= 0)
		close(v->directory);
	free(v);
}

enum status verify_run(struct output *output, const struct verify_options *options,
		       struct error *err)
{
	struct verify *v = calloc(1, sizeof *v);
	enum status status = v ? STATUS_OK : error_errno(err, ENOMEM, "%s", options->directory);

	if (status)
		return status;
	v->options = options;
	v->directory = open(options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v->directory < 0) {
		int failed = errno;

		error_errno(err, failed, "%s", options->directory);
		status = err->status = failed == ENOENT || failed == ENOTDIR ? STATUS_INPUT : STATUS_SYSTEM;
	}
	if (!status && faccessat(v->directory, "compare.csv", F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    faccessat(v->directory, "run.csv", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		status = error_set(err, STATUS_USAGE, "%s is the set of a comparison: --before STORE and --after "
				   "STORE say of what", options->directory);
	if (!status)
		status = verify_sums_begin(v, err);
	if (!status)
		status = verify_checks(v, output, err);
	if (!status && v->all_faults)
		status = error_set(err, STATUS_INPUT, "%s is not what it says: %" PRIu64 " fault%s",
				   options->directory, v->all_faults, v->all_faults == 1 ? "" : "s");
	verify_free(v);
	return status;
}
