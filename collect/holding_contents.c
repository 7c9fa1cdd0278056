/* What was said in the clear, as a store without payload and a store of aliases hold it. */
#include "collect/holding.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/content.h"
#include "collect/content_keep.h"
#include "collect/content_read.h"

/* The texts of a row as they are kept. */
struct texts {
	char name[CONTENT_NAME_BYTES], more[CONTENT_NAME_BYTES], client[CONTENT_CLIENT_BYTES];
	uint8_t name_bytes, more_bytes, client_bytes;
};

static uint8_t text_alias(const struct alias *alias, enum alias_kind kind, const char *prefix,
			  const char *text, uint8_t bytes, char *out)
{
	size_t n = strlen(prefix);

	if (!bytes)
		return 0;
	memcpy(out, prefix, n);
	alias_name(alias, kind, text, bytes, out + n);
	return (uint8_t)(n + ALIAS_NAME_DIGITS);
}

/* "192.0.2.1 443": as content_client.h writes it. What is none stays away. */
static uint8_t client_alias(const struct alias *alias, const char *text, uint8_t bytes, char *out)
{
	char address[CONTENT_CLIENT_BYTES + 1];
	struct content_client client = {0};
	uint8_t raw[16], version = 4;
	unsigned port = 0;
	char *space;

	memcpy(address, text, bytes);
	address[bytes] = '\0';
	space = strchr(address, ' ');
	if (space) {
		*space = '\0';
		port = (unsigned)strtoul(space + 1, NULL, 10);
	}
	if (inet_pton(AF_INET, address, raw) != 1) {
		version = 6;
		if (inet_pton(AF_INET6, address, raw) != 1)
			return 0;
	}
	alias_address(alias, version, raw);
	content_client_set(&client, raw, version == 4 ? 4 : 16, port);
	memcpy(out, client.text, client.bytes);
	return client.bytes;
}

/* Protocols of ALPN that say nothing but which: "h2,http/1.1". */
static bool alpn_is_plain(const char *text, uint8_t bytes)
{
	static const char *const plain[] = {"h2", "http/1.1", "http/1.0", "h2c", "spdy/3.1", "smtp",
					    "imap", "pop3", "ftp", "dot", "mqtt", "acme-tls/1"};
	size_t i = 0, k, n;

	while (i < bytes) {
		const char *comma = memchr(text + i, ',', bytes - i);

		n = comma ? (size_t)(comma - text) - i : bytes - i;
		for (k = 0; k < sizeof plain / sizeof *plain; k++)
			if (strlen(plain[k]) == n && memcmp(plain[k], text + i, n) == 0)
				break;
		if (k == sizeof plain / sizeof *plain)
			return false;
		i += n + 1;
	}
	return true;
}

/* Where a target was cut, it is compared as far as it goes, which an alias has no notion of. */
static void texts_of_request(const struct alias *alias, const struct content_row *row,
			     struct texts *t)
{
	if (row->marks & (CONTENT_CUT | CONTENT_CLIPPED))
		return;
	t->more_bytes = text_alias(alias, ALIAS_TARGET, "/", row->more, row->more_bytes, t->more);
}

static void texts_of_hello(const struct alias *alias, const struct content_row *row,
			   struct texts *t)
{
	if (alpn_is_plain(row->more, row->more_bytes)) {
		memcpy(t->more, row->more, row->more_bytes);
		t->more_bytes = row->more_bytes;
	} else {
		t->more_bytes = text_alias(alias, ALIAS_OTHER, "alpn-", row->more, row->more_bytes,
					   t->more);
	}
}

static void texts_alias(const struct alias *alias, const struct content_row *row, struct texts *t)
{
	*t = (struct texts){.name_bytes = 0};
	t->name_bytes = text_alias(alias, ALIAS_HOST, "name-", row->name, row->name_bytes, t->name);
	t->client_bytes = row->client_bytes ? client_alias(alias, row->client, row->client_bytes,
							   t->client) : 0;
	if (row->kind == CONTENT_REQUEST)
		texts_of_request(alias, row, t);
	else if (row->kind == CONTENT_PROXY && row->more_bytes <= CONTENT_CLIENT_BYTES)
		t->more_bytes = client_alias(alias, row->more, row->more_bytes, t->more);
	else if (row->kind == CONTENT_CLIENT_HELLO || row->kind == CONTENT_SERVER_HELLO)
		texts_of_hello(alias, row, t);
}

/* ---- rows ---- */

/* The row's fixed part and marks at `from`, with other texts. */
static bool row_put(struct buffer *out, const uint8_t *from, uint32_t way, const struct texts *t)
{
	uint32_t head = CONTENT_PACKED_ROW + 4u * from[19], i;
	uint8_t *to = buffer_extend(out, head + (size_t)t->name_bytes + t->more_bytes +
						 t->client_bytes);

	if (!to)
		return false;
	memcpy(to, from, head);
	for (i = 0; i < 4; i++)
		to[i] = (uint8_t)(way >> 8 * i);
	to[16] = t->name_bytes;
	to[17] = t->more_bytes;
	to[18] = t->client_bytes;
	to += head;
	memcpy(to, t->name, t->name_bytes);
	memcpy(to + t->name_bytes, t->more, t->more_bytes);
	memcpy(to + t->name_bytes + t->more_bytes, t->client, t->client_bytes);
	return true;
}

static enum status contents_damaged(struct error *err)
{
	return error_set(err, STATUS_INPUT, "the contents of a capture are damaged");
}

static enum status contents_copy(struct buffer *out, const uint8_t *bytes, size_t size,
				 struct error *err)
{
	uint8_t *to = buffer_extend(out, size);

	if (!to)
		return error_errno(err, ENOMEM, "contents of a capture");
	memcpy(to, bytes, size);
	return STATUS_OK;
}

enum status holding_contents(const struct holding_flows *flows, const uint8_t *bytes, size_t size,
			     struct buffer *out, struct error *err)
{
	const struct holding *holding = flows->holding;
	struct content_reader reader;
	struct content_row row;
	bool more = true;
	size_t at;

	if (!content_reader_open(&reader, bytes, size))
		return contents_damaged(err);
	if (contents_copy(out, bytes, holding->holds == STORE_HOLDS_ALL ? size : CONTENT_PACKED_HEAD,
			  err))
		return STATUS_SYSTEM;
	for (at = reader.at; content_reader_next(&reader, &row, &more); at = reader.at) {
		struct texts texts = {.name_bytes = 0};

		if (!more)
			return STATUS_OK;
		if (holding->holds == STORE_HOLDS_ALL)
			continue;
		if (holding->alias && row.way >> 1 >= flows->count)
			break;
		if (holding->alias) {
			texts_alias(holding->alias, &row, &texts);
			row.way ^= flows->turned[row.way >> 1];
		}
		if (!row_put(out, bytes + at, row.way, &texts))
			return error_errno(err, ENOMEM, "contents of a capture");
	}
	return contents_damaged(err);
}
