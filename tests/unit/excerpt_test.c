/* Excerpts of captures: which records come over, under which numbers, and what is said of them. */
#include "collect/excerpt.h"

#include "collect/content_keep.h"
#include "collect/content_read.h"
#include "tests/unit/capture_sample.h"

#define ROWS 40000u              /* a millisecond each, from BEGIN on */
#define FLOWS 7u
#define BEGIN INT64_C(1700000000000000000)
#define AT(ms) (BEGIN + (int64_t)(ms)*1000000)

/* Flow 6 is of the first 100 rows only. */
static uint32_t flow_at(uint32_t row)
{
	return row < 100 ? 6 : row * 5 % 6;
}

static void put_rows(struct capture_writer *writer)
{
	struct record_block *block = calloc(1, sizeof *block);
	uint32_t at, i;

	for (at = 0; at < ROWS; at += block->rows) {
		fill_block(block, 1, at, ROWS - at < RECORD_BLOCK_ROWS ? ROWS - at : RECORD_BLOCK_ROWS);
		for (i = 0; i < block->rows; i++) {
			block->time_ns[i] = AT(at + i);
			block->flow[i] = flow_at(at + i) << 1 | ((at + i) & 1);
			block->link[i] = block->options[i] = 0;
			block->kind[i] = PACKET_IP;
		}
		MUST(capture_put_block(writer, block, &err));
	}
	free(block);
}

static void put_contents(struct capture_writer *writer)
{
	static const uint32_t records[] = {5, 15000, 35000};
	struct content_keep keep = {.count = 0};
	struct buffer packed = {0};
	uint32_t i;

	for (i = 0; i < 3; i++) {
		struct content_seen seen = {.way = flow_at(records[i]) << 1 | (records[i] & 1), .record = records[i]};

		seen.content.kind = CONTENT_RESPONSE;
		seen.content.code = (uint16_t)(200 + i);
		MUST(content_keep_add(&keep, &seen, &err));
	}
	MUST(content_keep_pack(&keep, &packed, &err));
	content_keep_free(&keep);
	capture_put_contents(writer, &packed);
}

/* The store to take from: one capture, which ran from a second before its first packet to one behind its last. */
static struct store *store_to_excerpt(void)
{
	struct capture capture = named("live");
	struct capture_writer *writer = NULL;
	struct store *store = sample_new();
	uint32_t point, i;
	bool known;

	MUST(capture_point_add(store, "other", &point, &err));
	MUST(capture_point_add(store, "fw", &point, &err));
	MUST(capture_begin(store, point, &writer, &err));
	put_rows(writer);
	for (i = 0; i < FLOWS; i++) {
		struct capture_flow flow = {.version = 4, .proto = 6, .a_port = (uint16_t)i};

		MUST(capture_put_flows(writer, &flow, 1, &err));
	}
	MUST(capture_put_entry(writer, CAPTURE_LINKS, (const uint8_t *)"", 0, &err));
	MUST(capture_put_entry(writer, CAPTURE_OPTIONS, (const uint8_t *)"", 0, &err));
	MUST(capture_put_drop(writer, (struct capture_drop){AT(9000), 1}, &err));
	MUST(capture_put_drop(writer, (struct capture_drop){AT(11000), 20}, &err));
	put_contents(writer);
	capture.packets = ROWS;
	capture.drops = 21;
	capture.first_ns = AT(0);
	capture.last_ns = AT(ROWS - 1);
	capture.ran_from_ns = AT(0) - 1000000000;
	capture.ran_until_ns = AT(ROWS) + 1000000000;
	MUST(capture_finish(&writer, &capture, &known, &err));
	return store;
}

/* The excerpt's only capture, in a store of its own at `to_path`. */
static struct store *excerpt_of(struct store *from, const char *to_path, int64_t from_ns, int64_t to_ns,
				struct excerpt_point point[CAPTURE_POINTS_MAX])
{
	const bool points[CAPTURE_POINTS_MAX] = {false, true};
	const struct excerpt_span span = {from_ns, to_ns, points};
	struct capture *list = NULL;
	struct store *to = NULL;
	struct store_txn *txn = NULL;
	uint32_t count = 0;

	unlink(to_path);
	MUST(store_open(&to, to_path, STORE_CREATE, true, &sample_seed, &err));
	MUST(store_begin(from, false, &txn, &err));
	MUST(capture_list(txn, &list, &count, &err));
	MUST(excerpt_prepare(txn, to, &err));
	MUST(excerpt_run(txn, list, count, &span, to, point, &err));
	store_abort(&txn);
	free(list);
	return to;
}

/* Rows first.. of the sample, whose flows are numbered as they come. */
static uint32_t wrong_rows(struct store_txn *txn, const struct capture *capture, uint32_t first)
{
	uint32_t wrong = 0, b, i, row = first;
	struct capture_flow *flows = NULL;
	struct record_chunk chunk;

	MUST(capture_flows(txn, capture, &flows, &err));
	for (b = 0; b < capture_blocks(capture); b++) {
		MUST(capture_block(txn, capture, b, &chunk, &err));
		for (i = 0; i < chunk.rows; i++, row++) {
			uint32_t flow = (uint32_t)column_get(&chunk.column[RECORD_FLOW], i);

			wrong += column_get(&chunk.column[RECORD_FRAME], i) != row + 1 ||
				 column_get(&chunk.column[RECORD_TIME], i) != AT(row) ||
				 (uint64_t)column_get(&chunk.column[RECORD_FP], i) != noise(1, row, 1) ||
				 (flow & 1) != (row & 1) || flows[flow >> 1].a_port != flow_at(row);
		}
	}
	free(flows);
	return wrong + (row != first + capture->records);
}

static void check_contents(struct store_txn *txn, const struct capture *capture)
{
	struct content_reader reader;
	struct content_row row;
	const uint8_t *bytes = NULL;
	size_t size = 0;
	bool more = false;

	MUST(capture_contents(txn, capture, &bytes, &size, &err));
	CHECK(bytes && content_reader_open(&reader, bytes, size));
	CHECK(content_reader_next(&reader, &row, &more) && more);
	CHECK_INT(row.code, 201);
	CHECK_INT(row.record, 5000);
	CHECK(content_reader_next(&reader, &row, &more) && !more);
	check_case("contents are those of the records that came over, by their new numbers");
}

static void test_part(struct store *from, const char *to_path)
{
	struct excerpt_point point[CAPTURE_POINTS_MAX];
	struct store *to = excerpt_of(from, to_path, AT(10000), AT(30000), point);
	struct capture *list = NULL;
	struct store_txn *txn = NULL;
	uint32_t count = 0;

	MUST(store_begin(to, false, &txn, &err));
	MUST(capture_list(txn, &list, &count, &err));
	CHECK_INT(count, 1);
	CHECK_INT(list[0].point, 1);
	CHECK_INT(list[0].records, 20000);
	CHECK_INT(list[0].packets, 20000);
	CHECK_INT(list[0].kinds[PACKET_IP], 20000);
	CHECK_INT(list[0].first_ns, AT(10000));
	CHECK_INT(list[0].last_ns, AT(29999));
	CHECK_INT(wrong_rows(txn, &list[0], 10000), 0);
	check_case("an excerpt has the records of its span, from the one time on and before the other");
	CHECK_INT(list[0].flows, 6);
	check_case("and their flows");
	CHECK_INT(point[1].packets, 20000);
	CHECK_INT(point[1].drops, 20);
	CHECK_INT(list[0].drops, 20);
	CHECK_INT(list[0].drop_places, 1);
	check_case("and what was lost there");
	CHECK_INT(list[0].ran_from_ns, AT(10000));
	CHECK_INT(list[0].ran_until_ns, AT(30000));
	check_case("and says that it ran in its span");
	check_contents(txn, &list[0]);
	free(list);
	store_abort(&txn);
	store_close(&to);
}

static void test_whole(struct store *from, const char *to_path)
{
	struct excerpt_point point[CAPTURE_POINTS_MAX];
	struct store *to = excerpt_of(from, to_path, INT64_MIN, INT64_MAX, point);
	struct capture *list = NULL;
	struct store_txn *txn = NULL;
	uint32_t count = 0;

	MUST(store_begin(to, false, &txn, &err));
	MUST(capture_list(txn, &list, &count, &err));
	CHECK_INT(count, 1);
	CHECK_INT(list[0].records, ROWS);
	CHECK_INT(list[0].flows, FLOWS);
	CHECK_INT(list[0].drops, 21);
	CHECK_INT(list[0].ran_until_ns, AT(ROWS) + 1000000000);
	CHECK_INT(wrong_rows(txn, &list[0], 0), 0);
	free(list);
	store_abort(&txn);
	store_close(&to);
	check_case("a capture that lies in the span comes over whole");

	to = excerpt_of(from, to_path, AT(ROWS) + 100000000, AT(ROWS) + 200000000, point);
	CHECK_INT(point[1].captures, 1);
	CHECK_INT(point[1].packets, 0);
	store_close(&to);
	check_case("where nothing passed, a capture that ran is there, and empty");
	to = excerpt_of(from, to_path, AT(2 * ROWS), AT(3 * ROWS), point);
	CHECK_INT(point[1].captures, 0);
	store_close(&to);
	check_case("where it did not run, there is none");
}

/* A segment of `rows` rows, all of one flow, the first of them of these TCP flags and number. */
static void put_segment(struct store *store, uint32_t number, int64_t from_ms, int64_t until_ms, uint16_t flags,
			uint32_t seq)
{
	struct record_block *block = calloc(1, sizeof *block);
	struct capture_flow flow = {.version = 4, .proto = 6, .a_port = 80, .b_port = 40000};
	struct capture_writer *writer = NULL;
	struct capture capture;
	char name[16];
	uint32_t i;
	bool known;

	snprintf(name, sizeof name, "segment %u", number);
	capture = named(name);
	snprintf(capture.file, sizeof capture.file, "eth0");
	fill_block(block, 1, 0, 10);
	for (i = 0; i < 10; i++) {
		block->time_ns[i] = AT(from_ms + i);
		block->flow[i] = i & 1;
		block->link[i] = block->options[i] = 0;
		block->kind[i] = PACKET_IP;
		block->flags[i] = i ? 0x10 : flags;
		block->seq[i] = seq + i;
	}
	MUST(capture_begin(store, 1, &writer, &err));
	MUST(capture_put_block(writer, block, &err));
	MUST(capture_put_flows(writer, &flow, 1, &err));
	MUST(capture_put_entry(writer, CAPTURE_LINKS, (const uint8_t *)"l", 1, &err));
	MUST(capture_put_entry(writer, CAPTURE_OPTIONS, (const uint8_t *)"o", 1, &err));
	capture.packets = 10;
	capture.first_ns = AT(from_ms);
	capture.last_ns = AT(from_ms + 9);
	capture.ran_from_ns = AT(from_ms);
	capture.ran_until_ns = AT(until_ms);
	MUST(capture_finish(&writer, &capture, &known, &err));
	free(block);
}

/* A SYN, its copy in the next segment, a segment in their middle, a SYN of another connection; then a gap. */
static void test_segments(const char *to_path)
{
	static const uint32_t flow_of_segment[] = {0, 0, 0, 1};
	struct store *from = sample_new(), *to;
	struct excerpt_point point[CAPTURE_POINTS_MAX];
	struct capture *list = NULL;
	struct capture_flow *flows = NULL;
	struct store_txn *txn = NULL;
	struct record_chunk chunk;
	uint32_t count = 0, p, i;

	MUST(capture_point_add(from, "other", &p, &err));
	MUST(capture_point_add(from, "fw", &p, &err));
	put_segment(from, 2, 2000, 3000, 0x10, 500); /* as they may come to be committed */
	put_segment(from, 0, 0, 1000, 0x02, 77);
	put_segment(from, 1, 1000, 2000, 0x02, 77);
	put_segment(from, 3, 3000, 4000, 0x02, 900);
	put_segment(from, 4, 4001, 5000, 0x10, 950);
	to = excerpt_of(from, to_path, INT64_MIN, INT64_MAX, point);
	CHECK_INT(point[1].captures, 2);
	CHECK_INT(point[1].packets, 50);
	MUST(store_begin(to, false, &txn, &err));
	MUST(capture_list(txn, &list, &count, &err));
	CHECK_INT(list[0].records, 40);
	CHECK_INT(list[0].ran_from_ns, AT(0));
	CHECK_INT(list[0].ran_until_ns, AT(4000));
	CHECK_INT(list[1].records, 10);
	check_case("segments that follow each other are one capture, up to a gap");
	MUST(capture_flows(txn, &list[0], &flows, &err));
	MUST(capture_block(txn, &list[0], 0, &chunk, &err));
	CHECK_INT(list[0].flows, 2);
	CHECK_INT(flows[1].generation, flows[0].generation + 1);
	for (i = 0; i < chunk.rows; i++) {
		CHECK_INT(column_get(&chunk.column[RECORD_FLOW], i) >> 1, flow_of_segment[i / 10]);
		CHECK_INT(column_get(&chunk.column[RECORD_LINK], i), i / 10);
		CHECK_INT(column_get(&chunk.column[RECORD_OPTIONS], i), i / 10);
	}
	check_case("a flow goes on from one to the next, unless a SYN of another number opens it anew");
	free(flows);
	free(list);
	store_abort(&txn);
	store_close(&to);
	store_close(&from);
}

int main(void)
{
	char to_path[80];
	struct store *from;

	sample_begin();
	snprintf(to_path, sizeof to_path, "%s/excerpt.ct", folder);
	from = store_to_excerpt();
	test_part(from, to_path);
	test_whole(from, to_path);
	store_close(&from);
	test_segments(to_path);
	unlink(to_path);
	snprintf(to_path, sizeof to_path, "%s/excerpt.ct-lock", folder);
	unlink(to_path);
	sample_end();
	return check_exit();
}
