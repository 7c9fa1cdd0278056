#include "correlate/loss_period.h"

#define LOSS_RECORDS_MAX 64u /* looked at: those of the other direction lie between */

/* The record before that of `*index`, as they lie in the file: where stamps are not in order,
 * the order of the file is that of the link. Where a capture ends, its last block has rows that
 * are none: that is an end of the stream, too. */
static bool loss_step_back(const struct view_point *point, uint32_t *index)
{
	if (!*index)
		return false;
	--*index;
	return (*index & VIEW_ROW_MASK) < point->block[*index >> VIEW_BLOCK_SHIFT].chunk.rows;
}

uint8_t loss_distance(const struct judging *judging, uint8_t *const *code, const struct odd *odd)
{
	const struct view_point *point = &judging->view->point[odd->point];
	bool ahead = judging->path->stage[odd->point] == odd->hop;
	uint32_t index = odd->index, looked;
	uint8_t distance = 0;

	for (looked = 0; looked < LOSS_RECORDS_MAX && loss_step_back(point, &index); looked++) {
		uint32_t way = view_way(point, index);
		uint8_t both = code[odd->point][index];
		enum verdict verdict = ahead ? both >> 4 : both & 15;

		if (way == VIEW_NO_WAY || verdict == VERDICT_COPIES || verdict == VERDICT_EXCLUDED ||
		    sessions_forward(judging->sessions, way) != (odd->direction == HOP_FORWARD))
			continue;
		distance++;
		if (verdict == VERDICT_DROPPED)
			return distance;
		if (distance == LOSS_DISTANCE_MAX)
			return 0;
	}
	return 0;
}
