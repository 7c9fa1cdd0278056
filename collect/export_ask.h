/* What the command line says of an export; the same of both tools that have --export. */
#ifndef CROSSTAP_COLLECT_EXPORT_ASK_H
#define CROSSTAP_COLLECT_EXPORT_ASK_H

#include <stdbool.h>

#include "collect/error.h"
#include "collect/export.h"

struct export_ask {
	const char *directory; /* of --export, or "-"; NULL: nothing is exported */
	const char *format;    /* of --export-format; NULL: rowbinary */
	bool headers;          /* --export-headers */
};

/* Whether that makes sense: STATUS_USAGE says what does not. */
enum status export_ask_check(const struct export_ask *ask, struct error *err) MUST_CHECK;
/* Where it goes: NULL is standard output. */
const char *export_ask_directory(const struct export_ask *ask);
/* Of a checked one. */
enum export_format export_ask_format(const struct export_ask *ask);

#endif
