/* One frame for each row of the table of tunnels in IP and GRE, named
 * after it ("row, variant"), and what `tcpdump -t -vv -e -n` prints of it. All
 * carry the same two packets, so that what is inside is known.
 */
#ifndef CROSSTAP_TESTS_PACKET_TUNNEL_SAMPLES_H
#define CROSSTAP_TESTS_PACKET_TUNNEL_SAMPLES_H

#include "tests/unit/packet_sample.h"

static const struct packet_sample tunnel_samples[] = {
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 106:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 92)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [none], proto IPv4 (0x0800), length 72
		 * .(tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "GRE",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500005c1c460000402fda29c0000201c00002020000"
		       "0800450000441c4640003d06bb29c6336407cb0071099c4001bb11223344556677888018"
		       "01f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 118:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 104)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [checksum present, key present, sequence#
		 * present], sum 0x1234, off 0x0, key=0x539, seq 7, proto IPv4 (0x0800), length
		 * 84 .(tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "GRE, checksum, key and sequence",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000681c460000402fda1dc0000201c0000202b000"
		       "0800123400000000053900000007450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020b00000539",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv6 (0x86dd), length 123:
		 * (flowlabel 0x5a3c1, hlim 58, next-header GRE (47) payload length: 69)
		 * 2001:db8::1 > 2001:db8::2: GREv0, Flags [none], proto IPv6 (0x86dd), length 69
		 * .(flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 25)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "GRE, IPv6 inside, over IPv6",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c100452f3a20010db800000000000000000000"
		       "000120010db8000000000000000000000002000086dd6005a3c10019113a20010db80001"
		       "0000000000000000000720010db8000200000000000000000009cf84115100191f8f7365"
		       "76656e7465656e2062797465732e2e",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a0920010db800000000000000000000000120"
		        "010db80000000000000000000000020a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 110:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 96)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [none], proto MPLS unicast (0x8847),
		 * length 76 .MPLS (label 100, tc 0, [S], ttl 64) .(tos 0x0, ttl 61, id 7238,
		 * offset 0, flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 >
		 * 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036,
		 * ack 1432778632, win 501, options [nop,nop,TS val 16909060 ecr 84281096],
		 * length 16 */
		.name = "GRE, MPLS inside",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000601c460000402fda25c0000201c00002020000"
		       "884700064140450000441c4640003d06bb29c6336407cb0071099c4001bb112233445566"
		       "7788801801f57d7000000101080a0102030405060708474554202f20485454502f312e31"
		       "0d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020a06000064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 124:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 110)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [none], proto TEB (0x6558), length 90
		 * .02:00:00:00:00:0c > 02:00:00:00:00:0d, ethertype 802.1Q (0x8100), length 86:
		 * vlan 100, p 0, ethertype IPv4 (0x0800), (tos 0x0, ttl 61, id 7238, offset 0,
		 * flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443:
		 * Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632,
		 * win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "GRE, VLAN inside the bridged frame",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500006e1c460000402fda17c0000201c00002020000"
		       "655802000000000d02000000000c810000640800450000441c4640003d06bb29c6336407"
		       "cb0071099c4001bb1122334455667788801801f57d7000000101080a0102030405060708"
		       "474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020a0202000000000d02"
		        "000000000c050064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 124:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 110)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [key present], key=0x4d2, proto TEB
		 * (0x6558), length 90 .02:00:00:00:00:0c > 02:00:00:00:00:0d, ethertype IPv4
		 * (0x0800), length 82: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto
		 * TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum
		 * 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "Ethernet",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500006e1c460000402fda17c0000201c00002022000"
		       "6558000004d202000000000d02000000000c0800450000441c4640003d06bb29c6336407"
		       "cb0071099c4001bb1122334455667788801801f57d7000000101080a0102030405060708"
		       "474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020b000004d202020000"
		        "00000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 122:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 108)
		 * 192.0.2.1 > 192.0.2.2: GREv1, Flags [key present, sequence# present, ack
		 * present], call 4660, seq 1, ack 2, proto PPP (0x880b), length 88 .IP (0x0021),
		 * length 72: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6),
		 * length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70
		 * (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "PPP",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500006c1c460000402fda19c0000201c00002023081"
		       "880b004812340000000100000002ff030021450000441c4640003d06bb29c6336407cb00"
		       "71099c4001bb1122334455667788801801f57d7000000101080a01020304050607084745"
		       "54202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020b00001234",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 115:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 101)
		 * 192.0.2.1 > 192.0.2.2: GREv1, Flags [key present, sequence# present], call
		 * 4660, seq 1, proto PPP (0x880b), length 81 .IP (0x0021), length 69: (tos 0x0,
		 * ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "PPP, GRE version 1 without acknowledgement",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000651c460000402fda20c0000201c00002023001"
		       "880b004512340000000121450000441c4640003d06bb29c6336407cb0071099c4001bb11"
		       "22334455667788801801f57d7000000101080a0102030405060708474554202f20485454"
		       "502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020b00001234",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 52:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 38)
		 * 192.0.2.1 > 192.0.2.2: GREv1, Flags [key present, sequence# present], call
		 * 4660, seq 1, proto PPP (0x880b), length 18 .LCP (0xc021), length 6: LCP,
		 * [|LCP] */
		.name = "PPP, nothing but control",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000261c460000402fda5fc0000201c00002023001"
		       "880b0006123400000001ff03c0210901",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 47, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 38, .payload_bytes = 18,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 132:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 118)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [sequence# present], seq 1, proto unknown
		 * (0x88be), length 98 .gre-proto-0x88be */
		.name = "ERSPAN II",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000761c460000402fda0fc0000201c00002021000"
		       "88be00000001106408420000000302000000000d02000000000c0800450000441c464000"
		       "3d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d7000000101080a"
		       "0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020a0c00420064020200"
		        "0000000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 120:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 106)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [none], proto unknown (0x88be), length 86
		 * .gre-proto-0x88be */
		.name = "ERSPAN II, type I has no header",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500006a1c460000402fda1bc0000201c00002020000"
		       "88be02000000000d02000000000c0800450000441c4640003d06bb29c6336407cb007109"
		       "9c4001bb1122334455667788801801f57d7000000101080a010203040506070847455420"
		       "2f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020a0202000000000d02"
		        "000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 136:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 122)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [sequence# present], seq 1, proto unknown
		 * (0x22eb), length 102 .gre-proto-0x22eb */
		.name = "ERSPAN III",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500007a1c460000402fda0bc0000201c00002021000"
		       "22eb0000000120640842123456780000000002000000000d02000000000c080045000044"
		       "1c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d700000"
		       "0101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020a0c00420064020200"
		        "0000000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 144:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 130)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [sequence# present], seq 1, proto unknown
		 * (0x22eb), length 110 .gre-proto-0x22eb */
		.name = "ERSPAN III, with a subheader",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000821c460000402fda03c0000201c00002021000"
		       "22eb000000012064084212345678000000011c0000000000000002000000000d02000000"
		       "000c0800450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788"
		       "801801f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020a0c00420064020200"
		        "0000000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 136:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto GRE (47), length 122)
		 * 192.0.2.1 > 192.0.2.2: GREv0, Flags [sequence# present], seq 1, proto unknown
		 * (0x22eb), length 102 .gre-proto-0x22eb */
		.name = "ERSPAN III, of a wrong version",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500007a1c460000402fda0bc0000201c00002021000"
		       "22eb0000000150640842123456780000000002000000000d02000000000c080045000044"
		       "1c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d700000"
		       "0101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 47, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 122, .payload_bytes = 102,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 102:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto IPIP (4), length 88)
		 * 192.0.2.1 > 192.0.2.2: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto
		 * TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum
		 * 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "IPIP",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000581c4600004004da58c0000201c00002024500"
		       "00441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d70"
		       "00000101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c0000202",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv6 (0x86dd), length 122:
		 * (flowlabel 0x5a3c1, hlim 58, next-header IPIP (4) payload length: 68)
		 * 2001:db8::1 > 2001:db8::2: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF],
		 * proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.],
		 * cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501,
		 * options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "IPIP, in IPv6",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c10044043a20010db800000000000000000000"
		       "000120010db8000000000000000000000002450000441c4640003d06bb29c6336407cb00"
		       "71099c4001bb1122334455667788801801f57d7000000101080a01020304050607084745"
		       "54202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a0920010db800000000000000000000000120"
		        "010db8000000000000000000000002",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 99:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto IPIP (4), length 85)
		 * 192.0.2.1 > 192.0.2.2: IP6, wrong link-layer encapsulation (invalid) */
		.name = "IPIP, of a wrong version",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000551c4600004004da5bc0000201c00002026005"
		       "a3c10019113a20010db800010000000000000000000720010db800020000000000000000"
		       "0009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 4, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 85, .payload_bytes = 65,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 74:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto IPIP (4), length 60)
		 * 192.0.2.1 > 192.0.2.2: truncated-ip - 1 bytes missing! (tos 0x0, ttl 61, id
		 * 7238, offset 0, flags [DF], proto TCP (6), length 41) 198.51.100.7.40000 >
		 * 203.0.113.9.443: Flags [P.], seq 287454020:287454021, ack 1432778632, win 501,
		 * length 1 */
		.name = "IPIP, longer inside than outside",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500003c1c4600004004da74c0000201c00002024500"
		       "00291c4640003d06bb44c6336407cb0071099c4001bb1122334455667788501801f59842"
		       "0000",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 4, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 60, .payload_bytes = 40,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 99:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto IPv6 (41), length 85)
		 * 192.0.2.1 > 192.0.2.2: (flowlabel 0x5a3c1, hlim 58, next-header UDP (17)
		 * payload length: 25) 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok]
		 * UDP, length 17 */
		.name = "IPv6 in IP",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000551c4600004029da36c0000201c00002026005"
		       "a3c10019113a20010db800010000000000000000000720010db800020000000000000000"
		       "0009cf84115100191f8f736576656e7465656e2062797465732e2e",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c0000202",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv6 (0x86dd), length 119:
		 * (flowlabel 0x5a3c1, hlim 58, next-header IPv6 (41) payload length: 65)
		 * 2001:db8::1 > 2001:db8::2: (flowlabel 0x5a3c1, hlim 58, next-header UDP (17)
		 * payload length: 25) 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok]
		 * UDP, length 17 */
		.name = "IPv6 in IP, in IPv6",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c10041293a20010db800000000000000000000"
		       "000120010db80000000000000000000000026005a3c10019113a20010db8000100000000"
		       "00000000000720010db8000200000000000000000009cf84115100191f8f736576656e74"
		       "65656e2062797465732e2e",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a0920010db800000000000000000000000120"
		        "010db8000000000000000000000002",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 118:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto unknown (97), length
		 * 104) 192.0.2.1 > 192.0.2.2: ip-proto-97 84 */
		.name = "EtherIP",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000681c4600004061d9ebc0000201c00002023000"
		       "02000000000d02000000000c0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c00002020202000000000d0200"
		        "0000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 118:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto unknown (97), length
		 * 104) 192.0.2.1 > 192.0.2.2: ip-proto-97 84 */
		.name = "EtherIP, of a wrong version",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000681c4600004061d9ebc0000201c00002024000"
		       "02000000000d02000000000c0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "192.0.2.1", .dst = "192.0.2.2", .proto = 97, .ttl = 64,
		.ip_id = 0x1c46, .ip_bytes = 104, .payload_bytes = 84,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv4 (0x0800), length 106:
		 * (tos 0x0, ttl 64, id 7238, offset 0, flags [none], proto unknown (137), length
		 * 92) 192.0.2.1 > 192.0.2.2: ip-proto-137 72 */
		.name = "MPLS in IP",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500005c1c4600004089d9cfc0000201c00002020006"
		       "4140450000441c4640003d06bb29c6336407cb0071099c4001bb11223344556677888018"
		       "01f57d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a08c0000201c000020206000064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype IPv6 (0x86dd), length 136:
		 * (flowlabel 0x5a3c1, hlim 58, next-header Ethernet (143) payload length: 82)
		 * 2001:db8::1 > 2001:db8::2: 02:00:00:00:00:0c > 02:00:00:00:00:0d, ethertype
		 * IPv4 (0x0800), length 82: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF],
		 * proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.],
		 * cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501,
		 * options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "Ethernet in IP",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c100528f3a20010db800000000000000000000"
		       "000120010db800000000000000000000000202000000000d02000000000c080045000044"
		       "1c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d700000"
		       "0101080a0102030405060708474554202f20485454502f312e310d0a",
		.marks = PACKET_TUNNELED,
		.link = "01000000010202000000000b02000000000a0920010db800000000000000000000000120"
		        "010db80000000000000000000000020202000000000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
};

#endif
