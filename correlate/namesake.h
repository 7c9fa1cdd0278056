/* Namesakes: sessions that both sides of a hop show, by tuple and time, and of which no packet is
 * the same on both. Either something on the way rewrites what packets are known by, or two
 * conversations bear one name: nobody can tell what became of a packet.
 */
#ifndef CROSSTAP_CORRELATE_NAMESAKE_H
#define CROSSTAP_CORRELATE_NAMESAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/odd.h"

/* Of one hop; begins as {0}. */
struct namesakes {
	uint8_t *seen; /* by session: what the odd packets show of it */
};

/* From all odd packets of the hop. False: no memory. */
bool namesakes_find(struct namesakes *namesakes, const struct odd *odd, uint64_t odds,
		    uint32_t sessions);
void namesakes_free(struct namesakes *namesakes);

/* Whether a packet is of such a session, in a direction that both sides show. */
bool namesakes_has(const struct namesakes *namesakes, const struct odd *odd);

#endif
