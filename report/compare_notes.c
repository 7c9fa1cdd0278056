/* Whether two runs can be compared at all: what is different about the captures, not the traffic. */
#include "report/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/manifest.h"
#include "report/wording.h"

#define NOTES_SESSIONS_MIN 50u
#define NOTES_LENGTHS 2.0        /* one run so many times as long as another */
#define NOTES_HOURS_NS 7200000000000 /* of the day: two apart are other hours */
#define NOTES_DAY_NS 86400000000000
#define NOTES_UNCAPTURED 0.01

/* Of two runs, a sentence for each that is so. False: no memory. */
typedef bool notes_rule(struct compare *c, const struct profile *before, const struct profile *after,
			const char *which);

static bool notes_path(struct compare *c, const struct profile *before, const struct profile *after,
		       const char *which)
{
	const char *a = profile_run(before, "path"), *b = profile_run(after, "path");

	return strcmp(a, b) == 0 ||
	       compare_note(c, "other points: %s %s, after %s; only hops that both have are compared", which,
			    a, b);
}

static bool notes_length(struct compare *c, const struct profile *before, const struct profile *after,
			 const char *which)
{
	double a = profile_duration_s(before), b = profile_duration_s(after);
	char room[2][WORDING_ROOM];

	return fmax(a, b) <= NOTES_LENGTHS * fmin(a, b) ||
	       compare_note(c, "other lengths: %s %s, after %s; rates and ratios are compared, not counts",
			    which, wording_duration(room[0], (int64_t)fmin(a * 1e9, 9e18)),
			    wording_duration(room[1], (int64_t)fmin(b * 1e9, 9e18)));
}

static int64_t notes_of_day(int64_t time_ns)
{
	int64_t rest = time_ns % NOTES_DAY_NS;

	return rest < 0 ? rest + NOTES_DAY_NS : rest;
}

/* 1970-01-01 was a Thursday. */
static bool notes_weekend(int64_t time_ns)
{
	int64_t day = time_ns / NOTES_DAY_NS - (time_ns % NOTES_DAY_NS < 0);
	int64_t weekday = ((day + 3) % 7 + 7) % 7; /* 0: Monday */

	return weekday >= 5;
}

static bool notes_hours(struct compare *c, const struct profile *before, const struct profile *after,
			const char *which)
{
	int64_t a = notes_of_day(before->first_ns), b = notes_of_day(after->first_ns);
	int64_t apart = a > b ? a - b : b - a;

	if (notes_weekend(before->first_ns) != notes_weekend(after->first_ns) &&
	    !compare_note(c, "other days: %s on a %s, after on a %s (UTC)", which,
			  notes_weekend(before->first_ns) ? "weekend" : "weekday",
			  notes_weekend(after->first_ns) ? "weekend" : "weekday"))
		return false;
	apart = apart < NOTES_DAY_NS - apart ? apart : NOTES_DAY_NS - apart;
	return apart <= NOTES_HOURS_NS ||
	       compare_note(c, "other hours: %s from %02d:%02d, after from %02d:%02d (UTC); users behave "
			       "otherwise then", which, (int)(a / 3600000000000), (int)(a / 60000000000 % 60),
			    (int)(b / 3600000000000), (int)(b / 60000000000 % 60));
}

static bool notes_order(struct compare *c, const struct profile *before, const struct profile *after,
			const char *which)
{
	return before->last_ns < after->first_ns ||
	       compare_note(c, "%s is not over when after begins, by the captures' clocks", which);
}

static bool notes_inputs(struct compare *c, const struct profile *before, const struct profile *after,
			 const char *which)
{
	uint32_t i, k, same = 0;

	for (i = 0; i < before->manifest.count; i++)
		for (k = 0; k < after->manifest.count; k++)
			if (strcmp(held_text(&before->manifest, i, MANIFEST_SHA256),
				   held_text(&after->manifest, k, MANIFEST_SHA256)) == 0) {
				same++;
				break;
			}
	return !same || compare_note(c, "%s and after share %u of %u captures, byte for byte", which, same,
				     before->manifest.count);
}

static bool notes_clock(struct compare *c, const struct profile *before, const struct profile *after,
			const char *which)
{
	bool ok = true;
	uint32_t i;

	for (i = 0; i < before->hops_count && ok; i++) {
		const struct profile_hop *a = &before->hop[i], *b;

		b = strcmp(a->direction, "forward") == 0 ? profile_find_hop(after, a->hop, a->direction) : NULL;
		if (b && a->clock_known != b->clock_known)
			ok = compare_note(c, "other clocks: at %s they are not known %s; no delay of one "
					     "direction is compared there", a->hop, a->clock_known ? "after" : which);
	}
	return ok;
}

static bool notes_options(struct compare *c, const struct profile *before, const struct profile *after,
			  const char *which)
{
	static const char *const keys[] = {"version", "tmax_ms"};
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof keys[0] && ok; i++) {
		const char *a = profile_run(before, keys[i]), *b = profile_run(after, keys[i]);

		if (strcmp(a, b) != 0)
			ok = compare_note(c, "other %s: %s %s, after %s", keys[i], which, a, b);
	}
	return ok;
}

static bool notes_of_one(struct compare *c, const struct profile *p, const char *which)
{
	uint64_t packets = 0, uncaptured = 0;
	uint32_t i;

	if (p->sessions < NOTES_SESSIONS_MIN &&
	    !compare_note(c, "little traffic: %s has %u sessions; most differences cannot show", which, p->sessions))
		return false;
	for (i = 0; i < p->hops.count; i++) {
		packets += held_count(&p->hops, i, HOPS_PACKETS);
		uncaptured += held_count(&p->hops, i, HOPS_UNCAPTURED);
	}
	if ((double)uncaptured > NOTES_UNCAPTURED * (double)packets &&
	    !compare_note(c, "captures of %s lost packets: %.1f %% are uncaptured", which,
			  100 * (double)uncaptured / (double)packets))
		return false;
	if (!p->sessions && !compare_note(c, "%s has no session: there is nothing to compare", which))
		return false;
	if (profile_services_cut(p) && !compare_note(c, "%s has more services than can be told apart, as of a scan of "
						     "ports: only all sessions together are compared", which))
		return false;
	if (profile_cut_table(&p->changes) &&
	    !compare_note(c, "%s has %llu rows of header changes, too many: none is compared", which,
			  (unsigned long long)p->changes.total))
		return false;
	return !profile_cut_table(&p->offers) ||
	       compare_note(c, "%s has %llu rows of offers.csv, too many: none is compared", which,
			    (unsigned long long)p->offers.total);
}

bool compare_notice(struct compare *c)
{
	static notes_rule *const rules[] = {notes_inputs, notes_order, notes_path, notes_length,
					    notes_hours, notes_clock, notes_options};
	char which[32] = "before";
	bool ok = notes_of_one(c, c->after, "after");
	uint32_t i;
	size_t r;

	for (i = 0; i < c->runs && ok; i++) {
		if (c->runs > 1)
			snprintf(which, sizeof which, "before %u", i + 1);
		ok = notes_of_one(c, c->before[i], which);
		for (r = 0; r < sizeof rules / sizeof rules[0] && ok; r++)
			ok = rules[r](c, c->before[i], c->after, which);
	}
	return ok;
}
