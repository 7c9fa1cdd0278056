/* Options: command lines as a shell would hand them over. */
#include <stdlib.h>

#include "collect/options.h"
#include "tests/unit/check.h"

struct target {
	struct option_common common;
	bool flag;
	const char *text;
	uint64_t number;
	double decimal;
	char taken[256]; /* what calls and operands gave, in order */
};

static void note(struct target *t, const char *kind, const char *argument)
{
	size_t n = strlen(t->taken);

	snprintf(t->taken + n, sizeof t->taken - n, "%s%s=%s", n ? " " : "", kind, argument);
}

static enum status take_call(void *target, const char *argument, struct error *err)
{
	if (strcmp(argument, "bad") == 0)
		return error_set(err, STATUS_USAGE, "bad call");
	note(target, "call", argument);
	return STATUS_OK;
}

static enum status take_operand(void *target, const char *argument, struct error *err)
{
	(void)err;
	note(target, "operand", argument);
	return STATUS_OK;
}

static const struct option_row rows[] = {
	{'f', "flag", OPTION_FLAG, offsetof(struct target, flag), NULL, "a flag", NULL},
	{'t', "text", OPTION_TEXT, offsetof(struct target, text), "TEXT", "a text", NULL},
	{'n', "number", OPTION_NUMBER, offsetof(struct target, number), "N", "a number", NULL},
	{0, "decimal", OPTION_DECIMAL, offsetof(struct target, decimal), "X", NULL, NULL},
	{'c', "call", OPTION_CALL, 0, "A-VERY-LONG-ARGUMENT",
	 "a call of which there is so much to say that it takes more than one line of eighty",
	 take_call},
	OPTIONS_COMMON(struct target, common),
	{0, NULL, OPTION_FLAG, 0, NULL, NULL, NULL},
};

static const struct option_tool tool = {"tool", "[-f] WORD...\n--list", "It does things.", rows,
					take_operand};

/* `line` is cut at its blanks. */
static enum status parse(const char *line, struct target *t, struct error *err)
{
	char words[256], *argv[32] = {"tool"}, *word;
	static char kept[4096];
	static size_t used;
	int argc = 1;

	memset(t, 0, sizeof *t);
	memset(err, 0, sizeof *err);
	snprintf(words, sizeof words, "%s", line);
	for (word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		size_t n = strlen(word) + 1;

		/* Texts point into argv, so argv must outlive this function. */
		used = used + n > sizeof kept ? 0 : used;
		argv[argc++] = memcpy(kept + used, word, n);
		used += n;
	}
	return options_parse(&tool, argc, argv, t, err);
}

static void well_formed(void)
{
	static const struct {
		const char *line;
		bool flag;
		const char *text;
		uint64_t number;
		const char *taken;
	} lines[] = {
		{"-f -t a -n 5", true, "a", 5, ""},
		{"-fta -n5", true, "a", 5, ""},
		{"--flag --text=a --number 5", true, "a", 5, ""},
		{"--text= -n 18446744073709551615", false, "", UINT64_MAX, ""},
		{"--text a=b", false, "a=b", 0, ""},
		{"-t -f x", false, "-f", 0, "operand=x"},
		{"x -c y - -c z w", false, "", 0, "operand=x call=y operand=- call=z operand=w"},
		{"-f -- -t --x --", true, "", 0, "operand=-t operand=--x operand=--"},
		{"-t a -t b", false, "b", 0, ""},
	};
	struct target t;
	struct error err;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		CHECK_INT(parse(lines[i].line, &t, &err), STATUS_OK);
		CHECK_INT(t.flag, lines[i].flag);
		CHECK_TEXT(t.text ? t.text : "", lines[i].text);
		CHECK(t.number == lines[i].number);
		CHECK_TEXT(t.taken, lines[i].taken);
	}
	CHECK_INT(parse("--decimal -1.5e3 -qv", &t, &err), STATUS_OK);
	CHECK(t.decimal == -1500 && t.common.quiet && t.common.verbose && !t.common.help);
	check_case("short, grouped and long options, operands between them, and -- are understood");
}

static void malformed(void)
{
	static const struct {
		const char *line, *text;
	} lines[] = {
		{"--nothing", "unknown option --nothing"},
		{"--fla", "unknown option --fla"},
		{"-x", "unknown option -x"},
		{"-fx", "unknown option -x"},
		{"--nothing=1", "unknown option --nothing"},
		{"--flag=yes", "option --flag takes no argument"},
		{"-f -t", "option --text needs an argument: TEXT"},
		{"--text", "option --text needs an argument: TEXT"},
		{"-n -1", "option --number: \"-1\" is no whole number"},
		{"-n 5x", "option --number: \"5x\" is no whole number"},
		{"--number=", "option --number: \"\" is no whole number"},
		{"-n 18446744073709551616",
		 "option --number: \"18446744073709551616\" is no whole number"},
		{"--decimal nan", "option --decimal: \"nan\" is no number"},
		{"--decimal 1s", "option --decimal: \"1s\" is no number"},
		{"-c bad", "bad call"},
	};
	struct option_tool strict = tool;
	char *argv[] = {"tool", "word"};
	struct target t;
	struct error err;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		CHECK_INT(parse(lines[i].line, &t, &err), STATUS_USAGE);
		CHECK_TEXT(err.text, lines[i].text);
	}
	strict.operand = NULL;
	CHECK_INT(options_parse(&strict, 2, argv, &t, &err), STATUS_USAGE);
	CHECK_TEXT(err.text, "\"word\" is one argument too many");
	check_case("what is wrong with an option is said by name");
}

/* What -h or -V makes the program say. */
static const char *answer(const char *line)
{
	static char text[4096];
	FILE *stream = fmemopen(text, sizeof text, "w");
	struct target t;
	struct error err;

	text[0] = '\0';
	CHECK_INT(parse(line, &t, &err), STATUS_OK);
	CHECK(options_answer(&tool, &t.common, stream));
	fclose(stream);
	return text;
}

static void help(void)
{
	static const char expected[] =
		"usage: tool [-f] WORD...\n"
		"       tool --list\n"
		"\n"
		"It does things.\n"
		"\n"
		"  -f, --flag                a flag\n"
		"  -t, --text TEXT           a text\n"
		"  -n, --number N            a number\n"
		"  -c, --call A-VERY-LONG-ARGUMENT\n"
		"                            a call of which there is so much to say that it\n"
		"                            takes more than one line of eighty\n"
		"  -q, --quiet               say nothing but errors and warnings\n"
		"  -v, --verbose             say more\n"
		"  -h, --help                show this help\n"
		"  -V, --version             show the version\n";
	struct target t;
	struct error err;

	CHECK_TEXT(answer("-h"), expected);
	CHECK_TEXT(answer("-f --help --nonsense"), expected);
	CHECK_TEXT(answer("-V -x"), "tool " CROSSTAP_VERSION "\n");
	CHECK_INT(parse("-f", &t, &err), STATUS_OK);
	CHECK(!options_answer(&tool, &t.common, stdout));
	check_case("the help comes from the table, but for rows without help");
}

int main(void)
{
	well_formed();
	malformed();
	help();
	return check_exit();
}
