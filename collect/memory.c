#include "collect/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "collect/thread.h"

#define MEMORY_HUGE_BYTES ((size_t)2 << 20)
#define MEMORY_ROOM_MIN 256 /* elements of a list that was empty */
#define MEMORY_SCRATCH_BYTES ((size_t)1 << 20) /* what is smaller is heap always */
#define MEMORY_LOOK_MS 10       /* between two looks at what is held, */
#define MEMORY_NEAR_MS 2        /* where the bound is near */
#define MEMORY_PART 16          /* that part of the bound is given back, and used before pages go again */
#define MEMORY_STEP_BYTES ((size_t)32 << 20) /* given back at once */
#define MEMORY_HEAP_PART 3      /* that part of the bound is heap */
#define MEMORY_LITTLE 8         /* that part of it is little */

/* Pages of a file: an array's own, or what was lent. */
struct memory_range {
	struct memory_range *next, *before;
	const void *from;
	size_t bytes;
};

struct memory {
	char folder[PATH_MAX];
	pthread_mutex_t lock;
	pthread_cond_t end;
	pthread_t watch;
	bool watching, ending;
	int statm;                  /* what the system says is held; -1: nothing */
	atomic_bool near;           /* ... is near to the bound */
	uint64_t bound;
	uint64_t heap, mapped;      /* bytes taken */
	struct memory_range first;  /* of a ring; what was lent */
	struct memory_range *hand;  /* where pages are given back next: */
	size_t at;                  /* behind so many bytes of it */
	uint64_t missing;           /* bytes for which there was no scratch file, */
	int why;                    /* and the reason */
};

/* Lies before each array that was taken, and is as long as a line of a cache. */
struct memory_head {
	struct memory *memory;
	size_t bytes;               /* with this head */
	struct memory_range *range; /* NULL: heap */
	uint64_t rest[5];
};
static_assert(sizeof(struct memory_head) == 64, "an array begins on a line if its head does");

/* ---- the heap ---- */

/* As calloc(); large ones begin at a huge page. */
static void *memory_heap(size_t bytes)
{
	void *memory;

	if (bytes < 2 * MEMORY_HUGE_BYTES)
		return calloc(1, bytes ? bytes : 1);
	bytes = (bytes + MEMORY_HUGE_BYTES - 1) & ~(MEMORY_HUGE_BYTES - 1);
	memory = aligned_alloc(MEMORY_HUGE_BYTES, bytes);
	if (!memory)
		return NULL;
	(void)madvise(memory, bytes, MADV_HUGEPAGE);
	return memset(memory, 0, bytes);
}

void *memory_zeroed(size_t count, size_t bytes)
{
	if (bytes && count > (SIZE_MAX - MEMORY_HUGE_BYTES) / bytes)
		return NULL;
	return memory_heap(count * bytes);
}

/* How many places a full list gets; 0: so many cannot be. */
static uint64_t room_more(uint64_t room, size_t bytes)
{
	uint64_t more = room ? 2 * room : MEMORY_ROOM_MIN;

	return more > SIZE_MAX / bytes ? 0 : more;
}

void *memory_room(void *list, uint64_t count, uint64_t *room, size_t bytes)
{
	uint64_t more = room_more(*room, bytes);
	void *grown;

	if (count < *room)
		return list;
	if (!more)
		return NULL;
	grown = realloc(list, (size_t)more * bytes);
	if (grown)
		*room = more;
	return grown;
}

/* ---- giving pages back ---- */

/* Bytes that the process holds in memory, of its own and of files; none where the system does not
 * say. */
struct memory_held {
	uint64_t own, mapped;
};

static struct memory_held memory_look(int statm)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned long all, mapped;
	char text[128];
	ssize_t n = statm < 0 ? -1 : pread(statm, text, sizeof text - 1, 0);

	if (n <= 0)
		return (struct memory_held){0, 0};
	text[n] = '\0';
	if (sscanf(text, "%*u %lu %lu", &all, &mapped) != 2 || mapped > all)
		return (struct memory_held){0, 0};
	return (struct memory_held){(all - mapped) * page, mapped * page};
}

/* Pages of the range that is next in turn. They stay in its file: whoever asks for one next has it
 * mapped anew. Bytes gone through. */
static size_t memory_give_pages(struct memory *memory)
{
	const struct memory_range *range = memory->hand;
	size_t left = range->bytes - memory->at;
	size_t step = left < MEMORY_STEP_BYTES ? left : MEMORY_STEP_BYTES;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)range->from + memory->at + page - 1) & ~(page - 1);
	uintptr_t to = ((uintptr_t)range->from + memory->at + step) & ~(page - 1);

	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
	memory->at += step;
	if (step == left) {
		memory->hand = range->next;
		memory->at = 0;
	}
	return step;
}

/* Some are left even where memory of its own alone is more than the bound: without any, nothing
 * would get on. Where there are more files than could be held at all, it is begun early: until it is
 * done, others go on. With the lock held: who is to wait for it shall not take more meanwhile. */
static void memory_give_enough(struct memory *memory)
{
	uint64_t all = memory->mapped + memory->first.bytes, gone = 0, part = memory->bound / MEMORY_PART;
	struct memory_held held = memory_look(memory->statm);
	uint64_t room = held.own < memory->bound - 4 * part ? memory->bound - held.own : 4 * part;
	uint64_t most = all > memory->bound ? room / 4 * 3 : room;
	uint64_t least = all > memory->bound ? room / 2 : room - part;

	if (held.mapped > most)
		while (held.mapped > least && gone < all) {
			gone += memory_give_pages(memory);
			held = memory_look(memory->statm);
		}
	memory->near = held.mapped + part > most;
}

bool memory_is_little(struct memory *memory, uint64_t bytes)
{
	bool little = true;

	if (memory) {
		pthread_mutex_lock(&memory->lock);
		little = bytes <= memory->bound / MEMORY_LITTLE;
		pthread_mutex_unlock(&memory->lock);
	}
	return little;
}

void memory_keep(struct memory *memory)
{
	if (!memory || !atomic_load_explicit(&memory->near, memory_order_relaxed))
		return;
	pthread_mutex_lock(&memory->lock);
	memory_give_enough(memory);
	pthread_mutex_unlock(&memory->lock);
}

static void *memory_watch(void *argument)
{
	struct memory *memory = argument;
	struct timespec next;

	pthread_mutex_lock(&memory->lock);
	while (!memory->ending) {
		next = thread_deadline(memory->near ? MEMORY_NEAR_MS : MEMORY_LOOK_MS);
		pthread_cond_timedwait(&memory->end, &memory->lock, &next);
		memory_give_enough(memory);
	}
	pthread_mutex_unlock(&memory->lock);
	return NULL;
}

/* Nobody need watch what is little. With the lock held. */
static void memory_watch_begin(struct memory *memory)
{
	if (memory->watching || memory->heap + memory->mapped + memory->first.bytes <= memory->bound)
		return;
	if (memory->statm < 0)
		memory->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	memory->watching = thread_begin(&memory->watch, memory_watch, memory) == 0;
}

/* ---- the account ---- */

struct memory *memory_open(const char *beside)
{
	struct memory *memory = calloc(1, sizeof *memory);
	const char *slash = strrchr(beside, '/');

	if (!memory)
		return NULL;
	snprintf(memory->folder, sizeof memory->folder, "%.*s",
		 slash ? (int)(slash - beside) + (slash == beside) : 1, slash ? beside : ".");
	memory->bound = MEMORY_BOUND_BYTES;
	memory->statm = -1;
	memory->first.next = memory->first.before = memory->hand = &memory->first;
	pthread_mutex_init(&memory->lock, NULL);
	thread_condition_init(&memory->end);
	return memory;
}

void memory_close(struct memory **memory)
{
	struct memory *m = *memory;

	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->ending = true;
	pthread_cond_signal(&m->end);
	pthread_mutex_unlock(&m->lock);
	if (m->watching)
		pthread_join(m->watch, NULL);
	if (m->statm >= 0)
		close(m->statm);
	pthread_cond_destroy(&m->end);
	pthread_mutex_destroy(&m->lock);
	free(m);
	*memory = NULL;
}

void memory_bound(struct memory *memory, uint64_t bytes)
{
	pthread_mutex_lock(&memory->lock);
	memory->bound = bytes;
	memory_watch_begin(memory);
	pthread_mutex_unlock(&memory->lock);
}

void memory_lend(struct memory *memory, const void *from, size_t bytes)
{
	struct memory_range *lent;
	uintptr_t begin, end;

	if (!memory || !bytes)
		return;
	pthread_mutex_lock(&memory->lock);
	lent = &memory->first;
	begin = (uintptr_t)from;
	end = begin + bytes;
	if (lent->bytes) {
		uintptr_t first = (uintptr_t)lent->from, last = first + lent->bytes;

		begin = first < begin ? first : begin;
		end = last > end ? last : end;
	}
	lent->from = (const void *)begin;
	lent->bytes = end - begin;
	memory_watch_begin(memory);
	pthread_mutex_unlock(&memory->lock);
}

/* Whether an array is to be heap; then it is in the account. */
static bool memory_to_heap(struct memory *memory, size_t bytes)
{
	bool heap;

	if (!memory)
		return true;
	pthread_mutex_lock(&memory->lock);
	heap = bytes < MEMORY_SCRATCH_BYTES || memory->heap + bytes <= memory->bound / MEMORY_HEAP_PART;
	if (heap) {
		memory->heap += bytes;
		memory_watch_begin(memory);
	}
	pthread_mutex_unlock(&memory->lock);
	return heap;
}

static void memory_heap_less(struct memory *memory, size_t bytes)
{
	if (!memory)
		return;
	pthread_mutex_lock(&memory->lock);
	memory->heap -= bytes;
	pthread_mutex_unlock(&memory->lock);
}

/* ---- scratch files ---- */

/* A file without a name; -1: errno says why not. */
static int memory_file(const struct memory *memory)
{
	char name[PATH_MAX + 32];
	int fd = open(memory->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	snprintf(name, sizeof name, "%s/.crosstap-XXXXXX", memory->folder);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

/* All of its blocks are there before it is mapped: a full disk is an error here, not a signal
 * later. */
static void *memory_map(const struct memory *memory, size_t bytes)
{
	void *mapped = MAP_FAILED;
	int fd = memory_file(memory), why;

	if (fd < 0)
		return NULL;
	do
		why = posix_fallocate(fd, 0, (off_t)bytes);
	while (why == EINTR);
	if (!why) {
		mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		why = errno;
	}
	close(fd);
	errno = why;
	return mapped == MAP_FAILED ? NULL : mapped;
}

/* A folder that nobody may write to has no scratch file for anybody: then it is heap. */
static bool memory_forbidden(int why)
{
	return why == EACCES || why == EPERM || why == EROFS || why == ENOENT;
}

static struct memory_head *memory_scratch(struct memory *memory, size_t bytes)
{
	struct memory_range *range = calloc(1, sizeof *range);
	struct memory_head *head = range ? memory_map(memory, bytes) : NULL;
	int why = errno;

	if (!head) {
		free(range);
		if (!memory_forbidden(why)) {
			pthread_mutex_lock(&memory->lock);
			memory->why = why;
			memory->missing = bytes;
			pthread_mutex_unlock(&memory->lock);
			return NULL;
		}
		pthread_mutex_lock(&memory->lock);
		memory->heap += bytes;
		pthread_mutex_unlock(&memory->lock);
		return memory_heap(bytes);
	}
	*range = (struct memory_range){&memory->first, NULL, head, bytes};
	head->range = range;
	pthread_mutex_lock(&memory->lock);
	range->before = memory->first.before;
	range->before->next = memory->first.before = range;
	memory->mapped += bytes;
	memory_watch_begin(memory);
	pthread_mutex_unlock(&memory->lock);
	return head;
}

/* What has left the ring is nobody's but the caller's: to undo a large mapping takes long. */
static void memory_scratch_free(struct memory *memory, struct memory_head *head)
{
	struct memory_range *range = head->range;

	pthread_mutex_lock(&memory->lock);
	range->before->next = range->next;
	range->next->before = range->before;
	if (memory->hand == range) {
		memory->hand = range->next;
		memory->at = 0;
	}
	memory->mapped -= range->bytes;
	pthread_mutex_unlock(&memory->lock);
	munmap(head, range->bytes);
	free(range);
}

/* ---- arrays ---- */

static void *memory_array(struct memory_head *head, struct memory *memory, size_t bytes)
{
	if (!head)
		return NULL;
	head->memory = memory;
	head->bytes = bytes;
	return head + 1;
}

/* Bytes of an array with its head; 0: too many. */
static size_t memory_whole(size_t count, size_t bytes)
{
	if (bytes && count > (SIZE_MAX - 2 * MEMORY_HUGE_BYTES) / bytes)
		return 0;
	return count * bytes + sizeof(struct memory_head);
}

void *memory_take(struct memory *memory, size_t count, size_t bytes)
{
	size_t whole = memory_whole(count, bytes);
	struct memory_head *head;

	if (!whole)
		return NULL;
	if (!memory_to_heap(memory, whole))
		return memory_array(memory_scratch(memory, whole), memory, whole);
	head = memory_heap(whole);
	if (!head)
		memory_heap_less(memory, whole);
	return memory_array(head, memory, whole);
}

void *memory_resize(struct memory *memory, void *array, size_t count, size_t bytes)
{
	struct memory_head *head = array ? (struct memory_head *)array - 1 : NULL, *grown;
	size_t whole = memory_whole(count, bytes), was = head ? head->bytes : 0;
	void *moved;

	if (!whole)
		return NULL;
	if ((!head || !head->range) && memory_to_heap(memory, whole)) {
		grown = realloc(head, whole);
		if (grown && !head)
			grown->range = NULL;
		memory_heap_less(memory, grown ? was : whole);
		return memory_array(grown, memory, whole);
	}
	moved = memory_take(memory, count, bytes);
	if (moved && head)
		memcpy(moved, array, (was < whole ? was : whole) - sizeof *head);
	if (moved)
		memory_give(array);
	return moved;
}

void *memory_more(struct memory *memory, void *list, uint64_t count, uint64_t *room, size_t bytes)
{
	uint64_t more = room_more(*room, bytes);
	void *grown;

	if (count < *room)
		return list;
	if (!more)
		return NULL;
	grown = memory_resize(memory, list, (size_t)more, bytes);
	if (grown)
		*room = more;
	return grown;
}

void memory_give(void *array)
{
	struct memory_head *head = array ? (struct memory_head *)array - 1 : NULL;

	if (!head)
		return;
	if (head->range) {
		memory_scratch_free(head->memory, head);
		return;
	}
	memory_heap_less(head->memory, head->bytes);
	free(head);
}

enum status memory_fail(struct memory *memory, struct error *err, const char *format, ...)
{
	char what[ERROR_TEXT_MAX / 4];
	uint64_t missing = 0;
	int why = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (memory) {
		pthread_mutex_lock(&memory->lock);
		why = memory->why;
		missing = memory->missing;
		pthread_mutex_unlock(&memory->lock);
	}
	return why ? error_errno(err, why, "%s: no scratch file of %llu MB in %s", what,
				 (unsigned long long)(missing / 1000000 + 1), memory->folder)
		   : error_errno(err, ENOMEM, "%s", what);
}
