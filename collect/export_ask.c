#include "collect/export_ask.h"

#include <string.h>
#include <unistd.h>

const char *export_ask_directory(const struct export_ask *ask)
{
	return strcmp(ask->directory, "-") ? ask->directory : NULL;
}

enum export_format export_ask_format(const struct export_ask *ask)
{
	enum export_format format = EXPORT_ROWBINARY;

	return export_format_named(ask->format, &format, NULL) ? EXPORT_ROWBINARY : format;
}

enum status export_ask_check(const struct export_ask *ask, struct error *err)
{
	enum export_format format;
	enum status status = export_format_named(ask->format, &format, err);

	if (status)
		return status;
	if (!ask->directory && (ask->format || ask->headers))
		return error_set(err, STATUS_USAGE, "--export-%s goes with --export DIR",
				 ask->format ? "format" : "headers");
	if (ask->directory && !export_ask_directory(ask) && format == EXPORT_ROWBINARY &&
	    isatty(STDOUT_FILENO))
		return error_set(err, STATUS_USAGE,
				 "--export -: RowBinary is nothing to read on a terminal: send it to a "
				 "file or a program, or give --export-format csv");
	return STATUS_OK;
}
