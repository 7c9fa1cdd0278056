#include "report/evidence_clock.h"

#include <stdio.h>
#include <string.h>

#include "correlate/names.h"
#include "correlate/results.h"
#include "report/cell.h"
#include "report/rows.h"
#include "report/sheet.h"
#include "report/wording.h"

static void clocks_take(struct evidence_clocks *c, const struct names *names,
			const struct cell *cell)
{
	uint32_t hop;

	for (hop = 0; hop + 1 < c->trace->path.stages; hop++)
		if (cell[HOPS_CLOCK_ERROR].known &&
		    strcmp(names->hop[hop], cell[HOPS_HOP].text) == 0) {
			c->known[hop] = true;
			c->error_ns[hop] = cell[HOPS_CLOCK_ERROR].number;
		}
}

enum status evidence_clocks_read(struct evidence_clocks *c, const struct trace *trace,
				 struct error *err)
{
	struct names *names = NULL;
	struct rows *rows = NULL;
	enum status status;
	bool more = true;

	*c = (struct evidence_clocks){.trace = trace};
	status = sheet_run_value(trace->view->txn, "clock_reference", c->reference,
				 sizeof c->reference, err);
	if (!status)
		status = names_make(&names, &trace->path, trace->view, err);
	if (!status)
		status = rows_open_table(&rows, trace->view->txn, &results_hops, err);
	while (!status) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		clocks_take(c, names, rows_cells(rows));
	}
	rows_close(&rows);
	names_free(&names);
	return status;
}

static uint32_t clocks_reference_stage(const struct evidence_clocks *c)
{
	const struct view *view = c->trace->view;
	uint32_t p;

	for (p = 0; p < view->points; p++)
		if (strcmp(view->point[p].name, c->reference) == 0 &&
		    c->trace->path.stage[p] != PATH_OFF)
			return c->trace->path.stage[p];
	return 0;
}

/* False: some hop in between does not know. */
static bool clocks_error(const struct evidence_clocks *c, uint32_t point, uint64_t *error_ns)
{
	uint32_t from = clocks_reference_stage(c), to = c->trace->path.stage[point], hop;

	*error_ns = 0;
	if (to == PATH_OFF || from == to)
		return false;
	for (hop = from < to ? from : to; hop < (from < to ? to : from); hop++) {
		if (!c->known[hop])
			return false;
		*error_ns += (uint64_t)c->error_ns[hop];
	}
	return true;
}

static double clocks_skew(const struct clock *clock, int64_t local_ns)
{
	unsigned s = clock->segments - 1;

	while (s > 0 && local_ns < clock->segment[s].from_ns)
		s--;
	return clock->segment[s].skew;
}

char *evidence_clock_say(const struct evidence_clocks *c, uint32_t point)
{
	const struct view_point *p = &c->trace->view->point[point];
	const struct clock *clock = &c->trace->clock[point];
	uint64_t half_ns = ((uint64_t)p->last_ns - (uint64_t)p->first_ns) / 2, error_ns;
	int64_t local_ns = (int64_t)((uint64_t)p->first_ns + half_ns);
	int64_t offset_ns = (int64_t)((uint64_t)local_ns - (uint64_t)clock_correct(clock, local_ns));
	char offset[WORDING_ROOM], error[WORDING_ROOM], skew[CELL_ROOM + 1], *text;
	bool known = clocks_error(c, point, &error_ns);

	*cell_real(skew, clocks_skew(clock, local_ns) * 1e6, 2) = '\0';

	if (strcmp(p->name, c->reference) == 0)
		text = strdup("the clock by which all times are told");
	else if (asprintf(&text, "clock %s%s%s%s against %s, skew %.40s ppm%s; times are corrected",
			  offset_ns > 0 ? "+" : "", wording_offset(offset, offset_ns),
			  known ? " +- " : ", with an error that is not known,",
			  known ? wording_duration(error, (int64_t)error_ns) : "", c->reference, skew,
			  clock->segments > 1 ? ", with steps" : "") < 0)
		text = NULL;
	return text;
}
