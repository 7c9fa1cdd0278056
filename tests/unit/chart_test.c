/* Axes of charts: where they begin and end, and what stands beside them, against values that a
 * person would choose. */
#include "report/chart.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

#define SECOND INT64_C(1000000000)

static bool ends(struct chart_axis axis, double low, double high)
{
	double size = high - low;

	return axis.low > low - size / 1e6 && axis.low < low + size / 1e6 &&
	       axis.high > high - size / 1e6 && axis.high < high + size / 1e6;
}

static void test_ends(void)
{
	check_case("an axis of counts begins at 0 and ends at a round number");
	CHECK(ends(chart_axis(CHART_COUNT, 3, 292), 0, 300));
	CHECK(ends(chart_axis(CHART_COUNT, 0, 60), 0, 60));
	check_case("counts have no halves");
	CHECK(ends(chart_axis(CHART_COUNT, 0, 2), 0, 2));
	CHECK(ends(chart_axis(CHART_COUNT, 0, 0), 0, 1));
	check_case("a ratio does not go beyond 1");
	CHECK(ends(chart_axis(CHART_RATIO, 0, 0.97), 0, 1));
	CHECK(ends(chart_axis(CHART_RATIO, 0, 0.0178), 0, 0.02));
	check_case("a delay below 0 is on the axis");
	CHECK(ends(chart_axis(CHART_DURATION, -300, 900), -500, 1000));
	check_case("a logarithmic axis ends at powers of ten");
	CHECK(ends(chart_axis(CHART_DURATION_LOG, 633, 29100), 100, 100000));
	CHECK(ends(chart_axis(CHART_DURATION_LOG, 1000, 10000), 1000, 10000));
	CHECK(ends(chart_axis(CHART_DURATION_LOG, 1000, 1000), 1000, 10000));
}

static struct chart chart;

/* A chart of these axes as text; valid until the next call. */
static const char *drawn(struct chart_axis x, struct chart_axis y)
{
	static char *text;
	size_t size;
	FILE *stream;

	free(text);
	stream = open_memstream(&text, &size);
	CHECK(stream && chart_begin(&chart, stream, 400, 200, x, y, "x", "y", "<b>"));
	if (stream) {
		chart_end(&chart);
		fclose(stream);
	}
	return text;
}

static bool has(const char *text, const char *tick)
{
	char wanted[64];

	snprintf(wanted, sizeof wanted, ">%s</text>", tick);
	return strstr(text, wanted) != NULL;
}

static void test_places(void)
{
	struct chart_axis count = chart_axis(CHART_COUNT, 0, 100);

	check_case("values lie in proportion, and none outside the frame");
	drawn(chart_axis(CHART_DURATION_LOG, 100, 100000), count);
	CHECK_INT((int)(chart_x(&chart, 1000) - chart_x(&chart, 100) + 0.5),
		  (int)(chart_x(&chart, 10000) - chart_x(&chart, 1000) + 0.5));
	CHECK_INT((int)chart_y(&chart, 0), (int)chart.bottom);
	CHECK_INT((int)chart_y(&chart, 100), (int)chart.top);
	CHECK_INT((int)chart_y(&chart, 900), (int)chart.top);
	CHECK_INT((int)chart_x(&chart, -5), (int)chart.left);
	check_case("a moment lies between the first and the last");
	drawn(chart_axis_time(1700000000 * SECOND, 1700000010 * SECOND), count);
	CHECK_INT((int)chart_x_time(&chart, 1700000005 * SECOND), (int)((chart.left + chart.right) / 2));
}

static void test_ticks(void)
{
	struct chart_axis count = chart_axis(CHART_COUNT, 0, 3000);
	const char *text;

	check_case("powers of ten are named in their units");
	text = drawn(chart_axis(CHART_DURATION_LOG, 100, 100000), count);
	CHECK(has(text, "100 ns") && has(text, "1 µs") && has(text, "10 µs") && has(text, "100 µs"));
	check_case("counts have commas");
	CHECK(has(text, "0") && has(text, "1,000") && has(text, "3,000"));
	check_case("a short time is told from its beginning");
	text = drawn(chart_axis_time(1700000000 * SECOND, 1700000010 * SECOND), count);
	CHECK(has(text, "0") && has(text, "2 s") && has(text, "10 s"));
	CHECK(strstr(text, "since 22:13:20") != NULL);
	check_case("a long one is told by the clock, in UTC, at round times");
	text = drawn(chart_axis_time(1700000000 * SECOND, 1700003600 * SECOND), count);
	CHECK(has(text, "22:15") && has(text, "22:30") && has(text, "23:00") && !has(text, "22:13"));
	check_case("what a screen reader says is text");
	CHECK(strstr(text, "aria-label=\"&lt;b&gt;\"") != NULL);
}

int main(void)
{
	test_ends();
	test_places();
	test_ticks();
	return check_exit();
}
