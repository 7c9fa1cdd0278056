/* Text for people. The escapes are those that printf(1)'s %q or a look at the
 * bytes would give. */
#include <stdlib.h>

#include "collect/terminal.h"
#include "tests/unit/check.h"

static void escapes(void)
{
	static const struct {
		const char *text, *escaped;
	} rows[] = {
		{"plain text, 100 %", "plain text, 100 %"},
		{"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f"},
		{"\033]0;owned\007", "\\x1b]0;owned\\x07"},
		{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xc2\x9b" "31m", "\\xc2\\x9b31m"},              /* CSI as one C1 character */
		{"\x9b" "31m", "\\x9b31m"},                      /* and as a bare byte */
		{"a\xe2\x80\xae" "gpj.exe", "a\\xe2\\x80\\xaegpj.exe"}, /* right-to-left override */
		{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
		{"\xc0\xaf", "\\xc0\\xaf"},                       /* overlong */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},              /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},     /* above U+10FFFF */
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xe2\x82", "\\xe2\\x82"},                       /* cut */
		{"back\\slash", "back\\slash"},
	};
	char out[128];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = terminal_escape(out, sizeof out, rows[i].text, strlen(rows[i].text));

		CHECK_TEXT(out, rows[i].escaped);
		CHECK_INT(n, strlen(rows[i].escaped));
	}
	CHECK_INT(terminal_escape(out, sizeof out, "a\0b", 3), 6);
	CHECK_TEXT(out, "a\\x00b");
	check_case("control bytes, turned writing and what is no UTF-8 become \\xNN");

	CHECK_INT(terminal_escape(out, 1, "abc", 3), 0);
	CHECK_INT(terminal_escape(out, 5, "ab\n", 3), 2);
	CHECK_TEXT(out, "ab");
	CHECK_INT(terminal_escape(out, 4, "ab\xc3\xbc", 4), 2);
	CHECK_TEXT(out, "ab");
	check_case("a character or an escape that does not fit is left out whole");
}

static void stream(void)
{
	char text[64] = "";
	FILE *memory = fmemopen(text, sizeof text, "w");

	terminal_say(memory, "a\rb", "x\x1by");
	fclose(memory);
	CHECK_TEXT(text, "a\\x0db: x\\x1by\n");
	check_case("a line has both its parts escaped");
}

static void numbers(void)
{
	char out[TERMINAL_NUMBER_MAX], time[TERMINAL_TIME_MAX];

	CHECK_TEXT(terminal_number(out, 0), "0");
	CHECK_TEXT(terminal_number(out, 999), "999");
	CHECK_TEXT(terminal_number(out, 2156), "2,156");
	CHECK_TEXT(terminal_number(out, UINT64_MAX), "18,446,744,073,709,551,615");
	/* date -u -d @1714564800 */
	CHECK_TEXT(terminal_time(time, INT64_C(1714564800) * 1000000000 + 5),
		   "2024-05-01T12:00:00.000000005Z");
	CHECK_TEXT(terminal_time(time, -1), "1969-12-31T23:59:59.999999999Z");
	CHECK_TEXT(terminal_time(time, INT64_MAX), "2262-04-11T23:47:16.854775807Z");
	CHECK_TEXT(terminal_time(time, INT64_MIN), "1677-09-21T00:12:43.145224192Z");
	check_case("numbers have commas and times nine decimals, to the ends of int64");
}

static void colour(void)
{
	FILE *file = tmpfile();

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	CHECK(!terminal_colour(file));
	CHECK_INT(terminal_columns(file), 80);
	fclose(file);
	check_case("a file gets no colours and is 80 columns wide");
}

int main(void)
{
	escapes();
	stream();
	numbers();
	colour();
	return check_exit();
}
