#include "collect/tunnel.h"

#include "collect/link.h"

#define VLAN_ID_MASK 0x0fff
#define ETHERTYPE_ETHERNET 0x6558 /* transparent Ethernet bridging, RFC 1701 */

/* IEEE 802.1Q. The type behind the tag may again be a length. */
static enum packet_kind vlan_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 4);
	uint8_t id[2];

	if (!h)
		return cursor_short(&descent->cursor, 4);
	id[0] = h[0] & (VLAN_ID_MASK >> 8);
	id[1] = h[1];
	if (id[0] | id[1])
		link_append(descent->packet, LINK_ITEM_VLAN, id, sizeof id);
	return link_ethertype(descent, cursor_be16(h + 2));
}

/* Whether an Ethernet header that leads somewhere lies `offset` bytes on. */
static bool ethernet_at(const struct cursor *cursor, uint32_t offset)
{
	const uint8_t *h = cursor_peek(cursor, offset + 14);
	uint16_t type;

	if (!h)
		return false;
	type = cursor_be16(h + offset + 12);
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ||
	       tunnel_find(TUNNEL_BY_ETHERTYPE, type) != NULL;
}

/* A label says nothing of what it carries; like all analysers we go by the
 * first nibble, which RFC 4385 and RFC 4928 keep usable for that: 4 and 6 are
 * IP, 0 is a pseudowire's control word in front of an Ethernet frame. A frame
 * without control word is told by its type field. */
static enum packet_kind mpls_payload(struct descent *descent)
{
	struct cursor *cursor = &descent->cursor;
	const uint8_t *at = cursor_peek(cursor, 1);

	if (!at)
		return cursor_short(cursor, 1);
	if (*at >> 4 == 4 || *at >> 4 == 6)
		return descent_by_nibble(descent);
	if (*at >> 4 == 0 && ethernet_at(cursor, 4)) {
		cursor_take(cursor, 4);
		return link_ethernet_step(descent);
	}
	if (ethernet_at(cursor, 0))
		return link_ethernet_step(descent);
	/* A control word and an Ethernet header have 18 bytes. */
	if (cursor_captured(cursor) < 18 && cursor_wire(cursor) >= 18)
		return PACKET_CUT;
	return PACKET_NON_IP;
}

/* RFC 3032 section 2.1. The label behind the entropy label indicator differs from flow to
 * flow (RFC 6790) and is no place. */
static enum packet_kind mpls_step(struct descent *descent)
{
	enum { BOTTOM = 0x01, ENTROPY_INDICATOR = 7 };
	uint32_t word = 0, before;
	const uint8_t *h;
	uint8_t label[3];

	do {
		if (++descent->steps > DESCENT_STEPS_MAX)
			return PACKET_MALFORMED;
		h = cursor_take(&descent->cursor, 4);
		if (!h)
			return cursor_short(&descent->cursor, 4);
		before = word;
		word = cursor_be24(h) >> 4;
		label[0] = (uint8_t)(word >> 16);
		label[1] = (uint8_t)(word >> 8);
		label[2] = (uint8_t)word;
		if (before != ENTROPY_INDICATOR)
			link_append(descent->packet, LINK_ITEM_MPLS, label, sizeof label);
	} while (!(h[2] & BOTTOM));
	return mpls_payload(descent);
}

/* RFC 2784, 2890; enhanced GRE by RFC 2637. */
static enum packet_kind gre_step(struct descent *descent)
{
	enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACK = 0x0080,
	       VERSION = 0x0007 };
	struct cursor *cursor = &descent->cursor;
	const uint8_t *h = cursor_peek(cursor, 4);
	uint16_t flags, bytes, version, key;

	if (!h)
		return cursor_short(cursor, 4);
	flags = cursor_be16(h);
	version = flags & VERSION;
	/* The source routes of RFC 1701 are extinct. */
	if (version > 1 || (flags & ROUTING) || (version == 1 && !(flags & KEY)))
		return PACKET_MALFORMED;
	key = flags & CHECKSUM ? 8 : 4;
	bytes = key + (flags & KEY ? 4 : 0) + (flags & SEQUENCE ? 4 : 0);
	if (version == 1 && (flags & ACK))
		bytes += 4;
	h = cursor_take(cursor, bytes);
	if (!h)
		return cursor_short(cursor, bytes);
	descent_note(descent, PLACE_GRE, 0, h);
	if (version == 1) {
		uint8_t call[4] = {0, 0, h[key + 2], h[key + 3]};

		link_append(descent->packet, LINK_ITEM_GRE_KEY, call, sizeof call);
		cursor_limit(cursor, cursor_be16(h + key));
	} else if (flags & KEY) {
		link_append(descent->packet, LINK_ITEM_GRE_KEY, h + key, 4);
	} else {
		link_append(descent->packet, LINK_ITEM_GRE, NULL, 0);
	}
	descent->sequenced = flags & SEQUENCE;
	descent->next = cursor_be16(h + 2);
	return PACKET_IP;
}

/* Mirrored frames in GRE. Session and VLAN lie the same in types II and III. */
static enum packet_kind erspan_step(struct descent *descent, uint8_t version, uint32_t bytes)
{
	const uint8_t *h = cursor_take(&descent->cursor, bytes);
	uint8_t item[4];

	if (!h)
		return cursor_short(&descent->cursor, bytes);
	if (h[0] >> 4 != version)
		return PACKET_MALFORMED;
	item[0] = h[2] & 0x03;
	item[1] = h[3];
	item[2] = h[0] & 0x0f;
	item[3] = h[1];
	link_append(descent->packet, LINK_ITEM_ERSPAN, item, sizeof item);
	/* Type III: the O bit says that a platform's subheader follows. */
	if (version == 2 && (h[11] & 1) && !cursor_take(&descent->cursor, 8))
		return cursor_short(&descent->cursor, 8);
	return link_ethernet_step(descent);
}

/* Type I has no header and no GRE sequence number, type II has both. */
static enum packet_kind erspan2_step(struct descent *descent)
{
	return descent->sequenced ? erspan_step(descent, 1, 8) : link_ethernet_step(descent);
}

static enum packet_kind erspan3_step(struct descent *descent)
{
	return erspan_step(descent, 2, 12);
}

static enum packet_kind ipv4_step(struct descent *descent)
{
	descent->next = ETHERTYPE_IPV4;
	return PACKET_IP;
}

static enum packet_kind ipv6_step(struct descent *descent)
{
	descent->next = ETHERTYPE_IPV6;
	return PACKET_IP;
}

/* RFC 3378: version 3, the rest reserved. */
static enum packet_kind etherip_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 2);

	if (!h)
		return cursor_short(&descent->cursor, 2);
	return h[0] >> 4 == 3 ? link_ethernet_step(descent) : PACKET_MALFORMED;
}

/* RFC 7348 section 5. The I flag must be set; the reserved bits carry extensions. */
static enum packet_kind vxlan_step(struct descent *descent)
{
	enum { VNI_VALID = 0x08 };
	const uint8_t *h = cursor_take(&descent->cursor, 8);

	if (!h)
		return cursor_short(&descent->cursor, 8);
	if (!(h[0] & VNI_VALID))
		return PACKET_MALFORMED;
	link_append(descent->packet, LINK_ITEM_VXLAN, h + 4, 3);
	return link_ethernet_step(descent);
}

/* RFC 8926 section 3.4. */
static enum packet_kind geneve_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 8);
	uint32_t options;

	if (!h)
		return cursor_short(&descent->cursor, 8);
	if (h[0] >> 6 != 0)
		return PACKET_MALFORMED;
	options = (h[0] & 0x3f) * 4u;
	if (!cursor_take(&descent->cursor, options))
		return cursor_short(&descent->cursor, options);
	descent_note(descent, PLACE_GENEVE, 0, h + 8);
	link_append(descent->packet, LINK_ITEM_GENEVE, h + 4, 3);
	descent->next = cursor_be16(h + 2);
	return PACKET_IP;
}

/* GTPv1-U, 3GPP TS 29.281 section 5: user data is message type 255. */
static enum packet_kind gtp_step(struct descent *descent)
{
	enum { VERSION_1_GTP = 0x30, VERSION_MASK = 0xf0, OPTIONAL = 0x07, EXTENDED = 0x04,
	       USER_DATA = 255, EXTENSIONS_MAX = 8 };
	struct cursor *cursor = &descent->cursor;
	const uint8_t *h = cursor_take(cursor, 8), *optional, *extension;
	uint32_t bytes;
	uint8_t type = 0;

	if (!h)
		return cursor_short(cursor, 8);
	if ((h[0] & VERSION_MASK) != VERSION_1_GTP || h[1] != USER_DATA)
		return PACKET_MALFORMED;
	link_append(descent->packet, LINK_ITEM_GTP, h + 4, 4);
	cursor_limit(cursor, cursor_be16(h + 2));
	if (h[0] & OPTIONAL) {
		optional = cursor_take(cursor, 4);
		if (!optional)
			return cursor_short(cursor, 4);
		type = h[0] & EXTENDED ? optional[3] : 0;
	}
	for (int i = 0; type != 0; i++) {
		extension = cursor_peek(cursor, 1);
		if (!extension)
			return cursor_short(cursor, 1);
		bytes = *extension * 4u;
		if (bytes == 0 || i == EXTENSIONS_MAX)
			return PACKET_MALFORMED;
		extension = cursor_take(cursor, bytes);
		if (!extension)
			return cursor_short(cursor, bytes);
		type = extension[bytes - 1];
	}
	return descent_by_nibble(descent);
}

static const struct tunnel_row ethertypes[] = {
	{0x8100, "VLAN", vlan_step},
	{0x88a8, "QinQ", vlan_step},
	{0x9100, "QinQ, 0x9100", vlan_step},
	{0x9200, "QinQ, 0x9200", vlan_step},
	{0x8847, "MPLS", mpls_step},
	{0x8848, "MPLS, upstream label", mpls_step},
	{0x8864, "PPPoE session", link_pppoe_step},
	{ETHERTYPE_ETHERNET, "Ethernet", link_ethernet_step},
	{0x880b, "PPP", link_ppp_step},
	{0x88be, "ERSPAN II", erspan2_step},
	{0x22eb, "ERSPAN III", erspan3_step},
};

static const struct tunnel_row protos[] = {
	{4, "IPIP", ipv4_step},
	{41, "IPv6 in IP", ipv6_step},
	{47, "GRE", gre_step},
	{97, "EtherIP", etherip_step},
	{137, "MPLS in IP", mpls_step},
	{143, "Ethernet in IP", link_ethernet_step}, /* RFC 8986 */
};

static const struct tunnel_row ports[] = {
	{4789, "VXLAN", vxlan_step},
	{8472, "VXLAN, Linux port", vxlan_step},
	{6081, "GENEVE", geneve_step},
	{2152, "GTP-U", gtp_step},
};

static const struct {
	const struct tunnel_row *rows;
	size_t count;
} tables[TUNNEL_KEYS] = {
	[TUNNEL_BY_ETHERTYPE] = {ethertypes, sizeof ethertypes / sizeof *ethertypes},
	[TUNNEL_BY_PROTO] = {protos, sizeof protos / sizeof *protos},
	[TUNNEL_BY_PORT] = {ports, sizeof ports / sizeof *ports},
};

const struct tunnel_row *tunnel_row(enum tunnel_key key, size_t index)
{
	return index < tables[key].count ? &tables[key].rows[index] : NULL;
}

const struct tunnel_row *tunnel_find(enum tunnel_key key, uint16_t number)
{
	const struct tunnel_row *rows = tables[key].rows;

	for (size_t i = 0; i < tables[key].count; i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}
