#include "correlate/meeting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/path.h"
#include "correlate/samples.h"
#include "correlate/sides.h"
#include "correlate/tasks.h"

#define MEETING_NEAR_NS 20000000 /* neighbours whose clocks cannot drift apart meanwhile: 20 ms */
#define MEETING_FAIR_SHARE 50    /* two points that share less than 1/50 of the smaller do not hang together */

/* One point's sample, taken in a thread of its own. */
struct sampling {
	struct samples samples;
	const struct view *view;
	uint32_t point, different;
	uint64_t mask;
	uint8_t *doubled;
	bool ok;
};

static void sampling_run(void *argument)
{
	struct sampling *s = argument;

	s->ok = samples_take(&s->samples, s->view, s->point, s->mask);
	s->different = samples_mark(&s->samples);
	s->ok = s->ok && samples_order(&s->samples) &&
		samples_find_doubled(&s->samples, s->view->point[s->point].links, &s->doubled);
}

static void samplings_run(struct sampling *list, uint32_t count, unsigned threads)
{
	struct task task[VIEW_POINTS_MAX];
	uint32_t p;

	for (p = 0; p < count; p++)
		task[p] = (struct task){sampling_run, &list[p]};
	tasks_run(task, count, threads);
}

/* ---- pairs of points ---- */

/* Of two packets close in time that went opposite ways the one from the client
 * shows the greater difference (other's time - mine) when I am nearer to the
 * client: d = offset + delay for the one, offset - delay for the other. */
static void meeting_vote(struct meeting_pair *pair, const struct sides *sides,
			 const struct common *list, uint32_t n)
{
	const struct common *last = NULL;
	int last_from_client = -1;
	uint32_t i;

	for (i = 0; i < n; i++) {
		int from_client = sides_from_clients(sides, list[i].at->way);
		int64_t d = list[i].other->time_ns - list[i].at->time_ns;

		if (from_client < 0)
			continue;
		if (list[i].at->ttl != list[i].other->ttl) {
			if ((list[i].at->ttl > list[i].other->ttl) == from_client)
				pair->ttl_before++;
			else
				pair->ttl_after++;
		}
		if (last && from_client != last_from_client &&
		    list[i].at->time_ns - last->at->time_ns < MEETING_NEAR_NS) {
			int64_t more = d - (last->other->time_ns - last->at->time_ns);

			if (more)
				((more > 0) == from_client ? pair->delay_before++
							   : pair->delay_after++);
		}
		last = &list[i];
		last_from_client = from_client;
	}
}

/* ---- clocks ---- */

static uint32_t samples_room(const struct samples *samples, uint32_t points)
{
	uint32_t room = 0, p;

	for (p = 0; p < points; p++)
		room = samples[p].count > room ? samples[p].count : room;
	return room;
}

/* Names the point that shares least with the others. */
static enum status meeting_stranger(const struct meeting *m, const struct view *view,
				    const bool *placed, struct error *err)
{
	uint32_t least = UINT32_MAX, stranger = 0, other, i, j;

	for (i = 0; i < view->points; i++) {
		uint32_t shared = 0;

		for (j = 0; j < view->points; j++)
			shared += m->pair[i][j].shared;
		/* of two that share nothing, the one that is not the path's first */
		if (shared < least || (shared == least && placed[stranger])) {
			least = shared;
			stranger = i;
		}
	}
	other = stranger == 0;
	return error_set(err, STATUS_INPUT,
			 "point %s shares no packet with %s, nor requests that a proxy sent on: was it captured at another "
			 "time or place, or does something between them encrypt everything? (crosstap-collect --list "
			 "shows each capture's span)",
			 view->point[stranger].name,
			 view->points == 2 ? view->point[other].name : "the other points");
}

/* The most pairs that two points have. */
static uint32_t meeting_pairs_room(const struct meeting *m, uint32_t points)
{
	uint32_t room = samples_room(m->samples, points), i, j;

	for (i = 0; i < points; i++)
		for (j = 0; j < points; j++)
			room = m->pair[i][j].kin > room ? m->pair[i][j].kin : room;
	return room;
}

/* The requests that two points saw, as pairs of the far one's clock. */
static uint32_t meeting_kin_pairs(const struct meeting *m, uint32_t near, uint32_t far,
				  struct clock_pair *pairs)
{
	const struct clock_pair *kin = near < far ? m->kin[near][far] : m->kin[far][near];
	uint32_t n = m->pair[near][far].kin, k;

	for (k = 0; k < n; k++) {
		int64_t near_ns = near < far ? kin[k].reference_ns : kin[k].local_ns;

		pairs[k] = (struct clock_pair){clock_correct(&m->clock[near], near_ns),
					       near < far ? kin[k].local_ns : kin[k].reference_ns};
	}
	return n;
}

/* One of several servers that nobody was sent to has nothing to tell a clock by: it is taken to be
 * right. False: there is no such point left. */
static bool meeting_place_silent(struct meeting *m, const struct view *view, const struct path *path,
				 bool *placed)
{
	uint32_t p;

	if (strcmp(path->evidence, "given") != 0) /* whether it is an alternative nobody knows */
		return false;
	for (p = 0; p < view->points; p++) {
		uint8_t stage = path->stage[p];

		if (placed[p] || view->point[p].nodes || stage == PATH_OFF || path->points[stage] < 2)
			continue;
		clock_identity(&m->clock[p]);
		placed[p] = true;
		return true;
	}
	return false;
}

/* What the points have in common is known, and the packets that told it are no more needed. */
static void meeting_forget(struct meeting *m)
{
	uint32_t p;

	for (p = 0; p < VIEW_POINTS_MAX; p++)
		samples_free(&m->samples[p]);
}

/* Prim's tree over the numbers of shared packets: each point gets its clock
 * from the point already placed that it shares most with. */
enum status meeting_set_clocks(struct meeting *m, const struct view *view, const struct path *path,
			       struct error *err)
{
	const struct samples *samples = m->samples;
	uint32_t room = meeting_pairs_room(m, view->points);
	struct clock_pair *pairs = malloc(((size_t)room + 1) * sizeof *pairs);
	struct commons common = {NULL, NULL};
	bool placed[VIEW_POINTS_MAX] = {false};
	uint32_t by_name[VIEW_POINTS_MAX], step, i, j, n, k;
	enum status status = STATUS_OK;
	size_t agreeing;

	if (!commons_open(&common, room) || !pairs) {
		free(pairs);
		commons_close(&common);
		return error_errno(err, ENOMEM, "clocks");
	}
	view_order_names(view, by_name);
	m->reference = path->point[0][0];
	clock_identity(&m->clock[m->reference]);
	placed[m->reference] = true;
	for (step = 1; step < view->points && !status; step++) {
		uint32_t best = 0, kin = 0, near = 0, far = 0;

		/* packets that both saw tell more than requests do; equals by name, whatever the order of inputs */
		for (i = 0; i < view->points; i++)
			for (j = 0; placed[by_name[i]] && j < view->points; j++) {
				const struct meeting_pair *pair = &m->pair[by_name[i]][by_name[j]];

				if (placed[by_name[j]] ||
				    (pair->shared <= best && (best || pair->kin <= kin)))
					continue;
				best = pair->shared;
				kin = pair->kin;
				near = by_name[i];
				far = by_name[j];
			}
		if (!best && !kin && meeting_place_silent(m, view, path, placed))
			continue;
		if (!best && !kin) {
			status = meeting_stranger(m, view, placed, err);
			break;
		}
		if (best) {
			n = samples_join(&samples[near], &samples[far], &common);
			for (k = 0; k < n; k++)
				pairs[k] = (struct clock_pair){
					clock_correct(&m->clock[near], common.list[k].at->time_ns),
					common.list[k].other->time_ns};
		} else {
			k = meeting_kin_pairs(m, near, far, pairs);
		}
		status = clock_fit_coarse(&m->clock[far], pairs, k, &agreeing, err);
		placed[far] = true;
	}
	free(pairs);
	commons_close(&common);
	meeting_forget(m);
	return status;
}

/* One point, compared with those behind it in a thread of its own. */
struct comparing {
	struct meeting *meeting;
	const struct sides *sides;
	uint32_t point, points;
	bool ok;
};

static void comparing_run(void *argument)
{
	struct comparing *c = argument;
	struct meeting *m = c->meeting;
	struct commons common;
	uint32_t i = c->point, j;

	c->ok = commons_open(&common, m->samples[i].count);
	for (j = i + 1; c->ok && j < c->points; j++) {
		struct meeting_pair *p = &m->pair[i][j];

		p->shared = samples_join(&m->samples[i], &m->samples[j], &common);
		meeting_vote(p, c->sides, common.list, p->shared);
		m->pair[j][i] = (struct meeting_pair){p->shared, p->delay_after, p->delay_before,
						      p->ttl_after, p->ttl_before, p->kin,
						      p->kin_error_ns};
	}
	commons_close(&common);
}

static enum status meeting_compare(struct meeting *m, const struct view *view,
				   const struct sides *sides, unsigned threads, struct error *err)
{
	struct comparing list[VIEW_POINTS_MAX];
	struct task task[VIEW_POINTS_MAX];
	uint32_t i;

	for (i = 0; i < view->points; i++) {
		list[i] = (struct comparing){m, sides, i, view->points, false};
		task[i] = (struct task){comparing_run, &list[i]};
	}
	tasks_run(task, view->points, threads);
	for (i = 0; i < view->points; i++)
		if (!list[i].ok)
			return error_errno(err, ENOMEM, "meeting of the points");
	return STATUS_OK;
}

static uint32_t sample_room(uint32_t points)
{
	uint32_t room = MEETING_SAMPLE_ALL / (points ? points : 1);

	if (room > MEETING_SAMPLE_MAX)
		return MEETING_SAMPLE_MAX;
	return room < MEETING_SAMPLE_MIN ? MEETING_SAMPLE_MIN : room;
}

enum status meeting_hold(struct meeting **out, const struct view *view,
			 const struct survey_flow *flows, unsigned threads, struct error *err)
{
	struct sampling sampling[VIEW_POINTS_MAX];
	struct meeting *m = calloc(1, sizeof *m);
	struct sides sides = {NULL, false};
	enum status status = STATUS_OK;
	uint64_t most = 0, mask = 0;
	uint32_t p;

	*out = NULL;
	if (m)
		m->samples = calloc(VIEW_POINTS_MAX, sizeof *m->samples);
	if (!m || !m->samples) {
		free(m);
		return error_errno(err, ENOMEM, "meeting of the points");
	}
	for (p = 0; p < view->points; p++)
		most = view->point[p].rows > most ? view->point[p].rows : most;
	while (most / (mask + 1) > sample_room(view->points))
		mask = 2 * mask + 1;
	for (p = 0; p < view->points; p++)
		sampling[p] = (struct sampling){.view = view, .point = p, .mask = mask};
	samplings_run(sampling, view->points, threads);
	for (p = 0; p < view->points; p++) {
		m->samples[p] = sampling[p].samples;
		m->sampled[p] = sampling[p].different;
		m->doubled[p] = sampling[p].doubled;
		if (!sampling[p].ok)
			status = error_errno(err, ENOMEM, "sample of point %s", view->point[p].name);
	}
	if (status)
		goto out;
	status = sides_find(&sides, view, flows, err);
	if (status)
		goto out;
	m->sides_doubtful = sides.doubtful;
	status = meeting_compare(m, view, &sides, threads, err);
out:
	sides_free(&sides);
	if (status)
		meeting_free(&m);
	*out = m;
	return status;
}

bool meeting_share(const struct meeting *m, uint32_t i, uint32_t j)
{
	uint32_t least = m->sampled[i] < m->sampled[j] ? m->sampled[i] : m->sampled[j];

	return m->pair[i][j].shared * (uint64_t)MEETING_FAIR_SHARE > least;
}

bool meeting_hangs_together(const struct meeting *m, const struct view *view)
{
	uint64_t reached, before = 0; /* bit per point */
	uint32_t i, j;

	for (i = 0; i + 1 < view->points && !view->point[i].nodes; i++)
		;
	reached = (uint64_t)1 << i;
	while (reached != before) {
		before = reached;
		for (i = 0; i < view->points; i++)
			for (j = 0; j < view->points; j++)
				if ((reached >> i & 1) && i != j && meeting_share(m, i, j))
					reached |= (uint64_t)1 << j;
	}
	for (i = 0; i < view->points; i++)
		if (view->point[i].nodes && !(reached >> i & 1))
			return false;
	return true;
}

void meeting_free(struct meeting **meeting)
{
	uint32_t p, q;

	if (!*meeting)
		return;
	for (p = 0; p < VIEW_POINTS_MAX; p++) {
		for (q = 0; q < VIEW_POINTS_MAX; q++)
			free((*meeting)->kin[p][q]);
		free((*meeting)->doubled[p]);
	}
	meeting_forget(*meeting);
	free((*meeting)->samples);
	free(*meeting);
	*meeting = NULL;
}
