#include "report/set.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/progress.h"
#include "report/evidence_stories.h"
#include "report/filter_rows.h"
#include "report/output.h"
#include "report/page.h"
#include "report/set_sheets.h"
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

/* The files besides the sheets, which are written after them. */
static const struct {
	const char *name;
	set_writer *write;
} set_outputs[] = {
	{"summary.txt", set_write_summary},
	{"report.html", set_write_page},
	{"evidence.pcapng", set_write_evidence},
};
#define SET_OUTPUTS (sizeof set_outputs / sizeof set_outputs[0])

static enum status set_write_others(struct store_txn *txn, const char *directory,
				    const struct set_options *options, struct error *err)
{
	struct stories stories;
	struct set_sources sources = {txn, &stories, options};
	enum status status = stories_open(&stories, txn, options->match, err);
	size_t i;

	for (i = 0; !status && i < SET_OUTPUTS; i++) {
		struct output output;

		status = output_open(&output, directory, set_outputs[i].name, err);
		if (!status)
			status = set_outputs[i].write(&output, &sources, err);
		if (!status)
			status = output_finish(&output, err);
		output_abort(&output);
	}
	stories_close(&stories);
	return status;
}

enum status set_write(struct store_txn *txn, const char *directory, const struct set_options *options,
		      struct progress *progress, struct error *err)
{
	const char *label = progress ? progress->label : NULL;
	enum status status = output_make_directory(directory, err);

	if (!status)
		status = options->match ? filter_write_sheets(options->match, txn, directory, progress, err)
					: set_sheets_write(txn, directory, progress, err);
	if (!status)
		status = set_write_others(txn, directory, options, err);
	if (progress) {
		progress_clear(progress);
		progress->label = label;
	}
	return status;
}

char *set_file_names(void)
{
	const struct sheet *sheet;
	char *names = NULL, name[SET_NAME_MAX];
	FILE *stream;
	size_t size, i;

	stream = open_memstream(&names, &size);
	if (!stream)
		return NULL;
	for (i = 0; i < SET_OUTPUTS; i++)
		fprintf(stream, "%s%s", i ? ", " : "", set_outputs[i].name);
	for (i = 0; (sheet = sheet_at(i)); i++) {
		set_sheets_name(name, sheet);
		fprintf(stream, ", %s", name);
	}
	if (fclose(stream) != 0) {
		free(names);
		return NULL;
	}
	return names;
}
