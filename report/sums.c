#include "report/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "correlate/tasks.h"
#include "report/output_digest.h"

#define SUMS_THREADS 2u
#define SUMS_PIECE 65536u

enum status sums_remove(const char *directory, struct error *err)
{
	enum status status = STATUS_OK;
	char *path;

	if (asprintf(&path, "%s/" SUMS_FILE, directory) < 0)
		return error_errno(err, ENOMEM, "%s", directory);
	if (unlink(path) < 0 && errno != ENOENT)
		status = error_errno(err, errno, "%s", path);
	free(path);
	return status;
}

static void sums_text(char digest[SUMS_DIGEST_TEXT], const uint8_t *binary)
{
	size_t i;

	for (i = 0; i < SHA256_DIGEST_SIZE; i++)
		sprintf(digest + 2 * i, "%02x", binary[i]);
}

enum status sums_digest(int fd, const char *name, char digest[SUMS_DIGEST_TEXT], uint64_t *bytes,
			struct error *err)
{
	uint8_t piece[SUMS_PIECE], binary[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	ssize_t got;

	sha256_init(&sha);
	*bytes = 0;
	while ((got = read(fd, piece, sizeof piece)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, errno, "%s", name);
		sha256_update(&sha, (size_t)got, piece);
		*bytes += (uint64_t)got;
	}
	sha256_digest(&sha, sizeof binary, binary);
	sums_text(digest, binary);
	return STATUS_OK;
}

/* ---- all files of a set ---- */

/* A file; the job of one thread. */
struct sums_job {
	const struct output_folder *folder;
	const char *name;
	char digest[SUMS_DIGEST_TEXT];
	enum status status;
	struct error err;
};

static void sums_run(void *argument)
{
	struct sums_job *job = argument;
	const struct output_digests *digests = job->folder->digests;
	const uint8_t *known = digests ? output_digest_of(digests, job->name) : NULL;
	uint64_t bytes;
	char *path;
	int fd;

	if (known) {
		sums_text(job->digest, known);
		return;
	}
	if (asprintf(&path, "%s/%s", job->folder->directory, job->name) < 0) {
		job->status = error_errno(&job->err, ENOMEM, "%s", job->name);
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	job->status = fd < 0 ? error_errno(&job->err, errno, "%s", path)
			     : sums_digest(fd, path, job->digest, &bytes, &job->err);
	if (fd >= 0)
		close(fd);
	free(path);
}

static int sums_compare(const void *x, const void *y)
{
	return strcmp(((const struct sums_job *)x)->name, ((const struct sums_job *)y)->name);
}

static enum status sums_put(const struct output_folder *folder, const struct sums_job *job, size_t jobs,
			    struct error *err)
{
	struct output output;
	enum status status = output_open_in(&output, folder, SUMS_FILE, err);
	size_t i;

	if (status)
		return status;
	for (i = 0; i < jobs; i++)
		fprintf(output.stream, "%s  %s\n", job[i].digest, job[i].name);
	status = output_finish(&output, err);
	output_abort(&output);
	return status;
}

enum status sums_write(const struct output_folder *folder, const char *const *name, size_t names,
		       struct error *err)
{
	struct sums_job *job = calloc(names + 1, sizeof *job);
	struct task *task = calloc(names + 1, sizeof *task);
	enum status status = job && task ? STATUS_OK : error_errno(err, ENOMEM, SUMS_FILE);
	size_t i;

	for (i = 0; !status && i < names; i++) {
		job[i] = (struct sums_job){.folder = folder, .name = name[i]};
		task[i] = (struct task){sums_run, &job[i]};
	}
	if (!status) {
		qsort(job, names, sizeof *job, sums_compare);
		tasks_run(task, (uint32_t)names, SUMS_THREADS);
	}
	for (i = 0; !status && i < names; i++)
		if (job[i].status) {
			*err = job[i].err;
			status = job[i].status;
		}
	if (!status)
		status = sums_put(folder, job, names, err);
	free(job);
	free(task);
	return status;
}
