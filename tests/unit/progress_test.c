/* The line of progress, worked out by hand. */
#include <stdlib.h>

#include "collect/progress.h"
#include "tests/unit/check.h"

#define S INT64_C(1000000000)

static void lines(void)
{
	static const struct {
		unsigned columns;
		const char *label;
		struct progress_count count;
		int64_t elapsed_ns;
		const char *line;
	} rows[] = {
		{79, "collecting", {500000000, 2000000000, true, 12300000}, 2 * S,
		 "collecting [###...........]   25 %  500 MB of 2.0 GB  6.2 M packets/s  ETA 0:06"},
		{120, "matching", {30, 60, false, 0}, 90 * S,
		 "matching [###############...............]   50 %  ETA 1:30"},
		{79, "reading", {1234, 0, true, 999}, S, "reading  1.2 kB  999 packets/s"},
		{79, "reading", {0, 100, true, 0}, S,
		 "reading [..............................]    0 %  0 B of 100 B"},
		{30, "a long label", {50, 100, false, 1000}, 4 * S, "a long label   50 %  250 packe"},
		{79, "x\x1b", {150, 100, false, 0}, 4 * S,
		 "x\\x1b [##############################]  150 %"},
	};
	char out[256];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = progress_format(out, sizeof out, rows[i].columns, rows[i].label,
					   &rows[i].count, rows[i].elapsed_ns);

		CHECK_TEXT(out, rows[i].line);
		CHECK_INT(n, strlen(rows[i].line));
		CHECK(n <= rows[i].columns);
	}
	CHECK_INT(progress_format(out, 5, 79, "reading", &rows[2].count, S), 4);
	check_case("the line has bar, share, bytes, rate and ETA as far as they are known and fit");
}

static void no_terminal(void)
{
	struct progress_count count = {1, 2, false, 3};
	struct progress progress;
	FILE *file = tmpfile();

	progress_begin(&progress, file, true, "reading");
	progress_show(&progress, &count);
	progress_clear(&progress);
	CHECK_INT(ftell(file), 0);
	fclose(file);
	check_case("nothing is drawn where there is no terminal");
}

int main(void)
{
	lines();
	no_terminal();
	return check_exit();
}
