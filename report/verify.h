/* --verify: whether a set is what was written, closes in itself, and is what its store and its
 * captures give. The folder may hold anything.
 */
#ifndef CROSSTAP_REPORT_VERIFY_H
#define CROSSTAP_REPORT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "report/output.h"

struct policy;
struct progress;

struct verify_options {
	const char *directory;
	const char *store;            /* NULL: none */
	const char *key_file;         /* by which the set was made anonymous of a plain store; NULL: none */
	const char *expect;           /* the policy that it was compared with, by crosstap-report; NULL: none */
	const struct policy *policy;  /* that, read */
	const char *const *captures;  /* directories */
	size_t captures_count;
	bool quiet, verbose;          /* quiet: faults only */
	/* Takes a sentence about a fault or a note; raw. */
	void (*say)(void *context, const char *text);
	void *context;
	struct progress *progress;
};

/* A line for each check goes to `output`. STATUS_INPUT: something is not what it says; that was
 * said, and the error counts it. */
enum status verify_run(struct output *output, const struct verify_options *options,
		       struct error *err) MUST_CHECK;

#endif
