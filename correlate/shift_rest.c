/* Shifts of what matched nothing. See shift.h.
 */
#include "correlate/shift.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"

#define SHIFT_FEW 2u /* a flow of whose packets not more than a half are linked is asked about */

/* A byte for each TCP node that few packets link to the stages on one side of its own: a shift of
 * the server's numbers alone leaves the first SYN as it was. False: one side of the path has none, so
 * that no two of them can belong together. */
static bool shift_alone(uint8_t *alone, const struct link_count *links, const struct view *view,
			const struct survey_flow *flows, const struct path *path)
{
	bool ahead = false, behind = false;
	uint32_t n;

	for (n = 0; n < view->nodes; n++) {
		uint64_t few = ((uint64_t)flows[n].packets[0] + flows[n].packets[1]) / SHIFT_FEW;
		uint8_t stage = path->stage[view->node_point[n]];

		if (stage == PATH_OFF || view->flow[n].proto != 6)
			continue;
		if (links[n].ahead <= few && stage + 1u < path->stages)
			alone[n] = ahead = true;
		if (links[n].behind <= few && stage > 0)
			alone[n] = behind = true;
	}
	return ahead && behind;
}

static uint32_t shift_group_of(uint32_t *group, uint32_t node)
{
	while (group[node] != node) {
		group[node] = group[group[node]];
		node = group[node];
	}
	return node;
}

static void shift_group_links(uint32_t *group, const struct view *view,
			      const struct journeys *journeys, uint32_t p)
{
	struct view_batch batch;
	uint32_t way[VIEW_BATCH], i, a, b;

	view_first(&batch, &view->point[p]);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++) {
			uint32_t index = batch.index[i];

			if (way[i] == VIEW_NO_WAY || !(journeys->marks[p][index] & JOURNEY_NEXT))
				continue;
			a = shift_group_of(group, way[i] >> 1);
			b = shift_group_of(group, view_way(&view->point[journeys->next_point[p][index]],
							   journeys->next[p][index]) >> 1);
			group[a > b ? a : b] = a < b ? a : b;
		}
	}
}

/* The flows that share a packet with one that is wanted are wanted, too. */
static bool shift_spread(uint8_t *wanted, const struct view *view, const struct journeys *journeys)
{
	uint32_t *group = memory_take(view->memory, (size_t)view->nodes + 1, sizeof *group);
	uint32_t n, p;

	if (!group)
		return false;
	for (n = 0; n < view->nodes; n++)
		group[n] = n;
	for (p = 0; p < view->points; p++)
		shift_group_links(group, view, journeys, p);
	for (n = 0; n < view->nodes; n++)
		if (wanted[n])
			wanted[shift_group_of(group, n)] = 1;
	for (n = 0; n < view->nodes; n++)
		wanted[n] = wanted[shift_group_of(group, n)];
	memory_give(group);
	return true;
}

enum status shifts_learn_rest(struct view *view, struct survey_flow *flows, const struct path *path,
			      const struct journeys *journeys, const struct link_count *links,
			      uint32_t *found, struct error *err)
{
	uint8_t *wanted = memory_take(view->memory, (size_t)view->nodes + 1, 1);
	bool ok = wanted != NULL, any = false;

	*found = 0;
	if (ok && shift_alone(wanted, links, view, flows, path))
		ok = shift_pick(view, flows, wanted, &any);
	if (ok && any)
		ok = shift_spread(wanted, view, journeys) &&
		     shift_learn_of(view, flows, wanted, found);
	memory_give(wanted);
	return ok ? STATUS_OK : error_errno(err, ENOMEM, "sequence shifts");
}
