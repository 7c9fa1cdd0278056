#include "correlate/trace.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collect/column.h"
#include "collect/memory.h"
#include "collect/table.h"

/* Keys beside those of blocks. */
#define TRACE_FLOWS UINT32_MAX
#define TRACE_POINT (UINT32_MAX - 1)
#define TRACE_CONNECTIONS (UINT32_MAX - 2)

/* Columns of a block. */
enum { TRACE_CODE, TRACE_NEXT_POINT, TRACE_NEXT_APART, TRACE_COLUMNS };

/* A flow's session << 2 | its client's direction << 1 | whether the client sends along the path. */
#define TRACE_SESSIONS_MAX (UINT32_MAX >> 2)

struct trace_point {
	uint32_t stage; /* PATH_OFF */
	uint32_t nodes;
	uint32_t connections; /* 1: some sessions are of several */
	uint32_t place; /* among the alternatives of its stage */
	struct clock clock;
};

static enum status trace_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "traces of packets");
}

/* ---- writing ---- */

struct trace_packing {
	uint8_t code[RECORD_BLOCK_ROWS], next_point[RECORD_BLOCK_ROWS]; /* + 1; 0: none */
	int64_t apart[RECORD_BLOCK_ROWS]; /* index of the next sight - index */
	uint8_t bytes[TRACE_COLUMNS * COLUMN_BYTES_MAX(RECORD_BLOCK_ROWS)];
};

static size_t trace_pack(const struct dossier_source *s, uint32_t p, uint32_t b,
			 struct trace_packing *block)
{
	const struct view_point *point = &s->view->point[p];
	const struct journeys *j = s->journeys;
	uint32_t rows = point->block[b].chunk.rows, row;
	size_t size;

	for (row = 0; row < rows; row++) {
		uint32_t index = b << VIEW_BLOCK_SHIFT | row;
		bool linked = j->marks[p][index] & JOURNEY_NEXT;

		block->code[row] = s->code[p][index];
		block->next_point[row] = linked ? (uint8_t)(j->next_point[p][index] + 1) : 0;
		block->apart[row] = linked ? (int64_t)j->next[p][index] - index
					   : row ? block->apart[row - 1] : 0;
	}
	size = column_pack(block->bytes, block->code, 1, rows);
	size += column_pack(block->bytes + size, block->next_point, 1, rows);
	return size + column_pack(block->bytes + size, block->apart, 8, rows);
}

static enum status trace_write_flows(const struct dossier_source *s, uint32_t p, struct store *store,
				     uint32_t generation, struct error *err)
{
	const struct view_point *point = &s->view->point[p];
	const struct sessions *sessions = s->sessions;
	struct memory *memory = s->view->memory;
	uint32_t *flow = memory_resize(memory, NULL, (size_t)point->nodes + 1, sizeof *flow), i;
	uint8_t *bytes = memory_resize(memory, NULL, column_bytes_max(point->nodes), 1);
	enum status status = STATUS_OK;

	if (!flow || !bytes)
		status = trace_memory(err);
	for (i = 0; i < point->nodes && !status; i++) {
		uint32_t node = point->first_node + i, session = sessions->of_node[node];

		flow[i] = session << 2 | (uint32_t)sessions->client_direction[node] << 1 |
			  sessions->list[session].client_forward;
	}
	if (!status)
		status = table_put_blob(store, generation, p, TRACE_FLOWS, bytes,
					column_pack(bytes, flow, sizeof *flow, point->nodes), err);
	memory_give(flow);
	memory_give(bytes);
	return status;
}

static enum status trace_write_connections(const struct dossier_source *s, uint32_t p,
					   struct store *store, uint32_t generation,
					   struct error *err)
{
	const struct view_point *point = &s->view->point[p];
	uint8_t *bytes = malloc(column_bytes_max(point->nodes));
	enum status status = bytes ? STATUS_OK : trace_memory(err);

	if (!status)
		status = table_put_blob(store, generation, p, TRACE_CONNECTIONS, bytes,
					column_pack(bytes, s->sessions->connection + point->first_node,
						    sizeof *s->sessions->connection, point->nodes),
					err);
	free(bytes);
	return status;
}

static uint32_t trace_place(const struct path *path, uint32_t p)
{
	uint32_t k = 0;

	while (path->stage[p] != PATH_OFF && path->point[path->stage[p]][k] != p)
		k++;
	return k;
}

static enum status trace_write_point(const struct dossier_source *s, uint32_t p, struct store *store,
				     uint32_t generation, struct trace_packing *block,
				     struct error *err)
{
	struct trace_point about = {.stage = s->path->stage[p], .nodes = s->view->point[p].nodes,
				    .connections = s->sessions->connection != NULL,
				    .place = trace_place(s->path, p)};
	enum status status;
	uint32_t b;

	memset(&about.clock, 0, sizeof about.clock);
	about.clock.segments = s->clock[p].segments;
	memcpy(about.clock.segment, s->clock[p].segment,
	       s->clock[p].segments * sizeof *about.clock.segment);
	status = table_put_blob(store, generation, p, TRACE_POINT, &about, sizeof about, err);
	if (!status && about.stage != PATH_OFF)
		status = trace_write_flows(s, p, store, generation, err);
	if (!status && about.stage != PATH_OFF && about.connections)
		status = trace_write_connections(s, p, store, generation, err);
	for (b = 0; about.stage != PATH_OFF && b < s->view->point[p].blocks && !status; b++) {
		size_t size = trace_pack(s, p, b, block);

		status = table_put_blob(store, generation, p, b, block->bytes, size, err);
	}
	return status;
}

enum status trace_write(const struct dossier_source *source, struct store *store,
			uint32_t generation, struct error *err)
{
	struct trace_packing *block = malloc(sizeof *block);
	enum status status = STATUS_OK;
	uint32_t p;

	if (!block)
		return trace_memory(err);
	if (source->sessions->count > TRACE_SESSIONS_MAX)
		status = error_set(err, STATUS_INPUT, "%u sessions, and one run takes %u: " VIEW_LESS,
				   source->sessions->count, (unsigned)TRACE_SESSIONS_MAX);
	for (p = 0; p < source->view->points && !status; p++)
		status = trace_write_point(source, p, store, generation, block, err);
	free(block);
	return status;
}

/* ---- reading ---- */

enum status trace_damaged(struct error *err)
{
	return error_set(err, STATUS_INPUT, "the store is damaged: traces of packets");
}

/* A capture was collected since. */
static enum status trace_stale(struct error *err)
{
	return error_set(err, STATUS_INPUT,
			 "the store holds other captures than its results tell of: run crosstap-correlate again");
}

struct trace_block {
	struct column column[TRACE_COLUMNS];
};

static bool trace_columns(const uint8_t *bytes, size_t size, uint32_t rows, struct trace_block *block)
{
	unsigned c;
	size_t used;

	for (c = 0; c < TRACE_COLUMNS; c++) {
		if (!column_open(&block->column[c], bytes, size, rows, &used))
			return false;
		bytes += used;
		size -= used;
	}
	return true;
}

/* Whether a link leads to a record that is there. */
static bool trace_link_sane(const struct trace *t, uint32_t p, uint32_t far_point, int64_t far_index)
{
	const struct view_point *far;
	uint32_t block;

	if (far_point >= t->view->points || t->path.stage[far_point] == PATH_OFF ||
	    t->path.stage[far_point] <= t->path.stage[p])
		return false;
	far = &t->view->point[far_point];
	if (far_index < 0 || far_index >= far->indexes)
		return false;
	block = (uint32_t)far_index >> VIEW_BLOCK_SHIFT;
	return ((uint32_t)far_index & VIEW_ROW_MASK) < far->block[block].chunk.rows &&
	       view_way(far, (uint32_t)far_index) != VIEW_NO_WAY;
}

static int64_t trace_value(const struct trace *t, uint32_t p, uint32_t index, unsigned column)
{
	return column_get(&t->block[p][index >> VIEW_BLOCK_SHIFT].column[column], index & VIEW_ROW_MASK);
}

uint8_t trace_code(const struct trace *t, uint32_t p, uint32_t index)
{
	return (uint8_t)trace_value(t, p, index, TRACE_CODE);
}

bool trace_next(struct trace *t, uint32_t *p, uint32_t *index, bool *damaged)
{
	int64_t next = trace_value(t, *p, *index, TRACE_NEXT_POINT), far;

	if (!next)
		return false;
	far = (int64_t)((uint64_t)trace_value(t, *p, *index, TRACE_NEXT_APART) + *index);
	if (next < 0 || next > VIEW_POINTS_MAX || view_way(&t->view->point[*p], *index) == VIEW_NO_WAY ||
	    !trace_link_sane(t, *p, (uint32_t)next - 1, far)) {
		*damaged = true;
		return false;
	}
	*p = (uint32_t)next - 1;
	*index = (uint32_t)far;
	t->led[*p][*index >> 6] |= (uint64_t)1 << (*index & 63);
	return true;
}

/* What a copy is linked with is no beginning either. */
bool trace_begins(struct trace *t, uint32_t p, uint32_t index, bool *damaged)
{
	uint8_t code = trace_code(t, p, index);

	if ((code & 15) >= VERDICTS || code >> 4 >= VERDICTS) {
		*damaged = true;
		return false;
	}
	if ((code & 15) == VERDICT_COPIES || code >> 4 == VERDICT_COPIES) {
		trace_next(t, &p, &index, damaged);
		return false;
	}
	return !(t->led[p][index >> 6] >> (index & 63) & 1);
}

static enum status trace_get(struct trace *t, uint32_t generation, uint32_t p, uint32_t key,
			     const uint8_t **bytes, size_t *size, struct error *err)
{
	enum status status = table_get_blob(t->view->txn, generation, p, key, bytes, size, err);

	return status || *bytes ? status : trace_stale(err);
}

static bool trace_clock_sane(const struct clock *clock)
{
	unsigned s;

	if (clock->segments < 1 || clock->segments > CLOCK_SEGMENTS_MAX)
		return false;
	for (s = 0; s < clock->segments; s++)
		if (!isfinite(clock->segment[s].skew) || fabs(clock->segment[s].skew) >= 1)
			return false;
	return true;
}

/* Alternatives stand in their stage as the run had them. */
static void trace_add_point(struct path *path, uint32_t *place, uint32_t p)
{
	uint8_t *list = path->point[path->stage[p]];
	uint32_t k = path->points[path->stage[p]]++;

	for (; k > 0 && place[list[k - 1]] > place[p]; k--)
		list[k] = list[k - 1];
	list[k] = (uint8_t)p;
}

static enum status trace_read_points(struct trace *t, uint32_t generation, struct error *err)
{
	uint32_t place[VIEW_POINTS_MAX];
	struct path *path = &t->path;
	enum status status = STATUS_OK;
	struct trace_point about;
	const uint8_t *bytes;
	uint32_t p;
	size_t size;

	for (p = 0; p < t->view->points && !status; p++) {
		status = trace_get(t, generation, p, TRACE_POINT, &bytes, &size, err);
		if (status)
			return status;
		if (size != sizeof about)
			return trace_damaged(err);
		memcpy(&about, bytes, sizeof about);
		if (!trace_clock_sane(&about.clock) ||
		    (about.stage != PATH_OFF && about.stage >= t->view->points))
			return trace_damaged(err);
		if (about.nodes != t->view->point[p].nodes)
			return trace_stale(err);
		t->clock[p] = about.clock;
		t->connections |= about.connections;
		path->stage[p] = (uint8_t)about.stage;
		if (about.stage == PATH_OFF)
			continue;
		place[p] = about.place;
		trace_add_point(path, place, p);
		path->stages = about.stage >= path->stages ? about.stage + 1 : path->stages;
	}
	return status;
}

/* Chains the nodes of each session in the order of stages. */
static void trace_chain(struct sessions *s, uint32_t *last, uint32_t node, uint32_t session)
{
	s->of_node[node] = session;
	s->next_node[node] = UINT32_MAX;
	if (s->list[session].nodes++)
		s->next_node[last[session]] = node;
	else
		s->list[session].first_node = node;
	last[session] = node;
}

static enum status trace_read_flows(struct trace *t, uint32_t generation, uint32_t p,
				    struct column *flow, struct error *err)
{
	const struct view_point *point = &t->view->point[p];
	const uint8_t *bytes;
	enum status status;
	size_t size, used;
	uint32_t i;

	status = trace_get(t, generation, p, TRACE_FLOWS, &bytes, &size, err);
	if (status)
		return status;
	if (!column_open(flow, bytes, size, point->nodes, &used))
		return trace_damaged(err);
	for (i = 0; i < point->nodes; i++) {
		uint32_t session = (uint32_t)column_get(flow, i) >> 2;

		if (session >= t->view->nodes)
			return trace_damaged(err);
		if (session >= t->sessions->count)
			t->sessions->count = session + 1;
	}
	return STATUS_OK;
}

static enum status trace_read_connections(struct trace *t, uint32_t generation, struct error *err)
{
	enum status status = STATUS_OK;
	struct column connection;
	const uint8_t *bytes;
	size_t size, used;
	uint32_t p, i;

	t->connection = memory_take(t->view->memory, (size_t)t->view->nodes + 1,
				    sizeof *t->connection);
	if (!t->connection)
		return trace_memory(err);
	for (p = 0; p < t->view->points && !status; p++) {
		const struct view_point *point = &t->view->point[p];

		if (t->path.stage[p] == PATH_OFF)
			continue;
		status = trace_get(t, generation, p, TRACE_CONNECTIONS, &bytes, &size, err);
		if (!status && !column_open(&connection, bytes, size, point->nodes, &used))
			status = trace_damaged(err);
		for (i = 0; i < point->nodes && !status; i++)
			t->connection[point->first_node + i] = (uint32_t)column_get(&connection, i);
	}
	return status;
}

static enum status trace_read_sessions(struct trace *t, uint32_t generation, struct error *err)
{
	struct column flow[VIEW_POINTS_MAX];
	struct sessions *s = t->sessions;
	const struct path *path = &t->path;
	enum status status = STATUS_OK;
	uint32_t stage, k, i, p, *last;

	for (p = 0; p < t->view->points && !status; p++)
		if (path->stage[p] != PATH_OFF)
			status = trace_read_flows(t, generation, p, &flow[p], err);
	if (status)
		return status;
	s->list = memory_take(t->view->memory, (size_t)s->count + 1, sizeof *s->list);
	last = memory_take(t->view->memory, (size_t)s->count + 1, sizeof *last);
	if (!s->list || !last) {
		memory_give(last);
		return trace_memory(err);
	}
	for (stage = 0; stage < path->stages; stage++)
		for (k = 0; k < path->points[stage]; k++) {
			const struct view_point *point;

			p = path->point[stage][k];
			point = &t->view->point[p];
			for (i = 0; i < point->nodes; i++) {
				uint32_t node = point->first_node + i;
				uint32_t value = (uint32_t)column_get(&flow[p], i);

				trace_chain(s, last, node, value >> 2);
				s->client_direction[node] = value >> 1 & 1;
				s->list[value >> 2].client_forward = value & 1;
				s->list[value >> 2].proto = t->view->flow[node].proto;
			}
		}
	memory_give(last);
	for (i = 0; i < s->count; i++)
		if (!s->list[i].nodes) /* a number that no flow bears */
			return trace_damaged(err);
	sessions_set_lanes(s);
	return STATUS_OK;
}

static enum status trace_make_room(struct trace *t, struct error *err)
{
	size_t nodes = (size_t)t->view->nodes + 1;
	struct sessions *s = calloc(1, sizeof *s);
	uint32_t p;

	t->sessions = s;
	if (!s)
		return trace_memory(err);
	s->nodes = t->view->nodes;
	s->of_node = memory_take(t->view->memory, nodes, sizeof *s->of_node);
	s->next_node = memory_take(t->view->memory, nodes, sizeof *s->next_node);
	s->client_direction = memory_take(t->view->memory, nodes, 1);
	s->lane = memory_take(t->view->memory, nodes, 1);
	if (!s->of_node || !s->next_node || !s->client_direction || !s->lane)
		return trace_memory(err);
	for (p = 0; p < t->view->points; p++) {
		const struct view_point *point = &t->view->point[p];

		t->block[p] = calloc((size_t)point->blocks + 1, sizeof *t->block[p]);
		t->led[p] = memory_take(t->view->memory, (size_t)point->indexes / 64 + 1, sizeof *t->led[p]);
		if (!t->block[p] || !t->led[p])
			return trace_memory(err);
	}
	return STATUS_OK;
}

static enum status trace_read_blocks(struct trace *t, uint32_t generation, struct error *err)
{
	enum status status = STATUS_OK;
	const uint8_t *bytes;
	uint32_t p, b;
	size_t size;

	for (p = 0; p < t->view->points; p++)
		for (b = 0; t->path.stage[p] != PATH_OFF && b < t->view->point[p].blocks; b++) {
			status = trace_get(t, generation, p, b, &bytes, &size, err);
			if (!status && !trace_columns(bytes, size, t->view->point[p].block[b].chunk.rows,
						      &t->block[p][b]))
				status = trace_damaged(err);
			if (status)
				return status;
		}
	return status;
}

static enum status trace_read_packets(struct trace *t, uint32_t generation, struct error *err)
{
	enum status status = trace_make_room(t, err);

	if (!status)
		status = trace_read_sessions(t, generation, err);
	if (!status && t->connections)
		status = trace_read_connections(t, generation, err);
	if (!status)
		status = trace_read_blocks(t, generation, err);
	return status;
}

static enum status trace_read(struct trace **out, struct store_txn *txn, bool packets,
			      struct error *err)
{
	struct trace *t = calloc(1, sizeof *t);
	struct store_header header;
	enum status status;

	*out = t;
	if (!t)
		return trace_memory(err);
	status = store_header_get(txn, &header, err);
	if (!status && !header.generation)
		status = error_set(err, STATUS_INPUT,
				   "the store holds no results yet: run crosstap-correlate");
	if (!status)
		status = view_open(&t->view, txn, err);
	if (!status)
		status = trace_read_points(t, header.generation, err);
	if (!status && packets)
		status = trace_read_packets(t, header.generation, err);
	if (status) {
		trace_close(out);
		return status;
	}
	t->source = (struct dossier_source){.view = t->view, .path = &t->path, .clock = t->clock,
					    .sessions = t->sessions, .trace = t};
	return STATUS_OK;
}

enum status trace_open(struct trace **out, struct store_txn *txn, struct error *err)
{
	return trace_read(out, txn, true, err);
}

enum status trace_open_clocks(struct trace **out, struct store_txn *txn, struct error *err)
{
	return trace_read(out, txn, false, err);
}

void trace_close(struct trace **trace)
{
	struct trace *t = *trace;
	uint32_t p;

	if (!t)
		return;
	for (p = 0; p < VIEW_POINTS_MAX; p++) {
		free(t->block[p]);
		memory_give(t->led[p]);
	}
	sessions_free(&t->sessions);
	memory_give(t->connection);
	view_close(&t->view);
	free(t);
	*trace = NULL;
}
