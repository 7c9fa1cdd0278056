#include "collect/dictionary.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/buffer.h"

#define DICTIONARY_SLOTS_FIRST 64u
#define DICTIONARY_CACHE 32u /* entries found lately, by a few of their bytes */

static const uint8_t dictionary_other[] = "other";

struct dictionary_entry {
	uint32_t at; /* in the bytes */
	uint32_t hash;
	uint32_t size;
};

struct dictionary {
	uint64_t seed;
	uint32_t cache[DICTIONARY_CACHE]; /* numbers; checked against the entry, so never wrong */
	uint32_t count;
	bool other; /* DICTIONARY_OTHER was given */
	struct dictionary_entry *entries;
	uint32_t room;
	uint32_t *slots; /* number + 1, or 0; open addressing, at most half full */
	uint32_t slot_count;
	struct buffer bytes;
};

/* Where to look first: packets of one place differ from those of another in
 * the first or the last few bytes (addresses; VLAN, tunnel). */
static uint32_t dictionary_guess(const uint8_t *bytes, size_t size)
{
	uint64_t head = 0, tail = 0;

	if (size >= 16) {
		memcpy(&head, bytes + size - 16, 8);
		memcpy(&tail, bytes + size - 8, 8);
	} else {
		memcpy(&head, bytes, size < 8 ? size : 8);
	}
	head = (head * 31 + tail + size) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(head >> 32) % DICTIONARY_CACHE;
}

/* memcmp() for a few bytes, without the call. */
static inline bool dictionary_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint64_t x, y, differ = 0;
	size_t at;

	if (size < 8)
		return memcmp(a, b, size) == 0;
	for (at = 0; at + 8 < size; at += 8) {
		memcpy(&x, a + at, 8);
		memcpy(&y, b + at, 8);
		differ |= x ^ y;
	}
	memcpy(&x, a + size - 8, 8);
	memcpy(&y, b + size - 8, 8);
	return (differ | (x ^ y)) == 0;
}

static inline bool dictionary_is(const struct dictionary *d, uint32_t number, const uint8_t *bytes,
			  size_t size)
{
	return number < d->count && d->entries[number].size == size &&
	       dictionary_equal(d->bytes.bytes + d->entries[number].at, bytes, size);
}

static void dictionary_place(struct dictionary *d, uint32_t number)
{
	uint32_t slot = d->entries[number].hash & (d->slot_count - 1);

	while (d->slots[slot])
		slot = (slot + 1) & (d->slot_count - 1);
	d->slots[slot] = number + 1;
}

/* Room for one more entry. */
static bool dictionary_grow(struct dictionary *d)
{
	uint32_t i;

	if (d->count == d->room) {
		uint32_t room = d->room ? 2 * d->room : DICTIONARY_SLOTS_FIRST / 2;
		void *grown = realloc(d->entries, room * sizeof *d->entries);

		if (!grown)
			return false;
		d->entries = grown;
		d->room = room;
	}
	if (2 * (d->count + 1) > d->slot_count) {
		uint32_t slot_count = d->slot_count ? 2 * d->slot_count : DICTIONARY_SLOTS_FIRST;
		uint32_t *slots = calloc(slot_count, sizeof *slots);

		if (!slots)
			return false;
		free(d->slots);
		d->slots = slots;
		d->slot_count = slot_count;
		for (i = 0; i < d->count; i++)
			dictionary_place(d, i);
	}
	return true;
}

static enum status dictionary_add(struct dictionary *d, const uint8_t *bytes, size_t size,
				  uint32_t hash, uint32_t *number, struct error *err)
{
	uint8_t *to;

	if (d->count == DICTIONARY_OTHER) {
		d->other = true;
		*number = DICTIONARY_OTHER;
		return STATUS_OK;
	}
	if (!dictionary_grow(d) || !(to = buffer_extend(&d->bytes, size + 1)))
		return error_errno(err, ENOMEM, "dictionary");
	memcpy(to, bytes, size);
	d->entries[d->count] = (struct dictionary_entry){
		.at = (uint32_t)(to - d->bytes.bytes), .hash = hash, .size = (uint32_t)size};
	*number = d->count++;
	dictionary_place(d, *number);
	return STATUS_OK;
}

enum status dictionary_number(struct dictionary *d, const uint8_t *bytes, size_t size,
			      uint32_t *number, struct error *err)
{
	uint32_t *guess, hash, slot;
	enum status status;

	if (size > DICTIONARY_ENTRY_MAX)
		size = DICTIONARY_ENTRY_MAX;
	guess = &d->cache[dictionary_guess(bytes, size)];
	if (dictionary_is(d, *guess, bytes, size)) {
		*number = *guess;
		return STATUS_OK;
	}
	hash = (uint32_t)XXH3_64bits_withSeed(bytes, size, d->seed);
	for (slot = hash & (d->slot_count - 1); d->slots[slot];
	     slot = (slot + 1) & (d->slot_count - 1)) {
		uint32_t n = d->slots[slot] - 1;

		if (d->entries[n].hash == hash && dictionary_is(d, n, bytes, size)) {
			*guess = *number = n;
			return STATUS_OK;
		}
	}
	status = dictionary_add(d, bytes, size, hash, number, err);
	if (!status)
		*guess = *number;
	return status;
}

uint32_t dictionary_entries(const struct dictionary *dictionary)
{
	return dictionary->count + dictionary->other;
}

const uint8_t *dictionary_entry(const struct dictionary *dictionary, uint32_t number, size_t *size)
{
	if (number == DICTIONARY_OTHER) {
		*size = sizeof dictionary_other - 1;
		return dictionary_other;
	}
	*size = dictionary->entries[number].size;
	return dictionary->bytes.bytes + dictionary->entries[number].at;
}

enum status dictionary_open(struct dictionary **out, uint64_t seed, struct error *err)
{
	struct dictionary *d = calloc(1, sizeof *d);

	*out = d;
	if (d)
		d->seed = seed;
	if (!d || !dictionary_grow(d)) {
		dictionary_close(out);
		return error_errno(err, ENOMEM, "dictionary");
	}
	return STATUS_OK;
}

void dictionary_close(struct dictionary **dictionary)
{
	struct dictionary *d = *dictionary;

	if (!d)
		return;
	free(d->entries);
	free(d->slots);
	buffer_free(&d->bytes);
	free(d);
	*dictionary = NULL;
}
