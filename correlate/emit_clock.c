#include "correlate/emit_clock.h"

struct emit_clock emit_clock_of_hop(const struct judging *j, uint32_t h)
{
	int64_t least = INT64_MAX, most = INT64_MIN;
	const struct hop *hop = &j->hops->hop[h];
	struct emit_clock all = {0};
	uint32_t n, f;

	for (n = 0; n < j->path->points[h]; n++)
		for (f = 0; f < j->path->points[h + 1u]; f++) {
			uint32_t p = j->path->point[h][n], q = j->path->point[h + 1u][f];
			const struct clock *near = &j->meeting->clock[p];
			const struct clock *far = &j->meeting->clock[q];
			const struct clock_fit *fit = hop_fit(hop, p, q);
			int64_t offset_ns;

			if (!fit->known)
				continue;
			/* the coarse correction of both points at the same moment, and the fine one */
			offset_ns = fit->offset_ns + clock_offset(far, fit->at_ns) -
				    clock_offset(near, fit->at_ns);
			if (least == INT64_MAX)
				all.skew = fit->skew + clock_skew(far, fit->at_ns) -
					   clock_skew(near, fit->at_ns);
			least = offset_ns < least ? offset_ns : least;
			most = offset_ns > most ? offset_ns : most;
			all.error_ns = fit->error_ns > all.error_ns ? fit->error_ns : all.error_ns;
		}
	all.known = least != INT64_MAX && most - least <= 2 * all.error_ns;
	if (all.known)
		all.offset_ns = least + (most - least) / 2;
	return all;
}

/* False: a hop in between does not know. No hop tells the clocks of alternatives apart. */
static bool emit_clock_error(const struct judging *j, uint32_t point, int64_t *error_ns)
{
	uint32_t reference = j->meeting->reference, from = j->path->stage[reference];
	uint32_t to = j->path->stage[point], hop;

	*error_ns = 0;
	if (from == to || from == PATH_OFF || to == PATH_OFF)
		return point == reference;
	for (hop = from < to ? from : to; hop < (from < to ? to : from); hop++) {
		struct emit_clock clock = emit_clock_of_hop(j, hop);

		if (!clock.known)
			return false;
		*error_ns += clock.error_ns;
	}
	return true;
}

struct emit_clock emit_clock_of_point(const struct judging *j, const struct clock *clock,
				      uint32_t point)
{
	const struct view_point *p = &j->view->point[point];
	uint64_t half_ns = ((uint64_t)p->last_ns - (uint64_t)p->first_ns) / 2;
	int64_t local_ns = (int64_t)((uint64_t)p->first_ns + half_ns);
	unsigned s = clock->segments - 1;
	struct emit_clock all;

	while (s > 0 && local_ns < clock->segment[s].from_ns)
		s--;
	all.offset_ns = (int64_t)((uint64_t)local_ns - (uint64_t)clock_correct(clock, local_ns));
	all.skew = clock->segment[s].skew;
	all.steps = clock->segments - 1;
	all.known = emit_clock_error(j, point, &all.error_ns);
	return all;
}
