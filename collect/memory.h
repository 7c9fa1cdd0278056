/* Big arrays: zeroed memory in huge pages where the system has them. A page
 * fault for every 4 KiB of some hundred MiB, and again when a page that was
 * first only read is written, costs more than what is done with the memory.
 */
#ifndef CROSSTAP_COLLECT_MEMORY_H
#define CROSSTAP_COLLECT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* For a function that does nothing but __builtin_prefetch(): gcc 12 takes it for one
 * without effect, and leaves out its calls, unless it is inlined first. */
#define MEMORY_AHEAD static inline __attribute__((always_inline)) void

/* As calloc(); NULL: no memory. To be freed with free(). */
void *memory_zeroed(size_t count, size_t bytes);

/* A list of `count` elements of `bytes` bytes with room for one more: `list` itself, or
 * where it was moved to, with *room elements. NULL: no memory, and nothing has changed.
 * NULL is a legal list of no room. To be freed with free(). */
void *memory_room(void *list, uint64_t count, uint64_t *room, size_t bytes);

#endif
