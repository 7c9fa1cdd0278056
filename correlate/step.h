/* Steps in a row of measurements: places where the values before and behind lie
 * in ranges that do not meet. Told from noise, from two levels that take turns
 * (the two directions of a hop) and from a queue that fills for a while.
 */
#ifndef CROSSTAP_CORRELATE_STEP_H
#define CROSSTAP_CORRELATE_STEP_H

#include <stddef.h>

#define STEP_SIDE_MIN 50         /* values on each side, at least */
#define STEP_LEAST_NS 1000000.0  /* 1 ms between the ranges */

/* The clearest step among values[0..count): the index of the first value behind
 * it and in *size_ns how far the ranges are apart; 0 when there is none. */
size_t step_find(const double *values, size_t count, double *size_ns);

#endif
