/* Packets that their IP ID tells apart, through a made-up hop whose truth is known. */
#include "correlate/unmistakable.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define NOW INT64_C(1763000000000000000)
#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define FLOOD 200000u /* packets, 10 us apart: IDs come round after 0.66 s */

static const struct align_habits usual = {.delay_ns = 100 * US,
					  .spread_ns = 200 * US,
					  .slack_ns = 10 * US,
					  .delay_max_ns = 2000 * MS,
					  .keeps_ip_id = true};

static struct align_item item(int64_t time_us, uint32_t ip_id)
{
	return (struct align_item){.time_ns = NOW + time_us * US, .ip_id = ip_id};
}

/* Every 97th packet is lost; every 1000th waits for 2 ms, and is overtaken meanwhile when
 * `overtakes`, or else those behind it queue up. */
static void flood(bool overtakes, bool keeps_ip_id, uint32_t *right, uint32_t *paired)
{
	struct align_item *up = calloc(FLOOD, sizeof *up), *down = calloc(FLOOD, sizeof *down);
	uint32_t *truth = malloc(FLOOD * sizeof *truth), i, n = 0, late = 0;
	struct align_habits habits = usual;
	int64_t free_us = 0, out_us;

	habits.keeps_ip_id = keeps_ip_id;
	for (i = 0; i < FLOOD; i++) {
		up[i] = item(i * 10, 1 + i % 65535);
		truth[i] = ALIGN_NONE;
		if (i % 97 == 0)
			continue;
		out_us = i * 10 + 80 + i % 13 * 7 % 40 + (i % 1000 == 5 ? 2000 : 0);
		if (overtakes && i % 1000 == 5) {
			late = i; /* comes out behind the 200 that follow it */
			continue;
		}
		if (!overtakes)
			free_us = out_us = out_us > free_us ? out_us : free_us;
		down[n] = item(out_us, up[i].ip_id);
		truth[i] = n++;
		if (late && i == late + 200) {
			down[n] = item(out_us, up[late].ip_id);
			truth[late] = n++;
			late = 0;
		}
	}
	CHECK(unmistakable_pair(up, FLOOD, down, n, &habits));
	*right = *paired = 0;
	for (i = 0; i < FLOOD; i++) {
		*right += up[i].partner == truth[i];
		*paired += up[i].partner != ALIGN_NONE;
	}
	free(up);
	free(down);
	free(truth);
}

static void test_floods(void)
{
	uint32_t right, paired;

	flood(false, true, &right, &paired);
	CHECK_INT(right, FLOOD);
	check_case("a flood whose IDs come round again is told apart, and what it lost");
	flood(true, true, &right, &paired);
	CHECK_INT(right, FLOOD);
	check_case("packets of a flood that were overtaken are told by their ID");
	flood(false, false, &right, &paired);
	CHECK_INT(paired, 0);
	check_case("where the hop gives IDs of its own, they tell nothing");
}

/* A list made long by packets that are no concern of the test. */
static void test_doubt(uint32_t count, const char *what)
{
	struct align_item *up = calloc(count, sizeof *up), *down = calloc(count, sizeof *down);
	uint32_t i;

	up[0] = item(0, 7);
	up[1] = item(300, 7);
	up[2] = item(600, 9);
	up[3] = item(700, 0);
	down[0] = item(100, 7);
	down[1] = item(400, 7);
	down[2] = item(650, 9);
	down[3] = item(750, 0);
	for (i = 4; i < count; i++) {
		up[i] = item(10000 + i, 1000 + i);
		down[i] = item(9000 + i, 1000 + i); /* before it left */
	}
	CHECK(unmistakable_pair(up, count, down, count, &usual));
	CHECK_INT(up[0].partner, ALIGN_NONE);
	CHECK_INT(up[1].partner, ALIGN_NONE);
	CHECK_INT(up[2].partner, 2);
	CHECK_INT(down[2].partner, 2);
	CHECK_INT(up[3].partner, ALIGN_NONE);
	for (i = 4; i < count; i++)
		CHECK_INT(up[i].partner, ALIGN_NONE);
	check_case(what);
	free(up);
	free(down);
}

int main(void)
{
	test_floods();
	test_doubt(4, "of two packets of one ID neither is unmistakable");
	test_doubt(400, "nor in a long list, where they are close to each other");
	return check_exit();
}
