/* crosstap(7) says what the tables are, to people; the schemas say it to the
 * code. The page names each column in its place and with its type, and each word. */
#include <stdlib.h>

#include "correlate/cause.h"
#include "correlate/change_field.h"
#include "correlate/reset.h"
#include "correlate/results.h"
#include "correlate/station.h"
#include "correlate/story.h"
#include "correlate/verdict.h"
#include "report/compare_inputs.h"
#include "report/compare_rows.h"
#include "report/csv.h"
#include "report/sheet.h"
#include "tests/unit/check.h"

#define PAGE "report/crosstap.7"
#define ENTRIES_MAX 64
#define NAME_MAX_BYTES 48

static const char *const types[] = {
	[TABLE_INT] = "int",       [TABLE_REAL] = "real", [TABLE_TIME] = "time",
	[TABLE_NANOS] = "duration", [TABLE_TEXT] = "word", [TABLE_FOREIGN] = "text",
	[TABLE_ADDRESS] = "address",
};

/* What a section lists: the names behind `.It Cm`, and the type behind `Pq`. */
struct section {
	unsigned entries;
	char name[ENTRIES_MAX][NAME_MAX_BYTES];
	char type[ENTRIES_MAX][NAME_MAX_BYTES];
};

/* `.It Cm syn , synack Pq int` */
static void section_take(struct section *section, char *line)
{
	unsigned first = section->entries, i;
	char *word, *rest, *type = NULL;

	for (word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
		if (strcmp(word, "Pq") == 0) {
			type = strtok_r(NULL, " \n", &rest);
			break;
		}
		if (strcmp(word, ",") == 0 || section->entries == ENTRIES_MAX)
			continue;
		snprintf(section->name[section->entries++], NAME_MAX_BYTES, "%s", word);
	}
	for (i = first; i < section->entries; i++)
		snprintf(section->type[i], NAME_MAX_BYTES, "%s", type ? type : "");
}

/* Whether a line begins the section: `.Sh VERDICTS`, or for "drops.csv" `.Ss drops.csv, ...`. */
static bool section_begins(const char *line, const char *title)
{
	const char *at = strncmp(line, ".Sh ", 4) && strncmp(line, ".Ss ", 4) ? NULL
									      : strstr(line, title);

	return at && at[-1] == ' ' && (at[strlen(title)] == '\n' || at[strlen(title)] == ',');
}

static void section_read(struct section *section, const char *title)
{
	FILE *page = fopen(PAGE, "r");
	bool inside = false;
	char line[512];

	section->entries = 0;
	CHECK(page != NULL);
	while (page && fgets(line, sizeof line, page)) {
		if (strncmp(line, ".S", 2) == 0 && (line[2] == 'h' || line[2] == 's'))
			inside = section_begins(line, title);
		else if (inside && strncmp(line, ".It Cm ", 7) == 0)
			section_take(section, line + 7);
	}
	if (page)
		fclose(page);
}

/* Letter for letter: what stands in the file's first line. */
static void check_header(const struct section *section, const struct table_schema *schema)
{
	char page[ENTRIES_MAX * NAME_MAX_BYTES] = "", *header = malloc(WRITER_CELL_MAX);
	size_t n = 0;
	unsigned i;

	for (i = 0; i < section->entries; i++)
		n += (size_t)snprintf(page + n, sizeof page - n, "%s%s", i ? "," : "", section->name[i]);
	snprintf(page + n, sizeof page - n, "\n");
	CHECK(header != NULL);
	if (header) {
		*csv_format.begin(header, schema) = '\0';
		CHECK_TEXT(header, page);
	}
	free(header);
}

static void check_columns(const struct table_schema *schema)
{
	struct section section;
	char title[NAME_MAX_BYTES + 8], sentence[128];
	unsigned i;

	snprintf(title, sizeof title, "%s.csv", schema->name);
	section_read(&section, title);
	CHECK_INT(section.entries, schema->columns);
	for (i = 0; i < section.entries && i < schema->columns; i++) {
		CHECK_TEXT(section.name[i], schema->column[i].name);
		CHECK_TEXT(section.type[i], types[schema->column[i].type]);
	}
	check_header(&section, schema);
	snprintf(sentence, sizeof sentence, "the columns of %s are those of the page", title);
	check_case(sentence);
}

/* ---- words ---- */

static const char *verdict_word(unsigned i)
{
	return verdict_name((enum verdict)i);
}

static const char *drop_word(unsigned i)
{
	return drop_cause_name((enum drop_cause)i);
}

static const char *reset_word(unsigned i)
{
	return reset_cause_name((enum reset_cause)i);
}

static const char *outcome_word(unsigned i)
{
	return session_outcome_name((enum session_outcome)i);
}

static const char *state_word(unsigned i)
{
	return station_state_name((enum station_state)i);
}

static const char *field_word(unsigned i)
{
	return change_fields[i].name;
}

static const struct word_list {
	const char *title;
	const char *(*word)(unsigned i);
	unsigned first, behind;
} word_lists[] = {
	{"VERDICTS", verdict_word, VERDICT_NONE + 1, VERDICTS},
	{"CAUSES OF DROPS", drop_word, 0, DROP_CAUSES},
	{"CAUSES OF RESETS", reset_word, 0, RESET_CAUSES},
	{"OUTCOMES", outcome_word, 0, OUTCOMES},
	{"CHANGED FIELDS", field_word, 0, FIELDS},
	{"STATES", state_word, STATE_NONE + 1, STATES},
};

static void check_words(const struct word_list *list)
{
	struct section section;
	char sentence[128];
	unsigned i, k;

	section_read(&section, list->title);
	CHECK_INT(section.entries, list->behind - list->first);
	for (i = list->first; i < list->behind; i++) {
		for (k = 0; k < section.entries; k++)
			if (strcmp(section.name[k], list->word(i)) == 0)
				break;
		CHECK_TEXT(k < section.entries ? section.name[k] : "(not in the page)",
			   list->word(i));
	}
	snprintf(sentence, sizeof sentence, "the page lists exactly the words of %s", list->title);
	check_case(sentence);
}

/* "This is version 1 of the tables" */
static void check_version(void)
{
	FILE *page = fopen(PAGE, "r");
	char line[512], sentence[64];
	unsigned said = 0;

	snprintf(sentence, sizeof sentence, "This is version %d of the tables", RESULTS_CSV_VERSION);
	CHECK(page != NULL);
	while (page && fgets(line, sizeof line, page))
		said += strstr(line, sentence) != NULL;
	if (page)
		fclose(page);
	CHECK_INT(said, 1);
	check_case("the page is of this version of the tables");
}

/* Whose they are, and the columns of manifest.csv. */
static void check_inputs(void)
{
	unsigned i;

	CHECK_INT(compare_inputs_schema.columns, manifest_schema.columns + 1);
	for (i = 0; i < manifest_schema.columns; i++) {
		CHECK_TEXT(compare_inputs_schema.column[i + 1].name, manifest_schema.column[i].name);
		CHECK_INT(compare_inputs_schema.column[i + 1].type, manifest_schema.column[i].type);
	}
	check_case("compare_inputs.csv has the columns of manifest.csv behind the run");
}

int main(void)
{
	const struct sheet *sheet;
	size_t i;

	for (i = 0; (sheet = sheet_at(i)); i++)
		check_columns(sheet->schema);
	check_columns(&compare_schema);
	check_inputs();
	check_version();
	for (i = 0; i < sizeof word_lists / sizeof word_lists[0]; i++)
		check_words(&word_lists[i]);
	return check_exit();
}
