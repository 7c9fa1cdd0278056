/* Sorting by a number. What is sorted here has hundreds of thousands of elements: qsort() would take
 * more time for them than what is done with them afterwards.
 */
#ifndef CROSSTAP_CORRELATE_ORDER_H
#define CROSSTAP_CORRELATE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct memory;

struct order_key {
	uint64_t key;
	uint32_t number; /* of what the key is of */
};

/* Numbers in the order of times, and of any numbers but NaN. */
static inline uint64_t order_of_int(int64_t value)
{
	return (uint64_t)value ^ UINT64_C(1) << 63;
}

static inline uint64_t order_of_double(double value)
{
	uint64_t bits;

	value += 0.0; /* -0 is 0 */
	memcpy(&bits, &value, sizeof bits);
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Sorts keys; those of equal ones stay in their order. What is needed beside them is taken from the
 * memory (NULL: the heap). False: there is none, and nothing has changed. */
bool order_sort(struct memory *memory, struct order_key *key, size_t count);

/* The same of a list of fewer than 2^32 elements, by what `key` says of each. */
bool order_by(struct memory *memory, void *list, size_t count, size_t bytes,
	      uint64_t (*key)(const void *element));

#endif
