/* One frame for each row of the table of tunnels that an ethertype announces, named
 * after it ("row, variant"), and what `tcpdump -t -vv -e -n` prints of it. All
 * carry the same two packets, so that what is inside is known.
 */
#ifndef CROSSTAP_TESTS_PACKET_TAG_SAMPLES_H
#define CROSSTAP_TESTS_PACKET_TAG_SAMPLES_H

#include "tests/unit/packet_sample.h"

static const struct packet_sample tag_samples[] = {
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype 802.1Q (0x8100), length 86:
		 * vlan 100, p 3, ethertype IPv4 (0x0800), (tos 0x0, ttl 61, id 7238, offset 0,
		 * flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443:
		 * Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632,
		 * win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "VLAN",
		.linktype = 1,
		.hex = "02000000000b02000000000a810060640800450000441c4640003d06bb29c6336407cb00"
		       "71099c4001bb1122334455667788801801f57d7000000101080a01020304050607084745"
		       "54202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a050064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype 802.1Q (0x8100), length 86:
		 * vlan 0, p 7, ethertype IPv4 (0x0800), (tos 0x0, ttl 61, id 7238, offset 0,
		 * flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443:
		 * Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632,
		 * win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "VLAN, priority only",
		.linktype = 1,
		.hex = "02000000000b02000000000a8100e0000800450000441c4640003d06bb29c6336407cb00"
		       "71099c4001bb1122334455667788801801f57d7000000101080a01020304050607084745"
		       "54202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype 802.1Q (0x8100), length 94:
		 * vlan 100, p 0, 802.3LLC, dsap SNAP (0xaa) Individual, ssap SNAP (0xaa)
		 * Command, ctrl 0x03: oui Ethernet (0x000000), ethertype IPv4 (0x0800), length
		 * 68: (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "VLAN, LLC inside",
		.linktype = 1,
		.hex = "02000000000b02000000000a81000064004caaaa030000000800450000441c4640003d06"
		       "bb29c6336407cb0071099c4001bb1122334455667788801801f57d7000000101080a0102"
		       "030405060708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a050064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype 802.1Q-QinQ (0x88a8), length
		 * 90: vlan 200, p 0, ethertype 802.1Q (0x8100), vlan 100, p 0, ethertype IPv4
		 * (0x0800), (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6),
		 * length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70
		 * (correct), seq 287454020:287454036, ack 1432778632, win 501, options
		 * [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "QinQ",
		.linktype = 1,
		.hex = "02000000000b02000000000a88a800c8810000640800450000441c4640003d06bb29c633"
		       "6407cb0071099c4001bb1122334455667788801801f57d7000000101080a010203040506"
		       "0708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a0500c8050064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype 802.1Q-9100 (0x9100), length
		 * 87: vlan 200, p 0, ethertype 802.1Q (0x8100), vlan 100, p 0, ethertype IPv6
		 * (0x86dd), (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length:
		 * 25) 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [udp sum ok] UDP, length 17 */
		.name = "QinQ, 0x9100",
		.linktype = 1,
		.hex = "02000000000b02000000000a910000c88100006486dd6005a3c10019113a20010db80001"
		       "0000000000000000000720010db8000200000000000000000009cf84115100191f8f7365"
		       "76656e7465656e2062797465732e2e",
		.link = "01000000010202000000000b02000000000a0500c8050064",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype 802.1Q-9200 (0x9200), length
		 * 86: vlan 200, p 0, ethertype IPv4 (0x0800), (tos 0x0, ttl 61, id 7238, offset
		 * 0, flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443:
		 * Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632,
		 * win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "QinQ, 0x9200",
		.linktype = 1,
		.hex = "02000000000b02000000000a920000c80800450000441c4640003d06bb29c6336407cb00"
		       "71099c4001bb1122334455667788801801f57d7000000101080a01020304050607084745"
		       "54202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a0500c8",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype MPLS unicast (0x8847), length
		 * 90: MPLS (label 18, tc 0, ttl 60) .(label 100, tc 0, [S], ttl 64) .(tos 0x0,
		 * ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq
		 * 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS val 16909060
		 * ecr 84281096], length 16 */
		.name = "MPLS",
		.linktype = 1,
		.hex = "02000000000b02000000000a88470001203c00064140450000441c4640003d06bb29c633"
		       "6407cb0071099c4001bb1122334455667788801801f57d7000000101080a010203040506"
		       "0708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a0600001206000064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype MPLS unicast (0x8847), length
		 * 83: MPLS (label 100, tc 0, [S], ttl 64) .(flowlabel 0x5a3c1, hlim 58, next-
		 * header UDP (17) payload length: 25) 2001:db8:1::7.53124 > 2001:db8:2::9.4433:
		 * [udp sum ok] UDP, length 17 */
		.name = "MPLS, IPv6 by its nibble",
		.linktype = 1,
		.hex = "02000000000b02000000000a8847000641406005a3c10019113a20010db8000100000000"
		       "00000000000720010db8000200000000000000000009cf84115100191f8f736576656e74"
		       "65656e2062797465732e2e",
		.link = "01000000010202000000000b02000000000a06000064",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype MPLS unicast (0x8847), length
		 * 94: MPLS (label 100, tc 0, ttl 60) .(label 7 (rsvd), tc 0, ttl 60) .(label
		 * 703710, tc 0, [S], ttl 0) .(tos 0x0, ttl 61, id 7238, offset 0, flags [DF],
		 * proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.],
		 * cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632, win 501,
		 * options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "MPLS, entropy label left out",
		.linktype = 1,
		.hex = "02000000000b02000000000a88470006403c0000703cabcde100450000441c4640003d06"
		       "bb29c6336407cb0071099c4001bb1122334455667788801801f57d7000000101080a0102"
		       "030405060708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a0600006406000007",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype MPLS unicast (0x8847), length
		 * 104: MPLS (label 100, tc 0, [S], ttl 64) .0x0000: 0000 0000 0200 0000 000d
		 * 0200 0000 000c ................ .0x0010: 0800 4500 0044 1c46 4000 3d06 bb29
		 * c633 ..E..D.F@.=..).3 .0x0020: 6407 cb00 7109 9c40 01bb 1122 3344 5566
		 * d...q..@..."3DUf .0x0030: 7788 8018 01f5 7d70 0000 0101 080a 0102
		 * w.....}p........ .0x0040: 0304 0506 0708 4745 5420 2f20 4854 5450
		 * ......GET./.HTTP .0x0050: 2f31 2e31 0d0a /1.1.. */
		.name = "MPLS, pseudowire with control word",
		.linktype = 1,
		.hex = "02000000000b02000000000a8847000641400000000002000000000d02000000000c0800"
		       "450000441c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f5"
		       "7d7000000101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a060000640202000000000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype MPLS unicast (0x8847), length
		 * 100: MPLS (label 100, tc 0, [S], ttl 64) .0x0000: 0200 0000 000d 0200 0000
		 * 000c 0800 4500 ..............E. .0x0010: 0044 1c46 4000 3d06 bb29 c633 6407
		 * cb00 .D.F@.=..).3d... .0x0020: 7109 9c40 01bb 1122 3344 5566 7788 8018
		 * q..@..."3DUfw... .0x0030: 01f5 7d70 0000 0101 080a 0102 0304 0506
		 * ..}p............ .0x0040: 0708 4745 5420 2f20 4854 5450 2f31 2e31
		 * ..GET./.HTTP/1.1 .0x0050: 0d0a .. */
		.name = "MPLS, pseudowire without control word",
		.linktype = 1,
		.hex = "02000000000b02000000000a88470006414002000000000d02000000000c080045000044"
		       "1c4640003d06bb29c6336407cb0071099c4001bb1122334455667788801801f57d700000"
		       "0101080a0102030405060708474554202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a060000640202000000000d02000000000c",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype MPLS unicast (0x8847), length
		 * 33: MPLS (label 100, tc 0, [S], ttl 64) .0x0000: 1000 0021 4246 4420 636f 6e74
		 * 726f 6c ...!BFD.control */
		.name = "MPLS, no IP inside",
		.linktype = 1,
		.hex = "02000000000b02000000000a8847000641401000002142464420636f6e74726f6c",
		.kind = PACKET_NON_IP,
		.link = "01000000010202000000000b02000000000a06000064",
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype MPLS multicast (0x8848),
		 * length 86: MPLS (label 100, tc 0, [S], ttl 64) .(tos 0x0, ttl 61, id 7238,
		 * offset 0, flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 >
		 * 203.0.113.9.443: Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036,
		 * ack 1432778632, win 501, options [nop,nop,TS val 16909060 ecr 84281096],
		 * length 16 */
		.name = "MPLS, upstream label",
		.linktype = 1,
		.hex = "02000000000b02000000000a884800064140450000441c4640003d06bb29c6336407cb00"
		       "71099c4001bb1122334455667788801801f57d7000000101080a01020304050607084745"
		       "54202f20485454502f312e310d0a",
		.link = "01000000010202000000000b02000000000a06000064",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype PPPoE S (0x8864), length 93:
		 * PPPoE [ses 0x42] IP (0x0021), length 70: (tos 0x0, ttl 61, id 7238, offset 0,
		 * flags [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443:
		 * Flags [P.], cksum 0x7d70 (correct), seq 287454020:287454036, ack 1432778632,
		 * win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "PPPoE session",
		.linktype = 1,
		.hex = "02000000000b02000000000a88641100004200460021450000441c4640003d06bb29c633"
		       "6407cb0071099c4001bb1122334455667788801801f57d7000000101080a010203040506"
		       "0708474554202f20485454502f312e310d0a000000",
		.link = "01000000010202000000000b02000000000a070042",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018, .padding_bytes = 3,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype PPPoE S (0x8864), length 87:
		 * PPPoE [ses 0x42] IP6 (0x0057), length 67: (flowlabel 0x5a3c1, hlim 58, next-
		 * header UDP (17) payload length: 25) 2001:db8:1::7.53124 > 2001:db8:2::9.4433:
		 * [udp sum ok] UDP, length 17 */
		.name = "PPPoE session, IPv6",
		.linktype = 1,
		.hex = "02000000000b02000000000a886411000042004300576005a3c10019113a20010db80001"
		       "0000000000000000000720010db8000200000000000000000009cf84115100191f8f7365"
		       "76656e7465656e2062797465732e2e",
		.link = "01000000010202000000000b02000000000a070042",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 65, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 17,
	},
	{
		/* 02:00:00:00:00:0a > 02:00:00:00:00:0b, ethertype PPPoE D (0x8863), length 24:
		 * PPPoE PADI [Service-Name] */
		.name = "PPPoE discovery is no IP",
		.linktype = 1,
		.hex = "02000000000b02000000000a886311090000000401010000",
		.kind = PACKET_NON_IP,
		.link = "01000000010202000000000b02000000000a",
	},
};

#endif
