/* Options of a program, from one table: a row says how an option is written,
 * where its value goes, and what the help says of it.
 *
 * Understood are -x, -xARG, -x ARG, grouped flags (-qv), --long, --long=ARG,
 * --long ARG, and `--` behind which everything is an operand. Options and
 * operands may be mixed; `-` alone is an operand. Long names are not guessed
 * from their beginnings, so that a script does not break when one is added.
 *
 * Nothing is copied: texts point into argv.
 */
#ifndef CROSSTAP_COLLECT_OPTIONS_H
#define CROSSTAP_COLLECT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "collect/error.h"

enum option_type {
	OPTION_FLAG,    /* bool: becomes true */
	OPTION_TEXT,    /* const char *: the last one given */
	OPTION_NUMBER,  /* uint64_t, decimal */
	OPTION_DECIMAL, /* double, finite */
	OPTION_CALL,    /* the row's function takes the argument, each time it is given */
};

/* Takes an argument or an operand. `target` is what options_parse() was given. */
typedef enum status option_take(void *target, const char *argument, struct error *err);

struct option_row {
	char letter;          /* 0: long only */
	const char *name;     /* without the dashes; NULL ends the table */
	enum option_type type;
	size_t target;        /* offsetof() in the program's own struct */
	const char *argument; /* the argument's name in the help; NULL: takes none */
	const char *help;     /* NULL: not in the help */
	option_take *take;    /* of OPTION_CALL */
};

struct option_tool {
	const char *name;     /* of the program */
	const char *usage;    /* lines, each the arguments behind the name */
	const char *about;    /* a sentence or two */
	const struct option_row *rows;
	option_take *operand; /* NULL: none are taken */
};

/* What every program of crosstap takes; its rows come from OPTIONS_COMMON. */
struct option_common {
	bool help, version, quiet, verbose;
};

#define OPTIONS_COMMON(type, member)                                                            \
	{'q', "quiet", OPTION_FLAG, offsetof(type, member.quiet), NULL,                         \
	 "say nothing but errors and warnings", NULL},                                          \
	{'v', "verbose", OPTION_FLAG, offsetof(type, member.verbose), NULL, "say more", NULL},  \
	{'h', "help", OPTION_FLAG, offsetof(type, member.help), NULL, "show this help", NULL},  \
	{'V', "version", OPTION_FLAG, offsetof(type, member.version), NULL, "show the version", \
	 NULL}

/* Fills *target. -h and -V end the reading, so that they work beside whatever
 * else is wrong. STATUS_USAGE names the argument that was not understood. */
enum status options_parse(const struct option_tool *tool, int argc, char **argv, void *target,
			  struct error *err) MUST_CHECK;

/* Writes the help or the version where -h or -V asked for it; true when it did. */
bool options_answer(const struct option_tool *tool, const struct option_common *common,
		    FILE *stream);

#endif
