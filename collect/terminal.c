#include "collect/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define TERMINAL_COLUMNS_DEFAULT 80

/* The characters beyond ASCII that are valid and yet not shown raw. */
static const struct {
	uint32_t first, last;
} terminal_unsafe[] = {
	{0x80, 0x9f},     /* C1: 8-bit control sequences */
	{0x61c, 0x61c},   /* Arabic letter mark */
	{0x200e, 0x200f}, /* left-to-right and right-to-left mark */
	{0x2028, 0x202e}, /* line and paragraph separator, embeddings and overrides */
	{0x2066, 0x2069}, /* isolates */
	{0xfeff, 0xfeff}, /* zero-width no-break space */
};

/* How UTF-8 begins, by its first byte (RFC 3629, section 3). */
static const struct {
	uint8_t mask, lead, bytes;
	uint32_t least; /* a smaller character in as many bytes is overlong */
} terminal_utf8[] = {
	{0x80, 0x00, 1, 0},
	{0xe0, 0xc0, 2, 0x80},
	{0xf0, 0xe0, 3, 0x800},
	{0xf8, 0xf0, 4, 0x10000},
};

static bool terminal_is_safe(uint32_t character)
{
	size_t i;

	if (character < 0x20 || character == 0x7f)
		return false;
	for (i = 0; i < sizeof terminal_unsafe / sizeof terminal_unsafe[0]; i++)
		if (character >= terminal_unsafe[i].first && character <= terminal_unsafe[i].last)
			return false;
	return true;
}

/* The bytes of the character at `text` that may be shown as it is, or 0. */
static size_t terminal_character(const uint8_t *text, size_t bytes)
{
	size_t row, i;
	uint32_t character;

	for (row = 0; (text[0] & terminal_utf8[row].mask) != terminal_utf8[row].lead; row++)
		if (row + 1 == sizeof terminal_utf8 / sizeof terminal_utf8[0])
			return 0;
	if (terminal_utf8[row].bytes > bytes)
		return 0;
	character = text[0] & (uint8_t)~terminal_utf8[row].mask;
	for (i = 1; i < terminal_utf8[row].bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (text[i] & 0x3f);
	}
	if (character < terminal_utf8[row].least || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff) || !terminal_is_safe(character))
		return 0;
	return terminal_utf8[row].bytes;
}

/* One character or one escaped byte. Returns what was written to `piece`. */
static size_t terminal_piece(char piece[8], const char *text, size_t bytes, size_t *taken)
{
	size_t whole = terminal_character((const uint8_t *)text, bytes);

	if (whole) {
		memcpy(piece, text, whole);
		*taken = whole;
		return whole;
	}
	*taken = 1;
	return (size_t)snprintf(piece, 8, "\\x%02x", (uint8_t)*text);
}

size_t terminal_escape(char *out, size_t room, const char *text, size_t bytes)
{
	size_t length = 0;

	while (bytes) {
		char piece[8];
		size_t taken, n = terminal_piece(piece, text, bytes, &taken);

		if (length + n >= room)
			break;
		memcpy(out + length, piece, n);
		length += n;
		text += taken;
		bytes -= taken;
	}
	out[length] = '\0';
	return length;
}

void terminal_print(FILE *stream, const char *text)
{
	size_t bytes = strlen(text);

	while (bytes) {
		char piece[8];
		size_t taken, n = terminal_piece(piece, text, bytes, &taken);

		fwrite(piece, 1, n, stream);
		text += taken;
		bytes -= taken;
	}
}

void terminal_say(FILE *stream, const char *who, const char *text)
{
	terminal_print(stream, who);
	fputs(": ", stream);
	terminal_print(stream, text);
	fputc('\n', stream);
}

const char *terminal_number(char out[TERMINAL_NUMBER_MAX], uint64_t number)
{
	char digits[TERMINAL_NUMBER_MAX];
	int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
	int i, at = 0;

	for (i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *terminal_time(char out[TERMINAL_TIME_MAX], int64_t time_ns)
{
	int64_t ns = time_ns % 1000000000;
	time_t seconds = time_ns / 1000000000;
	struct tm tm;
	size_t n;

	if (ns < 0) {
		ns += 1000000000;
		seconds--;
	}
	gmtime_r(&seconds, &tm); /* years 1677 to 2262: it cannot fail */
	n = strftime(out, TERMINAL_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, TERMINAL_TIME_MAX - n, ".%09lldZ", (long long)ns);
	return out;
}

bool terminal_colour(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && *no_color)
		return false;
	return term && *term && strcmp(term, "dumb") != 0 && isatty(fileno(stream));
}

bool terminal_ascii(FILE *stream)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *locale = NULL;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0] && !(locale && *locale); i++)
		locale = getenv(names[i]);
	return isatty(fileno(stream)) &&
	       !(locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8")));
}

unsigned terminal_columns(FILE *stream)
{
	struct winsize size;

	if (ioctl(fileno(stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return TERMINAL_COLUMNS_DEFAULT;
	return size.ws_col;
}
