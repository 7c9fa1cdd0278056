/* Rows that name a packet by its capture and its number there. */
#include <inttypes.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/results.h"
#include "report/verify_set.h"

/* The first capture of the point whose name is not before this one. */
static uint32_t frames_first(const struct verify *v, uint32_t point, const char *name)
{
	uint32_t low = 0, high = v->captures;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct verify_capture *c = &v->capture[middle];

		if (c->point < point || (c->point == point && strcmp(c->name, name) < 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether the capture can hold that frame; of one interface of a file the numbers are the file's. */
static bool frames_fits(const struct verify *v, const struct verify_capture *c, bool whole,
			const struct verify_value *frame, int64_t time_ns)
{
	const struct verify_point *p = &v->point[c->point];
	int64_t local_ns = verify_local_time(p, time_ns);

	if (frame->number < 1 || frame->number > UINT32_MAX ||
	    (whole && (uint64_t)frame->number > c->packets))
		return false;
	if (!c->seen || !p->clocked)
		return c->seen;
	return (local_ns >= c->first_ns ||
		(uint64_t)c->first_ns - (uint64_t)local_ns <= VERIFY_SLACK_NS) &&
	       (local_ns <= c->last_ns || (uint64_t)local_ns - (uint64_t)c->last_ns <= VERIFY_SLACK_NS);
}

/* "fw.pcap", or "fw.pcap@eth0" of it. */
static bool frames_is_of(const char *capture, const char *file, bool *whole)
{
	size_t bytes = strlen(file);

	*whole = strcmp(capture, file) == 0;
	return *whole || (strncmp(capture, file, bytes) == 0 && capture[bytes] == '@');
}

/* Every capture of that name; UINT32_MAX: none can hold it, and *named says whether there is one. */
static uint32_t frames_capture(const struct verify *v, uint32_t point, const char *file,
			       const struct verify_value *frame, int64_t time_ns, bool *named)
{
	uint32_t i = frames_first(v, point, file);
	size_t bytes = strlen(file);
	bool whole;

	*named = false;
	for (; i < v->captures && v->capture[i].point == point &&
	       strncmp(v->capture[i].name, file, bytes) == 0; i++) {
		if (!frames_is_of(v->capture[i].name, file, &whole))
			continue;
		*named = true;
		if (frames_fits(v, &v->capture[i], whole, frame, time_ns))
			return i;
	}
	return UINT32_MAX;
}

static void frames_keep(struct verify *v, const struct verify_row *row, uint32_t capture,
			uint32_t number, int64_t time_ns)
{
	struct verify_frame *list;

	if (v->frames == VERIFY_FRAMES_MAX) {
		v->frames_full = true;
		return;
	}
	list = memory_room(v->frame, v->frames, &v->frames_room, sizeof *list);
	if (!list) {
		v->no_memory = true;
		return;
	}
	v->frame = list;
	list[v->frames++] = (struct verify_frame){row->sheet, row->line, capture, number, time_ns};
}

/* By the columns' names, whatever sheet has them. */
void verify_frame_begin(struct verify_row *row)
{
	const struct table_schema *schema = row->sheet->schema;

	row->point_column = verify_column(schema, "seen_at");
	row->time_column = verify_column(schema, "time");
	row->file_column = verify_column(schema, "file");
	row->frame_column = verify_column(schema, "frame");
	row->frames = row->point_column >= 0 && row->time_column >= 0 && row->file_column >= 0 &&
		      row->frame_column >= 0 && schema->column[row->frame_column].type == TABLE_INT &&
		      schema->column[row->time_column].type == TABLE_TIME;
}

void verify_frame(struct verify *v, const struct verify_row *row)
{
	const struct verify_value *frame, *time;
	const char *const *text = row->text->cell;
	uint32_t point, capture;
	bool named;

	if (!row->frames)
		return;
	frame = &row->value[row->frame_column];
	time = &row->value[row->time_column];
	if (!frame->known || !time->known) {
		verify_fault_at(v, row->sheet, row->line, "frame", "a packet without its number and time");
		return;
	}
	point = verify_point(v, text[row->point_column], false);
	if (point == UINT32_MAX) /* said already */
		return;
	capture = frames_capture(v, point, text[row->file_column], frame, time->number, &named);
	if (capture != UINT32_MAX)
		frames_keep(v, row, capture, (uint32_t)frame->number, time->number);
	else if (!named)
		verify_fault_at(v, row->sheet, row->line, "file", "\"%.200s\" is no capture of %s in manifest.csv",
				text[row->file_column], text[row->point_column]);
	else
		verify_fault_at(v, row->sheet, row->line, "frame",
				"%s of %s is none of %.200s, by manifest.csv's packets and times",
				text[row->frame_column], text[row->time_column], text[row->file_column]);
}
