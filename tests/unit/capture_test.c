/* Captures in the store: what goes in comes out, whole or not at all. */
#include "collect/capture.h"

#include "tests/unit/capture_sample.h"

#define FLOWS_BLOCK 16384u /* flows of a stored block */

/* ---- points ---- */

static void test_points(void)
{
	char name[CAPTURE_NAME_MAX], longest[CAPTURE_NAME_MAX + 1], cut[4];
	struct store *store = sample_new();
	struct store_txn *txn = NULL;
	uint32_t point = 99, i;

	MUST(capture_point_add(store, "client", &point, &err));
	CHECK_INT(point, 0);
	MUST(capture_point_add(store, "fw-in", &point, &err));
	CHECK_INT(point, 1);
	MUST(capture_point_add(store, "client", &point, &err));
	CHECK_INT(point, 0);
	memset(longest, 'x', sizeof longest);
	longest[CAPTURE_NAME_MAX - 1] = '\0';
	MUST(capture_point_add(store, longest, &point, &err));
	CHECK_INT(point, 2);
	MUST(capture_point_add(store, longest, &point, &err));
	CHECK_INT(point, 2);
	longest[CAPTURE_NAME_MAX - 1] = 'x';
	longest[CAPTURE_NAME_MAX] = '\0';
	CHECK_INT(capture_point_add(store, longest, &point, &err), STATUS_USAGE);
	CHECK(said("63 bytes"));
	MUST(store_begin(store, false, &txn, &err));
	MUST(capture_point_name(txn, 1, name, sizeof name, &err));
	CHECK_TEXT(name, "fw-in");
	MUST(capture_point_name(txn, 1, cut, sizeof cut, &err));
	CHECK_TEXT(cut, "fw-");
	MUST(capture_point_name(txn, 2, name, sizeof name, &err));
	CHECK_INT(strlen(name), CAPTURE_NAME_MAX - 1);
	CHECK_INT(capture_point_name(txn, 3, name, sizeof name, &err), STATUS_INPUT);
	CHECK(said("the store has no point 3"));
	store_abort(&txn);
	check_case("points are numbered as they come, and each name is one point");

	for (i = 3; i < CAPTURE_POINTS_MAX; i++) {
		snprintf(name, sizeof name, "p%u", i);
		MUST(capture_point_add(store, name, &point, &err));
		CHECK_INT(point, i);
	}
	CHECK_INT(capture_point_add(store, "one more", &point, &err), STATUS_INPUT);
	CHECK(said("more than 64 points"));
	MUST(capture_point_add(store, "p63", &point, &err));
	CHECK_INT(point, 63);
	CHECK_INT(sample_count(store, 'P'), 64);
	store_close(&store);
	check_case("a store has 64 points at the most");
}

/* ---- the row ---- */

static void test_row(void)
{
	static struct capture in = {
		.file = "ring\xff-00001.pcap",
		.interface = "eth0",
		.filter = "tcp and port 443",
		.start_ns = INT64_MIN,
		.end_ns = 1700000000123456789,
		.format = "pcapng",
		.link_types = "Ethernet, raw IP",
		.bytes = (uint64_t)5 << 40,
		.packets = 1000,
		.filtered = 3,
		.kinds = {1, 2, 3, 4, 5, 6},
		.truncated = 11,
		.short_prefixes = 12,
		.backwards = 13,
		.first_ns = -5,
		.last_ns = INT64_MAX,
		.snaplen = 262144,
		.drops_known = true,
		.drops = UINT64_MAX,
		.damaged = true,
		.damage_offset = 77,
		.damage = "a block of 7 bytes",
		.path = "../captures of monday/ring\xff-00001.pcap",
	};
	static struct capture plain;
	struct capture *list;
	struct store *store = sample_new();
	struct capture_writer *writer = NULL;
	uint32_t count, i;
	bool known = true;

	for (i = 0; i < sizeof in.sha256; i++)
		in.sha256[i] = (uint8_t)(i * 9);
	MUST(capture_begin(store, 3, &writer, &err));
	MUST(capture_put_entry(writer, CAPTURE_LINKS, (const uint8_t *)"a", 1, &err));
	MUST(capture_put_entry(writer, CAPTURE_LINKS, NULL, 0, &err));
	MUST(capture_put_entry(writer, CAPTURE_OPTIONS, (const uint8_t *)"bcd", 3, &err));
	MUST(capture_put_drop(writer, (struct capture_drop){-9, 4}, &err));
	MUST(capture_finish(&writer, &in, &known, &err));
	CHECK(!writer && !known);
	MUST(capture_begin(store, 0, &writer, &err));
	MUST(capture_finish(&writer, &plain, &known, &err));
	store_close(&store);
	store = sample_open(STORE_READ);
	list = list_of(store, &count);
	CHECK_INT(count, 2);
	if (count == 2) {
		CHECK_INT(list[0].number, 0);
		CHECK_INT(list[0].point, 3);
		CHECK_INT(list[0].links, 2);
		CHECK_INT(list[0].options, 1);
		CHECK_INT(list[0].drop_places, 1);
		CHECK_INT(list[0].flows, 0);
		CHECK_INT(list[0].records, 0);
		/* The writer has filled the rest of `in` in; so all must be the same. */
		CHECK_TEXT(list[0].file, "ring\xff-00001.pcap");
		CHECK_TEXT(list[0].filter, "tcp and port 443");
		CHECK_TEXT(list[0].damage, "a block of 7 bytes");
		CHECK_INT(list[0].first_ns, -5);
		CHECK(memcmp(&list[0], &in, sizeof in) == 0);
		CHECK_INT(list[1].number, 1);
		CHECK(memcmp(&list[1], &plain, sizeof plain) == 0);
	}
	free(list);
	store_close(&store);
	check_case("what is known of a capture comes back to the last field");
}

/* ---- contents ---- */

static void test_records(void)
{
	static const uint32_t sizes[] = {0, 1, RECORD_BLOCK_ROWS - 1, RECORD_BLOCK_ROWS,
					 RECORD_BLOCK_ROWS + 1, 40 * RECORD_BLOCK_ROWS + 17};
	struct store *store = sample_new();
	struct store_txn *txn = NULL;
	struct record_chunk chunk;
	struct capture *list;
	uint32_t count, i;
	bool known;

	for (i = 0; i < 6; i++) {
		struct capture capture = named((char[]){(char)('a' + i), '\0'});

		MUST(write_records(store, 0, i, sizes[i], &capture, &known, &err));
		CHECK(!known);
		CHECK_INT(capture.records, sizes[i]);
	}
	list = list_of(store, &count);
	CHECK_INT(count, 6);
	for (i = 0; i < count; i++) {
		CHECK_INT(list[i].records, sizes[i]);
		CHECK_INT(capture_blocks(&list[i]),
			  (sizes[i] + RECORD_BLOCK_ROWS - 1) / RECORD_BLOCK_ROWS);
		CHECK_INT(wrong_records(store, &list[i], i), 0);
	}
	MUST(store_begin(store, false, &txn, &err));
	for (i = 0; i < count; i++)
		CHECK_INT(capture_block(txn, &list[i], capture_blocks(&list[i]), &chunk, &err),
			  STATUS_INPUT);
	CHECK_INT(capture_block(txn, &list[0], UINT32_MAX, &chunk, &err), STATUS_INPUT);
	store_abort(&txn);
	free(list);
	store_close(&store);
	check_case("records come back, over all block edges and several transactions");
}

static void test_short_block(void)
{
	struct record_block *block = malloc(sizeof *block);
	struct store *store = sample_new();
	struct capture_writer *writer = NULL;

	MUST(capture_begin(store, 0, &writer, &err));
	fill_block(block, 1, 0, 0);
	MUST(capture_put_block(writer, block, &err));
	fill_block(block, 1, 0, 100);
	MUST(capture_put_block(writer, block, &err));
	block->rows = 0;
	MUST(capture_put_block(writer, block, &err));
	block->rows = 1;
	CHECK_INT(capture_put_block(writer, block, &err), STATUS_SYSTEM);
	capture_abort(&writer);
	CHECK(!writer);
	capture_abort(&writer);
	CHECK_INT(sample_count(store, 0), 1);
	store_close(&store);
	free(block);
	check_case("only the last block may be short");
}

static void test_flows(void)
{
	static const uint32_t sizes[] = {0, 1, FLOWS_BLOCK - 1, FLOWS_BLOCK, FLOWS_BLOCK + 1,
					 700000};
	struct capture_flow *flows = malloc(700000 * sizeof *flows);
	struct store *store = sample_new();
	struct capture_writer *writer = NULL;
	uint32_t i, s, count;
	struct capture *list;
	bool known;

	for (i = 0; i < 700000; i++)
		flows[i] = flow_of(i);
	for (s = 0; s < 6; s++) {
		struct capture capture = named((char[]){(char)('a' + s), '\0'});

		MUST(capture_begin(store, 0, &writer, &err));
		for (i = 0; i < sizes[s]; i += 1000) /* in pieces */
			MUST(capture_put_flows(writer, flows + i,
					       sizes[s] - i < 1000 ? sizes[s] - i : 1000, &err));
		MUST(capture_finish(&writer, &capture, &known, &err));
		CHECK_INT(capture.flows, sizes[s]);
	}
	list = list_of(store, &count);
	CHECK_INT(count, 6);
	for (s = 0; s < count; s++) {
		struct capture_flow *got = NULL;
		struct store_txn *txn = NULL;
		uint32_t wrong = 0;

		MUST(store_begin(store, false, &txn, &err));
		MUST(capture_flows(txn, &list[s], &got, &err));
		for (i = 0; got && i < sizes[s]; i++) {
			const struct capture_flow *a = &got[i], *b = &flows[i];

			wrong += a->version != b->version || a->proto != b->proto ||
				 a->a_port != b->a_port || a->b_port != b->b_port ||
				 memcmp(a->a, b->a, 16) || memcmp(a->b, b->b, 16) ||
				 a->generation != b->generation;
		}
		CHECK_INT(wrong, 0);
		free(got);
		store_abort(&txn);
	}
	free(list);
	free(flows);
	store_close(&store);
	check_case("flows come back, over all block edges and several transactions");
}

static void test_entries(void)
{
	static uint8_t bytes[UINT16_MAX + 1 + 9];
	static const uint32_t sizes[] = {0, 1, 40, 96, 255, 256, UINT16_MAX, 0, 7};
	struct store *store = sample_new();
	struct capture_writer *writer = NULL;
	struct capture capture = named("a");
	struct capture_entries entries;
	struct store_txn *txn = NULL;
	uint32_t i, size, n = sizeof sizes / sizeof sizes[0];
	bool known;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i >> 5);
	MUST(capture_begin(store, 0, &writer, &err));
	for (i = 0; i < n; i++)
		MUST(capture_put_entry(writer, CAPTURE_OPTIONS, bytes + i, sizes[i], &err));
	CHECK_INT(capture_put_entry(writer, CAPTURE_OPTIONS, bytes, UINT16_MAX + 1, &err),
		  STATUS_INPUT);
	MUST(capture_finish(&writer, &capture, &known, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(capture_entries_open(txn, &capture, CAPTURE_OPTIONS, &entries, &err));
	CHECK_INT(entries.count, n);
	for (i = 0; i < entries.count; i++) {
		const uint8_t *entry = capture_entry(&entries, i, &size);

		CHECK_INT(size, sizes[i]);
		CHECK(memcmp(entry, bytes + i, size) == 0);
	}
	capture_entries_close(&entries);
	MUST(capture_entries_open(txn, &capture, CAPTURE_LINKS, &entries, &err));
	CHECK_INT(entries.count, 0);
	capture_entries_close(&entries);
	capture_entries_close(&entries);
	store_abort(&txn);
	store_close(&store);
	check_case("entries of a dictionary come back, empty ones too");
}

static void test_drops(void)
{
	struct store *store = sample_new();
	struct capture_writer *writer = NULL;
	struct capture capture = named("a");
	struct capture_drop *drops = NULL;
	struct store_txn *txn = NULL;
	uint32_t i, wrong = 0;
	bool known;

	MUST(capture_begin(store, 0, &writer, &err));
	for (i = 0; i < CAPTURE_DROPS_MAX + 10; i++)
		MUST(capture_put_drop(writer, (struct capture_drop){-(int64_t)i, i * 3ull}, &err));
	MUST(capture_finish(&writer, &capture, &known, &err));
	CHECK_INT(capture.drop_places, CAPTURE_DROPS_MAX);
	MUST(store_begin(store, false, &txn, &err));
	MUST(capture_drops(txn, &capture, &drops, &err));
	for (i = 0; drops && i < CAPTURE_DROPS_MAX; i++)
		wrong += drops[i].time_ns != -(int64_t)i || drops[i].packets != i * 3ull;
	CHECK_INT(wrong, 0);
	free(drops);
	store_abort(&txn);
	store_close(&store);
	check_case("places of loss come back, the first 65536 of them");
}

/* ---- whole or not at all ---- */

static void test_known(void)
{
	static const struct {
		const char *file, *interface, *filter;
		int64_t start_ns, end_ns;
		uint32_t point;
		int known;
	} rows[] = {
		{"a", "", "", INT64_MIN, INT64_MAX, 0, 0},
		{"a", "", "", INT64_MIN, INT64_MAX, 0, 1},
		{"b", "", "", INT64_MIN, INT64_MAX, 0, 0},
		{"a", "eth0", "", INT64_MIN, INT64_MAX, 0, 0},
		{"a", "", "tcp", INT64_MIN, INT64_MAX, 0, 0},
		{"a", "", "", 5, INT64_MAX, 0, 0},
		{"a", "", "", INT64_MIN, 5, 0, 0},
		{"a", "", "", INT64_MIN, INT64_MAX, 1, 0},
		{"a", "eth0", "", INT64_MIN, INT64_MAX, 0, 1},
		{"a", "", "", INT64_MIN, INT64_MAX, 1, 1},
		{"b", "", "", INT64_MIN, INT64_MAX, 0, 1},
	};
	struct store *store = sample_new();
	uint32_t rounds, before, i, count = 0;

	for (rounds = 0; rounds < 2; rounds++) {
		/* Then with so many records that some are in the store when it turns out. */
		uint32_t records = rounds ? 40 * RECORD_BLOCK_ROWS : 100;

		for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			struct capture capture = named(rows[i].file);
			bool known = !rows[i].known;

			if (rounds && !rows[i].known)
				continue;
			snprintf(capture.interface, sizeof capture.interface, "%s",
				 rows[i].interface);
			snprintf(capture.filter, sizeof capture.filter, "%s", rows[i].filter);
			capture.start_ns = rows[i].start_ns;
			capture.end_ns = rows[i].end_ns;
			before = sample_count(store, 0);
			MUST(write_records(store, rows[i].point, i, records, &capture, &known,
					   &err));
			CHECK_INT(known, rows[i].known);
			count += !known;
			CHECK_INT(captures_in(store), count);
			if (known)
				CHECK_INT(sample_count(store, 0), before);
		}
	}
	store_close(&store);
	check_case("the same bytes, point and selection again are known, and leave nothing");
}

static void test_abort(void)
{
	struct record_block *block = malloc(sizeof *block);
	struct store *store = sample_new();
	struct capture_writer *writer = NULL;
	struct capture capture = named("a");
	uint32_t before, i;
	bool known;

	MUST(write_records(store, 0, 1, 20000, &capture, &known, &err));
	before = sample_count(store, 0);
	MUST(capture_begin(store, 0, &writer, &err));
	CHECK_INT(sample_count(store, 'I'), 1);
	for (i = 0; i < 40; i++) {
		struct capture_flow flow = flow_of(i);

		fill_block(block, i, 0, RECORD_BLOCK_ROWS);
		MUST(capture_put_block(writer, block, &err));
		MUST(capture_put_flows(writer, &flow, 1, &err));
	}
	CHECK(sample_count(store, 'R') > 2); /* some are there, under no name */
	CHECK_INT(captures_in(store), 1);
	capture_abort(&writer);
	CHECK(!writer);
	CHECK_INT(sample_count(store, 0), before);
	CHECK_INT(captures_in(store), 1);
	store_close(&store);
	free(block);
	check_case("a capture that is given up leaves nothing");
}

static void test_reader(void)
{
	struct store *store = sample_new();
	struct capture first = named("a"), second = named("b"), *list = NULL;
	struct store_txn *txn = NULL;
	uint32_t count;
	bool known;

	MUST(write_records(store, 0, 1, 30000, &first, &known, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(write_records(store, 1, 2, 40 * RECORD_BLOCK_ROWS, &second, &known, &err));
	MUST(capture_list(txn, &list, &count, &err));
	CHECK_INT(count, 1);
	free(list);
	store_abort(&txn);
	CHECK_INT(captures_in(store), 2);
	CHECK_INT(wrong_records(store, &first, 1), 0);
	CHECK_INT(wrong_records(store, &second, 2), 0);
	store_close(&store);
	check_case("a reader sees the captures that were there when it began");
}

int main(void)
{
	sample_begin();
	test_points();
	test_row();
	test_records();
	test_short_block();
	test_flows();
	test_entries();
	test_drops();
	test_known();
	test_abort();
	test_reader();
	sample_end();
	return check_exit();
}
