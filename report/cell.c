#include "report/cell.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NANOS_PER_S 1000000000

/* The unit of a length of time, as its column's name ends. */
static const struct {
	const char *suffix;
	unsigned digits; /* the unit is 10^digits nanoseconds */
} cell_units[] = {{"_us", 3}, {"_s", 9}, {"_ms", 6}, {"_ns", 0}};

static unsigned cell_unit_digits(const char *name)
{
	const char *suffix = strrchr(name, '_');
	size_t i;

	for (i = 0; suffix && i < sizeof cell_units / sizeof cell_units[0]; i++)
		if (strcmp(suffix, cell_units[i].suffix) == 0)
			return cell_units[i].digits;
	return 0;
}

/* `digits` digits at least, with zeros in front. Returns where they end. */
static char *cell_digits(char *out, uint64_t value, unsigned digits)
{
	char reversed[32];
	unsigned n = 0;

	while (value || n < digits || n == 0) {
		reversed[n++] = (char)('0' + value % 10);
		value /= 10;
	}
	while (n)
		*out++ = reversed[--n];
	*out = '\0';
	return out;
}

const char *cell_int(char room[CELL_ROOM], int64_t value)
{
	char *out = room;

	if (value < 0)
		*out++ = '-';
	cell_digits(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
	return room;
}

const char *cell_real(char room[CELL_ROOM], double value, unsigned decimals)
{
	const char *point = localeconv()->decimal_point;
	char *found;

	snprintf(room, CELL_ROOM, "%.*f", (int)decimals, value);
	found = strcmp(point, ".") == 0 ? NULL : strstr(room, point);
	if (found) {
		*found = '.';
		memmove(found + 1, found + strlen(point), strlen(found + strlen(point)) + 1);
	}
	if (room[0] == '-' && strspn(room + 1, "0.") == strlen(room + 1))
		memmove(room, room + 1, strlen(room));
	return room;
}

/* A field of a time, and what stands behind it. Times are most of what there is to format:
 * this is three times as fast as snprintf(). */
static void cell_time_field(char **out, int64_t value, unsigned digits, char behind)
{
	*out = cell_digits(*out, (uint64_t)value, digits);
	*(*out)++ = behind;
}

const char *cell_time(char room[CELL_ROOM], int64_t time_ns)
{
	int64_t nanos = time_ns % NANOS_PER_S;
	time_t seconds = time_ns / NANOS_PER_S;
	char *out = room;
	struct tm tm;

	if (nanos < 0) {
		nanos += NANOS_PER_S;
		seconds--;
	}
	if (!gmtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof tm); /* cannot be: 64 bits of nanoseconds are 584 years */
	cell_time_field(&out, tm.tm_year + 1900, 4, '-');
	cell_time_field(&out, tm.tm_mon + 1, 2, '-');
	cell_time_field(&out, tm.tm_mday, 2, 'T');
	cell_time_field(&out, tm.tm_hour, 2, ':');
	cell_time_field(&out, tm.tm_min, 2, ':');
	cell_time_field(&out, tm.tm_sec, 2, '.');
	cell_time_field(&out, nanos, 9, 'Z');
	*out = '\0';
	return room;
}

static uint64_t cell_power(unsigned digits)
{
	uint64_t power = 1;

	while (digits--)
		power *= 10;
	return power;
}

const char *cell_nanos(char room[CELL_ROOM], int64_t value_ns, unsigned unit_digits,
		       unsigned decimals)
{
	uint64_t value = value_ns < 0 ? -(uint64_t)value_ns : (uint64_t)value_ns;
	unsigned kept = decimals < unit_digits ? decimals : unit_digits;
	uint64_t dropped = cell_power(unit_digits - kept), unit = cell_power(kept);
	char *out = room;

	value = value / dropped + (dropped > 1 && value % dropped >= dropped / 2);
	if (value_ns < 0 && value)
		*out++ = '-';
	out = cell_digits(out, value / unit, 1);
	if (!decimals)
		return room;
	*out++ = '.';
	if (kept)
		out = cell_digits(out, value % unit, kept);
	for (; kept < decimals; kept++)
		*out++ = '0';
	*out = '\0';
	return room;
}

/* The first longest run of zero groups; RFC 5952, section 4.2: "::" stands for
 * two at least. */
static void cell_zero_run(const uint16_t group[8], int groups, int *start, int *length)
{
	int i, run = 0;

	*length = 1;
	*start = -1;
	for (i = 0; i < groups; i++) {
		run = group[i] ? 0 : run + 1;
		if (run > *length) {
			*length = run;
			*start = i - run + 1;
		}
	}
}

static void cell_dotted(char *out, const uint8_t *bytes)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (i)
			*out++ = '.';
		out = cell_digits(out, bytes[i], 1);
	}
}

const char *cell_address(char room[CELL_ROOM], const uint8_t *bytes, size_t size)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	int groups = 8, i, start, length;
	uint16_t group[8];
	char *out = room;

	if (size != 16) {
		cell_dotted(room, bytes);
		return room;
	}
	if (memcmp(bytes, mapped, sizeof mapped) == 0)
		groups = 6; /* section 5: ::ffff:192.0.2.1 */
	for (i = 0; i < 8; i++)
		group[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	cell_zero_run(group, groups, &start, &length);
	for (i = 0; i < groups; i++) {
		if (i == start) {
			out += sprintf(out, "::");
			i += length - 1;
		} else {
			out += sprintf(out, "%s%x", i && out[-1] != ':' ? ":" : "", group[i]);
		}
	}
	if (groups == 6) {
		*out++ = ':';
		cell_dotted(out, bytes + 12);
	}
	return room;
}

bool cell_is_number(enum table_type type)
{
	return type == TABLE_INT || type == TABLE_REAL || type == TABLE_NANOS;
}

const char *cell_format(const struct table_column *column, const struct cell *cell,
			char room[CELL_ROOM])
{
	if (!cell->known)
		return NULL;
	switch (column->type) {
	case TABLE_INT:
		return cell_int(room, cell->number);
	case TABLE_REAL:
		return cell_real(room, cell->real, column->decimals);
	case TABLE_TIME:
		return cell_time(room, cell->number);
	case TABLE_NANOS:
		return cell_nanos(room, cell->number, cell_unit_digits(column->name),
				  column->decimals);
	case TABLE_TEXT:
	case TABLE_FOREIGN:
		return cell->text;
	case TABLE_ADDRESS:
		return cell_address(room, cell->bytes, cell->size);
	}
	return NULL;
}
