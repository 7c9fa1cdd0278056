/* Big arrays: zeroed memory in huge pages where the system has them. A page
 * fault for every 4 KiB of some hundred MiB, and again when a page that was
 * first only read is written, costs more than what is done with the memory.
 *
 * What grows with the captures is taken from a `struct memory`, which keeps the
 * account: up to a third of its bound arrays are heap, the rest is mapped files
 * without a name beside the store, which the kernel may write out. When the
 * process holds more than the bound, all mapped pages are given back: they are
 * read again where they are needed. It is legal to have none (NULL): then all
 * is heap. All functions may be called from any thread.
 */
#ifndef CROSSTAP_COLLECT_MEMORY_H
#define CROSSTAP_COLLECT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define MEMORY_BOUND_BYTES UINT64_C(1600000000) /* where nothing else is asked for */

/* For a function that does nothing but __builtin_prefetch(): gcc 12 takes it for one
 * without effect, and leaves out its calls, unless it is inlined first. */
#define MEMORY_AHEAD static inline __attribute__((always_inline)) void

/* As calloc(); NULL: no memory. To be freed with free(). */
void *memory_zeroed(size_t count, size_t bytes);

/* A list of `count` elements of `bytes` bytes with room for one more: `list` itself, or
 * where it was moved to, with *room elements. NULL: no memory, and nothing has changed.
 * NULL is a legal list of no room. To be freed with free(). */
void *memory_room(void *list, uint64_t count, uint64_t *room, size_t bytes);

struct memory;

/* Scratch files lie in the folder of `beside`; NULL: no memory. */
struct memory *memory_open(const char *beside);
/* What was taken stays until it is given back. NULL is legal; *memory becomes NULL. */
void memory_close(struct memory **memory);

/* Another bound than MEMORY_BOUND_BYTES; what was taken stays where it is. */
void memory_bound(struct memory *memory, uint64_t bytes);

/* As memory_zeroed(), memory_room() and realloc(), but to be given back. */
void *memory_take(struct memory *memory, size_t count, size_t bytes);
void *memory_more(struct memory *memory, void *list, uint64_t count, uint64_t *room, size_t bytes);
void *memory_resize(struct memory *memory, void *array, size_t count, size_t bytes);
/* NULL is legal. Before memory_close(). */
void memory_give(void *array);

/* Names bytes of one mapped file that others keep (and no other memory is among
 * them): their pages are given back, too. Until memory_close(). */
void memory_lend(struct memory *memory, const void *from, size_t bytes);

/* Whether so many bytes are a small part of what may be held: what could do without them may take them. */
bool memory_is_little(struct memory *memory, uint64_t bytes);

/* To be called now and then by whoever goes through much of it: on a machine that is busy the thread
 * that looks after what is held may come late. */
void memory_keep(struct memory *memory);

/* Why one of the three was NULL: no room for a scratch file, or no memory. */
enum status memory_fail(struct memory *memory, struct error *err, const char *format, ...)
	MUST_CHECK __attribute__((format(printf, 3, 4)));

#endif
