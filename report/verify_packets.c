/* The packets that rows name, in the captures that were found: there is such a frame, and of that time.
 *
 * A row's time is of the path, and tells the frame's own by a line that run.csv has, but for an error that
 * is the same for all of a capture's: so the middle one of the differences is taken off them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/source.h"
#include "report/cell.h"
#include "report/verify_set.h"

#define PACKETS_APART_NS 5000000 /* which differences may be, by drift that the coarse clock left */

struct packets_work {
	struct verify *v;
	struct verify_frame *frame; /* those of one capture, by number */
	uint32_t frames;
	int64_t *apart;             /* of each: its time less that of its row */
	bool *found;
	uint64_t last;              /* of the file */
};

static int packets_compare(const void *x, const void *y)
{
	const struct verify_frame *a = x, *b = y;

	if (a->capture != b->capture)
		return a->capture < b->capture ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static int packets_compare_numbers(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

/* ---- one capture ---- */

static enum status packets_read(struct packets_work *w, const struct verify_capture *c, struct error *err)
{
	const struct verify_point *point = &w->v->point[c->point];
	struct source *source;
	enum status status = source_open_again(&source, c->path, err);
	struct frame frame;
	bool more = true;
	uint32_t k = 0;

	while (!status) {
		status = source_next(source, &frame, &more, err);
		if (status || !more)
			break;
		w->last = frame.number;
		for (; k < w->frames && w->frame[k].number <= frame.number; k++) {
			w->found[k] = w->frame[k].number == frame.number;
			w->apart[k] = (int64_t)((uint64_t)frame.time_ns -
						(uint64_t)verify_local_time(point, w->frame[k].time_ns));
		}
	}
	source_close(&source);
	return status;
}

/* The middle of those that were found. */
static int64_t packets_middle(const struct packets_work *w, int64_t *sorted)
{
	uint32_t k, n = 0;

	for (k = 0; k < w->frames; k++)
		if (w->found[k])
			sorted[n++] = w->apart[k];
	if (!n)
		return 0;
	qsort(sorted, n, sizeof *sorted, packets_compare_numbers);
	return sorted[n / 2];
}

static uint64_t packets_distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static void packets_say(struct packets_work *w, const struct verify_capture *c, int64_t middle_ns)
{
	struct verify *v = w->v;
	bool clocked = v->point[c->point].clocked;
	uint32_t k;

	if (clocked && packets_distance(middle_ns, 0) > VERIFY_SLACK_NS)
		verify_fault(v, "%s: the packets that the tables name are of other times", c->path);
	for (k = 0; k < w->frames; k++) {
		const struct verify_frame *f = &w->frame[k];

		v->looked++;
		if (!w->found[k])
			verify_fault_at(v, f->sheet, f->line, "frame", "%s has no frame %u", c->path, f->number);
		else if (clocked && packets_distance(w->apart[k], middle_ns) > PACKETS_APART_NS)
			verify_fault_at(v, f->sheet, f->line, "time", "frame %u of %s is of another time",
					f->number, c->path);
	}
	if (!strchr(c->name, '@') && w->last != c->packets)
		verify_fault(v, "%s/manifest.csv: line %" PRIu64 ", column packets: %" PRIu64 ", but %s has %" PRIu64,
			     v->options->directory, c->line, c->packets, c->path, w->last);
}

static enum status packets_capture(struct verify *v, const struct verify_capture *c,
				   struct verify_frame *frame, uint32_t frames, struct error *err)
{
	struct packets_work w = {.v = v, .frame = frame, .frames = frames,
				 .apart = calloc((size_t)frames + 1, sizeof(int64_t)),
				 .found = calloc((size_t)frames + 1, sizeof(bool))};
	int64_t *sorted = calloc((size_t)frames + 1, sizeof *sorted);
	enum status status = w.apart && w.found && sorted ? packets_read(&w, c, err)
							  : error_errno(err, ENOMEM, "%s", c->path);

	if (!status)
		packets_say(&w, c, packets_middle(&w, sorted));
	free(w.apart);
	free(w.found);
	free(sorted);
	return status;
}

/* ---- all captures ---- */

enum status verify_packets(struct verify *v, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i = 0, c, end, found = 0;

	if (v->frames)
		qsort(v->frame, v->frames, sizeof *v->frame, packets_compare);
	for (c = 0; c < v->captures && !status; c++, i = end) {
		for (end = i; end < v->frames && v->frame[end].capture == c; end++)
			;
		if (!v->capture[c].path)
			continue;
		found++;
		status = packets_capture(v, &v->capture[c], v->frame + i, end - i, err);
	}
	if (!found)
		verify_skip(v, "no capture was found");
	else if (found < v->captures)
		verify_skip(v, "those of the captures that were not found");
	else if (v->frames_full)
		verify_skip(v, "the tables name more than %u", VERIFY_FRAMES_MAX);
	return status;
}
