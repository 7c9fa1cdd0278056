#include "correlate/delays.h"

#include <stdlib.h>

#define DELAYS_BUCKETS 100

/* 1, 2 or 5 times a power of ten, so that buckets begin at round times. */
static int64_t delays_bucket(int64_t duration_ns)
{
	static const int64_t steps[] = {1, 2, 5};
	int64_t unit = 1000000;
	size_t i = 0;

	while (unit * steps[i] < duration_ns / DELAYS_BUCKETS) {
		if (++i == sizeof steps / sizeof steps[0]) {
			i = 0;
			unit *= 10;
		}
	}
	return unit * steps[i];
}

struct delays *delays_new(int64_t start_ns, int64_t end_ns)
{
	struct delays *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	/* Times are of captures, hence anything; what lies outside goes to the nearest bucket. */
	if (start_ns < INT64_MIN / 2)
		start_ns = INT64_MIN / 2;
	if (end_ns < start_ns)
		end_ns = start_ns;
	if ((uint64_t)end_ns - (uint64_t)start_ns > INT64_MAX / 2)
		end_ns = start_ns + INT64_MAX / 2;
	d->bucket_ns = delays_bucket(end_ns - start_ns);
	d->from_ns = start_ns - ((start_ns % d->bucket_ns) + d->bucket_ns) % d->bucket_ns;
	d->buckets = (uint32_t)((end_ns - d->from_ns) / d->bucket_ns + 1);
	d->cell = calloc(2 * (size_t)d->buckets, sizeof *d->cell);
	if (!d->cell)
		delays_free(&d);
	return d;
}

void delays_free(struct delays **delays)
{
	uint32_t k;

	if (!*delays)
		return;
	for (k = 0; (*delays)->cell && k < 2 * (*delays)->buckets; k++)
		histogram_free(&(*delays)->cell[k].delay);
	free((*delays)->cell);
	free(*delays);
	*delays = NULL;
}

struct delays_cell *delays_at(struct delays *d, int64_t time_ns, unsigned direction)
{
	uint64_t bucket = time_ns < d->from_ns ? 0
					       : ((uint64_t)time_ns - (uint64_t)d->from_ns) /
							 (uint64_t)d->bucket_ns;

	if (bucket >= d->buckets)
		bucket = d->buckets - 1;
	return &d->cell[2 * bucket + direction];
}

bool delays_add(struct delays *d, int64_t time_ns, unsigned direction, int64_t delay_ns)
{
	struct delays_cell *cell = delays_at(d, time_ns, direction);

	if (!cell->delay)
		cell->delay = histogram_new();
	if (!cell->delay)
		return false;
	histogram_add(cell->delay, delay_ns);
	return true;
}
