/* IPv4 and IPv6 headers, with the extension headers behind them.
 */
#ifndef CROSSTAP_COLLECT_IP_H
#define CROSSTAP_COLLECT_IP_H

#include "collect/descent.h"

#define IP_EXTENSIONS_MAX 16 /* extension headers of one packet */

#define IP_PROTO_ICMP 1
#define IP_PROTO_IGMP 2
#define IP_PROTO_TCP 6
#define IP_PROTO_UDP 17
#define IP_PROTO_ESP 50
#define IP_PROTO_AH 51
#define IP_PROTO_ICMPV6 58
#define IP_PROTO_NONE 59
#define IP_PROTO_SCTP 132

/* Reads the header that `next` announces into the packet's fields from
 * `version` to `fragment_more`, which are 0 before. Leaves the cursor at the
 * transport header, cursor_wire() being the payload by the IP header. */
descent_step ip_step;

#endif
