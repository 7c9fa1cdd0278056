#include "report/set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/progress.h"
#include "report/csv.h"
#include "report/evidence_stories.h"
#include "report/filter_rows.h"
#include "report/output_digest.h"
#include "report/page.h"
#include "report/run_rows.h"
#include "report/set_sheets.h"
#include "report/sums.h"
#include "report/text.h"

struct set_sources {
	struct store_txn *txn;
	const struct stories *stories;
	const struct set_options *options;
};

typedef enum status set_writer(struct output *output, const struct set_sources *sources,
			       struct error *err);

static enum status set_write_summary(struct output *output, const struct set_sources *sources,
				     struct error *err)
{
	const char *closing = sources->options->closing;
	struct text_options text = {
		.closing = closing ? closing
				   : "The rows behind this are in the CSV files beside it; "
				     "drops.csv and injected.csv name each packet.",
	};

	return text_write(output, sources->txn, &text, err);
}

static enum status set_write_page(struct output *output, const struct set_sources *sources,
				  struct error *err)
{
	return page_write(output, sources->txn, sources->stories, err);
}

static enum status set_write_evidence(struct output *output, const struct set_sources *sources,
				      struct error *err)
{
	return evidence_write_stories(output, sources->stories, &sources->options->evidence,
				      sources->options->result, err);
}

/* The files besides the sheets, which are written after them. Behind them comes run.csv, which says what
 * is in them, and SHA256SUMS. */
static const struct {
	const char *name;
	set_writer *write;
} set_outputs[] = {
	{"summary.txt", set_write_summary},
	{"report.html", set_write_page},
	{"evidence.pcapng", set_write_evidence},
};
#define SET_OUTPUTS (sizeof set_outputs / sizeof set_outputs[0])

static enum status set_write_others(const struct set_sources *sources,
				    const struct output_folder *folder, struct error *err)
{
	enum status status = STATUS_OK;
	size_t i;

	for (i = 0; !status && i < SET_OUTPUTS; i++) {
		struct output output;

		status = output_open_in(&output, folder, set_outputs[i].name, err);
		if (!status)
			status = set_outputs[i].write(&output, sources, err);
		if (!status)
			status = output_finish(&output, err);
		output_abort(&output);
	}
	return status;
}

/* What is said of a set that is only compared is what was said of it when its captures were there, or
 * were not. */
static struct run_made set_made(const struct set_sources *sources)
{
	const struct set_options *options = sources->options;
	struct run_made made = {options->filter, options->evidence.headers_only, sources->stories,
				*options->result};
	const struct set_said *said = options->said;

	if (said && (said->missing || made.evidence.missing)) {
		made.evidence.written = (uint32_t)said->written;
		made.evidence.missing = (uint32_t)said->missing;
	}
	return made;
}

static enum status set_write_run(const struct set_sources *sources, const struct output_folder *folder,
				 struct error *err)
{
	struct run_made made = set_made(sources);
	struct output output = {0};
	char name[SET_NAME_MAX];
	struct rows *rows;
	enum status status = run_rows_open(&rows, sources->txn, &made, err);

	set_sheets_name(name, sheet_find("run"));
	if (!status)
		status = output_open_in(&output, folder, name, err);
	if (!status)
		status = csv_write_rows(&output, rows, NULL, err);
	if (!status)
		status = output_finish(&output, err);
	output_abort(&output);
	rows_close(&rows);
	return status;
}

/* The stories are read while the sheets are written. */
struct set_reading {
	struct stories *stories;
	struct store_txn *txn;
	const struct filter_match *match;
	enum status status;
	struct error err;
};

static void set_read_stories(void *argument)
{
	struct set_reading *reading = argument;

	reading->status = stories_open(reading->stories, reading->txn, reading->match, &reading->err);
}

/* What goes wrong with a sheet is told first. */
static enum status set_write_sheets(const struct set_sources *sources, struct stories *stories,
				    const struct output_folder *folder, struct progress *progress,
				    struct error *err)
{
	const struct filter_match *match = sources->options->match;
	struct set_reading reading = {.stories = stories, .txn = sources->txn, .match = match};
	const struct task beside = {set_read_stories, &reading};
	enum status status;

	if (match) {
		status = filter_write_sheets(match, sources->txn, folder, progress, err);
		if (!status)
			set_read_stories(&reading);
	} else {
		status = set_sheets_write(sources->txn, folder, &beside, progress, err);
	}
	if (!status && reading.status) {
		*err = reading.err;
		status = reading.status;
	}
	return status;
}

static enum status set_make(struct store_txn *txn, const struct output_folder *folder,
			    const struct set_options *options, struct progress *progress,
			    struct error *err)
{
	const char *label = progress ? progress->label : NULL;
	struct stories stories = {0};
	struct set_sources sources = {txn, &stories, options};
	enum status status = set_write_sheets(&sources, &stories, folder, progress, err);

	if (!status)
		status = set_write_others(&sources, folder, err);
	if (!status)
		status = set_write_run(&sources, folder, err);
	stories_close(&stories);
	if (progress) {
		progress_clear(progress);
		progress->label = label;
	}
	return status;
}

static enum status set_write_sums(const struct output_folder *folder, struct error *err)
{
	char name[SET_FILES_MAX][SET_NAME_MAX];
	const char *names[SET_FILES_MAX];
	size_t i;

	for (i = 0; i < SET_FILES_MAX && set_file_at(i, name[i]); i++)
		names[i] = name[i];
	return sums_write(folder, names, i, err);
}

enum status set_write(struct store_txn *txn, const char *directory, const struct set_options *options,
		      struct progress *progress, struct error *err)
{
	struct output_digests *digests = output_digests_new();
	const struct output_folder folder = {.directory = directory, .digests = digests};
	enum status status = digests ? aside_make_directory(directory, err)
				     : error_errno(err, ENOMEM, "%s", directory);

	if (!status)
		status = sums_remove(directory, err);
	if (!status)
		status = set_make(txn, &folder, options, progress, err);
	if (!status)
		status = set_write_sums(&folder, err);
	output_digests_free(&digests);
	return status;
}

enum status set_compare(struct store_txn *txn, struct output_against *against,
			const struct set_options *options, struct progress *progress,
			struct error *err)
{
	const struct output_folder folder = {.against = against};

	return set_make(txn, &folder, options, progress, err);
}

/* ---- the names ---- */

bool set_file_at(size_t index, char name[SET_NAME_MAX])
{
	const struct sheet *sheet;

	if (index < SET_OUTPUTS) {
		snprintf(name, SET_NAME_MAX, "%s", set_outputs[index].name);
		return true;
	}
	sheet = sheet_at(index - SET_OUTPUTS);
	if (sheet)
		set_sheets_name(name, sheet);
	return sheet != NULL;
}

char *set_file_names(void)
{
	char *names = NULL, name[SET_NAME_MAX];
	FILE *stream;
	size_t size, i;

	stream = open_memstream(&names, &size);
	if (!stream)
		return NULL;
	for (i = 0; set_file_at(i, name); i++)
		fprintf(stream, "%s, ", name);
	fputs(SUMS_FILE, stream);
	if (fclose(stream) != 0) {
		free(names);
		return NULL;
	}
	return names;
}
