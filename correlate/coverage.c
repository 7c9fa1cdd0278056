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

static int coverage_compare(const void *x, const void *y)
{
	const struct coverage_span *a = x, *b = y;

	if (a->from_ns != b->from_ns)
		return a->from_ns < b->from_ns ? -1 : 1;
	return (a->to_ns > b->to_ns) - (a->to_ns < b->to_ns);
}

static struct coverage_span coverage_span(const struct judging *j, uint32_t hop, uint32_t p,
					  int64_t first_ns, int64_t last_ns)
{
	const struct clock *clock = &j->meeting->clock[p];
	bool near = j->path->stage[p] == hop;
	const struct hop *measured = &j->hops->hop[hop];

	return (struct coverage_span){
		hop_near_time(measured, p, near, clock_correct(clock, first_ns)),
		hop_near_time(measured, p, near, clock_correct(clock, last_ns))};
}

/* Files that touch, or nearly, are one span. */
static void coverage_merge(struct coverage *c)
{
	uint32_t i, kept = 0;

	qsort(c->span, c->spans, sizeof *c->span, coverage_compare);
	for (i = 1; i < c->spans; i++) {
		struct coverage_span *last = &c->span[kept];

		if (c->span[i].from_ns - last->to_ns > COVERAGE_GAP_NS)
			c->span[++kept] = c->span[i];
		else if (c->span[i].to_ns > last->to_ns)
			last->to_ns = c->span[i].to_ns;
	}
	c->spans = kept + 1;
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
	if (c->spans)
		coverage_merge(c);
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
	uint32_t low = 0, high = c->spans;

	/* the first span that ends behind `from` or at it */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (c->span[middle].to_ns < from_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == c->spans)
		return COVERAGE_BEHIND;
	if (from_ns >= c->span[low].from_ns && to_ns <= c->span[low].to_ns)
		return COVERAGE_YES;
	if (low == 0 && from_ns < c->span[0].from_ns)
		return COVERAGE_BEFORE;
	return low + 1 == c->spans && to_ns > c->span[low].to_ns ? COVERAGE_BEHIND : COVERAGE_HOLE;
}
