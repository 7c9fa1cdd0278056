#include "report/text_hops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"
#include "correlate/results.h"
#include "report/wording.h"

#define TEXT_HOPS_MAX 1024      /* rows of hops.csv shown */
#define TEXT_HOPS_SAID 3        /* hops named in the sentence */

struct text_hop {
	char *hop, *label;               /* owned, for people */
	char *name;                      /* of the hop, as the tables have it */
	const char *direction;           /* NULL: the row `none` */
	struct cell cell[HOPS_COLUMNS];  /* numbers only */
};

struct text_hops {
	struct text_hop *hop;
	size_t count, room;
	uint64_t more; /* rows that are not shown */
};

/* A hop, both directions together. */
struct text_hops_sum {
	const char *hop;
	size_t place; /* on the path */
	uint64_t packets, matched, dropped, injected, local;
};

/* The grids: which column of hops.csv, and how it is shown. Optional ones show where a row has
 * something else than 0. */
enum text_hops_form { FORM_COUNT, FORM_PERCENT, FORM_TIME, FORM_CLOCK, FORM_BARS };

struct text_hops_column {
	const char *heading;
	unsigned column;
	enum text_hops_form form;
	bool optional;
};

static const struct text_hops_column text_hops_counts[] = {
	{"packets", HOPS_PACKETS, FORM_COUNT, false},
	{"dropped", HOPS_DROPPED, FORM_COUNT, false},
	{"loss %", HOPS_LOSS_RATIO, FORM_PERCENT, false},
	{"injected", HOPS_INJECTED, FORM_COUNT, false},
	{"duplicated", HOPS_DUPLICATED, FORM_COUNT, true},
	{"reordered", HOPS_REORDERED, FORM_COUNT, true},
	{"modified", HOPS_MODIFIED, FORM_COUNT, true},
	{"local", HOPS_LOCAL, FORM_COUNT, true},
	{"uncaptured", HOPS_UNCAPTURED, FORM_COUNT, true},
	{"edge", HOPS_EDGE, FORM_COUNT, true},
	{"ambiguous", HOPS_AMBIGUOUS, FORM_COUNT, true},
	{"excluded", HOPS_EXCLUDED, FORM_COUNT, true},
};

static const struct text_hops_column text_hops_delays[] = {
	{"delay min", HOPS_DELAY_MIN, FORM_TIME, false},
	{"p50", HOPS_DELAY_P50, FORM_TIME, false},
	{"p90", HOPS_DELAY_P90, FORM_TIME, false},
	{"p99", HOPS_DELAY_P99, FORM_TIME, false},
	{"max", HOPS_DELAY_MAX, FORM_TIME, false},
	{"p50 over time", HOPS_DELAY_P50, FORM_BARS, false},
	{"clock offset", HOPS_CLOCK_OFFSET, FORM_CLOCK, false},
};

static const struct {
	const char *heading;
	const struct text_hops_column *column;
	unsigned columns;
	bool undirected; /* the row `none`, too */
} text_hops_grids[] = {
	{"Hops", text_hops_counts, sizeof text_hops_counts / sizeof text_hops_counts[0], true},
	{"Delays", text_hops_delays, sizeof text_hops_delays / sizeof text_hops_delays[0], false},
};

/* Packets that are no drop though they are missing: each with its explanation. */
static const struct {
	unsigned column;
	const char *why;
} text_hops_undecided[] = {
	{HOPS_UNCAPTURED, "missed by a capture (uncaptured)"},
	{HOPS_EDGE, "at the ends of the captures (edge)"},
	{HOPS_AMBIGUOUS, "not to be told apart (ambiguous)"},
};

void text_hops_free(struct text_hops **hops)
{
	if (!*hops)
		return;
	while ((*hops)->count) {
		struct text_hop *hop = &(*hops)->hop[--(*hops)->count];

		free(hop->hop);
		free(hop->label);
		free(hop->name);
	}
	free((*hops)->hop);
	free(*hops);
	*hops = NULL;
}

/* "fw-in > fw-out" of a row's from and to; "fw-in > fw-out, no direction". */
static char *text_hops_label(const struct rows *rows, const char *hop, bool directed)
{
	struct cell from, to;
	char *joined = NULL, *label;
	int made;

	rows_cell(rows, HOPS_FROM, &from);
	rows_cell(rows, HOPS_TO, &to);
	if (directed)
		made = asprintf(&joined, "%s>%s", from.text, to.text);
	else
		made = asprintf(&joined, "%s, no direction", hop);
	if (made < 0)
		return NULL;
	label = wording_hop(joined);
	free(joined);
	return label;
}

static bool text_hops_add(struct text_hops *hops, const struct rows *rows)
{
	struct cell name, direction;
	struct text_hop *hop;
	unsigned c;

	if (hops->count == hops->room) {
		size_t room = hops->room ? 2 * hops->room : 16;

		hop = realloc(hops->hop, room * sizeof *hop);
		if (!hop)
			return false;
		hops->hop = hop;
		hops->room = room;
	}
	hop = &hops->hop[hops->count++];
	memset(hop, 0, sizeof *hop);
	rows_cell(rows, HOPS_HOP, &name);
	rows_cell(rows, HOPS_DIRECTION, &direction);
	if (strcmp(direction.text, "none") != 0)
		hop->direction = strcmp(direction.text, "reverse") == 0 ? "reverse" : "forward";
	hop->name = strdup(name.text);
	hop->hop = wording_hop(name.text);
	hop->label = text_hops_label(rows, name.text, hop->direction != NULL);
	for (c = HOPS_PACKETS; c < HOPS_DIRECTION_EVIDENCE; c++)
		rows_cell(rows, c, &hop->cell[c]);
	return hop->hop && hop->label && hop->name;
}

enum status text_hops_read(struct text_hops **out, struct store_txn *txn, struct error *err)
{
	struct text_hops *hops = calloc(1, sizeof *hops);
	struct rows *rows = NULL;
	enum status status = hops ? rows_open_table(&rows, txn, &results_hops, err)
				  : error_errno(err, ENOMEM, "summary");
	bool more = true;

	while (!status && more) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		if (hops->count == TEXT_HOPS_MAX)
			hops->more++;
		else if (!text_hops_add(hops, rows))
			status = error_errno(err, ENOMEM, "summary");
	}
	rows_close(&rows);
	if (status)
		text_hops_free(&hops);
	*out = hops;
	return status;
}

static uint64_t text_hops_count(const struct text_hop *hop, unsigned column)
{
	return hop->cell[column].known ? (uint64_t)hop->cell[column].number : 0;
}

/* ---- the sentence ---- */

static int text_hops_worse(const void *left, const void *right)
{
	const struct text_hops_sum *a = left, *b = right;
	uint64_t x = a->dropped + a->injected, y = b->dropped + b->injected;

	return x == y ? (a->place > b->place) - (a->place < b->place) : (x < y) - (x > y);
}

/* One sum for each hop, worst first (the path's order where they are equal). */
static size_t text_hops_sums(const struct text_hops *hops, struct text_hops_sum *sum)
{
	size_t count = 0, i, k;

	for (i = 0; i < hops->count; i++) {
		const struct text_hop *hop = &hops->hop[i];

		for (k = 0; k < count && strcmp(sum[k].hop, hop->hop) != 0; k++)
			;
		if (k == count)
			sum[count++] = (struct text_hops_sum){.hop = hop->hop, .place = k};
		if (!hop->direction)
			continue;
		sum[k].packets += text_hops_count(hop, HOPS_PACKETS);
		sum[k].matched += text_hops_count(hop, HOPS_MATCHED);
		sum[k].dropped += text_hops_count(hop, HOPS_DROPPED);
		sum[k].injected += text_hops_count(hop, HOPS_INJECTED);
		sum[k].local += text_hops_count(hop, HOPS_LOCAL);
	}
	qsort(sum, count, sizeof *sum, text_hops_worse);
	return count;
}

/* "fw-in > fw-out dropped 36 of 4,311 packets and injected 12" */
static void text_hops_say(FILE *stream, const struct text_hops_sum *sum)
{
	char number[TERMINAL_NUMBER_MAX], packets[WORDING_ROOM], percent[WORDING_ROOM];
	uint64_t all = sum->packets > sum->dropped ? sum->packets : sum->dropped;

	fputs(sum->hop, stream);
	if (sum->dropped)
		fprintf(stream, " dropped %s of %s (%s %%)", terminal_number(number, sum->dropped),
			wording_count(packets, all, "packet"),
			wording_percent(percent, (double)sum->dropped / (double)all));
	if (sum->dropped && sum->injected)
		fputs(" and", stream);
	if (sum->injected)
		fprintf(stream, " injected %s", terminal_number(number, sum->injected));
}

/* An all-clear must not cover a hop where nothing was compared. How many there are. */
static size_t text_hops_say_unmatched(FILE *stream, const struct text_hops_sum *sum, size_t count)
{
	size_t silent = 0, i;

	for (i = 0; i < count; i++) {
		if (sum[i].matched || sum[i].dropped + sum[i].injected)
			continue;
		if (2 * sum[i].local >= sum[i].packets && sum[i].local)
			fprintf(stream, "%s passed no packet on: those on its sides are the box's own, "
				"as a proxy's are. ", sum[i].hop);
		else
			fprintf(stream, "%s: no packet was matched, so nothing can be said of it. ",
				sum[i].hop);
		silent++;
	}
	return silent;
}

static void text_hops_say_all(FILE *stream, const struct text_hops_sum *sum, size_t count)
{
	size_t bad = 0, silent = text_hops_say_unmatched(stream, sum, count), said;

	while (bad < count && sum[bad].dropped + sum[bad].injected)
		bad++;
	if (!count)
		fputs("There is no hop: nothing to compare.", stream);
	if (count > silent && !bad)
		fprintf(stream, "Nothing was dropped or injected%s.",
			silent	    ? " elsewhere"
			: count > 1 ? " at any hop"
				    : "");
	for (said = 0; said < bad && said < TEXT_HOPS_SAID; said++) {
		fputs(said ? "; " : "", stream);
		text_hops_say(stream, &sum[said]);
	}
	if (bad > said)
		fprintf(stream, "; %zu more hop%s did so, too", bad - said,
			bad - said == 1 ? "" : "s");
	if (bad && count > bad)
		fprintf(stream, "; the other hop%s dropped and injected nothing",
			count - bad == 1 ? "" : "s");
	fputs(bad ? "." : "", stream);
}

static void text_hops_say_undecided(FILE *stream, const struct text_hops *hops)
{
	const char *lead = " Not counted as drops: ";
	char number[TERMINAL_NUMBER_MAX];
	size_t u, i;

	for (u = 0; u < sizeof text_hops_undecided / sizeof text_hops_undecided[0]; u++) {
		uint64_t count = 0;

		for (i = 0; i < hops->count; i++)
			count += text_hops_count(&hops->hop[i], text_hops_undecided[u].column);
		if (!count)
			continue;
		fprintf(stream, "%s%s %s", lead, terminal_number(number, count),
			text_hops_undecided[u].why);
		lead = ", ";
	}
	if (*lead == ',')
		putc('.', stream);
}

char *text_hops_answer(const struct text_hops *hops)
{
	struct text_hops_sum *sum = calloc(hops->count + 1, sizeof *sum);
	char *answer = NULL;
	size_t size;
	FILE *stream = sum ? open_memstream(&answer, &size) : NULL;

	if (stream) {
		text_hops_say_all(stream, sum, text_hops_sums(hops, sum));
		text_hops_say_undecided(stream, hops);
		if (fclose(stream) != 0) {
			free(answer);
			answer = NULL;
		}
	}
	free(sum);
	return answer;
}

/* ---- the grids ---- */

static void text_hops_cell(struct grid *grid, unsigned number,
			   const struct text_hops_column *column, const struct text_hop *hop,
			   const struct text_bars *bars)
{
	char text[WORDING_ROOM], error[WORDING_ROOM], both[2 * WORDING_ROOM + 8];
	char line[TEXT_BARS_ROOM];
	const struct cell *cell = &hop->cell[column->column];

	if (!cell->known)
		return;
	switch (column->form) {
	case FORM_COUNT:
		grid_set(grid, number, terminal_number(text, (uint64_t)cell->number));
		break;
	case FORM_PERCENT:
		grid_set(grid, number, wording_percent(text, cell->real));
		break;
	case FORM_TIME:
		grid_set(grid, number, wording_duration(text, cell->number));
		break;
	case FORM_BARS:
		grid_set(grid, number, text_bars_line(bars, hop->name, hop->direction, line));
		break;
	case FORM_CLOCK:
		wording_offset(text, cell->number);
		cell = &hop->cell[HOPS_CLOCK_ERROR];
		snprintf(both, sizeof both, "%s%s%s", text, cell->known ? " +- " : "",
			 cell->known ? wording_duration(error, cell->number) : "");
		grid_set(grid, number, both);
		break;
	}
}

/* Grid `g` of the table above; NULL without memory. */
static struct grid *text_hops_grid(const struct text_hops *hops, size_t g,
				   const struct text_bars *bars, const char **headings)
{
	const struct text_hops_column *column = text_hops_grids[g].column;
	struct grid *grid;
	unsigned c;
	size_t i;

	headings[0] = text_hops_grids[g].heading;
	for (c = 0; c < text_hops_grids[g].columns; c++)
		headings[c + 1] = column[c].heading;
	grid = grid_new(headings, text_hops_grids[g].columns);
	for (c = 0; grid && c < text_hops_grids[g].columns; c++)
		if (column[c].optional)
			grid_optional(grid, c);
	for (i = 0; grid && i < hops->count; i++) {
		const struct text_hop *hop = &hops->hop[i];

		if (!hop->direction &&
		    !(text_hops_grids[g].undirected && text_hops_count(hop, HOPS_PACKETS)))
			continue;
		if (!grid_add_row(grid, hop->label)) {
			grid_free(&grid);
			break;
		}
		for (c = 0; c < text_hops_grids[g].columns; c++)
			text_hops_cell(grid, c, &column[c], hop, bars);
	}
	return grid;
}

enum status text_hops_print(const struct text_hops *hops, const struct text_bars *bars,
			    FILE *stream, unsigned width, struct error *err)
{
	const char *headings[GRID_COLUMNS_MAX + 1];
	size_t g;

	for (g = 0; g < sizeof text_hops_grids / sizeof text_hops_grids[0]; g++) {
		struct grid *grid = text_hops_grid(hops, g, bars, headings);

		if (!grid)
			return error_errno(err, ENOMEM, "summary");
		grid_print(grid, stream, width, 0);
		grid_free(&grid);
	}
	if (hops->more)
		fprintf(stream, "and %llu more rows (hops.csv)\n", (unsigned long long)hops->more);
	return STATUS_OK;
}
