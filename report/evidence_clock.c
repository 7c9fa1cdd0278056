#include "report/evidence_clock.h"

#include <stdio.h>
#include <string.h>

#include "correlate/names.h"
#include "report/cell.h"
#include "report/sheet.h"
#include "report/wording.h"

enum status evidence_clocks_read(struct evidence_clocks *c, const struct trace *trace,
				 struct error *err)
{
	struct store_txn *txn = trace->view->txn;
	struct names *names = NULL;
	enum status status;

	*c = (struct evidence_clocks){.trace = trace};
	status = sheet_run_value(txn, "clock_reference", c->reference, sizeof c->reference, err);
	if (!status)
		status = names_make(&names, &trace->path, trace->view, err);
	if (!status)
		status = ladder_clocks_read(&c->hop, txn, &trace->path, names, err);
	names_free(&names);
	return status;
}

static uint32_t clocks_reference_stage(const struct evidence_clocks *c)
{
	uint32_t p = view_point_named(c->trace->view, c->reference);

	return p < c->trace->view->points && c->trace->path.stage[p] != PATH_OFF
		       ? c->trace->path.stage[p] : 0;
}

enum clocks_known { CLOCKS_KNOWN, CLOCKS_ERROR_UNKNOWN, CLOCKS_UNKNOWN };

/* CLOCKS_UNKNOWN: some hop in between does not know; of points at no other stage of the path than
 * the reference no hop tells the error. */
static enum clocks_known clocks_error(const struct evidence_clocks *c, uint32_t point,
				      uint64_t *error_ns)
{
	uint32_t from = clocks_reference_stage(c), to = c->trace->path.stage[point], hop;

	*error_ns = 0;
	if (to == PATH_OFF || from == to)
		return CLOCKS_ERROR_UNKNOWN;
	for (hop = from < to ? from : to; hop < (from < to ? to : from); hop++) {
		if (!c->hop.known[hop])
			return CLOCKS_UNKNOWN;
		*error_ns += (uint64_t)c->hop.error_ns[hop];
	}
	return CLOCKS_KNOWN;
}

static char *clocks_say_offset(const struct evidence_clocks *c, uint32_t point,
			       const uint64_t *error_ns)
{
	const struct view_point *p = &c->trace->view->point[point];
	const struct clock *clock = &c->trace->clock[point];
	uint64_t half_ns = ((uint64_t)p->last_ns - (uint64_t)p->first_ns) / 2;
	int64_t local_ns = (int64_t)((uint64_t)p->first_ns + half_ns);
	int64_t offset_ns = (int64_t)((uint64_t)local_ns - (uint64_t)clock_correct(clock, local_ns));
	char offset[WORDING_ROOM], error[WORDING_ROOM], skew[CELL_ROOM + 1], *text;

	*cell_real(skew, clock_segment_local(clock, local_ns)->skew * 1e6, 2) = '\0';
	if (asprintf(&text, "clock %s%s%s%s against %s, skew %.40s ppm%s; times are corrected",
		     offset_ns > 0 ? "+" : "", wording_offset(offset, offset_ns),
		     error_ns ? " +- " : ", with an error that is not known,",
		     error_ns ? wording_duration(error, (int64_t)*error_ns) : "", c->reference, skew,
		     clock->segments > 1 ? ", with steps" : "") < 0)
		return NULL;
	return text;
}

char *evidence_clock_say(const struct evidence_clocks *c, uint32_t point)
{
	uint64_t error_ns;
	enum clocks_known known = clocks_error(c, point, &error_ns);
	char *text;

	if (strcmp(c->trace->view->point[point].name, c->reference) == 0)
		return strdup("the clock by which all times are told");
	if (known != CLOCKS_UNKNOWN)
		return clocks_say_offset(c, point, known == CLOCKS_KNOWN ? &error_ns : NULL);
	if (asprintf(&text, "clock not known against %s; times are corrected by what fits best",
		     c->reference) < 0)
		return NULL;
	return text;
}
