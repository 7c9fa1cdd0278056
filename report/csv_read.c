#include "report/csv_read.h"

#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CSV_READ_PIECE 65536u

struct csv_reading {
	struct csv_parser parser;
	csv_take *take;
	void *context;
	struct csv_fault *fault;
	struct csv_row row;
	size_t begin[CSV_READ_CELLS]; /* of the cells, in the text */
	size_t used;
	uint64_t line;                /* the one that is read */
	bool enough;
	char text[CSV_READ_BYTES];
	char piece[CSV_READ_PIECE];
};

/* In a row whose cells have line ends it is the row's first line that is named. */
static void csv_wrong(struct csv_reading *r, const char *why)
{
	if (!r->fault->why)
		*r->fault = (struct csv_fault){r->row.line, why};
}

static void csv_cell(void *bytes, size_t size, void *context)
{
	struct csv_reading *r = context;

	if (r->row.cells == CSV_READ_CELLS) {
		csv_wrong(r, "more cells than any table has");
	} else if (size >= sizeof r->text - r->used) {
		csv_wrong(r, "a row of more than 1 MiB");
	} else if (size && memchr(bytes, '\0', size)) {
		csv_wrong(r, "a byte of zero");
	} else {
		r->begin[r->row.cells++] = r->used;
		if (size)
			memcpy(r->text + r->used, bytes, size);
		r->used += size;
		r->text[r->used++] = '\0';
	}
}

static void csv_row_end(int c, void *context)
{
	struct csv_reading *r = context;
	unsigned i;

	(void)c;
	for (i = 0; i < r->row.cells; i++)
		r->row.cell[i] = r->text + r->begin[i];
	if (!r->enough && !r->fault->why)
		r->enough = !r->take(r->context, &r->row);
	r->row.cells = 0;
	r->row.line = r->line + 1;
	r->used = 0;
}

/* A line, or a piece of a long one, so that the number of the line is known when a row ends. */
static void csv_feed(struct csv_reading *r, const char *bytes, size_t size)
{
	if (csv_parse(&r->parser, bytes, size, csv_cell, csv_row_end, r) != size)
		csv_wrong(r, csv_error(&r->parser) == CSV_EPARSE ? "a quote where none may be"
								  : "it cannot be taken apart");
	if (csv_get_buffer_size(&r->parser) > CSV_READ_BYTES)
		csv_wrong(r, "a cell of more than 1 MiB");
}

static void csv_piece(struct csv_reading *r, size_t size)
{
	const char *at = r->piece, *end = r->piece + size;

	while (at < end && !r->enough && !r->fault->why) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline + 1 : end;

		csv_feed(r, at, (size_t)(next - at));
		r->line += newline != NULL;
		at = next;
	}
}

static enum status csv_pieces(struct csv_reading *r, int fd, struct error *err)
{
	ssize_t got;

	while (!r->enough && !r->fault->why) {
		got = read(fd, r->piece, sizeof r->piece);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, errno, "CSV");
		if (got == 0)
			break;
		csv_piece(r, (size_t)got);
	}
	if (!r->enough && !r->fault->why && csv_fini(&r->parser, csv_cell, csv_row_end, r) != 0)
		csv_wrong(r, "a quote that is not closed");
	return STATUS_OK;
}

enum status csv_read(int fd, csv_take *take, void *context, struct csv_fault *fault,
		     struct error *err)
{
	struct csv_reading *r = malloc(sizeof *r);
	enum status status;

	*fault = (struct csv_fault){0};
	if (!r || csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		free(r);
		return error_errno(err, ENOMEM, "CSV");
	}
	r->take = take;
	r->context = context;
	r->fault = fault;
	r->row = (struct csv_row){.line = 1};
	r->used = 0;
	r->line = 1;
	r->enough = false;
	status = csv_pieces(r, fd, err);
	csv_free(&r->parser);
	free(r);
	return status;
}
