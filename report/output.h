/* A file of the report: written aside in its directory and renamed when it is
 * whole, so that whoever opens the name finds the former file or all of the new
 * one. Or the standard output, which is only checked.
 */
#ifndef CROSSTAP_REPORT_OUTPUT_H
#define CROSSTAP_REPORT_OUTPUT_H

#include <stdio.h>

#include "collect/error.h"

struct output {
	FILE *stream; /* to write to */
	char *path;   /* of the file that it becomes; NULL: standard output */
	char *aside;  /* where it lies until then */
	struct against_file *against; /* nothing is written, only compared; NULL: written */
	struct digest_file *digest;   /* taken of what is written; NULL: none is */
};

struct output_against;
struct output_digests;

/* Where files are to be: in a directory; or what they would be is compared: see
 * output_against.h. */
struct output_folder {
	const char *directory;
	struct output_against *against; /* NULL: they are written */
	struct output_digests *digests; /* of those that are written: see output_digest.h; NULL: none are taken */
};

/* Makes a directory and those above it that are missing. */
enum status output_make_directory(const char *directory, struct error *err) MUST_CHECK;

/* Begins the file `name` in `directory`. */
enum status output_open(struct output *output, const char *directory, const char *name,
			struct error *err) MUST_CHECK;
/* The same, as the folder wants it. */
enum status output_open_in(struct output *output, const struct output_folder *folder,
			   const char *name, struct error *err) MUST_CHECK;
void output_open_stdout(struct output *output);

/* Whether everything written so far went well; names the file where it did not.
 * To be asked right behind a write: errno says why. */
enum status output_check(const struct output *output, struct error *err) MUST_CHECK;

/* Writes, and checks that. */
enum status output_write(struct output *output, const char *bytes, size_t size,
			 struct error *err) MUST_CHECK;

/* Flushes, checks and renames; on failure the file aside is removed. Frees. */
enum status output_finish(struct output *output, struct error *err) MUST_CHECK;

/* Removes what was written. Legal behind output_finish(), too. */
void output_abort(struct output *output);

#endif
