/* Tunnels: what of the headers around a session's packets a hop put on or took off.
 *
 * A tunnel is known by its outer IP addresses, as a link's description has them
 * (collect/link.h). VLAN tags, MPLS labels and PPPoE have none and are no tunnels here.
 */
#ifndef CROSSTAP_CORRELATE_TUNNELS_H
#define CROSSTAP_CORRELATE_TUNNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/view.h"

/* The outer addresses of a tunnel's packets; version 0: no tunnel. */
struct tunnel_ends {
	uint8_t version;
	uint8_t src[16], dst[16];
};

/* Whether any packet of any point is in a tunnel. */
bool tunnels_any(const struct view *view);

/* What differs between two links, each named by its point and its index there: the outermost
 * tunnel of each that is not around the packet on the other, too. `turned`: the link is of the
 * opposite direction, source and destination change places. False: nothing differs. */
struct tunnel_place {
	uint32_t point, link;
	bool turned;
};
bool tunnels_between(const struct view *view, const struct tunnel_place *a,
		     const struct tunnel_place *b, struct tunnel_ends *at_a,
		     struct tunnel_ends *at_b);

#endif
