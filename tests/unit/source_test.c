/* Sources: classic pcap and what is common to all formats (damage, digests,
 * errors, closing). pcapng, ERF and packed files have tests of their own.
 */
#include "collect/source.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "collect/erf.h"
#include "tests/unit/source_build.h"

#define MAGIC_NS 0xa1b23c4du
#define MAGIC_KUZNETZOV 0xa1b2cd34u
#define ETHERNET 1

/* ---- classic pcap ---- */

static void test_variant(uint32_t magic, int64_t ns_per_unit, bool big_endian,
			 const char *sentence)
{
	struct build build = {.big_endian = big_endian};
	struct seen seen;

	build_pcap(&build, magic, 2, 4, 262144, ETHERNET);
	for (uint32_t i = 0; i < 3; i++) {
		build_record_header(&build, 1700000000 + i, 123456 + i, 60 + i, 61 * (i + 1));
		if (magic == MAGIC_KUZNETZOV)
			build_64(&build, 0x1122334455667788); /* interface, protocol, type */
		build_packet_bytes(&build, i, 60 + i);
	}
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.status, STATUS_OK);
	CHECK_TEXT(seen.format, "pcap");
	CHECK_INT(seen.count, 3);
	CHECK(!seen.info.damaged);
	CHECK_INT(seen.info.snaplen, 262144);
	CHECK_INT(seen.info.interfaces, 1);
	CHECK(!seen.info.drops_known);
	for (uint32_t i = 0; i < 3 && i < seen.count; i++) {
		CHECK(seen_is_packet(&seen.frames[i], i, 60 + i));
		CHECK_INT(seen.frames[i].time_ns, (1700000000 + (int64_t)i) * 1000000000 +
							  (123456 + (int64_t)i) * ns_per_unit);
		CHECK_INT(seen.frames[i].offset, build.mark[i]);
		CHECK_INT(seen.frames[i].length_bytes, 61 * (i + 1));
		CHECK_INT(seen.frames[i].linktype, ETHERNET);
	}
	seen_check_libpcap(&seen, build_path());
	seen_check_digest(&seen, build_path());
	check_case(sentence);
	seen_free(&seen);
	build_free(&build);
}

static void test_variants(void)
{
	test_variant(BUILD_PCAP_US, 1000, false, "little-endian microseconds are read");
	test_variant(BUILD_PCAP_US, 1000, true, "big-endian microseconds are read");
	test_variant(MAGIC_NS, 1, false, "little-endian nanoseconds are read");
	test_variant(MAGIC_NS, 1, true, "big-endian nanoseconds are read");
	test_variant(MAGIC_KUZNETZOV, 1000, false, "little-endian Kuznetzov records are read");
	test_variant(MAGIC_KUZNETZOV, 1000, true, "big-endian Kuznetzov records are read");
}

static void test_old_versions(void)
{
	static const uint16_t minors[] = {1, 2, 3};

	for (size_t i = 0; i < 3; i++) {
		struct build build = {0};
		struct seen seen;

		build_pcap(&build, BUILD_PCAP_US, 2, minors[i], 65535, ETHERNET);
		/* The lengths the other way round: length, then captured bytes. */
		build_record_header(&build, 1, 2, 90, 30);
		build_packet_bytes(&build, 0, 30);
		seen = seen_read(build_save(&build));
		CHECK_INT(seen_check_libpcap(&seen, build_path()), 1);
		seen_free(&seen);
		build_free(&build);
	}
	check_case("versions before 2.4 have their lengths swapped, as libpcap reads them");
}

static void test_header_fields(void)
{
	struct build build = {0};
	struct seen seen;

	/* P bit, FCS length 4 and reserved bits above a link type of 113. */
	build_pcap(&build, BUILD_PCAP_US, 2, 4, 0, 0x47ff0071);
	build_record(&build, 0, 0xffffffff, 999999, 20, 20);
	build_record(&build, 1, 0, 0, 0, 0);
	build_record(&build, 2, 1, 0, 64, 60);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.count, 3);
	CHECK_INT(seen.frames[0].linktype, 113);
	CHECK_INT(seen.interfaces[0].linktype, 113);
	check_case("the link type is the lower 16 bits of its field");
	CHECK_INT(seen.frames[0].time_ns, 4294967295999999000);
	check_case("seconds are unsigned: a time in 2106 is read");
	CHECK_INT(seen.frames[1].caplen_bytes, 0);
	CHECK_INT(seen.frames[2].caplen_bytes, 64);
	CHECK_INT(seen.frames[2].length_bytes, 64);
	check_case("a wire length below the captured one is raised to it");
	seen_free(&seen);
	build_free(&build);
}

static void test_long_records(void)
{
	struct build build = {0};
	struct seen seen;

	build_pcap(&build, BUILD_PCAP_US, 2, 4, 96, ETHERNET);
	build_record(&build, 0, 1, 0, 1500, 1500);
	build_record(&build, 1, 2, 0, 65549, 65549);
	build_record(&build, 2, 3, 0, SOURCE_CAPLEN_MAX, SOURCE_CAPLEN_MAX);
	for (size_t i = 3; i < 2000; i++)
		build_packet_bytes((build_record_header(&build, 3, 0, 900, 900), build.marks = 3,
				    &build),
				   i, 900);
	build_record(&build, 2000, 3, 0, SOURCE_CAPLEN_MAX - 5, SOURCE_CAPLEN_MAX);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.count, 2001);
	CHECK(!seen.info.damaged);
	CHECK(seen_is_packet(&seen.frames[0], 0, 1500));
	CHECK(seen_is_packet(&seen.frames[1], 1, 65549));
	check_case("packets longer than the snaplen and GRO frames of 65549 bytes are read");
	CHECK(seen_is_packet(&seen.frames[2], 2, SOURCE_CAPLEN_MAX));
	for (size_t i = 3; i < 2000 && i < seen.count; i++)
		CHECK(seen_is_packet(&seen.frames[i], i, 900));
	CHECK(seen_is_packet(&seen.frames[2000], 2000, SOURCE_CAPLEN_MAX - 5));
	check_case("records larger than any buffer lie in one piece, and those behind them too");
	seen_free(&seen);
	build_free(&build);
}

/* Some megabytes, written by libpcap, so that many records lie across chunks. */
static void test_libpcap_oracle(int precision, const char *sentence)
{
	pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262144,
							    (u_int)precision);
	pcap_dumper_t *dump = pcap_dump_open(dead, build_path());
	static u_char bytes[70000];
	uint32_t random = 1;
	struct seen seen;

	CHECK(dump != NULL);
	for (uint32_t i = 0; dump && i < 15000; i++) {
		struct pcap_pkthdr header = {0};

		random = random * 1664525 + 1013904223;
		header.caplen = i % 500 == 7 ? random % 70000 : random >> 22;
		header.len = header.caplen + (random & 1 ? 0 : random >> 20);
		header.ts.tv_sec = 1500000000 + i;
		header.ts.tv_usec = (random >> 4) % 1000000;
		memset(bytes, (int)random, header.caplen);
		memcpy(bytes, &i, sizeof i);
		pcap_dump((u_char *)dump, &header, bytes);
	}
	if (dump)
		pcap_dump_close(dump);
	pcap_close(dead);
	seen = seen_read(build_path());
	CHECK_INT(seen_check_libpcap(&seen, build_path()), 15000);
	seen_check_digest(&seen, build_path());
	check_case(sentence);
	seen_free(&seen);
}

/* ---- damage ---- */

/* Captures of real hosts, which are committed. Tests are run where samples/ is. */
static void test_libpcap_samples(void)
{
	static const char sentence[] = "libpcap reads the same in every capture of samples/";
	glob_t found;
	size_t i;

	if (glob("samples/*/*.pcap*", 0, NULL, &found) != 0) {
		printf("skip - %s: samples/ is elsewhere\n", sentence);
		return;
	}
	for (i = 0; i < found.gl_pathc; i++) {
		struct seen seen = seen_read(found.gl_pathv[i]);

		CHECK_INT(seen.status, STATUS_OK);
		CHECK(seen_check_libpcap(&seen, found.gl_pathv[i]) > 0);
		seen_check_digest(&seen, found.gl_pathv[i]);
		seen_free(&seen);
	}
	globfree(&found);
	check_case(sentence);
}

static void test_cut_everywhere(void)
{
	struct build build = build_small(7);

	for (size_t cut = 0; cut <= build.size; cut++) {
		struct seen seen = seen_read(build_write(build.bytes, cut));
		size_t whole = 0;

		if (cut < 24) {
			CHECK_INT(seen.status, STATUS_INPUT);
			seen_free(&seen);
			continue;
		}
		while (whole + 1 < build.marks && build.mark[whole + 1] <= cut)
			whole++;
		CHECK_INT(seen.status, STATUS_OK);
		seen_check_small(&seen, whole);
		CHECK_INT(seen.info.damaged, cut != build.mark[whole]);
		if (seen.info.damaged)
			CHECK_INT(seen.info.damage_offset, build.mark[whole]);
		seen_check_digest(&seen, build_path());
		seen_free(&seen);
	}
	build_free(&build);
	check_case("a file cut at any byte gives its whole packets and the offset of the next");
}

static void test_claims(void)
{
	static const uint32_t claims[] = {SOURCE_CAPLEN_MAX + 1, 0x7fffffff, 0xffffffff,
					  SOURCE_CAPLEN_MAX, 100000};

	for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
		struct build build = build_small(2);
		struct seen seen;

		build.marks = 2;
		build_record_header(&build, 1, 1, claims[i], claims[i]);
		build_packet_bytes(&build, 3, 5000);
		seen = seen_read(build_save(&build));
		CHECK_INT(seen.status, STATUS_OK);
		seen_check_small(&seen, 2);
		CHECK(seen.info.damaged);
		CHECK_INT(seen.info.damage_offset, build.mark[2]);
		CHECK(strstr(seen.info.damage, "packet 3") != NULL);
		seen_check_digest(&seen, build_path());
		seen_free(&seen);
		build_free(&build);
	}
	check_case("a record that claims more than there is ends the reading, not the digest");
}

/* ---- errors ---- */

static void test_error(const char *path, enum status expected, const char *says)
{
	struct source *source = NULL;
	struct error err = {0};

	CHECK_INT(source_open(&source, path, &err), expected);
	CHECK(source == NULL);
	CHECK_INT(err.status, expected);
	if (strstr(err.text, path) != err.text || !strstr(err.text, says)) {
		CHECK_TEXT(err.text, says);
	}
	source_close(&source);
}

static void test_errors(void)
{
	char missing[300];

	snprintf(missing, sizeof missing, "%s/missing", build_directory);
	test_error(missing, STATUS_SYSTEM, "No such file");
	check_case("a missing file is named");
	test_error(build_directory, STATUS_SYSTEM, "Is a directory");
	check_case("a directory is called one");
	test_error(build_write((const uint8_t *)"", 0), STATUS_INPUT, "empty");
	check_case("an empty file is called so");
	test_error(build_write((const uint8_t *)"frame.time\t4", 12), STATUS_INPUT,
		   "not a capture that crosstap knows (first bytes 66 72 61 6d 65 2e 74 69 6d 65 "
		   "09 34)");
	check_case("the first bytes of a file of another kind are shown");
	test_error(build_write((const uint8_t *)"\xd4\xc3\xb2\xa1\x02\0\x04\0", 8), STATUS_INPUT,
		   "the pcap header is cut");
	check_case("a cut header is called so");
	test_error(build_write((const uint8_t *)"\xd4\xc3\xb2\xa1\x07\0\x04\0................",
			       24),
		   STATUS_INPUT, "version 7.4");
	check_case("an unknown version is named");
	if (geteuid() != 0) {
		chmod(build_path(), 0);
		test_error(build_path(), STATUS_SYSTEM, "Permission denied");
		check_case("a file without permission is called so");
	}
	unlink(build_path());
}

/* ---- pipes, closing, progress ---- */

/* A source on a pipe whose other end, *write_fd, stays open. */
static struct source *pipe_source(int *write_fd, const struct build *build)
{
	struct source *source = NULL;
	struct error err;
	char path[32];
	int fds[2];

	if (pipe(fds) != 0 || write(fds[1], build->bytes, build->size) != (ssize_t)build->size)
		abort();
	snprintf(path, sizeof path, "/dev/fd/%d", fds[0]);
	CHECK_INT(source_open(&source, path, &err), STATUS_OK);
	close(fds[0]);
	*write_fd = fds[1];
	return source;
}

static void test_pipe(void)
{
	struct build build = build_small(3);
	struct source *source;
	struct frame frame;
	struct error err;
	uint64_t read_bytes, size_bytes;
	bool more;
	int fd;

	source = pipe_source(&fd, &build);
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
		CHECK(more && seen_is_packet(&frame, i, 40 + i * 17 % 61));
	}
	source_progress(source, &read_bytes, &size_bytes);
	CHECK_INT(read_bytes, build.size);
	CHECK_INT(size_bytes, 0);
	check_case("packets come out of a pipe that stays open as soon as they are in it");
	source_close(&source);
	CHECK(!source);
	close(fd);
	check_case("a source that waits for a pipe can be closed");

	build.size -= 10;
	source = pipe_source(&fd, &build);
	close(fd);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
	CHECK(!more);
	CHECK(source_info(source)->damaged);
	CHECK_INT(source_info(source)->damage_offset, build.mark[2]);
	source_close(&source);
	build_free(&build);
	check_case("a pipe that ends inside a packet is damaged there");
}

static void test_standard_input(void)
{
	struct build build = build_small(20);
	int saved = dup(STDIN_FILENO), fd = open(build_save(&build), O_RDONLY);
	struct seen seen;

	dup2(fd, STDIN_FILENO);
	close(fd);
	seen = seen_read("-");
	seen_check_small(&seen, 20);
	seen_check_digest(&seen, build_path());
	seen_free(&seen);
	seen = seen_read("-"); /* what is left: nothing */
	CHECK_INT(seen.status, STATUS_INPUT);
	CHECK_TEXT(seen.err.text, "standard input: it is empty");
	seen_free(&seen);
	if (saved >= 0)
		dup2(saved, STDIN_FILENO);
	close(saved);
	build_free(&build);
	check_case("'-' is standard input, which stays open");
}

static void test_again(void)
{
	static const uint8_t zero[SOURCE_SHA256_BYTES];
	struct build build = build_many(19000);
	struct source *source;
	struct frame frame;
	struct error err;
	bool more = true;
	size_t i;

	for (int packed = 0; packed < 2; packed++) {
		if (packed) {
			struct build_pack pack = build_pack_begin(archive_write_add_filter_gzip,
								  "wb");

			build_pack_bytes(pack, build.bytes, build.size);
			build_pack_end(pack);
		} else {
			build_save(&build);
		}
		CHECK_INT(source_open_again(&source, build_path(), &err), STATUS_OK);
		for (i = 0; source_next(source, &frame, &more, &err) == STATUS_OK && more; i++)
			CHECK(seen_is_packet(&frame, i, 40 + i * 17 % 61));
		CHECK_INT(i, 19000);
		CHECK_TEXT(source_info(source)->format, packed ? "pcap+gzip" : "pcap");
		CHECK(!source_info(source)->damaged);
		CHECK(memcmp(source_info(source)->sha256, zero, sizeof zero) == 0);
		source_close(&source);
	}
	build_free(&build);
	check_case("a capture opened again has the same frames, and no digest");
}

static void test_closing(void)
{
	struct build build = build_many(19000);
	uint64_t read_bytes, size_bytes;
	struct source *source;
	struct frame frame;
	struct error err;
	bool more = true;

	build_save(&build);
	for (size_t stop = 0; stop < 8000; stop = 3 * stop + 1) {
		CHECK_INT(source_open(&source, build_path(), &err), STATUS_OK);
		for (size_t i = 0; i < stop; i++)
			CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
		source_close(&source);
	}
	check_case("a source can be closed at any moment");

	CHECK_INT(source_open(&source, build_save(&build), &err), STATUS_OK);
	CHECK_INT(source_drain(source, &err), STATUS_OK);
	source_progress(source, &read_bytes, &size_bytes);
	CHECK_INT(read_bytes, build.size);
	CHECK_INT(size_bytes, build.size);
	CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
	CHECK(!more);
	source_close(&source);
	source_close(&source);
	build_free(&build);
	check_case("a drained source has no more frames, and its progress is the file's size");
}

/* Damage at random places: no crash, and the frames before it are right. */
static void test_random_damage(void)
{
	struct build build = build_small(40);
	uint32_t random = 7;

	for (int round = 0; round < 300; round++) {
		struct seen seen;
		size_t at, i;
		uint8_t old;

		random = random * 1664525 + 1013904223;
		at = 24 + (random >> 8) % (build.size - 24);
		old = build.bytes[at];
		build.bytes[at] ^= (uint8_t)(1 + random % 255);
		seen = seen_read(build_save(&build));
		CHECK_INT(seen.status, STATUS_OK);
		for (i = 0; i < seen.count && build.mark[i + 1] <= at; i++)
			CHECK(seen_is_packet(&seen.frames[i], i, 40 + i * 17 % 61));
		CHECK(seen.count > i || seen.info.damaged);
		seen_free(&seen);
		build.bytes[at] = old;
	}
	build_free(&build);
	check_case("a byte turned over anywhere leaves the packets before it as they are");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], ERF_CHILD_OPTION) == 0)
		return erf_child_main(argc, argv);
	build_enter();
	test_variants();
	test_old_versions();
	test_header_fields();
	test_long_records();
	test_libpcap_oracle(PCAP_TSTAMP_PRECISION_MICRO, "libpcap reads the same, microseconds");
	test_libpcap_oracle(PCAP_TSTAMP_PRECISION_NANO, "libpcap reads the same, nanoseconds");
	test_libpcap_samples();
	test_cut_everywhere();
	test_claims();
	test_errors();
	test_pipe();
	test_standard_input();
	test_again();
	test_closing();
	test_random_damage();
	build_leave();
	return check_exit();
}
