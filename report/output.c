#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/output_against.h"
#include "report/output_digest.h"

#define OUTPUT_TRIES 100 /* files aside that killed processes of the same number left */

enum status output_make_directory(const char *directory, struct error *err)
{
	char *path = strdup(directory), *slash;
	struct stat st;
	int failed = 0;

	if (!path)
		return error_errno(err, ENOMEM, "%s", directory);
	for (slash = strchr(path + (*path == '/'), '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777); /* what is wrong here shows at the last one */
		*slash = '/';
	}
	if (mkdir(path, 0777) < 0)
		failed = errno;
	free(path);
	if (failed == EEXIST && stat(directory, &st) == 0)
		failed = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	return failed ? error_errno(err, failed, "%s", directory) : STATUS_OK;
}

static void output_free(struct output *output)
{
	output_digest_abort(output->digest);
	free(output->path);
	free(output->aside);
	*output = (struct output){0};
}

static enum status output_begin(struct output *output, const char *directory, const char *name,
				struct output_digests *digests, struct error *err)
{
	int fd = -1, try, failed = 0;

	*output = (struct output){0};
	if (asprintf(&output->path, "%s/%s", directory, name) < 0)
		output->path = NULL;
	if (!output->path)
		return error_errno(err, ENOMEM, "%s", name);
	for (try = 0; fd < 0 && !failed && try < OUTPUT_TRIES; try++) {
		free(output->aside);
		if (asprintf(&output->aside, "%s/.%s.%ld-%d", directory, name, (long)getpid(),
			     try) < 0)
			output->aside = NULL;
		fd = output->aside
			     ? open(output->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
			     : -1;
		if (fd < 0 && errno != EEXIST)
			failed = errno;
	}
	if (fd >= 0)
		output->stream = digests ? output_digest_begin(digests, name, fd, &output->digest)
					 : fdopen(fd, "w");
	if (!output->stream) {
		failed = failed ? failed : errno;
		if (fd >= 0) {
			close(fd);
			unlink(output->aside);
		}
		error_errno(err, failed, "%s", output->path);
		output_free(output);
		return STATUS_SYSTEM;
	}
	return STATUS_OK;
}

enum status output_open(struct output *output, const char *directory, const char *name,
			struct error *err)
{
	return output_begin(output, directory, name, NULL, err);
}

enum status output_open_in(struct output *output, const struct output_folder *folder,
			   const char *name, struct error *err)
{
	return folder->against ? output_against_begin(folder->against, name, output, err)
			       : output_begin(output, folder->directory, name, folder->digests, err);
}

void output_open_stdout(struct output *output)
{
	*output = (struct output){.stream = stdout};
}

enum status output_check(const struct output *output, struct error *err)
{
	if (!ferror(output->stream))
		return STATUS_OK;
	return error_errno(err, errno ? errno : EIO, "%s",
			   output->path ? output->path : "standard output");
}

enum status output_write(struct output *output, const char *bytes, size_t size, struct error *err)
{
	fwrite(bytes, 1, size, output->stream);
	return output_check(output, err);
}

enum status output_finish(struct output *output, struct error *err)
{
	enum status status;

	if (output->against)
		return output_against_finish(output, err);
	if (fflush(output->stream) == 0)
		errno = 0; /* an error from before, whose cause is lost */
	status = output_check(output, err);
	if (!output->path)
		return status;
	if (fclose(output->stream) != 0 && !status)
		status = error_errno(err, errno, "%s", output->path);
	output->stream = NULL;
	if (!status && rename(output->aside, output->path) < 0)
		status = error_errno(err, errno, "%s", output->path);
	if (status)
		unlink(output->aside);
	if (output->digest && !status) {
		output_digest_finish(output->digest);
		output->digest = NULL;
	}
	output_free(output);
	return status;
}

void output_abort(struct output *output)
{
	if (output->against)
		output_against_abort(output);
	if (!output->path)
		return;
	if (output->stream)
		fclose(output->stream);
	unlink(output->aside);
	output_free(output);
}
