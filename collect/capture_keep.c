#include "collect/capture_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/buffer.h"
#include "collect/capture_row.h"
#include "collect/memory.h"

#define KEEP_COUNT_BYTES 64

/* What is asked of a capture: its row is much larger. */
struct keep_capture {
	uint32_t number, point;
	int64_t until_ns;
	uint64_t packets, drops;
};

struct keep_work {
	const struct keep *keep;
	const bool *points;
	struct store_txn *txn;
	struct keep_capture *list;             /* of these points, the oldest first */
	uint64_t count, room;
	uint32_t left[CAPTURE_POINTS_MAX];     /* captures of each point that are still there */
	int64_t newest_ns;
	struct keep_count removed[CAPTURE_POINTS_MAX];
};

/* ---- the count ---- */

enum status capture_removed(struct store_txn *txn, uint32_t point, struct keep_count *count,
			 struct error *err)
{
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	size_t size;

	*count = (struct keep_count){0};
	status = store_get(txn, 'K', point, 0, &value, &size, err);
	if (status || !value)
		return status;
	in = buffer_reader(value, size);
	count->captures = buffer_get_number(&in);
	count->packets = buffer_get_number(&in);
	count->drops = buffer_get_number(&in);
	count->until_ns = (int64_t)buffer_get_number(&in);
	return in.broken ? error_set(err, STATUS_INPUT,
				     "%s: the store is damaged: what was removed of point %u",
				     store_path(store_of(txn)), point)
			 : STATUS_OK;
}

static void keep_add(struct keep_count *to, const struct keep_count *more)
{
	to->captures += more->captures;
	to->packets += more->packets;
	to->drops += more->drops;
	to->until_ns = more->until_ns > to->until_ns ? more->until_ns : to->until_ns;
}

static enum status keep_put(struct store_txn *txn, uint32_t point, const struct keep_count *count,
			    struct error *err)
{
	uint8_t bytes[KEEP_COUNT_BYTES];
	struct buffer out = buffer_fixed(bytes, sizeof bytes);
	enum status status;
	void *value;

	buffer_put_number(&out, count->captures);
	buffer_put_number(&out, count->packets);
	buffer_put_number(&out, count->drops);
	buffer_put_number(&out, (uint64_t)count->until_ns);
	status = store_put(txn, 'K', point, 0, out.size, &value, err);
	if (!status)
		memcpy(value, bytes, out.size);
	return status;
}

/* ---- what goes ---- */

static int keep_order(const void *x, const void *y)
{
	const struct keep_capture *a = x, *b = y;

	if (a->until_ns != b->until_ns)
		return a->until_ns < b->until_ns ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static enum status keep_note(struct keep_work *w, const struct capture *c, struct error *err)
{
	void *list = memory_room(w->list, w->count, &w->room, sizeof *w->list);

	if (!list)
		return error_errno(err, ENOMEM, "list of captures");
	w->list = list;
	w->list[w->count] = (struct keep_capture){c->number, c->point, capture_until(c), c->packets, c->drops};
	w->left[c->point]++;
	if (w->list[w->count].until_ns > w->newest_ns)
		w->newest_ns = w->list[w->count].until_ns;
	w->count++;
	return STATUS_OK;
}

static enum status keep_list(struct keep_work *w, struct error *err)
{
	struct capture *row = malloc(sizeof *row);
	enum status status = row ? STATUS_OK : error_errno(err, ENOMEM, "row of a capture");
	bool found = true;
	uint64_t next = 0;

	w->newest_ns = INT64_MIN;
	while (!status && found) {
		status = capture_row_next(w->txn, &next, row, &found, err);
		if (!status && found && w->points[row->point])
			status = keep_note(w, row, err);
	}
	free(row);
	if (!status && w->count)
		qsort(w->list, w->count, sizeof *w->list, keep_order);
	return status;
}

/* The oldest come first: where one is young enough and there is room, so it is for all behind it. */
static enum status keep_enough(struct keep_work *w, const struct keep_capture *c, bool *enough,
			       struct error *err)
{
	uint64_t used = 0;
	enum status status = w->keep->bytes ? store_used(w->txn, &used, err) : STATUS_OK;

	/* times are of captures, hence anything */
	*enough = (!w->keep->age_ns ||
		   (uint64_t)w->newest_ns - (uint64_t)c->until_ns <= (uint64_t)w->keep->age_ns) &&
		  used <= w->keep->bytes;
	return status;
}

static enum status keep_remove(struct keep_work *w, struct error *err)
{
	enum status status = STATUS_OK;
	bool enough = false;
	uint64_t i;

	for (i = 0; i < w->count && !status; i++) {
		const struct keep_capture *c = &w->list[i];

		status = keep_enough(w, c, &enough, err);
		if (status || enough)
			break;
		if (w->left[c->point] == 1) /* the last one says how far the point came */
			continue;
		w->left[c->point]--;
		status = capture_remove(w->txn, c->number, err);
		keep_add(&w->removed[c->point],
			 &(struct keep_count){1, c->packets, c->drops, c->until_ns == INT64_MIN ? 0 : c->until_ns});
	}
	return status;
}

static enum status keep_count_up(struct keep_work *w, struct keep_count *removed, struct error *err)
{
	enum status status = STATUS_OK;
	struct keep_count count;
	uint32_t p;

	for (p = 0; p < CAPTURE_POINTS_MAX && !status; p++) {
		if (!w->removed[p].captures)
			continue;
		keep_add(removed, &w->removed[p]);
		status = capture_removed(w->txn, p, &count, err);
		keep_add(&count, &w->removed[p]);
		if (!status)
			status = keep_put(w->txn, p, &count, err);
	}
	return status;
}

enum status capture_keep(struct store *store, const struct keep *keep, const bool points[CAPTURE_POINTS_MAX],
		       struct keep_count *removed, struct error *err)
{
	struct keep_work w = {.keep = keep, .points = points};
	enum status status;

	*removed = (struct keep_count){0};
	if (!keep->age_ns && !keep->bytes)
		return STATUS_OK;
	status = store_begin(store, true, &w.txn, err);
	if (!status)
		status = keep_list(&w, err);
	if (!status)
		status = keep_remove(&w, err);
	if (!status)
		status = keep_count_up(&w, removed, err);
	if (!status && removed->captures)
		status = store_commit(&w.txn, err);
	store_abort(&w.txn);
	free(w.list);
	if (status)
		*removed = (struct keep_count){0};
	return status;
}
