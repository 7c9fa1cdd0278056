/* A view: all points' records in the store, each point's captures laid one
 * behind the other, and read in the order of time.
 *
 * A record of a point is named by its index: block << 14 | row. Where a
 * capture's last block is not full, indexes have holes; view_first() and
 * view_next() step over them. Flows of all points share one numbering, the
 * nodes: a node is one flow at one point. A record's `way` is node << 1 |
 * direction, where direction 0 is from the flow's end a to end b.
 *
 * Everything here is borrowed from the read transaction that the view was
 * opened in and from the view itself.
 */
#ifndef CROSSTAP_CORRELATE_VIEW_H
#define CROSSTAP_CORRELATE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/store.h"
#include "correlate/clock.h"

#define VIEW_POINTS_MAX CAPTURE_POINTS_MAX
#define VIEW_BLOCK_SHIFT 14
#define VIEW_ROW_MASK (RECORD_BLOCK_ROWS - 1)
#define VIEW_BATCH 1024u
#define VIEW_NO_WAY UINT32_MAX
#define VIEW_NODES_MAX 0x7ffffffeu
#define VIEW_BLOCKS_MAX ((UINT32_MAX >> VIEW_BLOCK_SHIFT) - 1)
/* What to do where a run's numbers do not suffice. */
#define VIEW_LESS "collect a part of the time (--start, --end) or of the packets (-f) into a store of its own"

struct view_block {
	struct record_chunk chunk;
	uint32_t capture;    /* index in view->capture */
	uint32_t node_base;  /* node of the capture's flow 0 */
	uint32_t link_base;  /* index in the point's list of links of the capture's link 0 */
};

struct renumber;

struct view_point {
	struct memory *memory; /* the view's */
	char name[CAPTURE_NAME_MAX];
	uint32_t number;     /* in the store */
	uint32_t first_capture, captures; /* in view->capture */
	uint32_t blocks;
	struct view_block *block;
	uint64_t rows;
	uint32_t indexes;    /* every index is below this: blocks << VIEW_BLOCK_SHIFT */
	uint32_t *order;     /* indexes in the order of time, `rows` of them; NULL: they are in order */
	uint32_t first_node, nodes;
	uint32_t links;      /* link descriptions of all its captures */
	uint8_t *link;       /* VIEW_LINK_BYTES each: length, then bytes */
	int64_t first_ns, last_ns; /* local times of the first and last record */
	bool short_prefixes; /* some payload prefixes are missing */
	uint64_t *fp;        /* by index, as they were collected; NULL: they are not kept */
	struct renumber *renumber; /* by flow: see renumber.h; NULL: no flow's numbers are shifted */
};
#define VIEW_LINK_BYTES (PACKET_LINK_MAX + 1)

struct view {
	struct store_txn *txn;
	struct memory *memory;     /* what arrays by record, node and session are taken from; NULL: the heap */
	uint64_t seed;
	uint32_t captures;
	struct capture *capture; /* by point, then time of the first packet, then digest */
	uint32_t points;
	struct view_point point[VIEW_POINTS_MAX];
	uint32_t nodes;
	struct capture_flow *flow; /* of each node */
	uint8_t *node_point;       /* of each node */
	bool header_only;          /* fingerprints of UDP and the like must be taken without payload */
};

enum status view_open(struct view **out, struct store_txn *txn, struct error *err) MUST_CHECK;
void view_close(struct view **view);

/* Whether all packets and flows of the captures, which are in the order of points, can be numbered:
 * the text says how many there are, and what to do. */
enum status view_fits(const struct view *view, struct error *err) MUST_CHECK;

/* The point of that name; view->points: there is none. */
uint32_t view_point_named(const struct view *view, const char *name);

/* The points' numbers in the order of their names, which the order of the inputs does not change;
 * `by_name` has room for VIEW_POINTS_MAX. */
void view_order_names(const struct view *view, uint32_t *by_name);

/* Puts a point's records in the order of corrected time where that is another
 * one than that of its own, because the clock was set back; *changed says so. */
enum status view_put_in_order(struct view *view, uint32_t point, const struct clock *clock,
			      bool *changed, struct error *err) MUST_CHECK;

/* One column of one record. */
static inline int64_t view_get(const struct view_point *point, enum record_column column,
			       uint32_t index)
{
	return column_get(&point->block[index >> VIEW_BLOCK_SHIFT].chunk.column[column],
			  index & VIEW_ROW_MASK);
}

static inline uint32_t view_way(const struct view_point *point, uint32_t index)
{
	uint32_t flow = (uint32_t)view_get(point, RECORD_FLOW, index);

	return flow == RECORD_NO_FLOW
		       ? VIEW_NO_WAY
		       : flow + 2 * point->block[index >> VIEW_BLOCK_SHIFT].node_base;
}

/* Payload bytes of a record. */
static inline uint32_t view_payload(const struct view_point *point, uint32_t index)
{
	return (uint32_t)(view_get(point, RECORD_LENGTH, index) -
			  view_get(point, RECORD_HEADER, index));
}

/* The fingerprint of a record as it was collected; 0: it is not comparable. */
static inline uint64_t view_fingerprint(const struct view *view, const struct view_point *point,
					uint32_t index)
{
	uint64_t fp;

	record_fingerprints(&point->block[index >> VIEW_BLOCK_SHIFT].chunk, index & VIEW_ROW_MASK, 1,
			    view->seed, &fp);
	return fp;
}

/* The time of the point's last record, in its captures' order, before a local time: where the capture was
 * when it lost what it says it lost before the record of that time. INT64_MIN: there is none. */
int64_t view_time_before(const struct view_point *point, int64_t time_ns);

/* A run of records in the order of time. */
struct view_batch {
	const struct view_point *point;
	uint64_t next;       /* position behind the batch, in the order of time */
	uint32_t rows;
	bool contiguous;     /* index[0], index[0] + 1, ... of one block */
	uint32_t index[VIEW_BATCH];
};

/* Begins at the point's first record; view_next() fills the following batch
 * and is false behind the last. */
void view_first(struct view_batch *batch, const struct view_point *point);
bool view_next(struct view_batch *batch);

/* A column of all records of the batch. */
void view_read_64(const struct view_batch *batch, enum record_column column, int64_t *out);
void view_read_32(const struct view_batch *batch, enum record_column column, uint32_t *out);
void view_read_16(const struct view_batch *batch, enum record_column column, uint16_t *out);
void view_read_8(const struct view_batch *batch, enum record_column column, uint8_t *out);
void view_read_ways(const struct view_batch *batch, uint32_t *out);

/* The bits that any of a batch's flags have. */
static inline uint16_t view_union(const uint16_t *flags, uint32_t rows)
{
	uint16_t any = 0;
	uint32_t i;

	for (i = 0; i < rows; i++)
		any |= flags[i];
	return any;
}

/* A column of any records, each named by its point and its index there. Neighbours that
 * lie in one block are the cheaper. */
void view_gather_64(const struct view *view, enum record_column column, const uint8_t *point,
		    const uint32_t *index, uint32_t rows, int64_t *out);
void view_gather_32(const struct view *view, enum record_column column, const uint8_t *point,
		    const uint32_t *index, uint32_t rows, uint32_t *out);
void view_gather_16(const struct view *view, enum record_column column, const uint8_t *point,
		    const uint32_t *index, uint32_t rows, uint16_t *out);
void view_gather_8(const struct view *view, enum record_column column, const uint8_t *point,
		   const uint32_t *index, uint32_t rows, uint8_t *out);
void view_gather_ways(const struct view *view, const uint8_t *point, const uint32_t *index,
		      uint32_t rows, uint32_t *out);

/* Works out all fingerprints, and keeps them until they are forgotten, where that takes little of the
 * memory there is: who reads them several times has them sooner. */
enum status view_keep_fingerprints(struct view *view, unsigned threads, struct error *err) MUST_CHECK;
void view_forget_fingerprints(struct view *view);

/* Fingerprints, without payload where the view says header_only, and by the first point's
 * numbers where a flow is renumbered. */
void view_read_fingerprints(const struct view *view, const struct view_batch *batch,
			    uint64_t *out);

#endif
