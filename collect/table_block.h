/* A table's values in the store, for table.c and table_read.c only.
 *
 * A block: rows, columns, texts and heap bytes (64 bits each); for each column
 * its hole (the value that stands for "unknown") and the packed values; the
 * packed ends of the heap's texts; the heap. A text or an address is stored as
 * its number in the heap, from 1; 0 is unknown. Each ends in a zero.
 *
 * The tail, written last: columns, blocks and rows of the whole table (64 bits each), and its name
 * (a store of before has none).
 *
 * Table 0 of a generation is its mark: there from table_generation_new() on, and
 * gone when another run has swept the generation away.
 */
#ifndef CROSSTAP_COLLECT_TABLE_BLOCK_H
#define CROSSTAP_COLLECT_TABLE_BLOCK_H

#include "collect/table.h"

#define TABLE_MARK 0
#define TABLE_NAME_MAX 64     /* bytes in the store, with its length */
#define TABLE_TAIL UINT32_MAX /* the block number of the tail */

static inline bool table_in_heap(enum table_type type)
{
	return type == TABLE_TEXT || type == TABLE_FOREIGN || type == TABLE_ADDRESS;
}

#endif
