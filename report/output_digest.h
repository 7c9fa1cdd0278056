/* The digests of a set's files, taken while they are written: nothing is read again for SHA256SUMS.
 */
#ifndef CROSSTAP_REPORT_OUTPUT_DIGEST_H
#define CROSSTAP_REPORT_OUTPUT_DIGEST_H

#include <stdint.h>
#include <stdio.h>

struct output_digests; /* by the files' names */
struct digest_file;    /* one that is under way */

#define OUTPUT_DIGEST_BYTES 32

/* NULL without memory. */
struct output_digests *output_digests_new(void);
void output_digests_free(struct output_digests **digests);

/* A stream over `fd`, which becomes its own; *file takes the digest. NULL, without memory: `fd` is as it was.
 * Several threads may each write a file. */
FILE *output_digest_begin(struct output_digests *digests, const char *name, int fd, struct digest_file **file);
/* Once its stream is closed: the file is whole, and its digest is kept. Frees. */
void output_digest_finish(struct digest_file *file);
/* It is not; NULL is legal. */
void output_digest_abort(struct digest_file *file);

/* Of a file that was finished; NULL: of none of that name. */
const uint8_t *output_digest_of(const struct output_digests *digests, const char *name);

#endif
