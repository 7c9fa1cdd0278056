/* IP fragments that crossed a hop cut otherwise: a router with a smaller MTU cuts (or cuts
 * again), a firewall that looks into datagrams joins them and cuts them anew (3 in, 5 out),
 * or sends them on whole. The IP ID stays.
 *
 * Odd fragments, and odd packets that may be a whole datagram, are gathered by session,
 * direction and ID, and held against each other by the datagram's bytes, counted from behind
 * the IP header on. A later fragment that came before the first, or whose first one is missing, bears no
 * ports: it goes with those of the same addresses, protocol and ID. IPv6 datagrams have an ID
 * only while they are cut: a whole one is paired with the nearest of its session and length.
 */
#ifndef CROSSTAP_CORRELATE_REFRAGMENT_H
#define CROSSTAP_CORRELATE_REFRAGMENT_H

#include "correlate/odd.h"

/* Says of the odd packets of a hop what cut.h says. False: no memory. */
bool refragment_find(struct odd *odd, uint64_t odds, uint32_t hop, const struct judging *judging,
		     const struct hop_result *result);

#endif
