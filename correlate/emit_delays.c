/* The rows of delays.csv: a hop's delay and drops over time, in buckets. */
#include "correlate/emit.h"

#include <errno.h>
#include <stdlib.h>

#include "correlate/results.h"

#define DELAYS_BUCKETS 100 /* about so many over the whole of the run */

/* 1, 2 or 5 times a power of ten of nanoseconds, so that buckets start at round times. */
static int64_t delays_bucket(int64_t duration_ns)
{
	static const int64_t steps[] = {1, 2, 5};
	int64_t unit = 1000000;
	size_t i = 0;

	while (unit * steps[i] < duration_ns / DELAYS_BUCKETS) {
		if (++i == sizeof steps / sizeof steps[0]) {
			i = 0;
			unit *= 10;
		}
	}
	return unit * steps[i];
}

struct delays {
	const struct verdicts *v;
	const struct judging *j;
	struct table_writer *writer;
	uint32_t hop;
	int64_t bucket_ns, from_ns;
	uint32_t buckets;
	struct delays_cell {
		struct histogram *delay; /* NULL: no packet yet */
		uint64_t dropped;
	} *cell; /* [bucket][direction] */
};

static struct delays_cell *delays_at(struct delays *d, int64_t time_ns, unsigned direction)
{
	int64_t bucket = (time_ns - d->from_ns) / d->bucket_ns;

	if (bucket < 0)
		bucket = 0;
	if (bucket >= d->buckets)
		bucket = d->buckets - 1;
	return &d->cell[2 * bucket + direction];
}

static bool delays_point(struct delays *d, uint32_t p)
{
	const struct judging *j = d->j;
	const struct hop *hop = &j->hops->hop[d->hop];
	uint32_t way[VIEW_BATCH], i;
	int64_t time[VIEW_BATCH];
	struct view_batch batch;

	view_first(&batch, &j->view->point[p]);
	while (view_next(&batch)) {
		view_read_ways(&batch, way);
		view_read_64(&batch, RECORD_TIME, time);
		for (i = 0; i < batch.rows; i++) {
			uint32_t index = batch.index[i], q;
			int64_t near_ns, delay;
			struct delays_cell *cell;
			unsigned direction;

			if (d->v->code[p][index] >> 4 != VERDICT_MATCHED ||
			    !(j->journeys->marks[p][index] & JOURNEY_NEXT)) /* re-cut: no twin */
				continue;
			q = j->journeys->next_point[p][index];
			direction = sessions_forward(j->sessions, way[i]) ? HOP_FORWARD
									  : HOP_REVERSE;
			near_ns = clock_correct(&j->meeting->clock[p], time[i]);
			if (!hop_difference(hop, p, near_ns, q,
					    clock_correct(&j->meeting->clock[q],
							  view_get(&j->view->point[q], RECORD_TIME,
								   j->journeys->next[p][index])),
					    &delay))
				continue;
			cell = delays_at(d, near_ns, direction);
			if (!cell->delay)
				cell->delay = histogram_new();
			if (!cell->delay)
				return false;
			histogram_add(cell->delay, direction ? -delay : delay);
		}
	}
	return true;
}

static enum status delays_rows(struct delays *d, struct error *err)
{
	bool known = d->j->hops->hop[d->hop].known;
	enum status status = STATUS_OK;
	char name[PATH_TEXT_MAX];
	uint32_t b, dir;

	emit_hop_name(d->j, d->hop, name, sizeof name);
	for (dir = 0; dir < 2; dir++)
		for (b = 0; b < d->buckets && !status; b++) {
			const struct delays_cell *cell = &d->cell[2 * b + dir];
			struct table_writer *w = d->writer;

			if (!cell->delay && !cell->dropped)
				continue;
			table_set_text(w, DELAYS_HOP, name);
			table_set_text(w, DELAYS_DIRECTION, hop_direction_name(dir));
			table_set_int(w, DELAYS_BUCKET_START, d->from_ns + b * d->bucket_ns);
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
			status = table_row(w, err);
		}
	return status;
}

static enum status delays_hop(struct delays *d, struct error *err)
{
	const struct path *path = d->j->path;
	enum status status = STATUS_OK;
	uint64_t i;
	uint32_t k;
	bool ok = true;

	d->cell = calloc(2 * (size_t)d->buckets, sizeof *d->cell);
	if (!d->cell)
		return error_errno(err, ENOMEM, "delays");
	for (k = 0; k < path->points[d->hop] && ok; k++)
		ok = delays_point(d, path->point[d->hop][k]);
	for (i = 0; i < d->v->odds; i++)
		if (d->v->odd[i].hop == d->hop && d->v->odd[i].verdict == VERDICT_DROPPED)
			delays_at(d, d->v->odd[i].time_ns, d->v->odd[i].direction)->dropped++;
	status = ok ? delays_rows(d, err) : error_errno(err, ENOMEM, "delays");
	for (k = 0; k < 2 * d->buckets; k++)
		histogram_free(&d->cell[k].delay);
	free(d->cell);
	return status;
}

enum status emit_delays(const struct verdicts *v, const struct judging *j, struct store *store,
			uint32_t generation, struct error *err)
{
	int64_t from = INT64_MAX, to = INT64_MIN, first, last;
	struct delays d = {.v = v, .j = j};
	enum status status;
	uint32_t p;

	for (p = 0; p < j->view->points; p++) {
		if (!j->view->point[p].rows || j->path->stage[p] == PATH_OFF)
			continue;
		first = clock_correct(&j->meeting->clock[p], j->view->point[p].first_ns);
		last = clock_correct(&j->meeting->clock[p], j->view->point[p].last_ns);
		from = first < from ? first : from;
		to = last > to ? last : to;
	}
	status = table_begin(store, generation, &results_delays, &d.writer, err);
	if (from <= to) {
		d.bucket_ns = delays_bucket(to - from);
		d.from_ns = from - ((from % d.bucket_ns) + d.bucket_ns) % d.bucket_ns;
		d.buckets = (uint32_t)((to - d.from_ns) / d.bucket_ns + 1);
	}
	for (d.hop = 0; d.hop < v->hops && !status && d.buckets; d.hop++)
		status = delays_hop(&d, err);
	if (!status)
		status = table_finish(&d.writer, err);
	table_abort(&d.writer);
	return status;
}
