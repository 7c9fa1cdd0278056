/* What a fingerprint leaves out and what it holds, on the frames of
 * packet_samples.h with bytes rewritten as hops rewrite them.
 */
#include "collect/fingerprint.h"
#include "tests/unit/packet_samples.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SEED 0x0123456789abcdefu
#define ETHERNET 14

static const struct packet_sample *sample_find(const char *name)
{
	for (size_t i = 0; i < sizeof ip_samples / sizeof *ip_samples; i++)
		if (strcmp(ip_samples[i].name, name) == 0)
			return &ip_samples[i];
	CHECK_TEXT(name, "the name of a sample");
	return &ip_samples[0];
}

/* One rewrite of a frame: bytes at an offset behind the Ethernet header. */
struct rewrite {
	const char *name; /* of the case */
	const char *sample;
	uint32_t at;
	const char *hex;
	bool same;        /* the fingerprint stays */
};

#define SEGMENT "a TCP segment with timestamps and data"
#define SYN6 "a TCP SYN over IPv6"
#define DATAGRAM "a UDP datagram"
#define ECHO "an ICMP echo request"
#define PORT_ERROR "an ICMP port unreachable quotes a UDP datagram"
#define MTU_ERROR "an ICMP fragmentation needed quotes a TCP header by eight bytes"
#define LATER "a later IPv4 fragment has no transport header"
#define DATA_CHUNK "an SCTP DATA chunk has a TSN"

static const struct rewrite rewrites[] = {
	/* IPv4 and TCP: 20 bytes of IP, then ports, seq, ack, offset and flags, window, checksum,
	 * urgent pointer, options, payload at 52 */
	{"NAT of the source address", SEGMENT, 12, "cb007105", true},
	{"NAT of the destination address", SEGMENT, 16, "cb007106", true},
	{"NAT of both ports", SEGMENT, 20, "1234abcd", true},
	{"another TTL and IP checksum", SEGMENT, 8, "1f06ffff", true},
	{"another TOS", SEGMENT, 1, "b8", true},
	{"another IP ID", SEGMENT, 4, "0001", true},
	{"DF cleared", SEGMENT, 6, "0000", true},
	{"another window and TCP checksum", SEGMENT, 34, "ffff1234", true},
	{"other timestamps", SEGMENT, 44, "ffffffff00000001", true},
	{"other options", SEGMENT, 40, "010101010101010101010101", true},
	{"PSH cleared", SEGMENT, 33, "10", true},
	{"URG and ECN flags set", SEGMENT, 33, "f8", true},
	{"other TCP payload of the same length", SEGMENT, 52, "5055", true},
	{"FIN set", SEGMENT, 33, "19", false},
	{"SYN set", SEGMENT, 33, "1a", false},
	{"RST set", SEGMENT, 33, "1c", false},
	{"ACK cleared", SEGMENT, 33, "08", false},
	{"another sequence number", SEGMENT, 27, "69", false},
	{"another acknowledgement", SEGMENT, 31, "c3", false},
	{"a shorter IP length", SEGMENT, 3, "58", false},
	{"a longer data offset", SEGMENT, 32, "90", false},
	{"another flow label and traffic class", SYN6, 0, "6fffffff", true},
	{"another hop limit", SYN6, 7, "01", true},
	{"NAT66", SYN6, 8, "20010db8ffff0000", true},
	{"an acknowledgement field without ACK flag", SYN6, 48, "12345678", true},
	/* UDP: payload at 28, eight bytes of it */
	{"NAT of a datagram", DATAGRAM, 12, "cb0071050a0000011234abcd", true},
	{"another UDP checksum", DATAGRAM, 26, "0000", true},
	{"another UDP payload", DATAGRAM, 28, "50", false},
	{"another end of a short UDP payload", DATAGRAM, 35, "00", false},
	/* ICMP: type, code, checksum, identifier, sequence, payload at 28 */
	{"NAT of the echo identifier", ECHO, 24, "abcd", true},
	{"another ICMP checksum", ECHO, 22, "abcd", true},
	{"another echo sequence", ECHO, 27, "08", false},
	{"an echo reply for a request", ECHO, 20, "00", false},
	{"a shorter echo", ECHO, 2, "0035", false},
	{"another echo payload", ECHO, 28, "41", false},
	{"an echo payload that differs behind the prefix", ECHO, 44, "41", true},
	/* ICMP errors: the quoted packet at 28, its transport header at 48 */
	{"NAT of an error and what it quotes", PORT_ERROR, 40, "0a0000010a000002", true},
	{"NAT of the quoted ports", PORT_ERROR, 48, "12345678", true},
	{"another quoted TTL and checksum", PORT_ERROR, 36, "0111ffff", true},
	{"another quoted TOS", PORT_ERROR, 29, "b8", true},
	{"another quoted IP ID", PORT_ERROR, 32, "0001", true}, /* the digest knows it */
	{"another quoted length", PORT_ERROR, 30, "0029", false},
	{"another quoted UDP length", PORT_ERROR, 52, "0015", false},
	{"another quoted protocol", PORT_ERROR, 37, "06", false},
	{"another code", PORT_ERROR, 21, "01", false},
	{"another quoted TCP sequence number", MTU_ERROR, 55, "45", false},
	/* Fragments: 20 bytes of IP, then payload */
	{"NAT of a later fragment", LATER, 8, "0111ffffcb0071050a000001", true},
	{"another offset", LATER, 7, "ba", false},
	{"another IP ID of a fragment", LATER, 4, "0001", false},
	{"other bytes in a fragment", LATER, 20, "ff", false},
	/* SCTP: ports, tag, checksum, chunk at 32 */
	{"NAT of an SCTP association", DATA_CHUNK, 12, "cb0071050a0000011234abcd", true},
	{"another verification tag", DATA_CHUNK, 24, "00", false},
	{"another chunk type", DATA_CHUNK, 32, "03", false},
	{"another TSN", DATA_CHUNK, 39, "00", false},
};

static uint64_t fingerprint_of(const struct packet_sample *sample, uint32_t at, const char *hex,
			       uint64_t seed)
{
	struct sample_frame frame = sample_frame(sample);
	struct packet packet;
	uint64_t fingerprint;

	sample_hex(frame.bytes + ETHERNET + at, hex);
	packet_parse(&packet, sample->linktype, frame.bytes, frame.caplen, frame.length);
	CHECK_INT(packet.kind, PACKET_IP);
	fingerprint = fingerprint_packet(&packet, seed);
	CHECK(!(packet.marks & PACKET_SHORT_PREFIX));
	free(frame.bytes);
	return fingerprint;
}

static void test_rewrite(const struct rewrite *rewrite)
{
	const struct packet_sample *sample = sample_find(rewrite->sample);
	uint64_t before = fingerprint_of(sample, 0, "", SEED);
	uint64_t after = fingerprint_of(sample, rewrite->at, rewrite->hex, SEED);
	char name[160];

	CHECK(before != 0);
	CHECK((before == after) == rewrite->same);
	snprintf(name, sizeof name, "%s %s the fingerprint", rewrite->name,
		 rewrite->same ? "leaves" : "changes");
	check_case(name);
}

/* VLAN tags, tunnels and Ethernet padding are in front of and behind what is hashed. */
static void test_link_layer_is_left_out(void)
{
	struct packet_sample sample = *sample_find(SEGMENT);
	uint64_t before = fingerprint_of(&sample, 0, "", SEED);
	char hex[512];

	snprintf(hex, sizeof hex, "02000000000f02000000000e810000640800%s000000",
		 sample.hex + 2 * ETHERNET);
	sample.hex = hex;
	CHECK(fingerprint_of(&sample, 0, "", SEED) == before);
	check_case("a VLAN tag, other MACs and padding leave the fingerprint");
}

static void test_seeds(void)
{
	for (size_t i = 0; i < sizeof ip_samples / sizeof *ip_samples; i++) {
		const struct packet_sample *sample = &ip_samples[i];

		CHECK(fingerprint_of(sample, 0, "", 1) == fingerprint_of(sample, 0, "", 1));
		CHECK(fingerprint_of(sample, 0, "", 1) != fingerprint_of(sample, 0, "", 2));
	}
	check_case("the same seed gives the same fingerprint, another seed another");
}

static void test_samples_differ(void)
{
	enum { COUNT = sizeof ip_samples / sizeof *ip_samples };
	uint64_t fingerprints[COUNT];
	int equal = 0;

	for (size_t i = 0; i < COUNT; i++) {
		fingerprints[i] = fingerprint_of(&ip_samples[i], 0, "", SEED);
		for (size_t j = 0; j < i; j++)
			equal += fingerprints[i] == fingerprints[j];
	}
	/* Two samples are the same bare ACK but for SACK, two the same urgent byte but for
	 * options, three the same "abc" in TCP, two the same echo in ICMP and ICMPv6. */
	CHECK_INT(equal, 1 + 1 + 3 + 1);
	check_case("different packets have different fingerprints");
}

/* RFC 7915 sections 4.2 and 5.2, written down row by row. */
static void test_icmp_is_translated(void)
{
	static const struct {
		uint16_t four, six;
		bool same;
	} rows[] = {
		{8 << 8, 128 << 8, true},          {0, 129 << 8, true},
		{3 << 8, 1 << 8, true},            {3 << 8 | 1, 1 << 8, true},
		{3 << 8 | 2, 4 << 8 | 1, true},    {3 << 8 | 3, 1 << 8 | 4, true},
		{3 << 8 | 4, 2 << 8, true},        {3 << 8 | 5, 1 << 8, true},
		{3 << 8 | 6, 1 << 8, true},        {3 << 8 | 7, 1 << 8, true},
		{3 << 8 | 8, 1 << 8, true},        {3 << 8 | 9, 1 << 8 | 1, true},
		{3 << 8 | 10, 1 << 8 | 1, true},   {3 << 8 | 11, 1 << 8, true},
		{3 << 8 | 12, 1 << 8, true},       {3 << 8 | 13, 1 << 8 | 1, true},
		{3 << 8 | 15, 1 << 8 | 1, true},   {11 << 8, 3 << 8, true},
		{11 << 8 | 1, 3 << 8 | 1, true},   {12 << 8, 4 << 8, true},
		{12 << 8 | 2, 4 << 8, true},       {3 << 8 | 1, 1 << 8 | 2, true},
		{3 << 8 | 1, 1 << 8 | 3, true},
		/* what is not translated */
		{3 << 8 | 14, 1 << 8, false},      {12 << 8 | 1, 4 << 8, false},
		{5 << 8, 137 << 8, false},         {4 << 8, 4 << 8, false},
		{13 << 8, 13 << 8, false},         {3 << 8 | 3, 1 << 8, false},
		{12 << 8, 4 << 8 | 2, false},      {8 << 8, 129 << 8, false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t four = fingerprint_header(1, 0, 0, 5, rows[i].four, 56, SEED);
		uint64_t six = fingerprint_header(58, 0, 0, 5, rows[i].six, 56, SEED);

		CHECK((four == six) == rows[i].same);
		if (check_failures)
			printf("# row %zu\n", i);
	}
	check_case("ICMP and ICMPv6 are one where a translator makes the one of the other");
}

static uint32_t quoting(uint8_t version, uint32_t ip_id)
{
	struct packet error = {.marks = PACKET_ICMP_ERROR, .proto = 1, .has_inner = true,
			       .inner_version = version, .inner_ip_id = ip_id, .payload_bytes = 28};

	return fingerprint_digest(&error, SEED);
}

static void test_digest_of_an_error(void)
{
	CHECK(fingerprint_digests_differ(quoting(4, 1), quoting(4, 2)));
	CHECK(fingerprint_digests_differ(quoting(4, 0), quoting(4, 2)));
	CHECK(!fingerprint_digests_differ(quoting(4, 7), quoting(4, 7)));
	CHECK(!fingerprint_digests_differ(quoting(4, 7), quoting(6, 0)));
	check_case("errors are told apart by the IP ID that they quote, where there is one");
}

/* The key, laid out by hand: stores of other machines and later versions must compare. */
static void test_layout_of_the_key(void)
{
	static const uint8_t segment[16] = {6,	  0x10, 0,    0,    0x68, 0x84, 0x4d, 0x79,
					    0xc2, 0xdb, 0x78, 0x69, 37,	  0,	0,    0};
	static const uint8_t datagram[32] = {17, [12] = 8, [16] = 'p', 'i', 'n', 'g', ' ',
					     'o', 'n', 'e'};

	CHECK(fingerprint_of(sample_find(SEGMENT), 0, "", SEED) ==
	      XXH3_64bits_withSeed(segment, sizeof segment, SEED));
	CHECK(fingerprint_of(sample_find(DATAGRAM), 0, "", SEED) ==
	      XXH3_64bits_withSeed(datagram, sizeof datagram, SEED));
	check_case("the hashed key is laid out as ever");
}

/* Cuts a sample at every length that leaves it PACKET_IP. */
static void test_cut_equals_header(const struct packet_sample *sample)
{
	struct sample_frame frame = sample_frame(sample);
	struct packet packet;
	uint64_t whole = fingerprint_of(sample, 0, "", SEED), cut, header;
	char name[160];

	for (uint32_t caplen = 0; caplen <= frame.caplen; caplen++) {
		packet_parse(&packet, sample->linktype, frame.bytes, caplen, frame.length);
		if (packet.kind != PACKET_IP)
			continue;
		cut = fingerprint_packet(&packet, SEED);
		header = fingerprint_header(packet.proto, packet.marks, packet.flags, packet.seq,
					    packet.ack, packet.payload_bytes, SEED);
		CHECK(cut == (packet.marks & PACKET_SHORT_PREFIX ? header : whole));
		if (packet.proto == 6 || packet.proto == 132 || packet.proto == 50 ||
		    packet.payload_bytes == 0)
			CHECK(packet.marks & PACKET_FRAGMENT_LATER || cut == header);
	}
	free(frame.bytes);
	snprintf(name, sizeof name, "however it is cut, header and prefix agree: %s", sample->name);
	check_case(name);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rewrites / sizeof *rewrites; i++)
		test_rewrite(&rewrites[i]);
	test_link_layer_is_left_out();
	test_seeds();
	test_samples_differ();
	test_icmp_is_translated();
	test_digest_of_an_error();
	test_layout_of_the_key();
	for (size_t i = 0; i < sizeof ip_samples / sizeof *ip_samples; i++)
		test_cut_equals_header(&ip_samples[i]);
	return check_exit();
}
