/* A run's memory: what is heap and what is a file, that both hold what was written, and what is
 * said when there is no room. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collect/memory.h"
#include "tests/unit/check.h"

#define MIB ((size_t)1 << 20)
#define BOUND (12 * MIB) /* a third of it is heap */

static char folder[] = "/tmp/crosstap-memory-XXXXXX";
static char store[sizeof folder + 16];

static struct memory *begin(void)
{
	struct memory *memory = memory_open(store);

	CHECK(memory);
	memory_bound(memory, BOUND);
	return memory;
}

/* The system's own word on what lies at an address. */
static bool is_file(const void *array)
{
	unsigned long from, to, at = (unsigned long)array;
	char line[512];
	bool found = false, file = false;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && at >= from && at < to) {
			found = true;
			file = strstr(line, folder) && strstr(line, "(deleted)");
		}
	if (maps)
		fclose(maps);
	CHECK(found);
	return file;
}

static uint32_t files_in_folder(void)
{
	DIR *dir = opendir(folder);
	uint32_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 2; /* . and .. */
}

static uint32_t filled(const uint32_t *array, size_t count, uint32_t add)
{
	size_t i, wrong = 0;

	for (i = 0; i < count; i++)
		wrong += array[i] != (add ? (uint32_t)i + add : 0);
	return (uint32_t)wrong;
}

static void fill(uint32_t *array, size_t count, uint32_t add)
{
	size_t i;

	for (i = 0; i < count; i++)
		array[i] = (uint32_t)i + add;
}

static void heap_and_file(void)
{
	struct memory *memory = begin();
	uint32_t *first = memory_take(memory, 3 * MIB / 4, 4), *second, *small;

	second = memory_take(memory, 3 * MIB / 4, 4);
	small = memory_take(memory, 100, 4);
	CHECK(first && second && small && !is_file(first) && is_file(second) && !is_file(small));
	CHECK_INT(files_in_folder(), 0);
	CHECK_INT(filled(first, 3 * MIB / 4, 0) + filled(second, 3 * MIB / 4, 0), 0);
	memory_give(first);
	memory_give(small);
	first = memory_take(memory, 3 * MIB / 4, 4);
	CHECK(!is_file(first));
	memory_give(first);
	memory_give(second);
	memory_give(NULL);
	memory_close(&memory);
	check_case("arrays are heap up to a third of the bound, then files without a name; both are zero");
}

static void pages_again(void)
{
	struct memory *memory = begin();
	uint32_t *array = memory_take(memory, 4 * MIB, 4);
	uint8_t *page = (uint8_t *)array - 64;

	CHECK(is_file(array));
	fill(array, 4 * MIB, 7);
	CHECK_INT(madvise(page, 16 * MIB, MADV_DONTNEED), 0);
	CHECK_INT(filled(array, 4 * MIB, 7), 0);
	memory_give(array);
	memory_close(&memory);
	check_case("what was written is there after its pages were given back");
}

static void lists_grow(void)
{
	struct memory *memory = begin();
	uint32_t *list = NULL, *more;
	uint64_t room = 0, i;
	bool was_heap = false;

	for (i = 0; i < 3 * MIB; i++) {
		more = memory_more(memory, list, i, &room, sizeof *list);
		CHECK(more);
		list = more;
		list[i] = (uint32_t)i + 1;
		was_heap |= i == 1000 && !is_file(list);
	}
	CHECK(was_heap && is_file(list) && room >= 3 * MIB);
	CHECK_INT(filled(list, 3 * MIB, 1), 0);
	list = memory_resize(memory, list, 2 * MIB, sizeof *list);
	CHECK_INT(filled(list, 2 * MIB, 1), 0);
	memory_give(list);
	memory_close(&memory);
	check_case("a list that outgrows the heap goes on in a file with what it holds");
}

/* A limit on files stands in for a full disk. */
static void no_room(void)
{
	const struct rlimit little = {MIB, RLIM_INFINITY};
	struct memory *memory = begin();
	char expected[sizeof folder + 128];
	struct error err = {0};
	struct rlimit before;
	void *array;

	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &(struct rlimit){little.rlim_cur, before.rlim_max}), 0);
	array = memory_take(memory, 12 * MIB, 1);
	CHECK(!array);
	CHECK_INT(memory_fail(memory, &err, "sessions of %s", "a"), STATUS_SYSTEM);
	snprintf(expected, sizeof expected, "sessions of a: no scratch file of 13 MB in %s: %s", folder,
		 strerror(EFBIG));
	CHECK_TEXT(err.text, expected);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
	memory_close(&memory);
	check_case("no room for a file is an error that says how much, where and why");
}

static void no_folder(void)
{
	struct memory *memory = memory_open("/nowhere/at/all.ct");
	uint32_t *array;

	memory_bound(memory, BOUND);
	array = memory_take(memory, 4 * MIB, 4);
	CHECK(array && !is_file(array));
	CHECK_INT(filled(array, 4 * MIB, 0), 0);
	memory_give(array);
	memory_close(&memory);
	check_case("where no file can be made at all everything is heap");
}

static void no_memory_object(void)
{
	struct error err = {0};
	uint32_t *array = memory_take(NULL, 3 * MIB, 4);

	CHECK(array && filled(array, 3 * MIB, 0) == 0);
	fill(array, 3 * MIB, 1);
	array = memory_resize(NULL, array, 4 * MIB, 4);
	CHECK(array && filled(array, 3 * MIB, 1) == 0);
	memory_give(array);
	CHECK(!memory_take(NULL, SIZE_MAX / 2, 4) && !memory_resize(NULL, NULL, SIZE_MAX, 1));
	CHECK_INT(memory_fail(NULL, &err, "this"), STATUS_SYSTEM);
	CHECK_TEXT(err.text, "this: Cannot allocate memory");
	check_case("without a run's memory arrays are heap, and too many bytes are refused");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(store, sizeof store, "%s/case.ct", folder);
	heap_and_file();
	pages_again();
	lists_grow();
	no_room();
	no_folder();
	no_memory_object();
	rmdir(folder);
	return check_exit();
}
