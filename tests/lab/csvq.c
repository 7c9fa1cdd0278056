/* Asks a CSV file (RFC 4180, with a header row) a question, for the shell tests:
 *
 *	csvq FILE [-c | -s COLUMN | -p COLUMN,...] [COLUMN OP VALUE]...
 *
 * Rows pass when every condition holds. A condition is one word: `cause=policy`,
 * `hop!=a>b`, `delay_p50_us>=600`, `evidence~TTL`. OP is = != (text), < > <= >= (numbers;
 * an empty cell passes none of them) or ~ (contains). Of the rows that pass, -c prints their
 * number (the default), -s the sum of a column, -p the named columns joined by `|`.
 * Exit status 2: the file or a column is not there, which is never an answer of 0.
 */
#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 128, CONDITIONS_MAX = 32 };

enum compare { EQUAL, NOT_EQUAL, LESS, GREATER, LESS_EQUAL, GREATER_EQUAL, CONTAINS };

/* Longer ones first, so that `<=` is not read as `<`. */
static const struct {
	const char *text;
	enum compare compare;
} operators[] = {
	{ "!=", NOT_EQUAL }, { "<=", LESS_EQUAL }, { ">=", GREATER_EQUAL }, { "=", EQUAL },
	{ "<", LESS },       { ">", GREATER },	   { "~", CONTAINS },
};

struct condition {
	char *column;
	const char *value;
	enum compare compare;
	int index;
};

struct query {
	struct condition conditions[CONDITIONS_MAX];
	int condition_count;
	char *shown[COLUMNS_MAX]; /* -p, or the one column of -s */
	int shown_index[COLUMNS_MAX];
	int shown_count;
	char mode; /* 'c', 's' or 'p' */

	char *cells[COLUMNS_MAX]; /* of the row being read; owned */
	int cell_count;
	int header_seen;
	const char *missing_column;
	long long count;
	long double sum;
};

static int condition_holds(const struct condition *condition, const char *cell)
{
	char *end;
	double number;

	switch (condition->compare) {
	case EQUAL:
		return strcmp(cell, condition->value) == 0;
	case NOT_EQUAL:
		return strcmp(cell, condition->value) != 0;
	case CONTAINS:
		return strstr(cell, condition->value) != NULL;
	default:
		break;
	}
	number = strtod(cell, &end);
	if (end == cell)
		return 0;
	double bound = strtod(condition->value, NULL);
	switch (condition->compare) {
	case LESS:
		return number < bound;
	case GREATER:
		return number > bound;
	case LESS_EQUAL:
		return number <= bound;
	default:
		return number >= bound;
	}
}

static int column_find(struct query *query, const char *name)
{
	for (int i = 0; i < query->cell_count; i++)
		if (strcmp(query->cells[i], name) == 0)
			return i;
	query->missing_column = name;
	return -1;
}

static void header_end(struct query *query)
{
	query->header_seen = 1;
	for (int i = 0; i < query->condition_count; i++)
		query->conditions[i].index = column_find(query, query->conditions[i].column);
	for (int i = 0; i < query->shown_count; i++)
		query->shown_index[i] = column_find(query, query->shown[i]);
}

static const char *cell_at(const struct query *query, int index)
{
	return index >= 0 && index < query->cell_count ? query->cells[index] : "";
}

static void row_end(struct query *query)
{
	for (int i = 0; i < query->condition_count; i++) {
		const struct condition *condition = &query->conditions[i];

		if (!condition_holds(condition, cell_at(query, condition->index)))
			return;
	}
	query->count++;
	if (query->mode == 's')
		query->sum += strtold(cell_at(query, query->shown_index[0]), NULL);
	if (query->mode != 'p')
		return;
	for (int i = 0; i < query->shown_count; i++)
		printf("%s%s", i ? "|" : "", cell_at(query, query->shown_index[i]));
	putchar('\n');
}

static void on_cell(void *bytes, size_t length, void *data)
{
	struct query *query = data;

	if (query->cell_count < COLUMNS_MAX)
		query->cells[query->cell_count++] = strndup(length ? bytes : "", length);
}

static void on_row(int terminator, void *data)
{
	struct query *query = data;

	if (!query->header_seen)
		header_end(query);
	else if (!query->missing_column)
		row_end(query);
	while (query->cell_count)
		free(query->cells[--query->cell_count]);
}

/* Cuts "column<=value" in place. */
static int condition_parse(struct condition *condition, char *word)
{
	size_t name_length = strcspn(word, "=!<>~");

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t length = strlen(operators[i].text);

		if (strncmp(word + name_length, operators[i].text, length) != 0)
			continue;
		condition->compare = operators[i].compare;
		condition->value = word + name_length + length;
		word[name_length] = '\0';
		condition->column = word;
		return 0;
	}
	return -1;
}

static int query_parse(struct query *query, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0) {
			query->mode = 'c';
		} else if ((strcmp(argv[i], "-s") == 0 || strcmp(argv[i], "-p") == 0) &&
			   i + 1 < argc) {
			query->mode = argv[i][1];
			for (char *name = strtok(argv[++i], ","); name; name = strtok(NULL, ","))
				if (query->shown_count < COLUMNS_MAX)
					query->shown[query->shown_count++] = name;
		} else if (query->condition_count == CONDITIONS_MAX ||
			   condition_parse(&query->conditions[query->condition_count++], argv[i])) {
			fprintf(stderr, "csvq: %s: no condition\n", argv[i]);
			return -1;
		}
	}
	return 0;
}

static int file_read(struct query *query, const char *path)
{
	struct csv_parser parser;
	char bytes[65536];
	size_t length;
	int broken;
	FILE *file = fopen(path, "rb");

	if (!file || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		fprintf(stderr, "csvq: %s: %s\n", path, strerror(errno));
		if (file)
			fclose(file);
		return -1;
	}
	/* libcsv takes blanks off unquoted cells, which RFC 4180 does not; no test minds. */
	do {
		length = fread(bytes, 1, sizeof(bytes), file);
		broken = csv_parse(&parser, bytes, length, on_cell, on_row, query) != length;
	} while (length && !broken);
	broken = broken || csv_fini(&parser, on_cell, on_row, query) != 0;
	if (broken)
		fprintf(stderr, "csvq: %s: %s\n", path, csv_strerror(csv_error(&parser)));
	csv_free(&parser);
	fclose(file);
	return broken ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct query query = { .mode = 'c' };

	if (argc < 2) {
		fprintf(stderr, "usage: csvq FILE [-c | -s COLUMN | -p COLUMN,...] [CONDITION]...\n");
		return 2;
	}
	if (query_parse(&query, argc, argv) != 0 || file_read(&query, argv[1]) != 0)
		return 2;
	if (!query.header_seen || query.missing_column) {
		fprintf(stderr, "csvq: %s: no column %s\n", argv[1],
			query.missing_column ? query.missing_column : "at all");
		return 2;
	}
	if (query.mode == 'c')
		printf("%lld\n", query.count);
	if (query.mode == 's')
		printf("%.10Lg\n", query.sum);
	return 0;
}
