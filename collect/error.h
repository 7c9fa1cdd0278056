/* Errors, as every fallible function of crosstap hands them up.
 *
 * A library function never prints and never exits. It returns an `enum status`
 * and, when that is not STATUS_OK, has filled the caller's `struct error` with
 * one sentence that names the file, the place (byte offset or packet number)
 * and the cause. Only the programs' mains print it. The numbers are the exit
 * codes that the manual pages promise.
 */
#ifndef CROSSTAP_COLLECT_ERROR_H
#define CROSSTAP_COLLECT_ERROR_H

#include <stdarg.h>

enum status {
	STATUS_OK = 0,
	STATUS_FINDING = 1, /* a finding asked for with --fail-on is there */
	STATUS_USAGE = 2,   /* wrong usage */
	STATUS_INPUT = 3,   /* bad input: file, offset, why */
	STATUS_SYSTEM = 4,  /* the system failed: disk full, no permission */
};

#define ERROR_TEXT_MAX 768

struct error {
	enum status status;
	char text[ERROR_TEXT_MAX]; /* no newline at the end; may hold raw bytes of file names */
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Fills *err and returns `status`, so that a failing function can end in
 * `return error_set(...)`. A text that is too long is cut. err may be NULL. */
enum status error_set(struct error *err, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of the given errno value behind it. */
enum status error_errno(struct error *err, int errno_value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
