/* The edges of distributions.csv's bins, and how lengths are counted. */
#include "correlate/bins.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/check.h"

static void test_delay_edges(void)
{
	int64_t edge[BINS_DELAY_EDGES];
	unsigned i;

	bins_delay_edges(edge);
	CHECK_INT(edge[0], 0);
	CHECK_INT(edge[1], 1);
	CHECK_INT(edge[BINS_DELAY_EDGES - 1], INT64_C(1000000000000));
	for (i = 2; i < BINS_DELAY_EDGES; i++) {
		double step = 100.0 * pow(10, (i - 2) / 10.0);

		CHECK(edge[i] > edge[i - 1]);
		CHECK(fabs((double)edge[i] - step) < 0.0125 * step);
	}
	check_case("edges of delays are ten equal steps of each decade, from 0.1 us to 1000 s");

	for (i = 12; i < BINS_DELAY_EDGES; i++)
		CHECK_INT(edge[i], 10 * edge[i - 10]);
	check_case("every decade has the same edges");
}

/* Each length once, and each third one dropped. */
static void test_length_classes(void)
{
	static const struct {
		uint32_t from, to;
	} rows[BINS_LENGTHS] = {
		{0, 63},       {64, 127},      {128, 255},   {256, 511},  {512, 1023},  {1024, 1280},
		{1281, 1400}, {1401, 1499}, {1500, 1500}, {1501, 9000}, {9001, 70000},
	};
	struct bins_lengths *lengths = calloc(1, sizeof *lengths);
	struct bins_class class[BINS_LENGTHS];
	uint32_t bytes;
	unsigned i;

	for (bytes = 0; bytes <= 70000; bytes++)
		bins_add_length(lengths, bytes, bytes % 3 == 0);
	bins_gather_lengths(lengths, class);
	for (i = 0; i < BINS_LENGTHS; i++) {
		CHECK_INT(bins_length_bytes[i], rows[i].from);
		CHECK_INT(class[i].packets, rows[i].to - rows[i].from + 1);
		CHECK_INT(class[i].dropped, rows[i].to / 3 - (rows[i].from + 2) / 3 + 1);
	}
	free(lengths);
	check_case("every length falls into the class whose first and last it lies between");
}

static void test_longest(void)
{
	struct bins_lengths *lengths = calloc(1, sizeof *lengths);
	struct bins_class class[BINS_LENGTHS];

	bins_add_length(lengths, UINT32_MAX, true);
	bins_gather_lengths(lengths, class);
	CHECK_INT(class[BINS_LENGTHS - 1].packets, 1);
	CHECK_INT(class[BINS_LENGTHS - 1].dropped, 1);
	free(lengths);
	check_case("the last class has no end");
}

int main(void)
{
	test_delay_edges();
	test_length_classes();
	test_longest();
	return check_exit();
}
