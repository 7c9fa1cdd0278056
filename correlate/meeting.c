#include "correlate/meeting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/packet.h"
#include "correlate/path.h"
#include "correlate/sides.h"
#include "correlate/tasks.h"

#define MEETING_NEAR_NS 20000000 /* neighbours whose clocks cannot drift apart meanwhile: 20 ms */
#define MEETING_FAIR_SHARE 50    /* two points that share less than 1/50 of the smaller do not hang together */
#define MEETING_DOUBLED_MIN 8    /* packets of a link before it can be called doubled */

struct sample {
	uint64_t fp;
	int64_t time_ns;  /* local */
	uint32_t index, way, link, ip_id;
	uint8_t ttl, version;
	bool copy;        /* another one of the same packet at the same point precedes it closely */
	bool once;        /* the only one of its fingerprint at this point, but for copies */
};

struct samples {
	struct sample *list;
	uint32_t count;
	uint64_t room;
};

static int sample_compare(const void *x, const void *y)
{
	const struct sample *a = x, *b = y;

	if (a->fp != b->fp)
		return a->fp < b->fp ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static bool samples_add(struct samples *s, const struct sample *one)
{
	struct sample *list = memory_room(s->list, s->count, &s->room, sizeof *list);

	if (!list)
		return false;
	s->list = list;
	s->list[s->count++] = *one;
	return true;
}

static bool samples_take(struct samples *s, const struct view *view, uint32_t p, uint64_t mask)
{
	const struct view_point *point = &view->point[p];
	uint64_t fp[VIEW_BATCH];
	struct view_batch batch;
	uint32_t i;

	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_fingerprints(view, &batch, fp);
		for (i = 0; i < batch.rows; i++) {
			uint32_t index = batch.index[i];
			struct sample one = {.fp = fp[i], .index = index};

			if (fp[i] & mask)
				continue;
			one.way = view_way(point, index);
			if (one.way == VIEW_NO_WAY)
				continue;
			one.time_ns = view_get(point, RECORD_TIME, index);
			one.version = view->flow[one.way >> 1].version;
			one.ttl = (uint8_t)view_get(point, RECORD_TTL, index);
			one.ip_id = (uint32_t)view_get(point, RECORD_IP_ID, index);
			one.link = (uint32_t)view_get(point, RECORD_LINK, index) +
				   point->block[index >> VIEW_BLOCK_SHIFT].link_base;
			if (!samples_add(s, &one))
				return false;
		}
	}
	if (s->count)
		qsort(s->list, s->count, sizeof *s->list, sample_compare);
	return true;
}

/* A translator to the other version of IP gives another ID, or none. */
static bool sample_copies(const struct sample *one, const struct sample *before)
{
	return one->time_ns - before->time_ns <= MEETING_COPY_NS &&
	       (one->ip_id == before->ip_id || one->version != before->version);
}

/* Marks copies and the packets seen once; counts the different packets. */
static uint32_t samples_mark(struct samples *s)
{
	uint32_t from, to, i, different = 0, originals;

	for (from = 0; from < s->count; from = to) {
		originals = 1;
		for (to = from + 1; to < s->count && s->list[to].fp == s->list[from].fp; to++) {
			s->list[to].copy = sample_copies(&s->list[to], &s->list[to - 1]);
			originals += !s->list[to].copy;
		}
		for (i = from; i < to; i++)
			s->list[i].once = i == from && originals == 1;
		different++;
	}
	return different;
}

/* Links that carry, mostly, what another link (or the same) carried just before. */
static bool samples_find_doubled(const struct samples *s, uint32_t links, uint8_t **doubled)
{
	uint32_t *all = calloc(3 * ((size_t)links + 1), sizeof *all), i;
	uint32_t *copies = all + links + 1, *own = copies + links + 1;

	*doubled = calloc((size_t)links + 1, 1);
	if (!all || !*doubled) {
		free(all);
		return false;
	}
	for (i = 0; i < s->count; i++) {
		bool copy = s->list[i].copy, followed = i + 1 < s->count && s->list[i + 1].copy;
		uint32_t link = s->list[i].link;

		all[link]++;
		copies[link] += copy || followed;
		own[link] += (copy && s->list[i - 1].link == link) ||
			     (followed && s->list[i + 1].link == link);
	}
	for (i = 0; i < links; i++) {
		if (all[i] >= MEETING_DOUBLED_MIN && copies[i] * 2 > all[i])
			(*doubled)[i] |= MEETING_DOUBLED;
		if (all[i] >= MEETING_DOUBLED_MIN && own[i] * 2 > all[i])
			(*doubled)[i] |= MEETING_DOUBLED_SELF;
	}
	free(all);
	return true;
}

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
	s->ok = s->ok && samples_find_doubled(&s->samples, s->view->point[s->point].links,
					      &s->doubled);
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

struct common {
	const struct sample *at, *other;
};

static int common_compare(const void *x, const void *y)
{
	const struct common *a = x, *b = y;

	if (a->at->time_ns != b->at->time_ns)
		return a->at->time_ns < b->at->time_ns ? -1 : 1;
	return (a->at->index > b->at->index) - (a->at->index < b->at->index);
}

/* Packets seen once at both, in the first point's order of time. */
static uint32_t samples_join(const struct samples *a, const struct samples *b, struct common *out)
{
	uint32_t i = 0, j = 0, n = 0;

	while (i < a->count && j < b->count) {
		if (a->list[i].fp != b->list[j].fp) {
			a->list[i].fp < b->list[j].fp ? i++ : j++;
			continue;
		}
		if (a->list[i].once && b->list[j].once)
			out[n++] = (struct common){&a->list[i], &b->list[j]};
		i++;
		while (j < b->count && b->list[j].fp == a->list[i - 1].fp)
			j++;
		while (i < a->count && a->list[i].fp == a->list[i - 1].fp)
			i++;
	}
	qsort(out, n, sizeof *out, common_compare);
	return n;
}

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

/* Prim's tree over the numbers of shared packets: each point gets its clock
 * from the point already placed that it shares most with. */
enum status meeting_set_clocks(struct meeting *m, const struct view *view, const struct path *path,
			       struct error *err)
{
	const struct samples *samples = m->samples;
	uint32_t room = meeting_pairs_room(m, view->points);
	struct clock_pair *pairs = malloc(((size_t)room + 1) * sizeof *pairs);
	struct common *common = malloc(((size_t)room + 1) * sizeof *common);
	bool placed[VIEW_POINTS_MAX] = {false};
	uint32_t by_name[VIEW_POINTS_MAX], step, i, j, n, k;
	enum status status = STATUS_OK;
	size_t agreeing;

	if (!pairs || !common) {
		free(pairs);
		free(common);
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
			n = samples_join(&samples[near], &samples[far], common);
			for (k = 0; k < n; k++)
				pairs[k] = (struct clock_pair){
					clock_correct(&m->clock[near], common[k].at->time_ns),
					common[k].other->time_ns};
		} else {
			k = meeting_kin_pairs(m, near, far, pairs);
		}
		status = clock_fit_coarse(&m->clock[far], pairs, k, &agreeing, err);
		placed[far] = true;
	}
	free(pairs);
	free(common);
	return status;
}

static void meeting_compare(struct meeting *m, const struct view *view,
			    const struct sides *sides, const struct samples *samples,
			    struct common *common)
{
	uint32_t i, j;

	for (i = 0; i < view->points; i++)
		for (j = i + 1; j < view->points; j++) {
			struct meeting_pair *p = &m->pair[i][j];

			p->shared = samples_join(&samples[i], &samples[j], common);
			meeting_vote(p, sides, common, p->shared);
			m->pair[j][i] = (struct meeting_pair){p->shared, p->delay_after,
							      p->delay_before, p->ttl_after,
							      p->ttl_before, p->kin, p->kin_error_ns};
		}
}

enum status meeting_hold(struct meeting **out, const struct view *view,
			 const struct survey_flow *flows, unsigned threads, struct error *err)
{
	struct sampling sampling[VIEW_POINTS_MAX];
	struct meeting *m = calloc(1, sizeof *m);
	struct sides sides = {NULL, false};
	enum status status = STATUS_OK;
	struct common *common = NULL;
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
	while (most / (mask + 1) > MEETING_SAMPLE_MAX)
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
	common = malloc(((size_t)samples_room(m->samples, view->points) + 1) * sizeof *common);
	if (!common) {
		status = error_errno(err, ENOMEM, "meeting of the points");
		goto out;
	}
	status = sides_find(&sides, view, flows, err);
	if (status)
		goto out;
	m->sides_doubtful = sides.doubtful;
	meeting_compare(m, view, &sides, m->samples, common);
out:
	sides_free(&sides);
	free(common);
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
		free((*meeting)->samples[p].list);
	}
	free((*meeting)->samples);
	free(*meeting);
	*meeting = NULL;
}
