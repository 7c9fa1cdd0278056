/* Small rows as bytes: numbers as little-endian 64 bit, texts with their length
 * in front. What one put writes, the get of the same name reads, in the same
 * order. A reader never reads past its end: it turns `broken` and gives zeros.
 */
#ifndef CROSSTAP_COLLECT_BUFFER_H
#define CROSSTAP_COLLECT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *bytes;
	size_t size, room;
	bool fixed;  /* the bytes are the caller's and do not grow */
	bool failed; /* no memory, or a fixed buffer was too small */
};

struct buffer_reader {
	const uint8_t *bytes;
	size_t left;
	bool broken;
};

/* A buffer in the caller's memory. A growing one starts as {0} and ends in
 * buffer_free(). */
struct buffer buffer_fixed(uint8_t *bytes, size_t room);
void buffer_free(struct buffer *buffer);

/* Room for `size` more bytes, or NULL (and `failed`). Borrowed until the next put. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);
void buffer_put_number(struct buffer *buffer, uint64_t value);
void buffer_put_bytes(struct buffer *buffer, const void *bytes, size_t size);
void buffer_put_text(struct buffer *buffer, const char *text);

struct buffer_reader buffer_reader(const uint8_t *bytes, size_t size);
uint64_t buffer_get_number(struct buffer_reader *in);
/* A number that must be `most` at the most; a greater one is `broken`, too. */
uint64_t buffer_get_limited(struct buffer_reader *in, uint64_t most);
static inline uint32_t buffer_get_number_32(struct buffer_reader *in)
{
	return (uint32_t)buffer_get_limited(in, UINT32_MAX);
}
/* Bytes as put with their length; borrowed from what the reader reads. */
const uint8_t *buffer_get_bytes(struct buffer_reader *in, size_t *size);
/* A text, cut to room - 1 bytes and ended by a zero. */
void buffer_get_text(struct buffer_reader *in, char *text, size_t room);

#endif
