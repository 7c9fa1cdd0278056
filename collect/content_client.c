#include "collect/content_client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PORT_DIGITS 5u
#define PORT_MAX 65535u

/* Borrowed bytes of a list. */
struct part {
	const uint8_t *bytes;
	uint32_t n;
};

static void part_skip(struct part *part, uint32_t n)
{
	part->bytes += n;
	part->n -= n;
}

void content_client_set(struct content_client *client, const uint8_t *address, uint32_t bytes,
			uint32_t port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char text[INET6_ADDRSTRLEN];
	bool four = bytes == 4;

	if (!four && memcmp(address, mapped, sizeof mapped) == 0) {
		address += sizeof mapped; /* a socket for both versions shows IPv4 so */
		four = true;
	}
	if (!inet_ntop(four ? AF_INET : AF_INET6, address, text, sizeof text))
		return;
	client->bytes = (uint8_t)snprintf(client->text, sizeof client->text,
					  port ? "%s %u" : "%s", text, port);
}

/* ---- one element ---- */

/* RFC 7239 section 6: a port, or a name in its place. False: neither. */
static bool port_read(struct part part, uint32_t *port)
{
	uint32_t i, value = 0;

	*port = 0;
	if (part.n && *part.bytes == '_')
		return true;
	for (i = 0; i < part.n && part.bytes[i] >= '0' && part.bytes[i] <= '9'; i++)
		value = value > PORT_MAX ? value : value * 10 + (part.bytes[i] - '0');
	*port = value;
	return i == part.n && i > 0 && i <= PORT_DIGITS && value <= PORT_MAX;
}

static bool address_read(struct content_client *client, struct part part, uint32_t port)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	bool four;

	if (part.n >= sizeof text)
		return false;
	memcpy(text, part.bytes, part.n);
	text[part.n] = '\0';
	four = inet_pton(AF_INET, text, address) == 1;
	if (!four && inet_pton(AF_INET6, text, address) != 1)
		return false;
	content_client_set(client, address, four ? 4 : 16, port);
	return true;
}

/* Where the port's colon is; part.n: there is none. More than one are of an IPv6 address. */
static uint32_t port_find(struct part part)
{
	const uint8_t *colon = memchr(part.bytes, ':', part.n);

	return colon && colon == memrchr(part.bytes, ':', part.n) ? (uint32_t)(colon - part.bytes)
								  : part.n;
}

static bool node_read(struct content_client *client, struct part node)
{
	struct part address = node;
	const uint8_t *end;
	uint32_t port = 0;

	if (node.n && *node.bytes == '[') {
		end = memchr(node.bytes, ']', node.n);
		if (!end)
			return false;
		address = (struct part){node.bytes + 1, (uint32_t)(end - node.bytes) - 1};
		part_skip(&node, address.n + 2);
		if (!memchr(address.bytes, ':', address.n) || (node.n && *node.bytes != ':'))
			return false;
	} else if (node.n) {
		address.n = port_find(node);
		part_skip(&node, address.n);
	}
	if (node.n) {
		part_skip(&node, 1);
		if (!port_read(node, &port))
			return false;
	}
	return address_read(client, address, port);
}

/* ---- the list ---- */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Takes the next element off the list, without the spaces around it. */
static struct part element_take(struct part *list)
{
	struct part element = *list;
	bool quoted = false;
	uint32_t i;

	for (i = 0; i < list->n; i++) {
		uint8_t c = list->bytes[i];

		if (!quoted && (c == ',' || c == ';'))
			break;
		quoted ^= c == '"';
		i += quoted && c == '\\' && i + 1 < list->n;
	}
	element.n = i;
	part_skip(list, i + (i < list->n));
	while (element.n && is_space(*element.bytes))
		part_skip(&element, 1);
	while (element.n && is_space(element.bytes[element.n - 1]))
		element.n--;
	return element;
}

static void element_unquote(struct part *element)
{
	if (element->n < 2 || *element->bytes != '"' || element->bytes[element->n - 1] != '"')
		return;
	part_skip(element, 1);
	element->n--;
}

bool content_client_read(struct content_client *client, const uint8_t *bytes, uint32_t n,
			 const char *prefix)
{
	struct part list = {bytes, n};
	uint32_t ahead = (uint32_t)strlen(prefix);

	while (list.n) {
		struct part element = element_take(&list);

		if (element.n < ahead || strncasecmp((const char *)element.bytes, prefix, ahead) != 0)
			continue;
		part_skip(&element, ahead);
		element_unquote(&element);
		if (node_read(client, element))
			return true;
	}
	return false;
}
