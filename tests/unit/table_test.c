/* Tables in a store: what goes in comes out, results change hands whole, and a
 * damaged value is an error, whatever its bytes. */
#include "collect/table_read.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/column.h"
#include "tests/unit/check.h"

enum { NUMBER, RATIO, WHEN, LASTED, WORD, NAME, HOST, COLUMNS };

static const struct table_column columns[COLUMNS] = {
	{"number", TABLE_INT, 0},    {"ratio", TABLE_REAL, 6},   {"when", TABLE_TIME, 9},
	{"lasted_us", TABLE_NANOS, 3}, {"word", TABLE_TEXT, 0}, {"name", TABLE_FOREIGN, 0},
	{"host", TABLE_ADDRESS, 0},
};
static const struct table_schema schema = {"things", 200, COLUMNS, columns};
static const struct table_schema wider = {"things", 200, COLUMNS - 1, columns};
static const struct table_schema other = {"others", 201, COLUMNS, columns};

static char folder[] = "/tmp/crosstap-table-XXXXXX";
static char path[64];
static struct error err;

#define MUST(call) CHECK_INT((call), STATUS_OK)

static struct store *open_store(void)
{
	static const uint64_t seed = 1;
	struct store *store = NULL;

	unlink(path);
	MUST(store_open(&store, path, STORE_CREATE, true, &seed, &err));
	return store;
}

static uint32_t new_generation(struct store *store)
{
	uint32_t generation = 0;

	MUST(table_generation_new(store, &generation, &err));
	return generation;
}

/* Rows numbered from 0; every third row knows nothing but its number. */
static enum status write_rows(struct store *store, uint32_t generation,
			      const struct table_schema *which, uint32_t rows, int64_t first)
{
	struct table_writer *writer;
	enum status status = table_begin(store, generation, which, &writer, &err);
	uint32_t i;

	for (i = 0; !status && i < rows; i++) {
		uint8_t host[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
		char name[32];

		table_set_int(writer, NUMBER, first + i);
		if (i % 3) {
			snprintf(name, sizeof name, "file-%u.pcap", i % 7);
			table_set_real(writer, RATIO, i / 8.0);
			table_set_int(writer, WHEN, 1700000000000000000 + (int64_t)i);
			table_set_int(writer, LASTED, -(int64_t)i);
			table_set_text(writer, WORD, i % 2 ? "odd" : "even");
			table_set_text(writer, NAME, name);
			table_set_bytes(writer, HOST, host, sizeof host);
		}
		status = table_row(writer, &err);
	}
	if (status)
		table_abort(&writer);
	else
		status = table_finish(&writer, &err);
	return status;
}

static void check_row(const struct table_reader *reader, uint32_t i, int64_t first)
{
	const uint8_t *host;
	char name[32];
	size_t size;

	CHECK_INT(table_int(reader, NUMBER), first + i);
	host = table_bytes(reader, HOST, &size);
	if (i % 3 == 0) {
		CHECK(isnan(table_real(reader, RATIO)));
		CHECK_INT(table_int(reader, WHEN), TABLE_INT_UNKNOWN);
		CHECK_INT(table_int(reader, LASTED), TABLE_INT_UNKNOWN);
		CHECK_TEXT(table_text(reader, WORD), "");
		CHECK_TEXT(table_text(reader, NAME), "");
		CHECK(!host && size == 0);
		return;
	}
	snprintf(name, sizeof name, "file-%u.pcap", i % 7);
	CHECK(table_real(reader, RATIO) == i * 0.125);
	CHECK_INT(table_int(reader, WHEN), 1700000000000000000 + (int64_t)i);
	CHECK_INT(table_int(reader, LASTED), -(int64_t)i);
	CHECK_TEXT(table_text(reader, WORD), i % 2 ? "odd" : "even");
	CHECK_TEXT(table_text(reader, NAME), name);
	CHECK_INT(size, 4);
	CHECK(host && host[2] == (uint8_t)(i >> 8) && host[3] == (uint8_t)i);
}

/* Reads and checks all rows of the current generation; their number, -1 on an error. */
static int64_t read_rows(struct store *store, const struct table_schema *which, int64_t first)
{
	struct table_reader *reader = NULL;
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, &err);
	uint32_t rows = 0;
	bool more = false;

	if (!status)
		status = table_open(txn, which, &reader, &err);
	if (!status)
		status = table_next(reader, &more, &err);
	while (!status && more) {
		check_row(reader, rows++, first);
		status = table_next(reader, &more, &err);
	}
	if (!status)
		CHECK_INT(table_rows(reader), rows);
	table_close(&reader);
	store_abort(&txn);
	return status ? -1 : (int64_t)rows;
}

static void test_round_trip(void)
{
	static const uint32_t sizes[] = {0, 1, TABLE_BLOCK_ROWS - 1, TABLE_BLOCK_ROWS,
					 TABLE_BLOCK_ROWS + 1, 3 * TABLE_BLOCK_ROWS + 17};
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct store *store = open_store();
		uint32_t generation = new_generation(store);

		MUST(write_rows(store, generation, &schema, sizes[i], 5));
		MUST(table_generation_commit(store, generation, &err));
		CHECK_INT(read_rows(store, &schema, 5), sizes[i]);
		store_close(&store);
	}
	check_case("rows come back as they were set, unknown cells too, over all block edges");
}

/* The size of a value of the store, and its bytes where `out` is given. */
static size_t stored(struct store *store, uint32_t a, uint32_t b, uint8_t **out)
{
	struct store_txn *txn = NULL;
	const uint8_t *value = NULL;
	size_t size = 0;

	MUST(store_begin(store, false, &txn, &err));
	MUST(store_get(txn, 'T', a, b, &value, &size, &err));
	if (out) {
		*out = malloc(size + 1);
		if (*out && size)
			memcpy(*out, value, size);
	}
	store_abort(&txn);
	return size;
}

static void test_extremes(void)
{
	static const int64_t numbers[] = {INT64_MIN + 1, INT64_MAX, 0, -1, TABLE_INT_UNKNOWN};
	static const uint8_t host6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	struct store *store = open_store();
	uint32_t generation = new_generation(store);
	struct table_reader *reader = NULL;
	struct table_writer *writer = NULL;
	struct store_txn *txn = NULL;
	const uint8_t *bytes;
	bool more;
	size_t i, size;

	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < 5; i++) {
		table_set_int(writer, NUMBER, numbers[i]);
		table_set_real(writer, RATIO, i == 3 ? INFINITY : -1e300);
		table_set_bytes(writer, HOST, host6, i == 4 ? 0 : sizeof host6);
		table_set_text(writer, WORD, i == 2 ? NULL : "");
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	CHECK(!writer);
	MUST(table_generation_commit(store, generation, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(table_open(txn, &schema, &reader, &err));
	for (i = 0; i < 5; i++) {
		MUST(table_next(reader, &more, &err));
		CHECK(more);
		CHECK_INT(table_int(reader, NUMBER), numbers[i]);
		CHECK(i == 3 ? isnan(table_real(reader, RATIO))
			     : table_real(reader, RATIO) == -1e300);
		CHECK_TEXT(table_text(reader, WORD), "");
		bytes = table_bytes(reader, HOST, &size);
		CHECK(i == 4 ? !bytes : size == 16 && !memcmp(bytes, host6, 16));
	}
	MUST(table_next(reader, &more, &err));
	CHECK(!more);
	table_close(&reader);
	store_abort(&txn);
	store_close(&store);
	check_case("the least and greatest numbers come back beside unknown ones");
}

static void test_sparse_column_is_narrow(void)
{
	struct store *store = open_store();
	uint32_t generation = new_generation(store), i;
	struct table_writer *writer = NULL;

	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < 1000; i++) {
		if (i % 2)
			table_set_int(writer, WHEN, 1700000000000000000 + (int64_t)(i % 200));
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	/* Of 1000 cells a bit each, in 16 words that are counted, and 500 of a byte; 7 columns with a hole and a header each, one column of
	 * text ends, 4 counts. */
	CHECK_INT(stored(store, generation << 8 | 200, 0, NULL),
		  8 + 16 * (8 + 2) + 504 + COLUMN_PAD_BYTES + COLUMNS * (8 + COLUMN_HEADER_BYTES) + COLUMN_HEADER_BYTES + 4 * 8);
	store_close(&store);
	check_case("unknown cells do not widen a column");
}

/* Cells of one block must not show up in the next: NUMBER in every row, WORD and LASTED in the
 * first block only, WHEN from the second on. */
static void test_blocks_forget(void)
{
	struct store *store = open_store();
	uint32_t generation = new_generation(store), i;
	struct table_reader *reader = NULL;
	struct table_writer *writer = NULL;
	struct store_txn *txn = NULL;
	bool more = true;

	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < 2 * TABLE_BLOCK_ROWS + 5; i++) {
		table_set_int(writer, NUMBER, i);
		if (i < TABLE_BLOCK_ROWS) {
			table_set_constant(writer, WORD, "first");
			table_set_int(writer, LASTED, i);
		} else {
			table_set_int(writer, WHEN, i);
		}
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	MUST(table_generation_commit(store, generation, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(table_open(txn, &schema, &reader, &err));
	for (i = 0; i < 2 * TABLE_BLOCK_ROWS + 5 && more; i++) {
		bool first = i < TABLE_BLOCK_ROWS;

		MUST(table_next(reader, &more, &err));
		CHECK_INT(table_int(reader, NUMBER), i);
		CHECK_TEXT(table_text(reader, WORD), first ? "first" : "");
		CHECK_INT(table_int(reader, LASTED), first ? i : TABLE_INT_UNKNOWN);
		CHECK_INT(table_int(reader, WHEN), first ? TABLE_INT_UNKNOWN : i);
		CHECK(isnan(table_real(reader, RATIO)));
	}
	table_close(&reader);
	store_abort(&txn);
	store_close(&store);
	check_case("a block knows nothing of the cells of the one before");
}

/* More constants than are remembered, in two columns and over two blocks, beside the same
 * texts set as such. */
static void test_constants(void)
{
	static char names[200][8];
	struct store *store = open_store();
	uint32_t generation = new_generation(store), i;
	struct table_reader *reader = NULL;
	struct table_writer *writer = NULL;
	struct store_txn *txn = NULL;
	uint8_t *bytes = NULL;
	uint64_t texts = 0;
	bool more = true;

	for (i = 0; i < 200; i++)
		snprintf(names[i], sizeof names[i], "n%u", i);
	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < TABLE_BLOCK_ROWS + 300; i++) {
		char text[8];

		snprintf(text, sizeof text, "n%u", i % 199);
		table_set_constant(writer, WORD, i % 50 ? names[i % 200] : NULL);
		table_set_constant(writer, NAME, names[i % 3]);
		table_set_text(writer, HOST, text);
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	MUST(table_generation_commit(store, generation, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(table_open(txn, &schema, &reader, &err));
	for (i = 0; i < TABLE_BLOCK_ROWS + 300 && more; i++) {
		MUST(table_next(reader, &more, &err));
		CHECK_TEXT(table_text(reader, WORD), i % 50 ? names[i % 200] : "");
		CHECK_TEXT(table_text(reader, NAME), names[i % 3]);
		CHECK_TEXT(table_text(reader, HOST), names[i % 199]);
	}
	table_close(&reader);
	store_abort(&txn);
	CHECK(stored(store, generation << 8 | 200, 0, &bytes) > 24);
	memcpy(&texts, bytes + 16, sizeof texts);
	CHECK_INT(texts, 200); /* n0 to n199 */
	free(bytes);
	store_close(&store);
	check_case("constants are the texts they point at, and kept once like all others");
}

static void test_equal_texts_once(void)
{
	struct store *store = open_store();
	uint32_t generation = new_generation(store), i;
	struct table_writer *writer = NULL;
	uint8_t *bytes = NULL;
	char text[1001];
	size_t size;

	memset(text, 'x', 1000);
	text[1000] = '\0';
	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < TABLE_BLOCK_ROWS; i++) {
		table_set_text(writer, NAME, text);
		table_set_text(writer, WORD, text);
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	size = stored(store, generation << 8 | 200, 0, &bytes);
	CHECK(size > 1000 && size < 1300);
	free(bytes);
	store_close(&store);
	check_case("equal texts of a block are kept once");
}

static void test_long_texts(void)
{
	struct store *store = open_store();
	uint32_t generation = new_generation(store), i, rows = 3000;
	struct table_reader *reader = NULL;
	struct table_writer *writer = NULL;
	struct store_txn *txn = NULL;
	static char text[TABLE_TEXT_MAX + 100];
	bool more = false;

	memset(text, 'y', sizeof text - 1);
	memcpy(text + TABLE_TEXT_MAX - 1, "\xc3\xa9", 2); /* the cut would fall inside */
	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < rows; i++) {
		int n = snprintf(text, sizeof text, "%u", i);

		text[n] = 'y';
		table_set_text(writer, NAME, text);
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	MUST(table_generation_commit(store, generation, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(table_open(txn, &schema, &reader, &err));
	CHECK_INT(table_rows(reader), rows);
	for (i = 0; i < rows; i++) {
		MUST(table_next(reader, &more, &err));
		CHECK_INT(atoi(table_text(reader, NAME)), i);
		CHECK_INT(strlen(table_text(reader, NAME)), TABLE_TEXT_MAX - 1);
	}
	MUST(table_next(reader, &more, &err));
	CHECK(!more);
	table_close(&reader);
	store_abort(&txn);
	CHECK(stored(store, generation << 8 | 200, 0, NULL) < 2u << 20);
	store_close(&store);
	check_case("a text too long is cut between characters, and many make smaller blocks");
}

static void test_generations(void)
{
	struct store *store = open_store();
	struct table_writer *writer = NULL;
	struct store_header header;
	struct store_txn *txn = NULL;
	uint32_t one, dead, two, a = 0, b = 0;
	bool found;
	const uint8_t *value;
	size_t size;

	CHECK_INT(read_rows(store, &schema, 0), -1);
	CHECK_INT(err.status, STATUS_INPUT);
	CHECK(strstr(err.text, "run crosstap-correlate") != NULL);
	one = new_generation(store);
	MUST(write_rows(store, one, &schema, 10, 100));
	CHECK_INT(read_rows(store, &schema, 100), -1); /* not yet current */
	MUST(table_put_blob(store, one, 3, 7, "abc", 3, &err));
	MUST(table_generation_commit(store, one, &err));
	CHECK_INT(read_rows(store, &schema, 100), 10);

	dead = new_generation(store);
	MUST(write_rows(store, dead, &schema, 20, 200));
	MUST(table_put_blob(store, dead, 0, 0, "dead", 4, &err));
	CHECK_INT(read_rows(store, &schema, 100), 10);
	CHECK_INT(read_rows(store, &other, 0), -1);

	two = new_generation(store);
	CHECK(two != dead && two != one);
	MUST(store_begin(store, false, &txn, &err));
	MUST(table_get_blob(txn, one, 3, 7, &value, &size, &err));
	CHECK(value && size == 3 && !memcmp(value, "abc", 3));
	MUST(table_get_blob(txn, dead, 0, 0, &value, &size, &err));
	CHECK(!value);
	store_abort(&txn);
	check_case("a run that dies leaves the former results as they were, and is cleared away");

	CHECK_INT(table_begin(store, dead, &schema, &writer, &err), STATUS_OK);
	CHECK_INT(table_row(writer, &err), STATUS_OK);
	CHECK_INT(table_finish(&writer, &err), STATUS_SYSTEM);
	CHECK(!writer);
	CHECK_INT(table_put_blob(store, dead, 0, 0, "x", 1, &err), STATUS_SYSTEM);
	CHECK_INT(table_generation_commit(store, dead, &err), STATUS_SYSTEM);
	check_case("a run that another has overtaken cannot write or become current");

	MUST(write_rows(store, two, &schema, 30, 300));
	MUST(table_generation_commit(store, two, &err));
	CHECK_INT(read_rows(store, &schema, 300), 30);
	MUST(store_begin(store, false, &txn, &err));
	MUST(store_header_get(txn, &header, &err));
	CHECK_INT(header.generation, two);
	MUST(store_seek(txn, 'T', &a, &b, &found, &err));
	CHECK_INT(a >> 8, two); /* none older */
	a = b = 0;
	MUST(store_seek(txn, 'V', &a, &b, &found, &err));
	CHECK(!found);
	store_abort(&txn);
	store_close(&store);
	check_case("making a generation current removes all others");
}

static void test_reader_keeps_its_state(void)
{
	struct store *store = open_store();
	struct table_reader *reader = NULL;
	struct store_txn *txn = NULL;
	uint32_t generation = new_generation(store), rows = 0;
	bool more;

	MUST(write_rows(store, generation, &schema, 2 * TABLE_BLOCK_ROWS, 1));
	MUST(table_generation_commit(store, generation, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(table_open(txn, &schema, &reader, &err));
	generation = new_generation(store);
	MUST(write_rows(store, generation, &schema, 3, 77));
	MUST(table_generation_commit(store, generation, &err));
	for (;;) {
		MUST(table_next(reader, &more, &err));
		if (!more)
			break;
		check_row(reader, rows++, 1);
	}
	CHECK_INT(rows, 2 * TABLE_BLOCK_ROWS);
	table_close(&reader);
	store_abort(&txn);
	CHECK_INT(read_rows(store, &schema, 77), 3);
	store_close(&store);
	check_case("whoever reads goes on reading the results that were there when it began");
}

/* The present rows, the first of which is row `i` of write_rows(), as check_row(). */
static void check_rows(const struct table_reader *reader, uint32_t i, uint32_t rows, int64_t first)
{
	int64_t value[COLUMNS][100];
	const uint8_t *bytes;
	uint32_t k;
	unsigned c;
	size_t size;

	check_row(reader, i, first);
	for (c = 0; c < COLUMNS; c++)
		table_values(reader, c, value[c]);
	for (k = 0; k < rows; k++, i++) {
		char name[32] = "";
		double ratio;

		if (i % 3)
			snprintf(name, sizeof name, "file-%u.pcap", i % 7);
		memcpy(&ratio, &value[RATIO][k], sizeof ratio);
		CHECK_INT(value[NUMBER][k], first + i);
		CHECK(i % 3 ? ratio == i * 0.125 : isnan(ratio));
		CHECK_INT(value[LASTED][k], i % 3 ? -(int64_t)i : TABLE_INT_UNKNOWN);
		bytes = table_heap(reader, value[NAME][k], &size);
		CHECK_INT(size, strlen(name));
		CHECK_TEXT(bytes ? (const char *)bytes : "", name);
		bytes = table_heap(reader, value[HOST][k], &size);
		CHECK(i % 3 ? size == 4 && bytes[3] == (uint8_t)i : !bytes && size == 0);
	}
}

static void test_many_at_once(void)
{
	static const uint32_t most[] = {1, 7, 100};
	struct store *store = open_store();
	uint32_t generation = new_generation(store), all = 2 * TABLE_BLOCK_ROWS + 50, rows, seen;
	struct table_reader *reader = NULL;
	struct store_txn *txn = NULL;
	bool more;
	size_t i;

	MUST(write_rows(store, generation, &schema, all, 1));
	MUST(table_generation_commit(store, generation, &err));
	MUST(store_begin(store, false, &txn, &err));
	for (i = 0; i < sizeof most / sizeof most[0]; i++) {
		MUST(table_open(txn, &schema, &reader, &err));
		for (seen = 0;; seen += rows) {
			MUST(table_next_rows(reader, most[i], &rows, &err));
			CHECK(rows <= most[i]);
			if (!rows)
				break;
			check_rows(reader, seen, rows, 1);
		}
		CHECK_INT(seen, all);
		table_close(&reader);
	}
	check_case("many rows at once are the same rows");

	MUST(table_open(txn, &schema, &reader, &err));
	CHECK_INT(table_blocks(reader), 3);
	MUST(table_next(reader, &more, &err));
	table_read_block(reader, 2);
	for (seen = 0; table_next(reader, &more, &err) == STATUS_OK && more; seen++)
		check_row(reader, 2 * TABLE_BLOCK_ROWS + seen, 1);
	CHECK_INT(seen, 50);
	table_read_block(reader, 1);
	for (seen = 0; table_next_rows(reader, 100, &rows, &err) == STATUS_OK && rows; seen += rows)
		check_rows(reader, TABLE_BLOCK_ROWS + seen, rows, 1);
	CHECK_INT(seen, TABLE_BLOCK_ROWS);
	table_close(&reader);
	store_abort(&txn);
	store_close(&store);
	check_case("the blocks of a table are read in any order");
}

/* Reads the rows together, whatever is in them. */
static enum status read_rows_blindly(struct store_txn *txn)
{
	struct table_reader *reader = NULL;
	enum status status = table_open(txn, &schema, &reader, &err);
	int64_t value[COLUMNS][64];
	volatile size_t sum = 0;
	uint32_t rows = 1, i;
	unsigned c;
	size_t size;

	while (!status && rows) {
		status = table_next_rows(reader, 64, &rows, &err);
		for (c = 0; rows && c < COLUMNS; c++)
			table_values(reader, c, value[c]);
		for (i = 0; i < rows; i++)
			for (c = WORD; c < COLUMNS; c++) {
				const uint8_t *bytes = table_heap(reader, value[c][i], &size);

				sum += bytes ? bytes[size] : 0u;
			}
	}
	table_close(&reader);
	return status;
}

/* Reads all cells, whatever they are. */
static enum status read_blindly(struct store *store)
{
	struct table_reader *reader = NULL;
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, &err);
	volatile size_t sum = 0;
	bool more = true;
	size_t size, i;

	if (!status)
		status = table_open(txn, &schema, &reader, &err);
	while (!status && more) {
		status = table_next(reader, &more, &err);
		if (status || !more)
			break;
		sum += (size_t)table_int(reader, NUMBER) + (table_real(reader, RATIO) > 0);
		sum += strlen(table_text(reader, WORD)) + strlen(table_text(reader, NAME));
		const uint8_t *bytes = table_bytes(reader, HOST, &size);
		for (i = 0; i < size; i++)
			sum += bytes[i];
	}
	table_close(&reader);
	if (txn)
		CHECK_INT(read_rows_blindly(txn), status);
	store_abort(&txn);
	return status;
}

static void overwrite(struct store *store, uint32_t a, uint32_t b, const uint8_t *bytes,
		      size_t size)
{
	struct store_txn *txn = NULL;
	void *value;

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_put(txn, 'T', a, b, size, &value, &err));
	if (size)
		memcpy(value, bytes, size);
	MUST(store_commit(&txn, &err));
}

static void damage(struct store *store, uint32_t a, uint32_t b)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	uint8_t *bytes = NULL;
	size_t size = stored(store, a, b, &bytes), i, m;

	for (i = 0; bytes && i < size; i++) {
		for (m = 0; m < sizeof masks; m++) {
			enum status status;

			bytes[i] ^= masks[m];
			overwrite(store, a, b, bytes, size);
			status = read_blindly(store);
			CHECK(status == STATUS_OK || status == STATUS_INPUT);
			bytes[i] ^= masks[m];
		}
	}
	for (i = 0; bytes && i < size; i++) {
		uint8_t *exact = malloc(i + 1); /* a value cut off, at its own end of memory */

		memcpy(exact, bytes, i);
		overwrite(store, a, b, exact, i);
		/* a tail of before ends in front of the table's name */
		CHECK_INT(read_blindly(store), b == UINT32_MAX && i == 24 ? STATUS_OK : STATUS_INPUT);
		free(exact);
	}
	overwrite(store, a, b, bytes, size);
	MUST(read_blindly(store));
	free(bytes);
}

static void test_damage(void)
{
	struct store *store = open_store();
	uint32_t generation = new_generation(store);

	MUST(write_rows(store, generation, &schema, 9, 1));
	MUST(table_generation_commit(store, generation, &err));
	damage(store, generation << 8 | 200, 0);
	check_case("every byte of a block may be wrong or missing: an error, or other values");
	damage(store, generation << 8 | 200, UINT32_MAX);
	check_case("every byte of a table's tail may be wrong or missing");
	overwrite(store, generation << 8 | 200, 0, NULL, 0);
	CHECK_INT(read_rows(store, &schema, 1), -1);
	CHECK_INT(err.status, STATUS_INPUT);
	CHECK(strstr(err.text, "table things, block 0") != NULL);
	CHECK_INT(read_rows(store, &wider, 1), -1);
	CHECK_INT(err.status, STATUS_INPUT);
	CHECK(strstr(err.text, "another version") != NULL);
	store_close(&store);
	check_case("damage and other versions are named");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 2;
	snprintf(path, sizeof path, "%s/store.ct", folder);
	test_round_trip();
	test_extremes();
	test_sparse_column_is_narrow();
	test_blocks_forget();
	test_constants();
	test_equal_texts_once();
	test_long_texts();
	test_generations();
	test_reader_keeps_its_state();
	test_many_at_once();
	test_damage();
	unlink(path);
	snprintf(path, sizeof path, "%s/store.ct-lock", folder);
	unlink(path);
	rmdir(folder);
	return check_exit();
}
