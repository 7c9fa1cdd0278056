/* Tables of results as a store gives them back, written out as CSV and JSON: any bytes are rows or are refused.
 * The first bytes say which table and how many rows it claims; the rest is a block of it. */
#include "collect/table_block.h"
#include "collect/buffer.h"
#include "correlate/results.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/rows.h"
#include "report/writer.h"
#include "tests/fuzz/store_memory.h"

static const struct table_column columns[] = {
	{"number", TABLE_INT, 0}, {"ratio", TABLE_REAL, 6}, {"when", TABLE_TIME, 9}, {"lasted_us", TABLE_NANOS, 3},
	{"word", TABLE_TEXT, 0},  {"name", TABLE_FOREIGN, 0}, {"host", TABLE_ADDRESS, 0},
};
static const struct table_schema every = {"every", 200, 7, columns};
static const struct table_schema *const schemas[] = {&every, &results_hops, &results_sessions, &results_drops};

static enum status take(void *context, const char *text, size_t bytes, uint64_t rows, struct error *err)
{
	static volatile uint32_t sum;

	for (size_t i = 0; i < bytes; i++)
		sum += (uint8_t)text[i];
	return STATUS_OK;
}

/* Row by row, or column by column where the format has that. */
static void write_out(struct store_txn *txn, const struct table_schema *schema, const struct writer_format *format)
{
	struct writer writer = {.format = format, .put = take};
	struct rows *rows = NULL;
	struct error err = {0};
	uint64_t written;

	if (rows_open_table(&rows, txn, schema, &err)) {
		FUZZ_HOLDS(err.status == STATUS_INPUT && err.text[0]);
		return;
	}
	if (writer_open(&writer, &err))
		abort();
	if (writer_part(&writer, rows, 0, &written, &err))
		FUZZ_HOLDS(err.status == STATUS_INPUT && err.text[0]);
	writer_close(&writer);
	rows_close(&rows);
}

static void write_json(struct store_txn *txn, const struct table_schema *schema)
{
	static struct output nowhere;
	struct rows *rows = NULL;
	struct error err = {0};

	if (!nowhere.stream && !(nowhere.stream = fopen("/dev/null", "w")))
		abort();
	if (rows_open_table(&rows, txn, schema, &err))
		return;
	if (json_write_rows(&nowhere, rows, NULL, &err))
		FUZZ_HOLDS(err.status == STATUS_INPUT && err.text[0]);
	rows_close(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct store *store;
	struct fuzz in = {bytes, size};
	const struct table_schema *schema = schemas[fuzz_number(&in, 1) % (sizeof schemas / sizeof *schemas)];
	uint64_t rows = fuzz_number(&in, 2);
	uint8_t room[24];
	struct buffer tail = buffer_fixed(room, sizeof room);
	struct store_txn *txn;
	struct error err;

	if (!store)
		store = store_memory_open();
	if (store_begin(store, true, &txn, &err))
		abort();
	buffer_put_number(&tail, schema->columns);
	buffer_put_number(&tail, 1);
	buffer_put_number(&tail, rows);
	store_memory_put(txn, 'T', 1 << 8 | schema->number, TABLE_TAIL, room, tail.size);
	store_memory_put(txn, 'T', 1 << 8 | schema->number, 0, in.at, in.left);
	write_out(txn, schema, &csv_format);
	write_json(txn, schema);
	store_abort(&txn);
	return 0;
}
