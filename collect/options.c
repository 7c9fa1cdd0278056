#include "collect/options.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_HELP_COLUMN 28 /* where the help of an option begins... */
#define OPTIONS_HELP_WIDTH 52  /* ...and the width that it is broken to: 80 columns in all */

#ifndef CROSSTAP_VERSION
#define CROSSTAP_VERSION "unknown"
#endif

/* The state of one reading of argv. */
struct options_reader {
	const struct option_tool *tool;
	int argc;
	char **argv;
	int at;       /* the argument being read */
	char *target; /* the program's struct */
	bool answer;  /* -h or -V was given: read no further */
};

static enum status options_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9') /* strtoull takes signs and spaces */
		return STATUS_USAGE;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno || *end ? STATUS_USAGE : STATUS_OK;
}

static enum status options_decimal(const char *text, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(text, &end);
	return errno || end == text || *end || !isfinite(*value) ? STATUS_USAGE : STATUS_OK;
}

/* Puts the argument (NULL for a flag) where the row says. */
static enum status options_set(struct options_reader *in, const struct option_row *row,
			       const char *argument, struct error *err)
{
	void *target = in->target + row->target;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)target = true;
		in->answer = in->answer || row->letter == 'h' || row->letter == 'V';
		return STATUS_OK;
	case OPTION_TEXT:
		*(const char **)target = argument;
		return STATUS_OK;
	case OPTION_NUMBER:
		if (options_number(argument, target))
			return error_set(err, STATUS_USAGE,
					 "option --%s: \"%s\" is no whole number", row->name,
					 argument);
		return STATUS_OK;
	case OPTION_DECIMAL:
		if (options_decimal(argument, target))
			return error_set(err, STATUS_USAGE, "option --%s: \"%s\" is no number",
					 row->name, argument);
		return STATUS_OK;
	case OPTION_CALL:
		return row->take(in->target, argument, err);
	}
	return error_set(err, STATUS_USAGE, "option --%s", row->name);
}

/* The argument of an option: what is left of its own word, or the next word. */
static enum status options_argument(struct options_reader *in, const struct option_row *row,
				    const char *rest, const char **argument, struct error *err)
{
	if (!rest && in->at + 1 < in->argc)
		rest = in->argv[++in->at];
	if (!rest)
		return error_set(err, STATUS_USAGE, "option --%s needs an argument: %s", row->name,
				 row->argument);
	*argument = rest;
	return STATUS_OK;
}

static enum status options_long(struct options_reader *in, const char *word, struct error *err)
{
	size_t length = strcspn(word, "=");
	const char *value = word[length] ? word + length + 1 : NULL;
	const struct option_row *row = in->tool->rows;
	enum status status;

	while (row->name && (strlen(row->name) != length || strncmp(row->name, word, length) != 0))
		row++;
	if (!row->name)
		return error_set(err, STATUS_USAGE, "unknown option --%.*s", (int)length, word);
	if (!row->argument && value)
		return error_set(err, STATUS_USAGE, "option --%s takes no argument", row->name);
	if (row->argument) {
		status = options_argument(in, row, value, &value, err);
		if (status)
			return status;
	}
	return options_set(in, row, value, err);
}

/* A word of short options; the first that takes an argument takes the rest. */
static enum status options_short(struct options_reader *in, const char *letters, struct error *err)
{
	enum status status = STATUS_OK;

	for (; *letters && !status && !in->answer; letters++) {
		const struct option_row *row = in->tool->rows;
		const char *value = letters[1] ? letters + 1 : NULL;

		while (row->name && row->letter != *letters)
			row++;
		if (!row->name)
			return error_set(err, STATUS_USAGE, "unknown option -%c", *letters);
		if (row->argument) {
			status = options_argument(in, row, value, &value, err);
			return status ? status : options_set(in, row, value, err);
		}
		status = options_set(in, row, NULL, err);
	}
	return status;
}

enum status options_parse(const struct option_tool *tool, int argc, char **argv, void *target,
			  struct error *err)
{
	struct options_reader in = {tool, argc, argv, 1, target, false};
	enum status status = STATUS_OK;
	bool operands_only = false;

	for (; in.at < argc && !status && !in.answer; in.at++) {
		const char *word = argv[in.at];

		if (operands_only || word[0] != '-' || !word[1]) {
			if (!tool->operand)
				return error_set(err, STATUS_USAGE,
						 "\"%s\" is one argument too many", word);
			status = tool->operand(target, word, err);
		} else if (word[1] != '-') {
			status = options_short(&in, word + 1, err);
		} else if (!word[2]) {
			operands_only = true;
		} else {
			status = options_long(&in, word + 2, err);
		}
	}
	return status;
}

/* Words up to the width, then a new line that begins at the same column. */
static void options_wrap(FILE *stream, const char *text, int column, int width)
{
	int used = 0;

	while (*text) {
		int word = (int)strcspn(text, " ");

		if (used && used + 1 + word > width) {
			fprintf(stream, "\n%*s", column, "");
			used = 0;
		}
		used += fprintf(stream, "%s%.*s", used ? " " : "", word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', stream);
}

static void options_help_row(FILE *stream, const struct option_row *row)
{
	char left[128], letter[8] = "    ";
	int n;

	if (row->letter)
		snprintf(letter, sizeof letter, "-%c, ", row->letter);
	n = snprintf(left, sizeof left, "  %s--%s%s%s", letter, row->name,
		     row->argument ? " " : "", row->argument ? row->argument : "");
	fputs(left, stream);
	if (n >= OPTIONS_HELP_COLUMN - 1)
		fprintf(stream, "\n%*s", OPTIONS_HELP_COLUMN, "");
	else
		fprintf(stream, "%*s", OPTIONS_HELP_COLUMN - n, "");
	options_wrap(stream, row->help, OPTIONS_HELP_COLUMN, OPTIONS_HELP_WIDTH);
}

static void options_help(const struct option_tool *tool, FILE *stream)
{
	const struct option_row *row;
	const char *line = tool->usage;
	const char *lead = "usage:";

	while (*line) {
		int length = (int)strcspn(line, "\n");

		fprintf(stream, "%-6s %s %.*s\n", lead, tool->name, length, line);
		line += length;
		line += *line == '\n';
		lead = "";
	}
	fputc('\n', stream);
	options_wrap(stream, tool->about, 0, OPTIONS_HELP_COLUMN + OPTIONS_HELP_WIDTH);
	fputc('\n', stream);
	for (row = tool->rows; row->name; row++)
		if (row->help)
			options_help_row(stream, row);
}

bool options_answer(const struct option_tool *tool, const struct option_common *common,
		    FILE *stream)
{
	if (common->help)
		options_help(tool, stream);
	else if (common->version)
		fprintf(stream, "%s %s\n", tool->name, CROSSTAP_VERSION);
	else
		return false;
	return true;
}
