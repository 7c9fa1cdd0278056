#include "report/set_sheets.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/progress.h"
#include "report/csv.h"
#include "report/output.h"

#define SET_WORKERS 2

/* Workers take one part after the other, of one sheet after the other. Each makes the text
 * of its part, then waits until the parts before are in the file, so that one writes while
 * another makes text. Parts are taken in order: whoever is waited for has a lower one, and
 * the lowest waits for nobody. */
struct set_file {
	const struct sheet *sheet;
	uint32_t parts;
	uint64_t total;       /* rows in all */
	uint32_t turn;        /* the part to be written next. What follows is its owner's: */
	uint64_t rows;        /* in the parts before */
	struct output output;
};

struct set_work {
	struct store *store;
	const struct output_folder *folder;
	uint32_t generation; /* of the results; workers have transactions of their own */
	pthread_mutex_t lock; /* of all that follows, and of turns */
	pthread_cond_t turned;
	struct set_file *file;
	size_t files;
	size_t next;         /* file and part to be taken next */
	uint32_t next_part;
	/* Of several failures the first part's is told, whoever had it. */
	bool failed;
	size_t failed_file;
	uint32_t failed_part;
	struct error err;
};

struct set_worker {
	struct set_work *work;
	struct progress *progress; /* of one worker only */
	struct store_txn *txn;
	struct writer writer;
	struct rows *rows; /* of the present file */
	size_t file;
	uint32_t part;
	char name[SET_NAME_MAX];
};

void set_sheets_name(char name[SET_NAME_MAX], const struct sheet *sheet)
{
	snprintf(name, SET_NAME_MAX, "%s.csv", sheet->schema->name);
}

/* ---- taking turns ---- */

/* Takes the next part; false when there is none. */
static bool set_take(struct set_worker *w)
{
	struct set_work *work = w->work;
	bool taken;

	pthread_mutex_lock(&work->lock);
	taken = !work->failed && work->next < work->files;
	if (taken) {
		if (w->file != work->next)
			rows_close(&w->rows);
		w->file = work->next;
		w->part = work->next_part++;
		if (work->next_part == work->file[work->next].parts) {
			work->next++;
			work->next_part = 0;
		}
	}
	pthread_mutex_unlock(&work->lock);
	return taken;
}

/* Waits until the worker's part is to be written. It need not be when another part
 * failed: then that one's error is given. */
static enum status set_wait(struct set_worker *w, struct error *err)
{
	struct set_work *work = w->work;
	const struct set_file *file = &work->file[w->file];
	enum status status = STATUS_OK;

	pthread_mutex_lock(&work->lock);
	while (file->turn != w->part && !work->failed)
		pthread_cond_wait(&work->turned, &work->lock);
	if (file->turn != w->part) {
		*err = work->err;
		status = err->status;
	}
	pthread_mutex_unlock(&work->lock);
	return status;
}

static void set_pass(struct set_worker *w)
{
	pthread_mutex_lock(&w->work->lock);
	w->work->file[w->file].turn++;
	pthread_cond_broadcast(&w->work->turned);
	pthread_mutex_unlock(&w->work->lock);
}

static void set_fail(struct set_worker *w, const struct error *err)
{
	struct set_work *work = w->work;

	pthread_mutex_lock(&work->lock);
	if (!work->failed || w->file < work->failed_file ||
	    (w->file == work->failed_file && w->part < work->failed_part)) {
		work->failed_file = w->file;
		work->failed_part = w->part;
		work->err = *err;
	}
	work->failed = true;
	pthread_cond_broadcast(&work->turned);
	pthread_mutex_unlock(&work->lock);
}

/* ---- one part ---- */

static enum status set_put(void *context, const char *text, size_t bytes, uint64_t rows,
			   struct error *err)
{
	struct set_worker *w = context;
	struct set_file *file = &w->work->file[w->file];
	struct progress_count count = {.total = file->total};
	enum status status = set_wait(w, err);

	if (status)
		return status;
	count.done = file->rows + rows;
	if (w->progress)
		progress_show(w->progress, &count);
	return output_write(&file->output, text, bytes, err);
}

static enum status set_begin(struct set_worker *w, struct error *err)
{
	struct set_file *file = &w->work->file[w->file];
	enum status status = STATUS_OK;

	if (!w->rows)
		status = sheet_open(file->sheet, &w->rows, w->txn, err);
	set_sheets_name(w->name, file->sheet);
	if (w->progress)
		w->progress->label = w->name;
	if (!status && w->part == 0)
		status = output_open_in(&file->output, w->work->folder, w->name, err);
	return status;
}

static enum status set_finish(struct set_file *file, struct error *err)
{
	if (file->rows != file->total)
		return error_set(err, STATUS_INPUT,
				 "the store is damaged: table %s has %llu rows, not %llu "
				 "(crosstap-correlate makes it anew)",
				 file->sheet->schema->name, (unsigned long long)file->rows,
				 (unsigned long long)file->total);
	return output_finish(&file->output, err);
}

static enum status set_write_part(struct set_worker *w, struct error *err)
{
	struct set_file *file = &w->work->file[w->file];
	enum status status = set_begin(w, err);
	uint64_t written;

	if (!status)
		status = writer_part(&w->writer, w->rows, w->part, &written, err);
	if (status)
		return status;
	file->rows += written; /* the turn is still ours from the last set_put() */
	if (w->part + 1 == file->parts)
		status = set_finish(file, err);
	if (!status)
		set_pass(w);
	return status;
}

/* ---- workers ---- */

static enum status set_worker_begin(struct set_worker *w, struct error *err)
{
	struct store_header header;
	enum status status = store_begin(w->work->store, false, &w->txn, err);

	if (!status)
		status = store_header_get(w->txn, &header, err);
	if (!status && header.generation != w->work->generation)
		status = error_set(err, STATUS_SYSTEM,
				   "%s: the results were replaced meanwhile: report again",
				   store_path(w->work->store));
	return status ? status : writer_open(&w->writer, err);
}

static void *set_worker_run(void *argument)
{
	struct set_worker *w = argument;
	struct error err;
	enum status status;

	w->writer = (struct writer){.format = &csv_format, .put = set_put, .context = w};
	status = set_worker_begin(w, &err);
	while (!status && set_take(w))
		status = set_write_part(w, &err);
	if (status)
		set_fail(w, &err);
	rows_close(&w->rows);
	writer_close(&w->writer);
	store_abort(&w->txn);
	return NULL;
}

static void set_run(struct set_work *work, const struct task *beside, struct progress *progress)
{
	struct set_worker worker[SET_WORKERS];
	pthread_t thread[SET_WORKERS];
	bool started[SET_WORKERS] = {false};
	size_t i;

	for (i = 0; i < SET_WORKERS; i++)
		worker[i] = (struct set_worker){.work = work, .progress = i ? NULL : progress};
	for (i = !beside; i < SET_WORKERS; i++)
		started[i] = pthread_create(&thread[i], NULL, set_worker_run, &worker[i]) == 0;
	if (beside)
		beside->run(beside->argument);
	if (!started[0])
		set_worker_run(&worker[0]);
	for (i = 0; i < SET_WORKERS; i++)
		if (started[i])
			pthread_join(thread[i], NULL);
}

/* What there is to write. */
static enum status set_list(struct set_work *work, struct store_txn *txn, struct error *err)
{
	enum status status = STATUS_OK;
	const struct sheet *sheet;
	size_t sheets = 0, i;

	while (sheet_at(sheets))
		sheets++;
	work->file = calloc(sheets, sizeof *work->file);
	if (!work->file)
		return error_errno(err, ENOMEM, "report");
	for (i = 0; !status && (sheet = sheet_at(i)); i++) {
		struct rows *rows;

		if (sheet_is_last(sheet))
			continue;
		status = sheet_open(sheet, &rows, txn, err);
		if (status)
			break;
		work->file[work->files++] = (struct set_file){.sheet = sheet, .parts = rows->parts,
						  .total = rows->total};
		rows_close(&rows);
	}
	return status;
}

enum status set_sheets_write(struct store_txn *txn, const struct output_folder *folder,
			     const struct task *beside, struct progress *progress, struct error *err)
{
	struct set_work work = {.store = store_of(txn), .folder = folder,
				.lock = PTHREAD_MUTEX_INITIALIZER,
				.turned = PTHREAD_COND_INITIALIZER};
	struct store_header header;
	enum status status = store_header_get(txn, &header, err);
	size_t i;

	if (!status)
		status = set_list(&work, txn, err);
	if (!status) {
		work.generation = header.generation;
		set_run(&work, beside, progress);
		for (i = 0; i < work.files; i++)
			output_abort(&work.file[i].output); /* of those that are not finished */
	}
	free(work.file);
	if (work.failed)
		*err = work.err;
	return work.failed ? work.err.status : status;
}
