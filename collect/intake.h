/* An intake: the thread that reads a file for a stream of bytes.
 *
 * It reads big pieces, hashes the raw bytes, unpacks them where they are
 * packed, and lays them down in a ring of chunks. One other thread, the user,
 * takes the chunks in order, holds one or two and gives them back. The intake
 * never reads further ahead than the ring, and ends at once when it is closed,
 * whatever it waits for.
 *
 * Hashing a chunk and using it go on at the same time, hence the rule: of a
 * chunk that it holds, the user may write the headroom only.
 */
#ifndef CROSSTAP_COLLECT_INTAKE_H
#define CROSSTAP_COLLECT_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTAKE_CHUNK (256u << 10)    /* what one read asks for: a ring of them stays in a core's cache */
#define INTAKE_CHUNKS 4              /* in the ring */
#define INTAKE_HEADROOM (128u << 10) /* free bytes in front of each chunk */
#define INTAKE_DIGEST 32             /* bytes of SHA-256 */

/* Why there are no more chunks. */
enum intake_end {
	INTAKE_COMPLETE,  /* the file is over */
	INTAKE_DAMAGED,   /* what packed it is damaged, or a bomb: intake_text() says */
	INTAKE_FAILED,    /* the system failed */
	INTAKE_CANCELLED, /* by the user: intake_cancel() or intake_drain() */
};

struct intake_chunk {
	uint8_t *bytes;
	size_t size;                 /* 1 .. INTAKE_CHUNK */
};

struct intake;

/* What is done with the bytes besides reading them. */
enum intake_work {
	INTAKE_WHOLE,    /* hash and unpack */
	INTAKE_UNHASHED, /* unpack only: intake_digest() is always false */
	INTAKE_PLAIN,    /* neither */
};

/* Begins to read. The descriptor becomes the intake's even when this fails.
 * `copy_fd` gets the raw bytes as they come, and stays the caller's; -1: nobody. Where it
 * takes no more, the reading fails. Returns an errno value, or 0. */
int intake_open(struct intake **out, int fd, int copy_fd, enum intake_work work);
/* NULL is legal; *intake becomes NULL. */
void intake_close(struct intake **intake);
/* Makes whatever waits stop waiting, for good. From any thread. */
void intake_cancel(struct intake *intake);

/* The next chunk, the user's until it is released; NULL when there is none. */
struct intake_chunk *intake_take(struct intake *intake);
/* Gives back the oldest chunk taken. */
void intake_release(struct intake *intake);

/* Why intake_take() gave NULL. Waits, where all is well, until the last raw
 * byte is read and hashed. *errno_value is for INTAKE_FAILED. */
enum intake_end intake_end(struct intake *intake, int *errno_value);
/* Of INTAKE_FAILED: it was the copy that failed. */
bool intake_copy_failed(const struct intake *intake);
/* What is wrong, for INTAKE_DAMAGED: one sentence without the file's name. */
const char *intake_text(const struct intake *intake);
/* Reads the rest of the raw file for the digest only; every chunk is given up.
 * Returns an errno value, or 0. */
int intake_drain(struct intake *intake);
/* False while the raw file has not been read to its end, or was not hashed. */
bool intake_digest(struct intake *intake, uint8_t digest[INTAKE_DIGEST]);
/* The packing's name or "", known after the first intake_take(). Static. */
const char *intake_packing(const struct intake *intake);
/* Raw bytes read so far, and the size of the file, 0 when not known. Either may
 * be NULL. From any thread. */
void intake_progress(const struct intake *intake, uint64_t *read_bytes, uint64_t *size_bytes);

#endif
