#include "correlate/story_look.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "correlate/delays.h"

#define LOOK_CHUNK 262144u      /* records whose dossiers are in memory at a time: some 30 MB */
#define LOOK_SHARE 8            /* one record of so many is read, */
#define LOOK_LEAST 524288u      /* or so many */
#define LOOK_SESSION 1048576u   /* records of one session: one that has more is not read */
#define LOOK_FIRST (SUSPECT_WINDOW | SUSPECT_FIN | SUSPECT_VAIN | SUSPECT_REUSE)

/* ---- slow times ---- */

static bool slow_times_add(struct story_slow_times *t, int64_t from_ns, int64_t to_ns)
{
	int64_t(*span)[2] = memory_room(t->span, t->count, &t->room, sizeof *span);

	if (!span)
		return false;
	t->span = span;
	t->span[t->count][0] = from_ns;
	t->span[t->count++][1] = to_ns;
	return true;
}

/* A quarter of a stretch's packets were slow. */
static bool slow_times_at(const struct delays_cell *cell, int64_t usual_ns)
{
	return cell->delay && story_far_above(histogram_quantile(cell->delay, 750), usual_ns);
}

enum status story_slow_times_find(struct story_slow_times *t, const struct verdicts *v,
				  const struct judging *j, struct error *err)
{
	uint32_t hop, b;
	unsigned way;

	*t = (struct story_slow_times){0};
	for (hop = 0; hop < v->hops; hop++)
		for (way = 0; way < 2; way++) {
			const struct histogram *all = v->hop[hop].delay[way];
			const struct delays *d = v->hop[hop].delays;
			int64_t usual;

			if (!j->hops->hop[hop].known || !all || !histogram_count(all) || !d)
				continue;
			usual = histogram_quantile(all, 500);
			if (!story_far_above(histogram_max(all), usual))
				continue;
			for (b = 0; b < d->buckets; b++) {
				int64_t from = d->from_ns + (int64_t)b * d->bucket_ns;

				if (slow_times_at(&d->cell[2 * (size_t)b + way], usual) &&
				    !slow_times_add(t, from, from + d->bucket_ns))
					return error_errno(err, ENOMEM, "slow times");
			}
		}
	return STATUS_OK;
}

bool story_slow_times_hold(const struct story_slow_times *t, int64_t from_ns, int64_t to_ns)
{
	uint32_t i;

	for (i = 0; i < t->count; i++)
		if (from_ns < t->span[i][1] && to_ns >= t->span[i][0])
			return true;
	return false;
}

/* ---- choosing ---- */

struct look_one {
	uint32_t session, records; /* at all points */
	int64_t idle_ns;           /* for each of them */
	bool first;
};

static uint32_t look_records(const struct judging *j, uint32_t session)
{
	uint64_t n = sessions_records(j->sessions, j->flows, session);

	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static int look_compare_worth(const void *x, const void *y)
{
	const struct look_one *a = x, *b = y;

	if (a->first != b->first)
		return a->first ? -1 : 1;
	if (a->idle_ns != b->idle_ns)
		return a->idle_ns > b->idle_ns ? -1 : 1;
	return (a->session > b->session) - (a->session < b->session);
}

static int look_compare_session(const void *x, const void *y)
{
	const struct look_one *a = x, *b = y;

	return (a->session > b->session) - (a->session < b->session);
}

static uint64_t look_bound(const struct judging *j)
{
	uint64_t rows = 0;
	uint32_t p;

	for (p = 0; p < j->view->points; p++)
		rows += j->view->point[p].rows;
	return rows / LOOK_SHARE > LOOK_LEAST ? rows / LOOK_SHARE : LOOK_LEAST;
}

/* Keeps those within the bound, in the order of sessions. The caller frees *out. */
static enum status looks_choose(struct look_one **out, uint32_t *count,
				uint64_t *passed_over, const struct stories *stories,
				const struct judging *j, struct error *err)
{
	uint64_t bound = look_bound(j), sum = 0;
	uint32_t n = 0, kept = 0, i;
	struct look_one *list;

	for (i = 0; i < stories->count; i++)
		n += stories->list[i].suspect != 0;
	*count = 0;
	*passed_over = 0;
	*out = list = malloc(((size_t)n + 1) * sizeof *list);
	if (!list)
		return error_errno(err, ENOMEM, "sessions to look at");
	for (i = n = 0; i < stories->count; i++) {
		const struct session *s = &j->sessions->list[i];
		struct look_one *one = &list[n];

		if (!stories->list[i].suspect)
			continue;
		one->session = i;
		one->records = look_records(j, i);
		one->idle_ns = (int64_t)(((uint64_t)s->end_ns - (uint64_t)s->start_ns) /
					 (one->records + 1u));
		one->first = stories->list[i].suspect & LOOK_FIRST;
		n++;
	}
	qsort(list, n, sizeof *list, look_compare_worth);
	for (i = 0; i < n; i++) {
		if (list[i].records > LOOK_SESSION || sum + list[i].records > bound)
			continue;
		sum += list[i].records;
		list[kept++] = list[i];
	}
	*passed_over = n - kept;
	qsort(list, kept, sizeof *list, look_compare_session);
	*count = kept;
	return STATUS_OK;
}

/* ---- looking ---- */

static enum status looks_chunk(struct story_looks *looks, uint32_t from, uint32_t to,
			       const struct story_noting *noting,
			       const struct dossier_source *source, struct error *err)
{
	struct dossiers *dossiers = NULL;
	enum status status = dossiers_open(&dossiers, source, looks->session + from, NULL,
					   to - from, err);
	uint32_t k;

	for (k = from; k < to && !status; k++) {
		struct dossier d = dossiers_get(dossiers, k - from);

		story_note_take(&looks->note[k], noting, &d);
	}
	dossiers_close(&dossiers);
	return status;
}

enum status story_looks_take(struct story_looks *looks, const struct stories *stories,
			     const struct judging *j, const struct verdicts *v,
			     const struct dossier_source *source, struct error *err)
{
	struct story_noting noting;
	struct look_one *chosen;
	uint32_t count, from, to;
	enum status status;

	*looks = (struct story_looks){0};
	status = looks_choose(&chosen, &count, &looks->passed_over, stories, j, err);
	if (!status) {
		looks->session = malloc(((size_t)count + 1) * sizeof *looks->session);
		looks->note = calloc((size_t)count + 1, sizeof *looks->note);
		if (!looks->session || !looks->note)
			status = error_errno(err, ENOMEM, "sessions to look at");
	}
	if (!status) {
		looks->count = count;
		for (from = 0; from < count; from++)
			looks->session[from] = chosen[from].session;
		story_noting_begin(&noting, j, v);
	}
	for (from = 0; from < looks->count && !status; from = to) {
		uint64_t records = chosen[from].records;

		for (to = from + 1; to < count && records + chosen[to].records <= LOOK_CHUNK; to++)
			records += chosen[to].records;
		status = looks_chunk(looks, from, to, &noting, source, err);
	}
	free(chosen);
	return status;
}

void story_looks_free(struct story_looks *looks)
{
	free(looks->session);
	free(looks->note);
	*looks = (struct story_looks){0};
}
