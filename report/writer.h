/* Rows as text, in whatever format: the one loop behind CSV and JSON.
 *
 * A format appends each row's text to where it is told; a writer gathers the text
 * and hands it on in large pieces.
 */
#ifndef CROSSTAP_REPORT_WRITER_H
#define CROSSTAP_REPORT_WRITER_H

#include "collect/error.h"
#include "report/cell.h"
#include "report/output.h"
#include "report/rows.h"

struct progress;

/* Bytes that no cell's text exceeds, in any format, with what stands around it: a
 * text is cut to TABLE_TEXT_MAX bytes, each of which becomes eight at the most. */
#define WRITER_CELL_MAX (8 * (size_t)TABLE_TEXT_MAX + CELL_ROOM)

/* A row to be written. */
struct writer_row {
	const struct table_schema *schema;
	struct cell_form form[TABLE_COLUMNS_MAX];
	const struct cell *cell;
	bool first; /* of all */
};

/* How a format takes the rows of a table column by column, where that is faster; what comes out is the same. */
#define WRITER_COLUMNS_ROWS 256u
struct writer_columns {
	/* What it needs for that; NULL without memory. */
	void *(*open)(void);
	void (*close)(void *context); /* NULL is legal */
	/* Takes the table's present rows, at most WRITER_COLUMNS_ROWS: those behind the ones before, or the first
	 * of a block. False: no memory. */
	bool (*take)(void *context, const struct table_schema *schema, const struct table_reader *table,
		     uint32_t rows);
	/* Writes those that are left of them, until the text is no shorter than `enough`; as `row` below. */
	char *(*rows)(void *context, char *out, const char *enough, uint32_t *left);
};

/* Each function writes to `out`, where WRITER_CELL_MAX bytes for each column are
 * free, and returns where its text ends. */
struct writer_format {
	char *(*begin)(char *out, const struct table_schema *schema);
	char *(*row)(char *out, const struct writer_row *row);
	char *(*end)(char *out);
	const struct writer_columns *columns; /* NULL: it takes cells only */
};

/* Takes a piece of the text; `rows` are in it and the pieces before. */
typedef enum status writer_put(void *context, const char *text, size_t bytes, uint64_t rows,
			       struct error *err);

struct writer {
	const struct writer_format *format;
	writer_put *put;
	void *context;
	char *text; /* as writer_open() made it */
	void *columns; /* the format's */
};

/* The caller has set all but the text. */
enum status writer_open(struct writer *writer, struct error *err) MUST_CHECK;
void writer_close(struct writer *writer);

/* Writes a part of the rows; the first has what stands before all rows, the last what
 * stands behind them. *written becomes the part's number of rows. */
enum status writer_part(struct writer *writer, struct rows *rows, uint32_t part,
			uint64_t *written, struct error *err) MUST_CHECK;

/* Writes all rows to an output. `progress` may be NULL. */
enum status writer_rows(const struct writer_format *format, struct output *output,
			struct rows *rows, struct progress *progress, struct error *err)
	MUST_CHECK;

/* A text's bytes, at most TABLE_TEXT_MAX: no table of ours holds longer ones. */
size_t writer_text_bytes(const char *text);

#endif
