#include "report/set.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/progress.h"
#include "report/csv.h"
#include "report/output.h"
#include "report/sheet.h"
#include "report/text.h"

#define SET_NAME_MAX 64

typedef enum status set_writer(struct output *output, struct store_txn *txn, struct error *err);

static enum status set_write_summary(struct output *output, struct store_txn *txn,
				     struct error *err)
{
	static const struct text_options options = {
		.closing = "The rows behind this are in the CSV files beside it; drops.csv and "
			   "injected.csv name each packet.",
	};

	return text_write(output, txn, &options, err);
}

/* The files besides the sheets, which are written first. */
static const struct {
	const char *name;
	set_writer *write;
} set_outputs[] = {
	{"summary.txt", set_write_summary},
};
#define SET_OUTPUTS (sizeof set_outputs / sizeof set_outputs[0])

static enum status set_write_sheet(const struct sheet *sheet, const char *name,
				   struct store_txn *txn, const char *directory,
				   struct progress *progress, struct error *err)
{
	struct output output;
	struct rows *rows;
	enum status status = sheet_open(sheet, &rows, txn, err);

	if (status)
		return status;
	status = output_open(&output, directory, name, err);
	if (!status)
		status = csv_write_rows(&output, rows, progress, err);
	if (!status)
		status = output_finish(&output, err);
	output_abort(&output);
	rows_close(&rows);
	return status;
}

static void set_sheet_name(char name[SET_NAME_MAX], const struct sheet *sheet)
{
	snprintf(name, SET_NAME_MAX, "%s.csv", sheet->schema->name);
}

enum status set_write(struct store_txn *txn, const char *directory, struct progress *progress,
		      struct error *err)
{
	const char *label = progress ? progress->label : NULL;
	const struct sheet *sheet;
	enum status status = output_make_directory(directory, err);
	char name[SET_NAME_MAX];
	size_t i;

	for (i = 0; !status && (sheet = sheet_at(i)); i++) {
		set_sheet_name(name, sheet);
		if (progress)
			progress->label = name;
		status = set_write_sheet(sheet, name, txn, directory, progress, err);
	}
	for (i = 0; !status && i < SET_OUTPUTS; i++) {
		struct output output;

		status = output_open(&output, directory, set_outputs[i].name, err);
		if (!status)
			status = set_outputs[i].write(&output, txn, err);
		if (!status)
			status = output_finish(&output, err);
		output_abort(&output);
	}
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
		set_sheet_name(name, sheet);
		fprintf(stream, ", %s", name);
	}
	if (fclose(stream) != 0) {
		free(names);
		return NULL;
	}
	return names;
}
