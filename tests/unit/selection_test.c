/* Selections: operands, times, interfaces. Times were worked out by date(1). */
#include <sys/stat.h>

#include "collect/selection.h"
#include "tests/unit/source_build.h"

#define S INT64_C(1000000000)

/* ---- operands ---- */

static char here[300];

static const char *path(const char *name)
{
	snprintf(here, sizeof here, "%s/%s", build_directory, name);
	return here;
}

static void touch(const char *name)
{
	FILE *file = fopen(path(name), "wb");

	if (!file || fclose(file) != 0)
		abort();
}

static void check_split(const char *operand, const char *file, const char *interface)
{
	struct selection_file *files;
	struct error err;
	uint32_t count;

	CHECK_INT(selection_files(path(operand), &files, &count, &err), STATUS_OK);
	CHECK_INT(count, 1);
	CHECK_TEXT(files[0].path, path(file));
	CHECK_TEXT(files[0].interface, interface);
	selection_files_free(files, count);
}

static void operands(void)
{
	static const char *const bad[] = {
		"r.pcap@mac:", "r.pcap@mac:02:00:00:00:00", "r.pcap@mac:02:00:00:00:00:0",
		"r.pcap@mac:02:00:00:00:00:0g", "r.pcap@mac:02:00:00:00:00:01:", "r.pcap@mac:020000000001",
		"r.pcap@vlan:", "r.pcap@vlan:4095", "r.pcap@vlan:99999999999", "r.pcap@vlan:1x",
		"r.pcap@vlan:-1",
	};
	struct selection_file *files;
	struct error err;
	uint32_t count;

	touch("any.pcapng");
	touch("web@dmz.pcap");
	check_split("any.pcapng", "any.pcapng", "");
	check_split("any.pcapng@eth0", "any.pcapng", "eth0");
	check_split("missing.pcap@eth0", "missing.pcap", "eth0");
	check_split("web@dmz.pcap", "web@dmz.pcap", "");
	check_split("web@dmz.pcap@3", "web@dmz.pcap", "3");
	CHECK_INT(selection_files("-@eth1", &files, &count, &err), STATUS_OK);
	CHECK_TEXT(files[0].path, "-");
	CHECK_TEXT(files[0].interface, "eth1");
	selection_files_free(files, count);
	CHECK_INT(selection_files(path("any.pcapng@"), &files, &count, &err), STATUS_USAGE);
	touch("fw@mac:02:00:00:00:00:01");
	check_split("fw@mac:02:00:00:00:00:01", "fw@mac:02:00:00:00:00:01", "");
	unlink(path("fw@mac:02:00:00:00:00:01"));
	check_case("FILE@IFACE is split at the last @, unless a file of the whole name is there");

	check_split("r.pcap@mac:02:00:5E:00:53:Af", "r.pcap", "mac:02:00:5e:00:53:af");
	check_split("r.pcap@mac:02-00-5e-00-53-af", "r.pcap", "mac:02:00:5e:00:53:af");
	check_split("r.pcap@vlan:010", "r.pcap", "vlan:10");
	check_split("r.pcap@vlan:0", "r.pcap", "vlan:0");
	check_case("a MAC address and a VLAN ID are written in one way");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_INT(selection_files(path(bad[i]), &files, &count, &err), STATUS_USAGE);
		if (check_failures)
			printf("# %s\n", bad[i]);
	}
	check_case("what is no MAC address or no VLAN ID is wrong usage");

	touch("ring3.pcap");
	touch("ring1.pcap");
	touch("ring2.pcap");
	CHECK_INT(selection_files(path("ring*.pcap@eth0"), &files, &count, &err), STATUS_OK);
	CHECK_INT(count, 3);
	CHECK_TEXT(files[0].path, path("ring1.pcap"));
	CHECK_TEXT(files[2].path, path("ring3.pcap"));
	CHECK_TEXT(files[1].interface, "eth0");
	selection_files_free(files, count);
	check_split("none*.pcap", "none*.pcap", "");
	touch("odd[1].pcap");
	check_split("odd[1].pcap", "odd[1].pcap", "");
	check_case("a pattern is its files in order, a file of that name itself");

	unlink(path("any.pcapng"));
	unlink(path("web@dmz.pcap"));
	unlink(path("ring1.pcap"));
	unlink(path("ring2.pcap"));
	unlink(path("ring3.pcap"));
	unlink(path("odd[1].pcap"));
}

/* ---- time ---- */

static void times(void)
{
	static const struct {
		const char *text;
		int64_t time_ns;
	} good[] = {
		{"1970-01-01", 0},
		{"0", 0},
		{"1714564800", 1714564800 * S},
		{"1714564800.000000001", 1714564800 * S + 1},
		{"1714564800.25", 1714564800 * S + 250000000},
		{"2024-05-01T12:00:00Z", 1714564800 * S},
		{"2024-05-01T12:00:00", 1714564800 * S},
		{"2024-05-01 12:00", 1714564800 * S},
		{"2024-05-01", 1714521600 * S},
		{"2024-05-01T12:00:00.123456789Z", 1714564800 * S + 123456789},
		{"2024-05-01T12:00:00,5999999999Z", 1714564800 * S + 599999999},
		{"2024-05-01T14:00:00+02:00", 1714564800 * S},
		{"2024-05-01T07:30:00-0430", 1714564800 * S},
		{"2024-05-01T13:00+01", 1714564800 * S},
		{"2024-02-29T23:59:59Z", 1709251199 * S},
		{"2000-02-29", 951782400 * S},
		{"2261-12-31T23:59:60Z", 9214646400 * S},
	};
	static const char *const bad[] = {
		"", "now", "2024-13-01", "2024-02-30", "2023-02-29", "2100-02-29", "2024-05-01T",
		"2024-05-01T25:00", "2024-05-01T12:60", "2024-05-01T12:00:61", "2024-05-01T12",
		"2024-05-01T12:00:00.Z", "2024-05-01T12:00:00Zx", "2024-05-01T12:00+24",
		"1969-12-31", "2262-01-01", "99999999999999999999", "9214646400", "-5", "+5",
		"1714564800.", "1714564800s", "24-05-01", "2024-5-1", "2024-05-01T12:00:00+2:00",
	};
	int64_t time_ns;
	struct error err;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		CHECK_INT(selection_time(good[i].text, &time_ns, &err), STATUS_OK);
		CHECK_INT(time_ns, good[i].time_ns);
	}
	check_case("times are ISO 8601 or seconds since 1970");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_INT(selection_time(bad[i], &time_ns, &err), STATUS_USAGE);
		if (check_failures)
			printf("# %s\n", bad[i]);
	}
	check_case("what is no time is wrong usage");
}

/* ---- interfaces ---- */

static void put_block(struct build *b, uint32_t type, const struct build *body)
{
	uint32_t total = (uint32_t)(12 + (body->size + 3) / 4 * 4);

	build_32(b, type);
	build_32(b, total);
	build_bytes(b, body->bytes, body->size);
	build_bytes(b, "\0\0\0", total - 12 - body->size);
	build_32(b, total);
}

static void put_section(struct build *b)
{
	struct build body = {0};

	build_32(&body, 0x1a2b3c4d);
	build_16(&body, 1);
	build_16(&body, 0);
	build_64(&body, UINT64_MAX);
	put_block(b, 0x0a0d0d0a, &body);
	build_free(&body);
}

static void put_interface(struct build *b, uint16_t linktype, const char *name)
{
	struct build body = {0};
	size_t n = strlen(name);

	build_16(&body, linktype);
	build_16(&body, 0);
	build_32(&body, 0);
	if (n) {
		build_16(&body, 2); /* if_name */
		build_16(&body, (uint16_t)n);
		build_bytes(&body, name, n);
		build_bytes(&body, "\0\0\0", (4 - n % 4) % 4);
	}
	build_32(&body, 0); /* opt_endofopt */
	put_block(b, 1, &body);
	build_free(&body);
}

/* A packet of 20 bytes; of SLL2 the interface index stands in bytes 4 to 7. */
static void put_packet(struct build *b, uint32_t interface, uint64_t time_us, uint8_t ifindex)
{
	uint8_t bytes[20] = {0x88, 0xb5, [7] = ifindex};
	struct build body = {0};

	build_32(&body, interface);
	build_32(&body, (uint32_t)(time_us >> 32));
	build_32(&body, (uint32_t)time_us);
	build_32(&body, sizeof bytes);
	build_32(&body, sizeof bytes);
	build_bytes(&body, bytes, sizeof bytes);
	put_block(b, 6, &body);
	build_free(&body);
}

struct counts {
	uint64_t taken, filtered, foreign;
	enum status check;
	struct error err;
};

/* What a selection makes of the test's file. */
static struct counts judge(struct selection selection)
{
	pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
	struct counts counts = {0};
	struct selector *selector;
	struct source *source;
	struct frame frame;
	bool more = true;

	selection.filter = selection.filter ? selection.filter : "";
	if (source_open(&source, build_path(), &counts.err) != STATUS_OK)
		abort();
	CHECK_INT(selector_open(&selector, &selection, source, &compiling, &counts.err), STATUS_OK);
	while (source_next(source, &frame, &more, &counts.err) == STATUS_OK && more) {
		struct packet packet;
		enum selection_verdict verdict;

		packet_parse(&packet, frame.linktype, frame.bytes, frame.caplen_bytes,
			     frame.length_bytes);
		CHECK_INT(selector_judge(selector, &frame, &packet, &verdict, &counts.err),
			  STATUS_OK);
		counts.taken += verdict == SELECTION_TAKEN;
		counts.filtered += verdict == SELECTION_FILTERED;
		counts.foreign += verdict == SELECTION_FOREIGN;
	}
	counts.check = selector_check(selector, "any.pcapng", &counts.err);
	selector_close(&selector);
	source_close(&source);
	return counts;
}

static struct counts judge_interface(const char *interface)
{
	return judge((struct selection){interface, "", INT64_MIN, INT64_MAX});
}

static void interfaces(void)
{
	struct build b = {0};
	struct counts c;

	put_section(&b);
	put_interface(&b, 1, "eth0");
	put_interface(&b, 1, "eth1");
	put_interface(&b, 276, "any");
	put_interface(&b, 101, "");
	put_packet(&b, 0, 10, 0);
	put_packet(&b, 1, 11, 0);
	put_packet(&b, 1, 12, 0);
	put_packet(&b, 2, 13, 2);
	put_packet(&b, 2, 14, 5);
	put_packet(&b, 2, 15, 5);
	put_packet(&b, 2, 16, 5);
	put_section(&b);
	put_interface(&b, 1, "eth1");
	put_packet(&b, 0, 17, 0);
	build_save(&b);
	build_free(&b);

	CHECK_INT(judge_interface("").taken, 8);
	c = judge_interface("eth1");
	CHECK_INT(c.taken, 3);
	CHECK_INT(c.foreign, 5);
	CHECK_INT(c.check, STATUS_OK);
	CHECK_INT(judge_interface("0").taken, 1);
	CHECK_INT(judge_interface("1").taken, 2);
	CHECK_INT(judge_interface("any").taken, 4);
	check_case("an interface of a pcapng is told by name, in all sections, or by number");

	CHECK_INT(judge_interface("5").taken, 3);
	CHECK_INT(judge_interface("2").taken, 1); /* SLL2's index 2, not the third interface */
	check_case("an interface of a Linux cooked 2 capture is told by its index");

	c = judge_interface("3");
	CHECK_INT(c.taken, 0);
	CHECK_INT(c.check, STATUS_OK);
	check_case("an interface without packets is no error");

	c = judge_interface("eth7");
	CHECK_INT(c.taken, 0);
	CHECK_INT(c.check, STATUS_INPUT);
	CHECK_TEXT(c.err.text, "any.pcapng: no interface eth7; there are: 0 (eth0), 1 (eth1), "
			       "2 (any), 3, 4 (eth1), 2, 5");
	CHECK_INT(judge_interface("77").check, STATUS_INPUT);
	check_case("of an interface that is not there the error lists those that are");

	c = judge((struct selection){"", "", 12000, 16000});
	CHECK_INT(c.taken, 4);
	CHECK_INT(c.filtered, 4);
	c = judge((struct selection){"any", "", 14000, INT64_MAX});
	CHECK_INT(c.taken, 3);
	CHECK_INT(c.filtered, 1);
	CHECK_INT(c.foreign, 4);
	check_case("a window takes its first moment and not its last");
}

/* ---- sides of a router ---- */

/* From MAC 02:00:00:00:00:`from` to 02:00:00:00:00:`to`, with up to two VLAN tags. */
static void put_side(struct build *b, uint8_t from, uint8_t to, uint16_t vlan, uint16_t inner)
{
	struct build frame = {.big_endian = true};

	build_bytes(&frame, "\2\0\0\0\0", 5);
	build_8(&frame, to);
	build_bytes(&frame, "\2\0\0\0\0", 5);
	build_8(&frame, from);
	if (vlan != 0xffff) {
		build_16(&frame, 0x8100);
		build_16(&frame, vlan | 0x6000); /* with a priority */
	}
	if (inner) {
		build_16(&frame, 0x8100);
		build_16(&frame, inner);
	}
	build_16(&frame, 0x88b5);
	build_32(b, 1);
	build_32(b, 0);
	build_32(b, (uint32_t)frame.size);
	build_32(b, (uint32_t)frame.size);
	build_bytes(b, frame.bytes, frame.size);
	build_free(&frame);
}

#define UNTAGGED 0xffff

static void sides(void)
{
	struct build b = {0};
	struct counts c;

	build_pcap(&b, BUILD_PCAP_US, 2, 4, 65535, 1);
	put_side(&b, 0x0c, 0x01, UNTAGGED, 0); /* client to router, router to server */
	put_side(&b, 0x02, 0x05, UNTAGGED, 0);
	put_side(&b, 0x05, 0x02, UNTAGGED, 0);
	put_side(&b, 0x01, 0x0c, 10, 0);
	put_side(&b, 0x01, 0x0c, 10, 20);
	put_side(&b, 0x02, 0x05, 20, 10);
	put_side(&b, 0x02, 0x05, 0, 0); /* a tag with a priority only */
	build_save(&b);
	build_free(&b);

	c = judge_interface("mac:02:00:00:00:00:01");
	CHECK_INT(c.taken, 3);
	CHECK_INT(c.foreign, 4);
	CHECK_INT(c.check, STATUS_OK);
	CHECK_INT(judge_interface("mac:02:00:00:00:00:02").taken, 4);
	check_case("a side of a router is told by the MAC address it has there");
	CHECK_INT(judge_interface("vlan:10").taken, 2);
	CHECK_INT(judge_interface("vlan:20").taken, 1);
	CHECK_INT(judge_interface("vlan:0").taken, 4);
	check_case("a VLAN is told by the outermost tag, none by number 0");
	c = judge_interface("mac:02:00:00:00:00:77");
	CHECK_INT(c.check, STATUS_INPUT);
	CHECK_TEXT(c.err.text, "any.pcapng: no frame of mac:02:00:00:00:00:77; there are: "
			       "02:00:00:00:00:0c, 02:00:00:00:00:01, 02:00:00:00:00:02, "
			       "02:00:00:00:00:05");
	c = judge_interface("vlan:30");
	CHECK_INT(c.check, STATUS_INPUT);
	CHECK_TEXT(c.err.text,
		   "any.pcapng: no frame of vlan:30; there are: no VLAN, VLAN 10, VLAN 20");
	check_case("of a side that is not there the error lists what is");

	build_pcap(&b, BUILD_PCAP_US, 2, 4, 65535, 1);
	build_save(&b);
	build_free(&b);
	CHECK_INT(judge_interface("mac:02:00:00:00:00:77").check, STATUS_OK);
	check_case("a capture without frames is no error");
}

int main(void)
{
	build_enter();
	operands();
	times();
	interfaces();
	sides();
	build_leave();
	return check_exit();
}
