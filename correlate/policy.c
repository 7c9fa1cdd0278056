#include "correlate/policy.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/policy_file.h"

static const char *const expect_names[POLICY_EXPECTS] = {
	[POLICY_ALLOW] = "allow", [POLICY_DENY] = "deny", [POLICY_REJECT] = "reject",
};

const char *policy_expect_name(enum policy_expect expect)
{
	return expect_names[expect];
}

enum status policy_read(struct policy **out, const char *path, struct error *err)
{
	return policy_file_read(out, path, err);
}

void policy_row_clear(struct policy_row *row)
{
	unsigned t;

	for (t = 0; t < POLICY_TEXTS; t++)
		free(row->text[t]);
	free(row->src.list);
	free(row->dst.list);
	free(row->dport.list);
	*row = (struct policy_row){0};
}

void policy_free(struct policy **policy)
{
	uint32_t i;

	if (!*policy)
		return;
	for (i = 0; i < (*policy)->rows; i++)
		policy_row_clear(&(*policy)->row[i]);
	free((*policy)->row);
	free(*policy);
	*policy = NULL;
}

/* ---- matching ---- */

static bool policy_row_matches(const struct policy_row *row, const struct policy_ask *ask)
{
	return policy_protocols_have(&row->proto, ask->proto) &&
	       (!row->dport.count ||
		(policy_has_ports(ask->proto) && policy_ports_have(&row->dport, ask->dport))) &&
	       policy_ranges_have(&row->dst, ask->version, ask->dst) &&
	       policy_ranges_have(&row->src, ask->version, ask->src);
}

uint32_t policy_find(const struct policy *policy, const struct policy_ask *ask)
{
	uint32_t i;

	for (i = 0; i < policy->rows; i++)
		if (policy_row_matches(&policy->row[i], ask))
			return i;
	return POLICY_NO_ROW;
}

/* The protocols that a row takes: one with ports takes nothing that has none. */
static struct policy_protocols policy_row_protocols(const struct policy_row *row)
{
	struct policy_protocols taken = row->proto;
	unsigned proto;

	for (proto = 0; proto <= UINT8_MAX && row->dport.count; proto++)
		if (!policy_has_ports((uint8_t)proto))
			taken.bits[proto >> 6] &= ~(UINT64_C(1) << (proto & 63));
	return taken;
}

/* Whether there is nothing that `inner`, which takes these protocols, takes and `outer` does not. */
static bool policy_row_covers(const struct policy_row *outer, const struct policy_row *inner,
			      const struct policy_protocols *taken)
{
	unsigned i;

	if (outer->dport.count &&
	    (!inner->dport.count || !policy_ports_cover(&outer->dport, &inner->dport)))
		return false;
	for (i = 0; i < 4; i++)
		if (taken->bits[i] & ~outer->proto.bits[i])
			return false;
	return policy_ranges_cover(&outer->src, &inner->src) &&
	       policy_ranges_cover(&outer->dst, &inner->dst);
}

uint32_t policy_hidden_by(const struct policy *policy, uint32_t row)
{
	struct policy_protocols taken = policy_row_protocols(&policy->row[row]);
	uint32_t i;

	for (i = 0; i < row; i++)
		if (policy_row_covers(&policy->row[i], &policy->row[row], &taken))
			return i;
	return POLICY_NO_ROW;
}
