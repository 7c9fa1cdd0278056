#include "collect/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/intake.h"

_Static_assert(BYTES_DIGEST == INTAKE_DIGEST, "one digest");

struct stream {
	struct bytes window;           /* first, so that its address is the stream's */
	struct intake *intake;
	char *name;
	bool holding;                  /* the window lies in a chunk of the intake's */
	bool out_of_memory;
	int errno_value;               /* of BYTES_FAILED */
	uint8_t *spill;                /* where a record lies that no chunk holds whole */
	size_t spill_room;
};

static struct stream *stream_of(struct bytes *bytes)
{
	return (struct stream *)bytes;
}

static const struct stream *stream_of_const(const struct bytes *bytes)
{
	return (const struct stream *)bytes;
}

/* Takes the descriptor, also when it fails. */
static enum status stream_open(struct bytes **out, int fd, int copy_fd, const char *name,
			       enum intake_work work, struct error *err)
{
	struct stream *stream = calloc(1, sizeof *stream);
	int errno_value = ENOMEM;

	*out = NULL;
	if (stream)
		stream->name = strdup(name);
	if (stream && stream->name)
		errno_value = intake_open(&stream->intake, fd, copy_fd, work);
	else
		close(fd);
	if (!errno_value) {
		*out = &stream->window;
		return STATUS_OK;
	}
	if (stream)
		free(stream->name);
	free(stream);
	return error_errno(err, errno_value, "%s", name);
}

enum status bytes_open(struct bytes **out, const char *path, bool hashed, struct error *err)
{
	bool standard = strcmp(path, "-") == 0;
	const char *name = standard ? "standard input" : path;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	*out = NULL;
	if (fd < 0)
		return error_errno(err, errno, "%s", name);
	return stream_open(out, fd, -1, name, hashed ? INTAKE_WHOLE : INTAKE_UNHASHED, err);
}

enum status bytes_open_pipe(struct bytes **out, int fd, const char *name, struct error *err)
{
	return stream_open(out, fd, -1, name, INTAKE_PLAIN, err);
}

enum status bytes_open_stream(struct bytes **out, int fd, int copy_fd, const char *name,
			      struct error *err)
{
	return stream_open(out, fd, copy_fd, name, INTAKE_WHOLE, err);
}

void bytes_cancel(struct bytes *bytes)
{
	intake_cancel(stream_of(bytes)->intake);
}

void bytes_close(struct bytes **bytes)
{
	struct stream *stream;

	if (!*bytes)
		return;
	stream = stream_of(*bytes);
	intake_close(&stream->intake);
	free(stream->spill);
	free(stream->name);
	free(stream);
	*bytes = NULL;
}

/* Brings the window's `left` bytes to the front of the spill, with room for
 * `more`. It grows with the bytes that are really there, never by a claim. */
static bool spill_take(struct stream *stream, size_t left, size_t more)
{
	struct bytes *window = &stream->window;
	size_t room = stream->spill_room ? stream->spill_room : 2 * INTAKE_CHUNK;
	uint8_t *spill = stream->spill;

	while (room < left + more)
		room *= 2;
	if (room != stream->spill_room) {
		spill = malloc(room);
		stream->out_of_memory = !spill;
		if (!spill)
			return false;
	}
	memmove(spill, window->at, left);
	if (spill != stream->spill)
		free(stream->spill);
	stream->spill = spill;
	stream->spill_room = room;
	window->at = spill;
	window->end = spill + left;
	return true;
}

/* Gives back the chunk where the window lay. */
static void window_leave(struct stream *stream)
{
	if (stream->holding)
		intake_release(stream->intake);
	stream->holding = false;
}

/* Adds the next chunk to the window: the few bytes that are left go in front
 * of it, or, where they are many, all of it goes behind them. */
static bool window_extend(struct stream *stream)
{
	struct bytes *window = &stream->window;
	size_t left = bytes_left(window);
	struct intake_chunk *chunk = intake_take(stream->intake);

	if (!chunk)
		return false;
	window->end_offset += chunk->size; /* before it is given back */
	if (left <= INTAKE_HEADROOM) {
		if (left)
			memcpy(chunk->bytes - left, window->at, left);
		window->at = chunk->bytes - left;
		window->end = chunk->bytes + chunk->size;
		window_leave(stream);
		stream->holding = true;
	} else {
		if (!spill_take(stream, left, chunk->size))
			return false; /* the stream has ended then: bytes_end() knows */
		window_leave(stream);
		memcpy(stream->spill + left, chunk->bytes, chunk->size);
		window->end += chunk->size;
		intake_release(stream->intake);
	}
	return true;
}

const uint8_t *bytes_need_more(struct bytes *bytes, size_t want)
{
	while (bytes_left(bytes) < want)
		if (want > BYTES_NEED_MAX || !window_extend(stream_of(bytes)))
			return NULL;
	return bytes->at;
}

bool bytes_skip(struct bytes *bytes, uint64_t size)
{
	while (size > bytes_left(bytes)) {
		size -= bytes_left(bytes);
		bytes->at = bytes->end;
		if (!window_extend(stream_of(bytes)))
			return false;
	}
	bytes->at += size;
	return true;
}

enum bytes_end bytes_end(struct bytes *bytes)
{
	static const enum bytes_end ends[] = {
		[INTAKE_COMPLETE] = BYTES_COMPLETE,
		[INTAKE_DAMAGED] = BYTES_DAMAGED,
		[INTAKE_FAILED] = BYTES_FAILED,
		[INTAKE_CANCELLED] = BYTES_CANCELLED,
	};
	struct stream *stream = stream_of(bytes);

	stream->errno_value = ENOMEM;
	if (stream->out_of_memory)
		return BYTES_FAILED;
	return ends[intake_end(stream->intake, &stream->errno_value)];
}

const char *bytes_end_text(const struct bytes *bytes)
{
	return intake_text(stream_of_const(bytes)->intake);
}

enum status bytes_error(const struct bytes *bytes, struct error *err)
{
	const struct stream *stream = stream_of_const(bytes);
	uint64_t read_bytes;

	intake_progress(stream->intake, &read_bytes, NULL);
	if (intake_copy_failed(stream->intake))
		return error_errno(err, stream->errno_value, "%s: writing its packets to a file, too",
				   stream->name);
	return error_errno(err, stream->errno_value, "%s: byte %llu", stream->name,
			   (unsigned long long)read_bytes);
}

enum status bytes_drain(struct bytes *bytes, struct error *err)
{
	struct stream *stream = stream_of(bytes);

	bytes->at = bytes->end;
	stream->errno_value = intake_drain(stream->intake);
	return stream->errno_value ? bytes_error(bytes, err) : STATUS_OK;
}

bool bytes_digest(struct bytes *bytes, uint8_t digest[BYTES_DIGEST])
{
	return intake_digest(stream_of(bytes)->intake, digest);
}

const char *bytes_packing(const struct bytes *bytes)
{
	return intake_packing(stream_of_const(bytes)->intake);
}

const char *bytes_name(const struct bytes *bytes)
{
	return stream_of_const(bytes)->name;
}

void bytes_progress(const struct bytes *bytes, uint64_t *read_bytes, uint64_t *size_bytes)
{
	intake_progress(stream_of_const(bytes)->intake, read_bytes, size_bytes);
}
