/* The usual packet, read at once: IP without options, extension headers or
 * fragment, then TCP with no options or with timestamps only, or UDP that is no tunnel; all
 * headers captured, and lengths that agree. Nearly every packet is one.
 *
 * It is a short cut past ip_step(), the search for a tunnel and
 * transport_step(), and gives just what they do.
 */
#ifndef CROSSTAP_COLLECT_USUAL_H
#define CROSSTAP_COLLECT_USUAL_H

#include "collect/descent.h"

/* Reads the headers that `next` announces, an IP header's ethertype, into the
 * packet's fields from `version` on, which are 0 before, and moves behind them. False
 * where the packet is not a usual one: then nothing was touched. */
bool usual_read(struct descent *descent);

#endif
