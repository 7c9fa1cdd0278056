/* The results of a store: those of its generation, whole, and no others but of a run under way. */
#include <stdio.h>

#include "collect/store_verify_parts.h"
#include "collect/table_block.h"
#include "collect/table_check.h"

/* Tables and packet columns of one kind, generation by generation. */
static enum status verify_kind(struct verify_store *v, char kind, uint32_t *under_way,
			       struct error *err)
{
	enum status status = STATUS_OK;
	uint64_t next = 0;

	while (!status && next <= UINT32_MAX) {
		uint32_t a = (uint32_t)next, b = 0, generation;
		struct table_found table;
		bool found;

		status = store_seek(v->txn, kind, &a, &b, &found, err);
		if (status || !found)
			break;
		next = (uint64_t)a + 1;
		generation = a >> 8;
		if (generation > v->header.generation)
			*under_way = generation;
		else if (generation < v->header.generation)
			verify_store_fault(v, "%s %u of generation %u: the store is at generation %u",
					   kind == 'T' ? "table" : "packet columns of point", a & 0xff,
					   generation, v->header.generation);
		else if (kind == 'T' && (a & 0xff) != TABLE_MARK) {
			status = verify_store_heard(
				v, table_check(v->txn, generation, a & 0xff, &table, err), err);
			v->looked += table.rows;
		}
	}
	return status;
}

enum status verify_store_results(struct verify_store *v, struct error *err)
{
	uint32_t generation = v->header.generation, a = generation << 8 | TABLE_MARK, b = 0, under_way = 0;
	enum status status;
	bool found;

	if (generation) {
		status = store_seek(v->txn, 'T', &a, &b, &found, err);
		if (!status && (!found || a != (generation << 8 | TABLE_MARK)))
			verify_store_fault(v, "results of generation %u: they have no mark", generation);
		if (status)
			return status;
	} else {
		snprintf(v->note, sizeof v->note, "there are no results yet");
	}
	status = verify_kind(v, 'T', &under_way, err);
	if (!status)
		status = verify_kind(v, 'V', &under_way, err);
	if (!status && under_way)
		snprintf(v->note, sizeof v->note,
			 "a run makes new ones (generation %u), or was killed", under_way);
	return verify_store_heard(v, status, err);
}
