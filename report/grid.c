#include "report/grid.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GRID_GAP 2
#define GRID_LABEL_PART 2 /* a label takes no more than one part in this many of the width */

struct grid_row {
	char *label;
	char cell[GRID_COLUMNS_MAX][GRID_CELL_ROOM];
};

struct grid {
	const char *const *headings;
	unsigned columns;
	bool optional[GRID_COLUMNS_MAX];
	struct grid_row *row;
	size_t rows, room;
};

struct grid *grid_new(const char *const *headings, unsigned columns)
{
	struct grid *grid = columns <= GRID_COLUMNS_MAX ? calloc(1, sizeof *grid) : NULL;

	if (!grid)
		return NULL;
	grid->headings = headings;
	grid->columns = columns;
	return grid;
}

void grid_free(struct grid **grid)
{
	if (!*grid)
		return;
	while ((*grid)->rows)
		free((*grid)->row[--(*grid)->rows].label);
	free((*grid)->row);
	free(*grid);
	*grid = NULL;
}

bool grid_add_row(struct grid *grid, const char *label)
{
	struct grid_row *row;

	if (grid->rows == grid->room) {
		size_t room = grid->room ? 2 * grid->room : 16;

		row = realloc(grid->row, room * sizeof *row);
		if (!row)
			return false;
		grid->row = row;
		grid->room = room;
	}
	row = &grid->row[grid->rows];
	memset(row, 0, sizeof *row);
	row->label = strdup(label);
	if (!row->label)
		return false;
	grid->rows++;
	return true;
}

void grid_set(struct grid *grid, unsigned column, const char *text)
{
	snprintf(grid->row[grid->rows - 1].cell[column], GRID_CELL_ROOM, "%s", text);
}

void grid_optional(struct grid *grid, unsigned column)
{
	grid->optional[column] = true;
}

/* Columns on the screen: bytes that do not continue a UTF-8 character. */
static unsigned grid_text_width(const char *text)
{
	unsigned width = 0;

	for (; *text; text++)
		width += ((uint8_t)*text & 0xc0) != 0x80;
	return width;
}

/* The width of a column, 0 when it is left out. */
static unsigned grid_column_width(const struct grid *grid, unsigned column)
{
	unsigned width = grid_text_width(grid->headings[column + 1]);
	bool says = false;
	size_t i;

	for (i = 0; i < grid->rows; i++) {
		const char *cell = grid->row[i].cell[column];
		unsigned own = grid_text_width(cell);

		says = says || (*cell && !(grid->optional[column] && strcmp(cell, "0") == 0));
		width = own > width ? own : width;
	}
	return says ? width : 0;
}

static unsigned grid_label_width(const struct grid *grid, unsigned most)
{
	unsigned width = grid_text_width(grid->headings[0]);
	size_t i;

	for (i = 0; i < grid->rows; i++) {
		unsigned own = grid_text_width(grid->row[i].label);

		if (own <= most && own > width)
			width = own;
	}
	return width;
}

/* A part of the grid: some of its columns. */
struct grid_part {
	unsigned indent, label; /* widths */
	const unsigned *width;
	unsigned from, to;
};

/* One line; a label that is too long has one of its own. No blanks at the end. */
static void grid_print_line(FILE *stream, const struct grid_part *part, const char *label,
			    const char *const *cell)
{
	unsigned own = grid_text_width(label), gap = part->label - own, c;
	bool alone = own > part->label;

	fprintf(stream, "%*s%s", (int)part->indent, "", label);
	if (alone)
		gap = part->indent + part->label;
	for (c = part->from; c < part->to; c++) {
		if (!part->width[c])
			continue;
		gap += GRID_GAP + part->width[c];
		if (!*cell[c])
			continue;
		if (alone)
			putc('\n', stream);
		alone = false;
		fprintf(stream, "%*s%s", (int)(gap - grid_text_width(cell[c])), "", cell[c]);
		gap = 0;
	}
	putc('\n', stream);
}

static void grid_print_part(const struct grid *grid, FILE *stream, const struct grid_part *part)
{
	const char *cell[GRID_COLUMNS_MAX];
	unsigned c;
	size_t i;

	grid_print_line(stream, part, grid->headings[0], grid->headings + 1);
	for (i = 0; i < grid->rows; i++) {
		for (c = 0; c < grid->columns; c++)
			cell[c] = grid->row[i].cell[c];
		grid_print_line(stream, part, grid->row[i].label, cell);
	}
}

void grid_print(const struct grid *grid, FILE *stream, unsigned width, unsigned indent)
{
	unsigned column_width[GRID_COLUMNS_MAX], c, used;
	struct grid_part part = {
		.indent = indent,
		.label = grid_label_width(grid, width / GRID_LABEL_PART),
		.width = column_width,
	};
	const unsigned bare = indent + part.label;

	for (c = 0; c < grid->columns; c++)
		column_width[c] = grid_column_width(grid, c);
	for (part.from = 0; part.from < grid->columns; part.from = part.to) {
		used = bare;
		for (part.to = part.from; part.to < grid->columns; part.to++) {
			unsigned more = column_width[part.to];

			if (more && used > bare && used + GRID_GAP + more > width)
				break;
			used += more ? GRID_GAP + more : 0;
		}
		if (used == bare)
			continue;
		putc('\n', stream);
		grid_print_part(grid, stream, &part);
	}
}
