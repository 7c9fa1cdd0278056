#include "report/sheet.h"

#include <stdio.h>
#include <string.h>

#include "correlate/results.h"
#include "report/manifest.h"

static const struct sheet sheets[] = {
	{&results_hops, rows_open_table},
	{&results_balance, rows_open_table},
	{&results_drops, rows_open_table},
	{&results_injected, rows_open_table},
	{&results_resets, rows_open_table},
	{&results_sessions, rows_open_table},
	{&results_session_points, rows_open_table},
	{&results_delays, rows_open_table},
	{&results_translations, rows_open_table},
	{&results_changes, rows_open_table},
	{&results_findings, rows_open_table},
	{&manifest_schema, manifest_open},
	{&results_run, rows_open_table},
	{&results_distributions, rows_open_table},
	{&results_expect, rows_open_table},
	{&results_offers, rows_open_table},
};

const struct sheet *sheet_at(size_t index)
{
	return index < sizeof sheets / sizeof sheets[0] ? &sheets[index] : NULL;
}

bool sheet_is_last(const struct sheet *sheet)
{
	return sheet->schema == &results_run;
}

const struct sheet *sheet_find(const char *name)
{
	const struct sheet *sheet;
	size_t i;

	for (i = 0; (sheet = sheet_at(i)); i++)
		if (strcmp(sheet->schema->name, name) == 0)
			return sheet;
	return NULL;
}

enum status sheet_run_value(struct store_txn *txn, const char *key, char *value, size_t room,
			    struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, &results_run, err);
	struct cell cell;
	bool more = true;

	*value = '\0';
	while (!status && more) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		rows_cell(rows, RUN_KEY, &cell);
		if (strcmp(cell.text, key) != 0)
			continue;
		rows_cell(rows, RUN_VALUE, &cell);
		snprintf(value, room, "%s", cell.text);
	}
	rows_close(&rows);
	return status;
}
