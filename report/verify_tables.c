/* Each table of the set, row by row: it is CSV, its columns are those of its schema, its cells are of
 * their types. What the rows say of each other is asked elsewhere. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "correlate/results.h"
#include "report/manifest.h"
#include "report/verify_set.h"

/* Those that others refer to come first, then all sheets. */
static const struct table_schema *const tables_first[] = {
	&results_run, &manifest_schema, &results_hops, &results_balance, &results_sessions,
};
#define TABLES_FIRST (sizeof tables_first / sizeof tables_first[0])

struct tables_reading {
	struct verify *v;
	struct verify_row row;
	unsigned columns; /* of the schema that the file has */
	bool header;
};

/* A version that is not ours may have more columns behind ours. */
static bool tables_header(struct tables_reading *r, const struct csv_row *text)
{
	const struct table_schema *schema = r->row.sheet->schema;
	bool ours = r->v->version && strcmp(r->v->version, CROSSTAP_VERSION) == 0;
	unsigned c;

	r->header = true;
	for (c = 0; c < schema->columns; c++)
		if (c >= text->cells || strcmp(text->cell[c], schema->column[c].name) != 0) {
			verify_fault_at(r->v, r->row.sheet, 1, NULL, "column %u is \"%s\", not \"%s\"",
					c + 1, c < text->cells ? text->cell[c] : "",
					schema->column[c].name);
			return false;
		}
	if (text->cells > schema->columns && (ours || schema == &results_run)) {
		verify_fault_at(r->v, r->row.sheet, 1, NULL, "%u columns, not %u", text->cells,
				schema->columns);
		return false;
	}
	r->columns = text->cells;
	return true;
}

static bool tables_cells(struct tables_reading *r, const struct csv_row *text)
{
	const struct table_schema *schema = r->row.sheet->schema;
	bool well = true;
	unsigned c;

	if (text->cells != r->columns) {
		verify_fault_at(r->v, r->row.sheet, text->line, NULL, "%u cells, not %u", text->cells,
				r->columns);
		return false;
	}
	for (c = 0; c < schema->columns; c++) {
		const char *wrong = verify_cell(&schema->column[c], text->cell[c], &r->row.value[c]);

		if (wrong)
			verify_fault_at(r->v, r->row.sheet, text->line, schema->column[c].name,
					"\"%.80s\" %s", text->cell[c], wrong);
		well = well && !wrong;
	}
	return well;
}

static bool tables_row(void *context, const struct csv_row *text)
{
	struct tables_reading *r = context;
	struct verify *v = r->v;

	if (!r->header)
		return tables_header(r, text);
	v->looked++;
	r->row.number++;
	r->row.line = text->line;
	r->row.text = text;
	if (tables_cells(r, text)) {
		verify_learn(v, &r->row);
		verify_names(v, &r->row);
		verify_frame(v, &r->row);
		verify_sums_add(v, &r->row);
	}
	return !v->no_memory;
}

static enum status tables_read(struct verify *v, const struct sheet *sheet, struct error *err)
{
	struct tables_reading *r = calloc(1, sizeof *r);
	char name[SET_NAME_MAX];
	struct csv_fault fault;
	enum status status;
	int fd;

	if (!r)
		return error_errno(err, ENOMEM, "%s", v->options->directory);
	r->v = v;
	r->row.sheet = sheet;
	verify_names_begin(&r->row);
	verify_frame_begin(&r->row);
	set_sheets_name(name, sheet);
	fd = output_open_there(v->directory, name);
	if (fd < 0) { /* why was said where the files are looked at */
		verify_fault(v, "%s/%s cannot be read", v->options->directory, name);
		free(r);
		return STATUS_OK;
	}
	status = csv_read(fd, tables_row, r, &fault, err);
	close(fd);
	if (!status && fault.why)
		verify_fault_at(v, sheet, fault.line, NULL, "no CSV: %s", fault.why);
	else if (!status && !r->header)
		verify_fault_at(v, sheet, 1, NULL, "no header");
	free(r);
	return status;
}

static bool tables_is_first(const struct sheet *sheet)
{
	size_t i;

	for (i = 0; i < TABLES_FIRST; i++)
		if (sheet->schema == tables_first[i])
			return true;
	return false;
}

enum status verify_tables(struct verify *v, struct error *err)
{
	enum status status = STATUS_OK;
	const struct sheet *sheet;
	size_t i;

	for (i = 0; !status && i < TABLES_FIRST; i++) {
		status = tables_read(v, sheet_find(tables_first[i]->name), err);
		if (tables_first[i] == &manifest_schema)
			verify_learn_captures(v);
	}
	for (i = 0; !status && (sheet = sheet_at(i)); i++)
		if (!tables_is_first(sheet))
			status = tables_read(v, sheet, err);
	return status;
}
