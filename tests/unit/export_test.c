/* Rows for other engines: bytes and lines worked out by hand, after ClickHouse's description of RowBinary and
 * RFC 4180. */
#include "collect/export.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check.h"

static const char *const words[] = {"none", "forward"};

static const struct export_schema schema = {
	"rows", 9, (const struct export_column[]){
	{"a", EXPORT_UINT8, NULL}, {"b", EXPORT_UINT16, NULL}, {"c", EXPORT_UINT32, NULL},
	{"d", EXPORT_UINT64, NULL}, {"e", EXPORT_INT64, NULL}, {"f", EXPORT_INT64_OR_NULL, NULL},
	{"g", EXPORT_ADDRESS, NULL}, {"h", EXPORT_TEXT, NULL}, {"i", EXPORT_WORD, words},
}};

static char folder[] = "/tmp/export_test.XXXXXX";

/* What the file holds; the caller frees. */
static char *file_read(const char *name, size_t *size)
{
	char path[64], *bytes = calloc(1, 1 << 20);
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	*size = file ? fread(bytes, 1, (1 << 20) - 1, file) : 0;
	if (file)
		fclose(file);
	unlink(path);
	return bytes;
}

static char *file_write(enum export_format format, const struct export_cell *cells, unsigned rows,
			size_t *size)
{
	struct export *export;
	struct error err;
	unsigned i;

	CHECK_INT(export_open(&export, folder, &schema, format, &err), STATUS_OK);
	for (i = 0; i < rows; i++)
		CHECK_INT(export_row(export, cells, &err), STATUS_OK);
	CHECK_INT(export_finish(&export, &err), STATUS_OK);
	CHECK(!export);
	return file_read(format == EXPORT_CSV ? "rows.csv" : "rows.rowbinary", size);
}

static void known_cells(struct export_cell *cell, uint8_t address[16])
{
	static const uint8_t host[16] = {192, 0, 2, 10};

	export_address(address, 4, host);
	memset(cell, 0, 9 * sizeof *cell);
	cell[0].number = 0xab;
	cell[1].number = 0x1234;
	cell[2].number = 0xdeadbeef;
	cell[3].number = 0xfedcba9876543210;
	cell[4].number = (uint64_t)INT64_C(-2);
	cell[5].number = 3;
	cell[6].address = address;
	cell[7].text = "fw-in";
	cell[8].number = 1;
}

static void check_rowbinary(void)
{
	static const uint8_t expected[] = {
		0xab,                                           /* a */
		0x34, 0x12,                                     /* b: low byte first */
		0xef, 0xbe, 0xad, 0xde,                         /* c */
		0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, /* d */
		0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* e: two's complement */
		0, 3, 0, 0, 0, 0, 0, 0, 0,                      /* f: not null, 3 */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 10, /* g: ::ffff:192.0.2.10 */
		5, 'f', 'w', '-', 'i', 'n',                     /* h: length, text */
		1,                                              /* i */
	};
	struct export_cell cell[9];
	uint8_t address[16];
	size_t size;
	char *bytes;

	known_cells(cell, address);
	bytes = file_write(EXPORT_ROWBINARY, cell, 1, &size);
	CHECK_INT(size, sizeof expected);
	CHECK(memcmp(bytes, expected, sizeof expected) == 0);
	free(bytes);
	check_case("a row of RowBinary has these bytes");
}

static void check_rowbinary_unknown(void)
{
	struct export_cell cell[9] = {{0}};
	size_t size, i;
	char *bytes;

	for (i = 0; i < 9; i++)
		cell[i].unknown = true;
	bytes = file_write(EXPORT_ROWBINARY, cell, 1, &size);
	CHECK_INT(size, 1 + 2 + 4 + 8 + 8 + 1 + 16 + 1 + 1);
	for (i = 0; i < size; i++)
		CHECK_INT(bytes[i], i == 23); /* the byte that says: null */
	free(bytes);
	check_case("what is not known is zeros, or the byte 1 where a column may be null");
}

static void check_rowbinary_long(void)
{
	struct export_cell cell[9] = {{0}};
	char text[2000];
	size_t size;
	char *bytes;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	cell[5].unknown = cell[6].unknown = true;
	cell[7].text = text;
	text[300] = 0;
	bytes = file_write(EXPORT_ROWBINARY, cell, 1, &size);
	CHECK_INT(size, 40 + 2 + 300 + 1);
	CHECK_INT((uint8_t)bytes[40], 0xac); /* 300 = 2 * 128 + 44 in LEB128 */
	CHECK_INT((uint8_t)bytes[41], 0x02);
	free(bytes);
	text[300] = 'x';
	bytes = file_write(EXPORT_ROWBINARY, cell, 1, &size);
	CHECK_INT(size, 40 + 2 + EXPORT_TEXT_MAX + 1);
	free(bytes);
	check_case("a text's length is LEB128, and a longer one is cut");
}

static void check_csv(void)
{
	struct export_cell cell[9];
	uint8_t address[16];
	char *bytes;
	size_t size;

	known_cells(cell, address);
	bytes = file_write(EXPORT_CSV, cell, 1, &size);
	CHECK_TEXT(bytes, "a,b,c,d,e,f,g,h,i\n"
			  "171,4660,3735928559,18364758544493064720,-2,3,192.0.2.10,fw-in,forward\n");
	free(bytes);
	memset(address, 0, sizeof address);
	address[0] = 0x20;
	address[15] = 1;
	cell[4].number = (uint64_t)INT64_MIN;
	cell[5].unknown = cell[0].unknown = true;
	cell[7].text = "a \"b\", c";
	bytes = file_write(EXPORT_CSV, cell, 1, &size);
	CHECK_TEXT(strchr(bytes, '\n') + 1,
		   ",4660,3735928559,18364758544493064720,-9223372036854775808,,2000::1,\"a \"\"b\"\", c\",forward\n");
	free(bytes);
	check_case("CSV has a header, empty cells for what is not known, and quotes by RFC 4180");
}

static void check_csv_foreign(void)
{
	struct export_cell cell[9] = {{0}};
	char *bytes;
	size_t size, i;

	for (i = 0; i < 9; i++)
		cell[i].unknown = i != 7;
	cell[7].text = "=1+1\033[2J";
	bytes = file_write(EXPORT_CSV, cell, 1, &size);
	CHECK_TEXT(strchr(bytes, '\n') + 1, ",,,,,,,'=1+1\\x1b[2J,\n");
	free(bytes);
	check_case("in CSV no terminal and no spreadsheet obeys a text");
}

static void check_many(void)
{
	struct export_cell cell[9];
	uint8_t address[16];
	size_t size, i;
	char *bytes;

	known_cells(cell, address);
	bytes = file_write(EXPORT_ROWBINARY, cell, 9000, &size); /* more than is written at once */
	CHECK_INT(size, 9000 * 55);
	for (i = 1; i < 9000; i++)
		CHECK(memcmp(bytes, bytes + i * 55, 55) == 0);
	free(bytes);
	check_case("many rows are one row many times");
}

static void check_errors(void)
{
	struct export *export;
	enum export_format format;
	struct error err = {.text = ""};
	char path[64];
	size_t size;

	CHECK_INT(export_format_named("parquet", &format, &err), STATUS_USAGE);
	CHECK_TEXT(err.text, "--export-format: \"parquet\" is none of rowbinary, csv");
	CHECK_INT(export_format_named("csv", &format, &err), STATUS_OK);
	CHECK_INT(format, EXPORT_CSV);
	CHECK_INT(export_open(&export, "/nowhere", &schema, EXPORT_CSV, &err), STATUS_SYSTEM);
	CHECK(!export && strstr(err.text, "/nowhere/rows.csv"));
	CHECK_INT(export_open(&export, folder, &schema, EXPORT_CSV, &err), STATUS_OK);
	snprintf(path, sizeof path, "%s/rows.csv", folder);
	CHECK(access(path, F_OK) != 0);
	export_abort(&export);
	free(file_read("rows.csv", &size));
	CHECK_INT(size, 0);
	CHECK_INT(rmdir(folder), 0); /* nothing lies aside either */
	check_case("a file appears when it is whole, or not at all");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 2;
	check_rowbinary();
	check_rowbinary_unknown();
	check_rowbinary_long();
	check_csv();
	check_csv_foreign();
	check_many();
	check_errors();
	return check_exit();
}
