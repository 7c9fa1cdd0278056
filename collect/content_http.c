#include <string.h>
#include <strings.h>

#include "collect/content.h"

#define HTTP_BODY_MAX 0x7fffffffu /* bytes: sequence numbers carry no more */
#define HTTP_STATUS_BYTES 12u     /* "HTTP/1.1 200" */

/* RFC 9110 section 9, RFC 5789, RFC 4918, RFC 3253, RFC 5323. Stored by number: only append. */
static const char *const methods[] = {
	"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH",
	"BIND", "MERGE", "MKCALENDAR", "LINK", "UNLINK", "PURGE", "SUBSCRIBE", "UNSUBSCRIBE",
};
#define METHODS (sizeof methods / sizeof methods[0])
#define METHOD_BYTES_MAX 12u

const char *content_method(uint16_t code)
{
	return code < METHODS ? methods[code] : NULL;
}

/* ---- lines ---- */

struct line {
	const uint8_t *bytes;
	uint32_t n;  /* without its end */
	bool whole;  /* its end is there */
};

/* RFC 9112 section 2.2: a line may end in a bare LF, too. */
static struct line line_take(struct cursor *cursor)
{
	uint32_t left = cursor_captured(cursor);
	struct line line = {cursor_peek(cursor, left), left, false};
	const uint8_t *end = left ? memchr(line.bytes, '\n', left) : NULL;

	if (end) {
		line.n = (uint32_t)(end - line.bytes);
		line.whole = true;
	}
	cursor_take(cursor, line.n + line.whole);
	if (line.whole && line.n && line.bytes[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool line_begins(const struct line *line, const char *text)
{
	size_t n = strlen(text);

	return line->n >= n && strncasecmp((const char *)line->bytes, text, n) == 0;
}

/* Takes n bytes off the front. */
static void line_skip(struct line *line, uint32_t n)
{
	line->bytes += n;
	line->n -= n;
}

/* ---- what header fields say ---- */

struct http_head {
	struct content *content;
	uint64_t length;  /* Content-Length */
	bool has_length, chunked;
	uint8_t named_by;  /* enum client_field: the field that named the client; 0: none has */
};

/* The later ones go before the others, wherever they stand. */
enum client_field { CLIENT_REAL_IP = 1, CLIENT_FORWARDED, CLIENT_FORWARDED_FOR };

/* Without user information: it may hold a password. */
static void host_keep(struct content *c, struct line host)
{
	const uint8_t *at;

	while (host.n && (at = memchr(host.bytes, '@', host.n)))
		line_skip(&host, (uint32_t)(at - host.bytes) + 1);
	if (!content_text_add(&c->name, host.bytes, host.n, true))
		c->marks |= CONTENT_CLIPPED;
}

/* An absolute target's host goes before (RFC 9112 section 3.2.2). */
static void head_host(struct http_head *head, const struct line *value)
{
	struct content *c = head->content;

	if (c->kind == CONTENT_REQUEST && !c->name.bytes)
		host_keep(c, *value);
}

static void head_length(struct http_head *head, const struct line *value)
{
	uint64_t length = 0;
	uint32_t i;

	for (i = 0; i < value->n && value->bytes[i] >= '0' && value->bytes[i] <= '9'; i++)
		length = length > HTTP_BODY_MAX ? length : length * 10 + (value->bytes[i] - '0');
	head->has_length = i > 0;
	head->length = length;
}

static void head_encoding(struct http_head *head, const struct line *value)
{
	head->chunked = true;
}

static void head_client(struct http_head *head, const struct line *value, enum client_field by,
			const char *prefix)
{
	struct content *c = head->content;

	if (c->kind == CONTENT_REQUEST && head->named_by < by &&
	    content_client_read(&c->client, value->bytes, value->n, prefix))
		head->named_by = (uint8_t)by;
}

static void head_forwarded_for(struct http_head *head, const struct line *value)
{
	head_client(head, value, CLIENT_FORWARDED_FOR, "");
}

/* RFC 7239 section 4. */
static void head_forwarded(struct http_head *head, const struct line *value)
{
	head_client(head, value, CLIENT_FORWARDED, "for=");
}

static void head_real_ip(struct http_head *head, const struct line *value)
{
	head_client(head, value, CLIENT_REAL_IP, "");
}

static const struct {
	const char *name;
	void (*read)(struct http_head *head, const struct line *value);
} fields[] = {
	{"host:", head_host},
	{"content-length:", head_length},
	{"transfer-encoding:", head_encoding},
	{"x-forwarded-for:", head_forwarded_for},
	{"forwarded:", head_forwarded},
	{"x-real-ip:", head_real_ip},
};

static void head_field(struct http_head *head, struct line line)
{
	size_t f;

	if (!strchr("HhCcTtXxFf", *line.bytes)) /* most fields are others */
		return;
	for (f = 0; f < sizeof fields / sizeof fields[0]; f++) {
		if (!line_begins(&line, fields[f].name))
			continue;
		line_skip(&line, (uint32_t)strlen(fields[f].name));
		while (line.n && (*line.bytes == ' ' || *line.bytes == '\t'))
			line_skip(&line, 1);
		while (line.n && (line.bytes[line.n - 1] == ' ' || line.bytes[line.n - 1] == '\t'))
			line.n--;
		fields[f].read(head, &line);
	}
}

/* Reads fields up to the empty line; false: that is not there. A field that is cut is not read. */
static bool head_read(struct http_head *head, struct cursor *cursor)
{
	uint32_t begin = cursor->at;

	while (cursor->at - begin < CONTENT_HEAD_MAX) {
		struct line line = line_take(cursor);

		if (!line.whole)
			return false;
		if (!line.n)
			return true;
		head_field(head, line);
	}
	return false;
}

/* ---- the body ---- */

/* RFC 9112 section 6.3. */
static bool body_is_none(const struct http_head *head)
{
	const struct content *c = head->content;

	if (head->chunked)
		return false;
	return c->kind == CONTENT_REQUEST ? !head->has_length
					  : c->code < 200 || c->code == 204 || c->code == 304;
}

/* Moves behind the body where its end is known and in this payload. What a HEAD is answered
 * has a length and no body, a request refused before its body was sent neither. */
static void body_pass(struct http_head *head, struct cursor *cursor)
{
	const uint8_t *next = cursor_peek(cursor, CONTENT_LEAST_BYTES);
	struct content *c = head->content;

	if (body_is_none(head) || (next && memcmp(next, "HTTP/1.", 7) == 0))
		return;
	if (!head->has_length || head->chunked) {
		cursor->at = cursor->captured_end;
		return;
	}
	c->body_bytes = head->length > HTTP_BODY_MAX ? HTTP_BODY_MAX : (uint32_t)head->length;
	if (!cursor_take(cursor, c->body_bytes))
		cursor->at = cursor->captured_end;
}

static enum content_finding http_rest(struct cursor *cursor, struct content *c)
{
	struct http_head head = {.content = c};

	if (!head_read(&head, cursor)) {
		cursor->at = cursor->captured_end;
		c->marks |= CONTENT_CUT;
		return cursor->at - c->at < CONTENT_HEAD_MAX ? CONTENT_PARTIAL : CONTENT_FOUND;
	}
	c->head_bytes = cursor->at - c->at;
	body_pass(&head, cursor);
	return CONTENT_FOUND;
}

/* ---- requests ---- */

static bool method_read(struct line *line, uint16_t *method)
{
	uint32_t n = 0;

	while (n < line->n && n <= METHOD_BYTES_MAX && line->bytes[n] != ' ')
		n++;
	if (n == line->n || n > METHOD_BYTES_MAX)
		return false;
	for (*method = 0; *method < METHODS; ++*method)
		if (strlen(methods[*method]) == n && memcmp(methods[*method], line->bytes, n) == 0)
			break;
	if (*method == METHODS)
		return false;
	line_skip(line, n + 1);
	return true;
}

/* The line behind the method becomes the target alone. Where the line is cut, HTTP is what begins like a
 * path or an http URL; elsewhere the version says it (RTSP and SIP look alike in front of it). */
static bool target_read(struct line *line)
{
	uint32_t n = 0;

	while (n < line->n && line->bytes[n] > ' ' && line->bytes[n] != 0x7f)
		n++;
	if (!n)
		return false;
	if (!line->whole && n == line->n)
		return line->bytes[0] == '/' || line_begins(line, "http://");
	if (line->n - n >= 8 ? memcmp(line->bytes + n, " HTTP/1.", 8) != 0
			     : line->whole || memcmp(line->bytes + n, " HTTP/1.", line->n - n) != 0)
		return false;
	line->n = n;
	return true;
}

/* Splits "http://host/path" into name and path. */
static void target_absolute(struct content *c, struct line *target)
{
	const uint8_t *colon;
	struct line host;
	uint32_t n = 0;

	if (!target->n || *target->bytes == '/')
		return;
	colon = memmem(target->bytes, target->n, "://", 3);
	if (!colon || memchr(target->bytes, '/', target->n) != colon + 1)
		return;
	line_skip(target, (uint32_t)(colon - target->bytes) + 3);
	while (n < target->n && !memchr("/?#", target->bytes[n], 3))
		n++;
	host = (struct line){target->bytes, n, true};
	/* What comes before a later @ may be a user and a password with a slash in it. */
	if (!memchr(target->bytes + n, '@', target->n - n))
		host_keep(c, host);
	line_skip(target, n);
}

/* Neither a CONNECT's user nor what is left of one. */
static void target_without_user(struct line *target)
{
	const uint8_t *at = memrchr(target->bytes, '@', target->n);

	if (at)
		line_skip(target, (uint32_t)(at - target->bytes) + 1);
}

static void target_keep(struct content *c, struct line target)
{
	bool origin = target.n && *target.bytes == '/';
	uint32_t n = 0;

	target_absolute(c, &target);
	if (!origin && target.n)
		target_without_user(&target);
	while (n < target.n && target.bytes[n] != '?' && target.bytes[n] != '#' &&
	       target.bytes[n] != ';')
		n++;
	if (!content_text_add(&c->more, target.bytes, n, false))
		c->marks |= CONTENT_CLIPPED;
}

static enum content_finding http_request(struct cursor *cursor, struct content *c)
{
	struct line line = line_take(cursor);

	c->kind = CONTENT_REQUEST;
	if (!method_read(&line, &c->code) || !target_read(&line))
		return CONTENT_NONE;
	/* Of a URL that is cut, what looks like the host may be a user and half a password. */
	if (!line.whole && line_begins(&line, "http"))
		line.n = 0;
	target_keep(c, line);
	return http_rest(cursor, c);
}

/* ---- responses ---- */

static enum content_finding http_response(struct cursor *cursor, struct content *c)
{
	struct line line = line_take(cursor);
	enum content_finding found;
	const uint8_t *s = line.bytes;
	uint32_t i;

	if (line.n < HTTP_STATUS_BYTES || s[7] < '0' || s[7] > '9' || s[8] != ' ' ||
	    (line.n > HTTP_STATUS_BYTES && s[12] != ' '))
		return CONTENT_NONE;
	for (i = 9; i < 12; i++) {
		if (s[i] < '0' || s[i] > '9')
			return CONTENT_NONE;
		c->code = (uint16_t)(c->code * 10 + (s[i] - '0'));
	}
	c->kind = CONTENT_RESPONSE;
	if (c->code < 100 || c->code > 599)
		return CONTENT_NONE;
	found = http_rest(cursor, c);
	return c->code < 200 && c->code != 101 && found == CONTENT_FOUND ? CONTENT_SKIPPED : found;
}

enum content_finding content_http(struct cursor *cursor, struct content *c)
{
	const uint8_t *first = cursor_peek(cursor, CONTENT_LEAST_BYTES);

	if (!first)
		return CONTENT_NONE;
	return memcmp(first, "HTTP/1.", 7) == 0 ? http_response(cursor, c)
						: http_request(cursor, c);
}
