/* A histogram of lengths of time: log-linear buckets with 7 bits of mantissa,
 * so that any quantile is right to 0.4 %, the memory does not grow with the
 * data, and two histograms merge exactly. Negative values (a clock's error
 * shows in them) are kept the same way on their own side.
 */
#ifndef CROSSTAP_CORRELATE_HISTOGRAM_H
#define CROSSTAP_CORRELATE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_MANTISSA_BITS 7
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_MANTISSA_BITS) << HISTOGRAM_MANTISSA_BITS)

struct histogram;

struct histogram *histogram_new(void);          /* NULL: no memory. Caller frees. */
void histogram_free(struct histogram **histogram); /* NULL is legal */
void histogram_add(struct histogram *histogram, int64_t value_ns);
void histogram_merge(struct histogram *into, const struct histogram *from);
void histogram_clear(struct histogram *histogram);

uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_negative(const struct histogram *histogram);
/* Exact least, greatest and mean (rounded to the nearest, ties away from zero);
 * undefined when empty, like quantiles. */
int64_t histogram_min(const struct histogram *histogram);
int64_t histogram_max(const struct histogram *histogram);
int64_t histogram_mean(const struct histogram *histogram);
/* The value below or at which the share `permille` of all values lies: nearest
 * rank, the middle of its bucket, held between the exact least and greatest. */
int64_t histogram_quantile(const struct histogram *histogram, unsigned permille);
/* Counts the values between edges, which rise: count[0] are those below edge_ns[0], count[i] those
 * from edge_ns[i - 1] on and below edge_ns[i], count[edges] those from the last edge on. Each value
 * is where histogram_quantile() puts it: one that is not farther than 0.4 % from an edge may be
 * counted on its other side, least and greatest are right. */
void histogram_bins(const struct histogram *histogram, const int64_t *edge_ns, unsigned edges,
		    uint64_t *count);

#endif
