#include "report/compare_show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/compare_inputs.h"
#include "report/compare_page.h"
#include "report/compare_rows.h"
#include "report/compare_text.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/output_against.h"
#include "report/sums.h"
#include "report/word_list.h"

/* The options are for text only. */
typedef enum status show_write(struct output *output, const struct compare *compare,
			       const struct compare_text_options *options, struct error *err);

typedef enum status show_open(struct rows **out, const struct compare *compare, struct error *err);
typedef enum status show_rows_write(struct output *output, struct rows *rows, struct progress *progress,
				    struct error *err);

static enum status show_rows(struct output *output, const struct compare *compare, show_open *open,
			     show_rows_write *write, struct error *err)
{
	struct rows *rows;
	enum status status = open(&rows, compare, err);

	if (!status)
		status = write(output, rows, NULL, err);
	rows_close(&rows);
	return status;
}

static enum status show_csv(struct output *output, const struct compare *compare,
			    const struct compare_text_options *options, struct error *err)
{
	return show_rows(output, compare, compare_rows_open, csv_write_rows, err);
}

static enum status show_inputs(struct output *output, const struct compare *compare,
			       const struct compare_text_options *options, struct error *err)
{
	return show_rows(output, compare, compare_inputs_open, csv_write_rows, err);
}

static enum status show_html(struct output *output, const struct compare *compare,
			     const struct compare_text_options *options, struct error *err)
{
	return compare_page_write(output, compare, err);
}

static enum status show_json(struct output *output, const struct compare *compare,
			     const struct compare_text_options *options, struct error *err)
{
	enum status status;

	fprintf(output->stream, "{\"version\":%d,\n\"compare\":", JSON_VERSION);
	status = show_rows(output, compare, compare_rows_open, json_write_rows, err);
	fputs("}\n", output->stream);
	return status ? status : output_check(output, err);
}

static const struct show_format {
	const char *format;   /* "": only of the set */
	const char *file;     /* of the set; NULL: on standard output only */
	show_write *write;
} show_formats[] = {
	{"csv", "compare.csv", show_csv},
	{"text", "summary.txt", compare_text_write},
	{"html", "report.html", show_html},
	{"", "compare_inputs.csv", show_inputs},
	{"json", NULL, show_json},
};
#define SHOW_FORMATS (sizeof show_formats / sizeof show_formats[0])

/* What --fail-on may name here, as bits of enum compare_verdict. */
static const struct {
	const char *word;
	unsigned verdict;
} show_words[] = {
	{"regression", COMPARE_REGRESSION},
	{"gone", COMPARE_GONE},
	{"new", COMPARE_NEW},
};

enum status compare_show_add(struct compare_request *request, const char *store, struct error *err)
{
	const char **list;

	if (request->runs == COMPARE_RUNS_MAX)
		return error_set(err, STATUS_USAGE, "--before: %u stores at the most", COMPARE_RUNS_MAX);
	list = realloc(request->before, (request->runs + (size_t)1) * sizeof *list);
	if (!list)
		return error_errno(err, ENOMEM, "--before %s", store);
	request->before = list;
	list[request->runs++] = store;
	return STATUS_OK;
}

/* The verdicts of a list, as bits; 0: one of its words is none. */
static unsigned show_verdicts(const char *list)
{
	struct list_word word;
	unsigned bits = 0;
	size_t i;

	while (list_next(&list, &word)) {
		for (i = 0; i < sizeof show_words / sizeof show_words[0]; i++)
			if (list_word_is(&word, show_words[i].word))
				break;
		if (i == sizeof show_words / sizeof show_words[0])
			return 0;
		bits |= 1u << show_words[i].verdict;
	}
	return bits;
}

/* NULL: there is none of that name. */
static const struct show_format *show_find(const char *format)
{
	size_t i;

	for (i = 0; i < SHOW_FORMATS; i++)
		if (*format && strcmp(format, show_formats[i].format) == 0)
			return &show_formats[i];
	return NULL;
}

enum status compare_show_check(const struct compare_request *request, struct error *err)
{
	if (!request->runs || !request->after)
		return error_set(err, STATUS_USAGE, "--before and --after: a comparison needs both");
	if (request->format && !show_find(request->format))
		return error_set(err, STATUS_USAGE, "--format: a comparison has text, csv, html, json "
				 "(got \"%s\")", request->format);
	if (request->fail_on && !show_verdicts(request->fail_on))
		return error_set(err, STATUS_USAGE, "--fail-on: with --before and --after it takes "
				 "regression, gone, new (got \"%s\")", request->fail_on);
	return STATUS_OK;
}

static enum status show_file(const struct compare *compare, const struct output_folder *folder,
			     size_t format, struct error *err)
{
	const struct compare_text_options options = {false, "All rows are in compare.csv beside this."};
	struct output output;
	enum status status = output_open_in(&output, folder, show_formats[format].file, err);

	if (!status)
		status = show_formats[format].write(&output, compare, &options, err);
	if (!status)
		status = output_finish(&output, err);
	output_abort(&output);
	return status;
}

/* The names of the files; returns how many there are. */
static size_t show_names(const char *name[SHOW_FORMATS])
{
	size_t i, names = 0;

	for (i = 0; i < SHOW_FORMATS; i++)
		if (show_formats[i].file)
			name[names++] = show_formats[i].file;
	return names;
}

static enum status show_files(const struct compare *compare, const struct output_folder *folder,
			      struct error *err)
{
	enum status status = STATUS_OK;
	size_t i;

	for (i = 0; i < SHOW_FORMATS && !status; i++)
		if (show_formats[i].file)
			status = show_file(compare, folder, i, err);
	return status;
}

static enum status show_set(const struct compare *compare, const char *directory, struct error *err)
{
	const struct output_folder folder = {.directory = directory};
	enum status status = aside_make_directory(directory, err);
	const char *name[SHOW_FORMATS];

	if (!status)
		status = sums_remove(directory, err);
	if (!status)
		status = show_files(compare, &folder, err);
	return status ? status : sums_write(&folder, name, show_names(name), err);
}

/* ---- --verify ---- */

/* What is wrong with the files that were compared so far. */
static enum status show_faults(const struct output_against *against, const char *directory, struct error *err)
{
	static const char *const faults[] = {
		[AGAINST_DIFFERS] = "differs from what the stores give",
		[AGAINST_SHORT] = "ends where the stores give more",
		[AGAINST_LONG] = "goes on where the stores give nothing more",
		[AGAINST_NONE] = "cannot be read",
	};
	uint32_t count, i;
	const struct against_result *list = output_against_results(against, &count);

	for (i = 0; i < count; i++)
		if (list[i].found != AGAINST_SAME)
			return error_set(err, STATUS_INPUT, "%s/%s: %s (byte %llu, line %llu)", directory,
					 list[i].name, faults[list[i].found],
					 (unsigned long long)list[i].byte, (unsigned long long)list[i].line);
	return STATUS_OK;
}

/* The set made again, and compared byte for byte; then its digests. */
static enum status show_verify(const struct compare *compare, const char *directory, struct error *err)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct output_against *against = fd < 0 ? NULL : output_against_new(fd);
	const struct output_folder folder = {.directory = directory, .against = against};
	const char *name[SHOW_FORMATS];
	enum status status = against ? show_files(compare, &folder, err)
				     : error_errno(err, fd < 0 ? errno : ENOMEM, "%s", directory);

	if (fd < 0)
		status = err->status = STATUS_INPUT;
	if (!status)
		status = show_faults(against, directory, err);
	if (!status)
		status = sums_write(&folder, name, show_names(name), err);
	if (!status)
		status = show_faults(against, directory, err);
	output_against_free(&against);
	if (fd >= 0)
		close(fd);
	return status;
}

/* ---- what is asked for ---- */

static enum status show_stdout(const struct compare *compare, const struct compare_request *request,
			       bool colour, struct error *err)
{
	const struct compare_text_options options = {
		colour, request->directory ? NULL : "-o DIR writes this, a page and compare.csv with all rows."};
	struct output output;
	enum status status;

	output_open_stdout(&output);
	status = show_find(request->format)->write(&output, compare, &options, err);
	return status ? status : output_finish(&output, err);
}

enum status compare_show(const struct compare_request *request, bool colour, bool *found,
			 struct error *err)
{
	unsigned wanted = request->fail_on ? show_verdicts(request->fail_on) : 0, v;
	struct compare *compare;
	enum status status = compare_open(&compare, request->before, request->runs, request->after, err);

	*found = false;
	if (!status && request->verify)
		status = show_verify(compare, request->verify, err);
	if (!status && request->directory)
		status = show_set(compare, request->directory, err);
	if (!status && request->format)
		status = show_stdout(compare, request, colour, err);
	for (v = 0; !status && v < COMPARE_VERDICTS; v++)
		*found = *found || (wanted >> v & 1 && compare->count[v]);
	compare_close(&compare);
	return status;
}
