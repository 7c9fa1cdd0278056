/* Link layers, by table, and the description of where on the link a frame was.
 *
 * The description is a row of items, each a tag byte and a value of a length
 * fixed by the tag, in the order of the headers. It holds what stays the same
 * for all packets of one place and never what differs from packet to packet
 * (priority bits, the entropy labels of RFC 6790, a tunnel's UDP source port).
 */
#ifndef CROSSTAP_COLLECT_LINK_H
#define CROSSTAP_COLLECT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "collect/descent.h"
#include "collect/packet.h"

/* Numbers in an item are big-endian. The values are stored: only append. */
enum link_item {
	LINK_ITEM_TYPE = 1, /* LINKTYPE_: 4 bytes, always the first item */
	LINK_ITEM_MACS,     /* destination, source: 12 bytes */
	LINK_ITEM_COOKED,   /* Linux SLL, SLL2: packet type, address length, address: 10 bytes */
	LINK_ITEM_IFINDEX,  /* SLL2: 4 bytes */
	LINK_ITEM_VLAN,     /* VLAN ID without priority; not for ID 0, which is no VLAN: 2 bytes */
	LINK_ITEM_MPLS,     /* label: 3 bytes */
	LINK_ITEM_PPPOE,    /* session: 2 bytes */
	LINK_ITEM_OUTER4,   /* a tunnel's outer IPv4 source and destination: 8 bytes */
	LINK_ITEM_OUTER6,   /* a tunnel's outer IPv6 source and destination: 32 bytes */
	LINK_ITEM_GRE,      /* without a key: 0 bytes */
	LINK_ITEM_GRE_KEY,  /* key; of enhanced GRE (PPTP) the call ID: 4 bytes */
	LINK_ITEM_ERSPAN,   /* session ID, VLAN ID: 4 bytes */
	LINK_ITEM_VXLAN,    /* VNI: 3 bytes */
	LINK_ITEM_GENEVE,   /* VNI: 3 bytes */
	LINK_ITEM_GTP,      /* TEID: 4 bytes */
	LINK_ITEM_SPI,      /* BSD enc(4): the security association's SPI: 4 bytes */
	LINK_ITEMS
};

struct link_row {
	uint32_t linktype;  /* LINKTYPE_ number in a file */
	const char *name;
	descent_step *step; /* reads the link header */
};

/* Row `index` of the table, or NULL behind its end. */
const struct link_row *link_row(size_t index);

/* The row of a link type, or NULL. */
const struct link_row *link_find(uint32_t linktype);

/* Link headers that tunnels carry too. */
descent_step link_ethernet_step, link_llc_step, link_ppp_step, link_pppoe_step;

/* Sets `next` from an Ethernet type field, which may be a length (IEEE 802.3). */
enum packet_kind link_ethertype(struct descent *descent, uint16_t type);

/* Appends one item. An item that does not fit PACKET_LINK_MAX is left out. */
static inline void link_append(struct packet *packet, enum link_item item, const uint8_t *value,
			       size_t n)
{
	if (packet->link_bytes + 1 + n > PACKET_LINK_MAX)
		return;
	packet->link[packet->link_bytes] = (uint8_t)item;
	if (n > 0)
		memcpy(packet->link + packet->link_bytes + 1, value, n);
	packet->link_bytes = (uint8_t)(packet->link_bytes + 1 + n);
}

/* Walks a description of n bytes: returns the item at *offset and moves
 * *offset behind it, or 0 at the end or where the bytes are no description.
 * *value points into `link`; *value_bytes is the tag's fixed length. */
enum link_item link_next(const uint8_t *link, size_t n, size_t *offset, const uint8_t **value,
			 size_t *value_bytes);

/* The MAC addresses of the innermost Ethernet header in a description. Of a
 * cooked Linux capture, which keeps the sender's only, dst is all zero. False
 * when there are none. */
bool packet_link_macs(const uint8_t *link, size_t n, uint8_t dst[6], uint8_t src[6]);

#endif
