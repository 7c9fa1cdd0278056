/* The store: what is one and what is none, and who sees what when. */
#include "collect/store.h"

#include "tests/unit/store_sample.h"

/* ---- the header ---- */

static void set_header(struct store *store, const struct store_header *header)
{
	struct store_txn *txn = NULL;

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_header_put(txn, header, &err));
	MUST(store_commit(&txn, &err));
}

/* Opens, and closes again what was opened. */
static enum status try_open(enum store_mode mode, const uint64_t *seed)
{
	struct store *store = NULL;
	enum status status = store_open(&store, path, mode, true, seed, &err);

	CHECK_INT(!store, status != STATUS_OK);
	store_close(&store);
	return status;
}

static void test_header(void)
{
	struct store_header first = {.seed = 0}, header;
	static const uint64_t other = 5;
	struct store *store = sample_new();

	header = header_of(store);
	CHECK_INT(header.version, STORE_VERSION);
	CHECK(header.seed == sample_seed);
	CHECK_INT(header.points, 0);
	CHECK_INT(header.captures, 0);
	CHECK_INT(header.generation, 0);
	CHECK_TEXT(store_path(store), path);
	header.points = 3;
	header.captures = UINT32_MAX;
	header.generation = 7;
	set_header(store, &header);
	store_close(&store);
	store = sample_open(STORE_READ);
	first = header_of(store);
	CHECK(first.seed == sample_seed && first.points == 3 && first.captures == UINT32_MAX &&
	      first.generation == 7 && first.version == STORE_VERSION);
	store_close(&store);
	check_case("a new store has its seed and no more; what is put there stays there");

	CHECK_INT(try_open(STORE_CREATE, &other), STATUS_USAGE);
	CHECK(said("made with another seed"));
	CHECK_INT(try_open(STORE_CREATE, &sample_seed), STATUS_OK);
	CHECK_INT(try_open(STORE_CREATE, NULL), STATUS_OK);
	CHECK_INT(try_open(STORE_WRITE, NULL), STATUS_OK);
	check_case("another seed is refused");

	sample_clear();
	MUST(store_open(&store, path, STORE_CREATE, false, NULL, &err));
	first = header_of(store);
	MUST(store_sync(store, &err));
	store_close(&store);
	sample_clear();
	MUST(store_open(&store, path, STORE_CREATE, true, NULL, &err));
	header = header_of(store);
	store_close(&store);
	CHECK(first.seed != header.seed && first.seed && header.seed);
	check_case("without a seed given, each store has its own");
}

static void test_version(void)
{
	struct store *store = sample_new();
	struct store_header header = header_of(store);
	uint8_t *bytes;
	size_t size, i;

	header.version = STORE_VERSION + 1;
	set_header(store, &header);
	store_close(&store);
	CHECK_INT(try_open(STORE_READ, NULL), STATUS_INPUT);
	CHECK(said("store version 5, this crosstap reads version 4: collect again"));
	CHECK_INT(try_open(STORE_CREATE, NULL), STATUS_INPUT);
	check_case("a store of another version is refused");

	store = sample_new();
	bytes = sample_get(store, 'H', 0, 0, &size);
	CHECK_INT(size, 8 + 8 + 8 * 8);
	store_close(&store);
	for (i = 0; bytes && i < size; i++) {
		store = sample_new();
		sample_put(store, 'H', 0, 0, bytes, i);
		store_close(&store);
		CHECK_INT(try_open(STORE_WRITE, NULL), STATUS_INPUT);
	}
	bytes[10] ^= 1; /* in the word "crosstap" */
	store = sample_new();
	sample_put(store, 'H', 0, 0, bytes, size);
	store_close(&store);
	CHECK_INT(try_open(STORE_CREATE, NULL), STATUS_INPUT);
	CHECK(said("not a crosstap store (foreign header)"));
	free(bytes);
	check_case("a header that was cut, or is not ours, is refused");

	store = sample_new();
	sample_put(store, 'P', 0, 0, "x", 1);
	{
		struct store_txn *txn = NULL;

		MUST(store_begin(store, true, &txn, &err));
		MUST(store_delete(txn, 'H', 0, &err));
		MUST(store_commit(&txn, &err));
	}
	store_close(&store);
	CHECK_INT(try_open(STORE_CREATE, NULL), STATUS_INPUT);
	CHECK(said("not a crosstap store (no header)"));
	check_case("an LMDB file of somebody else is refused, and not given a header");
}

/* What its maker left when it was killed before the first commit. */
static void test_unborn(void)
{
	struct store *store = sample_new();
	struct store_txn *txn = NULL;

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_delete(txn, 'H', 0, &err));
	MUST(store_commit(&txn, &err));
	store_close(&store);
	CHECK_INT(try_open(STORE_READ, NULL), STATUS_INPUT);
	CHECK_INT(try_open(STORE_WRITE, NULL), STATUS_INPUT);
	CHECK_INT(try_open(STORE_CREATE, &sample_seed), STATUS_OK);
	store = sample_open(STORE_READ);
	CHECK(header_of(store).seed == sample_seed);
	store_close(&store);
	check_case("a store whose maker died at once is made then");
}

/* ---- what is no store ---- */

static void test_no_store(void)
{
	static const enum store_mode modes[] = {STORE_READ, STORE_WRITE, STORE_CREATE};
	static const char foreign[] = "not a store (its first bytes are no LMDB file's)";
	static const uint8_t pcapng[64] = {0x0a, 0x0d, 0x0d, 0x0a};
	uint8_t meta[4096] = {[10] = 8, [16] = 0xde, [17] = 0xc0, [18] = 0xef, [19] = 0xbe};
	struct {
		const void *bytes;
		size_t size;
		const char *text;
	} files[] = {
		{"point,packets\nfw-in,3\n", 22, foreign},
		{"x", 1, foreign},
		{pcapng, sizeof pcapng, foreign},
		{meta, 20, "the store is cut off (got 20 bytes, expected at least 152)"},
		{meta, 151, "the store is cut off"},
		{meta, 152, "the store is damaged: meta page 0: written by another LMDB version"},
		{meta, sizeof meta, "the store is damaged: meta page 0"},
	};
	size_t f, m;

	for (f = 0; f < sizeof files / sizeof files[0]; f++) {
		for (m = 0; m < 3; m++) {
			write_file(files[f].bytes, files[f].size);
			CHECK_INT(try_open(modes[m], NULL), STATUS_INPUT);
			CHECK(said(files[f].text));
			CHECK(access(lock_path, F_OK) != 0);
		}
	}
	check_case("a file that is no store is refused, and no lock file is left beside it");

	for (m = 0; m < 2; m++) {
		write_file("", 0);
		CHECK_INT(try_open(modes[m], NULL), STATUS_INPUT);
		CHECK(said("not a store (empty file)"));
		CHECK(access(lock_path, F_OK) != 0);
		sample_clear();
		CHECK_INT(try_open(modes[m], NULL), STATUS_INPUT);
		CHECK(said("no such store (crosstap-collect makes one)"));
		CHECK(access(lock_path, F_OK) != 0 && access(path, F_OK) != 0);
	}
	write_file("", 0);
	CHECK_INT(try_open(STORE_CREATE, NULL), STATUS_OK);
	check_case("an empty file is no store, but may become one");

	sample_clear();
	CHECK(mkdir(path, 0755) == 0);
	for (m = 0; m < 3; m++) {
		CHECK_INT(try_open(modes[m], NULL), STATUS_INPUT);
		CHECK(said("not a store (not a regular file)"));
		CHECK(access(lock_path, F_OK) != 0);
	}
	rmdir(path);
	CHECK(mkfifo(path, 0644) == 0);
	CHECK_INT(try_open(STORE_READ, NULL), STATUS_INPUT);
	CHECK(said("not a store (not a regular file)"));
	sample_clear();
	check_case("a directory or a pipe is refused");
}

/* ---- values ---- */

static void test_values(void)
{
	static const size_t sizes[] = {0, 1, 100, 2000, 4080, 4081, 100000, 3000000};
	struct store *store = sample_new();
	struct store_txn *txn = NULL;
	const uint8_t *value;
	uint8_t *bytes = malloc(3000000 + 8);
	size_t size, i, n = sizeof sizes / sizeof sizes[0];
	void *room;

	for (i = 0; i < 3000000 + 8; i++)
		bytes[i] = (uint8_t)(i * i >> 3);
	MUST(store_begin(store, true, &txn, &err));
	CHECK_TEXT(store_path(store_of(txn)), path);
	for (i = 0; i < n; i++) {
		MUST(store_put(txn, 'R', 9, (uint32_t)i, sizes[i], &room, &err));
		memcpy(room, bytes + i, sizes[i]);
	}
	MUST(store_put(txn, 'R', 9, 3, 5, &room, &err)); /* in place of what was there */
	memcpy(room, "again", 5);
	MUST(store_commit(&txn, &err));
	CHECK(!txn);
	store_close(&store);
	store = sample_open(STORE_READ);
	MUST(store_begin(store, false, &txn, &err));
	for (i = 0; i < n; i++) {
		MUST(store_get(txn, 'R', 9, (uint32_t)i, &value, &size, &err));
		CHECK_INT(size, i == 3 ? 5 : sizes[i]);
		CHECK(value && !memcmp(value, i == 3 ? (const uint8_t *)"again" : bytes + i, size));
	}
	MUST(store_get(txn, 'R', 9, (uint32_t)n, &value, &size, &err));
	CHECK(!value && size == 0);
	store_abort(&txn);
	store_close(&store);
	free(bytes);
	check_case("values of every size come back, a later one in place of the former");
}

static void test_seek(void)
{
	static const struct {
		char kind;
		uint32_t a, b;
	} keys[] = {
		/* In the order of their bytes. */
		{'C', 0, 0}, {'C', 1, 0}, {'C', 255, 0}, {'C', 256, 0},
		{'C', UINT32_MAX, UINT32_MAX},
		{'R', 0, 0}, {'R', 0, 1}, {'R', 0, 256}, {'R', 2, 0}, {'R', 2, UINT32_MAX},
		{'R', 3, 0}, {'T', 0, 0},
	};
	static const struct {
		char kind;
		uint32_t a, b;
		int at; /* in `keys`; -1: none */
	} seeks[] = {
		{'C', 0, 0, 0}, {'C', 0, 1, 1}, {'C', 2, 9, 2}, {'C', 255, 1, 3}, {'C', 257, 0, 4},
		{'C', UINT32_MAX, UINT32_MAX, 4}, {'R', 0, 0, 5}, {'R', 0, 2, 7}, {'R', 0, 257, 8},
		{'R', 2, 1, 9}, {'R', 3, 0, 10}, {'R', 3, 1, -1}, {'R', UINT32_MAX, 0, -1},
		{'D', 0, 0, -1}, {'A', 0, 0, -1}, {'V', 0, 0, -1}, {'T', 0, 0, 11}, {'T', 0, 1, -1},
	};
	struct store *store = sample_new();
	struct store_txn *txn = NULL;
	size_t i, n = sizeof keys / sizeof keys[0];

	for (i = 0; i < n; i++) /* backwards */
		sample_put(store, keys[n - 1 - i].kind, keys[n - 1 - i].a, keys[n - 1 - i].b,
			   &(char){(char)(n - 1 - i)}, 1);
	MUST(store_begin(store, false, &txn, &err));
	for (i = 0; i < sizeof seeks / sizeof seeks[0]; i++) {
		uint32_t a = seeks[i].a, b = seeks[i].b;
		const uint8_t *value = NULL;
		size_t size = 0;
		bool found;

		MUST(store_seek(txn, seeks[i].kind, &a, &b, &found, &err));
		if (found)
			MUST(store_get(txn, seeks[i].kind, a, b, &value, &size, &err));
		CHECK_INT(value ? *value : -1, seeks[i].at);
		if (value)
			CHECK(size == 1 && a == keys[*value].a && b == keys[*value].b);
		else
			CHECK(a == seeks[i].a && b == seeks[i].b);
	}
	store_abort(&txn);
	check_case("a seek finds the next value of its kind, and none of another");

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_delete(txn, 'R', 2, &err));
	MUST(store_delete(txn, 'R', 1, &err)); /* none there */
	MUST(store_delete(txn, 'C', UINT32_MAX, &err));
	MUST(store_commit(&txn, &err));
	CHECK_INT(sample_count(store, 'R'), 4);
	CHECK_INT(sample_count(store, 'C'), 4);
	CHECK_INT(sample_count(store, 'T'), 1);
	CHECK_INT(sample_count(store, 'H'), 1);
	store_close(&store);
	check_case("a deletion takes all values of a kind and number, and no others");
}

static void test_many(void)
{
	struct store *store = sample_new();
	struct store_txn *txn = NULL;
	uint32_t a, b;
	void *value;

	MUST(store_begin(store, true, &txn, &err));
	for (b = 0; b < 3000; b++)
		for (a = 0; a < 3; a++) {
			MUST(store_put(txn, 'R', a, b, b % 7 ? 20 : 6000, &value, &err));
			memset(value, (int)a, b % 7 ? 20 : 6000);
		}
	MUST(store_commit(&txn, &err));
	CHECK_INT(sample_count(store, 'R'), 9000);
	MUST(store_begin(store, true, &txn, &err));
	MUST(store_delete(txn, 'R', 1, &err));
	MUST(store_commit(&txn, &err));
	CHECK_INT(sample_count(store, 'R'), 6000);
	store_close(&store);
	store = sample_open(STORE_WRITE); /* looks at every page */
	CHECK_INT(sample_count(store, 0), 6001);
	store_close(&store);
	check_case("thousands of values are deleted over many pages");
}

/* ---- transactions ---- */

static void test_snapshots(void)
{
	struct store *store = sample_new();
	struct store_txn *reader = NULL, *writer = NULL, *later = NULL;
	const uint8_t *value;
	uint32_t i, wrong = 0;
	size_t size;
	void *room;

	sample_put(store, 'T', 1, 0, "old", 3);
	MUST(store_begin(store, false, &reader, &err));
	MUST(store_begin(store, true, &writer, &err));
	MUST(store_put(writer, 'T', 1, 0, 3, &room, &err));
	memcpy(room, "new", 3);
	MUST(store_get(writer, 'T', 1, 0, &value, &size, &err));
	CHECK(value && memcmp(value, "new", 3) == 0);
	MUST(store_get(reader, 'T', 1, 0, &value, &size, &err));
	CHECK(value && memcmp(value, "old", 3) == 0);
	MUST(store_commit(&writer, &err));
	/* Many more, so that a page of the reader's would be used again if it could. */
	for (i = 0; i < 300; i++) {
		uint8_t bytes[9000];

		memset(bytes, (int)i, sizeof bytes);
		sample_put(store, 'R', 0, i % 5, bytes, sizeof bytes);
		MUST(store_get(reader, 'T', 1, 0, &value, &size, &err));
		wrong += !value || size != 3 || memcmp(value, "old", 3) != 0;
		MUST(store_get(reader, 'R', 0, 0, &value, &size, &err));
		wrong += value != NULL;
	}
	CHECK_INT(wrong, 0);
	MUST(store_begin(store, false, &later, &err));
	MUST(store_get(later, 'T', 1, 0, &value, &size, &err));
	CHECK(value && memcmp(value, "new", 3) == 0);
	store_abort(&later);
	store_abort(&reader);
	CHECK(!reader);
	store_abort(&reader);
	check_case("a reader sees the state that was there when it began, whatever is written");

	MUST(store_begin(store, true, &writer, &err));
	MUST(store_put(writer, 'T', 2, 0, 100000, &room, &err));
	MUST(store_delete(writer, 'R', 0, &err));
	store_abort(&writer);
	CHECK_INT(sample_count(store, 'T'), 1);
	CHECK_INT(sample_count(store, 'R'), 5);
	store_close(&store);
	CHECK(!store);
	store_close(&store);
	check_case("what was not committed is not there");
}

int main(void)
{
	sample_begin();
	test_header();
	test_version();
	test_unborn();
	test_no_store();
	test_values();
	test_seek();
	test_many();
	test_snapshots();
	sample_end();
	return check_exit();
}
