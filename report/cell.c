#include "report/cell.h"

#include <endian.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NANOS_PER_S 1000000000ll
#define SECONDS_PER_DAY 86400

/* The unit of a length of time, as its column's name ends. */
static const struct {
	const char *suffix;
	uint8_t digits; /* the unit is 10^digits nanoseconds */
} cell_units[] = {{"_us", 3}, {"_s", 9}, {"_ms", 6}, {"_ns", 0}};

struct cell_form cell_form(const struct table_column *column)
{
	struct cell_form form = {.type = column->type, .decimals = column->decimals};
	const char *suffix = strrchr(column->name, '_');
	size_t i;

	for (i = 0; suffix && i < sizeof cell_units / sizeof cell_units[0]; i++)
		if (strcmp(suffix, cell_units[i].suffix) == 0)
			form.unit_digits = cell_units[i].digits;
	return form;
}

/* ---- digits ---- */

/* Numbers are nearly all of what a report holds, and a branch for each digit is guessed
 * wrong too often: eight digits are made at once, in the bytes of one word, the first in its
 * lowest. In each lane the quotient comes by a multiplication: by 10486 / 2^20 below 10000
 * (exactly a hundredth), by 103 / 2^10 below 100. */
#define CELL_WORD_DIGITS 8
#define CELL_WORD_MAX 99999999
#define CELL_ZEROS 0x3030303030303030

/* The digits of value <= CELL_WORD_MAX as bytes of 0 to 9. */
static inline uint64_t cell_word(uint64_t value)
{
	uint64_t fours = value / 10000 | value % 10000 << 32;
	uint64_t hundreds = fours * 10486 >> 20 & 0x0000007f0000007f;
	uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
	uint64_t tens = pairs * 103 >> 10 & 0x000f000f000f000f;

	return tens | (pairs - 10 * tens) << 8;
}

/* Some digits of the word, from the first = 0 on. Eight bytes are written, however few. */
static inline char *cell_put_word(char *out, uint64_t word, unsigned from, unsigned digits)
{
	uint64_t text = htole64((word | CELL_ZEROS) >> 8 * from);

	memcpy(out, &text, sizeof text);
	return out + digits;
}

/* Nine digits at the most, with zeros in front; value < 10^digits. */
static inline char *cell_fraction(char *out, uint64_t value, unsigned digits)
{
	if (!digits)
		return out;
	if (digits > CELL_WORD_DIGITS) {
		*out++ = (char)('0' + value / (CELL_WORD_MAX + 1));
		value %= CELL_WORD_MAX + 1;
		digits--;
	}
	return cell_put_word(out, cell_word(value), CELL_WORD_DIGITS - digits, digits);
}

static char *cell_long_digits(char *out, uint64_t value);

static inline char *cell_digits(char *out, uint64_t value)
{
	uint64_t word;
	unsigned zeros; /* in front */

	if (value > CELL_WORD_MAX)
		return cell_long_digits(out, value);
	word = cell_word(value);
	zeros = (unsigned)__builtin_ctzll(word | 1ull << 56) / 8;
	return cell_put_word(out, word, zeros, CELL_WORD_DIGITS - zeros);
}

static char *cell_long_digits(char *out, uint64_t value)
{
	out = cell_digits(out, value / (CELL_WORD_MAX + 1));
	return cell_put_word(out, cell_word(value % (CELL_WORD_MAX + 1)), 0, CELL_WORD_DIGITS);
}

static inline uint64_t cell_size(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static const uint64_t cell_powers[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
};

char *cell_int(char *out, int64_t value)
{
	if (value >= 0 && value < 10) {
		*out = (char)('0' + value);
		return out + 1;
	}
	if (value < 0)
		*out++ = '-';
	return cell_digits(out, cell_size(value));
}

/* WHOLE.PART; `kept` digits of the part are there, and zeros behind them. */
static inline char *cell_parts(char *out, uint64_t whole, uint64_t part, unsigned kept, unsigned decimals)
{
	out = cell_digits(out, whole);
	if (!decimals)
		return out;
	*out++ = '.';
	out = cell_fraction(out, part, kept);
	for (; kept < decimals; kept++)
		*out++ = '0';
	return out;
}

char *cell_nanos(char *out, int64_t value_ns, unsigned unit_digits, unsigned decimals)
{
	unsigned kept = decimals < unit_digits ? decimals : unit_digits;
	uint64_t value = cell_size(value_ns), dropped = 1, unit = cell_powers[kept];

	if (kept < unit_digits) {
		dropped = cell_powers[unit_digits - kept];
		value = value / dropped + (value % dropped >= dropped / 2);
	}
	if (value_ns < 0 && value)
		*out++ = '-';
	/* what a table's columns have, by divisors that are known when this is compiled */
	if (unit == 1000)
		return cell_parts(out, value / 1000, value % 1000, kept, decimals);
	if (unit == NANOS_PER_S)
		return cell_parts(out, value / NANOS_PER_S, value % NANOS_PER_S, kept, decimals);
	return cell_parts(out, value / unit, value % unit, kept, decimals);
}

/* ---- reals ---- */

char *cell_real(char *out, double value, unsigned decimals)
{
	const char *point = localeconv()->decimal_point;
	char *found;

	snprintf(out, CELL_ROOM, "%.*f", (int)decimals, value);
	found = strcmp(point, ".") == 0 ? NULL : strstr(out, point);
	if (found) {
		*found = '.';
		memmove(found + 1, found + strlen(point), strlen(found + strlen(point)) + 1);
	}
	if (out[0] == '-' && strspn(out + 1, "0.") == strlen(out + 1))
		memmove(out, out + 1, strlen(out));
	return out + strlen(out);
}

/* ---- times ---- */

/* A field of a time, and what stands behind it. */
static inline char *cell_field(char *out, uint64_t word, unsigned from, unsigned digits,
			       char behind)
{
	out = cell_put_word(out, word, from, digits);
	*out = behind;
	return out + 1;
}

/* The date of a day of the Gregorian calendar as a number, 20240229; days are counted from
 * 0000-03-01. In years that begin in March the leap day is the last, and the months' lengths
 * repeat every five (153 days). gmtime_r() asks for the time zone first and takes longer
 * than all the rest of a time. */
static uint32_t cell_date(uint32_t day)
{
	uint32_t era = day / 146097, of_era = day % 146097; /* eras have 400 years */
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153; /* 0: March */

	year += 400 * era + (month >= 10);
	return 10000 * year + 100 * (month < 10 ? month + 3 : month - 9) + of_year -
	       (153 * month + 2) / 5 + 1;
}

char *cell_time(char *out, int64_t time_ns)
{
	/* Since 0000-03-01, which is 719468 days before 1970: no time of 64 bits lies before. */
	int64_t seconds = time_ns / NANOS_PER_S + (int64_t)719468 * SECONDS_PER_DAY;
	int64_t nanos = time_ns % NANOS_PER_S;
	uint64_t date, clock;
	uint32_t of_day;

	if (nanos < 0) {
		nanos += NANOS_PER_S;
		seconds--;
	}
	of_day = (uint32_t)(seconds % SECONDS_PER_DAY);
	date = cell_word(cell_date((uint32_t)(seconds / SECONDS_PER_DAY)));
	clock = cell_word(of_day / 3600 * 10000 + of_day / 60 % 60 * 100 + of_day % 60);
	out = cell_field(out, date, 0, 4, '-');
	out = cell_field(out, date, 4, 2, '-');
	out = cell_field(out, date, 6, 2, 'T');
	out = cell_field(out, clock, 2, 2, ':');
	out = cell_field(out, clock, 4, 2, ':');
	out = cell_field(out, clock, 6, 2, '.');
	out = cell_fraction(out, (uint64_t)nanos, 9);
	*out = 'Z';
	return out + 1;
}

struct cell_second cell_second_none(void)
{
	struct cell_second second = {.begin_ns = 0};

	memcpy(second.text, "1970-01-01T00:00:00.", sizeof second.text);
	return second;
}

char *cell_time_near(char *out, int64_t time_ns, struct cell_second *last)
{
	uint64_t nanos = (uint64_t)time_ns - (uint64_t)last->begin_ns;
	int64_t behind;
	char *end;

	if (time_ns >= last->begin_ns && nanos < NANOS_PER_S) {
		memcpy(out, last->text, sizeof last->text);
		out = cell_fraction(out + sizeof last->text, nanos, 9);
		*out = 'Z';
		return out + 1;
	}
	end = cell_time(out, time_ns);
	behind = time_ns % NANOS_PER_S;
	behind += behind < 0 ? NANOS_PER_S : 0;
	if (!__builtin_sub_overflow(time_ns, behind, &last->begin_ns))
		memcpy(last->text, out, sizeof last->text);
	else /* the first second of all is not whole */
		*last = cell_second_none();
	return end;
}

/* ---- addresses ---- */

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

/* Three digits and a dot at once; those that are zeros in front are shifted out. */
static inline char *cell_byte(char *out, uint8_t value)
{
	unsigned zeros = (value < 10) + (value < 100);
	uint32_t digits = value / 100u | value / 10u % 10 << 8 | value % 10u << 16;
	uint32_t text = htole32((digits | 0x2e303030) >> 8 * zeros);

	memcpy(out, &text, sizeof text);
	return out + sizeof text - zeros;
}

static char *cell_dotted(char *out, const uint8_t *bytes)
{
	int i;

	for (i = 0; i < 4; i++)
		out = cell_byte(out, bytes[i]);
	return out - 1; /* no dot behind the last */
}

/* Hexadecimal without zeros in front. */
static char *cell_group(char *out, uint16_t group)
{
	int shift = 12;

	while (shift && !(group >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*out++ = "0123456789abcdef"[group >> shift & 15];
	return out;
}

char *cell_address(char *out, const uint8_t *bytes, size_t size)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	int groups = 8, i, start, length;
	uint16_t group[8];

	if (size != 16)
		return cell_dotted(out, bytes);
	if (memcmp(bytes, mapped, sizeof mapped) == 0)
		groups = 6; /* section 5: ::ffff:192.0.2.1 */
	for (i = 0; i < 8; i++)
		group[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	cell_zero_run(group, groups, &start, &length);
	for (i = 0; i < groups; i++) {
		if (i == start) {
			*out++ = ':';
			*out++ = ':';
			i += length - 1;
		} else {
			if (i && i != start + length)
				*out++ = ':';
			out = cell_group(out, group[i]);
		}
	}
	if (groups == 6) {
		*out++ = ':';
		out = cell_dotted(out, bytes + 12);
	}
	return out;
}
