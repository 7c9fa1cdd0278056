#include "report/ladder_arrow.h"

#include <string.h>

#define LADDER_LIFELINE ':'

uint32_t ladder_step(uint32_t stages, uint32_t width)
{
	uint32_t step = stages > 1 ? (width - 1) / (stages - 1) : LADDER_STEP_MIN;

	return step > LADDER_STEP_MAX ? LADDER_STEP_MAX
	       : step < LADDER_STEP_MIN ? LADDER_STEP_MIN : step;
}

static uint32_t ladder_middle(const struct ladder_grid *grid, uint32_t hop)
{
	return hop * grid->step + grid->step / 2;
}

static void ladder_blank(char *line, const struct ladder_grid *grid)
{
	uint32_t s;

	memset(line, ' ', ladder_columns(grid));
	line[ladder_columns(grid)] = '\0';
	for (s = 0; s < grid->stages; s++)
		line[s * grid->step] = LADDER_LIFELINE;
}

/* A text between two columns, both excluded, if there is room for it and a dash on either
 * side, and one more for the arrow's head. */
static void ladder_between(char *line, uint32_t a, uint32_t b, const char *text)
{
	uint32_t low = a < b ? a : b, room = (a < b ? b - a : a - b) - 1;
	size_t size = strlen(text);

	if (size + 3 <= room)
		memcpy(line + low + 1 + (room - size) / 2, text, size);
}

void ladder_draw(char line[LADDER_LINE_MAX], const struct ladder_grid *grid,
		 const struct ladder_arrow *arrow)
{
	uint32_t first = arrow->stage[0] * grid->step;
	uint32_t last = arrow->stage[arrow->sights - 1] * grid->step;
	uint32_t begin = arrow->begin ? ladder_middle(grid, arrow->begin_hop) : first;
	uint32_t end = arrow->end ? ladder_middle(grid, arrow->end_hop) : last;
	uint32_t low = begin < end ? begin : end, high = begin < end ? end : begin, k;

	ladder_blank(line, grid);
	memset(line + low, '-', high - low + 1);
	for (k = 0; k < arrow->sights; k++) {
		uint32_t at = arrow->stage[k] * grid->step;

		line[at] = '+';
		if (k + 1 < arrow->sights && arrow->delay[k])
			ladder_between(line, at, arrow->stage[k + 1] * grid->step,
				       arrow->delay[k]);
	}
	line[begin] = arrow->begin ? arrow->begin : 'o';
	if (arrow->end)
		line[end] = arrow->end;
	else if (begin != end) {
		line[end] = '|';
		line[arrow->forward ? end - 1 : end + 1] = arrow->forward ? '>' : '<';
	}
}

void ladder_draw_hops(char line[LADDER_LINE_MAX], const struct ladder_grid *grid, uint64_t hops,
		      const char *text)
{
	uint32_t hop;

	ladder_blank(line, grid);
	for (hop = 0; hop + 1 < grid->stages; hop++)
		if (hops >> hop & 1)
			ladder_between(line, hop * grid->step, (hop + 1) * grid->step, text);
}
