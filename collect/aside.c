#include "collect/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASIDE_TRIES 100 /* files aside that killed processes of the same number left */

enum status aside_make_directory(const char *directory, struct error *err)
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

static void aside_free(struct aside *aside)
{
	free(aside->path);
	free(aside->place);
	*aside = (struct aside){0};
}

/* A new file next to `name`; -1, with errno. */
static int aside_create(struct aside *aside, const char *directory, const char *name)
{
	int fd = -1, try;

	for (try = 0; fd < 0 && try < ASIDE_TRIES; try++) {
		free(aside->place);
		if (asprintf(&aside->place, "%s/.%s.%ld-%d", directory, name, (long)getpid(), try) < 0) {
			aside->place = NULL;
			return -1;
		}
		fd = open(aside->place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	return fd;
}

enum status aside_open_as(struct aside *aside, const char *directory, const char *name,
			  aside_stream *make, void *context, struct error *err)
{
	int fd, failed;

	*aside = (struct aside){0};
	if (asprintf(&aside->path, "%s/%s", directory, name) < 0)
		aside->path = NULL;
	if (!aside->path)
		return error_errno(err, ENOMEM, "%s", name);
	fd = aside_create(aside, directory, name);
	if (fd >= 0)
		aside->stream = make(context, fd);
	if (aside->stream)
		return STATUS_OK;
	failed = errno;
	if (fd >= 0) {
		close(fd);
		unlink(aside->place);
	}
	error_errno(err, failed, "%s", aside->path);
	aside_free(aside);
	return STATUS_SYSTEM;
}

static FILE *aside_plain(void *context, int fd)
{
	(void)context;
	return fdopen(fd, "w");
}

enum status aside_open(struct aside *aside, const char *directory, const char *name,
		       struct error *err)
{
	return aside_open_as(aside, directory, name, aside_plain, NULL, err);
}

void aside_open_stdout(struct aside *aside)
{
	*aside = (struct aside){.stream = stdout};
}

enum status aside_check(const struct aside *aside, struct error *err)
{
	if (!ferror(aside->stream))
		return STATUS_OK;
	return error_errno(err, errno ? errno : EIO, "%s",
			   aside->path ? aside->path : "standard output");
}

enum status aside_finish(struct aside *aside, struct error *err)
{
	enum status status;

	if (fflush(aside->stream) == 0)
		errno = 0; /* an error from before, whose cause is lost */
	status = aside_check(aside, err);
	if (!aside->path)
		return status;
	if (fclose(aside->stream) != 0 && !status)
		status = error_errno(err, errno, "%s", aside->path);
	aside->stream = NULL;
	if (!status && rename(aside->place, aside->path) < 0)
		status = error_errno(err, errno, "%s", aside->path);
	if (status)
		unlink(aside->place);
	aside_free(aside);
	return status;
}

void aside_abort(struct aside *aside)
{
	if (!aside->path)
		return;
	if (aside->stream)
		fclose(aside->stream);
	unlink(aside->place);
	aside_free(aside);
}
