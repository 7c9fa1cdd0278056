/* One frame for each row of the link table, named after it ("row, variant"),
 * and what `tcpdump -t -vv -n` prints of it.
 */
#ifndef CROSSTAP_TESTS_PACKET_LINK_SAMPLES_H
#define CROSSTAP_TESTS_PACKET_LINK_SAMPLES_H

#include "tests/unit/packet_sample.h"

static const struct packet_sample link_samples[] = {
	{
		/* 42:a9:62:ef:ad:83 > e2:c0:16:a4:4a:e3, ethertype IPv4 (0x0800), length 68:
		 * (tos 0x0, ttl 64, id 5301, offset 0, flags [none], proto ICMP (1), length 54)
		 * 192.0.2.2 > 192.0.2.1: ICMP echo reply, id 4660, seq 7, length 34 */
		.name = "Ethernet",
		.linktype = 1,
		.hex = "e2c016a44ae342a962efad8308004500003614b500004001e20ec0000202c00002010000"
		       "5f29123400076162636465666768696a6b6c6d6e6f707172737475767778797a",
		.link = "010000000102e2c016a44ae342a962efad83",
		.version = 4, .src = "192.0.2.2", .dst = "192.0.2.1", .proto = 1, .ttl = 64,
		.ip_id = 0x14b5, .ip_bytes = 54, .payload_bytes = 26, .sport = 4660,
		.dport = 4660, .seq = 0x12340007,
	},
	{
		/* Out e2:c0:16:a4:4a:e3 ethertype IPv4 (0x0800), length 70: (tos 0x0, ttl 64, id
		 * 43257, offset 0, flags [DF], proto ICMP (1), length 54) 192.0.2.1 > 192.0.2.2:
		 * ICMP echo request, id 4660, seq 7, length 34 */
		.name = "Linux cooked",
		.linktype = 113,
		.hex = "000400010006e2c016a44ae30000080045000036a8f9400040010dcac0000201c0000202"
		       "08005729123400076162636465666768696a6b6c6d6e6f707172737475767778797a",
		.marks = PACKET_OUTGOING,
		.link = "0100000071030406e2c016a44ae30000",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 1, .ttl = 64,
		.ip_id = 0xa8f9, .ip_bytes = 54, .ack = 0x800, .payload_bytes = 26,
		.sport = 4660, .dport = 4660, .seq = 0x12340007, .flags = 0x8000,
	},
	{
		/* In 42:a9:62:ef:ad:83 ethertype IPv4 (0x0800), length 70: (tos 0x0, ttl 64, id
		 * 5301, offset 0, flags [none], proto ICMP (1), length 54) 192.0.2.2 >
		 * 192.0.2.1: ICMP echo reply, id 4660, seq 7, length 34 */
		.name = "Linux cooked, a packet that came in",
		.linktype = 113,
		.hex = "00000001000642a962efad83000008004500003614b500004001e20ec0000202c0000201"
		       "00005f29123400076162636465666768696a6b6c6d6e6f707172737475767778797a",
		.link = "010000007103000642a962efad830000",
		.version = 4, .src = "192.0.2.2", .dst = "192.0.2.1", .proto = 1, .ttl = 64,
		.ip_id = 0x14b5, .ip_bytes = 54, .payload_bytes = 26, .sport = 4660,
		.dport = 4660, .seq = 0x12340007,
	},
	{
		/* ifb0 Out ifindex 2 e2:c0:16:a4:4a:e3 ethertype IPv4 (0x0800), length 74: (tos
		 * 0x0, ttl 64, id 43257, offset 0, flags [DF], proto ICMP (1), length 54)
		 * 192.0.2.1 > 192.0.2.2: ICMP echo request, id 4660, seq 7, length 34 */
		.name = "Linux cooked 2",
		.linktype = 276,
		.hex = "080000000000000200010406e2c016a44ae3000045000036a8f9400040010dcac0000201"
		       "c000020208005729123400076162636465666768696a6b6c6d6e6f707172737475767778"
		       "797a",
		.marks = PACKET_OUTGOING,
		.link = "0100000114030406e2c016a44ae300000400000002",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 1, .ttl = 64,
		.ip_id = 0xa8f9, .ip_bytes = 54, .ack = 0x800, .payload_bytes = 26,
		.sport = 4660, .dport = 4660, .seq = 0x12340007, .flags = 0x8000, .ifindex = 2,
	},
	{
		/* ifb0 M ifindex 2 42:a9:62:ef:ad:83 ethertype IPv6 (0x86dd), length 92: (hlim
		 * 255, next-header ICMPv6 (58) payload length: 32) :: > ff02::1:ffef:ad83:
		 * [icmp6 sum ok] ICMP6, neighbor solicitation, length 32, who has
		 * fe80::40a9:62ff:feef:ad83 . unknown option (14), length 8 (1): . 0x0000: 6a07
		 * 3642 8b57 */
		.name = "Linux cooked 2, a multicast",
		.linktype = 276,
		.hex = "86dd0000000000020001020642a962efad8300006000000000203aff0000000000000000"
		       "0000000000000000ff0200000000000000000001ffefad83870043ee00000000fe800000"
		       "0000000040a962fffeefad830e016a0736428b57",
		.kind = PACKET_LINK_SCOPE,
		.link = "010000011403020642a962efad8300000400000002",
		.version = 6, .src = "::", .dst = "ff02::1:ffef:ad83", .ttl = 255,
		.ip_bytes = 72, .proto = 58, .ack = 0x8700, .payload_bytes = 24,
		.link_broadcast = 1, .ifindex = 2,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "raw IP",
		.linktype = 101,
		.hex = "450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f5"
		       "7d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "0100000065",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "raw IP, IPv6 by its nibble",
		.linktype = 101,
		.hex = "6005a3c10019113a20010db800010000000000000000000720010db80002000000000000"
		       "00000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "0100000065",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "raw IP, DLT 12",
		.linktype = 12,
		.hex = "450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f5"
		       "7d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "010000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* tcpdump: unknown data link type 14 (min 104, max 289) */
		.name = "raw IP, DLT 14",
		.linktype = 14,
		.hex = "450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f5"
		       "7d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "010000000e",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "raw IPv4",
		.linktype = 228,
		.hex = "450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f5"
		       "7d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "01000000e4",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "raw IPv6",
		.linktype = 229,
		.hex = "6005a3c10019113a20010db800010000000000000000000720010db80002000000000000"
		       "00000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "01000000e5",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "BSD loopback",
		.linktype = 0,
		.hex = "02000000450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788"
		       "801801f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "0100000000",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "BSD loopback, big-endian",
		.linktype = 0,
		.hex = "00000002450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788"
		       "801801f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "0100000000",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* AF Unknown (10), length 69: .0x0000: 6005 a3c1 0019 113a 2001 0db8 0001 0000
		 * `......:........ .0x0010: 0000 0000 0000 0007 2001 0db8 0002 0000
		 * ................ .0x0020: 0000 0000 0000 0009 cf84 1151 0019 1f8f
		 * ...........Q.... .0x0030: 7365 7665 6e74 6565 6e20 6279 7465 732e
		 * seventeen.bytes. .0x0040: 2e . */
		.name = "BSD loopback, IPv6 of Linux",
		.linktype = 0,
		.hex = "0a0000006005a3c10019113a20010db800010000000000000000000720010db800020000"
		       "0000000000000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "0100000000",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .proto = 17,
		.ttl = 58, .flow_label = 0x5a3c1, .ip_bytes = 65, .sport = 53124, .dport = 4433,
		.payload_bytes = 17,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "BSD loopback, IPv6 of OpenBSD",
		.linktype = 0,
		.hex = "180000006005a3c10019113a20010db800010000000000000000000720010db800020000"
		       "0000000000000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "0100000000",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "BSD loopback, IPv6 of FreeBSD",
		.linktype = 0,
		.hex = "1c0000006005a3c10019113a20010db800010000000000000000000720010db800020000"
		       "0000000000000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "0100000000",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "BSD loopback, IPv6 of macOS",
		.linktype = 0,
		.hex = "1e0000006005a3c10019113a20010db800010000000000000000000720010db800020000"
		       "0000000000000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "0100000000",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* AT [|ddp 4] */
		.name = "BSD loopback, AppleTalk",
		.linktype = 0,
		.hex = "1000000061626364",
		.kind = PACKET_NON_IP,
		.link = "0100000000",
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "OpenBSD loopback",
		.linktype = 108,
		.hex = "000000186005a3c10019113a20010db800010000000000000000000720010db800020000"
		       "0000000000000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "010000006c",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* (SPI 0xc0ffee01: IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP
		 * (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70
		 * (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "BSD enc",
		.linktype = 109,
		.hex = "02000000c0ffee0100000003450000441c4640003d06bb29c6336407cb0071099c4001bb"
		       "1122334455667788801801f57d7000000101080a0102030405060708474554202f204854"
		       "54502f312e310d0a",
		.link = "010000006d10c0ffee01",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "PPP",
		.linktype = 9,
		.hex = "ff030021450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788"
		       "801801f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "0100000009",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "PPP, IPv6 with address and protocol compressed",
		.linktype = 9,
		.hex = "576005a3c10019113a20010db800010000000000000000000720010db800020000000000"
		       "0000000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "0100000009",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* MPLS (label 200, tc 0, [S], ttl 64) .IP (tos 0x0, ttl 61, id 7238, offset 0,
		 * flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443:
		 * Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632,
		 * win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "PPP, MPLS",
		.linktype = 9,
		.hex = "ff030281000c8140450000441c4640003d06bb29c6336407cb0071099c4001bb11223344"
		       "55667788801801f57d7000000101080a0102030405060708474554202f20485454502f31"
		       "2e310d0a",
		.link = "0100000009060000c8",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* LCP, Echo-Request (0x09), id 1, length 10 .encoded length 8 (=Option(s) length
		 * 4) .0x0000: c021 0901 0008 . Magic-Num 0x12345678 */
		.name = "PPP, link control",
		.linktype = 9,
		.hex = "ff03c0210901000812345678",
		.kind = PACKET_NON_IP,
		.link = "0100000009",
	},
	{
		/* IP: IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length
		 * 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct),
		 * seq 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val
		 * 16909060 ecr 84281096], length 16 */
		.name = "PPP in HDLC",
		.linktype = 50,
		.hex = "ff030021450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788"
		       "801801f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "0100000032",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "PPP in HDLC, Cisco framing",
		.linktype = 50,
		.hex = "0f000800450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788"
		       "801801f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "0100000032",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* PPPoE [ses 0x42] IP (0x0021), length 70: (tos 0x0, ttl 61, id 7238, offset 0,
		 * flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443:
		 * Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632,
		 * win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "PPPoE",
		.linktype = 51,
		.hex = "1100004200460021450000441c4640003d06bb29c6336407cb0071099c4001bb11223344"
		       "55667788801801f57d7000000101080a0102030405060708474554202f20485454502f31"
		       "2e310d0a",
		.link = "0100000033070042",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "Cisco HDLC",
		.linktype = 104,
		.hex = "0f000800450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788"
		       "801801f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "0100000068",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "Cisco HDLC, IPv6",
		.linktype = 104,
		.hex = "0f0086dd6005a3c10019113a20010db800010000000000000000000720010db800020000"
		       "0000000000000009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "0100000068",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* SLARP (length: 14), keepalive: mineseen=0x00000001, yourseen=0x00000000,
		 * reliability=0x00ff .0x0000: 0000 0001 0000 0000 00ff */
		.name = "Cisco HDLC, keepalive",
		.linktype = 104,
		.hex = "8f00803500000002000000010000000000ff",
		.kind = PACKET_NON_IP,
		.link = "0100000068",
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "LLC over ATM",
		.linktype = 100,
		.hex = "aaaa030000000800450000441c4640003d06bb29c6336407cb0071099c4001bb11223344"
		       "55667788801801f57d7000000101080a0102030405060708474554202f20485454502f31"
		       "2e310d0a",
		.link = "0100000064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "Ethernet, LLC and SNAP",
		.linktype = 1,
		.hex = "02000000000b02000000000a004caaaa030000000800450000441c4640003d06bb29c633"
		       "6407cb0071099c4001bb1122334455667788801801f57d7000000101080a010203040506"
		       "0708474554202f20485454502f312e310d0a00000000",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018, .padding_bytes = 4,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "Ethernet, SNAP of a bridge tunnel",
		.linktype = 1,
		.hex = "02000000000b02000000000a004caaaa030000f80800450000441c4640003d06bb29c633"
		       "6407cb0071099c4001bb1122334455667788801801f57d7000000101080a010203040506"
		       "0708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "Ethernet, LLC with the IP service access point",
		.linktype = 1,
		.hex = "02000000000b02000000000a0047060603450000441c4640003d06bb29c6336407cb0071"
		       "099c4001bb1122334455667788801801f57d7000000101080a0102030405060708474554"
		       "202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* CDPv2, ttl: 180s, checksum: 0x0000 (unverified), length 9 .Device-ID (0x01),
		 * value length: 1 byte: 'x' */
		.name = "Ethernet, SNAP of a vendor",
		.linktype = 1,
		.hex = "02000000000b02000000000a0011aaaa0300000c200002b400000001000578",
		.kind = PACKET_NON_IP,
		.link = "01000000010202000000000b02000000000a",
	},
};

#endif
