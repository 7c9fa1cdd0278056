/* Causes of drops: a table of predicates over what is known of the packet, its session, its
 * service and the hop; the first that holds names the cause, says how sure that is and what
 * shows it.
 */
#ifndef CROSSTAP_CORRELATE_CAUSE_H
#define CROSSTAP_CORRELATE_CAUSE_H

#include "correlate/cause_gap.h"
#include "correlate/dossier.h"
#include "correlate/verdict.h"
#include "correlate/words.h"

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

struct causes;

/* Names the cause of every odd packet whose verdict is dropped (odd->cause). The causes borrow
 * all that is given; they are to be freed first. */
enum status causes_find(struct causes **out, struct verdicts *verdicts,
			const struct judging *judging, const struct dossier_source *source,
			struct error *err) MUST_CHECK;
void causes_free(struct causes **causes); /* NULL is legal */

/* How sure the cause of drop `number` is, in per cent. Drops are counted from 0 in the order of
 * verdicts->odd; what was not dropped does not count. */
uint8_t causes_confidence(const struct causes *causes, uint64_t number);
/* Adds a sentence that says what shows it. */
void causes_say(const struct causes *causes, uint64_t number, struct words *words);

/* The silences that a hop's drops of forgotten sessions have in common, the commonest
 * first; borrowed until causes_free(). Returns how many. */
uint32_t causes_silences(const struct causes *causes, uint32_t hop,
			 const struct gap_cluster **cluster);

const char *drop_cause_name(enum drop_cause cause);

#endif
