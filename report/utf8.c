#include "report/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* RFC 3629, section 4: the first byte says how many follow, and what the second
 * may be, so that nothing overlong, no surrogate and nothing above U+10FFFF passes. */
static const struct {
	uint8_t first, last;   /* first byte */
	uint8_t bytes;
	uint8_t low, high;     /* second byte */
} utf8_rows[] = {
	{0x01, 0x7f, 1, 0, 0},	     {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
	{0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
	{0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

size_t utf8_character(const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t row, i;

	for (row = 0; row < sizeof utf8_rows / sizeof utf8_rows[0]; row++) {
		if (p[0] < utf8_rows[row].first || p[0] > utf8_rows[row].last)
			continue;
		if (utf8_rows[row].bytes == 1)
			return 1;
		if (p[1] < utf8_rows[row].low || p[1] > utf8_rows[row].high)
			return 0;
		for (i = 2; i < utf8_rows[row].bytes; i++)
			if ((p[i] & 0xc0) != 0x80)
				return 0;
		return utf8_rows[row].bytes;
	}
	return 0;
}

size_t utf8_clean(char *out, const char *text)
{
	char *start = out;

	while (*text) {
		size_t n = utf8_character(text);

		if (n) {
			memcpy(out, text, n);
			out += n;
			text += n;
		} else {
			out += sprintf(out, "\\x%02x", (uint8_t)*text++);
		}
	}
	*out = '\0';
	return (size_t)(out - start);
}
