/* Where a frame's headers end. Each frame is put together header by header, so that the length
 * of its headers is known by counting; everything behind them is the letter 'S'. */
#include "collect/headers.h"

#include "tests/unit/source_build.h"

#define ETHERNET 1
#define SLL2 276
#define SECRET 40 /* bytes of payload */

enum { ICMP = 1, IPIP = 4, TCP = 6, UDP = 17, GRE = 47, FRAGMENT = 44, ICMPV6 = 58 };

static void ethernet(struct build *b, uint16_t type)
{
	build_bytes(b, "\2\0\0\0\0\x09\2\0\0\0\0\x01", 12);
	build_16(b, type);
}

/* `rest`: bytes behind the header; `fragment`: flags and offset. */
static void ipv4(struct build *b, uint8_t proto, uint16_t rest, uint16_t fragment)
{
	build_16(b, 0x4500);
	build_16(b, (uint16_t)(20 + rest));
	build_16(b, 0x1234);
	build_16(b, fragment);
	build_8(b, 64);
	build_8(b, proto);
	build_16(b, 0);
	build_bytes(b, "\xc0\0\2\1\xc6\x33\x64\2", 8);
}

static void ipv6(struct build *b, uint8_t next, uint16_t rest)
{
	build_32(b, 0x60000000);
	build_16(b, rest);
	build_8(b, next);
	build_8(b, 64);
	build_bytes(b, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	build_bytes(b, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
}

static void tcp(struct build *b, uint8_t words)
{
	build_16(b, 40000);
	build_16(b, 80);
	build_64(b, 0x0102030405060708);
	build_8(b, (uint8_t)(words << 4));
	build_8(b, 0x18);
	build_16(b, 500);
	build_32(b, 0);
	for (; words > 5; words--)
		build_32(b, 0x01010101);
}

static void udp(struct build *b, uint16_t port, uint16_t rest)
{
	build_16(b, 40000);
	build_16(b, port);
	build_16(b, (uint16_t)(8 + rest));
	build_16(b, 0);
}

static void icmp(struct build *b, uint8_t type)
{
	build_8(b, type);
	build_8(b, 0);
	build_16(b, 0);
	build_32(b, 0x00070001);
}

static void secret(struct build *b)
{
	for (int i = 0; i < SECRET; i++)
		build_8(b, 'S');
}

/* ---- the frames ---- */

static void tcp_plain(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, TCP, 20 + SECRET, 0);
	tcp(b, 5);
}

static void tcp_options(struct build *b)
{
	ethernet(b, 0x86dd);
	ipv6(b, TCP, 40 + SECRET);
	tcp(b, 10);
}

/* What a card or a mirror port leaves behind a short packet may be of another one. */
static void tcp_padding(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, TCP, 20, 0);
	tcp(b, 5);
}

static void udp_plain(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, UDP, 8 + SECRET, 0);
	udp(b, 53, SECRET);
}

static void icmp_echo(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, ICMP, 8 + SECRET, 0);
	icmp(b, 8);
}

static void icmp_error(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, ICMP, 8 + 20 + 8 + SECRET, 0);
	icmp(b, 3);
	ipv4(b, UDP, 8 + SECRET, 0);
	udp(b, 53, SECRET);
}

static void icmp_error_tcp(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, ICMP, 8 + 20 + 24 + SECRET, 0);
	icmp(b, 11);
	ipv4(b, TCP, 1400, 0);
	tcp(b, 6);
}

static void icmpv6_error(struct build *b)
{
	ethernet(b, 0x86dd);
	ipv6(b, ICMPV6, 8 + 40 + 8 + SECRET);
	icmp(b, 2);
	ipv6(b, UDP, 1400);
	udp(b, 443, 1392);
}

static void vxlan(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, UDP, 8 + 8 + 14 + 20 + 20 + SECRET, 0);
	udp(b, 4789, 8 + 14 + 20 + 20 + SECRET);
	build_64(b, 0x0800000000002a00);
	tcp_plain(b);
}

static void gre(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, GRE, 4 + 20 + 8 + SECRET, 0);
	build_32(b, 0x00000800);
	ipv4(b, UDP, 8 + SECRET, 0);
	udp(b, 53, SECRET);
}

/* A port that promises a tunnel, and no tunnel behind it. */
static void no_vxlan(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, UDP, 8 + SECRET, 0);
	udp(b, 4789, SECRET);
}

static void fragment_first(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, UDP, 8 + SECRET, 0x2000);
	udp(b, 53, 2000);
}

static void fragment_later(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, TCP, SECRET, 0x2010);
}

static void fragment_ipv6(struct build *b)
{
	ethernet(b, 0x86dd);
	ipv6(b, FRAGMENT, 8 + SECRET);
	build_32(b, 0x11000101);
	build_32(b, 7);
}

static void protocol_unknown(struct build *b)
{
	ethernet(b, 0x0800);
	ipv4(b, 253, SECRET, 0);
}

static void vlan_arp(struct build *b)
{
	ethernet(b, 0x8100);
	build_32(b, 0x000a0806);
}

static void no_ip(struct build *b)
{
	ethernet(b, 0x88b5); /* for experiments */
}

static void malformed(struct build *b)
{
	ethernet(b, 0x0800);
	build_8(b, 'S'); /* no version 4 */
}

static void cooked(struct build *b)
{
	build_16(b, 0x0800);
	build_16(b, 0);
	build_32(b, 3);
	build_16(b, 1);
	build_8(b, 0);
	build_8(b, 6);
	build_64(b, 0x0200000000010000);
	ipv4(b, UDP, 8 + SECRET, 0);
	udp(b, 53, SECRET);
}

static void nothing(struct build *b)
{
}

static const struct {
	const char *sentence;
	void (*make)(struct build *);
	uint32_t linktype, headers;
} rows[] = {
	{"TCP", tcp_plain, ETHERNET, 14 + 20 + 20},
	{"TCP with options over IPv6", tcp_options, ETHERNET, 14 + 40 + 40},
	{"padding behind TCP without payload", tcp_padding, ETHERNET, 14 + 20 + 20},
	{"UDP", udp_plain, ETHERNET, 14 + 20 + 8},
	{"an echo", icmp_echo, ETHERNET, 14 + 20 + 8},
	{"an ICMP error keeps the quoted headers", icmp_error, ETHERNET, 14 + 20 + 8 + 20 + 8},
	{"of TCP, too", icmp_error_tcp, ETHERNET, 14 + 20 + 8 + 20 + 24},
	{"so does ICMPv6", icmpv6_error, ETHERNET, 14 + 40 + 8 + 40 + 8},
	{"VXLAN", vxlan, ETHERNET, 14 + 20 + 8 + 8 + 14 + 20 + 20},
	{"GRE", gre, ETHERNET, 14 + 20 + 4 + 20 + 8},
	{"no VXLAN on its port", no_vxlan, ETHERNET, 14 + 20 + 8},
	{"a first fragment", fragment_first, ETHERNET, 14 + 20 + 8},
	{"a later fragment", fragment_later, ETHERNET, 14 + 20},
	{"a later fragment of IPv6", fragment_ipv6, ETHERNET, 14 + 40 + 8},
	{"an unknown protocol", protocol_unknown, ETHERNET, 14 + 20},
	{"ARP in a VLAN", vlan_arp, ETHERNET, 14 + 4},
	{"no IP", no_ip, ETHERNET, 14},
	{"a malformed IP header", malformed, ETHERNET, 14},
	{"Linux cooked", cooked, SLL2, 20 + 20 + 8},
	{"an unknown link type", nothing, 147, 0},
};

/* In an allocation of just the right size, for ASan. */
static uint32_t headers_of(uint32_t linktype, const uint8_t *bytes, uint32_t caplen,
			   uint32_t length)
{
	uint8_t *copy = build_alloc(NULL, caplen);
	uint32_t headers;

	if (caplen)
		memcpy(copy, bytes, caplen);
	headers = headers_bytes(linktype, copy, caplen, length);
	free(copy);
	return headers;
}

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct build b = {.big_endian = true};

		rows[i].make(&b);
		secret(&b);
		CHECK_INT(headers_of(rows[i].linktype, b.bytes, (uint32_t)b.size,
				     (uint32_t)b.size), rows[i].headers);
		/* Cut anywhere: never beyond the headers, and all of them that are whole. */
		for (uint32_t caplen = 0; caplen < b.size; caplen++) {
			uint32_t got = headers_of(rows[i].linktype, b.bytes, caplen,
						  (uint32_t)b.size);

			CHECK(got <= caplen && got <= rows[i].headers);
			CHECK(caplen < rows[i].headers || got == rows[i].headers);
		}
		check_case(rows[i].sentence);
		build_free(&b);
	}
}

static void test_short_quote(void)
{
	struct build b = {.big_endian = true};

	icmp_error_tcp(&b);
	CHECK_INT(headers_of(ETHERNET, b.bytes, 14 + 20 + 8 + 20 + 8, 14 + 20 + 8 + 20 + 8),
		  14 + 20 + 8 + 20 + 8);
	build_free(&b);
	check_case("eight quoted bytes of a TCP header are headers");
}

int main(void)
{
	test_rows();
	test_short_quote();
	return check_exit();
}
