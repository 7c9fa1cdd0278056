/* Alignment against a made-up hop whose truth is known, against all alignments
 * tried one by one, and against cases worked out by hand. */
#include "correlate/align.h"

#include <math.h>
#include <stdlib.h>

#include "collect/fingerprint.h"
#include "tests/unit/check.h"

#define NOW INT64_C(1763000000000000000)
#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static uint64_t random_state = 0x853c49e6748fea9b;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static double random_unit(void)
{
	return (double)(random_next() >> 11) / 9007199254740992.0;
}

static const struct align_habits usual = {
	.delay_ns = MS, .spread_ns = 100 * US, .slack_ns = 10 * US, .delay_max_ns = SECOND,
	.keeps_ip_id = true, .keeps_tsval = true, .keeps_window = true};

static void align(struct align_item *up, uint32_t up_count, struct align_item *down,
		  uint32_t down_count, const struct align_habits *habits)
{
	uint32_t i;

	CHECK_INT(align_lists(up, up_count, down, down_count, habits, NULL), STATUS_OK);
	for (i = 0; i < up_count; i++)
		if (up[i].partner != ALIGN_NONE)
			CHECK(up[i].partner < down_count && down[up[i].partner].partner == i);
	for (i = 0; i < down_count; i++)
		if (down[i].partner != ALIGN_NONE)
			CHECK(down[i].partner < up_count && up[down[i].partner].partner == i);
}

/* Identical packets at a spacing through a hop that loses some. */
struct scene {
	uint32_t count, passed;
	struct align_item *up, *down;
	uint32_t *truth; /* index downstream, or ALIGN_NONE */
};

static struct scene scene_make(uint32_t count, int64_t spacing_ns, int64_t delay_ns,
			       int64_t spread_ns, double loss)
{
	struct scene s = {.count = count};
	int64_t last = 0;
	uint32_t i;

	s.up = calloc(count, sizeof *s.up);
	s.down = calloc(count, sizeof *s.down);
	s.truth = malloc(count * sizeof *s.truth);
	for (i = 0; i < count; i++) {
		int64_t sent = NOW + i * spacing_ns;
		int64_t at = sent + delay_ns + (int64_t)(random_unit() * (double)spread_ns);

		s.up[i].time_ns = sent;
		s.truth[i] = ALIGN_NONE;
		if (random_unit() < loss)
			continue;
		last = at > last ? at : last; /* a queue keeps the order */
		s.truth[i] = s.passed;
		s.down[s.passed++].time_ns = last;
	}
	return s;
}

static void scene_free(struct scene *s)
{
	free(s->up);
	free(s->down);
	free(s->truth);
}

/* Share of upstream packets whose fate is told wrong. */
static double scene_wrong(const struct scene *s)
{
	uint32_t i, wrong = 0;

	for (i = 0; i < s->count; i++)
		wrong += s->up[i].partner != s->truth[i];
	return (double)wrong / s->count;
}

static double wrong_by_index(const struct scene *s)
{
	uint32_t i, wrong = 0;

	for (i = 0; i < s->count; i++)
		wrong += (i < s->passed ? i : ALIGN_NONE) != s->truth[i];
	return (double)wrong / s->count;
}

/* Each in turn takes the free downstream packet nearest to its usual arrival. */
static double wrong_by_time(const struct scene *s, const struct align_habits *habits)
{
	uint32_t i, j, wrong = 0, best;
	bool *taken = calloc(s->passed + 1, 1);

	for (i = 0; i < s->count; i++) {
		int64_t least = habits->spread_ns, off;

		for (j = 0, best = ALIGN_NONE; j < s->passed; j++) {
			off = llabs(s->down[j].time_ns - s->up[i].time_ns - habits->delay_ns);
			if (!taken[j] && off < least) {
				least = off;
				best = j;
			}
		}
		if (best != ALIGN_NONE)
			taken[best] = true;
		wrong += best != s->truth[i];
	}
	free(taken);
	return (double)wrong / s->count;
}

static void test_error_rates(void)
{
	struct align_habits habits = usual;
	double by_index = 0, by_time = 0, aligned = 0, clear = 0;
	int run, runs = 400;
	uint32_t i;

	habits.delay_ns = MS + 70 * US;
	habits.spread_ns = 140 * US;
	for (run = 0; run < runs; run++) {
		struct scene s = scene_make(50, 100 * US, MS, 140 * US, .02);

		align(s.up, s.count, s.down, s.passed, &habits);
		by_index += wrong_by_index(&s) / runs;
		by_time += wrong_by_time(&s, &habits) / runs;
		aligned += scene_wrong(&s) / runs;
		for (i = 0; i < s.count; i++)
			clear += s.up[i].partner != s.truth[i] && !s.up[i].ambiguous;
		scene_free(&s);
	}
	clear /= 50.0 * runs;
	printf("# wrong at 100 us spacing, 2 %% loss: by index %.1f %%, by time %.1f %%, "
	       "aligned %.1f %%, of which not ambiguous %.2f %%\n",
	       by_index * 100, by_time * 100, aligned * 100, clear * 100);
	CHECK(by_index > .2);
	CHECK(by_time > 5 * aligned);
	CHECK(aligned < .02);
	CHECK(clear < .003);
	check_case("aligned beats nearest time, and that beats the index");
}

static void test_tie_breakers(void)
{
	struct scene s;
	uint32_t i, k;

	for (k = 0; k < 3; k++) {
		s = scene_make(400, 10 * US, MS, 200 * US, .1);
		for (i = 0; i < s.count; i++) {
			uint32_t j = s.truth[i];

			if (k == 0)
				s.up[i].ip_id = 1 + i;
			if (k == 1)
				s.up[i].tsval = 1 + i;
			if (k == 2)
				s.up[i].digest = (i + 1) | 1u << 31;
			if (j == ALIGN_NONE)
				continue;
			s.down[j].ip_id = s.up[i].ip_id;
			s.down[j].tsval = s.up[i].tsval;
			s.down[j].digest = s.up[i].digest;
		}
		align(s.up, s.count, s.down, s.passed, &usual);
		CHECK(scene_wrong(&s) == 0);
		for (i = 0; i < s.count; i++)
			CHECK(!s.up[i].ambiguous);
		for (i = 0; i < s.passed; i++)
			CHECK(!s.down[i].ambiguous);
		scene_free(&s);
		check_case(k == 0   ? "the IP ID tells all packets apart"
			   : k == 1 ? "the timestamp tells all packets apart"
				    : "the digest tells all packets apart");
	}
}

static void test_fields_that_the_hop_rewrites(void)
{
	struct align_habits rewrites = usual;
	struct align_item up[2] = {
		{.time_ns = NOW, .ip_id = 1, .tsval = 1, .window = 1},
		{.time_ns = NOW + SECOND / 2, .ip_id = 2, .tsval = 2, .window = 2}};
	struct align_item down[2] = {
		{.time_ns = NOW + MS, .ip_id = 77, .tsval = 78, .window = 79},
		{.time_ns = NOW + MS + SECOND / 2, .ip_id = 0, .tsval = 0, .window = 2}};

	align(up, 2, down, 2, &usual);
	CHECK_INT(up[0].partner, ALIGN_NONE);
	CHECK_INT(up[1].partner, 1); /* zeros say nothing */
	rewrites.keeps_ip_id = rewrites.keeps_tsval = rewrites.keeps_window = false;
	align(up, 2, down, 2, &rewrites);
	CHECK_INT(up[0].partner, 0);
	CHECK_INT(up[1].partner, 1);
	rewrites.keeps_window = true; /* 12 is less than to leave two unpaired: 20 */
	align(up, 2, down, 2, &rewrites);
	CHECK_INT(up[0].partner, 0);
	check_case("only fields that the hop leaves alone count");
}

static void test_first_copy_lost(void)
{
	/* A retransmission 200 ms after the first copy; one arrives. */
	struct align_item up[2] = {{.time_ns = NOW}, {.time_ns = NOW + 200 * MS}};
	struct align_item down[1] = {{.time_ns = NOW + 201 * MS}};

	align(up, 2, down, 1, &usual);
	CHECK_INT(up[0].partner, ALIGN_NONE);
	CHECK_INT(up[1].partner, 0);
	CHECK(!up[0].ambiguous && !up[1].ambiguous && !down[0].ambiguous);
	down[0].time_ns = NOW + MS;
	align(up, 2, down, 1, &usual);
	CHECK_INT(up[0].partner, 0);
	CHECK_INT(up[1].partner, ALIGN_NONE);
	CHECK(!up[0].ambiguous && !up[1].ambiguous);
	check_case("which copy was lost shows in the delay");

	/* 50 us apart within a spread of 100 us, but Linux raises the IP ID. */
	up[1].time_ns = NOW + 50 * US;
	down[0].time_ns = NOW + MS + 25 * US;
	up[0].ip_id = 7;
	up[1].ip_id = 8;
	down[0].ip_id = 8;
	align(up, 2, down, 1, &usual);
	CHECK_INT(up[0].partner, ALIGN_NONE);
	CHECK_INT(up[1].partner, 0);
	CHECK(!up[0].ambiguous && !up[1].ambiguous && !down[0].ambiguous);
	check_case("which copy was lost shows in the IP ID");

	up[0].ip_id = 0;
	up[1].ip_id = 0;
	align(up, 2, down, 1, &usual);
	CHECK(up[0].ambiguous && up[1].ambiguous && down[0].ambiguous);
	check_case("two copies within the spread are ambiguous");

	align(down, 1, up, 2, &(struct align_habits){.delay_ns = -MS, .spread_ns = 100 * US,
						     .slack_ns = 2 * MS, .delay_max_ns = SECOND});
	CHECK(up[0].ambiguous && up[1].ambiguous && down[0].ambiguous);
	check_case("and so they are the other way round");
}

static void test_equal_counts(void)
{
	struct scene s = scene_make(300, 10 * US, MS, 200 * US, 0);
	uint32_t i;

	align(s.up, s.count, s.down, s.passed, &usual);
	CHECK(scene_wrong(&s) == 0);
	for (i = 0; i < s.count; i++)
		CHECK(!s.up[i].ambiguous && !s.down[i].ambiguous);
	scene_free(&s);
	check_case("equal counts pair in order and are never ambiguous");
}

static void test_window_of_time(void)
{
	struct align_item up[1] = {{.time_ns = NOW}}, down[1] = {{.time_ns = NOW - 11 * US}};

	align(up, 1, down, 1, &usual);
	CHECK_INT(up[0].partner, ALIGN_NONE);
	down[0].time_ns = NOW - 10 * US;
	align(up, 1, down, 1, &usual);
	CHECK_INT(up[0].partner, 0);
	down[0].time_ns = NOW + SECOND;
	align(up, 1, down, 1, &usual);
	CHECK_INT(up[0].partner, 0);
	down[0].time_ns++;
	align(up, 1, down, 1, &usual);
	CHECK_INT(up[0].partner, ALIGN_NONE);
	down[0].time_ns = NOW + MS;
	down[0].digest = 0x50000;
	up[0].digest = 0x60000;
	align(up, 1, down, 1, &usual);
	CHECK_INT(up[0].partner, ALIGN_NONE);
	align(up, 1, down, 0, &usual);
	CHECK_INT(up[0].partner, ALIGN_NONE);
	align(up, 0, down, 1, &usual);
	CHECK_INT(down[0].partner, ALIGN_NONE);
	check_case("no pair before the slack, behind Tmax, or with other contents");
}

/* The oracle tries every alignment. Costs are the header's, in doubles. */
struct oracle {
	const struct align_item *up, *down;
	uint32_t up_count, down_count;
	const struct align_habits *habits;
	double paired_up[8], unpaired_up[8], best;
	uint32_t partner[8];
};

static double oracle_cost(const struct oracle *o, uint32_t i, uint32_t j)
{
	const struct align_item *p = &o->up[i], *q = &o->down[j];
	int64_t delay = q->time_ns - p->time_ns;

	if (delay < -o->habits->slack_ns || delay > o->habits->delay_max_ns)
		return -1;
	return fmin(8, (double)llabs(delay - o->habits->delay_ns) / (double)o->habits->spread_ns) +
	       30 * (p->ip_id && q->ip_id && p->ip_id != q->ip_id) +
	       30 * (p->tsval && q->tsval && p->tsval != q->tsval) + 12 * (p->window != q->window);
}

static void oracle_try(struct oracle *o, uint32_t i, uint32_t j, double cost)
{
	uint32_t k;

	if (i == o->up_count) {
		cost += 10 * (o->down_count - j);
		o->best = fmin(o->best, cost);
		for (k = 0; k < o->up_count; k++) {
			double *least = o->partner[k] == ALIGN_NONE ? o->unpaired_up : o->paired_up;

			least[k] = fmin(least[k], cost);
		}
		return;
	}
	o->partner[i] = ALIGN_NONE;
	oracle_try(o, i + 1, j, cost + 10);
	for (k = j; k < o->down_count; k++) {
		double pair = oracle_cost(o, i, k);

		if (pair < 0)
			continue;
		o->partner[i] = k;
		oracle_try(o, i + 1, k + 1, cost + 10 * (k - j) + pair);
	}
}

static void random_list(struct align_item *items, uint32_t count, int64_t from, int64_t span,
			bool windows)
{
	uint32_t i, k;

	for (i = 0; i < count; i++) {
		struct align_item item = {.time_ns = from + (int64_t)(random_unit() * (double)span),
					  .ip_id = (uint32_t)(random_next() % 3),
					  .tsval = (uint32_t)(random_next() % 2),
					  .window = windows && random_next() % 4 == 0};

		for (k = i; k > 0 && items[k - 1].time_ns > item.time_ns; k--)
			items[k] = items[k - 1];
		items[k] = item;
	}
}

static void test_against_all_alignments(void)
{
	int run;

	for (run = 0; run < 4000; run++) {
		struct align_item up[8], down[8];
		uint32_t n = 1 + (uint32_t)(random_next() % 6), i;
		uint32_t m = 1 + (uint32_t)(random_next() % 6);
		int64_t span = run % 3 ? 2 * MS : 100 * US;
		struct align_habits habits = usual;
		struct oracle o = {up, down, n, m, &habits, .best = 1e9};
		double cost = 0;
		bool left = false, in_order = n == m;

		habits.delay_max_ns = run % 2 ? 2 * MS : SECOND;
		random_list(up, n, NOW, span, run % 5 == 0);
		random_list(down, m, NOW + MS, span, run % 5 == 0);
		for (i = 0; i < n; i++)
			o.paired_up[i] = o.unpaired_up[i] = 1e9;
		oracle_try(&o, 0, 0, 0);
		align(up, n, down, m, &habits);
		for (i = 0; i < n; i++) {
			cost += up[i].partner == ALIGN_NONE ? 10
							    : oracle_cost(&o, i, up[i].partner);
			left |= up[i].partner == ALIGN_NONE;
		}
		for (i = 0; i < m; i++)
			cost += down[i].partner == ALIGN_NONE ? 10 : 0;
		for (i = 0; i < n && in_order; i++)
			in_order = oracle_cost(&o, i, i) >= 0 && oracle_cost(&o, i, i) <= 4;
		if (in_order) {
			for (i = 0; i < n; i++)
				CHECK(up[i].partner == i && !up[i].ambiguous && !down[i].ambiguous);
			continue;
		}
		CHECK(fabs(cost - o.best) < .05); /* costs are kept in 1/256 */
		/* A pair whose windows differ is about as good as none: no question of
		 * which packet, so nothing to compare. */
		for (i = 0; i < n && run % 5; i++) {
			double apart = fabs(o.paired_up[i] - o.unpaired_up[i]);

			if (left && apart < 2.95)
				CHECK(up[i].ambiguous);
			if (left && apart > 3.05 && up[i].ambiguous) /* then as a partner */
				CHECK(up[i].partner != ALIGN_NONE && down[up[i].partner].ambiguous);
		}
	}
	check_case("the cheapest of all alignments is found");
}

/* A million keep-alives, one a second, seven lost, Tmax 5 s. */
static void test_long_quiet_list(void)
{
	enum { COUNT = 1000000 };
	struct align_habits habits = usual;
	struct scene s;
	uint32_t i, wrong = 0, ambiguous = 0;

	habits.delay_max_ns = 5 * SECOND;
	s = scene_make(COUNT, SECOND, MS, 100 * US, 7e-6);
	align(s.up, s.count, s.down, s.passed, &habits);
	for (i = 0; i < COUNT; i++) {
		wrong += s.up[i].partner != s.truth[i];
		ambiguous += s.up[i].ambiguous;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(ambiguous, 0);
	scene_free(&s);
	check_case("a million keep-alives");
}

/* 5000 candidates for each packet: done in pieces, and no seam shows. */
static void test_pieces(void)
{
	struct align_habits habits = usual;
	struct scene s = scene_make(30000, MS, 50 * MS, 5 * MS, .1);
	uint32_t i, ambiguous = 0;

	habits.delay_ns = 52 * MS;
	habits.spread_ns = 5 * MS;
	habits.delay_max_ns = 5 * SECOND;
	for (i = 0; i < s.count; i++) {
		s.up[i].ip_id = 1 + i;
		if (s.truth[i] != ALIGN_NONE)
			s.down[s.truth[i]].ip_id = 1 + i;
	}
	align(s.up, s.count, s.down, s.passed, &habits);
	CHECK(scene_wrong(&s) == 0);
	for (i = 0; i < s.count; i++)
		ambiguous += s.up[i].ambiguous;
	CHECK_INT(ambiguous, 0);
	scene_free(&s);
	check_case("lists that are too long for one grid are cut without a seam");
}

/* A flood: nothing tells the packets apart, and the lists are far too large for a grid. */
static void test_flood(void)
{
	enum { COUNT = 100000 };
	struct scene s = scene_make(COUNT, US, MS, 100 * US, .01);
	uint32_t i, lost = 0, clear = 0;

	align(s.up, s.count, s.down, s.passed, &usual);
	for (i = 0; i < COUNT; i++) {
		lost += s.up[i].partner == ALIGN_NONE;
		clear += s.up[i].partner == ALIGN_NONE && !s.up[i].ambiguous;
	}
	/* Nothing is invented: few more are left than are missing, and none for sure. */
	CHECK(lost >= COUNT - s.passed && lost < (COUNT - s.passed) * 11 / 10);
	CHECK(clear <= lost / 20);
	printf("# flood: %u of %u missing, %u unpaired, %u of them not ambiguous\n",
	       COUNT - s.passed, COUNT, lost, clear);
	scene_free(&s);
	check_case("a flood with losses is ambiguous");

	s = scene_make(COUNT, US, MS, 100 * US, 0);
	align(s.up, s.count, s.down, s.passed, &usual);
	CHECK(scene_wrong(&s) == 0);
	scene_free(&s);
	check_case("a flood without losses pairs in order");
}

static void test_hostile_numbers(void)
{
	static const int64_t ends[] = {
		INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
	struct align_item up[40], down[40];
	int run;
	uint32_t i;

	for (run = 0; run < 2000; run++) {
		struct align_habits habits = {
			.delay_ns = ends[random_next() % 7], .spread_ns = ends[random_next() % 7],
			.slack_ns = ends[random_next() % 7],
			.delay_max_ns = ends[random_next() % 7]};

		for (i = 0; i < 40; i++) {
			up[i] = (struct align_item){.time_ns = ends[i * 7 / 40]};
			down[i] = (struct align_item){.time_ns = ends[i * 7 / 40]};
		}
		align(up, (uint32_t)(random_next() % 41), down, (uint32_t)(random_next() % 41),
		      &habits);
	}
	check_case("numbers at the ends of int64 do no harm");
}

int main(void)
{
	test_error_rates();
	test_tie_breakers();
	test_fields_that_the_hop_rewrites();
	test_first_copy_lost();
	test_equal_counts();
	test_window_of_time();
	test_against_all_alignments();
	test_long_quiet_list();
	test_pieces();
	test_flood();
	test_hostile_numbers();
	return check_exit();
}
