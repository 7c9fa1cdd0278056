/* Frames with IP and transport headers of every kind. The real ones were
 * captured with tcpdump between two network namespaces, the others written by
 * hand; the comment of each is what `tcpdump -t -vv -n` prints of it, and the
 * values are tshark's.
 */
#ifndef CROSSTAP_TESTS_PACKET_SAMPLES_H
#define CROSSTAP_TESTS_PACKET_SAMPLES_H

#include "tests/unit/packet_sample.h"

static const struct packet_sample ip_samples[] = {
	{
		/* IP (tos 0x0, ttl 64, id 30607, offset 0, flags [DF], proto TCP (6), length 60)
		 * 192.0.2.1.44520 > 192.0.2.2.8080: Flags [S], cksum 0x8432 (incorrect ->
		 * 0x552d), seq 2035123303, win 64240, options [mss 1460,sackOK,TS val 213490676
		 * ecr 0,nop,wscale 10], length 0 */
		.name = "a TCP SYN with its options",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae308004500003c778f400040063f29c0000201c0000202ade8"
		       "1f90794d846700000000a002faf084320000020405b40402080a0cb99bf4000000000103"
		       "030a",
		.marks = PACKET_PARTIAL_CHECKSUM,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 6, .ttl = 64,
		.ip_id = 0x778f, .ip_bytes = 60, .sport = 44520, .dport = 8080,
		.seq = 0x794d8467, .window = 64240, .options_bytes = 20, .tsval = 0xcb99bf4,
		.flags = 0x8002,
	},
	{
		/* IP (tos 0x0, ttl 64, id 30609, offset 0, flags [DF], proto TCP (6), length 89)
		 * 192.0.2.1.44520 > 192.0.2.2.8080: Flags [P.], cksum 0x844f (incorrect ->
		 * 0xbc5c), seq 2035123304:2035123341, ack 1769528258, win 63, options
		 * [nop,nop,TS val 213490676 ecr 162407556], length 37: HTTP, length: 37 .GET /
		 * HTTP/1.0 .Host: example.org */
		.name = "a TCP segment with timestamps and data",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae30800450000597791400040063f0ac0000201c0000202ade8"
		       "1f90794d84686978dbc28018003f844f00000101080a0cb99bf409ae2484474554202f20"
		       "485454502f312e300d0a486f73743a206578616d706c652e6f72670d0a0d0a",
		.marks = PACKET_PARTIAL_CHECKSUM,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 6, .ttl = 64,
		.ip_id = 0x7791, .ip_bytes = 89, .sport = 44520, .dport = 8080,
		.seq = 0x794d8468, .ack = 0x6978dbc2, .window = 63, .options_bytes = 12,
		.payload_bytes = 37, .tsval = 0xcb99bf4, .tsecr = 0x9ae2484, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto TCP (6), length 40)
		 * 192.0.2.2.81 > 192.0.2.1.37750: Flags [R.], cksum 0x679c (correct), seq 0, ack
		 * 3628029993, win 0, length 0 */
		.name = "a TCP reset",
		.linktype = 1,
		.hex = "e2c016a44ae342a962efad83080045000028000040004006b6ccc0000202c00002010051"
		       "937600000000d83f582950140000679c0000",
		.link = "010000000102e2c016a44ae342a962efad83",
		.version = 4, .src = "192.0.2.2", .dst = "192.0.2.1", .proto = 6, .ttl = 64,
		.ip_bytes = 40, .sport = 81, .dport = 37750, .ack = 0xd83f5829, .flags = 0x8014,
	},
	{
		/* IP6 (flowlabel 0x24b0e, hlim 64, next-header TCP (6) payload length: 40)
		 * 2001:db8::1.59728 > 2001:db8::2.8081: Flags [S], cksum 0x5ba3 (incorrect ->
		 * 0x01f3), seq 1724788558, win 64800, options [mss 1440,sackOK,TS val 3361179186
		 * ecr 0,nop,wscale 10], length 0 */
		.name = "a TCP SYN over IPv6",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae386dd60024b0e0028064020010db800000000000000000000"
		       "000120010db8000000000000000000000002e9501f9166ce2f4e00000000a002fd205ba3"
		       "0000020405a00402080ac8578632000000000103030a",
		.marks = PACKET_PARTIAL_CHECKSUM,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 6, .src = "2001:db8::1", .dst = "2001:db8::2", .ttl = 64,
		.flow_label = 0x24b0e, .ip_bytes = 80, .proto = 6, .sport = 59728, .dport = 8081,
		.seq = 0x66ce2f4e, .window = 64800, .options_bytes = 20, .tsval = 0xc8578632,
		.flags = 2,
	},
	{
		/* IP (tos 0xb9,ECT(1), ttl 61, id 7238, offset 0, flags [DF], proto TCP (6),
		 * length 64) 198.51.100.7.40000 > 203.0.113.9.443: Flags [.], cksum 0x1807
		 * (correct), seq 287454020, ack 1432778632, win 501, options [nop,nop,TS val
		 * 2711790500 ecr 2981278644,nop,nop,sack 1 {3148519818:3434850971}], length 0 */
		.name = "a TCP acknowledgement with SACK",
		.linktype = 1,
		.hex = "02000000000b02000000000a080045b900401c4640003d06ba74c6336407cb0071099c40"
		       "01bb1122334455667788b01001f5180700000101080aa1a2a3a4b1b2b3b40101050a1111"
		       "111122222222",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.tos = 0xb9, .ip_id = 0x1c46, .ip_bytes = 64, .sport = 40000, .dport = 443,
		.seq = 0x11223344, .ack = 0x55667788, .window = 501, .options_bytes = 24,
		.tsval = 0xa1a2a3a4, .tsecr = 0xb1b2b3b4, .flags = 0x8010,
		.sack_left = 0x11111111u - 0x55667788u,
		.options = "0101080a00000000000000000101050a0000000000000000",
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 41)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [.U], cksum 0x7728 (correct), seq
		 * 287454020:287454021, ack 1432778632, win 501, urg 1, length 1 */
		.name = "a TCP segment with an urgent byte",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000291c4640003d06bb44c6336407cb0071099c40"
		       "01bb1122334455667788503001f57728000121",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 41, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .flags = 0x8030, .urgent = 1, .payload_bytes = 1,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 45)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [.U], cksum 0x6522 (correct), seq
		 * 0:1, ack 1, win 501, urg 1, options [nop,nop,nop,nop], length 1 */
		.name = "a TCP segment with an urgent byte and options",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500002d1c4640003d06bb40c6336407cb0071099c40"
		       "01bb1122334455667788603001f5652200010101010121",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 45, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .flags = 0x8030, .urgent = 1, .payload_bytes = 1,
		.options_bytes = 4, .options = "01010101",
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [none], proto TCP (6), length
		 * 48) 198.51.100.7.40000 > 203.0.113.9.443: Flags [SEW], cksum 0x6ace (correct),
		 * seq 287454020, win 501, options [mss 1460,nop,wscale 7], length 0 */
		.name = "a TCP SYN with all three ECN flags and no DF",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000301c4600003d06fb3dc6336407cb0071099c40"
		       "01bb112233445566778871c201f56ace0000020405b401030307",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 48, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 8, .flags = 0x1c2,
		.options = "020405b401030307",
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 40)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [.], cksum 0x984a (correct), seq
		 * 287454020, ack 1432778632, win 501, length 0 */
		.name = "Ethernet padding behind a bare ACK is no payload",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000281c4640003d06bb45c6336407cb0071099c40"
		       "01bb1122334455667788501001f5984a0000000000000000",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 40, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .flags = 0x8010, .padding_bytes = 6,
	},
	{
		/* IP (tos 0x0, ttl 64, id 32810, offset 0, flags [DF], proto UDP (17), length
		 * 36) 192.0.2.1.48528 > 192.0.2.2.5353: [bad udp cksum 0x8425 -> 0x3bab!] domain
		 * [length 8 < 12] (invalid) */
		.name = "a UDP datagram",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae3080045000024802a40004011369bc0000201c0000202bd90"
		       "14e90010842570696e67206f6e65",
		.marks = PACKET_PARTIAL_CHECKSUM,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 17, .ttl = 64,
		.ip_id = 0x802a, .ip_bytes = 36, .sport = 48528, .dport = 5353,
		.payload_bytes = 8, .flags = 0x8000,
	},
	{
		/* IP6 (flowlabel 0x740aa, hlim 64, next-header UDP (17) payload length: 16)
		 * 2001:db8::1.59261 > 2001:db8::2.5354: [bad udp cksum 0x5b96 -> 0x313d!] UDP,
		 * length 8 */
		.name = "a UDP datagram over IPv6",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae386dd600740aa0010114020010db800000000000000000000"
		       "000120010db8000000000000000000000002e77d14ea00105b9670696e672074776f",
		.marks = PACKET_PARTIAL_CHECKSUM,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 6, .src = "2001:db8::1", .dst = "2001:db8::2", .ttl = 64,
		.flow_label = 0x740aa, .ip_bytes = 56, .proto = 17, .sport = 59261,
		.dport = 5354, .payload_bytes = 8,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 34)
		 * 198.51.100.7.53124 > 203.0.113.9.4433: [no cksum] UDP, length 6 */
		.name = "a UDP datagram without checksum",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000221c4640003d11bb40c6336407cb007109cf84"
		       "1151000e00006e6f2073756d",
		.marks = PACKET_ZERO_UDP_CHECKSUM,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 17,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 34, .sport = 53124, .dport = 4433,
		.payload_bytes = 6, .flags = 0x8000,
	},
	{
		/* IP (tos 0x0, ttl 64, id 43257, offset 0, flags [DF], proto ICMP (1), length
		 * 54) 192.0.2.1 > 192.0.2.2: ICMP echo request, id 4660, seq 7, length 34 */
		.name = "an ICMP echo request",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae3080045000036a8f9400040010dcac0000201c00002020800"
		       "5729123400076162636465666768696a6b6c6d6e6f707172737475767778797a",
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 1, .ttl = 64,
		.ip_id = 0xa8f9, .ip_bytes = 54, .ack = 0x800, .payload_bytes = 26,
		.sport = 4660, .dport = 4660, .seq = 0x12340007, .flags = 0x8000,
	},
	{
		/* IP (tos 0xc0, ttl 64, id 5300, offset 0, flags [none], proto ICMP (1), length
		 * 68) 192.0.2.2 > 192.0.2.1: ICMP 192.0.2.2 udp port 9 unreachable, length 48
		 * .IP (tos 0x0, ttl 64, id 57964, offset 0, flags [DF], proto UDP (17), length
		 * 40) 192.0.2.1.43800 > 192.0.2.2.9: [bad udp cksum 0x8429 -> 0xa009!] UDP,
		 * length 12 */
		.name = "an ICMP port unreachable quotes a UDP datagram",
		.linktype = 1,
		.hex = "e2c016a44ae342a962efad83080045c0004414b400004001e141c0000202c00002010303"
		       "9d060000000045000028e26c40004011d454c0000201c0000202ab180009001484296e6f"
		       "626f6479207468657265",
		.marks = PACKET_ICMP_ERROR,
		.link = "010000000102e2c016a44ae342a962efad83",
		.version = 4, .src = "192.0.2.2", .dst = "192.0.2.1", .proto = 1, .ttl = 64,
		.tos = 0xc0, .ip_id = 0x14b4, .ip_bytes = 68, .ack = 0x303, .payload_bytes = 40,
		.inner_version = 4, .inner_proto = 17, .inner_src = "192.0.2.1",
		.inner_dst = "192.0.2.2", .inner_sport = 43800, .inner_dport = 9,
		.inner_ip_id = 0xe26c, .inner_ip_bytes = 40, .inner_seq = 0x14,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [none], proto ICMP (1), length
		 * 56) 203.0.113.1 > 198.51.100.7: ICMP 203.0.113.9 unreachable - need to frag
		 * (mtu 1400), length 36 .IP (tos 0x0, ttl 1, id 30583, offset 0, flags [DF],
		 * proto TCP (6), length 1500) 198.51.100.7.40000 > 203.0.113.9.443: [|tcp] */
		.name = "an ICMP fragmentation needed quotes a TCP header by eight bytes",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000381c4600003d01fb42cb007101c63364070304"
		       "152200000578450005dc7777400001069660c6336407cb0071099c4001bb11223344",
		.marks = PACKET_ICMP_ERROR,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "203.0.113.1", .dst = "198.51.100.7", .proto = 1, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 56, .ack = 0x304, .payload_bytes = 28, .seq = 0x578,
		.inner_version = 4, .inner_proto = 6, .inner_src = "198.51.100.7",
		.inner_dst = "203.0.113.9", .inner_sport = 40000, .inner_dport = 443,
		.inner_ip_id = 0x7777, .inner_ip_bytes = 1500, .inner_seq = 0x11223344,
	},
	{
		/* IP6 (flowlabel 0x50398, hlim 64, next-header ICMPv6 (58) payload length: 34)
		 * 2001:db8::1 > 2001:db8::2: [icmp6 sum ok] ICMP6, echo request, id 4660, seq 7 */
		.name = "an ICMPv6 echo request",
		.linktype = 1,
		.hex = "42a962efad83e2c016a44ae386dd6005039800223a4020010db800000000000000000000"
		       "000120010db800000000000000000000000280008357123400076162636465666768696a"
		       "6b6c6d6e6f707172737475767778797a",
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 6, .src = "2001:db8::1", .dst = "2001:db8::2", .ttl = 64,
		.flow_label = 0x50398, .ip_bytes = 74, .proto = 58, .ack = 0x8000,
		.payload_bytes = 26, .sport = 4660, .dport = 4660, .seq = 0x12340007,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header ICMPv6 (58) payload length: 96)
		 * 2001:db8:3::1 > 2001:db8:1::7: [icmp6 sum ok] ICMP6, packet too big, mtu 1280 */
		.name = "an ICMPv6 packet too big quotes TCP behind destination options",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c100603a3a20010db800030000000000000000"
		       "000120010db80001000000000000000000070200b4eb000005006005a3c105b43c3a2001"
		       "0db800010000000000000000000720010db8000200000000000000000009060001040502"
		       "00009c4001bb1122334455667788501001f584b000007878787878787878787878787878"
		       "787878787878",
		.marks = PACKET_ICMP_ERROR,
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:3::1", .dst = "2001:db8:1::7", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 136, .proto = 58, .ack = 0x200,
		.payload_bytes = 88, .seq = 0x500, .inner_version = 6, .inner_proto = 6,
		.inner_src = "2001:db8:1::7", .inner_dst = "2001:db8:2::9", .inner_sport = 40000,
		.inner_dport = 443, .inner_ip_bytes = 1500, .inner_seq = 0x11223344,
	},
	{
		/* IP (tos 0x0, ttl 64, id 16346, offset 0, flags [+], proto UDP (17), length
		 * 1500) 192.0.2.1.37771 > 192.0.2.2.5353: 1 [b2&3=0x203] [1543a] [1029q] [2057n]
		 * [2571au] [|domain] */
		.name = "the first IPv4 fragment of a UDP datagram",
		.linktype = 1, .wire_bytes = 1514,
		.hex = "42a962efad83e2c016a44ae30800450005dc3fda200040119133c0000201c0000202938b"
		       "14e90808c167000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		       "1e1f202122232425262728292a2b2c2d2e2f303132333435",
		.marks = PACKET_TRUNCATED | PACKET_FRAGMENT,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 17, .ttl = 64,
		.ip_id = 0x3fda, .ip_bytes = 1500, .fragment_more = 1, .sport = 37771,
		.dport = 5353, .payload_bytes = 1472,
	},
	{
		/* IP (tos 0x0, ttl 64, id 16346, offset 1480, flags [none], proto UDP (17),
		 * length 596) 192.0.2.1 > 192.0.2.2: ip-proto-17 */
		.name = "a later IPv4 fragment has no transport header",
		.linktype = 1, .wire_bytes = 610,
		.hex = "42a962efad83e2c016a44ae30800450002543fda00b94011b402c0000201c0000202c0c1"
		       "c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5"
		       "e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfd",
		.marks = PACKET_TRUNCATED | PACKET_FRAGMENT | PACKET_FRAGMENT_LATER,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 17, .ttl = 64,
		.ip_id = 0x3fda, .ip_bytes = 596, .fragment_offset = 1480, .payload_bytes = 576,
		.seq = 0x5c8, .ack = 0x3fda,
	},
	{
		/* IP6 (flowlabel 0x3362c, hlim 64, next-header Fragment (44) payload length:
		 * 1456) 2001:db8::1 > 2001:db8::2: frag (0xdf4821d7:0|1448) 33061 > 5354: UDP,
		 * length 2048 */
		.name = "the first IPv6 fragment of a UDP datagram",
		.linktype = 1, .wire_bytes = 1510,
		.hex = "42a962efad83e2c016a44ae386dd6003362c05b02c4020010db800000000000000000000"
		       "000120010db800000000000000000000000211000001df4821d7812514ea0808fc5b0001"
		       "02030405060708090a0b0c0d0e0f10111213141516171819",
		.marks = PACKET_TRUNCATED | PACKET_FRAGMENT,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 6, .src = "2001:db8::1", .dst = "2001:db8::2", .ttl = 64,
		.flow_label = 0x3362c, .ip_bytes = 1496, .proto = 17, .ip_id = 0xdf4821d7,
		.fragment_more = 1, .sport = 33061, .dport = 5354, .payload_bytes = 1440,
	},
	{
		/* IP6 (flowlabel 0x3362c, hlim 64, next-header Fragment (44) payload length:
		 * 616) 2001:db8::1 > 2001:db8::2: frag (0xdf4821d7:1448|608) */
		.name = "a later IPv6 fragment has no transport header",
		.linktype = 1, .wire_bytes = 670,
		.hex = "42a962efad83e2c016a44ae386dd6003362c02682c4020010db800000000000000000000"
		       "000120010db8000000000000000000000002110005a8df4821d7a0a1a2a3a4a5a6a7a8a9"
		       "aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1",
		.marks = PACKET_TRUNCATED | PACKET_FRAGMENT | PACKET_FRAGMENT_LATER,
		.link = "01000000010242a962efad83e2c016a44ae3",
		.version = 6, .src = "2001:db8::1", .dst = "2001:db8::2", .ttl = 64,
		.flow_label = 0x3362c, .ip_bytes = 656, .proto = 17, .ip_id = 0xdf4821d7,
		.fragment_offset = 1448, .payload_bytes = 608, .seq = 0x5a8, .ack = 0xdf4821d7,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header Options (0) payload length: 71)
		 * 2001:db8:1::7 > 2001:db8:2::9: HBH (rtalert: 0x0000) (padn) DSTOPT (padn) RT6
		 * (len=2, type=4, segleft=0, last-entry=0, flags=0x0, tag=0, [0]2001:db8:2::9)
		 * frag (0x12345678:0|23) 40000 > 443: Flags [P.], seq 287454020:287454023, ack
		 * 1432778632, win 501, length 3 */
		.name = "IPv6 options, routing and an atomic fragment header in front of TCP",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c10047003a20010db800010000000000000000"
		       "000720010db80002000000000000000000093c000502000001002b000104000000002c02"
		       "04000000000020010db800020000000000000000000906000000123456789c4001bb1122"
		       "334455667788501801f5de9c0000616263",
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 111, .proto = 6, .ip_id = 0x12345678,
		.sport = 40000, .dport = 443, .seq = 0x11223344, .ack = 0x55667788,
		.window = 501, .payload_bytes = 3, .flags = 0x18,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto AH (51), length 67)
		 * 198.51.100.7 > 203.0.113.9:
		 * AH(length=4(24-bytes),spi=0x00000100,seq=0x7,icv=0x0102030405060708090a0b0c):
		 * 40000 > 443: Flags [P.], cksum 0xd3dc (correct), seq 287454020:287454023, ack
		 * 1432778632, win 501, length 3 */
		.name = "AH in IPv4 is stepped over",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000431c4640003d33bafdc6336407cb0071090604"
		       "000000000100000000070102030405060708090a0b0c9c4001bb11223344556677885018"
		       "01f5d3dc0000616263",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 67, .flags = 0x8018, .payload_bytes = 3,
		.sport = 40000, .dport = 443, .seq = 0x11223344, .ack = 0x55667788,
		.window = 501,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header AH (51) payload length: 47)
		 * 2001:db8:1::7 > 2001:db8:2::9:
		 * AH(length=4(24-bytes),spi=0x00000100,seq=0x7,icv=0x0102030405060708090a0b0c):
		 * 40000 > 443: Flags [P.], cksum 0xde9c (correct), seq 287454020:287454023, ack
		 * 1432778632, win 501, length 3 */
		.name = "AH in IPv6 is stepped over",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c1002f333a20010db800010000000000000000"
		       "000720010db8000200000000000000000009060400000000010000000007010203040506"
		       "0708090a0b0c9c4001bb1122334455667788501801f5de9c0000616263",
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 87, .proto = 6, .flags = 0x18,
		.payload_bytes = 3, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto ESP (50), length 60)
		 * 198.51.100.7 > 203.0.113.9: ESP(spi=0xdeadbeef,seq=0x1234), length 40 */
		.name = "ESP",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500003c1c4640003d32bb05c6336407cb007109dead"
		       "beef00001234000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
		       "1e1f",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 50,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 60, .ack = 0xdeadbeef, .seq = 0x1234,
		.flags = 0x8000, .payload_bytes = 32,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto SCTP (132), length
		 * 52) 198.51.100.7.2905 > 203.0.113.9.2906: sctp .1) [INIT] [init tag:
		 * 195939070] [rwnd: 131072] [OS: 10] [MIS: 10] [init TSN: 16909060] */
		.name = "an SCTP INIT has its initial TSN",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000341c4640003d84babbc6336407cb0071090b59"
		       "0b5a00000000288e456e010000140badcafe00020000000a000a01020304",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 132,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 52, .sport = 2905, .dport = 2906,
		.flags = 0x8001, .seq = 0x1020304, .payload_bytes = 20,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto SCTP (132), length
		 * 52) 198.51.100.7.2905 > 203.0.113.9.2906: sctp .1) [DATA] (B)(E) [TSN:
		 * 2695938256] [SID: 1] [SSEQ 2] [PPID 0x0] [Payload: .0x0000: 6461 7461 data] */
		.name = "an SCTP DATA chunk has a TSN",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000341c4640003d84babbc6336407cb0071090b59"
		       "0b5acafe010261a7b19900030014a0b0c0d0000100020000000064617461",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 132,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 52, .sport = 2905, .dport = 2906,
		.ack = 0xcafe0102, .flags = 0x8000, .seq = 0xa0b0c0d0, .payload_bytes = 20,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header SCTP (132) payload length: 28)
		 * 2001:db8:1::7.2905 > 2001:db8:2::9.2906: sctp .1) [SACK] [cum ack 2695938257]
		 * [a_rwnd 65536] [#gap acks 0] [#dup tsns 0] */
		.name = "an SCTP SACK has a cumulative TSN",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c1001c843a20010db800010000000000000000"
		       "000720010db80002000000000000000000090b590b5acafe01024bd3237703000010a0b0"
		       "c0d10001000000000000",
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 68, .proto = 132, .sport = 2905,
		.dport = 2906, .ack = 0xcafe0102, .flags = 3, .seq = 0xa0b0c0d1,
		.payload_bytes = 16,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto SCTP (132), length
		 * 44) 198.51.100.7.2905 > 203.0.113.9.2906: sctp .1) [HB REQ] */
		.name = "an SCTP HEARTBEAT has no TSN",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500002c1c4640003d84bac3c6336407cb0071090b59"
		       "0b5acafe0102a52ad06b0400000c0001000812345678",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 132,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 44, .sport = 2905, .dport = 2906,
		.ack = 0xcafe0102, .flags = 0x8004, .payload_bytes = 12,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 40,
		 * options (RA)) 198.51.100.7.53124 > 203.0.113.9.4433: [udp sum ok] UDP, length
		 * 8 */
		.name = "IPv4 options are part of the header",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800460000281c4640003d112636c6336407cb0071099404"
		       "0000cf841151001003ff6f7074696f6e616c",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 17,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 40, .sport = 53124, .dport = 4433,
		.payload_bytes = 8, .flags = 0x8000,
	},
	{
		/* IP bad-len 0 */
		.name = "IPv4 length 0 is a TSO frame of the length on the wire",
		.linktype = 1, .wire_bytes = 20054,
		.hex = "02000000000b02000000000a0800450000001c4640003d06bb6dc6336407cb0071099c40"
		       "01bb1122334455667788501801f531090000797979797979797979797979797979797979"
		       "79797979797979797979797979797979",
		.marks = PACKET_TRUNCATED | PACKET_AGGREGATED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 20040, .sport = 40000, .dport = 443,
		.seq = 0x11223344, .ack = 0x55667788, .window = 501, .payload_bytes = 20000,
		.flags = 0x8018,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header Options (0) payload length: 0)
		 * 2001:db8:1::7 > 2001:db8:2::9: HBH (jumbo: 70028) 40000 > 443: Flags [P.], seq
		 * 287454020:287524020, ack 1432778632, win 501, length 70000 */
		.name = "a BIG TCP jumbogram has the length of its frame",
		.linktype = 1, .wire_bytes = 70082,
		.hex = "02000000000b02000000000a86dd6005a3c10000003a20010db800010000000000000000"
		       "000720010db80002000000000000000000090600c2040001118c9c4001bb112233445566"
		       "7788501801f5114900007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
		       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
		.marks = PACKET_TRUNCATED | PACKET_AGGREGATED,
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 70068, .proto = 6, .flags = 0x18,
		.payload_bytes = 70000, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header unknown (59) payload length: 0)
		 * 2001:db8:1::7 > 2001:db8:2::9: no next header */
		.name = "an IPv6 packet without next header is empty in spite of padding",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c100003b3a20010db800010000000000000000"
		       "000720010db8000200000000000000000009000000000000",
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 40, .proto = 59, .padding_bytes = 6,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto unknown (253),
		 * length 30) 198.51.100.7 > 203.0.113.9: ip-proto-253 10 */
		.name = "of another protocol all is payload",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500001e1c4640003dfdba58c6336407cb0071096578"
		       "706572696d656e74",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 253,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 30, .flags = 0x8000, .payload_bytes = 10,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto GRE (47), length 52)
		 * 198.51.100.7 > 203.0.113.9: GREv0, Flags [none], length 32 .gre-proto-0x2001 (NHRP) */
		.name = "a GRE packet without IP inside is the packet",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000341c4640003d2fbb10c6336407cb0071090000"
		       "200100000000000000000000000000000000000000000000000000000000",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 47,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 52, .flags = 0x8000, .payload_bytes = 32,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 33)
		 * 198.51.100.7.53124 > 239.1.2.3.4433: [udp sum ok] UDP, length 5 */
		.name = "routed multicast is comparable",
		.linktype = 1,
		.hex = "01005e01020302000000000a0800450000211c4640003d110647c6336407ef010203cf84"
		       "1151000dbcd667726f7570",
		.link = "01000000010201005e01020302000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "239.1.2.3", .proto = 17, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 33, .sport = 53124, .dport = 4433,
		.payload_bytes = 5, .flags = 0x8000, .link_broadcast = 1,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "unicast to a multicast MAC is comparable, as cluster firewalls use it",
		.linktype = 1,
		.hex = "01005e7f000102000000000a0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.link = "01000000010201005e7f000102000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018, .link_broadcast = 1,
	},
};

#endif
