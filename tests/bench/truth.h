/* What the hops really did, counted while the captures are written: what a tool
 * that reads them should find. Direction is that of the sender, so CLIENT is
 * forward and SERVER reverse.
 */
#ifndef CROSSTAP_TESTS_BENCH_TRUTH_H
#define CROSSTAP_TESTS_BENCH_TRUTH_H

#include <arpa/inet.h>
#include <stdio.h>

#include "tests/bench/capture.h"
#include "tests/bench/hop.h"
#include "tests/bench/world.h"

#define TRUTH_DELAY_BUCKETS   32768
#define TRUTH_DELAY_BUCKET_NS 100

/* `packets` were seen at the direction's upstream point:
 * packets = matched + dropped + edge_end. */
struct truth_direction {
	uint64_t packets, matched, dropped, injected;
	uint64_t edge_begin; /* seen downstream only: upstream it was before the begin */
	uint64_t edge_end;   /* seen upstream only: downstream it was after the end */
	uint64_t delay_sum_ns, delay_min_ns, delay_max_ns;
	uint32_t delays[TRUTH_DELAY_BUCKETS + 1];
};

struct truth {
	struct truth_direction hop[POINTS_MAX - 1][2];
	uint64_t sessions_begun, sessions_reset, retransmissions, keepalives;
	uint64_t run_ns; /* true time from the first to the last packet that could be seen */
};

static inline void truth_delay(struct truth_direction *direction, uint64_t delay_ns)
{
	uint64_t bucket = delay_ns / TRUTH_DELAY_BUCKET_NS;

	if (!direction->matched++ || delay_ns < direction->delay_min_ns)
		direction->delay_min_ns = delay_ns;
	if (delay_ns > direction->delay_max_ns)
		direction->delay_max_ns = delay_ns;
	direction->delay_sum_ns += delay_ns;
	direction->delays[bucket < TRUTH_DELAY_BUCKETS ? bucket : TRUTH_DELAY_BUCKETS]++;
}

/* The middle of the bucket that holds the quantile. */
static inline double truth_quantile_us(const struct truth_direction *direction, double quantile)
{
	uint64_t rank = (uint64_t)(quantile * (double)direction->matched), below = 0;
	size_t at = 0;

	while (at < TRUTH_DELAY_BUCKETS && below + direction->delays[at] <= rank)
		below += direction->delays[at++];
	return ((double)at + 0.5) * TRUTH_DELAY_BUCKET_NS / 1000;
}

static inline void truth_print_direction(FILE *file, const char *name,
					 const struct truth_direction *direction)
{
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {
		{"packets", direction->packets},       {"matched", direction->matched},
		{"dropped", direction->dropped},       {"injected", direction->injected},
		{"edge_begin", direction->edge_begin}, {"edge_end", direction->edge_end},
	};
	const struct {
		const char *name;
		double us;
	} delays[] = {
		{"min", (double)direction->delay_min_ns / 1000},
		{"p50", truth_quantile_us(direction, 0.50)},
		{"p90", truth_quantile_us(direction, 0.90)},
		{"p99", truth_quantile_us(direction, 0.99)},
		{"max", (double)direction->delay_max_ns / 1000},
		{"mean", direction->matched ? (double)direction->delay_sum_ns / 1000 /
						      (double)direction->matched
					    : 0},
	};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		fprintf(file, "  \"%s_%s\": %llu,\n", counts[i].name, name,
			(unsigned long long)counts[i].count);
	for (size_t i = 0; i < sizeof delays / sizeof *delays; i++)
		fprintf(file, "  \"delay_%s_us_%s\": %.3f,\n", delays[i].name, name, delays[i].us);
}

/* Where there are several hops, each key says of which. */
static inline void truth_print_hops(FILE *file, const struct truth *truth, unsigned points)
{
	char name[32];

	for (unsigned hop = 0; hop + 1 < points; hop++)
		for (int side = CLIENT; side <= SERVER; side++) {
			snprintf(name, sizeof name, points > 2 ? "%s_%c>%c" : "%s",
				 side == CLIENT ? "forward" : "reverse", 'a' + hop, 'b' + hop);
			truth_print_direction(file, name, &truth->hop[hop][side]);
		}
}

/* One JSON object, one key on each line. False: it could not be written (errno). */
static inline bool truth_write(const struct truth *truth, const char *path,
			       const struct capture *captures, unsigned points)
{
	FILE *file = fopen(path, "w");
	int64_t offset_ns = captures[points - 1].offset_ns - captures[0].offset_ns;
	int64_t skew_ppm = captures[points - 1].skew_ppm - captures[0].skew_ppm;
	bool failed;

	if (!file)
		return false;
	fprintf(file, "{\n  \"points\": %u,\n", points);
	for (unsigned at = 0; at < points; at++)
		fprintf(file, "  \"packets_%c\": %llu,\n  \"bytes_%c\": %llu,\n", 'a' + at,
			(unsigned long long)captures[at].packets, 'a' + at,
			(unsigned long long)captures[at].bytes);
	truth_print_hops(file, truth, points);
	fprintf(file, "  \"sessions_begun\": %llu,\n  \"sessions_reset\": %llu,\n",
		(unsigned long long)truth->sessions_begun,
		(unsigned long long)truth->sessions_reset);
	fprintf(file, "  \"retransmissions\": %llu,\n  \"keepalives\": %llu,\n",
		(unsigned long long)truth->retransmissions, (unsigned long long)truth->keepalives);
	/* The last one's clock minus A's. */
	fprintf(file, "  \"clock_offset_us_begin\": %.3f,\n", (double)offset_ns / 1000);
	fprintf(file, "  \"clock_offset_us_end\": %.3f,\n",
		(double)offset_ns / 1000 + (double)(truth->run_ns / 1000) * skew_ppm / 1e6);
	fprintf(file, "  \"clock_skew_ppm\": %lld,\n  \"duration_s\": %.9f\n}\n",
		(long long)skew_ppm, (double)truth->run_ns / 1e9);
	failed = ferror(file) != 0;
	return fclose(file) == 0 && !failed;
}

/* A row of the list of dropped packets, as `wire` was seen at the point. */
static inline void truth_list(FILE *file, const struct wire *wire, unsigned point, uint64_t frame)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	int family = wire->version == 6 ? AF_INET6 : AF_INET;

	inet_ntop(family, wire->src, src, sizeof src);
	inet_ntop(family, wire->dst, dst, sizeof dst);
	fprintf(file, "%c,%s,%s,%u,%u,", 'A' + point, src, dst, wire->sport, wire->dport);
	if (wire->version == 4)
		fprintf(file, "%u", wire->ip_id);
	if (wire->proto == WIRE_UDP)
		fprintf(file, ",,%llu\n", (unsigned long long)frame);
	else
		fprintf(file, ",%u,%llu\n", wire->seq, (unsigned long long)frame);
}

#endif
