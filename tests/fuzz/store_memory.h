/* A store in memory whose values are the input's: they are put within a transaction that is never committed,
 * so that each input meets the same store. */
#ifndef CROSSTAP_TESTS_FUZZ_STORE_MEMORY_H
#define CROSSTAP_TESTS_FUZZ_STORE_MEMORY_H

#include "collect/store.h"
#include "tests/fuzz/fuzz.h"

/* Of a point and a generation of results, both number 0 and 1. The file has no name any more. */
static inline struct store *store_memory_open(void)
{
	static const uint64_t seed = FUZZ_SEED;
	char folder[] = "/dev/shm/crosstap-fuzz-XXXXXX", path[64], lock[80];
	struct store_header header;
	struct store *store = NULL;
	struct store_txn *txn;
	struct error err = {0};

	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof path, "%s/case.ct", folder);
	snprintf(lock, sizeof lock, "%s-lock", path);
	if (store_open(&store, path, STORE_CREATE, true, &seed, &err) ||
	    store_begin(store, true, &txn, &err) || store_header_get(txn, &header, &err))
		abort();
	header.generation = 1;
	header.captures = 1;
	if (store_header_put(txn, &header, &err) || store_commit(&txn, &err))
		abort();
	unlink(path);
	unlink(lock);
	rmdir(folder);
	return store;
}

static inline void store_memory_put(struct store_txn *txn, char kind, uint32_t a, uint32_t b, const uint8_t *bytes,
			     size_t size)
{
	struct error err;
	void *value;

	if (store_put(txn, kind, a, b, size, &value, &err))
		abort();
	memcpy(value, bytes, size);
}

#endif
