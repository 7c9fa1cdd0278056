/* Causes of drops: a table of predicates over what is known of the packet, its
 * session, its service and the hop; the first that holds names the cause.
 */
#ifndef CROSSTAP_CORRELATE_CAUSE_H
#define CROSSTAP_CORRELATE_CAUSE_H

#include "correlate/reset.h"
#include "correlate/verdict.h"

enum drop_cause {
	DROP_UNKNOWN,
	DROP_POLICY,
	DROP_MTU,
	DROP_STATE,
	DROP_RESET_BY_HOP,
	DROP_FRAGMENT,
	DROP_TTL_EXPIRED,
	DROP_LOSS,
	DROP_BURST,
	DROP_CAUSES
};

/* Names the cause of every odd packet whose verdict is dropped. */
enum status causes_find(struct verdicts *verdicts, const struct resets *resets,
			const struct judging *judging, struct error *err) MUST_CHECK;

const char *drop_cause_name(enum drop_cause cause);

#endif
