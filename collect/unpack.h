/* Unpacking: gzip, bzip2, xz, zstd and lz4, by libarchive's filters and its
 * raw format, so that a packed capture is a stream like any other.
 *
 * What is packed is told from the first bytes. The caps on how much a file may
 * grow (a few packed bytes can claim terabytes) are kept here.
 */
#ifndef CROSSTAP_COLLECT_UNPACK_H
#define CROSSTAP_COLLECT_UNPACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define UNPACK_MAGIC_MAX 6   /* first bytes that unpack_recognise() wants to see */
#define UNPACK_TEXT_MAX 200

struct unpack_packing;

/* The packing that these first bytes announce, or NULL. Static. */
const struct unpack_packing *unpack_recognise(const uint8_t *bytes, size_t size);
const char *unpack_name(const struct unpack_packing *packing);

/* Gives the next raw bytes: *bytes is borrowed until the next call. Returns
 * their number, 0 at the end, -1 when reading failed or was cancelled. */
typedef ssize_t unpack_input(void *context, const uint8_t **bytes);

struct unpack;

/* NULL only when there is no memory. */
struct unpack *unpack_open(const struct unpack_packing *packing, unpack_input *input,
			   void *context);
/* Expanded bytes into `out`: their number (less than `room` at the end only),
 * 0 at the end, -1 at damage or when the input failed. What was expanded
 * before a damage is handed out first, as far as the filter gives it. */
ssize_t unpack_read(struct unpack *unpack, uint8_t *out, size_t room);
/* What is wrong, after -1: one sentence. Borrowed until unpack_close(). */
const char *unpack_text(const struct unpack *unpack);
/* NULL is legal; *unpack becomes NULL. */
void unpack_close(struct unpack **unpack);

#endif
