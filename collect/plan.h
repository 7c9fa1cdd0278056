/* A plan: which files are to be collected at which points, as a command line
 * says it one word after the other.
 *
 * A point holds for the files behind it, until the next point. A filter given
 * behind a point is that group's, whether before or behind its files; one given
 * before the first point is for every group that has none of its own.
 */
#ifndef CROSSTAP_COLLECT_PLAN_H
#define CROSSTAP_COLLECT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/selection.h"

/* A point and the files behind it. */
struct plan_group {
	const char *point;  /* borrowed from the caller */
	const char *filter; /* likewise; "" = none */
	const char *interface; /* likewise; captured live; NULL: files */
	uint32_t files;
	uint32_t number;    /* of the point in the store; the caller's to fill */
};

struct plan_file {
	uint32_t group;
	struct selection_file file;
	uint64_t size_bytes; /* 0: not known */
	enum status status;  /* other than STATUS_OK: the file cannot be collected... */
	struct error error;  /* ...and why */
};

/* Starts as {0}. */
struct plan {
	const char *filter; /* for groups without one of their own; NULL = none */
	struct plan_group *groups;
	uint32_t group_count;
	struct plan_file *files;
	uint32_t file_count;
};

/* A point's name may not hold what separates points from each other on a path
 * or from their files: , / > = or control characters. */
enum status plan_point(struct plan *plan, const char *name, struct error *err) MUST_CHECK;
enum status plan_filter(struct plan *plan, const char *expression, struct error *err) MUST_CHECK;
/* The last point's packets are captured live there. */
enum status plan_interface(struct plan *plan, const char *interface, struct error *err) MUST_CHECK;
/* FILE, FILE@IFACE or a pattern, as selection_files() takes it. */
enum status plan_operand(struct plan *plan, const char *operand, struct error *err) MUST_CHECK;

/* After the last word: hands the common filter down, has every filter compiled
 * once, and looks whether the files are there. STATUS_USAGE: there is nothing to
 * do, or a point without files. A file that is not there fails in its own row. */
enum status plan_check(struct plan *plan, struct error *err) MUST_CHECK;

/* After plan_check(): points are captured live, all of them. */
bool plan_is_live(const struct plan *plan);

/* After plan_check(): some point's packets are filtered. */
bool plan_has_filter(const struct plan *plan);

void plan_free(struct plan *plan);

#endif
