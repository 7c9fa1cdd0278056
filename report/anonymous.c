#include "report/anonymous.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/holding.h"
#include "collect/transfer.h"
#include "correlate/correlate.h"
#include "correlate/results.h"
#include "report/rows.h"
#include "report/scratch.h"
#include "report/sheet.h"

#define RUN_CLOCK "clock_given." /* and a point's name */
#define RUN_TEXT_MAX 8192

/* How the plain store was correlated, by the rows of its run. */
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

/* ---- the store of aliases ---- */

/* The file goes away at once, and with it what a signal would leave: who has it open reads on. */
static enum status anonymous_fill(struct anonymous *a, struct store *plain, uint64_t seed,
				  struct error *err)
{
	struct holding holding = {STORE_HOLDS_ALIASES, alias_check(a->alias), a->alias};
	struct transfer_result result;
	struct scratch scratch;
	enum status status = scratch_make(&scratch, err);

	if (!status)
		status = store_open(&a->store, scratch.store, STORE_CREATE, true, &seed, err);
	if (!status)
		status = holding_bind(a->store, &holding, err);
	if (!status)
		status = transfer_run(plain, a->store, &holding, &result, err);
	scratch_remove(&scratch);
	return status;
}

static enum status anonymous_correlate(struct anonymous *a, const struct asked *asked,
				       struct error *err)
{
	struct correlate_summary *summary = calloc(1, sizeof *summary);
	enum status status = summary ? correlate_run(a->store, &asked->options, summary, err)
				     : error_errno(err, ENOMEM, "%s", a->path);

	free(summary);
	return status;
}

static enum status anonymous_derive(struct anonymous *a, struct store *plain,
				    const struct store_header *header, struct error *err)
{
	struct asked *asked = calloc(1, sizeof *asked);
	struct store_txn *txn = NULL;
	enum status status = asked ? store_begin(plain, false, &txn, err)
				   : error_errno(err, ENOMEM, "%s", a->path);

	if (!status)
		status = asked_read(asked, txn, err);
	if (!status)
		status = capture_list(txn, &a->plain, &a->captures, err);
	store_abort(&txn);
	if (!status && asked->captures && asked->captures != a->captures)
		status = error_set(err, STATUS_INPUT, "%s: captures were collected since it was "
				   "correlated: run crosstap-correlate -s %s first", a->path, a->path);
	a->policy = asked && asked->policy;
	if (!status)
		status = anonymous_fill(a, plain, header->seed, err);
	if (!status)
		status = anonymous_correlate(a, asked, err);
	free(asked);
	return status;
}

static enum status anonymous_header(struct store *store, struct store_header *header,
				    struct error *err)
{
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, err);

	if (!status)
		status = store_header_get(txn, header, err);
	store_abort(&txn);
	return status;
}

/* A store of aliases is taken as it is, and one without results is for the caller to refuse. */
enum status anonymous_open(struct anonymous *a, const char *path, const char *key_file,
			   struct error *err)
{
	struct store *plain = NULL;
	struct store_header header;
	enum status status;

	*a = (struct anonymous){.path = path};
	status = alias_open(&a->alias, key_file, err);
	if (!status)
		status = store_open(&plain, path, STORE_READ, false, NULL, err);
	if (!status)
		status = anonymous_header(plain, &header, err);
	if (!status && header.holds == STORE_HOLDS_ALIASES &&
	    header.key_check != alias_check(a->alias))
		status = error_set(err, STATUS_USAGE, "%s: it is anonymous under another key than %s",
				   path, key_file);
	if (!status && (header.holds == STORE_HOLDS_ALIASES || !header.generation)) {
		a->store = plain;
		plain = NULL;
	} else if (!status) {
		status = anonymous_derive(a, plain, &header, err);
	}
	store_close(&plain);
	return status;
}

void anonymous_close(struct anonymous *a)
{
	store_close(&a->store);
	alias_close(&a->alias);
	free(a->plain);
	*a = (struct anonymous){0};
}

/* ---- its captures ---- */

static void find_plain(const struct anonymous *a, struct capture *capture)
{
	uint32_t i;

	for (i = 0; i < a->captures; i++)
		if (a->plain[i].bytes == capture->bytes &&
		    memcmp(a->plain[i].sha256, capture->sha256, sizeof capture->sha256) == 0)
			break;
	if (i == a->captures)
		return;
	memcpy(capture->file, a->plain[i].file, sizeof capture->file);
	memcpy(capture->path, a->plain[i].path, sizeof capture->path);
}

/* `directory` of `bytes` bytes; none: here. The first file found counts. */
static void find_in(const struct anonymous *a, const char *directory, size_t bytes,
		    struct capture *captures, uint32_t count)
{
	char name[CAPTURE_FILE_MAX], path[CAPTURE_PATH_MAX];
	const struct dirent *entry;
	uint32_t i;
	DIR *dir;

	snprintf(path, sizeof path, "%.*s", bytes ? (int)bytes : 1, bytes ? directory : ".");
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		holding_file(a->alias, entry->d_name, name, sizeof name);
		for (i = 0; i < count; i++) {
			if (*captures[i].path || strcmp(captures[i].file, name) != 0)
				continue;
			if (snprintf(path, sizeof path, "%.*s%s%s", (int)bytes, directory,
				     bytes && directory[bytes - 1] != '/' ? "/" : "",
				     entry->d_name) < (int)sizeof path)
				memcpy(captures[i].path, path, sizeof captures[i].path);
		}
	}
	if (dir)
		closedir(dir);
}

void anonymous_find(const struct anonymous *a, const char *const *directory, size_t directories,
		    struct capture *captures, uint32_t count)
{
	const char *slash = strrchr(a->path, '/');
	uint32_t i;
	size_t d;

	for (i = 0; i < count && a->plain; i++)
		find_plain(a, &captures[i]);
	if (a->plain)
		return;
	for (d = 0; d < directories; d++)
		find_in(a, directory[d], strlen(directory[d]), captures, count);
	find_in(a, a->path, slash ? (size_t)(slash - a->path) + 1 : 0, captures, count);
}
