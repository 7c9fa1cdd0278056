/* The hops of a profile, in stretches of time. */
#include "report/compare_profile_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/results.h"

struct profile_hop *profile_find_hop(const struct profile *p, const char *hop, const char *direction)
{
	uint32_t i;

	for (i = 0; i < p->hops_count; i++)
		if (strcmp(p->hop[i].hop, hop) == 0 && strcmp(p->hop[i].direction, direction) == 0)
			return &p->hop[i];
	return NULL;
}

static enum status profile_make_hops(struct profile *p, struct error *err)
{
	uint32_t i, q, b;

	p->hop = calloc((size_t)p->hops.count + 1, sizeof *p->hop);
	for (i = 0; p->hop && i < p->hops.count; i++) {
		const struct cell *cell = held_row(&p->hops, i);
		struct profile_hop *h = &p->hop[p->hops_count];

		if (strcmp(held_text(&p->hops, i, HOPS_DIRECTION), "none") == 0)
			continue;
		p->hops_count++;
		h->hop = strdup(held_text(&p->hops, i, HOPS_HOP));
		h->direction = strdup(held_text(&p->hops, i, HOPS_DIRECTION));
		if (!h->hop || !h->direction)
			return profile_memory(err);
		h->clock_known = cell[HOPS_CLOCK_ERROR].known;
		h->clock_error_ns = h->clock_known ? cell[HOPS_CLOCK_ERROR].number : 0;
		for (q = 0; q < 3; q++)
			for (b = 0; b < STATS_BLOCKS; b++)
				h->delay_ns[q][b] = h->sparse_ns[q][b] = PROFILE_UNKNOWN;
	}
	return p->hop ? STATUS_OK : profile_memory(err);
}

/* A bucket of delays.csv. */
struct profile_bucket {
	int64_t start_ns, delay_ns[3];
	double packets, dropped;
	uint32_t hop;
	uint8_t block;   /* the stretch of its start */
};

struct profile_buckets {
	struct profile_bucket *list;
	uint32_t count;
	int64_t first_ns, block_ns; /* of the stretches that they are gathered in */
};

/* Packets that a bucket must have for its quantile to be taken for one. */
static const double profile_quantile_min[3] = {5, 10, 20};

static enum status profile_read_buckets(struct profile *p, struct profile_buckets *buckets,
					struct store_txn *txn, struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, &results_delays, err);
	uint64_t room = 0;
	bool more = true;

	while (!status) {
		struct profile_bucket *list;
		const struct profile_hop *hop;
		const struct cell *cell;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		hop = profile_find_hop(p, profile_text(&cell[DELAYS_HOP]), profile_text(&cell[DELAYS_DIRECTION]));
		if (!hop || !cell[DELAYS_BUCKET_START].known)
			continue;
		list = memory_room(buckets->list, buckets->count, &room, sizeof *list);
		if (!list || buckets->count == UINT32_MAX) {
			status = profile_memory(err);
			break;
		}
		buckets->list = list;
		list[buckets->count++] = (struct profile_bucket){
			cell[DELAYS_BUCKET_START].number,
			{profile_time(&cell[DELAYS_P50]), profile_time(&cell[DELAYS_P90]),
			 profile_time(&cell[DELAYS_P99])},
			profile_number(&cell[DELAYS_PACKETS]), profile_number(&cell[DELAYS_DROPPED]),
			(uint32_t)(hop - p->hop), 0};
	}
	rows_close(&rows);
	return status;
}

static const double profile_shares[3] = {0.5, 0.9, 0.99};

/* Of these buckets, those in a stretch with at least so many packets each: their values; and all their packets. */
static uint32_t profile_values(const struct profile_bucket *bucket, uint32_t count, uint32_t block, uint32_t q,
			       double packets_min, int64_t *value, double *packets)
{
	uint32_t i, n = 0;

	*packets = 0;
	for (i = 0; i < count; i++)
		if (bucket[i].block == block && bucket[i].packets >= packets_min &&
		    bucket[i].delay_ns[q] != PROFILE_UNKNOWN) {
			value[n++] = bucket[i].delay_ns[q];
			*packets += bucket[i].packets;
		}
	stats_sort(value, n);
	return n;
}

/* Of a stretch the typical quantile of the buckets that have packets enough for one; and where few
 * do, what a stretch of so few packets has for it: of p99 the largest. */
static void profile_stretch(struct profile_hop *h, const struct profile_bucket *bucket, uint32_t count,
			    uint32_t block, int64_t *value)
{
	double packets;
	uint32_t q, n;

	for (q = 0; q < 3; q++) {
		n = profile_values(bucket, count, block, q, profile_quantile_min[q], value, &packets);
		if (n)
			h->delay_ns[q][block] = stats_quantile(value, n, 0.5);
		n = profile_values(bucket, count, block, q, 1, value, &packets);
		if (n && packets >= profile_quantile_min[q])
			h->sparse_ns[q][block] = stats_quantile(value, n, profile_shares[q]);
	}
}

/* Of a hop's buckets, one after the other. False: no memory. */
static bool profile_typical(struct profile_hop *h, const struct profile_bucket *bucket, uint32_t count)
{
	int64_t *value = calloc((size_t)count + 1, sizeof *value);
	uint32_t block, i, n = 0;

	for (block = 0; value && block < STATS_BLOCKS; block++)
		profile_stretch(h, bucket, count, block, value);
	for (i = 0; value && i < count; i++)
		if (bucket[i].packets > 0)
			value[n++] = (int64_t)bucket[i].packets;
	if (n) {
		stats_sort(value, n);
		h->bucket_packets = (uint64_t)stats_quantile(value, n, 0.5);
	}
	free(value);
	return value != NULL;
}

static int profile_compare_buckets(const void *x, const void *y)
{
	const struct profile_bucket *a = x, *b = y;

	return (a->hop > b->hop) - (a->hop < b->hop);
}

/* Which stretch each is in. */
static void profile_place_buckets(struct profile_buckets *b)
{
	int64_t last_ns = INT64_MIN;
	uint32_t i;

	b->first_ns = INT64_MAX;
	for (i = 0; i < b->count; i++) {
		b->first_ns = b->list[i].start_ns < b->first_ns ? b->list[i].start_ns : b->first_ns;
		last_ns = b->list[i].start_ns > last_ns ? b->list[i].start_ns : last_ns;
	}
	b->block_ns = b->count ? profile_block_length(b->first_ns, last_ns) : 1;
	for (i = 0; i < b->count; i++)
		b->list[i].block = profile_block(b->list[i].start_ns, b->first_ns, b->block_ns);
}

static enum status profile_fill_hops(struct profile *p, struct profile_buckets *b,
				     struct error *err)
{
	uint32_t i, k, hop;

	profile_place_buckets(b);
	if (b->count)
		qsort(b->list, b->count, sizeof *b->list, profile_compare_buckets);
	for (i = hop = 0; hop < p->hops_count; hop++, i = k) {
		struct profile_hop *h = &p->hop[hop];

		for (k = i; k < b->count && b->list[k].hop == hop; k++) {
			h->packets[b->list[k].block] += b->list[k].packets + b->list[k].dropped;
			h->dropped[b->list[k].block] += b->list[k].dropped;
		}
		if (k > i && !profile_typical(h, b->list + i, k - i))
			return profile_memory(err);
	}
	return STATUS_OK;
}

static bool profile_count_cause(struct profile_hop *h, unsigned which, uint32_t kind, uint8_t block)
{
	struct profile_cause *list;
	uint32_t i;

	for (i = 0; i < h->causes[which]; i++)
		if (h->cause[which][i].kind == kind)
			break;
	if (i == h->causes[which]) {
		list = realloc(h->cause[which], ((size_t)i + 1) * sizeof *list);
		if (!list)
			return false;
		h->cause[which] = list;
		list[i] = (struct profile_cause){.kind = kind};
		h->causes[which]++;
	}
	h->cause[which][i].part[block]++;
	return true;
}

/* Drops (0) or injections (1) by cause. */
static enum status profile_read_causes(struct profile *p, const struct profile_buckets *b, unsigned which,
				       struct store_txn *txn, struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, which ? &results_injected : &results_drops, err);
	bool more = true;

	while (!status) {
		char text[PROFILE_TEXT_MAX + 1];
		struct profile_hop *hop;
		const struct cell *cell;
		uint32_t kind;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		hop = profile_find_hop(p, profile_text(&cell[PACKETS_HOP]), profile_text(&cell[PACKETS_DIRECTION]));
		if (!hop || !cell[PACKETS_TIME].known)
			continue;
		snprintf(text, sizeof text, "\t%.64s\t", profile_text(&cell[PACKETS_CAUSE]));
		status = profile_put(p->words, text, &kind, err);
		if (!status && !profile_count_cause(hop, which, kind, profile_block(cell[PACKETS_TIME].number,
										    b->first_ns, b->block_ns)))
			status = profile_memory(err);
	}
	rows_close(&rows);
	return status;
}

enum status profile_read_hops(struct profile *p, struct store_txn *txn, struct error *err)
{
	struct profile_buckets buckets = {NULL, 0, 0, 1};
	enum status status = profile_make_hops(p, err);
	unsigned which;

	if (!status)
		status = profile_read_buckets(p, &buckets, txn, err);
	if (!status)
		status = profile_fill_hops(p, &buckets, err);
	for (which = 0; which < 2 && !status; which++)
		status = profile_read_causes(p, &buckets, which, txn, err);
	free(buckets.list);
	return status;
}
