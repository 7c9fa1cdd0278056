/* A file of the report, which appears when it is whole (aside.h); or the standard output; or what
 * is only compared with a file that is there.
 */
#ifndef CROSSTAP_REPORT_OUTPUT_H
#define CROSSTAP_REPORT_OUTPUT_H

#include <stdio.h>

#include "collect/aside.h"
#include "collect/error.h"

struct output {
	FILE *stream; /* to write to */
	struct aside aside;
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
