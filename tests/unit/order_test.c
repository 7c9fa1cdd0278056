/* Sorting by a number, against qsort() and by what must hold. */
#include "correlate/order.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/check.h"

#define ITEMS 20000u

struct item {
	int64_t time;
	uint32_t place; /* in the list before */
	char name[9];
};

static int item_compare(const void *x, const void *y)
{
	const struct item *a = x, *b = y;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static uint64_t item_time(const void *item)
{
	return order_of_int(((const struct item *)item)->time);
}

static uint64_t next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 11 ^ *state << 31;
}

/* Lists of every kind of times: far apart, few different ones, in order, the other way round. */
static int64_t item_make(unsigned kind, uint32_t i, uint64_t *state)
{
	switch (kind) {
	case 0:
		return (int64_t)next(state);
	case 1:
		return (int64_t)(next(state) % 7) - 3;
	case 2:
		return i;
	case 3:
		return -(int64_t)i;
	default:
		return INT64_C(1700000000000000000) + (int64_t)(next(state) % 1000000) * 1000;
	}
}

static void test_lists(void)
{
	struct item *list = calloc(ITEMS, sizeof *list), *other = calloc(ITEMS, sizeof *other);
	uint64_t state = 1;
	unsigned kind;
	uint32_t i;

	for (kind = 0; kind < 5; kind++) {
		for (i = 0; i < ITEMS; i++) {
			list[i].time = item_make(kind, i, &state);
			list[i].place = i;
			snprintf(list[i].name, sizeof list[i].name, "%u", i);
		}
		memcpy(other, list, ITEMS * sizeof *list);
		qsort(other, ITEMS, sizeof *other, item_compare);
		CHECK(order_by(NULL, list, ITEMS, sizeof *list, item_time));
		CHECK(memcmp(list, other, ITEMS * sizeof *list) == 0);
	}
	check_case("a list is sorted as by qsort(), and equal ones stay in their order");
	free(list);
	free(other);
}

static void test_little(void)
{
	struct order_key two[2] = {{UINT64_MAX, 0}, {0, 1}};
	struct item one = {.time = 5};

	CHECK(order_sort(NULL, two, 0));
	CHECK_INT(two[0].number, 0);
	CHECK(order_sort(NULL, two, 2));
	CHECK_INT(two[0].number, 1);
	CHECK_INT(two[1].number, 0);
	CHECK(order_by(NULL, &one, 1, sizeof one, item_time));
	CHECK(order_by(NULL, NULL, 0, sizeof one, item_time));
	check_case("nothing, one and two are sorted, too");
}

static void test_numbers(void)
{
	static const int64_t ints[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
	static const double reals[] = {-INFINITY, -1e300, -1.5, -1e-310, 0, 1e-310, 1.5, 1e300, INFINITY};
	size_t i;

	for (i = 1; i < sizeof ints / sizeof ints[0]; i++)
		CHECK(order_of_int(ints[i - 1]) < order_of_int(ints[i]));
	for (i = 1; i < sizeof reals / sizeof reals[0]; i++)
		CHECK(order_of_double(reals[i - 1]) < order_of_double(reals[i]));
	CHECK(order_of_double(-0.0) == order_of_double(0.0));
	check_case("times and real numbers of either sign keep their order as keys");
}

int main(void)
{
	test_lists();
	test_little();
	test_numbers();
	return check_exit();
}
