/* Transport headers, by table of IP protocols: TCP, UDP, ICMP, ICMPv6, SCTP,
 * ESP. Of any other protocol all bytes behind the IP headers are payload, and
 * so they are in a later fragment.
 */
#ifndef CROSSTAP_COLLECT_TRANSPORT_H
#define CROSSTAP_COLLECT_TRANSPORT_H

#include "collect/descent.h"

/* Reads the transport header at the cursor into the packet's fields from
 * `header_bytes` on, which are 0 before. */
descent_step transport_step;

#endif
