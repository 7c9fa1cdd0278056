/* Tables by columns against tables by cells: whatever they hold, the CSV and the cells are the same. */
#include "report/csv.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/table.h"
#include "tests/unit/check.h"

enum { SERIAL, FEW, MANY, RATIO, WHEN, LASTED_US, LASTED_S, LASTED_MS, WORD, NAME, HOST, SAME, NONE, COLUMNS };

static const struct table_column columns[COLUMNS] = {
	{"serial", TABLE_INT, 0},     {"few", TABLE_INT, 0},        {"many", TABLE_INT, 0},
	{"ratio", TABLE_REAL, 6},     {"when", TABLE_TIME, 9},      {"lasted_us", TABLE_NANOS, 3},
	{"lasted_s", TABLE_NANOS, 9}, {"lasted_ms", TABLE_NANOS, 1}, {"word", TABLE_TEXT, 0},
	{"name", TABLE_FOREIGN, 0},   {"host", TABLE_ADDRESS, 0},   {"same", TABLE_FOREIGN, 0},
	{"none", TABLE_TIME, 9},
};
static const struct table_schema schema = {"things", 200, COLUMNS, columns};

static const char *const texts[] = {
	"a", "a,b", "\"", "=1+1", "abcd", " blank", "blank ", "two\nlines", "\x1b[31m", "\xff\xfe", "\xe2\x82\xac",
	"'", "-", "exactly thirty-two bytes of text", "a text of more bytes than are copied at once, and then some",
};
#define TEXTS (sizeof texts / sizeof texts[0])

static const int64_t times[] = {
	INT64_MIN + 1, INT64_MAX, 0, -1, 1, 999999999, 1000000000, -1000000000, -1000000001,
	1709251199999999999, 1709251200000000000,
};
#define TIMES (sizeof times / sizeof times[0])

static char folder[] = "/tmp/crosstap-csv-XXXXXX";
static char path[64];
static struct error err;

#define MUST(call) CHECK_INT((call), STATUS_OK)

/* Any 32 bits, the same in each run. */
static uint32_t any(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 4;
}

static void set_row(struct table_writer *writer, uint32_t i, uint32_t *state)
{
	static const uint8_t host[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};
	int64_t time = any(state) % 3 ? 1700000000000000000 + (int64_t)i * 7654321 : times[any(state) % TIMES];
	double ratio = any(state) % 5 ? any(state) % 4 / 8.0 : -0.0;

	table_set_int(writer, SERIAL, i);
	table_set_text(writer, SAME, "=same");
	if (any(state) % 4)
		table_set_int(writer, FEW, any(state) % 12);
	table_set_int(writer, MANY, (int64_t)((uint64_t)any(state) << 40 ^ (uint64_t)any(state) << 12));
	table_set_real(writer, RATIO, any(state) % 7 ? ratio : NAN);
	table_set_int(writer, WHEN, any(state) % 9 ? time : TABLE_INT_UNKNOWN);
	table_set_int(writer, LASTED_US, any(state) % 9 ? time : TABLE_INT_UNKNOWN);
	table_set_int(writer, LASTED_S, -time);
	table_set_int(writer, LASTED_MS, (int64_t)any(state) - 5000000);
	table_set_text(writer, WORD, any(state) % 6 ? texts[any(state) % TEXTS] : NULL);
	table_set_text(writer, NAME, any(state) % 6 ? texts[any(state) % TEXTS] : NULL);
	if (any(state) % 6) /* "abcd" is a text and an address */
		table_set_bytes(writer, HOST, any(state) % 2 ? (const void *)"abcd" : host,
				any(state) % 2 ? 4 : any(state) % 2 ? 16 : 5);
}

static struct store *make_store(uint32_t rows)
{
	static const uint64_t seed = 1;
	struct table_writer *writer;
	struct store *store = NULL;
	uint32_t generation, i, state = rows;

	unlink(path);
	MUST(store_open(&store, path, STORE_CREATE, true, &seed, &err));
	MUST(table_generation_new(store, &generation, &err));
	MUST(table_begin(store, generation, &schema, &writer, &err));
	for (i = 0; i < rows; i++) {
		set_row(writer, i, &state);
		MUST(table_row(writer, &err));
	}
	MUST(table_finish(&writer, &err));
	MUST(table_generation_commit(store, generation, &err));
	return store;
}

/* Rows that say nothing of their table. */
struct plain {
	struct rows rows;
	struct rows *table;
};

static enum status plain_next(struct rows *rows, bool *more, struct error *failed)
{
	return rows_next(((struct plain *)rows)->table, more, failed);
}

static const struct cell *plain_cells(const struct rows *rows)
{
	return rows_cells(((const struct plain *)rows)->table);
}

static void plain_close(struct rows *rows)
{
	(void)rows;
}

static char *write_rows(struct store_txn *txn, bool by_cells, size_t *size)
{
	static const struct rows_type type = {.next = plain_next, .cells = plain_cells, .close = plain_close};
	struct output output = {.stream = NULL};
	struct plain plain;
	struct rows *rows;
	char *text = NULL;

	output.stream = open_memstream(&text, size);
	MUST(rows_open_table(&rows, txn, &schema, &err));
	CHECK(rows_table(rows) != NULL);
	plain = (struct plain){{&type, &schema, rows->total, 1}, rows};
	MUST(csv_write_rows(&output, by_cells ? &plain.rows : rows, NULL, &err));
	rows_close(&rows);
	fclose(output.stream);
	return text;
}

static void check_rows(uint32_t rows)
{
	struct store *store = make_store(rows);
	struct store_txn *txn = NULL;
	size_t by_columns, by_cells, lines = 0, i;
	char *got, *wanted;

	MUST(store_begin(store, false, &txn, &err));
	got = write_rows(txn, false, &by_columns);
	wanted = write_rows(txn, true, &by_cells);
	CHECK_INT(by_columns, by_cells);
	CHECK(by_columns == by_cells && memcmp(got, wanted, by_cells) == 0);
	for (i = 0; i < by_cells; i++)
		lines += wanted[i] == '\n';
	CHECK(lines >= rows + 1u);
	free(got);
	free(wanted);
	store_abort(&txn);
	store_close(&store);
}

/* Two readers side by side: one takes all cells, the other asks for most of them now and then. */
static void test_wanted(void)
{
	struct store *store = make_store(TABLE_BLOCK_ROWS + 100);
	struct store_txn *txn = NULL;
	struct rows *all, *some;
	uint32_t i, filled = 0;
	bool more = true;

	MUST(store_begin(store, false, &txn, &err));
	MUST(rows_open_table(&all, txn, &schema, &err));
	MUST(rows_open_table(&some, txn, &schema, &err));
	rows_want(some, 1 << SERIAL);
	for (i = 0; more; i++) {
		const struct cell *wanted, *got;

		MUST(rows_next(all, &more, &err));
		MUST(rows_next(some, &more, &err));
		if (!more)
			break;
		wanted = rows_cells(all);
		got = rows_cells(some);
		CHECK_INT(got[SERIAL].number, i);
		if (i % 97 > 1)
			continue;
		rows_fill(some);
		filled++;
		CHECK_INT(got[MANY].number, wanted[MANY].number);
		CHECK_INT(got[WHEN].known, wanted[WHEN].known);
		CHECK_TEXT(got[NAME].text, wanted[NAME].text);
		CHECK_INT(got[HOST].size, wanted[HOST].size);
	}
	CHECK_INT(i, TABLE_BLOCK_ROWS + 100);
	CHECK(filled > 80);
	rows_close(&all);
	rows_close(&some);
	store_abort(&txn);
	store_close(&store);
	check_case("who wants few rows asks for one column, and gets the others of those");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 2;
	snprintf(path, sizeof path, "%s/a.ct", folder);
	check_rows(0);
	check_rows(1);
	check_rows(2);
	check_case("few rows, whose columns say the same throughout");
	check_rows(3 * TABLE_BLOCK_ROWS + 5);
	check_case("many rows of any values");
	test_wanted();
	unlink(path);
	snprintf(path, sizeof path, "%s/a.ct-lock", folder);
	unlink(path);
	return rmdir(folder) < 0 ? 2 : check_exit();
}
