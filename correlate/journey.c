#include "correlate/journey.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"

enum status journeys_new(struct journeys **out, const struct view *view, struct error *err)
{
	struct journeys *j = calloc(1, sizeof *j);
	uint32_t p;

	*out = j;
	if (!j)
		return error_errno(err, ENOMEM, "journeys");
	j->points = view->points;
	for (p = 0; p < view->points; p++) {
		size_t n = (size_t)view->point[p].indexes + 1;

		j->next[p] = memory_take(view->memory, n, sizeof *j->next[p]);
		j->next_point[p] = memory_take(view->memory, n, 1);
		j->marks[p] = memory_take(view->memory, n, 1);
		if (!j->next[p] || !j->next_point[p] || !j->marks[p]) {
			journeys_free(out);
			return memory_fail(view->memory, err, "journeys of point %s",
					   view->point[p].name);
		}
	}
	return STATUS_OK;
}

void journeys_free(struct journeys **journeys)
{
	uint32_t p;

	if (!*journeys)
		return;
	for (p = 0; p < (*journeys)->points; p++) {
		memory_give((*journeys)->next[p]);
		memory_give((*journeys)->next_point[p]);
		memory_give((*journeys)->marks[p]);
	}
	free(*journeys);
	*journeys = NULL;
}

void journey_link(struct journeys *j, const struct path *path, uint32_t near_point,
		  uint32_t near_index, uint32_t far_point, uint32_t far_index)
{
	j->next[near_point][near_index] = far_index;
	j->next_point[near_point][near_index] = (uint8_t)far_point;
	j->marks[near_point][near_index] |= JOURNEY_NEXT;
	j->marks[far_point][far_index] |= JOURNEY_PREVIOUS;
	if (path->stage[far_point] > path->stage[near_point] + 1)
		j->marks[far_point][far_index] |= JOURNEY_GAP_BEHIND;
}

void journey_unlink(struct journeys *j, uint32_t near_point, uint32_t near_index)
{
	uint32_t far_index = j->next[near_point][near_index];
	uint8_t far_point = j->next_point[near_point][near_index];

	j->marks[near_point][near_index] &= (uint8_t)~JOURNEY_NEXT;
	j->marks[far_point][far_index] &= (uint8_t)~(JOURNEY_PREVIOUS | JOURNEY_GAP_BEHIND);
}
