/* Bytes that go in cut one way and come out cut another: who brought which, against the same
 * told byte by byte. */
#include "correlate/ranges.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define STREAM 64    /* bytes */
#define RANGES 40
#define ROUNDS 3000
#define TMAX 1000

static uint32_t dice = 1;

static uint32_t roll(uint32_t below)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % below;
}

/* ---- by hand ---- */

static struct range up(uint32_t packet, int64_t begin, int64_t end, int64_t time_ns)
{
	return (struct range){.begin = begin, .end = end, .time_ns = time_ns, .packet = packet,
			      .upstream = true};
}

static struct range down(uint32_t packet, int64_t begin, int64_t end, int64_t time_ns)
{
	return (struct range){.begin = begin, .end = end, .time_ns = time_ns, .packet = packet};
}

/* Bytes of one packet that another brought. */
static int64_t passed(struct ranges *ranges, uint32_t from, uint32_t to)
{
	uint32_t count, i;
	struct range_passage *p = ranges_passages(ranges, &count);
	int64_t bytes = 0;

	for (i = 0; i < count; i++)
		bytes += p[i].up == from && p[i].down == to ? p[i].end - p[i].begin : 0;
	return bytes;
}

static void by_hand(void)
{
	struct ranges *ranges = ranges_open(8);
	struct range cut[] = {up(0, 0, 3000, 10), down(1, 0, 1000, 20), down(2, 1000, 2000, 21),
			      down(3, 2000, 3000, 22)};
	struct range again[] = {up(0, 0, 2000, 10), up(1, 0, 2000, 300), down(2, 0, 2000, 310)};
	struct range both[] = {up(0, 0, 100, 10), up(1, 0, 100, 20), down(2, 0, 100, 30),
			       down(3, 0, 100, 40)};
	struct range late[] = {up(0, 0, 100, 10), down(1, 0, 100, 10 + TMAX + 1)};
	struct range copy[] = {up(0, 0, 200, 10), down(1, 0, 100, 20), down(2, 0, 100, 21),
			       down(3, 100, 200, 22)};

	CHECK(ranges_pair(ranges, cut, 4, TMAX));
	CHECK_INT(passed(ranges, 0, 1), 1000);
	CHECK_INT(passed(ranges, 0, 2), 1000);
	CHECK_INT(passed(ranges, 0, 3), 1000);
	check_case("a range that comes out in three");

	ranges_forget(ranges);
	CHECK(ranges_pair(ranges, again, 3, TMAX));
	CHECK_INT(passed(ranges, 0, 2), 0);
	CHECK_INT(passed(ranges, 1, 2), 2000);
	check_case("what comes out once after it was sent twice is the later one's");

	ranges_forget(ranges);
	CHECK(ranges_pair(ranges, both, 4, TMAX));
	CHECK_INT(passed(ranges, 1, 2), 100);
	CHECK_INT(passed(ranges, 0, 3), 100);
	CHECK_INT(both[3].copy_of, RANGES_NONE);
	check_case("what was sent again while it was under way comes out twice");

	ranges_forget(ranges);
	CHECK(ranges_pair(ranges, late, 2, TMAX));
	CHECK_INT(passed(ranges, 0, 1), 0);
	check_case("what comes out after the waiting time is nobody's");

	ranges_forget(ranges);
	CHECK(ranges_pair(ranges, copy, 4, TMAX));
	CHECK_INT(passed(ranges, 0, 1) + passed(ranges, 0, 3), 200);
	CHECK_INT(passed(ranges, 0, 2), 0);
	CHECK_INT(copy[2].packet, 2);
	CHECK_INT(copy[2].copy_of, 1);
	CHECK_INT(copy[3].copy_of, RANGES_NONE);
	check_case("what comes out once more than it was sent is a copy");
	ranges_close(&ranges);
}

/* ---- byte by byte ---- */

static struct {
	int owner, replaced;
} byte[STREAM];

/* What each byte of each pair of packets should have passed, given the ranges in order of time. */
static void tell(const struct range *list, uint32_t count, int64_t expected[RANGES][RANGES])
{
	uint32_t i;
	int64_t k;

	for (k = 0; k < STREAM; k++)
		byte[k].owner = byte[k].replaced = -1;
	memset(expected, 0, RANGES * sizeof *expected);
	for (i = 0; i < count; i++)
		for (k = list[i].begin; k < list[i].end; k++) {
			int *from = byte[k].owner >= 0 ? &byte[k].owner : &byte[k].replaced;

			if (list[i].upstream) {
				byte[k].replaced = byte[k].owner;
				byte[k].owner = (int)i;
				continue;
			}
			if (*from >= 0 && list[i].time_ns - list[*from].time_ns <= TMAX)
				expected[list[*from].packet][list[i].packet]++;
			*from = -1;
		}
}

static void by_chance(void)
{
	static int64_t expected[RANGES][RANGES];
	struct ranges *ranges = ranges_open(RANGES);
	struct range list[RANGES];
	uint32_t round, i, k, wrong = 0, some = 0;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < RANGES; i++) {
			int64_t begin = roll(STREAM - 1);

			list[i] = (struct range){
				.begin = begin, .end = begin + 1 + roll((uint32_t)(STREAM - begin)),
				.time_ns = roll(2 * TMAX), .packet = i, .upstream = roll(2)};
		}
		ranges_forget(ranges);
		CHECK(ranges_pair(ranges, list, RANGES, TMAX));
		tell(list, RANGES, expected);
		for (i = 0; i < RANGES; i++)
			for (k = 0; k < RANGES; k++) {
				wrong += passed(ranges, i, k) != expected[i][k];
				some += expected[i][k] != 0;
			}
	}
	CHECK_INT(wrong, 0);
	CHECK(some > ROUNDS);
	ranges_close(&ranges);
	check_case("3000 streams of 40 ranges at random, byte by byte");
}

/* ---- hostile ones ---- */

/* Each range over all those before it, and over a comb of single bytes: passages stay as few as the
 * ranges, for nothing is looked at twice. */
static void by_malice(void)
{
	enum { MANY = 200000 };
	struct ranges *ranges = ranges_open(MANY);
	struct range *list = malloc(MANY * sizeof *list);
	uint32_t i, count = 0;

	for (i = 0; list && i < MANY; i++) {
		bool comb = i < MANY / 2;

		list[i] = (struct range){.begin = comb ? 2 * i : 0, .end = comb ? 2 * i + 1 : MANY,
					 .time_ns = i, .packet = i, .upstream = comb || i % 2};
	}
	CHECK(ranges && list && ranges_pair(ranges, list, MANY, MANY));
	if (ranges)
		(void)ranges_passages(ranges, &count);
	CHECK(count > MANY / 4);
	CHECK(count < 3 * MANY);
	free(list);
	ranges_close(&ranges);
	check_case("200,000 ranges over each other");
}

int main(void)
{
	by_hand();
	by_chance();
	by_malice();
	return check_exit();
}
