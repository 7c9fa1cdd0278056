/* The pass over one hop: every record of its two stages gets the verdict that its
 * links give, matched ones are measured, and the odd rest is collected.
 */
#ifndef CROSSTAP_CORRELATE_PASS_H
#define CROSSTAP_CORRELATE_PASS_H

#include "correlate/verdict.h"

/* One hop under way. */
struct hop_pass {
	struct verdicts *verdicts;
	struct hop_result *result;
	const struct judging *judging;
	uint32_t hop;
	int64_t *latest; /* by node << 1 | direction: latest arrival (reverse: sending) so far */
};

/* The records of one stage and direction; those that have none go with the forward ones.
 * Parts write to nothing in common: each may be a thread's. */
struct pass_part {
	const struct hop_pass *pass;
	uint32_t stage;
	unsigned direction;
	/* of pass_part_run(): */
	bool ok;               /* else: no memory */
	bool overtaken;        /* forward: packets did not arrive in the order in which they were sent */
	struct odd *odd;       /* in no order; to be freed */
	uint64_t odds, odd_room;
};

/* argument: a struct pass_part. */
void pass_part_run(void *argument);

/* Gives a record its verdict at the hop, and counts it. */
void pass_set(const struct hop_pass *pass, uint32_t point, uint32_t index, unsigned direction,
	      enum verdict verdict);
/* The same of a packet that was judged. */
void pass_set_odd(const struct hop_pass *pass, const struct odd *odd, enum verdict verdict);

#endif
