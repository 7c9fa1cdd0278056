/* What a row names must be there: sessions, hops, points; and numbers that have bounds keep them. By
 * the columns' names, so that a new table is asked the same. */
#include <string.h>

#include "correlate/results.h"
#include "report/filter_rows.h"
#include "report/manifest.h"
#include "report/verify_set.h"

struct names_cell {
	struct verify *v;
	const struct verify_row *row;
	const char *column, *text;
	const struct verify_value *value;
};

static void names_wrong(const struct names_cell *c, const char *why)
{
	verify_fault_at(c->v, c->row->sheet, c->row->line, c->column, "%.80s %s", c->text, why);
}

/* A filter leaves out sessions, but not the tables that are not of one session. */
static void names_session(const struct names_cell *c)
{
	const struct table_schema *schema = c->row->sheet->schema;
	bool filtered = c->v->filter && *c->v->filter;

	if (schema == &results_sessions || c->v->sessions_full || !c->value->known ||
	    (filtered && !filter_rows_concerns(c->row->sheet)))
		return;
	if (!verify_session(c->v, c->value->number))
		names_wrong(c, "is no session of sessions.csv");
}

static void names_hop(const struct names_cell *c)
{
	if (*c->text && c->row->sheet->schema != &results_hops && verify_hop(c->v, c->text) == UINT32_MAX)
		names_wrong(c, "is no hop of hops.csv");
}

static void names_point(const struct names_cell *c)
{
	if (*c->text && c->row->sheet->schema != &manifest_schema &&
	    verify_point(c->v, c->text, false) == UINT32_MAX)
		names_wrong(c, "is no point of manifest.csv");
}

static void names_direction(const struct names_cell *c)
{
	if (*c->text && verify_direction(c->text) == UINT32_MAX)
		names_wrong(c, "is no direction");
}

static void names_ratio(const struct names_cell *c)
{
	if (c->value->known && (c->value->real < 0 || c->value->real > 1))
		names_wrong(c, "does not lie between 0 and 1");
}

static void names_rank(const struct names_cell *c)
{
	if (!c->value->known || c->value->number < 0 || (uint64_t)c->value->number != c->row->number)
		names_wrong(c, "is not the number of the row");
}

static void names_balanced(const struct names_cell *c)
{
	if (strcmp(c->text, "yes") != 0)
		names_wrong(c, "says that the row does not add up");
}

static const struct {
	const char *column;
	void (*ask)(const struct names_cell *c);
} names_columns[] = {
	{"session", names_session},   {"example_session", names_session},
	{"hop", names_hop},           {"direction", names_direction},
	{"point", names_point},       {"seen_at", names_point},
	{"first_seen_at", names_point}, {"confidence", names_ratio},
	{"loss_ratio", names_ratio},  {"rank", names_rank},
	{"balanced", names_balanced},
};

void verify_names_begin(struct verify_row *row)
{
	const struct table_schema *schema = row->sheet->schema;
	unsigned c;
	size_t i;

	for (c = 0; c < schema->columns; c++)
		for (i = 0; i < sizeof names_columns / sizeof names_columns[0]; i++)
			if (strcmp(schema->column[c].name, names_columns[i].column) == 0)
				row->ask[c] = (uint8_t)(i + 1);
}

void verify_names(struct verify *v, const struct verify_row *row)
{
	const struct table_schema *schema = row->sheet->schema;
	unsigned c;

	for (c = 0; c < schema->columns; c++)
		if (row->ask[c])
			names_columns[row->ask[c] - 1].ask(
				&(struct names_cell){v, row, schema->column[c].name,
						     row->text->cell[c], &row->value[c]});
}
