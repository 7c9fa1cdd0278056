/* Tables of results without their schemas, for whoever looks whether a store is whole. */
#ifndef CROSSTAP_COLLECT_TABLE_CHECK_H
#define CROSSTAP_COLLECT_TABLE_CHECK_H

#include <stdint.h>

#include "collect/error.h"
#include "collect/store.h"

#define TABLE_CHECK_NAME_MAX 64

struct table_found {
	char name[TABLE_CHECK_NAME_MAX]; /* "" in a store of before */
	uint64_t rows;
};

/* Reads all blocks of a table of a generation: whether they are what its tail says, and each what a reader
 * takes. STATUS_INPUT: no; *err names file, table, block and why. */
enum status table_check(struct store_txn *txn, uint32_t generation, uint32_t number,
			struct table_found *found, struct error *err) MUST_CHECK;

#endif
