#include "correlate/histogram.h"

#include <stdlib.h>
#include <string.h>

#define HISTOGRAM_SLOTS (2 * HISTOGRAM_BUCKETS)

/* Slots run from the most negative bucket to the most positive one, so that a
 * walk from slot(least) to slot(greatest) meets all values in order and no
 * more memory than the data used. */
struct histogram {
	uint64_t count, negative;
	int64_t min, max;
	__int128 sum; /* 2^64 values of 2^63 fit */
	uint64_t slot[HISTOGRAM_SLOTS];
};

/* Below 2^(bits + 1) each bucket holds one value; above, the top bits + 1 bits name it. */
static unsigned histogram_bucket(uint64_t magnitude)
{
	unsigned shift;

	if (magnitude > INT64_MAX) /* -INT64_MIN */
		magnitude = INT64_MAX;
	if (magnitude >> HISTOGRAM_MANTISSA_BITS == 0)
		return (unsigned)magnitude;
	shift = 63 - HISTOGRAM_MANTISSA_BITS - (unsigned)__builtin_clzll(magnitude);
	return (shift << HISTOGRAM_MANTISSA_BITS) + (unsigned)(magnitude >> shift);
}

static unsigned histogram_slot(int64_t value)
{
	if (value < 0)
		return HISTOGRAM_BUCKETS - 1 - histogram_bucket(0 - (uint64_t)value);
	return HISTOGRAM_BUCKETS + histogram_bucket((uint64_t)value);
}

static int64_t histogram_middle(unsigned slot)
{
	unsigned bucket = slot < HISTOGRAM_BUCKETS ? HISTOGRAM_BUCKETS - 1 - slot
						   : slot - HISTOGRAM_BUCKETS;
	unsigned shift = bucket >> HISTOGRAM_MANTISSA_BITS;
	uint64_t low = bucket;

	if (shift) {
		shift--;
		low -= (uint64_t)shift << HISTOGRAM_MANTISSA_BITS;
		low = (low << shift) + ((uint64_t)1 << shift) / 2;
	}
	return slot < HISTOGRAM_BUCKETS ? -(int64_t)low : (int64_t)low;
}

struct histogram *histogram_new(void)
{
	return calloc(1, sizeof(struct histogram));
}

void histogram_free(struct histogram **histogram)
{
	free(*histogram);
	*histogram = NULL;
}

void histogram_add(struct histogram *h, int64_t value_ns)
{
	if (!h->count || value_ns < h->min)
		h->min = value_ns;
	if (!h->count || value_ns > h->max)
		h->max = value_ns;
	h->count++;
	h->negative += value_ns < 0;
	h->sum += value_ns;
	h->slot[histogram_slot(value_ns)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	unsigned s, last;

	if (!from->count)
		return;
	last = histogram_slot(from->max);
	for (s = histogram_slot(from->min); s <= last; s++)
		into->slot[s] += from->slot[s];
	if (!into->count || from->min < into->min)
		into->min = from->min;
	if (!into->count || from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->negative += from->negative;
	into->sum += from->sum;
}

void histogram_clear(struct histogram *h)
{
	unsigned first, last;

	if (!h->count)
		return;
	first = histogram_slot(h->min);
	last = histogram_slot(h->max);
	memset(&h->slot[first], 0, (last - first + 1) * sizeof h->slot[0]);
	h->count = h->negative = 0;
	h->sum = 0;
}

uint64_t histogram_count(const struct histogram *h)
{
	return h->count;
}

uint64_t histogram_negative(const struct histogram *h)
{
	return h->negative;
}

int64_t histogram_min(const struct histogram *h)
{
	return h->min;
}

int64_t histogram_max(const struct histogram *h)
{
	return h->max;
}

int64_t histogram_mean(const struct histogram *h)
{
	__int128 n = h->count, half = n / 2;

	if (!n)
		return 0;
	return (int64_t)((h->sum < 0 ? h->sum - half : h->sum + half) / n);
}

/* What stands for a slot's values. */
static int64_t histogram_value(const struct histogram *h, unsigned slot)
{
	int64_t value = histogram_middle(slot);

	if (value < h->min)
		return h->min;
	return value > h->max ? h->max : value;
}

int64_t histogram_quantile(const struct histogram *h, unsigned permille)
{
	unsigned __int128 share = (unsigned __int128)h->count * (permille > 1000 ? 1000 : permille);
	uint64_t rank = (uint64_t)((share + 999) / 1000), below = 0;
	unsigned s = histogram_slot(h->min);

	/* The first and the last are known exactly. */
	if (rank <= 1)
		return h->min;
	if (rank == h->count)
		return h->max;
	while ((below += h->slot[s]) < rank)
		s++;
	return histogram_value(h, s);
}

static unsigned histogram_bin(const int64_t *edge_ns, unsigned edges, unsigned from, int64_t value)
{
	while (from < edges && value >= edge_ns[from])
		from++;
	return from;
}

void histogram_bins(const struct histogram *h, const int64_t *edge_ns, unsigned edges,
		    uint64_t *count)
{
	unsigned first = histogram_slot(h->min), last = histogram_slot(h->max), bin, s;

	memset(count, 0, ((size_t)edges + 1) * sizeof *count);
	if (!h->count)
		return;
	bin = histogram_bin(edge_ns, edges, 0, h->min);
	count[bin]++;
	for (s = first; s <= last; s++) {
		uint64_t others = h->slot[s] - (s == first) - (s == last && h->count > 1);

		if (!others)
			continue;
		bin = histogram_bin(edge_ns, edges, bin, histogram_value(h, s));
		count[bin] += others;
	}
	if (h->count > 1)
		count[histogram_bin(edge_ns, edges, bin, h->max)]++;
}
