#include "report/verify_cell.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/cell.h"
#include "report/utf8.h"

#define CELL_TIME 30     /* bytes of 2024-02-29T23:59:59.000000001Z */
#define CELL_TEXT_MAX 64 /* of what is no text: a time is the longest but for great reals */

/* "-12.345" in units of 10^-decimals; false: it is no such number. */
static bool cell_scan(const char *text, unsigned decimals, int64_t *value)
{
	bool minus = *text == '-';
	uint64_t sum = 0;
	unsigned behind = 0;
	bool point = false;

	text += minus;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text == '.' && !point && decimals) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9' || sum > (UINT64_MAX - 9) / 10)
			return false;
		sum = 10 * sum + (uint64_t)(*text - '0');
		behind += point;
	}
	*value = (int64_t)(minus ? -sum : sum);
	return behind == decimals && (sum <= INT64_MAX || (minus && sum == (uint64_t)INT64_MAX + 1));
}

static const char *cell_scan_nanos(const struct cell_form *form, const char *text, int64_t *ns)
{
	static const int64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	unsigned less = form->unit_digits - form->decimals;
	int64_t value;

	if (!cell_scan(text, form->decimals, &value) || less >= sizeof tens / sizeof tens[0] ||
	    __builtin_mul_overflow(value, tens[less], ns))
		return "is no length of time";
	return NULL;
}

/* "0", "12", "-7": nearly all cells are such, and need not be written again to be compared. */
static const char *cell_scan_int(const char *text, int64_t *number)
{
	const char *digits = text + (*text == '-');

	if (!cell_scan(text, 0, number))
		return "is no whole number";
	return *digits == '0' && (digits[1] || digits > text) ? "is not written as crosstap does" : NULL;
}

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t cell_days(int64_t year, int64_t month, int64_t day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t cell_digits(const char *text, unsigned count)
{
	int64_t value = 0;

	while (count--)
		value = 10 * value + (*text++ - '0');
	return value;
}

/* By its places: what is no day, or no digit, or not within 64 bits, shows when it is written again. */
static bool cell_scan_time(const char *text, int64_t *time_ns)
{
	int64_t month, seconds;

	if (strlen(text) != CELL_TIME || strspn(text, "0123456789-:.TZ") != CELL_TIME)
		return false;
	month = cell_digits(text + 5, 2);
	if (month < 1 || month > 12)
		return false;
	seconds = cell_days(cell_digits(text, 4), month, cell_digits(text + 8, 2)) * 86400 +
		  cell_digits(text + 11, 2) * 3600 + cell_digits(text + 14, 2) * 60 + cell_digits(text + 17, 2);
	*time_ns = (int64_t)((uint64_t)seconds * UINT64_C(1000000000) + (uint64_t)cell_digits(text + 20, 9));
	return true;
}

static const char *cell_scan_text(const char *text)
{
	size_t bytes;

	for (; *text; text += bytes) {
		bytes = utf8_character(text);
		if (!bytes)
			return "is no UTF-8";
	}
	return NULL;
}

/* Anything written another way than ours is none. */
static bool cell_is_written_so(const struct cell_form *form, const struct cell *cell, const char *text)
{
	char again[CELL_ROOM + 1];

	*cell_write(again, form, cell) = '\0';
	return strcmp(again, text) == 0;
}

static const char *cell_scan_address(const char *text)
{
	uint8_t bytes[16];
	bool v6 = strchr(text, ':') != NULL;
	struct cell cell = {.bytes = bytes, .size = v6 ? 16 : 4, .known = true};
	struct cell_form form = {.type = TABLE_ADDRESS};

	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes) != 1 ||
	    !cell_is_written_so(&form, &cell, text))
		return "is no address";
	return NULL;
}

static const char *cell_scan_number(const struct cell_form *form, const char *text,
				    struct verify_value *value)
{
	struct cell cell = {.known = true};
	const char *wrong = NULL;
	char *end;

	switch (form->type) {
	case TABLE_INT:
		return cell_scan_int(text, &value->number);
	case TABLE_TIME:
		wrong = cell_scan_time(text, &value->number) ? NULL : "is no time";
		break;
	case TABLE_NANOS:
		wrong = cell_scan_nanos(form, text, &value->number);
		break;
	default:
		value->real = strtod(text, &end);
		wrong = *end || !isfinite(value->real) ? "is no number" : NULL;
	}
	if (wrong)
		return wrong;
	if (form->type == TABLE_REAL)
		cell.real = value->real;
	else
		cell.number = value->number;
	return cell_is_written_so(form, &cell, text) ? NULL : "is not written as crosstap does";
}

const char *verify_cell(const struct table_column *column, const char *text,
			struct verify_value *value)
{
	struct cell_form form = cell_form(column);

	*value = (struct verify_value){.known = *text != '\0'};
	if (!value->known)
		return NULL;
	if (cell_is_text(form.type))
		return cell_scan_text(text);
	if (strlen(text) > CELL_TEXT_MAX)
		return "is too long";
	return form.type == TABLE_ADDRESS ? cell_scan_address(text)
					  : cell_scan_number(&form, text, value);
}
