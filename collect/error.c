#include "collect/error.h"

#include <stdio.h>
#include <string.h>

static int error_format(struct error *err, const char *format, va_list args)
{
	int n = vsnprintf(err->text, sizeof err->text, format, args);

	if (n < 0)
		n = 0;
	if (n >= (int)sizeof err->text)
		n = (int)sizeof err->text - 1;
	return n;
}

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
	va_list args;

	if (!err)
		return status;
	err->status = status;
	va_start(args, format);
	error_format(err, format, args);
	va_end(args);
	return status;
}

enum status error_errno(struct error *err, int errno_value, const char *format, ...)
{
	va_list args;
	int n;

	if (!err)
		return STATUS_SYSTEM;
	err->status = STATUS_SYSTEM;
	va_start(args, format);
	n = error_format(err, format, args);
	va_end(args);
	snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", strerror(errno_value));
	return STATUS_SYSTEM;
}
