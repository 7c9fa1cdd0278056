#include "report/output_digest.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/sha2.h>

_Static_assert(OUTPUT_DIGEST_BYTES == SHA256_DIGEST_SIZE, "the digest is SHA-256");

struct digest_file {
	struct output_digests *digests;
	struct digest_file *next;
	struct sha256_ctx sha;
	int fd;
	uint8_t digest[OUTPUT_DIGEST_BYTES];
	char name[];
};

struct output_digests {
	pthread_mutex_t lock; /* several threads write */
	struct digest_file *finished;
};

struct output_digests *output_digests_new(void)
{
	struct output_digests *digests = calloc(1, sizeof *digests);

	if (digests)
		pthread_mutex_init(&digests->lock, NULL);
	return digests;
}

void output_digests_free(struct output_digests **digests)
{
	struct digest_file *file, *next;

	if (!*digests)
		return;
	for (file = (*digests)->finished; file; file = next) {
		next = file->next;
		free(file);
	}
	pthread_mutex_destroy(&(*digests)->lock);
	free(*digests);
	*digests = NULL;
}

/* What could not be written is an error of the stream, and errno says why. */
static ssize_t digest_write(void *cookie, const char *bytes, size_t size)
{
	struct digest_file *file = cookie;
	size_t done = 0;

	while (done < size) {
		ssize_t wrote = write(file->fd, bytes + done, size - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	sha256_update(&file->sha, done, (const uint8_t *)bytes);
	return (ssize_t)done;
}

static int digest_close(void *cookie)
{
	return close(((struct digest_file *)cookie)->fd);
}

FILE *output_digest_begin(struct output_digests *digests, const char *name, int fd, struct digest_file **out)
{
	static const cookie_io_functions_t functions = {.write = digest_write, .close = digest_close};
	struct digest_file *file = calloc(1, sizeof *file + strlen(name) + 1);
	FILE *stream = NULL;

	if (file) {
		file->digests = digests;
		file->fd = fd;
		strcpy(file->name, name);
		sha256_init(&file->sha);
		stream = fopencookie(file, "w", functions);
	}
	if (!stream) {
		free(file);
		file = NULL;
	}
	*out = file;
	return stream;
}

void output_digest_finish(struct digest_file *file)
{
	struct output_digests *digests = file->digests;

	sha256_digest(&file->sha, sizeof file->digest, file->digest);
	pthread_mutex_lock(&digests->lock);
	file->next = digests->finished;
	digests->finished = file;
	pthread_mutex_unlock(&digests->lock);
}

void output_digest_abort(struct digest_file *file)
{
	free(file);
}

const uint8_t *output_digest_of(const struct output_digests *digests, const char *name)
{
	const struct digest_file *file;

	for (file = digests->finished; file; file = file->next)
		if (strcmp(file->name, name) == 0)
			return file->digest;
	return NULL;
}
