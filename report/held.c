#include "report/held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "report/cell.h"

/* A copy of the cell with a text of its own; false: no memory. */
static bool held_copy(struct cell *to, const struct cell *from, enum table_type type)
{
	*to = *from;
	if (cell_is_text(type)) {
		to->text = from->known ? strdup(from->text) : NULL;
		return to->text || !from->known;
	}
	if (type == TABLE_ADDRESS && from->known) {
		uint8_t *bytes = malloc(from->size + 1u);

		to->bytes = bytes;
		if (bytes)
			memcpy(bytes, from->bytes, from->size);
		return bytes != NULL;
	}
	return true;
}

static bool held_add(struct held *held, uint64_t *room, const struct cell *row)
{
	unsigned columns = held->schema->columns, c;
	struct cell *cell = memory_room(held->cell, held->count, room, columns * sizeof *cell);
	struct cell *to;
	bool ok = true;

	if (!cell)
		return false;
	held->cell = cell;
	to = cell + (size_t)held->count * columns;
	memset(to, 0, columns * sizeof *to);
	held->count++; /* what was copied is freed with the rest */
	for (c = 0; c < columns && ok; c++)
		ok = held_copy(&to[c], &row[c], held->schema->column[c].type);
	if (!ok)
		memset(&to[c - 1], 0, sizeof *to);
	return ok;
}

enum status held_read(struct held *held, struct store_txn *txn, const char *name, uint32_t most,
		      const struct held_choice *choice, struct error *err)
{
	const struct sheet *sheet = sheet_find(name);
	struct rows *rows;
	enum status status;
	uint64_t room = 0;
	bool more = true;

	*held = (struct held){.schema = sheet->schema};
	status = sheet_open(sheet, &rows, txn, err);
	if (!status)
		held->total = rows->total;
	if (!status && choice)
		rows_want(rows, choice->columns);
	while (!status && held->count < most) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		if (choice && !choice->takes(choice->context, rows_cells(rows)))
			continue;
		rows_fill(rows);
		if (!held_add(held, &room, rows_cells(rows)))
			status = error_errno(err, ENOMEM, "%s", name);
	}
	rows_close(&rows);
	if (status)
		held_free(held);
	return status;
}

void held_span(const struct held *held, unsigned start, unsigned length, int64_t *first_ns,
	       int64_t *last_ns)
{
	uint32_t i;

	*first_ns = INT64_MAX;
	*last_ns = INT64_MIN;
	for (i = 0; i < held->count; i++) {
		const struct cell *cell = held_row(held, i);
		int64_t from_ns = cell[start].number;
		int64_t to_ns = cell_after(from_ns, cell[length].number);

		*first_ns = from_ns < *first_ns ? from_ns : *first_ns;
		*last_ns = to_ns > *last_ns ? to_ns : *last_ns;
	}
}

const char *held_find(const struct held *held, unsigned key_column, const char *key, unsigned column)
{
	uint32_t i;

	for (i = 0; i < held->count; i++)
		if (strcmp(held_text(held, i, key_column), key) == 0)
			return held_text(held, i, column);
	return "";
}

void held_free(struct held *held)
{
	uint32_t i;
	unsigned c;

	for (i = 0; held->cell && i < held->count; i++)
		for (c = 0; c < held->schema->columns; c++) {
			const struct cell *cell = &held_row(held, i)[c];

			if (cell_is_text(held->schema->column[c].type))
				free((char *)cell->text);
			else if (held->schema->column[c].type == TABLE_ADDRESS && cell->known)
				free((uint8_t *)cell->bytes);
		}
	free(held->cell);
	*held = (struct held){0};
}
