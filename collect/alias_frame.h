/* A frame made anonymous: its headers, with aliases for addresses.
 *
 * Addresses are replaced wherever the decoder of packet.h finds a header: in tunnels and around
 * them, in what ICMP errors quote. MAC addresses are hashed; options that hold addresses, or that
 * nobody knows, lose their values. Checksums that were right are right afterwards, and those that were
 * wrong are wrong by as much (RFC 1624). What is behind the headers goes, and from an IPv6 routing header on
 * everything.
 */
#ifndef CROSSTAP_COLLECT_ALIAS_FRAME_H
#define CROSSTAP_COLLECT_ALIAS_FRAME_H

#include <stdint.h>

#include "collect/alias.h"

/* In place; for the arguments see packet_parse(). How many of the bytes are left, from the first on; 0: it is
 * no frame of which all is known, and must not be shown. Bytes behind them stay what they were. */
uint32_t alias_frame(const struct alias *alias, uint32_t linktype, uint8_t *bytes, uint32_t caplen,
		     uint32_t length);

#endif
