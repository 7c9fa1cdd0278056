/* Seals: what stands behind each value of a store, so that a bit that flipped is found when the
 * value is read. For store.c and store_verify.c only.
 *
 * A seal is XXH3 over the value's bytes under its key: a value in another's place is found, too.
 */
#ifndef CROSSTAP_COLLECT_STORE_SEAL_H
#define CROSSTAP_COLLECT_STORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/store_check.h"

#define STORE_SEAL_BYTES 8

struct store_key {
	uint8_t bytes[STORE_KEY_BYTES];
};

/* Writes the seal behind the value's `size` bytes. */
void store_seal_put(uint8_t *value, size_t size, const struct store_key *key);
/* Whether the seal is that of the value, whose `size` bytes lie in front of it. */
bool store_seal_holds(const uint8_t *value, size_t size, const struct store_key *key);

#endif
