/* CSV: read again by libcsv's parser in its strict mode. */
#include "report/csv.h"

#include <csv.h>

#include "tests/unit/check.h"
#include "tests/unit/rows_sample.h"

#define CELLS_MAX 64

struct parsed {
	char cell[CELLS_MAX][128];
	size_t count, rows;
};

static void take_cell(void *bytes, size_t size, void *context)
{
	struct parsed *parsed = context;

	snprintf(parsed->cell[parsed->count++ % CELLS_MAX], 128, "%.*s", (int)size, (char *)bytes);
}

static void take_row(int c, void *context)
{
	(void)c;
	((struct parsed *)context)->rows++;
}

static struct parsed parse(const char *text)
{
	struct parsed parsed = {.count = 0};
	struct csv_parser parser;

	CHECK_INT(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
	CHECK_INT(csv_parse(&parser, text, strlen(text), take_cell, take_row, &parsed),
		  strlen(text));
	CHECK_INT(csv_fini(&parser, take_cell, take_row, &parsed), 0);
	csv_free(&parser);
	return parsed;
}

static const struct table_column columns[] = {
	{"name", TABLE_FOREIGN, 0}, {"word", TABLE_TEXT, 0},       {"count", TABLE_INT, 0},
	{"ratio", TABLE_REAL, 6},   {"delay_us", TABLE_NANOS, 3}, {"time", TABLE_TIME, 9},
	{"host", TABLE_ADDRESS, 0},
};
static const struct table_schema schema = {"sample", 0, 7, columns};

static void test_types(void)
{
	static const uint8_t host[4] = {192, 0, 2, 1};
	static const struct cell cells[] = {
		{.known = true, .text = "a.pcap"}, {.known = true, .text = "forward"},
		{.known = true, .number = -12},	   {.known = true, .real = 0.5},
		{.known = true, .number = -40},	   {.known = true, .number = 1},
		{.known = true, .bytes = host, .size = 4},
		{.text = ""}, {.text = ""}, {.number = 0}, {.real = 0}, {.number = 0},
		{.number = 0}, {.bytes = NULL},
	};
	struct rows_sample sample = rows_sample(&schema, cells, 2);
	char *text = ROWS_SAMPLE_WRITE(csv_write_rows, sample);

	CHECK_TEXT(text, "name,word,count,ratio,delay_us,time,host\n"
			 "a.pcap,forward,-12,0.500000,-0.040,1970-01-01T00:00:00.000000001Z,"
			 "192.0.2.1\n"
			 ",,,,,,\n");
	free(text);
	check_case("each type of column has its form, unknown cells are empty, lines end in LF");
}

static void test_no_rows(void)
{
	struct rows_sample sample = rows_sample(&schema, NULL, 0);
	char *text = ROWS_SAMPLE_WRITE(csv_write_rows, sample);

	CHECK_TEXT(text, "name,word,count,ratio,delay_us,time,host\n");
	free(text);
	check_case("a table without rows has its header");
}

static void test_texts(void)
{
	static const struct table_column names[] = {{"name", TABLE_FOREIGN, 0},
						    {"word", TABLE_TEXT, 0}};
	static const struct table_schema two = {"two", 0, 2, names};
	static const struct {
		const char *text;
		const char *raw;     /* in the file */
		const char *foreign; /* as a parser reads the foreign column */
	} samples[] = {
		{"plain", "plain", "plain"},
		{"a,b", "\"a,b\"", "a,b"},
		{"say \"hi\"", "\"say \"\"hi\"\"\"", "say \"hi\""},
		{"two\nlines", "two\\x0alines", "two\\x0alines"},
		{"cr\rcr", "cr\\x0dcr", "cr\\x0dcr"},
		{"\033[31m", "\\x1b[31m", "\\x1b[31m"},
		{"a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb", "a\\xe2\\x80\\xaeb"},
		{" lead", "\" lead\"", " lead"},
		{"trail ", "\"trail \"", "trail "},
		{"tab\t", "tab\\x09", "tab\\x09"},
		{"it's", "it's", "it's"},
		{"=1+1", "'=1+1", "'=1+1"},
		{"+1", "'+1", "'+1"},
		{"-1", "'-1", "'-1"},
		{"@cmd", "'@cmd", "'@cmd"},
		{"\tx", "'\\x09x", "'\\x09x"},
		{"\rx", "'\\x0dx", "'\\x0dx"},
		{"=a,\"b\"", "\"'=a,\"\"b\"\"\"", "'=a,\"b\""},
		{"\xff=x", "\\xff=x", "\\xff=x"},
		{"caf\xc3\xa9", "caf\xc3\xa9", "caf\xc3\xa9"},
	};
	size_t i;

	for (i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		const struct cell cells[] = {{.known = true, .text = samples[i].text},
					     {.known = true, .text = "end"}};
		struct rows_sample sample = rows_sample(&two, cells, 1);
		char *text = ROWS_SAMPLE_WRITE(csv_write_rows, sample), expected[128];
		struct parsed parsed = parse(text);

		snprintf(expected, sizeof expected, "name,word\n%s,end\n", samples[i].raw);
		CHECK_TEXT(text, expected);
		CHECK_INT(parsed.rows, 2);
		CHECK_INT(parsed.count, 4);
		CHECK_TEXT(parsed.cell[2], samples[i].foreign);
		free(text);
	}
	check_case("cells are quoted where they must be, and no foreign text is a formula or moves a cursor");
}

static void test_own_words(void)
{
	static const struct table_column word[] = {{"word", TABLE_TEXT, 0}};
	static const struct table_schema one = {"one", 0, 1, word};
	static const struct cell cells[] = {{.known = true, .text = "-"}};
	struct rows_sample sample = rows_sample(&one, cells, 1);
	char *text = ROWS_SAMPLE_WRITE(csv_write_rows, sample);

	CHECK_TEXT(text, "word\n-\n");
	free(text);
	check_case("our own words stay as they are");
}

static void test_longest(void)
{
	static char quotes[TABLE_TEXT_MAX + 1], bytes[TABLE_TEXT_MAX + 1];
	static char longer[2 * TABLE_TEXT_MAX];
	const char *const texts[] = {quotes, bytes, longer};
	const size_t lengths[] = {2 * TABLE_TEXT_MAX + 2, 4 * TABLE_TEXT_MAX, TABLE_TEXT_MAX};
	char *room = malloc(WRITER_CELL_MAX);
	size_t i;

	memset(quotes, '"', TABLE_TEXT_MAX);
	memset(bytes, 0xff, TABLE_TEXT_MAX);
	memset(longer, 'x', sizeof longer - 1);
	for (i = 0; room && i < 3; i++)
		CHECK_INT(csv_text(room, texts[i], true) - room, lengths[i]);
	free(room);
	check_case("the longest texts fit, whatever they are made of");
}

int main(void)
{
	test_types();
	test_no_rows();
	test_texts();
	test_own_words();
	test_longest();
	return check_exit();
}
