#include "correlate/correlate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/table.h"
#include "correlate/cause.h"
#include "correlate/emit.h"
#include "correlate/expect.h"
#include "correlate/finding.h"
#include "correlate/hop.h"
#include "correlate/journey.h"
#include "correlate/kin.h"
#include "correlate/leg.h"
#include "correlate/links.h"
#include "correlate/meeting.h"
#include "correlate/mislink.h"
#include "correlate/offers.h"
#include "correlate/path.h"
#include "correlate/proof.h"
#include "correlate/repeat.h"
#include "correlate/reset.h"
#include "correlate/session.h"
#include "correlate/shift.h"
#include "correlate/story.h"
#include "correlate/survey.h"
#include "correlate/tasks.h"
#include "correlate/trace.h"
#include "correlate/verdict.h"
#include "correlate/view.h"

#define SIDES_MAX 4 /* parts of a step that run side by side */

/* Everything of one run, in the order in which it comes to be. */
struct correlation {
	const struct correlate_options *options;
	struct store *store;
	struct store_txn *txn;
	struct view *view;
	struct survey_flow *flows;
	struct analysis_flow *analysis;
	uint8_t *copies[VIEW_POINTS_MAX]; /* journeys' marks, while they are read beside their making */
	struct contents *contents;
	struct proof *proof;
	struct meeting *meeting;
	struct path path;
	struct journeys *journeys;
	struct link_count *links;
	struct sessions *sessions;
	struct repeats repeats;
	struct hops *hops;
	struct legs *legs;
	struct judging judging;
	struct verdicts *verdicts;
	struct clock clock[VIEW_POINTS_MAX]; /* of the path: see hops_clocks() */
	struct dossier_source source;
	struct resets *resets;
	struct causes *causes; /* of drops */
	struct offers *offers;
	struct stories *stories;
	struct policy *own_policy;    /* the one that was read here */
	const struct policy *policy;  /* it, or the caller's; NULL: none is given */
	struct expects *expects;
	uint32_t generation;
};

/* ---- parts of a step, side by side ---- */

/* Part of a step that another part does not wait for. */
struct side_task {
	struct correlation *c;
	enum status (*run)(struct correlation *c, struct error *err);
	enum status status;
	struct error err;
};

static void side_run(void *argument)
{
	struct side_task *task = argument;

	task->status = task->run(task->c, &task->err);
}

/* Runs the parts side by side; the first one's error where several fail. */
static enum status sides_run(struct correlation *c, struct side_task *part, uint32_t parts,
			     struct error *err)
{
	struct task task[SIDES_MAX];
	uint32_t k;

	for (k = 0; k < parts; k++) {
		part[k].c = c;
		task[k] = (struct task){side_run, &part[k]};
	}
	tasks_run(task, parts, c->options->threads);
	for (k = 0; k < parts; k++)
		if (part[k].status) {
			*err = part[k].err;
			return part[k].status;
		}
	return STATUS_OK;
}

/* ---- survey, a task for each point ---- */

struct survey_task {
	struct correlation *c;
	uint32_t point;
};

static void survey_run(void *argument)
{
	struct survey_task *task = argument;
	const struct view *view = task->c->view;

	survey_point(view, task->point, task->c->flows + view->point[task->point].first_node);
}

static enum status step_survey(struct correlation *c, struct error *err)
{
	struct survey_task survey[VIEW_POINTS_MAX];
	struct task task[VIEW_POINTS_MAX];
	uint32_t p;

	c->flows = memory_take(c->view->memory, (size_t)c->view->nodes + 1, sizeof *c->flows);
	if (!c->flows)
		return memory_fail(c->view->memory, err, "survey");
	for (p = 0; p < c->view->points; p++) {
		survey[p] = (struct survey_task){c, p};
		task[p] = (struct task){survey_run, &survey[p]};
	}
	tasks_run(task, c->view->points, c->options->threads);
	return STATUS_OK;
}

/* ---- meeting and path ---- */

static void clock_move(struct clock *clock, int64_t by_ns)
{
	unsigned s;

	for (s = 0; s < clock->segments; s++)
		clock->segment[s].offset_ns += by_ns;
}

/* A clock given for the reference point moves all that were told by it, too. */
static enum status step_clocks_given(struct correlation *c, struct error *err)
{
	int64_t given_ns[VIEW_POINTS_MAX] = {0};
	bool given[VIEW_POINTS_MAX] = {false};
	uint32_t i, p;

	for (i = 0; i < c->options->clocks; i++) {
		const struct correlate_clock *clock = &c->options->clock[i];

		p = view_point_named(c->view, clock->point);
		if (p == c->view->points)
			return error_set(err, STATUS_USAGE, "--clock: no point '%s' in the store",
					 clock->point);
		given[p] = true;
		given_ns[p] = clock->offset_ns;
	}
	for (p = 0; p < c->view->points; p++) {
		if (given[p])
			clock_identity(&c->meeting->clock[p]);
		clock_move(&c->meeting->clock[p],
			   given[p] ? given_ns[p] : given_ns[c->meeting->reference]);
	}
	return STATUS_OK;
}

/* What a point's clock that was set back showed in a wrong order is surveyed anew. */
static enum status step_put_in_order(struct correlation *c, struct error *err)
{
	enum status status = STATUS_OK;
	bool changed;
	uint32_t p;

	for (p = 0; p < c->view->points && !status; p++) {
		const struct view_point *point = &c->view->point[p];
		struct survey_flow *flows = c->flows + point->first_node;

		status = view_put_in_order(c->view, p, &c->meeting->clock[p], &changed, err);
		if (status || !changed)
			continue;
		memset(flows, 0, point->nodes * sizeof *flows);
		survey_point(c->view, p, flows);
		shifts_renumber_survey(point, flows);
	}
	return status;
}

/* With the sequence numbers as they are known now. */
static enum status hold_meeting(struct correlation *c, struct error *err)
{
	meeting_free(&c->meeting);
	return meeting_hold(&c->meeting, c->view, c->flows, c->options->threads, err);
}

/* The path and the clocks, of the meeting that was held. */
static enum status meet(struct correlation *c, struct error *err)
{
	enum status status = STATUS_OK;

	if (!meeting_hangs_together(c->meeting, c->view))
		status = kin_find(c->meeting, c->view, c->flows, c->contents, err);
	if (status)
		return status;
	if (c->options->path)
		status = path_parse(&c->path, c->options->path, c->view, c->meeting, err);
	else
		path_find(&c->path, c->view, c->meeting);
	/* the path's first point: whatever the order of the inputs */
	if (!status)
		status = meeting_set_clocks(c->meeting, c->view, &c->path, err);
	if (!status)
		status = step_clocks_given(c, err);
	if (!status)
		status = step_put_in_order(c, err);
	if (!status)
		status = shifts_settle(c->view, c->flows, c->meeting, err);
	if (!status && c->path.stages < 2)
		status = error_set(err, STATUS_USAGE, "the path %s has no hop: name two points at least",
				   c->path.text);
	return status;
}

static enum status step_meeting(struct correlation *c, struct error *err)
{
	enum status status;
	uint32_t found;

	if (c->view->points < 2)
		return error_set(err, STATUS_INPUT,
				 "%s: captures of %u point%s: two points at least are compared",
				 store_path(c->store), c->view->points,
				 c->view->points == 1 ? "" : "s");
	status = view_keep_fingerprints(c->view, c->options->threads, err);
	if (!status)
		status = hold_meeting(c, err);
	if (!status && !meeting_hangs_together(c->meeting, c->view)) {
		status = shifts_learn(c->view, c->flows, &found, err);
		if (!status && found)
			status = hold_meeting(c, err);
	}
	return status ? status : meet(c, err);
}

/* ---- matching ---- */

/* What nodes of the same tuple say of sessions needs no journeys. */
static enum status sessions_begin(struct correlation *c, struct error *err)
{
	return sessions_new(&c->sessions, c->view, c->meeting, c->flows, c->options->tmax_ns, err);
}

static enum status match(struct correlation *c, struct error *err)
{
	enum status status = journeys_new(&c->journeys, c->view, err);
	struct side_task tuples = {.c = c, .run = sessions_begin};
	struct task beside = {side_run, &tuples};

	if (!status)
		status = journeys_join(c->journeys, c->view, &c->path, c->meeting,
				       c->options->tmax_ns, c->options->threads, &beside,
				       &c->repeats, err);
	if (!status && tuples.status) {
		*err = tuples.err;
		status = tuples.status;
	}
	memory_give(c->links);
	c->links = NULL;
	return status ? status
		      : links_count(&c->links, c->view, c->journeys, c->options->threads, err);
}

/* Sessions of which nothing passed a hop may have passed it with other numbers: then all is matched
 * once more. */
static enum status step_join(struct correlation *c, struct error *err)
{
	enum status status = match(c, err);
	uint32_t found = 0;

	if (!status)
		status = shifts_learn_rest(c->view, c->flows, &c->path, c->journeys, c->links,
					   &found, err);
	if (!status && found) {
		memory_give(c->repeats.list);
		c->repeats = (struct repeats){0};
		sessions_free(&c->sessions);
		journeys_free(&c->journeys);
		status = hold_meeting(c, err);
		if (!status)
			status = meet(c, err);
		if (!status)
			status = match(c, err);
	}
	view_forget_fingerprints(c->view);
	if (!status)
		status = repeats_drop_copies(&c->repeats, c->journeys, c->view, &c->path,
					     c->meeting, err);
	return status;
}

static enum status sessions_measure(struct correlation *c, struct error *err)
{
	return hops_measure(&c->hops, c->sessions, c->journeys, c->view, &c->path, c->meeting,
			    c->options->threads, err);
}

static enum status sessions_find(struct correlation *c, struct error *err)
{
	enum status status = sessions_learn(c->sessions, c->journeys, c->view, &c->path,
					    c->meeting, c->options->tmax_ns, err);
	bool taken = false;

	if (!status)
		status = sessions_measure(c, err);
	if (!status)
		status = mislinks_take_back(c->journeys, c->sessions, c->hops, c->view, &c->path,
					    c->meeting, &taken, err);
	if (!status && taken) {
		hops_free(&c->hops);
		status = sessions_measure(c, err);
	}
	if (!status)
		status = repeats_resolve(&c->repeats, c->journeys, c->sessions, c->hops, c->view,
					 &c->path, c->meeting, c->options->tmax_ns, err);
	if (!status)
		hops_clocks(c->hops, &c->path, c->meeting, c->clock);
	if (!status)
		status = legs_find(&c->legs,
				   &(struct leg_source){c->view, &c->path, c->meeting, c->clock, c->hops, c->flows,
							c->contents, c->journeys, c->links,
							c->options->threads},
				   err);
	memory_give(c->links);
	c->links = NULL;
	if (!status && c->legs->pairs)
		status = legs_join(c->legs, c->sessions, c->flows, c->view, err);
	if (!status)
		status = sessions_settle(c->sessions, c->view, &c->path, c->meeting, c->flows, err);
	return status;
}

/* Each point's TCP by itself, without what its capture holds twice: that is known by now, and
 * copied before the other marks change. */
static enum status sessions_analyse(struct correlation *c, struct error *err)
{
	struct syn_options *options;
	enum status status = syn_options_open(&options, c->view, err);
	uint32_t p;

	for (p = 0; p < c->view->points && !status; p++)
		analysis_point(c->view, p, options, c->copies[p],
			       c->analysis + c->view->point[p].first_node);
	syn_options_close(&options);
	return status;
}

static enum status step_sessions(struct correlation *c, struct error *err)
{
	struct side_task part[] = {{.run = sessions_find}, {.run = sessions_analyse}};
	struct memory *memory = c->view->memory;
	enum status status;
	uint32_t p;

	c->analysis = memory_take(memory, (size_t)c->view->nodes + 1, sizeof *c->analysis);
	for (p = 0; p < c->view->points; p++) {
		c->copies[p] = memory_resize(memory, NULL, (size_t)c->view->point[p].indexes + 1, 1);
		if (!c->analysis || !c->copies[p])
			return memory_fail(memory, err, "sessions");
		memcpy(c->copies[p], c->journeys->marks[p], c->view->point[p].indexes);
	}
	status = sides_run(c, part, 2, err);
	for (p = 0; p < c->view->points; p++) {
		memory_give(c->copies[p]);
		c->copies[p] = NULL;
	}
	return status;
}

/* From the first to the last comparable record, by the reference clock. */
static void judging_span(struct judging *j)
{
	uint32_t p;

	for (p = 0; p < j->view->points; p++) {
		const struct view_point *point = &j->view->point[p];
		const struct clock *clock = &j->meeting->clock[p];
		int64_t from, to;

		if (!point->rows || j->path->stage[p] == PATH_OFF)
			continue;
		from = clock_correct(clock, point->first_ns);
		to = clock_correct(clock, point->last_ns);
		j->start_ns = from < j->start_ns ? from : j->start_ns;
		j->end_ns = to > j->end_ns ? to : j->end_ns;
	}
}

static enum status verdicts_explain(struct correlation *c, struct error *err)
{
	enum status status = resets_find(&c->resets, &c->judging, c->verdicts, &c->source, err);

	if (!status)
		status = causes_find(&c->causes, c->verdicts, &c->judging, &c->source, err);
	if (!status)
		status = stories_tell(&c->stories, &c->judging, c->verdicts, c->resets, &c->source,
				      c->options->threads, err);
	if (!status)
		status = expects_find(&c->expects, c->policy, &c->judging, c->verdicts, c->causes,
				      &c->source, err);
	return status;
}

static enum status verdicts_prove(struct correlation *c, struct error *err)
{
	return proofs_find(&c->proof, &c->source, c->flows, c->analysis, err);
}

static enum status step_verdicts(struct correlation *c, struct error *err)
{
	struct side_task part[] = {{.run = verdicts_explain}, {.run = verdicts_prove}};
	enum status status;

	c->judging = (struct judging){c->view, &c->path, c->meeting, c->flows,
				      c->sessions, c->journeys, c->hops, c->legs, c->analysis, c->contents,
				      c->options->tmax_ns, INT64_MAX, INT64_MIN};
	judging_span(&c->judging);
	status = verdicts_give(&c->verdicts, &c->judging, c->options->threads, err);
	if (status)
		return status;
	c->source = (struct dossier_source){c->view,	 &c->path,     c->clock,
					    c->sessions, c->journeys, c->verdicts->code,
					    NULL};
	return sides_run(c, part, 2, err);
}

/* ---- results ---- */

static enum status write_points(struct correlation *c, struct error *err)
{
	return stories_write_points(c->stories, &c->judging, c->proof, c->store, c->generation, err);
}

static enum status write_sessions(struct correlation *c, struct error *err)
{
	return stories_write_sessions(c->stories, &c->judging, c->store, c->generation, err);
}

static enum status write_traces(struct correlation *c, struct error *err)
{
	return trace_write(&c->source, c->store, c->generation, err);
}

static enum status write_others(struct correlation *c, struct error *err)
{
	const struct judging *j = &c->judging;
	const struct verdicts *v = c->verdicts;
	struct emit_run_source run = {c->options, c->policy, j, v, c->stories, c->clock, 0};
	uint32_t g = c->generation;
	enum status status = emit_hops(v, j, c->store, g, err);

	if (!status)
		status = emit_balance(v, j, c->store, g, err);
	if (!status)
		status = emit_packets(v, j, c->causes, VERDICT_DROPPED, c->store, g, err);
	if (!status)
		status = emit_packets(v, j, c->causes, VERDICT_INJECTED, c->store, g, err);
	if (!status)
		status = emit_delays(v, j, c->store, g, err);
	if (!status)
		status = emit_distributions(v, j, c->store, g, err);
	if (!status)
		status = emit_changes(v, j, c->store, g, err);
	if (!status)
		status = offers_write(c->offers, j, c->store, g, err);
	if (!status)
		status = resets_write(c->resets, j, c->store, g, err);
	if (!status)
		status = stories_write_translations(j, c->store, g, err);
	if (!status)
		status = findings_write(j, v, c->resets, c->stories, c->expects, c->store, g,
					&run.findings_gathered, err);
	if (!status)
		status = expects_write(c->expects, j, c->store, g, err);
	if (!status)
		status = emit_run(&run, c->store, g, err);
	return status;
}

static enum status gather_offers(struct correlation *c, struct error *err)
{
	struct syn_options *options;
	enum status status = syn_options_open(&options, c->view, err);

	if (!status)
		status = offers_gather(&c->offers, &c->judging, options, err);
	syn_options_close(&options);
	return status;
}

/* The largest table first: it takes about as long as all the others together. */
static enum status step_write(struct correlation *c, struct error *err)
{
	struct side_task part[SIDES_MAX] = {{.run = write_points},
					    {.run = write_sessions},
					    {.run = write_traces},
					    {.run = write_others}};
	enum status status = gather_offers(c, err);

	if (!status)
		status = table_generation_new(c->store, &c->generation, err);
	if (!status)
		status = sides_run(c, part, SIDES_MAX, err);
	return status ? status : table_generation_commit(c->store, c->generation, err);
}

/* A policy's addresses are true ones: they say nothing of aliases, and are not to get among them. */
static enum status step_check_policy(const struct correlation *c, struct error *err)
{
	struct store_header header;
	enum status status = store_header_get(c->txn, &header, err);

	if (!status && c->policy && header.holds == STORE_HOLDS_ALIASES)
		status = error_set(err, STATUS_USAGE,
				   "--expect: %s is anonymous, and has no address of the policy's",
				   store_path(c->store));
	return status;
}

/* The policy first: a slip in it is not to be found out when all is done. */
static enum status step_open(struct correlation *c, struct error *err)
{
	enum status status = STATUS_OK;

	if (c->options->expect && !c->options->policy)
		status = policy_read(&c->own_policy, c->options->expect, err);
	c->policy = c->options->policy ? c->options->policy : c->own_policy;
	if (!status)
		status = store_begin(c->store, false, &c->txn, err);
	if (!status)
		status = step_check_policy(c, err);
	if (!status)
		status = view_open(&c->view, c->txn, err);
	return status ? status : contents_open(&c->contents, c->view, err);
}

static const struct {
	const char *what;
	enum status (*run)(struct correlation *c, struct error *err);
} correlate_steps[CORRELATE_STEPS] = {
	{"opening", step_open},       {"surveying flows", step_survey},
	{"clocks and path", step_meeting}, {"matching", step_join},
	{"sessions", step_sessions},  {"verdicts", step_verdicts},
	{"writing results", step_write},
};

static void correlation_close(struct correlation *c)
{
	uint32_t p;

	expects_free(&c->expects);
	policy_free(&c->own_policy);
	stories_free(&c->stories);
	causes_free(&c->causes);
	offers_free(&c->offers);
	resets_free(&c->resets);
	verdicts_free(&c->verdicts);
	hops_free(&c->hops);
	legs_free(&c->legs);
	memory_give(c->links);
	memory_give(c->repeats.list);
	sessions_free(&c->sessions);
	journeys_free(&c->journeys);
	meeting_free(&c->meeting);
	memory_give(c->flows);
	memory_give(c->analysis);
	for (p = 0; p < VIEW_POINTS_MAX; p++)
		memory_give(c->copies[p]);
	contents_close(&c->contents);
	memory_give(c->proof);
	view_close(&c->view);
	store_abort(&c->txn);
	free(c);
}

static void correlation_sum_up(const struct correlation *c, struct correlate_summary *summary)
{
	uint32_t p;

	memset(summary, 0, sizeof *summary);
	snprintf(summary->path, sizeof summary->path, "%s", c->path.text);
	snprintf(summary->doubt, sizeof summary->doubt, "%s", c->path.doubt);
	summary->evidence = c->path.evidence;
	for (p = 0; p < c->view->points; p++)
		summary->packets += c->view->point[p].rows;
}

enum status correlate_run(struct store *store, const struct correlate_options *options,
			  struct correlate_summary *summary, struct error *err)
{
	struct correlation *c = calloc(1, sizeof *c);
	enum status status = STATUS_OK;
	unsigned s;

	if (!c)
		return error_errno(err, ENOMEM, "correlate");
	c->store = store;
	c->options = options;
	if (options->memory_bytes)
		memory_bound(store_memory(store), options->memory_bytes);
	for (s = 0; s < CORRELATE_STEPS && !status; s++) {
		if (options->step)
			options->step(options->user, s, correlate_steps[s].what);
		status = correlate_steps[s].run(c, err);
	}
	if (!status)
		correlation_sum_up(c, summary);
	correlation_close(c);
	return status;
}
