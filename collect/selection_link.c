#include "collect/selection_link.h"

#include <stdio.h>
#include <string.h>

#include "collect/link.h"

#define VLAN_LAST 4094u /* 4095 is reserved, IEEE 802.1Q table 9-2 */

/* ---- as text ---- */

static int link_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six pairs of hexadecimal digits with : or - between them. */
static bool link_read_mac(const char *text, uint8_t mac[6])
{
	int i, high, low;

	for (i = 0; i < 6; i++) {
		if (i > 0 && *text != ':' && *text != '-')
			return false;
		text += i > 0;
		high = link_digit(text[0]);
		low = high < 0 ? -1 : link_digit(text[1]);
		if (low < 0)
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return !*text;
}

static bool link_read_vlan(const char *text, uint16_t *vlan)
{
	uint32_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint32_t)(*text - '0');
		if (value > VLAN_LAST)
			return false;
	}
	*vlan = (uint16_t)value;
	return true;
}

enum status selection_link_read(struct selection_link *link, const char *text, const char *operand,
				struct error *err)
{
	*link = (struct selection_link){.by = SELECTION_BY_INTERFACE};
	if (strncmp(text, "mac:", 4) == 0) {
		link->by = SELECTION_BY_MAC;
		if (!link_read_mac(text + 4, link->mac))
			return error_set(err, STATUS_USAGE,
					 "%s: a MAC address is written as in @mac:00:00:5e:00:53:01",
					 operand);
	} else if (strncmp(text, "vlan:", 5) == 0) {
		link->by = SELECTION_BY_VLAN;
		if (!link_read_vlan(text + 5, &link->vlan))
			return error_set(err, STATUS_USAGE,
					 "%s: a VLAN ID is a number from 0 (no VLAN) to %u", operand,
					 VLAN_LAST);
	}
	return STATUS_OK;
}

static void link_write_mac(const uint8_t mac[6], char *text, size_t room)
{
	snprintf(text, room, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

void selection_link_write(const struct selection_link *link, char text[SELECTION_LINK_TEXT_MAX])
{
	text[0] = '\0';
	if (link->by == SELECTION_BY_MAC) {
		memcpy(text, "mac:", 4);
		link_write_mac(link->mac, text + 4, SELECTION_LINK_TEXT_MAX - 4);
	} else if (link->by == SELECTION_BY_VLAN) {
		snprintf(text, SELECTION_LINK_TEXT_MAX, "vlan:%u", link->vlan);
	}
}

/* ---- a frame ---- */

/* What the outermost link headers say; an item of a tunnel ends them. */
struct link_outermost {
	const uint8_t *macs; /* destination, source; NULL: no Ethernet header */
	uint16_t vlan;       /* 0: none */
};

static struct link_outermost link_outermost(const uint8_t *description, size_t bytes)
{
	struct link_outermost outermost = {NULL, 0};
	size_t offset = 0, value_bytes;
	enum link_item item;
	const uint8_t *value;

	while ((item = link_next(description, bytes, &offset, &value, &value_bytes)) != 0 &&
	       item <= LINK_ITEM_VLAN) {
		if (item == LINK_ITEM_MACS)
			outermost.macs = value;
		if (item != LINK_ITEM_VLAN)
			continue;
		outermost.vlan = (uint16_t)(value[0] << 8 | value[1]);
		break;
	}
	return outermost;
}

bool selection_link_takes(const struct selection_link *link, const uint8_t *description,
			  size_t bytes)
{
	struct link_outermost outermost = link_outermost(description, bytes);

	if (link->by == SELECTION_BY_VLAN)
		return outermost.vlan == link->vlan;
	return outermost.macs && (memcmp(outermost.macs, link->mac, 6) == 0 ||
				  memcmp(outermost.macs + 6, link->mac, 6) == 0);
}

static void link_see_mac(struct selection_link_seen *seen, const uint8_t mac[6])
{
	uint32_t i;

	for (i = 0; i < seen->count; i++)
		if (memcmp(seen->mac[i], mac, 6) == 0)
			return;
	if (seen->count < SELECTION_LINK_SEEN_MAX && !(mac[0] & 1)) /* no group is a host */
		memcpy(seen->mac[seen->count++], mac, 6);
}

static void link_see_vlan(struct selection_link_seen *seen, uint16_t vlan)
{
	uint32_t i;

	for (i = 0; i < seen->count; i++)
		if (seen->vlan[i] == vlan)
			return;
	if (seen->count < SELECTION_LINK_SEEN_MAX)
		seen->vlan[seen->count++] = vlan;
}

void selection_link_see(struct selection_link_seen *seen, const struct selection_link *link,
			const uint8_t *description, size_t bytes)
{
	struct link_outermost outermost = link_outermost(description, bytes);

	seen->frames = true;
	if (link->by == SELECTION_BY_VLAN) {
		link_see_vlan(seen, outermost.vlan);
	} else if (outermost.macs) {
		link_see_mac(seen, outermost.macs + 6);
		link_see_mac(seen, outermost.macs);
	}
}

void selection_link_list(const struct selection_link_seen *seen, const struct selection_link *link,
			 char *out, size_t room)
{
	size_t n = 0;
	char text[SELECTION_LINK_TEXT_MAX];
	uint32_t i;

	out[0] = '\0';
	for (i = 0; i < seen->count && n < room; i++) {
		if (link->by == SELECTION_BY_MAC)
			link_write_mac(seen->mac[i], text, sizeof text);
		else if (seen->vlan[i])
			snprintf(text, sizeof text, "VLAN %u", seen->vlan[i]);
		else
			snprintf(text, sizeof text, "no VLAN");
		n += (size_t)snprintf(out + n, room - n, "%s%s", i ? ", " : "", text);
	}
}
