/* A small table held in memory, for what shows the same rows several times or in another order.
 */
#ifndef CROSSTAP_REPORT_HELD_H
#define CROSSTAP_REPORT_HELD_H

#include "report/sheet.h"

struct held {
	const struct table_schema *schema;
	uint64_t total;    /* rows of the table */
	uint32_t count;    /* of those held: the first ones */
	struct cell *cell; /* of row i, column c at [i * columns + c]; their texts are ours */
};

/* Whether a row is to be held. */
typedef bool held_takes(const void *context, const struct cell *row);
struct held_choice {
	held_takes *takes;
	const void *context;
	uint64_t columns; /* that it looks at, as bits */
};

/* Holds at most `most` rows of a sheet, of those that are chosen (NULL: of all). */
enum status held_read(struct held *held, struct store_txn *txn, const char *sheet, uint32_t most,
		      const struct held_choice *choice, struct error *err) MUST_CHECK;
/* From the earliest start of the rows to the latest end, by the columns of their start and length;
 * without rows INT64_MAX and INT64_MIN. */
void held_span(const struct held *held, unsigned start, unsigned length, int64_t *first_ns,
	       int64_t *last_ns);
/* One that was never read is legal, if zeroed. */
void held_free(struct held *held);

static inline const struct cell *held_row(const struct held *held, uint32_t row)
{
	return held->cell + (size_t)row * held->schema->columns;
}

/* A text cell's text; "" where it is unknown. */
static inline const char *held_text(const struct held *held, uint32_t row, unsigned column)
{
	const struct cell *cell = &held_row(held, row)[column];

	return cell->known ? cell->text : "";
}

/* The text in a column of the first row that has `key` in another; "" where there is none. */
const char *held_find(const struct held *held, unsigned key_column, const char *key, unsigned column);

/* A count; 0 where it is unknown. */
static inline uint64_t held_count(const struct held *held, uint32_t row, unsigned column)
{
	const struct cell *cell = &held_row(held, row)[column];

	return cell->known && cell->number > 0 ? (uint64_t)cell->number : 0;
}

#endif
