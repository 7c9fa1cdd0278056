/* Text that must not become markup: what a browser would read, worked out by hand. */
#include "report/html.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

typedef bool writer(FILE *stream, const char *text);

/* What the writer makes of a text; valid until the next call. */
static const char *written(writer *write, const char *text)
{
	static char *out;
	size_t size;
	FILE *stream;

	free(out);
	stream = open_memstream(&out, &size);
	CHECK(stream && write(stream, text));
	if (stream)
		fclose(stream);
	return out;
}

static void test_text(void)
{
	check_case("markup is shown, not made");
	CHECK_TEXT(written(html_text, "<img src=x onerror=alert(1)>"),
		   "&lt;img src=x onerror=alert(1)&gt;");
	CHECK_TEXT(written(html_text, "a\"b'c&d"), "a&quot;b&#39;c&amp;d");
	check_case("entities of the text stay text");
	CHECK_TEXT(written(html_text, "&lt;"), "&amp;lt;");
	check_case("control characters and what turns the writing are escaped first");
	CHECK_TEXT(written(html_text, "a\033[31m\n"), "a\\x1b[31m\\x0a");
	CHECK_TEXT(written(html_text, "\xe2\x80\xae" "exe.txt"), "\\xe2\\x80\\xaeexe.txt");
	CHECK_TEXT(written(html_text, "\xff"), "\\xff");
	check_case("UTF-8 stays");
	CHECK_TEXT(written(html_text, "b\xc3\xbc" "cher"), "b\xc3\xbc" "cher");
}

static void test_hop(void)
{
	check_case("a hop has blanks around its sign, which is escaped");
	CHECK_TEXT(written(html_hop, "fw-in>web1/web2"), "fw-in &gt; web1/web2");
}

static void test_json(void)
{
	check_case("a string of JSON ends no script");
	CHECK_TEXT(written(html_json, "</script><!--"), "\"\\u003c/script\\u003e\\u003c!--\"");
	check_case("quotes and backslashes are those of the text");
	CHECK_TEXT(written(html_json, "a\"b\\c"), "\"a\\\"b\\\\c\"");
	CHECK_TEXT(written(html_json, "\n"), "\"\\\\x0a\"");
}

static const char *duration(int64_t value_ns)
{
	static char text[64];
	FILE *stream = fmemopen(text, sizeof text, "w");

	CHECK(stream != NULL);
	if (stream) {
		html_duration(stream, value_ns);
		fclose(stream);
	}
	return text;
}

static void test_numbers(void)
{
	check_case("microseconds bear their sign");
	CHECK_TEXT(duration(1500), "1.5 \xc2\xb5s");
	CHECK_TEXT(duration(999), "999 ns");
	CHECK_TEXT(duration(2000000000), "2.00 s");
}

int main(void)
{
	test_text();
	test_hop();
	test_json();
	test_numbers();
	return check_exit();
}
