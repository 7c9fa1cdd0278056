#include "report/wording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"
#include "report/cell.h"

struct wording_unit {
	uint64_t below_ns; /* used for lengths below this */
	unsigned unit_digits, decimals;
	const char *name;
};

static const struct wording_unit wording_rough[] = {
	{1000, 0, 0, "ns"},	  {100000, 3, 1, "us"},	     {1000000, 3, 0, "us"},
	{100000000, 6, 2, "ms"}, {1000000000, 6, 0, "ms"}, {UINT64_MAX, 9, 2, "s"},
};
static const struct wording_unit wording_fine[] = {
	{10000000, 3, 1, "us"}, {1000000000, 6, 3, "ms"}, {UINT64_MAX, 9, 6, "s"},
};

static const char *wording_time(char room[WORDING_ROOM], int64_t value_ns,
				const struct wording_unit *unit)
{
	uint64_t size = value_ns < 0 ? -(uint64_t)value_ns : (uint64_t)value_ns;
	char digits[CELL_ROOM];

	while (size >= unit->below_ns)
		unit++;
	*cell_nanos(digits, value_ns, unit->unit_digits, unit->decimals) = '\0';
	snprintf(room, WORDING_ROOM, "%.40s %s", digits, unit->name);
	return room;
}

const char *wording_duration(char room[WORDING_ROOM], int64_t value_ns)
{
	return wording_time(room, value_ns, wording_rough);
}

const char *wording_offset(char room[WORDING_ROOM], int64_t value_ns)
{
	return wording_time(room, value_ns, wording_fine);
}

const char *wording_percent(char room[WORDING_ROOM], double ratio)
{
	char digits[CELL_ROOM];

	if (ratio > 0 && ratio < 0.0001)
		snprintf(digits, sizeof digits, "<0.01");
	else if (ratio <= 0)
		snprintf(digits, sizeof digits, "0");
	else if (ratio < 1 && ratio >= 0.99995)
		snprintf(digits, sizeof digits, ">99.99"); /* some did pass */
	else
		*cell_real(digits, 100 * ratio, 2) = '\0';
	snprintf(room, WORDING_ROOM, "%.40s", digits);
	return room;
}

const char *wording_count(char room[WORDING_ROOM], uint64_t count, const char *thing)
{
	char digits[TERMINAL_NUMBER_MAX];

	snprintf(room, WORDING_ROOM, "%s %.20s%s", terminal_number(digits, count), thing,
		 count == 1 ? "" : "s");
	return room;
}

char *wording_safe(const char *text)
{
	size_t bytes = strlen(text), room = 4 * bytes + 1;
	char *safe = malloc(room);

	if (safe)
		terminal_escape(safe, room, text, bytes);
	return safe;
}

char *wording_hop(const char *hop)
{
	char *safe = wording_safe(hop);
	char *spaced = safe ? malloc(3 * strlen(safe) + 1) : NULL;
	char *out = spaced;
	const char *p;

	for (p = safe; spaced && *p; p++) {
		if (*p == '>') {
			memcpy(out, " > ", 3);
			out += 3;
		} else {
			*out++ = *p;
		}
	}
	if (spaced)
		*out = '\0';
	free(safe);
	return spaced;
}

/* The bytes of the next word (at least one), and its columns; no more than `most`. */
static size_t wording_word(const char *text, unsigned most, unsigned *columns)
{
	size_t n = 0;

	*columns = 0;
	while (text[n] && text[n] != ' ') {
		size_t after = n + 1;

		while (((uint8_t)text[after] & 0xc0) == 0x80)
			after++;
		if (*columns == most)
			break;
		n = after;
		++*columns;
	}
	return n;
}

void wording_wrap(FILE *stream, const char *text, unsigned column, unsigned indent, unsigned width)
{
	unsigned start = column, columns;

	while (*(text += strspn(text, " "))) {
		size_t bytes = wording_word(text, width - indent, &columns);

		if (column > start && column + 1 + columns > width) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = start = indent;
		} else if (column > start) {
			putc(' ', stream);
			column++;
		}
		fwrite(text, 1, bytes, stream);
		column += columns;
		text += bytes;
	}
	putc('\n', stream);
}
