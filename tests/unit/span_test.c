/* Spans of time: what is merged, and where a moment lies. */
#include "correlate/span.h"

#include "tests/unit/check.h"

static void test_merge(void)
{
	struct span span[] = {{50, 60}, {10, 20}, {26, 30}, {12, 15}, {20, 21}};

	CHECK_INT(spans_merge(span, 5, 4), 3);
	CHECK_INT(span[0].from_ns, 10);
	CHECK_INT(span[0].to_ns, 21);
	CHECK_INT(span[1].from_ns, 26);
	CHECK_INT(span[2].to_ns, 60);
	CHECK_INT(spans_merge(span, 3, 5), 2);
	CHECK_INT(span[0].to_ns, 30);
	CHECK_INT(spans_merge(span, 0, 0), 0);
	check_case("spans that overlap, or are no farther apart than the gap, become one");
}

static void test_ends_of_time(void)
{
	struct span span[] = {{INT64_MAX, INT64_MAX}, {INT64_MIN, INT64_MIN}};

	CHECK_INT(spans_merge(span, 2, INT64_MAX), 2);
	CHECK_INT(span[0].from_ns, INT64_MIN);
	check_case("the first and the last moment there are lie apart");
}

static void test_find(void)
{
	const struct span span[] = {{10, 20}, {30, 40}};

	CHECK_INT(spans_find(span, 2, 5), 0);
	CHECK_INT(spans_find(span, 2, 20), 0);
	CHECK_INT(spans_find(span, 2, 21), 1);
	CHECK_INT(spans_find(span, 2, 41), 2);
	CHECK_INT(spans_find(span, 0, 41), 0);
	check_case("a moment's span is the first that ends then or later");
}

int main(void)
{
	test_merge();
	test_ends_of_time();
	test_find();
	return check_exit();
}
