#include "report/output_against.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/memory.h"

#define AGAINST_BYTES 65536u

struct output_against {
	int directory;
	pthread_mutex_t lock; /* of what follows: several threads write */
	struct against_result *result;
	uint32_t results;
	uint64_t room;
};

struct against_file {
	struct output_against *against;
	struct against_result result;
	int fd;
	size_t at, bytes; /* in the buffer */
	uint8_t buffer[AGAINST_BYTES];
};

struct output_against *output_against_new(int directory)
{
	struct output_against *against = calloc(1, sizeof *against);

	if (!against)
		return NULL;
	against->directory = directory;
	pthread_mutex_init(&against->lock, NULL);
	return against;
}

void output_against_free(struct output_against **against)
{
	if (!*against)
		return;
	pthread_mutex_destroy(&(*against)->lock);
	free((*against)->result);
	free(*against);
	*against = NULL;
}

const struct against_result *output_against_results(const struct output_against *against,
						    uint32_t *count)
{
	*count = against->results;
	return against->result;
}

int output_open_there(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), failed;
	struct stat st;

	if (fd < 0)
		return -1;
	failed = fstat(fd, &st) < 0 ? errno : S_ISREG(st.st_mode) ? 0 : S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	if (!failed)
		return fd;
	close(fd);
	errno = failed;
	return -1;
}

/* ---- one file ---- */

/* Fills the buffer; false behind the end, or where it cannot be read. */
static bool against_fill(struct against_file *file)
{
	ssize_t got;

	do
		got = read(file->fd, file->buffer, sizeof file->buffer);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		file->result.found = AGAINST_NONE;
		file->result.error_number = errno;
	}
	file->at = 0;
	file->bytes = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* Compares so many of the buffer's bytes, and says where they part. */
static void against_piece(struct against_file *file, const char *bytes, size_t size)
{
	const uint8_t *there = file->buffer + file->at;
	size_t i;

	if (memcmp(there, bytes, size) != 0)
		file->result.found = AGAINST_DIFFERS;
	for (i = 0; i < size; i++) {
		if (file->result.found == AGAINST_DIFFERS && there[i] != (uint8_t)bytes[i])
			return;
		file->result.byte++;
		file->result.line += there[i] == '\n';
	}
	file->at += size;
}

/* Takes everything, so that the writer goes on, and other files are compared. */
static ssize_t against_write(void *cookie, const char *bytes, size_t size)
{
	struct against_file *file = cookie;
	size_t done = 0;

	while (file->result.found == AGAINST_SAME && done < size) {
		size_t more;

		if (file->at == file->bytes && !against_fill(file)) {
			if (file->result.found == AGAINST_SAME)
				file->result.found = AGAINST_SHORT;
			break;
		}
		more = file->bytes - file->at < size - done ? file->bytes - file->at : size - done;
		against_piece(file, bytes + done, more);
		done += more;
	}
	return (ssize_t)size;
}

static void against_file_free(struct against_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

enum status output_against_begin(struct output_against *against, const char *name,
				 struct output *output, struct error *err)
{
	static const cookie_io_functions_t functions = {.write = against_write};
	struct against_file *file = calloc(1, sizeof *file);

	*output = (struct output){0};
	if (!file)
		return error_errno(err, ENOMEM, "%s", name);
	file->against = against;
	snprintf(file->result.name, sizeof file->result.name, "%s", name);
	file->result.byte = file->result.line = 1;
	file->fd = output_open_there(against->directory, name);
	if (file->fd < 0) {
		file->result.found = AGAINST_NONE;
		file->result.error_number = errno;
	}
	output->stream = fopencookie(file, "w", functions);
	if (!output->stream) {
		against_file_free(file);
		return error_errno(err, ENOMEM, "%s", name);
	}
	output->against = file;
	return STATUS_OK;
}

static enum status against_note(struct against_file *file, struct error *err)
{
	struct output_against *against = file->against;
	struct against_result *list;

	pthread_mutex_lock(&against->lock);
	list = memory_room(against->result, against->results, &against->room, sizeof *list);
	if (list) {
		against->result = list;
		list[against->results++] = file->result;
	}
	pthread_mutex_unlock(&against->lock);
	return list ? STATUS_OK : error_errno(err, ENOMEM, "%s", file->result.name);
}

enum status output_against_finish(struct output *output, struct error *err)
{
	struct against_file *file = output->against;
	enum status status = STATUS_OK;

	if (fclose(output->stream) != 0)
		status = error_errno(err, errno, "%s", file->result.name);
	if (!status && file->result.found == AGAINST_SAME &&
	    (file->at < file->bytes || against_fill(file)))
		file->result.found = AGAINST_LONG;
	if (!status)
		status = against_note(file, err);
	against_file_free(file);
	*output = (struct output){0};
	return status;
}

void output_against_abort(struct output *output)
{
	fclose(output->stream);
	against_file_free(output->against);
	*output = (struct output){0};
}
