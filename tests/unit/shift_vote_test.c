/* Votes on shifts, and the classes that they make: distances are held against places that the
 * nodes were given beforehand.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "correlate/shift_vote.h"
#include "tests/unit/check.h"

#define POINTS 3
#define NODES 3000u
#define CHAIN 300000u

static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	return *state ^= *state << 5;
}

/* Where a node is, in the direction of a common frame, and whether its own are turned. */
struct place {
	uint32_t at[2];
	uint8_t flip;
};

static uint32_t at_own(const struct place *p, unsigned direction)
{
	return p->at[direction ^ p->flip];
}

/* Votes for both directions of a to b, as packets would make them. */
static void vote(struct shift_votes *votes, const struct place *place, uint32_t a, uint32_t b,
		 uint8_t weight, bool tuple)
{
	unsigned d;

	for (d = 0; d < 2; d++) {
		struct shift_vote one = {.a = a, .b = b, .tuple = tuple, .weight = weight,
					 .compared = true, .same = true,
					 .direction = (uint8_t)d,
					 .flip = place[a].flip ^ place[b].flip,
					 .point_a = (uint8_t)(a % POINTS),
					 .point_b = (uint8_t)(b % POINTS)};

		one.by = at_own(&place[b], d ^ one.flip) - at_own(&place[a], d);
		CHECK(shift_votes_add(votes, &one));
	}
}

static void check_against(struct shift_classes *c, const struct place *place, uint32_t node)
{
	struct shift_place got = shift_classes_of(c, node);
	unsigned d;

	CHECK_INT(got.flip, place[node].flip ^ place[got.first].flip);
	for (d = 0; d < 2; d++)
		CHECK_INT(got.by[d], at_own(&place[node], d) -
					     at_own(&place[got.first], d ^ got.flip));
}

static void free_all(struct shift_classes *c, struct shift_votes *votes)
{
	shift_classes_free(c);
	free(votes->list);
	*c = (struct shift_classes){0};
	*votes = (struct shift_votes){0};
}

/* Groups of six nodes, two at each point, joined in any order and any way round. */
static void distances_add_up(void)
{
	static struct place place[NODES];
	struct shift_classes c = {0};
	struct shift_votes votes = {0};
	uint32_t state = 4711, n, group, k;

	for (n = 0; n < NODES; n++)
		place[n] = (struct place){{random_next(&state), random_next(&state)},
					  random_next(&state) & 1};
	for (group = 0; group < NODES; group += 6)
		for (k = 1; k < 6; k++) {
			/* a tree: each to one of those before */
			uint32_t other = group + random_next(&state) % k;

			if (random_next(&state) & 1)
				vote(&votes, place, group + k, other, 200, true);
			else
				vote(&votes, place, other, group + k, 200, true);
		}
	CHECK(shift_classes_join(&c, &votes, NODES, POINTS));
	for (n = 0; n < NODES; n++) {
		CHECK_INT(shift_classes_of(&c, n).first, n - n % 6);
		check_against(&c, place, n);
		check_against(&c, place, n);
	}
	free_all(&c, &votes);
	check_case("distances add up over any tree of votes, with directions turned or not");
}

/* What crafted payloads can make: every flow of a tuple tied to the next one. */
static void long_chain(void)
{
	struct place *place = calloc(CHAIN, sizeof *place);
	struct shift_classes c = {0};
	struct shift_votes votes = {0};
	uint32_t n;

	if (!place)
		abort();
	for (n = 0; n < CHAIN; n++)
		place[n] = (struct place){{n * 2654435761u, n * 40503u}, n & 1};
	for (n = 0; n + 1 < CHAIN; n++)
		vote(&votes, place, n, n + 1, n & 1 ? 200 : 100, true);
	CHECK(shift_classes_join(&c, &votes, CHAIN, POINTS));
	for (n = CHAIN; n-- > 0;)
		check_against(&c, place, n);
	CHECK_INT(shift_classes_of(&c, CHAIN - 1).first, 0);
	free_all(&c, &votes);
	free(place);
	check_case("a chain of 300,000 flows is walked once, not over and over");
}

static uint32_t first_of(struct shift_classes *c, uint32_t node)
{
	return shift_classes_of(c, node).first;
}

/* Nodes 0 and 3 are at point 0, 1 and 4 at point 1. */
static void majority(void)
{
	static const struct place true_ones[5] = {{{0, 0}, 0}, {{10, 20}, 0}, {{0, 0}, 0},
						  {{500, 600}, 0}, {{510, 620}, 0}};
	static const struct place wrong[5] = {{{0, 0}, 0}, {{77, 20}, 0}, {{0, 0}, 0},
					      {{1, 1}, 0}, {{2, 2}, 0}};
	struct shift_classes c = {0};
	struct shift_votes votes = {0};

	vote(&votes, true_ones, 0, 1, 2, true);
	vote(&votes, wrong, 0, 1, 1, true);
	CHECK(shift_classes_join(&c, &votes, 5, POINTS));
	CHECK_INT(shift_classes_of(&c, 1).by[0], 10);
	CHECK_INT(shift_classes_of(&c, 1).by[1], 20);
	CHECK(shift_classes_of(&c, 0).shifted[0] && shift_classes_of(&c, 0).shifted[1]);
	free_all(&c, &votes);

	vote(&votes, true_ones, 0, 1, 1, true);
	vote(&votes, wrong, 0, 1, 1, true);
	CHECK(shift_classes_join(&c, &votes, 5, POINTS));
	CHECK_INT(first_of(&c, 1), 1);
	CHECK(!shift_classes_of(&c, 1).shifted[0]);
	free_all(&c, &votes);
	check_case("a majority is believed, a tie is not");

	vote(&votes, true_ones, 0, 1, 3, true);
	vote(&votes, true_ones, 3, 4, 3, true);
	vote(&votes, wrong, 0, 4, 1, true);
	CHECK(shift_classes_join(&c, &votes, 5, POINTS));
	CHECK_INT(first_of(&c, 1), 0);
	CHECK_INT(first_of(&c, 4), 3);
	free_all(&c, &votes);
	check_case("one payload that two uses of a tuple share does not tie them together");

	vote(&votes, true_ones, 0, 1, 1, false);
	CHECK(shift_classes_join(&c, &votes, 5, POINTS));
	CHECK_INT(first_of(&c, 1), 1);
	free_all(&c, &votes);
	vote(&votes, true_ones, 0, 1, 5, false);
	vote(&votes, true_ones, 0, 4, 4, false);
	CHECK(shift_classes_join(&c, &votes, 5, POINTS));
	CHECK_INT(first_of(&c, 1), 0);
	CHECK_INT(first_of(&c, 4), 4);
	free_all(&c, &votes);
	check_case("flows of other tuples need two votes, and have one partner at a point");
}

int main(void)
{
	distances_add_up();
	long_chain();
	majority();
	return check_exit();
}
