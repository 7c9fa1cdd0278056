/* Names: what the path's stages and hops are called, made once for the many rows
 * that say them.
 */
#ifndef CROSSTAP_CORRELATE_NAMES_H
#define CROSSTAP_CORRELATE_NAMES_H

#include "collect/error.h"
#include "correlate/path.h"

struct names {
	char *stage[VIEW_POINTS_MAX]; /* "fw-in", or "web1/web2" */
	char *hop[VIEW_POINTS_MAX];   /* "fw-in>fw-out": from this stage to the next */
};

/* The names live until names_free(). */
enum status names_make(struct names **out, const struct path *path, const struct view *view,
		       struct error *err) MUST_CHECK;
void names_free(struct names **names);

#endif
