/* The rows of changes.csv: the header fields that a hop rewrote. */
#include "correlate/emit.h"

#include "correlate/change.h"
#include "correlate/results.h"

static enum status changes_row(struct table_writer *w, const struct change_row *row,
			       const struct judging *j, unsigned direction, const char *hop,
			       struct error *err)
{
	table_set_text(w, CHANGES_HOP, hop);
	table_set_text(w, CHANGES_DIRECTION, hop_direction_name(direction));
	table_set_text(w, CHANGES_FIELD, row->name);
	table_set_text(w, CHANGES_CLASS, row->expected ? "expected" : "notable");
	table_set_text(w, CHANGES_FROM, row->from[0] ? row->from : NULL);
	table_set_text(w, CHANGES_TO, row->to[0] ? row->to : NULL);
	table_set_int(w, CHANGES_PACKETS, (int64_t)row->packets);
	table_set_int(w, CHANGES_SESSIONS, row->sessions);
	table_set_int(w, CHANGES_EXAMPLE_SESSION, (int64_t)row->session + 1);
	table_set_int(w, CHANGES_EXAMPLE_FRAME,
		      view_get(&j->view->point[row->point], RECORD_FRAME, row->index));
	return table_row(w, err);
}

enum status emit_changes(const struct verdicts *v, const struct judging *j, struct store *store,
			 uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_changes, &w, err);
	char name[PATH_TEXT_MAX];
	uint32_t h, d, i, count;

	for (h = 0; h < v->hops; h++) {
		emit_hop_name(j, h, name, sizeof name);
		for (d = 0; d < 2; d++) {
			const struct change_row *row = changes_rows(v->hop[h].changes[d], &count);

			for (i = 0; i < count && !status; i++)
				status = changes_row(w, &row[i], j, d, name, err);
		}
	}
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
