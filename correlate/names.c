#include "correlate/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool names_fill(struct names *names, const struct path *path, const struct view *view)
{
	char text[PATH_TEXT_MAX];
	uint32_t s;

	for (s = 0; s < path->stages; s++) {
		path_stage_name(path, view, s, text, sizeof text);
		names->stage[s] = strdup(text);
		if (!names->stage[s])
			return false;
	}
	for (s = 0; s + 1 < path->stages; s++)
		if (asprintf(&names->hop[s], "%s>%s", names->stage[s], names->stage[s + 1]) < 0) {
			names->hop[s] = NULL;
			return false;
		}
	return true;
}

enum status names_make(struct names **out, const struct path *path, const struct view *view,
		       struct error *err)
{
	*out = calloc(1, sizeof **out);
	if (*out && names_fill(*out, path, view))
		return STATUS_OK;
	names_free(out);
	return error_errno(err, ENOMEM, "names");
}

void names_free(struct names **names)
{
	uint32_t s;

	if (!*names)
		return;
	for (s = 0; s < VIEW_POINTS_MAX; s++) {
		free((*names)->stage[s]);
		free((*names)->hop[s]);
	}
	free(*names);
	*names = NULL;
}
