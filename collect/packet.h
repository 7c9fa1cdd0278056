/* A packet: what the innermost IP packet of a captured frame says.
 *
 * packet_parse() reads one frame through a bounds-checked cursor: link layer
 * by table, then tunnels by table (VLAN, QinQ, MPLS, PPPoE, GRE, IPIP, VXLAN,
 * GENEVE, ...) down to the innermost IP header, then the transport. It never
 * fails on bytes: whatever is cut, wrong or foreign becomes a `kind` other
 * than PACKET_IP, or a mark. A tunnel that holds ARP and the like holds no IP. One
 * that holds something else, or bytes that make no sense, or that is a later IP fragment, is not opened: the packet is
 * then what the tunnel's outer IP header says. Of a tunnel's first fragment the inner packet
 * counts, marked PACKET_TRUNCATED; tunnel_rest.h tells the later ones.
 *
 * Pointers in a struct packet point INTO the frame's bytes and live as long as
 * those do. Addresses are in network byte order as in the packet, all other
 * numbers in host order. IPv4 addresses take the first 4 bytes of `src`/`dst`,
 * the other 12 are zero.
 *
 * What is defined: all fields for all kinds (0 where the kind or the protocol
 * has no such field, or where the parser did not get that far), except
 *   link     only its first link_bytes bytes
 *   options  only its first options_bytes bytes
 *   inner_*  only when has_inner
 *   outer    only when outer.opened
 * PACKET_NON_IP and PACKET_UNKNOWN_LINK have kind, marks and the link fields;
 * PACKET_CUT and PACKET_MALFORMED what was read in front of the fault.
 */
#ifndef CROSSTAP_COLLECT_PACKET_H
#define CROSSTAP_COLLECT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a frame can or cannot be compared between points. Everything but
 * PACKET_IP gets the verdict `excluded`. The values are stored: only append. */
enum packet_kind {
	PACKET_IP = 0,
	PACKET_NON_IP,       /* ARP, LLDP, STP, ... : no IP header inside; a tunnel's later fragment */
	PACKET_LINK_SCOPE,   /* IP that no router forwards: ND, MLD, fe80::, broadcast, 224.0.0.x */
	PACKET_MALFORMED,    /* a header that contradicts itself */
	PACKET_CUT,          /* the snaplen cut it inside a header that is needed */
	PACKET_UNKNOWN_LINK, /* a link type without a row in the table */
	PACKET_KINDS
};

/* Marks, stored with the record: only append. */
enum packet_mark {
	PACKET_TRUNCATED = 1 << 0,      /* caplen < length, or less than IP says */
	PACKET_AGGREGATED = 1 << 1,     /* TSO, GRO, LRO: larger than any MTU, or IP length 0 */
	PACKET_BAD_IP_CHECKSUM = 1 << 2,
	PACKET_BAD_L4_CHECKSUM = 1 << 3,/* by packet_verify(), on whole packets only */
	PACKET_FRAGMENT = 1 << 4,       /* an IP fragment, first or later */
	PACKET_FRAGMENT_LATER = 1 << 5, /* ... and not the first: no transport header */
	PACKET_SHORT_PREFIX = 1 << 6,   /* fewer payload bytes than the fingerprint wants */
	PACKET_ICMP_ERROR = 1 << 7,     /* ICMP or ICMPv6 error carrying an inner packet */
	PACKET_OUTGOING = 1 << 8,       /* sent by the capturing host, says SLL (type 4) */
	PACKET_TUNNELED = 1 << 9,       /* at least one IP tunnel or overlay header was taken off */
	PACKET_ZERO_UDP_CHECKSUM = 1 << 10, /* UDP without a checksum */
	PACKET_PARTIAL_CHECKSUM = 1 << 11, /* not yet right: offload leaves it to the card */
};

#define PACKET_TCP_FIN 0x001
#define PACKET_TCP_SYN 0x002
#define PACKET_TCP_RST 0x004
#define PACKET_TCP_PSH 0x008
#define PACKET_TCP_ACK 0x010
#define PACKET_TCP_URG 0x020
#define PACKET_TCP_ECE 0x040
#define PACKET_TCP_CWR 0x080
#define PACKET_TCP_AE  0x100
#define PACKET_IP_DF   0x8000 /* in `flags`, beside the nine TCP bits */

#define PACKET_LINK_MAX 96     /* bytes of the link description, see `link` */
#define PACKET_OPTIONS_MAX 40  /* TCP option bytes */
#define PACKET_AGGREGATED_BYTES 9216 /* IP bytes above which no link MTU can be meant */

/* A tunnel's outer IP header that was a fragment's, the first one's. */
struct packet_outer {
	bool opened;
	uint8_t version, proto;
	uint8_t src[16], dst[16];
	uint32_t ip_id;
};

struct packet {
	enum packet_kind kind;
	uint16_t marks;               /* enum packet_mark */

	uint8_t link_bytes;           /* of `link`, below */
	bool link_broadcast;          /* the innermost link destination is broadcast or multicast */
	uint32_t ifindex;             /* SLL2's interface index; 0 elsewhere */
	uint32_t headers_captured;    /* the frame's first bytes, all of them headers that were
				       * understood; whatever the kind */

	/* The innermost IP header. */
	uint8_t version;              /* 4 or 6 */
	uint8_t src[16], dst[16];
	uint8_t proto;                /* after IPv6 extension headers and AH */
	uint8_t ttl, tos;             /* hop limit; DSCP and ECN */
	uint32_t ip_id;               /* IPv4 ID; the IPv6 fragment header's; 0 elsewhere */
	uint32_t flow_label;
	uint32_t ip_bytes;            /* total length by the header, not caplen; where that says 0
				       * (TSO, jumbogram, BIG TCP) by the frame */
	uint16_t header_bytes;        /* IP, extensions, transport: ip_bytes less payload_bytes */
	uint16_t fragment_offset;     /* bytes */
	bool fragment_more;

	/* Transport. For TCP all of it; for others see each field. A later fragment
	 * has its offset in `seq` and its IP ID in `ack`, the rest is 0. */
	uint16_t sport, dport;        /* TCP, UDP, SCTP; ICMP echo: both the identifier; else 0 */
	uint16_t flags;               /* nine TCP bits (SCTP: first chunk's type) | PACKET_IP_DF */
	uint32_t seq;                 /* TCP; ICMP: identifier << 16 | sequence, of an error the
				       * MTU or pointer; SCTP: first chunk's TSN (SACK: the
				       * cumulative one) or 0; ESP: sequence */
	uint32_t ack;                 /* TCP; ICMP: type << 8 | code; SCTP: verification tag;
				       * ESP: SPI */
	uint16_t window;
	uint8_t options_bytes;        /* of `options`, below; fewer than the header says when cut */
	bool has_timestamps;
	uint32_t tsval, tsecr;        /* 0 when there is no timestamp option */
	/* TCP's SACK blocks by their distance to `ack`, which a box that shifts sequence
	 * numbers and translates the blocks too leaves as it is. */
	uint32_t sack;                /* all edges, mixed; 0: none */
	uint32_t sack_left;           /* the first block's left edge; 0: none */
	uint16_t urgent;              /* TCP: the urgent pointer where URG is set; else 0 */

	const uint8_t *payload;       /* behind the transport header; NULL: none captured */
	uint32_t payload_bytes;       /* by the IP header */
	uint32_t payload_captured;    /* at `payload` */

	/* The transport header and payload when packet_verify() can sum them: all
	 * captured, no fragment. Else NULL. Borrowed. */
	const uint8_t *transport;
	uint32_t transport_bytes;

	/* Everything in front of the innermost IP header that identifies where
	 * on the link the frame was: link type, packet type, MACs, VLAN IDs, MPLS
	 * labels, tunnel kinds, end points and keys, in order; nothing that changes from
	 * packet to packet. Equal bytes = same place. Items as in collect/link.h. */
	uint8_t link[PACKET_LINK_MAX];
	uint8_t options[PACKET_OPTIONS_MAX]; /* TCP's; timestamp values and SACK edges zeroed */

	/* The packet that an ICMP error quotes; its sender's addresses are the
	 * error's receiver's, so it names the session that the error belongs to. */
	bool has_inner;
	uint8_t inner_version, inner_proto;
	uint8_t inner_src[16], inner_dst[16];
	uint16_t inner_sport, inner_dport; /* as sport, dport */
	uint32_t inner_ip_id;
	uint32_t inner_ip_bytes;      /* total length by the quoted header */
	uint32_t inner_seq;           /* TCP: seq; UDP: its length; ICMP: sequence; else 0 */

	struct packet_outer outer;
};

/* Parses `caplen` bytes of a frame that had `length` bytes on the wire, whose
 * link layer is the given LINKTYPE_. Fills *packet as said above. */
void packet_parse(struct packet *packet, uint32_t linktype, const uint8_t *bytes,
		  uint32_t caplen, uint32_t length);

/* Sums TCP, UDP, ICMP and ICMPv6 and sets PACKET_BAD_L4_CHECKSUM or
 * PACKET_PARTIAL_CHECKSUM, never both. Reads all of the packet, so it costs more than
 * parsing it; the frame's bytes must still be there. */
void packet_verify(struct packet *packet);

/* The name of a kind, as balance and manifest show it ("non-ip", "link-scope"...). */
const char *packet_kind_name(enum packet_kind kind);

#endif
