#include "report/compare_inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column inputs_columns[INPUTS_COLUMNS] = {
	{"run", TABLE_TEXT, 0}, MANIFEST_COLUMN_LIST
};
const struct table_schema compare_inputs_schema = {"compare_inputs", 0, INPUTS_COLUMNS, inputs_columns};

struct compare_inputs {
	struct rows rows;
	const struct compare *compare;
	uint32_t run, row; /* the next one */
	char name[32];
	struct cell cell[INPUTS_COLUMNS];
};

static enum status inputs_next(struct rows *base, bool *more, struct error *err)
{
	struct compare_inputs *rows = (struct compare_inputs *)base;
	const struct compare *c = rows->compare;
	const struct held *manifest = NULL;

	(void)err;
	for (; rows->run <= c->runs; rows->run++, rows->row = 0) {
		manifest = &(rows->run < c->runs ? c->before[rows->run] : c->after)->manifest;
		if (rows->row < manifest->count)
			break;
	}
	*more = rows->run <= c->runs;
	if (!*more)
		return STATUS_OK;
	if (rows->run == c->runs)
		snprintf(rows->name, sizeof rows->name, "after");
	else
		snprintf(rows->name, sizeof rows->name, "before %u", rows->run + 1);
	rows->cell[INPUTS_RUN] = (struct cell){.known = true, .text = rows->name};
	memcpy(&rows->cell[INPUTS_MANIFEST], held_row(manifest, rows->row++),
	       MANIFEST_COLUMNS * sizeof *rows->cell);
	return STATUS_OK;
}

static const struct cell *inputs_cells(const struct rows *base)
{
	return ((const struct compare_inputs *)base)->cell;
}

static void inputs_close(struct rows *base)
{
	free(base);
}

enum status compare_inputs_open(struct rows **out, const struct compare *compare, struct error *err)
{
	static const struct rows_type type = {
		.next = inputs_next, .cells = inputs_cells, .close = inputs_close};
	struct compare_inputs *rows = calloc(1, sizeof *rows);
	uint32_t i;

	*out = NULL;
	if (!rows)
		return error_errno(err, ENOMEM, "compare");
	rows->rows = (struct rows){&type, &compare_inputs_schema, compare->after->manifest.count, 1};
	for (i = 0; i < compare->runs; i++)
		rows->rows.total += compare->before[i]->manifest.count;
	rows->compare = compare;
	*out = &rows->rows;
	return STATUS_OK;
}
