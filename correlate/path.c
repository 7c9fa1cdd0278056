#include "correlate/path.h"

#include <stdio.h>
#include <string.h>

#define PATH_DELAY_VOTES_MIN 3

/* How sure the packets are that point i is nearer to the clients than j: 0 when
 * they do not say. TTL first: routers count it down, nothing counts it up. */
static int path_before(const struct meeting_pair *p, bool *by_ttl)
{
	uint32_t ttl = p->ttl_before + p->ttl_after, delay = p->delay_before + p->delay_after;

	*by_ttl = false;
	if (ttl && (p->ttl_before >= 4 * p->ttl_after || p->ttl_after >= 4 * p->ttl_before)) {
		*by_ttl = true;
		return p->ttl_before > p->ttl_after ? 1 : -1;
	}
	if (delay >= PATH_DELAY_VOTES_MIN) {
		if (2 * p->delay_before >= 3 * p->delay_after)
			return 1;
		if (2 * p->delay_after >= 3 * p->delay_before)
			return -1;
	}
	return 0;
}

/* Whether two points are on one way: alternatives of each other share next to nothing. */
static bool path_share(const struct meeting *m, uint32_t i, uint32_t j)
{
	return meeting_share(m, i, j) || m->pair[i][j].kin;
}

void path_stage_name(const struct path *path, const struct view *view, uint32_t stage, char *name,
		     size_t room)
{
	size_t n = 0;
	uint32_t k;

	name[0] = 0;
	for (k = 0; k < path->points[stage] && n < room; k++)
		n += (size_t)snprintf(name + n, room - n, "%s%s", k ? "/" : "",
				      view->point[path->point[stage][k]].name);
}

static void path_write(struct path *path, const struct view *view)
{
	size_t n = 0;
	uint32_t s;

	path->text[0] = 0;
	for (s = 0; s < path->stages && n < sizeof path->text; s++) {
		char name[PATH_TEXT_MAX];

		path_stage_name(path, view, s, name, sizeof name);
		n += (size_t)snprintf(path->text + n, sizeof path->text - n, "%s%s", s ? "," : "",
				      name);
	}
}

/* Alternatives stand in the order of their names, whatever that of the inputs. */
static void path_place(struct path *path, const struct view *view, uint32_t point, uint32_t stage)
{
	uint32_t k = path->points[stage]++;

	path->stage[point] = (uint8_t)stage;
	for (; k > 0 && strcmp(view->point[path->point[stage][k - 1]].name,
			       view->point[point].name) > 0;
	     k--)
		path->point[stage][k] = path->point[stage][k - 1];
	path->point[stage][k] = (uint8_t)point;
	if (stage >= path->stages)
		path->stages = stage + 1;
}

static void path_turn(struct path *path, const struct view *view)
{
	struct path turned = {.stages = 0};
	uint32_t p;

	for (p = 0; p < view->points; p++)
		path_place(&turned, view, p, path->stages - 1u - path->stage[p]);
	*path = turned;
}

static void path_find_evidence(struct path *path, const struct view *view,
			       const struct meeting *meeting)
{
	bool ttl = false, delay = false, none = false, by_ttl;
	uint32_t i, j;

	for (i = 0; i < view->points; i++)
		for (j = 0; j < view->points; j++) {
			if (path->stage[j] != path->stage[i] + 1 || !path_share(meeting, i, j))
				continue;
			if (!path_before(&meeting->pair[i][j], &by_ttl))
				none = true;
			else if (by_ttl)
				ttl = true;
			else
				delay = true;
		}
	if (none)
		path->evidence = ttl || delay ? "ttl, delay and command line" : "command line";
	else
		path->evidence = ttl && delay ? "ttl and delay" : ttl ? "ttl" : "delay";
}

/* Points in order of how many of the others they are behind (Copeland), then
 * each on the first stage behind all those before it that share packets with it. */
void path_find(struct path *path, const struct view *view, const struct meeting *meeting)
{
	int behind[VIEW_POINTS_MAX] = {0};
	uint32_t order[VIEW_POINTS_MAX], i, j, k;
	bool by_ttl;

	memset(path, 0, sizeof *path);
	for (i = 0; i < view->points; i++) {
		for (j = 0; j < view->points; j++)
			if (j != i && path_share(meeting, i, j))
				behind[i] -= path_before(&meeting->pair[i][j], &by_ttl);
		for (k = i; k > 0 && behind[order[k - 1]] > behind[i]; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	for (i = 0; i < view->points; i++) {
		uint32_t stage = 0;

		for (j = 0; j < i; j++)
			if (path_share(meeting, order[i], order[j]) &&
			    path->stage[order[j]] >= stage)
				stage = path->stage[order[j]] + 1u;
		path_place(path, view, order[i], stage);
	}
	/* clients on both sides: then the first point given is at the beginning */
	if (meeting->sides_doubtful && path->stage[0] > path->stage[view->points - 1])
		path_turn(path, view);
	path_find_evidence(path, view, meeting);
	path_write(path, view);
}

static void path_check(struct path *path, const struct view *view, const struct meeting *meeting)
{
	uint32_t i, j;
	bool by_ttl;

	for (i = 0; i < view->points; i++)
		for (j = 0; j < view->points; j++) {
			if (path->stage[i] == PATH_OFF || path->stage[j] == PATH_OFF ||
			    path->stage[i] >= path->stage[j] || path->doubt[0])
				continue;
			if (path_before(&meeting->pair[i][j], &by_ttl) < 0)
				snprintf(path->doubt, sizeof path->doubt,
					 "the %s of the packets says that %s is nearer to the clients than %s",
					 by_ttl ? "TTL" : "delay", view->point[j].name,
					 view->point[i].name);
		}
}

static enum status path_parse_name(struct path *path, const char *name, size_t size,
				   uint32_t stage, const struct view *view, struct error *err)
{
	uint32_t p;

	for (p = 0; p < view->points; p++)
		if (strlen(view->point[p].name) == size &&
		    memcmp(view->point[p].name, name, size) == 0)
			break;
	if (p == view->points)
		return error_set(err, STATUS_USAGE, "--path: no point '%.*s' in the store",
				 (int)size, name);
	if (path->stage[p] != PATH_OFF)
		return error_set(err, STATUS_USAGE, "--path: point '%s' is named twice",
				 view->point[p].name);
	path_place(path, view, p, stage);
	return STATUS_OK;
}

enum status path_parse(struct path *path, const char *text, const struct view *view,
		       const struct meeting *meeting, struct error *err)
{
	const char *at = text;
	uint32_t stage = 0;
	enum status status;

	memset(path, 0, sizeof *path);
	memset(path->stage, PATH_OFF, sizeof path->stage);
	for (;;) {
		size_t size = strcspn(at, ",/");

		status = path_parse_name(path, at, size, stage, view, err);
		if (status)
			return status;
		at += size;
		if (!*at)
			break;
		stage += *at++ == ',';
	}
	path->evidence = "given";
	path_check(path, view, meeting);
	path_write(path, view);
	return STATUS_OK;
}
