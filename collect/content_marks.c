#include "collect/content_marks.h"

#include <endian.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define PUT_ALL 16u /* windows behind which few are among the least */
#define NO_MARK (UINT64_C(1) << 32) /* greater than any */

/* The least ones so far, ascending. */
struct least {
	uint64_t mark[CONTENT_MARKS];
};

static inline uint64_t word_at(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return le64toh(word);
}

/* Eight bytes at once: bit 7 of a sum of seven-bit values says that one is past a bound. */
static inline uint64_t word_lower(uint64_t word)
{
	const uint64_t every = UINT64_C(0x0101010101010101);
	uint64_t low = word & 0x7f * every, from_a = low + (0x80 - 'A') * every,
		 behind_z = low + (0x7f - 'Z') * every;

	return word | ((from_a ^ behind_z) & ~word & 0x80 * every) >> 2;
}

/* `to` has room for whole words. */
static void lower(uint8_t *to, const uint8_t *from, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i += 8) {
		uint8_t last[8] = {0};
		uint64_t word;

		if (n - i >= 8)
			memcpy(&word, from + i, 8);
		else
			memcpy(&word, memcpy(last, from + i, n - i), 8);
		word = word_lower(word);
		memcpy(to + i, &word, 8);
	}
}

/* Lets a mark sink to its place, and the greatest out; one that is there, or 0, leaves all as it is. Without
 * branches: in the first windows of a message every other one would be foretold wrongly. */
static inline void least_put(struct least *least, uint64_t mark)
{
	uint32_t i;

	mark = mark ? mark : NO_MARK;
	for (i = 0; i < CONTENT_MARKS; i++) {
		uint64_t at = least->mark[i], up = mark < at ? at : mark;

		least->mark[i] = mark < at ? mark : at;
		mark = mark == at ? NO_MARK : up;
	}
}

struct secrets {
	uint64_t half[2], last;
};

static struct secrets secrets_of(uint64_t seed)
{
	return (struct secrets){{XXH3_64bits_withSeed("shingle 0", 9, seed),
				 XXH3_64bits_withSeed("shingle 1", 9, seed)},
				XXH3_64bits_withSeed("shingle 2", 9, seed) | 1};
}

/* Each half of a window with its secret, multiplied to 128 bits and folded, and once more multiplied: what
 * counts upwards would else be spread in steps. The windows do not wait for each other, as they
 * would where one's hash is made from the other's. */
static inline uint64_t window_hash(const uint8_t *at, const struct secrets *secrets)
{
	unsigned __int128 product = (unsigned __int128)(word_at(at) ^ secrets->half[0]) *
				    (word_at(at + 8) ^ secrets->half[1]);

	return ((uint64_t)product ^ (uint64_t)(product >> 64)) * secrets->last >> 32;
}

void content_marks(const uint8_t *bytes, uint32_t n, uint64_t seed, uint32_t mark[CONTENT_MARKS])
{
	struct least least = {{NO_MARK, NO_MARK, NO_MARK, NO_MARK}};
	struct secrets secrets = secrets_of(seed);
	uint8_t text[CONTENT_MARKED_MAX];
	uint32_t i;

	n = n < CONTENT_MARKED_MAX ? n : CONTENT_MARKED_MAX;
	lower(text, bytes, n);
	for (i = 0; i < PUT_ALL && i + CONTENT_WINDOW <= n; i++)
		least_put(&least, window_hash(text + i, &secrets));
	for (; i + CONTENT_WINDOW <= n; i++) {
		uint64_t hash = window_hash(text + i, &secrets);

		if (hash < least.mark[CONTENT_MARKS - 1])
			least_put(&least, hash);
	}
	for (i = 0; i < CONTENT_MARKS; i++)
		mark[i] = least.mark[i] == NO_MARK ? 0 : (uint32_t)least.mark[i];
}

uint32_t content_mark_of(const uint8_t *bytes, uint32_t n, uint64_t seed)
{
	uint32_t hash = (uint32_t)XXH3_64bits_withSeed(bytes, n, seed);

	return hash ? hash : 1;
}
