/* A grid of numbers for people: a label at the left of each row, columns set flush
 * right under their headings. Columns that have nothing to say are left out, and
 * where the rest is wider than the page, the columns go on below under the
 * same labels.
 */
#ifndef CROSSTAP_REPORT_GRID_H
#define CROSSTAP_REPORT_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define GRID_COLUMNS_MAX 24
#define GRID_CELL_ROOM 64

struct grid;

/* `headings` are borrowed: the label's, then `columns` others. NULL without memory. */
struct grid *grid_new(const char *const *headings, unsigned columns);
/* NULL is legal; *grid becomes NULL. */
void grid_free(struct grid **grid);

/* A row with this label (copied) and empty cells. False without memory. */
bool grid_add_row(struct grid *grid, const char *label);
/* Sets a cell of the last row, column 0 being the first behind the label; what is longer than
 * GRID_CELL_ROOM - 1 is cut. */
void grid_set(struct grid *grid, unsigned column, const char *text);
/* The column is left out unless a cell other than "" and "0" is in it. Columns
 * whose cells are all "" are always left out. */
void grid_optional(struct grid *grid, unsigned column);

/* Prints it at most `width` columns wide, indented by `indent`, with an empty line above each
 * part. Nothing where no cell says anything. */
void grid_print(const struct grid *grid, FILE *stream, unsigned width, unsigned indent);

#endif
