/* A store that is kept to an age, to a size, and within a bound: what goes, what stays, what is counted. */
#include "collect/capture_keep.h"

#include <sys/stat.h>

#include "tests/unit/capture_sample.h"

#define SECOND INT64_C(1000000000)

/* A capture of `rows` records, the last of them at `at_s`. */
static enum status keep_write(struct store *store, uint32_t point, uint32_t at_s, uint32_t rows)
{
	struct capture capture;
	char name[32];
	bool known;

	snprintf(name, sizeof name, "%u of %u", at_s, point);
	capture = named(name);
	capture.packets = rows;
	capture.last_ns = at_s * SECOND;
	return write_records(store, point, at_s, rows, &capture, &known, &err);
}

static uint64_t removed_of(struct store *store, uint32_t point, uint64_t *packets)
{
	struct keep_count count;
	struct store_txn *txn;

	MUST(store_begin(store, false, &txn, &err));
	MUST(capture_removed(txn, point, &count, &err));
	store_abort(&txn);
	*packets = count.packets;
	return count.captures;
}

static uint64_t used_in(struct store *store)
{
	struct store_txn *txn;
	uint64_t bytes;

	MUST(store_begin(store, false, &txn, &err));
	MUST(store_used(txn, &bytes, &err));
	store_abort(&txn);
	return bytes;
}

static off_t file_bytes(const struct store *store)
{
	struct stat st;

	return stat(store_path(store), &st) == 0 ? st.st_size : -1;
}

static void test_age(void)
{
	const bool points[CAPTURE_POINTS_MAX] = {true, false, true};
	const struct keep keep = {.age_ns = 3 * SECOND};
	struct store *store = sample_new();
	struct keep_count removed;
	uint64_t packets;
	uint32_t s;

	for (s = 10; s < 20; s++)
		MUST(keep_write(store, 0, s, s));
	MUST(keep_write(store, 1, 1, 5));
	MUST(keep_write(store, 2, 2, 7));
	MUST(keep_write(store, 2, 3, 9));
	MUST(capture_keep(store, &keep, points, &removed, &err));
	CHECK_INT(removed.captures, 7);
	CHECK_INT(removed.packets, 10 + 11 + 12 + 13 + 14 + 15 + 7);
	CHECK_INT(removed.until_ns, 15 * SECOND);
	CHECK_INT(captures_in(store), 4 + 1 + 1);
	check_case("captures go that are older than the newest by more than the age");
	CHECK_INT(removed_of(store, 0, &packets), 6);
	CHECK_INT(packets, 10 + 11 + 12 + 13 + 14 + 15);
	CHECK_INT(removed_of(store, 1, &packets), 0);
	CHECK_INT(removed_of(store, 2, &packets), 1);
	CHECK_INT(packets, 7);
	check_case("the last one of a point stays, and so do other points'");
	MUST(capture_keep(store, &keep, points, &removed, &err));
	CHECK_INT(removed.captures, 0);
	MUST(keep_write(store, 0, 21, 21));
	MUST(capture_keep(store, &keep, points, &removed, &err));
	CHECK_INT(removed.captures, 2);
	CHECK_INT(removed_of(store, 0, &packets), 8);
	CHECK_INT(packets, 10 + 11 + 12 + 13 + 14 + 15 + 16 + 17);
	store_close(&store);
	check_case("what is removed is counted up for each point");
}

static void test_size(void)
{
	const bool points[CAPTURE_POINTS_MAX] = {true};
	const struct keep keep = {.bytes = 6000000};
	struct store *store = sample_new();
	struct keep_count removed;
	off_t early = 0;
	uint32_t s;

	for (s = 1; s <= 60; s++) {
		MUST(keep_write(store, 0, s, RECORD_BLOCK_ROWS + s));
		MUST(capture_keep(store, &keep, points, &removed, &err));
		CHECK(used_in(store) <= keep.bytes);
		early = s == 20 ? file_bytes(store) : early;
	}
	CHECK(captures_in(store) >= 3);
	check_case("the oldest captures go when there is more than the size");
	CHECK(early > 0);
	CHECK(file_bytes(store) <= early + early / 4);
	store_close(&store);
	check_case("what became free is written again: the file does not grow");
}

static void test_bound(void)
{
	const uint64_t bound = 5000000;
	struct store *store = sample_new();
	enum status status = STATUS_OK;
	uint32_t s;

	MUST(store_bound(store, bound, &err));
	for (s = 1; s < 20 && !status; s++)
		status = keep_write(store, 0, s, RECORD_BLOCK_ROWS);
	CHECK_INT(status, STATUS_SYSTEM);
	CHECK(said("may have 5 MB and is full (--max-store)"));
	CHECK(file_bytes(store) <= (off_t)bound);
	CHECK_INT(captures_in(store), s - 2);
	for (s = captures_in(store); s > 0; s--) {
		char name[32];
		struct capture capture;

		snprintf(name, sizeof name, "%u of 0", s);
		capture = named(name);
		capture.number = s - 1;
		capture.records = RECORD_BLOCK_ROWS;
		CHECK_INT(wrong_records(store, &capture, s), 0);
	}
	store_close(&store);
	check_case("a store that may have no more says so, and what was committed stays good");
}

int main(void)
{
	sample_begin();
	test_age();
	test_size();
	test_bound();
	sample_end();
	return check_exit();
}
