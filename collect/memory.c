#include "collect/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEMORY_HUGE_BYTES ((size_t)2 << 20)

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
