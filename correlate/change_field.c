#include "correlate/change_field.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "collect/link.h"
#include "collect/packet.h"

const struct change_field_row change_fields[FIELDS_ALL] = {
	[FIELD_MAC] = {"mac", true, false},
	[FIELD_VLAN] = {"vlan", true, false},
	[FIELD_TUNNEL] = {"tunnel", true, false},
	[FIELD_IP_VERSION] = {"ip_version", true, false},
	[FIELD_SRC] = {"src", true, false},
	[FIELD_DST] = {"dst", true, false},
	[FIELD_SPORT] = {"sport", true, false},
	[FIELD_DPORT] = {"dport", true, false},
	[FIELD_ICMP_ID] = {"icmp_id", true, false},
	[FIELD_TTL] = {"ttl", true, false},
	[FIELD_DSCP] = {"dscp", false, false},
	[FIELD_ECN] = {"ecn", false, true}, /* RFC 3168 6.1.5: what is sent again is Not-ECT */
	[FIELD_DF] = {"df", false, false},
	[FIELD_IP_ID] = {"ip_id", false, true},
	[FIELD_FLOW_LABEL] = {"flow_label", false, true}, /* RFC 6437 lets a sender change it */
	[FIELD_IP_CHECKSUM] = {"ip_checksum", false, false},
	[FIELD_CHECKSUM] = {"checksum", false, false},
	[FIELD_TCP_SEQ] = {"tcp_seq", true, false},
	[FIELD_TCP_ACK] = {"tcp_ack", true, false},
	[FIELD_TCP_FLAGS] = {"tcp_flags", false, true},
	[FIELD_WINDOW] = {"window", false, true},
	[FIELD_URGENT] = {"urgent", false, true},
	[FIELD_MSS] = {"mss", false, false},
	[FIELD_WINDOW_SCALE] = {"window_scale", false, false},
	[FIELD_SACK_PERMITTED] = {"sack_permitted", false, false},
	[FIELD_SACK_BLOCKS] = {"sack_blocks", false, true},
	[FIELD_TIMESTAMPS] = {"timestamps", false, false},
	[FIELD_TSVAL] = {"tsval", false, true},
	[FIELD_TSECR] = {"tsecr", false, true},
	[FIELD_OPTION] = {"option", false, true},
	[FIELD_PAYLOAD] = {"payload", false, true},
	[FIELD_SACK_OR_TSECR] = {"sack_blocks", false, true},
};

static void tell(struct change_teller *t, enum change_field field, bool expected, const char *from,
		 const char *to)
{
	t->take(t, field, expected, change_fields[field].name, from, to);
}

/* ---- what a key has a bit for ---- */

#define TRANSLATED "", "translated"
#define VARIES CHANGE_VARIES, CHANGE_VARIES

static const struct {
	uint32_t bit;
	uint8_t field;
	bool expected;
	const char *from, *to;
} change_bits[] = {
	{CHANGE_MACS, FIELD_MAC, true, "", ""},
	{CHANGE_SRC, FIELD_SRC, true, TRANSLATED},
	{CHANGE_DST, FIELD_DST, true, TRANSLATED},
	{CHANGE_SPORT, FIELD_SPORT, true, TRANSLATED},
	{CHANGE_DPORT, FIELD_DPORT, true, TRANSLATED},
	{CHANGE_ICMP_ID, FIELD_ICMP_ID, true, TRANSLATED},
	{CHANGE_VERSION, FIELD_IP_VERSION, true, TRANSLATED},
	{CHANGE_IP_ID, FIELD_IP_ID, false, VARIES},
	{CHANGE_IP_ID_CLEARED, FIELD_IP_ID, false, CHANGE_VARIES, "0"},
	{CHANGE_LABEL, FIELD_FLOW_LABEL, false, VARIES},
	{CHANGE_LABEL_CLEARED, FIELD_FLOW_LABEL, false, CHANGE_VARIES, "0"},
	/* Most often the sender's card makes the sum behind the point where it was captured. */
	{CHANGE_IP_SUM_REPAIRED, FIELD_IP_CHECKSUM, true, "bad", "repaired"},
	{CHANGE_IP_SUM_BROKEN, FIELD_IP_CHECKSUM, false, "good", CHANGE_BROKEN},
	{CHANGE_SUM_REPAIRED, FIELD_CHECKSUM, true, "bad", "repaired"},
	{CHANGE_SUM_BROKEN, FIELD_CHECKSUM, false, "good", CHANGE_BROKEN},
	{CHANGE_SEQ, FIELD_TCP_SEQ, true, TRANSLATED},
	{CHANGE_ACK, FIELD_TCP_ACK, true, TRANSLATED},
	{CHANGE_WINDOW, FIELD_WINDOW, false, VARIES},
	{CHANGE_URGENT, FIELD_URGENT, false, VARIES},
	{CHANGE_TSVAL, FIELD_TSVAL, false, VARIES},
	{CHANGE_PAYLOAD, FIELD_PAYLOAD, false, VARIES},
	{CHANGE_SACK, FIELD_SACK_BLOCKS, false, VARIES},
	{CHANGE_SACK_LEFT, FIELD_SACK_BLOCKS, false, CHANGE_VARIES, CHANGE_NOT_TRANSLATED},
};

/* Not comparable where the hop made IPv6 of IPv4, or the other way round. */
#define OF_ONE_VERSION                                                                    \
	(CHANGE_IP_ID | CHANGE_IP_ID_CLEARED | CHANGE_LABEL | CHANGE_LABEL_CLEARED |      \
	 CHANGE_IP_SUM_BROKEN | CHANGE_IP_SUM_REPAIRED)

static void tell_bits(struct change_teller *t)
{
	uint32_t bits = t->key->bits;
	size_t i;

	if (bits & CHANGE_VERSION)
		bits &= ~(uint32_t)OF_ONE_VERSION;
	for (i = 0; i < sizeof change_bits / sizeof change_bits[0]; i++)
		if (bits & change_bits[i].bit)
			tell(t, change_bits[i].field, change_bits[i].expected, change_bits[i].from,
			     change_bits[i].to);
}

/* Of a digest that differs without a payload. */
static void tell_digest(struct change_teller *t)
{
	uint32_t bits = t->key->bits;

	if (bits & CHANGE_DIGEST_ECHO)
		tell(t, bits & CHANGE_DIGEST_SACK ? FIELD_SACK_OR_TSECR : FIELD_TSECR, false, VARIES);
	else if (bits & CHANGE_DIGEST_SACK)
		tell(t, FIELD_SACK_BLOCKS, false, VARIES);
}

/* ---- IP ---- */

static void tell_number(struct change_teller *t, enum change_field field, unsigned from,
			unsigned to)
{
	char a[16], b[16];

	if (from == to)
		return;
	snprintf(a, sizeof a, "%u", from);
	snprintf(b, sizeof b, "%u", to);
	tell(t, field, false, a, b);
}

static void tell_ip(struct change_teller *t)
{
	static const char *const ecn[] = {"Not-ECT", "ECT(1)", "ECT(0)", "CE"}; /* RFC 3168 5 */
	const struct change_key *key = t->key;
	unsigned from = key->tos[0] & 3, to = key->tos[1] & 3;

	tell_number(t, FIELD_TTL, key->ttl[0], key->ttl[1]);
	tell_number(t, FIELD_DSCP, key->tos[0] >> 2, key->tos[1] >> 2);
	if (from != to)
		tell(t, FIELD_ECN, false, ecn[from], ecn[to]);
	if (!(key->bits & CHANGE_VERSION))
		tell_number(t, FIELD_DF, !!(key->flags[0] & PACKET_IP_DF),
			    !!(key->flags[1] & PACKET_IP_DF));
}

/* ---- TCP flags ---- */

static void flags_text(uint16_t flags, char text[CHANGE_TEXT])
{
	static const struct {
		uint16_t flag;
		const char *name;
	} names[] = {{PACKET_TCP_AE, "AE"},   {PACKET_TCP_CWR, "CWR"}, {PACKET_TCP_ECE, "ECE"},
		     {PACKET_TCP_URG, "URG"}, {PACKET_TCP_PSH, "PSH"}};
	size_t i, n = 0;

	snprintf(text, CHANGE_TEXT, CHANGE_NONE);
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (flags & names[i].flag)
			n += (size_t)snprintf(text + n, CHANGE_TEXT - n, n ? " %s" : "%s",
					      names[i].name);
}

static void tell_flags(struct change_teller *t)
{
	char from[CHANGE_TEXT], to[CHANGE_TEXT];
	uint16_t a = t->key->flags[0] & 0x1ff, b = t->key->flags[1] & 0x1ff;

	if (a == b)
		return;
	flags_text(a, from);
	flags_text(b, to);
	tell(t, FIELD_TCP_FLAGS, false, from, to);
}

/* ---- VLANs and tunnels ---- */

static void road_number(const uint8_t *value, size_t bytes, char *text, size_t room)
{
	unsigned long number = 0;

	while (bytes-- > 0)
		number = number << 8 | *value++;
	snprintf(text, room, " %lu", number);
}

static void road_ends(const uint8_t *value, size_t bytes, char *text, size_t room)
{
	int family = bytes == 8 ? AF_INET : AF_INET6;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	inet_ntop(family, value, src, sizeof src);
	inet_ntop(family, value + bytes / 2, dst, sizeof dst);
	snprintf(text, room, " %s>%s", src, dst);
}

/* By link_item; ERSPAN's session comes before its VLAN. */
static const struct {
	const char *name;
	uint8_t bytes; /* of the number */
} road_items[LINK_ITEMS] = {
	[LINK_ITEM_VLAN] = {"vlan", 2},       [LINK_ITEM_SPI] = {"esp", 4},
	[LINK_ITEM_MPLS] = {"mpls", 3},       [LINK_ITEM_PPPOE] = {"pppoe", 2},
	[LINK_ITEM_GRE] = {"gre", 0},         [LINK_ITEM_GRE_KEY] = {"gre", 4},
	[LINK_ITEM_ERSPAN] = {"erspan", 2},   [LINK_ITEM_VXLAN] = {"vxlan", 3},
	[LINK_ITEM_GENEVE] = {"geneve", 3},   [LINK_ITEM_GTP] = {"gtp", 4},
};

struct road_text {
	char vlan[CHANGE_TEXT], tunnel[CHANGE_TEXT];
	size_t vlan_size, tunnel_size;
	bool inside;                      /* a tunnel */
	char ends[2 * INET6_ADDRSTRLEN + 4]; /* of an outer header whose tunnel comes next */
};

static void road_add(struct road_text *text, bool vlan, const char *piece)
{
	char *to = vlan ? text->vlan : text->tunnel;
	size_t *size = vlan ? &text->vlan_size : &text->tunnel_size;
	size_t n = strlen(piece);

	if (n >= CHANGE_TEXT - *size) /* cut: the rest of it is deep inside */
		n = CHANGE_TEXT - 1 - *size;
	memcpy(to + *size, piece, n);
	*size += n;
	to[*size] = 0;
}

/* A tunnel's header, then the outer addresses that carry it. */
static void road_tunnel(struct road_text *text, const char *name, const char *number)
{
	if (text->tunnel_size)
		road_add(text, false, " ");
	road_add(text, false, name);
	road_add(text, false, number);
	road_add(text, false, text->ends);
	*text->ends = 0;
}

static void road_item(struct road_text *text, enum link_item item, const uint8_t *value,
		      size_t value_bytes)
{
	char number[16] = "";

	if (item == LINK_ITEM_OUTER4 || item == LINK_ITEM_OUTER6) {
		if (*text->ends) /* IP in IP has no header of its own */
			road_tunnel(text, "ipip", "");
		road_ends(value, value_bytes, text->ends, sizeof text->ends);
		text->inside = true;
		return;
	}
	if (road_items[item].bytes)
		road_number(value, road_items[item].bytes, number, sizeof number);
	if (item != LINK_ITEM_VLAN || text->inside) {
		road_tunnel(text, road_items[item].name, number);
		return;
	}
	if (!text->vlan_size)
		road_add(text, true, road_items[item].name);
	road_add(text, true, number);
}

/* "vlan 10 20"; "vxlan 42 10.0.0.1>10.0.0.2". VLANs inside a tunnel are part of that. */
static void road_read(struct change_teller *t, uint32_t road, struct road_text *text)
{
	size_t size, at = 0, value_bytes;
	const uint8_t *bytes = change_book_road_bytes(t->book, road, &size), *value;
	enum link_item item;

	*text = (struct road_text){.inside = false};
	while ((item = link_next(bytes, size, &at, &value, &value_bytes)) != 0)
		road_item(text, item, value, value_bytes);
	if (*text->ends)
		road_tunnel(text, "ipip", "");
	if (!text->vlan_size)
		road_add(text, true, CHANGE_NONE);
	if (!text->tunnel_size)
		road_add(text, false, CHANGE_NONE);
}

static void tell_road(struct change_teller *t)
{
	const uint32_t *road = t->key->road;
	struct road_text from, to;

	if (road[0] == road[1] || road[0] == CHANGE_UNKNOWN || road[1] == CHANGE_UNKNOWN)
		return;
	road_read(t, road[0], &from);
	road_read(t, road[1], &to);
	if (strcmp(from.vlan, to.vlan) != 0)
		tell(t, FIELD_VLAN, false, from.vlan, to.vlan);
	if (strcmp(from.tunnel, to.tunnel) != 0)
		tell(t, FIELD_TUNNEL, false, from.tunnel, to.tunnel);
}

/* ---- TCP options ---- */

/* An option's value: a number, or nothing but that it is there. */
enum option_value { OPTION_THERE, OPTION_NUMBER, OPTION_BYTES };

/* Those that have a field of their own. RFC 9293 3.1, RFC 7323, RFC 2018. */
static const struct {
	uint8_t kind, bytes; /* another length than its own says nothing of the value */
	uint8_t field;
	enum option_value value;
} option_rows[] = {
	{2, 4, FIELD_MSS, OPTION_NUMBER},
	{3, 3, FIELD_WINDOW_SCALE, OPTION_NUMBER},
	{4, 2, FIELD_SACK_PERMITTED, OPTION_THERE},
	{5, 0, FIELD_SACK_BLOCKS, OPTION_THERE}, /* their edges are not kept with the options */
	{8, 10, FIELD_TIMESTAMPS, OPTION_THERE}, /* nor are the values */
};
#define OPTION_ROWS (sizeof option_rows / sizeof option_rows[0])

/* The first option of each kind, as SYNs have them; at is NULL where there is none. */
struct option_set {
	struct change_option of[256];
	bool whole;
};

static void option_read(struct change_teller *t, unsigned side, struct option_set *set)
{
	struct change_option option;
	size_t size, at = 0;
	const uint8_t *bytes = change_book_option_bytes(t->book, t->key->options[side], &size);
	bool whole;

	memset(set, 0, sizeof *set);
	while (change_option_next(bytes, size, &at, &option, &whole))
		if (!set->of[option.kind].at)
			set->of[option.kind] = option;
	set->whole = whole && !(t->key->bits & (side ? CHANGE_CUT_TO : CHANGE_CUT_FROM));
}

static void option_value(const struct change_option *option, size_t row, char text[CHANGE_TEXT])
{
	unsigned long number = 0;
	unsigned i;

	if (!option->at) {
		snprintf(text, CHANGE_TEXT, CHANGE_NONE);
		return;
	}
	if (row == OPTION_ROWS || option_rows[row].value != OPTION_NUMBER ||
	    option->bytes != option_rows[row].bytes) {
		snprintf(text, CHANGE_TEXT, "yes");
		return;
	}
	for (i = 2; i < option->bytes; i++)
		number = number << 8 | option->at[i];
	snprintf(text, CHANGE_TEXT, "%lu", number);
}

static size_t option_row(unsigned kind)
{
	size_t row;

	for (row = 0; row < OPTION_ROWS && option_rows[row].kind != kind; row++)
		;
	return row;
}

/* One kind: gone, come, or with another value. Of a kind without a field of its own the values
 * are another one in every packet, as likely as not. */
static void option_tell(struct change_teller *t, unsigned kind, const struct change_option *a,
			const struct change_option *b)
{
	size_t row = option_row(kind);
	enum change_field field = row < OPTION_ROWS ? option_rows[row].field : FIELD_OPTION;
	char from[CHANGE_TEXT], to[CHANGE_TEXT], name[CHANGE_NAME];

	option_value(a, row, from);
	option_value(b, row, to);
	if (row < OPTION_ROWS) {
		if (strcmp(from, to) != 0)
			tell(t, field, false, from, to);
		return;
	}
	if (a->at && b->at) {
		if (a->bytes == b->bytes && memcmp(a->at, b->at, a->bytes) == 0)
			return;
		snprintf(from, sizeof from, CHANGE_VARIES);
		snprintf(to, sizeof to, CHANGE_VARIES);
	}
	snprintf(name, sizeof name, "option %u", kind);
	t->take(t, field, false, name, from, to);
}

static void tell_options(struct change_teller *t)
{
	const uint32_t *options = t->key->options;
	struct option_set from, to;
	unsigned kind;

	if (options[0] == options[1] || options[0] == CHANGE_UNKNOWN ||
	    options[1] == CHANGE_UNKNOWN)
		return;
	option_read(t, 0, &from);
	option_read(t, 1, &to);
	for (kind = 2; kind < 256; kind++) {
		const struct change_option *a = &from.of[kind], *b = &to.of[kind];

		/* What is missing may be behind the cut. */
		if ((!a->at && !b->at) || (!a->at && !from.whole) || (!b->at && !to.whole))
			continue;
		option_tell(t, kind, a, b);
	}
}

/* ---- all of them ---- */

void change_tell(struct change_teller *t)
{
	tell_road(t);
	tell_bits(t);
	tell_ip(t);
	tell_flags(t);
	tell_options(t);
	tell_digest(t);
}
