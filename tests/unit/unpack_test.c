/* Packed captures: every packing, whole, in parts, cut, and a bomb. */
#include "collect/unpack.h"

#include <sys/stat.h>

#include "tests/unit/source_build.h"

static const struct packing {
	const char *name;
	int (*filter)(struct archive *);
	const char *sentence;
} packings[] = {
	{"pcap+gzip", archive_write_add_filter_gzip, "gzip is unpacked"},
	{"pcap+bzip2", archive_write_add_filter_bzip2, "bzip2 is unpacked"},
	{"pcap+xz", archive_write_add_filter_xz, "xz is unpacked"},
	{"pcap+zstd", archive_write_add_filter_zstd, "zstd is unpacked"},
	{"pcap+lz4", archive_write_add_filter_lz4, "lz4 is unpacked"},
};

static void build_pack(const struct packing *packing, const struct build *build)
{
	struct build_pack pack = build_pack_begin(packing->filter, "wb");

	build_pack_bytes(pack, build->bytes, build->size);
	build_pack_end(pack);
}

static void test_packed(const struct packing *packing)
{
	struct build build = build_many(19000);
	struct build_pack pack;
	struct seen seen;
	size_t half = build.size / 2;

	build_pack(packing, &build);
	seen = seen_read(build_path());
	CHECK_INT(seen.status, STATUS_OK);
	CHECK_TEXT(seen.format, packing->name);
	seen_check_small(&seen, 19000);
	CHECK(!seen.info.damaged);
	seen_check_digest(&seen, build_path());
	seen_free(&seen);
	check_case(packing->sentence);

	/* As `cat a.gz b.gz` makes them. */
	pack = build_pack_begin(packing->filter, "wb");
	build_pack_bytes(pack, build.bytes, half);
	build_pack_end(pack);
	pack = build_pack_begin(packing->filter, "ab");
	build_pack_bytes(pack, build.bytes + half, build.size - half);
	build_pack_end(pack);
	seen = seen_read(build_path());
	seen_check_small(&seen, 19000);
	seen_check_digest(&seen, build_path());
	seen_free(&seen);
	build_free(&build);
	check_case("... also when it was packed in two parts");
}

static size_t file_size(void)
{
	struct stat stat_now;

	return stat(build_path(), &stat_now) == 0 ? (size_t)stat_now.st_size : 0;
}

static uint8_t *file_read(size_t *size)
{
	uint8_t *bytes = build_alloc(NULL, file_size());
	FILE *file = fopen(build_path(), "rb");

	*size = fread(bytes, 1, file_size(), file);
	fclose(file);
	return bytes;
}

/* Whatever remains of the packed file, the frames are a prefix of the real
 * ones, and unless all are there a damage is told, or the source refused. */
static void test_packed_cut(const struct packing *packing)
{
	struct build build = build_many(100);
	size_t size;
	uint8_t *bytes;

	build_pack(packing, &build);
	bytes = file_read(&size);
	for (size_t cut = 0; cut < size; cut += cut < 32 || cut + 32 > size ? 1 : 41) {
		struct seen seen = seen_read(build_write(bytes, cut));

		if (seen.status == STATUS_OK) {
			seen_check_small(&seen, seen.count);
			CHECK(seen.info.damaged || seen.count == 100);
			seen_check_digest(&seen, build_path());
		} else {
			CHECK_INT(seen.status, STATUS_INPUT);
		}
		seen_free(&seen);
	}
	free(bytes);
	build_free(&build);
	check_case("cut anywhere, it gives a prefix of the frames and tells of the damage");
}

static void test_bomb(void)
{
	struct build_pack pack = build_pack_begin(archive_write_add_filter_zstd, "wb");
	struct build build = build_small(0);
	uint64_t frames = 0;
	struct source *source;
	struct frame frame;
	struct error err;
	bool more = true;

	build_pack_bytes(pack, build.bytes, build.size);
	build.size = 0;
	build.marks = 0;
	build_record(&build, 0, 1, 1, 0, 0);
	for (uint32_t i = 0; i < 65536; i++)
		build_32(&build, 0);
	memcpy(build.bytes + 8, &(uint32_t){65536 * 4}, 4);
	for (int i = 0; i < 1400; i++)
		build_pack_bytes(pack, build.bytes, build.size);
	build_pack_end(pack);
	CHECK(file_size() < SOURCE_EXPANDED_FREE / SOURCE_EXPANDED_RATIO_MAX);
	CHECK_INT(source_open(&source, build_path(), &err), STATUS_OK);
	while (more && source_next(source, &frame, &more, &err) == STATUS_OK)
		frames += more;
	CHECK(frames * build.size > SOURCE_EXPANDED_FREE - 2 * build.size);
	CHECK(frames * build.size < SOURCE_EXPANDED_FREE + (4u << 20));
	CHECK(source_info(source)->damaged);
	CHECK_INT(source_info(source)->damage_offset, 24 + frames * build.size);
	CHECK(strstr(source_info(source)->damage, "grows") != NULL);
	CHECK_INT(source_drain(source, &err), STATUS_OK);
	CHECK_INT(source_info(source)->bytes, file_size());
	source_close(&source);
	build_free(&build);
	check_case("a bomb is read up to the free bytes and then called damage");
}

static void test_packed_unknown(void)
{
	static const struct {
		uint8_t bytes[24];
		size_t size;
	} files[] = {
		{{0x1f, 0x8b, 0x08}, 3},                 /* a gzip header cut */
		{{0x1f, 0x8b, 0x08, 0xff, 0xff}, 24},
		{{'B', 'Z', 'h', '9'}, 4},
		{{0xfd, '7', 'z', 'X', 'Z', 0, 0, 4}, 8},
		{{0x28, 0xb5, 0x2f, 0xfd}, 4},
		{{0x04, 0x22, 0x4d, 0x18}, 4},
		{{'P', 'K', 3, 4}, 24},
	};
	struct build empty = {0};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct seen seen = seen_read(build_write(files[i].bytes, files[i].size));

		CHECK_INT(seen.status, STATUS_INPUT);
		seen_free(&seen);
	}
	for (size_t i = 0; i < 3; i++) { /* libarchive 3.6 cannot write the others empty */
		struct seen seen;

		build_pack(&packings[i], &empty);
		seen = seen_read(build_path());
		CHECK_INT(seen.status, STATUS_INPUT);
		CHECK(strstr(seen.err.text, "it is empty") != NULL);
		seen_free(&seen);
	}
	check_case("packed files with nothing usable inside are bad input");
}

static void test_closing(void)
{
	struct build build = build_many(19000);
	struct source *source;
	struct frame frame;
	struct error err;
	bool more;

	for (size_t p = 0; p < sizeof packings / sizeof packings[0]; p++) {
		build_pack(&packings[p], &build);
		for (size_t stop = 0; stop < 8000; stop = 3 * stop + 1) {
			CHECK_INT(source_open(&source, build_path(), &err), STATUS_OK);
			for (size_t i = 0; i < stop; i++)
				CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
			source_close(&source);
		}
	}
	build_free(&build);
	check_case("a packed source can be closed at any moment");
}

int main(void)
{
	build_enter();
	for (size_t i = 0; i < sizeof packings / sizeof packings[0]; i++) {
		test_packed(&packings[i]);
		test_packed_cut(&packings[i]);
	}
	test_bomb();
	test_packed_unknown();
	test_closing();
	build_leave();
	return check_exit();
}
