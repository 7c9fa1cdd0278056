/* Captures that somebody made to do harm: `hostile KIND ARGUMENT...`, see the table at the end. The same arguments
 * make the same bytes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PCAP_HEADER = 24, RECORD_HEADER = 16, BLOCK_HEADER = 8, FILE_MAX = 4 << 20, RAW_IP = 101, ETHERNET = 1,
       SNAPLEN = 262144, START_S = 1700000000 };

static uint32_t state = 2463534242;

static uint32_t random_below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % bound;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- what there is, changed ---- */

static size_t load(const char *path, uint8_t *bytes)
{
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(bytes, 1, FILE_MAX, file) : 0;

	if (!size)
		fail(path);
	fclose(file);
	return size;
}

static void save(const char *folder, unsigned number, const uint8_t *bytes, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/%05u", folder, number);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		fail(path);
}

/* FILE FROM TO FOLDER: the file, cut to each of these lengths, in FOLDER/LENGTH. */
static void make_cut(char **argument)
{
	static uint8_t bytes[FILE_MAX];
	size_t size = load(argument[0], bytes), to = strtoul(argument[2], NULL, 10);

	for (size_t n = strtoul(argument[1], NULL, 10); n <= to && n <= size; n++)
		save(argument[3], (unsigned)n, bytes, n);
}

static uint32_t number_at(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Where a header's field of 4 bytes lies: of pcap times and lengths, of pcapng lengths, interface, times, and what
 * follows. *at becomes where the next header is. */
static size_t field_next(const uint8_t *bytes, size_t size, size_t *at, bool blocks)
{
	size_t here = *at, fields = blocks ? 7 : 4, length;

	if (size - here < (blocks ? 28 : RECORD_HEADER))
		return 0;
	length = blocks ? number_at(bytes + here + 4) : RECORD_HEADER + number_at(bytes + here + 8);
	*at += length < size - here ? length : size - here;
	return here + 4 * random_below((uint32_t)fields);
}

/* A bit, all bits, a limit, or another header's number. */
static void field_change(uint8_t *at)
{
	static const uint32_t limits[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 65535, 65536, 65549,
					  SNAPLEN + 1, 16 << 20, (16 << 20) + 1};
	uint32_t value = number_at(at);

	switch (random_below(4)) {
	case 0:
	case 1:
		value ^= 1u << random_below(32);
		break;
	case 2:
		value = limits[random_below(sizeof limits / sizeof *limits)];
		break;
	default:
		value += random_below(65) - 32;
	}
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* FILE COUNT FOLDER: little-endian pcap or pcapng with one to four fields of its headers changed, in FOLDER/NUMBER. */
static void make_mangled(char **argument)
{
	static uint8_t bytes[FILE_MAX], changed[FILE_MAX];
	size_t size = load(argument[0], bytes), field[4096], fields, at;
	unsigned count = (unsigned)strtoul(argument[1], NULL, 10);
	bool blocks = number_at(bytes) == 0x0a0d0d0a;

	for (unsigned i = 0; i < count; i++) {
		fields = blocks ? 0 : 1;
		field[0] = 4 * (1 + random_below(5)); /* of the file's own header: version, snaplen, link type */
		for (at = blocks ? 0 : PCAP_HEADER; at < size && fields < 4096; fields++)
			if (!(field[fields] = field_next(bytes, size, &at, blocks)))
				break;
		memcpy(changed, bytes, size);
		for (uint32_t n = 1 + random_below(4); n > 0 && fields; n--)
			field_change(changed + field[random_below((uint32_t)fields)]);
		save(argument[2], i, changed, size);
	}
}

/* ---- captures of their own, on standard output ---- */

static void put(const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, stdout) != size)
		fail("standard output");
}

static void put_32(uint32_t value)
{
	put(&value, sizeof value);
}

static void put_header(uint32_t linktype)
{
	put_32(0xa1b23c4d);
	put_32(4 << 16 | 2);
	put_32(0);
	put_32(0);
	put_32(SNAPLEN);
	put_32(linktype);
}

static void put_record(uint32_t seconds, uint32_t ns, uint32_t caplen, uint32_t length)
{
	put_32(seconds);
	put_32(ns);
	put_32(caplen);
	put_32(length);
}

static void set_16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void set_32(uint8_t *at, uint32_t value)
{
	set_16(at, value >> 16);
	set_16(at + 2, value);
}

/* The header of an IPv4 packet of that length. */
static void ip_set(uint8_t ip[20], uint32_t length, uint32_t id, uint32_t fragment, uint8_t proto, uint32_t src)
{
	uint32_t sum = 0;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	set_16(ip + 2, length);
	set_16(ip + 4, id);
	set_16(ip + 6, fragment);
	ip[8] = 60;
	ip[9] = proto;
	set_32(ip + 12, src);
	set_32(ip + 16, 0xc6336401);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	set_16(ip + 10, ~(sum + (sum >> 16)));
}

/* UDP of `data` bytes, all of them `number`, at a time. */
static void put_udp(uint32_t seconds, uint32_t ns, uint32_t number, uint32_t src, uint32_t data)
{
	static uint8_t packet[28 + 65507];

	ip_set(packet, 28 + data, number, 0x4000, 17, src);
	set_16(packet + 20, 1024 + number % 60000);
	set_16(packet + 22, 53);
	set_16(packet + 24, 8 + data);
	set_16(packet + 26, 0);
	for (uint32_t i = 0; i < data; i++)
		packet[28 + i] = (uint8_t)(number >> 8 * (i & 3));
	put_record(seconds, ns, 28 + data, 28 + data);
	put(packet, 28 + data);
}

/* The same of 32 bytes, which differ by their number. */
static void udp_set(uint8_t packet[32], uint32_t number, uint32_t src)
{
	ip_set(packet, 32, number, 0, 17, src);
	set_32(packet + 20, 5u << 16 | 53);
	set_32(packet + 24, 12 << 16);
	set_32(packet + 28, number);
}

/* LATER_NS: the first and the last second that pcap can say, 1970 and 2106, and back again; each time twice. */
static void make_times(char **argument)
{
	static const uint32_t seconds[] = {0, 0xffffffff, 1, START_S, START_S - 86400, 0xfffffffe, 0, 0x7fffffff, 0x80000000,
					   START_S};
	uint32_t later = (uint32_t)strtoul(argument[0], NULL, 10);

	put_header(RAW_IP);
	for (uint32_t i = 0; i < 2 * sizeof seconds / sizeof *seconds; i++)
		put_udp(seconds[i / 2], (i & 1) * 1000000 + later, i, 0x0a000001, 40);
}

/* COUNT: first and later fragments of as many packets of which none is whole, each third one of a tunnel's (IPIP). */
static void make_fragments(char **argument)
{
	uint32_t count = (uint32_t)strtoul(argument[0], NULL, 10);
	uint8_t packet[64] = {0};

	put_header(RAW_IP);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t later = i & 1, tunnel = i % 3 == 0;

		ip_set(packet, sizeof packet, i, later ? 0x2000 | 185 : 0x2000, tunnel ? 4 : 17,
		       0x0a000000 | (i >> 16));
		memset(packet + 20, 0, sizeof packet - 20);
		if (tunnel && !later)
			ip_set(packet + 20, 1400, i, 0, 17, 0x0a010000 | i);
		else
			set_32(packet + 20, i);
		put_record(START_S + i / 100000, i % 100000 * 10000, sizeof packet, sizeof packet);
		put(packet, sizeof packet);
	}
}

/* COUNT: as many flows, a packet of each. */
static void make_flows(char **argument)
{
	uint32_t count = (uint32_t)strtoul(argument[0], NULL, 10);

	put_header(RAW_IP);
	for (uint32_t i = 0; i < count; i++)
		put_udp(START_S + i / 100000, i % 100000 * 10000, i, 0x0a000000 + i, 4);
}

/* COUNT COLLIDE: as many acknowledgements that differ in timestamps and IDs only; with COLLIDE 1 such that a hash
 * without a key, once used for them, is the same for all. */
static void make_alike(char **argument)
{
	static const uint64_t first = UINT64_C(0x9e3779b97f4a7c15);
	uint32_t count = (uint32_t)strtoul(argument[0], NULL, 10), collide = argument[1][0] == '1', i;
	uint8_t packet[52] = {0};
	uint64_t key = 0;

	put_header(RAW_IP);
	for (i = 0; i < count; i++) {
		do
			key = collide ? key + 1 : key + 0x10001;
		while (collide && (uint32_t)(key * first * UINT64_C(0xd6e8feb86659fd93) >> 32) & 0xffff);
		ip_set(packet, sizeof packet, (uint32_t)(key >> 32), 0x4000, 6, 0x0a000001);
		set_32(packet + 20, 40000u << 16 | 80);
		set_32(packet + 24, 1000);
		set_32(packet + 28, 2000);
		set_32(packet + 32, 0x8010u << 16);
		set_32(packet + 36, 0);
		set_32(packet + 40, 0x0101080a);
		set_32(packet + 44, (uint32_t)key);
		put_record(START_S + i / 100000, i % 100000 * 10000, sizeof packet, sizeof packet);
		put(packet, sizeof packet);
	}
}

/* COUNT: packets without a byte, as a packed capture may hold billions of. */
static void make_empty(char **argument)
{
	static uint8_t zeros[1 << 20];
	uint64_t left = RECORD_HEADER * strtoull(argument[0], NULL, 10);

	put_header(ETHERNET);
	for (; left; left -= left < sizeof zeros ? left : sizeof zeros)
		put(zeros, left < sizeof zeros ? left : sizeof zeros);
}

/* Frames of every size that may be in question, then lengths on the wire that are none. */
static void make_sizes(char **argument)
{
	static const uint32_t sizes[] = {0, 1, 13, 14, 60, 1514, 9014, 65535, 65549, SNAPLEN, 16 << 20};
	static uint8_t frame[16 << 20] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

	put_header(ETHERNET);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint32_t ip = sizes[i] > 14 ? sizes[i] - 14 : 0;

		ip_set(frame + 14, ip > 65535 ? 0 : ip, (uint32_t)i, 0x4000, 17, 0x0a000001);
		put_record(START_S, (uint32_t)i, sizes[i], sizes[i]);
		put(frame, sizes[i]);
	}
	for (uint32_t i = 0; i < 3; i++) {
		put_record(START_S + 1, i, 60, i ? i == 1 ? 0xffffffff : 0 : 59);
		put(frame, 60);
	}
}

/* DEPTH: an IP packet in as many others, VLAN tags as deep, MPLS labels, GRE in GRE: a frame of each. */
static void make_deep(char **argument)
{
	static uint8_t frame[SNAPLEN];
	uint32_t depth = (uint32_t)strtoul(argument[0], NULL, 10), at, i;
	static const uint8_t link[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

	put_header(ETHERNET);
	for (int kind = 0; kind < 4; kind++) {
		memcpy(frame, link, sizeof link);
		at = 14;
		if (kind == 1 || kind == 2) {
			set_16(frame + 12, kind == 1 ? 0x8100 : 0x8847);
			for (i = 0; i < depth; i++, at += 4)
				set_32(frame + at, kind == 1 ? i << 16 | (i + 1 < depth ? 0x8100 : 0x800)
							     : i << 12 | (i + 1 == depth) << 8 | 64);
		}
		for (i = 0; (kind == 0 || kind == 3) && i < depth; i++, at += kind ? 24 : 20) {
			ip_set(frame + at, (depth - i) * (kind ? 24 : 20) + 32, i, 0, kind ? 47 : 4, 0x0a000000 | i);
			set_32(frame + at + 20, 0x800);
		}
		udp_set(frame + at, (uint32_t)kind, 0x0a000001);
		put_record(START_S, (uint32_t)kind, at + 32, at + 32);
		put(frame, at + 32);
	}
}

/* COUNT: a pcapng of as many interfaces, with a packet of each. */
static void make_interfaces(char **argument)
{
	uint32_t count = (uint32_t)strtoul(argument[0], NULL, 10);
	uint8_t packet[32];

	put_32(0x0a0d0d0a), put_32(28), put_32(0x1a2b3c4d), put_32(1);
	put_32(UINT32_MAX), put_32(UINT32_MAX), put_32(28);
	for (uint32_t i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof name, "if%06u", i);
		put_32(1), put_32(36), put_32(RAW_IP), put_32(0);
		put_32(8 << 16 | 2), put(name, 8);
		put_32(0), put_32(36);
	}
	for (uint32_t i = 0; i < count; i++) {
		udp_set(packet, i, 0x0a000001);
		put_32(6), put_32(64), put_32(i), put_32(395812), put_32(i), put_32(32), put_32(32);
		put(packet, 32);
		put_32(64);
	}
}

static const struct {
	const char *kind, *usage;
	int arguments;
	void (*make)(char **argument);
} kinds[] = {
	{"cut", "FILE FROM TO FOLDER", 4, make_cut},
	{"mangled", "FILE COUNT FOLDER", 3, make_mangled},
	{"times", "LATER_NS", 1, make_times},
	{"fragments", "COUNT", 1, make_fragments},
	{"flows", "COUNT", 1, make_flows},
	{"alike", "COUNT COLLIDE", 2, make_alike},
	{"empty", "COUNT", 1, make_empty},
	{"sizes", "", 0, make_sizes},
	{"deep", "DEPTH", 1, make_deep},
	{"interfaces", "COUNT", 1, make_interfaces},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (argc == 2 + kinds[i].arguments && strcmp(argv[1], kinds[i].kind) == 0) {
			kinds[i].make(argv + 2);
			return fflush(stdout) ? 1 : 0;
		}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		fprintf(stderr, "%s hostile %s %s\n", i ? "      " : "usage:", kinds[i].kind, kinds[i].usage);
	return 2;
}
