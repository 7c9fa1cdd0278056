#include "correlate/hop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/fingerprint.h"
#include "collect/memory.h"
#include "correlate/pairs.h"
#include "correlate/tasks.h"

#define HOP_LEARN_FIRST 65536         /* pairs whose fields are all compared ... */
#define HOP_LEARN_EVERY 16            /* ... and every so many behind them */
#define HOP_MTU_BYTES 1500            /* what is longer may have been joined for the capture (GRO, LRO) */
#define HOP_KEPT_MIN 4                /* pairs with equal fields: no accident */
#define HOP_MEDIAN_MIN 4              /* pairs before their delays have a median ... */
#define HOP_PAIRS_MIN 16              /* ... and a spread */
#define HOP_DELAY_UNKNOWN_NS 500000   /* assumed where there are fewer: 0.5 ms ... */
#define HOP_SPREAD_UNKNOWN_NS 5000000 /* ... give or take 5 ms */
#define HOP_SPREAD_MIN_NS 10000
#define HOP_SLACK_NS 1000000

struct hop_task {
	struct hop *hop;
	const int8_t *lean;
	const struct journeys *journeys;
	const struct view *view;
	const struct path *path;
	const struct meeting *meeting;
	uint32_t stage;
	unsigned direction;               /* the other one is another task's: each has its own half of all */
	struct clock_corridor **corridor; /* by near and far slot, like hop->fit */
	uint64_t timed, joined;           /* pairs that the corridor has; that it has not, for their length */
};

static void hop_habit(const struct view_point *near, uint32_t near_index,
		      const struct view_point *far, uint32_t far_index, enum record_column column,
		      uint64_t *both, uint64_t *kept)
{
	int64_t a = view_get(near, column, near_index), b = view_get(far, column, far_index);

	*both += a && b;
	*kept += a && a == b;
}

/* What a hop leaves alone shows in a sample as well as in all its packets. */
static void hop_learn(struct hop_habits *habits, unsigned direction, const struct view_point *near,
		      uint32_t near_index, const struct view_point *far, uint32_t far_index,
		      bool same_version)
{
	habits->pairs[direction]++;
	hop_habit(near, near_index, far, far_index, RECORD_IP_ID, &habits->ip_ids[direction],
		  &habits->ip_ids_kept[direction]);
	/* IPv6 has none, and a translator makes one up: that is not an ID of 0 left alone. */
	habits->ip_ids_all_kept[direction] += same_version &&
					      view_get(near, RECORD_IP_ID, near_index) ==
						      view_get(far, RECORD_IP_ID, far_index);
	habits->digests_kept[direction] += !fingerprint_digests_differ(
		(uint32_t)view_get(near, RECORD_DIGEST, near_index),
		(uint32_t)view_get(far, RECORD_DIGEST, far_index));
	habits->echoes_kept[direction] += view_get(near, RECORD_ECHO, near_index) ==
					  view_get(far, RECORD_ECHO, far_index);
	hop_habit(near, near_index, far, far_index, RECORD_TSVAL, &habits->tsvals[direction],
		  &habits->tsvals_kept[direction]);
	hop_habit(near, near_index, far, far_index, RECORD_WINDOW, &habits->windows[direction],
		  &habits->windows_kept[direction]);
}

static void hop_time(struct hop_task *task, const struct pairs *pairs, uint32_t i)
{
	const struct clock_fit *fit = hop_fit(task->hop, pairs->point, pairs->far_point[i]);

	clock_corridor_add(task->corridor[fit - task->hop->fit], task->direction == 0,
			   pairs->near_ns[i], pairs->far_ns[i] - pairs->near_ns[i]);
	task->timed++;
}

static bool hop_same_version(const struct view *view, const struct pairs *pairs, uint32_t i)
{
	uint32_t far_way = view_way(&view->point[pairs->far_point[i]], pairs->far[i]);

	return view->flow[pairs->near_way[i] >> 1].version == view->flow[far_way >> 1].version;
}

static void hop_pair(struct hop_task *task, const struct pairs *pairs, uint32_t i)
{
	uint32_t p = pairs->point, q = pairs->far_point[i];
	int64_t near_ns = pairs->near_ns[i], far_ns = pairs->far_ns[i];
	struct hop_habits *habits = &task->hop->habits;
	unsigned direction = task->direction;

	histogram_add(habits->delay[direction], direction ? near_ns - far_ns : far_ns - near_ns);
	if (histogram_count(habits->delay[direction]) <= HOP_LEARN_FIRST ||
	    histogram_count(habits->delay[direction]) % HOP_LEARN_EVERY == 0)
		hop_learn(habits, direction, &task->view->point[p], pairs->near[i],
			  &task->view->point[q], pairs->far[i], hop_same_version(task->view, pairs, i));
}

/* Of pairs to the next stage, those that go the task's way. */
static void hop_narrow(const struct hop_task *task, struct pairs *pairs)
{
	uint32_t i, n = 0;

	for (i = 0; i < pairs->rows; i++) {
		uint32_t way = pairs->near_way[i];
		int8_t lean = task->lean[way >> 1];
		bool adjacent = task->path->stage[pairs->far_point[i]] == task->stage + 1;
		unsigned direction = (lean > 0) == (way & 1);

		pairs_keep(pairs, i, n);
		n += adjacent & (lean != 0) & (direction == task->direction);
	}
	pairs->rows = n;
}

static bool hop_batch_joined(const struct view_batch *batch)
{
	uint32_t length[VIEW_BATCH], longest = 0, i;

	view_read_32(batch, RECORD_LENGTH, length);
	for (i = 0; i < batch->rows; i++)
		longest = length[i] > longest ? length[i] : longest;
	return longest > HOP_MTU_BYTES;
}

/* The corridor is of packets as they are on the wire: a frame of several was captured when the
 * last of them was there. Both sides of a pair are of the same length. */
static void hop_time_all(struct hop_task *task, const struct pairs *pairs)
{
	const struct view_point *point = &task->view->point[pairs->point];
	bool any = hop_batch_joined(&pairs->batch);
	uint32_t i;

	for (i = 0; i < pairs->rows; i++) {
		if (any && view_get(point, RECORD_LENGTH, pairs->near[i]) > HOP_MTU_BYTES)
			task->joined++;
		else
			hop_time(task, pairs, i);
	}
}

static void hop_point(struct hop_task *task, uint32_t p)
{
	struct pairs pairs;
	uint32_t i;

	pairs_first(&pairs, task->journeys, task->view, task->meeting, p);
	while (pairs_next(&pairs)) {
		hop_narrow(task, &pairs);
		pairs_read_far(&pairs);
		hop_time_all(task, &pairs);
		for (i = 0; i < pairs.rows; i++)
			hop_pair(task, &pairs, i);
	}
}

/* Where all are that long, they must do. */
static void hop_point_joined(struct hop_task *task, uint32_t p)
{
	struct pairs pairs;
	uint32_t i;

	pairs_first(&pairs, task->journeys, task->view, task->meeting, p);
	while (pairs_next(&pairs)) {
		hop_narrow(task, &pairs);
		pairs_read_far(&pairs);
		for (i = 0; i < pairs.rows; i++)
			hop_time(task, &pairs, i);
	}
}

static bool hop_set_up(struct hop *hop, uint32_t stage, const struct path *path,
		       struct clock_corridor ***corridors)
{
	uint32_t s, k;

	for (s = stage; s <= stage + 1; s++)
		for (k = 0; k < path->points[s]; k++)
			hop->slot[path->point[s][k]] = (uint8_t)k;
	hop->far_points = path->points[stage + 1];
	hop->fits = path->points[stage] * hop->far_points;
	hop->fit = calloc(hop->fits, sizeof *hop->fit);
	hop->habits.delay[0] = histogram_new();
	hop->habits.delay[1] = histogram_new();
	*corridors = calloc(hop->fits, sizeof **corridors);
	for (k = 0; *corridors && k < hop->fits; k++) {
		(*corridors)[k] = clock_corridor_new();
		if (!(*corridors)[k])
			return false;
	}
	return hop->fit && hop->habits.delay[0] && hop->habits.delay[1] && *corridors;
}

static void hop_take_fit(struct hop *hop, uint32_t k, const struct clock_corridor *corridor)
{
	struct clock_fit **best = &hop->best[k % hop->far_points], *fit = &hop->fit[k];

	clock_corridor_fit(corridor, fit);
	hop->known |= fit->known;
	if (!*best || (fit->known && (!(*best)->known || fit->forward + fit->reverse >
								 (*best)->forward + (*best)->reverse)))
		*best = fit;
}

static void hop_run(void *argument)
{
	struct hop_task *task = argument;
	uint32_t k;

	for (k = 0; k < task->path->points[task->stage]; k++)
		hop_point(task, task->path->point[task->stage][k]);
	for (k = 0; task->joined && !task->timed && k < task->path->points[task->stage]; k++)
		hop_point_joined(task, task->path->point[task->stage][k]);
}

static void hops_lean(struct hops *hops, struct sessions *sessions)
{
	uint8_t flip, evidence;
	uint32_t node;

	for (node = 0; node < sessions->nodes; node++) {
		uint32_t root = sessions_root(sessions, node, &flip);
		int lean = sessions_lean(sessions, root, &evidence);

		hops->lean[node] = (int8_t)(flip ? -lean : lean);
	}
}

enum status hops_measure(struct hops **out, struct sessions *sessions,
			 const struct journeys *journeys, const struct view *view,
			 const struct path *path, const struct meeting *meeting, unsigned threads,
			 struct error *err)
{
	struct hops *hops = calloc(1, sizeof *hops);
	struct clock_corridor **corridors[VIEW_POINTS_MAX] = {NULL};
	struct hop_task measure[2 * VIEW_POINTS_MAX];
	struct task task[2 * VIEW_POINTS_MAX];
	bool ok = true;
	uint32_t h, k;

	*out = hops;
	if (hops) {
		hops->count = path->stages - 1;
		hops->hop = calloc(path->stages, sizeof *hops->hop);
		hops->lean = memory_take(view->memory, (size_t)view->nodes + 1, 1);
	}
	if (!hops || !hops->hop || !hops->lean) {
		hops_free(out);
		return error_errno(err, ENOMEM, "hops");
	}
	hops_lean(hops, sessions);
	for (h = 0; h < hops->count && ok; h++) {
		ok = hop_set_up(&hops->hop[h], h, path, &corridors[h]);
		for (k = 0; k < 2; k++) {
			measure[2 * h + k] =
				(struct hop_task){&hops->hop[h], hops->lean, journeys, view, path,
						  meeting, h, k, corridors[h], 0, 0};
			task[2 * h + k] = (struct task){hop_run, &measure[2 * h + k]};
		}
	}
	if (ok)
		tasks_run(task, 2 * hops->count, threads);
	for (h = 0; h < hops->count; h++) {
		for (k = 0; corridors[h] && k < hops->hop[h].fits; k++) {
			if (ok)
				hop_take_fit(&hops->hop[h], k, corridors[h][k]);
			clock_corridor_free(&corridors[h][k]);
		}
		free(corridors[h]);
	}
	if (!ok) {
		hops_free(out);
		return error_errno(err, ENOMEM, "hops");
	}
	return STATUS_OK;
}

void hops_free(struct hops **hops)
{
	uint32_t h;

	if (!*hops)
		return;
	for (h = 0; (*hops)->hop && h < (*hops)->count; h++) {
		histogram_free(&(*hops)->hop[h].habits.delay[0]);
		histogram_free(&(*hops)->hop[h].habits.delay[1]);
		free((*hops)->hop[h].fit);
	}
	free((*hops)->hop);
	memory_give((*hops)->lean);
	free(*hops);
	*hops = NULL;
}

/* Takes what a fit knows out of a clock that was only coarsely right. */
static void hop_correct_clock(struct clock *clock, const struct clock_fit *fit)
{
	unsigned s;

	for (s = 0; s < clock->segments; s++) {
		struct clock_segment *segment = &clock->segment[s];

		segment->offset_ns += clock_fit_offset(fit, segment->origin_ns - segment->offset_ns);
		segment->skew += fit->skew;
	}
}

void hops_clocks(const struct hops *hops, const struct path *path, const struct meeting *meeting,
		 struct clock *clock)
{
	uint32_t stage, before, k, p;

	memcpy(clock, meeting->clock, sizeof meeting->clock);
	for (stage = 1; stage < path->stages; stage++)
		for (k = 0; k < path->points[stage]; k++) {
			p = path->point[stage][k];
			for (before = 1; before <= stage; before++) {
				const struct hop *hop = &hops->hop[before - 1];
				uint32_t at = before < stage ? path->point[before][0] : p;
				const struct clock_fit *fit = hop->best[hop->slot[at]];

				if (fit && fit->known)
					hop_correct_clock(&clock[p], fit);
			}
		}
}

static bool hop_keeps(uint64_t both, uint64_t kept)
{
	return both >= HOP_KEPT_MIN && kept * 100 >= both * 99;
}

int64_t hop_clock_error(const struct hop *hop)
{
	int64_t error_ns = 0;
	uint32_t k;

	for (k = 0; k < hop->far_points; k++) {
		const struct clock_fit *fit = hop->best[k];

		if (!fit || !fit->known || !fit->feasible)
			return INT64_MAX;
		error_ns = fit->error_ns > error_ns ? fit->error_ns : error_ns;
	}
	return error_ns;
}

bool hop_keeps_zero_ip_id(const struct hop *hop, unsigned direction)
{
	return hop_keeps(hop->habits.pairs[direction], hop->habits.ip_ids_all_kept[direction]);
}

bool hop_keeps_digest(const struct hop *hop, unsigned direction)
{
	return hop_keeps(hop->habits.pairs[direction], hop->habits.digests_kept[direction]);
}

bool hop_keeps_echo(const struct hop *hop, unsigned direction)
{
	return hop_keeps(hop->habits.pairs[direction], hop->habits.echoes_kept[direction]);
}

struct align_habits hop_align_habits(const struct hop *hop, unsigned d, int64_t tmax_ns)
{
	const struct hop_habits *h = &hop->habits;
	struct align_habits habits = {.delay_ns = HOP_DELAY_UNKNOWN_NS,
				      .spread_ns = HOP_SPREAD_UNKNOWN_NS,
				      .slack_ns = HOP_SLACK_NS,
				      .delay_max_ns = tmax_ns};

	if (h->pairs[d] >= HOP_MEDIAN_MIN)
		habits.delay_ns = histogram_quantile(h->delay[d], 500);
	if (h->pairs[d] >= HOP_PAIRS_MIN) {
		habits.spread_ns = histogram_quantile(h->delay[d], 990) -
				   histogram_quantile(h->delay[d], 10);
		if (histogram_min(h->delay[d]) < 0)
			habits.slack_ns -= histogram_min(h->delay[d]);
	}
	if (habits.spread_ns < HOP_SPREAD_MIN_NS)
		habits.spread_ns = HOP_SPREAD_MIN_NS;
	habits.keeps_ip_id = hop_keeps(h->ip_ids[d], h->ip_ids_kept[d]) ||
			     hop_keeps_zero_ip_id(hop, d);
	habits.keeps_tsval = hop_keeps(h->tsvals[d], h->tsvals_kept[d]);
	habits.keeps_window = hop_keeps(h->windows[d], h->windows_kept[d]);
	habits.keeps_digest = hop_keeps_digest(hop, d);
	return habits;
}
