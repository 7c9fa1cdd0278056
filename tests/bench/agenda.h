/* The agenda: what happens next, in the order of true time.
 *
 * Most of what is scheduled is far off, and the heap that puts the near future
 * in order should not carry it. So the time to come is cut into slots, each an
 * unordered list of blocks; the heap holds only what is due in the slot that
 * has come.
 * Equal times come out in an order that depends on the pushes alone: the same
 * seed gives the same files.
 */
#ifndef CROSSTAP_TESTS_BENCH_AGENDA_H
#define CROSSTAP_TESTS_BENCH_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define AGENDA_SLOT_SHIFT 16 /* of the time in ns: 66 us */
#define AGENDA_SLOTS      65536 /* 4.3 s together; what lies beyond goes round again */
#define AGENDA_BLOCK      7 /* entries */
#define AGENDA_NONE       UINT32_MAX

struct entry {
	uint64_t time_ns;
	uint32_t kind;
	uint32_t index;
};

/* Part of a slot's list: full but for the first. */
struct agenda_block {
	struct entry entries[AGENDA_BLOCK];
	uint32_t count;
	uint32_t next;
};

struct agenda {
	struct entry *heap;          /* owned, as are the blocks and the slots */
	size_t heap_count, heap_room;
	struct agenda_block *blocks; /* of the slots' lists and of the free list */
	uint32_t block_count, block_room, block_free;
	uint32_t *slots;             /* first block of each slot */
	uint64_t slot;               /* the number of the slot that has come */
	size_t waiting;              /* entries in slots */
};

/* False here and below: no memory. */
static inline bool agenda_init(struct agenda *agenda)
{
	memset(agenda, 0, sizeof *agenda);
	agenda->block_free = AGENDA_NONE;
	agenda->slots = malloc(AGENDA_SLOTS * sizeof *agenda->slots);
	if (!agenda->slots)
		return false;
	memset(agenda->slots, 0xff, AGENDA_SLOTS * sizeof *agenda->slots); /* AGENDA_NONE */
	return true;
}

static inline void agenda_close(struct agenda *agenda)
{
	free(agenda->heap);
	free(agenda->blocks);
	free(agenda->slots);
	memset(agenda, 0, sizeof *agenda);
}

static inline bool heap_push(struct agenda *agenda, struct entry entry)
{
	size_t at = agenda->heap_count, parent;

	if (agenda->heap_count == agenda->heap_room) {
		size_t room = agenda->heap_room ? agenda->heap_room * 2 : 1024;
		struct entry *heap = realloc(agenda->heap, room * sizeof *heap);

		if (!heap)
			return false;
		agenda->heap = heap;
		agenda->heap_room = room;
	}
	agenda->heap_count++;
	for (; at; at = parent) {
		parent = (at - 1) / 4;
		if (agenda->heap[parent].time_ns <= entry.time_ns)
			break;
		agenda->heap[at] = agenda->heap[parent];
	}
	agenda->heap[at] = entry;
	return true;
}

/* Only when heap_count > 0. */
static inline struct entry heap_pop(struct agenda *agenda)
{
	struct entry *heap = agenda->heap, top = heap[0], last = heap[--agenda->heap_count];
	size_t at = 0, child, end, best;

	while ((child = at * 4 + 1) < agenda->heap_count) {
		end = child + 4 < agenda->heap_count ? child + 4 : agenda->heap_count;
		for (best = child++; child < end; child++)
			best = heap[child].time_ns < heap[best].time_ns ? child : best;
		if (last.time_ns <= heap[best].time_ns)
			break;
		heap[at] = heap[best];
		at = best;
	}
	heap[at] = last;
	return top;
}

/* Puts an empty block in front of a slot's list. */
static inline bool agenda_extend(struct agenda *agenda, uint32_t *first)
{
	uint32_t block = agenda->block_free;

	if (block != AGENDA_NONE) {
		agenda->block_free = agenda->blocks[block].next;
	} else {
		if (agenda->block_count == agenda->block_room) {
			uint32_t room = agenda->block_room ? agenda->block_room * 2 : 1024;
			struct agenda_block *blocks =
				realloc(agenda->blocks, room * sizeof *blocks);

			if (!blocks)
				return false;
			agenda->blocks = blocks;
			agenda->block_room = room;
		}
		block = agenda->block_count++;
	}
	agenda->blocks[block].count = 0;
	agenda->blocks[block].next = *first;
	*first = block;
	return true;
}

static inline bool agenda_push(struct agenda *agenda, struct entry entry)
{
	uint64_t slot = entry.time_ns >> AGENDA_SLOT_SHIFT;
	uint32_t *first = &agenda->slots[slot % AGENDA_SLOTS];
	struct agenda_block *block;

	if (slot <= agenda->slot)
		return heap_push(agenda, entry);
	if (*first == AGENDA_NONE || agenda->blocks[*first].count == AGENDA_BLOCK)
		if (!agenda_extend(agenda, first))
			return false;
	block = &agenda->blocks[*first];
	block->entries[block->count++] = entry;
	agenda->waiting++;
	return true;
}

/* The next slot has come: what is due in it goes to the heap, the rest goes round. */
static inline bool agenda_turn(struct agenda *agenda)
{
	uint32_t *first = &agenda->slots[++agenda->slot % AGENDA_SLOTS];
	uint32_t at = *first;

	*first = AGENDA_NONE;
	while (at != AGENDA_NONE) {
		struct agenda_block block = agenda->blocks[at];

		agenda->blocks[at].next = agenda->block_free;
		agenda->block_free = at;
		agenda->waiting -= block.count;
		for (uint32_t i = 0; i < block.count; i++)
			if (!agenda_push(agenda, block.entries[i]))
				return false;
		at = block.next;
	}
	return true;
}

/* Takes the earliest entry. False also when there is none. */
static inline bool agenda_pop(struct agenda *agenda, struct entry *entry)
{
	while (!agenda->heap_count)
		if (!agenda->waiting || !agenda_turn(agenda))
			return false;
	*entry = heap_pop(agenda);
	return true;
}

#endif
