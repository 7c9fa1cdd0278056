#include "collect/content.h"

enum { /* RFC 8446 sections 5.1 and 4 */
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
};
#define TLS_RECORD_BYTES 5u
#define TLS_HANDSHAKE_BYTES 4u
#define TLS_RECORD_MAX (16384u + 2048u) /* RFC 5246 section 6.2.3 */
#define TLS_HELLO_LEAST 38u             /* version, random, two lengths */
#define TLS_SESSION_MAX 32u

/* RFC 8701: values that mean nothing. */
static bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static bool tls_is_version(uint16_t version)
{
	return version >> 8 == 3 && (version & 0xff) <= 4;
}

/* ---- extensions ---- */

/* Takes n bytes off the cursor as a cursor of their own, of as many as there are. */
static struct cursor tls_part(struct cursor *cursor, uint32_t n)
{
	struct cursor part = *cursor;

	cursor_limit(&part, n);
	cursor->at += n <= cursor_captured(cursor) ? n : cursor_captured(cursor);
	return part;
}

static bool tls_take_16(struct cursor *cursor, uint16_t *value)
{
	const uint8_t *at = cursor_take(cursor, 2);

	if (at)
		*value = cursor_be16(at);
	return at != NULL;
}

/* RFC 6066 section 3: a list of names, of which only host_name (0) is defined. */
static void tls_server_name(struct cursor *in, struct content *c)
{
	const uint8_t *type, *name;
	uint16_t bytes;

	if (c->kind != CONTENT_CLIENT_HELLO || c->name.bytes || !cursor_take(in, 2))
		return;
	type = cursor_take(in, 1);
	if (!type || *type != 0 || !tls_take_16(in, &bytes))
		return;
	name = cursor_take(in, bytes);
	if (name && !content_text_add(&c->name, name, bytes, true))
		c->marks |= CONTENT_CLIPPED;
}

/* RFC 8446 section 4.2.1: a client's list, a server's choice. */
static void tls_versions(struct cursor *in, struct content *c)
{
	bool client = c->kind == CONTENT_CLIENT_HELLO;
	uint16_t version, most = 0;

	if (in->wire_end > in->captured_end || (client && !cursor_take(in, 1)))
		return; /* of a list that is cut the highest is not known */
	while (tls_take_16(in, &version))
		if (!tls_is_grease(version) && version > most && tls_is_version(version))
			most = version;
	if (most)
		c->code = most;
}

/* RFC 7301 section 3.1: offered ones in order, with commas between them. */
static void tls_alpn(struct cursor *in, struct content *c)
{
	const uint8_t *n, *name;

	if (c->more.bytes || !cursor_take(in, 2))
		return;
	while ((n = cursor_take(in, 1)) && (name = cursor_take(in, *n))) {
		if (*n == 2 && tls_is_grease(cursor_be16(name)))
			continue;
		if ((c->more.bytes && !content_text_add(&c->more, (const uint8_t *)",", 1, false)) ||
		    !content_text_add(&c->more, name, *n, false)) {
			c->marks |= CONTENT_CLIPPED;
			return;
		}
	}
}

static const struct {
	uint16_t type;
	void (*read)(struct cursor *in, struct content *content);
} extensions[] = {
	{0, tls_server_name},
	{16, tls_alpn},
	{43, tls_versions},
};

/* False: they were cut. */
static bool tls_extensions(struct cursor *in, struct content *c)
{
	uint16_t type, bytes;
	size_t e;

	while (cursor_wire(in)) {
		struct cursor part;

		if (!tls_take_16(in, &type) || !tls_take_16(in, &bytes))
			return false;
		part = tls_part(in, bytes);
		for (e = 0; e < sizeof extensions / sizeof extensions[0]; e++)
			if (extensions[e].type == type)
				extensions[e].read(&part, c);
		if (part.wire_end > part.captured_end)
			return false;
	}
	return true;
}

/* ---- hellos ---- */

/* What stands between the session id and the extensions. */
static bool tls_choices(struct cursor *in, const struct content *c)
{
	const uint8_t *methods;
	uint16_t suites;

	if (c->kind == CONTENT_SERVER_HELLO)
		return cursor_take(in, 3); /* one suite, one compression method */
	if (!tls_take_16(in, &suites) || !cursor_take(in, suites))
		return false;
	methods = cursor_take(in, 1);
	return methods && cursor_take(in, *methods);
}

/* False: it was cut. A hello may end without extensions (RFC 5246 section 7.4.1.2). */
static bool tls_hello(struct cursor *in, struct content *c)
{
	struct cursor list;
	const uint8_t *n;
	uint16_t bytes;

	cursor_take(in, 2); /* the version, read already */
	if (!cursor_take(in, CONTENT_RANDOM_BYTES) || !(n = cursor_take(in, 1)) || !cursor_take(in, *n) ||
	    !tls_choices(in, c))
		return false;
	if (!cursor_wire(in))
		return true;
	if (!tls_take_16(in, &bytes))
		return false;
	list = tls_part(in, bytes);
	return tls_extensions(&list, c);
}

/* A handshake message that is a hello by its type, its length and its version. */
static bool tls_hello_begins(const uint8_t *record, uint32_t captured, struct content *c)
{
	const uint8_t *message = record + TLS_RECORD_BYTES;

	if (captured < TLS_RECORD_BYTES + TLS_HANDSHAKE_BYTES + 2)
		return false;
	if (message[0] != TLS_CLIENT_HELLO && message[0] != TLS_SERVER_HELLO)
		return false;
	c->kind = message[0] == TLS_CLIENT_HELLO ? CONTENT_CLIENT_HELLO : CONTENT_SERVER_HELLO;
	return cursor_be24(message + 1) >= TLS_HELLO_LEAST && cursor_be24(message + 1) < 0x10000 &&
	       tls_is_version(cursor_be16(message + TLS_HANDSHAKE_BYTES));
}

static enum content_finding tls_handshake(struct cursor *cursor, uint32_t record_bytes,
					  struct content *c)
{
	const uint8_t *record = cursor_peek(cursor, cursor_captured(cursor));
	uint32_t captured = cursor_captured(cursor), message_bytes;
	struct cursor whole, message;

	if (!record || !tls_hello_begins(record, captured, c))
		return CONTENT_SKIPPED;
	message_bytes = cursor_be24(record + TLS_RECORD_BYTES + 1);
	whole = *cursor;
	cursor_limit(&whole, record_bytes); /* a hello that goes on in another record is cut there */
	cursor_take(&whole, TLS_RECORD_BYTES + TLS_HANDSHAKE_BYTES);
	message = whole;
	message.wire_end = message.at + message_bytes;
	if (message.captured_end > message.wire_end)
		message.captured_end = message.wire_end;
	if (tls_hello(&message, c) && message.captured_end == message.wire_end) {
		if (!c->code) /* no extension says another: the version in front does */
			c->code = cursor_be16(record + TLS_RECORD_BYTES + TLS_HANDSHAKE_BYTES);
		return CONTENT_FOUND;
	}
	c->marks |= CONTENT_CUT;
	return captured < record_bytes && captured < CONTENT_HEAD_MAX ? CONTENT_PARTIAL : CONTENT_FOUND;
}

/* ---- records ---- */

/* An alert that is longer than two bytes is encrypted (RFC 5246 section 7.2). */
static bool tls_alert(const uint8_t *record, uint32_t record_bytes, struct content *c)
{
	const uint8_t *alert = record + TLS_RECORD_BYTES;

	if (record_bytes != TLS_RECORD_BYTES + 2 || alert[0] < 1 || alert[0] > 2)
		return false;
	c->kind = CONTENT_ALERT;
	c->code = cursor_be16(alert);
	return true;
}

enum content_finding content_tls(struct cursor *cursor, struct content *c)
{
	const uint8_t *record = cursor_peek(cursor, CONTENT_LEAST_BYTES);
	enum content_finding found = CONTENT_SKIPPED;
	uint32_t bytes;

	if (!record || !tls_is_version(cursor_be16(record + 1)))
		return CONTENT_NONE;
	bytes = cursor_be16(record + 3);
	if (bytes < 2 || bytes > TLS_RECORD_MAX)
		return CONTENT_NONE;
	bytes += TLS_RECORD_BYTES;
	if (record[0] == TLS_ALERT && tls_alert(record, bytes, c))
		found = CONTENT_FOUND;
	else if (record[0] == TLS_HANDSHAKE)
		found = tls_handshake(cursor, bytes, c);
	if (!cursor_take(cursor, bytes))
		cursor->at = cursor->captured_end;
	return found;
}
