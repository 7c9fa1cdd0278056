/* A stream of bytes: one file or pipe, unpacked where it is packed, read ahead.
 *
 * An intake (a thread of the stream's own) reads big pieces, hashes the raw
 * bytes and unpacks them. The user looks at them through a window
 * that always holds the next bytes in one piece: bytes_need() says how many
 * are needed, and the pointer that it gives is borrowed until the next call on
 * the stream. A plain file's bytes are copied by read() and then never
 * again, but for the record that lies across the end of a chunk.
 *
 * One thread uses a stream at a time; bytes_cancel() and bytes_progress() may
 * be called from any other.
 */
#ifndef CROSSTAP_COLLECT_BYTES_H
#define CROSSTAP_COLLECT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "collect/error.h"

#define BYTES_NEED_MAX (32u << 20) /* greatest window that may be asked for */
#define BYTES_DIGEST 32             /* bytes of SHA-256 */

/* Why a stream has no more bytes. */
enum bytes_end {
	BYTES_COMPLETE,  /* the file is over */
	BYTES_DAMAGED,   /* what packed it is damaged, or a bomb: bytes_end_text() says */
	BYTES_FAILED,    /* the system failed to read: bytes_error() says */
	BYTES_CANCELLED, /* bytes_cancel() or bytes_drain() was called */
};

/* The window. Its fields are for the inline functions below only. */
struct bytes {
	const uint8_t *at, *end;
	uint64_t end_offset;           /* of `end`, in the expanded bytes */
};

/* Opens a file ("-" = standard input) and begins to read it. Not hashed, it has no digest. */
enum status bytes_open(struct bytes **out, const char *path, bool hashed,
		       struct error *err) MUST_CHECK;

/* The same over the reading end of a pipe, which becomes the stream's even
 * when this fails. It is neither hashed nor unpacked. */
enum status bytes_open_pipe(struct bytes **out, int fd, const char *name,
			    struct error *err) MUST_CHECK;

/* The same over a pipe that brings a capture as a file would: hashed, and unpacked where it is packed.
 * `copy_fd` gets what comes, and stays the caller's; -1: nobody. */
enum status bytes_open_stream(struct bytes **out, int fd, int copy_fd, const char *name,
			      struct error *err) MUST_CHECK;

/* Ends the thread at once, whatever it waits for. NULL is legal; *bytes becomes NULL. */
void bytes_close(struct bytes **bytes);

/* Makes a bytes_need() that waits, and every later one, give NULL. */
void bytes_cancel(struct bytes *bytes);

/* bytes_need() where the window has to grow. */
const uint8_t *bytes_need_more(struct bytes *bytes, size_t want);

/* The next `want` bytes (at most BYTES_NEED_MAX) in one piece, or NULL when
 * fewer are left. Nothing is consumed. Borrowed until the next call. */
static inline const uint8_t *bytes_need(struct bytes *bytes, size_t want)
{
	if ((size_t)(bytes->end - bytes->at) >= want)
		return bytes->at;
	return bytes_need_more(bytes, want);
}

/* Consumes bytes that bytes_need() gave; the pointer stays valid. */
static inline void bytes_take(struct bytes *bytes, size_t size)
{
	bytes->at += size;
}

/* Where the window begins, in the expanded bytes. */
static inline uint64_t bytes_offset(const struct bytes *bytes)
{
	return bytes->end_offset - (uint64_t)(bytes->end - bytes->at);
}

/* Bytes in the window: after a bytes_need() that gave NULL, all that are left. */
static inline size_t bytes_left(const struct bytes *bytes)
{
	return (size_t)(bytes->end - bytes->at);
}

/* Consumes any number of bytes; false when the stream ends before. */
bool bytes_skip(struct bytes *bytes, uint64_t size);

/* Why there are no more; to be asked after a bytes_need() gave NULL. Waits,
 * where the end is BYTES_COMPLETE, until the last raw byte is read and hashed. */
enum bytes_end bytes_end(struct bytes *bytes);
/* What is wrong, for BYTES_DAMAGED: one sentence without the file's name. */
const char *bytes_end_text(const struct bytes *bytes);
/* Fills *err for BYTES_FAILED. */
enum status bytes_error(const struct bytes *bytes, struct error *err) MUST_CHECK;

/* Gives up the window and reads what is left of the raw file, for the digest. */
enum status bytes_drain(struct bytes *bytes, struct error *err) MUST_CHECK;
/* The digest of the raw bytes; false while the file has not been read to its end. */
bool bytes_digest(struct bytes *bytes, uint8_t digest[BYTES_DIGEST]);

/* The name of the packing ("gzip", "zstd", ...) or "". Known after the first bytes_need(). */
const char *bytes_packing(const struct bytes *bytes);
/* The file's name for messages. */
const char *bytes_name(const struct bytes *bytes);

/* Raw bytes read so far and the file's size, 0 when not known. From any thread. */
void bytes_progress(const struct bytes *bytes, uint64_t *read_bytes, uint64_t *size_bytes);

/* Numbers in either byte order, from bytes that bytes_need() vouches for. */
static inline uint16_t bytes_u16(const uint8_t *at, bool big_endian)
{
	uint16_t value;

	memcpy(&value, at, sizeof value);
	return big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? value
								      : __builtin_bswap16(value);
}

static inline uint32_t bytes_u32(const uint8_t *at, bool big_endian)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? value
								      : __builtin_bswap32(value);
}

static inline uint64_t bytes_u64(const uint8_t *at, bool big_endian)
{
	uint64_t value;

	memcpy(&value, at, sizeof value);
	return big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? value
								      : __builtin_bswap64(value);
}

#endif
