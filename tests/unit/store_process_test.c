/* The store among processes: those that write at once, those that die, and those that may not
 * do much. */
#include "collect/process.h"
#include "collect/store.h"

#include "tests/unit/store_sample.h"

/* ---- side by side ---- */

#define ADDITIONS 200

static int add_up(const struct child_talk *talk)
{
	struct store *store = sample_open(STORE_WRITE);
	int i;

	child_meet(talk);
	for (i = 0; i < ADDITIONS; i++) {
		struct store_header header;
		struct store_txn *txn;

		if (store_begin(store, true, &txn, &err) || store_header_get(txn, &header, &err))
			return 1;
		header.captures++;
		if (store_header_put(txn, &header, &err) || store_commit(&txn, &err))
			return 1;
	}
	store_close(&store);
	return 0;
}

static void test_writers(void)
{
	struct store *store = sample_new();
	struct child child[3];
	int i;

	store_close(&store);
	for (i = 0; i < 3; i++)
		child[i] = child_begin(add_up);
	for (i = 0; i < 3; i++)
		CHECK(child_await(&child[i]));
	for (i = 0; i < 3; i++)
		child_go_on(&child[i]);
	for (i = 0; i < 3; i++)
		CHECK_INT(child_end(&child[i]), 0);
	store = sample_open(STORE_READ);
	CHECK_INT(header_of(store).captures, 3 * ADDITIONS);
	store_close(&store);
	check_case("writers in several processes wait for each other");
}

static int make_with_seed(const struct child_talk *talk)
{
	struct store *store = NULL;
	enum status status;
	uint64_t seed;

	child_meet(talk);
	seed = (uint64_t)getpid();
	status = store_open(&store, path, STORE_CREATE, true, &seed, &err);
	store_close(&store);
	return (int)status;
}

static void test_makers(void)
{
	struct child child[4];
	int i, round, made = 0, refused = 0;

	for (round = 0; round < 20; round++) {
		sample_clear();
		for (i = 0; i < 4; i++)
			child[i] = child_begin(make_with_seed);
		for (i = 0; i < 4; i++)
			CHECK(child_await(&child[i]));
		for (i = 0; i < 4; i++)
			child_go_on(&child[i]);
		for (i = 0; i < 4; i++) {
			int status = child_end(&child[i]);

			made += status == STATUS_OK;
			refused += status == STATUS_USAGE;
		}
	}
	CHECK_INT(made, 20);
	CHECK_INT(refused, 60);
	check_case("of several that make a store at once, one gives it its seed");
}

/* ---- death ---- */

static int die_in_transaction(const struct child_talk *talk)
{
	struct store *store = sample_open(STORE_WRITE);
	struct store_txn *txn = NULL;
	void *value;
	uint32_t i;

	if (store_begin(store, true, &txn, &err))
		return 1;
	for (i = 0; i < 100; i++)
		if (store_put(txn, 'R', 1, i, 50000, &value, &err))
			return 1;
	child_meet(talk);
	return 2;
}

static int die_while_reading(const struct child_talk *talk)
{
	struct store *store = sample_open(STORE_READ);
	struct store_txn *txn = NULL;

	if (store_begin(store, false, &txn, &err))
		return 1;
	child_meet(talk);
	return 2;
}

static void test_death(void)
{
	struct store *store = sample_new();
	struct child child;

	sample_put(store, 'R', 0, 0, "kept", 4);
	store_close(&store);
	child = child_begin(die_in_transaction);
	CHECK(child_await(&child));
	CHECK_INT(child_kill(&child), -SIGKILL);
	store = sample_open(STORE_WRITE);
	CHECK_INT(sample_count(store, 'R'), 1);
	sample_put(store, 'R', 0, 1, "more", 4);
	CHECK_INT(sample_count(store, 'R'), 2);
	store_close(&store);
	check_case("a writer killed inside its transaction leaves nothing and blocks nobody");

	store = sample_open(STORE_WRITE);
	store_close(&store);
	child = child_begin(die_while_reading);
	CHECK(child_await(&child));
	CHECK_INT(child_kill(&child), -SIGKILL);
	store = sample_open(STORE_WRITE);
	sample_put(store, 'R', 0, 2, "even", 4);
	CHECK_INT(sample_count(store, 'R'), 3);
	store_close(&store);
	check_case("a reader killed inside its transaction does not block writers");
}

/* A commit that the end of the disk cuts off, as a limit on the file's size. Whoever
 * does not survive dies of the first byte behind it. */
static void limit_file(size_t more, bool survive)
{
	static const struct rlimit no_core = {0, 0};
	struct rlimit limit;
	struct stat st;

	if (stat(path, &st) < 0)
		_exit(8);
	limit.rlim_cur = limit.rlim_max = (rlim_t)st.st_size + (survive ? more : 0);
	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, survive ? SIG_IGN : SIG_DFL);
}

static int commit_too_much(bool survive)
{
	struct store *store = sample_open(STORE_WRITE);
	struct store_txn *txn = NULL;
	uint32_t i, kept;
	void *value;

	if (store_begin(store, true, &txn, &err))
		return 10;
	for (i = 0; i < 50; i++) {
		if (store_put(txn, 'R', 1, i, 50000, &value, &err))
			return 11;
		memset(value, 1, 50000);
	}
	limit_file(1000000, survive);
	if (store_commit(&txn, &err) != STATUS_SYSTEM || txn)
		return 12;
	if (store_begin(store, true, &txn, &err) || store_put(txn, 'R', 0, 1, 1, &value, &err))
		return 13;
	*(char *)value = 0;
	if (store_commit(&txn, &err))
		return 14;
	kept = sample_count(store, 'R');
	store_close(&store);
	return kept == 2 ? 0 : 15;
}

static int disk_full(const struct child_talk *talk)
{
	(void)talk;
	return commit_too_much(true);
}

static int die_in_commit(const struct child_talk *talk)
{
	(void)talk;
	return commit_too_much(false);
}

static void test_disk_full(void)
{
	struct store *store = sample_new();
	struct child child;

	sample_put(store, 'R', 0, 0, "kept", 4);
	store_close(&store);
	child = child_begin(die_in_commit);
	CHECK_INT(child_end(&child), -SIGXFSZ);
	store = sample_open(STORE_WRITE);
	CHECK_INT(sample_count(store, 'R'), 1);
	store_close(&store);
	check_case("a writer killed in the middle of its commit leaves the former state");

	child = child_begin(disk_full);
	CHECK_INT(child_end(&child), 0);
	store = sample_open(STORE_WRITE);
	CHECK_INT(sample_count(store, 'R'), 2);
	store_close(&store);
	check_case("a commit for which there is no room fails whole, and the store goes on");
}

/* ---- cut off while it is mapped ---- */

static int read_what_was_cut(const struct child_talk *talk)
{
	struct store *store = sample_open(STORE_READ);
	struct store_txn *txn = NULL;
	const uint8_t *value;
	size_t size;

	process_begin();
	if (store_begin(store, false, &txn, &err))
		return 10;
	child_meet(talk);
	return store_get(txn, 'R', 0, 0, &value, &size, &err) ? 11 : 12;
}

static void test_cut_off(void)
{
	static uint8_t bytes[1000000];
	struct store *store = sample_new();
	struct child child;

	sample_put(store, 'R', 0, 0, bytes, sizeof bytes);
	store_close(&store);
	child = child_begin(read_what_was_cut);
	CHECK(child_await(&child));
	CHECK(truncate(path, 4096) == 0);
	child_go_on(&child);
	CHECK_INT(child_end(&child), STATUS_INPUT);
	check_case("a store cut off while it is read ends the program with 3, not by a signal");
}

/* ---- locks ---- */

static int hold_lock(const struct child_talk *talk)
{
	struct store *store = sample_open(STORE_WRITE);
	int lock;

	if (store_lock(store, 7, &lock, &err) || lock < 0)
		return 1;
	child_meet(talk);
	return 2;
}

static void test_locks(void)
{
	struct store *store = sample_new();
	int lock = -1, other = -1, next = -1;
	struct child child;

	MUST(store_lock(store, 7, &lock, &err));
	MUST(store_lock(store, 7, &other, &err));
	MUST(store_lock(store, UINT32_MAX, &next, &err));
	CHECK(lock >= 0 && other == -1 && next >= 0);
	store_unlock(store, &lock);
	CHECK_INT(lock, -1);
	store_unlock(store, &lock);
	MUST(store_lock(store, 7, &other, &err));
	CHECK(other >= 0);
	store_unlock(store, &other);
	store_unlock(store, &next);
	store_close(&store);
	check_case("one lock for each capture, whoever asks");

	child = child_begin(hold_lock);
	CHECK(child_await(&child));
	store = sample_open(STORE_WRITE);
	MUST(store_lock(store, 7, &lock, &err));
	CHECK_INT(lock, -1);
	MUST(store_lock(store, 8, &other, &err));
	CHECK(other >= 0);
	store_unlock(store, &other);
	CHECK_INT(child_kill(&child), -SIGKILL);
	MUST(store_lock(store, 7, &lock, &err));
	CHECK(lock >= 0);
	store_unlock(store, &lock);
	store_close(&store);
	check_case("a lock ends with the process that held it, however that ends");
}

/* ---- where we may not write, or not much ---- */

static int read_only(const struct child_talk *talk)
{
	struct store *store = NULL;
	enum status status;
	bool good;

	(void)talk;
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 20;
	status = store_open(&store, path, STORE_READ, false, NULL, &err);
	if (status)
		return (int)status;
	good = sample_count(store, 'R') == 1;
	store_close(&store);
	return good ? 0 : 21;
}

static int write_there(const struct child_talk *talk)
{
	struct store *store = NULL;

	(void)talk;
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 20;
	return (int)store_open(&store, path, STORE_WRITE, false, NULL, &err);
}

static void test_read_only(void)
{
	struct store *store = sample_new();
	struct child child;

	sample_put(store, 'R', 0, 0, "kept", 4);
	store_close(&store);
	unlink(lock_path);
	chmod(path, 0444);
	chmod(folder, 0555);
	child = child_begin(read_only);
	CHECK_INT(child_end(&child), 0);
	CHECK(access(lock_path, F_OK) != 0);
	child = child_begin(write_there);
	CHECK_INT(child_end(&child), STATUS_SYSTEM);
	check_case("a store where nothing may be written is read without a lock file");

	chmod(path, 0644);
	chmod(folder, 0755);
	if (geteuid() != 0) {
		printf("skip - a store that another user writes is not read without a lock: only "
		       "root can be two users\n");
		return;
	}
	store = sample_open(STORE_WRITE);
	child = child_begin(read_only); /* its lock file is root's, 0644 */
	CHECK_INT(child_end(&child), STATUS_SYSTEM);
	store_close(&store);
	child = child_begin(read_only);
	CHECK_INT(child_end(&child), 0);
	check_case("a store that another user writes is not read without a lock meanwhile");
}

#define LITTLE_SPACE (400u << 20) /* bytes */

static int little_space(const struct child_talk *talk)
{
	static const struct rlimit limit = {LITTLE_SPACE, LITTLE_SPACE};
	static uint8_t bytes[1 << 20];
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	uint32_t i, count;

	(void)talk;
	setrlimit(RLIMIT_AS, &limit);
	if (store_open(&store, path, STORE_CREATE, true, NULL, &err))
		return 1;
	for (i = 0; i < 40; i++)
		sample_put(store, 'R', 0, i, bytes, sizeof bytes);
	count = sample_count(store, 'R');
	store_close(&store);
	if (count != 40 || store_begin(sample_open(STORE_READ), false, &txn, &err))
		return 2;
	return check_failures != 0;
}

/* Sanitizers and valgrind reserve address space: GiB or TiB, before main(). */
static bool space_is_large(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file) {
		if (fscanf(file, "%lu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages > (LITTLE_SPACE >> 1) / 4096;
}

static void test_little_space(void)
{
	struct child child;

	if (space_is_large()) {
		printf("skip - a store opens in a small address space: sanitizers want a large "
		       "one\n");
		return;
	}
	sample_clear();
	child = child_begin(little_space);
	CHECK_INT(child_end(&child), 0);
	check_case("a store opens in a small address space");
}

int main(void)
{
	sample_begin();
	test_writers();
	test_makers();
	test_death();
	test_disk_full();
	test_cut_off();
	test_locks();
	test_read_only();
	test_little_space();
	sample_end();
	return check_exit();
}
