/* Values as text: worked out by hand, by date(1), or by the C library's own printing. */
#include "report/cell.h"

#include <arpa/inet.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "report/utf8.h"
#include "tests/unit/check.h"

static char room[CELL_ROOM];

/* What a function wrote there, as a text. */
#define IN_ROOM(call) (*(call) = '\0', (const char *)room)

static void test_time(void)
{
	static const struct {
		int64_t time_ns;
		const char *text; /* date -u -d @SECONDS +%FT%T */
	} samples[] = {
		{0, "1970-01-01T00:00:00.000000000Z"},
		{1, "1970-01-01T00:00:00.000000001Z"},
		{-1, "1969-12-31T23:59:59.999999999Z"},
		{-1000000000, "1969-12-31T23:59:59.000000000Z"},
		{951782400000000000, "2000-02-29T00:00:00.000000000Z"},
		{1709251199123456789, "2024-02-29T23:59:59.123456789Z"},
		{4107542399999999999, "2100-02-28T23:59:59.999999999Z"},
		{4107542400000000000, "2100-03-01T00:00:00.000000000Z"},
		{INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
		{INT64_MIN + 1, "1677-09-21T00:12:43.145224193Z"},
	};
	int64_t day;
	size_t i;

	setenv("TZ", "Asia/Kolkata", 1);
	for (i = 0; i < sizeof samples / sizeof samples[0]; i++)
		CHECK_TEXT(IN_ROOM(cell_time(room, samples[i].time_ns)), samples[i].text);
	for (day = INT64_MIN / 86400000000000; day <= INT64_MAX / 86400000000000; day++) {
		time_t seconds = day * 86400 + 86399 * (day & 1);
		char expected[64];
		struct tm tm;

		if (seconds > INT64_MAX / 1000000000 || !gmtime_r(&seconds, &tm))
			continue;
		strftime(expected, sizeof expected, "%FT%T.000000000Z", &tm);
		CHECK_TEXT(IN_ROOM(cell_time(room, seconds * 1000000000)), expected);
	}
	check_case("times are ISO 8601 in UTC with nine decimals, from 1677 to 2262");
}

/* The digits of a text without its point, read as a number again. */
static int64_t digits_of(const char *text)
{
	char digits[CELL_ROOM];
	size_t n = 0;

	for (; *text; text++)
		if (*text != '.')
			digits[n++] = *text;
	digits[n] = '\0';
	return strtoll(digits, NULL, 10);
}

static void test_nanos(void)
{
	static const struct {
		int64_t value_ns;
		unsigned unit_digits, decimals;
		const char *text;
	} samples[] = {
		{0, 3, 3, "0.000"},
		{612345, 3, 3, "612.345"},
		{-40, 3, 3, "-0.040"},
		{999, 3, 3, "0.999"},
		{1, 9, 9, "0.000000001"},
		{-3700000123456, 9, 9, "-3700.000123456"},
		{INT64_MAX, 3, 3, "9223372036854775.807"},
		{INT64_MIN + 1, 9, 9, "-9223372036.854775807"},
		{1499, 3, 0, "1"},
		{1500, 3, 0, "2"},
		{-1500, 3, 0, "-2"},
		{-499, 3, 0, "0"},
		{999950, 6, 1, "1.0"},
		{7, 0, 2, "7.00"},
		{7000, 3, 6, "7.000000"},
	};
	uint64_t random = 88172645463325252u;
	size_t i;

	for (i = 0; i < sizeof samples / sizeof samples[0]; i++)
		CHECK_TEXT(IN_ROOM(cell_nanos(room, samples[i].value_ns, samples[i].unit_digits,
					      samples[i].decimals)),
			   samples[i].text);
	for (i = 0; i < 10000; i++) {
		int64_t value;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		value = (int64_t)random >> (random % 60);
		CHECK_INT(digits_of(IN_ROOM(cell_nanos(room, value, 9, 9))), value);
		CHECK_INT(digits_of(IN_ROOM(cell_nanos(room, value, 3, 3))), value);
	}
	check_case("lengths of time lose no nanosecond, and round half away from zero");
}

static void test_units(void)
{
	static const struct cell cell = {.known = true, .number = 1234567};
	static const struct {
		struct table_column column;
		const char *text;
	} samples[] = {
		{{"delay_p50_us", TABLE_NANOS, 3}, "1234.567"},
		{{"duration_s", TABLE_NANOS, 9}, "0.001234567"},
		{{"wait_ms", TABLE_NANOS, 3}, "1.235"},
		{{"gap_ns", TABLE_NANOS, 0}, "1234567"},
		{{"packets", TABLE_INT, 0}, "1234567"},
	};
	size_t i;

	for (i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		struct cell_form form = cell_form(&samples[i].column);

		CHECK_TEXT(IN_ROOM(cell_write(room, &form, &cell)), samples[i].text);
	}
	check_case("the end of a column's name is the unit of its lengths of time");
}

static void check_int(int64_t value)
{
	char expected[32];

	snprintf(expected, sizeof expected, "%lld", (long long)value);
	CHECK_TEXT(IN_ROOM(cell_int(room, value)), expected);
}

static void test_int(void)
{
	uint64_t power;
	int i;

	CHECK_TEXT(IN_ROOM(cell_int(room, 0)), "0");
	CHECK_TEXT(IN_ROOM(cell_int(room, INT64_MAX)), "9223372036854775807");
	CHECK_TEXT(IN_ROOM(cell_int(room, INT64_MIN)), "-9223372036854775808");
	for (i = 0; i < 10000; i++) { /* each half of the eight digits made at once */
		check_int(i - 100);
		check_int(10000ll * i + 9999 - i);
	}
	for (power = 10; power <= INT64_MAX / 10; power *= 10)
		for (i = 0; i < 9; i++) {
			check_int((int64_t)power * (i + 1) - 1);
			check_int((int64_t)power * (i + 1));
			check_int(-(int64_t)power - i);
		}
	check_case("whole numbers are decimal to the ends of 64 bits");
}

static void test_real(void)
{
	CHECK_TEXT(IN_ROOM(cell_real(room, 0.0083449, 6)), "0.008345");
	CHECK_TEXT(IN_ROOM(cell_real(room, -0.0001, 3)), "0.000");
	CHECK_TEXT(IN_ROOM(cell_real(room, -0.0, 0)), "0");
	CHECK_TEXT(IN_ROOM(cell_real(room, -35.04, 3)), "-35.040");
	CHECK_INT(cell_real(room, -1.7e308, 6) - room, 1 + 309 + 7);
	if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "fr_FR.UTF-8")) {
		CHECK_TEXT(IN_ROOM(cell_real(room, 1234.5, 2)), "1234.50");
		setlocale(LC_ALL, "C");
	}
	check_case("reals have fixed decimals, a point in any locale, and no negative zero");
}

static const char *address(const char *text)
{
	uint8_t bytes[16];
	bool six = strchr(text, ':');

	CHECK_INT(inet_pton(six ? AF_INET6 : AF_INET, text, bytes), 1);
	return IN_ROOM(cell_address(room, bytes, six ? 16 : 4));
}

static void test_address(void)
{
	/* RFC 5952, sections 2 and 4, and RFC 4291's forms of the same. */
	static const struct {
		const char *written, *expected;
	} samples[] = {
		{"10.9.2.2", "10.9.2.2"},
		{"255.255.255.255", "255.255.255.255"},
		{"2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},
		{"2001:DB8:0:0:0:0:2:1", "2001:db8::2:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"0:0:0:0:0:0:0:0", "::"},
		{"0:0:0:0:0:0:0:1", "::1"},
		{"fe80:0:0:0:0:0:0:0", "fe80::"},
		{"0:0:0:0:0:ffff:c000:201", "::ffff:192.0.2.1"},
		{"0:0:0:0:0:0:c000:201", "::c000:201"},
		{"64:ff9b:0:0:0:0:c000:201", "64:ff9b::c000:201"},
	};
	char expected[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	unsigned seed = 1;
	size_t i, k;

	for (i = 0; i < sizeof samples / sizeof samples[0]; i++)
		CHECK_TEXT(address(samples[i].written), samples[i].expected);
	for (i = 0; i < 256; i++) {
		bytes[0] = bytes[3] = (uint8_t)i;
		bytes[1] = bytes[2] = (uint8_t)(255 - i);
		inet_ntop(AF_INET, bytes, expected, sizeof expected);
		CHECK_TEXT(IN_ROOM(cell_address(room, bytes, 4)), expected);
	}
	for (i = 0; i < 20000; i++) { /* the C library agrees, but on ::/96 */
		for (k = 0; k < 16; k++)
			bytes[k] = (uint8_t)(rand_r(&seed) >> 8 & (rand_r(&seed) & 64 ? 0xff : 0));
		bytes[0] |= 1;
		inet_ntop(AF_INET6, bytes, expected, sizeof expected);
		CHECK_TEXT(IN_ROOM(cell_address(room, bytes, 16)), expected);
	}
	check_case("addresses are dotted, or written as RFC 5952 has it");
}

static void test_utf8(void)
{
	static const struct {
		const char *text, *clean;
	} samples[] = {
		{"plain", "plain"},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xc3", "\\xc3"},
		{"\xc0\x80", "\\xc0\\x80"},                 /* overlong zero */
		{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},        /* overlong U+07FF */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},        /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
		{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
		{"a\xe2\x82", "a\\xe2\\x82"},
	};
	char clean[64];
	size_t i;

	for (i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		CHECK_INT(utf8_clean(clean, samples[i].text), strlen(samples[i].clean));
		CHECK_TEXT(clean, samples[i].clean);
	}
	check_case("bytes that are no UTF-8 are spelled out");
}

int main(void)
{
	test_time();
	test_nanos();
	test_units();
	test_int();
	test_real();
	test_address();
	test_utf8();
	return check_exit();
}
