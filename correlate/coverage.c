#include "correlate/coverage.h"

#include <errno.h>
#include <stdlib.h>

#define COVERAGE_GAP_NS 1000000000 /* between two files that follow each other */
#define COVERAGE_ONE_WAY 16        /* packets, all of one direction, of a file for that direction */

/* Whether a capture, one of several of its point, takes the other direction only. */
static bool coverage_other_way(const struct judging *j, uint32_t first_node, uint32_t nodes,
			       enum hop_direction direction)
{
	uint64_t packets[2] = {0, 0};
	uint32_t n, d;

	for (n = first_node; n < first_node + nodes; n++)
		for (d = 0; d < 2; d++)
			packets[sessions_forward(j->sessions, n << 1 | d) ? HOP_FORWARD : HOP_REVERSE] +=
				j->flows[n].packets[d];
	return !packets[direction] && packets[!direction] >= COVERAGE_ONE_WAY;
}

static struct span coverage_span(const struct judging *j, uint32_t hop, uint32_t p,
					  int64_t first_ns, int64_t last_ns)
{
	const struct clock *clock = &j->meeting->clock[p];
	bool near = j->path->stage[p] == hop;
	const struct hop *measured = &j->hops->hop[hop];

	return (struct span){
		hop_near_time(measured, p, near, clock_correct(clock, first_ns)),
		hop_near_time(measured, p, near, clock_correct(clock, last_ns))};
}

static bool coverage_says(const struct capture *capture)
{
	return capture->records || capture->ran_until_ns;
}

enum status coverage_find(struct coverage *c, const struct judging *j, uint32_t hop, uint32_t p,
			  enum hop_direction direction, struct error *err)
{
	const struct view_point *point = &j->view->point[p];
	uint32_t k, node = point->first_node;

	c->spans = 0;
	c->span = malloc(((size_t)point->captures + 1) * sizeof *c->span);
	if (!c->span)
		return error_errno(err, ENOMEM, "coverage of point %s", point->name);
	for (k = point->first_capture; k < point->first_capture + point->captures; k++) {
		const struct capture *capture = &j->view->capture[k];

		if ((point->captures > 1 || capture->ran_until_ns) && coverage_says(capture) &&
		    !(point->captures > 1 && coverage_other_way(j, node, capture->flows, direction)))
			c->span[c->spans++] = coverage_span(j, hop, p, capture_from(capture),
							    capture_until(capture));
		node += capture->flows;
	}
	if (!c->spans && point->rows)
		c->span[c->spans++] = coverage_span(j, hop, p, point->first_ns, point->last_ns);
	c->spans = spans_merge(c->span, c->spans, COVERAGE_GAP_NS);
	return STATUS_OK;
}

void coverage_free(struct coverage *c)
{
	free(c->span);
	c->span = NULL;
	c->spans = 0;
}

enum coverage_answer coverage_ask(const struct coverage *c, int64_t from_ns, int64_t to_ns)
{
	uint32_t low = spans_find(c->span, c->spans, from_ns);

	if (low == c->spans)
		return COVERAGE_BEHIND;
	if (from_ns >= c->span[low].from_ns && to_ns <= c->span[low].to_ns)
		return COVERAGE_YES;
	if (low == 0 && from_ns < c->span[0].from_ns)
		return COVERAGE_BEFORE;
	return low + 1 == c->spans && to_ns > c->span[low].to_ns ? COVERAGE_BEHIND : COVERAGE_HOLE;
}
