/* Text that came from a packet or a file name, on its way to a terminal, into HTML and into JSON within HTML: what
 * comes out is UTF-8, obeys nobody and is no markup. */
#include <stdio.h>

#include "collect/terminal.h"
#include "report/html.h"
#include "report/utf8.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT_MAX = 256 }; /* bytes: no longer one holds what shorter ones do not */

/* Characters, each whole, none of them one that a terminal obeys or that turns the direction of writing. */
static void text_check(const char *text)
{
	static const char *const never[] = {"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
					    "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8",
					    "\xe2\x81\xa9", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\x8e",
					    "\xe2\x80\x8f", "\xd8\x9c"};

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		FUZZ_HOLDS(!strstr(text, never[i]));
	while (*text) {
		size_t n = utf8_character(text);

		FUZZ_HOLDS(n);
		FUZZ_HOLDS((uint8_t)*text >= ' ' && *text != 0x7f);
		FUZZ_HOLDS(n != 2 || (uint8_t)text[0] != 0xc2 || (uint8_t)text[1] >= 0xa0);
		text += n;
	}
}

static void to_terminal(const char *text)
{
	size_t bytes = strlen(text), room, n;
	char *out;

	for (room = 1; room <= 4 * bytes + 1; room = room * 2 + 1) {
		out = malloc(room);
		if (!out)
			abort();
		n = terminal_escape(out, room, text, bytes);
		FUZZ_HOLDS(n < room && out[n] == '\0' && strlen(out) == n);
		text_check(out);
		free(out);
	}
}

/* What `write` makes of it, which the caller frees. */
static char *written(bool (*write)(FILE *, const char *), const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	if (!stream || !write(stream, text) || fclose(stream))
		abort();
	text_check(out);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size < TEXT_MAX ? size : TEXT_MAX};
	char *text = fuzz_text(&in), *out, *clean;
	size_t n;

	to_terminal(text);
	out = written(html_text, text);
	FUZZ_HOLDS(!strpbrk(out, "<>\"'"));
	free(out);
	out = written(html_json, text);
	n = strlen(out);
	FUZZ_HOLDS(n >= 2 && out[0] == '"' && out[n - 1] == '"' && !strpbrk(out, "<>&"));
	for (size_t i = 1; i < n - 1; i++) {
		FUZZ_HOLDS(out[i] != '"');
		i += out[i] == '\\';
		FUZZ_HOLDS(i < n - 1);
	}
	free(out);
	clean = malloc(4 * strlen(text) + 1);
	if (!clean)
		abort();
	n = utf8_clean(clean, text);
	FUZZ_HOLDS(strlen(clean) == n);
	for (out = clean; *out; out += n)
		FUZZ_HOLDS((n = utf8_character(out)) != 0);
	free(clean);
	free(text);
	return 0;
}
