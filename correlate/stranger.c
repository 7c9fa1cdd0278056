#include "correlate/stranger.h"

#include "collect/fingerprint.h"

#define STRANGER_SAMPLES 32u        /* records of a flow that are looked at */
#define STRANGER_REACH 32u          /* records before and behind the time that are thinkable */
#define STRANGER_FAR_NS 1e9         /* cost of a record without a likeness */
#define STRANGER_NEVER 1e18         /* cost of flows that cannot be the same */
#define STRANGER_CLEAR 2.0          /* the next best costs at least so many times as much */
#define STRANGER_CLEAR_NS 20e3      /* ... and so much more */
#define STRANGER_SAME_ID 16.0       /* equal IP IDs make a likeness so many times better */

static uint32_t stranger_lowest(uint64_t stages)
{
	return (uint32_t)__builtin_ctzll(stages);
}

static uint32_t stranger_highest(uint64_t stages)
{
	return 63 - (uint32_t)__builtin_clzll(stages);
}

static uint64_t stranger_stages(const struct repeat *records, uint32_t from, uint32_t to)
{
	uint64_t stages = 0;

	for (; from < to; from++)
		stages |= (uint64_t)1 << records[from].stage;
	return stages;
}

/* What is usual between two stages. */
struct stranger_between {
	uint32_t near, far;
	double delay_ns[2];  /* by direction */
	bool keeps_ip_id, keeps_digest;
	bool way[2];         /* directions to be thought of */
};

static struct stranger_between stranger_between(uint32_t near, uint32_t far,
						const struct align_habits (*habits)[2])
{
	struct stranger_between b = {near, far, {0, 0}, true, true, {true, true}};
	uint32_t hop;

	for (hop = near; hop < far; hop++) {
		b.delay_ns[0] += (double)habits[hop][0].delay_ns;
		b.delay_ns[1] += (double)habits[hop][1].delay_ns;
		b.keeps_ip_id &= habits[hop][0].keeps_ip_id && habits[hop][1].keeps_ip_id;
		b.keeps_digest &= habits[hop][0].keeps_digest && habits[hop][1].keeps_digest;
	}
	return b;
}

static double stranger_cost(const struct stranger_between *b, const struct repeat *near,
			    const struct repeat *far)
{
	double apart = (double)far->time_ns - (double)near->time_ns, cost = STRANGER_FAR_NS;
	unsigned d;

	if (b->keeps_digest && fingerprint_digests_differ(near->digest, far->digest))
		return STRANGER_FAR_NS;
	for (d = 0; d < 2; d++) {
		double off = d ? apart + b->delay_ns[1] : apart - b->delay_ns[0];

		off = off < 0 ? -off : off;
		cost = b->way[d] && off < cost ? off : cost;
	}
	if (near->ip_id && far->ip_id && near->ip_id == far->ip_id)
		return cost / STRANGER_SAME_ID;
	return b->keeps_ip_id && near->ip_id && far->ip_id ? STRANGER_FAR_NS : cost;
}

/* The least cost of one record among those of another flow. */
static double stranger_likeness(const struct stranger_between *b, const struct repeat *one,
				const struct repeat *records, uint32_t from, uint32_t to)
{
	bool near = one->stage == b->near;
	uint32_t low = from, high = to, k;
	double least = STRANGER_FAR_NS;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (records[middle].time_ns < one->time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	k = low > from + STRANGER_REACH ? low - STRANGER_REACH : from;
	for (; k < to && k < low + STRANGER_REACH; k++) {
		double cost;

		if (records[k].stage != (near ? b->far : b->near))
			continue;
		cost = near ? stranger_cost(b, one, &records[k]) : stranger_cost(b, &records[k], one);
		least = cost < least ? cost : least;
	}
	return least;
}

/* The mean over samples of the first one's records at its side of the hop. */
static double stranger_mean(const struct stranger_between *b, const struct stranger *one,
			    uint32_t stage, const struct stranger *other, const struct repeat *records)
{
	uint32_t i, all = 0, step, samples = 0;
	double sum = 0;

	for (i = one->from; i < one->to; i++)
		all += records[i].stage == stage;
	step = all / STRANGER_SAMPLES + 1;
	for (i = one->from, all = 0; i < one->to; i++) {
		if (records[i].stage != stage || all++ % step)
			continue;
		sum += stranger_likeness(b, &records[i], records, other->from, other->to);
		samples++;
	}
	return samples ? sum / samples : STRANGER_NEVER;
}

/* The flow with fewer records is held against the other: the other may have lost some. */
static double stranger_score(const struct stranger *x, const struct stranger *y,
			     const struct repeat *records, const struct align_habits (*habits)[2])
{
	const struct stranger *near = x, *far = y;
	struct stranger_between b;

	if (records[x->from].root == records[y->from].root)
		return STRANGER_NEVER;
	if (stranger_lowest(x->stages) > stranger_lowest(y->stages)) {
		near = y;
		far = x;
	}
	if (stranger_highest(near->stages) >= stranger_lowest(far->stages))
		return STRANGER_NEVER;
	b = stranger_between(stranger_highest(stranger_stages(records, near->from, near->to)),
			     stranger_lowest(stranger_stages(records, far->from, far->to)), habits);
	if (near->to - near->from < far->to - far->from)
		return stranger_mean(&b, near, b.near, far, records);
	return stranger_mean(&b, far, b.far, near, records);
}

/* The cheapest partner that is left; *second becomes the cost of the next one. */
static uint32_t stranger_best(const struct stranger *list, uint32_t count,
			      double (*score)[STRANGERS_MAX], uint32_t one, double *second)
{
	uint32_t k, best = STRANGER_NONE;

	*second = STRANGER_NEVER;
	for (k = 0; k < count; k++) {
		if (k == one || list[k].partner != STRANGER_NONE ||
		    score[one][k] >= STRANGER_FAR_NS / 2)
			continue;
		if (best == STRANGER_NONE || score[one][k] < score[one][best]) {
			*second = best == STRANGER_NONE ? STRANGER_NEVER : score[one][best];
			best = k;
		} else if (score[one][k] < *second) {
			*second = score[one][k];
		}
	}
	return best;
}

static bool stranger_clear(double score, double second)
{
	return second >= STRANGER_CLEAR * score && second - score >= STRANGER_CLEAR_NS;
}

/* Those that are left although others are like them. */
static void strangers_doubt(struct stranger *list, uint32_t count, double (*score)[STRANGERS_MAX])
{
	uint32_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < count && list[i].partner == STRANGER_NONE; k++) {
			if (k == i || list[k].partner != STRANGER_NONE ||
			    score[i][k] >= STRANGER_FAR_NS / 2)
				continue;
			if (stranger_lowest(list[i].stages) < stranger_lowest(list[k].stages))
				list[i].doubt_ahead = true;
			else
				list[i].doubt_behind = true;
		}
}

void strangers_pair(struct stranger *list, uint32_t count, const struct repeat *records,
		    const struct align_habits (*habits)[2])
{
	static const double never = STRANGER_NEVER;
	double score[STRANGERS_MAX][STRANGERS_MAX], second, other;
	uint32_t i, k;
	bool found = true;

	for (i = 0; i < count; i++)
		list[i].partner = STRANGER_NONE;
	for (i = 0; i < count; i++)
		for (k = 0; k <= i; k++)
			score[i][k] = score[k][i] =
				i == k ? never : stranger_score(&list[i], &list[k], records, habits);
	while (found) {
		found = false;
		for (i = 0; i < count; i++) {
			if (list[i].partner != STRANGER_NONE)
				continue;
			k = stranger_best(list, count, score, i, &second);
			if (k == STRANGER_NONE || !stranger_clear(score[i][k], second) ||
			    stranger_best(list, count, score, k, &other) != i ||
			    !stranger_clear(score[i][k], other))
				continue;
			list[i].partner = k;
			list[k].partner = i;
			found = true;
		}
	}
	strangers_doubt(list, count, score);
}

/* By the TTL of the nearest and the farthest record of the group. */
static int stranger_lean_ttl(const struct repeat *records, uint32_t count)
{
	const struct repeat *near = &records[0], *far = &records[0];
	uint32_t i;

	for (i = 1; i < count; i++) {
		near = records[i].stage < near->stage ? &records[i] : near;
		far = records[i].stage > far->stage ? &records[i] : far;
	}
	return near->stage == far->stage ? 0 : (near->ttl > far->ttl) - (near->ttl < far->ttl);
}

int strangers_lean(const struct repeat *records, uint32_t count,
		   const struct align_habits (*habits)[2], bool *by_ttl)
{
	uint64_t stages = stranger_stages(records, 0, count);
	struct stranger all = {.from = 0, .to = count, .stages = stages};
	struct stranger_between b;
	double along, against;
	int ttl = stranger_lean_ttl(records, count);
	uint32_t near, far;

	*by_ttl = ttl != 0;
	if (ttl || !(stages & (stages - 1)))
		return ttl;
	near = stranger_lowest(stages);
	far = stranger_lowest(stages & (stages - 1));
	b = stranger_between(near, far, habits);
	b.way[1] = false;
	along = stranger_mean(&b, &all, near, &all, records);
	b.way[0] = false;
	b.way[1] = true;
	against = stranger_mean(&b, &all, near, &all, records);
	return (along * STRANGER_CLEAR <= against) - (along >= against * STRANGER_CLEAR);
}
