/* Columns as codes: the forms table and sparse of column.h. For column.c only. */
#ifndef CROSSTAP_COLLECT_COLUMN_CODE_H
#define CROSSTAP_COLLECT_COLUMN_CODE_H

#include "collect/column.h"

/* Packs as a table or sparse where that takes well less than `bits` a row; else returns 0. */
size_t column_code(uint8_t *out, const void *values, size_t element_bytes, uint32_t rows,
		   unsigned bits);

/* Opens what column_open() has begun to: head, rows and bits are right. */
bool column_code_open(struct column *column, const uint8_t *bytes, size_t size, size_t *used);

/* How many others lie in front of a row of a sparse column, and whether it is one. */
uint32_t column_sparse_rank(const struct column *column, uint32_t row, bool *other);
int64_t column_sparse_base(const struct column *column); /* of the others */
uint64_t column_sparse_word(const struct column *column, uint32_t word);

#endif
