#include "correlate/cause.h"

#include <errno.h>
#include <stdlib.h>

#include "correlate/cause_hop.h"

struct causes {
	uint32_t hops;
	struct cause_hop *hop;
};

static const char *const cause_names[DROP_CAUSES] = {
	[DROP_UNKNOWN] = "unknown",           [DROP_POLICY] = "policy",
	[DROP_MTU] = "mtu",                   [DROP_STATE] = "state",
	[DROP_RESET_BY_HOP] = "reset_by_hop", [DROP_FRAGMENT] = "fragment",
	[DROP_TTL_EXPIRED] = "ttl_expired",   [DROP_LOSS] = "loss",
	[DROP_BURST] = "burst",
};

const char *drop_cause_name(enum drop_cause cause)
{
	return cause_names[cause];
}

static enum status causes_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "causes of drops");
}

/* ---- a hop ---- */

static bool cause_is_scattered(uint8_t rule)
{
	uint8_t cause = cause_rule(rule)->cause;

	return cause == DROP_LOSS || cause == DROP_UNKNOWN;
}

/* Before bursts are known: what else than the traffic's fate explains drops. */
static void cause_first_pass(struct cause_hop *c)
{
	uint32_t i;
	unsigned d;

	for (d = 0; d < 2; d++)
		c->scattered[d] = c->dropped[d];
	for (i = 0; i < c->drops; i++)
		c->drop[i].scattered = cause_is_scattered(cause_rule_find(c, &c->drop[i]));
	c->scattered[0] = c->scattered[1] = 0;
	for (i = 0; i < c->drops; i++)
		c->scattered[c->drop[i].odd->direction] += c->drop[i].scattered;
}

/* What was lost in a burst says nothing of a service or a session. */
static void cause_count_bursts(struct cause_hop *c)
{
	uint32_t i;

	for (i = 0; i < c->drops; i++) {
		const struct cause_drop *drop = &c->drop[i];

		if (!drop->burst)
			continue;
		c->session[drop->session].in_burst++;
		cause_service_of(c, drop->odd, false)->in_burst[drop->odd->direction]++;
		cause_service_of(c, drop->odd, true)->in_burst[drop->odd->direction]++;
	}
}

/* Loss as a whole, without what is a burst: its pattern is every scattered drop's evidence. */
static void cause_count_scattered(struct cause_hop *c)
{
	uint32_t i, k;

	c->scattered[0] = c->scattered[1] = 0;
	for (i = 0; i < c->drops; i++) {
		struct cause_drop *drop = &c->drop[i];
		unsigned d = drop->odd->direction;

		drop->scattered = drop->scattered && !drop->burst;
		if (!drop->scattered)
			continue;
		c->scattered[d]++;
		loss_periods_add(&c->periods[d], drop->distance);
	}
	for (k = 0; k < c->sessions; k++) {
		bool lost[2] = {false, false};

		for (i = c->session[k].first; i < c->session[k].first + c->session[k].drops; i++) {
			const struct cause_drop *drop = &c->drop[c->by_session[i]];

			lost[drop->odd->direction] |= drop->scattered;
		}
		c->scattered_sessions[0] += lost[0];
		c->scattered_sessions[1] += lost[1];
	}
}

/* The more things say the same, the surer (n of n + 1: one alone is even with doubt); what the
 * other capture may have missed makes it less so. No cause is surer than the drop itself, but
 * an ICMP error that quotes it proves that, too. */
static uint8_t cause_confidence(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct cause_rule *rule = cause_rule(drop->rule);
	double sure = rule->most;

	if (drop->answer && c->answer[drop->answer - 1].type_code)
		return rule->most;
	if (rule->samples) {
		double n = (double)rule->samples(c, drop);

		sure *= n / (n + 1);
	}
	sure *= c->certain[drop->odd->direction];
	return sure < drop->odd->confidence ? (uint8_t)sure : drop->odd->confidence;
}

static void cause_second_pass(struct cause_hop *c)
{
	uint32_t i;

	for (i = 0; i < c->drops; i++) {
		struct cause_drop *drop = &c->drop[i];

		drop->rule = cause_rule_find(c, drop);
		drop->odd->cause = cause_rule(drop->rule)->cause;
	}
	cause_bursts_recount(c);
	for (i = 0; i < c->drops; i++)
		c->drop[i].confidence = cause_confidence(c, &c->drop[i]);
}

static enum status cause_hop_find(struct cause_hop *c, const struct dossier_source *source,
				  struct error *err)
{
	enum status status;

	if (!cause_hop_gather(c))
		return causes_memory(err);
	status = cause_silences_find(c, source, err);
	if (status)
		return status;
	cause_moment_find(c);
	cause_first_pass(c);
	if (!cause_bursts_find(c))
		return causes_memory(err);
	cause_count_bursts(c);
	cause_count_scattered(c);
	status = cause_silences_cluster(c, source, err);
	if (!status)
		cause_second_pass(c);
	return status;
}

enum status causes_find(struct causes **out, struct verdicts *verdicts,
			const struct judging *judging, const struct dossier_source *source,
			struct error *err)
{
	struct causes *causes = calloc(1, sizeof *causes);
	enum status status = STATUS_OK;
	uint64_t from = 0, to;
	uint32_t h;

	*out = causes;
	if (!causes)
		return causes_memory(err);
	causes->hop = calloc((size_t)verdicts->hops + 1, sizeof *causes->hop);
	if (!causes->hop)
		status = causes_memory(err);
	for (h = 0; h < verdicts->hops && !status; h++, from = to) {
		struct cause_hop *c = &causes->hop[causes->hops++];

		for (to = from; to < verdicts->odds && verdicts->odd[to].hop == h; to++)
			;
		*c = (struct cause_hop){.j = judging, .result = &verdicts->hop[h],
					.measured = &judging->hops->hop[h], .code = verdicts->code,
					.odd = verdicts->odd + from, .odds = to - from, .hop = h};
		status = to > from ? cause_hop_find(c, source, err) : STATUS_OK;
	}
	if (status)
		causes_free(out);
	return status;
}

void causes_free(struct causes **causes)
{
	uint32_t h;

	if (!*causes)
		return;
	for (h = 0; h < (*causes)->hops; h++)
		cause_hop_clear(&(*causes)->hop[h]);
	free((*causes)->hop);
	free(*causes);
	*causes = NULL;
}

/* ---- what it says ---- */

static const struct cause_drop *causes_drop(const struct causes *causes, uint64_t number,
					    const struct cause_hop **hop)
{
	uint32_t h = 0;

	while (number >= causes->hop[h].drops)
		number -= causes->hop[h++].drops;
	*hop = &causes->hop[h];
	return &causes->hop[h].drop[number];
}

uint8_t causes_confidence(const struct causes *causes, uint64_t number)
{
	const struct cause_hop *c;

	return causes_drop(causes, number, &c)->confidence;
}

void causes_say(const struct causes *causes, uint64_t number, struct words *words)
{
	const struct cause_hop *c;
	const struct cause_drop *drop = causes_drop(causes, number, &c);

	cause_rule(drop->rule)->say(c, drop, words);
}

uint32_t causes_silences(const struct causes *causes, uint32_t hop,
			 const struct gap_cluster **cluster)
{
	*cluster = causes->hop[hop].cluster;
	return causes->hop[hop].clusters;
}
