#include "collect/buffer.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_ROOM_FIRST 256

struct buffer buffer_fixed(uint8_t *bytes, size_t room)
{
	return (struct buffer){.bytes = bytes, .room = room, .fixed = true};
}

void buffer_free(struct buffer *buffer)
{
	if (!buffer->fixed)
		free(buffer->bytes);
	*buffer = (struct buffer){0};
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
	size_t room = buffer->room ? buffer->room : BUFFER_ROOM_FIRST;
	uint8_t *bytes;

	if (buffer->failed)
		return NULL;
	while (room - buffer->size < size && room <= SIZE_MAX / 2)
		room *= 2;
	if (room != buffer->room) {
		bytes = buffer->fixed || room - buffer->size < size ? NULL
								    : realloc(buffer->bytes, room);
		if (!bytes) {
			buffer->failed = true;
			return NULL;
		}
		buffer->bytes = bytes;
		buffer->room = room;
	}
	buffer->size += size;
	return buffer->bytes + buffer->size - size;
}

void buffer_put_number(struct buffer *buffer, uint64_t value)
{
	uint8_t *p = buffer_extend(buffer, 8);
	int i;

	for (i = 0; p && i < 8; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

void buffer_put_bytes(struct buffer *buffer, const void *bytes, size_t size)
{
	uint8_t *p;

	buffer_put_number(buffer, size);
	p = buffer_extend(buffer, size);
	if (p && size)
		memcpy(p, bytes, size);
}

void buffer_put_text(struct buffer *buffer, const char *text)
{
	buffer_put_bytes(buffer, text, strlen(text));
}

struct buffer_reader buffer_reader(const uint8_t *bytes, size_t size)
{
	return (struct buffer_reader){.bytes = bytes, .left = size};
}

static const uint8_t *buffer_take(struct buffer_reader *in, size_t size)
{
	const uint8_t *p = in->bytes;

	if (in->broken || in->left < size) {
		in->broken = true;
		return NULL;
	}
	in->bytes += size;
	in->left -= size;
	return p;
}

uint64_t buffer_get_number(struct buffer_reader *in)
{
	const uint8_t *p = buffer_take(in, 8);
	uint64_t value = 0;
	int i;

	for (i = 0; p && i < 8; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

uint64_t buffer_get_limited(struct buffer_reader *in, uint64_t most)
{
	uint64_t value = buffer_get_number(in);

	if (value <= most)
		return value;
	in->broken = true;
	return 0;
}

const uint8_t *buffer_get_bytes(struct buffer_reader *in, size_t *size)
{
	uint64_t n = buffer_get_number(in);
	const uint8_t *p = buffer_take(in, n > in->left ? in->left + 1 : (size_t)n);

	*size = p ? (size_t)n : 0;
	return p;
}

void buffer_get_text(struct buffer_reader *in, char *text, size_t room)
{
	size_t size;
	const uint8_t *p = buffer_get_bytes(in, &size);

	if (size > room - 1)
		size = room - 1;
	if (size)
		memcpy(text, p, size);
	text[size] = 0;
}
