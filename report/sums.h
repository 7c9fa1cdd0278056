/* SHA256SUMS: the digests of a set's files, as sha256sum(1) writes and checks them.
 *
 * Written when all files are there; removed before the first of them is replaced, so that a
 * folder with files of two runs has none.
 */
#ifndef CROSSTAP_REPORT_SUMS_H
#define CROSSTAP_REPORT_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"
#include "report/output.h"

#define SUMS_FILE "SHA256SUMS"
#define SUMS_DIGEST_TEXT 65 /* 64 hexadecimal digits and a zero */

/* That there is none is no error. */
enum status sums_remove(const char *directory, struct error *err) MUST_CHECK;

/* Of these files of the folder's directory, in the order of their names; or what it would be is compared.
 * Those whose digest the folder does not have are read. */
enum status sums_write(const struct output_folder *folder, const char *const *name, size_t names,
		       struct error *err) MUST_CHECK;

/* The digest of what can be read from here on, and how many bytes that is. STATUS_SYSTEM where it cannot
 * be read; `name` is for the error. */
enum status sums_digest(int fd, const char *name, char digest[SUMS_DIGEST_TEXT], uint64_t *bytes,
			struct error *err) MUST_CHECK;

#endif
