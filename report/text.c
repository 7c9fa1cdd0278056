#include "report/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"
#include "correlate/results.h"
#include "report/manifest.h"
#include "report/sheet.h"
#include "report/text_hops.h"
#include "report/wording.h"

#define TEXT_INDENT 2
#define TEXT_PATH_ROOM 8192

/* How the words of `severity` look on a terminal that has colours. */
static const struct {
	const char *severity, *colour;
} text_colours[] = {
	{"high", "\033[1;31m"},
	{"medium", "\033[33m"},
	{"low", "\033[36m"},
	{"info", "\033[2m"},
};
#define TEXT_BOLD "\033[1m"
#define TEXT_WARN "\033[33m"
#define TEXT_PLAIN "\033[0m"

/* What is said of how the path was found, for run.csv's path_evidence. */
static const struct {
	const char *evidence, *sentence;
} text_evidence[] = {
	{"given", "as given"},
	{"command line", "as on the command line; the packets do not tell"},
	{"ttl", "found by the packets' TTL"},
	{"delay", "found by the packets' delay"},
	{"ttl and delay", "found by the packets' TTL and delay"},
};

struct text {
	FILE *stream;
	struct store_txn *txn;
	bool colour;
};

static void text_coloured(const struct text *text, const char *colour, const char *words)
{
	if (text->colour && *colour)
		fprintf(text->stream, "%s%s%s", colour, words, TEXT_PLAIN);
	else
		fputs(words, text->stream);
}

static void text_heading(const struct text *text, const char *heading)
{
	putc('\n', text->stream);
	text_coloured(text, TEXT_BOLD, heading);
	putc('\n', text->stream);
}

static enum status text_out_of_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "summary");
}

/* ---- the path ---- */

const char *text_path_how(const char *evidence)
{
	size_t i;

	for (i = 0; i < sizeof text_evidence / sizeof text_evidence[0]; i++)
		if (strcmp(evidence, text_evidence[i].evidence) == 0)
			return text_evidence[i].sentence;
	return evidence;
}

/* "client > fw-in > web1/web2 (how it was found)", escaped; the caller frees. */
static char *text_path_sentence(const char *path, const char *how, const char *doubt)
{
	char *line = NULL, *safe = NULL;
	size_t size;
	FILE *stream = open_memstream(&line, &size);

	if (!stream)
		return NULL;
	for (; *path; path++) {
		if (*path == ',')
			fputs(" > ", stream);
		else
			putc(*path, stream);
	}
	if (*how)
		fprintf(stream, " (%s)", how);
	if (*doubt)
		fputs("; doubtful, see the findings", stream);
	if (fclose(stream) == 0)
		safe = wording_safe(line);
	free(line);
	return safe;
}

static enum status text_path(const struct text *text, struct error *err)
{
	char path[TEXT_PATH_ROOM], evidence[256], doubt[8], *sentence;
	enum status status;

	status = sheet_run_value(text->txn, "path", path, sizeof path, err);
	if (!status)
		status = sheet_run_value(text->txn, "path_evidence", evidence, sizeof evidence,
					 err);
	if (!status)
		status = sheet_run_value(text->txn, "path_doubt", doubt, sizeof doubt, err);
	if (status || !*path)
		return status;
	sentence = text_path_sentence(path, text_path_how(evidence), doubt);
	if (!sentence)
		return text_out_of_memory(err);
	fputs("\nPath: ", text->stream);
	wording_wrap(text->stream, sentence, 6, 6, TEXT_WIDTH);
	free(sentence);
	return STATUS_OK;
}

/* ---- findings ---- */

static const char *text_colour(const char *severity)
{
	size_t i;

	for (i = 0; i < sizeof text_colours / sizeof text_colours[0]; i++)
		if (strcmp(severity, text_colours[i].severity) == 0)
			return text_colours[i].colour;
	return "";
}

static enum status text_finding(const struct text *text, const struct rows *rows, uint64_t number,
				struct error *err)
{
	struct cell severity, sentence, evidence;
	char *both, *safe = NULL;
	int column;

	rows_cell(rows, FINDINGS_SEVERITY, &severity);
	rows_cell(rows, FINDINGS_TEXT, &sentence);
	rows_cell(rows, FINDINGS_EVIDENCE, &evidence);
	if (asprintf(&both, "%s%s%s", sentence.text, evidence.known ? "; " : "",
		     evidence.text) >= 0) {
		safe = wording_safe(both);
		free(both);
	}
	if (!safe)
		return text_out_of_memory(err);
	column = fprintf(text->stream, "%4llu. ", (unsigned long long)number);
	if (severity.known) {
		text_coloured(text, text_colour(severity.text), severity.text);
		fputs(": ", text->stream);
		column += (int)strlen(severity.text) + 2;
	}
	wording_wrap(text->stream, safe, (unsigned)column, TEXT_INDENT + 4, TEXT_WIDTH);
	free(safe);
	return STATUS_OK;
}

static enum status text_findings(const struct text *text, struct error *err)
{
	char count[WORDING_ROOM];
	struct rows *rows;
	enum status status = rows_open_table(&rows, text->txn, &results_findings, err);
	uint64_t number = 0;
	bool more = true;

	if (status)
		return status;
	text_heading(text, rows->total ? "Findings" : "No findings");
	while (!status && number < TEXT_FINDINGS_MAX) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		status = text_finding(text, rows, ++number, err);
	}
	if (!status && rows->total > number)
		fprintf(text->stream, "      and %s (findings.csv)\n",
			wording_count(count, rows->total - number, "more finding"));
	rows_close(&rows);
	return status;
}

/* ---- what was read ---- */

static const char *const text_input_headings[] = {"Inputs",	    "captures", "packets", "bytes",
						  "first packet (UTC)", "lasting"};
#define TEXT_INPUT_COLUMNS 5

/* What the captures of one point sum to. */
struct text_input {
	char *point; /* owned */
	uint64_t captures, packets, bytes;
	int64_t first_ns, last_ns; /* TABLE_INT_UNKNOWN: no packet */
};

static bool text_input_print(const struct text_input *input, struct grid *grid)
{
	char number[TERMINAL_NUMBER_MAX], time[CELL_ROOM], *safe = wording_safe(input->point);
	char lasting[WORDING_ROOM];
	int64_t lasting_ns;

	if (!safe || !grid_add_row(grid, safe)) {
		free(safe);
		return false;
	}
	free(safe);
	grid_set(grid, 0, terminal_number(number, input->captures));
	grid_set(grid, 1, terminal_number(number, input->packets));
	grid_set(grid, 2, terminal_number(number, input->bytes));
	if (input->first_ns == TABLE_INT_UNKNOWN)
		return true;
	cell_time(time, input->first_ns);
	time[strlen("2000-01-01T00:00:00")] = '\0';
	time[strlen("2000-01-01")] = ' ';
	grid_set(grid, 3, time);
	lasting_ns = (int64_t)((uint64_t)input->last_ns - (uint64_t)input->first_ns);
	grid_set(grid, 4, wording_duration(lasting, lasting_ns));
	return true;
}

static void text_input_add(struct text_input *input, const struct rows *rows)
{
	struct cell cell;

	input->captures++;
	rows_cell(rows, MANIFEST_PACKETS, &cell);
	input->packets += (uint64_t)cell.number;
	rows_cell(rows, MANIFEST_BYTES, &cell);
	input->bytes += (uint64_t)cell.number;
	rows_cell(rows, MANIFEST_FIRST, &cell);
	if (cell.known &&
	    (input->first_ns == TABLE_INT_UNKNOWN || cell.number < input->first_ns))
		input->first_ns = cell.number;
	rows_cell(rows, MANIFEST_LAST, &cell);
	if (cell.known && (input->last_ns == TABLE_INT_UNKNOWN || cell.number > input->last_ns))
		input->last_ns = cell.number;
}

/* Sums the rows, which come sorted by point, into a row of the grid for each point. */
static enum status text_inputs_read(struct grid *grid, struct rows *rows, struct error *err)
{
	struct text_input input = {0};
	enum status status = STATUS_OK;
	bool more = true, enough = true; /* memory */

	while (!status && enough && more) {
		struct cell point = {.text = ""};

		status = rows_next(rows, &more, err);
		if (status)
			break;
		if (more)
			rows_cell(rows, MANIFEST_POINT, &point);
		if (input.point && (!more || strcmp(point.text, input.point) != 0)) {
			enough = text_input_print(&input, grid);
			free(input.point);
			input = (struct text_input){0};
		}
		if (!more)
			break;
		if (!input.point) {
			input.first_ns = input.last_ns = TABLE_INT_UNKNOWN;
			input.point = strdup(point.text);
			enough = enough && input.point;
		}
		text_input_add(&input, rows);
	}
	free(input.point);
	return enough ? status : text_out_of_memory(err);
}

static enum status text_inputs(const struct text *text, struct error *err)
{
	struct grid *grid = grid_new(text_input_headings, TEXT_INPUT_COLUMNS);
	struct rows *rows = NULL;
	enum status status = grid ? manifest_open(&rows, text->txn, &manifest_schema, err)
				  : text_out_of_memory(err);

	if (!status)
		status = text_inputs_read(grid, rows, err);
	if (!status)
		grid_print(grid, text->stream, TEXT_WIDTH, 0);
	rows_close(&rows);
	grid_free(&grid);
	return status;
}

/* A sentence about a capture where there is something wrong with it. */
static enum status text_note(const struct text *text, const struct rows *rows, uint64_t *notes,
			     struct error *err)
{
	struct cell point, name, damage, offset, drops;
	char lost[WORDING_ROOM], *line, *safe;
	int made;

	rows_cell(rows, MANIFEST_POINT, &point);
	rows_cell(rows, MANIFEST_CAPTURE, &name);
	rows_cell(rows, MANIFEST_DAMAGE, &damage);
	rows_cell(rows, MANIFEST_DAMAGE_OFFSET, &offset);
	rows_cell(rows, MANIFEST_CAPTURE_DROPS, &drops);
	if (!offset.known && !(drops.known && drops.number))
		return STATUS_OK;
	if (++*notes > TEXT_NOTES_MAX)
		return STATUS_OK;
	if (offset.known)
		made = asprintf(&line, "%s: %s is damaged at byte %lld (%s): read up to there",
				point.text, name.text, (long long)offset.number,
				damage.known ? damage.text : "?");
	else
		made = asprintf(&line, "%s: %s says that the capture itself lost %s", point.text,
				name.text, wording_count(lost, (uint64_t)drops.number, "packet"));
	safe = made < 0 ? NULL : wording_safe(line);
	if (made >= 0)
		free(line);
	if (!safe)
		return text_out_of_memory(err);
	fputs("  ", text->stream);
	text_coloured(text, TEXT_WARN, "warning:");
	putc(' ', text->stream);
	wording_wrap(text->stream, safe, TEXT_INDENT + 9, TEXT_INDENT + 4, TEXT_WIDTH);
	free(safe);
	return STATUS_OK;
}

static enum status text_notes(const struct text *text, struct error *err)
{
	struct rows *rows;
	enum status status = manifest_open(&rows, text->txn, &manifest_schema, err);
	char count[WORDING_ROOM];
	uint64_t notes = 0;
	bool more = true;

	while (!status && more) {
		status = rows_next(rows, &more, err);
		if (!status && more)
			status = text_note(text, rows, &notes, err);
	}
	if (!status && notes > TEXT_NOTES_MAX)
		fprintf(text->stream, "  and %s (manifest.csv)\n",
			wording_count(count, notes - TEXT_NOTES_MAX, "more warning"));
	rows_close(&rows);
	return status;
}

enum status text_write(struct output *output, struct store_txn *txn,
		       const struct text_options *options, struct error *err)
{
	struct text text = {output->stream, txn, options->colour};
	struct text_hops *hops = NULL;
	struct text_bars bars = {.ascii = false};
	enum status status = text_hops_read(&hops, txn, err);
	char *answer = status ? NULL : text_hops_answer(hops);

	if (!status && !answer)
		status = text_out_of_memory(err);
	if (!status) {
		if (text.colour)
			fputs(TEXT_BOLD, text.stream);
		wording_wrap(text.stream, answer, 0, 0, TEXT_WIDTH);
		if (text.colour)
			fputs(TEXT_PLAIN, text.stream);
		status = text_path(&text, err);
	}
	if (!status)
		status = text_findings(&text, err);
	if (!status)
		status = text_bars_read(&bars, txn, options->ascii, err);
	if (!status)
		status = text_hops_print(hops, &bars, text.stream, TEXT_WIDTH, err);
	if (!status)
		status = text_inputs(&text, err);
	if (!status)
		status = text_notes(&text, err);
	if (!status && options->closing) {
		putc('\n', text.stream);
		wording_wrap(text.stream, options->closing, 0, 0, TEXT_WIDTH);
	}
	free(answer);
	text_bars_free(&bars);
	text_hops_free(&hops);
	return status;
}
