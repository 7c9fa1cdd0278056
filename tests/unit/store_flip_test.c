/* A bit of a store's file that flipped is found, or changes nothing that is read. LONG=1 tries all of them. */
#include "collect/store.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tests/unit/store_sample.h"

static const char kinds[] = STORE_KINDS;

static uint8_t *file_bytes;

/* All that a store holds, as one number. */
static enum status read_all(enum store_mode mode, uint64_t *digest)
{
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	enum status status = store_open(&store, path, mode, true, NULL, &err);
	const char *k;

	*digest = 0;
	if (!status)
		status = store_begin(store, false, &txn, &err);
	for (k = kinds; *k && !status; k++) {
		uint32_t a = 0, b = 0;
		bool found = true;

		for (; found && !status; b++) {
			uint64_t number[3] = {(uint8_t)*k};
			const uint8_t *value;
			size_t size;

			status = store_seek(txn, *k, &a, &b, &found, &err);
			if (status || !found)
				break;
			status = store_get(txn, *k, a, b, &value, &size, &err);
			number[1] = a;
			number[2] = b;
			*digest = XXH3_64bits_withSeed(number, sizeof number, *digest);
			*digest = XXH3_64bits_withSeed(value, size, *digest);
		}
	}
	store_abort(&txn);
	store_close(&store);
	return status;
}

/* A store as a collect and two correlates leave it: a tree of several levels, values on pages of their
 * own, free pages, and pages of the states before. */
static void make_sample(uint32_t commits)
{
	struct store *store = sample_new();
	struct store_txn *txn = NULL;
	struct store_header header;
	uint32_t i, a;
	void *value;

	for (a = 0; a < commits; a++) {
		MUST(store_begin(store, true, &txn, &err));
		for (i = 0; i < 30; i++) {
			MUST(store_put(txn, 'R', a % 3, i, 40 + a, &value, &err));
			memset(value, (int)(i + a), 40 + a);
		}
		MUST(store_put(txn, 'T', a << 8, 0, 1000 * a, &value, &err));
		memset(value, 0, 1000 * a);
		memcpy(value, "\1\2\3", a ? 3 : 0);
		if (a)
			MUST(store_delete(txn, 'T', (a - 1) << 8, &err));
		MUST(store_commit(&txn, &err));
	}
	header = header_of(store);
	header.generation = commits - 1;
	MUST(store_begin(store, true, &txn, &err));
	MUST(store_header_put(txn, &header, &err));
	MUST(store_commit(&txn, &err));
	store_close(&store);
}

/* Where a key begins: a kind, behind the number of the key's bytes. */
static bool is_kind(size_t at)
{
	return file_bytes[at] && strchr(kinds, file_bytes[at]) && file_bytes[at - 2] == 9 && !file_bytes[at - 1];
}

/* The places where LMDB keeps its own numbers, bit by bit; of values one bit now and then. */
static bool is_tried(size_t at, unsigned bit)
{
	size_t in_page = at % page_bytes();

	if (getenv("LONG"))
		return true;
	if (at < 2 * page_bytes())
		return in_page < 160;
	if (is_kind(at))
		return true;
	return (in_page < 64 && (at / page_bytes() + in_page) % 16 == 0) || at * 8 % 1009 == bit;
}

static void try_bits(uint32_t commits)
{
	uint64_t whole, digest;
	size_t size, at, tries = 0, found = 0;
	uint8_t *bytes;
	unsigned bit;
	int fd;

	make_sample(commits);
	MUST(read_all(STORE_READ, &whole));
	bytes = file_bytes = read_file(&size);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (at = 0; at < size; at++)
		for (bit = 0; bit < 8; bit++) {
			uint8_t flipped = bytes[at] ^ (uint8_t)(1u << bit);
			enum status status;

			if (!is_tried(at, bit))
				continue;
			CHECK(pwrite(fd, &flipped, 1, (off_t)at) == 1);
			status = read_all(tries % 2 ? STORE_READ : STORE_WRITE, &digest);
			CHECK(status == STATUS_INPUT || (status == STATUS_OK && digest == whole));
			if (status != STATUS_INPUT && digest != whole)
				printf("# byte %zu, bit %u: status %d\n", at, bit, (int)status);
			CHECK(!status || strncmp(err.text, path, strlen(path)) == 0);
			CHECK(pwrite(fd, &bytes[at], 1, (off_t)at) == 1);
			tries++;
			found += status == STATUS_INPUT;
		}
	CHECK(tries > 2000 && found > tries / 8);
	MUST(read_all(STORE_WRITE, &digest));
	CHECK(digest == whole);
	close(fd);
	free(bytes);
}

int main(void)
{
	sample_begin();
	try_bits(6);
	check_case("any bit of a store that flipped is found, or changes nothing that is read");
	try_bits(7);
	try_bits(12);
	check_case("also where the meta page of before would be taken for the newer one");
	sample_end();
	return check_exit();
}
