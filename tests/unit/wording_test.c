/* How the summary says things: expected lines by hand. */
#include "report/wording.h"

#include <stdlib.h>

#include "report/grid.h"
#include "tests/unit/check.h"

static char room[WORDING_ROOM];

static void test_numbers(void)
{
	CHECK_TEXT(wording_duration(room, 0), "0 ns");
	CHECK_TEXT(wording_duration(room, -800), "-800 ns");
	CHECK_TEXT(wording_duration(room, 12300), "12.3 us");
	CHECK_TEXT(wording_duration(room, 612345), "612 us");
	CHECK_TEXT(wording_duration(room, 12240000), "12.24 ms");
	CHECK_TEXT(wording_duration(room, 500000000), "500 ms");
	CHECK_TEXT(wording_duration(room, 35200000000), "35.20 s");
	CHECK_TEXT(wording_duration(room, INT64_MIN + 1), "-9223372036.85 s");
	CHECK_TEXT(wording_offset(room, -41250), "-41.3 us");
	CHECK_TEXT(wording_offset(room, 123456789), "123.457 ms");
	CHECK_TEXT(wording_offset(room, -3700000123456), "-3700.000123 s");
	check_case("lengths of time have a unit that fits them");

	CHECK_TEXT(wording_percent(room, 0), "0");
	CHECK_TEXT(wording_percent(room, 0.0084), "0.84");
	CHECK_TEXT(wording_percent(room, 0.00009), "<0.01");
	CHECK_TEXT(wording_percent(room, 0.99999), ">99.99");
	CHECK_TEXT(wording_percent(room, 1), "100.00");
	CHECK_TEXT(wording_count(room, 1, "packet"), "1 packet");
	CHECK_TEXT(wording_count(room, 0, "packet"), "0 packets");
	CHECK_TEXT(wording_count(room, 1234567, "packet"), "1,234,567 packets");
	check_case("a little is not nothing, and nearly all is not all");
}

static const char *wrapped(const char *text, unsigned column, unsigned indent, unsigned width,
			   char out[256])
{
	FILE *stream = fmemopen(out, 256, "w");

	wording_wrap(stream, text, column, indent, width);
	fclose(stream);
	return out;
}

static void test_wrap(void)
{
	char out[256];

	CHECK_TEXT(wrapped("one two three", 0, 0, 7, out), "one two\nthree\n");
	CHECK_TEXT(wrapped("one  two three", 3, 2, 8, out), "one\n  two\n  three\n");
	CHECK_TEXT(wrapped("", 0, 0, 10, out), "\n");
	CHECK_TEXT(wrapped("abcdefghijkl", 0, 0, 5, out), "abcde\nfghij\nkl\n");
	CHECK_TEXT(wrapped("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 0, 0, 3, out),
		   "\xc3\xa9\xc3\xa9\xc3\xa9\n\xc3\xa9\n");
	check_case("sentences are broken at blanks, words only where they are wider than the page");
}

static void test_safe(void)
{
	char *text = wording_hop("fw-in>web\x1b[2J");

	CHECK_TEXT(text, "fw-in > web\\x1b[2J");
	free(text);
	check_case("names of hops are shown without control characters");
}

static void test_grid(void)
{
	static const char *const headings[] = {"Hops", "packets", "dropped", "edge", "note"};
	struct grid *grid = grid_new(headings, 4);
	char out[512] = "";
	FILE *stream;

	grid_optional(grid, 2);
	CHECK(grid_add_row(grid, "a > b"));
	grid_set(grid, 0, "1,234");
	grid_set(grid, 1, "5");
	grid_set(grid, 2, "0");
	CHECK(grid_add_row(grid, "b > a"));
	grid_set(grid, 0, "9");
	stream = fmemopen(out, sizeof out, "w");
	grid_print(grid, stream, 100, 0);
	fclose(stream);
	CHECK_TEXT(out, "\nHops   packets  dropped\n"
			"a > b    1,234        5\n"
			"b > a        9\n");
	check_case("a grid is flush right and leaves out columns that say nothing");

	grid_set(grid, 2, "7");
	CHECK(grid_add_row(grid, "a label that is long"));
	grid_set(grid, 0, "1");
	stream = fmemopen(out, sizeof out, "w");
	grid_print(grid, stream, 24, 0);
	fclose(stream);
	CHECK_TEXT(out, "\nHops   packets  dropped\n"
			"a > b    1,234        5\n"
			"b > a        9\n"
			"a label that is long\n"
			"             1\n"
			"\nHops   edge\n"
			"a > b     0\n"
			"b > a     7\n"
			"a label that is long\n");
	grid_free(&grid);
	check_case("a grid that is wider than the page goes on below");
}

int main(void)
{
	test_numbers();
	test_wrap();
	test_safe();
	test_grid();
	return check_exit();
}
