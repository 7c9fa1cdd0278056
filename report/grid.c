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

/* A label at the left; one that is too long has a line of its own. */
static void grid_print_label(FILE *stream, const char *label, unsigned indent, unsigned width)
{
	unsigned own = grid_text_width(label);

	fprintf(stream, "%*s%s", (int)indent, "", label);
	if (own > width) {
		fprintf(stream, "\n%*s", (int)indent, "");
		own = 0;
	}
	fprintf(stream, "%*s", (int)(width - own), "");
}

static void grid_print_cell(FILE *stream, const char *text, unsigned width)
{
	fprintf(stream, "%*s%s", (int)(GRID_GAP + width - grid_text_width(text)), "", text);
}

/* One part: the columns from `from` to before `to`. */
static void grid_print_part(const struct grid *grid, FILE *stream, unsigned indent, unsigned label,
			    const unsigned *width, unsigned from, unsigned to)
{
	unsigned c;
	size_t i;

	grid_print_label(stream, grid->headings[0], indent, label);
	for (c = from; c < to; c++)
		if (width[c])
			grid_print_cell(stream, grid->headings[c + 1], width[c]);
	putc('\n', stream);
	for (i = 0; i < grid->rows; i++) {
		grid_print_label(stream, grid->row[i].label, indent, label);
		for (c = from; c < to; c++)
			if (width[c])
				grid_print_cell(stream, grid->row[i].cell[c], width[c]);
		putc('\n', stream);
	}
}

void grid_print(const struct grid *grid, FILE *stream, unsigned width, unsigned indent)
{
	unsigned label = grid_label_width(grid, width / GRID_LABEL_PART);
	unsigned column_width[GRID_COLUMNS_MAX], from = 0, to, c, used;

	for (c = 0; c < grid->columns; c++)
		column_width[c] = grid_column_width(grid, c);
	while (from < grid->columns) {
		used = indent + label;
		for (to = from; to < grid->columns; to++) {
			unsigned more = column_width[to] ? GRID_GAP + column_width[to] : 0;

			if (used + more > width && used > indent + label)
				break;
			used += more;
		}
		if (from && used > indent + label)
			putc('\n', stream);
		if (used > indent + label || !from)
			grid_print_part(grid, stream, indent, label, column_width, from, to);
		from = to;
	}
}

