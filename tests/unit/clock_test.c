/* The coarse clock against clocks that the test made itself: what the fit says of
 * a local time is compared with the reference time that was put in. */
#include "correlate/clock.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/check.h"

#define NOW INT64_C(1763000000000000000) /* November 2025 */
#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define YEAR (365 * 24 * HOUR)
#define STEPS_MAX 40
#define NO_STEPS 0, {{0, 0}}

static uint64_t random_state = 0x2545f4914f6cdd1d;

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

/* A point and its traffic. */
struct scene {
	int count;
	int64_t span_ns, offset_ns, delay_ns, jitter_ns; /* jitter: mean of an exponential */
	double skew, forward, wrong; /* shares of pairs */
	int steps;
	struct {
		double at; /* share of the span */
		int64_t size_ns;
	} step[STEPS_MAX];
};

/* The local clock minus the reference at a reference time. */
static int64_t scene_offset(const struct scene *scene, int64_t reference_ns)
{
	double elapsed = (double)(reference_ns - NOW);
	int64_t offset = scene->offset_ns + llround(scene->skew * elapsed);
	int i;

	for (i = 0; i < scene->steps; i++)
		if (elapsed >= scene->step[i].at * (double)scene->span_ns)
			offset += scene->step[i].size_ns;
	return offset;
}

static struct clock_pair *scene_pairs(const struct scene *scene)
{
	struct clock_pair *pairs = malloc((size_t)scene->count * sizeof *pairs);
	int i;

	for (i = 0; i < scene->count; i++) {
		int64_t reference = NOW + (int64_t)(random_unit() * (double)scene->span_ns);
		int64_t delay = scene->delay_ns -
				(int64_t)((double)scene->jitter_ns * log(1 - random_unit()));
		int64_t at = reference;

		if (random_unit() < scene->wrong)
			at = NOW + (int64_t)(random_unit() * (double)scene->span_ns);
		at += random_unit() < scene->forward ? delay : -delay;
		pairs[i] = (struct clock_pair){reference, at + scene_offset(scene, at)};
	}
	return pairs;
}

/* The greatest error over the span, but for two hundredths of it around steps. */
static int64_t scene_error(const struct scene *scene, const struct clock *clock)
{
	int64_t worst = 0, at, error;
	int i, k;

	for (i = 0; i <= 1000; i++) {
		bool near_step = false;

		at = NOW + scene->span_ns / 1000 * i;
		for (k = 0; k < scene->steps; k++)
			near_step |= fabs(scene->step[k].at * 1000 - i) < 20;
		error = clock_correct(clock, at + scene_offset(scene, at)) - at;
		if (!near_step && llabs(error) > worst)
			worst = llabs(error);
	}
	return worst;
}

static int64_t scene_fit(const struct scene *scene, struct clock *clock, double *agreeing)
{
	struct clock_pair *pairs = scene_pairs(scene);
	size_t agree;

	CHECK_INT(clock_fit_coarse(clock, pairs, (size_t)scene->count, &agree, NULL), STATUS_OK);
	*agreeing = (double)agree / scene->count;
	free(pairs);
	return scene_error(scene, clock);
}

/* One row for each kind of clock; errors are held to a little more than the delay,
 * which nothing at this stage can tell from the offset. */
static const struct {
	const char *sentence;
	struct scene scene;
	int64_t error_ns;
	double agreeing;
	unsigned segments;
} rows[] = {
	{"a plain clock",
	 {20000, 100 * SECOND, -3 * MS, 200 * US, 100 * US, 0, .5, 0, NO_STEPS}, 250 * US, .999, 1},
	{"years off",
	 {20000, 100 * SECOND, -30 * YEAR, 200 * US, 100 * US, 0, .5, 0, NO_STEPS},
	 250 * US, .999, 1},
	{"in another time zone, 100 ppm",
	 {20000, HOUR, 2 * HOUR, 200 * US, 100 * US, 1e-4, .5, 0, NO_STEPS}, 300 * US, .999, 1},
	{"500 ppm over an hour",
	 {20000, HOUR, 5 * SECOND, MS, MS, 5e-4, .5, 0, NO_STEPS}, 2 * MS, .999, 1},
	{"-500 ppm over three days",
	 {50000, 72 * HOUR, 5 * SECOND, MS, MS, -5e-4, .5, 0, NO_STEPS}, 2 * MS, .999, 1},
	{"500 ppm over ten seconds",
	 {5000, 10 * SECOND, 5 * SECOND, MS, MS, 5e-4, .5, 0, NO_STEPS}, 5 * MS, .999, 1},
	{"40 % wrong pairs", {20000, HOUR, YEAR, MS, MS, 3e-5, .5, .4, NO_STEPS}, 3 * MS, .59, 1},
	{"40 % wrong pairs in ten seconds",
	 {20000, 10 * SECOND, YEAR, MS, MS, 0, .5, .4, NO_STEPS}, 3 * MS, .59, 1},
	{"40 % wrong pairs, 500 ppm, a day",
	 {20000, 24 * HOUR, YEAR, MS, MS, 5e-4, .5, .4, NO_STEPS}, 3 * MS, .59, 1},
	{"a long way: 150 ms each way",
	 {20000, 100 * SECOND, HOUR, 150 * MS, 5 * MS, 0, .5, 0, NO_STEPS}, 30 * MS, .999, 1},
	{"150 ms each way with 100 ppm",
	 {20000, HOUR, HOUR, 150 * MS, 5 * MS, 1e-4, .5, 0, NO_STEPS}, 30 * MS, .999, 1},
	{"150 ms, one packet in three forward",
	 {20000, HOUR, 0, 150 * MS, 5 * MS, 1e-4, .33, .1, NO_STEPS}, 60 * MS, .89, 1},
	{"150 ms, one packet in ten forward",
	 {20000, HOUR, 0, 150 * MS, 5 * MS, 1e-4, .1, .1, NO_STEPS}, 170 * MS, .7, 1},
	{"one direction only",
	 {20000, HOUR, 0, 10 * MS, 5 * MS, 1e-4, 1, 0, NO_STEPS}, 20 * MS, .99, 1},
	{"a busy queue: 100 ms on the average",
	 {20000, 100 * SECOND, 0, MS, 100 * MS, 0, .5, 0, NO_STEPS}, 30 * MS, .98, 1},
	{"an hour's jump", {20000, HOUR, 0, MS, MS, 2e-5, .5, 0, 1, {{.5, HOUR}}}, 3 * MS, .999, 2},
	{"an hour's jump back",
	 {20000, HOUR, 0, MS, MS, 2e-5, .5, 0, 1, {{.5, -2 * HOUR}}}, 3 * MS, .999, 2},
	{"an hour's jump and 30 % wrong pairs",
	 {20000, HOUR, 0, MS, MS, 2e-5, .5, .3, 1, {{.3, HOUR}}}, 3 * MS, .69, 2},
	{"a jump and back",
	 {20000, HOUR, 0, MS, MS, 2e-5, .5, 0, 2, {{.3, 10 * HOUR}, {.6, -10 * HOUR}}},
	 3 * MS, .999, 2},
	{"a jump, 400 ppm, a day",
	 {50000, 24 * HOUR, 0, MS, MS, 4e-4, .5, .1, 1, {{.5, 5 * SECOND}}}, 3 * MS, .89, 2},
	{"a step of a second",
	 {20000, 100 * SECOND, 0, MS, MS, 0, .5, 0, 1, {{.5, SECOND}}}, 3 * MS, .999, 2},
	{"a step of 100 ms",
	 {20000, HOUR, 0, MS, MS, 1e-4, .5, 0, 1, {{.7, 100 * MS}}}, 3 * MS, .999, 2},
	{"a step of 100 ms and 30 % wrong pairs",
	 {20000, HOUR, 0, MS, MS, 1e-4, .5, .3, 1, {{.7, -100 * MS}}}, 3 * MS, .69, 2},
	{"a step of 5 ms on a short way",
	 {20000, HOUR, 0, 100 * US, 50 * US, 1e-4, .5, 0, 1, {{.7, 5 * MS}}}, 300 * US, .999, 2},
	{"a step right after the start",
	 {20000, HOUR, 0, 100 * US, 50 * US, 1e-4, .5, 0, 1, {{.01, 50 * MS}}}, 300 * US, .999, 2},
	{"five steps",
	 {20000, HOUR, 0, MS, 100 * US, -2e-5, .5, 0, 5,
	  {{.1, 50 * MS}, {.2, -20 * MS}, {.5, 3 * SECOND}, {.51, 2 * HOUR}, {.9, 40 * MS}}},
	 3 * MS, .999, 6},
	{"few pairs around a step",
	 {120, HOUR, 0, MS, 100 * US, 0, .5, 0, 1, {{.5, 50 * MS}}}, 3 * MS, .999, 2},
};

static void test_scenes(void)
{
	struct clock clock;
	double agreeing;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t error = scene_fit(&rows[i].scene, &clock, &agreeing);

		if (error > rows[i].error_ns)
			CHECK_INT(error, rows[i].error_ns);
		if (agreeing < rows[i].agreeing)
			CHECK_INT(agreeing * 1000, rows[i].agreeing * 1000);
		CHECK_INT(clock.segments, rows[i].segments);
		check_case(rows[i].sentence);
	}
}

/* Fits pairs given by hand. */
static void fit_by_hand(struct clock *clock, const struct clock_pair *given, size_t count,
			size_t agreeing)
{
	struct clock_pair pairs[16];
	size_t agree;

	memcpy(pairs, given, count * sizeof pairs[0]);
	CHECK_INT(clock_fit_coarse(clock, pairs, count, &agree, NULL), STATUS_OK);
	CHECK_INT(agree, agreeing);
	CHECK_INT(clock->segments, 1);
	CHECK(clock->segment[0].skew == 0);
}

static void test_few_pairs(void)
{
	static const struct clock_pair pairs[] = {
		{NOW, NOW + 5 * SECOND},
		{NOW + 4 * SECOND, NOW + 9 * SECOND + 2 * MS},
		{NOW + 2 * SECOND, NOW + 7 * SECOND - MS},
		{NOW + 7 * SECOND, NOW + 12 * SECOND + 3 * MS},
		{NOW + 6 * SECOND, NOW + 99 * SECOND},
	};
	struct clock_pair straight[10];
	struct clock clock;
	struct error err = {0};
	size_t agree;
	int i;

	CHECK_INT(clock_fit_coarse(&clock, NULL, 0, &agree, &err), STATUS_INPUT);
	CHECK(err.text[0]);
	fit_by_hand(&clock, pairs, 1, 1);
	CHECK_INT(clock_correct(&clock, NOW + 100 * SECOND), NOW + 95 * SECOND);
	fit_by_hand(&clock, pairs, 2, 2);
	CHECK_INT(clock_correct(&clock, NOW + 5 * SECOND), NOW - MS);
	fit_by_hand(&clock, pairs, 5, 4);
	CHECK(llabs(clock_correct(&clock, NOW + 5 * SECOND) - NOW) <= 3 * MS);
	check_case("no, one, two and five pairs");

	for (i = 0; i < 10; i++) {
		straight[i].reference_ns = NOW + i * 6 * 60 * SECOND;
		straight[i].local_ns = straight[i].reference_ns + i * 108 * MS + (i % 2 ? MS : -MS);
	}
	CHECK_INT(clock_fit_coarse(&clock, straight, 10, &agree, NULL), STATUS_OK);
	CHECK_INT(agree, 10);
	CHECK(fabs(clock.segment[0].skew - 300e-6) < 2e-6);
	check_case("ten pairs that drift plainly by 300 ppm");
}

static bool same_clock(const struct clock *a, const struct clock *b)
{
	unsigned s;

	for (s = 0; s < a->segments && s < b->segments; s++) {
		const struct clock_segment *p = &a->segment[s], *q = &b->segment[s];

		if (p->from_ns != q->from_ns || p->origin_ns != q->origin_ns ||
		    p->offset_ns != q->offset_ns || p->skew != q->skew)
			return false;
	}
	return a->segments == b->segments;
}

static void test_order(void)
{
	static const struct scene scene = {
		.count = 5000, .span_ns = 600 * SECOND, .delay_ns = MS, .jitter_ns = MS,
		.skew = 5e-5, .forward = .5, .wrong = .2, .steps = 1, .step = {{.4, 70 * MS}}};
	struct clock_pair *pairs = scene_pairs(&scene), swapped;
	struct clock first, second;
	size_t agree, again;
	int i, k;

	CHECK_INT(clock_fit_coarse(&first, pairs, 5000, &agree, NULL), STATUS_OK);
	for (i = 4999; i > 0; i--) {
		k = (int)(random_next() % (uint64_t)(i + 1));
		swapped = pairs[i];
		pairs[i] = pairs[k];
		pairs[k] = swapped;
	}
	CHECK_INT(clock_fit_coarse(&second, pairs, 5000, &again, NULL), STATUS_OK);
	CHECK_INT(again, agree);
	CHECK(same_clock(&first, &second));
	for (i = 1; i < 5000; i++)
		CHECK(pairs[i - 1].local_ns <= pairs[i].local_ns);
	free(pairs);
	check_case("the order of the pairs does not matter");
}

/* One-way traffic through a queue that fills to 30 ms now and then. */
static void test_queue_is_no_step(void)
{
	struct clock_pair pairs[6000];
	struct clock clock;
	size_t agree;
	int64_t i;

	for (i = 0; i < 6000; i++) {
		int64_t queue = i % 1500 < 300 ? 20 * MS + i % 7 * MS : i % 11 * 50 * US;

		pairs[i] = (struct clock_pair){NOW + i * MS, NOW + i * MS + 200 * US + queue};
	}
	CHECK_INT(clock_fit_coarse(&clock, pairs, 6000, &agree, NULL), STATUS_OK);
	CHECK_INT(clock.segments, 1);
	check_case("bursts that fill a queue are no steps");
}

/* ntpdate every hour against a drift of 20 ppm: 24 steps of 72 ms. */
static void test_sawtooth(void)
{
	struct scene scene = {.count = 40000, .span_ns = 24 * HOUR, .delay_ns = MS, .jitter_ns = MS,
			      .skew = 20e-6, .forward = .5, .steps = 23};
	struct clock clock;
	double agreeing;
	int i;

	for (i = 0; i < 23; i++) {
		scene.step[i].at = (i + 1) / 24.0;
		scene.step[i].size_ns = -72 * MS;
	}
	CHECK(scene_fit(&scene, &clock, &agreeing) < 3 * MS);
	CHECK_INT(clock.segments, 24);
	check_case("a clock set right every hour");

	scene.count = 40000;
	scene.skew = 0;
	scene.steps = STEPS_MAX;
	for (i = 0; i < STEPS_MAX; i++) {
		scene.step[i].at = (i + 1) / (STEPS_MAX + 1.0);
		scene.step[i].size_ns = i % 2 ? HOUR : -HOUR;
	}
	scene_fit(&scene, &clock, &agreeing);
	CHECK(clock.segments <= CLOCK_SEGMENTS_MAX);
	check_case("more steps than there are segments");
}

static void test_hostile_numbers(void)
{
	static const int64_t ends[] = {
		INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
	struct clock_pair pairs[500];
	struct clock clock;
	size_t agree, i;
	int run;

	for (run = 0; run < 200; run++) {
		for (i = 0; i < 500; i++) {
			pairs[i].reference_ns = (int64_t)random_next();
			pairs[i].local_ns = (int64_t)random_next();
			if (run % 2) {
				pairs[i].reference_ns = ends[random_next() % 7];
				pairs[i].local_ns = ends[random_next() % (run % 4 == 1 ? 2 : 7)];
			}
		}
		i = 1 + (size_t)run * 499 / 199;
		CHECK_INT(clock_fit_coarse(&clock, pairs, i, &agree, NULL), STATUS_OK);
		CHECK(clock.segments >= 1 && clock.segments <= CLOCK_SEGMENTS_MAX);
		CHECK(agree >= 1);
		for (i = 0; i < 7; i++)
			clock_correct(&clock, ends[i]);
	}
	check_case("numbers at the ends of int64 do no harm");
}

static void test_identity(void)
{
	struct clock clock;

	clock_identity(&clock);
	CHECK_INT(clock.segments, 1);
	CHECK_INT(clock_correct(&clock, NOW), NOW);
	CHECK_INT(clock_correct(&clock, INT64_MIN), INT64_MIN);
	clock.segments = 2;
	clock.segment[0] = (struct clock_segment){.offset_ns = 10};
	clock.segment[1] = (struct clock_segment){100, 200, -5, 0.5};
	CHECK_INT(clock_correct(&clock, 99), 89);
	CHECK_INT(clock_correct(&clock, 100), 100 + 5 + 50);
	CHECK_INT(clock_correct(&clock, 300), 300 + 5 - 50);
	check_case("a local time is corrected by its segment");
}

int main(void)
{
	test_identity();
	test_scenes();
	test_few_pairs();
	test_order();
	test_queue_is_no_step();
	test_sawtooth();
	test_hostile_numbers();
	return check_exit();
}
