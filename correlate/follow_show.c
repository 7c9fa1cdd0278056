#include "correlate/follow_show.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "collect/terminal.h"

#define SHOW_CELL_MAX 1024

enum show_form { SHOW_TEXT, SHOW_COUNT, SHOW_PERCENT, SHOW_TIME };

/* The table; a row's text is its hop, then its direction. What is asked first stands first: a narrow screen
 * cuts the rest. */
static const struct show_column {
	const char *heading;
	enum show_form form;
	enum follow_number number;
} show_columns[] = {
	{"hop", SHOW_TEXT, 0},
	{"direction", SHOW_TEXT, 1},
	{"packets", SHOW_COUNT, FOLLOW_PACKETS},
	{"dropped", SHOW_COUNT, FOLLOW_DROPPED},
	{"loss %", SHOW_PERCENT, 0},
	{"p50", SHOW_TIME, FOLLOW_DELAY_P50},
	{"p99", SHOW_TIME, FOLLOW_DELAY_P99},
	{"max", SHOW_TIME, FOLLOW_DELAY_MAX},
	{"injected", SHOW_COUNT, FOLLOW_INJECTED},
	{"uncaptured", SHOW_COUNT, FOLLOW_UNCAPTURED},
	{"ambiguous", SHOW_COUNT, FOLLOW_AMBIGUOUS},
	{"edge", SHOW_COUNT, FOLLOW_EDGE},
	{"clock +-", SHOW_TIME, FOLLOW_CLOCK_ERROR},
};
#define SHOW_COLUMNS (sizeof show_columns / sizeof show_columns[0])

/* "12.3 us": a tenth of the unit that leaves it below 1000. */
static void show_duration(char *cell, int64_t ns)
{
	static const struct {
		int64_t one;
		const char *unit;
	} units[] = {{1000, "us"}, {1000000, "ms"}, {1000000000, "s"}};
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns, tenths;
	size_t u = 0;

	while (u < 2 && size >= (uint64_t)units[u].one * 1000)
		u++;
	tenths = size / (uint64_t)(units[u].one / 10);
	snprintf(cell, SHOW_CELL_MAX, "%s%" PRIu64 ".%" PRIu64 " %s", ns < 0 ? "-" : "", tenths / 10,
		 tenths % 10, units[u].unit);
}

static void show_percent(char *cell, double ratio)
{
	unsigned hundredths = (unsigned)(ratio * 10000 + 0.5);

	snprintf(cell, SHOW_CELL_MAX, "%u.%02u", hundredths / 100, hundredths % 100);
}

static void show_cell(char *cell, const struct show_column *column, const struct follow_hop *hop)
{
	const char *text = column->number ? hop->direction : hop->hop;
	int64_t number = hop->number[column->number];

	snprintf(cell, SHOW_CELL_MAX, "-");
	if (column->form == SHOW_TEXT)
		terminal_escape(cell, SHOW_CELL_MAX, text, strlen(text));
	else if (column->form == SHOW_PERCENT && !isnan(hop->loss_ratio))
		show_percent(cell, hop->loss_ratio);
	else if (column->form == SHOW_COUNT && number != TABLE_INT_UNKNOWN)
		terminal_number(cell, (uint64_t)number);
	else if (column->form == SHOW_TIME && number != TABLE_INT_UNKNOWN)
		show_duration(cell, number);
}

/* What has no direction, such as ARP, is in the CSV only. */
static bool show_row(const struct follow_hop *hop)
{
	return strcmp(hop->direction, "none") != 0;
}

static void show_hops(FILE *stream, const struct follow_round *round)
{
	int width[SHOW_COLUMNS];
	char cell[SHOW_CELL_MAX];
	uint32_t row;
	size_t c;

	for (c = 0; c < SHOW_COLUMNS; c++) {
		width[c] = (int)strlen(show_columns[c].heading);
		for (row = 0; row < round->hops; row++) {
			show_cell(cell, &show_columns[c], &round->hop[row]);
			if (show_row(&round->hop[row]) && (int)strlen(cell) > width[c])
				width[c] = (int)strlen(cell);
		}
	}
	for (c = 0; c < SHOW_COLUMNS; c++)
		fprintf(stream, "%s%*s", c ? "  " : "", show_columns[c].form == SHOW_TEXT ? -width[c] : width[c],
			show_columns[c].heading);
	fputc('\n', stream);
	for (row = 0; row < round->hops; row++) {
		for (c = 0; c < SHOW_COLUMNS && show_row(&round->hop[row]); c++) {
			show_cell(cell, &show_columns[c], &round->hop[row]);
			fprintf(stream, "%s%*s", c ? "  " : "",
				show_columns[c].form == SHOW_TEXT ? -width[c] : width[c], cell);
		}
		if (show_row(&round->hop[row]))
			fputc('\n', stream);
	}
}

static void show_resets(FILE *stream, const struct follow_round *round)
{
	char count[TERMINAL_NUMBER_MAX];
	uint32_t i;

	for (i = 0; i < round->resets; i++) {
		fputs("RST injected at ", stream);
		terminal_print(stream, round->reset[i].hop);
		fprintf(stream, ", %s: %s, %s\n", round->reset[i].direction,
			terminal_number(count, round->reset[i].count), round->reset[i].cause);
	}
}

static void show_points(FILE *stream, const struct follow_round *round)
{
	char number[TERMINAL_NUMBER_MAX], time[TERMINAL_TIME_MAX];
	uint32_t p;

	for (p = 0; p < round->points; p++) {
		const struct follow_point *point = &round->point[p];

		if (point->wanted && point->drops) {
			terminal_print(stream, point->name);
			fprintf(stream, ": its capture lost %s packet%s\n", terminal_number(number, point->drops),
				point->drops == 1 ? "" : "s");
		}
		if (point->wanted && point->still_ns >= FOLLOW_STALE_NS) {
			terminal_print(stream, point->name);
			fprintf(stream, ": nothing new since %s\n",
				point->reached_ns == INT64_MIN ? "the beginning"
							       : terminal_time(time, point->reached_ns));
		}
	}
}

/* To the tenth of a second. */
static const char *show_time(char time[TERMINAL_TIME_MAX], int64_t time_ns)
{
	terminal_time(time, time_ns);
	strcpy(time + strlen("2026-01-01T00:00:00.0"), "Z");
	return time;
}

void follow_show(FILE *stream, const struct follow_round *round)
{
	char number[TERMINAL_NUMBER_MAX], time[TERMINAL_TIME_MAX];
	uint64_t packets = 0;
	uint32_t i;

	for (i = 0; i < round->points; i++)
		packets += round->point[i].packets;
	if (round->to_ns)
		fprintf(stream, "%s, the last %" PRId64 " s: %s packets at all points", show_time(time, round->to_ns),
			(round->to_ns - round->from_ns) / 1000000000, terminal_number(number, packets));
	if (round->compared) {
		fputs(", path ", stream);
		terminal_print(stream, round->path);
		fputc('\n', stream);
		show_hops(stream, round);
		show_resets(stream, round);
	} else {
		fputs(round->to_ns ? "\nno comparison: " : "waiting: ", stream);
		terminal_print(stream, round->trouble);
		fputc('\n', stream);
	}
	show_points(stream, round);
	for (i = 0; i < round->findings; i++) {
		fprintf(stream, "%s: ", round->finding[i].severity);
		terminal_print(stream, round->finding[i].text);
		fputc('\n', stream);
	}
}

/* ---- CSV ---- */

static const struct {
	const char *name;
	enum follow_number number;
	bool nanos;
} csv_numbers[] = {
	{"packets", FOLLOW_PACKETS, false},	    {"matched", FOLLOW_MATCHED, false},
	{"dropped", FOLLOW_DROPPED, false},	    {"injected", FOLLOW_INJECTED, false},
	{"local", FOLLOW_LOCAL, false},		    {"uncaptured", FOLLOW_UNCAPTURED, false},
	{"edge", FOLLOW_EDGE, false},		    {"ambiguous", FOLLOW_AMBIGUOUS, false},
	{"excluded", FOLLOW_EXCLUDED, false},	    {"delay_p50_us", FOLLOW_DELAY_P50, true},
	{"delay_p99_us", FOLLOW_DELAY_P99, true},   {"delay_max_us", FOLLOW_DELAY_MAX, true},
	{"clock_error_us", FOLLOW_CLOCK_ERROR, true},
};
#define CSV_NUMBERS (sizeof csv_numbers / sizeof csv_numbers[0])

void follow_csv_header(FILE *stream)
{
	size_t c;

	fputs("time,window_s,hop,direction", stream);
	for (c = 0; c < CSV_NUMBERS; c++)
		fprintf(stream, ",%s", csv_numbers[c].name);
	fputs(",resets_injected,capture_drops,stopped\n", stream);
}

/* A point's name may have a quote, and begin like a formula. */
static void csv_text(FILE *stream, const char *text)
{
	bool quote = strpbrk(text, "\"\r\n,") != NULL;

	fputs(quote ? "\"" : "", stream);
	if (*text && strchr("=+-@\t\r", *text))
		fputc('\'', stream);
	for (; *text; text++)
		fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
	fputs(quote ? "\"" : "", stream);
}

static void csv_number(FILE *stream, int64_t number, bool nanos)
{
	uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

	fputc(',', stream);
	if (number == TABLE_INT_UNKNOWN)
		return;
	if (nanos)
		fprintf(stream, "%s%" PRIu64 ".%03" PRIu64, number < 0 ? "-" : "", size / 1000, size % 1000);
	else
		fprintf(stream, "%" PRId64, number);
}

void follow_csv(FILE *stream, const struct follow_round *round)
{
	char time[TERMINAL_TIME_MAX];
	uint64_t drops = 0, stopped = 0;
	uint32_t row, p;
	size_t c;

	for (p = 0; p < round->points; p++) {
		drops += round->point[p].drops;
		stopped += round->point[p].wanted && round->point[p].still_ns >= FOLLOW_STALE_NS;
	}
	for (row = 0; row < round->hops; row++) {
		const struct follow_hop *hop = &round->hop[row];

		fprintf(stream, "%s,%" PRId64 ",", terminal_time(time, round->to_ns),
			(round->to_ns - round->from_ns) / 1000000000);
		csv_text(stream, hop->hop);
		fprintf(stream, ",%s", hop->direction);
		for (c = 0; c < CSV_NUMBERS; c++)
			csv_number(stream, hop->number[csv_numbers[c].number], csv_numbers[c].nanos);
		fprintf(stream, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", hop->resets, drops, stopped);
	}
}
