#include "collect/link.h"

/* LINKTYPE_ numbers, as pcap-linktype(7) lists them. */
enum {
	LINKTYPE_NULL = 0,
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_PPP = 9,
	LINKTYPE_RAW_DLT = 12,     /* written by programs that put DLT_RAW into the file... */
	LINKTYPE_RAW_OPENBSD = 14, /* ...and OpenBSD's DLT_RAW */
	LINKTYPE_PPP_HDLC = 50,
	LINKTYPE_PPP_ETHER = 51,
	LINKTYPE_ATM_RFC1483 = 100,
	LINKTYPE_RAW = 101,
	LINKTYPE_C_HDLC = 104,
	LINKTYPE_LOOP = 108,
	LINKTYPE_ENC = 109,
	LINKTYPE_LINUX_SLL = 113,
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_LINUX_SLL2 = 276,
};

#define ETHERNET_BYTES 14
#define ETHERTYPE_MIN 0x0600  /* below it is a length, IEEE 802.3 clause 3.2.6 */
#define ETHERTYPE_LLC 0x0004  /* Linux's ETH_P_802_2, in cooked headers */
#define ETHERTYPE_MPLS 0x8847
#define LLC_SAP_SNAP 0xaa
#define LLC_SAP_IP 0x06
#define LLC_SAP_STP 0x42
#define LLC_UI 0x03
#define PPP_ADDRESS 0xff
#define PPP_CONTROL 0x03

enum { COOKED_BROADCAST = 1, COOKED_MULTICAST = 2, COOKED_OUTGOING = 4 };

enum packet_kind link_ethertype(struct descent *descent, uint16_t type)
{
	if (type >= ETHERTYPE_MIN) {
		descent->next = type;
		return PACKET_IP;
	}
	cursor_limit(&descent->cursor, type);
	return link_llc_step(descent);
}

enum packet_kind link_ethernet_step(struct descent *descent)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const uint8_t *h = cursor_take(&descent->cursor, ETHERNET_BYTES);

	if (!h)
		return cursor_short(&descent->cursor, ETHERNET_BYTES);
	link_append(descent->packet, LINK_ITEM_MACS, h, 12);
	descent_note(descent, PLACE_MACS, 0, h);
	descent->packet->link_broadcast = h[0] & 1;
	descent->to_all = memcmp(h, all, sizeof all) == 0;
	return link_ethertype(descent, cursor_be16(h + 12));
}

/* IEEE 802.2; SNAP by RFC 1042. */
enum packet_kind link_llc_step(struct descent *descent)
{
	struct cursor *cursor = &descent->cursor;
	const uint8_t *h = cursor_peek(cursor, 3);

	if (!h)
		return cursor_short(cursor, 3);
	if (h[0] == LLC_SAP_IP && h[1] == LLC_SAP_IP && h[2] == LLC_UI) {
		cursor_take(cursor, 3);
		descent->next = ETHERTYPE_IPV4;
		return PACKET_IP;
	}
	if (h[0] != LLC_SAP_SNAP || h[1] != LLC_SAP_SNAP || h[2] != LLC_UI) {
		descent->link_only = h[0] == LLC_SAP_STP && h[1] == LLC_SAP_STP;
		return PACKET_NON_IP;
	}
	h = cursor_take(cursor, 8);
	if (!h)
		return cursor_short(cursor, 8);
	/* 00-00-00 says that an ethertype follows, 00-00-f8 the same behind a bridge (802.1H). */
	if (h[3] != 0 || h[4] != 0 || (h[5] != 0 && h[5] != 0xf8))
		return PACKET_NON_IP;
	descent->next = cursor_be16(h + 6);
	return PACKET_IP;
}

/* RFC 1661 section 6.5: a protocol number's first byte may be left out when it is 0. */
static enum packet_kind ppp_protocol(struct descent *descent)
{
	static const struct {
		uint16_t protocol, ethertype;
	} rows[] = {
		{0x0021, ETHERTYPE_IPV4},
		{0x0057, ETHERTYPE_IPV6},
		{0x0281, ETHERTYPE_MPLS},
	};
	struct cursor *cursor = &descent->cursor;
	const uint8_t *h = cursor_peek(cursor, 1);
	uint16_t protocol;

	if (!h)
		return cursor_short(cursor, 1);
	protocol = h[0];
	if (!(protocol & 1)) {
		h = cursor_peek(cursor, 2);
		if (!h)
			return cursor_short(cursor, 2);
		protocol = cursor_be16(h);
	}
	cursor_take(cursor, h[0] & 1 ? 1 : 2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].protocol == protocol) {
			descent->next = rows[i].ethertype;
			return PACKET_IP;
		}
	}
	return PACKET_NON_IP;
}

/* With or without the address and control bytes of RFC 1662. */
enum packet_kind link_ppp_step(struct descent *descent)
{
	const uint8_t *h = cursor_peek(&descent->cursor, 2);

	if (!h)
		return cursor_short(&descent->cursor, 2);
	if (h[0] == PPP_ADDRESS && h[1] == PPP_CONTROL)
		cursor_take(&descent->cursor, 2);
	return ppp_protocol(descent);
}

/* RFC 2516 section 4. Code 0 is a session, the others are discovery. */
enum packet_kind link_pppoe_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 6);

	if (!h)
		return cursor_short(&descent->cursor, 6);
	if (h[0] != 0x11)
		return PACKET_MALFORMED;
	if (h[1] != 0)
		return PACKET_NON_IP;
	link_append(descent->packet, LINK_ITEM_PPPOE, h + 2, 2);
	cursor_limit(&descent->cursor, cursor_be16(h + 4));
	return ppp_protocol(descent);
}

/* Cisco HDLC: address, control, ethertype. */
static enum packet_kind c_hdlc_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 4);

	if (!h)
		return cursor_short(&descent->cursor, 4);
	return link_ethertype(descent, cursor_be16(h + 2));
}

/* LINKTYPE_PPP_HDLC: the first byte tells PPP from Cisco HDLC. */
static enum packet_kind ppp_hdlc_step(struct descent *descent)
{
	const uint8_t *h = cursor_peek(&descent->cursor, 1);

	if (h && (*h == 0x0f || *h == 0x8f))
		return c_hdlc_step(descent);
	return link_ppp_step(descent);
}

/* AF_INET is 2 everywhere; AF_INET6 is Linux's, NetBSD's and OpenBSD's, FreeBSD's, macOS's. */
static enum packet_kind family_next(struct descent *descent, uint32_t family)
{
	static const uint8_t inet6[] = {10, 24, 28, 30};

	descent->next = ETHERTYPE_IPV4;
	if (family == 2)
		return PACKET_IP;
	descent->next = ETHERTYPE_IPV6;
	for (size_t i = 0; i < sizeof inet6; i++)
		if (inet6[i] == family)
			return PACKET_IP;
	return PACKET_NON_IP;
}

/* BSD loopback: the address family in the byte order of the capturing machine
 * (LINKTYPE_NULL) or in network order (LINKTYPE_LOOP). All families are small. */
static enum packet_kind family_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 4);
	uint32_t family;

	if (!h)
		return cursor_short(&descent->cursor, 4);
	family = cursor_be32(h);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	return family_next(descent, family);
}

/* OpenBSD's enc(4), also FreeBSD's: family (host order), SPI, flags. */
static enum packet_kind enc_step(struct descent *descent)
{
	const uint8_t *h = cursor_peek(&descent->cursor, 12);
	enum packet_kind kind;

	if (!h)
		return cursor_short(&descent->cursor, 12);
	link_append(descent->packet, LINK_ITEM_SPI, h + 4, 4);
	kind = family_step(descent);
	cursor_take(&descent->cursor, 8);
	return kind;
}

static void cooked_address(struct descent *descent, uint8_t type, uint8_t bytes,
			   const uint8_t *address)
{
	uint8_t item[10] = {type, bytes};

	descent_note(descent, PLACE_COOKED, bytes, address);
	if (bytes > 8)
		bytes = 8;
	memcpy(item + 2, address, bytes);
	link_append(descent->packet, LINK_ITEM_COOKED, item, sizeof item);
	descent->packet->link_broadcast = type == COOKED_BROADCAST || type == COOKED_MULTICAST;
	descent->to_all = type == COOKED_BROADCAST;
	if (type == COOKED_OUTGOING)
		descent->packet->marks |= PACKET_OUTGOING;
}

static enum packet_kind cooked_protocol(struct descent *descent, uint16_t protocol)
{
	if (protocol == ETHERTYPE_LLC)
		return link_llc_step(descent);
	if (protocol < ETHERTYPE_MIN)
		return PACKET_NON_IP;
	descent->next = protocol;
	return PACKET_IP;
}

static enum packet_kind sll_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 16);

	if (!h)
		return cursor_short(&descent->cursor, 16);
	cooked_address(descent, h[0] ? UINT8_MAX : h[1], h[4] ? UINT8_MAX : h[5], h + 6);
	return cooked_protocol(descent, cursor_be16(h + 14));
}

static enum packet_kind sll2_step(struct descent *descent)
{
	const uint8_t *h = cursor_take(&descent->cursor, 20);

	if (!h)
		return cursor_short(&descent->cursor, 20);
	cooked_address(descent, h[10], h[11], h + 12);
	link_append(descent->packet, LINK_ITEM_IFINDEX, h + 4, 4);
	descent->packet->ifindex = cursor_be32(h + 4);
	return cooked_protocol(descent, cursor_be16(h));
}

/* Link types without a header but with a fixed meaning. */
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

/* Searched from the top: the frequent ones come first. */
static const struct link_row rows[] = {
	{LINKTYPE_ETHERNET, "Ethernet", link_ethernet_step},
	{LINKTYPE_LINUX_SLL, "Linux cooked", sll_step},
	{LINKTYPE_LINUX_SLL2, "Linux cooked 2", sll2_step},
	{LINKTYPE_RAW, "raw IP", descent_by_nibble},
	{LINKTYPE_RAW_DLT, "raw IP, DLT 12", descent_by_nibble},
	{LINKTYPE_RAW_OPENBSD, "raw IP, DLT 14", descent_by_nibble},
	{LINKTYPE_IPV4, "raw IPv4", ipv4_step},
	{LINKTYPE_IPV6, "raw IPv6", ipv6_step},
	{LINKTYPE_NULL, "BSD loopback", family_step},
	{LINKTYPE_LOOP, "OpenBSD loopback", family_step},
	{LINKTYPE_ENC, "BSD enc", enc_step},
	{LINKTYPE_PPP, "PPP", link_ppp_step},
	{LINKTYPE_PPP_HDLC, "PPP in HDLC", ppp_hdlc_step},
	{LINKTYPE_PPP_ETHER, "PPPoE", link_pppoe_step},
	{LINKTYPE_C_HDLC, "Cisco HDLC", c_hdlc_step},
	{LINKTYPE_ATM_RFC1483, "LLC over ATM", link_llc_step},
};

const struct link_row *link_row(size_t index)
{
	return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

const struct link_row *link_find(uint32_t linktype)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].linktype == linktype)
			return &rows[i];
	return NULL;
}

static const uint8_t item_bytes[LINK_ITEMS] = {
	[LINK_ITEM_TYPE] = 4,    [LINK_ITEM_MACS] = 12,  [LINK_ITEM_COOKED] = 10,
	[LINK_ITEM_IFINDEX] = 4, [LINK_ITEM_VLAN] = 2,   [LINK_ITEM_MPLS] = 3,
	[LINK_ITEM_PPPOE] = 2,   [LINK_ITEM_OUTER4] = 8, [LINK_ITEM_OUTER6] = 32,
	[LINK_ITEM_GRE] = 0,     [LINK_ITEM_GRE_KEY] = 4, [LINK_ITEM_ERSPAN] = 4,
	[LINK_ITEM_VXLAN] = 3,   [LINK_ITEM_GENEVE] = 3, [LINK_ITEM_GTP] = 4,
	[LINK_ITEM_SPI] = 4,
};

enum link_item link_next(const uint8_t *link, size_t n, size_t *offset, const uint8_t **value,
			 size_t *value_bytes)
{
	uint8_t item;

	if (*offset >= n)
		return 0;
	item = link[*offset];
	if (item == 0 || item >= LINK_ITEMS || item_bytes[item] > n - *offset - 1)
		return 0;
	*value = link + *offset + 1;
	*value_bytes = item_bytes[item];
	*offset += 1 + *value_bytes;
	return item;
}

bool packet_link_macs(const uint8_t *link, size_t n, uint8_t dst[6], uint8_t src[6])
{
	size_t offset = 0, value_bytes;
	enum link_item item;
	const uint8_t *value;
	bool found = false;

	while ((item = link_next(link, n, &offset, &value, &value_bytes)) != 0) {
		if (item == LINK_ITEM_MACS) {
			memcpy(dst, value, 6);
			memcpy(src, value + 6, 6);
			found = true;
		} else if (item == LINK_ITEM_COOKED && value[1] == 6) {
			memset(dst, 0, 6);
			memcpy(src, value + 2, 6);
			found = true;
		}
	}
	return found;
}
