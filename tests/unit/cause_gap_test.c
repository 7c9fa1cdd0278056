/* Gaps of one length: found whatever else there is, and never made out of chance. */
#include "correlate/cause_gap.h"
#include "tests/unit/check.h"

#define SECOND INT64_C(1000000000)

static struct gap_cluster cluster[GAP_CLUSTERS_MAX];

/* Fills gaps with lengths in milliseconds. */
static uint32_t fill(struct gap *gap, const int64_t *ms, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		gap[i] = (struct gap){.ns = ms[i] * 1000000, .session = i};
	return count;
}
#define FILL(gap, ...)                                                                       \
	fill(gap, (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)

static void one_length(void)
{
	struct gap gap[32];
	uint32_t n = FILL(gap, 61200, 900000, 60100, 61500, 2000, 62000, 60900, 60500, 7000);
	uint32_t found = gaps_cluster(gap, n, 3, cluster), i, inside = 0;

	CHECK_INT(found, 1);
	CHECK_INT(cluster[0].sessions, 6);
	CHECK_INT(cluster[0].least_ns, 60100 * (SECOND / 1000));
	CHECK_INT(cluster[0].most_ns, 62000 * (SECOND / 1000));
	CHECK_INT(cluster[0].median_ns, 60900 * (SECOND / 1000)); /* the third of six */
	CHECK_INT(cluster[0].hop, 3);
	for (i = 0; i < n; i++) {
		CHECK_INT(gap[i].cluster, gap[i].ns >= 60 * SECOND && gap[i].ns <= 62 * SECOND);
		inside += gap[i].cluster != 0;
	}
	CHECK_INT(inside, 6);
	check_case("six lengths near 61 s among others: one cluster, of these six");
}

static void two_lengths(void)
{
	struct gap gap[32];
	uint32_t n = FILL(gap, 300100, 30010, 300200, 30020, 300300, 30030, 300400, 30040, 300500);
	uint32_t found = gaps_cluster(gap, n, 0, cluster);

	CHECK_INT(found, 2);
	CHECK_INT(cluster[0].sessions, 5); /* the larger one first */
	CHECK_INT(cluster[0].median_ns, 300300 * (SECOND / 1000));
	CHECK_INT(cluster[1].sessions, 4);
	CHECK_INT(cluster[1].most_ns, 30040 * (SECOND / 1000));
	check_case("two timers: two clusters, the larger first");
}

static void no_chain(void)
{
	struct gap gap[32];
	/* each is 5 % longer than the one before: three at most lie in a tenth */
	uint32_t n = FILL(gap, 10000, 10500, 11025, 11576, 12155, 12763, 13401, 14071, 14775, 15513);
	uint32_t found = gaps_cluster(gap, n, 0, cluster), k;

	for (k = 0; k < found; k++)
		CHECK(cluster[k].most_ns - cluster[k].least_ns <= cluster[k].least_ns / 10);
	check_case("lengths that follow each other closely do not chain into one");
}

static void too_few(void)
{
	struct gap gap[64];
	uint32_t i, n = FILL(gap, 60000, 60100);

	CHECK_INT(gaps_cluster(gap, n, 0, cluster), 0);
	CHECK_INT(gap[0].cluster, 0);
	for (i = 0; i < 40; i++) /* 1 s to 600 s, evenly on a logarithmic scale: 17 % apart */
		gap[i] = (struct gap){.ns = i ? gap[i - 1].ns * 117 / 100 : SECOND, .session = i};
	gap[40] = (struct gap){.ns = gap[20].ns + 1, .session = 40};
	gap[41] = (struct gap){.ns = gap[20].ns + 2, .session = 41};
	CHECK_INT(gaps_cluster(gap, 42, 0, cluster), 0);
	CHECK_INT(gaps_cluster(gap, 0, 0, cluster), 0);
	check_case("two alike, or three among forty of all lengths, are no pattern");
}

static void any_order(void)
{
	struct gap gap[16];
	struct gap_cluster other[GAP_CLUSTERS_MAX];
	uint32_t n = FILL(gap, 5000, 5100, 5200, 5300, 5400, 9000, 9100, 9200, 9300, 9400);

	CHECK_INT(gaps_cluster(gap, n, 0, cluster), 2);
	n = FILL(gap, 9200, 5200, 9400, 9000, 5000, 5400, 9100, 5300, 9300, 5100);
	CHECK_INT(gaps_cluster(gap, n, 0, other), 2);
	CHECK_INT(other[0].least_ns, cluster[0].least_ns);
	CHECK_INT(other[1].most_ns, cluster[1].most_ns);
	CHECK_INT(cluster[0].least_ns, 5 * SECOND);
	check_case("the order of the gaps does not matter");
}

int main(void)
{
	one_length();
	two_lengths();
	no_chain();
	too_few();
	any_order();
	return check_exit();
}
