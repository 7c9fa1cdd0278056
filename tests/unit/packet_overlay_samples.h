/* One frame for each row of the table of tunnels in UDP, named
 * after it ("row, variant"), and what `tcpdump -t -vv -e -n` prints of it. All
 * carry the same two packets, so that what is inside is known.
 */
#ifndef CROSSTAP_TESTS_PACKET_OVERLAY_SAMPLES_H
#define CROSSTAP_TESTS_PACKET_OVERLAY_SAMPLES_H

#include "tests/unit/packet_sample.h"

static const struct packet_sample overlay_samples[] = {
	{
		/* e2:c0:16:a4:4a:e3 > 42:a9:62:ef:ad:83, ethertype IPv4 (0x0800), length 118:
		 * (tos 0x0, ttl 64, id 22290, offset 0, flags [none], proto UDP (17), length
		 * 104) 192.0.2.1.58350 > 192.0.2.2.4789: [bad udp cksum 0x8469 -> 0x59d3!]
		 * VXLAN, flags [I] (0x08), vni 4711 6a:77:40:fe:b4:c2 > 86:49:2c:d0:a0:66,
		 * ethertype IPv4 (0x0800), length 68: (tos 0x0, ttl 64, id 48655, offset 0,
		 * flags [DF], proto ICMP (1), length 54) 10.9.0.1 > 10.9.0.2: ICMP echo request,
		 * id 4660, seq 7, length 34 */
		.name = "VXLAN",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae30800450000685712000040119f6fc0000201c0000202e3ee"
		       "12b500548469080000000012670086492cd0a0666a7740feb4c2080045000036be0f4000"
		       "400168a30a0900010a09000208005729123400076162636465666768696a6b6c6d6e6f70"
		       "7172737475767778797a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010242a962efad83e2c016a44ae308c0000201c00002020d0012670286492cd0"
		        "a0666a7740feb4c2",
		.version = 4, .src = "10.9.0.1", .dst = "10.9.0.2", .proto = 1, .ttl = 64,
		.ip_id = 0xbe0f, .ip_bytes = 54, .ack = 0x800, .payload_bytes = 26,
		.sport = 4660, .dport = 4660, .seq = 0x12340007, .flags = 0x8000,
	},
	{
		/* e2:c0:16:a4:4a:e3 > 42:a9:62:ef:ad:83, ethertype IPv4 (0x0800), length 92:
		 * (tos 0x0, ttl 64, id 22278, offset 0, flags [none], proto UDP (17), length 78)
		 * 192.0.2.1.41164 > 192.0.2.2.4789: [bad udp cksum 0x844f -> 0x6e50!] VXLAN,
		 * flags [I] (0x08), vni 4711 6a:77:40:fe:b4:c2 > ff:ff:ff:ff:ff:ff, ethertype
		 * ARP (0x0806), length 42: Ethernet (len 6), IPv4 (len 4), Request who-has
		 * 10.9.0.2 tell 10.9.0.1, length 28 */
		.name = "VXLAN, ARP inside is no IP: the tunnel's end keeps it",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae308004500004e5706000040119f95c0000201c0000202a0cc"
		       "12b5003a844f0800000000126700ffffffffffff6a7740feb4c208060001080006040001"
		       "6a7740feb4c20a0900010000000000000a090002",
		.kind = PACKET_NON_IP, .marks = PACKET_TUNNELED, .link_broadcast = 1,
		.link = "01000000010242a962efad83e2c016a44ae308c0000201c00002020d00126702ffffffffffff6a77"
			"40feb4c2",
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 132:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 118)
		 * 192.0.2.1.49999 > 192.0.2.2.4789: [udp sum ok] VXLAN, flags [invalid] (0x00),
		 * vni 4711 02:00:00:00:00:0c > 02:00:00:00:00:0d, ethertype IPv4 (0x0800),
		 * length 82: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6),
		 * length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70
		 * (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "VXLAN, without the I flag it is the outer datagram",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000761c4600004011da2dc0000201c0000202c34f"
		       "12b500629871000000000012670002000000000d02000000000c0800450000441c464000"
		       "3d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d7000000101080a"
		       "0102030405060708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a",
		.payload_bytes = 90, .version = 4, .src = "192.0.2.1", .dst = "192.0.2.2",
		.proto = 17, .ttl = 64, .ip_id = 0x1c46, .ip_bytes = 118, .sport = 49999,
		.dport = 4789,
	},
	{
		/* e2:c0:16:a4:4a:e3 > 42:a9:62:ef:ad:83, ethertype IPv4 (0x0800), length 118:
		 * (tos 0x0, ttl 64, id 22290, offset 0, flags [none], proto UDP (17), length
		 * 104) 192.0.2.1.58350 > 192.0.2.2.4789: VXLAN, flags [I] (0x08), vni 4711
		 * 6a:77:40:fe:b4:c2 > 86:49:2c:d0:a0:66, ethertype IPv4 (0x0800), length 68:
		 * (tos 0x0, ttl 64, id 48655, offset 0, flags [DF], proto ICMP (1), length 54)
		 * 10.9.0.1 > 10.9.0.2: [|icmp] */
		.name = "VXLAN, cut in the inner header",
		.linktype = 1, .wire_bytes = 118,
		.hex = "42a962efad83e2c016a44ae30800450000685712000040119f6fc0000201c0000202e3ee"
		       "12b500548469080000000012670086492cd0a0666a7740feb4c2080045000036be0f4000"
		       "400168a30a0900010a090002080057291234",
		.kind = PACKET_CUT,
		.marks = PACKET_TRUNCATED | PACKET_TUNNELED,
		.link = "01000000010242a962efad83e2c016a44ae308c0000201c00002020d0012670286492cd0"
		        "a0666a7740feb4c2",
		.version = 4, .src = "10.9.0.1", .dst = "10.9.0.2", .proto = 1, .ttl = 64,
		.ip_id = 0xbe0f, .ip_bytes = 54, .flags = 0x8000,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 132:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 118)
		 * 192.0.2.1.49999 > 192.0.2.2.8472: [udp sum ok] OTV, flags [I] (0x08), overlay
		 * 0, instance 4711 02:00:00:00:00:0c > 02:00:00:00:00:0d, ethertype IPv4
		 * (0x0800), length 82: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto
		 * TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum
		 * 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "VXLAN, Linux port",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000761c4600004011da2dc0000201c0000202c34f"
		       "21180062820e080000000012670002000000000d02000000000c0800450000441c464000"
		       "3d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d7000000101080a"
		       "0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020d0012670202000000"
		        "000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 140:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 126)
		 * 192.0.2.1.49999 > 192.0.2.2.6081: [udp sum ok] Geneve, Flags [none], vni 0x42,
		 * proto TEB (0x6558), options [class Open Virtual Networking (OVN) (0x102) type
		 * 0x80(C) len 8 data 00000007] .02:00:00:00:00:0c > 02:00:00:00:00:0d, ethertype
		 * IPv4 (0x0800), length 82: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF],
		 * proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.],
		 * cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501,
		 * options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "GENEVE",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500007e1c4600004011da25c0000201c0000202c34f"
		       "17c1006ad0040200655800004200010280010000000702000000000d02000000000c0800"
		       "450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f5"
		       "7d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020e0000420202000000"
		        "000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 118:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 104)
		 * 192.0.2.1.49999 > 192.0.2.2.6081: [udp sum ok] Geneve, Flags [none], vni 0x42,
		 * proto IPv4 (0x0800) .(tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto
		 * TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum
		 * 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "GENEVE, IPv4 without Ethernet",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000681c4600004011da3bc0000201c0000202c34f"
		       "17c10054bcac0000080000004200450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020e000042",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 132:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 118)
		 * 192.0.2.1.49999 > 192.0.2.2.6081: [udp sum ok] Geneve ERROR: unknown-version 1 */
		.name = "GENEVE, of a wrong version",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000761c4600004011da2dc0000201c0000202c34f"
		       "17c10062131f400065580000420002000000000d02000000000c0800450000441c464000"
		       "3d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d7000000101080a"
		       "0102030405060708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 17, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 118, .sport = 49999, .dport = 6081,
		.payload_bytes = 90,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 118:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 104)
		 * 192.0.2.1.49999 > 192.0.2.2.2152: [udp sum ok] UDP, length 76 */
		.name = "GTP-U",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000681c4600004011da3bc0000201c0000202c34f"
		       "08680054162830ff004400abcdef450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020f00abcdef",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 123:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 109)
		 * 192.0.2.1.49999 > 192.0.2.2.2152: [udp sum ok] UDP, length 81 */
		.name = "GTP-U, sequence and extension header",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500006d1c4600004011da36c0000201c0000202c34f"
		       "086800598a1136ff004900abcdef00070085011009006005a3c10019113a20010db80001"
		       "0000000000000000000720010db8000200000000000000000009cf84115100191f8f7365"
		       "76656e7465656e2062797465732e2e",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020f00abcdef",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 54:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 40)
		 * 192.0.2.1.49999 > 192.0.2.2.2152: [udp sum ok] UDP, length 12 */
		.name = "GTP-U, an echo request is the outer datagram",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000281c4600004011da7bc0000201c0000202c34f"
		       "086800147e04320100040000000000010000",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 17, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 40, .sport = 49999, .dport = 2152,
		.payload_bytes = 12,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 123:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto UDP (17), length 109)
		 * 192.0.2.1.49999 > 192.0.2.2.2152: [udp sum ok] UDP, length 81 */
		.name = "GTP-U, an extension of length 0",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500006d1c4600004011da36c0000201c0000202c34f"
		       "086800598d1834ff004900abcdef00000085001009006005a3c10019113a20010db80001"
		       "0000000000000000000720010db8000200000000000000000009cf84115100191f8f7365"
		       "76656e7465656e2062797465732e2e",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 17, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 109, .sport = 49999, .dport = 2152,
		.payload_bytes = 81,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 102:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [+], proto IPIP (4), length 88)
		 * 192.0.2.1 > 192.0.2.2: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto
		 * TCP (6), length 1500) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], seq
		 * 287454020:287455468, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 1448 */
		.name = "the first fragment of a tunnel packet is opened",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000581c4620004004ba58c0000201c00002024500"
		       "05dc1c4640003d06b591c6336407cb0071099c4001bb1122334455667788801801f57d70"
		       "00000101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED | PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a08c0000201c0000202",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 1500, .payload_bytes = 1448, .payload_captured = 16,
		.sport = 40000, .dport = 443, .flags = 0x8018, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12,
		.tsval = 0x01020304, .tsecr = 0x05060708,
	},
	{
		/* (tos 0x0, ttl 64, id 7238, offset 88, flags [none], proto IPIP (4), length 88)
		 * 192.0.2.1 > 192.0.2.2: ip-proto-4 */
		.name = "a later fragment of a tunnel packet is not opened",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000581c46000b4004da4dc0000201c00002024500"
		       "00441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d70"
		       "00000101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_FRAGMENT | PACKET_FRAGMENT_LATER,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 4, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 88, .payload_bytes = 68, .fragment_offset = 88,
		.seq = 88, .ack = 0x1c46,
	},
};

#endif
