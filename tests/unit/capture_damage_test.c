/* A capture whose values in the store were damaged, or chosen by somebody else. */
#include "collect/capture.h"

#include "tests/unit/capture_sample.h"

/* Reads all that there is of all captures. */
static enum status read_all(struct store *store)
{
	struct capture *list = NULL;
	struct store_txn *txn = NULL;
	uint32_t count = 0, i, b, d, size;
	volatile uint64_t sum = 0;
	enum status status = store_begin(store, false, &txn, &err);

	if (!status)
		status = capture_list(txn, &list, &count, &err);
	for (i = 0; !status && i < count; i++) {
		struct capture_entries entries;
		struct capture_flow *flows = NULL;
		struct capture_drop *drops = NULL;
		struct record_chunk chunk;

		CHECK(list[i].point < CAPTURE_POINTS_MAX);
		CHECK(list[i].records <= UINT32_MAX);
		for (b = 0; !status && b < capture_blocks(&list[i]); b++) {
			status = capture_block(txn, &list[i], b, &chunk, &err);
			for (d = 0; !status && d < RECORD_COLUMNS; d++)
				sum += (uint64_t)column_get(&chunk.column[d], chunk.rows - 1);
		}
		if (!status)
			status = capture_flows(txn, &list[i], &flows, &err);
		for (b = 0; !status && b < list[i].flows; b++)
			sum += flows[b].generation;
		if (!status)
			status = capture_drops(txn, &list[i], &drops, &err);
		for (b = 0; !status && b < list[i].drop_places; b++)
			sum += drops[b].packets;
		for (d = 0; !status && d < 2; d++) {
			status = capture_entries_open(txn, &list[i], d, &entries, &err);
			for (b = 0; !status && b < entries.count; b++) {
				const uint8_t *entry = capture_entry(&entries, b, &size);

				sum += size ? entry[size - 1] : 0;
			}
			capture_entries_close(&entries);
		}
		free(flows);
		free(drops);
	}
	free(list);
	store_abort(&txn);
	return status;
}

static struct store *store_to_damage(void)
{
	struct store *store = sample_new();
	struct record_block *block = malloc(sizeof *block);
	struct capture capture = named("only");
	struct capture_writer *writer = NULL;
	uint32_t i;
	bool known;

	MUST(capture_begin(store, 2, &writer, &err));
	fill_block(block, 1, 0, 5);
	MUST(capture_put_block(writer, block, &err));
	for (i = 0; i < 4; i++) {
		struct capture_flow flow = flow_of(i);

		MUST(capture_put_flows(writer, &flow, 1, &err));
		MUST(capture_put_entry(writer, CAPTURE_LINKS, (const uint8_t *)"link", i, &err));
		MUST(capture_put_entry(writer, CAPTURE_OPTIONS, (const uint8_t *)"opts", i, &err));
		MUST(capture_put_drop(writer, (struct capture_drop){i, i}, &err));
	}
	MUST(capture_finish(&writer, &capture, &known, &err));
	free(block);
	return store;
}

static void test_damage(void)
{
	static const struct {
		char kind;
		uint32_t b;
		const char *says;
		size_t since[2]; /* bytes at its end that stores of before do not have */
	} values[] = {
		{'C', 0, "row of capture 0", {24, 16}},
		{'R', 0, "records of capture 0 (only)", {0}},
		{'F', 0, "flows of capture 0 (only)", {0}},
		{'D', 0, "dictionary of capture 0 (only)", {0}},
		{'D', 1, "dictionary of capture 0 (only)", {0}},
		{'D', 2, "drop places of capture 0 (only)", {0}},
	};
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	struct store *store = store_to_damage();
	size_t v, at, m, size;

	for (v = 0; v < sizeof values / sizeof values[0]; v++) {
		uint8_t *bytes = sample_get(store, values[v].kind, 0, values[v].b, &size);

		for (at = 0; bytes && at < size; at++) {
			bool before = values[v].since[0] && (at == size - values[v].since[0] ||
							     at == size - values[v].since[1]);

			sample_put(store, values[v].kind, 0, values[v].b, bytes, at);
			CHECK_INT(read_all(store), before ? STATUS_OK : STATUS_INPUT);
			CHECK(before || (said(values[v].says) && said(path)));
			for (m = 0; m < 3; m++) {
				enum status status;

				bytes[at] ^= masks[m];
				sample_put(store, values[v].kind, 0, values[v].b, bytes, size);
				status = read_all(store);
				CHECK(status == STATUS_OK || status == STATUS_INPUT);
				bytes[at] ^= masks[m];
			}
		}
		sample_put(store, values[v].kind, 0, values[v].b, bytes, size);
		MUST(read_all(store));
		free(bytes);
	}
	store_close(&store);
	check_case("every byte of a capture may be wrong or missing: an error, or other values");
}

/* Numbers of the row that promise too much; found by their value. */
static void test_promises(void)
{
	static const struct {
		uint64_t number, instead;
		const char *says;
	} rows[] = {
		{5000, UINT32_MAX, "number of records"},
		{5000, (uint64_t)UINT32_MAX + 1, "row of capture 0"},
		{5000, UINT64_MAX, "row of capture 0"},
		{40, CAPTURE_FLOWS_MAX, "flows"},
		{40, CAPTURE_FLOWS_MAX + 1u, "row of capture 0"},
		{40, 39, "flows"},
		{51, UINT32_MAX, "dictionary"},
		{52, UINT64_MAX, "row of capture 0"},
		{53, CAPTURE_DROPS_MAX, "drop places"},
		{53, CAPTURE_DROPS_MAX + 1, "row of capture 0"},
		{63, 64, "row of capture 0"}, /* the point */
	};
	struct record_block *block = malloc(sizeof *block);
	struct store *store = sample_new();
	struct capture_writer *writer = NULL;
	struct capture capture = named("x");
	size_t i, at, size;
	uint8_t *bytes;
	bool known;

	MUST(capture_begin(store, 63, &writer, &err));
	fill_block(block, 1, 0, 5000);
	MUST(capture_put_block(writer, block, &err));
	for (i = 0; i < 53; i++) {
		struct capture_flow flow = flow_of((uint32_t)i);

		if (i < 40)
			MUST(capture_put_flows(writer, &flow, 1, &err));
		if (i < 51)
			MUST(capture_put_entry(writer, CAPTURE_LINKS, NULL, 0, &err));
		if (i < 52)
			MUST(capture_put_entry(writer, CAPTURE_OPTIONS, NULL, 0, &err));
		MUST(capture_put_drop(writer, (struct capture_drop){0, 0}, &err));
	}
	MUST(capture_finish(&writer, &capture, &known, &err));
	bytes = sample_get(store, 'C', 0, 0, &size);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (at = size - 8; at > 0; at--)
			if (memcmp(bytes + at, &rows[i].number, 8) == 0)
				break;
		memcpy(bytes + at, &rows[i].instead, 8);
		sample_put(store, 'C', 0, 0, bytes, size);
		CHECK_INT(read_all(store), STATUS_INPUT);
		CHECK(said(rows[i].says));
		memcpy(bytes + at, &rows[i].number, 8);
	}
	sample_put(store, 'C', 0, 0, bytes, size);
	MUST(read_all(store));
	check_case("a row that promises more than there is, is damage");

	sample_put(store, 'C', UINT32_MAX, 0, bytes, size);
	CHECK_INT(captures_in(store), 2);
	CHECK_INT(read_all(store), STATUS_INPUT); /* it has no records */
	free(bytes);
	free(block);
	store_close(&store);
	check_case("a capture with the greatest number ends the list");
}

static void test_numbers(void)
{
	struct store *store = store_with_one();
	struct capture_writer *writer = NULL;
	struct store_header header;
	struct store_txn *txn = NULL;

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_header_get(txn, &header, &err));
	CHECK_INT(header.captures, 1);
	header.captures = 0;
	MUST(store_header_put(txn, &header, &err));
	MUST(store_commit(&txn, &err));
	CHECK_INT(capture_begin(store, 0, &writer, &err), STATUS_INPUT);
	CHECK(said("capture 0 is there already"));
	CHECK(!writer);
	CHECK_INT(captures_in(store), 1);
	MUST(store_begin(store, true, &txn, &err));
	header.captures = UINT32_MAX;
	MUST(store_header_put(txn, &header, &err));
	MUST(store_commit(&txn, &err));
	CHECK_INT(capture_begin(store, 0, &writer, &err), STATUS_SYSTEM);
	CHECK(said("no number left"));
	sample_put(store, 'I', UINT32_MAX, 0, "", 1); /* sweeping comes to an end there */
	CHECK_INT(capture_begin(store, 0, &writer, &err), STATUS_SYSTEM);
	sample_put(store, 'P', 0, 0, "short", 5);
	MUST(store_begin(store, true, &txn, &err));
	header.points = UINT32_MAX;
	MUST(store_header_put(txn, &header, &err));
	MUST(store_commit(&txn, &err));
	CHECK_INT(capture_point_add(store, "new", &header.points, &err), STATUS_INPUT);
	CHECK(said("name of point 0"));
	sample_put(store, 'P', 0, 0, "\1\0\0\0\0\0\0\0x", 9);
	CHECK_INT(capture_point_add(store, "new", &header.points, &err), STATUS_INPUT);
	CHECK(said("no point 1"));
	store_close(&store);
	check_case("a header's counts that are wrong overwrite nothing");
}

int main(void)
{
	sample_begin();
	test_damage();
	test_promises();
	test_numbers();
	sample_end();
	return check_exit();
}
