/* CSV read row by row: the cells of RFC 4180, the line that each row begins in, and bounds. */
#include "report/csv_read.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/check.h"

static struct error err;

/* What was read, as "LINE:cell|cell;". */
struct seen {
	char text[4096];
	size_t bytes, rows, most;
};

static bool take(void *context, const struct csv_row *row)
{
	struct seen *seen = context;
	unsigned c;

	seen->rows++;
	if (seen->bytes < sizeof seen->text / 2)
		seen->bytes += (size_t)sprintf(seen->text + seen->bytes, "%d:", (int)row->line);
	for (c = 0; c < row->cells && seen->bytes < sizeof seen->text / 2; c++)
		seen->bytes += (size_t)sprintf(seen->text + seen->bytes, "%s%.100s", c ? "|" : "",
					       row->cell[c]);
	if (seen->bytes < sizeof seen->text / 2)
		seen->bytes += (size_t)sprintf(seen->text + seen->bytes, ";");
	return seen->rows != seen->most;
}

static struct csv_fault read_bytes(struct seen *seen, const char *bytes, size_t size)
{
	struct csv_fault fault = {0};
	int fd = memfd_create("csv", 0);

	seen->bytes = seen->rows = 0;
	seen->text[0] = '\0';
	CHECK_INT(write(fd, bytes, size), (long long)size);
	lseek(fd, 0, SEEK_SET);
	CHECK_INT(csv_read(fd, take, seen, &fault, &err), STATUS_OK);
	close(fd);
	return fault;
}

static void check_rows(const char *text, const char *expected, const char *sentence)
{
	struct seen seen = {.most = 0};
	struct csv_fault fault = read_bytes(&seen, text, strlen(text));

	CHECK_TEXT(seen.text, expected);
	CHECK_TEXT(fault.why ? fault.why : "", "");
	check_case(sentence);
}

static void check_fault(const char *text, size_t size, unsigned line, const char *why,
			const char *sentence)
{
	struct seen seen = {.most = 0};
	struct csv_fault fault = read_bytes(&seen, text, size);

	CHECK_INT(fault.line, line);
	CHECK_TEXT(fault.why ? fault.why : "", why);
	check_case(sentence);
}

/* `size` bytes of one kind behind some text. */
static char *padded(const char *before, int byte, size_t size)
{
	size_t bytes = strlen(before);
	char *text = malloc(bytes + size + 1);

	memcpy(text, before, bytes);
	memset(text + bytes, byte, size);
	text[bytes + size] = '\0';
	return text;
}

static void test_pieces(void)
{
	char *text = padded("a,b\n", 'x', 65533); /* the cell and its row end at a piece's end, or near it */
	struct seen seen = {.most = 0};
	size_t cut;

	for (cut = 65528; cut <= 65536; cut++) {
		char *row = padded("", 'x', cut);
		struct csv_fault fault;

		memcpy(row + cut - 4, "\"\"y\n", 4);
		row[0] = '"';
		row[cut - 3] = '\n'; /* "xxx"\ny\n */
		row[cut - 2] = 'y';
		fault = read_bytes(&seen, row, cut);
		CHECK_INT(seen.rows, 2);
		CHECK(!fault.why);
		CHECK(strstr(seen.text, ";2:y;") != NULL);
		free(row);
	}
	free(text);
	check_case("rows that end where a piece of the file does are whole");
}

static void test_bounds(void)
{
	static const size_t mib = 1 << 20;
	char *text = padded("a\n\"", 'x', 4 * mib);

	check_fault(text, 4 * mib, 2, "a cell of more than 1 MiB", "a cell has 1 MiB at most");
	free(text);
	text = padded("a\nb", ',', 100);
	check_fault(text, 103, 2, "more cells than any table has", "a row has 64 cells at most");
	free(text);
	text = padded("", '\n', 3 * mib);
	check_fault(text, 3 * mib, 0, "", "empty lines are no rows");
	free(text);
}

static void test_enough(void)
{
	struct seen seen = {.most = 2};
	struct csv_fault fault = read_bytes(&seen, "a\nb\nc\n\"", 8);

	CHECK_INT(seen.rows, 2);
	CHECK(!fault.why);
	check_case("who has enough hears of nothing behind it");
}

int main(void)
{
	check_rows("a,b\n1,2\n", "1:a|b;2:1|2;", "rows and cells");
	check_rows("a,b\n\"x,y\",\"\"\"q\"\"\"\n,\n", "1:a|b;2:x,y|\"q\";3:|;", "quotes, and empty cells");
	check_rows("a\n\"x\ny\nz\"\nb\n", "1:a;2:x\ny\nz;5:b;", "a row's line is the one that it begins in");
	check_rows("a\nb", "1:a;2:b;", "the last line may have no end");
	check_rows("a\r\nb\r\n", "1:a;2:b;", "lines may end in CR LF");
	check_rows("", "", "nothing is no row");
	check_fault("a\nb\"c\n", 6, 2, "a quote where none may be", "a quote in the middle of a cell is named");
	check_fault("a\nb\n\"c\nd\n", 9, 3, "a quote that is not closed",
		    "one that is not closed by the row that it begins");
	check_fault("a\nb\0c\n", 6, 2, "a byte of zero", "a zero is in no text");
	test_pieces();
	test_bounds();
	test_enough();
	return check_exit();
}
