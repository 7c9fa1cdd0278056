#include "report/export_verdicts.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/export_packets.h"
#include "collect/progress.h"
#include "correlate/names.h"
#include "correlate/trace.h"
#include "report/ladder_clocks.h"

enum verdicts_column {
	VERDICTS_HOP, VERDICTS_DIRECTION, VERDICTS_VERDICT, VERDICTS_SIDE, VERDICTS_POINT,
	VERDICTS_CAPTURE, VERDICTS_FRAME, VERDICTS_TIME, VERDICTS_DELAY, VERDICTS_SESSION,
	VERDICTS_FP, VERDICTS_COLUMNS
};

static const char *const direction_words[] = {"forward", "reverse", "none"};
static const char *const side_words[] = {"from", "to", "none"};
static const char *const verdict_words[VERDICTS] = {
	[VERDICT_NONE] = "",
	[VERDICT_MATCHED] = "matched",
	[VERDICT_DROPPED] = "dropped",
	[VERDICT_INJECTED] = "injected",
	[VERDICT_DUPLICATED] = "duplicated",
	[VERDICT_LOCAL] = "local",
	[VERDICT_UNCAPTURED] = "uncaptured",
	[VERDICT_EDGE] = "edge",
	[VERDICT_AMBIGUOUS] = "ambiguous",
	[VERDICT_EXCLUDED] = "excluded",
	[VERDICT_COPIES] = "copies",
};

static const struct export_schema verdicts_schema = {
	"verdicts", VERDICTS_COLUMNS, (const struct export_column[]){
	[VERDICTS_HOP] = {"hop", EXPORT_TEXT, NULL},
	[VERDICTS_DIRECTION] = {"direction", EXPORT_WORD, direction_words},
	[VERDICTS_VERDICT] = {"verdict", EXPORT_WORD, verdict_words},
	[VERDICTS_SIDE] = {"side", EXPORT_WORD, side_words},
	[VERDICTS_POINT] = {"point", EXPORT_TEXT, NULL},
	[VERDICTS_CAPTURE] = {"capture", EXPORT_UINT64, NULL},
	[VERDICTS_FRAME] = {"frame", EXPORT_UINT32, NULL},
	[VERDICTS_TIME] = {"time_ns", EXPORT_INT64, NULL},
	[VERDICTS_DELAY] = {"delay_ns", EXPORT_INT64_OR_NULL, NULL},
	[VERDICTS_SESSION] = {"session", EXPORT_UINT32, NULL},
	[VERDICTS_FP] = {"fp", EXPORT_UINT64, NULL},
}};

/* One export under way. */
struct verdicts_export {
	struct trace *trace;
	struct names *names;
	struct ladder_clocks clocks;
	struct export *out;
	struct progress *progress;
	uint64_t done, total;
};

/* A record at hand. */
struct verdicts_record {
	uint32_t point, index;
	int64_t time_ns;      /* the path's */
	unsigned direction;   /* enum hop_direction */
	struct export_cell cell[VERDICTS_COLUMNS];
};

/* How long the packet of a record took to the hop's other side, as its link tells it: known in the row of the hop's
 * first point. */
static bool verdicts_delay(const struct verdicts_export *e, const struct verdicts_record *r,
			   uint32_t hop, int64_t *delay_ns, bool *damaged)
{
	const struct trace *t = e->trace;
	uint32_t point = r->point, index = r->index;
	int64_t far_ns;

	if (t->path.stage[r->point] != hop || !e->clocks.known[hop] ||
	    !trace_next(e->trace, &point, &index, damaged) || t->path.stage[point] != hop + 1)
		return false;
	far_ns = clock_correct(&t->clock[point], view_get(&t->view->point[point], RECORD_TIME, index));
	*delay_ns = r->direction == HOP_REVERSE ? clock_minus(r->time_ns, far_ns)
						: clock_minus(far_ns, r->time_ns);
	return true;
}

static enum status verdicts_row(struct verdicts_export *e, struct verdicts_record *r, uint32_t hop,
				unsigned verdict, struct error *err)
{
	bool first = e->trace->path.stage[r->point] == hop, damaged = false;
	int64_t delay_ns = 0;
	bool measured = verdict == VERDICT_MATCHED && verdicts_delay(e, r, hop, &delay_ns, &damaged);

	if (damaged || verdict >= VERDICTS)
		return trace_damaged(err);
	r->cell[VERDICTS_HOP].text = e->names->hop[hop];
	r->cell[VERDICTS_VERDICT].number = verdict;
	r->cell[VERDICTS_SIDE].number =
		r->direction == HOP_NO_DIRECTION ? 2 : first == (r->direction == HOP_REVERSE);
	r->cell[VERDICTS_DELAY] =
		(struct export_cell){.number = (uint64_t)delay_ns, .unknown = !measured};
	return export_row(e->out, r->cell, err);
}

/* What it is, whatever the hop. */
static void verdicts_fill(const struct verdicts_export *e, struct verdicts_record *r)
{
	const struct trace *t = e->trace;
	const struct view_point *point = &t->view->point[r->point];
	uint32_t way = view_way(point, r->index);

	r->time_ns = clock_correct(&t->clock[r->point], view_get(point, RECORD_TIME, r->index));
	r->direction = way == VIEW_NO_WAY                    ? HOP_NO_DIRECTION
		       : sessions_forward(t->sessions, way) ? HOP_FORWARD
							     : HOP_REVERSE;
	r->cell[VERDICTS_DIRECTION].number = r->direction;
	r->cell[VERDICTS_FRAME].number = (uint64_t)view_get(point, RECORD_FRAME, r->index);
	r->cell[VERDICTS_TIME].number = (uint64_t)r->time_ns;
	r->cell[VERDICTS_SESSION] = (struct export_cell){.unknown = way == VIEW_NO_WAY};
	if (way != VIEW_NO_WAY)
		r->cell[VERDICTS_SESSION].number = t->sessions->of_node[way >> 1] + (uint64_t)1;
	r->cell[VERDICTS_FP] = (struct export_cell){
		.number = view_fingerprint(t->view, point, r->index), .unknown = way == VIEW_NO_WAY};
}

static enum status verdicts_block(struct verdicts_export *e, uint32_t p, uint32_t b,
				  struct error *err)
{
	const struct view_point *point = &e->trace->view->point[p];
	uint32_t stage = e->trace->path.stage[p], row, rows = point->block[b].chunk.rows;
	struct verdicts_record r = {.point = p};
	enum status status = STATUS_OK;

	r.cell[VERDICTS_POINT].text = point->name;
	r.cell[VERDICTS_CAPTURE].number =
		export_capture_id(&e->trace->view->capture[point->block[b].capture]);
	for (row = 0; row < rows && !status; row++) {
		uint8_t code;

		r.index = b << VIEW_BLOCK_SHIFT | row;
		code = trace_code(e->trace, p, r.index);
		verdicts_fill(e, &r);
		if (stage > 0 && code & 15)
			status = verdicts_row(e, &r, stage - 1, code & 15, err);
		if (!status && stage + 1 < e->trace->path.stages && code >> 4)
			status = verdicts_row(e, &r, stage, code >> 4, err);
	}
	e->done += rows;
	if (e->progress)
		progress_show(e->progress, &(struct progress_count){.done = e->done, .total = e->total});
	return status;
}

static enum status verdicts_write(struct verdicts_export *e, struct error *err)
{
	const struct view *view = e->trace->view;
	uint32_t by_name[VIEW_POINTS_MAX], i, b;
	enum status status = STATUS_OK;

	view_order_names(view, by_name);
	for (i = 0; i < view->points; i++)
		e->total += view->point[i].rows;
	for (i = 0; i < view->points && !status; i++)
		for (b = 0; b < view->point[by_name[i]].blocks && !status; b++)
			if (e->trace->path.stage[by_name[i]] != PATH_OFF)
				status = verdicts_block(e, by_name[i], b, err);
	return status;
}

enum status export_verdicts(struct store_txn *txn, const char *directory, enum export_format format,
			    struct progress *progress, struct error *err)
{
	struct verdicts_export e = {.progress = progress};
	enum status status = trace_open(&e.trace, txn, err);

	if (!status)
		status = names_make(&e.names, &e.trace->path, e.trace->view, err);
	if (!status)
		status = ladder_clocks_read(&e.clocks, txn, &e.trace->path, e.names, err);
	if (!status && directory)
		status = aside_make_directory(directory, err);
	if (!status)
		status = export_open(&e.out, directory, &verdicts_schema, format, err);
	if (!status)
		status = verdicts_write(&e, err);
	if (!status)
		status = export_finish(&e.out, err);
	if (!status && directory)
		status = export_captures(txn, directory, format, err);
	export_abort(&e.out);
	names_free(&e.names);
	trace_close(&e.trace);
	return status;
}
