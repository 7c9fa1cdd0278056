#include "report/derived.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/progress.h"
#include "collect/scratch.h"
#include "collect/transfer.h"
#include "correlate/correlate.h"
#include "correlate/results.h"
#include "report/rows.h"

#define RUN_CLOCK "clock_given." /* and a point's name */
#define RUN_TEXT_MAX 8192

/* How the store was correlated, by the rows of its run. */
struct asked {
	char path[RUN_TEXT_MAX];
	bool path_given;
	bool policy;               /* --expect */
	uint64_t captures;         /* 0: not known */
	struct correlate_options options;
	struct correlate_clock clock[CAPTURE_POINTS_MAX];
	char point[CAPTURE_POINTS_MAX][CAPTURE_NAME_MAX];
};

/* ---- how it was correlated ---- */

/* A number with a point in it, in units of 10^-digits; without a locale. */
static bool asked_number(const char *text, int digits, int64_t *number)
{
	bool minus = *text == '-', point = false;
	int64_t value = 0;

	for (text += *text == '-' || *text == '+'; *text && digits >= 0; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9' || value > INT64_MAX / 100)
			return false;
		digits -= point;
		value = digits < 0 ? value : value * 10 + (*text - '0');
	}
	for (; digits > 0; digits--) {
		if (value > INT64_MAX / 100)
			return false;
		value *= 10;
	}
	*number = minus ? -value : value;
	return true;
}

/* False: it is no row as correlate writes it. */
static bool asked_take(struct asked *asked, const char *key, const char *value)
{
	struct correlate_options *o = &asked->options;
	int64_t number = 0;

	if (strcmp(key, "path") == 0)
		return snprintf(asked->path, sizeof asked->path, "%s", value) <
		       (int)sizeof asked->path;
	if (strcmp(key, "path_evidence") == 0) {
		asked->path_given = strcmp(value, "given") == 0;
	} else if (strcmp(key, "tmax_ms") == 0) {
		return asked_number(value, 6, &o->tmax_ns);
	} else if (strcmp(key, "expect") == 0) {
		asked->policy = true;
	} else if (strcmp(key, "captures") == 0) {
		asked->captures = strtoull(value, NULL, 10);
	} else if (strncmp(key, RUN_CLOCK, strlen(RUN_CLOCK)) == 0) {
		if (o->clocks == CAPTURE_POINTS_MAX || !asked_number(value, 9, &number))
			return false;
		snprintf(asked->point[o->clocks], CAPTURE_NAME_MAX, "%s", key + strlen(RUN_CLOCK));
		asked->clock[o->clocks] = (struct correlate_clock){asked->point[o->clocks], number};
		o->clocks++;
	}
	return true;
}

static enum status asked_read(struct asked *asked, struct store_txn *txn, struct error *err)
{
	struct rows *rows = NULL;
	enum status status = rows_open_table(&rows, txn, &results_run, err);
	bool more = true, sound = true;

	asked->options.tmax_ns = CORRELATE_TMAX_DEFAULT_NS;
	while (!status && sound) {
		const struct cell *cell;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		sound = asked_take(asked, cell[RUN_KEY].text,
				   cell[RUN_VALUE].known ? cell[RUN_VALUE].text : "");
	}
	rows_close(&rows);
	if (!status && !sound)
		status = error_set(err, STATUS_INPUT, "%s: the store is damaged: rows of its run",
				   store_path(store_of(txn)));
	asked->options.path = asked->path_given ? asked->path : NULL;
	asked->options.clock = asked->clock;
	asked->options.threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	return status;
}

/* ---- the store that is made ---- */

/* The file goes away before anything is in it, so that no signal leaves any: who has it open writes and reads
 * on. Only to lock what is written its name is wanted where there is no /proc. */
static enum status derived_fill(struct derived *d, struct store *from, uint64_t seed,
				const struct holding *holding, struct error *err)
{
	struct transfer_result result;
	struct scratch scratch;
	enum status status = scratch_make(&scratch, err);

	if (!status)
		status = store_open(&d->store, scratch.store, STORE_CREATE, true, &seed, err);
	if (!status && access("/proc/self/fd", F_OK) == 0)
		scratch_remove(&scratch);
	if (!status)
		status = holding_bind(d->store, holding, err);
	if (!status)
		status = transfer_run(from, d->store, holding, &result, err);
	scratch_remove(&scratch);
	return status;
}

static void derived_step(void *user, unsigned step, const char *what)
{
	struct progress_count count = {.done = step, .total = CORRELATE_STEPS};
	struct progress *progress = user;

	progress->label = what;
	progress->drawn_ns = 0; /* at once: steps are few */
	progress_show(progress, &count);
}

static enum status derived_correlate(struct derived *d, const struct asked *asked, struct error *err)
{
	struct correlate_summary *summary = calloc(1, sizeof *summary);
	enum status status = summary ? correlate_run(d->store, &asked->options, summary, err)
				     : error_errno(err, ENOMEM, "%s", store_path(d->store));

	free(summary);
	return status;
}

/* Of the store that was given: how it was correlated, and its captures, which are still those of then. */
static enum status derived_ask(struct derived *d, struct store *from, struct asked *asked,
			       struct store_header *header, struct error *err)
{
	struct store_txn *txn = NULL;
	enum status status = store_begin(from, false, &txn, err);

	if (!status)
		status = store_header_get(txn, header, err);
	if (!status)
		status = asked_read(asked, txn, err);
	if (!status)
		status = capture_list(txn, &d->from, &d->captures, err);
	store_abort(&txn);
	if (!status && asked->captures && asked->captures != d->captures)
		status = error_set(err, STATUS_INPUT, "%s: captures were collected since it was "
				   "correlated: run crosstap-correlate -s %s first", store_path(from),
				   store_path(from));
	return status;
}

enum status derived_make(struct derived *d, struct store *from, const struct derived_request *request,
			 struct error *err)
{
	const char *label = request->progress ? request->progress->label : NULL;
	struct asked *asked = calloc(1, sizeof *asked);
	struct store_header header;
	enum status status;

	*d = (struct derived){0};
	status = asked ? derived_ask(d, from, asked, &header, err)
		       : error_errno(err, ENOMEM, "%s", store_path(from));
	if (!status) {
		struct holding same = {header.holds, header.key_check, NULL};

		d->policy = asked->policy;
		asked->options.policy = request->policy;
		asked->options.step = request->progress ? derived_step : NULL;
		asked->options.user = request->progress;
		status = derived_fill(d, from, header.seed, request->holding ? request->holding : &same, err);
	}
	if (!status)
		status = derived_correlate(d, asked, err);
	if (request->progress) {
		progress_clear(request->progress);
		request->progress->label = label;
	}
	free(asked);
	return status;
}

void derived_close(struct derived *d)
{
	store_close(&d->store);
	free(d->from);
	*d = (struct derived){0};
}
