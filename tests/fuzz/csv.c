/* CSV in: a file of any bytes is rows within bounds, or has a line where it is none. CSV out: what is written of any
 * text is read again as one cell, which no spreadsheet takes for a formula and no terminal obeys. */
#include "report/csv.h"
#include "report/csv_read.h"
#include "tests/fuzz/fuzz.h"

#undef CSV_READ_BYTES
#define CSV_READ_BYTES (1u << 16) /* to allocate what is allowed is most of the work otherwise */
#include "report/csv_read.c"

struct taken {
	uint64_t rows, line;
	unsigned cells; /* of the last row */
	char *first;    /* a copy */
};

static bool take(void *context, const struct csv_row *row)
{
	struct taken *taken = context;

	FUZZ_HOLDS(row->cells <= CSV_READ_CELLS && row->line >= taken->line && row->line);
	for (unsigned i = 0; i < row->cells; i++)
		FUZZ_HOLDS(strlen(row->cell[i]) <= CSV_READ_BYTES);
	taken->line = row->line;
	taken->cells = row->cells;
	free(taken->first);
	taken->first = strdup(row->cells ? row->cell[0] : "");
	return ++taken->rows < 100000;
}

static struct csv_fault read_bytes(const void *bytes, size_t size, struct taken *taken)
{
	struct csv_fault fault = {0};
	struct error err;
	char name[32];
	int fd = fuzz_file(bytes, size, name);

	if (csv_read(fd, take, taken, &fault, &err))
		abort();
	close(fd);
	return fault;
}

static void write_text(const char *text, bool foreign)
{
	static char out[WRITER_CELL_MAX];
	char *end = csv_text(out, text, foreign);
	struct taken taken = {0};
	struct csv_fault fault;

	FUZZ_HOLDS(end >= out && end <= out + sizeof out - 2);
	if (end == out)
		return;
	*end++ = '\n';
	fault = read_bytes(out, (size_t)(end - out), &taken);
	FUZZ_HOLDS(!fault.why && taken.rows == 1 && taken.cells == 1);
	if (foreign) {
		FUZZ_HOLDS(!strchr("=+-@\t\r", taken.first[0]));
		FUZZ_HOLDS(fuzz_plain(taken.first, strlen(taken.first)));
	}
	free(taken.first);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	unsigned how = (unsigned)fuzz_number(&in, 1) % 3;
	struct taken taken = {0};
	char *text;

	if (how == 2) {
		read_bytes(in.at, in.left, &taken);
		free(taken.first);
		return 0;
	}
	text = fuzz_text(&in);
	write_text(text, how);
	free(text);
	return 0;
}
