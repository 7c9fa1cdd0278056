/* Reading whole tables: many rows at a time, and block by block, so that several readers
 * (each with a transaction of its own) share a table. See table.h for the rest.
 */
#ifndef CROSSTAP_COLLECT_TABLE_READ_H
#define CROSSTAP_COLLECT_TABLE_READ_H

#include "collect/table.h"

/* Blocks of the table, of TABLE_BLOCK_ROWS rows at the most; 0 when it is empty. */
uint32_t table_blocks(const struct table_reader *reader);

/* The next rows are those of this block (below table_blocks()), and then there are no
 * more. That all blocks together have table_rows() rows is the caller's to check. */
void table_read_block(struct table_reader *reader, uint32_t block);

/* As table_next(), but `most` rows (at least 1) become the present ones, or less: *rows,
 * 0 after the last. table_int() and its like give the first of them. */
enum status table_next_rows(struct table_reader *reader, uint32_t most, uint32_t *rows,
			    struct error *err) MUST_CHECK;

/* A column of the present rows: what table_int() gives, the bits of what table_real() gives,
 * or the number of a text or an address, for table_heap(). */
void table_values(const struct table_reader *reader, unsigned column, int64_t *values);

/* Whether all rows of the present block have the same value in a column, which *value becomes. */
bool table_same(const struct table_reader *reader, unsigned column, int64_t *value);

/* Whether the present rows are the first of their block, and how many texts and addresses that has:
 * the greatest of their numbers, which mean something in this block only. */
bool table_block_begins(const struct table_reader *reader);
uint32_t table_texts(const struct table_reader *reader);

/* A text or an address by its number; NULL for 0, unknown. Otherwise as table_bytes(): a
 * zero stands behind it. */
const uint8_t *table_heap(const struct table_reader *reader, int64_t number, size_t *size);

#endif
