#include "collect/store_seal.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t store_seal(const uint8_t *value, size_t size, const struct store_key *key)
{
	return XXH3_64bits_withSeed(value, size, XXH3_64bits(key->bytes, sizeof key->bytes));
}

void store_seal_put(uint8_t *value, size_t size, const struct store_key *key)
{
	uint64_t seal = store_seal(value, size, key);

	memcpy(value + size, &seal, sizeof seal);
}

bool store_seal_holds(const uint8_t *value, size_t size, const struct store_key *key)
{
	uint64_t seal = store_seal(value, size, key), there;

	memcpy(&there, value + size, sizeof there);
	return seal == there;
}
