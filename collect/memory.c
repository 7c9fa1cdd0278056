#include "collect/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEMORY_HUGE_BYTES ((size_t)2 << 20)
#define MEMORY_ROOM_MIN 256 /* elements of a list that was empty */

void *memory_zeroed(size_t count, size_t bytes)
{
	void *memory;

	if (bytes && count > (SIZE_MAX - MEMORY_HUGE_BYTES) / bytes)
		return NULL;
	bytes *= count;
	if (bytes < 2 * MEMORY_HUGE_BYTES)
		return calloc(1, bytes ? bytes : 1);
	bytes = (bytes + MEMORY_HUGE_BYTES - 1) & ~(MEMORY_HUGE_BYTES - 1);
	memory = aligned_alloc(MEMORY_HUGE_BYTES, bytes);
	if (!memory)
		return NULL;
	(void)madvise(memory, bytes, MADV_HUGEPAGE);
	return memset(memory, 0, bytes);
}

void *memory_room(void *list, uint64_t count, uint64_t *room, size_t bytes)
{
	uint64_t more = *room ? 2 * *room : MEMORY_ROOM_MIN;
	void *grown;

	if (count < *room)
		return list;
	if (more > SIZE_MAX / bytes)
		return NULL;
	grown = realloc(list, (size_t)more * bytes);
	if (grown)
		*room = more;
	return grown;
}
