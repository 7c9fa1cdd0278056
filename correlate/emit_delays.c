/* The rows of delays.csv: a hop's delay and drops over time, in buckets. */
#include "correlate/emit.h"

#include "correlate/delays.h"
#include "correlate/results.h"

static enum status delays_row(struct table_writer *w, const struct delays *d, uint32_t bucket,
			      unsigned direction, const char *hop, bool known, struct error *err)
{
	const struct delays_cell *cell = &d->cell[2 * bucket + direction];

	if (!cell->delay && !cell->dropped)
		return STATUS_OK;
	table_set_text(w, DELAYS_HOP, hop);
	table_set_text(w, DELAYS_DIRECTION, hop_direction_name(direction));
	table_set_int(w, DELAYS_BUCKET_START, d->from_ns + bucket * d->bucket_ns);
	table_set_int(w, DELAYS_BUCKET, d->bucket_ns);
	table_set_int(w, DELAYS_PACKETS,
		      cell->delay ? (int64_t)histogram_count(cell->delay) : 0);
	table_set_int(w, DELAYS_DROPPED, (int64_t)cell->dropped);
	if (cell->delay && known) {
		table_set_int(w, DELAYS_MIN, histogram_min(cell->delay));
		table_set_int(w, DELAYS_P50, histogram_quantile(cell->delay, 500));
		table_set_int(w, DELAYS_P90, histogram_quantile(cell->delay, 900));
		table_set_int(w, DELAYS_P99, histogram_quantile(cell->delay, 990));
		table_set_int(w, DELAYS_MAX, histogram_max(cell->delay));
	}
	return table_row(w, err);
}

enum status emit_delays(const struct verdicts *v, const struct judging *j, struct store *store,
			uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_delays, &w, err);
	char name[PATH_TEXT_MAX];
	uint32_t h, d, b;
	uint64_t i;

	for (i = 0; i < v->odds; i++)
		if (v->odd[i].verdict == VERDICT_DROPPED)
			delays_at(v->hop[v->odd[i].hop].delays, v->odd[i].time_ns,
				  v->odd[i].direction)
				->dropped++;
	for (h = 0; h < v->hops; h++) {
		emit_hop_name(j, h, name, sizeof name);
		for (d = 0; d < 2; d++)
			for (b = 0; b < v->hop[h].delays->buckets && !status; b++)
				status = delays_row(w, v->hop[h].delays, b, d, name,
						    j->hops->hop[h].known, err);
	}
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
