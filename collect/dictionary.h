/* A dictionary: short byte strings to small numbers, in the order of first
 * sight. A capture has one of link descriptions and one of TCP options; both
 * have a handful of entries in practice and millions of look-ups.
 *
 * Equal bytes have equal numbers. A capture that forges ever new strings fills
 * it: from then on new ones all are DICTIONARY_OTHER, an entry that says so.
 */
#ifndef CROSSTAP_COLLECT_DICTIONARY_H
#define CROSSTAP_COLLECT_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define DICTIONARY_OTHER 65535u /* number of everything that came after 65535 entries */
#define DICTIONARY_ENTRY_MAX 255 /* bytes; longer ones are cut */

struct dictionary;

/* `seed` keys the hash, so that nobody can make entries collide. */
enum status dictionary_open(struct dictionary **out, uint64_t seed, struct error *err) MUST_CHECK;

/* The number of these bytes; new ones become an entry. */
enum status dictionary_number(struct dictionary *dictionary, const uint8_t *bytes, size_t size,
			      uint32_t *number, struct error *err) MUST_CHECK;

/* The same, but new ones become none: DICTIONARY_NONE. */
#define DICTIONARY_NONE UINT32_MAX
uint32_t dictionary_find(const struct dictionary *dictionary, const uint8_t *bytes, size_t size);

/* How many entries there are; with DICTIONARY_OTHER, once that was given, 65536. */
uint32_t dictionary_entries(const struct dictionary *dictionary);

/* The bytes of an entry, number < dictionary_entries(). Borrowed until the
 * next dictionary_number(). */
const uint8_t *dictionary_entry(const struct dictionary *dictionary, uint32_t number,
				size_t *size);

/* NULL is legal; *dictionary becomes NULL. */
void dictionary_close(struct dictionary **dictionary);

#endif
