#include "collect/dictionary.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/buffer.h"

#define DICTIONARY_SLOTS_FIRST 64u
#define DICTIONARY_RECENT 32u    /* entries found lately; a power of two */
#define DICTIONARY_SHORT_MIN 8u  /* bytes of an entry that may be among them */
#define DICTIONARY_SHORT_MAX 32u

static const uint8_t dictionary_other[] = "other";

struct dictionary_entry {
	uint32_t at; /* in the bytes */
	uint32_t hash;
	uint32_t size;
};

/* A short string as four words: its first two and its last two, or twice its
 * first and its last; they overlap. With the size they are all of it. */
struct dictionary_short {
	uint64_t words[4];
	uint32_t size; /* 0: none */
	uint32_t number;
};

struct dictionary {
	uint64_t seed;
	struct dictionary_short recent[DICTIONARY_RECENT];
	uint32_t count;
	bool other; /* DICTIONARY_OTHER was given */
	struct dictionary_entry *entries;
	uint32_t room;
	uint32_t *slots; /* number + 1, or 0; open addressing, at most half full */
	uint32_t slot_count;
	struct buffer bytes;
};

/* False where the string is too short or too long for it. */
static inline bool dictionary_shorten(struct dictionary_short *s, const uint8_t *bytes, size_t size)
{
	size_t step = size < 16 ? 0 : 8;

	if (size < DICTIONARY_SHORT_MIN || size > DICTIONARY_SHORT_MAX)
		return false;
	memcpy(&s->words[0], bytes, 8);
	memcpy(&s->words[1], bytes + step, 8);
	memcpy(&s->words[2], bytes + size - 8 - step, 8);
	memcpy(&s->words[3], bytes + size - 8, 8);
	s->size = (uint32_t)size;
	return true;
}

static inline bool dictionary_same(const struct dictionary_short *a,
				   const struct dictionary_short *b)
{
	return ((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
		(a->words[2] ^ b->words[2]) | (a->words[3] ^ b->words[3]) |
		(a->size ^ b->size)) == 0;
}

static inline struct dictionary_short *dictionary_recent(struct dictionary *d,
							 const struct dictionary_short *s)
{
	uint64_t mixed = s->words[0] ^ s->words[1] * 31 ^ s->words[2] * 7 ^ s->words[3];

	return &d->recent[(mixed * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (DICTIONARY_RECENT - 1)];
}

static bool dictionary_is(const struct dictionary *d, uint32_t number, uint32_t hash,
			  const uint8_t *bytes, size_t size)
{
	const struct dictionary_entry *entry = &d->entries[number];

	return entry->hash == hash && entry->size == size &&
	       (!size || memcmp(d->bytes.bytes + entry->at, bytes, size) == 0);
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

static uint32_t dictionary_hash(const struct dictionary *d, const uint8_t *bytes, size_t size)
{
	return (uint32_t)XXH3_64bits_withSeed(bytes, size, d->seed);
}

static uint32_t dictionary_look(const struct dictionary *d, const uint8_t *bytes, size_t size, uint32_t hash)
{
	uint32_t slot;

	for (slot = hash & (d->slot_count - 1); d->slots[slot]; slot = (slot + 1) & (d->slot_count - 1))
		if (dictionary_is(d, d->slots[slot] - 1, hash, bytes, size))
			return d->slots[slot] - 1;
	return DICTIONARY_NONE;
}

static enum status dictionary_search(struct dictionary *d, const uint8_t *bytes, size_t size,
				     uint32_t *number, struct error *err)
{
	uint32_t hash = dictionary_hash(d, bytes, size);

	*number = dictionary_look(d, bytes, size, hash);
	return *number != DICTIONARY_NONE ? STATUS_OK : dictionary_add(d, bytes, size, hash, number, err);
}

uint32_t dictionary_find(const struct dictionary *d, const uint8_t *bytes, size_t size)
{
	if (size > DICTIONARY_ENTRY_MAX)
		size = DICTIONARY_ENTRY_MAX;
	return dictionary_look(d, bytes, size, dictionary_hash(d, bytes, size));
}

enum status dictionary_number(struct dictionary *d, const uint8_t *bytes, size_t size,
			      uint32_t *number, struct error *err)
{
	struct dictionary_short wanted, *recent;
	enum status status;

	if (size > DICTIONARY_ENTRY_MAX)
		size = DICTIONARY_ENTRY_MAX;
	if (!dictionary_shorten(&wanted, bytes, size))
		return dictionary_search(d, bytes, size, number, err);
	recent = dictionary_recent(d, &wanted);
	if (dictionary_same(recent, &wanted)) {
		*number = recent->number;
		return STATUS_OK;
	}
	status = dictionary_search(d, bytes, size, number, err);
	if (!status) {
		wanted.number = *number;
		*recent = wanted;
	}
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
