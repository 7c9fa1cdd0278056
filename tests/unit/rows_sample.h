/* Rows from an array, so that writers can be tested without a store, and a stream
 * into memory. */
#ifndef CROSSTAP_TESTS_ROWS_SAMPLE_H
#define CROSSTAP_TESTS_ROWS_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "report/output.h"
#include "report/rows.h"

struct rows_sample {
	struct rows rows;
	const struct cell *cell; /* row by row */
	size_t count, next;
};

static enum status rows_sample_next(struct rows *rows, bool *more, struct error *err)
{
	struct rows_sample *sample = (struct rows_sample *)rows;

	(void)err;
	*more = sample->next < sample->count;
	sample->next += *more;
	return STATUS_OK;
}

static const struct cell *rows_sample_cells(const struct rows *rows)
{
	const struct rows_sample *sample = (const struct rows_sample *)rows;

	return sample->cell + (sample->next - 1) * rows->schema->columns;
}

static void rows_sample_close(struct rows *rows)
{
	(void)rows;
}

static const struct rows_type rows_sample_type = {
	.next = rows_sample_next, .cells = rows_sample_cells, .close = rows_sample_close};

/* `cells` holds `count` rows. */
static inline struct rows_sample rows_sample(const struct table_schema *schema,
					     const struct cell *cells, size_t count)
{
	return (struct rows_sample){{&rows_sample_type, schema, count, 1}, cells, count, 0};
}

/* Runs a writer of rows and gives what it wrote; to be freed. */
#define ROWS_SAMPLE_WRITE(writer, sample)                                       \
	({                                                                      \
		char *text_ = NULL;                                             \
		size_t size_;                                                   \
		struct error err_;                                              \
		struct output output_ = {.stream = open_memstream(&text_, &size_)}; \
		CHECK_INT(writer(&output_, &(sample).rows, NULL, &err_), STATUS_OK); \
		fclose(output_.stream);                                         \
		text_;                                                          \
	})

#endif
