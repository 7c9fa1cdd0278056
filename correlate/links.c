#include "correlate/links.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "correlate/tasks.h"

#define LINKS_AHEAD 16u /* records whose counts are on their way from memory */

struct links_task {
	const struct view *view;
	const struct journeys *journeys;
	struct link_count *count;
	uint32_t point;
};

static void links_run(void *argument)
{
	struct links_task *t = argument;
	const struct view_point *point = &t->view->point[t->point];
	const uint8_t *marks = t->journeys->marks[t->point];
	uint32_t way[VIEW_BATCH], i;
	struct view_batch batch;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++) {
			uint8_t m = marks[batch.index[i]];

			if (i + LINKS_AHEAD < batch.rows && way[i + LINKS_AHEAD] != VIEW_NO_WAY)
				__builtin_prefetch(&t->count[way[i + LINKS_AHEAD] >> 1], 1);
			if (way[i] == VIEW_NO_WAY)
				continue;
			t->count[way[i] >> 1].ahead += m & JOURNEY_NEXT;
			t->count[way[i] >> 1].behind += !!(m & JOURNEY_PREVIOUS);
		}
	}
}

enum status links_count(struct link_count **out, const struct view *view,
			const struct journeys *journeys, unsigned threads, struct error *err)
{
	struct links_task links[VIEW_POINTS_MAX];
	struct task task[VIEW_POINTS_MAX];
	uint32_t p;

	*out = memory_take(view->memory, (size_t)view->nodes + 1, sizeof **out);
	if (!*out)
		return memory_fail(view->memory, err, "links of flows");
	for (p = 0; p < view->points; p++) {
		links[p] = (struct links_task){view, journeys, *out, p};
		task[p] = (struct task){links_run, &links[p]};
	}
	tasks_run(task, view->points, threads);
	return STATUS_OK;
}
