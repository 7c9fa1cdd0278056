/* Captures and results, written at once, or by writers that die. */
#include "collect/capture.h"

#include <pthread.h>

#include "collect/table.h"
#include "tests/unit/capture_sample.h"

/* ---- side by side ---- */

static struct store *shared_store;

struct job {
	pthread_t thread;
	struct capture capture;
	struct error error;
	uint32_t seed;
	bool known;
	enum status status;
};

static void *write_in_thread(void *argument)
{
	struct job *job = argument;

	job->status = write_records(shared_store, job->seed % 2, job->seed,
				    45 * RECORD_BLOCK_ROWS + 3, &job->capture, &job->known,
				    &job->error);
	return NULL;
}

static void test_threads(void)
{
	static struct job jobs[3];
	uint32_t i, count;

	shared_store = sample_new();
	for (i = 0; i < 3; i++) {
		jobs[i].capture = named((char[]){(char)('a' + i), '\0'});
		jobs[i].seed = i;
		CHECK(pthread_create(&jobs[i].thread, NULL, write_in_thread, &jobs[i]) == 0);
	}
	for (i = 0; i < 3; i++) {
		pthread_join(jobs[i].thread, NULL);
		CHECK_INT(jobs[i].status, STATUS_OK);
		CHECK(!jobs[i].known);
	}
	free(list_of(shared_store, &count));
	CHECK_INT(count, 3);
	for (i = 0; i < 3; i++)
		CHECK_INT(wrong_records(shared_store, &jobs[i].capture, i), 0);
	CHECK_INT(sample_count(shared_store, 'R'), 3 * 46);
	CHECK_INT(sample_count(shared_store, 'I'), 0);
	store_close(&shared_store);
	check_case("captures written by several threads at once all land");
}

static int write_one(const struct child_talk *talk, uint32_t seed)
{
	struct store *store = sample_open(STORE_WRITE);
	struct capture capture = named((char[]){(char)('a' + seed), '\0'});
	enum status status;
	bool known;

	child_meet(talk);
	status = write_records(store, 0, seed, 45 * RECORD_BLOCK_ROWS + 3, &capture, &known, &err);
	store_close(&store);
	return status ? (int)status : known ? 5 : 0;
}

static int write_first(const struct child_talk *talk)
{
	return write_one(talk, 1);
}

static int write_second(const struct child_talk *talk)
{
	return write_one(talk, 2);
}

static void test_processes(void)
{
	struct store *store = sample_new();
	struct capture *list;
	struct child one, two;
	uint32_t i, count;

	store_close(&store);
	one = child_begin(write_first);
	two = child_begin(write_second);
	CHECK(child_await(&one) && child_await(&two));
	child_go_on(&one);
	child_go_on(&two);
	CHECK_INT(child_end(&one), 0);
	CHECK_INT(child_end(&two), 0);
	store = sample_open(STORE_READ);
	list = list_of(store, &count);
	CHECK_INT(count, 2);
	for (i = 0; i < count; i++)
		CHECK_INT(wrong_records(store, &list[i], (uint32_t)(list[i].file[0] - 'a')), 0);
	CHECK_INT(sample_count(store, 'R'), 2 * 46);
	CHECK_INT(sample_count(store, 'I'), 0);
	free(list);
	store_close(&store);

	/* The same one twice: whoever is second learns it at its end. */
	store = sample_new();
	store_close(&store);
	one = child_begin(write_first);
	two = child_begin(write_first);
	CHECK(child_await(&one) && child_await(&two));
	child_go_on(&one);
	child_go_on(&two);
	CHECK_INT(child_end(&one) + child_end(&two), 5);
	store = sample_open(STORE_READ);
	CHECK_INT(captures_in(store), 1);
	CHECK_INT(sample_count(store, 'R'), 46);
	store_close(&store);
	check_case("captures written by two processes at once both land, the same one once");
}

/* ---- death ---- */

/* Writes blocks: 30, then more, until it is killed. */
static int write_on(const struct child_talk *talk)
{
	struct record_block *block = malloc(sizeof *block);
	struct store *store = sample_open(STORE_WRITE);
	struct capture_writer *writer = NULL;
	uint32_t i;

	if (capture_begin(store, 0, &writer, &err))
		return 1;
	for (i = 0; i < 200; i++) {
		fill_block(block, 9, 0, RECORD_BLOCK_ROWS);
		if (capture_put_block(writer, block, &err))
			return 2;
		if (i == 30)
			child_meet(talk);
	}
	child_meet(talk);
	return 3;
}

/* The same up to the end, where it waits before capture_finish(). */
static int write_and_finish(const struct child_talk *talk)
{
	struct record_block *block = malloc(sizeof *block);
	struct store *store = sample_open(STORE_WRITE);
	struct capture_writer *writer = NULL;
	struct capture capture = named("late");
	bool known = true;
	uint32_t i;

	if (capture_begin(store, 0, &writer, &err))
		return 1;
	for (i = 0; i < 30; i++) {
		fill_block(block, 4, i * RECORD_BLOCK_ROWS, RECORD_BLOCK_ROWS);
		if (capture_put_block(writer, block, &err))
			return 2;
	}
	child_meet(talk);
	if (capture_finish(&writer, &capture, &known, &err) || known)
		return 3;
	store_close(&store);
	free(block);
	return 0;
}

/* Of the first block behind the end of the file. */
static int die_in_flush(const struct child_talk *talk)
{
	static const struct rlimit no_core = {0, 0};
	struct record_block *block = malloc(sizeof *block);
	struct store *store = sample_open(STORE_WRITE);
	struct capture_writer *writer = NULL;
	struct rlimit limit;
	struct stat st;
	uint32_t i;

	(void)talk;
	if (capture_begin(store, 0, &writer, &err))
		return 1;
	for (i = 0; i < 60; i++) {
		fill_block(block, 9, 0, RECORD_BLOCK_ROWS);
		if (capture_put_block(writer, block, &err))
			return 2;
		if (i == 30 && stat(path, &st) == 0) {
			limit.rlim_cur = limit.rlim_max = (rlim_t)st.st_size;
			setrlimit(RLIMIT_CORE, &no_core);
			setrlimit(RLIMIT_FSIZE, &limit);
		}
	}
	return 3;
}

/* On a disk that is full after 5 MB more. */
static int fill_disk(const struct child_talk *talk)
{
	struct store *store = sample_open(STORE_WRITE);
	struct capture capture = named("z");
	struct rlimit limit;
	enum status status;
	struct stat st;
	bool known = false;

	(void)talk;
	if (stat(path, &st) < 0)
		return 1;
	limit.rlim_cur = limit.rlim_max = (rlim_t)st.st_size + 5000000;
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, SIG_IGN);
	status = write_records(store, 0, 9, 45 * RECORD_BLOCK_ROWS, &capture, &known, &err);
	if (status != STATUS_SYSTEM || known)
		return 2;
	if (captures_in(store) != 1 || sample_count(store, 'R') != 2)
		return 3;
	status = write_records(store, 0, 5, 1000, &capture, &known, &err);
	store_close(&store);
	return status || known ? 4 : 0;
}

static void check_swept(struct store **store)
{
	struct capture_writer *writer = NULL;
	struct capture *list;
	uint32_t count;

	list = list_of(*store, &count);
	CHECK_INT(count, 1);
	if (count == 1)
		CHECK_INT(wrong_records(*store, &list[0], 1), 0);
	free(list);
	CHECK_INT(sample_count(*store, 'I'), 1);
	MUST(capture_begin(*store, 0, &writer, &err));
	CHECK_INT(sample_count(*store, 'R'), 2);
	CHECK_INT(sample_count(*store, 'I'), 1); /* our own */
	capture_abort(&writer);
	CHECK_INT(sample_count(*store, 'I'), 0);
	store_close(store);
	*store = sample_open(STORE_WRITE); /* looks at every page */
	CHECK_INT(captures_in(*store), 1);
	store_close(store);
}

static void test_death(void)
{
	struct store *store;
	struct child child;
	int round;

	for (round = 0; round < 8; round++) {
		store = store_with_one();
		store_close(&store);
		child = child_begin(write_on);
		CHECK(child_await(&child));
		child_go_on(&child);
		store = sample_open(STORE_WRITE); /* takes some time: it writes meanwhile */
		CHECK_INT(child_kill(&child), -SIGKILL);
		CHECK(sample_count(store, 'R') > 2);
		check_swept(&store);
	}
	check_case("a writer killed at any moment leaves the captures as they were");

	store = store_with_one();
	store_close(&store);
	child = child_begin(die_in_flush);
	CHECK_INT(child_end(&child), -SIGXFSZ);
	store = sample_open(STORE_WRITE);
	CHECK(sample_count(store, 'R') > 2);
	check_swept(&store);
	check_case("a writer killed in the middle of a write leaves the captures as they were");
}

static void test_living_writer(void)
{
	struct store *store = store_with_one();
	struct capture_writer *writer = NULL;
	struct capture *list;
	struct child child;
	uint32_t count, blocks;

	store_close(&store);
	child = child_begin(write_and_finish);
	CHECK(child_await(&child));
	store = sample_open(STORE_WRITE);
	blocks = sample_count(store, 'R');
	CHECK(blocks > 2);
	MUST(capture_begin(store, 1, &writer, &err));
	CHECK_INT(sample_count(store, 'R'), blocks);
	CHECK_INT(sample_count(store, 'I'), 2);
	capture_abort(&writer);
	child_go_on(&child);
	CHECK_INT(child_end(&child), 0);
	list = list_of(store, &count);
	CHECK_INT(count, 2);
	if (count == 2)
		CHECK_INT(wrong_records(store, &list[1], 4), 0);
	CHECK_INT(sample_count(store, 'I'), 0);
	free(list);
	store_close(&store);
	check_case("nobody sweeps what a living writer has written so far");
}

static void test_disk_full(void)
{
	struct store *store = store_with_one();
	struct child child;

	store_close(&store);
	child = child_begin(fill_disk);
	CHECK_INT(child_end(&child), 0);
	store = sample_open(STORE_WRITE);
	CHECK_INT(captures_in(store), 2);
	CHECK_INT(sample_count(store, 'R'), 3);
	CHECK_INT(sample_count(store, 'I'), 0);
	store_close(&store);
	check_case("a full disk fails the capture and leaves the store as it was");
}

/* ---- results of a run that dies ---- */

static const struct table_column result_columns[] = {{"number", TABLE_INT, 0}};
static const struct table_schema results = {"numbers", 201, 1, result_columns};

static enum status write_results(struct store *store, uint32_t *generation, int64_t number)
{
	struct table_writer *writer = NULL;
	enum status status = table_generation_new(store, generation, &err);

	if (!status)
		status = table_begin(store, *generation, &results, &writer, &err);
	if (status)
		return status;
	table_set_int(writer, 0, number);
	status = table_row(writer, &err);
	return status ? status : table_finish(&writer, &err);
}

static int64_t read_result(struct store *store)
{
	struct table_reader *reader = NULL;
	struct store_txn *txn = NULL;
	int64_t number = -1;
	bool more = false;

	MUST(store_begin(store, false, &txn, &err));
	MUST(table_open(txn, &results, &reader, &err));
	MUST(table_next(reader, &more, &err));
	if (more)
		number = table_int(reader, 0);
	table_close(&reader);
	store_abort(&txn);
	return number;
}

static int write_results_on(const struct child_talk *talk)
{
	struct store *store = sample_open(STORE_WRITE);
	static uint8_t bytes[100000];
	uint32_t generation, i;

	if (write_results(store, &generation, 2))
		return 1;
	for (i = 0; i < 1000; i++) {
		if (table_put_blob(store, generation, i % 64, i / 64, bytes, sizeof bytes, &err))
			return 2;
		if (i == 10)
			child_meet(talk);
	}
	child_meet(talk);
	return 3;
}

static void test_results(void)
{
	struct store *store = sample_new();
	uint32_t one, two;
	struct child child;

	MUST(write_results(store, &one, 1));
	MUST(table_generation_commit(store, one, &err));
	CHECK_INT(read_result(store), 1);
	store_close(&store);
	child = child_begin(write_results_on);
	CHECK(child_await(&child));
	child_go_on(&child);
	store = sample_open(STORE_WRITE);
	CHECK_INT(child_kill(&child), -SIGKILL);
	CHECK_INT(read_result(store), 1);
	CHECK(sample_count(store, 'V') >= 10);
	MUST(write_results(store, &two, 3));
	CHECK(two > one);
	CHECK_INT(sample_count(store, 'V'), 0);
	CHECK_INT(read_result(store), 1);
	MUST(table_generation_commit(store, two, &err));
	CHECK_INT(read_result(store), 3);
	store_close(&store);
	check_case("a run killed while it writes results leaves the former ones, and the next one "
		   "sweeps");
}

int main(void)
{
	sample_begin();
	test_threads();
	test_processes();
	test_death();
	test_living_writer();
	test_disk_full();
	test_results();
	sample_end();
	return check_exit();
}
