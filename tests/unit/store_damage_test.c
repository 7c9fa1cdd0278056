/* No byte of a store's file makes it fall over. */
#include "collect/store.h"

#include "tests/unit/store_sample.h"

/* All that LMDB does to a store: reads everything, deletes, writes, grows. */
static enum status use_all(enum store_mode mode)
{
	static const char kinds[] = "CFHRT";
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	enum status status = store_open(&store, path, mode, true, NULL, &err);
	volatile uint64_t sum = 0;
	const char *k;
	void *room;
	uint32_t i;

	if (!status)
		status = store_begin(store, mode != STORE_READ, &txn, &err);
	for (k = kinds; *k && !status; k++) {
		uint32_t a = 0, b = 0;

		for (;; b++) {
			const uint8_t *value;
			size_t size, at;
			bool found;

			status = store_seek(txn, *k, &a, &b, &found, &err);
			if (status || !found || b == UINT32_MAX)
				break;
			status = store_get(txn, *k, a, b, &value, &size, &err);
			if (status)
				break;
			for (at = 0; at < size; at += 64)
				sum += value[at];
			sum += size ? value[size - 1] : 0;
		}
	}
	for (i = 0; i < 3 && !status && mode != STORE_READ; i++) {
		status = store_delete(txn, 'R', i, &err);
		if (!status)
			status = store_put(txn, 'F', i, 9, 5000 * i, &room, &err);
		if (!status && i)
			memset(room, 1, 5000 * i);
	}
	if (!status && mode != STORE_READ)
		status = store_commit(&txn, &err);
	store_abort(&txn);
	store_close(&store);
	return status;
}

/* A store with branches, values on pages of their own and free pages. */
static uint8_t *make_sample(size_t *size)
{
	struct store *store = sample_new();
	struct store_txn *txn = NULL;
	uint8_t some[9000] = {1, 2, 3};
	uint32_t i, a;
	void *value;

	MUST(store_begin(store, true, &txn, &err));
	for (a = 0; a < 3; a++)
		for (i = 0; i < 60; i++) {
			MUST(store_put(txn, 'R', a, i, 40, &value, &err));
			memset(value, (int)i, 40);
		}
	MUST(store_commit(&txn, &err));
	for (i = 0; i < 6; i++)
		sample_put(store, 'T', i % 4, 0, some, 3000 + 1000 * i);
	MUST(store_begin(store, true, &txn, &err));
	MUST(store_delete(txn, 'T', 0, &err));
	MUST(store_commit(&txn, &err));
	store_close(&store);
	return read_file(size);
}

static void test_cut(void)
{
	size_t size, cut, refused = 0;
	uint8_t *bytes = make_sample(&size);

	CHECK_INT(use_all(STORE_WRITE), STATUS_OK);
	for (cut = page_bytes() / 2; cut < size; cut += page_bytes() / 2) {
		enum status status;

		write_file(bytes, cut);
		status = use_all(STORE_READ);
		CHECK(status == STATUS_OK || status == STATUS_INPUT);
		if (status) {
			CHECK(said("the store is cut off (got "));
			CHECK(access(lock_path, F_OK) != 0);
			refused++;
		}
		write_file(bytes, cut);
		CHECK_INT(use_all(STORE_WRITE), status);
	}
	CHECK(refused >= size / page_bytes()); /* the half of the tries, at the least */
	free(bytes);
	check_case("a store that was cut anywhere is refused, unless only free pages are gone");
}

static void test_free_tail(void)
{
	struct store *store = sample_new();
	struct stat before = {0}, after = {0};
	struct store_txn *txn = NULL;
	uint32_t i;
	void *value;

	/* Once there is a list of free pages, LMDB gives back to it what was begun and
	 * deleted in one transaction: it has a number, but was never written. */
	for (i = 0; i < 5; i++)
		sample_put(store, 'T', 0, 0, &i, sizeof i);
	stat(path, &before);
	MUST(store_begin(store, true, &txn, &err));
	MUST(store_put(txn, 'T', 0, 0, 1, &value, &err));
	*(char *)value = 1;
	MUST(store_put(txn, 'R', 0, 0, 1000000, &value, &err));
	MUST(store_delete(txn, 'R', 0, &err));
	MUST(store_commit(&txn, &err));
	store_close(&store);
	CHECK(stat(path, &after) == 0 && after.st_size < before.st_size + 500000);
	CHECK_INT(use_all(STORE_READ), STATUS_OK);
	CHECK_INT(use_all(STORE_WRITE), STATUS_OK);
	CHECK_INT(use_all(STORE_READ), STATUS_OK);
	check_case("a store whose last pages are free and not in the file is whole");
}

static void test_damage(void)
{
	static const uint8_t masks[] = {0x01, 0x08, 0x80, 0xff};
	size_t size, at, tries = 0, refused = 0;
	uint8_t *bytes = make_sample(&size);

	for (at = 0; at < size; at++) {
		size_t in_page = at % page_bytes();
		uint8_t mask = masks[tries % 4];
		enum status status;

		/* Headers of the pages, of the trees and of the nodes; some of the rest. */
		if (in_page >= (at < 2 * page_bytes() ? 160 : 48) && in_page % 61)
			continue;
		bytes[at] ^= mask;
		write_file(bytes, size);
		status = use_all(tries % 2 ? STORE_READ : STORE_WRITE);
		CHECK(status == STATUS_OK || status == STATUS_INPUT);
		bytes[at] ^= mask;
		tries++;
		refused += status == STATUS_INPUT;
	}
	CHECK(tries > 1000 && refused > tries / 10);
	write_file(bytes, size);
	CHECK_INT(use_all(STORE_WRITE), STATUS_OK);
	free(bytes);
	check_case("no byte of a store's pages makes it fall over");
}

/* Places in the meta page that is in force: a header of 16 bytes, then LMDB's numbers. */
static void test_meta(void)
{
	static const struct {
		size_t at, bytes;
		uint64_t value;
		const char *text;
	} rows[] = {
		{20, 4, 2, "written by another LMDB version"},
		{40, 4, 0, "an impossible page size"},
		{40, 4, 4097, "an impossible page size"},
		{40, 4, 1u << 31, "an impossible page size"},
		{44, 2, 0, "a tree of another kind"},
		{92, 2, 4, "a tree of another kind"},
		{94, 2, 0, "a tree too deep"},
		{94, 2, 60000, "a tree too deep"},
		{94, 2, 9, "another kind of page was expected"},
		{120, 8, 5, "not as many entries as its meta page says"},
		{128, 8, 0, "a root that is no page"},
		{128, 8, 1, "a root that is no page"},
		{128, 8, (uint64_t)1 << 40, "a root that is no page"},
		{136, 8, 0, "an impossible number of pages"},
		{136, 8, UINT64_MAX, "an impossible number of pages"},
		{136, 8, (uint64_t)1 << 36, "an impossible number of pages"},
		{144, 8, UINT64_MAX, "an impossible transaction"},
	};
	size_t size, i, meta;
	uint8_t *bytes = make_sample(&size);
	uint64_t txn[2];

	memcpy(&txn[0], bytes + 144, 8);
	memcpy(&txn[1], bytes + page_bytes() + 144, 8);
	meta = txn[1] > txn[0] ? page_bytes() : 0;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t former[8], *p = bytes + meta + rows[i].at;

		memcpy(former, p, rows[i].bytes);
		memcpy(p, &rows[i].value, rows[i].bytes);
		write_file(bytes, size);
		CHECK_INT(use_all(STORE_WRITE), STATUS_INPUT);
		CHECK(said(rows[i].text));
		CHECK(said("the store is damaged"));
		CHECK(access(lock_path, F_OK) != 0);
		memcpy(p, former, rows[i].bytes);
	}
	free(bytes);
	check_case("each number of a meta page that cannot be is named");
}

/* LMDB writes even transactions to the first meta page and odd ones to the second. */
static void test_meta_of_the_other(void)
{
	size_t size, at, page;
	uint8_t *bytes = make_sample(&size);

	for (page = 0; page < 2; page++) {
		at = page * page_bytes() + 144;
		bytes[at] ^= 1;
		write_file(bytes, size);
		CHECK_INT(use_all(STORE_READ), STATUS_INPUT);
		CHECK(said("an impossible transaction"));
		bytes[at] ^= 1;
	}
	free(bytes);
	check_case("a transaction on the wrong meta page is damage, not somebody who writes");
}

int main(void)
{
	sample_begin();
	test_cut();
	test_free_tail();
	test_damage();
	test_meta();
	test_meta_of_the_other();
	sample_end();
	return check_exit();
}
