#include "correlate/follow.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/excerpt.h"
#include "collect/scratch.h"

struct follow {
	const struct follow_options *options;
	struct store *store;
	struct scratch scratch;                 /* where each round has its store */
	struct follow_round round;
	bool begun;
	int64_t seen_ns[CAPTURE_POINTS_MAX];    /* when a point's time was first seen, by the monotonic clock */
	int64_t reached_ns[CAPTURE_POINTS_MAX]; /* that time */
	uint64_t stopped;                       /* the points that had stopped: a bit for each */
};

_Static_assert(CAPTURE_POINTS_MAX <= 64, "a bit for each point");

static int64_t follow_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

enum status follow_open(struct follow **out, const struct follow_options *options, struct error *err)
{
	struct follow *f = calloc(1, sizeof *f);
	enum status status;
	uint32_t p;

	*out = NULL;
	if (!f)
		return error_errno(err, ENOMEM, "%s", options->store);
	f->options = options;
	for (p = 0; p < CAPTURE_POINTS_MAX; p++)
		f->reached_ns[p] = INT64_MIN;
	status = store_open(&f->store, options->store, STORE_READ, false, NULL, err);
	if (!status)
		status = scratch_make(&f->scratch, err);
	if (status)
		follow_close(&f);
	*out = f;
	return status;
}

static void round_clear(struct follow_round *round)
{
	free(round->hop);
	memset(round, 0, sizeof *round);
}

void follow_close(struct follow **out)
{
	struct follow *f = *out;

	if (!f)
		return;
	round_clear(&f->round);
	store_close(&f->store);
	scratch_remove(&f->scratch);
	free(f);
	*out = NULL;
}

static void round_trouble(struct follow_round *round, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Why there is no comparison: the first reason. */
static void round_trouble(struct follow_round *round, const char *format, ...)
{
	va_list arguments;

	if (*round->trouble)
		return;
	va_start(arguments, format);
	vsnprintf(round->trouble, sizeof round->trouble, format, arguments);
	va_end(arguments);
}

/* ---- points ---- */

static enum status points_want(struct follow_round *round, const char *path, struct error *err)
{
	const char *at = path;
	uint32_t p;

	for (p = 0; p < round->points; p++)
		round->point[p].wanted = !path;
	while (at && *at) {
		size_t size = strcspn(at, ",/");

		for (p = 0; p < round->points; p++)
			if (strlen(round->point[p].name) == size && memcmp(round->point[p].name, at, size) == 0)
				break;
		if (p == round->points)
			return error_set(err, STATUS_USAGE, "--path: no point '%.*s' in the store", (int)size, at);
		round->point[p].wanted = true;
		at += size + (at[size] != '\0');
	}
	return STATUS_OK;
}

static enum status points_read(struct follow *f, struct store_txn *txn, struct error *err)
{
	struct follow_round *round = &f->round;
	struct store_header header;
	enum status status = store_header_get(txn, &header, err);
	uint32_t p;

	for (p = 0; !status && p < header.points && p < CAPTURE_POINTS_MAX; p++) {
		round->point[p].reached_ns = INT64_MIN;
		status = capture_point_name(txn, p, round->point[p].name, sizeof round->point[p].name, err);
		round->points++;
	}
	return status ? status : points_want(round, f->options->correlate->path, err);
}

/* How far each point came, and since when it stands there. */
static void points_reach(struct follow *f, const struct capture *list, uint32_t count)
{
	int64_t now_ns = follow_now_ns();
	uint32_t i, p;

	for (i = 0; i < count; i++) {
		struct follow_point *point = &f->round.point[list[i].point];

		if (capture_until(&list[i]) > point->reached_ns)
			point->reached_ns = capture_until(&list[i]);
	}
	for (p = 0; p < f->round.points; p++) {
		struct follow_point *point = &f->round.point[p];

		if (!f->begun || point->reached_ns != f->reached_ns[p])
			f->seen_ns[p] = now_ns;
		f->reached_ns[p] = point->reached_ns;
		point->still_ns = now_ns - f->seen_ns[p];
	}
}

/* ---- the window ---- */

static void window_choose(struct follow *f)
{
	struct follow_round *round = &f->round;
	uint32_t wanted = 0, p;

	round->to_ns = INT64_MAX;
	for (p = 0; p < round->points; p++) {
		const struct follow_point *point = &round->point[p];

		if (!point->wanted)
			continue;
		wanted++;
		if (point->reached_ns == INT64_MIN)
			round_trouble(round, "nothing of %s is in the store yet", point->name);
		else if (point->reached_ns < round->to_ns - 1)
			round->to_ns = point->reached_ns + 1;
	}
	if (wanted < 2)
		round_trouble(round, "%s: two points at least are compared", f->options->store);
	if (*round->trouble)
		round->to_ns = 0;
	if (*round->trouble || __builtin_sub_overflow(round->to_ns, f->options->window_ns, &round->from_ns))
		round->from_ns = 0;
}

static enum status window_copy(struct follow *f, struct store_txn *txn, const struct capture *list,
			       uint32_t count, struct store *to, struct error *err)
{
	struct follow_round *round = &f->round;
	struct excerpt_point copied[CAPTURE_POINTS_MAX];
	bool points[CAPTURE_POINTS_MAX] = {false};
	const struct excerpt_span span = {round->from_ns, round->to_ns, points};
	enum status status;
	uint32_t p;

	for (p = 0; p < round->points; p++)
		points[p] = round->point[p].wanted;
	status = excerpt_prepare(txn, to, err);
	if (!status)
		status = excerpt_run(txn, list, count, &span, to, copied, err);
	for (p = 0; p < round->points && !status; p++) {
		round->point[p].packets = copied[p].packets;
		round->point[p].drops = copied[p].drops;
		if (points[p] && !copied[p].captures)
			round_trouble(round, "nothing of %s is as old as the window", round->point[p].name);
	}
	return status;
}

/* A store for one round: its name is gone as soon as it is open. */
static enum status window_open(struct follow *f, struct store_txn *txn, struct store **out, struct error *err)
{
	struct store_header header;
	enum status status = store_header_get(txn, &header, err);

	if (!status)
		status = store_open(out, f->scratch.store, STORE_CREATE, true, &header.seed, err);
	scratch_hide(&f->scratch);
	return status;
}

/* ---- a round ---- */

/* What the window does not allow is no reason to stop: the next one may. */
static enum status round_compare(struct follow *f, struct store *store, struct error *err)
{
	struct follow_round *round = &f->round;
	struct correlate_summary *summary = calloc(1, sizeof *summary);
	enum status status = summary ? correlate_run(store, f->options->correlate, summary, err)
				     : error_errno(err, ENOMEM, "%s", f->options->store);

	if (status == STATUS_INPUT) {
		round_trouble(round, "%s", err->text);
		err->text[0] = '\0';
		status = STATUS_OK;
	} else if (!status) {
		round->compared = true;
		snprintf(round->path, sizeof round->path, "%.*s", (int)sizeof round->path - 1, summary->path);
		status = follow_read(store, round, err);
	}
	free(summary);
	return status;
}

static bool round_is_news(struct follow *f, int64_t before_to_ns)
{
	uint64_t stopped = 0;
	bool news;
	uint32_t p;

	for (p = 0; p < f->round.points; p++)
		if (f->round.point[p].wanted && f->round.point[p].still_ns >= FOLLOW_STALE_NS)
			stopped |= UINT64_C(1) << p;
	news = !f->begun || f->round.to_ns != before_to_ns || stopped != f->stopped;
	f->stopped = stopped;
	f->begun = true;
	return news;
}

enum status follow_look(struct follow *f, const struct follow_round **round, bool *news, struct error *err)
{
	int64_t before_to_ns = f->round.to_ns;
	struct capture *list = NULL;
	struct store_txn *txn = NULL;
	struct store *store = NULL;
	enum status status = store_begin(f->store, false, &txn, err);
	uint32_t count = 0;

	round_clear(&f->round);
	*round = &f->round;
	*news = false;
	if (!status)
		status = points_read(f, txn, err);
	if (!status)
		status = capture_list(txn, &list, &count, err);
	if (!status) {
		points_reach(f, list, count);
		window_choose(f);
		*news = round_is_news(f, before_to_ns);
	}
	if (!status && *news && !*f->round.trouble)
		status = window_open(f, txn, &store, err);
	if (store && !status)
		status = window_copy(f, txn, list, count, store, err);
	store_abort(&txn); /* whoever writes may use again what he freed */
	free(list);
	if (store && !status && !*f->round.trouble)
		status = round_compare(f, store, err);
	store_close(&store);
	malloc_trim(0); /* what a round's threads freed stays with the allocator's arenas otherwise, of which each may grow */
	return status;
}
