/* Cells back from their text: what report/cell.c writes is read as what it was, and nothing else is. */
#include "report/verify_cell.h"

#include <stdlib.h>

#include "report/cell.h"
#include "tests/unit/check.h"

static const struct table_column columns[] = {
	{"n", TABLE_INT, 0},        {"time", TABLE_TIME, 9},      {"delay_us", TABLE_NANOS, 3},
	{"duration_s", TABLE_NANOS, 9}, {"ratio", TABLE_REAL, 6}, {"src", TABLE_ADDRESS, 0},
	{"text", TABLE_FOREIGN, 0},
};
enum { N, TIME, MICROS, SECONDS, RATIO, ADDRESS, TEXT };

static uint64_t state = 1;

static uint64_t random_64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Written and read again, it is itself. */
static void check_number(unsigned column, int64_t number)
{
	struct cell_form form = cell_form(&columns[column]);
	struct cell cell = {.number = number, .known = true};
	char text[CELL_ROOM + 1];
	struct verify_value value;
	const char *wrong;

	*cell_write(text, &form, &cell) = '\0';
	wrong = verify_cell(&columns[column], text, &value);
	CHECK_TEXT(wrong ? wrong : "", "");
	CHECK(value.known);
	CHECK_INT(value.number, number);
}

static void test_numbers(void)
{
	static const int64_t some[] = {0, 1, -1, 999, -1000, INT64_MAX, INT64_MIN + 1, INT64_C(1700000000123456789)};
	size_t i;

	for (i = 0; i < sizeof some / sizeof some[0]; i++) {
		check_number(N, some[i]);
		check_number(TIME, some[i]);
		check_number(MICROS, some[i]);
		check_number(SECONDS, some[i]);
	}
	for (i = 0; i < 100000; i++) {
		int64_t number = (int64_t)(random_64() >> random_64() % 64);

		check_number(N, number);
		check_number(TIME, number);
		check_number(SECONDS, -number / 2);
		check_number(MICROS, number);
	}
	check_case("numbers, times and lengths of time are read as they were");
}

static void test_days(void)
{
	static const struct {
		const char *text;
		int64_t seconds; /* as date(1) has them */
	} days[] = {
		{"1970-01-01T00:00:00.000000000Z", 0},
		{"2000-02-29T23:59:59.000000000Z", 951868799},
		{"2000-03-01T00:00:00.000000000Z", 951868800},
		{"1900-03-01T00:00:00.000000000Z", -2203891200},
		{"2024-12-31T12:34:56.000000000Z", 1735648496},
	};
	struct verify_value value;
	size_t i;

	for (i = 0; i < sizeof days / sizeof days[0]; i++) {
		CHECK(!verify_cell(&columns[TIME], days[i].text, &value));
		CHECK_INT(value.number, days[i].seconds * 1000000000);
	}
	check_case("days are those of the calendar");
}

static void test_wrong(void)
{
	static const struct {
		unsigned column;
		const char *text;
	} wrong[] = {
		{N, "x"}, {N, "1 "}, {N, "+1"}, {N, "01"}, {N, "-0"}, {N, "1.0"}, {N, "-"},
		{N, "9223372036854775808"}, {N, "99999999999999999999"},
		{TIME, "2024-02-30T00:00:00.000000000Z"}, {TIME, "2024-01-01T00:00:00Z"},
		{TIME, "2024-01-01T00:00:00.000000000"}, {TIME, "2024-01-01T24:00:00.000000000Z"},
		{TIME, "2024-13-01T00:00:00.000000000Z"}, {TIME, "9999-01-01T00:00:00.000000000Z"},
		{TIME, "2024-01-01T00:00:00.000000000Zx"}, {TIME, " 024-01-01T00:00:00.000000000Z"}, {TIME, "ZZZZ-01-ZZTZZ:ZZ:ZZ.ZZZZZZZZZZ"},
		{MICROS, "1"}, {MICROS, "1.00"}, {MICROS, "1.0000"}, {MICROS, ".000"}, {MICROS, "1,000"},
		{MICROS, "9223372036854775.808"}, {SECONDS, "1.000"}, {SECONDS, "9223372036.854775808"},
		{RATIO, "nan"}, {RATIO, "inf"}, {RATIO, "0x1p3"}, {RATIO, "0.5"}, {RATIO, "0,500000"},
		{ADDRESS, "10.0.0.256"}, {ADDRESS, "10.0.0.01"}, {ADDRESS, "2001:DB8::1"},
		{ADDRESS, "2001:db8:0:0:0:0:0:1"}, {ADDRESS, "::1/64"}, {TEXT, "\xff"}, {TEXT, "a\xc3"},
	};
	struct verify_value value;
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (!verify_cell(&columns[wrong[i].column], wrong[i].text, &value)) {
			printf("# \"%s\" is taken for a %s\n", wrong[i].text, columns[wrong[i].column].name);
			CHECK(false);
		}
	check_case("what is written another way is refused");
}

static void test_right(void)
{
	static const struct {
		unsigned column;
		const char *text;
	} right[] = {
		{RATIO, "0.500000"}, {RATIO, "1.000000"}, {ADDRESS, "10.0.0.1"}, {ADDRESS, "2001:db8::1"},
		{ADDRESS, "::ffff:10.0.0.1"}, {TEXT, "\xc3\xa9, \"x\""},
	};
	struct verify_value value;
	size_t i;

	for (i = 0; i < sizeof right / sizeof right[0]; i++) {
		const char *why = verify_cell(&columns[right[i].column], right[i].text, &value);

		CHECK_TEXT(why ? why : "", "");
		CHECK(value.known);
	}
	for (i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		CHECK(!verify_cell(&columns[i], "", &value));
		CHECK(!value.known);
	}
	check_case("addresses, ratios and texts are taken, and what is not known");
}

int main(void)
{
	test_numbers();
	test_days();
	test_wrong();
	test_right();
	return check_exit();
}
