/* Ingest: captures made byte by byte, collected into a store, read back and compared
 * with what was put into them. */
#include <netinet/in.h>
#include <sys/stat.h>

#include "collect/batch.h"
#include "collect/fingerprint.h"
#include "collect/ingest.h"
#include "tests/unit/packet_samples.h"
#include "tests/unit/source_build.h"

#define SEED 0x5eed

#define S INT64_C(1000000000)
#define ETHERNET 1
#define URGENT 0x0203 /* in every packet, whether URG says so or not */

static char store_file[300];
static const struct selection everything = {"", "", INT64_MIN, INT64_MAX};

static struct store *store_begin_fresh(void)
{
	static const uint64_t seed = SEED;
	struct store *store;
	struct error err;
	char lock[320];

	snprintf(store_file, sizeof store_file, "%s/case.ct", build_directory);
	snprintf(lock, sizeof lock, "%s-lock", store_file);
	unlink(store_file);
	unlink(lock);
	if (store_open(&store, store_file, STORE_CREATE, true, &seed, &err) != STATUS_OK)
		abort();
	return store;
}

/* ---- frames ---- */

struct made {
	uint32_t time_s, time_ns; /* of the record */
	uint8_t mac;              /* the last byte of the source's */
	uint16_t ethertype;       /* 0: IPv4 */
	uint8_t src, dst;         /* 10.0.0.x */
	uint16_t sport, dport, flags;
	uint32_t seq, payload;
	uint8_t ttl;
	uint16_t ip_id;
	uint32_t caplen;          /* 0: all */
};

static size_t make_frame(const struct made *m, uint8_t *out)
{
	uint16_t length = (uint16_t)(40 + m->payload), type = m->ethertype ? m->ethertype : 0x0800;
	struct build b = {.big_endian = true};
	size_t size;

	build_bytes(&b, "\2\0\0\0\0\x09\2\0\0\0\0", 11);
	build_8(&b, m->mac);
	build_16(&b, type);
	build_16(&b, 0x4500);
	build_16(&b, length);
	build_16(&b, m->ip_id);
	build_16(&b, 0x4000); /* DF */
	build_8(&b, m->ttl);
	build_8(&b, IPPROTO_TCP);
	build_16(&b, 0);
	build_32(&b, 0x0a000000 + m->src);
	build_32(&b, 0x0a000000 + m->dst);
	build_16(&b, m->sport);
	build_16(&b, m->dport);
	build_32(&b, m->seq);
	build_32(&b, 77);
	build_16(&b, 0x5000 | m->flags);
	build_16(&b, 0x1000); /* window */
	build_16(&b, 0);
	build_16(&b, URGENT);
	for (uint32_t i = 0; i < m->payload; i++)
		build_8(&b, (uint8_t)(i + m->seq));
	size = b.size;
	memcpy(out, b.bytes, size);
	build_free(&b);
	return size;
}

static void put_header(struct build *b, uint32_t snaplen)
{
	build_32(b, 0xa1b23c4d); /* nanoseconds */
	build_16(b, 2);
	build_16(b, 4);
	build_64(b, 0);
	build_32(b, snaplen);
	build_32(b, ETHERNET);
}

static void put_frame(struct build *b, const struct made *m)
{
	uint8_t frame[2048];
	uint32_t length = (uint32_t)make_frame(m, frame);
	uint32_t caplen = m->caplen ? m->caplen : length;

	build_32(b, m->time_s);
	build_32(b, m->time_ns);
	build_32(b, caplen);
	build_32(b, length);
	build_bytes(b, frame, caplen);
}

static const struct made talk[] = {
	{.time_s = 100, .mac = 1, .src = 1, .dst = 2, .sport = 5000, .dport = 80,
	 .flags = PACKET_TCP_SYN, .seq = 1000, .ttl = 64, .ip_id = 11},
	{.time_s = 100, .time_ns = 500, .mac = 2, .src = 2, .dst = 1, .sport = 80, .dport = 5000,
	 .flags = PACKET_TCP_SYN | PACKET_TCP_ACK, .seq = 7000, .ttl = 60, .ip_id = 0},
	{.time_s = 101, .mac = 1, .ethertype = 0x0806},
	{.time_s = 102, .mac = 1, .src = 1, .dst = 2, .sport = 5000, .dport = 80,
	 .flags = PACKET_TCP_ACK | PACKET_TCP_URG, .seq = 1001, .payload = 300, .ttl = 64,
	 .ip_id = 12},
	{.time_s = 101, .time_ns = 7, .mac = 1, .src = 1, .dst = 2, .sport = 5000, .dport = 80,
	 .flags = PACKET_TCP_RST, .seq = 1301, .ttl = 64, .ip_id = 13},
	{.time_s = 103, .mac = 1, .src = 1, .dst = 2, .sport = 5000, .dport = 80,
	 .flags = PACKET_TCP_SYN, .seq = 2000, .ttl = 64, .ip_id = 14, .caplen = 60 - 10},
	{.time_s = 104, .mac = 1, .src = 1, .dst = 2, .sport = 5000, .dport = 80,
	 .flags = PACKET_TCP_SYN, .seq = 2000, .ttl = 64, .ip_id = 14},
};
#define TALK (sizeof talk / sizeof *talk)

static void save_talk(void)
{
	struct build b = {0};

	put_header(&b, 65535);
	for (size_t i = 0; i < TALK; i++)
		put_frame(&b, &talk[i]);
	build_save(&b);
	build_free(&b);
}

/* ---- running ---- */

static enum status run(struct store *store, struct selection selection, bool stop,
		       struct ingest_result *result, struct error *err)
{
	struct ingest_job job = {0, build_path(), selection, true, NULL, NULL};
	pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
	struct ingest_watch watch = {0};
	uint32_t point;

	err->text[0] = '\0';
	CHECK_INT(capture_point_add(store, "fw", &point, err), STATUS_OK);
	job.point = point;
	watch.stop = stop;
	return ingest_run(store, &job, &compiling, &watch, result, err);
}

static uint32_t captures(struct store *store)
{
	struct store_txn *txn;
	struct capture *list;
	struct error err;
	uint32_t count = UINT32_MAX;

	if (store_begin(store, false, &txn, &err) != STATUS_OK)
		abort();
	CHECK_INT(capture_list(txn, &list, &count, &err), STATUS_OK);
	free(list);
	store_abort(&txn);
	return count;
}

static void records(void)
{
	struct store *store = store_begin_fresh();
	struct ingest_result result;
	struct capture *c = &result.capture;
	struct capture_entries links, options;
	struct capture_flow *flows;
	struct record_chunk chunk;
	struct store_txn *txn;
	struct error err;
	uint32_t size;

	save_talk();
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_OK);
	CHECK(!result.known);
	CHECK_TEXT(c->file, "capture");
	CHECK_TEXT(c->path, build_path());
	CHECK_TEXT(c->format, "pcap");
	CHECK_TEXT(c->link_types, "Ethernet");
	CHECK_INT(c->packets, TALK);
	CHECK_INT(c->records, TALK);
	CHECK_INT(c->filtered, 0);
	CHECK_INT(c->kinds[PACKET_IP], TALK - 2);
	CHECK_INT(c->kinds[PACKET_NON_IP], 1);
	CHECK_INT(c->kinds[PACKET_CUT], 1);
	CHECK_INT(c->truncated, 1);
	CHECK_INT(c->backwards, 1);
	CHECK_INT(c->first_ns, 100 * S);
	CHECK_INT(c->last_ns, 104 * S);
	CHECK_INT(c->snaplen, 65535);
	CHECK(!c->drops_known && !c->damaged);
	check_case("a capture's row says what its file holds");

	if (store_begin(store, false, &txn, &err) != STATUS_OK)
		abort();
	CHECK_INT(capture_block(txn, c, 0, &chunk, &err), STATUS_OK);
	CHECK_INT(capture_flows(txn, c, &flows, &err), STATUS_OK);
	for (uint32_t i = 0; i < TALK; i++) {
		const struct made *m = &talk[i];
		bool ip = !m->ethertype && !m->caplen;
		uint64_t fp;

		CHECK_INT(column_get(&chunk.column[RECORD_TIME], i), m->time_s * S + m->time_ns);
		CHECK_INT(column_get(&chunk.column[RECORD_FRAME], i), i + 1);
		CHECK_INT(column_get(&chunk.column[RECORD_SEQ], i), ip ? m->seq : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_ACK], i), ip ? 77 : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_TTL], i), ip ? m->ttl : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_IP_ID], i), ip ? m->ip_id : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_LENGTH], i), ip ? 40 + m->payload : 54);
		CHECK_INT(column_get(&chunk.column[RECORD_HEADER], i), ip ? 40 : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_WINDOW], i), ip ? 0x1000 : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_FLAGS], i),
			  ip ? m->flags | PACKET_IP_DF : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_URGENT], i),
			  ip && (m->flags & PACKET_TCP_URG) ? URGENT : 0);
		CHECK_INT(column_get(&chunk.column[RECORD_OPTIONS], i), 0);
		record_fingerprints(&chunk, i, 1, SEED, &fp);
		CHECK(fp == (ip ? fingerprint_header(6, 0, m->flags, m->seq, 77, m->payload, SEED) : 0));
		CHECK((column_get(&chunk.column[RECORD_DIGEST], i) != 0) == ip);
	}
	check_case("a record has the columns of its packet");

	{
		static const uint32_t flow[TALK] = {0 << 1, 0 << 1 | 1, RECORD_NO_FLOW, 0 << 1,
						    0 << 1, RECORD_NO_FLOW, 1 << 1};
		static const uint32_t link[TALK] = {0, 1, 0, 0, 0, 0, 0};

		for (uint32_t i = 0; i < TALK; i++) {
			CHECK_INT(column_get(&chunk.column[RECORD_FLOW], i), flow[i]);
			CHECK_INT(column_get(&chunk.column[RECORD_LINK], i), link[i]);
		}
	}
	CHECK_INT(c->flows, 2);
	CHECK_INT(flows[0].a_port, 5000);
	CHECK_INT(flows[1].b_port, 80);
	CHECK_INT(flows[1].generation, 1);
	CHECK_INT(capture_entries_open(txn, c, CAPTURE_LINKS, &links, &err), STATUS_OK);
	CHECK_INT(links.count, 2);
	CHECK_INT(capture_entries_open(txn, c, CAPTURE_OPTIONS, &options, &err), STATUS_OK);
	CHECK_INT(options.count, 1);
	capture_entry(&options, 0, &size);
	CHECK_INT(size, 0);
	CHECK_INT(capture_entry(&links, 1, &size)[1 + 4 + 1 + 6 + 5], 2); /* the second MAC */
	CHECK_INT(size, 1 + 4 + 1 + 12);
	check_case("flows and dictionaries are those of the packets");

	capture_entries_close(&links);
	capture_entries_close(&options);
	free(flows);
	store_abort(&txn);
	store_close(&store);
}

/* The packets of these two names in a capture of their own. */
static void save_samples(const char *first, const char *second)
{
	struct build b = {0};

	put_header(&b, 65535);
	for (size_t i = 0; i < sizeof ip_samples / sizeof *ip_samples; i++) {
		const struct packet_sample *sample = &ip_samples[i];
		uint8_t frame[2048];
		uint32_t bytes;

		if (strcmp(sample->name, first) != 0 && strcmp(sample->name, second) != 0)
			continue;
		bytes = sample_hex(frame, sample->hex);
		build_32(&b, 100);
		build_32(&b, 0);
		build_32(&b, bytes);
		build_32(&b, bytes);
		build_bytes(&b, frame, bytes);
	}
	build_save(&b);
	build_free(&b);
}

static void columns_of_few_packets(void)
{
	struct store *store = store_begin_fresh();
	struct ingest_result result;
	struct record_chunk chunk;
	struct store_txn *txn;
	struct error err;

	save_samples("a TCP SYN over IPv6", "a TCP acknowledgement with SACK");
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_OK);
	CHECK_INT(result.capture.records, 2);
	if (store_begin(store, false, &txn, &err) != STATUS_OK)
		abort();
	CHECK_INT(capture_block(txn, &result.capture, 0, &chunk, &err), STATUS_OK);
	CHECK_INT(column_get(&chunk.column[RECORD_FLOW_LABEL], 0), 0x24b0e);
	CHECK_INT(column_get(&chunk.column[RECORD_FLOW_LABEL], 1), 0);
	CHECK_INT(column_get(&chunk.column[RECORD_SACK], 0), 0);
	CHECK_INT(column_get(&chunk.column[RECORD_SACK], 1), 0xbbaa9989);
	check_case("a record has flow label and SACK block where the packet has them");
	store_abort(&txn);
	store_close(&store);
}

static void identity(void)
{
	struct store *store = store_begin_fresh();
	struct selection window = {"", "", 0, 103 * S}, filter = {"", "tcp", INT64_MIN, INT64_MAX};
	struct ingest_result result;
	struct error err;

	save_talk();
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_OK);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_OK);
	CHECK(result.known);
	CHECK_INT(captures(store), 1);
	check_case("the same capture again is known and not kept twice");

	CHECK_INT(run(store, window, false, &result, &err), STATUS_OK);
	CHECK(!result.known);
	CHECK_INT(result.capture.packets, TALK);
	CHECK_INT(result.capture.filtered, 2);
	CHECK_INT(result.capture.records, TALK - 2);
	CHECK_INT(result.capture.last_ns, 102 * S);
	CHECK_INT(run(store, filter, false, &result, &err), STATUS_OK);
	CHECK_INT(result.capture.filtered, 1);
	CHECK_INT(run(store, filter, false, &result, &err), STATUS_OK);
	CHECK(result.known);
	CHECK_INT(captures(store), 3);
	check_case("another window or filter makes another capture; what they take out is counted");

	CHECK_INT(run(store, everything, true, &result, &err), STATUS_SYSTEM);
	CHECK_INT(captures(store), 3);
	check_case("a stopped ingest leaves nothing");
	store_close(&store);
}

static void damage(void)
{
	struct store *store = store_begin_fresh();
	struct ingest_result result;
	struct build b = {0};
	struct error err;

	put_header(&b, 65535);
	build_save(&b);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_OK);
	CHECK_INT(result.capture.packets, 0);
	CHECK_INT(result.capture.first_ns, 0);
	CHECK_TEXT(result.capture.link_types, "Ethernet");
	check_case("a capture without packets is one");

	put_frame(&b, &talk[0]);
	put_frame(&b, &talk[1]);
	build_write(b.bytes, b.size - 3);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_OK);
	CHECK_INT(result.capture.packets, 1);
	CHECK(result.capture.damaged);
	CHECK_INT(result.capture.damage_offset, 24 + 16 + 54);
	check_case("a cut capture is read up to the cut");

	build_write(b.bytes, 24 + 10);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_INPUT);
	CHECK(strstr(err.text, "/capture: byte 24: ") != NULL);
	build_write(b.bytes, 20);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_INPUT);
	build_write(b.bytes, 0);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_INPUT);
	build_write((const uint8_t *)"not a capture at all", 20);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_INPUT);
	CHECK_INT(captures(store), 2);
	check_case("where no packet could be read nothing is kept");
	build_free(&b);
	store_close(&store);
}

/* More records than a block holds, of more flows than are settled at once. */
static void blocks(void)
{
	enum { PACKETS = 3 * RECORD_BLOCK_ROWS + 5, FLOWS = 997 };
	struct store *store = store_begin_fresh();
	struct ingest_result result;
	struct capture *c = &result.capture;
	struct store_txn *txn;
	struct build b = {0};
	struct error err;
	uint32_t wrong = 0;

	put_header(&b, 0);
	for (uint32_t i = 0; i < PACKETS; i++)
		put_frame(&b, &(struct made){.time_s = i, .src = 1, .dst = 2, .seq = i,
					     .sport = (uint16_t)(i % FLOWS), .dport = 80,
					     .flags = PACKET_TCP_ACK});
	build_save(&b);
	build_free(&b);
	CHECK_INT(run(store, everything, false, &result, &err), STATUS_OK);
	CHECK_INT(c->records, PACKETS);
	CHECK_INT(c->flows, FLOWS);
	CHECK_INT(capture_blocks(c), 4);
	if (store_begin(store, false, &txn, &err) != STATUS_OK)
		abort();
	for (uint32_t i = 0; i < PACKETS; i++) {
		static struct record_chunk chunk;

		if (i % RECORD_BLOCK_ROWS == 0)
			CHECK_INT(capture_block(txn, c, i / RECORD_BLOCK_ROWS, &chunk, &err),
				  STATUS_OK);
		wrong += column_get(&chunk.column[RECORD_FLOW], i % RECORD_BLOCK_ROWS) !=
			 (int64_t)(i % FLOWS) << 1;
		wrong += column_get(&chunk.column[RECORD_SEQ], i % RECORD_BLOCK_ROWS) != i;
	}
	CHECK_INT(wrong, 0);
	check_case("records fill one block after another");
	store_abort(&txn);
	store_close(&store);
}

/* Eight captures, four threads: each under its own point, one of them no capture. */
static void batches(void)
{
	enum { JOBS = 8, BAD = 3 };
	static char paths[JOBS][320];
	struct store *store = store_begin_fresh();
	struct ingest_job jobs[JOBS];
	struct batch *batch;
	struct error err;

	for (uint32_t i = 0; i < JOBS; i++) {
		struct build b = {0};
		char name[8];

		put_header(&b, 0);
		for (uint32_t k = 0; k <= i; k++)
			put_frame(&b, &talk[0]);
		build_write(b.bytes, i == BAD ? 5 : b.size);
		build_free(&b);
		snprintf(paths[i], sizeof paths[i], "%s/%u", build_directory, i);
		if (rename(build_path(), paths[i]) < 0)
			abort();
		snprintf(name, sizeof name, "p%u", i);
		jobs[i] = (struct ingest_job){.path = paths[i], .selection = everything};
		CHECK_INT(capture_point_add(store, name, &jobs[i].point, &err), STATUS_OK);
		CHECK_INT(jobs[i].point, i);
	}
	CHECK_INT(batch_open(&batch, store, jobs, JOBS, 4, &err), STATUS_OK);
	for (uint32_t i = 0; i < JOBS; i++) {
		const struct batch_outcome *outcome;

		while (!(outcome = batch_wait(batch, i, 1000)))
			continue;
		CHECK_INT(outcome->status, i == BAD ? STATUS_INPUT : STATUS_OK);
		CHECK_INT(outcome->result.capture.packets, i == BAD ? 0 : i + 1);
		if (i != BAD)
			CHECK_INT(outcome->result.capture.point, i);
	}
	CHECK_INT(batch_progress(batch).packets, JOBS * (JOBS + 1) / 2 - (BAD + 1));
	batch_close(&batch);
	CHECK_INT(captures(store), JOBS - 1);
	check_case("captures side by side each end up at their point, whatever fails beside them");

	CHECK_INT(batch_open(&batch, store, NULL, 0, 4, &err), STATUS_OK);
	batch_close(&batch);
	check_case("a batch of nothing ends");
	for (uint32_t i = 0; i < JOBS; i++)
		unlink(paths[i]);
	store_close(&store);
}

int main(void)
{
	char lock[320];

	build_enter();
	records();
	columns_of_few_packets();
	identity();
	damage();
	blocks();
	batches();
	snprintf(lock, sizeof lock, "%s-lock", store_file);
	unlink(store_file);
	unlink(lock);
	build_leave();
	return check_exit();
}
