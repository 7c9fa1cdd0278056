#include "correlate/hull.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether b lies below the line from a to c; x rises from a to c. */
static inline bool hull_below(struct hull_point a, struct hull_point b, struct hull_point c)
{
	return (__int128)(b.y - a.y) * (c.x - a.x) < (__int128)(c.y - a.y) * (b.x - a.x);
}

/* How far b lies below that line. */
static double hull_depth(struct hull_point a, struct hull_point b, struct hull_point c)
{
	double slope = (double)(c.y - a.y) / (double)(c.x - a.x);

	return slope * (double)(b.x - a.x) - (double)(b.y - a.y);
}

static int hull_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Forgets those of every other point that stick out least: about a quarter. */
static void hull_thin(struct hull *hull)
{
	double depth[HULL_POINTS_MAX / 2], sorted[HULL_POINTS_MAX / 2], limit;
	struct hull_point *point = hull->point;
	unsigned i, n = 0;

	for (i = 1; i + 1 < hull->points; i += 2)
		depth[i / 2] = hull_depth(point[i - 1], point[i], point[i + 1]);
	memcpy(sorted, depth, (i / 2) * sizeof sorted[0]);
	qsort(sorted, i / 2, sizeof sorted[0], hull_compare);
	limit = sorted[i / 4];
	for (i = 0; i < hull->points; i++)
		if (i % 2 == 0 || i + 1 == hull->points || depth[i / 2] > limit)
			point[n++] = point[i];
	hull->points = n;
}

/* The index of the first point at x or behind it. */
static unsigned hull_find(const struct hull *hull, int64_t x)
{
	unsigned low = 0, high = hull->points;

	if (!high || hull->point[high - 1].x < x)
		return high;
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (hull->point[middle].x < x)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void hull_insert(struct hull *hull, struct hull_point p)
{
	struct hull_point *point = hull->point;
	unsigned left, right; /* p goes between left - 1 and right */

	if (hull->points == HULL_POINTS_MAX)
		hull_thin(hull);
	left = right = hull_find(hull, p.x);
	if (right < hull->points && point[right].x == p.x) {
		if (p.y >= point[right].y)
			return;
		right++;
	} else if (left > 0 && right < hull->points &&
		   !hull_below(point[left - 1], p, point[right])) {
		return;
	}
	while (left >= 2 && !hull_below(point[left - 2], point[left - 1], p))
		left--;
	while (right + 1 < hull->points && !hull_below(p, point[right], point[right + 1]))
		right++;
	memmove(&point[left + 1], &point[right], (hull->points - right) * sizeof *point);
	point[left] = p;
	hull->points = left + 1 + hull->points - right;
}

/* Points come nearly sorted, so this is one comparison each. */
static void hull_sort(struct hull_point *p, unsigned count)
{
	unsigned i, k;

	for (i = 1; i < count; i++) {
		struct hull_point moved = p[i];

		if (p[i - 1].x <= moved.x)
			continue;
		for (k = i; k > 0 && p[k - 1].x > moved.x; k--)
			p[k] = p[k - 1];
		p[k] = moved;
	}
}

/* Only some of the points can be on the hull: left of the lowest one those below
 * all before them, right of it those below all behind them. They are a handful,
 * and found without a multiplication. */
void hull_add(struct hull *hull, struct hull_point *p, unsigned count)
{
	unsigned char low[HULL_ADD_MAX] = {0};
	unsigned i, lowest = 0;
	int64_t least = INT64_MAX;

	hull_sort(p, count);
	for (i = 0; i < count; i++) {
		if (p[i].y < least) {
			least = p[i].y;
			low[lowest = i] = 1;
		}
	}
	least = INT64_MAX;
	for (i = count; i-- > lowest + 1;) {
		if (p[i].y < least) {
			least = p[i].y;
			low[i] = 1;
		}
	}
	for (i = 0; i < count; i++)
		if (low[i])
			hull_insert(hull, p[i]);
}
