/* A capture being written: classic pcap with nanoseconds, Ethernet, at a point
 * whose clock has an offset and a skew. A thread of its own writes one buffer
 * out while the next is filled. Errors are kept in `failed`.
 */
#ifndef CROSSTAP_TESTS_BENCH_CAPTURE_H
#define CROSSTAP_TESTS_BENCH_CAPTURE_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/wire.h"

#define CAPTURE_BUFFER_BYTES (1u << 20)
#define CAPTURE_RECORD_BYTES 16 /* header of a record */

struct capture {
	int fd;
	int failed;              /* errno value of the first failure, or 0 */
	uint32_t snaplen;
	int64_t offset_ns;       /* of this clock, when the capture begins */
	int64_t skew_ppm;
	uint64_t base_ns;        /* since 1970: the true time when the capture begins */
	uint64_t packets, bytes; /* bytes: of the file */
	size_t used;
	uint8_t *buffer;         /* being filled; owned, as is full */

	pthread_t writer;
	bool running;
	pthread_mutex_t lock;    /* for what follows */
	pthread_cond_t changed;
	uint8_t *full;           /* being written while full_bytes > 0 */
	size_t full_bytes;
	int write_errno;
	bool closing;
};

/* Returns 0 or an errno value. */
static inline int capture_write_out(int fd, const uint8_t *bytes, size_t count)
{
	while (count) {
		ssize_t n = write(fd, bytes, count);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			bytes += n;
			count -= (size_t)n;
		}
	}
	return 0;
}

static inline void *capture_writer(void *argument)
{
	struct capture *capture = argument;
	int failed;

	pthread_mutex_lock(&capture->lock);
	for (;;) {
		while (!capture->full_bytes && !capture->closing)
			pthread_cond_wait(&capture->changed, &capture->lock);
		if (!capture->full_bytes)
			break;
		pthread_mutex_unlock(&capture->lock);
		failed = capture_write_out(capture->fd, capture->full, capture->full_bytes);
		pthread_mutex_lock(&capture->lock);
		capture->full_bytes = 0;
		if (!capture->write_errno)
			capture->write_errno = failed;
		pthread_cond_broadcast(&capture->changed);
	}
	pthread_mutex_unlock(&capture->lock);
	return NULL;
}

/* Waits for the writer, and hands it the buffer. */
static inline void capture_flush(struct capture *capture)
{
	uint8_t *written;

	pthread_mutex_lock(&capture->lock);
	while (capture->full_bytes)
		pthread_cond_wait(&capture->changed, &capture->lock);
	written = capture->full;
	capture->full = capture->buffer;
	capture->buffer = written;
	capture->full_bytes = capture->used;
	if (!capture->failed)
		capture->failed = capture->write_errno;
	pthread_cond_broadcast(&capture->changed);
	pthread_mutex_unlock(&capture->lock);
	capture->bytes += capture->used;
	capture->used = 0;
}

/* The format's numbers are in the writer's byte order. */
static inline void capture_put(struct capture *capture, const uint32_t *words, size_t count)
{
	memcpy(capture->buffer + capture->used, words, count * sizeof *words);
	capture->used += count * sizeof *words;
}

/* *capture is zeroed but for the clock. Goes to capture_close() even when it failed. */
static inline void capture_open(struct capture *capture, const char *path, uint32_t snaplen)
{
	const uint16_t version[2] = {2, 4};
	uint32_t header[6] = {0xa1b23c4d, 0, 0, 0, snaplen, 1 /* Ethernet */};

	memcpy(&header[1], version, sizeof version);
	capture->snaplen = snaplen;
	pthread_mutex_init(&capture->lock, NULL);
	pthread_cond_init(&capture->changed, NULL);
	capture->buffer = malloc(CAPTURE_BUFFER_BYTES);
	capture->full = malloc(CAPTURE_BUFFER_BYTES);
	capture->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (capture->fd < 0 || !capture->buffer || !capture->full) {
		capture->failed = errno;
		return;
	}
	capture->failed = pthread_create(&capture->writer, NULL, capture_writer, capture);
	capture->running = !capture->failed;
	capture_put(capture, header, 6);
}

/* Records a packet seen `true_ns` after the capture began. */
static inline void capture_write(struct capture *capture, const struct filler *filler,
				 struct wire *wire, uint64_t true_ns)
{
	int64_t run = (int64_t)true_ns, skewed = run + run / 1000 * capture->skew_ppm / 1000;
	uint64_t time_ns = capture->base_ns + (uint64_t)(skewed + capture->offset_ns);
	uint32_t record[4] = {(uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns % 1000000000)};

	if (CAPTURE_BUFFER_BYTES - capture->used < CAPTURE_RECORD_BYTES + WIRE_FRAME_MAX)
		capture_flush(capture);
	record[3] = wire_build(capture->buffer + capture->used + CAPTURE_RECORD_BYTES, filler, wire,
			       capture->snaplen);
	record[2] = record[3] < capture->snaplen ? record[3] : capture->snaplen;
	capture_put(capture, record, 4);
	capture->used += record[2];
	capture->packets++;
}

/* False when anything about the file failed; the cause is in `failed`. */
static inline bool capture_close(struct capture *capture)
{
	if (capture->running) {
		capture_flush(capture);
		pthread_mutex_lock(&capture->lock);
		capture->closing = true;
		pthread_cond_broadcast(&capture->changed);
		pthread_mutex_unlock(&capture->lock);
		pthread_join(capture->writer, NULL);
		capture->running = false;
		if (!capture->failed)
			capture->failed = capture->write_errno;
	}
	if (capture->fd >= 0 && close(capture->fd) != 0 && !capture->failed)
		capture->failed = errno;
	capture->fd = -1;
	free(capture->buffer);
	free(capture->full);
	capture->buffer = capture->full = NULL;
	return !capture->failed;
}

#endif
