/* Each file of the set by SHA256SUMS, and nothing but the set's files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/sums.h"
#include "report/verify_set.h"

#define FILES_LINE 512   /* bytes of a line of SHA256SUMS */
#define FILES_LINES 1000
#define FILES_SHOWN 20   /* of others in the folder */
#define FILES_DIGITS 64

/* Which of the set's files have a line. */
struct files_seen {
	char name[SET_FILES_MAX][SET_NAME_MAX];
	bool seen[SET_FILES_MAX];
	size_t files;
};

static void files_list(struct files_seen *seen)
{
	seen->files = 0;
	while (seen->files < SET_FILES_MAX && set_file_at(seen->files, seen->name[seen->files]))
		seen->seen[seen->files++] = false;
}

static size_t files_find(const struct files_seen *seen, const char *name)
{
	size_t i;

	for (i = 0; i < seen->files && strcmp(seen->name[i], name) != 0; i++)
		;
	return i;
}

/* Why a file cannot be read: what is no file of the set's is said as such. */
static const char *files_why(int failed)
{
	return failed == ENOENT   ? "it is not there"
	       : failed == ELOOP  ? "it is a symbolic link"
	       : failed == EISDIR ? "it is a directory"
	       : failed == EINVAL || failed == ENXIO ? "it is no regular file"
				  : strerror(failed);
}

static enum status files_digest(struct verify *v, const char *name, const char *wanted,
				struct error *err)
{
	int fd = output_open_there(v->directory, name);
	char digest[SUMS_DIGEST_TEXT];
	enum status status;
	uint64_t bytes;

	if (fd < 0) {
		verify_fault(v, "%s/%s: %s", v->options->directory, name, files_why(errno));
		return STATUS_OK;
	}
	status = sums_digest(fd, name, digest, &bytes, err);
	close(fd);
	if (!status && strcmp(digest, wanted) != 0)
		verify_fault(v, "%s/%s: it is not the file that was written: its SHA-256 is %s, and not "
			     "%s as SHA256SUMS has it",
			     v->options->directory, name, digest, wanted);
	else if (!status && v->options->verbose)
		verify_note(v, "%s/%s is as written", v->options->directory, name);
	v->looked++;
	return status;
}

/* "DIGEST  NAME"; NULL: it is none. */
static const char *files_line(char *line)
{
	size_t bytes = strlen(line);

	if (!bytes || line[bytes - 1] != '\n')
		return NULL;
	line[bytes - 1] = '\0';
	if (strspn(line, "0123456789abcdef") != FILES_DIGITS || strncmp(line + FILES_DIGITS, "  ", 2) != 0)
		return NULL;
	line[FILES_DIGITS] = '\0';
	return line + FILES_DIGITS + 2;
}

static bool files_is_plain(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

static enum status files_read(struct verify *v, FILE *sums, struct files_seen *seen, struct error *err)
{
	char line[FILES_LINE], before[FILES_LINE] = "";
	enum status status = STATUS_OK;
	unsigned number = 0;

	while (!status && fgets(line, sizeof line, sums)) {
		const char *name = files_line(line);
		size_t i;

		if (++number > FILES_LINES || !name) {
			verify_fault(v, "%s/" SUMS_FILE ": line %u: it is no line of a digest, two blanks "
				     "and a name", v->options->directory, number);
			break;
		}
		i = files_find(seen, name);
		if (!files_is_plain(name)) {
			verify_fault(v, "%s/" SUMS_FILE ": line %u: \"%s\" is no name of a file of a set",
				     v->options->directory, number, name);
			continue;
		}
		if (strcmp(before, name) >= 0)
			verify_fault(v, "%s/" SUMS_FILE ": line %u: %s is not in the order of the names",
				     v->options->directory, number, name);
		snprintf(before, sizeof before, "%s", name);
		if (i < seen->files)
			seen->seen[i] = true;
		status = files_digest(v, name, line, err);
	}
	return status;
}

/* Without it no file is said to have no line. */
static enum status files_sums(struct verify *v, struct files_seen *seen, struct error *err)
{
	int fd = output_open_there(v->directory, SUMS_FILE);
	FILE *sums = fd < 0 ? NULL : fdopen(fd, "r");
	enum status status;

	if (!sums) {
		verify_fault(v, "%s/" SUMS_FILE ": %s: the set was not written to its end, or is of a "
			     "version that wrote none", v->options->directory, files_why(errno));
		memset(seen->seen, true, sizeof seen->seen);
		if (fd >= 0)
			close(fd);
		return STATUS_OK;
	}
	status = files_read(v, sums, seen, err);
	if (!status && ferror(sums))
		status = error_errno(err, errno, "%s/" SUMS_FILE, v->options->directory);
	fclose(sums);
	return status;
}

/* What else lies there is named, and no fault. */
static enum status files_others(struct verify *v, const struct files_seen *seen, struct error *err)
{
	int fd = dup(v->directory);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t others = 0;

	if (!directory) {
		error_errno(err, errno, "%s", v->options->directory);
		if (fd >= 0)
			close(fd);
		return STATUS_SYSTEM;
	}
	while ((entry = readdir(directory))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, SUMS_FILE) == 0 ||
		    files_find(seen, name) < seen->files)
			continue;
		if (others++ < FILES_SHOWN)
			verify_note(v, "%s/%s is no file of the set", v->options->directory, name);
	}
	if (others > FILES_SHOWN)
		verify_note(v, "%s has more files that are not of the set", v->options->directory);
	closedir(directory);
	return STATUS_OK;
}

enum status verify_files(struct verify *v, struct error *err)
{
	struct files_seen seen;
	enum status status;
	size_t i;

	files_list(&seen);
	status = files_sums(v, &seen, err);
	for (i = 0; !status && i < seen.files; i++)
		if (!seen.seen[i])
			verify_fault(v, "%s/%s: a file of the set that has no line in " SUMS_FILE,
				     v->options->directory, seen.name[i]);
	return status ? status : files_others(v, &seen, err);
}
