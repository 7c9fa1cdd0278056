#include "report/operand.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/capture.h"

#define OPERAND_NAME_LETTERS                                                                    \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static enum status operand_no_memory(const char *text, struct error *err)
{
	return error_errno(err, ENOMEM, "%s", text);
}

static enum status operand_check(const char *text, size_t name_bytes, struct error *err)
{
	if (!text[name_bytes])
		return error_set(err, STATUS_USAGE, "\"%s\": it is POINT=FILE", text);
	if (!name_bytes)
		return error_set(err, STATUS_USAGE, "\"%s\": a name is missing before =", text);
	if (strspn(text, OPERAND_NAME_LETTERS) != name_bytes)
		return error_set(err, STATUS_USAGE,
				 "\"%s\": a point's name is made of letters, digits and . _ -",
				 text);
	if (name_bytes >= CAPTURE_NAME_MAX)
		return error_set(err, STATUS_USAGE, "\"%s\": a point's name may have %d letters",
				 text, CAPTURE_NAME_MAX - 1);
	if (!text[name_bytes + 1])
		return error_set(err, STATUS_USAGE, "\"%s\": a file is missing behind =", text);
	return STATUS_OK;
}

/* The point of that name, made when it is new; NULL without memory. */
static struct operand_point *operands_point(struct operands *operands, const char *name,
					    size_t bytes)
{
	struct operand_point *point;
	size_t i;

	for (i = 0; i < operands->points; i++) {
		point = &operands->point[i];
		if (strlen(point->name) == bytes && memcmp(point->name, name, bytes) == 0)
			return point;
	}
	point = realloc(operands->point, (operands->points + 1) * sizeof *point);
	if (!point)
		return NULL;
	operands->point = point;
	point += operands->points;
	*point = (struct operand_point){.name = strndup(name, bytes)};
	if (!point->name)
		return NULL;
	operands->points++;
	return point;
}

/* A file of that name is there, or one whose name goes on with @IFACE. */
static bool operand_exists(const char *name, size_t bytes)
{
	char *copy = strndup(name, bytes), *at;
	bool there = copy && access(copy, F_OK) == 0;

	at = copy ? strrchr(copy, '@') : NULL;
	if (!there && at && at != copy) {
		*at = '\0';
		there = access(copy, F_OK) == 0;
	}
	free(copy);
	return there;
}

/* The bytes of the first file of a list: up to the last comma where a file of that
 * name is there, or else up to the first. */
static size_t operand_file_bytes(const char *list)
{
	size_t bytes = strlen(list), first = strcspn(list, ",");

	while (bytes > first && !operand_exists(list, bytes))
		while (list[--bytes] != ',')
			;
	return bytes;
}

static bool operand_add_file(struct operand_point *point, const char *name, size_t bytes)
{
	char **file = realloc(point->file, (point->files + 1) * sizeof *file);
	/* a name that crosstap-collect would take for an option */
	const char *lead = *name == '-' && bytes > 1 ? "./" : "";

	if (!file)
		return false;
	point->file = file;
	if (asprintf(&file[point->files], "%s%.*s", lead, (int)bytes, name) < 0)
		return false;
	point->files++;
	return true;
}

enum status operands_add(struct operands *operands, const char *text, struct error *err)
{
	size_t name_bytes = strcspn(text, "="), bytes;
	enum status status = operand_check(text, name_bytes, err);
	const char *list = text + name_bytes + 1;
	struct operand_point *point;

	if (status)
		return status;
	point = operands_point(operands, text, name_bytes);
	if (!point)
		return operand_no_memory(text, err);
	for (;;) {
		bytes = operand_file_bytes(list);
		if (!bytes)
			return error_set(err, STATUS_USAGE, "\"%s\": a file has no name", text);
		if (!operand_add_file(point, list, bytes))
			return operand_no_memory(text, err);
		list += bytes;
		if (!*list)
			return STATUS_OK;
		list++;
	}
}

void operands_free(struct operands *operands)
{
	while (operands->points) {
		struct operand_point *point = &operands->point[--operands->points];

		while (point->files)
			free(point->file[--point->files]);
		free(point->file);
		free(point->name);
	}
	free(operands->point);
	*operands = (struct operands){0};
}

/* "a/b/c.pcap@eth0": "a/b/"; "c.pcap": "."; "/c.pcap": "/". */
static char *operand_folder(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
}

static bool operands_add_folder(char ***list, size_t *count, const char *file)
{
	char *folder = operand_folder(file), **grown;
	size_t i;

	for (i = 0; folder && i < *count; i++)
		if (strcmp((*list)[i], folder) == 0) {
			free(folder);
			return true;
		}
	grown = folder ? realloc(*list, (*count + 1) * sizeof *grown) : NULL;
	if (!grown) {
		free(folder);
		return false;
	}
	*list = grown;
	grown[(*count)++] = folder;
	return true;
}

bool operands_folders(const struct operands *operands, char ***folder, size_t *count)
{
	size_t p, f;

	*folder = NULL;
	*count = 0;
	for (p = 0; p < operands->points; p++)
		for (f = 0; f < operands->point[p].files; f++)
			if (!operands_add_folder(folder, count, operands->point[p].file[f]))
				return false;
	return true;
}

void operands_free_folders(char **folder, size_t count)
{
	while (count)
		free(folder[--count]);
	free(folder);
}
