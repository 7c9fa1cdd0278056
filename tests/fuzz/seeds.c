/* Writes the seeds of all fuzz targets: `seeds DIR` makes DIR/TARGET/NAME. All of them are made here, out of the
 * decoder's sample frames, of what crosstap itself packs and stores, and of lists of words. */
#include <sys/stat.h>

#include "collect/ingest.h"
#include "collect/live_talk.h"
#include "collect/pcapng_block.h"
#include "correlate/results.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds_text.h"
#include "tests/unit/packet_fault_samples.h"
#include "tests/unit/packet_link_samples.h"
#include "tests/unit/packet_overlay_samples.h"
#include "tests/unit/packet_samples.h"
#include "tests/unit/packet_tag_samples.h"
#include "tests/unit/packet_tunnel_samples.h"
#include "tests/unit/source_build.h"

enum { EVERY = 7 }; /* one of so many frames is a seed of the targets that read whole captures */

static const struct {
	const struct packet_sample *samples;
	size_t count;
} tables[] = {
	{ip_samples, sizeof ip_samples / sizeof *ip_samples},
	{fault_samples, sizeof fault_samples / sizeof *fault_samples},
	{link_samples, sizeof link_samples / sizeof *link_samples},
	{tag_samples, sizeof tag_samples / sizeof *tag_samples},
	{tunnel_samples, sizeof tunnel_samples / sizeof *tunnel_samples},
	{overlay_samples, sizeof overlay_samples / sizeof *overlay_samples},
};

static const char *folder;

static void put(const char *target, const char *name, const void *bytes, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, target);
	mkdir(path, 0777);
	snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(4);
	}
}

static void put_build(const char *target, const char *name, struct build *build)
{
	put(target, name, build->bytes, build->size);
	build_free(build);
	*build = (struct build){0};
}

/* ---- frames ---- */

static void put_frame(const struct packet_sample *sample, unsigned number)
{
	struct sample_frame frame = sample_frame(sample);
	struct build build = {0};
	char name[16];

	snprintf(name, sizeof name, "%03u", number);
	build_16(&build, (uint16_t)sample->linktype);
	build_16(&build, (uint16_t)(frame.length - frame.caplen));
	build_bytes(&build, frame.bytes, frame.caplen);
	put_build("packet", name, &build);
	if (sample->linktype == 1 && frame.caplen > 14) {
		build_bytes(&build, "\x20\0\1\2\0\1\0\1\0\5\0\5", 12);
		build_bytes(&build, frame.bytes + 14, frame.caplen - 14);
		put_build("fingerprint", name, &build);
	}
	free(frame.bytes);
}

static void put_frames(void)
{
	unsigned number = 0;

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (size_t k = 0; k < tables[i].count; k++)
			put_frame(&tables[i].samples[k], number++);
}

/* ---- captures ---- */

/* Some frames of Ethernet, from the offset-th on, in classic pcap. */
static struct build make_pcap(uint32_t magic, bool big_endian, size_t offset)
{
	struct build build = {.big_endian = big_endian};
	size_t number = 0;

	build_pcap(&build, magic, 2, 4, 65535, 1);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (size_t k = 0; k < tables[i].count; k++) {
			struct sample_frame frame;

			if (tables[i].samples[k].linktype != 1 || number++ % EVERY != offset)
				continue;
			frame = sample_frame(&tables[i].samples[k]);
			build_32(&build, 1700000000 + (uint32_t)number / 3);
			build_32(&build, (uint32_t)number * 1000);
			build_32(&build, frame.caplen);
			build_32(&build, frame.length);
			if (magic == 0xa1b2cd34)
				build_64(&build, 0);
			build_bytes(&build, frame.bytes, frame.caplen);
			free(frame.bytes);
		}
	return build;
}

static void put_pcap(void)
{
	static const struct {
		uint32_t magic;
		bool big_endian;
	} variants[] = {{0xa1b2c3d4, false}, {0xa1b23c4d, false}, {0xa1b2cd34, false},
			{0xa1b2c3d4, true},  {0xa1b23c4d, true},  {0xa1b2cd34, true}};
	char name[16];

	for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
		struct build file = make_pcap(variants[i].magic, variants[i].big_endian, i), seed = {0};
		uint8_t how = (uint8_t)i;

		snprintf(name, sizeof name, "pcap-%zu", i);
		build_8(&seed, how);
		build_bytes(&seed, file.bytes, file.size);
		put_build("pcap", name, &seed);
		if (i < 2) {
			build_8(&seed, (uint8_t)(i | 64 * i));
			build_bytes(&seed, file.bytes, file.size);
			put_build("ingest", name, &seed);
		}
		build_free(&file);
	}
}

/* Two interfaces, frames of both, statistics, and the same in a second section. */
static struct buffer make_pcapng(size_t offset)
{
	static const char *const comment[] = {"a comment"};
	struct buffer out = {0};

	for (int section = 0; section < 2; section++) {
		size_t number = 0;

		pcapng_block_section(&out, "seeds", section ? NULL : "of the project's own");
		for (uint16_t i = 0; i < 2; i++)
			pcapng_block_interface(&out, &(struct pcapng_interface){
							     i ? "eth1" : "eth0", NULL, i ? 101 : 1, 65535 * i, NULL, 0});
		for (size_t k = 0; k < tables[0].count; k++) {
			struct sample_frame frame = sample_frame(&tables[0].samples[k]);

			if (number++ % EVERY == offset)
				pcapng_block_packet(&out, &(struct pcapng_packet){
								  number & 1, 1700000000000000000 + (int64_t)number, frame.caplen,
								  frame.length, frame.bytes, comment, number & 1, number & 2, 0});
			free(frame.bytes);
		}
		pcapng_block_statistics(&out, &(struct pcapng_statistics){
						       .interface = 1, .time_ns = 1700000000000000009, .received = 100, .dropped = 3});
	}
	return out;
}

/* The blocks that crosstap does not write: simple and obsolete packets, names, another byte order. */
static struct build make_pcapng_old(bool big_endian)
{
	struct build b = {.big_endian = big_endian};

	build_32(&b, 0x0a0d0d0a), build_32(&b, 28), build_32(&b, 0x1a2b3c4d), build_32(&b, 1);
	build_64(&b, UINT64_MAX), build_32(&b, 28);
	build_32(&b, 1), build_32(&b, 40), build_16(&b, 1), build_16(&b, 0), build_32(&b, 96);
	build_16(&b, 9), build_16(&b, 1), build_32(&b, 6), build_16(&b, 14), build_16(&b, 8);
	build_64(&b, 3), build_32(&b, 40);
	build_32(&b, 3), build_32(&b, 36), build_32(&b, 100), build_packet_bytes(&b, 1, 20), build_32(&b, 36);
	build_32(&b, 2), build_32(&b, 52), build_16(&b, 0), build_16(&b, 4), build_32(&b, 0x18f0f);
	build_32(&b, 77), build_32(&b, 17), build_32(&b, 60), build_packet_bytes(&b, 2, 20), build_32(&b, 52);
	build_32(&b, 4), build_32(&b, 16), build_32(&b, 0), build_32(&b, 16);
	build_32(&b, 6), build_32(&b, 44), build_32(&b, 0), build_32(&b, 0x18f0f), build_32(&b, 99);
	build_32(&b, 2), build_32(&b, 2), build_32(&b, 0xffff), build_16(&b, 4), build_16(&b, 0);
	build_32(&b, 0), build_32(&b, 44);
	return b;
}

static void put_pcapng(void)
{
	char name[16];

	for (size_t i = 0; i < 2; i++) {
		struct buffer file = make_pcapng(i);
		struct build old = make_pcapng_old(i), seed = {0};

		snprintf(name, sizeof name, "pcapng-%zu", i);
		put("pcapng", name, file.bytes, file.size);
		build_8(&seed, (uint8_t)(2 | 3 * 4 * i));
		build_bytes(&seed, file.bytes, file.size);
		put_build("ingest", name, &seed);
		buffer_free(&file);
		snprintf(name, sizeof name, "old-%zu", i);
		put_build("pcapng", name, &old);
	}
}

static void put_erf(void)
{
	static const uint8_t kinds[] = {2, 22, 11, 1, 2 | 0x80, 48, 27};
	struct build build = {0};

	for (size_t i = 0; i < sizeof kinds; i++) {
		build.big_endian = false;
		build_64(&build, UINT64_C(1700000000) << 32 | (uint32_t)i << 30);
		build.big_endian = true;
		build_8(&build, kinds[i]);
		build_8(&build, 4);
		build_16(&build, 16 + 48);
		build_16(&build, (uint16_t)i);
		build_16(&build, 46);
		build_64(&build, 0);
		build_packet_bytes(&build, i, 40);
	}
	put_build("erf", "kinds", &build);
}

static void put_packed(void)
{
	static const struct {
		const char *name;
		int (*filter)(struct archive *);
	} rows[] = {{"gzip", archive_write_add_filter_gzip}, {"bzip2", archive_write_add_filter_bzip2},
		    {"xz", archive_write_add_filter_xz},     {"zstd", archive_write_add_filter_zstd},
		    {"lz4", archive_write_add_filter_lz4}};
	struct build file = make_pcap(0xa1b2c3d4, false, 1);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct build_pack pack = build_pack_begin(rows[i].filter, "wb");
		static uint8_t packed[1 << 16];
		FILE *in;

		build_pack_bytes(pack, file.bytes, file.size);
		build_pack_end(pack);
		in = fopen(build_path(), "rb");
		if (!in)
			abort();
		put("unpack", rows[i].name, packed, fread(packed, 1, sizeof packed, in));
		fclose(in);
	}
	build_free(&file);
}

/* ---- what is stored ---- */

static void put_columns(void)
{
	static uint8_t packed[COLUMN_BYTES_MAX(200)];
	int64_t values[200];
	char name[24];

	for (int shape = 0; shape < 6; shape++) {
		struct build seed = {0};

		for (int i = 0; i < 200; i++)
			values[i] = (int64_t[]){5, i * 1000, i % 7 ? 0 : i * i, i % 3 * (INT64_C(1) << 50), -i,
						(int64_t)(UINT64_C(0x9e3779b97f4a7c15) * (unsigned)i)}[shape];
		snprintf(name, sizeof name, "packed-%d", shape);
		build_16(&seed, 199);
		build_bytes(&seed, packed, column_pack(packed, values, sizeof *values, 200));
		put_build("column", name, &seed);
		snprintf(name, sizeof name, "values-%d", shape);
		build_16(&seed, 0x8000);
		build_8(&seed, 7);
		build_bytes(&seed, values, sizeof values);
		put_build("column", name, &seed);
	}
}

/* A value of a store as the target "captures" takes it; records are a seed of their own, too. */
static void add_value(struct build *seed, char kind, uint32_t b, const uint8_t *value, size_t size)
{
	static const char kinds[] = "CFDRP";

	if (kind == 'R')
		put("record", "block", value, size);
	if (size > UINT16_MAX)
		return;
	build_8(seed, (uint8_t)(strchr(kinds, kind) - kinds));
	build_8(seed, (uint8_t)b);
	build_16(seed, (uint16_t)size);
	build_bytes(seed, value, size);
}

static void put_values(struct store *store)
{
	struct store_txn *txn = NULL;
	struct build seed = {0};
	struct error err;

	if (store_begin(store, false, &txn, &err))
		abort();
	for (const char *kind = "PCFDR"; *kind; kind++) {
		uint32_t a = 0, b = 0;
		const uint8_t *value;
		size_t size;
		bool found;

		for (;; b++) {
			if (store_seek(txn, *kind, &a, &b, &found, &err))
				abort();
			if (!found || a)
				break;
			if (store_get(txn, *kind, a, b, &value, &size, &err))
				abort();
			add_value(&seed, *kind, b, value, size);
		}
	}
	store_abort(&txn);
	put_build("captures", "values", &seed);
}

static void fill_row(struct table_writer *writer, const struct table_schema *schema, uint32_t i)
{
	static const uint8_t address[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
	static const char *const texts[] = {"fw-in>fw-out", "=1+1", "", "a,\"b\"\n\033[1m"};
	unsigned c;

	for (c = 0; c < schema->columns; c++)
		switch (schema->column[c].type) {
		case TABLE_TEXT:
		case TABLE_FOREIGN:
			table_set_text(writer, c, texts[(i + c) % 4]);
			break;
		case TABLE_ADDRESS:
			table_set_bytes(writer, c, address, i % 2 ? 4 : 16);
			break;
		case TABLE_REAL:
			table_set_real(writer, c, (double)i / 7);
			break;
		default:
			if (i % 5)
				table_set_int(writer, c, (int64_t)i * 1000003);
		}
}

static void put_table(struct store *store, uint32_t generation, uint8_t number, const struct table_schema *schema)
{
	enum { ROWS = 24 };
	struct table_writer *writer = NULL;
	struct store_txn *txn = NULL;
	struct build seed = {0};
	const uint8_t *value;
	struct error err;
	size_t size;

	if (table_begin(store, generation, schema, &writer, &err))
		abort();
	for (uint32_t i = 0; i < ROWS; i++) {
		fill_row(writer, schema, i);
		if (table_row(writer, &err))
			abort();
	}
	if (table_finish(&writer, &err) || store_begin(store, false, &txn, &err) ||
	    store_get(txn, 'T', generation << 8 | schema->number, 0, &value, &size, &err) || !value)
		abort();
	build_8(&seed, number);
	build_16(&seed, ROWS);
	build_bytes(&seed, value, size);
	put_build("rows", schema->name, &seed);
	store_abort(&txn);
}

static void put_stored(void)
{
	static pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
	static const uint64_t key = FUZZ_SEED;
	struct build file = make_pcap(0xa1b2c3d4, false, 0);
	struct ingest_job job = {.path = build_save(&file), .checksums = true,
				 .selection = {"", "", INT64_MIN, INT64_MAX}};
	struct ingest_watch watch = {0};
	struct ingest_result result;
	struct store *store = NULL;
	char path[300], lock[310];
	uint32_t generation;
	struct error err;

	build_free(&file);
	snprintf(path, sizeof path, "%s/store", build_directory);
	snprintf(lock, sizeof lock, "%s-lock", path);
	if (store_open(&store, path, STORE_CREATE, true, &key, &err) ||
	    capture_point_add(store, "fw-in", &job.point, &err) ||
	    ingest_run(store, &job, &compiling, &watch, &result, &err) ||
	    table_generation_new(store, &generation, &err))
		abort();
	put_values(store);
	put_table(store, generation, 1, &results_hops);
	put_table(store, generation, 2, &results_sessions);
	put_table(store, generation, 3, &results_drops);
	store_close(&store);
	unlink(path);
	unlink(lock);
}

static void put_talk(void)
{
	struct live_message message = {.word = LIVE_READY};
	struct build seed = {0};

	for (message.word = LIVE_READY; message.word <= LIVE_OVER; message.word++) {
		message.error.status = STATUS_INPUT;
		snprintf(message.error.text, sizeof message.error.text, "eth0: no such device");
		build_8(&seed, 1);
		build_bytes(&seed, &message, sizeof message);
	}
	put_build("live_talk", "words", &seed);
	message = (struct live_message){LIVE_FAILED, {STATUS_USAGE, "filter: syntax error"}};
	build_8(&seed, 1);
	build_bytes(&seed, &message, sizeof message);
	put_build("live_talk", "failed", &seed);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIR\n");
		return 2;
	}
	folder = argv[1];
	mkdir(folder, 0777);
	build_enter();
	put_frames();
	put_pcap();
	put_pcapng();
	put_erf();
	put_packed();
	put_columns();
	put_stored();
	put_talk();
	for (size_t i = 0; i < sizeof seed_texts / sizeof *seed_texts; i++)
		put(seed_texts[i].target, seed_texts[i].name, seed_texts[i].bytes, seed_texts[i].size);
	build_leave();
	return 0;
}
