#include "collect/fingerprint.h"
#include "collect/memory.h"
#include "correlate/renumber.h"
#include "correlate/tasks.h"
#include "correlate/view.h"

#define KEEP_BLOCKS 64u /* that a task works them out for */

/* ---- worked out once ---- */

struct keep_task {
	const struct view *view;
	const struct view_point *point;
	uint32_t from, to; /* blocks */
};

static void keep_run(void *argument)
{
	const struct keep_task *task = argument;
	uint32_t b;

	for (b = task->from; b < task->to; b++) {
		const struct record_chunk *chunk = &task->point->block[b].chunk;

		memory_keep(task->point->memory);
		record_fingerprints(chunk, 0, chunk->rows, task->view->seed,
				    task->point->fp + ((size_t)b << VIEW_BLOCK_SHIFT));
	}
}

static uint32_t keep_tasks(const struct view *view, struct keep_task *keep, struct task *task)
{
	uint32_t n = 0, p, b;

	for (p = 0; p < view->points; p++) {
		const struct view_point *point = &view->point[p];

		for (b = 0; b < point->blocks; b += KEEP_BLOCKS) {
			uint32_t to = point->blocks - b > KEEP_BLOCKS ? b + KEEP_BLOCKS : point->blocks;

			if (keep) {
				keep[n] = (struct keep_task){view, point, b, to};
				task[n] = (struct task){keep_run, &keep[n]};
			}
			n++;
		}
	}
	return n;
}

static bool keep_room(struct view *view)
{
	uint32_t p;

	for (p = 0; p < view->points; p++) {
		struct view_point *point = &view->point[p];

		point->fp = memory_resize(view->memory, NULL, (size_t)point->indexes + 1,
					  sizeof *point->fp);
		if (!point->fp)
			return false;
	}
	return true;
}

void view_forget_fingerprints(struct view *view)
{
	uint32_t p;

	for (p = 0; p < view->points; p++) {
		memory_give(view->point[p].fp);
		view->point[p].fp = NULL;
	}
}

enum status view_keep_fingerprints(struct view *view, unsigned threads, struct error *err)
{
	uint64_t bytes = 0;
	struct keep_task *keep;
	struct task *task;
	uint32_t tasks, p;
	bool ok;

	for (p = 0; p < view->points; p++)
		bytes += (uint64_t)view->point[p].indexes * sizeof *view->point[p].fp;
	if (!memory_is_little(view->memory, bytes))
		return STATUS_OK;
	tasks = keep_tasks(view, NULL, NULL);
	keep = memory_resize(NULL, NULL, tasks + 1, sizeof *keep);
	task = memory_resize(NULL, NULL, tasks + 1, sizeof *task);
	ok = keep && task && keep_room(view);
	if (ok) {
		(void)keep_tasks(view, keep, task);
		tasks_run(task, tasks, threads);
	} else {
		view_forget_fingerprints(view);
	}
	memory_give(keep);
	memory_give(task);
	return ok ? STATUS_OK : memory_fail(view->memory, err, "fingerprints");
}

/* ---- reading ---- */

static void view_collected_fingerprints(const struct view *view, const struct view_batch *batch,
					uint64_t *out)
{
	const struct view_point *point = batch->point;
	uint32_t i;

	if (point->fp)
		for (i = 0; i < batch->rows; i++)
			out[i] = point->fp[batch->index[i]];
	else if (batch->contiguous)
		record_fingerprints(&point->block[batch->index[0] >> VIEW_BLOCK_SHIFT].chunk,
				    batch->index[0] & VIEW_ROW_MASK, batch->rows, view->seed, out);
	else
		for (i = 0; i < batch->rows; i++)
			out[i] = view_fingerprint(view, point, batch->index[i]);
}

/* Where some capture kept too little of the payload, all points fall back to
 * what every record has: see fingerprint_header(). */
static uint64_t view_header_fingerprint(const struct view *view, const struct view_point *point,
					uint32_t index, uint64_t fp)
{
	uint32_t way = view_way(point, index);
	uint8_t proto;

	if (way == VIEW_NO_WAY)
		return fp;
	proto = view->flow[way >> 1].proto;
	if (proto == 6)
		return fp;
	return fingerprint_header(proto, (uint16_t)view_get(point, RECORD_MARKS, index),
				  (uint16_t)view_get(point, RECORD_FLAGS, index),
				  (uint32_t)view_get(point, RECORD_SEQ, index),
				  (uint32_t)view_get(point, RECORD_ACK, index),
				  view_payload(point, index), view->seed);
}

void view_read_fingerprints(const struct view *view, const struct view_batch *batch, uint64_t *out)
{
	uint32_t i;

	view_collected_fingerprints(view, batch, out);
	for (i = 0; view->header_only && i < batch->rows; i++)
		out[i] = view_header_fingerprint(view, batch->point, batch->index[i], out[i]);
	for (i = 0; batch->point->renumber && i < batch->rows; i++)
		out[i] = renumber_fingerprint(view, batch->point, batch->index[i], out[i]);
}
