#include "correlate/content.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/memory.h"
#include "correlate/content_rows.h"

/* The contents of one capture. */
struct content_capture {
	const uint8_t *bytes;      /* packed; NULL: collected without, or no records */
	size_t size;
	uint32_t *first;           /* by flow, and one more: index in `at`; NULL: nothing there */
	uint32_t *at;              /* where in the bytes each row is, those of a flow together */
	uint32_t first_block, point;
};

struct contents {
	const struct view *view;
	struct content_capture *capture; /* by index in the view */
	uint32_t *node_base;             /* of each capture, ascending */
	uint64_t left_out;
};

/* ---- opening ---- */

static enum status contents_damaged(const struct capture *capture, struct error *err)
{
	return error_set(err, STATUS_INPUT, "the store is damaged: contents of capture %s",
			 capture->file);
}

/* Counts a capture's rows by flow, and looks whether they are sound. */
static bool capture_count(struct contents *all, struct content_capture *c,
			  const struct capture *capture)
{
	struct content_reader reader;
	struct content_row row;
	bool more;

	if (!content_reader_open(&reader, c->bytes, c->size))
		return false;
	all->left_out += reader.left_out;
	for (;;) {
		if (!content_reader_next(&reader, &row, &more))
			return false;
		if (!more)
			return true;
		if (row.way >> 1 >= capture->flows || row.record >= capture->records)
			return false;
		c->first[(row.way >> 1) + 1]++;
	}
}

/* From counts to places, in the order of the rows. */
static enum status capture_place(struct content_capture *c, const struct capture *capture,
				 struct memory *memory, struct error *err)
{
	struct content_reader reader;
	struct content_row row;
	uint32_t f, *next;
	bool more = true;

	for (f = 0; f < capture->flows; f++)
		c->first[f + 1] += c->first[f];
	c->at = memory_resize(memory, NULL, c->first[capture->flows] + (size_t)1, sizeof *c->at);
	next = memory_resize(memory, NULL, capture->flows + (size_t)1, sizeof *next);
	if (!c->at || !next || !content_reader_open(&reader, c->bytes, c->size)) {
		memory_give(next);
		return error_errno(err, ENOMEM, "contents of capture %s", capture->file);
	}
	for (f = 0; f < capture->flows; f++)
		next[f] = c->first[f];
	while (more) {
		uint32_t at = (uint32_t)reader.at;

		if (content_reader_next(&reader, &row, &more) && more)
			c->at[next[row.way >> 1]++] = at;
	}
	memory_give(next);
	return STATUS_OK;
}

static enum status capture_open(struct contents *all, uint32_t k, struct error *err)
{
	const struct capture *capture = &all->view->capture[k];
	struct content_capture *c = &all->capture[k];
	enum status status;

	status = capture_contents(all->view->txn, capture, &c->bytes, &c->size, err);
	if (status || !c->bytes)
		return status;
	if (c->size > UINT32_MAX)
		return contents_damaged(capture, err);
	c->first = memory_take(all->view->memory, capture->flows + (size_t)1, sizeof *c->first);
	if (!c->first)
		return error_errno(err, ENOMEM, "contents of capture %s", capture->file);
	if (!capture_count(all, c, capture))
		return contents_damaged(capture, err);
	return capture_place(c, capture, all->view->memory, err);
}

/* Where each capture's blocks and nodes begin. */
static void contents_lay(struct contents *all)
{
	const struct view *view = all->view;
	uint32_t p, c, b = 0, node = 0;

	for (p = 0; p < view->points; p++) {
		const struct view_point *point = &view->point[p];

		for (c = point->first_capture; c < point->first_capture + point->captures; c++) {
			if (c == point->first_capture)
				b = 0;
			all->node_base[c] = node;
			node += view->capture[c].flows;
			all->capture[c].point = p;
			all->capture[c].first_block = b;
			b += capture_blocks(&view->capture[c]);
		}
	}
}

enum status contents_open(struct contents **out, const struct view *view, struct error *err)
{
	struct contents *all = calloc(1, sizeof *all);
	enum status status = STATUS_OK;
	uint32_t c;

	*out = NULL;
	if (!all)
		return error_errno(err, ENOMEM, "contents");
	all->view = view;
	all->capture = calloc(view->captures + (size_t)1, sizeof *all->capture);
	all->node_base = calloc(view->captures + (size_t)1, sizeof *all->node_base);
	if (!all->capture || !all->node_base)
		status = error_errno(err, ENOMEM, "contents");
	else
		contents_lay(all);
	for (c = 0; c < view->captures && !status; c++)
		status = capture_open(all, c, err);
	if (status)
		contents_close(&all);
	*out = all;
	return status;
}

void contents_close(struct contents **contents)
{
	struct contents *all = *contents;
	uint32_t c;

	if (!all)
		return;
	for (c = 0; all->capture && c < all->view->captures; c++) {
		memory_give(all->capture[c].first);
		memory_give(all->capture[c].at);
	}
	free(all->capture);
	free(all->node_base);
	free(all);
	*contents = NULL;
}

uint64_t contents_left_out(const struct contents *contents)
{
	return contents->left_out;
}

/* ---- a flow ---- */

/* The capture that a node is of: the last one that does not begin behind it. */
static uint32_t contents_capture_of(const struct contents *all, uint32_t node)
{
	uint32_t low = 0, high = all->view->captures;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (all->node_base[middle] <= node)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void event_read(const struct contents *all, const struct content_capture *c, uint32_t at,
		       uint32_t client, struct content_event *event)
{
	const struct view_point *point = &all->view->point[c->point];
	struct content_reader reader = {.bytes = c->bytes, .size = c->size, .at = at, .left = 1};
	uint32_t index;
	bool more;

	(void)content_reader_next(&reader, &event->row, &more); /* sound when it was opened */
	index = ((c->first_block << VIEW_BLOCK_SHIFT) + event->row.record);
	event->time_ns = view_get(point, RECORD_TIME, index);
	event->frame = (uint32_t)view_get(point, RECORD_FRAME, index);
	event->ack = (uint32_t)view_get(point, RECORD_ACK, index);
	event->from_client = (event->row.way & 1) == client;
}

void contents_add(const struct contents *all, uint32_t way, struct content_event *list,
		  uint32_t *count, bool *known)
{
	uint32_t k = contents_capture_of(all, way >> 1), flow, i;
	const struct content_capture *c = &all->capture[k];

	if (!c->bytes) {
		*known = false;
		return;
	}
	flow = (way >> 1) - all->node_base[k];
	for (i = c->first[flow]; i < c->first[flow + 1] && *count < CONTENT_EVENTS_MAX; i++)
		event_read(all, c, c->at[i], way & 1, &list[(*count)++]);
}

bool contents_at(const struct contents *all, const struct sessions *sessions, uint32_t session,
		 uint32_t point, struct content_story *story)
{
	uint32_t way[CONTENT_WAYS_MAX], ways = 0, n;

	for (n = sessions->list[session].first_node; n != UINT32_MAX && ways < CONTENT_WAYS_MAX;
	     n = sessions->next_node[n]) {
		const struct content_capture *c;
		uint32_t k, flow;

		if (all->view->node_point[n] != point)
			continue;
		k = contents_capture_of(all, n);
		c = &all->capture[k];
		flow = n - all->node_base[k];
		if (!c->bytes || c->first[flow] != c->first[flow + 1])
			way[ways++] = n << 1 | sessions->client_direction[n];
	}
	if (!ways)
		return false;
	contents_tell(all, way, ways, story);
	return story->exchanges || story->proxied.bytes || story->hello[0] || story->hello[1] ||
	       story->alert[0].seen || story->alert[1].seen;
}
