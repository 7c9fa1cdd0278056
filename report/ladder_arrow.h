/* An arrow of the ladder: one packet's passage over the stages, as a line of characters.
 * Pure drawing: knows neither stores nor tables. */
#ifndef CROSSTAP_REPORT_LADDER_ARROW_H
#define CROSSTAP_REPORT_LADDER_ARROW_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/path.h"

#define LADDER_STEP_MAX 24u /* columns from one stage to the next */
#define LADDER_STEP_MIN 11u
#define LADDER_LINE_MAX (VIEW_POINTS_MAX * LADDER_STEP_MAX + 1)

struct ladder_grid {
	uint32_t stages;
	uint32_t step;       /* columns from one stage to the next */
};

/* Columns that an arrow takes. */
static inline uint32_t ladder_columns(const struct ladder_grid *grid)
{
	return (grid->stages - 1) * grid->step + 1;
}

struct ladder_arrow {
	bool forward;
	uint32_t sights;
	const uint8_t *stage;                   /* of each sight, in the order of travel */
	const char *delay[VIEW_POINTS_MAX];     /* from sight k to k + 1, or NULL */
	char begin, end;                        /* in the middle of the hop: a mark, or 0: at the stage */
	uint8_t begin_hop, end_hop;             /* of the marks */
};

/* Columns for a stage so that the arrows of `stages` fit into `width`. */
uint32_t ladder_step(uint32_t stages, uint32_t width);
/* Draws into `line`, which ends in a zero. */
void ladder_draw(char line[LADDER_LINE_MAX], const struct ladder_grid *grid,
		 const struct ladder_arrow *arrow);
/* The stages' lines, and a text in the middle of those hops whose bit is set. */
void ladder_draw_hops(char line[LADDER_LINE_MAX], const struct ladder_grid *grid, uint64_t hops,
		      const char *text);

#endif
