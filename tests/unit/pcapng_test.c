/* pcapng: every kind of block, both byte orders, several sections. Values are
 * worked out by hand from the draft's layout, or libpcap's where it can read them.
 */
#include "collect/pcapng.h"

#include "tests/unit/source_build.h"

#define SECTION 0x0a0d0d0au
#define INTERFACE 1
#define OBSOLETE 2
#define SIMPLE 3
#define STATISTICS 5
#define ENHANCED 6
#define ETHERNET 1
#define RAW 101
#define MINUTE_NS 60000000000

/* Blocks are begun, filled, and ended, which sets both lengths. */
static size_t block_begin(struct build *build, uint32_t type)
{
	size_t at = build->size;

	if (build->marks < BUILD_MARKS)
		build_mark(build);
	build_32(build, type);
	build_32(build, 0);
	return at;
}

static void block_end(struct build *build, size_t at)
{
	struct build length = {.big_endian = build->big_endian};

	while (build->size % 4)
		build_8(build, 0);
	build_32(&length, (uint32_t)(build->size + 4 - at));
	memcpy(build->bytes + at + 4, length.bytes, 4);
	build_bytes(build, length.bytes, 4);
	build_free(&length);
}

static void build_option(struct build *build, uint16_t code, const void *value, uint16_t size)
{
	build_16(build, code);
	build_16(build, size);
	build_bytes(build, value, size);
	while (build->size % 4)
		build_8(build, 0);
}

static void build_option_64(struct build *build, uint16_t code, uint64_t value)
{
	build_16(build, code);
	build_16(build, 8);
	build_64(build, value);
}

static void build_section(struct build *build)
{
	size_t at = block_begin(build, SECTION);

	build_32(build, 0x1a2b3c4d);
	build_16(build, 1);
	build_16(build, 0);
	build_64(build, UINT64_MAX);
	build_option(build, 4, "crosstap's tests", 16); /* shb_userappl */
	build_32(build, 0);
	block_end(build, at);
}

/* resolution < 0: no option of it. */
static void build_interface(struct build *build, uint16_t linktype, uint32_t snaplen,
			    const char *name, int resolution, int64_t offset_s)
{
	size_t at = block_begin(build, INTERFACE);
	uint8_t byte = (uint8_t)resolution;

	build_16(build, linktype);
	build_16(build, 0);
	build_32(build, snaplen);
	if (*name)
		build_option(build, 2, name, (uint16_t)strlen(name));
	if (resolution >= 0)
		build_option(build, 9, &byte, 1);
	if (offset_s)
		build_option_64(build, 14, (uint64_t)offset_s);
	block_end(build, at);
}

/* drops < 0: no option of it. */
static void build_enhanced(struct build *build, size_t packet, uint32_t interface, uint64_t units,
			   uint32_t caplen, uint32_t length, int64_t drops)
{
	size_t at = block_begin(build, ENHANCED);

	build_32(build, interface);
	build_32(build, (uint32_t)(units >> 32));
	build_32(build, (uint32_t)units);
	build_32(build, caplen);
	build_32(build, length);
	build_packet_bytes(build, packet, caplen);
	while (build->size % 4)
		build_8(build, 0);
	if (drops >= 0) {
		build_option(build, 1, "a comment", 9);
		build_option_64(build, 4, (uint64_t)drops);
	}
	block_end(build, at);
}

static void build_simple(struct build *build, size_t packet, uint32_t caplen, uint32_t length)
{
	size_t at = block_begin(build, SIMPLE);

	build_32(build, length);
	build_packet_bytes(build, packet, caplen);
	block_end(build, at);
}

static void build_obsolete(struct build *build, size_t packet, uint16_t interface, uint16_t drops,
			   uint64_t units, uint32_t caplen, uint32_t length)
{
	size_t at = block_begin(build, OBSOLETE);

	build_16(build, interface);
	build_16(build, drops);
	build_32(build, (uint32_t)(units >> 32));
	build_32(build, (uint32_t)units);
	build_32(build, caplen);
	build_32(build, length);
	build_packet_bytes(build, packet, caplen);
	block_end(build, at);
}

static void build_statistics(struct build *build, uint32_t interface, uint64_t ifdrop,
			     uint64_t osdrop)
{
	size_t at = block_begin(build, STATISTICS);

	build_32(build, interface);
	build_64(build, 0);
	build_option_64(build, 4, 1000000); /* isb_ifrecv */
	build_option_64(build, 5, ifdrop);
	build_option_64(build, 7, osdrop);
	block_end(build, at);
}

static void build_other(struct build *build, uint32_t type, size_t size)
{
	size_t at = block_begin(build, type);

	build_packet_bytes(build, 99, size);
	block_end(build, at);
}

/* ---- blocks ---- */

static void build_every_block(struct build *build)
{
	build_section(build);
	build_interface(build, ETHERNET, 64, "eth0", -1, 0);
	build_interface(build, RAW, 0, "", 9, 0);
	build_enhanced(build, 0, 0, 1600000000123456, 61, 1514, -1);
	build_other(build, 4, 36);            /* names */
	build_enhanced(build, 1, 1, 1600000000123456789, 40, 40, 3);
	build_simple(build, 2, 64, 90);       /* cut by the snaplen */
	build_simple(build, 3, 33, 33);
	build_obsolete(build, 4, 1, 5, 1600000001000000000, 21, 22);
	build_obsolete(build, 5, 0, 0xffff, 1600000002000000, 20, 20);
	build_other(build, 0x0000000a, 20);   /* decryption secrets */
	build_other(build, 0x80001234, 1);    /* local use */
	build_statistics(build, 0, 7, 4);
}

static void test_every_block(bool big_endian, const char *sentence)
{
	static const struct {
		uint32_t interface, caplen, length, dropped;
		int64_t time_ns;
	} expected[] = {
		{0, 61, 1514, 0, 1600000000123456000}, {1, 40, 40, 3, 1600000000123456789},
		{0, 64, 90, 0, 0},                     {0, 33, 33, 0, 0},
		{1, 21, 22, 5, 1600000001000000000},   {0, 20, 20, 0, 1600000002000000000},
	};
	static const size_t blocks[] = {3, 5, 6, 7, 8, 9}; /* where each packet's block is */
	struct build build = {.big_endian = big_endian};
	struct seen seen;

	build_every_block(&build);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.status, STATUS_OK);
	CHECK_TEXT(seen.format, "pcapng");
	CHECK_INT(seen.count, 6);
	CHECK(!seen.info.damaged);
	for (size_t i = 0; i < 6 && i < seen.count; i++) {
		const struct frame *frame = &seen.frames[i];

		CHECK(seen_is_packet(frame, i, expected[i].caplen));
		CHECK_INT(frame->length_bytes, expected[i].length);
		CHECK_INT(frame->interface, expected[i].interface);
		CHECK_INT(frame->linktype, expected[i].interface ? RAW : ETHERNET);
		CHECK_INT(frame->time_ns, expected[i].time_ns);
		CHECK_INT(frame->dropped_before, expected[i].dropped);
		CHECK_INT(frame->number, i + 1);
		CHECK_INT(frame->offset, build.mark[blocks[i]]);
	}
	seen_check_digest(&seen, build_path());
	check_case(sentence);
	CHECK_INT(seen.info.interfaces, 2);
	CHECK_TEXT(seen.interfaces[0].name, "eth0");
	CHECK_TEXT(seen.interfaces[1].name, "");
	CHECK_INT(seen.interfaces[0].snaplen, 64);
	CHECK_INT(seen.info.snaplen, 64);
	CHECK_INT(seen.interfaces[0].drops, 11);
	CHECK_INT(seen.interfaces[1].drops, 8);
	CHECK(seen.info.drops_known);
	CHECK_INT(seen.info.drops, 19);
	check_case("... and interfaces, statistics and drop counters with them");
	seen_free(&seen);
	build_free(&build);
}

static void test_numbers(void)
{
	static const uint32_t types[] = {9, 0x0bad, 0x40000bad, 0x204, 4, 0x99};
	struct build build = {0};
	struct seen seen;

	build_section(&build);
	build_interface(&build, ETHERNET, 0, "", -1, 0);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		build_enhanced(&build, i, 0, 1, 20, 20, -1);
		build_other(&build, types[i], 40);
	}
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.count, 6);
	/* tshark 4.0 numbers journal, custom and sysdig blocks like packets. */
	for (size_t i = 0; i < 6 && i < seen.count; i++)
		CHECK_INT(seen.frames[i].number, i < 5 ? 2 * i + 1 : 10);
	seen_free(&seen);
	build_free(&build);
	check_case("packets are numbered as Wireshark numbers them");
}

static void test_sections(void)
{
	struct build build = {0};
	struct seen seen;

	build_section(&build);
	build_interface(&build, ETHERNET, 100, "a", -1, 0);
	build_enhanced(&build, 0, 0, 1000000, 50, 50, 1);
	build_statistics(&build, 0, 2, 0);
	build.big_endian = true;
	build_section(&build);
	build_interface(&build, 113, 200, "b", -1, 0);
	build_interface(&build, 276, 0, "c", 9, 0);
	build_enhanced(&build, 1, 1, 2000000000, 51, 51, -1);
	build_enhanced(&build, 2, 0, 3000000, 52, 52, 0);
	build.big_endian = false;
	build_section(&build);
	build_interface(&build, RAW, 0, "d", -1, 0);
	build_enhanced(&build, 3, 0, 4000000, 53, 53, -1);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.count, 4);
	CHECK_INT(seen.info.interfaces, 4);
	for (size_t i = 0; i < 4 && i < seen.count; i++) {
		static const uint32_t interfaces[] = {0, 2, 1, 3}, links[] = {1, 276, 113, 101};

		CHECK(seen_is_packet(&seen.frames[i], i, 50 + i));
		CHECK_INT(seen.frames[i].interface, interfaces[i]);
		CHECK_INT(seen.frames[i].linktype, links[i]);
		CHECK_INT(seen.frames[i].time_ns, (int64_t)(i + 1) * 1000000000);
		CHECK_INT(seen.frames[i].number, i + 1);
	}
	CHECK_INT(seen.info.snaplen, 200);
	CHECK_INT(seen.info.drops, 2);
	CHECK(seen.interfaces[1].drops_known && !seen.interfaces[3].drops_known);
	seen_free(&seen);
	build_free(&build);
	check_case("sections of differing byte order each have interfaces of their own");
}

/* ---- times ---- */

static const struct time_case {
	const char *sentence;
	int resolution;
	int64_t offset_s;
	uint64_t units;
	int64_t time_ns;
	bool libpcap;               /* reads it too, and rightly */
} times[] = {
	{"times in seconds are read", 0, 0, 1600000000, 1600000000000000000, true},
	{"times in milliseconds are read", 3, 0, 1600000000001, 1600000000001000000, true},
	{"times in units of 10 ns are read", 8, 0, 160000000012345678, 1600000000123456780, true},
	{"times in picoseconds are cut to nanoseconds", 12, 0, 3123456789999, 3123456789, true},
	{"times in units of 10^-19 s are read", 19, 0, 15000000000000000000u, 1500000000, true},
	{"times in units of 2^-10 s are read", 0x8a, 0, 1600000000u * UINT64_C(1024) + 512,
	 1600000000500000000, true},
	{"times in units of 2^-30 s are read", 0x9e, 0, 7 * (UINT64_C(1) << 30) + (1u << 29),
	 7500000000, true},
	{"times in units of 2^-32 s are rounded down", 0xa0, 0, (UINT64_C(9) << 32) + 1,
	 9000000000, true},
	{"times in units of 2^-63 s are read", 0xbf, 0, UINT64_C(3) << 62, 1500000000, false},
	{"times in units of 2^0 s are read", 0x80, 0, 1600000000, 1600000000000000000, true},
	{"if_tsoffset moves times forward", 6, 3600, 1000000, 3601000000000, true},
	{"if_tsoffset moves times to before 1970", 6, -60, 1000000, 1000000000 - MINUTE_NS, false},
	{"a time in 2106 is read", 6, 0, 4294967295000001, 4294967295000001000, true},
	{"a time beyond 2262 is held at the last one that 64 bits can say", 6, 0, UINT64_MAX,
	 INT64_MAX, false},
	{"... also when an offset leads there", 6, INT64_MAX, 1, INT64_MAX, false},
	{"... and likewise at the other end", 6, INT64_MIN, 1, INT64_MIN, false},
};

static void test_times(void)
{
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct build build = {.big_endian = i % 2};
		struct seen seen;

		build_section(&build);
		build_interface(&build, ETHERNET, 65535, "", times[i].resolution,
				times[i].offset_s);
		build_enhanced(&build, 0, 0, times[i].units, 60, 60, -1);
		seen = seen_read(build_save(&build));
		CHECK_INT(seen.count, 1);
		if (seen.count)
			CHECK_INT(seen.frames[0].time_ns, times[i].time_ns);
		if (times[i].libpcap)
			seen_check_libpcap(&seen, build_path());
		seen_free(&seen);
		build_free(&build);
		check_case(times[i].sentence);
	}
}

static void test_libpcap_oracle(void)
{
	struct build build = {0};
	uint32_t random = 3;
	struct seen seen;

	build_section(&build);
	build_interface(&build, ETHERNET, 65535, "one", 9, 0);
	build_interface(&build, ETHERNET, 65535, "two", -1, 0);
	for (uint32_t i = 0; i < 4000; i++) {
		random = random * 1664525 + 1013904223;
		build_enhanced(&build, i, i & 1,
			       (i & 1 ? 1600000000000000 : 1600000000000000000) + random,
			       random >> 22, (random >> 22) + i % 3, i % 5 ? -1 : 0);
		if (i % 100 == 0)
			build_other(&build, 4, random >> 24);
	}
	seen = seen_read(build_save(&build));
	CHECK_INT(seen_check_libpcap(&seen, build_path()), 4000);
	seen_check_digest(&seen, build_path());
	seen_free(&seen);
	build_free(&build);
	check_case("libpcap reads the same");
}

/* ---- damage ---- */

static void test_cut_everywhere(void)
{
	static const uint8_t packet_at[] = {3, 5, 6, 7, 8, 9};
	struct build build = {0};

	build_every_block(&build);
	build_mark(&build);
	for (size_t cut = 0; cut <= build.size; cut++) {
		struct seen seen = seen_read(build_write(build.bytes, cut));
		size_t whole = 0, packets = 0;

		if (cut < build.mark[1]) {
			CHECK_INT(seen.status, STATUS_INPUT);
			seen_free(&seen);
			continue;
		}
		while (whole + 1 < build.marks && build.mark[whole + 1] <= cut)
			whole++;
		while (packets < sizeof packet_at && packet_at[packets] < whole)
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
	check_case("a file cut at any byte gives its whole packets and the offset of the block");
}

/* A section, an interface and a packet, then what the case adds. */
static struct build build_start(void)
{
	struct build build = {0};

	build_section(&build);
	build_interface(&build, ETHERNET, 0, "", -1, 0);
	build_enhanced(&build, 0, 0, 1, 60, 60, -1);
	return build;
}

static void check_damage(struct build *build, const char *says, const char *sentence)
{
	struct seen seen = seen_read(build_save(build));

	CHECK_INT(seen.status, STATUS_OK);
	CHECK_INT(seen.count, 1);
	CHECK(seen.info.damaged);
	CHECK_INT(seen.info.damage_offset, build->mark[3]);
	if (!strstr(seen.info.damage, says))
		CHECK_TEXT(seen.info.damage, says);
	seen_check_digest(&seen, build_path());
	seen_free(&seen);
	build_free(build);
	check_case(sentence);
}

/* A block whose first length is `claim`. */
static void build_claim(struct build *build, uint32_t type, uint32_t claim)
{
	size_t at = block_begin(build, type);

	build_packet_bytes(build, 1, 200);
	block_end(build, at);
	memcpy(build->bytes + at + 4, &claim, 4);
}

static void test_damages(void)
{
	struct build build = build_start();

	build_claim(&build, ENHANCED, 0xfffffffc);
	check_damage(&build, "4294967292 bytes", "a packet block of 4 GB is damage");
	build = build_start();
	build_claim(&build, 0x77, 0xfffffffc);
	check_damage(&build, "is cut", "an unknown block of 4 GB is cut");
	build = build_start();
	build_claim(&build, ENHANCED, 8);
	check_damage(&build, "claims 8 bytes", "a block shorter than its frame is damage");
	build = build_start();
	build_claim(&build, ENHANCED, 0);
	check_damage(&build, "claims 0 bytes", "a block of no bytes is damage");
	build = build_start();
	build_claim(&build, ENHANCED, 28);
	check_damage(&build, "block (enhanced packet) of 28 bytes", "a packet block cut short");
	build = build_start();
	build_claim(&build, ENHANCED, 208);
	check_damage(&build, "ends in", "a block whose two lengths differ is damage");
	build = build_start();
	build_claim(&build, 0x77, 208);
	check_damage(&build, "ends in", "... also one that is skipped");
	build = build_start();
	build_enhanced(&build, 1, 1, 1, 60, 60, -1);
	check_damage(&build, "interface 1 is used", "a packet of an unknown interface is damage");
	build = build_start();
	build_enhanced(&build, 1, 0, 1, 60, 60, -1);
	memcpy(build.bytes + build.mark[3] + 20, &(uint32_t){61 + 3}, 4);
	check_damage(&build, "claims 64 captured bytes", "a packet larger than its block");
	build = build_start();
	build_interface(&build, ETHERNET, 0, "long", -1, 0);
	memcpy(build.bytes + build.mark[3] + 18, &(uint16_t){500}, 2);
	check_damage(&build, "claims 500 bytes", "an interface's option larger than its block");
	build = build_start();
	build_interface(&build, ETHERNET, 0, "", 20, 0);
	check_damage(&build, "10^-20 s", "a time resolution that no 64 bits can hold");
	build = build_start();
	build_section(&build);
	build.bytes[build.mark[3] + 8] ^= 1;
	check_damage(&build, "byte-order magic", "a section without its magic");
	build = build_start();
	build_section(&build);
	build.bytes[build.mark[3] + 12] = 2;
	check_damage(&build, "version 2.0", "a section of another version");
}

static void test_packet_options(void)
{
	struct build build = build_start();
	struct seen seen;

	build_enhanced(&build, 1, 0, 1, 60, 60, 9);
	memcpy(build.bytes + build.mark[3] + 28 + 60 + 2, &(uint16_t){500}, 2);
	build_enhanced(&build, 2, 0, 1, 60, 60, 9);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.count, 3);
	CHECK(!seen.info.damaged);
	CHECK_INT(seen.info.drops, 9);
	seen_free(&seen);
	build_free(&build);
	check_case("broken options of a packet do not cost the packet");
}

static void test_interface_limit(void)
{
	struct build build = {0};
	struct seen seen;

	build_section(&build);
	for (size_t i = 0; i <= SOURCE_INTERFACES_MAX; i++)
		build_interface(&build, ETHERNET, 0, "", -1, 0);
	seen = seen_read(build_save(&build));
	CHECK_INT(seen.info.interfaces, SOURCE_INTERFACES_MAX);
	CHECK(seen.info.damaged);
	CHECK_INT(seen.info.damage_offset, build.size - 20);
	seen_free(&seen);
	build_free(&build);
	check_case("an interface too many is damage");
}

/* 80 MB that are not there: a hole in the file. */
static void test_large_skip(void)
{
	const uint32_t size = 80u << 20;
	struct build build = build_start();
	struct build tail = {0};
	struct seen seen;
	FILE *file;

	build_32(&build, 0x77);
	build_32(&build, size);
	build_save(&build);
	build_32(&tail, size);
	build_enhanced(&tail, 1, 0, 1, 60, 60, -1);
	file = fopen(build_path(), "r+b");
	if (!file || fseek(file, (long)(build.size - 8 + size - 4), SEEK_SET) != 0 ||
	    fwrite(tail.bytes, 1, tail.size, file) != tail.size || fclose(file) != 0)
		abort();
	seen = seen_read(build_path());
	CHECK_INT(seen.count, 2);
	CHECK(!seen.info.damaged);
	CHECK(seen.count == 2 && seen.frames[1].offset == build.size - 8 + size);
	seen_free(&seen);
	build_free(&build);
	build_free(&tail);
	check_case("a block of no interest may be larger than any buffer");
}

/* Damage at random places: no crash, and the packets before it are right. */
static void test_random_damage(void)
{
	struct build build = {0};
	uint32_t random = 11;

	build_every_block(&build);
	for (int round = 0; round < 400; round++) {
		struct seen seen;
		uint8_t old;
		size_t at;

		random = random * 1664525 + 1013904223;
		at = (random >> 8) % build.size;
		old = build.bytes[at];
		build.bytes[at] ^= (uint8_t)(1 + random % 255);
		seen = seen_read(build_save(&build));
		CHECK(seen.status == STATUS_OK || seen.status == STATUS_INPUT);
		if (seen.status == STATUS_OK && at > build.mark[4])
			CHECK(seen.count >= 1 && seen_is_packet(&seen.frames[0], 0, 61));
		seen_free(&seen);
		build.bytes[at] = old;
	}
	build_free(&build);
	check_case("a byte turned over anywhere leaves the packets before it as they are");
}

int main(void)
{
	build_enter();
	test_every_block(false, "every block is read, little-endian");
	test_every_block(true, "every block is read, big-endian");
	test_numbers();
	test_sections();
	test_times();
	test_libpcap_oracle();
	test_cut_everywhere();
	test_damages();
	test_packet_options();
	test_interface_limit();
	test_large_skip();
	test_random_damage();
	build_leave();
	return check_exit();
}
