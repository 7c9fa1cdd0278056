/* collect/bytes.h over memory, in place of collect/bytes.c: no file and no thread. One window holds all
 * of it, in an allocation of its own, so that ASan sees what is read outside. For one target's .c file.
 */
#ifndef CROSSTAP_TESTS_FUZZ_BYTES_MEMORY_H
#define CROSSTAP_TESTS_FUZZ_BYTES_MEMORY_H

#include "collect/bytes.h"
#include "tests/fuzz/fuzz.h"

static struct bytes bytes_memory;

/* The next bytes_open() is of these. */
static void bytes_memory_set(const uint8_t *bytes, size_t size)
{
	bytes_memory = (struct bytes){bytes, bytes + size, size};
}

enum status bytes_open(struct bytes **out, const char *path, bool hashed, struct error *err)
{
	*out = &bytes_memory;
	return STATUS_OK;
}

enum status bytes_open_pipe(struct bytes **out, int fd, const char *name, struct error *err)
{
	abort();
}

enum status bytes_open_stream(struct bytes **out, int fd, int copy_fd, const char *name,
			      struct error *err)
{
	abort();
}

void bytes_close(struct bytes **bytes)
{
	*bytes = NULL;
}

void bytes_cancel(struct bytes *bytes)
{
	bytes->at = bytes->end;
}

const uint8_t *bytes_need_more(struct bytes *bytes, size_t want)
{
	FUZZ_HOLDS(want <= BYTES_NEED_MAX);
	return NULL;
}

bool bytes_skip(struct bytes *bytes, uint64_t size)
{
	bool there = size <= bytes_left(bytes);

	bytes_take(bytes, there ? (size_t)size : bytes_left(bytes));
	return there;
}

enum bytes_end bytes_end(struct bytes *bytes)
{
	return BYTES_COMPLETE;
}

const char *bytes_end_text(const struct bytes *bytes)
{
	abort();
}

enum status bytes_error(const struct bytes *bytes, struct error *err)
{
	abort();
}

enum status bytes_drain(struct bytes *bytes, struct error *err)
{
	bytes->at = bytes->end;
	return STATUS_OK;
}

bool bytes_digest(struct bytes *bytes, uint8_t digest[BYTES_DIGEST])
{
	memset(digest, 0, BYTES_DIGEST);
	return true;
}

const char *bytes_packing(const struct bytes *bytes)
{
	return "";
}

const char *bytes_name(const struct bytes *bytes)
{
	return "fuzz";
}

void bytes_progress(const struct bytes *bytes, uint64_t *read_bytes, uint64_t *size_bytes)
{
	*read_bytes = 0;
	if (size_bytes)
		*size_bytes = 0;
}

#endif
