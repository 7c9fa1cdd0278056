#include "correlate/unmistakable.h"

#include <stdlib.h>

#include "correlate/clock.h"

#define UNMISTAKABLE_FAR 4 /* so much farther from the usual delay must any other be... */
#define UNMISTAKABLE_SPREADS 8 /* ... and so many spreads at least */

static bool is_possible(const struct align_item *up, const struct align_item *down,
			const struct align_habits *habits)
{
	int64_t delay = clock_minus(down->time_ns, up->time_ns);

	return delay >= -habits->slack_ns && delay <= habits->delay_max_ns;
}

/* ---- short lists ---- */

/* The only one in the list that bears the ID, the timestamp and the digest. */
static uint32_t only_one(const struct align_item *list, uint32_t count,
			 const struct align_item *like)
{
	uint32_t i, found = ALIGN_NONE;

	for (i = 0; i < count; i++) {
		if (list[i].ip_id != like->ip_id || list[i].tsval != like->tsval ||
		    list[i].digest != like->digest)
			continue;
		if (found != ALIGN_NONE)
			return ALIGN_NONE;
		found = i;
	}
	return found;
}

static void pair_short(struct align_item *up, uint32_t up_count, struct align_item *down,
		       uint32_t down_count, const struct align_habits *habits)
{
	uint32_t i, k;

	for (i = 0; i < up_count; i++) {
		if (!up[i].ip_id || only_one(up, up_count, &up[i]) != i)
			continue;
		k = only_one(down, down_count, &up[i]);
		if (k == ALIGN_NONE || !is_possible(&up[i], &down[k], habits))
			continue;
		up[i].partner = k;
		down[k].partner = i;
	}
}

/* ---- long lists ---- */

/* An item of either list, placed when it should be downstream. */
struct token {
	uint32_t ip_id, tsval, digest, index;
	int64_t time_ns;
	bool is_up;
};

static int token_compare(const void *x, const void *y)
{
	const struct token *a = x, *b = y;

	if (a->ip_id != b->ip_id)
		return a->ip_id < b->ip_id ? -1 : 1;
	if (a->tsval != b->tsval)
		return a->tsval < b->tsval ? -1 : 1;
	if (a->digest != b->digest)
		return a->digest < b->digest ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->is_up != b->is_up)
		return a->is_up ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static uint32_t tokens_add(struct token *tokens, uint32_t n, const struct align_item *list,
			   uint32_t count, int64_t later_ns, bool is_up)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (list[i].ip_id)
			tokens[n++] = (struct token){list[i].ip_id, list[i].tsval, list[i].digest, i,
						     clock_minus(list[i].time_ns, -later_ns), is_up};
	return n;
}

static bool tokens_alike(const struct token *a, const struct token *b)
{
	return a->ip_id == b->ip_id && a->tsval == b->tsval && a->digest == b->digest;
}

/* How far from token `at` its neighbour on a side is that is alike; UINT64_MAX: there is none. */
static uint64_t token_apart(const struct token *tokens, uint32_t count, uint32_t at, bool ahead)
{
	if (ahead ? at + 1 >= count : at == 0)
		return UINT64_MAX;
	if (!tokens_alike(&tokens[at], &tokens[ahead ? at + 1 : at - 1]))
		return UINT64_MAX;
	return clock_apart(tokens[at].time_ns, tokens[ahead ? at + 1 : at - 1].time_ns);
}

/* Two neighbours that are alike, one of each list, with all others far from both. */
static void pair_long(struct align_item *up, struct align_item *down, const struct token *tokens,
		      uint32_t count, const struct align_habits *habits)
{
	uint64_t spreads_ns =
		UNMISTAKABLE_SPREADS * (uint64_t)(habits->spread_ns > 0 ? habits->spread_ns : 1);
	uint32_t i;

	for (i = 0; i + 1 < count; i++) {
		const struct token *a = &tokens[i], *b = &tokens[i + 1];
		uint64_t apart_ns = token_apart(tokens, count, i, true), far_ns;
		uint32_t u = a->is_up ? a->index : b->index, d = a->is_up ? b->index : a->index;

		if (apart_ns == UINT64_MAX || a->is_up == b->is_up ||
		    !is_possible(&up[u], &down[d], habits))
			continue;
		far_ns = apart_ns > spreads_ns ? apart_ns : spreads_ns;
		far_ns = far_ns > UINT64_MAX / UNMISTAKABLE_FAR ? UINT64_MAX
								: far_ns * UNMISTAKABLE_FAR;
		if (token_apart(tokens, count, i, false) < far_ns ||
		    token_apart(tokens, count, i + 1, true) < far_ns)
			continue;
		up[u].partner = d;
		down[d].partner = u;
	}
}

bool unmistakable_pair(struct align_item *up, uint32_t up_count, struct align_item *down,
		       uint32_t down_count, const struct align_habits *habits)
{
	struct token *tokens;
	uint32_t i, n;

	for (i = 0; i < up_count; i++)
		up[i].partner = ALIGN_NONE;
	for (i = 0; i < down_count; i++)
		down[i].partner = ALIGN_NONE;
	if (!habits->keeps_ip_id)
		return true;
	if (up_count <= UNMISTAKABLE_SHORT && down_count <= UNMISTAKABLE_SHORT) {
		pair_short(up, up_count, down, down_count, habits);
		return true;
	}
	tokens = malloc(((size_t)up_count + down_count) * sizeof *tokens);
	if (!tokens)
		return false;
	n = tokens_add(tokens, 0, up, up_count, habits->delay_ns, true);
	n = tokens_add(tokens, n, down, down_count, 0, false);
	if (n)
		qsort(tokens, n, sizeof *tokens, token_compare);
	pair_long(up, down, tokens, n, habits);
	free(tokens);
	return true;
}
