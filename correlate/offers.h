/* Offers: what both ends of TCP sessions offered when they opened them, as each point of the path saw it:
 * the TTL, MSS and options of SYNs and SYN-ACKs, gathered by value.
 *
 * What a hop rewrites is in changes; this is what there was before the first hop, too, so that two
 * runs can be compared by what came in.
 */
#ifndef CROSSTAP_CORRELATE_OFFERS_H
#define CROSSTAP_CORRELATE_OFFERS_H

#include <stdint.h>

#include "correlate/syn_options.h"
#include "correlate/verdict.h"

#define OFFERS_VALUES_MAX 64u /* of a field at a point and from an end: the most frequent; the others are one */

enum offer_field { OFFER_TTL, OFFER_MSS, OFFER_SCALE, OFFER_SACK, OFFER_TIMESTAMPS, OFFER_FIELDS };

#define OFFER_NONE (-1)       /* the SYN had no such option */
#define OFFER_OTHER INT32_MAX /* all others */

struct offer {
	int32_t value;        /* a number; of SACK and timestamps 1 or OFFER_NONE */
	uint32_t session;     /* the first one that had it */
	uint64_t sessions;
};

struct offers_list {
	struct offer offer[OFFERS_VALUES_MAX + 1]; /* by value, in the end */
	uint32_t count;
};

struct offers {
	struct offers_list (*list)[2][OFFER_FIELDS]; /* by point, and whether from the server */
	uint32_t points;
};

/* Reads the SYNs. `options` are of the judging's view. */
enum status offers_gather(struct offers **out, const struct judging *judging,
			  const struct syn_options *options, struct error *err) MUST_CHECK;
/* NULL is legal; *offers becomes NULL. */
void offers_free(struct offers **offers);

/* "ttl", "mss", "window_scale", "sack", "timestamps". */
const char *offer_field_name(enum offer_field field);

enum status offers_write(const struct offers *offers, const struct judging *judging,
			 struct store *store, uint32_t generation, struct error *err) MUST_CHECK;

#endif
