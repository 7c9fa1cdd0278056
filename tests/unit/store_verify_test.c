/* What --verify finds in a store, fault by fault: each is put there through the store, so that its checksum
 * is right, or into the file, so that it is not. */
#include "collect/store_verify.h"

#include <lmdb.h>
#include <pthread.h>

#include "collect/ingest.h"
#include "collect/table.h"
#include "tests/unit/capture_sample.h"

#define SAMPLE "samples/nat/fw-in.pcap"

static char heard[8192]; /* all faults, a line for each */
static char lines[2048];

static void hear(void *context, const char *text)
{
	size_t at = strlen(heard);

	snprintf(heard + at, sizeof heard - at, "%s\n", text);
}

static enum status verify(void)
{
	FILE *stream = fmemopen(lines, sizeof lines, "w");
	struct store_verify_options options = {.stream = stream, .say = hear};
	enum status status;

	heard[0] = lines[0] = 0;
	err.text[0] = 0;
	status = store_verify(path, &options, &err);
	fclose(stream);
	return status;
}

/* ---- a store with a capture and a table ---- */

static const struct table_column columns[] = {{"number", TABLE_INT, 0}, {"word", TABLE_TEXT, 0}};
static const struct table_schema schema = {"words", 9, 2, columns};

static void add_results(struct store *store)
{
	struct table_writer *writer = NULL;
	uint32_t generation, i;

	MUST(table_generation_new(store, &generation, &err));
	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < 5000; i++) {
		table_set_int(writer, 0, i);
		table_set_text(writer, 1, i % 2 ? "odd" : "even");
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	MUST(table_put_blob(store, generation, 0, 0, "abc", 3, &err));
	MUST(table_generation_commit(store, generation, &err));
}

static struct store *whole_store(void)
{
	static const struct holding all = {STORE_HOLDS_ALL, 0, NULL};
	pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
	struct store *store = sample_new();
	struct ingest_job job = {0, SAMPLE, {"", "", INT64_MIN, INT64_MAX}, true, &all, NULL};
	struct ingest_result result;
	struct ingest_watch watch = {0};

	MUST(capture_point_add(store, "fw-in", &job.point, &err));
	MUST(ingest_run(store, &job, &compiling, &watch, &result, &err));
	add_results(store);
	return store;
}

/* A byte more, or one changed, at a place of a value. */
static void change(struct store *store, char kind, uint32_t a, uint32_t b, size_t at)
{
	size_t size;
	uint8_t *bytes = sample_get(store, kind, a, b, &size);

	CHECK(bytes && at < size);
	if (bytes && at < size) {
		bytes[at] ^= 1;
		sample_put(store, kind, a, b, bytes, size);
	}
	free(bytes);
}

static void copy(struct store *store, char kind, uint32_t a, uint32_t b, uint32_t to_a, uint32_t to_b)
{
	size_t size;
	uint8_t *bytes = sample_get(store, kind, a, b, &size);

	CHECK(bytes != NULL);
	if (bytes)
		sample_put(store, kind, to_a, to_b, bytes, size);
	free(bytes);
}

static void drop(struct store *store, char kind, uint32_t a)
{
	struct store_txn *txn = NULL;

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_delete(txn, kind, a, &err));
	MUST(store_commit(&txn, &err));
}

/* ---- faults ---- */

#define GENERATION 1u
#define WORDS (GENERATION << 8 | 9u)

static void no_records(struct store *store) { drop(store, 'R', 0); }
static void more_records(struct store *store) { copy(store, 'R', 0, 0, 0, 1); }
static void no_flows(struct store *store) { drop(store, 'F', 0); }
static void no_dictionary(struct store *store) { drop(store, 'D', 0); }
static void no_row(struct store *store) { drop(store, 'C', 0); }
static void no_name(struct store *store) { drop(store, 'P', 0); }
static void of_nobody(struct store *store) { copy(store, 'R', 0, 0, 7, 0); }
static void no_mark(struct store *store) { drop(store, 'T', GENERATION << 8); }
static void no_table_block(struct store *store) { copy(store, 'T', WORDS, UINT32_MAX, WORDS, 1); }
static void more_table_blocks(struct store *store) { copy(store, 'T', WORDS, 1, WORDS, 2); }
static void same_table_block(struct store *store) { copy(store, 'T', WORDS, 0, WORDS, 1); }
static void no_tail(struct store *store) { sample_put(store, 'T', WORDS, UINT32_MAX, "", 0); }
static void of_no_point(struct store *store) { copy(store, 'V', GENERATION << 8, 0, GENERATION << 8 | 5, 0); }

static void former_results(struct store *store)
{
	struct store_header header;

	add_results(store); /* generation 2 */
	header = header_of(store);
	header.generation = 3;
	{
		struct store_txn *txn = NULL;

		MUST(store_begin(store, true, &txn, &err));
		MUST(store_header_put(txn, &header, &err));
		MUST(store_commit(&txn, &err));
	}
}

static const struct {
	const char *name;
	void (*make)(struct store *store);
	const char *says;
} faults[] = {
	{"no records", no_records, "records of capture 0 (fw-in.pcap)"},
	{"too many records", more_records, "more than 1 blocks of records"},
	{"no flows", no_flows, "flows of capture 0 (fw-in.pcap)"},
	{"no dictionary", no_dictionary, "dictionary of capture 0 (fw-in.pcap)"},
	{"no row", no_row, "capture 0: it has values, and no row"},
	{"no name of a point", no_name, "the store has no point 0"},
	{"records of nobody", of_nobody, "records of capture 7, block 0: nothing that crosstap writes"},
	{"no mark", no_mark, "results of generation 1: they have no mark"},
	{"another value as a block", no_table_block, "table words, block 1: "},
	{"too many blocks of a table", more_table_blocks, "table words, block 2: one block too many"},
	{"a block twice", same_table_block, "table words, block 2: another number of rows in all"},
	{"no tail", no_tail, "table 9, block 0: its tail is damaged"},
	{"columns of no point", of_no_point, "packet columns of point 5, block 0 (generation 1): nothing"},
	{"results of before", former_results, "table 9 of generation 2: the store is at generation 3"},
};

static void test_faults(void)
{
	struct store *store;
	size_t i;

	for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		store = whole_store();
		faults[i].make(store);
		store_close(&store);
		CHECK_INT(verify(), STATUS_INPUT);
		if (!strstr(heard, faults[i].says) || strncmp(heard, path, strlen(path)) != 0) {
			printf("# %s: it says %s\n", faults[i].name, heard);
			CHECK(!"said");
		}
		CHECK(strstr(lines, "not ok - ") && said("the store is damaged: "));
	}
	check_case("each fault is named, with its file, table or capture, and block");

	store = whole_store();
	sample_put(store, 'X', 0, 0, "x", 1);
	store_close(&store);
	CHECK_INT(verify(), STATUS_INPUT);
	CHECK(said("a key that crosstap does not write"));
	check_case("a value of an unknown kind, which nobody would look for, is a fault");
}

static void test_whole(void)
{
	struct store *store = whole_store();

	store_close(&store);
	CHECK_INT(verify(), STATUS_OK);
	CHECK_TEXT(heard, "");
	CHECK(strstr(lines, "page") && strstr(lines, "ok - captures: 349 packets counted again"));
	CHECK(strstr(lines, "ok - results: 5,000 rows of tables read") && !strstr(lines, "not ok"));
	check_case("a store that is whole has no fault, and is told what was looked at");
}

/* Numbers of a capture's row, whose checksum is right: those that the records give, too. */
static void test_row(void)
{
	struct store *store = whole_store();
	size_t size, at, found = 0;
	uint8_t *row = sample_get(store, 'C', 0, 0, &size);

	store_close(&store);
	free(row);
	for (at = 0; at < size; at += 3) {
		store = whole_store();
		change(store, 'C', 0, 0, at);
		store_close(&store);
		found += verify() == STATUS_INPUT;
	}
	CHECK(found > size / 3 / 4);
	check_case("what a capture's row says of its records is counted again");
}

/* ---- in the file ---- */

static void test_bits(void)
{
	static const struct {
		char kind;
		uint32_t a, b;
		const char *says;
	} values[] = {
		{'R', 0, 0, "records of capture 0, block 0: its checksum is wrong"},
		{'F', 0, 0, "flows of capture 0, block 0: its checksum is wrong"},
		{'T', WORDS, 1, "table 9, block 1 (generation 1): its checksum is wrong"},
		{'P', 0, 0, "name of point 0: its checksum is wrong"},
	};
	struct store *store = whole_store();
	uint8_t *bytes[4], *file;
	size_t size[4], file_size, i;

	for (i = 0; i < 4; i++)
		bytes[i] = sample_get(store, values[i].kind, values[i].a, values[i].b, &size[i]);
	store_close(&store);
	file = read_file(&file_size);
	for (i = 0; i < 4; i++) {
		uint8_t *flipped = malloc(file_size), *place = flipped;

		memcpy(flipped, file, file_size);
		CHECK(memmem(file, file_size, bytes[i], size[i]));
		/* on pages of before, too */
		while ((place = memmem(place, file_size - (size_t)(place - flipped), bytes[i], size[i])))
			place[size[i] / 2] ^= 0x10;
		write_file(flipped, file_size);
		free(flipped);
		CHECK_INT(verify(), STATUS_INPUT);
		CHECK(strstr(heard, values[i].says));
	}
	write_file(file, file_size);
	CHECK_INT(verify(), STATUS_OK);
	for (i = 0; i < 4; i++)
		free(bytes[i]);
	free(file);
	check_case("a bit that flipped in a value is said with the value's name");
}

/* ---- a store of before ---- */

/* Takes the checksums off all values, and the last number off the header, as version 3 had it. */
static void make_plain(void)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_cursor *cursor;
	MDB_val k, v;

	CHECK(!mdb_env_create(&env) && !mdb_env_open(env, path, MDB_NOSUBDIR, 0644));
	CHECK(!mdb_txn_begin(env, NULL, 0, &txn) && !mdb_dbi_open(txn, NULL, 0, &dbi));
	CHECK(!mdb_cursor_open(txn, dbi, &cursor));
	while (!mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
		bool header = *(char *)k.mv_data == 'H';
		uint8_t *bytes = malloc(v.mv_size), key[16];
		MDB_val same = {k.mv_size, key}, shorter = {v.mv_size - (header ? 16 : 8), bytes};

		memcpy(key, k.mv_data, k.mv_size);
		memcpy(bytes, v.mv_data, v.mv_size);
		if (header)
			bytes[16] = 3;
		CHECK(!mdb_cursor_put(cursor, &same, &shorter, MDB_CURRENT));
		free(bytes);
	}
	mdb_cursor_close(cursor);
	CHECK(!mdb_txn_commit(txn));
	mdb_env_close(env);
}

static void test_plain(void)
{
	struct store *store = whole_store();
	size_t size, whole, i;
	uint8_t *bytes;

	bytes = sample_get(store, 'R', 0, 0, &whole);
	free(bytes);
	store_close(&store);
	make_plain();
	store = sample_open(STORE_WRITE);
	CHECK_INT(header_of(store).version, STORE_VERSION_PLAIN);
	bytes = sample_get(store, 'R', 0, 0, &size);
	CHECK_INT(size, whole);
	free(bytes);
	add_results(store);
	store_close(&store);
	CHECK_INT(verify(), STATUS_OK);
	CHECK(strstr(lines, "; store version 3 has no checksums"));
	check_case("a store of the version without checksums is read and written, and --verify says so");

	store = sample_open(STORE_WRITE);
	bytes = sample_get(store, 'H', 0, 0, &size);
	store_close(&store);
	CHECK_INT(size, 8 + 8 + 7 * 8);
	for (i = 0; bytes && i < size; i++) {
		enum status status;

		store = whole_store();
		store_close(&store);
		make_plain();
		store = sample_open(STORE_WRITE);
		sample_put(store, 'H', 0, 0, bytes, i);
		store_close(&store);
		status = store_open(&store, path, STORE_WRITE, true, NULL, &err);
		store_close(&store);
		/* one of before that ends in front of what it holds */
		CHECK_INT(status, i == size - 16 ? STATUS_OK : STATUS_INPUT);
	}
	free(bytes);
	check_case("its header may be a shorter one, but no other length");
}

int main(void)
{
	sample_begin();
	test_whole();
	test_faults();
	test_row();
	test_bits();
	test_plain();
	sample_end();
	return check_exit();
}
