/* Bars of delay over time, against lines worked out by hand. */
#include "report/text_bars.h"

#include <string.h>

#include "correlate/results.h"
#include "tests/unit/check.h"

#define US 1000
#define SECOND 1000000000

enum { ROWS_MAX = 20 };

static struct cell cells[ROWS_MAX][DELAYS_COLUMNS];
static struct text_bars bars;

/* A row of delays.csv: p50 < 0 is one that is not known. */
static void row(uint32_t at, const char *hop, const char *direction, int64_t second, int64_t p50_us)
{
	cells[at][DELAYS_HOP] = (struct cell){.text = hop, .known = true};
	cells[at][DELAYS_DIRECTION] = (struct cell){.text = direction, .known = true};
	cells[at][DELAYS_BUCKET_START] = (struct cell){.number = second * SECOND, .known = true};
	cells[at][DELAYS_BUCKET] = (struct cell){.number = SECOND, .known = true};
	cells[at][DELAYS_P50] = (struct cell){.number = p50_us * US, .known = p50_us >= 0};
}

static void given(uint32_t rows, int64_t first_s, int64_t last_s, bool ascii)
{
	bars = (struct text_bars){
		.delays = {.schema = &results_delays, .count = rows, .cell = cells[0]},
		.first_ns = first_s * SECOND, .last_ns = last_s * SECOND, .ascii = ascii};
}

static const char *line(const char *hop, const char *direction)
{
	static char text[TEXT_BARS_ROOM];

	return text_bars_line(&bars, hop, direction, text);
}

static void test_levels(void)
{
	uint32_t i;

	check_case("eighths of the greatest delay are eight levels");
	for (i = 0; i < 8; i++)
		row(i, "a>b", "forward", i, 10 * (i + 1));
	row(8, "a>b", "reverse", 0, 5);
	row(9, "b>c", "forward", 1, -1);
	given(10, 0, 16, false);
	CHECK_TEXT(line("a>b", "forward"), "▁▂▃▄▅▆▇█········");
	check_case("one direction of one hop is shown");
	CHECK_TEXT(line("a>b", "reverse"), "█···············");
	check_case("no delay known: no bars");
	CHECK_TEXT(line("b>c", "forward"), "");
	CHECK_TEXT(line("none", "forward"), "");
}

static void test_stretches(void)
{
	uint32_t i;

	check_case("of the rows of a stretch the greatest counts");
	for (i = 0; i < 16; i++)
		row(i, "a>b", "forward", 2 * i, i == 3 ? 80 : 10);
	row(16, "a>b", "forward", 1, 40);
	given(17, 0, 32, false);
	CHECK_TEXT(line("a>b", "forward"), "▄▁▁█▁▁▁▁▁▁▁▁▁▁▁▁");
	check_case("a terminal without UTF-8 has bars of ASCII");
	given(17, 0, 32, true);
	CHECK_TEXT(line("a>b", "forward"), "-__#____________");
}

static void test_edges(void)
{
	check_case("a delay of 0 where all are 0 is a low bar");
	row(0, "a>b", "forward", 0, 0);
	given(1, 0, 1, false);
	CHECK_TEXT(line("a>b", "forward"), "▁···············");
	check_case("the last moment belongs to the last stretch");
	row(0, "a>b", "forward", 16, 7);
	given(1, 0, 16, false);
	CHECK_TEXT(line("a>b", "forward"), "···············█");
}

int main(void)
{
	test_levels();
	test_stretches();
	test_edges();
	return check_exit();
}
