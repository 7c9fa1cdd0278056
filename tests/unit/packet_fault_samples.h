/* Frames that are not comparable, damaged, cut, or wrong in a checksum. Their
 * comments are what `tcpdump -t -vv -n` prints of them.
 */
#ifndef CROSSTAP_TESTS_PACKET_FAULT_SAMPLES_H
#define CROSSTAP_TESTS_PACKET_FAULT_SAMPLES_H

#include "tests/unit/packet_sample.h"

static const struct packet_sample fault_samples[] = {
	{
		/* ARP, Ethernet (len 6), IPv4 (len 4), Request who-has 192.0.2.2 tell 192.0.2.1,
		 * length 28 */
		.name = "ARP is no IP",
		.linktype = 1,
		.hex = "ffffffffffffe2c016a44ae308060001080006040001e2c016a44ae3c000020100000000"
		       "0000c0000202",
		.kind = PACKET_NON_IP,
		.link = "010000000102ffffffffffffe2c016a44ae3",
		.link_broadcast = 1,
	},
	{
		/* LLDP, length 20 .Chassis ID TLV (1), length 7 . Subtype MAC address (4):
		 * 02:00:00:00:00:01 . 0x0000: 0402 0000 0000 01 .Port ID TLV (2), length 3 .
		 * Subtype Interface Name (5): ^A1 . 0x0000: 0501 31 .Time to Live TLV (3),
		 * length 2: TTL 120s . 0x0000: 0078 .End TLV (0), length 0 */
		.name = "LLDP is no IP",
		.linktype = 1,
		.hex = "0180c200000e02000000000a88cc0207040200000000010403050131060200780000",
		.kind = PACKET_NON_IP,
		.link = "0100000001020180c200000e02000000000a",
		.link_broadcast = 1,
	},
	{
		/* STP 802.1d, Config, Flags [none], bridge-id 0000.00:00:00:00:00:00.0000,
		 * length 35 .message-age 0.00s, max-age 0.00s, hello-time 0.00s, forwarding-
		 * delay 0.00s .root-id 0000.00:00:00:00:00:00, root-pathcost 0 */
		.name = "spanning tree is no IP",
		.linktype = 1,
		.hex = "0180c200000002000000000a002642420300000000000000000000000000000000000000"
		       "00000000000000000000000000000000000000000000000000",
		.kind = PACKET_NON_IP,
		.link = "0100000001020180c200000002000000000a",
		.link_broadcast = 1,
	},
	{
		/* Beacon [|802.11] */
		.name = "a link type without a row",
		.linktype = 105,
		.hex = "800000000000000000000000000000000000000000000000",
		.kind = PACKET_UNKNOWN_LINK,
		.link = "0100000069",
	},
	{
		/* IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32) :: >
		 * ff02::1:ffa4:4ae3: [icmp6 sum ok] ICMP6, neighbor solicitation, length 32, who
		 * has fe80::e0c0:16ff:fea4:4ae3 . unknown option (14), length 8 (1): . 0x0000:
		 * f54d 0f6c a804 */
		.name = "a neighbour solicitation stays on its link",
		.linktype = 1,
		.hex = "3333ffa44ae3e2c016a44ae386dd6000000000203aff0000000000000000000000000000"
		       "0000ff0200000000000000000001ffa44ae38700349000000000fe80000000000000e0c0"
		       "16fffea44ae30e01f54d0f6ca804",
		.kind = PACKET_LINK_SCOPE,
		.link = "0100000001023333ffa44ae3e2c016a44ae3",
		.version = 6, .src = "::", .dst = "ff02::1:ffa4:4ae3", .ttl = 255,
		.ip_bytes = 72, .proto = 58, .ack = 0x8700, .payload_bytes = 24,
		.link_broadcast = 1,
	},
	{
		/* IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32) 2001:db8::2 >
		 * 2001:db8::1: [icmp6 sum ok] ICMP6, neighbor advertisement, length 32, tgt is
		 * 2001:db8::2, Flags [solicited, override] . destination link-address option
		 * (2), length 8 (1): 42:a9:62:ef:ad:83 . 0x0000: 42a9 62ef ad83 */
		.name = "a neighbour advertisement between global addresses too",
		.linktype = 1,
		.hex = "e2c016a44ae342a962efad8386dd6000000000203aff20010db800000000000000000000"
		       "000220010db8000000000000000000000001880039576000000020010db8000000000000"
		       "000000000002020142a962efad83",
		.kind = PACKET_LINK_SCOPE,
		.link = "010000000102e2c016a44ae342a962efad83",
		.version = 6, .src = "2001:db8::2", .dst = "2001:db8::1", .ttl = 255,
		.ip_bytes = 72, .proto = 58, .ack = 0x8800, .payload_bytes = 24,
		.seq = 0x60000000,
	},
	{
		/* IP6 (hlim 1, next-header Options (0) payload length: 56) :: > ff02::16: HBH
		 * (rtalert: 0x0000) (padn) [icmp6 sum ok] ICMP6, multicast listener report v2, 2
		 * group record(s) [gaddr ff02::1:ffa4:4ae3 to_ex { }] [gaddr ff02::1:ff00:1
		 * to_ex { }] */
		.name = "an MLD report too",
		.linktype = 1,
		.hex = "333300000016e2c016a44ae386dd60000000003800010000000000000000000000000000"
		       "0000ff0200000000000000000000000000163a000502000001008f0021e8000000020400"
		       "0000ff0200000000000000000001ffa44ae304000000ff0200000000000000000001ff00"
		       "0001",
		.kind = PACKET_LINK_SCOPE,
		.link = "010000000102333300000016e2c016a44ae3",
		.version = 6, .src = "::", .dst = "ff02::16", .ttl = 1, .ip_bytes = 96,
		.proto = 58, .ack = 0x8f00, .payload_bytes = 40, .link_broadcast = 1, .seq = 2,
	},
	{
		/* IP6 (hlim 255, next-header ICMPv6 (58) payload length: 16)
		 * fe80::e0c0:16ff:fea4:4ae3 > ff02::2: [icmp6 sum ok] ICMP6, router
		 * solicitation, length 16 . source link-address option (1), length 8 (1):
		 * e2:c0:16:a4:4a:e3 . 0x0000: e2c0 16a4 4ae3 */
		.name = "a router solicitation too",
		.linktype = 1,
		.hex = "333300000002e2c016a44ae386dd6000000000103afffe80000000000000e0c016fffea4"
		       "4ae3ff0200000000000000000000000000028500f69d000000000101e2c016a44ae3",
		.kind = PACKET_LINK_SCOPE,
		.link = "010000000102333300000002e2c016a44ae3",
		.version = 6, .src = "fe80::e0c0:16ff:fea4:4ae3", .dst = "ff02::2", .ttl = 255,
		.ip_bytes = 56, .proto = 58, .ack = 0x8500, .payload_bytes = 8,
		.link_broadcast = 1,
	},
	{
		/* IP (tos 0x0, ttl 1, id 7238, offset 0, flags [none], proto IGMP (2), length
		 * 28) 198.51.100.7 > 239.1.2.3: igmp v2 report 239.1.2.3 bad igmp cksum 0! */
		.name = "an IGMP report to a routed group too",
		.linktype = 1,
		.hex = "01005e01020302000000000a08004500001c1c4600000102825bc6336407ef0102031600"
		       "0000ef010203",
		.kind = PACKET_LINK_SCOPE,
		.link = "01000000010201005e01020302000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "239.1.2.3", .proto = 2, .ttl = 1,
		.ip_id = 0x1c46, .ip_bytes = 28, .link_broadcast = 1, .payload_bytes = 8,
	},
	{
		/* IP (tos 0x0, ttl 255, id 7238, offset 0, flags [DF], proto UDP (17), length
		 * 40) 198.51.100.7.5353 > 224.0.0.251.5353: [udp sum ok] 0 [0q] (12) */
		.name = "multicast DNS too",
		.linktype = 1,
		.hex = "01005e0000fb02000000000a0800450000281c464000ff115448c6336407e00000fb14e9"
		       "14e90014cabd000000000000000000000000",
		.kind = PACKET_LINK_SCOPE,
		.link = "01000000010201005e0000fb02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "224.0.0.251", .proto = 17,
		.ttl = 255, .ip_id = 0x1c46, .ip_bytes = 40, .sport = 5353, .dport = 5353,
		.payload_bytes = 12, .flags = 0x8000, .link_broadcast = 1,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [none], proto UDP (17), length
		 * 72) 0.0.0.0.68 > 255.255.255.255.67: [udp sum ok] BOOTP/DHCP, Request from
		 * 00:00:00:00:00:00, length 44, Flags [none] (0x0000) . Client-Ethernet-Address
		 * 00:00:00:00:00:00 [|bootp] */
		.name = "a DHCP discover too",
		.linktype = 1,
		.hex = "ffffffffffff02000000000a0800450000481c4600003d11616000000000ffffffff0044"
		       "00430034f7fe010106000000000000000000000000000000000000000000000000000000"
		       "0000000000000000000000000000",
		.kind = PACKET_LINK_SCOPE,
		.link = "010000000102ffffffffffff02000000000a",
		.version = 4, .src = "0.0.0.0", .dst = "255.255.255.255", .proto = 17, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 72, .sport = 68, .dport = 67, .payload_bytes = 44,
		.link_broadcast = 1,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 29)
		 * 169.254.10.20.53124 > 203.0.113.9.4433: [udp sum ok] UDP, length 1 */
		.name = "an IPv4 link-local source too",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500001d1c4640003d11316ea9fe0a14cb007109cf84"
		       "11510009b6e978",
		.kind = PACKET_LINK_SCOPE,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "169.254.10.20", .dst = "203.0.113.9", .proto = 17,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 29, .sport = 53124, .dport = 4433,
		.payload_bytes = 1, .flags = 0x8000,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 9)
		 * fe80::1.53124 > fe80::2.4433: [udp sum ok] UDP, length 1 */
		.name = "IPv6 link-local addresses too",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c10009113afe80000000000000000000000000"
		       "0001fe800000000000000000000000000002cf8411510009aa0178",
		.kind = PACKET_LINK_SCOPE,
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "fe80::1", .dst = "fe80::2", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 49, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 1,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 29)
		 * 198.51.100.7.53124 > 203.0.113.255.4433: [udp sum ok] UDP, length 1 */
		.name = "unicast IP in a broadcast frame too",
		.linktype = 1,
		.hex = "ffffffffffff02000000000a08004500001d1c4640003d11ba4fc6336407cb0071ffcf84"
		       "115100093fcb78",
		.kind = PACKET_LINK_SCOPE,
		.link = "010000000102ffffffffffff02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.255", .proto = 17,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 29, .sport = 53124, .dport = 4433,
		.payload_bytes = 1, .flags = 0x8000, .link_broadcast = 1,
	},
	{
		/* [|ether] */
		.name = "a frame shorter than an Ethernet header",
		.linktype = 1,
		.hex = "02000000000b02000000",
		.kind = PACKET_MALFORMED,
		.link = "0100000001",
	},
	{
		/* [|ether] */
		.name = "the snaplen cuts the Ethernet header",
		.linktype = 1, .wire_bytes = 60,
		.hex = "02000000000b02000000",
		.kind = PACKET_CUT,
		.marks = PACKET_TRUNCATED,
		.link = "0100000001",
	},
	{
		/* IP [|ip] */
		.name = "the snaplen cuts the IPv4 header",
		.linktype = 1, .wire_bytes = 82,
		.hex = "02000000000b02000000000a0800450000441c4640003d06bb29c6336407",
		.kind = PACKET_CUT,
		.marks = PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a",
	},
	{
		/* [|ip6] */
		.name = "the snaplen cuts the IPv6 header",
		.linktype = 1, .wire_bytes = 79,
		.hex = "02000000000b02000000000a86dd6005a3c10019113a20010db800010000000000000000"
		       "000720010db80002000000000000",
		.kind = PACKET_CUT,
		.marks = PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a",
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: [|tcp] */
		.name = "the snaplen cuts the fixed TCP header",
		.linktype = 1, .wire_bytes = 82,
		.hex = "02000000000b02000000000a0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000",
		.kind = PACKET_CUT,
		.marks = PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .flags = 0x8000, .ip_bytes = 68,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], seq 287454020:287454036, ack
		 * 1432778632, win 501, options [nop,nop,TS [|tcp]> */
		.name = "the snaplen cuts the TCP options",
		.linktype = 1, .wire_bytes = 82,
		.hex = "02000000000b02000000000a0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102",
		.marks = PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a",
		.options_bytes = 6, .options = "0101080a0000", .payload_bytes = 16,
		.sport = 40000, .dport = 443, .seq = 0x11223344, .ack = 0x55667788,
		.window = 501, .flags = 0x8018, .version = 4, .src = "198.51.100.7",
		.dst = "203.0.113.9", .proto = 6, .ttl = 61, .ip_id = 0x1c46, .ip_bytes = 68,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], seq 287454020:287454036, ack
		 * 1432778632, win 501, options [nop,nop,TS val 16909060 ecr 84281096], length 16 */
		.name = "the snaplen cuts the payload",
		.linktype = 1, .wire_bytes = 82,
		.hex = "02000000000b02000000000a0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a010203040506070847455420",
		.marks = PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018, .payload_captured = 4,
	},
	{
		/* IP truncated-ip - 12 bytes missing! (tos 0x0, ttl 61, id 7238, offset 0, flags
		 * [DF], proto TCP (6), length 68) 198.51.100.7.40000 > 203.0.113.9.443: Flags
		 * [P.], seq 287454020:287454036, ack 1432778632, win 501, options [nop,nop,TS
		 * val 16909060 ecr 84281096], length 16 */
		.name = "IP says more than the frame had: cut by a tool that forged the length",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a010203040506070847455420",
		.marks = PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 68, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .options_bytes = 12, .payload_bytes = 16,
		.tsval = 0x1020304, .tsecr = 0x5060708, .flags = 0x8018, .payload_captured = 4,
	},
	{
		/* IP bad-hlen 16 */
		.name = "an IPv4 header length under 20",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800440000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.kind = PACKET_MALFORMED,
		.link = "01000000010202000000000b02000000000a",
	},
	{
		/* IP bad-len 19 */
		.name = "an IPv4 total length under the header length",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000131c4640003d06bb5ac6336407cb0071099c40"
		       "01bb1122334455667788801801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.kind = PACKET_MALFORMED,
		.link = "01000000010202000000000b02000000000a",
	},
	{
		/* IP6, wrong link-layer encapsulation (invalid) */
		.name = "IPv6 under the ethertype of IPv4",
		.linktype = 1,
		.hex = "02000000000b02000000000a08006005a3c10019113a20010db800010000000000000000"
		       "000720010db8000200000000000000000009cf84115100191f8f736576656e7465656e20"
		       "62797465732e2e",
		.kind = PACKET_MALFORMED,
		.link = "01000000010202000000000b02000000000a",
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 68)
		 * 198.51.100.7.40000 > 203.0.113.9.443: tcp 32 [bad hdr length 16 - too short, <
		 * 20] */
		.name = "a TCP data offset under 20",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000441c4640003d06bb29c6336407cb0071099c40"
		       "01bb1122334455667788401801f57d7000000101080a0102030405060708474554202f20"
		       "485454502f312e310d0a",
		.kind = PACKET_MALFORMED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .flags = 0x8000, .ip_bytes = 68,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 40)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.] [bad hdr length 60 - too
		 * long, > 20] */
		.name = "a TCP data offset behind the end",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000281c4640003d06bb45c6336407cb0071099c40"
		       "01bb1122334455667788f01801f598420000",
		.kind = PACKET_MALFORMED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .flags = 0x8000, .ip_bytes = 40,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 29)
		 * 198.51.100.7.53124 > 203.0.113.9.4433: truncated-udplength 7 */
		.name = "a UDP length under 8",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500001d1c4640003d11bb45c6336407cb007109cf84"
		       "1151000740c378",
		.kind = PACKET_MALFORMED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 17,
		.ttl = 61, .ip_id = 0x1c46, .flags = 0x8000, .ip_bytes = 29,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 29)
		 * 198.51.100.7.53124 > 203.0.113.9.4433: [udp sum ok] UDP, bad length 2 > 1 */
		.name = "a UDP length behind the end",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500001d1c4640003d11bb45c6336407cb007109cf84"
		       "1151000a40c078",
		.kind = PACKET_MALFORMED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 17,
		.ttl = 61, .ip_id = 0x1c46, .flags = 0x8000, .ip_bytes = 29,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 41,
		 * bad cksum bb45 (->bb44)!) 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.],
		 * cksum 0x2041 (correct), seq 287454020:287454021, ack 1432778632, win 501,
		 * length 1 */
		.name = "a wrong IP checksum",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000291c4640003d06bb45c6336407cb0071099c40"
		       "01bb1122334455667788501801f52041000078",
		.marks = PACKET_BAD_IP_CHECKSUM,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 41, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .payload_bytes = 1, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 41)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], cksum 0x2141 (incorrect ->
		 * 0x2041), seq 287454020:287454021, ack 1432778632, win 501, length 1 */
		.name = "a wrong TCP checksum",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000291c4640003d06bb44c6336407cb0071099c40"
		       "01bb1122334455667788501801f52141000078",
		.marks = PACKET_BAD_L4_CHECKSUM,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 41, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .payload_bytes = 1, .flags = 0x8018,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto UDP (17), length 29)
		 * 198.51.100.7.53124 > 203.0.113.9.4433: [bad udp cksum 0x1234 -> 0x40c1!] UDP,
		 * length 1 */
		.name = "a wrong UDP checksum",
		.linktype = 1,
		.hex = "02000000000b02000000000a08004500001d1c4640003d11bb45c6336407cb007109cf84"
		       "11510009123478",
		.marks = PACKET_BAD_L4_CHECKSUM,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 17,
		.ttl = 61, .ip_id = 0x1c46, .ip_bytes = 29, .sport = 53124, .dport = 4433,
		.payload_bytes = 1, .flags = 0x8000,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto ICMP (1), length 32)
		 * 198.51.100.7 > 203.0.113.9: ICMP echo request, id 1, seq 2, length 12 (wrong
		 * icmp cksum 1234 (->192c)!) */
		.name = "a wrong ICMP checksum",
		.linktype = 1,
		.hex = "02000000000b02000000000a0800450000201c4640003d01bb52c6336407cb0071090800"
		       "12340001000270696e67",
		.marks = PACKET_BAD_L4_CHECKSUM,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 1, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 32, .ack = 0x800, .payload_bytes = 4, .sport = 1,
		.dport = 1, .seq = 0x10002, .flags = 0x8000,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header UDP (17) payload length: 9)
		 * 2001:db8:1::7.53124 > 2001:db8:2::9.4433: [bad udp cksum 0x1234 -> 0x4b81!]
		 * UDP, length 1 */
		.name = "a wrong checksum over IPv6",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c10009113a20010db800010000000000000000"
		       "000720010db8000200000000000000000009cf8411510009123478",
		.marks = PACKET_BAD_L4_CHECKSUM,
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 49, .proto = 17, .sport = 53124,
		.dport = 4433, .payload_bytes = 1,
	},
	{
		/* IP (tos 0x0, ttl 61, id 7238, offset 0, flags [DF], proto TCP (6), length 80)
		 * 198.51.100.7.40000 > 203.0.113.9.443: Flags [P.], seq 287454020:287454060, ack
		 * 1432778632, win 501, length 40 */
		.name = "a wrong checksum is not judged in a cut packet",
		.linktype = 1, .wire_bytes = 94,
		.hex = "02000000000b02000000000a0800450000501c4640003d06bb1dc6336407cb0071099c40"
		       "01bb1122334455667788501801f52fb10000787878787878787878787878787878787878"
		       "7878787878787878",
		.marks = PACKET_TRUNCATED,
		.link = "01000000010202000000000b02000000000a",
		.version = 4, .src = "198.51.100.7", .dst = "203.0.113.9", .proto = 6, .ttl = 61,
		.ip_id = 0x1c46, .ip_bytes = 80, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501, .payload_bytes = 40, .flags = 0x8018,
		.payload_captured = 26,
	},
	{
		/* IP6 (flowlabel 0x5a3c1, hlim 58, next-header Routing (43) payload length: 45)
		 * 2001:db8:1::7 > 2001:db8:2::9: RT6 (len=2, type=4, segleft=1, last-entry=0,
		 * flags=0x0, tag=0, [0]2001:db8:2::a) 40000 > 443: Flags [P.], cksum 0x2a01
		 * (incorrect -> 0x2b00), seq 287454020:287454021, ack 1432778632, win 501,
		 * length 1 */
		.name = "a checksum is not judged where a routing header changes the destination",
		.linktype = 1,
		.hex = "02000000000b02000000000a86dd6005a3c1002d2b3a20010db800010000000000000000"
		       "000720010db8000200000000000000000009060204010000000020010db8000200000000"
		       "00000000000a9c4001bb1122334455667788501801f52a01000078",
		.link = "01000000010202000000000b02000000000a",
		.version = 6, .src = "2001:db8:1::7", .dst = "2001:db8:2::9", .ttl = 58,
		.flow_label = 0x5a3c1, .ip_bytes = 85, .proto = 6, .flags = 0x18,
		.payload_bytes = 1, .sport = 40000, .dport = 443, .seq = 0x11223344,
		.ack = 0x55667788, .window = 501,
	},
};

#endif
