/* The set of files: made by several workers, and nobody can tell. */
#include "report/set.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collect/table.h"
#include "correlate/results.h"
#include "report/csv.h"
#include "report/sheet.h"
#include "tests/unit/check.h"

#define ROWS (5 * TABLE_BLOCK_ROWS + 17) /* of session_points: six parts */

static char folder[] = "/tmp/crosstap-set-XXXXXX";
static char path[64], out[64];
static struct error err;

#define MUST(call) CHECK_INT((call), STATUS_OK)

/* With `rows` sessions' points; the other tables are empty. Long texts make the text of a
 * part longer than what is written at once. */
static struct store *make_store(uint32_t rows, bool long_texts, uint32_t *generation)
{
	static char text[TABLE_TEXT_MAX];
	static const uint64_t seed = 1;
	struct store *store = NULL;
	const struct sheet *sheet;
	size_t s;
	uint32_t i;

	memset(text, ',', sizeof text - 1);
	unlink(path);
	MUST(store_open(&store, path, STORE_CREATE, true, &seed, &err));
	MUST(table_generation_new(store, generation, &err));
	for (s = 0; (sheet = sheet_at(s)); s++) {
		struct table_writer *writer;

		if (!sheet->schema->number) /* the manifest is no table */
			continue;
		MUST(table_begin(store, *generation, sheet->schema, &writer, &err));
		for (i = 0; sheet->schema == &results_session_points && i < rows; i++) {
			table_set_int(writer, SESSION_POINTS_SESSION, i);
			table_set_text(writer, SESSION_POINTS_POINT, i % 2 ? "a,b" : "c");
			table_set_text(writer, SESSION_POINTS_STATE,
				       long_texts && i % 4 == 0 ? text : NULL);
			MUST(table_row(writer, &err));
		}
		MUST(table_finish(&writer, &err));
	}
	MUST(table_generation_commit(store, *generation, &err));
	return store;
}

/* What one writer makes of a sheet; to be freed. */
static char *expected(struct store_txn *txn, const struct sheet *sheet, size_t *size)
{
	struct output output = {0};
	struct rows *rows = NULL;
	char *text = NULL;

	output.stream = open_memstream(&text, size);
	MUST(sheet_open(sheet, &rows, txn, &err));
	MUST(csv_write_rows(&output, rows, NULL, &err));
	rows_close(&rows);
	fclose(output.stream);
	return text;
}

static char *contents(const char *sheet, size_t *size)
{
	char name[160], *text = NULL;
	FILE *stream;

	snprintf(name, sizeof name, "%s/%s.csv", out, sheet);
	stream = fopen(name, "r");
	*size = 0;
	if (!stream)
		return NULL;
	fseek(stream, 0, SEEK_END);
	*size = (size_t)ftell(stream);
	rewind(stream);
	text = calloc(1, *size + 1);
	if (text)
		*size = fread(text, 1, *size, stream);
	fclose(stream);
	return text;
}

/* Removes the directory; how many files were in it, and how many of those lay aside. */
static int clear(int *aside)
{
	DIR *directory = opendir(out);
	struct dirent *entry;
	int files = 0;

	*aside = 0;
	while (directory && (entry = readdir(directory))) {
		char name[400];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		files++;
		*aside += entry->d_name[0] == '.';
		snprintf(name, sizeof name, "%s/%s", out, entry->d_name);
		unlink(name);
	}
	if (directory)
		closedir(directory);
	rmdir(out);
	return files;
}

static enum status write_set(struct store *store)
{
	struct evidence_result result = {0};
	const struct set_options options = {.result = &result};
	struct store_txn *txn = NULL;
	enum status status;

	MUST(store_begin(store, false, &txn, &err));
	status = set_write(txn, out, &options, NULL, &err);
	evidence_result_free(&result);
	store_abort(&txn);
	return status;
}

static void check_same(bool long_texts)
{
	uint32_t generation;
	struct store *store = make_store(ROWS, long_texts, &generation);
	struct store_txn *txn = NULL;
	const struct sheet *sheet;
	int aside;
	size_t s;

	MUST(write_set(store));
	MUST(store_begin(store, false, &txn, &err));
	for (s = 0; (sheet = sheet_at(s)); s++) {
		size_t wanted_bytes, bytes;
		char *wanted = expected(txn, sheet, &wanted_bytes);
		char *got = contents(sheet->schema->name, &bytes);

		if (sheet_is_last(sheet)) /* the set's own has more rows */
			bytes = wanted_bytes;

		CHECK(got != NULL);
		CHECK_INT(bytes, wanted_bytes);
		CHECK(got && bytes == wanted_bytes && memcmp(got, wanted, bytes) == 0);
		free(wanted);
		free(got);
	}
	store_abort(&txn);
	CHECK_INT(clear(&aside), s + 4); /* and summary, page, annotated capture and digests */
	CHECK_INT(aside, 0);
	store_close(&store);
}

static void test_same(void)
{
	check_same(false);
	check_same(true);
	check_case("files that several workers write have their rows in order, each once");
}

static void put(struct store *store, uint32_t a, uint32_t b, const void *bytes, size_t size)
{
	struct store_txn *txn = NULL;
	void *value;

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_put(txn, 'T', a, b, size, &value, &err));
	memcpy(value, bytes, size);
	MUST(store_commit(&txn, &err));
}

static void test_damage(void)
{
	static const uint32_t blocks[][2] = {{0, 5}, {2, 2}, {4, 1}, {5, 5}, {3, 2}};
	uint32_t generation, key;
	struct store *store;
	char words[64];
	size_t i;
	int aside;

	for (i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
		uint32_t first = blocks[i][0] < blocks[i][1] ? blocks[i][0] : blocks[i][1];

		store = make_store(ROWS, false, &generation);
		key = generation << 8 | results_session_points.number;
		put(store, key, blocks[i][0], "x", 1);
		put(store, key, blocks[i][1], "x", 1);
		CHECK_INT(write_set(store), STATUS_INPUT);
		snprintf(words, sizeof words, "table session_points, block %u", first);
		CHECK(strstr(err.text, words) != NULL);
		clear(&aside);
		CHECK_INT(aside, 0);
		store_close(&store);
	}
	check_case("of several damaged parts the first is named, and nothing lies around");
}

static void test_rows_missing(void)
{
	uint64_t tail[3] = {SESSION_POINTS_COLUMNS, 6, ROWS + 1}; /* little-endian */
	uint32_t generation;
	struct store *store = make_store(ROWS, false, &generation);
	size_t bytes;
	char *got;
	int aside;

	put(store, generation << 8 | results_session_points.number, UINT32_MAX, tail, sizeof tail);
	CHECK_INT(write_set(store), STATUS_INPUT);
	CHECK(strstr(err.text, "table session_points") != NULL);
	got = contents("session_points", &bytes);
	CHECK(!got);
	free(got);
	clear(&aside);
	CHECK_INT(aside, 0);
	store_close(&store);
	check_case("a table that lost rows is an error, and has no file");
}

static void test_full(void)
{
	struct rlimit limit, before;
	uint32_t generation;
	struct store *store = make_store(ROWS, false, &generation);
	char words[128];
	int aside;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 300000;
	setrlimit(RLIMIT_FSIZE, &limit);
	CHECK_INT(write_set(store), STATUS_SYSTEM);
	setrlimit(RLIMIT_FSIZE, &before);
	snprintf(words, sizeof words, "%s/session_points.csv: File too large", out);
	CHECK_TEXT(err.text, words);
	clear(&aside);
	CHECK_INT(aside, 0);
	store_close(&store);
	check_case("a file that does not fit is named, whoever wrote it");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 2;
	snprintf(path, sizeof path, "%s/store.ct", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	test_same();
	test_damage();
	test_rows_missing();
	test_full();
	unlink(path);
	snprintf(path, sizeof path, "%s/store.ct-lock", folder);
	unlink(path);
	rmdir(folder);
	return check_exit();
}
