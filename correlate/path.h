/* The path: the order in which a client's packet passes the points, in stages.
 * A stage is one point, or several that are alternatives of each other (the
 * servers behind a load balancer). A hop is two neighbouring stages.
 */
#ifndef CROSSTAP_CORRELATE_PATH_H
#define CROSSTAP_CORRELATE_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/meeting.h"
#include "correlate/view.h"

#define PATH_OFF 0xff /* stage of a point that the given path leaves out */
#define PATH_TEXT_MAX (VIEW_POINTS_MAX * CAPTURE_NAME_MAX)

struct path {
	uint32_t stages;
	uint8_t points[VIEW_POINTS_MAX];                  /* how many in each stage */
	uint8_t point[VIEW_POINTS_MAX][VIEW_POINTS_MAX];  /* [stage][k] */
	uint8_t stage[VIEW_POINTS_MAX];                   /* of each point, or PATH_OFF */
	char text[PATH_TEXT_MAX];                         /* client,lb-in,web1/web2 */
	const char *evidence;                             /* "given", "ttl", "delay", "ttl and delay", "command line" */
	char doubt[256];                                  /* what speaks against it, or "" */
};

/* The path from the packets; where they say nothing, the points' own order. */
void path_find(struct path *path, const struct view *view, const struct meeting *meeting);

/* The path as given (--path). STATUS_USAGE when a name is unknown or twice;
 * `doubt` is set where the packets contradict it. */
enum status path_parse(struct path *path, const char *text, const struct view *view,
		       const struct meeting *meeting, struct error *err) MUST_CHECK;

/* "fw-in", or "web1/web2": the names of a stage, joined. Cut to room. */
void path_stage_name(const struct path *path, const struct view *view, uint32_t stage, char *name,
		     size_t room);

#endif
