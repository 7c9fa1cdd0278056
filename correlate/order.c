#include "correlate/order.h"

#include "collect/memory.h"

#define ORDER_BITS 11u
#define ORDER_VALUES (1u << ORDER_BITS)
#define ORDER_DIGITS 6u /* of 11 bits, in 64 */

static inline uint32_t order_digit(uint64_t key, uint32_t digit)
{
	return (uint32_t)(key >> digit * ORDER_BITS) & (ORDER_VALUES - 1);
}

static bool order_is(const struct order_key *key, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
		if (key[i].key < key[i - 1].key)
			return false;
	return true;
}

/* Which keys have each value of each digit. */
static void order_count(const struct order_key *key, size_t count,
			uint32_t have[ORDER_DIGITS][ORDER_VALUES])
{
	uint32_t d;
	size_t i;

	memset(have, 0, sizeof(uint32_t[ORDER_DIGITS][ORDER_VALUES]));
	for (i = 0; i < count; i++)
		for (d = 0; d < ORDER_DIGITS; d++)
			have[d][order_digit(key[i].key, d)]++;
}

/* Puts keys in the order of one digit; `at` is how many have each of its values. */
static void order_move(const struct order_key *from, struct order_key *to, size_t count,
		       uint32_t digit, uint32_t at[ORDER_VALUES])
{
	uint32_t sum = 0, have, v;
	size_t i;

	for (v = 0; v < ORDER_VALUES; v++) {
		have = at[v];
		at[v] = sum;
		sum += have;
	}
	for (i = 0; i < count; i++)
		to[at[order_digit(from[i].key, digit)]++] = from[i];
}

/* By the least digit first: each keeps the order of those before it. One that is the same in all
 * keys changes nothing. */
bool order_sort(struct memory *memory, struct order_key *key, size_t count)
{
	uint32_t (*have)[ORDER_VALUES], d;
	struct order_key *other, *from = key, *to, *was;
	bool ok;

	if (order_is(key, count))
		return true;
	have = memory_resize(NULL, NULL, ORDER_DIGITS, sizeof *have);
	other = memory_resize(memory, NULL, count, sizeof *other);
	ok = have && other;
	if (ok) {
		order_count(key, count, have);
		to = other;
		for (d = 0; d < ORDER_DIGITS; d++) {
			if (have[d][order_digit(key[0].key, d)] == count)
				continue;
			order_move(from, to, count, d, have[d]);
			was = from;
			from = to;
			to = was;
		}
		if (from != key)
			memcpy(key, from, count * sizeof *key);
	}
	memory_give(other);
	memory_give(have);
	return ok;
}

bool order_by(struct memory *memory, void *list, size_t count, size_t bytes,
	      uint64_t (*key)(const void *element))
{
	struct order_key *keys = memory_resize(memory, NULL, count + 1, sizeof *keys);
	char *before = NULL, *element = list;
	bool ok = keys != NULL;
	size_t i;

	for (i = 0; ok && i < count; i++)
		keys[i] = (struct order_key){key(element + i * bytes), (uint32_t)i};
	if (ok && order_is(keys, count)) {
		memory_give(keys);
		return true;
	}
	before = ok ? memory_resize(memory, NULL, count + 1, bytes) : NULL;
	ok = before && order_sort(memory, keys, count);
	if (ok) {
		memcpy(before, list, count * bytes);
		for (i = 0; i < count; i++)
			memcpy(element + i * bytes, before + keys[i].number * bytes, bytes);
	}
	memory_give(before);
	memory_give(keys);
	return ok;
}
