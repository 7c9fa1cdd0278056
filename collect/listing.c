#include "collect/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture.h"
#include "collect/capture_keep.h"
#include "collect/store.h"
#include "collect/terminal.h"

#define LISTING_CELL_MAX 1536

/* What a cell is made of. */
struct listing_row {
	char point[CAPTURE_NAME_MAX];
	const struct capture *capture;
	uint64_t removed; /* so many captures that are not there any more, in one row; it has no digest */
};

static void listing_point(const struct listing_row *row, char *cell)
{
	terminal_escape(cell, LISTING_CELL_MAX, row->point, strlen(row->point));
}

static void listing_file(const struct listing_row *row, char *cell)
{
	const struct capture *c = row->capture;
	char name[CAPTURE_FILE_MAX + SOURCE_NAME_MAX + 1];
	int n = row->removed ? snprintf(name, sizeof name, "(%" PRIu64 " removed)", row->removed)
			     : snprintf(name, sizeof name, "%s%s%s", c->file, *c->interface ? "@" : "",
					c->interface);

	terminal_escape(cell, LISTING_CELL_MAX, name, (size_t)n);
}

static void listing_packets(const struct listing_row *row, char *cell)
{
	snprintf(cell, LISTING_CELL_MAX, "%" PRIu64, row->capture->packets);
}

static void listing_first(const struct listing_row *row, char *cell)
{
	snprintf(cell, LISTING_CELL_MAX, "-");
	if (row->capture->records && !row->removed)
		terminal_time(cell, row->capture->first_ns);
}

static void listing_last(const struct listing_row *row, char *cell)
{
	snprintf(cell, LISTING_CELL_MAX, "-");
	if (row->capture->records)
		terminal_time(cell, row->capture->last_ns);
}

static void listing_sha256(const struct listing_row *row, char *cell)
{
	size_t i;

	snprintf(cell, LISTING_CELL_MAX, "-");
	for (i = 0; i < SOURCE_SHA256_BYTES && !row->removed; i++)
		snprintf(cell + 2 * i, 3, "%02x", row->capture->sha256[i]);
}

static const struct {
	const char *name;
	void (*cell)(const struct listing_row *row, char *cell);
	int right; /* aligned to the right */
} listing_columns[] = {
	{"point", listing_point, 0}, {"file", listing_file, 0}, {"packets", listing_packets, 1},
	{"first", listing_first, 0}, {"last", listing_last, 0}, {"sha256", listing_sha256, 0},
};

#define LISTING_COLUMNS (sizeof listing_columns / sizeof listing_columns[0])

static void listing_put(FILE *stream, size_t column, const char *cell, int width)
{
	if (column + 1 == LISTING_COLUMNS)
		fprintf(stream, "%s\n", cell);
	else
		fprintf(stream, "%*s  ", listing_columns[column].right ? width : -width, cell);
}

static void listing_table(FILE *stream, const struct listing_row *rows, uint32_t count)
{
	int width[LISTING_COLUMNS];
	char cell[LISTING_CELL_MAX];
	uint32_t row;
	size_t c;

	for (c = 0; c < LISTING_COLUMNS; c++) {
		width[c] = (int)strlen(listing_columns[c].name);
		for (row = 0; row < count; row++) {
			listing_columns[c].cell(&rows[row], cell);
			width[c] = (int)strlen(cell) > width[c] ? (int)strlen(cell) : width[c];
		}
	}
	for (c = 0; c < LISTING_COLUMNS; c++)
		listing_put(stream, c, listing_columns[c].name, width[c]);
	for (row = 0; row < count; row++) {
		for (c = 0; c < LISTING_COLUMNS; c++) {
			listing_columns[c].cell(&rows[row], cell);
			listing_put(stream, c, cell, width[c]);
		}
	}
}

/* By point, in the order of the points; of one point in the order of collecting. */
static int listing_order(const void *a, const void *b)
{
	const struct capture *x = ((const struct listing_row *)a)->capture;
	const struct capture *y = ((const struct listing_row *)b)->capture;

	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* A row for what was removed of each point, behind the captures: all rows together have every packet that
 * was collected. */
static enum status listing_add_removed(struct store_txn *txn, struct capture *captures, uint32_t *count,
				       struct listing_row *rows, struct error *err)
{
	struct store_header header;
	enum status status = store_header_get(txn, &header, err);
	uint32_t p;

	for (p = 0; !status && p < header.points && p < CAPTURE_POINTS_MAX; p++) {
		struct capture *c = &captures[*count];
		struct keep_count removed;

		status = capture_removed(txn, p, &removed, err);
		if (status || !removed.captures)
			continue;
		memset(c, 0, sizeof *c);
		c->point = p;
		c->packets = removed.packets;
		c->records = removed.until_ns != 0;
		c->last_ns = removed.until_ns;
		rows[(*count)++].removed = removed.captures;
	}
	return status;
}

static enum status listing_read(struct store_txn *txn, FILE *stream, struct error *err)
{
	struct capture *captures = NULL, *grown;
	struct listing_row *rows = NULL;
	enum status status;
	uint32_t count = 0, i;

	status = capture_list(txn, &captures, &count, err);
	if (!status) {
		grown = realloc(captures, ((size_t)count + CAPTURE_POINTS_MAX) * sizeof *captures);
		rows = calloc((size_t)count + CAPTURE_POINTS_MAX, sizeof *rows);
		captures = grown ? grown : captures;
		if (!grown || !rows)
			status = error_set(err, STATUS_SYSTEM, "list of captures: out of memory");
	}
	if (!status)
		status = listing_add_removed(txn, captures, &count, rows, err);
	for (i = 0; i < count && !status; i++) {
		rows[i].capture = &captures[i];
		status = capture_point_name(txn, captures[i].point, rows[i].point,
					    sizeof rows[i].point, err);
	}
	if (!status) {
		qsort(rows, count, sizeof *rows, listing_order);
		listing_table(stream, rows, count);
	}
	free(rows);
	free(captures);
	return status;
}

enum status listing_write(const char *store_path, FILE *stream, struct error *err)
{
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	enum status status = store_open(&store, store_path, STORE_READ, false, NULL, err);

	if (!status)
		status = store_begin(store, false, &txn, err);
	if (!status)
		status = listing_read(txn, stream, err);
	store_abort(&txn);
	store_close(&store);
	return status;
}
