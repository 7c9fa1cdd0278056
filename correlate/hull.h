/* The lower convex hull of points: what a set of upper bounds says about a line.
 *
 * Exact (128-bit products), fed in any order, fastest in order of x. The points
 * are sorted by x, one per x, slopes rising. Where the hull would grow over its
 * room, the points that stick out least are forgotten: bounds become a little
 * wider, never wrong. Plain memory: a hull starts as {0} and may be copied.
 */
#ifndef CROSSTAP_CORRELATE_HULL_H
#define CROSSTAP_CORRELATE_HULL_H

#include <stdint.h>

#define HULL_POINTS_MAX 1024
#define HULL_ADD_MAX 256
#define HULL_REACH (((int64_t)1 << 62) - 1) /* coordinates lie within +- this */

struct hull_point {
	int64_t x, y;
};

struct hull {
	unsigned points;
	struct hull_point point[HULL_POINTS_MAX];
};

/* Adds up to HULL_ADD_MAX points; sorts them in place. */
void hull_add(struct hull *hull, struct hull_point *points, unsigned count);

#endif
