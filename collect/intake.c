#include "collect/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "collect/thread.h"
#include "collect/unpack.h"

#define RAW_READ (128u << 10)  /* packed bytes read at once */

/* The thread fills chunk number `filled`; the user has `held` chunks from
 * number `released` on, and those behind them wait. Both numbers only grow; modulo
 * INTAKE_CHUNKS they are places. What stands under `lock` is marked [L]. */
struct intake {
	int fd, wake_fd;               /* wake_fd ends a poll() on a pipe */
	int copy_fd;                   /* the user's; -1: none */
	bool copy_failed;              /* set before the end is INTAKE_FAILED */
	bool polled;                   /* not a regular file: read() may wait for ever */
	enum intake_work work;
	uint64_t size_bytes;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t changed;

	struct intake_chunk chunks[INTAKE_CHUNKS];
	uint64_t filled, released;     /* [L] */
	uint32_t held;                 /* [L] */
	bool cancelled, draining;      /* [L] set by the user */
	bool ended, finished;          /* [L] no more chunks; and the raw file is read and hashed */
	enum intake_end end;           /* [L] */
	int errno_value;               /* [L] of the read() that failed */
	char text[UNPACK_TEXT_MAX];    /* [L] for INTAKE_DAMAGED */
	const char *packing;           /* [L] */
	uint8_t digest[INTAKE_DIGEST]; /* [L] */

	_Atomic uint64_t raw_bytes;

	struct sha256_ctx sha;         /* from here on the thread's */
	bool raw_over;
	uint8_t *raw_buffer;           /* packed bytes, and what drains */
	size_t raw_first;              /* of them: already there, read to tell the packing */
};

/* Says why no more chunks will come; the first to say it is right. */
static void intake_finish(struct intake *intake, enum intake_end end, int errno_value,
			  const char *text)
{
	pthread_mutex_lock(&intake->lock);
	if (!intake->ended) {
		intake->ended = true;
		intake->end = end;
		intake->errno_value = errno_value;
		snprintf(intake->text, sizeof intake->text, "%s", text);
	} else if (end == INTAKE_FAILED) { /* while draining: a digest will be missing */
		intake->end = end;
		intake->errno_value = errno_value;
	}
	pthread_cond_broadcast(&intake->changed);
	pthread_mutex_unlock(&intake->lock);
}

static bool intake_is_cancelled(struct intake *intake)
{
	bool cancelled;

	pthread_mutex_lock(&intake->lock);
	cancelled = intake->cancelled;
	pthread_mutex_unlock(&intake->lock);
	return cancelled;
}

/* Whether read() will not wait; with wait, only after it would not. */
static bool raw_ready(struct intake *intake, bool wait)
{
	struct pollfd fds[2] = {{.fd = intake->fd, .events = POLLIN},
				{.fd = intake->wake_fd, .events = POLLIN}};

	if (!intake->polled)
		return true;
	while (poll(fds, 2, wait ? -1 : 0) < 0)
		if (errno != EINTR)
			return true; /* read() will say what is wrong */
	return !fds[1].revents && fds[0].revents;
}

/* False when the copy could not be written. */
static bool raw_copy(struct intake *intake, const uint8_t *bytes, size_t size)
{
	while (intake->copy_fd >= 0 && size) {
		ssize_t n = write(intake->copy_fd, bytes, size);

		if (n < 0 && errno != EINTR) {
			intake->copy_failed = true;
			intake_finish(intake, INTAKE_FAILED, errno, "");
			return false;
		}
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* One read(): bytes, 0 at the end, -1 when it failed or was cancelled. */
static ssize_t raw_read(struct intake *intake, uint8_t *out, size_t room)
{
	ssize_t n;

	do {
		if (!raw_ready(intake, true) || intake_is_cancelled(intake)) {
			intake_finish(intake, INTAKE_CANCELLED, 0, "");
			return -1;
		}
		n = read(intake->fd, out, room);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		intake_finish(intake, INTAKE_FAILED, errno, "");
	else if (n == 0)
		intake->raw_over = true;
	else
		atomic_fetch_add_explicit(&intake->raw_bytes, (uint64_t)n, memory_order_relaxed);
	return n <= 0 || raw_copy(intake, out, (size_t)n) ? n : -1;
}

/* Reads until `room` is full, or until at least `least` bytes are there and
 * more would have to be waited for. False when it failed or was cancelled. */
static bool raw_fill(struct intake *intake, uint8_t *out, size_t room, size_t least, size_t *size)
{
	*size = 0;
	while (*size < room && !intake->raw_over && (*size < least || raw_ready(intake, false))) {
		ssize_t n = raw_read(intake, out + *size, room - *size);

		if (n < 0)
			return false;
		*size += (size_t)n;
	}
	return true;
}

static void raw_hash(struct intake *intake, const uint8_t *bytes, size_t size)
{
	if (intake->work == INTAKE_WHOLE)
		sha256_update(&intake->sha, size, bytes);
}

/* A free chunk, or NULL when the user wants no more or there is no memory. */
static struct intake_chunk *chunk_begin(struct intake *intake)
{
	struct intake_chunk *chunk;
	uint8_t *start;
	bool wanted;

	pthread_mutex_lock(&intake->lock);
	while (intake->filled - intake->released == INTAKE_CHUNKS && !intake->cancelled &&
	       !intake->draining)
		pthread_cond_wait(&intake->changed, &intake->lock);
	wanted = !intake->cancelled && !intake->draining;
	chunk = &intake->chunks[intake->filled % INTAKE_CHUNKS];
	pthread_mutex_unlock(&intake->lock);
	if (!wanted) {
		intake_finish(intake, INTAKE_CANCELLED, 0, "");
		return NULL;
	}
	if (!chunk->bytes) {
		start = malloc(INTAKE_HEADROOM + INTAKE_CHUNK);
		if (!start) {
			intake_finish(intake, INTAKE_FAILED, ENOMEM, "");
			return NULL;
		}
		chunk->bytes = start + INTAKE_HEADROOM;
	}
	return chunk;
}

static void chunk_publish(struct intake *intake, struct intake_chunk *chunk, size_t size)
{
	if (!size)
		return;
	pthread_mutex_lock(&intake->lock);
	chunk->size = size;
	intake->filled++;
	pthread_cond_broadcast(&intake->changed);
	pthread_mutex_unlock(&intake->lock);
}

/* Hashes a chunk after it was handed over, so that both happen at once: only
 * this thread ever writes to a chunk's bytes, and not before it is through. */
static void thread_copy(struct intake *intake, struct intake_chunk *chunk, size_t size)
{
	while (chunk) {
		chunk_publish(intake, chunk, size);
		raw_hash(intake, chunk->bytes, size);
		if (intake->raw_over) {
			intake_finish(intake, INTAKE_COMPLETE, 0, "");
			return;
		}
		chunk = chunk_begin(intake);
		if (chunk && !raw_fill(intake, chunk->bytes, INTAKE_CHUNK, 1, &size))
			return;
	}
}

static bool raw_buffer_make(struct intake *intake)
{
	if (!intake->raw_buffer)
		intake->raw_buffer = malloc(INTAKE_CHUNK);
	if (!intake->raw_buffer)
		intake_finish(intake, INTAKE_FAILED, ENOMEM, "");
	return intake->raw_buffer != NULL;
}

static ssize_t unpack_next_raw(void *context, const uint8_t **bytes)
{
	struct intake *intake = context;
	ssize_t n = (ssize_t)intake->raw_first;

	intake->raw_first = 0;
	*bytes = intake->raw_buffer;
	if (n == 0 && !intake->raw_over)
		n = raw_read(intake, intake->raw_buffer, RAW_READ);
	if (n > 0)
		raw_hash(intake, intake->raw_buffer, (size_t)n);
	return n;
}

static void thread_unpack(struct intake *intake, const struct unpack_packing *packing)
{
	struct unpack *unpack = unpack_open(packing, unpack_next_raw, intake);
	struct intake_chunk *chunk;
	ssize_t n = 1;

	if (!unpack)
		intake_finish(intake, INTAKE_FAILED, ENOMEM, "");
	while (unpack && n > 0 && (chunk = chunk_begin(intake))) {
		n = unpack_read(unpack, chunk->bytes, INTAKE_CHUNK);
		if (n > 0)
			chunk_publish(intake, chunk, (size_t)n);
	}
	/* A read that failed or was cancelled has said so already. */
	if (n < 0)
		intake_finish(intake, INTAKE_DAMAGED, 0, unpack_text(unpack));
	else if (n == 0)
		intake_finish(intake, INTAKE_COMPLETE, 0, "");
	unpack_close(&unpack);
}

/* What no unpacker asked for: trailing bytes, or all behind a damage. */
static void thread_drain(struct intake *intake)
{
	ssize_t n = 1;

	if (intake->raw_first)
		raw_hash(intake, intake->raw_buffer, intake->raw_first);
	if (intake->raw_over || intake_is_cancelled(intake) || !raw_buffer_make(intake))
		return;
	while (n > 0) {
		n = raw_read(intake, intake->raw_buffer, RAW_READ);
		if (n > 0)
			raw_hash(intake, intake->raw_buffer, (size_t)n);
	}
}

static void thread_read(struct intake *intake)
{
	const struct unpack_packing *packing = NULL;
	struct intake_chunk *chunk = chunk_begin(intake);
	size_t first = 0;

	if (!chunk || !raw_fill(intake, chunk->bytes, INTAKE_CHUNK, UNPACK_MAGIC_MAX, &first))
		return;
	if (intake->work != INTAKE_PLAIN)
		packing = unpack_recognise(chunk->bytes, first);
	if (!packing) {
		thread_copy(intake, chunk, first);
		return;
	}
	pthread_mutex_lock(&intake->lock);
	intake->packing = unpack_name(packing);
	pthread_mutex_unlock(&intake->lock);
	if (!raw_buffer_make(intake))
		return;
	memcpy(intake->raw_buffer, chunk->bytes, first);
	intake->raw_first = first;
	thread_unpack(intake, packing);
}

static void *intake_thread(void *context)
{
	struct intake *intake = context;

	sha256_init(&intake->sha);
	thread_read(intake);
	thread_drain(intake);
	pthread_mutex_lock(&intake->lock);
	if (intake->raw_over)
		sha256_digest(&intake->sha, INTAKE_DIGEST, intake->digest);
	intake->finished = true;
	pthread_cond_broadcast(&intake->changed);
	pthread_mutex_unlock(&intake->lock);
	return NULL;
}

/* What kind of file it is decides how it is read. An errno value, or 0. */
static int intake_prepare(struct intake *intake)
{
	struct stat stat;

	if (fstat(intake->fd, &stat) != 0)
		return errno;
	if (S_ISDIR(stat.st_mode))
		return EISDIR;
	if (S_ISREG(stat.st_mode)) {
		intake->size_bytes = (uint64_t)stat.st_size;
		posix_fadvise(intake->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		return 0;
	}
	intake->polled = true;
	intake->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return intake->wake_fd < 0 ? errno : 0;
}

int intake_open(struct intake **out, int fd, int copy_fd, enum intake_work work)
{
	struct intake *intake = calloc(1, sizeof *intake);
	int errno_value;

	*out = intake;
	if (!intake) {
		close(fd);
		return ENOMEM;
	}
	intake->fd = fd;
	intake->copy_fd = copy_fd;
	intake->wake_fd = -1;
	intake->work = work;
	intake->packing = "";
	pthread_mutex_init(&intake->lock, NULL);
	pthread_cond_init(&intake->changed, NULL);
	errno_value = intake_prepare(intake);
	if (!errno_value)
		errno_value = thread_begin(&intake->thread, intake_thread, intake);
	intake->running = !errno_value;
	if (errno_value)
		intake_close(out);
	return errno_value;
}

void intake_cancel(struct intake *intake)
{
	pthread_mutex_lock(&intake->lock);
	intake->cancelled = true;
	pthread_cond_broadcast(&intake->changed);
	pthread_mutex_unlock(&intake->lock);
	if (intake->wake_fd >= 0)
		eventfd_write(intake->wake_fd, 1);
}

void intake_close(struct intake **out)
{
	struct intake *intake = *out;

	if (!intake)
		return;
	if (intake->running) {
		intake_cancel(intake);
		pthread_join(intake->thread, NULL);
	}
	for (size_t i = 0; i < INTAKE_CHUNKS; i++)
		if (intake->chunks[i].bytes)
			free(intake->chunks[i].bytes - INTAKE_HEADROOM);
	pthread_cond_destroy(&intake->changed);
	pthread_mutex_destroy(&intake->lock);
	if (intake->wake_fd >= 0)
		close(intake->wake_fd);
	close(intake->fd);
	free(intake->raw_buffer);
	free(intake);
	*out = NULL;
}

struct intake_chunk *intake_take(struct intake *intake)
{
	struct intake_chunk *chunk = NULL;

	pthread_mutex_lock(&intake->lock);
	while (intake->released + intake->held == intake->filled && !intake->ended &&
	       !intake->cancelled && !intake->draining)
		pthread_cond_wait(&intake->changed, &intake->lock);
	if (intake->released + intake->held < intake->filled && !intake->cancelled &&
	    !intake->draining)
		chunk = &intake->chunks[(intake->released + intake->held++) % INTAKE_CHUNKS];
	pthread_mutex_unlock(&intake->lock);
	return chunk;
}

void intake_release(struct intake *intake)
{
	pthread_mutex_lock(&intake->lock);
	intake->released++;
	intake->held--;
	pthread_cond_broadcast(&intake->changed);
	pthread_mutex_unlock(&intake->lock);
}

enum intake_end intake_end(struct intake *intake, int *errno_value)
{
	enum intake_end end;

	pthread_mutex_lock(&intake->lock);
	while (!intake->cancelled && !(intake->ended && (intake->end != INTAKE_COMPLETE ||
							 intake->finished)))
		pthread_cond_wait(&intake->changed, &intake->lock);
	end = intake->cancelled ? INTAKE_CANCELLED : intake->end;
	*errno_value = intake->errno_value;
	pthread_mutex_unlock(&intake->lock);
	return end;
}

bool intake_copy_failed(const struct intake *intake)
{
	return intake->copy_failed; /* does not change once it has ended */
}

int intake_drain(struct intake *intake)
{
	int errno_value;

	pthread_mutex_lock(&intake->lock);
	intake->draining = true;
	pthread_cond_broadcast(&intake->changed);
	while (!intake->finished && !intake->cancelled)
		pthread_cond_wait(&intake->changed, &intake->lock);
	errno_value = intake->end == INTAKE_FAILED ? intake->errno_value : 0;
	pthread_mutex_unlock(&intake->lock);
	return errno_value;
}

bool intake_digest(struct intake *intake, uint8_t digest[INTAKE_DIGEST])
{
	bool complete;

	pthread_mutex_lock(&intake->lock);
	complete = intake->finished && intake->raw_over && intake->work == INTAKE_WHOLE;
	if (complete)
		memcpy(digest, intake->digest, INTAKE_DIGEST);
	pthread_mutex_unlock(&intake->lock);
	return complete;
}

const char *intake_text(const struct intake *intake)
{
	return intake->text; /* does not change once it has ended */
}

const char *intake_packing(const struct intake *intake)
{
	return intake->packing; /* set before the first chunk is there */
}

void intake_progress(const struct intake *intake, uint64_t *read_bytes, uint64_t *size_bytes)
{
	if (read_bytes)
		*read_bytes = atomic_load_explicit(&intake->raw_bytes, memory_order_relaxed);
	if (size_bytes)
		*size_bytes = intake->size_bytes;
}
