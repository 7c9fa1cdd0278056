/* A file that appears when it is whole: written aside in its directory and renamed, so that whoever
 * opens the name finds the former file or all of the new one. Or the standard output, which is only
 * checked.
 */
#ifndef CROSSTAP_COLLECT_ASIDE_H
#define CROSSTAP_COLLECT_ASIDE_H

#include <stdio.h>

#include "collect/error.h"

struct aside {
	FILE *stream; /* to write to */
	char *path;   /* of the file that it becomes; NULL: standard output */
	char *place;  /* where it lies until then */
};

/* Makes a directory and those above it that are missing. */
enum status aside_make_directory(const char *directory, struct error *err) MUST_CHECK;

/* Makes a stream of a file, such as one that sees what is written; NULL, with errno: it cannot. */
typedef FILE *aside_stream(void *context, int fd);

/* Begins the file `name` in `directory`. */
enum status aside_open(struct aside *aside, const char *directory, const char *name,
		       struct error *err) MUST_CHECK;
/* The same, with a stream of the caller's. */
enum status aside_open_as(struct aside *aside, const char *directory, const char *name,
			  aside_stream *make, void *context, struct error *err) MUST_CHECK;
void aside_open_stdout(struct aside *aside);

/* Whether everything written so far went well; names the file where it did not.
 * To be asked right behind a write: errno says why. */
enum status aside_check(const struct aside *aside, struct error *err) MUST_CHECK;

/* Flushes, checks and renames; on failure the file aside is removed. Frees. */
enum status aside_finish(struct aside *aside, struct error *err) MUST_CHECK;

/* Removes what was written. Legal behind aside_finish(), too. */
void aside_abort(struct aside *aside);

#endif
