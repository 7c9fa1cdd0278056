#include "collect/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/capture.h"
#include "collect/filter.h"

static const char plan_reserved[] = ",/>=";

static enum status plan_point_name(const char *name, struct error *err)
{
	const char *p;

	if (!*name)
		return error_set(err, STATUS_USAGE, "a point needs a name");
	if (strlen(name) >= CAPTURE_NAME_MAX)
		return error_set(err, STATUS_USAGE, "point \"%s\": a name may have %d bytes", name,
				 CAPTURE_NAME_MAX - 1);
	for (p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || strchr(plan_reserved, *p))
			return error_set(err, STATUS_USAGE,
					 "point \"%s\": a name may not hold any of %s "
					 "or control characters",
					 name, plan_reserved);
	return STATUS_OK;
}

enum status plan_point(struct plan *plan, const char *name, struct error *err)
{
	enum status status = plan_point_name(name, err);
	void *grown;

	if (status)
		return status;
	grown = realloc(plan->groups, (plan->group_count + (size_t)1) * sizeof *plan->groups);
	if (!grown)
		return error_errno(err, ENOMEM, "%s", name);
	plan->groups = grown;
	plan->groups[plan->group_count++] = (struct plan_group){.point = name};
	return STATUS_OK;
}

enum status plan_filter(struct plan *plan, const char *expression, struct error *err)
{
	struct plan_group *group = plan->group_count ? &plan->groups[plan->group_count - 1] : NULL;
	const char **filter = group ? &group->filter : &plan->filter;

	if (*filter && group)
		return error_set(err, STATUS_USAGE, "point %s: two filters; join them by \"and\"",
				 group->point);
	if (*filter)
		return error_set(err, STATUS_USAGE, "two filters; join them by \"and\"");
	if (strlen(expression) >= CAPTURE_FILTER_MAX)
		return error_set(err, STATUS_USAGE, "a filter may have %d bytes",
				 CAPTURE_FILTER_MAX - 1);
	*filter = expression;
	return STATUS_OK;
}

enum status plan_interface(struct plan *plan, const char *interface, struct error *err)
{
	struct plan_group *group = plan->group_count ? &plan->groups[plan->group_count - 1] : NULL;

	if (!group)
		return error_set(err, STATUS_USAGE, "-i %s: which point is it of? (-p POINT before it)",
				 interface);
	if (group->interface)
		return error_set(err, STATUS_USAGE,
				 "point %s: two interfaces; give each a -p POINT, which may be the same one",
				 group->point);
	if (!*interface || strlen(interface) >= SOURCE_NAME_MAX)
		return error_set(err, STATUS_USAGE, "-i \"%s\": it is no interface's name", interface);
	group->interface = interface;
	return STATUS_OK;
}

bool plan_is_live(const struct plan *plan)
{
	return plan->group_count && plan->groups[0].interface;
}

/* The files become the plan's; on failure they stay the caller's. */
static enum status plan_add_files(struct plan *plan, struct selection_file *files, uint32_t count,
				  struct error *err)
{
	size_t total = plan->file_count + (size_t)count;
	void *grown = realloc(plan->files, total * sizeof *plan->files);
	uint32_t i;

	if (!grown)
		return error_errno(err, ENOMEM, "%s", files[0].path);
	plan->files = grown;
	for (i = 0; i < count; i++)
		plan->files[plan->file_count++] =
			(struct plan_file){.group = plan->group_count - 1, .file = files[i]};
	plan->groups[plan->group_count - 1].files += count;
	return STATUS_OK;
}

enum status plan_operand(struct plan *plan, const char *operand, struct error *err)
{
	struct selection_file *files;
	enum status status;
	uint32_t count;

	if (!plan->group_count)
		return error_set(err, STATUS_USAGE,
				 "%s: which point is it of? (-p POINT before it)", operand);
	status = selection_files(operand, &files, &count, err);
	if (status)
		return status;
	status = plan_add_files(plan, files, count, err);
	if (status)
		selection_files_free(files, count);
	else
		free(files); /* what it pointed to is the plan's now */
	return status;
}

static enum status plan_check_filters(struct plan *plan, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < plan->group_count && !status; i++) {
		struct plan_group *group = &plan->groups[i];

		if (!group->filter)
			group->filter = plan->filter ? plan->filter : "";
		if (*group->filter)
			status = filter_check(group->filter, err);
	}
	return status;
}

static enum status plan_check_standard_input(const struct plan *plan, struct error *err)
{
	uint32_t i, given = 0;

	for (i = 0; i < plan->file_count; i++)
		given += strcmp(plan->files[i].file.path, "-") == 0;
	if (given > 1)
		return error_set(err, STATUS_USAGE, "standard input (-) can be read once only");
	if (given && isatty(STDIN_FILENO))
		return error_set(err, STATUS_USAGE,
				 "standard input (-) is a terminal, not a capture");
	return STATUS_OK;
}

static void plan_check_file(struct plan_file *file)
{
	struct stat st;

	if (strcmp(file->file.path, "-") == 0)
		return;
	if (stat(file->file.path, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			file->status = error_set(&file->error, STATUS_INPUT, "%s: no such file",
						 file->file.path);
		else
			file->status = error_errno(&file->error, errno, "%s", file->file.path);
	} else if (S_ISDIR(st.st_mode)) {
		file->status = error_set(&file->error, STATUS_INPUT, "%s: it is a directory",
					 file->file.path);
	} else if (S_ISREG(st.st_mode)) {
		file->size_bytes = (uint64_t)st.st_size;
	}
}

bool plan_has_filter(const struct plan *plan)
{
	uint32_t i;

	for (i = 0; i < plan->group_count; i++)
		if (*plan->groups[i].filter)
			return true;
	return false;
}

enum status plan_check(struct plan *plan, struct error *err)
{
	enum status status;
	uint32_t i;

	if (!plan->group_count)
		return error_set(err, STATUS_USAGE, "no point and no file given");
	for (i = 0; i < plan->group_count; i++) {
		const struct plan_group *group = &plan->groups[i];

		if (!group->files && !group->interface)
			return error_set(err, STATUS_USAGE, "point %s: no file given", group->point);
		if ((group->files && group->interface) ||
		    !group->interface != !plan->groups[0].interface)
			return error_set(err, STATUS_USAGE,
					 "-i %s: live captures and files are collected by runs of their own",
					 group->interface ? group->interface
							  : plan->groups[0].interface);
	}
	status = plan_check_standard_input(plan, err);
	if (!status)
		status = plan_check_filters(plan, err);
	for (i = 0; i < plan->file_count && !status; i++)
		plan_check_file(&plan->files[i]);
	return status;
}

void plan_free(struct plan *plan)
{
	uint32_t i;

	for (i = 0; i < plan->file_count; i++) {
		free(plan->files[i].file.path);
		free(plan->files[i].file.interface);
	}
	free(plan->files);
	free(plan->groups);
	memset(plan, 0, sizeof *plan);
}
