/* Which flows end at a proxied hop: those of the pairs, and those that called the proxy's own
 * service or that it opened itself; for leg*.c only.
 *
 * A flow that the hop dropped must not be taken for one that ends there. What was not paired is marked
 * only by an address that is the proxy's own: nothing to that service, or from that
 * address, crosses the hop as a packet, and no server behind it bears it.
 */
#ifndef CROSSTAP_CORRELATE_LEG_MARK_H
#define CROSSTAP_CORRELATE_LEG_MARK_H

#include "correlate/leg.h"

/* A proxy forwards no packet: one that is linked over the hop proves that there is none. */
static inline bool leg_is_alone(const struct leg_source *from, const struct link_count *links, uint32_t node,
				bool ahead)
{
	return from->view->flow[node].proto == 6 && !(ahead ? links[node].ahead : links[node].behind);
}

/* Fills in `ends` and `proxied` by the pairs; `links` are counted when all is matched. */
enum status legs_mark(struct legs *legs, const struct leg_source *source, const struct link_count *links,
		      struct error *err) MUST_CHECK;

#endif
