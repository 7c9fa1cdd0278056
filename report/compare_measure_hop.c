/* The samples of hops, of the fields that they rewrite, and of what SYNs offered. */
#include "report/compare_measure_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"

/* ---- hops ---- */

static bool measures_hop_causes(struct measures *m, const struct profile *profile,
				const struct profile_hop *hop, unsigned which)
{
	double injected[STATS_BLOCKS] = {0};
	struct measure_word word;
	uint32_t i, b;

	for (i = 0; i < hop->causes[which]; i++)
		for (b = 0; b < STATS_BLOCKS; b++)
			injected[b] += hop->cause[which][i].part[b];
	for (i = 0; i < hop->causes[which]; i++) {
		struct measure *one;

		measure_split(&word, profile, profile_word(profile, hop->cause[which][i].kind));
		one = measure_of(m, which ? METRIC_INJECTED : METRIC_LOSS, "", word.text[1], hop->hop);
		if (!one)
			return false;
		for (b = 0; b < STATS_BLOCKS; b++) {
			one->ratio.part[b] += hop->cause[which][i].part[b];
			/* what is injected did not come to the hop: of all that left it */
			one->ratio.whole[b] = m->whole[b] + (which ? injected[b] : 0);
		}
	}
	return true;
}

static bool measures_hop_delay(struct measures *m, const struct profile_hop *hop, unsigned q)
{
	struct measure *one = measure_add(m, METRIC_DELAY_P50 + q, "", "", hop->hop);
	uint32_t b;

	if (!one)
		return false;
	one->blind = !hop->clock_known;
	one->packets = q ? hop->bucket_packets : 0;
	one->error_us = (double)hop->clock_error_ns / 1e3;
	one->value = calloc(STATS_BLOCKS, sizeof *one->value);
	one->sparse = calloc(STATS_BLOCKS, sizeof *one->sparse);
	for (b = 0; one->value && one->sparse && b < STATS_BLOCKS; b++) {
		if (hop->delay_ns[q][b] != PROFILE_UNKNOWN)
			one->value[one->count++] = hop->delay_ns[q][b];
		if (hop->sparse_ns[q][b] != PROFILE_UNKNOWN)
			one->sparse[one->sparse_count++] = hop->sparse_ns[q][b];
	}
	return one->value && one->sparse;
}

bool measures_hop(struct measures *m, const struct profile *profile, const struct profile_hop *hop)
{
	struct measure *loss;
	bool ok;
	unsigned q;

	m->present = true;
	memcpy(m->whole, hop->packets, sizeof m->whole);
	loss = measure_add(m, METRIC_LOSS, "", "", hop->hop);
	if (!loss)
		return false;
	memcpy(loss->ratio.part, hop->dropped, sizeof loss->ratio.part);
	memcpy(loss->ratio.whole, hop->packets, sizeof loss->ratio.whole);
	ok = measures_hop_causes(m, profile, hop, 0) && measures_hop_causes(m, profile, hop, 1);
	for (q = 0; q < 3 && ok; q++)
		ok = measures_hop_delay(m, hop, q);
	measures_sort(m);
	return ok;
}

bool measures_hop_both(struct measures *m, const struct profile_hop *forward,
		       const struct profile_hop *reverse)
{
	struct measure *one = measure_add(m, METRIC_DELAY_BOTH, "", "", forward->hop);
	uint32_t b;

	m->present = true;
	if (!one)
		return false;
	one->value = calloc(STATS_BLOCKS, sizeof *one->value);
	for (b = 0; one->value && b < STATS_BLOCKS; b++) {
		int64_t there_ns = forward->delay_ns[0][b], back_ns = reverse->delay_ns[0][b], sum_ns;

		if (there_ns != PROFILE_UNKNOWN && back_ns != PROFILE_UNKNOWN &&
		    !__builtin_add_overflow(there_ns, back_ns, &sum_ns))
			one->value[one->count++] = sum_ns;
	}
	return one->value != NULL;
}

/* ---- header fields ---- */

/* How a row's values are written behind the field: " 1460>1400"; "" where it names none. NULL: no memory. */
static char *measure_values(const struct held *changes, uint32_t row)
{
	const char *from = held_text(changes, row, CHANGES_FROM), *to = held_text(changes, row, CHANGES_TO);
	char *suffix;

	if (!*from && !*to)
		return strdup("");
	return asprintf(&suffix, " %s>%s", *from ? from : "-", *to ? to : "-") < 0 ? NULL : suffix;
}

/* One value of a field: so many sessions. */
static bool measures_value(struct measures *m, const char *hop, const struct held *changes, uint32_t row,
			   double sessions, double all)
{
	char *suffix = measure_values(changes, row);
	struct measure *one = suffix && *suffix ? measure_of(m, METRIC_VALUE, suffix, "", hop) : NULL;
	bool ok = one || (suffix && !*suffix);

	if (one) {
		one->ratio.whole[0] = all;
		one->ratio.part[0] = sessions < all ? sessions : all;
	}
	free(suffix);
	return ok;
}

bool measures_field(struct measures *m, const struct profile *profile, const char *hop,
		    const char *direction, const char *field)
{
	const struct held *changes = &profile->changes;
	double all = profile->sessions;
	uint32_t i;

	m->whole[0] = all;
	for (i = 0; i < changes->count; i++) {
		bool notable = strcmp(held_text(changes, i, CHANGES_CLASS), "notable") == 0;
		double sessions = (double)held_count(changes, i, CHANGES_SESSIONS);
		struct measure *one;

		if (strcmp(held_text(changes, i, CHANGES_HOP), hop) != 0 ||
		    strcmp(held_text(changes, i, CHANGES_DIRECTION), direction) != 0 ||
		    strcmp(held_text(changes, i, CHANGES_FIELD), field) != 0)
			continue;
		m->present = true;
		one = measure_of(m, notable ? METRIC_MODIFIED : METRIC_MODIFIED_EXPECTED, "", "", hop);
		if (!one)
			return false;
		one->ratio.whole[0] = all;
		one->ratio.part[0] += sessions;
		if (one->ratio.part[0] > all) /* one session may have several values */
			one->ratio.part[0] = all;
		if (!measures_value(m, hop, changes, i, sessions, all))
			return false;
	}
	measures_sort(m);
	return true;
}

bool measures_offer(struct measures *m, const struct profile *profile, const char *point,
		    const char *from, const char *field)
{
	const struct held *offers = &profile->offers;
	uint32_t i;

	for (i = 0; i < offers->count; i++) {
		char suffix[PROFILE_TEXT_MAX + 1];
		struct measure *one;

		if (strcmp(held_text(offers, i, OFFERS_POINT), point) != 0 ||
		    strcmp(held_text(offers, i, OFFERS_FROM), from) != 0 ||
		    strcmp(held_text(offers, i, OFFERS_FIELD), field) != 0)
			continue;
		m->present = true;
		m->cut = m->cut || strcmp(held_text(offers, i, OFFERS_VALUE), "other") == 0;
		snprintf(suffix, sizeof suffix, " %.100s", held_text(offers, i, OFFERS_VALUE));
		one = measure_add(m, METRIC_OFFERED, suffix, "", "");
		if (!one)
			return false;
		one->ratio.part[0] = (double)held_count(offers, i, OFFERS_SESSIONS);
		m->whole[0] += one->ratio.part[0];
	}
	for (i = 0; i < m->count; i++)
		m->list[i].ratio.whole[0] = m->whole[0];
	measures_sort(m);
	return true;
}
