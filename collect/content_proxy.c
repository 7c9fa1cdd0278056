#include <arpa/inet.h>
#include <string.h>

#include "collect/content.h"

/* The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). */

#define PROXY_LINE_MAX 107u /* version 1, with its end */
#define PROXY_WORD "PROXY "
#define PROXY_WORD_BYTES 6u
#define PROXY_HEAD 16u      /* version 2: in front of the addresses */
enum { PROXY_LOCAL = 0x20, PROXY_PROXY = 0x21, PROXY_TCP4 = 0x11, PROXY_TCP6 = 0x21 };

static const uint8_t signature[12] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

bool content_proxy_begins(const uint8_t *bytes)
{
	return memcmp(bytes, PROXY_WORD, PROXY_WORD_BYTES) == 0 ||
	       memcmp(bytes, signature, CONTENT_LEAST_BYTES) == 0;
}

static enum content_finding proxy_cut(struct cursor *cursor, struct content *c)
{
	c->marks |= CONTENT_CUT;
	cursor->at = cursor->captured_end;
	return cursor->at - c->at < CONTENT_HEAD_MAX ? CONTENT_PARTIAL : CONTENT_FOUND;
}

/* The two ends; of a header that is cut perhaps only the first. */
static void proxy_name(struct content *c, const uint8_t *address, const uint32_t port[2],
		       uint32_t address_bytes, uint32_t ends)
{
	struct content_client to = {0};

	if (ends > 0)
		content_client_set(&c->client, address, address_bytes, port[0]);
	if (ends > 1)
		content_client_set(&to, address + address_bytes, address_bytes, port[1]);
	memcpy(c->more.text, to.text, to.bytes);
	c->more.bytes = to.bytes;
}

/* ---- version 1 ---- */

struct word_list {
	const uint8_t *at;
	uint32_t left;
	bool whole; /* the line's end is there: the last word is whole, too */
};

/* Copies the next word, whose end is there, to text. False: there is none, or it is too long. */
static bool word_take(struct word_list *words, char *text, uint32_t room)
{
	const uint8_t *space = memchr(words->at, ' ', words->left);
	uint32_t n = space ? (uint32_t)(space - words->at) : words->left;

	if (!n || n >= room || (!space && !words->whole))
		return false;
	memcpy(text, words->at, n);
	text[n] = '\0';
	n += space != NULL;
	words->at += n;
	words->left -= n;
	return true;
}

static bool port_take(struct word_list *words, uint32_t *port)
{
	char text[6];
	uint32_t i;

	*port = 0;
	if (!word_take(words, text, sizeof text))
		return false;
	for (i = 0; text[i] >= '0' && text[i] <= '9'; i++)
		*port = *port * 10 + (uint32_t)(text[i] - '0');
	return !text[i] && *port <= 0xffff;
}

/* Both addresses, then both ports. False: the line is whole and says something else. */
static bool line_read(struct word_list *words, int family, struct content *c)
{
	uint32_t bytes = family == AF_INET ? 4 : 16, port[2] = {0, 0}, ends, ports = 0;
	char text[INET6_ADDRSTRLEN];
	uint8_t address[32];

	for (ends = 0; ends < 2 && word_take(words, text, sizeof text); ends++)
		if (inet_pton(family, text, address + ends * bytes) != 1)
			return false;
	while (ends == 2 && ports < 2 && port_take(words, &port[ports]))
		ports++;
	if (words->whole && (ports < 2 || words->left))
		return false;
	proxy_name(c, address, port, bytes, ends);
	return true;
}

static const struct {
	const char *word;
	int family; /* 0: nobody is named */
} families[] = {{"TCP4 ", AF_INET}, {"TCP6 ", AF_INET6}, {"UNKNOWN", 0}};

static enum content_finding proxy_line(struct cursor *cursor, struct content *c)
{
	uint32_t n = cursor_captured(cursor) < PROXY_LINE_MAX ? cursor_captured(cursor) : PROXY_LINE_MAX;
	const uint8_t *line = cursor_peek(cursor, n), *end = memchr(line, '\n', n);
	struct word_list words;
	size_t f;

	if (end ? end[-1] != '\r' : n == PROXY_LINE_MAX)
		return CONTENT_NONE;
	words = (struct word_list){line + PROXY_WORD_BYTES, n - PROXY_WORD_BYTES, end != NULL};
	if (end)
		words.left = (uint32_t)(end - words.at) - 1;
	for (f = 0; f < sizeof families / sizeof families[0]; f++) {
		uint32_t all = (uint32_t)strlen(families[f].word);
		uint32_t there = words.left < all ? words.left : all;

		if ((end && there < all) || memcmp(words.at, families[f].word, there) != 0)
			continue;
		words.at += there;
		words.left -= there;
		if (families[f].family && !line_read(&words, families[f].family, c))
			return CONTENT_NONE;
		if (!end)
			return proxy_cut(cursor, c);
		c->head_bytes = (uint32_t)(end - line) + 1;
		cursor_take(cursor, c->head_bytes);
		return CONTENT_FOUND;
	}
	return CONTENT_NONE;
}

/* ---- version 2 ---- */

static enum content_finding proxy_block(struct cursor *cursor, struct content *c)
{
	uint32_t n = cursor_captured(cursor), block, ends = 0, address_bytes = 0;
	const uint8_t *head = cursor_peek(cursor, n), *at = head + PROXY_HEAD;
	uint32_t port[2] = {0, 0};

	if (memcmp(head, signature, n < sizeof signature ? n : sizeof signature) != 0)
		return CONTENT_NONE;
	if (n < PROXY_HEAD)
		return proxy_cut(cursor, c);
	if ((head[12] != PROXY_LOCAL && head[12] != PROXY_PROXY) || head[13] >> 4 > 3 ||
	    (head[13] & 15) > 2)
		return CONTENT_NONE;
	block = cursor_be16(head + 14);
	if (head[12] == PROXY_PROXY && (head[13] == PROXY_TCP4 || head[13] == PROXY_TCP6))
		address_bytes = head[13] == PROXY_TCP4 ? 4 : 16;
	if (block < 2 * address_bytes + (address_bytes ? 4 : 0))
		return CONTENT_NONE;
	if (address_bytes && n >= PROXY_HEAD + 2 * address_bytes + 4) {
		at += 2 * address_bytes;
		port[0] = cursor_be16(at);
		port[1] = cursor_be16(at + 2);
		ends = 2;
	}
	proxy_name(c, head + PROXY_HEAD, port, address_bytes, ends);
	if (n < PROXY_HEAD + block)
		return proxy_cut(cursor, c);
	c->head_bytes = PROXY_HEAD + block;
	cursor_take(cursor, c->head_bytes);
	return CONTENT_FOUND;
}

enum content_finding content_proxy(struct cursor *cursor, struct content *c)
{
	const uint8_t *first = cursor_peek(cursor, CONTENT_LEAST_BYTES);

	if (!first)
		return CONTENT_NONE;
	c->kind = CONTENT_PROXY;
	return *first == 'P' ? proxy_line(cursor, c) : proxy_block(cursor, c);
}
