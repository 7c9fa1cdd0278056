#include "collect/content.h"

#include <string.h>

/* The first letters of the methods known, 'H' of HTTP, the TLS records looked at, and the
 * first byte of a binary PROXY header. */
const uint8_t content_first[256] = {
	['G'] = 1, ['H'] = 1, ['P'] = 1, ['D'] = 1, ['C'] = 1, ['O'] = 1, ['T'] = 1,
	['M'] = 1, ['L'] = 1, ['U'] = 1, ['R'] = 1, ['S'] = 1, ['B'] = 1,
	[21] = 2, [22] = 2, ['\r'] = 3,
};

enum content_finding content_next(struct cursor *cursor, struct content *content)
{
	const uint8_t *first = cursor_peek(cursor, CONTENT_LEAST_BYTES);

	if (!first || !content_first[*first])
		return CONTENT_NONE;
	/* Not the texts: long, and nothing until bytes say so. */
	content->kind = content->marks = content->name.bytes = content->more.bytes = 0;
	content->client.bytes = 0;
	content->code = 0;
	content->at = cursor->at;
	content->head_bytes = content->body_bytes = 0;
	if (content_first[*first] == 2)
		return content_tls(cursor, content);
	return content_proxy_begins(first) ? content_proxy(cursor, content)
					   : content_http(cursor, content);
}

bool content_looks(const uint8_t *bytes, uint32_t n)
{
	uint32_t i = 0;

	if (n < CONTENT_LEAST_BYTES || !content_first[*bytes])
		return false;
	if (content_first[*bytes] == 2)
		return bytes[1] == 3 && bytes[2] <= 4;
	if (memcmp(bytes, "HTTP/1.", 7) == 0 || content_proxy_begins(bytes))
		return true;
	while (i < n && bytes[i] >= 'A' && bytes[i] <= 'Z')
		i++;
	return i > 2 && i < n && bytes[i] == ' ';
}

/* A bit for each byte of printable ASCII but space, quotes and backslash. */
static inline bool content_plain(uint8_t c)
{
	static const uint64_t plain[4] = {0xffffff7a00000000, 0x7fffffffefffffff, 0, 0};

	return plain[c >> 6] >> (c & 63) & 1;
}

bool content_text_add(struct content_text *text, const uint8_t *bytes, uint32_t n, bool lower)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t i, to = text->bytes;

	for (i = 0; i < n && to < CONTENT_NAME_BYTES && content_plain(bytes[i]); i++)
		text->text[to++] = (char)(bytes[i] | (lower && bytes[i] >= 'A' && bytes[i] <= 'Z') << 5);
	text->bytes = (uint8_t)to;
	for (; i < n; i++) {
		uint8_t c = bytes[i];
		uint32_t size = content_plain(c) ? 1 : 4;

		if (text->bytes + size > CONTENT_NAME_BYTES)
			return false;
		if (size == 1) {
			text->text[text->bytes++] =
				(char)(c | (lower && c >= 'A' && c <= 'Z') << 5);
			continue;
		}
		text->text[text->bytes++] = '\\';
		text->text[text->bytes++] = 'x';
		text->text[text->bytes++] = digits[c >> 4];
		text->text[text->bytes++] = digits[c & 15];
	}
	return true;
}
