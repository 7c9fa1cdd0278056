#include "report/set.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "collect/progress.h"
#include "report/csv.h"
#include "report/output.h"
#include "report/sheet.h"
#include "report/text.h"

#define SET_NAME_MAX 64
#define SET_WORKERS 2 /* two sheets are large: sessions and session_points */

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

/* The sheets are written side by side, each worker with a transaction of its
 * own; a run that replaces the results in between is noticed. */
struct set_work {
	struct store *store;
	const char *directory;
	struct progress *progress; /* of the first worker only */
	uint32_t generation;       /* of the results that the others write */
	atomic_size_t *next;       /* sheet to take */
	size_t at;                 /* sheet under way */
	enum status status;
	struct error err;
};

static void *set_worker(void *argument)
{
	struct set_work *work = argument;
	struct store_txn *txn = NULL;
	struct store_header header;
	const struct sheet *sheet;
	char name[SET_NAME_MAX];

	work->status = store_begin(work->store, false, &txn, &work->err);
	if (!work->status)
		work->status = store_header_get(txn, &header, &work->err);
	if (!work->status && header.generation != work->generation)
		work->status = error_set(&work->err, STATUS_SYSTEM,
					 "%s: the results were replaced meanwhile: report again",
					 store_path(work->store));
	while (!work->status && (work->at = atomic_fetch_add(work->next, 1),
				 sheet = sheet_at(work->at)) != NULL) {
		set_sheet_name(name, sheet);
		if (work->progress)
			work->progress->label = name;
		work->status = set_write_sheet(sheet, name, txn, work->directory, work->progress,
					       &work->err);
	}
	store_abort(&txn);
	return NULL;
}

static enum status set_write_sheets(struct store_txn *txn, const char *directory,
				    struct progress *progress, struct error *err)
{
	struct set_work work[SET_WORKERS];
	const struct set_work *failed = NULL;
	pthread_t thread[SET_WORKERS];
	bool started[SET_WORKERS];
	struct store_header header;
	atomic_size_t next = 0;
	enum status status = store_header_get(txn, &header, err);
	size_t i;

	if (status)
		return status;

	for (i = 0; i < SET_WORKERS; i++)
		work[i] = (struct set_work){.store = store_of(txn), .directory = directory,
					    .progress = i ? NULL : progress,
					    .generation = header.generation, .next = &next};
	for (i = 1; i < SET_WORKERS; i++)
		started[i] = pthread_create(&thread[i], NULL, set_worker, &work[i]) == 0;
	set_worker(&work[0]);
	for (i = 1; i < SET_WORKERS; i++)
		if (started[i])
			pthread_join(thread[i], NULL);
	/* of several failures the first sheet's is told, whoever wrote it */
	for (i = 0; i < SET_WORKERS; i++)
		if (work[i].status && (!failed || work[i].at < failed->at))
			failed = &work[i];
	if (failed)
		*err = failed->err;
	return failed ? failed->status : STATUS_OK;
}

enum status set_write(struct store_txn *txn, const char *directory, struct progress *progress,
		      struct error *err)
{
	const char *label = progress ? progress->label : NULL;
	enum status status = output_make_directory(directory, err);
	size_t i;

	if (!status)
		status = set_write_sheets(txn, directory, progress, err);
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
