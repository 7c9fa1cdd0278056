/* What a store says of captures: rows, flows, dictionaries, drops, contents, records, whatever their bytes. The
 * input is a list of values: kind, number, length, bytes. */
#include "collect/capture.h"
#include "collect/capture_words.h"
#include "collect/content_read.h"
#include "tests/fuzz/store_memory.h"

static const char kinds[] = "CFDRP";

static void read_contents(struct store_txn *txn, const struct capture *capture, struct error *err)
{
	struct content_reader reader;
	struct content_row row;
	const uint8_t *bytes;
	bool more = true;
	size_t size;

	if (capture_contents(txn, capture, &bytes, &size, err) || !bytes)
		return;
	if (!content_reader_open(&reader, bytes, size))
		return;
	while (content_reader_next(&reader, &row, &more) && more)
		FUZZ_HOLDS(fuzz_plain(row.name, row.name_bytes) && fuzz_plain(row.more, row.more_bytes));
}

static void read_entries(struct store_txn *txn, const struct capture *capture, enum capture_dictionary which,
			 struct error *err)
{
	static volatile uint32_t sum;
	struct capture_entries entries;

	if (capture_entries_open(txn, capture, which, &entries, err))
		return;
	for (uint32_t i = 0; i < entries.count; i++) {
		uint32_t size;
		const uint8_t *bytes = capture_entry(&entries, i, &size);

		for (uint32_t k = 0; k < size; k++)
			sum += bytes[k];
	}
	capture_entries_close(&entries);
}

static void read_capture(struct store_txn *txn, const struct capture *capture, struct error *err)
{
	static struct record_block block;
	struct ingest_result result = {.capture = *capture};
	struct capture_flow *flows = NULL;
	struct capture_drop *drops = NULL;
	struct record_chunk chunk;
	char line[CAPTURE_WORDS_MAX];

	if (!capture_flows(txn, capture, &flows, err))
		free(flows);
	if (!capture_drops(txn, capture, &drops, err))
		free(drops);
	read_contents(txn, capture, err);
	read_entries(txn, capture, CAPTURE_LINKS, err);
	read_entries(txn, capture, CAPTURE_OPTIONS, err);
	for (uint32_t i = 0; i < 2 && i < capture_blocks(capture); i++)
		if (!capture_block(txn, capture, i, &chunk, err))
			record_unpack(&block, &chunk);
	capture_words(line, capture->file, &result, true);
	capture_words_damage(line, capture->file, capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct store *store;
	struct fuzz in = {bytes, size};
	struct capture *captures = NULL;
	struct store_txn *txn;
	struct error err = {0};
	char name[CAPTURE_NAME_MAX];
	uint32_t count = 0;

	if (!store)
		store = store_memory_open();
	if (store_begin(store, true, &txn, &err))
		abort();
	for (int i = 0; i < 16 && in.left; i++) {
		char kind = kinds[fuzz_number(&in, 1) % (sizeof kinds - 1)];
		uint32_t b = (uint32_t)fuzz_number(&in, 1);
		size_t n = fuzz_number(&in, 2);

		n = n < in.left ? n : in.left;
		store_memory_put(txn, kind, 0, kind == 'C' ? 0 : b, in.at, n);
		in.at += n;
		in.left -= n;
	}
	if (!capture_point_name(txn, 0, name, sizeof name, &err))
		FUZZ_HOLDS(strnlen(name, sizeof name) < sizeof name);
	if (!capture_list(txn, &captures, &count, &err))
		for (uint32_t i = 0; i < count; i++)
			read_capture(txn, &captures[i], &err);
	else
		FUZZ_HOLDS(err.status == STATUS_INPUT && err.text[0]);
	free(captures);
	store_abort(&txn);
	return 0;
}
