#include "correlate/hosts.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define HOSTS_SLOTS_FIRST 256u

struct hosts {
	struct hosts_entry {
		uint8_t address[16];
		uint8_t version;
	} *entry;
	uint32_t *slot;       /* entry number + 1; 0: free */
	uint32_t count, slots; /* slots: power of two, at least twice the count */
	uint64_t seed;
};

struct hosts *hosts_new(uint64_t seed)
{
	struct hosts *hosts = calloc(1, sizeof *hosts);

	if (!hosts)
		return NULL;
	hosts->seed = seed;
	hosts->slots = HOSTS_SLOTS_FIRST;
	hosts->slot = calloc(hosts->slots, sizeof *hosts->slot);
	hosts->entry = malloc(hosts->slots / 2 * sizeof *hosts->entry);
	if (!hosts->slot || !hosts->entry)
		hosts_free(&hosts);
	return hosts;
}

void hosts_free(struct hosts **hosts)
{
	if (!*hosts)
		return;
	free((*hosts)->slot);
	free((*hosts)->entry);
	free(*hosts);
	*hosts = NULL;
}

static uint32_t hosts_slot(const struct hosts *h, uint8_t version, const uint8_t *address)
{
	uint32_t s = (uint32_t)XXH3_64bits_withSeed(address, 16, h->seed + version);

	for (;; s++) {
		uint32_t at = h->slot[s & (h->slots - 1)];

		if (!at || (h->entry[at - 1].version == version &&
			    memcmp(h->entry[at - 1].address, address, 16) == 0))
			return s & (h->slots - 1);
	}
}

static bool hosts_grow(struct hosts *h)
{
	struct hosts_entry *entry = realloc(h->entry, (size_t)h->slots * sizeof *entry);
	uint32_t *slot = calloc(2 * (size_t)h->slots, sizeof *slot), i;

	if (entry)
		h->entry = entry;
	if (!entry || !slot) {
		free(slot);
		return false;
	}
	free(h->slot);
	h->slot = slot;
	h->slots *= 2;
	for (i = 0; i < h->count; i++)
		h->slot[hosts_slot(h, h->entry[i].version, h->entry[i].address)] = i + 1;
	return true;
}

uint32_t hosts_add(struct hosts *h, uint8_t version, const uint8_t address[16])
{
	uint32_t s = hosts_slot(h, version, address);

	if (h->slot[s])
		return h->slot[s] - 1;
	if (2 * (h->count + 1) > h->slots) {
		if (h->slots > UINT32_MAX / 4 || !hosts_grow(h))
			return HOSTS_NONE;
		s = hosts_slot(h, version, address);
	}
	memcpy(h->entry[h->count].address, address, 16);
	h->entry[h->count].version = version;
	h->slot[s] = ++h->count;
	return h->count - 1;
}

uint32_t hosts_find(const struct hosts *h, uint8_t version, const uint8_t address[16])
{
	uint32_t at = h->slot[hosts_slot(h, version, address)];

	return at ? at - 1 : HOSTS_NONE;
}

uint32_t hosts_count(const struct hosts *h)
{
	return h->count;
}
