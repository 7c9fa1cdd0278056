#include "correlate/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/change.h"
#include "correlate/delays.h"
#include "correlate/evidence.h"
#include "correlate/judge.h"
#include "correlate/pass.h"
#include "correlate/recut.h"
#include "correlate/resequence.h"
#include "correlate/tasks.h"

#define VERDICT_PARTS 4 /* two stages, two directions */

static const char *const verdict_names[VERDICTS] = {
	"",      "matched",    "dropped", "injected",  "duplicated", "local",
	"uncaptured", "edge", "ambiguous", "excluded", "copies",
};

const char *verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

const char *hop_direction_name(enum hop_direction direction)
{
	static const char *const names[HOP_DIRECTIONS] = {"forward", "reverse", "none"};

	return names[direction];
}

static enum status verdicts_memory(const struct judging *judging, struct error *err)
{
	return memory_fail(judging->view->memory, err, "verdicts");
}

/* ---- order ---- */

/* When each record of a far point was sent, by index; INT64_MIN: nothing leads there. */
static int64_t *verdict_sent(const struct hop_pass *pass, uint32_t q)
{
	const struct judging *j = pass->judging;
	int64_t *sent = memory_resize(j->view->memory, NULL, (size_t)j->view->point[q].indexes + 1,
				      sizeof *sent);
	int64_t time[VIEW_BATCH];
	struct view_batch batch;
	uint32_t i, k;

	for (i = 0; sent && i < j->view->point[q].indexes; i++)
		sent[i] = INT64_MIN;
	for (k = 0; sent && k < j->path->points[pass->hop]; k++) {
		uint32_t p = j->path->point[pass->hop][k];

		view_first(&batch, &j->view->point[p]);
		while (view_next(&batch)) {
			view_read_64(&batch, RECORD_TIME, time);
			for (i = 0; i < batch.rows; i++)
				if ((j->journeys->marks[p][batch.index[i]] & JOURNEY_NEXT) &&
				    j->journeys->next_point[p][batch.index[i]] == q)
					sent[j->journeys->next[p][batch.index[i]]] =
						clock_correct(&j->meeting->clock[p], time[i]);
		}
	}
	return sent;
}

/* Counts the reordered forward packets, in the order of their arrival. */
static bool verdict_reordered(const struct hop_pass *pass)
{
	const struct judging *j = pass->judging;
	uint32_t way[VIEW_BATCH], i, k, n;
	struct view_batch batch;

	for (n = 0; n < j->view->nodes; n++)
		pass->latest[2 * n + HOP_FORWARD] = INT64_MIN;
	for (k = 0; k < j->path->points[pass->hop + 1]; k++) {
		uint32_t q = j->path->point[pass->hop + 1][k];
		int64_t *sent = verdict_sent(pass, q);

		if (!sent)
			return false;
		view_first(&batch, &j->view->point[q]);
		while (view_next(&batch)) {
			view_read_ways(&batch, way);
			for (i = 0; i < batch.rows; i++) {
				int64_t at = sent[batch.index[i]], *latest;

				if (at == INT64_MIN || !sessions_forward(j->sessions, way[i]))
					continue;
				latest = &pass->latest[(way[i] & ~1u) | HOP_FORWARD];
				pass->result->reordered[HOP_FORWARD] += at < *latest;
				*latest = at > *latest ? at : *latest;
			}
		}
		memory_give(sent);
	}
	return true;
}

/* ---- the odd ones ---- */

static int verdict_odd_compare(const void *x, const void *y)
{
	const struct odd *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* What marks said of packets and re-cutting did not gainsay: no odd ones any more. */
static uint64_t verdict_drop_marked(const struct hop_pass *pass, struct odd *odd, uint64_t odds)
{
	uint64_t n = 0, i;

	for (i = 0; i < odds; i++) {
		if (odd[i].marked && !odd[i].recut)
			pass_set_odd(pass, &odd[i], odd[i].marked);
		else
			odd[n++] = odd[i];
	}
	return n;
}

static void verdict_count_odds(const struct hop_pass *pass, struct odd *odd, uint64_t odds)
{
	struct hop_session *s;
	uint64_t i;

	for (i = 0; i < odds; i++) {
		s = &pass->result->session[odd[i].session];
		if (!odd[i].resequenced)
			(odd[i].upstream ? s->upstream : s->downstream)[odd[i].direction]++;
		else if (pass->judging->path->stage[odd[i].point] == pass->hop &&
			 (!s->matched[odd[i].direction]++ ||
			  odd[i].time_ns > s->last_ns[odd[i].direction]))
			s->last_ns[odd[i].direction] = odd[i].time_ns;
	}
	for (i = 0; i < odds; i++) {
		s = &pass->result->session[odd[i].session];
		odd[i].alone = !s->matched[0] && !s->matched[1];
	}
}

/* The hop's odd packets, the last ones so far. */
static enum status verdict_judge(const struct hop_pass *pass, struct odd *odd, uint64_t odds,
				 struct error *err)
{
	const struct judging *j = pass->judging;
	enum status status;
	uint64_t i, left;

	if (odds)
		qsort(odd, odds, sizeof *odd, verdict_odd_compare);
	status = resequence_find(odd, odds, pass->hop, j, err);
	if (!status)
		status = recut_find(odd, odds, pass->hop, j, pass->result, err);
	if (status)
		return status;
	left = verdict_drop_marked(pass, odd, odds);
	pass->verdicts->odds -= odds - left;
	odds = left;
	if (!recut_measure(odd, odds, pass->hop, j, pass->result))
		return verdicts_memory(pass->judging, err);
	verdict_count_odds(pass, odd, odds);
	if (!status)
		status = evidence_gather(odd, odds, pass->hop, j, err);
	if (!status)
		status = judge_hop(odd, odds, pass->hop, pass->result->session, pass->result, j, err);
	for (i = 0; i < odds && !status; i++)
		pass_set_odd(pass, &odd[i], odd[i].verdict);
	return status;
}

/* Appends the parts' odd packets to those of the hops before; NULL: no memory. */
static struct odd *verdict_take_odds(struct memory *memory, struct verdicts *v,
				     const struct pass_part *part, uint64_t *odds)
{
	struct odd *grown;
	uint32_t k;

	for (*odds = 0, k = 0; k < VERDICT_PARTS; k++)
		*odds += part[k].odds;
	grown = memory_resize(memory, v->odd, v->odds + *odds + 1, sizeof *grown);
	if (!grown)
		return NULL;
	v->odd = grown;
	for (grown += v->odds, k = 0; k < VERDICT_PARTS; k++) {
		if (part[k].odds)
			memcpy(grown, part[k].odd, part[k].odds * sizeof *grown);
		grown += part[k].odds;
	}
	grown = v->odd + v->odds;
	v->odds += *odds;
	return grown;
}

/* ---- a hop ---- */

static bool verdict_set_up(struct hop_pass *pass)
{
	const struct judging *j = pass->judging;
	struct hop_result *result = pass->result;
	uint32_t n;
	unsigned d;

	result->session = memory_take(j->view->memory, (size_t)j->sessions->count + 1,
				      sizeof *result->session);
	result->delay[0] = histogram_new();
	result->delay[1] = histogram_new();
	result->delays = delays_new(j->start_ns, j->end_ns);
	for (d = 0; d < 2 && result->session; d++)
		result->changes[d] = changes_new(pass->verdicts->book, j, d, result->session);
	pass->latest = memory_take(j->view->memory, (size_t)j->view->nodes + 1,
				   2 * sizeof *pass->latest);
	if (!result->session || !result->delay[0] || !result->delay[1] || !result->delays ||
	    !result->changes[0] || !result->changes[1] || !pass->latest)
		return false;
	for (n = 0; n < j->view->nodes; n++)
		pass->latest[2 * n] = pass->latest[2 * n + 1] = INT64_MIN;
	return true;
}

static enum status verdict_hop(struct verdicts *v, uint32_t hop, const struct judging *judging,
			       unsigned threads, struct error *err)
{
	struct hop_pass pass = {.verdicts = v, .result = &v->hop[hop], .judging = judging, .hop = hop};
	struct pass_part part[VERDICT_PARTS];
	struct task task[VERDICT_PARTS];
	struct odd *odd = NULL;
	enum status status;
	uint64_t odds;
	uint32_t k;
	bool ok;

	ok = verdict_set_up(&pass);
	for (k = 0; k < VERDICT_PARTS; k++) { /* the near stage first: its parts are the longer ones */
		part[k] = (struct pass_part){.pass = &pass, .stage = hop + k / 2, .direction = k % 2};
		task[k] = (struct task){pass_part_run, &part[k]};
	}
	if (ok)
		tasks_run(task, VERDICT_PARTS, threads);
	for (k = 0; k < VERDICT_PARTS; k++)
		ok = ok && part[k].ok;
	if (ok)
		odd = verdict_take_odds(judging->view->memory, v, part, &odds);
	ok = odd && (!part[HOP_FORWARD].overtaken || verdict_reordered(&pass));
	for (k = 0; k < VERDICT_PARTS; k++)
		memory_give(part[k].odd);
	memory_give(pass.latest);
	if (!ok)
		return verdicts_memory(judging, err);
	status = changes_settle(pass.result->changes, err);
	for (k = 0; k < 2 && !status; k++)
		pass.result->modified[k] = changes_modified(pass.result->changes[k]);
	return status ? status : verdict_judge(&pass, odd, odds, err);
}

enum status verdicts_give(struct verdicts **out, const struct judging *judging, unsigned threads,
			  struct error *err)
{
	struct verdicts *v = calloc(1, sizeof *v);
	enum status status = STATUS_OK;
	uint32_t p, h;

	*out = v;
	if (!v)
		return verdicts_memory(judging, err);
	v->hops = judging->path->stages - 1;
	v->hop = calloc(judging->path->stages, sizeof *v->hop);
	if (!v->hop)
		status = verdicts_memory(judging, err);
	if (!status)
		status = change_book_open(&v->book, judging->view, err);
	for (p = 0; p < judging->view->points && !status; p++) {
		v->code[p] = memory_take(judging->view->memory,
					 (size_t)judging->view->point[p].indexes + 1, 1);
		if (!v->code[p])
			status = verdicts_memory(judging, err);
	}
	for (h = 0; h < v->hops && !status; h++)
		status = verdict_hop(v, h, judging, threads, err);
	if (status)
		verdicts_free(out);
	return status;
}

void verdicts_free(struct verdicts **verdicts)
{
	struct verdicts *v = *verdicts;
	uint32_t p, h;

	if (!v)
		return;
	for (h = 0; v->hop && h < v->hops; h++) {
		histogram_free(&v->hop[h].delay[0]);
		histogram_free(&v->hop[h].delay[1]);
		memory_give(v->hop[h].session);
		delays_free(&v->hop[h].delays);
		changes_free(&v->hop[h].changes[0]);
		changes_free(&v->hop[h].changes[1]);
	}
	change_book_close(&v->book);
	for (p = 0; p < VIEW_POINTS_MAX; p++)
		memory_give(v->code[p]);
	free(v->hop);
	memory_give(v->odd);
	free(v);
	*verdicts = NULL;
}
