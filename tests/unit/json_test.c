/* JSON: RFC 8259, section 7 for strings; expected texts by hand. */
#include "report/json.h"

#include "tests/unit/check.h"
#include "tests/unit/rows_sample.h"

static void test_rows(void)
{
	static const struct table_column columns[] = {
		{"name", TABLE_FOREIGN, 0},  {"count", TABLE_INT, 0}, {"ratio", TABLE_REAL, 2},
		{"delay_us", TABLE_NANOS, 3}, {"time", TABLE_TIME, 9}, {"host", TABLE_ADDRESS, 0},
	};
	static const struct table_schema schema = {"sample", 0, 6, columns};
	static const uint8_t host[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	static const struct cell cells[] = {
		{.known = true, .text = "=a"},	{.known = true, .number = 7},
		{.known = true, .real = -0.25}, {.known = true, .number = 612345},
		{.known = true, .number = -1},	{.known = true, .bytes = host, .size = 16},
		{.text = ""}, {.number = 0}, {.real = 0}, {.number = 0}, {.number = 0},
		{.bytes = NULL},
	};
	struct rows_sample sample = rows_sample(&schema, cells, 2);
	char *text = ROWS_SAMPLE_WRITE(json_write_rows, sample);

	CHECK_TEXT(text, "[\n"
			 "{\"name\":\"=a\",\"count\":7,\"ratio\":-0.25,\"delay_us\":612.345,"
			 "\"time\":\"1969-12-31T23:59:59.999999999Z\",\"host\":\"2001:db8::1\"},\n"
			 "{\"name\":null,\"count\":null,\"ratio\":null,\"delay_us\":null,"
			 "\"time\":null,\"host\":null}]");
	free(text);
	sample = rows_sample(&schema, cells, 0);
	text = ROWS_SAMPLE_WRITE(json_write_rows, sample);
	CHECK_TEXT(text, "[]");
	free(text);
	check_case("rows are objects; numbers are numbers, unknown is null");
}

static void test_texts(void)
{
	static const struct {
		const char *text, *json;
	} samples[] = {
		{"", "\"\""},
		{"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
		{"\x01\n\t\x1f\x7f", "\"\\u0001\\u000a\\u0009\\u001f\x7f\""},
		{"\xe2\x82\xac", "\"\xe2\x82\xac\""},
		{"\xff\xe2\x82", "\"\\\\xff\\\\xe2\\\\x82\""},
		{"\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\""},
	};
	char room[64];
	size_t i;

	for (i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		*json_text(room, samples[i].text) = '\0';
		CHECK_TEXT(room, samples[i].json);
	}
	check_case("strings are escaped, and bytes that are no UTF-8 are spelled out");
}

static void test_longest(void)
{
	static char longer[2 * TABLE_TEXT_MAX];
	char *room = malloc(WRITER_CELL_MAX);

	memset(longer, '\x01', sizeof longer - 1);
	if (room)
		CHECK_INT(json_text(room, longer) - room, 6 * TABLE_TEXT_MAX + 2);
	memset(longer, 'x', sizeof longer - 1);
	memcpy(longer + TABLE_TEXT_MAX - 1, "\xc3\xa9", 2); /* cut inside */
	if (room)
		CHECK_INT(json_text(room, longer) - room, TABLE_TEXT_MAX - 1 + 5 + 2);
	free(room);
	check_case("the longest texts fit, and longer ones are cut");
}

int main(void)
{
	test_rows();
	test_texts();
	test_longest();
	return check_exit();
}
