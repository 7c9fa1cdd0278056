#include "correlate/pairs.h"

void pairs_first(struct pairs *pairs, const struct journeys *journeys, const struct view *view,
		 const struct meeting *meeting, uint32_t point)
{
	pairs->journeys = journeys;
	pairs->view = view;
	pairs->meeting = meeting;
	pairs->point = point;
	pairs->rows = 0;
	view_first(&pairs->batch, &view->point[point]);
}

bool pairs_next(struct pairs *pairs)
{
	const struct clock *clock = &pairs->meeting->clock[pairs->point];
	const struct journeys *j = pairs->journeys;
	const uint8_t *marks = j->marks[pairs->point];
	uint32_t way[VIEW_BATCH], i, n = 0;
	int64_t time[VIEW_BATCH];

	if (!view_next(&pairs->batch))
		return false;
	for (i = 0; i < pairs->batch.rows; i++) {
		pairs->near[n] = i;
		n += (marks[pairs->batch.index[i]] & JOURNEY_NEXT) != 0;
	}
	pairs->rows = n;
	if (!n)
		return true;
	view_read_ways(&pairs->batch, way);
	view_read_64(&pairs->batch, RECORD_TIME, time);
	for (i = 0; i < n; i++) {
		uint32_t row = pairs->near[i], index = pairs->batch.index[row];

		pairs->near[i] = index;
		pairs->near_way[i] = way[row];
		pairs->near_ns[i] = clock_correct(clock, time[row]);
		pairs->far_point[i] = j->next_point[pairs->point][index];
		pairs->far[i] = j->next[pairs->point][index];
	}
	return true;
}

void pairs_read_far(struct pairs *pairs)
{
	uint32_t i;

	view_gather_64(pairs->view, RECORD_TIME, pairs->far_point, pairs->far, pairs->rows,
		       pairs->far_ns);
	for (i = 0; i < pairs->rows; i++)
		pairs->far_ns[i] = clock_correct(&pairs->meeting->clock[pairs->far_point[i]],
						 pairs->far_ns[i]);
}
