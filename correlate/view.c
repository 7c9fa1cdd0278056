#include "correlate/view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

#define VIEW_DISORDER_NS 10000000 /* the join's slices forgive 10 ms */
#define VIEW_STEP 16u
#define VIEW_RANGE 2048u /* rows of a block that are read together for what is wanted of them */

static int view_capture_compare(const void *x, const void *y)
{
	const struct capture *a = x, *b = y;
	int by;

	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	by = memcmp(a->sha256, b->sha256, sizeof a->sha256);
	if (!by)
		by = strcmp(a->interface, b->interface);
	if (!by)
		by = strcmp(a->filter, b->filter);
	return by ? by : (a->number > b->number) - (a->number < b->number);
}

/* ---- blocks ---- */

static enum status view_load_links(struct view *view, struct view_point *point,
				   const struct capture *capture, struct error *err)
{
	struct capture_entries entries;
	enum status status;
	uint8_t *grown;
	uint32_t i, size;

	status = capture_entries_open(view->txn, capture, CAPTURE_LINKS, &entries, err);
	if (status)
		return status;
	grown = realloc(point->link,
			((size_t)point->links + entries.count + 1) * VIEW_LINK_BYTES);
	if (!grown) {
		capture_entries_close(&entries);
		return error_errno(err, ENOMEM, "links of point %s", point->name);
	}
	point->link = grown;
	for (i = 0; i < entries.count; i++) {
		const uint8_t *bytes = capture_entry(&entries, i, &size);
		uint8_t *to = point->link + (size_t)(point->links + i) * VIEW_LINK_BYTES;

		memset(to, 0, VIEW_LINK_BYTES);
		to[0] = (uint8_t)(size < PACKET_LINK_MAX ? size : PACKET_LINK_MAX);
		memcpy(to + 1, bytes, to[0]);
	}
	point->links += entries.count;
	capture_entries_close(&entries);
	return STATUS_OK;
}

/* A number from a damaged store must not lead outside its list, and what has no flow is not
 * comparable: it has no fingerprint. */
static bool view_block_sane(const struct record_chunk *chunk, const struct capture *capture)
{
	uint32_t flow[VIEW_BATCH], link[VIEW_BATCH], wrong = 0, from, rows, i;
	int64_t fp[VIEW_BATCH];
	uint8_t kind[VIEW_BATCH];

	for (from = 0; from < chunk->rows && !wrong; from += rows) {
		rows = chunk->rows - from < VIEW_BATCH ? chunk->rows - from : VIEW_BATCH;
		column_read_32(&chunk->column[RECORD_FLOW], from, rows, flow);
		column_read_32(&chunk->column[RECORD_LINK], from, rows, link);
		column_read_64(&chunk->column[RECORD_FP], from, rows, fp);
		column_read_8(&chunk->column[RECORD_KIND], from, rows, kind);
		for (i = 0; i < rows; i++)
			wrong |= (link[i] >= capture->links) |
				 (flow[i] == RECORD_NO_FLOW ? fp[i] != 0 || kind[i] == PACKET_IP
							    : flow[i] >> 1 >= capture->flows);
	}
	return !wrong;
}

static enum status view_load_blocks(struct view *view, struct view_point *point,
				    uint32_t capture_index, struct error *err)
{
	const struct capture *capture = &view->capture[capture_index];
	uint32_t blocks = capture_blocks(capture), b;
	struct view_block *grown;
	enum status status;

	grown = realloc(point->block, ((size_t)point->blocks + blocks + 1) * sizeof *grown);
	if (!grown)
		return error_errno(err, ENOMEM, "blocks of point %s", point->name);
	point->block = grown;
	for (b = 0; b < blocks; b++) {
		struct view_block *block = &point->block[point->blocks];

		status = capture_block(view->txn, capture, b, &block->chunk, err);
		if (status)
			return status;
		if (!view_block_sane(&block->chunk, capture))
			return error_set(err, STATUS_INPUT,
					 "the store is damaged: records of capture %s",
					 capture->file);
		block->capture = capture_index;
		block->node_base = view->nodes;
		block->link_base = point->links;
		point->blocks++;
		point->rows += block->chunk.rows;
	}
	return STATUS_OK;
}

static enum status view_load_flows(struct view *view, uint32_t point,
				   const struct capture *capture, struct error *err)
{
	size_t nodes = (size_t)view->nodes + capture->flows;
	struct capture_flow *grown;
	enum status status;
	uint8_t *points;

	status = capture_flows_there(view->txn, capture, err);
	if (status)
		return status;
	grown = memory_resize(view->memory, view->flow, nodes + 1, sizeof *grown);
	if (grown)
		view->flow = grown;
	points = memory_resize(view->memory, view->node_point, nodes + 1, 1);
	if (points)
		view->node_point = points;
	if (!grown || !points)
		return memory_fail(view->memory, err, "flows of capture %s", capture->file);
	status = capture_flows_read(view->txn, capture, view->flow + view->nodes, err);
	memset(view->node_point + view->nodes, (int)point, capture->flows);
	view->nodes = (uint32_t)nodes;
	return status;
}

/* ---- order of time ---- */

struct view_key {
	int64_t time_ns;
	uint32_t index;
};

static int view_key_compare(const void *x, const void *y)
{
	const struct view_key *a = x, *b = y;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static bool view_in_order(const struct view *view, const struct view_point *point)
{
	uint32_t c;

	for (c = 0; c < point->captures; c++) {
		const struct capture *capture = &view->capture[point->first_capture + c];

		if (capture->backwards)
			return false;
		if (c > 0 && capture->first_ns < capture[-1].last_ns)
			return false;
	}
	return true;
}

static enum status view_sort(const struct view *view, struct view_point *point,
			     const struct clock *clock, struct error *err)
{
	struct view_key *key = memory_resize(view->memory, NULL, point->rows + 1, sizeof *key);
	uint32_t b, row;
	uint64_t n = 0;

	if (!point->order)
		point->order = memory_resize(view->memory, NULL, point->rows + 1,
					     sizeof *point->order);
	if (!key || !point->order) {
		memory_give(key);
		return memory_fail(view->memory, err, "order of point %s", point->name);
	}
	for (b = 0; b < point->blocks; b++)
		for (row = 0; row < point->block[b].chunk.rows; row++) {
			key[n].index = b << VIEW_BLOCK_SHIFT | row;
			key[n].time_ns = view_get(point, RECORD_TIME, key[n].index);
			if (clock)
				key[n].time_ns = clock_correct(clock, key[n].time_ns);
			n++;
		}
	qsort(key, n, sizeof *key, view_key_compare);
	while (n-- > 0)
		point->order[n] = key[n].index;
	memory_give(key);
	return STATUS_OK;
}

/* Only a clock that was set back makes the order of its times a wrong one. */
static bool view_clock_in_order(const struct view_point *point, const struct clock *clock)
{
	int64_t time[VIEW_BATCH], last = INT64_MIN;
	struct view_batch batch;
	uint32_t i;

	if (clock->segments == 1)
		return true;
	view_first(&batch, point);
	while (view_next(&batch)) {
		view_read_64(&batch, RECORD_TIME, time);
		for (i = 0; i < batch.rows; i++) {
			int64_t now = clock_correct(clock, time[i]);

			if (last != INT64_MIN && now < last - VIEW_DISORDER_NS)
				return false;
			last = now > last ? now : last;
		}
	}
	return true;
}

enum status view_put_in_order(struct view *view, uint32_t p, const struct clock *clock,
			      bool *changed, struct error *err)
{
	struct view_point *point = &view->point[p];
	enum status status;

	*changed = !view_clock_in_order(point, clock);
	if (!*changed)
		return STATUS_OK;
	status = view_sort(view, point, clock, err);
	if (!status) {
		point->first_ns = view_get(point, RECORD_TIME, point->order[0]);
		point->last_ns = view_get(point, RECORD_TIME, point->order[point->rows - 1]);
	}
	return status;
}

/* Records of a capture are in the order of time but for a few, which then are taken for their neighbours. */
int64_t view_time_before(const struct view_point *point, int64_t time_ns)
{
	uint32_t low = 0, high = point->blocks, first = 0, rows, middle;

	while (low < high) { /* the first block that begins at the time or later */
		middle = low + (high - low) / 2;
		if (view_get(point, RECORD_TIME, middle << VIEW_BLOCK_SHIFT) < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return INT64_MIN;
	for (rows = point->block[--low].chunk.rows; first < rows;) { /* likewise, the row */
		middle = first + (rows - first) / 2;
		if (view_get(point, RECORD_TIME, low << VIEW_BLOCK_SHIFT | middle) < time_ns)
			first = middle + 1;
		else
			rows = middle;
	}
	return first ? view_get(point, RECORD_TIME, low << VIEW_BLOCK_SHIFT | (first - 1)) : INT64_MIN;
}

/* ---- opening ---- */

enum status view_fits(const struct view *view, struct error *err)
{
	uint64_t flows = 0, packets, blocks;
	uint32_t p, c;

	for (p = 0; p < view->points; p++) {
		const struct view_point *point = &view->point[p];
		const struct capture *capture = &view->capture[point->first_capture];

		for (packets = blocks = 0, c = 0; c < point->captures; c++) {
			flows += capture[c].flows;
			packets += capture[c].records;
			blocks += capture[c].records / RECORD_BLOCK_ROWS +
				  (capture[c].records % RECORD_BLOCK_ROWS != 0);
		}
		if (blocks > VIEW_BLOCKS_MAX)
			return error_set(err, STATUS_INPUT, "point %s: %" PRIu64 " packets, and one run takes %" PRIu64
					 " of a point: " VIEW_LESS, point->name, packets,
					 (uint64_t)VIEW_BLOCKS_MAX << VIEW_BLOCK_SHIFT);
	}
	if (flows > VIEW_NODES_MAX)
		return error_set(err, STATUS_INPUT, "%" PRIu64 " flows at all points, and one run takes %u: "
				 VIEW_LESS, flows, VIEW_NODES_MAX);
	return STATUS_OK;
}

static void view_span(const struct view *view, struct view_point *point)
{
	uint32_t c;

	point->first_ns = INT64_MAX;
	point->last_ns = INT64_MIN;
	for (c = 0; c < point->captures; c++) {
		const struct capture *capture = &view->capture[point->first_capture + c];

		if (!capture->records)
			continue;
		if (capture->first_ns < point->first_ns)
			point->first_ns = capture->first_ns;
		if (capture->last_ns > point->last_ns)
			point->last_ns = capture->last_ns;
		point->short_prefixes |= capture->short_prefixes != 0;
	}
}

static enum status view_load_point(struct view *view, uint32_t p, struct error *err)
{
	struct view_point *point = &view->point[p];
	enum status status = STATUS_OK;
	uint32_t c;

	point->first_node = view->nodes;
	for (c = point->first_capture; !status && c < point->first_capture + point->captures; c++) {
		status = view_load_blocks(view, point, c, err);
		if (!status)
			status = view_load_links(view, point, &view->capture[c], err);
		if (!status)
			status = view_load_flows(view, p, &view->capture[c], err);
	}
	if (status)
		return status;
	point->nodes = view->nodes - point->first_node;
	point->indexes = point->blocks << VIEW_BLOCK_SHIFT;
	view_span(view, point);
	if (!view_in_order(view, point))
		status = view_sort(view, point, NULL, err);
	view->header_only |= point->short_prefixes;
	return status;
}

enum status view_open(struct view **out, struct store_txn *txn, struct error *err)
{
	struct view *view = calloc(1, sizeof *view);
	struct store_header header;
	enum status status;
	uint32_t c;

	*out = NULL;
	if (!view)
		return error_errno(err, ENOMEM, "view");
	view->txn = txn;
	view->memory = store_memory(store_of(txn));
	status = store_header_get(txn, &header, err);
	if (!status)
		status = capture_list(txn, &view->capture, &view->captures, err);
	if (status)
		goto fail;
	view->seed = header.seed;
	if (view->captures)
		qsort(view->capture, view->captures, sizeof *view->capture, view_capture_compare);
	for (c = 0; c < view->captures; c++) {
		struct view_point *point = &view->point[view->points];

		if (c > 0 && view->capture[c].point == view->capture[c - 1].point) {
			point[-1].captures++;
			continue;
		}
		if (view->points == VIEW_POINTS_MAX) {
			status = error_set(err, STATUS_INPUT, "more than %d points",
					   VIEW_POINTS_MAX);
			goto fail;
		}
		point->memory = view->memory;
		point->number = view->capture[c].point;
		point->first_capture = c;
		point->captures = 1;
		status = capture_point_name(txn, point->number, point->name, sizeof point->name,
					    err);
		if (status)
			goto fail;
		view->points++;
	}
	status = view_fits(view, err);
	for (c = 0; c < view->points && !status; c++)
		status = view_load_point(view, c, err);
	if (status)
		goto fail;
	*out = view;
	return STATUS_OK;
fail:
	view_close(&view);
	return status;
}

uint32_t view_point_named(const struct view *view, const char *name)
{
	uint32_t p;

	for (p = 0; p < view->points && strcmp(view->point[p].name, name) != 0; p++)
		;
	return p;
}

void view_order_names(const struct view *view, uint32_t *by_name)
{
	uint32_t i, k;

	for (i = 0; i < view->points; i++) {
		for (k = i; k > 0 && strcmp(view->point[by_name[k - 1]].name, view->point[i].name) > 0; k--)
			by_name[k] = by_name[k - 1];
		by_name[k] = i;
	}
}

void view_close(struct view **view)
{
	uint32_t p;

	if (!*view)
		return;
	for (p = 0; p < (*view)->points; p++) {
		free((*view)->point[p].block);
		memory_give((*view)->point[p].order);
		memory_give((*view)->point[p].fp);
		free((*view)->point[p].link);
		memory_give((*view)->point[p].renumber);
	}
	free((*view)->capture);
	memory_give((*view)->flow);
	memory_give((*view)->node_point);
	free(*view);
	*view = NULL;
}

/* ---- reading ---- */

void view_first(struct view_batch *batch, const struct view_point *point)
{
	batch->point = point;
	batch->next = 0;
	batch->rows = 0;
}

static void view_next_in_order(struct view_batch *batch)
{
	const struct view_point *point = batch->point;
	uint32_t block = (uint32_t)(batch->next >> VIEW_BLOCK_SHIFT);
	uint32_t row = (uint32_t)batch->next & VIEW_ROW_MASK, left, i;

	if (!row)
		memory_keep(point->memory);
	left = point->block[block].chunk.rows - row;
	batch->rows = left < VIEW_BATCH ? left : VIEW_BATCH;
	for (i = 0; i < VIEW_BATCH; i++) /* all: the compiler knows how many that are */
		batch->index[i] = (uint32_t)batch->next + i;
	batch->contiguous = true;
	batch->next = batch->rows == left ? (uint64_t)(block + 1) << VIEW_BLOCK_SHIFT
					  : batch->next + batch->rows;
}

bool view_next(struct view_batch *batch)
{
	const struct view_point *point = batch->point;

	if (!point->order) {
		if (batch->next >= point->indexes)
			return false;
		view_next_in_order(batch);
		return true;
	}
	if (batch->next >= point->rows)
		return false;
	if (batch->next % RECORD_BLOCK_ROWS == 0)
		memory_keep(point->memory);
	batch->rows = point->rows - batch->next < VIEW_BATCH
			      ? (uint32_t)(point->rows - batch->next)
			      : VIEW_BATCH;
	memcpy(batch->index, point->order + batch->next, batch->rows * sizeof *batch->index);
	batch->contiguous = false;
	batch->next += batch->rows;
	return true;
}

#define VIEW_READ(bits, type)                                                                \
	void view_read_##bits(const struct view_batch *batch, enum record_column column,    \
			      type *out)                                                     \
	{                                                                                    \
		const struct view_point *point = batch->point;                               \
		uint32_t i;                                                                  \
		if (batch->contiguous) {                                                     \
			column_read_##bits(&point->block[batch->index[0] >> VIEW_BLOCK_SHIFT] \
						    .chunk.column[column],                   \
					   batch->index[0] & VIEW_ROW_MASK, batch->rows, out); \
			return;                                                              \
		}                                                                            \
		for (i = 0; i < batch->rows; i++)                                            \
			out[i] = (type)view_get(point, column, batch->index[i]);             \
	}
VIEW_READ(64, int64_t)
VIEW_READ(32, uint32_t)
VIEW_READ(16, uint16_t)
VIEW_READ(8, uint8_t)

/* Flows of a capture become ways. In steps of a constant number: then even -O2 vectorizes it. */
static void view_ways(uint32_t *way, uint32_t rows, uint32_t base)
{
	uint32_t i, k;

	for (i = 0; i + VIEW_STEP <= rows; i += VIEW_STEP)
		for (k = i; k < i + VIEW_STEP; k++)
			way[k] = way[k] == RECORD_NO_FLOW ? VIEW_NO_WAY : way[k] + base;
	for (; i < rows; i++)
		way[i] = way[i] == RECORD_NO_FLOW ? VIEW_NO_WAY : way[i] + base;
}

void view_read_ways(const struct view_batch *batch, uint32_t *out)
{
	uint32_t i, base;

	if (!batch->contiguous) {
		for (i = 0; i < batch->rows; i++)
			out[i] = view_way(batch->point, batch->index[i]);
		return;
	}
	view_read_32(batch, RECORD_FLOW, out);
	base = 2 * batch->point->block[batch->index[0] >> VIEW_BLOCK_SHIFT].node_base;
	view_ways(out, batch->rows, base);
}

/* How many of the records lie in the block of the first. */
static uint32_t view_run(const uint8_t *point, const uint32_t *index, uint32_t rows)
{
	uint32_t n;

	for (n = 1; n < rows && point[n] == point[0] &&
		    index[n] >> VIEW_BLOCK_SHIFT == index[0] >> VIEW_BLOCK_SHIFT;
	     n++)
		;
	return n;
}

/* The rows of a block from the first to the last that are wanted: false where too many lie between
 * for it to be the cheaper to read them all. */
static bool view_range(const uint32_t *index, uint32_t rows, uint32_t *first, uint32_t *count)
{
	uint32_t least = index[0], most = index[0], i;

	for (i = 1; i < rows; i++) {
		least = index[i] < least ? index[i] : least;
		most = index[i] > most ? index[i] : most;
	}
	*first = least & VIEW_ROW_MASK;
	*count = most - least + 1;
	return *count <= VIEW_RANGE && *count / 4 <= rows;
}

#define VIEW_GATHER(bits, type)                                                              \
	void view_gather_##bits(const struct view *view, enum record_column which,          \
				const uint8_t *point, const uint32_t *index, uint32_t rows, \
				type *out)                                                   \
	{                                                                                    \
		uint32_t from, to, i, first, count;                                          \
		type range[VIEW_RANGE];                                                      \
		for (from = 0; from < rows; from = to) {                                     \
			const struct column *column =                                        \
				&view->point[point[from]]                                    \
					 .block[index[from] >> VIEW_BLOCK_SHIFT]             \
					 .chunk.column[which];                               \
			to = from + view_run(point + from, index + from, rows - from);       \
			if (column_is_same(column)) {                                        \
				for (i = from; i < to; i++)                                  \
					out[i] = (type)column->base;                         \
			} else if (view_range(index + from, to - from, &first, &count)) {    \
				column_read_##bits(column, first, count, range);             \
				for (i = from; i < to; i++)                                  \
					out[i] = range[(index[i] & VIEW_ROW_MASK) - first];  \
			} else {                                                             \
				for (i = from; i < to; i++)                                  \
					out[i] = (type)column_get(column,                    \
								  index[i] & VIEW_ROW_MASK); \
			}                                                                    \
		}                                                                            \
	}
VIEW_GATHER(64, int64_t)
VIEW_GATHER(32, uint32_t)
VIEW_GATHER(16, uint16_t)
VIEW_GATHER(8, uint8_t)

void view_gather_ways(const struct view *view, const uint8_t *point, const uint32_t *index,
		      uint32_t rows, uint32_t *out)
{
	uint32_t i;

	view_gather_32(view, RECORD_FLOW, point, index, rows, out);
	for (i = 0; i < rows; i++)
		out[i] = out[i] == RECORD_NO_FLOW
				 ? VIEW_NO_WAY
				 : out[i] + 2 * view->point[point[i]]
							 .block[index[i] >> VIEW_BLOCK_SHIFT]
							 .node_base;
}
