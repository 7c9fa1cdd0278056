/* ERF and TSH, read by libtrace in a child process: this program once more. */
#include "collect/erf.h"

#include <dirent.h>
#include <signal.h>

#include <libtrace.h>

#include "collect/erf_record.h"
#include "tests/unit/source_build.h"

#define TYPE_HDLC 1
#define TYPE_ETH 2
#define TYPE_COLOR_ETH 11
#define TYPE_IPV4 22
#define TYPE_META 27
#define TIME_S 1700000000
#define HALF (1u << 31)            /* of a second */

/* A record without its frame: `inside` bytes follow. */
static void build_erf_header(struct build *build, uint32_t fraction, uint8_t type, uint8_t flags,
			     uint16_t inside, uint16_t lost, uint16_t wire)
{
	build_mark(build);
	build->big_endian = false;
	build_64(build, (uint64_t)TIME_S << 32 | fraction);
	build->big_endian = true;
	build_8(build, type);
	build_8(build, flags);
	build_16(build, 16 + inside);
	build_16(build, lost);
	build_16(build, wire);
}

/* An Ethernet record as a card writes it: with its FCS, padded to 8 bytes. */
static void build_erf_ethernet(struct build *build, size_t packet, uint8_t flags, uint16_t lost,
			       uint16_t size)
{
	uint16_t inside = (uint16_t)((2 + size + 4 + 7) & ~7);

	build_erf_header(build, HALF, TYPE_ETH, flags, inside, lost, size + 4);
	build_16(build, 0);
	build_packet_bytes(build, packet, size);
	build_packet_bytes(build, 999, inside - 2u - size);
}

static void build_erf(struct build *build)
{
	build_erf_ethernet(build, 0, 0x04, 0, 60);
	build_erf_ethernet(build, 1, 0x05, 3, 61);
	/* Cut by a snaplen: 32 of 1500 and 4 bytes; and two extension headers. */
	build_erf_header(build, 1, TYPE_ETH | 0x80, 0x04, 16 + 2 + 32, 0, 1504);
	build_64(build, 0x8f00000000000000);
	build_64(build, 0x0c00000000000000);
	build_16(build, 0);
	build_packet_bytes(build, 2, 32);
	build_erf_header(build, 0, TYPE_META, 0, 24, 0, 24);
	build_packet_bytes(build, 99, 24);
	build_erf_header(build, 0, 48, 0, 8, 0, 0); /* padding */
	build_64(build, 0);
	build_erf_header(build, 2, TYPE_IPV4, 0x04, 40, 7, 40);
	build_packet_bytes(build, 3, 40);
	build_erf_header(build, 3, TYPE_COLOR_ETH, 0x04, 2 + 46, 0xabcd, 50);
	build_16(build, 0);
	build_packet_bytes(build, 4, 46);
	build_erf_header(build, 4, TYPE_HDLC, 0x04, 4 + 20, 1, 24);
	build_32(build, 0xff030021);
	build_packet_bytes(build, 5, 20);
}

static void test_records(void)
{
	static const struct {
		uint32_t linktype, caplen, length, lost, number, interface, mark;
		int64_t time_ns;
	} expected[] = {
		{1, 60, 60, 0, 1, 0, 0, TIME_S * INT64_C(1000000000) + 500000000},
		{1, 61, 61, 3, 2, 1, 1, TIME_S * INT64_C(1000000000) + 500000000},
		{1, 32, 1500, 0, 3, 0, 2, TIME_S * INT64_C(1000000000)}, /* 0.23 ns */
		{101, 40, 40, 7, 5, 2, 5, TIME_S * INT64_C(1000000000)},
		{1, 46, 46, 0, 6, 0, 6, TIME_S * INT64_C(1000000000) + 1}, /* 0.70 ns */
		{9, 24, 24, 1, 7, 3, 7, TIME_S * INT64_C(1000000000) + 1},
	};
	struct build build = {0};
	struct seen seen;

	build_erf(&build);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.status, STATUS_OK);
	CHECK_TEXT(seen.format, "erf");
	CHECK_INT(seen.count, 6);
	CHECK(!seen.info.damaged);
	for (size_t i = 0; i < 6 && i < seen.count; i++) {
		const struct frame *frame = &seen.frames[i];

		CHECK_INT(frame->linktype, expected[i].linktype);
		CHECK_INT(frame->caplen_bytes, expected[i].caplen);
		CHECK_INT(frame->length_bytes, expected[i].length);
		CHECK_INT(frame->dropped_before, expected[i].lost);
		CHECK_INT(frame->number, expected[i].number);
		CHECK_INT(frame->interface, expected[i].interface);
		CHECK_INT(frame->offset, build.mark[expected[i].mark]);
		CHECK_INT(frame->time_ns, expected[i].time_ns);
		CHECK(i == 5 || seen_is_packet(frame, i, expected[i].caplen));
	}
	check_case("records of all kinds become frames, without FCS and padding");
	CHECK_INT(seen.info.interfaces, 4);
	CHECK(seen.info.drops_known);
	CHECK_INT(seen.info.drops, 11);
	seen_check_digest(&seen, build_path());
	check_case("the loss counter is kept, where it is not a colour");
	seen_free(&seen);
	build_free(&build);
}

/* Writes `count` packets as pcap, has libtrace make ERF of it, and compares the
 * two files packet by packet. */
static void test_converted(void)
{
	char erf[300], uri[320];
	struct build build = {0};
	struct seen seen;
	libtrace_t *in;
	libtrace_out_t *out;
	libtrace_packet_t *packet = trace_create_packet();

	build_32(&build, 0xa1b23c4d);
	build_32(&build, 0x00040002);
	build_64(&build, 0);
	build_64(&build, 0x0000000100040000);
	for (uint32_t i = 0; i < 500; i++) {
		uint32_t caplen = 60 + i % 90;

		build_32(&build, TIME_S + i);
		build_32(&build, i * 1999993);
		build_32(&build, caplen);
		build_32(&build, caplen + (i % 3 ? 0 : i));
		build_packet_bytes(&build, i, caplen);
	}
	build_save(&build);
	snprintf(erf, sizeof erf, "%s/erf", build_directory);
	snprintf(uri, sizeof uri, "pcapfile:%s", build_path());
	in = trace_create(uri);
	snprintf(uri, sizeof uri, "erf:%s", erf);
	out = trace_create_output(uri);
	CHECK(trace_start(in) == 0 && trace_start_output(out) == 0);
	while (trace_read_packet(in, packet) > 0)
		CHECK(trace_write_packet(out, packet) > 0);
	trace_destroy_packet(packet);
	trace_destroy(in);
	trace_destroy_output(out);
	seen = seen_read(erf);
	CHECK_INT(seen_check_libpcap(&seen, build_path()), 500);
	seen_check_digest(&seen, erf);
	unlink(erf);
	seen_free(&seen);
	build_free(&build);
	check_case("what libtrace made of a pcap file gives the same packets as that file");
}

static void test_packed(void)
{
	struct build_pack pack = build_pack_begin(archive_write_add_filter_gzip, "wb");
	struct build build = {0};
	struct seen seen;

	build_erf(&build);
	build_pack_bytes(pack, build.bytes, build.size);
	build_pack_end(pack);
	seen = seen_read(build_path());
	CHECK_TEXT(seen.format, "erf+gzip");
	CHECK_INT(seen.count, 6);
	CHECK(seen.count && seen_is_packet(&seen.frames[0], 0, 60));
	CHECK(!seen.info.damaged);
	seen_check_digest(&seen, build_path());
	seen_free(&seen);
	build_free(&build);
	check_case("a packed ERF file is read");
}

/* ---- damage ---- */

static void test_cut(void)
{
	static const uint8_t record_of[] = {0, 1, 2, 5, 6, 7};
	struct build build = {0};

	build_erf(&build);
	build_mark(&build);
	for (size_t cut = build.mark[2]; cut <= build.size; cut += 3) {
		struct seen seen = seen_read(build_write(build.bytes, cut));
		size_t whole = 0, packets = 0;

		while (whole + 1 < build.marks && build.mark[whole + 1] <= cut)
			whole++;
		while (packets < 6 && record_of[packets] < whole)
			packets++;
		CHECK_INT(seen.status, STATUS_OK);
		CHECK_INT(seen.count, packets);
		CHECK_INT(seen.info.damaged, cut != build.mark[whole]);
		if (seen.info.damaged)
			CHECK_INT(seen.info.damage_offset, build.mark[whole]);
		seen_check_digest(&seen, build_path());
		seen_free(&seen);
	}
	build_free(&build);
	check_case("a cut file gives its whole records and the offset of the next");
}

/* Enough Ethernet records that they are still being read while the test acts. */
static struct build build_erf_long(size_t count)
{
	struct build build = {0};

	for (size_t i = 0; i < count; i++) {
		build.marks = 0;
		build_erf_ethernet(&build, i, 0x04, 0, 1400);
	}
	return build;
}

static void test_damaged_record(void)
{
	static const struct {
		uint8_t type;
		uint16_t length;
	} damages[] = {
		{0x61, 0x580}, {0, 0x580}, {TYPE_ETH, 0}, {TYPE_ETH, 15}, {TYPE_ETH, 17},
		{TYPE_ETH | 0x80, 0x580}, /* with extension headers that never end */
	};

	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		struct build build = build_erf_long(400);
		size_t record = build.size / 400, offset = 300 * record;
		struct seen seen;

		memset(build.bytes + offset + 16, 0xff, record - 16);
		build.bytes[offset + 8] = damages[i].type;
		build.bytes[offset + 10] = (uint8_t)(damages[i].length >> 8);
		build.bytes[offset + 11] = (uint8_t)damages[i].length;
		seen = seen_read(build_save(&build));
		CHECK_INT(seen.status, STATUS_OK);
		CHECK_INT(seen.count, 300);
		CHECK(seen.info.damaged);
		CHECK_INT(seen.info.damage_offset, offset);
		CHECK(strstr(seen.info.damage, "record 301") != NULL);
		seen_check_digest(&seen, build_path());
		seen_free(&seen);
		build_free(&build);
	}
	check_case("a record that cannot be one ends the reading at its offset");
}

/* The one child of this process, found where the kernel lists them. */
static pid_t child_find(void)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;

	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		char path[300];
		int pid, parent;
		FILE *file;

		snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		file = fopen(path, "r");
		if (file && fscanf(file, "%d (%*[^)]) %*c %d", &pid, &parent) == 2 &&
		    parent == getpid())
			found = pid;
		if (file)
			fclose(file);
	}
	if (proc)
		closedir(proc);
	return found;
}

static void test_killed_child(void)
{
	struct build build = build_erf_long(20000); /* 28 MB */
	size_t record = build.size / 20000;
	struct source *source;
	const struct source_info *info;
	struct frame frame;
	struct error err;
	uint64_t count = 0;
	bool more = true;
	char says[64];

	CHECK_INT(source_open(&source, build_save(&build), &err), STATUS_OK);
	CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
	CHECK(child_find() > 0);
	if (child_find() > 0)
		kill(child_find(), SIGABRT);
	while (more) {
		count++;
		CHECK(seen_is_packet(&frame, count - 1, 1400));
		CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
	}
	info = source_info(source);
	CHECK(count < 20000);
	CHECK(info->damaged);
	CHECK_INT(info->damage_offset, count * record);
	snprintf(says, sizeof says, "signal %d behind packet %d", SIGABRT, (int)count);
	CHECK(strstr(info->damage, says) != NULL);
	CHECK_INT(source_drain(source, &err), STATUS_OK);
	CHECK_INT(source_info(source)->bytes, build.size);
	source_close(&source);
	CHECK_INT(child_find(), 0);
	build_free(&build);
	check_case("a child that dies is damage behind the last packet that it gave");
}

static void test_closing(void)
{
	struct build build = build_erf_long(6000);
	struct source *source;
	struct frame frame;
	struct error err;
	bool more;

	build_save(&build);
	for (size_t stop = 0; stop < 6000; stop = 4 * stop + 1) {
		CHECK_INT(source_open(&source, build_path(), &err), STATUS_OK);
		for (size_t i = 0; i < stop; i++)
			CHECK_INT(source_next(source, &frame, &more, &err), STATUS_OK);
		source_close(&source);
		CHECK_INT(child_find(), 0);
	}
	build_free(&build);
	check_case("a source can be closed at any moment and leaves no child behind");
}

static void test_pipe_closing(void)
{
	struct build build = build_erf_long(40);
	struct source *source;
	struct error err;
	char path[32];
	int fds[2];

	if (pipe(fds) != 0)
		abort();
	snprintf(path, sizeof path, "/dev/fd/%d", fds[0]);
	if (write(fds[1], build.bytes, build.size) != (ssize_t)build.size)
		abort();
	close(fds[1]); /* the sniffing waits for 128 KiB, or for the end */
	CHECK_INT(source_open(&source, path, &err), STATUS_OK);
	close(fds[0]);
	source_close(&source);
	build_free(&build);
	check_case("a source on a pipe that was never read can be closed");
}

/* ---- telling what it is ---- */

static void test_not_recognised(void)
{
	struct build build = {0};
	struct seen seen;

	build_erf_ethernet(&build, 0, 4, 0, 60);
	build_erf_ethernet(&build, 1, 4, 0, 60);
	build.bytes[build.mark[1] + 6] ^= 0x40; /* half a year later */
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.status, STATUS_INPUT);
	seen_free(&seen);
	build.size = build.mark[1] + 10;         /* one record and a bit */
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.status, STATUS_INPUT);
	seen_free(&seen);
	memset(build.bytes, 0, build.size);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.status, STATUS_INPUT);
	seen_free(&seen);
	build_free(&build);
	check_case("bytes that only look a little like ERF are not read as such");
}

static void test_tsh(void)
{
	struct build build = {.big_endian = true};
	struct seen seen;

	for (uint32_t i = 0; i < 20; i++) {
		build_32(&build, TIME_S + i);
		build_32(&build, (i % 2) << 24 | (250000 + i));
		build_16(&build, 0x4500);
		build_16(&build, i ? 1500 : 28);
		build_packet_bytes(&build, i, 4);
		build_16(&build, 0x4006);
		build_packet_bytes(&build, i, 26);
	}
	build_bytes(&build, build.bytes, 30);
	seen = seen_read(build_save(&build));
	CHECK_TEXT(seen.format, "tsh");
	CHECK_INT(seen.count, 20);
	CHECK_INT(seen.info.interfaces, 2);
	for (uint32_t i = 0; i < 20 && i < seen.count; i++) {
		const struct frame *frame = &seen.frames[i];

		CHECK_INT(frame->time_ns, (TIME_S + (int64_t)i) * 1000000000 + 250000000 +
						  (int64_t)i * 1000);
		CHECK_INT(frame->caplen_bytes, i ? 36 : 28);
		CHECK_INT(frame->length_bytes, i ? 1500 : 28);
		CHECK_INT(frame->linktype, 101);
		CHECK_INT(frame->interface, i % 2);
		CHECK_INT(frame->offset, 44 * i);
		CHECK(memcmp(frame->bytes, build.bytes + 44 * i + 8, frame->caplen_bytes) == 0);
	}
	CHECK(seen.info.damaged);
	CHECK_INT(seen.info.damage_offset, 880);
	seen_check_digest(&seen, build_path());
	seen_free(&seen);
	build_free(&build);
	check_case("TSH is read, up to the record that is cut");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], ERF_CHILD_OPTION) == 0)
		return erf_child_main(argc, argv);
	build_enter();
	test_records();
	test_converted();
	test_packed();
	test_cut();
	test_damaged_record();
	test_killed_child();
	test_closing();
	test_pipe_closing();
	test_not_recognised();
	test_tsh();
	build_leave();
	return check_exit();
}
